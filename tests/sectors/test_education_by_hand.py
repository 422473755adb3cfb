"""Kindergartens, senior schools, boarding, direct buses and mergers on the county of one road.

D (20 min) -- S, the seat -- 12 min -- A -- 12 min -- B -- 14.4 min -- C
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from one_road import CODE, COUNTY, KIND, LON, OUTER, by_letter, county, entries, offer_of, planned, sites
from small import short
from tongqu.contracts import Assume
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.sectors.education import merging as merging_rules

NEEDED = ("population", "transport", "education")
"""Sectors that schools depend on, and their own."""


def with_sites(*rows: tuple[str, str, str, float, float | None]):
    """The county with more sites: id, kind, village, places, boarding places."""
    more = pd.DataFrame(rows, columns=["site", "kind", "node", "capacity", "boarding"])
    more = more.assign(
        name=more["site"], unit=more["node"].map(CODE), lon=more["node"].map(LON), lat=29.2, **KIND
    )
    region = county(sites=pd.concat([sites(), more], ignore_index=True))
    return prepare(region, load_sectors(NEEDED), scenario=short(last_year=2030))


@pytest.fixture(scope="module")
def bare():
    return prepare(county(), load_sectors(NEEDED), scenario=short(last_year=2030))


def test_a_stage_that_a_region_does_not_list_is_not_counted_as_without_places(bare):
    for service in ("nursery_place", "senior_place"):
        assert bare.states[0][f"demand.{service}"].sum() == 0
    kinds = set(offer_of(bare).projects["kind"])
    assert not kinds & {"nursery_school", "senior_classes"}


def test_kindergarten_places_within_the_norm_and_new_ones_beyond():
    """The norm of 20 minutes by bus is 13.3 by car: from S it reaches S and A (12), not B, C and D."""
    inputs = with_sites(("k1", "kindergarten", "S", 500.0, None))
    served = by_letter(inputs.states[0]["served.nursery_place"])
    assert {letter for letter, count in served.items() if count > 0} == {"S", "A"}
    offer = offer_of(inputs)
    new = set(offer.projects.loc[offer.projects["kind"] == "nursery_school", "project"])
    assert new == {f"nursery_school:{CODE[letter]}" for letter in "BCD"}
    states = planned(inputs, offer, **{f"nursery_school__{CODE['B']}": 2026})
    after = by_letter(states[2]["served.nursery_place"])
    assert after["B"] > 0
    assert after["C"] == after["D"] == 0, "14.4 minutes from B to C"


def test_senior_places_are_shared_by_the_county():
    inputs = with_sites(
        ("s1", "senior_school", "S", 50.0, None), ("v1", "vocational_school", "S", 30.0, None)
    )
    state = inputs.states[0]
    demand, served = state["demand.senior_place"], state["served.senior_place"]
    assert served.sum() == pytest.approx(80.0)
    assert (served / demand).to_numpy() == pytest.approx(float((served / demand).iloc[0]))
    offer = offer_of(inputs)
    more = offer.projects[offer.projects["kind"] == "senior_classes"]
    assert len(more) == 4
    states = planned(inputs, offer, senior_classes__s1__6=2026)
    later = states[2]
    assert later["served.senior_place"].sum() == pytest.approx(
        min(80.0 + 6 * 50, later["demand.senior_place"].sum())
    )


def test_juniors_who_live_too_far_board_where_there_are_places():
    """40 minutes by bus are 26.7 by car: C (38.4 from the school in S) is beyond; it can board."""
    without = with_sites()
    assert by_letter(without.states[0]["served.junior_ride"])["C"] == 0
    offer = offer_of(without)
    beds = offer.projects.set_index("project").loc["junior_boarding:j1"]
    pupils = max(float(state["demand.junior_ride"][CODE["C"]]) for state in without.states)
    assert pupils <= beds["size"] < pupils + 10
    assert list(entries(offer, "junior_boarding:j1", "served")["unit"]) == [CODE["C"]]
    states = planned(without, offer, junior_boarding__j1=2026)
    assert states[1]["served.junior_ride"][CODE["C"]] == pytest.approx(
        states[1]["demand.junior_ride"][CODE["C"]]
    )
    some = with_sites(("j2", "junior_school", "S", 12.0, 12.0))
    assert some.states[0]["served.junior_ride"][CODE["C"]] == pytest.approx(12.0)


def test_direct_buses_keep_the_norm_from_farther_away():
    """30 minutes to primary school are 20 by car and 25 by a direct bus: B (24 from S) gains, C does not."""
    inputs = with_sites()
    before = by_letter(inputs.states[0]["served.primary_ride"])
    assert before["B"] == before["C"] == 0
    offer = offer_of(inputs)
    bus = f"school_bus:{OUTER}"
    assert offer.projects.set_index("project").loc[bus, ["size", "capital_wan"]].tolist() == [1.0, 30.0]
    gained = entries(offer, bus, "served").query("key == 'primary_ride'")
    assert list(gained["unit"]) == [CODE["B"]]
    states = planned(inputs, offer, **{f"school_bus__{OUTER}": 2026})
    after = by_letter(states[1]["served.primary_ride"])
    assert after["B"] == pytest.approx(float(states[1]["demand.primary_ride"][CODE["B"]]))
    assert after["C"] == 0
    assert states[1]["minutes.primary_ride"][CODE["B"]] == pytest.approx(24 * 1.2, abs=0.01)


SMALL = ("p2", "primary_school", "A", 90.0, None)
"""A small school in A; B (12 minutes) uses it too, since S is 24 away, and C has it as the nearest."""


def test_a_school_whose_pupils_would_ride_too_far_is_never_offered_for_closing():
    inputs = with_sites(SMALL, ("p3", "primary_school", "S", 500.0, None))
    assert "primary_merge:p2" not in set(offer_of(inputs).projects["project"])


@pytest.fixture(scope="module")
def merging():
    """Schools in S, A and B with room: that in A has nobody who needs it, as all reach those in S or B."""
    return with_sites(
        ("p2", "primary_school", "B", 400.0, None),
        ("p3", "primary_school", "C", 90.0, None),
        ("p4", "primary_school", "D", 200.0, None),
    )


def test_a_merger_leaves_every_child_a_ride_and_a_place(merging):
    offer = offer_of(merging)
    found = offer.projects[offer.projects["kind"] == "primary_merge"]
    assert list(found["project"]) == ["primary_merge:p3"]
    row = found.iloc[0]
    assert row["name_zh"] == "p3并入p2"
    assert row["group"] == "primary_classes:p3"
    pupils = max(float(state["demand.primary_place"][CODE["C"]]) for state in merging.states)
    assert row["running_wan"] == pytest.approx(-((90 - pupils) * 0.9 - pupils * 12 / 80))
    freed = entries(offer, "primary_merge:p3", "staff")
    assert freed["amount"].iloc[0] == pytest.approx(-6 * 1.8), "C's six classes fit into B's"
    states = planned(merging, offer, primary_merge__p3=2026)
    for before, after in zip(merging.states[1:], states[1:], strict=True):
        for service in ("primary_place", "primary_ride"):
            assert (after[f"served.{service}"] >= before[f"served.{service}"] - 1e-9).all()
        assert after["minutes.primary_ride"][CODE["C"]] == pytest.approx(14.4 * 1.5, abs=0.01)


def test_a_school_that_takes_others_in_is_not_closed_itself(merging):
    found = offer_of(merging).projects.query("kind == 'primary_merge'")
    hosts = {name.split("并入")[1] for name in found["name_zh"]}
    assert not hosts & set(found["site"])


def test_no_merger_without_room():
    inputs = with_sites(("p2", "primary_school", "B", 100.0, None), ("p3", "primary_school", "C", 90.0, None))
    pupils = max(float(state["demand.primary_place"][CODE["C"]]) for state in inputs.states)
    assert pupils > 40, "100 places in B are not enough for both"
    assert "primary_merge:p3" not in set(offer_of(inputs).projects["project"])


def test_all_mergers_on_offer_can_be_made_at_once(merging):
    offer = offer_of(merging)
    starts = {
        str(name).replace(":", "__"): 2026
        for name in offer.projects.query("kind == 'primary_merge'")["project"]
    }
    states = planned(merging, offer, **starts)
    last = states[-1]
    assert last["served.primary_place"].sum() >= merging.states[-1]["served.primary_place"].sum() - 1e-9
    assert COUNTY in merging.region.codes("county")


def test_children_of_a_merger_are_not_sent_to_a_school_that_may_close_next():
    """Two small schools fit into a large one; children of each would go to the other first, 3 minutes off."""
    minutes = np.array([[0.0, 5.0, 8.0], [5.0, 0.0, 3.0], [8.0, 3.0, 0.0]])
    use = merging_rules._Use(
        minutes, np.diag([200.0, 40.0, 30.0]), np.eye(3, dtype=np.bool_), np.array([400.0, 90.0, 90.0])
    )
    assume = Assume.of(county()["standards"], short())
    both = merging_rules._matched([use], limit=20.0, assume=assume)
    assert both[["closes", "takes"]].to_numpy().tolist() == [[2, 1]], "the other one keeps its children"
    minutes[1:, 1:] = np.where(np.eye(2) > 0, 0.0, 25.0)
    apart = merging_rules._matched([use], limit=20.0, assume=assume)
    assert sorted(apart[["closes", "takes"]].to_numpy().tolist()) == [[1, 0], [2, 0]]
