"""Files and workbook of the outlook: see `tongqu.workflow.files`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.data import Language, Region
from tongqu.workflow import files
from tongqu.workflow.files import Kind

__all__ = ["book_of", "heading", "require_place", "save_tables", "worded"]

KIND: Final[Kind] = "outlook"


def heading(key: str, language: Language) -> str:
    """The words of a column, a table or a value; the key itself where it has none.

    Examples
    --------
    >>> heading("urban_share", "en"), heading("x1", "zh")
    ('urban share', 'x1')
    """
    return files.heading(key, language, kind=KIND)


def require_place(folder: Path, *, force: bool) -> None:
    """Refuse a place for an outlook where something else is; see `tongqu.workflow.files.require_place`."""
    files.require_place(folder, kind=KIND, force=force)


def save_tables(
    folder: Path, *, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], force: bool
) -> Path:
    """Write the tables and a manifest; see `tongqu.workflow.files.save_tables`."""
    return files.save_tables(folder, kind=KIND, tables=tables, manifest=manifest, force=force)


def book_of(tables: Mapping[str, pd.DataFrame], region: Region, *, language: Language) -> bytes:
    """A workbook with a sheet for each table; see `tongqu.workflow.files.book_of`."""
    return files.book_of(tables, region, kind=KIND, language=language)


def worded(table: pd.DataFrame, region: Region, *, language: Language) -> pd.DataFrame:
    """A table with headings and words in a language; see `tongqu.workflow.files.worded`."""
    return files.worded(table, region, kind=KIND, language=language)
