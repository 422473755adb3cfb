"""Mobile clinics: rounds that visit every village beyond the circle every so many weeks.

Villages visited equally often share rounds, so that each interval is one search for rounds
(`tongqu.methods.rounds`); rounds are then laid on the days of a cycle, the busiest day as low as can be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.rounds import Rounds, Stops, Vehicle, Ways, impossible_stops, plan_rounds

__all__ = ["MobileRounds", "Visits", "lay_days", "plan_mobile"]

_LARGE: Final = float(np.finfo(np.float64).max)
WEEKS: Final = 52.0
"""Weeks of a year."""
MOST_WEEKS: Final = 52
"""Longest interval between visits, weeks."""
MOST_PARTS: Final = 20
"""Van days that the visit of one village may take."""
ROUND_COLUMNS: Final = (
    "base",
    "every",
    "round",
    "week",
    "day",
    "van",
    "sequence",
    "village",
    "arrival",
    "visit_minutes",
)
"""Columns of rounds; `arrival` in minutes of the day, the other numbers positions or counts."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Visits:
    """Villages to be visited, and for how long.

    Parameters
    ----------
    names : tuple of str
        What the villages are called in messages.
    base : array_like of int
        Base that each belongs to, position, shape (villages,).
    every : array_like of int
        Weeks from visit to visit, 1 to 52, shape (villages,).
    minutes : array_like of float
        Minutes of a visit, above 0, shape (villages,).
    """

    names: tuple[str, ...]
    base: npt.ArrayLike
    every: npt.ArrayLike
    minutes: npt.ArrayLike

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MobileRounds:
    """Rounds of mobile clinics over a cycle, and what they cost in a year.

    Parameters
    ----------
    rounds : pandas.DataFrame
        A row for each visit of each round: `ROUND_COLUMNS`. `week` and `day` (from 0) say when it first runs;
        it runs again every `every` weeks. `van` is the number of the van at the base on that day.
    vans : numpy.ndarray of int
        Vans needed at each base, shape (bases,).
    least_vans : numpy.ndarray of int
        No laying of these rounds on days needs fewer, shape (bases,).
    visits, km, hours, yuan : float
        A year.
    per_visit : float
        Yuan a visit; nan without visits.
    bound : float
        Yuan a year that no rounds of villages with like intervals can go below.
    unserved : Mapping of int to str
        Positions of villages that no round reaches, and why.
    """

    rounds: pd.DataFrame
    vans: Ints
    least_vans: Ints
    visits: float
    km: float
    hours: float
    yuan: float
    per_visit: float
    bound: float
    unserved: Mapping[int, str]


