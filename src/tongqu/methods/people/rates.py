"""The rates of one year of a projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.people.life_table import Survival

__all__ = ["BOYS", "Rates", "fertility_for_births", "net_to_gross"]

BOYS: Final = 105 / 205
"""Boys among births where nothing else is known: 105 to 100 girls, the usual ratio (UN, Manual X, 1983)."""

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """What happens to people in one year.

    "Broadcasts to people" means the shape (..., region, residence, sex, age) of the people or one that numpy
    broadcasts to it. Rates are probabilities for the people of an age at the start of the year.

    Parameters
    ----------
    survival : Survival
        `ages` broadcasts to people; `births` to people without the age axis.
    fertility : array_like of float
        Births in the year per woman, broadcasts to (..., region, residence, age).
    boys : array_like of float
        Share of boys among births, broadcasts to (..., region, residence).
    leaving : array_like of float, optional
        Share of survivors who move to another place of the model, broadcasts to people. With `routes` or
        `pull`.
    routes : array_like of float, optional
        Where the leavers of each place go: shares, shape (..., places, places), rows from, columns to; rows
        add up to 1. Places are regions times residences, the residence changing first.
    pull : array_like of float, optional
        Where all leavers go together (the pool model): shares that add up to 1 over region and residence,
        broadcasts to people, with the region and the residence axis written out. Leavers may come back where
        they left.
    emigration : array_like of float, optional
        Share of survivors, of those who do not move inside, who leave for outside; broadcasts to people.
    immigration : array_like of float, optional
        People who come from outside in the year, by age at its end; broadcasts to people.
    urbanise : array_like of float, optional
        Share of rural people whose place becomes urban at the end of the year, broadcasts to (..., region).
    register : array_like of float, optional
        Makes the axis before the region the household register (hukou) of length 2: registered here, and
        elsewhere. Share of those registered elsewhere who get registered here in the year, broadcasts to
        (..., region, residence) of people without that axis. Movers arrive as registered elsewhere, children
        are registered as their mother.

    Examples
    --------
    >>> still = Rates(Survival(np.array(1.0), np.ones(101)), fertility=0.0)
    >>> round(float(still.boys), 4)
    0.5122
    """

    survival: Survival
    fertility: npt.ArrayLike
    boys: npt.ArrayLike = BOYS
    leaving: npt.ArrayLike | None = None
    routes: npt.ArrayLike | None = None
    pull: npt.ArrayLike | None = None
    emigration: npt.ArrayLike | None = None
    immigration: npt.ArrayLike | None = None
    urbanise: npt.ArrayLike | None = None
    register: npt.ArrayLike | None = None


def fertility_for_births(births: npt.ArrayLike, *, women: npt.ArrayLike, schedule: npt.ArrayLike) -> Floats:
    """A fertility schedule scaled so that the women have a known number of births.

    Parameters
    ----------
    births : array_like of float
        Births of a year, 0 or more, shape (...).
    women : array_like of float
        Women by single years of age, shape (..., ages).
    schedule : array_like of float
        Births a year per woman of each age up to a factor, a shape that broadcasts.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., ages); 0 where there are no births.

    Raises
    ------
    DataError
        If a value is missing or negative, or births stand where there are no women of the schedule's ages.

    Examples
    --------
    >>> fertility_for_births(6.0, women=[10, 20], schedule=[1, 2])
    array([0.12, 0.24])
    """
    born = floats(births, column="births", low=0, high=_LARGE)
    mothers = floats(women, column="women", low=0, high=_LARGE)
    shape = floats(schedule, column="schedule", low=0, high=_LARGE)
    expected = (mothers * shape).sum(axis=-1)
    lost = np.flatnonzero((born > 0) & (expected == 0))
    require(
        lost.size == 0,
        column="births",
        rule=f"births without women of childbearing age in rows {', '.join(map(str, lost[:5]))}",
        mend="mend the births or the women (rows counted from 0)",
    )
    factor = np.where(expected > 0, born / np.where(expected > 0, expected, 1.0), 0.0)
    return np.asarray(shape * factor[..., np.newaxis])


def net_to_gross(net: npt.ArrayLike, *, people: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Net migrants of a year as a share of the people who leave and a number who come.

    Parameters
    ----------
    net : array_like of float
        Net migrants, negative where people leave, shape (...).
    people : array_like of float
        Survivors who can leave, shape (...).

    Returns
    -------
    tuple of numpy.ndarray of float
        Shares in [0, 1] for `Rates.emigration`, and numbers for `Rates.immigration`.

    Raises
    ------
    DataError
        If more leave than there are.

    Examples
    --------
    >>> net_to_gross([-5, 3], people=[20, 30])
    (array([0.25, 0.  ]), array([0., 3.]))
    """
    change = floats(net, column="net", low=-_LARGE, high=_LARGE)
    there = floats(people, column="people", low=0, high=_LARGE)
    require(change.shape == there.shape, column="net", rule="shapes differ", mend="give the same cells")
    lost = np.flatnonzero(-change > there)
    require(
        lost.size == 0,
        column="net",
        rule=f"more people leave than there are in {lost.size} cells",
        mend=f"mend the cells {', '.join(map(str, lost[:5]))} (counted from 0)",
    )
    share = np.where(there > 0, np.maximum(-change, 0) / np.where(there > 0, there, 1.0), 0.0)
    return share, np.maximum(change, 0.0)
