"""Door-to-door times by public transport: RAPTOR for one departure, range-RAPTOR for a window of them.

A journey walks from the origin to a stop, rides, changes at the same stop or over one footpath, rides again,
and walks from a stop to the destination; or it walks all the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.contraction import share
from tongqu.methods.transit._kernels import Labels, Tables, Want, depart, labels_of, window_of_many
from tongqu.methods.transit.clock import NEVER, whole_seconds
from tongqu.methods.transit.timetable import Timetable
from tongqu.methods.transit.walks import Ints32, Walks

__all__ = ["TravelTimes", "WindowTimes", "search", "travel_times", "window_times"]


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Times for one departure.

    Parameters
    ----------
    minutes : numpy.ndarray of float
        From leaving the origin to the destination, shape (origins, destinations); inf when out of reach.
    rides : numpy.ndarray of int
        Vehicles taken, 0 for a walk, -1 when out of reach; of journeys equally fast, the least.
    waiting : numpy.ndarray of float
        Minutes of it neither walking nor on board, changing time included; nan when out of reach.
    """

    minutes: Floats
    rides: Ints32
    waiting: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WindowTimes:
    """Times over a window of departures.

    Parameters
    ----------
    percentiles : tuple of float
        The percentiles asked for.
    minutes : numpy.ndarray of float
        Each percentile of the time, shape (percentiles, origins, destinations): the least time that at least
        that share of the departures keep to; inf when fewer arrive.
    share : numpy.ndarray of float
        Share of the departures that arrive, shape (origins, destinations).
    rides, waiting : numpy.ndarray of float
        Mean number of vehicles and mean minutes of waiting of the departures that arrive, shape (origins,
        destinations); nan when none does.
    """

    percentiles: tuple[float, ...]
    minutes: Floats
    share: Floats
    rides: Floats
    waiting: Floats


def travel_times(
    timetable: Timetable,
    *,
    access: Walks,
    egress: Walks,
    depart: int,
    max_transfers: int,
    direct: npt.ArrayLike | None = None,
) -> TravelTimes:
    """Earliest arrivals for one departure from every origin to every destination.

    Parameters
    ----------
    timetable : Timetable
        The day's timetable.
    access, egress : Walks
        From the origins to stops, and from stops to the destinations.
    depart : int
        Seconds after midnight at which everybody leaves (`seconds_of`).
    max_transfers : int
        Most changes between vehicles, 0 or more.
    direct : array_like of float, optional
        Minutes of walking all the way, shape (origins, destinations); inf, or left out, for no such walk.

    Returns
    -------
    TravelTimes
        Exact to the second for the timetable given.

    Raises
    ------
    DataError
        If shapes differ, a walk names no stop, or a number is out of its range.

    References
    ----------
    Delling, D., Pajor, T., Werneck, R. F. (2015), Round-based public transit routing, Transportation Science
    49 (3), 591-604.

    Examples
    --------
    >>> from tongqu.methods.transit import headway_timetable, make_walks, seconds_of
    >>> import pandas as pd
    >>> line = pd.DataFrame({"line": "1", "stop_id": ["a", "b"], "minutes": [0, 20]})
    >>> hours = pd.DataFrame({"line": ["1"], "first": ["07:00"], "last": ["19:00"], "headway": [30]})
    >>> bus = headway_timetable(line, hours, both_ways=True, waiting="scheduled")
    >>> home, school = (make_walks([0], bus.locate([stop]), minutes=[4], places=1) for stop in "ab")
    >>> found = travel_times(bus, access=home, egress=school, depart=seconds_of("07:16"), max_transfers=1)
    >>> found.minutes, found.rides, found.waiting
    (array([[38.]]), array([[1]], dtype=int32), array([[10.]]))
    """
    window = _window(
        timetable,
        access=access,
        egress=egress,
        departures=[depart],
        percentiles=[50],
        rides=max_transfers,
        direct=direct,
    )
    rides = np.where(window.share > 0, window.rides, -1).astype(np.int32)
    return TravelTimes(window.minutes[0], rides, window.waiting)


