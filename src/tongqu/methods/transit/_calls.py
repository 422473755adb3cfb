"""Calls of vehicles at stops: read from tables, and trips by headway written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Ints, require
from tongqu.methods.transit.clock import NEVER

__all__ = [
    "Calls",
    "Windows",
    "columns",
    "merge_calls",
    "read_calls",
    "read_windows",
    "started",
    "take_calls",
    "whole",
]

_FORBIDDEN: Final = 1
"""Value of GTFS ``pickup_type`` and ``drop_off_type`` for a stop where one may not get on or off."""


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """Trips, and for each its calls in order: those of trip ``i`` are ``ptr[i]`` to ``ptr[i + 1]``."""

    trip: npt.NDArray[np.object_]
    route: npt.NDArray[np.object_]
    shift: Ints
    ptr: Ints
    stop: Ints
    board: Bools
    alight: Bools
    arrival: Ints
    departure: Ints

    @property
    def start(self) -> Ints:
        """Departure of every trip at its first stop, in seconds."""
        return self.departure[self.ptr[:-1]]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows in which trips start every headway: the trip's position in `Calls`, times in seconds."""

    trip: Ints
    start: Ints
    end: Ints
    headway: Ints
    exact: Bools

    def where(self, kept: Bools) -> Windows:
        """Some of the windows."""
        return Windows(
            self.trip[kept], self.start[kept], self.end[kept], self.headway[kept], self.exact[kept]
        )


def columns(frame: pd.DataFrame, names: tuple[str, ...], *, table: str) -> None:
    """Nothing when the columns are there."""
    missing = [name for name in names if name not in frame]
    if missing:
        rule = f"columns are missing: {', '.join(missing)}"
        raise DataError([Problem(rule=rule, mend="name the columns as in GTFS", column=table)])


def whole(frame: pd.DataFrame, name: str) -> Ints:
    """A column of whole numbers."""
    values = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64)
    bad = ~(np.abs(values) < NEVER) | (values != np.floor(values))
    mend = f"mend the values at rows {', '.join(map(str, np.flatnonzero(bad)[:5]))} (counted from 0)"
    require(not bad.any(), column=name, rule=f"{int(bad.sum())} values are no whole numbers", mend=mend)
    return values.astype(np.int64)


def _allowed(frame: pd.DataFrame, name: str) -> Bools:
    """Whether one may get on, or off, at each call."""
    if name not in frame:
        return np.ones(len(frame), dtype=np.bool_)
    kind = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64)
    return np.asarray(kind != _FORBIDDEN)


def read_calls(stops: pd.Index[Any], calls: pd.DataFrame, *, trips: pd.DataFrame | None) -> Calls:
    """The calls of the trips that run, those of a trip in order; trips with one call are left out."""
    names = ("trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time")
    columns(calls, names, table="calls")
    stop = np.asarray(stops.get_indexer(pd.Index(calls["stop_id"])), dtype=np.int64)
    unknown = ", ".join(str(one) for one in calls["stop_id"][stop < 0].unique()[:5])
    require(unknown == "", column="stop_id", rule=f"no such stop: {unknown}", mend="give its row in stops")
    code, ids = pd.factorize(calls["trip_id"])
    lost = int((code < 0).sum())
    require(lost == 0, column="trip_id", rule=f"{lost} values are missing", mend="name the trip of each call")
    order = np.lexsort((whole(calls, "stop_sequence"), code))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=len(ids)))]).astype(np.int64)
    every = Calls(
        np.asarray(ids, dtype=object),
        np.full(len(ids), "", dtype=object),
        np.zeros(len(ids), dtype=np.int64),
        ptr,
        stop[order],
        _allowed(calls, "pickup_type")[order],
        _allowed(calls, "drop_off_type")[order],
        whole(calls, "arrival_time")[order],
        whole(calls, "departure_time")[order],
    )
    _forward(every)
    running = np.flatnonzero(np.diff(ptr) > 1)
    if trips is None:
        return take_calls(every, running, shift=np.zeros(running.size, dtype=np.int64))
    return _chosen(every, trips)


