"""A plan of the bundled region simulated again in many futures: seconds, and how far 1,000 are from a minute.

Informational: prints a table, fails only where a future simulated again differs from the same one simulated
from the start. Standards are drawn as `tongqu futures` draws them.

    python3 dev.py bench futures
    python3 dev.py bench futures --futures 1000 --processes 2
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from tongqu.contracts import State
from tongqu.engine.coordinate import indicators_of
from tongqu.engine.futures import Sample, sample_of
from tongqu.engine.inputs import Inputs, prepare
from tongqu.engine.optimise import optimise
from tongqu.engine.resimulate import Reference, reference_of, resimulate, states_in
from tongqu.engine.simulate import simulate
from tongqu.workflow.futures import UNCERTAIN
from tongqu.workflow.prepare import region_of, scenario_of, sectors_for

T = TypeVar("T")
CALIBRATED = ("life.gain", "migration.to_town", "hukou.register")
"""Standards under which the rates of migration are read from the censuses anew."""


def timed(call: Callable[[], T]) -> tuple[T, float, float]:
    """What a call gives, and seconds by the clock and of all processors."""

    def used() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in both)

    clock, cpu = time.perf_counter(), used()
    found = call()
    return found, time.perf_counter() - clock, used() - cpu


def kept(inputs: Inputs, states: tuple[State, ...]) -> np.ndarray:
    """What a future is kept of: the indices of all counties and years."""
    return indicators_of(inputs.region, states).indices.to_numpy()


def row(inputs: Inputs, reference: Reference, sample: Sample, *, processes: int, name: str) -> str:
    """One line of the table."""
    assumes = [sample.assume(number, inputs.assume) for number in sample.futures]
    call = partial(resimulate, reference, assumes, keep=partial(kept, inputs), processes=processes)
    _, clock, cpu = timed(call)
    each = cpu / len(assumes)
    thousand = 1000 * each / processes
    return f"| {name} | {len(assumes)} | {clock:.1f} | {1000 * each:.0f} | {thousand:.0f} |"


def same(inputs: Inputs, reference: Reference, sample: Sample, *, starts: pd.Series) -> float:
    """Largest relative difference between a future simulated again and from the start."""
    assume = sample.assume(1, inputs.assume)
    anew = simulate(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=assume,
        offer=inputs.offer,
        starts=starts,
    )
    worst = 0.0
    for one, other in zip(states_in(reference, assume), anew, strict=True):
        for name in one.names:
            first, second = one[name].to_numpy(np.float64), other[name].to_numpy(np.float64)
            away = np.abs(first - second) / np.maximum(1.0, np.abs(second))
            worst = max(worst, float(away.max(initial=0.0)))
    return worst


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--futures", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    region = region_of("quzhou")
    inputs, clock, _ = timed(partial(prepare, region, sectors_for(region), scenario=scenario_of(None)))
    print(f"prepare {clock:.1f} s")
    starts = optimise(inputs).starts
    again = partial(
        simulate,
        region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=inputs.offer,
        starts=starts,
    )
    for name in ("first", "second"):
        _, clock, cpu = timed(again)
        print(f"simulate the plan, {name} time: {clock:.2f} s by the clock, {cpu:.2f} s of a processor")
    reference = reference_of(
        region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=inputs.offer,
        starts=starts,
    )
    few = [name for name in UNCERTAIN if name not in CALIBRATED]
    print("| drawn | futures | seconds | ms of a processor a future | 1,000 futures, s on idle processors |")
    print("| --- | --- | --- | --- | --- |")
    for title, names in (("all", UNCERTAIN), ("but what the censuses are read with", few)):
        sample = sample_of(region["standards"], inputs.assume, names=names, futures=asked.futures, seed=1)
        print(row(inputs, reference, sample, processes=asked.processes, name=title))
        worst = same(inputs, reference, sample, starts=starts)
        if worst > 1e-12:
            raise SystemExit(f"a future differs by {worst:g}")


if __name__ == "__main__":
    main()
