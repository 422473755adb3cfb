"""Care: who needs a place, who finds one, who comes first, and what is offered to the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from care_small import SITES, cared, halls_only
from small import loaded, short
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Forecast, Limits, Offer, Scenario, State
from tongqu.contracts.cells import by_age
from tongqu.data import Region
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.sectors.care import Care
from tongqu.sectors.care.parameters import LIMITS, ROOMS, SERVICES
from tongqu.sectors.care.people import alone_of, first_share, users_of

KEYS = [*(service.key for service in SERVICES), *(service.first for service in ROOMS)]
TOWN = "990101001"
FAR = "990102002002"


def assumed(region: Region, **changes: float) -> Assume:
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return Assume.of(region["standards"], Scenario(assume=dotted))


SECTORS = ordered([*load_sectors(["population", "transport"]), Care()])


def years(region: Region, assume: Assume, opened: Offer | None = None) -> tuple[State, ...]:
    starts = pd.Series(dtype="int64")
    if opened is not None:
        starts = pd.Series(2026, index=pd.Index(opened.projects["project"]))
    return simulate(region, SECTORS, scenario=short(), assume=assume, offer=opened, starts=starts)


@pytest.fixture(scope="module")
def assume() -> Assume:
    return assumed(cared())


@pytest.fixture(scope="module")
def before(assume: Assume) -> tuple[State, ...]:
    return years(cared(), assume)


@pytest.fixture(scope="module")
def offered(assume: Assume, before: tuple[State, ...]) -> Offer:
    whole = collect_offers(cared(), SECTORS, states=before, assume=assume)
    return whole.of(whole.projects.loc[whole.projects["sector"] == "care", "project"])


def test_users_add_up_to_the_people_of_the_counties(before):
    state, region = before[0], cared()
    counties = region.codes("county")
    people = by_age(state, counties).sum(axis=1)
    county = region.county_of(region.codes("village")).to_numpy()
    users = pd.DataFrame(users_of(region, state)).groupby(county).sum()
    np.testing.assert_allclose(users.loc[counties, "elders"], people[:, 60:].sum(axis=1))
    np.testing.assert_allclose(users.loc[counties, "infants"], people[:, :3].sum(axis=1))
    np.testing.assert_allclose(users.loc[counties, "people"], people.sum(axis=1))


def test_needs_follow_the_norms(before, assume):
    state, region = before[0], cared()
    users = pd.DataFrame(users_of(region, state), index=region.codes("village"))
    np.testing.assert_allclose(state["demand.day_care"], users["elders"] * assume["care.day_places"] / 1000)
    np.testing.assert_allclose(state["demand.meals"], users["elders"] * assume["care.meals"] / 1000)
    county = region.county_of(users.index).to_numpy()
    child, people = (each.groupby(county).sum() for each in (state["demand.child_care"], users["people"]))
    np.testing.assert_allclose(child, people * 4.5 / 1000)
    pd.testing.assert_series_equal(state["demand.service_hall"], users["people"], check_names=False)


def test_nobody_is_served_twice_and_places_are_kept(before):
    for state in before:
        for key in KEYS:
            assert (state[f"served.{key}"] <= state[f"demand.{key}"] + 1e-9).all()
        for service in ROOMS:
            assert (state[f"served.{service.first}"] <= state[f"served.{service.key}"] + 1e-9).all()
            room = sum(size for _, kind, _, size in SITES if kind == service.kind)
            assert state[f"served.{service.key}"].sum() <= room + 1e-9
    # 4 meals in the town of n01 and 20 in that of n05, all to those who come first.
    meals = before[0]["served.meals"]
    assert meals[["990101001001", "990102001001"]].tolist() == pytest.approx([4, 20])
    assert before[0]["served.meals_priority"].sum() == pytest.approx(24)


def test_the_hall_serves_whoever_has_one_in_reach(before, assume):
    state = before[0]
    near = state["minutes.service_hall"] <= assume["minutes.service_hall"]
    assert state["served.service_hall"].equals(state["demand.service_hall"].where(near, 0.0))
    assert not near[FAR]


def test_what_is_opened_serves_what_was_promised(before, offered, assume):
    """One of each kind alone: its people are served as far as it has room for them, and no others."""
    region, last = cared(), before[-1]
    for project in offered.projects.drop_duplicates("kind")["project"]:
        mine = offered.of([project])
        after = years(region, assume, mine)[-1]
        served = mine.entries[mine.entries["ledger"] == "served"]
        room = mine.entries[mine.entries["ledger"] == "room"].set_index("key")["amount"]
        for key in KEYS:
            gained = after[f"served.{key}"] - last[f"served.{key}"]
            credit = served[served["key"] == key].set_index("unit")["amount"]
            unmet = last[f"demand.{key}"] - last[f"served.{key}"]
            most = unmet.mul(credit.reindex(unmet.index, fill_value=0.0))
            promise = min(most.sum(), room.get(key, np.inf))
            if key.endswith("_priority") or key == "service_hall":
                assert gained.sum() == pytest.approx(promise, abs=1e-6), (project, key)
            assert (gained >= -1e-9).all()
            assert (gained <= most + 1e-6).all(), (project, key)


def test_projects_together_leave_few_without(before, offered, assume):
    after = years(cared(), assume, offered)[-1]
    for service in SERVICES:
        demand = after[f"demand.{service.key}"].sum()
        short_before = demand - before[-1][f"served.{service.key}"].sum()
        assert demand - after[f"served.{service.key}"].sum() < 0.35 * short_before, service.key
    points = offered.projects[offered.projects["kind"].isin(["hall_points", "mobile_hall"])]
    assert points.groupby("group").size().tolist() == [2, 2]
    mobile = years(cared(), assume, offered.of([f"mobile_hall:{FAR[:9]}"]))[-1]
    assert mobile["served.service_hall"][FAR] == pytest.approx(0.5 * mobile["demand.service_hall"][FAR])


def test_money_land_and_staff_by_hand(offered, assume):
    meals = offered.projects.set_index("project").loc[f"meal_points:{TOWN}"]
    size, sites = meals["size"], 2  # both villages of the town lack meals
    assert meals["capital_wan"] == pytest.approx(sites * 8 + size * 0.05)
    assert meals["running_wan"] == pytest.approx(sites * 2 + size * 0.12)
    assert meals["land_mu"] == pytest.approx(sites * 0.05 + size * 0.001)
    mine = offered.entries[offered.entries["project"] == f"meal_points:{TOWN}"]
    staff = mine[mine["ledger"] == "staff"]
    assert staff[["key", "amount"]].to_numpy().tolist() == [["carers", pytest.approx(size * 0.03)]]
    day = offered.projects[offered.projects["kind"] == "day_care_centre"]
    assert ((day["size"] >= 10) & (day["size"] <= 60)).all()
    np.testing.assert_allclose(day["capital_wan"], 60 + 2 * day["size"])


def test_a_road_brings_people_to_the_hall(before, assume):
    """A road project in the offer of others is credited with the villages that it brings within the limit."""
    region = cared()
    assume = assumed(region, minutes__service_hall=30)
    states = years(region, assume)
    whole = collect_offers(region, SECTORS, states=states, assume=assume)
    roads = whole.projects.loc[whole.projects["sector"] == "transport", "project"]
    credit = whole.entries[(whole.entries["key"] == "service_hall") & whole.entries["project"].isin(roads)]
    assert len(credit)
    road, unit = credit.iloc[0][["project", "unit"]]
    after = simulate(
        region,
        SECTORS,
        scenario=short(),
        assume=assume,
        offer=whole,
        starts=pd.Series({road: 2026}),
    )[-1]
    assert states[-1]["served.service_hall"][unit] == 0
    assert after["served.service_hall"][unit] == pytest.approx(after["demand.service_hall"][unit])


def step(region: Region, state: State, assume: Assume) -> dict[str, pd.Series]:
    """What the sector writes of a region with the people and roads of a state."""
    return dict(Care().step(region, state, opened=Offer(), assume=assume))


def test_a_service_without_any_site_is_not_asked_for(before, assume):
    written = step(halls_only(), before[0], assume)
    for service in ROOMS:
        for group in ("demand", "served"):
            assert written[f"{group}.{service.key}"].sum() == written[f"{group}.{service.first}"].sum() == 0
    assert written["demand.service_hall"].sum() > 0
    offer = Care().offer(loaded(), Forecast(before, Offer()), assume=assume)
    assert offer.projects.empty
    assert offer.entries.empty


def test_unknown_places_and_impossible_standards_are_refused(before, assume):
    region = cared()
    sites = region["sites"]
    blank = sites["kind"].isin(["day_care", "meal_point"])
    bare = replace(
        region, tables={**region.tables, "sites": sites.assign(capacity=sites["capacity"].mask(blank))}
    )
    with pytest.raises(DataError) as caught:
        step(bare, before[0], assume)
    assert [problem.value for problem in caught.value.problems] == ["a1, a2", "m1, m2"]
    with pytest.raises(ScenarioError, match=r"care\.floor"):
        step(region, before[0], assumed(region, care__floor=2.0))
    names = set(region["standards"]["standard"])
    assert set(LIMITS) <= names


def test_elders_alone_follow_from_the_households_of_the_place():
    region = cared()
    assume = assumed(region)
    usual, basis = alone_of(region, assume=assume)
    assert (basis, set(usual.value)) == ("published", {assume["care.alone"]})
    counts = {
        "households_one_elderly": 30.0,
        "households_two_elderly": 20.0,
        "households_three_elderly": 0.0,
        "households_one_generation": 80.0,
        "family_households": 100.0,
    }
    rows = pd.DataFrame(
        [
            {"unit": "990101", "year": 2020, "variable": name, "value": value, "modelled": False}
            for name, value in counts.items()
        ]
    ).assign(source="t:model")
    seen = pd.concat([region["observations"], rows], ignore_index=True)
    known = replace(region, tables={**region.tables, "observations": seen})
    found, basis = alone_of(known, assume=assume)
    assert basis == "derived"
    np.testing.assert_allclose(found.value, [0.8, assume["care.alone"]])
    np.testing.assert_allclose(found.low, [30 / 70, 0])
    share = first_share(known, "elders", assume=assume)
    assert (share.low <= share.value).all()
    assert (share.value <= share.high).all()
    poor = assume["care.low_income_elders"]
    assert share.value[0] == pytest.approx(1 - 0.2 * (1 - poor))


def test_a_floor_of_those_who_come_first_is_met_at_least_cost():
    """A scenario's floor for one town and the group: the plan builds what meets it and nothing else."""
    region = cared()
    sectors = ordered([*load_sectors(["population", "transport", "finance"]), Care()])
    floor = {"service": "meals_priority", "share": 0.9, "year": 2028, "town": TOWN}
    rich = {"limits": Limits(capital_share=0.05, land_mu_per_year=500), "objective": "least-cost"}
    plan = optimise(prepare(region, sectors, scenario=short(floors=[floor], **rich)))
    assert set(plan.starts.index) == {f"meal_points:{TOWN}"}
