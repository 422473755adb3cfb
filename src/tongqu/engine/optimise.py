"""Solve the joint plan and read it back: starts, promise, accounts, what one more yuan would bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.engine.conflict import infeasible
from tongqu.engine.financing import financing
from tongqu.engine.goals import GOALS, MEASURES, extra_at, goal_stage, missed, stages_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import (
    ProgramInfeasibleError,
    ProgramStoppedError,
    Solution,
    SolverError,
    Stop,
    solver_version,
)
from tongqu.engine.model import build
from tongqu.engine.promise import UNITS, Promise, baseline_measures, delivered
from tongqu.engine.prune import needed_starts
from tongqu.engine.search import (
    Found,
    StageFound,
    bound_of,
    gap_of,
    parts_of,
    search,
    solve,
    start_values,
    starts_of,
)
from tongqu.engine.terms import Aim, Floats, Model

__all__ = [
    "Certificate",
    "Plan",
    "Proof",
    "certificate_of",
    "limit_words",
    "measure_table",
    "optimise",
    "prices_of",
    "prove",
]

WORDS: Final = {
    "money": ("the yearly money of {unit}", "{unit}当年可用资金"),
    "debt": ("the debt limit of {unit}", "{unit}债务限额"),
    "running": (
        "running cost and interest after the last year within the yearly money of {unit}",
        "{unit}期末运行费与利息不超过当年可用资金",
    ),
    "pool": ("the money of the city for its counties", "市级统筹资金"),
    "land": ("{key} of {unit}", "{unit}{key}"),
    "staff": ("additional {key} of {unit}", "{unit}新增人员（{key}）"),
    "floor": ("the floor for {key} in {unit}", "{unit}服务底线（{key}）"),
    "pin": ("the pinned project {key}", "指定项目 {key}"),
    "worse": ("{key} of {unit} no lower than without a plan", "{unit}{key}不低于无规划时"),
    "bound": ("the bound of the measure {key}", "指标界限（{key}）"),
}
"""Limits in words; each is a family of rows of the model."""

MEASURE_WORDS: Final = {
    "coordination": ("mean log D", "协调度 D 的平均对数"),
    "coverage": ("mean share served", "平均服务覆盖率"),
    "worst-off": ("mean share of the worst-off", "最弱人群平均覆盖率"),
    "cost": ("present value of cost", "成本现值"),
}
"""Measures in words."""

LAND_WORDS: Final = {
    "construction": ("construction land", "新增建设用地"),
    "farmland": ("farmland above its floor and reserve", "耕地保有量与占补平衡"),
    "linked": ("saved quota that can be sold", "增减挂钩节余指标"),
    "open": ("open land that can be built on", "可建设的未利用地与农用地"),
    "village": ("village land that can be cleared", "可拆旧复垦的村庄用地"),
}
"""Keys of the land ledger in words."""

LEAST_GAP: Final = 1e-9
"""Least gap asked of the solver when a bound is proven again, in the unit of the goal."""
FIRST_TIME: Final = 0.1
"""Share of the time in which a plan is sought that aims in order begin with."""
ROUNDS: Final = 5
"""How often a plan is sought that keeps bounds really and not only as the program counts."""


@dataclass(frozen=True)
class Certificate:
    """What was proven.

    Parameters
    ----------
    objective : float
        What the plan promises of the goal's measure, without approximation: mean log D with the true
        logarithm, the mean share served, that of the worst-off, or the negative of the cost in 万元.
    bound : float
        Proven: no plan inside the limits promises more.
    tangent_error : float
        A-priori error of the tangents, already inside the bound.
    baseline : float
        The same without a plan.
    status : str
        ``"optimal"`` within the gap asked for, or ``"stopped"`` by the time limit or the user.
    goal : str
        The objective by name; ``objective``, ``bound`` and ``baseline`` are in its unit, more is better.
    extra : float
        Part of the objective that is no measure, such as the price of changed promises, as a negative number.
    rows, variables, candidates : int
        Size of the program and number of candidates.
    """

    objective: float
    bound: float
    tangent_error: float
    baseline: float
    status: str
    gap_asked: float
    rows: int
    variables: int
    candidates: int
    solver: str
    goal: str = "coordination"
    extra: float = 0.0

    @property
    def gap(self) -> float:
        """Proven gap, in the goal's unit.

        For coordination no plan has a geometric mean D more than a factor ``exp(gap)`` higher.
        """
        return max(0.0, self.bound - self.objective)


@dataclass(frozen=True)
class Plan:
    """The chosen plan as promised.

    Parameters
    ----------
    starts : Series of int
        Year of the first payment, indexed by project.
    promised : DataFrame
        Subindices ``U, R, D`` by unit and year.
    served : DataFrame
        People newly served as promised: ``unit, year, service, added``.
    accounts : DataFrame
        ``unit, year, item, amount`` in 万元: room, grant, borrow, repay, interest, spent, cash, debt.
    prices : DataFrame
        ``limit, unit, key, year, price, unit_of_measure``: what one more unit of a limit of money,
        debt, land or staff would add to the goal, from the linear relaxation.
    measures : DataFrame
        ``measure, promised, baseline, unit_of_measure``: every measure of the plan and without one.
    stages : DataFrame
        ``stage, name, value, bound, gap_asked, status, unit_of_measure``: what was proven of each aim, in the
        order in which they were sought.
    """

    starts: pd.Series
    promised: pd.DataFrame
    served: pd.DataFrame
    accounts: pd.DataFrame
    prices: pd.DataFrame
    certificate: Certificate
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    stages: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Proof:
    """What solving again shows about a bound.

    Parameters
    ----------
    bound : float
        The least bound that was proven.
    prices : DataFrame
        As in ``Plan``.
    """

    bound: float
    prices: pd.DataFrame


def optimise(
    inputs: Inputs,
    *,
    start: pd.Series | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Plan:
    """Find the plan that the scenario's objective likes best, with a proven gap.

    Parameters
    ----------
    start : Series of int, optional
        Year of the first payment by project in a plan to begin with; it need not keep the limits.
    stop : Stop, optional
        Asked from another thread, the best plan so far comes back with a valid bound, ``"stopped"``.

    Raises
    ------
    InfeasibleError
        If no plan keeps all limits; names some that conflict, none needlessly.
    ScenarioError
        If the objective, its weights or the bounds cannot be meant.
    SolverError
        If the time was over before any plan was found.
    """
    first = answer = _answer(inputs, start=start, stop=stop, progress=progress)
    for _ in range(ROUNDS):
        more = missed(answer.model, answer.promise.indices, measures=answer.measures)
        if not more:
            return _plan(inputs, answer, first=first)
        before = answer.model.tighter
        tighter = {**before, **{name: before.get(name, 0.0) + short for name, short in more.items()}}
        answer = _answer(inputs, tighter=tighter, start=answer.starts, stop=stop, progress=progress)
    raise SolverError("no plan was found that keeps the bounds of measures without approximation")


@dataclass(frozen=True)
class _Answer:
    """Starts that the search has found, what they deliver, and the goal's bound with its duals."""

    model: Model
    size: tuple[int, int]
    found: Found
    bound: float
    relaxed: Solution
    starts: pd.Series
    promise: Promise
    measures: pd.Series


