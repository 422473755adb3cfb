"""Which families or rows of an infeasible program exclude one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import highspy
import numpy as np
from scipy.sparse import csr_array, hstack

from tongqu.engine.lp import highs
from tongqu.engine.lp.highs import Numbers
from tongqu.engine.lp.parts import Ints

__all__ = ["conflicting_families", "conflicting_rows"]

DUAL_ZERO: Final = 1e-7
"""Dual up to which a row plays no part in a proof: the solver's tolerance."""

MISSED: Final = 1e-6
"""By how much rows have to be missed, in all, for them to conflict: ten times the solver's tolerance."""


def conflicting_families(numbers: Numbers, families: Mapping[str, slice]) -> tuple[str, ...]:
    """Name families that cannot hold together, each of them needed for that; none if the program is feasible.

    References
    ----------
    Chinneck, J. and Dravnieks, E. (1991), Locating minimal infeasible constraint sets in linear programs,
    ORSA Journal on Computing 3, 157-168: the deletion filter.
    """
    plain = replace(numbers, weight=np.zeros(len(numbers.weight)))
    solver = highs.load(plain.relaxed())
    if _feasible(solver):
        solver = highs.load(plain)
        if _feasible(solver):
            return ()
    needed: list[str] = []
    for name, where in families.items():
        rows = np.arange(where.start, where.stop, dtype=np.int64)
        _release(solver, rows)
        if _feasible(solver):
            _restore(solver, rows, plain)
            needed.append(name)
    return tuple(needed)


def conflicting_rows(numbers: Numbers, among: Ints) -> Ints:
    """Give rows of ``among`` that cannot hold together without whole numbers, each of them needed for that.

    Every such row may be missed at a cost (an elastic program), so that no step of this is infeasible: where
    the least cost is 0, the rows that are not released hold together. The duals of the least cost name rows
    that prove a conflict; a deletion filter leaves those that are needed when every other row stays. Empty if
    the relaxation is feasible, or infeasible without these rows.

    Parameters
    ----------
    among : array of int
        Numbers of rows that may give way, those preferred in the answer last.

    References
    ----------
    Chinneck, J. and Dravnieks, E. (1991), as above: the elastic and the deletion filter.
    """
    elastic = _elastic(numbers, among)
    solver = highs.load(elastic)
    highs.by_interior_point(solver)
    solver.run()
    if not _missed(solver):
        return np.empty(0, dtype=np.int64)
    highs.by_simplex(solver, seconds=np.inf)
    dual = np.abs(np.asarray(solver.getSolution().row_dual, dtype=np.float64))[among]
    left = among[dual > DUAL_ZERO]
    _release(solver, among[dual <= DUAL_ZERO])
    if not _missing(solver):  # the proof does not hold to the tolerance: try every row
        left = among
        _restore(solver, among, elastic)
    # Halves first: many rows of a proof are not needed.
    return np.array(sorted(_needed(solver, elastic, left, known=True)), dtype=np.int64)


def _needed(solver: highspy.Highs, elastic: Numbers, rows: Ints, *, known: bool) -> list[int]:
    """Rows that stay when as many as possible are released, for good, while something is still missed.

    Parameters
    ----------
    known : bool
        Whether it is known that not all of the rows can be released.
    """
    if len(rows) == 0:
        return []
    if not known:
        _release(solver, rows)
        if _missing(solver):
            return []
        _restore(solver, rows, elastic)
    if len(rows) == 1:
        return [int(rows[0])]
    half = len(rows) // 2
    first = _needed(solver, elastic, rows[:half], known=False)
    # If all of the first half could go, something of the second is needed.
    return first + _needed(solver, elastic, rows[half:], known=known and not first)


def _elastic(numbers: Numbers, among: Ints) -> Numbers:
    """Let rows be missed, at a cost of 1 for each unit, without whole numbers."""
    over, under = (among[np.isfinite(side[among])] for side in (numbers.row_upper, numbers.row_lower))
    rows = np.concatenate([over, under])
    sign = np.concatenate([-np.ones(len(over)), np.ones(len(under))])
    shape = (numbers.table.shape[0], len(rows))
    slack = csr_array((sign, (rows, np.arange(len(rows)))), shape=shape)
    return Numbers(
        csr_array(hstack([numbers.table, slack], format="csr")),
        numbers.row_lower,
        numbers.row_upper,
        np.concatenate([numbers.lower, np.zeros(len(rows))]),
        np.concatenate([numbers.upper, np.full(len(rows), np.inf)]),
        np.zeros(shape[1] + len(numbers.lower), dtype=bool),
        np.concatenate([np.zeros(len(numbers.lower)), -np.ones(len(rows))]),
    )


def _missing(solver: highspy.Highs) -> bool:
    """Whether rows that are not released are missed at the least."""
    solver.run()
    return _missed(solver)


def _missed(solver: highspy.Highs) -> bool:
    done = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return bool(done and solver.getInfo().objective_function_value < -MISSED)


def _feasible(solver: highspy.Highs) -> bool:
    solver.run()
    return bool(solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


def _release(solver: highspy.Highs, rows: Ints) -> None:
    free = np.full(len(rows), np.inf)
    highs.change_rows(solver, rows, lower=-free, upper=free)


def _restore(solver: highspy.Highs, rows: Ints, plain: Numbers) -> None:
    highs.change_rows(solver, rows, lower=plain.row_lower[rows], upper=plain.row_upper[rows])
