"""What the report reads of a stored run, read once; village figures as a cube instead of a million rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Run

__all__ = ["CASES", "Case", "Cube", "Stored", "read_run"]

Case: TypeAlias = Literal["base", "plan"]
"""Without and with the plan."""

CASES: Final[tuple[Case, Case]] = ("base", "plan")


@dataclass(frozen=True)
class Cube:
    """State variables of the villages.

    Parameters
    ----------
    values : mapping of (case, variable) to array of float
        Shape (villages, years), in the unit of the variable; NaN where the run has no value.
    villages : tuple of str
        Codes, in order of the rows.
    years : tuple of int
        Years, in order of the columns.
    """

    values: Mapping[tuple[Case, str], npt.NDArray[np.float64]]
    villages: tuple[str, ...]
    years: tuple[int, ...]

    def __contains__(self, variable: str) -> bool:
        return ("plan", variable) in self.values

    def of(self, case: Case, variable: str) -> npt.NDArray[np.float64]:
        """Values of a variable, shape (villages, years)."""
        return self.values[case, variable]

    def last(self, case: Case, variable: str) -> npt.NDArray[np.float64]:
        """Values of a variable in the last year, shape (villages,)."""
        return self.values[case, variable][:, -1]


@dataclass(frozen=True)
class Stored:
    """The tables of a run that the report rests on.

    Parameters
    ----------
    run : Run
        The stored run.
    years : tuple of int
        Years of the plan.
    counties : tuple of str
        Codes of the counties.
    units : DataFrame
        Places, indexed by code.
    decisions : DataFrame
        Chosen projects; money in 万元, land in mu.
    ledger, accounts : DataFrame
        As stored; money in 万元.
    indices : DataFrame
        U, R, C, T, D indexed by case, unit, year.
    weights : Series
        Weight in the objective, indexed by unit and year.
    cube : Cube
        State variables of the villages.
    totals : DataFrame
        State variables in the last year, summed over all places: by variable (rows) and case (columns).
    county_values : DataFrame
        State variables of the counties as stored: ``unit, year, variable, value, case``.
    """

    run: Run
    years: tuple[int, ...]
    counties: tuple[str, ...]
    units: pd.DataFrame
    decisions: pd.DataFrame
    ledger: pd.DataFrame
    accounts: pd.DataFrame
    indices: pd.DataFrame
    weights: pd.Series
    cube: Cube
    totals: pd.DataFrame
    county_values: pd.DataFrame

    @property
    def first(self) -> int:
        """First year of the plan."""
        return self.years[0]

    @property
    def last(self) -> int:
        """Last year of the plan."""
        return self.years[-1]

    def county_of(self, units: Iterable[str]) -> npt.NDArray[np.object_]:
        """County of each unit."""
        return self.run.region.county_of(units).to_numpy(dtype=object)


def read_run(run: Run) -> Stored:
    """Read what the report needs.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    scenario = run.manifest["scenario"]
    years = tuple(range(int(scenario["first_year"]), int(scenario["last_year"]) + 1))
    region = run.region
    units = region["units"].set_index("unit")
    outcomes = run["results/outcomes"]
    villages = tuple(str(code) for code in region.level("village").index)
    counties = tuple(str(code) for code in region.level("county").index)
    final = outcomes[outcomes["year"] == years[-1]]
    return Stored(
        run=run,
        years=years,
        counties=counties,
        units=units,
        decisions=run["results/decisions"],
        ledger=run["results/ledger"],
        accounts=run["results/accounts"],
        indices=run["results/indices"].set_index(["case", "unit", "year"]).sort_index(),
        weights=run["results/weights"].set_index(["unit", "year"])["weight"],
        cube=_cube(outcomes, villages, years=years),
        totals=final.pivot_table(index="variable", columns="case", values="value", aggfunc="sum"),
        county_values=outcomes[outcomes["unit"].isin(counties)],
    )


def _cube(table: pd.DataFrame, villages: tuple[str, ...], *, years: tuple[int, ...]) -> Cube:
    """Put the long table into arrays: villages in rows, years in columns."""
    unit = pd.Index(villages).get_indexer(pd.Index(table["unit"]))
    year = pd.Index(years).get_indexer(pd.Index(table["year"]))
    names, labels = pd.factorize(table["variable"])
    number = table["value"].to_numpy(dtype=np.float64)
    inside = (unit >= 0) & (year >= 0)
    values: dict[tuple[Case, str], npt.NDArray[np.float64]] = {}
    for case in CASES:
        cells = np.full((len(labels), len(villages), len(years)), np.nan)
        mine = inside & (table["case"] == case).to_numpy()
        cells[names[mine], unit[mine], year[mine]] = number[mine]
        found = set(names[mine].tolist())
        values |= {(case, str(label)): cells[k] for k, label in enumerate(labels) if k in found}
    return Cube(values, villages, years)
