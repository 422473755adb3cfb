"""What rounds are made of: stops, ways between them, vehicles; and stops that no vehicle can serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats, require

__all__ = ["DAY", "Impossible", "Stops", "Vehicle", "Ways", "impossible_stops"]

DAY: Final = 1440.0
"""Minutes of a day."""
_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stops:
    """Places to serve on a day; each field is one number or one for each stop.

    Parameters
    ----------
    names : tuple of str
        What the stops are called in messages, one for each.
    parcels_in, parcels_out : array_like of float
        Parcels delivered and picked up.
    goods_kg : array_like of float
        Farm goods picked up.
    parcel_kg : float
        Mean weight of a parcel (loads are counted in parcels and in kg).
    opens, closes : array_like of float
        Minutes of the day between which service may begin.
    service : array_like of float
        Minutes that a stop takes.
    release : array_like of float
        Minute of the day from which what is to be delivered lies at the depot.
    """

    names: tuple[str, ...]
    parcels_in: npt.ArrayLike = 0.0
    parcels_out: npt.ArrayLike = 0.0
    goods_kg: npt.ArrayLike = 0.0
    parcel_kg: float = 1.0
    opens: npt.ArrayLike = 0.0
    closes: npt.ArrayLike = DAY
    service: npt.ArrayLike = 0.0
    release: npt.ArrayLike = 0.0

    def __len__(self) -> int:
        return len(self.names)

    def column(self, name: str) -> Floats:
        """One of the fields as an array, shape (stops,); missing and negative values are refused."""
        values = getattr(self, name)
        full = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(self),))
        return floats(full, column=name, low=0, high=_LARGE)

    @property
    def load_in(self) -> Floats:
        """What is delivered, columns parcels and kg, shape (stops, 2)."""
        parcels = self.column("parcels_in")
        return np.stack([parcels, parcels * self.parcel_kg], axis=1)

    @property
    def load_out(self) -> Floats:
        """What is picked up, columns parcels and kg, shape (stops, 2)."""
        parcels = self.column("parcels_out")
        return np.stack([parcels, parcels * self.parcel_kg + self.column("goods_kg")], axis=1)

    def of(self, rows: npt.ArrayLike) -> Stops:
        """The stops at some positions, in that order."""
        at = np.asarray(rows, dtype=np.int64)
        return Stops(
            names=tuple(self.names[row] for row in at),
            parcels_in=self.column("parcels_in")[at],
            parcels_out=self.column("parcels_out")[at],
            goods_kg=self.column("goods_kg")[at],
            parcel_kg=self.parcel_kg,
            opens=self.column("opens")[at],
            closes=self.column("closes")[at],
            service=self.column("service")[at],
            release=self.column("release")[at],
        )

    def with_lockers(self, rows: npt.ArrayLike, *, service: float = 2.0) -> Stops:
        """The stops with parcel lockers at some of them: open all day and quick to fill.

        Examples
        --------
        >>> stops = Stops(names=("a", "b"), opens=480, closes=600, service=6.0)
        >>> stops.with_lockers([1]).column("closes").tolist()
        [600.0, 1440.0]
        """
        at = np.asarray(rows, dtype=np.int64)
        opens, closes, minutes = (self.column(name).copy() for name in ("opens", "closes", "service"))
        opens[at], closes[at], minutes[at] = 0.0, DAY, service
        return replace(self, opens=opens, closes=closes, service=minutes)


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Minutes and km between the depot (position 0) and the stops (1, 2, ...).

    Parameters
    ----------
    minutes, km : array_like of float
        From row to column, shape (1 + stops, 1 + stops), 0 or more; inf where there is no way.
    """

    minutes: npt.ArrayLike
    km: npt.ArrayLike

    def checked(self, stops: int) -> Ways:
        """The same as arrays of the right shape.

        Raises
        ------
        DataError
            If a value is missing or negative, or the shape is not that of the depot and the stops.
        """
        minutes, km = (floats(each, column=name, low=0).copy() for each, name in self._named())
        shape = (stops + 1, stops + 1)
        for each, name in ((minutes, "minutes"), (km, "km")):
            rule, mend = "its shape is wrong", f"give {shape} values: the depot and then every stop"
            require(each.shape == shape, column=name, rule=rule, mend=mend)
            np.fill_diagonal(each, 0.0)  # a place is where it is, whatever the table says
        return Ways(minutes, km)

    def _named(self) -> tuple[tuple[npt.ArrayLike, str], ...]:
        return (self.minutes, "minutes"), (self.km, "km")

    def of(self, rows: npt.ArrayLike) -> Ways:
        """The ways between the depot and some of the stops (positions of stops, from 0)."""
        at = np.concatenate([[0], np.asarray(rows, dtype=np.int64) + 1])
        square = np.ix_(at, at)
        return Ways(np.asarray(self.minutes)[square], np.asarray(self.km)[square])


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A type of vehicle.

    Parameters
    ----------
    name : str
        Say van, joint bus, drone.
    count : int
        How many there are; 0 for as many as needed.
    parcels, kg : float
        What it can carry, both at once: parcels by their volume, kg by weight.
    per_km, per_minute, per_day : float
        Yuan for a km, a minute on the road or at a stop, and a day on which it is used.
    starts, ends : float
        Minutes of the day between which it may be out.
    shift : float
        Longest time from leaving to coming back for good, minutes.
    max_km : float
        Longest way of a day, such as a drone's range.
    reloads : int
        How often it may come back to the depot to load again.
    ways : str
        Which ways it goes, a name of those given to `plan_rounds`: say ``road`` or ``air``.
    """

    name: str
    count: int = 0
    parcels: float = np.inf
    kg: float = np.inf
    per_km: float = 0.0
    per_minute: float = 0.0
    per_day: float = 0.0
    starts: float = 0.0
    ends: float = DAY
    shift: float = DAY
    max_km: float = np.inf
    reloads: int = 0
    ways: str = "road"

    def checked(self) -> Vehicle:
        """The same vehicle.

        Raises
        ------
        DataError
            If it can carry nothing, or a cost, a time or a number is missing or negative.
        """
        column = f"vehicles, {self.name}"
        least = np.nextafter(0.0, 1.0)
        floats([self.parcels, self.kg], column=f"{column}: parcels, kg", low=least)
        costs = [self.per_km, self.per_minute, self.per_day, self.starts]
        floats(costs, column=f"{column}: per_km, per_minute, per_day, starts", low=0, high=_LARGE)
        limits = [self.count, self.reloads, self.ends, self.shift, self.max_km]
        floats(limits, column=f"{column}: count, reloads, ends, shift, max_km", low=0)
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Impossible:
    """Stops that nothing can serve.

    Parameters
    ----------
    stops : numpy.ndarray of int
        Their positions, for a map, shape (stops that cannot be served,).
    problems : tuple of Problem
        What is wrong with each and how to mend it, in the same order.
    """

    stops: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    problems: tuple[Problem, ...] = ()


def impossible_stops(
    stops: Stops, ways: Ways | Mapping[str, Ways], *, vehicles: Sequence[Vehicle]
) -> Impossible:
    """Find stops with something to carry that no vehicle can serve on a round of their own.

    In this order: the window closes before it opens; there is no road; the vehicle with the earliest
    arrival (after loading what is released) comes after it closes; the round, service and all, does not end
    within shift, day and range. Only the first reason of a stop is given. A load too large for one vehicle is
    no reason: it comes in several visits.

    Parameters
    ----------
    stops, ways, vehicles
        As in `plan_rounds`.

    Returns
    -------
    Impossible
        Positions and problems, both empty when every stop can be served.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, or a vehicle names ways that are not given.

    Examples
    --------
    >>> stops = Stops(names=("Shiping", "Gaoping"), parcels_in=5, opens=[540, 540], closes=[600, 500])
    >>> ways = Ways([[0, 20, 9], [20, 0, 9], [9, 9, 0]], [[0, 12, 5], [12, 0, 5], [5, 5, 0]])
    >>> found = impossible_stops(stops, ways, vehicles=[Vehicle(name="van", per_km=1)])
    >>> found.stops.tolist(), found.problems[0].rule
    ([1], 'the hours of a stop close before they open')
    """
    named = named_ways(ways, stops=len(stops), vehicles=vehicles)
    wanted = (stops.load_in > 0).any(axis=1) | (stops.load_out > 0).any(axis=1)
    opens, closes = stops.column("opens"), stops.column("closes")
    out = {name: np.asarray(each.minutes)[0, 1:] for name, each in named.items()}
    joined = [
        np.isfinite(out[v.ways]) & np.isfinite(np.asarray(named[v.ways].minutes)[1:, 0]) for v in vehicles
    ]
    found: dict[int, Problem] = {}

    def note(bad: Bools, rule: str, mend: str, value: npt.NDArray[np.str_] | None = None) -> None:
        for spot in np.flatnonzero(bad & wanted):
            shown = stops.names[spot] + ("" if value is None else f" ({value[spot]})")
            found.setdefault(int(spot), Problem(rule=rule, mend=mend, column="stops", value=shown))

    clock = np.array([f"{_clock(a)} to {_clock(b)}" for a, b in zip(opens, closes, strict=True)])
    note(
        closes < opens,
        "the hours of a stop close before they open",
        "swap opens_h and closes_h, or correct them",
        clock,
    )
    note(
        ~np.any(joined, axis=0),
        "a stop with parcels but no road to it",
        "add the road that joins it, or snap it to the network",
    )
    arrive, fits = _own_rounds(stops, named, vehicles=vehicles)
    note(
        np.all(arrive > closes, axis=0),
        "a stop that closes before any vehicle can reach it",
        "let it close later, let a vehicle start earlier, or serve it from a nearer depot",
        clock,
    )
    note(
        ~np.any(fits, axis=0),
        "a stop whose round alone is longer than any shift, day or range",
        "serve it from a nearer depot, lengthen the shift, or shorten the service",
    )
    spots = sorted(found)
    return Impossible(np.array(spots, dtype=np.int64), tuple(found[spot] for spot in spots))


def named_ways(
    ways: Ways | Mapping[str, Ways], *, stops: int, vehicles: Sequence[Vehicle]
) -> dict[str, Ways]:
    """The ways by name as checked arrays; a single one is called ``road``."""
    given = {"road": ways} if isinstance(ways, Ways) else dict(ways)
    require(len(vehicles) > 0, column="vehicles", rule="there is none", mend="give one vehicle or more")
    for vehicle in vehicles:
        vehicle.checked()
    lost = sorted({vehicle.ways for vehicle in vehicles} - set(given))
    require(
        not lost,
        column="vehicles",
        rule=f"there are no ways named {', '.join(lost)}",
        mend=f"name one of {', '.join(given)}",
    )
    return {name: each.checked(stops) for name, each in given.items()}


def _own_rounds(
    stops: Stops, named: Mapping[str, Ways], *, vehicles: Sequence[Vehicle]
) -> tuple[Floats, Bools]:
    """Earliest arrival at each stop, and whether a round of its own fits, by vehicle, (vehicles, stops)."""
    service, opens, closes = (stops.column(name) for name in ("service", "opens", "closes"))
    release = stops.column("release")
    arrivals, fits = [], []
    for vehicle in vehicles:
        minutes, km = (np.asarray(each) for each in (named[vehicle.ways].minutes, named[vehicle.ways].km))
        leave = np.maximum(vehicle.starts, release)
        arrive = leave + minutes[0, 1:]
        begin = np.maximum(arrive, opens)
        back = begin + service + minutes[1:, 0]
        # A vehicle that would wait can leave later: only driving and service count towards its shift.
        spent = minutes[0, 1:] + service + minutes[1:, 0]
        whole = (back <= vehicle.ends) & (spent <= vehicle.shift) & (km[0, 1:] + km[1:, 0] <= vehicle.max_km)
        arrivals.append(arrive)
        fits.append(whole & (begin <= closes))
    return np.array(arrivals), np.array(fits, dtype=np.bool_)


def _clock(minutes: float) -> str:
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"
