"""Calls of many days, drawn once, and how ambulances answer them: the check on expected coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.medical.queueing import Line
from tongqu.methods.travel import within

__all__ = ["Calls", "Response", "draw_calls", "run_calls"]

_LARGE: Final = float(np.finfo(np.float64).max)
DAY: Final = 1440.0
"""Minutes of a day."""
WEEK: Final = 7 * DAY
"""Minutes of a week: weeks are the batches that the error is estimated from."""
MOST_CALLS: Final = 5_000_000
"""Calls up to which they fit into memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """Calls in the order of time; drawn before any plan, so that plans are compared on the same days.

    Parameters
    ----------
    minute : numpy.ndarray of float
        Minutes since the start, shape (calls,).
    place : numpy.ndarray of int
        Where, positions, shape (calls,).
    luck : numpy.ndarray of float
        How long it takes on the spot and after over the mean, mean 1, shape (calls,).
    starts : numpy.ndarray of float
        Hours of the day at which periods begin, shape (periods,).
    days : int
        Days drawn.
    """

    minute: Floats
    place: Ints
    luck: Floats
    starts: Floats
    days: int

    @property
    def period(self) -> Ints:
        """Period of each call."""
        return _period(self.minute, self.starts)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Response:
    """How the calls were answered.

    Parameters
    ----------
    calls : int
        Calls run.
    share : float
        Share of calls that an ambulance reached within the limit, waiting included; nan without calls.
    error : float
        Standard error of `share` from weeks as batches; nan below two weeks.
    by_period : numpy.ndarray of float
        The same share by period, shape (periods,).
    by_place : numpy.ndarray of float
        The same share by place, shape (places,); nan where nobody called.
    minutes : float
        Mean minutes from call to arrival.
    late_minutes : float
        Minutes that nine in ten calls are answered within (90th percentile).
    busy : numpy.ndarray of float
        Share of their time on duty that vehicles are away, by period of the call, shape (periods,).
    none_free : float
        Share of calls that found no vehicle free.
    """

    calls: int
    share: float
    error: float
    by_period: Floats
    by_place: Floats
    minutes: float
    late_minutes: float
    busy: Floats
    none_free: float


def draw_calls(
    calls: npt.ArrayLike, *, starts: npt.ArrayLike, days: int, seed: int, variation: float = 1.0
) -> Calls:
    """Draw the calls of so many days: Poisson in time and place, gamma in length.

    Parameters
    ----------
    calls : array_like of float
        Calls an hour, shape (places, periods).
    starts : array_like of float
        Hours of the day at which periods begin, rising, in [0, 24), shape (periods,); the last goes on until
        the first of the next day.
    days : int
        Days, 1 or more.
    seed : int
        Of the draw, 0 or more.
    variation : float
        Standard deviation of the length of a call over its mean: 1 exponential, 0 always the mean.

    Returns
    -------
    Calls

    Raises
    ------
    DataError
        If a value is missing or outside its range, or shapes do not fit.

    Examples
    --------
    >>> drawn = draw_calls([[0.5, 0.1], [0.2, 0.0]], starts=[7, 22], days=100, seed=1)
    >>> bool(abs(drawn.minute.size - 100 * (0.7 * 15 + 0.1 * 9)) < 4 * np.sqrt(1140))
    True
    """
    rate = floats(calls, column="calls", low=0, high=_LARGE)
    begin = floats(starts, column="starts", low=0, high=24 - 1e-9)
    floats([days], column="days", low=1)
    floats([variation], column="variation", low=0, high=100)
    fits = rate.ndim == 2 and rate.shape[1:] == begin.shape and bool((np.diff(begin) > 0).all())
    require(
        fits,
        column="starts",
        rule="periods do not fit the calls, or do not rise",
        mend="give the hour at which each column of calls begins, in order",
    )
    dice = np.random.default_rng(seed)
    lengths = np.diff(np.append(begin, begin[0] + 24.0))
    mean = float((rate * lengths).sum()) * days
    require(
        mean <= MOST_CALLS, column="calls", rule="millions of calls", mend="give calls an hour, or fewer days"
    )
    counts = dice.poisson(rate * lengths * days)
    place, period = (np.repeat(each.ravel(), counts.ravel()) for each in np.indices(counts.shape))
    hour = begin[period] + dice.random(place.size) * lengths[period]
    minute = (dice.integers(days, size=place.size) * 24.0 + hour % 24.0) * 60.0
    shape = 1.0 / variation**2 if variation > 0 else 0.0
    luck = dice.gamma(shape, 1.0 / shape, place.size) if variation > 0 else np.ones(place.size)
    order = np.argsort(minute, kind="stable")
    return Calls(minute[order], place[order].astype(np.int64), luck[order], begin, int(days))


