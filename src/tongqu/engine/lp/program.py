"""A linear program built family by family, and how it is solved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import linopy
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.sparse import csr_array

from tongqu.base import Progress, silent
from tongqu.engine.lp import highs
from tongqu.engine.lp.blocks import Blocks, blocks_of
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.iis import conflicting_families, conflicting_rows
from tongqu.engine.lp.parts import Floats, Ints, Sense, Solution, SolverError, Start, Stop, Terms
from tongqu.engine.lp.search import Search
from tongqu.engine.lp.session import Session

__all__ = ["Program"]


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
        self._labels: dict[str, Ints] = {}
        self._names: dict[str, slice] = {}
        self._weights: Terms | None = None
        self._count = 0
        self._rows = 0
        self._made: Numbers | None = None

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

    def row_labels(self, name: str) -> Ints:
        """Give the position in the right-hand side of each row of a family; rows without terms are absent."""
        return self._labels[name]

    def row_numbers(self, name: str) -> Ints:
        """Give the numbers of the rows of a family in the whole program."""
        where = self._families[name]
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
        self._made = None
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
        self._made = None
        dense = np.searchsorted(used, terms.row)
        label = f"{name}_row"
        index = pd.Index(used, name=label)
        with _semantics():
            groups = xr.DataArray(used[dense], dims="k", coords={"k": np.arange(len(dense))}, name=label)
            left = self._expression(terms.variable, terms.coefficient).groupby(groups).sum()
            bound = xr.DataArray(right[used], dims=label, coords={label: index})
            self._model.add_constraints(left, sense, bound, name=name)
        self._families[name] = slice(self._rows, self._rows + len(used))
        self._labels[name] = used
        self._rows += len(used)

    def maximise(self, variable: npt.ArrayLike, weight: npt.ArrayLike) -> None:
        """Set the objective: the sum of ``weight * variable``."""
        numbers = np.asarray(variable, dtype=np.int64)
        self._weights = Terms.of(np.zeros(len(numbers)), numbers, weight)
        self._made = None
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
        start: Start | None = None,
        stop: Stop | None = None,
        progress: Progress = silent,
    ) -> Solution:
        """Maximise until the absolute gap is proven, the time is over or the caller says stop.

        Parameters
        ----------
        start : array, or numbers and values of some variables, optional
            Where to begin; what a start leaves open the solver completes.
        stop : Stop, optional
            Asked from another thread, the best solution so far comes back with a valid bound, ``"stopped"``.

        Raises
        ------
        SolverError
            If the program is infeasible or unbounded, or no solution was found in the time.
        """
        numbers = self.arrays()
        solver = highs.load(numbers, threads=threads, seed=seed)
        highs.search_until(solver, gap=gap, seconds=seconds, scale=numbers.scale)
        highs.hint(solver, start)
        with highs.listening(solver, scale=numbers.scale, stop=stop, progress=progress):
            solver.run()
        mixed = bool(numbers.whole.any())
        return highs.answer(solver, scale=numbers.scale, mixed=mixed, families=self._families)

    def relaxed(self, *, exact: bool = False, stop: Stop | None = None) -> Solution:
        """Solve with integrality dropped, and give the duals of every family, at a vertex.

        By interior point with crossover, or as the solver prefers where ``exact`` asks for the least error.
        """
        numbers = self.arrays().relaxed()
        solver = highs.load(numbers)
        if not exact:
            highs.by_interior_point(solver)
        with highs.listening(solver, scale=numbers.scale, stop=stop):
            solver.run()
            if highs.unsure(solver):
                highs.as_preferred(solver)  # the interior point was not precise enough
                solver.run()
        return highs.answer(solver, scale=numbers.scale, mixed=False, families=self._families)

    def search(
        self,
        relaxed: Solution,
        *,
        gap: float,
        seconds: float = np.inf,
        threads: int = 1,
        seed: int = 0,
        start: Start | None = None,
        coupling: Sequence[str] = (),
        parts: Sequence[str] = (),
        stop: Stop | None = None,
        progress: Progress = silent,
    ) -> Solution:
        """Maximise as `solve` does, but look first near a start and near the relaxation.

        Parameters
        ----------
        coupling : sequence of str
            Families of rows without which the program may fall apart into blocks; where it does, and nothing
            near the relaxation was good enough, the blocks are solved side by side.
        parts : sequence of str
            Families of rows, such as the money of a county, whose variables are a part of the program: one
            part after the other is sought anew while the rest is held.
        relaxed : Solution
            As `relaxed` gives it; its value is a bound, its reduced costs spare searching.
        """
        search = Search(
            self.arrays(),
            relaxed,
            gap,
            time.monotonic() + seconds,
            threads=threads,
            seed=seed,
            stop=stop,
            progress=progress,
            coupling=self._coupled(relaxed, coupling),
            parts=self.parts(parts),
        )
        return search.run(start=start, anchors=())

    def parts(self, names: Sequence[str]) -> list[npt.NDArray[np.bool_]]:
        """Say of each family of rows which variables are in it."""
        table, found = self.arrays().table, []
        for name in names:
            if name not in self._families:
                continue
            where = self._families[name]
            inside = np.zeros(self._count, dtype=bool)
            inside[table.indices[table.indptr[where.start] : table.indptr[where.stop]]] = True
            found.append(inside)
        return found

    def blocks(self, *, coupling: Sequence[str]) -> Blocks:
        """Give the blocks that the program falls into without some families of rows."""
        known = [self.row_numbers(name) for name in coupling if name in self._families]
        return blocks_of(self.arrays(), np.concatenate([np.empty(0, dtype=np.int64), *known]))

    def session(self, *, threads: int = 1, seed: int = 0) -> Session:
        """Open a session that keeps one solver and its basis, for many answers to small changes."""
        return Session(self.arrays(), self._families, labels=self._labels, threads=threads, seed=seed)

    def conflict(self, among: Sequence[str]) -> tuple[str, ...]:
        """Name families of ``among`` that cannot hold together, each of them needed for that.

        A deletion filter (Chinneck and Dravnieks 1991) over whole families: a family stays dropped if the
        rest still conflicts without it. Works on the relaxation first, on the integer program otherwise.
        """
        known = {name: self._families[name] for name in among if name in self._families}
        return conflicting_families(self.arrays(), known)

    def conflicting_rows(self, among: Sequence[str]) -> dict[str, Ints]:
        """Give rows of ``among`` that cannot hold together, each of them needed: labels by family.

        Without whole numbers; empty where only they, or nothing, make the program infeasible. Families that
        come later in ``among`` are preferred in the answer.
        """
        known = [name for name in among if name in self._families]
        rows = np.concatenate([np.empty(0, dtype=np.int64), *(self.row_numbers(name) for name in known)])
        found = conflicting_rows(self.arrays(), rows)
        kept = {name: np.isin(self.row_numbers(name), found) for name in known}
        return {name: self._labels[name][inside] for name, inside in kept.items() if inside.any()}

    def text(self, path: Path) -> None:
        """Write the program as an LP file, for reading and for golden comparison."""
        self._model.to_file(path, progress=False)

    def arrays(self) -> Numbers:
        """Give the program in plain arrays."""
        if self._made is None:
            matrices = self._model.matrices
            table = csr_array(matrices.A if matrices.A is not None else (self._rows, self._count))
            at_most = (matrices.sense == "<") | (matrices.sense == "=")
            at_least = (matrices.sense == ">") | (matrices.sense == "=")
            self._made = Numbers(
                table,
                np.where(at_least, matrices.b, -np.inf).astype(np.float64),
                np.where(at_most, matrices.b, np.inf).astype(np.float64),
                np.asarray(matrices.lb, dtype=np.float64),
                np.asarray(matrices.ub, dtype=np.float64),
                np.asarray(matrices.vtypes) == "B",
                self._cost(),
            )
        return self._made

    def _coupled(self, relaxed: Solution, coupling: Sequence[str]) -> tuple[Ints, Floats] | None:
        """Rows of families and their duals."""
        known = [name for name in coupling if name in self._families]
        if not known:
            return None
        rows = np.concatenate([self.row_numbers(name) for name in known])
        return rows, np.concatenate([relaxed.duals[name] for name in known])

    def _cost(self) -> Floats:
        cost = np.zeros(self._count)
        if self._weights is not None:
            np.add.at(cost, self._weights.variable, self._weights.coefficient)
        return cost

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


@contextmanager
def _semantics() -> Iterator[None]:
    """Build under linopy's labelled and sparse rules, whatever the caller has set."""
    with linopy.options as options:
        options["semantics"] = "v1"
        yield


def _refuse_impossible(name: str, empty: Ints, *, sense: Sense, rhs: Floats) -> None:
    right = rhs[empty]
    wrong = {"<=": right < 0, ">=": right > 0, "=": right != 0}[sense]
    if wrong.any():
        raise SolverError(
            f"row {int(empty[wrong][0])} of {name!r} has no terms but must be {sense} {right[wrong][0]}"
        )
