"""Roles by a nested location model: which places carry which level of the hierarchy, on road minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.settlement._bound import Bound, lower_bound
from tongqu.methods.settlement._exact import solve_exactly
from tongqu.methods.settlement._interchange import interchange, may_rise

__all__ = ["Hierarchy", "Level", "Objective", "Search", "locate_levels"]

Objective: TypeAlias = Literal["minutes", "cover"]
"""Least person-minutes to the nearest place of each level (p-median), or fewest people beyond its limit."""

Search: TypeAlias = Literal["auto", "exact", "interchange"]
"""Exact integer program, or greedy start and interchange with a lower bound; auto chooses by size."""

EXACT_PAIRS: Final = 30_000
"""Pairs of people and candidate, over all levels, up to which auto solves exactly: seconds with HiGHS."""

_LARGE: Final = float(np.finfo(np.float64).max)

_EQUAL: Final = 1e-9
"""Share of the value within which bound and value are one."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the hierarchy, say county seat, central town or central village.

    Parameters
    ----------
    name : str
        Its name.
    count : int
        Places of this level or a higher one: levels are nested, a seat also serves as a town.
    weight : float
        What one person-minute (or person) of this level counts, above 0; say visits a year.
    limit : float
        Minutes within which the level covers; used by the objective ``cover`` only.
    pinned : tuple of int
        Candidates that hold this level in any case, positions.
    """

    name: str
    count: int
    weight: float = 1.0
    limit: float = float("inf")
    pinned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Who holds which level, and how good that is.

    Parameters
    ----------
    names : tuple of str
        Levels, the highest first; the last name stands for candidates without a level.
    roles : numpy.ndarray of int
        Highest level that each candidate holds, a position in `names`, shape (candidates,).
    nearest : numpy.ndarray of int
        For each level the open candidate nearest to each place, shape (levels, places); -1 where none is in
        reach.
    minutes : numpy.ndarray of float
        Minutes to it, shape (levels, places); inf where none is in reach.
    values : numpy.ndarray of float
        Person-minutes, or people beyond the limit, of each level, shape (levels,), without weights.
    total, bound : float
        Weighted sum of the values, and a number that no choice can go below.
    gap : float
        (total - bound) / total, 0 where the choice is proven best.
    objective : Objective
        What was minimised.
    search : {"exact", "interchange"}
        How.
    """

    names: tuple[str, ...]
    roles: Ints
    nearest: Ints
    minutes: Floats
    values: Floats
    total: float
    bound: float
    gap: float
    objective: Objective
    search: Search

    def sites(self, level: int) -> Ints:
        """Candidates that hold a level, or a higher one, in rising order."""
        return np.flatnonzero(self.roles <= level).astype(np.int64)


