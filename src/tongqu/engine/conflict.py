"""Which limits of a scenario exclude one another, and how little each would have to give way.

The conflict is sought on the program without whole numbers, row by row: limit, place and year. Where only
whole numbers make every plan impossible, whole limits are named. How far a limit would have to give way comes
from a program with a lever on every limit (an elastic program), solved with whole numbers: giving way by as
much does help.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, hstack

from tongqu.base import InfeasibleError, Relaxation
from tongqu.engine.levers import FLOWS, Lever, levers_of, row_years
from tongqu.engine.lp import Numbers, Session, SolverError
from tongqu.engine.search import parts_of
from tongqu.engine.terms import NONE, Ints, Model

__all__ = ["Member", "conflict_of", "infeasible", "relaxations_of"]

SECONDS: Final = 80.0
"""Time for finding out how far limits have to give way; what is not found by then is left out."""

SHARE_GAP: Final = 0.005
"""Share of the least relaxation by which the one that is found may be larger."""

LEAST: Final = 1e-5
"""Share of a limit below which two relaxations are the same."""

ONE_SEARCH: Final = 0.25
"""Share of the time that is left which one search may take."""

DIGITS: Final = 4
"""Digits of a relaxation, which is rounded up."""

SPARE: Final = 0.01
"""Share of the last digit by which a relaxation exceeds what was found, before it is rounded up."""

Words = Callable[[Model, str], tuple[str, str]]
"""A limit in English and in Chinese."""


@dataclass(frozen=True)
class Member:
    """A limit in a conflict, and the years in which it conflicts; none where it is about no single year."""

    name: str
    years: tuple[int, ...]


def infeasible(model: Model, *, words: Words, seconds: float = SECONDS) -> InfeasibleError:
    """Give the error that says which limits exclude one another and how little each would have to give way.

    Parameters
    ----------
    words : callable
        Says a limit of the model in English and in Chinese.
    seconds : float
        Time for the relaxations, in all.
    """
    members = conflict_of(model)
    said = [words(model, member.name) for member in members]
    spans = [_span(member.years) for member in members]
    alone, together = relaxations_of(model, members, words=words, seconds=seconds)
    return InfeasibleError(
        [english + (f" ({span})" if span else "") for (english, _), span in zip(said, spans, strict=True)],
        [
            chinese + (f"（{span} 年）" if span else "")
            for (_, chinese), span in zip(said, spans, strict=True)
        ],
        relaxations=alone,
        together=together,
    )


def conflict_of(model: Model) -> list[Member]:
    """Name limits that exclude one another, each of them needed for that; pins and floors where possible."""
    order = sorted(model.limits, key=lambda name: (_rank(model.limits[name]), name))
    rows = model.program.conflicting_rows(order)
    if not rows:
        return [Member(name, ()) for name in model.program.conflict(order)]
    found = []
    for name, labels in rows.items():
        year = dict(zip(model.program.row_labels(name), row_years(model, name), strict=True))
        found.append(Member(name, tuple(y for label in labels if (y := year[label]) is not None)))
    return found


def relaxations_of(
    model: Model, members: Sequence[Member], *, words: Words, seconds: float = SECONDS
) -> tuple[list[Relaxation], list[Relaxation]]:
    """Give what each limit of a conflict would have to give way alone, and what several would together.

    Each relaxation of the first list makes the program feasible, the least share of a limit first; a limit
    that cannot do so alone is absent. The second list is given where the first is empty.

    References
    ----------
    Brown, G. and Graves, G. (1975), Elastic programming, ORSA/TIMS meeting, Las Vegas; Chinneck, J. (2008),
    Feasibility and infeasibility in optimization, chapter 6.
    """
    elastic = _Elastic(model, ends=time.monotonic() + seconds, words=words)
    if not elastic.possible:
        return [], []
    mine = [lever for levers in elastic.levers_for(members) for lever in levers]
    alone: list[Relaxation] = []
    for every_year in (False, True):
        able = [lever for lever in mine if (lever.kind in FLOWS and lever.year is None) == every_year]
        # The least first: what is not found in the time is what would have to give way most.
        least = [elastic.promised(lever) for lever in able]
        order = sorted((share, number) for number, share in enumerate(least) if share is not None)
        alone += [one for _, number in order if (one := elastic.alone(able[number])) is not None]
        if alone:
            break
    alone.sort(key=lambda one: one.relative)
    return alone, ([] if alone else elastic.together())


def _rank(kind: str) -> int:
    return {"floor": 1, "bound": 1, "pin": 2}.get(kind, 0)


def _span(years: Iterable[int]) -> str:
    """Years in a row as one span.

    Examples
    --------
    >>> _span([2026, 2027, 2028, 2030])
    '2026-2028, 2030'
    """
    parts: list[list[int]] = []
    for year in sorted(set(years)):
        if parts and parts[-1][1] == year - 1:
            parts[-1][1] = year
        else:
            parts.append([year, year])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _is_of(lever: Lever, member: Member) -> bool:
    """Whether a lever is one of a limit's, for all years or for one in which it conflicts."""
    if lever.kind == "floor":
        return member.name.startswith(f"{lever.family} ")
    if lever.family != member.name:
        return False
    return lever.year is None or not member.years or lever.year in member.years


