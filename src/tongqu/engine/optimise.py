"""Solve the joint plan and read it back: starts, promise, accounts, what one more yuan would bring."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import InfeasibleError, Progress, Report, silent
from tongqu.contracts import Solver
from tongqu.engine.coordinate import mean_log
from tongqu.engine.financing import UNIT_WAN, financing
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program, ProgramInfeasibleError, Solution, solver_version
from tongqu.engine.model import build
from tongqu.engine.promise import promise_of
from tongqu.engine.prune import needed_starts
from tongqu.engine.terms import Model

__all__ = ["Certificate", "Plan", "Proof", "limit_words", "optimise", "prove"]

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
}
"""Limits in words; each is a family of rows of the model."""

LAND_WORDS: Final = {
    "construction": ("construction land", "新增建设用地"),
    "farmland": ("farmland above its floor and reserve", "耕地保有量与占补平衡"),
    "linked": ("saved quota that can be sold", "增减挂钩节余指标"),
    "open": ("open land that can be built on", "可建设的未利用地与农用地"),
    "village": ("village land that can be cleared", "可拆旧复垦的村庄用地"),
}
"""Keys of the land ledger in words."""

LEAST_GAP: Final = 1e-9
"""Least gap asked of the solver when a bound is proven again, in mean log D."""
RELAXED_ERROR: Final = 1e-6
"""How far the interior point may end below the relaxation's optimum, in mean log D: a hundred times its
relative tolerance of 1e-8."""
NEAR_GAP: Final = 0.2
"""Share of the gap asked for at which the search near the relaxation is left."""
NEAR_TIME: Final = 0.3
"""Share of the time that the search near the relaxation may take."""
LEAST_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Certificate:
    """What was proven.

    Parameters
    ----------
    objective : float
        Mean log D that the plan promises, evaluated with the true logarithm.
    bound : float
        Proven: no plan inside the limits promises more.
    tangent_error : float
        A-priori error of the tangents, already inside the bound.
    baseline : float
        Mean log D without a plan.
    status : str
        ``"optimal"`` within the gap asked for, or ``"stopped"`` by the time limit or the user.
    goal : str
        The objective by name; ``objective``, ``bound`` and ``baseline`` are in its unit, more is better.
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

    @property
    def gap(self) -> float:
        """Proven gap: no plan has a geometric mean D more than a factor ``exp(gap)`` higher."""
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
        ``limit, unit, year, price``: gain of mean log D per 万元 more, from the linear relaxation.
    """

    starts: pd.Series
    promised: pd.DataFrame
    served: pd.DataFrame
    accounts: pd.DataFrame
    prices: pd.DataFrame
    certificate: Certificate


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


def optimise(inputs: Inputs, *, progress: Progress = silent) -> Plan:
    """Find the plan that maximises mean log D, with a proven gap.

    Raises
    ------
    InfeasibleError
        If no plan keeps all limits; names some that conflict, none needlessly.
    SolverError
        If the time was over before any plan was found.
    """
    model = build(inputs)
    solver = inputs.scenario.solver
    try:
        progress(Report("relax"))
        relaxed = model.program.relaxed()
        progress(Report("optimise"))
        solution = _solve(model.program, relaxed, solver=solver, progress=progress)
    except ProgramInfeasibleError:
        raise _infeasible(model) from None
    starts = needed_starts(inputs, _starts(model, solution))
    promise = promise_of(inputs, starts)
    rows, variables = model.program.size
    objective = mean_log(promise.indices, inputs.weights)
    certificate = Certificate(
        objective=objective,
        # What a plan inside the limits promises is never above the bound but for the solver's tolerance.
        bound=max(solution.bound, objective),
        tangent_error=model.tangent_error,
        baseline=mean_log(inputs.indicators.indices, inputs.weights),
        status=solution.status,
        gap_asked=solver.gap,
        rows=rows,
        variables=variables,
        candidates=len(inputs.offer.projects),
        solver=solver_version(),
    )
    return Plan(
        starts,
        promise.indices,
        promise.served,
        financing(inputs, starts),
        _prices(model, relaxed),
        certificate,
    )


def _solve(program: Program, relaxed: Solution, *, solver: Solver, progress: Progress) -> Solution:
    """A solution near the relaxation if that proves the gap, else the search from there on."""
    began = time.monotonic()
    near = program.near(
        relaxed, gap=solver.gap * NEAR_GAP, seconds=solver.seconds * NEAR_TIME, seed=solver.seed
    )
    bound = relaxed.objective + RELAXED_ERROR
    if near is not None:
        gap = max(bound - near.objective, 0.0)
        progress(Report("optimise", best=near.objective, bound=bound, gap=gap))
        if gap <= solver.gap:
            return replace(near, bound=bound, status="optimal")
    return program.solve(
        gap=solver.gap,
        seconds=max(solver.seconds - (time.monotonic() - began), LEAST_SECONDS),
        threads=solver.threads,
        seed=solver.seed,
        start=None if near is None else near.values,
        progress=progress,
    )


def prove(inputs: Inputs, certificate: Certificate, *, progress: Progress = silent) -> Proof:
    """Prove a certificate's bound again by solving the program, first as it was, then as closely as needed.

    Raises
    ------
    SolverError
        If no plan keeps the limits, or none was found in the time of the scenario.
    """
    program = (model := build(inputs)).program
    solver, proven = inputs.scenario.solver, np.inf
    progress(Report("relax"))
    relaxed = program.relaxed()
    prices = _prices(model, relaxed)
    if relaxed.objective + RELAXED_ERROR <= certificate.bound + LEAST_GAP:
        return Proof(relaxed.objective + RELAXED_ERROR, prices)
    progress(Report("optimise"))
    # The plan is worth at most objective + tangent_error in the program: a solver that stops at this gap has
    # a bound no higher than the certificate's, unless it has found a better plan.
    closer = max(certificate.bound - certificate.objective - certificate.tangent_error, LEAST_GAP)
    for gap in dict.fromkeys([solver.gap, min(closer, solver.gap)]):
        solution = program.solve(
            gap=gap, seconds=solver.seconds, threads=solver.threads, seed=solver.seed, progress=progress
        )
        proven = min(proven, solution.bound)
        if proven <= certificate.bound + LEAST_GAP or solution.objective > certificate.bound:
            break
    return Proof(float(proven), prices)


def _infeasible(model: Model) -> InfeasibleError:
    names = model.program.conflict(sorted(model.limits, key=lambda name: (model.limits[name] == "pin", name)))
    words = [limit_words(model, name) for name in names]
    return InfeasibleError([english for english, _ in words], [chinese for _, chinese in words])


def limit_words(model: Model, name: str) -> tuple[str, str]:
    """Say a limit in English and in Chinese, with the names of places."""
    kind = model.limits[name]
    rest = name.removeprefix(f"{kind} ")
    english, chinese = WORDS[kind]
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


def _starts(model: Model, solution: Solution) -> pd.Series:
    """First year in which a project is started; projects never started are absent."""
    numbers = model.started
    values = np.where(numbers >= 0, solution.values[np.clip(numbers, 0, None)], 0.0) > 0.5
    chosen = values.any(axis=1)
    year = np.asarray(model.inputs.years)[values.argmax(axis=1)]
    projects = model.inputs.offer.projects["project"].to_numpy()[np.flatnonzero(chosen)]
    return pd.Series(year[chosen], index=pd.Index(projects, name="project"), name="start", dtype="int64")


def _prices(model: Model, relaxed: Solution) -> pd.DataFrame:
    """Value of one more 万元 in each county and year, from the relaxation's duals."""
    parts = []
    for name in (name for name, kind in model.limits.items() if kind == "money"):
        dual = np.abs(relaxed.duals[name]) / UNIT_WAN
        parts.append(
            pd.DataFrame(
                {
                    "limit": "money",
                    "unit": name.removeprefix("money "),
                    "year": list(model.inputs.years),
                    "price": dual,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
