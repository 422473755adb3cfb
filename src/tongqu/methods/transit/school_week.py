"""A school week on the road: pupils who go every day, and boarders who go once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, Floats, floats, positions, require
from tongqu.methods.travel import within

__all__ = ["SCHOOL_DAYS", "SchoolWeek", "school_week"]

SCHOOL_DAYS: Final = 5
"""Days of school in a week."""


@dataclass(frozen=True, slots=True, eq=False)
class SchoolWeek:
    """The week of every village's pupils.

    Parameters
    ----------
    daily_minutes, boarder_minutes : numpy.ndarray of float
        Minutes on the way in a week of a pupil who goes home every day, and of a boarder, shape (villages,);
        inf when the school cannot be reached, or home cannot be.
    daily_longest, boarder_longest : numpy.ndarray of float
        Minutes of the longest single way, shape (villages,).
    daily_keeps, boarder_keeps : numpy.ndarray of bool
        Whether that way keeps the norm, shape (villages,).
    on_monday : numpy.ndarray of bool
        Whether the boarder's shorter way out is Monday's, shape (villages,); Sunday's when equal.
    """

    daily_minutes: Floats
    boarder_minutes: Floats
    daily_longest: Floats
    boarder_longest: Floats
    daily_keeps: Bools
    boarder_keeps: Bools
    on_monday: Bools

    @property
    def saved_minutes(self) -> Floats:
        """Minutes a week that boarding takes off the road, (villages,); nan when neither is possible."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.daily_minutes - self.boarder_minutes)


def school_week(
    school: npt.ArrayLike,
    *,
    out: npt.ArrayLike,
    back: npt.ArrayLike,
    norm_minutes: float,
    boarder_norm_minutes: float,
    sunday: npt.ArrayLike | None = None,
    monday: npt.ArrayLike | None = None,
    friday: npt.ArrayLike | None = None,
    days: int = SCHOOL_DAYS,
) -> SchoolWeek:
    """Minutes on the way to school in a week, going every day and boarding, by one mode.

    A pupil who goes every day goes out and back on each school day; a boarder goes out on Sunday afternoon or
    Monday morning, whichever is shorter, and back on Friday.

    Parameters
    ----------
    school : array_like of int
        The school of each village, a column of the matrices, shape (villages,).
    out, back : array_like of float
        Minutes of the morning way from village to school, and of the afternoon way from school to village,
        both of shape (villages, schools), by car, on foot, or by bus in the window of the bell
        (`window_times`).
    norm_minutes, boarder_norm_minutes : float
        Longest single way allowed every day, and once a week.
    sunday, monday, friday : array_like of float, optional
        Minutes of the boarder's ways, of the same shape; `monday` is `out` and `friday` is `back` when left
        out, and without `sunday` boarders go on Monday.
    days : int
        School days in a week, 1 to 7.

    Returns
    -------
    SchoolWeek
        A way that cannot be made is infinite and keeps no norm.

    Raises
    ------
    DataError
        If shapes differ, a school is no column, or minutes are negative or missing.

    Examples
    --------
    >>> week = school_week(
    ...     [0, 0],
    ...     out=[[10], [55]],
    ...     back=[[12], [60]],
    ...     sunday=[[15], [50]],
    ...     norm_minutes=30,
    ...     boarder_norm_minutes=60,
    ... )
    >>> week.daily_minutes, week.boarder_minutes
    (array([110., 575.]), array([ 22., 110.]))
    >>> week.daily_keeps, week.boarder_keeps, week.on_monday
    (array([ True, False]), array([ True,  True]), array([ True, False]))
    """
    require(1 <= days <= 7, column="days", rule=f"{days} school days in a week", mend="give 1 to 7")
    goes = floats(out, column="out", low=0)
    matrix = goes.ndim == 2
    require(matrix, column="out", rule="it is no matrix", mend="give a row for each village")
    column = positions(school, column="school", size=goes.shape[1])
    same = column.size == goes.shape[0]
    require(same, column="school", rule="lengths differ", mend="give one school for each village")
    out_daily = _ways(goes, column, shape=goes.shape, name="out")
    back_daily = _ways(back, column, shape=goes.shape, name="back")
    early = out_daily if monday is None else _ways(monday, column, shape=goes.shape, name="monday")
    evening = (
        np.full_like(early, np.inf)
        if sunday is None
        else _ways(sunday, column, shape=goes.shape, name="sunday")
    )
    back_friday = back_daily if friday is None else _ways(friday, column, shape=goes.shape, name="friday")
    out_week = np.minimum(early, evening)
    daily, weekly = np.maximum(out_daily, back_daily), np.maximum(out_week, back_friday)
    return SchoolWeek(
        daily_minutes=days * (out_daily + back_daily),
        boarder_minutes=out_week + back_friday,
        daily_longest=daily,
        boarder_longest=weekly,
        daily_keeps=within(daily, norm_minutes),
        boarder_keeps=within(weekly, boarder_norm_minutes),
        on_monday=early < evening,
    )


def _ways(
    minutes: npt.ArrayLike, school: npt.NDArray[np.int64], *, shape: tuple[int, ...], name: str
) -> Floats:
    """The minutes between each village and its school."""
    matrix = floats(minutes, column=name, low=0)
    require(
        matrix.shape == shape, column=name, rule=f"its shape is {matrix.shape}", mend=f"give shape {shape}"
    )
    return np.asarray(matrix[np.arange(school.size), school])
