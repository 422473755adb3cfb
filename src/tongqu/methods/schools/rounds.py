"""School-bus rounds: every child is picked up, rides no longer than the norm, and is there before the bell.

The rounds of a school are searched by `tongqu.methods.rounds`; buses that bring children to one school and
then to another, with a later bell, are chained exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_bipartite_matching

from tongqu.methods._arrays import Bools, Floats, Ints, floats, require
from tongqu.methods.rounds import Rounds, Stops, Vehicle, Ways, plan_rounds

__all__ = ["BusRounds", "Chained", "chain_rounds", "school_rounds", "stagger_bells"]

MOST_COMBINATIONS: Final = 4096
"""Combinations of bells that are all tried; beyond, they are changed one at a time."""
ROUNDING: Final = 1e-6
"""Minutes by which a bus may be late in arithmetic."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BusRounds:
    """The morning rounds of a school.

    Parameters
    ----------
    rounds : Rounds
        Of its buses; parcels are pupils.
    bell : float
        Minute of the day.
    rides : numpy.ndarray of float
        Longest ride from each stop, nan where no bus comes, shape (stops,).
    starts, ends : numpy.ndarray of float
        Minute at which each round takes its first child and has brought all, shape (rounds,).
    first : numpy.ndarray of int
        First stop of each round, shape (rounds,).
    pupils : float
        Carried.
    unserved : Mapping of int to str
        Stops without a bus, and why.
    """

    rounds: Rounds
    bell: float
    rides: Floats
    starts: Floats
    ends: Floats
    first: Ints
    pupils: float
    unserved: Mapping[int, str]

    def yearly(self, *, days: float) -> float:
        """Yuan a pupil and year, there and back, on so many school days; nan where none is carried."""
        return 2 * self.rounds.yuan * days / self.pupils if self.pupils > 0 else float("nan")


def school_rounds(
    pupils: npt.ArrayLike,
    ways: Ways,
    *,
    names: Sequence[str],
    bus: Vehicle,
    bell: float,
    ride: float,
    stop: float = 1.0,
    board: float = 0.1,
    unload: float = 5.0,
    iterations: int = 300,
    seed: int = 1,
) -> BusRounds:
    """Morning rounds that bring pupils from their stops to one school before the bell.

    A bus goes out from the school, empty, and comes back. No stop is served earlier than the longest ride
    before the children have to be there, so no child can ride longer, whatever the round.

    Parameters
    ----------
    pupils : array_like of float
        At each stop, shape (stops,).
    ways : Ways
        Between the school (position 0) and the stops.
    names : sequence of str
        Of the stops, for messages.
    bus : Vehicle
        Its `parcels` are seats; costs for the morning.
    bell : float
        Minute of the day.
    ride : float
        Longest lawful ride, minutes.
    stop, board : float
        Minutes of a stop, and more for each pupil.
    unload : float
        Minutes between arrival and the bell.
    iterations, seed : int
        Of the search.

    Returns
    -------
    BusRounds
        Stops too far for any lawful ride are unserved, with the reason.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, or the bus has no seats.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0.0, 10, 14, -8], [0.0, 10, 14, -8]))
    >>> found = school_rounds(
    ...     [12, 6, 20],
    ...     Ways(line, line),
    ...     names=("a", "b", "c"),
    ...     bus=Vehicle(name="bus", parcels=30, per_km=2.0, per_day=60),
    ...     bell=480,
    ...     ride=40,
    ...     iterations=50,
    ... )
    >>> found.rides.round(1).tolist(), found.ends.tolist(), found.rounds.yuan
    ([12.2, 17.8, 11.0], [475.0, 475.0], 208.0)
    """
    count = floats(np.ravel(pupils), column="pupils", low=0)
    floats([bell, ride, stop, board, unload], column="bell, ride, stop, board, unload", low=0, high=1e5)
    there = bell - unload
    require(
        there > 0, column="bell", rule="it is before any bus can have come", mend="give a minute of the day"
    )
    stops = Stops(
        names=tuple(names),
        parcels_out=count,
        opens=max(there - ride, 0.0),
        closes=there,
        service=np.where(count > 0, stop + board * count, 0.0),
    )
    morning = replace(bus, ends=min(bus.ends, there))
    found = plan_rounds(stops, ways, vehicles=[morning], iterations=iterations, seed=seed, leave_out=True)
    return _timed(found, stops, ways, bell=bell, there=there)


