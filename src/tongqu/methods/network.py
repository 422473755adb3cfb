"""Road networks ready for shortest paths: nodes, links, and the edges that the links make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require

__all__ = ["Network", "build_network"]

_Ints32: TypeAlias = npt.NDArray[np.int32]
"""scipy's graph routines take 32-bit positions only."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A road network ready for shortest paths; `build_network` makes it.

    Parameters
    ----------
    nodes : pandas.Index
        Ids of the nodes, shape (nodes,).
    start, end : numpy.ndarray of int
        Node positions where each link starts and ends, shape (links,).
    oneway : numpy.ndarray of bool
        Whether traffic may only go from start to end, shape (links,).
    minutes : numpy.ndarray of float
        Travel time of each link in minutes, shape (links,); inf closes it.
    indptr, indices : numpy.ndarray of int
        The edges (distinct ordered pairs of nodes) in compressed rows, shapes (nodes + 1,) and (edges,).
    arc_link, first_arc : numpy.ndarray of int
        The link of every arc (a link in one direction), arcs sorted by edge, shape (arcs,), and the first
        arc of every edge, shape (edges,).
    """

    nodes: pd.Index[Any]
    start: Ints
    end: Ints
    oneway: Bools
    minutes: Floats
    indptr: _Ints32
    indices: _Ints32
    arc_link: Ints
    first_arc: Ints

    @property
    def graph(self) -> csr_array[Any]:
        """Minutes of the fastest link of every edge, shape (nodes, nodes); a stored zero is an edge."""
        if self.arc_link.size == 0:
            return csr_array((len(self.nodes), len(self.nodes)), dtype=np.float64)
        fastest = np.minimum.reduceat(self.minutes[self.arc_link], self.first_arc)
        return csr_array((fastest, self.indices, self.indptr), shape=(len(self.nodes), len(self.nodes)))

    def locate(self, ids: npt.ArrayLike) -> Ints:
        """Positions of the nodes with these ids, in the order of the ids; a DataError names ids not found."""
        return _locate(self.nodes, ids, column="nodes")

    def with_minutes(self, links: npt.ArrayLike, minutes: npt.ArrayLike) -> Network:
        """The network with other travel times on some links; everything else is shared.

        Parameters
        ----------
        links : array_like of int
            Positions of the links, shape (n,), each at most once.
        minutes : array_like of float
            Their new travel times in minutes, shape (n,) or one for all, 0 or more; inf closes a link.

        Returns
        -------
        Network
            With the same nodes, links and edges.

        Raises
        ------
        DataError
            If a position is no link or comes twice, or a time is negative or missing.
        """
        chosen = positions(links, column="links", size=self.minutes.size)
        once = np.unique(chosen).size == chosen.size
        require(once, column="links", rule="a link comes twice", mend="keep one new time for each link")
        changed = self.minutes.copy()
        changed[chosen] = floats(minutes, column="minutes", low=0)
        return replace(self, minutes=changed)


def build_network(
    nodes: npt.ArrayLike,
    *,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    minutes: npt.ArrayLike,
    oneway: npt.ArrayLike = False,
) -> Network:
    """A network of nodes and links.

    Of parallel links the fastest counts; a link from a node to itself is kept but never used.

    Parameters
    ----------
    nodes : array_like
        Ids of the nodes, shape (nodes,), each once.
    start, end : array_like
        Ids of the nodes where each link starts and ends, shape (links,).
    minutes : array_like of float
        Travel time of each link in minutes, shape (links,), 0 or more; inf closes a link.
    oneway : array_like of bool
        Whether traffic may only go from start to end, shape (links,) or one for all.

    Returns
    -------
    Network
        Links keep their order: position i is row i of the arrays given.

    Raises
    ------
    DataError
        If a node comes twice, a link ends at no node, lengths differ, or a time is negative or missing.

    Examples
    --------
    >>> from tongqu.methods.travel import nearest
    >>> network = build_network(["a", "b", "c"], start=["a", "b"], end=["b", "c"], minutes=[5, 7])
    >>> nearest(network, targets=network.locate(["c"])).minutes
    array([12.,  7.,  0.])
    """
    index: pd.Index[Any] = pd.Index(np.asarray(nodes))
    require(index.is_unique, column="nodes", rule="a node comes twice", mend="keep each node once")
    first = _locate(index, start, column="start")
    last = _locate(index, end, column="end")
    time = floats(minutes, column="minutes", low=0)
    same = first.shape == last.shape == time.shape
    require(same, column="start, end, minutes", rule="lengths differ", mend="give one value for each link")
    single = np.broadcast_to(np.asarray(oneway, dtype=np.bool_), time.shape).copy()
    indptr, indices, arc_link, first_arc = _edges(first, last, oneway=single, nodes=len(index))
    return Network(index, first, last, single, time, indptr, indices, arc_link, first_arc)


def _locate(index: pd.Index[Any], ids: npt.ArrayLike, *, column: str) -> Ints:
    wanted = np.asarray(ids)
    found = np.asarray(index.get_indexer(pd.Index(wanted)), dtype=np.int64)
    lost = wanted[found < 0]
    names = ", ".join(str(name) for name in lost[:5])
    require(
        lost.size == 0, column=column, rule=f"{lost.size} ids are no nodes: {names}", mend="add the nodes"
    )
    return found


def _edges(start: Ints, end: Ints, *, oneway: Bools, nodes: int) -> tuple[_Ints32, _Ints32, Ints, Ints]:
    back = np.flatnonzero(~oneway)
    link = np.concatenate([np.arange(start.size), back])
    tail = np.concatenate([start, end[back]])
    head = np.concatenate([end, start[back]])
    real = tail != head
    link, edge = link[real], tail[real] * nodes + head[real]
    order = np.argsort(edge, kind="stable")
    distinct, first_arc = np.unique(edge[order], return_index=True)
    indptr = np.searchsorted(distinct, np.arange(nodes + 1) * nodes)
    indices = (distinct % max(nodes, 1)).astype(np.int32)
    return indptr.astype(np.int32), indices, link[order], first_arc.astype(np.int64)