def _forward(calls: Calls) -> None:
    """Nothing when no trip runs backwards in time."""
    back = calls.departure < calls.arrival
    later = calls.arrival[1:] < calls.departure[:-1]
    later[calls.ptr[1:-1] - 1] = False  # the next call is another trip's
    back[1:] |= later
    trips = np.unique(np.searchsorted(calls.ptr, np.flatnonzero(back), side="right") - 1)
    named = ", ".join(str(one) for one in calls.trip[trips[:5]])
    require(
        trips.size == 0,
        column="arrival_time, departure_time",
        rule=f"times run backwards in {trips.size} trips: {named}",
        mend="order the calls by stop_sequence, and write times past midnight as 24:00:00 and later",
    )


def _chosen(every: Calls, trips: pd.DataFrame) -> Calls:
    columns(trips, ("trip_id",), table="trips")
    at = pd.Index(every.trip).get_indexer(pd.Index(trips["trip_id"]))
    size = np.where(at >= 0, np.diff(every.ptr)[at] if every.trip.size else 0, 0)
    kept = np.flatnonzero(size > 1)
    shift = whole(trips, "shift_seconds") if "shift_seconds" in trips else np.zeros(len(trips), np.int64)
    taken = take_calls(every, np.asarray(at[kept], dtype=np.int64), shift=shift[kept])
    if "route_id" in trips:
        taken.route[:] = trips["route_id"].astype(object).to_numpy()[kept]
    return taken


def take_calls(calls: Calls, rows: Ints, *, shift: Ints) -> Calls:
    """Some trips, in this order, each as often as it is named, its times moved by a number of seconds."""
    size = np.diff(calls.ptr)[rows]
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    at = np.repeat(calls.ptr[:-1][rows] - ptr[:-1], size) + np.arange(ptr[-1])
    moved = np.repeat(shift, size)
    return Calls(
        calls.trip[rows],
        calls.route[rows],
        calls.shift[rows] + shift,
        ptr,
        calls.stop[at],
        calls.board[at],
        calls.alight[at],
        calls.arrival[at] + moved,
        calls.departure[at] + moved,
    )


def merge_calls(one: Calls, other: Calls) -> Calls:
    """The trips of both."""
    ptr = np.concatenate([one.ptr, other.ptr[1:] + one.ptr[-1]])
    names = ("trip", "route", "shift", "stop", "board", "alight", "arrival", "departure")
    both = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names}
    return Calls(ptr=ptr, **both)


def read_windows(calls: Calls, frequencies: pd.DataFrame | None) -> Windows:
    """The windows of the trips that run by headway, moved with their trips."""
    if frequencies is None or frequencies.empty:
        none = np.empty(0, dtype=np.int64)
        return Windows(none, none, none, none, none.astype(np.bool_))
    columns(frequencies, ("trip_id", "start_time", "end_time", "headway_secs"), table="frequencies")
    start, end = whole(frequencies, "start_time"), whole(frequencies, "end_time")
    headway = whole(frequencies, "headway_secs")
    forward = bool((end > start).all())
    require(forward, column="end_time", rule="a window ends before it starts", mend="give a later end")
    positive = bool((headway > 0).all())
    require(positive, column="headway_secs", rule="a headway is not above 0", mend="give seconds above 0")
    exact = np.zeros(len(frequencies), dtype=np.bool_)
    if "exact_times" in frequencies:
        exact = pd.to_numeric(frequencies["exact_times"], errors="coerce").to_numpy() == 1
    trips = pd.DataFrame({"trip_id": calls.trip, "position": np.arange(calls.trip.size)})
    rows = pd.DataFrame({"trip_id": frequencies["trip_id"].astype(object), "row": np.arange(len(start))})
    pairs = trips.merge(rows, on="trip_id")
    trip, row = pairs["position"].to_numpy(), pairs["row"].to_numpy()
    moved = calls.shift[trip]
    return Windows(trip, start[row] + moved, end[row] + moved, headway[row], np.asarray(exact)[row])


def started(calls: Calls, windows: Windows, *, offset: float) -> Calls:
    """Trips by headway written out: one starts every headway, the first of those without exact times later.

    `offset` is the share of the headway by which it is later.
    """
    first = windows.start + np.where(windows.exact, 0, np.floor(offset * windows.headway)).astype(np.int64)
    count = np.maximum(-((first - windows.end) // windows.headway), 0)
    trip = np.repeat(windows.trip, count)
    turn = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    begin = np.repeat(first, count) + turn * np.repeat(windows.headway, count)
    return take_calls(calls, trip, shift=begin - calls.start[trip])
