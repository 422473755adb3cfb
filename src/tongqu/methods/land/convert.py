"""Change land from class to class so that no square metre is lost or made."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.land.classes import CLASSES, transitions

__all__ = ["convert", "take"]

CLASS_OF: Final = {name: position for position, name in enumerate(CLASSES)}
ROUNDING: Final = 1e-6
"""Mu (less than a square centimetre) by which a class may seem to fall below zero by rounding."""


@lru_cache(maxsize=1)
def _allowed() -> npt.NDArray[np.bool_]:
    """Whether each class (row) may become each (column)."""
    matrix = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.bool_)
    table = transitions()
    matrix[table["from"].map(CLASS_OF), table["to"].map(CLASS_OF)] = True
    return matrix


def convert(area: npt.ArrayLike, *, moved: npt.ArrayLike, basic: npt.ArrayLike | None = None) -> Floats:
    """The classes of each place after land has changed its class.

    Parameters
    ----------
    area : array_like of float
        Mu by class, shape (places, 9), classes in the order of `CLASSES`.
    moved : array_like of float
        Mu that go from each class to each other, shape (places, 9, 9), 0 or more.
    basic : array_like of float, optional
        Basic farmland in mu, shape (places,): farmland that must remain. 0 if not given.

    Returns
    -------
    numpy.ndarray
        Mu by class, shape (places, 9); the sum of each place is that of `area`.

    Raises
    ------
    DataError
        If a number is missing or negative, a change is not allowed (see `transitions`), a class would fall
        below zero, or farmland below the basic farmland.

    Examples
    --------
    >>> moved = np.zeros((1, 9, 9))
    >>> moved[0, CLASSES.index("farmland"), CLASSES.index("urban")] = 20
    >>> convert([[100, 10, 50, 5, 30, 20, 5, 8, 2]], moved=moved)
    array([[80., 10., 50.,  5., 50., 20.,  5.,  8.,  2.]])
    """
    have = floats(area, column="area", low=0, high=np.finfo(np.float64).max)
    change = floats(moved, column="moved", low=0, high=np.finfo(np.float64).max)
    size = len(CLASSES)
    fits = have.ndim == 2 and have.shape[1] == size and change.shape == (len(have), size, size)
    require(
        fits,
        column="moved",
        rule=f"it does not hold {size} times {size} classes for each place",
        mend="give mu by place, class before and class after",
    )
    forbidden = change[:, ~_allowed()] > 0
    require(
        not forbidden.any(),
        column="moved",
        rule="land changes to a class that it must not become",
        mend="change only what transitions() lists",
    )
    result: Floats = have - change.sum(axis=2) + change.sum(axis=1)
    require(
        (result >= -ROUNDING).all() and (have - change.sum(axis=2) >= -ROUNDING).all(),
        column="moved",
        rule="more of a class is taken than there is",
        mend="take less of it, or take it from another class",
    )
    kept = np.zeros(len(have)) if basic is None else floats(np.ravel(basic), column="basic", low=0)
    farmland = CLASS_OF["farmland"]
    left = have[:, farmland] - change[:, farmland].sum(axis=1)
    require(
        (left >= np.minimum(kept, have[:, farmland]) - ROUNDING).all(),
        column="moved",
        rule="basic farmland is taken",
        mend="take other land: basic farmland must stay",
    )
    return np.maximum(result, 0.0)


def take(amount: npt.ArrayLike, *, room: npt.ArrayLike, mix: npt.ArrayLike) -> Floats:
    """How much of each class is taken for an amount of land, in a mix as far as each class has room.

    The amount is shared in proportion to the mix; what a class has not is shared among the others in the
    same proportions, until all is taken or no class with a share has room left. Classes without a share
    give only what the others cannot.

    Parameters
    ----------
    amount : array_like of float
        Mu wanted in each place, shape (places,), 0 or more.
    room : array_like of float
        Mu that each class can give, shape (places, classes), 0 or more.
    mix : array_like of float
        Shares of the classes, shape (classes,), 0 or more, not all 0.

    Returns
    -------
    numpy.ndarray
        Mu taken, shape (places, classes); each row sums to the amount.

    Raises
    ------
    DataError
        If a number is missing or negative, all shares are 0, or a place has less than is wanted.

    Examples
    --------
    >>> take([10, 10], room=[[90, 90, 9], [2, 90, 9]], mix=[3, 2, 0])
    array([[6., 4., 0.],
           [2., 8., 0.]])
    """
    wanted = floats(np.ravel(amount), column="amount", low=0, high=np.finfo(np.float64).max)
    can = floats(room, column="room", low=0, high=np.finfo(np.float64).max)
    share = floats(np.ravel(mix), column="mix", low=0, high=np.finfo(np.float64).max)
    require(
        can.ndim == 2 and can.shape == (len(wanted), len(share)),
        column="room",
        rule="it does not hold every class for each place",
        mend="give mu by place and class",
    )
    require(share.sum() > 0, column="mix", rule="all shares are 0", mend="give one of them a value above 0")
    require(
        (wanted <= can.sum(axis=1) + ROUNDING).all(),
        column="amount",
        rule="a place has less land than is wanted",
        mend="want less of it",
    )
    taken = np.zeros_like(can)
    for weights in (share, (share == 0).astype(np.float64)):
        taken = _fill(wanted, taken, can=can, share=weights)
    return taken


def _fill(wanted: Floats, taken: Floats, *, can: Floats, share: Floats) -> Floats:
    """Take by share until nothing is wanted or nothing is left; each round ends a class or the want."""
    for _ in range(can.shape[1] + 1):
        left = np.maximum(wanted - taken.sum(axis=1), 0.0)
        open_ = np.where(can - taken > 0, share, 0.0)
        total = open_.sum(axis=1)
        part = np.divide(open_, total[:, np.newaxis], out=np.zeros_like(can), where=total[:, np.newaxis] > 0)
        step = np.minimum(part * left[:, np.newaxis], can - taken)
        if not (step > 0).any():
            break
        taken = taken + step
    return taken
