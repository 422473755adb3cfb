"""The integer program of a school network: variables by block, and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import LinearConstraint

from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods.schools.network.terms import Choices, Prices, Pupils, Schools, Sharing, StageNorm

__all__ = ["LEFT", "Blocks", "Case", "Decisions", "Program", "avoidable", "may_go", "program_of", "stay_rows"]

ROUNDING: Final = 1e-6
"""Pupils without a place that arithmetic may make up."""
LEFT: Final = 600.0
"""Minutes that a pupil and year without a lawful place counts: more than any ride."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """A network to be planned; everything is checked.

    Parameters
    ----------
    stages : tuple of StageNorm
    schools : Schools
    pupils : Pupils
    choices : Choices
    sharing : Sharing
    prices : Prices
    crowded : numpy.ndarray of float
        Pupils that a school of today may keep in the years of relief though it has places for fewer; 0 where
        it is not too full, and later, shape (schools, years).
    """

    stages: tuple[StageNorm, ...]
    schools: Schools
    pupils: Pupils
    choices: Choices
    sharing: Sharing
    prices: Prices
    crowded: Floats

    @property
    def years(self) -> int:
        """Years of the plan."""
        return int(self.pupils.by_year.shape[1])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decisions:
    """What is done in each year.

    Parameters
    ----------
    open : numpy.ndarray of bool
        Shape (schools, years).
    choice : numpy.ndarray of int
        Choice of each group, -1 where none is left, shape (groups, years).
    size : numpy.ndarray of int
        Classes that have been added by then, shape (schools, years).
    shared : numpy.ndarray of bool
        Whether each pair of `Sharing` shares, shape (pairs, years).
    """

    open: Bools
    choice: Ints
    size: Ints
    shared: Bools


@dataclass(slots=True, eq=False)
class Program:
    """Blocks of variables and rows as they are added."""

    size: int = 0
    cost: list[Floats] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    whole: list[Ints] = field(default_factory=list)
    rows: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    least: list[Floats] = field(default_factory=list)
    most: list[Floats] = field(default_factory=list)
    height: int = 0

    def block(
        self,
        shape: tuple[int, int],
        *,
        cost: npt.ArrayLike = 0.0,
        low: npt.ArrayLike = 0.0,
        high: npt.ArrayLike = 1.0,
        whole: bool = True,
    ) -> Ints:
        """New variables; their positions, in the shape given."""
        count = shape[0] * shape[1]
        at = np.arange(self.size, self.size + count, dtype=np.int64).reshape(shape)
        self.size += count
        for kept, values in ((self.cost, cost), (self.low, low), (self.high, high)):
            kept.append(np.broadcast_to(np.asarray(values, dtype=np.float64), shape).ravel())
        self.whole.append(np.full(count, int(whole), dtype=np.int64))
        return at

    def add(
        self,
        count: int,
        *terms: tuple[npt.ArrayLike, Ints, npt.ArrayLike],
        least: npt.ArrayLike = -np.inf,
        most: npt.ArrayLike = np.inf,
    ) -> None:
        """New rows ``least <= sum of terms <= most``; a term is (row, variable, factor), of one shape."""
        for row, at, factor in terms:
            rows = np.broadcast_to(np.asarray(row, dtype=np.int64), at.shape).ravel()
            values = np.broadcast_to(np.asarray(factor, dtype=np.float64), at.shape).ravel()
            self.rows.append((rows + self.height, at.ravel(), values))
        self.least.append(np.broadcast_to(np.asarray(least, dtype=np.float64), (count,)))
        self.most.append(np.broadcast_to(np.asarray(most, dtype=np.float64), (count,)))
        self.height += count

    def made(self) -> LinearConstraint:
        """All rows."""
        row, at, factor = (np.concatenate([term[part] for term in self.rows]) for part in range(3))
        matrix = sp.csr_array((factor, (row, at)), shape=(self.height, self.size))
        return LinearConstraint(matrix, np.concatenate(self.least), np.concatenate(self.most))


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Positions of the variables, each (things, years); teachers by school and stage in turn."""

    go: Ints
    left: Ints
    open: Ints
    teachers: Ints
    sizes: Ints
    beds: Ints
    shared: Ints
    linked: Ints


