"""How often: the square-root rule as a check, and how long people wait."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["ServiceFigures", "service_figures", "square_root_trips"]


def square_root_trips(
    riders: npt.ArrayLike,
    *,
    cycle: npt.ArrayLike,
    wait_value: float,
    cost_per_hour: float,
    span_hours: float = 12.0,
) -> Floats:
    """Trips a day that cost operator and waiting riders least together.

    With ``n`` trips in ``span`` hours a bus runs ``n * cycle`` and each rider waits ``span / (2 n)`` on
    average: ``cost(n) = c n cycle + v Q span / (2 n)`` is least at ``n = sqrt(v Q span / (2 c cycle))``.

    Parameters
    ----------
    riders : array_like of float
        Riders a day in both directions, shape (lines,).
    cycle : array_like of float
        Minutes of a cycle, shape (lines,), above 0.
    wait_value : float
        Yuan for an hour of waiting.
    cost_per_hour : float
        Yuan for an hour of a bus, above 0.
    span_hours : float
        Hours over which riders and trips are spread evenly.

    Returns
    -------
    numpy.ndarray of float
        Shape (lines,). Four times the riders ask for twice the trips. Riders who know the timetable wait
        less, so in the country this is a check from above.

    References
    ----------
    Mohring, Optimization and scale economies in urban bus transportation, American Economic Review 62 (1972).

    Examples
    --------
    >>> square_root_trips([100, 400], cycle=60, wait_value=10, cost_per_hour=60).round(2)
    array([10., 20.])
    """
    number = floats(riders, column="riders", low=0)
    time = floats(cycle, column="cycle", low=0)
    require(bool((time > 0).all()), column="cycle", rule="a cycle takes no time", mend="give minutes above 0")
    require(cost_per_hour > 0, column="cost_per_hour", rule="a bus costs nothing", mend="give yuan above 0")
    return np.asarray(np.sqrt(wait_value * number * span_hours / (2 * cost_per_hour * time / 60)))


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """What a service comes to.

    Parameters
    ----------
    villages, people : float
        Shares served, in [0, 1]; NaN where there is nobody.
    trips : float
        Trips a day, mean over people.
    wait, worst_wait : float
        Minutes of wait between trips spread evenly (half the headway): mean over people with any trip, and
        over the tenth of them who wait longest; NaN where nobody has a trip.
    """

    villages: float
    people: float
    trips: float
    wait: float
    worst_wait: float


def service_figures(
    trips: npt.ArrayLike, *, served: npt.ArrayLike, people: npt.ArrayLike, span_hours: float = 12.0
) -> ServiceFigures:
    """Shares of villages and people served, and waits.

    Parameters
    ----------
    trips : array_like of float
        Trips a day within a walk of each village, shape (villages,).
    served : array_like of bool
        Whether each is served, shape (villages,).
    people : array_like of float
        People of each, shape (villages,).
    span_hours : float
        Hours between the first and the last trip.

    Returns
    -------
    ServiceFigures

    Examples
    --------
    >>> service_figures([6, 2, 0], served=[True, False, False], people=[900, 100, 1000])
    ServiceFigures(villages=0.3333333333333333, people=0.45, trips=2.8, wait=72.0, worst_wait=180.0)
    """
    number, mass = floats(trips, column="trips", low=0), floats(people, column="people", low=0)
    flags = np.asarray(served, dtype=np.bool_)
    same = number.shape == mass.shape == flags.shape
    require(same, column="trips, served, people", rule="lengths differ", mend="give one for each village")
    total = float(mass.sum())
    has = number > 0
    wait, weight = 30.0 * span_hours / number[has], mass[has]
    return ServiceFigures(
        villages=float(flags.mean()) if flags.size else np.nan,
        people=float(mass[flags].sum()) / total if total else np.nan,
        trips=float(number @ mass) / total if total else np.nan,
        wait=float(wait @ weight / weight.sum()) if weight.sum() else np.nan,
        worst_wait=_worst_tenth(wait, weight) if weight.sum() else np.nan,
    )


def _worst_tenth(wait: Floats, weight: Floats) -> float:
    """Mean wait of the tenth of people who wait longest, the last village counted in part."""
    order = np.argsort(-wait, kind="stable")
    wait, weight = wait[order], weight[order]
    tenth = weight.sum() / 10
    before = np.cumsum(weight) - weight
    part = np.clip(tenth - before, 0, weight)
    return float(wait @ part / tenth)
