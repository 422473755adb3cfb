"""Whether censuses by sex and age can be what they say, and speak of the same places."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, require

__all__ = ["check_census", "check_places"]

_ROUNDING: Final = 0.5
"""People by which groups may miss their total: counts are whole."""


def check_census(
    groups: npt.ArrayLike, *, total: npt.ArrayLike, names: npt.ArrayLike, tolerance: float = _ROUNDING
) -> Floats:
    """A census by sex and age group, if it can be one.

    Parameters
    ----------
    groups : array_like of float
        People by sex and age group, shape (rows, 2, groups): male, female.
    total : array_like of float
        People of each row, shape (rows,).
    names : array_like of str
        Code or name of each row, shape (rows,), no two the same.
    tolerance : float
        People by which groups may miss the total.

    Returns
    -------
    numpy.ndarray of float
        The groups.

    Raises
    ------
    DataError
        Naming every row with a missing or negative cell, a sex without people, groups
        that do not add up to the total, or a name given twice.

    Examples
    --------
    >>> check_census([[[1, 2], [3, 4]]], total=[10], names=["330802"]).sum()
    np.float64(10.0)
    """
    people = np.asarray(groups, dtype=np.float64)
    whole = np.asarray(total, dtype=np.float64)
    name = np.asarray(names, dtype=np.str_)
    shaped = people.ndim == 3 and people.shape[1] == 2 and whole.shape == name.shape == people.shape[:1]
    require(
        shaped,
        column="groups",
        rule=f"groups {people.shape}, totals {whole.shape} and names {name.shape} do not fit",
        mend="give rows, two sexes (male, female), age groups",
    )
    gap = people.sum(axis=(1, 2)) - whole
    _, place, count = np.unique(name, return_inverse=True, return_counts=True)
    rules = (
        (np.isnan(people).any(axis=(1, 2)) | np.isnan(whole), "a cell is empty", "fill it in the source"),
        ((people < 0).any(axis=(1, 2)), "a cell is negative", "enter a count of 0 or more"),
        ((people.sum(axis=2) == 0).any(axis=1), "a sex has no people", "give both sexes"),
        (np.abs(gap) > tolerance, "the ages do not add up to the total", "mend the ages or the total"),
        (count[place] > 1, "the code stands twice", "keep one row for each code"),
    )
    problems = [
        Problem(rule=rule, mend=mend, row=int(row) + 2, column="groups", value=str(name[row]))
        for bad, rule, mend in rules
        for row in np.flatnonzero(bad)
    ]
    if problems:
        raise DataError(problems)
    return people


def check_places(first: npt.ArrayLike, second: npt.ArrayLike) -> None:
    """Nothing if two censuses name the same places.

    Parameters
    ----------
    first, second : array_like of str
        Codes of the rows of each census, in any order.

    Raises
    ------
    DataError
        Naming every code that stands in one of them only, with its row.

    Examples
    --------
    >>> check_places(["330802", "330803"], ["330803", "330802"])
    """
    one, two = np.asarray(first, dtype=np.str_), np.asarray(second, dtype=np.str_)
    problems = [
        Problem(
            rule=f"the place stands in the {which} census only",
            mend="give its people in the other census, or leave it out of both and say so",
            column="code",
            row=int(row) + 2,
            value=str(here[row]),
        )
        for which, here, other in (("first", one, two), ("second", two, one))
        for row in np.flatnonzero(~np.isin(here, other))
    ]
    if problems:
        raise DataError(problems)
