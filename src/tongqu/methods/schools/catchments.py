"""Catchments: every village's pupils of a stage go to one school, within its places, at least way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats
from tongqu.methods.reach import Times
from tongqu.methods.schools._anneal import anneal, board_of, rounded
from tongqu.methods.schools._bound import lower_bound, prices_of, upper_bound
from tongqu.methods.schools._case import NOWHERE, SLACK, Case, exact, most_placed, relaxed, rows_of
from tongqu.methods.travel import within

__all__ = ["REASONS", "Catchments", "Parts", "Search", "Stage", "draw_catchments", "split_villages"]

Search: TypeAlias = Literal["auto", "exact", "quick"]
"""Integer program; annealing with a proven bound; auto tries the first where it is small."""

REASONS: Final = ("", "no_school", "too_large", "no_room")
"""Why pupils have no school: none in reach; none in reach has so many places; the places went to others."""

EXACT_COLUMNS: Final = 1_500
"""Columns up to which auto asks the integer program: it takes seconds."""
EXACT_SECONDS: Final = 20.0
"""After which annealing takes over."""
NEAREST: Final = 8
"""Nearest schools of each unit that the search tries first; the bound holds for all."""
RELAX: Final = 0.02
"""Share of the most pupils placed that the relaxation which guides the search may leave out."""
PRICED: Final = 200.0
"""Minutes that a pupil without a school counts in the search: beyond any detour by another school."""
HEATS: Final = ((4000.0, 5.0), (500.0, 3.0), (2000.0, 3.0), (200.0, 2.0))
"""First and last temperature of each round of annealing, pupil-minutes: a class moved by some minutes."""
MOVES: Final = 120
"""Moves tried in a round for each column."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of school.

    Parameters
    ----------
    name : str
        Its name, say primary.
    ages : tuple of int
        First and last position of its ages among the columns of pupils, both in it.
    limit : float
        Longest ride, in the minutes of the travel times, above 0.
    """

    name: str
    ages: tuple[int, int]
    limit: float

    @property
    def columns(self) -> slice:
        """Its ages as a slice."""
        return slice(self.ages[0], self.ages[1] + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Villages, the large ones divided into equal parts.

    Parameters
    ----------
    village : numpy.ndarray of int
        Village of each part, rising, shape (parts,).
    share : numpy.ndarray of float
        Share of the village's pupils, shape (parts,).
    """

    village: Ints
    share: Floats

    def pupils(self, pupils: npt.ArrayLike) -> Floats:
        """Pupils by part and age, from those by village and age."""
        values = np.asarray(pupils, dtype=np.float64)
        return np.asarray(values[self.village] * self.share[:, np.newaxis])

    def times(self, times: Times, *, onward: npt.ArrayLike | None = None) -> tuple[Times, Ints]:
        """Travel times from the parts, and of each pair the next part on the way (-1 where there is none).

        A part follows the part of the next village that has its number, or that village's last.
        """
        count = np.bincount(self.village, minlength=times.origins)
        first = np.cumsum(count) - count
        many = count[times.origin]
        pair = np.repeat(np.arange(times.origin.size), many)
        number = np.arange(pair.size) - np.repeat(np.cumsum(many) - many, many)
        ahead = np.full(times.origin.size, NOWHERE) if onward is None else np.asarray(onward)
        there = ahead[pair]
        part = first[there] + np.minimum(number, count[there] - 1)
        origin = first[times.origin[pair]] + number
        order = np.lexsort((times.site[pair], origin))
        made = Times(
            origin[order].astype(np.int64),
            times.site[pair][order],
            times.minutes[pair][order],
            self.village.size,
            times.sites,
        )
        return made, np.where(there >= 0, part, NOWHERE)[order].astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Catchments:
    """Which school each village's pupils of each stage go to.

    Parameters
    ----------
    stages : tuple of str
        Names of the stages.
    school : numpy.ndarray of int
        Shape (villages, stages); -1 where there are no pupils or no school for them.
    minutes : numpy.ndarray of float
        Way to it, shape (villages, stages); nan where there is none.
    pupils : numpy.ndarray of float
        Shape (villages, stages).
    reason : numpy.ndarray of int
        Why pupils have no school, a position in `REASONS`; 0 where they have one, shape (villages, stages).
    broken : numpy.ndarray of bool
        Whether the next village on the way goes to another school, shape (villages, stages).
    load : numpy.ndarray of float
        Pupils by school and age, shape (schools, ages).
    placed, most : float
        Pupils with a school, and a number that no catchments exceed.
    pupil_minutes : float
        Pupils times minutes.
    value, bound : float
        Pupil-minutes with detours, less rewards; and what no catchments that place so many go below.
    gap : float
        (value - bound) / value; 0 where it is proven best.
    search : {"exact", "quick"}
        How.
    """

    stages: tuple[str, ...]
    school: Ints
    minutes: Floats
    pupils: Floats
    reason: Ints
    broken: Bools
    load: Floats
    placed: float
    most: float
    pupil_minutes: float
    value: float
    bound: float
    gap: float
    search: Search

    @property
    def placed_gap(self) -> float:
        """Share of the pupils who could at most be placed and are not."""
        return 1 - self.placed / self.most if self.most > 0 else 0.0

    @property
    def unplaced(self) -> Floats:
        """Pupils without a school, shape (villages, stages)."""
        return np.where(self.school < 0, self.pupils, 0.0)


