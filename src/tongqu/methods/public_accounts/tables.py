"""What the accounts are made of: stocks at the start, flows by year, and the result."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats
from tongqu.methods.fiscal import debt_ratio

__all__ = ["FLOWS", "STOCKS", "Flows", "Opening", "PublicAccounts"]


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """What stands at the start of the first year; each one number or an array of shape (...).

    Parameters
    ----------
    general_debt, special_debt : array_like of float
        Debt owed, 0 or more.
    carry_over, fund_carry_over : array_like of float
        Money kept from earlier years in the general budget and in the government funds, 0 or more.
    """

    general_debt: npt.ArrayLike
    special_debt: npt.ArrayLike
    carry_over: npt.ArrayLike = 0.0
    fund_carry_over: npt.ArrayLike = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What comes and goes by year; each one number or an array that broadcasts to (..., years), 0 or more.

    Parameters
    ----------
    tax_revenue, non_tax_revenue, transfers : array_like of float
        Income of the general budget.
    services : array_like of float
        Its expenditure apart from what is named below.
    pensions, running : array_like of float
        What the budget pays for pensions, and running costs of what a plan has built.
    general_issue, general_repay : array_like of float
        General bonds issued and repaid.
    land_income : array_like of float
        Income of the government funds from the sale of land-use rights.
    special_issue, special_repay : array_like of float
        Special bonds issued and repaid.
    land_use : array_like of float, optional
        What the funds spend out of land income. By default what is left after interest and repayment of
        special bonds: a fund is budgeted by what comes in (Budget Law 2018, Art. 9).
    special_use : array_like of float, optional
        What is spent out of special bonds; by default what is issued.
    """

    tax_revenue: npt.ArrayLike
    non_tax_revenue: npt.ArrayLike
    transfers: npt.ArrayLike
    services: npt.ArrayLike
    pensions: npt.ArrayLike = 0.0
    running: npt.ArrayLike = 0.0
    general_issue: npt.ArrayLike = 0.0
    general_repay: npt.ArrayLike = 0.0
    land_income: npt.ArrayLike = 0.0
    special_issue: npt.ArrayLike = 0.0
    special_repay: npt.ArrayLike = 0.0
    land_use: npt.ArrayLike | None = None
    special_use: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PublicAccounts:
    """Every flow and stock by year, each of shape (..., years); `opening_*` of shape (...).

    Parameters
    ----------
    tax_revenue, non_tax_revenue, own_revenue, transfers : numpy.ndarray of float
        Income of the general budget; own revenue is tax and non-tax.
    services, pensions, running, general_interest, expenditure : numpy.ndarray of float
        Its expenditure by part, and the whole.
    general_issue, general_repay, balance, shortfall, carry_over : numpy.ndarray of float
        Bonds, what the year leaves (negative where it costs more than it brings), what nothing pays for, and
        the money kept at the end of the year.
    land_income, land_use, special_issue, special_use, special_interest, special_repay : array of float
        Flows of the government funds.
    fund_expenditure, fund_shortfall, fund_carry_over : numpy.ndarray of float
        The same for the funds.
    general_debt, special_debt : numpy.ndarray of float
        Owed at the end of the year.
    opening_general_debt, opening_special_debt, opening_carry_over, opening_fund_carry_over : numpy.ndarray
        What stood at the start of the first year.
    """

    tax_revenue: Floats
    non_tax_revenue: Floats
    own_revenue: Floats
    transfers: Floats
    services: Floats
    pensions: Floats
    running: Floats
    general_interest: Floats
    expenditure: Floats
    general_issue: Floats
    general_repay: Floats
    balance: Floats
    shortfall: Floats
    carry_over: Floats
    land_income: Floats
    land_use: Floats
    special_issue: Floats
    special_use: Floats
    special_interest: Floats
    special_repay: Floats
    fund_expenditure: Floats
    fund_shortfall: Floats
    fund_carry_over: Floats
    general_debt: Floats
    special_debt: Floats
    opening_general_debt: Floats
    opening_special_debt: Floats
    opening_carry_over: Floats
    opening_fund_carry_over: Floats

    @property
    def debt(self) -> Floats:
        """General and special debt at the end of the year."""
        return np.asarray(self.general_debt + self.special_debt)

    @property
    def interest(self) -> Floats:
        """Interest paid on both."""
        return np.asarray(self.general_interest + self.special_interest)

    @property
    def self_sufficiency(self) -> Floats:
        """Share of expenditure that own revenue pays; NaN where nothing is spent."""
        spent = self.expenditure
        return np.asarray(np.where(spent > 0, self.own_revenue / np.where(spent > 0, spent, 1.0), np.nan))

    def debt_ratio(self, *, land_counted: npt.ArrayLike = 1.0) -> Floats:
        """Debt over comprehensive fiscal capacity: own revenue, transfers and land income.

        Parameters
        ----------
        land_counted : array_like of float
            Share of land income that counts, in [0, 1]; 0 leaves out an income that is only assumed.

        Raises
        ------
        DataError
            If the share is outside [0, 1].
        """
        land = self.land_income * floats(land_counted, column="land_counted", low=0, high=1)
        return debt_ratio(self.debt, own_revenue=self.own_revenue + land, transfers=self.transfers)


FLOWS: Final = tuple(field.name for field in fields(Flows))
"""Names of the flows."""
STOCKS: Final = ("general_debt", "special_debt", "carry_over", "fund_carry_over")
"""Names of the stocks."""
