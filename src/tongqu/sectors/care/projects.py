"""What could be built for care: centres, meal points of a town, village points of the hall, a mobile hall.

Of each kind a town is offered one project at most, as large as the need that it could meet in the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

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
from tongqu.methods.travel import pairs_within
from tongqu.sectors.care.parameters import HALL, Service
from tongqu.sectors.care.supply import known, sites_of

__all__ = ["KINDS", "best_in_town", "offers_of", "unmet_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KINDS: Final[Mapping[str, tuple[str, str, str, int]]] = {
    "day_care_centre": ("新建居家养老服务照料中心", "new day-care centre for elders", "place", 1),
    "meal_points": ("老年助餐点建设", "meal points for elders", "meal", 1),
    "child_care_centre": ("新建托育园", "new child-care centre", "place", 1),
    "hall_points": ("村级便民服务点建设", "village points of the service hall", "site", 1),
    "mobile_hall": ("流动便民服务车", "mobile service hall", "vehicle", 0),
}
"""Kinds of project: Chinese and English name, unit of size, years until it works."""
CENTRES: Final = {"day_care": "day_care_centre", "child_care": "child_care_centre"}
"""Services whose new places stand together."""
NEAREST: Final = 2
"""New places are credited to people for whom they are among this many nearest offered."""
LEAST_UNMET: Final = 1.0
"""Villages with fewer persons without than this are left to the simulation."""
LEAST_FIRST: Final = 0.5
"""Likewise of those who come first: they are few, and take places before the others in any case."""
LEAST_MEALS: Final = 3.0
"""A meal point needs so many meals a day (assumed)."""


def unmet_of(forecast: Forecast, key: str) -> pd.Series:
    """Most persons without the service in any year, by village."""
    years = [state[f"demand.{key}"] - state[f"served.{key}"] for state in forecast.states]
    return pd.concat(years, axis=1).max(axis=1).clip(lower=0.0)


def offers_of(region: Region, forecast: Forecast, service: Service, *, assume: Assume) -> list[Offer]:
    """All projects of a service; none where the region has no site of it at all."""
    if not known(region, service):
        return []
    if service.key in CENTRES:
        return [_centres(region, forecast, service, assume=assume)]
    if service.key == HALL.key:
        return [*_points(region, forecast, assume=assume), _roads(region, forecast, assume=assume)]
    return [_meals(region, forecast, service, assume=assume)]


def best_in_town(
    region: Region, links: pd.Series, wanted: pd.Series, *, limit: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The village of each town from which most of what is wanted lies within the limit.

    Parameters
    ----------
    wanted : Series of float
        Persons by village; those with none count nothing.

    Returns
    -------
    tuple of DataFrame
        By village chosen: ``town, wanted`` (persons within the limit); and the pairs ``place`` (village
        chosen), ``unit, minutes`` (who is within it).
    """
    villages = region.level("village")
    on_road = villages["node"].dropna()
    homes = on_road[on_road.index.isin(wanted.index[wanted > 0])]
    network = road_network(region["nodes"], region["links"], minutes=links)
    pairs = pairs_within(network, origins=network.locate(homes), targets=network.locate(on_road), limit=limit)
    near = pd.DataFrame(
        {
            "place": on_road.index[pairs.target],
            "unit": homes.index[pairs.origin],
            "minutes": pairs.minutes,
        }
    )
    total = wanted.reindex(near["unit"]).groupby(near["place"].to_numpy()).sum()
    table = pd.DataFrame({"town": villages["parent"].reindex(total.index), "wanted": total})
    table = table.rename_axis("place").reset_index()
    table = table.sort_values(["town", "wanted", "place"], ascending=[True, False, True])
    chosen = table.drop_duplicates("town").set_index("place")
    return chosen, near[near["place"].isin(chosen.index)]


