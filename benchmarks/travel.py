"""Travel times beside peers, on the same graph in one process: ratios with medians and spread.

Informational: prints tables, fails only where two routers disagree. Every phase is timed several times, ours
and the peer's in turn; the table gives the median and the least and greatest time. Preparation counts where
the heading says so. Peers that are not installed are left out and named (benchmarks/requirements.txt pins
them; they are of no use to anything else here).

    python3 dev.py bench travel                    # 290,000 nodes, as in docs/methods/travel.md
    python3 dev.py bench travel --growth           # from 3,000 to 3,000,000 nodes, ours only
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array, csr_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay

from tongqu.methods.changes import Change
from tongqu.methods.network import Network, build_network
from tongqu.methods.ranges import node_ranges
from tongqu.methods.travel import minutes_matrix, nearest, nearest_few
from tongqu.methods.what_if import after, matrix_after, score_changes, standing

VILLAGES, FACILITIES = 1500, 300
SPEED_KMH = np.array([25, 35, 45, 60])
EDGES_PER_NODE = 1.3276  # 770,000 arcs on 290,000 nodes
KM_PER_NODE = (100**2 / 290_000) ** 0.5


@dataclass
class Roads:
    """A planar network: x and y in km, edges, and their minutes in whole ticks."""

    x: np.ndarray
    y: np.ndarray
    edges: np.ndarray
    minutes: np.ndarray
    villages: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    facilities: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.x.size

    def network(self) -> Network:
        """Ours."""
        start, end = self.edges.T
        return build_network(np.arange(self.size), start=start, end=end, minutes=self.minutes)

    def matrix(self) -> csr_array[Any]:
        """Scipy's."""
        (a, b), m = self.edges.T, self.minutes
        return csr_array((np.r_[m, m], (np.r_[a, b], np.r_[b, a])), shape=(self.size, self.size))


