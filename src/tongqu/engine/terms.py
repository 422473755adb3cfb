"""The program of a joint plan under construction, and how ledger entries become linear terms.

``started[o, t]`` is 1 once project ``o`` has been started by year ``t``; its differences are the decisions.
The cumulative form keeps the rows sparse and the relaxation tight. See docs/methods/joint-plan.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import FOREVER
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Program

__all__ = ["NONE", "Floats", "Ints", "Model", "Score", "entry_terms"]

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


@dataclass
class Model:
    """The program and where its variables are.

    Parameters
    ----------
    started : array of int, shape (projects, years)
        Variable number of "started by this year"; -1 before a project may start.
    credits : list of DataFrame
        Served credit: columns ``service, county, year, variable, people, group``.
    tangent_error : float
        A-priori error of the tangents, in the objective's units.
    """

    program: Program
    inputs: Inputs
    started: Ints
    credits: list[pd.DataFrame] = field(default_factory=list)
    scores: dict[str, list[Score]] = field(default_factory=lambda: {"U": [], "R": []})
    constant: dict[str, Floats] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    tangent_error: float = 0.0

    def positions(self, projects: pd.Series[str]) -> Ints:
        """Row positions of projects in the offer; -1 for a name that is not on offer."""
        index = pd.Index(self.inputs.offer.projects["project"])
        return np.asarray(index.get_indexer(pd.Index(projects)), dtype=np.int64)

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
