"""Input-output tables, chains, budgets and pensions by size, beside one place or one future at a time.

Informational: prints tables; fails only where the two ways of the same work disagree.

    python3 dev.py bench economy
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

import tongqu
from tongqu.contracts import Assume, Scenario
from tongqu.methods.chain import evaluate
from tongqu.methods.input_output import allocation_coefficients, extract, linkages, regional_multipliers
from tongqu.sectors.industry.chains import chains_of
from tongqu.sectors.industry.reference import reference_of
from tongqu.workflow.economy.ground import ground_of, local_tables

Value = TypeVar("Value")
TIMES = 3
FUTURES = (250, 500, 1000, 2000)
UNTIL = 2054


def timed(work: Callable[[], Value], *, times: int = TIMES) -> tuple[Value, float]:
    """The value, and the median of several times in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        value = work()
        taken.append(time.perf_counter() - start)
    return value, statistics.median(taken)


def input_output(region: tongqu.Region) -> None:
    """Tables of all places with multipliers, linkages and extraction; inverses place by place as the peer."""
    assume = Assume.of(region["standards"], Scenario())
    reference = reference_of(region)
    assert reference is not None
    ground = ground_of(region, assume=assume, reference=reference)

    def all_places() -> np.ndarray:
        found = local_tables(ground, reference)
        extract(found.coefficients, demand=found.table.output, variant="full")
        own = found.coefficients * found.table.output[:, np.newaxis, :]
        linkages(found.coefficients, allocation=allocation_coefficients(own, found.table.output))
        return regional_multipliers(found).output

    ours, seconds = timed(all_places)
    local = local_tables(ground, reference).coefficients

    def one_by_one() -> np.ndarray:
        eye = np.eye(local.shape[-1])
        sums = []
        for place in local:
            sums.append(np.linalg.inv(eye - place).sum(axis=0))
            for gone in range(len(eye)):  # extraction: once without each sector
                left = place.copy()
                left[gone], left[:, gone] = 0.0, 0.0
                np.linalg.inv(eye - left)
        return np.array(sums)

    theirs, peer = timed(one_by_one)
    if not np.allclose(ours, theirs):
        sys.exit("multipliers of the two ways differ")
    print(f"{len(local)} places x {local.shape[-1]} sectors: tables, multipliers, linkages, extraction")
    print(
        f"  {seconds * 1000:8.1f} ms, inverses one by one {peer * 1000:8.1f} ms, ratio {peer / seconds:.1f}"
    )


def chains(region: tongqu.Region) -> None:
    """Every chain in every county, and in many futures at once or one after the other."""
    found, supply = chains_of(region), region["chain_supply"]
    rows = {name: supply.loc[supply["product"] == name, "output_t"].to_numpy(np.float64) for name in found}
    draw = np.random.default_rng(1).uniform(0.8, 1.2, 1000)

    def at_once() -> float:
        return sum(evaluate(chain, draw[:, None] * rows[name]).added.sum() for name, chain in found.items())

    def by_future() -> float:
        return sum(
            evaluate(chain, one * rows[name]).added.sum() for name, chain in found.items() for one in draw
        )

    _, base = timed(lambda: [evaluate(chain, rows[name]) for name, chain in found.items()])
    (ours, seconds), (theirs, peer) = timed(at_once), timed(by_future, times=1)
    if not np.isclose(ours, theirs):
        sys.exit("value added of the two ways differs")
    print(f"chains of {len(supply)} county products: {base * 1000:.1f} ms")
    ratio = f"one by one {peer * 1000:.1f} ms, ratio {peer / seconds:.0f}"
    print(f"  {len(draw)} futures {seconds * 1000:.1f} ms, {ratio}")


def accounts(region: tongqu.Region) -> None:
    """Budgets, pensions and incomes of 30 years by number of futures."""
    print(f"accounts of {len(region.level('county'))} counties from 2024 to {UNTIL}")
    for futures in FUTURES:
        _, seconds = timed(
            lambda futures=futures: tongqu.accounts(region, until=UNTIL, futures=futures), times=1
        )
        print(f"  {futures:5d} futures {seconds:6.2f} s, {seconds / futures * 1000:.1f} ms a future")


def main() -> None:
    """Print all tables."""
    region, seconds = timed(lambda: tongqu.load("quzhou"), times=1)
    print(f"load {seconds:.2f} s")
    _, first = timed(lambda: tongqu.economy(region), times=1)
    _, again = timed(lambda: tongqu.economy(region))
    print(f"tongqu.economy: first {first:.2f} s, again {again:.2f} s")
    input_output(region)
    chains(region)
    accounts(region)


if __name__ == "__main__":
    main()
