"""The study of logistics: rounds, costs and losses that agree with one another and with the sector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import loaded
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Scenario
from tongqu.engine.simulate import simulate
from tongqu.sectors.logistics import sector
from tongqu.workflow.files import heading
from tongqu.workflow.logistics.ground import base_of
from tongqu.workflow.logistics.places import node_table
from tongqu.workflow.logistics.rounds import REASONS
from tongqu.workflow.logistics.study import TABLES
from tongqu.workflow.travel.places import writers_of

MONEY = ["rounds_yuan", "bus_yuan", "locker_yuan", "handling_yuan", "trunk_yuan"]
FEW = 20
"""Iterations that are enough where rounds only have to be right."""


@pytest.fixture(scope="module")
def plain():
    return loaded()


@pytest.fixture(scope="module")
def tiny(plain):
    """The small region with a point in every village, so that its vans have rounds."""
    region = plain
    sites, villages = region["sites"], region.level("village")
    row = sites[sites["kind"] == "parcel_point"].iloc[[0]]
    made = [
        row.assign(site=f"x{at}", unit=unit, node=one["node"], lon=one["lon"], lat=one["lat"])
        for at, (unit, one) in enumerate(villages.iterrows())
    ]
    return with_tables(region, sites=pd.concat([sites, *made], ignore_index=True))


@pytest.fixture(scope="module")
def found(tiny):
    return tongqu.logistics(tiny, iterations=FEW)


def with_tables(region, **tables):
    return replace(region, tables={**region.tables, **tables})


def test_costs_add_up_and_no_case_costs_more_than_separate_vans(found):
    costs = found.tables["costs"]
    assert costs["total_yuan"].to_numpy() == pytest.approx(costs[MONEY].sum(axis=1).to_numpy())
    for case, mine in costs.groupby("case"):
        whole = mine[mine["level"] == "whole"].iloc[0]
        for level in ("county", "town"):
            for name in ("parcels", "tonnes", "total_yuan", "km", "vehicles", "towns"):
                assert mine.loc[mine["level"] == level, name].sum() == pytest.approx(whole[name])
        assert whole["saving"] >= -1e-9, case
    first = costs[(costs["level"] == "whole") & (costs["case"] == "separate")].iloc[0]
    assert first["saving"] == 0
    assert found.figures["yuan_per_parcel"]["separate"] == pytest.approx(
        first["total_yuan"] / first["parcels"]
    )


def test_rounds_bring_what_is_asked_for_once(tiny, found):
    rounds, base = found.tables["rounds"], base_of(tiny, Scenario())
    mine = rounds[rounds["case"] == "separate"]
    assert len(mine) >= 3
    brought = mine.groupby("unit")[["parcels_in", "parcels_out"]].sum()
    wanted = base.villages.loc[brought.index, ["parcels_in", "parcels_out"]]
    assert brought.to_numpy() == pytest.approx(wanted.to_numpy())
    for _, trip in mine.groupby(["town", "vehicle", "trip"]):
        assert trip["sequence"].tolist() == list(range(1, len(trip) + 1))
        assert trip["arrival_h"].is_monotonic_increasing
    hours = tiny["parcel_demand"].set_index("unit").reindex(mine["unit"])
    assert (mine["arrival_h"].to_numpy() >= hours["opens_h"].fillna(0).to_numpy() - 1e-9).all()
    assert (mine["arrival_h"].to_numpy() <= hours["closes_h"].fillna(24).to_numpy() + 1e-9).all()


def test_roads_of_the_rounds_are_as_long_as_the_rounds(tiny, found):
    streets, totals = found.tables["streets"], found.tables["totals"]
    lengths = tiny["links"].set_index("link")["length_km"]
    driven = (streets["link"].map(lengths) * streets["passes"]).groupby(streets["town"]).sum()
    wanted = totals[totals["case"] == "separate"].set_index("town")["km"]
    # The small region has one way between any two places, so that the quickest is the shortest.
    assert driven.to_numpy() == pytest.approx(wanted[driven.index].to_numpy(), rel=0.02)


def test_rounds_cost_at_least_their_bound(found):
    totals = found.tables["totals"]
    vans = totals[totals["case"].isin(["separate", "lockers"])]
    assert (vans["rounds_yuan"] >= vans["bound_yuan"] - 1e-6).all()
    assert (vans["bound_yuan"] > 0).all()
    assert not totals.loc[totals["case"] == "separate", "pays"].any()


def test_losses_are_those_of_the_sector(tiny, found):
    cold = found.tables["cold"]
    scenario = Scenario(first_year=2026, last_year=2026)
    assume = base_of(tiny, scenario).assume
    names = ("people.rural", "links.minutes", "links.walk_minutes")
    state = simulate(tiny, (*writers_of(names), sector), scenario=scenario, assume=assume)[0]
    mine = cold[(cold["level"] == "county") & (cold["case"] == "ambient") & (cold["tonnes"] > 0)]
    lost = mine.groupby("unit")["lost_share"].sum()
    wanted = state["logistics.loss"]
    assert lost.to_numpy() == pytest.approx(wanted[lost.index].to_numpy())
    cooled = cold[cold["case"] == "cooled"]
    assert cooled["lost_t"].sum() < cold.loc[cold["case"] == "ambient", "lost_t"].sum()
    assert (cooled.loc[cooled["kind"] != "station", "cooling_wan"] == 0).all()


def test_nodes_have_their_loads(plain, tiny):
    table = node_table(base_of(plain, Scenario()))
    sums = table.groupby("kind")["load"].sum()
    assert sums["point"] + sums["needed"] == pytest.approx(sums["station"] + sums_without_station(table))
    needed = table[table["kind"] == "needed"]
    assert set(needed["unit"]) == {"990101002002", "990102001002", "990102002001", "990102002002"}
    assert (table.loc[table["over"], "load_share"] > 1 / 1.3 - 1e-9).all()
    assert node_table(base_of(tiny, Scenario()))["kind"].ne("needed").all()


def sums_without_station(table):
    """Parcels of villages whose town has no station."""
    towns = set(table.loc[table["kind"] == "station", "town"])
    mine = table[table["kind"].isin(["point", "needed"]) & ~table["town"].isin(towns)]
    return mine["load"].sum()


def test_the_opening_model_serves_all_or_says_who_fetches(plain):
    found = tongqu.logistics(plain, iterations=1)
    opening, chosen = found.tables["opening"], found.tables["chosen"]
    points = chosen[chosen["kind"] == "point"]
    assert (
        points.groupby("county")["served"].sum()
        == (opening.set_index("unit")["villages"] - opening.set_index("unit")["alone"])
    ).all()
    assert (chosen["load"] <= chosen["capacity"].fillna(np.inf) + 1e-6).all()
    assert (opening["total_yuan"] >= opening["bound_yuan"] - 1e-6).all()
    assert opening["points_new"].sum() == (~points["existing"].astype(bool)).sum()


def test_villages_left_out_have_their_reason(tiny):
    links = tiny["links"]
    far = tiny.level("village").loc["990102002002", "node"]
    cut = links[(links["from_node"] != far) & (links["to_node"] != far)]
    demand = tiny["parcel_demand"]
    wrong = demand.assign(closes_h=demand["closes_h"].where(demand["unit"] != "990101001002", 7.05))
    wrong = wrong.assign(opens_h=wrong["opens_h"].where(demand["unit"] != "990101001002", 7.0))
    region = with_tables(tiny, links=cut, parcel_demand=wrong)
    lacking = tongqu.logistics(region, iterations=FEW).tables["unserved"].set_index("unit")["reason"]
    assert lacking["990102002002"] == "no_road"
    assert lacking["990101001002"] == "too_late"


def test_too_few_vans_leave_villages_out(tiny):
    few = Scenario.model_validate({"assume": {"van.parcels": 10.0, "van.reloads": 0.0}})
    found = tongqu.logistics(tiny, few, vans=1, iterations=FEW)
    totals = found.tables["totals"]
    assert (totals.loc[totals["case"] == "separate", "vehicles"] <= 1).all()
    reason = found.tables["unserved"].set_index("unit")["reason"]
    assert reason["990101001002"] == "no_room"


def test_the_same_seed_gives_the_same(tiny, found):
    again = tongqu.logistics(tiny, iterations=FEW)
    for name in TABLES:
        pd.testing.assert_frame_equal(found.tables[name], again.tables[name])


def test_numbers_out_of_range_and_a_region_without_points_are_refused(plain):
    sites = plain["sites"]
    bare = with_tables(plain, sites=sites[sites["kind"] != "parcel_point"])
    with pytest.raises(DataError) as error:
        tongqu.logistics(bare, vans=0, iterations=0, seed=-1)
    assert [one.column for one in error.value.problems] == ["vans", "iterations", "seed", ""]
    with pytest.raises(ScenarioError):
        tongqu.logistics(plain, Scenario.model_validate({"assume": {"drone.speed": 0.0}}))


def test_every_column_and_value_has_words(found):
    for language in ("zh", "en"):
        for name, table in found.tables.items():
            assert heading(f"table.{name}", language, kind="logistics") != f"table.{name}"
            for column in table.columns:
                assert heading(column, language, kind="logistics") != column or language == "en", column
            for column in ("kind", "case", "reason", "method"):
                for value in set(table.get(column, [])):
                    key = f"{column}.{value}"
                    assert heading(key, language, kind="logistics") != key
    for reason in REASONS.values():
        assert heading(f"reason.{reason}", "zh", kind="logistics") != f"reason.{reason}"
    assert len(found.book("en")) > 0
