"""Times at stops: those left blank between two that are known, and times that run backwards."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tongqu.data.gtfs.tables import Table
from tongqu.data.problems import Place, Problems

__all__ = ["filled_times"]

_ORDER: Final = ["trip_id", "stop_sequence"]


def filled_times(table: Table, *, problems: Problems) -> pd.DataFrame:
    """Calls in order by trip, every one with its times.

    A call with one of its two times has that one twice. Without either, time runs evenly between the calls
    around it: by ``shape_dist_traveled`` where it is known and rises, else by the number of stops. The column
    ``interpolated`` tells.

    Parameters
    ----------
    table : Table
        ``stop_times``.
    problems : Problems
        Where problems go: a first or last call without times, and times that run backwards.

    Returns
    -------
    DataFrame
        With ``arrival_time`` and ``departure_time`` in whole seconds; no rows when something is wrong.
    """
    before = len(problems)
    order = table.frame.assign(row=table.rows, position=np.arange(len(table.rows)))
    order = order.sort_values(_ORDER, kind="stable", ignore_index=True)
    arrive = order["arrival_time"].fillna(order["departure_time"])
    leave = order["departure_time"].fillna(order["arrival_time"])
    trip = order["trip_id"]
    ends = (trip != trip.shift()) | (trip != trip.shift(-1))
    open_end = (ends & arrive.isna()).to_numpy()
    at = _place(table, order, column="arrival_time")
    mend = "give the first and the last stop of a trip their times"
    problems.add_rows("no time at the end of a trip", at=at, where=open_end, mend=mend)
    if len(problems) > before:
        return table.frame.iloc[:0]
    between = arrive.isna().to_numpy()
    arrive, leave = _between(order, arrive=arrive, leave=leave)
    back = ((leave < arrive) | ((trip == trip.shift()) & (arrive < leave.shift()))).to_numpy()
    mend = "correct it or stop_sequence; past midnight the hours go on: 24:00:00, 25:00:00"
    problems.add_rows("the time runs backwards", at=at, where=back, mend=mend)
    if len(problems) > before:
        return table.frame.iloc[:0]
    calls = order.assign(arrival_time=arrive, departure_time=leave, interpolated=between)
    whole = dict.fromkeys(("arrival_time", "departure_time", "stop_sequence"), np.int64)
    return calls.drop(columns=["row", "position"]).astype(whole)


def _place(table: Table, order: pd.DataFrame, *, column: str) -> Place:
    """Where a column stands once the rows are in order."""
    text = table.text[column].iloc[order["position"].to_numpy()].reset_index(drop=True)
    return Place(table.file, column, order["row"].to_numpy(), text)


def _between(
    order: pd.DataFrame, *, arrive: pd.Series[float], leave: pd.Series[float]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Arrivals and departures with the blanks filled; every blank has a time before and behind it."""
    blank = arrive.isna()
    if not blank.any():
        return arrive, leave
    index = pd.Series(np.arange(len(order)), dtype=np.float64)
    last, following = index.where(~blank).ffill().astype(int), index.where(~blank).bfill().astype(int)
    by_stops = (index - last) / (following - last).clip(lower=1)
    km = order["shape_dist_traveled"].to_numpy()
    begin, end = km[last], km[following]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (km - begin) / (end - begin)
        rises = pd.Series((end > begin) & (share >= 0) & (share <= 1) & ~(share < _shift(share, last)))
    whole_gap = (rises | ~blank).groupby(last).transform("all")
    share_used = pd.Series(share).where(whole_gap, by_stops)
    start, stop = leave.to_numpy()[last], arrive.to_numpy()[following]
    time = pd.Series(np.floor(start + (stop - start) * share_used.to_numpy()))
    return arrive.where(~blank, time), leave.where(~blank, time)


def _shift(share: NDArray[np.float64], last: pd.Series[int]) -> NDArray[np.float64]:
    """The share of the call before within the same gap; NaN at its first call."""
    before = pd.Series(share).shift()
    return before.where(last == last.shift()).to_numpy()
