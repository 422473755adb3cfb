"""Who needs a service and who has it, village by village, in the first year and in the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import PRIORITY
from tongqu.methods.limits import within
from tongqu.views.tables.services import AMBULANCE, BUSY, SERVED, standards_of
from tongqu.views.tables.stored import Case, Stored

__all__ = [
    "NEW",
    "NOBODY",
    "NONE",
    "PARTLY",
    "WHOLLY",
    "Reach",
    "optional",
    "reached",
    "share_of",
]

Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int8]

NOBODY, WHOLLY, NEW, NONE, PARTLY = 0, 1, 2, 3, 4
"""State of a village on a map: nobody to serve, served, served by the plan only, not served, in part."""
LITTLE: Final = 1e-3
"""Share of a village's people up to which nobody counts as served."""


@dataclass(frozen=True, eq=False)
class Reach:
    """A service by village: people who need it and who have it, shape (villages,).

    Parameters
    ----------
    first_demand, first : numpy.ndarray of float
        Need and served in the first year, without the plan.
    demand, base, plan : numpy.ndarray of float
        Need with the plan, and served without and with it, in the last year.
    base_demand : numpy.ndarray of float
        Need without the plan in the last year.
    minutes : numpy.ndarray of float
        To the nearest place of the service with the plan in the last year; NaN where the run does not say.
    limit : float
        Minutes that still count; NaN where there is none.
    parts : tuple of float
        Shares up to which nobody, and from which everybody of a village counts as served on a map.
    """

    first_demand: Floats
    first: Floats
    demand: Floats
    base: Floats
    plan: Floats
    base_demand: Floats
    minutes: Floats
    limit: float
    parts: tuple[float, float] = (LITTLE, SERVED)

    def state(self, case: Case) -> States:
        """State of each village on the map without or with the plan."""
        before, after = share_of(self.base, self.base_demand), share_of(self.plan, self.demand)
        now = before if case == "base" else after
        none, whole = self.parts
        new = (case == "plan") & ~(before >= whole)
        found = np.select([np.isnan(now), now <= none, now < whole, new], [NOBODY, NONE, PARTLY, NEW], WHOLLY)
        return found.astype(np.int8)


def share_of(served: npt.ArrayLike, demand: npt.ArrayLike) -> Floats:
    """Served over demand; NaN where nobody asks.

    Examples
    --------
    >>> share_of([3.0, 0.0], [4.0, 0.0]).tolist()
    [0.75, nan]
    """
    whole = np.asarray(demand, dtype=np.float64)
    share: Floats = np.full(whole.shape, np.nan)
    np.divide(np.asarray(served, dtype=np.float64), whole, out=share, where=whole > 0)
    return share


def optional(stored: Stored, table: str) -> pd.DataFrame | None:
    """A table that runs of earlier versions do not have; None without it.

    Raises
    ------
    RunError
        If it is there and cannot be read.
    """
    return stored.run[table] if f"{table}.parquet" in stored.run.manifest["files"] else None


def reached(stored: Stored, services: Sequence[str]) -> Iterator[tuple[str, Reach]]:
    """Give the services that somebody needs in the last year, in order."""
    cube, standards = stored.cube, standards_of(stored)
    nothing = np.full(len(cube.villages), np.nan)
    for name in services:
        if name == "city_hospital":
            city = _city_hospital(stored, limit=standards.get(f"minutes.{name}", np.nan))
            if city is not None:
                yield name, city
            continue
        if f"served.{name}" not in cube or not cube.last("plan", f"demand.{name}").sum() > 0:
            continue
        minutes = f"minutes.{name}"
        yield (
            name,
            Reach(
                first_demand=cube.of("base", f"demand.{name}")[:, 0],
                first=cube.of("base", f"served.{name}")[:, 0],
                demand=cube.last("plan", f"demand.{name}"),
                base=cube.last("base", f"served.{name}"),
                plan=cube.last("plan", f"served.{name}"),
                base_demand=cube.last("base", f"demand.{name}"),
                minutes=cube.last("plan", minutes) if minutes in cube else nothing,
                limit=_limit(name, standards),
                parts=_parts(name, standards),
            ),
        )


def _limit(name: str, standards: Mapping[str, float]) -> float:
    """Minutes that still count; NaN where a service has none."""
    plain = name.removesuffix(PRIORITY)
    stage, _, what = plain.partition("_")
    keys = [f"minutes.{plain}", f"minutes.{plain}_walk", f"{plain}.minutes"]
    keys += [f"minutes.{stage}_ride"] if what == "place" else []
    return next((standards[key] for key in keys if key in standards), np.nan)


def _parts(name: str, standards: Mapping[str, float]) -> tuple[float, float]:
    """Of ambulances nobody is sure: two within the limit count as served, one as in part."""
    if name == AMBULANCE and BUSY in standards:
        return LITTLE, (1.0 - standards[BUSY] ** 2) * SERVED
    return LITTLE, SERVED


def _city_hospital(stored: Stored, *, limit: float) -> Reach | None:
    """All people by minutes to a hospital of the city; None where the run does not say."""
    table = optional(stored, "results/reach")
    mine = None if table is None else table[table["tier"] == "city_hospital"]
    if mine is None or mine.empty or np.isnan(limit):
        return None
    wide = mine.set_index(["case", "year", "unit"])["minutes"]
    units = list(stored.cube.villages)

    def minutes(case: Case, year: int) -> Floats:
        return np.asarray(wide.loc[case].loc[year].reindex(units), dtype=np.float64)

    def inside(case: Case, year: int, people: Floats) -> Floats:
        return np.where(within(minutes(case, year), limit), people, 0.0)

    first = stored.cube.of("base", "people.total")[:, 0]
    last, without = (stored.cube.last(case, "people.total") for case in ("plan", "base"))
    return Reach(
        first_demand=first,
        first=inside("base", stored.first, first),
        demand=last,
        base=inside("base", stored.last, without),
        plan=inside("plan", stored.last, last),
        base_demand=without,
        minutes=minutes("plan", stored.last),
        limit=limit,
    )
