"""Autocorrelation in space: whether neighbours are alike, in all and place by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse
from scipy.stats import norm

from tongqu.methods._arrays import Floats, Ints, floats, positions, require

__all__ = ["LocalMoran", "Moran", "contiguity", "local_moran", "moran", "row_standardised"]

_LARGE: Final = float(np.finfo(np.float64).max)

_FEWEST: Final = 4
"""Places below which the variance under randomisation is not defined."""


def contiguity(neighbours: Sequence[Sequence[int]]) -> csr_array[Any]:
    """Weights of 1 for each neighbour, from lists.

    Parameters
    ----------
    neighbours : sequence of sequences of int
        Positions of the neighbours of each place.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (places, places).

    Raises
    ------
    DataError
        If a position is outside, comes twice, or is the place itself.

    Examples
    --------
    >>> contiguity([[1], [0, 2], [1]]).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    size = len(neighbours)
    counts = [len(each) for each in neighbours]
    row = np.repeat(np.arange(size), counts)
    flat = [spot for each in neighbours for spot in each]
    column = positions(np.array(flat, dtype=np.int64), column="neighbours", size=size)
    require(bool((row != column).all()), column="neighbours", rule="a place is its own", mend="leave it out")
    once = np.unique(row * size + column).size == row.size
    require(once, column="neighbours", rule="a neighbour comes twice", mend="name each once")
    return csr_array((np.ones(row.size), (row, column)), shape=(size, size))


def row_standardised(weights: Any) -> csr_array[Any]:
    """Weights of each place's neighbours with sum 1; a place without neighbours keeps none.

    Parameters
    ----------
    weights : array_like of float or scipy.sparse array
        Shape (places, places), 0 or more, 0 on the diagonal.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (places, places).

    Raises
    ------
    DataError
        If a weight is missing, negative or infinite, one is on the diagonal, or the table is not square.

    References
    ----------
    Anselin, L. (1988), Spatial Econometrics: Methods and Models, Kluwer, chapter 3.

    Examples
    --------
    >>> row_standardised([[0, 1, 1], [2, 0, 0], [0, 0, 0]]).toarray()
    array([[0. , 0.5, 0.5],
           [1. , 0. , 0. ],
           [0. , 0. , 0. ]])
    """
    table = _weights(weights)
    whole = np.asarray(table.sum(axis=1)).ravel()
    scale = np.divide(1.0, whole, out=np.zeros(whole.size), where=whole > 0)
    return csr_array(table * scale[:, np.newaxis])


def _weights(weights: Any) -> csr_array[Any]:
    given: Any = weights if issparse(weights) else np.asarray(weights, dtype=np.float64)
    table = csr_array(given, dtype=np.float64)
    square = table.ndim == 2 and table.shape[0] == table.shape[1]
    require(square, column="weights", rule="it is not square", mend="give one row and column for each place")
    floats(table.data, column="weights", low=0, high=_LARGE)
    own = bool((table.diagonal() == 0).all())
    require(own, column="weights", rule="a place is its own neighbour", mend="put 0 on the diagonal")
    table.eliminate_zeros()
    table.sort_indices()
    return csr_array(table)


@dataclass(frozen=True, slots=True)
class Moran:
    """Global Moran's I with three ways to judge it.

    Parameters
    ----------
    i : float
        Moran's I: above its expectation where like lies beside like.
    expected : float
        -1 / (places - 1).
    variance_normal, variance_random : float
        Variance if values are normal, and if all orders of the values are as likely.
    p_normal, p_random : float
        Two-sided p by the normal law with these variances.
    p_permuted : float
        (orders at least as far out on the side of the observed one + 1) / (permutations + 1), one-sided;
        NaN without permutations.
    permutations : int
        Orders drawn.
    islands : int
        Places without neighbours: they count as places, but weigh nothing.
    """

    i: float
    expected: float
    variance_normal: float
    variance_random: float
    p_normal: float
    p_random: float
    p_permuted: float
    permutations: int
    islands: int


