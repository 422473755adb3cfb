"""Verify: re-check every figure of a stored run against its own inputs; bound and prices by solving again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import Problem, Progress, Report, RunError, silent
from tongqu.contracts import OPTIONAL, TABLES, Run, check_files, open_run
from tongqu.engine.check import check_plan, same_starts
from tongqu.engine.feedback import ENDS, Round, Settled, figures_of, judged
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan
from tongqu.engine.promise import promise_of
from tongqu.engine.refresh import refresh
from tongqu.engine.rules import broken_rules
from tongqu.workflow.monitor.journal import JOURNAL, journal_problems
from tongqu.workflow.plan import manifest_of, tables_of
from tongqu.workflow.prepare import sector_versions
from tongqu.workflow.proofs import PROVEN, certificate_problems, proof_problems
from tongqu.workflow.stored import base_inputs_of, inputs_of, plan_of, starts_of_round

__all__ = ["Verification", "verify"]

TOLERANCE: Final = 1e-9
"""Relative difference up to which a recomputed figure is the same."""

PROMISE_TOLERANCE: Final = 1e-7
"""The same for what is promised: people placed in rooms are found by the solver, to its tolerance."""

PROMISED: Final = ("results/promise", "results/convergence", "results/measures")
"""Tables with promised figures."""

ROUNDS: Final = "rounds"
"""What only planning again shows: the figures of rounds that the plan is not of."""

CHECKS: Final = (
    *("files", "id", "tables", "promise", "accounts", "limits", "floors", "choices", "certificate"),
    "feedback",
)


@dataclass(frozen=True)
class Verification:
    """What was re-checked; ``problems`` is empty when everything holds.

    Parameters
    ----------
    checks : tuple of str
        What was re-checked, whether it held or not.
    unproven : tuple of str
        What was taken as stored: only solving again can prove it, or it does not follow from the inputs.
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
        Also solve again, to prove the bound and the prices, and make the figures of every round again. It
        takes as long as making the plan.

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
        base = base_inputs_of(run, progress=progress)
        inputs = inputs_of(run, base=base, progress=progress)
        stored = plan_of(run, inputs)
        settled = _settled(run, inputs, stored, progress=progress)
    except (KeyError, ValueError) as error:
        raise RunError(f"{run.path}: the run cannot be read: {error}") from error
    checked = settled.best.checked
    problems += _identity(run, manifest_of(settled, versions=sector_versions(base.sectors)))
    problems += _tables(run, settled) + _feedback(run, settled) + journal_problems(run)
    problems += broken_rules(inputs, stored)
    problems += certificate_problems(run, base, inputs=inputs, stored=stored, checked=checked)
    left = (*PROVEN, *_left(run))
    if not prove:
        return Verification(run, CHECKS, tuple(problems), left)
    again, open_ = proof_problems(inputs, stored, progress=progress)
    again += _earlier_rounds(settled, base, progress=progress)
    done = tuple(name for name in (*PROVEN, ROUNDS) if name in left and name not in open_)
    left = tuple(name for name in left if name not in done)
    return Verification(run, (*CHECKS, *done), (*problems, *again), left)


def _left(run: Run) -> tuple[str, ...]:
    """What is there besides and cannot be made again from the inputs, or only by planning again."""
    rounds = (ROUNDS,) if run["results/convergence"]["round"].max() > 1 else ()
    stages = ("results/stages",) if len(run["results/stages"]) > 1 else ()
    more = [name for name in OPTIONAL if name != JOURNAL and (run.path / f"{name}.parquet").is_file()]
    return (*rounds, *stages, *more)


def _settled(run: Run, inputs: Inputs, stored: Plan, *, progress: Progress) -> Settled:
    """The rounds as stored, the one that the plan is of made again."""
    checked = check_plan(inputs, stored, progress=progress)
    number, end = int(run.manifest["feedback"]["round"]), run.manifest["feedback"]["end"]
    figures = figures_of(inputs, stored, checked)
    table = judged(run["results/convergence"], tolerance=inputs.scenario.feedback.tolerance)
    parts = [table[table["round"] < number], figures.assign(round=number), table[table["round"] > number]]
    together = pd.concat([part[list(table.columns)] for part in parts if len(part)], ignore_index=True)
    best = Round(number, inputs, stored, checked, figures)
    return Settled(best, run["results/rounds"], together, end, int(table["round"].max()))


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


def _tables(run: Run, settled: Settled) -> list[Problem]:
    """Every table recomputed from the inputs and the decisions."""
    problems = []
    for name, fresh in tables_of(settled).items():
        tolerance = PROMISE_TOLERANCE if name in PROMISED else TOLERANCE
        problems += _compare(run[name], fresh, name=name, tolerance=tolerance)
    missing = [name for name in TABLES if not (run.path / f"{name}.parquet").is_file()]
    return problems + [
        Problem(rule="a table is missing", mend="make the run again", file=name) for name in missing
    ]


def _feedback(run: Run, settled: Settled) -> list[Problem]:
    """How the rounds ended follows from their figures and plans, and the plan is that of the round named."""
    stated, rounds = run.manifest["feedback"], settled.starts
    best, last = settled.best, settled.rounds
    scenario = best.inputs.scenario
    agrees = settled.figures.groupby("round")["agrees"].all()
    plans = {number: starts_of_round(rounds, number) for number in range(last + 1)}
    before = [plans[number] for number in range(0 if stated["after"] else 1, last)]
    came_back = any(same_starts(plans[last], one) for one in before)
    ends = {
        "agrees": bool(agrees[last]),
        "cycle": came_back and not agrees[last],
        # A plan for several futures is simulated once: its inputs are not made again.
        "rounds": last == (1 if scenario.robust.futures else scenario.feedback.rounds) and not agrees[last],
        "stopped": not agrees[last],
        "infeasible": not agrees[last],
    }
    wrong = [
        ("the rounds do not end so", "end", stated["end"], not ends.get(str(stated["end"]), False)),
        ("there are other rounds", "rounds", stated["rounds"], stated["rounds"] != last),
        (
            "an earlier round agrees already",
            "rounds",
            stated["rounds"],
            bool(agrees[agrees.index < last].any()),
        ),
        (
            "the plan is not that of this round",
            "round",
            best.number,
            not same_starts(plans.get(best.number, plans[0]), best.plan.starts),
        ),
        ("another round agrees", "round", best.number, bool(agrees[last]) and best.number != last),
    ]
    assert set(ends) == set(ENDS)
    return [
        Problem(
            rule=rule,
            mend="make the run again",
            file="manifest.json",
            column=f"feedback.{name}",
            value=str(value),
        )
        for rule, name, value, holds in wrong
        if holds
    ]


def _earlier_rounds(settled: Settled, base: Inputs, *, progress: Progress) -> list[Problem]:
    """Figures of the rounds that the plan is not of, made again from their stored plans."""
    problems: list[Problem] = []
    for number in sorted(set(settled.figures["round"].tolist()) - {settled.best.number}):
        table = settled.figures[settled.figures["round"] == number]
        before, starts = (starts_of_round(settled.starts, number - less) for less in (1, 0))
        fresh = number == 1 and not (settled.starts["round"] == 0).any()
        inputs = base if fresh else refresh(base, before, progress=progress)
        promise = promise_of(inputs, starts)
        plan = replace(settled.best.plan, starts=starts, promised=promise.indices, served=promise.served)
        figures = figures_of(inputs, plan, check_plan(inputs, plan, progress=progress))
        stored = table.drop(columns="round").reset_index(drop=True)
        problems += _compare(stored, figures, name="results/convergence", tolerance=PROMISE_TOLERANCE)
    return problems


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
