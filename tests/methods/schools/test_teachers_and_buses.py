"""Teachers over the years, and school buses: what must hold, and small cases counted out by hand."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.methods.reach import times_from_matrix
from tongqu.methods.rounds import Vehicle, Ways
from tongqu.methods.schools.rounds import BusRounds, chain_rounds, school_rounds, stagger_bells
from tongqu.methods.schools.teachers import TeacherPlan, plan_teachers, whole_teachers

BUS = Vehicle(name="bus", parcels=19, per_km=2.0, per_minute=0.5, per_day=60)


def staffed(seed: int = 0, *, commute: float = 40, recruits: float = np.inf) -> TeacherPlan:
    rng = np.random.default_rng(seed)
    need = rng.uniform(5, 30, (6, 1)) * np.linspace(1, 0.7, 5) * (rng.random((6, 1)) > 0.2)
    staff, old = rng.uniform(8, 30, 6), rng.uniform(0, 5, 6)
    staff[0], old[1] = np.nan, np.nan
    minutes = rng.uniform(5, 60, (6, 6))
    return plan_teachers(
        need,
        staff=staff,
        over_50=old,
        share_over_50=0.3,
        leaving=0.02,
        times=times_from_matrix(minutes),
        commute=commute,
        recruits=recruits,
    )


@pytest.mark.parametrize("seed", range(3))
def test_teachers_are_accounted_for(seed: int) -> None:
    plan = staffed(seed, recruits=3)
    change = np.diff(plan.staff, axis=1)
    np.testing.assert_allclose(
        change, (plan.posted + plan.recruited - plan.retired - plan.left)[:, 1:], atol=1e-9
    )
    np.testing.assert_allclose(plan.posted.sum(axis=0), 0, atol=1e-9)
    assert (plan.recruited.sum(axis=0) <= 3 + 1e-9).all()
    assert (plan.postings["minutes"] <= 40).all()
    assert not ((plan.short > 1e-6) & (plan.recruited.sum(axis=0) < 3 - 1e-6)).any(), "posts left open"
    assert plan.unknown.tolist() == [True] + [False] * 5
    assert plan.assumed[1]


def test_a_longer_commute_never_leaves_more_posts_open_in_a_year() -> None:
    near, far = staffed(commute=10, recruits=0), staffed(commute=60, recruits=0)
    assert far.short[:, 0].sum() <= near.short[:, 0].sum() + 1e-9
    assert len(far.postings) > 0


def test_all_over_fifty_are_gone_after_ten_years() -> None:
    plan = plan_teachers(
        np.zeros((1, 10)),
        staff=[12],
        over_50=[5],
        share_over_50=0,
        leaving=0,
        times=times_from_matrix([[0.0]]),
        commute=30,
    )
    assert plan.staff[0, -1] == pytest.approx(7)
    assert plan.retired.sum() == pytest.approx(5)


def test_recruits_go_where_most_are_missing() -> None:
    plan = plan_teachers(
        [[10.0], [4], [1]],
        staff=[0, 0, 0],
        over_50=[0, 0, 0],
        share_over_50=0,
        leaving=0,
        times=times_from_matrix(np.full((3, 3), 99.0)),
        commute=30,
        recruits=8,
    )
    assert plan.recruited.ravel().tolist() == [7, 1, 0]


def test_communities_need_whole_teachers_in_total_only() -> None:
    need = np.random.default_rng(2).uniform(1, 9, 8)
    alone = whole_teachers(need, lead=[-1] * 8)
    together = whole_teachers(need, lead=[-1, 0, 0, -1, 3, 3, 3, -1])
    np.testing.assert_array_equal(alone, np.ceil(need))
    assert together.sum() <= alone.sum()
    for rows in ([0, 1, 2], [3, 4, 5, 6], [7]):
        assert together[rows].sum() == pytest.approx(np.ceil(need[rows].sum()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"staff": [4, 4]}, "shapes do not fit"),
        ({"over_50": [9]}, "more teachers over 50 than teachers"),
        ({"staff": [-1]}, "missing or outside"),
        ({"leaving": 2}, "missing or outside"),
    ],
)
def test_malformed_teachers(change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"staff": [5], "over_50": [1], "share_over_50": 0.2, "leaving": 0.0}
    with pytest.raises(DataError, match=message):
        plan_teachers([[5.0]], times=times_from_matrix([[0.0]]), commute=30, **(given | change))


def bused(seed: int, *, ride: float = 45, stops: int = 6) -> tuple[BusRounds, Ways, np.ndarray]:
    rng = np.random.default_rng(seed)
    place = np.vstack([[0, 0], rng.normal(0, 8, (stops, 2))])
    km = np.hypot(*(place[:, np.newaxis] - place).transpose(2, 0, 1))
    ways, pupils = Ways(km * 2, km), rng.integers(1, 9, stops).astype(float)
    names = tuple(map(str, range(stops)))
    found = school_rounds(pupils, ways, names=names, bus=BUS, bell=480, ride=ride, iterations=100)
    return found, ways, pupils


@pytest.mark.parametrize("seed", range(3))
def test_no_child_rides_too_long_and_all_are_there(seed: int) -> None:
    found, ways, pupils = bused(seed)
    served = [stop for one in found.rounds.rounds for stop in one.stops]
    assert set(served) | set(found.unserved) == set(range(len(pupils)))
    assert np.nanmax(found.rides) <= 45 + 1e-3
    assert (found.ends <= 475).all()
    for one in found.rounds.rounds:
        assert pupils[one.stops].sum() <= 19
    far = [stop for stop in range(len(pupils)) if 2 * np.asarray(ways.km)[0, stop + 1] > 45]
    assert set(far) <= set(found.unserved)


def test_rounds_of_few_stops_are_best() -> None:
    found, ways, pupils = bused(4, ride=200, stops=4)
    minutes, km = np.asarray(ways.minutes), np.asarray(ways.km)
    best = np.inf
    for order in permutations(range(4)):
        for cuts in product((False, True), repeat=3):
            trips = np.split(np.array(order), np.flatnonzero(cuts) + 1)
            if any(pupils[trip].sum() > 19 for trip in trips):
                continue
            total = 0.0
            for trip in trips:
                chain = np.concatenate([[0], trip + 1, [0]])
                spent = minutes[chain[:-1], chain[1:]].sum() + (1 + 0.1 * pupils[trip]).sum()
                total += 60 + 2 * km[chain[:-1], chain[1:]].sum() + 0.5 * spent
            best = min(best, total)
    assert found.rounds.yuan == pytest.approx(best, rel=1e-3)


def test_fewest_buses_against_all_ways_to_chain() -> None:
    rng = np.random.default_rng(3)
    for _ in range(10):
        starts = rng.uniform(400, 480, 6)
        ends, empty = starts + rng.uniform(10, 30, 6), rng.uniform(5, 30, (6, 6))
        follows = ends[:, np.newaxis] + empty <= starts
        fewest = min(6 - len(pairs) for pairs in _matchings(follows))
        found = chain_rounds(starts, ends, empty=empty)
        assert found.buses == fewest
        for spot in np.flatnonzero(found.before >= 0):
            assert follows[found.before[spot], spot]
            assert found.bus[spot] == found.bus[found.before[spot]]


def _matchings(follows: np.ndarray) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = [[]]
    for row in range(len(follows)):
        found += [
            [*pairs, (row, int(column))]
            for pairs in found
            for column in np.flatnonzero(follows[row])
            if all(column != taken for _, taken in pairs)
        ]
    return found


def test_staggered_bells_need_no_more_buses() -> None:
    schools = [bused(seed)[0] for seed in range(3)]
    count = sum(len(one.starts) for one in schools)
    empty = np.full((count, count), 10.0)
    _, same = stagger_bells(schools, options=[480], empty=empty)
    bells, apart = stagger_bells(schools, options=[480, 500, 530], empty=empty)
    assert apart.buses < same.buses
    assert set(bells) <= {480, 500, 530}


def test_malformed_bells() -> None:
    with pytest.raises(DataError, match="before any bus"):
        school_rounds([1], Ways([[0, 1], [1, 0]], [[0, 1], [1, 0]]), names="a", bus=BUS, bell=3, ride=9)
    with pytest.raises(DataError, match="shapes do not fit"):
        chain_rounds([1, 2], [2, 3], empty=[[1.0]])
    with pytest.raises(DataError, match="there is none"):
        stagger_bells([], options=[], empty=[[0.0]])