def run_calls(
    calls: Calls,
    minutes: Sequence[npt.ArrayLike],
    *,
    placed: npt.ArrayLike,
    after: Sequence[npt.ArrayLike],
    limit: float,
    between: npt.ArrayLike | None = None,
    line: Line = "lost",
) -> Response:
    """Answer drawn calls one after the other, each by the nearest free ambulance.

    An ambulance is free again when it is back at its station. When a period begins, ambulances too many at
    one station drive to those with too few, the nearest first; those off duty finish their call.

    Parameters
    ----------
    calls : Calls
        As `draw_calls` gives them.
    minutes : sequence of array_like of float
        Minutes from stations to places in each period, shapes (places, stations); inf where there is no way.
    placed : array_like of int
        Vehicles at each station and period, shape (stations, periods).
    after : sequence of array_like of float
        Mean minutes from arrival until the vehicle is back, by period, shapes (places, stations).
    limit : float
        Minutes within which a call counts as covered.
    between : array_like of float, optional
        Minutes from station to station, shape (stations, stations); moves take no time when left out.
    line : {"lost", "queue"}
        Calls that find none free are answered by others, too late, or wait for the first to be free.

    Returns
    -------
    Response

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    Examples
    --------
    >>> drawn = draw_calls([[0.3], [0.1]], starts=[0], days=700, seed=1)
    >>> found = run_calls(
    ...     drawn, [[[5, 25], [25, 5]]], placed=[[1], [1]], after=[[[55, 55], [55, 55]]], limit=15
    ... )
    >>> bool(0.6 < found.share < 0.9), found.calls == drawn.minute.size
    (True, True)
    """
    run = _Run.of(calls, minutes, placed=placed, after=after, between=between)
    size = calls.minute.size
    answer, away = np.full(size, np.inf), np.zeros(size)
    free_now = np.ones(size, dtype=np.bool_)
    period = calls.period
    current = -1
    for at, (minute, place, luck) in enumerate(zip(calls.minute, calls.place, calls.luck, strict=True)):
        now = int(period[at])
        if now != current:
            run.change(now, minute)
            current = now
        ways = run.ways[now][place]
        vehicle = run.nearest(ways, minute)
        if vehicle < 0:
            free_now[at] = False
            vehicle = run.first(ways) if line == "queue" else -1
            if vehicle < 0:
                continue
        home = run.home[vehicle]
        leave = max(minute, run.free[vehicle])
        answer[at] = leave - minute + ways[home]
        away[at] = ways[home] + luck * run.after[now][place, home]
        run.free[vehicle] = leave + away[at]
    return _summary(calls, answer, away, free_now, placed=run.placed, limit=limit, places=len(run.ways[0]))


