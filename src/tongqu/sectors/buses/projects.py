"""Projects of a bus plan: lines, more trips where there are too few, and zones on demand."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from tongqu.contracts import Assume, Offer, cost_entries, lasting_entries, project_table
from tongqu.data import Region
from tongqu.methods.bus_lines import DAYS, LineCosts, Lines, zone_costs
from tongqu.methods.travel import within
from tongqu.sectors.buses.ground import Floats, Ground, Ints
from tongqu.sectors.buses.parameters import zone_rules_of
from tongqu.sectors.buses.plan import BusPlan
from tongqu.sectors.buses.riders import minutes_to_seat

__all__ = ["SERVICE", "YUAN_PER_WAN", "line_projects", "trip_projects", "zone_projects"]

SERVICE: Final = "bus"
"""Key of the ledger ``served``."""
PER_TOWN: Final = 2
"""Lines offered in a town over roads that exist: those that serve most people for their cost."""
PER_TOWN_LATER: Final = 1
"""Lines offered in a town over roads to be widened first."""
LEAD: Final = 1
"""Years from the order of buses to the first trip."""
YUAN_PER_WAN: Final = 10_000


def line_projects(
    region: Region, ground: Ground, plan: BusPlan, *, income: pd.Series, stops: pd.Series, assume: Assume
) -> Offer:
    """A project for each of the best lines of a town, ``bus_line:<town>:<n>``.

    Parameters
    ----------
    income, stops : Series
        万元 a year that its riders bring to the first line that serves each village, and whether buses stop
        there today.
    """
    rows = _best(plan)
    lines, covers = plan.lines.take(rows), csr_array(plan.covers[rows])
    if len(lines) == 0:
        return Offer()
    costs, needs = _part(plan.costs, rows), plan.requires[rows]
    town = ground.towns.index[lines.group].to_numpy(dtype=object)
    number = plan.number[rows]
    end = _ends(ground, lines, covers)
    units = ground.villages.iloc[end]
    name = region["units"].set_index("unit").loc[ground.origin[lines.group]]
    later = needs != ""
    projects = _table(
        region,
        {
            "project": [f"bus_line:{one}:{n}" for one, n in zip(town, number, strict=True)],
            "name_zh": [
                f"{a}至{b}公交线" + ("（道路拓宽后）" if late else "")
                for a, b, late in zip(name["name"], units["name"], later, strict=True)
            ],
            "name_en": [
                f"{a}: bus line to {b}" + (" on the widened road" if late else "")
                for a, b, late in zip(
                    name["name_en"].fillna(name["name"]),
                    units["name_en"].fillna(units["name"]),
                    later,
                    strict=True,
                )
            ],
            "town": town,
            "size": float(plan.trips),
            "size_unit": "trip/day",
            "capital_wan": _buses(costs.hours[:, 0], assume)
            + assume["bus.stop_cost"] * _new(ground, lines, stops),
            "running_wan": costs.yuan[:, 0] * DAYS / YUAN_PER_WAN - _first(covers) @ income.to_numpy(),
            "requires": needs,
        },
        at=units,
        kind="bus_line",
    )
    return _offer(projects, covers, villages=ground.villages.index)


def trip_projects(
    region: Region, ground: Ground, plan: BusPlan, *, missing: pd.Series, income: pd.Series, assume: Assume
) -> Offer:
    """A project for each town where villages have too few trips, ``bus_trips:<town>``: more on their lines.

    Parameters
    ----------
    plan : BusPlan
        Lines of one trip a day that pass these villages.
    missing : Series of float
        Trips that each village lacks; 0 where it has enough, or none at all.
    income : Series of float
        万元 a year that riders of each village bring.
    """
    covers = csr_array(plan.covers)
    town = np.unique(plan.lines.group)
    if town.size == 0:
        return Offer()
    member = csr_array(
        (
            np.ones(len(plan.lines), dtype=np.int64),
            (np.searchsorted(town, plan.lines.group), np.arange(len(plan.lines))),
        ),
        shape=(town.size, len(plan.lines)),
    )
    passed = csr_array((member @ covers.astype(np.int64)) > 0)
    trips = np.asarray(
        passed.astype(np.float64).multiply(missing.to_numpy()[np.newaxis, :]).max(axis=1).todense()
    )
    trips = trips.ravel()
    seat = ground.villages.reindex(ground.towns["seat"].iloc[town])
    names = ground.towns.iloc[town]
    projects = _table(
        region,
        {
            "project": "bus_trips:" + names.index.to_numpy(dtype=object),
            "name_zh": (names["name"] + "增加村公交班次").to_numpy(),
            "name_en": (names["name_en"].fillna(names["name"]) + ": more bus trips to villages").to_numpy(),
            "town": names.index.to_numpy(),
            "size": trips,
            "size_unit": "trip/day",
            "capital_wan": _buses(trips * (member @ plan.costs.hours[:, 0]), assume),
            "running_wan": trips * (member @ plan.costs.yuan[:, 0]) * DAYS / YUAN_PER_WAN
            - _first(passed) @ income.to_numpy(),
        },
        at=names.assign(unit=seat.index.to_numpy()),
        kind="bus_trips",
    )
    return _offer(projects, passed, villages=ground.villages.index)


def zone_projects(
    region: Region,
    ground: Ground,
    wanted: pd.Series,
    *,
    people: pd.Series,
    paying: pd.Series,
    assume: Assume,
) -> Offer:
    """A zone on demand in each town with villages that lack a bus, ``on_demand:<town>``.

    A zone holds those within minutes of the town's seat by car, on roads of any class.

    Parameters
    ----------
    wanted : Series of bool
        Villages that lack a bus.
    people : Series of float
        People of each village.
    paying : Series of bool
        Villages whose fares count here: those whose riders count at no other project.
    """
    away = minutes_to_seat(ground)
    inside = wanted.to_numpy(dtype=np.bool_) & (ground.town >= 0) & within(away, assume["on_demand.minutes"])
    place = np.flatnonzero(inside)
    town, zone = np.unique(ground.town[place], return_inverse=True)
    if town.size == 0:
        return Offer()
    requests = people.to_numpy()[place] * assume["on_demand.requests"]
    found = zone_costs(
        zone,
        zones=town.size,
        requests=requests,
        minutes=away[place],
        rules=zone_rules_of(assume),
    )
    covers = csr_array((np.ones(place.size, dtype=np.bool_), (zone, place)), shape=(town.size, away.size))
    names = ground.towns.iloc[town]
    fares = np.bincount(zone, requests * paying.to_numpy()[place]) * assume["bus.fare"]
    projects = _table(
        region,
        {
            "project": "on_demand:" + names.index.to_numpy(dtype=object),
            "name_zh": (names["name"] + "预约响应公交").to_numpy(),
            "name_en": (names["name_en"].fillna(names["name"]) + ": buses on demand").to_numpy(),
            "town": names.index.to_numpy(),
            "size": found.vehicles.astype(np.float64),
            "size_unit": "vehicle",
            "capital_wan": found.vehicles * assume["on_demand.vehicle_cost"],
            "running_wan": (found.yuan - fares) * DAYS / YUAN_PER_WAN,
        },
        at=names.assign(unit=names.index.to_numpy()),
        kind="on_demand",
    )
    return _offer(projects, covers, villages=ground.villages.index)


def _best(plan: BusPlan) -> Ints:
    """Positions of the lines offered: those that serve somebody, the first of each town and kind of road."""
    serving = np.flatnonzero(np.diff(plan.covers.indptr) > 0)
    key = pd.DataFrame({"town": plan.lines.group[serving], "later": plan.requires[serving] != ""})
    most = np.where(key["later"], PER_TOWN_LATER, PER_TOWN)
    return serving[key.groupby(["town", "later"]).cumcount().to_numpy() < most]


def _part(costs: LineCosts, rows: Ints) -> LineCosts:
    return LineCosts(
        costs.hours[rows], costs.km[rows], costs.vehicles[rows], costs.drivers[rows], costs.yuan[rows]
    )


def _buses(hours: Floats, assume: Assume) -> Floats:
    """万元 for a line's share of buses, which the lines of a town use in turn."""
    return np.asarray(hours / assume["bus.bus_hours"] * assume["bus.vehicle_cost"])


