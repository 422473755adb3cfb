"""Tables of a study of buses: villages, coverage of places, lines with their stops, zones, the curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.bus_lines import DAYS, KINDS, Lines, Selection
from tongqu.workflow.buses.choice import YUAN_PER_WAN, Candidates, Choice
from tongqu.workflow.buses.service import Service

__all__ = [
    "STATES",
    "Found",
    "choice_table",
    "coverage_table",
    "line_table",
    "stop_table",
    "village_table",
    "zone_table",
]

STATES: Final = ("today", "line", "zone", "without")
"""How a bus reaches a village with rural people: today, by a new line, on demand, not at all."""
MINUTES_PER_HOUR: Final = 60.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the tables are made of.

    Parameters
    ----------
    region : Region
    whole : str
        Code of all counties together.
    service : Service
    candidates : Candidates
    chosen : Selection
    assume : Assume
    """

    region: Region
    whole: str
    service: Service
    candidates: Candidates
    chosen: Selection
    assume: Assume

    @property
    def state(self) -> npt.NDArray[np.object_]:
        """State of each village: of `STATES`, or ``nobody`` without rural people."""
        service, chosen = self.service, self.chosen
        wanted = service.wanted
        found = np.select(
            [service.people <= 0, service.served, wanted & chosen.by_line, wanted & chosen.by_zone],
            ["nobody", "today", "line", "zone"],
            "without",
        )
        return np.asarray(found.astype(object))

    @property
    def rows(self) -> Ints:
        """Positions of the lines that run, by town."""
        running = np.flatnonzero(self.chosen.trips > 0)
        return running[np.lexsort((running, self.candidates.lines.group[running]))]

    @property
    def owner(self) -> Ints:
        """Position of the one line that each newly served village counts for, -1 for none, shape (villages,).

        Of the lines that call within its walk the one with most trips, of those alike the first.
        """
        covers = self.candidates.covers.tocoo()
        line, village = covers.coords
        mine = (self.chosen.trips[line] > 0) & (self.state[village] == "line")
        line, village = line[mine], village[mine]
        order = np.lexsort((line, -self.chosen.trips[line], village))
        first = np.unique(village[order], return_index=True)
        owner = np.full(covers.shape[1], -1, dtype=np.int64)
        owner[first[0]] = line[order][first[1]]
        return owner

    def codes(self, lines: Ints) -> list[str]:
        """Code of each line: its town and a number there."""
        town = self.service.ground.towns.index[self.candidates.lines.group[lines]].astype(str)
        number = pd.Series(town).groupby(town.to_numpy()).cumcount() + 1
        return [f"{code}-{count}" for code, count in zip(town, number, strict=True)]


def village_table(found: Found) -> pd.DataFrame:
    """Service by village, today's and that of the choice.

    ``unit, county, town, rural_people, trips, walk_m, on_demand, state, reason, note, trips_after,
    modelled``. ``reason`` is why there is no bus today; ``note`` why there is none then: ``beyond`` all lines
    and zones, or left out for ``money``. ``trips_after`` are those of today within the walk and of new lines.
    """
    service, today = found.service, found.service.today
    villages = service.ground.villages
    walk = today.walk.reindex(villages.index).to_numpy(np.float64)
    trips = today.trips.reindex(villages.index).to_numpy(np.float64)
    near = walk <= found.assume["bus.walk_limit"]
    return pd.DataFrame(
        {
            "unit": villages.index.astype(str),
            "county": found.region.county_of(villages.index).to_numpy(),
            "town": villages["parent"].to_numpy(),
            "rural_people": service.people,
            "trips": trips,
            "walk_m": np.where(np.isfinite(walk), walk, np.nan),
            "on_demand": today.on_demand.reindex(villages.index).to_numpy(bool),
            "state": found.state,
            "reason": service.reason,
            "note": np.where(
                found.state == "without", np.where(found.chosen.possible, "money", "beyond"), ""
            ),
            "trips_after": np.where(near, trips, 0.0) + found.chosen.village_trips,
            "modelled": service.modelled,
        }
    )


def coverage_table(found: Found, villages: pd.DataFrame) -> pd.DataFrame:
    """Villages and rural people of the whole, counties and towns by state, and the mean walk to a stop.

    ``unit, level, villages, rural_people, villages_<state>, people_<state>, share_today, share_after`` (of
    rural people), ``walk_m`` (mean over people with a stop today), ``modelled_share`` (of villages).
    """
    mine = villages[villages["state"] != "nobody"]
    mine = mine.assign(
        whole=found.whole,
        walked=(mine["walk_m"] * mine["rural_people"]).fillna(0.0),
        walkers=mine["rural_people"].where(mine["walk_m"].notna(), 0.0),
    )
    for state in STATES:
        is_so = mine["state"] == state
        mine[f"villages_{state}"] = is_so.astype("int64")
        mine[f"people_{state}"] = mine["rural_people"].where(is_so, 0.0)
    sums = [f"{what}_{state}" for what in ("villages", "people") for state in STATES]
    places = {
        "whole": [found.whole],
        "county": list(found.region.level("county").index),
        "town": list(found.region.level("town").index),
    }
    parts = []
    for level, units in places.items():
        groups = mine.groupby(level)
        part = groups[["rural_people", *sums, "walked", "walkers"]].sum().reindex(units, fill_value=0)
        part.insert(0, "level", level)
        part.insert(1, "villages", groups.size().reindex(units, fill_value=0))
        part["modelled_share"] = groups["modelled"].mean().reindex(units)
        parts.append(part.rename_axis("unit").reset_index())
    table = pd.concat(parts, ignore_index=True)
    people = table["rural_people"].where(table["rural_people"] > 0)
    table["share_today"] = table["people_today"] / people
    table["share_after"] = (people - table["people_without"]) / people
    table["walk_m"] = table["walked"] / table["walkers"].where(table["walkers"] > 0)
    order = [
        "unit",
        "level",
        "villages",
        "rural_people",
        *sums,
        "share_today",
        "share_after",
        "walk_m",
        "modelled_share",
    ]
    return table[order]


