"""Land ledgers: nothing is lost, quota is never negative, identities and published norms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linprog

from tongqu.base import DataError
from tongqu.methods.land import (
    BUILT,
    CLASSES,
    NORMS,
    OPEN,
    consolidation,
    convert,
    farmland_balance,
    farmland_room,
    headroom,
    homestead_reuse,
    intensity,
    linked_quota,
    planned_range,
    quota_income,
    quota_left,
    take,
    transitions,
)

SIZE = len(CLASSES)
AT = {name: position for position, name in enumerate(CLASSES)}
MU2 = 10_000 / 15
areas = arrays.arrays(np.float64, (3, SIZE), elements=st.floats(0, 1e6))
some = st.floats(0, 1e4)
share = st.floats(0, 1)


def allowed() -> np.ndarray:
    matrix = np.zeros((SIZE, SIZE), dtype=bool)
    table = transitions()
    matrix[table["from"].map(AT), table["to"].map(AT)] = True
    return matrix


def only(start: str, end: str, amount: float) -> np.ndarray:
    moved = np.zeros((1, SIZE, SIZE))
    moved[0, AT[start], AT[end]] = amount
    return moved


def test_every_change_is_of_two_known_classes_and_has_a_source() -> None:
    table = transitions()
    assert set(table["from"]) | set(table["to"]) <= set(CLASSES)
    assert (table["from"] != table["to"]).all()
    assert not table.duplicated(["from", "to"]).any()
    assert table["source"].str.contains("2019").all()
    for name in OPEN:
        assert set(table.loc[table["from"] == name, "to"]) >= set(BUILT), "open land can be built on"


@settings(max_examples=60)
@given(areas, arrays.arrays(np.float64, (3, SIZE, SIZE), elements=share))
def test_no_square_metre_is_lost(area: np.ndarray, part: np.ndarray) -> None:
    weights = part * allowed()
    total = weights.sum(axis=2, keepdims=True)
    moved = area[:, :, None] * np.divide(weights, np.maximum(total, 1.0))
    found = convert(area, moved=moved)
    assert (found >= 0).all()
    assert np.abs(found.sum(axis=1) - area.sum(axis=1)).max() * MU2 < 1.0
    # The whole region as well, class by class: what one loses others win.
    np.testing.assert_allclose(found - area, moved.sum(axis=1) - moved.sum(axis=2), atol=1e-6)


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (only("farmland", "orchard", 1), "must not become"),
        (only("water", "urban", 1), "must not become"),
        (only("forest", "urban", 51), "more of a class is taken"),
        (only("farmland", "urban", 21), "basic farmland is taken"),
        (only("farmland", "urban", -1), "missing or outside"),
    ],
)
def test_changes_that_must_not_be(moved: np.ndarray, words: str) -> None:
    area = [[100.0, 10, 50, 5, 30, 20, 5, 8, 2]]
    with pytest.raises(DataError, match=words):
        convert(area, moved=moved, basic=[80.0])


def test_reclaimed_land_does_not_free_basic_farmland() -> None:
    area = [[100.0, 10, 50, 5, 30, 20, 5, 8, 2]]
    with pytest.raises(DataError, match="basic farmland"):
        convert(area, moved=only("rural", "farmland", 10) + only("farmland", "urban", 25), basic=[80.0])
    assert convert(area, moved=only("farmland", "urban", 20), basic=[80.0])[0, 0] == 80


@settings(max_examples=80)
@given(
    arrays.arrays(np.float64, (2, 4), elements=some),
    arrays.arrays(np.float64, 4, elements=st.one_of(st.just(0.0), st.floats(0.01, 1))),
    share,
)
def test_land_is_taken_in_the_mix_as_far_as_there_is(room: np.ndarray, mix: np.ndarray, part: float) -> None:
    if not mix.any():
        mix = mix + 1.0
    amount = room.sum(axis=1) * part
    found = take(amount, room=room, mix=mix)
    assert (found >= 0).all()
    assert (found <= room + 1e-9).all()
    np.testing.assert_allclose(found.sum(axis=1), amount, atol=1e-6, rtol=1e-9)
    for row in range(2):
        wanted = mix > 0
        if (~wanted).any() and found[row][~wanted].sum() > 1e-6:
            np.testing.assert_allclose(found[row][wanted], room[row][wanted], atol=1e-6)
        short = wanted & (found[row] < room[row] - 1e-6)
        if short.any():  # who has room left gives in the mix, and nobody gives more for its share
            level = (found[row] / np.where(wanted, mix, 1.0))[short]
            assert np.ptp(level) <= 1e-6 * max(level.max(), 1.0)
            assert (
                (found[row] / np.where(wanted, mix, 1.0))[wanted] <= level.max() * (1 + 1e-9) + 1e-6
            ).all()


def test_taking_minimises_the_largest_share() -> None:
    """Beside a linear program: the least level at which the mix, capped by room, gives the amount."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        room, mix = rng.uniform(0, 10, 4), rng.uniform(0.1, 1, 4)
        amount = room.sum() * rng.uniform(0.1, 0.95)
        solved = linprog(
            [0, 0, 0, 0, 1],
            A_ub=np.column_stack([np.diag(1 / mix), -np.ones(4)]),
            b_ub=np.zeros(4),
            A_eq=[[1, 1, 1, 1, 0]],
            b_eq=[amount],
            bounds=[*((0, one) for one in room), (0, None)],
        )
        assert (take([amount], room=[room], mix=mix)[0] / mix).max() == pytest.approx(solved.fun)


