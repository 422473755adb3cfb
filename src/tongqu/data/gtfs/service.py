"""Days of service: which services run on a date, and on how many."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["WEEKDAYS", "days_of", "modal_date", "services_on", "span_of"]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_ADDED: Final = 1
"""Value of ``exception_type`` for a day with service; 2 is one without."""


def services_on(date: dt.date, *, calendar: pd.DataFrame, calendar_dates: pd.DataFrame) -> frozenset[str]:
    """The services that run on a date.

    Parameters
    ----------
    date : datetime.date
        The service day.
    calendar, calendar_dates : DataFrame
        As in GTFS, dates as timestamps.

    Examples
    --------
    >>> none = pd.DataFrame({"service_id": [], "date": [], "exception_type": []})
    >>> week = dict.fromkeys(WEEKDAYS, [1]) | {"sunday": [0]}
    >>> span = {"start_date": pd.to_datetime(["2026-01-01"]), "end_date": pd.to_datetime(["2026-12-31"])}
    >>> calendar = pd.DataFrame({"service_id": ["S"], **week, **span})
    >>> sorted(services_on(dt.date(2026, 3, 2), calendar=calendar, calendar_dates=none))
    ['S']
    """
    services, runs = _running([date], calendar=calendar, calendar_dates=calendar_dates)
    return frozenset(str(each) for each in services[runs[0]])


def _running(
    dates: Sequence[dt.date], *, calendar: pd.DataFrame, calendar_dates: pd.DataFrame
) -> tuple[pd.Index[Any], NDArray[np.bool_]]:
    """All services, and whether each runs on each date, shape (dates, services)."""
    services: pd.Index[Any] = pd.Index(
        pd.concat([calendar["service_id"], calendar_dates["service_id"]]).unique(), dtype="object"
    )
    days = np.array(dates, dtype="datetime64[s]")[:, None]
    first, last = (calendar[name].to_numpy(dtype="datetime64[s]") for name in ("start_date", "end_date"))
    week = calendar[list(WEEKDAYS)].to_numpy()[:, [date.weekday() for date in dates]].T == 1
    runs = np.zeros((len(dates), len(services)), dtype=np.bool_)
    runs[:, : len(calendar)] = week & (days >= first) & (days <= last)
    at = pd.DatetimeIndex(days[:, 0]).get_indexer(pd.DatetimeIndex(calendar_dates["date"]))
    which = services.get_indexer(pd.Index(calendar_dates["service_id"]))
    asked = at >= 0
    runs[at[asked], which[asked]] = (calendar_dates["exception_type"] == _ADDED).to_numpy()[asked]
    return services, runs


def days_of(
    services: pd.Series[str], *, calendar: pd.DataFrame, calendar_dates: pd.DataFrame
) -> pd.Series[int]:
    """Number of days on which each service runs.

    Parameters
    ----------
    services : Series of str
        The services, each once.
    calendar, calendar_dates : DataFrame
        As in `services_on`.

    Returns
    -------
    Series of int
        By service.
    """
    regular = {str(row["service_id"]): row for _, row in calendar.iterrows()}
    days = dict.fromkeys(calendar_dates["service_id"].astype(str), 0)
    days |= {service: _regular_days(row) for service, row in regular.items()}
    for _, exception in calendar_dates.iterrows():
        service = str(exception["service_id"])
        runs = service in regular and _is_regular(regular[service], exception["date"])
        if runs != (exception["exception_type"] == _ADDED):
            days[service] += -1 if runs else 1
    return pd.Series(days, dtype=np.int64).reindex([str(each) for each in services])


def _is_regular(row: pd.Series[Any], day: pd.Timestamp) -> bool:
    return bool(row["start_date"] <= day <= row["end_date"] and row[WEEKDAYS[day.weekday()]] == 1)


def _regular_days(row: pd.Series[Any]) -> int:
    mask = [bool(row[name] == 1) for name in WEEKDAYS]
    if not any(mask) or row["end_date"] < row["start_date"]:
        return 0
    begin, end = row["start_date"].date(), row["end_date"].date() + dt.timedelta(days=1)
    return int(np.busday_count(begin, end, weekmask=mask))


def span_of(*, calendar: pd.DataFrame, calendar_dates: pd.DataFrame) -> tuple[dt.date, dt.date] | None:
    """First and last date of the calendar, or None if it has none."""
    added = calendar_dates.loc[calendar_dates["exception_type"] == _ADDED, "date"]
    first = pd.concat([calendar["start_date"], added]).min()
    last = pd.concat([calendar["end_date"], added]).max()
    return None if pd.isna(first) or pd.isna(last) else (first.date(), last.date())


def modal_date(weekday: str, *, calendar: pd.DataFrame, calendar_dates: pd.DataFrame) -> dt.date | None:
    """The first date of that weekday on which the services run that most often run on it.

    Days without any service count only if there is no other.
    """
    span = span_of(calendar=calendar, calendar_dates=calendar_dates)
    if span is None:
        return None
    first = span[0] + dt.timedelta(days=(WEEKDAYS.index(weekday) - span[0].weekday()) % 7)
    dates = [first + dt.timedelta(days=days) for days in range(0, (span[1] - first).days + 1, 7)]
    if not dates:
        return None
    _, runs = _running(dates, calendar=calendar, calendar_dates=calendar_dates)
    sets = [row.tobytes() for row in runs]
    often = Counter(each for each, row in zip(sets, runs, strict=True) if row.any()) or Counter(sets)
    return dates[sets.index(often.most_common(1)[0][0])]
