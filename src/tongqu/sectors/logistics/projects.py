"""Projects of logistics: points in villages, better stations, a cold first mile, freight on buses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.base.units import WAN
from tongqu.contracts import (
    Assume,
    Offer,
    State,
    cost_entries,
    entries_of,
    lasting_entries,
    project_table,
)
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.travel import pairs_within
from tongqu.sectors.logistics.costs import Works, town_costs
from tongqu.sectors.logistics.ground import DAYS, TONNE, ground_of

__all__ = ["KEY", "KINDS", "PARCELS", "extra_of", "offers_of", "works_of"]

Bools: TypeAlias = npt.NDArray[np.bool_]

KEY: Final = "parcel_point"
"""The service that points give."""
PARCELS: Final = "station_parcels"
"""Stock of parcels a day by which a project raises a station's capacity; its unit is the county."""
KINDS: Final[Mapping[str, tuple[str, str, str, int]]] = {
    "parcel_points": ("村级寄递点建设", "parcel points for villages", "site", 1),
    "logistics_station": ("寄递物流站自动分拣改造", "automatic sorting station", "parcel", 1),
    "cold_station": ("产地冷藏保鲜", "first-mile cold storage", "t", 1),
    "joint_line": ("客货邮线路", "joint line for passengers, freight and mail", "line", 1),
}
"""Kinds of project: Chinese and English name, unit of size, years until it works."""
LEAST_WAN: Final[Mapping[str, float]] = {"logistics_station": 10.0, "cold_station": 10.0, "joint_line": 3.0}
"""Gain a year in 万元 below which a kind is no project of its own in a town (assumed)."""


@dataclass(frozen=True, eq=False)
class _Case:
    """What all projects of a year rest on: present figures by town, and figures with one kind everywhere."""

    region: Region
    assume: Assume
    now: pd.DataFrame


def works_of(opened: Offer) -> Works:
    """The towns in which opened projects work."""
    return _works_of(opened.projects)


@remember(48)
def _works_of(projects: pd.DataFrame) -> Works:
    def towns(kind: str) -> frozenset[str]:
        return frozenset(projects.loc[projects["kind"] == kind, "town"].astype("str"))

    return Works(automatic=towns("logistics_station"), cold=towns("cold_station"), joint=towns("joint_line"))


def extra_of(opened: Offer) -> pd.Series:
    """Parcels a day that opened stations can handle more, by town."""
    return _extra_of(entries_of(opened.entries, ledger="stock", key=PARCELS), opened.projects)


@remember(48)
def _extra_of(stock: pd.DataFrame, projects: pd.DataFrame) -> pd.Series:
    town = projects.set_index("project")["town"]
    return stock["amount"].groupby(stock["project"].map(town).to_numpy()).sum().astype("float64")


def offers_of(
    region: Region, states: tuple[State, State], *, served: pd.Series, assume: Assume
) -> list[Offer]:
    """All projects.

    Parameters
    ----------
    region : Region
    states : tuple of State
        The first and the last year of the plan: people are credited in the first, gains counted in the last
        for what grows with parcels.
    served : Series of bool
        Whether a village has a point within a walk today.
    assume : Assume
    """
    first, last = states
    nothing = pd.Series(dtype="float64")
    now = town_costs(region, last, served=served, extra=nothing, works=Works(), assume=assume)
    case = _Case(region, assume, now)
    towns = frozenset(str(town) for town in now.index)
    joint = town_costs(region, last, served=served, extra=nothing, works=Works(joint=towns), assume=assume)
    cold = town_costs(region, last, served=served, extra=nothing, works=Works(cold=towns), assume=assume)
    return [
        _points(region, first, served=served, assume=assume),
        _stations(case),
        _cold(case, cold),
        _joint(case, joint),
    ]


def _table(case_towns: pd.DataFrame, *, kind: str, columns: Mapping[str, npt.ArrayLike]) -> pd.DataFrame:
    zh, en, unit, lead = KINDS[kind]
    code = case_towns.index.astype("str").to_numpy().astype(object)
    common: dict[str, npt.ArrayLike | str | float | bool] = {
        "project": kind + ":" + code,
        "name_zh": (case_towns["name"] + zh).to_numpy(),
        "name_en": (case_towns["name_en"] + ": " + en).to_numpy(),
        "unit": code,
        "town": code,
        "county": case_towns["county"].to_numpy(),
        "node": case_towns["station"].to_numpy(),
        "lon": case_towns["lon"].to_numpy(),
        "lat": case_towns["lat"].to_numpy(),
        "size_unit": unit,
        "lead": lead,
        "modelled": True,
    }
    return project_table(common | dict(columns), sector="logistics", kind=kind)


