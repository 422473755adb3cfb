"""Digital: rural people with fibre or 5G at the target rate, base stations and the energy they draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    county_totals,
    credited,
    only_where,
    values_at,
)
from tongqu.data import Region
from tongqu.sectors.digital.coverage import known, today
from tongqu.sectors.digital.parameters import check_parameters
from tongqu.sectors.digital.projects import projects_of

__all__ = ["Digital", "sector"]

HOURS_A_YEAR: Final = 8760.0
KWH_PER_MWH: Final = 1000.0


@dataclass(frozen=True)
class Digital:
    """Who has a network, how many stations stand and what they draw (MWh a year)."""

    name: str = "digital"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "sites"})
    reads: frozenset[str] = frozenset({"people.rural", "people.total"})
    writes: frozenset[str] = frozenset(
        {"demand.network", "served.network", "stock.base_stations", "digital.energy"}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share and number of rural people with and without, stations by people, and energy, by county."""
        demand, served = (
            state[name].groupby(region.county_of(state[name].index).to_numpy()).sum()
            for name in ("demand.network", "served.network")
        )
        people = state["people.total"]
        total = people.groupby(region.county_of(people.index).to_numpy()).sum()
        wide = pd.DataFrame(
            {
                "network: rural people with fibre or 5G, %": served / demand.where(demand > 0) * 100,
                "network: people beyond": demand - served,
                "5G stations per 10 000 people": state["stock.base_stations"] / total * 10_000,
                "energy of 5G stations, MWh a year": state["digital.energy"],
            }
        ).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Rural people with a network, stations and their energy.

        Of a region of which nothing is known, nobody asks for a network and stations are left out: the
        indicators then do not count.
        """
        check_parameters(assume)
        rural, counties = before["people.rural"], region.codes("county")
        added = county_totals(opened.entries, ledger="stock", key="base_stations", counties=counties)
        if not known(region):
            nothing = pd.Series(dtype="float64", index=counties[:0])
            return {
                "demand.network": rural * 0.0,
                "served.network": rural * 0.0,
                "stock.base_stations": nothing,
                "digital.energy": nothing,
            }
        now = today(region, assume=assume)
        has = values_at(now.served, rural.index, otherwise=0.0) > 0
        served = has | credited(opened.entries, service="network", units=rural.index)
        stations = now.stations + added
        return {
            "demand.network": rural,
            "served.network": only_where(rural, served),
            "stock.base_stations": stations,
            "digital.energy": stations * (assume["base_station.power"] * HOURS_A_YEAR / KWH_PER_MWH),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer stations and fibre to villages without a network, and more stations up to the target."""
        if not known(region):
            return Offer()
        return projects_of(region, forecast.states[0], assume=assume)


sector = Digital()
