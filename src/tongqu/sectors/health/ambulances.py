"""Ambulances: the chance that one near enough is free, and what one more vehicle brings.

With each vehicle busy for a share q of the time, k vehicles within the limit serve a share 1 - q^k of a
village's people (Daskin 1983). One more brings 1 - q of those who are not served, whatever k is, so that the
linear promise of a single vehicle is exact; of two near the same village it promises more than both bring,
which feedback takes back.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import (
    Assume,
    Forecast,
    Offer,
    State,
    cost_entries,
    lasting_entries,
    link_upgrades,
    project_table,
)
from tongqu.data import Region
from tongqu.methods.access import gains
from tongqu.methods.roads import upgrades_of
from tongqu.methods.travel import nearest, pairs_within, within
from tongqu.sectors.health.reach import network_of

__all__ = ["AMBULANCE", "ambulance_values", "stations"]

Floats = npt.NDArray[np.float64]

AMBULANCE: Final = "ambulance"
"""Service: an ambulance that is free within the limit."""
KIND: Final = "ambulance_station"
ADDED: Final = ("ambulance_station", "ambulance_vehicle")
"""Kinds of project that add a vehicle: with a station of its own, and at one of today."""


def ambulance_values(
    region: Region, before: State, projects: pd.DataFrame, *, assume: Assume
) -> dict[str, pd.Series]:
    """Minutes to the nearest station, and people with a free ambulance in time by village."""
    people = before["people.total"]
    if not _known(region):
        nobody = people * 0.0
        return {
            f"minutes.{AMBULANCE}": pd.Series(np.inf, index=people.index),
            f"demand.{AMBULANCE}": nobody,
            f"served.{AMBULANCE}": nobody,
        }
    minutes, vehicles = _near(region, before["links.minutes"], projects, _limit(assume))
    return {
        f"minutes.{AMBULANCE}": minutes,
        f"demand.{AMBULANCE}": people,
        f"served.{AMBULANCE}": people * (1.0 - assume["ambulance.busy"] ** vehicles),
    }


def _limit(assume: Assume) -> float:
    """Minutes by car that an ambulance may drive: from call to arrival, less what it needs to leave."""
    return (assume["ambulance.minutes"] - assume["ambulance.leave"]) * assume["ambulance.speed"]


@lru_cache(maxsize=4)
def _known(region: Region) -> bool:
    """Whether the region lists ambulance stations: none listed is not none there."""
    return bool(region["sites"]["kind"].eq(KIND).any())


@lru_cache(maxsize=4)
def _today(region: Region) -> pd.DataFrame:
    """Node and vehicles of the stations of today; where their number is blank, the one that a station has."""
    sites = region["sites"]
    mine = sites.loc[sites["kind"] == KIND, ["node", "capacity"]]
    # A station has a vehicle: what is not known is how many more.
    return mine.astype({"node": "str", "capacity": "float64"}).fillna({"capacity": 1.0})


def _stations(region: Region, projects: pd.DataFrame) -> pd.DataFrame:
    """Node and vehicles of the stations of today and of what was opened."""
    new = projects[projects["kind"].isin(ADDED)]
    more = pd.DataFrame({"node": new["node"].astype("str"), "capacity": new["size"].astype("float64")})
    return pd.concat([_today(region), more], ignore_index=True)


@remember(64)
def _near(
    region: Region, links: pd.Series, projects: pd.DataFrame, limit: float
) -> tuple[pd.Series, pd.Series]:
    """Minutes to the nearest station and vehicles within the limit, by village."""
    network, homes = network_of(region, links), region.level("village")["node"]
    table = _stations(region, projects)
    targets, origins = network.locate(table["node"]), network.locate(homes)
    found = nearest(network, targets=targets, origins=origins)
    pairs = pairs_within(network, origins=origins, targets=targets, limit=limit)
    weights = table["capacity"].to_numpy()[pairs.target]
    vehicles = np.bincount(pairs.origin, weights=weights, minlength=len(homes))
    return pd.Series(found.minutes, index=homes.index), pd.Series(vehicles, index=homes.index)


def stations(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Offer a vehicle at each station of today, and a station with one at the seat of each town without."""
    if not _known(region):
        return Offer()
    sites = region["sites"]
    own = sites[sites["kind"] == KIND]
    projects = pd.concat(
        [_vehicles(region, own, assume=assume), _new(region, own, assume=assume)], ignore_index=True
    )
    network = network_of(region, forecast.states[0]["links.minutes"])
    villages = region.level("village")
    share, limit = 1.0 - assume["ambulance.busy"], _limit(assume)
    homes, spots = network.locate(villages["node"]), network.locate(projects["node"])
    pairs = pairs_within(network, origins=homes, targets=spots, limit=limit)
    credit = lasting_entries(
        projects.iloc[pairs.target],
        ledger="served",
        key=AMBULANCE,
        amount=share,
        unit=villages.index[pairs.origin],
    )
    doctors = lasting_entries(
        projects,
        ledger="staff",
        unit=projects["county"],
        key="doctors",
        amount=assume["ambulance.doctors"] * projects["size"],
    )
    roads, together = _by_road(region, forecast, projects, own=own, share=share, limit=limit)
    entries = [cost_entries(projects), credit, doctors, roads]
    return Offer(projects, pd.concat(entries, ignore_index=True), together)


