"""A ten-year school network of Quzhou's size: 1,664 villages, six counties, some 380 schools, two stages.

Informational: prints a line for each county, fails only where a plan beats its bound. Villages lie around
towns; every village has the school of its stage that is nearest with room; pupils fall by a third. Counties
share no money, so each is a program of its own, as in the study. CPU seconds are printed beside wall seconds:
on a busy machine the first are what the work takes.

    python3 dev.py bench school_network
    python3 dev.py bench school_network --counties 1 --seconds 30
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from tongqu.methods.reach import times_from_matrix
from tongqu.methods.schools import (
    NetworkPlan,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    lawful_choices,
    plan_network,
)

COUNTIES, VILLAGES, TOWNS, YEARS = 6, 277, 16, 10
SIDE_KM, TOWN_KM = 38.0, 4.0
MINUTES_PER_KM = 2.2
STAGES = (
    StageNorm(
        name="primary",
        grades=6,
        class_size=45,
        pupils_per_teacher=19,
        teachers_per_class=1.8,
        specialists=3,
        ride=30,
    ),
    StageNorm(
        name="junior",
        grades=3,
        class_size=50,
        pupils_per_teacher=13.5,
        teachers_per_class=2.7,
        specialists=4,
        ride=40,
        boards=True,
    ),
)
PRICES = Prices(teacher=16, bed=2)


def planned(seed: int, *, gap: float, seconds: float) -> NetworkPlan:
    """The plan of a county."""
    rng = np.random.default_rng(seed)
    towns = rng.random((TOWNS, 2)) * SIDE_KM
    home = towns[rng.integers(0, TOWNS, VILLAGES)] + rng.normal(0, TOWN_KM, (VILLAGES, 2))
    primary = np.concatenate([towns, home[rng.permutation(VILLAGES)[: 44 - TOWNS]]])
    place = np.concatenate([primary, towns, home[rng.permutation(VILLAGES)[: 20 - TOWNS]]])
    taught = np.arange(len(place))[:, np.newaxis] >= len(primary)
    taught = np.hstack([~taught, taught])
    minutes = np.hypot(*(home[:, np.newaxis] - place).transpose(2, 0, 1)) * MINUTES_PER_KM
    minutes[minutes > 60] = np.inf
    size = np.exp(rng.normal(3.9, 0.8, VILLAGES)).clip(5, 260)
    trend = np.linspace(1, 0.67, YEARS)
    number = np.concatenate([size[:, np.newaxis] * trend, size[:, np.newaxis] * 0.5 * trend[::-1] ** 0.3])
    stage, village = np.repeat([0, 1], VILLAGES), np.tile(np.arange(VILLAGES), 2)
    way = np.where(taught[:, stage].T, minutes[village], np.inf)
    nearest = way.argmin(axis=1)
    load = np.bincount(nearest, weights=number[:, 0], minlength=len(place))
    step = np.where(taught[:, 0], 45.0, 50.0)
    schools = Schools(
        names=tuple(map(str, range(len(place)))),
        stages=taught,
        places=np.maximum(np.ceil(load * 1.1 / step) * step, 3 * step),
        yearly=45,
        close=20,
        beds=np.where(taught[:, 1], 100, 0),
        most_beds=np.where(taught[:, 1], 400, 0),
        step=step,
        step_cost=step * 3.16,
        most_steps=12,
    )
    pupils = Pupils(names=tuple(map(str, range(len(stage)))), stage=stage, number=number, school=nearest)
    choices = lawful_choices(
        times_from_matrix(minutes),
        pupils,
        village=village,
        schools=schools,
        stages=STAGES,
        walk=6,
        bus=0.0094,
        board=0.3,
        nearest=5,
    )
    return plan_network(
        pupils,
        choices,
        schools=schools,
        stages=STAGES,
        prices=PRICES,
        sharing=_sharing(schools, place),
        gap=gap,
        seconds=seconds,
    )


def _sharing(schools: Schools, place: np.ndarray) -> Sharing:
    """Each small school may join the nearest larger one of its stage."""
    size, stage = schools.column("places"), schools.taught.argmax(axis=1)
    member, lead = [], []
    for one in np.flatnonzero(size < np.median(size)):
        larger = np.flatnonzero((size >= np.median(size)) & (stage == stage[one]))
        if len(larger):
            member.append(one)
            lead.append(larger[np.argmin(np.hypot(*(place[larger] - place[one]).T))])
    return Sharing(member=member, lead=lead, yearly=[12.0] * len(member))


def main() -> None:
    """Print a line for each county, and the sum."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--counties", type=int, default=COUNTIES)
    parser.add_argument("--gap", type=float, default=0.005)
    parser.add_argument("--seconds", type=float, default=30.0, help="most for a county")
    asked = parser.parse_args()
    print(f"{'county':>6s} {'schools':>12s} {'cost, wan':>10s} {'bound':>10s} {'gap':>7s} {'wall':>6s} CPU")
    total, bound, wall, work = 0.0, 0.0, 0.0, 0.0
    for county in range(asked.counties):
        start, used = time.perf_counter(), time.process_time()
        plan = planned(county, gap=asked.gap, seconds=asked.seconds)
        spent, used = time.perf_counter() - start, time.process_time() - used
        assert plan.bound <= plan.total * (1 + 1e-9)
        now = plan.decisions.open.sum(axis=0)
        print(
            f"{county:6d} {f'{now[0]} to {now[-1]}':>12s} {plan.total:10.0f} {plan.bound:10.0f} "
            f"{plan.gap:7.3%} {spent:6.1f} {used:6.1f}",
            flush=True,
        )
        total, bound, wall, work = total + plan.total, bound + plan.bound, wall + spent, work + used
    print(
        f"{'all':>6s} {'':12s} {total:10.0f} {bound:10.0f} {1 - bound / total:7.3%} {wall:6.1f} {work:6.1f}"
    )


if __name__ == "__main__":
    main()
