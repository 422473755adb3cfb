"""People who move house: who lives where after shares of some places have gone to others."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats, positions, require

__all__ = ["relocate"]

ROUNDING: Final = 1e-9
"""Shares that exceed 1 together by no more than this are one whole."""
SHOWN: Final = 5
"""Positions named in a message."""


def relocate(
    people: npt.ArrayLike, *, leave: npt.ArrayLike, host: npt.ArrayLike, share: npt.ArrayLike
) -> Floats:
    """People of each place after moves, everybody counted once.

    All moves are of the same moment: each takes its share of the people who lived in the leaving place
    before any of them, of every age and sex alike, so the order of the moves does not matter. What leaves
    one place arrives in another, so the sum over places of each column stays the same up to rounding.

    Parameters
    ----------
    people : array_like of float
        Persons by place in the first dimension and anything in the others (sex, age), shape (places, ...).
    leave, host : array_like of int
        Positions of the places that people leave and where they go, shape (moves,).
    share : array_like of float
        Share of the leaving place's people who go, in (0, 1], shape (moves,).

    Returns
    -------
    numpy.ndarray
        Persons, float64, shape of `people`.

    Raises
    ------
    DataError
        If people are missing, negative or infinite, the moves differ in length, a position or a share is
        out of range, a place is both left and host, or the shares that leave one place exceed 1 together.

    Examples
    --------
    >>> relocate([[10, 2], [100, 20], [50, 5]], leave=[0], host=[2], share=[0.8])
    array([[  2. ,   0.4],
           [100. ,  20. ],
           [ 58. ,   6.6]])
    """
    heads = floats(people, column="people", low=0, high=np.finfo(np.float64).max)
    require(heads.ndim >= 1, column="people", rule="it is a single number", mend="give people by place")
    start = positions(leave, column="leave", size=len(heads))
    end = positions(host, column="host", size=len(heads))
    part = floats(np.ravel(share), column="share", low=0, high=1)
    same = len(start) == len(end) == len(part)
    require(
        same,
        column="share",
        rule="leave, host and share differ in length",
        mend="give one of each for every move",
    )
    gone = np.zeros(len(heads))
    np.add.at(gone, start, part)
    _refuse(start, end, part, gone=gone)
    column = (-1,) + (1,) * (heads.ndim - 1)
    result: Floats = heads * np.maximum(1.0 - gone, 0.0).reshape(column)
    np.add.at(result, end, heads[start] * part.reshape(column))
    return result


def _refuse(start: Ints, end: Ints, share: Floats, *, gone: Floats) -> None:
    """Raise with every kind of impossible move at once."""
    problems = []
    for column, mend, rule, bad in (
        (
            "share",
            "leave out moves of nobody",
            "a share is 0",
            np.flatnonzero(share == 0),
        ),
        (
            "host",
            "move people on to where they stay",
            "people go to a place that people leave",
            np.intersect1d(start, end),
        ),
        (
            "share",
            "give shares that are 1 or less together",
            "more than everybody leaves one place",
            np.flatnonzero(gone > 1 + ROUNDING),
        ),
    ):
        if len(bad):
            where = ", ".join(str(spot) for spot in bad[:SHOWN])
            problems.append(Problem(rule=rule, mend=mend, column=column, value=f"at {where}"))
    if problems:
        raise DataError(problems)
