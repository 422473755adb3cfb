"""Plan a school network over years: open, extend, close, board, share, mend; least cost or least way."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from tongqu.base import Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats
from tongqu.methods.schools.network.price import Costs, beds_needed, load_of, priced, teachers_needed
from tongqu.methods.schools.network.program import LEFT, Case, Decisions, avoidable, may_go
from tongqu.methods.schools.network.search import solve_case
from tongqu.methods.schools.network.terms import (
    Choices,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    refused,
)

__all__ = ["NetworkPlan", "moved_again", "plan_network"]

LEAST_SECONDS: Final = 1.0
"""Each part of a network gets so much at least."""
LARGE: Final = 300
"""Choices from which on a part is worth a process of its own."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NetworkPlan:
    """Which schools are open when, who goes where, what it costs, and how near that is to the best.

    Parameters
    ----------
    case : Case
        What was planned.
    decisions : Decisions
        What is done.
    school : numpy.ndarray of int
        School of each group, -1 where none is lawful or has room, shape (groups, years).
    minutes : numpy.ndarray of float
        One way of each group, nan without a school, shape (groups, years).
    boards : numpy.ndarray of bool
        Whether the group boards, shape (groups, years).
    load : numpy.ndarray of float
        Pupils, shape (schools, stages, years).
    teachers : numpy.ndarray of float
        Full-time teachers, not rounded, shape (schools, stages, years).
    beds : numpy.ndarray of float
        Boarding places added by then, shape (schools, years).
    costs : Costs
        By year.
    cost : float
        Discounted sum, 万元, without what pupils without a place count.
    aim : {"cost", "minutes"}
        What was least.
    total, bound, gap : float
        Value of the aim, with what pupils without a place count; what no plan can go below, among these
        choices; and their difference as a share of the total.
    """

    case: Case
    decisions: Decisions
    school: Ints
    minutes: Floats
    boards: Bools
    load: Floats
    teachers: Floats
    beds: Floats
    costs: Costs
    cost: float
    aim: Literal["cost", "minutes"]
    total: float
    bound: float
    gap: float

    @property
    def without(self) -> Bools:
        """Groups with pupils and no school, shape (groups, years)."""
        return np.asarray((self.school < 0) & (self.case.pupils.by_year > 0))

    @property
    def pupil_minutes(self) -> Floats:
        """One-way minutes of all pupils together, shape (years,)."""
        return np.asarray((np.nan_to_num(self.minutes) * self.case.pupils.by_year).sum(axis=0))


def plan_network(
    pupils: Pupils,
    choices: Choices,
    *,
    schools: Schools,
    stages: Sequence[StageNorm],
    prices: Prices,
    sharing: Sharing | None = None,
    aim: Literal["cost", "minutes"] = "cost",
    money: float = np.inf,
    gap: float = 0.005,
    seconds: float = 180.0,
    processes: int = 1,
) -> NetworkPlan:
    """Plan a school network over years by an integer program with a proven bound.

    In each year every group of pupils (a village and stage, never torn apart) goes to one open school among
    its choices. The plan closes schools of today, builds new ones, extends them, adds boarding places, joins
    small ones to the campus management of a lead school, and mends or closes unsafe ones in time. Hard rows
    see to it that nobody rides beyond the norm after the years of relief, that pupils fit into places of the
    class norm, that a child who is moved finds both, and that nobody is moved twice within `prices.stay`
    years. Who cannot be placed at all is left without and named, at a price above that of any place.

    Teachers are the larger of pupils by ratio, and of the least number of classes by teachers a class plus
    specialists (unless shared), in full-time equivalents. Buildings are charged as annuities.

    Parameters
    ----------
    pupils : Pupils
        Groups with their number in each year.
    choices : Choices
        Which schools they may go to; see `lawful_choices`.
    schools : Schools
        Today's and possible ones.
    stages : sequence of StageNorm
        Norms.
    prices : Prices
        Prices, and times that things take.
    sharing : Sharing, optional
        Which schools may join which lead school.
    aim : {"cost", "minutes"}
        Least discounted cost, or least pupil-minutes within `money`.
    money : float
        Most discounted cost of the plan, 万元; it joins all parts of the network into one program.
    gap : float
        Relative gap at which the search may stop.
    seconds : float
        Most time; with less, the answer depends on the machine, and its gap says how good it is.
    processes : int
        How many processes share the parts that share no school; where money joins them, one. A script that
        asks for more than one guards its main part by ``if __name__ == "__main__":``.

    Returns
    -------
    NetworkPlan
        Costs are those of the decisions, priced by themselves.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, a group names an unknown stage, or the school
        of today is closed or does not teach it; all of them are named. Or if nothing can be had for the
        money.

    References
    ----------
    Antunes, A., Peeters, D. (2001), On solving complex multi-period location models using simulated
    annealing, European Journal of Operational Research 130, 190-201 (school networks: open, close, resize).
    Rajan, D., Takriti, S. (2005), Minimum up/down polytopes of the unit commitment problem, IBM RC23628
    (nobody is moved twice).

    Examples
    --------
    Two small schools; one has room for all, and the ride is short: the other closes in the second year.

    >>> stage = StageNorm(
    ...     name="primary", grades=6, class_size=45, pupils_per_teacher=19, teachers_per_class=1.5
    ... )
    >>> schools = Schools(names=("a", "b"), stages=[[True], [True]], places=[270, 120], yearly=20)
    >>> pupils = Pupils(names=("u", "v"), stage=[0, 0], number=[[60, 60], [30, 30]], school=[0, 1])
    >>> ways = Choices(
    ...     group=np.array([0, 1, 1]),
    ...     school=np.array([0, 1, 0]),
    ...     minutes=np.array([5.0, 3, 15]),
    ...     boards=np.zeros(3, dtype=bool),
    ...     yearly=np.array([0, 0, 0.2]),
    ...     lawful=np.ones(3, dtype=bool),
    ... )
    >>> found = plan_network(pupils, ways, schools=schools, stages=[stage], prices=Prices(teacher=12))
    >>> found.school.tolist(), found.decisions.open.tolist(), found.costs.total.round(1).tolist()
    ([[0, 0], [1, 0]], [[True, True], [True, False]], [256.0, 134.0])
    """
    case = _case(pupils, choices, schools, stages=stages, prices=prices, sharing=sharing)
    floats([gap, seconds, money], column="gap, seconds, money", low=0)
    if np.isfinite(money):  # nobody is left out for money: as many are placed as where it does not count
        placed, _ = _in_parts(case, gap=gap, seconds=seconds / 2)
        least = float((case.pupils.by_year * (avoidable(case) & (placed.choice < 0))).sum())
        decisions, bound = _solved(
            case, minutes=aim == "minutes", money=money, left=least, gap=gap, seconds=seconds / 2
        )
    else:
        decisions, bound = _in_parts(
            case, minutes=aim == "minutes", gap=gap, seconds=seconds, processes=processes
        )
    return _plan(case, decisions, aim=aim, bound=bound)


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


