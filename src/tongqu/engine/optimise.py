"""Solve the joint plan and read it back: starts, promise, accounts, what one more yuan would bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.engine.certificate import Certificate, certificate_of
from tongqu.engine.conflict import infeasible
from tongqu.engine.financing import financing
from tongqu.engine.goals import GOALS, MEASURES, extra_at, goal_stage, missed, stages_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.limit_words import limit_words
from tongqu.engine.lp import (
    ProgramInfeasibleError,
    ProgramStoppedError,
    Solution,
    SolverError,
    Stop,
)
from tongqu.engine.model import build
from tongqu.engine.prices import prices_of
from tongqu.engine.promise import UNITS, Promise, baseline_measures, delivered
from tongqu.engine.prune import needed_starts
from tongqu.engine.search import (
    Found,
    StageFound,
    bound_of,
    gap_of,
    parts_of,
    search,
    solve,
    start_values,
    starts_of,
)
from tongqu.engine.terms import Floats, Model

__all__ = ["Plan", "measure_table", "optimise"]


FIRST_TIME: Final = 0.1
"""Share of the time in which a plan is sought that aims in order begin with."""
ROUNDS: Final = 5
"""How often a plan is sought that keeps bounds really and not only as the program counts."""


@dataclass(frozen=True)
class Plan:
    """The chosen plan as promised.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment, indexed by project.
    promised : DataFrame
        Subindices ``U, R, D`` by unit and year.
    served : DataFrame
        People newly served as promised: ``unit, year, service, added``.
    accounts : DataFrame
        ``unit, year, item, amount`` in 万元: room, grant, borrow, repay, interest, spent, cash, debt.
    prices : DataFrame
        ``limit, unit, key, year, price, unit_of_measure``: what one more unit of a limit of money,
        debt, land or staff would add to the goal, from the linear relaxation.
    measures : DataFrame
        ``measure, promised, baseline, unit_of_measure``: every measure of the plan and without one.
    stages : DataFrame
        ``stage, name, value, bound, gap_asked, status, unit_of_measure``: what was proven of each aim, in the
        order in which they were sought.
    """

    starts: pd.Series
    promised: pd.DataFrame
    served: pd.DataFrame
    accounts: pd.DataFrame
    prices: pd.DataFrame
    certificate: Certificate
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    stages: pd.DataFrame = field(default_factory=pd.DataFrame)

    def bounded(self, bound: float, *, alone: bool) -> Plan:
        """The plan with another bound of its goal, which is that of the only stage where it stands alone."""
        certificate = replace(self.certificate, bound=bound)
        stages = self.stages.assign(bound=bound) if alone and len(self.stages) else self.stages
        return replace(self, certificate=certificate, stages=stages)


def optimise(
    inputs: Inputs,
    *,
    start: pd.Series | None = None,
    begun: tuple[Model, Solution] | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Plan:
    """Find the plan that the scenario's objective likes best, with a proven gap.

    Parameters
    ----------
    start : Series of int, optional
        Year of the first payment by project in a plan to begin with; it need not keep the limits.
    begun : tuple of Model and Solution, optional
        The inputs' model at its goal, built before, and its relaxation; of a goal with one aim.
    stop : Stop, optional
        Asked from another thread, the best plan so far comes back with a valid bound, ``"stopped"``.

    Raises
    ------
    InfeasibleError
        If no plan keeps all limits; names some that conflict, none needlessly.
    ScenarioError
        If the objective, its weights or the bounds cannot be meant.
    SolverError
        If the time was over before any plan was found.
    """
    first = answer = _answer(inputs, start=start, begun=begun, stop=stop, progress=progress)
    for _ in range(ROUNDS):
        more = missed(answer.model, answer.promise.indices, measures=answer.measures)
        if not more:
            return _plan(inputs, answer, first=first)
        before = answer.model.tighter
        tighter = {**before, **{name: before.get(name, 0.0) + short for name, short in more.items()}}
        answer = _answer(inputs, tighter=tighter, start=answer.starts, stop=stop, progress=progress)
    raise SolverError("no plan was found that keeps the bounds of measures without approximation")


@dataclass(frozen=True)
class _Answer:
    """Starts that the search has found, what they deliver, and the goal's bound with its duals."""

    model: Model
    size: tuple[int, int]
    found: Found
    bound: float
    relaxed: Solution
    starts: pd.Series
    promise: Promise
    measures: pd.Series


