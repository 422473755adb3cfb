"""Mergers: what closing a school and sending its pupils to another one saves, and whom it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats
from tongqu.methods.reach import Times
from tongqu.methods.schools._shapes import wrong_shapes
from tongqu.methods.schools.parts import Stage

__all__ = ["ClassNorm", "Mergers", "SchoolCosts", "mergers", "teachers_needed"]

LAWFUL: Final = "lawful"
BUILD: Final = "after_building"
FAR: Final = "too_far"

CLOSE: Final = 1e-9
"""Pupils of a class, or share of a limit, by which it may be exceeded in arithmetic."""


@dataclass(frozen=True, slots=True)
class ClassNorm:
    """What a stage's classes and teachers are measured by.

    Parameters
    ----------
    pupils : float
        Most pupils of a class, above 0.
    teachers_per_class : float
        Teachers that a class needs however small it is, 0 or more.
    pupils_per_teacher : float
        Pupils for each teacher in full classes, above 0.
    """

    pupils: float
    teachers_per_class: float
    pupils_per_teacher: float


@dataclass(frozen=True, slots=True)
class SchoolCosts:
    """Costs in 万元; all 0 or more.

    Parameters
    ----------
    teacher : float
        Of a teacher a year.
    school : float
        Of keeping a school open a year, whatever its size: management, kitchen, guard.
    place : float
        Upkeep of a place a year.
    extension : float
        Building a place.
    bus, bus_year : float
        Buying a school bus, and running it a year.
    seats : float
        Pupils that a bus carries each morning, in all its trips; above 0.
    """

    teacher: float
    school: float
    place: float
    extension: float
    bus: float
    bus_year: float
    seats: float


@dataclass(frozen=True, slots=True, eq=False)
class Mergers:
    """All pairs of a school that closes and one that takes its pupils.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each pair, the largest saving first: ``closing, receiver`` (positions); ``pupils, villages``
        moved; ``minutes_before, minutes_after`` (mean), ``longest`` (longest new ride), ``added`` (pupils
        times minutes more, one way), ``beyond`` (pupils whose new ride is beyond the norm), ``payer`` (the
        village whose pupils lose most minutes in all) and ``payer_minutes``; ``classes_before,
        classes_after, class_before, class_after`` (pupils in a class, of both schools), ``teachers_saved``;
        ``short`` (places to be built at the receiver, in whole classes); ``riders`` (pupils who need a bus
        and did not); ``buses``; ``saving`` (万元 a year, buses taken off), ``one_off`` (万元); ``verdict``
        (lawful; after_building: every ride is lawful and classes are once the places are built; too_far).
    """

    table: pd.DataFrame
    _times: Times
    _school: Ints
    _pupils: Floats

    def moves(self, closing: int, receiver: int) -> pd.DataFrame:
        """Who pays: ``village, stage, pupils, before, after, added`` of a merger, the most added first.

        Parameters
        ----------
        closing, receiver : int
            Positions of the schools.
        """
        village, stage = np.nonzero(self._school == closing)
        before, after = (_minutes(self._times, village, at) for at in (closing, receiver))
        pupils = self._pupils[village, stage]
        rows = pd.DataFrame(
            {
                "village": village,
                "stage": stage,
                "pupils": pupils,
                "before": before,
                "after": after,
                "added": pupils * (after - before),
            }
        )
        return rows.sort_values(["added", "village"], ascending=[False, True]).reset_index(drop=True)


def teachers_needed(load: Floats, *, stages: Sequence[Stage], norms: Sequence[ClassNorm]) -> Floats:
    """Teachers that schools need: by classes or by pupils, whichever asks for more, whole by stage.

    Parameters
    ----------
    load : numpy.ndarray of float
        Pupils by school and age, shape (schools, ages).
    stages : sequence of Stage
    norms : sequence of ClassNorm
        One for each stage.

    Returns
    -------
    numpy.ndarray of float
        Shape (schools,).

    Examples
    --------
    >>> stage, norm = Stage("primary", (0, 1), 30), ClassNorm(45, 2, 19)
    >>> teachers_needed(np.array([[5.0, 6.0], [50.0, 45.0]]), stages=[stage], norms=[norm])
    array([4., 6.])
    """
    needed = np.zeros(load.shape[0])
    for stage, norm in zip(stages, norms, strict=True):
        mine = load[:, stage.columns]
        classes = np.ceil(mine / norm.pupils - CLOSE).sum(axis=1)
        asked = np.maximum(classes * norm.teachers_per_class, mine.sum(axis=1) / norm.pupils_per_teacher)
        needed += np.ceil(asked - CLOSE)
    return needed


def mergers(
    pupils: npt.ArrayLike,
    times: Times,
    *,
    stages: Sequence[Stage],
    school: npt.ArrayLike,
    places: npt.ArrayLike,
    norms: Sequence[ClassNorm],
    costs: SchoolCosts,
    near: float,
) -> Mergers:
    """What each merger of two schools saves a year, costs once, and adds to whose way.

    All pupils of the closing school go to the receiver. A pair is listed when the receiver takes every
    stage of the closing school and a way from each of its villages is known, however long. A closure is
    lawful only where every child's new ride and class meet the norm.

    Parameters
    ----------
    pupils : array_like of float
        Pupils by single age, shape (villages, ages), 0 or more.
    times : Times
        Minutes from villages to schools.
    stages : sequence of Stage
        With ride limits; as `tongqu.methods.schools.draw_catchments` takes them.
    school : array_like of int
        School of each village's pupils of each stage, -1 for none, shape (villages, stages).
    places : array_like of float
        Places by age, shape (schools, ages), 0 where there is no class of the age.
    norms : sequence of ClassNorm
        One for each stage.
    costs : SchoolCosts
    near : float
        Minutes up to which nobody needs a bus, 0 or more.

    Returns
    -------
    Mergers

    Raises
    ------
    DataError
        If a value is missing or out of range, shapes do not fit, or a village goes to a school without a
        known way.

    Notes
    -----
    Saving = teachers no longer needed + the closed school's running and upkeep - upkeep of places built -
    buses. Teachers by class or by pupils, whichever asks for more: two half-empty classes become one. A
    school that nobody attends saves its running and upkeep and costs nobody anything.

    References
    ----------
    General Office of the State Council (2012), Opinions on regulating the adjustment of the layout of rural
    compulsory-education schools (国办发〔2012〕48号): closures need proof that ways and classes remain within
    bounds. Teachers by class in small schools: 中央编办发〔2014〕72号.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> found = mergers(
    ...     [[10, 10], [4, 3]],
    ...     times_from_matrix([[5, 30], [12, 2]]),
    ...     stages=[Stage("primary", (0, 1), 20)],
    ...     school=[[0], [1]],
    ...     places=[[45, 45], [45, 45]],
    ...     norms=[ClassNorm(45, 2, 19)],
    ...     costs=SchoolCosts(15, 20, 0.1, 3, 30, 15, 40),
    ...     near=5,
    ... )
    >>> found.table[["closing", "receiver", "teachers_saved", "riders", "saving", "verdict"]].values.tolist()
    [[1, 0, 4.0, 7.0, 74.0, 'lawful'], [0, 1, 4.0, 20.0, 74.0, 'too_far']]
    """
    task = _task(
        pupils, times, stages=stages, school=school, places=places, norms=norms, costs=costs, near=near
    )
    moved = _moved(task)
    table = _folded(task, moved)
    table = _with_schools(task, table)
    table = table.sort_values(["saving", "added", "closing", "receiver"], ascending=[False, True, True, True])
    return Mergers(table.reset_index(drop=True), times, task.school, task.summed)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Arguments, checked; ``summed`` are pupils by village and stage, ``load`` by school and age."""

    pupils: Floats
    times: Times
    stages: Sequence[Stage]
    school: Ints
    places: Floats
    norms: Sequence[ClassNorm]
    costs: SchoolCosts
    near: float
    summed: Floats
    load: Floats


