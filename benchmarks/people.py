"""People carried on for many counties, years and futures, beside one county at a time.

Informational: prints tables; fails only where the two ways of the same work disagree. The peer is what one
would write first: for each county and year a Leslie matrix of both residences and sexes, times the people.

    python3 dev.py bench people                # the sizes of docs/methods/population.md
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

import tongqu
from tongqu.contracts import Assume, Scenario
from tongqu.methods.people import (
    FUNDAMENTAL,
    Rates,
    Survival,
    china_table,
    fertility_by_age,
    migration_by_age,
    project,
    single_years,
    spread,
    survival,
)
from tongqu.sectors.population.path import path, uncertain

Floats = npt.NDArray[np.float64]
Value = TypeVar("Value")
AGES = 101
GROUPS = np.arange(0, 90, 5)
TIMES = 3


def timed(work: Callable[[], Value]) -> tuple[Value, float]:
    """The value, and the median of several times in seconds."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        value = work()
        times.append(time.perf_counter() - start)
    return value, statistics.median(times)


def rates(counties: int, *, moving: bool) -> Rates:
    """Rates by county: mortality and fertility of each its own; with moving, a pool and the outside too."""
    rng = np.random.default_rng(1)
    e0 = {"male": rng.uniform(72, 78, counties), "female": rng.uniform(77, 83, counties)}
    found = [survival(single_years(china_table(e0[sex], sex=sex))) for sex in ("male", "female")]
    alive = Survival(
        np.stack([one.births for one in found], axis=-1)[:, None],
        np.stack([one.ages for one in found], axis=-2)[:, None],
    )
    births = fertility_by_age(rng.uniform(1, 2, counties), mean=29, deviation=5)[:, None]
    if not moving:
        return Rates(alive, births)
    leaving = spread(migration_by_age(FUNDAMENTAL, ages=np.arange(AGES)), total=1.0)
    pull = rng.dirichlet(np.ones(2 * counties)).reshape(counties, 2, 1, 1)
    return Rates(
        alive,
        births,
        leaving=leaving,
        pull=pull,
        emigration=leaving / 4,
        immigration=rng.uniform(0, 50, (counties, 1, 1, 1)) * leaving,
        urbanise=0.01,
    )


def one_by_one(people: Floats, each: Rates, *, years: int) -> Floats:
    """The same without moving, a Leslie matrix for every county and residence."""
    end = np.empty_like(people)
    for county in range(len(people)):
        ages, births = (np.asarray(part)[county, 0] for part in (each.survival.ages, each.survival.births))
        fertility = np.asarray(each.fertility)[county, 0]
        leslie = np.zeros((2 * AGES, 2 * AGES))
        for sex in range(2):
            for age in range(AGES):
                leslie[sex * AGES + min(age + 1, AGES - 1), sex * AGES + age] += ages[sex, age]
        women = np.zeros(2 * AGES)
        women[AGES:] = fertility / 2
        mothers = women @ (np.eye(2 * AGES) + leslie)
        boys = 105 / 205
        leslie[0] = mothers * boys * births[0]
        leslie[AGES] = mothers * (1 - boys) * births[1]
        for residence in range(2):
            state = people[county, residence].ravel()
            for _ in range(years):
                state = leslie @ state
            end[county, residence] = state.reshape(2, AGES)
    return end


def peak_gb() -> float:
    """Peak resident memory of this process in GB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def growth() -> None:
    """Time over counties, years and futures."""
    rng = np.random.default_rng(2)
    print("counties  years   seconds   peak GB")
    for counties, years in ((285, 30), (950, 30), (2850, 10), (2850, 20), (2850, 30)):
        people, each = rng.uniform(0, 3000, (counties, 2, 2, AGES)), rates(counties, moving=True)
        _, took = timed(lambda p=people, r=each, y=years: project(p, r, years=y, groups=GROUPS))
        print(f"{counties:8d} {years:6d} {took:9.2f} {peak_gb():9.2f}", flush=True)


def peer() -> None:
    """One county at a time."""
    rng = np.random.default_rng(3)
    people, each = rng.uniform(0, 3000, (300, 2, 2, AGES)), rates(300, moving=False)
    ours, took = timed(lambda: project(people, each, years=30).people[-1])
    theirs, took_peer = timed(lambda: one_by_one(people, each, years=30))
    apart = float(np.abs(ours - theirs).max() / theirs.max())
    print(f"300 counties, 30 years, no moving: {took:.2f} s; Leslie matrices one by one {took_peer:.2f} s")
    print(f"ratio {took_peer / took:.1f}; greatest difference {apart:.1e} of the largest cell", flush=True)
    if apart > 1e-9:
        sys.exit("the two ways disagree")


def futures() -> None:
    """Futures of the bundled region, with register, flows and exchange with the outside."""
    region = tongqu.load("quzhou")
    assume = Assume.of(region["standards"], Scenario())
    asked = uncertain(region["standards"])
    print("futures  years   seconds   peak GB")
    path(region, assume, until=2021)  # the calibration is made once and kept
    for count, until in ((100, 2050), (300, 2050), (1000, 2035), (1000, 2050)):
        rng = np.random.default_rng(4)
        drawn = {name: rng.uniform(row["low"], row["high"], count) for name, row in asked.iterrows()}
        _, took = timed(lambda d=drawn, u=until: path(region, assume, until=u, futures=d))
        print(f"{count:7d} {until - 2020:6d} {took:9.2f} {peak_gb():9.2f}", flush=True)


if __name__ == "__main__":
    peer()
    growth()
    futures()
