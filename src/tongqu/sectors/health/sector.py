"""Health: clinics, township hospitals, county hospitals and medical sub-centres, ambulances.

Three services by reach: a clinic within a walk, a township-level or better facility within the medical
circle, a county-level hospital within its limit. Ambulances serve by the chance that one near enough is free.
Two stocks: beds and doctors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tongqu.contracts import Assume, Findings, Forecast, Offer, State, join_offers, only_where
from tongqu.data import Region
from tongqu.methods.travel import within
from tongqu.sectors.health.ambulances import AMBULANCE, ambulance_values, stations
from tongqu.sectors.health.projects import (
    at_villages,
    blocks,
    branch_clinics,
    credited,
    doctor_limits,
    subcentres,
    unserved,
    useful,
)
from tongqu.sectors.health.reach import SERVICES, reached, stocks

__all__ = ["Health", "sector"]

KEYS = (*(service.key for service in SERVICES), AMBULANCE)
"""Services."""


@dataclass(frozen=True)
class Health:
    """Who is within reach of care, and beds and doctors."""

    name: str = "health"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "sites"})
    reads: frozenset[str] = frozenset({"links.minutes", "links.walk_minutes", "people.rural", "people.total"})
    writes: frozenset[str] = frozenset(
        {f"{group}.{key}" for group in ("minutes", "demand", "served") for key in KEYS}
        | {"stock.beds", "stock.doctors"}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share of people served and people beyond, by county and service."""
        parts = []
        county = region.county_of(region.codes("village"))
        for key in KEYS:
            demand = state[f"demand.{key}"].groupby(county).sum()
            served = state[f"served.{key}"].groupby(county).sum()
            wide = pd.DataFrame(
                {
                    f"{key}: within reach, %": served / demand.where(demand > 0) * 100,
                    f"{key}: people beyond": demand - served,
                }
            ).rename_axis("unit")
            parts.append(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))
        return Findings(pd.concat(parts, ignore_index=True))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Minutes, demand and served people by village; beds and doctors by county."""
        values: dict[str, pd.Series] = {}
        for service in SERVICES:
            minutes = reached(region, before[service.links], opened.projects, service.kinds)
            demand = before[service.people]
            values[f"minutes.{service.key}"] = minutes
            values[f"demand.{service.key}"] = demand
            near = within(minutes, assume[service.limit])
            values[f"served.{service.key}"] = only_where(demand, near)
        values |= ambulance_values(region, before, opened.projects, assume=assume)
        return values | stocks(region, opened)

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer clinics, branches, sub-centres and hospital blocks, and credit the roads of others."""
        clinic, circle, county = SERVICES
        clinics = at_villages(region, unserved(forecast, clinic), kind="clinic", assume=assume)
        branches = at_villages(region, unserved(forecast, circle), kind="township_branch", assume=assume)
        centres = subcentres(region, assume=assume)
        parts = [
            credited(region, forecast, service=service, projects=projects, assume=assume)
            for service, projects in ((clinic, clinics), (circle, branches), (county, centres))
        ]
        parts = [useful(part) for part in parts]
        parts.append(branch_clinics(region, forecast, branches=parts[1].projects, assume=assume))
        parts += [blocks(region, assume=assume), stations(region, forecast, assume=assume)]
        return join_offers([*parts, doctor_limits(region, forecast, assume=assume)])


sector = Health()