def moran(values: npt.ArrayLike, weights: Any, *, permutations: int = 999, seed: int = 0) -> Moran:
    """Global Moran's I.

    Parameters
    ----------
    values : array_like of float
        Value of each place, shape (places,), not all equal.
    weights : array_like of float or scipy.sparse array
        Neighbours, shape (places, places); see `row_standardised`, which is the usual choice.
    permutations : int
        Random orders to draw, 0 for none.
    seed : int
        Of the random orders.

    Returns
    -------
    Moran
        The same for the same seed.

    Raises
    ------
    DataError
        If a value is missing, all are equal, there are fewer than 4 places, or nobody has neighbours.

    References
    ----------
    Moran, P. A. P. (1950), Notes on continuous stochastic phenomena, Biometrika 37, 17-23. Moments: Cliff,
    A. D., Ord, J. K. (1981), Spatial Processes, Pion, chapter 2.

    Examples
    --------
    >>> line = contiguity([[1], [0, 2], [1, 3], [2, 4], [3]])
    >>> found = moran([1, 2, 3, 4, 5], row_standardised(line), permutations=99)
    >>> round(found.i, 6), found.expected
    (0.6, -0.25)
    """
    table, apart, square = _centred(values, weights)
    size, whole = apart.size, float(table.sum())
    share = size / whole / square
    found = share * float(apart @ (table @ apart))
    expected = -1 / (size - 1)
    normal, random = _moments(table, apart)
    p_normal, p_random = (
        float(2 * norm.sf(abs(found - expected) / np.sqrt(variance))) if variance > 0 else float("nan")
        for variance in (normal, random)
    )
    drawn = _orders(size, count=permutations, seed=seed)
    mixed = apart[drawn]
    lag = np.asarray((table @ mixed.T).T)
    simulated = share * (mixed * lag).sum(axis=1)
    return Moran(
        i=found,
        expected=expected,
        variance_normal=normal,
        variance_random=random,
        p_normal=p_normal,
        p_random=p_random,
        p_permuted=float(_one_sided(np.array([found]), simulated[:, np.newaxis])[0]),
        permutations=permutations,
        islands=int((np.diff(table.indptr) == 0).sum()),
    )


def _centred(values: npt.ArrayLike, weights: Any) -> tuple[csr_array[Any], Floats, float]:
    """Weights, values less their mean, and the sum of their squares."""
    level = floats(values, column="values", low=-_LARGE, high=_LARGE)
    table = _weights(weights)
    fits = level.shape == (table.shape[0],)
    require(fits, column="values", rule="lengths differ", mend="give one value for each place")
    require(level.size >= _FEWEST, column="values", rule="fewer than 4 places", mend="give 4 places or more")
    require(table.nnz > 0, column="weights", rule="nobody has neighbours", mend="give some")
    apart = level - level.mean()
    square = float(apart @ apart)
    vary = float(np.ptp(level)) > 0 and square > 0
    require(vary, column="values", rule="all are equal", mend="there is nothing to compare")
    return table, apart, square


def _moments(table: csr_array[Any], apart: Floats) -> tuple[float, float]:
    """Variance of I under normality and under randomisation (Cliff and Ord 1981)."""
    n = float(apart.size)
    s0 = float(table.sum())
    both = csr_array(table + table.T)
    s1 = float((both.data**2).sum()) / 2
    s2 = float(((np.asarray(table.sum(axis=1)).ravel() + np.asarray(table.sum(axis=0)).ravel()) ** 2).sum())
    expected = -1 / (n - 1)
    normal = (n * n * s1 - n * s2 + 3 * s0 * s0) / ((n * n - 1) * s0 * s0) - expected**2
    kurtosis = float((apart**4).mean() / (apart**2).mean() ** 2)
    over = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0 * s0)
    over -= kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0 * s0)
    random = over / ((n - 1) * (n - 2) * (n - 3) * s0 * s0) - expected**2
    return normal, random


def _orders(size: int, *, count: int, seed: int) -> Ints:
    """Random orders of the numbers below a size, shape (count, size)."""
    require(count >= 0, column="permutations", rule="it is negative", mend="give 0 or more")
    return np.random.default_rng(seed).permuted(np.tile(np.arange(size), (count, 1)), axis=1)


