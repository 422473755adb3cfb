from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import Table, build, floyd_warshall, roads
from tongqu.base import DataError
from tongqu.methods.network import TICKS_PER_MINUTE
from tongqu.methods.ranges import node_ranges, range_sums
from tongqu.methods.travel import (
    SLACK_MINUTES,
    build_network,
    great_circle_km,
    minutes_matrix,
    nearest,
    nearest_few,
    pairs_within,
    reach_of,
    within,
)


@given(roads())
def test_matrix_equals_floyd_warshall(table: Table) -> None:
    every = np.arange(len(table["nodes"]))
    np.testing.assert_array_equal(
        minutes_matrix(build(table), origins=every, targets=every), floyd_warshall(table)
    )


@given(roads(), st.data())
def test_subsets_and_limit_cut_the_same_matrix(table: Table, data: st.DataObject) -> None:
    node = st.integers(0, len(table["nodes"]) - 1)
    origins = np.array(data.draw(st.lists(node, max_size=12)), dtype=int)
    targets = np.array(data.draw(st.lists(node, max_size=12)), dtype=int)
    limit = data.draw(st.integers(0, 60)) / 4
    whole = floyd_warshall(table)[np.ix_(origins, targets)]
    cut = np.where(whole <= limit, whole, np.inf)
    network = build(table)
    np.testing.assert_array_equal(minutes_matrix(network, origins=origins, targets=targets, limit=limit), cut)
    pairs = pairs_within(network, origins=origins, targets=targets, limit=limit)
    again = np.full(cut.shape, np.inf)
    again[pairs.origin, pairs.target] = pairs.minutes
    np.testing.assert_array_equal(again, cut)


@given(roads(), st.data())
def test_nearest_equals_floyd_warshall(table: Table, data: st.DataObject) -> None:
    node = st.integers(0, len(table["nodes"]) - 1)
    targets = np.array(data.draw(st.lists(node, max_size=5)), dtype=int)
    limit = data.draw(st.one_of(st.just(np.inf), st.integers(0, 60).map(lambda n: n / 4)))
    found = nearest(build(table), targets=targets, limit=limit)
    whole = floyd_warshall(table)[:, targets]
    best = whole.min(axis=1, initial=np.inf)
    np.testing.assert_array_equal(found.minutes, np.where(best <= limit, best, np.inf))
    reached = np.isfinite(found.minutes)
    assert (found.target[~reached] == -1).all()
    np.testing.assert_array_equal(whole[reached, found.target[reached]], found.minutes[reached])


@given(roads(), st.data())
def test_relabelling_changes_nothing(table: Table, data: st.DataObject) -> None:
    size = len(table["nodes"])
    order = np.array(data.draw(st.permutations(range(size))))
    shuffled = {**table, "nodes": [f"n{i}" for i in order]}
    rows = np.array(data.draw(st.permutations(range(len(table["start"])))), dtype=int)
    for key in ("start", "end", "minutes", "oneway"):
        shuffled[key] = table[key][rows]
    first, second = build(table), build(shuffled)
    before = nearest(first, targets=first.locate(["n0"])).minutes
    after = nearest(second, targets=second.locate(["n0"])).minutes
    np.testing.assert_array_equal(before[order], after)


@given(roads(), st.data())
def test_with_minutes_equals_a_new_network_and_never_lengthens(table: Table, data: st.DataObject) -> None:
    count = len(table["start"])
    chosen = np.flatnonzero([data.draw(st.booleans()) for _ in range(count)])
    faster = np.minimum(table["minutes"][chosen], data.draw(st.integers(0, 20)) / 4)
    network = build(table)
    upgraded = network.with_minutes(chosen, faster)
    changed = table["minutes"].copy()
    changed[chosen] = faster
    every = np.arange(len(table["nodes"]))
    after = minutes_matrix(upgraded, origins=every, targets=every)
    np.testing.assert_array_equal(after, floyd_warshall({**table, "minutes": changed}))
    assert (after <= floyd_warshall(table)).all()
    np.testing.assert_array_equal(network.minutes, table["minutes"])
    assert upgraded.indices is network.indices


def test_parallel_links_keep_the_fastest_and_zero_stays_a_link() -> None:
    network = build_network(
        [1, 2, 3],
        start=[1, 2, 1, 2],
        end=[2, 1, 2, 3],
        minutes=[5, 3, 4, 0],
        oneway=[True, True, True, False],
    )
    whole = minutes_matrix(network, origins=[0, 1, 2], targets=[0, 1, 2])
    np.testing.assert_array_equal(whole, [[0, 4, 4], [3, 0, 0], [3, 0, 0]])


