"""What the joint plan is made from: the baseline, the offers, unmet demand and scores, on common axes.

Inputs are those of the baseline, or made again from the simulation of an earlier plan, see
`tongqu.engine.feedback`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tongqu.contracts import Assume, Offer, Scenario, Sector, State
from tongqu.data import Region
from tongqu.engine.coordinate import Indicators
from tongqu.engine.needs import unmet_of
from tongqu.engine.wishes import candidates_of, check_pins, start_bounds

__all__ = [
    "Inputs",
    "Refreshed",
    "candidates_of",
    "check_pins",
    "service_sums",
    "start_bounds",
]


@dataclass(frozen=True)
class Refreshed:
    """What inputs know besides when they were made again from the simulation of a plan.

    Parameters
    ----------
    starts : Series of int
        That plan: year of the first payment by project.
    simulated : tuple of State
        Each year of its simulation with the offers as they were made again.
    needs : tuple of State
        Demand and what of it is served before projects, of each unit: what projects may credit. People whom
        the plan brings are in it; units whose people it moves need what they need without a plan, for
        otherwise nothing would speak for the move any more.
    states : tuple of State
        Each year without a plan.
    indicators : Indicators
        Of the years without a plan.
    """

    starts: pd.Series
    simulated: tuple[State, ...]
    needs: tuple[State, ...]
    states: tuple[State, ...]
    indicators: Indicators


@dataclass(frozen=True)
class Inputs:
    """Everything the model needs; nothing in it depends on a solver.

    Parameters
    ----------
    states : tuple of State
        What projects add to: each year without a plan, or as the simulation of an earlier plan showed it,
        less what that plan had promised to serve.
    offer : Offer
        All candidates with their entries, pairs and limits; banned projects are gone.
    indicators : Indicators
        What projects add to: of the baseline, or those of the earlier plan's simulation, less what it had
        promised to add.
    weights : Series
        Weight of each county and year in the objective; those of the baseline.
    idle : tuple of str
        Candidates that are not in the offer because they could better no figure of any plan's promise.
    refreshed : Refreshed or None
        The earlier plan from whose simulation the inputs were made again; None for those of the baseline.
    """

    region: Region
    scenario: Scenario
    assume: Assume
    sectors: tuple[Sector, ...]
    states: tuple[State, ...]
    offer: Offer
    indicators: Indicators
    weights: pd.Series
    idle: tuple[str, ...] = ()
    refreshed: Refreshed | None = None

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the plan."""
        return self.scenario.years

    @property
    def counties(self) -> pd.Index:
        """Codes of the counties, sorted."""
        return self.region.level("county").index

    @property
    def base_states(self) -> tuple[State, ...]:
        """Each year without a plan, whatever the inputs were made from."""
        return self.states if self.refreshed is None else self.refreshed.states

    @property
    def baseline(self) -> Indicators:
        """Indicators without a plan, whatever the inputs were made from."""
        return self.indicators if self.refreshed is None else self.refreshed.indicators

    def unmet(self, service: str) -> pd.DataFrame:
        """Unmet demand of a service before projects: units in rows, years in columns, persons."""
        return unmet_of(self.states if self.refreshed is None else self.refreshed.needs, service)


def service_sums(region: Region, states: Sequence[State]) -> pd.DataFrame:
    """People served and in need by county, year and service: ``unit, year, service, demand, served``."""
    parts = []
    for state in states:
        for service in state.matching("served"):
            demand, served = state[f"demand.{service}"], state[f"served.{service}"]
            county = region.county_of(demand.index)
            both = (
                pd.DataFrame({"demand": demand, "served": served}).groupby(county).sum().rename_axis("unit")
            )
            parts.append(both.reset_index().assign(year=state.year, service=service))
    return pd.concat(parts, ignore_index=True)[["unit", "year", "service", "demand", "served"]]
