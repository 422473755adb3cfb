"""How central a settlement is: reach, services, jobs and growth on one scale, and the roles they suggest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats, require

__all__ = ["Centrality", "Scale", "centrality", "functional_index", "roles_by_score"]

Scale: TypeAlias = Literal["range", "rank", "share"]
"""(x - least) / (greatest - least); share of the other places that are below, ties half; x / greatest."""

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Centrality:
    """Centrality of each place.

    Parameters
    ----------
    names : tuple of str
        Measures.
    weights : numpy.ndarray of float
        Their weights, sum 1, shape (measures,).
    parts : numpy.ndarray of float
        Measures on the common scale, in [0, 1], shape (places, measures).
    score : numpy.ndarray of float
        Weighted sum, in [0, 1], shape (places,).
    rank : numpy.ndarray of int
        1 for the most central, ties share the better rank, shape (places,).
    flat : tuple of str
        Measures that are equal everywhere: they say nothing, and count 0 for all.
    scale : Scale
        How measures were brought to one scale.
    """

    names: tuple[str, ...]
    weights: Floats
    parts: Floats
    score: Floats
    rank: Ints
    flat: tuple[str, ...]
    scale: Scale


def centrality(
    measures: Mapping[str, npt.ArrayLike], *, weights: Mapping[str, float], scale: Scale = "range"
) -> Centrality:
    """Centrality as the weighted sum of measures on one scale, more is more central.

    Parameters
    ----------
    measures : mapping of str to array_like of float
        Values of each place, shape (places,): say people within reach, services held, jobs, growth. Turn
        around (negate) those of which less is more central.
    weights : mapping of str to float
        Weight of each measure by the same names, 0 or more; they are scaled to sum 1.
    scale : {"range", "rank", "share"}
        How measures are brought to one scale. Ranks do not let one giant press all others together; shares
        keep proportions and need values of 0 or more.

    Returns
    -------
    Centrality
        Comparable only among the places given together.

    Raises
    ------
    DataError
        If a value is missing, names differ, shapes differ, or no weight is above 0.

    References
    ----------
    Christaller, W. (1933), Die zentralen Orte in Süddeutschland, Fischer. Weights have no source: state them.

    Examples
    --------
    >>> found = centrality({"reach": [100, 50, 0], "jobs": [10, 30, 10]}, weights={"reach": 3, "jobs": 1})
    >>> found.score, found.rank
    (array([0.75 , 0.625, 0.   ]), array([1, 2, 3]))
    """
    _require_names(measures, weights)
    names = tuple(measures)
    low = 0.0 if scale == "share" else -_LARGE
    columns = [floats(measures[name], column=name, low=low, high=_LARGE) for name in names]
    size = columns[0].size
    require(size > 0, column=names[0], rule="there is no place", mend="give one value for each place")
    for name, column in zip(names, columns, strict=True):
        require(column.shape == (size,), column=name, rule="lengths differ", mend="give one for each place")
    share = floats([weights[name] for name in names], column="weights", low=0, high=_LARGE)
    require(bool(share.sum() > 0), column="weights", rule="all are 0", mend="give one weight above 0")
    share = share / share.sum()
    parts = np.stack([_scaled(column, scale=scale) for column in columns], axis=1)
    score = parts @ share
    # Equal places may differ in the last digit of a sum.
    rounded = np.round(score, 12)
    return Centrality(
        names=names,
        weights=share,
        parts=parts,
        score=score,
        rank=(1 + np.searchsorted(np.sort(-rounded), -rounded, side="left")).astype(np.int64),
        flat=tuple(name for name, column in zip(names, columns, strict=True) if np.ptp(column) == 0),
        scale=scale,
    )


def _require_names(measures: Mapping[str, npt.ArrayLike], weights: Mapping[str, float]) -> None:
    require(len(measures) > 0, column="measures", rule="there is none", mend="give one measure or more")
    problems = [
        Problem(rule="it has no weight", mend="give it one, 0 to leave it out", column=name)
        for name in measures
        if name not in weights
    ]
    problems += [
        Problem(rule="a weight names no measure", mend="leave it out, or give the measure", column=name)
        for name in weights
        if name not in measures
    ]
    if problems:
        raise DataError(problems)


def _scaled(values: Floats, *, scale: Scale) -> Floats:
    require(
        scale in ("range", "rank", "share"),
        column="scale",
        rule=f"{scale} is unknown",
        mend="range, rank or share",
    )
    spread = float(np.ptp(values))
    if spread == 0:
        return np.zeros(values.size)
    if scale == "range":
        # Halves first: the spread of two large numbers may leave the range of floats.
        return np.asarray((values / 2 - values.min() / 2) / (values.max() / 2 - values.min() / 2))
    if scale == "share":
        return np.asarray(values / values.max())
    ranked = np.sort(values)
    below = np.searchsorted(ranked, values, side="left")
    upto = np.searchsorted(ranked, values, side="right")
    return np.asarray((below + upto - 1) / 2 / (values.size - 1))


def functional_index(held: npt.ArrayLike) -> Floats:
    """Functional index: how much of all services a place holds, a rare service counting more.

    Each establishment of a kind counts 100 over the number of that kind in the region; the index is the sum.

    Parameters
    ----------
    held : array_like of float
        Establishments (or beds, pupils, stalls) of each kind at each place, shape (places, kinds), 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Shape (places,); the sum over the places is 100 times the number of kinds that there are.

    Raises
    ------
    DataError
        If a value is missing, negative or infinite, or the shape is wrong.

    References
    ----------
    Davies, W. K. D. (1967), Centrality and the central place hierarchy, Urban Studies 4 (1), 61-79.

    Examples
    --------
    >>> functional_index([[1, 2], [0, 2]])
    array([150.,  50.])
    """
    counts = floats(held, column="held", low=0, high=_LARGE)
    require(
        counts.ndim == 2, column="held", rule="it is no table", mend="give one row a place, one column a kind"
    )
    whole = counts.sum(axis=0)
    return np.asarray((100 * counts / np.where(whole > 0, whole, 1.0)).sum(axis=1))


def roles_by_score(
    score: npt.ArrayLike, *, counts: Sequence[int], within: npt.ArrayLike | None = None
) -> Ints:
    """Roles along the axis by score alone: in each county the first places are seats, the next towns.

    Parameters
    ----------
    score : array_like of float
        Score of each place, shape (places,).
    counts : sequence of int
        Places of each role or a higher one, in each group, never falling: (1, 4, 20) is one seat, three
        central towns, sixteen central villages.
    within : array_like, optional
        Group of each place (its county), shape (places,); one group when left out.

    Returns
    -------
    numpy.ndarray of int
        0 for the highest role, `len(counts)` for none; ties go to the place that comes first.

    Raises
    ------
    DataError
        If a score is missing, lengths differ, or counts fall or are negative.

    References
    ----------
    Christaller, W. (1933), Die zentralen Orte in Süddeutschland, Fischer.

    Examples
    --------
    >>> roles_by_score([0.9, 0.2, 0.5, 0.4], counts=(1, 2), within=["a", "a", "b", "b"])
    array([0, 1, 0, 1])
    """
    level = floats(score, column="score", low=-_LARGE, high=_LARGE)
    group = np.zeros(level.size) if within is None else np.asarray(within)
    same = level.ndim == 1 and group.shape == level.shape
    require(same, column="within", rule="lengths differ", mend="give one group for each place")
    ends = np.asarray(counts, dtype=np.int64)
    rising = ends.ndim == 1 and bool((np.diff(ends, prepend=0) >= 0).all())
    require(rising, column="counts", rule="they fall, or one is negative", mend="give sums from the top")
    roles = np.empty(level.size, dtype=np.int64)
    for name in np.unique(group):
        inside = np.flatnonzero(group == name)
        order = inside[np.argsort(-level[inside], kind="stable")]
        roles[order] = np.searchsorted(ends, np.arange(order.size), side="right")
    return roles
