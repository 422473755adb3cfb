"""Fairness of access: who has how much, whether the poor have less, and how far short people fall.

The Gini coefficient, Theil's index and the worst-off tenth are in `tongqu.methods.inequality`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require

__all__ = [
    "POOREST",
    "RICHEST",
    "Edge",
    "Lorenz",
    "access_palma",
    "concentration",
    "lorenz",
    "palma",
    "shortfall",
]

POOREST: Final = 0.4
"""Share of people whom the Palma ratio calls poor (Palma 2011)."""

RICHEST: Final = 0.1
"""Share of people whom the Palma ratio calls rich (Palma 2011)."""

Edge: TypeAlias = Literal["part", "whole"]
"""What becomes of the place in which the edge of the poorest or richest share falls."""

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class _People:
    """Values and people of the places where people live."""

    values: Floats
    people: Floats
    order: Floats

    @property
    def mean(self) -> float:
        return float(self.values @ self.people / self.people.sum())


def _living(
    values: npt.ArrayLike,
    people: npt.ArrayLike | None,
    *,
    low: float = 0.0,
    by: npt.ArrayLike | None = None,
) -> _People:
    """Checked; places where nobody lives are left out before their values are looked at."""
    level = np.asarray(values, dtype=np.float64).ravel()
    heads = np.ones(level.size) if people is None else np.asarray(people, dtype=np.float64).ravel()
    rank = level if by is None else np.asarray(by, dtype=np.float64).ravel()
    floats(heads, column="people", low=0, high=_LARGE)
    same = level.size == heads.size == rank.size
    require(same, column="people", rule="lengths differ", mend="give one for each value")
    require(bool(heads.sum() > 0), column="people", rule="nobody is there", mend="give one place with people")
    some = heads > 0
    return _People(
        floats(level[some], column="values", low=low, high=_LARGE),
        heads[some],
        floats(rank[some], column="by", low=-_LARGE, high=_LARGE),
    )


def _ties(order: Floats) -> Ints:
    """For each place the number of its group of equals, groups counted upwards."""
    return np.unique(order, return_inverse=True)[1].astype(np.int64)


def _grouped(some: _People) -> tuple[Floats, Floats]:
    """People of each group of equals, and their mean value, groups in rising order."""
    group = _ties(some.order)
    heads = np.bincount(group, weights=some.people).astype(np.float64)
    return heads, np.bincount(group, weights=some.people * some.values) / heads


def _mean_of(heads: Floats, values: Floats, *, share: float, edge: Edge, top: bool) -> float:
    """Mean value of the first or last share of people; groups of equals count as one place."""
    before = np.cumsum(heads) - heads
    total = heads.sum()
    if edge == "whole":
        # The quantile is the value of the last group that starts before it; the poor are up to it, the
        # rich beyond it.
        cut = int(np.searchsorted(before, (1 - share if top else share) * total, side="left")) - 1
        taken = heads.copy()
        taken[slice(None, cut + 1) if top else slice(cut + 1, None)] = 0.0
    elif top:
        taken = np.clip(before + heads - (1 - share) * total, 0, heads)
    else:
        taken = np.clip(share * total - before, 0, heads)
    return float(taken @ values / taken.sum()) if taken.sum() > 0 else float("nan")


def palma(values: npt.ArrayLike, people: npt.ArrayLike | None = None) -> float:
    """Palma ratio: what the richest tenth have over what the poorest four tenths have.

    Parameters
    ----------
    values : array_like of float
        Value per person (income, access) of each place, 0 or more, shape (places,).
    people : array_like of float, optional
        People of each place, shape (places,); one each when left out.

    Returns
    -------
    float
        1/4 where all are equal; inf where the poorest have nothing, NaN where nobody has anything. The
        place on the edge counts in part.

    Raises
    ------
    DataError
        If a value of a place with people is missing, negative or infinite, a number of people is negative,
        or nobody is there.

    References
    ----------
    Palma, J. G. (2011), Homogeneous middles vs. heterogeneous tails, and the end of the 'inverted-U',
    Development and Change 42 (1), 87-153.

    Examples
    --------
    >>> palma([10, 20, 60], [4, 5, 1]), palma([1, 1], [3, 7])
    (1.5, 0.25)
    """
    some = _living(values, people)
    heads, level = _grouped(some)
    rich = RICHEST * _mean_of(heads, level, share=RICHEST, edge="part", top=True)
    poor = POOREST * _mean_of(heads, level, share=POOREST, edge="part", top=False)
    return _over(rich, poor)


def _over(rich: float, poor: float) -> float:
    if poor > 0:
        return rich / poor
    return float("inf") if rich > 0 else float("nan")


def access_palma(
    access: npt.ArrayLike,
    people: npt.ArrayLike | None = None,
    *,
    income: npt.ArrayLike,
    edge: Edge = "part",
) -> float:
    """Mean access of the tenth with the highest incomes over that of the four tenths with the lowest.

    Parameters
    ----------
    access : array_like of float
        Access per person of each place, 0 or more, shape (places,).
    people : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    income : array_like of float
        Income per person of each place, shape (places,), only its order counts; NaN where nobody lives.
    edge : {"part", "whole"}
        Whether a place on the edge of a share counts in part, or the places are split at the quantiles of
        income (up to the 40 % quantile poor, above the 90 % quantile rich), as other programs do.

    Returns
    -------
    float
        1 where all are equal, above 1 where the rich have more; inf where the poor have nothing, NaN where
        nobody has anything, or no place lies above the quantile. Places of equal income are one place.

    Raises
    ------
    DataError
        If a value of a place with people is missing, negative or infinite, a number of people is negative,
        or nobody is there.

    References
    ----------
    Guzman, L. A., Oviedo, D. (2018), Accessibility, affordability and equity: Assessing 'pro-poor' public
    transport subsidies in Bogota, Transport Policy 68, 37-51. The split at quantiles: Pereira, R. H. M.,
    Herszenhut, D. (2022), accessibility (R package), function palma_ratio.

    Examples
    --------
    >>> access_palma([50, 80, 100], [4, 5, 1], income=[9, 20, 60])
    2.0
    """
    some = _living(access, people, by=income)
    heads, level = _grouped(some)
    rich = _mean_of(heads, level, share=RICHEST, edge=edge, top=True)
    poor = _mean_of(heads, level, share=POOREST, edge=edge, top=False)
    return rich if np.isnan(rich) else _over(rich, poor)


def concentration(
    access: npt.ArrayLike,
    people: npt.ArrayLike | None = None,
    *,
    income: npt.ArrayLike,
    bounds: tuple[float, float] | None = None,
) -> float:
    """Concentration index: how far access goes with income.

    Standard: C = 2 cov(access, rank of income) / mean access. With bounds it is corrected for a quantity
    that has a least and a greatest value: E = 4 mean / (greatest - least) C.

    Parameters
    ----------
    access : array_like of float
        Access per person of each place, 0 or more, shape (places,).
    people : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    income : array_like of float
        Income per person of each place, shape (places,), only its order counts; NaN where nobody lives.
    bounds : tuple of float, optional
        Least and greatest access that there can be; the standard index when left out.

    Returns
    -------
    float
        In [-1, 1]; below 0 where the poor have more; NaN where nobody has anything. People of equal income
        share one rank.

    Raises
    ------
    DataError
        If a value of a place with people is missing, negative or infinite, or outside the bounds, a number
        of people is negative, or nobody is there.

    References
    ----------
    Kakwani, N., Wagstaff, A., van Doorslaer, E. (1997), Socioeconomic inequalities in health, Journal of
    Econometrics 77, 87-103. Corrected: Erreygers, G. (2009), Correcting the concentration index, Journal of
    Health Economics 28, 504-515.

    Examples
    --------
    >>> concentration([1, 3], income=[10, 20]), concentration([3, 1], income=[10, 20])
    (0.25, -0.25)
    >>> concentration([1, 3], income=[10, 20], bounds=(0, 4))
    0.5
    """
    some = _living(access, people, by=income)
    heads, level = _grouped(some)
    share = heads / heads.sum()
    rank = np.cumsum(share) - share / 2
    covariance = float(share @ ((level - some.mean) * (rank - 0.5)))
    if bounds is None:
        return 2 * covariance / some.mean if some.mean > 0 else float("nan")
    low, high = bounds
    inside = low < high and bool((some.values >= low).all() and (some.values <= high).all())
    require(inside, column="bounds", rule="a value is outside", mend="give the least and greatest possible")
    return 8 * covariance / (high - low)


def shortfall(
    values: npt.ArrayLike,
    people: npt.ArrayLike | None = None,
    *,
    line: float,
    order: float = 1.0,
    worst: Literal["low", "high"] = "low",
) -> float:
    """Foster-Greer-Thorbecke measure: how many people fall short of enough, and how far.

    Order 0 is the share of people short of the line, 1 the mean shortfall as a share of the line, 2 gives
    the worst-off more weight.

    Parameters
    ----------
    values : array_like of float
        Value per person of each place, 0 or more, shape (places,); inf is allowed where high is bad and
        the order is 0.
    people : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    line : float
        What is enough, in the unit of `values`, above 0; a place on the line is not short.
    order : float
        Order of the measure, 0 or more.
    worst : {"low", "high"}
        Whether too little is bad (access) or too much (minutes).

    Returns
    -------
    float
        0 where nobody is short; at most 1 where low is bad.

    Raises
    ------
    DataError
        If a value of a place with people is missing or negative, a number of people is negative, nobody is
        there, or line or order do not fit.

    References
    ----------
    Foster, J., Greer, J., Thorbecke, E. (1984), A class of decomposable poverty measures, Econometrica
    52 (3), 761-766.

    Examples
    --------
    >>> [round(shortfall([5, 8, 20], [1, 1, 2], line=10, order=order), 4) for order in (0, 1, 2)]
    [0.5, 0.175, 0.0725]
    """
    require(0 < line < np.inf, column="line", rule=f"{line:g} is no line", mend="give a number above 0")
    require(0 <= order < np.inf, column="order", rule=f"{order:g} is below 0", mend="give 0, 1 or 2")
    require(worst in ("low", "high"), column="worst", rule=f"{worst} is unknown", mend="low or high")
    level = np.asarray(values, dtype=np.float64)
    if worst == "high" and order == 0:
        level = np.minimum(level, _LARGE)
    some = _living(level, people)
    gap = (some.values - line) / line if worst == "high" else (line - some.values) / line
    short = gap > 0
    return float(np.sum(some.people[short] * gap[short] ** order) / some.people.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Lorenz:
    """Lorenz curve, or concentration curve when the people are ordered by something else.

    Parameters
    ----------
    people : numpy.ndarray of float
        Share of people, worst-off first, shape (points,), from 0 to 1.
    value : numpy.ndarray of float
        Share of the value that they have, shape (points,), from 0 to 1.
    """

    people: Floats
    value: Floats


def lorenz(
    values: npt.ArrayLike, people: npt.ArrayLike | None = None, *, by: npt.ArrayLike | None = None
) -> Lorenz:
    """Points of the Lorenz curve; between points it is straight.

    Parameters
    ----------
    values : array_like of float
        Value per person of each place, 0 or more, shape (places,).
    people : array_like of float, optional
        People of each place, shape (places,); one each when left out.
    by : array_like of float, optional
        What orders the people, shape (places,), say income; their own value when left out.

    Returns
    -------
    Lorenz
        One point for each group of equals, and the origin. Twice the area between it and the diagonal is
        the Gini coefficient, or the concentration index.

    Raises
    ------
    DataError
        If a value of a place with people is missing, negative or infinite, a number of people is negative,
        nobody is there, or nobody has anything.

    References
    ----------
    Lorenz, M. O. (1905), Methods of measuring the concentration of wealth, Publications of the American
    Statistical Association 9 (70), 209-219.

    Examples
    --------
    >>> lorenz([1, 3])
    Lorenz(people=array([0. , 0.5, 1. ]), value=array([0.  , 0.25, 1.  ]))
    """
    some = _living(values, people, by=by)
    heads, level = _grouped(some)
    amount = heads * level
    require(bool(amount.sum() > 0), column="values", rule="all are 0", mend="leave the curve out")
    return Lorenz(_shares(heads), _shares(amount))


def _shares(amounts: Floats) -> Floats:
    running = np.concatenate([[0.0], np.cumsum(amounts)])
    return np.asarray(running / running[-1])
