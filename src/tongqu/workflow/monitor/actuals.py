"""What was reported, held against a run: projects on its offer, places and variables that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Run
from tongqu.data.problems import Problems, suggest
from tongqu.workflow.monitor.columns import MONEY
from tongqu.workflow.monitor.reading import COUNTED, Actuals, frames_read, read_into

__all__ = ["check_actuals", "planned_figures"]


def check_actuals(run: Run, actuals: Actuals | str | Path) -> Actuals:
    """Actuals that fit a run: projects on its offer, places and variables that it knows.

    Blank rows of figures go. A project that is built or contracted has a start, the plan's own where none is
    reported.

    Raises
    ------
    DataError
        With every row that does not fit.
    """
    read = Problems()
    given = frames_read(actuals, read) if isinstance(actuals, Actuals) else read_into(Path(actuals), read)
    figures = given.figures[given.figures["value"].notna()]
    wrong = [*_wrong_projects(run, given.projects), *_wrong_figures(run, figures)]
    found = [*_listed(read), *(replace(one, file=given.files.get(one.file, one.file)) for one in wrong)]
    if found:
        raise DataError(found)
    planned = run["results/decisions"].set_index("project")["start"]
    projects = given.projects.copy()
    begun = projects["state"].isin(["contracted", "built"])
    start = projects["start"].fillna(projects["project"].map(planned))
    projects["start"] = start.where(begun).to_numpy(dtype=np.float64)
    return Actuals(projects, figures, given.files)


def _listed(problems: Problems) -> list[Problem]:
    try:
        problems.raise_any()
    except DataError as error:
        return list(error.problems)
    return []


def _wrong_projects(run: Run, projects: pd.DataFrame) -> list[Problem]:
    decisions = run["results/decisions"].set_index("project")["start"]
    known = pd.Index(run["offer/projects"]["project"])
    problems = []
    for row, project, state, start in projects[["project", "state", "start"]].itertuples():
        begun = state in ("contracted", "built")
        if not project:  # it is missed already
            continue
        if project not in known:
            rule = "not on offer in the run"
            mend = suggest(str(project), known) + "use the codes of the plan's projects"
        elif begun and np.isnan(start) and project not in decisions.index:
            rule, mend = "begun without a start", "give the year in which it started"
        else:
            continue
        problems.append(
            Problem(rule, mend=mend, file="projects", row=int(row), column="project", value=str(project))
        )
    return problems


def _wrong_figures(run: Run, figures: pd.DataFrame) -> list[Problem]:
    # What lacks a year, a place or a variable is missed already.
    whole = figures["year"].notna() & (figures["unit"] != "") & (figures["variable"] != "")
    figures = figures[whole].astype({"year": "int64"})
    planned = planned_figures(run, figures)
    problems = []
    units = set(run.region["units"]["unit"])
    variables = sorted({str(name) for name in run["results/outcomes"]["variable"].unique()} | set(MONEY))
    for (row, unit, year, variable), value in zip(
        figures[["unit", "year", "variable"]].itertuples(), planned, strict=True
    ):
        if unit not in units:
            rule, mend, column, what = "not in units", "use a code of the region", "unit", str(unit)
        elif np.isnan(value):
            rule, column, what = "the plan has no such figure", "variable", f"{variable}, {unit}, {year}"
            mend = suggest(str(variable), variables) + "use a variable, place and year of the plan"
        else:
            continue
        problems.append(Problem(rule, mend=mend, file="figures", row=int(row), column=column, value=what))
    return problems


def planned_figures(run: Run, figures: pd.DataFrame, *, case: str = "plan") -> npt.NDArray[np.float64]:
    """What a run says of figures, in their order: simulated, of its accounts, or observed in its region.

    A figure of a larger place is the sum of its villages, or of its counties, where the variable counts
    something; NaN where the run says nothing.
    """
    outcomes = run["results/outcomes"]
    mine = outcomes[(outcomes["case"] == case) & outcomes["variable"].isin(set(figures["variable"]))]
    at = mine.set_index(["variable", "unit", "year"])["value"]
    sums = _sums(run, mine)
    money = run["results/accounts"].set_index(["item", "unit", "year"])["amount"]
    seen = run.region["observations"] if "observations" in run.region.tables else None
    found = []
    for unit, year, variable in figures[["unit", "year", "variable"]].itertuples(index=False):
        key = (str(variable), str(unit), int(year))
        item = (key[0].removeprefix("money."), *key[1:])
        if key[0] in MONEY:
            value = money.get(item)
        elif key in at.index:
            value = at.loc[key]
        elif key in sums.index:
            value = sums.loc[key]
        else:
            value = None if seen is None else _observed(seen, key)
        found.append(np.nan if value is None else float(value))
    return np.array(found, dtype=np.float64)


def _sums(run: Run, outcomes: pd.DataFrame) -> pd.Series:
    """Sums of what counts something, over the places inside towns, counties and the city."""
    counted = outcomes[outcomes["variable"].str.startswith(COUNTED)]
    known = counted[counted["unit"].isin(run.region["units"]["unit"])]
    parts = []
    levels: Sequence[Literal["town", "county", "city"]] = ("town", "county", "city")
    for level in levels:
        above = run.region.ancestor(pd.Index(known["unit"].unique()), level=level)
        inside = known.assign(unit=known["unit"].map(above)).dropna(subset="unit")
        parts.append(inside.groupby(["variable", "unit", "year"])["value"].sum())
    return pd.concat(parts) if parts else pd.Series(dtype="float64")


def _observed(seen: pd.DataFrame, key: tuple[str, str, int]) -> float | None:
    """The latest observation up to the year of a variable that the region observes."""
    variable, unit, year = key
    mine = seen[(seen["variable"] == variable) & (seen["unit"] == unit) & (seen["year"] <= year)]
    return None if mine.empty else float(mine.sort_values("year")["value"].iloc[-1])
