"""Frontier between two measures: for each least value of the second the most of the first, with its bound."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

import numpy as np

from tongqu.base import Problem, Progress, Report, ScenarioError, silent
from tongqu.contracts.scenario import Measure
from tongqu.engine.conflict import infeasible
from tongqu.engine.goals import Stage, aim_of, missed
from tongqu.engine.inputs import Inputs
from tongqu.engine.limit_words import limit_words
from tongqu.engine.lp import ProgramInfeasibleError, Stop, Terms
from tongqu.engine.model import aim_at, build
from tongqu.engine.points import Point, sense_of, undominated, value_of
from tongqu.engine.promise import delivered
from tongqu.engine.prune import needed_starts
from tongqu.engine.search import LEAST_SECONDS, bound_of, gap_of, parts_of, search, starts_of
from tongqu.engine.terms import Aim, Floats, Model

__all__ = ["frontier"]

AUGMENTED: Final = 1e-3
"""What the whole range of the second measure weighs against the whole range of the first."""
HELD_SHARE: Final = 0.5
"""Share of its gap by which the measure of an end may be below the best for the sake of the other: which of
the plans within the gap is the best is not known anyway."""
FLAT: Final = 1e-7
"""Range of a measure, as a share of its size, below which nothing is left to choose."""
LEVEL: Final = "level of the second"
"""Name of the row that keeps the level."""
PRICED_TIME: Final = 0.7
"""Share of what is left of a point's time in which a plan is sought with the level at its price."""
PRICED_GAP: Final = 0.4
"""Share of the gap asked for to which that is done."""


class Work(Protocol):
    """Makes points of some orders or levels."""

    def __call__(self, part: Any, /, *, progress: Progress) -> list[Point]:
        """Make them."""


