"""Travel times between origins and sites, as the measures of reach take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.travel import Pairs, within

__all__ = ["Times", "times_from_matrix", "times_from_pairs"]


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Travel times of the pairs of origin and site that reach each other, sorted by origin and site.

    `times_from_matrix` and `times_from_pairs` make it. A pair that is not here is out of reach.

    Parameters
    ----------
    origin, site : numpy.ndarray of int
        Positions of origin and site, shape (pairs,), each pair once.
    minutes : numpy.ndarray of float
        Minutes from origin to site, shape (pairs,), finite.
    origins, sites : int
        How many origins and sites there are, in reach or not.
    """

    origin: Ints
    site: Ints
    minutes: Floats
    origins: int
    sites: int

    def upto(self, limit: float) -> Times:
        """The pairs within a limit, in minutes."""
        kept = within(self.minutes, limit)
        return Times(self.origin[kept], self.site[kept], self.minutes[kept], self.origins, self.sites)

    def swapped(self) -> Times:
        """Sites as origins and origins as sites: for who can come, in place of where one can go."""
        order = np.lexsort((self.origin, self.site))
        return Times(self.site[order], self.origin[order], self.minutes[order], self.sites, self.origins)

    def by_origin(self, amounts: Floats) -> Floats:
        """Sum of an amount of each pair over the sites of each origin, shape (origins,)."""
        return np.bincount(self.origin, weights=amounts, minlength=self.origins).astype(np.float64)

    def by_site(self, amounts: Floats) -> Floats:
        """Sum of an amount of each pair over the origins of each site, shape (sites,)."""
        return np.bincount(self.site, weights=amounts, minlength=self.sites).astype(np.float64)

    def at_origins(self, values: npt.ArrayLike, *, column: str, low: float = 0.0) -> Floats:
        """One finite value of `low` or more for each origin, checked, shape (origins,)."""
        return _one_each(values, column=column, size=self.origins, low=low)

    def at_sites(self, values: npt.ArrayLike, *, column: str, low: float = 0.0) -> Floats:
        """One finite value of `low` or more for each site, checked, shape (sites,)."""
        return _one_each(values, column=column, size=self.sites, low=low)


def _one_each(values: npt.ArrayLike, *, column: str, size: int, low: float) -> Floats:
    array = floats(values, column=column, low=low, high=np.finfo(np.float64).max)
    require(
        array.shape == (size,),
        column=column,
        rule=f"its shape is {array.shape}, not ({size},)",
        mend="give one value for each place, in the order of the travel times",
    )
    return array


def times_from_matrix(minutes: npt.ArrayLike) -> Times:
    """Travel times from a full matrix.

    Parameters
    ----------
    minutes : array_like of float
        Minutes, shape (origins, sites), 0 or more; inf when out of reach.

    Returns
    -------
    Times
        The finite entries.

    Raises
    ------
    DataError
        If the matrix has not two dimensions, or a time is missing or negative.

    Examples
    --------
    >>> found = times_from_matrix([[5, float("inf")], [12, 0]])
    >>> found.origin, found.site, found.minutes
    (array([0, 1, 1]), array([0, 0, 1]), array([ 5., 12.,  0.]))
    """
    matrix = floats(minutes, column="minutes", low=0)
    require(
        matrix.ndim == 2,
        column="minutes",
        rule=f"it has {matrix.ndim} dimensions",
        mend="give one row for each origin and one column for each site",
    )
    origin, site = np.nonzero(np.isfinite(matrix))
    return Times(origin, site, matrix[origin, site], matrix.shape[0], matrix.shape[1])


def times_from_pairs(pairs: Pairs, *, origins: int, sites: int) -> Times:
    """Travel times from the pairs that are within a limit of each other.

    Parameters
    ----------
    pairs : Pairs
        As `tongqu.methods.travel.pairs_within` finds them, in any order.
    origins, sites : int
        How many origins and sites were searched.

    Returns
    -------
    Times
        The pairs with a finite time.

    Raises
    ------
    DataError
        If a position is outside, lengths differ, a pair comes twice, or a time is missing or negative.

    Examples
    --------
    >>> from tongqu.methods.travel import Pairs
    >>> near = Pairs(np.array([1, 0]), np.array([0, 0]), np.array([12.0, 5.0]))
    >>> times_from_pairs(near, origins=2, sites=3).minutes
    array([ 5., 12.])
    """
    origin = positions(pairs.origin, column="origin", size=origins)
    site = positions(pairs.target, column="target", size=sites)
    minutes = floats(pairs.minutes, column="minutes", low=0)
    same = origin.size == site.size == minutes.size
    require(
        same, column="origin, target, minutes", rule="lengths differ", mend="give one value for each pair"
    )
    key = origin * np.int64(max(sites, 1)) + site
    once = np.unique(key).size == key.size
    require(once, column="origin, target", rule="a pair comes twice", mend="keep each pair once")
    order = np.argsort(key, kind="stable")
    order = order[np.isfinite(minutes[order])]
    return Times(origin[order], site[order], minutes[order], origins, sites)