def locate_levels(
    minutes: npt.ArrayLike,
    people: npt.ArrayLike,
    *,
    levels: Sequence[Level],
    objective: Objective = "minutes",
    far: float | None = None,
    allowed: npt.ArrayLike | None = None,
    search: Search = "auto",
    seconds: float = 60.0,
) -> Hierarchy:
    """Nested hierarchical p-median or maximal covering: the best places for every level at once.

    Parameters
    ----------
    minutes : array_like of float
        Road minutes from each place to each candidate, shape (places, candidates), 0 or more; inf where
        there is no way.
    people : array_like of float
        People of each place, shape (places,), 0 or more.
    levels : sequence of Level
        The highest level first; counts may not fall.
    objective : {"minutes", "cover"}
        What is minimised.
    far : float, optional
        Minutes that count for a place from which no open candidate is reached; needed by ``minutes`` when
        some pair has no way. Longer rides also count as `far` only.
    allowed : array_like of bool, optional
        Whether a candidate may hold each level, shape (levels, candidates); all may when left out. Whoever
        may hold a level must be allowed all lower ones.
    search : {"auto", "exact", "interchange"}
        How to search.
    seconds : float
        Time limit of the exact search; what it has by then is returned with its gap, or the interchange's
        result when that is better.

    Returns
    -------
    Hierarchy
        With a bound. Where several choices are best, which one comes back is the search's.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, or counts, limits, pinned or allowed
        candidates exclude one another.

    References
    ----------
    Hakimi, S. L. (1964), Operations Research 12, 450-459. ReVelle, C. S., Swain, R. W. (1970), Central
    facilities location, Geographical Analysis 2, 30-42. Church, R., ReVelle, C. (1974), The maximal covering
    location problem, Papers of the Regional Science Association 32, 101-118. Nested levels: Narula, S. C.
    (1986), Minisum hierarchical location-allocation problems on a network, Annals of Operations Research 6,
    257-272. Interchange: Teitz, M. B., Bart, P. (1968), Operations Research 16, 955-961.

    Examples
    --------
    >>> minutes = [[0, 10, 30, 40], [10, 0, 20, 30], [30, 20, 0, 10], [40, 30, 10, 0]]
    >>> levels = [Level("county seat", 1), Level("central town", 2)]
    >>> found = locate_levels(minutes, [5, 9, 1, 4], levels=levels)
    >>> [found.names[role] for role in found.roles], found.total, found.gap
    (['', 'county seat', '', 'central town'], 250.0, 0.0)
    """
    task = _task(minutes, people, levels=levels, objective=objective, far=far, allowed=allowed)
    pairs = task.costs.size
    known = search in ("auto", "exact", "interchange")
    require(known, column="search", rule=f"{search} is unknown", mend="auto, exact or interchange")
    sets = interchange(task.costs, counts=task.counts, allowed=task.allowed, pinned=task.pinned)
    bounds = [
        lower_bound(cost, count=count, upper=cost[:, chosen].min(axis=1).sum(), allowed=fine, pinned=held)
        for cost, count, chosen, fine, held in zip(
            task.costs, task.counts, sets, task.allowed, task.pinned, strict=True
        )
    ]
    total = _value(task.costs, sets)
    bound = sum(each.value for each in bounds)
    exact = search == "exact" or (search == "auto" and pairs <= EXACT_PAIRS)
    if exact and total - bound > _EQUAL * total:
        sets, bound = _improved(task, sets, bounds=bounds, seconds=seconds)
    return _hierarchy(task, sets, bound=bound, search="exact" if exact else "interchange")


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    levels: tuple[Level, ...]
    objective: Objective
    minutes: Floats
    costs: Floats
    """Weighted cost of each level, place and candidate."""
    counts: tuple[int, ...]
    allowed: Bools
    pinned: Bools
    """Candidates that hold a level in any case, shape (levels, candidates)."""


def _task(
    minutes: npt.ArrayLike,
    people: npt.ArrayLike,
    *,
    levels: Sequence[Level],
    objective: Objective,
    far: float | None,
    allowed: npt.ArrayLike | None,
) -> _Task:
    time = floats(minutes, column="minutes", low=0)
    heads = floats(people, column="people", low=0, high=_LARGE)
    table = time.ndim == 2 and time.size > 0 and heads.shape == time.shape[:1]
    require(table, column="people", rule="shapes do not fit", mend="give one row of minutes for each place")
    known = objective in ("minutes", "cover")
    require(known, column="objective", rule=f"{objective} is unknown", mend="minutes or cover")
    require(len(levels) > 0, column="levels", rule="there is none", mend="give one level or more")
    shape = (len(levels), time.shape[1])
    fine = np.ones(shape, dtype=np.bool_) if allowed is None else np.asarray(allowed, dtype=np.bool_)
    require(fine.shape == shape, column="allowed", rule="its shape is wrong", mend=f"give {shape} values")
    held = _pinned(levels, size=time.shape[1])
    _require_levels(levels, allowed=fine, pinned=held)
    return _Task(
        levels=tuple(levels),
        objective=objective,
        minutes=time,
        costs=_costs(time, heads, levels=levels, objective=objective, far=far),
        counts=tuple(level.count for level in levels),
        allowed=fine,
        pinned=held,
    )


def _costs(
    time: Floats, heads: Floats, *, levels: Sequence[Level], objective: Objective, far: float | None
) -> Floats:
    if objective == "cover":
        beyond = [time > floats(level.limit, column=level.name, low=0) for level in levels]
        return np.stack(
            [heads[:, np.newaxis] * level.weight * out for level, out in zip(levels, beyond, strict=True)]
        ).astype(np.float64)
    require(
        far is not None or bool(np.isfinite(time).all()),
        column="far",
        rule="some pairs have no way, and nothing says what that counts",
        mend="give the minutes that count for a place out of reach",
    )
    counted = np.minimum(time, floats(np.inf if far is None else far, column="far", low=0))
    return np.stack([heads[:, np.newaxis] * level.weight * counted for level in levels])


