"""A network contracted to a small core, over which many questions are answered exactly and fast."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
from scipy.sparse import csr_array

from tongqu.methods._arrays import Floats32, Ints, Ints32
from tongqu.methods.kernels.contract import eliminate, pairs
from tongqu.methods.kernels.ways import closure, down_few, tables

__all__ = ["Contraction", "contract", "share"]

MOST_NEIGHBOURS: Final = 16
"""Nodes with more neighbours stay in the core. On a road network of 290,000 nodes 8 leaves 10,700 of them and
28 leaves 2,900, in more time; in between the sum of both times differs little (benchmarks/travel.py)."""


@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """A network without most of its nodes, minutes among the rest unchanged; `contract` makes it.

    Nodes are slots: the core first, then the nodes taken out, last to first.

    Parameters
    ----------
    slot : numpy.ndarray of int32
        Slot of each node, shape (nodes,).
    rows, above : numpy.ndarray
        Arcs from each node taken out to the neighbours that it had then, which lie in lesser slots:
        compressed rows, shapes (nodes taken out + 1,) and (arcs,).
    up, down : numpy.ndarray of float32
        Minutes along those arcs and back, shape (arcs,); inf where there is no way.
    core_rows, core_heads : numpy.ndarray
        Arcs among the core in compressed rows, shapes (core + 1,) and (core arcs,).
    along, back : numpy.ndarray of float32
        Minutes along those arcs and back, shape (core arcs,); inf where there is no way.
    """

    slot: Ints32
    rows: Ints
    above: Ints32
    up: Floats32
    down: Floats32
    core_rows: Ints
    core_heads: Ints32
    along: Floats32
    back: Floats32

    def minutes(self, sources: Ints, targets: Ints, *, limit: float) -> Floats32:
        """Minutes from each source to each target, node positions; shape (sources, targets)."""
        from_slot, to_slot = self.slot[sources], self.slot[targets]
        core = self.core_rows.size - 1
        turned = to_slot.size < from_slot.size
        climb, sweep, across = self._directed(turned=turned)
        near, far = (to_slot, from_slot) if turned else (from_slot, to_slot)
        needed = closure(self.rows, self.above, core, far)
        out = np.empty((near.size, far.size), dtype=np.float32)

        def work(begin: int, end: int) -> None:
            tables(
                self.rows,
                self.above,
                climb,
                sweep,
                self.core_rows,
                self.core_heads,
                across,
                near[begin:end],
                far,
                needed,
                np.float32(limit),
                out[begin:end],
            )

        share(work, near.size)
        return out.T if turned else out

    def nearest(self, targets: Ints, *, few: int, limit: float) -> tuple[Floats32, Ints32]:
        """Minutes from every node to its nearest few targets, and their numbers; shapes (nodes, few)."""
        best = np.full((self.slot.size, few), np.inf, dtype=np.float32)
        which = np.full(best.shape, np.iinfo(np.int32).max, dtype=np.int32)
        climb, sweep, across = self._directed(turned=True)
        down_few(
            self.rows,
            self.above,
            climb,
            sweep,
            self.core_rows,
            self.core_heads,
            across,
            self.slot[targets],
            np.float32(limit),
            best,
            which,
        )
        return best[self.slot], which[self.slot]

    def _directed(self, *, turned: bool) -> tuple[Floats32, Floats32, Floats32]:
        """Minutes up, down and across the core; turned: of the way back."""
        return (self.down, self.up, self.back) if turned else (self.up, self.down, self.along)


def contract(graph: csr_array[Any], *, place: Ints32) -> Contraction:
    """A network contracted to its core.

    Parameters
    ----------
    graph : scipy.sparse.csr_array
        Minutes of the arcs, rows sorted, shape (nodes, nodes); inf closes an arc.
    place : numpy.ndarray of int32
        Place of each node in an order that keeps neighbours close in memory, shape (nodes,).

    Returns
    -------
    Contraction
        Exact: distances are sums of whole ticks, which float32 adds without rounding.

    Examples
    --------
    >>> line = csr_array(([1.0, 2.0], ([0, 1], [1, 2])), shape=(3, 3))
    >>> found = contract(line, place=np.arange(3, dtype=np.int32))
    >>> found.minutes(np.array([0]), np.array([2, 1]), limit=9)
    array([[3., 1.]], dtype=float32)
    """
    nodes = graph.shape[0]
    reverse = csr_array(graph.T)
    tails, heads, onward, back = pairs(
        graph.indptr, graph.indices, graph.data, reverse.indptr, reverse.indices, reverse.data
    )
    taken, rows, above, up, down, core, core_rows, core_heads, along, core_back = eliminate(
        place[tails], place[heads], onward, back, nodes, MOST_NEIGHBOURS
    )
    slots = np.empty(nodes, dtype=np.int32)
    slots[core] = np.arange(core.size, dtype=np.int32)
    slots[taken[::-1]] = np.arange(core.size, nodes, dtype=np.int32)
    width = np.diff(rows)[::-1]
    new_rows = np.concatenate([[0], np.cumsum(width)])
    arcs = np.repeat(rows[:-1][::-1] - new_rows[:-1], width) + np.arange(above.size)
    return Contraction(
        slots[place],
        new_rows,
        slots[above[arcs]],
        up[arcs],
        down[arcs],
        core_rows,
        core_heads,
        along,
        core_back,
    )


def share(work: Callable[[int, int], None], size: int) -> None:
    """Do the work on ranges of [0, size) in threads, as many as numba may use.

    Parameters
    ----------
    work : callable
        Takes where a range begins and ends; compiled kernels inside let other threads run.
    size : int
        How many pieces of work there are.

    Examples
    --------
    >>> done = np.zeros(5)
    >>> def work(begin: int, end: int) -> None:
    ...     done[begin:end] += 1
    >>> share(work, 5)
    >>> done
    array([1., 1., 1., 1., 1.])
    """
    cuts = np.linspace(0, size, min(numba.get_num_threads(), size) + 1).astype(int).tolist()
    if len(cuts) <= 2:
        work(0, size)
        return
    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        for job in [pool.submit(work, begin, end) for begin, end in pairwise(cuts)]:
            job.result()
