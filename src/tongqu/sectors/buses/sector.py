"""Buses: villages with trips enough within a walk or a bus on demand, and projects that bring them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.contracts import Assume, Findings, Forecast, Offer, State, join_offers
from tongqu.data import Region
from tongqu.methods.bus_lines import service_figures
from tongqu.sectors.buses.ground import Today, ground_of, today_of
from tongqu.sectors.buses.parameters import check_parameters
from tongqu.sectors.buses.plan import plan_buses
from tongqu.sectors.buses.projects import SERVICE, line_projects, trip_projects, zone_projects

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
        for code in region.level("county").index:
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
        check_parameters({str(name): float(value) for name, value in assume.values.items()})
        rural = before["people.rural"]
        today = today_of(region)
        if today is None:
            none = rural * 0.0
            return {f"demand.{SERVICE}": none, f"served.{SERVICE}": none, "bus.trips": none}
        has = today.served(assume)
        credit = _credit(opened)
        return {
            f"demand.{SERVICE}": rural,
            f"served.{SERVICE}": rural.where(has | has.index.isin(credit["unit"]), 0.0),
            "bus.trips": _trips(today, credit, assume=assume),
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
        least = assume["bus.least_trips"]
        few = lacking & (today.trips > 0) & (today.walk <= assume["bus.walk_limit"])
        ground = ground_of(region, today, minutes=forecast.states[0]["links.minutes"], assume=assume)
        plan = plan_buses(
            ground,
            lacking & ~few,
            trips=int(np.ceil(least)),
            people=people,
            assume=assume,
            counted=lacking,
            roads=forecast.offer,
            links=region["links"]["link"],
        )
        passing = plan_buses(ground, few, trips=1, people=people, assume=assume)
        missing = (least - today.trips).where(few, 0.0)
        return join_offers(
            [
                line_projects(region, ground, plan, people=people, stops=today.stops(), assume=assume),
                trip_projects(region, ground, passing, missing=missing, people=people, assume=assume),
                zone_projects(region, ground, lacking & ~few, people=people, assume=assume),
            ]
        )


def _credit(opened: Offer) -> pd.DataFrame:
    """Villages that working projects serve: ``unit, kind, size``."""
    entries = opened.entries
    mine = entries[(entries["ledger"] == "served") & (entries["key"] == SERVICE)]
    return mine[["project", "unit"]].merge(opened.projects[["project", "kind", "size"]], on="project")


def _trips(today: Today, credit: pd.DataFrame, *, assume: Assume) -> pd.Series:
    """Trips a day: those of today, of new lines, and as many as needed where trips were added."""
    lines = credit[credit["kind"] == "bus_line"].groupby("unit")["size"].sum()
    trips = today.trips + lines.reindex(today.trips.index, fill_value=0.0)
    more = trips.index.isin(credit.loc[credit["kind"] == "bus_trips", "unit"])
    return trips.where(~more, np.maximum(trips, assume["bus.least_trips"]))


sector = Buses()
