"""Transport: how long roads take, and which of them to improve.

A town road brings the way from a town to its county seat up to class III; a village road gives two lanes to
a village beyond the two-lane network, or to the single-lane part of a town's way. Every step of improving a
link belongs to one project, and a project requires the one that it goes on from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.contracts import (
    Assume,
    Findings,
    Forecast,
    Offer,
    State,
    cost_entries,
    credited,
    entries_of,
    lasting_entries,
    only_where,
    project_table,
)
from tongqu.data import Region
from tongqu.data.seats import unit_nodes
from tongqu.methods.roads import road_network
from tongqu.methods.routes import Routes, routes_to_nearest
from tongqu.methods.travel import Network, nearest

__all__ = ["Transport", "sector"]

TOWN_CLASS: Final = "county"
"""Class that a town's road to the county seat is brought up to."""
VILLAGE_CLASS: Final = "township"
"""Class that a village's road is brought up to."""
SHORT_KM: Final = 10.0
"""A road up to this length is built in one year, a longer one in two (assumed)."""
PER_KM: Final = ("cost_wan_per_km", "upkeep_wan_per_km", "land_mu_per_km")
WORDS: Final[Mapping[tuple[str, bool], tuple[str, str]]] = {
    ("town_road", False): ("至县城三级公路改造", "class III road to the county seat"),
    ("village_road", False): ("至县城双车道公路改造", "two lanes on the road to the county seat"),
    ("village_road", True): ("双车道公路改造", "two-lane village road"),
}
"""What a project is called, by its kind and whether its unit is a village."""
NODE_MENDS: Final[Mapping[str, str]] = {
    "village": "give the road node where its people enter the network",
    "town": "give its road node, or name as its seat a village that has one",
    "county": "give its road node, or name as its seat a town that has one or whose seat has one",
}
"""What to do about a unit without a road node, by its level."""


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
        roads = _roads(region, entries_of(opened.entries, ledger="link"))
        graded = _graded_villages(region) | credited(
            opened.entries, service="graded_road", units=before["people.rural"].index
        )
        rural = before["people.rural"]
        return {
            "links.minutes": roads.minutes,
            "links.walk_minutes": _walk_minutes(region, assume["speed.walk"]),
            "minutes.county_seat": roads.to_seat,
            "demand.graded_road": rural,
            "served.graded_road": only_where(rural, graded),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer town roads and village roads."""
        _require_nodes(region)
        _require_classes(region)
        ways = _town_ways(region)
        narrow = _town_widenings(region, ways)
        stretches = [_town_roads(region, ways, narrow=narrow), narrow, _village_roads(region, narrow)]
        work = _work(region, pd.concat(stretches, ignore_index=True))
        projects = _projects(region, work)
        return Offer(projects, _entries(region, projects, work=work))


@dataclass(frozen=True, slots=True, eq=False)
class _Roads:
    """Minutes of every link, and from each village to the seat of its county."""

    minutes: pd.Series
    to_seat: pd.Series


@remember(48)
def _roads(region: Region, links: pd.DataFrame) -> _Roads:
    """Roads with some links faster than today; they stay as they are in most years and futures."""
    _require_nodes(region)
    today = _minutes(region)
    new = links.groupby("key")["amount"].min()
    time = today.clip(upper=new.reindex(today.index).fillna(np.inf))
    villages = region.level("village")
    network = _network(region, time)
    to_seat = pd.Series(np.nan, index=villages.index)
    county = region.county_of(villages.index)
    for code, node in _county_seat_nodes(region).items():
        mine = villages.index[county == code]
        found = nearest(
            network, targets=network.locate([node]), origins=network.locate(villages.loc[mine, "node"])
        )
        to_seat[mine] = found.minutes
    return _Roads(time, to_seat)


@remember(8)
def _walk_minutes(region: Region, speed: float) -> pd.Series:
    return region["links"].set_index("link")["length_km"] / speed * 60


@remember(4)
def _graded_villages(region: Region) -> npt.NDArray[np.bool_]:
    """Whether a graded road of today touches each village."""
    return np.asarray(region.level("village")["node"].isin(_graded_nodes(region)), dtype=np.bool_)


@lru_cache(maxsize=4)
def _require_nodes(region: Region) -> None:
    """Nothing when every village, town and county has a road node."""
    units = region["units"].set_index("unit")
    node = units["node"].where(units["level"] == "village", unit_nodes(region)).fillna("")
    bare = units.loc[node.eq("") & units["level"].isin(list(NODE_MENDS)), "level"].astype("str")
    problems = [
        Problem(
            rule=f"the {level} {unit} has no road node",
            mend=NODE_MENDS[level],
            file="units",
            column="node",
            value=str(unit),
        )
        for unit, level in bare.items()
    ]
    if problems:
        raise DataError(problems)


def _require_classes(region: Region) -> None:
    """Nothing when the classes that roads are brought up to exist, and lesser roads have a priced way up."""
    classes = region["road_classes"].set_index("class")
    problems = [
        Problem(
            rule=f"no road class '{name}', which the roads of {whose} are brought up to",
            mend=f"call the class that these roads are to have '{name}', here and in links",
            file="road_classes",
            column="class",
            value=name,
        )
        for name, whose in ((TOWN_CLASS, "towns"), (VILLAGE_CLASS, "villages"))
        if name not in classes.index
    ]
    if not problems:
        used = classes.index[classes.index.isin(region["links"]["class"])]
        problems = [_no_way_up(classes, name) for name in _without_way_up(classes, used)]
    if problems:
        raise DataError(problems)


def _without_way_up(classes: pd.DataFrame, used: pd.Index) -> list[str]:
    """Classes below that of a town's road, in use or on the way up, that lead no higher or lack a price."""
    ranks = classes["rank"]
    higher = pd.Series(classes["upgrade_to"].map(ranks) < ranks)
    priced = classes[list(PER_KM)].notna().all(axis=1)
    low, sound = ranks > ranks[TOWN_CLASS], higher & priced
    found, ahead = set[str](), {str(name) for name in used if low[name]}
    while ahead:
        broken = {name for name in ahead if not sound[name]}
        found |= broken
        onward = classes.loc[sorted(ahead - broken), "upgrade_to"].astype("str")
        ahead = set(onward[onward.map(low).astype(bool)])
    return sorted(found)


def _no_way_up(classes: pd.DataFrame, name: str) -> Problem:
    blank = [column for column in ("upgrade_to", *PER_KM) if classes[column].isna()[name]]
    return Problem(
        rule=f"road class '{name}' cannot be brought up to '{TOWN_CLASS}'",
        mend=f"fill in {', '.join(blank)}"
        if blank
        else "let upgrade_to name a class with a lower rank number",
        file="road_classes",
        column=blank[0] if blank else "upgrade_to",
        value=name,
    )


@lru_cache(maxsize=4)
def _minutes(region: Region) -> pd.Series:
    links = region["links"].set_index("link")
    by_class = links["class"].map(region["road_classes"].set_index("class")["speed_kmh"]).astype("float64")
    speed = links["speed_kmh"].astype("float64").fillna(by_class)
    return (links["length_km"] / speed * 60).rename("minutes")


def _network(region: Region, minutes: pd.Series) -> Network:
    return road_network(region["nodes"], region["links"], minutes=minutes)


@lru_cache(maxsize=4)
def _county_seat_nodes(region: Region) -> pd.Series:
    return unit_nodes(region).fillna("").loc[region.codes("county")]


def _graded_nodes(region: Region) -> pd.Index:
    """Nodes that a graded road touches."""
    links = region["links"]
    graded_class = region["road_classes"].set_index("class")["graded"].astype(bool)
    good = links[links["class"].map(graded_class).astype(bool)]
    nodes: pd.Index = pd.Index(np.unique(good[["from_node", "to_node"]].to_numpy(dtype=object)))
    return nodes


def _below(region: Region, road_class: pd.Series, *, to: str) -> pd.Series:
    """Whether classes are lower than another."""
    rank = region["road_classes"].set_index("class")["rank"]
    return pd.Series(road_class.map(rank).astype("int64") > rank[to])


def _routes(network: Network, *, origins: pd.Series, targets: np.ndarray) -> Routes:
    """The shortest ways; no steps where there is nobody to take them."""
    if origins.empty:
        nothing = np.empty(0, dtype=np.int64)
        return Routes(nothing, nothing, nothing)
    return routes_to_nearest(network, origins=network.locate(origins), targets=targets)


def _town_ways(region: Region) -> pd.DataFrame:
    """Steps of each town's way to its county seat, the nearest town first: columns are added to ``links``.

    They are ``town``, ``node`` where the step begins, and ``owner``, the first town whose way takes the link:
    the link is its business, not that of towns beyond.
    """
    nodes, links = unit_nodes(region).fillna(""), region["links"]
    towns = region.codes("town")
    county = region.county_of(towns)
    network = _network(region, _minutes(region))
    parts = []
    for code in region.codes("county"):
        mine = towns[(county == code).to_numpy()]
        seat = network.locate([nodes[code]])
        away = nearest(network, targets=seat, origins=network.locate(nodes[mine])).minutes
        steps = _routes(network, origins=nodes[mine], targets=seat)
        way = links.iloc[steps.link][["link", "class"]].reset_index(drop=True)
        parts.append(
            way.assign(town=mine[steps.way], node=network.nodes[steps.node], minutes=away[steps.way])
        )
    ways = pd.concat(parts, ignore_index=True)
    ways = ways.sort_values(["minutes", "town"], kind="stable", ignore_index=True)
    return ways.assign(owner=ways.groupby("link")["town"].transform("first"))


def _town_widenings(region: Region, ways: pd.DataFrame) -> pd.DataFrame:
    """Two lanes for the single-lane links of each town's own stretch.

    Where it goes on into another town's single-lane links, it requires those.
    """
    narrow = _below(region, ways["class"], to=VILLAGE_CLASS)
    own = narrow & (ways["owner"] == ways["town"])
    before = own.groupby(ways["town"]).shift(fill_value=False)
    joins = narrow & ~own & before & ~ways["node"].isin(_graded_nodes(region))
    needs = ways[joins].groupby("town")["owner"].first()
    mine = ways[own]
    return _stretches(mine, unit=mine["town"], kind="village_road", to=VILLAGE_CLASS).assign(
        requires=_named("village_road", mine["town"].map(needs))
    )


def _town_roads(region: Region, ways: pd.DataFrame, *, narrow: pd.DataFrame) -> pd.DataFrame:
    """Class III for each town's own stretch.

    It requires that the stretch has two lanes, or else the stretch of the town where it goes on.
    """
    low = _below(region, ways["class"], to=TOWN_CLASS)
    own = ways["owner"] == ways["town"]
    onward = _named("town_road", ways[low & ~own].groupby("town")["owner"].first())
    widened = narrow.drop_duplicates("unit").set_index("unit")["project"]
    mine = ways[low & own]
    table = _stretches(mine, unit=mine["town"], kind="town_road", to=TOWN_CLASS)
    is_narrow = table["link"].isin(narrow["link"])
    table["now"] = table["now"].where(~is_narrow, _raised(region, table["now"], to=VILLAGE_CLASS))
    needs = table["unit"].map(widened).astype("str").fillna(table["unit"].map(onward).astype("str"))
    return table[_below(region, table["now"], to=TOWN_CLASS)].assign(requires=needs.fillna(""))


def _village_roads(region: Region, narrow: pd.DataFrame) -> pd.DataFrame:
    """Two lanes for each village off the two-lane network: the way to it, or to whoever is on the way.

    Whoever is on the way is the next village off the network, or the town whose way is widened there.
    """
    villages, links = region.level("village"), region["links"]
    good = _graded_nodes(region)
    graded = villages["node"].isin(good)
    network = _network(region, _minutes(region))
    lacking = villages[~graded]
    goal = network.locate(villages.loc[graded, "node"].unique())
    steps = _routes(network, origins=lacking["node"], targets=goal)
    way = links.iloc[steps.link][["link", "class"]].reset_index(drop=True)
    way = way.assign(unit=lacking.index[steps.way], node=network.nodes[steps.node])
    at_village = pd.Series(lacking.index, index=lacking["node"].to_numpy()).groupby(level=0).first()
    at_town = _ends(region, narrow).groupby("node")["unit"].first()
    owner = way["node"].map(at_town.drop(good, errors="ignore")).astype("str")
    owner = owner.fillna(way["node"].map(at_village).astype("str"))
    passed = owner.notna() & (owner != way["unit"])
    beyond = passed.groupby(way["unit"]).cummax()
    needs = owner[passed].groupby(way["unit"]).first()
    low = _below(region, way["class"], to=VILLAGE_CLASS)
    mine = way[~beyond & low & ~way["link"].isin(narrow["link"])]
    table = _stretches(mine, unit=mine["unit"], kind="village_road", to=VILLAGE_CLASS)
    return table.assign(requires=_named("village_road", mine["unit"].map(needs)))


def _named(kind: str, units: pd.Series) -> pd.Series:
    """Names of the projects of units; blank where there is no unit."""
    return pd.Series((kind + ":" + units.astype("str")).fillna(""), index=units.index)


def _stretches(steps: pd.DataFrame, *, unit: pd.Series, kind: str, to: str) -> pd.DataFrame:
    """A row for each link of a project: ``project, kind, unit, link, now, to``."""
    return pd.DataFrame(
        {
            "project": kind + ":" + unit.astype("str"),
            "kind": kind,
            "unit": unit,
            "link": steps["link"],
            "now": steps["class"].astype("str"),
            "to": to,
        }
    )


def _ends(region: Region, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table with a column ``link``, once for each end of the link: ``node``."""
    links = region["links"].set_index("link")
    sides = [table.assign(node=table["link"].map(links[side])) for side in ("from_node", "to_node")]
    return pd.concat(sides, ignore_index=True)


def _raised(region: Region, now: pd.Series, *, to: str) -> pd.Series:
    """Class after an upgrade, step by step, to a class or beyond it."""
    onward = region["road_classes"].set_index("class")["upgrade_to"]
    while (lower := _below(region, now, to=to)).any():
        now = now.where(~lower, now.map(onward))
    return now


def _work(region: Region, stretches: pd.DataFrame) -> pd.DataFrame:
    """The stretches with cost, upkeep, land and new minutes of each link, step by step."""
    classes = region["road_classes"].set_index("class")
    km = stretches["link"].map(region["links"].set_index("link")["length_km"]).to_numpy()
    now = stretches["now"].to_numpy(dtype=object, copy=True)
    goal = classes["rank"].loc[stretches["to"]].to_numpy()
    total = np.zeros((len(stretches), len(PER_KM)))
    while (lower := classes["rank"].loc[list(now)].to_numpy() > goal).any():
        step = classes.loc[list(now[lower])]
        total[lower] += step[list(PER_KM)].to_numpy()
        now[lower] = step["upgrade_to"].to_numpy()
    capital, running, land = total.T * km
    minutes = km / classes["speed_kmh"].loc[list(now)].to_numpy() * 60
    graded = classes["graded"].astype(bool).loc[list(now)].to_numpy()
    return stretches.assign(
        capital=capital, running=running, land=land, km=km, minutes=minutes, graded=graded
    )


def _projects(region: Region, work: pd.DataFrame) -> pd.DataFrame:
    total = work.groupby("project")[["capital", "running", "land", "km"]].sum()
    what = work.drop_duplicates("project").set_index("project").loc[total.index]
    units = region["units"].set_index("unit").loc[what["unit"]]
    is_village = (units["level"] == "village").to_numpy()
    words = [WORDS[str(kind), bool(village)] for kind, village in zip(what["kind"], is_village, strict=True)]
    projects = project_table(
        {
            "project": total.index.to_numpy(),
            "name_zh": [name + zh for name, (zh, _) in zip(units["name"], words, strict=True)],
            "name_en": [
                f"{name}: {en}"
                for name, (_, en) in zip(units["name_en"].fillna(units["name"]), words, strict=True)
            ],
            "unit": units.index.to_numpy(),
            "town": units["parent"].where(is_village, units.index.to_series()).to_numpy(),
            "county": region.county_of(units.index).to_numpy(),
            "node": unit_nodes(region).fillna("").loc[units.index].to_numpy(),
            "lon": units["lon"].to_numpy(),
            "lat": units["lat"].to_numpy(),
            "size": total["km"].to_numpy(),
            "size_unit": "km",
            "capital_wan": total["capital"].to_numpy(),
            "running_wan": total["running"].to_numpy(),
            "land_mu": total["land"].to_numpy(),
            "lead": np.where(total["km"] > SHORT_KM, 2, 1),
            "requires": what["requires"].where(what["requires"].isin(total.index), "").to_numpy(),
            "modelled": True,
        },
        sector="transport",
        kind="",
    )
    return projects.assign(kind=what["kind"].astype("str").to_numpy())


def _entries(region: Region, projects: pd.DataFrame, *, work: pd.DataFrame) -> pd.DataFrame:
    """Cost of the projects, new minutes of their links, and villages that come to a graded road."""
    lead = projects[["project", "lead"]]
    links = work.merge(lead, on="project")
    sped = lasting_entries(links, ledger="link", unit="", key=links["link"], amount=links["minutes"])
    here = _newly_graded(region, projects, work=work).merge(lead, on="project")
    graded = lasting_entries(here, ledger="served", unit=here["village"], key="graded_road", amount=1.0)
    return pd.concat([cost_entries(projects), sped, graded], ignore_index=True)


def _newly_graded(region: Region, projects: pd.DataFrame, *, work: pd.DataFrame) -> pd.DataFrame:
    """Villages that gain a graded road by a project and not by the one it requires: ``project, village``."""
    homes = region.level("village")["node"].rename_axis("village").reset_index()
    homes = homes[~homes["node"].isin(_graded_nodes(region))]
    ends = _ends(region, work[work["graded"]])[["project", "node"]]
    found = ends.merge(homes, on="node")[["project", "village"]].drop_duplicates()
    needed = found["project"].map(projects.set_index("project")["requires"])
    before = pd.MultiIndex.from_arrays([needed, found["village"]]).isin(pd.MultiIndex.from_frame(found))
    return found[~before].sort_values(["project", "village"], ignore_index=True)


sector = Transport()
