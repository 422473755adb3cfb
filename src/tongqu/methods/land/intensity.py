"""Intensity of use: people and value added on each square kilometre of construction land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats

__all__ = ["Intensity", "intensity"]


@dataclass(frozen=True, slots=True, eq=False)
class Intensity:
    """How densely construction land is used; NaN where there is none.

    Parameters
    ----------
    people_per_km2 : numpy.ndarray
        Persons a km² of construction land.
    value_added_per_km2 : numpy.ndarray
        万元 a year and km² of construction land.
    land_per_person : numpy.ndarray
        m² a person; NaN where nobody lives.
    """

    people_per_km2: Floats
    value_added_per_km2: Floats
    land_per_person: Floats


def intensity(built_km2: npt.ArrayLike, *, people: npt.ArrayLike, value_added: npt.ArrayLike) -> Intensity:
    """People and value added on construction land.

    Parameters
    ----------
    built_km2 : array_like of float
        Construction land, km², 0 or more.
    people : array_like of float
        Persons, 0 or more.
    value_added : array_like of float
        万元 a year.

    Returns
    -------
    Intensity

    Raises
    ------
    DataError
        If a value is missing, or land or people are negative.

    Examples
    --------
    >>> found = intensity([2.0], people=[20_000], value_added=[80_000])
    >>> found.people_per_km2, found.value_added_per_km2, found.land_per_person
    (array([10000.]), array([40000.]), array([100.]))
    """
    most = np.finfo(np.float64).max
    land = floats(built_km2, column="built_km2", low=0, high=most)
    heads = floats(people, column="people", low=0, high=most)
    made = floats(value_added, column="value_added", low=-most, high=most)
    land, heads, made = np.broadcast_arrays(land, heads, made)

    def over(above: Floats, below: Floats) -> Floats:
        return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))

    return Intensity(over(heads, land), over(made, land), over(land * 1e6, heads))
