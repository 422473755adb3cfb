"""A program kept in the solver: change a bound or a right-hand side, and have the answer again at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import highspy
import numpy as np
import numpy.typing as npt

from tongqu.base import Progress, silent
from tongqu.engine.lp import highs
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.parts import Ints, ProgramStoppedError, Solution, Start, Stop
from tongqu.engine.lp.search import Anchor, Search

__all__ = ["Session"]

PATIENCE: Final = 1.0
"""Time of a later relaxation, in units of the first one's, after which it begins anew by interior point."""

PRICED_SETTLED: Final = 0.02
"""Distance from a whole number up to which a relaxation settles it where a row counts at its price."""

LEAST_PATIENCE: Final = 5.0
"""Seconds that a later relaxation may always take."""


class Session:
    """One program, one solver with its basis, many answers.

    The first `relax` is by interior point with crossover; every later one by the dual simplex method from the
    last basis. `search` looks near the relaxation first and then among all solutions that could be better;
    its bound is valid whenever it ends.

    Parameters
    ----------
    numbers : Numbers
        The program; `Program.session` makes it.
    families : mapping of str to slice
        Rows of each family.
    labels : mapping of str to array
        Position of each row in its family's right-hand side.

    Examples
    --------
    >>> from tongqu.engine.lp import Program, Terms
    >>> program = Program()
    >>> x = program.variables("x", 3, binary=True)
    >>> program.rows("budget", Terms.of([0, 0, 0], x, [2.0, 3.0, 4.0]), sense="<=", rhs=[5.0])
    >>> program.maximise(x, [2.0, 3.0, 4.0])
    >>> session = program.session()
    >>> session.search(gap=1e-6).values
    array([1., 1., 0.])
    >>> session.bounds(x[:1], 0.0, 0.0)
    >>> session.search(gap=1e-6).objective
    4.0
    >>> session.reset()
    >>> session.rhs("budget", [6.0])
    >>> session.search(gap=1e-6).values
    array([1., 0., 1.])
    """

    def __init__(
        self,
        numbers: Numbers,
        families: Mapping[str, slice],
        *,
        labels: Mapping[str, Ints],
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self._first = numbers
        self._now = numbers
        self._families, self._labels = families, labels
        self._threads, self._seed = threads, seed
        self._solver: highspy.Highs | None = None
        self._root: tuple[highspy.HighsBasis, Solution] | None = None
        self._relaxed: Solution | None = None
        self._anchors: dict[str, Anchor] = {}
        self._found: Solution | None = None
        self._seconds = 0.0
        self._primal = False

    def bounds(self, numbers: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike) -> None:
        """Give variables other bounds; ``numbers`` as `Program.variables` gave them."""
        columns = np.asarray(numbers, dtype=np.int64)
        low, high = (
            np.broadcast_to(np.asarray(bound, dtype=np.float64), columns.shape) for bound in (lower, upper)
        )
        lowers, uppers = self._now.lower.copy(), self._now.upper.copy()
        lowers[columns], uppers[columns] = low, high
        self._change(replace(self._now, lower=lowers, upper=uppers))

    def rhs(self, family: str, values: npt.ArrayLike) -> None:
        """Give a family of rows another right-hand side, as long as the one that it was made with."""
        right = np.atleast_1d(np.asarray(values, dtype=np.float64))[self._labels[family]]
        rows = self._families[family]
        lowers, uppers = self._now.row_lower.copy(), self._now.row_upper.copy()
        lowers[rows] = np.where(np.isfinite(self._first.row_lower[rows]), right, -np.inf)
        uppers[rows] = np.where(np.isfinite(self._first.row_upper[rows]), right, np.inf)
        self._change(replace(self._now, row_lower=lowers, row_upper=uppers))

    def rows(self, numbers: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike) -> None:
        """Give rows other bounds, infinite for none; ``numbers`` as `Program.row_numbers` gives them."""
        rows = np.asarray(numbers, dtype=np.int64)
        low, high = (
            np.broadcast_to(np.asarray(bound, dtype=np.float64), rows.shape) for bound in (lower, upper)
        )
        lowers, uppers = self._now.row_lower.copy(), self._now.row_upper.copy()
        lowers[rows], uppers[rows] = low, high
        self._change(replace(self._now, row_lower=lowers, row_upper=uppers))

    def weights(self, variable: npt.ArrayLike, weight: npt.ArrayLike) -> None:
        """Set another objective: the sum of ``weight * variable``; only the basis is kept."""
        cost = np.zeros(len(self._first.weight))
        np.add.at(cost, np.asarray(variable, dtype=np.int64), np.asarray(weight, dtype=np.float64))
        self._now = replace(self._now, weight=cost)
        self._relaxed = self._found = self._root = None
        self._anchors, self._primal = {}, True
        if self._solver is not None:
            highs.change_weights(self._solver, cost / self._now.scale)

    def reset(self) -> None:
        """Go back to the bounds and right-hand sides of the program; the solver and its basis are kept."""
        self._change(replace(self._first, weight=self._now.weight))
        if self._root is not None and self._solver is not None:
            basis, self._relaxed = self._root
            self._solver.setBasis(basis)

    def relax(self, *, stop: Stop | None = None) -> Solution:
        """Solve without whole numbers, with the duals of every family and reduced costs, at a vertex.

        Raises
        ------
        ProgramInfeasibleError
            If not even the relaxation keeps every row.
        ProgramStoppedError
            If the caller stopped it.
        """
        if self._relaxed is None:
            self._relaxed = self._again(stop) if self._solver is not None else self._at_first(stop)
        return self._relaxed

    def search(
        self,
        *,
        gap: float,
        seconds: float = np.inf,
        start: Start | None = None,
        parts: Sequence[npt.NDArray[np.bool_]] = (),
        stop: Stop | None = None,
        progress: Progress = silent,
    ) -> Solution:
        """Maximise until the absolute gap is proven, the time is over or the caller says stop.

        Looks first near the last answer (what the change did not move is held), then near the relaxation,
        then among all solutions that could be better than the best so far.

        Parameters
        ----------
        gap : float
            Absolute gap, in the objective's unit.
        start : array, or numbers and values of some variables, optional
            An answer to begin with, such as an earlier plan's; it need not keep the rows.
        parts : sequence of arrays of bool
            Variables that are sought anew together, as `Program.parts` gives them.

        Raises
        ------
        ProgramInfeasibleError
            If no solution keeps every row.
        ProgramStoppedError
            If none was found in the time.
        """
        ends = time.monotonic() + seconds
        relaxed = self.relax(stop=stop)
        search = Search(
            self._now,
            relaxed,
            gap,
            ends,
            threads=self._threads,
            seed=self._seed,
            stop=stop,
            progress=progress,
            parts=parts,
        )
        if self._found is not None:
            search.resume(self._found)
        found = self._found = search.run(start=start, anchors=self._anchors.values())
        anchor = Anchor(relaxed.values, found.values)
        self._anchors = {"first": self._anchors.get("first", anchor), "last": anchor}
        return found

    def priced(
        self,
        family: str,
        *,
        gap: float,
        seconds: float,
        settled: float = PRICED_SETTLED,
        stop: Stop | None = None,
    ) -> Solution | None:
        """Search near the relaxation while a family of rows, instead of holding, counts at its price.

        The price of a row is the gain of the relaxation per unit less of its right-hand side. Rounding is
        free then to miss a row by a little, where holding it may leave next to no whole numbers at all.

        Parameters
        ----------
        family : str
            Rows that are ``>=``; an answer need not keep them.
        gap, seconds : float
            As `search`.
        settled : float
            Distance from a whole number up to which what the relaxation gives is held.

        Returns
        -------
        Solution or None
            Its objective and bound count the rows at their price; the bound is not proven.

        References
        ----------
        Geoffrion, A. M. (1974), Lagrangean relaxation for integer programming, Mathematical Programming Study
        2, 82-114.
        """
        relaxed, rows = self.relax(stop=stop), self._families[family]
        price = -relaxed.duals[family]
        lowers, uppers = self._now.row_lower.copy(), self._now.row_upper.copy()
        lowers[rows], uppers[rows] = -np.inf, np.inf
        weight = self._now.weight + self._now.table[rows].T @ price
        free = replace(self._now, row_lower=lowers, row_upper=uppers, weight=weight)
        search = Search(
            free,
            relaxed,
            gap,
            time.monotonic() + seconds,
            threads=self._threads,
            seed=self._seed,
            stop=stop,
        )
        return search.near(settled=settled)

    def _change(self, numbers: Numbers) -> None:
        """Hand the bounds that differ to the solver."""
        before, self._now, self._relaxed, self._found = self._now, numbers, None, None
        if self._solver is None:
            return
        columns = np.flatnonzero((before.lower != numbers.lower) | (before.upper != numbers.upper))
        highs.change_columns(
            self._solver, columns, lower=numbers.lower[columns], upper=numbers.upper[columns]
        )
        rows = np.flatnonzero(
            (before.row_lower != numbers.row_lower) | (before.row_upper != numbers.row_upper)
        )
        highs.change_rows(self._solver, rows, lower=numbers.row_lower[rows], upper=numbers.row_upper[rows])

    def _at_first(self, stop: Stop | None) -> Solution:
        """By interior point, which is the fastest on large programs, and a crossover to a vertex."""
        began = time.monotonic()
        solver = highs.load(self._now.relaxed(), seed=self._seed)
        highs.by_interior_point(solver)
        found = self._run(solver, stop)
        self._seconds = time.monotonic() - began
        self._solver, self._primal = solver, False
        # A root is what `reset` goes back to: it has to be of the program as it was made.
        if self._root is None and self._unchanged:
            self._root = solver.getBasis(), found
        return found

    def _again(self, stop: Stop | None) -> Solution:
        """By the dual simplex method from the last basis; by interior point anew where that takes long."""
        solver = self._solver
        assert solver is not None
        patience = max(self._seconds * PATIENCE, LEAST_PATIENCE)
        # Other bounds leave the last basis dual feasible, another objective leaves it primal feasible.
        highs.by_simplex(solver, seconds=patience, primal=self._primal)
        try:
            found = self._run(solver, stop)
        except ProgramStoppedError:
            self._solver = None
            if stop is not None and stop.asked:
                raise
            return self._at_first(stop)
        self._primal = False
        if self._root is None and self._unchanged:
            self._root = solver.getBasis(), found
        return found

    def _run(self, solver: highspy.Highs, stop: Stop | None) -> Solution:
        scale = self._now.scale
        with highs.listening(solver, scale=scale, stop=stop):
            solver.run()
            if highs.unsure(solver):
                highs.as_preferred(solver)
                solver.run()
        return highs.answer(solver, scale=scale, mixed=False, families=self._families)

    @property
    def _unchanged(self) -> bool:
        now, first = self._now, self._first
        same = ("lower", "upper", "row_lower", "row_upper")
        return all(np.array_equal(getattr(now, name), getattr(first, name)) for name in same)
