"""Maximum expected covering as an integer program: vehicles, stations, arrivals, places covered k times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import block_diag, csr_array, eye_array, hstack, kron, vstack

from tongqu.methods._arrays import Floats, Ints
from tongqu.methods._milp import solve
from tongqu.methods.medical._ambulance_case import Case, grown, objective_of

__all__ = ["program"]

NEGLIGIBLE: Final = 1e-9
"""Gain of one more vehicle that the program leaves out; the bound counts it."""


def _groups(case: Case, at: int) -> tuple[csr_array[Any], Floats]:
    """Places that the same stations cover, as one, with their calls a day; those without are dropped."""
    cover, weight = case.covers[at], case.calls[:, at] * case.hours[at]
    kept = np.flatnonzero((np.diff(cover.indptr) > 0) & (weight > 0))
    rows = csr_array(cover[kept])
    rows.sort_indices()
    keys = [rows.indices[a:b].tobytes() for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)]
    found: dict[bytes, int] = {}
    group = np.array([found.setdefault(key, len(found)) for key in keys], dtype=np.int64)
    _, first = np.unique(group, return_index=True)
    total = np.bincount(group, weights=weight[kept], minlength=len(found)).astype(np.float64)
    return csr_array(rows[first]), total


def program(case: Case, *, gap: float, seconds: float) -> tuple[Ints | None, float]:
    """The integer program: vehicles, stations used, arrivals and places covered at least k times."""
    stations, periods = case.stations, case.periods
    found = [_groups(case, at) for at in range(periods)]
    levels = [max(int((gains > NEGLIGIBLE).sum()), min(gains.size, 1)) for gains in case.gains]
    tail = sum(
        float(weight.sum() * gains[level:].sum())
        for (_, weight), gains, level in zip(found, case.gains, levels, strict=True)
    )
    size = stations * periods
    worth = [np.kron(weight, case.gains[at][: levels[at]]) for at, (_, weight) in enumerate(found)]
    counted = np.concatenate([np.zeros(0), *worth])
    objective = np.concatenate([np.zeros(size + stations), np.full(size, case.worth), -counted])
    kept = np.where(case.stands, case.least, 0).astype(np.float64)
    low = np.concatenate([np.repeat(kept, periods), case.stands, np.zeros(size + counted.size)])
    high = np.concatenate(
        [np.repeat(case.room, periods), np.ones(stations), np.full(size, np.inf), counted * 0 + 1]
    )
    answer = solve(
        objective,
        constraints=_rows(case, [rows for rows, _ in found], levels, counted.size),
        integrality=np.concatenate([np.ones(size + stations), np.zeros(size + counted.size)]),
        bounds=Bounds(low, high),
        gap=gap,
        seconds=seconds,
    )
    # Arrivals of vehicles that come on duty are charged like moves: give that back.
    free = case.worth * float(grown(case.vehicles).sum())
    whole = float((case.calls * case.hours).sum())
    bound = (
        whole if answer.mip_dual_bound is None else min(whole, -float(answer.mip_dual_bound) + free + tail)
    )
    if answer.x is None:
        return None, bound
    placed = np.rint(answer.x[:size]).astype(np.int64).reshape(stations, periods)
    return placed, max(bound, objective_of(case, placed))


def _rows(
    case: Case, groups: Sequence[csr_array[Any]], levels: Sequence[int], counted: int
) -> list[LinearConstraint]:
    """Rows over (vehicles by station and period, stations used, arrivals by station and period, cover)."""
    stations, periods = case.stations, case.periods
    size = stations * periods

    def row(
        vehicles: Any = None, used: Any = None, arrive: Any = None, cover: Any = None, *, rows: int
    ) -> csr_array[Any]:
        parts = ((vehicles, size), (used, stations), (arrive, size), (cover, counted))
        return csr_array(hstack([csr_array((rows, n)) if one is None else one for one, n in parts]))

    place = eye_array(size)
    day = kron(np.ones((1, stations)), eye_array(periods))
    before = kron(eye_array(stations), csr_array(np.roll(np.eye(periods), -1, axis=1)))
    made = [
        LinearConstraint(row(day, rows=periods), lb=case.vehicles, ub=case.vehicles),
        LinearConstraint(
            row(place, -kron(case.room[:, np.newaxis] * np.eye(stations), np.ones((periods, 1))), rows=size),
            ub=0,
        ),
        LinearConstraint(row(used=csr_array((~case.stands * 1.0)[np.newaxis]), rows=1), ub=case.new),
    ]
    if periods > 1:
        made += [
            LinearConstraint(row(place - before, arrive=-place, rows=size), ub=0),
            LinearConstraint(row(arrive=day, rows=periods), ub=case.arrivals),
        ]
    if counted:
        near = []
        for at, rows in enumerate(groups):
            pick = csr_array((np.ones(1), ([0], [at])), shape=(1, periods))
            near.append(kron(rows, pick))
        total = block_diag(
            [
                kron(eye_array(rows.shape[0]), np.ones((1, level)))
                for rows, level in zip(groups, levels, strict=True)
            ]
        )
        stacked = csr_array(vstack(near))
        made.append(LinearConstraint(row(-stacked, cover=total, rows=stacked.shape[0]), ub=0))
    return made
