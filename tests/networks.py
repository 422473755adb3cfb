"""Road networks for tests: small random tables, the plainest search, and larger planar networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from tongqu.methods.network import Network, build_network

Table = dict[str, Any]


@st.composite
def roads(draw: st.DrawFn, most: int = 9) -> Table:
    """A small road table: parallel links, loops, one-way, closed and zero-minute links included."""
    size = draw(st.integers(1, most))
    count = draw(st.integers(0, 3 * size))
    node = st.integers(0, size - 1)
    quarter = st.one_of(st.integers(0, 80).map(lambda n: n / 4), st.just(np.inf))
    return {
        "nodes": [f"n{i}" for i in range(size)],
        "start": np.array([f"n{draw(node)}" for _ in range(count)], dtype=object),
        "end": np.array([f"n{draw(node)}" for _ in range(count)], dtype=object),
        "minutes": np.array([draw(quarter) for _ in range(count)]),
        "oneway": np.array([draw(st.booleans()) for _ in range(count)], dtype=bool),
    }


def build(table: Table) -> Network:
    return build_network(table["nodes"], **{key: table[key] for key in ("start", "end", "minutes", "oneway")})


def floyd_warshall(table: Table) -> np.ndarray:
    """All shortest times by the plainest algorithm there is."""
    place = {node: i for i, node in enumerate(table["nodes"])}
    best = np.full((len(place), len(place)), np.inf)
    np.fill_diagonal(best, 0)
    for start, end, time, single in zip(
        table["start"], table["end"], table["minutes"], table["oneway"], strict=True
    ):
        a, b = place[start], place[end]
        best[a, b] = min(best[a, b], time)
        if not single:
            best[b, a] = min(best[b, a], time)
    for k in range(len(place)):
        best = np.minimum(best, best[:, [k]] + best[[k], :])
    return best


def planar(size: int, *, seed: int, oneway: float = 0.1) -> Network:
    """Roads along a triangulation, some of them one-way, a third left out, three nodes apart."""
    rng = np.random.default_rng(seed)
    spots = rng.random((size, 2)) * np.sqrt(size)
    corners = Delaunay(spots).simplices
    edges = np.unique(np.sort(np.concatenate([corners[:, :2], corners[:, 1:], corners[:, ::2]])), axis=0)
    edges = edges[rng.random(len(edges)) < 0.67]
    km = np.hypot(*(spots[edges[:, 0]] - spots[edges[:, 1]]).T)
    minutes = km * rng.uniform(0.5, 2.4, km.size)
    single = rng.random(km.size) < oneway
    start, end = edges.T
    return build_network(np.arange(size + 3), start=start, end=end, minutes=minutes, oneway=single)
