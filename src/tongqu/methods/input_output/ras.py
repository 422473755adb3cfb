"""Balancing that is asked for and logged: RAS, and GRAS for tables with negative cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.input_output.table import Table

__all__ = ["Balanced", "ras", "rebalance"]

PRECISION: Final = 1e-9
"""Largest miss of a row or column sum, as a share of the largest sum, at which the iteration stops."""
MOST: Final = 10_000
"""Iterations after which it has failed."""
_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """A matrix with the sums that were asked for, and what was done to it.

    Parameters
    ----------
    matrix : numpy.ndarray of float
        Shape (r, c).
    method : str
        ``"RAS"``, or ``"GRAS"`` if there was a negative cell.
    iterations : int
        Rounds of rows and columns.
    largest_change : float
        Largest absolute change of a cell.
    log : DataFrame
        A row for each iteration: ``iteration``, ``row_miss`` and ``column_miss`` (largest absolute miss
        before it).
    changes : DataFrame
        A row for each changed cell, the largest change first: ``row``, ``column`` (positions), ``before``,
        ``after``, ``change``.
    """

    matrix: Floats
    method: str
    iterations: int
    largest_change: float
    log: pd.DataFrame
    changes: pd.DataFrame


def _solve(target: Floats, plus: Floats, minus: Floats) -> Floats:
    """Positive factor f with plus f - minus / f = target; 1 where there is nothing to scale."""
    root = (target + np.sqrt(target**2 + 4 * plus * minus)) / (2 * np.where(plus > 0, plus, 1.0))
    negative = np.where(target < 0, -minus / np.where(target < 0, target, -1.0), 1.0)
    factor = np.where(plus > 0, root, np.where(minus > 0, negative, 1.0))
    return np.asarray(np.where(factor > 0, factor, 1.0))


def _check_totals(matrix: Floats, rows: Floats, columns: Floats, *, precision: float) -> None:
    """Raise if the sums cannot be reached whatever the factors."""
    problems = []
    gap, scale = rows.sum() - columns.sum(), max(np.abs(rows).sum(), np.abs(columns).sum(), 1e-300)
    if abs(gap) > max(precision, 1e-9) * scale:
        rule = f"row sums add up to {rows.sum():.10g}, column sums to {columns.sum():.10g}"
        problems.append(Problem(rule=rule, mend="make both totals equal", column="rows"))
    for side, sums, axis in (("rows", rows, 1), ("columns", columns, 0)):
        plus, minus = (matrix > 0).any(axis=axis), (matrix < 0).any(axis=axis)
        stuck = ((sums > 0) & ~plus) | ((sums < 0) & ~minus)
        problems += [
            Problem(
                rule=f"no cell can give the sum {sums[at]:.10g}",
                mend="fill in a cell of that sign, or ask for another sum",
                column=side,
                value=str(int(at)),
            )
            for at in np.flatnonzero(stuck)
        ]
    if problems:
        raise DataError(problems)


def ras(
    matrix: npt.ArrayLike,
    *,
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    precision: float = PRECISION,
    most: int = MOST,
) -> Balanced:
    """The matrix scaled by rows and columns until its sums are the ones given.

    Parameters
    ----------
    matrix : array_like of float
        Shape (r, c). With a negative cell the generalised method is used: positive cells are multiplied,
        negative ones divided by the factors, so signs and zeros stay.
    rows, columns : array_like of float
        Sums asked for, shapes (r,) and (c,); their totals are equal.
    precision : float
        Largest miss, as a share of the largest sum.
    most : int
        Iterations after which it has failed.

    Returns
    -------
    Balanced
        With its log.

    Raises
    ------
    DataError
        If totals differ, a sum cannot be reached, or the iteration does not converge.

    References
    ----------
    Stone, R. (1961). Input-Output and National Accounts. OECD.
    Junius, T., Oosterhaven, J. (2003). The solution of updating or regionalizing a matrix with both
    positive and negative entries. Economic Systems Research 15(1).
    Lenzen, M., Wood, R., Gallego, B. (2007). Some comments on the GRAS method. The same 19(4).

    Examples
    --------
    >>> found = ras([[1, 1], [1, 1]], rows=[3, 1], columns=[2, 2])
    >>> found.matrix, found.iterations, found.method
    (array([[1.5, 1.5],
           [0.5, 0.5]]), 1, 'RAS')
    """
    start = floats(matrix, column="matrix", low=-_LARGE, high=_LARGE)
    wanted = floats(rows, column="rows", low=-_LARGE, high=_LARGE)
    asked = floats(columns, column="columns", low=-_LARGE, high=_LARGE)
    fits = start.ndim == 2 and start.shape == (len(wanted), len(asked))
    require(fits, column="matrix", rule="shapes do not fit", mend="give one sum for each row and column")
    _check_totals(start, wanted, asked, precision=precision)
    plus, minus = np.maximum(start, 0), np.maximum(-start, 0)
    left, right = np.ones(len(wanted)), np.ones(len(asked))
    allowed = precision * max(np.abs(wanted).max(), np.abs(asked).max(), 1e-300)
    log: list[tuple[int, float, float]] = []
    scaled = start
    for step in range(most + 1):
        misses = (np.abs(scaled.sum(axis=1) - wanted).max(), np.abs(scaled.sum(axis=0) - asked).max())
        log.append((step + 1, float(misses[0]), float(misses[1])))
        if max(misses) <= allowed or step == most:
            break
        left = _solve(wanted, plus @ right, minus @ (1 / right))
        right = _solve(asked, left @ plus, (1 / left) @ minus)
        scaled = left[:, np.newaxis] * plus * right - minus / (left[:, np.newaxis] * right)
    if not max(misses) <= allowed:
        rule = f"balancing has not converged after {most} iterations: a sum still misses by {max(misses):.6g}"
        mend = "cells that are 0 stay 0: fill in cells of the row or column, or ask for other sums"
        raise DataError([Problem(rule=rule, mend=mend, column="matrix")])
    frame = pd.DataFrame(log[:-1], columns=["iteration", "row_miss", "column_miss"])
    change = scaled - start
    method = "GRAS" if (start < 0).any() else "RAS"
    return Balanced(
        scaled, method, len(frame), float(np.abs(change).max(initial=0)), frame, _changes(start, scaled)
    )


def _changes(before: Floats, after: Floats) -> pd.DataFrame:
    """Changed cells, the largest change first."""
    row, column = np.nonzero(before != after)
    frame = pd.DataFrame(
        {"row": row, "column": column, "before": before[row, column], "after": after[row, column]}
    ).assign(change=(after - before)[row, column])
    order = frame["change"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def rebalance(table: Table, *, precision: float = PRECISION, most: int = MOST) -> tuple[Table, Balanced]:
    """The table with flows and final demand scaled until every row and column balances.

    Output, value added and the sums of final demand by column stay as given; `ras` does the rest. Call it
    knowingly: the result is modelled, and the log says what was changed.

    Parameters
    ----------
    table : Table
        Of one place; value added and final demand (less imports) have the same total.
    precision, most
        As `ras`.

    Returns
    -------
    table : Table
        Balanced.
    log : Balanced
        Over flows and signed final demand side by side: columns from n on are those of final demand.

    Raises
    ------
    DataError
        As `ras`; if the table has leading axes or a negative output.

    Examples
    --------
    >>> off = Table(("a", "b"), [[1, 2], [3, 4]], [[6], [4]], ("household",), [[6, 4]], ("labour",), [10, 10])
    >>> whole, log = rebalance(off)
    >>> (whole.flows.sum(axis=1) + whole.net_demand).round(6)
    array([10., 10.])
    """
    single = table.output.ndim == 1
    require(single, column="table", rule="more than one table", mend="balance one at a time")
    made = floats(table.output, column="output", low=0, high=_LARGE)
    n, signed = len(table.sectors), table.demand * table.sign
    found = ras(
        np.concatenate([table.flows, signed], axis=1),
        rows=made,
        columns=np.concatenate([made - table.value_of(), signed.sum(axis=0)]),
        precision=precision,
        most=most,
    )
    demand = found.matrix[:, n:] * table.sign
    return replace(table, flows=found.matrix[:, :n], demand=demand), found
