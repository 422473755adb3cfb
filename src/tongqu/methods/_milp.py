"""Integer programs by scipy's HiGHS, silently: its C++ part prints debug lines past every option."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

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
    with _silent():
        return milp(
            objective,
            constraints=constraints,
            bounds=bounds,
            integrality=integrality,
            options=limits,
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Send what C++ writes to standard output nowhere: a command's JSON must not hold it."""
    library = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    sys.stdout.flush()
    library.fflush(None)
    saved, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        yield
    finally:
        library.fflush(None)
        os.dup2(saved, 1)
        os.close(saved)
        os.close(sink)
