from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.access import Assignment, assign_to_room, beyond, gains, nearest_with_room
from tongqu.methods.changes import Change
from tongqu.methods.roads import road_network, upgrades_of
from tongqu.methods.travel import Network, build_network, minutes_matrix, within

Case = dict[str, Any]


@st.composite
def schools(draw: st.DrawFn) -> Case:
    """Pairs of origins and schools with many equal rides, empty villages and full schools."""
    origins, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    pairs = [(o, s) for o in range(origins) for s in range(sites) if draw(st.booleans())]
    pairs = draw(st.permutations(pairs))
    whole = st.integers(0, 12)
    return {
        "origin": np.array([o for o, _ in pairs], dtype=int),
        "site": np.array([s for _, s in pairs], dtype=int),
        "minutes": np.array([draw(st.integers(0, 6)) for _ in pairs], dtype=float),
        "demand": np.array([draw(whole) for _ in range(origins)], dtype=float),
        "room": np.array([draw(st.one_of(whole, st.just(np.inf))) for _ in range(sites)], dtype=float),
    }


def assign(case: Case) -> Assignment:
    return assign_to_room(
        case["origin"], case["site"], minutes=case["minutes"], demand=case["demand"], room=case["room"]
    )


@given(schools())
def test_assignment_equals_the_greedy_walk(case: Case) -> None:
    left, space = case["demand"].copy(), case["room"].copy()
    placed = np.zeros(case["origin"].size)
    for _, o, s, pair in sorted(
        zip(case["minutes"], case["origin"], case["site"], range(placed.size), strict=True)
    ):
        placed[pair] = min(left[o], space[s])
        left[o] -= placed[pair]
        space[s] -= placed[pair]
    found = assign(case)
    np.testing.assert_array_equal(found.placed, placed)
    np.testing.assert_array_equal(found.unplaced, left)


@given(schools(), st.floats(0.01, 3))
def test_assignment_keeps_its_promises(case: Case, scale: float) -> None:
    case["demand"] = case["demand"] * scale
    found = assign(case)
    slack = 1e-9
    assert (found.placed >= 0).all()
    assert (found.unplaced >= 0).all()
    assert (found.filled <= case["room"] + slack).all()
    by_origin = np.bincount(case["origin"], weights=found.placed, minlength=case["demand"].size)
    np.testing.assert_allclose(by_origin + found.unplaced, case["demand"], atol=slack)
    np.testing.assert_allclose(found.placed.sum(), found.filled.sum(), atol=slack)
    waiting = found.unplaced[case["origin"]] > slack
    assert not (waiting & (found.filled[case["site"]] < case["room"][case["site"]] - slack)).any()


@given(schools())
def test_more_room_never_leaves_more_unplaced_in_total(case: Case) -> None:
    more = {**case, "room": np.full_like(case["room"], np.inf)}
    assert assign(more).unplaced.sum() <= assign(case).unplaced.sum()


def test_beyond() -> None:
    assert beyond([10, 20, 20.5, np.inf], [1, 2, 3, 4], limit=20) == 0.7
    assert np.isnan(beyond([], [], limit=20))
    with pytest.raises(DataError, match="missing or outside"):
        beyond([np.nan], [1], limit=20)


@st.composite
def projects(draw: st.DrawFn) -> Case:
    size = draw(st.integers(2, 10))
    count = draw(st.integers(1, 18))
    node = st.integers(0, size - 1)
    nodes = st.lists(node, max_size=6)
    quarter = st.integers(1, 60).map(lambda n: n / 4)
    time = np.array([draw(st.one_of(quarter, st.just(np.inf))) for _ in range(count)])
    network = build_network(
        range(size),
        start=[draw(node) for _ in range(count)],
        end=[draw(node) for _ in range(count)],
        minutes=time,
        oneway=[draw(st.booleans()) for _ in range(count)],
    )
    links = st.lists(st.integers(0, count - 1), unique=True, max_size=6)
    chosen = [np.array(draw(links), dtype=int) for _ in range(draw(st.integers(0, 3)))]
    return {
        "network": network,
        "upgrades": [
            Change(links=link, minutes=np.minimum(time[link], [draw(quarter) / 4 for _ in link]))
            for link in chosen
        ],
        "origins": np.array(draw(nodes), dtype=int),
        "sites": np.array(draw(nodes)[:2], dtype=int),
        "candidates": np.array(draw(nodes), dtype=int),
        "limit": draw(st.integers(1, 60)) / 4,
    }


def inside(network: Network, case: Case, targets: np.ndarray) -> np.ndarray:
    return within(minutes_matrix(network, origins=case["origins"], targets=targets), case["limit"])


