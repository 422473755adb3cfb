"""Measures by name, objectives as aims in order, and what else counts in the objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from tongqu.contracts.scenario import Measure
from tongqu.engine.goals.coordination import coordination
from tongqu.engine.goals.coverage import coverage_aim
from tongqu.engine.goals.least_cost import less_cost
from tongqu.engine.goals.worst_off import level_aims, worst_off
from tongqu.engine.inputs import Inputs
from tongqu.engine.keeping import keeping_aim
from tongqu.engine.terms import Aim, Floats, Ints, Model

__all__ = [
    "EXTRAS",
    "GOALS",
    "MEASURES",
    "Stage",
    "aim_of",
    "extra_at",
    "goal_stage",
    "stages_of",
    "with_extras",
]

Stage = Callable[[Model], Aim]
"""What makes an aim: it adds the variables and rows that the program lacks, when its turn comes."""

MEASURES: Final[Mapping[Measure, Stage]] = {
    "coordination": coordination,
    "coverage": coverage_aim,
    "worst-off": worst_off,
    "cost": less_cost,
}
"""Measures of a plan. The aim of cost is its negative: of every aim, more is better."""

GOALS: Final[Mapping[str, Measure]] = {
    "coordination": "coordination",
    "coverage": "coverage",
    "worst-off": "worst-off",
    "least-cost": "cost",
}
"""The measure in which the certificate of each objective is written."""

EXTRAS: Final[Sequence[Callable[[Model], Aim | None]]] = (keeping_aim,)
"""What else counts in the objective besides its goal, in the goal's unit: linear in the starts only."""


def aim_of(model: Model, measure: Measure) -> Aim:
    """The aim of a measure; its variables and rows are added when it is first asked for."""
    if measure not in model.aims:
        model.aims[measure] = MEASURES[measure](model)
    return model.aims[measure]


def stages_of(inputs: Inputs) -> list[Stage]:
    """Aims of the scenario's objective in order: each is held while the next is sought."""
    goal = inputs.scenario.objective
    if goal == "worst-off":
        return [*level_aims(inputs), _named("coordination")]
    return [_named(GOALS[goal])]


def goal_stage(inputs: Inputs) -> Stage:
    """Give the aim of the measure in which the certificate is written."""
    return _named(GOALS[inputs.scenario.objective])


def extra_at(model: Model, numbers: Ints, values: Floats) -> float:
    """What else counts in the objective, at values of the variables that say what has started."""
    whole = np.zeros(model.program.size[1])
    whole[numbers] = values
    found = [extra(model) for extra in EXTRAS]
    return float(sum(aim.at(whole) for aim in found if aim is not None))


def with_extras(model: Model, aim: Aim) -> Aim:
    """An aim with what else counts in the objective."""
    for extra in EXTRAS:
        more = extra(model)
        aim = aim if more is None else aim.plus(more)
    return aim


def _named(measure: Measure) -> Stage:
    return lambda model: aim_of(model, measure)