def _answer(
    inputs: Inputs,
    *,
    start: pd.Series | None,
    stop: Stop | None,
    progress: Progress,
    tighter: Mapping[str, Floats] | None = None,
) -> _Answer:
    model = build(inputs, goal=goal_stage(inputs), tighter=tighter)
    size, stages = model.program.size, stages_of(inputs)
    try:
        ahead, known = None, None
        if len(stages) > 1:  # the goal's own figure is not what is maximised: the relaxation bounds it
            progress(Report("relax"))
            ahead = model.program.relaxed(stop=stop)
            known = _first_plan(model, ahead, start=start, stop=stop)
        found = search(model, stages, start=start, known=known, stop=stop, progress=progress)
    except ProgramInfeasibleError:
        raise infeasible(model, words=limit_words) from None
    relaxed = ahead or found.relaxed
    assert relaxed is not None
    bound = found.stages[0].bound if ahead is None else bound_of(ahead)
    starts = needed_starts(inputs, starts_of(model, found.values))
    promise, measures = delivered(inputs, starts)
    return _Answer(model, size, found, bound, relaxed, starts, promise, measures)


def _first_plan(
    model: Model, relaxed: Solution, *, start: pd.Series | None, stop: Stop | None
) -> Floats | None:
    """A plan that is good in the goal's own figure: what the stages begin with."""
    solver = model.inputs.scenario.solver
    try:
        found = solve(
            model.program,
            relaxed,
            gap=gap_of(model.aims[GOALS[model.inputs.scenario.objective]], relaxed, solver=solver),
            solver=solver.model_copy(update={"seconds": solver.seconds * FIRST_TIME}),
            start=None if start is None else start_values(model, start),
            parts=parts_of(model),
            stop=stop,
        )
    except ProgramStoppedError:
        return None
    return found.values


