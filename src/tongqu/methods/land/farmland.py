"""The farmland floor, and the balance of farmland taken and replaced (占补平衡)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["FarmlandBalance", "farmland_balance", "farmland_room"]


def farmland_room(
    farmland: npt.ArrayLike, *, basic: npt.ArrayLike, floor: npt.ArrayLike, reserve: npt.ArrayLike
) -> Floats:
    """Farmland that may still be taken net of what is reclaimed: never basic, never below the floor.

    ``max(0, min(farmland - max(basic, floor), reserve))``: the reserve is land that has been reclaimed and
    recorded before and stands against what is taken, so that the balance holds.

    Parameters
    ----------
    farmland, basic, floor, reserve : array_like of float
        Mu, 0 or more; shapes that broadcast.

    Returns
    -------
    numpy.ndarray
        Mu, float64.

    Raises
    ------
    DataError
        If a number is missing or negative.

    References
    ----------
    Land Administration Law 2019, Art. 30 (balance of farmland) and 33 (basic farmland).

    Examples
    --------
    >>> farmland_room([1000, 1000], basic=800, floor=[950, 990], reserve=20)
    array([20., 10.])
    """
    have, kept, least, saved = (
        floats(values, column=name, low=0, high=np.finfo(np.float64).max)
        for name, values in (("farmland", farmland), ("basic", basic), ("floor", floor), ("reserve", reserve))
    )
    return np.asarray(np.maximum(np.minimum(have - np.maximum(kept, least), saved), 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class FarmlandBalance:
    """Farmland taken and replaced, year by year.

    Parameters
    ----------
    farmland : numpy.ndarray
        Mu at the end of each year, shape (places, years).
    reserve : numpy.ndarray
        Mu in reserve at the end of each year, 0 or more.
    short : numpy.ndarray
        Mu taken in each year that nothing stands against; the law allows none.
    """

    farmland: Floats
    reserve: Floats
    short: Floats


def farmland_balance(
    farmland: npt.ArrayLike, *, taken: npt.ArrayLike, reclaimed: npt.ArrayLike, reserve: npt.ArrayLike
) -> FarmlandBalance:
    """Follow the balance of farmland: what is reclaimed goes into the reserve, what is taken comes out of it.

    Parameters
    ----------
    farmland, reserve : array_like of float
        Mu at the start, shape (places,), 0 or more.
    taken, reclaimed : array_like of float
        Mu a year, shape (places, years), 0 or more. Land reclaimed in a year counts in the same year.

    Returns
    -------
    FarmlandBalance

    Raises
    ------
    DataError
        If a number is missing or negative, or shapes do not fit.

    Examples
    --------
    >>> found = farmland_balance([100], taken=[[5, 10]], reclaimed=[[2, 0]], reserve=[6])
    >>> found.farmland, found.reserve, found.short
    (array([[97., 87.]]), array([[3., 0.]]), array([[0., 7.]]))
    """
    most = np.finfo(np.float64).max
    start, kept = (
        floats(np.ravel(values), column=name, low=0, high=most)
        for name, values in (("farmland", farmland), ("reserve", reserve))
    )
    out, back = (
        floats(values, column=name, low=0, high=most)
        for name, values in (("taken", taken), ("reclaimed", reclaimed))
    )
    fits = out.ndim == 2 and out.shape == back.shape and len(start) == len(kept) == len(out)
    require(
        fits, column="taken", rule="it does not hold years for each place", mend="give mu by place and year"
    )
    reserve_left, short = np.zeros_like(out), np.zeros_like(out)
    now = kept
    for year in range(out.shape[1]):
        now = now + back[:, year] - out[:, year]
        short[:, year] = np.maximum(-now, 0.0)
        now = np.maximum(now, 0.0)
        reserve_left[:, year] = now
    return FarmlandBalance(start[:, np.newaxis] + np.cumsum(back - out, axis=1), reserve_left, short)
