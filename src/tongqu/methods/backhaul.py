"""Fibre along roads from where it lies to sites that need it, and which sites to choose with it in mind."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra, minimum_spanning_tree

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.covering import Covering, Search, maximal_covering

__all__ = ["Chosen", "Roads", "Tree", "cover_with_backhaul", "fibre_tree", "way_km"]

_ROOT: Final = 0
"""All nodes that have fibre are one node: a tree may start from any of them."""
_TINY: Final = 1e-9
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


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """Roads with all roots in one node, the shortest of parallel links."""

    table: csr_array[Any]
    """km between neighbours, both ways, above 0, shape (nodes, nodes)."""
    node: Ints
    """New position of each old node."""
    link: dict[tuple[int, int], int]
    """Link between two new positions, the lower first."""


def _graph(roads: Roads, *, roots: Ints) -> _Graph:
    node = np.full(roads.nodes, -1, dtype=np.int64)
    node[roots] = _ROOT
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
    length = np.maximum(roads.km[kept], _TINY)
    table = csr_array((np.tile(length, 2), ends), shape=(size, size))
    table.sort_indices()
    link = dict(zip(zip(low[kept].tolist(), high[kept].tolist(), strict=True), kept.tolist(), strict=True))
    return _Graph(table, node, link)


def _from_root(table: csr_array[Any]) -> Floats:
    """Length of the shortest way from the root to every node."""
    return np.asarray(dijkstra(table, indices=[_ROOT])[0])


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
    graph = _graph(roads, roots=spots)
    return np.asarray(_from_root(graph.table)[graph.node])


def fibre_tree(roads: Roads, *, roots: npt.ArrayLike, sites: npt.ArrayLike) -> Tree:
    """Short tree of roads that connects sites to the nodes that have fibre (Steiner tree, heuristic).

    The nearest site is joined to the tree again and again, once on all roads and once on those that the
    bound leaves without slack; each tree is then pruned to the least one on its own nodes.

    Parameters
    ----------
    roads : Roads
        Links go both ways.
    roots : array_like of int
        Nodes that have fibre, one or more.
    sites : array_like of int
        Nodes to connect, shape (sites,); a node may come twice.

    Returns
    -------
    Tree
        With a lower bound.

    Raises
    ------
    DataError
        If a position is outside, or there is no root.

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
    require(spots.size > 0, column="roots", rule="there is none", mend="give a node that has fibre")
    wanted = positions(sites, column="sites", size=roads.nodes)
    graph = _graph(roads, roots=spots)
    mine = graph.node[wanted]
    alone = _from_root(graph.table)[mine]
    reached = np.isfinite(alone)
    goals = np.setdiff1d(mine[reached], [_ROOT])
    bound, tight = _ascent(graph.table, goals)
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


def _tree(table: csr_array[Any], whole: csr_array[Any], goals: Ints) -> csr_array[Any]:
    """Tree that joins the nearest goal again and again along a table; pruned on the whole table."""
    inside = np.zeros(table.shape[0], dtype=bool)
    inside[_ROOT] = True
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
    held[_ROOT] = True
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
    order, before = breadth_first_order(both, _ROOT, directed=False)
    behind = np.bincount(sites, minlength=both.shape[0]).astype(np.float64)
    for node in order[:0:-1]:
        behind[before[node]] += behind[node]
    borne = np.zeros(both.shape[0])
    for node in order[1:]:
        borne[node] = borne[before[node]] + both[node, before[node]] / behind[node]
    return np.asarray(borne[sites])


def _ascent(table: csr_array[Any], goals: Ints) -> tuple[float, csr_array[Any]]:
    """Lower bound of a tree from the root to all goals, and the table of links that it leaves no slack.

    Around each goal the set of nodes that reach it without slack grows: every way into the set is charged
    the least slack among them, until the set holds the root.
    """
    tails, slack, into = _arcs(table)
    total = 0.0
    sets: dict[int, set[int]] = {int(goal): {int(goal)} for goal in goals}
    queue = [(0, goal) for goal in sets]
    heapq.heapify(queue)
    while queue:
        seen, goal = heapq.heappop(queue)
        inside = sets[goal]
        entering = _entering(inside, tails=tails, slack=slack, into=into)
        if _ROOT in inside:
            continue
        if queue and len(entering) > max(seen, queue[0][0]):
            heapq.heappush(queue, (len(entering), goal))
            continue
        step = min(slack[arc] for arc in entering)
        total += step
        for arc in entering:
            slack[arc] = slack[arc] - step if slack[arc] - step > _TINY / 2 else 0.0
        heapq.heappush(queue, (len(entering), goal))
    parts = table.tocoo()
    free = np.array(slack) == 0
    both = csr_array((parts.data[free], (parts.row[free], parts.col[free])), shape=table.shape)
    return total, csr_array(both.maximum(both.T))


def _arcs(table: csr_array[Any]) -> tuple[list[int], list[float], list[list[int]]]:
    """Tail and length of every arc, and the arcs into each node, as lists for quick single reads."""
    parts = table.tocoo()
    into: list[list[int]] = [[] for _ in range(table.shape[0])]
    for arc, head in enumerate(parts.col.tolist()):
        into[head].append(arc)
    return parts.row.tolist(), parts.data.tolist(), into


