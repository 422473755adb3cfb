"""The mixed-integer program of a choice of lines: its question as arrays, its columns and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import coo_array, csr_array

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require

__all__ = ["Asked", "Program", "SharedBuses"]


@dataclass(frozen=True, slots=True, eq=False)
class SharedBuses:
    """Buses that the lines of a depot share.

    A depot needs its lines' hours over those that one bus can run, rounded up: the least that any timetable
    needs, reached where trips can be laid one after another.

    Parameters
    ----------
    hours : numpy.ndarray of float
        Hours of buses in a day, shape (lines, steps).
    depot : array_like of int
        Depot of each line, shape (lines,), counted from 0.
    hours_per_bus : float
        Hours that a bus runs in a day, above 0.
    cost_per_bus : float
        Cost of a bus, in the unit of the lines' cost.
    """

    hours: Floats
    depot: npt.ArrayLike
    hours_per_bus: float
    cost_per_bus: float


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The question in arrays of fitting shapes."""

    cost: Floats
    covers: csr_array[Any]
    steps: Ints
    need: Ints
    people: Floats
    zones: csr_array[Any]
    zone_cost: Floats
    saving: Floats
    shared: SharedBuses | None
    depot: Ints

    @classmethod
    def of(
        cls,
        cost: npt.ArrayLike,
        covers: csr_array[Any],
        *,
        steps: Sequence[int],
        need: npt.ArrayLike,
        people: npt.ArrayLike,
        zones: csr_array[Any] | None,
        zone_cost: npt.ArrayLike,
        saving: npt.ArrayLike,
        shared: SharedBuses | None,
    ) -> Asked:
        """Check the question as `select_lines` takes it."""
        price = floats(cost, column="cost", low=0)
        number = np.asarray(steps, dtype=np.int64)
        rising = number.size > 0 and number[0] > 0 and bool((np.diff(number) > 0).all())
        require(rising, column="steps", rule="trips do not rise", mend="give whole numbers above 0, rising")
        lines, villages = covers.shape
        fits = price.shape == (lines, number.size)
        require(fits, column="cost", rule="shapes differ", mend="give a cost for each line and step")
        area = zones if zones is not None else csr_array((0, villages), dtype=np.bool_)
        paid = floats(zone_cost, column="zone_cost", low=0)
        same = area.shape == (paid.size, villages)
        require(same, column="zones", rule="shapes differ", mend="give a cost for each zone")
        depot = np.empty(0, dtype=np.int64)
        if shared is not None:
            runs = shared.hours_per_bus > 0
            require(runs, column="hours_per_bus", rule="a bus never runs", mend="give hours above 0")
            depot = positions(shared.depot, column="depot", size=max(lines, 1))
            fits = depot.size == lines and shared.hours.shape == price.shape
            require(fits, column="shared", rule="shapes differ", mend="give hours and a depot for each line")
        return cls(
            price,
            csr_array(covers).astype(np.int64),
            number,
            _each(floats(need, column="need", low=1, high=1e6), villages, column="need").astype(np.int64),
            _each(floats(people, column="people", low=0), villages, column="people"),
            csr_array(area).astype(np.int64),
            np.atleast_1d(paid),
            _each(floats(saving, column="saving", low=0), villages, column="saving"),
            shared,
            depot,
        )

    @property
    def possible(self) -> Bools:
        """Villages that any lines or zone could serve."""
        most = self.covers.sum(axis=0) * self.steps[-1]
        return np.asarray((most >= self.need) | (self.zones.sum(axis=0) > 0))


