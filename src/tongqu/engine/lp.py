"""The only module that knows a solver: a linear program by families of variables and rows.

Families of variables and rows are named, so that a golden text per family can be compared, and so that
an infeasible program can say which families exclude one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import highspy
import linopy
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.sparse import csr_array

from tongqu.base import Progress, Report, TongquError, silent
from tongqu.base.quiet import quiet_stdout

__all__ = ["Program", "ProgramInfeasibleError", "Solution", "SolverError", "Terms", "solver_version"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Sense = Literal["<=", ">=", "="]

FEASIBILITY: Final = 1e-7
"""Primal feasibility tolerance asked of the solver, in the units of each row."""

SETTLED: Final = 0.1
"""Distance from 0 or 1 up to which a relaxed whole number is taken as that number by `Program.near`."""


class SolverError(TongquError):
    """The solver stopped without an answer that can be used."""


class ProgramInfeasibleError(SolverError):
    """No solution keeps every row."""


def solver_version() -> str:
    """Name and version of the solver.

    Examples
    --------
    >>> solver_version().split()[0]
    'HiGHS'
    """
    return f"HiGHS {version('highspy')} through linopy {version('linopy')}"


@dataclass(frozen=True)
class Terms:
    """Terms of many rows: ``coefficient[k] * variable[k]`` is added to row ``row[k]``.

    Examples
    --------
    >>> Terms.of([0, 0, 1], [5, 6, 6], 1.0).coefficient
    array([1., 1., 1.])
    """

    row: Ints
    variable: Ints
    coefficient: Floats

    @classmethod
    def of(cls, row: npt.ArrayLike, variable: npt.ArrayLike, coefficient: npt.ArrayLike) -> Terms:
        """Make terms from arrays or lists; a single coefficient is repeated."""
        rows = np.asarray(row, dtype=np.int64)
        amounts = np.broadcast_to(np.asarray(coefficient, dtype=np.float64), rows.shape)
        return cls(rows, np.asarray(variable, dtype=np.int64), np.array(amounts))

    @classmethod
    def join(cls, parts: Iterable[Terms]) -> Terms:
        """Put terms together; those of the same row and variable add up."""
        kept = list(parts)
        return cls(
            np.concatenate([part.row for part in kept]),
            np.concatenate([part.variable for part in kept]),
            np.concatenate([part.coefficient for part in kept]),
        )


@dataclass(frozen=True)
class Solution:
    """What the solver found.

    Parameters
    ----------
    values : array
        Value of every variable, in the order in which they were added.
    objective, bound : float
        Value of the best solution, and proven bound that no solution exceeds.
    status : str
        ``"optimal"`` within the gap asked for, or ``"stopped"`` by the time limit with a valid bound.
    duals : mapping of str to array
        Only of continuous programs: the objective's gain per unit more of each row's right-hand side.
    """

    values: Floats
    objective: float
    bound: float
    status: Literal["optimal", "stopped"]
    duals: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Absolute gap between bound and objective."""
        return max(0.0, self.bound - self.objective)


