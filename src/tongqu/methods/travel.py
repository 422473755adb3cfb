"""Travel times over a road network: shortest paths by Dijkstra's algorithm.

Nodes, links, origins and targets are named by position (counted from 0); `Network.locate` turns ids into
positions. Travel runs along the direction of the links: minutes are from the origin to the target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tongqu.base.units import EARTH_RADIUS_KM
from tongqu.methods._arrays import Bools, Floats, Ints, positions, require
from tongqu.methods.network import Network, build_network

__all__ = [
    "SLACK_MINUTES",
    "Nearest",
    "Network",
    "Pairs",
    "build_network",
    "great_circle_km",
    "minutes_matrix",
    "nearest",
    "pairs_within",
    "within",
]

SLACK_MINUTES: Final = 1e-9
"""Minutes added to every limit, so that the order in which a path's links are added decides nothing."""

_CELLS: Final = 16_000_000
"""Distances held at a time: 128 MB of float64."""


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest target of every origin.

    Parameters
    ----------
    minutes : numpy.ndarray of float
        Minutes to it, shape (origins,); inf when no target is within reach.
    target : numpy.ndarray of int
        Its position in the list of targets, shape (origins,); -1 when none is within reach.
    """

    minutes: Floats
    target: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Origins and targets within reach of each other, sorted by origin and target.

    Parameters
    ----------
    origin, target : numpy.ndarray of int
        Positions in the lists of origins and targets, shape (pairs,).
    minutes : numpy.ndarray of float
        Minutes from origin to target, shape (pairs,).
    """

    origin: Ints
    target: Ints
    minutes: Floats


def _reach(limit: float) -> float:
    require(limit >= 0, column="limit", rule=f"{limit:g} is no limit", mend="give minutes, 0 or more, or inf")
    return limit + SLACK_MINUTES


def within(minutes: npt.ArrayLike, limit: float) -> Bools:
    """Whether each travel time is within a limit; every comparison with a limit in Tongqu is this one.

    Parameters
    ----------
    minutes : array_like of float
        Any shape; inf is never within.
    limit : float
        Minutes; inf takes whatever can be reached.

    Returns
    -------
    numpy.ndarray of bool
        Shape of `minutes`.

    Examples
    --------
    >>> within([19.9, 20.0, 20.1], 20)
    array([ True,  True, False])
    """
    time = np.asarray(minutes, dtype=np.float64)
    return np.asarray((time <= _reach(limit)) & np.isfinite(time))


def nearest(
    network: Network,
    *,
    targets: npt.ArrayLike,
    origins: npt.ArrayLike | None = None,
    limit: float = np.inf,
) -> Nearest:
    """Minutes to the nearest target, and which one it is, by one search from all targets at once.

    Parameters
    ----------
    network : Network
        The roads.
    targets : array_like of int
        Node positions of the targets, shape (targets,); may repeat and may be empty.
    origins : array_like of int, optional
        Node positions of the origins, shape (origins,); every node when left out.
    limit : float
        Minutes beyond which the search stops; what lies beyond counts as out of reach.

    Returns
    -------
    Nearest
        For every origin. Of targets on the same node the first is named; of targets equally far, either.

    Raises
    ------
    DataError
        If a position is outside the network, or the limit is negative.

    Examples
    --------
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9], oneway=[True, False])
    >>> found = nearest(road, targets=[0, 2])
    >>> found.minutes, found.target
    (array([0., 9., 0.]), array([0, 1, 1]))
    """
    size = len(network.nodes)
    goal, first = np.unique(positions(targets, column="targets", size=size), return_index=True)
    kept = slice(None) if origins is None else positions(origins, column="origins", size=size)
    time = np.full(size, np.inf)
    which = np.full(size, -1, dtype=np.int64)
    if goal.size:
        reverse = csr_array(network.graph.T)
        time, _, source = dijkstra(
            reverse, indices=goal, min_only=True, return_predecessors=True, limit=_reach(limit)
        )
        reached = np.isfinite(time)
        which[reached] = first[np.searchsorted(goal, source[reached])]
    return Nearest(np.asarray(time[kept]), which[kept])


