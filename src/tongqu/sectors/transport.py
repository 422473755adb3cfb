"""Transport: how long roads take, and which of them to improve.

A town road brings the way from a town to its county seat up to class III; a village road gives a village
beyond the two-lane network its two lanes, link by link; the stretch of a village
requires the stretch before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    cost_entries,
    lasting_entries,
    project_table,
)
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.routes import routes_to_nearest
from tongqu.methods.travel import Network, nearest

__all__ = ["Transport", "sector"]

TOWN_CLASS: Final = "county"
"""Class that a town's road to the county seat is brought up to."""
VILLAGE_CLASS: Final = "township"
"""Class that a village's road is brought up to."""
SHORT_KM: Final = 10.0
"""A road up to this length is built in one year, a longer one in two (assumed)."""


@dataclass(frozen=True)
class Transport:
    """Roads; minutes on links, and people on a graded two-lane road."""

    name: str = "transport"
    tables: frozenset[str] = frozenset({"units", "nodes", "links", "road_classes"})
    reads: frozenset[str] = frozenset({"people.rural"})
    writes: frozenset[str] = frozenset(
        {
            "links.minutes",
            "links.walk_minutes",
            "minutes.county_seat",
            "demand.graded_road",
            "served.graded_road",
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Minutes to the county seat (mean over people, and of the worst tenth) and graded-road share."""
        people, minutes = state["people.rural"], state["minutes.county_seat"]
        county = region.county_of(people.index)
        mean = (minutes * people).groupby(county).sum() / people.groupby(county).sum()
        worst = minutes.groupby(county).quantile(0.9)
        graded = state["served.graded_road"].groupby(county).sum() / people.groupby(county).sum() * 100
        wide = pd.DataFrame(
            {
                "minutes to county seat, mean": mean,
                "minutes to county seat, 90th percentile of villages": worst,
                "rural people on a graded road, %": graded,
            }
        ).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Minutes of every link with the opened projects, and what follows from them."""
        links = region["links"].set_index("link")
        minutes = _minutes(region)
        new = opened.entries[opened.entries["ledger"] == "link"].groupby("key")["amount"].min()
        minutes = minutes.clip(upper=new.reindex(minutes.index).fillna(np.inf))
        villages = region.level("village")
        network = _network(region, minutes)
        seat = _county_seat_nodes(region)
        to_seat = pd.Series(np.nan, index=villages.index)
        county = region.county_of(villages.index)
        for code, node in seat.items():
            mine = villages.index[county == code]
            found = nearest(
                network, targets=network.locate([node]), origins=network.locate(villages.loc[mine, "node"])
            )
            to_seat[mine] = found.minutes
        extra = opened.entries.loc[
            (opened.entries["ledger"] == "served") & (opened.entries["key"] == "graded_road"), "unit"
        ]
        graded = _graded(region, villages) | villages.index.isin(extra)
        rural = before["people.rural"]
        return {
            "links.minutes": minutes,
            "links.walk_minutes": links["length_km"] / assume["speed.walk"] * 60,
            "minutes.county_seat": to_seat,
            "demand.graded_road": rural,
            "served.graded_road": rural.where(graded, 0.0),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer town roads and village roads."""
        parts = [_town_roads(region), _village_roads(region)]
        return Offer(
            pd.concat([projects for projects, _ in parts], ignore_index=True),
            pd.concat([entries for _, entries in parts], ignore_index=True),
        )


def _minutes(region: Region) -> pd.Series:
    links = region["links"].set_index("link")
    speed = region["road_classes"].set_index("class")["speed_kmh"]
    return (links["length_km"] / links["class"].map(speed).astype("float64") * 60).rename("minutes")


def _network(region: Region, minutes: pd.Series) -> Network:
    return road_network(region["nodes"], region["links"], minutes=minutes)


def _unit_nodes(region: Region) -> pd.Series:
    """Road node of each unit: its own, that of its seat, or of its seat's seat; blank where unknown."""
    units = region["units"].set_index("unit")
    node, holder = units["node"], units["seat"]
    for _ in range(2):
        node = node.fillna(holder.map(units["node"]))
        holder = holder.map(units["seat"])
    return node.fillna("")


def _county_seat_nodes(region: Region) -> pd.Series:
    return _unit_nodes(region).loc[region.level("county").index]


def _graded(region: Region, villages: pd.DataFrame) -> pd.Series:
    """Whether a village's node touches a graded road."""
    links = region["links"]
    graded_class = region["road_classes"].set_index("class")["graded"].astype(bool)
    good = links[links["class"].map(graded_class).astype(bool)]
    return villages["node"].isin(pd.concat([good["from_node"], good["to_node"]]))


def _upgraded(region: Region, links: pd.DataFrame, *, to: str) -> pd.DataFrame:
    """Cost, upkeep, land and new minutes of bringing links up to a class, step by step."""
    classes = region["road_classes"].set_index("class")
    now = links["class"].astype("str").to_numpy(dtype=object)
    per_km = ["cost_wan_per_km", "upkeep_wan_per_km", "land_mu_per_km"]
    total = pd.DataFrame(0.0, index=links.index, columns=per_km)
    while (lower := classes["rank"].loc[list(now)].to_numpy() > classes["rank"][to]).any():
        step = classes.loc[list(now[lower])]
        total.loc[lower] += step[per_km].to_numpy()
        now[lower] = step["upgrade_to"].to_numpy()
    km = links["length_km"]
    minutes = km / classes["speed_kmh"].loc[list(now)].to_numpy() * 60
    return pd.DataFrame(
        {
            "capital": total["cost_wan_per_km"] * km,
            "running": total["upkeep_wan_per_km"] * km,
            "land": total["land_mu_per_km"] * km,
            "km": km,
            "minutes": minutes,
        }
    )


def _town_roads(region: Region) -> tuple[pd.DataFrame, pd.DataFrame]:
    towns = region.level("town")
    county = region.county_of(towns.index)
    seats = _county_seat_nodes(region)
    own = _unit_nodes(region).loc[towns.index]
    away = own.to_numpy() != county.map(seats).to_numpy()
    towns, own, county = towns[away], own[away], county[away]
    network = _network(region, _minutes(region))
    parts = []
    for code, seat in seats.items():
        mine = towns.index[(county == code).to_numpy()]
        steps = routes_to_nearest(network, origins=network.locate(own[mine]), targets=network.locate([seat]))
        parts.append(region["links"].iloc[steps.link].assign(unit=mine[steps.way].to_numpy()))
    table = pd.concat(parts, ignore_index=True)
    rank = region["road_classes"].set_index("class")["rank"]
    table = table[table["class"].map(rank).astype(float) > rank[TOWN_CLASS]].reset_index(drop=True)
    prefix = {"kind": "town_road", "zh": "至县城三级公路改造", "en": "class III road to the county seat"}
    return _road_projects(region, table, to=TOWN_CLASS, requires=pd.Series(dtype="str"), words=prefix)


def _village_roads(region: Region) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One project per village off the two-lane network: the way to the next village on it or nearer to it."""
    villages = region.level("village")
    graded = _graded(region, villages)
    network = _network(region, _minutes(region))
    goal = network.locate(villages.loc[graded, "node"].unique())
    lacking = villages[~graded]
    if lacking.empty or goal.size == 0:
        return _road_projects(
            region,
            region["links"].iloc[:0].assign(unit=""),
            to=VILLAGE_CLASS,
            requires=pd.Series(dtype="str"),
            words=_VILLAGE_WORDS,
        )
    steps = routes_to_nearest(network, origins=network.locate(lacking["node"]), targets=goal)
    owner = pd.Series(lacking.index, index=lacking["node"].to_numpy()).groupby(level=0).first()
    frame = pd.DataFrame(
        {"unit": lacking.index[steps.way], "link": steps.link, "node": network.nodes[steps.node]}
    )
    frame["owner"] = frame["node"].map(owner)
    passed = frame["owner"].notna() & (frame["owner"] != frame["unit"])
    frame["beyond"] = passed.groupby(frame["unit"]).cummax()
    requires = frame[passed].groupby("unit")["owner"].first()
    mine = frame[~frame["beyond"]]
    table = region["links"].iloc[mine["link"].to_numpy()].assign(unit=mine["unit"].to_numpy())
    rank = region["road_classes"].set_index("class")["rank"]
    table = table[table["class"].map(rank).astype(float) > rank[VILLAGE_CLASS]].reset_index(drop=True)
    return _road_projects(region, table, to=VILLAGE_CLASS, requires=requires, words=_VILLAGE_WORDS)


_VILLAGE_WORDS: Final = {"kind": "village_road", "zh": "双车道公路改造", "en": "two-lane village road"}


def _road_projects(
    region: Region, table: pd.DataFrame, *, to: str, requires: pd.Series, words: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    work = _upgraded(region, table, to=to).assign(
        unit=table["unit"].to_numpy(), link=table["link"].to_numpy()
    )
    total = work.groupby("unit")[["capital", "running", "land", "km"]].sum()
    units = region["units"].set_index("unit").loc[total.index]
    kind = words["kind"]
    is_village = units["level"] == "village"
    need = requires.reindex(total.index)
    need = need.where(need.isin(total.index))
    projects = project_table(
        {
            "project": (kind + ":" + total.index).to_numpy(),
            "name_zh": (units["name"] + words["zh"]).to_numpy(),
            "name_en": (units["name_en"].fillna(units["name"]) + ": " + words["en"]).to_numpy(),
            "unit": total.index.to_numpy(),
            "town": units["parent"].where(is_village, units.index.to_series()).to_numpy(),
            "county": region.county_of(total.index).to_numpy(),
            "node": _unit_nodes(region).loc[total.index].to_numpy(),
            "lon": units["lon"].to_numpy(),
            "lat": units["lat"].to_numpy(),
            "size": total["km"].to_numpy(),
            "size_unit": "km",
            "capital_wan": total["capital"].to_numpy(),
            "running_wan": total["running"].to_numpy(),
            "land_mu": total["land"].to_numpy(),
            "lead": np.where(total["km"] > SHORT_KM, 2, 1),
            "requires": (kind + ":" + need).fillna("").to_numpy(),
            "modelled": True,
        },
        sector="transport",
        kind=kind,
    )
    links = work.assign(project=kind + ":" + work["unit"]).merge(projects[["project", "lead"]], on="project")
    sped = lasting_entries(links, ledger="link", unit="", key=links["link"], amount=links["minutes"])
    roads = projects.loc[projects["kind"] == "village_road", ["project", "lead", "node"]]
    here = roads.merge(region.level("village")["node"].rename_axis("village").reset_index(), on="node")
    graded = lasting_entries(here, ledger="served", unit=here["village"], key="graded_road", amount=1.0)
    return projects, pd.concat([cost_entries(projects), sped, graded], ignore_index=True)


sector = Transport()
