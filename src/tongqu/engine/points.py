"""Points of a frontier: plans with what was proven beside them, and which of them are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from tongqu.contracts.scenario import Measure
from tongqu.engine.terms import Floats

__all__ = ["Point", "sense_of", "undominated", "value_of"]

SAME: Final = 1e-9
"""Difference of a measure, as a share of its size, up to which two plans are the same in it."""


@dataclass(frozen=True)
class Point:
    """A plan on the frontier and what was proven beside it.

    Parameters
    ----------
    level : float
        Least value of the second measure that was asked for; the most, where the second is cost.
    bound : float
        No plan that keeps the level has a first measure better than this.
    kept : bool
        Whether the plan keeps the scenario's bounds without approximation; others are not shown.
    measures : Series
        Every measure of the plan, in its own unit.
    starts : Series of int
        Year of the first payment by project.
    values : array
        Of the variables of the program, for points near it to begin with.
    """

    level: float
    bound: float
    status: Literal["optimal", "stopped"]
    kept: bool
    measures: pd.Series
    starts: pd.Series
    values: Floats = field(default_factory=lambda: np.empty(0), repr=False, compare=False)


def sense_of(measure: Measure) -> int:
    """-1 for a measure of which less is better, else 1."""
    return -1 if measure == "cost" else 1


def value_of(point: Point, measure: Measure) -> float:
    """A measure of which more is better."""
    return sense_of(measure) * float(point.measures[measure])


def undominated(found: Sequence[Point], *, first: Measure, second: Measure) -> tuple[Point, ...]:
    """The points from the lowest level up, each with the best plan known for it, none dominated.

    A bound holds at every higher level too, and a plan at every level that it keeps: the one found there may
    be a little worse than a neighbour's, within the gap.
    """
    plans = [point for point in found if point.kept]
    kept: list[Point] = []
    bound = np.inf
    for point in sorted(found, key=lambda one: sense_of(second) * one.level):
        bound = min(bound, sense_of(first) * point.bound)
        level = sense_of(second) * point.level
        able = [one for one in plans if value_of(one, second) >= level - SAME * max(1.0, abs(level))]
        if not able:
            continue
        best = max(able, key=lambda one: (value_of(one, first), value_of(one, second)))
        kept.append(
            replace(
                best,
                level=point.level,
                bound=sense_of(first) * max(bound, value_of(best, first)),
                status=point.status,
            )
        )
    return tuple(
        point
        for number, point in enumerate(kept)
        if not any(_beats(other, point, first=first, second=second) for other in kept)
        and not any(_alike(other, point, first=first, second=second) for other in kept[number + 1 :])
    )


def _beats(other: Point, point: Point, *, first: Measure, second: Measure) -> bool:
    """Whether a plan is no worse in both measures and better in one."""
    gains = [value_of(other, name) - value_of(point, name) for name in (first, second)]
    room = [SAME * max(1.0, abs(value_of(point, name))) for name in (first, second)]
    no_worse = all(gain >= -least for gain, least in zip(gains, room, strict=True))
    return no_worse and any(gain > least for gain, least in zip(gains, room, strict=True))


def _alike(other: Point, point: Point, *, first: Measure, second: Measure) -> bool:
    """Whether two plans have the same measures."""
    return all(
        abs(value_of(other, name) - value_of(point, name)) <= SAME * max(1.0, abs(value_of(point, name)))
        for name in (first, second)
    )