def window_times(
    timetable: Timetable,
    *,
    access: Walks,
    egress: Walks,
    first: int,
    last: int,
    max_transfers: int,
    step: int = 60,
    percentiles: Sequence[float] = (5, 50, 95),
    direct: npt.ArrayLike | None = None,
) -> WindowTimes:
    """Times over a window of departures, from every origin to every destination.

    Parameters
    ----------
    timetable, access, egress, max_transfers, direct
        As in `travel_times`.
    first, last : int
        Seconds after midnight of the first and the latest departure.
    step : int
        Seconds from one departure to the next; one minute by default.
    percentiles : sequence of float
        Each in (0, 100].

    Returns
    -------
    WindowTimes
        A departure that does not arrive counts as an infinite time.

    Raises
    ------
    DataError
        If shapes differ, a walk names no stop, or a number is out of its range.

    References
    ----------
    Delling et al. (2015), section 4 (rRAPTOR). Owen, A., Levinson, D. M. (2015), Modeling the commute mode
    share of transit using continuous accessibility to jobs, Transportation Research A 74, 110-122.

    Examples
    --------
    >>> from tongqu.methods.transit import headway_timetable, make_walks, seconds_of
    >>> import pandas as pd
    >>> line = pd.DataFrame({"line": "1", "stop_id": ["a", "b"], "minutes": [0, 20]})
    >>> hours = pd.DataFrame({"line": ["1"], "first": ["07:00"], "last": ["19:00"], "headway": [30]})
    >>> bus = headway_timetable(line, hours, both_ways=True, waiting="scheduled")
    >>> home, school = (make_walks([0], bus.locate([stop]), minutes=[4], places=1) for stop in "ab")
    >>> found = window_times(
    ...     bus,
    ...     access=home,
    ...     egress=school,
    ...     first=seconds_of("07:00"),
    ...     last=seconds_of("07:59"),
    ...     max_transfers=1,
    ... )
    >>> found.minutes[:, 0, 0], found.share
    (array([29., 42., 56.]), array([[1.]]))
    """
    ordered = last >= first and step > 0
    mend = "give a last departure not before the first, and a step above 0"
    require(ordered, column="first, last, step", rule="the window has no departure", mend=mend)
    departures = range(first, last + 1, step)
    return _window(
        timetable,
        access=access,
        egress=egress,
        departures=departures,
        percentiles=percentiles,
        rides=max_transfers,
        direct=direct,
    )


def _window(
    timetable: Timetable,
    *,
    access: Walks,
    egress: Walks,
    departures: Sequence[int],
    percentiles: Sequence[float],
    rides: int,
    direct: npt.ArrayLike | None,
) -> WindowTimes:
    asked = floats(percentiles, column="percentiles", low=0, high=100)
    require(bool((asked > 0).all()), column="percentiles", rule="0 is no percentile", mend="give above 0")
    # The least time kept by a share p of n departures stands at place ceil(p n) of the sorted times.
    ranks = np.maximum(np.ceil(asked / 100 * len(departures) - 1e-9).astype(np.int64) - 1, 0)
    want = _want(
        timetable,
        access=access,
        egress=egress,
        departures=departures,
        ranks=ranks,
        rides=rides,
        direct=direct,
    )
    shape = want.direct.shape
    minutes = np.empty((asked.size, *shape))
    arrived, taken, waiting = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    tables, workers = _tables(timetable), max(1, min(numba.get_num_threads(), shape[0]))

    def work(begin: int, end: int) -> None:
        for worker in range(begin, end):
            window_of_many(tables, want, minutes, arrived, taken, waiting, worker, workers)

    # Not numba's own threads: a process of theirs dies when forked, or entered from two threads at once.
    share(work, workers)
    return WindowTimes(tuple(float(each) for each in percentiles), minutes, arrived, taken, waiting)


