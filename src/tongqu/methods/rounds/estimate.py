"""Rounds by formula: what a day costs from few figures of each area, where nobody solves rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.rounds.stops import Vehicle

__all__ = ["HAUL", "LOCAL", "Estimate", "calibrated", "estimated_rounds"]

HAUL: Final = 1.0
"""What the way out and back counts, before calibration (Daganzo 1984)."""
LOCAL: Final = 0.57
"""km of way per square root of stops times km², before calibration (Daganzo 1984, rectangular grid 0.57)."""
ROUNDING: Final = 1e-9
"""By which a number may exceed a whole one and still count as it."""
_STEPS: Final = 20
"""Most steps until the number of trips fits their length; it mostly takes three."""
_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Estimate:
    """Rounds of each area and day; each an array of shape (areas,).

    Parameters
    ----------
    trips, vehicles : numpy.ndarray of float
        Trips from the depot and back, and vehicles that make them.
    minutes, km, yuan : numpy.ndarray of float
    """

    trips: Floats
    vehicles: Floats
    minutes: Floats
    km: Floats
    yuan: Floats


def estimated_rounds(
    stops: npt.ArrayLike,
    *,
    load: npt.ArrayLike,
    minutes: npt.ArrayLike,
    km: npt.ArrayLike,
    area_km2: npt.ArrayLike,
    vehicle: Vehicle,
    service: float,
    haul: float = HAUL,
    local: float = LOCAL,
) -> Estimate:
    """Length and cost of the rounds of areas, by continuous approximation.

    ``km = haul 2 r m + local (n - m) / n sqrt(n A)`` with n stops, m trips, r the mean way from the depot
    to a stop and A the area. Minutes follow at the speed of the mean way, plus service. There are so many
    trips that the load fits, and so many vehicles that shifts and reloads allow them; each makes one trip
    at least.

    Parameters
    ----------
    stops : array_like of float
        Stops of each area, shape (areas,), 0 or more.
    load : array_like of float
        The larger of what goes out and what comes back, as a share of one vehicle, shape (areas,): 2.4
        for what fills 2.4 vehicles.
    minutes, km : array_like of float
        Mean way from the depot to a stop, shape (areas,).
    area_km2 : array_like of float
        Ground that the stops lie on, shape (areas,).
    vehicle : Vehicle
        Costs, shift, hours and reloads.
    service : float
        Minutes at a stop.
    haul, local : float
        Factors of the two terms; see `calibrated`.

    Returns
    -------
    Estimate
        0 for areas without stops.

    Raises
    ------
    DataError
        If a value is missing, negative or infinite.

    References
    ----------
    Daganzo, C. F. (1984), The distance traveled to visit N points with a maximum of C stops per vehicle: an
    analytic model and an application, Transportation Science 18, 331-350. Figliozzi, M. A. (2009), Planning
    approximations to the average length of vehicle routing problems with time window constraints,
    Transportation Research Part B 43, 438-447.

    Examples
    --------
    >>> van = Vehicle(name="van", per_km=1.0, per_minute=0.5, per_day=80, shift=480)
    >>> found = estimated_rounds(
    ...     [16, 0], load=[0.8, 0], minutes=[12, 0], km=[6, 0], area_km2=[64, 0], vehicle=van, service=6
    ... )
    >>> [np.round(each, 1).tolist() for each in (found.trips, found.km, found.minutes, found.yuan)]
    [[1.0, 0.0], [29.1, 0.0], [154.2, 0.0], [186.2, 0.0]]
    """
    n, filled, time, way, area = (
        floats(np.ravel(each), column=name, low=0, high=_LARGE)
        for each, name in (
            (stops, "stops"),
            (load, "load"),
            (minutes, "minutes"),
            (km, "km"),
            (area_km2, "area_km2"),
        )
    )
    same = n.shape == filled.shape == time.shape == way.shape == area.shape
    require(same, column="stops", rule="shapes do not fit", mend="give one value of each for every area")
    vehicle.checked()
    pace = np.divide(time, way, out=np.zeros_like(way), where=way > 0)
    trips = np.where(n > 0, np.maximum(np.ceil(filled - ROUNDING), 1.0), 0.0)
    shift = min(vehicle.shift, vehicle.ends - vehicle.starts)
    for _ in range(_STEPS):
        length = haul * 2 * way * trips + local * _spread(n, trips, area=area)
        spent = length * pace + service * np.maximum(n, trips)
        vehicles = np.maximum(
            np.ceil(spent / shift - ROUNDING), np.ceil(trips / (vehicle.reloads + 1) - ROUNDING)
        )
        # Many short trips never end the search: stops bound the trips unless loads ask for more.
        more = np.minimum(np.maximum(vehicles, trips), np.maximum(np.ceil(n), trips))
        if (more == trips).all():
            break
        trips = more
    spent = np.where(n > 0, spent, 0.0)
    yuan = length * vehicle.per_km + spent * vehicle.per_minute + vehicles * vehicle.per_day
    return Estimate(trips=trips, vehicles=vehicles, minutes=spent, km=length, yuan=yuan)


def calibrated(
    stops: npt.ArrayLike,
    *,
    trips: npt.ArrayLike,
    km: npt.ArrayLike,
    area_km2: npt.ArrayLike,
    found_km: npt.ArrayLike,
) -> tuple[float, float]:
    """Factors `haul` and `local` with which the formula comes closest to rounds that were searched.

    Parameters
    ----------
    stops, km, area_km2 : array_like of float
        As in `estimated_rounds`, shape (areas,).
    trips, found_km : array_like of float
        Number and length of the trips that were found in each area.

    Returns
    -------
    tuple of float
        Least squares, both 0 or more.

    Raises
    ------
    DataError
        If a value is missing or negative.

    Examples
    --------
    >>> haul, local = calibrated(
    ...     [9, 16, 4], trips=[1, 2, 1], km=[5, 6, 3], area_km2=[40, 90, 9], found_km=[25, 46, 11]
    ... )
    >>> round(haul, 2), round(local, 2)
    (0.87, 0.81)
    """
    n, m, way, area, target = (
        floats(np.ravel(each), column=name, low=0)
        for each, name in (
            (stops, "stops"),
            (trips, "trips"),
            (km, "km"),
            (area_km2, "area_km2"),
            (found_km, "found_km"),
        )
    )
    haul, local = nnls(np.stack([2 * way * m, _spread(n, m, area=area)], axis=1), target)[0]
    return float(haul), float(local)


def _spread(stops: Floats, trips: Floats, *, area: Floats) -> Floats:
    """The second term of the formula without its factor, km."""
    part = np.divide(np.maximum(stops - trips, 0.0), stops, out=np.zeros_like(stops), where=stops > 0)
    return np.asarray(part * np.sqrt(stops * area))
