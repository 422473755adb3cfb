"""Catchments as a program: columns, rows, what a choice costs, the linear relaxation and the exact answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog
from scipy.sparse import csr_array, hstack, vstack

from tongqu.base import TongquError
from tongqu.base.quiet import quiet_stdout
from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods._milp import solve

__all__ = [
    "NOWHERE",
    "SLACK",
    "Case",
    "Links",
    "Relaxed",
    "Rows",
    "exact",
    "links_of",
    "most_placed",
    "relaxed",
    "rows_of",
]

_linear = cast("Callable[..., OptimizeResult]", linprog)

NOWHERE: Final = -1
"""Choice of a unit without a school; column on the way where there is none."""

SLACK: Final = 1e-9
"""Share by which room and floor may be missed in arithmetic."""

ADDED: Final = 12
"""Times that columns are added to the program of most pupils placed."""
ENOUGH: Final = 1e-7
"""Share of the pupils that further columns may at most place."""

_DONE: Final = 0
"""Status of scipy's milp when the answer is proven."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Units (the pupils of a stage in a village), schools, and the columns: a unit to a school.

    Parameters
    ----------
    unit, school : numpy.ndarray of int
        Of each column, shape (columns,), sorted by unit and then by cost.
    cost : numpy.ndarray of float
        Pupil-minutes of each column, shape (columns,), 0 or more.
    onward : numpy.ndarray of int
        Column of the next unit on the way to the same school, shape (columns,); -1 where there is none.
    detour : numpy.ndarray of float
        Price of taking a column while its onward one is not taken, pupil-minutes, shape (columns,).
    weight : numpy.ndarray of float
        Pupils of each unit, shape (units,), above 0.
    need : numpy.ndarray of float
        Pupils of each unit by age, shape (units, ages).
    low, high : numpy.ndarray of int
        Ages of each unit, first and one past the last, shape (units,).
    room : numpy.ndarray of float
        Places of each school by age, shape (schools, ages).
    one, two : numpy.ndarray of int
        Units that are worth having at one place, shape (links,).
    reward : numpy.ndarray of float
        Pupil-minutes won for each such pair, shape (links,), above 0.
    campus : numpy.ndarray of int
        Place of each school, shape (schools,).
    """

    unit: Ints
    school: Ints
    cost: Floats
    onward: Ints
    detour: Floats
    weight: Floats
    need: Floats
    low: Ints
    high: Ints
    room: Floats
    one: Ints
    two: Ints
    reward: Floats
    campus: Ints

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return self.unit.size

    @property
    def first(self) -> Ints:
        """First column of each unit, and the number of columns, shape (units + 1,)."""
        return np.searchsorted(self.unit, np.arange(self.weight.size + 1)).astype(np.int64)

    def nearest(self, count: int) -> Ints:
        """Columns among so many cheapest of each unit, with all that lie onward of them, in order."""
        number = np.arange(self.columns) - self.first[self.unit]
        return self.closed(number < count)

    def closed(self, kept: Bools) -> Ints:
        """Columns that are kept, with all that lie onward of them, in order."""
        kept = kept.copy()
        ahead = self.onward[kept]
        while ahead.size:
            ahead = np.unique(ahead[ahead >= 0])
            ahead = ahead[~kept[ahead]]
            kept[ahead] = True
            ahead = self.onward[ahead]
        return np.flatnonzero(kept).astype(np.int64)

    def among(self, columns: Ints) -> Case:
        """The case with some columns only; these hold all that lie onward of them."""
        place = np.full(self.columns, NOWHERE, dtype=np.int64)
        place[columns] = np.arange(columns.size)
        onward = self.onward[columns]
        return replace(
            self,
            unit=self.unit[columns],
            school=self.school[columns],
            cost=self.cost[columns],
            onward=np.where(onward >= 0, place[onward], NOWHERE),
            detour=self.detour[columns],
        )

    def load(self, choice: Ints) -> Floats:
        """Pupils of each school by age, shape (schools, ages)."""
        load = np.zeros_like(self.room)
        placed = np.flatnonzero(choice >= 0)
        np.add.at(load, self.school[choice[placed]], self.need[placed])
        return load

    def placed(self, choice: Ints) -> float:
        """Pupils with a school."""
        return float(self.weight[choice >= 0].sum())

    def broken(self, choice: Ints) -> Bools:
        """Whether each unit's next one on the way goes elsewhere, shape (units,)."""
        taken = np.zeros(self.columns, dtype=np.bool_)
        taken[choice[choice >= 0]] = True
        found = np.zeros(choice.size, dtype=np.bool_)
        units = np.flatnonzero(choice >= 0)
        onward = self.onward[choice[units]]
        found[units] = (onward >= 0) & ~taken[onward]
        return found

    def together(self, choice: Ints) -> Bools:
        """Whether each pair of units is at one place, shape (links,)."""
        place = np.where(choice >= 0, self.campus[self.school[choice]], NOWHERE)
        return np.asarray((place[self.one] == place[self.two]) & (place[self.one] >= 0))

    def value(self, choice: Ints) -> float:
        """Pupil-minutes of a choice with the price of detours, less rewards."""
        detours = self.detour[choice[self.broken(choice)]].sum()
        won = self.reward[self.together(choice)].sum()
        return float(self.cost[choice[choice >= 0]].sum() + detours - won)


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Pairs of units and the places in reach of both.

    Parameters
    ----------
    first, second : scipy.sparse.csr_array
        Columns of the one and of the other unit, shape (links, columns).
    won : numpy.ndarray of float
        Reward, shape (links,).
    key : numpy.ndarray of int
        Pair and place in one number, rising, shape (links,).
    """

    first: csr_array[Any]
    second: csr_array[Any]
    won: Floats
    key: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The program's rows, all of the form ``table @ x <= right``, over columns, detours and rewards.

    Parameters
    ----------
    table : scipy.sparse.csr_array
    right, cost : numpy.ndarray of float
    way : numpy.ndarray of int
        Columns that have a detour variable.
    links : Links
        Of each reward variable.
    """

    table: csr_array[Any]
    right: Floats
    cost: Floats
    way: Ints
    links: Links

    @property
    def parts(self) -> Ints:
        """Where the rows of detours and of the two ends of rewards begin, and the end, shape (4,)."""
        end = self.right.size
        two = self.links.won.size
        return np.array([end - 2 * two - self.way.size, end - 2 * two, end - two, end])


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """The linear relaxation.

    Parameters
    ----------
    value : float
        Its optimum: no choice costs less.
    share : numpy.ndarray of float
        Share of each column, shape (columns,).
    prices : numpy.ndarray of float
        What a row is worth, 0 or more, shape (rows,).
    """

    value: float
    share: Floats
    prices: Floats


