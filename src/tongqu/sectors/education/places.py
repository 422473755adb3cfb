"""New schools and extensions: places for pupils without one, and rides for those who live too far."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.contracts import (
    Assume,
    Forecast,
    Offer,
    cost_entries,
    lasting_entries,
    link_upgrades,
    project_table,
)
from tongqu.data import Region
from tongqu.methods.access import gains
from tongqu.methods.roads import road_network, upgrades_of
from tongqu.methods.travel import Network, pairs_within
from tongqu.sectors.education.stages import NURSERY, SENIOR, SENIOR_KINDS, Stage, car_limit, schools

__all__ = [
    "extensions",
    "most_unmet",
    "new_kindergartens",
    "new_schools",
    "school_costs",
    "senior_extensions",
    "teachers_of",
]

EXTENSIONS: Final = (6, 12)
"""Classes added by the two sizes of extension offered for a school."""
NEAREST: Final = 3
"""New places are credited to pupils for whom they are among this many nearest places offered."""
LEAST_PUPILS: Final = 1.0
"""Villages with fewer pupils unmet than this are left to the simulation."""


def most_unmet(forecast: Forecast, key: str) -> pd.Series:
    """Most pupils without the service in any year, by village."""
    years = [state[f"demand.{key}"] - state[f"served.{key}"] for state in forecast.states]
    return pd.concat(years, axis=1).max(axis=1)


def new_schools(region: Region, forecast: Forecast, *, stage: Stage, assume: Assume) -> Offer:
    """A new school in each village whose pupils ride too long."""
    unmet = most_unmet(forecast, stage.ride)
    villages = region.level("village").loc[unmet.index[unmet > 0]]
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    projects = _school_table(region, villages, stage=stage, assume=assume)
    roads = link_upgrades(forecast.offer)
    names = roads["project"].drop_duplicates().to_numpy()
    sites = schools(region, Offer().projects, stage=stage)
    found = gains(
        network,
        upgrades=upgrades_of(network, roads, links=region["links"]["link"]),
        origins=network.locate(villages["node"]),
        sites=network.locate(sites["node"]),
        candidates=network.locate(projects["node"]),
        limit=car_limit(stage, assume),
    )
    mine = projects.iloc[found.singles["candidate"].to_numpy()]
    ride = lasting_entries(
        mine, ledger="served", key=stage.ride, amount=1.0, unit=villages.index[found.singles["origin"]]
    )
    lead = forecast.offer.projects.set_index("project")["lead"]
    theirs = pd.DataFrame({"project": names[found.upgrades["upgrade"]]})
    theirs["lead"] = theirs["project"].map(lead).astype("int64")
    by_road = lasting_entries(
        theirs, ledger="served", key=stage.ride, amount=1.0, unit=villages.index[found.upgrades["origin"]]
    )
    pairs = found.pairs(upgrades=names, candidates=projects["project"], origins=villages.index)
    pairs = pairs.assign(key=stage.ride, amount=1.0)
    places = _place_entries(region, network, forecast, projects=projects, stage=stage, assume=assume)
    entries = [cost_entries(projects), ride, by_road, places, teachers_of(projects, assume)]
    return Offer(projects, pd.concat(entries, ignore_index=True), pairs)


def new_kindergartens(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """A village kindergarten in each village whose children have no place within the norm."""
    unmet = most_unmet(forecast, NURSERY.place)
    villages = region.level("village").loc[unmet.index[unmet >= LEAST_PUPILS]]
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    projects = _school_table(region, villages, stage=NURSERY, assume=assume)
    places = _place_entries(region, network, forecast, projects=projects, stage=NURSERY, assume=assume)
    entries = [cost_entries(projects), places, teachers_of(projects, assume)]
    return Offer(projects, pd.concat(entries, ignore_index=True))


def _school_table(region: Region, villages: pd.DataFrame, *, stage: Stage, assume: Assume) -> pd.DataFrame:
    places = float(stage.new_places)
    return project_table(
        {
            "project": (f"{stage.key}_school:" + villages.index).to_numpy(),
            "name_zh": (villages["name"] + "新建" + stage.zh).to_numpy(),
            "name_en": (
                villages["name_en"].fillna(villages["name"]) + f": new {stage.key} school"
            ).to_numpy(),
            "unit": villages.index.to_numpy(),
            "town": villages["parent"].to_numpy(),
            "county": region.county_of(villages.index).to_numpy(),
            "node": villages["node"].to_numpy(),
            "lon": villages["lon"].to_numpy(),
            "lat": villages["lat"].to_numpy(),
            **school_costs(np.full(len(villages), places), assume),
            "modelled": True,
        },
        sector="education",
        kind=f"{stage.key}_school",
    )


def school_costs(places: np.ndarray, assume: Assume) -> dict[str, Any]:
    """Columns of a project of so many places, shape (projects,): size, cost, lead, land."""
    area = places * assume["school.area_per_pupil"]
    return {
        "size": places,
        "size_unit": "place",
        "capital_wan": area * assume["school.cost_per_m2"],
        "running_wan": places * assume["school.running_per_place"],
        "lead": 2,
        "land_mu": places * assume["school.land_per_pupil"] / M2_PER_MU,
    }


def extensions(region: Region, forecast: Forecast, *, stage: Stage, assume: Assume) -> Offer:
    """Two sizes of extension at each school that pupils without a place can reach."""
    sites = region["sites"]
    projects = _extension_table(region, sites[sites["kind"] == stage.kind], stage=stage, assume=assume)
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0]["links.minutes"])
    places = _place_entries(region, network, forecast, projects=projects, stage=stage, assume=assume)
    useful = projects[projects["project"].isin(places["project"])]
    places = places[places["project"].isin(useful["project"])]
    return Offer(
        useful, pd.concat([cost_entries(useful), places, teachers_of(useful, assume)], ignore_index=True)
    )


def senior_extensions(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Two sizes of extension at each senior school of a county whose pupils lack places.

    A senior school takes pupils of its whole county, who board if they live far.
    """
    unmet = most_unmet(forecast, SENIOR.place)
    lacking = unmet[unmet > 0]
    counties = region.county_of(lacking.index)
    sites = region["sites"]
    sites = sites[sites["kind"].isin(SENIOR_KINDS)]
    sites = sites[region.county_of(sites["unit"]).isin(counties.unique()).to_numpy()]
    projects = _extension_table(region, sites, stage=SENIOR, assume=assume)
    homes = pd.DataFrame({"unit": lacking.index, "county": counties.to_numpy()})
    able = projects.rename(columns={"unit": "at"}).merge(homes, on="county")
    credit = lasting_entries(able, ledger="served", key=SENIOR.place, amount=1.0, unit=able["unit"])
    room = lasting_entries(
        projects, ledger="room", unit=projects["unit"], key=SENIOR.place, amount=projects["size"]
    )
    entries = [cost_entries(projects), credit, room, teachers_of(projects, assume)]
    return Offer(projects, pd.concat(entries, ignore_index=True))


