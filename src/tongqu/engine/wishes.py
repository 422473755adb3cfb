"""What a scenario wishes of a plan, and everything in it that cannot be meant, before anything is solved.

Wishes of places are held against the region, those of projects against the offer. Where some are wrong, the
rest is checked as if they had not been written, so that one report has all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem, ScenarioError
from tongqu.contracts import Offer, Pin, Scenario
from tongqu.data import Region
from tongqu.data.problems import suggest
from tongqu.engine import orders

__all__ = [
    "candidates_of",
    "check_pins",
    "possible_candidates",
    "start_bounds",
    "wrong_floors",
    "wrong_past",
    "wrong_services",
]

Ints = npt.NDArray[np.int64]


def wrong_floors(region: Region, scenario: Scenario) -> list[Problem]:
    """Floors of what is no county of the region, or from a year on that is after the plan."""
    counties = set(region.level("county").index)
    found = []
    for number, floor in enumerate(scenario.floors):
        if floor.county and floor.county not in counties:
            mend = suggest(floor.county, counties) + "use the code of a county"
            found.append(
                _problem("not a county of the region", mend, f"floors[{number}].county", floor.county)
            )
        if floor.year > scenario.last_year:
            mend = f"give a year up to {scenario.last_year}"
            found.append(_problem("begins after the plan", mend, f"floors[{number}].year", str(floor.year)))
    return found


def wrong_services(known: Sequence[str], scenario: Scenario) -> list[Problem]:
    """Floors of services that nobody knows.

    Parameters
    ----------
    known : sequence of str
        Services that somebody asks for; none are known where there are no sectors.
    """
    mend = "use one of " + ", ".join(known)
    return [
        _problem(
            "unknown service",
            suggest(floor.service, known) + mend,
            f"floors[{number}].service",
            floor.service,
        )
        for number, floor in enumerate(scenario.floors)
        if known and floor.service not in known
    ]


def wrong_past(region: Region, scenario: Scenario) -> list[Problem]:
    """Counties that have money booked for some of the past years and not for all of them.

    What debt stood at in between would be anyone's guess.
    """
    past = range(scenario.first_year, scenario.decided_from)
    booked: dict[str, dict[int, int]] = {}
    for number, one in enumerate(scenario.booked):
        booked.setdefault(one.county, {}).setdefault(one.year, number)
    counties = set(region.level("county").index)
    mend = "book each county once for each year from first_year until from_year"
    return [
        _problem("a past year is missing", mend, f"booked[{max(years.values())}]", f"{county} in {year}")
        for county, years in booked.items()
        if county in counties
        for year in past
        if year not in years
    ]


def candidates_of(offer: Offer, scenario: Scenario, *, interest: float) -> Offer:
    """Give what a plan may choose from: the offers as the scenario edits them, without what cannot be.

    Parameters
    ----------
    interest : float
        Interest on debt, a share a year.

    Raises
    ------
    ScenarioError
        If the scenario names projects that are not on offer, or orders that cannot be.
    """
    wrong = [*_wrong_sectors(offer, scenario), *_wrong_bans(offer, scenario)]
    if problems := [*wrong, *orders.wrong_orders(offer, scenario)]:
        raise ScenarioError(problems)
    return _allowed(orders.apply(offer, scenario, interest=interest), scenario)


def possible_candidates(offer: Offer, scenario: Scenario, *, interest: float) -> tuple[Offer, list[Problem]]:
    """Give what a plan may choose from, and every ban, order and pin that cannot be.

    Parameters
    ----------
    offer : Offer
        What the sectors offer.
    interest : float
        Interest on debt, a share a year.

    Returns
    -------
    offer, problems
        The offer with the orders that can be in it.
    """
    wrong = orders.wrong_orders(offer, scenario)
    left = _without(scenario, wrong)
    made = _allowed(orders.apply(offer, left, interest=interest), left)
    columns = _columns(left, among=scenario)
    pins = [*_twice(scenario), *_wrong_pins(offer, made, left, columns), *_pins_apart(made, columns)]
    return made, [*_wrong_sectors(offer, scenario), *_wrong_bans(offer, scenario), *wrong, *pins]


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
    if problems := _wrong_pins(offer, offer, scenario, _columns(scenario, among=scenario)):
        raise ScenarioError(problems)


def _problem(rule: str, mend: str, column: str, value: str) -> Problem:
    return Problem(rule, mend=mend, file="scenario", column=column, value=value)


def _wrong_sectors(offer: Offer, scenario: Scenario) -> list[Problem]:
    known = sorted(offer.projects["sector"].unique())
    return [
        _problem(
            "no project on offer is of this sector",
            suggest(name, known) + f"use one of {', '.join(known)}",
            f"sectors[{number}]",
            name,
        )
        for number, name in enumerate(scenario.sectors)
        if name not in known
    ]


def _wrong_bans(offer: Offer, scenario: Scenario) -> list[Problem]:
    known = set(offer.projects["project"])
    return [
        _problem(
            "not on offer", suggest(name, known) + "ban projects by their code in the offer", "banned", name
        )
        for name in sorted(set(scenario.banned) - known)
    ]


def _allowed(offer: Offer, scenario: Scenario) -> Offer:
    """Drop banned projects and those of other sectors, what requires them, and what cannot open in time."""
    gone = _gone(offer.projects, scenario)
    return offer.of(offer.projects.loc[~offer.projects["project"].isin(gone), "project"])


def _gone(projects: pd.DataFrame, scenario: Scenario) -> set[str]:
    late = projects.loc[projects["lead"] > scenario.last_year - scenario.first_year, "project"]
    committed = {one.project for one in scenario.committed}
    gone = set(scenario.banned) | (set(late) - committed)
    if scenario.sectors:
        others = projects.loc[~projects["sector"].isin(scenario.sectors), "project"]
        gone |= set(others) - committed
    while more := set(
        projects.loc[projects["requires"].isin(gone) & ~projects["project"].isin(gone), "project"]
    ):
        gone |= more
    return gone


def _without(scenario: Scenario, wrong: Iterable[Problem]) -> Scenario:
    """The scenario with every wrong order as if it had not been written; pins stay where they are."""
    columns = {problem.column.partition("]")[0] for problem in wrong}

    def right(name: str, held: Sequence[object]) -> tuple[object, ...]:
        return tuple(one for number, one in enumerate(held) if f"{name}[{number}" not in columns)

    kept = {name: right(name, getattr(scenario, name)) for name in ("edits", "committed", "booked")}
    promises = right("keeping.promises", scenario.keeping.promises)
    keeping = scenario.keeping.model_copy(update={"promises": promises})
    return scenario.model_copy(update={**kept, "keeping": keeping})


def _columns(scenario: Scenario, *, among: Scenario) -> list[tuple[Pin, str]]:
    """Starts that a plan must have, each with where it is written among all that were given."""
    pinned, given = len(scenario.pinned), list(among.committed)
    return [
        (pin, f"pinned[{number}]")
        if number < pinned
        else (pin, f"committed[{given.index(scenario.committed[number - pinned])}]")
        for number, pin in enumerate(orders.required_starts(scenario))
    ]


def _twice(scenario: Scenario) -> list[Problem]:
    seen, found = set[str](), []
    for number, pin in enumerate(scenario.pinned):
        if pin.project in seen:
            found.append(_problem("pinned twice", "pin it once", f"pinned[{number}].project", pin.project))
        seen.add(pin.project)
    return found


def _wrong_pins(
    offer: Offer, candidates: Offer, scenario: Scenario, columns: Sequence[tuple[Pin, str]]
) -> list[Problem]:
    """Pins and commitments of what is not there or cannot start then.

    Parameters
    ----------
    offer, candidates : Offer
        All that is on offer, and what of it the scenario leaves.
    columns : sequence of (Pin, str)
        Starts that a plan must have, and where they are written.
    """
    bounds = zip(*start_bounds(candidates.projects, scenario.years), strict=True)
    possible = dict(zip(candidates.projects["project"], bounds, strict=True))
    needs = dict(zip(offer.projects["project"], offer.projects["requires"], strict=True))
    sector = dict(zip(offer.projects["project"], offer.projects["sector"], strict=True))
    found = []
    for pin, column in columns:
        first, last = possible.get(pin.project, (1, 0))
        if first <= pin.year <= last:
            continue
        rule, mend = "cannot start then", "give a year from which it can open within the plan"
        if pin.project not in needs:
            rule, mend = "not on offer", suggest(pin.project, needs) + "name a project on offer"
        elif scenario.sectors and sector[pin.project] not in scenario.sectors:
            rule, mend = (
                "its sector is left out",
                f"add {sector[pin.project]} to sectors, or take this pin out",
            )
        elif pin.project in scenario.banned:
            rule, mend = "both pinned and banned", "take one of them out"
        elif banned := _banned_need(pin.project, needs, scenario):
            rule, mend = f"it requires {banned}, which is banned", "take the ban or this pin out"
        elif first <= last:
            mend = f"start it in one of the years {first} to {last}"
        found.append(_problem(rule, mend, column, f"{pin.project} in {pin.year}"))
    return found


def _banned_need(project: str, needs: dict[str, str], scenario: Scenario) -> str:
    """The banned project that a project cannot do without, if there is one."""
    seen, current = set[str](), project
    while current and current not in seen:
        if current in scenario.banned:
            return current
        seen.add(current)
        current = needs.get(current, "")
    return ""


def _pins_apart(candidates: Offer, columns: Sequence[tuple[Pin, str]]) -> list[Problem]:
    """Pins that exclude one another: what is required opens later, or two of a group."""
    table = candidates.projects.set_index("project")
    lead = table["lead"].astype("int64").to_dict()
    opens, groups, found = dict[str, int](), dict[str, str](), list[Problem]()
    pins = [(pin, column) for pin, column in columns if pin.project in table.index]
    for pin, _ in pins:
        opens.setdefault(pin.project, pin.year + lead[pin.project])
    for pin, column in pins:
        needed, group = (str(table.at[pin.project, name]) for name in ("requires", "group"))
        value = f"{pin.project} in {pin.year}"
        if needed in opens and opens[needed] > opens[pin.project]:
            rule = f"it opens before {needed}, which it requires"
            found.append(_problem(rule, "start this later, or that earlier", column, value))
        other = groups.setdefault(group, pin.project) if group else pin.project
        if other != pin.project:
            rule = f"of this and {other} one can be built at most"
            found.append(_problem(rule, "take one of them out", column, value))
    return found
