"""Integer programs by scipy's HiGHS, silently: its C++ part prints debug lines past every option."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from tongqu.base.quiet import quiet_stdout

__all__ = ["solve"]


def solve(
    objective: npt.NDArray[Any],
    *,
    constraints: LinearConstraint | Sequence[LinearConstraint],
    integrality: npt.NDArray[Any],
    bounds: Bounds,
    gap: float = 0.0,
    seconds: float = float("inf"),
    nodes: int | None = None,
) -> Any:
    """What `scipy.optimize.milp` finds; standard output stays clean.

    Parameters
    ----------
    gap : float
        Relative gap at which the search may stop.
    seconds : float
        Time limit.
    nodes : int, optional
        Most nodes of the search: a limit that gives the same answer on every machine.
    """
    limits: Any = {"time_limit": seconds, "mip_rel_gap": gap}
    if nodes is not None:
        limits["node_limit"] = nodes
    with quiet_stdout():
        return milp(
            objective,
            constraints=constraints,
            bounds=bounds,
            integrality=integrality,
            options=limits,
        )
