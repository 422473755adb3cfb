"""Paths of groups of pupils through the years, once it is known which schools are open when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tongqu.methods._arrays import Bools, Ints

__all__ = ["Paths", "paths_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Ways through the years that keep every rule for one group at a time.

    Parameters
    ----------
    group : numpy.ndarray of int
        Shape (paths,).
    cover : scipy.sparse.csr_array
        1 where a path takes a choice in a year, shape (choices x years, paths).
    """

    group: Ints
    cover: sp.csr_array


def paths_of(may: Bools, group: Ints, school: Ints, *, today: Ints, stay: int) -> Paths:
    """Stay, if need be in another way; move once, in any year; and again years later where the school closed.

    Parameters
    ----------
    may : numpy.ndarray of bool
        Whether a choice may be taken: lawful in the year, its school open, shape (choices, years).
    group, school : numpy.ndarray of int
        Of each choice, shape (choices,).
    today : numpy.ndarray of int
        School of each group before the first year, -1 for none, shape (groups,).
    stay : int
        Years for which one who was moved stays.

    Returns
    -------
    Paths
        A group may be without a school before or after, where none of its choices may be taken.

    Examples
    --------
    School 0 of today closes after the first of three years; from then on, or before, the group is at 1.

    >>> may = np.array([[True, False, False], [True, True, True]])
    >>> found = paths_of(may, np.array([0, 0]), np.array([0, 1]), today=np.array([0]), stay=2)
    >>> found.cover.toarray().T.astype(int).tolist()
    [[1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 0, 0, 0, 1, 1]]
    """
    years = may.shape[1]
    last, until = years - _run(may[:, ::-1]), _run(may)
    at_home = np.flatnonzero(school == today[group])
    home = at_home[until[at_home] > 0]
    none = np.full(len(home), -1)
    parts = [np.stack([home, until[home], none, until[home], none])]
    for year in range(years):
        onward = np.flatnonzero((last <= year) & (school != today[group]))
        briefly = _ends(may, year, stay=stay, last=last)
        briefly = briefly[school[briefly] != today[group[briefly]]]
        parts.append(_otherwise(group, at_home, until, last, year=year, end=years))
        legs = [(onward, np.full(len(onward), years), np.full(len(onward), -1))]
        if len(briefly):
            legs.append(_again(may, briefly, group, school, year=year, last=last))
        for first, turn, then in legs:
            late = (last[first] == year) | (today[group[first]] < 0)
            for rows, prior in _before(first, group, home, until, late, year=year):
                move = np.full(len(rows), year)
                parts.append(np.stack([prior, move, first[rows], turn[rows], then[rows]]))
    return _covered(np.concatenate(parts, axis=1), group, until, years=years, choices=len(may))


def _otherwise(group: Ints, at_home: Ints, until: Ints, last: Ints, *, year: int, end: int) -> Ints:
    """Paths that stay at today's school, but from a year on in another way, such as boarding.

    They change when the first way ends, or when the other one begins.
    """
    one, other = np.nonzero(group[at_home][:, np.newaxis] == group[at_home][np.newaxis, :])
    prior, first = at_home[one], at_home[other]
    ends, begins = until[prior] == year, (last[first] == year) & (until[prior] >= year)
    fits = (prior != first) & (last[first] <= year) & (ends | begins) & (year > 0)
    prior, first = prior[fits], first[fits]
    count = len(first)
    return np.stack([prior, np.full(count, year), first, np.full(count, end), np.full(count, -1)])


def _run(flags: Bools) -> Ints:
    """How many of the first flags of each row hold before one does not."""
    closed = np.concatenate([flags, np.zeros((len(flags), 1), dtype=np.bool_)], axis=1)
    return np.asarray(np.argmin(closed, axis=1), dtype=np.int64)


def _ends(may: Bools, year: int, *, stay: int, last: Ints) -> Ints:
    """Choices that may be taken from a year on for long enough, but not to the end."""
    end = year + stay
    if end >= may.shape[1]:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero((last > year) & may[:, year:end].all(axis=1))


def _again(
    may: Bools, briefly: Ints, group: Ints, school: Ints, *, year: int, last: Ints
) -> tuple[Ints, Ints, Ints]:
    """Where one goes when a school closes to which one has been moved: first, year of the turn, then."""
    ends = year + _run(may[briefly, year:])
    one, other = np.nonzero(group[briefly][:, np.newaxis] == group[np.newaxis, :])
    fits = (last[other] <= ends[one]) & (school[other] != school[briefly[one]])
    return briefly[one[fits]], ends[one[fits]], other[fits]


def _before(
    first: Ints, group: Ints, home: Ints, until: Ints, late: Bools, *, year: int
) -> list[tuple[Ints, Ints]]:
    """Rows of `first`, and the choice of today that is kept before it; -1 where there is none.

    ``late`` are those that may come with a gap before them: no other begins earlier, or there is no school of
    today, and a place has to be made first.
    """
    if year == 0:
        return [(np.arange(len(first)), np.full(len(first), -1))]
    able = home[until[home] >= year]
    able = able[np.argsort(group[able], kind="stable")]
    low = np.searchsorted(group[able], group[first], side="left")
    count = np.searchsorted(group[able], group[first], side="right") - low
    rows = np.repeat(np.arange(len(first)), count)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    # Today's school may end before any other begins: it is kept as long as it lasts, then there is a gap.
    short = np.flatnonzero((count == 0) & late)
    return [
        (rows, able[np.repeat(low, count) + step]),
        (short, _longest(group[first[short]], home, group, until)),
    ]


def _longest(groups: Ints, home: Ints, group: Ints, until: Ints) -> Ints:
    best = np.full(int(group.max(initial=-1)) + 1, -1, dtype=np.int64)
    order = home[np.argsort(until[home], kind="stable")]
    best[group[order]] = order
    return np.asarray(best[groups], dtype=np.int64)


def _covered(legs: Ints, group: Ints, until: Ints, *, years: int, choices: int) -> Paths:
    """The paths from their legs: choice of today, year of the move, choice, year of the turn, choice."""
    home, move, first, turn, then = legs
    year = np.arange(years)
    kept = np.minimum(move, until[np.maximum(home, 0)])
    cells = []
    for choice, begin, end in ((home, 0 * move, kept), (first, move, turn), (then, turn, 0 * turn + years)):
        on = (choice >= 0)[:, np.newaxis] & (year >= begin[:, np.newaxis]) & (year < end[:, np.newaxis])
        path, when = np.nonzero(on)
        cells.append(np.stack([choice[path] * years + when, path]))
    at = np.concatenate(cells, axis=1)
    cover = sp.csr_array((np.ones(at.shape[1]), (at[0], at[1])), shape=(choices * years, legs.shape[1]))
    named = np.where(first >= 0, first, home)
    return Paths(group=group[named], cover=cover)
