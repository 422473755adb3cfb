"""RAPTOR in machine code: one departure of one origin, and windows of departures of many origins.

Labels are "with at most k rides": row k of an array is never later than row k - 1. A stop has two of them,
the earliest arrival *by vehicle* and the earliest time one is *ready* to board there, because a footpath may
follow a ride but no other footpath.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods._jit import kernel
from tongqu.methods.transit.clock import NEVER
from tongqu.methods.transit.walks import Ints32

__all__ = ["Labels", "Tables", "Want", "depart", "labels_of", "window_of_many"]


class Tables(NamedTuple):
    """The arrays of a `Timetable` that the search reads."""

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


class Labels(NamedTuple):
    """Labels of one origin, shapes (rides + 1, stops), and lists of what a round has to look at.

    The ``moving`` arrays hold seconds on foot and on board on the way to the label beside them.
    """

    ready: Ints32
    ready_moving: Ints32
    ride: Ints32
    ride_moving: Ints32
    marked: Ints32
    is_marked: Bools
    reached: Ints32
    is_reached: Bools
    first: Ints32
    queue: Ints32


class Want(NamedTuple):
    """What is asked: walks from origins and to destinations, the walk alone, and when.

    ``direct`` has shape (origins, destinations); ``departures`` falls; ``ranks`` are positions in the sorted
    times of all departures.
    """

    access_ptr: Ints
    access_stop: Ints32
    access_seconds: Ints32
    egress_ptr: Ints
    egress_stop: Ints32
    egress_seconds: Ints32
    direct: Ints32
    departures: Ints32
    ranks: Ints
    rides: int


@kernel
def labels_of(stops: int, patterns: int, rides: int) -> Labels:
    """Labels with nothing reached yet."""
    return Labels(
        np.full((rides + 1, stops), NEVER, dtype=np.int32),
        np.zeros((rides + 1, stops), dtype=np.int32),
        np.full((rides + 1, stops), NEVER, dtype=np.int32),
        np.zeros((rides + 1, stops), dtype=np.int32),
        np.empty(stops, dtype=np.int32),
        np.zeros(stops, dtype=np.bool_),
        np.empty(stops, dtype=np.int32),
        np.zeros(stops, dtype=np.bool_),
        np.full(patterns, -1, dtype=np.int32),
        np.empty(patterns, dtype=np.int32),
    )


@kernel
def _ready(labels: Labels, k: int, stop: int, time: int, moving: int, count: int) -> int:
    """Note that one can board at a stop after k rides; the number of marked stops."""
    if time >= labels.ready[k, stop]:
        return count
    for j in range(k, labels.ready.shape[0]):
        if time < labels.ready[j, stop]:
            labels.ready[j, stop] = time
            labels.ready_moving[j, stop] = moving
    if labels.is_marked[stop]:
        return count
    labels.is_marked[stop] = True
    labels.marked[count] = stop
    return count + 1


@kernel
def _arrive(labels: Labels, k: int, stop: int, time: int, moving: int, count: int) -> int:
    """Note an arrival by vehicle with k rides; the number of stops reached in this round."""
    if time >= labels.ride[k, stop]:
        return count
    for j in range(k, labels.ride.shape[0]):
        if time < labels.ride[j, stop]:
            labels.ride[j, stop] = time
            labels.ride_moving[j, stop] = moving
    if labels.is_reached[stop]:
        return count
    labels.is_reached[stop] = True
    labels.reached[count] = stop
    return count + 1


@kernel
def _collect(tables: Tables, labels: Labels, count: int) -> int:
    """Queue the patterns through the marked stops, each with the first of them; the length of the queue."""
    queued = 0
    for m in range(count):
        stop = labels.marked[m]
        labels.is_marked[stop] = False
        for call in range(tables.call_ptr[stop], tables.call_ptr[stop + 1]):
            pattern, position = tables.call_pattern[call], tables.call_position[call]
            if labels.first[pattern] < 0:
                labels.queue[queued] = pattern
                queued += 1
                labels.first[pattern] = position
            elif position < labels.first[pattern]:
                labels.first[pattern] = position
    return queued


@kernel
def _earliest(departure: Ints32, base: int, stride: int, trips: int, ready: int) -> int:
    """The first of a pattern's trips that leaves at or after a time; the number of trips if none does."""
    low, high = 0, trips
    while low < high:
        middle = (low + high) // 2
        if departure[base + middle * stride] < ready:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _scan_trips(tables: Tables, labels: Labels, k: int, pattern: int, count: int) -> int:
    """Ride a pattern of trips with times; the number of stops reached in this round."""
    begin = tables.stop_ptr[pattern]
    length = tables.stop_ptr[pattern + 1] - begin
    trips = tables.trip_ptr[pattern + 1] - tables.trip_ptr[pattern]
    base = tables.time_ptr[pattern]
    trip, moving = trips, 0
    for i in range(labels.first[pattern], length):
        stop = tables.stop[begin + i]
        if trip < trips and tables.alight[begin + i]:
            time = tables.arrival[base + trip * length + i]
            count = _arrive(labels, k, stop, time, moving + time, count)
        ready = labels.ready[k - 1, stop]
        if tables.board[begin + i] and ready < NEVER and trip > 0:
            if trip < trips and tables.departure[base + (trip - 1) * length + i] < ready:
                continue
            earlier = _earliest(tables.departure, base + i, length, trip, ready)
            if earlier < trip:
                trip = earlier
                moving = labels.ready_moving[k - 1, stop] - tables.departure[base + trip * length + i]
    return count


