"""Land: what the ground of each county is used for, year by year, and what every project takes of it.

Towns grow over land without a plan by so much for each new urban resident, and the farmland that they grow
over is replaced; projects take the mix of classes that the standards say, never basic farmland, and what
they clear in villages is reclaimed. The classes of a county always sum to its area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    join_offers,
    yearly_limits,
)
from tongqu.data import Region
from tongqu.methods.land import BUILT, OPEN, farmland_room, headroom, intensity, take
from tongqu.sectors.land.base import COLUMNS, Base, base_of, built_class, urban_people
from tongqu.sectors.land.bounds import physical_limits
from tongqu.sectors.land.change import CELLS, CLEARED, carried, land_in, quota_in, room_to_take
from tongqu.sectors.land.parameters import check_parameters, city_norm, mix
from tongqu.sectors.land.projects import LINKED, own_projects

__all__ = ["Land", "sector"]

M2_PER_KM2: Final = 1e6
M2_PER_HA: Final = 10_000.0
EARLIER: Final = (
    "income.rural",
    "links.minutes",
    "served.bus",
    "served.clinic",
    "served.network",
    "served.parcel_point",
    "served.primary_place",
    "stock.base_stations",
    "stock.pension",
    "stock.value_added",
)
"""One variable of every sector whose projects may take land: their offers must come before this one."""


@dataclass(frozen=True)
class Land:
    """Land by class in mu, construction quota in mu, construction land in m² and km², by county."""

    name: str = "land"
    tables: frozenset[str] = frozenset({"units", "people"})
    reads: frozenset[str] = frozenset({CLEARED, "people.total", "people.urban", *EARLIER})
    writes: frozenset[str] = frozenset(
        {*(f"land.{name}" for name in COLUMNS), "land.quota", "land.built_km2", "stock.built_m2", CELLS}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Land by class, land a person against the norm, farmland over its floor, quota, idle homesteads."""
        base = base_of(region)
        counties = base.counties.index
        if counties.empty:
            return Findings(pd.DataFrame(columns=["unit", "variable", "value"]))
        assume = Assume(region["standards"].set_index("standard")["value"].astype("float64"))
        figures = _figures(region, state, counties=counties, assume=assume)
        wide = pd.DataFrame(figures, index=counties.rename("unit"))
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Land of the year of ``before``; empty where the region has no land use."""
        check_parameters(assume.numbers)
        base = base_of(region)
        kept = carried(region, base, before, assume=assume)
        land = land_in(region, base, before, opened=opened, grown=kept.grown, assume=assume)
        counties = base.counties.index
        by_class = {name: pd.Series(values, index=counties) for name, values in land.items()}
        built = np.stack([land[name] for name in BUILT], axis=1).sum(axis=1)
        quota = quota_in(before, opened, counties=region.codes("county"), first=kept.first, assume=assume)
        return {
            **{f"land.{name}": values for name, values in by_class.items()},
            "land.quota": quota,
            "land.built_km2": pd.Series(built * M2_PER_MU / M2_PER_KM2, index=counties),
            "stock.built_m2": pd.Series(land["urban"] * M2_PER_MU, index=counties),
            CELLS: kept.series(),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer limits, land of classes for every project before, and projects that win land back."""
        base = base_of(region)
        quota = _quota_limit(region, forecast, assume=assume)
        if base.counties.empty:
            return Offer(limits=quota)
        own = own_projects(region, base, assume=assume)
        taken = _of_others(region, base, forecast.offer, assume=assume)
        sold = _saved_only(base, forecast) if len(own.projects) else Offer().limits
        limits = [quota, _farmland_limit(base, forecast, assume=assume), sold]
        limits = [part for part in limits if len(part)]
        rest = Offer(entries=taken, limits=pd.concat(limits, ignore_index=True))
        return join_offers([own, rest, physical_limits(base, forecast, own)])


def _quota_limit(region: Region, forecast: Forecast, *, assume: Assume) -> pd.DataFrame:
    return yearly_limits(
        region.codes("county"),
        forecast.years,
        ledger="land",
        key="construction",
        a_year=assume["limits.land_mu_per_year"],
    )


