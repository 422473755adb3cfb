"""Bus lines in one table: stops, running times and headways, where no timetable exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError
from tongqu.data import RawTable, Region, raw_table
from tongqu.data.files import read_table, read_workbook
from tongqu.data.problems import Problems, suggest
from tongqu.methods.transit import seconds_of
from tongqu.workflow.travel.words import headings

__all__ = ["COLUMNS", "Lines", "read_lines"]

COLUMNS: Final = ("line", "stop", "lon", "lat", "run_minutes", "first", "last", "headway")
"""Columns of a table of lines; each may be headed by its name or its Chinese or English heading."""

REQUIRED: Final = ("line", "stop", "run_minutes", "first", "last", "headway")

PERIODS: Final = ("first", "last", "headway")

SEPARATOR: Final = ";"
"""Between the periods of a day."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines as `tongqu.methods.transit.headway_timetable` takes them, and their stops.

    Parameters
    ----------
    lines : DataFrame
        ``line, stop_id, minutes`` since the stop before, stops of a line in order.
    periods : DataFrame
        ``line, first, last`` (``HH:MM``), ``headway`` (minutes).
    stops : DataFrame
        ``stop_id, stop_name, stop_lon, stop_lat``, each stop once.
    """

    lines: pd.DataFrame
    periods: pd.DataFrame
    stops: pd.DataFrame


def read_lines(source: str | Path | pd.DataFrame, *, region: Region) -> Lines:
    """Lines from one table with a row for each stop of each line, in order.

    Parameters
    ----------
    source : str, Path or DataFrame
        ``line, stop, lon, lat, run_minutes`` (since the stop before; 0 or blank at the first), ``first,
        last`` (departures from the first stop, ``HH:MM``) and ``headway`` (minutes), these three in the first
        row of the line; several periods of the day are separated by semicolons. A stop without lon and lat is
        a code of the units table. A CSV file, or the first sheet of an Excel workbook.
    region : Region
        Where stops named by code lie.

    Returns
    -------
    Lines
        Lines, periods and stops.

    Raises
    ------
    DataError
        With every column, stop, time and number that is wrong.

    Examples
    --------
    >>> import tongqu
    >>> table = pd.DataFrame(
    ...     {
    ...         "line": ["1", "1"],
    ...         "stop": ["330824109", "330824"],
    ...         "run_minutes": [0, 50],
    ...         "first": ["06:30;13:00", None],
    ...         "last": ["11:30;17:00", None],
    ...         "headway": ["30;60", None],
    ...     }
    ... )
    >>> found = read_lines(table, region=tongqu.load("quzhou"))
    >>> found.periods["headway"].tolist(), found.stops["stop_name"].tolist()
    ([30.0, 60.0], ['齐溪镇', '开化县'])
    """
    problems = Problems()
    raw = _raw(source, problems)
    if raw is None and not len(problems):
        problems.add("the file is empty", mend="give a row for each stop of each line", file=str(source))
    problems.raise_any()
    assert raw is not None
    frame = _named(raw, problems)
    if not len(frame):
        mend = "give a row for each stop of each line"
        problems.add("the file has no rows", mend=mend, file=raw.file)
    problems.raise_any()
    rows = pd.Series(raw.rows, index=frame.index)
    numbers = {name: _numbers(frame, name, rows=rows, file=raw.file, problems=problems) for name in _NUMBERS}
    for name in ("line", "stop"):
        for row in rows[frame[name].isna()]:
            problems.add(
                "a required value is missing", mend="fill it in", file=raw.file, row=int(row), column=name
            )
    stops = _stops(frame.assign(**numbers), rows=rows, file=raw.file, region=region, problems=problems)
    periods = _periods(frame, rows=rows, file=raw.file, problems=problems)
    problems.raise_any()
    calls = pd.DataFrame(
        {"line": frame["line"], "stop_id": frame["stop"], "minutes": numbers["run_minutes"].fillna(0.0)}
    )
    return Lines(calls.reset_index(drop=True), periods, stops)


_NUMBERS: Final = ("lon", "lat", "run_minutes")


def _raw(source: str | Path | pd.DataFrame, problems: Problems) -> RawTable | None:
    if isinstance(source, pd.DataFrame):
        return raw_table(source, file="lines")
    path = Path(source)
    if path.suffix.lower() == ".xlsx":
        sheets = read_workbook(path, problems=problems)
        return next(iter(sheets.values()), None)
    return read_table(path, file=path.name, problems=problems)


def _named(raw: RawTable, problems: Problems) -> pd.DataFrame:
    """The table with its columns by name."""
    words: dict[str, str] = {}
    for name in COLUMNS:
        words |= {text.casefold(): name for text in (name, headings()[name]["zh"], headings()[name]["en"])}
    found = {}
    for position, title in enumerate(raw.headings):
        name = words.get(title.strip().casefold(), "")
        if not name:
            mend = suggest(title, words) + "rename the column, or remove it"
            problems.add("unknown column", mend=mend, file=raw.file, row=1, column=title)
        else:
            found[name] = raw.frame[str(position)]
    for name in REQUIRED:
        if name not in found:
            mend = f"add a column headed '{name}' (or '{headings()[name]['zh']}')"
            problems.add("missing column", mend=mend, file=raw.file, row=1, column=name)
    blank = pd.Series(pd.NA, index=raw.frame.index, dtype="str")
    return pd.DataFrame({name: found.get(name, blank) for name in COLUMNS})


def _numbers(
    frame: pd.DataFrame, name: str, *, rows: pd.Series, file: str, problems: Problems
) -> pd.Series[float]:
    numbers = pd.Series(pd.to_numeric(frame[name], errors="coerce")).astype("float64")
    wrong = frame[name].notna() & (numbers.isna() | ((numbers < 0) & (name == "run_minutes")))
    for row, value in zip(rows[wrong], frame.loc[wrong, name], strict=True):
        mend = "write a number, 0 or more" if name == "run_minutes" else "write degrees (WGS84)"
        problems.add("not a number", mend=mend, file=file, row=int(row), column=name, value=str(value))
    return numbers


def _stops(
    frame: pd.DataFrame, *, rows: pd.Series, file: str, region: Region, problems: Problems
) -> pd.DataFrame:
    """Each stop with its position: as given, or that of the unit of this code."""
    units = region["units"].set_index("unit")
    placed = frame.dropna(subset=["lon", "lat"]).drop_duplicates("stop").set_index("stop")
    found = []
    each = frame.dropna(subset=["stop"]).drop_duplicates("stop")
    for row, stop in zip(rows.loc[each.index], each["stop"], strict=True):
        if stop in placed.index:
            found.append((stop, stop, placed.at[stop, "lon"], placed.at[stop, "lat"]))
        elif stop in units.index:
            found.append((stop, units.at[stop, "name"], units.at[stop, "lon"], units.at[stop, "lat"]))
        else:
            mend = "give its lon and lat, or name a unit by its code"
            problems.add(
                "a stop without a position", mend=mend, file=file, row=int(row), column="stop", value=stop
            )
    return pd.DataFrame(found, columns=["stop_id", "stop_name", "stop_lon", "stop_lat"])


def _periods(frame: pd.DataFrame, *, rows: pd.Series, file: str, problems: Problems) -> pd.DataFrame:
    """The periods of every line, from the first row in which it has any."""
    found = []
    for line, mine in frame.groupby("line", sort=False):
        if len(mine) < 2:
            row = int(rows[mine.index[0]])
            mend = "give each line two stops or more"
            problems.add(
                "a line with one stop", mend=mend, file=file, row=row, column="line", value=str(line)
            )
        given = mine[list(PERIODS)].dropna()
        if given.empty:
            row = int(rows[mine.index[0]])
            mend = "give first, last and headway in the line's first row"
            problems.add(
                "a line without times", mend=mend, file=file, row=row, column="first", value=str(line)
            )
            continue
        cells = {name: str(given[name].iloc[0]).split(SEPARATOR) for name in PERIODS}
        row = int(rows[given.index[0]])
        found += _parts(str(line), cells, file=file, row=row, problems=problems)
    return pd.DataFrame(found, columns=["line", "first", "last", "headway"])


def _parts(
    line: str, cells: Mapping[str, list[str]], *, file: str, row: int, problems: Problems
) -> list[tuple[str, str, str, float]]:
    if len({len(parts) for parts in cells.values()}) > 1:
        mend = "give as many first and last departures as headways, separated by semicolons"
        problems.add("periods do not match", mend=mend, file=file, row=row, column="headway", value=line)
        return []
    found = []
    for first, last, headway in zip(*(cells[name] for name in PERIODS), strict=True):
        times = {"first": _seconds(first), "last": _seconds(last)}
        for name, text in (("first", first), ("last", last)):
            if times[name] < 0:
                mend = "write HH:MM, such as 07:30"
                problems.add("not a time of day", mend=mend, file=file, row=row, column=name, value=text)
        if 0 <= times["last"] < times["first"]:
            mend = "give a last departure not before the first"
            problems.add(
                "a period ends before it starts", mend=mend, file=file, row=row, column="last", value=last
            )
        minutes = pd.to_numeric(pd.Series([headway]), errors="coerce").iloc[0]
        if not minutes > 0:
            mend = "write minutes above 0"
            problems.add("not a number", mend=mend, file=file, row=row, column="headway", value=headway)
        found.append((line, first.strip(), last.strip(), float(minutes) if minutes > 0 else np.nan))
    return found


def _seconds(text: str) -> int:
    """Seconds after midnight; -1 for what is no time of day."""
    try:
        return seconds_of(text)
    except DataError:
        return -1
