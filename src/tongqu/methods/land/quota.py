"""Quota of construction land: what is allotted, taken and saved by clearing land elsewhere (增减挂钩)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["LinkedQuota", "QuotaIncome", "linked_quota", "quota_income", "quota_left"]

MOST = float(np.finfo(np.float64).max)


def quota_left(allotted: npt.ArrayLike, *, taken: npt.ArrayLike, saved: npt.ArrayLike) -> Floats:
    """Construction quota left at the end of each year; what is not used is kept.

    Parameters
    ----------
    allotted, taken, saved : array_like of float
        Mu in each year, shape (places, years), 0 or more.

    Returns
    -------
    numpy.ndarray
        Mu left, shape (places, years), never negative.

    Raises
    ------
    DataError
        If a number is missing or negative, shapes differ, or more is taken in some year than there is.

    Examples
    --------
    >>> quota_left([[100, 100]], taken=[[120, 60]], saved=[[30, 0]])
    array([[10., 50.]])
    """
    given, used, freed = (
        floats(values, column=name, low=0, high=MOST)
        for name, values in (("allotted", allotted), ("taken", taken), ("saved", saved))
    )
    require(
        given.ndim == 2 and given.shape == used.shape == freed.shape,
        column="taken",
        rule="it does not hold years for each place",
        mend="give mu by place and year",
    )
    left = np.cumsum(given + freed - used, axis=1)
    require(
        (left >= -1e-9 * np.maximum(given.sum(axis=1, keepdims=True), 1.0)).all(),
        column="taken",
        rule="more quota is taken than there is",
        mend="take less, or clear land first",
    )
    return np.maximum(left, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class LinkedQuota:
    """A linked project: land cleared and reclaimed in villages, land built where people move, quota saved.

    Parameters
    ----------
    balanced : numpy.ndarray
        Mu cleared and reclaimed: the quota that the project balances.
    resettled : numpy.ndarray
        Mu built for those who move.
    saved : numpy.ndarray
        Mu of quota that may be built elsewhere or sold: ``balanced - resettled``.
    project : numpy.ndarray
        Mu of the old and the new plots together; about twice the balanced quota (Land 2022).
    """

    balanced: Floats
    resettled: Floats
    saved: Floats
    project: Floats


def linked_quota(
    idle: npt.ArrayLike, *, lived_in: npt.ArrayLike, resettle: npt.ArrayLike, reclaim: npt.ArrayLike = 1.0
) -> LinkedQuota:
    """What clearing idle and lived-in village land saves.

    Parameters
    ----------
    idle, lived_in : array_like of float
        Mu cleared where nobody lives and where people must be housed anew, 0 or more.
    resettle : array_like of float
        Land of the new plots for each mu of lived-in land that is cleared, in [0, 1].
    reclaim : array_like of float
        Share of the cleared land that passes as reclaimed, in [0, 1].

    Returns
    -------
    LinkedQuota
        Arrays of the broadcast shape. Saved quota is never negative: where resettlement needs more than is
        reclaimed, the project is not one (``saved`` 0).

    Raises
    ------
    DataError
        If a number is missing or out of range.

    References
    ----------
    Measures of the pilot on linking increase and decrease of urban and rural construction land, Ministry of
    Land and Resources 2008. Identity of saving and balanced quota, and projects of twice the balanced quota:
    Land 2022, 11(10), 1743 (1907 projects in Zhejiang).

    Examples
    --------
    >>> found = linked_quota([60], lived_in=[40], resettle=0.5)
    >>> found.balanced, found.resettled, found.saved
    (array([100.]), array([20.]), array([80.]))
    """
    empty = floats(idle, column="idle", low=0, high=MOST)
    homes = floats(lived_in, column="lived_in", low=0, high=MOST)
    again = floats(resettle, column="resettle", low=0, high=1)
    passed = floats(reclaim, column="reclaim", low=0, high=1)
    balanced = np.asarray((empty + homes) * passed)
    resettled = np.asarray(homes * again + 0 * balanced)
    saved = np.maximum(balanced - resettled, 0.0)
    return LinkedQuota(balanced, resettled, saved, balanced + resettled)


@dataclass(frozen=True, slots=True, eq=False)
class QuotaIncome:
    """Income from quota sold, in 万元: central, and at the ends of the price's range."""

    value: Floats
    low: Floats
    high: Floats


def quota_income(
    sold: npt.ArrayLike, *, price: float, low: float, high: float, levy: float = 0.0
) -> QuotaIncome:
    """Income of the place that sells saved quota; prices are a range, as they are agreed case by case.

    Parameters
    ----------
    sold : array_like of float
        Mu, 0 or more.
    price, low, high : float
        万元 a mu, ``0 <= low <= price <= high``.
    levy : float
        Share that goes to higher levels, in [0, 1].

    Returns
    -------
    QuotaIncome

    Raises
    ------
    DataError
        If a number is missing or out of range, or the price lies outside its range.

    Examples
    --------
    >>> found = quota_income([50], price=30, low=20, high=60, levy=0.2)
    >>> found.value, found.low, found.high
    (array([1200.]), array([800.]), array([2400.]))
    """
    area = floats(sold, column="sold", low=0, high=MOST)
    prices = floats([low, price, high], column="price", low=0, high=MOST)
    require(
        bool((np.diff(prices) >= 0).all()),
        column="price",
        rule="the price lies outside its range",
        mend="give low, price and high in this order",
    )
    kept = 1 - float(floats(levy, column="levy", low=0, high=1))
    return QuotaIncome(area * price * kept, area * low * kept, area * high * kept)
