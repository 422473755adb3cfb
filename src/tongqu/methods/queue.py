"""Queues for room: pairs of people and sites, the shortest ride first, served again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods._jit import kernel

__all__ = ["Queue", "Served", "queue_of"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Who found no room, and what was filled.

    Parameters
    ----------
    unplaced : numpy.ndarray of float
        People of each origin who found no room, shape (origins,).
    filled : numpy.ndarray of float
        Room used at each site, shape (sites,).
    """

    unplaced: Floats
    filled: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Queue:
    """Pairs in the order in which they are served: from the shortest ride, ties by origin, then site.

    Made by `queue_of` once; people and room may differ from one time to the next.

    Parameters
    ----------
    origin, site : numpy.ndarray of int
        Positions, shape (pairs,), in order.
    minutes : numpy.ndarray of float
        Ride of each pair, shape (pairs,).
    given : numpy.ndarray of int
        Where each pair stands among those that the queue was made of, shape (pairs,).
    reached : numpy.ndarray of bool
        Whether an origin has a site in its reach at all, shape (origins,).
    sites : int
        How many sites there are.
    """

    origin: Ints
    site: Ints
    minutes: Floats
    given: Ints
    reached: Bools
    sites: int

    def serve(self, demand: npt.ArrayLike, *, room: npt.ArrayLike) -> Served:
        """Who is left when everybody has taken the nearest room that there was.

        Parameters
        ----------
        demand : array_like of float
            People of each origin, shape (origins,).
        room : array_like of float
            Room of each site, in people, shape (sites,); inf where there is no limit.

        Raises
        ------
        DataError
            If a value is missing or negative, or there is not one for each origin and site.

        Examples
        --------
        >>> queue = queue_of([0, 0, 1], [0, 1, 0], minutes=[5, 9, 3], origins=2, sites=2)
        >>> queue.serve([30, 20], room=[40, 5]).unplaced
        array([5., 0.])
        """
        return self._served(demand, room, placed=np.empty(0))

    def placed(self, demand: npt.ArrayLike, *, room: npt.ArrayLike) -> tuple[Floats, Served]:
        """People placed by each pair, in the order of the queue, and who is left.

        Parameters and errors as of `serve`.
        """
        placed = np.zeros(self.origin.size)
        return placed, self._served(demand, room, placed=placed)

    def _served(self, demand: npt.ArrayLike, room: npt.ArrayLike, *, placed: Floats) -> Served:
        left = floats(demand, column="demand", low=0, high=_LARGE)
        space = floats(room, column="room", low=0)
        mend = "give one for each origin, and one for each site"
        fits = left.shape == self.reached.shape and space.shape == (self.sites,)
        require(fits, column="demand, room", rule="lengths differ", mend=mend)
        left, filled = left.copy(), np.zeros(self.sites)
        _walk(self.origin, self.site, left, space.copy(), filled, placed)
        return Served(left, filled)


def queue_of(
    origin: npt.ArrayLike, site: npt.ArrayLike, *, minutes: npt.ArrayLike, origins: int, sites: int
) -> Queue:
    """The queue of pairs within the norm of each other.

    Parameters
    ----------
    origin, site : array_like of int
        Positions of origins and sites, shape (pairs,), each pair once.
    minutes : array_like of float
        Ride of each pair in minutes, shape (pairs,).
    origins, sites : int
        How many there are of each.

    Raises
    ------
    DataError
        If a position is outside, lengths differ, or a time is missing or negative.
    """
    ride = floats(minutes, column="minutes", low=0)
    start = positions(origin, column="origin", size=origins)
    end = positions(site, column="site", size=sites)
    same = start.size == end.size == ride.size
    require(same, column="origin, site, minutes", rule="lengths differ", mend="give one value for each pair")
    order = np.arange(ride.size) if _sorted(ride, start, end) else np.lexsort((end, start, ride))
    reached = np.zeros(origins, dtype=np.bool_)
    reached[start] = True
    return Queue(start[order], end[order], ride[order], order, reached, sites)


def _sorted(ride: Floats, start: Ints, end: Ints) -> bool:
    """Whether pairs come from the shortest ride to the longest, ties by origin, then site."""
    after = ride[1:] > ride[:-1]
    tie = ride[1:] == ride[:-1]
    same = tie & (start[1:] == start[:-1])
    return bool((after | (tie & (start[1:] > start[:-1])) | (same & (end[1:] >= end[:-1]))).all())


@kernel
def _walk(origin: Ints, site: Ints, left: Floats, space: Floats, filled: Floats, placed: Floats) -> None:
    """Pair by pair, whoever is left is placed where room is left, until nobody or no room is."""
    waiting, open_sites = (left > 0).sum(), (space > 0).sum()
    for pair in range(origin.size):
        if waiting == 0 or open_sites == 0:
            return
        home, at = origin[pair], site[pair]
        people = min(left[home], space[at])
        if people > 0:
            filled[at] += people
            if placed.size > 0:
                placed[pair] = people
            left[home] -= people
            space[at] -= people
            waiting -= left[home] <= 0
            open_sites -= space[at] <= 0
