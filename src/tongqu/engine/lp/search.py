"""A search among whole numbers that begins where good answers are likely, with a bound over all of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import Progress, Report, silent
from tongqu.engine.lp import highs
from tongqu.engine.lp.blocks import ByBlocks, blocks_of
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.near import SETTLED, held_by_cost, held_near, held_unmoved
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

__all__ = ["Anchor", "Search"]

RELAXED_ERROR: Final = 1e-8
"""How far the relaxation may end above or below its optimum, as a share of the largest weight or of its
value: the relative tolerance of the interior point."""

NEAR_GAP: Final = 0.2
"""Share of the gap asked for at which a search near the relaxation is left."""

NEAR_TIME: Final = 0.3
"""Share of the time that one search near the relaxation may take."""

WIDER: Final = (SETTLED, 0.02, 0.0)
"""Distances from a whole number up to which it is held, one after the other while nothing is found."""

PART_SETTLED: Final = 0.02
"""Distance from a whole number up to which it is held in the parts that are not free."""

LEAST_SECONDS: Final = 1.0
"""Least time of the last search."""

NEAR_SECONDS: Final = 10.0
"""Least time of a search near something, most of which end within a second."""

MISSED: Final = 1e-6
"""By how much an answer may miss a row: the solver's tolerance for whole numbers."""

MOST_MOVED: Final = 0.3
"""Share of whole numbers that a change may move for the search to stay near the earlier answer."""


@dataclass(frozen=True)
class Anchor:
    """An earlier answer, and the relaxation that it was found near."""

    relaxed: Floats
    best: Floats


