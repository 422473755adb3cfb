"""RAPTOR against Dijkstra's algorithm in plain Python, and what holds for every timetable."""

from __future__ import annotations

import copy
import os
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.transit.brute import INF, Trip, World, arrivals
from methods.transit.worlds import HOUR, MINUTE, trips, waits, worlds
from tongqu.methods.transit import Timetable, TravelTimes, journey, make_timetable, travel_times, window_times

LESS = settings(max_examples=25, deadline=None)
MORE = settings(max_examples=80, deadline=None)


def searched(world: World, depart: int, *, transfers: int, timetable: Timetable | None = None) -> TravelTimes:
    return travel_times(
        world.timetable() if timetable is None else timetable,
        **world.walks(),
        depart=depart,
        max_transfers=transfers,
        direct=np.array(world.direct) / 60,
    )


def expect(world: World, found: TravelTimes, depart: int, *, transfers: int, offset: float | None) -> None:
    for origin in range(len(world.access)):
        wanted = arrivals(world, origin, depart, rides=transfers + 1, offset=offset)
        assert [(60 * found.minutes[origin] + depart).tolist(), found.rides[origin].tolist()] == [
            [time for time, _ in wanted],
            [rides for _, rides in wanted],
        ]


@MORE
@given(worlds(), waits(), st.integers(0, 3))
def test_as_early_as_plain_search(world: World, wait: int, transfers: int) -> None:
    depart = world.base + wait
    found = searched(world, depart, transfers=transfers)
    expect(world, found, depart, transfers=transfers, offset=None)
    reached = np.isfinite(found.minutes)
    assert np.array_equal(np.isnan(found.waiting), ~reached)
    assert (found.waiting[reached] >= 0).all()
    assert (found.waiting[reached] <= found.minutes[reached] + 1e-9).all()


@LESS
@given(worlds(), waits(), st.sampled_from([0.0, 0.5, 0.9]))
def test_headways_written_out(world: World, wait: int, offset: float) -> None:
    depart, timetable = world.base + wait, world.timetable(waiting="scheduled", offset=offset)
    found = searched(world, depart, transfers=2, timetable=timetable)
    expect(world, found, depart, transfers=2, offset=offset)


@LESS
@given(worlds(), waits())
def test_later_departures_arrive_no_earlier(world: World, wait: int) -> None:
    timetable, leaving = world.timetable(), np.arange(world.base, world.base + 1800, 300)
    arrival = [
        60 * searched(world, depart, transfers=2, timetable=timetable).minutes + depart for depart in leaving
    ]
    assert (np.array(arrival[1:]) >= np.array(arrival[:-1])).all()


@LESS
@given(worlds(), waits())
def test_more_transfers_are_no_worse(world: World, wait: int) -> None:
    depart, timetable = world.base + wait, world.timetable()
    minutes = [
        searched(world, depart, transfers=transfers, timetable=timetable).minutes for transfers in range(4)
    ]
    assert (np.array(minutes[1:]) <= np.array(minutes[:-1])).all()


@LESS
@given(worlds(), waits(), st.data())
def test_another_trip_is_no_worse(world: World, wait: int, data: st.DataObject) -> None:
    more = copy.copy(world)
    more.trips = [*world.trips, data.draw(trips(world.stops, world.base))]
    before, after = (searched(one, world.base + wait, transfers=2).minutes for one in (world, more))
    assert (after <= before).all()


