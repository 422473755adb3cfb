from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import Table, build, planar, roads
from tongqu.base import DataError
from tongqu.methods.changes import Change
from tongqu.methods.network import Network, build_network
from tongqu.methods.travel import minutes_matrix, nearest, within
from tongqu.methods.what_if import after, matrix_after, score_changes, standing


@st.composite
def changes(draw: st.DrawFn, table: Table) -> Change:
    """Some links faster, some added, perhaps a site."""
    size, count = len(table["nodes"]), len(table["minutes"])
    node = st.integers(0, size - 1)
    links = draw(st.lists(st.integers(0, count - 1), unique=True, max_size=3)) if count else []
    share = draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    then = [min(table["minutes"][link], 40) * share for link in links]
    new = draw(st.lists(st.tuples(node, node, st.integers(0, 40)), max_size=2))
    return Change(
        links=np.array(links, dtype=int),
        minutes=np.array(then, dtype=float),
        start=np.array([a for a, _, _ in new], dtype=int),
        end=np.array([b for _, b, _ in new], dtype=int),
        new_minutes=np.array([m / 4 for _, _, m in new], dtype=float),
        oneway=draw(st.booleans()),
        sites=np.array(draw(st.lists(node, max_size=2)), dtype=int),
    )


def rebuilt(network: Network, *made: Change) -> Network:
    """The changed roads, built anew."""
    minutes = network.minutes.copy()
    start, end, single = [network.start], [network.end], [network.oneway]
    added = []
    for change in made:
        minutes[change.links] = np.minimum(minutes[change.links], change.minutes)
        start.append(change.start)
        end.append(change.end)
        single.append(np.full(change.start.size, change.oneway))
        added.append(change.new_minutes)
    return build_network(
        np.arange(len(network.nodes)),
        start=np.concatenate(start),
        end=np.concatenate(end),
        minutes=np.concatenate([minutes, *added]),
        oneway=np.concatenate(single),
    )


@given(roads(), st.data())
def test_after_equals_a_full_run(table: Table, data: st.DataObject) -> None:
    network = build(table)
    node = st.integers(0, len(table["nodes"]) - 1)
    targets = np.array(data.draw(st.lists(node, max_size=3)), dtype=int)
    change = data.draw(changes(table))
    limit = data.draw(st.sampled_from([np.inf, 15.0]))
    found = after(standing(network, targets=targets, limit=limit), change)
    full = nearest(rebuilt(network, change), targets=np.r_[targets, change.sites], limit=limit)
    np.testing.assert_array_equal(found.minutes, full.minutes)
    np.testing.assert_array_equal(found.target, full.target)


@given(roads(), st.data())
def test_matrix_after_equals_a_full_run(table: Table, data: st.DataObject) -> None:
    network = build(table)
    node = st.integers(0, len(table["nodes"]) - 1)
    origins = np.array(data.draw(st.lists(node, max_size=4)), dtype=int)
    targets = np.array(data.draw(st.lists(node, max_size=4)), dtype=int)
    change = data.draw(changes(table))
    limit = data.draw(st.sampled_from([np.inf, 15.0]))
    ask = {"origins": origins, "targets": targets, "limit": limit}
    before = minutes_matrix(network, **ask)
    found = matrix_after(network, change, minutes=np.nan_to_num(before, posinf=np.inf), **ask)
    np.testing.assert_array_equal(found, minutes_matrix(rebuilt(network, change), **ask))


@given(roads(), st.data())
def test_scores_equal_trying_every_change_and_pair(table: Table, data: st.DataObject) -> None:
    network = build(table)
    size = len(table["nodes"])
    targets = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=2)), dtype=int)
    made = data.draw(st.lists(changes(table), max_size=4))
    origins = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=6)), dtype=int)
    limit = 12.0
    base = standing(network, targets=targets, limit=limit)

    def inside(*chosen: Change) -> np.ndarray:
        goals = np.r_[targets, *(change.sites for change in chosen)].astype(int)
        found = nearest(rebuilt(network, *chosen), targets=goals, origins=origins, limit=limit)
        return np.asarray(within(found.minutes, limit))

    today = inside()
    alone = [inside(change) & ~today for change in made]
    scores = score_changes(base, made, origins=origins)
    singles = {(row.change, row.origin) for row in scores.singles.itertuples()}
    assert singles == {(i, int(o)) for i, gain in enumerate(alone) for o in np.flatnonzero(gain)}
    pairs = {(row.first, row.second, row.origin) for row in scores.pairs.itertuples()}
    assert pairs == {
        (i, j, int(o))
        for (i, one), (j, two) in combinations(enumerate(made), 2)
        for o in np.flatnonzero(inside(one, two) & ~today & ~alone[i] & ~alone[j])
    }
    assert len(scores.singles) == len(singles)
    assert len(scores.pairs) == len(pairs)


def test_many_changes_on_planar_roads_equal_full_runs() -> None:
    network = planar(2000, seed=3)
    rng = np.random.default_rng(3)
    sites = rng.integers(0, 2000, 12)
    homes = rng.integers(0, 2000, 150)
    base = standing(network, targets=sites, limit=8)
    made = [
        Change(links=links, minutes=network.minutes[links] * 0.4)
        for links in (rng.choice(network.minutes.size, 6, replace=False) for _ in range(40))
    ]
    made += [Change(sites=rng.integers(0, 2000, 1)) for _ in range(20)]
    scores = score_changes(base, made, origins=homes)
    outside = ~np.isfinite(base.minutes[homes])
    for number in range(0, 60, 7):
        full = nearest(
            rebuilt(network, made[number]), targets=np.r_[sites, made[number].sites], origins=homes, limit=8
        )
        gained = np.flatnonzero(outside & np.isfinite(full.minutes))
        mine = scores.singles[scores.singles["change"] == number]
        assert mine["origin"].tolist() == gained.tolist()
        assert mine["minutes"].tolist() == full.minutes[gained].tolist()
    assert len(scores.singles)
    assert len(scores.pairs)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change(links=np.array([0]), minutes=np.array([9.0])), "makes a link slower"),
        (Change(links=np.array([7]), minutes=np.array([1.0])), r"outside 0\.\.0"),
        (Change(links=np.array([0]), minutes=np.array([-1.0])), "missing or outside"),
        (Change(start=np.array([0]), end=np.array([1])), "lengths differ"),
        (Change(sites=np.array([5])), r"outside 0\.\.1"),
    ],
)
def test_malformed_changes(change: Change, says: str) -> None:
    base = standing(build_network(["a", "b"], start=["a"], end=["b"], minutes=[4]), targets=[0])
    with pytest.raises(DataError, match=says):
        after(base, change)
