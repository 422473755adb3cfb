"""Buses: who has one, what is offered to whom, and that opened projects do what they promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.base import ScenarioError
from tongqu.contracts import Assume, Findings, Forecast, Offer, Scenario, Sector, State, join_offers
from tongqu.data import Region, load_region
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.methods.bus_lines import DAYS
from tongqu.sectors.buses import Buses, BusPlan, ground_of, plan_buses, today_of

SHIPO = "990102001002"
"""Has two trips a day."""
SHANGWU = "990101002002"
"""Lies at the end of a single-lane road, without a bus."""
YANGLING, GAOPING = "990102002001", "990102002002"
"""A town's seat without a bus, and a village with one on demand."""


@dataclass(frozen=True)
class Villagers:
    """Rural people as they are: nobody is born, moves or dies."""

    name: str = "villagers"
    tables: frozenset[str] = frozenset({"people"})
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset({"people.rural"})

    def diagnose(self, region: Region, state: State) -> Findings:
        raise NotImplementedError

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        villages = region.level("village")
        people = region["people"].query(f"year == {region.base_year}").groupby("unit")["people"].sum()
        rural = people.reindex(villages.index, fill_value=0).astype(float)
        return {"people.rural": rural.where(villages["residence"] != "urban", 0.0)}

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        return Offer()


def sectors() -> Sequence[Sector]:
    return ordered([Villagers(), *load_sectors(["transport"]), Buses()])


@cache
def tiny() -> Region:
    return load_region(TINY)


@cache
def quzhou() -> Region:
    return tongqu.load("quzhou")


def assumed(region: Region, **changes: float) -> Assume:
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return Assume.of(region["standards"], Scenario(assume=named))


@cache
def run(name: str) -> tuple[tuple[State, ...], Offer]:
    region = tiny() if name == "tiny" else quzhou()
    states = simulate(region, sectors(), scenario=Scenario(last_year=2027), assume=assumed(region))
    return states, collect_offers(region, sectors(), states=states, assume=assumed(region))


def of_buses(offer: Offer) -> Offer:
    return offer.of(offer.projects.loc[offer.projects["sector"] == "buses", "project"])


def test_who_has_a_bus_today() -> None:
    first = run("tiny")[0][0]
    rural, served = first["people.rural"], first["served.bus"]
    has = served > 0
    assert set(has.index[has]) == {"990101001002", GAOPING}
    pd.testing.assert_series_equal(served[has], rural[has], check_names=False)
    pd.testing.assert_series_equal(first["demand.bus"], rural, check_names=False)
    assert first["bus.trips"][[SHIPO, GAOPING, "990102001001"]].tolist() == [2, 0, 12]


@pytest.mark.parametrize(
    ("changes", "gained", "lost"),
    [
        ({"bus__least_trips": 2.0}, {SHIPO}, set()),
        ({"bus__least_trips": 2.0, "bus__walk_limit": 899.0}, set(), set()),
        ({"bus__least_trips": 8.0}, set(), {"990101001002"}),
    ],
)
def test_standards_decide(changes: dict[str, float], gained: set[str], lost: set[str]) -> None:
    today = today_of(tiny())
    assert today is not None
    usual, other = (
        set(has.index[has]) for has in (today.served(assumed(tiny(), **c)) for c in ({}, changes))
    )
    assert (other - usual, usual - other) == (gained, lost)


def test_a_region_without_the_table_counts_nobody() -> None:
    tables = {name: table for name, table in tiny().tables.items() if name != "village_buses"}
    region = Region("t", "t", "t", 2020, tiny().bbox, tiny().crs, tables)
    states = simulate(region, sectors(), scenario=Scenario(last_year=2026), assume=assumed(region))
    assert states[0]["demand.bus"].sum() == states[0]["served.bus"].sum() == 0
    assert len(Buses().offer(region, Forecast(states, Offer()), assume=assumed(region)).projects) == 0
    assert Buses().diagnose(region, states[0]).figures.empty


def test_offers_of_the_small_region() -> None:
    states, offer = run("tiny")
    mine = of_buses(offer).projects.set_index("project")
    assert set(mine.index) == {
        "bus_line:990101002:1",
        "bus_line:990102002:1",
        "bus_trips:990102001",
        "on_demand:990101002",
        "on_demand:990102002",
    }
    # The road to Shangwu has one lane: a bus must wait for two. No bus comes to Yangling: its county's goes.
    assert mine["requires"][["bus_line:990101002:1", "bus_line:990102002:1"]].tolist() == [
        f"village_road:{SHANGWU}",
        "",
    ]
    assert mine["name_en"]["bus_line:990102002:1"] == "Yi County: bus line to Yangling"
    credit = offer.entries[(offer.entries["key"] == "bus")].groupby("project")["unit"].agg(set)
    assert credit["bus_trips:990102001"] >= {SHIPO}
    assert credit["on_demand:990101002"] == {SHANGWU}
    assert mine["size"]["bus_trips:990102001"] == 2
    unmet = states[0]["demand.bus"] - states[0]["served.bus"]
    assert all(unmet[unit] > 0 for units in credit for unit in units)


