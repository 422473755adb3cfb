"""Education: places at every stage, and a ride to primary and junior school within the norm.

At primary and junior school the ride of rural pupils to the nearest school counts; at every stage a place
for each pupil, up to junior school in one within the norm, the nearer pupils first. Rides go by school bus,
slower than a car by a factor; junior pupils who live too far board. Small schools can be merged where every
child keeps a ride and a place within the norms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    join_offers,
    only_where,
    yearly_limits,
)
from tongqu.data import Region
from tongqu.methods.sums import group_sums
from tongqu.methods.travel import within
from tongqu.sectors.education.merging import mergers
from tongqu.sectors.education.places import extensions, new_kindergartens, new_schools, senior_extensions
from tongqu.sectors.education.rides import boarding, direct_buses
from tongqu.sectors.education.stages import (
    JUNIOR,
    PLACED,
    RIDDEN,
    SENIOR,
    STAGES,
    boarded,
    car_limit,
    has_direct_bus,
    known,
    near,
    require_places,
    ridden,
    senior_room,
)

__all__ = ["Education", "sector"]

SERVICES = (*(stage.ride for stage in RIDDEN), *(stage.place for stage in STAGES))


@dataclass(frozen=True)
class Education:
    """Pupils with a place, and rural pupils with a ride within the norm."""

    name: str = "education"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "sites"})
    reads: frozenset[str] = frozenset(
        {"links.minutes"}
        | {f"pupils.rural_{stage.key}" for stage in RIDDEN}
        | {f"pupils.{stage.key}" for stage in STAGES}
    )
    writes: frozenset[str] = frozenset(
        {f"{group}.{service}" for group in ("demand", "served") for service in SERVICES}
        | {f"minutes.{stage.ride}" for stage in RIDDEN}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Share of pupils with a ride and with a place by county, and pupils without."""
        county = region.county_of(region.codes("village"))
        parts = []
        for key in SERVICES:
            demand = state[f"demand.{key}"].groupby(county).sum()
            served = state[f"served.{key}"].groupby(county).sum()
            wide = pd.DataFrame(
                {f"{key}: served, %": served / demand * 100, f"{key}: pupils without": demand - served}
            ).rename_axis("unit")
            parts.append(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))
        return Findings(pd.concat(parts, ignore_index=True))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Rides and places by village with what was opened, less the schools that were closed."""
        require_places(region)
        links, projects = before["links.minutes"], opened.projects
        values: dict[str, pd.Series] = {}
        direct = has_direct_bus(region, projects)
        for stage in RIDDEN:
            minutes = ridden(region, links, projects, stage)
            factor = np.where(direct, assume["factor.direct_bus"], assume["factor.school_bus"])
            farther = direct & within(minutes, car_limit(stage, assume, direct=True))
            inside = farther | within(minutes, car_limit(stage, assume))
            rural = before[f"pupils.rural_{stage.key}"]
            served = only_where(rural, inside)
            if stage is JUNIOR:
                far = (rural - served).to_numpy()
                served = served + boarded(region, links, projects, far=far, assume=assume)
            values[f"minutes.{stage.ride}"] = minutes * factor
            values[f"demand.{stage.ride}"] = rural
            values[f"served.{stage.ride}"] = served
        for stage in PLACED:
            pupils = before[f"pupils.{stage.key}"] * float(known(region, stage))
            schools = near(region, links, projects, stage, car_limit(stage, assume), "capacity")
            values[f"demand.{stage.place}"] = pupils
            values[f"served.{stage.place}"] = pd.Series(schools.served(pupils.to_numpy()), index=pupils.index)
        return values | _senior(region, before, projects, assume=assume)

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer new schools and extensions, boarding, buses and mergers, and credit the roads of others."""
        parts = [
            *(new_schools(region, forecast, stage=stage, assume=assume) for stage in RIDDEN),
            new_kindergartens(region, forecast, assume=assume),
            *(extensions(region, forecast, stage=stage, assume=assume) for stage in PLACED),
            senior_extensions(region, forecast, assume=assume),
            boarding(region, forecast, assume=assume),
            direct_buses(region, forecast, assume=assume),
            *(mergers(region, forecast, stage=stage, assume=assume) for stage in RIDDEN),
        ]
        teachers = yearly_limits(
            region.codes("county"),
            forecast.years,
            ledger="staff",
            key="teachers",
            a_year=assume["limits.teachers_per_year"],
        )
        return join_offers([*parts, Offer(limits=teachers)])


def _senior(region: Region, before: State, projects: pd.DataFrame, *, assume: Assume) -> dict[str, pd.Series]:
    """Places of senior and vocational schools, shared by the pupils of a county alike."""
    room = senior_room(region, projects)
    demand = before[f"pupils.{SENIOR.key}"] * (assume["senior.enrolment"] * float(known(region, SENIOR)))
    county = region.county_numbers(demand.index)
    asked = group_sums(county, demand.to_numpy(), size=room.size)
    share = np.minimum(np.divide(room, asked, out=np.ones_like(room), where=asked > 0), 1.0)
    return {f"demand.{SENIOR.place}": demand, f"served.{SENIOR.place}": demand * share[county]}


sector = Education()
