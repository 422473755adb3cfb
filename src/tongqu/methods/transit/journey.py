"""The way behind one travel time: its walks and rides in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from tongqu.methods._arrays import positions
from tongqu.methods.transit._kernels import Labels
from tongqu.methods.transit.clock import NEVER, whole_seconds
from tongqu.methods.transit.raptor import search
from tongqu.methods.transit.timetable import Timetable
from tongqu.methods.transit.walks import Walks

__all__ = ["journey"]

_COLUMNS = ["kind", "from_stop", "to_stop", "trip", "route", "depart", "arrive", "wait_minutes", "minutes"]


_Leg = tuple[str, int, int, int, int, int]
"""Kind, stops from and to, trip, departure, arrival; -1 for none."""


class _Ride(NamedTuple):
    """A ride in a pattern: trip (position in the timetable), positions in the pattern, times in seconds."""

    trip: int
    board: int
    alight: int
    depart: int
    arrive: int


def journey(
    timetable: Timetable,
    *,
    access: Walks,
    egress: Walks,
    origin: int,
    destination: int,
    depart: int,
    max_transfers: int,
    direct_minutes: float = np.inf,
) -> pd.DataFrame:
    """The legs of a journey that arrives as early as `travel_times` says, with as few rides.

    Parameters
    ----------
    timetable, access, egress, max_transfers
        As in `travel_times`.
    origin, destination : int
        Positions in `access` and `egress`.
    depart : int
        Seconds after midnight of leaving the origin.
    direct_minutes : float
        Minutes of walking all the way; inf for no such walk.

    Returns
    -------
    pandas.DataFrame
        A row for each leg: ``kind`` (walk, ride), ``from_stop`` and ``to_stop`` ("" for origin and
        destination), ``trip`` and ``route``, ``depart`` and ``arrive`` in seconds after midnight,
        ``wait_minutes`` before it and ``minutes`` of it. No row when out of reach. Walks to and from stops
        have a row even if they take no time.

    Raises
    ------
    DataError
        If a position is outside, or a number is out of its range.

    Examples
    --------
    >>> from tongqu.methods.transit import headway_timetable, make_walks, seconds_of
    >>> line = pd.DataFrame({"line": "1", "stop_id": ["a", "b"], "minutes": [0, 20]})
    >>> hours = pd.DataFrame({"line": ["1"], "first": ["07:00"], "last": ["19:00"], "headway": [30]})
    >>> bus = headway_timetable(line, hours, both_ways=True, waiting="scheduled")
    >>> home, school = (make_walks([0], bus.locate([stop]), minutes=[4], places=1) for stop in "ab")
    >>> legs = journey(
    ...     bus,
    ...     access=home,
    ...     egress=school,
    ...     origin=0,
    ...     destination=0,
    ...     depart=seconds_of("07:16"),
    ...     max_transfers=1,
    ... )
    >>> legs[["kind", "from_stop", "to_stop", "trip", "wait_minutes", "minutes"]]
       kind from_stop to_stop trip  wait_minutes  minutes
    0  walk                 a                0.0      4.0
    1  ride         a       b    1          10.0     20.0
    2  walk         b                       0.0      4.0
    """
    positions([origin], column="origin", size=len(access))
    positions([destination], column="destination", size=len(egress))
    labels = search(timetable, access=access, origin=origin, time=depart, max_transfers=max_transfers)
    walk = int(whole_seconds(direct_minutes, column="direct_minutes"))
    best, rides, last = depart + walk if walk < NEVER else NEVER, 0, -1
    for k in range(1, max_transfers + 2):
        for end in range(egress.ptr[destination], egress.ptr[destination + 1]):
            arrival = int(labels.ride[k, egress.stop[end]]) + int(egress.seconds[end])
            if arrival < best:
                best, rides, last = arrival, k, int(egress.stop[end])
    if best >= NEVER:
        return pd.DataFrame(columns=_COLUMNS)
    if last < 0:
        return _table(timetable, [("walk", -1, -1, -1, depart, best)], depart=depart)
    legs = [("walk", last, -1, -1, int(labels.ride[rides, last]), best)]
    legs.extend(_backwards(timetable, labels, depart=depart, stop=last, rides=rides))
    return _table(timetable, legs[::-1], depart=depart)


def _backwards(timetable: Timetable, labels: Labels, *, depart: int, stop: int, rides: int) -> Iterator[_Leg]:
    """Legs from the last ride back to the origin: each label is explained by labels of a round before."""
    for k in range(rides, 0, -1):
        arrival = int(labels.ride[k, stop])
        if k > 1 and labels.ride[k - 1, stop] == arrival:
            continue  # as early with a ride less
        pattern, ride = _ride_to(timetable, labels, stop=stop, k=k)
        begin = timetable.stop_ptr[pattern]
        board = int(timetable.stop[begin + ride.board])
        yield "ride", board, stop, ride.trip, ride.depart, ride.arrive
        ready = int(labels.ready[k - 1, board])
        if ready == labels.ready[0, board]:
            yield "walk", -1, board, -1, depart, ready
            return
        stop, seconds = _change_to(timetable, labels, board=board, k=k - 1)
        if stop != board:
            yield "walk", stop, board, -1, ready - seconds, ready


def _ride_to(timetable: Timetable, labels: Labels, *, stop: int, k: int) -> tuple[int, _Ride]:
    """A ride that makes the label of a stop after k rides, boarded as late in the pattern as can be."""
    for call in range(timetable.call_ptr[stop], timetable.call_ptr[stop + 1]):
        pattern, alight = int(timetable.call_pattern[call]), int(timetable.call_position[call])
        begin = timetable.stop_ptr[pattern]
        if not timetable.alight[begin + alight]:
            continue
        for board in range(alight - 1, -1, -1):
            ready = int(labels.ready[k - 1, timetable.stop[begin + board]])
            if ready < NEVER and timetable.board[begin + board]:
                for ride in _rides(timetable, pattern, board=board, alight=alight, ready=ready):
                    if ride.arrive == labels.ride[k, stop]:
                        return pattern, ride
    raise AssertionError("a label without a ride")


def _rides(timetable: Timetable, pattern: int, *, board: int, alight: int, ready: int) -> Iterator[_Ride]:
    """Rides between two positions of a pattern, the latest departure first."""
    length = int(timetable.stop_ptr[pattern + 1] - timetable.stop_ptr[pattern])
    trips = int(timetable.trip_ptr[pattern]), int(timetable.trip_ptr[pattern + 1])
    base = int(timetable.time_ptr[pattern])
    windows = range(timetable.window_ptr[pattern], timetable.window_ptr[pattern + 1])
    if windows:
        out, on = int(timetable.departure[base + board]), int(timetable.arrival[base + alight])
        for window in windows:
            if ready - out < timetable.window_end[window]:
                half = (int(timetable.window_headway[window]) + 1) // 2
                start = max(ready - out, int(timetable.window_start[window])) + half
                yield _Ride(trips[0], board, alight, start + out, start + on)
        return
    for trip in range(trips[1] - 1, trips[0] - 1, -1):
        row = base + (trip - trips[0]) * length
        if timetable.departure[row + board] >= ready:
            times = int(timetable.departure[row + board]), int(timetable.arrival[row + alight])
            yield _Ride(trip, board, alight, *times)


def _change_to(timetable: Timetable, labels: Labels, *, board: int, k: int) -> tuple[int, int]:
    """Where one got off before boarding, and the seconds on foot from there."""
    ready = int(labels.ready[k, board])
    if int(labels.ride[k, board]) + int(timetable.change_seconds[board]) == ready:
        return board, 0
    for stop in range(len(timetable.stops)):
        for walk in range(timetable.walk_ptr[stop], timetable.walk_ptr[stop + 1]):
            seconds = int(timetable.walk_seconds[walk])
            if timetable.walk_stop[walk] == board and int(labels.ride[k, stop]) + seconds == ready:
                return stop, seconds
    raise AssertionError("a label without a change")


def _table(timetable: Timetable, legs: list[_Leg], *, depart: int) -> pd.DataFrame:
    rows, before = [], depart
    for kind, start, end, trip, leave, arrive in legs:
        names = [str(timetable.stops[stop]) if stop >= 0 else "" for stop in (start, end)]
        ridden = (str(timetable.trip[trip]), str(timetable.route[trip])) if trip >= 0 else ("", "")
        waited, took = (leave - before) / 60, (arrive - leave) / 60
        rows.append((kind, *names, *ridden, leave, arrive, waited, took))
        before = arrive
    return pd.DataFrame(rows, columns=_COLUMNS)
