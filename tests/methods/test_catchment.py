from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from tongqu.base import DataError
from tongqu.methods.catchment import Catchments, assign_least_minutes, assign_nearest
from tongqu.methods.reach import times_from_matrix

Array = npt.NDArray[np.float64]


class Case(NamedTuple):
    minutes: Array
    people: Array
    room: Array


@st.composite
def cases(draw: st.DrawFn, *, origins: int = 4, sites: int = 3, most: int = 4) -> Case:
    """Small numbers, many ties, pairs out of reach, empty places, full sites and sites without limit."""
    rows, columns = draw(st.integers(1, origins)), draw(st.integers(1, sites))
    time = st.one_of(st.integers(0, 8).map(float), st.just(np.inf))
    row = st.lists(time, min_size=columns, max_size=columns)
    heads = st.integers(0, most).map(float)
    room = st.one_of(st.integers(0, 6).map(float), st.just(np.inf))
    return Case(
        np.array(draw(st.lists(row, min_size=rows, max_size=rows))),
        np.array(draw(st.lists(heads, min_size=rows, max_size=rows))),
        np.array(draw(st.lists(room, min_size=columns, max_size=columns))),
    )


def least(case: Case, *, whole: bool = False) -> Catchments:
    return assign_least_minutes(times_from_matrix(case.minutes), case.people, room=case.room, whole=whole)


def best_by_trial(case: Case, *, whole: bool) -> tuple[float, float]:
    """Most people placed and then least person-minutes, over every way to place each unit."""
    units = [
        (home, heads if whole else 1.0)
        for home, heads in enumerate(case.people)
        for _ in range(1 if whole else int(heads))
    ]
    best = (0.0, 0.0)
    for choice in itertools.product(range(-1, case.room.size), repeat=len(units)):
        room, placed, minutes = case.room.copy(), 0.0, 0.0
        for (home, size), site in zip(units, choice, strict=True):
            if site >= 0 and size > 0:
                room[site] -= size
                placed += size
                minutes += size * case.minutes[home, site]
        if (room >= 0).all() and np.isfinite(minutes):
            best = max(best, (placed, -minutes))
    return best[0], -best[1]


@given(cases(origins=3, sites=2, most=2))
@settings(max_examples=60)
def test_least_minutes_by_trial_of_all(case: Case) -> None:
    found = least(case)
    assert (found.placed.sum(), found.minutes) == pytest.approx(best_by_trial(case, whole=False))


@given(cases(origins=4, sites=3, most=5))
@settings(max_examples=60)
def test_whole_origins_by_trial_of_all(case: Case) -> None:
    found = least(case, whole=True)
    assert (found.placed.sum(), found.minutes) == pytest.approx(best_by_trial(case, whole=True))
    homes = times_from_matrix(case.minutes).origin[found.placed > 0]
    assert np.unique(homes).size == homes.size
    assert found.prices is None


@given(cases())
@settings(max_examples=60)
def test_a_price_is_what_one_more_place_brings(case: Case) -> None:
    found = least(case)
    assert found.prices is not None
    for site in range(case.room.size):
        room = case.room.copy()
        room[site] += 1
        more = least(case._replace(room=room))
        gained = more.placed.sum() - found.placed.sum()
        assert found.prices.placed[site] == pytest.approx(gained, abs=1e-6)
        if gained == 0:
            assert found.prices.minutes[site] == pytest.approx(found.minutes - more.minutes, abs=1e-6)


@given(cases(), st.sampled_from(["nearest", "nearest whole", "least", "least whole"]))
@settings(max_examples=80)
def test_everybody_is_counted_and_room_is_kept(case: Case, rule: str) -> None:
    times, whole = times_from_matrix(case.minutes), rule.endswith("whole")
    assign = assign_nearest if rule.startswith("nearest") else assign_least_minutes
    found = assign(times, case.people, room=case.room, whole=whole)
    np.testing.assert_allclose(times.by_origin(found.placed) + found.unplaced, case.people, atol=1e-6)
    np.testing.assert_allclose(times.by_site(found.placed), found.filled)
    assert (found.filled <= case.room + 1e-6).all()
    assert found.minutes == pytest.approx(found.placed @ times.minutes)
    ends = np.isfinite(case.room) & (case.room > 0)
    np.testing.assert_allclose(found.fill[ends], found.filled[ends] / case.room[ends])
    best = least(case, whole=whole)
    assert found.placed.sum() <= best.placed.sum() + 1e-6
    if found.placed.sum() > best.placed.sum() - 1e-6:
        assert found.minutes >= best.minutes - 1e-6
    assert found.whole == whole


@given(cases(origins=6))
def test_nearest_whole_equals_the_walk(case: Case) -> None:
    times = times_from_matrix(case.minutes)
    room, placed, waiting = case.room.copy(), np.zeros(times.minutes.size), case.people > 0
    for pair in np.lexsort((times.site, times.origin, times.minutes)):
        home, site = times.origin[pair], times.site[pair]
        if waiting[home] and case.people[home] <= room[site]:
            placed[pair] = case.people[home]
            room[site] -= case.people[home]
            waiting[home] = False
    found = assign_nearest(times, case.people, room=case.room, whole=True)
    np.testing.assert_array_equal(found.placed, placed)


def test_equal_to_the_assignment_problem() -> None:
    minutes = np.random.default_rng(5).uniform(1, 60, (40, 40))
    row, column = linear_sum_assignment(minutes)
    found = assign_least_minutes(times_from_matrix(minutes), np.ones(40), room=np.ones(40))
    assert found.minutes == pytest.approx(minutes[row, column].sum())
    assert found.unplaced.sum() == 0


def test_thousands_of_people_with_decimals() -> None:
    draw = np.random.default_rng(2)
    minutes = draw.uniform(1, 60, (300, 20))
    people, room = draw.uniform(0, 5000, 300), draw.uniform(30_000, 60_000, 20)
    times = times_from_matrix(minutes).upto(40)
    found = assign_least_minutes(times, people, room=room)
    assert found.prices is not None
    assert found.placed.sum() == pytest.approx(people.sum())
    assert (found.prices.minutes > 0).sum() > 3
    # Optimal by its prices: no way used costs more than another way of the same origin.
    cost = times.minutes + found.prices.minutes[times.site]
    best = np.full(300, np.inf)
    np.minimum.at(best, times.origin, cost)
    used = found.placed > 1e-3
    np.testing.assert_allclose(cost[used], best[times.origin][used], atol=1e-6)


def test_nobody_in_reach() -> None:
    for assign in (assign_least_minutes, assign_nearest):
        for whole in (False, True):
            found = assign(times_from_matrix([[np.inf]]), [5], room=[0], whole=whole)
            assert found.unplaced.tolist() == [5]
            assert np.isnan(found.fill).all()


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: assign_nearest(times_from_matrix([[1]]), [-1], room=[1]), "missing or outside"),
        (lambda: assign_nearest(times_from_matrix([[1]]), [1], room=[-1]), "missing or outside"),
        (lambda: assign_least_minutes(times_from_matrix([[1]]), [1], room=[1, 2]), "shape is wrong"),
        (lambda: assign_least_minutes(times_from_matrix([[1]]), [1, 2], room=[1]), "its shape is"),
    ],
)
def test_errors(wrong: Callable[[], object], text: str) -> None:
    with pytest.raises(DataError, match=text):
        wrong()
