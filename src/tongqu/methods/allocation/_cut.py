"""The best set of cells when every cell has a worth and every boundary a cost: a minimum cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from tongqu.methods._arrays import Bools, Floats, Ints

__all__ = ["Neighbours", "best_set"]

LARGEST: Final = 2**31 - 1
"""scipy's flows are int32."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Pairs of cells with a common boundary, and what a metre of it costs counted in.

    Parameters
    ----------
    first, second : numpy.ndarray of int
        Cells, shape (pairs,).
    cost : numpy.ndarray of float
        0 or more, in the unit of worth, shape (pairs,).
    size : int
        Number of cells.
    """

    first: Ints
    second: Ints
    cost: Floats
    size: int

    def boundary(self, share: Floats) -> float:
        """Cost of the boundary of a set, or of shares of cells in [0, 1], shape (cells,)."""
        return float(self.cost @ np.abs(share[self.first] - share[self.second]))


def best_set(worth: Floats, neighbours: Neighbours) -> tuple[Bools, float]:
    """The set with most worth less boundary, and a value that no set exceeds.

    Worth and cost are rounded to whole numbers for the flow, worth up and cost down, so the bound holds for
    the numbers as given; the set is best for the rounded ones.

    Parameters
    ----------
    worth : numpy.ndarray of float
        Of each cell, of either sign, finite, shape (cells,).
    neighbours : Neighbours

    Returns
    -------
    inside : numpy.ndarray of bool
        The smallest best set, shape (cells,).
    bound : float

    References
    ----------
    Picard, J.-C., Ratliff, H. D. (1975), Minimum cuts and related problems, Networks 5, 357-370.

    Examples
    --------
    >>> line = Neighbours(np.array([0, 1]), np.array([1, 2]), np.array([1.0, 1.0]), 3)
    >>> inside, bound = best_set(np.array([3.0, -1.0, 3.0]), line)
    >>> inside.tolist(), round(bound, 4)
    ([True, True, True], 5.0)
    """
    size = len(worth)
    gain = worth > 0
    total = float(worth[gain].sum())
    if total <= 0:
        return np.zeros(size, bool), 0.0
    # Rounding up adds less than 1 for each cell, so the whole flow stays below the largest.
    scale = (LARGEST - size - 1) / total
    inner, outer = np.flatnonzero(gain), np.flatnonzero(worth < 0)
    source = np.ceil(worth[inner] * scale)
    sink = np.minimum(np.floor(-worth[outer] * scale), LARGEST)  # what exceeds all flow never binds
    edge = np.minimum(np.floor(neighbours.cost * scale), LARGEST)
    rows = np.concatenate(
        [neighbours.first, neighbours.second, np.full(len(inner), size), outer], dtype=np.int64
    )
    columns = np.concatenate(
        [neighbours.second, neighbours.first, inner, np.full(len(outer), size + 1)], dtype=np.int64
    )
    room = np.concatenate([edge, edge, source, sink]).astype(np.int32)
    graph = sp.csr_array((room, (rows.astype(np.int32), columns.astype(np.int32))), shape=(size + 2,) * 2)
    flow = maximum_flow(graph, size, size + 1)
    # Room plus flow against an edge may exceed int32.
    left = sp.csr_array(graph.astype(np.int64) - flow.flow.astype(np.int64))
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = breadth_first_order(left, size, return_predecessors=False)
    inside = np.zeros(size + 2, bool)
    inside[reached] = True
    return inside[:size], (float(source.sum()) - float(flow.flow_value)) / scale
