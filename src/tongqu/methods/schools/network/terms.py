"""What a school network is made of: stages, schools, villages' pupils by year, lawful choices, prices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require

__all__ = ["Choices", "Prices", "Pupils", "Schools", "Sharing", "StageNorm", "annuity"]

STEPS: Final = ("step", "step_cost", "most_steps")
"""Fields of the classes that can be added."""
_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNorm:
    """A stage of schooling and its norms.

    Parameters
    ----------
    name : str
        Say primary, junior.
    grades : int
        Years that it lasts; every school has a class of each at least.
    class_size : float
        Most pupils of a class.
    pupils_per_teacher : float
        Where classes are full.
    teachers_per_class : float
        Where they are small: so many for each class of the least number, one a grade.
    specialists : float
        Teachers beyond that whom a school on its own needs to teach all subjects and to run itself; a member
        of a school community is sent them by its lead school.
    ride : float
        Longest lawful ride one way, minutes.
    boards : bool
        Whether pupils may live at the school. A stage whose youngest may not is split in two at that age.
    """

    name: str
    grades: int
    class_size: float
    pupils_per_teacher: float
    teachers_per_class: float = 0.0
    specialists: float = 0.0
    ride: float = np.inf
    boards: bool = False

    @property
    def least(self) -> float:
        """Teachers of the smallest school in a community."""
        return self.grades * self.teachers_per_class


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Schools:
    """Schools of today and places where one could be built; each field has one value for each.

    Parameters
    ----------
    names : tuple of str
        What they are called in messages.
    stages : array_like of bool
        Which stages each teaches, shape (schools, stages).
    places : array_like of float
        Pupils that fit by the class norm, all stages together.
    today : array_like of bool
        Whether it is there; False for a place where one could be built.
    closable : array_like of bool
        Whether it may be closed.
    yearly : array_like of float
        Cost of a year in which it is open whatever its pupils, teachers apart, 万元.
    build, close, mend : array_like of float
        Cost of building it, of closing it, and of mending its unsafe buildings, 万元.
    mend_by : array_like of int
        Year (counted from 0) from which it must be mended or closed; -1 where nothing must be mended.
    beds : array_like of float
        Boarding places of today.
    most_beds : array_like of float
        Boarding places that can be added.
    step, step_cost : array_like of float
        Places and cost of a class that can be added, 万元.
    most_steps : array_like of int
        Classes that can be added.
    """

    names: tuple[str, ...]
    stages: npt.ArrayLike
    places: npt.ArrayLike
    today: npt.ArrayLike = True
    closable: npt.ArrayLike = True
    yearly: npt.ArrayLike = 0.0
    build: npt.ArrayLike = 0.0
    close: npt.ArrayLike = 0.0
    mend: npt.ArrayLike = 0.0
    mend_by: npt.ArrayLike = -1
    beds: npt.ArrayLike = 0.0
    most_beds: npt.ArrayLike = 0.0
    step: npt.ArrayLike = 0.0
    step_cost: npt.ArrayLike = 0.0
    most_steps: npt.ArrayLike = 0

    def __len__(self) -> int:
        return len(self.names)

    def column(self, name: str) -> Floats:
        """A field of amounts, shape (schools,); missing and negative values are refused."""
        full = np.broadcast_to(np.asarray(getattr(self, name), dtype=np.float64), (len(self),))
        return floats(full, column=name, low=0, high=_LARGE)

    def flag(self, name: str) -> Bools:
        """A field of flags, shape (schools,)."""
        return np.broadcast_to(np.asarray(getattr(self, name), dtype=np.bool_), (len(self),))

    @property
    def taught(self) -> Bools:
        """Which stages each teaches, shape (schools, stages)."""
        return np.asarray(np.atleast_2d(np.asarray(self.stages)), dtype=np.bool_)

    @property
    def due(self) -> Ints:
        """Year from which each must be mended or closed, -1 for none, shape (schools,)."""
        return np.broadcast_to(np.asarray(self.mend_by, dtype=np.int64), (len(self),))

    def of(self, rows: npt.ArrayLike) -> Schools:
        """Some of the schools, in that order."""
        at = np.asarray(rows, dtype=np.int64)
        amounts = ("places", "yearly", "build", "close", "mend", "beds", "most_beds", *STEPS)
        return replace(
            self,
            names=tuple(self.names[row] for row in at),
            stages=self.taught[at],
            mend_by=self.due[at],
            today=self.flag("today")[at],
            closable=self.flag("closable")[at],
            **{name: self.column(name)[at] for name in amounts},
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pupils:
    """Pupils who go to school together: those of one stage in one village.

    Parameters
    ----------
    names : tuple of str
        What the groups are called in messages.
    stage : array_like of int
        Position of their stage, shape (groups,).
    number : array_like of float
        Pupils in each year, shape (groups, years).
    school : array_like of int
        School of today, -1 for none, shape (groups,).
    """

    names: tuple[str, ...]
    stage: npt.ArrayLike
    number: npt.ArrayLike
    school: npt.ArrayLike = -1

    def __len__(self) -> int:
        return len(self.names)

    @property
    def stages(self) -> Ints:
        """Position of the stage of each group, shape (groups,)."""
        return np.broadcast_to(np.asarray(self.stage, dtype=np.int64), (len(self),))

    @property
    def schools(self) -> Ints:
        """School of today of each group, -1 for none, shape (groups,)."""
        return np.broadcast_to(np.asarray(self.school, dtype=np.int64), (len(self),))

    @property
    def by_year(self) -> Floats:
        """Pupils, shape (groups, years)."""
        return floats(np.atleast_2d(np.asarray(self.number)), column="number", low=0, high=_LARGE)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Choices:
    """Which school a group may go to, and how; `lawful_choices` makes them.

    Parameters
    ----------
    group, school : numpy.ndarray of int
        Shape (choices,).
    minutes : numpy.ndarray of float
        One way, shape (choices,).
    boards : numpy.ndarray of bool
        Whether the pupils live at the school during the week, shape (choices,).
    yearly : numpy.ndarray of float
        Cost of a pupil and year of the ride or of boarding, 万元, shape (choices,).
    lawful : numpy.ndarray of bool
        False for the school of today when the way to it is beyond the norm: it may be kept only in the
        first years, until relief comes.
    """

    group: Ints
    school: Ints
    minutes: Floats
    boards: Bools
    yearly: Floats
    lawful: Bools

    def __len__(self) -> int:
        return len(self.group)

    def of(self, kept: npt.ArrayLike) -> Choices:
        """Some of the choices."""
        at = np.asarray(kept)
        return Choices(
            group=self.group[at],
            school=self.school[at],
            minutes=self.minutes[at],
            boards=self.boards[at],
            yearly=self.yearly[at],
            lawful=self.lawful[at],
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sharing:
    """Pairs of a school and a lead school whose campus management it may join (教共体).

    Parameters
    ----------
    member, lead : array_like of int
        Positions of schools, shape (pairs,).
    yearly : array_like of float
        Cost of posting and running between them, 万元 a year, shape (pairs,).
    """

    member: npt.ArrayLike = ()
    lead: npt.ArrayLike = ()
    yearly: npt.ArrayLike = ()

    def __len__(self) -> int:
        return int(np.size(np.asarray(self.member)))

    def checked(self, schools: int) -> Sharing:
        """The same as arrays.

        Raises
        ------
        DataError
            If a position is outside, a school leads itself, or a cost is missing or negative.
        """
        if not len(self):
            empty = np.empty(0, dtype=np.int64)
            return Sharing(member=empty, lead=empty, yearly=np.empty(0))
        member = positions(self.member, column="member", size=schools)
        lead = positions(self.lead, column="lead", size=schools)
        yearly = floats(self.yearly, column="yearly", low=0, high=_LARGE)
        require(
            len(member) == len(lead) == len(yearly) and not (member == lead).any(),
            column="member",
            rule="a school shares with itself, or lengths differ",
            mend="give two different schools and a cost for each pair",
        )
        return Sharing(member=member, lead=lead, yearly=yearly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices and times that hold for all schools.

    Parameters
    ----------
    teacher : float
        A teacher and year, 万元.
    bed : float
        Building a boarding place, 万元.
    discount : float
        Rate a year.
    life : float
        Years over which buildings are written off: they are charged as an annuity from the year they open.
    unplaced : float
        What a pupil and year without a lawful place counts, 万元: more than any place costs, so that
        nobody is left out for money.
    lead : int
        Years until something new can open.
    notice : int
        Years until the first school can close and pupils can be moved.
    relief : int
        Years in which pupils may stay at a school of today that is too far or too full; not less than notice.
    stay : int
        Years for which pupils who were moved are not moved again.
    """

    teacher: float
    bed: float = 0.0
    discount: float = 0.03
    life: float = 50.0
    unplaced: float = 30.0
    lead: int = 1
    notice: int = 1
    relief: int = 2
    stay: int = 6

    def checked(self) -> Prices:
        """The same.

        Raises
        ------
        DataError
            If a price or a time is missing or negative, or buildings have no life.
        """
        amounts = [self.teacher, self.bed, self.discount, self.unplaced]
        floats(amounts, column="prices: teacher, bed, discount, unplaced", low=0, high=_LARGE)
        floats([self.life], column="prices: life", low=1)
        floats([self.lead, self.notice, self.relief, self.stay], column="prices: years", low=0)
        return self

    def weights(self, years: int) -> Floats:
        """What an amount of each year counts today, shape (years,)."""
        return np.asarray((1 + self.discount) ** -np.arange(years, dtype=np.float64))

    @property
    def annuity(self) -> float:
        """Share of a building's cost that a year is charged."""
        return annuity(self.discount, years=self.life)


def annuity(rate: float, *, years: float) -> float:
    """Share of a sum that pays it back with interest, every year for so many years.

    Parameters
    ----------
    rate : float
        A year, 0 or more.
    years : float
        1 or more.

    Examples
    --------
    >>> round(annuity(0.03, years=50), 4), annuity(0, years=50)
    (0.0389, 0.02)
    """
    return 1 / years if rate == 0 else rate / (1 - (1 + rate) ** -years)


def refused(problems: list[Problem]) -> None:
    """Raise all of them at once, if there are any."""
    if problems:
        raise DataError(problems)
