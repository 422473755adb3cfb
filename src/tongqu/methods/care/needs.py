"""Places that a norm asks for, where the people are who would use them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, positions, require

__all__ = ["needs_by_norm"]

PER: float = 1000.0
"""Persons that norms are given for."""
_LARGE = float(np.finfo(np.float64).max)


def needs_by_norm(
    users: npt.ArrayLike,
    *,
    area: npt.ArrayLike,
    people: npt.ArrayLike,
    per_thousand: float,
) -> Floats:
    """Places needed in each place: the norm for all people of an area, shared out by who would use them.

    An area never needs more places than it has users.

    Parameters
    ----------
    users : array_like of float
        Persons of each place who could use the service, such as infants, shape (places,).
    area : array_like of int
        Position of the area of each place, such as its county, shape (places,).
    people : array_like of float
        Persons of each area that the norm counts, shape (areas,).
    per_thousand : float
        Places for 1000 of them, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Places, shape (places,); they add up to the norm in every area that has users enough.

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    References
    ----------
    Fourteenth Five-Year Plan of China (2021): 4.5 places of child care for 1000 people by 2025.

    Examples
    --------
    >>> needs_by_norm([30, 10, 2], area=[0, 0, 1], people=[4000, 1000], per_thousand=4.5).tolist()
    [13.5, 4.5, 2.0]
    """
    heads = floats(users, column="users", low=0, high=_LARGE)
    whole = floats(people, column="people", low=0, high=_LARGE)
    where = positions(area, column="area", size=whole.size)
    fits = heads.ndim == 1 and heads.shape == where.shape
    require(fits, column="area", rule="shapes do not fit", mend="give one value for each place")
    rate = float(floats(per_thousand, column="per_thousand", low=0, high=_LARGE))
    sums = np.bincount(where, weights=heads, minlength=whole.size)
    share = np.divide(whole * rate / PER, sums, out=np.zeros_like(sums), where=sums > 0)
    return np.asarray(heads * np.minimum(share, 1.0)[where])
