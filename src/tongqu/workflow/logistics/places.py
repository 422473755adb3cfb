"""Centres, stations and points with their loads, and the points and stations that a model would open."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.base.units import WAN
from tongqu.methods.hubs import Candidates, Opened, Pairs, open_sites
from tongqu.methods.roads import road_network
from tongqu.methods.travel import minutes_matrix, nearest, pairs_within
from tongqu.sectors.logistics.ground import DAYS
from tongqu.sectors.logistics.parameters import van_of
from tongqu.workflow.logistics.ground import Base

__all__ = ["node_table", "opening_tables"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEAREST: Final = 3
"""Stations that a point may belong to: the nearest ones by road (assumed)."""
SHARED: Final = 10.0
"""Stops that share the way of a round out and back, in the model that opens sites (assumed)."""
NODES_SEARCHED: Final = 20
"""Most nodes of the search of each county's model: seconds, and the same answer on every machine."""
GAP: Final = 0.002
"""Gap at which it may stop."""
SECONDS: Final = 600.0
"""Time after which it stops in any case; Quzhou's counties take up to five."""
NODES: Final = (
    "kind",
    "site",
    "unit",
    "town",
    "county",
    "lon",
    "lat",
    "capacity",
    "load",
    "load_share",
    "over",
    "modelled",
)
"""Columns of nodes."""


def node_table(base: Base) -> pd.DataFrame:
    """What stands, and where a point lacks.

    Returns
    -------
    DataFrame
        ``kind`` (centre, station, point, needed), ``site`` (blank where none stands), ``unit, town, county,
        lon, lat, capacity`` (parcels a day; missing where not given), ``load`` (parcels on a mean day),
        ``load_share, over`` (whether a busy day is above the capacity), ``modelled``. A village without a
        point within the walk is ``needed`` with its parcels as load.
    """
    sites, villages = base.region["sites"], base.villages
    parts = []
    for kind, name, load in (
        ("centre", "logistics_centre", _by_place(base, level="county")),
        ("station", "logistics_station", _by_place(base, level="town")),
        ("point", "parcel_point", _by_point(base)),
    ):
        mine = sites[sites["kind"] == name].set_index("site")
        parts.append(
            pd.DataFrame(
                {
                    "kind": kind,
                    "site": mine.index.astype("str"),
                    "unit": mine["unit"].to_numpy(),
                    "lon": mine["lon"].to_numpy(dtype=np.float64),
                    "lat": mine["lat"].to_numpy(dtype=np.float64),
                    "capacity": mine["capacity"].to_numpy(dtype=np.float64),
                    "load": load.reindex(mine.index, fill_value=0.0).to_numpy(dtype=np.float64),
                    "modelled": mine["modelled"].to_numpy(dtype=np.bool_),
                }
            )
        )
    lacking = villages[~villages["near"] & (villages["people"] > 0)]
    needed = {
        "kind": "needed",
        "site": "",
        "unit": lacking.index.astype("str"),
        "lon": lacking["lon"].to_numpy(dtype=np.float64),
        "lat": lacking["lat"].to_numpy(dtype=np.float64),
        "capacity": np.nan,
        "load": lacking["parcels"].to_numpy(dtype=np.float64),
        "modelled": True,
    }
    table = pd.concat([*parts, pd.DataFrame(needed)], ignore_index=True)
    peak = base.assume["logistics.peak"]
    capacity = table["capacity"]
    return table.assign(
        town=base.region.ancestor(table["unit"], level="town").to_numpy(),
        county=base.region.county_of(table["unit"]).to_numpy(),
        load_share=table["load"] / capacity.where(capacity > 0),
        over=(table["load"] * peak > capacity).to_numpy(dtype=np.bool_),
    )[list(NODES)]


def _by_place(base: Base, *, level: str) -> pd.Series:
    """Parcels a day of a place on the largest of its sites, as the sector takes it."""
    kind = "logistics_centre" if level == "county" else "logistics_station"
    sites = base.region["sites"]
    mine = sites[sites["kind"] == kind].sort_values(["capacity", "site"], ascending=[False, True])
    place = base.region.ancestor(mine["unit"], level="county" if level == "county" else "town")
    parcels = base.villages.groupby(level)["parcels"].sum()
    first = pd.Series(place.to_numpy(), index=mine["site"].to_numpy()).drop_duplicates()
    return first.map(parcels).astype("float64").fillna(0.0)


