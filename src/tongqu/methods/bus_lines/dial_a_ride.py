"""Dial-a-ride: tours of single requests with time windows and longest rides, by insertion and repair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["DialARide", "Tours", "fewest_vehicles", "solve_dial_a_ride"]

_TOUCH: Final = 1e-7
"""Minutes by which a limit may be missed through rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class DialARide:
    """Requests to be taken from one place to another.

    Place 0 is the depot; request ``i`` of ``n`` is picked up at place ``i`` and set down at ``n + i``.

    Parameters
    ----------
    minutes : numpy.ndarray of float
        Travel times, also what a tour costs, shape (2 n + 1, 2 n + 1).
    load : numpy.ndarray of float
        Persons who get on (at a pickup) or off (negative), shape (2 n + 1,).
    service : numpy.ndarray of float
        Minutes at each place, shape (2 n + 1,).
    earliest, latest : numpy.ndarray of float
        When service may begin, shape (2 n + 1,).
    capacity : float
        Seats of a vehicle.
    longest_ride : float
        Minutes from leaving the pickup to reaching the end, at most.
    longest_tour : float
        Minutes of a vehicle on the road, at most.
    vehicles : int
        Vehicles there are.
    """

    minutes: Floats
    load: Floats
    service: Floats
    earliest: Floats
    latest: Floats
    capacity: float
    longest_ride: float
    longest_tour: float
    vehicles: int

    @property
    def requests(self) -> int:
        """How many requests there are."""
        return (len(self.load) - 1) // 2


@dataclass(frozen=True, slots=True)
class Tours:
    """Tours of the vehicles.

    Parameters
    ----------
    routes : tuple of tuple of int
        Places of each vehicle in order, the depot left out; empty for one that stays.
    minutes : float
        Travel of all vehicles.
    unserved : tuple of int
        Requests (1 to n) for which no vehicle was found.
    """

    routes: tuple[tuple[int, ...], ...]
    minutes: float
    unserved: tuple[int, ...]


def solve_dial_a_ride(problem: DialARide, *, iterations: int = 400, seed: int = 0) -> Tours:
    """Short tours for all requests: cheapest insertion, then some taken out and put back again and again.

    Every tour given keeps all windows, seats, longest rides and longest tours. Nothing is proven about how
    far it is from the shortest.

    Parameters
    ----------
    problem : DialARide
        The requests.
    iterations : int
        How often to take out and put back.
    seed : int
        Of the random numbers.

    Returns
    -------
    Tours
        The shortest found, those with fewest unserved first.

    References
    ----------
    Cordeau and Laporte, A tabu search heuristic for the static multi-vehicle dial-a-ride problem,
    Transportation Research Part B 37 (2003), for when a tour is feasible; Ropke and Pisinger, Transportation
    Science 40 (2006), for taking out and putting back.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0.0, 1, 2, 9, 8], [0.0, 1, 2, 9, 8]))
    >>> wide = np.full(5, 480.0)
    >>> ask = DialARide(line, np.array([0, 1, 1, -1, -1]), wide * 0, wide * 0, wide, 2, 30, 480, 1)
    >>> solve_dial_a_ride(ask, iterations=5).minutes
    18.0
    """
    _check(problem)
    rng = np.random.default_rng(seed)
    plan = _Plan(problem)
    plan.insert(list(range(1, problem.requests + 1)), rng, noise=0.0)
    best, current = plan.copy(), plan
    heat = 0.02 * max(best.minutes, 1.0)
    for turn in range(iterations):
        trial = current.copy()
        trial.remove(int(rng.integers(1, max(2, min(problem.requests, 8) + 1))), rng)
        trial.insert(list(trial.unserved), rng, noise=0.1 * (turn % 3))
        if trial.key < best.key:
            best = trial.copy()
        warm = heat * (1 - turn / iterations) + 1e-12
        worse = trial.minutes - current.minutes
        same = len(trial.unserved) == len(current.unserved)
        if trial.key < current.key or (same and rng.random() < np.exp(-max(worse, 0.0) / warm)):
            current = trial
    routes = tuple(tuple(route) for route in best.routes)
    return Tours(routes, best.minutes, tuple(sorted(best.unserved)))


def fewest_vehicles(problem: DialARide, *, most: int = 20, iterations: int = 50, seed: int = 0) -> int:
    """The fewest vehicles for which tours were found: enough for sure, perhaps not the least.

    Parameters
    ----------
    problem : DialARide
        The requests; its own number of vehicles is not used.
    most : int
        Vehicles to try at most.
    iterations, seed
        As in `solve_dial_a_ride`.

    Returns
    -------
    int
        0 without requests.

    Raises
    ------
    DataError
        If even `most` vehicles are not enough.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0.0, 1, 2, 9, 8], [0.0, 1, 2, 9, 8]))
    >>> none, late = np.zeros(5), np.array([480, 3, 3, 12, 12.0])
    >>> ask = DialARide(line, np.array([0, 1, 1, -1, -1]), none, none, late, 1, 30, 480, 1)
    >>> fewest_vehicles(ask)
    2
    """
    if problem.requests == 0:
        return 0
    for number in range(1, most + 1):
        fewer = replace(problem, vehicles=number)
        if not solve_dial_a_ride(fewer, iterations=iterations, seed=seed).unserved:
            return number
    require(
        False,
        column="most",
        rule=f"{most} vehicles are not enough",
        mend="allow more, or give wider windows or longer rides",
    )
    raise AssertionError  # `require` has raised


