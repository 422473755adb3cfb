"""Ambulances: size of the program against time and gap, queueing and simulation beside it; rounds by PyVRP.

Informational: prints tables; fails only where a plan is better than its bound.

    python3 dev.py bench ambulances
"""

from __future__ import annotations

import time

import numpy as np

import tongqu
from tongqu.contracts import Scenario
from tongqu.methods.medical import (
    busy_shares,
    draw_calls,
    exact_hypercube,
    hypercube,
    place_ambulances,
    run_calls,
)
from tongqu.methods.reach import times_from_matrix
from tongqu.workflow.health.emergency import emergency_of
from tongqu.workflow.health.ground import base_of
from tongqu.workflow.health.outreach import outreach_of
from tongqu.workflow.health.tiers import circle_of, gain_tables

SIZES = ((300, 20, 10), (600, 60, 30), (1664, 110, 76))
"""Places, stations and vehicles."""
AWAY = 70.0
"""Minutes of a call."""
LIMIT = 17.0
SPEEDS = (0.85, 1.0, 1.1)
HOURS = (4.0, 8.0, 12.0)


def made_up(places: int, stations: int, vehicles: int) -> tuple[np.ndarray, np.ndarray]:
    """Minutes and calls an hour of a region of that size, at random on a plane."""
    dice = np.random.default_rng(places)
    spots = dice.uniform(0, 60, (places + stations, 2))
    minutes = np.hypot(*np.moveaxis(spots[:places, np.newaxis] - spots[places:], -1, 0)) * 1.3
    calls = dice.gamma(0.5, 1.0, (places, 1)) * np.array([[1.2, 1.0, 0.6]])
    return minutes, calls * (0.2 * vehicles / (calls.mean(axis=1).sum() * AWAY / 60))


def sizes() -> None:
    """Time and gap of the program, and the two checks."""
    print("places, stations, vehicles: seconds, gap, expected, hypercube (by day), simulated")
    for places, stations, vehicles in SIZES:
        minutes, calls = made_up(places, stations, vehicles)
        ways = [minutes / speed for speed in SPEEDS]
        duty = np.array([vehicles, vehicles, max(int(0.8 * vehicles), 1)])
        busy = busy_shares(calls.sum(axis=0), minutes=AWAY, vehicles=duty)
        start = time.perf_counter()
        plan = place_ambulances(
            [times_from_matrix(way) for way in ways], calls, limit=LIMIT, vehicles=duty, busy=busy,
            hours=HOURS, moves=4, worth=0.05, line="lost", gap=1e-3, seconds=120,
        )  # fmt: skip
        taken = time.perf_counter() - start
        assert plan.objective <= plan.bound + 1e-6
        day = hypercube(
            calls[:, 1], ways[1], placed=plan.placed[:, 1], away=np.full(minutes.shape, AWAY), limit=LIMIT
        )
        drawn = draw_calls(calls, starts=[7, 11, 19], days=60, seed=1, variation=0.5)
        after = [np.maximum(AWAY - way, 0) for way in ways]
        run = run_calls(drawn, ways, placed=plan.placed, after=after, limit=LIMIT)
        print(
            f"  {places:5} {stations:4} {vehicles:3} {taken:7.2f} s {plan.gap:8.4%} {plan.share:.4f} "
            f"{day.share:.4f} {run.share:.4f} ± {run.error:.4f}"
        )


def hypercubes() -> None:
    """How far the approximation is from the exact hypercube by load."""
    print("load a vehicle: exact, approximate share; greatest error of a busy share (8 vehicles)")
    minutes, calls = made_up(40, 8, 8)
    for load in (0.1, 0.3, 0.5, 0.7):
        rate = calls[:, 0] * load * 8 / (calls[:, 0].sum() * AWAY / 60)
        asked = {"placed": np.ones(8), "limit": LIMIT}
        exact = exact_hypercube(rate, minutes, away=AWAY, **asked)
        near = hypercube(rate, minutes, away=np.full(minutes.shape, AWAY), **asked)
        off = float(np.abs(near.busy - exact.busy).max())
        print(f"  {load:.1f} {exact.share:.4f} {near.share:.4f} {off:.4f}")


def quzhou() -> None:
    """The parts of the study on the bundled region."""
    region = tongqu.load("quzhou")
    base = base_of(region, Scenario())
    circles = circle_of(base)
    for name, work in (
        ("circle, 4 tiers at 4 times", lambda: circle_of(base)),
        ("roads and facilities in pairs", lambda: gain_tables(base, circles)),
        ("ambulances, 6 counties, 4 cases", lambda: emergency_of(base, new=1, days=120, seed=1)),
        ("mobile clinics", lambda: outreach_of(base, circles, iterations=100, seed=1)),
    ):
        start = time.perf_counter()
        work()
        print(f"  {name:34} {time.perf_counter() - start:7.2f} s")


if __name__ == "__main__":
    sizes()
    hypercubes()
    quzhou()
