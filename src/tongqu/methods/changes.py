"""What may be built - faster links, new links, new sites - and the arcs that it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.network import Network, whole_ticks

__all__ = ["Change", "changed_arcs", "min_plus"]


def _no_ints() -> Ints:
    return np.empty(0, dtype=np.int64)


def _no_floats() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Change:
    """Something built: links made faster, links added, sites opened.

    Parameters
    ----------
    links, minutes : numpy.ndarray
        Positions of links made faster and their minutes afterwards, shapes (n,); as slow as before or less.
    start, end, new_minutes : numpy.ndarray
        Node positions where added links start and end, and their minutes, shapes (m,).
    oneway : bool
        Whether the added links may only be used from start to end.
    sites : numpy.ndarray of int
        Node positions of sites opened, shape (k,).
    """

    links: Ints = field(default_factory=_no_ints)
    minutes: Floats = field(default_factory=_no_floats)
    start: Ints = field(default_factory=_no_ints)
    end: Ints = field(default_factory=_no_ints)
    new_minutes: Floats = field(default_factory=_no_floats)
    oneway: bool = False
    sites: Ints = field(default_factory=_no_ints)


def min_plus(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> Floats:
    """Minutes of the shortest way over any middle.

    Parameters
    ----------
    left, right : numpy.ndarray of float
        Minutes to the middles and on from them, shapes (n, k) and (k, m).

    Returns
    -------
    numpy.ndarray of float
        Shape (n, m); inf where there is no way.

    Examples
    --------
    >>> min_plus(np.array([[1.0, 5.0]]), np.array([[9.0], [2.0]]))
    array([[7.]])
    """
    best = np.full((left.shape[0], right.shape[1]), np.inf)
    for middle in range(left.shape[1]):
        row = np.flatnonzero(np.isfinite(left[:, middle]))
        if 2 * row.size > left.shape[0]:
            np.minimum(best, left[:, middle, np.newaxis] + right[middle], out=best)
        else:
            best[row] = np.minimum(best[row], left[row, middle, np.newaxis] + right[middle])
    return best


def changed_arcs(network: Network, change: Change) -> tuple[Ints, Ints, Floats]:
    """Arcs that a change makes faster or adds.

    Parameters
    ----------
    network : Network
        The roads before.
    change : Change
        What is built.

    Returns
    -------
    tuple of numpy.ndarray
        Node positions of tails and heads, and minutes in whole ticks, shapes (arcs,); a link that may be used
        both ways is two arcs.

    Raises
    ------
    DataError
        If a position is outside, lengths differ, a time is negative or a link would become slower.

    Examples
    --------
    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2], start=[1], end=[2], minutes=[4])
    >>> tails, heads, minutes = changed_arcs(road, Change(links=np.array([0]), minutes=np.array([3.0])))
    >>> tails.tolist(), heads.tolist(), minutes.tolist()
    ([0, 1], [1, 0], [3.0, 3.0])
    """
    size = len(network.nodes)
    link = positions(change.links, column="links", size=network.minutes.size)
    time = whole_ticks(floats(change.minutes, column="minutes", low=0))
    begin = positions(change.start, column="start", size=size)
    end = positions(change.end, column="end", size=size)
    new = whole_ticks(floats(change.new_minutes, column="new_minutes", low=0))
    fits = link.shape == time.shape and begin.shape == end.shape == new.shape
    require(fits, column="links, minutes", rule="lengths differ", mend="give one time for each link")
    faster = bool((time <= network.minutes[link]).all())
    require(faster, column="minutes", rule="a change makes a link slower", mend="mend its travel time")
    back = ~network.oneway[link]
    added = slice(0, 0) if change.oneway else slice(None)
    tail = [network.start[link], network.end[link[back]], begin, end[added]]
    head = [network.end[link], network.start[link[back]], end, begin[added]]
    return np.concatenate(tail), np.concatenate(head), np.concatenate([time, time[back], new, new[added]])
