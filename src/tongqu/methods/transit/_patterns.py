"""Patterns: trips with the same stops in the same order, sorted so that none overtakes another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tongqu.methods._arrays import Ints
from tongqu.methods.transit._calls import Calls

__all__ = ["call_lists", "pattern_trips", "pointers"]


def pointers(sizes: Sequence[int] | Ints) -> Ints:
    """Where each of several stretches of these lengths starts, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(np.asarray(sizes, dtype=np.int64))]).astype(np.int64)


def pattern_trips(calls: Calls) -> list[Ints]:
    """Trips of every pattern, in order; a trip that would overtake another goes to a pattern of its own."""
    alike: dict[bytes, list[int]] = {}
    marks = (2 * calls.board + calls.alight).astype(np.int8)
    for trip, (begin, end) in enumerate(zip(calls.ptr[:-1], calls.ptr[1:], strict=True)):
        key = calls.stop[begin:end].tobytes() + marks[begin:end].tobytes()
        alike.setdefault(key, []).append(trip)
    return [chain for trips in alike.values() for chain in _chains(calls, np.asarray(trips, dtype=np.int64))]


def _chains(calls: Calls, trips: Ints) -> list[Ints]:
    """The trips in as many lists as needed for the times of each list to rise at every stop."""
    length = int(calls.ptr[trips[0] + 1] - calls.ptr[trips[0]])
    at = calls.ptr[trips][:, None] + np.arange(length)
    times = np.concatenate([calls.departure[at], calls.arrival[at]], axis=1)
    order = np.lexsort(times.T[::-1])
    trips, times = trips[order], times[order]
    if (np.diff(times, axis=0) >= 0).all():
        return [trips]
    lists: list[list[int]] = []
    for row in range(trips.size):
        for chain in lists:
            if (times[row] >= times[chain[-1]]).all():
                chain.append(row)
                break
        else:
            lists.append([row])
    return [trips[chain] for chain in lists]


def call_lists(stop: Ints, stop_ptr: Ints, *, stops: int) -> tuple[Ints, Ints, Ints]:
    """For every stop the patterns through it and where it stands in each: pointers, patterns, positions."""
    pattern = np.repeat(np.arange(stop_ptr.size - 1), np.diff(stop_ptr))
    position = np.arange(stop.size) - stop_ptr[pattern]
    order = np.argsort(stop, kind="stable")
    return pointers(np.bincount(stop, minlength=stops)), pattern[order], position[order]
