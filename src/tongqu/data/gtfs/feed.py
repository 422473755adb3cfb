"""A feed: the tables of a timetable, what was tolerated in them, and the trips of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base.errors import DataError, Problem
from tongqu.data.gtfs.service import WEEKDAYS, modal_date, services_on, span_of
from tongqu.data.problems import suggest

__all__ = ["DAY_SECONDS", "Feed", "FeedReport"]

DAY_SECONDS: Final = 86_400
"""Seconds in a day."""


@dataclass(frozen=True, slots=True, eq=False)
class FeedReport:
    """What was read, what was left out, and what was tolerated.

    Parameters
    ----------
    source : str
        Name of the archive or folder.
    rows : mapping of str to int
        Rows of every table read.
    ignored : tuple of str
        Files that are not read, and columns that are not read as ``file: column``.
    interpolated : int
        Calls whose times were blank and were filled in.
    problems : DataFrame
        ``rule``, ``file``, ``row``, ``column``, ``value``, ``mend``, ``lon``, ``lat``: one row for each thing
        that was tolerated; ``row`` is 0 for a whole file, and lon and lat are missing where it has no place.
    """

    source: str
    rows: Mapping[str, int]
    ignored: tuple[str, ...]
    interpolated: int
    problems: pd.DataFrame

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of problems by rule."""
        return {str(rule): int(count) for rule, count in self.problems.groupby("rule").size().items()}


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """A validated timetable; `read_feed` makes it.

    Tables have the columns of GTFS. Times are seconds after midnight of the service day, past the next
    midnight more than 86 400; dates are timestamps.

    Parameters
    ----------
    agency, stops, routes, trips, calendar, calendar_dates, frequencies, shapes : DataFrame
        As in GTFS; empty when the file is not there.
    stop_times : DataFrame
        Sorted by trip and sequence, every time filled; ``interpolated`` tells which were blank.
    transfers : DataFrame
        ``from_stop_id``, ``to_stop_id``, ``transfer_type``, ``min_transfer_time``; those of a station stand
        for each of its stops.
    report : FeedReport
        What was left out and tolerated.
    """

    agency: pd.DataFrame
    stops: pd.DataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    stop_times: pd.DataFrame
    calendar: pd.DataFrame
    calendar_dates: pd.DataFrame
    frequencies: pd.DataFrame
    transfers: pd.DataFrame
    shapes: pd.DataFrame
    report: FeedReport

    def on(self, date: dt.date) -> pd.DataFrame:
        """The trips that run on a date.

        Parameters
        ----------
        date : datetime.date
            A date within the calendar.

        Returns
        -------
        DataFrame
            ``trip_id``, ``route_id``, ``service_id``, ``shift_seconds``: trips of the day, and with -86 400
            those of the day before that are still under way after midnight. Trips with fewer than two stops
            are left out; the report counts them. Empty on a day without service.

        Raises
        ------
        DataError
            If the date is outside the calendar.
        """
        span = span_of(calendar=self.calendar, calendar_dates=self.calendar_dates)
        if span is None or not span[0] <= date <= span[1]:
            rule = "the date is outside the feed's calendar"
            mend = f"choose one from {span[0]} to {span[1]}" if span else "take a feed with a calendar"
            raise DataError([Problem(rule=rule, mend=mend, file=self.report.source, value=str(date))])
        before = date - dt.timedelta(days=1)
        today = self._trips_of(date).assign(shift_seconds=0)
        late = self._trips_of(before).assign(shift_seconds=-DAY_SECONDS)
        late = late[late["trip_id"].isin(self._past_midnight())]
        return pd.concat([today, late], ignore_index=True)

    def weekday(self, weekday: str) -> pd.DataFrame:
        """The trips of the usual day of that name: `on` of `usual_date`."""
        return self.on(self.usual_date(weekday))

    def usual_date(self, weekday: str) -> dt.date:
        """The first date of a weekday on which the services run that most often run on it.

        Parameters
        ----------
        weekday : str
            ``"monday"`` to ``"sunday"``.

        Raises
        ------
        DataError
            If there is no such weekday, or the calendar has none.
        """
        if weekday not in WEEKDAYS:
            mend = suggest(weekday, WEEKDAYS) + f"write one of {', '.join(WEEKDAYS)}"
            raise DataError([Problem(rule="no such weekday", mend=mend, value=weekday)])
        found = modal_date(weekday, calendar=self.calendar, calendar_dates=self.calendar_dates)
        if found is None:
            rule, mend = "the feed's calendar has no such weekday", "take a feed with a longer calendar"
            raise DataError([Problem(rule=rule, mend=mend, file=self.report.source, value=weekday)])
        return found

    def _trips_of(self, date: dt.date) -> pd.DataFrame:
        services = services_on(date, calendar=self.calendar, calendar_dates=self.calendar_dates)
        size = self.stop_times["trip_id"].value_counts()
        runs = self.trips["service_id"].isin(services) & (self.trips["trip_id"].map(size).fillna(0) > 1)
        return self.trips.loc[runs, ["trip_id", "route_id", "service_id"]].reset_index(drop=True)

    def _past_midnight(self) -> pd.Index[Any]:
        """Trips with a time past midnight, those by headway by the end of their windows."""
        by_trip = self.stop_times.groupby("trip_id")
        last = by_trip["arrival_time"].max()
        if not self.frequencies.empty:
            ends = self.frequencies.groupby("trip_id")["end_time"].max()
            lasting = last - by_trip["departure_time"].min()
            late = (ends + lasting.reindex(ends.index)).reindex(last.index)
            last = last.where(late.isna(), late)
        return last.index[np.asarray(last > DAY_SECONDS)]