def test_more_than_there_is_cannot_be_taken() -> None:
    with pytest.raises(DataError, match="less land than is wanted"):
        take([11], room=[[5, 5]], mix=[1, 1])
    with pytest.raises(DataError, match="all shares are 0"):
        take([1], room=[[5, 5]], mix=[0, 0])


def test_farmland_room_by_brute_force() -> None:
    for farmland, basic, floor, reserve in np.random.default_rng(1).integers(0, 12, (60, 4)):
        able = [mu for mu in range(13) if farmland - mu >= basic and farmland - mu >= floor and mu <= reserve]
        found = farmland_room(float(farmland), basic=float(basic), floor=float(floor), reserve=float(reserve))
        assert found == (max(able) if able else 0)


years = arrays.arrays(np.float64, (2, 4), elements=some)


@settings(max_examples=50)
@given(years, years, st.floats(0, 1e4))
def test_balance_of_farmland(taken: np.ndarray, reclaimed: np.ndarray, reserve: float) -> None:
    found = farmland_balance([1e6, 1e6], taken=taken, reclaimed=reclaimed, reserve=[reserve, 0.0])
    assert (found.reserve >= 0).all()
    assert (found.short >= 0).all()
    # What the farmland changes by is what the reserve changes by, but for what nothing stands against.
    lost = found.farmland[:, -1] - 1e6
    kept = found.reserve[:, -1] - np.array([reserve, 0.0])
    np.testing.assert_allclose(lost, kept - found.short.sum(axis=1), atol=1e-5)
    assert (np.where(found.short > 0, found.reserve, 0.0) == 0).all()


@settings(max_examples=50)
@given(years, years, share)
def test_quota_is_never_negative(allotted: np.ndarray, saved: np.ndarray, part: float) -> None:
    taken = np.zeros_like(allotted)
    left = np.zeros(2)
    for year in range(allotted.shape[1]):
        left = left + allotted[:, year] + saved[:, year]
        taken[:, year] = left * part
        left = left - taken[:, year]
    found = quota_left(allotted, taken=taken, saved=saved)
    assert (found >= 0).all()
    np.testing.assert_allclose(found[:, -1], left, atol=1e-6, rtol=1e-9)
    with pytest.raises(DataError, match="more quota is taken"):
        quota_left(allotted, taken=taken + (allotted + saved).sum() + 1, saved=saved)


