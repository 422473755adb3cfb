"""Inequality among people: quantiles, Gini coefficient and its parts, Theil's index, worst-off tenth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Dagum", "Theil", "dagum", "gini", "quantile", "theil", "worst_tenth_mean"]

_LARGE = float(np.finfo(np.float64).max)


def _checked(values: npt.ArrayLike, weights: npt.ArrayLike | None, *, low: float) -> tuple[Floats, Floats]:
    level = floats(values, column="values", low=low).ravel()
    people = (
        np.ones(level.size)
        if weights is None
        else floats(weights, column="weights", low=0, high=_LARGE).ravel()
    )
    require(
        level.size == people.size, column="weights", rule="lengths differ", mend="give one for each value"
    )
    require(bool(people.sum() > 0), column="weights", rule="nobody is there", mend="give one weight above 0")
    return level, people


def _sorted(values: npt.ArrayLike, weights: npt.ArrayLike | None, *, low: float) -> tuple[Floats, Floats]:
    level, people = _checked(values, weights, low=low)
    order = np.argsort(level, kind="stable")
    some = order[people[order] > 0]
    return level[some], people[some]


def quantile(values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, q: npt.ArrayLike) -> Floats:
    """Least value that at least a share q of people do not exceed.

    Parameters
    ----------
    values : array_like of float
        Value of each place, shape (places,); inf is allowed.
    weights : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    q : array_like of float
        Shares in [0, 1], any shape.

    Returns
    -------
    numpy.ndarray of float
        Values, of the shape of `q`; never interpolated.

    Raises
    ------
    DataError
        If a value is missing, a weight is negative, nobody is there, or a share is outside [0, 1].

    Examples
    --------
    >>> quantile([10, 20, 30], [1, 2, 1], q=[0.25, 0.5, 1])
    array([10., 20., 30.])
    """
    level, people = _sorted(values, weights, low=-np.inf)
    share = np.cumsum(people) / people.sum()
    wanted = floats(q, column="q", low=0, high=1)
    place = np.searchsorted(share, wanted - 1e-12, side="left")
    return np.asarray(level[np.minimum(place, level.size - 1)])


def gini(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Gini coefficient: mean distance between two people over twice the mean.

    Parameters
    ----------
    values : array_like of float
        Value per person of each place, 0 or more, shape (places,).
    weights : array_like of float, optional
        People of each place, shape (places,); one each when left out.

    Returns
    -------
    float
        In [0, 1); 0 where all are equal, NaN where all are 0.

    Raises
    ------
    DataError
        If a value is missing, negative or infinite, a weight is negative, or nobody is there.

    References
    ----------
    Sen, A. (1973), On Economic Inequality, Oxford; population form, without the factor n / (n - 1).

    Examples
    --------
    >>> gini([1, 3]), gini([1, 3], [3, 1])
    (0.25, 0.25)
    """
    level, people = _sorted(values, weights, low=0)
    floats(level, column="values", high=_LARGE)
    income = level * people
    if income.sum() <= 0:
        return float("nan")
    share = people / people.sum()
    before = np.cumsum(share) - share
    return float(np.sum(income / income.sum() * (2 * before + share)) - 1)