def _entering(inside: set[int], *, tails: list[int], slack: list[float], into: list[list[int]]) -> list[int]:
    """Arcs into the set, after all nodes have joined it that reach it without slack."""
    fresh = list(inside)
    while fresh:
        node = fresh.pop()
        for arc in into[node]:
            if slack[arc] == 0.0 and tails[arc] not in inside:
                inside.add(tails[arc])
                fresh.append(tails[arc])
    return [arc for node in inside for arc in into[node] if tails[arc] not in inside]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chosen:
    """Sites chosen together with the fibre that they need.

    Parameters
    ----------
    covering : Covering
        Sites, whom they cover, and the bound on weight; its `cost` is the whole cost, with fibre.
    tree : Tree
        The fibre, one entry for each chosen site.
    rounds : int
        Choices that were made until nothing got better.
    """

    covering: Covering
    tree: Tree
    rounds: int


def cover_with_backhaul(
    covers: Any,
    weights: npt.ArrayLike,
    *,
    costs: npt.ArrayLike,
    budget: float,
    roads: Roads,
    roots: npt.ArrayLike,
    nodes: npt.ArrayLike,
    per_km: float,
    count: int | None = None,
    search: Search = "auto",
    rounds: int = 5,
    seconds: float = 20.0,
) -> Chosen:
    """Sites that cover much weight when each must be connected along roads, within a budget for both.

    Heuristic in rounds: sites are chosen by maximal covering with a price for their fibre, first the whole
    way of each, then, from the tree of the sites chosen last, the share that a chosen site bears and the
    way to the tree of any other. The best choice within the budget is kept. Each round's choice is exact for
    its prices; the bound on the weight is proven, with the last link to each site as its only fibre.

    Parameters
    ----------
    covers, weights, costs, budget, count, search, seconds
        As `maximal_covering`; costs without fibre; seconds for each round.
    roads : Roads
        Roads that fibre can follow.
    roots : array_like of int
        Nodes that have fibre.
    nodes : array_like of int
        Node of each candidate, shape (candidates,).
    per_km : float
        Cost of a kilometre of fibre, in the unit of `costs`, 0 or more.
    rounds : int
        Most rounds, 1 or more.

    Returns
    -------
    Chosen

    Raises
    ------
    DataError
        As `maximal_covering` and `fibre_tree`.

    Examples
    --------
    >>> roads = Roads(start=np.array([0, 1]), end=np.array([1, 2]), km=np.array([5.0, 1.0]), nodes=3)
    >>> made = {"roads": roads, "roots": [0], "nodes": [1, 2], "per_km": 2.0}
    >>> found = cover_with_backhaul([[1, 0], [0, 1]], [9, 8], costs=[3, 3], budget=18, **made)
    >>> found.covering.sites, found.covering.value, found.covering.cost
    (array([0, 1]), 17.0, 18.0)
    """
    price = floats(costs, column="costs", low=np.nextafter(0, 1))
    at = positions(nodes, column="nodes", size=roads.nodes)
    fits = price.shape == at.shape
    require(
        fits, column="nodes", rule="shapes do not fit", mend="give the node and the cost of each candidate"
    )
    wire = float(floats(per_km, column="per_km", low=0))
    start = positions(roots, column="roots", size=roads.nodes)
    limits: dict[str, Any] = {"budget": budget, "count": count, "search": search, "seconds": seconds}
    top = maximal_covering(covers, weights, costs=price + wire * _last_link(roads, start, at), **limits)
    best: tuple[Covering, Tree, float] | None = None
    fibre = way_km(roads, roots=start)[at]
    done = 0
    for done in range(1, max(rounds, 1) + 1):
        near = np.flatnonzero(np.isfinite(fibre))
        found = maximal_covering(
            csr_array(covers)[:, near], weights, costs=(price + wire * fibre)[near], **limits
        )
        sites = near[found.sites]
        tree = fibre_tree(roads, roots=start, sites=at[sites])
        cost = float(price[sites].sum()) + wire * tree.km
        fine = cost <= budget * (1 + 1e-9)
        if fine and (best is None or (found.value, -cost) > (best[0].value, -best[2])):
            best = (_renamed(found, sites), tree, cost)
        elif best is not None and done > 1:
            break
        fibre = way_km(roads, roots=np.unique(np.concatenate([start, _touched(roads, tree)])))[at]
        fibre[sites] = tree.share_km
    covering, tree, cost = _require_best(best)
    return Chosen(covering=_with_bound(covering, bound=top.bound, cost=cost), tree=tree, rounds=done)


def _require_best(best: tuple[Covering, Tree, float] | None) -> tuple[Covering, Tree, float]:
    """The first round is always within the budget: its prices are the whole ways."""
    if best is None:
        raise AssertionError("a tree is longer than the ways of all its sites")
    return best


def _touched(roads: Roads, tree: Tree) -> Ints:
    return np.concatenate([roads.start[tree.links], roads.end[tree.links]])


def _last_link(roads: Roads, roots: Ints, at: Ints) -> Floats:
    """The shortest link at each candidate's node, shared by the candidates there; 0 where fibre lies."""
    shortest = np.full(roads.nodes, np.inf)
    loop = roads.start == roads.end
    for end in (roads.start, roads.end):
        np.minimum.at(shortest, end[~loop], roads.km[~loop])
    shortest[roots] = 0.0
    here = np.bincount(at, minlength=roads.nodes)
    last = shortest[at] / here[at]
    return np.where(np.isfinite(last), last, 0.0)


def _renamed(found: Covering, sites: Ints) -> Covering:
    return _with_bound(found, bound=found.bound, cost=found.cost, sites=sites)


def _with_bound(found: Covering, *, bound: float, cost: float, sites: Ints | None = None) -> Covering:
    value = found.value
    bound = max(bound, value)
    return Covering(
        sites=found.sites if sites is None else sites,
        covered=found.covered,
        value=value,
        bound=bound,
        gap=(bound - value) / value if value > 0 else float(bound > 0),
        cost=cost,
        search=found.search,
    )
