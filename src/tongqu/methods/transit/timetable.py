"""Timetables ready for RAPTOR: patterns of stops, trips that never overtake, and the ways to change.

Tables have the columns of GTFS, times as whole seconds after midnight of the service day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Bools, Ints, floats, require
from tongqu.methods.transit._calls import (
    Calls,
    Windows,
    merge_calls,
    read_calls,
    read_windows,
    started,
    take_calls,
)
from tongqu.methods.transit._changes import Changes, read_changes
from tongqu.methods.transit._patterns import call_lists, pattern_trips, pointers
from tongqu.methods.transit.clock import NEVER
from tongqu.methods.transit.walks import Ints32

__all__ = ["Timetable", "Waiting", "make_timetable"]

Waiting: TypeAlias = Literal["expected", "scheduled"]


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """A timetable of one day ready for RAPTOR; `make_timetable` makes it.

    A pattern is a sequence of stops; its trips are sorted and none overtakes another. A pattern with windows
    runs by headway: it has one trip, whose times count from its departure at the first stop.

    Parameters
    ----------
    stops : pandas.Index
        Ids of the stops, shape (stops,).
    trip, route : numpy.ndarray of object
        Ids of every trip and of its route ("" where not given), shape (trips,), by pattern.
    stop_ptr, stop : numpy.ndarray of int
        The stops of pattern ``p`` are ``stop[stop_ptr[p]:stop_ptr[p + 1]]``.
    board, alight : numpy.ndarray of bool
        Whether one may get on and off there, shape of `stop`.
    trip_ptr : numpy.ndarray of int
        The trips of pattern ``p`` are ``trip_ptr[p]`` to ``trip_ptr[p + 1]``.
    time_ptr, arrival, departure : numpy.ndarray of int
        Times in seconds; those of pattern ``p`` start at ``time_ptr[p]``, trip by trip.
    call_ptr, call_pattern, call_position : numpy.ndarray of int
        The patterns through every stop, and where in the pattern it stands.
    window_ptr, window_start, window_end, window_headway : numpy.ndarray of int
        Windows of the patterns that run by headway: seconds at the first stop, and seconds between trips.
    walk_ptr, walk_stop, walk_seconds : numpy.ndarray of int
        Ways on foot from every stop to others when changing.
    change_seconds : numpy.ndarray of int
        Seconds needed to change at the same stop, shape (stops,).
    """

    stops: pd.Index[Any]
    trip: npt.NDArray[np.object_]
    route: npt.NDArray[np.object_]
    stop_ptr: Ints32
    stop: Ints32
    board: Bools
    alight: Bools
    trip_ptr: Ints32
    time_ptr: Ints
    arrival: Ints32
    departure: Ints32
    call_ptr: Ints32
    call_pattern: Ints32
    call_position: Ints32
    window_ptr: Ints32
    window_start: Ints32
    window_end: Ints32
    window_headway: Ints32
    walk_ptr: Ints32
    walk_stop: Ints32
    walk_seconds: Ints32
    change_seconds: Ints32

    @property
    def patterns(self) -> int:
        """Number of patterns."""
        return self.stop_ptr.size - 1

    def locate(self, ids: npt.ArrayLike) -> Ints:
        """Positions of the stops with these ids, in the order of the ids; a DataError names ids not found."""
        wanted: pd.Index[Any] = pd.Index(np.asarray(ids))
        found = np.asarray(self.stops.get_indexer(wanted), dtype=np.int64)
        unknown = ", ".join(str(one) for one in wanted[found < 0][:5])
        require(unknown == "", column="stops", rule=f"no such stop: {unknown}", mend="name stops of the feed")
        return found


def make_timetable(
    stops: npt.ArrayLike,
    calls: pd.DataFrame,
    *,
    trips: pd.DataFrame | None = None,
    frequencies: pd.DataFrame | None = None,
    footpaths: pd.DataFrame | None = None,
    transfers: pd.DataFrame | None = None,
    change_minutes: float = 0.0,
    waiting: Waiting = "expected",
    offset: float = 0.0,
) -> Timetable:
    """A timetable from tables with the columns of GTFS.

    Parameters
    ----------
    stops : array_like
        Ids of the stops, shape (stops,), each once.
    calls : pandas.DataFrame
        ``trip_id``, ``stop_id``, ``stop_sequence``, ``arrival_time``, ``departure_time`` in seconds after
        midnight; optionally ``pickup_type`` and ``drop_off_type`` (1: one may not get on, off).
    trips : pandas.DataFrame, optional
        ``trip_id`` of the trips that run; optionally ``route_id`` and ``shift_seconds``, added to all times
        of the trip. All trips of `calls` when left out. A trip with fewer than two calls is left out.
    frequencies : pandas.DataFrame, optional
        ``trip_id``, ``start_time``, ``end_time``, ``headway_secs`` and optionally ``exact_times``: such a
        trip starts every headway from the start on, before the end, in place of its own times.
    footpaths : pandas.DataFrame, optional
        ``from_stop_id``, ``to_stop_id``, ``minutes`` on foot when changing, one way each. Between two rides
        one footpath is walked at most, so give the shortest ways, not single steps.
    transfers : pandas.DataFrame, optional
        ``from_stop_id``, ``to_stop_id``, ``transfer_type`` and ``min_transfer_time`` in seconds: type 2 sets
        the time of the pair, 3 forbids it, 1 (the vehicle waits) takes the footpath's time or none, 0 takes
        the footpath's.
    change_minutes : float
        Minutes to change at the same stop where `transfers` says nothing.
    waiting : {"expected", "scheduled"}
        How trips by headway without exact times run: one waits half the headway, or they start at `offset`.
    offset : float
        Share of the headway, in [0, 1), at which the first of such trips starts after the start.

    Returns
    -------
    Timetable
        For one day.

    Raises
    ------
    DataError
        If a stop comes twice or is unknown, times run backwards, a headway is not above 0, or a number is out
        of its range.

    References
    ----------
    Delling, D., Pajor, T., Werneck, R. F. (2015), Round-based public transit routing, Transportation Science
    49 (3), 591-604. General Transit Feed Specification, reference of the schedule format.

    Examples
    --------
    >>> calls = pd.DataFrame(
    ...     {
    ...         "trip_id": ["early", "early", "late", "late"],
    ...         "stop_id": ["a", "b", "a", "b"],
    ...         "stop_sequence": [1, 2, 1, 2],
    ...         "arrival_time": [25200, 26100, 28800, 29700],
    ...         "departure_time": [25200, 26100, 28800, 29700],
    ...     }
    ... )
    >>> timetable = make_timetable(["a", "b"], calls)
    >>> timetable.patterns, timetable.trip.tolist()
    (1, ['early', 'late'])
    """
    index: pd.Index[Any] = pd.Index(np.asarray(stops))
    require(index.is_unique, column="stops", rule="a stop comes twice", mend="keep each stop once")
    require(0 <= offset < 1, column="offset", rule=f"{offset:g} is no share", mend="give 0 or more, below 1")
    floats(change_minutes, column="change_minutes", low=0)
    known = waiting in get_args(Waiting)
    require(known, column="waiting", rule=f"{waiting!r} is no rule", mend="give expected or scheduled")
    read = read_calls(index, calls, trips=trips)
    windows = read_windows(read, frequencies)
    scheduled = windows.exact | (waiting == "scheduled")
    own = np.setdiff1d(np.arange(read.trip.size), windows.trip)
    plain = take_calls(read, own, shift=np.zeros(own.size, dtype=np.int64))
    plain = merge_calls(plain, started(read, windows.where(scheduled), offset=offset))
    changes = read_changes(index, footpaths=footpaths, transfers=transfers, change_minutes=change_minutes)
    return _assemble(index, plain, by_headway=read, windows=windows.where(~scheduled), changes=changes)


def _assemble(
    stops: pd.Index[Any], plain: Calls, *, by_headway: Calls, windows: Windows, changes: Changes
) -> Timetable:
    """Patterns of trips with times first, then one for every trip that runs by headway."""
    chains = pattern_trips(plain)
    rows = np.concatenate([*chains, np.empty(0, dtype=np.int64)])
    timed = take_calls(plain, rows, shift=np.zeros(rows.size, dtype=np.int64))
    running = np.unique(windows.trip)
    regular = take_calls(by_headway, running, shift=-by_headway.start[running])
    trips = merge_calls(timed, regular)
    for time in (trips.arrival, trips.departure, windows.start, windows.end):
        fits = time.size == 0 or -NEVER < time.min() <= time.max() < NEVER
        require(fits, column="times", rule="a time is out of range", mend="give seconds after midnight")
    trip_ptr = pointers([chain.size for chain in chains] + [1] * running.size)
    first = trip_ptr[:-1]
    length = np.diff(trips.ptr)[first]
    stop_ptr = pointers(length)
    at = np.repeat(trips.ptr[first] - stop_ptr[:-1], length) + np.arange(stop_ptr[-1])
    call_ptr, call_pattern, call_position = call_lists(trips.stop[at], stop_ptr, stops=len(stops))
    order = np.lexsort((windows.start, windows.trip))
    runs = np.bincount(np.searchsorted(running, windows.trip), minlength=running.size)
    return Timetable(
        stops=stops,
        trip=trips.trip,
        route=trips.route,
        stop_ptr=_small(stop_ptr),
        stop=_small(trips.stop[at]),
        board=trips.board[at],
        alight=trips.alight[at],
        trip_ptr=_small(trip_ptr),
        time_ptr=trips.ptr[first],
        arrival=_small(trips.arrival),
        departure=_small(trips.departure),
        call_ptr=_small(call_ptr),
        call_pattern=_small(call_pattern),
        call_position=_small(call_position),
        window_ptr=_small(pointers(np.concatenate([np.zeros(len(chains), dtype=np.int64), runs]))),
        window_start=_small(windows.start[order]),
        window_end=_small(windows.end[order]),
        window_headway=_small(windows.headway[order]),
        walk_ptr=changes.ptr,
        walk_stop=changes.stop,
        walk_seconds=changes.seconds,
        change_seconds=changes.same,
    )


def _small(values: Ints) -> Ints32:
    return values.astype(np.int32)
