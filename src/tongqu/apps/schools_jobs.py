"""The work of ``tongqu schools``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.places import write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import (
    MOST_ROWS,
    Places,
    frame,
    require_places,
    unwritable,
    write_study,
    written_lines,
)
from tongqu.base import Problem, Report, RunError
from tongqu.views.schools_html import schools_html
from tongqu.views.schools_sheets import school_sheets
from tongqu.views.schools_tables import called, fault_words, places_of, school_names
from tongqu.views.words import Words
from tongqu.workflow.schools import schools as study_of
from tongqu.workflow.schools.study import wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["Asked", "schools"]

COUNTIES: Final = (
    "unit",
    "stage",
    "schools",
    "places",
    "pupils",
    "without",
    "minutes",
    "classes",
    "teachers",
)
MERGERS: Final = (
    "closing",
    "receiver",
    "verdict",
    "pupils",
    "saving",
    "one_off",
    "minutes_before",
    "minutes_after",
    "longest",
)


@dataclass(frozen=True)
class Asked:
    """What the command was asked beside region, scenario and places.

    Parameters
    ----------
    catchments : Path, optional
        Catchments of the bureau's own.
    close : tuple of str
        Schools taken as closed.
    sheets : Path, optional
        Folder of the sheets.
    numbers : mapping of str to number
        ``gap, seconds, seed``.
    """

    catchments: Path | None
    close: tuple[str, ...]
    sheets: Path | None
    numbers: Mapping[str, Any]


def schools(face: Face, region: str, scenario: Path | None, *, places: Places, asked: Asked) -> None:
    """Draw catchments, reckon mergers; write tables, page and sheets."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        problems = [
            *wrong_numbers(**asked.numbers),
            *_no_catchments(asked.catchments),
            *_sheets_place(asked.sheets),
        ]
        require_places(face, places, kind="schools", numbers=problems)
        _require_free(asked.sheets, force=places.force)
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = study_of(
            loaded,
            scenario,
            catchments=asked.catchments,
            close=asked.close,
            **asked.numbers,
            progress=progress,
        )
        page = partial(schools_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
        if asked.sheets is not None:
            progress(Report("sheets"))
            written.append(_write_sheets(face, found, asked.sheets))
    counties, merged = found.tables["counties"], found.tables["mergers"]
    content = {
        **found.summary(),
        "counties": counties.to_dict("records"),
        "mergers": merged[merged["best"]].to_dict("records"),
        "unserved_villages": found.tables["unserved"].to_dict("records"),
        "problems": _faults(face, found),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _faults(face: Face, found: FieldStudy) -> list[dict[str, Any]]:
    """What is wrong, each with its rule and mend in words."""
    words = Words(face.language)
    names = school_names(found, words)
    made = []
    for row in found.tables["faults"].to_dict("records"):
        rule, mend = fault_words(row, words, names=names)
        made.append({**{str(name): value for name, value in row.items()}, "rule": rule, "mend": mend})
    return made


def _wrong(face: Face, found: FieldStudy) -> list[Table | str]:
    """The first of what is wrong with catchments given, as the page says it."""
    words = Words(face.language)
    places, names = places_of(found, words), school_names(found, words)
    rows = [
        (called(row, words, places=places, names=names), row["rule"], row["mend"])
        for row in _faults(face, found)[:MOST_ROWS]
    ]
    return [face.table(["place", "rule", "mend"], rows)] if rows else []


def _no_catchments(path: Path | None) -> list[Problem]:
    if path is None or path.exists():
        return []
    return [Problem("no such file", mend="check the path", file="--catchments", value=str(path))]


def _sheets_place(sheets: Path | None) -> list[Problem]:
    return [] if sheets is None else unwritable("--sheets", sheets)


def _require_free(sheets: Path | None, *, force: bool) -> None:
    """Refuse a folder of sheets that holds something, unless it may be replaced."""
    if sheets is None or not sheets.exists():
        return
    if sheets.is_file():
        raise RunError(f"{sheets} is a file; name a folder")
    others = [path for path in sheets.iterdir() if path.suffix != ".html"]
    if others or (any(sheets.iterdir()) and not force):
        raise RunError(f"{sheets} is not empty; name another folder, or replace its pages with --force")


def _write_sheets(face: Face, found: FieldStudy, folder: Path) -> Path:
    """A sheet for each school, named by its code."""
    folder.mkdir(parents=True, exist_ok=True)
    for school, page in school_sheets(found, language=face.language):
        safe = "".join(one if one.isalnum() or one in "-_." else "_" for one in school)
        write_whole({folder / f"{safe}.html": page.encode()})
    return folder


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """Counties, the best mergers, and what is missing or modelled."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(table[list(columns)], found.region, kind="schools", language=face.language, title=title)

    said, merged = found.figures, found.tables["mergers"]
    name = face.name(found.region.title_zh, found.region.title_en)
    best = merged[merged["best"] & (merged["verdict"] != "too_far")]
    wrong = _wrong(face, found) if said["given"] else []
    return [
        shown(found.tables["counties"], COUNTIES, f"{name} {found.year}"),
        shown(best, MERGERS, face.word("schools_mergers")),
        face.word(
            "schools_without",
            pupils=f"{sum(said['without'].values()):,.0f}",
            gap=f"{said['gap']:.3%}",
        ),
        face.word("schools_faults", count=f"{sum(said['faults'].values()):,}"),
        *wrong,
        face.word("schools_modelled", share=f"{said['modelled']:.0%}"),
    ]