def _timed(found: Rounds, stops: Stops, ways: Ways, *, bell: float, there: float) -> BusRounds:
    """The rounds as late as they can be, and the way round that children ride less: they wait at the stop."""
    minutes, km = (np.asarray(each, dtype=np.float64) for each in (ways.minutes, ways.km))
    service, count = stops.column("service"), stops.column("parcels_out")
    rides = np.full(len(stops), np.nan)
    made, starts, ends, first = [], [], [], []
    for one in found.rounds:
        trips, end = [], there
        for trip in one.trips[::-1]:
            turned = _turned(trip, minutes, km, count=count)
            # A stop that is visited in parts takes its whole service each time: times stay on the safe side.
            left = np.cumsum((_legs(turned, minutes)[1:] + service[turned])[::-1])[::-1]
            rides[turned] = np.fmax(rides[turned], left)
            trips.append((turned, end - left))
            starts.append(end - float(left[0]))
            ends.append(end)
            first.append(int(turned[0]))
            end = starts[-1] - minutes[0, turned[0] + 1]
        made.append(
            replace(
                one,
                trips=tuple(trip for trip, _ in trips[::-1]),
                arrivals=tuple(arrival for _, arrival in trips[::-1]),
                leaves=end,
                returns=there,
            )
        )
    return BusRounds(
        rounds=replace(found, rounds=tuple(made)),
        bell=bell,
        rides=rides,
        starts=np.array(starts),
        ends=np.array(ends),
        first=np.array(first, dtype=np.int64),
        pupils=found.parcels,
        unserved=found.unserved,
    )


def _legs(trip: Ints, table: Floats) -> Floats:
    """From the school to the first stop, on from stop to stop, and back."""
    chain = np.concatenate([[0], trip + 1, [0]])
    return np.asarray(table[chain[:-1], chain[1:]])


def _turned(trip: Ints, minutes: Floats, km: Floats, *, count: Floats) -> Ints:
    """The trip, or the trip the other way round if that is not longer and children ride less in all."""
    other = trip[::-1]

    def ridden(one: Ints) -> float:
        return float(np.cumsum(_legs(one, minutes)[1:][::-1])[::-1] @ count[one])

    same = all(_legs(other, each).sum() <= _legs(trip, each).sum() + ROUNDING for each in (minutes, km))
    return other if same and ridden(other) < ridden(trip) - ROUNDING else trip


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chained:
    """Which bus makes which rounds.

    Parameters
    ----------
    bus : numpy.ndarray of int
        Of each round, shape (rounds,).
    before : numpy.ndarray of int
        Round that its bus makes before, -1 for none, shape (rounds,).
    buses : int
        The fewest for these rounds.
    """

    bus: Ints
    before: Ints
    buses: int


