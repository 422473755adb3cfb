"""Life tables: from death rates to survivors, person-years, expectations and what carries cohorts forward.

Arrays end with the age axis; every axis before it (futures, regions, town and country, sexes) is free and
broadcasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = [
    "LifeTable",
    "Sex",
    "Survival",
    "abridged_widths",
    "from_survivors",
    "life_table",
    "single_years",
    "survival",
    "years_lived_by_the_dead",
]

Sex: TypeAlias = Literal["male", "female"]

_LARGE: Final = float(np.finfo(np.float64).max)
_HIGH_INFANT_RATE: Final = 0.107
"""Infant death rate (a year) from which the years lived by dead children no longer depend on it."""
_INFANTS: Final = {"male": (0.330, 0.045, 2.684), "female": (0.350, 0.053, 2.800)}
_CHILDREN: Final = {"male": (1.352, 1.651, -2.816), "female": (1.361, 1.522, -1.518)}
"""Years lived by those who die at age 0 and at 1-4: the value at high mortality; intercept and slope in the
infant death rate below it. Coale and Demeny (1983), as in Preston et al. (2001), table 3.3."""


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """A life table; shapes (..., ages), the last age open.

    Parameters
    ----------
    widths : numpy.ndarray of float
        Years of each age, shape (ages,); the last is infinite.
    mx, qx : numpy.ndarray of float
        Death rate a year; probability to die in the age of those who reach it.
    ax : numpy.ndarray of float
        Years lived in the age by those who die in it.
    lx, Lx, Tx : numpy.ndarray of float
        Survivors to the age of one birth; years lived in the age, and from it on.
    ex : numpy.ndarray of float
        Years left to those who reach the age; 0 where nobody does.
    """

    widths: Floats
    mx: Floats
    qx: Floats
    ax: Floats
    lx: Floats
    Lx: Floats
    Tx: Floats
    ex: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """Shares that live through one step as wide as an age.

    Parameters
    ----------
    births : numpy.ndarray of float
        Of the births of the step, shape (...).
    ages : numpy.ndarray of float
        Of the people of each age at the start, shape (..., ages). Those of the last two ages are together in
        the open age at the end and have the same share.
    """

    births: Floats
    ages: Floats


def abridged_widths(last: int = 85) -> Floats:
    """Widths of the ages 0, 1-4, 5-9, ... and the open one.

    Parameters
    ----------
    last : int
        Where the open age starts, in years; a multiple of 5 from 10.

    Returns
    -------
    numpy.ndarray of float
        Years, shape (ages,); the last is infinite.

    Raises
    ------
    DataError
        If the last age is no such multiple.

    Examples
    --------
    >>> abridged_widths(15)
    array([ 1.,  4.,  5.,  5., inf])
    """
    require(
        last >= 10 and last % 5 == 0,
        column="last",
        rule=f"{last} is no multiple of 5 from 10",
        mend="give one",
    )
    return np.array([1.0, 4.0, *[5.0] * (last // 5 - 1), np.inf])


def years_lived_by_the_dead(rates: npt.ArrayLike, *, widths: npt.ArrayLike, sex: Sex) -> Floats:
    """Years lived in each age by those who die in it.

    Parameters
    ----------
    rates : array_like of float
        Death rates a year, 0 or more, shape (..., ages).
    widths : array_like of float
        Years of each age, shape (ages,); the last is infinite.
    sex : {"male", "female"}
        Whose.

    Returns
    -------
    numpy.ndarray of float
        Age 0 (if one year wide) and 1-4 (if four wide) after Coale and Demeny, half the width elsewhere,
        1 / rate in the open age.

    Raises
    ------
    DataError
        If a rate or width cannot be.

    References
    ----------
    Preston, S. H., Heuveline, P., Guillot, M. (2001), Demography, Blackwell, table 3.3. Coale, A. J.,
    Demeny, P., Vaughan, B. (1983), Regional Model Life Tables and Stable Populations, Academic Press.

    Examples
    --------
    >>> years_lived_by_the_dead([0.02, 0.001, 0.1], widths=[1, 4, float("inf")], sex="male")
    array([ 0.09868,  1.59468, 10.     ])
    """
    require(sex in _INFANTS, column="sex", rule=f"{sex} is unknown", mend="male or female")
    mx, n = _rates(rates, widths)
    ax = np.broadcast_to(n / 2, mx.shape).copy()
    high = mx[..., 0] >= _HIGH_INFANT_RATE
    if n[0] == 1:
        flat, start, slope = _INFANTS[sex]
        ax[..., 0] = np.where(high, flat, start + slope * mx[..., 0])
        if n[1] == 4:
            flat, start, slope = _CHILDREN[sex]
            ax[..., 1] = np.where(high, flat, start + slope * mx[..., 0])
    ax[..., -1] = 1 / mx[..., -1]
    return ax


def life_table(rates: npt.ArrayLike, *, widths: npt.ArrayLike, sex: Sex) -> LifeTable:
    """The life table of death rates.

    `q = n m / (1 + (n - a) m)`, at most 1; in the open age everybody dies after `1 / m` years.

    Parameters
    ----------
    rates : array_like of float
        Death rates a year, 0 or more, above 0 in the open age, shape (..., ages).
    widths : array_like of float
        Years of each age, shape (ages,); the last is infinite.
    sex : {"male", "female"}
        Whose: it sets the years lived by children who die.

    Returns
    -------
    LifeTable

    Raises
    ------
    DataError
        If a rate is missing or negative, 0 in the open age, or the widths do not fit.

    References
    ----------
    Greville, T. N. E. (1943), Record of the American Institute of Actuaries 32, 29-43. Preston, Heuveline and
    Guillot (2001), chapter 3.

    Examples
    --------
    >>> found = life_table([0.02, 0.001, 0.02], widths=[1, 4, float("inf")], sex="female")
    >>> found.ex.round(3)
    array([53.716, 53.79 , 50.   ])
    """
    mx, n = _rates(rates, widths)
    ax = years_lived_by_the_dead(mx, widths=n, sex=sex)
    wide = n[:-1]
    qx = np.ones_like(mx)
    qx[..., :-1] = np.minimum(wide * mx[..., :-1] / (1 + (wide - ax[..., :-1]) * mx[..., :-1]), 1.0)
    lx = np.ones_like(mx)
    lx[..., 1:] = np.cumprod(1 - qx[..., :-1], axis=-1)
    years = np.empty_like(mx)
    years[..., :-1] = wide * lx[..., 1:] + ax[..., :-1] * (lx[..., :-1] - lx[..., 1:])
    years[..., -1] = lx[..., -1] / mx[..., -1]
    return _table(n, mx=mx, qx=qx, ax=ax, lx=lx, years=years)


def from_survivors(survivors: npt.ArrayLike, *, years: npt.ArrayLike, widths: npt.ArrayLike) -> LifeTable:
    """The life table of survivors and years lived.

    Parameters
    ----------
    survivors : array_like of float
        Survivors to each age of one birth: 1 at birth, never rising, above 0, shape (..., ages).
    years : array_like of float
        Years lived in each age, shape (..., ages), above 0.
    widths : array_like of float
        Years of each age, shape (ages,); the last is infinite.

    Returns
    -------
    LifeTable

    Raises
    ------
    DataError
        If the survivors rise or do not start at 1, or shapes differ.

    Examples
    --------
    >>> found = from_survivors([1, 0.9], years=[0.95, 45], widths=[1, float("inf")])
    >>> found.ex, found.qx
    (array([45.95, 50.  ]), array([0.1, 1. ]))
    """
    lx = floats(survivors, column="survivors", low=0, high=1)
    lived = floats(years, column="years", low=float(np.finfo(np.float64).tiny), high=_LARGE)
    _, n = _rates(lx, widths, column="survivors")
    falling = bool((np.diff(lx, axis=-1) <= 0).all() and (lx[..., 0] == 1).all() and lived.shape == lx.shape)
    require(falling, column="survivors", rule="they rise or do not start at 1", mend="mend the survivors")
    next_lx = np.concatenate([lx[..., 1:], np.zeros_like(lx[..., :1])], axis=-1)
    dead = lx - next_lx
    whole = np.where(np.isfinite(n), n, 0.0)
    some = dead > 0
    ax = np.where(some, (lived - whole * next_lx) / np.where(some, dead, 1.0), whole / 2)
    return _table(n, mx=dead / lived, qx=dead / lx, ax=ax, lx=lx, years=lived)


def single_years(table: LifeTable, *, last: int = 100) -> LifeTable:
    """A life table by single years of age from one in groups.

    The force of mortality is spread by a monotone interpolation (PCHIP) of `-log lx`, so survivors at the
    starts of the groups stay as they are and never rise between. Years lived stay the group's too: those who
    die live the same part of a year at each age of the group. Only where that part would be outside [0, 1]
    it is cut.

    Parameters
    ----------
    table : LifeTable
        Groups that start at whole ages, the first one year wide.
    last : int
        Where the open age starts, in years: the start of a group of the table.

    Returns
    -------
    LifeTable
        Shape (..., last + 1).

    Raises
    ------
    DataError
        If the first group is not one year wide, or no group starts at the last age.

    References
    ----------
    Fritsch, F. N., Carlson, R. E. (1980), SIAM Journal on Numerical Analysis 17 (2), 238-246.

    Examples
    --------
    >>> groups = life_table([0.02, 0.001, 0.02], widths=[1, 4, float("inf")], sex="female")
    >>> bool(np.allclose(single_years(groups, last=5).lx[[0, 1, 5]], groups.lx))
    True
    """
    from scipy.interpolate import PchipInterpolator

    starts = np.concatenate([[0.0], np.cumsum(table.widths[:-1])])
    require(
        table.widths[0] == 1, column="table", rule="the first age is not one year", mend="split age 0 off"
    )
    begins = last > 1 and bool((starts == last).any())
    require(
        begins, column="last", rule=f"no age of the table begins at {last}", mend=f"at most {starts[-1]:g}"
    )
    groups = int(np.searchsorted(starts, last))
    tiny = float(np.finfo(np.float64).tiny)
    hazard = -np.log(np.maximum(table.lx, tiny))
    lx = np.exp(-PchipInterpolator(starts, hazard, axis=-1)(np.arange(last + 1.0)))
    dead = lx[..., :-1] - lx[..., 1:]
    cuts = starts[:groups].astype(int)
    gone = np.add.reduceat(dead, cuts, axis=-1)
    rest = table.Lx[..., :groups] - np.add.reduceat(lx[..., 1:], cuts, axis=-1)
    part = np.clip(rest / np.where(gone > 0, gone, 1.0), 0.0, 1.0)
    years = np.empty_like(lx)
    years[..., :-1] = lx[..., 1:] + np.repeat(part, table.widths[:groups].astype(int), axis=-1) * dead
    years[..., -1] = table.Tx[..., groups]
    return from_survivors(lx, years=years, widths=np.array([*[1.0] * last, np.inf]))


def survival(table: LifeTable) -> Survival:
    """Shares that live through a step as wide as an age.

    `L(x + n) / L(x)`, for births `L(0) / n`, and for the last two ages together `T(z) / T(z - n)`.

    Parameters
    ----------
    table : LifeTable
        Ages of one width, the last open.

    Returns
    -------
    Survival

    Raises
    ------
    DataError
        If the ages have several widths.

    References
    ----------
    Preston, Heuveline and Guillot (2001), section 6.2.

    Examples
    --------
    >>> found = survival(life_table([0.02, 0.01, 0.1], widths=[5, 5, float("inf")], sex="female"))
    >>> float(found.births.round(4)), found.ages.round(4)
    (0.9524, array([0.9268, 0.661 , 0.661 ]))
    """
    width = table.widths[0]
    same = bool((table.widths[:-1] == width).all()) and table.widths.size > 2
    require(same, column="table", rule="its ages have several widths", mend="take single_years of it")
    years = table.Lx
    ages = np.empty_like(years)
    ages[..., :-2] = years[..., 1:-1] / years[..., :-2]
    ages[..., -2:] = (table.Tx[..., -1] / table.Tx[..., -2])[..., np.newaxis]
    return Survival(np.asarray(years[..., 0] / width), ages)


def _rates(rates: npt.ArrayLike, widths: npt.ArrayLike, *, column: str = "rates") -> tuple[Floats, Floats]:
    """The rates and the widths, if they can be."""
    mx = floats(rates, column=column, low=0, high=_LARGE)
    n = np.asarray(widths, dtype=np.float64)
    fits = n.ndim == 1 and n.size >= 2 and mx.shape[-1:] == n.shape
    fits = fits and bool(np.isposinf(n[-1]) and (n[:-1] > 0).all() and np.isfinite(n[:-1]).all())
    require(
        fits,
        column="widths",
        rule=f"widths of shape {n.shape} do not fit {column} of shape {mx.shape}",
        mend="give one width above 0 for each age, the last infinite",
    )
    require(
        bool((mx[..., -1] > 0).all()),
        column=column,
        rule="the open age has the value 0",
        mend="give one above 0",
    )
    return mx, n


def _table(n: Floats, *, mx: Floats, qx: Floats, ax: Floats, lx: Floats, years: Floats) -> LifeTable:
    beyond = np.cumsum(years[..., ::-1], axis=-1)[..., ::-1]
    reached = lx > 0
    ex = np.where(reached, beyond / np.where(reached, lx, 1.0), 0.0)
    return LifeTable(n, mx, qx, ax, lx, years, np.asarray(beyond), np.asarray(ex))
