"""Queues for room against a walk pair by pair in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.access import assign_to_room
from tongqu.methods.queue import queue_of


def walk(
    pairs: list[tuple[float, int, int]], need: list[float], room: list[float]
) -> tuple[dict, list, list]:
    """Placed by pair, people left and room used, the shortest ride first."""
    left, free, placed = list(need), list(room), {}
    for _, home, site in sorted(pairs):
        people = min(left[home], free[site])
        placed[home, site] = people
        left[home] -= people
        free[site] -= people
    return placed, left, [whole - rest for whole, rest in zip(room, free, strict=True)]


@given(st.integers(0, 10_000))
def test_a_queue_serves_as_a_walk_from_pair_to_pair_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    homes, sites = rng.integers(1, 6, 2)
    at = [(home, site) for home in range(homes) for site in range(sites) if rng.random() < 0.7]
    origin, site = (np.array([pair[side] for pair in at], dtype=np.int64) for side in (0, 1))
    minutes = rng.integers(1, 4, len(at)).astype(np.float64)
    queue = queue_of(origin, site, minutes=minutes, origins=homes, sites=sites)
    assert queue.reached.tolist() == [home in set(origin.tolist()) for home in range(homes)]
    for _ in range(2):
        need, room = rng.integers(0, 9, homes).astype(float), rng.integers(0, 9, sites).astype(float)
        pairs = list(zip(minutes.tolist(), origin.tolist(), site.tolist(), strict=True))
        placed, left, used = walk(pairs, need.tolist(), room.tolist())
        turned = queue.serve(need, room=room)
        assert turned.unplaced.tolist() == left
        assert turned.filled.tolist() == used
        by_pair, again = queue.placed(need, room=room)
        assert again.unplaced.tolist() == left
        assert by_pair.tolist() == [placed[pair] for pair in zip(queue.origin, queue.site, strict=True)]
        given_order = assign_to_room(origin, site, minutes=minutes, demand=need, room=room)
        assert given_order.placed.tolist() == [placed[pair] for pair in at]


def test_a_queue_refuses_what_does_not_fit_it() -> None:
    queue = queue_of([0], [0], minutes=[1], origins=1, sites=1)
    with pytest.raises(DataError, match="lengths differ"):
        queue.serve([1, 2], room=[3])
    with pytest.raises(DataError, match="missing or outside"):
        queue.serve([-1], room=[3])
    with pytest.raises(DataError, match="a position is outside"):
        queue_of([1], [0], minutes=[1], origins=1, sites=1)