def program_of(
    case: Case, *, minutes: bool, money: float, left: float
) -> tuple[Program, Blocks, Floats, float]:
    """The program without the rows of `stay_rows`, its blocks, its objective, and a constant beside it.

    Parameters
    ----------
    case : Case
        The network.
    minutes : bool
        Whether pupil-minutes are least, not cost.
    money : float
        Most discounted cost, 万元.
    left : float
        Most pupils and years without a place that they could have.
    """
    program = Program()
    at = _blocks(program, case)
    _fit(program, case, at)
    _staff(program, case, at)
    _over_years(program, case, at)
    cost = np.concatenate(program.cost)
    constant = float((case.schools.column("close") * case.schools.flag("today")).sum())
    if np.isfinite(money):
        spent = cost.copy()
        spent[at.left] = 0.0
        used = np.flatnonzero(spent)
        program.add(1, (0, used, spent[used]), most=money - constant)
        number = np.where(avoidable(case), case.pupils.by_year, 0.0)
        program.add(1, (0, at.left, number), most=left + ROUNDING)
    if minutes:
        cost, constant = _minutes(case, at, size=program.size), 0.0
    return program, at, cost, constant


def _blocks(program: Program, case: Case) -> Blocks:
    schools, choices, prices = case.schools, case.choices, case.prices
    years, weight = case.years, case.prices.weights(case.years)
    number = case.pupils.by_year
    today = schools.flag("today")
    may = may_go(case)
    go = program.block(
        (len(choices), years),
        cost=choices.yearly[:, np.newaxis] * number[choices.group] * weight,
        high=may,
    )
    left = program.block(number.shape, cost=number * weight * prices.unplaced * avoidable(case), whole=False)
    held = today & ~schools.flag("closable")
    year = np.arange(years)
    fixed = held[:, np.newaxis] | (today[:, np.newaxis] & (year < prices.notice))
    never = ~today[:, np.newaxis] & (year < prices.lead)
    open_ = program.block(
        (len(schools), years), cost=_open_cost(case), low=fixed.astype(np.float64), high=1.0 - never
    )
    staffed = int(schools.taught.sum())
    teachers = program.block(
        (staffed, years), cost=prices.teacher * weight, high=_most_teachers(case), whole=False
    )
    sizes, beds = _building(program, case)
    shared = program.block(
        (len(case.sharing), years), cost=np.asarray(case.sharing.yearly)[:, np.newaxis] * weight
    )
    linked = _assign(program, case, go=go, left=left, open_=open_)
    return Blocks(go, left, open_, teachers, sizes, beds, shared, linked)


def _most_teachers(case: Case) -> float:
    """More than any school needs."""
    least = max(one.least + one.specialists for one in case.stages)
    ratio = min(one.pupils_per_teacher for one in case.stages)
    return least + float(case.pupils.by_year.sum(axis=0).max()) / ratio


def may_go(case: Case) -> Floats:
    """1 where a choice may be taken, shape (choices, years).

    Beyond the norm, or into a crowded school, only as today and early; and nobody is moved before notice.
    """
    choices, prices, year = case.choices, case.prices, np.arange(case.years)
    today = case.pupils.schools[choices.group]
    stays = (today == choices.school)[:, np.newaxis]
    early = year < max(prices.relief, prices.notice)
    may = choices.lawful[:, np.newaxis] | (stays & early)
    may &= (case.crowded[choices.school] <= 0) | stays
    return np.asarray(may & (stays | (today < 0)[:, np.newaxis] | (year >= prices.notice)), dtype=np.float64)


def avoidable(case: Case) -> Bools:
    """Whether a group has any choice in a year, so that it counts if it is left without, (groups, years)."""
    found = np.zeros(case.pupils.by_year.shape, dtype=np.bool_)
    np.logical_or.at(found, case.choices.group, may_go(case) > 0)
    return found


