"""Settlements: nested location against trial of all and OR-Library, centrality, agreement, concentration."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall
from scipy.stats import rankdata

from tongqu.base import DataError
from tongqu.methods.inequality import gini
from tongqu.methods.settlement import (
    Level,
    Objective,
    agreement,
    centrality,
    concentration,
    functional_index,
    locate_levels,
    rank_size,
    roles_by_score,
)

Table = npt.NDArray[np.float64]
DATA = Path(__file__).parent / "published"
OPTIMA = {"pmed1": 5819, "pmed2": 4093, "pmed3": 4250}
"""OR-Library's list of optima of the p-median problem."""

seeds = st.integers(0, 10_000)
objectives = st.sampled_from(["minutes", "cover"])


def network(name: str) -> tuple[Table, int]:
    """Distances between all nodes, and p."""
    rows = [list(map(int, line.split())) for line in (DATA / f"{name}.txt").read_text().splitlines()]
    size, edges, count = rows[0]
    assert len(rows) == edges + 1
    table = np.full((size, size), np.inf)
    for start, end, length in rows[1:]:
        table[start - 1, end - 1] = table[end - 1, start - 1] = length
    np.fill_diagonal(table, 0)
    return floyd_warshall(table), count


@pytest.mark.parametrize("name", sorted(OPTIMA))
def test_p_median_of_or_library(name: str) -> None:
    distance, count = network(name)
    one = np.ones(len(distance))
    exact = locate_levels(distance, one, levels=[Level("median", count)], search="exact")
    assert exact.total == OPTIMA[name]
    assert exact.gap == 0
    quick = locate_levels(distance, one, levels=[Level("median", count)], search="interchange")
    assert quick.bound <= OPTIMA[name] <= quick.total
    assert quick.gap < 0.01
    assert quick.search == "interchange"


def task(seed: int, *, places: int = 7, candidates: int = 6) -> dict[str, Any]:
    """A small random case with two levels, pinned and forbidden candidates."""
    rng = np.random.default_rng(seed)
    counts = sorted(rng.integers(1, 4, 2))
    pinned = rng.random((2, candidates)) < 0.1
    pinned[1] |= pinned[0]
    allowed = rng.random((2, candidates)) < 0.7
    allowed[1] |= allowed[0]
    allowed |= pinned
    for row in range(2):
        counts[row] = max(counts[row], pinned[row].sum())
        allowed[row:, rng.permutation(candidates)[: counts[row]]] = True
    counts[1] = max(counts)
    allowed[1, rng.permutation(candidates)[: counts[1]]] = True
    minutes = rng.integers(0, 60, (places, candidates)).astype(float)
    minutes[rng.random(minutes.shape) < 0.1] = np.inf
    return {
        "minutes": minutes,
        "people": rng.integers(0, 50, places),
        "levels": [
            Level(
                name,
                int(count),
                weight=float(weight),
                limit=float(limit),
                pinned=tuple(np.flatnonzero(held)),
            )
            for name, count, weight, limit, held in zip(
                ("seat", "town"), counts, rng.uniform(0.5, 3, 2), (40, 20), pinned, strict=True
            )
        ],
        "allowed": allowed,
        "far": 70,
    }


def brute(case: dict[str, Any], objective: Objective) -> float:
    """Least total cost over all nested choices."""
    best = np.inf
    sites = range(case["minutes"].shape[1])
    high, low = case["levels"]
    for upper in combinations(sites, high.count):
        for lower in combinations(sites, low.count):
            nested = set(upper) <= set(lower)
            fine = case["allowed"][0][list(upper)].all() and case["allowed"][1][list(lower)].all()
            held = set(high.pinned) <= set(upper) and set(low.pinned) <= set(lower)
            if nested and fine and held:
                best = min(best, cost(case, [upper, lower], objective))
    return float(best)


