"""Search the program of a school network: whole if it is small, else school by school and path by path."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint

from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods._milp import solve
from tongqu.methods.schools.network.paths import Paths, paths_of
from tongqu.methods.schools.network.program import (
    Blocks,
    Case,
    Decisions,
    Program,
    may_go,
    program_of,
    stay_rows,
)

__all__ = ["Found", "solve_case"]

HALF: Final = 0.5
"""Above it a variable of 0 or 1 is taken as 1."""
EPS: Final = 1e-6
"""How far a value may be from a whole one."""
SMALL: Final = 3000
"""Variables of 0 or 1 up to which a program is searched whole."""
PARTS: Final = (1 - 1e-6, 0.5)
"""What share of a school has to be open in the relaxation so that it stays: tried in turn."""
SCHOOLS: Final = 0.4
"""Part of the time for choosing which schools are open when."""
VILLAGES: Final = 0.8
"""Part of the time that is left for giving every village its path; the rest is for a higher bound."""
PART: Final = 0.3
"""Part of the gap that each search in turn may leave."""
WIDER: Final = 3
"""Searches for whole villages: those torn apart, all at their schools, all."""
TAKEN: Final = 0.3
"""Share of the torn villages that take their surest path before the relaxation is solved again."""
ROUNDED: Final = 1e-4
"""Gap to which classes and communities are made whole when all paths are known."""
LEAST_SECONDS: Final = 5.0
"""Each search gets so much at least."""
INFEASIBLE: Final = 2
"""Status of ``scipy.optimize.milp`` when no answer keeps all rows."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """Decisions and what no decisions can go below; None where time ran out before any were found."""

    decisions: Decisions | None
    bound: float


def solve_case(
    case: Case,
    *,
    minutes: bool = False,
    money: float = np.inf,
    left: float = np.inf,
    gap: float,
    seconds: float,
) -> Found:
    """The best decisions for a network: least cost, or least pupil-minutes within money.

    A small program is searched whole. Of a large one the linear relaxation is solved; it is the bound, and
    nearly whole. Schools that it tears apart are decided while villages take paths through the years in
    parts; then villages are whole, those torn apart before the others. Where the gap is
    too wide, the relaxation is solved again with the rows that nobody is moved twice, for a higher bound.

    Parameters
    ----------
    case : Case
        The network.
    minutes : bool
        Whether pupil-minutes are least, not cost.
    money : float
        Most discounted cost, 万元.
    left : float
        Most pupils and years without a place that they could have, where money is limited.
    gap, seconds : float
        When the search may stop.
    """
    end = time.perf_counter() + seconds
    program, at, cost, constant = program_of(case, minutes=minutes, money=money, left=left)
    if sum(int(part.sum()) for part in program.whole) <= SMALL:
        values, bound = _whole(program, case, at, cost=cost, gap=gap, end=end)
    else:
        values, bound = _by_paths(program, case, at, cost=cost, gap=gap, end=end)
    decided = None if values is None else _decided(values, case, at)
    return Found(decisions=decided, bound=bound + constant)


def _whole(
    program: Program, case: Case, at: Blocks, *, cost: Floats, gap: float, end: float
) -> tuple[Floats | None, float]:
    """Values and bound of the program as it is."""
    stay_rows(program, case, at)
    kinds = np.concatenate(program.whole)
    cost = np.concatenate([cost, np.zeros(program.size - len(cost))])
    found = solve(
        cost,
        constraints=program.made(),
        integrality=kinds,
        bounds=Bounds(np.concatenate(program.low), np.concatenate(program.high)),
        gap=gap,
        seconds=max(end - time.perf_counter(), LEAST_SECONDS),
    )
    return None if found.x is None else np.asarray(found.x, dtype=np.float64), _bound(found)


def _bound(found: Any) -> float:
    """What an answer cannot go below."""
    if found.status == INFEASIBLE:
        return np.inf
    known = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    return -np.inf if known is None else float(known)


def _left(end: float) -> float:
    return max(end - time.perf_counter(), LEAST_SECONDS)


def _near(total: float, bound: float, *, gap: float) -> bool:
    return bool(np.isfinite(total)) and total - bound <= gap * abs(total)


def _torn(values: Floats) -> Bools:
    """Rows in which a value is neither 0 nor 1, shape (rows,)."""
    return np.asarray((np.abs(values - np.round(values)) > EPS).any(axis=1))


def _by_paths(
    program: Program, case: Case, at: Blocks, *, cost: Floats, gap: float, end: float
) -> tuple[Floats | None, float]:
    """Values of a large program, None if there are none, and the bound."""
    low, high = np.concatenate(program.low), np.concatenate(program.high)
    rows, no = program.made(), np.zeros(len(cost), dtype=np.int64)
    loose = solve(cost, constraints=rows, integrality=no, bounds=Bounds(low, high), seconds=_left(end))
    if loose.x is None:
        return None, _bound(loose)
    ready = _Ready(rows, case, at, cost, low, high)
    bound = float(loose.fun)
    middle = time.perf_counter() + SCHOOLS * _left(end)
    # The relaxation over paths where any school may be open is many times as large and hardly nearer.
    open_ = _schools(ready, np.asarray(loose.x, dtype=np.float64)[at.open], end=middle)
    last = time.perf_counter() + VILLAGES * _left(end)
    values = _villages(ready.along(open_), case, at, bound=bound, gap=gap, end=last)
    if values is not None and not _near(float(cost @ values), bound, gap=gap):
        bound = max(bound, _stay_bound(program, case, at, cost=cost, end=end))
    return values, bound


def _stay_bound(program: Program, case: Case, at: Blocks, *, cost: Floats, end: float) -> float:
    """Value of the relaxation with the rows that nobody is moved twice; -inf if time runs out."""
    stay_rows(program, case, at)
    found = solve(
        np.concatenate([cost, np.zeros(program.size - len(cost))]),
        constraints=program.made(),
        integrality=np.zeros(program.size, dtype=np.int64),
        bounds=Bounds(np.concatenate(program.low), np.concatenate(program.high)),
        seconds=_left(end),
    )
    return -np.inf if found.x is None else float(found.fun)


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A program ready to be searched along paths."""

    rows: LinearConstraint
    case: Case
    at: Blocks
    cost: Floats
    low: Floats
    high: Floats

    def along(self, open_: Bools) -> _Along:
        """Its paths where it is known which schools are open, shape (schools, years)."""
        may = (may_go(self.case) > 0) & open_[self.case.choices.school]
        low, high = self.low.copy(), self.high.copy()
        low[self.at.open] = high[self.at.open] = open_
        return _along(self.rows, self.case, self.at, may, cost=self.cost, ends=(low, high))