def _moved(task: _Task) -> pd.DataFrame:
    """A row for each pupils of a village and stage, and school that they could go to instead."""
    times = task.times
    village, stage = np.nonzero((task.school >= 0) & (task.summed > 0))
    closing = task.school[village, stage]
    before = _minutes(times, village, closing)
    first = np.searchsorted(times.origin, np.arange(times.origins + 1))
    many = np.diff(first)[village]
    unit = np.repeat(np.arange(village.size), many)
    pair = np.arange(unit.size) - np.repeat(np.cumsum(many) - many, many) + first[village[unit]]
    takes = np.stack([(task.places[:, one.columns] > 0).all(axis=1) for one in task.stages], axis=1)
    receiver = times.site[pair]
    good = (receiver != closing[unit]) & takes[receiver, stage[unit]]
    unit, pair, receiver = unit[good], pair[good], receiver[good]
    limit = np.array([one.limit for one in task.stages])[stage[unit]]
    pupils, after = task.summed[village, stage][unit], times.minutes[pair]
    return pd.DataFrame(
        {
            "closing": closing[unit],
            "receiver": receiver,
            "unit": unit,
            "village": village[unit],
            "pupils": pupils,
            "before": before[unit],
            "after": after,
            "added": pupils * (after - before[unit]),
            "beyond": np.where(after <= limit * (1 + CLOSE), 0.0, pupils),
            "riders": np.where((after > task.near) & (before[unit] <= task.near), pupils, 0.0),
        }
    )


