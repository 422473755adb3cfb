"""Services without and with the plan: people by county, state of every village, who is still without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.views.tables.stored import CASES, Case, Stored

__all__ = [
    "AMBULANCE",
    "BEFORE",
    "BUSY",
    "NEW",
    "NO_DEMAND",
    "ORDER",
    "SERVED",
    "WITHOUT",
    "Services",
    "services_of",
    "standards_of",
]

SERVED: Final = 0.999
"""A village counts as served when this share of its demand is."""

AMBULANCE: Final = "ambulance"
"""A service of chances: no village is ever served for sure."""
BUSY: Final = "ambulance.busy"
"""Standard: share of time in which a vehicle is busy."""

NO_DEMAND, BEFORE, NEW, WITHOUT = 0, 1, 2, 3
"""State of a village: nobody to serve, served without the plan, by the plan only, not (fully) served."""

UNSERVED: Final = 20
"""Length of the list of villages still without a service."""

ORDER: Final = (
    *("medical_circle", "clinic", "county_hospital", "graded_road"),
    *("ambulance", "primary_ride", "junior_ride"),
    *("nursery_place", "primary_place", "junior_place", "senior_place"),
    *("day_care", "day_care_priority", "meals", "meals_priority", "child_care", "child_care_priority"),
    *("service_hall", "bus", "parcel_point", "network"),
)
"""Order of the services that the package knows; others follow by name."""


@dataclass(frozen=True)
class Services:
    """Services of the villages; people unless stated.

    Parameters
    ----------
    names : tuple of str
        Services of the run, without ``served.``.
    counties : DataFrame
        By service and county in the last year: ``demand``, ``base`` and ``plan`` (served without and with).
    totals : DataFrame
        The same for all counties together, by service.
    states : mapping of str to array of int
        By service, shape (villages, years): ``NO_DEMAND``, ``BEFORE``, ``NEW`` or ``WITHOUT``.
    villages : DataFrame
        By service and county: number of villages in each state in the last year.
    unserved : DataFrame
        Villages with most people without: ``service, unit, people, minutes``; minutes to the nearest place of
        the service with the plan, NaN where the run has none.
    limits : mapping of str to float
        Minutes that still count, by service.
    """

    names: tuple[str, ...]
    counties: pd.DataFrame
    totals: pd.DataFrame
    states: Mapping[str, npt.NDArray[np.int8]]
    villages: pd.DataFrame
    unserved: pd.DataFrame
    limits: Mapping[str, float]

    def added(self, *names: str) -> float:
        """People that the plan serves more in the last year, summed over the services that the run has."""
        mine = self.totals[self.totals.index.isin(names)]
        return float((mine["plan"] - mine["base"]).sum())


def services_of(stored: Stored) -> Services:
    """Give the services without and with the plan."""
    found = {v.removeprefix("served.") for _, v in stored.cube.values if v.startswith("served.")}
    names = tuple([name for name in ORDER if name in found] + sorted(found - set(ORDER)))
    counties = _counties(stored, names)
    states = {name: _states(stored, name) for name in names}
    return Services(
        names=names,
        counties=counties,
        totals=counties.groupby(level="service").sum().reindex(list(names)),
        states=states,
        villages=_villages(stored, states),
        unserved=pd.concat([_unserved(stored, name) for name in names], ignore_index=True),
        limits=_limits(stored, names),
    )


def _counties(stored: Stored, names: tuple[str, ...]) -> pd.DataFrame:
    county = stored.county_of(stored.cube.villages)
    parts = {}
    for name in names:
        columns = {"demand": stored.cube.last("plan", f"demand.{name}")}
        columns |= {case: stored.cube.last(case, f"served.{name}") for case in CASES}
        by = pd.DataFrame(columns).groupby(county).sum()
        parts[name] = by.reindex(list(stored.counties), fill_value=0.0)
    return pd.concat(parts, names=["service", "unit"])


def _share(stored: Stored, case: Case, *, name: str) -> npt.NDArray[np.float64]:
    """Share of the demand that is served, shape (villages, years); NaN where there is none."""
    demand = stored.cube.of(case, f"demand.{name}")
    served = stored.cube.of(case, f"served.{name}")
    share: npt.NDArray[np.float64] = np.full(demand.shape, np.nan)
    np.divide(served, demand, out=share, where=demand > 0)
    return share


def _states(stored: Stored, name: str) -> npt.NDArray[np.int8]:
    base, plan = (_share(stored, case, name=name) for case in CASES)
    served = SERVED
    if name == AMBULANCE:  # served as soon as one vehicle is near enough
        served *= 1.0 - standards_of(stored).get(BUSY, 0.0)
    state = np.select([np.isnan(plan), plan < served, base >= served], [NO_DEMAND, WITHOUT, BEFORE], NEW)
    return state.astype(np.int8)


def _villages(stored: Stored, states: Mapping[str, npt.NDArray[np.int8]]) -> pd.DataFrame:
    county = stored.county_of(stored.cube.villages)
    parts = {
        name: pd.crosstab(county, values[:, -1]).reindex(
            index=list(stored.counties), columns=[NO_DEMAND, BEFORE, NEW, WITHOUT], fill_value=0
        )
        for name, values in states.items()
    }
    return pd.concat(parts, names=["service", "unit"])


def _unserved(stored: Stored, name: str) -> pd.DataFrame:
    demand, served = (stored.cube.last("plan", f"{kind}.{name}") for kind in ("demand", "served"))
    lacking = pd.Series(demand - served, index=list(stored.cube.villages))
    minutes = f"minutes.{name}"
    known = stored.cube.last("plan", minutes) if minutes in stored.cube else np.full(len(lacking), np.nan)
    table = pd.DataFrame(
        {"service": name, "unit": lacking.index, "people": lacking.to_numpy(), "minutes": known}
    )
    mine = table[table["people"] >= 0.5]
    return mine.sort_values(["people", "unit"], ascending=[False, True]).head(UNSERVED)


def _limits(stored: Stored, names: tuple[str, ...]) -> dict[str, float]:
    standards = standards_of(stored)
    found = {}
    for name in names:
        for key in (f"minutes.{name}", f"minutes.{name}_walk"):
            if key in standards:
                found[name] = standards[key]
    return found


def standards_of(stored: Stored) -> dict[str, float]:
    """Values of the standards in force: the region's with the scenario's changes."""
    table = stored.run.region["standards"]
    found = zip(table["standard"], table["value"], strict=True)
    return {str(name): float(value) for name, value in found} | dict(stored.run.scenario.assume)
