"""Buses on demand: who is in a zone, how many buses it takes, what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.bus_lines.costs import DAYS

__all__ = ["ZoneCosts", "ZoneRules", "zone_costs"]


@dataclass(frozen=True, slots=True)
class ZoneRules:
    """How a zone on demand runs and what it costs.

    Parameters
    ----------
    hours : float
        Hours of service in a day, above 0.
    sharing : float
        Riders who share a tour on average, 1 or more.
    dwell : float
        Minutes at each door.
    peak : float
        Requests of the busiest hour over those of the mean hour, 1 or more.
    per_hour, per_km : float
        Yuan for an hour and a kilometre of a small bus.
    per_request : float
        Yuan for taking and placing a request.
    per_vehicle : float
        Yuan a year for owning a small bus.
    speed_kmh : float
        Mean speed of a tour, for its kilometres.
    """

    hours: float = 10.0
    sharing: float = 1.5
    dwell: float = 2.0
    peak: float = 2.0
    per_hour: float = 55.0
    per_km: float = 1.2
    per_request: float = 1.0
    per_vehicle: float = 0.0
    speed_kmh: float = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class ZoneCosts:
    """Service and cost of zones, every array of shape (zones,).

    Parameters
    ----------
    requests : numpy.ndarray of float
        Requests a day.
    vehicles : numpy.ndarray of int
        Small buses; at least one.
    hours, km : numpy.ndarray of float
        Hours of service and kilometres driven in a day.
    yuan : numpy.ndarray of float
        Yuan a day.
    """

    requests: Floats
    vehicles: Ints
    hours: Floats
    km: Floats
    yuan: Floats


def zone_costs(
    zone: npt.ArrayLike, *, zones: int, requests: npt.ArrayLike, minutes: npt.ArrayLike, rules: ZoneRules
) -> ZoneCosts:
    """Buses and cost of each zone by its requests and how far they lie from the seat.

    A request takes ``2 * minutes / sharing + 2 * dwell`` minutes of a bus (out and back shared, two doors);
    ``vehicles = ceil(requests of the busiest hour * minutes of a request / 60)``, each in service all day.
    `tongqu.methods.bus_lines.solve_dial_a_ride` checks it against tours of single requests.

    Parameters
    ----------
    zone : array_like of int
        Zone of each place, shape (places,).
    zones : int
        How many zones there are.
    requests : array_like of float
        Requests a day from each place, shape (places,).
    minutes : array_like of float
        Minutes from each place to its zone's seat, shape (places,).
    rules : ZoneRules
        How zones run.

    Returns
    -------
    ZoneCosts

    Raises
    ------
    DataError
        If lengths differ, or a number is out of its range.

    References
    ----------
    Daganzo, An approximate analytic model of many-to-many demand responsive transportation systems,
    Transportation Research 12 (1978): fleets from the time that a request takes.

    Examples
    --------
    >>> found = zone_costs([0, 0], zones=1, requests=[40, 20], minutes=[15, 30], rules=ZoneRules())
    >>> found.vehicles, found.yuan.round()
    (array([7]), array([4870.]))
    """
    sound = rules.hours > 0 and rules.sharing >= 1 and rules.peak >= 1
    mend = "give hours above 0, and 1 or more riders to a tour and for the peak"
    require(sound, column="rules", rule="a zone cannot run like this", mend=mend)
    at: NDArray[np.int64] = np.asarray(zone, dtype=np.int64)
    number, time = floats(requests, column="requests", low=0), floats(minutes, column="minutes", low=0)
    same = at.shape == number.shape == time.shape
    require(
        same, column="zone, requests, minutes", rule="lengths differ", mend="give one value for each place"
    )
    total = np.bincount(at, number, zones).astype(np.float64)
    driven = np.bincount(at, number * 2 * time / rules.sharing, zones)
    busy = driven + total * 2 * rules.dwell
    peak = busy / rules.hours * rules.peak / 60
    vehicles = np.maximum(np.ceil(peak - 1e-9), 1).astype(np.int64)
    hours = np.asarray(vehicles * rules.hours, dtype=np.float64)
    km = driven / 60 * rules.speed_kmh
    yuan = (
        hours * rules.per_hour
        + km * rules.per_km
        + total * rules.per_request
        + vehicles * rules.per_vehicle / DAYS
    )
    return ZoneCosts(total, vehicles, hours, km, yuan)