def _table(
    region: Region, units: pd.Index, *, kind: str, columns: Mapping[str, npt.ArrayLike]
) -> pd.DataFrame:
    """Projects at villages, or of towns, with what the kind and the place say."""
    zh, en, unit, lead = KINDS[kind]
    places = region["units"].set_index("unit").loc[units]
    town = region.ancestor(units, level="town").to_numpy()
    of_town = (places["level"] == "town").to_numpy()
    seat = places["seat"].where(of_town, places.index.to_series())
    node = region["units"].set_index("unit")["node"].reindex(seat.fillna("")).fillna("").to_numpy()
    common: dict[str, npt.ArrayLike | str | float | bool] = {
        "project": (kind + ":" + units.astype("str")).to_numpy(),
        "name_zh": (places["name"].astype("str") + zh).to_numpy(),
        "name_en": (places["name_en"].fillna(places["name"]).astype("str") + ": " + en).to_numpy(),
        "unit": units.to_numpy(),
        "town": town,
        "county": region.county_of(units).to_numpy(),
        "node": node,
        "lon": places["lon"].to_numpy(),
        "lat": places["lat"].to_numpy(),
        "size_unit": unit,
        "lead": lead,
        "modelled": True,
    }
    return project_table(common | dict(columns), sector="care", kind=kind)


def _carers(projects: pd.DataFrame, each: float) -> pd.DataFrame:
    staff = lasting_entries(
        projects, ledger="staff", unit=projects["county"], key="carers", amount=projects["size"] * each
    )
    return staff[staff["amount"] > 0]


def _credits(
    projects: pd.DataFrame, who: pd.DataFrame, service: Service, *, forecast: Forecast
) -> pd.DataFrame:
    """Credit of a service and of those who come first in it, and the room that both share.

    Parameters
    ----------
    who : DataFrame
        ``project`` and ``unit``: whom each project serves.
    """
    left = unmet_of(forecast, service.first)
    ahead = left.index[left >= LEAST_FIRST]
    row = pd.Series(np.arange(len(projects)), index=projects["project"])
    parts = []
    for key, mine in ((service.key, who), (service.first, who[who["unit"].isin(ahead)])):
        made = projects.iloc[row.loc[mine["project"]].to_numpy()]
        served = lasting_entries(made, ledger="served", key=key, amount=1.0, unit=mine["unit"].to_numpy())
        able = projects[projects["project"].isin(mine["project"])]
        room = lasting_entries(
            able, ledger="room", key=key, amount=able["size"], unit=able["unit"].to_numpy()
        )
        parts += [served, room]
    return pd.concat(parts, ignore_index=True)


def _centres(region: Region, forecast: Forecast, service: Service, *, assume: Assume) -> Offer:
    """A centre in each town, where most of those without a place are in reach."""
    unmet = unmet_of(forecast, service.key)
    unmet = unmet.where(unmet >= LEAST_UNMET, 0.0)
    if not (unmet > 0).any():
        return Offer()
    kind, prefix = CENTRES[service.key], service.kind
    links = forecast.states[0][service.links]
    chosen, near = best_in_town(region, links, unmet, limit=assume[service.limit])
    chosen = chosen[chosen["wanted"] >= assume[f"{prefix}.least"]]
    if chosen.empty:
        return Offer()
    size = np.ceil(chosen["wanted"].clip(upper=assume[f"{prefix}.most"])).to_numpy()
    projects = _table(region, chosen.index, kind=kind, columns=_place_costs(size, prefix, assume))
    near = near[near["place"].isin(chosen.index)].sort_values(["unit", "minutes", "place"], kind="stable")
    near = near[near.groupby("unit").cumcount() < NEAREST]
    who = near.assign(project=kind + ":" + near["place"].astype("str"))
    kept = projects["project"].isin(who["project"])
    projects = projects[kept].reset_index(drop=True)
    entries = [
        cost_entries(projects),
        _credits(projects, who, service, forecast=forecast),
        _carers(projects, assume[f"{prefix}.carers_per_place"]),
    ]
    return Offer(projects, pd.concat(entries, ignore_index=True))


def _place_costs(
    size: Floats, prefix: str, assume: Assume, *, sites: npt.ArrayLike = 1.0
) -> dict[str, npt.ArrayLike]:
    """Cost, running cost and land of so many places at so many sites."""
    number = np.asarray(sites, dtype=np.float64)
    return {
        "size": size,
        "capital_wan": number * assume[f"{prefix}.cost"] + size * assume[f"{prefix}.cost_per_place"],
        "running_wan": number * assume[f"{prefix}.running"] + size * assume[f"{prefix}.running_per_place"],
        "land_mu": number * assume[f"{prefix}.land"] + size * assume[f"{prefix}.land_per_place"],
    }


