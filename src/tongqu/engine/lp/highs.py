"""A program in plain arrays, and how HiGHS is made, told, listened to and read."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tongqu.base import Progress, Report, silent
from tongqu.base.quiet import quiet_stdout
from tongqu.engine.lp.parts import (
    Floats,
    Ints,
    ProgramInfeasibleError,
    ProgramStoppedError,
    Solution,
    SolverError,
    Start,
    Stop,
)

__all__ = [
    "Numbers",
    "answer",
    "as_preferred",
    "by_interior_point",
    "by_simplex",
    "change_columns",
    "change_rows",
    "change_weights",
    "hint",
    "listening",
    "load",
    "search_until",
    "unsure",
]

FEASIBILITY: Final = 1e-7
"""Primal feasibility tolerance asked of the solver, in the units of each row."""

FEASIBLE: Final = 2
"""What HiGHS calls a solution that keeps every row (``kSolutionStatusFeasible``)."""

DUAL: Final = 1
PRIMAL: Final = 4
"""How HiGHS numbers the serial dual and the primal simplex method."""

_MAKING: Final = threading.Lock()


@dataclass(frozen=True)
class Numbers:
    """A program in plain arrays, to be maximised.

    Parameters
    ----------
    table : sparse array, shape (rows, variables)
        Coefficients.
    row_lower, row_upper : array
        What each row must lie between; infinite where it need not.
    lower, upper : array
        Bounds of the variables.
    whole : array of bool
        Which variables are whole numbers.
    weight : array
        The objective.
    """

    table: csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    whole: npt.NDArray[np.bool_]
    weight: Floats

    @property
    def scale(self) -> float:
        """What the objective is divided by for the solver, whose tolerances suit weights near 1."""
        largest = float(np.abs(self.weight).max(initial=0.0))
        return largest if largest > 0 else 1.0

    def relaxed(self) -> Numbers:
        """Give the program without whole numbers."""
        return replace(self, whole=np.zeros(len(self.whole), dtype=bool))


def load(numbers: Numbers, *, threads: int = 1, seed: int = 0) -> highspy.Highs:
    """Hand a program to HiGHS without a word on the screen."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = numbers.table.shape
    lp.col_lower_, lp.col_upper_ = numbers.lower, numbers.upper
    lp.row_lower_, lp.row_upper_ = numbers.row_lower, numbers.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    table = numbers.table
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = table.indptr, table.indices, table.data
    if numbers.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in numbers.whole]
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = numbers.weight / numbers.scale
    solver = _new_solver()
    solver.setOptionValue("threads", threads)
    solver.setOptionValue("parallel", "off" if threads == 1 else "on")
    solver.setOptionValue("random_seed", seed)
    solver.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
    solver.passModel(lp)
    return solver


def search_until(solver: highspy.Highs, *, gap: float, seconds: float, scale: float) -> None:
    """Say when a search may end, and how it solves its first relaxation."""
    solver.setOptionValue("mip_abs_gap", gap / scale)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("time_limit", float(seconds))
    # The first relaxation is large and very degenerate: the simplex method needs minutes for it.
    solver.setOptionValue("mip_lp_solver", "ipm")


def hint(solver: highspy.Highs, start: Start | None) -> None:
    """Tell the solver where to begin; what a start leaves open it completes itself."""
    if start is None:
        return
    if isinstance(start, tuple):
        variable, value = start
        if len(variable):
            solver.setSolution(
                len(variable), np.asarray(variable, dtype=np.int32), np.asarray(value, dtype=np.float64)
            )
        return
    whole = highspy.HighsSolution()
    whole.col_value = list(start)
    solver.setSolution(whole)