def _limits(case: Case) -> tuple[csr_array[Any], Floats, Ints]:
    """Rows that every choice keeps: a unit once, and room by school and age where it can bind.

    Gives the rows, their right sides, and school times ages plus age of each row of room.
    """
    columns = np.arange(case.columns)
    once = csr_array((np.ones(case.columns), (case.unit, columns)), shape=(case.weight.size, case.columns))
    rows, right, keys = [once], [np.ones(case.weight.size)], [np.empty(0, dtype=np.int64)]
    ages = case.room.shape[1]
    for age in range(ages):
        asked = case.need[case.unit, age]
        table = csr_array((asked, (case.school, columns)), shape=(case.room.shape[0], case.columns))
        binding = np.flatnonzero(np.asarray(table.sum(axis=1)).ravel() > case.room[:, age])
        rows.append(csr_array(table[binding]))
        right.append(case.room[binding, age] * (1 + SLACK))
        keys.append(binding.astype(np.int64) * ages + age)
    return csr_array(vstack(rows, format="csr")), np.concatenate(right), np.concatenate(keys)


def links_of(case: Case) -> Links:
    """For each pair of units and place in reach of both: columns of the first, of the second, the reward."""
    wide = int(case.campus.max(initial=0)) + 1
    spots = csr_array(
        (np.ones(case.columns), (case.unit, case.campus[case.school])), shape=(case.weight.size, wide)
    )
    shared = csr_array(spots[case.one].multiply(spots[case.two])).tocoo()
    key = np.sort(shared.row.astype(np.int64) * wide + shared.col)
    link, place = key // wide, key % wide
    columns = np.arange(case.columns)
    table = csr_array(
        (np.ones(case.columns), (case.unit * wide + case.campus[case.school], columns)),
        shape=(case.weight.size * wide, case.columns),
    )
    first, second = (csr_array(table[end[link] * wide + place]) for end in (case.one, case.two))
    return Links(first, second, case.reward[link], key)


