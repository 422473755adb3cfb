"""The people of the counties by age, as one sector writes them and others read them.

The variable `PEOPLE` holds persons in a flat series: the axes `register, county, residence, sex, age` in this
order, counties in that of ``region.level("county").index``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts.state import State, StateError

__all__ = ["AGES", "PEOPLE", "REGISTERS", "RESIDENCES", "SEXES", "by_age", "people_cube"]

PEOPLE: Final = "cells.people"
"""Name of the variable. Names that begin with ``cells.`` are carried from year to year and never stored."""
REGISTERS: Final = ("here", "elsewhere")
"""Registered at their place of residence, or elsewhere."""
RESIDENCES: Final = ("urban", "rural")
SEXES: Final = ("male", "female")
AGES: Final = 101
"""Single ages, 0 to 100 and more."""


def people_cube(state: State, counties: pd.Index) -> npt.NDArray[np.float64]:
    """Persons by register, county, residence, sex and single age.

    Parameters
    ----------
    state : State
        With `PEOPLE`.
    counties : Index
        The counties, in the region's order.

    Returns
    -------
    numpy.ndarray of float
        Shape (2, county, 2, 2, 101).

    Raises
    ------
    StateError
        If the variable is not there or is not of so many counties.

    Examples
    --------
    >>> flat = pd.Series(np.ones(2 * 1 * 2 * 2 * 101))
    >>> people_cube(State(2026, {"cells.people": flat}), pd.Index(["c"])).shape
    (2, 1, 2, 2, 101)
    """
    values = state[PEOPLE].to_numpy(dtype=np.float64)
    shape = (len(REGISTERS), len(counties), len(RESIDENCES), len(SEXES), AGES)
    if values.size != np.prod(shape):
        raise StateError(
            f"state {state.year}: {PEOPLE} has {values.size} values, not those of {len(counties)} counties "
            f"({int(np.prod(shape))})"
        )
    return values.reshape(shape)


def by_age(state: State, counties: pd.Index) -> npt.NDArray[np.float64]:
    """Persons by county, residence and single age.

    Returns
    -------
    numpy.ndarray of float
        Shape (county, 2, 101).

    Raises
    ------
    StateError
        As `people_cube`.

    Examples
    --------
    >>> flat = pd.Series(np.ones(2 * 1 * 2 * 2 * 101))
    >>> by_age(State(2026, {"cells.people": flat}), pd.Index(["c"]))[0, 1, 60]
    np.float64(4.0)
    """
    return np.asarray(people_cube(state, counties).sum(axis=(0, 3)))
