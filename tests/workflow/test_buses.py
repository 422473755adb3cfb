"""Buses: sums that agree, the cheapest choice, budgets that bound, a feed that others read, files."""

from __future__ import annotations

import io
import itertools
import json
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.base import DataError, RunError, ScenarioError
from tongqu.contracts import Assume, Scenario
from tongqu.data.gtfs import read_feed
from tongqu.engine.simulate import simulate
from tongqu.methods.bus_lines import DAYS
from tongqu.views.buses_html import buses_html
from tongqu.workflow.buses.choice import YUAN_PER_WAN, candidates_of
from tongqu.workflow.buses.feed import ARRIVE, HOME, normal_week
from tongqu.workflow.buses.service import assume_of, service_of
from tongqu.workflow.buses.study import TABLES
from tongqu.workflow.buses.tables import STATES
from tongqu.workflow.files import heading
from tongqu.workflow.travel.places import writers_of


@pytest.fixture(scope="module")
def tiny():
    return tongqu.load(TINY)


@pytest.fixture(scope="module")
def small(tiny):
    return tongqu.buses(tiny)


@pytest.fixture(scope="module")
def quzhou():
    return tongqu.buses("quzhou")


@pytest.fixture(scope="module")
def both(small, quzhou):
    return small, quzhou


def test_states_add_up_and_so_do_places(both):
    for found in both:
        table = found.tables["coverage"]
        for what, total in (("people", "rural_people"), ("villages", "villages")):
            parts = table[[f"{what}_{state}" for state in STATES]].sum(axis=1)
            np.testing.assert_allclose(parts, table[total], rtol=1e-9)
        sums = [name for name in table if name.startswith(("villages", "people_"))]
        whole = table.loc[table["level"] == "whole", sums].iloc[0]
        for level in ("county", "town"):
            parts = table.loc[table["level"] == level, sums].sum()
            np.testing.assert_allclose(parts.astype(float), whole.astype(float), rtol=1e-9)


def test_a_bus_today_is_what_the_sector_counts(small):
    region, scenario = small.region, Scenario()
    sectors = writers_of(("served.bus", "demand.bus"))
    assume = Assume.of(region["standards"], scenario)
    state = simulate(region, sectors, scenario=scenario, assume=assume, years=[small.year])[0]
    villages = small.tables["villages"].set_index("unit")
    served = villages["rural_people"].where(villages["state"] == "today", 0.0)
    np.testing.assert_allclose(served, state["served.bus"].reindex(served.index))
    np.testing.assert_allclose(villages["rural_people"], state["demand.bus"].reindex(served.index))


def test_every_person_newly_served_counts_once(both):
    for found in both:
        whole = found.tables["coverage"].iloc[0]
        lines, zones = found.tables["lines"], found.tables["zones"]
        for what in ("people", "villages"):
            assert lines[what].sum() == pytest.approx(whole[f"{what}_line"])
            assert zones[what].sum() == pytest.approx(whole[f"{what}_zone"])
        assert found.summary()["people_new"] == pytest.approx(
            found.tables["choice"].query("chosen")["people_new"].iloc[0]
        )


