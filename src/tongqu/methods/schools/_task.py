"""Villages, stages and travel times as a case of the search, and what leads back from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats
from tongqu.methods.reach import Times
from tongqu.methods.schools._case import NOWHERE, SLACK, Case
from tongqu.methods.schools._shapes import wrong_shapes
from tongqu.methods.schools.parts import Stage
from tongqu.methods.travel import within

__all__ = ["REASONS", "Task", "task_of"]

REASONS: Final = ("", "no_school", "too_large", "no_room")
"""Why pupils have no school: none in reach; none in reach has so many places; the places went to others."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
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


def task_of(
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
) -> Task:
    """The case of what `tongqu.methods.schools.draw_catchments` is given, which says what each is.

    Raises
    ------
    DataError
        With all that is wrong in it.
    """
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
    summed = np.stack([by_age[:, stage.columns].sum(axis=1) for stage in stages], axis=1)
    columns, stage_of, reason = _ways(by_age, summed, room, times=times, stages=stages)
    has = np.argwhere((summed > 0) & (reason == 0))
    village, stage_at = has[:, 0].astype(np.int64), has[:, 1].astype(np.int64)
    unit_of = np.full(summed.shape, NOWHERE, dtype=np.int64)
    unit_of[village, stage_at] = np.arange(len(has))
    unit = unit_of[times.origin[columns], stage_of]
    cost = times.minutes[columns] * summed[times.origin[columns], stage_of]
    order = np.lexsort((times.site[columns], cost, unit))
    columns, stage_of, unit, cost = columns[order], stage_of[order], unit[order], cost[order]
    low, high, need = _needs(by_age, village, stage_at, stages=stages)
    one, two, reward = _mates(unit_of, summed, siblings=siblings, together=together)
    case = Case(
        unit=unit,
        school=times.site[columns].astype(np.int64),
        cost=cost,
        onward=_onward(columns, stage_of, pair, stages=len(stages)),
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
    return Task(case, village, stage_at, times.minutes[columns], summed, reason)


def _ways(
    by_age: Floats, summed: Floats, room: Floats, *, times: Times, stages: Sequence[Stage]
) -> tuple[Ints, Ints, Ints]:
    """Pairs by which pupils may go to school, the stage of each, and why those of a village cannot."""
    takes = np.stack([(room[:, stage.columns] > 0).all(axis=1) for stage in stages], axis=1)
    reason = np.zeros(summed.shape, dtype=np.int64)
    pairs, stage_of = [], []
    for number, stage in enumerate(stages):
        near = within(times.minutes, stage.limit) & takes[times.site, number]
        near &= summed[times.origin, number] > 0
        need = by_age[times.origin][:, stage.columns]
        fits = near & (need <= room[times.site][:, stage.columns] * (1 + SLACK)).all(axis=1)
        reached = np.bincount(times.origin[near], minlength=times.origins) > 0
        fitting = np.bincount(times.origin[fits], minlength=times.origins) > 0
        reason[(summed[:, number] > 0) & ~reached, number] = REASONS.index("no_school")
        reason[reached & ~fitting, number] = REASONS.index("too_large")
        pairs.append(np.flatnonzero(fits))
        stage_of.append(np.full(pairs[-1].size, number, dtype=np.int64))
    return np.concatenate(pairs), np.concatenate(stage_of), reason


def _needs(
    by_age: Floats, village: Ints, stage: Ints, *, stages: Sequence[Stage]
) -> tuple[Ints, Ints, Floats]:
    """First age and the one after the last of each unit, and its pupils by age, 0 outside its stage."""
    low = np.array([one.ages[0] for one in stages], dtype=np.int64)[stage]
    high = np.array([one.ages[1] + 1 for one in stages], dtype=np.int64)[stage]
    age = np.arange(by_age.shape[1])
    inside = (age >= low[:, np.newaxis]) & (age < high[:, np.newaxis])
    return low, high, np.where(inside, by_age[village], 0.0)


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
    return wrong_shapes(
        {
            "pupils": (by_age.shape, (times.origins, ages)),
            "places": (room.shape, (times.sites, ages)),
            "onward": (ahead.shape, times.origin.shape),
            "campus": (spot.shape, (times.sites,)),
        }
    )


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