def frontier(
    inputs: Inputs,
    *,
    first: Measure,
    second: Measure,
    points: int = 7,
    gap: float | None = None,
    seconds: float | None = None,
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
    gap : float, optional
        Gap to prove at each point, as the scenario's solver takes it; the scenario's own unless given.
    seconds : float, optional
        Time for all searches together; the scenario's unless given.
    processes : int
        1, or 2 to work on two parts of the frontier at a time; ``stop`` then has no effect.

    Raises
    ------
    ScenarioError
        If the measures are the same, fewer than two points are asked for, or gap or time are not above 0.
    InfeasibleError
        If no plan keeps all limits.

    References
    ----------
    Haimes, Y., Lasdon, L., Wismer, D. (1971), On a bicriterion formulation, IEEE Transactions on Systems, Man
    and Cybernetics 1, 296-297. Mavrotas, G. (2009), Effective implementation of the epsilon-constraint
    method, Applied Mathematics and Computation 213, 455-465.
    """
    _check(first, second, points=points, gap=gap, seconds=seconds)
    stop = stop if processes <= 1 else None  # it cannot be handed to another process
    inputs = _asked(inputs, gap=gap, seconds=seconds)
    share = inputs.scenario.solver.seconds / (points + 2)
    ends = _ends(
        inputs, first, second, points=points, share=share, processes=processes, stop=stop, progress=progress
    )
    low, high = (value_of(end, second) for end in ends)
    span = abs(value_of(ends[0], first) - value_of(ends[1], first))
    found = list(ends)
    flat = high - low <= FLAT * max(1.0, abs(high)) or span <= FLAT * max(1.0, abs(value_of(ends[0], first)))
    if points > 2 and not flat:
        # From the best of the second on, so that each plan keeps the level of the next.
        levels = list(enumerate(np.linspace(high, low, points)[1:-1].tolist(), start=3))
        weight = AUGMENTED * span / (high - low)
        work = partial(
            _between,
            inputs,
            first=first,
            second=second,
            weight=weight,
            start=ends[1].values,
            points=points,
            share=share,
            stop=stop,
        )
        count = min(max(processes, 1), len(levels))
        parts = [[levels[place] for place in part] for part in np.array_split(np.arange(len(levels)), count)]
        found += _spread(work, parts, processes=processes, progress=progress)
    return undominated(found, first=first, second=second)


def _asked(inputs: Inputs, *, gap: float | None, seconds: float | None) -> Inputs:
    """Inputs whose solver has the gap and the time that are asked for."""
    wishes = {name: value for name, value in (("gap", gap), ("seconds", seconds)) if value is not None}
    solver = inputs.scenario.solver.model_copy(update=wishes)
    return replace(inputs, scenario=inputs.scenario.model_copy(update={"solver": solver}))


def _told(progress: Progress, *, number: int, points: int) -> Progress:
    """Reports with the point that is sought and the share of the points that are done."""
    name = f"{number}/{points}"

    def tell(report: Report) -> None:
        aim = f"{name} {report.aim}".strip()
        progress(replace(report, done=(number - 1) / points, aim=aim))

    return tell


def _check(first: Measure, second: Measure, *, points: int, gap: float | None, seconds: float | None) -> None:
    problems = []
    if first == second:
        mend = "name two of coordination, coverage, worst-off, cost"
        problems.append(Problem("the two measures are the same", mend=mend, column="second", value=second))
    if points < 2:
        mend = "ask for 2 or more"
        problems.append(Problem("too few points", mend=mend, column="points", value=str(points)))
    for name, value in (("gap", gap), ("seconds", seconds)):
        if value is not None and not value > 0:
            rule, mend = "a number out of range", "give a number above 0"
            problems.append(Problem(rule, mend=mend, column=name, value=str(value)))
    if problems:
        raise ScenarioError(problems)


def _ends(
    inputs: Inputs,
    first: Measure,
    second: Measure,
    *,
    points: int,
    share: float,
    processes: int,
    stop: Stop | None,
    progress: Progress,
) -> tuple[Point, Point]:
    """The best plans of each measure, among them the best of the other."""
    work = partial(_end, inputs, first=first, second=second, points=points, share=share, stop=stop)
    orders = [[(1, (first, second))], [(2, (second, first))]]
    one, other = _spread(work, orders, processes=processes, progress=progress)
    level = float(one.measures[second])
    return replace(one, level=level), replace(other, level=float(other.measures[second]))


def _program(inputs: Inputs, first: Measure, second: Measure) -> Model:
    """The program with both measures: the variables have the same numbers at every point."""
    model = build(inputs, goal=_stage(first))
    aim_of(model, second)
    return model


def _end(
    inputs: Inputs,
    orders: Sequence[tuple[int, tuple[Measure, Measure]]],
    *,
    first: Measure,
    second: Measure,
    points: int,
    share: float,
    stop: Stop | None,
    progress: Progress,
) -> list[Point]:
    """The lexicographic best of one measure, then of another."""
    found = []
    inputs = _asked(inputs, gap=None, seconds=2 * share)
    for number, order in orders:
        model = _program(inputs, first, second)
        told = _told(progress, number=number, points=points)
        try:
            stages = [_stage(name) for name in order]
            answer = search(model, stages, held=HELD_SHARE, stop=stop, progress=told)
        except ProgramInfeasibleError:
            raise infeasible(model, words=limit_words) from None
        # The bound is that of the stage in which the first measure was sought; where the search was stopped
        # before that, nothing is proven.
        mine = [stage.bound for stage in answer.stages if stage.name == first]
        bound = mine[0] if mine else np.inf
        found.append(_point(model, answer.values, bound=sense_of(first) * bound, status=answer.status))
    return found


def _between(
    inputs: Inputs,
    levels: Sequence[tuple[int, float]],
    *,
    first: Measure,
    second: Measure,
    weight: float,
    start: Floats,
    points: int,
    share: float,
    stop: Stop | None,
    progress: Progress,
) -> list[Point]:
    """The most of the first measure while the second keeps each of some levels, from the highest down.

    One program serves all of them: only the level changes, and each plan is an answer at the next level.
    """
    model = _program(inputs, first, second)
    one, other = aim_of(model, first), aim_of(model, second)
    scale = max(1.0, float(np.abs(other.weight).max(initial=0.0)))
    nothing = model.program.variables("nothing_level", 1, upper=0.0)
    terms = [
        Terms.of(np.zeros(len(other.variable)), other.variable, other.weight / scale),
        Terms.of([0], nothing, 1.0),
    ]
    right = [(levels[0][1] - other.constant) / scale]
    model.program.rows(LEVEL, Terms.join(terms), sense=">=", rhs=right)
    aim_at(model, one.plus(other, times=weight))
    aim = model.aim
    assert aim is not None
    solver = inputs.scenario.solver
    session = model.program.session(threads=solver.threads, seed=solver.seed)
    parts = model.program.parts(parts_of(model))
    found: list[Point] = []
    start = np.concatenate([start, [0.0]])
    for number, level in levels:
        if stop is not None and stop.asked and found:
            break
        began = time.monotonic()
        told = _told(progress, number=number, points=points)
        session.rhs(LEVEL, [(level - other.constant) / scale])
        told(Report("relax", unit=one.unit))
        relaxed = session.relax(stop=stop)
        gap, left = gap_of(one, relaxed, solver=solver), share - (time.monotonic() - began)
        near = None
        if left > LEAST_SECONDS:
            told(Report("optimise", unit=one.unit))
            near = session.priced(LEVEL, gap=gap * PRICED_GAP, seconds=left * PRICED_TIME, stop=stop)
        if near is not None:
            price = max(-float(relaxed.duals[LEVEL][0]), 0.0) / scale
            point = _point(model, near.values, bound=np.inf, status="stopped")
            reached = value_of(point, second)
            # Duality: whoever has that much of the second has at most this of the first.
            most = bound_of(relaxed) + aim.constant - weight * reached - price * (reached - level)
            found.append(_reached(point, most, first=first, second=second, gap=gap + one.error))
            if reached >= level:
                start = near.values
        answer = session.search(
            gap=gap,
            seconds=max(share - (time.monotonic() - began), LEAST_SECONDS),
            start=start,
            parts=parts,
            stop=stop,
            progress=_shifted(told, one, less=weight * level - aim.constant),
        )
        # What keeps the level has at least that much of the second measure's part of the objective.
        bound = answer.bound + aim.constant - weight * level
        point = _point(model, answer.values, bound=sense_of(first) * bound, status=answer.status)
        found.append(replace(point, level=sense_of(second) * float(level)))
        start = answer.values
    return found


def _shifted(progress: Progress, aim: Aim, *, less: float) -> Progress:
    """Reports in the unit of the first measure: what keeping the level counts for is taken off."""

    def tell(report: Report) -> None:
        best, bound = (None if value is None else value - less for value in (report.best, report.bound))
        progress(replace(report, best=best, bound=bound, unit=aim.unit))

    return tell


def _stage(measure: Measure) -> Stage:
    return lambda model: aim_of(model, measure)


def _point(model: Model, values: Floats, *, bound: float, status: Literal["optimal", "stopped"]) -> Point:
    inputs = model.inputs
    starts = needed_starts(inputs, starts_of(model, values))
    promise, measures = delivered(inputs, starts)
    kept = not missed(model, promise.indices, measures=measures)
    return Point(np.nan, bound, status, kept, measures, starts, values)


def _reached(point: Point, most: float, *, first: Measure, second: Measure, gap: float) -> Point:
    """A point at the level that its plan reaches, where the first measure is at most so much."""
    proven = most - value_of(point, first) <= gap
    return replace(
        point,
        level=float(point.measures[second]),
        bound=sense_of(first) * most,
        status="optimal" if proven else "stopped",
    )


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
