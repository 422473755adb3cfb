"""The work of ``tongqu project`` and ``tongqu axis``: make it, write it, say what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.places import write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import (
    BOOK,
    PAGE,
    Target,
    free_files,
    plain_cell,
    unwritable,
    written_lines,
    wrong_places,
)
from tongqu.base import DataError, Problem, Report
from tongqu.views.outlook_html import outlook_html
from tongqu.views.outlook_tables import number_at
from tongqu.workflow.axis import Axis
from tongqu.workflow.outlook import Outlook
from tongqu.workflow.outlook.files import book_of, heading, require_place, worded
from tongqu.workflow.outlook.study import wrong_numbers

__all__ = ["OutlookPlaces", "axis", "project"]

FIGURES: Final = ("people", "urban", "urban_share", "aged_65_share", "aged_6_14", "median_age")
"""Figures that are shown by year."""
PERCENT: Final = ("urban_share", "aged_65_share")
TABLE: Final = (".xlsx", ".csv")
MOST_ROWS: Final = 20
"""Rows of a table on the screen; files and ``--json`` have all."""


@dataclass(frozen=True)
class OutlookPlaces:
    """Where an outlook goes; nothing is written where a place is left out.

    Parameters
    ----------
    folder : Path, optional
        Folder of CSV files.
    book : Path, optional
        Excel workbook.
    page : Path, optional
        Page.
    force : bool
        Whether an earlier outlook, and files that are there, may be replaced.
    """

    _: KW_ONLY
    folder: Path | None
    book: Path | None
    page: Path | None
    force: bool


def project(
    face: Face, region: str, scenario: Path | None, *, places: OutlookPlaces, asked: Mapping[str, Any]
) -> None:
    """Project people, towns and villages; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        _require(face, places, numbers=wrong_numbers(loaded, **asked))
        progress(Report("project"))
        found = tongqu.project(loaded, scenario, **asked, progress=progress)
        files: dict[Path, bytes] = {}
        if places.book is not None:
            files[places.book] = found.book(face.language)
        if places.page is not None:
            progress(Report("page"))
            files[places.page] = outlook_html(found, language=face.language).encode()
    shown = _outlook_tables(face, found)
    if places.folder is not None:
        found.save(places.folder, force=places.force)
    write_whole(files)
    written = [path for path in (places.folder, *files) if path is not None]
    content = {
        **found.summary(),
        "totals": found.totals.to_dict("records"),
        "targets": found.targets.to_dict("records"),
        "written": [str(path) for path in written],
    }
    lines = written_lines(face, written)
    face.result(content, [*shown, *lines])


