"""Monitor: a stored plan against what really happened, with tolerances, and what sets off a new plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume, Run, whole_run
from tongqu.data import Language
from tongqu.workflow.files import book_of, save_tables
from tongqu.workflow.monitor.actuals import check_actuals, planned_figures
from tongqu.workflow.monitor.columns import LEVERS, MONEY
from tongqu.workflow.monitor.reading import Actuals
from tongqu.workflow.prepare import ENGINE

__all__ = ["Monitoring", "monitor"]

PROJECTS: Final = (
    *("project", "sector", "county", "unit", "state", "planned_start", "start", "late_years"),
    *("planned_wan", "capital_wan", "over_wan", "over_share", "finding", "within", "note"),
)
FIGURES: Final = (
    *("unit", "year", "variable", "planned", "actual", "difference", "difference_share", "within"),
    *("follows", "note"),
)
TRIGGERS: Final = ("trigger", "unit", "item", "year", "amount", "tolerance")


@dataclass(frozen=True, eq=False)
class Monitoring:
    """A plan beside what really happened.

    Parameters
    ----------
    run : Run
        The plan.
    actuals : Actuals
        What was reported, checked.
    year : int
        The last year that is known; a new plan decides from the next one on.
    tables : mapping of str to DataFrame
        ``projects``: every project of the plan or reported, planned and actual start and cost, ``finding``
        (``as_planned, late, early, dearer, cheaper, not_begun, dropped, unplanned, ahead``) and whether it is
        within tolerance. ``figures``: planned and actual value of each figure, and what a new plan's baseline
        takes from it, ``follows`` (``accounts, observations, money``, or ``nothing``: there is no lever).
        ``triggers``: what is outside tolerance.
    """

    run: Run
    actuals: Actuals
    year: int
    projects: pd.DataFrame
    figures: pd.DataFrame
    triggers: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, in the order of sheets and files."""
        whole = dict.fromkeys(("planned_start", "start", "late_years"), "Int64")
        return {
            "projects": self.projects.astype(whole),
            "figures": self.figures,
            "triggers": self.triggers,
        }

    @property
    def replan(self) -> bool:
        """Whether anything is outside tolerance, so that the plan should be made again."""
        return bool(len(self.triggers))

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers."""
        begun = self.projects[self.projects["state"].isin(["contracted", "built"])]
        due = self.projects[self.projects["planned_start"] <= self.year]
        figures = self.figures
        return {
            "run": self.run.id,
            "year": self.year,
            "due": len(due),
            "begun": len(begun),
            "built": int((begun["state"] == "built").sum()),
            "not_begun": int((self.projects["finding"] == "not_begun").sum()),
            "dropped": int((self.projects["state"] == "dropped").sum()),
            "planned_wan": float(begun["planned_wan"].sum()),
            "capital_wan": float(begun["capital_wan"].sum()),
            "figures": len(figures),
            "figures_outside": int((~figures["within"]).sum()),
            "figures_not_followed": int((~figures["within"] & (figures["follows"] == "nothing")).sum()),
            "triggers": len(self.triggers),
            "replan": self.replan,
        }

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write every table as CSV and a ``manifest.json`` into a folder, as a whole.

        Raises
        ------
        RunError
            If something else is there, or an earlier monitoring and not ``force``.
        """
        made = {"engine": ENGINE, "run": self.run.id, "year": self.year}
        return save_tables(Path(folder), kind="monitor", tables=self.tables, manifest=made, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        return book_of(self.tables, self.run.region, kind="monitor", language=language)


def monitor(
    run: Run | str | Path,
    actuals: Actuals | str | Path,
    *,
    year: int | None = None,
    progress: Progress = silent,
) -> Monitoring:
    """Set a stored plan beside what really happened.

    A project that was to start by ``year`` and is not reported counts as not begun. Tolerances are the
    standards ``monitor.cost``, ``monitor.figure`` and ``monitor.delay`` of the run.

    Parameters
    ----------
    run : Run or path
        The plan.
    actuals : Actuals or path
        What happened: see `read_actuals`.
    year : int, optional
        The last year that is known: the latest year of a figure or of a start that lies behind, unless given.

    Raises
    ------
    DataError
        With every row of the actuals that is wrong.
    RunError
        If there is no run.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.monitor("tongqu-demo/run", "actuals.xlsx")  # doctest: +SKIP
    >>> found.triggers  # doctest: +SKIP
    """
    opened = whole_run(run)
    progress(Report("read"))
    given = check_actuals(opened, actuals)
    last = _last_year(opened, given, year)
    progress(Report("monitor"))
    assume = Assume.of(opened.region["standards"], opened.scenario)
    projects = _projects(opened, given, last=last, assume=assume)
    figures = _figures(opened, given, last=last, tolerance=assume["monitor.figure"])
    triggers = _triggers(projects, figures, last=last, assume=assume)
    return Monitoring(opened, given, last, projects, figures, triggers)


def _last_year(run: Run, given: Actuals, year: int | None) -> int:
    """The last year that is known."""
    scenario = run.scenario
    built = given.projects[given.projects["state"] == "built"]
    last = year
    if last is None:
        years = [*given.figures["year"], *built["start"].dropna()]
        inside = [int(one) for one in years if one <= scenario.last_year]
        # What was built before the plan says nothing of its years.
        last = max(max(inside, default=scenario.decided_from), scenario.first_year)
    if not scenario.first_year <= last <= scenario.last_year:
        mend = f"give a year from {scenario.first_year} to {scenario.last_year}"
        raise DataError([Problem("not a year of the plan", mend=mend, column="year", value=str(last))])
    started = built[built["start"] > last]
    if len(started):
        mend = f"give a start up to {last}, or call it contracted"
        raise DataError(
            [
                Problem(
                    "built, but it starts in a year to come",
                    mend=mend,
                    file=given.files.get("projects", "projects"),
                    row=int(row),
                    column="start",
                    value=f"{project} in {start:.0f}",
                )
                for row, project, start in started[["project", "start"]].itertuples()
            ]
        )
    return last


def _projects(run: Run, given: Actuals, *, last: int, assume: Assume) -> pd.DataFrame:
    """Every project of the plan, and others that are reported, planned beside actual."""
    decisions = run["results/decisions"].set_index("project")
    offered = run["offer/projects"].set_index("project")
    reported = given.projects.set_index("project")
    names = [*decisions.index, *reported.index.difference(decisions.index)]
    table = offered.loc[names, ["sector", "county", "unit"]].copy()
    table["planned_start"] = decisions["start"].reindex(names).astype("float64")
    table["planned_wan"] = offered.loc[names, "capital_wan"]
    state = reported["state"].reindex(names)
    table["state"] = state.fillna("planned")
    table["start"] = reported["start"].reindex(names).astype("float64")
    table["capital_wan"] = reported["capital_wan"].reindex(names).astype("float64")
    begun = table["state"].isin(["contracted", "built"])
    # What is begun costs what was planned where nothing else is reported.
    table["capital_wan"] = table["capital_wan"].where(
        table["capital_wan"].notna() | ~begun, table["planned_wan"]
    )
    table["late_years"] = table["start"] - table["planned_start"]
    table["over_wan"] = table["capital_wan"] - table["planned_wan"]
    table["over_share"] = table["over_wan"] / table["planned_wan"].where(table["planned_wan"] > 0)
    table["note"] = reported["note"].reindex(names).fillna("")
    table["finding"] = _findings(table, last=last, assume=assume)
    table["within"] = table["finding"].isin(["as_planned", "ahead", "cheaper", "early"])
    order = table.rename_axis("project").reset_index()[list(PROJECTS)]
    return order.sort_values(["planned_start", "county", "project"], ignore_index=True)


def _findings(table: pd.DataFrame, *, last: int, assume: Assume) -> pd.Series:
    """The most important thing to say of each project; the first rule that fits."""
    begun = table["state"].isin(["contracted", "built"])
    over, cost = table["over_share"].fillna(0.0), assume["monitor.cost"]
    late, delay = table["late_years"].fillna(0.0), assume["monitor.delay"]
    rules = [
        ("dropped", table["state"] == "dropped"),
        ("unplanned", begun & table["planned_start"].isna()),
        ("not_begun", ~begun & (table["planned_start"] <= last)),
        ("late", begun & (late > delay)),
        ("dearer", over > cost),
        ("early", begun & (late < 0)),
        ("cheaper", over < -cost),
        ("as_planned", begun),
    ]
    words = np.select([rule.to_numpy() for _, rule in rules], [name for name, _ in rules], default="ahead")
    return pd.Series(words, index=table.index)


def _figures(run: Run, given: Actuals, *, last: int, tolerance: float) -> pd.DataFrame:
    figures = given.figures
    table = figures[["unit", "year", "variable", "note"]].copy()
    table["planned"] = planned_figures(run, figures)
    table["actual"] = figures["value"].to_numpy(dtype=np.float64)
    table["difference"] = table["actual"] - table["planned"]
    scale = table["planned"].abs()
    table["difference_share"] = table["difference"] / scale.where(scale > 0)
    off = np.where(
        scale > 0, table["difference_share"].abs(), np.where(table["difference"] == 0, 0.0, np.inf)
    )
    table["within"] = off <= tolerance
    table["follows"] = _follows(run, figures, last=last)
    return table[list(FIGURES)].sort_values(["variable", "year", "unit"], ignore_index=True)


def _follows(run: Run, figures: pd.DataFrame, *, last: int) -> list[str]:
    """What a new plan's baseline takes from each figure."""
    region = run.region
    counties = set(region.level("county").index)
    accounts = region["accounts"]
    latest = accounts.groupby("item")["year"].max()
    mine = figures[figures["unit"].isin(counties)]
    whole = mine.groupby(["variable", "year"])["unit"].nunique() == len(counties)
    observed = _observed_variables(run)
    found = []
    for unit, year, variable in figures[["unit", "year", "variable"]].itertuples(index=False):
        item, county = str(variable).removeprefix("account."), unit in counties
        carried = item in LEVERS and str(variable) == f"account.{item}" and year <= last
        newest = carried and year == mine.loc[mine["variable"] == variable, "year"].max()
        if newest and county and whole.get((variable, year), False) and year >= latest.get(item, 0):
            found.append("accounts")
        elif variable in MONEY and county and year <= last:
            found.append("money")
        elif variable in observed and county and year <= last:
            found.append("observations")
        else:
            found.append("nothing")
    return found


def _observed_variables(run: Run) -> set[str]:
    """Variables that indicators read from observations."""
    table = run.region["indicators"]
    seen = table[table["origin"] == "observed"]
    return set(seen["numerator"].dropna()) | set(seen["denominator"].dropna())


def _triggers(projects: pd.DataFrame, figures: pd.DataFrame, *, last: int, assume: Assume) -> pd.DataFrame:
    """What is outside tolerance, one row each."""
    off = projects[~projects["within"]]
    amount = {"late": "late_years", "dearer": "over_share", "dropped": "planned_wan"}
    cost = pd.DataFrame(
        {
            "trigger": off["finding"],
            "unit": off["county"],
            "item": off["project"],
            "year": off["planned_start"].fillna(off["start"]).fillna(last).astype("int64"),
            "amount": [row[amount.get(str(row["finding"]), "planned_wan")] for _, row in off.iterrows()],
            "tolerance": off["finding"].map(
                {"late": assume["monitor.delay"], "dearer": assume["monitor.cost"]}
            ),
        }
    )
    wrong = figures[~figures["within"]]
    seen = pd.DataFrame(
        {
            "trigger": np.where(wrong["follows"] == "nothing", "figure_not_followed", "figure"),
            "unit": wrong["unit"],
            "item": wrong["variable"],
            "year": wrong["year"],
            "amount": wrong["difference_share"],
            "tolerance": assume["monitor.figure"],
        }
    )
    parts = [part for part in (cost, seen) if len(part)]
    if not parts:
        kinds = {"trigger": "str", "unit": "str", "item": "str", "year": "int64"}
        return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "float64")) for name in TRIGGERS})
    return pd.concat(parts, ignore_index=True)[list(TRIGGERS)]
