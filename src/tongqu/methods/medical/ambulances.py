"""Ambulances where they cover most calls although some are busy: expected coverage, by time of day.

Maximum expected covering (Daskin 1983) as an integer program with a bound, over several periods of the day
that share their stations, with a limit on vehicles that change place between periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats
from tongqu.methods.medical._ambulance_case import (
    Case,
    case_of,
    covered_of,
    greedy,
    moves_of,
    near_of,
    objective_of,
)
from tongqu.methods.medical._ambulance_program import program
from tongqu.methods.medical.queueing import Line
from tongqu.methods.reach import Times

__all__ = ["Ambulances", "place_ambulances"]

_LARGE: Final = float(np.finfo(np.float64).max)
SAME: Final = 1e-7
"""Share of the value within which bound and value are one: the solver's own tolerance."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ambulances:
    """Where ambulances stand in each period, and what they are expected to cover.

    Parameters
    ----------
    placed : numpy.ndarray of int
        Vehicles at each station and period, shape (stations, periods).
    near : numpy.ndarray of int
        Vehicles within the limit of each place, shape (places, periods).
    covered : numpy.ndarray of float
        Chance that one of them is free, shape (places, periods).
    opened : numpy.ndarray of int
        Stations used that do not stand today, positions.
    moves : numpy.ndarray of int
        Vehicles that come to a station from another when a period begins, shape (periods,).
    value : float
        Calls a day expected to be covered.
    share : float
        The same over all calls; nan without calls.
    objective, bound : float
        `value` less what moves count, and what no plan can exceed.
    gap : float
        (bound - objective) / bound, 0 where the plan is proven best.
    """

    placed: Ints
    near: Ints
    covered: Floats
    opened: Ints
    moves: Ints
    value: float
    share: float
    objective: float
    bound: float
    gap: float


def place_ambulances(
    times: Sequence[Times],
    calls: npt.ArrayLike,
    *,
    limit: float,
    vehicles: npt.ArrayLike,
    busy: npt.ArrayLike,
    hours: npt.ArrayLike,
    room: npt.ArrayLike | None = None,
    least: npt.ArrayLike = 0,
    existing: npt.ArrayLike | None = None,
    new: int = 0,
    moves: int | None = None,
    worth: float = 0.0,
    line: Line | None = None,
    gap: float = 0.0,
    seconds: float = 60.0,
) -> Ambulances:
    """Place ambulances so that the most calls are expected to find a free one within the limit.

    Parameters
    ----------
    times : sequence of Times
        From stations to places: pairs of place (origin) and station (site) at the speed of each period.
    calls : array_like of float
        Calls an hour, shape (places, periods), 0 or more.
    limit : float
        Minutes within which a place is covered.
    vehicles : array_like of int
        Vehicles on duty in each period, shape (periods,); all are placed.
    busy : array_like of float
        Share of the time that a vehicle is busy, shape (periods,), in [0, 1).
    hours : array_like of float
        Length of each period, shape (periods,), above 0.
    room : array_like of int, optional
        Most vehicles of each station, shape (stations,); no limit when left out.
    least : array_like of int
        Vehicles that each station keeps in every period, one number or shape (stations,).
    existing : array_like of int, optional
        Stations that stand today, positions; all when left out.
    new : int
        Other stations that may be opened, at most.
    moves : int, optional
        Vehicles that may change place when a period begins, besides those that come on duty; the day goes
        round, so that the first period follows the last. No limit when left out.
    worth : float
        Calls a day that a change of place must bring.
    line : {"lost", "queue"}, optional
        As in `coverage_gains`.
    gap : float
        Relative gap that is good enough.
    seconds : float
        Time limit; what is found by then comes back with its gap.

    Returns
    -------
    Ambulances

    Raises
    ------
    DataError
        If a value is missing or outside its range, shapes do not fit, or there is less room than vehicles;
        all problems at once.

    References
    ----------
    Daskin, M. S. (1983), A maximum expected covering location model: formulation, properties and heuristic
    solution, Transportation Science 17, 48-70. Periods and moves: Repede, J. F., Bernardo, J. J. (1994),
    Developing and validating a decision support system for locating emergency medical vehicles in
    Louisville, Kentucky, European Journal of Operational Research 75, 567-581.

    Examples
    --------
    Two places of 6 and 4 calls an hour, each with its own station; one vehicle is busy half the time, so
    that the third vehicle brings more beside the first (a quarter of 6) than beside the second (of 4):

    >>> from tongqu.methods.reach import times_from_matrix
    >>> near = times_from_matrix([[5, 40], [40, 5]])
    >>> found = place_ambulances([near], [[6.0], [4.0]], limit=15, vehicles=[3], busy=[0.5], hours=[24])
    >>> found.placed.ravel(), found.value / 24, found.gap
    (array([2, 1]), 6.5, 0.0)
    """
    case = case_of(
        times, calls, limit=limit, vehicles=vehicles, busy=busy, hours=hours, room=room, least=least,
        existing=existing, new=new, moves=moves, worth=worth, line=line,
    )  # fmt: skip
    floats([gap, seconds], column="gap, seconds", low=0, high=_LARGE)
    best = greedy(case)
    bound = float((case.calls * case.hours).sum())
    if case.stations and bound > 0:
        placed, bound = program(case, gap=gap, seconds=seconds)
        if placed is not None and objective_of(case, placed) >= objective_of(case, best):
            best = placed
    return _result(case, best, bound=bound)


def _result(case: Case, placed: Ints, *, bound: float) -> Ambulances:
    covered = covered_of(case, placed)
    weight = case.calls * case.hours
    value, whole = float((weight * covered).sum()), float(weight.sum())
    objective = objective_of(case, placed)
    bound = objective if bound - objective <= SAME * max(abs(objective), 1.0) else bound
    return Ambulances(
        placed=placed,
        near=near_of(case, placed),
        covered=covered,
        opened=np.flatnonzero((placed.max(axis=1) > 0) & ~case.stands),
        moves=moves_of(case, placed),
        value=value,
        share=value / whole if whole > 0 else float("nan"),
        objective=objective,
        bound=bound,
        gap=(bound - objective) / bound if bound > 0 else 0.0,
    )
