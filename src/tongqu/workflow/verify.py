"""Verify: re-check every figure of a stored run against its own inputs; bound and prices by solving again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, Progress, Report, RunError, silent
from tongqu.contracts import TABLES, Run, check_files, open_run
from tongqu.engine.check import Checked, check_plan
from tongqu.engine.coordinate import mean_log
from tongqu.engine.inputs import Inputs, prepare
from tongqu.engine.lp import SolverError, solver_version
from tongqu.engine.model import build
from tongqu.engine.optimise import Certificate, Plan, prove
from tongqu.engine.promise import promise_of
from tongqu.engine.rules import broken_rules
from tongqu.workflow.plan import manifest_of, tables_of
from tongqu.workflow.prepare import sector_versions, sectors_for

__all__ = ["Verification", "verify"]

TOLERANCE: Final = 1e-9
"""Relative difference up to which a recomputed figure is the same."""

PROMISE_TOLERANCE: Final = 1e-7
"""The same for what is promised: people placed in rooms are found by the solver, to its tolerance."""

CERTIFICATE_TOLERANCE: Final = 1e-8
"""Mean log D by which a figure of the certificate may be off."""

PRICE_TOLERANCE: Final = 1e-3
"""Share of the largest price by which one may be off: interior-point duals carry noise."""

PROVEN: Final = ("bound", "prices")
"""What only solving again can prove."""


@dataclass(frozen=True)
class Verification:
    """What was re-checked; ``problems`` is empty when everything holds.

    Parameters
    ----------
    checks : tuple of str
        What was re-checked, whether it held or not.
    unproven : tuple of str
        What was taken as stored because only solving again can prove it.
    """

    run: Run
    checks: tuple[str, ...]
    problems: tuple[Problem, ...]
    unproven: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return not self.problems

    def summary(self) -> dict[str, object]:
        """The result as plain values."""
        return {
            "run": self.run.id,
            "ok": self.ok,
            "checks": list(self.checks),
            "unproven": list(self.unproven),
            "problems": [str(problem) for problem in self.problems],
        }


def verify(path: str | Path, *, prove: bool = False, progress: Progress = silent) -> Verification:
    """Re-check a run: files, id, offers, promise, simulation, every table, accounts, limits and certificate.

    Parameters
    ----------
    prove : bool
        Also solve again, to prove the bound and the prices. It takes as long as making the plan.

    Raises
    ------
    RunError
        If the folder is no run, for example because writing it was broken off.
    """
    run = open_run(path)
    progress(Report("verify"))
    problems = check_files(run)
    if problems:
        return Verification(run, ("files",), tuple(problems), PROVEN)
    try:
        region, scenario = run.region, run.scenario
        sectors = sectors_for(region)
        inputs = prepare(region, sectors, scenario=scenario, progress=progress)
        stored = _stored_plan(run, inputs)
    except (KeyError, ValueError) as error:
        raise RunError(f"{run.path}: the run cannot be read: {error}") from error
    checked = check_plan(inputs, stored, progress=progress)
    versions = sector_versions(sectors)
    problems += _identity(run, manifest_of(inputs, stored, checked, versions=versions))
    problems += _tables(run, inputs, stored, checked)
    problems += broken_rules(inputs, stored) + _certificate(run, inputs, stored, checked)
    checks = ("files", "id", "tables", "promise", "accounts", "limits", "floors", "choices", "certificate")
    if not prove:
        return Verification(run, checks, tuple(problems), PROVEN)
    again, left = _proof(inputs, stored, progress=progress)
    done = tuple(name for name in PROVEN if name not in left)
    return Verification(run, (*checks, *done), (*problems, *again), left)


def _identity(run: Run, fresh: Mapping[str, Any]) -> list[Problem]:
    """The id is that of the inputs, and so is what the manifest says of them in brief."""
    problems = []
    if fresh["id"] != run.id:
        problems.append(
            Problem(
                rule=f"the run's id is not that of its inputs ({fresh['id']})",
                mend="verify with the version that made it, or make the run again",
                file="manifest.json",
                column="id",
                value=run.id,
            )
        )
    return problems + [
        Problem(
            rule="it is not what the run's inputs say",
            mend="make the run again",
            file="manifest.json",
            column=name,
        )
        for name in ("region", "scenario", "solver", "left_out")
        if run.manifest.get(name) != fresh[name]
    ]


def _stored_plan(run: Run, inputs: Inputs) -> Plan:
    """The plan as stored: its starts and accounts, and what the starts deliver."""
    decisions = run["results/decisions"].drop_duplicates("project")
    starts = decisions.set_index("project")["start"].astype("int64")
    promise = promise_of(inputs, starts)
    keys = Certificate.__dataclass_fields__
    certificate = Certificate(**{name: run.certificate[name] for name in keys})
    return Plan(
        starts,
        promise.indices,
        promise.served,
        run["results/accounts"],
        run["results/prices"],
        certificate,
    )


def _tables(run: Run, inputs: Inputs, stored: Plan, checked: Checked) -> list[Problem]:
    """Every table recomputed from the inputs and the decisions."""
    problems = []
    for name, fresh in tables_of(inputs, stored, checked).items():
        tolerance = PROMISE_TOLERANCE if name == "results/promise" else TOLERANCE
        problems += _compare(run[name], fresh, name=name, tolerance=tolerance)
    missing = [name for name in TABLES if not (run.path / f"{name}.parquet").is_file()]
    return problems + [
        Problem(rule="a table is missing", mend="make the run again", file=name) for name in missing
    ]


def _compare(stored: pd.DataFrame, fresh: pd.DataFrame, *, name: str, tolerance: float) -> list[Problem]:
    if list(stored.columns) != list(fresh.columns) or len(stored) != len(fresh):
        return [
            Problem(
                rule="the table recomputed has other rows or columns", mend="make the run again", file=name
            )
        ]
    problems = []
    for column in stored.columns:
        old, new = stored[column], fresh[column].reset_index(drop=True)
        if pd.api.types.is_float_dtype(old):
            same = np.isclose(
                old.to_numpy(),
                new.to_numpy(dtype=np.float64),
                rtol=tolerance,
                atol=100 * tolerance,
                equal_nan=True,
            )
        else:
            same = (old.astype("str") == new.astype("str")).to_numpy()
        if not same.all():
            row = int(np.flatnonzero(~same)[0])
            problems.append(
                Problem(
                    rule=f"{int((~same).sum())} figures differ when recomputed, the first is {new.iloc[row]}",
                    mend="make the run again",
                    file=name,
                    row=row + 2,
                    column=str(column),
                    value=str(old.iloc[row]),
                )
            )
    return problems


def _certificate(run: Run, inputs: Inputs, stored: Plan, checked: Checked) -> list[Problem]:
    """Every figure recomputed but the bound; it lies above the plan, and the gap is what it says."""
    stated = run.certificate
    rows, variables = build(inputs).program.size
    solver = inputs.scenario.solver
    figures = {
        "objective": mean_log(stored.promised, inputs.weights),
        "baseline": mean_log(inputs.indicators.indices, inputs.weights),
        "simulated": checked.objective,
        "gap": max(0.0, stated["bound"] - stated["objective"]),
        "gap_asked": solver.gap,
        "tangent_error": solver.tangent_error / 2,
        "rows": rows,
        "variables": variables,
        "candidates": len(inputs.offer.projects),
    }
    found = [
        (f"recomputed it is {value:.9f}", name, str(stated[name]))
        for name, value in figures.items()
        if not abs(value - stated[name]) <= CERTIFICATE_TOLERANCE
    ]
    if not stated["bound"] >= stated["objective"] - CERTIFICATE_TOLERANCE:
        found.append(("the bound lies below the plan's own value", "bound", str(stated["bound"])))
    most = solver.gap + solver.tangent_error / 2 + CERTIFICATE_TOLERANCE
    if stated["status"] not in ("optimal", "stopped"):
        found.append(("it is neither optimal nor stopped", "status", str(stated["status"])))
    elif stated["status"] == "optimal" and not stated["gap"] <= most:
        found.append(("the gap is larger than asked for", "gap", str(stated["gap"])))
    problems = [
        Problem(
            rule=rule,
            mend="make the run again",
            file="manifest.json",
            column=f"certificate.{name}",
            value=value,
        )
        for rule, name, value in found
    ]
    return problems + _price_table(inputs, stored.prices)


def _price_table(inputs: Inputs, prices: pd.DataFrame) -> list[Problem]:
    """There is one price for every county and year, and none is below nothing."""
    every = pd.MultiIndex.from_product([["money"], inputs.counties, inputs.years])
    keys = pd.MultiIndex.from_frame(prices[["limit", "unit", "year"]])
    if sorted(keys) == sorted(every) and bool((prices["price"] >= 0).all()):
        return []
    return [
        Problem(
            rule="there is not one price of 0 or more for every county and year",
            mend="make the run again",
            file="results/prices",
        )
    ]


def _proof(inputs: Inputs, stored: Plan, *, progress: Progress) -> tuple[list[Problem], tuple[str, ...]]:
    """Solve again: what does not hold, and what could not be proven."""
    try:
        proof = prove(inputs, stored.certificate, progress=progress)
    except SolverError as error:
        rule = f"it could not be proven again: {error}"
        return [_bound_problem(rule, mend="make the run again", stored=stored)], PROVEN
    problems = []
    if proof.bound > stored.certificate.bound + CERTIFICATE_TOLERANCE:
        rule, mend = (
            f"proven again it is {proof.bound:.9f}",
            "make the run again, or give the solver more time",
        )
        problems.append(_bound_problem(rule, mend=mend, stored=stored))
    if stored.certificate.solver != solver_version():
        return problems, ("prices",)  # duals are not unique: another version may rightly find others
    keys = ["limit", "unit", "year"]
    both = stored.prices.merge(proof.prices, on=keys, suffixes=("", "_again"))
    off = (both["price"] - both["price_again"]).abs()
    wrong = off > PRICE_TOLERANCE * proof.prices["price"].max()
    if wrong.any():
        problems.append(
            Problem(
                rule=f"{int(wrong.sum())} figures differ when recomputed, the first is "
                f"{both.loc[wrong, 'price_again'].iloc[0]}",
                mend="make the run again",
                file="results/prices",
                column="price",
                value=str(both.loc[wrong, "price"].iloc[0]),
            )
        )
    return problems, ()


def _bound_problem(rule: str, *, mend: str, stored: Plan) -> Problem:
    return Problem(
        rule=rule,
        mend=mend,
        file="manifest.json",
        column="certificate.bound",
        value=str(stored.certificate.bound),
    )