def _plan(inputs: Inputs, answer: _Answer, *, first: _Answer) -> Plan:
    """The plan of an answer; what the first, loosest program proves holds for every plan."""
    measure = GOALS[inputs.scenario.objective]
    aim = answer.model.aims[measure]
    baseline = baseline_measures(inputs)
    extra = extra_at(answer.model, *start_values(answer.model, answer.starts))
    objective = aim.sense * float(answer.measures[measure]) + extra
    certificate = certificate_of(
        inputs,
        aim,
        objective=objective,
        # What a plan inside the limits promises is never above the bound but for the solver's tolerance.
        bound=max(first.bound, objective),
        baseline=float(baseline[measure]),
        status=answer.found.status,
        size=first.size,
        extra=extra,
    )
    return Plan(
        answer.starts,
        answer.promise.indices,
        answer.promise.served,
        financing(inputs, answer.starts),
        prices_of(first.model, first.relaxed),
        certificate,
        measure_table(answer.measures, baseline),
        _stage_table(answer.found.stages),
    )


def certificate_of(
    inputs: Inputs,
    aim: Aim,
    *,
    objective: float,
    bound: float,
    baseline: float,
    status: str,
    size: tuple[int, int],
    extra: float,
) -> Certificate:
    """Give the certificate of a plan.

    Parameters
    ----------
    aim : Aim
        That of the goal's measure.
    objective, bound, extra : float
        As in ``Certificate``.
    baseline : float
        The measure without a plan, as the measure counts: a cost is not negative.
    size : tuple of int
        Rows and variables of the program.
    """
    return Certificate(
        objective=objective,
        bound=bound,
        tangent_error=aim.error,
        baseline=aim.sense * baseline,
        status=status,
        gap_asked=inputs.scenario.solver.gap,
        rows=size[0],
        variables=size[1],
        candidates=len(inputs.offer.projects),
        solver=solver_version(),
        goal=inputs.scenario.objective,
        extra=extra,
    )


def measure_table(promised: pd.Series, baseline: pd.Series) -> pd.DataFrame:
    """Every measure of a plan and without one: ``measure, promised, baseline, unit_of_measure``."""
    names = list(MEASURES)
    return pd.DataFrame(
        {
            "measure": names,
            "promised": promised.reindex(names).to_numpy(dtype=np.float64),
            "baseline": baseline.reindex(names).to_numpy(dtype=np.float64),
            "unit_of_measure": [UNITS[name] for name in names],
        }
    )


def _stage_table(stages: Sequence[StageFound]) -> pd.DataFrame:
    rows = [
        (number, one.name, one.value, one.bound, one.gap_asked, one.status, one.unit)
        for number, one in enumerate(stages, start=1)
    ]
    columns = ["stage", "name", "value", "bound", "gap_asked", "status", "unit_of_measure"]
    return pd.DataFrame(rows, columns=columns)


