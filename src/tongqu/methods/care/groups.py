"""People who come first: how many there are, from counts that do not say it outright.

A census counts households with one, two, three elders and households of one generation, not those that are
both. Two counts of the same households bound the number of those in both (Fréchet), and independence of the
two lies between the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Share", "either", "elders_alone"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A share that is not counted, and between what it lies for certain.

    Parameters
    ----------
    value, low, high : numpy.ndarray of float
        In [0, 1], shape (places,), low <= value <= high.
    """

    value: Floats
    low: Floats
    high: Floats


def elders_alone(
    one: npt.ArrayLike,
    two: npt.ArrayLike,
    three: npt.ArrayLike,
    *,
    one_generation: npt.ArrayLike,
    households: npt.ArrayLike,
) -> Share:
    """Share of elders who live without children: alone, or with others of their generation.

    The value takes a household with elders to be of one generation as often as any other household is, cut
    to what the counts allow. Bounds are those of elders, not of households.

    Parameters
    ----------
    one, two, three : array_like of float
        Households with one, two, and three or more elders, shape (places,); the last count as three each.
    one_generation : array_like of float
        Households of one generation, shape (places,).
    households : array_like of float
        All households, shape (places,).

    Returns
    -------
    Share
        NaN where there are no households with elders.

    Raises
    ------
    DataError
        If a count is missing or negative, shapes differ, or a part is larger than the whole.

    References
    ----------
    Fréchet, M. (1951), Sur les tableaux de corrélation dont les marges sont données, Annales de l'Université
    de Lyon A 14, 53-77.

    Examples
    --------
    >>> found = elders_alone([30], [20], [0], one_generation=[60], households=[100])
    >>> found.value, found.low.round(3), found.high
    (array([0.6]), array([0.143]), array([1.]))
    """
    names = ("one", "two", "three", "one_generation", "households")
    given = (one, two, three, one_generation, households)
    counts = [
        np.atleast_1d(floats(each, column=name, low=0, high=_LARGE))
        for name, each in zip(names, given, strict=True)
    ]
    same = len({each.shape for each in counts}) == 1
    require(same, column="households", rule="shapes differ", mend="give one value for each place")
    first, second, third, single, whole = counts
    old = first + second + third
    fits = ((old <= whole) & (single <= whole)).all()
    require(
        fits,
        column="households",
        rule="a part is larger than the whole",
        mend="give all households, and of them those with elders or of one generation",
    )
    elders = first + 2 * second + 3 * third
    known = elders > 0
    least, most = np.maximum(old + single - whole, 0.0), np.minimum(old, single)
    sizes = ((1.0, first), (2.0, second), (3.0, third))
    low, high = _persons(least, sizes), _persons(most, sizes[::-1])
    usual = np.divide(single, whole, out=np.zeros_like(whole), where=whole > 0)

    def part(persons: Floats) -> Floats:
        return np.divide(persons, elders, out=np.full_like(elders, np.nan), where=known)

    lower, upper = part(low), part(high)
    return Share(np.where(known, np.clip(usual, lower, upper), np.nan), lower, upper)


def _persons(count: Floats, sizes: tuple[tuple[float, Floats], ...]) -> Floats:
    """Persons in so many households, filled up from the first size to the last."""
    left, persons = count.copy(), np.zeros_like(count)
    for size, there in sizes:
        taken = np.minimum(left, there)
        persons += size * taken
        left -= taken
    return persons


def either(first: npt.ArrayLike, second: npt.ArrayLike) -> Share:
    """Share of people in one group or another or both, where the overlap is not known.

    The value takes the two as independent; bounds are the two nested, and the two apart.

    Parameters
    ----------
    first, second : array_like of float
        Shares in [0, 1], shape (places,) or one for all.

    Returns
    -------
    Share

    Raises
    ------
    DataError
        If a share is missing or outside.

    Examples
    --------
    >>> found = either([0.5], 0.1)
    >>> found.value, found.low, found.high
    (array([0.55]), array([0.5]), array([0.6]))
    """
    one, other = np.broadcast_arrays(
        floats(first, column="first", low=0, high=1), floats(second, column="second", low=0, high=1)
    )
    return Share(
        np.asarray(1 - (1 - one) * (1 - other)),
        np.asarray(np.maximum(one, other)),
        np.asarray(np.minimum(one + other, 1.0)),
    )
