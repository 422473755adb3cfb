"""A lower bound for one level by Lagrangean relaxation, and candidates that it settles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tongqu.methods._arrays import Bools, Floats

__all__ = ["Bound", "lower_bound"]

_STEPS: Final = 300
"""Subgradient steps; the bound moves little after some hundred."""

_PATIENCE: Final = 20
"""Steps without a better bound after which the step is halved (Beasley 1985 takes 30)."""

_CLOSE: Final = 1e-10
"""Share of the upper value at which the bound has met it."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A lower bound of one level.

    Parameters
    ----------
    value : float
        No choice of the candidates costs less.
    rise : numpy.ndarray of float
        By how much the bound rises when a candidate is left out (if it is among the cheapest) or taken (if
        it is not), shape (candidates,), 0 or more.
    taken : numpy.ndarray of bool
        Candidates among the cheapest, shape (candidates,).
    """

    value: float
    rise: Floats
    taken: Bools


def lower_bound(cost: Floats, *, count: int, upper: float, allowed: Bools, pinned: Bools) -> Bound:
    """Lower bound of the p-median of one level: each place's claim to one site is priced, not forced.

    With prices u the cost is at least sum u plus the `count` least sums over places of min(0, c - u). The
    prices are moved along the subgradient.

    Parameters
    ----------
    cost : numpy.ndarray of float
        Weighted cost, shape (places, candidates), finite.
    count : int
        Candidates to take.
    upper : float
        Cost of a known choice.
    allowed, pinned : numpy.ndarray of bool
        Who may and who must be taken, shape (candidates,).

    Returns
    -------
    Bound
        The best one found.

    References
    ----------
    Narula, S. C., Ogbu, U. I., Samuelsson, H. M. (1977), An algorithm for the p-median problem, Operations
    Research 25, 709-713. Beasley, J. E. (1985), A note on solving large p-median problems, European Journal
    of Operational Research 21, 270-273.
    """
    price = np.partition(cost, min(1, cost.shape[1] - 1), axis=1)[:, min(1, cost.shape[1] - 1)]
    best = _relaxed(cost, price, count=count, allowed=allowed, pinned=pinned)[0]
    pace, waited = 2.0, 0
    for _ in range(_STEPS):
        found, slope = _relaxed(cost, price, count=count, allowed=allowed, pinned=pinned)
        if found.value > best.value + _CLOSE * abs(upper):
            best, waited = found, 0
        else:
            waited += 1
        if waited >= _PATIENCE:
            pace, waited = pace / 2, 0
        size = float(slope @ slope)
        if size == 0 or upper - best.value <= _CLOSE * abs(upper):
            break
        price = np.maximum(price + pace * (1.001 * upper - found.value) / size * slope, 0.0)
    return best


def _relaxed(
    cost: Floats, price: Floats, *, count: int, allowed: Bools, pinned: Bools
) -> tuple[Bound, Floats]:
    """The relaxed optimum for given prices, and the slope of the bound in them."""
    short = cost - price[:, np.newaxis]
    worth = np.minimum(short, 0.0, out=short).sum(axis=0)
    order = np.where(pinned, -np.inf, np.where(allowed, worth, np.inf))
    ranked = np.argsort(order, kind="stable")
    taken = np.zeros(worth.size, dtype=np.bool_)
    taken[ranked[:count]] = True
    value = float(price.sum() + worth[taken].sum())
    # The last one in and the first one out say what a forced exchange costs.
    last = worth[ranked[count - 1]]
    after = worth[ranked[count]] if count < worth.size and allowed[ranked[count]] else np.inf
    rise = np.where(taken, np.where(pinned, np.inf, after - worth), worth - last)
    if pinned[ranked[count - 1]]:
        rise = np.where(taken, rise, np.inf)
    slope = 1.0 - (short[:, taken] < 0).sum(axis=1)
    return Bound(value, np.where(allowed, rise, np.inf), taken), slope
