"""Solving again after one pin or one ban beside the first solve, on the bundled region.

Informational: prints seconds of wall and processor time, and the ratio to the first solve; checks nothing.
A session keeps the solver and its basis (`tongqu.engine.lp.Session`).

    python3 dev.py bench resolve
    python3 dev.py bench resolve 5        five pins and five bans
"""

from __future__ import annotations

import sys
import time

import numpy as np

import tongqu
from tongqu.contracts import Scenario
from tongqu.engine.lp import SolverError
from tongqu.engine.model import build
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.engine.search import parts_of, starts_of

SEED = 7


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    scenario = Scenario()
    inputs = prepare(tongqu.load("quzhou"), load_sectors(), scenario=scenario)
    model = build(inputs)
    gap = scenario.solver.gap
    session = model.program.session(seed=scenario.solver.seed)
    parts = model.program.parts(parts_of(model))
    print(
        f"{'change':40s} {'relax s':>8s} {'search s':>9s} {'cpu s':>7s}"
        f" {'ratio':>6s} {'value':>10s} {'gap':>8s}"
    )

    def solved(name: str, first: float | None) -> tuple[float, np.ndarray]:
        wall, cpu = time.perf_counter(), time.process_time()
        session.relax()
        relaxed = time.perf_counter() - wall
        found = session.search(gap=gap, seconds=scenario.solver.seconds, parts=parts)
        total, used = time.perf_counter() - wall, time.process_time() - cpu
        ratio = "" if first is None else f"{used / first:6.2f}"
        row = f"{name:40s} {relaxed:8.1f} {total - relaxed:9.1f} {used:7.1f} {ratio:>6s}"
        print(f"{row} {found.objective:10.6f} {found.gap:8.6f}", flush=True)
        return used, found.values

    first, values = solved("first solve", None)
    chosen = set(model.positions(starts_of(model, values).index.to_series()).tolist())
    rng = np.random.default_rng(SEED)
    built = rng.permutation(sorted(chosen))[:count]
    able = [row for row in range(len(model.started)) if row not in chosen and (model.started[row] >= 0).any()]
    left = rng.permutation(able)[:count]
    names = inputs.offer.projects["project"]
    for row, value, word in [*((row, 0.0, "ban") for row in built), *((row, 1.0, "pin") for row in left)]:
        session.reset()
        numbers = np.unique(model.started[row][model.started[row] >= 0])
        # A ban holds every year at 0, a pin the last year at 1: to be started at all.
        held = numbers if value == 0 else model.started[row][-1:]
        session.bounds(held, value, value)
        try:
            solved(f"{word} {names.iloc[row]}", first)
        except SolverError as error:
            print(f"{word} {names.iloc[row]}: {error}", flush=True)


if __name__ == "__main__":
    main()
