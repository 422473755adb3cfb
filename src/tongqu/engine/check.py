"""Promise against simulation: what the plan said it would bring, and what the simulation shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from tongqu.base import Progress, silent
from tongqu.contracts import State
from tongqu.engine.coordinate import Indicators, indicators_of
from tongqu.engine.goals import GOALS
from tongqu.engine.inputs import Inputs, service_sums
from tongqu.engine.optimise import Plan
from tongqu.engine.promise import UNITS, baseline_measures, measures_of
from tongqu.engine.simulate import simulate

__all__ = ["Checked", "check_plan", "same_starts"]


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
        The goal's measure as simulated, in the sense and with the extras of the certificate: more is better.
    difference : DataFrame
        ``unit, year, variable, promised, simulated, difference``: people served by service, and U, R, D.
    measures : DataFrame
        ``measure, promised, simulated, baseline, unit_of_measure``: every measure. What a plan costs follows
        from its ledger, so that promise and simulation of it are one.
    """

    states: Sequence[State]
    indicators: Indicators
    objective: float
    difference: pd.DataFrame
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)


def check_plan(inputs: Inputs, plan: Plan, *, progress: Progress = silent) -> Checked:
    """Simulate the plan with every sector and set the result beside the promise."""
    states = _simulated(inputs, plan, progress=progress)
    indicators = indicators_of(inputs.region, states)
    difference = pd.concat([_services(inputs, plan, states), _indices(plan, indicators)], ignore_index=True)
    measures = _measures(inputs, plan, states=states, indicators=indicators)
    goal = GOALS[inputs.scenario.objective]
    value = float(measures.set_index("measure")["simulated"][goal])
    objective = (-value if goal == "cost" else value) + plan.certificate.extra
    return Checked(states, indicators, objective, difference, measures)


def same_starts(one: pd.Series, other: pd.Series) -> bool:
    """Whether two plans start the same projects in the same years."""
    return len(one) == len(other) and bool((other.reindex(one.index) == one).all())


def _simulated(inputs: Inputs, plan: Plan, *, progress: Progress) -> tuple[State, ...]:
    known = inputs.refreshed
    if known is not None and same_starts(known.starts, plan.starts):
        return known.simulated
    return simulate(
        inputs.region,
        inputs.sectors,
        scenario=inputs.scenario,
        assume=inputs.assume,
        offer=inputs.offer,
        starts=plan.starts,
        progress=progress,
    )


def _measures(inputs: Inputs, plan: Plan, *, states: Sequence[State], indicators: Indicators) -> pd.DataFrame:
    """Every measure of the plan as promised and as simulated, and without a plan."""
    promised = measures_of(inputs, plan.starts)
    without = replace(inputs, states=inputs.base_states, indicators=inputs.baseline, refreshed=None)
    shown = replace(inputs, states=tuple(states), indicators=indicators, refreshed=None)
    simulated, baseline = baseline_measures(shown), baseline_measures(without)
    return pd.DataFrame(
        {
            "measure": list(promised.index),
            "promised": promised.to_numpy(),
            "simulated": simulated.reindex(promised.index).where(promised.index != "cost", promised),
            "baseline": baseline.reindex(promised.index).to_numpy(),
            "unit_of_measure": [UNITS[name] for name in promised.index],
        }
    ).reset_index(drop=True)


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
