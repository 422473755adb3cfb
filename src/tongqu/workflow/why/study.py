"""Why a plan builds what it builds, and what it would cost to have it otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Run, whole_run
from tongqu.data import Language, Region
from tongqu.engine.changes import Changes
from tongqu.engine.goals import GOALS
from tongqu.engine.lp import ProgramStoppedError, Stop
from tongqu.engine.nearby import NEAR_SECONDS
from tongqu.engine.outside import Outside, outside_money
from tongqu.engine.promise import UNITS
from tongqu.engine.resolve import Answer, Resolver
from tongqu.engine.thresholds import cost_threshold, people_threshold
from tongqu.workflow.files import book_of, heading, save_tables
from tongqu.workflow.prepare import ENGINE
from tongqu.workflow.why import tables as made
from tongqu.workflow.why.asked import Asked, Limit, asked_of, read_plan

__all__ = ["Why", "why"]

MOST: Final = 10
"""Projects and villages that are asked about unless named."""

SECONDS: Final = 60.0
"""Seconds that a search among all plans may take, where a search near the plan proves too little."""


MILLION: Final = 1e6
"""Losses are parts of a million of the mean log of D, or of a share."""

GOAL: Final = (
    *made.LOSSES,
    *(f"loss_{name}" for name in made.LOSS),
    *("brings", "takes", "gain", "price", "value", "price_more", "price_less", "found"),
)
"""Columns in the unit of the goal."""

SPOKEN: Final = ("service", "sector", "limit", "indicator", "key")
"""Columns of codes that have words."""


@dataclass(frozen=True, eq=False)
class Why:
    """What was asked about a plan, and the answers; losses are in the unit of the plan's goal.

    Parameters
    ----------
    run : Run
        The run whose plan it is.
    tables : mapping of str to DataFrame
        By name, in the order of sheets and files: ``projects, served, places, gains, takes, villages,
        changes, people, limits, asked_limits``.
    figures : mapping of str to object
        Headline figures.
    """

    run: Run
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
        return {"run": self.run.id, "region": self.region.name, "scenario": self.scenario, **self.figures}

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write every table as CSV and a ``manifest.json`` with the run's id into a folder, as a whole.

        Raises
        ------
        RunError
            If something else is there, or earlier answers and not ``force``.
        """
        manifest = {"engine": ENGINE, **self.summary(), "region_sha256": self.region.sha256}
        return save_tables(Path(folder), kind="why", tables=self.tables, manifest=manifest, force=force)

    def book(self, language: Language = "zh") -> bytes:
        """An Excel workbook with a sheet for each table, headings in a language."""
        return book_of(self.spoken(language), self.region, kind="why", language=language)

    def spoken(self, language: Language) -> dict[str, pd.DataFrame]:
        """The tables with codes of services, sectors, limits and indicators in words."""
        return {name: _spoken(table, language) for name, table in self.tables.items()}


def _in_parts(table: pd.DataFrame, parts: float) -> pd.DataFrame:
    """A table with its figures in the goal's unit multiplied, so that they do not vanish in files."""
    return table.assign(**{name: table[name] * parts for name in GOAL if name in table})


def _spoken(table: pd.DataFrame, language: Language) -> pd.DataFrame:
    """A table with the words of services, sectors, limits and indicators."""
    said = {
        column: table[column].map(lambda value, column=column: _word(column, str(value), language))
        for column in SPOKEN
        if column in table
    }
    return table.assign(**said)


def _word(column: str, value: str, language: Language) -> str:
    key = f"{column}.{value}"
    word = heading(key, language, kind="why")
    return value if word == key else word


