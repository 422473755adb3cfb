"""Public money: how far a county stands on its own, how heavy its debt is, and how cash and debt roll on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = [
    "DEBT_LIMIT",
    "DEBT_WARNING",
    "Balance",
    "DebtBand",
    "NewcomerCost",
    "annuity",
    "debt_band",
    "debt_ratio",
    "newcomer_cost",
    "roll",
    "self_sufficiency",
]

DEBT_LIMIT: Final = 1.0
"""Debt over comprehensive fiscal capacity that must not be passed: 100 % (bill on the limits of local
government debt, adopted by the Standing Committee of the National People's Congress, August 2015)."""

DEBT_WARNING: Final = 1.2
"""Upper end of the warning range of 100 % to 120 % that the Ministry of Finance compares with."""

DebtBand: TypeAlias = Literal["within", "warning", "over"]
"""Up to the limit, between the limit and the upper end of the warning range, and above it."""

_LARGE: Final = float(np.finfo(np.float64).max)


def self_sufficiency(own_revenue: npt.ArrayLike, spending: npt.ArrayLike) -> Floats:
    """Share of spending that own revenue pays.

    Parameters
    ----------
    own_revenue, spending : array_like of float
        General public budget revenue and expenditure in one unit of money, shapes that broadcast.

    Returns
    -------
    numpy.ndarray of float
        0 or more.

    Raises
    ------
    DataError
        If an amount is missing, revenue is negative, or spending is not above 0.

    Examples
    --------
    >>> self_sufficiency(19.49, 52.09).round(3)  # Quzhou, January to November 2023, bn yuan
    np.float64(0.374)
    """
    revenue = floats(own_revenue, column="own_revenue", low=0, high=_LARGE)
    return np.asarray(revenue / floats(spending, column="spending", low=np.finfo(float).tiny, high=_LARGE))


def debt_ratio(debt: npt.ArrayLike, *, own_revenue: npt.ArrayLike, transfers: npt.ArrayLike) -> Floats:
    """Debt over comprehensive fiscal capacity (own revenue and transfers).

    Parameters
    ----------
    debt : array_like of float
        Debt outstanding at the end of the year.
    own_revenue, transfers : array_like of float
        Of the year, general budget and government funds; all in one unit of money, shapes that broadcast.

    Returns
    -------
    numpy.ndarray of float
        0 or more; inf where there is debt and no capacity, 0 where there is neither.

    Raises
    ------
    DataError
        If an amount is missing or negative.

    References
    ----------
    See `DEBT_LIMIT`.

    Examples
    --------
    >>> debt_ratio(45.0, own_revenue=20.0, transfers=30.0)
    array(0.9)
    """
    owed = floats(debt, column="debt", low=0, high=_LARGE)
    own = floats(own_revenue, column="own_revenue", low=0, high=_LARGE)
    capacity = own + floats(transfers, column="transfers", low=0, high=_LARGE)
    bare = np.where(owed > 0, np.inf, 0.0)
    return np.asarray(np.where(capacity > 0, owed / np.where(capacity > 0, capacity, 1.0), bare))


def debt_band(
    ratio: npt.ArrayLike, *, limit: float = DEBT_LIMIT, warning: float = DEBT_WARNING
) -> npt.NDArray[np.str_]:
    """Band of a debt ratio: within, warning or over.

    Parameters
    ----------
    ratio : array_like of float
        As `debt_ratio` gives it, any shape.
    limit, warning : float
        Upper ends of the first two bands, as shares; the warning range may not end below the limit.

    Returns
    -------
    numpy.ndarray of str
        A `DebtBand` each.

    Raises
    ------
    DataError
        If a ratio is missing or negative, or the bands are out of order.

    References
    ----------
    See `DEBT_LIMIT` and `DEBT_WARNING`.

    Examples
    --------
    >>> debt_band([0.9, 1.1, 2.0])
    array(['within', 'warning', 'over'], dtype='<U7')
    """
    value = floats(ratio, column="ratio", low=0)
    require(
        0 < limit <= warning, column="warning", rule="it is below the limit", mend="give the limit or more"
    )
    return np.asarray(np.select([value <= limit, value <= warning], ["within", "warning"], "over"))


def annuity(principal: npt.ArrayLike, *, rate: float, years: int) -> Floats:
    """Equal yearly payment that repays a loan with interest, paid at the end of each year.

    Parameters
    ----------
    principal : array_like of float
        Amount borrowed, any shape.
    rate : float
        Interest a year, 0 or more; 0.03 is 3 %.
    years : int
        Number of payments, 1 or more.

    Returns
    -------
    numpy.ndarray of float
        Payment a year, in the unit of `principal`.

    Raises
    ------
    DataError
        If the rate is negative, or there is no year.

    Examples
    --------
    >>> annuity(100.0, rate=0.03, years=10).round(4)
    np.float64(11.7231)
    """
    require(0 <= rate < np.inf, column="rate", rule="it is negative", mend="give a share a year, say 0.03")
    require(years >= 1, column="years", rule="there is no year", mend="give 1 or more")
    owed = floats(principal, column="principal", low=0, high=_LARGE)
    return np.asarray(owed / years if rate == 0 else owed * rate / -np.expm1(-years * np.log1p(rate)))


@dataclass(frozen=True, slots=True, eq=False)
class NewcomerCost:
    """Two published ways to count what new urban residents cost; alternatives, not to be added.

    Parameters
    ----------
    once : numpy.ndarray of float
        Each newcomer once, in the year of coming, shape (..., years).
    yearly : numpy.ndarray of float
        Each newcomer every year from the year of coming on, shape (..., years).
    """

    once: Floats
    yearly: Floats


def newcomer_cost(newcomers: npt.ArrayLike, *, once: npt.ArrayLike, a_year: npt.ArrayLike) -> NewcomerCost:
    """Public cost of new urban residents, for the record: no budget is charged with it.

    Parameters
    ----------
    newcomers : array_like of float
        Persons who become urban residents in each year, shape (..., years).
    once : array_like of float
        Cost of a newcomer, spent once; one or (..., years).
    a_year : array_like of float
        Cost of a newcomer in every year; one or (..., years).

    Returns
    -------
    NewcomerCost
        In the unit of the costs.

    Raises
    ------
    DataError
        If a value is missing or negative.

    References
    ----------
    Development Research Centre of the State Council 2012: 80 000 yuan once. Du Yang and Cai Fang 2014:
    16 859 yuan a year (prices of 2012). Others lie between and beyond.

    Examples
    --------
    >>> found = newcomer_cost([100.0, 50.0], once=8.0, a_year=1.6859)  # 万元
    >>> found.once, found.yearly
    (array([800., 400.]), array([168.59 , 252.885]))
    """
    came = floats(newcomers, column="newcomers", low=0, high=_LARGE)
    came = np.atleast_1d(came)
    return NewcomerCost(
        np.asarray(came * floats(once, column="once", low=0, high=_LARGE)),
        np.asarray(np.cumsum(came, axis=-1) * floats(a_year, column="a_year", low=0, high=_LARGE)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Cash and debt at the end of each year.

    Parameters
    ----------
    cash, debt : numpy.ndarray of float
        Shape (..., years).
    interest : numpy.ndarray of float
        Interest paid in each year, on the debt of the year before, shape (..., years).
    """

    cash: Floats
    debt: Floats
    interest: Floats


def roll(
    *,
    opening_cash: npt.ArrayLike,
    opening_debt: npt.ArrayLike,
    room: npt.ArrayLike,
    spend: npt.ArrayLike,
    borrow: npt.ArrayLike,
    repay: npt.ArrayLike,
    rate: npt.ArrayLike,
) -> Balance:
    """Cash and debt rolled forward: what comes in, what goes out, what is owed.

    cash[t] = cash[t-1] + room[t] + borrow[t] - spend[t] - repay[t] - rate[t] debt[t-1]
    debt[t] = debt[t-1] + borrow[t] - repay[t]

    Nothing is forbidden here: cash below 0 or a repayment beyond the debt shows in the result.

    Parameters
    ----------
    opening_cash, opening_debt : array_like of float
        At the start of the first year, shape (...).
    room, spend, borrow, repay : array_like of float
        Own funds and transfers free for projects, their cost, new debt and repayments of each year, in one
        unit of money, shapes that broadcast to (..., years).
    rate : array_like of float
        Interest a year on the debt of the year before, one or (..., years).

    Returns
    -------
    Balance
        Of each year.

    Raises
    ------
    DataError
        If an amount is missing.

    Examples
    --------
    >>> found = roll(
    ...     opening_cash=10,
    ...     opening_debt=100,
    ...     room=[20, 20],
    ...     spend=[30, 5],
    ...     borrow=[10, 0],
    ...     repay=[0, 10],
    ...     rate=0.03,
    ... )
    >>> found.cash, found.debt
    (array([7. , 8.7]), array([110., 100.]))
    """
    given = {"room": room, "spend": spend, "borrow": borrow, "repay": repay, "rate": rate}
    flows = [floats(value, column=name, low=-_LARGE, high=_LARGE) for name, value in given.items()]
    income, cost, new, back, share = np.broadcast_arrays(*(np.atleast_1d(flow) for flow in flows))
    cash = floats(opening_cash, column="opening_cash", low=-_LARGE, high=_LARGE)[..., np.newaxis]
    owed = floats(opening_debt, column="opening_debt", low=-_LARGE, high=_LARGE)[..., np.newaxis]
    debt = owed + np.cumsum(new - back, axis=-1)
    before = np.concatenate([np.broadcast_to(owed, (*debt.shape[:-1], 1)), debt[..., :-1]], axis=-1)
    interest = share * before
    return Balance(cash + np.cumsum(income + new - cost - back - interest, axis=-1), debt, interest)