def cost(case: dict[str, Any], sets: list[Any], objective: Objective) -> float:
    total = 0.0
    for level, chosen in zip(case["levels"], sets, strict=True):
        near = case["minutes"][:, list(chosen)].min(axis=1)
        each = np.minimum(near, case["far"]) if objective == "minutes" else near > level.limit
        total += level.weight * float(case["people"] @ each)
    return total


@settings(max_examples=100)
@given(seeds, objectives)
def test_levels_equal_trial_of_all(seed: int, objective: Objective) -> None:
    case = task(seed)
    best = brute(case, objective)
    if np.isinf(best):
        with pytest.raises(DataError, match="beside those pinned"):
            locate_levels(**case, objective=objective)
        return
    exact = locate_levels(**case, objective=objective, search="exact")
    assert exact.total == pytest.approx(best, abs=1e-7)
    assert exact.bound == pytest.approx(best, abs=1e-6)
    quick = locate_levels(**case, objective=objective, search="interchange")
    assert quick.bound <= best + 1e-7
    assert quick.total >= best - 1e-7
    for found in (exact, quick):
        sets = [found.sites(level) for level in range(2)]
        assert found.total == pytest.approx(cost(case, sets, objective))
        weights = [level.weight for level in case["levels"]]
        assert found.values @ weights == pytest.approx(found.total)
        assert set(sets[0]) <= set(sets[1])
        for row, level in enumerate(case["levels"]):
            assert len(sets[row]) == level.count
            assert set(level.pinned) <= set(sets[row])
            assert case["allowed"][row][sets[row]].all()
            ride = case["minutes"][:, sets[row]].min(axis=1)
            np.testing.assert_array_equal(found.minutes[row], ride)
            np.testing.assert_array_equal(found.nearest[row] >= 0, np.isfinite(ride))


@settings(max_examples=20)
@given(seeds)
def test_names_and_units_of_places_do_not_matter(seed: int) -> None:
    case = task(seed)
    if np.isinf(brute(case, "minutes")):
        return
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(7), rng.permutation(6)
    place = np.argsort(columns)
    levels = [
        Level(each.name, each.count, each.weight, each.limit, tuple(int(place[spot]) for spot in each.pinned))
        for each in case["levels"]
    ]
    mixed = locate_levels(
        case["minutes"][np.ix_(rows, columns)],
        case["people"][rows] * 10,
        levels=levels,
        allowed=case["allowed"][:, columns],
        far=case["far"],
        search="exact",
    )
    plain = locate_levels(**case, search="exact")
    assert mixed.total == pytest.approx(10 * plain.total, abs=1e-6)


def test_more_places_never_cost_more_and_a_town_of_three_levels() -> None:
    rng = np.random.default_rng(2)
    spots = rng.uniform(0, 60, (40, 2))
    minutes = np.hypot(*(spots[:, np.newaxis] - spots).transpose(2, 0, 1))
    people = rng.integers(50, 3000, 40)
    before = np.inf
    for villages in (6, 10, 15):
        levels = [Level("county seat", 1), Level("central town", 4, 2), Level("central village", villages, 5)]
        found = locate_levels(minutes, people, levels=levels)
        assert found.search == "exact"
        assert found.gap == 0
        assert found.total < before
        before = found.total
        assert np.bincount(found.roles).tolist() == [1, 3, villages - 4, 40 - villages]


def test_a_time_limit_returns_what_there_is() -> None:
    distance, count = network("pmed2")
    found = locate_levels(distance, np.ones(100), levels=[Level("a", count)], search="exact", seconds=0.01)
    assert found.bound <= OPTIMA["pmed2"] <= found.total


@pytest.mark.parametrize("objective", ["minutes", "cover"])
def test_nothing_to_serve_ends(objective: Objective) -> None:
    found = locate_levels(
        np.zeros((3, 4)), [0.1, 0.2, 0.7], levels=[Level("a", 1, limit=5), Level("b", 2)], objective=objective
    )
    assert (found.total, found.gap) == (0, 0)
    nobody = locate_levels([[1.0, 2.0]], [0], levels=[Level("a", 1)], objective=objective)
    assert (nobody.total, nobody.bound, nobody.gap) == (0, 0, 0)