def split_villages(pupils: npt.ArrayLike, *, most: float) -> Parts:
    """Divide villages that have more pupils of an age than a class into equal parts: their neighbourhoods.

    A town quarter of twenty classes fits into no school as a whole, and its streets do go to different
    schools.

    Parameters
    ----------
    pupils : array_like of float
        Shape (villages, ages), 0 or more.
    most : float
        Pupils of one age that a part may have, above 0.

    Returns
    -------
    Parts
        As few as possible for each village.

    Raises
    ------
    DataError
        If a value is missing or negative, or `most` is not above 0.

    Examples
    --------
    >>> split_villages([[20, 30], [100, 80]], most=45).village
    array([0, 1, 1, 1])
    """
    values = floats(pupils, column="pupils", low=0, high=np.finfo(np.float64).max)
    floats(most, column="most", low=np.finfo(np.float64).tiny)
    count = np.maximum(np.ceil(values.max(axis=1, initial=0.0) / most - SLACK), 1).astype(np.int64)
    village = np.repeat(np.arange(values.shape[0]), count).astype(np.int64)
    return Parts(village, 1.0 / count[village])


def draw_catchments(
    pupils: npt.ArrayLike,
    times: Times,
    *,
    stages: Sequence[Stage],
    places: npt.ArrayLike,
    onward: npt.ArrayLike | None = None,
    detour: float = 0.0,
    campus: npt.ArrayLike | None = None,
    siblings: float = 0.0,
    together: float = 0.0,
    search: Search = "auto",
    gap: float = 0.001,
    seconds: float = 60.0,
    seed: int = 1,
) -> Catchments:
    """Draw catchments: most pupils with a school first, then least pupil-minutes.

    The pupils of a stage in a village go to one school as a whole. The places of a school hold by age (a
    place of the first grade is of no use to the sixth); it takes a stage when it has places at all its
    ages. Preferences have a price in minutes and never leave a pupil without a school: that the next
    village on the way goes to the same school, so that catchments hang together; and that siblings in
    different stages go to one place.

    Parameters
    ----------
    pupils : array_like of float
        Pupils by single age, shape (villages, ages), 0 or more.
    times : Times
        Minutes from villages to schools.
    stages : sequence of Stage
        Stages with their ages, which do not overlap, and ride limits.
    places : array_like of float
        Places by age, shape (schools, ages), 0 where a school has no class of the age.
    onward : array_like of int, optional
        For each pair of the times the next village on the way to the school, -1 where there is none; shape
        (pairs,).
    detour : float
        Minutes that each pupil counts when the next village on the way goes elsewhere, 0 or more.
    campus : array_like of int, optional
        Place of each school, shape (schools,); schools of one place count as together. Each its own when
        left out.
    siblings : float
        Share of the pupils of the smaller of two stages who have a sibling in the other, in [0, 1].
    together : float
        Minutes that each such pupil is worth when both stages go to one place, 0 or more.
    search : {"auto", "exact", "quick"}
        How.
    gap : float
        Relative gap that is good enough, 0 or more.
    seconds : float
        Time after which no further round of the search begins, above 0.
    seed : int
        Of the search, 0 or more.

    Returns
    -------
    Catchments
        Every pupil has one school, or is in `unplaced` with the reason.

    Raises
    ------
    DataError
        If a value is missing or out of range, shapes do not fit, stages overlap, a school has places for
        some ages of a stage only, or the next village on a way is not nearer to the school.

    Notes
    -----
    Least sum of minutes over whole villages is the generalized assignment problem; ways that hang together
    follow Shirabe's trees. Up to some thousand columns it is solved as an integer program. Larger ones are
    rounded from the linear relaxation and annealed; the bound keeps whole villages within each school and
    prices the rest (Lagrangean relaxation), so the gap holds whatever the search did.

    References
    ----------
    Caro, F., Shirabe, T., Guignard, M., Weintraub, A. (2004), School redistricting: embedding GIS tools with
    integer programming, Journal of the Operational Research Society 55, 836-849. Shirabe, T. (2009),
    Districting modeling with exact contiguity constraints, Environment and Planning B 36, 1053-1066.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> minutes = times_from_matrix([[5, 20], [10, 12], [25, 40]])
    >>> found = draw_catchments(
    ...     [[10, 12], [8, 8], [5, 5]],
    ...     minutes,
    ...     stages=[Stage("primary", (0, 1), 30)],
    ...     places=[[15, 20], [9, 9]],
    ... )
    >>> found.school.ravel(), found.placed, found.pupil_minutes, found.gap
    (array([0, 1, 0]), 48.0, 552.0, 0.0)
    """
    task = _task(
        pupils, times, stages=stages, places=places, onward=onward, detour=detour, campus=campus,
        siblings=siblings, together=together,
    )  # fmt: skip
    _require_search(search, gap=gap, seconds=seconds, seed=seed)
    case = task.case
    choice, most, bound, how = _searched(case, search=search, gap=gap, seconds=seconds, seed=seed)
    value = case.value(choice)
    bound = value if value - bound <= 1e-9 * max(abs(value), 1.0) else bound
    size = (task.reason.shape[0], len(stages))
    school, minutes = np.full(size, NOWHERE, dtype=np.int64), np.full(size, np.nan)
    broken, reason = np.zeros(size, dtype=np.bool_), task.reason.copy()
    good = np.flatnonzero(choice >= 0)
    where = task.village[good], task.stage[good]
    school[where] = case.school[choice[good]]
    minutes[where] = task.minutes[choice[good]]
    broken[where] = case.broken(choice)[good]
    lost = np.flatnonzero(choice < 0)
    reason[task.village[lost], task.stage[lost]] = REASONS.index("no_room")
    return Catchments(
        stages=tuple(stage.name for stage in stages),
        school=school,
        minutes=minutes,
        pupils=task.pupils,
        reason=reason,
        broken=broken,
        load=case.load(choice),
        placed=case.placed(choice),
        most=max(most, case.placed(choice)),
        pupil_minutes=float(case.cost[choice[good]].sum()),
        value=value,
        bound=bound,
        gap=(value - bound) / abs(value) if value != 0 else 0.0,
        search=how,
    )


