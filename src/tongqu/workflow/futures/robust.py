"""One plan for several futures at once: the expected one and others that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.engine.check import check_plan
from tongqu.engine.draws import sample_of
from tongqu.engine.feedback import Settled, only_round
from tongqu.engine.futures import sampled_inputs
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Stop
from tongqu.engine.optimise import Plan
from tongqu.engine.robust import RobustPlan, plan_of, robust_plan
from tongqu.workflow.futures.uncertain import UNCERTAIN

__all__ = ["Robust", "robust", "settled_robust"]


@dataclass(frozen=True)
class Robust:
    """A plan for several futures, as a plan of the expected one and as what was proven over all.

    Parameters
    ----------
    plan : Plan
        The starts read back in the expected future; its certificate is about that future alone.
    over : RobustPlan
        What was proven over all futures; the first of them is the expected one.
    """

    plan: Plan
    over: RobustPlan

    def figures(self) -> dict[str, Any]:
        """What was proven over all futures as plain numbers and words."""
        found = asdict(self.over)
        values = found.pop("values")
        found.pop("starts")
        return {**found, "gap": self.over.gap, "values": [float(value) for value in values]}


def robust(
    inputs: Inputs,
    *,
    uncertain: Sequence[str] = UNCERTAIN,
    start: pd.Series | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> Robust:
    """Find one plan for the expected future and others, as many as the scenario's ``robust`` says in all.

    Parameters
    ----------
    inputs : Inputs
        Of the expected future; ``robust.futures`` of its scenario is 1 or more.
    uncertain : sequence of str
        Standards to draw.
    start : Series of int, optional
        Starts of a plan to begin with.
    stop : Stop, optional
        Asked from another thread, the best plan so far comes back with a valid bound.

    Raises
    ------
    InfeasibleError
        If no starts keep the limits of every future.
    """
    wishes = inputs.scenario.robust
    sample = sample_of(
        inputs.region["standards"],
        inputs.assume,
        names=uncertain,
        futures=max(wishes.futures - 1, 0),
        seed=wishes.seed,
    )
    others = sampled_inputs(inputs, sample, progress=progress)
    progress(Report("build"))
    over = robust_plan([inputs, *others], start=start, stop=stop, progress=progress)
    return Robust(plan_of(inputs, over.starts, progress=progress), over)


def settled_robust(
    inputs: Inputs,
    *,
    start: pd.Series | None = None,
    stop: Stop | None = None,
    progress: Progress = silent,
) -> tuple[Settled, dict[str, Any]]:
    """The robust plan simulated in the expected future, as the only round of a run, and what was proven.

    The inputs are not made again from the simulation: each future would need its own.
    """
    made = robust(inputs, start=start, stop=stop, progress=progress)
    checked = check_plan(inputs, made.plan, progress=progress)
    return only_round(inputs, made.plan, checked), made.figures()
