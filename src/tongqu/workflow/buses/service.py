"""Who has a bus today, and why not: villages with the people who need one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, Progress
from tongqu.contracts import Assume, Scenario
from tongqu.data import Region
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.sectors.buses.ground import Ground, Today, ground_of, today_of
from tongqu.sectors.buses.parameters import check_parameters
from tongqu.workflow.travel.places import writers_of

__all__ = ["REASONS", "Service", "assume_of", "service_of", "wrong_trips"]

REASONS: Final = ("no_bus", "too_far", "too_few")
"""Why a village has no bus: none at all, its stop beyond the walk, too few trips."""
STATES: Final = ("people.rural", "links.minutes")
"""State variables that the study rests on."""
LEAST_TRIPS: Final = "bus.least_trips"
MOST_TRIPS: Final = 40
"""Most trips a day that may be asked for."""
TABLE: Final = "village_buses"


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """Bus service by village, in the order of codes.

    Parameters
    ----------
    ground : Ground
        Roads and seats.
    today : Today
        Trips, walks and buses on demand as they are.
    people : numpy.ndarray of float
        Rural people in the year of the study, shape (villages,).
    served : numpy.ndarray of bool
        Whether a village has a bus today, whoever lives there.
    reason : numpy.ndarray of str
        Of `REASONS` where rural people have no bus, else blank.
    need : numpy.ndarray of int
        Trips a day that are missing, 1 or more, shape (villages,).
    modelled : numpy.ndarray of bool
        Whether the service of a village is modelled.
    """

    ground: Ground
    today: Today
    people: npt.NDArray[np.float64]
    served: npt.NDArray[np.bool_]
    reason: npt.NDArray[np.object_]
    need: npt.NDArray[np.int64]
    modelled: npt.NDArray[np.bool_]

    @property
    def wanted(self) -> npt.NDArray[np.bool_]:
        """Villages with rural people and without a bus."""
        return (self.people > 0) & ~self.served


def wrong_trips(least_trips: float | None, budget_wan: float | None) -> list[Problem]:
    """Problems of the numbers that are asked for; see `tongqu.buses`."""
    problems = []
    if least_trips is not None and not (1 <= least_trips <= MOST_TRIPS and float(least_trips).is_integer()):
        mend = f"give a whole number from 1 to {MOST_TRIPS}"
        problems.append(
            Problem("a number of trips out of range", mend=mend, column="least_trips", value=str(least_trips))
        )
    if budget_wan is not None and not 0 <= budget_wan < np.inf:
        mend = "name an amount of 10 000 yuan a year that is not below 0"
        problems.append(
            Problem("a budget out of range", mend=mend, column="budget_wan", value=str(budget_wan))
        )
    return problems


def assume_of(region: Region, scenario: Scenario, *, least_trips: int | None) -> Assume:
    """Standards in force, with the trips that are asked for.

    Raises
    ------
    ScenarioError
        If a standard of buses cannot be.
    """
    assume = Assume.of(region["standards"], scenario)
    if least_trips is not None:
        assume = replace(assume, values=assume.values.where(assume.values.index != LEAST_TRIPS, least_trips))
    check_parameters({str(name): float(value) for name, value in assume.values.items()})
    return assume


def service_of(region: Region, scenario: Scenario, *, assume: Assume, progress: Progress) -> Service:
    """Service of the first year of a scenario: today's buses for the people who are there then.

    Raises
    ------
    DataError
        If the region has no bus service, or lacks tables that people and roads need.
    """
    today = today_of(region)
    if today is None:
        mend = f"add {TABLE}: trips a day and the walk to the stop of each village, 0 trips without a bus"
        raise DataError([Problem("the region has no bus service", mend=mend, file=TABLE)])
    sectors = writers_of(STATES)
    if problems := missing_tables(region, sectors):
        raise DataError(problems)
    years = [scenario.first_year]
    state = simulate(region, sectors, scenario=scenario, assume=assume, years=years, progress=progress)[0]
    ground = ground_of(region, today, minutes=state["links.minutes"], assume=assume)
    villages = ground.villages.index
    people = state["people.rural"].reindex(villages).to_numpy(dtype=np.float64)
    served = today.served(assume).reindex(villages).to_numpy(dtype=np.bool_)
    trips, walk = (part.reindex(villages).to_numpy(np.float64) for part in (today.trips, today.walk))
    near = walk <= assume["bus.walk_limit"]
    reason = np.select([trips <= 0, ~near], ["no_bus", "too_far"], "too_few").astype(object)
    least = assume[LEAST_TRIPS]
    missing = np.where(near, np.maximum(least - trips, 1.0), least)
    return Service(
        ground=ground,
        today=today,
        people=people,
        served=served,
        reason=np.where((people > 0) & ~served, reason, ""),
        need=np.ceil(missing).astype(np.int64),
        modelled=_modelled(region, villages),
    )


def _modelled(region: Region, villages: pd.Index) -> npt.NDArray[np.bool_]:
    """Whether trips or walk of a village are modelled; without a row nothing is known, so that is not."""
    table = region[TABLE].set_index("unit").reindex(villages)
    columns = table["modelled_columns"].fillna("").astype(str).str.split(";")
    some = columns.map(lambda names: not any(names) or bool({"trips", "walk_m", "on_demand"} & set(names)))
    return (table["modelled"].astype("boolean").fillna(False).astype(bool) & some).to_numpy(dtype=np.bool_)
