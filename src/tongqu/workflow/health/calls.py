"""Calls for ambulances of each county, the ways to them, and the ambulances that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data.site_rules import MOST_VEHICLES
from tongqu.methods.medical import busy_shares
from tongqu.methods.reach import Times, times_from_matrix
from tongqu.methods.travel import minutes_matrix, nearest
from tongqu.sectors.population import people_by_sex
from tongqu.workflow.health.ground import KINDS, PERIODS, Base

__all__ = ["County", "calls_of", "counties_of", "limit_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ELDERS: Final = 60
"""Age from which people call more often (Law on the Protection of the Elderly: 60 and over)."""
HOURS_A_YEAR: Final = 365.0 * 24.0


@dataclass(frozen=True, eq=False)
class County:
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


def counties_of(base: Base, *, calls: pd.Series) -> list[tuple[County | None, float]]:
    """What is known of every county, and how many of its vehicles are assumed; None where nothing can stand.

    Raises
    ------
    DataError
        With every county that has too many vehicles, or whose calls take more time than they have.
    """
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


def limit_of(base: Base) -> float:
    """Minutes of driving within which an ambulance is in time."""
    return max(base.assume["ambulance.minutes"] - base.assume["ambulance.leave"], 0.0)


def calls_of(base: Base) -> pd.Series:
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


def _county(base: Base, code: str, *, calls: pd.Series) -> tuple[County | None, float]:
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
    return County(code, villages, candidates, rate, ways, after, between, vehicles, busy), guessed


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