def rows_of(case: Case, *, floor: float) -> Rows:
    """The program in which at least so many pupils are placed."""
    limits, right, _ = _limits(case)
    links = links_of(case)
    won = links.won
    way = np.flatnonzero((case.onward >= 0) & (case.detour > 0)).astype(np.int64)
    one, row = np.ones(way.size), np.arange(way.size)
    ahead = csr_array(
        (np.append(one, -one), (np.append(row, row), np.append(way, case.onward[way]))),
        shape=(way.size, case.columns),
    )
    wide = way.size + won.size
    slack = csr_array((-one, (row, row)), shape=(way.size, wide))
    win = csr_array(
        (np.ones(won.size), (np.arange(won.size), way.size + np.arange(won.size))), shape=(won.size, wide)
    )
    weight = csr_array(-case.weight[case.unit][np.newaxis, :])
    blocks = [(limits, None), (weight, None), (ahead, slack), (-links.first, win), (-links.second, win)]
    wider = [
        hstack([left, csr_array((left.shape[0], wide)) if more is None else more], format="csr")
        for left, more in blocks
    ]
    least = floor * (1 - SLACK)
    return Rows(
        table=csr_array(vstack(wider, format="csr")),
        right=np.concatenate([right, [-least], np.zeros(way.size + 2 * won.size)]),
        cost=np.concatenate([case.cost, case.detour[way], -won]),
        way=way,
        links=links,
    )


def most_placed(case: Case, columns: Ints) -> tuple[float, Ints, Floats]:
    """Pupils that no choice exceeds, by the linear relaxation over all columns.

    Parameters
    ----------
    case : Case
    columns : numpy.ndarray of int
        Columns to begin with.

    Returns
    -------
    float
        The pupils.
    numpy.ndarray of int
        Columns that are enough to place so many: those at the beginning, with those that were worth adding.
    numpy.ndarray of float
        What each unit's claim to one school is worth, pupils, shape (units,).

    References
    ----------
    Gilmore, P. C., Gomory, R. E. (1961), A linear programming approach to the cutting-stock problem,
    Operations Research 9, 849-859, for adding columns by their prices.
    """
    everybody, most = float(case.weight.sum()), np.inf
    claims = np.zeros(case.weight.size)
    for _ in range(ADDED):
        small = case.among(columns)
        rows, right, keys = _limits(small)
        found = _solved(-small.weight[small.unit], table=rows, right=right)
        prices = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
        claims, room = prices[: case.weight.size], np.zeros(case.room.size)
        room[keys] = prices[case.weight.size :]
        asked = room.reshape(case.room.shape)[case.school] * case.need[case.unit]
        worth = case.weight[case.unit] - claims[case.unit] - asked.sum(axis=1)
        worth[columns] = 0.0
        top = np.zeros(case.weight.size)
        np.maximum.at(top, case.unit, worth)
        most = min(most, -float(found.fun) + float(top.sum()), everybody)
        if float(top.sum()) <= ENOUGH * everybody or -float(found.fun) >= everybody * (1 - SLACK):
            break
        kept = worth >= np.maximum(top[case.unit], ENOUGH * case.weight[case.unit])
        kept[columns] = True
        columns = case.closed(kept)
    return most, columns, claims


def relaxed(case: Case, rows: Rows) -> Relaxed:
    """Least pupil-minutes with detours and rewards, units divided at will."""
    found = _solved(rows.cost, table=rows.table, right=rows.right)
    prices = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
    return Relaxed(float(found.fun), np.clip(found.x[: case.columns], 0.0, 1.0), prices)


def _solved(cost: Floats, *, table: Any, right: Floats) -> Any:
    with quiet_stdout():
        found: Any = _linear(cost, A_ub=table, b_ub=right, bounds=(0.0, 1.0), method="highs-ds")
    if found.x is None:
        raise TongquError(f"catchments: the linear program was not solved ({found.message})")
    return found


def exact(case: Case, *, floor: float | None, seconds: float) -> Ints | None:
    """The best choice by integer programming: most pupils placed, or least cost above a floor of them.

    Returns
    -------
    numpy.ndarray of int or None
        Column of each unit; None where the search did not end in time.
    """
    if floor is None:
        table, right, _ = _limits(case)
        cost = -case.weight[case.unit]
    else:
        rows = rows_of(case, floor=floor)
        table, right, cost = rows.table, rows.right, rows.cost
    whole = np.zeros(cost.size)
    whole[: case.columns] = 1
    found = solve(
        cost,
        constraints=LinearConstraint(table, ub=right),
        integrality=whole,
        bounds=Bounds(0, 1),
        seconds=seconds,
    )
    if found.x is None or int(found.status) != _DONE:
        return None
    choice = np.full(case.weight.size, NOWHERE, dtype=np.int64)
    taken = np.flatnonzero(found.x[: case.columns] > 0.5)
    choice[case.unit[taken]] = taken
    return choice
