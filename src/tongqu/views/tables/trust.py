"""What the figures rest on: modelled rows, assumptions, limits, promise and simulation, certificate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from tongqu.views.tables.cells import by_key
from tongqu.views.tables.stored import Stored

__all__ = ["Certificate", "Trust", "trust_of"]

MEASURE: Final = {"least-cost": "cost"}
"""Measure that an objective is judged by, where it has another name."""

INDICES: Final = ("U", "R", "D")
"""Promised variables that are indices: their mean is shown, not their sum."""


@dataclass(frozen=True)
class Certificate:
    """What was proven, in the unit of the goal.

    Parameters
    ----------
    goal : str
        The objective by name.
    baseline, objective, simulated, bound : float
        What the plan is judged by without a plan, as promised, as simulated, and the proven bound of the
        promise: mean log D, a share of people served, or cost in 万元 as a negative number.
    gap : float
        ``bound - objective``.
    gap_share, gap_simulated_share : float
        By how much any plan could be better than this one's promise, and than its simulation: a share of D, a
        difference of shares, or a share of the cost.
    gap_asked, tangent_error : float
        As asked for, and the error of the tangents.
    status, solver : str
        How the search ended, and with which solver.
    rows, variables, candidates : int
        Size of the model.
    seconds : float
        Time limit.
    threads, seed : int
        How the solver ran.
    """

    goal: str
    baseline: float
    objective: float
    simulated: float
    bound: float
    gap: float
    gap_share: float
    gap_simulated_share: float
    gap_asked: float
    tangent_error: float
    status: str
    solver: str
    rows: int
    variables: int
    candidates: int
    seconds: float
    threads: int
    seed: int


@dataclass(frozen=True)
class Trust:
    """What the figures rest on.

    Parameters
    ----------
    modelled : DataFrame
        By table of the region with such a column: ``rows``, ``modelled`` (rows with modelled values),
        ``share``.
    positions : float
        Share of villages whose position is modelled.
    standards : DataFrame
        Norms and parameters in force: the region's table, with ``changed`` where the scenario set another
        value.
    limits : dict of str to float
        Limits of the scenario by name.
    promise : DataFrame
        By variable: ``promised, simulated`` (sums over counties and years, means of indices) and
        ``difference``, a share of what was promised.
    issues : DataFrame
        As stored: ``topic, item, detail_zh, detail_en``.
    sources : DataFrame
        Sources of the region.
    certificate : Certificate
        What was proven.
    measures : DataFrame
        By measure: ``baseline, promised, simulated, unit_of_measure``.
    stages : DataFrame
        What was proven of each aim in order: ``stage, name, value, bound, unit_of_measure``.
    rounds : DataFrame
        By round of planning and simulating: ``promised, simulated`` (D), ``agree, figures`` (numbers
        of headline figures), ``largest`` (relative difference) and ``figure``, whose it is.
    feedback : Mapping
        As in the manifest: ``end, rounds, round``.
    """

    modelled: pd.DataFrame
    positions: float
    standards: pd.DataFrame
    limits: dict[str, float]
    promise: pd.DataFrame
    issues: pd.DataFrame
    sources: pd.DataFrame
    certificate: Certificate
    measures: pd.DataFrame
    stages: pd.DataFrame
    rounds: pd.DataFrame
    feedback: Mapping[str, Any]


def trust_of(stored: Stored) -> Trust:
    """Give what the figures rest on.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    region, scenario = stored.run.region, stored.run.scenario
    standards = region["standards"]
    changed = standards["standard"].map(dict(scenario.assume))
    standards = standards.assign(changed=changed.notna(), value=changed.fillna(standards["value"]))
    measures = stored.run["results/measures"].set_index("measure")
    return Trust(
        modelled=_modelled(stored),
        positions=_positions(stored),
        standards=standards,
        limits={str(key): float(value) for key, value in scenario.limits.model_dump().items()},
        promise=_promise(stored),
        issues=stored.run["results/issues"],
        sources=region["sources"],
        certificate=_certificate(stored, measures=measures),
        measures=measures,
        stages=stored.run["results/stages"],
        rounds=_rounds(stored),
        feedback=dict(stored.run.manifest["feedback"]),
    )


def _modelled(stored: Stored) -> pd.DataFrame:
    region = stored.run.region
    rows = {
        name: {"rows": len(table), "modelled": int(table["modelled"].sum())}
        for name, table in region.tables.items()
        if "modelled" in table and len(table)
    }
    found = pd.DataFrame.from_dict(rows, orient="index", columns=["rows", "modelled"])
    return found.assign(share=found["modelled"] / found["rows"])


def _positions(stored: Stored) -> float:
    villages = stored.units[stored.units["level"] == "village"]
    if villages.empty or "modelled_columns" not in villages:
        return 0.0
    columns = villages["modelled_columns"].fillna("").astype(str)
    return float(columns.map(lambda text: "lon" in text.split(";")).mean())


def _promise(stored: Stored) -> pd.DataFrame:
    by = stored.run["results/promise"].groupby("variable")[["promised", "simulated"]]
    table, mean = by.sum(), by.mean()
    index = table.index.isin(INDICES)
    table[index] = mean[index]
    ratio = table["simulated"] / table["promised"].where(table["promised"] != 0) - 1
    return table.assign(difference=ratio.fillna(0.0))


def _rounds(stored: Stored) -> pd.DataFrame:
    table = stored.run["results/convergence"]
    size = table[["promised", "simulated"]].abs().max(axis=1)
    table = table.assign(relative=(table["difference"].abs() / size.where(size > 0)).fillna(0.0))
    whole = table[(table["figure"] == "D") & (table["unit"] == "")].set_index("round")
    groups = table.groupby("round")
    worst = table.loc[groups["relative"].idxmax()].set_index("round")
    return whole[["promised", "simulated"]].assign(
        agree=groups["agrees"].sum(),
        figures=groups.size(),
        largest=worst["relative"],
        figure=worst["figure"],
        unit=worst["unit"],
    )


def _certificate(stored: Stored, *, measures: pd.DataFrame) -> Certificate:
    found, solver = stored.run.certificate, stored.run.manifest["solver"]
    goal = str(found["goal"])
    sign = -1.0 if goal == "least-cost" else 1.0
    simulated = sign * float(by_key(measures)[MEASURE.get(goal, goal)]["simulated"])
    objective, bound = float(found["objective"]), float(found["bound"])
    return Certificate(
        goal=goal,
        baseline=float(found["baseline"]),
        objective=objective,
        simulated=simulated,
        bound=bound,
        gap=float(found["gap"]),
        gap_share=_better(goal, bound - objective, than=objective),
        gap_simulated_share=_better(goal, max(0.0, bound - simulated), than=simulated),
        gap_asked=float(found["gap_asked"]),
        tangent_error=float(found["tangent_error"]),
        status=str(found["status"]),
        solver=str(found["solver"]),
        rows=int(found["rows"]),
        variables=int(found["variables"]),
        candidates=int(found["candidates"]),
        seconds=float(solver["seconds"]),
        threads=int(solver["threads"]),
        seed=int(solver["seed"]),
    )


def _better(goal: str, gap: float, *, than: float) -> float:
    """By how much a plan could be better, as a share of D, in shares of people, or as a share of the cost."""
    if goal == "coordination":
        return math.expm1(gap)
    if goal == "least-cost":
        return gap / abs(than) if than else 0.0
    return gap
