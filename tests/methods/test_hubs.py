"""Hub location: published optima, brute force, and the two-level opening of stations and points."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from tongqu.base import DataError, TongquError
from tongqu.methods.hubs import Candidates, Pairs, locate_hubs, open_sites

PUBLISHED = Path(__file__).parent / "published"
LEGS = {"collection": 3.0, "transfer": 0.75, "distribution": 2.0}
"""Costs of the AP data set."""


@pytest.fixture(scope="module")
def ap():
    """Distances in km and flows of ten places."""
    numbers = np.array((PUBLISHED / "hub_ap10.txt").read_text().split(), dtype=float)
    count = int(numbers[0])
    places, flow = numbers[1 : 1 + 2 * count].reshape(count, 2), numbers[1 + 2 * count :]
    apart = np.hypot(*np.moveaxis(places[:, np.newaxis] - places, -1, 0)) / 1000
    return apart, flow.reshape(count, count)


@pytest.fixture(scope="module")
def ap_costs():
    rows = np.loadtxt(PUBLISHED / "hub_ap10_costs.txt")
    return dict(zip(("cost L", "capacity L", "cost T", "capacity T"), rows, strict=True))


@pytest.mark.parametrize(
    ("count", "optimum"), [(2, 163603.94), (3, 131581.79), (4, 107354.73), (5, 86028.88)]
)
def test_multiple_allocation_reaches_the_published_optima(ap, count, optimum):
    found = locate_hubs(*ap, allocation="multiple", count=count, **LEGS)
    assert found.total == pytest.approx(optimum, abs=0.01)
    assert found.gap == pytest.approx(0, abs=1e-6)
    assert len(found.hubs) == count
    np.testing.assert_allclose(found.share.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("count", "optimum", "hubs"),
    [
        (2, 167493.06, [3, 3, 3, 3, 7, 7, 7, 7, 7, 7]),
        (3, 136008.13, [3, 4, 3, 4, 7, 4, 7, 7, 7, 7]),
        (4, 112396.07, [3, 4, 3, 4, 7, 8, 7, 8, 7, 8]),
    ],
)
def test_single_allocation_reaches_the_published_optima(ap, count, optimum, hubs):
    found = locate_hubs(*ap, allocation="single", count=count, **LEGS)
    assert found.total == pytest.approx(optimum, abs=0.01)
    assert (found.hub_of + 1).tolist() == hubs


@pytest.mark.parametrize(
    ("kind", "optimum", "hubs"),
    [
        ("LL", 224250.05, [2, 3, 2, 3, 6, 3, 6, 6, 6, 6]),
        ("LT", 250992.26, [0, 3, 4, 3, 4, 3, 9, 9, 9, 9]),
        ("TT", 263399.94, [4, 3, 4, 3, 4, 3, 9, 9, 9, 9]),
    ],
)
def test_capacitated_hubs_reach_the_published_optima(ap, ap_costs, kind, optimum, hubs):
    fixed, capacity = ap_costs[f"cost {kind[0]}"], ap_costs[f"capacity {kind[1]}"]
    found = locate_hubs(*ap, fixed=fixed, capacity=capacity, **LEGS)
    assert found.total == pytest.approx(optimum, abs=0.01)
    assert found.bound == pytest.approx(found.total)
    assert found.hub_of.tolist() == hubs
    collected = np.bincount(found.hub_of, ap[1].sum(axis=1), minlength=10)
    assert (collected <= capacity + 1e-6).all()


def cheapest(distance, flow, count, *, transfer):
    """Every choice of hubs, and of a place's hub with single allocation."""
    places = range(len(flow))
    best = {"multiple": np.inf, "single": np.inf}
    for hubs in combinations(places, count):
        at = list(hubs)
        through = distance[:, at, np.newaxis] + transfer * distance[np.ix_(at, at)]
        way = (through[:, :, :, np.newaxis] + distance[at][np.newaxis, np.newaxis]).min(axis=(1, 2))
        best["multiple"] = min(best["multiple"], float((flow * way).sum()))
        for choice in product(hubs, repeat=len(flow)):
            if any(choice[hub] != hub for hub in hubs):
                continue
            own = np.array(choice)
            legs = distance[places, own][:, np.newaxis] + transfer * distance[np.ix_(own, own)]
            best["single"] = min(best["single"], float((flow * (legs + distance[own, places])).sum()))
    return best