def worst_tenth_mean(
    values: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    worst: Literal["high", "low"],
    share: float = 0.1,
) -> float:
    """Mean value of the worst-off share of people; the place on the edge counts in part.

    Parameters
    ----------
    values : array_like of float
        Value of each place, shape (places,); inf is allowed.
    weights : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    worst : {"high", "low"}
        Whether high values are bad (travel times) or low ones (incomes).
    share : float
        Share of people, in (0, 1].

    Returns
    -------
    float
        In the unit of `values`; inf when one of them has an infinite value.

    Raises
    ------
    DataError
        If a value is missing, a weight is negative, nobody is there, or the share is outside (0, 1].

    Examples
    --------
    >>> worst_tenth_mean([10, 20, 60], [80, 15, 5], worst="high")
    40.0
    """
    require(0 < share <= 1, column="share", rule="it is outside (0, 1]", mend="give a share, say 0.1")
    level, people = _sorted(values, weights, low=-np.inf)
    if worst == "high":
        level, people = level[::-1], people[::-1]
    wanted = share * people.sum()
    before = np.cumsum(people) - people
    taken = np.clip(wanted - before, 0, people)
    return float(np.sum(level[taken > 0] * taken[taken > 0]) / taken.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Theil:
    """Theil's T, and what of it lies between and within groups.

    Parameters
    ----------
    total, between, within : float
        total = between + within, 0 where all are equal, at most ln (people).
    """

    total: float
    between: float
    within: float


def theil(values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, groups: npt.ArrayLike) -> Theil:
    """Theil's T, split into inequality between and within groups, exactly.

    Parameters
    ----------
    values : array_like of float
        Value per person of each place, 0 or more, shape (places,).
    weights : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    groups : array_like
        Group of each place (its county, town or village), shape (places,).

    Returns
    -------
    Theil
        Within-terms are weighted by each group's share of the value. NaN where nobody has anything.

    Raises
    ------
    DataError
        If a value is missing, negative or infinite, a weight is negative, lengths differ, or nobody is there.

    References
    ----------
    Shorrocks, A. F. (1980), The class of additively decomposable inequality measures, Econometrica 48 (3),
    613-625.

    Examples
    --------
    >>> found = theil([1, 1, 2, 2], groups=["a", "a", "b", "b"])
    >>> round(found.between, 4), round(found.within, 4)
    (0.0566, 0.0)
    """
    level, people = _checked(values, weights, low=0)
    floats(level, column="values", high=_LARGE)
    group = np.unique(np.asarray(groups), return_inverse=True)[1]
    same = group.shape == level.shape
    require(same, column="groups", rule="lengths differ", mend="give one for each value")
    if level @ people <= 0:
        return Theil(float("nan"), float("nan"), float("nan"))
    heads = np.bincount(group, weights=people).astype(np.float64)
    amount = np.bincount(group, weights=people * level)
    mean = np.divide(amount, heads, out=np.zeros(heads.size), where=heads > 0)
    total, between = _t(level, people), _t(np.asarray(mean), heads)
    return Theil(total, between, total - between)


def _t(level: Floats, heads: Floats) -> float:
    """Theil's T of places; 0 ln 0 is 0."""
    ratio = level * heads.sum() / (level @ heads)
    logarithm = np.log(ratio, out=np.zeros(ratio.size), where=ratio > 0)
    return float(heads @ (ratio * logarithm) / heads.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Dagum:
    """Gini coefficient, and its three parts by groups.

    Parameters
    ----------
    total, within, between, overlap : float
        total = within + between + overlap: inequality within groups, net inequality between groups, and the
        intensity of transvariation, which is 0 where groups do not overlap.
    groups : tuple
        Groups with people, in sorted order.
    pairs : numpy.ndarray of float
        Gini coefficient between two groups (on the diagonal within one), shape (groups, groups); NaN where
        neither has anything.
    distance : numpy.ndarray of float
        Relative economic affluence of two groups, in [0, 1]: 0 with equal means, 1 without overlap; same
        shape; NaN where there is no difference at all.
    """

    total: float
    within: float
    between: float
    overlap: float
    groups: tuple[str | int | float, ...]
    pairs: Floats
    distance: Floats


def dagum(values: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, groups: npt.ArrayLike) -> Dagum:
    """Dagum's decomposition of the Gini coefficient by groups that may overlap.

    Parameters
    ----------
    values : array_like of float
        Value per person of each place, 0 or more, shape (places,).
    weights : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    groups : array_like
        Group of each place, shape (places,).

    Returns
    -------
    Dagum
        The parts sum to `gini`, but for rounding. NaN where nobody has anything.

    Raises
    ------
    DataError
        If a value is missing, negative or infinite, a weight is negative, lengths differ, or nobody is there.

    References
    ----------
    Dagum, C. (1997), A new approach to the decomposition of the Gini income inequality ratio, Empirical
    Economics 22 (4), 515-531.

    Examples
    --------
    >>> found = dagum([1, 3, 2, 6], groups=["a", "a", "b", "b"])
    >>> [round(part, 4) for part in (found.total, found.within, found.between, found.overlap)]
    [0.3333, 0.125, 0.1667, 0.0417]
    """
    level, people = _checked(values, weights, low=0)
    floats(level, column="values", high=_LARGE)
    label = np.asarray(groups)
    require(
        label.shape == level.shape, column="groups", rule="lengths differ", mend="give one for each value"
    )
    some = people > 0
    level, people = level[some], people[some] / people.sum()
    names, group = np.unique(label[some], return_inverse=True)
    heads = np.asarray(np.bincount(group, weights=people), dtype=np.float64)
    mean = np.bincount(group, weights=people * level) / heads
    apart = _mean_distances(level, people, group=group, heads=heads)
    both = mean[:, np.newaxis] + mean
    net = np.abs(mean[:, np.newaxis] - mean)
    none = np.full(apart.shape, np.nan)
    pairs = np.divide(apart, both, out=none.copy(), where=both > 0)
    distance = np.divide(net, apart, out=none, where=apart > 0)
    known = tuple(names.tolist())
    if both.max() <= 0:
        nan = float("nan")
        return Dagum(nan, nan, nan, nan, known, pairs, distance)
    # A pair of groups adds its mean distance times both shares of people over twice the mean.
    share = heads[:, np.newaxis] * heads / (2 * float(heads @ mean))
    within = float(np.trace(share * apart))
    between = float((share * net).sum())
    total = float((share * apart).sum())
    return Dagum(total, within, between, total - within - between, known, pairs, np.minimum(distance, 1.0))


def _mean_distances(
    level: Floats, people: Floats, *, group: npt.NDArray[np.intp], heads: npt.NDArray[np.float64]
) -> Floats:
    """Mean distance between a person of one group and one of another, shape (groups, groups)."""
    found = np.empty((heads.size, heads.size))
    order = np.argsort(level, kind="stable")
    parts = [order[group[order] == each] for each in range(heads.size)]
    for row, first in enumerate(parts):
        value, weight = level[first], people[first]
        upto = np.concatenate([[0.0], np.cumsum(weight)])
        amount = np.concatenate([[0.0], np.cumsum(weight * value)])
        for column, second in enumerate(parts[: row + 1]):
            spot = np.searchsorted(value, level[second], side="right")
            below = level[second] * upto[spot] - amount[spot]
            above = amount[-1] - amount[spot] - level[second] * (upto[-1] - upto[spot])
            mean = float(people[second] @ (below + above)) / (heads[row] * heads[column])
            found[row, column] = found[column, row] = max(mean, 0.0)
    return found
