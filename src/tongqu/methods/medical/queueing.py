"""How busy each ambulance is and who answers which call: the hypercube queue, exact and approximate.

Ambulances differ: one beside a town is busier than one in the hills, and calls pass to the next nearest.
The approximation (Larson 1975; Jarvis 1985) corrects independence by a factor of the mean load; the exact
model has a state for every set of busy vehicles and is for small systems and for checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gammaln, xlogy

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.travel import within

__all__ = ["Hypercube", "Line", "corrections", "exact_hypercube", "hypercube", "states"]

Line: TypeAlias = Literal["lost", "queue"]
"""What happens to a call when all are busy: others answer it (lost), or it waits for the first to be free."""

_LARGE: Final = float(np.finfo(np.float64).max)
MOST_EXACT: Final = 12
"""Vehicles up to which the exact model is solved: 4096 states."""
MOST_STEPS: Final = 500
"""Steps of the approximation; a few dozen are enough."""
CLOSE: Final = 1e-10
"""Change of the busy shares at which it has converged."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hypercube:
    """Who answers calls, how busy vehicles are, and what is covered.

    Parameters
    ----------
    busy : numpy.ndarray of float
        Share of the time that each vehicle of a station is busy, shape (stations,); nan without vehicles.
    mean_busy : float
        Mean over the vehicles.
    answered : numpy.ndarray of float
        Share of the calls of each place that a station answers at once, shape (places, stations).
    all_busy : float
        Share of calls that find every vehicle busy.
    covered : numpy.ndarray of float
        Share of the calls of each place answered at once within the limit, shape (places,).
    share : float
        The same over all calls.
    minutes : float
        Mean minutes to the calls that are answered at once.
    steps : int
        Steps until it converged; 0 for the exact model.
    """

    busy: Floats
    mean_busy: float
    answered: Floats
    all_busy: float
    covered: Floats
    share: float
    minutes: float
    steps: int


def states(vehicles: int, load: float, *, line: Line) -> Floats:
    """Chance that so many vehicles are busy, in the queue M/M/n with or without a waiting line.

    Parameters
    ----------
    vehicles : int
        Vehicles, 1 or more.
    load : float
        Calls an hour times hours of a call: mean number of vehicles asked for; below `vehicles` with a queue.
    line : {"lost", "queue"}
        What happens when all are busy.

    Returns
    -------
    numpy.ndarray of float
        Shape (vehicles + 1,); the last is all busy, waiting calls or not (Erlang's B or C).

    Examples
    --------
    >>> states(2, 1.0, line="lost")
    array([0.4, 0.4, 0.2])
    """
    require(vehicles >= 1, column="vehicles", rule="there is none", mend="give one vehicle or more")
    asked = float(floats([load], column="load", low=0, high=_LARGE)[0])
    count = np.arange(vehicles + 1)
    logs = xlogy(count, asked) - gammaln(count + 1)
    weight = np.exp(logs - logs.max())
    if line == "queue":
        require(
            asked < vehicles,
            column="load",
            rule="calls take more time than the ambulances have",
            mend="put more ambulances on duty, or check calls and minutes of a call",
        )
        weight[-1] /= 1.0 - asked / vehicles
    return np.asarray(weight / weight.sum())


def corrections(vehicles: int, busy: float, *, line: Line) -> Floats:
    """Larson's factor Q(n, busy, j): what independence gets wrong when j are busy and the next is free.

    The chance that the first j vehicles of a list are busy and the next is free is
    ``Q(n, busy, j) * busy**j * (1 - busy)`` when vehicles are taken in random order.

    Parameters
    ----------
    vehicles : int
        Vehicles n, 1 or more.
    busy : float
        Share of the time that each is busy, in [0, 1).
    line : {"lost", "queue"}
        What happens when all are busy.

    Returns
    -------
    numpy.ndarray of float
        Factors for j = 0 ... vehicles - 1, shape (vehicles,); the first is 1.

    References
    ----------
    Larson, R. C. (1975), Approximating the performance of urban emergency service systems, Operations
    Research 23, 845-868.

    Examples
    --------
    Two vehicles asked for half the time each: both are free 0.4 of the time, one is 0.4.

    >>> share = 1.0 * (1 - 0.2) / 2
    >>> factor = corrections(2, share, line="lost")
    >>> np.round(factor * share ** np.arange(2) * (1 - share), 6)
    array([0.6, 0.2])
    """
    share = float(floats([busy], column="busy", low=0, high=1 - 1e-9)[0])
    if share == 0.0:
        return np.ones(vehicles)
    return _factors(vehicles, share, states(vehicles, _load_of(vehicles, share, line=line), line=line))


