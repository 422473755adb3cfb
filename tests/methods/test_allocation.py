"""Land allocation: trial of all sets, the linear program, published maps, what must never change."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tongqu.base import DataError
from tongqu.methods.allocation import (
    SLOPE_LIMITS,
    Allocation,
    UnmetDemandError,
    allocate,
    allocate_blocks,
    combine,
    compare_maps,
    construction_factors,
    grid_neighbours,
    membership,
    spread,
)
from tongqu.methods.allocation._case import Case
from tongqu.methods.allocation._cut import Neighbours, best_set
from tongqu.methods.allocation._program import solve_program
from tongqu.methods.allocation.allocate import _read, _towns

PUBLISHED = Path(__file__).parent / "published"
SHAPE = (3, 4)


def published(name: str) -> np.ndarray:
    return np.loadtxt(PUBLISHED / f"landchange_vanvliet2011_{name}.csv", delimiter=",", dtype=int)


def small(seed: int, *, shape: tuple[int, int] = SHAPE, classes: int = 1) -> dict[str, Any]:
    """A random grid of cells of 100 m² with a few barred and built ones, and half the room wanted."""
    draw = np.random.default_rng(seed)
    pairs, boundary = grid_neighbours(shape, width_m=10, height_m=10)
    size = shape[0] * shape[1]
    room = np.full(size, 100)
    room[draw.integers(size)] = 0
    built = np.zeros(size, bool)
    built[draw.integers(size)] = True
    room[built] = 0
    want = room.sum() // 200 * 100 // classes
    return {
        "suitability": draw.random((size, classes)),
        "room_m2": room,
        "demand_m2": [int(want)] * classes,
        "pairs": pairs,
        "boundary_m": boundary,
        "boundary_weight": float(draw.choice([0.0, 1.0, 4.0])),
        "built": built,
        "edge_m": draw.random((size, 2)).round(1) * 10,
    }


def solve(case: dict[str, Any], **more: Any) -> Allocation:
    return allocate(**{**case, **more})


def by_trial(case: dict[str, Any]) -> float:
    """The best value over all sets of whole cells that meet the demand."""
    room, weight = case["room_m2"], case["boundary_weight"]
    free = np.flatnonzero(room)
    first, second = case["pairs"].T
    best = -np.inf
    for chosen in combinations(free, case["demand_m2"][0] // 100):
        share = case["built"].astype(float)
        share[list(chosen)] = 1.0
        edge = case["boundary_m"] @ np.abs(share[first] - share[second])
        edge += case["edge_m"][:, 0] @ share + case["edge_m"][:, 1] @ (1 - share)
        best = max(best, 100 * case["suitability"][list(chosen), 0].sum() - weight * edge)
    return float(best)


def inner(case: dict[str, Any], **limits: Any) -> Case:
    ground = _read(
        *(case[k] for k in ("suitability", "room_m2", "pairs", "boundary_m", "boundary_weight", "built")),
        case["edge_m"],
    )
    size = len(case["room_m2"])
    town = limits.pop("town", None)
    towns = _towns(town, limits.get("floors_m2"), limits.get("quotas_m2"), size=size)
    return ground.case(np.array(case["demand_m2"]), *towns)


# --- cuts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_cut_is_the_best_of_all_sets(seed: int) -> None:
    draw = np.random.default_rng(seed)
    pairs, _ = grid_neighbours((2, 4), width_m=1, height_m=1)
    near = Neighbours(pairs[:, 0], pairs[:, 1], draw.random(len(pairs)), 8)
    worth = draw.normal(size=8)
    sets = (np.arange(2**8)[:, None] >> np.arange(8)) & 1
    values = [one @ worth - near.boundary(one.astype(float)) for one in sets]
    inside, bound = best_set(worth, near)
    assert worth[inside].sum() - near.boundary(inside.astype(float)) == pytest.approx(max(values), abs=1e-6)
    assert max(values) <= bound <= max(values) + 1e-6


# --- allocation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_program_and_cuts_against_trial_of_all_sets(seed: int) -> None:
    case = small(seed)
    best = by_trial(case)
    exact, cut = solve(case, solver="program"), solve(case, solver="cut")
    # A part of one cell is allowed, so the program may be better than whole cells only, never worse.
    assert exact.value >= best - 1e-6
    if not len(exact.partial):
        assert exact.value == pytest.approx(best)
    assert cut.value <= exact.value + 1e-6 <= cut.bound + 1e-3
    assert exact.gap < 1e-6


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_bound_of_the_prices_is_that_of_the_linear_program(seed: int, classes: int) -> None:
    case = small(seed, shape=(5, 6), classes=classes)
    _, linear = solve_program(inner(case), whole=False)
    found = solve(case, solver="cut", tolerance=1e-7)
    assert found.bound == pytest.approx(linear, rel=1e-4, abs=0.05)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("solver", ["cut", "program"])
def test_demand_is_met_to_the_square_metre(seed: int, solver: Any) -> None:
    case = small(seed, shape=(4, 6), classes=2)
    draw = np.random.default_rng(seed)
    case["room_m2"] = np.where(case["room_m2"] > 0, draw.integers(50, 150, 24), 0)
    case["demand_m2"] = [317, 241]
    town = np.repeat([0, 1], 12)
    quotas, floors = np.array([400, 500]), np.array([150, 200])
    found = solve(case, solver=solver, town=town, quotas_m2=quotas, floors_m2=floors)
    assert found.area_m2.sum(axis=0).tolist() == [317, 241]
    used = found.area_m2.sum(axis=1)
    assert (used <= case["room_m2"]).all()
    inside = np.bincount(town, used)
    assert ((inside >= floors) & (inside <= quotas)).all()
    assert len(found.partial) <= 3
    assert found.value == pytest.approx(found.suited_m2 - case["boundary_weight"] * found.boundary_m)
    assert found.value <= found.bound


def test_limits_bind_as_in_the_program() -> None:
    case = small(11, shape=(4, 6))
    town = np.repeat([0, 1], 12)
    more = {"town": town, "quotas_m2": [300, 1200]}
    exact, cut = solve(case, solver="program", **more), solve(case, solver="cut", **more)
    assert cut.value <= exact.value + 1e-6 <= cut.bound + 1e-3
    free = solve(case, solver="program")
    assert exact.value <= free.value + 1e-6  # a limit never helps


def test_relabelling_cells_changes_nothing() -> None:
    case = small(5)
    order = np.random.default_rng(1).permutation(len(case["room_m2"]))
    place = np.argsort(order)
    turned = {
        **case,
        "suitability": case["suitability"][order],
        "room_m2": case["room_m2"][order],
        "built": case["built"][order],
        "pairs": place[case["pairs"]][:, ::-1],
    }
    for solver in ("program", "cut"):
        first, second = solve(case, solver=solver), solve(turned, solver=solver)
        assert second.value == pytest.approx(first.value, abs=1e-6)
        np.testing.assert_array_equal(second.area_m2, first.area_m2[order])


def test_more_weight_on_compactness_never_lengthens_the_boundary() -> None:
    case = small(7, shape=(5, 6))
    edges = [solve(case, boundary_weight=w, solver="program").boundary_m for w in (0.0, 1.0, 5.0, 20.0)]
    assert edges == sorted(edges, reverse=True)
    assert edges[0] > edges[-1]


def test_protected_and_forbidden_cells_stay_empty() -> None:
    case = small(3, shape=(4, 5), classes=2)
    case["suitability"][:10, 0] = np.nan
    found = solve(case, solver="cut")
    assert not found.area_m2[case["room_m2"] == 0].any()
    assert not found.area_m2[:10, 0].any()


def test_what_does_not_fit_is_named_with_the_least_change() -> None:
    row = {"pairs": [[0, 1]], "boundary_m": [10], "boundary_weight": 1.0}
    with pytest.raises(UnmetDemandError, match="class 0: 50 m² do not fit, 50 m² of them for want") as caught:
        allocate([[0.5], [0.5]], room_m2=[100, 100], demand_m2=[250], **row)
    assert caught.value.shortage.unmet_m2.tolist() == [50]
    assert len(caught.value.conflict_zh) == len(caught.value.conflict)
    with pytest.raises(UnmetDemandError, match="quota of town 1: raise it by 30") as caught:
        allocate([[0.5], [0.5]], room_m2=[80, 100], demand_m2=[150], town=[0, 1], quotas_m2=[100, 40], **row)
    assert caught.value.shortage.no_room_m2.tolist() == [0]
    with pytest.raises(UnmetDemandError, match="floor of town 0: lower it by 20"):
        allocate([[0.5], [0.5]], room_m2=[80, 100], demand_m2=[150], town=[0, 1], floors_m2=[100, 0], **row)


def test_land_of_the_wrong_class_does_not_count() -> None:
    worth = [[0.5, np.nan], [0.5, 0.5]]
    more = {"room_m2": [100, 100], "pairs": [[0, 1]], "boundary_m": [10], "boundary_weight": 0.0}
    found = allocate(worth, demand_m2=[100, 100], **more)
    assert found.area_m2.tolist() == [[100, 0], [0, 100]]
    with pytest.raises(UnmetDemandError):
        allocate(worth, demand_m2=[50, 150], **more)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"suitability": [[2.0], [0.5]]}, "suitability"),
        ({"room_m2": [1.5, 2]}, "room_m2"),
        ({"demand_m2": [0]}, "demand_m2"),
        ({"pairs": [[0, 1], [1, 0]], "boundary_m": [1, 1]}, "pairs"),
        ({"boundary_m": [1, 2]}, "boundary_m"),
        ({"edge_m": [1, 2]}, "edge_m"),
        ({"quotas_m2": [5]}, "town"),
        ({"town": [0, 0], "quotas_m2": [5], "floors_m2": [7]}, "floors_m2"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], column: str) -> None:
    good: dict[str, Any] = {
        "suitability": [[0.5], [0.5]],
        "room_m2": [10, 10],
        "demand_m2": [10],
        "pairs": [[0, 1]],
        "boundary_m": [1],
        "boundary_weight": 1.0,
    }
    with pytest.raises(DataError) as caught:
        allocate(**{**good, **change})
    assert [one.column for one in caught.value.problems] == [column]


def test_the_edge_of_the_region_is_a_boundary_where_it_is_asked_for() -> None:
    """Of two equal cells the one beside built land beyond the edge wins; without the edge neither does."""
    row: dict[str, Any] = {"room_m2": [100, 100], "demand_m2": [100], "pairs": [[0, 1]], "boundary_m": [10]}
    edge = [[30, 0], [20, 10]]
    found = allocate([[0.5], [0.5]], **row, boundary_weight=1.0, edge_m=edge)
    assert found.area_m2.ravel().tolist() == [0, 100]
    assert found.boundary_m == 10 + 20
    assert allocate([[0.5], [0.5]], **row, boundary_weight=1.0).boundary_m == 10


def test_the_gap_is_over_suitability_and_not_over_a_value_near_0() -> None:
    """Boundary all but cancels suitability here: the same 1026 m² are two thirds of the bound."""
    found = solve(small(2, shape=(20, 20)) | {"boundary_weight": 4.0}, solver="cut", steps=1)
    open_m2 = found.bound - found.value
    assert open_m2 / found.bound > 0.5
    assert found.gap == pytest.approx(open_m2 / found.suited_m2)
    assert found.gap < 0.15


# --- blocks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_blocks_against_trial_of_all_divisions(seed: int) -> None:
    draw = np.random.default_rng(seed)
    worth, room = draw.random((3, 1)), draw.integers(3, 7, 3)
    least, want = 3, 9
    best = -np.inf
    for area in np.ndindex(*(room + 1)):
        if sum(area) == want and all(one == 0 or one >= least for one in area):
            best = max(best, float(np.array(area) @ worth[:, 0]))
    if np.isinf(best):
        with pytest.raises(DataError, match="no division"):
            allocate_blocks(worth, room_m2=room, demand_m2=[want], least_m2=least)
        return
    found = allocate_blocks(worth, room_m2=room, demand_m2=[want], least_m2=least)
    assert found.value == pytest.approx(best)
    assert found.area_m2.sum() == want


# --- suitability --------------------------------------------------------------------------------------


def test_slope_limits_are_those_of_the_code() -> None:
    assert dict(SLOPE_LIMITS) == {
        "town_centre": 20,
        "residential": 25,
        "industrial": 15,
    }  # CJJ 83-2016, 4.0.1
    degrees = np.degrees(np.arctan([0.149, 0.151]))
    _, factors, excluded = construction_factors(slope_degrees=degrees, use="industrial")
    assert excluded.tolist() == [False, True]
    assert factors[1, 0] == 0


def test_unknown_and_protected_land_is_excluded() -> None:
    _, factors, excluded = construction_factors(
        slope_degrees=[1, np.nan, 1], use="residential", protected=[False, False, True]
    )
    assert excluded.tolist() == [False, True, True]
    found = combine(factors, excluded=excluded)
    assert found.allowed.tolist() == [True, False, False]
    assert found.score[1:].tolist() == [0, 0]


def test_rules_lie_in_order_and_a_weight_of_0_does_not_count() -> None:
    table = np.random.default_rng(1).random((50, 3))
    worst, middle, mean = (combine(table, rule=rule).score for rule in ("limiting", "geometric", "weighted"))
    assert (worst <= middle + 1e-12).all()
    assert (middle <= mean + 1e-12).all()
    one = combine(table, weights=[0, 2, 0], rule="limiting")
    np.testing.assert_allclose(one.score, table[:, 1])
    assert (one.limiting == 1).all()
    with pytest.raises(DataError):
        membership([1], worst=1, best=1)


# --- spreading ----------------------------------------------------------------------------------------


def map_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    start = draw.integers(0, 3, (12, 14))
    start[:2, :2] = -1
    return start, draw.random((12, 14, 3))


def test_spread_meets_the_demand_and_leaves_restricted_cells_alone() -> None:
    start, chance = map_of(1)
    counts = np.bincount(start[start >= 0], minlength=3)
    restricted = np.zeros(start.shape, bool)
    restricted[6:] = True
    demand = counts + np.array([-12, 9, 3])
    found = spread(start, probability=chance, demand=demand, restricted=restricted, seed=4)
    assert found.met
    assert found.cells.tolist() == demand.tolist()
    np.testing.assert_array_equal(found.classes[restricted], start[restricted])
    np.testing.assert_array_equal(found.classes == -1, start == -1)
    again = spread(start, probability=chance, demand=demand, restricted=restricted, seed=4)
    np.testing.assert_array_equal(again.classes, found.classes)


def test_spread_says_what_is_not_met() -> None:
    start, chance = map_of(2)
    counts = np.bincount(start[start >= 0], minlength=3)
    never = np.eye(3, dtype=bool)
    found = spread(start, probability=chance, demand=counts + np.array([-5, 5, 0]), allowed=never, patience=5)
    assert not found.met
    assert found.unmet.tolist() == [-5, 5, 0]
    assert found.steps == 5
    with pytest.raises(DataError, match="does not add up"):
        spread(start, probability=chance, demand=counts + 1)


def test_spread_grows_from_its_neighbours_only() -> None:
    start = np.zeros((9, 9), int)
    start[4, 4] = 1
    found = spread(start, probability=np.full((9, 9, 2), 0.5), demand=[72, 9], seed=1)
    grown = np.argwhere(found.classes == 1)
    gaps = np.abs(grown[:, None] - grown[None]).max(axis=2) + 99 * np.eye(len(grown))
    assert found.met
    assert (gaps.min(axis=1) == 1).all()


# --- maps compared ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kappa", "simulation", "merit"),
    [
        ("S1", 0.7847, 0.0, 0.0),
        ("S2", 0.6426, -0.0598, 0.0),
        ("S3", 0.7116, 0.1533, 0.1),
        ("S4", 0.8858, 0.5986, 0.4615),
    ],
)
def test_published_maps(name: str, kappa: float, simulation: float, merit: float) -> None:
    """van Vliet, Bregt and Hagen-Zanker (2011)."""
    found = compare_maps(published(name), actual=published("actual"), original=published("original"))
    assert found.change is not None
    assert found.kappa == pytest.approx(kappa, abs=5e-5)
    assert found.change.kappa_simulation == pytest.approx(simulation, abs=5e-5)
    assert found.change.figure_of_merit == pytest.approx(merit, abs=5e-5)
    assert found.quantity_disagreement + found.allocation_disagreement == pytest.approx(1 - found.agreement)
    parts = found.change.kappa_transition * found.change.kappa_location
    if np.isfinite(parts):
        assert parts == pytest.approx(found.change.kappa_simulation)


def test_the_automaton_on_the_published_map() -> None:
    """Better than chance: what docs/methods/land-allocation.md says, over 100 seeds."""
    start, actual = published("original"), published("actual")
    chance = np.full((*start.shape, 3), 0.5)
    merit = []
    for seed in range(100):
        made = spread(start, probability=chance, demand=np.bincount(actual.ravel()), seed=seed)
        change = compare_maps(made.classes, actual=actual, original=start).change
        assert made.met
        assert change is not None
        merit.append(change.figure_of_merit)
    assert round(float(np.mean(merit)), 3) == 0.186


def test_classes_by_any_name_and_weights() -> None:
    made, real, before = published("S3"), published("actual"), published("original")
    names = np.array(["林地", "耕地", "城镇"])
    plain = compare_maps(made, actual=real, original=before)
    named = compare_maps(names[made], actual=names[real], original=names[before])
    assert named.kappa == pytest.approx(plain.kappa)
    doubled = [np.repeat(one, 2, axis=0) for one in (made, real, before)]
    twice = compare_maps(doubled[0], actual=doubled[1], original=doubled[2])
    weighted = compare_maps(made, actual=real, original=before, weight=np.full(made.shape, 2.0))
    assert twice.change is not None
    assert weighted.change is not None
    assert plain.change is not None
    assert twice.change.kappa_simulation == pytest.approx(plain.change.kappa_simulation)
    assert weighted.change.figure_of_merit == pytest.approx(plain.change.figure_of_merit)
    with pytest.raises(DataError):
        compare_maps([1], actual=[1, 2])
