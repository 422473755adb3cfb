"""What the joint plan is made from: the baseline, the offers, unmet demand and scores, on common axes.

Inputs are those of the baseline, or made again from the simulation of an earlier plan, see
`tongqu.engine.feedback`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem, Progress, ScenarioError, silent
from tongqu.contracts import Assume, Offer, Scenario, Sector, State
from tongqu.data import Region
from tongqu.engine import orders
from tongqu.engine.coordinate import Indicators, indicators_of, weights_of
from tongqu.engine.needs import idle_projects, lowering_stocks, unmet_of
from tongqu.engine.simulate import collect_offers, simulate

__all__ = [
    "Inputs",
    "Refreshed",
    "candidates_of",
    "check_pins",
    "prepare",
    "service_sums",
    "start_bounds",
]


Ints = npt.NDArray[np.int64]


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


def prepare(
    region: Region, sectors: Sequence[Sector], *, scenario: Scenario, progress: Progress = silent
) -> Inputs:
    """Simulate the baseline, collect the offers and evaluate the indicators."""
    assume = Assume.of(region["standards"], scenario)
    _check_wishes(region, scenario)
    states = simulate(region, sectors, scenario=scenario, assume=assume, progress=progress)
    offer = collect_offers(region, sectors, states=states, assume=assume, progress=progress)
    offer = candidates_of(offer, scenario, interest=assume["rate.interest"])
    check_pins(offer, scenario)
    idle = idle_projects(
        offer,
        states,
        wanted=orders.wanted(scenario),
        lowering=lowering_stocks(region["indicators"], sectors),
    )
    return Inputs(
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


def candidates_of(offer: Offer, scenario: Scenario, *, interest: float) -> Offer:
    """Give what a plan may choose from: the offers as the scenario edits them, without what cannot be.

    Parameters
    ----------
    interest : float
        Interest on debt, a share a year.

    Raises
    ------
    ScenarioError
        If the scenario names projects that are not on offer.
    """
    return _allowed(orders.apply(_known_bans(offer, scenario), scenario, interest=interest), scenario)


def _check_wishes(region: Region, scenario: Scenario) -> None:
    """Floors name counties and years of the plan; a project is pinned once."""
    counties = set(region.level("county").index)
    problems = []
    for number, floor in enumerate(scenario.floors):
        if floor.county and floor.county not in counties:
            problems.append(("floors", number, "county", floor.county, "not a county of the region"))
        if floor.year > scenario.last_year:
            problems.append(("floors", number, "year", str(floor.year), "begins after the plan"))
    seen: set[str] = set()
    for number, pin in enumerate(scenario.pinned):
        if pin.project in seen:
            problems.append(("pinned", number, "project", pin.project, "pinned twice"))
        seen.add(pin.project)
    if problems:
        raise ScenarioError(
            [
                Problem(
                    rule=rule,
                    mend="mend the scenario",
                    file="scenario",
                    column=f"{table}[{number}].{key}",
                    value=value,
                )
                for table, number, key, value, rule in problems
            ]
        )


def _known_bans(offer: Offer, scenario: Scenario) -> Offer:
    unknown = sorted(set(scenario.banned) - set(offer.projects["project"]))
    if unknown:
        raise ScenarioError(
            [
                Problem(
                    rule="not on offer",
                    mend="ban projects by their code in the offer",
                    file="scenario",
                    column="banned",
                    value=name,
                )
                for name in unknown
            ]
        )
    return offer


def _allowed(offer: Offer, scenario: Scenario) -> Offer:
    """Drop banned projects, what requires them, and what cannot open within the plan's years."""
    projects = offer.projects
    late = projects.loc[projects["lead"] > scenario.last_year - scenario.first_year, "project"]
    committed = {one.project for one in scenario.committed}
    gone = set(scenario.banned) | (set(late) - committed)
    while more := set(
        projects.loc[projects["requires"].isin(gone) & ~projects["project"].isin(gone), "project"]
    ):
        gone |= more
    return offer.of(projects.loc[~projects["project"].isin(gone), "project"])


def start_bounds(projects: pd.DataFrame, years: Sequence[int]) -> tuple[Ints, Ints]:
    """First and last year in which each project may start and still open within the plan.

    The last lies before the first where a project cannot start at all. Where the offer leaves one year only,
    as for what is committed, that year stays though the project opens later.
    """
    earliest, latest, lead = (
        projects[name].to_numpy(dtype=np.int64) for name in ("earliest", "latest", "lead")
    )
    first = np.clip(np.where(earliest > 0, earliest, years[0]), years[0], years[-1] + 1)
    last = np.minimum(np.where(latest > 0, latest, years[-1]), years[-1] - lead)
    return first, np.where((earliest == latest) & (latest > 0), np.minimum(latest, years[-1]), last)


def check_pins(offer: Offer, scenario: Scenario) -> None:
    """Each pinned or committed project is on offer and can start in the year that the scenario names.

    Raises
    ------
    ScenarioError
        With every pin or commitment that cannot be kept.
    """
    bounds = zip(*start_bounds(offer.projects, scenario.years), strict=True)
    possible = dict(zip(offer.projects["project"], bounds, strict=True))
    problems = []
    for number, pin in enumerate(orders.required_starts(scenario)):
        first, last = possible.get(pin.project, (1, 0))
        if first <= pin.year <= last:
            continue
        mend = "name a project on offer and a year from which it can open within the plan"
        if first <= last:
            mend = f"start it in one of the years {first} to {last}"
        committed = number - len(scenario.pinned)
        column = f"committed[{committed}]" if committed >= 0 else f"pinned[{number}]"
        problems.append(
            Problem(
                rule="cannot start then",
                mend=mend,
                file="scenario",
                column=column,
                value=f"{pin.project} in {pin.year}",
            )
        )
    if problems:
        raise ScenarioError(problems)


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
