"""Ambulances county by county: how well those of today cover calls, and where they would stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.data.site_rules import MOST_VEHICLES
from tongqu.methods.medical import (
    Ambulances,
    Hypercube,
    Response,
    busy_shares,
    draw_calls,
    hypercube,
    place_ambulances,
    run_calls,
)
from tongqu.methods.reach import Times, times_from_matrix
from tongqu.methods.travel import minutes_matrix, nearest
from tongqu.sectors.population import people_by_sex
from tongqu.workflow.health.ground import KINDS, PERIODS, Base

__all__ = ["CASES", "Emergency", "emergency_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CASES: Final = ("today", "stations", "moves", "new")
"""Ambulances where they are; best among the stations of today; the same changing station between times of
the day; the same with new stations."""
ELDERS: Final = 60
"""Age from which people call more often (Law on the Protection of the Elderly: 60 and over)."""
HOURS_A_YEAR: Final = 365.0 * 24.0
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


@dataclass(frozen=True, eq=False)
class _County:
    """One county's calls and ways."""

    code: str
    villages: pd.DataFrame
    candidates: pd.DataFrame
    calls: Floats
    ways: tuple[Floats, ...]
    after: tuple[Floats, ...]
    between: Floats
    vehicles: Ints
    busy: Floats

    @property
    def times(self) -> list[Times]:
        """Ways of each period as pairs."""
        return [times_from_matrix(way) for way in self.ways]


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
    calls = _calls(base)
    rows: list[dict[str, object]] = []
    stations: list[pd.DataFrame] = []
    fleet: list[dict[str, object]] = []
    covered = pd.DataFrame({"calls": calls}, index=base.villages.index)
    known = _counties(base, calls=calls)
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
                limit=_limit(base),
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


def _counties(base: Base, *, calls: pd.Series) -> list[tuple[_County | None, float]]:
    """What is known of every county; see `_county`."""
    found, problems = [], []
    for code in base.region.level("county").index:
        try:
            found.append(_county(base, str(code), calls=calls))
        except DataError as error:
            problems += [
                replace(one, file="sites", column="capacity", value=str(code)) for one in error.problems
            ]
    if problems:
        raise DataError(problems)
    return found


def _limit(base: Base) -> float:
    """Minutes of driving within which an ambulance is in time."""
    return max(base.assume["ambulance.minutes"] - base.assume["ambulance.leave"], 0.0)


def _calls(base: Base) -> pd.Series:
    """Calls of each village in a year: older people call more often."""
    people = people_by_sex(base.region, base.state, assume=base.assume).T.groupby(level="age").sum().T
    first = np.array([int(str(age).rstrip("+").split("-")[0]) for age in people.columns])
    elders = people.loc[:, first >= ELDERS].sum(axis=1)
    rate = base.assume["ambulance.calls"]
    return rate * (people.sum(axis=1) + (base.assume["ambulance.elder_calls"] - 1.0) * elders)


def _by_period(base: Base, yearly: Floats) -> Floats:
    """Calls an hour in each period, shape (places, periods)."""
    weight = np.where(PERIODS["period"] == "night", base.assume["ambulance.night_calls"], 1.0)
    mean = float((weight * base.hours).sum()) / 24.0
    return np.asarray(yearly[:, np.newaxis] / HOURS_A_YEAR * weight / mean)


def _county(base: Base, code: str, *, calls: pd.Series) -> tuple[_County | None, float]:
    """What is known of a county, and how many of its vehicles are assumed; None where nothing can stand."""
    villages = base.villages[base.villages["county"] == code]
    candidates = _candidates(base, code)
    if villages.empty or candidates.empty or not calls.loc[villages.index].sum() > 0:
        return None, 0.0
    vehicles, guessed = _vehicles(base, candidates, people=float(villages["people"].sum()))
    if vehicles.max() > MOST_VEHICLES:
        rule = f"more than {MOST_VEHICLES} ambulances in a county"
        raise DataError([Problem(rule, mend="correct the vehicles of its stations")])
    spots = candidates["spot"].to_numpy(np.int64)
    homes = villages["spot"].to_numpy(np.int64)
    drive = minutes_matrix(base.road, origins=spots, targets=homes).T / base.assume["ambulance.speed"]
    between = minutes_matrix(base.road, origins=spots, targets=spots)
    # Nobody can be sent where no road leads: those calls count as not covered.
    rate = _by_period(base, calls.loc[villages.index].to_numpy(np.float64))
    ways = tuple(drive / speed for speed in base.speeds)
    fixed, driven = _rest(base, homes, spots, drive)
    after = tuple(base.assume["ambulance.scene"] + fixed + driven / speed for speed in base.speeds)
    served = rate * np.isfinite(drive).any(axis=1, keepdims=True)
    stands = candidates["existing"].to_numpy(dtype=np.bool_)
    used = np.flatnonzero(stands if stands.any() else ~stands)
    away = _mean_away(served, [way[:, used] for way in ways], [rest[:, used] for rest in after])
    busy = busy_shares(served.sum(axis=0), minutes=away, vehicles=vehicles)
    return _County(code, villages, candidates, rate, ways, after, between, vehicles, busy), guessed


