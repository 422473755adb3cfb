"""Rounds of the vans of every station, beside buses that take freight, lockers and drones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tongqu.base import Progress, Report, silent
from tongqu.base.units import WAN
from tongqu.methods.rounds import Buses, Round, Rounds, Stops, Vehicle, Ways, joint_rounds, plan_rounds
from tongqu.methods.travel import great_circle_km
from tongqu.sectors.logistics.day import Day, day_of, networks_of
from tongqu.sectors.logistics.ground import DAYS
from tongqu.sectors.logistics.parameters import MINUTES_PER_HOUR, van_of
from tongqu.workflow.logistics.ground import Base

__all__ = ["CASES", "Driven", "driven_of"]

Floats = npt.NDArray[np.float64]

CASES: Final = ("separate", "joint", "lockers", "drones")
"""Vans alone; freight on buses with vans for the rest; lockers in place of counters; drones beside vans."""
RELOADS: Final = 30
"""Flights of a drone in a day at most (assumed)."""
LEAST_YUAN: Final = 0.01
"""Yuan a day by which another case must cost less to pay."""
REASONS: Final[Mapping[str, str]] = {
    "the hours of a stop close before they open": "window",
    "a stop with parcels but no road to it": "no_road",
    "a stop that closes before any vehicle can reach it": "too_late",
    "a stop whose round alone is longer than any shift, day or range": "too_long",
    "no vehicle has time or room left for it": "no_room",
}
"""Words of the methods for why a stop cannot be served, and the codes of this study."""
ROUNDS: Final = (
    "case",
    "town",
    "county",
    "vehicle",
    "kind",
    "trip",
    "sequence",
    "unit",
    "arrival_h",
    "parcels_in",
    "parcels_out",
    "km",
    "minutes",
    "modelled",
)
"""Columns of rounds."""
STREETS: Final = ("town", "vehicle", "link", "from_node", "to_node", "passes", "modelled")
"""Columns of the roads that rounds go along."""
TOTALS: Final = (
    "case",
    "town",
    "county",
    "stops",
    "by_bus",
    "vehicles",
    "km",
    "hours",
    "rounds_yuan",
    "bus_yuan",
    "locker_yuan",
    "fee_saved_yuan",
    "bound_yuan",
    "pays",
)
"""Columns of the sums of a town and case."""


@dataclass(frozen=True, eq=False)
class Driven:
    """Rounds of a mean day.

    Parameters
    ----------
    rounds : DataFrame
        A row for each stop of each round: ``case, town, county, vehicle`` (number in the town), ``kind``
        (van or drone), ``trip`` (between two visits to the station), ``sequence, unit, arrival_h`` (hour of
        the day), ``parcels_in, parcels_out, km, minutes`` (from the stop before, or the station), and
        ``modelled``; of joint service only where it pays.
    streets : DataFrame
        Roads that the rounds of separate vans go along: ``town, vehicle, link, from_node, to_node, passes,
        modelled``.
    totals : DataFrame
        ``case, town, county, stops, by_bus`` (stops that buses serve), ``vehicles, km, hours, rounds_yuan,
        bus_yuan, locker_yuan, fee_saved_yuan`` (a day; fees of keepers that lockers save), ``bound_yuan`` (no
        rounds cost less), ``pays`` (whether parcels cost less than with separate vans).
    unserved : Series of str
        Why no van reaches a village with a point, by unit.
    """

    rounds: pd.DataFrame
    streets: pd.DataFrame
    totals: pd.DataFrame
    unserved: pd.Series


@dataclass(frozen=True, slots=True)
class _Search:
    van: Vehicle
    iterations: int
    seed: int


def driven_of(
    base: Base, *, vans: int | None, iterations: int, seed: int, progress: Progress = silent
) -> Driven:
    """Rounds of all stations, town by town.

    Parameters
    ----------
    vans : int or None
        Vans of each station; None for as many as needed.
    iterations, seed : int
        Of the search of each town.
    """
    networks = networks_of(base.region, base.state)
    roads = _roads(base)
    search = _Search(replace(van_of(base.assume), count=vans or 0), iterations, seed)
    rounds: list[dict[str, object]] = []
    streets: list[pd.DataFrame] = []
    totals: list[dict[str, object]] = []
    reasons: dict[str, str] = {}
    towns = base.ground.towns
    for number, town in enumerate(towns.index):
        progress(Report("logistics_rounds", done=number / len(towns)))
        day = day_of(
            base.region, base.state, town=town, served=base.served, networks=networks, assume=base.assume
        )
        if not len(day.stops):
            continue
        county = str(towns.at[town, "county"])
        found = _cases(base, day, town=str(town), search=search)
        for case, one in found.items():
            pays = case != "separate" and one.yuan < found["separate"].yuan - LEAST_YUAN
            head: dict[str, object] = {"case": case, "town": str(town), "county": county}
            totals.append({**head, **one.sums(day), "pays": pays})
            if case == "separate" or (case == "joint" and pays):
                rounds += _rows(one, day, head=head)
        plan = found["separate"].plan
        reasons |= {str(day.villages[at]): REASONS.get(rule, "no_room") for at, rule in plan.unserved.items()}
        streets.append(_streets(base, plan, day, town=str(town), roads=roads))
    table = pd.DataFrame(rounds, columns=list(ROUNDS))
    return Driven(
        rounds=table,
        streets=pd.concat(streets, ignore_index=True) if streets else pd.DataFrame(columns=list(STREETS)),
        totals=pd.DataFrame(totals, columns=list(TOTALS)),
        unserved=pd.Series(reasons, dtype="object"),
    )


@dataclass(frozen=True, eq=False)
class _Case:
    """Rounds of a town and what else parcels cost there."""

    plan: Rounds
    left: npt.NDArray[np.int64]
    """Stops that the plan is for, positions among the town's."""
    bus_yuan: float = 0.0
    locker_yuan: float = 0.0
    fee_saved_yuan: float = 0.0

    @property
    def yuan(self) -> float:
        """What differs between cases, a day."""
        return self.plan.yuan + self.bus_yuan + self.locker_yuan - self.fee_saved_yuan

    def sums(self, day: Day) -> dict[str, object]:
        """The row of totals."""
        return {
            "stops": len(day.stops) - len(self.plan.unserved),
            "by_bus": len(day.stops) - len(self.left),
            "vehicles": len(self.plan.rounds),
            "km": self.plan.km,
            "hours": self.plan.minutes / MINUTES_PER_HOUR,
            "rounds_yuan": self.plan.yuan,
            "bus_yuan": self.bus_yuan,
            "locker_yuan": self.locker_yuan,
            "fee_saved_yuan": self.fee_saved_yuan,
            "bound_yuan": self.plan.bound,
        }