@given(projects())
def test_gains_equal_full_recomputation(case: Case) -> None:
    found = gains(**case)
    served = inside(case["network"], case, case["sites"]).any(axis=1)
    single = inside(case["network"], case, case["candidates"]) & ~served[:, np.newaxis]
    assert list(zip(found.singles["candidate"], found.singles["origin"], strict=True)) == [
        (c, o) for c in range(single.shape[1]) for o in range(single.shape[0]) if single[o, c]
    ]
    alone, both = [], []
    for number, upgrade in enumerate(case["upgrades"]):
        better = case["network"].with_minutes(upgrade.links, upgrade.minutes)
        gained = inside(better, case, case["sites"]).any(axis=1) & ~served
        alone += [(number, o) for o in np.flatnonzero(gained)]
        fits = inside(better, case, case["candidates"]) & ~single & ~(served | gained)[:, np.newaxis]
        both += [(number, c, o) for c in range(fits.shape[1]) for o in np.flatnonzero(fits[:, c])]
        time = minutes_matrix(better, origins=case["origins"], targets=case["candidates"])
        mine = found.both[found.both["upgrade"] == number]
        np.testing.assert_allclose(time[mine["origin"], mine["candidate"]], mine["minutes"], rtol=1e-12)
    assert list(zip(found.upgrades["upgrade"], found.upgrades["origin"], strict=True)) == alone
    key = [found.both[name] for name in ("upgrade", "candidate", "origin")]
    assert list(zip(*key, strict=True)) == both
    two = []
    for (i, one), (j, other) in combinations(enumerate(case["upgrades"]), 2):
        minutes = case["network"].minutes.copy()
        for change in (one, other):
            minutes[change.links] = np.minimum(minutes[change.links], change.minutes)
        better = case["network"].with_minutes(np.arange(minutes.size), minutes)
        gained = inside(better, case, case["sites"]).any(axis=1) & ~served
        done = {o for number, o in alone if number in {i, j}}
        two += [(i, j, o) for o in np.flatnonzero(gained) if o not in done]
    key = [found.two[name] for name in ("first", "second", "origin")]
    assert list(zip(*key, strict=True)) == two


def test_a_closed_link_is_a_road_not_yet_built() -> None:
    network = build_network([1, 2], start=[1], end=[2], minutes=[np.inf])
    built = Change(links=np.array([0]), minutes=np.array([10.0]))
    found = gains(network, upgrades=[built], origins=[0], sites=[1], candidates=[], limit=20)
    assert found.upgrades.to_dict("list") == {"upgrade": [0], "origin": [0], "minutes": [10.0]}
    assert found.singles.empty
    assert found.both.empty


def test_an_upgrade_does_not_slow_a_link() -> None:
    network = build_network([1, 2], start=[1], end=[2], minutes=[5])
    slower = Change(links=np.array([0]), minutes=np.array([6.0]))
    with pytest.raises(DataError, match="slower"):
        gains(network, upgrades=[slower], origins=[0], sites=[1], candidates=[], limit=2)


def test_tables_that_do_not_fit_the_roads() -> None:
    nodes = pd.DataFrame({"node": ["a", "b"]})
    links = pd.DataFrame({"link": ["ab"], "from_node": ["a"], "to_node": ["b"], "oneway": [False]})
    with pytest.raises(DataError, match="lacks links: ab"):
        road_network(nodes, links, minutes=pd.Series({"ba": 3.0}))
    network = road_network(nodes, links, minutes=pd.Series({"ab": 3.0}))
    apart = pd.DataFrame({"project": ["p", "q", "p"], "link": "ab", "minutes": 2.0})
    with pytest.raises(DataError, match="lie apart"):
        upgrades_of(network, apart, links=links["link"])
    with pytest.raises(DataError, match="lacks links: ba"):
        upgrades_of(network, apart.assign(link="ba"), links=links["link"])


@given(projects(), st.data())
def test_nearest_with_room_equals_filtering_the_matrix(case: Case, data: st.DataObject) -> None:
    network, few = case["network"], data.draw(st.integers(1, 3))
    size = len(network.nodes)
    targets = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=6)), dtype=int)
    room = np.array([data.draw(st.integers(0, 9)) for _ in targets], dtype=float)
    need = np.array([data.draw(st.integers(0, 9)) for _ in case["origins"]], dtype=float)
    ask = {"origins": case["origins"], "limit": case["limit"]}
    whole = minutes_matrix(network, targets=targets, **ask)
    whole = np.where(room >= need[:, np.newaxis], whole, np.inf)
    order = np.argsort(whole, axis=1, kind="stable")[:, :few]
    minutes = np.full((need.size, few), np.inf)
    minutes[:, : order.shape[1]] = np.take_along_axis(whole, order, axis=1)
    target = np.full((need.size, few), -1)
    target[:, : order.shape[1]] = order
    found = nearest_with_room(network, targets=targets, room=room, need=need, few=few, **ask)
    np.testing.assert_array_equal(found.minutes, minutes)
    np.testing.assert_array_equal(found.target, np.where(np.isfinite(minutes), target, -1))


@given(schools())
def test_the_order_of_the_pairs_does_not_matter(case: Case) -> None:
    """Pairs that come sorted are taken as they come; others are sorted first."""
    order = np.lexsort((case["site"], case["origin"], case["minutes"]))
    ordered = {name: case[name][order] for name in ("origin", "site", "minutes")}
    found, other = assign(case | ordered), assign(case)
    np.testing.assert_array_equal(found.placed, other.placed[order])
    np.testing.assert_array_equal(found.unplaced, other.unplaced)