def line_table(found: Found) -> pd.DataFrame:
    """The lines that are chosen, by town; each newly served village counts for one line.

    ``line, county, town, kind, origin, destination`` (villages; blank where none lies), ``stops, villages,
    length_km, minutes`` (one way, of a loop the round), ``trips, headway_min, vehicles`` (if it shares none),
    ``hours, km`` (a day), ``people, pupils, market`` (riders on such days), ``cost_wan`` (running a year),
    ``fares_wan, saving_wan, net_wan, yuan_per_person`` (running cost for a person newly served),
    ``new_stops, capital_wan, modelled``.
    """
    rows, pool = found.rows, found.candidates
    lines = pool.lines.take(rows)
    step = np.searchsorted(pool.steps, found.chosen.trips[rows])
    a_day = {name: getattr(pool.costs, name)[rows, step] for name in ("hours", "km", "vehicles", "yuan")}
    trips = found.chosen.trips[rows]
    own = {
        name: _by_line(found, values, rows)
        for name, values in (
            ("villages", np.ones(found.service.people.size)),
            ("people", found.service.people),
            ("pupils", pool.pupils),
            ("market", pool.market),
            ("fares", pool.fares),
            ("saving", pool.saving),
        )
    }
    towns = found.service.ground.towns.index[lines.group].astype(str)
    unit = _unit_at(found)
    far = _far(lines)
    new = _new_stops(found, lines)
    cost = a_day["yuan"] * DAYS / YUAN_PER_WAN
    fares, saving = own["fares"] / YUAN_PER_WAN, own["saving"] / YUAN_PER_WAN
    assume = found.assume
    shared = a_day["hours"] / assume["bus.bus_hours"] * assume["bus.vehicle_cost"]
    return pd.DataFrame(
        {
            "line": pd.Series(found.codes(rows), dtype="str"),
            "county": found.region.county_of(towns).to_numpy() if len(rows) else np.empty(0, dtype=object),
            "town": towns,
            "kind": pd.Series([KINDS[kind] for kind in lines.kind], dtype="str"),
            "origin": unit[lines.first],
            "destination": unit[far],
            "stops": np.diff(lines.ptr),
            "villages": own["villages"].astype(np.int64),
            "length_km": lines.length_km,
            "minutes": lines.run_minutes,
            "trips": trips,
            "headway_min": MINUTES_PER_HOUR * assume["bus.span"] / np.maximum(trips, 1),
            "vehicles": a_day["vehicles"],
            "hours": a_day["hours"],
            "km": a_day["km"],
            "people": own["people"],
            "pupils": own["pupils"],
            "market": own["market"],
            "cost_wan": cost,
            "fares_wan": fares,
            "saving_wan": saving,
            "net_wan": cost - fares - saving,
            "yuan_per_person": _each(cost * YUAN_PER_WAN, own["people"]),
            "new_stops": new,
            "capital_wan": shared + new * assume["bus.stop_cost"],
            "modelled": True,
        }
    )


def _by_line(found: Found, values: Floats, rows: Ints) -> Floats:
    """Sums over the villages that count for each line."""
    owner = found.owner
    mine = owner >= 0
    return np.asarray(np.bincount(owner[mine], values[mine], len(found.candidates.lines))[rows], np.float64)


def _each(amount: Floats, people: Floats) -> Floats:
    return np.asarray(np.divide(amount, people, out=np.full(len(people), np.nan), where=people > 0))


def _unit_at(found: Found) -> npt.NDArray[np.object_]:
    """Code of the first village at each node of the network, blank for none."""
    ground = found.service.ground
    unit = np.full(len(ground.network.nodes), "", dtype=object)
    unit[ground.spot[::-1]] = ground.villages.index[::-1].astype(str)
    return unit


def _far(lines: Lines) -> Ints:
    """Node at the far end of each line: the last call, of a loop the one nearest to half the round."""
    ends = []
    for line in range(len(lines)):
        part = slice(int(lines.ptr[line]), int(lines.ptr[line + 1]))
        minutes = lines.minutes[part]
        at = int(np.argmin(np.abs(minutes - minutes[-1] / 2))) if lines.loop[line] else -1
        ends.append(int(lines.node[part][at]))
    return np.array(ends, dtype=np.int64)