@LESS
@given(worlds(), waits(), st.integers(0, 2), st.sampled_from([120, 210]))
def test_a_window_is_its_departures(world: World, wait: int, transfers: int, step: int) -> None:
    first, percentiles, timetable = world.base + wait, (5, 50, 95, 100), world.timetable()
    last = first + 20 * MINUTE
    window = window_times(
        timetable,
        **world.walks(),
        first=first,
        last=last,
        step=step,
        max_transfers=transfers,
        percentiles=percentiles,
        direct=np.array(world.direct) / 60,
    )
    single = [
        searched(world, depart, transfers=transfers, timetable=timetable)
        for depart in range(first, last + 1, step)
    ]
    minutes = np.array([one.minutes for one in single])
    arrived = np.isfinite(minutes)
    for rank, percentile in enumerate(percentiles):
        wanted = np.percentile(minutes, percentile, axis=0, method="inverted_cdf")
        np.testing.assert_array_equal(window.minutes[rank], wanted)
    np.testing.assert_allclose(window.share, arrived.mean(axis=0))
    rides = np.where(arrived, np.array([one.rides for one in single]), 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(window.rides, rides / arrived.sum(axis=0))
    known = arrived.any(axis=0)
    assert (window.waiting[known] >= 0).all()
    assert np.array_equal(np.isnan(window.waiting), ~known)


@LESS
@given(worlds(), waits(), st.integers(0, 3))
def test_the_legs_make_the_time(world: World, wait: int, transfers: int) -> None:
    timetable, walks, depart = world.timetable(), world.walks(), world.base + wait
    found = searched(world, depart, transfers=transfers, timetable=timetable)
    same, paths = world.changing()
    for origin, destination in np.ndindex(found.minutes.shape):
        legs = journey(
            timetable,
            **walks,
            origin=origin,
            destination=destination,
            depart=depart,
            max_transfers=transfers,
            direct_minutes=world.direct[origin][destination] / 60,
        )
        if not np.isfinite(found.minutes[origin, destination]):
            assert legs.empty
            continue
        assert legs["arrive"].iloc[-1] == depart + round(60 * found.minutes[origin, destination])
        assert (legs["kind"] == "ride").sum() == found.rides[origin, destination]
        total = legs["wait_minutes"].sum() + legs["minutes"].sum()
        assert total == pytest.approx(found.minutes[origin, destination])
        assert (legs["wait_minutes"] >= 0).all()
        assert (legs.loc[legs["kind"] == "walk", "wait_minutes"] == 0).all()
        follow(world, legs, same=same, paths=paths, origin=origin, destination=destination)


def follow(world: World, legs: Any, *, same: Any, paths: Any, origin: int, destination: int) -> None:
    """Every leg is possible: walks take their time, vehicles stop there, changes are long enough."""
    rows = list(legs.itertuples())
    if len(rows) == 1:
        assert rows[0].arrive - rows[0].depart == world.direct[origin][destination]
        return
    for i, leg in enumerate(rows):
        start, end = leg.from_stop[1:], leg.to_stop[1:]
        took = leg.arrive - leg.depart
        if leg.kind == "walk" and i == 0:
            assert took == world.access[origin][int(end)]
        elif leg.kind == "walk" and i == len(rows) - 1:
            assert took == world.egress[destination][int(start)]
        elif leg.kind == "walk":
            assert took == paths[int(start), int(end)]
        else:
            calls = world.trips[int(leg.trip[1:])].calls
            spans = [
                off[1] - on[2]
                for a, on in enumerate(calls)
                for off in calls[a + 1 :]
                if (on[0], off[0], on[3], off[4]) == (int(start), int(end), True, True)
            ]
            assert took in spans
            if rows[i - 1].kind == "ride":
                assert leg.depart - rows[i - 1].arrive >= same[int(start)]
        assert i == 0 or leg.from_stop == rows[i - 1].to_stop


def shuttle(*, times: list[tuple[int, int]]) -> World:
    calls = [[(0, a, a, True, True), (1, b, b, True, True)] for a, b in times]
    return World(2, [Trip(each) for each in calls], access=[{0: 0}], egress=[{1: 0}], direct=[[INF]])


def test_an_overtaking_trip_is_taken() -> None:
    slow_and_fast = shuttle(
        times=[(7 * HOUR, 9 * HOUR), (7 * HOUR + 600, 8 * HOUR), (8 * HOUR, 9 * HOUR + 600)]
    )
    assert slow_and_fast.timetable().patterns == 2
    assert searched(slow_and_fast, 7 * HOUR, transfers=0).minutes[0, 0] == 60


def test_a_trip_past_midnight_and_one_of_the_day_before() -> None:
    night = shuttle(times=[(25 * HOUR, 25 * HOUR + 600)])
    assert searched(night, 25 * HOUR, transfers=0).minutes[0, 0] == 10
    rows = night.calls()[["trip_id"]].drop_duplicates().assign(shift_seconds=-24 * HOUR)
    after = make_timetable(["s0", "s1"], night.calls(), trips=rows)
    found = travel_times(after, **night.walks(), depart=1 * HOUR, max_transfers=0)
    assert found.minutes[0, 0] == 10


def test_a_footpath_follows_a_ride_but_no_footpath() -> None:
    world = shuttle(times=[(7 * HOUR, 7 * HOUR + 600)])
    world.stops = 4
    world.paths = {(1, 2): 60, (2, 3): 60}
    world.trips.append(Trip([(3, 8 * HOUR, 8 * HOUR, True, True), (0, 9 * HOUR, 9 * HOUR, True, True)]))
    world.egress = [{0: 0}]
    assert np.isinf(searched(world, 7 * HOUR, transfers=3).minutes[0, 0])
    world.paths[1, 3] = 120
    assert searched(world, 7 * HOUR, transfers=3).minutes[0, 0] == 120


def test_nothing_runs_or_nobody_asks() -> None:
    still = World(2, [], access=[{0: 0}], egress=[{1: 0}], direct=[[INF]])
    assert np.isinf(searched(still, 0, transfers=0).minutes).all()
    empty = World(2, [], access=[], egress=[{1: 0}], direct=[])
    found = travel_times(empty.timetable(), **empty.walks(), depart=0, max_transfers=0)
    assert found.minutes.shape == (0, 1)


def window_of(world: World) -> np.ndarray:
    found = window_times(
        world.timetable(), **world.walks(), first=6 * HOUR, last=8 * HOUR, max_transfers=1, percentiles=[50]
    )
    return found.minutes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_after_a_fork_and_from_two_threads() -> None:
    world = shuttle(times=[(7 * HOUR, 7 * HOUR + 600), (8 * HOUR, 8 * HOUR + 600)])
    world.access, world.direct = [{0: 0}] * 8, [[INF]] * 8
    alone = window_of(world)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(window_of(world), alone) else 1)
    assert os.waitpid(child, 0)[1] == 0
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(window_of(world))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [np.array_equal(one, alone) for one in found] == [True, True]


def test_the_least_percentile_is_the_shortest_time() -> None:
    world = shuttle(times=[(7 * HOUR, 7 * HOUR + 600)])
    found = window_times(
        world.timetable(),
        **world.walks(),
        first=6 * HOUR,
        last=7 * HOUR,
        max_transfers=0,
        percentiles=[1e-10, 100],
    )
    assert found.minutes[:, 0, 0].tolist() == [10, 70]
