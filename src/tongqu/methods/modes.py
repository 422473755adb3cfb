"""What a road means to who travels: minutes of each link by car, bus, goods vehicle or on foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, floats, require
from tongqu.methods.network import Network, build_network

__all__ = ["NO_RANK", "Mode", "directed_network", "mode_minutes"]

NO_RANK: Final = 32_767
"""Rank below every road class: the mode may use all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way to travel over roads.

    Parameters
    ----------
    name : str
        Its code.
    moves : {"car", "freight", "walk"}
        Which access of the links it needs.
    top_kmh : float
        Speed it never exceeds, km/h; inf where only the road decides.
    time_factor : float
        Its minutes over those of a car on the same link, above any top speed.
    weight_t, height_m : float
        Its mass in tonnes and height in metres; links limited to less are closed to it. 0 passes all.
    lowest_rank : int
        Rank of the lowest road class it may use (1 is the highest class).
    """

    name: str
    moves: Literal["car", "freight", "walk"]
    top_kmh: float = np.inf
    time_factor: float = 1.0
    weight_t: float = 0.0
    height_m: float = 0.0
    lowest_rank: int = NO_RANK


def mode_minutes(
    mode: Mode,
    *,
    km: npt.ArrayLike,
    minutes: npt.ArrayLike,
    allowed: npt.ArrayLike = True,
    rank: npt.ArrayLike = 1,
    max_weight_t: npt.ArrayLike = np.nan,
    max_height_m: npt.ArrayLike = np.nan,
) -> Floats:
    """Minutes of links for a mode.

    Parameters
    ----------
    mode : Mode
        Who travels.
    km : array_like of float
        Lengths of the links in km, shape (links,).
    minutes : array_like of float
        Their minutes by car, or on foot for a mode that walks, shape (links,); inf closes a link.
    allowed : array_like of bool
        Whether the mode has access, shape (links,) or one for all.
    rank : array_like of int
        Rank of the road class, 1 the highest, shape (links,) or one for all.
    max_weight_t, max_height_m : array_like of float
        Limits of the links in tonnes and metres, NaN where there is none, shape (links,) or one for all.

    Returns
    -------
    numpy.ndarray of float
        Minutes, shape (links,); inf where the mode may not go.

    Raises
    ------
    DataError
        If a length or a time is missing or negative, or lengths differ.

    Examples
    --------
    >>> truck = Mode(name="truck", moves="freight", top_kmh=60, weight_t=31, lowest_rank=5)
    >>> mode_minutes(
    ...     truck,
    ...     km=[10, 10, 10, 10],
    ...     minutes=[6, 15, 15, 24],
    ...     rank=[1, 4, 4, 6],
    ...     max_weight_t=[99, 40, 20, 99],
    ... )
    array([10., 15., inf, inf])
    """
    length = floats(km, column="km", low=0)
    time = floats(minutes, column="minutes", low=0)
    same = length.shape == time.shape
    require(same, column="km, minutes", rule="lengths differ", mend="give one value for each link")
    flags = (allowed, rank, max_weight_t, max_height_m)
    fits = all(np.shape(each) in {(), length.shape} for each in flags)
    require(
        fits,
        column="allowed, rank, max_weight_t, max_height_m",
        rule="lengths differ",
        mend="give one value for each link, or one for all",
    )
    slowest = length / mode.top_kmh * 60 if np.isfinite(mode.top_kmh) else np.zeros_like(length)
    weight, height = np.asarray(max_weight_t, dtype=np.float64), np.asarray(max_height_m, dtype=np.float64)
    too_heavy, too_high = weight < mode.weight_t, height < mode.height_m
    closed = (
        ~np.asarray(allowed, dtype=np.bool_) | (np.asarray(rank) > mode.lowest_rank) | too_heavy | too_high
    )
    return np.where(closed, np.inf, np.maximum(time * mode.time_factor, slowest))


def directed_network(
    nodes: npt.ArrayLike,
    *,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    onward: npt.ArrayLike,
    back: npt.ArrayLike,
) -> Network:
    """A network whose links take other times on the way back.

    Parameters
    ----------
    nodes : array_like
        Ids of the nodes, shape (nodes,).
    start, end : array_like
        Ids of the nodes where each link starts and ends, shape (links,).
    onward, back : array_like of float
        Minutes from start to end and from end to start, shape (links,); inf closes that direction.

    Returns
    -------
    Network
        Link i of the arrays is link i of the network; where both directions take equal times that is all,
        else link i + links is its way back and every link is one-way.

    Raises
    ------
    DataError
        As `build_network`.

    Examples
    --------
    >>> from tongqu.methods.travel import minutes_matrix
    >>> hill = directed_network(["a", "b"], start=["a"], end=["b"], onward=[9], back=[6])
    >>> minutes_matrix(hill, origins=[0, 1], targets=[0, 1])
    array([[0., 9.],
           [6., 0.]])
    """
    first, last = np.asarray(start), np.asarray(end)
    there = floats(onward, column="onward", low=0)
    again = floats(back, column="back", low=0)
    same = there.shape == again.shape
    require(same, column="onward, back", rule="lengths differ", mend="give one value for each link")
    if _equal(there, again).all():
        return build_network(nodes, start=first, end=last, minutes=there)
    ends = np.concatenate([first, last]), np.concatenate([last, first])
    return build_network(
        nodes, start=ends[0], end=ends[1], minutes=np.concatenate([there, again]), oneway=True
    )


def _equal(one: Floats, two: Floats) -> Bools:
    return np.asarray(one == two)