def test_villages_by_line_have_enough_trips_within_their_walk(quzhou):
    """Checked against the roads themselves, not against what the choice says."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    region = quzhou.region
    links = region["links"][region["links"]["class"] != "expressway"]
    order = pd.Index(region["nodes"]["node"])
    ends = [order.get_indexer(links[side]) for side in ("from_node", "to_node")]
    table = pd.DataFrame({"a": np.minimum(*ends), "b": np.maximum(*ends), "km": links["length_km"]})
    table = table.groupby(["a", "b"], as_index=False)["km"].min()
    roads = coo_array((table["km"], (table["a"], table["b"])), shape=(len(order), len(order))).tocsr()
    villages = quzhou.tables["villages"].set_index("unit")
    node = region.level("village")["node"]
    stops = quzhou.tables["stops"].drop_duplicates(["line", "stop"])
    trips = quzhou.tables["lines"].set_index("line")["trips"]
    by_line = villages.index[villages["state"] == "line"]
    assert len(by_line) > 50
    km = dijkstra(roads, directed=False, indices=order.get_indexer(node[by_line]), limit=2.02)
    for unit, reach in zip(by_line, km, strict=True):
        near = order[np.flatnonzero(reach <= 2.01)]
        calling = stops.loc[stops["stop"].isin(near), "line"].unique()
        today = villages.at[unit, "trips"] if villages.at[unit, "walk_m"] <= 2000 else 0
        assert trips[calling].sum() + today >= 4
        assert villages.at[unit, "trips_after"] >= 4


def test_the_choice_is_the_cheapest_of_all(tiny, small):
    """Every combination of lines, trips and zones, tried."""
    assume = assume_of(tiny, Scenario(), least_trips=None)
    service = service_of(tiny, Scenario(), assume=assume, progress=lambda _: None)
    pool = candidates_of(service, assume=assume)
    covers, zones = pool.covers.toarray(), pool.zones.toarray()
    wanted = service.wanted
    best = np.inf
    for steps in itertools.product((0, *pool.steps), repeat=len(pool.lines)):
        calls = np.asarray(steps) @ covers
        by_line = wanted & (calls >= service.need)
        running = [(line, pool.steps.index(step)) for line, step in enumerate(steps) if step]
        line_cost = sum(pool.costs.yuan[at] for at in running) * DAYS
        saved = (pool.saving + pool.fares)[by_line].sum()
        for opened in itertools.product((0, 1), repeat=len(zones)):
            if (by_line | (np.asarray(opened) @ zones > 0))[wanted].all():
                zone = (pool.zone_costs.yuan - pool.zone_fares) @ np.asarray(opened) * DAYS
                best = min(best, line_cost + zone - saved)
    assert small.summary()["people_without"] == 0
    assert small.summary()["net_wan"] == pytest.approx(best / YUAN_PER_WAN, rel=2e-3)


def test_money_adds_up(both):
    for found in both:
        lines, zones = found.tables["lines"], found.tables["zones"]
        net = lines["cost_wan"] - lines["fares_wan"] - lines["saving_wan"]
        np.testing.assert_allclose(lines["net_wan"], net)
        total = float(net.sum() + zones["net_wan"].sum())
        chosen = found.tables["choice"].query("chosen").iloc[0]
        assert chosen["net_wan"] == pytest.approx(total)
        assert found.summary()["net_wan"] == pytest.approx(total)
        # 70 yuan an hour and 2 yuan a kilometre of a bus
        yuan = (70 * lines["hours"] + 2 * lines["km"]) * 365
        np.testing.assert_allclose(lines["cost_wan"] * 1e4, yuan)


def test_more_money_reaches_more_and_never_passes_its_bound(both):
    for found in both:
        table = found.tables["choice"]
        assert (table["people_new"] <= table["bound"] + 1e-6).all()
        assert (table["people_new"].diff().dropna() >= -1e-3 * table["people_new"].max()).all()
        limited = table[table["budget_wan"].notna()]
        assert (limited["net_wan"] <= limited["budget_wan"] + 1e-6).all()
        assert table["chosen"].sum() == 1
        assert table["gap"].between(0, 0.01).all()


def test_a_budget_is_kept_and_says_who_is_left_out(tiny, small):
    found = tongqu.buses(tiny, budget_wan=25)
    said = found.summary()
    assert said["net_wan"] <= 25
    assert 0 < said["people_new"] < small.summary()["people_new"]
    left = found.tables["villages"].query("state == 'without'")
    assert set(left["note"]) == {"money"}
    assert (found.tables["villages"].query("state != 'without'")["note"] == "").all()


def test_more_trips_ask_for_more(tiny, small):
    few, many = tongqu.buses(tiny, least_trips=1), tongqu.buses(tiny, least_trips=8)
    shares = [found.summary()["people_share_today"] for found in (few, small, many)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
    # One trip a day brings no pupil to school and back.
    assert few.tables["lines"]["pupils"].sum() == 0
    assert (many.tables["villages"].query("state == 'line'")["trips_after"] >= 8).all()
    reasons = many.tables["villages"].query("reason == 'too_few'")
    assert ((reasons["trips"] > 0) & (reasons["trips"] < 8)).all()


def test_pupils_and_market_ride_as_the_standards_say(small):
    lines = small.tables["lines"]
    np.testing.assert_allclose(lines["pupils"], 0.005 * lines["people"])
    np.testing.assert_allclose(lines["market"], 0.005 * lines["people"])
    np.testing.assert_allclose(lines["fares_wan"] * 1e4, lines["people"] * 0.03 * 2 * 365)


@pytest.fixture(scope="module")
def feeds(both, tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    places = []
    for number, found in enumerate(both):
        place = folder / f"{number}.zip"
        place.write_bytes(tongqu.bus_feed(found))
        places.append(place)
    return places


def test_the_feed_runs_what_was_chosen(both, feeds):
    for found, place in zip(both, feeds, strict=True):
        feed, lines = read_feed(place), found.tables["lines"].set_index("line")
        there = feed.trips[feed.trips["direction_id"].astype(str) == "0"]
        trips = there.groupby("route_id").size().reindex(lines.index)
        np.testing.assert_array_equal(trips, lines["trips"])
        monday, sunday = normal_week(found.year)
        assert (monday.weekday(), sunday.weekday(), monday.year) == (0, 6, found.year)
        assert pd.Timestamp(feed.calendar["start_date"].iloc[0]).date() == monday
        assert tongqu.bus_feed(found) == place.read_bytes()


def test_pupils_are_in_time_and_the_buses_suffice(both, feeds):
    for found, place in zip(both, feeds, strict=True):
        feed, lines = read_feed(place), found.tables["lines"].set_index("line")
        times = feed.stop_times.groupby("trip_id").agg(
            leave=("departure_time", "min"), reach=("arrival_time", "max")
        )
        trips = feed.trips.set_index("trip_id").join(times / 60)
        for name, row in lines[lines["pupils"] > 0].iterrows():
            mine = trips[trips["route_id"] == name]
            home = mine if row["kind"] == "loop" else mine[mine["direction_id"].astype(str) == "1"]
            assert ((home["reach"] <= ARRIVE + 0.5) & (home["reach"] > ARRIVE - 3)).any()
            assert (mine["leave"] == HOME["pupils"]).any()
        for name, mine in trips.groupby("route_id"):
            # Of every moment at which a bus leaves, how many of the line are on the road.
            busy = (mine["leave"].to_numpy()[:, None] >= mine["leave"].to_numpy()) & (
                mine["leave"].to_numpy()[:, None] < mine["reach"].to_numpy()
            )
            assert busy.sum(axis=1).max() <= lines.at[name, "vehicles"]


def test_others_read_the_feed(small, feeds):
    answer = tongqu.travel.bus(small.region, feeds[0], targets="towns", after="06:00", before="07:00")
    assert len(answer.table) == len(small.region.level("village"))
    assert answer.figures["villages_without_stop"] < len(answer.table)
    with warnings.catch_warnings():
        # Only while its plotting libraries are imported.
        warnings.simplefilter("ignore", DeprecationWarning)
        import gtfs_kit
    for place in feeds:
        quality = gtfs_kit.read_feed(place, dist_units="km").assess_quality().set_index("indicator")["value"]
        assert quality["assessment"] == "good feed"


def test_without_a_line_there_is_no_feed(tiny):
    found = tongqu.buses(tiny, budget_wan=0)
    assert found.tables["lines"].empty
    with pytest.raises(DataError, match="no line was chosen"):
        tongqu.bus_feed(found)
    assert "<svg" in buses_html(found, language="en")


def test_what_is_wrong_is_said_at_once(tiny):
    with pytest.raises(DataError) as caught:
        tongqu.buses(tiny, budget_wan=float("nan"), least_trips=0)
    assert [problem.column for problem in caught.value.problems] == ["least_trips", "budget_wan"]
    kept = {name: tiny[name] for name in tiny.tables if name != "village_buses"}
    with pytest.raises(DataError, match="no bus service"):
        tongqu.buses(replace(tiny, tables=kept))
    wrong = Scenario.model_validate({"name": "wrong", "assume": {"bus.factor": 0.5}})
    with pytest.raises(ScenarioError):
        tongqu.buses(tiny, wrong)


def test_every_column_and_value_has_words(both):
    for found in both:
        assert tuple(found.tables) == TABLES
        for name, table in found.tables.items():
            keys = {f"table.{name}", *table.columns}
            for column in {"state", "reason", "note", "kind", "level"} & set(table):
                keys |= {f"{column}.{value}" for value in table[column].unique() if value}
            for key in keys:
                assert heading(key, "zh", kind="buses") != key, key


def test_files(small, tmp_path):
    place = small.save(tmp_path / "made")
    assert sorted(path.stem for path in place.iterdir()) == sorted([*TABLES, "manifest"])
    assert json.loads((place / "manifest.json").read_text("utf-8"))["kind"] == "buses"
    with pytest.raises(RunError):
        small.save(place)
    book = pd.read_excel(io.BytesIO(small.book("zh")), sheet_name=None, engine="calamine")
    assert len(book) == len(TABLES)
    assert "新开线路" in book
    again = pd.read_csv(place / "villages.csv", dtype={"unit": str})
    np.testing.assert_allclose(again["rural_people"], small.tables["villages"]["rural_people"], atol=1e-5)


def test_no_trip_leaves_before_midnight_for_a_very_long_line():
    from tongqu.workflow.buses.feed import fixed_times

    one = pd.DataFrame({"trips": [4], "minutes": [300.0], "pupils": [3.0], "market": [0.0]})
    assert fixed_times(one, loop=np.array([False]), layover=5) == [(HOME["pupils"],)]
    assert fixed_times(one, loop=np.array([True]), layover=5) == [(ARRIVE - 300, HOME["pupils"])]