@dataclass
class Search:
    """One search.

    Parameters
    ----------
    numbers : Numbers
        The program.
    relaxed : Solution
        Its relaxation at a vertex.
    gap : float
        Absolute gap asked for.
    ends : float
        When the time is over, by `time.monotonic`.
    coupling : arrays, optional
        Rows without which the program may fall apart, and what one unit more of each is worth.
    parts : sequence of arrays of bool
        Variables of each part of the program, such as a county's; parts may overlap.
    """

    numbers: Numbers
    relaxed: Solution
    gap: float
    ends: float
    threads: int = 1
    seed: int = 0
    stop: Stop | None = None
    progress: Progress = silent
    coupling: tuple[Ints, Floats] | None = None
    parts: Sequence[npt.NDArray[np.bool_]] = ()
    best: Solution | None = None
    bound: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the bound of the relaxation."""
        self.bound = self.relaxed.objective + self._error

    def run(self, *, start: Start | None, anchors: Iterable[Anchor]) -> Solution:
        """Search near a start, near earlier answers, near the relaxation, and then everywhere.

        Raises
        ------
        ProgramInfeasibleError, ProgramStoppedError, SolverError
            If there is no solution: none exists, none was found in the time, or the solver failed.
        """
        if not self.numbers.whole.any():
            return self.relaxed
        if start is not None:
            self._take(start)
            self._among(*_fixed(self.numbers, start))
        for anchor in self._close(anchors):
            self._among(
                *held_unmoved(self.numbers, self.relaxed.values, before=anchor.relaxed, best=anchor.best)
            )
        started = self.best
        for settled in WIDER:
            if self._over or self.best is not started:
                break
            self._among(*held_near(self.numbers, self.relaxed.values, settled=settled))
        if not self._over and self.best is started:
            self._near_but_for_parts(started)
        if self.best is None and not self._over:
            self._whatever_fits()
        for part in self.parts:
            if self._over or self.best is None:
                break
            self._better_in(part, self.best)
        if not self._over:
            self._by_blocks()
        if not self._over:
            self._everywhere()
        return self._found()

    def resume(self, found: Solution) -> None:
        """Go on from what an earlier search of the same program has found and proven."""
        self.best, self.bound = found, min(self.bound, found.bound)

    def near(self, *, settled: float) -> Solution | None:
        """The best near the relaxation: with whole numbers held that it settles. None where none is found."""
        held, value = held_near(self.numbers, self.relaxed.values, settled=settled)
        try:
            return self._solved(held, value, gap=self.gap, seconds=self._left, progress=silent)
        except SolverError:
            return None

    def _close(self, anchors: Iterable[Anchor]) -> list[Anchor]:
        """Give the anchor from which the relaxation has moved least, if it is close enough."""
        whole = self.numbers.whole
        moved = [
            (float(np.mean(np.abs(self.relaxed.values[whole] - each.relaxed[whole]) > 1e-3)), number, each)
            for number, each in enumerate(anchors)
        ]
        return [min(moved)[2]] if moved and min(moved)[0] <= MOST_MOVED else []

    def _take(self, start: Start) -> None:
        """Take a start with a value for every variable as an answer, if it keeps every row."""
        numbers = self.numbers
        if isinstance(start, tuple) or len(start) != len(numbers.whole):
            return
        values = np.where(numbers.whole, np.round(start), start)
        used = numbers.table @ values
        missed = [numbers.row_lower - used, used - numbers.row_upper]
        missed += [numbers.lower - values, values - numbers.upper, np.abs(values - start)]
        if max(float(miss.max(initial=0.0)) for miss in missed) <= MISSED:
            self._keep(Solution(values, float(numbers.weight @ values), self.bound, "stopped"))

    def _among(self, held: Ints, value: Floats) -> None:
        """Search with some whole numbers held, and keep what is better."""
        if self._over:
            return
        try:
            found = self._solved(
                held,
                value,
                gap=self.gap * NEAR_GAP,
                seconds=max(self._left * NEAR_TIME, NEAR_SECONDS),
                progress=silent,
            )
        except SolverError:
            return
        self._keep(found)

    def _near_but_for_parts(self, started: Solution | None) -> None:
        """Search near the relaxation where holding what it builds in every part keeps no row.

        What one part builds is free, one after the other; then, where nothing is known, what all build.
        """
        held, value = held_near(self.numbers, self.relaxed.values, settled=PART_SETTLED)
        for part in self.parts:
            kept = ~(part[held] & (value > 0))
            self._among(held[kept], value[kept])
            if self._over or self.best is not started:
                return
        if self.best is None:
            self._among(held[value <= 0], value[value <= 0])

    def _whatever_fits(self) -> None:
        """Find any answer that keeps every row, whatever it is worth: where limits are tight that is hard."""
        easy = replace(self.numbers, weight=np.zeros_like(self.numbers.weight))
        solver = highs.load(easy, threads=self.threads, seed=self.seed)
        highs.search_until(solver, gap=1.0, seconds=max(self._left * NEAR_TIME, NEAR_SECONDS), scale=1.0)
        with highs.listening(
            solver, scale=1.0, stop=self.stop, progress=silent, best=-np.inf, bound=self.bound
        ):
            solver.run()
        try:
            found = highs.answer(solver, scale=1.0, mixed=True)
        except ProgramStoppedError:
            return
        value = float(self.numbers.weight @ found.values)
        self._keep(Solution(found.values, value, self.bound, "stopped"))

    def _better_in(self, part: npt.NDArray[np.bool_], best: Solution) -> None:
        """Search with all whole numbers held at the best answer but for those of a part."""
        rest = np.flatnonzero(self.numbers.whole & ~part)
        held, value = self._held_by_cost(best)
        known = np.zeros(len(self.numbers.whole), dtype=bool)
        known[held] = True
        rest = rest[~known[rest]]
        self._among(np.concatenate([held, rest]), np.concatenate([value, np.round(best.values[rest])]))

    def _held_by_cost(self, best: Solution) -> tuple[Ints, Floats]:
        return held_by_cost(
            self.numbers,
            self.relaxed.values,
            reduced=self.relaxed.reduced,
            # A lower bound than the relaxation's says nothing about one variable.
            bound=self.relaxed.objective + self._error,
            best=best.objective - self._error,
        )

    def _by_blocks(self) -> None:
        """Lower the bound and find an answer block by block, where the program falls apart."""
        if self.coupling is None:
            return
        rows, dual = self.coupling
        found = blocks_of(self.numbers, rows).of_size(self.numbers)
        if not found.worth(self.numbers):
            return
        ends = time.monotonic() + max(self._left * NEAR_TIME, LEAST_SECONDS)
        by_blocks = ByBlocks(self.numbers, found, self.gap * NEAR_GAP, ends, seed=self.seed, stop=self.stop)
        self.bound = min(self.bound, by_blocks.bound(dual) + self._error)
        answer = by_blocks.answer(self.relaxed.values)
        if answer is not None:
            self._keep(answer)

    def _everywhere(self) -> None:
        """Search among all solutions that could be better than the best, and lower the bound."""
        held, value = np.empty(0, dtype=np.int64), np.empty(0)
        if self.best is not None:
            held, value = self._held_by_cost(self.best)
        try:
            seconds = max(self._left, LEAST_SECONDS)
            found = self._solved(held, value, gap=self.gap, seconds=seconds, progress=self.progress)
        except ProgramInfeasibleError:
            if self.best is None:
                raise
            self.bound = self.best.objective  # nothing else could have been better
        except ProgramStoppedError:
            if self.best is None:
                raise
        else:
            # Whatever is not among these solutions is no better than the best that was known.
            known = self.best.objective if self.best is not None else -np.inf
            self.bound = min(self.bound, max(found.bound, known))
            self._keep(found)

    def _solved(
        self, held: Ints, value: Floats, *, gap: float, seconds: float, progress: Progress
    ) -> Solution:
        scale = self.numbers.scale
        solver = highs.load(self.numbers, threads=self.threads, seed=self.seed)
        highs.change_columns(solver, held, lower=value, upper=value)
        highs.search_until(solver, gap=gap, seconds=seconds, scale=scale)
        best = self.best
        if best is not None:
            highs.hint(solver, best.values)
        known = best.objective if best is not None else -np.inf
        with highs.listening(
            solver, scale=scale, stop=self.stop, progress=progress, best=known, bound=self.bound
        ):
            solver.run()
        return highs.answer(solver, scale=scale, mixed=True)

    def _keep(self, found: Solution) -> None:
        if self.best is None or found.objective > self.best.objective:
            self.best = found
            gap = max(self.bound - found.objective, 0.0)
            self.progress(Report("optimise", best=found.objective, bound=self.bound, gap=gap))

    def _found(self) -> Solution:
        if self.best is None:
            raise ProgramStoppedError("stopped before a solution was found")
        bound = max(self.bound, self.best.objective)
        proven = bound - self.best.objective <= self.gap + self._error
        return Solution(self.best.values, self.best.objective, bound, "optimal" if proven else "stopped")

    @property
    def _error(self) -> float:
        return RELAXED_ERROR * max(self.numbers.scale, abs(self.relaxed.objective))

    @property
    def _left(self) -> float:
        return self.ends - time.monotonic()

    @property
    def _over(self) -> bool:
        """Whether the gap is proven, or the caller wants to stop."""
        if self.stop is not None and self.stop.asked:
            return True
        return self.best is not None and self.bound - self.best.objective <= self.gap


def _fixed(numbers: Numbers, start: Start) -> tuple[Ints, Floats]:
    """Whole numbers that a start names, as far as the bounds allow them."""
    if isinstance(start, tuple):
        variable, value = np.asarray(start[0], dtype=np.int64), np.asarray(start[1], dtype=np.float64)
    else:
        variable, value = np.arange(len(numbers.whole)), np.asarray(start, dtype=np.float64)
    held = np.round(value)
    kept = numbers.whole[variable] & (numbers.lower[variable] <= held) & (held <= numbers.upper[variable])
    return variable[kept], held[kept]
