"""Lines of which only stops, running times and headways are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import floats, require
from tongqu.methods.transit._calls import columns
from tongqu.methods.transit.clock import NEVER, seconds_of, whole_seconds
from tongqu.methods.transit.timetable import Timetable, Waiting, make_timetable

__all__ = ["headway_timetable"]


def headway_timetable(
    lines: pd.DataFrame,
    periods: pd.DataFrame,
    *,
    both_ways: bool,
    stops: npt.ArrayLike | None = None,
    footpaths: pd.DataFrame | None = None,
    change_minutes: float = 0.0,
    waiting: Waiting = "expected",
    offset: float = 0.0,
) -> Timetable:
    """A timetable where no GTFS exists: a table of lines and a table of their headways.

    Parameters
    ----------
    lines : pandas.DataFrame
        ``line``, ``stop_id``, ``minutes`` since the stop before (0 at the first); stops of a line in order.
    periods : pandas.DataFrame
        ``line``, ``first``, ``last``: first and last departure from the first stop, ``HH:MM``; ``headway`` in
        minutes. A line may have several periods.
    both_ways : bool
        Whether every line also runs back, with the same times and headways from its last stop.
    stops : array_like, optional
        Ids of all stops, shape (stops,); those of `lines` in order of appearance when left out.
    footpaths, change_minutes, waiting, offset
        As in `make_timetable`.

    Returns
    -------
    Timetable
        Trips are named by their line; those back by the line and " back".

    Raises
    ------
    DataError
        If a line has no period or one stop only, a period names no line, two ways would have one name, or a
        number is out of its range.

    Examples
    --------
    >>> lines = pd.DataFrame({"line": "1", "stop_id": ["village", "town", "county"], "minutes": [0, 12, 30]})
    >>> periods = pd.DataFrame(
    ...     {"line": "1", "first": ["06:30", "09:00"], "last": ["08:50", "17:00"], "headway": [20, 60]}
    ... )
    >>> bus = headway_timetable(lines, periods, both_ways=True)
    >>> bus.stops.to_list(), bus.trip.tolist(), bus.window_headway
    (['village', 'town', 'county'], ['1', '1 back'], array([1200, 3600, 1200, 3600], dtype=int32))
    """
    columns(lines, ("line", "stop_id", "minutes"), table="lines")
    columns(periods, ("line", "first", "last", "headway"), table="periods")
    _same_lines(lines, periods)
    away = _calls(lines)
    windows = _windows(periods)
    if both_ways:
        back = _back(away)
        taken = ", ".join(sorted(set(away["trip_id"]) & set(back["trip_id"])))
        mend = "rename it: it is what the way back of another is called"
        require(taken == "", column="line", rule=f"a name is taken: {taken}", mend=mend)
        away = pd.concat([away, back], ignore_index=True)
        windows = pd.concat([windows, windows.assign(trip_id=windows["trip_id"] + " back")])
    return make_timetable(
        lines["stop_id"].unique().tolist() if stops is None else stops,
        away,
        trips=away[["trip_id", "route_id"]].drop_duplicates(),
        frequencies=windows,
        footpaths=footpaths,
        change_minutes=change_minutes,
        waiting=waiting,
        offset=offset,
    )


def _same_lines(lines: pd.DataFrame, periods: pd.DataFrame) -> None:
    size = lines["line"].value_counts()
    short = ", ".join(str(line) for line in size.index[size < 2])
    require(
        short == "", column="line", rule=f"fewer than two stops: {short}", mend="give each line its stops"
    )
    odd = set(lines["line"]) ^ set(periods["line"])
    named = ", ".join(sorted(map(str, odd)))
    mend = "give each line stops and periods"
    require(not odd, column="line", rule=f"in one of the two tables only: {named}", mend=mend)


def _calls(lines: pd.DataFrame) -> pd.DataFrame:
    """One trip for each line, in seconds after its start."""
    steps = pd.Series(whole_seconds(lines["minutes"], column="minutes").astype(np.int64), index=lines.index)
    by_line = lines.groupby("line", sort=False)
    steps = steps.where(by_line.cumcount() > 0, 0)
    time = steps.groupby(lines["line"], sort=False).cumsum()
    name = lines["line"].astype(str)
    return pd.DataFrame(
        {
            "trip_id": name,
            "route_id": name,
            "stop_id": lines["stop_id"],
            "stop_sequence": by_line.cumcount(),
            "arrival_time": time,
            "departure_time": time,
        }
    )


def _back(away: pd.DataFrame) -> pd.DataFrame:
    """The same trips the other way round."""
    by_trip = away.groupby("trip_id", sort=False)
    time = by_trip["arrival_time"].transform("max") - away["arrival_time"]
    sequence = by_trip["stop_sequence"].transform("max") - away["stop_sequence"]
    return away.assign(
        trip_id=away["trip_id"] + " back", stop_sequence=sequence, arrival_time=time, departure_time=time
    )


def _windows(periods: pd.DataFrame) -> pd.DataFrame:
    """Windows as in GTFS, whose end comes after the last departure."""
    minutes = floats(periods["headway"], column="headway", low=1 / 60, high=NEVER / 60)
    first, last = (_times(periods[name]) for name in ("first", "last"))
    forward = bool((last >= first).all())
    require(forward, column="last", rule="a period ends before it starts", mend="give a later last departure")
    return pd.DataFrame(
        {
            "trip_id": periods["line"].astype(str),
            "start_time": first,
            "end_time": last + 1,
            "headway_secs": np.round(60 * minutes).astype(np.int64),
        }
    )


def _times(texts: pd.Series[Any]) -> npt.NDArray[np.int64]:
    return np.array([seconds_of(str(text)) for text in texts], dtype=np.int64)