def why(
    run: Run | str | Path,
    *,
    projects: Sequence[str] | None = None,
    villages: Sequence[tuple[str, str]] | None = None,
    limits: Sequence[Limit] = (),
    futures: pd.Series | None = None,
    most: int = MOST,
    near_seconds: float = NEAR_SECONDS,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Why:
    """Ask a stored plan why it is as it is.

    Parameters
    ----------
    run : Run or path
        A run that `tongqu.plan` has stored.
    projects : sequence of str, optional
        Codes of projects of the plan; the largest by capital unless given.
    villages : sequence of (str, str), optional
        Codes of places and services that they lack, or a blank service for all of them; those with the most
        people left out unless given.
    limits : sequence of (str, int, float)
        Limits such as ``money 330802``, a year, and how much more is asked about, in the limit's own unit.
    futures : Series of float, optional
        Share of futures in which each project is chosen, indexed by project.
    most : int
        How many projects and villages are asked about where none are named.
    near_seconds : float
        Seconds that each search near the plan may take.
    stop : Stop, optional
        Asked from another thread, the answers so far come back.

    Returns
    -------
    Why

    Raises
    ------
    RunError
        If the run cannot be read, or was made by another version.
    DataError
        With every project and village that the plan does not know.

    Examples
    --------
    >>> import tongqu
    >>> answers = tongqu.why("tongqu-demo/run", most=3)  # doctest: +SKIP
    >>> answers.tables["projects"][["project", "without_found"]]  # doctest: +SKIP
    """
    stored = whole_run(run)
    inputs, plan = read_plan(stored, progress=progress)
    asked = asked_of(inputs, plan, projects=projects, villages=villages, limits=limits, most=most)
    progress(Report("relax"))
    resolver = Resolver(
        inputs, plan, villages=asked.villages, near_seconds=near_seconds, seconds=SECONDS, stop=stop
    )
    _ = resolver.relaxation
    progress(Report("better"))
    _ = resolver.reference
    answers = _Answers(resolver, asked, progress)
    answers.projects()
    answers.villages()
    answers.limits()
    return Why(stored, answers.tables(futures), answers.figures())


class _Answers:
    """Questions asked one after another, and their tables in the end, when the best plan is known."""

    def __init__(self, resolver: Resolver, asked: Asked, progress: Progress) -> None:
        self.resolver, self.asked, self.progress = resolver, asked, progress
        self.found: dict[tuple[str, str], Answer | None] = {}
        self.unknown: set[tuple[str, str]] = set()
        self.outside: dict[tuple[str, str], Outside | None] = {}
        self.thresholds: dict[tuple[str, str], made.Thresholds] = {}
        self.more: list[dict[str, Any]] = []
        self.count = 0

    def projects(self) -> None:
        """Each project left out, and each a year later."""
        years, starts = self.resolver.inputs.years, self.resolver.plan.starts
        for number, name in enumerate(self.asked.projects):
            self.progress(Report("without", done=number / len(self.asked.projects)))
            self.found[name, "without"] = self._ask((name, "without"), ban=[name])
            later = min(int(starts[name]) + 1, years[-1] + 1)
            self.found[name, "later"] = self._ask((name, "later"), delay={name: later})

    def villages(self) -> None:
        """Each village forced in, and the single numbers that would have it served."""
        for number, village in enumerate(self.asked.villages):
            self.progress(Report("forced", done=number / len(self.asked.villages)))
            key = " ".join(village), "served"
            answer = self.found[key] = self._ask(key, force=[village])
            if answer is not None:
                outside = self.outside[village] = outside_money(self.resolver, answer)
                self.thresholds[village] = (
                    people_threshold(self.resolver, answer),
                    cost_threshold(self.resolver, answer, outside),
                )

    def limits(self) -> None:
        """Each limit with more and with less of it, exactly in the relaxation and near the plan."""
        for number, (family, year, more) in enumerate(self.asked.limits):
            self.progress(Report("limits", done=number / len(self.asked.limits)))
            self.more.append(self._limit(family, year, more))

    def _limit(self, family: str, year: int, more: float) -> dict[str, Any]:
        resolver = self.resolver
        answer = self._ask((family, str(year)), limit=[(family, year, more)])
        less = resolver.relaxed_with(Changes(limit=((family, year, -more),)))
        base = resolver.relaxation.objective
        # 0 is added so that nothing is said as -0.
        gained = np.nan if answer is None else 0.0 - resolver.loss(answer).relaxed
        return {
            "family": family,
            "year": year,
            "more": more,
            "price_more": gained / more,
            "price_less": np.nan if less is None else (base - less.objective) / more + 0.0,
            "found": np.nan if answer is None else 0.0 - resolver.loss(answer).found,
        }

    def _ask(self, key: tuple[str, str], **changes: Any) -> Answer | None:
        """An answer; what is not known in the time is noted."""
        self.count += 1
        try:
            return self.resolver.with_changes(**changes)
        except ProgramStoppedError:
            self.unknown.add(key)
            return None

    def tables(self, futures: pd.Series | None) -> dict[str, pd.DataFrame]:
        """All tables."""
        resolver, parts = self.resolver, made.project_tables(self.resolver, self.asked.projects)
        moved = {
            (question, case): (
                made.changed_projects(resolver, answer, question=question, case=case),
                made.changed_people(resolver, answer, question=question, case=case),
            )
            for (question, case), answer in self.found.items()
            if answer is not None
        }
        every = {
            "projects": self._projects(parts, futures),
            **parts,
            "villages": pd.DataFrame(
                [
                    made.village_row(
                        resolver,
                        village,
                        self.found[" ".join(village), "served"],
                        outside=self.outside.get(village),
                        thresholds=self.thresholds.get(village, (None, None)),
                        unknown=(" ".join(village), "served") in self.unknown,
                    )
                    for village in self.asked.villages
                ],
                columns=list(made.VILLAGES),
            ),
            "changes": made.stacked([one for one, _ in moved.values()], made.CHANGED),
            "people": made.stacked([two for _, two in moved.values()], made.PEOPLE),
            "limits": made.limit_table(resolver),
            "asked_limits": pd.DataFrame(self.more, columns=list(made.ASKED)),
        }
        return {name: _in_parts(table, self.parts) for name, table in every.items()}

    @property
    def parts(self) -> float:
        """What figures in the goal's unit are multiplied by in the tables: a million, but for money."""
        return 1.0 if self.resolver.inputs.scenario.objective == "least-cost" else MILLION

    def _projects(self, parts: Mapping[str, pd.DataFrame], futures: pd.Series | None) -> pd.DataFrame:
        """One row a project: what it is, brings and takes, what is lost without it or a year later."""
        inputs, starts = self.resolver.inputs, self.resolver.plan.starts
        names = list(self.asked.projects)
        table = inputs.offer.projects.set_index("project").loc[names]
        kept = [
            "sector",
            "kind",
            "name_zh",
            "name_en",
            "unit",
            "county",
            "capital_wan",
            "running_wan",
            "modelled",
        ]
        shown = table[kept].assign(start=starts.reindex(names), opens=starts.reindex(names) + table["lead"])
        shown["brings"] = parts["gains"].groupby("project")["gain"].sum().reindex(names).fillna(0.0)
        shown["takes"] = parts["takes"].groupby("project")["value"].sum().reindex(names).fillna(0.0)
        shown["kept"] = [name in self.resolver.reference.starts.index for name in names]
        rows = [
            {
                column: value
                for case in ("without", "later")
                for column, value in made.loss_row(self.resolver, self.found[name, case], case=case).items()
            }
            for name in names
        ]
        losses = pd.DataFrame(
            rows, index=pd.Index(names, name="project"), columns=list(made.LOSSES), dtype="float64"
        )
        share = pd.Series(np.nan, index=names) if futures is None else futures.reindex(names)
        return shown.join(losses).assign(futures=share.astype("float64")).rename_axis("project").reset_index()

    def figures(self) -> dict[str, Any]:
        """Headline figures."""
        resolver = self.resolver
        given, best = resolver.given, resolver.reference
        goal = resolver.inputs.scenario.objective
        return {
            "goal": goal,
            "unit_of_measure": UNITS[GOALS[goal]],
            "parts": self.parts,
            "first_year": resolver.inputs.years[0],
            "last_year": resolver.inputs.years[-1],
            "objective": given.objective,
            "bettered": best.objective,
            "bound": best.bound,
            "gap": max(best.bound - given.objective, 0.0),
            "questions": self.count,
            "unanswered": len(self.unknown),
            "projects_in_plan": len(resolver.plan.starts),
        }