def _schools(ready: _Ready, share: Floats, *, end: float) -> Bools:
    """Which schools are open when: those that the relaxation tears apart close as early as pays."""
    best = share > EPS  # open wherever any pupil is sent: nobody is stranded
    spots = np.flatnonzero(_torn(share))
    least = _worth(ready, best, end=end)
    for spot in spots[np.argsort(share[spots].sum(axis=1), kind="stable")]:
        for part in PARTS:
            if time.perf_counter() > end:
                return np.asarray(best)
            tried = best.copy()
            tried[spot] = share[spot] > part
            if (tried == best).all():
                continue
            found = _worth(ready, tried, end=end)
            if found < least:
                best, least = tried, found
    return np.asarray(best)


def _worth(ready: _Ready, open_: Bools, *, end: float) -> float:
    """Least cost with these schools open while villages may be torn apart."""
    along = ready.along(open_)
    found = along.relaxed(end=end)
    return np.inf if found is None else float(along.cost @ found)


@dataclass(frozen=True, slots=True, eq=False)
class _Along:
    """A program with paths in place of the choices of each year; other variables follow in their order.

    Parameters
    ----------
    paths : Paths
    cells, others : numpy.ndarray of int
        Variables of the program that paths replace, and the rest.
    rows : LinearConstraint
        Those of the program, then one for each group.
    cost, low, high : numpy.ndarray of float
        Of paths and other variables.
    """

    paths: Paths
    cells: Ints
    others: Ints
    rows: LinearConstraint
    cost: Floats
    low: Floats
    high: Floats

    @property
    def count(self) -> int:
        return len(self.paths.group)

    def where(self, block: Ints) -> Ints:
        """Positions of a block of other variables."""
        return np.asarray(np.searchsorted(self.others, block) + self.count)

    def run(self, *, kinds: Ints, ends: tuple[Floats, Floats], gap: float, end: float) -> Floats | None:
        found = solve(
            self.cost,
            constraints=self.rows,
            integrality=kinds,
            bounds=Bounds(*ends),
            gap=gap,
            seconds=_left(end),
        )
        return None if found.x is None else np.asarray(found.x, dtype=np.float64)

    def relaxed(self, *, end: float) -> Floats | None:
        """Values where nothing has to be whole."""
        no = np.zeros(len(self.cost), dtype=np.int64)
        return self.run(kinds=no, ends=(self.low, self.high), gap=0.0, end=end)

    def full(self, values: Floats) -> Floats:
        """Values of the program's own variables."""
        made = np.zeros(len(self.cells) + len(self.others))
        made[self.others] = values[self.count :]
        made[self.cells] = self.paths.cover @ values[: self.count]
        return made