def _farmland_limit(base: Base, forecast: Forecast, *, assume: Assume) -> pd.DataFrame:
    """Farmland that projects may take net by each year: above the floor, and held against the reserve."""
    start = base.counties["farmland"]
    parts = [
        pd.DataFrame(
            {
                "ledger": "land",
                "unit": start.index,
                "key": "farmland",
                "year": state.year,
                "amount": farmland_room(
                    state["land.farmland"],
                    basic=state["land.basic_farmland"],
                    floor=start * assume["land.farmland_floor"],
                    reserve=start * assume["land.farmland_reserve"],
                ),
            }
        )
        for state in forecast.states
    ]
    return pd.concat(parts, ignore_index=True)


def _saved_only(base: Base, forecast: Forecast) -> pd.DataFrame:
    """No more quota is sold than clearing has saved by then."""
    return yearly_limits(base.counties.index, forecast.years, ledger="land", key=LINKED, a_year=0.0)


def _of_others(region: Region, base: Base, offer: Offer, *, assume: Assume) -> pd.DataFrame:
    """What projects of other sectors take of farmland, or give back, and urban land that they build on."""
    entries = offer.entries
    mine = entries[
        (entries["ledger"] == "land")
        & (entries["key"] == "construction")
        & entries["unit"].isin(base.counties.index)
    ]
    if mine.empty:
        return mine
    room = room_to_take(base.counties)
    little = np.minimum(room.sum(axis=1), 1.0)
    part = take(little, room=room, mix=mix(assume))[:, OPEN.index("farmland")]
    share = pd.Series(
        np.divide(part, little, out=np.zeros(len(part)), where=little > 0), index=base.counties.index
    )
    amount = mine["amount"].to_numpy()
    of_farmland = (
        np.where(amount > 0, mine["unit"].map(share).to_numpy(), assume["land.reclaim_farmland"]) * amount
    )
    farmland = mine.assign(key="farmland", amount=of_farmland)
    kind = built_class(region, offer.projects).reindex(mine["project"]).to_numpy()
    urban = mine[(kind == "urban") & (amount > 0)]
    urban = urban.assign(ledger="stock", key="built_m2", amount=urban["amount"] * M2_PER_MU)
    together: pd.DataFrame = pd.concat([farmland, urban], ignore_index=True)
    return together.loc[together["amount"] != 0]


def _figures(
    region: Region, state: State, *, counties: pd.Index, assume: Assume
) -> dict[str, pd.Series | np.ndarray]:
    """Figures of the counties by name."""
    land = {name: state[f"land.{name}"].reindex(counties) for name in COLUMNS}
    people, urban = (
        urban_people(state[f"people.{name}"], region=region, counties=counties) for name in ("total", "urban")
    )
    built, norm = state["stock.built_m2"].reindex(counties), city_norm(assume)
    start = base_of(region).counties["farmland"]
    figures: dict[str, pd.Series | np.ndarray] = {
        "urban land a person, m²": intensity(
            built / M2_PER_KM2, people=urban, value_added=0.0
        ).land_per_person,
        "room for urban land inside the norm, ha": headroom(built, people=urban, norm=norm) / M2_PER_HA,
        "farmland over its floor, mu": land["farmland"] - start * assume["land.farmland_floor"],
        "construction quota left, mu": state["land.quota"].reindex(counties),
        "idle homesteads, mu": land["idle_homestead"],
    }
    km2 = state["land.built_km2"].reindex(counties)
    made = state["stock.value_added"].reindex(counties) if "stock.value_added" in state else None
    found = intensity(km2, people=people, value_added=0.0 if made is None else made)
    figures["people a km² of construction land"] = found.people_per_km2
    if made is not None:
        figures["value added a km² of construction land, 10 000 yuan"] = found.value_added_per_km2
    return figures | {f"land: {name}, mu": land[name] for name in COLUMNS}


sector = Land()