@contextmanager
def listening(
    solver: highspy.Highs,
    *,
    scale: float,
    stop: Stop | None = None,
    progress: Progress = silent,
    best: float = -np.inf,
    bound: float = np.inf,
) -> Iterator[None]:
    """Pass the best solution and the bound to the caller as they come, and stop when asked to.

    Parameters
    ----------
    best, bound : float
        What is known already: neither is ever reported worse than that.
    """
    last: list[tuple[float, float]] = [(np.nan, np.nan)]

    def tell(event: Any) -> None:
        found = max(best, event.data_out.mip_primal_bound * scale)
        proven = min(bound, event.data_out.mip_dual_bound * scale)
        if max(abs(found), abs(proven)) < highspy.kHighsInf * scale and (found, proven) != last[0]:
            last[0] = (found, proven)
            progress(Report("optimise", best=found, bound=proven, gap=max(proven - found, 0.0)))

    def halt(event: Any) -> None:
        if stop is not None and stop.asked:
            event.interrupt()

    heard: list[tuple[Any, Any]] = []
    if progress is not silent:
        heard.append((solver.cbMipInterrupt, tell))
    if stop is not None:
        heard += [(each, halt) for each in (solver.cbMipInterrupt, solver.cbSimplexInterrupt)]
        heard.append((solver.cbIpmInterrupt, halt))
    for event, answered in heard:
        event.subscribe(answered)
    try:
        yield
    finally:
        for event, answered in heard:
            event.unsubscribe(answered)


def answer(
    solver: highspy.Highs, *, scale: float, mixed: bool, families: Mapping[str, slice] | None = None
) -> Solution:
    """Read what the solver found.

    Raises
    ------
    ProgramInfeasibleError, ProgramStoppedError, SolverError
        If there is no solution: none exists, none was found in the time, or the solver failed.
    """
    status, info = solver.getModelStatus(), solver.getInfo()
    kinds = highspy.HighsModelStatus
    done = status == kinds.kOptimal
    stopped = status in (kinds.kTimeLimit, kinds.kInterrupt)
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        raise ProgramInfeasibleError("the program is infeasible")
    if stopped and not (mixed and info.primal_solution_status == FEASIBLE):
        raise ProgramStoppedError("stopped before a solution was found")
    if not done and not stopped:
        raise SolverError(f"the solver gave no solution: {solver.modelStatusToString(status)}")
    solution, objective = solver.getSolution(), info.objective_function_value * scale
    values = np.asarray(solution.col_value, dtype=np.float64) + 0.0  # no negative zero
    if mixed:
        bound = max(info.mip_dual_bound * scale, objective)
        return Solution(values, objective, bound, "optimal" if done else "stopped")
    dual = np.asarray(solution.row_dual, dtype=np.float64) * scale
    duals = {name: dual[rows] for name, rows in (families or {}).items()}
    reduced = np.asarray(solution.col_dual, dtype=np.float64) * scale
    return Solution(values, objective, objective, "optimal", duals, reduced)


def change_columns(solver: highspy.Highs, columns: Ints, *, lower: Floats, upper: Floats) -> None:
    """Give some variables other bounds."""
    if len(columns):
        solver.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)


def change_weights(solver: highspy.Highs, weight: Floats) -> None:
    """Give the program another objective, already divided by its scale."""
    solver.changeColsCost(len(weight), np.arange(len(weight), dtype=np.int32), weight)


def change_rows(solver: highspy.Highs, rows: Ints, *, lower: Floats, upper: Floats) -> None:
    """Give some rows other bounds."""
    if len(rows):
        # The solver's type stubs do not know the call.
        solver.changeRowsBounds(len(rows), rows.astype(np.int32), lower, upper)  # type: ignore[attr-defined]


def _new_solver() -> highspy.Highs:
    """Make a silent solver. HiGHS prints a banner when made, before it can be told not to."""
    with _MAKING, quiet_stdout():
        solver = highspy.Highs()
    solver.silent()
    # The pool of threads outlives a solver, and a later one may ask for another number.
    solver.resetGlobalScheduler(True)
    return solver


def unsure(solver: highspy.Highs) -> bool:
    """Whether the solver ended without knowing whether its answer is right."""
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kUnknown)


def by_interior_point(solver: highspy.Highs) -> None:
    """Solve relaxations by interior point and cross over to a vertex: the fastest on large programs."""
    solver.setOptionValue("solver", "ipm")
    solver.setOptionValue("run_crossover", "on")


def by_simplex(solver: highspy.Highs, *, seconds: float, primal: bool = False) -> None:
    """Solve relaxations by the simplex method from the last basis, for the given time at most."""
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("simplex_strategy", PRIMAL if primal else DUAL)
    solver.setOptionValue("time_limit", solver.getRunTime() + seconds)


def as_preferred(solver: highspy.Highs) -> None:
    """Solve relaxations as the solver prefers."""
    solver.setOptionValue("solver", "choose")