def _by_point(base: Base) -> pd.Series:
    """Parcels a day of the villages that each point is nearest to on foot, within the walk."""
    points, villages = base.ground.points, base.villages
    mine = villages[villages["near"] & (villages["parcels"] > 0)]
    if points.empty or mine.empty:
        return pd.Series(0.0, index=points.index)
    network = road_network(
        base.region["nodes"], base.region["links"], minutes=base.state["links.walk_minutes"]
    )
    found = nearest(network, targets=network.locate(points), origins=network.locate(mine["node"]))
    load = np.bincount(found.target, mine["parcels"].to_numpy(), minlength=len(points))
    return pd.Series(load, index=points.index)


def opening_tables(base: Base, *, progress: Progress = silent) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points and stations that serve the villages of each county at least cost, with capacities.

    What stands stays open at no fixed cost; every village with parcels may have a point, every town without
    a station one at its seat, and every station may be extended to twice its capacity. A village that no
    point serves fetches its parcels at the station, at the cost that the scenario assumes.

    Returns
    -------
    opening : DataFrame
        By county: ``unit, points`` (open), ``points_new, stations, stations_new, extended, villages, alone``
        (villages that fetch at the station), ``parcels_alone`` (a day), ``total_yuan, bound_yuan`` (a day),
        ``gap, method``.
    chosen : DataFrame
        Open sites: ``kind`` (point, station), ``unit, town, county, lon, lat, existing, extended, capacity,
        load, served`` (villages), ``modelled``.
    """
    counties = base.region.level("county").index
    rows, parts = [], []
    for number, county in enumerate(counties):
        progress(Report("logistics_sites", done=number / max(len(counties), 1)))
        case = _case(base, str(county))
        if case is None:
            continue
        row, part = case
        rows.append(row)
        parts.append(part)
    columns = [
        "unit",
        "points",
        "points_new",
        "stations",
        "stations_new",
        "extended",
        "villages",
        "alone",
        "parcels_alone",
        "total_yuan",
        "bound_yuan",
        "gap",
        "method",
    ]
    chosen = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(CHOSEN))
    return pd.DataFrame(rows, columns=columns), chosen


CHOSEN: Final = (
    "kind",
    "unit",
    "town",
    "county",
    "lon",
    "lat",
    "existing",
    "extended",
    "capacity",
    "load",
    "served",
    "modelled",
)
"""Columns of the sites that the model opens."""


def _case(base: Base, county: str) -> tuple[dict[str, object], pd.DataFrame] | None:
    villages = base.villages
    mine = villages[(villages["county"] == county) & villages["on_road"] & (villages["parcels"] > 0)]
    towns = base.ground.towns[base.ground.towns["county"] == county]
    if mine.empty or towns.empty:
        return None
    has_point = mine["node"].isin(set(base.ground.points)).to_numpy()
    stands = _station_stands(base, towns.index)
    assume = base.assume
    each = WAN / (assume["logistics.site_life"] * DAYS)
    point = assume["parcel_point.cost"] * each + assume["parcel_point.running"] * WAN / DAYS
    room = towns["capacity"].to_numpy(dtype=np.float64)
    more = np.where(np.isfinite(room), room, 0.0)
    larger = (assume["station.cost"] + more * assume["station.capacity_cost"]) * each
    drives = _drives(base, mine, towns)
    # A point that no van can reach cannot be kept open.
    kept = has_point & np.isin(np.arange(len(mine)), drives.start)
    found = open_sites(
        mine["parcels"].to_numpy(dtype=np.float64),
        points=Candidates(fixed=np.where(has_point, 0.0, point), pinned=kept),
        # Each station twice: as it is, and the extension that doubles it.
        stations=Candidates(
            fixed=np.concatenate([np.where(stands, 0.0, assume["station.cost"] * each), larger]),
            capacity=np.concatenate([room, more]),
            per_parcel=assume["logistics.station_handling"],
            pinned=np.concatenate([stands, np.zeros(len(towns), dtype=np.bool_)]),
        ),
        walks=_walks(base, mine),
        drives=drives,
        unserved=assume["logistics.fetching"],
        names=mine["name"].to_numpy(),
        seconds=SECONDS,
        gap=GAP,
        nodes=NODES_SEARCHED,
    )
    return _row(county, mine, found, has_point, stands), _chosen(mine, towns, found, has_point, stands)


def _station_stands(base: Base, towns: pd.Index) -> npt.NDArray[np.bool_]:
    sites = base.region["sites"]
    mine = sites[sites["kind"] == "logistics_station"]
    return towns.isin(base.region.ancestor(mine["unit"], level="town"))


def _walks(base: Base, mine: pd.DataFrame) -> Pairs:
    """Villages near one another on foot; the cost of the walk there and back, a parcel."""
    region, assume = base.region, base.assume
    network = road_network(region["nodes"], region["links"], minutes=base.state["links.walk_minutes"])
    at = network.locate(mine["node"])
    pairs = pairs_within(network, origins=at, targets=at, limit=assume["logistics.walk_limit"])
    return Pairs(pairs.origin, pairs.target, 2 * pairs.minutes * assume["logistics.walk_minute"])


def _drives(base: Base, mine: pd.DataFrame, towns: pd.DataFrame) -> Pairs:
    """Each village and its nearest stations by road; what a van's stop costs a day."""
    region, van = base.region, van_of(base.assume)
    network = road_network(region["nodes"], region["links"], minutes=base.state["links.minutes"])
    lengths = road_network(
        region["nodes"], region["links"], minutes=region["links"].set_index("link")["length_km"]
    )
    ends = (network.locate(mine["node"]), network.locate(towns["station"]))
    minutes, km = (minutes_matrix(one, origins=ends[0], targets=ends[1]) for one in (network, lengths))
    rank = np.argsort(minutes, axis=1, kind="stable")[:, :NEAREST]
    start = np.repeat(np.arange(len(mine)), rank.shape[1])
    end = rank.ravel()
    reached = np.isfinite(minutes[start, end]) & np.isfinite(km[start, end])
    start, end = start[reached], end[reached]
    way = 2 * (km[start, end] * van.per_km + minutes[start, end] * van.per_minute) / SHARED
    cost = way + base.assume["logistics.stop_minutes"] * van.per_minute
    twice = np.concatenate([end, end + len(towns)])
    return Pairs(np.tile(start, 2), twice, np.tile(cost, 2))


