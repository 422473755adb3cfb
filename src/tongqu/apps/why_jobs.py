"""The work of ``tongqu why``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import DataError, Problem, Report
from tongqu.contracts import Run, open_run
from tongqu.views.why_html import why_html
from tongqu.workflow.futures.stored import chosen_in
from tongqu.workflow.why import Why
from tongqu.workflow.why import why as ask

__all__ = ["Questions", "why"]

MOST: Final = 200
"""Most projects and villages that can be asked about at once."""
PROJECTS: Final = (
    "project",
    "capital_wan",
    "start",
    "brings",
    "without_found",
    "without_most",
    "later_found",
)
VILLAGES: Final = (
    *("unit", "service", "left", "state", "loss_found"),
    *("cost_wan", "more_enough", "fall_enough_wan", "enough_wan"),
)
LIMITS: Final = ("limit", "unit", "key", "year", "price", "room", "used")
UNITS: Final = {
    "coordination": "why_unit_coordination",
    "coverage": "why_unit_coverage",
    "worst-off": "why_unit_worst_off",
    "least-cost": "why_unit_least_cost",
}
"""Units in which losses are said, by goal."""
LARGEST: Final = 20
"""Prices shown on the screen."""


@dataclass(frozen=True)
class Questions:
    """What the words of the command ask about: see `tongqu.why`."""

    _: KW_ONLY
    projects: tuple[str, ...]
    villages: tuple[str, ...]
    service: str
    limits: tuple[str, ...]
    only_limits: bool
    most: int
    futures: Path | None = None


def why(face: Face, run: Path, questions: Questions, *, places: Places) -> None:
    """Ask the plan of a run, say the answers, write the tables and the page."""
    limits, numbers = _limits(questions.limits)
    if not 1 <= questions.most <= MOST:
        mend = f"give a number from 1 to {MOST}"
        numbers.append(Problem("a number out of range", mend=mend, file="--most", value=str(questions.most)))
    if questions.service and not questions.villages:
        mend = "name the villages with --village"
        problem = Problem("a service without a village", mend=mend, file="--service", value=questions.service)
        numbers.append(problem)
    named = bool(questions.projects or questions.villages or questions.only_limits or limits)
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        stored = open_run(run)
        chosen, wrong = _chosen(questions.futures, stored)
        require_places(face, places, kind="why", numbers=[*numbers, *wrong])
        found = ask(
            stored,
            projects=questions.projects if named else None,
            villages=[(code, questions.service) for code in questions.villages] if named else None,
            limits=limits,
            most=questions.most,
            futures=chosen,
            progress=progress,
        )
        page = partial(why_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "projects": found.tables["projects"].to_dict("records"),
        "villages": found.tables["villages"].to_dict("records"),
        "limits": found.tables["asked_limits"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_tables(face, found), *written_lines(face, written)])


def _chosen(folder: Path | None, run: Run) -> tuple[pd.Series | None, list[Problem]]:
    """Share of stored futures that choose each project, and what is wrong with them."""
    if folder is None:
        return None, []
    try:
        return chosen_in(folder, run), []
    except DataError as error:
        return None, list(error.problems)


def _limits(words: Sequence[str]) -> tuple[list[tuple[str, int, float]], list[Problem]]:
    """Limits as typed: name, year, how much more."""
    found, problems = [], []
    for word in words:
        name, *rest = (part.strip() for part in word.split(","))
        try:
            year, more = int(rest[0]), float(rest[1])
        except (IndexError, ValueError):
            year, more = 0, math.nan
        if not name or len(rest) != 2 or not math.isfinite(more) or more <= 0:
            mend = "write NAME,YEAR,MORE, such as 'money 330802,2026,100'"
            problems.append(Problem("no question about a limit", mend=mend, file="--limit", value=word))
        else:
            found.append((name, year, more))
    return found, problems


def _tables(face: Face, found: Why) -> list[Table | str]:
    """Projects, villages and the dearest limits."""
    spoken = found.spoken(face.language)

    def shown(name: str, columns: tuple[str, ...], title: str) -> Table:
        table = spoken[name]
        return frame(
            table[list(columns)], found.region, kind="why", language=face.language, title=face.word(title)
        )

    said = found.summary()
    parts: list[Table | str] = [face.word("why_units", run=said["run"], unit=face.word(UNITS[said["goal"]]))]
    if len(found.tables["projects"]):
        known = found.tables["projects"]["futures"].notna().any()
        parts.append(shown("projects", (*PROJECTS, "futures") if known else PROJECTS, "why_projects"))
    if len(found.tables["villages"]):
        parts.append(shown("villages", VILLAGES, "why_villages"))
    if len(found.tables["asked_limits"]):
        columns = ("family", "year", "more", "price_more", "price_less", "found")
        parts.append(shown("asked_limits", columns, "why_asked"))
    prices = spoken["limits"]
    spoken["limits"] = prices[prices["price"] > 0].nlargest(LARGEST, "price")
    parts.append(shown("limits", LIMITS, "why_limits"))
    if said["bettered"] > said["objective"]:
        gain = f"{(said['bettered'] - said['objective']) * said['parts']:,.1f}"
        parts.append(face.word("why_bettered", gain=gain))
    return parts
