"""Catchments by simulated annealing: a unit moves to another school, and who has to make room moves on."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints
from tongqu.methods._jit import kernel
from tongqu.methods.schools._case import NOWHERE, SLACK, Case

__all__ = ["Board", "anneal", "board_of", "rounded"]

NOBODY: Final = -1
"""In place of a unit."""


class Board(NamedTuple):
    """A case as arrays that kernels take; see `tongqu.methods.schools._case.Case`.

    ``lost`` is what a unit without a school counts; ``behind`` are the columns whose onward column a column
    is, ``mate`` the units that are worth having at one place, each with its reward.
    """

    first: Ints
    unit: Ints
    school: Ints
    cost: Floats
    onward: Ints
    detour: Floats
    lost: Floats
    need: Floats
    low: Ints
    high: Ints
    room: Floats
    behind_first: Ints
    behind: Ints
    mate_first: Ints
    mate: Ints
    reward: Floats
    campus: Ints


class _Members(NamedTuple):
    """Who is at which school: places of a list for each school, its length, and each unit's position."""

    offset: Ints
    units: Ints
    many: Ints
    spot: Ints


def board_of(case: Case, *, priced: float) -> Board:
    """The case as kernels take it.

    Parameters
    ----------
    case : Case
    priced : float
        Minutes that a pupil without a school counts.
    """
    has = np.flatnonzero(case.onward >= 0)
    behind = has[np.argsort(case.onward[has], kind="stable")].astype(np.int64)
    ends = np.append(case.one, case.two)
    mate, reward = np.append(case.two, case.one), np.append(case.reward, case.reward)
    order = np.argsort(ends, kind="stable")
    return Board(
        first=case.first,
        unit=case.unit,
        school=case.school,
        cost=case.cost,
        onward=case.onward,
        detour=case.detour,
        lost=priced * case.weight,
        need=case.need,
        low=case.low,
        high=case.high,
        room=case.room * (1 + SLACK),
        behind_first=np.searchsorted(case.onward[behind], np.arange(case.columns + 1)).astype(np.int64),
        behind=behind,
        mate_first=np.searchsorted(ends[order], np.arange(case.weight.size + 1)).astype(np.int64),
        mate=mate[order],
        reward=reward[order],
        campus=case.campus,
    )


def rounded(case: Case, share: Floats) -> Ints:
    """A choice from shares of the relaxation: the largest share that has room, the largest units first."""
    choice = np.full(case.weight.size, NOWHERE, dtype=np.int64)
    left, first = case.room * (1 + SLACK), case.first
    best = np.zeros(case.weight.size)
    np.maximum.at(best, case.unit, share)
    for unit in np.lexsort((-case.weight, -np.round(best, 6))):
        columns = np.arange(first[unit], first[unit + 1])
        schools = case.school[columns]
        fits = columns[(left[schools] >= case.need[unit]).all(axis=1)]
        if fits.size:
            column = fits[np.lexsort((case.cost[fits], -np.round(share[fits], 6)))[0]]
            left[case.school[column]] -= case.need[unit]
            choice[unit] = column
    return choice


