"""Hundreds of tiny random cases: every objective, with and without bounds and nobody worse, enumerated.

A region is drawn and its program built once; each case changes what is maximised, what is bounded, and how
much money and land there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from engine.judge import Judge, Starts, draw
from tongqu.engine.goals import MEASURES, aim_of
from tongqu.engine.lp import ProgramInfeasibleError
from tongqu.engine.model import build
from tongqu.engine.prune import needed_starts
from tongqu.engine.search import starts_of
from tongqu.engine.terms import Model

YEARS = (2026, 2027)
SEEDS = range(200, 208)
CASES = 40
"""Cases of one region."""
SLACK = 3e-5
"""Tangents and the tolerance of rows."""
APART = 1e-3
"""Least difference of two plans in a measure for a bound to lie between them."""
BOUNDS = (
    {"measure": "coordination", "least": -9.0},
    {"measure": "coverage", "least": -9.0},
    {"measure": "worst-off", "least": -9.0},
    {"measure": "cost", "most": 1e6},
)
"""Bounds that bind nothing until a case draws them in."""
FACTORS = ((1.0, 1.0), (0.4, 1.0), (2.5, 1.0), (1.0, 0.3), (0.7, 2.0))
"""Money and land against what was drawn."""


@dataclass
class Region:
    """A drawn region: its program, and all measures and refusals of every combination of starts."""

    model: Model
    judge: Judge
    plans: list[Starts]
    figures: dict[str, np.ndarray]
    worse: np.ndarray
    kept: dict[tuple[float, float], np.ndarray]


def nobody(seed: int) -> bool:
    """Whether nobody may be worse off in a region."""
    return seed % 4 < 2


def region_of(seed: int) -> Region:
    inputs = draw(
        seed,
        count=3,
        years=YEARS,
        merger=seed % 2 == 0,
        nobody_worse=nobody(seed),
        goal={"levels": 3, "worst_share": 0.3},
        bounds=BOUNDS,
    )
    judge = Judge(inputs)
    plans = [
        one for one in judge.all_starts() if judge._time(one) and judge._order(one) and judge._group(one)
    ]
    figures = {
        name: np.array([(-1 if name == "cost" else 1) * judge.measure(name, one) for one in plans])
        for name in MEASURES
    }
    worse = np.array([not judge._worse(one) for one in plans])
    limits, kept = dict(judge.limit), {}
    for money, land in FACTORS:
        judge.limit = {key: value * _factor(key, money, land) for key, value in limits.items()}
        kept[money, land] = np.array(
            [judge._land(one) and judge._staff(one) and judge._money(one) for one in plans]
        )
    model = build(inputs)
    for name in MEASURES:
        aim_of(model, name)
    return Region(model, judge, plans, figures, worse, kept)


def _factor(key: tuple[str, str, str, int], money: float, land: float) -> float:
    return {"money": 1.0 if key[2] == "debt" else money, "land": land}.get(key[0], 1.0)


def cases_of(region: Region, seed: int, *, count: int) -> tuple[int, int]:
    """Check a number of cases; how many have a plan, and in how many a bound or a loser decides."""
    rng = np.random.default_rng(seed)
    model, session = region.model, region.model.program.session(seed=1)
    solved = decided = 0
    for _ in range(count):
        goal = str(rng.choice(list(MEASURES)))
        money, land = FACTORS[int(rng.integers(len(FACTORS)))]
        able = region.kept[money, land].copy()
        without = able.copy()
        if nobody(seed):
            able &= ~region.worse
        session.reset()
        _give(session, model, money=money, land=land)
        if rng.random() < 0.6:
            able &= _bounded(session, region, rng, able=able)
        aim = model.aims[goal]
        session.weights(aim.variable, aim.weight)
        figures = region.figures[goal]
        try:
            found = session.search(gap=1e-9, seconds=60.0)
        except ProgramInfeasibleError:
            assert not able.any(), (goal, money, land)
            continue
        starts = needed_starts(model.inputs, starts_of(model, found.values))
        chosen = {str(name): int(year) for name, year in starts.items()}
        # Within its limits a plan may start what opens after the last year; it brings nothing.
        chosen = {
            name: year
            for name, year in chosen.items()
            if year + region.judge.projects[name]["lead"] <= YEARS[-1]
        }
        place = region.plans.index(chosen)
        best = figures[able].max()
        room = SLACK * max(1.0, abs(best))
        assert able[place], (goal, money, land, chosen)
        assert figures[place] >= best - room, (goal, chosen)
        assert found.bound + aim.constant >= best - 1e-6 * max(1.0, abs(best))
        assert found.bound + aim.constant <= best + room
        solved += 1
        decided += bool(figures[without].max() > best + room)
    return solved, decided


def _give(session, model: Model, *, money: float, land: float) -> None:
    program, numbers = model.program, model.program.arrays()
    for name, kind in model.limits.items():
        rows = program.row_numbers(name)
        low, high = numbers.row_lower[rows], numbers.row_upper[rows]
        if kind in ("money", "running", "pool", "land"):
            times = land if kind == "land" else money
            session.rows(rows, low * times, high * times)


def _bounded(session, region: Region, rng: np.random.Generator, *, able: np.ndarray) -> np.ndarray:
    """Draw a bound of a measure between two plans; who keeps it."""
    number = int(rng.integers(len(BOUNDS)))
    measure = str(BOUNDS[number]["measure"])
    reached = np.unique(region.figures[measure][able]) if able.any() else np.empty(0)
    scale = max(1.0, float(np.abs(reached).max(initial=0.0)))
    gaps = np.flatnonzero(np.diff(reached) > APART * scale)
    if len(gaps) == 0:
        return np.ones(len(able), dtype=bool)
    at = int(rng.choice(gaps))
    least = (reached[at] + reached[at + 1]) / 2
    model = region.model
    aim, name = model.aims[measure], f"bound {number} {measure}"
    step = max(1.0, float(np.abs(aim.weight).max(initial=0.0)))
    session.rows(model.program.row_numbers(name), (least - aim.constant) / step, np.inf)
    return region.figures[measure] >= least


@cache
def checked(seed: int) -> tuple[int, int]:
    """All cases of a region."""
    return cases_of(region_of(seed), seed, count=CASES)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_case_is_better_or_refused_otherwise(seed):
    assert checked(seed)[0] >= CASES / 4


def test_bounds_and_losers_decide():
    assert sum(checked(seed)[1] for seed in SEEDS) >= 10
