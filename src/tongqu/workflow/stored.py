"""A stored run as the engine knows it: the inputs of its plan, and the plan."""

from __future__ import annotations

import pandas as pd

from tongqu.base import Progress, RunError, silent
from tongqu.contracts import Run
from tongqu.engine.certificate import Certificate
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan
from tongqu.engine.prepare import prepare
from tongqu.engine.promise import promise_of
from tongqu.engine.refresh import refresh
from tongqu.workflow.prepare import sectors_for

__all__ = ["base_inputs_of", "inputs_of", "plan_of", "refreshed_at", "starts_of_round"]


def base_inputs_of(run: Run, *, progress: Progress = silent) -> Inputs:
    """Give the inputs of the run's baseline: region and scenario as stored, sectors as they are now."""
    region = run.region
    return prepare(region, sectors_for(region), scenario=run.scenario, progress=progress)


def inputs_of(run: Run, *, base: Inputs | None = None, progress: Progress = silent) -> Inputs:
    """Give the inputs that the run's plan was made from: those of the baseline, or made again from a plan.

    Parameters
    ----------
    base : Inputs, optional
        As `base_inputs_of` gives them, where they are at hand.

    Raises
    ------
    RunError
        If the run does not say what its rounds were.

    Examples
    --------
    >>> from tongqu.contracts import open_run
    >>> run = open_run("tongqu-demo/run")  # doctest: +SKIP
    >>> inputs = inputs_of(run)  # doctest: +SKIP
    >>> plan_of(run, inputs).promised["D"].iloc[0]  # doctest: +SKIP
    """
    base = base or base_inputs_of(run, progress=progress)
    after = refreshed_at(run)
    return base if after is None else refresh(base, after, progress=progress)


def plan_of(run: Run, inputs: Inputs) -> Plan:
    """Give the plan as stored: its starts, accounts, prices and certificate, and what the starts deliver.

    Parameters
    ----------
    inputs : Inputs
        As `inputs_of` gives them.
    """
    decisions = run["results/decisions"].drop_duplicates("project")
    starts = decisions.set_index("project")["start"].astype("int64")
    promise = promise_of(inputs, starts)
    stated = run.certificate
    certificate = Certificate(**{name: stated[name] for name in Certificate.__dataclass_fields__})
    measures = run["results/measures"].drop(columns="simulated")
    return Plan(
        starts,
        promise.indices,
        promise.served,
        run["results/accounts"],
        run["results/prices"],
        certificate,
        measures,
        run["results/stages"],
    )


def refreshed_at(run: Run) -> pd.Series | None:
    """Starts of the plan at which the inputs of the run's plan were made again; None for the baseline's."""
    try:
        number, resumed = int(run.manifest["feedback"]["round"]), bool(run.manifest["feedback"]["after"])
    except (KeyError, TypeError, ValueError):
        raise RunError(f"{run.path}: the manifest does not say which round the plan is of") from None
    return starts_of_round(run["results/rounds"], number - 1) if number > 1 or resumed else None


def starts_of_round(rounds: pd.DataFrame, number: int) -> pd.Series:
    """Starts of a round's plan, by project."""
    mine = rounds[rounds["round"] == number].drop_duplicates("project")
    return mine.set_index("project")["start"].astype("int64")
