"""What lies within 10, 20, 30 minutes: villages by name, and areas on the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString, MultiPolygon, Polygon

from tongqu.methods._arrays import Bools, Floats, Ints, floats, require
from tongqu.methods.network import Network
from tongqu.methods.reach.times import Times
from tongqu.methods.travel import within

__all__ = ["Direction", "Isochrones", "VillageSets", "isochrones", "village_sets"]

Direction: TypeAlias = Literal["from", "to"]
"""Whether minutes are from the centre to the nodes, or from the nodes to the centre."""

_ARC: Final = 4
"""Straight pieces of a quarter circle in a buffer: its edge is at most 2 % of the width inside the arc."""


@dataclass(frozen=True, slots=True, eq=False)
class VillageSets:
    """Which villages are within each limit of each site, and how many people live there.

    Parameters
    ----------
    limits : tuple of float
        Minutes, rising.
    times : Times
        The travel times within the last limit.
    band : numpy.ndarray of int
        Position of the first limit that each pair keeps, shape (pairs,).
    people : numpy.ndarray of float
        People within each limit of each site, shape (sites, limits).
    of_any : numpy.ndarray of float
        People within each limit of at least one site, shape (limits,).
    """

    limits: tuple[float, ...]
    times: Times
    band: Ints
    people: Floats
    of_any: Floats

    def villages(self, site: int, *, limit: float) -> Ints:
        """Positions of the villages within one of the limits of a site, rising."""
        known = limit in self.limits
        require(known, column="limit", rule=f"{limit:g} was not asked for", mend="give one of the limits")
        kept = (self.times.site == site) & (self.band <= self.limits.index(limit))
        return np.asarray(self.times.origin[kept])


def village_sets(times: Times, people: npt.ArrayLike, *, limits: Sequence[float]) -> VillageSets:
    """Villages within each limit of each site.

    Parameters
    ----------
    times : Times
        Travel times from villages (origins) to sites.
    people : array_like of float
        People of each village, shape (origins,), 0 or more.
    limits : sequence of float
        Minutes, rising; a limit itself is within.

    Returns
    -------
    VillageSets
        Nested: what is within a limit is within every longer one.

    Raises
    ------
    DataError
        If a number of people is missing or negative, a shape is wrong, or the limits do not rise.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> found = village_sets(times_from_matrix([[5, 25], [18, 40]]), [300, 200], limits=[10, 20, 30])
    >>> found.people, found.of_any
    (array([[300., 500., 500.],
           [  0.,   0., 300.]]), array([300., 500., 500.]))
    >>> found.villages(0, limit=20)
    array([0, 1])
    """
    ends = _limits(limits)
    heads = times.at_origins(people, column="people")
    near = times.upto(float(ends[-1]))
    band = np.zeros(near.minutes.size, dtype=np.int64)
    for end in ends[:-1]:
        band += ~within(near.minutes, float(end))
    by_band = np.zeros((times.sites, ends.size))
    np.add.at(by_band, (near.site, band), heads[near.origin])
    best = np.full(times.origins, ends.size)
    np.minimum.at(best, near.origin, band)
    any_band = np.bincount(best, weights=heads, minlength=ends.size + 1)[:-1]
    return VillageSets(
        limits=tuple(float(end) for end in ends),
        times=near,
        band=band,
        people=np.cumsum(by_band, axis=1),
        of_any=np.cumsum(any_band).astype(np.float64),
    )


def _limits(limits: Sequence[float]) -> Floats:
    ends = floats(limits, column="limits", low=0, high=np.finfo(np.float64).max)
    rising = ends.ndim == 1 and ends.size > 0 and bool((np.diff(ends) > 0).all())
    require(rising, column="limits", rule="they do not rise", mend="give one or more, sorted, each once")
    return ends


@dataclass(frozen=True, slots=True, eq=False)
class Isochrones:
    """Areas within each limit, and how they were made.

    Parameters
    ----------
    limits : tuple of float
        Minutes, rising.
    areas : tuple of shapely.MultiPolygon
        Area of each limit in the caller's metres, each inside the next.
    width : float
        Metres to either side of a road that count as reached.
    hole : float
        Square metres below which a hole was filled.
    direction : Direction
        Of the minutes.
    """

    limits: tuple[float, ...]
    areas: tuple[MultiPolygon, ...]
    width: float
    hole: float
    direction: Direction


def isochrones(
    network: Network,
    minutes: npt.ArrayLike,
    *,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    limits: Sequence[float],
    width: float,
    hole: float = 0.0,
    direction: Direction = "to",
    shapes: Sequence[LineString] | None = None,
) -> Isochrones:
    """Areas within each limit: the roads reached, whole or in part, each `width` wide to either side.

    Along a link time passes evenly. From an end with time left the reached stretch goes on for that time,
    against one-way traffic never; where the stretches from both ends meet, the whole link is reached.

    Parameters
    ----------
    network : Network
        The roads.
    minutes : array_like of float
        Minutes of each node, shape (nodes,), inf when out of reach: as from
        `nearest(network, targets=...).minutes` with the direction "to".
    x, y : array_like of float
        Position of each node in metres of a plane, shape (nodes,).
    limits : sequence of float
        Minutes, rising.
    width : float
        Metres, above 0: how far from a road people still count as reached (the walk to it).
    hole : float
        Holes smaller than this many square metres are filled; 0 fills none.
    direction : {"to", "from"}
        "to": minutes are from the node to the centre; "from": from the centre to the node.
    shapes : sequence of shapely.LineString, optional
        Course of each link from start to end in the same metres, shape (links,); straight when left out.

    Returns
    -------
    Isochrones
        Nested areas, but for 1e-6 m2 of rounding. Every node within a limit is inside its area; and every
        point of it, filled holes apart, is at most `width` from a point of a road within the limit.

    Raises
    ------
    DataError
        If a value is missing, a shape is wrong, the limits do not rise, or the width is not above 0.

    Examples
    --------
    >>> from tongqu.methods.travel import build_network, nearest
    >>> road = build_network(["a", "b"], start=["a"], end=["b"], minutes=[20])
    >>> found = isochrones(
    ...     road, nearest(road, targets=[0]).minutes, x=[0, 10_000], y=[0, 0], limits=[10, 20], width=100
    ... )
    >>> [round(area.bounds[2]) for area in found.areas]
    [5100, 10100]
    """
    ends = _limits(limits)
    fits = bool(0 < width < np.inf and 0 <= hole < np.inf)
    require(fits, column="width, hole", rule="they do not fit", mend="give metres above 0, and 0 or more")
    size = len(network.nodes)
    time = floats(minutes, column="minutes", low=0)
    place = np.stack(np.broadcast_arrays(_finite(x, column="x"), _finite(y, column="y")), axis=-1)
    same = time.shape == (size,) and place.shape == (size, 2)
    require(same, column="minutes, x, y", rule="shapes differ", mend="give one for each node")
    known = direction in ("from", "to")
    require(known, column="direction", rule=f"{direction} is unknown", mend='give "from" or "to"')
    pieces = _pieces(network, place, shapes=shapes)
    ends_of_links = _end_times(network, time, direction=direction)
    areas: list[MultiPolygon] = []
    area: Any = MultiPolygon()
    shown = np.zeros(size, dtype=np.bool_)
    before = (np.zeros(network.start.size), np.zeros(network.start.size))
    for limit in ends:
        reached = within(time, float(limit))
        parts = _stretches(network, ends_of_links, limit=float(limit))
        lines = _lines(pieces, parts=parts, before=before)
        spots = shapely.points(place[reached & ~shown])
        added = shapely.buffer(np.concatenate([lines, spots]), width, quad_segs=_ARC)
        area = _filled(shapely.union_all(np.append(added, area)), hole=hole)
        areas.append(area)
        shown, before = reached, parts
    return Isochrones(tuple(float(end) for end in ends), tuple(areas), width, hole, direction)


def _finite(values: npt.ArrayLike, *, column: str) -> Floats:
    large = np.finfo(np.float64).max
    return floats(values, column=column, low=-large, high=large)


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Straight pieces of the links: of which link, from which share of its length to which, and where."""

    link: Ints
    low: Floats
    high: Floats
    start: Floats
    end: Floats