def test_cost_of_a_line_by_hand() -> None:
    region, assume = tiny(), assumed(tiny())
    states, offer = run("tiny")
    line = of_buses(offer).projects.set_index("project").loc["bus_line:990102002:1"]
    links = region["links"].set_index("link")
    # By Shipo, which has trips but too few: both gain, and both get a stop. Riders of Shipo count at the
    # project of more trips. Pupils and market-goers of Yangling are at its town's seat, and save no ride.
    far, near = (states[0]["links.minutes"][names].sum() for names in (["l10", "l11"], ["l10"]))
    km = links["length_km"][["l10", "l11"]].sum()
    hours = 4 * 2 * (far * assume["bus.factor"] + assume["bus.layover"]) / 60
    yuan = hours * assume["bus.cost_per_hour"] + 4 * 2 * km * assume["bus.cost_per_km"]
    people = states[0]["people.rural"]
    fares = people * assume["bus.rides"] * assume["bus.fare"]
    rides = sum(assume[f"bus.{what}_riders"] * assume[f"bus.{what}_days"] for what in ("school", "market"))
    ride_hours = 2 * 2 * near * assume["bus.factor"] / 60
    saved = people[SHIPO] / assume["bus.seats"] * rides * ride_hours * assume["bus.cost_per_hour"]
    assert line["running_wan"] == pytest.approx((yuan - fares[YANGLING]) * DAYS / 10_000, rel=1e-4)
    more = of_buses(offer).projects.set_index("project").loc["bus_trips:990102001"]
    one_way = near * assume["bus.factor"]
    driven = 2 * 2 * (one_way + assume["bus.layover"]) / 60 * assume["bus.cost_per_hour"]
    driven += 2 * 2 * links["length_km"]["l10"] * assume["bus.cost_per_km"]
    mine = (driven - fares[SHIPO]) * DAYS - saved
    assert more["running_wan"] == pytest.approx(mine / 10_000, rel=1e-4)
    buses = hours / assume["bus.bus_hours"] * assume["bus.vehicle_cost"]
    assert line["capital_wan"] == pytest.approx(buses + 2 * assume["bus.stop_cost"], rel=1e-4)


def test_opened_projects_do_what_they_promise() -> None:
    region, assume = tiny(), assumed(tiny())
    offer = run("tiny")[1]
    mine = offer.projects[offer.projects["sector"].isin(["buses", "transport"])]
    starts = pd.Series(2026, index=mine["project"].to_numpy())
    for name, trips in (("bus_line", 4.0), ("bus_trips", 4.0), ("on_demand", 0.0)):
        chosen = starts[starts.index.str.startswith((name, "village_road", "town_road"))]
        later = simulate(
            region, sectors(), scenario=Scenario(last_year=2029), assume=assume, offer=offer, starts=chosen
        )[-1]
        mark = offer.entries["project"].str.startswith(name) & (offer.entries["key"] == "bus")
        units = offer.entries.loc[mark, "unit"].unique()
        assert len(units)
        assert (later["served.bus"][units] == later["demand.bus"][units]).all()
        unserved = later["served.bus"] < later["demand.bus"]
        assert not unserved[units].any()
        new = later["bus.trips"] - run("tiny")[0][0]["bus.trips"]
        least = {"bus_line": 4.0, "bus_trips": 2.0, "on_demand": 0.0}[name]
        assert (new[[u for u in units if u in (SHIPO, SHANGWU, YANGLING)]] <= trips).all()
        assert new[units].max() == least


def test_shares_of_the_diagnosis() -> None:
    first = run("tiny")[0][0]
    figures = Buses().diagnose(tiny(), first).figures.set_index(["unit", "variable"])["value"]
    county = tiny().county_of(first["served.bus"].index).to_numpy()
    for code in ("990101", "990102"):
        demand, served = (first[f"{part}.bus"][county == code] for part in ("demand", "served"))
        assert figures[code, "bus: people with one, %"] == pytest.approx(served.sum() / demand.sum() * 100)
        assert figures[code, "bus: people without"] == pytest.approx((demand - served).sum())


def test_values_that_cannot_be() -> None:
    region = tiny()
    with pytest.raises(ScenarioError, match=r"bus\.factor"):
        simulate(
            region, sectors(), scenario=Scenario(last_year=2026), assume=assumed(region, bus__factor=0.5)
        )


