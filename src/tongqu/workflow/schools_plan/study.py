"""The plan of a region's schools over the years of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.methods.schools import NetworkPlan, plan_network
from tongqu.workflow.files import Kind
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.schools_plan.ground import Ground, ground_of
from tongqu.workflow.schools_plan.tables import (
    cost_table,
    move_table,
    project_table,
    school_table,
    teacher_table,
    without_table,
)
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "schools_plan", "wrong_numbers"]

KIND: Final[Kind] = "schools_plan"
TABLES: Final = ("costs", "projects", "schools", "moves", "teachers", "without")
"""Names of the tables, in the order of sheets and files."""
MOST_GAP: Final = 0.5
MOST_SECONDS: Final = 86_400.0
MOST_MONEY: Final = 1e12
DRAWING: Final = 0.2
"""Part of the time for the catchments of today, from which the plan begins."""


def schools_plan(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    county: str | None = None,
    aim: Literal["cost", "minutes"] = "cost",
    money: float | None = None,
    gap: float = 0.005,
    seconds: float = 180.0,
    processes: int = 1,
    progress: Progress = silent,
) -> FieldStudy:
    """Plan which schools are open, extended, closed, shared and mended in each year, and who goes where.

    Pupils are those of the scenario without any project. Schools, places, pupils by village and today's
    catchments are modelled where the region has no observed ones; the tables say so.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name, with schools whose places are known.
    scenario : Scenario, str or Path, optional
        Assumptions and years; the default scenario when left out.
    county : str, optional
        Code of one county; all of them when left out.
    aim : {"cost", "minutes"}
        Least discounted cost, or least pupil-minutes.
    money : float, optional
        Most discounted cost of all years, 万元.
    gap : float
        Relative gap at which the search may stop, 0 to 0.5.
    seconds : float
        Most time for catchments and search; with less, the answer depends on the machine.
    processes : int
        How many processes share counties and stages; see `tongqu.methods.schools.plan_network`.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Figures ``total`` and ``bound`` are those of the aim, with what pupils left without count.
        Tables ``costs, projects, schools, moves, teachers, without``: `tongqu.workflow.schools_plan.tables`.

    Raises
    ------
    DataError
        If a number is out of range, nothing is known of the schools, the county is none of the region, or
        nothing can be had for the money.
    ScenarioError
        If the scenario cannot be read, or a standard is outside its limits.

    Examples
    --------
    >>> found = schools_plan("tests/data/tiny", seconds=20)
    >>> list(found.tables), found.figures["gap"] <= 0.005
    (['costs', 'projects', 'schools', 'moves', 'teachers', 'without'], True)
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := wrong_numbers(gap=gap, seconds=seconds, money=money):
        raise DataError(problems)
    progress(Report("schools"))
    ground = ground_of(region, chosen, county=county, seconds=seconds * DRAWING, progress=progress)
    progress(Report("schools_plan"))
    plan = plan_network(
        ground.pupils,
        ground.choices,
        schools=ground.schools,
        stages=ground.stages,
        prices=ground.prices,
        sharing=ground.sharing,
        aim=aim,
        money=float("inf") if money is None else money,
        gap=gap,
        seconds=seconds * (1 - DRAWING),
        processes=processes,
    )
    tables = {
        "costs": cost_table(ground, plan),
        "projects": project_table(ground, plan),
        "schools": school_table(ground, plan),
        "moves": move_table(ground, plan),
        "teachers": teacher_table(ground, plan),
        "without": without_table(ground, plan),
    }
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=chosen.name,
        whole=ground.base.whole if county is None else county,
        year=ground.years[0],
        tables=tables,
        figures=_figures(ground, plan, tables),
    )


def wrong_numbers(*, gap: float, seconds: float, money: float | None) -> list[Problem]:
    """A problem for each number that is out of range; see `schools_plan`."""
    asked = (
        ("gap", gap, 0.0, MOST_GAP),
        ("seconds", seconds, 0.001, MOST_SECONDS),
        ("money", money, 0.0, MOST_MONEY),
    )
    return [
        Problem(
            "a number out of range", mend=f"give a number from {low} to {high}", column=name, value=str(value)
        )
        for name, value, low, high in asked
        if value is not None and not low <= value <= high
    ]


def _figures(ground: Ground, plan: NetworkPlan, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    costs, projects, moves = tables["costs"], tables["projects"], tables["moves"]
    teachers = tables["teachers"].groupby("year")[["needed", "recruited", "retired"]].sum()
    first, last = costs.iloc[0], costs.iloc[-1]
    open_ = plan.decisions.open.sum(axis=0)
    return {
        "last_year": ground.years[-1],
        "aim": plan.aim,
        "cost_wan": plan.cost,
        "total": plan.total,
        "bound": plan.bound,
        "gap": plan.gap,
        "saving_last_wan": float(last["saving"]),
        "capital_wan": float(costs["capital"].sum()),
        "pupils": float(first["pupils"]),
        "pupils_last": float(last["pupils"]),
        "schools": int(ground.schools.flag("today").sum()),
        "schools_last": int(open_[-1]),
        "projects": projects["kind"].value_counts().sort_index().to_dict(),
        "moved": float(moves["pupils"].sum()),
        "longest_after": float(moves["minutes_after"].max()) if len(moves) else float("nan"),
        "mean_ride": float(first["mean_ride"]),
        "mean_ride_last": float(last["mean_ride"]),
        "without": float(first["without"]),
        "without_last": float(last["without"]),
        "teachers": float(teachers["needed"].iloc[0]),
        "teachers_last": float(teachers["needed"].iloc[-1]),
        "recruited": float(teachers["recruited"].sum()),
        "retired": float(teachers["retired"].sum()),
        "unknown_beds": ground.unknown_beds,
        "modelled": float(ground.sites["modelled"].mean()),
    }
