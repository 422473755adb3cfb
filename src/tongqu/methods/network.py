"""Road networks ready for shortest paths: nodes, links, and the edges that the links make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from tongqu.methods._arrays import Bools, Floats, Floats32, Ints, Ints32, floats, positions, require
from tongqu.methods.contraction import Contraction, contract
from tongqu.methods.kernels.order import blocks

__all__ = ["TICKS_PER_MINUTE", "Arcs", "Network", "build_network", "whole_ticks"]

TICKS_PER_MINUTE: Final = 4096
"""Times are whole ticks of 1/4096 minute (15 ms), so that float32 adds them without rounding up to 4096
minutes: every algorithm, adding the links of a path in its own order, finds the same number."""


_BLOCK: Final = 256
"""Nodes in a block: their arcs fill a few pages of memory (of 64 to 4096, measured to differ little)."""


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Edges of a network in compressed rows, nodes renumbered so that neighbours lie close in memory.

    Parameters
    ----------
    indptr : numpy.ndarray of int64
        Row of each node, shape (nodes + 1,).
    heads : numpy.ndarray of int32
        Where each arc leads, shape (arcs,).
    minutes : numpy.ndarray of float32
        Its minutes, all finite, shape (arcs,).
    """

    indptr: Ints
    heads: Ints32
    minutes: Floats32


def whole_ticks(minutes: Floats) -> Floats:
    """The minutes rounded to whole ticks; what takes any time takes at least one.

    Parameters
    ----------
    minutes : numpy.ndarray of float
        Any shape, 0 or more; inf stays.

    Returns
    -------
    numpy.ndarray of float
        Shape of `minutes`; off by half a tick (7 ms) at most, or by less than a tick below one.

    Examples
    --------
    >>> whole_ticks(np.array([0.0, 1e-9, 0.5, np.inf]))
    array([0.00000000e+00, 2.44140625e-04, 5.00000000e-01,            inf])
    """
    ticks = np.maximum(np.round(minutes * TICKS_PER_MINUTE), np.sign(minutes))
    return np.asarray(ticks / TICKS_PER_MINUTE)


@dataclass(frozen=True, eq=False)
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
        Travel time of each link in minutes, in whole ticks, shape (links,); inf closes it.
    indptr, indices : numpy.ndarray of int
        The edges (distinct ordered pairs of nodes) in compressed rows, shapes (nodes + 1,) and (edges,).
    arc_link, first_arc : numpy.ndarray of int
        The link of every arc (a link in one direction), arcs sorted by edge, shape (arcs,), and the first
        arc of every edge, shape (edges,).
    order, place : numpy.ndarray of int
        Nodes in an order that keeps neighbours together, and the place of each node in it, shape (nodes,).
    """

    nodes: pd.Index[Any]
    start: Ints
    end: Ints
    oneway: Bools
    minutes: Floats
    indptr: Ints32
    indices: Ints32
    arc_link: Ints
    first_arc: Ints
    order: Ints32
    place: Ints32

    @cached_property
    def graph(self) -> csr_array[Any]:
        """Minutes of the fastest link of every edge, shape (nodes, nodes); a stored zero is an edge."""
        if self.arc_link.size == 0:
            return csr_array((len(self.nodes), len(self.nodes)), dtype=np.float64)
        fastest = np.minimum.reduceat(self.minutes[self.arc_link], self.first_arc)
        return csr_array((fastest, self.indices, self.indptr), shape=(len(self.nodes), len(self.nodes)))

    @cached_property
    def arcs(self) -> Arcs:
        """Open edges from each node on, nodes counted by `place`."""
        return _arcs(self.graph, order=self.order, place=self.place)

    @cached_property
    def arcs_back(self) -> Arcs:
        """Open edges against their direction, nodes counted by `place`."""
        return _arcs(csr_array(self.graph.T), order=self.order, place=self.place)

    @cached_property
    def contraction(self) -> Contraction:
        """The network contracted to a small core, for many questions; made at the first."""
        return contract(self.graph, place=self.place)

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
            If a position is no link or comes twice, lengths differ, or a time is negative or missing.
        """
        chosen = positions(links, column="links", size=self.minutes.size)
        once = np.unique(chosen).size == chosen.size
        require(once, column="links", rule="a link comes twice", mend="keep one new time for each link")
        time = whole_ticks(floats(minutes, column="minutes", low=0))
        fits = time.shape in {(), chosen.shape}
        require(fits, column="minutes", rule="lengths differ", mend="give one time for each link")
        changed = self.minutes.copy()
        changed[chosen] = time
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
    time = whole_ticks(floats(minutes, column="minutes", low=0))
    same = first.shape == last.shape == time.shape
    require(same, column="start, end, minutes", rule="lengths differ", mend="give one value for each link")
    flags = np.asarray(oneway, dtype=np.bool_)
    fits = flags.shape in {(), time.shape}
    require(fits, column="oneway", rule="lengths differ", mend="give one value for each link, or one for all")
    single = np.broadcast_to(flags, time.shape).copy()
    indptr, indices, arc_link, first_arc = _edges(first, last, oneway=single, nodes=len(index))
    order = blocks(*_both_ways(indptr, indices), _BLOCK)
    place = np.empty_like(order)
    place[order] = np.arange(order.size, dtype=np.int32)
    return Network(index, first, last, single, time, indptr, indices, arc_link, first_arc, order, place)


def _both_ways(indptr: Ints32, indices: Ints32) -> tuple[Ints32, Ints32]:
    """The edges and their reverse, in compressed rows."""
    size = indptr.size - 1
    onward = csr_array((np.ones(indices.size, dtype=np.int8), indices, indptr), shape=(size, size))
    both = csr_array(onward + onward.T)
    return both.indptr.astype(np.int32), both.indices.astype(np.int32)


def _arcs(graph: csr_array[Any], *, order: Ints32, place: Ints32) -> Arcs:
    row_size = np.diff(graph.indptr)[order]
    indptr = np.concatenate([[0], np.cumsum(row_size)])
    take = np.repeat(graph.indptr[order] - indptr[:-1], row_size) + np.arange(graph.nnz)
    minutes, heads = graph.data[take], place[graph.indices[take]]
    is_open = np.isfinite(minutes)
    indptr = np.concatenate([[0], np.cumsum(is_open)])[indptr]
    return Arcs(indptr, heads[is_open], minutes[is_open].astype(np.float32))


def _locate(index: pd.Index[Any], ids: npt.ArrayLike, *, column: str) -> Ints:
    wanted = np.asarray(ids)
    found = np.asarray(index.get_indexer(pd.Index(wanted)), dtype=np.int64)
    lost = wanted[found < 0]
    names = ", ".join(str(name) for name in lost[:5])
    require(
        lost.size == 0, column=column, rule=f"{lost.size} ids are no nodes: {names}", mend="add the nodes"
    )
    return found


def _edges(start: Ints, end: Ints, *, oneway: Bools, nodes: int) -> tuple[Ints32, Ints32, Ints, Ints]:
    back = np.flatnonzero(~oneway)
    link = np.concatenate([np.arange(start.size), back])
    tail = np.concatenate([start, end[back]])
    head = np.concatenate([end, start[back]])
    real = tail != head
    link, edge = link[real], tail[real] * nodes + head[real]
    order = np.argsort(edge, kind="stable")
    edge = edge[order]
    first_arc = np.flatnonzero(np.diff(edge, prepend=-1))
    tails, heads = np.divmod(edge[first_arc], max(nodes, 1))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=nodes))])
    return indptr.astype(np.int32), heads.astype(np.int32), link[order], first_arc
