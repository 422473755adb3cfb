"""Yearly public accounts: the general budget, the government funds, and both kinds of debt.

Every year of a place, in one unit of money:

    own revenue      = tax + non-tax
    expenditure      = services + pensions + running costs + interest on general debt
    balance          = own revenue + transfers + general bonds issued - expenditure - general bonds repaid
    carry-over       = carry-over before + balance + shortfall
    fund expenditure = out of land income + out of special bonds + interest on special debt
    fund carry-over  = fund carry-over before + land income + special bonds issued
                       - fund expenditure - special bonds repaid + fund shortfall
    debt             = debt before + issued - repaid, general and special apart
    interest         = rate x debt before

A year that costs more than it brings takes from the carry-over; what is still missing is the shortfall, which
is reported and not lent: a local government may borrow by bonds within its limit only.
"""

from tongqu.methods.public_accounts.checks import imbalance, to_yuan
from tongqu.methods.public_accounts.rolling import elastic, settle
from tongqu.methods.public_accounts.tables import Flows, Opening, PublicAccounts

__all__ = ["Flows", "Opening", "PublicAccounts", "elastic", "imbalance", "settle", "to_yuan"]
