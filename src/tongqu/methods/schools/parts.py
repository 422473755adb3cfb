"""Stages of school, and villages divided into parts where they are too large for one school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats
from tongqu.methods.reach import Times
from tongqu.methods.schools._case import NOWHERE, SLACK

__all__ = ["Parts", "Stage", "split_villages"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of school.

    Parameters
    ----------
    name : str
        Its name, say primary.
    ages : tuple of int
        First and last position of its ages among the columns of pupils, both in it.
    limit : float
        Longest ride, in the minutes of the travel times, above 0.
    """

    name: str
    ages: tuple[int, int]
    limit: float

    @property
    def columns(self) -> slice:
        """Its ages as a slice."""
        return slice(self.ages[0], self.ages[1] + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Villages, the large ones divided into equal parts.

    Parameters
    ----------
    village : numpy.ndarray of int
        Village of each part, rising, shape (parts,).
    share : numpy.ndarray of float
        Share of the village's pupils, shape (parts,).
    """

    village: Ints
    share: Floats

    def pupils(self, pupils: npt.ArrayLike) -> Floats:
        """Pupils by part and age, from those by village and age."""
        values = np.asarray(pupils, dtype=np.float64)
        return np.asarray(values[self.village] * self.share[:, np.newaxis])

    def times(self, times: Times, *, onward: npt.ArrayLike | None = None) -> tuple[Times, Ints]:
        """Travel times from the parts, and of each pair the next part on the way (-1 where there is none).

        A part follows the part of the next village that has its number, or that village's last.
        """
        count = np.bincount(self.village, minlength=times.origins)
        first = np.cumsum(count) - count
        many = count[times.origin]
        pair = np.repeat(np.arange(times.origin.size), many)
        number = np.arange(pair.size) - np.repeat(np.cumsum(many) - many, many)
        ahead = np.full(times.origin.size, NOWHERE) if onward is None else np.asarray(onward)
        there = ahead[pair]
        part = first[there] + np.minimum(number, count[there] - 1)
        origin = first[times.origin[pair]] + number
        order = np.lexsort((times.site[pair], origin))
        made = Times(
            origin[order].astype(np.int64),
            times.site[pair][order],
            times.minutes[pair][order],
            self.village.size,
            times.sites,
        )
        return made, np.where(there >= 0, part, NOWHERE)[order].astype(np.int64)


def split_villages(pupils: npt.ArrayLike, *, most: float) -> Parts:
    """Divide villages that have more pupils of an age than a class into equal parts: their neighbourhoods.

    A town quarter of twenty classes fits into no school as a whole, and its streets do go to different
    schools.

    Parameters
    ----------
    pupils : array_like of float
        Shape (villages, ages), 0 or more.
    most : float
        Pupils of one age that a part may have, above 0.

    Returns
    -------
    Parts
        As few as possible for each village.

    Raises
    ------
    DataError
        If a value is missing or negative, or `most` is not above 0.

    Examples
    --------
    >>> split_villages([[20, 30], [100, 80]], most=45).village
    array([0, 1, 1, 1])
    """
    values = floats(pupils, column="pupils", low=0, high=np.finfo(np.float64).max)
    floats(most, column="most", low=np.finfo(np.float64).tiny)
    count = np.maximum(np.ceil(values.max(axis=1, initial=0.0) / most - SLACK), 1).astype(np.int64)
    village = np.repeat(np.arange(values.shape[0]), count).astype(np.int64)
    return Parts(village, 1.0 / count[village])