def _answer(
    inputs: Inputs,
    *,
    start: pd.Series | None,
    stop: Stop | None,
    progress: Progress,
    begun: tuple[Model, Solution] | None = None,
    tighter: Mapping[str, Floats] | None = None,
) -> _Answer:
    model, ready = begun or (build(inputs, goal=goal_stage(inputs), tighter=tighter), None)
    size, stages = model.program.size, stages_of(inputs)
    try:
        ahead, known = None, None
        if len(stages) > 1:  # the goal's own figure is not what is maximised: the relaxation bounds it
            progress(Report("relax"))
            ahead = model.program.relaxed(stop=stop)
            known = _first_plan(model, ahead, start=start, stop=stop)
        found = search(model, stages, start=start, known=known, relaxed=ready, stop=stop, progress=progress)
    except ProgramInfeasibleError:
        raise infeasible(model, words=limit_words) from None
    relaxed = ahead or found.relaxed
    assert relaxed is not None
    bound = found.stages[0].bound if ahead is None else bound_of(ahead)
    starts = needed_starts(inputs, starts_of(model, found.values))
    promise, measures = delivered(inputs, starts)
    return _Answer(model, size, found, bound, relaxed, starts, promise, measures)


def _first_plan(
    model: Model, relaxed: Solution, *, start: pd.Series | None, stop: Stop | None
) -> Floats | None:
    """A plan that is good in the goal's own figure: what the stages begin with."""
    solver = model.inputs.scenario.solver
    try:
        found = solve(
            model.program,
            relaxed,
            gap=gap_of(model.aims[GOALS[model.inputs.scenario.objective]], relaxed, solver=solver),
            solver=solver.model_copy(update={"seconds": solver.seconds * FIRST_TIME}),
            start=None if start is None else start_values(model, start),
            parts=parts_of(model),
            stop=stop,
        )
    except ProgramStoppedError:
        return None
    return found.values


def _plan(inputs: Inputs, answer: _Answer, *, first: _Answer) -> Plan:
    """The plan of an answer; what the first, loosest program proves holds for every plan."""
    measure = GOALS[inputs.scenario.objective]
    aim = answer.model.aims[measure]
    baseline = baseline_measures(inputs)
    extra = extra_at(answer.model, *start_values(answer.model, answer.starts))
    objective = aim.sense * float(answer.measures[measure]) + extra
    certificate = certificate_of(
        inputs,
        aim,
        objective=objective,
        # What a plan inside the limits promises is never above the bound but for the solver's tolerance.
        bound=max(first.bound, objective),
        baseline=float(baseline[measure]),
        status=answer.found.status,
        size=first.size,
        extra=extra,
    )
    return Plan(
        answer.starts,
        answer.promise.indices,
        answer.promise.served,
        financing(inputs, answer.starts),
        prices_of(first.model, first.relaxed),
        certificate,
        measure_table(answer.measures, baseline),
        _stage_table(answer.found.stages),
    ).bounded(certificate.bound, alone=len(stages_of(inputs)) == 1)


def measure_table(promised: pd.Series, baseline: pd.Series) -> pd.DataFrame:
    """Every measure of a plan and without one: ``measure, promised, baseline, unit_of_measure``."""
    names = list(MEASURES)
    return pd.DataFrame(
        {
            "measure": names,
            "promised": promised.reindex(names).to_numpy(dtype=np.float64),
            "baseline": baseline.reindex(names).to_numpy(dtype=np.float64),
            "unit_of_measure": [UNITS[name] for name in names],
        }
    )


def _stage_table(stages: Sequence[StageFound]) -> pd.DataFrame:
    rows = [
        (number, one.name, one.value, one.bound, one.gap_asked, one.status, one.unit)
        for number, one in enumerate(stages, start=1)
    ]
    columns = ["stage", "name", "value", "bound", "gap_asked", "status", "unit_of_measure"]
    return pd.DataFrame(rows, columns=columns)
