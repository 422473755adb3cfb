"""What was proven of a plan, and the proof made again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.engine.goals import goal_stage, stages_of
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import solver_version
from tongqu.engine.model import build
from tongqu.engine.prices import prices_of
from tongqu.engine.search import bound_of, gap_of, parts_of, solve, start_values
from tongqu.engine.terms import Aim

__all__ = ["Certificate", "Proof", "certificate_of", "prove"]

LEAST_GAP: Final = 1e-9
"""Least gap asked of the solver when a bound is proven again, in the unit of the goal."""


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


def prove(
    inputs: Inputs,
    certificate: Certificate,
    *,
    start: pd.Series | None = None,
    progress: Progress = silent,
) -> Proof:
    """Prove a certificate's bound again by solving the program, first as it was, then as closely as needed.

    Parameters
    ----------
    start : Series of int, optional
        Starts of the certificate's plan: the search begins with it. The bound does not depend on it.

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
    # The plan is worth at most objective + tangent_error in the program: a solver that stops at this gap has
    # a bound no higher than the certificate's, unless it has found a better plan.
    closer = max(certificate.bound - certificate.objective - certificate.tangent_error, LEAST_GAP)
    asked = gap_of(aim, relaxed, solver=solver)
    for gap in dict.fromkeys([asked, min(closer, asked)]):
        solution = solve(
            program,
            relaxed,
            gap=gap,
            solver=solver,
            start=None if start is None else start_values(model, start),
            parts=parts_of(model),
            progress=progress,
        )
        proven = min(proven, solution.bound + aim.constant)
        if proven <= certificate.bound + LEAST_GAP or solution.objective + aim.constant > certificate.bound:
            break
    return Proof(float(proven), prices)
