"""The errors of Tongqu: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "DataError",
    "InfeasibleError",
    "Problem",
    "Relaxation",
    "RunError",
    "ScenarioError",
    "TongquError",
]


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


@dataclass(frozen=True, slots=True)
class Relaxation:
    """By how much a limit has to give way so that a plan exists, all other limits kept.

    Parameters
    ----------
    kind : str
        Kind of the limit, such as ``"money"``, ``"floor"`` or ``"pin"``.
    unit, key : str
        Place and what the limit is about; of a pin, the project.
    year : int or None
        The year of the limit; of a pin, the year in which the project can be started, None for never.
    amount : float
        In ``unit_of_measure``: more money or land, persons, a lower share, years later.
    relative : float
        The amount as a share of the limit.
    number : int
        Of a floor or a bound, its number in the scenario.
    said, said_zh : str
        In words.
    """

    kind: str
    unit: str
    key: str
    year: int | None
    amount: float
    relative: float
    unit_of_measure: str
    number: int = -1
    said: str = ""
    said_zh: str = ""


class TongquError(Exception):
    """Any error that Tongqu raises on purpose. ``exit_code`` is what the command line returns."""

    exit_code = 1

    def __reduce__(self) -> tuple[object, ...]:
        """An error goes from process to process whole: its message, and what else it holds."""
        return _again, (type(self), self.args, dict(self.__dict__))


def _again(kind: type[TongquError], args: tuple[object, ...], content: dict[str, object]) -> TongquError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(content)
    return error


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
    """No plan keeps every limit; ``conflict`` names limits that exclude one another, none needlessly.

    ``conflict_zh`` names the same limits in Chinese. ``relaxations`` says what each of them has to give
    so that a plan exists, the least first; a limit that cannot help alone is absent. ``together`` is one way
    for several limits to give way at once, with a small sum of shares.

    Examples
    --------
    >>> print(InfeasibleError(["the floor", "the money"], relaxations=[]))
    no plan keeps all limits; these 2 exclude one another:
      - the floor
      - the money
    relax any one of them in the scenario
    """

    exit_code = 3

    def __init__(
        self,
        conflict: Sequence[str],
        conflict_zh: Sequence[str] = (),
        *,
        relaxations: Sequence[Relaxation] = (),
        together: Sequence[Relaxation] = (),
    ) -> None:
        self.conflict, self.conflict_zh = tuple(conflict), tuple(conflict_zh)
        self.relaxations, self.together = tuple(relaxations), tuple(together)
        lines = [f"  - {limit}" for limit in self.conflict]
        mends = ["relax any one of them in the scenario"]
        if self.relaxations:
            mends = ["any one of these is enough, the least first:"]
            mends += [f"  - {one.said}" for one in self.relaxations]
        elif self.together:
            mends = ["none of them is enough alone; these together are:"]
            mends += [f"  - {one.said}" for one in self.together]
        head = f"no plan keeps all limits; these {len(self.conflict)} exclude one another:"
        super().__init__("\n".join([head, *lines, *mends]))


class RunError(TongquError):
    """A run folder is missing, incomplete, or does not verify; ``problems`` says why."""

    exit_code = 4

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(f"  {problem}" for problem in self.problems)]))
