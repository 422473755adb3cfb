"""People by groups of ages split to single years: never negative, every group's people kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["FIVE_YEAR_STARTS", "split_ages"]

FIVE_YEAR_STARTS: Final = tuple(range(0, 90, 5))
"""Starts of the groups 0-4, 5-9, ..., 80-84 and 85+, as in `tongqu.methods.cohort.AGE_GROUPS`."""

_LARGE: Final = float(np.finfo(np.float64).max)


def split_ages(
    groups: npt.ArrayLike,
    *,
    starts: npt.ArrayLike,
    open_age: npt.ArrayLike,
    method: Literal["hyman", "pchip"] = "hyman",
) -> Floats:
    """People by single years of age from people by groups.

    A monotone curve goes through the people younger than each group's start; an age has its rise. `hyman` is
    a cubic spline whose slopes are cut to where it cannot fall: the smoother. `pchip` has local slopes: a
    group is touched by its neighbours only.

    Parameters
    ----------
    groups : array_like of float
        People of each group, shape (..., groups); the last group is open.
    starts : array_like of int
        Youngest age of each group, from 0 up, shape (groups,).
    open_age : array_like of float
        How the open group spreads over its ages: weights, shape (ages,) or (..., ages), not all 0; for
        example the years lived `Lx` of a life table. Only their ratios count. The result ends with that
        many ages after the last start.
    method : {"hyman", "pchip"}
        The curve.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., last start + ages). The sum of each group is kept to rounding.

    Raises
    ------
    DataError
        If people are missing or negative, the starts do not rise from 0, or the weights cannot be.

    References
    ----------
    Hyman, J. M. (1983), SIAM Journal on Scientific and Statistical Computing 4 (4), 645-654. Fritsch, F. N.,
    Carlson, R. E. (1980), SIAM Journal on Numerical Analysis 17 (2), 238-246. For ages: Smith, L., Hyndman,
    R. J., Wood, S. N. (2004), Journal of Population Research 21 (1), 95-98.

    Examples
    --------
    >>> ages = split_ages([50, 30, 20], starts=[0, 5, 10], open_age=[3, 1])
    >>> ages[:10].round(2)
    array([11.6, 10.8, 10. ,  9.2,  8.4,  7.6,  6.8,  6. ,  5.2,  4.4])
    >>> ages[10:]
    array([15.,  5.])
    """
    people = floats(groups, column="groups", low=0, high=_LARGE)
    first = np.asarray(starts, dtype=np.float64)
    rising = first.ndim == 1 and first.size >= 3 and first[0] == 0 and bool((np.diff(first) > 0).all())
    rising = rising and bool((first == np.floor(first)).all()) and people.shape[-1:] == first.shape
    require(
        rising, column="starts", rule="they do not fit the groups, or do not rise from 0", mend="mend them"
    )
    weights = floats(open_age, column="open_age", low=0, high=_LARGE)
    total = weights.sum(axis=-1, keepdims=True)
    require(bool((total > 0).all()), column="open_age", rule="all weights are 0", mend="give years lived")
    ages = np.arange(first[-1] + 1)
    closed = people[..., :-1]
    curve = _curve(first, closed, method=method)(ages)
    single = np.maximum(np.diff(curve, axis=-1), 0.0)
    single *= np.repeat(_correction(single, closed, first=first), np.diff(first).astype(int), axis=-1)
    return np.concatenate([single, people[..., -1:] * (weights / total)], axis=-1)


def _curve(first: Floats, closed: Floats, *, method: str) -> Callable[[Floats], Floats]:
    """People younger than an age, as a function that never falls."""
    from scipy.interpolate import CubicHermiteSpline, CubicSpline, PchipInterpolator

    below = np.concatenate([np.zeros_like(closed[..., :1]), np.cumsum(closed, axis=-1)], axis=-1)
    if method == "pchip":
        return PchipInterpolator(first, below, axis=-1)
    require(method == "hyman", column="method", rule=f"{method} is unknown", mend="hyman or pchip")
    slopes = CubicSpline(first, below, axis=-1)(first, 1)
    mean = closed / np.diff(first)
    least = np.concatenate(
        [mean[..., :1], np.minimum(mean[..., :-1], mean[..., 1:]), mean[..., -1:]], axis=-1
    )
    return CubicHermiteSpline(first, below, np.clip(slopes, 0.0, 3 * least), axis=-1)


def _correction(single: Floats, closed: Floats, *, first: Floats) -> Floats:
    """What rounding took from each group, as a factor next to 1."""
    found = np.add.reduceat(single, first[:-1].astype(int), axis=-1)
    return np.where(found > 0, closed / np.where(found > 0, found, 1.0), 1.0)