def _searched(
    case: Case, *, search: Search, gap: float, seconds: float, seed: int
) -> tuple[Ints, float, float, Search]:
    """A choice, most pupils placed, a lower bound of its cost, and how it was found."""
    if case.columns == 0:
        return np.full(case.weight.size, NOWHERE, dtype=np.int64), 0.0, 0.0, "exact"
    begun = monotonic()
    if search == "exact" or (search == "auto" and case.columns <= EXACT_COLUMNS):
        allowed = seconds if search == "exact" else min(seconds, EXACT_SECONDS)
        first = exact(case, floor=None, seconds=allowed)
        if first is not None:
            most = case.placed(first)
            second = exact(case, floor=most, seconds=max(allowed - (monotonic() - begun), 0.1))
            if second is not None:
                return second, most, case.value(second), "exact"
    choice, most, bound = _annealed(case, gap=gap, seconds=seconds, seed=seed)
    return choice, most, bound, "quick"


def _annealed(case: Case, *, gap: float, seconds: float, seed: int) -> tuple[Ints, float, float]:
    """A choice by annealing among the nearer columns, and bounds that hold for all columns."""
    begun = monotonic()
    most, columns, claims = most_placed(case, case.nearest(NEAREST))
    small = case.among(columns)
    rows = rows_of(small, floor=most * (1 - RELAX))
    guide = relaxed(small, rows)
    board, choice = board_of(small, priced=PRICED), rounded(small, guide.share)
    floor, bound = -1.0, -np.inf
    prices = None
    for number, (hot, cold) in enumerate(HEATS):
        tried = anneal(board, choice, MOVES * small.columns, hot, cold, seed + number)
        choice = tried if _better(small, tried, choice) else choice
        upper, placed = small.value(choice), small.placed(choice)
        if prices is None or placed > floor:
            rows = rows_of(small, floor=placed)
            prices = prices_of(case, columns, rows=rows, start=relaxed(small, rows))
            bound, floor = -np.inf, placed
        found, prices = lower_bound(case, columns, prices, floor=floor, upper=upper, gap=gap)
        bound = max(bound, found)
        if upper - bound <= gap * abs(upper) or monotonic() - begun > seconds:
            break
    whole = np.where(choice >= 0, columns[choice], NOWHERE).astype(np.int64)
    placed = case.placed(whole)
    if placed < most * (1 - SLACK):
        most = upper_bound(case, claims, placed=placed, most=most, gap=gap / 10)
    return whole, most, min(bound, case.value(whole))


