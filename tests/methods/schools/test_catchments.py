"""Catchments: brute force on tiny cases, properties, bounds, and malformed input."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.methods.reach import Times, times_from_matrix
from tongqu.methods.schools import REASONS, Catchments, Stage, draw_catchments, split_villages

STAGES = (Stage("primary", (0, 2), 30.0), Stage("junior", (3, 4), 40.0))


def tiny(seed: int, *, villages: int = 4, schools: int = 3, slack: float = 1.3) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    pupils = rng.integers(1, 12, (villages, 5)).astype(float)
    pupils[rng.random((villages, 5)) < 0.1] = 0.0
    minutes = rng.integers(2, 50, (villages, schools)).astype(float)
    places = np.repeat(rng.integers(5, 16, (schools, 2)), [3, 2], axis=1) * slack
    places[0, 3:] = 0.0
    times = times_from_matrix(minutes)
    nearer = [
        [
            max(
                (u for u in range(villages) if minutes[u, s] < minutes[v, s]),
                key=lambda u: minutes[u, s],
                default=-1,
            )
            for s in range(schools)
        ]
        for v in range(villages)
    ]
    return {
        "pupils": pupils,
        "times": times,
        "places": places,
        "onward": np.array(nearer)[times.origin, times.site],
        "minutes": minutes,
    }


def by_hand(
    case: dict[str, Any], choice: np.ndarray, *, detour: float, siblings: float, together: float
) -> tuple[float, float] | None:
    """Pupils placed and cost of a choice (villages, stages), or None when it breaks a limit."""
    pupils, minutes, places = case["pupils"], case["minutes"], case["places"]
    onward = {
        (int(v), int(s)): int(u)
        for v, s, u in zip(case["times"].origin, case["times"].site, case["onward"], strict=True)
    }

    def may(village: int, stage: Stage, school: int) -> bool:
        mine = pupils[village, stage.columns]
        room = places[school, stage.columns]
        return bool(
            mine.sum() > 0
            and minutes[village, school] <= stage.limit
            and (room > 0).all()
            and (mine <= room).all()
        )

    load, placed, cost = np.zeros_like(places), 0.0, 0.0
    for village, number in np.argwhere(choice >= 0):
        stage, school = STAGES[number], choice[village, number]
        if not may(village, stage, school):
            return None
        load[school, stage.columns] += pupils[village, stage.columns]
        many = pupils[village, stage.columns].sum()
        placed, cost = placed + many, cost + many * minutes[village, school]
        ahead = onward[village, school]
        while ahead >= 0 and not may(ahead, stage, school):
            ahead = onward[ahead, school]
        if ahead >= 0 and choice[ahead, number] != school:
            cost += detour * many
    if (load > places + 1e-9).any():
        return None
    same = (choice[:, 0] == choice[:, 1]) & (choice[:, 0] >= 0)
    fewer = np.minimum(*(pupils[:, stage.columns].sum(axis=1) for stage in STAGES))
    return placed, cost - together * siblings * float(fewer[same].sum())


def best_by_hand(case: dict[str, Any], **prices: float) -> tuple[float, float]:
    villages, schools = case["minutes"].shape
    found = []
    for each in product(range(-1, schools), repeat=villages * 2):
        one = by_hand(case, np.array(each).reshape(villages, 2), **prices)
        if one is not None:
            found.append(one)
    most = max(placed for placed, _ in found)
    return most, min(cost for placed, cost in found if placed >= most - 1e-9)


def draw(case: dict[str, Any], **choices: Any) -> Catchments:
    return draw_catchments(
        case["pupils"], case["times"], stages=STAGES, places=case["places"], onward=case["onward"], **choices
    )


PRICES = {"detour": 3.0, "siblings": 0.5, "together": 8.0}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("prices", [{"detour": 0.0, "siblings": 0.0, "together": 0.0}, PRICES])
def test_brute_force(seed: int, prices: dict[str, float]) -> None:
    case = tiny(seed, villages=3)
    most, cost = best_by_hand(case, **prices)
    exact = draw(case, **prices)
    assert (exact.search, exact.gap) == ("exact", 0.0)
    assert exact.placed == pytest.approx(most)
    assert exact.value == pytest.approx(cost)
    assert by_hand(case, exact.school, **prices) == pytest.approx((most, cost))
    quick = draw(case, **prices, search="quick")
    assert quick.placed == pytest.approx(most)
    assert quick.bound <= cost + 1e-6
    assert quick.value >= cost - 1e-6
    assert quick.most >= most - 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_bound_below_and_near_the_optimum(seed: int) -> None:
    case = tiny(seed, villages=24, schools=6, slack=6.0)
    exact, quick = draw(case, **PRICES, search="exact"), draw(case, **PRICES, search="quick")
    assert quick.placed <= exact.placed + 1e-9
    if quick.placed == pytest.approx(exact.placed):
        assert quick.bound <= exact.value + 1e-6
        assert quick.value >= exact.value - 1e-6
        assert quick.value <= exact.value * 1.01


@pytest.mark.parametrize("search", ["exact", "quick"])
def test_everybody_once_and_room_kept(search: str) -> None:
    case = tiny(7, villages=30, schools=6, slack=4.0)
    found = draw(case, **PRICES, search=search)
    summed = np.stack([case["pupils"][:, stage.columns].sum(axis=1) for stage in STAGES], axis=1)
    assert found.pupils == pytest.approx(summed)
    assert found.placed + found.unplaced.sum() == pytest.approx(summed.sum())
    assert (found.load <= case["places"] * (1 + 1e-8)).all()
    load = np.zeros_like(case["places"])
    for village, stage in np.argwhere(found.school >= 0):
        ages = STAGES[stage].columns
        load[found.school[village, stage], ages] += case["pupils"][village, ages]
        assert found.minutes[village, stage] == case["minutes"][village, found.school[village, stage]]
        assert found.minutes[village, stage] <= STAGES[stage].limit
    assert found.load == pytest.approx(load)
    without = (found.school < 0) & (summed > 0)
    assert ((found.reason > 0) == without).all()


def test_more_places_never_place_fewer_and_preferences_never_leave_out() -> None:
    case = tiny(11, villages=12, slack=2.0)
    plain = draw(case, search="exact")
    priced = draw(case, **PRICES, search="exact")
    assert priced.placed == pytest.approx(plain.placed)
    assert priced.pupil_minutes >= plain.pupil_minutes - 1e-6
    roomier = draw(case | {"places": case["places"] * 1.2}, search="exact")
    assert roomier.placed >= plain.placed - 1e-9


def test_relabelling_changes_nothing() -> None:
    case = tiny(5, villages=10, slack=3.0)
    order = np.random.default_rng(0).permutation(10)
    turned = case | {"pupils": case["pupils"][order], "times": times_from_matrix(case["minutes"][order])}
    turned["onward"] = np.full(turned["times"].origin.size, -1)
    plain = case | {"onward": np.full(case["times"].origin.size, -1)}
    one, other = draw(plain, search="exact"), draw(turned, search="exact")
    assert (one.placed, one.value) == pytest.approx((other.placed, other.value))


def test_the_same_seed_gives_the_same_catchments() -> None:
    case = tiny(3, villages=30, schools=6, slack=4.0)
    one, other = (draw(case, **PRICES, search="quick", seed=4) for _ in range(2))
    assert (one.school == other.school).all()


def test_catchments_hang_together_for_a_price() -> None:
    # Along one road: the near village is a minute nearer to the other school, the far one must pass it.
    times = times_from_matrix([[10, 9], [20, 29]])
    onward = np.array([-1, -1, 0, -1])
    pupils, stage = [[10.0], [10.0]], [Stage("primary", (0, 0), 40)]
    apart = draw_catchments(pupils, times, stages=stage, places=[[20], [20]], onward=onward)
    whole = draw_catchments(pupils, times, stages=stage, places=[[20], [20]], onward=onward, detour=2.0)
    assert apart.school.ravel().tolist() == [1, 0]
    assert apart.broken.ravel().tolist() == [False, True]
    assert whole.school.ravel().tolist() == [0, 0]
    assert not whole.broken.any()


def test_siblings_go_to_one_campus() -> None:
    times = times_from_matrix([[10, 12, 12]])
    stages = [Stage("primary", (0, 0), 30), Stage("junior", (1, 1), 30)]
    places = [[9, 0], [9, 0], [0, 9]]
    choices: dict[str, Any] = {"stages": stages, "places": places, "campus": [0, 1, 1], "siblings": 0.5}
    assert draw_catchments([[4, 4]], times, **choices).school.tolist() == [[0, 2]]
    found = draw_catchments([[4, 4]], times, together=5.0, **choices)
    assert found.school.tolist() == [[1, 2]]
    assert found.value == pytest.approx(4 * 24 - 5 * 0.5 * 4)


def test_reasons() -> None:
    times = times_from_matrix([[50], [10], [12], [14]])
    found = draw_catchments(
        [[5], [30], [9], [8]], times, stages=[Stage("primary", (0, 0), 30)], places=[[10]], search="exact"
    )
    assert [REASONS[one] for one in found.reason.ravel()] == ["no_school", "too_large", "", "no_room"]
    assert found.unplaced.sum() == 43


def test_no_school_at_all() -> None:
    times = Times(np.empty(0, int), np.empty(0, int), np.empty(0), 2, 1)
    found = draw_catchments([[5], [6]], times, stages=[Stage("primary", (0, 0), 30)], places=[[10]])
    assert (found.school == -1).all()
    assert found.unplaced.sum() == 11
    assert (found.gap, found.placed) == (0.0, 0.0)


def test_large_villages_are_divided() -> None:
    pupils = np.array([[20.0, 30.0], [100.0, 80.0]])
    parts = split_villages(pupils, most=45)
    assert parts.village.tolist() == [0, 1, 1, 1]
    made = parts.pupils(pupils)
    assert made.max() <= 45
    assert np.add.reduceat(made, [0, 1]) == pytest.approx(pupils)
    times, onward = parts.times(times_from_matrix([[5, 9], [7, 8]]), onward=[-1, 1, 0, -1])
    assert times.minutes.tolist() == [5, 9, 7, 8, 7, 8, 7, 8]
    assert onward.tolist() == [-1, 1, 0, -1, 0, -1, 0, -1]
    stage = [Stage("primary", (0, 1), 30)]
    whole = draw_catchments(
        pupils, times_from_matrix([[5, 9], [7, 8]]), stages=stage, places=[[70, 70], [70, 70]]
    )
    assert whole.reason.ravel().tolist() == [0, REASONS.index("too_large")]
    found = draw_catchments(made, times, stages=stage, places=[[70, 70], [70, 70]], onward=onward)
    assert found.unplaced.sum() == 0


GOOD: dict[str, Any] = {
    "pupils": [[1.0, 2.0]],
    "stages": [Stage("primary", (0, 1), 30)],
    "places": [[3.0, 3.0]],
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pupils": [[-1.0, 2.0]]}, "missing or outside"),
        ({"pupils": [[1.0, 2.0], [1.0, 2.0]]}, "its shape is (2, 2), not (1, 2)"),
        ({"places": [[3.0]]}, "its shape is (1, 1), not (1, 2)"),
        ({"places": [[3.0, 0.0]]}, "some ages of a stage only"),
        ({"stages": []}, "no stage is given"),
        ({"stages": [Stage("a", (0, 1), 9), Stage("b", (1, 1), 9)]}, "two share an age"),
        ({"stages": [Stage("a", (0, 2), 9)]}, "not among the columns"),
        ({"stages": [Stage("a", (0, 1), 0)]}, "ride limit is not above 0"),
        ({"onward": [0]}, "not nearer to the school"),
        ({"onward": [0, 1]}, "its shape is"),
        ({"campus": [0, 1]}, "its shape is"),
        ({"detour": -1.0}, "a number out of range"),
        ({"siblings": 1.5}, "a number out of range"),
        ({"together": float("nan")}, "a number out of range"),
        ({"seconds": 0.0}, "out of range"),
        ({"search": "best"}, "out of range"),
    ],
)
def test_malformed(change: dict[str, Any], said: str) -> None:
    given = GOOD | change
    with pytest.raises(DataError) as caught:
        draw_catchments(given.pop("pupils"), times_from_matrix([[5]]), **given)
    assert said in str(caught.value)
