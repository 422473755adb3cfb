"""The program of stations and points, and its choice in alternating steps where it is large."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tongqu.base import TongquError
from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods.hubs._program import Program

__all__ = ["Choice", "Limits", "Model", "Sites", "sums"]

_OPEN = 0.5
"""Value of an integer variable from which on it is 1."""
_STEPS = 8
"""Most pairs of steps; it mostly ends after two or three, when nothing changes."""
_STEP_GAP = 0.001
"""Relative gap of a step."""


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Candidates as arrays."""

    fixed: Floats
    capacity: Floats
    per_parcel: Floats
    pinned: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Point of each village and station of each point, -1 for none; stations open; yuan a day."""

    point_of: Ints
    station_of: Ints
    opened: Bools
    total: float


@dataclass(frozen=True, slots=True)
class Limits:
    """When a search ends: seconds, relative gap, nodes."""

    seconds: float
    gap: float
    nodes: int | None


@dataclass(frozen=True, eq=False)
class Model:
    """Variables: village at point from station (a way), point from station, station, village unserved."""

    demand: Floats
    points: Sites
    stations: Sites
    walk: tuple[Ints, Ints, Floats]
    drive: tuple[Ints, Ints, Floats]
    unserved: float | None

    @cached_property
    def ways(self) -> tuple[Ints, Ints]:
        """Positions in the walks and in the drives of every way from a village to a station."""
        order = np.argsort(self.drive[0], kind="stable")
        sides = (np.searchsorted(self.drive[0][order], self.walk[1], side=s) for s in ("left", "right"))
        first, last = sides
        count = last - first
        walk = np.repeat(np.arange(len(count)), count)
        inside = np.arange(len(walk)) - np.repeat(np.cumsum(count) - count, count)
        return walk.astype(np.int64), order[np.repeat(first, count) + inside].astype(np.int64)

    @property
    def columns(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Positions of the four kinds of variable."""
        lost = len(self.demand) if self.unserved is not None else 0
        sizes = (len(self.ways[0]), len(self.drive[0]), len(self.stations.fixed), lost)
        ends = np.cumsum((0, *sizes))
        a, b, c, d = (np.arange(first, last, dtype=np.int64) for first, last in pairwise(ends))
        return a, b, c, d

    def program(self) -> Program:
        """All rows."""
        way, served, station, lost = self.columns
        walk, drive = self.ways
        village, depot = self.walk[0][walk], self.drive[1][drive]
        program = Program(len(way) + len(served) + len(station) + len(lost))
        goes: list[tuple[Ints, Ints, npt.ArrayLike]] = [(village, way, 1.0)]
        if len(lost):
            goes.append((np.arange(len(lost)), lost, 1.0))
        # Nobody's parcels need no point.
        program.add(len(self.demand), terms=goes, low=(self.demand > 0).astype(np.float64), high=1.0)
        row = np.arange(len(way))
        program.add(len(way), terms=[(row, way, 1.0), (row, served[drive], -1.0)], high=0.0)
        both = village * len(station) + depot
        kinds, row = np.unique(both, return_inverse=True)
        program.add(
            len(kinds),
            terms=[(row, way, 1.0), (np.arange(len(kinds)), station[kinds % len(station)], -1.0)],
            high=0.0,
        )
        low = self.points.pinned.astype(np.float64)
        program.add(len(low), terms=[(self.drive[0], served, 1.0)], low=low, high=1.0)
        pair = np.arange(len(served))
        program.add(len(served), terms=[(pair, served, 1.0), (pair, station[self.drive[1]], -1.0)], high=0.0)
        self._add_capacities(program)
        return program

    def _add_capacities(self, program: Program) -> None:
        way, served, station, _ = self.columns
        walk, drive = self.ways
        parcels = self.demand[self.walk[0][walk]]
        pair = np.arange(len(served))
        room = self.points.capacity[self.drive[0]]
        if np.isfinite(room).any():
            most = np.minimum(room, self.demand.sum())
            program.add(len(pair), terms=[(drive, way, parcels), (pair, served, -most)], high=0.0)
        if np.isfinite(self.stations.capacity).any():
            most = np.minimum(self.stations.capacity, self.demand.sum())
            program.add(
                len(station),
                terms=[(self.drive[1][drive], way, parcels), (np.arange(len(station)), station, -most)],
                high=0.0,
            )

    def cost(self) -> Floats:
        """Yuan a day of each variable."""
        walk, drive = self.ways
        village, point, value = self.walk
        van, depot, stop = self.drive
        each = (value + self.points.per_parcel[point])[walk] + self.stations.per_parcel[depot][drive]
        lost = np.zeros(0) if self.unserved is None else self.unserved * self.demand
        return np.concatenate(
            [self.demand[village[walk]] * each, stop + self.points.fixed[van], self.stations.fixed, lost]
        )

    def integer(self) -> Floats:
        """1 for the variables that are 0 or 1; without capacities villages follow of themselves."""
        way, served, station, lost = self.columns
        whole = np.isfinite(self.points.capacity).any() or np.isfinite(self.stations.capacity).any()
        opened = np.ones(len(served) + len(station))
        return np.concatenate([np.full(len(way), float(whole)), opened, np.full(len(lost), float(whole))])

    def lower_bounds(self) -> Floats:
        """1 for stations that are open in any case."""
        _, _, station, _ = self.columns
        low = np.zeros(len(self.integer()))
        low[station] = self.stations.pinned
        return low

    def choice(self, values: Floats) -> Choice:
        """The choice that values of the variables say."""
        way, served, station, _ = self.columns
        walk, _ = self.ways
        village, point, _ = self.walk
        van, depot, _ = self.drive
        point_of = _chosen(village[walk], point[walk], values[way], size=len(self.demand))
        station_of = _chosen(van, depot, values[served], size=len(self.points.fixed))
        opened = (values[station] > _OPEN) | self.stations.pinned
        return self._priced(point_of, station_of, opened)

    def _priced(self, point_of: Ints, station_of: Ints, opened: Bools) -> Choice:
        """The choice with its cost, evaluated anew from the pairs."""
        served, used = point_of >= 0, station_of >= 0
        stop, walk = (
            dict(zip(zip(start.tolist(), end.tolist(), strict=True), cost.tolist(), strict=True))
            for start, end, cost in (self.drive, self.walk)
        )
        spots = np.flatnonzero(served)
        total = sum(
            self.demand[v]
            * (walk[v, p] + self.points.per_parcel[p] + self.stations.per_parcel[station_of[p]])
            for v, p in zip(spots.tolist(), point_of[spots].tolist(), strict=True)
        )
        total += sum(stop[p, int(station_of[p])] for p in np.flatnonzero(used).tolist())
        total += self.points.fixed[used].sum() + self.stations.fixed[opened].sum()
        total += (self.unserved or 0.0) * self.demand[~served].sum()
        return Choice(point_of, station_of, opened, float(total))

    def alternate(self, relaxed: Floats, limits: Limits) -> Choice | None:
        """Points for given stations, then stations for given points, until nothing gets cheaper.

        Both steps are small programs that are solved to `_STEP_GAP`. The first step charges each point a mean
        share of the stations' cost in the linear relaxation. None where capacities leave no way.
        """
        _, served, station, _ = self.columns
        share = float(relaxed[station] @ self.stations.fixed) / max(float(relaxed[served].sum()), 1.0)
        opened: Bools = np.ones(len(self.stations.fixed), dtype=np.bool_)
        best: Choice | None = None
        step = Limits(limits.seconds / 4, _STEP_GAP, limits.nodes)
        for _ in range(_STEPS):
            try:
                point_of = self._points_step(opened, share=share if best is None else 0.0, limits=step)
                station_of = self._stations_step(point_of, limits=step)
            except TongquError:
                return best
            used = station_of[station_of >= 0]
            now = self.stations.pinned.copy()
            now[used] = True
            found = self._priced(point_of, station_of, now)
            if best is not None and found.total >= best.total - 1e-9 * best.total:
                break
            best, opened = found, now
        return best

    def _points_step(self, opened: Bools, *, share: float, limits: Limits) -> Ints:
        """Point of each village when every point is served from the cheapest of the open stations."""
        van, depot, stop = self.drive
        village, point, value = self.walk
        mean = float(self.demand[self.demand > 0].mean()) if (self.demand > 0).any() else 0.0
        size = len(self.points.fixed)
        cost = np.where(opened[depot], stop + self.stations.per_parcel[depot] * mean, np.inf)
        least = np.full(size, np.inf)
        np.minimum.at(least, van, cost)
        near = np.isfinite(least[point])
        village, point, value = village[near], point[near], value[near]
        pairs, lost = len(village), len(self.demand) if self.unserved is not None else 0
        program = Program(pairs + size + lost)
        row, opens = np.arange(pairs), pairs + np.arange(size)
        goes: list[tuple[Ints, Ints, npt.ArrayLike]] = [(village, row, 1.0)]
        if lost:
            goes.append((np.arange(lost), pairs + size + np.arange(lost), 1.0))
        program.add(len(self.demand), terms=goes, low=(self.demand > 0).astype(np.float64), high=1.0)
        program.add(pairs, terms=[(row, row, 1.0), (row, opens[point], -1.0)], high=0.0)
        limited = np.isfinite(self.points.capacity).any()
        if limited:
            room = np.minimum(self.points.capacity, self.demand.sum())
            load = self.demand[village]
            program.add(size, terms=[(point, row, load), (np.arange(size), opens, -room)], high=0.0)
        whole = np.concatenate([np.full(pairs, float(limited)), np.ones(size), np.full(lost, float(limited))])
        handled = value + self.points.per_parcel[point]
        low = np.zeros(len(whole))
        low[opens] = self.points.pinned & np.isfinite(least)
        charge = self.points.fixed + np.where(np.isfinite(least), least, 0.0) + share
        missed = np.zeros(0) if self.unserved is None else self.unserved * self.demand
        answer = program.solve(
            np.concatenate([self.demand[village] * handled, charge, missed]),
            integer=whole,
            lower=low,
            seconds=limits.seconds,
            gap=limits.gap,
            nodes=limits.nodes,
        )
        return _chosen(village, point, answer.values[:pairs], size=len(self.demand))

    def _stations_step(self, point_of: Ints, *, limits: Limits) -> Ints:
        """Station of each point that villages use or that is open in any case."""
        size, count = len(self.points.fixed), len(self.stations.fixed)
        reached = point_of >= 0
        load = sums(point_of[reached], self.demand[reached], size=size)
        used = self.points.pinned.copy()
        used[point_of[reached]] = True
        van, depot, stop = self.drive
        mine = used[van]
        van, depot, stop = van[mine], depot[mine], stop[mine]
        names, row = np.unique(van, return_inverse=True)
        pairs = np.arange(len(van))
        program = Program(len(van) + count)
        program.add(len(names), terms=[(row, pairs, 1.0)], low=1.0, high=1.0)
        program.add(len(van), terms=[(pairs, pairs, 1.0), (pairs, len(van) + depot, -1.0)], high=0.0)
        limited = np.isfinite(self.stations.capacity).any()
        if limited:
            room = np.minimum(self.stations.capacity, self.demand.sum())
            every = np.arange(count)
            program.add(count, terms=[(depot, pairs, load[van]), (every, len(van) + every, -room)], high=0.0)
        answer = program.solve(
            np.concatenate([stop + self.stations.per_parcel[depot] * load[van], self.stations.fixed]),
            integer=np.concatenate([np.full(len(van), float(limited)), np.ones(count)]),
            lower=np.concatenate([np.zeros(len(van)), self.stations.pinned]),
            seconds=limits.seconds,
            gap=limits.gap,
            nodes=limits.nodes,
        )
        return _chosen(van, depot, answer.values[: len(van)], size=size)


def sums(at: Ints, values: Floats, *, size: int) -> Floats:
    """Sum of the values at each position, shape (size,)."""
    return np.asarray(np.bincount(at, values, minlength=size), dtype=np.float64)


def _chosen(start: Ints, end: Ints, value: Floats, *, size: int) -> Ints:
    """The end with the largest value of each start, -1 where none is half or more.

    Without capacities equally good ends may share a start: then one of them takes it whole.
    """
    found = np.full(size, -1, dtype=np.int64)
    total = sums(start, value, size=size)
    order = np.argsort(value, kind="stable")
    found[start[order]] = end[order]
    return np.where(total > _OPEN, found, -1)
