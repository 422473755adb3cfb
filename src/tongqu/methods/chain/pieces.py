"""Diminishing returns of a capacity: the best supply first, cut into pieces for a linear plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require

__all__ = ["Curve", "capacity_returns", "pieces", "spread_returns", "taken"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """What a capacity brings: concave and piecewise linear from 0, flat after its last point.

    Parameters
    ----------
    capacity, value : numpy.ndarray of float
        Points of the curve, the first (0, 0), shape (points,).
    source : numpy.ndarray of int
        Supply that each segment draws on, shape (points - 1,).
    """

    capacity: Floats
    value: Floats
    source: Ints

    def at(self, capacity: npt.ArrayLike) -> Floats:
        """Value of capacities, any shape, 0 or more."""
        wanted = floats(capacity, column="capacity", low=0)
        return np.asarray(np.interp(wanted, self.capacity, self.value))

    def used(self, capacity: npt.ArrayLike) -> Floats:
        """How much of each capacity is put to use."""
        return np.asarray(np.minimum(floats(capacity, column="capacity", low=0), self.capacity[-1]))


def capacity_returns(amounts: npt.ArrayLike, values: npt.ArrayLike) -> Curve:
    """Best use of a capacity fed by supplies of different worth, say villages at rising minutes.

    The value of capacity q is the greatest sum of `values` x taken, with no more taken of a supply than its
    amount and no more than q in all; the best supply goes first, those that lose money are never taken.

    Parameters
    ----------
    amounts : array_like of float
        Of each supply, say t a year, 0 or more, shape (supplies,).
    values : array_like of float
        What a unit of each brings, say 元/t after haulage, shape (supplies,).

    Returns
    -------
    Curve
        The curve; supplies worth the same are one after the other, in the order given.

    Raises
    ------
    DataError
        If a value is missing, an amount negative, or shapes differ.

    References
    ----------
    Dantzig, G. B. (1957), Discrete-variable extremum problems, Operations Research 5 (2), 266-288: the
    continuous knapsack is solved by falling worth.

    Examples
    --------
    >>> found = capacity_returns([10, 5, 20], [3, 8, -1])
    >>> found.capacity.tolist(), found.value.tolist(), found.at([5, 10, 99]).tolist()
    ([0.0, 5.0, 15.0], [0.0, 40.0, 70.0], [40.0, 55.0, 70.0])
    """
    amount = floats(amounts, column="amounts", low=0, high=_LARGE)
    worth = floats(values, column="values", low=-_LARGE, high=_LARGE)
    fits = amount.ndim == 1 and amount.shape == worth.shape
    require(fits, column="values", rule="shapes differ", mend="give one value for each amount")
    order = np.argsort(-worth, kind="stable")
    order = order[(worth[order] > 0) & (amount[order] > 0)].astype(np.int64)
    return Curve(
        capacity=np.concatenate([[0.0], np.cumsum(amount[order])]),
        value=np.concatenate([[0.0], np.cumsum(amount[order] * worth[order])]),
        source=order,
    )


def spread_returns(amount: float, value: float, *, spread: float, segments: int = 20) -> Curve:
    """Returns where worth falls evenly from the best to the worst unit, say orchards by how they gain.

    Parameters
    ----------
    amount : float
        All there is, say mu.
    value : float
        Mean worth of a unit, 0 or more.
    spread : float
        How far the best is above and the worst below the mean, as a share of it, in [0, 1].
    segments : int
        Segments of the curve, all of one width.

    Returns
    -------
    Curve
        All of it brings amount x value; the first tenth brings more than a tenth of that where there is
        a spread.

    Raises
    ------
    DataError
        If an argument is outside its range.

    Examples
    --------
    >>> spread_returns(100, 2, spread=0.5, segments=2).value.tolist()
    [0.0, 125.0, 200.0]
    """
    share = floats(spread, column="spread", low=0, high=1)
    mean = floats(value, column="value", low=0, high=_LARGE)
    whole = floats(amount, column="amount", low=0, high=_LARGE)
    require(segments > 0, column="segments", rule="there is none", mend="give 1 or more")
    middle = (np.arange(segments) + 0.5) / segments
    return capacity_returns(np.full(segments, whole / segments), mean * (1 + share * (1 - 2 * middle)))


def pieces(curve: Curve, sizes: npt.ArrayLike) -> Floats:
    """What each piece of capacity adds, taken one after the other.

    As the curve is concave, a piece brings no less when pieces before it are left out: a plan that adds up
    pieces never promises too much, and with pieces of one size the first never brings less than the next.

    Parameters
    ----------
    curve : Curve
        What a capacity brings.
    sizes : array_like of float
        Capacity of each piece, in order, 0 or more, shape (pieces,).

    Returns
    -------
    numpy.ndarray of float
        Shape (pieces,).

    Raises
    ------
    DataError
        If a size is missing or negative.

    Examples
    --------
    >>> pieces(capacity_returns([10, 5, 20], [3, 8, -1]), [6, 6, 6]).tolist()
    [43.0, 18.0, 9.0]
    """
    size = floats(sizes, column="sizes", low=0, high=_LARGE)
    return np.diff(curve.at(np.concatenate([[0.0], np.cumsum(size)])))


def taken(curve: Curve, sizes: npt.ArrayLike, *, supplies: int) -> Floats:
    """How much of each supply each piece of capacity takes.

    Parameters
    ----------
    curve : Curve
        What a capacity brings, from `capacity_returns`.
    sizes : array_like of float
        Capacity of each piece, in order, 0 or more, shape (pieces,).
    supplies : int
        Number of supplies that the curve was made from.

    Returns
    -------
    numpy.ndarray of float
        Shape (pieces, supplies); times the values it gives `pieces`.

    Raises
    ------
    DataError
        If a size is missing or negative.

    Examples
    --------
    >>> taken(capacity_returns([10, 5, 20], [3, 8, -1]), [6, 6, 6], supplies=3).tolist()
    [[1.0, 5.0, 0.0], [6.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    """
    size = floats(sizes, column="sizes", low=0, high=_LARGE)
    ends = np.cumsum(size)[:, np.newaxis]
    low = np.maximum(ends - size[:, np.newaxis], curve.capacity[:-1])
    table = np.zeros((len(size), supplies))
    table[:, curve.source] = np.maximum(np.minimum(ends, curve.capacity[1:]) - low, 0.0)
    return table
