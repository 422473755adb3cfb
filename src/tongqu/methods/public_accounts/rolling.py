"""Accounts rolled on from year to year."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.public_accounts.tables import FLOWS, STOCKS, Flows, Opening, PublicAccounts

__all__ = ["at_start", "elastic", "settle", "settled"]

_LARGE: Final = float(np.finfo(np.float64).max)
_TINY: Final = 1e-9
"""Share by which floating sums may miss."""


def elastic(base: npt.ArrayLike, *, ratio: npt.ArrayLike, elasticity: npt.ArrayLike) -> Floats:
    """An amount that follows another: ``base x ratio ^ elasticity``.

    Parameters
    ----------
    base : array_like of float
        Amount of the base year, say own revenue.
    ratio : array_like of float
        What it follows over the same in the base year, say value added; above 0.
    elasticity : array_like of float
        Per cent more for one per cent more; 1 keeps the share. All shapes that broadcast.

    Returns
    -------
    numpy.ndarray of float
        In the unit of `base`.

    Raises
    ------
    DataError
        If a value is missing, the base is negative or the ratio not above 0.

    Examples
    --------
    >>> elastic(100.0, ratio=[1.0, 1.1], elasticity=1.2).round(2)
    array([100.  , 112.12])
    """
    amount = floats(base, column="base", low=0, high=_LARGE)
    followed = floats(ratio, column="ratio", low=np.finfo(float).tiny, high=_LARGE)
    return np.asarray(amount * followed ** floats(elasticity, column="elasticity", low=-_LARGE, high=_LARGE))


def settle(
    *,
    opening: Opening,
    flows: Flows,
    general_rate: npt.ArrayLike,
    special_rate: npt.ArrayLike,
) -> PublicAccounts:
    """Accounts of all years from what comes and goes.

    Parameters
    ----------
    opening : Opening
        At the start of the first year, shapes (...).
    flows : Flows
        By year, shapes that broadcast to (..., years); one unit of money throughout.
    general_rate, special_rate : array_like of float
        Interest a year on the debt at the start of the year, shapes that broadcast to (..., years).

    Returns
    -------
    PublicAccounts
        Arrays of shape (..., years).

    Raises
    ------
    DataError
        If an amount is missing or negative, or more is repaid than is owed.

    References
    ----------
    Budget Law of the People's Republic of China, 2018, Art. 9 (funds are spent by what comes in), Art. 35
    (local governments borrow by bonds within a limit). Ministry of Finance 2016, rules on the budgets of
    general and of special debt (general bonds in the general budget, special bonds in the government funds).

    Examples
    --------
    >>> from tongqu.methods.public_accounts import imbalance
    >>> found = settle(
    ...     opening=Opening(general_debt=100.0, special_debt=50.0, carry_over=5.0),
    ...     flows=Flows(
    ...         tax_revenue=[30.0, 31.0],
    ...         non_tax_revenue=10.0,
    ...         transfers=60.0,
    ...         services=[102.0, 99.0],
    ...         land_income=8.0,
    ...     ),
    ...     general_rate=0.03,
    ...     special_rate=0.04,
    ... )
    >>> found.balance, found.carry_over, found.shortfall
    (array([-5., -1.]), array([0., 0.]), array([0., 1.]))
    >>> found.fund_expenditure, imbalance(found)
    (array([8., 8.]), 0.0)
    """
    rates = {"general_rate": general_rate, "special_rate": special_rate}
    given, start = _checked(flows, opening, rates)
    interest = {}
    for kind in ("general", "special"):
        issue, repay, rate = (given[f"{kind}_{part}"] for part in ("issue", "repay", "rate"))
        closing = start[f"{kind}_debt"] + np.cumsum(issue - repay, axis=-1)
        require(
            (closing >= -_TINY * (1.0 + start[f"{kind}_debt"])).all(),
            column=f"{kind}_repay",
            rule="more is repaid than is owed",
            mend="repay at most the debt at the start of the year and what is issued in it",
        )
        interest[kind] = np.asarray(rate * at_start(start[f"{kind}_debt"], closing))
    flows_only = {name: value for name, value in given.items() if name not in rates}
    return settled(
        flows_only, start, general_interest=interest["general"], special_interest=interest["special"]
    )


def settled(
    given: dict[str, Floats],
    start: dict[str, Floats],
    *,
    general_interest: Floats,
    special_interest: Floats,
) -> PublicAccounts:
    """Accounts from flows of one shape (..., years), stocks of shape (..., 1) and the interest paid."""
    flows = dict(given)
    flows.setdefault(
        "land_use",
        np.maximum(flows["land_income"] - special_interest - flows["special_repay"], 0.0),
    )
    flows.setdefault("special_use", flows["special_issue"])
    own = flows["tax_revenue"] + flows["non_tax_revenue"]
    spent = flows["services"] + flows["pensions"] + flows["running"] + general_interest
    balance = own + flows["transfers"] + flows["general_issue"] - spent - flows["general_repay"]
    fund_spent = flows["land_use"] + flows["special_use"] + special_interest
    fund = flows["land_income"] + flows["special_issue"] - fund_spent - flows["special_repay"]
    carry_over, shortfall = _kept(start["carry_over"], balance)
    fund_carry_over, fund_shortfall = _kept(start["fund_carry_over"], fund)
    return PublicAccounts(
        **flows,
        own_revenue=own,
        general_interest=general_interest,
        expenditure=spent,
        balance=balance,
        shortfall=shortfall,
        carry_over=carry_over,
        special_interest=special_interest,
        fund_expenditure=fund_spent,
        fund_shortfall=fund_shortfall,
        fund_carry_over=fund_carry_over,
        general_debt=_owed(flows, start, "general"),
        special_debt=_owed(flows, start, "special"),
        **{f"opening_{name}": value[..., 0] for name, value in start.items()},
    )


def at_start(opening: Floats, closing: Floats) -> Floats:
    """The stock at the start of each year; ``opening`` has an axis of one year."""
    first = np.broadcast_to(opening, (*closing.shape[:-1], 1))
    return np.concatenate([first, closing[..., :-1]], axis=-1)


def _kept(opening: Floats, balance: Floats) -> tuple[Floats, Floats]:
    """Money kept at the end of each year, never below 0, and what is missing each year."""
    free = opening + np.cumsum(balance, axis=-1)
    missing = np.maximum.accumulate(np.maximum(-free, 0.0), axis=-1)
    return np.asarray(free + missing), np.asarray(np.diff(missing, axis=-1, prepend=0.0))


def _owed(flows: dict[str, Floats], start: dict[str, Floats], kind: str) -> Floats:
    change = flows[f"{kind}_issue"] - flows[f"{kind}_repay"]
    return np.asarray(start[f"{kind}_debt"] + np.cumsum(change, axis=-1))


def _checked(
    flows: Flows, opening: Opening, rates: dict[str, npt.ArrayLike]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Flows and rates of one shape (..., years), those not given left out, and stocks of shape (..., 1)."""
    named = {name: getattr(flows, name) for name in FLOWS} | rates
    given = {
        name: floats(value, column=name, low=0, high=_LARGE)
        for name, value in named.items()
        if value is not None
    }
    start = {
        name: floats(getattr(opening, name), column=name, low=0, high=_LARGE)[..., np.newaxis]
        for name in STOCKS
    }
    shape = np.broadcast_shapes((1,), *(each.shape for each in (*given.values(), *start.values())))
    return (
        {name: np.broadcast_to(value, shape) for name, value in given.items()},
        {name: np.broadcast_to(value, (*shape[:-1], 1)) for name, value in start.items()},
    )
