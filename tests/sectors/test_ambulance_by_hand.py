"""Ambulances on the county of one road: from S 18.7 minutes by car reach A (12), not B, C, D (20)."""

from __future__ import annotations

import pandas as pd
import pytest

from one_road import CODE, KIND, LON, OUTER, by_letter, county, entries, links, offer_of, planned, sites
from small import short
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors

NEEDED = ("population", "transport", "health")
BUSY = 0.3


def with_station(vehicles: float, **changes: pd.DataFrame):
    row = {"site": "a1", "name": "a1", "kind": "ambulance_station", "unit": CODE["S"], "node": "S"}
    one = pd.DataFrame([{**row, "capacity": vehicles, "lon": LON["S"], "lat": 29.2, **KIND}])
    return county(sites=pd.concat([sites(), one], ignore_index=True), **changes)


@pytest.fixture(scope="module")
def inputs():
    return prepare(with_station(2.0), load_sectors(NEEDED), scenario=short())


@pytest.fixture(scope="module")
def offer(inputs):
    return offer_of(inputs)


def shares(state) -> dict[str, float]:
    return by_letter(state["served.ambulance"] / state["demand.ambulance"])


def test_people_are_served_by_the_chance_that_one_in_reach_is_free(inputs):
    both = 1 - BUSY**2
    assert shares(inputs.states[0]) == pytest.approx({"S": both, "A": both, "B": 0, "C": 0, "D": 0})


def test_one_more_vehicle_brings_what_is_promised(inputs, offer):
    more = entries(offer, "ambulance_vehicle:a1", "served")
    assert dict(zip(more["unit"], more["amount"], strict=True)) == pytest.approx(
        {CODE["S"]: 1 - BUSY, CODE["A"]: 1 - BUSY}
    )
    after = shares(planned(inputs, offer, ambulance_vehicle__a1=2026)[1])
    unmet = BUSY**2
    assert after["A"] == pytest.approx(1 - unmet + unmet * (1 - BUSY)) == pytest.approx(1 - BUSY**3)


def test_a_new_station_stands_at_the_seat_of_a_town_without_one(inputs, offer):
    kinds = offer.projects.set_index("project")["kind"]
    new = f"ambulance_station:{OUTER}"
    assert list(kinds.index[kinds == "ambulance_station"]) == [new]
    assert offer.projects.set_index("project").loc[new, ["unit", "capital_wan"]].tolist() == [
        CODE["A"],
        120.0,
    ]
    credited = set(entries(offer, new, "served")["unit"])
    assert credited == {CODE[letter] for letter in "SABC"} - {CODE["C"]}
    after = shares(planned(inputs, offer, **{f"ambulance_station__{OUTER}": 2026})[1])
    assert after["B"] == pytest.approx(1 - BUSY)
    assert after["C"] == 0


def test_roads_of_others_are_credited_for_those_whom_no_vehicle_reaches():
    """11.5 km of township road to A take 19.7 minutes, 15.3 once it is of class III."""
    longer = links().assign(length_km=[11.5, 15.0, 5.0, 6.0])
    region = with_station(2.0, links=longer)
    inputs = prepare(region, load_sectors(NEEDED), scenario=short())
    assert shares(inputs.states[0])["A"] == 0
    offer = offer_of(inputs)
    by_road = entries(offer, f"town_road:{OUTER}", "served").query("key == 'ambulance'")
    assert dict(zip(by_road["unit"], by_road["amount"], strict=True)) == pytest.approx({CODE["A"]: 1 - BUSY})
    after = shares(planned(inputs, offer, **{f"town_road__{OUTER}": 2026})[-1])
    assert after["A"] == pytest.approx(1 - BUSY**2), "both vehicles; one was promised"


def test_a_region_that_lists_no_station_has_no_demand():
    bare = prepare(county(), load_sectors(NEEDED), scenario=short())
    assert bare.states[0]["demand.ambulance"].sum() == 0
    assert not offer_of(bare).projects["kind"].str.startswith("ambulance").any()


def test_a_station_of_unknown_size_has_the_one_vehicle_that_makes_it_one():
    blank = prepare(with_station(float("nan")), load_sectors(NEEDED), scenario=short())
    assert shares(blank.states[0])["A"] == pytest.approx(1 - BUSY)