def plan_mobile(
    visits: Visits,
    ways: Sequence[Ways],
    *,
    van: Vehicle,
    days: int = 5,
    iterations: int = 200,
    seed: int = 1,
) -> MobileRounds:
    """Plan rounds of mobile clinics from bases to villages.

    Parameters
    ----------
    visits : Visits
        Villages, their base, interval and minutes.
    ways : sequence of Ways
        For each base: between it and its own villages, in their order.
    van : Vehicle
        The mobile clinic: cost a km, minute and day, start, end and shift. Its loads mean nothing here.
    days : int
        Days of a week on which vans go out, 1 to 7.
    iterations, seed
        Of the search for rounds; see `plan_rounds`.

    Returns
    -------
    MobileRounds
        A visit longer than a van day is cut into equal parts on several days. What cannot be served is named
        in `unserved`.

    Raises
    ------
    DataError
        If a value is missing or outside its range, or shapes do not fit.

    References
    ----------
    Periodic routing: Campbell, A. M., Wilson, J. H. (2014), Forty years of periodic vehicle routing,
    Networks 63, 2-15. One interval at a time leaves out rounds that mix intervals.

    Examples
    --------
    Two villages every week and one every second week, an hour and a half each:

    >>> visits = Visits(names=("a", "b", "c"), base=[0, 0, 0], every=[1, 1, 2], minutes=[90, 90, 90])
    >>> km = np.abs(np.subtract.outer([0.0, 10, 12, -20], [0.0, 10, 12, -20]))
    >>> van = Vehicle(name="clinic", per_km=1.0, per_day=600, starts=480, shift=480)
    >>> found = plan_mobile(visits, [Ways(km * 1.5, km)], van=van, iterations=20)
    >>> found.visits, found.vans.tolist(), round(found.per_visit)
    (130.0, [1], 378)
    """
    base, every, minutes = _checked(visits, bases=len(ways), days=days)
    van = replace(van, parcels=np.inf, kg=np.inf, count=0, reloads=0)
    rows: list[pd.DataFrame] = []
    sums = dict.fromkeys(("visits", "km", "hours", "yuan", "bound"), 0.0)
    unserved: dict[int, str] = {}
    vans, least = (np.zeros(len(ways), dtype=np.int64) for _ in range(2))
    for at, way in enumerate(ways):
        mine = np.flatnonzero(base == at)
        whole = way.checked(mine.size)
        found: list[tuple[int, pd.DataFrame]] = []
        for weeks in np.unique(every[mine]):
            one = _of_interval(
                visits, minutes, whole, mine=np.flatnonzero(every[mine] == weeks), own=mine, van=van,
                search=(iterations, seed),
            )  # fmt: skip
            unserved |= one.unserved
            found += [(int(weeks), trip) for trip in one.trips]
            times = WEEKS / float(weeks)
            for name, value in one.sums.items():
                sums[name] += value * times
        laid = lay_days([weeks for weeks, _ in found], days=days)
        vans[at], least[at] = laid.vans, laid.least
        for number, (weeks, trip) in enumerate(found):
            slot = {"week": laid.week[number], "day": laid.day[number], "van": laid.van[number]}
            rows.append(trip.assign(base=at, every=weeks, round=number, **slot))
    return MobileRounds(
        rounds=_joined(rows),
        vans=vans,
        least_vans=least,
        **sums,
        per_visit=sums["yuan"] / sums["visits"] if sums["visits"] > 0 else float("nan"),
        unserved=dict(sorted(unserved.items())),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """When each round first runs, with which van, and how many vans that takes."""

    week: Ints
    day: Ints
    van: Ints
    vans: int
    least: int


def lay_days(every: Sequence[int], *, days: int = 5) -> Laid:
    """Lay rounds that repeat every so many weeks on days, the most at once as few as it finds.

    Parameters
    ----------
    every : sequence of int
        Weeks from one run to the next of each round, 1 to 52.
    days : int
        Days of a week with rounds.

    Returns
    -------
    Laid
        `week`, `day` and `van` of each round, shapes (rounds,); `vans` the most on one day; `least` what no
        laying can go below: rounds a day on average, rounded up.

    Raises
    ------
    DataError
        If an interval or the number of days is out of range, or intervals have no common cycle of ten years.

    Notes
    -----
    The most frequent rounds are laid first, each on the day that has fewest so far in all weeks that it runs.
    Where every interval divides the next (1, 2, 4 weeks) this needs the least number of vans.

    Examples
    --------
    >>> laid = lay_days([2, 1, 2, 1], days=1)
    >>> laid.vans, laid.least, laid.week.tolist()
    (3, 3, [0, 0, 1, 0])
    """
    weeks = floats(every, column="every", low=1, high=MOST_WEEKS).astype(np.int64)
    floats([days], column="days", low=1, high=7)
    cycle = int(np.lcm.reduce(weeks)) if weeks.size else 1
    require(
        cycle <= 10 * MOST_WEEKS,
        column="every",
        rule="intervals that have no common cycle of ten years",
        mend="use intervals that divide one another, such as 1, 2 and 4 weeks",
    )
    load = np.zeros((cycle, days), dtype=np.int64)
    week, day, van = (np.zeros(weeks.size, dtype=np.int64) for _ in range(3))
    for number in np.argsort(weeks, kind="stable"):
        step = int(weeks[number])
        peak = load.reshape(cycle // step, step, days).max(axis=0)
        week[number], day[number] = np.unravel_index(int(peak.argmin()), peak.shape)
        van[number] = peak[week[number], day[number]]
        load[week[number] :: step, day[number]] = van[number] + 1
    mean = float((1.0 / weeks).sum()) / days if weeks.size else 0.0
    return Laid(week, day, van, int(load.max(initial=0)), int(np.ceil(mean - 1e-9)))


def _checked(visits: Visits, *, bases: int, days: int) -> tuple[Ints, Ints, Floats]:
    size = len(visits)
    every = floats(visits.every, column="every", low=1, high=MOST_WEEKS)
    minutes = floats(visits.minutes, column="minutes", low=1e-6, high=_LARGE)
    base = positions(np.asarray(visits.base), column="base", size=bases)
    floats([days], column="days", low=1, high=7)
    problems = [
        Problem(
            f"its shape is {one.shape}, not ({size},)", mend="give one value for each village", column=name
        )
        for name, one in (("base", base), ("every", every), ("minutes", minutes))
        if one.shape != (size,)
    ]
    if (every != np.rint(every)).any():
        problems.append(
            Problem(
                "intervals are not whole weeks", mend="give whole weeks, such as 1, 2 or 4", column="every"
            )
        )
    if problems:
        raise DataError(problems)
    return base, every.astype(np.int64), minutes


@dataclass(frozen=True, slots=True, eq=False)
class _Interval:
    """Rounds of one base and interval: their visits, and sums of one run of all."""

    trips: list[pd.DataFrame]
    sums: dict[str, float]
    unserved: dict[int, str]


def _of_interval(
    visits: Visits,
    minutes: Floats,
    ways: Ways,
    *,
    mine: Ints,
    own: Ints,
    van: Vehicle,
    search: tuple[int, int],
) -> _Interval:
    """Rounds of the villages at positions `mine` of the base's own villages `own`."""
    part = _parts(minutes[own[mine]], ways.of(mine), van=van)
    rows = np.repeat(mine, part)
    village = own[rows]
    length = minutes[village] / np.repeat(part, part)
    stops = Stops(names=tuple(visits.names[one] for one in village), parcels_in=1.0, service=length)
    way = ways.of(rows)
    wrong = impossible_stops(stops, way, vehicles=[van])
    plan = plan_rounds(
        stops, way, vehicles=[van], iterations=search[0], seed=search[1], leave_out=True
    )  # those that cannot be served are named below, once a village
    reasons = {int(spot): one.rule for spot, one in zip(wrong.stops, wrong.problems, strict=True)}
    unserved = {int(village[spot]): reasons.get(spot, rule) for spot, rule in plan.unserved.items()}
    trips = [_trip(one.stops, np.concatenate(one.arrivals), village, length) for one in plan.rounds]
    served = np.setdiff1d(np.arange(mine.size), np.flatnonzero(np.isin(own[mine], list(unserved))))
    return _Interval(trips, _sums(plan, visits=served.size), unserved)


def _sums(plan: Rounds, *, visits: int) -> dict[str, float]:
    return {
        "visits": float(visits),
        "km": plan.km,
        "hours": plan.minutes / 60.0,
        "yuan": plan.yuan,
        "bound": plan.bound,
    }


def _parts(minutes: Floats, ways: Ways, *, van: Vehicle) -> Ints:
    """Days that each visit takes: a van day less the way there and back."""
    way = np.asarray(ways.minutes)
    day = min(van.shift, van.ends - van.starts)
    left = day - way[0, 1:] - way[1:, 0]
    many = np.ceil(minutes / np.where(left > 0, left, 1.0) - 1e-9)
    return np.where((left > 0) & (many <= MOST_PARTS), np.maximum(many, 1), 1).astype(np.int64)


def _trip(stops: Ints, arrivals: Floats, village: Ints, length: Floats) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sequence": np.arange(1, stops.size + 1),
            "village": village[stops],
            "arrival": arrivals,
            "visit_minutes": length[stops],
        }
    )


def _joined(rows: list[pd.DataFrame]) -> pd.DataFrame:
    if not rows:
        return pd.DataFrame({name: np.empty(0, dtype=np.int64) for name in ROUND_COLUMNS})
    return pd.concat(rows, ignore_index=True)[list(ROUND_COLUMNS)]
