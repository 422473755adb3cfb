"""Rides for those who live too far: boarding places at junior schools, and direct buses of a town."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import Assume, Forecast, Offer, cost_entries, lasting_entries, project_table
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.travel import nearest, within
from tongqu.sectors.education.places import most_unmet
from tongqu.sectors.education.stages import JUNIOR, RIDDEN, car_limit, schools

__all__ = ["boarding", "direct_buses"]

BEDS: Final = 10.0
"""Boarding places are built in tens."""


def boarding(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Boarding places at the junior school nearest to pupils who live too far for a daily ride.

    Each is sized for all pupils without a ride who would board there: it has room for everybody it credits.
    """
    unmet = most_unmet(forecast, JUNIOR.ride)
    villages = region.level("village").loc[unmet.index[unmet > 0]]
    sites = region["sites"]
    sites = sites[(sites["kind"] == JUNIOR.kind) & (sites["capacity"] > 0)]
    if villages.empty or sites.empty:
        return Offer()
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    found = nearest(network, targets=network.locate(sites["node"]), origins=network.locate(villages["node"]))
    near = within(found.minutes, assume["minutes.boarder_ride"] / assume["factor.school_bus"])
    homes = pd.DataFrame(
        {"unit": villages.index[near], "at": found.target[near], "pupils": unmet[villages.index[near]]}
    )
    beds = np.ceil(homes.groupby("at")["pupils"].sum() / BEDS) * BEDS
    own = sites.iloc[beds.index.to_numpy()]
    units = region["units"].set_index("unit").loc[own["unit"]]
    area = beds.to_numpy() * assume["boarding.area"]
    projects = project_table(
        {
            "project": ("junior_boarding:" + own["site"].astype("str")).to_numpy(),
            "name_zh": (own["name"].astype("str") + "增设寄宿床位").to_numpy(),
            "name_en": (own["name_en"].fillna(own["name"]).astype("str") + ": boarding places").to_numpy(),
            "unit": own["unit"].to_numpy(),
            "town": units["parent"].where(units["level"] == "village", units.index.to_series()).to_numpy(),
            "county": region.county_of(own["unit"]).to_numpy(),
            "node": own["node"].to_numpy(),
            "site": own["site"].to_numpy(),
            "lon": own["lon"].to_numpy(),
            "lat": own["lat"].to_numpy(),
            "size": beds.to_numpy(),
            "size_unit": "place",
            "capital_wan": area * assume["school.cost_per_m2"],
            "running_wan": beds.to_numpy() * assume["boarding.running"],
            "lead": 1,
            "modelled": True,
        },
        sector="education",
        kind="junior_boarding",
    )
    at = pd.Series(np.arange(len(beds)), index=beds.index)
    credit = lasting_entries(
        projects.iloc[at[homes["at"]].to_numpy()],
        ledger="served",
        key=JUNIOR.ride,
        amount=1.0,
        unit=homes["unit"],
    )
    return Offer(projects, pd.concat([cost_entries(projects), credit], ignore_index=True))


def direct_buses(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Direct school buses of a town, which stop less often: the norm is kept from farther away."""
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    villages = region.level("village")
    homes = network.locate(villages["node"])
    served, riders = [], pd.Series(0.0, index=villages.index)
    for stage in RIDDEN:
        unmet = most_unmet(forecast, stage.ride)
        sites = schools(region, Offer().projects, stage=stage)
        found = nearest(network, targets=network.locate(sites["node"]), origins=homes)
        gained = (unmet > 0).to_numpy() & within(found.minutes, car_limit(stage, assume, direct=True))
        riders += unmet.where(gained, 0.0)
        served += [(unit, stage.ride) for unit in villages.index[gained]]
    gain = pd.DataFrame(served, columns=["unit", "key"])
    gain["town"] = villages["parent"].reindex(gain["unit"]).to_numpy()
    towns = region.level("town").reindex(sorted(set(gain["town"])))
    gain = gain[gain["town"].isin(towns.index)]
    if gain.empty:
        return Offer()
    number = riders.groupby(villages["parent"].to_numpy()).sum().reindex(towns.index)
    riding = number.to_numpy(dtype=np.float64)
    seats = assume["school_bus.seats"] * assume["school_bus.rounds"]
    buses = np.maximum(np.ceil(riding / seats), 1.0)
    projects = project_table(
        {
            "project": ("school_bus:" + towns.index).to_numpy(),
            "name_zh": (towns["name"] + "校车直达线").to_numpy(),
            "name_en": (towns["name_en"].fillna(towns["name"]) + ": direct school buses").to_numpy(),
            "unit": towns.index.to_numpy(),
            "town": towns.index.to_numpy(),
            "county": region.county_of(towns.index).to_numpy(),
            "node": towns["node"].fillna("").to_numpy(),
            "lon": towns["lon"].to_numpy(),
            "lat": towns["lat"].to_numpy(),
            "size": buses,
            "size_unit": "vehicle",
            "capital_wan": buses * assume["school_bus.cost"],
            "running_wan": buses * assume["school_bus.running"],
            "lead": 1,
            "modelled": True,
        },
        sector="education",
        kind="school_bus",
    )
    mine = projects.set_index("town", drop=False).loc[gain["town"]].reset_index(drop=True)
    credit = lasting_entries(mine, ledger="served", key=gain["key"], amount=1.0, unit=gain["unit"])
    return Offer(projects, pd.concat([cost_entries(projects), credit], ignore_index=True))
