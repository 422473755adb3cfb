"""Plans near a plan: which starts are sought anew, the search among them, and what its answer delivers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.engine.coordinate import mean_log
from tongqu.engine.goals import GOALS, coverage, extra_at
from tongqu.engine.lp import Solution, Stop
from tongqu.engine.lp.among import search_among
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.promise import measures_of, promise_of
from tongqu.engine.prune import needed_starts
from tongqu.engine.search import start_values, starts_of
from tongqu.engine.terms import Floats, Model

__all__ = [
    "NEAR_SECONDS",
    "WHOLE",
    "WIDTH",
    "Delivered",
    "Search",
    "delivered",
    "doubted",
    "found_by",
    "values_at",
    "worth_of",
]

Bools = npt.NDArray[np.bool_]

WIDTH: Final = 160
"""Starts (a project by a year) that are sought anew besides those that a change names."""
NEAR_SECONDS: Final = 3.0
"""Seconds that a search near the plan may take."""
NEAR_GAP: Final = 1e-8
"""Gap at which a search near the plan is left, as a share of the largest weight of the objective or 1."""
WHOLE: Final = 1e-6
"""Distance from a whole number up to which a relaxed value is one."""


@dataclass(frozen=True)
class Search:
    """How plans near a plan are sought.

    Parameters
    ----------
    seconds : float
        What one search may take.
    """

    seconds: float = NEAR_SECONDS
    seed: int = 1
    stop: Stop | None = None

    def among(self, program: Numbers, known: Floats, free: Bools, *, wider: int = 1) -> Solution | None:
        """Search among plans that differ in free starts only; None where none was found.

        Parameters
        ----------
        known : array
            The plan: a value for every variable.
        free : array of bool
            Variables of the starts that are sought anew.
        wider : int
            Times as many seconds.
        """
        return search_among(
            program,
            known,
            free=free,
            gap=NEAR_GAP * max(program.scale, 1.0),
            seconds=self.seconds * wider,
            seed=self.seed,
            stop=self.stop,
        )


@dataclass(frozen=True)
class Delivered:
    """What starts deliver, with the true logarithm.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment by project, without those that nothing needs.
    indices, served : DataFrame
        See ``Promise``.
    objective : float
        In the goal's unit; more is better.
    """

    starts: pd.Series
    indices: pd.DataFrame
    served: pd.DataFrame
    objective: float


def values_at(model: Model, starts: pd.Series) -> Floats:
    """Values of the variables that say what has started; 0 for every other."""
    values = np.zeros(model.program.size[1])
    numbers, amounts = start_values(model, starts)
    values[numbers] = amounts
    return values


def delivered(model: Model, starts: pd.Series, *, keep: Collection[str] = ()) -> Delivered:
    """Say what starts deliver.

    Parameters
    ----------
    keep : collection of str
        Projects that stay though nothing needs them.
    """
    inputs = model.inputs
    kept = needed_starts(inputs, starts).index
    starts = starts[starts.index.isin(kept) | starts.index.isin(list(keep))]
    promise = promise_of(inputs, starts)
    objective = worth_of(model, starts, promise.indices, served=promise.served)
    return Delivered(starts, promise.indices, promise.served, objective)


def found_by(model: Model, solution: Solution, *, keep: Collection[str] = ()) -> Delivered:
    """What the starts of a solution really deliver: see `delivered`."""
    return delivered(model, starts_of(model, solution.values), keep=keep)


def worth_of(model: Model, starts: pd.Series, indices: pd.DataFrame, *, served: pd.DataFrame) -> float:
    """The goal of starts, with what else counts in the objective."""
    inputs = model.inputs
    measure = GOALS[inputs.scenario.objective]
    extra = extra_at(model, *start_values(model, starts))
    if measure == "coordination":
        return mean_log(indices, inputs.weights) + extra
    if measure == "coverage":
        return coverage(inputs, served=served) + extra
    value = float(measures_of(inputs, starts)[measure])
    return model.aims[measure].sense * value + extra


def doubted(model: Model, relaxed: Solution, known: Floats, *, projects: Bools, most: int = WIDTH) -> Bools:
    """Starts of some projects that the relaxation doubts most, then those where it is not like a plan.

    Parameters
    ----------
    relaxed : Solution
        The relaxation without changes.
    known : array
        The plan: a value for every variable.
    projects : array of bool
        Which projects, in the order of the offer.

    Returns
    -------
    array of bool
        A value for every variable of the program.
    """
    own = np.unique(model.started[projects])
    own = own[own >= 0]
    value = relaxed.values[own]
    doubt, apart = np.minimum(value, 1.0 - value), np.abs(value - known[own])
    # What the relaxation is sure of comes after what it doubts.
    worth = np.where(doubt > WHOLE, doubt, 0.0) + np.where(apart > WHOLE, apart, 0.0) / 10.0
    order = np.argsort(-worth, kind="stable")[:most]
    free = np.zeros(len(known), dtype=bool)
    free[own[order[worth[order] > 0]]] = True
    return free
