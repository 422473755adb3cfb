"""Tables of a study into a folder of CSV files that appears as a whole, and into an Excel workbook.

A study is a kind of work with tables and words of its own: ``outlook``, ``economy``, ``accounts``. Its words
are in ``headings.csv`` of its package; what is not there has the words of the outlook.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem, RunError
from tongqu.data import Language, Region

__all__ = ["Kind", "book_of", "heading", "require_place", "save_tables", "worded"]

Kind: TypeAlias = Literal[
    "outlook",
    "economy",
    "accounts",
    "land",
    "logistics",
    "buses",
    "digital",
    "monitor",
    "futures",
    "why",
    "frontier",
    "schools",
    "schools_plan",
    "health",
    "care",
    "bureau",
]

MANIFEST: Final = "manifest.json"
DIGITS: Final = 6
"""Decimals in files; a millionth of a person or of a share."""
SHEET_ROWS: Final = 1_048_576
"""Rows of a worksheet, the heading included (Excel specifications and limits)."""
UNITS: Final = ("unit", "county", "town", "origin", "destination")
"""Columns of codes of places that get a column of names beside them in a workbook."""
ROLES: Final = ("role", "by_score", "proposed", "other", "official", "counts_for")
"""Columns of roles on the axis; blank is none."""
WORDED: Final = (
    "register",
    "residence",
    "sex",
    "kind",
    "case",
    "variable",
    "future",
    "reason",
    "measure",
    "runner_up",
    "among",
    "figure",
    "note",
    "name",
    "level",
    "basis",
    "section",
    "variant",
    "quadrant",
    "earner",
    "parameter",
    "outcome",
    "change",
    "band",
    "side",
    "earning",
    "method",
    "state",
    "class",
    "part_of",
    "becomes",
    "settlement",
    "standing",
    "factor",
    "finding",
    "follows",
    "trigger",
    "plan",
    "service",
    "aim",
    "stage",
    "verdict",
    "fault",
    *ROLES,
)
"""Columns whose values have words."""
ARTICLE: Final[Mapping[Kind, str]] = {
    "outlook": "an outlook",
    "economy": "an economy",
    "accounts": "accounts",
    "land": "a study of land",
    "logistics": "a study of logistics",
    "buses": "a study of buses",
    "digital": "a study of digital networks",
    "why": "answers to why",
    "monitor": "a monitoring",
    "futures": "a study of futures",
    "frontier": "a frontier",
    "schools": "a study of schools",
    "schools_plan": "a plan of schools",
    "health": "a study of health",
    "care": "a study of care",
    "bureau": "a bureau's view",
}
EARLIER: Final[Mapping[Kind, str]] = {
    "outlook": "an earlier outlook",
    "economy": "an earlier economy",
    "accounts": "earlier accounts",
    "land": "an earlier study of land",
    "logistics": "an earlier study of logistics",
    "buses": "an earlier study of buses",
    "digital": "an earlier study of digital networks",
    "why": "earlier answers to why",
    "monitor": "an earlier monitoring",
    "futures": "an earlier study of futures",
    "frontier": "an earlier frontier",
    "schools": "an earlier study of schools",
    "schools_plan": "an earlier plan of schools",
    "health": "an earlier study of health",
    "care": "an earlier study of care",
    "bureau": "an earlier bureau's view",
}


@cache
def _headings(kind: Kind) -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for one in dict.fromkeys(["outlook", kind]):
        text = (files("tongqu.workflow") / one / "headings.csv").read_text(encoding="utf-8")
        words |= {row["key"]: row for row in csv.DictReader(text.splitlines())}
    return words


def heading(key: str, language: Language, *, kind: Kind) -> str:
    """The words of a column, a table or a value; the key itself where it has none.

    Examples
    --------
    >>> heading("urban_share", "en", kind="outlook"), heading("x1", "zh", kind="outlook")
    ('urban share', 'x1')
    """
    row = _headings(kind).get(key)
    return row[language] if row else key


def require_place(folder: Path, *, kind: Kind, force: bool) -> None:
    """Refuse a place for the files of a study where something else is.

    Raises
    ------
    RunError
        If there is a file, other things, or an earlier study of the kind and not ``force``.
    """
    if folder.is_file():
        raise RunError(f"{folder} is a file; name a folder")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not _is(folder, kind):
        raise RunError(f"{folder} holds something that is not {ARTICLE[kind]}; name another folder")
    if not force:
        raise RunError(f"{folder} holds {EARLIER[kind]}; name another folder, or replace it with force")


def _is(folder: Path, kind: Kind) -> bool:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("kind") == kind


def save_tables(
    folder: Path, *, kind: Kind, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], force: bool
) -> Path:
    """Write tables as CSV and a manifest with the hash of each into a folder, as a whole.

    Raises
    ------
    RunError
        If the place is taken; see `require_place`.
    """
    require_place(folder, kind=kind, force=force)
    content = {f"{name}.csv": _csv(table) for name, table in tables.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    text = json.dumps(
        {"kind": kind, **manifest, "files": hashes}, ensure_ascii=False, indent=1, sort_keys=True
    )
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        for name, data in content.items():
            (draft / name).write_bytes(data)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _csv(table: pd.DataFrame) -> bytes:
    return table.round(DIGITS).to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def book_of(tables: Mapping[str, pd.DataFrame], region: Region, *, kind: Kind, language: Language) -> bytes:
    """A workbook with a sheet for each table; headings, names and values in a language.

    Raises
    ------
    DataError
        If a table has more rows than a worksheet.
    """
    long = [name for name, table in tables.items() if len(table) >= SHEET_ROWS]
    if long:
        mend = "give an earlier last year, or save CSV files"
        raise DataError([Problem(rule="too many rows for a worksheet", mend=mend, value=", ".join(long))])
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="xlsxwriter") as book:
        for name, table in tables.items():
            sheet = heading(f"table.{name}", language, kind=kind)
            worded(table, region, kind=kind, language=language).to_excel(
                book, sheet_name=sheet, index=False, freeze_panes=(1, 0)
            )
    return buffer.getvalue()


def worded(table: pd.DataFrame, region: Region, *, kind: Kind, language: Language) -> pd.DataFrame:
    """A table with headings and words in a language, and the names of places beside their codes."""
    units = region["units"].set_index("unit")
    english = units["name_en"].fillna(units["name"])
    names = english if language == "en" else units["name"]
    shown: dict[str, Any] = {}
    for column in table.columns.drop("name", errors="ignore") if "town" in table else table.columns:
        values = table[column]
        if column in UNITS and values.isin(units.index).any():
            word = values.map(names).fillna(values.map(lambda code: heading(f"{code}", language, kind=kind)))
            shown[heading(f"{column}_name", language, kind=kind)] = word
        elif column in WORDED:
            group = "reason" if column == "runner_up" else column
            values = _words(values, group, kind=kind, language=language)
        elif pd.api.types.is_bool_dtype(values):
            values = values.map(
                {True: heading("yes", language, kind=kind), False: heading("no", language, kind=kind)}
            )
        elif pd.api.types.is_float_dtype(values):
            values = values.where(np.isfinite(values)).round(DIGITS)
        shown[heading(str(column), language, kind=kind)] = values
    return pd.DataFrame(shown)


def _words(values: pd.Series, column: str, *, kind: Kind, language: Language) -> pd.Series:
    """Words of codes; what has none stays as it is."""
    group = "role" if column in ROLES else column
    known = {
        str(value): heading(f"{group}.{value}", language, kind=kind) for value in values.dropna().unique()
    }
    plain = {
        value: heading(value, language, kind=kind) if word == f"{group}.{value}" else word
        for value, word in known.items()
    }
    return values.map(plain)
