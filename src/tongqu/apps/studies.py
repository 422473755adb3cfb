"""What the studies share on the command line: where files may go, and tables on the screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face
from tongqu.apps.places import require_free, write_whole
from tongqu.base import DataError, Problem, Progress, Report
from tongqu.data import Language, Region
from tongqu.workflow.files import Kind, heading, require_place, worded

__all__ = [
    "BOOK",
    "MOST_ROWS",
    "PAGE",
    "Places",
    "Target",
    "frame",
    "free_files",
    "plain_cell",
    "require_places",
    "unwritable",
    "write_study",
    "written_lines",
    "wrong_places",
]

BOOK: Final = (".xlsx",)
PAGE: Final = (".html", ".htm")
MOST_ROWS: Final = 20
"""Rows of a table on the screen; files and ``--json`` have all."""

Target: TypeAlias = tuple[str, Path | None, tuple[str, ...]]
"""Option, file and endings that it may have."""


@dataclass(frozen=True)
class Places:
    """Where a study goes; nothing is written where a place is left out.

    Parameters
    ----------
    folder : Path, optional
        Folder of CSV files.
    book : Path, optional
        Excel workbook.
    page : Path, optional
        Page.
    force : bool
        Whether an earlier study of the kind, and files that are there, may be replaced.
    """

    _: KW_ONLY
    folder: Path | None
    book: Path | None
    page: Path | None
    force: bool


class Study(Protocol):
    """What can be written."""

    def save(self, folder: Path, *, force: bool) -> Path:
        """Write the tables into a folder."""

    def book(self, language: Language) -> bytes:
        """The workbook."""


def require_places(face: Face, places: Places, *, kind: Kind, numbers: Sequence[Problem]) -> None:
    """Refuse numbers out of range and places that cannot be written, all in one report, before the work.

    Raises
    ------
    DataError
        If any number or place is wrong.
    RunError
        If something else is there.
    """
    files: list[Target] = [("--excel", places.book, BOOK), ("--page", places.page, PAGE)]
    problems = [*numbers, *wrong_places(files)]
    if places.folder is not None:
        problems += unwritable("--out", places.folder)
    if problems:
        raise DataError(problems)
    free_files(face, files, force=places.force)
    if places.folder is not None:
        require_place(places.folder, kind=kind, force=places.force)


def write_study(
    face: Face, found: Study, places: Places, *, page: Callable[[], str], progress: Progress
) -> list[Path]:
    """Write what is asked for, each file whole; gives the places written."""
    files: dict[Path, bytes] = {}
    if places.book is not None:
        files[places.book] = found.book(face.language)
    if places.page is not None:
        progress(Report("page"))
        files[places.page] = page().encode()
    if places.folder is not None:
        found.save(places.folder, force=places.force)
    write_whole(files)
    return [path for path in (places.folder, *files) if path is not None]


def written_lines(face: Face, paths: Iterable[Path]) -> list[str]:
    """A line for each place that was written."""
    return [f"{face.word('written')}{path}" for path in paths]


def wrong_places(files: Sequence[Target]) -> list[Problem]:
    """Kinds of file and places that cannot be written."""
    problems = []
    for option, path, endings in files:
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            mend = f"name a file that ends in {', '.join(endings)}"
            problems.append(Problem("unknown kind of file", mend=mend, file=option, value=str(path)))
        problems += unwritable(option, path)
    return problems


def free_files(face: Face, files: Sequence[Target], *, force: bool) -> None:
    """Refuse files that are there and may not be replaced."""
    for _, path, _ in files:
        if path is not None:
            require_free(face, path, force=force)


def unwritable(option: str, path: Path) -> list[Problem]:
    """A problem if the nearest folder above that is there cannot be written into."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if above.is_dir() and os.access(above, os.W_OK):
        return []
    mend = "name a place in a folder that you may write into"
    return [Problem("the place cannot be written", mend=mend, file=option, value=str(path))]


def frame(table: pd.DataFrame, region: Region, *, kind: Kind, language: Language, title: str = "") -> Table:
    """The first rows of a table of a study, as it stands in the workbook, without codes of places."""
    shown = worded(table.head(MOST_ROWS), region, kind=kind, language=language)
    shown = shown.drop(columns=heading("unit", language, kind=kind), errors="ignore")
    made = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold")
    for column in shown.columns:
        number = pd.api.types.is_numeric_dtype(shown[column])
        made.add_column(str(column), justify="right" if number else "left", overflow="fold")
    for row in shown.itertuples(index=False):
        made.add_row(*(plain_cell(value) for value in row))
    return made


def plain_cell(value: Any) -> str:
    """A cell of a table on the screen."""
    if value is None or pd.isna(value) or value == "":
        return "–"
    if not isinstance(value, float) or value == 0:
        return f"{value:g}" if isinstance(value, float) else str(value)
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.1f}"
