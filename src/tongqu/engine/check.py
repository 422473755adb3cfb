"""Promise against simulation: what the plan said it would bring, and what the simulation shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tongqu.base import Progress, silent
from tongqu.contracts import State
from tongqu.engine.coordinate import Indicators, indicators_of, mean_log
from tongqu.engine.inputs import Inputs, service_sums
from tongqu.engine.optimise import Plan
from tongqu.engine.simulate import simulate

__all__ = ["Checked", "check_plan"]


@dataclass(frozen=True)
class Checked:
    """The plan re-simulated.

    Parameters
    ----------
    states : tuple of State
        Each year with the plan.
    indicators : Indicators
        Of these states.
    objective : float
        Mean log D as simulated.
    difference : DataFrame
        ``unit, year, variable, promised, simulated, difference``: people served by service, and U, R, D.
    """

    states: Sequence[State]
    indicators: Indicators
    objective: float
    difference: pd.DataFrame


def check_plan(inputs: Inputs, plan: Plan, *, progress: Progress = silent) -> Checked:
    """Simulate the plan with every sector and set the result beside the promise."""
    states = simulate(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=inputs.offer,
        starts=plan.starts,
        progress=progress,
    )
    indicators = indicators_of(inputs.region, states)
    difference = pd.concat([_services(inputs, plan, states), _indices(plan, indicators)], ignore_index=True)
    return Checked(states, indicators, mean_log(indicators.indices, inputs.weights), difference)


def _services(inputs: Inputs, plan: Plan, states: Sequence[State]) -> pd.DataFrame:
    keys = ["unit", "year", "service"]
    before = service_sums(inputs.region, inputs.states).set_index(keys)["served"]
    after = service_sums(inputs.region, states).set_index(keys)["served"]
    promised = before.add(plan.served.set_index(keys)["added"], fill_value=0.0)
    return _beside(promised, after, rename="served.")


def _indices(plan: Plan, indicators: Indicators) -> pd.DataFrame:
    return _beside(_tall(plan.promised), _tall(indicators.indices), rename="")


def _tall(indices: pd.DataFrame) -> pd.Series:
    """U, R and D as one series by unit, year and name."""
    keys = ["unit", "year"]
    tall = indices[["U", "R", "D"]].reset_index().melt(id_vars=keys, var_name="service", value_name="value")
    return tall.set_index([*keys, "service"])["value"].sort_index()


def _beside(promised: pd.Series, simulated: pd.Series, *, rename: str) -> pd.DataFrame:
    both = pd.DataFrame({"promised": promised, "simulated": simulated.reindex(promised.index)}).reset_index()
    both["variable"] = rename + both["service"]
    both["difference"] = both["simulated"] - both["promised"]
    return both[["unit", "year", "variable", "promised", "simulated", "difference"]]
