"""One plan for several futures: the same starts in all, money, needs and scores of each its own.

The program of every future is built as that of a single plan, onto a recording (`tongqu.engine.recording`).
The recordings are joined over the same starts; what is the same in two futures, such as which share of a
place is covered by which projects, is put in once. The objective weighs the mean over the futures against the
mean of the worst ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import InfeasibleError, Progress, Report, silent
from tongqu.engine.certificate import certificate_of
from tongqu.engine.conflict import infeasible
from tongqu.engine.financing import financing
from tongqu.engine.goals import GOALS, extra_at, goal_stage, missed, with_extras
from tongqu.engine.inputs import Inputs
from tongqu.engine.limit_words import limit_words
from tongqu.engine.lp import (
    Program,
    ProgramInfeasibleError,
    Solution,
    SolverError,
    Stop,
    Terms,
    solver_version,
)
from tongqu.engine.model import ROWS, build, start_variables
from tongqu.engine.optimise import Plan, measure_table
from tongqu.engine.prices import prices_of
from tongqu.engine.promise import Promise, baseline_measures, delivered
from tongqu.engine.prune import needed_starts
from tongqu.engine.recording import Joined, Recording, join
from tongqu.engine.search import bound_of, gap_of, parts_of, solve, start_values, starts_of
from tongqu.engine.terms import Aim, Floats, Ints, Model
from tongqu.methods.regret import tail_mean

__all__ = ["RobustPlan", "plan_of", "robust_plan", "robust_value"]

ROUNDS: Final = 5
"""How often a plan is sought that keeps bounds really and not only as the program counts."""
LEAST: Final = "tail_level"
"""Variable at and below which values are those of the worst futures."""

Tighter = Mapping[str, Floats]


@dataclass(frozen=True)
class RobustPlan:
    """Starts for several futures at once, and what was proven of them.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment by project.
    values : Series of float
        What the plan promises in each future (index ``future``, from 1 on), in the unit of the goal; more is
        better.
    objective, bound : float
        ``(1 - weight) * mean + weight * mean of the worst futures`` of the values, and proven: no starts that
        keep the limits of every future are worth more.
    goal : str
        The scenario's objective by name.
    tangent_error : float
        Largest error of the tangents; the bound already contains it.
    shared : float
        Share of the rows of all futures that was put in once for several.
    """

    starts: pd.Series
    values: pd.Series
    objective: float
    bound: float
    goal: str
    tangent_error: float
    status: str
    gap_asked: float
    rows: int
    variables: int
    shared: float
    solver: str

    @property
    def gap(self) -> float:
        """How much better another plan could be at most."""
        return max(0.0, self.bound - self.objective)


def robust_value(values: npt.ArrayLike, *, tail_weight: float, tail: float) -> float:
    """Weigh the mean of all futures against that of the worst ones.

    Parameters
    ----------
    values : array_like of float
        Shape (futures,), more is better.
    tail_weight : float
        Weight of the worst futures, in [0, 1].
    tail : float
        Share of the futures that are the worst, in (0, 1].

    Examples
    --------
    >>> robust_value([1.0, 2.0, 3.0, 6.0], tail_weight=0.5, tail=0.25)
    2.0
    """
    found = np.asarray(values, dtype=np.float64)
    return float((1 - tail_weight) * found.mean() + tail_weight * tail_mean(found, tail=tail))


def robust_plan(
    futures: Sequence[Inputs],
    *,
    start: pd.Series | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> RobustPlan:
    """Find the starts that are best over all futures and keep the limits of every one.

    The goal is the measure of the scenario's objective: for the worst-off their mean share, not the order of
    all villages.

    Parameters
    ----------
    futures : sequence of Inputs
        The same candidates in each, see `tongqu.engine.futures.sampled_inputs`; all equally likely. What the
        worst ones weigh is in the scenario's ``robust``.
    start : Series of int, optional
        Year of the first payment by project in a plan to begin with; it need not keep the limits.
    stop : Stop, optional
        Asked from another thread, the best plan so far comes back with a valid bound, ``"stopped"``.

    Raises
    ------
    InfeasibleError
        If no starts keep the limits of every future; names some that conflict, and in which futures.
    SolverError
        If the time was over before any were found.

    References
    ----------
    Rockafellar, R. T. and Uryasev, S. (2000), Optimization of conditional value-at-risk, Journal of Risk 2,
    21-41. Birge, J. R. and Louveaux, F. (2011), Introduction to stochastic programming, Springer, chapter 2.
    """
    tighter: list[Tighter] = [{} for _ in futures]
    first: _Answer | None = None
    for _ in range(ROUNDS + 1):
        answer = _answer(futures, tighter=tighter, start=start, stop=stop, progress=progress)
        first, start = first or answer, answer.starts
        short = [
            missed(model, promise.indices, measures=measures)
            for (model, _), promise, measures in zip(
                answer.models, answer.promises, answer.measures, strict=True
            )
        ]
        if not any(short):
            return _plan(answer, bound=first.solution.bound)
        tighter = [
            {**before, **{name: before.get(name, 0.0) + lacks for name, lacks in more.items()}}
            for before, more in zip(tighter, short, strict=True)
        ]
    raise SolverError("no plan was found that keeps the bounds of measures without approximation")


@dataclass(frozen=True)
class _Answer:
    """Starts that the search has found, and what they deliver in each future."""

    models: Sequence[tuple[Model, Aim]]
    joined: Joined
    solution: Solution
    starts: pd.Series
    promises: Sequence[Promise]
    measures: Sequence[pd.Series]


def _answer(
    futures: Sequence[Inputs],
    *,
    tighter: Sequence[Tighter],
    start: pd.Series | None,
    stop: Stop | None,
    progress: Progress,
) -> _Answer:
    wishes, solver = futures[0].scenario.robust, futures[0].scenario.solver
    models = [_recorded(one, tighter=more) for one, more in zip(futures, tighter, strict=True)]
    joined = join([model.program for model, _ in models if isinstance(model.program, Recording)])
    value = _values(joined, [aim for _, aim in models])
    _objective(joined.program, value, tail_weight=wishes.tail_weight, tail=wishes.tail)
    model, aim = models[0]
    try:
        progress(Report("relax"))
        relaxed = joined.program.relaxed(stop=stop)
        solution = solve(
            joined.program,
            relaxed,
            gap=gap_of(aim, relaxed, solver=solver),
            solver=solver,
            start=None if start is None else start_values(model, start),
            parts=parts_of(model),
            stop=stop,
            progress=progress,
        )
    except ProgramInfeasibleError:
        raise _infeasible(joined, [model for model, _ in models]) from None
    starts = _needed(futures, starts_of(model, solution.values))
    found = [delivered(one, starts) for one in futures]
    promises, measures = [promise for promise, _ in found], [one for _, one in found]
    return _Answer(models, joined, solution, starts, promises, measures)


def _needed(futures: Sequence[Inputs], starts: pd.Series) -> pd.Series:
    """The starts without projects that no future has a use for."""
    needed = pd.Index([])
    for one in futures:
        needed = needed.union(needed_starts(one, starts).index)
    return starts[starts.index.isin(needed)]


def _recorded(inputs: Inputs, *, tighter: Tighter) -> tuple[Model, Aim]:
    """The program of one future on a recording, and what its plan is worth."""
    recording = Recording()
    model = Model(recording, inputs, start_variables(recording, inputs), tighter=tighter)
    for add in ROWS:
        add(model)
    aim = with_extras(model, goal_stage(inputs)(model))
    recording.maximise(aim.variable, aim.weight)
    return model, aim


def _values(joined: Joined, aims: Sequence[Aim]) -> Ints:
    """Add a variable for what the plan is worth in each future."""
    program = joined.program
    value = program.variables("value", len(aims), lower=-np.inf)
    for number, aim in enumerate(aims):
        scale = max(1.0, float(np.abs(aim.weight).max(initial=0.0)))
        terms = [
            Terms.of([0], value[[number]], 1.0 / scale),
            Terms.of(np.zeros(len(aim.variable)), joined.numbers[number][aim.variable], -aim.weight / scale),
        ]
        program.rows(f"value {number + 1}", Terms.join(terms), sense="=", rhs=[aim.constant / scale])
    return value


def _objective(program: Program, value: Ints, *, tail_weight: float, tail: float) -> None:
    """Maximise the mean of the values and that of the worst ones: a level less what falls short of it."""
    count, each = len(value), np.arange(len(value))
    level = program.variables(LEAST, 1, lower=-np.inf)
    short = program.variables("tail_short", count)
    terms = [
        Terms.of(each, np.repeat(level, count), 1.0),
        Terms.of(each, value, -1.0),
        Terms.of(each, short, -1.0),
    ]
    program.rows("tail", Terms.join(terms), sense="<=", rhs=np.zeros(count))
    worst = max(tail * count, 1.0)
    weights = [
        np.full(count, (1 - tail_weight) / count),
        np.array([tail_weight]),
        np.full(count, -tail_weight / worst),
    ]
    program.maximise(np.concatenate([value, level, short]), np.concatenate(weights))


def _plan(answer: _Answer, *, bound: float) -> RobustPlan:
    model, aim = answer.models[0]
    scenario = model.inputs.scenario
    wishes, measure = scenario.robust, GOALS[scenario.objective]
    extra = extra_at(model, *start_values(model, answer.starts))
    values = [aim.sense * float(measures[measure]) + extra for measures in answer.measures]
    objective = robust_value(values, tail_weight=wishes.tail_weight, tail=wishes.tail)
    rows, variables = answer.joined.program.size
    return RobustPlan(
        starts=answer.starts,
        values=pd.Series(values, index=pd.RangeIndex(1, len(values) + 1, name="future"), name="value"),
        objective=objective,
        # What starts inside the limits promise is never above the bound but for the solver's tolerance.
        bound=max(bound, objective),
        goal=scenario.objective,
        tangent_error=max(aim.error for _, aim in answer.models),
        status=answer.solution.status,
        gap_asked=scenario.solver.gap,
        rows=rows,
        variables=variables,
        shared=answer.joined.shared,
        solver=solver_version(),
    )


def plan_of(inputs: Inputs, starts: pd.Series, *, progress: Progress = silent) -> Plan:
    """Read starts that were found for several futures back as the plan of the expected one.

    Its certificate is that of the expected future: the bound is that of the relaxation there, so that the gap
    says what looking at other futures costs there at most. The starts must keep the limits of that future.

    Parameters
    ----------
    inputs : Inputs
        Of the expected future.
    starts : Series of int
        Year of the first payment by project.
    """
    model = build(inputs, goal=goal_stage(inputs))
    progress(Report("relax"))
    relaxed = model.program.relaxed()
    promise, measures = delivered(inputs, starts)
    baseline = baseline_measures(inputs)
    aim, measure = model.aims[GOALS[inputs.scenario.objective]], GOALS[inputs.scenario.objective]
    constant = 0.0 if model.aim is None else model.aim.constant
    extra = extra_at(model, *start_values(model, starts))
    objective = aim.sense * float(measures[measure]) + extra
    bound = max(bound_of(relaxed) + constant, objective)
    gap = inputs.scenario.solver.gap
    certificate = certificate_of(
        inputs,
        aim,
        objective=objective,
        bound=bound,
        baseline=float(baseline[measure]),
        status="optimal" if bound - objective <= gap else "stopped",
        size=model.program.size,
        extra=extra,
    )
    stage = (1, aim.name, objective, bound, gap, certificate.status, aim.unit)
    columns = ["stage", "name", "value", "bound", "gap_asked", "status", "unit_of_measure"]
    return Plan(
        starts=starts,
        promised=promise.indices,
        served=promise.served,
        accounts=financing(inputs, starts),
        prices=prices_of(model, relaxed),
        certificate=certificate,
        measures=measure_table(measures, baseline),
        stages=pd.DataFrame([stage], columns=columns),
    )


def _infeasible(joined: Joined, models: Sequence[Model]) -> InfeasibleError:
    """The limits that conflict, each with the future that it is of where that matters.

    Where a future is impossible by itself, how little its limits would have to give way is said as for a plan
    of one future; that makes this future possible, others may have limits of their own.
    """
    kinds = {
        family: models[future].limits[name]
        for family, (future, name) in joined.names.items()
        if name in models[future].limits
    }
    found = joined.program.conflict(sorted(kinds, key=lambda family: (kinds[family] == "pin", family)))
    involved = {joined.names[family][0] for family in found if kinds[family] != "pin"}
    if len(involved) == 1:
        future = involved.pop()
        error = _in_one(models[future].inputs, future)
        if error.conflict:
            return error
    english, chinese = [], []
    for family in found:
        future, name = joined.names[family]
        said = limit_words(models[future], name)
        fixed = kinds[family] == "pin"
        english.append(said[0] if fixed else _of_future(said[0], future))
        chinese.append(said[1] if fixed else _of_future_zh(said[1], future))
    return InfeasibleError(english, chinese)


def _in_one(inputs: Inputs, future: int) -> InfeasibleError:
    """What one future says of itself, with its number."""
    error = infeasible(build(inputs, goal=goal_stage(inputs)), words=limit_words)
    alone, together = (
        [
            replace(one, said=_of_future(one.said, future), said_zh=_of_future_zh(one.said_zh, future))
            for one in relaxations
        ]
        for relaxations in (error.relaxations, error.together)
    )
    return InfeasibleError(
        [_of_future(words, future) for words in error.conflict],
        [_of_future_zh(words, future) for words in error.conflict_zh],
        relaxations=alone,
        together=together,
    )


def _of_future(words: str, future: int) -> str:
    return f"{words} (future {future + 1})"


def _of_future_zh(words: str, future: int) -> str:
    return f"{words}（第 {future + 1} 种未来）"
