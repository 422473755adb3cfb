"""Coverage by ambulances some of which are busy: how busy they are, and what each one more brings."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, positions, require
from tongqu.methods.medical.queueing import Line, corrections

__all__ = ["busy_shares", "coverage_gains", "expected_coverage"]

_LARGE: Final = float(np.finfo(np.float64).max)


def busy_shares(calls: npt.ArrayLike, *, minutes: npt.ArrayLike, vehicles: npt.ArrayLike) -> Floats:
    """Share of the time that a vehicle is away: calls an hour times minutes of a call over vehicles.

    Parameters
    ----------
    calls : array_like of float
        Calls an hour of each period, shape (periods,).
    minutes : array_like of float
        Mean minutes that a vehicle is away for a call, one number or shape (periods,).
    vehicles : array_like of int
        Vehicles on duty, one number or shape (periods,), 1 or more.

    Returns
    -------
    numpy.ndarray of float
        In [0, 1), shape (periods,).

    Raises
    ------
    DataError
        If a value is missing or negative, or calls take more time than the vehicles have.

    Examples
    --------
    >>> busy_shares([2.0, 0.5], minutes=60, vehicles=[5, 2])
    array([0.4 , 0.25])
    """
    rate = np.atleast_1d(floats(calls, column="calls", low=0, high=_LARGE))
    away = np.broadcast_to(floats(minutes, column="minutes", low=0, high=_LARGE), rate.shape)
    on_duty = np.broadcast_to(floats(vehicles, column="vehicles", low=1, high=_LARGE), rate.shape)
    busy = rate * away / 60.0 / on_duty
    require(
        bool((busy < 1).all()),
        column="vehicles",
        rule="calls take more time than the ambulances have",
        mend="put more ambulances on duty, or check calls and minutes of a call",
    )
    return np.asarray(busy)


def coverage_gains(vehicles: int, busy: float, *, line: Line | None = None) -> Floats:
    """Chance that the first of the vehicles near a place is free, that only the second is, and so on.

    Parameters
    ----------
    vehicles : int
        Vehicles on duty, 0 or more.
    busy : float
        Share of the time that each is busy, in [0, 1).
    line : {"lost", "queue"}, optional
        Vehicles busy at once depend on each other as in a queue of that kind (Batta, Dolan and
        Krishnamurthy 1989); independent of each other (Daskin 1983) when left out.

    Returns
    -------
    numpy.ndarray of float
        Shape (vehicles,), never increasing: P(first k busy) is convex in k whatever the dependence, as its
        second difference is the chance that the first k are busy and the next two free.

    References
    ----------
    Batta, R., Dolan, J. M., Krishnamurthy, N. N. (1989), The maximal expected covering location problem:
    revisited, Transportation Science 23, 277-287.

    Examples
    --------
    >>> coverage_gains(3, 0.5)
    array([0.5  , 0.25 , 0.125])
    """
    one = float(floats([busy], column="busy", low=0, high=1 - 1e-9)[0])
    gains = (1 - one) * one ** np.arange(vehicles, dtype=np.float64)
    if line is None or vehicles == 0:
        return np.asarray(gains)
    return np.asarray(gains * corrections(vehicles, one, line=line))


def expected_coverage(near: npt.ArrayLike, *, gains: npt.ArrayLike) -> Floats:
    """Chance that at least one of the vehicles near each place is free.

    Parameters
    ----------
    near : array_like of int
        Vehicles near each place, shape (places,).
    gains : array_like of float
        What the first, second, ... vehicle brings; see `coverage_gains`.

    Returns
    -------
    numpy.ndarray of float
        Shape (places,).

    Examples
    --------
    >>> expected_coverage([0, 1, 2], gains=[0.5, 0.25])
    array([0.  , 0.5 , 0.75])
    """
    steps = floats(gains, column="gains", low=0, high=1)
    count = positions(np.asarray(near), column="near", size=steps.size + 1)
    return np.concatenate([[0.0], np.cumsum(steps)])[count]
