"""The search for catchments: an integer program where it is small, else annealing with a proven bound."""

from __future__ import annotations

from time import monotonic
from typing import Final, Literal, TypeAlias

import numpy as np

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Ints
from tongqu.methods.schools._anneal import anneal, board_of, rounded
from tongqu.methods.schools._bound import lower_bound, prices_of, upper_bound
from tongqu.methods.schools._case import NOWHERE, SLACK, Case, exact, most_placed, relaxed, rows_of

__all__ = ["Search", "require_search", "searched"]

Search: TypeAlias = Literal["auto", "exact", "quick"]
"""Integer program; annealing with a proven bound; auto tries the first where it is small."""

EXACT_COLUMNS: Final = 1_500
"""Columns up to which auto asks the integer program: it takes seconds."""
EXACT_SECONDS: Final = 20.0
"""After which annealing takes over."""
NEAREST: Final = 8
"""Nearest schools of each unit that the search tries first; the bound holds for all."""
RELAX: Final = 0.02
"""Share of the most pupils placed that the relaxation which guides the search may leave out."""
PRICED: Final = 200.0
"""Minutes that a pupil without a school counts in the search: beyond any detour by another school."""
HEATS: Final = ((4000.0, 5.0), (500.0, 3.0), (2000.0, 3.0), (200.0, 2.0))
"""First and last temperature of each round of annealing, pupil-minutes: a class moved by some minutes."""
MOVES: Final = 120
"""Moves tried in a round for each column."""


def searched(
    case: Case, *, search: Search, gap: float, seconds: float, seed: int
) -> tuple[Ints, float, float, Search]:
    """A choice, most pupils placed, a lower bound of its cost, and how it was found."""
    if case.columns == 0:
        return np.full(case.weight.size, NOWHERE, dtype=np.int64), 0.0, 0.0, "exact"
    begun = monotonic()
    if search == "exact" or (search == "auto" and case.columns <= EXACT_COLUMNS):
        allowed = seconds if search == "exact" else min(seconds, EXACT_SECONDS)
        first = exact(case, floor=None, seconds=allowed)
        if first is not None:
            most = case.placed(first)
            second = exact(case, floor=most, seconds=max(allowed - (monotonic() - begun), 0.1))
            if second is not None:
                return second, most, case.value(second), "exact"
    choice, most, bound = _annealed(case, gap=gap, seconds=seconds, seed=seed)
    return choice, most, bound, "quick"


def _annealed(case: Case, *, gap: float, seconds: float, seed: int) -> tuple[Ints, float, float]:
    """A choice by annealing among the nearer columns, and bounds that hold for all columns."""
    begun = monotonic()
    most, columns, claims = most_placed(case, case.nearest(NEAREST))
    small = case.among(columns)
    rows = rows_of(small, floor=most * (1 - RELAX))
    guide = relaxed(small, rows)
    board, choice = board_of(small, priced=PRICED), rounded(small, guide.share)
    floor, bound = -1.0, -np.inf
    prices = None
    for number, (hot, cold) in enumerate(HEATS):
        tried = anneal(board, choice, MOVES * small.columns, hot, cold, seed + number)
        choice = tried if _better(small, tried, choice) else choice
        upper, placed = small.value(choice), small.placed(choice)
        if prices is None or placed > floor:
            rows = rows_of(small, floor=placed)
            prices = prices_of(case, columns, rows=rows, start=relaxed(small, rows))
            bound, floor = -np.inf, placed
        found, prices = lower_bound(case, columns, prices, floor=floor, upper=upper, gap=gap)
        bound = max(bound, found)
        if upper - bound <= gap * abs(upper) or monotonic() - begun > seconds:
            break
    whole = np.where(choice >= 0, columns[choice], NOWHERE).astype(np.int64)
    placed = case.placed(whole)
    if placed < most * (1 - SLACK):
        most = upper_bound(case, claims, placed=placed, most=most, gap=gap / 10)
    return whole, most, min(bound, case.value(whole))


def _better(case: Case, one: Ints, other: Ints) -> bool:
    """Whether the one places more pupils, or as many at less cost."""
    more = case.placed(one) - case.placed(other)
    if abs(more) > SLACK * float(case.weight.sum()):
        return more > 0
    return case.value(one) < case.value(other)


def require_search(search: Search, *, gap: float, seconds: float, seed: int) -> None:
    asked = (
        ("search", search in ("auto", "exact", "quick"), search, "auto, exact or quick"),
        ("gap", gap >= 0, gap, "0 or more"),
        ("seconds", seconds > 0, seconds, "a number above 0"),
        ("seed", seed >= 0, seed, "0 or more"),
    )
    problems = [
        Problem(
            "a choice of the search is out of range", mend=f"give {allowed}", column=name, value=str(value)
        )
        for name, good, value, allowed in asked
        if not good
    ]
    if problems:
        raise DataError(problems)
