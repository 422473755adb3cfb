"""Care: places in day care, at meal points and in child care within reach, and service halls for everybody.

Those who come first (elders without children, children whose parents are away, families on an allowance)
are a service of their own, ``<service>_priority``. They take places before the others, a scenario can set a
floor for them in a town, and an objective that sums services counts them twice unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, Findings, Forecast, Offer, State, join_offers, yearly_limits
from tongqu.data import Region
from tongqu.methods.travel import within
from tongqu.sectors.care.parameters import HALL, ROOMS, SERVICES, Service, check_parameters
from tongqu.sectors.care.people import READS, first_of, needs_of, users_of
from tongqu.sectors.care.projects import offers_of
from tongqu.sectors.care.supply import known, minutes_to, place, require_places, share_credited

__all__ = ["Care", "sector"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Care:
    """Elders, infants and people with a place or a hall in reach."""

    name: str = "care"
    tables: frozenset[str] = frozenset({"units", "people", "nodes", "links", "sites"})
    reads: frozenset[str] = READS | {"links.minutes", "links.walk_minutes"}
    writes: frozenset[str] = frozenset(
        {f"{group}.{service.key}" for group in ("minutes", "demand", "served") for service in SERVICES}
        | {f"{group}.{service.first}" for group in ("demand", "served") for service in ROOMS}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share of needs served and persons without, by county and service, and those who come first."""
        county = region.county_of(region.codes("village")).to_numpy()
        parts = []
        for key in (*(service.key for service in SERVICES), *(service.first for service in ROOMS)):
            demand, served = (state[f"{group}.{key}"].groupby(county).sum() for group in ("demand", "served"))
            wide = pd.DataFrame(
                {
                    f"{key}: served, %": served / demand.where(demand > 0) * 100,
                    f"{key}: people without": demand - served,
                }
            ).rename_axis("unit")
            parts.append(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))
        return Findings(pd.concat(parts, ignore_index=True))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Needs, those served and minutes by village.

        Of a region without any site of a service nobody asks for it: nothing is known of it.
        """
        check_parameters(assume)
        require_places(region)
        needs = needs_of(region, users_of(region, before), assume=assume)
        values: dict[str, pd.Series] = {}
        for service in ROOMS:
            values |= _placed(region, before, service, needs=needs, opened=opened, assume=assume)
        return values | _hall(region, before, needs=needs, opened=opened, assume=assume)

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer centres, meal points and points of the hall, and credit the roads that lead to a hall."""
        require_places(region)
        limits = yearly_limits(
            region.codes("county"),
            forecast.years,
            ledger="staff",
            key="carers",
            a_year=assume["care.carers_per_year"],
        )
        parts = [
            offer for service in SERVICES for offer in offers_of(region, forecast, service, assume=assume)
        ]
        return join_offers([*parts, Offer(limits=limits)]) if parts else Offer()


def _placed(
    region: Region,
    before: State,
    service: Service,
    *,
    needs: Mapping[str, Floats],
    opened: Offer,
    assume: Assume,
) -> dict[str, pd.Series]:
    """A service whose places are counted: all who need it, and those who come first."""
    villages = region.codes("village")
    if not known(region, service):
        nobody = pd.Series(0.0, index=villages)
        names = [f"{group}.{key}" for group in ("demand", "served") for key in (service.key, service.first)]
        return {**dict.fromkeys(names, nobody), f"minutes.{service.key}": nobody + np.inf}
    need, first = needs[service.key], first_of(region, needs, service, assume=assume)
    links, limit = before[service.links], assume[service.limit]
    found = place(region, links, service, limit=limit, need=need, first=first, opened=opened)
    times = minutes_to(region, links, service, opened).to_numpy()
    brought = share_credited(region, opened, service.key) > 0
    written = {
        f"demand.{service.key}": need,
        f"served.{service.key}": np.maximum(found.served, 0.0),
        f"demand.{service.first}": first,
        f"served.{service.first}": found.served_first,
        f"minutes.{service.key}": _brought(times, brought, limit=limit),
    }
    return {name: pd.Series(values, index=villages) for name, values in written.items()}


def _brought(minutes: Floats, brought: Bools, *, limit: float) -> Floats:
    """Minutes, within the limit where a service is brought."""
    return np.where(brought, np.minimum(minutes, limit), minutes)


def _hall(
    region: Region, before: State, *, needs: Mapping[str, Floats], opened: Offer, assume: Assume
) -> dict[str, pd.Series]:
    """The hall: whoever has one in reach is served, and those whom a point or a mobile one comes to."""
    need = needs[HALL.key] * float(known(region, HALL))
    minutes = minutes_to(region, before[HALL.links], HALL, opened).to_numpy()
    limit = assume[HALL.limit]
    brought = share_credited(region, opened, HALL.key)
    written = {
        f"demand.{HALL.key}": need,
        f"served.{HALL.key}": need * np.where(within(minutes, limit), 1.0, brought),
        f"minutes.{HALL.key}": _brought(minutes, brought >= 1, limit=limit),
    }
    return {name: pd.Series(values, index=region.codes("village")) for name, values in written.items()}


sector = Care()