def _new_stops(found: Found, lines: Lines) -> Ints:
    """Stops of each line where no bus stops today."""
    service = found.service
    there = np.zeros(len(service.ground.network.nodes), dtype=bool)
    stops = service.today.stops().reindex(service.ground.villages.index).to_numpy(dtype=np.bool_)
    there[service.ground.spot[stops]] = True
    calls = pd.DataFrame({"line": lines.line, "node": lines.node})[~there[lines.node]].drop_duplicates()
    return np.bincount(calls["line"], minlength=len(lines))


def stop_table(found: Found) -> pd.DataFrame:
    """``line, sequence, stop`` (node), ``unit`` (village), ``lon, lat, minutes, length_km, modelled``."""
    rows = found.rows
    lines = found.candidates.lines.take(rows)
    nodes = found.region["nodes"].set_index("node").loc[found.service.ground.network.nodes[lines.node]]
    codes = np.array(found.codes(rows), dtype=object)
    return pd.DataFrame(
        {
            "line": pd.Series(codes[lines.line], dtype="str"),
            "sequence": np.arange(lines.node.size) - lines.ptr[lines.line] + 1,
            "stop": nodes.index.astype(str),
            "unit": _unit_at(found)[lines.node],
            "lon": nodes["lon"].to_numpy(np.float64),
            "lat": nodes["lat"].to_numpy(np.float64),
            "minutes": lines.minutes,
            "length_km": lines.km,
            "modelled": nodes["modelled"].to_numpy(bool),
        }
    )


def zone_table(found: Found) -> pd.DataFrame:
    """The zones that are opened, by town.

    ``town, county, villages, people`` (newly served and not by line), ``requests, vehicles, hours, km`` (a
    day), ``cost_wan, fares_wan, net_wan, yuan_per_person, capital_wan, modelled``. Cost counts the requests
    of all villages of the zone, those that get a line too.
    """
    rows, pool = np.flatnonzero(found.chosen.zones), found.candidates
    state = found.state
    mine = (state == "zone").astype(np.float64)
    zones = pool.zones[rows].astype(np.float64)
    towns = found.service.ground.towns.index[pool.zone_town[rows]].astype(str)
    people = np.asarray(zones @ (mine * found.service.people))
    costs = pool.zone_costs
    cost = costs.yuan[rows] * DAYS / YUAN_PER_WAN
    fares = pool.zone_fares[rows] * DAYS / YUAN_PER_WAN
    return pd.DataFrame(
        {
            "town": towns,
            "county": found.region.county_of(towns).to_numpy() if len(rows) else np.empty(0, dtype=object),
            "villages": np.asarray(zones @ mine).astype(np.int64),
            "people": people,
            "requests": costs.requests[rows],
            "vehicles": costs.vehicles[rows],
            "hours": costs.hours[rows],
            "km": costs.km[rows],
            "cost_wan": cost,
            "fares_wan": fares,
            "net_wan": np.maximum(cost - fares, 0.0),
            "yuan_per_person": _each(cost * YUAN_PER_WAN, people),
            "capital_wan": costs.vehicles[rows] * found.assume["on_demand.vehicle_cost"],
            "modelled": True,
        }
    )


def choice_table(found: Found, choices: Sequence[Choice]) -> pd.DataFrame:
    """What each sum of public money a year reaches, the least first.

    ``budget_wan`` (blank: whatever serving all takes), ``net_wan, people_new, share`` (of rural people with a
    bus then), ``lines, zones, vehicles`` (of lines if none is shared, and of zones), ``bound`` (people that
    no choice within the budget passes), ``gap`` (a share: of people within a budget, of cost where all are
    served), ``proven`` (whether the search ended before its time), ``chosen, modelled``.
    """
    service, pool = found.service, found.candidates
    total, before = service.people.sum(), service.people[service.served].sum()
    possible = (service.wanted & choices[-1].found.possible) if choices else service.wanted
    rows = []
    for one in choices:
        pick = one.found
        new = float(service.people[service.wanted & pick.served].sum())
        running = np.flatnonzero(pick.trips > 0)
        step = np.searchsorted(pool.steps, pick.trips[running])
        vehicles = int(pool.costs.vehicles[running, step].sum() + pool.zone_costs.vehicles[pick.zones].sum())
        every = float(service.people[possible].sum())
        bound = every if np.isnan(one.budget_wan) else max(min(pick.bound, every), new)
        share = (before + new) / total if total > 0 else np.nan
        counts = [running.size, int(pick.zones.sum()), vehicles]
        rows.append(
            [one.budget_wan, pick.cost, new, share, *counts, bound, pick.gap, pick.proven, one.chosen, True]
        )
    names = [
        "budget_wan",
        "net_wan",
        "people_new",
        "share",
        "lines",
        "zones",
        "vehicles",
        "bound",
        "gap",
        "proven",
        "chosen",
        "modelled",
    ]
    return pd.DataFrame(rows, columns=names)
