"""Allocation as an integer program, for small cases: exact within the solver's gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint

from tongqu.methods._arrays import Floats
from tongqu.methods._milp import solve
from tongqu.methods.allocation._case import Case

__all__ = ["parts_allowed", "solve_program"]


def parts_allowed(case: Case) -> int:
    """Cells of which a part only may be built on: where the demand ends, and where floors and quotas end."""
    limited = np.isfinite(case.quotas) | (case.floors > 0)
    return 1 + int(limited.sum())


def solve_program(
    case: Case, *, whole: bool = True, gap: float = 0.0, seconds: float = 60.0
) -> tuple[Floats | None, float]:
    """Areas and a bound from HiGHS.

    Columns are shares of cells by class, cells built on at all, cells built on wholly, and the difference
    of the shares of each pair of neighbours.

    Parameters
    ----------
    case : Case
    whole : bool
        Whether cells are built on whole but for `parts_allowed`; without it, any shares: a linear program.
    gap : float
        Relative gap at which the solver may stop.
    seconds : float
        Limit of time.

    Returns
    -------
    area : numpy.ndarray of float, or None
        m², shape (cells, classes); not rounded; None if none is found in time.
    bound : float
        No allocation is worth more, m².
    """
    near, size, classes, towns = case.neighbours, len(case.room), len(case.demand), len(case.floors)
    cell, kind = np.nonzero(np.isfinite(case.worth))
    used, pairs = len(cell), len(near.cost)
    room = case.room.astype(np.float64)
    of_cell = sp.csr_array((np.ones(used), (cell, np.arange(used))), shape=(size, used))
    of_class = sp.csr_array((room[cell], (kind, np.arange(used))), shape=(classes, used))
    of_town = sp.csr_array((room[cell], (case.town[cell], np.arange(used))), shape=(towns, used))
    differ = sp.csr_array(
        (
            np.repeat([1.0, -1.0], pairs),
            (np.tile(np.arange(pairs), 2), np.concatenate([near.first, near.second])),
        ),
        shape=(pairs, size),
    )
    step = sp.csr_array(differ @ of_cell)
    eye, edge, none = sp.eye_array(size), sp.eye_array(pairs), sp.csr_array
    rest = none((1, used))
    every = sp.csr_array(np.ones((1, size)))
    parts: Any = [
        [of_class, none((classes, 2 * size)), none((classes, pairs))],
        [of_town, None, None],
        [of_cell, sp.hstack([none((size, size)), -eye]), None],  # built on wholly -> share 1
        [of_cell, sp.hstack([-eye, none((size, size))]), None],  # a share -> built on
        [rest, sp.hstack([every, -every]), None],
        [step, None, edge],
        [-step, None, edge],
    ]
    rows: Any = sp.block_array(parts, format="csr")
    big = float(room.sum()) + 1.0
    low = np.concatenate(
        [case.demand, case.floors, np.zeros(size), np.full(size, -1.0), [-np.inf], np.zeros(2 * pairs)]
    )
    high = np.concatenate(
        [
            case.demand,
            np.minimum(case.quotas, big),
            np.full(size, 1.0),
            np.zeros(size),
            [parts_allowed(case) if whole else np.inf],
            np.full(2 * pairs, np.inf),
        ]
    )
    gain = (case.worth[cell, kind] * room[cell] + case.pull[cell], np.zeros(2 * size), -near.cost)
    solved = solve(
        -np.concatenate(gain),
        integrality=np.repeat([0, int(whole), 0], [used, 2 * size, pairs]),
        bounds=Bounds(0.0, np.repeat([1.0, 1.0, np.inf], [used, 2 * size, pairs])),
        constraints=LinearConstraint(rows, low, high),
        gap=gap,
        seconds=seconds,
    )
    top = -solved.mip_dual_bound if whole and solved.mip_dual_bound is not None else -(solved.fun or 0.0)
    if solved.x is None:
        return None, float(top if whole else np.inf) - case.base
    area = np.zeros(case.worth.shape)
    area[cell, kind] = solved.x[:used] * room[cell]
    return area, float(top) - case.base
