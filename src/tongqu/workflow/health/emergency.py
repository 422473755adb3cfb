"""Ambulances county by county: how well those of today cover calls, and where they would stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.methods.medical import (
    Ambulances,
    Hypercube,
    Response,
    draw_calls,
    hypercube,
    place_ambulances,
    run_calls,
)
from tongqu.workflow.health.calls import County, calls_of, counties_of, limit_of
from tongqu.workflow.health.ground import PERIODS, Base

__all__ = ["CASES", "Emergency", "emergency_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CASES: Final = ("today", "stations", "moves", "new")
"""Ambulances where they are; best among the stations of today; the same changing station between times of
the day; the same with new stations."""
NIGHT: Final = list(PERIODS["period"]).index("night")
SECONDS: Final = 30.0
"""Time limit of each county's program; the bundled region's counties take a second."""
GAP: Final = 1e-4
"""Gap at which it may stop."""
VARIATION: Final = 0.5
"""Standard deviation of the length of a call over its mean (assumed)."""
AMBULANCES: Final = (
    "unit",
    "level",
    "case",
    "calls",
    "vehicles",
    "vehicles_night",
    "norm",
    "stations",
    "expected",
    "corrected",
    "simulated",
    "error",
    "minutes",
    "late_minutes",
    "busy",
    "moves",
    "gap",
)
"""Columns of the comparison of cases."""
STEPS: Final = (-2, -1, 0, 1, 2, 3)
"""Ambulances less or more than today that are tried."""
FLEET: Final = ("unit", "vehicles", "more", "expected", "gained", "gap")
"""Columns of the trial of fewer and more ambulances."""
STATIONS: Final = (
    "case",
    "site",
    "unit",
    "county",
    "lon",
    "lat",
    *PERIODS["period"],
    "busy",
    "existing",
    "modelled",
)
"""Columns of stations."""


@dataclass(frozen=True, eq=False)
class Emergency:
    """Tables of ambulances.

    Parameters
    ----------
    table : DataFrame
        `AMBULANCES`: by place (whole, county) and case: calls a day; vehicles by day and at night, and those
        that the people would have by the norm; stations used; share of calls expected to be covered (the
        model's own measure, all vehicles equally busy), by the hypercube, and in simulation with its standard
        error; minutes to arrival and those that nine in ten calls keep within; busy share; moves a day; gap
        of the program.
    fleet : DataFrame
        `FLEET`: share of calls expected to be covered with some ambulances less or more than today, placed
        anew, by county; ``gained`` are calls a day covered beyond those with one ambulance less.
    stations : DataFrame
        `STATIONS`: vehicles at each station by time of day.
    covered : DataFrame
        By village and case: chance that a call finds a free ambulance in time, mean over the day; calls a
        year.
    assumed_vehicles : float
        Ambulances of stations whose number is not given, taken as one each, or all where no station is known.
    """

    table: pd.DataFrame
    fleet: pd.DataFrame
    stations: pd.DataFrame
    covered: pd.DataFrame
    assumed_vehicles: float


def emergency_of(base: Base, *, new: int, days: int, seed: int, progress: Progress = silent) -> Emergency:
    """Place the ambulances of every county in each case, and check by queueing and simulation.

    Parameters
    ----------
    base : Base
    new : int
        New stations of a county, at most.
    days : int
        Days simulated.
    seed : int
        Of the simulation.

    Raises
    ------
    DataError
        With every county whose calls take more time than its ambulances have.
    """
    calls = calls_of(base)
    rows: list[dict[str, object]] = []
    stations: list[pd.DataFrame] = []
    fleet: list[dict[str, object]] = []
    covered = pd.DataFrame({"calls": calls}, index=base.villages.index)
    known = counties_of(base, calls=calls)
    for number, (county, _) in enumerate(known):
        progress(Report("health_ambulances", done=number / len(known)))
        if county is None:
            continue
        fleet += _fleet(base, county)
        drawn = draw_calls(
            county.calls, starts=PERIODS["starts"], days=days, seed=seed + number, variation=VARIATION
        )
        for case, plan in _plans(base, county, new=new).items():
            queues = _queues(base, county, plan)
            found = run_calls(
                drawn,
                county.ways,
                placed=plan.placed,
                after=county.after,
                limit=limit_of(base),
                between=county.between,
            )
            rows.append(_row(base, county, plan, queues, found, case=case))
            stations.append(_station_rows(county, plan, queues, case=case))
            covered.loc[county.villages.index, case] = _chance(county, queues)
    table = pd.DataFrame(rows, columns=list(AMBULANCES))
    return Emergency(
        table=pd.concat([_whole(base, table), table], ignore_index=True) if len(table) else table,
        fleet=pd.DataFrame(fleet, columns=list(FLEET)),
        stations=pd.concat(stations, ignore_index=True) if stations else pd.DataFrame(columns=list(STATIONS)),
        covered=covered,
        assumed_vehicles=float(sum(guessed for _, guessed in known)),
    )


def _plans(base: Base, county: County, *, new: int) -> dict[str, Ambulances]:
    """The plan of each case; only with new stations where none stands."""
    stands = np.flatnonzero(county.candidates["existing"])
    asked: dict[str, Any] = {
        "limit": limit_of(base),
        "vehicles": county.vehicles,
        "busy": county.busy,
        "hours": base.hours,
        "existing": stands,
        "line": "lost",
        "gap": GAP,
        "seconds": SECONDS,
    }
    moves = int(base.assume["ambulance.moves"])
    worth = base.assume["ambulance.move_worth"]
    bays = county.candidates["capacity"].fillna(1.0).where(county.candidates["existing"], 0.0)
    cases: dict[str, Mapping[str, Any]] = {
        "today": {"room": bays.to_numpy(np.float64)},
        "stations": {"moves": 0},
        "moves": {"moves": moves, "worth": worth},
        "new": {"moves": moves, "worth": worth, "new": new},
    }
    if not stands.size:
        cases = {"new": {**cases["new"], "new": max(new, int(county.vehicles.max()))}}
    times = county.times
    return {case: place_ambulances(times, county.calls, **asked, **more) for case, more in cases.items()}


def _fleet(base: Base, county: County) -> list[dict[str, object]]:
    """Coverage with fewer and more ambulances at the stations of today, or anywhere where none stands."""
    stands = np.flatnonzero(county.candidates["existing"])
    most = int(county.vehicles.max())
    total = float(_weights(county, base.hours).sum())
    rows: list[dict[str, object]] = []
    before = float("nan")
    for step in STEPS:
        number = np.maximum(county.vehicles + step, 1)
        busy = county.busy * county.vehicles / number
        if most + step < 1 or (busy >= 1).any():
            continue
        plan = place_ambulances(
            county.times,
            county.calls,
            limit=limit_of(base),
            vehicles=number,
            busy=busy,
            hours=base.hours,
            existing=stands if stands.size else None,
            moves=0,
            line="lost",
            gap=GAP,
            seconds=SECONDS,
        )
        rows.append(
            {
                "unit": county.code,
                "vehicles": most + step,
                "more": step,
                "expected": plan.share,
                "gained": plan.share * total - before,
                "gap": plan.gap,
            }
        )
        before = plan.share * total
    return rows


def _queues(base: Base, county: County, plan: Ambulances) -> list[Hypercube]:
    """The hypercube of each period; calls that no road reaches are left out of it."""
    found = []
    for at, (way, rest) in enumerate(zip(county.ways, county.after, strict=True)):
        used = np.flatnonzero(plan.placed[:, at])
        reached = np.isfinite(way[:, used]).any(axis=1)
        found.append(
            hypercube(
                np.where(reached, county.calls[:, at], 0.0),
                way,
                placed=plan.placed[:, at],
                away=np.where(np.isfinite(way), way + rest, 0.0),
                limit=limit_of(base),
            )
        )
    return found


def _weights(county: County, hours: Floats) -> Floats:
    """Calls a day by place and period."""
    return county.calls * hours


def _chance(county: County, queues: list[Hypercube]) -> Floats:
    """Chance of an ambulance in time for a call of each place, over the day; nan without calls."""
    weight = _weights(county, PERIODS["hours"].to_numpy(np.float64))
    covered = np.stack([queue.covered for queue in queues], axis=1)
    whole = weight.sum(axis=1)
    good = (weight * covered).sum(axis=1)
    return np.asarray(np.divide(good, whole, out=np.full(whole.size, np.nan), where=whole > 0))


def _row(
    base: Base,
    county: County,
    plan: Ambulances,
    queues: list[Hypercube],
    found: Response,
    *,
    case: str,
) -> dict[str, object]:
    weight = _weights(county, base.hours)
    by_period = weight.sum(axis=0)
    covered = np.stack([queue.covered for queue in queues], axis=1)
    busy = np.array([queue.mean_busy for queue in queues])
    duty = base.hours * county.vehicles
    leave = base.assume["ambulance.leave"]
    return {
        "unit": county.code,
        "level": "county",
        "case": case,
        "calls": float(by_period.sum()),
        "vehicles": int(county.vehicles.max()),
        "vehicles_night": int(county.vehicles[NIGHT]),
        "norm": float(county.villages["people"].sum()) / base.assume["ambulance.people"],
        "stations": int((plan.placed.max(axis=1) > 0).sum()),
        "expected": plan.share,
        "corrected": float((weight * covered).sum() / by_period.sum()),
        "simulated": found.share,
        "error": found.error,
        "minutes": found.minutes + leave,
        "late_minutes": found.late_minutes + leave,
        "busy": float(busy @ duty / duty.sum()),
        "moves": int(plan.moves.sum()),
        "gap": plan.gap,
    }


def _whole(base: Base, table: pd.DataFrame) -> pd.DataFrame:
    """All counties together: sums, and means by calls (busy by vehicles); the errors are independent."""
    rows = []
    for case in CASES:
        mine = table[table["case"] == case]
        # A case that some county does not have cannot be set beside the others.
        if mine.empty or len(mine) < table["unit"].nunique():
            continue
        calls = mine["calls"].to_numpy(np.float64)
        share = calls / calls.sum()
        means = {
            name: float(share @ mine[name].to_numpy(np.float64))
            for name in ("expected", "corrected", "simulated", "minutes", "late_minutes")
        }
        # The nine-in-ten minutes of all counties do not follow from those of each.
        means["late_minutes"] = float("nan")
        rows.append(
            {
                "unit": base.whole,
                "level": "whole",
                "case": case,
                **{
                    name: mine[name].sum()
                    for name in ("calls", "vehicles", "vehicles_night", "norm", "stations", "moves")
                },
                **means,
                "error": float(np.sqrt(((share * mine["error"].to_numpy(np.float64)) ** 2).sum())),
                "busy": float((mine["busy"] * mine["vehicles"]).sum() / mine["vehicles"].sum()),
                "gap": float(mine["gap"].max()),
            }
        )
    return pd.DataFrame(rows, columns=list(AMBULANCES))


def _station_rows(county: County, plan: Ambulances, queues: list[Hypercube], *, case: str) -> pd.DataFrame:
    # A station that stands and is left empty is said, too.
    stands = county.candidates["existing"].to_numpy(dtype=np.bool_)
    used = np.flatnonzero((plan.placed.max(axis=1) > 0) | stands)
    mine = county.candidates.iloc[used]
    busy = np.stack([queue.busy for queue in queues], axis=1)[used]
    duty = plan.placed[used] * PERIODS["hours"].to_numpy(np.float64)
    spent, whole = (np.nan_to_num(busy) * duty).sum(axis=1), duty.sum(axis=1)
    mean = np.divide(spent, whole, out=np.full(whole.size, np.nan), where=whole > 0)
    return pd.DataFrame(
        {
            "case": case,
            "site": mine["site"].to_numpy(),
            "unit": mine["unit"].to_numpy(),
            "county": county.code,
            "lon": mine["lon"].to_numpy(),
            "lat": mine["lat"].to_numpy(),
            **{name: plan.placed[used, at] for at, name in enumerate(PERIODS["period"])},
            "busy": mean,
            "existing": mine["existing"].to_numpy(dtype=np.bool_),
            "modelled": mine["modelled"].to_numpy(dtype=np.bool_),
        }
    )[list(STATIONS)]
