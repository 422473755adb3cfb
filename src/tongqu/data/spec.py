"""The tables of a region as their spec files describe them: one CSV per table, read once."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

__all__ = ["ColumnSpec", "ColumnType", "Language", "TableSpec", "table_specs"]

ColumnType = Literal["code", "text", "number", "integer", "boolean", "choice"]
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a table.

    Parameters
    ----------
    name : str
        Name of the column in code and in canonical files.
    type : {"code", "text", "number", "integer", "boolean", "choice"}
        What a value may be; a code is text without blanks, commas or semicolons.
    unit : str
        Unit of measure, empty where there is none.
    required : bool
        Whether the column must be there and filled in every row.
    default : str
        What a blank means; empty when a blank stays missing.
    minimum, maximum : float or None
        Bounds of a number, both allowed.
    choices : tuple of str
        Allowed values of a choice, in their natural order.
    key : bool
        Whether the column is part of what identifies a row.
    refers_to : tuple of (table, column), or None
        Where the value must occur.
    heading_zh, heading_en : str
        Headings that may stand in place of the name.
    meaning_zh, meaning_en : str
        What the column holds.
    source : str
        Law, standard or survey behind the definition.
    """

    name: str
    type: ColumnType
    unit: str
    required: bool
    default: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    key: bool
    refers_to: tuple[str, str] | None
    heading_zh: str
    heading_en: str
    meaning_zh: str
    meaning_en: str
    source: str

    def heading(self, language: Language) -> str:
        """Heading in the language asked for."""
        return self.heading_zh if language == "zh" else self.heading_en

    def meaning(self, language: Language) -> str:
        """Meaning in the language asked for."""
        return self.meaning_zh if language == "zh" else self.meaning_en


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of a region.

    Parameters
    ----------
    name : str
        Name of the table and stem of its file.
    required : bool
        Whether a region must have it.
    title_zh, title_en, meaning_zh, meaning_en : str
        Title and meaning for people.
    columns : mapping of str to ColumnSpec
        The columns in file order.
    """

    name: str
    required: bool
    title_zh: str
    title_en: str
    meaning_zh: str
    meaning_en: str
    columns: Mapping[str, ColumnSpec]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that together identify a row."""
        return tuple(column.name for column in self.columns.values() if column.key)

    def title(self, language: Language) -> str:
        """Title in the language asked for."""
        return self.title_zh if language == "zh" else self.title_en

    def meaning(self, language: Language) -> str:
        """Meaning in the language asked for."""
        return self.meaning_zh if language == "zh" else self.meaning_en


def package_rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV that lies beside this module."""
    text = files("tongqu.data").joinpath(name).read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text), strict=True))


def column_spec(row: Mapping[str, str]) -> ColumnSpec:
    """One line of a spec file."""
    table, dot, column = row["refers_to"].partition(".")
    return ColumnSpec(
        name=row["column"],
        type=cast(ColumnType, row["type"]),
        unit=row["unit"],
        required=row["required"] == "yes",
        default=row["default"],
        minimum=float(row["min"]) if row["min"] else None,
        maximum=float(row["max"]) if row["max"] else None,
        choices=tuple(row["choices"].split("|")) if row["choices"] else (),
        key=row["key"] == "yes",
        refers_to=(table, column) if dot else None,
        heading_zh=row["heading_zh"],
        heading_en=row["heading_en"],
        meaning_zh=row["meaning_zh"],
        meaning_en=row["meaning"],
        source=row["source"],
    )


@cache
def table_specs() -> Mapping[str, TableSpec]:
    """Every table of a region by name, in the order of the documentation.

    Returns
    -------
    mapping of str to TableSpec
        Read-only; read from the spec files once.

    Examples
    --------
    >>> specs = table_specs()
    >>> [name for name, spec in specs.items() if spec.required]
    ['units', 'people', 'nodes', 'links', 'sources']
    >>> specs["people"].key
    ('unit', 'year', 'sex', 'age')
    >>> specs["people"].columns["people"].minimum
    0.0
    """
    specs = {}
    for row in package_rows("tables.csv"):
        columns = [column_spec(line) for line in package_rows(f"specs/{row['table']}.csv")]
        specs[row["table"]] = TableSpec(
            name=row["table"],
            required=row["required"] == "yes",
            title_zh=row["title_zh"],
            title_en=row["title_en"],
            meaning_zh=row["meaning_zh"],
            meaning_en=row["meaning"],
            columns=MappingProxyType({column.name: column for column in columns}),
        )
    return MappingProxyType(specs)
