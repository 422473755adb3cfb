"""The joint plan of the bundled region beside plans made without one, on the same money and limits.

Informational: prints the size of the program, its phases, and what each way of planning comes to; fails only
where a plan breaks a rule. The table is kept in docs/methods/rivals.md.

    python3 dev.py bench joint
    python3 dev.py bench joint greedy        only the rivals named
"""

from __future__ import annotations

import sys
import time

import numpy as np

import tongqu
from tongqu.contracts import Scenario
from tongqu.engine.inputs import Inputs
from tongqu.engine.model import build
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.promise import baseline_measures
from tongqu.engine.registry import load_sectors
from tongqu.engine.rivals import RIVALS, Outcome, outcome_of


def line(name: str, found: Outcome) -> str:
    """One row of the table."""
    measures = found.measures
    return (
        f"{name:18s} {len(found.starts):6d} {found.capital_wan:9.0f} {measures['cost']:9.0f}"
        f" {np.exp(measures['coordination']):8.5f}"
        f" {measures['coordination']:10.6f} {measures['coverage']:8.4f} {measures['worst-off']:9.4f}"
        f" {found.served:10.0f} {found.seconds:7.1f}"
    )


def joint(inputs: Inputs) -> Outcome:
    """Build and solve the joint plan, and print its size and its times."""
    start = time.perf_counter()
    model = build(inputs)
    rows, variables = model.program.size
    print(f"build {time.perf_counter() - start:.1f} s: {rows} rows, {variables} variables")
    start = time.perf_counter()
    relaxed = model.program.relaxed()
    print(f"relaxation {time.perf_counter() - start:.1f} s: {relaxed.objective:.6f}", flush=True)
    start = time.perf_counter()
    plan = optimise(inputs)
    seconds = time.perf_counter() - start
    certificate = plan.certificate
    print(f"plan {seconds:.1f} s: bound {certificate.bound:.6f}, gap {certificate.gap:.6f}", flush=True)
    return outcome_of(inputs, plan.starts, seconds=seconds)


def main() -> None:
    """Print the table."""
    named = sys.argv[1:] or list(RIVALS)
    start = time.perf_counter()
    inputs = prepare(tongqu.load("quzhou"), load_sectors(), scenario=Scenario())
    print(f"prepare {time.perf_counter() - start:.1f} s: {len(inputs.offer.projects)} candidates", flush=True)
    found = {"joint": joint(inputs)}
    for name in named:
        start = time.perf_counter()
        starts = RIVALS[name](inputs)
        found[name] = outcome_of(inputs, starts, seconds=time.perf_counter() - start)
        print(line(name, found[name]), flush=True)
    base = baseline_measures(inputs)
    print()
    heading = ("plan", "builds", "capital", "cost", "D", "mean log D", "covered", "worst 10%", "served")
    widths = (-18, 6, 9, 9, 8, 10, 8, 9, 10)
    print(
        *(
            f"{word:{'<' if width < 0 else '>'}{abs(width)}s}"
            for word, width in zip(heading, widths, strict=True)
        ),
        "seconds",
    )
    print(
        f"{'none':18s} {0:6d} {0:9d} {0:9d} {np.exp(base['coordination']):8.5f} {base['coordination']:10.6f}"
        f" {base['coverage']:8.4f} {base['worst-off']:9.4f} {0:10d} {0:7d}"
    )
    for name, one in found.items():
        print(line(name, one))
    broken = {name: one.broken for name, one in found.items() if one.broken}
    for name, problems in broken.items():
        print(name, *problems, sep="\n  ")
    if broken:
        sys.exit("a plan breaks a rule")


if __name__ == "__main__":
    main()