@kernel
def _random(state: npt.NDArray[np.uint64]) -> float:
    """A number in [0, 1) by splitmix64 (Steele, Lea, Flood 2014, OOPSLA)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    drawn: float = float(z >> np.uint64(11)) / 9007199254740992.0
    return drawn


@kernel
def _charge(board: Board, choice: Ints, who: int, column: int) -> float:
    """What a unit pays at a column, with what that means for those behind it and for its mates."""
    if column < 0:
        nowhere: float = board.lost[who]
        return nowhere
    paid: float = board.cost[column]
    ahead = board.onward[column]
    if ahead >= 0 and choice[board.unit[ahead]] != ahead:
        paid += board.detour[column]
    for at in range(board.behind_first[column], board.behind_first[column + 1]):
        one = board.behind[at]
        if choice[board.unit[one]] == one:
            paid -= board.detour[one]
    here = board.campus[board.school[column]]
    for at in range(board.mate_first[who], board.mate_first[who + 1]):
        other = choice[board.mate[at]]
        if other >= 0 and board.campus[board.school[other]] == here:
            paid -= board.reward[at]
    return paid


@kernel
def _enter(board: Board, members: _Members, left: Floats, who: int, column: int) -> None:
    """A unit comes to the school of a column."""
    if column >= 0:
        at = board.school[column]
        members.spot[who] = members.many[at]
        members.units[members.offset[at] + members.many[at]] = who
        members.many[at] += 1
        for age in range(board.low[who], board.high[who]):
            left[at, age] -= board.need[who, age]


@kernel
def _leave(board: Board, members: _Members, left: Floats, who: int, column: int) -> None:
    """A unit leaves the school of a column."""
    if column >= 0:
        at = board.school[column]
        members.many[at] -= 1
        last = members.units[members.offset[at] + members.many[at]]
        members.units[members.offset[at] + members.spot[who]] = last
        members.spot[last] = members.spot[who]
        for age in range(board.low[who], board.high[who]):
            left[at, age] += board.need[who, age]


@kernel
def _fits(board: Board, left: Floats, who: int, at: int) -> bool:
    """Whether a school has room for a unit."""
    for age in range(board.low[who], board.high[who]):  # noqa: SIM110 - compiled
        if left[at, age] < board.need[who, age]:
            return False
    return True


@kernel
def _elsewhere(board: Board, choice: Ints, left: Floats, who: int, at: int) -> int:
    """The cheapest column with room for a unit, not at one school; -1 when nowhere is cheaper."""
    found, least = -1, board.lost[who]
    for column in range(board.first[who], board.first[who + 1]):
        if board.school[column] != at and _fits(board, left, who, board.school[column]):
            paid = _charge(board, choice, who, column)
            if paid < least:
                found, least = column, paid
    return found


@kernel
def anneal(board: Board, start: Ints, moves: int, hot: float, cold: float, seed: int) -> Ints:
    """The best choice met on a random walk that gets ever less willing to take a worse one.

    Parameters
    ----------
    board : Board
    start : numpy.ndarray of int
        A choice that keeps the room: column of each unit, -1 without; shape (units,).
    moves : int
        Moves tried.
    hot, cold : float
        First and last temperature, pupil-minutes, above 0.
    seed : int

    References
    ----------
    Kirkpatrick, S., Gelatt, C. D., Vecchi, M. P. (1983), Optimization by simulated annealing, Science 220,
    671-680. Moves: Yagiura, M., Ibaraki, T., Glover, F. (2004), An ejection chain approach for the
    generalized assignment problem, INFORMS Journal on Computing 16, 133-151.
    """
    units, schools = board.first.size - 1, board.room.shape[0]
    state = np.array([seed], dtype=np.uint64)
    left, choice, best = board.room.copy(), start.copy(), start.copy()
    offset = np.zeros(schools + 1, dtype=np.int64)
    for column in range(board.unit.size):
        offset[board.school[column] + 1] += 1
    members = _Members(
        np.cumsum(offset),
        np.empty(board.unit.size, dtype=np.int64),
        np.zeros(schools, dtype=np.int64),
        np.zeros(units, dtype=np.int64),
    )
    for who in range(units):
        _enter(board, members, left, who, choice[who])
    heat, cooling = hot, np.exp(np.log(cold / hot) / max(moves, 1))
    value = best_value = 0.0
    for _ in range(moves):
        heat *= cooling
        who = int(_random(state) * units)
        draw = _random(state)  # squared: near schools are tried more often
        new = board.first[who] + int(draw * draw * (board.first[who + 1] - board.first[who]))
        old = choice[who]
        if new == board.first[who + 1] or new == old:
            continue
        at = board.school[new]
        other = NOBODY
        if not _fits(board, left, who, at):
            if members.many[at] == 0:
                continue
            other = members.units[members.offset[at] + int(_random(state) * members.many[at])]
            if board.low[other] != board.low[who]:
                continue
        change = -_charge(board, choice, who, old)
        gone = -1
        if other >= 0:
            gone = choice[other]
            _leave(board, members, left, other, gone)
            if not _fits(board, left, who, at):
                _enter(board, members, left, other, gone)
                continue
        change += _charge(board, choice, who, new)
        _leave(board, members, left, who, old)
        choice[who] = new
        _enter(board, members, left, who, new)
        then = -1
        if other >= 0:
            change -= _charge(board, choice, other, gone)
            then = _elsewhere(board, choice, left, other, at)
            change += _charge(board, choice, other, then)
            choice[other] = then
            _enter(board, members, left, other, then)
        if change > 0 and _random(state) >= np.exp(-change / heat):
            if other >= 0:
                _leave(board, members, left, other, then)
                choice[other] = gone
            _leave(board, members, left, who, new)
            choice[who] = old
            _enter(board, members, left, who, old)
            if other >= 0:
                _enter(board, members, left, other, gone)
            continue
        value += change
        if value < best_value - 1e-9:
            best_value = value
            best[:] = choice
    return best