def _along(
    rows: LinearConstraint,
    case: Case,
    at: Blocks,
    may: Bools,
    *,
    cost: Floats,
    ends: tuple[Floats, Floats],
) -> _Along:
    choices, groups = case.choices, len(case.pupils)
    stay, today = case.prices.stay, case.pupils.schools
    paths = paths_of(may, choices.group, choices.school, today=today, stay=stay)
    cells, count = at.go.ravel(), len(paths.group)
    others = np.setdiff1d(np.arange(len(cost)), cells)
    table: Any = rows.A
    matrix = sp.csr_array(table)
    kept = np.ones(matrix.shape[0], dtype=np.bool_)
    # Paths keep to open schools by themselves.
    kept[at.linked] = False
    matrix = matrix[kept]
    once = sp.csr_array((np.ones(count), (paths.group, np.arange(count))), shape=(groups, count))
    rest = sp.csr_array((groups, len(others)))
    return _Along(
        paths=paths,
        cells=cells,
        others=others,
        rows=LinearConstraint(
            sp.vstack(
                [
                    sp.hstack([matrix[:, cells] @ paths.cover, matrix[:, others]], format="csr"),
                    sp.hstack([once, rest], format="csr"),
                ],
                format="csr",
            ),
            np.concatenate([np.asarray(rows.lb)[kept], np.full(groups, -np.inf)]),
            np.concatenate([np.asarray(rows.ub)[kept], np.ones(groups)]),
        ),
        cost=np.concatenate([cost[cells] @ paths.cover, cost[others]]),
        low=np.concatenate([np.zeros(count), ends[0][others]]),
        high=np.concatenate([np.ones(count), ends[1][others]]),
    )


def _villages(
    along: _Along, case: Case, at: Blocks, *, bound: float, gap: float, end: float
) -> Floats | None:
    """Values with whole villages: those that the relaxation tears apart are searched, in widening circles."""
    torn = along.relaxed(end=end)
    if torn is None:
        return None
    kinds = np.zeros(len(along.cost), dtype=np.int64)
    kinds[: along.count] = 1
    for block in (at.sizes, at.shared):
        kinds[along.where(block)] = 1
    share = torn[: along.count]
    group = along.paths.group
    free = np.zeros(len(case.pupils), dtype=np.bool_)
    free[group[np.abs(share - np.round(share)) > EPS]] = True
    best = _dived(along, torn, kinds=kinds, end=end)
    total = np.inf if best is None else float(along.cost @ best)
    for wide in range(WIDER):
        if _near(total, bound, gap=gap) or (best is not None and time.perf_counter() > end):
            break
        low, high = along.low.copy(), along.high.copy()
        if wide < WIDER - 1:
            held = np.flatnonzero(~free[group])
            low[held] = high[held] = np.round(share[held])
        found = along.run(kinds=kinds, ends=(low, high), gap=gap * PART, end=end)
        if found is not None and along.cost @ found < total:
            best, total = found, float(along.cost @ found)
        free = _wider(along, case, free, share)
    return None if best is None else along.full(np.where(kinds > 0, np.round(best), best))


def _dived(along: _Along, torn: Floats, *, kinds: Ints, end: float) -> Floats | None:
    """Whole villages, found from the relaxation down: the surest paths of torn ones are taken first.

    Each time the relaxation is solved again, so that what is left makes room for what was taken. Where too
    many were taken at once, one is; where not even that has room, that path is given up.
    """
    count, group = along.count, along.paths.group
    no = np.zeros(len(along.cost), dtype=np.int64)
    low, high, values, most = along.low.copy(), along.high.copy(), torn, TAKEN
    while (split := _split(values[:count])).any():
        sure = np.zeros(int(group.max()) + 1)
        np.maximum.at(sure, group[split], values[:count][split])
        spots = np.flatnonzero(split & (values[:count] == sure[group]))
        _, first = np.unique(group[spots], return_index=True)
        spots = spots[first][np.argsort(-values[spots[first]], kind="stable")]
        taken = spots[: max(int(len(spots) * most), 1)]
        tried = low.copy()
        tried[:count][values[:count] >= 1 - EPS] = 1.0
        tried[taken] = 1.0
        found = along.run(kinds=no, ends=(tried, high), gap=0.0, end=end)
        if found is not None:
            low, values, most = tried, found, TAKEN
        elif most > 0:
            most = 0.0
        elif high[taken[0]] > 0:
            high[taken[0]] = 0.0
            found = along.run(kinds=no, ends=(low, high), gap=0.0, end=end)
            if found is None:
                return None
            values = found
    low[:count] = high[:count] = np.round(values[:count])
    whole = kinds.copy()
    whole[:count] = 0
    return along.run(kinds=whole, ends=(low, high), gap=ROUNDED, end=end)


def _split(share: Floats) -> Bools:
    return np.asarray((share > EPS) & (share < 1 - EPS))


def _wider(along: _Along, case: Case, free: Bools, share: Floats) -> Bools:
    """The free groups, and all that go to one of their schools in any year."""
    cells = sp.coo_array(along.paths.cover)
    used = share[cells.col] > EPS
    school = case.choices.school[cells.row[used] // case.years]
    group = along.paths.group[cells.col[used]]
    shared = np.zeros(len(case.schools), dtype=np.bool_)
    shared[school[free[group]]] = True
    wider = free.copy()
    wider[group[shared[school]]] = True
    return wider


def _decided(values: Floats, case: Case, at: Blocks) -> Decisions:
    chosen = np.full(at.left.shape, -1, dtype=np.int64)
    row, year = np.nonzero(values[at.go] > HALF)
    chosen[case.choices.group[row], year] = row
    return Decisions(
        open=values[at.open] > HALF,
        choice=chosen,
        size=np.rint(values[at.sizes]).astype(np.int64),
        shared=values[at.shared] > HALF,
    )
