"""What is asked of ambulances, checked; what a plan is worth; and a plan by steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.medical.coverage import coverage_gains, expected_coverage
from tongqu.methods.medical.queueing import Line
from tongqu.methods.reach import Times

__all__ = ["Case", "case_of", "covered_of", "greedy", "grown", "moves_of", "near_of", "objective_of"]

_LARGE: Final = float(np.finfo(np.float64).max)
MOST_VEHICLES: Final = 500
"""Vehicles of a period up to which the program is meant."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What is asked, checked."""

    covers: tuple[csr_array[Any], ...]
    calls: Floats
    vehicles: Ints
    gains: tuple[Floats, ...]
    hours: Floats
    room: Ints
    least: Ints
    stands: Bools
    new: int
    moves: int
    worth: float

    @property
    def stations(self) -> int:
        return int(self.room.size)

    @property
    def periods(self) -> int:
        return int(self.hours.size)

    @property
    def arrivals(self) -> Ints:
        """Most vehicles that may come to stations when each period begins."""
        return np.asarray(self.moves + grown(self.vehicles))


def case_of(
    times: Sequence[Times], calls: npt.ArrayLike, *, limit: float, vehicles: npt.ArrayLike,
    busy: npt.ArrayLike, hours: npt.ArrayLike, room: npt.ArrayLike | None, least: npt.ArrayLike,
    existing: npt.ArrayLike | None, new: int, moves: int | None, worth: float, line: Line | None,
) -> Case:  # fmt: skip
    require(len(times) > 0, column="times", rule="there is none", mend="give the times of one period or more")
    periods, (places, stations) = len(times), (times[0].origins, times[0].sites)
    rate = floats(calls, column="calls", low=0, high=_LARGE)
    length = floats(hours, column="hours", low=1e-6, high=_LARGE)
    number = floats(vehicles, column="vehicles", low=0, high=MOST_VEHICLES).astype(np.int64)
    share = floats(busy, column="busy", low=0, high=1 - 1e-9)
    keeps = np.broadcast_to(floats(least, column="least", low=0, high=MOST_VEHICLES), (stations,))
    floats([new, worth, limit, moves or 0], column="new, worth, limit, moves", low=0)
    most = int(number.max(initial=0))
    given = np.full(stations, most) if room is None else floats(room, column="room", low=0, high=_LARGE)
    problems = [
        Problem(f"its shape is {got}, not {want}", mend=_SHAPES, column=name)
        for name, got, want in (
            ("calls", rate.shape, (places, periods)),
            ("hours", length.shape, (periods,)),
            ("vehicles", number.shape, (periods,)),
            ("busy", share.shape, (periods,)),
            ("room", given.shape, (stations,)),
            ("times", tuple({(one.origins, one.sites) for one in times}), ((places, stations),)),
        )
        if got != want
    ]
    if problems:
        raise DataError(problems)
    stands = np.ones(stations, dtype=np.bool_)
    if existing is not None:
        stands[:] = False
        stands[positions(existing, column="existing", size=stations)] = True
    bays = np.minimum(given, most).astype(np.int64)
    kept = keeps.astype(np.int64)
    _require_room(bays, kept, stands=stands, new=new, vehicles=number)
    return Case(
        covers=tuple(_covers(one.upto(limit)) for one in times),
        calls=rate,
        vehicles=number,
        gains=tuple(coverage_gains(int(n), float(q), line=line) for n, q in zip(number, share, strict=True)),
        hours=length,
        room=bays,
        least=kept,
        stands=stands,
        new=new,
        moves=most if moves is None else moves,
        worth=worth,
    )


_SHAPES: Final = "give one row a place or station and one column a period, in the order of the times"


def _require_room(room: Ints, least: Ints, *, stands: Bools, new: int, vehicles: Ints) -> None:
    """Nothing when all vehicles find room, and every station its least number."""
    problems = []
    most, fewest = int(vehicles.max(initial=0)), int(vehicles.min(initial=MOST_VEHICLES))
    extra = np.sort(room[~stands])[::-1][:new]
    if room[stands].sum() + extra.sum() < most:
        problems.append(
            Problem(
                "there are more ambulances than bays",
                mend="add stations or bays, or put fewer ambulances on duty",
                column="room",
                value=str(most),
            )
        )
    kept = np.where(stands, least, 0)
    if (kept > room).any() or kept.sum() > fewest:
        problems.append(
            Problem(
                "stations are to keep more ambulances than there are, or than they have bays",
                mend="lower the least number of stations",
                column="least",
                value=str(int(kept.sum())),
            )
        )
    if problems:
        raise DataError(problems)


def _covers(times: Times) -> csr_array[Any]:
    shape = (times.origins, times.sites)
    return csr_array((np.ones(times.origin.size), (times.origin, times.site)), shape=shape)


def near_of(case: Case, placed: Ints) -> Ints:
    return np.stack(
        [np.rint(cover @ placed[:, at]).astype(np.int64) for at, cover in enumerate(case.covers)], axis=1
    )


def covered_of(case: Case, placed: Ints) -> Floats:
    near = near_of(case, placed)
    return np.stack(
        [expected_coverage(near[:, at], gains=gains) for at, gains in enumerate(case.gains)], axis=1
    )


def moves_of(case: Case, placed: Ints) -> Ints:
    """Vehicles that come to a station beyond those that come on duty."""
    came = np.maximum(placed - np.roll(placed, 1, axis=1), 0).sum(axis=0)
    return np.asarray(np.maximum(came - grown(case.vehicles), 0))


def grown(vehicles: Ints) -> Ints:
    """Vehicles that come on duty when each period begins."""
    return np.asarray(np.maximum(vehicles - np.roll(vehicles, 1), 0))


def objective_of(case: Case, placed: Ints) -> float:
    value = float((case.calls * case.hours * covered_of(case, placed)).sum())
    return value - case.worth * float(moves_of(case, placed).sum())


def greedy(case: Case) -> Ints:
    """One vehicle after the other where it brings most, the same in every period: nobody moves."""
    placed = np.tile(np.where(case.stands, case.least, 0)[:, np.newaxis], case.periods)
    left = case.new
    weight = case.calls * case.hours
    for number in range(int(placed[:, 0].sum()), int(case.vehicles.max(initial=0))):
        on_duty = np.flatnonzero(case.vehicles > number)
        near = near_of(case, placed)
        gain = np.zeros(case.stations)
        for at in on_duty:
            gain += case.covers[at].T @ (weight[:, at] * case.gains[at][near[:, at]])
        used = placed.max(axis=1)
        unused = ~case.stands & (used == 0)
        free = (used < case.room) & ~(unused & (left == 0))
        best = int(np.where(free, gain, -1.0).argmax())
        if not free[best]:
            return _filled(case)
        left -= int(unused[best])
        placed[best, on_duty] += 1
    return placed


def _filled(case: Case) -> Ints:
    """A plan by room alone: the largest stations that may be used, filled in order."""
    usable = case.stands.copy()
    others = np.flatnonzero(~case.stands)
    usable[others[np.argsort(-case.room[others], kind="stable")][: case.new]] = True
    placed = np.tile(np.where(case.stands, case.least, 0)[:, np.newaxis], case.periods)
    for station in np.flatnonzero(usable):
        more = np.minimum(case.room[station] - placed[station], case.vehicles - placed.sum(axis=0))
        placed[station] += np.maximum(more, 0)
    return placed
