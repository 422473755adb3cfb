"""Making the inputs of a plan: the years without a plan, the offers, and all that is wrong in one report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tongqu.base import Problem, Progress, ScenarioError, silent
from tongqu.contracts import Assume, Scenario, Sector, in_order, unknown_standards
from tongqu.data import Region
from tongqu.engine import orders
from tongqu.engine.coordinate import indicators_of, weights_of
from tongqu.engine.goals.checks import check_goal
from tongqu.engine.inputs import Inputs
from tongqu.engine.needs import idle_projects, lowering_stocks
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.engine.wishes import possible_candidates, wrong_floors, wrong_past, wrong_services

__all__ = ["prepare"]


def prepare(
    region: Region, sectors: Sequence[Sector], *, scenario: Scenario, progress: Progress = silent
) -> Inputs:
    """Simulate the baseline, collect the offers and evaluate the indicators.

    Raises
    ------
    ScenarioError
        With everything in the scenario that cannot be meant, before anything is solved.
    """
    standards = region["standards"]
    problems = [*unknown_standards(standards, scenario), *wrong_floors(region, scenario)]
    unknown = {problem.value for problem in problems if problem.column == "assume"}
    changes = {name: value for name, value in scenario.assume.items() if name not in unknown}
    assume = Assume.of(standards, scenario.model_copy(update={"assume": changes}))
    with _collected(problems) as found:
        states = simulate(region, sectors, scenario=scenario, assume=assume, progress=progress)
        offer = collect_offers(region, sectors, states=states, assume=assume, progress=progress)
    if found:  # a sector cannot say how things stand, so that the rest stays unknown
        raise ScenarioError(in_order(problems))
    problems += wrong_services(states[0].matching("demand"), scenario)
    problems += wrong_past(region, scenario)
    offer, wrong = possible_candidates(offer, scenario, interest=assume["rate.interest"])
    idle = idle_projects(
        offer,
        states,
        wanted=orders.wanted(scenario),
        lowering=lowering_stocks(region["indicators"], sectors),
    )
    inputs = Inputs(
        region,
        scenario,
        assume,
        tuple(sectors),
        states,
        offer.of(offer.projects.loc[~offer.projects["project"].isin(idle), "project"]),
        indicators_of(region, states),
        weights_of(region, states, scenario=scenario),
        tuple(idle),
    )
    problems += wrong
    with _collected(problems):
        check_goal(inputs)
    if problems:
        raise ScenarioError(in_order(problems))
    return inputs


@contextmanager
def _collected(problems: list[Problem]) -> Iterator[list[Problem]]:
    """Put what is refused inside to the other problems; what is given lists it."""
    found: list[Problem] = []
    try:
        yield found
    except ScenarioError as error:
        found += error.problems
        problems += error.problems