def _row(
    county: str,
    mine: pd.DataFrame,
    found: Opened,
    has_point: npt.NDArray[np.bool_],
    stands: npt.NDArray[np.bool_],
) -> dict[str, object]:
    alone = found.point_of < 0
    used = found.stations % len(stands)
    return {
        "unit": county,
        "points": int(np.union1d(found.points, np.flatnonzero(has_point)).size),
        "points_new": int((~has_point[found.points]).sum()),
        "stations": int(np.union1d(used, np.flatnonzero(stands)).size),
        "stations_new": int((~stands[np.unique(used)]).sum()),
        "extended": int((found.stations >= len(stands)).sum()),
        "villages": len(mine),
        "alone": int(alone.sum()),
        "parcels_alone": float(mine["parcels"].to_numpy()[alone].sum()),
        "total_yuan": found.total,
        "bound_yuan": found.bound,
        "gap": found.gap,
        "method": found.search,
    }


def _chosen(
    mine: pd.DataFrame,
    towns: pd.DataFrame,
    found: Opened,
    has_point: npt.NDArray[np.bool_],
    stands: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    size, at = len(towns), found.points
    villages = np.bincount(found.point_of[found.point_of >= 0], minlength=len(mine))
    points = mine.iloc[at]
    one = {
        "kind": "point",
        "unit": points.index.astype("str"),
        "town": points["town"].to_numpy(),
        "county": points["county"].to_numpy(),
        "lon": points["lon"].to_numpy(dtype=np.float64),
        "lat": points["lat"].to_numpy(dtype=np.float64),
        "existing": has_point[at],
        "extended": False,
        "capacity": np.nan,
        "load": found.point_load[at],
        "served": villages[at],
        "modelled": True,
    }
    up = np.unique(found.stations % size)
    stations = towns.iloc[up]
    reached = found.station_of >= 0
    behind = np.bincount(found.station_of[reached] % size, villages[reached], minlength=size)
    extended = np.isin(up + size, found.stations)
    room = stations["capacity"].replace(np.inf, np.nan).to_numpy(dtype=np.float64)
    two = {
        "kind": "station",
        "unit": stations.index.astype("str"),
        "town": stations.index.astype("str"),
        "county": stations["county"].to_numpy(),
        "lon": stations["lon"].to_numpy(dtype=np.float64),
        "lat": stations["lat"].to_numpy(dtype=np.float64),
        "existing": stands[up],
        "extended": extended,
        "capacity": np.where(extended, 2 * room, room),
        "load": (found.station_load[:size] + found.station_load[size:])[up],
        "served": behind[up].astype(np.int64),
        "modelled": True,
    }
    return pd.concat([pd.DataFrame(two), pd.DataFrame(one)], ignore_index=True)[list(CHOSEN)]