@pytest.mark.parametrize("seed", [1, 2])
def test_both_variants_equal_every_choice_tried(seed):
    draw = np.random.default_rng(seed)
    places = draw.uniform(0, 10, (5, 2))
    distance = np.hypot(*np.moveaxis(places[:, np.newaxis] - places, -1, 0))
    flow = draw.integers(0, 9, (5, 5)).astype(float)
    tried = cheapest(distance, flow, 2, transfer=0.4)
    for allocation, value in tried.items():
        found = locate_hubs(distance, flow, allocation=allocation, count=2, transfer=0.4)
        assert found.total == pytest.approx(value)
    assert tried["multiple"] <= tried["single"]


def test_ways_that_differ_by_direction_equal_every_choice_tried():
    draw = np.random.default_rng(1)
    distance = draw.uniform(0, 10, (5, 5))
    np.fill_diagonal(distance, 0)
    for over in range(5):  # shortest ways
        distance = np.minimum(distance, distance[:, [over]] + distance[[over]])
    flow = draw.integers(0, 9, (5, 5)).astype(float)
    for allocation, value in cheapest(distance, flow, 2, transfer=0.4).items():
        found = locate_hubs(distance, flow, allocation=allocation, count=2, transfer=0.4)
        assert found.total == pytest.approx(value)


def test_what_is_wrong_with_hubs_is_said():
    way, flow = np.zeros((2, 2)), np.ones((2, 2))
    with pytest.raises(DataError, match="there cannot be 3 hubs"):
        locate_hubs(way, flow, count=3)
    with pytest.raises(DataError, match="capacities need single allocation"):
        locate_hubs(way, flow, allocation="multiple", capacity=4)
    with pytest.raises(DataError, match="missing or outside"):
        locate_hubs([[0, np.inf], [1, 0]], flow)
    with pytest.raises(DataError, match="flow"):
        locate_hubs(way, flow * np.inf)
    with pytest.raises(TongquError, match="no answer keeps all limits"):
        locate_hubs(way, flow, capacity=1)


def town(seed, *, villages=7, stations=3):
    """A small case of everything: villages are the points."""
    draw = np.random.default_rng(seed)
    at, depots = draw.uniform(0, 6, (villages, 2)), draw.uniform(0, 6, (stations, 2))
    apart = np.hypot(*np.moveaxis(at[:, np.newaxis] - at, -1, 0))
    far = np.hypot(*np.moveaxis(at[:, np.newaxis] - depots, -1, 0))
    near = np.argwhere(apart < 2)
    drive = np.argwhere(far < 5)
    return {
        "demand": draw.integers(1, 9, villages).astype(float),
        "walks": Pairs(near[:, 0], near[:, 1], apart[tuple(near.T)] * 0.3),
        "drives": Pairs(drive[:, 0], drive[:, 1], far[tuple(drive.T)]),
        "points": Candidates(fixed=draw.uniform(2, 6, villages), per_parcel=draw.uniform(0, 0.2, villages)),
        "stations": Candidates(
            fixed=draw.uniform(8, 14, stations), per_parcel=draw.uniform(0, 0.3, stations)
        ),
    }


def tried_out(case, *, point_room=np.inf, station_room=np.inf):
    """The least cost over every choice of open points, their stations and the villages' points."""
    demand, points, stations = case["demand"], case["points"], case["stations"]
    walk = dict(
        zip(zip(case["walks"].start, case["walks"].end, strict=True), case["walks"].cost, strict=True)
    )
    stop = dict(
        zip(zip(case["drives"].start, case["drives"].end, strict=True), case["drives"].cost, strict=True)
    )
    size, best = len(demand), np.inf
    for chosen in product(range(len(stations.fixed) + 1), repeat=size):  # 0: closed
        opened = [p for p in range(size) if chosen[p]]
        if any((p, chosen[p] - 1) not in stop for p in opened):
            continue
        cost = sum(points.fixed[p] + stop[p, chosen[p] - 1] for p in opened)
        cost += sum(stations.fixed[s] for s in {chosen[p] - 1 for p in opened})
        if cost >= best:
            continue
        each = [
            {
                p: demand[v] * (walk[v, p] + points.per_parcel[p] + stations.per_parcel[chosen[p] - 1])
                for p in opened
                if (v, p) in walk
            }
            for v in range(size)
        ]
        if not all(each):
            continue
        if np.isinf(point_room) and np.isinf(station_room):
            best = min(best, cost + sum(min(options.values()) for options in each))
            continue
        for takes in product(*[options.items() for options in each]):
            total = cost + sum(value for _, value in takes)
            if total >= best:
                continue
            load = np.bincount([p for p, _ in takes], demand, minlength=size)
            by_station = np.bincount([max(c - 1, 0) for c in chosen], load, minlength=len(stations.fixed))
            if (load <= point_room).all() and (by_station <= station_room).all():
                best = total
    return best


