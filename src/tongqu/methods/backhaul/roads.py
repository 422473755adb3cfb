"""Roads that fibre can follow, and how far each place lies from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tongqu.methods._arrays import Floats, Ints, floats, positions, require

__all__ = ["ROOT", "TINY", "Graph", "Roads", "from_root", "graph_of", "way_km"]

ROOT: Final = 0
"""All nodes that have fibre are one node: a tree may start from any of them."""
TINY: Final = 1e-9
"""km that a link has at least inside the search (a micrometre): to scipy's graphs a zero is no link."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Roads:
    """Roads that fibre can follow.

    Parameters
    ----------
    start, end : numpy.ndarray of int
        Nodes of each link, shape (links,), positions.
    km : numpy.ndarray of float
        Length of each link, shape (links,), 0 or more.
    nodes : int
        Number of nodes.
    """

    start: Ints
    end: Ints
    km: Floats
    nodes: int

    def __post_init__(self) -> None:
        positions(self.start, column="start", size=self.nodes)
        positions(self.end, column="end", size=self.nodes)
        length = floats(self.km, column="km", low=0)
        fits = length.ndim == 1 and np.shape(self.start) == np.shape(self.end) == length.shape
        require(
            fits, column="km", rule="shapes do not fit", mend="give one start, end and length for each link"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Roads with all roots in one node, the shortest of parallel links."""

    table: csr_array[Any]
    """km between neighbours, both ways, above 0, shape (nodes, nodes)."""
    node: Ints
    """New position of each old node."""
    link: dict[tuple[int, int], int]
    """Link between two new positions, the lower first."""


def graph_of(roads: Roads, *, roots: Ints) -> Graph:
    """The roads as a graph; `roots` become its node `ROOT`."""
    node = np.full(roads.nodes, -1, dtype=np.int64)
    node[roots] = ROOT
    other = np.flatnonzero(node < 0)
    node[other] = np.arange(1, other.size + 1)
    one, two = node[roads.start], node[roads.end]
    low, high = np.minimum(one, two), np.maximum(one, two)
    order = np.lexsort((np.arange(low.size), roads.km, high, low))
    order = order[low[order] != high[order]]
    first = np.ones(order.size, dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    kept = order[first]
    size = other.size + 1
    ends = (np.concatenate([low[kept], high[kept]]), np.concatenate([high[kept], low[kept]]))
    length = np.maximum(roads.km[kept], TINY)
    table = csr_array((np.tile(length, 2), ends), shape=(size, size))
    table.sort_indices()
    link = dict(zip(zip(low[kept].tolist(), high[kept].tolist(), strict=True), kept.tolist(), strict=True))
    return Graph(table, node, link)


def from_root(table: csr_array[Any]) -> Floats:
    """Length of the shortest way from the root to every node."""
    return np.asarray(dijkstra(table, indices=[ROOT])[0])


def way_km(roads: Roads, *, roots: npt.ArrayLike) -> Floats:
    """Length of the shortest way from every node to the nearest of some nodes.

    Parameters
    ----------
    roads : Roads
        Links go both ways.
    roots : array_like of int
        Positions of nodes.

    Returns
    -------
    numpy.ndarray of float
        km, shape (nodes,); inf where there is no way.

    Raises
    ------
    DataError
        If a position is outside.

    Examples
    --------
    >>> roads = Roads(start=np.array([0, 1]), end=np.array([1, 2]), km=np.array([2.0, 3.0]), nodes=4)
    >>> way_km(roads, roots=[0])
    array([ 0.,  2.,  5., inf])
    """
    spots = positions(roots, column="roots", size=roads.nodes)
    if spots.size == 0:
        return np.full(roads.nodes, np.inf)
    graph = graph_of(roads, roots=spots)
    return np.asarray(from_root(graph.table)[graph.node])
