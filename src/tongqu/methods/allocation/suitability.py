"""How suitable land is for construction: factors on one scale, by weights or by the worst of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, Ints, floats, require

__all__ = [
    "ASSUMED_RANGES",
    "SLOPE_LIMITS",
    "LandUse",
    "Rule",
    "Suitability",
    "combine",
    "construction_factors",
    "membership",
    "slope_percent",
]

LandUse = Literal["town_centre", "residential", "industrial"]
Rule = Literal["weighted", "limiting", "geometric"]

SLOPE_LIMITS: Final[Mapping[LandUse, float]] = MappingProxyType(
    {"town_centre": 20.0, "residential": 25.0, "industrial": 15.0}
)
"""Natural slope in % below which land should lie for a use: town centre, housing, industry and logistics
(CJJ 83-2016 城乡建设用地竖向规划规范, 4.0.1). Villages may use steeper land where it is safe."""

ASSUMED_RANGES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {"access": (60.0, 5.0), "built": (3000.0, 0.0), "farmland": (1.0, 0.0)}
)
"""Worst and best value of the other factors: minutes to a centre, m to built land, quality of farmland in
[0, 1]. Assumed: no norm at hand; vary them."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Suitability:
    """Suitability of cells.

    Parameters
    ----------
    score : numpy.ndarray of float
        In [0, 1], 0 where construction is excluded, shape (cells,).
    allowed : numpy.ndarray of bool
        False where construction is excluded, shape (cells,).
    limiting : numpy.ndarray of int
        Position of the factor that is worst, the first of equals, shape (cells,).
    """

    score: Floats
    allowed: Bools
    limiting: Ints


