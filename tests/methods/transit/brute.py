"""Journeys by the plainest means: Dijkstra's algorithm over trips, positions and stops, in plain Python.

It knows no pattern, no round and no order of trips, and shares no code with `tongqu.methods.transit`.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tongqu.methods.transit import Timetable, Walks, make_timetable, make_walks

INF = math.inf


@dataclass
class Trip:
    """Calls of one vehicle: stop, arrival, departure in seconds, whether one may board and alight."""

    calls: list[tuple[int, int, int, bool, bool]]
    windows: list[tuple[int, int, int, bool]] = field(default_factory=list)


@dataclass
class World:
    """A small feed, its walks, and how one changes."""

    stops: int
    trips: list[Trip]
    base: int = 0
    paths: dict[tuple[int, int], int] = field(default_factory=dict)
    change: int = 0
    transfers: list[tuple[int, int, int, int]] = field(default_factory=list)
    access: list[dict[int, int]] = field(default_factory=list)
    egress: list[dict[int, int]] = field(default_factory=list)
    direct: list[list[float]] = field(default_factory=list)

    def calls(self) -> pd.DataFrame:
        rows = [
            (f"t{n}", f"s{stop}", 10 * i, arrive, leave, int(not board), int(not alight))
            for n, trip in enumerate(self.trips)
            for i, (stop, arrive, leave, board, alight) in enumerate(trip.calls)
        ]
        names = ["trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"]
        return pd.DataFrame(rows, columns=[*names, "pickup_type", "drop_off_type"])

    def timetable(self, **options: Any) -> Timetable:
        windows = [
            (f"t{n}", start, end, headway, int(exact))
            for n, trip in enumerate(self.trips)
            for start, end, headway, exact in trip.windows
        ]
        names = ["trip_id", "start_time", "end_time", "headway_secs", "exact_times"]
        ends = ["from_stop_id", "to_stop_id"]
        paths = [(f"s{a}", f"s{b}", seconds / 60) for (a, b), seconds in self.paths.items()]
        told = [(f"s{a}", f"s{b}", kind, seconds) for a, b, kind, seconds in self.transfers]
        return make_timetable(
            [f"s{i}" for i in range(self.stops)],
            self.calls(),
            frequencies=pd.DataFrame(windows, columns=names),
            footpaths=pd.DataFrame(paths, columns=[*ends, "minutes"]),
            transfers=pd.DataFrame(told, columns=[*ends, "transfer_type", "min_transfer_time"]),
            change_minutes=self.change / 60,
            **options,
        )

    def walks(self) -> dict[str, Walks]:
        return {"access": walks_of(self.access), "egress": walks_of(self.egress)}

    def changing(self) -> tuple[dict[int, float], dict[tuple[int, int], float]]:
        """Seconds to change at each stop, and on foot between two."""
        same: dict[int, float] = dict.fromkeys(range(self.stops), self.change)
        paths: dict[tuple[int, int], float] = {
            pair: seconds for pair, seconds in self.paths.items() if pair[0] != pair[1]
        }
        for a, b, kind, seconds in self.transfers:
            if a == b:
                if kind in (2, 3):
                    same[a] = seconds if kind == 2 else INF
            elif kind == 1:
                paths.setdefault((a, b), 0)
            elif kind == 2:
                paths[a, b] = seconds
            elif kind == 3:
                paths.pop((a, b), None)
        return same, paths


def walks_of(by_place: list[dict[int, int]]) -> Walks:
    rows = [(i, stop, seconds / 60) for i, walks in enumerate(by_place) for stop, seconds in walks.items()]
    place, stop, minutes = zip(*rows, strict=True) if rows else ((), (), ())
    return make_walks(list(place), list(stop), minutes=list(minutes), places=len(by_place))


def written_out(world: World, *, offset: float | None) -> list[Trip]:
    """Trips by headway as single trips; those without exact times stay as they are when `offset` is None."""
    trips = []
    for trip in world.trips:
        rest = []
        for start, end, headway, exact in trip.windows:
            if not exact and offset is None:
                rest.append((start, end, headway, exact))
                continue
            time = start + (0 if exact else math.floor((offset or 0) * headway))
            while time < end:
                moved = time - trip.calls[0][2]
                trips.append(Trip([(s, a + moved, d + moved, on, off) for s, a, d, on, off in trip.calls]))
                time += headway
        if rest:
            trips.append(Trip(trip.calls, rest))
        elif not trip.windows:
            trips.append(trip)
    return trips


def arrivals(world: World, origin: int, depart: int, *, rides: int, offset: float | None = None) -> list[Any]:
    """For each destination the earliest arrival with at most that many rides, and the fewest rides for it."""
    same, paths = world.changing()
    trips = written_out(world, offset=offset)
    done: set[tuple[Any, ...]] = set()
    off: dict[tuple[int, int], float] = {}
    heap: list[tuple[float, int, tuple[Any, ...]]] = [
        (depart + seconds, 0, ("ready", stop)) for stop, seconds in world.access[origin].items()
    ]
    heapq.heapify(heap)
    while heap:
        time, used, node = heapq.heappop(heap)
        if (used, node) in done:
            continue
        done.add((used, node))
        if node[0] == "ready" and used < rides:
            for n, trip in enumerate(trips):
                for i, call in enumerate(trip.calls):
                    if call[0] != node[1] or not call[3]:
                        continue
                    for begin in boarded(trip, i, time):
                        heapq.heappush(heap, (begin + call[2], used + 1, ("on", n, i, begin)))
        elif node[0] == "on":
            _, n, i, begin = node
            if i + 1 < len(trips[n].calls):
                stop, arrive, _, _, alight = trips[n].calls[i + 1]
                heapq.heappush(heap, (begin + arrive, used, ("on", n, i + 1, begin)))
                if alight:
                    heapq.heappush(heap, (begin + arrive, used, ("off", stop)))
        elif node[0] == "off":
            off[node[1], used] = time
            if same[node[1]] < INF:
                heapq.heappush(heap, (time + same[node[1]], used, ("ready", node[1])))
            for (a, b), seconds in paths.items():
                if a == node[1]:
                    heapq.heappush(heap, (time + seconds, used, ("ready", b)))
    return [best(world, origin, depart, place, off) for place in range(len(world.egress))]


def boarded(trip: Trip, i: int, time: float) -> list[int]:
    """Seconds to add to the times of a trip boarded at call i by somebody who is ready at a time."""
    leave = trip.calls[i][2]
    if not trip.windows:
        return [0] if leave >= time else []
    first = trip.calls[0][2]
    found = []
    for start, end, headway, _ in trip.windows:
        at_first = time - (leave - first)
        if at_first < end:
            found.append(int(max(at_first, start) + math.ceil(headway / 2) - first))
    return found


def best(world: World, origin: int, depart: int, place: int, off: dict[tuple[int, int], float]) -> Any:
    walk = world.direct[origin][place]
    options = [(depart + walk, 0)] if walk < INF else []
    for (stop, used), time in off.items():
        if stop in world.egress[place]:
            options.append((time + world.egress[place][stop], used))
    return min(options, default=(INF, -1))
