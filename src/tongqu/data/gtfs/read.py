"""A GTFS feed from a zip archive or a folder, validated all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from tongqu.data.files import decode, read_csv
from tongqu.data.gtfs.checks import Tolerated, check_feed, expand_transfers, find_tolerated
from tongqu.data.gtfs.feed import Feed, FeedReport
from tongqu.data.gtfs.source import read_files
from tongqu.data.gtfs.spec import REQUIRED, columns_of
from tongqu.data.gtfs.tables import Table, blank_table, check_references, typed_table
from tongqu.data.gtfs.times import filled_times
from tongqu.data.problems import Problems

__all__ = ["read_feed"]


@dataclass(slots=True)
class _Reading:
    """What is known of a feed while it is read; tables that could not be read are not in it."""

    problems: Problems = field(default_factory=Problems)
    tolerated: Tolerated = field(default_factory=Tolerated)
    tables: dict[str, Table] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def read_feed(place: str | Path) -> Feed:
    """A feed, read and validated.

    Parameters
    ----------
    place : str or Path
        A GTFS zip archive, or a folder with its files. Text in UTF-8, with or without a mark, or GB18030.

    Returns
    -------
    Feed
        Its report counts what was tolerated.

    Raises
    ------
    DataError
        With every problem found: file, row, column, value, rule and mend.

    References
    ----------
    General Transit Feed Specification, reference of the schedule format.

    Examples
    --------
    >>> from tongqu.base import DataError
    >>> try:
    ...     read_feed("no_feed.zip")
    ... except DataError as error:
    ...     print(error.problems[0].rule)
    no such feed
    """
    path, reading = Path(place), _Reading()
    contents, others = read_files(path, problems=reading.problems)
    reading.problems.raise_any()
    reading.ignored.extend(others)
    for name in columns_of():
        _read_table(name, contents, reading=reading)
    _check_missing(contents, reading)
    check_references(reading.tables, columns_of(), problems=reading.problems)
    check_feed(reading.tables, problems=reading.problems)
    return _finish(reading, source=path.name)


def _read_table(name: str, contents: Mapping[str, bytes], *, reading: _Reading) -> None:
    """Read one file; one that is not there, and need not be, is an empty table."""
    file, columns = f"{name}.txt", columns_of()[name]
    content = contents.get(file, b"")
    if not content.strip():
        if file in contents and name in REQUIRED:
            reading.problems.add("the file is empty", file=file, mend="export the feed again")
        elif name not in REQUIRED:
            reading.tables[name] = blank_table(name, columns)
        return
    raw = read_csv(content, file=file, problems=reading.problems)
    if raw is None:
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        if decode(content) is not None:
            reading.tolerated.add("the file is in GB18030", file=file, mend="save it in UTF-8, as GTFS asks")
    table, unread = typed_table(raw, columns, problems=reading.problems)
    reading.ignored.extend(unread)
    if table is not None:
        reading.tables[name] = table
        if name in REQUIRED and not len(table.rows):
            reading.problems.add("the file has no rows", file=file, mend="export the feed again")


def _check_missing(contents: Mapping[str, bytes], reading: _Reading) -> None:
    for name in REQUIRED:
        if f"{name}.txt" not in contents:
            mend = "put it into the feed; without it there is no timetable"
            reading.problems.add("missing file", file=f"{name}.txt", mend=mend)
    if not {"calendar.txt", "calendar_dates.txt"} & contents.keys():
        mend = "put it, or calendar_dates.txt, into the feed"
        reading.problems.add("missing file", file="calendar.txt", mend=mend)
    if "agency.txt" not in contents:
        mend = "name the operator; times do not need it"
        reading.tolerated.add("missing file", file="agency.txt", mend=mend)


def _finish(reading: _Reading, *, source: str) -> Feed:
    """The feed, if nothing is wrong with it."""
    tables, problems = reading.tables, reading.problems
    calls = tables["stop_times"].frame if "stop_times" in tables else pd.DataFrame()
    if not calls.empty and calls[["trip_id", "stop_sequence"]].notna().to_numpy().all():
        calls = filled_times(tables["stop_times"], problems=problems)
    problems.raise_any()
    find_tolerated(tables, tolerated=reading.tolerated)
    frames = {name: table.frame for name, table in tables.items()} | {"stop_times": calls}
    stops = frames["stops"]
    # (0, 0) lies in the sea and is what programs write for "unknown".
    unknown = (stops["stop_lon"] == 0) & (stops["stop_lat"] == 0)
    frames["stops"] = stops.assign(
        stop_lon=stops["stop_lon"].mask(unknown), stop_lat=stops["stop_lat"].mask(unknown)
    )
    frames["transfers"] = expand_transfers(frames["transfers"], frames["stops"])
    report = FeedReport(
        source=source,
        rows={name: len(table.rows) for name, table in tables.items()},
        ignored=tuple(reading.ignored),
        interpolated=int(frames["stop_times"]["interpolated"].sum()),
        problems=reading.tolerated.frame(),
    )
    return Feed(
        agency=frames["agency"],
        stops=frames["stops"],
        routes=frames["routes"],
        trips=frames["trips"],
        stop_times=frames["stop_times"],
        calendar=frames["calendar"],
        calendar_dates=frames["calendar_dates"],
        frequencies=frames["frequencies"],
        transfers=frames["transfers"],
        shapes=frames["shapes"],
        report=report,
    )