def _tables(timetable: Timetable) -> Tables:
    return Tables(*(getattr(timetable, name) for name in Tables._fields))


def _want(
    timetable: Timetable,
    *,
    access: Walks,
    egress: Walks,
    departures: Sequence[int],
    ranks: npt.NDArray[np.int64],
    rides: int,
    direct: npt.ArrayLike | None,
) -> Want:
    """What is asked, checked; `rides` is the number of changes."""
    mend = "give 0 or more"
    require(rides >= 0, column="max_transfers", rule=f"{rides} is no number of changes", mend=mend)
    latest = max(abs(departures[0]), abs(departures[-1]))
    mend = "give seconds after midnight"
    require(latest < NEVER // 2, column="departures", rule="a time is out of range", mend=mend)
    for walks in (access, egress):
        inside = walks.stop.size == 0 or 0 <= walks.stop.min() <= walks.stop.max() < len(timetable.stops)
        mend = "take positions from `Timetable.locate`"
        require(inside, column="access, egress", rule="a walk names no stop of the timetable", mend=mend)
    shape = (len(access), len(egress))
    alone = (
        np.full(shape, NEVER, dtype=np.int32) if direct is None else whole_seconds(direct, column="direct")
    )
    mend = f"give shape {shape}"
    require(alone.shape == shape, column="direct", rule=f"its shape is {alone.shape}", mend=mend)
    falling = np.asarray(departures[::-1], dtype=np.int32)
    return Want(
        *_walked(access),
        *_walked(egress),
        np.require(alone, requirements=["C", "W"]),
        falling,
        ranks,
        rides + 1,
    )


def _walked(walks: Walks) -> tuple[Ints, Ints32, Ints32]:
    """The arrays of walks; one kind of array only, as the kernels are compiled anew for each other kind."""
    ptr = np.require(walks.ptr, dtype=np.int64, requirements=["C", "W"])
    stop, seconds = (
        np.require(each, dtype=np.int32, requirements=["C", "W"]) for each in (walks.stop, walks.seconds)
    )
    return ptr, stop, seconds


def search(
    timetable: Timetable,
    *,
    access: Walks,
    origin: int,
    time: int,
    max_transfers: int,
) -> Labels:
    """The labels of one origin for one departure; `journey` reads the way from them.

    Parameters
    ----------
    timetable, access, max_transfers
        As in `travel_times`.
    origin : int
        Position of the origin.
    time : int
        Seconds after midnight of the departure.

    Returns
    -------
    Labels
        Arrays of shape (rides + 1, stops).

    Examples
    --------
    >>> from tongqu.methods.transit import headway_timetable, make_walks
    >>> import pandas as pd
    >>> line = pd.DataFrame({"line": "1", "stop_id": ["a", "b"], "minutes": [0, 20]})
    >>> hours = pd.DataFrame({"line": ["1"], "first": ["07:00"], "last": ["19:00"], "headway": [30]})
    >>> bus = headway_timetable(line, hours, both_ways=False, waiting="scheduled")
    >>> home = make_walks([0], bus.locate(["a"]), minutes=[4], places=1)
    >>> found = search(bus, access=home, origin=0, time=25200, max_transfers=0)
    >>> found.ride[1, bus.locate(["b"])]  # 07:50
    array([28200], dtype=int32)
    """
    nowhere = Walks(np.zeros(1, dtype=np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
    ranks = np.zeros(1, dtype=np.int64)
    want = _want(
        timetable,
        access=access,
        egress=nowhere,
        departures=[time],
        ranks=ranks,
        rides=max_transfers,
        direct=None,
    )
    labels = labels_of(len(timetable.stops), timetable.patterns, max_transfers + 1)
    depart(_tables(timetable), labels, want, origin, time)
    return labels
