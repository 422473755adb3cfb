"""What a line costs: its buses, their hours and kilometres, and other runs that its trips save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.bus_lines.lines import Lines

__all__ = ["DAYS", "BusCosts", "LineCosts", "cycle_minutes", "fleet", "line_costs", "merged_saving"]

DAYS: Final = 365
"""Days of service in a year."""

_SLACK: Final = 1e-9
"""Share of a bus by which a rounded quotient may pass a whole number."""


@dataclass(frozen=True, slots=True)
class BusCosts:
    """Unit costs and hours of service.

    Parameters
    ----------
    per_hour : float
        Yuan for an hour of a bus in service: its driver and the running of the company.
    per_km : float
        Yuan for a kilometre: energy, tyres, repair.
    per_vehicle : float
        Yuan a year for owning a bus; 0 where buses are paid for at once.
    span_hours : float
        Hours between the first and the last departure of a day, over which trips are spread, above 0.
    layover : float
        Minutes at an end before the way back.
    driver_hours : float
        Hours at the wheel of a driver in a year, above 0.
    """

    per_hour: float
    per_km: float
    per_vehicle: float = 0.0
    span_hours: float = 12.0
    layover: float = 5.0
    driver_hours: float = 1800.0


@dataclass(frozen=True, slots=True, eq=False)
class LineCosts:
    """Service and cost of lines at numbers of trips, every array of shape (lines, steps).

    Parameters
    ----------
    hours, km : numpy.ndarray of float
        Hours and kilometres of buses in a day.
    vehicles : numpy.ndarray of int
        Buses.
    drivers : numpy.ndarray of float
        Drivers' posts.
    yuan : numpy.ndarray of float
        Yuan a day: hours, kilometres and the day's share of owning the buses.
    """

    hours: Floats
    km: Floats
    vehicles: Ints
    drivers: Floats
    yuan: Floats


def cycle_minutes(lines: Lines, *, layover: float = 5.0) -> Floats:
    """Minutes until a bus can leave again: there, a layover, back, a layover; of a loop one round and one.

    Parameters
    ----------
    lines : Lines
        The lines.
    layover : float
        Minutes at an end.

    Returns
    -------
    numpy.ndarray of float
        Shape (lines,).

    Examples
    --------
    >>> from tongqu.methods.bus_lines import generate_lines
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(["h", "a"], start=["h"], end=["a"], minutes=[20])
    >>> cycle_minutes(generate_lines(road, km=[9], hubs=[0], ends=[1], group=[0]))
    array([50.])
    """
    ends = np.where(lines.loop, 1, 2)
    return np.asarray(ends * (lines.run_minutes + float(floats(layover, column="layover", low=0))))


def fleet(cycle: npt.ArrayLike, *, trips: npt.ArrayLike, span_hours: float = 12.0) -> Ints:
    """Buses of a line: its cycle over its headway, rounded up.

    Parameters
    ----------
    cycle : array_like of float
        Minutes of a cycle, any shape.
    trips : array_like of int
        Departures a day, any shape that goes with it; 0 needs no bus. The headway is the span over them.
    span_hours : float
        Hours over which departures are spread, above 0.

    Returns
    -------
    numpy.ndarray of int

    References
    ----------
    Vuchic, Urban Transit (2005), chapter 1: fleet = cycle time / headway.

    Examples
    --------
    >>> fleet([50.0, 130.0], trips=[12, 12])
    array([1, 3])
    """
    positive = span_hours > 0
    require(positive, column="span_hours", rule=f"{span_hours:g} is no span", mend="give hours above 0")
    time = floats(cycle, column="cycle", low=0, high=1e6)
    number = floats(trips, column="trips", low=0, high=1e6)
    return np.ceil(time * number / (60 * span_hours) - _SLACK).clip(0).astype(np.int64)


def line_costs(lines: Lines, *, trips: npt.ArrayLike, costs: BusCosts) -> LineCosts:
    """Service and cost of every line at every number of trips.

    ``hours = trips * cycle / 60``, ``km = trips * km of a cycle``, ``vehicles`` as `fleet`,
    ``drivers = hours * 365 / driver_hours``,
    ``yuan = hours * per_hour + km * per_km + vehicles * per_vehicle / 365``.

    Parameters
    ----------
    lines : Lines
        The lines.
    trips : array_like of int
        Numbers of trips (departures a day from the first stop), shape (steps,).
    costs : BusCosts
        Unit costs.

    Returns
    -------
    LineCosts
        Arrays of shape (lines, steps).

    Examples
    --------
    >>> from tongqu.methods.bus_lines import generate_lines
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(["h", "a"], start=["h"], end=["a"], minutes=[20])
    >>> line = generate_lines(road, km=[9], hubs=[0], ends=[1], group=[0])
    >>> found = line_costs(line, trips=[6], costs=BusCosts(per_hour=60, per_km=2))
    >>> found.hours, found.km, found.vehicles, found.yuan
    (array([[5.]]), array([[108.]]), array([[1]]), array([[516.]]))
    """
    number = floats(trips, column="trips", low=0, high=1e6)
    cycle = cycle_minutes(lines, layover=costs.layover)[:, np.newaxis]
    hours = cycle * number / 60
    km = (np.where(lines.loop, 1, 2) * lines.length_km)[:, np.newaxis] * number
    vehicles = fleet(cycle, trips=number, span_hours=costs.span_hours)
    yuan = hours * costs.per_hour + km * costs.per_km + vehicles * costs.per_vehicle / DAYS
    return LineCosts(hours, km, vehicles, hours * DAYS / costs.driver_hours, yuan)


def merged_saving(
    riders: npt.ArrayLike,
    *,
    minutes: npt.ArrayLike,
    seats: float,
    days: float,
    cost_per_hour: float,
    runs: float = 2.0,
) -> Floats:
    """Yuan a year saved where a trip of the line takes riders for whom a bus of their own ran.

    A school bus in the morning and in the afternoon, or the bus of a market day, run at the times that these
    riders need as trips of the line. What ends is their share of a full bus going there and back:
    ``riders / seats * runs * 2 * minutes / 60 * cost_per_hour * days``.

    Parameters
    ----------
    riders : array_like of float
        Persons who ride on such a day, shape (places,).
    minutes : array_like of float
        Minutes from the place to the school or market, shape (places,).
    seats : float
        Seats of the bus that ends, above 0.
    days : float
        Such days in a year.
    cost_per_hour : float
        Yuan for an hour of that bus.
    runs : float
        Rides of a rider on such a day: there and back.

    Returns
    -------
    numpy.ndarray of float
        Shape (places,). It holds where the line's trips run at the fixed times, at least `runs` a day;
        whoever adds places up must give the riders of a place to one line only.

    Examples
    --------
    >>> merged_saving([20], minutes=[30], seats=40, days=200, cost_per_hour=60)
    array([12000.])
    """
    require(seats > 0, column="seats", rule=f"{seats:g} seats", mend="give a number above 0")
    number = floats(riders, column="riders", low=0, high=1e9)
    time = floats(minutes, column="minutes", low=0, high=1e6)
    return np.asarray(number / seats * runs * 2 * time / 60 * cost_per_hour * days)
