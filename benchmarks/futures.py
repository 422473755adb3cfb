"""A plan of the bundled region in many futures: seconds of each part, and how far 1,000 are from a minute.

Informational: prints a table, fails only where a future simulated again differs from the same one simulated
from the start. Standards are drawn as `tongqu futures` draws them. Seconds of a processor add up all
processes; beside other work the clock shows more, and a processor that is shared is slower.

    python3 dev.py bench futures
    python3 dev.py bench futures --run run --futures 1000 --processes 2
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from tongqu.contracts import whole_run
from tongqu.engine.draws import Sample, luck_of, sample_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.resimulate import Again, Reference, reference_of, resimulate, states_in
from tongqu.engine.simulate import simulate
from tongqu.workflow.futures import UNCERTAIN
from tongqu.workflow.futures.evaluate import evaluated, kept_of
from tongqu.workflow.futures.sources import starts_of_run, stored_inputs
from tongqu.workflow.prepare import region_of, scenario_of, sectors_for

T = TypeVar("T")
CALIBRATED = ("life.gain", "migration.to_town", "hukou.register")
"""Standards under which the rates of migration are read from the censuses anew."""


def used() -> float:
    """Seconds of a processor of this process and of those that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def timed(call: Callable[[], T]) -> tuple[T, float, float]:
    """What a call gives, and seconds by the clock and of all processors."""
    clock, cpu = time.perf_counter(), used()
    found = call()
    return found, time.perf_counter() - clock, used() - cpu


def said(name: str, call: Callable[[], T]) -> T:
    """What a call gives; its time is printed."""
    found, clock, cpu = timed(call)
    print(f"| {name} | {clock:.2f} | {cpu:.2f} |", flush=True)
    return found


def inputs_of(run: Path | None) -> tuple[Inputs, pd.Series]:
    """What a plan was made from, and its starts: of a run, or made now."""
    if run is not None:
        stored = whole_run(run)
        return stored_inputs(stored), starts_of_run(stored)
    region = region_of("quzhou")
    inputs = prepare(region, sectors_for(region), scenario=scenario_of(None))
    return inputs, optimise(inputs).starts


def reference(inputs: Inputs, starts: pd.Series) -> Reference:
    """A plan simulated in the expected future."""
    return reference_of(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=inputs.offer.of(starts.index),
        starts=starts,
    )


def same(inputs: Inputs, found: Reference, sample: Sample, *, starts: pd.Series) -> float:
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
    for one, other in zip(states_in(found, assume), anew, strict=True):
        for name in one.names:
            first, second = one[name].to_numpy(np.float64), other[name].to_numpy(np.float64)
            away = np.abs(first - second) / np.maximum(1.0, np.abs(second))
            worst = max(worst, float(away.max(initial=0.0)))
    return worst


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path)
    parser.add_argument("--futures", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}; {asked.futures} futures in {asked.processes} processes")
    print("| what | seconds | seconds of a processor |\n| --- | --- | --- |")
    inputs, starts = said("inputs and the plan", partial(inputs_of, asked.run))
    draw = partial(sample_of, inputs.region["standards"], inputs.assume, futures=asked.futures, seed=1)
    once = said("simulate the plan once", partial(reference, inputs, starts))
    nothing = said("simulate without a plan once", partial(reference, inputs, starts.iloc[:0]))
    few = [name for name in UNCERTAIN if name not in CALIBRATED]
    for title, names in (("all drawn", UNCERTAIN), ("but what censuses are read with", few)):
        sample = draw(names=names)
        assumes = [sample.assume(number, inputs.assume) for number in sample.futures]
        keep = partial(kept_of, inputs, accounts=False)
        one, none = Again(once, keep), Again(nothing, keep)
        for what, plans in (("the plan alone", [one]), ("the plan and no plan", [none, one])):
            call = partial(resimulate, plans, assumes, processes=asked.processes)
            said(f"{title}: {what} again", call)
        worst = same(inputs, once, sample, starts=starts)
        if worst > 1e-12:
            raise SystemExit(f"a future differs by {worst:g}")
    sample = draw(names=UNCERTAIN)
    luck = luck_of(sample, inputs)
    study = partial(evaluated, inputs, sample, luck, plans={"plan": starts}, processes=asked.processes)
    said("all that a study does: both plans, money", study)


if __name__ == "__main__":
    main()
