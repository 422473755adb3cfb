"""A short tree of roads that connects sites to where fibre lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra, minimum_spanning_tree

from tongqu.methods._arrays import Bools, Floats, Ints, positions
from tongqu.methods.backhaul.ascent import dual_ascent
from tongqu.methods.backhaul.roads import ROOT, Roads, from_root, graph_of

__all__ = ["Tree", "fibre_tree"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tree:
    """Links to lay fibre along so that every site in reach is connected.

    Parameters
    ----------
    links : numpy.ndarray of int
        Links used, in rising order, shape (links used,).
    km : float
        Their length.
    bound : float
        No tree is shorter (dual ascent).
    gap : float
        (km - bound) / km; 0 where the tree is proven shortest.
    reached : numpy.ndarray of bool
        Whether a site can be connected at all, shape (sites,).
    share_km : numpy.ndarray of float
        What each site bears if those behind a link share it equally, shape (sites,); adds up to `km`. NaN
        where not reached.
    alone_km : numpy.ndarray of float
        Length if only this site were connected, shape (sites,); inf where not reached.
    """

    links: Ints
    km: float
    bound: float
    gap: float
    reached: Bools
    share_km: Floats
    alone_km: Floats


def fibre_tree(roads: Roads, *, roots: npt.ArrayLike, sites: npt.ArrayLike) -> Tree:
    """Short tree of roads that connects sites to the nodes that have fibre (Steiner tree, heuristic).

    The nearest site is joined to the tree again and again, once on all roads and once on those that the
    bound leaves without slack; each tree is then pruned to the least one on its own nodes.

    Parameters
    ----------
    roads : Roads
        Links go both ways.
    roots : array_like of int
        Nodes that have fibre; without one no site is in reach.
    sites : array_like of int
        Nodes to connect, shape (sites,); a node may come twice.

    Returns
    -------
    Tree
        With a lower bound.

    Raises
    ------
    DataError
        If a position is outside.

    References
    ----------
    Takahashi, H., Matsuyama, A. (1980), An approximate solution for the Steiner problem in graphs,
    Mathematica Japonica 24, 573-577. Bound: Wong, R. T. (1984), A dual ascent approach for Steiner tree
    problems on a directed graph, Mathematical Programming 28, 271-287.

    Examples
    --------
    >>> roads = Roads(
    ...     start=np.array([0, 1, 1, 2]), end=np.array([1, 2, 3, 3]), km=np.array([4.0, 1, 1, 9]), nodes=4
    ... )
    >>> found = fibre_tree(roads, roots=[0], sites=[2, 3])
    >>> found.links, found.km, found.gap, found.share_km
    (array([0, 1, 2]), 6.0, 0.0, array([3., 3.]))
    """
    spots = positions(roots, column="roots", size=roads.nodes)
    wanted = positions(sites, column="sites", size=roads.nodes)
    if spots.size == 0:
        return _no_tree(wanted.size)
    graph = graph_of(roads, roots=spots)
    mine = graph.node[wanted]
    alone = from_root(graph.table)[mine]
    reached = np.isfinite(alone)
    goals = np.setdiff1d(mine[reached], [ROOT])
    bound, tight = dual_ascent(graph.table, goals)
    trees = [_tree(table, graph.table, goals) for table in (graph.table, tight)]
    best = min(trees, key=lambda tree: float(tree.sum()))
    share = np.full(wanted.size, np.nan)
    share[reached] = _shares(best, mine[reached])
    parts = best.tocoo()
    pairs = zip(
        np.minimum(parts.row, parts.col).tolist(), np.maximum(parts.row, parts.col).tolist(), strict=True
    )
    links = np.array(sorted(graph.link[pair] for pair in pairs), dtype=np.int64)
    km = float(roads.km[links].sum())
    bound = km if km - bound <= 1e-6 * max(km, 1.0) else bound
    return Tree(
        links=links,
        km=km,
        bound=bound,
        gap=(km - bound) / km if km > 0 else 0.0,
        reached=np.asarray(reached),
        share_km=share,
        alone_km=np.asarray(alone),
    )


def _no_tree(sites: int) -> Tree:
    """What there is without fibre anywhere."""
    return Tree(
        links=np.empty(0, dtype=np.int64),
        km=0.0,
        bound=0.0,
        gap=0.0,
        reached=np.zeros(sites, dtype=np.bool_),
        share_km=np.full(sites, np.nan),
        alone_km=np.full(sites, np.inf),
    )


def _tree(table: csr_array[Any], whole: csr_array[Any], goals: Ints) -> csr_array[Any]:
    """Tree that joins the nearest goal again and again along a table; pruned on the whole table."""
    inside = np.zeros(table.shape[0], dtype=bool)
    inside[ROOT] = True
    open_ = goals
    while open_.size:
        away, before, _ = dijkstra(
            table, indices=np.flatnonzero(inside), min_only=True, return_predecessors=True
        )
        spot = int(open_[away[open_].argmin()])
        while not inside[spot]:
            inside[spot] = True
            spot = int(before[spot])
        open_ = open_[~inside[open_]]
    return _pruned(whole, inside, goals=goals)


def _pruned(whole: csr_array[Any], inside: Bools, *, goals: Ints) -> csr_array[Any]:
    """The least tree on the nodes inside, without branches that lead to no goal; a link is stored once."""
    nodes = np.flatnonzero(inside)
    part = whole[nodes][:, nodes].tocoo()
    least = minimum_spanning_tree(csr_array(part)).tocoo()
    row, column = nodes[least.row], nodes[least.col]
    kept = np.ones(row.size, dtype=bool)
    held = np.zeros(whole.shape[0], dtype=bool)
    held[goals] = True
    held[ROOT] = True
    while True:
        degree = np.bincount(np.concatenate([row[kept], column[kept]]), minlength=held.size)
        bare = (degree == 1) & ~held
        gone = kept & (bare[row] | bare[column])
        if not gone.any():
            break
        kept &= ~gone
    return csr_array((least.data[kept], (row[kept], column[kept])), shape=whole.shape)


def _shares(tree: csr_array[Any], sites: Ints) -> Floats:
    """Length that each site bears when those behind a link share it."""
    both = csr_array(tree + tree.T)
    order, before = breadth_first_order(both, ROOT, directed=False)
    behind = np.bincount(sites, minlength=both.shape[0]).astype(np.float64)
    for node in order[:0:-1]:
        behind[before[node]] += behind[node]
    borne = np.zeros(both.shape[0])
    for node in order[1:]:
        borne[node] = borne[before[node]] + both[node, before[node]] / behind[node]
    return np.asarray(borne[sites])
