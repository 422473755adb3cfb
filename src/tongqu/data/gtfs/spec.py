"""The files and columns of GTFS that Tongqu reads; `columns.csv` lists them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, cast

__all__ = ["OPTIONAL", "REQUIRED", "Column", "Kind", "columns_of"]

REQUIRED: Final = ("stops", "routes", "trips", "stop_times")
"""Files without which there is no timetable; of `calendar` and `calendar_dates` one is needed as well."""

OPTIONAL: Final = ("agency", "calendar", "calendar_dates", "frequencies", "transfers", "shapes")

Kind = Literal["text", "number", "count", "choice", "time", "date"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a GTFS file.

    Parameters
    ----------
    name : str
        As in GTFS.
    kind : str
        What a value is; a ``count`` is a whole number, 0 or more.
    needed : str
        ``filled``: every row has a value; ``column``: the heading is there; blank: neither.
    key : bool
        Whether it belongs to the columns that name a row.
    refers_to : str
        File and column where the value has to be.
    choices : tuple of str
        The values of a choice; a blank is the first.
    """

    name: str
    kind: Kind
    needed: str
    key: bool
    refers_to: str
    choices: tuple[str, ...]


@cache
def columns_of() -> Mapping[str, tuple[Column, ...]]:
    """The columns read of every file, by the file's name without its ending.

    Examples
    --------
    >>> [column.name for column in columns_of()["stops"] if column.needed == "filled"]
    ['stop_id']
    """
    found: dict[str, list[Column]] = {}
    text = (files("tongqu.data.gtfs") / "columns.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        kind = cast("Kind", row["kind"])
        choices = tuple(row["choices"].split())
        column = Column(row["column"], kind, row["needed"], bool(row["key"]), row["refers_to"], choices)
        found.setdefault(row["file"], []).append(column)
    return {file: tuple(columns) for file, columns in found.items()}