def minutes_matrix(
    network: Network, *, origins: npt.ArrayLike, targets: npt.ArrayLike, limit: float = np.inf
) -> Floats:
    """Minutes from every origin to every target.

    Parameters
    ----------
    network : Network
        The roads.
    origins, targets : array_like of int
        Node positions, shapes (origins,) and (targets,).
    limit : float
        Minutes beyond which a target counts as out of reach.

    Returns
    -------
    numpy.ndarray of float
        Shape (origins, targets); inf when out of reach.

    Raises
    ------
    DataError
        If a position is outside the network, or the limit is negative.

    Examples
    --------
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> minutes_matrix(road, origins=[0, 1], targets=[2, 1], limit=10)
    array([[inf,  4.],
           [ 9.,  0.]])
    """
    size = len(network.nodes)
    rows = positions(origins, column="origins", size=size)
    columns = positions(targets, column="targets", size=size)
    matrix = np.full((rows.size, columns.size), np.inf)
    if np.unique(columns).size < np.unique(rows).size:
        reverse = csr_array(network.graph.T)
        for part, time in _searches(reverse, columns, limit=limit):
            matrix[:, part] = time[:, rows].T
        return matrix
    for part, time in _searches(network.graph, rows, limit=limit):
        matrix[part] = time[:, columns]
    return matrix


def _searches(graph: csr_array[Any], sources: Ints, *, limit: float) -> Iterator[tuple[slice, Floats]]:
    step = max(1, _CELLS // max(graph.shape[0], 1))
    for begin in range(0, sources.size, step):
        part = slice(begin, begin + step)
        distinct, back = np.unique(sources[part], return_inverse=True)
        time = np.asarray(dijkstra(graph, indices=distinct, limit=_reach(limit)))
        yield part, time[back]


def pairs_within(network: Network, *, origins: npt.ArrayLike, targets: npt.ArrayLike, limit: float) -> Pairs:
    """Every origin and target that are within a limit.

    Parameters
    ----------
    network : Network
        The roads.
    origins, targets : array_like of int
        Node positions, shapes (origins,) and (targets,).
    limit : float
        Minutes.

    Returns
    -------
    Pairs
        Sorted by origin and target.

    Raises
    ------
    DataError
        If a position is outside the network, or the limit is negative.

    Examples
    --------
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> pairs_within(road, origins=[0, 1], targets=[2, 1], limit=10)
    Pairs(origin=array([0, 1, 1]), target=array([1, 0, 1]), minutes=array([4., 9., 0.]))
    """
    matrix = minutes_matrix(network, origins=origins, targets=targets, limit=limit)
    origin, target = np.nonzero(np.isfinite(matrix))
    return Pairs(origin, target, matrix[origin, target])


def great_circle_km(
    *, lon1: npt.ArrayLike, lat1: npt.ArrayLike, lon2: npt.ArrayLike, lat2: npt.ArrayLike
) -> Floats:
    """Distance over the ground on a sphere, by the haversine formula.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : array_like of float
        Longitude and latitude of start and end in degrees (WGS84), shapes that broadcast.

    Returns
    -------
    numpy.ndarray of float
        Kilometres, the shape broadcast; off by up to 0.6 % from the ellipsoid.

    References
    ----------
    Sinnott, R. W. (1984), Virtues of the haversine, Sky and Telescope 68 (2), 159.

    Examples
    --------
    >>> km = great_circle_km(lon1=118.87, lat1=28.94, lon2=120.15, lat2=30.27)  # Quzhou, Hangzhou
    >>> float(km.round(1))
    192.8
    """
    x1, y1, x2, y2 = (np.radians(np.asarray(angle, dtype=np.float64)) for angle in (lon1, lat1, lon2, lat2))
    half = np.sin((y2 - y1) / 2) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1))))