class _Elastic:
    """The model's program with a lever on every limit, to be pulled as little as possible.

    A lever's variable is the share of the limit that it gives way.
    """

    def __init__(self, model: Model, *, ends: float, words: Words) -> None:
        self._model, self._ends, self._words = model, ends, words
        self._levers = levers_of(model)
        numbers = model.program.arrays()
        self._first = len(numbers.lower)
        self._most = np.array([lever.most / lever.step for lever in self._levers])
        nobody = np.zeros(len(self._levers), dtype=bool)
        self._parts = [np.concatenate([part, nobody]) for part in model.program.parts(parts_of(model))]
        self._session = Session(_with_levers(numbers, self._levers, most=self._most), {}, labels={})

    @property
    def possible(self) -> bool:
        """Whether the program is feasible when every limit gives way."""
        if not self._levers:
            return False
        try:
            self._session.relax()
        except SolverError:
            return False
        return True

    def levers_for(self, members: Sequence[Member]) -> Iterator[list[Lever]]:
        """Levers of each limit of a conflict: of its years first, of all years where those do not help."""
        seen: set[tuple[int, ...]] = set()
        for member in members:
            mine = [lever for lever in self._levers if _is_of(lever, member)]
            mine = [lever for lever in mine if tuple(sorted(lever.rows)) not in seen]
            seen |= {tuple(sorted(lever.rows)) for lever in mine}
            yield mine

    def promised(self, lever: Lever) -> float | None:
        """Share of one limit that must give way at least, without whole numbers; None if that is no help."""
        if lever.kind == "pin":
            return 1.0 / len(self._model.inputs.years)  # a year later is the least
        if time.monotonic() > self._ends:
            return None
        self._session.reset()
        self._open([self._levers.index(lever)])
        try:
            share = -self._session.relax().objective
        except SolverError:
            return None
        return share * lever.step / abs(lever.size) if lever.size else math.inf

    def alone(self, lever: Lever) -> Relaxation | None:
        """How far one limit has to give way while all others hold; None if that does not help."""
        self._session.reset()
        if lever.kind == "pin":
            return self._later(lever)
        position = self._levers.index(lever)
        self._open([position])
        values = self._least()
        if values is None:
            return None
        return self._said(lever, values[self._first + position])

    def together(self) -> list[Relaxation]:
        """One way for limits to give way together, with a small sum of shares."""
        self._session.reset()
        values = self._least()
        if values is None:
            return []
        shares = values[self._first :]
        pulled = [number for number in np.argsort(-shares) if shares[number] > LEAST]
        return [
            self._moved(self._levers[number], None)
            if self._levers[number].kind == "pin"
            else self._said(self._levers[number], shares[number])
            for number in pulled
        ]

    def _open(self, positions: Sequence[int]) -> None:
        """Let only some levers be pulled."""
        most = np.zeros(len(self._levers))
        most[list(positions)] = self._most[list(positions)]
        self._session.bounds(self._first + np.arange(len(most)), 0.0, most)

    def _least(self) -> npt.NDArray[np.float64] | None:
        """Values at which the levers that can be pulled are pulled as little as possible."""
        left = self._ends - time.monotonic()
        if left <= 0:
            return None
        try:
            least = -self._session.relax().objective
            gap = max(SHARE_GAP * least, LEAST)
            return self._session.search(gap=gap, seconds=left * ONE_SEARCH, parts=self._parts).values
        except SolverError:
            return None

    def _later(self, lever: Lever) -> Relaxation | None:
        """The first later year in which a pinned project can start; or unpinned, if there is none."""
        model, session = self._model, self._session
        if lever.key not in {pin.project for pin in model.inputs.scenario.pinned}:
            return None
        project = int(model.positions(pd.Series([lever.key]))[0])
        started = model.started[project]
        pinned = _pinned_year(model, lever.rows, started)
        for position in range(pinned + 1, len(started)):
            if started[position] in (NONE, started[position - 1]):
                continue
            self._unpinned(lever)
            session.bounds(started[[position]], 1.0, 1.0)
            session.bounds(started[[position - 1]], 0.0, 0.0)
            if self._least() is not None:
                return self._moved(lever, position, pinned=pinned)
        self._unpinned(lever)
        return self._moved(lever, None) if self._least() is not None else None

    def _unpinned(self, lever: Lever) -> None:
        """All limits as they are, but for a pin."""
        self._session.reset()
        self._open([])
        self._session.rows(lever.rows, -np.inf, np.inf)

    def _moved(self, lever: Lever, position: int | None, *, pinned: int = 0) -> Relaxation:
        years = self._model.inputs.years
        if position is None:
            said = f"leave {lever.key} unpinned", f"取消指定项目 {lever.key}"
            later, year = len(years), None
        else:
            later, year = position - pinned, years[position]
            said = (
                f"start {lever.key} in {year} instead of {years[pinned]}",
                f"项目 {lever.key} 由 {years[pinned]} 年改为 {year} 年开工",
            )
        return Relaxation(
            "pin", "", lever.key, year, float(later), later / len(years), "years", -1, said[0], said[1]
        )

    def _said(self, lever: Lever, share: float) -> Relaxation:
        """A relaxation in the limit's own unit and in words, rounded up."""
        amount = min(_up(share * lever.step), lever.most)
        number = int(lever.family.split(" ")[1]) if lever.kind in ("floor", "bound") else -1
        english, chinese = _in_words(self._model, lever, amount=amount, words=self._words)
        return Relaxation(
            lever.kind,
            lever.unit,
            lever.key,
            lever.year,
            amount,
            amount / abs(lever.size) if lever.size else math.inf,
            lever.unit_of_measure,
            number,
            english,
            chinese,
        )


