"""Which sites to choose with the fibre in mind that they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.backhaul.roads import Roads, way_km
from tongqu.methods.backhaul.tree import Tree, fibre_tree
from tongqu.methods.covering import Covering, Search, maximal_covering

__all__ = ["Chosen", "cover_with_backhaul"]


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
