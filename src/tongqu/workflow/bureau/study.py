"""What one bureau would plan alone, and what the joint plan makes of it and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Run, whole_run
from tongqu.data import Language, Region
from tongqu.data.problems import suggest
from tongqu.engine.bureaus import CHANGES, Bureau, bureau_view
from tongqu.engine.inputs import Inputs
from tongqu.engine.promise import measures_of
from tongqu.workflow.files import book_of, heading, save_tables
from tongqu.workflow.prepare import ENGINE
from tongqu.workflow.why.asked import read_plan

__all__ = ["BureauView", "bureau"]

MILLION: Final = 1e6
"""Worth is told in parts of a million of the goal."""
WORDED: Final = ("service", "why")
"""Columns of codes that have words."""


@dataclass(frozen=True, eq=False)
class BureauView:
    """One bureau's plan alone, beside the joint plan.

    Parameters
    ----------
    run : Run
        The run of the joint plan.
    sector : str
        The bureau's sector.
    tables : mapping of str to DataFrame
        ``projects``: each project of either plan, what the joint plan makes of it (``change``), the reason
        (``why``) and the project that it names (``by``), people in need whom it credits in the last year
        (``credited``), those whom nothing else in the joint plan would (``depends``), and in parts of a
        million of the goal what it would add to the joint plan (``gain``, dropped projects) and what it
        takes from limits at their prices (``value``). ``counts``, ``services``, ``money``.
    figures : mapping of str to object
        Headline figures.
    """

    run: Run
    sector: str
    tables: Mapping[str, pd.DataFrame]
    figures: Mapping[str, Any]

    @property
    def region(self) -> Region:
        """Where."""
        return self.run.region

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return str(self.run.manifest["scenario"]["name"])

    @property
    def whole(self) -> str:
        """Code of all counties together."""
        cities = self.region.level("city").index
        return str(cities[0]) if len(cities) == 1 else "region"

    def summary(self) -> dict[str, Any]:
        """The headline figures as plain numbers."""
        named = {"run": self.run.id, "region": self.region.name, "scenario": self.scenario}
        return {**named, "sector": self.sector, **self.figures}

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write every table as CSV and a ``manifest.json`` with the run's id into a folder, as a whole.

        Raises
        ------
        RunError
            If something else is there, or an earlier view and not ``force``.
        """
        manifest = {"engine": ENGINE, **self.summary(), "region_sha256": self.region.sha256}
        return save_tables(Path(folder), kind="bureau", tables=self.tables, manifest=manifest, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        return book_of(self.spoken(language), self.region, kind="bureau", language=language)

    def spoken(self, language: Language) -> dict[str, pd.DataFrame]:
        """The tables with codes of services and reasons in words."""
        return {name: _spoken(table, language) for name, table in self.tables.items()}


def bureau(run: Run | str | Path, sector: str, *, progress: Progress = silent) -> BureauView:
    """Set what one sector would plan alone beside the joint plan of a run.

    Alone, the bureau knows its own projects only and has its share of money, land and staff: what its
    projects on offer in a county would use of a limit over what all would.

    Parameters
    ----------
    run : Run or path
        A run that `tongqu.plan` has stored.
    sector : str
        Such as ``education`` or ``health``.

    Returns
    -------
    BureauView

    Raises
    ------
    RunError
        If the run cannot be read, or was made by another version.
    DataError
        If no project of the run's offer is of the sector, or the plan is one at least cost: only the floors,
        which are the region's, make such a plan do anything.

    Examples
    --------
    >>> import tongqu
    >>> view = tongqu.bureau("tongqu-demo/run", "education")  # doctest: +SKIP
    >>> view.tables["counts"]  # doctest: +SKIP
    """
    stored = whole_run(run)
    known = sorted(stored["offer/projects"]["sector"].unique())
    problems = []
    if sector not in known:
        mend = f"{suggest(sector, known)}use one of {', '.join(known)}"
        problems.append(
            Problem(rule="no project on offer is of this sector", mend=mend, file="--sector", value=sector)
        )
    if stored.scenario.objective == "least-cost":
        rule = "a plan at least cost has nothing that one bureau would seek alone"
        mend = "name a run with another objective: floors are the region's, not a bureau's"
        problems.append(
            Problem(rule, mend=mend, file=str(stored.path), column="objective", value="least-cost")
        )
    if problems:
        raise DataError(problems)
    inputs, plan = read_plan(stored, progress=progress)
    progress(Report("optimise"))
    view = bureau_view(inputs, plan, sector=sector, progress=progress)
    tables = {
        "projects": _projects(inputs, view),
        "counts": _counts(view),
        "services": view.services,
        "money": view.money,
    }
    return BureauView(stored, sector, tables, _figures(inputs, view, tables, joint=plan.starts))


def _projects(inputs: Inputs, view: Bureau) -> pd.DataFrame:
    """Each project of either plan with its names and place; worth in parts of a million of the goal."""
    kept = ["kind", "name_zh", "name_en", "unit", "county", "capital_wan"]
    table = view.projects.set_index("project")
    named = inputs.offer.projects.set_index("project")[kept].reindex(table.index)
    joined = named.join(table).assign(gain=table["gain"] * MILLION, value=table["value"] * MILLION)
    return joined.rename_axis("project").reset_index()


def _counts(view: Bureau) -> pd.DataFrame:
    """``change, why, projects, people``: how many projects of each change and reason, and who depends."""
    groups = view.projects.groupby(["change", "why"], sort=False)
    table = groups.agg(projects=("project", "size"), credited=("credited", "sum"), depends=("depends", "sum"))
    order = {name: number for number, name in enumerate(CHANGES)}
    return table.reset_index().sort_values("change", key=lambda one: one.map(order), ignore_index=True)


def _figures(
    inputs: Inputs, view: Bureau, tables: Mapping[str, pd.DataFrame], *, joint: pd.Series
) -> dict[str, Any]:
    """Headline figures: projects, money and people of either plan."""
    changes = view.projects["change"].value_counts()
    money, services = view.money, view.services
    mine = inputs.offer.projects.set_index("project")
    capital = mine["capital_wan"]
    built = joint.index[mine["sector"].reindex(joint.index).eq(view.sector).to_numpy()]
    return {
        "goal": inputs.scenario.objective,
        "parts": MILLION,
        "first_year": inputs.years[0],
        "last_year": inputs.years[-1],
        "projects_alone": len(view.alone.starts),
        "projects_joint": len(built),
        **{name: int(changes.get(name, 0)) for name in CHANGES},
        "capital_alone_wan": float(capital.reindex(view.alone.starts.index).sum()),
        "capital_joint_wan": float(capital.reindex(built).sum()),
        "share_wan": float(np.nansum(money["share"])),
        "paid_alone_wan": float(money["alone"].sum()),
        "paid_joint_wan": float(money["joint"].sum()),
        "served_alone": float(services["alone"].sum()),
        "served_joint": float(services["joint"].sum()),
        "gap_alone": view.alone.certificate.gap,
        "log_d_alone": float(measures_of(inputs, view.alone.starts)["coordination"]),
        "log_d_joint": float(measures_of(inputs, joint)["coordination"]),
        "rows": len(tables["projects"]),
    }


def _spoken(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """A table with the words of services and reasons."""

    def word(column: str, value: str) -> str:
        key = f"{column}.{value}"
        found = heading(key, language, kind="bureau")
        return value if found == key else found

    said = {column: [word(column, str(one)) for one in table[column]] for column in WORDED if column in table}
    return table.assign(**said)