def _better(case: Case, one: Ints, other: Ints) -> bool:
    """Whether the one places more pupils, or as many at less cost."""
    more = case.placed(one) - case.placed(other)
    if abs(more) > SLACK * float(case.weight.sum()):
        return more > 0
    return case.value(one) < case.value(other)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """The case with what leads back to villages and stages.

    ``village`` and ``stage`` are those of each unit, ``minutes`` those of each column; ``pupils`` and
    ``reason`` have shape (villages, stages).
    """

    case: Case
    village: Ints
    stage: Ints
    minutes: Floats
    pupils: Floats
    reason: Ints


def _task(
    pupils: npt.ArrayLike,
    times: Times,
    *,
    stages: Sequence[Stage],
    places: npt.ArrayLike,
    onward: npt.ArrayLike | None,
    detour: float,
    campus: npt.ArrayLike | None,
    siblings: float,
    together: float,
) -> _Task:
    top = float(np.finfo(np.float64).max)
    by_age = floats(pupils, column="pupils", low=0, high=top)
    room = floats(places, column="places", low=0, high=top)
    ahead = np.full(times.origin.size, NOWHERE) if onward is None else np.asarray(onward, dtype=np.int64)
    spot = np.arange(times.sites) if campus is None else np.asarray(campus, dtype=np.int64)
    problems = _shapes(by_age, room, times, ahead=ahead, spot=spot) or [
        *_numbers(detour=detour, siblings=siblings, together=together),
        *_stages(stages, room),
    ]
    if problems:
        raise DataError(problems)
    pair = _pair_of(times, ahead)
    count = len(stages)
    summed = np.stack([by_age[:, stage.columns].sum(axis=1) for stage in stages], axis=1)
    takes = np.stack([(room[:, stage.columns] > 0).all(axis=1) for stage in stages], axis=1)
    unit_of = np.full((times.origins, count), NOWHERE, dtype=np.int64)
    has = np.argwhere(summed > 0)
    reason = np.zeros((times.origins, count), dtype=np.int64)
    parts: list[tuple[Ints, Ints]] = []
    for number, stage in enumerate(stages):
        near = within(times.minutes, stage.limit) & takes[times.site, number]
        near &= summed[times.origin, number] > 0
        need = by_age[times.origin][:, stage.columns]
        fits = near & (need <= room[times.site][:, stage.columns] * (1 + SLACK)).all(axis=1)
        reached = np.bincount(times.origin[near], minlength=times.origins) > 0
        fitting = np.bincount(times.origin[fits], minlength=times.origins) > 0
        reason[(summed[:, number] > 0) & ~reached, number] = REASONS.index("no_school")
        reason[reached & ~fitting, number] = REASONS.index("too_large")
        parts.append((np.flatnonzero(fits), np.full(int(fits.sum()), number)))
    has = has[reason[has[:, 0], has[:, 1]] == 0]
    unit_of[has[:, 0], has[:, 1]] = np.arange(len(has))
    columns, stage_of = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    unit = unit_of[times.origin[columns], stage_of]
    cost = times.minutes[columns] * summed[times.origin[columns], stage_of]
    order = np.lexsort((times.site[columns], cost, unit))
    columns, stage_of, unit, cost = columns[order], stage_of[order], unit[order], cost[order]
    village, stage_at = has[:, 0].astype(np.int64), has[:, 1].astype(np.int64)
    need = np.zeros((len(has), by_age.shape[1]))
    low = np.array([stage.ages[0] for stage in stages], dtype=np.int64)[stage_at]
    high = np.array([stage.ages[1] + 1 for stage in stages], dtype=np.int64)[stage_at]
    inside = (np.arange(by_age.shape[1]) >= low[:, np.newaxis]) & (
        np.arange(by_age.shape[1]) < high[:, np.newaxis]
    )
    need[inside] = by_age[village][inside]
    one, two, reward = _mates(unit_of, summed, siblings=siblings, together=together)
    case = Case(
        unit=unit,
        school=times.site[columns].astype(np.int64),
        cost=cost,
        onward=_onward(columns, stage_of, pair, stages=count),
        detour=detour * summed[village, stage_at][unit],
        weight=summed[village, stage_at],
        need=need,
        low=low,
        high=high,
        room=room,
        one=one,
        two=two,
        reward=reward,
        campus=np.unique(spot, return_inverse=True)[1].astype(np.int64),
    )
    return _Task(case, village, stage_at, times.minutes[columns], summed, reason)


