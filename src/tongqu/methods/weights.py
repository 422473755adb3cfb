"""Weights of indicators by name: equal, entropy, CRITIC, AHP, and a mix of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["RANDOM_INDEX", "Ahp", "WeightMethod", "ahp", "mix", "weigh"]

WeightMethod: TypeAlias = Literal["equal", "entropy", "entropy-range", "critic"]
"""How weights follow from the data; every result names it."""

_LARGE: Final = float(np.finfo(np.float64).max)

RANDOM_INDEX: Final = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Mean consistency index of random matrices of order 1 to 15 (Saaty 1980, table 3.1)."""


def weigh(
    table: npt.ArrayLike, *, method: WeightMethod, more_is_better: Sequence[bool] | None = None
) -> Floats:
    """Weights of indicators from their values.

    entropy takes each column's shares of its own total; entropy-range first scores every column from its
    least to its greatest value, which gives other weights: papers seldom say which they used. critic weighs a
    column by its spread times its conflict with the others. A column that never varies gets no weight.

    Parameters
    ----------
    table : array_like of float
        Values, shape (units, indicators); 0 or more for entropy.
    method : {"equal", "entropy", "entropy-range", "critic"}
        The method.
    more_is_better : sequence of bool, optional
        Direction of every indicator, for entropy-range and critic, shape (indicators,); True when left out.

    Returns
    -------
    numpy.ndarray of float
        Shape (indicators,), sum 1; equal when no column varies.

    Raises
    ------
    DataError
        If the table has fewer than two rows, or a value is missing or (for entropy) negative.

    References
    ----------
    Entropy: Xu, X. (2004), European Journal of Operational Research 156 (2), 530-532. CRITIC: Diakoulaki, D.,
    Mavrotas, G., Papayannakis, L. (1995), Computers and Operations Research 22 (7), 763-770.

    Examples
    --------
    >>> weigh([[30, 30], [19, 54], [19, 15], [68, 70]], method="entropy").round(3)
    array([0.537, 0.463])
    """
    low = 0.0 if method == "entropy" else -_LARGE
    values = floats(table, column="table", low=low, high=_LARGE)
    shaped = values.ndim == 2 and values.shape[0] > 1 and values.shape[1] > 0
    require(shaped, column="table", rule="it is not (units, indicators)", mend="give two units or more")
    size = values.shape[1]
    if method == "entropy":
        raw = _divergence(values)
    elif method == "entropy-range":
        raw = _divergence(_ranged(values, more_is_better))
    elif method == "critic":
        raw = _conflict(_ranged(values, more_is_better))
    else:
        require(method == "equal", column="method", rule=f"{method} is unknown", mend="see WeightMethod")
        raw = np.ones(size)
    return np.asarray(raw / raw.sum()) if raw.sum() > 0 else np.full(size, 1 / size)


def _ranged(values: Floats, more_is_better: Sequence[bool] | None) -> Floats:
    low, width = values.min(axis=0), np.ptp(values, axis=0)
    score = np.where(width > 0, (values - low) / np.where(width > 0, width, 1.0), 0.0)
    better = (
        np.ones(values.shape[1], dtype=np.bool_) if more_is_better is None else np.asarray(more_is_better)
    )
    same = better.shape == (values.shape[1],)
    require(
        same, column="more_is_better", rule="lengths differ", mend="give one direction for each indicator"
    )
    return np.asarray(np.where(better | (width <= 0), score, 1.0 - score))


def _divergence(values: Floats) -> Floats:
    """One minus the entropy of every column's shares."""
    total = values.sum(axis=0)
    share = values / np.where(total > 0, total, 1.0)
    logs = np.log(np.where(share > 0, share, 1.0))
    entropy = -(share * logs).sum(axis=0) / np.log(values.shape[0])
    return np.where(total > 0, np.maximum(1.0 - entropy, 0.0), 0.0)


def _conflict(score: Floats) -> Floats:
    """Spread of every column times its conflict with the others."""
    spread = score.std(axis=0, ddof=1)
    centred = (score - score.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlation = centred.T @ centred / (score.shape[0] - 1)
    return np.asarray(spread * (1.0 - correlation).sum(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Ahp:
    """Weights from pairwise comparisons.

    Parameters
    ----------
    weights : numpy.ndarray of float
        Shape (n,), sum 1.
    consistency_ratio : float
        Consistency index over that of random comparisons; the usual limit is 0.1. 0 for n below 3.
    """

    weights: Floats
    consistency_ratio: float


def ahp(comparisons: npt.ArrayLike) -> Ahp:
    """Weights by the analytic hierarchy process: the principal eigenvector.

    Parameters
    ----------
    comparisons : array_like of float
        How many times as important row i is as column j, above 0, shape (n, n), n at most 15; reciprocal.

    Returns
    -------
    Ahp
        Weights and consistency ratio.

    Raises
    ------
    DataError
        If the matrix is not square, not reciprocal, or too large.

    References
    ----------
    Saaty, T. L. (1980), The Analytic Hierarchy Process, McGraw-Hill.

    Examples
    --------
    >>> found = ahp([[1, 2, 4], [1 / 2, 1, 2], [1 / 4, 1 / 2, 1]])
    >>> found.weights.round(4), round(found.consistency_ratio, 4)
    (array([0.5714, 0.2857, 0.1429]), 0.0)
    """
    matrix = floats(comparisons, column="comparisons", low=np.finfo(np.float64).tiny, high=_LARGE)
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    require(square, column="comparisons", rule="the matrix is not square", mend="one row and column each")
    size = matrix.shape[0]
    require(0 < size <= len(RANDOM_INDEX), column="comparisons", rule=f"n is {size}", mend="compare 1 to 15")
    reciprocal = bool(np.allclose(matrix * matrix.T, 1, rtol=0.02))
    require(reciprocal, column="comparisons", rule="not reciprocal", mend="make a[j, i] = 1 / a[i, j]")
    values, vectors = np.linalg.eig(matrix)
    top = int(np.argmax(values.real))
    vector = np.abs(vectors[:, top].real)
    random = RANDOM_INDEX[size - 1]
    excess = max(float(values[top].real) - size, 0.0)
    ratio = excess / (size - 1) / random if random else 0.0
    return Ahp(vector / vector.sum(), ratio)


def mix(candidates: npt.ArrayLike) -> Floats:
    """Game-theoretic mix of several weight vectors: the combination least far from each of them.

    Parameters
    ----------
    candidates : array_like of float
        Weight vectors, shape (methods, indicators), each with sum 1.

    Returns
    -------
    numpy.ndarray of float
        Shape (indicators,), sum 1.

    Raises
    ------
    DataError
        If a weight is missing or negative, or a vector does not sum to 1.

    References
    ----------
    Combination weighting as a game: |sum over k of a_k w_k - w_j| is minimised for each j; the first-order
    conditions are (W W') a = diag(W W'), and the shares are |a| scaled to sum 1.

    Examples
    --------
    >>> mix([[0.6, 0.4], [0.2, 0.8]]).round(4)
    array([0.3214, 0.6786])
    """
    vectors = floats(candidates, column="candidates", low=0, high=1)
    whole = vectors.ndim == 2 and bool(np.allclose(vectors.sum(axis=1), 1, atol=1e-6))
    require(whole, column="candidates", rule="a vector does not sum to 1", mend="scale each one to sum 1")
    product = vectors @ vectors.T
    # Least squares, so that the same vector given twice does no harm.
    share = np.abs(np.linalg.lstsq(product, np.diag(product), rcond=None)[0])
    return np.asarray(share / share.sum() @ vectors)