def _open_cost(case: Case) -> Floats:
    """Cost of being open in each year, discounted, with building, mending and closing in it."""
    schools, prices = case.schools, case.prices
    weight = prices.weights(case.years)
    cost = schools.column("yearly")[:, np.newaxis] * weight
    today = schools.flag("today")
    built = np.where(today, 0.0, schools.column("build")) * prices.annuity
    cost = cost + built[:, np.newaxis] * weight
    later = np.append(weight[1:], 0.0) - weight
    cost = cost + np.where(today, schools.column("close"), 0.0)[:, np.newaxis] * later
    due = schools.due
    rows = np.flatnonzero((due >= 0) & (due < case.years))
    ahead = np.cumsum(weight[::-1])[::-1]
    cost[rows, due[rows]] += schools.column("mend")[rows] * prices.annuity * ahead[due[rows]]
    return np.asarray(cost)


def _building(program: Program, case: Case) -> tuple[Ints, Ints]:
    """Classes added and boarding places that stand in each year."""
    schools, prices, years = case.schools, case.prices, case.years
    weight = prices.weights(years)
    ready = (np.arange(years) >= prices.lead).astype(np.float64)
    sizes = program.block(
        (len(schools), years),
        cost=schools.column("step_cost")[:, np.newaxis] * prices.annuity * weight,
        high=np.floor(schools.column("most_steps"))[:, np.newaxis] * ready,
    )
    beds = program.block(
        (len(schools), years),
        cost=prices.bed * prices.annuity * weight,
        high=schools.column("most_beds")[:, np.newaxis] * ready,
        whole=False,
    )
    return sizes, beds


def _assign(program: Program, case: Case, *, go: Ints, left: Ints, open_: Ints) -> Ints:
    """Every group goes to one school, or is left; and only to an open one: those rows are returned."""
    choices, years = case.choices, case.years
    cells = np.arange(left.size).reshape(left.shape)
    program.add(left.size, (cells[choices.group], go, 1.0), (cells, left, 1.0), least=1.0, most=1.0)
    loose = np.flatnonzero(~(case.schools.flag("today") & ~case.schools.flag("closable"))[choices.school])
    rows = np.arange(len(loose) * years).reshape(len(loose), years)
    linked = program.height + rows.ravel()
    program.add(rows.size, (rows, go[loose], 1.0), (rows, open_[choices.school[loose]], -1.0), most=0.0)
    return linked


def _fit(program: Program, case: Case, at: Blocks) -> None:
    """Pupils fit into places, boarders into beds."""
    schools, choices = case.schools, case.choices
    number = case.pupils.by_year[choices.group]
    cells = np.arange(at.open.size).reshape(at.open.shape)
    room = np.maximum(schools.column("places")[:, np.newaxis], case.crowded)
    program.add(
        cells.size,
        (cells[choices.school], at.go, number),
        (cells, at.open, -room),
        (cells, at.sizes, -schools.column("step")[:, np.newaxis]),
        most=0.0,
    )
    lodged = np.flatnonzero(choices.boards)
    if len(lodged):
        program.add(
            cells.size,
            (cells[choices.school[lodged]], at.go[lodged], number[lodged]),
            (cells, at.open, -schools.column("beds")[:, np.newaxis]),
            (cells, at.beds, -1.0),
            most=0.0,
        )


def _staff(program: Program, case: Case, at: Blocks) -> None:
    """Teachers by pupils, and by classes of the least number; a member of a community needs fewer."""
    stages, choices, sharing = case.stages, case.choices, case.sharing
    school, stage = np.nonzero(case.schools.taught)
    place = np.full(case.schools.taught.shape, -1, dtype=np.int64)
    place[school, stage] = np.arange(len(school))
    cells = np.arange(at.teachers.size).reshape(at.teachers.shape)
    of = case.pupils.stages[choices.group]
    ratio = np.array([one.pupils_per_teacher for one in stages])
    load = case.pupils.by_year[choices.group] / ratio[of][:, np.newaxis]
    program.add(
        cells.size, (cells[place[choices.school, of]], at.go, load), (cells, at.teachers, -1.0), most=0.0
    )
    least = np.array([one.least for one in stages])[stage]
    extra = np.array([one.specialists for one in stages])[stage]
    terms = [(cells, at.teachers, -1.0), (cells, at.open[school], (least + extra)[:, np.newaxis])]
    if len(sharing):
        pair, member_stage = np.nonzero(case.schools.taught[np.asarray(sharing.member)])
        row = place[np.asarray(sharing.member)[pair], member_stage]
        terms.append((cells[row], at.shared[pair], -extra[row][:, np.newaxis]))
    program.add(cells.size, *terms, most=0.0)


