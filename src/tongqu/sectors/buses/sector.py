"""Buses: villages with trips enough within a walk or a bus on demand, and projects that bring them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    credited,
    entries_of,
    join_offers,
    only_where,
)
from tongqu.data import Region
from tongqu.methods.bus_lines import service_figures
from tongqu.sectors.buses.ground import Ground, Today, ground_of, today_of
from tongqu.sectors.buses.parameters import check_parameters
from tongqu.sectors.buses.plan import plan_buses
from tongqu.sectors.buses.projects import (
    SERVICE,
    YUAN_PER_WAN,
    line_projects,
    trip_projects,
    zone_projects,
)
from tongqu.sectors.buses.riders import minutes_to_seat, riders_of

__all__ = ["Buses", "sector"]


@dataclass(frozen=True)
class Buses:
    """Rural people with a bus.

    A region without the table ``village_buses`` counts nobody: demand is 0, and nothing is offered.
    """

    name: str = "buses"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "road_classes"})
    reads: frozenset[str] = frozenset({"links.minutes", "people.rural"})
    writes: frozenset[str] = frozenset({f"demand.{SERVICE}", f"served.{SERVICE}", "bus.trips"})

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share of villages and people with a bus, trips a day and people without, by county."""
        demand, served, trips = (
            state[name] for name in (f"demand.{SERVICE}", f"served.{SERVICE}", "bus.trips")
        )
        county = region.county_of(demand.index).to_numpy()
        asked = demand > 0
        rows = []
        for code in region.codes("county"):
            mine = asked & (county == code)
            if not mine.any():
                continue
            found = service_figures(
                trips[mine].to_numpy(), served=(served > 0)[mine].to_numpy(), people=demand[mine].to_numpy()
            )
            figures = {
                "bus: villages with one, %": found.villages * 100,
                "bus: people with one, %": found.people * 100,
                "bus: trips a day, mean over people": found.trips,
                "bus: people without": float((demand - served)[mine].sum()),
            }
            rows += [(code, name, value) for name, value in figures.items()]
        return Findings(pd.DataFrame(rows, columns=["unit", "variable", "value"]))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Rural people, those with a bus, and trips a day by village."""
        check_parameters(assume.numbers)
        rural = before["people.rural"]
        today = today_of(region)
        if today is None:
            none = rural * 0.0
            return {f"demand.{SERVICE}": none, f"served.{SERVICE}": none, "bus.trips": none}
        has = today.served(assume).to_numpy(dtype=np.bool_)
        lines = entries_of(opened.entries, ledger="served", key=SERVICE)
        more = credited(opened.entries, service=SERVICE, units=today.trips.index)
        return {
            f"demand.{SERVICE}": rural,
            f"served.{SERVICE}": only_where(rural, has | more),
            "bus.trips": _trips(today, lines, opened.projects, assume["bus.least_trips"]),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer lines, more trips, and zones on demand."""
        today = today_of(region)
        if today is None:
            return Offer()
        unmet = [state[f"demand.{SERVICE}"] - state[f"served.{SERVICE}"] for state in forecast.states]
        people = pd.concat(unmet, axis=1).max(axis=1)
        lacking = people > 0
        if not lacking.any():
            return Offer()
        ground = ground_of(region, today, minutes=forecast.states[0]["links.minutes"], assume=assume)
        few = lacking & (today.trips > 0) & (today.walk <= assume["bus.walk_limit"])
        income = _income(ground, people, assume=assume)
        more = _more_trips(region, ground, today, few, people=people, income=income, assume=assume)
        plan = plan_buses(
            ground,
            lacking & ~few,
            trips=int(np.ceil(assume["bus.least_trips"])),
            people=people,
            assume=assume,
            counted=lacking,
            roads=forecast.offer,
            links=region["links"]["link"],
        )
        # Riders of a village count once: at more trips, else at a line, else in a zone.
        open_ = ~people.index.isin(more.entries["unit"])
        lines = line_projects(
            region, ground, plan, income=income.where(open_, 0.0), stops=today.stops(), assume=assume
        )
        zones = zone_projects(
            region,
            ground,
            lacking & ~few,
            people=people,
            paying=pd.Series(~people.index.isin(lines.entries["unit"]), index=people.index),
            assume=assume,
        )
        return join_offers([lines, more, zones])


def _income(ground: Ground, people: pd.Series, *, assume: Assume) -> pd.Series:
    """万元 a year by village: fares of its riders, and the school and market buses that its trips save."""
    found = riders_of(
        people.to_numpy(dtype=np.float64),
        minutes=minutes_to_seat(ground),
        trips=int(np.ceil(assume["bus.least_trips"])),
        assume=assume,
    )
    return pd.Series((found.fares + found.saving) / YUAN_PER_WAN, index=people.index)


def _more_trips(
    region: Region,
    ground: Ground,
    today: Today,
    few: pd.Series,
    *,
    people: pd.Series,
    income: pd.Series,
    assume: Assume,
) -> Offer:
    """More trips for villages that have too few."""
    passing = plan_buses(ground, few, trips=1, people=people, assume=assume)
    missing = (assume["bus.least_trips"] - today.trips).where(few, 0.0)
    return trip_projects(region, ground, passing, missing=missing, income=income, assume=assume)


@remember(48)
def _trips(today: Today, served: pd.DataFrame, projects: pd.DataFrame, least: float) -> pd.Series:
    """Trips a day: those of today, of new lines, and as many as needed where trips were added."""
    credit = served[["project", "unit"]].merge(projects[["project", "kind", "size"]], on="project")
    lines = credit[credit["kind"] == "bus_line"].groupby("unit")["size"].sum()
    trips = today.trips + lines.reindex(today.trips.index, fill_value=0.0)
    more = trips.index.isin(credit.loc[credit["kind"] == "bus_trips", "unit"])
    return trips.where(~more, np.maximum(trips, least))


sector = Buses()
