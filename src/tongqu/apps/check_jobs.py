"""The problems of a region's tables as a file: a page with a map, or a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pandas as pd
import typer

from tongqu.apps.output import Face
from tongqu.apps.places import write_whole
from tongqu.apps.problems import words_of
from tongqu.apps.roads_jobs import require_outside_region
from tongqu.apps.studies import PAGE, Target, free_files, wrong_places
from tongqu.base import DataError
from tongqu.data import locate_problems, table_specs
from tongqu.views.problems_html import problems_html
from tongqu.workflow.road_tables import table_file

__all__ = ["require_problem_file", "write_problems"]

ENDINGS: Final = (*PAGE, ".csv", ".xlsx")
HEADINGS: Final = {
    "number": "number",
    "table": "table",
    "file": "file",
    "row": "row",
    "column": "column",
    "value": "value",
    "rule": "rule",
    "mend": "mend",
    "unit": "unit_code",
    "place": "place",
    "lon": "longitude",
    "lat": "latitude",
}
"""Columns of the file and the keys of their headings."""
DIGITS: Final = 6
"""Decimals of degrees: a tenth of a metre."""


def require_problem_file(face: Face, path: Path, *, region: str, force: bool) -> None:
    """Refuse a file of problems that cannot or may not be written, before the work.

    Raises
    ------
    DataError
        If its name does not end as it should, or its folder cannot be written.
    TakenError
        If it is there and may not be replaced, or is the region's own.
    """
    target: Target = ("--problems", path, ENDINGS)
    if wrong := wrong_places([target]):
        raise DataError(wrong)
    require_outside_region(face, {"problems": path}, folder=Path(region))
    free_files(face, [target], force=force)


def write_problems(face: Face, error: DataError, path: Path, *, region: str) -> None:
    """Write the problems of a region that could not be loaded.

    Raises
    ------
    DataError
        If there is no such region.
    """
    found = locate_problems(region, error.problems)
    table = found.table.assign(
        rule=[words_of(rule, face.language) for rule in found.table["rule"]],
        mend=[words_of(mend, face.language) for mend in found.table["mend"]],
    )
    if path.suffix.lower() in PAGE:
        page = problems_html(table, sketch=found.sketch, titles=found.titles, language=face.language)
        content = page.encode()
    else:
        content = table_file(_headed(face, table), kind=path.suffix.lower())
    write_whole({path: content})
    if not face.as_json and not face.quiet:
        typer.echo(f"{face.word('written')}{path}", file=sys.stderr)


def _headed(face: Face, table: pd.DataFrame) -> pd.DataFrame:
    """The table with titles, names and headings in the language."""
    specs = table_specs()
    named = table.assign(
        table=[specs[name].title(face.language) if name in specs else "" for name in table["table"]],
        place=[face.name(zh, en) for zh, en in zip(table["name"], table["name_en"], strict=True)],
    )
    headings = {name: face.word(key) for name, key in HEADINGS.items()}
    return named[list(HEADINGS)].round({"lon": DIGITS, "lat": DIGITS}).rename(columns=headings)