def _extension_table(region: Region, sites: pd.DataFrame, *, stage: Stage, assume: Assume) -> pd.DataFrame:
    """Two sizes of extension at each of some schools."""
    many = sites.loc[sites.index.repeat(len(EXTENSIONS))]
    classes = np.tile(np.asarray(EXTENSIONS, dtype=float), len(sites))
    units = region["units"].set_index("unit").loc[many["unit"]]
    site = many["site"].astype("str").to_numpy().astype(object)
    label = classes.astype(int).astype(str).astype(object)
    return project_table(
        {
            "project": f"{stage.key}_classes:" + site + ":" + label,
            "name_zh": many["name"].to_numpy().astype(object) + "扩建" + label + "班",
            "name_en": many["name_en"].fillna(many["name"]).to_numpy().astype(object)
            + ": "
            + label
            + " more classes",
            "unit": many["unit"].to_numpy(),
            "town": units["parent"].where(units["level"] == "village", units.index.to_series()).to_numpy(),
            "county": region.county_of(many["unit"]).to_numpy(),
            "node": many["node"].to_numpy(),
            "site": many["site"].to_numpy(),
            "lon": many["lon"].to_numpy(),
            "lat": many["lat"].to_numpy(),
            **school_costs(classes * assume[f"pupils.per_class_{stage.key}"], assume),
            "group": f"{stage.key}_classes:" + site,
            "modelled": True,
        },
        sector="education",
        kind=f"{stage.key}_classes",
    )


def _place_entries(
    region: Region,
    network: Network,
    forecast: Forecast,
    *,
    projects: pd.DataFrame,
    stage: Stage,
    assume: Assume,
) -> pd.DataFrame:
    """Credit to the villages in reach that lack places, and the room that bounds it."""
    unmet = most_unmet(forecast, stage.place)
    homes = region.level("village")["node"].loc[unmet.index[unmet >= LEAST_PUPILS]]
    spots = projects["node"].drop_duplicates()
    pairs = pairs_within(
        network, origins=network.locate(homes), targets=network.locate(spots), limit=car_limit(stage, assume)
    )
    near = pd.DataFrame(
        {"unit": homes.index[pairs.origin], "node": spots.to_numpy()[pairs.target], "minutes": pairs.minutes}
    ).sort_values(["unit", "minutes", "node"], kind="stable")
    near = near[near.groupby("unit").cumcount() < NEAREST]
    able = projects.merge(near, on="node", suffixes=("_project", ""))
    credit = lasting_entries(able, ledger="served", key=stage.place, amount=1.0, unit=able["unit"])
    able = projects[projects["project"].isin(credit["project"])]
    room = lasting_entries(able, ledger="room", unit=able["unit"], key=stage.place, amount=able["size"])
    return pd.concat([credit, room], ignore_index=True)


def teachers_of(projects: pd.DataFrame, assume: Assume) -> pd.DataFrame:
    """Teachers that new places need."""
    return lasting_entries(
        projects,
        ledger="staff",
        unit=projects["county"],
        key="teachers",
        amount=projects["size"] / assume["pupils.per_teacher"],
    )
