"""Search rounds with PyVRP: integers out, minutes, km, loads and yuan back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyvrp
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

from tongqu.base import DataError
from tongqu.methods._arrays import Bools, Floats, Ints, floats, require
from tongqu.methods.rounds.bound import lower_bound
from tongqu.methods.rounds.merge import merged
from tongqu.methods.rounds.stops import Stops, Vehicle, Ways, impossible_stops, named_ways

__all__ = ["Round", "Rounds", "plan_rounds"]

SECONDS: Final = 60
"""PyVRP counts whole numbers: a minute is 60 of its units of time."""
METRES: Final = 1000
"""A km is 1000 of its units of distance."""
MONEY: Final = 100_000
"""A yuan is 100 000 of its units of cost, so that a yuan a km is 100 of them a metre."""
LOAD: Final = 100
"""A parcel, and a kg, is 100 of its units of load; what is to be carried is rounded up."""
FAR: Final = 1 << 24
"""Time and distance where there is no way, in PyVRP's units: 194 days, 16 777 km."""
PENALTY: Final = 1e7
"""Most that PyVRP may charge for a second too late or a unit too much while it searches: by its default a
visit that is made too late would pay, as a yuan is 100 000 units here."""
HALVES: Final = 2
"""Parts of the search, of equal length; after each, rounds that one vehicle can make are joined."""
MOST_VISITS: Final = 5000
"""Visits of a day up to which the tables of ways fit into memory; beyond, loads are given in wrong units."""
MOST_SEED: Final = 2**31 - HALVES
"""PyVRP takes 32 bits; each half of the search has a seed of its own."""
NO_LIMIT: Final = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What one vehicle does on the day.

    Parameters
    ----------
    vehicle : str
        Name of its type.
    trips : tuple of numpy.ndarray of int
        Stops of each trip between two visits to the depot, in order, positions.
    arrivals : tuple of numpy.ndarray of float
        Minute of the day at which service begins at each of them.
    leaves, returns : float
        Minutes of the day.
    minutes, km : float
        On the road and at stops, waiting included; way.
    parcels, kg : float
        Delivered and picked up.
    yuan : float
        Cost of the day.
    """

    vehicle: str
    trips: tuple[Ints, ...]
    arrivals: tuple[Floats, ...]
    leaves: float
    returns: float
    minutes: float
    km: float
    parcels: float
    kg: float
    yuan: float

    @property
    def stops(self) -> Ints:
        """All stops in order."""
        return np.concatenate(self.trips) if self.trips else np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rounds:
    """Rounds of a day, what they cost, and what is left unserved and why.

    Parameters
    ----------
    rounds : tuple of Round
        Of the vehicles that are used.
    minutes, km, parcels, kg, yuan : float
        Sums over the rounds.
    per_parcel, per_tonne : float
        Yuan a parcel carried, and a tonne carried (parcels by weight and goods); each takes the whole cost.
        nan where nothing of it is carried.
    bound : float
        Yuan a day that no rounds can go below for the stops served; cheap and not tight.
    unserved : Mapping of int to str
        Positions of the stops that no round serves, and why.
    """

    rounds: tuple[Round, ...]
    minutes: float
    km: float
    parcels: float
    kg: float
    yuan: float
    per_parcel: float
    per_tonne: float
    bound: float
    unserved: Mapping[int, str]


def plan_rounds(
    stops: Stops,
    ways: Ways | Mapping[str, Ways],
    *,
    vehicles: Sequence[Vehicle],
    iterations: int = 300,
    seconds: float | None = None,
    seed: int = 1,
    leave_out: bool = False,
) -> Rounds:
    """Find cheap rounds from a depot to stops with windows, loads both ways, shifts and reloading.

    The search stops after so many iterations, so that the same input gives the same rounds on every
    machine; with `seconds` it may stop earlier. Stops without anything to carry are passed over. What is
    too much for the largest vehicle is brought in several visits.

    Parameters
    ----------
    stops : Stops
        What is to be served on the day.
    ways : Ways or mapping of str to Ways
        Between the depot and the stops; several when vehicles go different ways, by name.
    vehicles : sequence of Vehicle
        Types that can be used.
    iterations : int
        Of PyVRP's iterated local search, 1 or more.
    seconds : float, optional
        Most time; results then depend on the machine.
    seed : int
        Of the search, 0 or more.
    leave_out : bool
        Whether stops that cannot be served are left out with their reason, instead of an error.

    Returns
    -------
    Rounds
        Costs and times are those of the exact minutes and km, not of PyVRP's whole numbers.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, loads need more than `MOST_VISITS` visits, or
        (unless `leave_out`) stops cannot be served, each named; see `impossible_stops`.

    References
    ----------
    Wouda, N. A., Lan, L., Kool, W. (2024), PyVRP: a high-performance VRP solver package, INFORMS Journal on
    Computing 36, 943-955.

    Examples
    --------
    >>> stops = Stops(names=("a", "b", "c"), parcels_in=[40, 30, 60], opens=480, closes=720, service=5)
    >>> line = np.abs(np.subtract.outer([0.0, 10, 14, -8], [0.0, 10, 14, -8]))
    >>> van = Vehicle(name="van", parcels=100, per_km=1.0, per_day=50, starts=450, ends=1080)
    >>> found = plan_rounds(stops, Ways(line * 1.5, line), vehicles=[van], iterations=50)
    >>> sorted(one.stops.tolist() for one in found.rounds), found.yuan, round(found.per_parcel, 3)
    ([[0, 1], [2]], 144.0, 1.108)
    """
    named = named_ways(ways, stops=len(stops), vehicles=vehicles)
    floats([iterations], column="iterations", low=1)
    floats([seed], column="seed", low=0, high=MOST_SEED)
    wrong = impossible_stops(stops, named, vehicles=vehicles)
    if wrong.problems and not leave_out:
        raise DataError(wrong.problems)
    unserved = {int(spot): one.rule for spot, one in zip(wrong.stops, wrong.problems, strict=True)}
    carried: Bools = np.asarray(((stops.load_in > 0) | (stops.load_out > 0)).any(axis=1), dtype=np.bool_)
    carried[wrong.stops] = False
    visits = _visits(stops, np.flatnonzero(carried), named, vehicles=vehicles)
    if not len(visits.stop):
        return _summary([], stops, named, vehicles=vehicles, visits=visits, unserved=unserved)
    best = _search(stops, named, visits=visits, vehicles=vehicles, most=(iterations, seconds), seed=seed)
    missing = {int(visits.stop[activity.idx]) for activity in best.unplanned()}
    unserved |= dict.fromkeys(sorted(missing), "no vehicle has time or room left for it")
    rounds = [_round(route, stops, named, visits=visits, vehicles=vehicles) for route in best.routes()]
    return _summary(rounds, stops, named, vehicles=vehicles, visits=visits, unserved=unserved)


@dataclass(frozen=True, slots=True, eq=False)
class _Visits:
    """Visits to stops: more than one where the load is too much for one vehicle."""

    stop: Ints
    share: Floats


def _visits(stops: Stops, rows: Ints, named: Mapping[str, Ways], *, vehicles: Sequence[Vehicle]) -> _Visits:
    room = np.zeros((len(rows), 2))
    for one in vehicles:  # only a vehicle that gets there takes its load
        way = np.asarray(named[one.ways].minutes)
        joined = np.isfinite(way[0, rows + 1]) & np.isfinite(way[rows + 1, 0])
        room = np.maximum(room, np.where(joined[:, np.newaxis], [one.parcels, one.kg], 0.0))
    need = np.maximum(stops.load_in, stops.load_out)[rows] / room
    visits = np.maximum(np.ceil(need.max(axis=1, initial=0.0)), 1)
    require(
        float(visits.sum()) <= MOST_VISITS,
        column="stops",
        rule="loads that need thousands of visits a day",
        mend="give parcels and kg of one day, or larger vehicles",
    )
    parts = visits.astype(np.int64)
    return _Visits(np.repeat(rows, parts), np.repeat(1.0 / visits, parts))


def _whole(values: Floats, scale: int) -> Ints:
    """Scaled whole numbers; rounded up where they limit what fits, so that no limit is broken."""
    return np.ceil(np.round(values * scale, 6)).astype(np.int64)


def _search(
    stops: Stops,
    named: Mapping[str, Ways],
    *,
    visits: _Visits,
    vehicles: Sequence[Vehicle],
    most: tuple[int, float | None],
    seed: int,
) -> pyvrp.Solution:
    """The best solution found; every visit is made if the search finds a way to, else as many as pay."""
    params = pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=PENALTY))
    for required in (True, False):
        data = _data(stops, named, visits=visits, vehicles=vehicles, required=required)
        found: pyvrp.Solution | None = None
        for half in range(HALVES):
            found = pyvrp.solve(
                data,
                _stop(*most),
                seed=seed + half,
                collect_stats=False,
                params=params,
                initial_solution=found,
            ).best
            if not found.is_feasible():
                break
            found = merged(data, found)
        if found is not None and found.is_feasible():
            return found
    return pyvrp.Solution(data, [])


def _stop(iterations: int, seconds: float | None) -> MultipleCriteria:
    """When a search ends; each search needs its own, as it counts."""
    limits = [] if seconds is None else [MaxRuntime(seconds / HALVES)]
    return MultipleCriteria([MaxIterations(max(iterations // HALVES, 1)), *limits])


def _data(
    stops: Stops,
    named: Mapping[str, Ways],
    *,
    visits: _Visits,
    vehicles: Sequence[Vehicle],
    required: bool,
) -> pyvrp.ProblemData:
    names = list(named)
    at = np.concatenate([[0], visits.stop + 1])
    times = [_matrix(np.asarray(each.minutes), SECONDS)[np.ix_(at, at)] for each in named.values()]
    ways = [_matrix(np.asarray(each.km), METRES)[np.ix_(at, at)] for each in named.values()]
    prize = 0 if required else int(_prize(ways, times, vehicles=vehicles))
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in at],
        clients=_clients(stops, visits, prize=prize, required=required),
        depots=[pyvrp.Depot(location=0)],
        vehicle_types=[
            _vehicle_type(one, visits=len(visits.stop), profile=names.index(one.ways)) for one in vehicles
        ],
        distance_matrices=ways,
        duration_matrices=times,
    )


def _matrix(values: Floats, scale: int) -> Ints:
    whole = np.where(np.isfinite(values), np.minimum(values, FAR / scale) * scale, FAR)
    return np.rint(whole).astype(np.int64)


def _prize(ways: list[Ints], times: list[Ints], *, vehicles: Sequence[Vehicle]) -> float:
    """More than any visit can cost: twice the dearest round to the farthest stop."""
    far = max(float(way[way < FAR].max(initial=0)) / METRES for way in ways)
    long = max(float(time[time < FAR].max(initial=0)) / SECONDS for time in times)
    dearest = max(one.per_day + 2 * far * one.per_km + (2 * long + 1440) * one.per_minute for one in vehicles)
    return 2 * dearest * MONEY + 1


def _clients(stops: Stops, visits: _Visits, *, prize: int, required: bool) -> list[pyvrp.Client]:
    share = visits.share[:, np.newaxis]
    given = _whole(stops.load_in[visits.stop] * share, LOAD)
    taken = _whole(stops.load_out[visits.stop] * share, LOAD)
    service = np.rint(stops.column("service")[visits.stop] * SECONDS).astype(np.int64)
    opens = _whole(stops.column("opens")[visits.stop], SECONDS)
    closes = np.floor(np.round(stops.column("closes")[visits.stop] * SECONDS, 6)).astype(np.int64)
    release = _whole(stops.column("release")[visits.stop], SECONDS)
    return [
        pyvrp.Client(
            location=row + 1,
            delivery=given[row].tolist(),
            pickup=taken[row].tolist(),
            service_duration=int(service[row]),
            tw_early=int(opens[row]),
            tw_late=int(closes[row]),
            release_time=int(release[row]),
            prize=prize,
            required=required,
        )
        for row in range(len(visits.stop))
    ]


def _vehicle_type(one: Vehicle, *, visits: int, profile: int) -> pyvrp.VehicleType:
    return pyvrp.VehicleType(
        num_available=one.count or visits,
        capacity=[_limit(one.parcels, LOAD), _limit(one.kg, LOAD)],
        fixed_cost=round(one.per_day * MONEY),
        tw_early=_limit(one.starts, SECONDS),
        tw_late=_limit(one.ends, SECONDS),
        shift_duration=_limit(one.shift, SECONDS),
        max_distance=_limit(one.max_km, METRES),
        unit_distance_cost=round(one.per_km * MONEY / METRES),
        unit_duration_cost=round(one.per_minute * MONEY / SECONDS),
        profile=profile,
        reload_depots=[0] if one.reloads else [],
        max_reloads=one.reloads,
        name=one.name,
    )


def _limit(value: float, scale: int) -> int:
    return NO_LIMIT if not np.isfinite(value) else int(np.floor(np.round(value * scale, 6)))


def _round(
    route: pyvrp.Route,
    stops: Stops,
    named: Mapping[str, Ways],
    *,
    visits: _Visits,
    vehicles: Sequence[Vehicle],
) -> Round:
    vehicle = vehicles[route.vehicle_type()]
    trips: list[list[int]] = [[]]
    begins: list[list[float]] = [[]]
    chain, done = [0], []
    for activity in route.schedule()[1:]:
        if activity.is_client():
            trips[-1].append(int(visits.stop[activity.idx]))
            begins[-1].append(activity.start_time / SECONDS)
            done.append(activity.idx)
            chain.append(trips[-1][-1] + 1)
        else:
            chain.append(0)
            trips.append([])
            begins.append([])
    kept = [row for row, trip in enumerate(trips) if trip]
    way = named[vehicle.ways]
    km = float(np.asarray(way.km)[chain[:-1], chain[1:]].sum())
    minutes = route.duration() / SECONDS
    load = (stops.load_in + stops.load_out)[visits.stop[done]] * visits.share[done][:, np.newaxis]
    yuan = vehicle.per_day + km * vehicle.per_km + minutes * vehicle.per_minute
    return Round(
        vehicle=vehicle.name,
        trips=tuple(np.array(trips[row], dtype=np.int64) for row in kept),
        arrivals=tuple(np.array(begins[row]) for row in kept),
        leaves=route.start_time() / SECONDS,
        returns=route.end_time() / SECONDS,
        minutes=minutes,
        km=km,
        parcels=float(load[:, 0].sum()),
        kg=float(load[:, 1].sum()),
        yuan=float(yuan),
    )


def _summary(
    rounds: list[Round],
    stops: Stops,
    named: Mapping[str, Ways],
    *,
    vehicles: Sequence[Vehicle],
    visits: _Visits,
    unserved: Mapping[int, str],
) -> Rounds:
    total = {
        name: float(sum(getattr(one, name) for one in rounds))
        for name in ("minutes", "km", "parcels", "kg", "yuan")
    }
    served = np.setdiff1d(np.unique(visits.stop), np.array(list(unserved), dtype=np.int64))
    return Rounds(
        rounds=tuple(rounds),
        **total,
        per_parcel=total["yuan"] / total["parcels"] if total["parcels"] > 0 else float("nan"),
        per_tonne=total["yuan"] / total["kg"] * 1000 if total["kg"] > 0 else float("nan"),
        bound=lower_bound(stops.of(served), {n: w.of(served) for n, w in named.items()}, vehicles=vehicles),
        unserved=dict(sorted(unserved.items())),
    )
