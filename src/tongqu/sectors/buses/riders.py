"""Who rides: what riders of lines pay in a year, and the school and market buses that end for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tongqu.contracts import Assume
from tongqu.methods.bus_lines import DAYS, merged_saving
from tongqu.methods.travel import minutes_matrix
from tongqu.sectors.buses.ground import Floats, Ground

__all__ = ["MERGED_TRIPS", "Riders", "minutes_to_seat", "riders_of"]

MERGED_TRIPS: Final = {"school": 2, "market": 3}
"""Trips a day without which a line cannot take them: there and back; home from market is one more."""


@dataclass(frozen=True, slots=True, eq=False)
class Riders:
    """Riders of a line by village, arrays of shape (villages,).

    Parameters
    ----------
    pupils, market : numpy.ndarray of float
        Riders of buses of their own today whom a line can take, on a day of school or market.
    fares : numpy.ndarray of float
        Yuan a year that riders of a line pay.
    saving : numpy.ndarray of float
        Yuan a year saved where a line takes pupils and people to market.
    """

    pupils: Floats
    market: Floats
    fares: Floats
    saving: Floats


def minutes_to_seat(ground: Ground) -> Floats:
    """Minutes by car from each village to its town's seat on any road; inf without a way or a seat."""
    away = np.full(ground.spot.size, np.inf)
    hub, place = np.unique(ground.seats, return_inverse=True)
    minutes = minutes_matrix(ground.network, origins=ground.spot, targets=hub)
    has = np.flatnonzero(ground.town >= 0)
    away[has] = minutes[has, place[ground.town[has]]]
    return away


def riders_of(people: Floats, *, minutes: Floats, trips: int, assume: Assume) -> Riders:
    """Riders of lines that make so many trips a day.

    Parameters
    ----------
    people : numpy.ndarray of float
        People of each village, shape (villages,).
    minutes : numpy.ndarray of float
        Of `minutes_to_seat`, shape (villages,).
    trips : int
        Trips a day each way.
    assume : Assume
        Standards.

    Examples
    --------
    >>> from tongqu.contracts import Scenario
    >>> from tongqu.data import load_region
    >>> assume = Assume.of(load_region("tests/data/tiny")["standards"], Scenario())
    >>> two = riders_of(np.array([1000.0]), minutes=np.array([20.0]), trips=2, assume=assume)
    >>> two.pupils, two.market
    (array([5.]), array([0.]))
    """
    reached = np.isfinite(minutes)
    by_bus = np.where(reached, minutes, 0.0) * assume["bus.factor"]
    number = {
        what: people * assume[f"bus.{what}_riders"] * (reached & (trips >= least))
        for what, least in MERGED_TRIPS.items()
    }
    saved = [
        merged_saving(
            riders,
            minutes=by_bus,
            seats=assume["bus.seats"],
            days=assume[f"bus.{what}_days"],
            cost_per_hour=assume["bus.cost_per_hour"],
        )
        for what, riders in number.items()
    ]
    return Riders(
        pupils=number["school"],
        market=number["market"],
        fares=people * assume["bus.rides"] * assume["bus.fare"] * DAYS,
        saving=np.asarray(sum(saved)),
    )
