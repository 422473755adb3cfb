"""Covering and backhaul: trial of all on tiny cases, p-centre optima of OR-Library, bounds, trees."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, floyd_warshall

from tongqu.base import DataError
from tongqu.methods.backhaul import Roads, cover_with_backhaul, fibre_tree, way_km
from tongqu.methods.covering import covers_of, maximal_covering, set_covering

DATA = Path(__file__).parent / "published"
CENTRES = {"pmed1": (127, 5), "pmed2": (98, 10), "pmed3": (93, 10)}
"""Optima of the p-centre problem (Pullan 2008) and p."""

seeds = st.integers(0, 10_000)
few = settings(max_examples=25)


def distances(name: str) -> npt.NDArray[np.float64]:
    rows = [list(map(int, line.split())) for line in (DATA / f"{name}.txt").read_text().splitlines()]
    table = np.full((rows[0][0], rows[0][0]), np.inf)
    for start, end, length in rows[1:]:
        table[start - 1, end - 1] = table[end - 1, start - 1] = length
    np.fill_diagonal(table, 0)
    return np.asarray(floyd_warshall(table))


@pytest.mark.parametrize("name", sorted(CENTRES))
def test_p_centre_optima_of_or_library(name: str) -> None:
    """Within the optimal radius p sites cover all; within one less they do not, nor does any choice."""
    radius, count = CENTRES[name]
    away = distances(name)
    fine = set_covering(away <= radius)
    assert fine.value <= count
    assert fine.gap == 0
    short = set_covering(away <= radius - 1)
    assert short.bound > count
    one = np.ones(len(away))
    assert maximal_covering(away <= radius, one, count=count).value == len(away)
    assert maximal_covering(away <= radius - 1, one, count=count).bound < len(away)


def case(seed: int, *, places: int = 9, candidates: int = 7) -> dict[str, npt.NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return {
        "covers": (rng.random((places, candidates)) < 0.3).astype(float),
        "weights": rng.integers(0, 9, places).astype(float),
        "costs": rng.integers(1, 9, candidates).astype(float),
    }


def best(
    made: dict[str, npt.NDArray[np.float64]], *, count: int, budget: float, existing: tuple[int, ...] = ()
) -> float:
    """The most weight by trial of every choice."""
    size, top = made["covers"].shape[1], 0.0
    for many in range(min(count, size) + 1):
        for chosen in combinations(range(size), many):
            if made["costs"][list(chosen)].sum() <= budget:
                got = made["covers"][:, [*chosen, *existing]].any(axis=1)
                top = max(top, float(made["weights"][got].sum()))
    return top


@given(seeds)
@few
def test_maximal_covering_against_trial_of_all(seed: int) -> None:
    made = case(seed)
    rng = np.random.default_rng(seed)
    count, budget = int(rng.integers(0, 5)), float(rng.integers(0, 20))
    existing = tuple(np.flatnonzero(rng.random(7) < 0.15).tolist())
    for limits, most, money in (
        ({"count": count}, count, np.inf),
        ({"budget": budget, "costs": made["costs"]}, 7, budget),
        ({"count": count, "budget": budget, "costs": made["costs"]}, count, budget),
    ):
        wanted = best(made, count=most, budget=money, existing=existing)
        for search in ("auto", "exact", "quick"):
            found = maximal_covering(
                made["covers"], made["weights"], existing=existing, search=search, **limits
            )
            assert found.sites.size <= most
            assert made["costs"][found.sites].sum() <= money
            assert found.value == made["weights"][found.covered].sum() <= wanted
            assert found.bound >= wanted - 1e-6
            if search != "quick":
                assert found.value == pytest.approx(wanted)
                assert found.gap == pytest.approx(0, abs=1e-9)


@given(seeds)
@few
def test_set_covering_against_trial_of_all(seed: int) -> None:
    made = case(seed)
    covers, costs = made["covers"][made["covers"].any(axis=1)], made["costs"]
    existing = (0,) if seed % 3 == 0 else ()
    least = min(
        float(costs[list(chosen)].sum())
        for many in range(8)
        for chosen in combinations(range(7), many)
        if covers[:, [*chosen, *existing]].any(axis=1).all()
    )
    for search in ("auto", "quick"):
        found = set_covering(covers, costs=costs, existing=existing, search=search)
        assert covers[:, [*found.sites, *existing]].any(axis=1).all()
        assert found.value == costs[found.sites].sum() >= least
        assert found.bound <= least + 1e-6
    assert set_covering(covers, costs=costs, existing=existing).value == least


def spread(seed: int = 1, *, places: int = 300) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    spots = rng.random((places, 2)) * 40
    away = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    return away <= 3, np.round(np.exp(rng.normal(6, 0.8, places)))


def test_quick_search_is_near_and_its_bound_holds() -> None:
    covers, weights = spread()
    exact = maximal_covering(covers, weights, count=25)
    quick = maximal_covering(covers, weights, count=25, search="quick")
    assert exact.gap == 0
    assert exact.value <= quick.bound
    assert quick.value >= 0.97 * exact.value
    good = maximal_covering(covers, weights, count=25, gap=0.5)
    assert good.search == "quick"


def test_more_sites_or_money_never_cover_less_and_order_changes_nothing() -> None:
    covers, weights = spread(places=120)
    values = [maximal_covering(covers, weights, count=count).value for count in (0, 2, 5, 9)]
    assert values[0] == 0
    assert values == sorted(values)
    turn = np.random.default_rng(0).permutation(120)
    turned = maximal_covering(csr_array(covers[turn][:, turn].astype(float)), weights[turn], count=5)
    assert turned.value == values[2]


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match="no candidate covers 1 of 2"):
        set_covering([[0, 0], [1, 1]])
    with pytest.raises(DataError, match="neither count nor budget"):
        maximal_covering([[1]], [1])
    with pytest.raises(DataError, match="shapes"):
        maximal_covering([[1]], [1, 2], count=1)
    with pytest.raises(DataError, match="unknown"):
        maximal_covering([[1]], [1], count=1, search="best")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="costs"):
        maximal_covering([[1]], [1], budget=1, costs=[0])
    with pytest.raises(DataError, match="weights"):
        maximal_covering([[1]], [np.nan], count=1)
    assert covers_of([0, 0], [1, 1], places=1, candidates=2).toarray().tolist() == [[0, 1]]


def network(seed: int, *, nodes: int = 9) -> Roads:
    """A random connected network with a node apart."""
    rng = np.random.default_rng(seed)
    start = np.concatenate([np.arange(1, nodes - 1), rng.integers(0, nodes - 1, nodes)])
    end = np.concatenate(
        [[rng.integers(0, node) for node in range(1, nodes - 1)], rng.integers(0, nodes - 1, nodes)]
    )
    return Roads(start=start, end=end, km=rng.integers(0, 9, start.size).astype(float), nodes=nodes)


def least_tree(roads: Roads, *, roots: list[int], sites: list[int]) -> float:
    """The shortest tree by trial of all sets of nodes: the spanning tree of each."""
    base = set(roots) | set(sites)
    others = [node for node in range(roads.nodes) if node not in base]
    found = np.inf
    for many in range(len(others) + 1):
        for more in combinations(others, many):
            inside = base | set(more)
            joined = {node: (-1 if node in roots else node) for node in inside}
            total = 0.0
            for link in np.argsort(roads.km, kind="stable"):
                one, two = int(roads.start[link]), int(roads.end[link])
                if one in inside and two in inside and joined[one] != joined[two]:
                    total += roads.km[link]
                    old, new = joined[one], joined[two]
                    joined = {node: new if group == old else group for node, group in joined.items()}
            if len(set(joined.values())) == 1:
                found = min(found, total)
    return float(found)


@given(seeds)
@settings(max_examples=25)
def test_trees_against_trial_of_all(seed: int) -> None:
    roads = network(seed)
    rng = np.random.default_rng(seed)
    spots = rng.permutation(roads.nodes - 1)
    roots, sites = spots[:2].tolist(), spots[2:5].tolist()
    found = fibre_tree(roads, roots=roots, sites=sites)
    least = least_tree(roads, roots=roots, sites=sites)
    assert found.bound - 1e-9 <= least <= found.km + 1e-9
    assert found.km <= 2 * least + 1e-6
    assert found.km == pytest.approx(roads.km[found.links].sum())
    assert found.km == pytest.approx(found.share_km.sum(), abs=1e-6)
    assert (found.alone_km <= found.km + 1e-6).all()
    assert found.km <= found.alone_km.sum() + 1e-6
    used = csr_array(
        (np.ones(found.links.size), (roads.start[found.links], roads.end[found.links])),
        shape=(roads.nodes, roads.nodes),
    )
    group = connected_components(used, directed=False)[1]
    assert all(group[site] in group[roots] for site in sites)


def test_sites_out_of_reach_are_said() -> None:
    roads = network(3)
    found = fibre_tree(roads, roots=[0], sites=[1, roads.nodes - 1, 0])
    assert found.reached.tolist() == [True, False, True]
    assert np.isnan(found.share_km[1])
    assert found.share_km[2] == 0
    assert np.isinf(found.alone_km[1])
    assert way_km(roads, roots=[]).tolist() == [np.inf] * roads.nodes
    none = fibre_tree(roads, roots=[], sites=[1, 2])
    assert (none.links.size, none.km, none.reached.any()) == (0, 0.0, False)
    made = {"roads": roads, "roots": [], "nodes": [1, 2], "per_km": 1.0}
    bare = cover_with_backhaul(np.eye(2), [9, 8], costs=[3, 3], budget=99, **made)  # type: ignore[arg-type]
    assert (bare.covering.sites.size, bare.covering.value, bare.covering.cost) == (0, 0.0, 0.0)
    with pytest.raises(DataError, match="shapes"):
        Roads(start=np.array([0]), end=np.array([1]), km=np.array([1.0, 2.0]), nodes=2)


@given(seeds)
@settings(max_examples=15)
def test_joint_choice_keeps_the_budget_and_its_bound(seed: int) -> None:
    roads = network(seed)
    rng = np.random.default_rng(seed)
    candidates = rng.permutation(roads.nodes - 1)[:5]
    made = case(seed, places=8, candidates=5)
    budget, per_km = float(rng.integers(5, 40)), 2.0
    found = cover_with_backhaul(
        made["covers"],
        made["weights"],
        costs=made["costs"],
        budget=budget,
        roads=roads,
        roots=[0],
        nodes=candidates,
        per_km=per_km,
    )
    sites = found.covering.sites
    assert found.covering.cost == pytest.approx(made["costs"][sites].sum() + per_km * found.tree.km)
    assert found.covering.cost <= budget * (1 + 1e-9)
    top = 0.0
    for many in range(6):
        for chosen in combinations(range(5), many):
            nodes = [int(candidates[one]) for one in chosen]
            km = least_tree(roads, roots=[0], sites=nodes) if nodes else 0.0
            if made["costs"][list(chosen)].sum() + per_km * km <= budget:
                top = max(top, float(made["weights"][made["covers"][:, list(chosen)].any(axis=1)].sum()))
    assert found.covering.value <= top <= found.covering.bound + 1e-6
