"""The study of health: circles that agree with the sector, ambulances, rounds, and what is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import loaded
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Scenario
from tongqu.engine.simulate import simulate
from tongqu.sectors.health import sector
from tongqu.workflow.files import WORDED, heading
from tongqu.workflow.health.emergency import CASES, emergency_of
from tongqu.workflow.health.ground import base_of
from tongqu.workflow.health.study import TABLES, tables_of
from tongqu.workflow.health.tiers import circle_of
from tongqu.workflow.travel.places import writers_of

FEW = {"days": 28, "iterations": 5}
"""Enough where figures only have to be right."""
ASKED = {"new": 1, "seed": 1, **FEW}
SERVICES = {"clinic": "clinic", "township": "medical_circle", "county": "county_hospital"}


def with_tables(region, **tables):
    return replace(region, tables={**region.tables, **tables})


@pytest.fixture(scope="module")
def region():
    """The small region with two ambulance stations in its first county, one of unknown size."""
    tiny = loaded()
    sites = tiny["sites"]
    row = sites[sites["kind"] == "township_hospital"].iloc[[0]]
    made = [
        row.assign(site=f"am{at}", kind="ambulance_station", unit=unit, node=node, capacity=size)
        for at, (unit, node, size) in enumerate(
            [("990101001001", "n01", 2.0), ("990101002001", "n03", np.nan)]
        )
    ]
    return with_tables(tiny, sites=pd.concat([sites, *made], ignore_index=True))


@pytest.fixture(scope="module")
def found(region):
    return tongqu.health(region, **FEW)


@pytest.fixture(scope="module")
def base(region):
    return base_of(region, Scenario())


def test_the_circle_by_day_is_that_of_the_joint_plan(region, found, base):
    names = ("people.rural", "people.total", "links.minutes", "links.walk_minutes")
    scenario = Scenario(first_year=2026, last_year=2026)
    state = simulate(region, (*writers_of(names), sector), scenario=scenario, assume=base.assume)[0]
    circle, villages = found.tables["circle"], found.tables["villages"].set_index("unit")
    for tier, service in SERVICES.items():
        served = state[f"served.{service}"]
        mine = circle[(circle["kind"] == tier) & (circle["case"] == "day") & (circle["level"] == "whole")]
        assert mine["inside"].item() == pytest.approx(served.sum())
        assert mine["people"].item() == pytest.approx(state[f"demand.{service}"].sum())
        reached = state[f"minutes.{service}"].reindex(villages.index).to_numpy()
        assert villages[f"minutes_{tier}"].to_numpy() == pytest.approx(reached, abs=1e-3)


def test_counties_add_up_and_times_of_day_are_in_order(found):
    circle = found.tables["circle"]
    for name in ("people", "inside", "beyond"):
        sums = circle.pivot_table(index=["kind", "case"], columns="level", values=name, aggfunc="sum")
        assert sums["county"].to_numpy() == pytest.approx(sums["whole"].to_numpy())
    whole = circle[circle["level"] == "whole"].pivot_table(index="kind", columns="case", values="inside")
    assert (whole["evening"] <= whole["day"] + 1e-9).all()
    assert (whole["always"] <= whole[["morning", "day", "evening", "night"]].min(axis=1) + 1e-9).all()
    assert whole["night"].to_dict()["clinic"] < whole["day"].to_dict()["clinic"]
    mean = whole[["morning", "day", "evening", "night"]] @ np.array([2, 8, 2, 12]) / 24
    assert whole["whole_day"].to_numpy() == pytest.approx(mean.to_numpy())


def test_township_hospitals_without_duty_leave_the_night_to_county_hospitals(region):
    closed = Scenario.model_validate(
        {"assume": {"township_hospital.opens": 8.0, "township_hospital.closes": 17.0}}
    )
    base = base_of(region, closed)
    circle = circle_of(base)["township"]
    county = circle_of(base)["county"]
    limit = base.assume["minutes.medical_circle"] == base.assume["minutes.county_hospital"]
    assert limit
    assert (circle.inside[0, 3] == county.inside[0, 3]).all()


def test_ambulances_are_placed_whole_and_better(found):
    table, stations = found.tables["ambulances"], found.tables["stations"]
    first = table[table["unit"] == "990101"].set_index("case")
    assert list(first.index) == list(CASES)
    expected = first["expected"].to_numpy()
    assert (np.diff(expected) >= -1e-9).all()
    assert (first["vehicles"] == 3).all()
    for case, mine in stations[stations["county"] == "990101"].groupby("case"):
        assert mine["day"].sum() == 3
        assert mine["night"].sum() == first["vehicles_night"].to_dict()[case]
    today = stations[stations["case"] == "today"]
    assert dict(zip(today["site"], today["day"], strict=True)) == {"am0": 2, "am1": 1}
    assert not stations.loc[stations["case"] == "stations", "existing"].eq(False).any()
    other = table[table["unit"] == "990102"]
    assert other["case"].tolist() == ["new"]  # nothing is known there: all are assumed
    assert found.figures["assumed_ambulances"] == 1 + other["vehicles"].item()
    whole = table[table["level"] == "whole"]
    assert whole["case"].tolist() == ["new"]
    both = table[(table["case"] == "new") & (table["level"] == "county")]
    share = both["calls"] @ both["expected"] / both["calls"].sum()
    assert whole["expected"].item() == pytest.approx(share)
    calls = found.tables["villages"]["calls_a_year"].sum()
    assert whole["calls"].item() == pytest.approx(calls / 365)


def test_one_ambulance_more_never_covers_less(found):
    fleet, table = found.tables["fleet"], found.tables["ambulances"]
    for _, mine in fleet.groupby("unit"):
        assert (np.diff(mine["expected"]) >= -1e-6).all()
        assert (np.diff(mine["vehicles"]) == 1).all()
    same = fleet[(fleet["unit"] == "990101") & (fleet["more"] == 0)]
    placed = table[(table["unit"] == "990101") & (table["case"] == "stations")]
    assert same["expected"].item() == pytest.approx(placed["expected"].item(), abs=1e-4)


def test_queueing_and_simulation_agree_with_the_model(found):
    table = found.tables["ambulances"]
    assert table["corrected"].to_numpy() == pytest.approx(table["expected"].to_numpy(), abs=0.05)
    off = (table["simulated"] - table["corrected"]).abs()
    assert (off <= 4 * table["error"].fillna(0) + 0.12).all()
    chance = found.tables["villages"]["covered"].dropna()
    assert chance.between(0, 1).all()


def test_every_village_beyond_is_visited(found, base):
    villages = found.tables["villages"].set_index("unit")
    needs = (villages["rural"] > 0) & ~(villages["inside_clinic"] & villages["inside_township"])
    rounds, sums = found.tables["rounds"], found.tables["mobile"]
    assert set(rounds["unit"]) == set(villages.index[needs])
    assert villages["every"].notna().to_numpy().tolist() == needs.to_numpy().tolist()
    whole = sums[sums["level"] == "whole"].iloc[0]
    assert whole["visits"] == pytest.approx(52 * needs.sum())
    assert whole["cost_wan"] >= whole["bound_wan"] > 0
    assert (sums["shared_vans"] <= sums["vans"]).all()
    patients = villages.loc[rounds["unit"], "rural"] * base.assume["mobile.visits"] / 52
    minutes = base.assume["mobile.set_up"] + patients * base.assume["mobile.patient"]
    assert rounds["visit_minutes"].to_numpy() == pytest.approx(minutes.to_numpy())
    assert set(found.tables["unserved"]["unit"]) == set(villages.index[needs])


def test_a_facility_brings_inside_whom_it_is_said_to(region, found, base):
    best = found.tables["measures"]
    best = best[(best["kind"] == "township") & (best["measure"] == "facility")].iloc[0]
    node = region.level("village").loc[best["unit"], "node"]
    row = base.sites[base.sites["kind"] == "township_hospital"].iloc[[0]]
    row = row.assign(site="new", spot=base.road.locate([node]))
    after = replace(base, sites=pd.concat([base.sites, row], ignore_index=True))
    gained = circle_of(after)["township"].people[0, 1] - circle_of(base)["township"].people[0, 1]
    assert best["people"] == pytest.approx(gained)
    pairs = found.tables["pairs"]
    both = pairs["road_people"] + pairs["facility_people"] + pairs["interaction"]
    assert pairs["people"].to_numpy() == pytest.approx(both.to_numpy())


def test_a_village_without_a_road_is_named_and_unknown_networks_stay_unknown(region):
    links, far = region["links"], region.level("village").loc["990102002002", "node"]
    cut = links[(links["from_node"] != far) & (links["to_node"] != far)]
    sites = region["sites"]
    bare = with_tables(region, links=cut, sites=sites[sites["kind"] != "base_station"])
    tables = {name: table for name, table in bare.tables.items() if name != "village_broadband"}
    found = tongqu.health(replace(bare, tables=tables), **FEW)
    lacking = found.tables["unserved"].set_index("unit")
    assert lacking.at["990102002002", "case"] == "no_road"
    villages = found.tables["villages"].set_index("unit")
    assert villages.at["990102002002", "reason"] == "no_road"
    assert villages.at["990102002002", "covered"] == 0
    assert found.tables["mobile"].set_index("unit").at["990102", "left_out"] == 1
    remote = found.tables["remote"]
    whole = remote[remote["level"] == "whole"].iloc[0]
    assert whole["reached"] == whole["beyond_reached"] == 0
    assert whole["unknown"] > 0
    assert whole["unknown"] + whole["none"] == pytest.approx(whole["people"])
    assert "no road" in tongqu.health_html(found, language="en")


def test_clinics_alone_are_a_study(found, base):
    clinics = base.sites[base.sites["kind"] == "clinic"].reset_index(drop=True)
    only = replace(base, sites=clinics, stations=base.stations.iloc[:0])
    tables, emergency = tables_of(only, **ASKED)
    assert tables["circle"]["kind"].unique().tolist() == ["clinic"]
    assert tables["ambulances"].empty
    assert emergency.assumed_vehicles == 0
    visited = tables["villages"][tables["villages"]["every"].notna()]
    assert set(visited["reason"]) == {"no_hospital"}
    assert tongqu.health_html(replace(found, tables=tables), language="en").startswith("<!doctype html>")


def test_the_same_seed_gives_the_same(found, base):
    again, _ = tables_of(base, **ASKED)
    for name in TABLES:
        pd.testing.assert_frame_equal(found.tables[name], again[name])


def test_numbers_out_of_range_and_a_region_without_care_are_refused(region):
    with pytest.raises(DataError) as error:
        tongqu.health(region, new=-1, days=1, iterations=0, seed=-1)
    assert [one.column for one in error.value.problems] == ["new", "days", "iterations", "seed"]
    sites = region["sites"]
    bare = with_tables(region, sites=sites[~sites["kind"].str.contains("hospital|clinic")])
    with pytest.raises(DataError, match="nothing is known of the health care"):
        tongqu.health(bare)
    with pytest.raises(ScenarioError):
        tongqu.health(region, Scenario.model_validate({"assume": {"ambulance.speed": 0.0}}))


def test_every_column_and_value_has_words(found):
    assert tuple(found.tables) == TABLES
    for language in ("zh", "en"):
        for name, table in found.tables.items():
            assert heading(f"table.{name}", language, kind="health") != f"table.{name}"
            for column in table.columns:
                assert heading(column, language, kind="health") != column or language == "en", column
            for column in set(WORDED) & set(table.columns) - {"name"}:
                for value in set(table[column].dropna()) - {""}:
                    key = f"{column}.{value}"
                    assert heading(key, language, kind="health") != key, key
    assert len(found.book("en")) > 0


def test_a_station_without_a_vehicle_is_only_a_place(base):
    empty = replace(base, stations=base.stations.assign(capacity=0.0))
    made = emergency_of(empty, new=1, days=7, seed=1)
    assert set(made.table["case"]) == {"new"}
    assert not made.stations["existing"].any()
    assert made.assumed_vehicles > 0


def test_counties_with_calls_or_vehicles_that_cannot_be_are_named_together(base):
    many = replace(base, stations=base.stations.assign(capacity=300.0))
    with pytest.raises(DataError, match="more than 400 ambulances in a county") as caught:
        emergency_of(many, new=1, days=7, seed=1)
    assert [(one.file, one.value) for one in caught.value.problems] == [("sites", "990101")]
    slow = replace(
        base, assume=Assume.of(base.region["standards"], Scenario(assume={"ambulance.speed": 1e-4}))
    )
    with pytest.raises(DataError, match="calls take more time") as both:
        emergency_of(slow, new=1, days=7, seed=1)
    assert [one.value for one in both.value.problems] == ["990101", "990102"]