def _over_years(program: Program, case: Case, at: Blocks) -> None:
    """What is closed stays closed, what is built stays, and communities last as long as their schools."""
    schools, sharing, years = case.schools, case.sharing, case.years
    today = schools.flag("today")
    sign = np.where(today, 1.0, -1.0)[:, np.newaxis]  # old schools never come back, new ones never go
    _rising(program, at.open, -sign)
    for block in (at.sizes, at.beds):
        _rising(program, block, 1.0)
    if not len(sharing):
        return
    member, lead = np.asarray(sharing.member), np.asarray(sharing.lead)
    cells = np.arange(at.open.size).reshape(at.open.shape)
    program.add(cells.size, (cells[member], at.shared, 1.0), (cells, at.open, -1.0), most=0.0)
    rows = np.arange(at.shared.size).reshape(at.shared.shape)
    # A lead is no member of another: for each pair, its share and all shares of its lead beside it.
    one, other = np.nonzero(lead[:, np.newaxis] == member[np.newaxis, :])
    program.add(
        rows.size,
        (rows, at.shared, 1.0),
        (rows[one], at.shared[other], 1.0),
        (rows, at.open[lead], -1.0),
        most=0.0,
    )
    if years > 1:
        steps = np.arange(len(sharing) * (years - 1)).reshape(len(sharing), years - 1)
        closes = today[member, np.newaxis].astype(np.float64)
        program.add(
            steps.size,
            (steps, at.shared[:, :-1], 1.0),
            (steps, at.shared[:, 1:], -1.0),
            (steps, at.open[member, :-1], -closes),
            (steps, at.open[member, 1:], closes),
            most=0.0,
        )


def _rising(program: Program, block: Ints, sign: npt.ArrayLike) -> None:
    """Rows that make a block rise over the years, or fall where the sign is negative."""
    if block.shape[1] < 2 or not len(block):
        return
    rows = np.arange(block[:, 1:].size).reshape(block[:, 1:].shape)
    program.add(rows.size, (rows, block[:, :-1], sign), (rows, block[:, 1:], -np.asarray(sign)), most=0.0)


def stay_rows(program: Program, case: Case, at: Blocks) -> None:
    """Who has come to a school in the last years is still there (Rajan and Takriti 2005)."""
    choices, years = case.choices, case.years
    pairs, place = np.unique(np.stack([choices.group, choices.school]), axis=1, return_inverse=True)
    place = place.ravel()
    before = case.pupils.schools[pairs[0]]
    high = np.ones((pairs.shape[1], years))
    high[before < 0, 0] = 0.0  # a first school is no move
    come = program.block(high.shape, high=high, whole=False)
    rows = np.arange(come.size).reshape(come.shape)
    was = np.zeros(come.shape)
    was[:, 0] = np.where(before < 0, 1.0, before == pairs[1])
    program.add(
        rows.size,
        (rows[place], at.go, 1.0),
        (rows[place][:, 1:], at.go[:, :-1], -1.0),
        (rows, come, -1.0),
        most=was.ravel(),
    )
    ends, starts = np.nonzero(
        (np.arange(years)[:, np.newaxis] >= np.arange(years))
        & (np.arange(years)[:, np.newaxis] - np.arange(years) < case.prices.stay)
    )
    program.add(
        rows.size,
        (rows[:, ends], come[:, starts], 1.0),
        (rows[place], at.go, -1.0),
        most=0.0,
    )


def _minutes(case: Case, at: Blocks, *, size: int) -> Floats:
    number = case.pupils.by_year
    cost = np.zeros(size)
    cost[at.go] = case.choices.minutes[:, np.newaxis] * number[case.choices.group]
    cost[at.left] = LEFT * number * avoidable(case)
    return cost
