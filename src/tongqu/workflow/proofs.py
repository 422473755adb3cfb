"""Re-checks of what a stored plan claims to be proven: certificate, prices, and what solving again shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, Progress
from tongqu.contracts import Run
from tongqu.engine.certificate import prove
from tongqu.engine.check import Checked
from tongqu.engine.goals import GOALS, extra_at, goal_stage, stages_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import SolverError, solver_version
from tongqu.engine.model import build
from tongqu.engine.optimise import Plan
from tongqu.engine.promise import baseline_measures
from tongqu.engine.search import start_values
from tongqu.engine.terms import Aim, Model

__all__ = ["CERTIFICATE_TOLERANCE", "PROVEN", "certificate_problems", "proof_problems"]

CERTIFICATE_TOLERANCE: Final = 1e-8
"""By how much a figure of the certificate may be off, in its unit or as a share of it where it is above 1."""

STAGE_TOLERANCE: Final = 1e-6
"""By how much the value of a stage may lie above its bound: both are found to the solver's tolerance."""

PRICE_TOLERANCE: Final = 1e-3
"""Share of the largest price by which one may be off: interior-point duals carry noise."""

PROVEN: Final = ("bound", "prices")
"""What only solving again can prove."""

PRICE_KEYS: Final = ["limit", "unit", "key", "year"]

MEND: Final = "make the run again"


def certificate_problems(
    run: Run, base: Inputs, *, inputs: Inputs, stored: Plan, checked: Checked
) -> list[Problem]:
    """Say what of the certificate does not follow; its bound is only held against the plan's own value.

    Parameters
    ----------
    base : Inputs
        Of the baseline.
    inputs : Inputs
        That the plan was made from.
    """
    model, stated = build(inputs, goal=goal_stage(inputs)), run.certificate
    solver, goal = inputs.scenario.solver, GOALS[inputs.scenario.objective]
    aim, promised = model.aims[goal], checked.measures.set_index("measure")["promised"]
    extra = extra_at(model, *start_values(model, stored.starts))
    rows, variables = model.program.size
    figures: dict[str, float] = {
        "objective": aim.sense * float(promised[goal]) + extra,
        "baseline": aim.sense * float(baseline_measures(base)[goal]),
        "simulated": checked.objective,
        "gap": max(0.0, stated["bound"] - stated["objective"]),
        "gap_asked": solver.gap,
        "tangent_error": aim.error,
        "extra": extra,
        "rows": rows,
        "variables": variables,
        "candidates": len(inputs.offer.projects),
    }
    found = [
        (f"recomputed it is {value:.9f}", name, str(stated[name]))
        for name, value in figures.items()
        if not abs(value - stated[name]) <= _allowed(value)
    ]
    if stated["goal"] != inputs.scenario.objective:
        found.append(("it is not the scenario's objective", "goal", str(stated["goal"])))
    if not stated["bound"] >= stated["objective"] - _allowed(stated["objective"]):
        found.append(("the bound lies below the plan's own value", "bound", str(stated["bound"])))
    if stated["status"] not in ("optimal", "stopped"):
        found.append(("it is neither optimal nor stopped", "status", str(stated["status"])))
    elif stated["status"] == "optimal" and not stated["gap"] <= _widest(inputs, stated["bound"], aim.error):
        found.append(("the gap is larger than asked for", "gap", str(stated["gap"])))
    problems = [
        Problem(rule=rule, mend=MEND, file="manifest.json", column=f"certificate.{name}", value=value)
        for rule, name, value in found
    ]
    alone = len(stages_of(inputs)) == 1
    problems += _stage_problems(run["results/stages"], stated, aim=aim if alone else None)
    return problems + _price_problems(model, stored.prices)


