"""Whether an objective, its weights, bounds and floors of towns can be meant, before anything is solved."""

from __future__ import annotations

from tongqu.base import Problem, ScenarioError
from tongqu.contracts.scenario import Bound
from tongqu.data.problems import suggest
from tongqu.engine.inputs import Inputs

__all__ = ["check_goal"]


def check_goal(inputs: Inputs) -> None:
    """Refuse what the goal of a scenario cannot mean.

    Raises
    ------
    ScenarioError
        With every problem: a service that nobody knows or weights that leave none, least cost without
        anything to be met, bounds without a value or on the wrong side, a town that is not there.
    """
    problems = [*_weights(inputs), *_least_cost(inputs), *_bounds(inputs), *_towns(inputs)]
    if problems:
        raise ScenarioError(problems)


def _weights(inputs: Inputs) -> list[Problem]:
    known = inputs.states[0].matching("demand")
    given = inputs.scenario.goal.services
    problems = [
        Problem(
            rule="unknown service",
            mend=suggest(name, known) + "use one of " + ", ".join(known),
            file="scenario",
            column="goal.services",
            value=str(name),
        )
        for name in given
        if name not in known
    ]
    if known and all(float(given.get(name, 1.0)) == 0.0 for name in known):
        rule, mend = "the weights leave no service", "give one service a weight above 0"
        problems.append(Problem(rule, mend=mend, file="scenario", column="goal.services"))
    return problems


def _least_cost(inputs: Inputs) -> list[Problem]:
    scenario = inputs.scenario
    met = scenario.floors or any(bound.least is not None for bound in scenario.bounds)
    if scenario.objective != "least-cost" or met:
        return []
    rule = "least cost of nothing: the plan would be empty"
    mend = "add floors, or a bound with a least value"
    return [Problem(rule, mend=mend, file="scenario", column="objective", value="least-cost")]


def _bounds(inputs: Inputs) -> list[Problem]:
    found = []
    for number, bound in enumerate(inputs.scenario.bounds):
        wrong = _wrong_bound(bound)
        if wrong is not None:
            rule, mend = wrong
            column = f"bounds[{number}]"
            found.append(Problem(rule, mend=mend, file="scenario", column=column, value=bound.measure))
    return found


def _wrong_bound(bound: Bound) -> tuple[str, str] | None:
    if bound.least is None and bound.most is None:
        return "a bound without a value", "give least or most"
    if bound.measure == "cost" and bound.least is not None:
        return "a least cost binds nothing: money need not be spent well", "give most, in 万元"
    if bound.measure != "cost" and bound.most is not None:
        return "a plan need not be held down", "give least"
    highest = 0.0 if bound.measure == "coordination" else 1.0
    if bound.least is not None and bound.least > highest:
        return "no plan can reach it", "give a share up to 1, or a mean log D up to 0"
    return None


def _towns(inputs: Inputs) -> list[Problem]:
    towns = inputs.region.level("town")
    problems = []
    for number, floor in enumerate(inputs.scenario.floors):
        if not floor.town:
            continue
        rule, mend = "", "use the code of a town, and its own county or none"
        if floor.town not in towns.index:
            rule = "not a town of the region"
        elif floor.county and inputs.region.county_of([floor.town]).iloc[0] != floor.county:
            rule = "the town is not in the county"
        if rule:
            column, mend = f"floors[{number}].town", suggest(floor.town, towns.index) + mend
            problems.append(Problem(rule, mend=mend, file="scenario", column=column, value=floor.town))
    return problems