def _cases(base: Base, day: Day, *, town: str, search: _Search) -> dict[str, _Case]:
    """Rounds of each case, with what else it costs."""
    assume, every = base.assume, np.arange(len(day.stops))

    def planned(stops: Stops, ways: Ways | Mapping[str, Ways], vehicles: Sequence[Vehicle]) -> Rounds:
        return plan_rounds(
            stops, ways, vehicles=vehicles, iterations=search.iterations, seed=search.seed, leave_out=True
        )

    joint = joint_rounds(
        day.stops,
        day.ways,
        buses=_buses(base, day),
        vehicles=[search.van],
        iterations=search.iterations,
        seed=search.seed,
        leave_out=True,
    )
    boxes = planned(day.stops.with_lockers(every, service=assume["locker.service"]), day.ways, [search.van])
    fixed = len(every) * assume["locker.cost"] * WAN / (assume["logistics.site_life"] * DAYS)
    air = {"road": day.ways, "air": _air(base, day, town=town)}
    return {
        "separate": _Case(joint.separate, every),
        "joint": _Case(joint.vans, joint.left, bus_yuan=joint.bus_yuan),
        "lockers": _Case(
            boxes,
            every,
            locker_yuan=fixed,
            fee_saved_yuan=boxes.parcels * assume["logistics.point_fee"],
        ),
        "drones": _Case(planned(day.stops, air, [search.van, _drone(base)]), every),
    }


def _buses(base: Base, day: Day) -> Buses:
    """One line of the town past its villages with a bus, or past all where nothing is known of buses."""
    assume, villages = base.assume, day.villages
    trips = pd.Series(assume["joint_line.trips"], index=villages)
    if "village_buses" in base.region.tables:
        table = base.region["village_buses"].set_index("unit")["trips"]
        trips = table.reindex(villages).fillna(0.0).astype("float64")
    having = (trips > 0).to_numpy()
    return Buses(
        line=np.where(having, 0, -1),
        trips=[float(trips[having].mean()) if having.any() else 0.0],
        kg=assume["joint_line.kg"],
        per_parcel=assume["joint_line.fee"],
        per_line=assume["joint_line.running"] * WAN / DAYS,
    )


def _drone(base: Base) -> Vehicle:
    assume, van = base.assume, van_of(base.assume)
    return Vehicle(
        name="drone",
        parcels=assume["drone.parcels"],
        kg=assume["drone.kg"],
        per_km=assume["drone.cost_per_km"],
        per_minute=assume["drone.cost_per_hour"] / MINUTES_PER_HOUR,
        per_day=assume["drone.cost_per_day"],
        starts=van.starts,
        shift=van.shift,
        max_km=assume["drone.range"],
        reloads=RELOADS,
        ways="air",
    )


