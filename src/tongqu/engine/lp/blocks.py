"""A program that falls apart without a few coupling rows: a bound and an answer from its blocks.

With prices on the coupling rows, the blocks can be solved one by one, and their sum is a bound (Lagrangian
relaxation). With the coupling rows split among the blocks as the relaxation uses them, the blocks' answers
together keep every row.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tongqu.engine.lp import highs
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.parts import Floats, Ints, Solution, SolverError, Stop

__all__ = ["Block", "Blocks", "ByBlocks", "blocks_of"]

LEAST_SHARE: Final = 0.02
"""Share of the whole numbers that a block must have to count as one of size."""


@dataclass(frozen=True)
class Block:
    """Variables and rows that no other block has."""

    variables: Ints
    rows: Ints


@dataclass(frozen=True)
class Blocks:
    """Blocks of a program, and the rows that couple them.

    Examples
    --------
    >>> from tongqu.engine.lp import Program, Terms
    >>> program = Program()
    >>> x, y = program.variables("x", 2, binary=True), program.variables("y", 2, binary=True)
    >>> program.rows("of x", Terms.of([0, 0], x, 1.0), sense="<=", rhs=[1.0])
    >>> program.rows("of y", Terms.of([0, 0], y, 1.0), sense="<=", rhs=[1.0])
    >>> program.rows("pool", Terms.of([0, 0], [x[0], y[0]], 1.0), sense="<=", rhs=[1.0])
    >>> found = program.blocks(coupling=["pool"])
    >>> [block.variables.tolist() for block in found.blocks], found.coupling.tolist()
    ([[0, 1], [2, 3]], [2])
    """

    blocks: tuple[Block, ...]
    coupling: Ints

    def of_size(self, numbers: Numbers) -> Blocks:
        """The blocks that hold a fair share of the whole numbers, and one of all others."""
        whole = max(int(numbers.whole.sum()), 1)
        fair = [numbers.whole[block.variables].sum() / whole >= LEAST_SHARE for block in self.blocks]
        large = [block for block, kept in zip(self.blocks, fair, strict=True) if kept]
        small = [block for block, kept in zip(self.blocks, fair, strict=True) if not kept]
        if small:
            variables = np.sort(np.concatenate([block.variables for block in small]))
            rows = np.sort(np.concatenate([block.rows for block in small]))
            large.append(Block(variables, rows))
        return Blocks(tuple(large), self.coupling)

    def worth(self, numbers: Numbers) -> bool:
        """Whether whole numbers are to be found in two blocks at least."""
        return sum(bool(numbers.whole[block.variables].any()) for block in self.blocks) > 1


def blocks_of(numbers: Numbers, coupling: Ints) -> Blocks:
    """Give what a program falls into without some rows, in the order of the first variable."""
    rows = np.setdiff1d(np.arange(numbers.table.shape[0]), coupling)
    table = csr_array(numbers.table[rows])
    ones = csr_array((np.ones(len(table.data)), table.indices, table.indptr), shape=table.shape)
    count, label = connected_components(csr_array(ones.T @ ones), directed=False)
    first = np.full(table.shape[0], -1)
    used = np.diff(table.indptr) > 0
    first[used] = label[table.indices[table.indptr[:-1][used]]]
    blocks = [Block(np.flatnonzero(label == each), rows[first == each]) for each in range(count)]
    return Blocks(tuple(blocks), np.asarray(coupling, dtype=np.int64))


@dataclass(frozen=True)
class ByBlocks:
    """How blocks are solved.

    Parameters
    ----------
    gap : float
        Absolute gap of the whole program.
    ends : float
        When the time is over, by `time.monotonic`.
    threads : int
        Blocks solved at a time; the answer does not depend on it.
    """

    numbers: Numbers
    found: Blocks
    gap: float
    ends: float
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    seed: int = 0
    stop: Stop | None = None

    def bound(self, dual: Floats) -> float:
        """Bound at prices of the coupling rows; infinite where a block gave none.

        Parameters
        ----------
        dual : array
            What one unit more of each coupling row's right-hand side is worth.

        References
        ----------
        Geoffrion, A. (1974), Lagrangean relaxation for integer programming, Mathematical Programming Study 2,
        82-114.
        """
        numbers, rows = self.numbers, self.found.coupling
        low, high = numbers.row_lower[rows], numbers.row_upper[rows]
        # A price of the wrong sign would give no bound.
        price = np.where(np.isfinite(high), np.maximum(dual, 0.0), 0.0)
        price = np.where(np.isfinite(low), price + np.minimum(dual, 0.0), price)
        side = np.where(price > 0, high, low)
        constant = float((price[price != 0] * side[price != 0]).sum())
        reduced = replace(numbers, weight=numbers.weight - numbers.table[rows].T @ price)
        parts = self._solved([_part(reduced, block, rows=block.rows) for block in self.found.blocks])
        return constant + sum(np.inf if part is None else part.bound for part in parts)

    def answer(self, relaxed: Floats) -> Solution | None:
        """An answer with each coupling row split among the blocks as the relaxation uses it."""
        numbers, rows = self.numbers, self.found.coupling
        table = csr_array(numbers.table[rows])
        used = np.array([table[:, block.variables] @ relaxed[block.variables] for block in self.found.blocks])
        touched = np.array([np.diff(table[:, block.variables].indptr) > 0 for block in self.found.blocks])
        count = np.maximum(touched.sum(axis=0), 1)
        total = used.sum(axis=0)
        spare_high = np.where(touched, (numbers.row_upper[rows] - total) / count, 0.0)
        spare_low = np.where(touched, (numbers.row_lower[rows] - total) / count, 0.0)
        parts = []
        for number, block in enumerate(self.found.blocks):
            mine = np.flatnonzero(touched[number])
            both = np.concatenate([block.rows, rows[mine]])
            part = _part(numbers, block, rows=both)
            low, high = part.row_lower.copy(), part.row_upper.copy()
            low[len(block.rows) :] = (used + np.minimum(spare_low, 0.0))[number, mine]
            high[len(block.rows) :] = (used + np.maximum(spare_high, 0.0))[number, mine]
            parts.append(replace(part, row_lower=low, row_upper=high))
        solved = self._solved(parts)
        values = np.zeros(len(numbers.lower))
        for block, found in zip(self.found.blocks, solved, strict=True):
            if found is None:
                return None
            values[block.variables] = found.values
        objective = float(numbers.weight @ values)
        return Solution(values, objective, np.inf, "stopped")

    def _solved(self, parts: Sequence[Numbers]) -> list[Solution | None]:
        """Blocks with whole numbers side by side in threads: the solver lets other threads run."""
        with ThreadPoolExecutor(max_workers=max(self.threads, 1)) as pool:
            return list(pool.map(self._one, parts))

    def _one(self, part: Numbers) -> Solution | None:
        scale, mixed = part.scale, bool(part.whole.any())
        solver = highs.load(part, seed=self.seed)
        seconds = max(self.ends - time.monotonic(), 0.0)
        highs.search_until(
            solver, gap=self.gap / max(len(self.found.blocks), 1), seconds=seconds, scale=scale
        )
        try:
            with highs.listening(solver, scale=scale, stop=self.stop):
                solver.run()
            return highs.answer(solver, scale=scale, mixed=mixed)
        except SolverError:
            return None


def _part(numbers: Numbers, block: Block, *, rows: Ints) -> Numbers:
    """The program of one block."""
    return Numbers(
        csr_array(csr_array(numbers.table[rows])[:, block.variables]),
        numbers.row_lower[rows],
        numbers.row_upper[rows],
        numbers.lower[block.variables],
        numbers.upper[block.variables],
        numbers.whole[block.variables],
        numbers.weight[block.variables],
    )