class Program:
    """A linear program to be maximised, built family by family from sparse terms.

    Examples
    --------
    >>> program = Program()
    >>> x = program.variables("x", 2, upper=1.0, binary=True)
    >>> program.rows("budget", Terms.of([0, 0], x, [2.0, 3.0]), sense="<=", rhs=[4.0])
    >>> program.maximise(x, [1.0, 2.0])
    >>> solution = program.solve(gap=1e-9)
    >>> solution.values, solution.objective, solution.status
    (array([0., 1.]), 2.0, 'optimal')
    """

    def __init__(self) -> None:
        with _semantics():
            self._model = linopy.Model(sparse=True)
        self._families: dict[str, slice] = {}
        self._names: dict[str, slice] = {}
        self._weights: Terms | None = None
        self._count = 0
        self._rows = 0

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families of rows."""
        return tuple(self._families)

    @property
    def size(self) -> tuple[int, int]:
        """Number of rows and of variables."""
        return self._rows, self._count

    def numbers(self, name: str) -> Ints:
        """Give the numbers of a family of variables."""
        where = self._names[name]
        return np.arange(where.start, where.stop, dtype=np.int64)

    def variables(
        self,
        name: str,
        count: int,
        *,
        lower: npt.ArrayLike = 0.0,
        upper: npt.ArrayLike = np.inf,
        binary: bool = False,
    ) -> Ints:
        """Add ``count`` variables; give their numbers, to be used in terms."""
        if count == 0:
            return np.empty(0, dtype=np.int64)
        coords = [pd.RangeIndex(count, name=f"{name}_index")]
        with _semantics():
            if binary:
                self._model.add_variables(coords=coords, name=name, binary=True)
            else:
                low, high = (
                    np.broadcast_to(np.asarray(bound, dtype=np.float64), count) for bound in (lower, upper)
                )
                self._model.add_variables(low, high, coords=coords, name=name)
        self._names[name] = slice(self._count, self._count + count)
        self._count += count
        return np.arange(self._count - count, self._count, dtype=np.int64)

    def rows(self, name: str, terms: Terms, *, sense: Sense, rhs: npt.ArrayLike) -> None:
        """Add a family of rows ``sum of terms (sense) rhs``; there are as many rows as entries in ``rhs``.

        A row without terms is left out where its right-hand side allows zero, and refused otherwise.
        """
        right = np.atleast_1d(np.asarray(rhs, dtype=np.float64))
        used = np.unique(terms.row)
        _refuse_impossible(name, np.setdiff1d(np.arange(len(right)), used), sense=sense, rhs=right)
        if len(used) == 0:
            return
        dense = np.searchsorted(used, terms.row)
        label = f"{name}_row"
        index = pd.Index(used, name=label)
        with _semantics():
            groups = xr.DataArray(used[dense], dims="k", coords={"k": np.arange(len(dense))}, name=label)
            left = self._expression(terms.variable, terms.coefficient).groupby(groups).sum()
            bound = xr.DataArray(right[used], dims=label, coords={label: index})
            self._model.add_constraints(left, sense, bound, name=name)
        self._families[name] = slice(self._rows, self._rows + len(used))
        self._rows += len(used)

    def maximise(self, variable: npt.ArrayLike, weight: npt.ArrayLike) -> None:
        """Set the objective: the sum of ``weight * variable``."""
        numbers = np.asarray(variable, dtype=np.int64)
        self._weights = Terms.of(np.zeros(len(numbers)), numbers, weight)
        with _semantics():
            self._model.add_objective(
                self._expression(numbers, self._weights.coefficient).sum(), sense="max", overwrite=True
            )

    def solve(
        self,
        *,
        gap: float,
        seconds: float = np.inf,
        threads: int = 1,
        seed: int = 0,
        start: Floats | None = None,
        progress: Progress = silent,
    ) -> Solution:
        """Maximise until the absolute gap is proven or the time is over.

        Raises
        ------
        SolverError
            If the program is infeasible or unbounded, or no solution was found in the time.
        """
        solver = self._solver(threads=threads, seed=seed)
        self._bound_search(solver, gap=gap, seconds=seconds)
        if start is not None:
            hint = highspy.HighsSolution()
            hint.col_value = list(start)
            solver.setSolution(hint)
        _stream(solver, scale=self._scale, progress=progress)
        solver.run()
        return self._result(solver)

    def relaxed(self, *, exact: bool = False) -> Solution:
        """Solve with integrality dropped, and give the duals of every family.

        ``exact`` asks for a vertex; otherwise the interior point is enough, whose duals are to the tolerance.
        """
        solver = self._solver(threads=1, seed=0)
        _relax(solver)
        if not exact:
            solver.setOptionValue("solver", "ipm")
            solver.setOptionValue("run_crossover", "off")
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kUnknown:
            solver.setOptionValue("run_crossover", "on")  # the interior point alone was not precise enough
            solver.run()
        return self._result(solver)

    def near(self, relaxed: Solution, *, gap: float, seconds: float, seed: int = 0) -> Solution | None:
        """Give a good solution near the relaxation: numbers that it settles are held, the others sought.

        The bound of the result is that of the program so restricted. None where nothing was found that way.

        Parameters
        ----------
        relaxed : Solution
            As `relaxed` gives it.
        gap : float
            Absolute gap at which the restricted program is left.

        References
        ----------
        Berthold, T. (2014), RENS: the optimal rounding, Mathematical Programming Computation 6, 33-54; here
        values close to a whole number are held too.
        """
        solver = self._solver(threads=1, seed=seed)
        lp = solver.getLp()
        whole = np.flatnonzero([kind == highspy.HighsVarType.kInteger for kind in lp.integrality_])
        low, high = np.asarray(lp.col_lower_)[whole], np.asarray(lp.col_upper_)[whole]
        value = relaxed.values[whole]
        held = np.where(value <= SETTLED, 0.0, 1.0)
        settled = (np.abs(value - held) <= SETTLED) & (low <= held) & (held <= high)
        solver.changeColsBounds(
            len(whole),
            whole.astype(np.int32),
            np.where(settled, held, low),
            np.where(settled, held, high),
        )
        self._bound_search(solver, gap=gap, seconds=seconds)
        solver.run()
        try:
            return self._result(solver)
        except SolverError:
            return None

    def conflict(self, among: Sequence[str]) -> tuple[str, ...]:
        """Name families of ``among`` that cannot hold together, each of them needed for that.

        A deletion filter (Chinneck and Dravnieks 1991) over whole families: a family stays dropped if the
        rest still conflicts without it. Works on the relaxation first, on the integer program otherwise.
        """
        solver = self._solver(threads=1, seed=0)
        columns = np.arange(self._count, dtype=np.int32)
        solver.changeColsCost(self._count, columns, np.zeros(self._count))
        integrality = np.array([int(kind) for kind in solver.getLp().integrality_], dtype=np.uint8)
        _relax(solver)
        if _feasible(solver):
            solver.changeColsIntegrality(self._count, columns, integrality)
        left = [name for name in among if name in self._families]
        if _feasible(solver):
            return ()
        needed: list[str] = []
        for name in left:
            rows = self._families[name]
            saved = _release(solver, rows)
            if _feasible(solver):
                _restore(solver, rows, saved=saved)
                needed.append(name)
        return tuple(needed)

    def text(self, path: Path) -> None:
        """Write the program as an LP file, for reading and for golden comparison."""
        self._model.to_file(path, progress=False)

    def _cost(self) -> Floats:
        cost = np.zeros(self._count)
        if self._weights is not None:
            np.add.at(cost, self._weights.variable, self._weights.coefficient)
        return cost

    @property
    def _scale(self) -> float:
        """What the objective is divided by for the solver, whose tolerances suit weights near 1."""
        largest = float(np.abs(self._cost()).max(initial=0.0))
        return largest if largest > 0 else 1.0

    def _expression(self, variable: Ints, coefficient: Floats) -> linopy.LinearExpression:
        content = xr.Dataset(
            {
                "coeffs": (("k", "_term"), np.asarray(coefficient, dtype=np.float64)[:, None]),
                "vars": (("k", "_term"), variable[:, None]),
                "const": (("k",), np.zeros(len(variable))),
            },
            coords={"k": np.arange(len(variable))},
        )
        return linopy.LinearExpression(content, self._model)

    def _solver(self, *, threads: int, seed: int) -> highspy.Highs:
        """Hand the matrices of the model to HiGHS without a word on the screen."""
        matrices = self._model.matrices
        table = csr_array(matrices.A if matrices.A is not None else (self._rows, self._count))
        upper = np.where(
            matrices.sense == "<", matrices.b, np.where(matrices.sense == "=", matrices.b, np.inf)
        )
        lower = np.where(
            matrices.sense == ">", matrices.b, np.where(matrices.sense == "=", matrices.b, -np.inf)
        )
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self._count, self._rows
        lp.col_lower_, lp.col_upper_ = matrices.lb, matrices.ub
        lp.row_lower_, lp.row_upper_ = lower, upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = (
            table.indptr,
            table.indices,
            table.data,
        )
        kinds = {"B": highspy.HighsVarType.kInteger, "C": highspy.HighsVarType.kContinuous}
        lp.integrality_ = [kinds[kind] for kind in matrices.vtypes]
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = self._cost() / self._scale
        solver = _new_solver()
        solver.setOptionValue("threads", threads)
        solver.setOptionValue("parallel", "off" if threads == 1 else "on")
        solver.setOptionValue("random_seed", seed)
        solver.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
        solver.passModel(lp)
        return solver

    def _bound_search(self, solver: highspy.Highs, *, gap: float, seconds: float) -> None:
        """Say when a search may end, and how it solves its first relaxation."""
        solver.setOptionValue("mip_abs_gap", gap / self._scale)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("time_limit", float(seconds))
        # The first relaxation is large and very degenerate: the simplex method needs minutes for it.
        solver.setOptionValue("mip_lp_solver", "ipm")

    def _result(self, solver: highspy.Highs) -> Solution:
        status = solver.getModelStatus()
        info = solver.getInfo()
        done = status == highspy.HighsModelStatus.kOptimal
        stopped = status in (highspy.HighsModelStatus.kTimeLimit, highspy.HighsModelStatus.kInterrupt)
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            raise ProgramInfeasibleError("the program is infeasible")
        if not done and not (stopped and info.primal_solution_status == 2):
            raise SolverError(f"the solver gave no solution: {solver.modelStatusToString(status)}")
        solution = solver.getSolution()
        values = np.asarray(solution.col_value)
        mixed = bool(
            np.any(np.asarray(solver.getLp().integrality_, dtype=object) == highspy.HighsVarType.kInteger)
        )
        scale, objective = self._scale, info.objective_function_value
        bound = info.mip_dual_bound if mixed else objective
        row_dual = np.asarray(solution.row_dual) * scale
        duals = {} if mixed else {name: row_dual[rows] for name, rows in self._families.items()}
        return Solution(values, objective * scale, bound * scale, "optimal" if done else "stopped", duals)


@contextmanager
def _semantics() -> Iterator[None]:
    """Build under linopy's labelled and sparse rules, whatever the caller has set."""
    with linopy.options as options:
        options["semantics"] = "v1"
        yield