def _each(values: Floats, count: int, *, column: str) -> Floats:
    fits = values.shape in {(), (count,)}
    require(fits, column=column, rule="lengths differ", mend="give one for each village, or one for all")
    return np.broadcast_to(values, (count,))


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Columns in order: lines by step, zones, villages served by line, villages served, buses of depots."""

    asked: Asked
    covers: csr_array[Any]
    zones: csr_array[Any]
    need: Ints
    people: Floats
    saving: Floats
    budgeted: bool

    @classmethod
    def of(cls, asked: Asked, wanted: Bools, *, budgeted: bool) -> Program:
        """The program that serves those wanted, villages that are alike taken together."""
        rows = np.flatnonzero(wanted)
        kind = _alike(asked, rows)
        first = np.unique(kind, return_index=True)[1]
        one = rows[first]
        people, saving = (
            np.bincount(kind, part[rows], first.size).astype(np.float64)
            for part in (asked.people, asked.saving)
        )
        return cls(
            asked, asked.covers[:, one], asked.zones[:, one], asked.need[one], people, saving, budgeted
        )

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Columns of each kind."""
        villages = self.need.size
        stations = int(self.asked.depot.max(initial=-1)) + 1
        return self.asked.cost.size, self.asked.zone_cost.size, villages, villages, stations

    @property
    def size(self) -> int:
        """Columns that choose something."""
        return 0 if self.need.size == 0 else sum(self.counts)

    @property
    def starts(self) -> list[int]:
        """Where each kind of column begins."""
        return [0, *np.cumsum(self.counts).tolist()]

    def costs(self) -> Floats:
        """Cost of each column."""
        shared = self.asked.shared
        bus = 0.0 if shared is None else shared.cost_per_bus
        _, _, _, villages, stations = self.counts
        return np.concatenate(
            [
                self.asked.cost.ravel(),
                self.asked.zone_cost,
                -self.saving,
                np.zeros(villages),
                np.full(stations, bus),
            ]
        )

    def objective(self, budgeted: bool) -> Floats:
        """What is made least."""
        if not budgeted:
            return self.costs()
        made = np.zeros(self.size)
        made[self.starts[3] : self.starts[4]] = -self.people
        return made

    @property
    def integrality(self) -> Ints:
        """Which columns are whole: served follows; served by line too unless it is worth something."""
        whole = np.ones(self.size, dtype=np.int64)
        whole[self.starts[3] : self.starts[4]] = 0
        if not self.budgeted:
            whole[self.starts[2] : self.starts[3]] = self.saving > 0
        return whole

    @property
    def bounds(self) -> Bounds:
        """All from 0 to 1 but buses; without a budget every village is served."""
        low, high = np.zeros(self.size), np.ones(self.size)
        high[self.starts[4] :] = np.inf
        if not self.budgeted:
            low[self.starts[3] : self.starts[4]] = 1.0
        return Bounds(low, high)

    def constraints(self, budget: float | None) -> list[LinearConstraint]:
        """Trips of villages, service, one step a line, buses of depots, the budget."""
        made = [self._trips(), self._service(), self._one_step()]
        if self.asked.shared is not None:
            made.append(self._buses(self.asked.shared))
        if budget is not None:
            made.append(LinearConstraint(csr_array(self.costs()[np.newaxis, :]), -np.inf, budget))
        return made

    def _matrix(self, *parts: tuple[Any, Any, Any], rows: int) -> csr_array[Any]:
        row, column, value = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in range(3))
        made: csr_array[Any] = csr_array((value, (row, column)), shape=(rows, self.size))
        return made

    def _trips(self) -> LinearConstraint:
        pairs = coo_array(self.covers)
        line, village = pairs.coords
        steps = self.asked.steps
        value = np.minimum(steps[np.newaxis, :], self.need[village][:, np.newaxis])
        column = line[:, np.newaxis] * steps.size + np.arange(steps.size)
        every = np.arange(self.need.size)
        rows = np.repeat(village, steps.size)
        matrix = self._matrix(
            (rows, column.ravel(), value.ravel().astype(np.float64)),
            (every, self.starts[2] + every, -self.need.astype(np.float64)),
            rows=self.need.size,
        )
        return LinearConstraint(matrix, 0, np.inf)

    def _service(self) -> LinearConstraint:
        zone, village = coo_array(self.zones).coords
        every = np.arange(self.need.size)
        one = np.ones(self.need.size)
        matrix = self._matrix(
            (every, self.starts[2] + every, one),
            (village, self.starts[1] + zone, np.ones(zone.size)),
            (every, self.starts[3] + every, -one),
            rows=self.need.size,
        )
        return LinearConstraint(matrix, 0, np.inf)

    def _one_step(self) -> LinearConstraint:
        lines, steps = self.asked.cost.shape
        rows = np.repeat(np.arange(lines), steps)
        matrix = self._matrix((rows, np.arange(lines * steps), np.ones(lines * steps)), rows=lines)
        return LinearConstraint(matrix, -np.inf, 1)

    def _buses(self, shared: SharedBuses) -> LinearConstraint:
        lines, steps = self.asked.cost.shape
        stations = self.counts[4]
        every = np.arange(stations)
        matrix = self._matrix(
            (np.repeat(self.asked.depot, steps), np.arange(lines * steps), -shared.hours.ravel()),
            (every, self.starts[4] + every, np.full(stations, shared.hours_per_bus)),
            rows=stations,
        )
        return LinearConstraint(matrix, 0, np.inf)

    def depots(self, runs: Ints) -> Ints:
        """Buses that each depot needs for what runs."""
        shared = self.asked.shared
        if shared is None:
            return np.empty(0, dtype=np.int64)
        hours = np.bincount(self.asked.depot, (runs * shared.hours).sum(axis=1), self.counts[4])
        return np.ceil(hours / shared.hours_per_bus - 1e-9).astype(np.int64)


def _alike(asked: Asked, rows: Ints) -> Ints:
    """A number for each village, the same where lines, zones and need are."""
    by_village = [part[:, rows].T.tocsr() for part in (asked.covers, asked.zones)]
    for part in by_village:
        part.sort_indices()
    numbers: dict[tuple[bytes, bytes, int], int] = {}
    found = np.empty(rows.size, dtype=np.int64)
    for place, village in enumerate(rows):
        one, other = (
            part.indices[part.indptr[place] : part.indptr[place + 1]].tobytes() for part in by_village
        )
        found[place] = numbers.setdefault((one, other, int(asked.need[village])), len(numbers))
    return found