def _pieces(network: Network, place: Floats, *, shapes: Sequence[LineString] | None) -> _Pieces:
    links = network.start.size
    if shapes is None:
        link = np.arange(links)
        low, high = np.zeros(links), np.ones(links)
        return _Pieces(link, low, high, place[network.start], place[network.end])
    lines = np.asarray(shapes, dtype=object)
    course = lines.shape == (links,) and bool((shapely.get_type_id(lines) == 1).all())
    require(
        course, column="shapes", rule="they are no courses of the links", mend="give one line for each link"
    )
    points, owner = shapely.get_coordinates(lines, return_index=True)
    inner = owner[1:] == owner[:-1]
    link = owner[1:][inner].astype(np.int64)
    start, end = points[:-1][inner], points[1:][inner]
    length = np.hypot(*(end - start).T)
    total = np.bincount(link, weights=length, minlength=links)
    run = np.cumsum(length)
    begin = np.searchsorted(link, np.arange(links))
    offset = np.concatenate([[0.0], run])[begin]
    whole = np.where(total > 0, total, 1.0)[link]
    high = np.clip((run - offset[link]) / whole, 0, 1)
    return _Pieces(link, np.clip(high - length / whole, 0, 1), high, start, end)


def _end_times(network: Network, time: Floats, *, direction: Direction) -> tuple[Floats, Floats]:
    """Minutes at the start and end of each link, inf where traffic may not use the link from there."""
    first, last = time[network.start], time[network.end]
    if direction == "from":
        return first, np.where(network.oneway, np.inf, last)
    return np.where(network.oneway, np.inf, first), last


