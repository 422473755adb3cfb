"""What a school network costs year by year, from its decisions alone: the check on the program's promise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats
from tongqu.methods.schools.network.program import Case, Decisions

__all__ = ["Costs", "beds_needed", "load_of", "priced", "teachers_needed"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Costs:
    """Cost of a network by year, 万元 of that year; each of shape (years,).

    Parameters
    ----------
    teachers, running, rides, boarding, sharing, closing : numpy.ndarray of float
        Paid in the year.
    buildings : numpy.ndarray of float
        Annuities of what has been built, extended and mended since the first year.
    capital : numpy.ndarray of float
        What is spent on buildings in the year; not part of `total`, as `buildings` charges it.
    """

    teachers: Floats
    running: Floats
    rides: Floats
    boarding: Floats
    sharing: Floats
    closing: Floats
    buildings: Floats
    capital: Floats

    @property
    def total(self) -> Floats:
        """All of a year but capital, shape (years,)."""
        return np.asarray(
            self.teachers
            + self.running
            + self.rides
            + self.boarding
            + self.sharing
            + self.closing
            + self.buildings
        )


def load_of(case: Case, decisions: Decisions) -> Floats:
    """Pupils by school, stage and year, shape (schools, stages, years)."""
    group, year = np.nonzero(decisions.choice >= 0)
    chosen = decisions.choice[group, year]
    load = np.zeros((len(case.schools), len(case.stages), case.years))
    number = case.pupils.by_year[group, year]
    np.add.at(load, (case.choices.school[chosen], case.pupils.stages[group], year), number)
    return load


def teachers_needed(case: Case, decisions: Decisions) -> Floats:
    """Full-time teachers by school, stage and year, not rounded, shape (schools, stages, years)."""
    least = np.array([one.least for one in case.stages])
    extra = np.array([one.specialists for one in case.stages])
    ratio = np.array([one.pupils_per_teacher for one in case.stages])
    joined = np.zeros(decisions.open.shape)
    np.add.at(joined, np.asarray(case.sharing.member, dtype=np.int64), decisions.shared.astype(np.float64))
    alone = np.maximum(1.0 - joined, 0.0)[:, np.newaxis, :]
    floor = least[:, np.newaxis] + extra[:, np.newaxis] * alone
    there = decisions.open[:, np.newaxis, :] & case.schools.taught[:, :, np.newaxis]
    by_pupils = load_of(case, decisions) / ratio[:, np.newaxis]
    return np.asarray(np.where(there, np.maximum(floor, by_pupils), by_pupils))


def beds_needed(case: Case, decisions: Decisions) -> tuple[Floats, Floats]:
    """Boarders, and boarding places built by then beyond today's, shape (schools, years) each."""
    group, year = np.nonzero(decisions.choice >= 0)
    chosen = decisions.choice[group, year]
    lodged = case.choices.boards[chosen]
    boarders = np.zeros(decisions.open.shape)
    number = case.pupils.by_year[group, year]
    np.add.at(boarders, (case.choices.school[chosen[lodged]], year[lodged]), number[lodged])
    more = np.maximum(boarders - case.schools.column("beds")[:, np.newaxis], 0.0)
    return boarders, np.maximum.accumulate(more, axis=1)


def priced(case: Case, decisions: Decisions) -> Costs:
    """Cost of each year, from what is open, built and shared and where the pupils go.

    Parameters
    ----------
    case : Case
        The network.
    decisions : Decisions
        What is done.
    """
    schools, prices, years = case.schools, case.prices, case.years
    open_, today = decisions.open, schools.flag("today")
    group, year = np.nonzero(decisions.choice >= 0)
    chosen = decisions.choice[group, year]
    way = case.choices.yearly[chosen] * case.pupils.by_year[group, year]
    lodged = case.choices.boards[chosen]
    was = np.concatenate([today[:, np.newaxis], open_[:, :-1]], axis=1)
    stands = _standing(case, decisions)
    _, beds = beds_needed(case, decisions)
    value = stands.sum(axis=0) + beds.sum(axis=0) * prices.bed
    return Costs(
        teachers=teachers_needed(case, decisions).sum(axis=(0, 1)) * prices.teacher,
        running=schools.column("yearly") @ open_,
        rides=_by_year(way * ~lodged, year, years),
        boarding=_by_year(way * lodged, year, years),
        sharing=np.asarray(case.sharing.yearly, dtype=np.float64) @ decisions.shared,
        closing=schools.column("close") @ (was & ~open_ & today[:, np.newaxis]),
        buildings=value * prices.annuity,
        capital=np.diff(value, prepend=0.0),
    )


def _standing(case: Case, decisions: Decisions) -> Floats:
    """Value of what has been built, extended and mended by each year, shape (schools, years)."""
    schools = case.schools
    new = ~schools.flag("today")[:, np.newaxis] & decisions.open
    value = new * schools.column("build")[:, np.newaxis]
    value = value + decisions.size * schools.column("step_cost")[:, np.newaxis]
    return np.asarray(value + mended(case, decisions) * schools.column("mend")[:, np.newaxis])


def mended(case: Case, decisions: Decisions) -> npt.NDArray[np.bool_]:
    """Whether unsafe buildings of each school have been mended by then, shape (schools, years)."""
    due = case.schools.due
    asked = (due >= 0) & (due < case.years)
    kept = np.take_along_axis(decisions.open, np.where(asked, due, 0)[:, np.newaxis], axis=1)[:, 0]
    return np.asarray((asked & kept)[:, np.newaxis] & (np.arange(case.years) >= due[:, np.newaxis]))


def _by_year(amounts: Floats, year: npt.NDArray[np.int64], years: int) -> Floats:
    return np.bincount(year, weights=amounts, minlength=years).astype(np.float64)