def _by_road(
    region: Region,
    forecast: Forecast,
    projects: pd.DataFrame,
    *,
    own: pd.DataFrame,
    share: float,
    limit: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Entries of the roads offered by others, alone and in pairs, for villages that no vehicle reaches."""
    network = network_of(region, forecast.states[0]["links.minutes"])
    minutes = forecast.states[0][f"minutes.{AMBULANCE}"]
    beyond = region.level("village").loc[minutes.index[~within(minutes.to_numpy(), limit)]]
    roads = link_upgrades(forecast.offer)
    names = roads["project"].drop_duplicates().to_numpy()
    found = gains(
        network,
        upgrades=upgrades_of(network, roads, links=region["links"]["link"]),
        origins=network.locate(beyond["node"]),
        sites=network.locate(own["node"]),
        candidates=network.locate(projects["node"]),
        limit=limit,
    )
    lead = forecast.offer.projects.set_index("project")["lead"]
    theirs = pd.DataFrame({"project": names[found.upgrades["upgrade"]]})
    theirs["lead"] = theirs["project"].map(lead).astype("int64")
    unit = beyond.index[found.upgrades["origin"]]
    credit = lasting_entries(theirs, ledger="served", key=AMBULANCE, amount=share, unit=unit)
    pairs = found.pairs(upgrades=names, candidates=projects["project"], origins=beyond.index)
    return credit, pairs.assign(key=AMBULANCE, amount=share)


def _vehicles(region: Region, own: pd.DataFrame, *, assume: Assume) -> pd.DataFrame:
    """One more vehicle at each station of today."""
    units = region["units"].set_index("unit").loc[own["unit"]]
    in_village = (units["level"] == "village").to_numpy()
    return project_table(
        {
            "project": ("ambulance_vehicle:" + own["site"].astype("str")).to_numpy(),
            "name_zh": (own["name"].astype("str") + "增配救护车").to_numpy(),
            "name_en": (own["name_en"].fillna(own["name"]).astype("str") + ": one more ambulance").to_numpy(),
            "unit": own["unit"].to_numpy(),
            "town": np.where(in_village, units["parent"], units.index),
            "county": region.county_of(own["unit"]).to_numpy(),
            "node": own["node"].to_numpy(),
            "site": own["site"].to_numpy(),
            "lon": own["lon"].to_numpy(),
            "lat": own["lat"].to_numpy(),
            "size": 1.0,
            "size_unit": "vehicle",
            "capital_wan": assume["ambulance.vehicle_cost"],
            "running_wan": assume["ambulance.running"],
            "lead": 1,
            "modelled": True,
        },
        sector="health",
        kind="ambulance_vehicle",
    )


def _new(region: Region, own: pd.DataFrame, *, assume: Assume) -> pd.DataFrame:
    """A station with one vehicle in each town without one: at its seat, else at its first village."""
    units = region["units"].set_index("unit")
    there = (
        units["parent"]
        .reindex(own["unit"])
        .where((units["level"].reindex(own["unit"]) == "village"), own["unit"].to_numpy())
    )
    towns = region.level("town")
    towns = towns[~towns.index.isin(there)]
    villages = region.level("village")
    first = villages.reset_index().drop_duplicates("parent").set_index("parent")
    seats = towns["seat"].where(towns["seat"].isin(villages.index), first["unit"].reindex(towns.index))
    towns, seats = towns[seats.notna()], seats.dropna()
    at = villages.loc[seats]
    return project_table(
        {
            "project": ("ambulance_station:" + towns.index).to_numpy(),
            "name_zh": (towns["name"] + "新建急救站").to_numpy(),
            "name_en": (towns["name_en"].fillna(towns["name"]) + ": new ambulance station").to_numpy(),
            "unit": at.index.to_numpy(),
            "town": towns.index.to_numpy(),
            "county": region.county_of(towns.index).to_numpy(),
            "node": at["node"].to_numpy(),
            "lon": at["lon"].to_numpy(),
            "lat": at["lat"].to_numpy(),
            "size": 1.0,
            "size_unit": "vehicle",
            "capital_wan": assume["ambulance.vehicle_cost"] + assume["ambulance.station_cost"],
            "running_wan": assume["ambulance.running"],
            "lead": 1,
            "land_mu": assume["ambulance.land"],
            "modelled": True,
        },
        sector="health",
        kind="ambulance_station",
    )
