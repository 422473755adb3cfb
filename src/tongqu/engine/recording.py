"""Programs noted down without a solver, and several of them joined over the same decisions.

What two programs have alike, and can share without losing a plan, is put into the joined program once.

References
----------
Cottle, R. W. and Veinott, A. F. (1972), Polyhedral sets having a least element, Mathematical Programming 3,
238-249.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.engine.lp import Program, Terms
from tongqu.engine.lp.parts import Sense
from tongqu.engine.terms import Floats, Ints

__all__ = ["Joined", "Recording", "join"]

DECISIONS: Final = "started"
"""Family of the decisions, the first of every program: they are the same variables in all."""
ALONE: Final = -1
"""Number of a variable that is not in the other program."""


@dataclass(frozen=True)
class _Variables:
    """A family of variables: the number of the first, and what they may be."""

    first: int
    lower: Floats
    upper: Floats
    binary: bool

    @property
    def count(self) -> int:
        return len(self.lower)

    def same(self, other: _Variables) -> bool:
        return (
            self.binary == other.binary
            and self.count == other.count
            and np.array_equal(self.lower, other.lower)
            and np.array_equal(self.upper, other.upper)
        )


@dataclass(frozen=True)
class _Rows:
    """A family of rows."""

    terms: Terms
    sense: Sense
    rhs: Floats


class Recording(Program):
    """A program that is noted down only: it numbers variables as a program does, and solves nothing.

    Examples
    --------
    >>> noted = Recording()
    >>> x = noted.variables("started", 2, binary=True)
    >>> noted.rows("budget", Terms.of([0, 0], x, [2.0, 3.0]), sense="<=", rhs=[4.0])
    >>> noted.size
    (1, 2)
    """

    def __init__(self) -> None:
        self.noted_variables: dict[str, _Variables] = {}
        self.noted_rows: dict[str, _Rows] = {}
        self.noted = 0
        self.noted_aim = Terms.of([], [], [])

    @property
    def families(self) -> tuple[str, ...]:
        """Names of the families of rows."""
        return tuple(self.noted_rows)

    @property
    def size(self) -> tuple[int, int]:
        """Number of rows and of variables."""
        return sum(len(rows.rhs) for rows in self.noted_rows.values()), self.noted

    def numbers(self, name: str) -> Ints:
        """Give the numbers of a family of variables."""
        mine = self.noted_variables[name]
        return np.arange(mine.first, mine.first + mine.count, dtype=np.int64)

    def variables(
        self,
        name: str,
        count: int,
        *,
        lower: npt.ArrayLike = 0.0,
        upper: npt.ArrayLike = np.inf,
        binary: bool = False,
    ) -> Ints:
        """Note ``count`` variables; give their numbers."""
        if count == 0:
            return np.empty(0, dtype=np.int64)
        low, high = (
            np.array(np.broadcast_to(np.asarray(one, dtype=np.float64), count)) for one in (lower, upper)
        )
        self.noted_variables[name] = _Variables(self.noted, low, high, binary)
        self.noted += count
        return self.numbers(name)

    def rows(self, name: str, terms: Terms, *, sense: Sense, rhs: npt.ArrayLike) -> None:
        """Note a family of rows."""
        right = np.atleast_1d(np.asarray(rhs, dtype=np.float64))
        self.noted_rows[name] = _Rows(terms, sense, right)

    def maximise(self, variable: npt.ArrayLike, weight: npt.ArrayLike) -> None:
        """Note what more of a variable is worth; what a joined program maximises is said of the whole."""
        numbers = np.asarray(variable, dtype=np.int64)
        self.noted_aim = Terms.of(np.zeros(len(numbers)), numbers, weight)

    @property
    def noted_weights(self) -> Floats:
        """What more of each variable is worth."""
        weights = np.zeros(self.noted)
        np.add.at(weights, self.noted_aim.variable, self.noted_aim.coefficient)
        return weights


@dataclass(frozen=True)
class Joined:
    """Several programs over the same decisions, as one.

    Parameters
    ----------
    numbers : tuple of array of int
        Of each program, the number in the joined one of every variable.
    shared : float
        Share of the rows of all programs that was already there.
    names : dict of str to tuple of int and str
        Of each family of rows of the joined program, which program it is of (from 0 on) and its name there.
    """

    program: Program
    numbers: tuple[Ints, ...]
    shared: float
    names: dict[str, tuple[int, str]]


def join(recordings: Sequence[Recording]) -> Joined:
    """Put programs together over the same decisions.

    Parameters
    ----------
    recordings : sequence of Recording
        Each with the family ``started`` first, the same in all.
    """
    program, first = Program(), recordings[0]
    numbers: list[Ints] = []
    names: dict[str, tuple[int, str]] = {}
    all_rows = kept_rows = 0
    for position, one in enumerate(recordings):
        there = _alike(one, first) if position else _NOTHING
        place = np.full(one.noted, ALONE, dtype=np.int64)
        label = f"{position + 1}: " if position else ""
        for name, family in one.noted_variables.items():
            mine = _where(family)
            if name in there.variables:
                place[mine] = numbers[0][first.numbers(name)]
            else:
                place[mine] = _added(program, f"{label}{name}", family)
        for name, rows in one.noted_rows.items():
            all_rows += len(rows.rhs)
            if name in there.rows:
                continue
            kept_rows += len(rows.rhs)
            terms = Terms(rows.terms.row, place[rows.terms.variable], rows.terms.coefficient)
            program.rows(f"{label}{name}", terms, sense=rows.sense, rhs=rows.rhs)
            names[f"{label}{name}"] = (position, name)
        numbers.append(place)
    return Joined(program, tuple(numbers), 1 - kept_rows / max(all_rows, 1), names)


@dataclass(frozen=True)
class _Alike:
    """Families of variables and of rows that another program has alike and that both can share."""

    variables: frozenset[str] = field(default_factory=frozenset)
    rows: frozenset[str] = field(default_factory=frozenset)


_NOTHING: Final = _Alike()


def _added(program: Program, name: str, family: _Variables) -> Ints:
    if family.binary:
        return program.variables(name, family.count, binary=True)
    return program.variables(name, family.count, lower=family.lower, upper=family.upper)


def _alike(one: Recording, other: Recording) -> _Alike:
    """What two programs can share without losing a plan or a better value.

    Besides the decisions and rows about them alone, these are variables that are only bounded from above, by
    the same rows in both programs, each row bounding one of them and not falling in the others; and of which
    more is never worse in any other row or in the objective. Whatever the decisions are, such variables have
    a greatest value all at once (a lattice: Cottle and Veinott 1972), which is the same in both programs.
    """
    shared = np.zeros(one.noted, dtype=bool)
    for name, family in one.noted_variables.items():
        twin = other.noted_variables.get(name)
        same = twin is not None and family.same(twin) and (name == DECISIONS or not family.binary)
        shared[_where(family)] = same
    if DECISIONS not in one.noted_variables or not shared[one.numbers(DECISIONS)].all():
        raise ValueError("programs to be joined have other decisions")
    translated, decided = _translated(one, other), np.zeros(one.noted, dtype=bool)
    decided[one.numbers(DECISIONS)] = True
    twins = {
        name: _same_rows(rows, other.noted_rows.get(name), translated)
        for name, rows in one.noted_rows.items()
    }
    foreign = _back(other, one, but=[name for name, twin in twins.items() if twin])
    shared &= decided | (one.noted_weights >= 0) & (_weights_of(other, one) >= 0)
    while True:
        lost = [
            _spoilt(rows, twins[name], shared=shared, decided=decided)
            for name, rows in one.noted_rows.items()
        ]
        lost += [_spoilt(rows, False, shared=shared, decided=decided) for rows in foreign]
        gone = np.unique(np.concatenate(lost)) if lost else np.empty(0, dtype=np.int64)
        if gone.size == 0:
            break
        for family in one.noted_variables.values():
            if np.isin(np.arange(family.first, family.first + family.count), gone).any():
                shared[_where(family)] = False
    kept = frozenset(name for name, family in one.noted_variables.items() if shared[_where(family)].all())
    rows_kept = frozenset(
        name for name, rows in one.noted_rows.items() if twins[name] and shared[rows.terms.variable].all()
    )
    return _Alike(kept, rows_kept)


def _back(other: Recording, one: Recording, *, but: Sequence[str]) -> list[_Rows]:
    """Rows that another program has otherwise, in this one's numbers, without variables that it lacks."""
    place = _translated(other, one)
    found = []
    for name, rows in other.noted_rows.items():
        if name in but:
            continue
        there = place[rows.terms.variable] != ALONE
        terms = Terms(rows.terms.row[there], place[rows.terms.variable[there]], rows.terms.coefficient[there])
        found.append(_Rows(terms, rows.sense, rows.rhs))
    return found