MINUTES = [[0.0, 5.0], [5.0, 0.0], [9.0, np.inf]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": [1, 2]}, "shapes do not fit"),
        ({"people": [1, -2, 3]}, r"people: 1 of 3"),
        ({"far": None}, "no way"),
        ({"levels": []}, "there is none"),
        ({"levels": [Level("a", 3)]}, "only 2 candidates"),
        ({"levels": [Level("a", 2), Level("b", 1)]}, "below the level above"),
        ({"levels": [Level("a", 1, pinned=(0, 1))]}, "2 candidates are pinned"),
        ({"levels": [Level("a", 1, pinned=(5,))]}, "outside 0..1"),
        ({"levels": [Level("a", 1, weight=0)]}, "weight"),
        ({"levels": [Level("a", 1, limit=-1)], "objective": "cover"}, "a: 1 of 1"),
        ({"allowed": [[True]]}, "shape is wrong"),
        ({"allowed": [[False, True]], "levels": [Level("a", 1, pinned=(0,))]}, "not allowed"),
        (
            {"allowed": [[True, True], [True, False]], "levels": [Level("a", 1), Level("b", 1)]},
            "but not this one",
        ),
        ({"objective": "best"}, "best is unknown"),
        ({"search": "fast"}, "fast is unknown"),
    ],
)
def test_malformed_tasks(change: dict[str, Any], message: str) -> None:
    case: dict[str, Any] = {"people": [1, 2, 3], "levels": [Level("a", 1)], "far": 60, **change}
    with pytest.raises(DataError, match=message):
        locate_levels(MINUTES, case.pop("people"), **case)


def test_all_problems_of_the_levels_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        locate_levels(MINUTES, [1, 2, 3], levels=[Level("a", 9), Level("b", 1, weight=-1)], far=9)
    assert len(caught.value.problems) == 3


@given(seeds, st.sampled_from(["range", "rank", "share"]))
def test_centrality_brute(seed: int, scale: Any) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 9))
    measures = {name: rng.integers(0, 6, size).astype(float) for name in ("reach", "jobs", "growth")}
    weights = {"growth": 1.0, "reach": 3.0, "jobs": 0.0}
    found = centrality(measures, weights=weights, scale=scale)
    parts = []
    for name, values in measures.items():
        if np.ptp(values) == 0:
            assert name in found.flat
            parts.append(np.zeros(size))
        elif scale == "range":
            parts.append((values - values.min()) / np.ptp(values))
        elif scale == "share":
            parts.append(values / values.max())
        else:
            parts.append((rankdata(values) - 1) / (size - 1))
    np.testing.assert_allclose(found.parts, np.transpose(parts), atol=1e-12)
    np.testing.assert_allclose(found.score, (3 * parts[0] + parts[2]) / 4, atol=1e-12)
    np.testing.assert_array_equal(found.rank, rankdata(-np.round(found.score, 12), method="min"))
    order = rng.permutation(size)
    mixed = centrality({k: v[order] * 7 for k, v in measures.items()}, weights=weights, scale=scale)
    np.testing.assert_allclose(mixed.score, found.score[order], atol=1e-12)


def test_functional_index_sums_to_the_kinds() -> None:
    held = np.array([[3, 0, 0], [1, 2, 0], [0, 2, 0]])
    index = functional_index(held)
    np.testing.assert_allclose(index, [75, 25 + 50, 50])
    assert index.sum() == pytest.approx(200)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab")), min_size=1, max_size=12))
def test_roles_by_score_brute(rows: list[tuple[int, str]]) -> None:
    score, county = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    roles = roles_by_score(score, counts=(1, 3), within=county)
    for place in range(len(rows)):
        ahead = [
            other
            for other in range(len(rows))
            if county[other] == county[place] and (-score[other], other) < (-score[place], place)
        ]
        assert roles[place] == (0 if len(ahead) < 1 else 1 if len(ahead) < 3 else 2)