def _pinned(levels: Sequence[Level], *, size: int) -> Bools:
    """Who holds each level in any case; who holds a level holds all lower ones."""
    held = np.zeros((len(levels), size), dtype=np.bool_)
    for row, level in enumerate(levels):
        held[row:, positions(level.pinned, column=f"{level.name} pinned", size=size)] = True
    return held


def _require_levels(levels: Sequence[Level], *, allowed: Bools, pinned: Bools) -> None:
    problems: list[Problem] = []
    before = 0
    for row, level in enumerate(levels):
        room, kept = int(allowed[row].sum()), int(pinned[row].sum())
        checks = (
            (level.count >= max(before, 1), "its count is below the level above", "give at least as many"),
            (level.count <= room, f"only {room} candidates may hold it", "allow more, or give a lower count"),
            (kept <= level.count, f"{kept} candidates are pinned", "give a higher count, or pin fewer"),
            (not (pinned[row] & ~allowed[row]).any(), "a pinned candidate is not allowed", "allow it"),
            (0 < level.weight < np.inf, "its weight is not above 0", "give a weight above 0"),
            (
                row == 0 or not (allowed[row - 1] & ~allowed[row]).any(),
                "a candidate may hold the level above but not this one",
                "allow it all lower levels",
            ),
        )
        problems += [
            Problem(rule=rule, mend=mend, column=level.name) for fine, rule, mend in checks if not fine
        ]
        before = level.count
    if problems:
        raise DataError(problems)
    _require_room(levels, allowed=allowed, pinned=pinned)


def _require_room(levels: Sequence[Level], *, allowed: Bools, pinned: Bools) -> None:
    """A DataError when those pinned to lower levels leave too little room for a higher one."""
    counts = tuple(level.count for level in levels)
    problems: list[Problem] = []
    for row, level in enumerate(levels):
        holds = pinned[row].copy()
        while holds.sum() < level.count:
            free = may_rise(holds, row=row, counts=counts, allowed=allowed[row], pinned=pinned)
            if not free.any():
                rule = f"only {int(holds.sum())} can hold it beside those pinned to lower levels"
                problems.append(Problem(rule=rule, mend="give lower levels more places", column=level.name))
                break
            holds[np.argmax(free)] = True
    if problems:
        raise DataError(problems)


def _improved(
    task: _Task, sets: list[Ints], *, bounds: list[Bound], seconds: float
) -> tuple[list[Ints], float]:
    """The better of the given sets and the exact program's, and the better bound."""
    found = solve_exactly(
        task.costs,
        counts=task.counts,
        allowed=task.allowed,
        pinned=task.pinned,
        upper=_value(task.costs, sets),
        bounds=bounds,
        seconds=seconds,
    )
    best = sets
    if found.sets is not None and _value(task.costs, found.sets) < _value(task.costs, sets):
        best = found.sets
    return best, max(found.bound, sum(each.value for each in bounds))


def _value(costs: Floats, sets: list[Ints]) -> float:
    return float(sum(cost[:, chosen].min(axis=1).sum() for cost, chosen in zip(costs, sets, strict=True)))


def _hierarchy(task: _Task, sets: list[Ints], *, bound: float, search: Search) -> Hierarchy:
    roles = np.full(task.minutes.shape[1], len(sets), dtype=np.int64)
    for row in range(len(sets) - 1, -1, -1):
        roles[sets[row]] = row
    total = _value(task.costs, sets)
    nearest = np.stack([chosen[task.minutes[:, chosen].argmin(axis=1)] for chosen in map(np.sort, sets)])
    ride = np.take_along_axis(task.minutes[np.newaxis], nearest[:, :, np.newaxis], axis=2)[:, :, 0]
    bound = total if total - bound <= _EQUAL * total else bound
    return Hierarchy(
        names=(*(level.name for level in task.levels), ""),
        roles=roles,
        nearest=np.where(np.isfinite(ride), nearest, -1).astype(np.int64),
        minutes=ride,
        values=np.array(
            [
                cost[:, chosen].min(axis=1).sum() / level.weight
                for cost, chosen, level in zip(task.costs, sets, task.levels, strict=True)
            ]
        ),
        total=total,
        bound=bound,
        gap=(total - bound) / total if total > 0 else 0.0,
        objective=task.objective,
        search=search,
    )
