from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from networks import Table, build, floyd_warshall, planar, roads
from tongqu.methods.network import TICKS_PER_MINUTE, build_network, whole_ticks
from tongqu.methods.ranges import minutes_from, node_ranges, range_sums
from tongqu.methods.travel import SLACK_MINUTES, minutes_matrix, nearest, nearest_few


@given(roads())
def test_contracted_equals_floyd_warshall(table: Table) -> None:
    every = np.arange(len(table["nodes"]))
    found = build(table).contraction.minutes(every, every, limit=np.inf)
    np.testing.assert_array_equal(found, floyd_warshall(table))


@given(roads(), st.data())
def test_nearest_few_equal_sorting_the_matrix_contracted_or_not(table: Table, data: st.DataObject) -> None:
    node = st.integers(0, len(table["nodes"]) - 1)
    targets = np.array(data.draw(st.lists(node, max_size=7)), dtype=int)
    few = data.draw(st.integers(1, 4))
    limit = data.draw(st.sampled_from([np.inf, 10.0]))
    whole = floyd_warshall(table)[:, targets]
    whole = np.where(whole <= limit, whole, np.inf)
    order = np.argsort(whole, axis=1, kind="stable")
    minutes = np.take_along_axis(np.pad(whole, ((0, 0), (0, few)), constant_values=np.inf), order, axis=1)
    wanted = np.full((len(whole), few), np.inf)
    wanted[:, : min(few, targets.size)] = minutes[:, :few]
    target = np.full(wanted.shape, -1)
    target[:, : min(few, targets.size)] = order[:, :few]
    target[np.isinf(wanted)] = -1
    for contracted in (False, True):
        network = build(table)
        if contracted:
            assert network.contraction is not None
        found = nearest_few(network, targets=targets, few=few, limit=limit)
        np.testing.assert_array_equal(found.minutes, wanted)
        np.testing.assert_array_equal(found.target, target)


@given(roads(), st.data())
def test_ranges_equal_the_matrix(table: Table, data: st.DataObject) -> None:
    node = st.integers(0, len(table["nodes"]) - 1)
    origins = np.array(data.draw(st.lists(node, max_size=7)), dtype=int)
    limit = data.draw(st.integers(0, 60)) / 4
    inward = data.draw(st.booleans())
    whole = floyd_warshall(table)
    whole = (whole.T if inward else whole)[origins]
    whole = np.where(whole <= limit, whole, np.inf)
    network = build(table)
    ranges = node_ranges(network, origins=origins, limit=limit, inward=inward)
    weights = np.arange(2.0 * len(table["nodes"])).reshape(-1, 2)
    sums = range_sums(network, origins=origins, limit=limit, weights=weights, inward=inward)
    for row in range(origins.size):
        found = np.full(len(table["nodes"]), np.inf)
        reached, minutes = ranges.of(row)
        found[reached] = minutes
        assert np.unique(reached).size == reached.size
        np.testing.assert_array_equal(found, whole[row])
        np.testing.assert_array_equal(sums[row], weights[np.isfinite(whole[row])].sum(axis=0))


@pytest.mark.parametrize(("size", "seed"), [(300, 1), (4000, 2)])
def test_equal_to_scipy_on_random_planar_roads(size: int, seed: int) -> None:
    network = planar(size, seed=seed)
    rng = np.random.default_rng(seed)
    origins, targets = rng.integers(0, size, 60), np.r_[size, rng.integers(0, size, 40)]
    peer = dijkstra(network.graph, indices=origins)[:, targets]
    assert np.isinf(peer).any()
    assert np.isfinite(peer).any()
    np.testing.assert_array_equal(minutes_matrix(network, origins=origins, targets=targets), peer)
    np.testing.assert_array_equal(minutes_matrix(network, origins=origins[:3], targets=targets), peer[:3])
    one = minutes_from(network, origin=int(origins[0]))
    np.testing.assert_array_equal(one[targets], peer[0])
    near = nearest(network, targets=targets, origins=origins)
    np.testing.assert_array_equal(near.minutes, peer.min(axis=1))


def test_a_hub_of_many_roads_is_contracted_too() -> None:
    leaves = 30_000
    hub = build_network(
        range(leaves + 1),
        start=[0] * leaves,
        end=range(1, leaves + 1),
        minutes=[1 + n % 7 for n in range(leaves)],
    )
    found = hub.contraction.minutes(np.array([1, 2]), np.array([0, 3, leaves]), limit=np.inf)
    np.testing.assert_array_equal(found, [[1, 4, 1 + 1 + (leaves - 1) % 7], [2, 5, 2 + 1 + (leaves - 1) % 7]])
    assert hub.contraction.core_rows.size == 1


def test_triangle_inequality_symmetry_and_speed_ups() -> None:
    network = planar(900, seed=5, oneway=0.0)
    rng = np.random.default_rng(5)
    nodes = rng.integers(0, 900, 40)
    square = minutes_matrix(network, origins=nodes, targets=nodes)
    np.testing.assert_array_equal(square, square.T)
    through = (square[:, :, np.newaxis] + square[np.newaxis]).min(axis=1)
    assert (square <= through).all()
    chosen = rng.choice(network.minutes.size, 50, replace=False)
    faster = network.with_minutes(chosen, network.minutes[chosen] / 2)
    assert (minutes_matrix(faster, origins=nodes, targets=nodes) <= square).all()
    assert (minutes_matrix(faster, origins=nodes, targets=nodes) < square).any()


def test_what_cannot_be_reached_is_inf_and_never_a_large_number() -> None:
    apart = build_network(range(4), start=[0, 2], end=[1, 3], minutes=[1, np.inf])
    whole = minutes_matrix(apart, origins=range(4), targets=range(4))
    assert np.isfinite(whole).sum() == 6
    assert nearest(apart, targets=[3]).target.tolist() == [-1, -1, -1, 0]


@given(st.lists(st.floats(0, 5000), min_size=1))
def test_whole_ticks_keep_order_and_stay_near(values: list[float]) -> None:
    minutes = np.sort(np.array(values))
    ticks = whole_ticks(minutes)
    assert (np.diff(ticks) >= 0).all()
    assert ((ticks == 0) == (minutes == 0)).all()
    assert (np.abs(ticks - minutes) <= 1 / TICKS_PER_MINUTE).all()
    np.testing.assert_array_equal(ticks * TICKS_PER_MINUTE, np.round(ticks * TICKS_PER_MINUTE))


def test_rounding_to_ticks_excludes_nobody_at_the_limit() -> None:
    third = build_network(range(61), start=range(60), end=range(1, 61), minutes=[1 / 3] * 60)
    assert nearest(third, targets=[0], limit=20).minutes[60] <= 20 + SLACK_MINUTES