def kappa(part: Table, credit: Table) -> float:
    seen, chance = (part * credit).sum(), part.sum(axis=1) @ credit @ part.sum(axis=0)
    return float((seen - chance) / (1 - chance))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_and_its_error_by_the_delta_method(weights: Any) -> None:
    rng = np.random.default_rng(8)
    official = rng.integers(0, 4, 150)
    proposed = np.where(rng.random(150) < 0.6, official, rng.integers(0, 4, 150))
    found = agreement(proposed, official, order=range(4), weights=weights)
    part = found.table.to_numpy() / 150
    apart = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) / 3
    credit = {"none": np.eye(4), "linear": 1 - apart, "quadratic": 1 - apart**2}[weights]
    assert found.kappa == pytest.approx(kappa(part, credit))
    assert found.share == pytest.approx((proposed == official).mean())
    step = 1e-6
    slope = np.zeros((4, 4))
    for cell in np.ndindex(4, 4):
        more, less = part.copy(), part.copy()
        more[cell] += step
        less[cell] -= step
        # The formula treats the parts as they are, so their sum is kept by scaling.
        slope[cell] = (kappa(more / more.sum(), credit) - kappa(less / less.sum(), credit)) / (2 * step)
    variance = (part * slope**2).sum() - (part * slope).sum() ** 2
    assert found.error == pytest.approx(np.sqrt(variance / 150), rel=1e-5)
    np.testing.assert_array_equal(found.differ, np.flatnonzero(proposed != official))
    turned = agreement(official, proposed, order=range(4), weights=weights)
    assert (turned.kappa, turned.error) == pytest.approx((found.kappa, found.error))


def test_kappa_as_published() -> None:
    """Fleiss, Cohen and Everitt (1969), table 1: proportions of 200 diagnoses, kappa .429."""
    cells = np.array([[106, 10, 4], [22, 28, 10], [2, 12, 6]])
    rows, columns = np.nonzero(cells)
    found = agreement(
        np.repeat(rows, cells[rows, columns]), np.repeat(columns, cells[rows, columns]), order=range(3)
    )
    assert found.kappa == pytest.approx(0.429, abs=5e-4)


def test_kappa_edges() -> None:
    same = agreement(["a", "b"], ["a", "b"], order=["a", "b"])
    assert (same.kappa, same.error) == (1, 0)
    assert np.isnan(agreement(["a"], ["a"], order=["a", "b"]).kappa)
    for change, message in (
        ({"official": ["a"]}, "lengths differ"),
        ({"official": ["a", "x"]}, r"unknown roles: \['x'\]"),
        ({"order": ["a", "b", "a"]}, "comes twice"),
        ({"weights": "cubic"}, "cubic is unknown"),
    ):
        case: dict[str, Any] = {"official": ["a", "b"], "order": ["a", "b"], **change}
        with pytest.raises(DataError, match=message):
            agreement(["a", "b"], case.pop("official"), **case)


@given(st.lists(st.integers(1, 10_000), min_size=3, max_size=30, unique=True), st.floats(0.01, 1000))
def test_rank_size_equals_a_fitted_line(sizes: list[int], factor: float) -> None:
    ranked = np.sort(sizes)[::-1]
    rank = np.arange(1, ranked.size + 1)
    for method, shift in (("rank", 0.0), ("rank - 1/2", 0.5)):
        slope, constant = np.polyfit(np.log(ranked), np.log(rank - shift), 1)
        found = rank_size(sizes, method=method)  # type: ignore[arg-type]
        assert found.exponent == pytest.approx(-slope, rel=1e-7)
        assert found.constant == pytest.approx(constant, rel=1e-6, abs=1e-8)
        assert found.error == pytest.approx(-slope * np.sqrt(2 / ranked.size), rel=1e-7)
        assert found.q == pytest.approx(-np.polyfit(np.log(rank), np.log(ranked), 1)[0], rel=1e-7)
        scaled = rank_size(np.array(sizes[::-1]) * factor, method=method)  # type: ignore[arg-type]
        assert scaled.exponent == pytest.approx(found.exponent, rel=1e-6)