@pytest.mark.parametrize("seed", [3, 4])
def test_opening_equals_every_choice_tried(seed):
    case = town(seed, villages=5, stations=2)
    value = tried_out(case)
    for search in ("exact", "alternating"):
        found = open_sites(search=search, **case)
        assert found.bound <= value + 1e-6
        assert found.total >= value - 1e-6
        assert found.search == search
    exact = open_sites(search="exact", gap=0.0, **case)
    assert exact.total == pytest.approx(value)


def test_capacities_hold_and_cost():
    case = town(5, villages=4, stations=2)
    free = open_sites(**case)
    most = float(case["demand"].max())
    tight = case | {
        "points": Candidates(fixed=case["points"].fixed, per_parcel=case["points"].per_parcel, capacity=most),
        "stations": Candidates(
            fixed=case["stations"].fixed,
            per_parcel=case["stations"].per_parcel,
            capacity=case["demand"].sum() * 0.8,
        ),
    }
    found = open_sites(gap=0.0, **tight)
    assert found.total == pytest.approx(
        tried_out(case, point_room=most, station_room=case["demand"].sum() * 0.8)
    )
    assert found.total >= free.total - 1e-6
    assert (found.point_load <= most + 1e-9).all()
    assert (found.station_load <= case["demand"].sum() * 0.8 + 1e-9).all()
    assert found.station_load.sum() == pytest.approx(case["demand"].sum())


def test_a_limit_of_nodes_leaves_a_bound():
    case = town(9, villages=12, stations=4)
    room = Candidates(fixed=case["stations"].fixed, capacity=case["demand"].sum() * 0.3)
    found = open_sites(search="exact", nodes=1, gap=0.0, unserved=99.0, **(case | {"stations": room}))
    assert 0 < found.bound <= found.total
    with pytest.raises(DataError, match="unserved"):
        open_sites(unserved=-1.0, **case)
    with pytest.raises(DataError, match="there is no village"):
        open_sites(**(case | {"demand": [], "walks": Pairs([], [], [])}))


def test_larger_cases_come_close_to_their_bound():
    case = town(8, villages=60, stations=8)
    found = open_sites(search="alternating", **case)
    assert 0 <= found.gap < 0.05
    assert (found.point_of >= 0).all()
    assert set(found.station_of[found.points]) <= set(found.stations)


def test_what_is_open_stays_open():
    case = town(6, villages=5, stations=3)
    free = open_sites(**case)
    closed = next(s for s in range(3) if s not in free.stations)
    held = case | {
        "stations": Candidates(
            fixed=case["stations"].fixed,
            per_parcel=case["stations"].per_parcel,
            pinned=np.arange(3) == closed,
        )
    }
    found = open_sites(**held)
    assert closed in found.stations
    assert found.total >= free.total - 1e-9


def test_a_village_out_of_reach_is_named_or_left_out():
    case = town(7, villages=4, stations=1) | {"walks": Pairs([0, 1, 2], [0, 1, 2], [0, 0, 0])}
    drives = Pairs([0, 1, 2, 3], [0, 0, 0, 0], [1, 1, 1, 1])
    names = ["Shiping", "Yangling", "Shangwu", "Gaoping"]
    with pytest.raises(DataError, match=r"Gaoping \(position 3\)"):
        open_sites(**(case | {"drives": drives}), names=names)
    found = open_sites(**(case | {"drives": drives}), unserved=50.0)
    assert found.point_of.tolist() == [0, 1, 2, -1]
    assert found.total >= 50.0 * case["demand"][3]