def _load_of(vehicles: int, busy: float, *, line: Line) -> float:
    """Load that keeps each vehicle busy for that share."""
    if line == "queue":
        return busy * vehicles

    def off(load: float) -> float:
        return load * (1.0 - float(states(vehicles, load, line="lost")[-1])) / vehicles - busy

    # Where hardly a call is lost, the least load is the answer but for rounding: begin just below it.
    least = busy * vehicles * (1.0 - 1e-12)
    return float(brentq(off, least, vehicles / (1.0 - busy) + vehicles, xtol=1e-12))


def _factors(vehicles: int, busy: float, chance: Floats) -> Floats:
    """Factors from the chances of states: j busy ones and a free one drawn without putting back."""
    drawn = np.zeros(vehicles)
    some = np.arange(vehicles + 1, dtype=np.float64)  # vehicles busy
    for j in range(vehicles):
        drawn[j] = float((chance * (vehicles - some)).sum()) / (vehicles - j)
        chance = chance * np.maximum(some - j, 0.0) / (vehicles - j)
    alone = busy ** np.arange(vehicles) * (1.0 - busy)
    # So many are never busy at once: the chance is 0 with and without the factor.
    return np.asarray(np.divide(drawn, alone, out=np.ones(vehicles), where=alone > 0))


def hypercube(
    calls: npt.ArrayLike,
    minutes: npt.ArrayLike,
    *,
    placed: npt.ArrayLike,
    away: npt.ArrayLike,
    limit: float,
    line: Line = "lost",
) -> Hypercube:
    """Busy share of each station's vehicles and who answers, by Larson's approximation.

    Each call goes to the nearest free vehicle; those of one station share its work evenly.

    Parameters
    ----------
    calls : array_like of float
        Calls an hour of each place, shape (places,).
    minutes : array_like of float
        Minutes from each station to each place, shape (places, stations); inf where there is no way.
    placed : array_like of int
        Vehicles at each station, shape (stations,).
    away : array_like of float
        Mean minutes that a vehicle of the station is away for a call of the place, shape (places, stations);
        used where there is a way.
    limit : float
        Minutes within which a call counts as covered.
    line : {"lost", "queue"}
        What happens when all are busy.

    Returns
    -------
    Hypercube

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, no vehicle is placed, no station reaches a place
        with calls, or (with a queue) calls take more time than the vehicles have.

    References
    ----------
    Larson, R. C. (1975), Operations Research 23, 845-868. Jarvis, J. P. (1985), Approximating the
    equilibrium behavior of multi-server loss systems, Management Science 31, 235-239.

    Examples
    --------
    >>> found = hypercube([0.6, 0.2], [[5, 25], [25, 5]], placed=[1, 1], away=[[60, 80], [80, 60]], limit=15)
    >>> np.round(found.busy, 2), round(found.share, 2)
    (array([0.4 , 0.32]), 0.62)
    """
    task = _task(calls, minutes, placed=placed, away=away)
    number = task.station.size
    busy = np.full(number, min(0.5, task.load / number))
    steps = 0
    for steps in range(1, MOST_STEPS + 1):  # noqa: B007
        given, none = _dispatch(task, busy, line=line)
        work = (task.calls[:, np.newaxis] * given * task.hours).sum(axis=0)
        if line == "queue":  # calls that wait go to the vehicle that is free first: each takes the same part
            work = work + none * float((task.calls[:, np.newaxis] * task.hours).sum()) / number**2
        # Vehicles of one station are alike.
        mean = np.bincount(task.station, weights=work) / np.maximum(np.bincount(task.station), 1)
        after = (busy + np.minimum(mean[task.station], 1 - 1e-9)) / 2
        change = float(np.abs(after - busy).max())
        busy = after
        if change < CLOSE:
            break
    given, none = _dispatch(task, busy, line=line)
    return _summary(task, busy, given, none, limit=limit, steps=steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Calls, and the vehicles one by one with their station."""

    calls: Floats
    total: float
    load: float
    station: Ints
    stations: int
    minutes: Floats
    hours: Floats
    order: Ints


def _task(
    calls: npt.ArrayLike, minutes: npt.ArrayLike, *, placed: npt.ArrayLike, away: npt.ArrayLike
) -> _Task:
    rate = floats(calls, column="calls", low=0, high=_LARGE)
    way = floats(minutes, column="minutes", low=0)
    count = floats(placed, column="placed", low=0, high=_LARGE).astype(np.int64)
    spent = np.where(np.isfinite(way), np.asarray(away, dtype=np.float64), 0.0)
    floats(spent, column="away", low=0, high=_LARGE)
    shapes = way.shape == spent.shape == (rate.size, count.size)
    require(
        shapes, column="minutes", rule="shapes do not fit", mend="give one row a place, one column a station"
    )
    require(bool(count.sum() > 0), column="placed", rule="there is no ambulance", mend="place one or more")
    station = np.repeat(np.arange(count.size), count)
    reached = np.isfinite(way[:, station]).any(axis=1) | (rate == 0)
    require(
        bool(reached.all()),
        column="minutes",
        rule="a place with calls that no ambulance reaches",
        mend="add the road that joins it, or leave its calls out and name it",
    )
    total = float(rate.sum())
    own = way[:, station]
    order = np.argsort(own, axis=1, kind="stable")
    near = np.take_along_axis(spent[:, station], order[:, :1], axis=1)[:, 0]
    return _Task(
        calls=rate,
        total=total,
        load=float((rate * near).sum()) / 60.0,
        station=station,
        stations=count.size,
        minutes=own,
        hours=spent[:, station] / 60.0,
        order=order,
    )


def _dispatch(task: _Task, busy: Floats, *, line: Line) -> tuple[Floats, float]:
    """Share of the calls of each place that each vehicle answers at once, and of those that find all busy."""
    number = busy.size
    mean = float(np.clip(busy.mean(), 1e-12, 1 - 1e-9))
    chance = states(number, _load_of(number, mean, line=line), line=line)
    factor = _factors(number, mean, chance)
    listed = busy[task.order]
    before = np.cumprod(np.concatenate([np.ones((len(listed), 1)), listed[:, :-1]], axis=1), axis=1)
    share = factor * before * (1.0 - listed)
    share *= (1.0 - chance[-1]) / share.sum(axis=1, keepdims=True)
    share[np.isinf(np.take_along_axis(task.minutes, task.order, axis=1))] = 0.0
    given = np.empty_like(share)
    np.put_along_axis(given, task.order, share, axis=1)
    return given, float(chance[-1])


def _summary(task: _Task, busy: Floats, given: Floats, none: float, *, limit: float, steps: int) -> Hypercube:
    answered = np.zeros((task.calls.size, task.stations))
    np.add.at(answered.T, task.station, given.T)
    covered = np.where(within(task.minutes, limit), given, 0.0).sum(axis=1)
    each = np.full(task.stations, np.nan)
    each[task.station] = busy
    weight = task.calls[:, np.newaxis] * given
    known = np.isfinite(task.minutes)
    spent = float((weight[known] * task.minutes[known]).sum())
    whole = float(weight[known].sum())
    return Hypercube(
        busy=each,
        mean_busy=float(busy.mean()),
        answered=answered,
        all_busy=none,
        covered=covered,
        share=float((task.calls * covered).sum() / task.total) if task.total > 0 else float("nan"),
        minutes=spent / whole if whole > 0 else float("nan"),
        steps=steps,
    )


def exact_hypercube(
    calls: npt.ArrayLike,
    minutes: npt.ArrayLike,
    *,
    placed: npt.ArrayLike,
    away: float,
    limit: float,
    line: Line = "lost",
) -> Hypercube:
    """The same from the equilibrium of all sets of busy vehicles, for a dozen vehicles at most.

    Parameters
    ----------
    calls, minutes, placed, limit, line
        As in `hypercube`.
    away : float
        Mean minutes of a call, the same for all; times are exponential.

    Returns
    -------
    Hypercube

    Raises
    ------
    DataError
        As `hypercube`, or if there are more than `MOST_EXACT` vehicles.

    References
    ----------
    Larson, R. C. (1974), A hypercube queuing model for facility location and redistricting in urban
    emergency services, Computers and Operations Research 1, 67-95.

    Examples
    --------
    >>> found = exact_hypercube([0.6, 0.4], [[5, 25], [25, 5]], placed=[1, 1], away=60, limit=15)
    >>> round(found.all_busy, 6), np.round(found.busy, 3)
    (0.2, array([0.42, 0.38]))
    """
    way = np.asarray(minutes, dtype=np.float64)
    task = _task(calls, way, placed=placed, away=np.full(way.shape, away))
    number = task.station.size
    require(
        number <= MOST_EXACT,
        column="placed",
        rule="too many ambulances for the exact model",
        mend="use the approximation",
    )
    sets = 1 << number
    busy_in = (np.arange(sets)[:, np.newaxis] >> np.arange(number)) & 1 == 1
    first = _first_free(task, busy_in)
    chance = _equilibrium(task, busy_in, first, end=60.0 / away, line=line)
    given = np.stack(
        [np.where(first == vehicle, chance[:, np.newaxis], 0.0).sum(axis=0) for vehicle in range(number)],
        axis=1,
    )
    busy = (chance[:, np.newaxis] * busy_in).sum(axis=0)
    mean = np.bincount(task.station, weights=busy) / np.maximum(np.bincount(task.station), 1)
    return _summary(task, mean[task.station], given, float(chance[-1]), limit=limit, steps=0)


def _first_free(task: _Task, busy_in: npt.NDArray[np.bool_]) -> Ints:
    """The nearest free vehicle in each set and for each place, -1 where all are busy, (sets, places)."""
    found = np.full((len(busy_in), task.calls.size), -1, dtype=np.int64)
    for rank in range(busy_in.shape[1] - 1, -1, -1):
        vehicle = task.order[:, rank]
        found = np.where(~busy_in[:, vehicle], vehicle, found)
    return found


def _equilibrium(
    task: _Task, busy_in: npt.NDArray[np.bool_], first: Ints, *, end: float, line: Line
) -> Floats:
    """Chances of the sets: what enters each is what leaves it; all busy includes those that wait."""
    sets, number = busy_in.shape
    rate: npt.NDArray[Any] = np.zeros((sets, sets))
    full = sets - 1
    for place in range(task.calls.size):
        chosen = first[:-1, place]
        np.add.at(rate, (np.arange(full), np.arange(full) | (1 << chosen)), task.calls[place])
    for vehicle in range(number):
        held = np.flatnonzero(busy_in[:, vehicle])
        rate[held, held & ~(1 << vehicle)] += end
    balance = rate.T - np.diag(rate.sum(axis=1))
    balance[0] = 1.0
    if line == "queue":  # P(all busy, none waits) leaves P(all busy) = that / (1 - load)
        load = task.total / (end * number)
        require(
            load < 1,
            column="calls",
            rule="calls take more time than the ambulances have",
            mend="put more ambulances on duty, or check calls and minutes of a call",
        )
        balance[0, full] = 1.0 / (1.0 - load)
    chance = np.linalg.solve(balance, np.eye(sets)[0])
    if line == "queue":
        chance[full] /= 1.0 - task.total / (end * number)
    return np.asarray(chance)
