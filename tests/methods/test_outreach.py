"""Mobile clinics, the circle by time of day, what roads and clinics add to it, and telemedicine."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.medical import (
    CircleTier,
    Visits,
    circle_by_time,
    circle_gains,
    lay_days,
    plan_mobile,
    remote_reach,
)
from tongqu.methods.network import build_network
from tongqu.methods.reach import times_from_matrix
from tongqu.methods.rounds import Vehicle, Ways
from tongqu.methods.travel import nearest, within
from tongqu.methods.what_if import Change

VAN = Vehicle(name="clinic", per_km=1.2, per_minute=0.5, per_day=400, starts=480, ends=1020, shift=480)
seeds = st.integers(0, 10_000)
few = settings(max_examples=8)


def base_of(seed, count):
    draw = np.random.default_rng(seed)
    spots = draw.uniform(-20, 20, (count + 1, 2))
    km = np.hypot(*np.moveaxis(spots[:, np.newaxis] - spots, -1, 0)) * 1.3
    return Ways(km * 1.6, km)


@pytest.fixture(scope="module")
def mobile():
    draw = np.random.default_rng(2)
    visits = Visits(
        names=tuple(f"v{at}" for at in range(14)),
        base=np.array([0] * 9 + [1] * 5),
        every=draw.choice([1, 2, 4], 14),
        minutes=draw.uniform(30, 160, 14),
    )
    return visits, plan_mobile(visits, [base_of(1, 9), base_of(2, 5)], van=VAN, days=3, iterations=40)


def test_every_village_is_visited_as_often_as_asked(mobile):
    visits, found = mobile
    assert not found.unserved
    minutes = found.rounds.groupby("village")["visit_minutes"].sum()
    assert minutes.to_numpy() == pytest.approx(np.asarray(visits.minutes))
    assert (found.rounds["every"] == np.asarray(visits.every)[found.rounds["village"]]).all()
    assert (found.rounds["base"] == np.asarray(visits.base)[found.rounds["village"]]).all()
    assert found.visits == pytest.approx((52 / np.asarray(visits.every)).sum())
    assert found.per_visit == pytest.approx(found.yuan / found.visits)
    assert found.bound <= found.yuan


def test_rounds_fit_into_the_van_day(mobile):
    _, found = mobile
    for _, trip in found.rounds.groupby(["base", "round"]):
        assert (np.diff(trip["arrival"]) > 0).all()
        assert trip["arrival"].min() >= VAN.starts
        assert (trip["arrival"] + trip["visit_minutes"]).max() <= VAN.ends + 1e-6
        assert (trip["week"] < trip["every"]).all()


def test_no_day_needs_more_vans_than_said(mobile):
    _, found = mobile
    runs = found.rounds.drop_duplicates(["base", "round"])
    for base, mine in runs.groupby("base"):
        for week, day in product(range(4), range(3)):
            on = mine[(mine["day"] == day) & (week % mine["every"] == mine["week"])]
            assert len(on) <= found.vans[base]
            assert on["van"].is_unique
    assert (found.least_vans <= found.vans).all()


@few
@given(st.lists(st.sampled_from([1, 2, 4]), max_size=7), st.integers(1, 2))
def test_intervals_that_divide_one_another_need_the_fewest_vans(every, days):
    laid = lay_days(every, days=days)
    load = np.zeros((4, days))
    for step, week, day in zip(every, laid.week, laid.day, strict=True):
        load[week::step, day] += 1
    assert load.max(initial=0) == laid.vans == laid.least


def test_a_long_visit_takes_several_days_and_a_far_village_is_named():
    ways = base_of(3, 2)
    km = np.asarray(ways.km).copy()
    km[0, 2] = km[2, 0] = 400.0
    visits = Visits(names=("near", "far"), base=[0, 0], every=[1, 1], minutes=[700, 60])
    found = plan_mobile(visits, [Ways(km * 1.6, km)], van=VAN, iterations=10)
    assert set(found.unserved) == {1}
    assert "longer than any shift" in found.unserved[1]
    assert len(found.rounds) >= 2
    assert found.rounds["visit_minutes"].sum() == pytest.approx(700)
    assert found.visits == 52


def test_nobody_to_visit_costs_nothing():
    found = plan_mobile(Visits(names=(), base=[], every=[], minutes=[]), [base_of(1, 0)], van=VAN)
    assert found.yuan == 0
    assert np.isnan(found.per_visit)
    assert found.rounds.empty


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"every": [1, 0]}, "missing or outside"),
        ({"every": [1, 1.5]}, "intervals are not whole weeks"),
        ({"minutes": [30.0]}, "its shape is"),
        ({"base": [0, 4]}, "a position is outside"),
    ],
)
def test_wrong_visits_are_named(change, rule):
    asked = {"names": ("a", "b"), "base": [0, 0], "every": [1, 2], "minutes": [30.0, 30.0]}
    with pytest.raises(DataError, match=rule):
        plan_mobile(Visits(**(asked | change)), [base_of(1, 2)], van=VAN)


def test_intervals_without_a_common_cycle_are_named():
    with pytest.raises(DataError, match="no common cycle"):
        lay_days([7, 11, 13], days=5)


@few
@given(seeds)
def test_slower_roads_and_closed_doors_leave_fewer_inside(seed):
    draw = np.random.default_rng(seed)
    minutes, people = draw.uniform(1, 40, (9, 4)), draw.integers(0, 90, 9)
    opened = draw.random((4, 3)) < 0.6
    opened[:, 0] = True
    tier = CircleTier(
        name="town", times=times_from_matrix(minutes), limit=20, speed=[1.2, 0.8, 0.8], open=opened
    )
    found = circle_by_time([tier], people, hours=[8, 8, 8])
    slow = minutes / 0.8
    for at in range(3):
        best = np.where(opened[:, at], minutes, np.inf).min(axis=1) / [1.2, 0.8, 0.8][at]
        assert found.minutes[0, at] == pytest.approx(best)
        assert found.people[0, at] == people[within(best, 20)].sum()
        assert (found.nearest[0, at] >= 0).all() == np.isfinite(best).all()
    assert found.people[0, 2] <= people[within(slow.min(axis=1), 20)].sum() <= found.people[0, 0]
    assert found.always[0] <= found.people[0].min()
    assert found.never[0] <= people.sum() - found.people[0].max()


def test_wrong_tiers_are_named():
    times = times_from_matrix([[5.0]])
    with pytest.raises(DataError, match="a name comes twice"):
        circle_by_time(
            [CircleTier(name="a", times=times, limit=1), CircleTier(name="a", times=times, limit=1)],
            [1],
            hours=[24],
        )
    with pytest.raises(DataError, match="other places"):
        circle_by_time([CircleTier(name="a", times=times, limit=1)], [1, 2], hours=[24])
    with pytest.raises(DataError, match="shapes do not fit"):
        circle_by_time([CircleTier(name="a", times=times, limit=1, speed=[1, 1])], [1], hours=[24])


@few
@given(seeds)
def test_pairs_of_road_and_facility_against_full_runs(seed):
    draw = np.random.default_rng(seed)
    start, end = np.arange(9), np.arange(1, 10)
    minutes = draw.integers(4, 12, 9).astype(float)
    net = build_network(range(10), start=start, end=end, minutes=minutes)
    people = draw.integers(1, 50, 10).astype(float)
    roads = [Change(links=np.array([at]), minutes=np.array([minutes[at] / 2])) for at in (1, 4, 7)]
    spots, limit = [2, 6], 12.0

    def inside(changes, sites):
        faster = minutes.copy()
        for one in changes:
            faster[one.links] = one.minutes
        found = nearest(build_network(range(10), start=start, end=end, minutes=faster), targets=[9, *sites])
        return people[within(found.minutes, limit)].sum()

    found = circle_gains(
        net, sites=[9], origins=range(10), people=people, roads=roads, facilities=spots, limit=limit
    )
    today = inside([], [])
    alone = [*(inside([one], []) - today for one in roads), *(inside([], [one]) - today for one in spots)]
    assert found.alone["people"].to_list() == pytest.approx(alone)
    pairs = found.pairs.set_index(["road", "facility"])
    for road, spot in product(range(3), range(2)):
        both = inside([roads[road]], [spots[spot]]) - today
        more = both - alone[road] - alone[3 + spot]
        got = pairs["interaction"].to_dict().get((road, spot), 0.0)
        assert got == pytest.approx(more)
        if more:
            assert pairs["people"].to_dict()[road, spot] == pytest.approx(both)


def test_unknown_network_is_neither_reached_nor_beyond():
    walk = times_from_matrix([[5.0, 8.0], [60.0, 9.0], [60.0, 60.0]])
    found = remote_reach(walk, [10, 20, 40], limit=30, connected=[0, np.nan], inside=[False, False, False])
    assert not found.within.any()
    assert found.unknown.tolist() == [True, True, False]
    assert found.unknown_people == 30
    better = remote_reach(walk, [10, 20, 40], limit=30, connected=[0, 1], inside=[True, False, False])
    assert better.site.tolist() == [1, 1, -1]
    assert better.people == 30
    assert better.beyond_people == 20
    with pytest.raises(DataError, match="0, 1 or missing"):
        remote_reach(walk, [1, 1, 1], limit=30, connected=[0, 0.5], inside=[True] * 3)