def test_offers_of_quzhou() -> None:
    states, whole = run("quzhou")
    offer = of_buses(whole)
    projects = offer.projects.set_index("project")
    assert 150 <= len(projects) <= 250
    served = offer.entries[offer.entries["ledger"] == "served"]
    assert set(served["project"]) == set(projects.index)
    unmet = states[0]["demand.bus"] - states[0]["served.bus"]
    assert (unmet[served["unit"]] > 0).all()
    assert not served.duplicated(["project", "unit"]).any()
    reached = unmet[served["unit"].unique()].sum() / unmet.sum()
    assert reached > 0.9
    assert (projects["capital_wan"] > 0).all()
    roads = whole.projects.loc[whole.projects["kind"] == "village_road", "project"]
    needs = projects["requires"][projects["requires"] != ""]
    assert needs.isin(roads).all()
    assert projects["kind"].value_counts()["bus_line"] > len(needs) > 0
    assert projects["modelled"].all()


def test_share_of_villages_in_quzhou_is_that_of_the_rule() -> None:
    table = quzhou()["village_buses"].set_index("unit")
    rural = quzhou().level("village")["residence"] == "rural"
    assert table["modelled"].all()
    assert set(table["source"]) == {"model:buses"}
    share = (table["trips"] > 0)[rural].groupby(quzhou().county_of(rural.index[rural]).to_numpy()).mean()
    assert share.between(0.45, 0.50).all()


@cache
def planned() -> tuple[object, BusPlan]:
    region, assume = quzhou(), assumed(quzhou())
    states, offer = run("quzhou")
    today = today_of(region)
    assert today is not None
    ground = ground_of(region, today, minutes=states[0]["links.minutes"], assume=assume)
    wanted = ~today.served(assume) & (states[0]["people.rural"] > 0)
    plan = plan_buses(
        ground,
        wanted,
        trips=4,
        people=states[0]["people.rural"],
        assume=assume,
        roads=join_offers([offer]),
        links=region["links"]["link"],
    )
    return ground, plan


def test_lines_keep_to_roads_that_a_bus_can_use() -> None:
    ground, plan = planned()
    graph = ground.roads().graph.toarray()  # type: ignore[attr-defined]
    lines = plan.lines
    inside = lines.line[:-1] == lines.line[1:]
    open_now = graph[lines.node[:-1], lines.node[1:]]
    now = (plan.requires == "")[lines.line[:-1]]
    assert (np.isfinite(open_now) & (open_now > 0))[inside & now].all()
    closed = ~np.isfinite(open_now) | (open_now == 0)
    waits = pd.Series(closed)[inside & ~now].groupby(lines.line[:-1][inside & ~now]).any()
    assert waits.all(), "a line that requires a road runs on it"
    assert plan.lines.run_minutes[~lines.loop].max() <= 60


def test_fares_of_a_village_count_once() -> None:
    """What all projects together take in is what riders of each village pay once."""
    states, dear = run("quzhou")
    free = Buses().offer(quzhou(), Forecast(states, dear), assume=assumed(quzhou(), bus__fare=0.0))
    cost = [of_buses(offer).projects.set_index("project")["running_wan"] for offer in (dear, free)]
    fares = (cost[1] - cost[0]) * 10_000
    people = states[0]["people.rural"]
    credit = dear.entries[dear.entries["key"] == "bus"]
    kind = credit["project"].str.partition(":")[0]
    assume = assumed(quzhou())
    by_line = credit.loc[kind != "on_demand", "unit"].unique()
    in_zone = pd.Index(credit.loc[kind == "on_demand", "unit"]).difference(by_line)
    riding = (
        people[by_line].sum() * assume["bus.rides"] + people[in_zone].sum() * assume["on_demand.requests"]
    )
    assert fares.sum() == pytest.approx(riding * 2.0 * DAYS)
    assert credit["unit"].duplicated().any(), "without villages of two projects this says nothing"


def test_what_few_trips_save() -> None:
    """A school day needs two trips and a market day three; fares are paid all the same."""
    region = tiny()

    def saved(trips: float) -> float:
        cost = []
        for riders in (0.02, 0.0):
            changes = {"bus__market_riders": riders, "bus__school_riders": 0.0, "bus__least_trips": trips}
            made = Buses().offer(region, Forecast(*run("tiny")), assume=assumed(region, **changes))
            cost.append(of_buses(made).projects.loc[lambda table: table["kind"] == "bus_line", "running_wan"])
        return float((cost[1] - cost[0]).sum())

    assert saved(3.0) > 0
    assert saved(2.0) == 0
