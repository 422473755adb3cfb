"""Walks between places and stops, and between stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from tongqu.base.units import EARTH_RADIUS_KM
from tongqu.methods._arrays import Floats, Ints, positions, require
from tongqu.methods.transit.clock import NEVER, whole_seconds
from tongqu.methods.travel import great_circle_km

__all__ = ["Ints32", "Walks", "footpaths_by_air", "make_walks", "walks_by_air"]

Ints32: TypeAlias = npt.NDArray[np.int32]
"""Positions and seconds; 32 bits keep the kernels' arrays small."""


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """Walks between places (origins or destinations) and stops, by place; `make_walks` makes them.

    Parameters
    ----------
    ptr : numpy.ndarray of int
        The walks of place ``i`` are ``ptr[i]`` to ``ptr[i + 1]``, shape (places + 1,).
    stop : numpy.ndarray of int
        Position of the stop, shape (walks,).
    seconds : numpy.ndarray of int
        Seconds on foot, shape (walks,).
    """

    ptr: Ints
    stop: Ints32
    seconds: Ints32

    def __len__(self) -> int:
        return self.ptr.size - 1


def make_walks(place: npt.ArrayLike, stop: npt.ArrayLike, *, minutes: npt.ArrayLike, places: int) -> Walks:
    """Walks from a list of pairs: to stops for origins, from stops for destinations.

    Parameters
    ----------
    place, stop : array_like of int
        Positions of the place and of the stop, shape (walks,).
    minutes : array_like of float
        Minutes on foot, shape (walks,), 0 or more; rounded up to whole seconds; inf is no walk.
    places : int
        Number of places.

    Returns
    -------
    Walks
        Of a pair that comes twice, both; the shorter counts.

    Raises
    ------
    DataError
        If lengths differ, a position is no position, or minutes are negative or missing.

    Examples
    --------
    >>> walks = make_walks([1, 0], [0, 3], minutes=[2, 0.5], places=2)
    >>> walks.ptr, walks.stop, walks.seconds
    (array([0, 1, 2]), array([3, 0], dtype=int32), array([ 30, 120], dtype=int32))
    """
    owner = positions(place, column="place", size=places)
    target = positions(stop, column="stop", size=NEVER)
    seconds = whole_seconds(minutes, column="minutes")
    same = owner.shape == target.shape == seconds.shape
    require(same, column="place, stop, minutes", rule="lengths differ", mend="give one value for each walk")
    kept = seconds < NEVER
    owner, target, seconds = owner[kept], target[kept], seconds[kept]
    order = np.lexsort((target, owner))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=places))]).astype(np.int64)
    return Walks(ptr, target[order].astype(np.int32), seconds[order])


def walks_by_air(
    *,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    stop_lon: npt.ArrayLike,
    stop_lat: npt.ArrayLike,
    speed_kmh: float,
    detour: float,
    limit_minutes: float,
) -> Walks:
    """Walks where no paths are known: the distance as the crow flies, times a detour.

    Parameters
    ----------
    lon, lat : array_like of float
        Places in degrees (WGS84), shape (places,).
    stop_lon, stop_lat : array_like of float
        Stops in degrees, shape (stops,); a stop without a position (NaN) has no walk.
    speed_kmh : float
        Walking speed, above 0.
    detour : float
        Metres walked for each metre as the crow flies, 1 or more.
    limit_minutes : float
        Longest walk, in minutes.

    Returns
    -------
    Walks
        One for each place and stop within the limit.

    Raises
    ------
    DataError
        If lengths differ, or a number is out of its range.

    Examples
    --------
    >>> near = walks_by_air(
    ...     lon=[0],
    ...     lat=[0],
    ...     stop_lon=[0, 0.01, 1],
    ...     stop_lat=[0, 0, 0],
    ...     speed_kmh=5,
    ...     detour=1.3,
    ...     limit_minutes=20,
    ... )
    >>> near.stop, near.seconds
    (array([0, 1], dtype=int32), array([   0, 1041], dtype=int32))
    """
    place, stop, minutes = _near(
        (np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)),
        (np.asarray(stop_lon, dtype=np.float64), np.asarray(stop_lat, dtype=np.float64)),
        km_per_minute=_pace(speed_kmh=speed_kmh, detour=detour, limit_minutes=limit_minutes),
        limit_minutes=limit_minutes,
    )
    return make_walks(place, stop, minutes=minutes, places=np.asarray(lon).size)