def planar(size: int, *, seed: int = 1) -> Roads:
    """Part of a triangulation of random points: its spanning tree and short edges, at four speeds."""
    rng = np.random.default_rng(seed)
    spots = rng.random((size, 2)) * KM_PER_NODE * size**0.5
    corners = Delaunay(spots).simplices.astype(np.int64)
    edges = np.unique(np.sort(np.concatenate([corners[:, :2], corners[:, 1:], corners[:, ::2]])), axis=0)
    km = np.hypot(*(spots[edges[:, 0]] - spots[edges[:, 1]]).T)
    tree = minimum_spanning_tree(csr_matrix((km, edges.T), shape=(size, size))).tocoo()
    low, high = np.minimum(tree.row, tree.col), np.maximum(tree.row, tree.col)
    keys = edges[:, 0] * size + edges[:, 1]
    base = np.isin(keys, low.astype(np.int64) * size + high)
    extra = np.flatnonzero(~base)
    want = int(EDGES_PER_NODE * size) - int(base.sum())
    extra = extra[np.argsort(km[extra] * rng.random(extra.size))[:want]]
    kept = np.sort(np.r_[np.flatnonzero(base), extra])
    speed = rng.choice(SPEED_KMH, p=[0.5, 0.3, 0.15, 0.05], size=kept.size)
    minutes = km[kept] * rng.uniform(1.05, 1.4, kept.size) / speed * 60
    roads = Roads(spots[:, 0], spots[:, 1], edges[kept], np.maximum(1, np.round(minutes * 4096)) / 4096)
    count = min(VILLAGES, size // 2)
    roads.villages = rng.choice(size, count, replace=False)
    roads.facilities = rng.choice(size, min(FACILITIES, size // 2), replace=False)
    return roads


class Board:
    """Times of phases; prints them as they come."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.median: dict[str, float] = {}

    def take(self, name: str, work: Callable[[], Any], *, times: int | None = None) -> Any:
        """Time some work and give its value; its first run is not counted when there are several."""
        runs = times or self.times
        seconds, value = [], None
        for _ in range(runs):
            begin = time.perf_counter()
            value = work()
            seconds.append(time.perf_counter() - begin)
        self.median[name] = statistics.median(seconds)
        spread = f"{min(seconds):9.3f} to {max(seconds):.3f}" if runs > 1 else ""
        print(f"  {name:58s} {self.median[name]:9.3f} s  {spread}", flush=True)
        return value

    def ratio(self, peer: str, ours: str, goal: str = "") -> None:
        """How many times faster than a peer."""
        if peer in self.median:
            times = self.median[peer] / self.median[ours]
            print(f"  -> {ours}: {times:.1f} times faster than {peer} {goal}", flush=True)


def optional(name: str) -> Any:
    """A peer, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  ({name} is not installed: left out)")
        return None


def warm(*, say: bool = True) -> None:
    """Compile, so that no phase counts it; said and timed on its own."""
    begin = time.perf_counter()
    small = planar(500)
    network = small.network()
    base = standing(network, targets=small.facilities[:9], limit=3)
    change = Change(links=np.array([3]), minutes=np.array([0.0]))
    score_changes(base, [change, change], origins=small.villages)
    after(base, change)
    nearest_few(network, targets=small.facilities, few=5)
    node_ranges(network, origins=small.villages, limit=3)
    ask = {"origins": small.villages, "targets": small.facilities}
    matrix_after(network, change, minutes=minutes_matrix(network, **ask), **ask)
    assert network.contraction.nearest(small.facilities, few=5, limit=np.inf)
    if say:
        print(f"compiled or read from the cache in {time.perf_counter() - begin:.1f} s")


def matrix(board: Board, roads: Roads) -> None:
    """Villages x facilities, preparation included."""
    print(f"\nminutes of all {roads.villages.size} x {roads.facilities.size} pairs, preparation included")
    ask = {"origins": roads.villages, "targets": roads.facilities}
    ours = board.take("tongqu", lambda: minutes_matrix(roads.network(), **ask))
    peer = board.take(
        "scipy dijkstra (300 trees)",
        lambda: dijkstra(roads.matrix(), indices=roads.facilities)[:, roads.villages],
        times=2,
    )
    assert (ours == peer.T).all(), "not equal to scipy"
    if igraph := optional("igraph"):

        def by_igraph() -> np.ndarray:
            graph = igraph.Graph(n=roads.size, edges=roads.edges, edge_attrs={"w": roads.minutes})
            return np.array(graph.distances(roads.facilities, roads.villages, weights="w"))

        differ(board.take("igraph", by_igraph, times=1), ours.T)
    if networkit := optional("networkit"):

        def by_networkit() -> np.ndarray:
            a, b = roads.edges.T.astype(np.uint64)
            graph = networkit.GraphFromCoo((roads.minutes, (a, b)), n=roads.size, weighted=True)
            run = networkit.distance.SPSP(graph, roads.facilities, roads.villages)
            return np.asarray(run.run().getDistances())

        differ(board.take("networkit SPSP", by_networkit, times=1), ours.T)
    if pandana := optional("pandana"):
        series = importlib.import_module("pandas")

        def by_pandana() -> np.ndarray:
            net = pandana_network(pandana, series, roads)
            a = np.repeat(roads.villages, roads.facilities.size)
            b = np.tile(roads.facilities, roads.villages.size)
            return np.array(net.shortest_path_lengths(a, b, imp_name="w")).reshape(ours.shape)

        differ(board.take("pandana", by_pandana, times=2), ours)
    for name in ("scipy dijkstra (300 trees)", "igraph", "networkit SPSP", "pandana"):
        board.ratio(name, "tongqu", "(goal: 5 times the fastest)")


def differ(theirs: np.ndarray, ours: np.ndarray) -> None:
    """Say by how much a peer's minutes differ (pandana cuts every link to thousandths)."""
    both = np.isfinite(theirs) & np.isfinite(ours)
    apart, lost = np.abs(theirs[both] - ours[both]), int((~both & np.isfinite(ours)).sum())
    more = f", {lost} not found" if lost else ""
    print(f"     off by {apart.max():.4f} minutes at most, {apart.mean():.4f} in the mean{more}")


def pandana_network(pandana: Any, pandas: Any, roads: Roads) -> Any:
    """Pandana's network, its hierarchy built."""
    (a, b), frame = roads.edges.T, pandas.DataFrame({"w": roads.minutes})
    x, y = pandas.Series(roads.x), pandas.Series(roads.y)
    return pandana.Network(x, y, pandas.Series(a), pandas.Series(b), frame, twoway=True)


def sets(board: Board, roads: Roads) -> None:
    """All nodes within 20 minutes of every village."""
    print(f"\nnodes within 20 minutes of each of {roads.villages.size} villages")
    network, graph = roads.network(), roads.matrix()
    assert network.arcs.heads.size
    ours = board.take("tongqu ", lambda: node_ranges(network, origins=roads.villages, limit=20))

    def by_scipy() -> int:
        return sum(
            int(np.isfinite(dijkstra(graph, indices=part, limit=20 + 1 / 128)).sum())
            for part in np.array_split(roads.villages, -(-roads.villages.size // 50))
        )

    assert board.take("scipy dijkstra(limit=20), 50 villages at a time", by_scipy, times=2) == ours.node.size
    print(f"     {ours.node.size / roads.villages.size:.0f} nodes each")
    board.ratio("scipy dijkstra(limit=20), 50 villages at a time", "tongqu ", "(goal: 10)")


def five(board: Board, roads: Roads) -> None:
    """The five nearest facilities of every node."""
    print("\nfive nearest facilities from every node")
    ours = board.take(
        "tongqu, preparation included",
        lambda: nearest_few(roads.network(), targets=roads.facilities, few=5),
    )
    network = roads.network()
    assert network.contraction.slot.size
    board.take("tongqu, prepared", lambda: nearest_few(network, targets=roads.facilities, few=5))
    if pandana := optional("pandana"):
        pandas = importlib.import_module("pandas")

        def prepare() -> Any:
            net = pandana_network(pandana, pandas, roads)
            place = pandas.Series(roads.x[roads.facilities]), pandas.Series(roads.y[roads.facilities])
            net.set_pois("f", 10_000, 5, *place)
            return net

        net = board.take("pandana, preparation", prepare, times=1)
        theirs = board.take("pandana, query", lambda: net.nearest_pois(10_000, "f", num_pois=5), times=2)
        differ(theirs.to_numpy(), ours.minutes)
        board.ratio("pandana, query", "tongqu, preparation included", "(goal: 3)")
        board.ratio("pandana, query", "tongqu, prepared")


def what_if(board: Board, roads: Roads) -> None:
    """One upgraded link, and hundreds of candidate roads."""
    print("\none upgraded link, as a share of a full run with preparation")
    rng = np.random.default_rng(2)
    ask = {"origins": roads.villages, "targets": roads.facilities}
    network = roads.network()
    base = minutes_matrix(network, **ask)
    links = rng.choice(roads.minutes.size, 20, replace=False)
    shorter = [Change(links=links[[i]], minutes=roads.minutes[links[[i]]] / 2) for i in range(20)]
    board.take("full matrix", lambda: minutes_matrix(roads.network(), **ask))
    board.take(
        "one link, whole matrix (20 links, each on its own)",
        lambda: [matrix_after(network, change, minutes=base, **ask) for change in shorter],
    )
    now = standing(network, targets=roads.facilities, limit=20)
    board.take("full nearest", lambda: nearest(roads.network(), targets=roads.facilities, limit=20))
    homes, minutes = roads.villages, roads.minutes
    roads_new = [
        Change(links=part, minutes=minutes[part] / 2)
        for part in (rng.choice(minutes.size, 10, replace=False) for _ in range(400))
    ]
    board.take(
        "400 roads of 10 links, people newly within 20 minutes, each",
        lambda: score_changes(now, roads_new, origins=homes, pairs=False),
    )
    board.take("the same, all 79,800 pairs", lambda: score_changes(now, roads_new, origins=homes), times=1)
    for changed, whole in (("one link, whole matrix (20 links, each on its own)", "full matrix"),):
        share = board.median[changed] / 20 / board.median[whole]
        print(f"  -> one link takes {share:.2%} of a full run (goal: under 2 %)")


def growth() -> None:
    """How our cost grows with the network; each size in a process of its own, for its memory."""
    print(f"{'nodes':>10} {'build':>8} {'contract':>9} {'matrix':>8} {'5 nearest':>10} {'memory, MB':>11}")
    for size in (3_000, 30_000, 300_000, 3_000_000):
        subprocess.run([sys.executable, __file__, "--one-size", str(size)], check=True)


def one_size(size: int) -> None:
    """A row of the table of growth."""
    warm(say=False)
    roads = planar(size)
    before = resident()
    marks = [time.perf_counter()]
    network = roads.network()
    marks.append(time.perf_counter())
    assert network.contraction.slot.size
    marks.append(time.perf_counter())
    minutes_matrix(network, origins=roads.villages, targets=roads.facilities)
    marks.append(time.perf_counter())
    nearest_few(network, targets=roads.facilities, few=5)
    marks.append(time.perf_counter())
    build, contract, matrix_, few = np.diff(marks)
    more = resident(peak=True) - before
    print(f"{size:10d} {build:8.3f} {contract:9.3f} {matrix_:8.3f} {few:10.3f} {more:11.0f}", flush=True)


def resident(*, peak: bool = False) -> float:
    """Memory of this process in MB, now or at its peak."""
    now = Path("/proc/self/statm")
    if peak or not now.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(now.read_text().split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    """Run what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, default=290_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--growth", action="store_true", help="3,000 to 3,000,000 nodes, ours only")
    parser.add_argument("--one-size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_size:
        return one_size(options.one_size)
    print(f"{platform.machine()}, {os.cpu_count()} cores, {numba.get_num_threads()} threads")
    if options.growth:
        return growth()
    warm()
    roads = planar(options.nodes)
    print(f"{roads.size} nodes, {2 * len(roads.edges)} arcs")
    board = Board(options.times)
    for part in (matrix, sets, five, what_if):
        part(board, roads)
    print(f"\npeak memory of this process, peers included: {resident(peak=True):.0f} MB")
    return None


if __name__ == "__main__":
    main()