def _pair_of(times: Times, ahead: Ints) -> Ints:
    """Pair of the next village on the way and the same school, shape (pairs,); -1 where there is none."""
    key = times.origin * np.int64(max(times.sites, 1)) + times.site
    wanted = ahead * np.int64(max(times.sites, 1)) + times.site
    at = np.minimum(np.searchsorted(key, wanted), max(key.size - 1, 0))
    known = (ahead >= 0) & (key[at] == wanted) if key.size else ahead >= 0
    wrong = known & ((times.minutes[at] > times.minutes) | (ahead == times.origin))
    if wrong.any():
        raise DataError(
            [
                Problem(
                    f"the next village on {int(wrong.sum())} ways is not nearer to the school",
                    mend="give the next village towards the school, or -1",
                    column="onward",
                    value=", ".join(map(str, np.flatnonzero(wrong)[:5])),
                )
            ]
        )
    # Of two villages equally far the lower one is on the way of the other, never both.
    known &= (times.minutes[at] < times.minutes) | (ahead < times.origin)
    return np.where(known, at, NOWHERE).astype(np.int64)


def _onward(columns: Ints, stage: Ints, pair: Ints, *, stages: int) -> Ints:
    """Column of the next village on the way that has pupils of the stage and may go to the school."""
    spot = np.full((pair.size, stages), NOWHERE, dtype=np.int64)
    spot[columns, stage] = np.arange(columns.size)
    at = pair[columns]
    for _ in range(pair.size):
        skip = (at >= 0) & (spot[at, stage] < 0)
        if not skip.any():
            break
        at = np.where(skip, pair[at], at)
    return np.where(at >= 0, spot[at, stage], NOWHERE).astype(np.int64)