def axis(
    face: Face, region: str, scenario: Path | None, *, towns: int, out: Path | None, force: bool
) -> None:
    """Propose roles on the axis of seat, central town and central village."""
    files: list[Target] = [("--out", out, TABLE)]
    if problems := wrong_places(files):
        raise DataError(problems)
    free_files(face, files, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.axis(loaded, scenario, central_towns=towns, progress=progress)
        tables = _axis_tables(found)
    shown = _axis_shown(face, found)
    if out is not None:
        places = worded(found.places, loaded, language=face.language)
        csv = places.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
        book = out.suffix.lower() == ".xlsx"
        write_whole({out: book_of(tables, loaded, language=face.language) if book else csv})
    content = {
        **found.summary(),
        "tables": {name: table.to_dict("records") for name, table in tables.items()},
        "written": [] if out is None else [str(out)],
    }
    face.result(content, [*shown, *([] if out is None else [f"{face.word('written')}{out}"])])


def _axis_tables(found: Axis) -> dict[str, pd.DataFrame]:
    return {
        "places": found.places,
        "levels": found.levels,
        "roles": found.roles,
        "agreement": found.agreement,
        "crosstab": found.crosstab,
        "differ": found.differ,
        "weights": found.weights,
        "sensitivity": found.sensitivity,
        "concentration": found.concentration,
        "trends": found.trends,
    }


def _require(face: Face, places: OutlookPlaces, *, numbers: Sequence[Problem]) -> None:
    """Refuse numbers out of range and places that cannot be written, all in one report, before the work."""
    files: list[Target] = [("--excel", places.book, BOOK), ("--page", places.page, PAGE)]
    problems = [*numbers, *wrong_places(files)]
    if places.folder is not None:
        problems += unwritable("--out", places.folder)
    if problems:
        raise DataError(problems)
    free_files(face, files, force=places.force)
    if places.folder is not None:
        require_place(places.folder, force=places.force)


def _outlook_tables(face: Face, found: Outlook) -> list[Table | str]:
    """Figures by year with their range, villages by proposal, and how far off the forecast has been."""
    title = face.name(found.region.title_zh, found.region.title_en)
    parts: list[Table | str] = [
        _figures(face, found, title=title),
        _counts(
            face, found.villages["future"].value_counts(), title=heading("table.villages", face.language)
        ),
    ]
    if len(found.nowcast):
        shown = found.nowcast.drop(columns=["source", "difference"])
        shown = shown.assign(relative=shown["relative"].map("{:+.1%}".format))
        parts.append(_frame(face, shown, found, title=heading("table.nowcast", face.language)))
    change = found.summary()["feedback_people"]
    low, high = min(change.values()), max(change.values())
    parts.append(face.word("feedback_line", low=f"{low:+,.0f}", high=f"{high:+,.0f}"))
    return parts


def _figures(face: Face, found: Outlook, *, title: str) -> Table:
    totals = found.totals[found.totals["unit"] == found.whole].set_index("year")
    ranges = found.ranges[found.ranges["unit"] == found.whole].set_index(["variable", "year"])
    years = sorted(set(found.years.values()) & set(totals.index))
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    table.add_column(face.word("figure"))
    for year in years:
        table.add_column(str(year), justify="right")
    for figure in FIGURES:
        cells = []
        for year in years:
            cell = _cell(figure, number_at(totals, year, figure))
            if (figure, year) in ranges.index and year > found.years["base"]:
                low, high = (number_at(ranges, (figure, year), name) for name in ("p10", "p90"))
                cell += f" ({_cell(figure, low)}–{_cell(figure, high)})"
            cells.append(cell)
        table.add_row(heading(figure, face.language), *cells)
    if len(ranges):
        table.caption = face.word("range_note", futures=found.futures)
    return table


def _cell(figure: str, value: float) -> str:
    if figure in PERCENT:
        return f"{value:.1%}"
    return f"{value:,.1f}" if figure == "median_age" else f"{value:,.0f}"


def _counts(face: Face, counts: pd.Series, *, title: str) -> Table:
    rows = [(heading(f"future.{name}", face.language), f"{counts[name]:,}") for name in counts.index]
    return face.table(["proposal", "villages"], rows, title=title)


def _frame(face: Face, frame: pd.DataFrame, found: Outlook | Axis, *, title: str) -> Table:
    """The first rows of a table, as it stands in the workbook, without codes of places."""
    shown = worded(frame.head(MOST_ROWS), found.region, language=face.language)
    shown = shown.drop(columns=heading("unit", face.language), errors="ignore")
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in shown.columns:
        number = pd.api.types.is_numeric_dtype(shown[column])
        table.add_column(str(column), justify="right" if number else "left", overflow="fold")
    for row in shown.itertuples(index=False):
        table.add_row(*(plain_cell(value) for value in row))
    return table


def _axis_shown(face: Face, found: Axis) -> list[Table | str]:
    """Central towns by county, people by role, and how roles agree with what they are set against."""
    units = found.region["units"].set_index("unit")
    proposed = found.places[found.places["proposed"] == "central_town"]
    rows = []
    for county, towns in proposed.groupby("county", sort=False):
        names = [face.name(*units.loc[town, ["name", "name_en"]]) for town in towns["unit"]]
        rows.append((face.name(*units.loc[county, ["name", "name_en"]]), ", ".join(names)))
    title = face.name(found.region.title_zh, found.region.title_en)
    return [
        face.table(["county", "central_towns"], rows, title=title),
        _frame(face, found.roles, found, title=heading("table.roles", face.language)),
        _frame(face, found.agreement, found, title=heading("table.agreement", face.language)),
    ]