def _points(region: Region, state: State, *, served: pd.Series, assume: Assume) -> Offer:
    """A point in every village of a town whose rural people have none within a walk."""
    towns, homes = ground_of(region).towns, region.level("village")["node"].dropna()
    town = region.ancestor(homes.index, level="town").to_numpy()
    rural = state["people.rural"].reindex(homes.index).fillna(0.0)
    lacking = (
        ~served.reindex(homes.index, fill_value=False)
        & (rural > 0)
        & pd.Series(town, homes.index).isin(towns.index)
    )
    if not lacking.any():
        return Offer()
    mine = pd.Series(town, index=homes.index)[lacking]
    count = mine.value_counts().reindex(towns.index, fill_value=0)
    chosen = towns[count.to_numpy() > 0]
    number = count[chosen.index].to_numpy(dtype=np.float64)
    projects = _table(
        chosen,
        kind="parcel_points",
        columns={
            "size": number,
            "capital_wan": number * assume["parcel_point.cost"],
            "running_wan": number * assume["parcel_point.running"],
            "land_mu": number * assume["parcel_point.land"],
        },
    )
    network = road_network(region["nodes"], region["links"], minutes=state["links.walk_minutes"])
    open_homes = homes[~served.reindex(homes.index, fill_value=False) & (rural > 0)]
    pairs = pairs_within(
        network,
        origins=network.locate(open_homes),
        targets=network.locate(homes[mine.index]),
        limit=assume["logistics.walk_limit"],
    )
    credit = pd.DataFrame(
        {"unit": open_homes.index[pairs.origin], "town": mine.to_numpy()[pairs.target]}
    ).drop_duplicates()
    row = pd.Series(np.arange(len(chosen)), index=chosen.index).loc[credit["town"]].to_numpy()
    entries = lasting_entries(
        projects.iloc[row], ledger="served", key=KEY, amount=1.0, unit=credit["unit"].to_numpy()
    )
    return Offer(projects, pd.concat([cost_entries(projects), entries], ignore_index=True))


def _stations(case: _Case) -> Offer:
    """Automatic sorting, and the capacity that a busy day of the last year lacks."""
    assume, towns = case.assume, ground_of(case.region).towns
    over = case.now["over"].to_numpy()
    gain = case.now["parcels"].to_numpy() * assume["logistics.automatic_saving"]
    gain = (gain + case.now["overflow"].to_numpy() * assume["logistics.overflow"]) * DAYS / WAN
    kept = (over > 0) & (gain >= LEAST_WAN["logistics_station"])
    if not kept.any():
        return Offer()
    public = assume["station.public"]
    size = over[kept]
    projects = _table(
        towns[kept],
        kind="logistics_station",
        columns={
            "size": size,
            "capital_wan": (assume["station.cost"] + size * assume["station.capacity_cost"]) * public,
            "land_mu": assume["station.land"],
        },
    )
    return Offer(
        projects,
        pd.concat(
            [
                cost_entries(projects),
                _stock(projects, PARCELS, amount=size),
                _stock(projects, "value_added", amount=gain[kept]),
            ],
            ignore_index=True,
        ),
    )


def _cold(case: _Case, cold: pd.DataFrame) -> Offer:
    """Fresh goods cooled at the station while they wait: what is not lost is sold."""
    assume, towns, now = case.assume, ground_of(case.region).towns, case.now
    saved = now["fresh"] * (now["loss"] - cold["loss"])
    sold = saved * TONNE * now["price"] / WAN
    cost = now["tonnes"] * (cold["tonne_yuan"] - now["tonne_yuan"]) / WAN
    gain = (sold - cost).to_numpy()
    kept = gain >= LEAST_WAN["cold_station"]
    if not kept.any():
        return Offer()
    size = now["fresh"].to_numpy()[kept] / assume["cold_station.turns"]
    projects = _table(
        towns[kept],
        kind="cold_station",
        columns={
            "size": size,
            "capital_wan": size * assume["cold_station.cost"] * assume["cold_station.public"],
            "land_mu": size * assume["cold_station.land"],
        },
    )
    stocks = [
        _stock(projects, key, amount=gain[kept])
        for key in ("value_added", "farm_value_added", "rural_income")
    ]
    output = _stock(projects, "farm_output", amount=sold.to_numpy()[kept])
    return Offer(projects, pd.concat([cost_entries(projects), *stocks, output], ignore_index=True))


def _joint(case: _Case, joint: pd.DataFrame) -> Offer:
    """Freight and mail on the buses of a town: vans drive less, and farm goods leave cheaper."""
    assume, towns, now = case.assume, ground_of(case.region).towns, case.now
    vans = (now["rounds_yuan"] - joint["rounds_yuan"] - joint["bus_yuan"]).to_numpy() * DAYS / WAN
    farm = (now["tonnes"] * (now["tonne_yuan"] - joint["tonne_yuan"])).to_numpy() / WAN
    gain = vans + farm - assume["joint_line.running"]
    kept = gain >= LEAST_WAN["joint_line"]
    if not kept.any():
        return Offer()
    public = assume["joint_line.public"]
    projects = _table(
        towns[kept],
        kind="joint_line",
        columns={
            "size": 1.0,
            "capital_wan": assume["joint_line.cost"],
            "running_wan": assume["joint_line.running"] - vans[kept] * public,
            "land_mu": assume["joint_line.land"],
        },
    )
    added = vans[kept] * (1 - public) + farm[kept]
    stocks = [
        _stock(projects, "value_added", amount=added),
        _stock(projects, "farm_value_added", amount=farm[kept]),
        _stock(projects, "rural_income", amount=farm[kept]),
    ]
    return Offer(projects, pd.concat([cost_entries(projects), *stocks], ignore_index=True))


def _stock(projects: pd.DataFrame, key: str, *, amount: npt.ArrayLike) -> pd.DataFrame:
    entries = lasting_entries(projects, ledger="stock", key=key, amount=amount, unit=projects["county"])
    return entries[entries["amount"] > 0]
