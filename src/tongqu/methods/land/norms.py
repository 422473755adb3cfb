"""Construction land a person: the norms of cities, towns and villages, and the room under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats

__all__ = ["NORMS", "Norm", "headroom", "planned_range"]

Settlement: TypeAlias = Literal["city", "town", "village"]


@dataclass(frozen=True, slots=True)
class Norm:
    """Least and most construction land a person, and how far a plan may depart from what is.

    Parameters
    ----------
    low, high : float
        m² a person.
    fall, rise : float
        m² a person by which a plan may go below or above the present.
    source : str
        Standard with year.
    """

    low: float
    high: float
    fall: float
    rise: float
    source: str


NORMS: Final[dict[Settlement, Norm]] = {
    "city": Norm(65.0, 110.0, 25.0, 20.0, "GB 50137-2011, 4.2.1, climate zones III, IV and V"),
    "town": Norm(75.0, 140.0, np.inf, np.inf, "GB 50188-2007, 5.2, adjusted"),
    "village": Norm(0.0, 300.0, np.inf, np.inf, "common cap in village plans; no national norm"),
}
"""Norms by kind of settlement. Zhejiang lies in climate zone III."""


def planned_range(now: npt.ArrayLike, *, norm: Norm) -> tuple[Floats, Floats]:
    """Least and most construction land a person that a plan may give: near the present, inside the norm.

    Where all that is near the present lies outside the norm, both are the end of the norm that is nearest.

    Parameters
    ----------
    now : array_like of float
        m² a person today, 0 or more.
    norm : Norm

    Returns
    -------
    low, high : numpy.ndarray
        m² a person, ``norm.low <= low <= high <= norm.high``.

    Raises
    ------
    DataError
        If a value is missing or negative.

    Examples
    --------
    >>> planned_range([50, 100, 160], norm=NORMS["city"])
    (array([ 65.,  75., 110.]), array([ 70., 110., 110.]))
    """
    today = floats(now, column="now", low=0, high=np.finfo(np.float64).max)
    low = np.clip(today - norm.fall, norm.low, norm.high)
    high = np.clip(today + norm.rise, norm.low, norm.high)
    return np.asarray(low), np.asarray(high)


def headroom(built_m2: npt.ArrayLike, *, people: npt.ArrayLike, norm: Norm) -> Floats:
    """Construction land that a settlement may add inside its norm, m²; negative where it has too much.

    Parameters
    ----------
    built_m2 : array_like of float
        Construction land, m², 0 or more.
    people : array_like of float
        Persons that the plan is made for, 0 or more.
    norm : Norm

    Returns
    -------
    numpy.ndarray
        ``people * high - built_m2``, where high is that of `planned_range`.

    Raises
    ------
    DataError
        If a value is missing or negative.

    Examples
    --------
    >>> headroom([1_000_000, 2_000_000], people=10_000, norm=NORMS["city"])
    array([ 100000., -900000.])
    """
    most = np.finfo(np.float64).max
    land = floats(built_m2, column="built_m2", low=0, high=most)
    heads = floats(people, column="people", low=0, high=most)
    land, heads = np.broadcast_arrays(land, heads)
    each = np.divide(land, heads, out=np.zeros(land.shape), where=heads > 0)
    return np.asarray(heads * planned_range(each, norm=norm)[1] - land)