def chain_rounds(starts: npt.ArrayLike, ends: npt.ArrayLike, *, empty: npt.ArrayLike) -> Chained:
    """The fewest buses that make all rounds, by a largest matching of rounds that can follow each other.

    Parameters
    ----------
    starts, ends : array_like of float
        Minute of the first stop and of the arrival at school, shape (rounds,).
    empty : array_like of float
        Minutes from the end of a round (row) to the first stop of another (column).

    Returns
    -------
    Chained
        Buses numbered by their first round.

    Raises
    ------
    DataError
        If a time is missing or shapes do not fit.

    References
    ----------
    Dilworth, R. P. (1950), A decomposition theorem for partially ordered sets, Annals of Mathematics 51,
    161-166; Fulkerson, D. R. (1956), Proceedings of the American Mathematical Society 7, 701-702.

    Examples
    --------
    >>> found = chain_rounds([420, 425, 470], [450, 455, 500], empty=np.full((3, 3), 18.0))
    >>> found.buses, found.bus.tolist()
    (2, [0, 1, 0])
    """
    begin, end = (floats(np.ravel(each), column="starts, ends") for each in (starts, ends))
    way = floats(np.atleast_2d(np.asarray(empty, dtype=np.float64)), column="empty", low=0)
    count = len(begin)
    require(
        len(end) == count and (way.shape == (count, count) or count == 0),
        column="empty",
        rule="shapes do not fit",
        mend="give one row and one column for each round",
    )
    if not count:
        return Chained(bus=np.empty(0, dtype=np.int64), before=np.empty(0, dtype=np.int64), buses=0)
    follows: Bools = end[:, np.newaxis] + way <= begin + ROUNDING
    # For each round, the one before it.
    match = maximum_bipartite_matching(sp.csr_array(follows), perm_type="row")
    before = np.asarray(match, dtype=np.int64)
    bus = np.full(count, -1, dtype=np.int64)
    heads = np.flatnonzero(before < 0)
    bus[heads] = np.arange(len(heads))
    for spot in np.argsort(begin, kind="stable"):  # a round begins after the one before it
        if before[spot] >= 0:
            bus[spot] = bus[before[spot]]
    return Chained(bus=bus, before=before, buses=len(heads))


def stagger_bells(
    schools: Sequence[BusRounds], *, options: Sequence[float], empty: npt.ArrayLike
) -> tuple[Floats, Chained]:
    """Choose the bells of several schools so that the fewest buses do.

    Rounds keep their shape and move with the bell. Few combinations are all tried, so the answer is best;
    of many, bells are changed one at a time while that saves a bus.

    Parameters
    ----------
    schools : sequence of BusRounds
        Their morning rounds.
    options : sequence of float
        Bells that a school may have, minutes of the day.
    empty : array_like of float
        Minutes from the end of each round of all schools, in order, to the first stop of each.

    Returns
    -------
    numpy.ndarray of float
        Bell of each school.
    Chained
        All rounds, school by school.

    Raises
    ------
    DataError
        If there is no option, or shapes do not fit.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0.0, 10], [0.0, 10]))
    >>> bus = Vehicle(name="bus", parcels=30, per_km=2.0)
    >>> one = school_rounds([9], Ways(line, line), names="a", bus=bus, bell=480, ride=40, iterations=20)
    >>> bells, found = stagger_bells([one, one], options=[480, 510], empty=np.full((2, 2), 10.0))
    >>> sorted(bells.tolist()), found.buses
    ([480.0, 510.0], 1)
    """
    choice = floats(np.ravel(options), column="options", low=0)
    require(len(choice) > 0, column="options", rule="there is none", mend="give one bell or more")
    owner = np.repeat(np.arange(len(schools)), [len(one.starts) for one in schools])
    start = np.concatenate([one.starts - one.bell for one in schools]) if len(schools) else np.empty(0)
    end = np.concatenate([one.ends - one.bell for one in schools]) if len(schools) else np.empty(0)

    def chained(bells: Floats) -> Chained:
        return chain_rounds(start + bells[owner], end + bells[owner], empty=empty)

    if len(choice) ** len(schools) <= MOST_COMBINATIONS:
        tried = [np.array(bells, dtype=np.float64) for bells in product(choice, repeat=len(schools))]
        best = min(tried, key=lambda bells: chained(bells).buses)
        return best, chained(best)
    best = np.full(len(schools), choice[0])
    fewest, better = chained(best).buses, True
    while better:
        better = False
        for school, bell in product(range(len(schools)), choice):
            other = best.copy()
            other[school] = bell
            count = chained(other).buses
            if count < fewest:
                best, fewest, better = other, count, True
    return best, chained(best)