def _stretches(network: Network, ends: tuple[Floats, Floats], *, limit: float) -> tuple[Floats, Floats]:
    """Share of each link that is reached from its start, and from its end; both 1 when they meet."""
    open_ = np.isfinite(network.minutes)
    share = []
    for time in ends:
        left = np.where(within(time, limit) & open_, np.maximum(limit - time, 0.0), -1.0)
        part = np.divide(left, network.minutes, out=np.ones(left.size), where=network.minutes > 0)
        share.append(np.where(left >= 0, np.minimum(part, 1.0), 0.0))
    met = share[0] + share[1] >= 1
    return np.where(met, 1.0, share[0]), np.where(met, 1.0, share[1])


def _lines(pieces: _Pieces, *, parts: tuple[Floats, Floats], before: tuple[Floats, Floats]) -> Any:
    """What is reached now and was not before, as lines."""
    from_start, from_end = (part[pieces.link] for part in parts)
    old_start, old_end = (part[pieces.link] for part in before)
    spans = [
        (np.maximum(pieces.low, old_start), np.minimum(pieces.high, from_start), from_start > old_start),
        (
            np.maximum(pieces.low, 1 - from_end),
            np.minimum(pieces.high, 1 - old_end),
            (from_end > old_end) & (from_start < 1),
        ),
    ]
    return np.concatenate([_span(pieces, low=low, high=high, new=new) for low, high, new in spans])


def _span(pieces: _Pieces, *, low: Floats, high: Floats, new: Bools) -> Any:
    some = new & (high > low)
    long = (pieces.high - pieces.low)[some, np.newaxis]
    way = pieces.end[some] - pieces.start[some]
    share_low = (low[some] - pieces.low[some])[:, np.newaxis] / long
    share_high = (high[some] - pieces.low[some])[:, np.newaxis] / long
    ends = np.stack([pieces.start[some] + share_low * way, pieces.start[some] + share_high * way], axis=1)
    return shapely.linestrings(ends)


def _filled(area: Any, *, hole: float) -> MultiPolygon:
    parts = [part for part in shapely.get_parts(area) if isinstance(part, Polygon) and not part.is_empty]
    if hole > 0:
        parts = [
            Polygon(part.exterior, [ring for ring in part.interiors if Polygon(ring).area >= hole])
            for part in parts
        ]
        merged = shapely.union_all(parts)
        parts = [part for part in shapely.get_parts(merged) if isinstance(part, Polygon)]
    return MultiPolygon(parts)