def _one_sided(found: Floats, simulated: Floats) -> Floats:
    """Pseudo p of each column, on the side of the observed value; NaN without permutations."""
    count = simulated.shape[0]
    if count == 0:
        return np.full(found.size, np.nan)
    # Orders that only swap equal values differ from the observed one in the last digit.
    close = 1e-12 * (1 + np.abs(found))
    above = (simulated >= found - close).sum(axis=0)
    below = (simulated <= found + close).sum(axis=0)
    return np.asarray((np.minimum(above, below) + 1) / (count + 1))


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoran:
    """Local Moran's I: which places lie among their like.

    Parameters
    ----------
    i : numpy.ndarray of float
        Local statistic, shape (places,); with row-standardised weights and no islands its mean is the
        global I.
    quadrant : numpy.ndarray of int
        1 high among high, 2 low among high, 3 low among low, 4 high among low; 0 without neighbours.
    p : numpy.ndarray of float
        One-sided pseudo p by conditional permutation: the place keeps its value, the others are mixed;
        NaN without neighbours or permutations.
    p_adjusted : numpy.ndarray of float
        p after Benjamini and Hochberg: false discoveries among all that are called at this level.
    permutations : int
        Orders drawn.
    """

    i: Floats
    quadrant: Ints
    p: Floats
    p_adjusted: Floats
    permutations: int


def local_moran(values: npt.ArrayLike, weights: Any, *, permutations: int = 999, seed: int = 0) -> LocalMoran:
    """Local Moran's I of each place.

    Parameters
    ----------
    values : array_like of float
        Value of each place, shape (places,), not all equal.
    weights : array_like of float or scipy.sparse array
        Neighbours, shape (places, places); see `row_standardised`.
    permutations : int
        Random orders to draw, 0 for none. All places share them.
    seed : int
        Of the random orders.

    Returns
    -------
    LocalMoran
        The same for the same seed.

    Raises
    ------
    DataError
        If a value is missing, all are equal, there are fewer than 4 places, or nobody has neighbours.

    References
    ----------
    Anselin, L. (1995), Local indicators of spatial association - LISA, Geographical Analysis 27, 93-115.
    Benjamini, Y., Hochberg, Y. (1995), Journal of the Royal Statistical Society B 57, 289-300; for maps:
    Caldas de Castro, M., Singer, B. H. (2006), Geographical Analysis 38, 180-208.

    Examples
    --------
    >>> line = row_standardised(contiguity([[1], [0, 2], [1, 3], [2, 4], [3]]))
    >>> found = local_moran([1, 2, 3, 4, 5], line, permutations=99)
    >>> found.i, found.quadrant
    (array([1. , 0.5, 0. , 0.5, 1. ]), array([3, 3, 3, 1, 1]))
    """
    table, apart, square = _centred(values, weights)
    lag = np.asarray(table @ apart)
    scale = apart.size / square
    found = scale * apart * lag
    alone = np.diff(table.indptr) == 0
    high, among = apart > 0, lag > 0
    quadrant = np.where(high, np.where(among, 1, 4), np.where(among, 2, 3))
    drawn = _orders(apart.size - 1, count=permutations, seed=seed)
    p = np.full(apart.size, np.nan)
    for place in np.flatnonzero(~alone):
        own = table.data[table.indptr[place] : table.indptr[place + 1]]
        others = np.delete(apart, place)
        simulated = scale * apart[place] * (others[drawn[:, : own.size]] @ own)
        p[place] = _one_sided(found[place : place + 1], simulated[:, np.newaxis])[0]
    return LocalMoran(
        i=found,
        quadrant=np.where(alone, 0, quadrant).astype(np.int64),
        p=p,
        p_adjusted=_false_discoveries(p),
        permutations=permutations,
    )


def _false_discoveries(p: Floats) -> Floats:
    """The p after Benjamini and Hochberg; NaN stays and does not count."""
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    raised = p[order] * known.size / np.arange(1, known.size + 1)
    adjusted = np.full(p.size, np.nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return adjusted
