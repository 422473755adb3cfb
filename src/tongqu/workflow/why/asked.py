"""The plan of a stored run and the inputs that it was made from, and what is asked about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, RunError
from tongqu.contracts import Run
from tongqu.data.problems import suggest
from tongqu.engine.changes import Village
from tongqu.engine.coordinate import mean_log
from tongqu.engine.explain import unserved
from tongqu.engine.goals import goal_stage
from tongqu.engine.inputs import Inputs
from tongqu.engine.model import build
from tongqu.engine.optimise import Plan
from tongqu.workflow.stored import base_inputs_of, inputs_of, plan_of

__all__ = [
    "Asked",
    "Limit",
    "asked_of",
    "largest",
    "left_out",
    "read_plan",
    "wrong_limits",
    "wrong_questions",
]

FEW: Final = 4
"""Limits named where one is not known."""

SAME: Final = 1e-6
"""Difference of a promise between the run and this version from which on they are not the same plan."""

Limit = tuple[str, int, float]
"""A limit such as ``money 330802``, a year, and how much more of it is asked about."""


@dataclass(frozen=True)
class Asked:
    """What is asked about.

    Parameters
    ----------
    projects : tuple of str
    villages : tuple of (str, str)
        Units and services.
    limits : tuple of (str, int, float)
    """

    projects: tuple[str, ...]
    villages: tuple[Village, ...]
    limits: tuple[Limit, ...]


def read_plan(run: Run, *, progress: Progress) -> tuple[Inputs, Plan]:
    """Give the inputs of a run and its plan.

    Raises
    ------
    RunError
        If it cannot be read, or its plan promises something else in this version.
    """
    try:
        inputs = inputs_of(run, base=base_inputs_of(run, progress=progress), progress=progress)
        plan = plan_of(run, inputs)
    except (KeyError, ValueError) as error:
        raise RunError(f"{run.path}: the run cannot be read: {error}") from error
    if plan.certificate.goal == "coordination":
        now = mean_log(plan.promised, inputs.weights) + plan.certificate.extra
        if abs(now - plan.certificate.objective) > SAME:
            raise RunError(f"{run.path}: its plan promises something else in this version; make it again")
    return inputs, plan


def asked_of(
    inputs: Inputs,
    plan: Plan,
    *,
    projects: Sequence[str] | None,
    villages: Sequence[tuple[str, str]] | None,
    limits: Sequence[Limit],
    most: int,
) -> Asked:
    """Give what is asked about: what was named, else the largest projects and the villages with most people.

    Raises
    ------
    DataError
        With every name, limit and year that the plan does not know.
    """
    left = unserved(inputs, plan.starts)
    chosen = largest(inputs, plan.starts, most=most) if projects is None else tuple(dict.fromkeys(projects))
    places = left_out(left, most=most) if villages is None else _named(left, villages)
    problems = wrong_questions(inputs, plan.starts, projects=chosen, villages=places)
    problems += wrong_limits(inputs, limits)
    if problems:
        raise DataError(problems)
    return Asked(chosen, places, tuple(limits))


def largest(inputs: Inputs, starts: pd.Series, *, most: int) -> tuple[str, ...]:
    """Started projects with the most capital."""
    projects = inputs.offer.projects
    mine = projects[projects["project"].isin(starts.index)]
    order = mine.sort_values(["capital_wan", "project"], ascending=[False, True], kind="stable")
    return tuple(str(name) for name in order["project"].head(most))


def left_out(left: pd.DataFrame, *, most: int) -> tuple[Village, ...]:
    """Places with the most people left out of a service, each with one service.

    Parameters
    ----------
    left : DataFrame
        As `unserved` gives it.
    """
    first = left.drop_duplicates("unit").head(most)
    return tuple(
        (str(unit), str(service)) for unit, service in zip(first["unit"], first["service"], strict=True)
    )


def _named(left: pd.DataFrame, villages: Iterable[tuple[str, str]]) -> tuple[Village, ...]:
    """Places with services; every service that it lacks where none is named."""
    found: dict[Village, None] = {}
    for unit, service in villages:
        mine = left.loc[left["unit"] == unit, "service"] if not service else [service]
        found.update(dict.fromkeys([(unit, str(one)) for one in mine] or [(unit, service)]))
    return tuple(found)


def wrong_questions(
    inputs: Inputs, starts: pd.Series, *, projects: Iterable[str], villages: Iterable[Village]
) -> list[Problem]:
    """Names that the plan does not know."""
    started, on_offer = set(starts.index), set(inputs.offer.projects["project"])
    problems = []
    for name in projects:
        if name not in started:
            rule = "not in the plan" if name in on_offer else "not on offer"
            mend = "name a project of the plan by its code"
            problems.append(Problem(rule=rule, mend=mend, column="project", value=name))
    left = unserved(inputs, starts).set_index(["unit", "service"]).index
    units = set(inputs.region["units"]["unit"])
    for unit, service in villages:
        if unit not in units:
            problems.append(
                Problem(
                    rule="no such place", mend="use a code of the table units", column="village", value=unit
                )
            )
        elif (unit, service) not in left:
            value = f"{unit} {service}".strip()
            rule = "it lacks no service that a project on offer could bring"
            mend = "name a place and a service of the list of those left out"
            problems.append(Problem(rule=rule, mend=mend, column="village", value=value))
    return problems


def wrong_limits(inputs: Inputs, limits: Sequence[Limit]) -> list[Problem]:
    """Limits that the plan does not have, and years that it has not."""
    if not limits:
        return []
    known = {one.family for one in build(inputs, goal=goal_stage(inputs)).priced}
    years, problems = inputs.years, []
    for family, year, more in limits:
        value = f"{family},{year},{more:g}"
        if family not in known:
            mend = suggest(family, known) + "name a limit, such as " + ", ".join(sorted(known)[:FEW])
            problems.append(Problem("not a limit of the plan", mend=mend, column="limit", value=value))
        if year not in years:
            mend = f"give a year from {years[0]} to {years[-1]}"
            problems.append(Problem("a year outside the plan", mend=mend, column="limit", value=value))
    return problems
