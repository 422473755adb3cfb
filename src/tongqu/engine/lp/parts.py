"""What goes into a program and comes out of it: terms, starts, a way to stop, solutions, errors."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.base import TongquError

__all__ = [
    "Floats",
    "Ints",
    "ProgramInfeasibleError",
    "ProgramStoppedError",
    "Sense",
    "Solution",
    "SolverError",
    "Start",
    "Stop",
    "Terms",
    "solver_version",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Sense = Literal["<=", ">=", "="]

Start: TypeAlias = Floats | tuple[Ints, Floats]
"""Where a search may begin: a value for every variable, or the numbers and values of some of them."""


class SolverError(TongquError):
    """The solver stopped without an answer that can be used."""


class ProgramInfeasibleError(SolverError):
    """No solution keeps every row."""


class ProgramStoppedError(SolverError):
    """The time was over, or the caller stopped the search, before any solution was found."""


def solver_version() -> str:
    """Name and version of the solver.

    Examples
    --------
    >>> solver_version().split()[0]
    'HiGHS'
    """
    return f"HiGHS {version('highspy')} through linopy {version('linopy')}"


class Stop:
    """A way to end a search from another thread and keep what it has found.

    Examples
    --------
    >>> stop = Stop()
    >>> stop.asked
    False
    >>> stop.now()
    >>> stop.asked
    True
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def asked(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._event.is_set()

    def now(self) -> None:
        """Ask every search that was given this object to stop; the best solution so far comes back."""
        self._event.set()

    def clear(self) -> None:
        """Take the wish back, so that the object can serve again."""
        self._event.clear()


@dataclass(frozen=True)
class Terms:
    """Terms of many rows: ``coefficient[k] * variable[k]`` is added to row ``row[k]``.

    Examples
    --------
    >>> Terms.of([0, 0, 1], [5, 6, 6], 1.0).coefficient
    array([1., 1., 1.])
    """

    row: Ints
    variable: Ints
    coefficient: Floats

    @classmethod
    def of(cls, row: npt.ArrayLike, variable: npt.ArrayLike, coefficient: npt.ArrayLike) -> Terms:
        """Make terms from arrays or lists; a single coefficient is repeated."""
        rows = np.asarray(row, dtype=np.int64)
        amounts = np.broadcast_to(np.asarray(coefficient, dtype=np.float64), rows.shape)
        return cls(rows, np.asarray(variable, dtype=np.int64), np.array(amounts))

    @classmethod
    def join(cls, parts: Iterable[Terms]) -> Terms:
        """Put terms together; those of the same row and variable add up."""
        kept = list(parts)
        return cls(
            np.concatenate([part.row for part in kept]),
            np.concatenate([part.variable for part in kept]),
            np.concatenate([part.coefficient for part in kept]),
        )


@dataclass(frozen=True)
class Solution:
    """What the solver found.

    Parameters
    ----------
    values : array
        Value of every variable, in the order in which they were added.
    objective, bound : float
        Value of the best solution, and proven bound that no solution exceeds.
    status : str
        ``"optimal"`` within the gap asked for, or ``"stopped"`` by the time limit or the caller with a valid
        bound.
    duals : mapping of str to array
        Only of continuous programs: the objective's gain per unit more of each row's right-hand side, by
        family; which rows of a family they are says `Program.row_labels`.
    reduced : array
        Only of continuous programs: the objective's gain per unit more of each variable where it lies at a
        bound, about 0 elsewhere; in the order of ``values``.
    """

    values: Floats
    objective: float
    bound: float
    status: Literal["optimal", "stopped"]
    duals: Mapping[str, Floats] = field(default_factory=dict)
    reduced: Floats = field(default_factory=lambda: np.empty(0))

    @property
    def gap(self) -> float:
        """Absolute gap between bound and objective."""
        return max(0.0, self.bound - self.objective)
