"""The program of a joint plan under construction, and how ledger entries become linear terms.

``started[o, t]`` is 1 once project ``o`` has been started by year ``t``; its differences are the decisions.
The cumulative form keeps the rows sparse and the relaxation tight. See docs/methods/joint-plan.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import FOREVER
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program

__all__ = ["NONE", "Aim", "Floats", "Ints", "Model", "Priced", "Score", "entry_terms"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NONE: Final = -1
"""Number of a variable that does not exist: the project cannot be started by then."""


@dataclass(frozen=True)
class Score:
    """One raised indicator: weight and baseline score by cell (not clipped), what raises it in which cell.

    The weight is 0 in cells where the indicator does not count, and nothing raises it there.
    """

    weight: Floats
    base: Floats
    cell: Ints
    terms: pd.DataFrame


@dataclass(frozen=True)
class Aim:
    """A linear figure of the program of which more is better: ``constant + sum(weight * variable)``.

    Parameters
    ----------
    name : str
        What it is, such as a measure of the scenario.
    variable, weight : array
        Numbers of variables, and what one unit of each adds.
    error : float
        By how much it may exceed, at a solution of the program, what the plan really delivers.
    unit : str
        Unit of measure.
    sense : int
        1, or -1 where the figure is the negative of what its name says, such as cost.
    complete : callable, optional
        Gives, for values of all variables, numbers and better values of those that only this figure needs.

    Examples
    --------
    >>> aim = Aim("coverage", np.array([0, 2]), np.array([0.5, 0.25]), constant=0.1)
    >>> float(aim.at(np.array([1.0, 0.0, 1.0])))
    0.85
    """

    name: str
    variable: Ints
    weight: Floats
    constant: float = 0.0
    error: float = 0.0
    unit: str = "share"
    sense: int = 1
    complete: Callable[[Floats], tuple[Ints, Floats]] | None = None

    def at(self, values: Floats) -> float:
        """Its value at a solution."""
        return self.constant + float(self.weight @ values[self.variable])

    def plus(self, other: Aim, *, times: float = 1.0) -> Aim:
        """The same with another figure added, times a number."""
        return replace(
            self,
            variable=np.concatenate([self.variable, other.variable]),
            weight=np.concatenate([self.weight, times * other.weight]),
            constant=self.constant + times * other.constant,
            error=self.error + max(times, 0.0) * other.error,
        )


@dataclass(frozen=True)
class Priced:
    """A family of rows whose right-hand side is a limit: which, and in what years and unit its rows count.

    Parameters
    ----------
    family : str
        Name of the family; entry ``k`` of its right-hand side is of the year ``years[k]``.
    divisor : float
        The right-hand side is the limit divided by this.
    unit_of_measure : str
        Of the limit.
    """

    family: str
    limit: str
    unit: str
    key: str
    years: tuple[int, ...]
    divisor: float
    unit_of_measure: str


@dataclass
class Model:
    """The program and where its variables are.

    Parameters
    ----------
    started : array of int, shape (projects, years)
        Variable number of "started by this year"; -1 before a project may start.
    credits : list of DataFrame
        Served credit: columns ``service, county, year, variable, people, group``.
    members : dict of str to Series
        Of each service the group of each unit, indexed by unit: a unit is credited its group's share.
    indices : dict of str to array of int
        Variables of the subindices ``U`` and ``R``, in the order of the inputs' weights.
    limits : dict of str to str
        Kind of each family of rows that is a limit of the scenario, in the order in which they were added.
    priced : list of Priced
        Limits of which one more unit has a price.
    aims : dict of str to Aim
        Measures whose variables and rows are in the program.
    aim : Aim or None
        What is maximised now, with what else counts in the objective.
    places : dict of str to array of int
        Variables that several aims use, by name.
    tighter : mapping of str to array
        By how much more than asked rows of a family demand, where the program is looser than the truth.
    """

    program: Program
    inputs: Inputs
    started: Ints
    credits: list[pd.DataFrame] = field(default_factory=list)
    members: dict[str, pd.Series] = field(default_factory=dict)
    indices: dict[str, Ints] = field(default_factory=dict)
    scores: dict[str, list[Score]] = field(default_factory=lambda: {"U": [], "R": []})
    constant: dict[str, Floats] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    priced: list[Priced] = field(default_factory=list)
    aims: dict[str, Aim] = field(default_factory=dict)
    aim: Aim | None = None
    places: dict[str, Ints] = field(default_factory=dict)
    tighter: Mapping[str, Floats] = field(default_factory=dict)

    def positions(self, projects: pd.Series[str]) -> Ints:
        """Row positions of projects in the offer; -1 for a name that is not on offer."""
        index = pd.Index(self.inputs.offer.projects["project"])
        return np.asarray(index.get_indexer(pd.Index(projects)), dtype=np.int64)

    @property
    def tangent_error(self) -> float:
        """A-priori error of the aim, in its unit."""
        return 0.0 if self.aim is None else self.aim.error

    @property
    def lead(self) -> Ints:
        """Lead time of each project, years."""
        return self.inputs.offer.projects["lead"].to_numpy(dtype=np.int64)

    def opened(self, project: Ints, year: Ints) -> Ints:
        """Variable that says whether a project works in a year (positions); -1 where it cannot."""
        return self.begun(project, year - self.lead[project])

    def begun(self, project: Ints, year: Ints) -> Ints:
        """Variable that says whether a project has started by a year (positions); -1 where it cannot."""
        inside = np.clip(year, 0, self.started.shape[1] - 1)
        return np.where(year >= 0, self.started[project, inside], NONE)


def entry_terms(model: Model, entries: pd.DataFrame) -> pd.DataFrame:
    """Give the linear terms of ledger entries in each year: columns ``entry, year, variable, amount, ends``.

    An entry counts from ``since`` to ``until`` years after the start, so in year ``t`` it is worth
    ``amount * (started[t - since] - started[t - until - 1])``; ``ends`` marks the second term.
    """
    project = model.positions(entries["project"])
    count, years = len(entries), len(model.inputs.years)
    entry, year = np.repeat(np.arange(count), years), np.tile(np.arange(years), count)
    since, until = entries["since"].to_numpy()[entry], entries["until"].to_numpy()[entry]
    amount = entries["amount"].to_numpy()[entry]
    begins = model.begun(project[entry], year - since)
    ends = np.where(until == FOREVER, NONE, model.begun(project[entry], year - until - 1))
    parts = [
        pd.DataFrame(
            {"entry": entry, "year": year, "variable": variable, "amount": sign * amount, "ends": sign < 0}
        )
        for variable, sign in ((begins, 1.0), (ends, -1.0))
    ]
    together = pd.concat(parts, ignore_index=True)
    return together[together["variable"] != NONE]
