"""Frontier between two measures: for each least value of the second the most of the first, with its bound."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

import numpy as np
import pandas as pd

from tongqu.base import Problem, Progress, Report, ScenarioError, silent
from tongqu.contracts.scenario import Measure
from tongqu.engine.conflict import infeasible
from tongqu.engine.goals import Stage, aim_of, missed
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import ProgramInfeasibleError, Stop, Terms
from tongqu.engine.model import aim_at, build
from tongqu.engine.optimise import limit_words
from tongqu.engine.promise import delivered
from tongqu.engine.prune import needed_starts
from tongqu.engine.search import gap_of, search, start_values, starts_of
from tongqu.engine.terms import Floats, Model

__all__ = ["Point", "frontier"]

AUGMENTED: Final = 1e-3
"""What the whole range of the second measure weighs against the whole range of the first."""
FLAT: Final = 1e-7
"""Range of a measure, as a share of its size, below which nothing is left to choose."""
LEVEL: Final = "level of the second"
"""Name of the row that keeps the level."""
SAME: Final = 1e-9
"""Difference of a measure, as a share of its size, up to which two plans are the same in it."""


class Work(Protocol):
    """Makes points of some orders or levels."""

    def __call__(self, part: Any, /, *, progress: Progress) -> list[Point]:
        """Make them."""


@dataclass(frozen=True)
class Point:
    """A plan on the frontier and what was proven beside it.

    Parameters
    ----------
    level : float
        Least value of the second measure that was asked for; the most, where the second is cost.
    bound : float
        No plan that keeps the level has a first measure better than this.
    kept : bool
        Whether the plan keeps the scenario's bounds without approximation; others are not shown.
    measures : Series
        Every measure of the plan, in its own unit.
    starts : Series of int
        Year of the first payment by project.
    """

    level: float
    bound: float
    status: Literal["optimal", "stopped"]
    kept: bool
    measures: pd.Series
    starts: pd.Series


def frontier(
    inputs: Inputs,
    *,
    first: Measure,
    second: Measure,
    points: int = 7,
    processes: int = 1,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> tuple[Point, ...]:
    """Give plans from the best in the first measure to the best in the second, none dominated by another.

    Limits, floors, bounds and everything else of the scenario hold; its objective is not looked at. The ends
    are lexicographic: the best of one measure, and among these of the other. Between them the first is
    maximised while the second keeps evenly spaced levels; what the second has more is worth a little too, so
    that no point is dominated.

    Parameters
    ----------
    points : int
        Levels of the second measure, both ends counted; fewer points come back where plans coincide.
    processes : int
        1, or 2 to work on two parts of the frontier at a time; ``stop`` then has no effect.

    Raises
    ------
    ScenarioError
        If the measures are the same, or fewer than two points are asked for.
    InfeasibleError
        If no plan keeps all limits.

    References
    ----------
    Haimes, Y., Lasdon, L., Wismer, D. (1971), On a bicriterion formulation, IEEE Transactions on Systems, Man
    and Cybernetics 1, 296-297. Mavrotas, G. (2009), Effective implementation of the epsilon-constraint
    method, Applied Mathematics and Computation 213, 455-465.
    """
    _check(first, second, points=points)
    stop = stop if processes <= 1 else None  # it cannot be handed to another process
    ends = _ends(inputs, first, second, processes=processes, stop=stop, progress=progress)
    low, high = (_value(end, second) for end in ends)
    span = abs(_value(ends[0], first) - _value(ends[1], first))
    found = list(ends)
    flat = high - low <= FLAT * max(1.0, abs(high)) or span <= FLAT * max(1.0, abs(_value(ends[0], first)))
    if points > 2 and not flat:
        levels = np.linspace(low, high, points)[1:-1]
        weight = AUGMENTED * span / (high - low)
        work = partial(
            _between, inputs, first=first, second=second, weight=weight, start=ends[0].starts, stop=stop
        )
        parts = [part.tolist() for part in np.array_split(levels, min(max(processes, 1), len(levels)))]
        found += _spread(work, parts, processes=processes, progress=progress)
    return _undominated(found, first=first, second=second)


def _check(first: Measure, second: Measure, *, points: int) -> None:
    problems = []
    if first == second:
        mend = "name two of coordination, coverage, worst-off, cost"
        problems.append(Problem("the two measures are the same", mend=mend, column="second", value=second))
    if points < 2:
        mend = "ask for 2 or more"
        problems.append(Problem("too few points", mend=mend, column="points", value=str(points)))
    if problems:
        raise ScenarioError(problems)


def _sense(measure: Measure) -> int:
    return -1 if measure == "cost" else 1


def _value(point: Point, measure: Measure) -> float:
    """A measure of which more is better."""
    return _sense(measure) * float(point.measures[measure])


def _ends(
    inputs: Inputs,
    first: Measure,
    second: Measure,
    *,
    processes: int,
    stop: Stop | None,
    progress: Progress,
) -> tuple[Point, Point]:
    """The best plans of each measure, among them the best of the other."""
    work = partial(_end, inputs, first=first, stop=stop)
    orders = [[(first, second)], [(second, first)]]
    one, other = _spread(work, orders, processes=processes, progress=progress)
    level = float(one.measures[second])
    return replace(one, level=level), replace(other, level=float(other.measures[second]))


def _end(
    inputs: Inputs,
    orders: Sequence[tuple[Measure, Measure]],
    *,
    first: Measure,
    stop: Stop | None,
    progress: Progress,
) -> list[Point]:
    """The lexicographic best of one measure, then of another."""
    points = []
    for order in orders:
        model = build(inputs, goal=_stage(order[0]))
        try:
            found = search(model, [_stage(name) for name in order], stop=stop, progress=progress)
        except ProgramInfeasibleError:
            raise infeasible(model, words=limit_words) from None
        # The bound is that of the stage in which the first measure was sought; where the search was stopped
        # before that, nothing is proven.
        mine = [stage.bound for stage in found.stages if stage.name == first]
        bound = mine[0] if mine else np.inf
        points.append(_point(model, found.values, bound=_sense(first) * bound, status=found.status))
    return points


def _between(
    inputs: Inputs,
    levels: Sequence[float],
    *,
    first: Measure,
    second: Measure,
    weight: float,
    start: pd.Series,
    stop: Stop | None,
    progress: Progress,
) -> list[Point]:
    """The most of the first measure while the second keeps each of some levels, from the lowest up."""
    model = build(inputs, goal=_stage(first))
    one, other = aim_of(model, first), aim_of(model, second)
    scale = max(1.0, float(np.abs(other.weight).max(initial=0.0)))
    nothing = model.program.variables("nothing_level", 1, upper=0.0)
    terms = [
        Terms.of(np.zeros(len(other.variable)), other.variable, other.weight / scale),
        Terms.of([0], nothing, 1.0),
    ]
    model.program.rows(LEVEL, Terms.join(terms), sense=">=", rhs=[(levels[0] - other.constant) / scale])
    aim_at(model, one.plus(other, times=weight))
    aim = model.aim
    assert aim is not None
    solver = inputs.scenario.solver
    session = model.program.session(threads=solver.threads, seed=solver.seed)
    points: list[Point] = []
    for level in levels:
        if stop is not None and stop.asked and points:
            break
        session.rhs(LEVEL, [(level - other.constant) / scale])
        progress(Report("relax"))
        relaxed = session.relax(stop=stop)
        found = session.search(
            gap=gap_of(one, relaxed, solver=solver),
            seconds=solver.seconds,
            start=start_values(model, start),
            stop=stop,
            progress=progress,
        )
        # What keeps the level has at least that much of the second measure's part of the objective.
        bound = found.bound + aim.constant - weight * level
        point = _point(model, found.values, bound=_sense(first) * bound, status=found.status)
        points.append(replace(point, level=_sense(second) * float(level)))
        start = point.starts
    return points


def _stage(measure: Measure) -> Stage:
    return lambda model: aim_of(model, measure)


def _point(model: Model, values: Floats, *, bound: float, status: Literal["optimal", "stopped"]) -> Point:
    inputs = model.inputs
    starts = needed_starts(inputs, starts_of(model, values))
    promise, measures = delivered(inputs, starts)
    kept = not missed(model, promise.indices, measures=measures)
    return Point(np.nan, bound, status, kept, measures, starts)


def _spread(
    work: Work, parts: Sequence[Sequence[object]], *, processes: int, progress: Progress
) -> list[Point]:
    """Work on the parts one after another, or in processes of their own."""
    if processes <= 1 or len(parts) <= 1:
        return [point for part in parts for point in work(part, progress=progress)]
    ForkingPickler.register(MappingProxyType, _packed)  # states are frozen by it
    # Not by forking: the solver keeps threads, which a forked process would lack.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(parts)), mp_context=context) as pool:
        waiting = [pool.submit(work, part, progress=silent) for part in parts]
        return [point for one in waiting for point in one.result()]


def _packed(mapping: MappingProxyType[Any, Any]) -> tuple[Any, tuple[dict[Any, Any]]]:
    return _unpacked, (dict(mapping),)


def _unpacked(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


def _undominated(found: Sequence[Point], *, first: Measure, second: Measure) -> tuple[Point, ...]:
    """The points from the lowest level up, each with the best plan known for it, none dominated.

    A bound holds at every higher level too, and a plan at every level that it keeps: the one found there may
    be a little worse than a neighbour's, within the gap.
    """
    plans = [point for point in found if point.kept]
    kept: list[Point] = []
    bound = np.inf
    for point in sorted(found, key=lambda one: _sense(second) * one.level):
        bound = min(bound, _sense(first) * point.bound)
        level = _sense(second) * point.level
        able = [one for one in plans if _value(one, second) >= level - SAME * max(1.0, abs(level))]
        if not able:
            continue
        best = max(able, key=lambda one: (_value(one, first), _value(one, second)))
        kept.append(
            replace(
                best,
                level=point.level,
                bound=_sense(first) * max(bound, _value(best, first)),
                status=point.status,
            )
        )
    return tuple(
        point
        for number, point in enumerate(kept)
        if not any(_beats(other, point, first=first, second=second) for other in kept)
        and not any(_alike(other, point, first=first, second=second) for other in kept[number + 1 :])
    )


def _beats(other: Point, point: Point, *, first: Measure, second: Measure) -> bool:
    """Whether a plan is no worse in both measures and better in one."""
    gains = [_value(other, name) - _value(point, name) for name in (first, second)]
    room = [SAME * max(1.0, abs(_value(point, name))) for name in (first, second)]
    no_worse = all(gain >= -least for gain, least in zip(gains, room, strict=True))
    return no_worse and any(gain > least for gain, least in zip(gains, room, strict=True))


def _alike(other: Point, point: Point, *, first: Measure, second: Measure) -> bool:
    """Whether two plans have the same measures."""
    return all(
        abs(_value(other, name) - _value(point, name)) <= SAME * max(1.0, abs(_value(point, name)))
        for name in (first, second)
    )