def _stage_problems(stages: pd.DataFrame, stated: Mapping[str, Any], *, aim: Aim | None) -> list[Problem]:
    """Stages are numbered, no bound lies below its value, and an only stage says what the certificate says.

    Parameters
    ----------
    aim : Aim, optional
        Of the only stage; where there are several, only solving again shows their figures.
    """
    numbers = stages["stage"].tolist()
    wrong = [("stage", numbers != list(range(1, len(numbers) + 1)) or not numbers)]
    wrong.append(("status", not stages["status"].isin(["optimal", "stopped"]).all()))
    slack = STAGE_TOLERANCE * np.maximum(1.0, stages["value"].abs())
    wrong.append(("bound", not (stages["bound"] >= stages["value"] - slack).all()))
    if aim is not None and len(stages) == 1:
        one = stages.iloc[0]
        objective, bound = float(stated["objective"]), float(stated["bound"])
        wrong += [
            ("name", one["name"] != aim.name),
            ("unit_of_measure", one["unit_of_measure"] != aim.unit),
            ("status", one["status"] != stated["status"]),
            # The search counts by tangents, the certificate by the ledgers.
            ("value", not abs(one["value"] - objective) <= aim.error + _allowed(objective)),
            ("bound", not abs(one["bound"] - bound) <= _allowed(bound)),
            ("gap_asked", not _asked(float(one["gap_asked"]), stated, aim=aim)),
        ]
    elif aim is not None:
        wrong.append(("stage", True))
    columns = dict.fromkeys(column for column, off in wrong if off)
    rule = "it does not follow from the certificate and the other stages"
    return [
        Problem(
            rule=rule, mend=MEND, file="results/stages", column=column, value=str(stages[column].tolist()[:1])
        )
        for column in columns
    ]


def _asked(gap: float, stated: Mapping[str, Any], *, aim: Aim) -> bool:
    """Whether an only stage asked for the certificate's gap: of a cost a share of what was found."""
    least = most = float(stated["gap_asked"])
    if aim.name == "cost":
        most *= max(1.0, abs(float(stated["objective"])))
    return least * (1 - CERTIFICATE_TOLERANCE) <= gap <= most * (1 + CERTIFICATE_TOLERANCE)


def _allowed(value: float) -> float:
    return CERTIFICATE_TOLERANCE * max(1.0, abs(value))


def _widest(inputs: Inputs, bound: float, error: float) -> float:
    """Gap that an optimal plan may have: of an objective of several stages it is a matter of each of them."""
    if len(stages_of(inputs)) > 1:
        return float("inf")
    share = max(1.0, abs(bound)) if inputs.scenario.objective == "least-cost" else 1.0
    return inputs.scenario.solver.gap * share + error + _allowed(bound)


def _price_problems(model: Model, prices: pd.DataFrame) -> list[Problem]:
    """There is one price for every limit of money, debt, land and staff in a year, none below nothing."""
    every = {
        (one.limit, one.unit, one.key, one.years[position])
        for one in model.priced
        if one.family in model.program.families
        for position in model.program.row_labels(one.family)
    }
    keys = list(prices[PRICE_KEYS].itertuples(index=False, name=None))
    if len(keys) == len(every) and set(keys) == every and bool((prices["price"] >= 0).all()):
        return []
    rule = "there is not one price of 0 or more for every limit, place and year"
    return [Problem(rule=rule, mend=MEND, file="results/prices")]


def proof_problems(
    inputs: Inputs, stored: Plan, *, progress: Progress
) -> tuple[list[Problem], Sequence[str]]:
    """Solve again: what does not hold, and what could not be proven."""
    try:
        proof = prove(inputs, stored.certificate, start=stored.starts, progress=progress)
    except SolverError as error:
        return [_bound_problem(f"it could not be proven again: {error}", MEND, stored=stored)], PROVEN
    problems = []
    if proof.bound > stored.certificate.bound + _allowed(proof.bound):
        mend = "make the run again, or give the solver more time"
        problems.append(_bound_problem(f"proven again it is {proof.bound:.9f}", mend, stored=stored))
    if stored.certificate.solver != solver_version():
        return problems, ("prices",)  # duals are not unique: another version may rightly find others
    both = stored.prices.merge(proof.prices, on=PRICE_KEYS, suffixes=("", "_again"))
    off = (both["price"] - both["price_again"]).abs()
    # Prices of different limits have different units: each limit is held against its own largest.
    most = both.groupby("limit")["price_again"].transform("max")
    wrong = off > PRICE_TOLERANCE * most
    if wrong.any():
        problems.append(
            Problem(
                rule=f"{int(wrong.sum())} figures differ when recomputed, the first is "
                f"{both.loc[wrong, 'price_again'].iloc[0]}",
                mend=MEND,
                file="results/prices",
                column="price",
                value=str(both.loc[wrong, "price"].iloc[0]),
            )
        )
    return problems, ()


def _bound_problem(rule: str, mend: str, *, stored: Plan) -> Problem:
    value = str(stored.certificate.bound)
    return Problem(rule=rule, mend=mend, file="manifest.json", column="certificate.bound", value=value)
