"""Accounts in whole yuan, and whether they balance."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import numpy as np

from tongqu.methods._arrays import Floats, require
from tongqu.methods.public_accounts.rolling import at_start, settled
from tongqu.methods.public_accounts.tables import FLOWS, STOCKS, PublicAccounts

__all__ = ["imbalance", "to_yuan"]

YUAN_PER_WAN: Final = 10_000.0
"""Yuan in 1 万元, the unit of the accounts of a region."""
_WHOLE: Final = 2.0**53
"""Whole numbers up to this are exact in float64."""


def to_yuan(accounts: PublicAccounts, *, unit: float = YUAN_PER_WAN) -> PublicAccounts:
    """The same accounts in whole yuan; every identity then holds exactly.

    Each flow and each opening stock is rounded to the nearest yuan (a debt up where rounded repayments would
    pass it); totals and closing stocks are summed anew from the rounded flows. So a stock may differ from the
    unrounded one by half a yuan for each flow and year.

    Parameters
    ----------
    accounts : PublicAccounts
        In any unit.
    unit : float
        Yuan in that unit, 10 000 for 万元.

    Returns
    -------
    PublicAccounts
        In yuan, whole numbers.

    Raises
    ------
    DataError
        If amounts are too large for whole numbers (2^53 yuan), or rounding repays more than is owed.

    Examples
    --------
    >>> from tongqu.methods.public_accounts import Flows, Opening, settle
    >>> found = settle(
    ...     opening=Opening(general_debt=1 / 3, special_debt=0.0),
    ...     flows=Flows(tax_revenue=[0.7, 0.8], non_tax_revenue=0.1, transfers=0.33333, services=1.0),
    ...     general_rate=0.03,
    ...     special_rate=0.03,
    ... )
    >>> to_yuan(found).expenditure, imbalance(to_yuan(found))
    (array([10100., 10100.]), 0.0)
    """
    names = [field.name for field in fields(PublicAccounts)]
    whole = {name: np.rint(getattr(accounts, name) * unit) for name in names}
    largest = max(float(np.abs(values).sum()) for values in whole.values())
    require(
        largest < _WHOLE,
        column="accounts",
        rule="the amounts are too large to be exact in whole yuan",
        mend="round fewer places or futures at once, or keep 万元",
    )
    start = {name: whole[f"opening_{name}"][..., np.newaxis] for name in STOCKS}
    start = {name: _owable(values, whole, name) for name, values in start.items()}
    given = {name: whole[name] for name in FLOWS}
    interest = {name: whole[name] for name in ("general_interest", "special_interest")}
    return settled(given, start, **interest)


def imbalance(accounts: PublicAccounts) -> float:
    """Largest amount by which an identity of the accounts fails, in their unit.

    Parameters
    ----------
    accounts : PublicAccounts
        Any.

    Returns
    -------
    float
        0 where every total is the sum of its parts, every closing stock follows from the opening one and the
        flows, no stock is negative and there is a shortfall only where nothing is left.

    Examples
    --------
    >>> from tongqu.methods.public_accounts import Flows, Opening, settle
    >>> nothing = settle(
    ...     opening=Opening(0.0, 0.0), flows=Flows([0.0], 0.0, 0.0, 0.0), general_rate=0.0, special_rate=0.0
    ... )
    >>> imbalance(nothing)
    0.0
    """
    a = accounts
    spent = a.services + a.pensions + a.running + a.general_interest
    left = a.own_revenue + a.transfers + a.general_issue - a.expenditure - a.general_repay
    fund = a.land_income + a.special_issue - a.fund_expenditure - a.special_repay
    apart = [
        a.own_revenue - a.tax_revenue - a.non_tax_revenue,
        a.expenditure - spent,
        a.balance - left,
        a.fund_expenditure - a.land_use - a.special_use - a.special_interest,
        a.carry_over - _opened(a, "carry_over") - a.balance - a.shortfall,
        a.fund_carry_over - _opened(a, "fund_carry_over") - fund - a.fund_shortfall,
        a.general_debt - _opened(a, "general_debt") - a.general_issue + a.general_repay,
        a.special_debt - _opened(a, "special_debt") - a.special_issue + a.special_repay,
        np.minimum(a.shortfall, a.carry_over),
        np.minimum(a.fund_shortfall, a.fund_carry_over),
        *(np.minimum(getattr(a, name), 0.0) for name in STOCKS),
    ]
    return float(max(np.abs(each).max(initial=0.0) for each in apart))


def _opened(accounts: PublicAccounts, stock: str) -> Floats:
    return at_start(getattr(accounts, f"opening_{stock}")[..., np.newaxis], getattr(accounts, stock))


def _owable(opening: Floats, whole: dict[str, Floats], stock: str) -> Floats:
    """An opening debt in whole yuan that rounded repayments do not pass."""
    if not stock.endswith("debt"):
        return opening
    kind = stock.removesuffix("_debt")
    paid = np.cumsum(whole[f"{kind}_repay"] - whole[f"{kind}_issue"], axis=-1).max(axis=-1, keepdims=True)
    return np.asarray(np.maximum(opening, paid))