def _mates(unit_of: Ints, summed: Floats, *, siblings: float, together: float) -> tuple[Ints, Ints, Floats]:
    """Pairs of units of a village in neighbouring stages, and what it is worth to have them at one place."""
    nothing = np.empty(0, dtype=np.int64)
    if siblings * together <= 0 or summed.shape[1] < 2:
        return nothing, nothing, np.empty(0)
    one, two = unit_of[:, :-1], unit_of[:, 1:]
    both = (one >= 0) & (two >= 0)
    children = siblings * np.minimum(summed[:, :-1], summed[:, 1:])
    return one[both], two[both], together * children[both]


def _shapes(by_age: Floats, room: Floats, times: Times, *, ahead: Ints, spot: Ints) -> list[Problem]:
    ages = by_age.shape[1] if by_age.ndim == 2 else 0
    asked = (
        ("pupils", by_age.shape, (times.origins, ages)),
        ("places", room.shape, (times.sites, ages)),
        ("onward", ahead.shape, times.origin.shape),
        ("campus", spot.shape, (times.sites,)),
    )
    return [
        Problem(
            f"its shape is {found}, not {wanted}",
            mend="give one value for each place and age, in the order of the travel times",
            column=column,
        )
        for column, found, wanted in asked
        if found != wanted
    ]


def _numbers(*, detour: float, siblings: float, together: float) -> list[Problem]:
    asked = (("detour", detour, np.inf), ("siblings", siblings, 1.0), ("together", together, np.inf))
    return [
        Problem(
            "a number out of range",
            mend=f"give a number from {low} to {high:g}",
            column=name,
            value=str(value),
        )
        for name, value, high in asked
        for low in (0,)
        if not (low <= value <= high and np.isfinite(value))
    ]


def _stages(stages: Sequence[Stage], room: Floats) -> list[Problem]:
    problems = []
    ages = room.shape[1]
    taken = np.zeros(ages, dtype=np.int64)
    for stage in stages:
        if not 0 <= stage.ages[0] <= stage.ages[1] < ages:
            problems.append(
                Problem(
                    "the ages of a stage are not among the columns of pupils",
                    mend="give the first and the last position, counted from 0",
                    column="stages",
                    value=f"{stage.name} {stage.ages}",
                )
            )
            continue
        taken[stage.columns] += 1
        if not stage.limit > 0:
            problems.append(
                Problem(
                    "the ride limit is not above 0", mend="give minutes", column="stages", value=stage.name
                )
            )
        some = room[:, stage.columns] > 0
        partly = np.flatnonzero(some.any(axis=1) & ~some.all(axis=1))
        if partly.size:
            problems.append(
                Problem(
                    f"{partly.size} schools have places for some ages of a stage only",
                    mend="give places for all its ages, or make a stage of those ages",
                    column="places",
                    value=f"{stage.name}: {', '.join(map(str, partly[:5]))}",
                )
            )
    if not stages or (taken > 1).any():
        problems.append(
            Problem(
                "no stage is given, or two share an age",
                mend="give each age to one stage at most",
                column="stages",
                value=", ".join(stage.name for stage in stages),
            )
        )
    return problems


def _require_search(search: Search, *, gap: float, seconds: float, seed: int) -> None:
    asked = (
        ("search", search in ("auto", "exact", "quick"), search, "auto, exact or quick"),
        ("gap", gap >= 0, gap, "0 or more"),
        ("seconds", seconds > 0, seconds, "a number above 0"),
        ("seed", seed >= 0, seed, "0 or more"),
    )
    problems = [
        Problem(
            "a choice of the search is out of range", mend=f"give {allowed}", column=name, value=str(value)
        )
        for name, good, value, allowed in asked
        if not good
    ]
    if problems:
        raise DataError(problems)
