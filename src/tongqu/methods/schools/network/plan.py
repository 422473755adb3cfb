"""Plan a school network over years: open, extend, close, board, share, mend; least cost or least way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tongqu.base import Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats
from tongqu.methods.schools.network.parts import in_parts, solved
from tongqu.methods.schools.network.price import Costs, beds_needed, load_of, priced, teachers_needed
from tongqu.methods.schools.network.program import LEFT, Case, Decisions, avoidable
from tongqu.methods.schools.network.terms import (
    Choices,
    Prices,
    Pupils,
    Schools,
    Sharing,
    StageNorm,
    refused,
)

__all__ = ["NetworkPlan", "plan_network"]


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
        placed, _ = in_parts(case, gap=gap, seconds=seconds / 2)
        least = float((case.pupils.by_year * (avoidable(case) & (placed.choice < 0))).sum())
        decisions, bound = solved(
            case, minutes=aim == "minutes", money=money, left=least, gap=gap, seconds=seconds / 2
        )
    else:
        decisions, bound = in_parts(
            case, minutes=aim == "minutes", gap=gap, seconds=seconds, processes=processes
        )
    return _plan(case, decisions, aim=aim, bound=bound)


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
