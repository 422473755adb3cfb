"""Moves of places between classes: quantiles of each year, Markov transition matrix, the long run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from tongqu.methods._arrays import Floats, Ints, floats, positions, require

__all__ = ["Markov", "markov", "quantile_classes"]

_LARGE: Final = float(np.finfo(np.float64).max)


def quantile_classes(values: npt.ArrayLike, *, count: int = 5) -> Ints:
    """Class of each place by the quantiles of its year: 0 the lowest.

    Parameters
    ----------
    values : array_like of float
        Value of each place and year, shape (places, years).
    count : int
        Classes, 2 or more.

    Returns
    -------
    numpy.ndarray of int
        Shape (places, years). Classes end at interpolated quantiles, the end included; ties share a class.

    Raises
    ------
    DataError
        If a value is missing, the shape is wrong, or there are fewer than 2 classes.

    References
    ----------
    As Rey, S. J. (2001), Spatial empirics for economic growth and convergence, Geographical Analysis 33,
    195-214, with quantiles of type 7 of Hyndman, R. J., Fan, Y. (1996), American Statistician 50, 361-365.

    Examples
    --------
    >>> quantile_classes([[1], [2], [3], [4]], count=2).ravel()
    array([0, 0, 1, 1])
    """
    level = floats(values, column="values", low=-_LARGE, high=_LARGE)
    table = level.ndim == 2 and level.size > 0
    require(table, column="values", rule="it is no table", mend="give one row a place, one column a year")
    require(count >= 2, column="count", rule="fewer than 2 classes", mend="give 2 or more")
    ends = np.quantile(level, np.arange(1, count) / count, axis=0)
    return np.asarray((level > ends[:, np.newaxis, :]).sum(axis=0), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Markov:
    """Moves between classes from one year to the next.

    Parameters
    ----------
    counts : numpy.ndarray of int
        Moves from a class (rows) to a class (columns), shape (classes, classes).
    probabilities : numpy.ndarray of float
        Their shares by row; NaN in the row of a class that nobody left or stayed in.
    steady : numpy.ndarray of float
        Shares of the classes in the long run; NaN where there is not exactly one closed set of classes.
    mobility : float
        (classes - trace) / (classes - 1): 0 nobody moves, 1 the class is drawn anew (Shorrocks 1978).
    """

    counts: Ints
    probabilities: Floats
    steady: Floats
    mobility: float


def markov(classes: npt.ArrayLike, *, count: int) -> Markov:
    """Markov transition matrix of classes.

    Parameters
    ----------
    classes : array_like of int
        Class of each place and year, from 0, shape (places, years).
    count : int
        Number of classes.

    Returns
    -------
    Markov
        All places and steps pooled: the same chance everywhere and at all times is an assumption.

    Raises
    ------
    DataError
        If a class is not an integer from 0 to count - 1, or there are fewer than 2 years.

    References
    ----------
    Quah, D. (1993), Empirical cross-section dynamics in economic growth, European Economic Review 37,
    426-434. Shorrocks, A. F. (1978), The measurement of mobility, Econometrica 46 (5), 1013-1024.

    Examples
    --------
    >>> found = markov([[0, 0, 1], [1, 1, 0]], count=2)
    >>> found.counts, found.steady
    (array([[1, 1],
           [1, 1]]), array([0.5, 0.5]))
    """
    table = np.asarray(classes)
    enough = table.ndim == 2 and table.size > 0 and table.shape[1] >= 2
    require(
        enough, column="classes", rule="fewer than 2 years", mend="give one row a place, one column a year"
    )
    positions(table.ravel(), column="classes", size=count)
    moves = np.zeros((count, count), dtype=np.int64)
    np.add.at(moves, (table[:, :-1].ravel(), table[:, 1:].ravel()), 1)
    left = moves.sum(axis=1, keepdims=True)
    share = np.divide(moves, left, out=np.full(moves.shape, np.nan), where=left > 0)
    mobility = (count - float(np.trace(share))) / (count - 1) if count > 1 else float("nan")
    return Markov(moves, share, _steady(share), mobility)


def _steady(share: Floats) -> Floats:
    """Long-run shares, by the linear system; NaN where they are not unique."""
    size = share.shape[0]
    none = np.full(size, np.nan)
    if np.isnan(share).any():
        return none
    count, part = connected_components((share > 0).astype(np.int64), directed=True, connection="strong")
    closed = [each for each in range(count) if not (share[np.ix_(part == each, part != each)] > 0).any()]
    if len(closed) != 1:
        return none
    system = np.vstack([share.T - np.eye(size), np.ones(size)])
    found = np.linalg.lstsq(system, np.append(np.zeros(size), 1.0), rcond=None)[0]
    return np.asarray(np.maximum(found, 0.0))
