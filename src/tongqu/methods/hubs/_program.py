"""A linear integer program put together block by block, and its answer with a bound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog

from tongqu.base import TongquError
from tongqu.methods._arrays import Floats, Ints
from tongqu.methods._milp import solve

__all__ = ["Answer", "Program"]

_LIMITS = (1, 4)
"""Statuses of ``scipy.optimize.milp`` when its time or node limit was reached."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the solver has found.

    Parameters
    ----------
    values : numpy.ndarray of float
        Shape (variables,).
    total, bound : float
        Value of the objective, and what no answer can go below.
    """

    values: Floats
    total: float
    bound: float


@dataclass(slots=True, eq=False)
class Program:
    """Rows and columns of a program to be minimised; all variables are 0 or more.

    Parameters
    ----------
    size : int
        Number of variables.
    """

    size: int
    _rows: list[sp.coo_array] = field(default_factory=list)
    _low: list[Floats] = field(default_factory=list)
    _high: list[Floats] = field(default_factory=list)

    def add(
        self,
        count: int,
        *,
        terms: list[tuple[Ints, Ints, npt.ArrayLike]],
        low: npt.ArrayLike = -np.inf,
        high: npt.ArrayLike = np.inf,
    ) -> None:
        """Add ``count`` rows ``low <= sum of terms <= high``; a term is (row, variable, factor)."""
        row = np.concatenate([np.ravel(term[0]) for term in terms])
        column = np.concatenate([np.ravel(term[1]) for term in terms])
        factor = np.concatenate(
            [np.broadcast_to(np.asarray(f, dtype=np.float64), np.shape(r)).ravel() for r, _, f in terms]
        )
        self._rows.append(sp.coo_array((factor, (row, column)), shape=(count, self.size)))
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (count,)).copy())
        self._high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (count,)).copy())

    def solve(
        self,
        cost: npt.ArrayLike,
        *,
        integer: npt.ArrayLike,
        lower: npt.ArrayLike = 0.0,
        seconds: float,
        gap: float,
        nodes: int | None = None,
    ) -> Answer:
        """Minimise; integer variables are 0 or 1.

        Raises
        ------
        TongquError
            If no answer keeps all rows, or none was found in time.
        """
        whole = np.asarray(integer, dtype=np.int64)
        found: Any = solve(
            np.asarray(cost, dtype=np.float64),
            integrality=whole,
            bounds=Bounds(np.broadcast_to(lower, whole.shape), np.where(whole > 0, 1.0, np.inf)),
            constraints=LinearConstraint(
                sp.vstack(self._rows, format="csr"), np.concatenate(self._low), np.concatenate(self._high)
            ),
            seconds=seconds,
            gap=gap,
            nodes=nodes,
        )
        values = found.x  # None without an answer
        if values is None:
            why = "no answer was found in time" if found.status in _LIMITS else "no answer keeps all limits"
            raise TongquError(
                f"hub location: {why}; allow more hubs, more capacity or longer ways, or give it more seconds"
            )
        bound = found.mip_dual_bound
        total = float(found.fun)
        return Answer(
            values=np.asarray(values, dtype=np.float64),
            total=total,
            bound=total if bound is None else min(float(bound), total),
        )

    def relax(self, cost: npt.ArrayLike, *, lower: npt.ArrayLike = 0.0, upper: npt.ArrayLike) -> Answer:
        """Minimise with every variable between its ends, whole or not: the bound of the linear relaxation.

        Raises
        ------
        TongquError
            If no answer keeps all rows.
        """
        rows = sp.vstack(self._rows, format="csr")
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        same = low == high
        above, below = np.isfinite(high) & ~same, np.isfinite(low) & ~same
        ends = [np.broadcast_to(end, (self.size,)) for end in (lower, upper)]
        # The types of scipy's linprog know neither sparse rows nor ends as an array.
        solve: Any = linprog
        found = solve(
            np.asarray(cost, dtype=np.float64),
            A_ub=sp.vstack([rows[above], -rows[below]], format="csr"),
            b_ub=np.concatenate([high[above], -low[below]]),
            A_eq=rows[same] if same.any() else None,
            b_eq=high[same] if same.any() else None,
            bounds=np.stack(ends, axis=1),
            method="highs-ipm",
        )
        if found.x is None:
            raise TongquError(
                "hub location: no answer keeps all limits; allow more hubs, more capacity or longer ways"
            )
        return Answer(np.asarray(found.x, dtype=np.float64), float(found.fun), float(found.fun))
