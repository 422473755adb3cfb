"""Greedy start and interchange for nested levels."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import csr_array

from tongqu.methods._arrays import Bools, Floats, Ints

__all__ = ["interchange", "may_rise"]

_GAIN: Final = 1e-12
"""Share of the first total, or of the greatest cost, that a swap must save, lest rounding lead in circles."""


def interchange(costs: Floats, *, counts: tuple[int, ...], allowed: Bools, pinned: Bools) -> list[Ints]:
    """Candidates of each level, nested: greedy from the top, then best swaps of two roles until none saves.

    Parameters
    ----------
    costs : numpy.ndarray of float
        Weighted cost of each level, place and candidate, shape (levels, places, candidates), finite.
    counts : tuple of int
        Candidates of each level, never falling.
    allowed, pinned : numpy.ndarray of bool
        Shape (levels, candidates).

    Returns
    -------
    list of numpy.ndarray of int
        Positions of each level, rising, each within the next.

    References
    ----------
    Teitz, M. B., Bart, P. (1968), Heuristic methods for estimating the generalized vertex median of a
    weighted graph, Operations Research 16, 955-961; the best swap by closest and second closest site as in
    Whitaker, R. A. (1983), INFOR 21, 95-108.
    """
    levels = len(counts)
    roles = np.full(costs.shape[2], levels, dtype=np.int64)
    for row in range(levels):
        roles[pinned[row] & (roles == levels)] = row
    fixed = roles.copy()
    for row in range(levels):
        _fill(roles, costs[row], row=row, counts=counts, allowed=allowed[row], pinned=pinned)
    enough = _GAIN * max(
        sum(float(costs[row][:, roles <= row].min(axis=1).sum()) for row in range(levels)),
        float(costs.max()),
    )
    deltas = [_deltas(costs[row], roles <= row) for row in range(levels)]
    while True:
        out, into, saved = _best_swap(roles, deltas, allowed=allowed, fixed=fixed)
        if saved <= enough:
            return [np.flatnonzero(roles <= row).astype(np.int64) for row in range(levels)]
        high, low = int(roles[out]), int(roles[into])
        roles[[out, into]] = low, high
        for row in range(high, low):
            deltas[row] = _deltas(costs[row], roles <= row)


def _fill(
    roles: Ints, cost: Floats, *, row: int, counts: tuple[int, ...], allowed: Bools, pinned: Bools
) -> None:
    """Give the level to the candidates that save most, one by one; those of higher levels hold it already."""
    holds = roles <= row
    near = cost[:, holds].min(axis=1) if holds.any() else np.full(cost.shape[0], cost.max())
    for _ in range(counts[row] - int(holds.sum())):
        value = np.minimum(near[:, np.newaxis], cost).sum(axis=0)
        free = may_rise(roles <= row, row=row, counts=counts, allowed=allowed, pinned=pinned)
        best = int(np.argmin(np.where(free, value, np.inf)))
        roles[best] = row
        near = np.minimum(near, cost[:, best])


def may_rise(holds: Bools, *, row: int, counts: tuple[int, ...], allowed: Bools, pinned: Bools) -> Bools:
    """Candidates that may be given a level, so that room is left for those pinned to lower ones.

    Parameters
    ----------
    holds : numpy.ndarray of bool
        Who holds the level so far, shape (candidates,).
    row : int
        The level.
    counts : tuple of int
        Candidates of each level.
    allowed : numpy.ndarray of bool
        Who may hold the level, shape (candidates,).
    pinned : numpy.ndarray of bool
        Shape (levels, candidates), each row within the next.

    Returns
    -------
    numpy.ndarray of bool
        Shape (candidates,). Taking any of them never blocks a choice that exists: the conditions are those
        of a laminar matroid.
    """
    free = allowed & ~holds
    for lower in range(row + 1, len(counts)):
        if int((holds | pinned[lower]).sum()) >= counts[lower]:
            free = free & pinned[lower]
    return free


def _best_swap(roles: Ints, deltas: list[Floats], *, allowed: Bools, fixed: Ints) -> tuple[int, int, float]:
    """Two candidates whose roles to swap: the one that falls, the one that rises, and what that saves."""
    levels = len(deltas)
    best = (0, 0, 0.0)
    for high in range(levels):
        falls = np.flatnonzero((roles == high) & (fixed > high))
        delta = np.zeros((roles.size, falls.size))
        for low in range(high + 1, levels + 1):
            sites = np.flatnonzero(roles < low)
            delta = delta + deltas[low - 1][:, np.searchsorted(sites, falls)]
            # Whoever falls from `high` to `low` must not be pinned to a level in between.
            down = np.flatnonzero(fixed[falls] >= low)
            up = np.flatnonzero((roles == low) & allowed[high])
            if down.size == 0 or up.size == 0:
                continue
            part = delta[np.ix_(up, down)]
            spot = int(np.argmin(part))
            saved = -float(part.ravel()[spot])
            if saved > best[2]:
                best = (int(falls[down[spot % down.size]]), int(up[spot // down.size]), saved)
    return best


def _deltas(cost: Floats, holds: Bools) -> Floats:
    """Change of a level's cost when a candidate takes the place of a site, shape (candidates, sites)."""
    sites = np.flatnonzero(holds)
    places = np.arange(cost.shape[0])
    near = cost[:, sites]
    first = near.argmin(axis=1)
    least = near[places, first]
    if sites.size > 1:
        near[places, first] = np.inf
        second = near.min(axis=1)
    else:
        second = np.full(places.size, np.inf)
    joined = np.minimum(least[:, np.newaxis], cost)
    gain = joined.sum(axis=0) - least.sum()
    loss = np.minimum(second[:, np.newaxis], cost)
    loss -= joined
    served = csr_array((np.ones(places.size), (first, places)), shape=(sites.size, places.size))
    return np.asarray(gain[:, np.newaxis] + (served @ loss).T)
