"""People by sex and age from two censuses: cohorts carried forward, years in between, urban share, pupils.

Arrays have the last two dimensions (sex, age group): sexes male and female; 18 groups of five years, 0-4 to
80-84, and 85+. Dimensions before them are units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = [
    "AGE_GROUPS",
    "SEXES",
    "STEP_YEARS",
    "Pupils",
    "Ratios",
    "cohort_ratios",
    "interpolate",
    "people_aged",
    "project",
    "pupils",
    "urban_share",
]

SEXES: Final = ("male", "female")
"""Order of the sexes."""

AGE_GROUPS: Final = (*(f"{age}-{age + 4}" for age in range(0, 85, 5)), "85+")
"""Order of the age groups."""

STEP_YEARS: Final = 10
"""Years between two censuses, and of one step of the projection."""

_WOMEN: Final = (slice(3, 9), slice(4, 10))
"""Groups of the women set against children of 0-4 (women of 15-44) and of 5-9 (women of 20-49)."""

_FEMALE: Final = 1
_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """What carries a census ten years forward.

    Parameters
    ----------
    change : numpy.ndarray of float
        Cohort change ratio into each age group from 10-14 up, shape (..., 2, 16): people of the group over
        the people ten years younger ten years before; deaths and migration together.
    children : numpy.ndarray of float
        Boys and girls of 0-4 and 5-9 per woman of 15-44 and 20-49, shape (..., 2, 2).
    """

    change: Floats
    children: Floats


def cohort_ratios(
    first: npt.ArrayLike, second: npt.ArrayLike, *, limits: tuple[float, float] | None = None
) -> Ratios:
    """Cohort change ratios and child-woman ratios of two censuses ten years apart.

    Parameters
    ----------
    first, second : array_like of float
        People, shape (..., 2, 18).
    limits : tuple of float, optional
        Least and greatest change ratio; ratios beyond are cut. Small places need them.

    Returns
    -------
    Ratios
        A change ratio is 1 where the younger group was empty, a children ratio 0 where there are no women.

    Raises
    ------
    DataError
        If a count is missing or negative, or shapes differ.

    References
    ----------
    Hamilton, C. H., Perry, J. (1962), Social Forces 41 (2), 163-170. Smith, S. K., Tayman, J., Swanson, D. A.
    (2013), A Practitioner's Guide to State and Local Population Projections, Springer, chapter 7.

    Examples
    --------
    >>> cohort_ratios(np.full((2, 18), 100.0), np.full((2, 18), 90.0)).change[0].round(2)
    array([0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9,
           0.9, 0.9, 0.3])
    """
    before, after = _people(first, column="first"), _people(second, column="second")
    require(before.shape == after.shape, column="second", rule="shapes differ", mend="give the same units")
    source = _younger(before)
    change = np.where(source > 0, after[..., 2:] / np.where(source > 0, source, 1.0), 1.0)
    if limits is not None:
        ordered = 0 <= limits[0] <= limits[1]
        require(ordered, column="limits", rule="they are not in order", mend="give the least one first")
        change = np.clip(change, *limits)
    women = _women(after)[..., np.newaxis, :]
    children = np.where(women > 0, after[..., :2] / np.where(women > 0, women, 1.0), 0.0)
    return Ratios(change, children)


def project(people: npt.ArrayLike, ratios: Ratios, *, steps: int = 1) -> Floats:
    """People carried forward in steps of ten years with constant ratios.

    Parameters
    ----------
    people : array_like of float
        People of the last census, shape (..., 2, 18).
    ratios : Ratios
        Of the same units.
    steps : int
        Number of steps of `STEP_YEARS`.

    Returns
    -------
    numpy.ndarray of float
        Shape (steps + 1, ..., 2, 18); the first is the census.

    Raises
    ------
    DataError
        If a count is missing or negative, or the number of steps is negative.

    References
    ----------
    As `cohort_ratios`.

    Examples
    --------
    >>> first, second = np.full((2, 18), 100.0), np.full((2, 18), 90.0)
    >>> bool(np.allclose(project(first, cohort_ratios(first, second))[1], second))
    True
    """
    require(steps >= 0, column="steps", rule="it is negative", mend="give 0 or more")
    stages = [_people(people, column="people")]
    for _ in range(steps):
        grown = np.concatenate(
            [np.zeros_like(stages[-1][..., :2]), _younger(stages[-1]) * ratios.change], axis=-1
        )
        grown[..., :2] = _women(grown)[..., np.newaxis, :] * ratios.children
        stages.append(grown)
    return np.stack(stages)


def _people(values: npt.ArrayLike, *, column: str) -> Floats:
    array = floats(values, column=column, low=0, high=_LARGE)
    shaped = array.shape[-2:] == (len(SEXES), len(AGE_GROUPS))
    require(shaped, column=column, rule=f"its shape is {array.shape}", mend="end it with (2, 18): sex, age")
    return array


def _younger(people: Floats) -> Floats:
    """The people who will be 10-14, ..., 80-84 and 85+ ten years on, shape (..., 2, 16)."""
    last = people[..., 15:].sum(axis=-1, keepdims=True)
    return np.concatenate([people[..., :15], last], axis=-1)


def _women(people: Floats) -> Floats:
    """The women set against each group of children, shape (..., 2)."""
    female = people[..., _FEMALE, :]
    return np.stack([female[..., group].sum(axis=-1) for group in _WOMEN], axis=-1)


def interpolate(
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    *,
    years: float,
    at: npt.ArrayLike,
    method: Literal["geometric", "linear"] = "geometric",
) -> Floats:
    """People in the years between two dates, or beyond them at the same pace.

    Parameters
    ----------
    start, end : array_like of float
        People at the two dates, 0 or more, of one shape (...).
    years : float
        Years from start to end, above 0.
    at : array_like of float
        Years since the start, shape (n,).
    method : {"geometric", "linear"}
        A constant rate or a constant number a year. Where a count is 0 a rate is impossible: linear there.

    Returns
    -------
    numpy.ndarray of float
        Shape (n, ...), never below 0.

    Raises
    ------
    DataError
        If a count is missing or negative, or the years are not above 0.

    Examples
    --------
    >>> interpolate(100, 121, years=2, at=[0, 1, 2])
    array([100., 110., 121.])
    """
    first = floats(start, column="start", low=0, high=_LARGE)
    last = floats(end, column="end", low=0, high=_LARGE)
    require(first.shape == last.shape, column="end", rule="shapes differ", mend="give the same units")
    require(years > 0, column="years", rule="it is not above 0", mend="give the years from start to end")
    when = np.atleast_1d(floats(at, column="at", low=-_LARGE, high=_LARGE)) / years
    part = when.reshape(-1, *(1 for _ in first.shape))
    straight = np.maximum(first + part * (last - first), 0.0)
    if method == "linear":
        return np.asarray(straight)
    require(method == "geometric", column="method", rule=f"{method} is unknown", mend="geometric or linear")
    both = (first > 0) & (last > 0)
    rate = np.where(both, last, 1.0) / np.where(both, first, 1.0)
    return np.asarray(np.where(both, first * rate**part, straight))


def urban_share(first: npt.ArrayLike, second: npt.ArrayLike, *, years: float, at: npt.ArrayLike) -> Floats:
    """Urban share with a constant difference between urban and rural growth.

    The ratio of urban to rural people then grows at a constant rate, so the logit of the share is linear.

    Parameters
    ----------
    first, second : array_like of float
        Urban shares at two dates, in (0, 1), shapes that broadcast.
    years : float
        Years from the first to the second, above 0.
    at : array_like of float
        Years since the first date, a shape that broadcasts.

    Returns
    -------
    numpy.ndarray of float
        In (0, 1).

    Raises
    ------
    DataError
        If a share is outside (0, 1), or the years are not above 0.

    References
    ----------
    United Nations (1974), Manual VIII: Methods for Projections of Urban and Rural Population. The UN now
    bends the difference towards a world norm; here it is held constant.

    Examples
    --------
    >>> share = urban_share(936833 / 2122661, 1310498 / 2276184, years=10, at=[0, 10, 14])  # Quzhou
    >>> share.round(4)
    array([0.4413, 0.5757, 0.6276])
    """
    tiny = float(np.finfo(np.float64).eps)
    low = floats(first, column="first", low=tiny, high=1 - tiny)
    high = floats(second, column="second", low=tiny, high=1 - tiny)
    require(years > 0, column="years", rule="it is not above 0", mend="give the years from first to second")
    start, end = np.log(low / (1 - low)), np.log(high / (1 - high))
    part = floats(at, column="at", low=-_LARGE, high=_LARGE) / years
    return np.asarray(1 / (1 + np.exp(-(start + part * (end - start)))))


def people_aged(groups: npt.ArrayLike, *, low: int, high: int) -> Floats:
    """People of an age from low to high, both counted, each five-year group spread evenly over its ages.

    Parameters
    ----------
    groups : array_like of float
        People by age group, shape (..., 18).
    low, high : int
        Ages in completed years; up to 84, since 85+ has no end to spread over.

    Returns
    -------
    numpy.ndarray of float
        Shape (...).

    Raises
    ------
    DataError
        If the ages are not 0 <= low <= high <= 84, or a count is missing or negative.

    Examples
    --------
    >>> people_aged(np.full(18, 50.0), low=20, high=45)
    array(260.)
    """
    people = floats(groups, column="groups", low=0, high=_LARGE)
    require(
        people.shape[-1:] == (18,), column="groups", rule="not 18 age groups", mend="end it with 18 groups"
    )
    require(
        0 <= low <= high <= 84, column="low, high", rule="not 0 <= low <= high <= 84", mend="mend the ages"
    )
    begin = np.arange(0, 90, 5)
    ages = np.clip(np.minimum(begin + 5, high + 1) - np.maximum(begin, low), 0, 5)
    return np.asarray(people @ (ages / 5))


@dataclass(frozen=True, slots=True, eq=False)
class Pupils:
    """Children of school age.

    Parameters
    ----------
    primary, junior : numpy.ndarray of float
        Children of 6-11 and of 12-14, shape (...).
    """

    primary: Floats
    junior: Floats


def pupils(groups: npt.ArrayLike) -> Pupils:
    """Children of the official ages of primary school (6-11) and junior middle school (12-14).

    Parameters
    ----------
    groups : array_like of float
        People by age group, shape (..., 18).

    Returns
    -------
    Pupils
        Primary takes 4/5 of 5-9 and 2/5 of 10-14, junior 3/5 of 10-14.

    Raises
    ------
    DataError
        If a count is missing or negative.

    References
    ----------
    Compulsory Education Law (2006), article 11: school begins at 6; six years, then three.

    Examples
    --------
    >>> found = pupils([0, 500, 400, *[0] * 15])
    >>> float(found.primary), float(found.junior)
    (560.0, 240.0)
    """
    return Pupils(people_aged(groups, low=6, high=11), people_aged(groups, low=12, high=14))