def test_pareto_sizes_give_their_exponent() -> None:
    """Gabaix and Ibragimov's point: least squares on plain ranks is too low, rank - 1/2 is not."""
    rng = np.random.default_rng(1)
    draws = rng.pareto(1.0, (800, 50)) + 1
    plain = np.array([rank_size(each, method="rank").exponent for each in draws])
    half = [rank_size(each) for each in draws]
    mended = np.array([each.exponent for each in half])
    assert plain.mean() < 0.95
    assert mended.mean() == pytest.approx(1, abs=0.025)
    assert np.mean([each.error for each in half]) == pytest.approx(mended.std(), rel=0.15)
    assert np.mean([each.zipf_p < 0.05 for each in half]) < 0.12


@given(seeds)
def test_concentration_brute(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 90, (3, int(rng.integers(2, 7)))).astype(float)
    people[:, 0] += 1
    found = concentration(people)
    for year, sizes in enumerate(people):
        ranked = sorted(sizes, reverse=True)
        assert found.share_first[year] == pytest.approx(ranked[0] / sizes.sum())
        assert sizes[found.first[year]] == ranked[0]
        assert found.primacy[year] == (ranked[0] / ranked[1] if ranked[1] else np.inf)
        if len(ranked) < 4:
            assert np.isnan(found.primacy_four[year])
        elif ranked[1]:
            assert found.primacy_four[year] == pytest.approx(ranked[0] / sum(ranked[1:4]))
        assert found.herfindahl[year] == pytest.approx(sum((size / sizes.sum()) ** 2 for size in sizes))
        assert 1 / sizes.size - 1e-12 <= found.herfindahl[year] <= 1 + 1e-12
        assert found.gini[year] == gini(sizes)
        if (sizes > 0).sum() >= 3:
            line = rank_size(sizes)
            np.testing.assert_array_equal(found.exponent[year], line.exponent)
            assert line.empty == (sizes == 0).sum()
        else:
            assert np.isnan(found.exponent[year])
    mixed = concentration(people[:, ::-1] * 3)
    np.testing.assert_allclose(mixed.herfindahl, found.herfindahl)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: centrality({}, weights={}), "there is none"),
        (lambda: centrality({"a": [1], "b": [1]}, weights={"a": 1, "c": 1}), "no measure"),
        (lambda: centrality({"a": [1, 2], "b": [1]}, weights={"a": 1, "b": 1}), "lengths differ"),
        (lambda: centrality({"a": [1, 2]}, weights={"a": 0}), "all are 0"),
        (lambda: centrality({"a": [1, np.nan]}, weights={"a": 1}), "a: 1 of 2"),
        (lambda: centrality({"a": [-1, 1]}, weights={"a": 1}, scale="share"), "outside"),
        (lambda: centrality({"a": [-1, 1]}, weights={"a": 1}, scale="z"), "unknown"),  # type: ignore[arg-type]
        (lambda: functional_index([1, 2]), "no table"),
        (lambda: roles_by_score([1, 2], counts=(2, 1)), "they fall"),
        (lambda: roles_by_score([1, 2], counts=(1,), within=["a"]), "lengths differ"),
        (lambda: rank_size([3, 2, 0]), "only 2 places"),
        (lambda: rank_size([3, 2, 1], method="best"), "unknown"),  # type: ignore[arg-type]
        (lambda: concentration([5]), "fewer than 2"),
        (lambda: concentration([[5, 1], [0, 0]]), "nobody"),
    ],
)
def test_malformed(call: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        call()