def test_a_limit_does_not_hang_on_rounding() -> None:
    network = build_network(range(4), start=[0, 1, 2], end=[1, 2, 3], minutes=[0.1, 0.2, 0.3])
    assert nearest(network, targets=[3], limit=0.6).minutes[0] == pytest.approx(0.6, abs=0.001)
    assert nearest(network, targets=[0], limit=0.6).minutes[3] == pytest.approx(0.6, abs=0.001)
    assert within(0.1 + 0.2 + 0.3, 0.6)
    assert not within(np.inf, np.inf)


def test_large_searches_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    ends = rng.integers(0, 30, (2, 60))
    network = build_network(range(30), start=ends[0], end=ends[1], minutes=rng.integers(1, 9, 60))
    nodes = rng.integers(0, 30, 40)
    whole = minutes_matrix(network, origins=nodes, targets=range(30))
    monkeypatch.setattr("tongqu.methods.travel._CELLS", 90)
    np.testing.assert_array_equal(minutes_matrix(network, origins=nodes, targets=range(30)), whole)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nodes": ["a", "a"]}, "a node comes twice"),
        ({"start": ["x"]}, "1 ids are no nodes: x"),
        ({"minutes": [-1]}, "missing or outside"),
        ({"minutes": [np.nan]}, "missing or outside"),
        ({"minutes": [1, 2]}, "lengths differ"),
    ],
)
def test_malformed_networks(change: Table, says: str) -> None:
    table = {"nodes": ["a", "b"], "start": ["a"], "end": ["b"], "minutes": [1], **change}
    with pytest.raises(DataError, match=says):
        build_network(table.pop("nodes"), **table)


def test_malformed_questions() -> None:
    network = build_network(["a", "b"], start=["a"], end=["b"], minutes=[1])
    with pytest.raises(DataError, match=r"outside 0\.\.1"):
        nearest(network, targets=[2])
    with pytest.raises(DataError, match="not a list of integers"):
        nearest(network, targets=["a"])
    with pytest.raises(DataError, match="no limit"):
        nearest(network, targets=[0], limit=-1)
    with pytest.raises(DataError, match="a link comes twice"):
        network.with_minutes([0, 0], [1, 1])
    with pytest.raises(DataError, match="lengths differ"):
        network.with_minutes([0], [1, 1])
    with pytest.raises(DataError, match="no nodes: c"):
        network.locate(["c"])


@pytest.mark.parametrize("below", [0.0, 1e-9, 1e-7, 1e-3])
def test_searches_and_within_draw_the_line_at_the_same_number(below: float) -> None:
    limit = 20 - SLACK_MINUTES - below  # float32 would round it up to the minutes of the link
    network = build_network(["a", "b"], start=["a"], end=["b"], minutes=[20])
    inside = bool(within(20.0, limit))
    assert inside is (below == 0)
    assert pairs_within(network, origins=[0], targets=[1], limit=limit).minutes.size == inside
    assert node_ranges(network, origins=[0], limit=limit).node.size == 1 + inside
    assert np.isfinite(nearest(network, targets=[1], limit=limit).minutes[0]) == inside


@given(st.one_of(st.floats(0, 1e5), st.sampled_from([1e39, 1e308, np.inf])))
def test_a_limit_is_within_itself(limit: float) -> None:
    reach = reach_of(limit)
    assert limit < reach <= limit + SLACK_MINUTES or limit > 1e38
    assert np.float32(reach) == reach


def test_a_network_of_nothing() -> None:
    network = build_network([], start=[], end=[], minutes=[])
    assert nearest_few(network, targets=[], few=2).minutes.shape == (0, 2)
    assert minutes_matrix(network, origins=[], targets=[]).shape == (0, 0)
    assert range_sums(network, origins=[], limit=1, weights=[]).shape == (0,)
    assert range_sums(network, origins=[], limit=1, weights=np.empty((0, 3))).shape == (0, 3)
    assert network.contraction.minutes(np.empty(0, int), np.empty(0, int), limit=1).shape == (0, 0)


def test_great_circle() -> None:
    quarter = great_circle_km(lon1=0, lat1=0, lon2=[90, 0, 0], lat2=[0, 90, 0])
    np.testing.assert_allclose(quarter, [10007.557, 10007.557, 0], atol=0.001)
    assert great_circle_km(lon1=0, lat1=0, lon2=180, lat2=0) == pytest.approx(20015.11, abs=0.01)


@pytest.mark.parametrize("links", [1, 10, 64])
def test_the_slack_covers_the_rounding_of_64_links(links: int) -> None:
    minutes = np.full(links, (500 + 0.5000001) / TICKS_PER_MINUTE)  # each is rounded up by half a tick
    nodes = np.arange(links + 1)
    network = build_network(nodes, start=nodes[:-1], end=nodes[1:], minutes=minutes)
    assert within(nearest(network, targets=[links]).minutes[0], float(minutes.sum()))