def _folded(task: _Task, moved: pd.DataFrame) -> pd.DataFrame:
    """Sums by pair of schools, where every unit of the closing school has a way to the receiver."""
    units = np.bincount(task.school[(task.school >= 0) & (task.summed > 0)], minlength=task.times.sites)
    pair = [moved["closing"], moved["receiver"]]
    weighted = moved.assign(
        before_sum=moved["pupils"] * moved["before"], after_sum=moved["pupils"] * moved["after"]
    )
    grouped = weighted.groupby(pair, sort=True)
    sums = grouped[["pupils", "before_sum", "after_sum", "added", "beyond", "riders"]].sum()
    sums = sums.assign(
        units=grouped.size(), villages=grouped["village"].nunique(), longest=grouped["after"].max()
    )
    by_village = moved.groupby([*pair, moved["village"]])["added"].sum().reset_index()
    worst = by_village.sort_values(["added", "village"], ascending=[False, True], kind="stable")
    worst = worst.drop_duplicates(["closing", "receiver"]).set_index(["closing", "receiver"])
    sums = sums.assign(payer=worst["village"], payer_minutes=worst["added"])
    table = sums.reset_index()
    table = table[table["units"].to_numpy() == units[table["closing"]]]
    return pd.DataFrame(
        {
            "closing": table["closing"],
            "receiver": table["receiver"],
            "pupils": table["pupils"],
            "villages": table["villages"],
            "minutes_before": table["before_sum"] / table["pupils"],
            "minutes_after": table["after_sum"] / table["pupils"],
            "longest": table["longest"],
            "added": table["added"],
            "beyond": table["beyond"],
            "payer": table["payer"],
            "payer_minutes": table["payer_minutes"],
            "riders": table["riders"],
        }
    ).reset_index(drop=True)


def _with_schools(task: _Task, table: pd.DataFrame) -> pd.DataFrame:
    """Classes, teachers, places, buses and money of each pair."""
    one, two = table["closing"].to_numpy(), table["receiver"].to_numpy()
    costs, load = task.costs, task.load
    whole = load[one] + load[two]
    classes, after = _classes(task, load), _classes(task, whole)
    apart = classes[one] + classes[two]
    teachers = teachers_needed(load, stages=task.stages, norms=task.norms)
    saved = teachers[one] + teachers[two] - teachers_needed(whole, stages=task.stages, norms=task.norms)
    short = np.zeros(len(table))
    for stage, norm in zip(task.stages, task.norms, strict=True):
        lacking = np.maximum(whole[:, stage.columns] - task.places[two][:, stage.columns], 0.0)
        comes = load[one][:, stage.columns].sum(axis=1) > 0
        short += np.where(comes, np.ceil(lacking / norm.pupils - CLOSE).sum(axis=1) * norm.pupils, 0.0)
    buses = np.ceil(table["riders"].to_numpy() / costs.seats - CLOSE)
    upkeep = (task.places[one].sum(axis=1) - short) * costs.place
    saving = saved * costs.teacher + costs.school + upkeep - buses * costs.bus_year
    far = table["beyond"].to_numpy() > 0
    everybody = whole.sum(axis=1)
    return table.assign(
        classes_before=apart,
        classes_after=after,
        class_before=everybody / np.maximum(apart, 1),
        class_after=everybody / np.maximum(after, 1),
        teachers_saved=saved,
        short=short,
        buses=buses,
        saving=saving,
        one_off=short * costs.extension + buses * costs.bus,
        verdict=np.where(far, FAR, np.where(short > 0, BUILD, LAWFUL)),
    )


