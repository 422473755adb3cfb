"""Time and memory of the main work on the bundled region, and travel beside a peer on the same graph.

Informational: prints a table, checks nothing. Each phase runs in this one process, in order; times are wall
seconds of one run, the best of several where it says so. Peak memory is that of the process so far.

    python3 dev.py bench
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from scipy.sparse.csgraph import dijkstra

import tongqu
from tongqu.contracts import Scenario
from tongqu.engine.model import build
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.methods.roads import road_network
from tongqu.methods.travel import nearest

Value = TypeVar("Value")
ROWS: list[tuple[str, float, str]] = []


def timed(name: str, work: Callable[[], Value], *, best_of: int = 1, target: str = "") -> Value:
    """Run the work, note its best time, and give its value."""
    times = []
    for _ in range(best_of):
        start = time.perf_counter()
        value = work()
        times.append(time.perf_counter() - start)
    ROWS.append((name, min(times), target))
    print(f"{name:58s} {min(times):8.3f} s   {target}", flush=True)
    return value


def peak_gb() -> float:
    """Peak resident memory of this process in GB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def travel(region: tongqu.data.Region) -> None:
    """Nearest township hospital for every village, beside one search per village with scipy."""
    links = region["links"]
    speed = region["road_classes"].set_index("class")["speed_kmh"]
    minutes = (links["length_km"] / links["class"].map(speed) * 60).set_axis(links["link"])
    network = road_network(region["nodes"], links, minutes=minutes)
    homes = network.locate(region.level("village")["node"])
    sites = region["sites"]
    goals = network.locate(sites.loc[sites["kind"] == "township_hospital", "node"])
    ours = timed(
        "nearest facility of a tier, all villages",
        lambda: nearest(network, targets=goals, origins=homes),
        best_of=5,
        target="under 0.3 s",
    )
    peer = timed(
        "  peer: scipy dijkstra from every village",
        lambda: dijkstra(network.graph, indices=homes)[:, goals],
        best_of=3,
    )
    assert np.allclose(ours.minutes, peer.min(axis=1))
    print(f"{'  ratio peer / ours':58s} {ROWS[-1][1] / ROWS[-2][1]:8.1f}")


def main() -> None:
    """Run all phases."""
    region = timed("load and validate the bundled region", lambda: tongqu.load("quzhou"), target="under 2 s")
    travel(region)
    sectors = load_sectors()
    inputs = timed("baseline, offers, indicators", lambda: prepare(region, sectors, scenario=Scenario()))
    model = timed("build the joint model", lambda: build(inputs), target="under 10 s")
    rows, columns = model.program.size
    print(f"    {len(inputs.offer.projects)} candidates, {rows} rows, {columns} variables")
    scenario = Scenario()
    solved = timed(
        "prove 0.1 % (integer program only)",
        lambda: model.program.solve(gap=scenario.solver.gap, seed=scenario.solver.seed),
        target="within 60 s",
    )
    print(f"    gap of the program {solved.gap:.6f} (with tangent error a priori {model.tangent_error:.6f})")
    timed("build, relaxation, prices, program, financing", lambda: optimise(inputs))
    print(f"peak memory {peak_gb():.2f} GB   under 2 GB")


if __name__ == "__main__":
    main()
