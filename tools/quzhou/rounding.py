"""Exact rounding: whole numbers next to given ones that keep every sum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

from quzhou.raw import Floats


def share_out(total: int, weights: Floats) -> NDArray[np.int64]:
    """Whole numbers that sum to `total` and are nearly in proportion to the weights (largest remainders)."""
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - whole.sum()]
    whole[rest] += 1
    return whole


def fit(seed: Floats, rows: Floats, columns: Floats) -> Floats:
    """The seed scaled by rows and columns until both sums fit (iterative proportional fitting)."""
    fitted = seed.copy()
    for _ in range(400):
        fitted *= (rows / fitted.sum(axis=1))[:, None]
        fitted *= columns / fitted.sum(axis=0)
        if np.abs(fitted.sum(axis=1) - rows).max() < 1e-7:
            return fitted
    raise ValueError("iterative proportional fitting did not settle")


def round_table(table: Floats) -> NDArray[np.int64]:
    """A whole table next to `table` with the same (whole) row and column sums.

    Which entries go up is a transportation problem; its matrix is totally unimodular, so the linear
    programme has a whole solution, the one with the largest fractions rounded up.
    """
    whole = np.floor(table).astype(np.int64)
    fraction = table - whole
    need = np.concatenate(
        [np.rint(table.sum(axis=1)) - whole.sum(axis=1), np.rint(table.sum(axis=0)) - whole.sum(axis=0)]
    )
    rows, columns = table.shape
    i, j = np.divmod(np.arange(table.size), columns)
    cells = np.arange(table.size)
    matrix = coo_array(
        (np.ones(2 * table.size), (np.concatenate([i, rows + j]), np.concatenate([cells, cells]))),
        shape=(rows + columns, table.size),
    )
    answer = linprog(-fraction.ravel(), A_eq=matrix.tocsr(), b_eq=need, bounds=(0, 1), method="highs-ds")
    if answer.status != 0:
        raise ValueError(f"the table cannot be rounded: {answer.message}")
    return whole + np.rint(answer.x).astype(np.int64).reshape(table.shape)
