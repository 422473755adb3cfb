"""Speeds and minutes of road links: from limits, classes, surfaces and slopes."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.readers.tables import road_speeds, slope_factors, surface_factors

__all__ = ["SHARE_OF_LIMIT", "grade_factor", "kinds_of", "set_speeds", "tobler_kmh"]

Floats: TypeAlias = npt.NDArray[np.float64]

SHARE_OF_LIMIT = 0.8
"""Mean driving speed as a share of the speed limit (OSRM car profile, ``speed_reduction``)."""

MINUTES_PER_HOUR = 60.0
M_PER_KM = 1000.0
TOBLER_KMH, TOBLER_RATE, TOBLER_DOWN = 6.0, 3.5, 0.05
"""Fastest walk in km/h, its decay by slope, and the downward slope of the fastest walk (Tobler 1993)."""


def tobler_kmh(slope: npt.ArrayLike) -> Floats:
    """Walking speed on a slope by Tobler's hiking function, ``6 exp(-3.5 |slope + 0.05|)``.

    Parameters
    ----------
    slope : array_like of float
        Rise over length in walking direction, up positive; any shape.

    Returns
    -------
    array of float
        km/h, the same shape.

    References
    ----------
    Tobler, W. (1993), Three presentations on geographical analysis and modeling, NCGIA Technical Report
    93-1.

    Examples
    --------
    >>> tobler_kmh([-0.05, 0.0, 0.1]).round(2).tolist()
    [6.0, 5.04, 3.55]
    """
    steep = np.abs(np.asarray(slope, np.float64) + TOBLER_DOWN)
    return np.asarray(TOBLER_KMH * np.exp(-TOBLER_RATE * steep), np.float64)


def grade_factor(grade: npt.ArrayLike) -> Floats:
    """Factor of car speed by grade, from the table of slope factors; steeper than 1 counts as 1.

    Parameters
    ----------
    grade : array_like of float
        Rise over length in driving direction, up positive, shape (n,).

    Examples
    --------
    >>> grade_factor([-0.1, 0.0, 0.07]).tolist()
    [0.7, 1.0, 0.8]
    """
    table = slope_factors()
    edges = table["grade_max"].to_numpy()[:-1]
    factor = np.asarray(table["car_factor"], np.float64)
    return factor[np.searchsorted(edges, np.asarray(grade, np.float64))]


def kinds_of(
    highway: pd.Series[str], *, tracktype: pd.Series[str], service: pd.Series[str]
) -> pd.Series[str]:
    """The row of `road_speeds` of each link, with the grade of a track or the kind of a service road.

    Parameters
    ----------
    highway, tracktype, service : Series of str
        Tags, empty where absent, shape (links,).

    Examples
    --------
    >>> tags = pd.Series(["track", "track", "primary"])
    >>> kinds_of(
    ...     tags, tracktype=pd.Series(["grade2", "", ""]), service=pd.Series(["", "", "alley"])
    ... ).to_list()
    ['track:grade2', 'track', 'primary']
    """
    known = road_speeds().index
    graded, special = highway + ":" + tracktype, highway + ":" + service
    return highway.mask(special.isin(known), special).mask(graded.isin(known), graded)


def slopes(links: pd.DataFrame, *, nodes: pd.DataFrame) -> Floats:
    """Rise over length of each link from its start; 0 where a height or the length is not known."""
    height = nodes.set_index("node")["elevation_m"]
    high, low = (links[end].map(height).to_numpy(np.float64) for end in ("to_node", "from_node"))
    rise = high - low
    run = links["length_km"].to_numpy() * M_PER_KM
    slope = np.divide(rise, run, out=np.zeros(len(links)), where=run > 0)
    return np.asarray(np.clip(np.nan_to_num(slope), -1.0, 1.0), np.float64)


def one_way_kmh(
    links: pd.DataFrame, *, limit: str, grade: Floats, table: pd.DataFrame, surfaces: pd.DataFrame
) -> tuple[Floats, npt.NDArray[np.object_]]:
    """Car speeds in one direction, and what they follow from."""
    by_class = links["kind"].map(table["car_kmh"]).to_numpy(np.float64)
    factor = links["surface"].map(surfaces["car_factor"]).fillna(1.0).to_numpy(np.float64)
    cap = links["surface"].map(surfaces["cap_kmh"]).fillna(np.inf).to_numpy(np.float64)
    limited, given = links[limit].to_numpy(np.float64), links["given_kmh"].to_numpy(np.float64)
    slope = grade_factor(grade)
    speed = np.where(
        np.isfinite(limited),
        np.minimum(limited * SHARE_OF_LIMIT, cap) * slope,
        np.minimum(by_class * factor, cap) * slope,
    )
    known = np.isfinite(given)
    where = np.where(known, "given", np.where(np.isfinite(limited), "limit", "class"))
    return np.where(known, given, speed), where.astype(object)


def set_speeds(
    links: pd.DataFrame,
    *,
    nodes: pd.DataFrame,
    table: pd.DataFrame | None = None,
    surfaces: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The links with speeds and minutes for cars and walkers in both directions.

    Given minutes go before a given speed, that before a limit, that before the class. A given speed and
    given minutes are taken as they are; the others are slowed by surface and slope.

    Parameters
    ----------
    links : DataFrame
        Link columns up to the speeds; ``kind`` names a row of the table.
    nodes : DataFrame
        Columns ``node, elevation_m`` (m; missing means level).
    table, surfaces : DataFrame, optional
        In place of `road_speeds` and `surface_factors`.

    Returns
    -------
    DataFrame
        With ``speed_from``, ``speed_kmh_forward``, ``speed_kmh_backward`` (km/h), ``minutes_forward``,
        ``minutes_backward`` (cars) and ``walk_minutes_forward``, ``walk_minutes_backward``; missing where
        there is no way.
    """
    table = road_speeds() if table is None else table
    surfaces = surface_factors() if surfaces is None else surfaces
    slope, length = slopes(links, nodes=nodes), links["length_km"].to_numpy(np.float64)
    given, car, walk = (links[name].to_numpy() for name in ("given_minutes", "car", "walk"))
    timed = np.isfinite(given) & (given > 0)
    ferry = links["ferry"].to_numpy()
    columns: dict[str, npt.NDArray[np.float64] | npt.NDArray[np.object_]] = {}
    for way, sign in (("forward", 1), ("backward", -1)):
        level = np.where(ferry, 0.0, sign * slope)
        speed, source = one_way_kmh(
            links, limit=f"limit_kmh_{way}", grade=level, table=table, surfaces=surfaces
        )
        speed = np.where(
            timed, np.divide(length * MINUTES_PER_HOUR, given, out=speed.copy(), where=timed), speed
        )
        open_ = car & ~(links["oneway"].to_numpy() & (way == "backward"))
        minutes = np.divide(length * MINUTES_PER_HOUR, speed, out=np.zeros(len(links)), where=speed > 0)
        on_foot = np.where(ferry, minutes, length * MINUTES_PER_HOUR / tobler_kmh(level))
        columns[f"speed_kmh_{way}"] = np.where(open_, speed, np.nan)
        columns[f"minutes_{way}"] = np.where(open_, minutes, np.nan)
        columns[f"walk_minutes_{way}"] = np.where(walk, on_foot, np.nan)
        if way == "forward":
            columns["speed_from"] = np.where(car, np.where(timed, "given", source), "").astype(object)
    return links.assign(**columns).astype({"speed_from": "str"})