@kernel
def _expected_start(tables: Tables, pattern: int, ready: int, offset: int) -> int:
    """When the trip that one catches is expected to have left the first stop, or `NEVER`.

    One is ready at a stop that the trip leaves `offset` seconds after the first; the wait is half a headway.
    """
    best = NEVER
    for window in range(tables.window_ptr[pattern], tables.window_ptr[pattern + 1]):
        if ready - offset < tables.window_end[window]:
            begin = max(ready - offset, tables.window_start[window])
            best = min(best, begin + (tables.window_headway[window] + 1) // 2)
    return best


@kernel
def _scan_headway(tables: Tables, labels: Labels, k: int, pattern: int, count: int) -> int:
    """Ride a pattern that runs by headway; the number of stops reached in this round."""
    begin = tables.stop_ptr[pattern]
    base = tables.time_ptr[pattern]
    start, moving = NEVER, 0
    for i in range(labels.first[pattern], tables.stop_ptr[pattern + 1] - begin):
        stop = tables.stop[begin + i]
        if start < NEVER and tables.alight[begin + i]:
            time = start + tables.arrival[base + i]
            count = _arrive(labels, k, stop, time, moving + time, count)
        ready = labels.ready[k - 1, stop]
        if tables.board[begin + i] and ready < NEVER:
            offset = tables.departure[base + i]
            caught = _expected_start(tables, pattern, ready, offset)
            if caught < start:
                start = caught
                moving = labels.ready_moving[k - 1, stop] - caught - offset
    return count


@kernel
def _change(tables: Tables, labels: Labels, k: int, reached: int) -> int:
    """Change at the stops reached by vehicle, or walk on from them; the number of marked stops."""
    count = 0
    last = k == labels.ride.shape[0] - 1
    for m in range(reached):
        stop = labels.reached[m]
        labels.is_reached[stop] = False
        if last:
            continue
        time, moving = labels.ride[k, stop], labels.ride_moving[k, stop]
        count = _ready(labels, k, stop, time + tables.change_seconds[stop], moving, count)
        for walk in range(tables.walk_ptr[stop], tables.walk_ptr[stop + 1]):
            seconds = tables.walk_seconds[walk]
            count = _ready(labels, k, tables.walk_stop[walk], time + seconds, moving + seconds, count)
    return count


@kernel
def depart(tables: Tables, labels: Labels, want: Want, origin: int, time: int) -> None:
    """Improve the labels of an origin by leaving at a time not later than those before."""
    count = 0
    for walk in range(want.access_ptr[origin], want.access_ptr[origin + 1]):
        seconds = want.access_seconds[walk]
        count = _ready(labels, 0, want.access_stop[walk], time + seconds, seconds, count)
    for k in range(1, labels.ride.shape[0]):
        queued = _collect(tables, labels, count)
        reached = 0
        for q in range(queued):
            pattern = labels.queue[q]
            if tables.window_ptr[pattern + 1] > tables.window_ptr[pattern]:
                reached = _scan_headway(tables, labels, k, pattern, reached)
            else:
                reached = _scan_trips(tables, labels, k, pattern, reached)
            labels.first[pattern] = -1
        count = _change(tables, labels, k, reached)


@kernel
def _reset(labels: Labels) -> None:
    labels.ready[:] = NEVER
    labels.ride[:] = NEVER


@kernel
def _best(labels: Labels, want: Want, origin: int, place: int, time: int) -> tuple[int, int, int]:
    """Arrival at a destination, rides and seconds on the move; of equal arrivals that with fewer rides."""
    walk = want.direct[origin, place]
    best, rides, moving = NEVER, -1, 0
    if walk < NEVER:
        best, rides, moving = time + walk, 0, walk
    for k in range(1, labels.ride.shape[0]):
        for end in range(want.egress_ptr[place], want.egress_ptr[place + 1]):
            stop, seconds = want.egress_stop[end], want.egress_seconds[end]
            arrival = labels.ride[k, stop]
            if arrival < NEVER and arrival + seconds < best:
                best, rides, moving = arrival + seconds, k, labels.ride_moving[k, stop] + seconds
    return best, rides, moving


@kernel
def _window_of_one(
    tables: Tables,
    labels: Labels,
    want: Want,
    origin: int,
    times: Ints32,
    minutes: Floats,
    share: Floats,
    rides: Floats,
    waiting: Floats,
) -> None:
    """Fill one origin's rows of the results; `times` is room for (destinations, departures) seconds."""
    _reset(labels)
    count, places = want.departures.size, times.shape[0]
    for d in range(count):
        time = want.departures[d]
        depart(tables, labels, want, origin, time)
        for place in range(places):
            arrival, taken, moving = _best(labels, want, origin, place, time)
            times[place, d] = arrival - time if taken >= 0 else NEVER
            if taken >= 0:
                share[origin, place] += 1
                rides[origin, place] += taken
                waiting[origin, place] += arrival - time - moving
    for place in range(places):
        row = times[place]
        row.sort()
        for r in range(want.ranks.size):
            seconds = row[want.ranks[r]]
            minutes[r, origin, place] = seconds / 60 if seconds < NEVER else np.inf
        arrived = share[origin, place]
        rides[origin, place] = rides[origin, place] / arrived if arrived > 0 else np.nan
        waiting[origin, place] = waiting[origin, place] / arrived / 60 if arrived > 0 else np.nan
        share[origin, place] = arrived / count


@kernel
def window_of_many(
    tables: Tables,
    want: Want,
    minutes: Floats,
    share: Floats,
    rides: Floats,
    waiting: Floats,
    worker: int,
    workers: int,
) -> None:
    """Fill the results of every n-th origin, n the number of workers; each worker has labels of its own."""
    origins, places = want.direct.shape
    labels = labels_of(tables.call_ptr.size - 1, tables.stop_ptr.size - 1, want.rides)
    times = np.empty((places, want.departures.size), dtype=np.int32)
    for origin in range(worker, origins, workers):
        _window_of_one(tables, labels, want, origin, times, minutes, share, rides, waiting)