def _check(problem: DialARide) -> None:
    size = len(problem.load)
    square = problem.minutes.shape == (size, size) and size % 2 == 1
    require(
        square, column="minutes", rule="shapes differ", mend="give 2 n + 1 places and the times between them"
    )
    for name in ("minutes", "service", "earliest", "latest"):
        floats(getattr(problem, name), column=name, low=0)
    windows = bool((problem.earliest <= problem.latest).all())
    require(windows, column="latest", rule="a window ends before it begins", mend="give a later end")
    require(problem.vehicles >= 1, column="vehicles", rule="there is no vehicle", mend="give one or more")


class _Plan:
    """Tours under change."""

    def __init__(self, problem: DialARide) -> None:
        self.problem = problem
        self.routes: list[list[int]] = [[] for _ in range(problem.vehicles)]
        self.unserved: set[int] = set()
        self.between: list[list[float]] = problem.minutes.tolist()

    def copy(self) -> _Plan:
        made = _Plan.__new__(_Plan)
        made.problem, made.between = self.problem, self.between
        made.routes = [list(route) for route in self.routes]
        made.unserved = set(self.unserved)
        return made

    @property
    def minutes(self) -> float:
        return sum(self._length(route) for route in self.routes)

    @property
    def key(self) -> tuple[int, float]:
        return len(self.unserved), self.minutes

    def _length(self, route: list[int]) -> float:
        way = [0, *route, 0]
        return sum(self.between[a][b] for a, b in pairwise(way)) if route else 0.0

    def remove(self, count: int, rng: np.random.Generator) -> None:
        """Take out a request and those whose places lie nearest to it, at random."""
        inside = [place for route in self.routes for place in route if place <= self.problem.requests]
        if not inside:
            return
        seed = int(rng.choice(inside))
        far = {one: self._apart(one, seed) * float(rng.uniform(0.5, 1.5)) for one in inside}
        out = set(sorted(inside, key=lambda one: (far[one], one))[:count])
        n = self.problem.requests
        self.routes = [
            [place for place in route if (place if place <= n else place - n) not in out]
            for route in self.routes
        ]
        self.unserved |= out

    def _apart(self, one: int, other: int) -> float:
        n = self.problem.requests
        window = abs(self.problem.earliest[one] - self.problem.earliest[other])
        return float(self.between[one][other] + self.between[n + one][n + other] + 0.1 * window)

    def insert(self, requests: list[int], rng: np.random.Generator, *, noise: float) -> None:
        """Put requests in where they lengthen a tour least, in random order; some may find no place."""
        order = [requests[i] for i in rng.permutation(len(requests))]
        for one in order:
            places = sorted(
                (added * (1 + noise * float(rng.random())), tour, i, j)
                for tour, route in enumerate(self.routes)
                for added, i, j in self._gaps(route, one)
            )
            self.unserved.add(one)
            for _, tour, i, j in places:
                trial = list(self.routes[tour])
                trial.insert(i, one)
                trial.insert(j + 1, one + self.problem.requests)
                if feasible(self.problem, trial, between=self.between):
                    self.routes[tour] = trial
                    self.unserved.discard(one)
                    break

    def _gaps(self, route: list[int], one: int) -> list[tuple[float, int, int]]:
        """Minutes added by every pair of gaps: pickup before position ``i``, end before position ``j``."""
        to, way = self.between, [0, *route, 0]
        end = one + self.problem.requests
        found = []
        for i in range(len(route) + 1):
            before, after = way[i], way[i + 1]
            first = to[before][one] - to[before][after]
            found.append((first + to[one][end] + to[end][after], i, i))
            for j in range(i + 1, len(route) + 1):
                last = to[way[j]][end] + to[end][way[j + 1]] - to[way[j]][way[j + 1]]
                found.append((first + to[one][after] + last, i, j))
        return found


def feasible(problem: DialARide, route: list[int], *, between: list[list[float]]) -> bool:
    """Whether a tour can keep windows, seats, rides and its length.

    Service begins as early as it can; then the start and every pickup wait as long as no window breaks, so
    that tour and rides are short (the eight steps of Cordeau and Laporte 2003).
    """
    n, touch = problem.requests, _TOUCH
    places = [0, *route, 0]
    load = 0.0
    for place in route:
        load += float(problem.load[place])
        if load > problem.capacity + touch:
            return False
    earliest, latest, service = problem.earliest, problem.latest, problem.service
    count = len(places)
    begin, wait = [float(earliest[0])] * count, [0.0] * count

    def run(start: int) -> bool:
        for k in range(start, count):
            arrive = begin[k - 1] + float(service[places[k - 1]]) + between[places[k - 1]][places[k]]
            begin[k] = max(arrive, float(earliest[places[k]]))
            wait[k] = begin[k] - arrive
            if begin[k] > float(latest[places[k]]) + touch:
                return False
        return True

    def ride(end: int) -> float:
        """Minutes on board of whoever leaves at a position; -inf of one picked up after it."""
        at = where[places[end] - n]
        return begin[end] - begin[at] - float(service[places[at]])

    def slack(start: int) -> float:
        room, waited = np.inf, 0.0
        for k in range(start, count):
            if k > start:
                waited += wait[k]
            limit = float(latest[places[k]]) - begin[k]
            if places[k] > n and where[places[k] - n] < start:
                limit = min(limit, problem.longest_ride - ride(k))
            room = min(room, waited + max(limit, 0.0))
        return room

    where = {place: k for k, place in enumerate(places) if 0 < place <= n}
    if not run(1):
        return False
    delay = min(slack(0), sum(wait[1:]))
    begin[0] += delay
    if not run(1) or begin[-1] - begin[0] > problem.longest_tour + touch:
        return False
    for k in range(1, count - 1):
        if places[k] > n:
            continue
        pause = min(slack(k), sum(wait[k + 1 :]))
        if pause > 0:
            begin[k] += pause
            wait[k] += pause
            if not run(k + 1):
                return False
    return all(ride(k) <= problem.longest_ride + touch for k in range(1, count) if places[k] > n)