def membership(values: npt.ArrayLike, *, worst: float, best: float) -> Floats:
    """Values on a scale from 0 (worst or beyond) to 1 (best or beyond), straight between.

    Parameters
    ----------
    values : array_like of float
        Any shape; NaN stays NaN.
    worst, best : float
        In the unit of `values`; worst above best for what should be low.

    Returns
    -------
    numpy.ndarray of float
        The same shape.

    Raises
    ------
    DataError
        If worst and best are the same or not finite.

    References
    ----------
    Linear fuzzy membership as in Eastman, J. R. (1999), Multi-criteria evaluation and GIS.

    Examples
    --------
    >>> membership([0, 15, 30, 45], worst=30, best=0).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    differ = np.isfinite([worst, best]).all() and worst != best
    require(bool(differ), column="best", rule="worst and best are the same", mend="give two finite values")
    return np.clip((np.asarray(values, np.float64) - worst) / (best - worst), 0.0, 1.0) + 0.0  # no -0.0


def slope_percent(degrees: npt.ArrayLike) -> Floats:
    """Slope in % (rise over run) of slope in degrees.

    Parameters
    ----------
    degrees : array_like of float
        Degrees in [0, 90), any shape.

    Examples
    --------
    >>> slope_percent([0, 45]).round(6).tolist()
    [0.0, 100.0]
    """
    return np.tan(np.radians(np.asarray(degrees, np.float64))) * 100.0


def combine(
    factors: npt.ArrayLike,
    *,
    weights: Sequence[float] | None = None,
    rule: Rule = "weighted",
    excluded: npt.ArrayLike | None = None,
) -> Suitability:
    """Suitability from factors that are on one scale.

    Parameters
    ----------
    factors : array_like of float
        In [0, 1], 1 most suitable, shape (cells, factors). A cell with a missing factor (NaN) is excluded:
        unknown is never taken for suitable.
    weights : sequence of float, optional
        Of each factor, 0 or more, shape (factors,); equal if not given; their sum does not matter. The
        limiting factor looks only at which are above 0.
    rule : {"weighted", "limiting", "geometric"}
        Weighted mean (a good factor makes up for a bad one), the worst factor (none makes up), or the
        weighted geometric mean (between the two; a factor of 0 gives 0).
    excluded : array_like of bool, optional
        Cells that are excluded whatever their factors, shape (cells,).

    Returns
    -------
    Suitability

    Raises
    ------
    DataError
        If factors leave [0, 1], or shapes or weights do not fit.

    References
    ----------
    FAO (1976), A framework for land evaluation, Soils Bulletin 32 (limiting conditions). Malczewski, J.
    (2004), Progress in Planning 62, 3-65 (weighted linear combination).

    Examples
    --------
    >>> found = combine([[1.0, 0.2], [0.6, 0.6], [1.0, 1.0]], excluded=[False, False, True])
    >>> found.score.tolist(), found.limiting.tolist()
    ([0.6, 0.6, 0.0], [1, 0, 0])
    >>> combine([[1.0, 0.2], [0.6, 0.6]], rule="limiting").score.tolist()
    [0.2, 0.6]
    """
    table = np.asarray(factors, np.float64)
    require(table.ndim == 2, column="factors", rule="its shape is wrong", mend="give cells by factors")
    known = ~np.isnan(table).any(axis=1)
    floats(table[known], column="factors", low=0, high=1)
    share = floats([1.0] * table.shape[1] if weights is None else weights, column="weights", low=0)
    fits = share.shape == (table.shape[1],) and share.sum() > 0
    require(fits, column="weights", rule="they do not fit the factors", mend="give one weight a factor")
    barred = np.zeros(len(table), bool) if excluded is None else np.asarray(excluded, bool)
    fits = barred.shape == (len(table),)
    require(fits, column="excluded", rule="shapes differ", mend="give one value for each cell")
    used = np.flatnonzero(share > 0)
    part = np.nan_to_num(table[:, used])
    weight = share[used] / share[used].sum()
    if rule == "weighted":
        score = part @ weight
    elif rule == "limiting":
        score = part.min(axis=1)
    else:
        score = np.prod(part**weight, axis=1)
    allowed = known & ~barred
    worst = used[part.argmin(axis=1)].astype(np.int64)
    return Suitability(score=np.where(allowed, np.clip(score, 0, 1), 0.0), allowed=allowed, limiting=worst)


def construction_factors(
    *,
    slope_degrees: npt.ArrayLike,
    use: LandUse,
    access_minutes: npt.ArrayLike | None = None,
    built_m: npt.ArrayLike | None = None,
    farmland_quality: npt.ArrayLike | None = None,
    protected: npt.ArrayLike | None = None,
    ranges: Mapping[str, tuple[float, float]] = ASSUMED_RANGES,
) -> tuple[tuple[str, ...], Floats, Bools]:
    """Factors of suitability for construction, and where it is excluded, for `combine`.

    Slope falls from 1 on flat land to 0 at the limit of the use, and excludes beyond it.

    Parameters
    ----------
    slope_degrees : array_like of float
        Natural slope, degrees, NaN where unknown, shape (cells,).
    use : {"town_centre", "residential", "industrial"}
        Row of `SLOPE_LIMITS`.
    access_minutes : array_like of float, optional
        To the centre or the road that counts; inf where there is no way, shape (cells,).
    built_m : array_like of float, optional
        Metres to land that is built on, shape (cells,).
    farmland_quality : array_like of float, optional
        0 where there is no farmland, 1 for the best, shape (cells,): good farmland is least suitable.
    protected : array_like of bool, optional
        Permanent basic farmland, ecological red line, water and the like, shape (cells,).
    ranges : mapping
        Worst and best value of ``access``, ``built`` and ``farmland``.

    Returns
    -------
    names : tuple of str
        The factors at hand: ``slope``, ``access``, ``built``, ``farmland``.
    factors : numpy.ndarray of float
        In [0, 1], shape (cells, factors).
    excluded : numpy.ndarray of bool
        Protected, steeper than the limit, or of unknown slope, shape (cells,).

    References
    ----------
    CJJ 83-2016, 4.0.1, for slope; the other ranges are assumed.

    Examples
    --------
    >>> names, factors, excluded = construction_factors(
    ...     slope_degrees=[0, 5, 20], use="residential", access_minutes=[5, 60, 5]
    ... )
    >>> names, factors.round(2).tolist(), excluded.tolist()
    (('slope', 'access'), [[1.0, 1.0], [0.65, 0.0], [0.0, 1.0]], [False, False, True])
    """
    limit = SLOPE_LIMITS[use]
    slope = slope_percent(slope_degrees)
    given = {"access": access_minutes, "built": built_m, "farmland": farmland_quality}
    columns = {"slope": membership(slope, worst=limit, best=0.0)}
    for name, values in given.items():
        if values is not None:
            worst, best = ranges[name]
            columns[name] = membership(values, worst=worst, best=best)
    fits = all(column.shape == slope.shape for column in columns.values())
    require(fits, column="slope_degrees", rule="shapes differ", mend="give one value for each cell")
    excluded = ~(slope < limit)  # NaN too
    if protected is not None:
        excluded = excluded | np.asarray(protected, bool)
    return tuple(columns), np.column_stack(list(columns.values())), excluded