def _weights_of(other: Recording, one: Recording) -> Floats:
    """What more of each variable is worth in another program; 0 for variables that it lacks."""
    place = _translated(one, other)
    return np.where(place == ALONE, 0.0, other.noted_weights[np.clip(place, 0, None)])


def _where(family: _Variables) -> slice:
    return slice(family.first, family.first + family.count)


def _spoilt(
    rows: _Rows, twin: bool, *, shared: npt.NDArray[np.bool_], decided: npt.NDArray[np.bool_]
) -> Ints:
    """Variables that rows forbid to share: bounded from above in a way of their own, or minded when more."""
    variable, coefficient = rows.terms.variable, rows.terms.coefficient
    own = shared[variable] & ~decided[variable]
    if not own.any():
        return np.empty(0, dtype=np.int64)
    if rows.sense == "=":
        return variable[own]
    bounding = own & ((coefficient > 0) if rows.sense == "<=" else (coefficient < 0))
    if not bounding.any():
        return np.empty(0, dtype=np.int64)
    once = np.bincount(rows.terms.row[bounding]).max() <= 1
    if twin and once and rows.sense == "<=" and (own | decided[variable]).all():
        return np.empty(0, dtype=np.int64)
    return variable[bounding]


def _translated(one: Recording, other: Recording) -> Ints:
    """Number in another program of every variable; `ALONE` where that has no such variable."""
    place = np.full(one.noted, ALONE, dtype=np.int64)
    for name, family in one.noted_variables.items():
        twin = other.noted_variables.get(name)
        if twin is not None and twin.count == family.count:
            place[_where(family)] = other.numbers(name)
    return place


def _same_rows(rows: _Rows, other: _Rows | None, translated: Ints) -> bool:
    return (
        other is not None
        and rows.sense == other.sense
        and np.array_equal(rows.rhs, other.rhs)
        and np.array_equal(rows.terms.row, other.terms.row)
        and np.array_equal(translated[rows.terms.variable], other.terms.variable)
        and np.array_equal(rows.terms.coefficient, other.terms.coefficient)
    )
