"""Headings to columns: names, Chinese headings and English headings are all understood."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from tongqu.data.files import RawTable
from tongqu.data.problems import Problems, suggest
from tongqu.data.spec import TableSpec

__all__ = ["match_columns", "match_title"]


def fold(heading: str) -> str:
    """A heading without differences of case and width."""
    return unicodedata.normalize("NFKC", heading).strip().casefold()


def known_headings(spec: TableSpec) -> dict[str, str]:
    """Column by folded heading; the name of a column goes before a heading of another."""
    known = {fold(c.heading_en): name for name, c in spec.columns.items()}
    known |= {fold(c.heading_zh): name for name, c in spec.columns.items()}
    return known | {fold(name): name for name in spec.columns}


def match_columns(raw: RawTable, *, spec: TableSpec, problems: Problems) -> dict[str, pd.Series[str]]:
    """Text of each column that the table has, by column name in the order of the spec.

    Parameters
    ----------
    raw : RawTable
        The table as written.
    spec : TableSpec
        What it should hold.
    problems : Problems
        Where missing, unknown and repeated columns go.
    """
    known = known_headings(spec)
    found: dict[str, pd.Series[str]] = {}
    for position, heading in enumerate(raw.headings):
        name = known.get(fold(heading))
        if name is None:
            add_unknown(heading, raw=raw, spec=spec, problems=problems)
        elif name in found:
            mend = f"two headings stand for '{name}': keep one of them"
            problems.add("repeated column", file=raw.file, row=1, column=heading, mend=mend)
        else:
            found[name] = raw.frame[str(position)]
    for name, column in spec.columns.items():
        if column.required and name not in found:
            mend = f"add a column headed '{name}' (or '{column.heading_zh}'): {column.meaning_en}"
            problems.add("missing column", file=raw.file, row=1, column=name, mend=mend)
    return {name: found[name] for name in spec.columns if name in found}


def add_unknown(heading: str, *, raw: RawTable, spec: TableSpec, problems: Problems) -> None:
    """Report a column that the table does not know."""
    if not heading:
        mend = "put a heading into row 1, or clear the column"
        problems.add("a column without a heading", file=raw.file, row=1, mend=mend)
        return
    names = [*spec.columns, *(c.heading_zh for c in spec.columns.values())]
    mend = suggest(heading, names) + "rename the column, or remove it"
    problems.add("unknown column", file=raw.file, row=1, column=heading, mend=mend)


def match_title(title: str, specs: Mapping[str, TableSpec] | Iterable[TableSpec]) -> str | None:
    """Name of the table that a sheet title stands for: its name, Chinese title or English title.

    Examples
    --------
    >>> from tongqu.data.spec import table_specs
    >>> match_title("人口", table_specs())
    'people'
    """
    listed = specs.values() if isinstance(specs, Mapping) else specs
    names = {fold(text): spec.name for spec in listed for text in (spec.title_zh, spec.title_en, spec.name)}
    return names.get(fold(title))