def _classes(task: _Task, load: Floats) -> Floats:
    """Classes by school: of each age as many as the norm asks for."""
    total = np.zeros(load.shape[0])
    for stage, norm in zip(task.stages, task.norms, strict=True):
        total += np.ceil(load[:, stage.columns] / norm.pupils - CLOSE).sum(axis=1)
    return total


def _minutes(times: Times, village: Ints, school: Ints | int) -> Floats:
    """Minutes of pairs of village and school, nan where there is no way."""
    size = np.int64(max(times.sites, 1))
    key, wanted = times.origin * size + times.site, village * size + school
    if key.size == 0:
        return np.full(village.size, np.nan)
    at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    return np.where(key[at] == wanted, times.minutes[at], np.nan)


def _task(
    pupils: npt.ArrayLike,
    times: Times,
    *,
    stages: Sequence[Stage],
    school: npt.ArrayLike,
    places: npt.ArrayLike,
    norms: Sequence[ClassNorm],
    costs: SchoolCosts,
    near: float,
) -> _Task:
    top = float(np.finfo(np.float64).max)
    by_age = floats(pupils, column="pupils", low=0, high=top)
    room = floats(places, column="places", low=0, high=top)
    where = np.asarray(school)
    problems = _wrong(by_age, room, where, times, stages=stages, norms=norms, costs=costs, near=near)
    if problems:
        raise DataError(problems)
    where = where.astype(np.int64)
    summed = np.stack([by_age[:, stage.columns].sum(axis=1) for stage in stages], axis=1)
    load = np.zeros_like(room)
    for number, stage in enumerate(stages):
        known = np.flatnonzero(where[:, number] >= 0)
        np.add.at(load[:, stage.columns], where[known, number], by_age[known, stage.columns])
    village, at = np.nonzero((where >= 0) & (summed > 0))
    lost = np.isnan(_minutes(times, village, where[village, at]))
    if lost.any():
        raise DataError(
            [
                Problem(
                    f"no way is known from {int(lost.sum())} villages to their own school",
                    mend="give the minutes of that pair, or another school",
                    column="school",
                    value=", ".join(map(str, village[lost][:5])),
                )
            ]
        )
    return _Task(by_age, times, stages, where, room, norms, costs, near, summed, load)


def _wrong(
    by_age: Floats,
    room: Floats,
    school: npt.NDArray[Any],
    times: Times,
    *,
    stages: Sequence[Stage],
    norms: Sequence[ClassNorm],
    costs: SchoolCosts,
    near: float,
) -> list[Problem]:
    ages = by_age.shape[1] if by_age.ndim == 2 else 0
    problems = wrong_shapes(
        {
            "pupils": (by_age.shape, (times.origins, ages)),
            "places": (room.shape, (times.sites, ages)),
            "school": (school.shape, (times.origins, len(stages))),
            "norms": ((len(norms),), (len(stages),)),
        }
    )
    inside = not school.size or (
        np.issubdtype(school.dtype, np.integer) and -1 <= school.min() <= school.max() < times.sites
    )
    if not inside:
        mend = "give positions of schools, or -1"
        problems.append(Problem("a village goes to a school that is not there", mend=mend, column="school"))
    values = [("near", near, 0.0)]
    for norm in norms:
        values += [("pupils", norm.pupils, 1.0), ("pupils_per_teacher", norm.pupils_per_teacher, 1e-6)]
        values += [("teachers_per_class", norm.teachers_per_class, 0.0)]
    for field in fields(costs):
        values.append((field.name, getattr(costs, field.name), 1.0 if field.name == "seats" else 0.0))
    problems += [
        Problem(
            "a cost or norm is missing or out of range",
            mend=f"give {low:g} or more",
            column=name,
            value=str(value),
        )
        for name, value, low in values
        if not (low <= value < np.inf)
    ]
    return problems
