"""Travel times over a road network, by compiled searches.

Nodes, links, origins and targets are named by position (counted from 0); `Network.locate` turns ids into
positions. Travel runs along the direction of the links: minutes are from the origin to the target. A few
questions are answered by Dijkstra's algorithm, many by the contracted network; the answers are the same to
the bit (see `tongqu.methods.network.TICKS_PER_MINUTE`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base.units import EARTH_RADIUS_KM
from tongqu.methods._arrays import Floats, Floats32, Ints, Ints32, positions, require
from tongqu.methods.kernels.search import settle_few, start_few, trees
from tongqu.methods.limits import SLACK_MINUTES, reach_of, within
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
    "nearest_few",
    "pairs_within",
    "reach_of",
    "within",
]


_CELLS: Final = 16_000_000
"""Travel times held at a time: 64 MB of float32."""

_FEW_SEARCHES: Final = 16
"""Fewer searches than these do not pay for contracting the network (benchmarks/travel.py)."""

_NONE: Final = np.iinfo(np.int32).max


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
        For every origin. Of targets equally far the first in the list is named.

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
    found, which = _nearest_few(network, targets, few=1, origins=origins, limit=limit)
    return Nearest(found[:, 0], which[:, 0])


def nearest_few(
    network: Network,
    *,
    targets: npt.ArrayLike,
    few: int,
    origins: npt.ArrayLike | None = None,
    limit: float = np.inf,
) -> Nearest:
    """The nearest few targets of every origin, nearest first.

    Parameters
    ----------
    network : Network
        The roads.
    targets : array_like of int
        Node positions of the targets, shape (targets,); may repeat and may be empty.
    few : int
        How many targets to find, 1 or more.
    origins : array_like of int, optional
        Node positions of the origins, shape (origins,); every node when left out.
    limit : float
        Minutes beyond which a target counts as out of reach.

    Returns
    -------
    Nearest
        With two dimensions, shape (origins, few); inf and -1 where fewer are within reach. Targets equally
        far come in the order of the list.

    Raises
    ------
    DataError
        If a position is outside the network, the limit is negative, or `few` is less than 1.

    Examples
    --------
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> found = nearest_few(road, targets=[0, 1, 2], few=2, limit=9)
    >>> found.minutes
    array([[0., 4.],
           [0., 4.],
           [0., 9.]])
    >>> found.target
    array([[0, 1],
           [1, 0],
           [2, 1]])
    """
    require(few >= 1, column="few", rule=f"{few} targets cannot be found", mend="ask for 1 or more")
    return Nearest(*_nearest_few(network, targets, few=few, origins=origins, limit=limit))


def _nearest_few(
    network: Network, targets: npt.ArrayLike, *, few: int, origins: npt.ArrayLike | None, limit: float
) -> tuple[Floats, Ints]:
    size, reach = len(network.nodes), reach_of(limit)
    goals = positions(targets, column="targets", size=size)
    kept = np.arange(size) if origins is None else positions(origins, column="origins", size=size)
    many = few > 1 and len(network.nodes) > _CELLS // 1000
    if many or "contraction" in network.__dict__:
        best, which = network.contraction.nearest(goals, few=few, limit=reach)
        best, which = best[kept], which[kept]
    else:
        best, which = _spread(network, goals, few=few, reach=reach)
        best, which = best[network.place[kept]], which[network.place[kept]]
    return best.astype(np.float64), np.where(which == _NONE, -1, which).astype(np.int64)


def _spread(network: Network, goals: Ints, *, few: int, reach: float) -> tuple[Floats32, Ints32]:
    """Minutes to the nearest few goals, and their numbers, by place; one search from all at once."""
    best = np.full((len(network.nodes), few), np.inf, dtype=np.float32)
    which = np.full(best.shape, _NONE, dtype=np.int32)
    start_few(network.place[goals], best, which)
    arcs = network.arcs_back
    settle_few(arcs.indptr, arcs.heads, arcs.minutes, np.float32(reach), best, which)
    return best, which


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
    return _matrix(network, rows, columns, reach=reach_of(limit)).astype(np.float64)


def _matrix(network: Network, rows: Ints, columns: Ints, *, reach: float) -> Floats32:
    searches = min(rows.size, columns.size)
    if searches >= _FEW_SEARCHES or "contraction" in network.__dict__:
        return network.contraction.minutes(rows, columns, limit=reach)
    turned = columns.size < rows.size
    arcs = network.arcs_back if turned else network.arcs
    near, far = (columns, rows) if turned else (rows, columns)
    out = np.empty((near.size, far.size), dtype=np.float32)
    places = network.place[near], network.place[far]
    trees(arcs.indptr, arcs.heads, arcs.minutes, *places, np.float32(reach), out)
    return out.T if turned else out


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
    size, reach = len(network.nodes), reach_of(limit)
    rows = positions(origins, column="origins", size=size)
    columns = positions(targets, column="targets", size=size)
    step = max(1, _CELLS // max(columns.size, 1))
    origin, target, minutes = [], [], []
    for begin in range(0, max(rows.size, 1), step):
        block = _matrix(network, rows[begin : begin + step], columns, reach=reach)
        row, column = np.nonzero(np.isfinite(block))
        origin.append(row + begin)
        target.append(column)
        minutes.append(block[row, column])
    return Pairs(np.concatenate(origin), np.concatenate(target), np.concatenate(minutes).astype(np.float64))


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