def _with_levers(numbers: Numbers, levers: Sequence[Lever], *, most: npt.NDArray[np.float64]) -> Numbers:
    """Add a variable for every lever; the objective is to pull them as little as possible."""
    rows = np.concatenate([lever.rows for lever in levers]) if levers else np.empty(0, dtype=np.int64)
    columns = np.repeat(np.arange(len(levers)), [len(lever.rows) for lever in levers])
    slack = [lever.slack * lever.step for lever in levers]
    shape = (numbers.table.shape[0], len(levers))
    added = csr_array((np.concatenate(slack) if slack else np.empty(0), (rows, columns)), shape=shape)
    return replace(
        numbers,
        table=csr_array(hstack([numbers.table, added], format="csr")),
        lower=np.concatenate([numbers.lower, np.zeros(len(levers))]),
        upper=np.concatenate([numbers.upper, most]),
        whole=np.concatenate([numbers.whole, np.zeros(len(levers), dtype=bool)]),
        weight=np.concatenate([np.zeros(len(numbers.weight)), -np.ones(len(levers))]),
    )


def _pinned_year(model: Model, rows: Ints, started: Ints) -> int:
    """Position of the year that a pin names: that of the variable with coefficient 1 in its row."""
    table = model.program.arrays().table
    inside = slice(table.indptr[rows[0]], table.indptr[rows[0] + 1])
    variable = table.indices[inside][table.data[inside] > 0][0]
    return int(np.flatnonzero(started == variable)[0])


def _up(amount: float) -> float:
    """Round up to a few digits.

    Examples
    --------
    >>> _up(1234.5678), _up(0.0123401)
    (1235.0, 0.01235)
    >>> _up(2000.0)
    2001.0
    """
    if amount <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(amount)) - DIGITS + 1)
    # A little more than needed: what is given must exceed the solver's tolerance.
    return float(f"{math.ceil(amount / step + SPARE) * step:.{DIGITS}g}")


MORE: Final[Mapping[str, tuple[str, str]]] = {
    "万元": ("万元", "万元"),
    "mu": ("mu", "亩"),
    "persons": ("persons", "人"),
}
"""Units of measure of limits in words."""


def _in_words(model: Model, lever: Lever, *, amount: float, words: Words) -> tuple[str, str]:
    share = f"{amount / abs(lever.size):.2%}" if lever.size else ""
    if lever.kind == "floor":
        name = next(name for name in model.limits if name.startswith(f"{lever.family} "))
        english, chinese = f"the floor for {lever.key}", f"服务底线（{lever.key}）"
        if lever.unit:
            english, chinese = (
                text.partition(mark)[0] for text, mark in zip(words(model, name), ":：", strict=True)
            )
        left = max(lever.size - amount, 0.0)
        return (
            f"{english}: {left:.2%} instead of {lever.size:.2%}",
            f"{chinese}：由 {lever.size:.2%} 降为 {left:.2%}",
        )
    english, chinese = words(model, lever.family)
    if lever.kind == "bound":
        return f"{english}: by {amount:g} less strict", f"{chinese}：放宽 {amount:g}"
    if lever.kind == "worse":
        return f"{english}: lower by {amount:g} allowed", f"{chinese}：允许降低 {amount:g}"
    unit, unit_zh = MORE[lever.unit_of_measure]
    part, part_zh = (f" ({share})", f"（{share}）") if share else ("", "")
    when, when_zh = (f" in {lever.year}", f"{lever.year} 年") if lever.year is not None else ("", "")
    if lever.year is None and lever.kind in FLOWS:
        when, when_zh = " in every year", "每年"
    return (
        f"{english}: {amount:,g} {unit}{part} more{when}",
        f"{chinese}：{when_zh}增加 {amount:,g} {unit_zh}{part_zh}",
    )
