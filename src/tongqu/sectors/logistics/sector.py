"""Logistics: who has a parcel point, what a parcel and a tonne cost, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    credited,
    join_offers,
    only_where,
    values_at,
)
from tongqu.data import Region
from tongqu.sectors.logistics.costs import costs_by_town, means_by_county
from tongqu.sectors.logistics.ground import ground_of, known, points_near
from tongqu.sectors.logistics.parameters import check_parameters
from tongqu.sectors.logistics.projects import KEY, extra_of, offers_of, works_of

__all__ = ["Logistics", "sector"]


Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Logistics:
    """Rural people with a parcel point; by county the cost of a parcel and a tonne, and what is lost."""

    name: str = "logistics"
    tables: frozenset[str] = frozenset({"units", "people", "nodes", "links", "sites"})
    reads: frozenset[str] = frozenset({"links.minutes", "links.walk_minutes", "people.rural"})
    writes: frozenset[str] = frozenset(
        {
            "demand.parcel_point",
            "served.parcel_point",
            "logistics.cost_per_parcel",
            "logistics.cost_per_tonne",
            "logistics.loss",
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Rural people with and without a point, costs and losses, by county."""
        demand, served = (
            state[name].groupby(region.county_of(state[name].index).to_numpy()).sum()
            for name in ("demand.parcel_point", "served.parcel_point")
        )
        wide = pd.DataFrame(
            {
                "parcel points: rural people within a walk, %": served / demand.where(demand > 0) * 100,
                "parcel points: people beyond": demand - served,
                "cost of a parcel, yuan": state["logistics.cost_per_parcel"],
                "cost of a tonne to the county centre, yuan": state["logistics.cost_per_tonne"],
                "fresh goods lost on the way, %": state["logistics.loss"] * 100,
            }
        ).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Rural people with a point by village; costs and losses by county, by formula.

        Of a region of which no parcel point is known nobody asks for one: the indicator then does not count.
        """
        check_parameters(assume.numbers)
        rural, counties = before["people.rural"], region.codes("county")
        if not known(region):
            none = pd.Series(dtype="float64", index=counties[:0])
            return {
                "demand.parcel_point": rural * 0.0,
                "served.parcel_point": rural * 0.0,
                "logistics.cost_per_parcel": none,
                "logistics.cost_per_tonne": none,
                "logistics.loss": none,
            }
        near = _served(region, before, assume=assume)
        served = near | credited(opened.entries, service=KEY, units=near.index)
        costs = costs_by_town(
            region, before, served=served, extra=extra_of(opened), works=works_of(opened), assume=assume
        )
        county = region.county_numbers(ground_of(region).county)
        means = means_by_county(costs, county=county, size=len(counties))
        return {
            "demand.parcel_point": rural,
            "served.parcel_point": only_where(rural, values_at(served, rural.index, otherwise=0.0) > 0),
            **{f"logistics.{name}": _where_known(each, counties=counties) for name, each in means.items()},
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer points, stations, cold first miles and joint lines, one of each kind a town at most."""
        if not known(region):
            return Offer()
        first, last = forecast.states[0], forecast.states[-1]
        served = _served(region, first, assume=assume)
        return join_offers(offers_of(region, (first, last), served=served, assume=assume))


def _served(region: Region, state: State, *, assume: Assume) -> pd.Series:
    """Whether each village has a point of today within a walk."""
    return points_near(region, state, nodes=ground_of(region).points, assume=assume)


def _where_known(values: Floats, *, counties: pd.Index) -> pd.Series:
    known = np.isfinite(values)
    return pd.Series(values, index=counties) if known.all() else pd.Series(values, index=counties)[known]


sector = Logistics()