def _air(base: Base, day: Day, *, town: str) -> Ways:
    """Straight ways between the station and the stops."""
    nodes = base.region["nodes"].set_index("node")[["lon", "lat"]]
    stops = base.villages.loc[day.villages, ["lon", "lat"]].to_numpy(dtype=np.float64)
    start = nodes.loc[[base.ground.towns.at[town, "station"]]].to_numpy(dtype=np.float64)
    lon, lat = np.concatenate([start, stops]).T
    km = great_circle_km(lon1=lon[:, np.newaxis], lat1=lat[:, np.newaxis], lon2=lon, lat2=lat)
    return Ways(km / base.assume["drone.speed"] * MINUTES_PER_HOUR, km)


def _rows(case: _Case, day: Day, *, head: Mapping[str, object]) -> list[dict[str, object]]:
    """A row for each stop of each round."""
    plan, units = case.plan, day.villages[case.left]
    stops, ways = day.stops.of(case.left), day.ways.of(case.left)
    parcels = {name: stops.column(name) for name in ("parcels_in", "parcels_out")}
    minutes, km = np.asarray(ways.minutes), np.asarray(ways.km)
    share = _shares(plan, len(stops))
    made = []
    for vehicle, one in enumerate(plan.rounds, start=1):
        for trip, (chain, begins) in enumerate(zip(one.trips, one.arrivals, strict=True), start=1):
            before = 0
            for sequence, (stop, begin) in enumerate(
                zip(chain.tolist(), begins.tolist(), strict=True), start=1
            ):
                made.append(
                    {
                        **head,
                        "vehicle": vehicle,
                        "kind": one.vehicle,
                        "trip": trip,
                        "sequence": sequence,
                        "unit": str(units[stop]),
                        "arrival_h": begin / MINUTES_PER_HOUR,
                        **{name: float(values[stop]) * share[stop] for name, values in parcels.items()},
                        "km": float(km[before, stop + 1]),
                        "minutes": float(minutes[before, stop + 1]),
                        "modelled": True,
                    }
                )
                before = stop + 1
    return made


def _shares(plan: Rounds, size: int) -> Floats:
    """What each visit brings of its stop's load: stops too large for one van have several equal visits."""
    visits = np.zeros(size)
    for one in plan.rounds:
        np.add.at(visits, one.stops, 1.0)
    return np.asarray(1.0 / np.maximum(visits, 1.0))


@dataclass(frozen=True, eq=False)
class _Roads:
    """Roads in minutes, both ways where they are, and the link between neighbours."""

    index: pd.Index
    table: csr_array
    links: pd.DataFrame
    """By the positions of both ends, the lower first; the quickest of parallel links."""


def _roads(base: Base) -> _Roads:
    links, index = base.region["links"], pd.Index(base.region["nodes"]["node"])
    minutes = base.state["links.minutes"].reindex(links["link"]).to_numpy(dtype=np.float64)
    one, two = (index.get_indexer(links[name]) for name in ("from_node", "to_node"))
    low, high = np.minimum(one, two), np.maximum(one, two)
    table = links.assign(low=low, high=high, minutes=minutes).sort_values("minutes", kind="stable")
    table = table[np.isfinite(table["minutes"])].drop_duplicates(["low", "high"])
    # Rounds are drawn along roads whichever way they may be driven: a line on a map has no direction.
    graph = csr_array(
        (np.maximum(table["minutes"], 1e-9), (table["low"], table["high"])), shape=(len(index), len(index))
    )
    return _Roads(index, graph, table.set_index(["low", "high"]))


def _streets(base: Base, plan: Rounds, day: Day, *, town: str, roads: _Roads) -> pd.DataFrame:
    """The roads of each vehicle's round, and how often it passes them."""
    start = str(base.ground.towns.at[town, "station"])
    nodes = roads.index.get_indexer(pd.Index([start, *base.villages.loc[day.villages, "node"]]))
    _, before = dijkstra(roads.table, directed=False, indices=nodes, return_predecessors=True)
    passes: dict[tuple[int, int, int], int] = {}
    for vehicle, one in enumerate(plan.rounds, start=1):
        for a, b in _legs(one):
            spot = int(nodes[b])
            while before[a, spot] >= 0:
                last = int(before[a, spot])
                key = (vehicle, min(last, spot), max(last, spot))
                passes[key] = passes.get(key, 0) + 1
                spot = last
    rows = roads.links.loc[[key[1:] for key in passes]] if passes else roads.links.iloc[:0]
    return pd.DataFrame(
        {
            "town": town,
            "vehicle": np.array([key[0] for key in passes], dtype=np.int64),
            "link": rows["link"].to_numpy(),
            "from_node": rows["from_node"].to_numpy(),
            "to_node": rows["to_node"].to_numpy(),
            "passes": np.array(list(passes.values()), dtype=np.int64),
            "modelled": rows["modelled"].to_numpy(dtype=np.bool_),
        }
    )


def _legs(one: Round) -> list[tuple[int, int]]:
    """Ways from place to place: the station is 0, stop k is k + 1."""
    legs = []
    for trip in one.trips:
        chain = [0, *(trip + 1).tolist(), 0]
        legs += list(pairwise(chain))
    return legs
