"""Schedules by age: migration after Rogers and Castro, fertility from its level and mean age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = [
    "FERTILE",
    "FUNDAMENTAL",
    "RogersCastro",
    "fertility_by_age",
    "implied_fertility",
    "mean_age",
    "migration_by_age",
    "migration_rates",
    "spread",
]

FERTILE: Final = (15, 50)
"""First age of childbearing and the one after the last, years."""

_LARGE: Final = float(np.finfo(np.float64).max)
_STEPS: Final = 60
_RATES: Final = (1e-3, 1e2)
"""Rates of the gamma curve that are tried, per year of age."""


@dataclass(frozen=True, slots=True)
class RogersCastro:
    """Parameters of the model migration schedule; those left at 0 switch their part off.

    Parameters
    ----------
    a1, alpha1 : float
        Children: height and descent per year of age.
    a2, alpha2, mu2, lambda2 : float
        Workers: height, descent, place in years, ascent.
    c : float
        The constant.
    a3, alpha3, mu3, lambda3 : float
        Retirement peak (11 parameters): height, descent, place in years, ascent.
    a4, lambda4 : float
        Rise with age (9 parameters; 13 with the peak): height and growth per year of age.

    Examples
    --------
    >>> round(float(migration_by_age(FUNDAMENTAL, ages=[20])[0]), 6)
    0.027779
    """

    a1: float
    alpha1: float
    a2: float
    alpha2: float
    mu2: float
    lambda2: float
    c: float
    a3: float = 0.0
    alpha3: float = 0.0
    mu3: float = 0.0
    lambda3: float = 0.0
    a4: float = 0.0
    lambda4: float = 0.0


FUNDAMENTAL: Final = RogersCastro(a1=0.02, alpha1=0.1, a2=0.06, alpha2=0.1, mu2=20.0, lambda2=0.4, c=0.003)
"""The fundamental schedule of Rogers and Castro (1981), table 7: rates that add up to about 1."""


def migration_by_age(schedule: RogersCastro, *, ages: npt.ArrayLike) -> Floats:
    """Migration rates of a model schedule.

    `m(x) = a1 exp(-alpha1 x) + a2 exp(-alpha2 (x - mu2) - exp(-lambda2 (x - mu2)))`
    `+ a3 exp(-alpha3 (x - mu3) - exp(-lambda3 (x - mu3))) + a4 exp(lambda4 x) + c`

    Parameters
    ----------
    schedule : RogersCastro
        The parameters.
    ages : array_like of float
        Ages in years, 0 or more, any shape.

    Returns
    -------
    numpy.ndarray of float
        Rates a year, the shape of `ages`.

    Raises
    ------
    DataError
        If an age is missing or negative, or a rate comes out negative or endless.

    References
    ----------
    Rogers, A., Castro, L. J. (1981), Model Migration Schedules, IIASA RR-81-30. Rogers, A., Little, J. S.
    (1994), Parameterizing age patterns of demographic rates, Mathematical Population Studies 4 (3), 175-195
    (13 parameters).

    Examples
    --------
    >>> migration_by_age(FUNDAMENTAL, ages=[0, 10, 25, 40]).round(6)
    array([0.023   , 0.010358, 0.036427, 0.011484])
    """
    return migration_rates(asdict(schedule), ages=floats(ages, column="ages", low=0, high=_LARGE))


def migration_rates(parameters: Mapping[str, float | Floats], *, ages: Floats) -> Floats:
    """As `migration_by_age`, of one schedule or many.

    Parameters
    ----------
    parameters : mapping of str to float or numpy.ndarray
        The fields of `RogersCastro` by name, one number or shapes that broadcast before the ages, such as
        (schedules, 1).
    ages : numpy.ndarray of float
        Ages in years, shape (ages,).

    Returns
    -------
    numpy.ndarray of float
        Rates a year, shape (..., ages).

    Raises
    ------
    DataError
        If a rate comes out negative or endless.
    """
    p, x = parameters, ages
    with np.errstate(over="ignore", invalid="ignore"):
        rates = p["a1"] * np.exp(-p["alpha1"] * x) + p["c"]
        for number in ("2", "3"):
            height, descent, place, ascent = (p[f"{name}{number}"] for name in ("a", "alpha", "mu", "lambda"))
            if np.any(height != 0):
                rates = rates + height * np.exp(-descent * (x - place) - np.exp(-ascent * (x - place)))
        if np.any(p["a4"] != 0):
            rates = rates + p["a4"] * np.exp(p["lambda4"] * x)
    return floats(rates, column="schedule", low=0, high=_LARGE)


def spread(schedule: npt.ArrayLike, *, total: npt.ArrayLike) -> Floats:
    """A schedule scaled so that its single years add up to a total.

    Parameters
    ----------
    schedule : array_like of float
        Rates by single years of age, 0 or more, not all 0, shape (..., ages).
    total : array_like of float
        What they shall add up to, 0 or more, a shape that broadcasts before the ages: the gross
        migraproduction rate, or the total fertility rate.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., ages).

    Raises
    ------
    DataError
        If the schedule is 0 everywhere, or a value is missing or negative.

    Examples
    --------
    >>> spread([1, 3], total=[2, 0])
    array([[0.5, 1.5],
           [0. , 0. ]])
    """
    rates = floats(schedule, column="schedule", low=0, high=_LARGE)
    wanted = floats(total, column="total", low=0, high=_LARGE)
    sums = rates.sum(axis=-1, keepdims=True)
    require(
        bool((sums > 0).all()), column="schedule", rule="it is 0 at all ages", mend="give one rate above 0"
    )
    return np.asarray(rates / sums * wanted[..., np.newaxis])


def mean_age(schedule: npt.ArrayLike) -> Floats:
    """Mean age of a schedule by single years of age, each at its middle.

    Parameters
    ----------
    schedule : array_like of float
        Rates from age 0 up, not all 0, shape (..., ages).

    Returns
    -------
    numpy.ndarray of float
        Years, shape (...).

    Raises
    ------
    DataError
        If a schedule is 0 everywhere.

    Examples
    --------
    >>> mean_age([0, 0, 1, 1])
    array(3.)
    """
    rates = spread(schedule, total=1.0)
    return np.asarray(rates @ (np.arange(rates.shape[-1]) + 0.5))


def fertility_by_age(
    total: npt.ArrayLike, *, mean: npt.ArrayLike, deviation: npt.ArrayLike, ages: int = 101
) -> Floats:
    """Births a year per woman of each single age, by a gamma curve from 15 cut at 50.

    The shape is `(mean - 15)^2 / deviation^2`. The rate is searched until the mean age of the cut curve is
    the wanted one, so the level and the mean are exact and the standard deviation is somewhat below the
    given.

    Parameters
    ----------
    total : array_like of float
        Total fertility rate, births per woman, 0 or more, shape (...).
    mean : array_like of float
        Mean age at childbearing, years, between 18 and 40.
    deviation : array_like of float
        Standard deviation of that age, years, between 2 and 12.
    ages : int
        Number of single ages of the result, from 0; at least 50.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., ages): the three broadcast against each other.

    Raises
    ------
    DataError
        If a value is missing or outside.

    References
    ----------
    Hoem, J. M., Madsen, D., Nielsen, J. L., et al. (1981), Experiments in modelling recent Danish fertility
    curves, Demography 18 (2), 231-244.

    Examples
    --------
    >>> rates = fertility_by_age(1.5, mean=28, deviation=5)
    >>> float(rates.sum().round(9)), float(mean_age(rates).round(9)), rates[[14, 27, 50]].round(4)
    (1.5, 28.0, array([0.    , 0.1222, 0.    ]))
    """
    from scipy.special import gammainc

    start, end = FERTILE
    level = floats(total, column="total", low=0, high=_LARGE)
    middle = floats(mean, column="mean", low=18, high=40)
    width = floats(deviation, column="deviation", low=2, high=12)
    require(ages >= end, column="ages", rule=f"{ages} ages end before {end}", mend="give more")
    level, middle, width = np.broadcast_arrays(level, middle, width)
    shape = ((middle - start) / width) ** 2
    bounds, centres = np.arange(end - start + 1.0), np.arange(end - start) + 0.5

    def shares(rate: Floats) -> Floats:
        part = np.diff(gammainc(shape[..., np.newaxis], rate[..., np.newaxis] * bounds), axis=-1)
        return np.asarray(part / part.sum(axis=-1, keepdims=True))

    low, high = np.full(shape.shape, _RATES[0]), np.full(shape.shape, _RATES[1])
    for _ in range(_STEPS):
        rate = np.sqrt(low * high)
        old = shares(rate) @ centres > middle - start
        low, high = np.where(old, rate, low), np.where(old, high, rate)
    result = np.zeros((*shape.shape, ages))
    result[..., start:end] = shares(np.sqrt(low * high)) * level[..., np.newaxis]
    return result


def implied_fertility(children: npt.ArrayLike, *, women: npt.ArrayLike) -> Floats:
    """Total fertility of the last five years, read from a census's children and women.

    `(10.65 - 12.55 p) C / W`: children of 0-4 over women of 15-49, `p` the share of 25-34 among the women.

    Parameters
    ----------
    children : array_like of float
        Children of 0-4, shape (...).
    women : array_like of float
        Women of 15-19, 20-24, ..., 45-49, shape (..., 7).

    Returns
    -------
    numpy.ndarray of float
        Births per woman, shape (...), 0 at least; the children who died or were not counted are not in it.

    Raises
    ------
    DataError
        If a count is missing or negative, or children stand without women.

    References
    ----------
    Hauer, M. E., Schmertmann, C. P. (2020), Population pyramids yield accurate estimates of total fertility
    rates, Demography 57 (1), 221-241 (xTFR).

    Examples
    --------
    >>> implied_fertility(20.0, women=[14.0] * 7).round(3)
    np.float64(1.442)
    """
    young = floats(children, column="children", low=0, high=_LARGE)
    group = floats(women, column="women", low=0, high=_LARGE)
    fits = group.shape[-1:] == (7,) and group.shape[:-1] == young.shape
    require(
        fits, column="women", rule=f"shape {group.shape}, not children's and 7", mend="give 15-19 to 45-49"
    )
    all_women = group.sum(axis=-1)
    alone = (all_women == 0) & (young > 0)
    require(not alone.any(), column="children", rule="children stand without women", mend="give the women")
    base = np.where(all_women > 0, all_women, 1.0)
    share = group[..., 2:4].sum(axis=-1) / base
    return np.asarray(np.maximum(10.65 - 12.55 * share, 0.0) * young / base)
