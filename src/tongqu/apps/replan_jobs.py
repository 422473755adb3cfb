"""The work of ``tongqu monitor`` and ``tongqu replan``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final, TypedDict

import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face, TakenError
from tongqu.apps.places import require_outside, require_run_place, write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import (
    BOOK,
    PAGE,
    Places,
    Target,
    frame,
    free_files,
    require_places,
    unwritable,
    write_study,
    written_lines,
    wrong_places,
)
from tongqu.base import DataError, Problem, Report
from tongqu.contracts import Run, open_run
from tongqu.views.monitor_html import monitor_html
from tongqu.views.words import Words
from tongqu.workflow.monitor import Monitoring, Replanned, actuals_template
from tongqu.workflow.monitor import monitor as set_beside
from tongqu.workflow.monitor import replan as make_again

__all__ = ["Asked", "monitor", "replan"]

TRIGGERS: Final = ("trigger", "unit", "item", "year", "amount")
CHANGES: Final = ("moved", "dropped", "added", "contracted", "kept", "built")
FIRST: Final = 20
"""Rows of changes on the screen; the journal of the run has all."""


class Asked(TypedDict):
    """What the words of the command ask for: see `tongqu.replan`."""

    from_year: int | None
    price: float | None


def monitor(
    face: Face,
    run: Path,
    actuals: Path | None,
    *,
    year: int | None,
    template: Path | None,
    places: Places,
) -> None:
    """Set a plan beside what happened and write it; or write the template to fill in."""
    opened = open_run(run)
    if template is not None and actuals is not None:
        mend = "leave one of them out: --template writes the file that is read as ACTUALS"
        raise DataError([Problem("a template and actuals", mend=mend, column="ACTUALS", value=str(actuals))])
    if template is not None:
        _template(face, opened, template, year=year, force=places.force)
        return
    if actuals is None:
        mend = "name a file with actuals, or write one to fill in with --template FILE"
        raise DataError([Problem("no actuals", mend=mend, column="ACTUALS")])
    require_places(face, places, kind="monitor", numbers=[])
    for place in (places.folder, places.book, places.page):
        if place is not None:
            require_outside(face, place, run=opened.path)
    with show_progress(face.language, quiet=face.quiet) as progress:
        found = set_beside(opened, actuals, year=year, progress=progress)
        page = partial(monitor_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "outside": found.triggers.to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _template(face: Face, run: Run, path: Path, *, year: int | None, force: bool) -> None:
    files: list[Target] = [("--template", path, BOOK)]
    problems = wrong_places(files)
    years = run.scenario.years
    if year is not None and year not in years:
        mend = f"give a year from {years[0]} to {years[-1]}"
        problems.append(Problem("not a year of the plan", mend=mend, column="year", value=str(year)))
    if problems:
        raise DataError(problems)
    free_files(face, files, force=force)
    require_outside(face, path, run=run.path)
    write_whole({path: actuals_template(run, year=year, language=face.language)})
    face.result({"run": run.id, "written": [str(path)]}, written_lines(face, [path]))


def _shown(face: Face, found: Monitoring) -> list[Table | str]:
    """Headline figures in a sentence, and what is outside tolerance."""
    said = found.summary()
    lines: list[Table | str] = [
        face.word(
            "monitor_said",
            year=said["year"],
            due=said["due"],
            begun=said["begun"],
            late=said["not_begun"],
            planned=f"{said['planned_wan']:,.0f}",
            actual=f"{said['capital_wan']:,.0f}",
        )
    ]
    if len(found.triggers):
        title = face.word("monitor_triggers", count=len(found.triggers))
        table = found.triggers[list(TRIGGERS)]
        lines.append(frame(table, found.run.region, kind="monitor", language=face.language, title=title))
    if said["figures_not_followed"]:
        lines.append(face.word("monitor_not_followed", count=said["figures_not_followed"]))
    lines.append(face.word("monitor_replan" if found.replan else "monitor_fine"))
    return lines


def replan(
    face: Face,
    run: Path,
    actuals: Path,
    *,
    asked: Asked,
    scenario: Path | None,
    out: Path,
    page: Path | None,
    force: bool,
) -> None:
    """Make a plan again, store it, and say what became of each decision."""
    opened = open_run(run)
    files: list[Target] = [("--page", page, PAGE)]
    problems = [*wrong_places(files), *unwritable("--out", out)]
    if problems:
        raise DataError(problems)
    require_run_place(face, out)
    if out.resolve() == opened.path.resolve():
        raise TakenError(face.word("replan_same", path=out))
    for place in (out, page):
        if place is not None:
            require_outside(face, place, run=opened.path)
    free_files(face, files, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        made = make_again(
            opened,
            actuals,
            from_year=asked["from_year"],
            price=asked["price"],
            scenario=scenario,
            out=out,
            progress=progress,
        )
        written = [out]
        if page is not None:
            progress(Report("page"))
            html = monitor_html(made.monitoring, again=made.run, language=face.language)
            write_whole({page: html.encode()})
            written.append(page)
    content = {
        **made.summary(),
        "changes": _plain(made.changes),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_changed(face, made), *written_lines(face, written)])


def _plain(changes: pd.DataFrame) -> list[dict[str, Any]]:
    table = changes[["project", "change", "before", "after", "loss", "reason", "why"]]
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _changed(face: Face, made: Replanned) -> list[Table | str]:
    """Counts of what became of decisions, and those that changed."""
    said, words = made.summary(), Words(face.language)
    parts: list[Table | str] = [
        face.word(
            "replan_said",
            year=said["from_year"],
            price=f"{said['price']:.6f}",
            loss=f"{said['loss']:.6f}",
            counts="，".join(_counts(said, words))
            if face.language == "zh"
            else ", ".join(_counts(said, words)),
        )
    ]
    changed = made.changes[~made.changes["change"].isin(["kept", "built"])]
    if changed.empty:
        return parts
    names = pd.concat([made.earlier["offer/projects"], made.run["offer/projects"]])
    name = names.drop_duplicates("project").set_index("project")
    rows = [
        (
            face.name(*name.loc[row["project"], ["name_zh", "name_en"]]),
            words.label("monitor.change", row["change"]),
            _year(row["before"]),
            _year(row["after"]),
            f"{row['loss']:.6f}",
            words.label("monitor.reason", row["reason"]),
        )
        for row in changed.head(FIRST).to_dict("records")
    ]
    heads = (
        "replan_project",
        "replan_change",
        "replan_before",
        "replan_after",
        "replan_loss",
        "replan_reason",
    )
    title = face.word("replan_changes", count=len(changed), first=len(rows))
    return [*parts, face.table(heads, rows, title=title)]


def _counts(said: dict[str, Any], words: Words) -> list[str]:
    return [f"{words.label('monitor.change', name)} {said[name]}" for name in CHANGES if said[name]]


def _year(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.0f}"