def footpaths_by_air(
    stops: npt.ArrayLike,
    *,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
    speed_kmh: float,
    detour: float,
    limit_minutes: float,
) -> pd.DataFrame:
    """Footpaths between stops as the crow flies, times a detour, for `make_timetable`.

    Parameters
    ----------
    stops : array_like
        Ids of the stops, shape (stops,).
    lon, lat : array_like of float
        Their positions in degrees (WGS84), shape (stops,); NaN has no footpath.
    speed_kmh, detour, limit_minutes
        As in `walks_by_air`.

    Returns
    -------
    pandas.DataFrame
        Columns ``from_stop_id``, ``to_stop_id``, ``minutes``; both directions, no stop with itself.

    Raises
    ------
    DataError
        If lengths differ, or a number is out of its range.

    Examples
    --------
    >>> footpaths_by_air(
    ...     ["a", "b"], lon=[0, 0.001], lat=[0, 0], speed_kmh=5, detour=1.3, limit_minutes=5
    ... ).round(2)
      from_stop_id to_stop_id  minutes
    0            a          b     1.73
    1            b          a     1.73
    """
    at = (np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    named = np.shape(stops) == at[0].shape
    require(named, column="stops", rule="lengths differ", mend="give one id for each position")
    km_per_minute = _pace(speed_kmh=speed_kmh, detour=detour, limit_minutes=limit_minutes)
    start, end, minutes = _near(at, at, km_per_minute=km_per_minute, limit_minutes=limit_minutes)
    other, names = start != end, np.asarray(stops)
    return pd.DataFrame(
        {
            "from_stop_id": names[start[other]],
            "to_stop_id": names[end[other]],
            "minutes": minutes[other],
        }
    )


def _pace(*, speed_kmh: float, detour: float, limit_minutes: float) -> float:
    """Kilometres as the crow flies covered in a minute."""
    require(speed_kmh > 0, column="speed_kmh", rule=f"{speed_kmh:g} is no speed", mend="give a speed above 0")
    require(detour >= 1, column="detour", rule=f"{detour:g} is no detour", mend="give 1 or more")
    finite = 0 <= limit_minutes < np.inf
    require(finite, column="limit_minutes", rule=f"{limit_minutes:g} is no limit", mend="give minutes")
    return speed_kmh / 60 / detour


def _near(
    one: tuple[Floats, Floats], other: tuple[Floats, Floats], *, km_per_minute: float, limit_minutes: float
) -> tuple[Ints, Ints, Floats]:
    """Pairs within the limit, by straight lines through the globe, which are never longer than the arc."""
    same = all(np.ndim(lon) == 1 and np.shape(lon) == np.shape(lat) for lon, lat in (one, other))
    require(same, column="lon, lat", rule="lengths differ", mend="give one of each for every place")
    (first, at), (second, where) = _sphere(one), _sphere(other)
    radius = limit_minutes * km_per_minute / EARTH_RADIUS_KM
    tree: cKDTree[Any] = cKDTree(first)
    pairs = tree.sparse_distance_matrix(cKDTree(second), max(radius, 1e-12), output_type="coo_matrix").tocoo()
    start, end = at[pairs.row], where[pairs.col]
    km = great_circle_km(lon1=one[0][start], lat1=one[1][start], lon2=other[0][end], lat2=other[1][end])
    minutes = km / km_per_minute
    kept = minutes <= limit_minutes
    order = np.lexsort((end[kept], start[kept]))
    return start[kept][order], end[kept][order], minutes[kept][order]


def _sphere(degrees: tuple[Floats, Floats]) -> tuple[Floats, Ints]:
    """Points with a position on the unit sphere, shape (points, 3), and which they are."""
    lon, lat = (np.radians(angle) for angle in degrees)
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    lon, lat = lon[known], lat[known]
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]), known
