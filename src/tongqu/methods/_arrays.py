"""Arrays that the methods take: their types, and the checks that every method makes on them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem

__all__ = ["Bools", "Floats", "Floats32", "Ints", "Ints32", "floats", "positions", "require"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Floats32: TypeAlias = npt.NDArray[np.float32]
"""Minutes in compiled kernels."""
Ints: TypeAlias = npt.NDArray[np.int64]
Ints32: TypeAlias = npt.NDArray[np.int32]
"""Nodes in compiled kernels, and what scipy's graph routines take."""


def require(holds: bool | np.bool_, *, column: str, rule: str, mend: str) -> None:
    """Nothing when the rule holds.

    Parameters
    ----------
    holds : bool
        Whether the rule holds.
    column : str
        Name of the argument.
    rule, mend : str
        What is wrong, and what to do about it.

    Raises
    ------
    DataError
        If the rule does not hold.

    Examples
    --------
    >>> require(True, column="people", rule="it is negative", mend="enter 0 or more")
    """
    if not holds:
        raise DataError([Problem(rule=rule, mend=mend, column=column)])


def floats(values: npt.ArrayLike, *, column: str, low: float = -np.inf, high: float = np.inf) -> Floats:
    """The values as float64, none missing, all in [low, high].

    Parameters
    ----------
    values : array_like
        Any shape.
    column : str
        Name of the argument, for the message.
    low, high : float
        Least and greatest value allowed, in the unit of `values`.

    Returns
    -------
    numpy.ndarray
        float64, shape of `values`.

    Raises
    ------
    DataError
        If a value is missing or outside; the message gives the first ones.

    Examples
    --------
    >>> floats([1, 2], column="people", low=0)
    array([1., 2.])
    """
    array = np.asarray(values, dtype=np.float64)
    good = (array >= low) & (array <= high)
    if good.all():
        return array
    bad = ~good
    where = ", ".join(str(spot) for spot in np.flatnonzero(bad)[:5])
    require(
        False,
        column=column,
        rule=f"{int(bad.sum())} of {array.size} values are missing or outside [{low:g}, {high:g}]",
        mend=f"mend the values at positions {where} (counted from 0)",
    )
    return array


def positions(values: npt.ArrayLike, *, column: str, size: int) -> Ints:
    """The values as positions into something of a given size.

    Parameters
    ----------
    values : array_like of int
        Shape (n,), each in [0, size).
    column : str
        Name of the argument, for the message.
    size : int
        Length of what the positions point into.

    Returns
    -------
    numpy.ndarray
        int64, shape (n,).

    Raises
    ------
    DataError
        If the values are not integers in [0, size) in one dimension.

    Examples
    --------
    >>> positions([0, 2], column="targets", size=3)
    array([0, 2])
    """
    array = np.asarray(values)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    integer = array.ndim == 1 and np.issubdtype(array.dtype, np.integer)
    require(integer, column=column, rule="it is not a list of integers", mend="give positions, not ids")
    inside = array.min() >= 0 and array.max() < size
    require(
        inside, column=column, rule=f"a position is outside 0..{size - 1}", mend="look the positions up again"
    )
    return array.astype(np.int64)
