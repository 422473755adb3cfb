"""Care: needs by norm, groups within certain bounds, places for those who come first, cheapest floors."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.access import assign_to_room
from tongqu.methods.care import cover_with_floors, either, elders_alone, needs_by_norm, place_first
from tongqu.methods.covering import set_covering


def test_needs_add_up_to_the_norm_and_never_exceed_users():
    users, area = np.array([40.0, 60.0, 3.0, 1.0, 0.0]), np.array([0, 0, 1, 1, 2])
    need = needs_by_norm(users, area=area, people=[10_000, 9_000, 500], per_thousand=4.5)
    np.testing.assert_allclose(need, [18, 27, 3, 1, 0])
    np.testing.assert_allclose(needs_by_norm(users, area=area, people=[0, 0, 0], per_thousand=4.5), 0)
    with pytest.raises(DataError, match="shapes do not fit"):
        needs_by_norm(users, area=area[:2], people=[1, 1, 1], per_thousand=1)
    with pytest.raises(DataError, match="per_thousand"):
        needs_by_norm(users, area=area, people=[1, 1, 1], per_thousand=-1)


def possible(one: int, two: int, three: int, single: int, whole: int) -> tuple[float, float]:
    """Least and greatest share of elders in one-generation households, by going through all tables."""
    elders, found = one + 2 * two + 3 * three, []
    for a, b, c in product(range(one + 1), range(two + 1), range(three + 1)):
        rest = single - a - b - c
        if 0 <= rest <= whole - one - two - three:
            found.append((a + 2 * b + 3 * c) / elders)
    return min(found), max(found)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(0, 4)] * 3), st.integers(0, 6), st.floats(0, 1))
def test_bounds_of_elders_alone_are_those_of_all_tables(old, others, part):
    whole = sum(old) + others
    single = round(part * whole)
    found = elders_alone(*old, one_generation=single, households=whole)
    if sum(old) == 0:
        assert np.isnan(found.value).all()
        return
    low, high = possible(*old, single, whole)
    assert found.low[0] == pytest.approx(low)
    assert found.high[0] == pytest.approx(high)
    assert low - 1e-12 <= found.value[0] <= high + 1e-12
    if low <= single / whole <= high:
        assert found.value[0] == pytest.approx(single / whole)


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(DataError, match="a part is larger than the whole"):
        elders_alone([5], [5], [5], one_generation=[3], households=[10])
    with pytest.raises(DataError, match="a part is larger than the whole"):
        elders_alone([1], [0], [0], one_generation=[11], households=[10])
    with pytest.raises(DataError, match="shapes differ"):
        elders_alone([1, 2], [0], [0], one_generation=[1], households=[10])


@given(st.floats(0, 1), st.floats(0, 1))
def test_either_lies_between_nested_and_apart(first, second):
    found = either(first, second)
    assert max(first, second) == found.low
    assert found.low - 1e-12 <= found.value <= found.high + 1e-12
    assert found.high == min(first + second, 1)


cases = st.integers(0, 10_000)


def town(seed: int):
    """A few villages and sites with random ways, needs and room."""
    rng = np.random.default_rng(seed)
    villages, sites = rng.integers(1, 7), rng.integers(1, 5)
    near = rng.random((villages, sites)) < 0.5
    origin, site = (each.astype(np.int64) for each in np.nonzero(near))
    need = rng.integers(0, 20, villages).astype(float)
    return {
        "origin": origin,
        "site": site,
        "minutes": rng.integers(0, 15, origin.size).astype(float),
        "need": need,
        "first": np.floor(need * rng.random(villages)),
        "room": rng.integers(0, 30, sites).astype(float),
    }


def placed(case, **changes):
    case = case | changes
    rest = {name: case[name] for name in ("minutes", "need", "first", "room")}
    return place_first(case["origin"], case["site"], **rest)


@settings(max_examples=80, deadline=None)
@given(cases)
def test_everybody_is_counted_once_and_room_is_kept(seed):
    case = town(seed)
    found = placed(case)
    np.testing.assert_allclose(found.served + found.beyond + found.no_room, case["need"])
    assert (found.filled <= case["room"] + 1e-9).all()
    np.testing.assert_allclose(found.filled.sum(), found.served.sum())
    assert (found.served_first <= np.minimum(case["first"], found.served) + 1e-9).all()
    reached = np.isin(np.arange(case["need"].size), case["origin"])
    assert (found.beyond[reached] == 0).all()
    assert (found.served[~reached] == 0).all()


@settings(max_examples=60, deadline=None)
@given(cases)
def test_those_who_come_first_are_served_as_if_there_were_nobody_else(seed):
    case = town(seed)
    found = placed(case)
    alone = assign_to_room(
        case["origin"], case["site"], minutes=case["minutes"], demand=case["first"], room=case["room"]
    )
    np.testing.assert_allclose(found.served_first, case["first"] - alone.unplaced)
    more = placed(case, room=case["room"] + 5)
    assert more.served_first.sum() >= found.served_first.sum() - 1e-9
    none = placed(case, first=case["need"] * 0)
    every = assign_to_room(
        case["origin"], case["site"], minutes=case["minutes"], demand=case["need"], room=case["room"]
    )
    np.testing.assert_allclose(none.served, case["need"] - every.unplaced)


def test_more_cannot_come_first_than_need_a_place():
    with pytest.raises(DataError, match="more come first"):
        place_first([0], [0], minutes=[1], need=[1], first=[2], room=[5])
    with pytest.raises(DataError, match="shapes differ"):
        place_first([0], [0], minutes=[1], need=[1, 1], first=[2], room=[5])


def least(covers, weight, area, floor, served, cost) -> tuple[float, list[int]]:
    """Cheapest choice by trying all, and the areas that none can bring to the floor."""
    areas = len(floor)
    whole = np.bincount(area, weights=weight, minlength=areas)
    every = np.bincount(area, weights=np.where(covers.any(axis=1), weight, served), minlength=areas)
    wanted = np.minimum(floor * whole, every)
    best = np.inf
    for size in range(covers.shape[1] + 1):
        for chosen in combinations(range(covers.shape[1]), size):
            on = covers[:, list(chosen)].any(axis=1)
            got = np.bincount(area, weights=np.where(on, weight, served), minlength=areas)
            if (got >= wanted - 1e-9).all():
                best = min(best, float(cost[list(chosen)].sum()))
    return best, [one for one in range(areas) if every[one] < floor[one] * whole[one] - 1e-9]


@settings(max_examples=40, deadline=None)
@given(cases)
def test_floors_at_least_cost_as_by_trying_all(seed):
    rng = np.random.default_rng(seed)
    places, candidates, areas = rng.integers(1, 8), rng.integers(1, 7), rng.integers(1, 4)
    covers = rng.random((places, candidates)) < 0.35
    weight = rng.integers(0, 9, places).astype(float)
    served = np.where(rng.random(places) < 0.3, weight, np.floor(weight * rng.random(places)))
    area, floor = rng.integers(0, areas, places), rng.integers(0, 5, areas) / 4
    cost = rng.integers(1, 6, candidates).astype(float)
    found = cover_with_floors(covers, weight, area=area, floor=floor, served=served, costs=cost)
    best, short = least(covers, weight, area, floor, served, cost)
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.gap == 0
    assert found.short.tolist() == short
    asked = np.nan_to_num(found.asked)
    assert (np.nan_to_num(found.share) >= asked - 1e-9).all()
    lower = cover_with_floors(covers, weight, area=area, floor=floor / 2, served=served, costs=cost)
    assert lower.cost <= found.cost + 1e-9


def test_a_floor_of_one_is_set_covering():
    rng = np.random.default_rng(5)
    covers = rng.random((60, 30)) < 0.12
    covers[~covers.any(axis=1), 0] = True
    cost = rng.integers(1, 9, 30).astype(float)
    mine = cover_with_floors(covers, np.ones(60), area=np.arange(60), floor=np.ones(60), costs=cost)
    theirs = set_covering(covers, costs=cost)
    assert mine.cost == pytest.approx(theirs.value)
    assert mine.covered.all()
    together = cover_with_floors(covers, np.ones(60), area=np.zeros(60, dtype=int), floor=1.0, costs=cost)
    assert together.cost == pytest.approx(theirs.value)


def test_nothing_is_built_where_the_floor_is_met_or_nobody_can_be_reached():
    met = cover_with_floors([[1]], [4], area=[0], floor=[0.5], served=[2])
    assert (met.sites.size, met.cost, met.share.tolist()) == (0, 0.0, [0.5])
    lost = cover_with_floors([[0]], [4], area=[0], floor=[0.5])
    assert (lost.sites.size, lost.short.tolist(), lost.share.tolist()) == (0, [0], [0.0])
    for wrong, rule in (
        ({"served": [5]}, "more are served"),
        ({"floor": [1.5]}, "floor"),
        ({"area": [3]}, "area"),
        ({"gap": -1}, "gap"),
    ):
        with pytest.raises(DataError, match=rule):
            cover_with_floors([[1]], [4], **{"area": [0], "floor": [0.5], **wrong})
