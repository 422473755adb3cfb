"""Logistics on the small region, by hand, and on Quzhou: who has a point, costs, losses, projects."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from small import TINY, loaded, short
from tongqu.base import ScenarioError
from tongqu.contracts import Assume, Forecast, Offer, Scenario, active_entries
from tongqu.data import make_region
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import simulate
from tongqu.methods.rounds import plan_rounds
from tongqu.sectors.logistics import sector
from tongqu.sectors.logistics.costs import Works, overflow, town_costs
from tongqu.sectors.logistics.day import day_of, networks_of
from tongqu.sectors.logistics.ground import demand_of, goods_of, ground_of, points_near
from tongqu.sectors.logistics.parameters import van_of
from tongqu.sectors.logistics.projects import extra_of, works_of

BEFORE = ("population", "transport", "logistics")
NOTHING = pd.Series(dtype="float64")


@cache
def case(name="tiny"):
    """Region, states without a plan, standards in force and the offer."""
    region = loaded(TINY if name == "tiny" else name)
    scenario = short() if name == "tiny" else Scenario(first_year=2026, last_year=2030)
    assume = Assume.of(region["standards"], scenario)
    years = [scenario.first_year, scenario.last_year]
    states = simulate(region, load_sectors(BEFORE), scenario=scenario, assume=assume, years=years)
    offer = sector.offer(region, Forecast(states, Offer()), assume=assume).checked("logistics", region=region)
    return region, states, assume, offer


def without(region, *, kinds):
    """The region without some kinds of site."""
    tables = {name: region[name] for name in region.tables if name not in region.provided}
    sites = region["sites"]
    tables["sites"] = sites[~sites["kind"].isin(list(kinds))]
    title = {"name": "less", "title_zh": "少", "title_en": "Less", "base_year": region.base_year}
    return make_region(tables, bbox=region.bbox, **title)


def opened(offer, year, *, projects):
    """Projects at work five years after their start, as a sector gets them."""
    mine = offer.of(projects)
    starts = pd.Series(year - 5, index=mine.projects["project"])
    return Offer(mine.projects, active_entries(mine.entries, [year], starts=starts).drop(columns="year"))


def stepped(region, state, assume, work=None):
    return sector.step(region, state, opened=work or Offer(), assume=assume)


def test_people_with_a_point_are_those_in_its_village_or_a_walk_away():
    region, states, _, _ = case()
    state = states[0]
    points = region["sites"].query("kind == 'parcel_point'")["unit"]
    served = state["served.parcel_point"]
    own = served.index.isin(points)
    rural = state["people.rural"]
    pd.testing.assert_series_equal(state["demand.parcel_point"], rural, check_names=False)
    assert (served[own] == rural[own]).all()
    # The nearest point of 990101002002 is 990101001002's: farther than a walk of 15 minutes.
    assert served["990101002002"] == 0 < rural["990101002002"]
    far = Assume.of(region["standards"], short(assume={"logistics.walk_limit": 10_000}))
    assert (stepped(region, state, far)["served.parcel_point"] == rural).all()


def test_parcels_are_those_of_the_table_or_of_the_people():
    region, states, assume, _ = case()
    first = demand_of(region, states[0], assume=assume)
    each = 74.2 / 365 * 1.05 ** (states[0].year - 2021)
    village = "990102002002"
    assert first.loc[village].sum() == pytest.approx(states[0]["people.rural"][village] * each)
    given = region["parcel_demand"].set_index("unit").loc["990101001002"]
    people = region["people"].query("unit == '990101001002' and year == 2020")["people"].sum()
    grown = states[0]["people.rural"]["990101001002"] / people * 1.05 ** (states[0].year - 2020)
    assert first.loc["990101001002", "parcels_in"] == pytest.approx(given["parcels_in"] * grown)
    # A blank in the table leaves what people give.
    blank = first.loc["990102001002", "parcels_out"]
    assert blank == pytest.approx(states[0]["people.rural"]["990102001002"] * each * 0.25)


def test_goods_of_the_table_replace_the_share_of_the_harvest():
    region, states, assume, _ = case()
    goods = goods_of(region, states[0], assume=assume)
    assert goods.loc["990101002002", "tonnes"] == 90
    # Tea keeps without a cold store; of the county without chains everything counts as fresh.
    assert goods.loc["990101002002", "fresh"] == 0
    assert goods.loc["990102001002", ["fresh", "price"]].tolist() == [40, assume["logistics.price"]]


def test_cost_of_a_parcel_by_hand():
    """One point away from the station: a van there and back, a truck, sorting and handling."""
    region, states, assume, _ = case()
    state, ground = states[0], ground_of(case()[0])
    served = pd.Series(data=False, index=region.level("village").index)
    served["990101001002"] = True
    table = town_costs(region, state, served=served, extra=NOTHING, works=Works(), assume=assume)
    row = table.loc["990101001"]
    km, minutes = 4.2, 4.2 / 35 * 60
    van = van_of(assume)
    yuan = 2 * 0.96 * (km * van.per_km + minutes * van.per_minute) + 6 * van.per_minute + van.per_day
    assert (row["stops"], row["bus_yuan"]) == (1, 0)
    assert row["rounds_yuan"] == pytest.approx(yuan, rel=1e-4)
    parcels = demand_of(region, state, assume=assume).sum(axis=1)
    town = parcels["990101001001"] + parcels["990101001002"]
    assert row["parcels"] == pytest.approx(town)
    assert row["handling_yuan"] == pytest.approx(town * (0.25 + 0.2) + parcels["990101001002"] * 0.3)
    # The centre stands where the station does: a truck's trip costs its fixed part.
    assert row["trunk_yuan"] == pytest.approx(assume["truck.cost_per_trip"])
    assert ground.trunk_km[list(ground.towns.index).index("990101001")] == 0


def test_a_station_above_its_capacity_costs_more():
    region, states, assume, _ = case()
    ask = {"served": points_near(region, states[0], nodes=ground_of(region).points, assume=assume)}
    busy = town_costs(region, states[0], extra=NOTHING, works=Works(), assume=assume, **ask)
    more = pd.Series({"990101002": 1e6})
    room = town_costs(region, states[0], extra=more, works=Works(), assume=assume, **ask)
    town = busy.loc["990101002"]
    assert town["over"] == pytest.approx(town["parcels"] * assume["logistics.peak"] - 30)
    assert room.loc["990101002", "over"] == 0
    saved = town["handling_yuan"] - room.loc["990101002", "handling_yuan"]
    assert saved == pytest.approx(town["overflow"] * assume["logistics.overflow"])
    assert town["parcels"] - 30 <= town["overflow"] < town["over"]


@pytest.mark.parametrize("peak", [1.0, 1.3, 2.0])
def test_the_excess_of_a_mean_day_is_that_of_all_days(peak):
    """Days counted one by one, from the quietest to the busiest."""
    load, capacity = np.array([100.0, 100, 100, 100, 0]), np.array([50.0, 95, 120, np.inf, 10])
    days = np.linspace(2 - peak, peak, 20_001)[:, np.newaxis] * load
    counted = np.maximum(days - capacity, 0).mean(axis=0)
    assert overflow(load, capacity=capacity, peak=peak) == pytest.approx(counted, abs=2e-3)


def test_a_better_station_saves_what_it_promises():
    region, states, assume, offer = case("quzhou")
    mine = offer.projects[offer.projects["kind"] == "logistics_station"]
    work = opened(offer, 2030, projects=mine["project"])
    ask = {"served": states[-1]["served.parcel_point"] > 0, "assume": assume}
    before = town_costs(region, states[-1], extra=NOTHING, works=Works(), **ask)
    after = town_costs(region, states[-1], extra=extra_of(work), works=works_of(work), **ask)
    promised = work.entries.query("ledger == 'stock' and key == 'value_added'")["amount"].sum()
    saved = before["handling_yuan"].sum() - after["handling_yuan"].sum()
    assert saved * 365 / 10_000 == pytest.approx(promised)
    assert after.loc[mine["town"], "over"].max() < 1e-6


def test_what_a_joint_line_saves_is_counted_once():
    """Vans: half off the running cost, half value added; the first mile: value added of farms."""
    region, states, assume, offer = case("quzhou")
    lines = offer.projects[offer.projects["kind"] == "joint_line"].set_index("town")
    ask = {"served": states[0]["served.parcel_point"] > 0, "extra": NOTHING, "assume": assume}
    now = town_costs(region, states[-1], works=Works(), **ask).loc[lines.index]
    joint = town_costs(region, states[-1], works=Works(joint=frozenset(lines.index)), **ask).loc[lines.index]
    vans = (now["rounds_yuan"] - joint["rounds_yuan"] - joint["bus_yuan"]) * 365 / 10_000
    farms = now["tonnes"] * (now["tonne_yuan"] - joint["tonne_yuan"]) / 10_000
    entries = offer.entries[offer.entries["project"].isin(lines["project"])]
    sums = entries.groupby(["ledger", "key"])["amount"].sum()
    assert sums["money", "running"] == pytest.approx(2 * len(lines) - vans.sum() / 2)
    assert sums["stock", "value_added"] == pytest.approx(vans.sum() / 2 + farms.sum())
    assert sums["stock", "farm_value_added"] == pytest.approx(farms.sum())
    assert lines["running_wan"].sum() == pytest.approx(sums["money", "running"])


def test_points_credit_just_those_who_are_served_once_they_open():
    region, states, assume, offer = case()
    projects = offer.projects[offer.projects["kind"] == "parcel_points"]
    entries = offer.entries.query("ledger == 'served'")
    served = states[0]["served.parcel_point"]
    assert (served[entries["unit"]] == 0).all()
    for project in projects["project"]:
        after = stepped(region, states[0], assume, opened(offer, 2026, projects=[project]))
        gained = after["served.parcel_point"] - served
        mine = entries.loc[entries["project"] == project, "unit"]
        assert sorted(gained.index[gained > 0]) == sorted(mine)
    every = stepped(region, states[0], assume, opened(offer, 2026, projects=projects["project"]))
    assert every["served.parcel_point"].sum() == pytest.approx(states[0]["people.rural"].sum())


def test_any_set_of_points_serves_what_it_credits_on_quzhou():
    region, states, assume, offer = case("quzhou")
    credit = offer.entries.query("ledger == 'served'").set_index("project")
    projects, draw = credit.index.unique(), np.random.default_rng(1)
    demand, before = states[-1]["demand.parcel_point"], states[-1]["served.parcel_point"]
    for size in (1, 7, len(projects)):
        chosen = list(draw.choice(projects, size=size, replace=False))
        share = credit.loc[chosen].groupby("unit")["amount"].sum().reindex(demand.index, fill_value=0.0)
        after = stepped(region, states[-1], assume, opened(offer, 2030, projects=chosen))
        promised = before + (demand - before) * share.clip(upper=1.0)
        pd.testing.assert_series_equal(after["served.parcel_point"], promised, check_names=False)


def test_nothing_is_offered_or_claimed_where_nothing_is_known():
    region, states, assume, _ = case()
    less = without(region, kinds=["parcel_point"])
    values = stepped(less, states[0], assume)
    assert values["demand.parcel_point"].sum() == values["served.parcel_point"].sum() == 0
    assert values["logistics.cost_per_parcel"].empty
    assert sector.offer(less, Forecast(states, Offer()), assume=assume).projects.empty
    plain = without(region, kinds=["logistics_centre", "logistics_station"])
    assert (stepped(plain, states[0], assume)["logistics.cost_per_parcel"] > 0).all()


def test_a_standard_that_cannot_be_is_refused():
    region, states, _, _ = case()
    wrong = Assume.of(region["standards"], short(assume={"logistics.parcels_out": 1.5}))
    with pytest.raises(ScenarioError, match="a value that cannot be"):
        stepped(region, states[0], wrong)
    late = Assume.of(region["standards"], short(assume={"logistics.opens": 19.0}))
    with pytest.raises(ScenarioError, match="points that close before they open"):
        stepped(region, states[0], late)


def test_quzhou_offers_of_every_kind_within_bounds():
    _, _, _, offer = case("quzhou")
    kinds = offer.projects["kind"].value_counts()
    assert set(kinds.index) == {"parcel_points", "logistics_station", "cold_station", "joint_line"}
    assert 100 < len(offer.projects) <= 250
    assert (offer.projects["land_mu"] > 0).all()
    assert offer.projects["modelled"].all()
    assert set(offer.projects["project"]) == set(offer.entries["project"])
    lines = offer.projects[offer.projects["kind"] == "joint_line"]
    assert (lines["running_wan"] <= 2.0).all(), "what vans save comes off the running cost"
    assert (lines["running_wan"] < 2.0).any()


def test_projects_do_what_they_promise_on_quzhou():
    region, states, assume, offer = case("quzhou")
    before = stepped(region, states[-1], assume)
    for kind, name in (
        ("cold_station", "logistics.loss"),
        ("logistics_station", "logistics.cost_per_parcel"),
        ("joint_line", "logistics.cost_per_tonne"),
    ):
        mine = offer.projects.loc[offer.projects["kind"] == kind]
        after = stepped(region, states[-1], assume, opened(offer, 2030, projects=mine["project"]))
        counties = mine["county"].unique()
        assert (after[name][counties] < before[name][counties]).all(), kind
    cold = offer.projects.loc[offer.projects["kind"] == "cold_station", "town"]
    none, works = Works(), Works(cold=frozenset(cold))
    ask = {"served": before["served.parcel_point"] > 0, "extra": NOTHING, "assume": assume}
    one, other = (town_costs(region, states[-1], works=each, **ask) for each in (none, works))
    sold = one["fresh"] * (one["loss"] - other["loss"]) * 1000 * one["price"]
    cost = one["tonnes"] * (other["tonne_yuan"] - one["tonne_yuan"])
    promised = offer.entries.query("ledger == 'stock' and key == 'farm_value_added'")
    promised = promised[promised["project"].str.startswith("cold_station")]["amount"].sum()
    assert promised * 10_000 == pytest.approx((sold - cost)[cold].sum())


def test_the_formula_meets_rounds_that_are_searched_on_quzhou():
    """A dozen towns of all counties: their sum within 8 %, each close."""
    region, states, assume, _ = case("quzhou")
    state, ground = states[0], ground_of(region)
    served = state["served.parcel_point"] > 0
    table = town_costs(region, state, served=served, extra=NOTHING, works=Works(), assume=assume)
    networks = networks_of(region, state)
    towns = table.index[table["stops"] >= 4][::6]
    found = []
    for town in towns:
        day = day_of(region, state, town=town, served=served, networks=networks, assume=assume)
        assert len(day.stops) == table.loc[town, "stops"]
        rounds = plan_rounds(day.stops, day.ways, vehicles=[van_of(assume)], iterations=100)
        assert not rounds.unserved
        assert rounds.bound <= rounds.yuan
        found.append(rounds.yuan)
    guess = table.loc[towns, "rounds_yuan"].to_numpy()
    assert guess.sum() == pytest.approx(sum(found), rel=0.08)
    assert np.corrcoef(guess, found)[0, 1] > 0.9
    assert len(ground.towns) == 101


def test_diagnose_has_every_county():
    region, states, _, _ = case("quzhou")
    figures = sector.diagnose(region, states[0]).figures
    wide = figures.pivot_table(index="unit", columns="variable", values="value")
    assert wide.shape == (6, 5)
    assert wide["parcel points: rural people within a walk, %"].between(80, 100).all()
    assert wide["cost of a parcel, yuan"].between(0.4, 4).all()
    assert wide["fresh goods lost on the way, %"].between(1, 15).all()
