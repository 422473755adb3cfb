"""Each sector on the small region, with answers worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from small import TINY, short
from tongqu.contracts import Assume, Offer, State
from tongqu.data import load_region, make_region
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import simulate
from tongqu.sectors import population, transport
from tongqu.sectors.population.path import path

TICK = 1e-3
"""Minutes by which rounding to whole ticks of a network may add up on these roads."""


@pytest.fixture(scope="module")
def region():
    return load_region(TINY)


@pytest.fixture(scope="module")
def assume(region):
    return Assume.of(region["standards"], short())


@pytest.fixture(scope="module")
def state(region, assume):
    return simulate(region, load_sectors(), scenario=short(), assume=assume, years=[2020])[0]


@pytest.fixture(scope="module")
def inputs(region):
    return prepare(region, load_sectors(), scenario=short())


def test_people_of_the_base_year_are_the_census(region, state):
    people = region["people"]
    census = people[(people["year"] == 2020) & people["unit"].isin(region.level("county").index)]
    county = region.county_of(state["people.total"].index)
    assert state["people.total"].groupby(county).sum().to_dict() == pytest.approx(
        census.groupby("unit")["people"].sum().to_dict()
    )


def test_villages_add_up_to_the_projected_county(region, assume):
    for year in (2026, 2033, 2041):
        values = population.sector.step(region, State(year), opened=Offer(), assume=assume)
        county = region.county_of(values["people.total"].index)
        projected = path(region, assume, until=year).people[-1].sum(axis=(0, 2, 3, 4))
        assert values["people.total"].groupby(county).sum().to_numpy() == pytest.approx(projected)


def test_quzhou_is_as_urban_in_2024_as_published_within_a_point():
    quzhou = load_region("quzhou")
    values = population.sector.step(
        quzhou, State(2024), opened=Offer(), assume=Assume.of(quzhou["standards"], short())
    )
    share = values["people.urban"].sum() / values["people.total"].sum()
    assert share == pytest.approx(0.621, abs=0.01)


def test_minutes_follow_length_and_class(state):
    assert state["links.minutes"]["l01"] == pytest.approx(6.5 / 70 * 60)
    assert state["links.walk_minutes"]["l01"] == pytest.approx(6.5 / 5 * 60)
    assert state["minutes.county_seat"]["990101001001"] == 0
    assert state["minutes.county_seat"]["990101001002"] == pytest.approx(4.2 / 35 * 60, abs=TICK)


def test_a_link_with_its_own_speed_takes_it(region, assume):
    links = region["links"].assign(speed_kmh=float("nan"))
    links.loc[links.index[0], "speed_kmh"] = 6.0
    tables = {name: region[name] for name in region.tables if name not in region.provided}
    title = {"name": "slow", "title_zh": "慢", "title_en": "Slow", "base_year": 2020}
    slow = make_region(tables | {"links": links}, bbox=region.bbox, **title)
    ask = {"scenario": short(), "assume": assume, "years": [2020]}
    minutes, usual = (simulate(r, load_sectors(), **ask)[0]["links.minutes"] for r in (slow, region))
    first = links.iloc[0]
    assert minutes[first["link"]] == pytest.approx(first["length_km"] * 10)
    pd.testing.assert_series_equal(minutes.drop(first["link"]), usual.drop(first["link"]))


def test_who_is_on_a_graded_road(state):
    served, demand = state["served.graded_road"], state["demand.graded_road"]
    assert set(served.index[(served == 0) & (demand > 0)]) == {"990101002002", "990102002002"}


def test_a_village_road_costs_its_length_and_serves_its_village(inputs):
    road = inputs.offer.projects.set_index("project").loc["village_road:990101002002"]
    assert (road["size"], road["capital_wan"], road["lead"]) == (
        pytest.approx(8.8),
        pytest.approx(8.8 * 130),
        1,
    )
    link = inputs.offer.entries.query("project == 'village_road:990101002002' and ledger == 'link'")
    assert link["key"].tolist() == ["l07"]
    assert link["amount"].iloc[0] == pytest.approx(8.8 / 35 * 60)


def test_a_longer_chain_of_village_roads_requires_what_lies_before(region):
    units, nodes, links = region["units"], region["nodes"], region["links"]
    far = units[units["unit"] == "990102002002"].assign(
        unit="990102002003", node="n99", lon=119.47, lat=119.0 - 89.63
    )
    node = nodes[nodes["node"] == "n08"].assign(node="n99")
    link = links[links["link"] == "l12"].assign(link="l99", from_node="n08", to_node="n99", length_km=3.0)
    longer = region.__class__(
        **{
            name: getattr(region, name)
            for name in ("name", "title_zh", "title_en", "base_year", "bbox", "crs")
        },
        tables={
            **region.tables,
            "units": pd.concat([units, far], ignore_index=True),
            "nodes": pd.concat([nodes, node]),
            "links": pd.concat([links, link]),
        },
    )
    projects = transport.sector.offer(longer, None, assume=None).projects.set_index("project")
    assert projects["requires"]["village_road:990102002003"] == "village_road:990102002002"
    assert projects["size"]["village_road:990102002003"] == pytest.approx(3.0)
    assert projects["size"]["village_road:990102002002"] == pytest.approx(13.1)


def test_the_nearest_hospital_and_who_is_beyond_twenty_minutes(state):
    minutes = state["minutes.medical_circle"]
    assert minutes["990101002002"] == pytest.approx(8.8 / 25 * 60, abs=TICK)
    beyond = state["served.medical_circle"].index[
        (state["served.medical_circle"] == 0) & (state["demand.medical_circle"] > 0)
    ]
    assert set(beyond) == {"990101002002", "990102002001", "990102002002"}


def test_beds_and_doctors_are_those_of_the_sites(state):
    assert state["stock.beds"].to_dict() == {"990101": 60 + 10 + 8, "990102": 25 + 8}
    assert state["stock.doctors"].to_dict() == {"990101": 24 + 8 + 5 + 3 + 1 + 2, "990102": 9 + 5 + 2 + 1}


def test_a_branch_serves_those_within_reach_and_counts_as_a_clinic(inputs):
    entries = inputs.offer.entries.query("project == 'township_branch:990102002001' and ledger == 'served'")
    assert {(row.key, row.unit) for row in entries.itertuples()} >= {("medical_circle", "990102002001")}


def test_places_are_never_overfilled_and_pupils_are_conserved(region, state):
    for level, places in (("primary", 600 + 180 + 270), ("junior", 350 + 200)):
        placed = state[f"served.{level}_place"]
        assert placed.sum() <= min(places, state[f"demand.{level}_place"].sum()) + 1e-9
        assert (placed >= -1e-9).all()


def test_rides_are_slower_by_bus(state):
    ride = state["minutes.primary_ride"]["990101002002"]
    assert ride == pytest.approx(8.8 / 25 * 60 * 1.5, abs=TICK)
    assert state["served.primary_ride"]["990101002002"] == 0


def test_accounts_grow_from_the_latest_year(region, assume, inputs):
    first, state = inputs.states[0], inputs.states[-1]
    assert first["account.own_revenue"]["990101"] == pytest.approx(5624 * 1.04**3)
    more = (state["value_added.total"] / first["value_added.total"])["990101"]
    own = 5624 * 1.04**3 * more
    assert state["account.own_revenue"]["990101"] == pytest.approx(own)
    assert state["account.transfers"]["990102"] == pytest.approx(6555 * 1.02**5)
    room = (own + 8219 * 1.02**5) * 0.01
    assert state["account.room"]["990101"] == pytest.approx(room)
    debt = inputs.offer.limits.query("key == 'debt' and unit == '990101' and year == 2028")["amount"].iloc[0]
    assert debt == pytest.approx((11670 - 8820) * 0.25)
