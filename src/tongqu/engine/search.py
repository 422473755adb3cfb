"""How a program is solved: near its relaxation first, then among all plans, one aim after another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Solver
from tongqu.engine.goals import Stage
from tongqu.engine.lp import Program, Solution, SolverError, Start, Stop, Terms
from tongqu.engine.model import aim_at
from tongqu.engine.terms import Aim, Floats, Ints, Model

__all__ = [
    "Found",
    "StageFound",
    "bound_of",
    "gap_of",
    "parts_of",
    "search",
    "solve",
    "start_values",
    "starts_of",
]

RELAXED_ERROR: Final = 1e-6
"""How far the interior point may end below the relaxation's optimum, in the unit of the aim, or as a share of
it where that is more: a hundred times its relative tolerance of 1e-8."""
LEAST_SECONDS: Final = 1.0
COUPLING: Final = ("pool",)
"""Families of rows that may be all that counties have in common."""
PART: Final = "money"
"""Kind of the limits whose variables are a part of the program: what a county pays for."""
HELD: Final = 1e-6
"""By how much a later stage may worsen an earlier one at least: the solver's tolerance on its row, with some
room."""
HELD_SHARE: Final = 0.05
"""The same as a share of the gap that was asked of the earlier one."""
REACHED: Final = 1e-9
"""How near the most that its variables allow an aim must be to need no search."""


@dataclass(frozen=True)
class StageFound:
    """What was found and proven of one aim.

    Parameters
    ----------
    value, bound : float
        Of the aim, with what else counts in the objective; no plan that holds the stages before has more.
    """

    name: str
    unit: str
    value: float
    bound: float
    gap_asked: float
    status: Literal["optimal", "stopped"]


@dataclass(frozen=True)
class Found:
    """The answer to all stages.

    Parameters
    ----------
    values : array
        Of all variables.
    relaxed : Solution or None
        The relaxation of the first stage that was searched, with its duals.
    """

    values: Floats
    stages: tuple[StageFound, ...]
    relaxed: Solution | None

    @property
    def status(self) -> Literal["optimal", "stopped"]:
        """Optimal if every stage is."""
        return "optimal" if all(stage.status == "optimal" for stage in self.stages) else "stopped"


def search(
    model: Model,
    stages: Sequence[Stage],
    *,
    start: pd.Series | None = None,
    known: Floats | None = None,
    relaxed: Solution | None = None,
    held: float = HELD_SHARE,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Found:
    """Maximise the aims of stages one after another, each while those before are held.

    The time of the scenario is shared among the stages: what one leaves over goes to the later ones. A stage
    of which the plan of the one before already has the most is not searched.

    Parameters
    ----------
    stages : sequence of callable
        Give the aims, in order.
    start : Series of int, optional
        Year of the first payment by project in a plan to begin with; it need not keep the limits.
    known : array, optional
        Values of the program's variables in a plan that keeps the limits; of those added last some may lack.
    relaxed : Solution, optional
        Relaxation at the first aim, solved before.
    held : float
        Share of its gap by which later stages may worsen an earlier one.
    stop : Stop, optional
        Ends the search; stages that have not begun are left out, and the status is stopped.

    Raises
    ------
    ProgramInfeasibleError
        If no plan keeps all limits.
    SolverError
        If the time was over before any plan was found.
    """
    solver, began = model.inputs.scenario.solver, time.monotonic()
    parts = parts_of(model)
    found: list[StageFound] = []
    first: Solution | None = None
    hint: Start | None = None if start is None else start_values(model, start)
    for number, stage in enumerate(stages):
        if number:
            _hold(model, found[-1], number=number, share=held)
        aim_at(model, stage(model))
        aim = _aim(model)
        whole = None if known is None else _completed(model, aim, known)
        if whole is not None:
            hint = known = whole
            if aim.at(whole) >= _most(model, aim) - REACHED:
                value = aim.at(whole)
                found.append(StageFound(aim.name, aim.unit, value, value + REACHED, solver.gap, "optimal"))
                continue
        elif known is not None:
            hint = model.started[model.started >= 0], known[model.started[model.started >= 0]]
        left = solver.seconds - (time.monotonic() - began)
        if known is not None and found and ((stop is not None and stop.asked) or left < LEAST_SECONDS):
            break
        budget = solver.model_copy(update={"seconds": max(left / (len(stages) - number), LEAST_SECONDS)})
        told = _told(progress, aim, several=len(stages) > 1)
        try:
            loose = relaxed if relaxed and not number else _relaxed(model.program, stop=stop, progress=told)
            gap = gap_of(aim, loose, solver=solver)
            one = solve(
                model.program,
                loose,
                gap=gap,
                solver=budget,
                start=hint,
                parts=parts,
                stop=stop,
                progress=told,
            )
        except SolverError:
            if not found:
                raise
            break
        first, known = first or loose, one.values
        value = one.objective + aim.constant
        found.append(StageFound(aim.name, aim.unit, value, one.bound + aim.constant, gap, one.status))
    assert known is not None
    if len(found) < len(stages):
        found[-1] = replace(found[-1], status="stopped")
    return Found(known, tuple(found), first)


def solve(
    program: Program,
    relaxed: Solution,
    *,
    gap: float,
    solver: Solver,
    start: Start | None = None,
    parts: Sequence[str] = (),
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Solution:
    """Give a solution near the start or the relaxation if that proves the gap, else search from there on.

    Parameters
    ----------
    relaxed : Solution
        The program's relaxation.
    gap : float
        Absolute gap to prove, in the unit of the objective.
    start : array, or numbers and values of some variables, optional
        Where the search may begin.
    parts : sequence of str
        Families of rows whose variables are sought anew together.
    """
    progress(Report("optimise"))
    return program.search(
        relaxed,
        gap=gap,
        seconds=solver.seconds,
        threads=solver.threads,
        seed=solver.seed,
        start=start,
        coupling=COUPLING,
        parts=parts,
        stop=stop,
        progress=progress,
    )


def bound_of(relaxed: Solution) -> float:
    """Give a proven bound from a relaxation, with the error of the interior point."""
    return relaxed.objective + RELAXED_ERROR * max(1.0, abs(relaxed.objective))


def gap_of(aim: Aim, relaxed: Solution, *, solver: Solver) -> float:
    """Absolute gap to prove: as asked for a measure between 0 and 1 or a log, a share of a sum of money."""
    if aim.name != "cost":
        return solver.gap
    return solver.gap * max(1.0, abs(relaxed.objective + aim.constant))


def parts_of(model: Model) -> list[str]:
    """Families of rows that each make a part of the program: the money of each county."""
    return [name for name, kind in model.limits.items() if kind == PART]


def start_values(model: Model, starts: pd.Series) -> tuple[Ints, Floats]:
    """Numbers of the variables that say what has started, and their values at given starts."""
    begins = model.inputs.offer.projects["project"].map(starts).to_numpy(dtype=np.float64)
    on = np.asarray(model.inputs.years) >= begins[:, None]
    there = model.started >= 0
    numbers, first = np.unique(model.started[there], return_index=True)
    return numbers, on[there][first].astype(np.float64)


def starts_of(model: Model, values: Floats) -> pd.Series:
    """First year in which a project is started; projects never started are absent."""
    numbers = model.started
    on = np.where(numbers >= 0, values[np.clip(numbers, 0, None)], 0.0) > 0.5
    chosen = on.any(axis=1)
    year = np.asarray(model.inputs.years)[on.argmax(axis=1)]
    projects = model.inputs.offer.projects["project"].to_numpy()[np.flatnonzero(chosen)]
    return pd.Series(year[chosen], index=pd.Index(projects, name="project"), name="start", dtype="int64")


def _relaxed(program: Program, *, stop: Stop | None, progress: Progress) -> Solution:
    progress(Report("relax"))
    return program.relaxed(stop=stop)


def _told(progress: Progress, aim: Aim, *, several: bool) -> Progress:
    """Reports in the unit of the aim, with its name where there are several."""

    def tell(report: Report) -> None:
        best, bound = (
            None if value is None else value + aim.constant for value in (report.best, report.bound)
        )
        name = aim.name if several else ""
        progress(replace(report, best=best, bound=bound, aim=name, unit=aim.unit))

    return tell


def _aim(model: Model) -> Aim:
    assert model.aim is not None
    return model.aim


def _hold(model: Model, found: StageFound, *, number: int, share: float) -> None:
    """Keep what a stage has reached."""
    aim = _aim(model)
    scale = max(1.0, float(np.abs(aim.weight).max(initial=0.0)))
    terms = Terms.of(np.zeros(len(aim.variable)), aim.variable, aim.weight / scale)
    room = max(HELD * scale, share * found.gap_asked)
    right = (found.value - aim.constant - room) / scale
    model.program.rows(f"held {number}", terms, sense=">=", rhs=[right])


def _most(model: Model, aim: Aim) -> float:
    """What an aim cannot exceed whatever the rows say: each of its variables is at its better bound."""
    numbers = model.program.arrays()
    low, high = numbers.lower[aim.variable], numbers.upper[aim.variable]
    better = np.where(aim.weight > 0, high, low)
    used = aim.weight != 0
    return aim.constant + float((aim.weight[used] * better[used]).sum())


def _completed(model: Model, aim: Aim, known: Floats) -> Floats | None:
    """Values of all variables in a plan, with those that only an aim needs as good for it as can be.

    None where the aim has added variables and does not say how they follow from the others.
    """
    missing = model.program.size[1] - len(known)
    if aim.complete is None:
        return None if missing else known
    values = np.concatenate([known, np.zeros(missing)])
    numbers, better = aim.complete(values)
    values[numbers] = better
    return values
