"""Parts of a school network that share no school: solved apart, one after another or side by side."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from tongqu.base import Problem
from tongqu.methods._arrays import Bools, Ints
from tongqu.methods.schools.network.program import Case, Decisions, may_go
from tongqu.methods.schools.network.search import solve_case
from tongqu.methods.schools.network.terms import Choices, Pupils, Sharing, refused

__all__ = ["in_parts", "moved_again", "solved"]

LEAST_SECONDS: Final = 1.0
"""Each part of a network gets so much at least."""
LARGE: Final = 300
"""Choices from which on a part is worth a process of its own."""


def moved_again(school: Ints, today: Ints, *, stay: int) -> Bools:
    """Groups that come to a school and do not stay there for so many years.

    Parameters
    ----------
    school : numpy.ndarray of int
        School of each group, -1 for none, shape (groups, years).
    today : numpy.ndarray of int
        School before the first year, -1 for none, shape (groups,).
    stay : int
        Years.

    Returns
    -------
    numpy.ndarray of bool
        Shape (groups,).

    Examples
    --------
    >>> moved_again(np.array([[0, 1, 2], [0, 1, 1]]), np.array([0, 0]), stay=3)
    array([ True, False])
    """
    years = school.shape[1]
    before = np.concatenate([np.where(today < 0, school[:, 0], today)[:, np.newaxis], school[:, :-1]], axis=1)
    comes = (school >= 0) & (school != before)
    again = np.zeros(len(school), dtype=np.bool_)
    for step in range(1, min(stay, years)):
        again |= (comes[:, :-step] & (school[:, step:] != school[:, :-step])).any(axis=1)
    return again


def in_parts(
    case: Case, *, minutes: bool = False, gap: float, seconds: float, processes: int = 1
) -> tuple[Decisions, float]:
    """Each part of the network that shares no school with the others on its own; the larger ones first."""
    group, school = _parts(case)
    whole, bound = _nothing(case), 0.0
    order = np.argsort(-np.bincount(group, minlength=int(school.max(initial=0)) + 1), kind="stable")
    parts = [_part(case, groups=group == part, schools=school == part) for part in order]
    solved = _solved_parts(
        [one for *_, one in parts], minutes=minutes, gap=gap, seconds=seconds, processes=processes
    )
    for part, (inside, pair, _), (found, least) in zip(order, parts, solved, strict=True):
        bound += least
        rows, chosen = np.flatnonzero(group == part), found.choice
        whole.open[school == part] = found.open
        whole.size[school == part] = found.size
        whole.choice[rows] = np.where(chosen >= 0, inside[np.maximum(chosen, 0)], -1) if len(inside) else -1
        whole.shared[pair] = found.shared
    return whole, bound


def _solved_parts(
    cases: Sequence[Case], *, minutes: bool, gap: float, seconds: float, processes: int
) -> list[tuple[Decisions, float]]:
    """Decisions and bound of each part, one after another, or side by side.

    A part has time by the number of its choices; one after another, what a part leaves goes to the others.
    """
    work = float(max(sum(len(case.choices) for case in cases), 1))
    if processes > 1 and sum(len(case.choices) >= LARGE for case in cases) > 1:
        # Not by forking: the solver keeps threads, which a forked process would lack.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            share = seconds * processes / work
            waiting = [
                pool.submit(
                    solved,
                    case,
                    minutes=minutes,
                    gap=gap,
                    seconds=max(share * len(case.choices), LEAST_SECONDS),
                )
                for case in cases
            ]
            return [one.result() for one in waiting]
    found, left = [], seconds
    for case in cases:
        start = time.perf_counter()
        share = max(left * len(case.choices) / max(work, 1.0), LEAST_SECONDS)
        found.append(solved(case, minutes=minutes, gap=gap, seconds=share))
        left -= time.perf_counter() - start
        work -= len(case.choices)
    return found


def _parts(case: Case) -> tuple[Ints, Ints]:
    """Part of each group and of each school."""
    groups, schools = len(case.pupils), len(case.schools)
    head = np.concatenate([case.choices.group, np.asarray(case.sharing.member) + groups])
    tail = np.concatenate([case.choices.school, np.asarray(case.sharing.lead)]) + groups
    size = groups + schools
    links = sp.coo_array((np.ones(len(head)), (head, tail)), shape=(size, size))
    _, part = connected_components(links, directed=False)
    return part[:groups].astype(np.int64), part[groups:].astype(np.int64)


def _part(case: Case, *, groups: Bools, schools: Bools) -> tuple[Ints, Ints, Case]:
    """Choices and sharing pairs inside a part, and the part as a network of its own."""
    choices, sharing = case.choices, case.sharing
    inside = np.flatnonzero(groups[choices.group])
    pair = np.flatnonzero(schools[np.asarray(sharing.member, dtype=np.int64)])
    to_group, to_school = np.cumsum(groups) - 1, np.cumsum(schools) - 1
    mine = choices.of(inside)
    today = case.pupils.schools[groups]
    return (
        inside,
        pair,
        Case(
            stages=case.stages,
            schools=case.schools.of(np.flatnonzero(schools)),
            pupils=Pupils(
                names=tuple(np.array(case.pupils.names, dtype=object)[groups]),
                stage=case.pupils.stages[groups],
                number=case.pupils.by_year[groups],
                # A school out of all choices belongs to another part: nobody can stay there.
                school=np.where((today >= 0) & schools[today], to_school[today], -1),
            ),
            choices=Choices(
                group=to_group[mine.group],
                school=to_school[mine.school],
                minutes=mine.minutes,
                boards=mine.boards,
                yearly=mine.yearly,
                lawful=mine.lawful,
            ),
            sharing=Sharing(
                member=to_school[np.asarray(sharing.member, dtype=np.int64)[pair]],
                lead=to_school[np.asarray(sharing.lead, dtype=np.int64)[pair]],
                yearly=np.asarray(sharing.yearly)[pair],
            ),
            prices=case.prices,
            crowded=case.crowded[schools],
        ),
    )


def _nothing(case: Case) -> Decisions:
    """Every school of today stays open, nobody goes anywhere: to be filled."""
    years = case.years
    return Decisions(
        open=np.repeat(case.schools.flag("today")[:, np.newaxis], years, axis=1),
        choice=np.full((len(case.pupils), years), -1, dtype=np.int64),
        size=np.zeros((len(case.schools), years), dtype=np.int64),
        shared=np.zeros((len(case.sharing), years), dtype=np.bool_),
    )


def solved(
    case: Case,
    *,
    minutes: bool,
    money: float = np.inf,
    left: float = np.inf,
    gap: float,
    seconds: float,
) -> tuple[Decisions, float]:
    """Decisions and the bound; where time was too short for any, nothing is done."""
    found = solve_case(case, minutes=minutes, money=money, left=left, gap=gap, seconds=seconds)
    if found.bound == np.inf:
        refused([_TOO_LITTLE])
    return found.decisions or _as_before(case), max(found.bound, 0.0)


def _as_before(case: Case) -> Decisions:
    """Nothing is done: who has a lawful place at the school of today stays, in order, the others are left."""
    made, choices = _nothing(case), case.choices
    may, number = may_go(case) > 0, case.pupils.by_year
    left = np.maximum(case.schools.column("places")[:, np.newaxis], case.crowded)
    beds = np.repeat(case.schools.column("beds")[:, np.newaxis], case.years, axis=1)
    for row in np.flatnonzero(choices.school == case.pupils.schools[choices.group]):
        group, school = choices.group[row], choices.school[row]
        fits = may[row] & (made.choice[group] < 0) & (number[group] <= left[school])
        if choices.boards[row]:
            fits &= number[group] <= beds[school]
            beds[school] -= np.where(fits, number[group], 0.0)
        left[school] -= np.where(fits, number[group], 0.0)
        made.choice[group, fits] = row
    again = moved_again(
        np.where(made.choice >= 0, choices.school[np.maximum(made.choice, 0)], -1),
        case.pupils.schools,
        stay=case.prices.stay,
    )
    made.choice[again] = -1
    return made


_TOO_LITTLE = Problem(
    rule="no plan costs so little",
    mend="give more money, or leave the limit out to see the least cost",
    column="money",
)