def _case(
    pupils: Pupils,
    choices: Choices,
    schools: Schools,
    *,
    stages: Sequence[StageNorm],
    prices: Prices,
    sharing: Sharing | None,
) -> Case:
    """The network with everything checked, all problems at once."""
    problems: list[Problem] = []

    def note(bad: Bools, names: Sequence[str], column: str, rule: str, mend: str) -> None:
        shown = ", ".join(names[spot] for spot in np.flatnonzero(bad)[:5])
        if bad.any():
            problems.append(Problem(rule=rule, mend=mend, column=column, value=shown))

    stage, today, number = pupils.stages, pupils.schools, pupils.by_year
    unknown = (stage < 0) | (stage >= len(stages))
    note(unknown, pupils.names, "stage", "a stage that is not there", "name one of the stages given")
    outside = (today < -1) | (today >= len(schools))
    note(outside, pupils.names, "school", "a school that is not there", "name one of the schools given")
    taught, there = schools.taught, schools.flag("today")
    fits = taught.shape == (len(schools), len(stages)) and number.shape[0] == len(pupils)
    rule, mend = "shapes do not fit", "give a row for each school and group, a column for each stage and year"
    note(np.array([not fits]), ["schools, pupils"], "stages", rule, mend)
    refused(problems)
    at = np.maximum(today, 0)
    has = today >= 0
    note(
        has & ~there[at],
        pupils.names,
        "school",
        "pupils of a school that is closed",
        "give them a school that is open today, or none",
    )
    note(
        has & there[at] & ~taught[at, stage],
        pupils.names,
        "school",
        "pupils of a school that does not teach their stage",
        "correct the stages of the school, or give them another",
    )
    refused(problems)
    held = np.zeros((len(schools), number.shape[1]))
    np.add.at(held, today[has], number[has])
    early = np.arange(number.shape[1]) < max(prices.relief, prices.notice)
    crowded = np.where((held > schools.column("places")[:, np.newaxis]) & early, held, 0.0)
    shared = (sharing or Sharing()).checked(len(schools))
    return Case(
        stages=tuple(stages),
        schools=schools,
        pupils=pupils,
        choices=choices,
        sharing=shared,
        prices=prices.checked(),
        crowded=crowded,
    )


def _in_parts(
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
                    _solved,
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
        found.append(_solved(case, minutes=minutes, gap=gap, seconds=share))
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


def _solved(
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


def _plan(case: Case, decisions: Decisions, *, aim: Literal["cost", "minutes"], bound: float) -> NetworkPlan:
    choices, number = case.choices, case.pupils.by_year
    at = np.maximum(decisions.choice, 0)
    has = decisions.choice >= 0
    weight = case.prices.weights(case.years)
    costs = priced(case, decisions)
    cost = float(costs.total @ weight)
    left = (number * (~has & avoidable(case))).sum(axis=0)
    minutes = np.where(has, choices.minutes[at], np.nan) if len(choices) else np.full(has.shape, np.nan)
    total = cost + float(left @ weight) * case.prices.unplaced
    if aim == "minutes":
        total = float(np.nansum(minutes * number) + left.sum() * LEFT)
    return NetworkPlan(
        case=case,
        decisions=decisions,
        school=np.where(has, choices.school[at], -1) if len(choices) else decisions.choice,
        minutes=minutes,
        boards=has & choices.boards[at] if len(choices) else has,
        load=load_of(case, decisions),
        teachers=teachers_needed(case, decisions),
        beds=beds_needed(case, decisions)[1],
        costs=costs,
        cost=cost,
        aim=aim,
        total=total,
        bound=min(bound, total),
        gap=max(total - bound, 0.0) / total if total > 0 else 0.0,
    )
