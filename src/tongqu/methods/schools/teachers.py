"""Teachers over the years: who retires, who is posted where, how many are recruited, what stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, floats, positions
from tongqu.methods._milp import solve
from tongqu.methods.reach import Times

__all__ = ["TeacherPlan", "plan_teachers", "whole_teachers"]

RETIRING: Final = 10
"""Years in which all who are over 50 today retire: at 60 at the latest."""
EPS: Final = 1e-9
"""Teachers below which nobody is posted."""
_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TeacherPlan:
    """Teachers of each school at the end of each year, and what happened in it, shape (schools, years).

    Parameters
    ----------
    staff : numpy.ndarray of float
        After posting and recruiting.
    retired, left : numpy.ndarray of float
        Out of age, and for other reasons.
    posted : numpy.ndarray of float
        Come from other schools less gone to them.
    recruited : numpy.ndarray of float
    short, spare : numpy.ndarray of float
        Needed beyond the staff, and beyond what is needed.
    postings : pandas.DataFrame
        ``year, origin, target`` (positions), ``teachers, minutes``.
    assumed : numpy.ndarray of bool
        Schools whose number over 50, or of all, is not known: it is taken as a share, shape (schools,).
    unknown : numpy.ndarray of bool
        Schools whose teachers are not known: taken as what they need in the first year, shape (schools,).
    """

    staff: Floats
    retired: Floats
    left: Floats
    posted: Floats
    recruited: Floats
    short: Floats
    spare: Floats
    postings: pd.DataFrame
    assumed: Bools
    unknown: Bools


def whole_teachers(need: npt.ArrayLike, *, lead: npt.ArrayLike) -> Floats:
    """Needs rounded up: school by school, or in total where schools share one campus management.

    Parameters
    ----------
    need : array_like of float
        Full-time teachers, shape (schools,).
    lead : array_like of int
        Lead school that each is a member of, -1 for a school on its own, shape (schools,).

    Returns
    -------
    numpy.ndarray of float
        Members keep their part; the lead school has what makes the sum whole.

    Raises
    ------
    DataError
        If a value is missing or negative or a lead is outside.

    Examples
    --------
    >>> whole_teachers([4.2, 9.1, 3.5, 2.5], lead=[1, -1, 1, -1])
    array([4.2, 9.3, 3.5, 3. ])
    """
    asked = floats(np.ravel(need), column="need", low=0, high=_LARGE)
    head = positions(np.asarray(lead, dtype=np.int64) + 1, column="lead", size=len(asked) + 1) - 1
    rank = np.where(head >= 0, head, np.arange(len(asked)))
    total = np.bincount(rank, weights=asked, minlength=len(asked))
    more = np.ceil(np.round(total, 9)) - total
    return np.asarray(asked + np.where(rank == np.arange(len(asked)), more, 0.0))


def plan_teachers(
    need: npt.ArrayLike,
    *,
    staff: npt.ArrayLike,
    over_50: npt.ArrayLike,
    share_over_50: float,
    leaving: float,
    times: Times,
    commute: float,
    recruits: npt.ArrayLike = np.inf,
) -> TeacherPlan:
    """Follow the teachers of a stage through the years, posting before recruiting.

    Each year one tenth of those over 50 today retire, a share of the others leaves. Who is beyond the need
    of a school may be posted to one within the commute that is short: most posts are filled first, then
    least minutes. Recruits fill what is left, the shortest school first, up to the number of the year.

    Parameters
    ----------
    need : array_like of float
        Teachers needed, shape (schools, years).
    staff : array_like of float
        Teachers today, nan where not known, shape (schools,).
    over_50 : array_like of float
        Those of them over 50, nan where not known, shape (schools,).
    share_over_50 : float
        Share taken where the number is not known; such schools are marked.
    leaving : float
        Share of the other teachers who leave in a year.
    times : Times
        Minutes from school to school.
    commute : float
        Most minutes one way to a post.
    recruits : array_like of float
        Most new teachers of all schools in a year, one number or shape (years,).

    Returns
    -------
    TeacherPlan
        Teachers are shares of full-time, not rounded.

    Raises
    ------
    DataError
        If shapes do not fit, values are missing or negative, or more are over 50 than there are.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> found = plan_teachers(
    ...     [[0.0], [12]],
    ...     staff=[5, 8],
    ...     over_50=[0, np.nan],
    ...     share_over_50=0.25,
    ...     leaving=0.0,
    ...     times=times_from_matrix([[0, 20], [20, 0]]),
    ...     commute=30,
    ... )
    >>> found.retired.ravel().tolist(), found.staff.ravel().round(3).tolist(), found.assumed.tolist()
    ([0.0, 0.2], [0.8, 12.0], [False, True])
    """
    asked = floats(np.atleast_2d(np.asarray(need, dtype=np.float64)), column="need", low=0, high=_LARGE)
    schools, years = asked.shape
    now, old, unknown, assumed = _today(asked, staff, over_50=over_50, share=share_over_50)
    floats([leaving, share_over_50], column="leaving, share_over_50", low=0, high=1)
    most = floats(np.broadcast_to(np.asarray(recruits, dtype=np.float64), (years,)), column="recruits", low=0)
    near = times.upto(commute)
    kept: dict[str, list[Floats]] = {
        name: [] for name in ("staff", "retired", "left", "posted", "recruited", "short", "spare")
    }
    postings = []
    ageing = old / RETIRING
    for year in range(years):
        retired = np.minimum(ageing, old)
        left = (now - old) * leaving
        now, old = now - retired - left, old - retired
        moved = _posted(np.maximum(now - asked[:, year], 0), np.maximum(asked[:, year] - now, 0), near)
        come = np.bincount(near.site, weights=moved, minlength=schools)
        gone = np.bincount(near.origin, weights=moved, minlength=schools)
        # Those who are posted are as old as their school's others.
        share = np.divide(old, now, out=np.zeros(schools), where=now > 0)
        old = (
            old - gone * share + np.bincount(near.site, weights=moved * share[near.origin], minlength=schools)
        )
        # Whoever is old goes on retiring at the pace that empties the group in time.
        ageing = old / max(RETIRING - year - 1, 1)
        now = now + come - gone
        new = _recruited(np.maximum(asked[:, year] - now, 0), float(most[year]))
        now = now + new
        rows = np.flatnonzero(moved > EPS)
        postings.append(
            pd.DataFrame(
                {
                    "year": year,
                    "origin": near.origin[rows],
                    "target": near.site[rows],
                    "teachers": moved[rows],
                    "minutes": near.minutes[rows],
                }
            )
        )
        values = (
            now,
            retired,
            left,
            come - gone,
            new,
            np.maximum(asked[:, year] - now, 0),
            np.maximum(now - asked[:, year], 0),
        )
        for name, value in zip(kept, values, strict=True):
            kept[name].append(value)
    return TeacherPlan(
        **{name: np.stack(each, axis=1) for name, each in kept.items()},
        postings=pd.concat(postings, ignore_index=True),
        assumed=assumed,
        unknown=unknown,
    )


def _today(
    asked: Floats, staff: npt.ArrayLike, *, over_50: npt.ArrayLike, share: float
) -> tuple[Floats, Floats, Bools, Bools]:
    """Teachers and those over 50 of each school, and where each is not known."""
    now, old = (np.asarray(each, dtype=np.float64) for each in (staff, over_50))
    problems = [
        Problem(rule="shapes do not fit", mend="give one value for each school of need", column=name)
        for each, name in ((now, "staff"), (old, "over_50"))
        if each.shape != (len(asked),)
    ]
    if problems:
        raise DataError(problems)
    unknown = np.isnan(now)
    assumed = np.isnan(old) | unknown
    now = np.where(unknown, asked[:, 0], now)
    old = np.where(assumed, now * share, old)
    floats(now, column="staff", low=0, high=_LARGE)
    floats(old, column="over_50", low=0, high=_LARGE)
    bad = old > now + EPS
    if bad.any():
        raise DataError(
            [
                Problem(
                    rule="more teachers over 50 than teachers",
                    mend="correct staff or staff_over_50",
                    column="over_50",
                    value=", ".join(str(spot) for spot in np.flatnonzero(bad)[:5]),
                )
            ]
        )
    return now, np.minimum(old, now), np.asarray(unknown), np.asarray(assumed)


def _posted(spare: Floats, short: Floats, near: Times) -> Floats:
    """Teachers posted along each pair: most posts first, then least minutes; a transport program."""
    moved = np.zeros(len(near.minutes))
    rows = np.flatnonzero((spare[near.origin] > EPS) & (short[near.site] > EPS) & (near.origin != near.site))
    if not len(rows):
        return moved
    origin, site, minutes = near.origin[rows], near.site[rows], near.minutes[rows]
    count = np.arange(len(rows))
    matrix = sp.csr_array(
        (
            np.ones(2 * len(rows)),
            (np.concatenate([origin, site + len(spare)]), np.concatenate([count, count])),
        ),
        shape=(2 * len(spare), len(rows)),
    )
    found = solve(
        minutes - (2 * float(minutes.max()) + 1),
        constraints=LinearConstraint(matrix, ub=np.concatenate([spare, short])),
        integrality=np.zeros(len(rows)),
        bounds=Bounds(0, np.inf),
    )
    moved[rows] = np.maximum(found.x, 0)
    return moved


def _recruited(short: Floats, most: float) -> Floats:
    """New teachers by school: all that is short, or so many that the shortest are filled to one level."""
    if short.sum() <= most:
        return short
    level = np.sort(short)[::-1]
    filled = np.cumsum(level) - np.arange(1, len(level) + 1) * np.append(level[1:], 0.0)
    last = int(np.searchsorted(filled, most))
    line = (np.cumsum(level)[last] - most) / (last + 1)
    return np.asarray(np.maximum(short - line, 0.0))
