"""Problems in data: collected over all tables, listed briefly, raised once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tongqu.base.errors import DataError, Problem

__all__ = ["MAX_ROWS", "Place", "Problems", "nearest", "suggest"]

MAX_ROWS = 20
"""Rows listed for one rule in one column; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the values of one column stand.

    Parameters
    ----------
    file : str
        File, or file and sheet, as a user knows it.
    column : str
        Name of the column.
    rows : array of int
        Row number of each value as a spreadsheet shows it (the heading is row 1).
    text : Series of str
        The values as written; missing where blank.
    """

    file: str
    column: str
    rows: NDArray[np.int64]
    text: pd.Series[str]


def nearest(value: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like the value, or None if none does.

    Examples
    --------
    >>> nearest("poeple", ["people", "year"])
    'people'
    >>> nearest("xyz", ["people", "year"]) is None
    True
    """
    folded = {candidate.casefold(): candidate for candidate in candidates}
    close = get_close_matches(value.casefold(), list(folded), n=1, cutoff=0.65)
    return folded[close[0]] if close else None


def suggest(value: str, candidates: Iterable[str]) -> str:
    """A question that names the nearest candidate, or nothing.

    Examples
    --------
    >>> suggest("femal", ["male", "female"])
    "did you mean 'female'? "
    """
    match = nearest(value, candidates)
    return f"did you mean {match!r}? " if match is not None else ""


class Problems:
    """A collector: problems are added as they are found and raised together.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add("the file is empty", file="units.csv", mend="fill it")
    >>> len(problems)
    1
    """

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(
        self,
        rule: str,
        *,
        mend: str,
        file: str = "",
        row: int | None = None,
        column: str = "",
        value: str = "",
    ) -> None:
        """Note one problem."""
        self._found.append(Problem(rule=rule, mend=mend, file=file, row=row, column=column, value=value))

    def add_rows(
        self, rule: str, *, at: Place, where: NDArray[np.bool_], mend: str | Callable[[int, str], str]
    ) -> None:
        """Note the rows of a column that break a rule; beyond `MAX_ROWS` only their number.

        Parameters
        ----------
        rule : str
            The rule.
        at : Place
            The column.
        where : array of bool
            True where a value breaks the rule.
        mend : str, or function of (position, value)
            What to do about it.
        """
        broken = np.flatnonzero(where)
        for position in broken[:MAX_ROWS]:
            text = at.text.iloc[position]
            value = "" if pd.isna(text) else str(text)
            how = mend if isinstance(mend, str) else mend(int(position), value)
            self.add(rule, mend=how, file=at.file, row=int(at.rows[position]), column=at.column, value=value)
        if len(broken) > MAX_ROWS:
            more = f"{len(broken) - MAX_ROWS} more rows break this rule: mend them in the same way"
            self.add(rule, mend=more, file=at.file, column=at.column)

    def raise_any(self) -> None:
        """Raise everything that was found, the problems of a file together.

        Raises
        ------
        DataError
            If there is at least one problem.
        """
        if self._found:
            files = list(dict.fromkeys(problem.file for problem in self._found))
            raise DataError(sorted(self._found, key=lambda problem: files.index(problem.file)))
