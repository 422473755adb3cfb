"""Frontier between two measures of a plan: points with bounds, their measures, their projects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.contracts.scenario import Measure
from tongqu.data import Region
from tongqu.engine.frontier import frontier as points_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Stop
from tongqu.engine.points import Point
from tongqu.engine.prepare import prepare
from tongqu.engine.promise import UNITS, baseline_measures
from tongqu.workflow.files import Kind
from tongqu.workflow.prepare import region_of, scenario_of, sectors_for
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "frontier", "wrong_request"]

KIND: Final[Kind] = "frontier"
MOST_POINTS: Final = 50
MOST_PROCESSES: Final = 2
TABLES: Final = ("points", "measures", "decisions")
"""Names of the tables, in the order of sheets and files."""


def frontier(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    first: Measure = "coordination",
    second: Measure = "worst-off",
    points: int = 7,
    gap: float | None = None,
    seconds: float | None = None,
    processes: int = 1,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> FieldStudy:
    """Say how much of one measure another costs: plans between the best of both, each with a proven bound.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name.
    scenario : Scenario, str or Path, optional
        Limits, floors and bounds; its objective is not looked at. The default scenario when left out.
    first, second : {"coordination", "coverage", "worst-off", "cost"}
        Measures; of cost less is better, of the others more.
    points : int
        Levels of the second measure, both ends counted.
    gap : float, optional
        Gap to prove at each point, as in the scenario's ``solver``, which counts unless given.
    seconds : float, optional
        Time for all points together, without preparing; the scenario's unless given. A point for which it
        does not suffice is not proven, but its bound holds.
    processes : int
        1 or 2 processes.
    stop : Stop, optional
        Ends the work and keeps the points so far.

    Returns
    -------
    FieldStudy
        Tables ``points`` (a row each: both measures, the level that was asked of the second, the bound of the
        first at this level, gap, projects, capital), ``measures`` (every measure of every point and without a
        plan) and ``decisions`` (point, project, start). They are promises: a point is simulated by making its
        plan with a bound of the second measure.

    Raises
    ------
    DataError
        If the region, the scenario or a number breaks rules.
    InfeasibleError
        If limits exclude one another.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.frontier("quzhou", first="coordination", second="cost", points=5)  # doctest: +SKIP
    >>> found.tables["points"][["first", "second", "bound"]]  # doctest: +SKIP
    """
    if problems := wrong_request(
        first=first, second=second, points=points, gap=gap, seconds=seconds, processes=processes
    ):
        raise DataError(problems)
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    inputs = prepare(region, sectors_for(region), scenario=chosen, progress=progress)
    progress(Report("build"))
    found = points_of(
        inputs,
        first=first,
        second=second,
        points=points,
        gap=gap,
        seconds=seconds,
        processes=processes,
        stop=stop,
        progress=progress,
    )
    tables = {
        "points": _points(inputs, found, first=first, second=second),
        "measures": _measures(inputs, found),
        "decisions": _decisions(inputs, found),
    }
    city = region.level("city").index
    figures: dict[str, Any] = {
        "first": first,
        "second": second,
        "points": len(found),
        "largest_gap": float(tables["points"]["gap"].max()),
        "optimal": all(point.status == "optimal" for point in found),
    }
    whole = str(city[0]) if len(city) == 1 else "region"
    return FieldStudy(KIND, region, chosen.name, whole, chosen.last_year, tables, figures)


def wrong_request(
    *,
    first: str,
    second: str,
    points: int,
    gap: float | None = None,
    seconds: float | None = None,
    processes: int = 1,
) -> list[Problem]:
    """Measures and numbers that cannot be meant."""
    known = get_args(Measure)
    problems = []
    for name, value in (("first", first), ("second", second)):
        if value not in known:
            mend = "name two of " + ", ".join(known)
            problems.append(Problem("unknown measure", mend=mend, column=name, value=str(value)))
    if first == second:
        mend = "name two of " + ", ".join(known)
        problems.append(Problem("the two measures are the same", mend=mend, column="second", value=second))
    for name, number, least, most in (
        ("points", points, 2, MOST_POINTS),
        ("processes", processes, 1, MOST_PROCESSES),
    ):
        if not least <= number <= most:
            mend = f"give a number from {least} to {most}"
            problems.append(Problem("a number out of range", mend=mend, column=name, value=str(number)))
    for name, wish in (("gap", gap), ("seconds", seconds)):
        if wish is not None and not 0 < wish < float("inf"):
            mend = "give a number above 0"
            problems.append(Problem("a number out of range", mend=mend, column=name, value=str(wish)))
    return problems


def _points(inputs: Inputs, found: Sequence[Point], *, first: Measure, second: Measure) -> pd.DataFrame:
    capital = inputs.offer.projects.set_index("project")["capital_wan"]
    rows = [
        (
            number,
            float(point.measures[first]),
            float(point.measures[second]),
            point.level,
            point.bound,
            abs(point.bound - float(point.measures[first])),
            point.status == "optimal",
            len(point.starts),
            float(capital.reindex(point.starts.index).sum()),
        )
        for number, point in enumerate(found, start=1)
    ]
    columns = ["point", "first", "second", "asked", "bound", "gap", "proven", "projects", "capital_wan"]
    return pd.DataFrame(rows, columns=columns)


def _measures(inputs: Inputs, found: Sequence[Point]) -> pd.DataFrame:
    """Every measure of every point; point 0 is without a plan."""
    rows = [
        (number, name, float(measures[name]), unit)
        for number, measures in enumerate([baseline_measures(inputs), *(one.measures for one in found)])
        for name, unit in UNITS.items()
    ]
    return pd.DataFrame(rows, columns=["point", "measure", "value", "unit_of_measure"])


def _decisions(inputs: Inputs, found: Sequence[Point]) -> pd.DataFrame:
    projects = inputs.offer.projects.set_index("project")
    columns = ["county", "sector", "name_zh", "name_en", "capital_wan"]
    parts = [
        point.starts.rename("start")
        .rename_axis("project")
        .reset_index()
        .assign(point=number)
        .join(projects[columns], on="project")
        for number, point in enumerate(found, start=1)
    ]
    table = pd.concat(parts, ignore_index=True)
    order = ["point", "start", "county", "sector", "project"]
    return table.sort_values(order, ignore_index=True)[[*order, "name_zh", "name_en", "capital_wan"]]
