"""A GTFS feed as a zip archive, from tables; what is written is read back and checked first."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base.errors import DataError, Problem
from tongqu.data.gtfs.feed import Feed
from tongqu.data.gtfs.read import read_feed
from tongqu.data.gtfs.spec import OPTIONAL, REQUIRED, columns_of
from tongqu.data.problems import suggest

__all__ = ["write_feed"]

_FILES: Final = (
    "agency",
    "stops",
    "routes",
    "trips",
    "stop_times",
    "calendar",
    "calendar_dates",
    "frequencies",
    "transfers",
    "shapes",
    "feed_info",
)
"""Files that are written, in this order."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "agency": ("agency_name", "agency_url", "agency_timezone"),
    "stops": ("stop_id", "stop_name", "stop_lat", "stop_lon"),
    "routes": ("route_id", "route_type"),
    "feed_info": ("feed_publisher_name", "feed_publisher_url", "feed_lang"),
}
"""Columns that GTFS requires beyond those without which the reader has no timetable."""

_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""Date of every file in the archive, the earliest that a zip can hold: bytes do not depend on the clock."""

_DATE: Final = "%Y%m%d"
_BREAKS: Final = re.compile(r"[\t\r\n]+")
"""What GTFS forbids inside a value."""


def write_feed(place: str | Path, tables: Mapping[str, pd.DataFrame]) -> Feed:
    """Write a feed and give it as it reads.

    The archive takes its place only once `read_feed` finds nothing wrong with it. The same tables give the
    same bytes.

    Parameters
    ----------
    place : str or Path
        The zip archive to write; one that is there is replaced.
    tables : mapping of str to DataFrame
        Columns of GTFS by name of the file without its ending. ``agency``, ``stops``, ``routes``, ``trips``,
        ``stop_times`` and ``calendar`` or ``calendar_dates`` are needed. Times are seconds after midnight,
        past the next midnight more than 86 400; dates are timestamps or ``YYYYMMDD``; blanks are missing
        values. Columns that Tongqu does not read are written as they are. Tabs and line breaks become spaces.
        Empty tables are left out.

    Returns
    -------
    Feed
        Read back from what was written.

    Raises
    ------
    DataError
        With every problem: an unknown or missing table, a missing column, and all that `read_feed` finds.

    References
    ----------
    General Transit Feed Specification, reference of the schedule format.

    Examples
    --------
    >>> from tongqu.base import DataError
    >>> try:
    ...     write_feed("no_feed.zip", {"stop": pd.DataFrame()})
    ... except DataError as error:
    ...     print(error.problems[0])
    stop.txt: not a file of GTFS that Tongqu writes; did you mean 'stops'? name a file of GTFS
    """
    target = Path(place)
    filled = {name: table for name, table in tables.items() if len(table)}
    _check(tables, filled)
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for name in _FILES:
                if name in filled:
                    info = zipfile.ZipInfo(f"{name}.txt", date_time=_MOMENT)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    info.external_attr = 0o644 << 16
                    archive.writestr(info, _text(name, filled[name]).encode())
        read_feed(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return read_feed(target)


def _check(tables: Mapping[str, pd.DataFrame], filled: Mapping[str, pd.DataFrame]) -> None:
    """Nothing if every table is known, those needed are there and have the columns that GTFS requires."""
    problems = [
        Problem(
            rule="not a file of GTFS that Tongqu writes",
            mend=suggest(name, _FILES) + "name a file of GTFS",
            file=f"{name}.txt",
        )
        for name in tables
        if name not in _FILES
    ]
    needed = ["agency", *REQUIRED]
    if "calendar" not in filled and "calendar_dates" not in filled:
        needed.append("calendar")
    problems += [
        Problem(rule="the file has no rows", mend="give its rows; GTFS needs it", file=f"{name}.txt")
        for name in needed
        if name not in filled
    ]
    for name, table in filled.items():
        wanted = _NEEDED.get(name, ())
        problems += [
            Problem(rule="missing column", mend=f"add the column {column}", file=f"{name}.txt", column=column)
            for column in wanted
            if column not in table
        ]
    if problems:
        raise DataError(problems)


def _text(name: str, table: pd.DataFrame) -> str:
    """A table as the text of its file."""
    known = name in REQUIRED or name in OPTIONAL
    kinds = {column.name: column.kind for column in columns_of()[name]} if known else {}
    written = {
        column: _written(table[column], kind=kinds.get(column, _kind_of(column))) for column in table.columns
    }
    return pd.DataFrame(written).to_csv(index=False, lineterminator="\r\n")


def _kind_of(column: str) -> str:
    return "date" if column.endswith("_date") else "text"


def _written(values: pd.Series[Any], *, kind: str) -> pd.Series[str]:
    """A column as text."""
    if kind == "time":
        return values.map(_clock)
    if kind == "date":
        return values.map(_day)
    return values.map(_plain)


def _clock(seconds: Any) -> str:
    if pd.isna(seconds):
        return ""
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}"


def _day(day: Any) -> str:
    if isinstance(day, str):
        return day
    return "" if pd.isna(day) else str(pd.Timestamp(day).strftime(_DATE))


def _plain(value: Any) -> str:
    """Text in one line, since GTFS allows no breaks in it; numbers as short as they can be read back."""
    if isinstance(value, str):
        return _BREAKS.sub(" ", value)
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    return str(int(value)) if float(value).is_integer() else repr(float(value))
