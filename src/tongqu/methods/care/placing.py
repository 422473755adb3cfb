"""Who finds a place within reach, those who come first before the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.queue import Queue, queue_of

__all__ = ["Placed", "place_first", "queue_first"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Who found a place and why the others did not.

    Parameters
    ----------
    served, served_first : numpy.ndarray of float
        Of each origin: all who found a place, and those of them who come first, shape (origins,).
    beyond : numpy.ndarray of float
        Of each origin who has no site in reach, shape (origins,).
    no_room : numpy.ndarray of float
        Of each origin who has a site in reach but found none with room, shape (origins,).
    filled : numpy.ndarray of float
        Room used of each site, shape (sites,).
    """

    served: Floats
    served_first: Floats
    beyond: Floats
    no_room: Floats
    filled: Floats


def place_first(
    origin: npt.ArrayLike,
    site: npt.ArrayLike,
    *,
    minutes: npt.ArrayLike,
    need: npt.ArrayLike,
    first: npt.ArrayLike,
    room: npt.ArrayLike,
) -> Placed:
    """Places handed out twice: to those who come first, then to the others in what is left.

    Each round is that of `tongqu.methods.access.assign_to_room`: the nearest site with room, the shortest way
    first. So of those who come first at least as many are served as if all were placed alike. Where the same
    pairs are asked again with other people, make a queue of them once and take `queue_first`.

    Parameters
    ----------
    origin, site : array_like of int
        Positions of origins and sites within the norm of each other, shape (pairs,), each pair once.
    minutes : array_like of float
        Way of each pair in minutes, shape (pairs,).
    need, first, room
        As of `queue_first`.

    Returns
    -------
    Placed

    Raises
    ------
    DataError
        If a position is outside, shapes differ, a value is missing or negative, or more come first than need.

    Examples
    --------
    >>> found = place_first([0, 1], [0, 0], minutes=[5, 9], need=[10, 8], first=[2, 4], room=[10])
    >>> found.served, found.served_first, found.no_room
    (array([6., 4.]), array([2., 4.]), array([4., 4.]))
    """
    want, space = floats(need, column="need", low=0, high=_LARGE), floats(room, column="room", low=0)
    queue = queue_of(origin, site, minutes=minutes, origins=want.size, sites=space.size)
    return queue_first(queue, need=want, first=first, room=space)


def queue_first(queue: Queue, *, need: npt.ArrayLike, first: npt.ArrayLike, room: npt.ArrayLike) -> Placed:
    """Places handed out along a queue twice: to those who come first, then to the others in what is left.

    Parameters
    ----------
    queue : Queue
        Pairs of origin and site, from `tongqu.methods.queue.queue_of`.
    need : array_like of float
        Persons of each origin who need a place, shape (origins,).
    first : array_like of float
        Those of them who come first, at most all, shape (origins,).
    room : array_like of float
        Places of each site, shape (sites,); inf for no limit.

    Raises
    ------
    DataError
        If shapes differ, a value is missing or negative, or more come first than need.

    Examples
    --------
    >>> queue = queue_of([0, 1], [0, 0], minutes=[5, 9], origins=2, sites=1)
    >>> queue_first(queue, need=[10, 8], first=[2, 4], room=[10]).filled
    array([10.])
    """
    want = floats(need, column="need", low=0, high=_LARGE)
    ahead = floats(first, column="first", low=0, high=_LARGE)
    fits = want.ndim == 1 and want.shape == ahead.shape
    require(fits, column="first", rule="shapes differ", mend="give one value for each origin")
    few = bool((ahead <= want).all())
    require(few, column="first", rule="more come first than need a place", mend="give at most the need")
    space = floats(room, column="room", low=0)
    early = queue.serve(ahead, room=space)
    late = queue.serve(want - ahead, room=np.maximum(space - early.filled, 0.0))
    lacking = early.unplaced + late.unplaced
    return Placed(
        served=want - lacking,
        served_first=ahead - early.unplaced,
        beyond=np.where(queue.reached, 0.0, want),
        no_room=np.where(queue.reached, lacking, 0.0),
        filled=early.filled + late.filled,
    )