def _new_solver() -> highspy.Highs:
    """Make a silent solver. HiGHS prints a banner when made, before it can be told not to."""
    with quiet_stdout():
        solver = highspy.Highs()
    solver.silent()
    # The pool of threads outlives a solver, and a later one may ask for another number.
    solver.resetGlobalScheduler(True)
    return solver


def _refuse_impossible(name: str, empty: Ints, *, sense: Sense, rhs: Floats) -> None:
    right = rhs[empty]
    wrong = {"<=": right < 0, ">=": right > 0, "=": right != 0}[sense]
    if wrong.any():
        raise SolverError(
            f"row {int(empty[wrong][0])} of {name!r} has no terms but must be {sense} {right[wrong][0]}"
        )


def _stream(solver: highspy.Highs, *, scale: float, progress: Progress) -> None:
    """Pass the best solution and the bound to the caller as the solver logs them."""
    if progress is silent:
        return

    last: list[tuple[float, float]] = [(np.nan, np.nan)]

    def tell(event: Any) -> None:
        best, bound = event.data_out.mip_primal_bound * scale, event.data_out.mip_dual_bound * scale
        if max(abs(best), abs(bound)) < highspy.kHighsInf * scale and (best, bound) != last[0]:
            last[0] = (best, bound)
            progress(Report("optimise", best=best, bound=bound, gap=abs(bound - best)))

    solver.cbMipInterrupt.subscribe(tell)


def _relax(solver: highspy.Highs) -> None:
    count = solver.getNumCol()
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.zeros(count, dtype=np.uint8))


def _feasible(solver: highspy.Highs) -> bool:
    solver.run()
    return solver.getModelStatus() == highspy.HighsModelStatus.kOptimal


def _release(solver: highspy.Highs, rows: slice) -> tuple[Floats, Floats]:
    lp = solver.getLp()
    saved = np.asarray(lp.row_lower_)[rows].copy(), np.asarray(lp.row_upper_)[rows].copy()
    for row in range(rows.start, rows.stop):
        solver.changeRowBounds(row, -highspy.kHighsInf, highspy.kHighsInf)
    return saved


def _restore(solver: highspy.Highs, rows: slice, *, saved: tuple[Floats, Floats]) -> None:
    for row, low, high in zip(range(rows.start, rows.stop), *saved, strict=True):
        solver.changeRowBounds(row, float(low), float(high))
