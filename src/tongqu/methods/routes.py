"""Which links a shortest way runs over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tongqu.methods._arrays import Ints, positions
from tongqu.methods.travel import Network

__all__ = ["Routes", "routes_to_nearest"]


@dataclass(frozen=True, slots=True, eq=False)
class Routes:
    """Steps of many ways, sorted by way and then from its origin on.

    Parameters
    ----------
    way : numpy.ndarray of int
        Position of the origin that a step belongs to, shape (steps,).
    node : numpy.ndarray of int
        Node where the step begins, shape (steps,).
    link : numpy.ndarray of int
        Link that the step takes, shape (steps,).
    """

    way: Ints
    node: Ints
    link: Ints


def routes_to_nearest(network: Network, *, origins: npt.ArrayLike, targets: npt.ArrayLike) -> Routes:
    """The links of the shortest way from each origin to its nearest target.

    Parameters
    ----------
    network : Network
        The roads.
    origins, targets : array_like of int
        Node positions, shapes (origins,) and (targets,). An origin that is a target, or reaches none,
        has no steps.

    Returns
    -------
    Routes
        All steps of all ways.

    Raises
    ------
    DataError
        If a position is outside the network.

    Examples
    --------
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> found = routes_to_nearest(road, origins=[0, 1], targets=[2])
    >>> found.way, found.link
    (array([0, 0, 1]), array([0, 1, 1]))
    """
    size = len(network.nodes)
    start = positions(origins, column="origins", size=size)
    goal = np.unique(positions(targets, column="targets", size=size))
    if goal.size == 0 or start.size == 0:
        nothing = np.empty(0, dtype=np.int64)
        return Routes(nothing, nothing, nothing)
    reverse = csr_array(network.graph.T)
    _, onward, _ = dijkstra(reverse, indices=goal, min_only=True, return_predecessors=True)
    way, here, parts = np.arange(start.size), start, []
    while way.size:
        there = onward[here].astype(np.int64)
        moving = there >= 0
        way, here, there = way[moving], here[moving], there[moving]
        parts.append(np.stack([way, here, _fastest(network, here, there)]))
        here = there
    steps = np.concatenate(parts, axis=1)
    steps = steps[:, np.argsort(steps[0], kind="stable")]
    return Routes(steps[0], steps[1], steps[2])


def _fastest(network: Network, tail: Ints, head: Ints) -> Ints:
    """The fastest link from each tail to each head, which are neighbours."""
    size = len(network.nodes)
    edges = network.first_arc.size
    edge_of_arc = np.repeat(np.arange(edges), np.diff(np.r_[network.first_arc, network.arc_link.size]))
    order = np.lexsort((network.minutes[network.arc_link], edge_of_arc))
    best = network.arc_link[order[network.first_arc]]
    rows = np.repeat(np.arange(size), np.diff(network.indptr))
    keys = rows * size + network.indices
    return np.asarray(best[np.searchsorted(keys, tail * size + head)])
