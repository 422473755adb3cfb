"""Siting: the best sites by trying all, penalties that move them, returns of haulage."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.siting import haul_returns, labour_within, site_plants


@given(st.integers(0, 10**9), st.integers(1, 3))
def test_no_other_sites_cost_less(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    places, candidates = int(rng.integers(2, 7)), int(rng.integers(count, 6))
    minutes = rng.uniform(0, 90, (places, candidates))
    minutes[rng.uniform(size=minutes.shape) < 0.1] = np.inf
    supply = rng.uniform(0.1, 50, places)
    labour, road = rng.uniform(0, 900, candidates), rng.choice([0.0, 5.0, 10.0], candidates)
    found = site_plants(
        minutes, supply, count=count, labour=labour, labour_minutes=20, road_minutes=road, far=120
    )
    counted = np.minimum(minutes + road + 20 * (1 - labour / labour.max()), 120)
    best = min(
        (supply * counted[:, list(some)].min(axis=1)).sum() for some in combinations(range(candidates), count)
    )
    assert found.cost == pytest.approx(best)
    assert found.gap == pytest.approx(0, abs=1e-9)
    inside = found.nearest >= 0
    assert found.supply.sum() == pytest.approx(supply[inside].sum())
    assert found.tonne_minutes == pytest.approx((supply[inside] * found.minutes[inside]).sum())
    assert (np.diff(found.supply) <= 1e-9).all()


def test_labour_and_roads_move_a_site() -> None:
    minutes = [[0, 20], [20, 0]]
    assert site_plants(minutes, [10, 9], count=1).sites.tolist() == [0]
    assert site_plants(minutes, [10, 9], count=1, road_minutes=[5, 0]).sites.tolist() == [1]
    assert site_plants(minutes, [10, 9], count=1, road_minutes=[5, 0], pinned=(0,)).sites.tolist() == [0]
    same = site_plants(minutes, [10, 9], count=1, labour=[0, 0], labour_minutes=50)
    assert same.sites.tolist() == [0]


def test_labour_counts_those_inside_the_limit() -> None:
    assert labour_within([[30, 31], [np.inf, 5]], [7, 2], limit=30).tolist() == [7.0, 2.0]


def test_haulage_takes_near_supply_first_and_none_at_a_loss() -> None:
    curve = haul_returns([50, 10, 300, np.inf], [4, 6, 9, 9], margin=100, per_tonne_minute=0.5)
    assert curve.source.tolist() == [1, 0]
    assert curve.at([6, 10, 100]).tolist() == [570.0, 870.0, 870.0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"supply": [0, 0]}, "none"),
        ({"supply": [1]}, "shapes"),
        ({"supply": [1, -1]}, "supply"),
        ({"count": 3}, "candidates"),
        ({"labour": [1]}, "shape"),
        ({"road_minutes": [1, 2, 3]}, "shape"),
    ],
)
def test_what_cannot_be_is_named(changes: dict[str, object], words: str) -> None:
    content: dict[str, object] = {"supply": [1, 2], "count": 1} | changes
    supply = content.pop("supply")
    with pytest.raises(DataError, match=words):
        site_plants([[0, 9], [9, 0]], supply, **content)  # type: ignore[arg-type]