def _candidates(base: Base, code: str) -> pd.DataFrame:
    """Stations of a county, then its hospitals without one, as possible new stations."""
    mine = base.stations[base.stations["county"] == code]
    others = base.sites[(base.sites["county"] == code) & base.sites["kind"].isin(KINDS[1:])]
    others = others[~others["spot"].isin(mine["spot"])].drop_duplicates("spot")
    # A station without any vehicle is a place where some could stand.
    return pd.concat(
        [mine.assign(existing=mine["capacity"] != 0), others.assign(existing=False)], ignore_index=True
    )


def _vehicles(base: Base, candidates: pd.DataFrame, *, people: float) -> tuple[Ints, float]:
    """Vehicles on duty in each period, and how many of those by day are assumed."""
    stands = candidates[candidates["existing"]]
    blank = float(stands["capacity"].isna().sum())
    number = round(float(stands["capacity"].fillna(1.0).sum()))
    if number == 0:
        number = max(int(np.ceil(people / base.assume["ambulance.people"])), 1)
        blank = float(number)
    night = max(round(number * base.assume["ambulance.night_share"]), 1)
    return np.where(PERIODS["period"] == "night", night, number).astype(np.int64), blank


def _rest(base: Base, homes: Ints, spots: Ints, drive: Floats) -> tuple[float, Floats]:
    """Minutes after the stay on the spot: fixed ones, and driving at the speed of the day."""
    share = base.assume["ambulance.transport"]
    large = base.sites[base.sites["kind"].isin(KINDS[2:])]
    large = large if len(large) else base.sites[base.sites["kind"].isin(KINDS[1:])]
    goals = large["spot"].to_numpy(np.int64)
    fixed = base.assume["ambulance.leave"] + share * base.assume["ambulance.handover"]
    if goals.size == 0:
        return fixed, drive
    found = nearest(base.road, targets=goals, origins=homes)
    home = minutes_matrix(base.road, origins=goals, targets=spots) / base.assume["ambulance.speed"]
    there = (found.minutes / base.assume["ambulance.speed"])[:, np.newaxis]
    taken = there + home[np.maximum(found.target, 0)]
    return fixed, np.where(np.isfinite(taken), share * taken + (1.0 - share) * drive, drive)


def _mean_away(calls: Floats, ways: Sequence[Floats], after: Sequence[Floats]) -> Floats:
    """Mean minutes of a call answered from the nearest station, in each period."""
    means = []
    for at, (way, rest) in enumerate(zip(ways, after, strict=True)):
        best = way.argmin(axis=1)
        row = np.arange(best.size)
        whole = np.where(np.isfinite(way[row, best]), way[row, best] + rest[row, best], 0.0)
        total = float(calls[:, at].sum())
        means.append(float(calls[:, at] @ whole) / total if total > 0 else 0.0)
    return np.array(means)


def _plans(base: Base, county: _County, *, new: int) -> dict[str, Ambulances]:
    """The plan of each case; only with new stations where none stands."""
    stands = np.flatnonzero(county.candidates["existing"])
    asked: dict[str, Any] = {
        "limit": _limit(base),
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


def _fleet(base: Base, county: _County) -> list[dict[str, object]]:
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
            limit=_limit(base),
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


def _queues(base: Base, county: _County, plan: Ambulances) -> list[Hypercube]:
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
                limit=_limit(base),
            )
        )
    return found


def _weights(county: _County, hours: Floats) -> Floats:
    """Calls a day by place and period."""
    return county.calls * hours


def _chance(county: _County, queues: list[Hypercube]) -> Floats:
    """Chance of an ambulance in time for a call of each place, over the day; nan without calls."""
    weight = _weights(county, PERIODS["hours"].to_numpy(np.float64))
    covered = np.stack([queue.covered for queue in queues], axis=1)
    whole = weight.sum(axis=1)
    good = (weight * covered).sum(axis=1)
    return np.asarray(np.divide(good, whole, out=np.full(whole.size, np.nan), where=whole > 0))


def _row(
    base: Base,
    county: _County,
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


def _station_rows(county: _County, plan: Ambulances, queues: list[Hypercube], *, case: str) -> pd.DataFrame:
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