def _new(ground: Ground, lines: Lines, stops: pd.Series) -> Floats:
    """Stops that each line adds: nodes where no bus stops today."""
    there = np.zeros(len(ground.network.nodes), dtype=bool)
    there[ground.spot[stops.to_numpy(dtype=np.bool_)]] = True
    calls = pd.DataFrame({"line": lines.line, "node": lines.node})[~there[lines.node]].drop_duplicates()
    return np.bincount(calls["line"], minlength=len(lines)).astype(np.float64)


def _first(covers: csr_array[Any]) -> csr_array[Any]:
    """Each village given to the first that covers it, so that its riders count once."""
    by_village = csr_array(covers.T)
    by_village.sort_indices()
    has = np.flatnonzero(np.diff(by_village.indptr) > 0)
    line = by_village.indices[by_village.indptr[has]]
    made: csr_array[Any] = csr_array((np.ones(has.size), (line, has)), shape=covers.shape)
    return made


def _ends(ground: Ground, lines: Lines, covers: csr_array[Any]) -> Ints:
    """Village that each line is called after: that at its far end, else one that it serves."""
    village = np.full(len(ground.network.nodes), -1, dtype=np.int64)
    village[ground.spot[::-1]] = np.arange(ground.spot.size)[::-1]
    far = village[lines.far]
    return np.where(far >= 0, far, covers.indices[covers.indptr[:-1]])


def _table(
    region: Region, columns: dict[str, npt.ArrayLike | str | float], *, at: pd.DataFrame, kind: str
) -> pd.DataFrame:
    """Projects at places: ``at`` has a row each with ``node, lon, lat``, its index or ``unit`` the place."""
    unit = at["unit"].to_numpy() if "unit" in at else at.index.to_numpy()
    where: dict[str, npt.ArrayLike | str | float] = {
        "unit": unit,
        "county": region.county_of(np.asarray(columns["town"])).to_numpy(),
        "node": at["node"].to_numpy(),
        "lon": at["lon"].to_numpy(),
        "lat": at["lat"].to_numpy(),
        "lead": LEAD,
        "modelled": True,
    }
    return project_table({**columns, **where}, sector="buses", kind=kind)


def _offer(projects: pd.DataFrame, covers: csr_array[Any], *, villages: pd.Index) -> Offer:
    """Cost and credit; whoever credits nobody is left out."""
    line, village = csr_array(covers).nonzero()
    order = np.lexsort((village, line))
    mine = projects.iloc[line[order]]
    credit = lasting_entries(mine, ledger="served", key=SERVICE, unit=villages[village[order]], amount=1.0)
    kept = projects[projects["project"].isin(credit["project"])]
    return Offer(kept, pd.concat([cost_entries(kept), credit], ignore_index=True))