def _meals(region: Region, forecast: Forecast, service: Service, *, assume: Assume) -> Offer:
    """Points in all villages of a town whose elders lack meals; each serves its own village."""
    unmet = unmet_of(forecast, service.key)
    unmet = unmet[unmet >= LEAST_MEALS]
    if unmet.empty:
        return Offer()
    town = pd.Series(region.ancestor(unmet.index, level="town").to_numpy(), index=unmet.index)
    meals = np.ceil(unmet).groupby(town.to_numpy()).sum()
    number = town.value_counts().reindex(meals.index).to_numpy(dtype=np.float64)
    columns = _place_costs(meals.to_numpy(), service.kind, assume, sites=number)
    projects = _table(region, pd.Index(meals.index), kind="meal_points", columns=columns)
    who = pd.DataFrame({"project": ("meal_points:" + town).to_numpy(), "unit": town.index})
    entries = [
        cost_entries(projects),
        _credits(projects, who, service, forecast=forecast),
        _carers(projects, assume[f"{service.kind}.carers_per_place"]),
    ]
    return Offer(projects, pd.concat(entries, ignore_index=True))


def _points(region: Region, forecast: Forecast, *, assume: Assume) -> list[Offer]:
    """Points in all villages of a town beyond the limit, or a mobile hall that comes to them."""
    unmet = unmet_of(forecast, HALL.key)
    beyond = unmet.index[unmet >= LEAST_UNMET]
    if beyond.empty:
        return []
    town = pd.Series(region.ancestor(beyond, level="town").to_numpy(), index=beyond)
    towns = pd.Index(sorted(town.unique()))
    number = town.value_counts().reindex(towns).to_numpy(dtype=np.float64)
    made = []
    for kind, prefix, sites, share in (
        ("hall_points", "hall_point", number, 1.0),
        ("mobile_hall", "mobile_hall", np.ones(len(towns)), assume["mobile_hall.share"]),
    ):
        columns = {
            "size": sites,
            "capital_wan": sites * assume[f"{prefix}.cost"],
            "running_wan": sites * assume[f"{prefix}.running"],
            "land_mu": sites * assume[f"{prefix}.land"],
            "group": ("hall:" + towns).to_numpy(),
        }
        projects = _table(region, towns, kind=kind, columns=columns)
        row = towns.get_indexer(pd.Index(town))
        credit = lasting_entries(
            projects.iloc[row], ledger="served", key=HALL.key, amount=share, unit=beyond.to_numpy()
        )
        made.append(Offer(projects, pd.concat([cost_entries(projects), credit], ignore_index=True)))
    return made


def _roads(region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
    """Credit to roads that others offer and that bring villages within the limit of a hall."""
    unmet = unmet_of(forecast, HALL.key)
    homes = region.level("village")["node"].loc[unmet.index[unmet > 0]].dropna()
    roads = link_upgrades(forecast.offer)
    if homes.empty or roads.empty:
        return Offer()
    network = road_network(region["nodes"], region["links"], minutes=forecast.states[0][HALL.links])
    names = roads["project"].drop_duplicates().to_numpy()
    found = gains(
        network,
        upgrades=upgrades_of(network, roads, links=region["links"]["link"]),
        origins=network.locate(homes),
        sites=network.locate(sites_of(region, HALL)["node"]),
        candidates=np.empty(0, dtype=np.int64),
        limit=assume[HALL.limit],
    )
    lead = forecast.offer.projects.set_index("project")["lead"]
    theirs = pd.DataFrame({"project": names[found.upgrades["upgrade"]]})
    theirs["lead"] = theirs["project"].map(lead).astype("int64")
    credit = lasting_entries(
        theirs, ledger="served", key=HALL.key, amount=1.0, unit=homes.index[found.upgrades["origin"]]
    )
    pairs = found.pairs(upgrades=names, candidates=np.empty(0, dtype=object), origins=homes.index)
    return Offer(entries=credit, pairs=pairs.assign(key=HALL.key, amount=1.0))
