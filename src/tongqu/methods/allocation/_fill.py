"""From a set of cells to areas that meet the demand to the square metre: trim, fill, swap, share out."""

from __future__ import annotations

import heapq
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from tongqu.methods._arrays import Floats, Ints
from tongqu.methods.allocation._case import Case, Evaluated

__all__ = ["areas_from", "exact_areas", "linear_areas"]

FIRST_LEAD: Final = 0.005
"""Lead of the best class over the next, in units of suitability, from which a cell's class is clear."""
MOST_SWAPS: Final = 20_000
"""Swaps of one cell for another after the demand is met; each helps, so this only bounds the time."""


class _Ground:
    """A set of cells that grows and shrinks, with what a m² more or less of each cell is worth."""

    def __init__(self, case: Case, start: Evaluated) -> None:
        size = len(case.room)
        near = case.neighbours
        pair = sp.csr_array(
            (
                np.concatenate([near.cost, near.cost]),
                (np.concatenate([near.first, near.second]), np.concatenate([near.second, near.first])),
            ),
            shape=(size, size),
        )
        self.start, self.next, self.cost = pair.indptr.tolist(), pair.indices.tolist(), pair.data.tolist()
        self.inside = start.inside.copy()
        best = (case.worth - start.class_price).max(axis=1) + start.class_price.mean()
        outward = pair @ (1.0 - 2.0 * self.inside)
        self.gain: list[float] = (best + (case.pull - outward) / case.room).tolist()
        self.room: list[int] = case.room.tolist()
        self.town: list[int] = case.town.tolist()
        self.used = case.by_town(case.room * self.inside).astype(np.int64).tolist()
        self.most = np.minimum(case.quotas, np.iinfo(np.int64).max // 2).astype(np.int64).tolist()
        self.least = np.ceil(case.floors).astype(np.int64).tolist()
        self.total = int(sum(self.used))
        self.part: dict[int, int] = {}
        self.adds: list[tuple[float, int]] = []
        self.drops: list[tuple[float, int]] = []
        self.shut: dict[int, list[int]] = {}
        """Free cells by town that came up while their town was full."""
        for cell in range(size):
            self._offer(cell)

    def _offer(self, cell: int) -> None:
        if cell in self.part:
            return
        if self.inside[cell]:
            heapq.heappush(self.drops, (self.gain[cell], cell))
        else:
            heapq.heappush(self.adds, (-self.gain[cell], cell))

    def flip(self, cell: int) -> None:
        """Take a cell in or out."""
        sign = -1 if self.inside[cell] else 1
        self.inside[cell] = sign > 0
        self.used[self.town[cell]] += sign * self.room[cell]
        self.total += sign * self.room[cell]
        if sign < 0:
            for waiting in self.shut.pop(self.town[cell], ()):
                self._offer(waiting)
        for at in range(self.start[cell], self.start[cell + 1]):
            other = self.next[at]
            self.gain[other] += sign * 2.0 * self.cost[at] / self.room[other]
            self._offer(other)
        self._offer(cell)

    def best_add(self, towns: set[int] | None = None) -> int | None:
        """The free cell worth most in a town that may grow; of the given towns only, if any are given."""
        aside: list[tuple[float, int]] = []
        found = None
        while self.adds:
            minus, cell = heapq.heappop(self.adds)
            if self.inside[cell] or cell in self.part or -minus != self.gain[cell]:
                continue
            town = self.town[cell]
            if self.used[town] >= self.most[town]:
                self.shut.setdefault(town, []).append(cell)
                continue
            aside.append((minus, cell))
            if towns is None or town in towns:
                found = cell
                break
        for one in aside:
            heapq.heappush(self.adds, one)
        return found

    def best_drop(self, towns: set[int] | None = None) -> int | None:
        """The cell worth least that its town can do without; of the given towns only, if any are given."""
        aside: list[tuple[float, int]] = []
        found = None
        while self.drops:
            value, cell = heapq.heappop(self.drops)
            if not self.inside[cell] or value != self.gain[cell]:
                continue
            town = self.town[cell]
            aside.append((value, cell))
            allowed = self.used[town] - self.room[cell] >= self.least[town]
            if (towns is None and allowed) or (towns is not None and town in towns):
                found = cell
                break
        for one in aside:
            heapq.heappush(self.drops, one)
        return found


def _meet_towns(ground: _Ground) -> None:
    """Towns above their quota lose cells, those below their floor gain some."""
    for town, most in enumerate(ground.most):
        while ground.used[town] > most and (cell := ground.best_drop({town})) is not None:
            ground.flip(cell)
        while ground.used[town] < ground.least[town] and (cell := ground.best_add({town})) is not None:
            _take(ground, cell, ground.least[town] - ground.used[town], whole=True)


def _take(ground: _Ground, cell: int, need: int, *, whole: bool = False) -> None:
    """Build on a cell, on a part of it where its town's quota or the demand ends."""
    left = ground.most[ground.town[cell]] - ground.used[ground.town[cell]]
    wanted = ground.room[cell] if whole else min(ground.room[cell], need)
    area = min(wanted, left)
    if area == ground.room[cell]:
        ground.flip(cell)
        return
    ground.part[cell] = area
    ground.used[ground.town[cell]] += area
    ground.total += area


def _meet_total(ground: _Ground, total: int) -> bool:
    """Drop or add the cells that cost least until the whole demand is met exactly; False if it cannot be."""
    while ground.total > total:
        cell = ground.best_drop()
        if cell is None:
            return False
        ground.flip(cell)
    while ground.total < total:
        cell = ground.best_add()
        if cell is None:
            return False
        _take(ground, cell, total - ground.total)
    return True


def _swap(ground: _Ground) -> None:
    """Swap the cell worth least for the one worth most, of the same room, while it helps."""
    for _ in range(MOST_SWAPS):
        drop = ground.best_drop()
        add = ground.best_add()
        if drop is None or add is None or ground.room[drop] != ground.room[add]:
            return
        town = ground.town[add]
        if ground.town[drop] != town and ground.used[town] + ground.room[add] > ground.most[town]:
            return
        gain = ground.gain[add] - ground.gain[drop]
        shared = [
            ground.cost[at]
            for at in range(ground.start[add], ground.start[add + 1])
            if ground.next[at] == drop
        ]
        if gain * ground.room[add] - 2.0 * sum(shared) <= 1e-9 * ground.room[add]:
            return
        ground.flip(drop)
        ground.flip(add)


def areas_from(case: Case, start: Evaluated) -> Floats | None:
    """Areas by cell and class near a set of cells that meet demand, floors and quotas; None if none is found.

    Parameters
    ----------
    case : Case
        Feasible.
    start : Evaluated
        The set and its prices.

    Returns
    -------
    numpy.ndarray of float, or None
        Whole m², shape (cells, classes).
    """
    ground = _Ground(case, start)
    _meet_towns(ground)
    if not _meet_total(ground, case.total):
        return None
    _swap(ground)
    area = np.where(ground.inside, case.room, 0)
    for cell, part in ground.part.items():
        area[cell] = part
    inside = case.by_town(area)
    if ((inside > case.quotas) | (inside < case.floors)).any():
        return None
    return _share_out(case, area, start.class_price)


def _share_out(case: Case, area: Ints, price: Floats) -> Floats | None:
    """Classes on the areas of cells so that each class meets its demand, most suitable in all.

    A cell that is clearly best for one class at the prices gets it; only the others are shared out by a
    transport problem, more of them until it has a solution.

    Parameters
    ----------
    case : Case
    area : numpy.ndarray of int
        m² of each cell, adding up to the demand, shape (cells,).
    price : numpy.ndarray of float
        Of classes, shape (classes,).

    Returns
    -------
    numpy.ndarray of float, or None
        Whole m², shape (cells, classes); None if classes may not lie on these cells.
    """
    used = np.flatnonzero(area > 0)
    whole = np.zeros(case.worth.shape)
    if case.worth.shape[1] == 1:
        whole[used, 0] = area[used]
        return whole
    net = case.worth[used] - price
    ordered = np.sort(net, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]  # inf where one class only may lie
    chosen = net.argmax(axis=1)
    clear = FIRST_LEAD
    while True:
        fixed = lead > clear
        rest = case.demand - np.bincount(chosen[fixed], area[used[fixed]], minlength=len(price))
        shared = used[~fixed]
        part = _transport(case.worth[shared], area[shared], rest) if (rest >= 0).all() else None
        if part is not None:
            whole[used[fixed], chosen[fixed]] = area[used[fixed]]
            whole[shared] = part
            return whole
        if clear > 2.0:  # all cells with a choice are in
            return None
        clear *= 4.0


def _transport(worth: Floats, area: Ints, demand: Ints) -> Floats | None:
    """Areas by cell and class of most worth, sums of both given; None if there are none."""
    if not len(area):
        return np.zeros(worth.shape) if not demand.any() else None
    cell, kind = np.nonzero(np.isfinite(worth))
    columns = np.arange(len(cell))
    rows: Any = sp.csr_array(
        (np.ones(2 * len(cell)), (np.concatenate([cell, len(area) + kind]), np.tile(columns, 2))),
        shape=(len(area) + len(demand), len(cell)),
    )
    right = np.concatenate([area, demand]).astype(np.float64)
    solved = linprog(-worth[cell, kind], A_eq=rows, b_eq=right, method="highs-ds")
    if solved.x is None:
        return None
    whole = np.zeros(worth.shape)
    whole[cell, kind] = np.rint(solved.x)  # a vertex of a transport problem is whole
    exact = (whole.sum(axis=1) == area).all() and (whole.sum(axis=0) == demand).all()
    return whole if exact else None


def linear_areas(case: Case, start: Evaluated) -> Floats | None:
    """Areas that meet demand, floors and quotas, boundaries priced cell by cell as if the rest stood still.

    Parameters
    ----------
    case : Case
    start : Evaluated
        What stands.

    Returns
    -------
    numpy.ndarray of float, or None
        Whole m², shape (cells, classes); None if there are none.
    """
    near, size, classes = case.neighbours, len(case.room), len(case.demand)
    lean = 1.0 - 2.0 * start.inside
    outward = np.bincount(near.first, near.cost * lean[near.second], minlength=size)
    outward += np.bincount(near.second, near.cost * lean[near.first], minlength=size)
    cell, kind = np.nonzero(np.isfinite(case.worth))
    columns, ones = np.arange(len(cell)), np.ones(len(cell))
    towns = len(case.floors)
    by_cell = sp.csr_array((ones, (cell, columns)), shape=(size, len(cell)))
    by_town: Any = sp.csr_array((ones, (case.town[cell], columns)), shape=(towns, len(cell)))
    by_class: Any = sp.csr_array((ones, (kind, columns)), shape=(classes, len(cell)))
    capped, floored = np.isfinite(case.quotas), case.floors > 0
    limits: Any = sp.vstack([by_cell, by_town[capped], -by_town[floored]])
    solved = linprog(
        -(case.worth[cell, kind] + ((case.pull - outward) / case.room)[cell]),
        A_ub=limits,
        b_ub=np.concatenate([case.room, case.quotas[capped], -case.floors[floored]]).astype(np.float64),
        A_eq=by_class,
        b_eq=case.demand.astype(np.float64),
        method="highs-ds",
    )
    if solved.x is None:
        return None
    area = np.zeros(case.worth.shape)
    area[cell, kind] = np.rint(solved.x)  # classes over cells over towns: a flow, whole at a vertex
    return area if (area.sum(axis=0) == case.demand).all() else None


def exact_areas(case: Case, found: Floats) -> Floats | None:
    """Areas of a solver in whole m², meeting the demand exactly; None if limits of towns are lost by it.

    Parameters
    ----------
    case : Case
    found : numpy.ndarray of float
        m², shape (cells, classes).
    """
    area = np.rint(found.sum(axis=1)).astype(np.int64)
    off = case.total - int(area.sum())
    for cell in np.flatnonzero((area > 0) & (area < case.room)):
        step = int(np.clip(off, -area[cell], case.room[cell] - area[cell]))
        area[cell] += step
        off -= step
    used = case.by_town(area)
    if off or ((used > case.quotas) | (used < case.floors)).any():
        return None
    return _share_out(case, area, np.zeros(len(case.demand)))
