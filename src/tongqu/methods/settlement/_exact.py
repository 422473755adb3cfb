"""The nested location model as an integer program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csr_array, vstack

from tongqu.methods._arrays import Bools, Floats, Ints
from tongqu.methods._milp import solve
from tongqu.methods.settlement._bound import Bound

__all__ = ["Solved", "solve_exactly"]

_TOLERANCE: Final = 1e-7
"""Share of the value that a candidate must exceed it by to be settled (HiGHS works to 1e-7)."""


_TIME_OUT: Final = 1
"""Status of scipy's milp when it reached its limit."""

_NOTHING: Final = 2
"""Status of scipy's milp when no solution keeps the constraints."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What the program found.

    Parameters
    ----------
    sets : list of numpy.ndarray of int or None
        Candidates of each level; None when it found none better than the given value.
    bound : float
        No choice costs less.
    """

    sets: list[Ints] | None
    bound: float


def solve_exactly(
    costs: Floats,
    *,
    counts: tuple[int, ...],
    allowed: Bools,
    pinned: Bools,
    upper: float,
    bounds: list[Bound],
    seconds: float,
) -> Solved:
    """Candidates of each level at least total cost.

    A candidate that would lift the Lagrangean bound beyond a known value is settled beforehand, and a
    place's candidates beyond the last that it can be forced to use are left out; neither loses an optimum.

    Parameters
    ----------
    costs : numpy.ndarray of float
        Weighted cost of each level, place and candidate, shape (levels, places, candidates), finite.
    counts : tuple of int
        Candidates of each level, never falling.
    allowed, pinned : numpy.ndarray of bool
        Shape (levels, candidates).
    upper : float
        Total cost of a known choice.
    bounds : list of Bound
        One for each level.
    seconds : float
        Time limit.

    Returns
    -------
    Solved
        With the solver's bound when time ran out.

    References
    ----------
    ReVelle, C. S., Swain, R. W. (1970), Geographical Analysis 2, 30-42. Christofides, N., Beasley, J. E.
    (1982), A tree search algorithm for the p-median problem, European Journal of Operational Research 10,
    196-204, for the settling.
    """
    levels, _, size = costs.shape
    floor = sum(each.value for each in bounds)
    low, high = pinned.astype(np.float64), allowed.astype(np.float64)
    for row, each in enumerate(bounds):
        settled = (floor + each.rise > upper + _TOLERANCE * abs(upper)) & allowed[row] & ~pinned[row]
        low[row, settled & each.taken] = 1.0
        high[row, settled & ~each.taken] = 0.0
    pairs = [_pairs(costs[row], count=counts[row], usable=high[row] > 0) for row in range(levels)]
    constraints, weights = _rows(costs, pairs, counts=counts)
    free = weights.size - levels * size
    found = solve(
        weights,
        constraints=constraints,
        integrality=np.append(np.ones(levels * size), np.zeros(free)).astype(np.int64),
        bounds=Bounds(np.append(low.ravel(), np.zeros(free)), np.append(high.ravel(), np.ones(free))),
        seconds=float(seconds),
    )
    if found.x is None:
        # Infeasible can only mean that settling left nothing better than the known choice.
        return Solved(None, upper if int(found.status) == _NOTHING else floor)
    opened = np.round(found.x[: levels * size]).reshape(levels, size) > 0
    bound = found.mip_dual_bound if int(found.status) == _TIME_OUT else float(found.fun)
    return Solved(
        [np.flatnonzero(row).astype(np.int64) for row in opened], min(float(bound), float(found.fun))
    )


def _pairs(cost: Floats, *, count: int, usable: Bools) -> tuple[Ints, Ints]:
    """Places and candidates that a place may have to use: its nearest, one more than may stay closed."""
    open_to = np.flatnonzero(usable)
    needed = open_to.size - count + 1
    order = np.argsort(cost[:, open_to], axis=1, kind="stable")[:, :needed]
    place = np.repeat(np.arange(cost.shape[0]), order.shape[1])
    return place.astype(np.int64), open_to[order.ravel()].astype(np.int64)


def _rows(
    costs: Floats, pairs: list[tuple[Ints, Ints]], *, counts: tuple[int, ...]
) -> tuple[list[LinearConstraint], Floats]:
    """Constraints and weights; first the candidates of each level, then the pairs of each."""
    levels, places, size = costs.shape
    ends = np.cumsum([levels * size, *(place.size for place, _ in pairs)])
    width = int(ends[-1])
    blocks: list[csr_array[Any]] = []
    lower: list[Floats] = []
    upper: list[Floats] = []

    def add(block: csr_array[Any], low: float, high: float) -> None:
        blocks.append(block)
        lower.append(np.full(block.shape[0], low))
        upper.append(np.full(block.shape[0], high))

    weights = np.zeros(width)
    for row, (place, site) in enumerate(pairs):
        pair = np.arange(ends[row], ends[row + 1])
        one = np.ones(pair.size)
        opened = row * size + np.arange(size)
        weights[pair] = costs[row, place, site]
        add(csr_array((one, (place, pair)), shape=(places, width)), 1.0, 1.0)
        add(
            csr_array((np.ones(size), (np.zeros(size, dtype=int), opened)), shape=(1, width)),
            *[counts[row]] * 2,
        )
        number = np.arange(pair.size)
        both = csr_array(
            (np.append(one, -one), (np.append(number, number), np.append(pair, row * size + site))),
            shape=(pair.size, width),
        )
        add(both, -np.inf, 0.0)
        if row > 0:
            number = np.arange(size)
            nest = csr_array(
                (
                    np.append(np.ones(size), -np.ones(size)),
                    (np.append(number, number), np.append(opened - size, opened)),
                ),
                shape=(size, width),
            )
            add(nest, -np.inf, 0.0)
    whole = csr_array(vstack(blocks, format="csr"))
    return [LinearConstraint(whole, np.concatenate(lower), np.concatenate(upper))], weights