@settings(max_examples=50)
@given(some, some, share, share)
def test_saved_quota_is_balanced_less_resettled(
    idle: float, homes: float, resettle: float, reclaim: float
) -> None:
    found = linked_quota([idle], lived_in=[homes], resettle=resettle, reclaim=reclaim)
    assert found.balanced[0] == pytest.approx((idle + homes) * reclaim)
    assert found.saved[0] == pytest.approx(max(found.balanced[0] - found.resettled[0], 0.0))
    assert found.saved[0] >= 0
    assert found.project[0] == pytest.approx(found.balanced[0] + found.resettled[0])


def test_a_project_is_twice_its_balanced_quota_where_all_are_housed_on_as_much_land() -> None:
    """Land 2022, 11(10), 1743: projects in Zhejiang are about twice their balanced quota."""
    found = linked_quota([0.0], lived_in=[7.19 * 15], resettle=1.0)
    assert found.project / found.balanced == pytest.approx(2.0)
    assert found.saved == 0.0


def test_quota_income_keeps_its_range() -> None:
    found = quota_income([10.0, 0.0], price=30, low=20, high=60)
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    assert found.value.tolist() == [300.0, 0.0]
    with pytest.raises(DataError, match="outside its range"):
        quota_income([1.0], price=30, low=31, high=60)


def test_norms_are_the_published_ones() -> None:
    city, town, village = (NORMS[name] for name in ("city", "town", "village"))
    assert (city.low, city.high, city.fall, city.rise) == (65, 110, 25, 20)
    assert (town.low, town.high, village.high) == (75, 140, 300)


@settings(max_examples=50)
@given(st.floats(0, 500), st.sampled_from(sorted(NORMS)), st.floats(1, 1e6))
def test_planned_land_a_person_lies_inside_the_norm(now: float, kind: str, people: float) -> None:
    norm = NORMS[kind]
    low, high = planned_range(now, norm=norm)
    assert norm.low <= low <= high <= norm.high
    if norm.low <= now <= norm.high:
        assert low <= now <= high
    room = headroom(now * people, people=people, norm=norm)
    assert (now * people + room) / people == pytest.approx(float(high), abs=1e-6)


def test_nobody_has_no_room() -> None:
    assert headroom([500.0], people=[0.0], norm=NORMS["city"]).tolist() == [-500.0]


@settings(max_examples=50)
@given(some, share, share, share, share, share)
def test_consolidation_adds_up(
    rural: float, empty: float, idle_share: float, scattered: float, resettle: float, farmland: float
) -> None:
    found = consolidation(
        [rural],
        idle=[rural * empty],
        idle_share=idle_share,
        scattered_share=scattered,
        resettle=resettle,
        farmland_share=farmland,
        cost=18.0,
    )
    assert found.idle[0] + found.lived_in[0] <= rural + 1e-6
    assert found.quota.balanced[0] == pytest.approx(found.idle[0] + found.lived_in[0])
    assert found.farmland[0] <= found.quota.saved[0] + 1e-9
    assert found.cost_wan[0] == pytest.approx(found.quota.balanced[0] * 18)
    assert found.cost_per_saved[0] >= 18 * (1 - 1e-9), "a mu saved costs no less than a mu cleared"


def test_reuse_and_intensity_by_hand() -> None:
    made = homestead_reuse([100.0, 0.0], share=0.15, cost=10, income=2, value_added=4)
    assert made.area.tolist() == [15.0, 0.0]
    assert (made.cost_wan[0], made.income_wan[0], made.value_added_wan[0]) == (150, 30, 60)
    found = intensity([4.0, 0.0], people=[20_000, 5], value_added=[160_000, 1])
    assert found.people_per_km2[0] == 5000
    assert found.land_per_person.tolist() == [200.0, 0.0]
    assert np.isnan(found.value_added_per_km2[1])