@dataclass(slots=True, eq=False)
class _Run:
    """Vehicles: the station each belongs to (-1 off duty) and the minute from which it is free there."""

    ways: list[Floats]
    after: list[Floats]
    placed: Ints
    between: Floats
    home: Ints
    free: Floats

    @classmethod
    def of(
        cls,
        calls: Calls,
        minutes: Sequence[npt.ArrayLike],
        *,
        placed: npt.ArrayLike,
        after: Sequence[npt.ArrayLike],
        between: npt.ArrayLike | None,
    ) -> _Run:
        stations, periods = (*np.asarray(placed).shape, 0, 0)[:2]
        count = floats(placed, column="placed", low=0, high=_LARGE).astype(np.int64)
        ways = [floats(each, column="minutes", low=0) for each in minutes]
        rest = [
            floats(np.where(np.isfinite(way), each, 0.0), column="after", low=0, high=_LARGE)
            for way, each in zip(ways, after, strict=True)
        ]
        move = np.zeros((stations, stations)) if between is None else floats(between, column="between", low=0)
        places = len(ways[0]) if ways else 0
        fits = periods == calls.starts.size == len(ways) and move.shape == (stations, stations)
        require(
            fits and all(way.shape == (places, stations) for way in ways),
            column="minutes, placed",
            rule="shapes do not fit",
            mend="give one table for each period, one row a place and one column a station",
        )
        positions(calls.place, column="place", size=places)
        most = int(count.sum(axis=0).max(initial=0))
        return cls(ways, rest, count, move, np.full(most, -1, dtype=np.int64), np.zeros(most))

    def nearest(self, ways: Floats, minute: float) -> int:
        """The nearest free vehicle with a way there, or -1."""
        ready = np.where((self.home >= 0) & (self.free <= minute), ways[self.home], np.inf)
        best = int(ready.argmin()) if ready.size else -1
        return best if best >= 0 and np.isfinite(ready[best]) else -1

    def first(self, ways: Floats) -> int:
        """The vehicle with a way there that is free first, or -1."""
        ready = np.where((self.home >= 0) & np.isfinite(ways[self.home]), self.free, np.inf)
        best = int(ready.argmin()) if ready.size else -1
        return best if best >= 0 and np.isfinite(ready[best]) else -1

    def change(self, period: int, minute: float) -> None:
        """Bring vehicles to the stations of a period."""
        want = self.placed[:, period]
        have = np.bincount(self.home[self.home >= 0], minlength=want.size)
        for station in np.flatnonzero(have < want):
            for _ in range(int(want[station] - have[station])):
                vehicle = self._spare(int(station), have=have, want=want)
                before = int(self.home[vehicle])
                if before >= 0:
                    have[before] -= 1
                    self.free[vehicle] = max(self.free[vehicle], minute) + self.between[before, station]
                have[station] += 1
                self.home[vehicle] = station
        for station in np.flatnonzero(have > want):
            mine = np.flatnonzero(self.home == station)
            self.home[mine[: int(have[station] - want[station])]] = -1

    def _spare(self, station: int, *, have: Ints, want: Ints) -> int:
        """A vehicle of a station with too many, the nearest, or else one that comes on duty."""
        on_duty = self.home >= 0
        spare = on_duty & (have > want)[np.maximum(self.home, 0)]
        if spare.any():
            return int(np.where(spare, self.between[np.maximum(self.home, 0), station], np.inf).argmin())
        return int(np.flatnonzero(~on_duty)[0])


def _period(minute: Floats, starts: Floats) -> Ints:
    hour = minute % DAY / 60.0
    return np.asarray((np.searchsorted(starts, hour, side="right") - 1) % starts.size, dtype=np.int64)


def _summary(
    calls: Calls,
    answer: Floats,
    away: Floats,
    free_now: npt.NDArray[np.bool_],
    *,
    placed: Ints,
    limit: float,
    places: int,
) -> Response:
    good, period = within(answer, limit), calls.period
    lengths = np.diff(np.append(calls.starts, calls.starts[0] + 24.0)) * 60.0 * calls.days
    time = lengths * placed.sum(axis=0)
    reached = np.isfinite(answer)
    return Response(
        calls=answer.size,
        share=float(good.mean()) if answer.size else float("nan"),
        error=_error(calls, good),
        by_period=_mean(good, period, calls.starts.size),
        by_place=_mean(good, calls.place, places),
        minutes=float(answer[reached].mean()) if reached.any() else float("nan"),
        late_minutes=float(np.quantile(answer, 0.9, method="inverted_cdf")) if answer.size else float("nan"),
        busy=np.bincount(period, weights=away, minlength=calls.starts.size) / np.maximum(time, 1e-9),
        none_free=float((~free_now).mean()) if answer.size else float("nan"),
    )


def _mean(good: npt.NDArray[np.bool_], group: Ints, size: int) -> Floats:
    number = np.bincount(group, minlength=size)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(group, weights=good, minlength=size) / number)


def _error(calls: Calls, good: npt.NDArray[np.bool_]) -> float:
    """Standard error of the share: a ratio of sums over weeks."""
    weeks = int(calls.days // 7)
    if weeks < 2 or not good.size:
        return float("nan")
    week = np.minimum((calls.minute // WEEK).astype(np.int64), weeks - 1)
    number, hits = np.bincount(week, minlength=weeks), np.bincount(week, weights=good, minlength=weeks)
    off = hits - good.mean() * number
    return float(np.sqrt((off**2).sum() * weeks / (weeks - 1)) / number.sum())
