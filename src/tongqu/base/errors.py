"""The errors of Tongqu: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DataError", "InfeasibleError", "Problem", "RunError", "ScenarioError", "TongquError"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input, and where.

    Parameters
    ----------
    rule : str
        Short name of the rule that is broken, for example ``"missing column"``.
    file, column, value : str
        Where and what; empty when it does not apply.
    row : int or None
        Row number as a spreadsheet shows it (the heading is row 1); None for a whole file.
    mend : str
        What to do about it.

    Examples
    --------
    >>> print(
    ...     Problem(
    ...         file="people.csv",
    ...         row=7,
    ...         column="people",
    ...         value="-3",
    ...         rule="below the minimum 0",
    ...         mend="enter a count of 0 or more",
    ...     )
    ... )
    people.csv, row 7, people = '-3': below the minimum 0; enter a count of 0 or more
    """

    rule: str
    mend: str
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        what = f"{self.column} = {self.value!r}" if self.column and self.value else self.column
        row = f"row {self.row}" if self.row is not None else ""
        where = ", ".join(part for part in (self.file, row, what) if part)
        return f"{where}: {self.rule}; {self.mend}" if where else f"{self.rule}; {self.mend}"


class TongquError(Exception):
    """Any error that Tongqu raises on purpose. ``exit_code`` is what the command line returns."""

    exit_code = 1


class DataError(TongquError):
    """Input data broke one or more rules; ``problems`` holds all of them.

    Examples
    --------
    >>> error = DataError([Problem(rule="the file is empty", mend="fill it", file="units.csv")])
    >>> print(error)
    1 problem in the data:
      units.csv: the file is empty; fill it
    """

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the data:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class ScenarioError(DataError):
    """The scenario file broke one or more rules."""


class InfeasibleError(TongquError):
    """No plan keeps every limit; ``conflict`` names limits that exclude one another, none of them needlessly.

    ``conflict_zh`` names the same limits in Chinese.
    """

    exit_code = 3

    def __init__(self, conflict: Sequence[str], conflict_zh: Sequence[str] = ()) -> None:
        self.conflict, self.conflict_zh = tuple(conflict), tuple(conflict_zh)
        lines = "\n".join(f"  - {limit}" for limit in self.conflict)
        super().__init__(
            f"no plan keeps all limits; these {len(self.conflict)} exclude one another:\n{lines}\n"
            "relax any one of them in the scenario"
        )


class RunError(TongquError):
    """A run folder is missing, incomplete, or does not verify; ``problems`` says why."""

    exit_code = 4

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  {problem}" for problem in self.problems)]))