def prove(inputs: Inputs, certificate: Certificate, *, progress: Progress = silent) -> Proof:
    """Prove a certificate's bound again by solving the program, first as it was, then as closely as needed.

    Raises
    ------
    SolverError
        If no plan keeps the limits, or none was found in the time of the scenario.
    """
    model = build(inputs, goal=goal_stage(inputs))
    program, aim = model.program, model.aim
    assert aim is not None
    solver, proven = inputs.scenario.solver, np.inf
    progress(Report("relax"))
    relaxed = program.relaxed()
    prices = prices_of(model, relaxed)
    at_root = bound_of(relaxed) + aim.constant
    if at_root <= certificate.bound + LEAST_GAP or len(stages_of(inputs)) > 1:
        return Proof(at_root, prices)
    progress(Report("optimise"))
    # The plan is worth at most objective + tangent_error in the program: a solver that stops at this gap has
    # a bound no higher than the certificate's, unless it has found a better plan.
    closer = max(certificate.bound - certificate.objective - certificate.tangent_error, LEAST_GAP)
    asked = gap_of(aim, relaxed, solver=solver)
    for gap in dict.fromkeys([asked, min(closer, asked)]):
        solution = program.solve(
            gap=gap, seconds=solver.seconds, threads=solver.threads, seed=solver.seed, progress=progress
        )
        proven = min(proven, solution.bound + aim.constant)
        if proven <= certificate.bound + LEAST_GAP or solution.objective + aim.constant > certificate.bound:
            break
    return Proof(float(proven), prices)


def limit_words(model: Model, name: str) -> tuple[str, str]:
    """Say a limit in English and in Chinese, with the names of places."""
    kind = model.limits[name]
    rest = name.removeprefix(f"{kind} ")
    english, chinese = WORDS[kind]
    if kind == "bound":
        return _bound_words(model, number=int(rest.split(" ")[0]))
    if kind == "pin":
        return english.format(key=rest), chinese.format(key=rest)
    *words, unit = rest.split(" ")
    units = model.inputs.region["units"]
    place = dict(zip(units["unit"], units["name"], strict=True)).get(unit, unit)
    key = words[-1] if words else ""
    keys = LAND_WORDS.get(key, (key, key)) if kind == "land" else (key, key)
    said = tuple(
        text.format(key=word, unit=place) for text, word in zip((english, chinese), keys, strict=True)
    )
    if kind == "floor":
        floor = model.inputs.scenario.floors[int(words[0])]
        return (
            f"{said[0]}: {floor.share:.0%} from {floor.year} on",
            f"{said[1]}：{floor.year} 年起 {floor.share:.0%}",
        )
    return said[0], said[1]


def _bound_words(model: Model, *, number: int) -> tuple[str, str]:
    bound = model.inputs.scenario.bounds[number]
    english, chinese = WORDS["bound"]
    name, name_zh = MEASURE_WORDS[bound.measure]
    parts = [("at least", "不低于", bound.least), ("at most", "不高于", bound.most)]
    said = [(en, zh, value) for en, zh, value in parts if value is not None]
    return (
        english.format(key=name) + ": " + ", ".join(f"{en} {value:g}" for en, _, value in said),
        chinese.format(key=name_zh) + "：" + "，".join(f"{zh} {value:g}" for _, zh, value in said),
    )


def prices_of(model: Model, relaxed: Solution) -> pd.DataFrame:
    """What one more unit of each limit of money, debt, land and staff adds to the goal, from the duals.

    Parameters
    ----------
    relaxed : Solution
        Relaxation of the model's program.
    """
    unit = "" if model.aim is None else model.aims[GOALS[model.inputs.scenario.objective]].unit
    columns = ["limit", "unit", "key", "year", "unit_of_measure", "price"]
    rows = []
    for one in model.priced:
        if one.family not in model.program.families:
            continue
        years = [one.years[position] for position in model.program.row_labels(one.family)]
        worth = np.abs(relaxed.duals[one.family]) / one.divisor
        measure = f"{unit}/{one.unit_of_measure}"
        rows += [
            (one.limit, one.unit, one.key, year, measure, price)
            for year, price in zip(years, worth, strict=True)
        ]
    table = pd.DataFrame(rows, columns=columns)
    table = table.groupby(columns[:-1], sort=True)["price"].sum().reset_index()
    return table[["limit", "unit", "key", "year", "price", "unit_of_measure"]]
