"""The study of schools: catchments, classes, pupils without a place, mergers, and what is wrong where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.workflow.files import Kind
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.schools.draw import (
    Drawn,
    age_table,
    catchment_table,
    county_table,
    drawn_of,
    lacking_table,
    merger_tables,
    school_table,
)
from tongqu.workflow.schools.given import fault_table, given_catchments
from tongqu.workflow.schools.ground import Base, base_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "schools", "wrong_numbers"]

KIND: Final[Kind] = "schools"
TABLES: Final = ("counties", "schools", "catchments", "ages", "unserved", "mergers", "payers", "faults")
"""Names of the tables, in the order of sheets and files."""
MOST_GAP: Final = 1.0
MOST_SECONDS: Final = 36_000.0
MOST_SEED: Final = 2**31 - 1


def schools(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    catchments: str | Path | pd.DataFrame | None = None,
    close: Sequence[str] = (),
    gap: float = 0.001,
    seconds: float = 60.0,
    seed: int = 1,
    progress: Progress = silent,
) -> FieldStudy:
    """Draw the catchments of kindergartens, primary and junior schools; say what mergers save and cost whom.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name, with schools and their places.
    scenario : Scenario, str or Path, optional
        Assumptions and the year of the pupils, its first; the default scenario when left out.
    catchments : str, Path or DataFrame, optional
        Catchments that the bureau has drawn itself, to be checked: ``unit, stage, school``.
    close : sequence of str
        Sites of schools that are taken as closed.
    gap : float
        Relative gap of the catchments that is good enough, from 0 to 1.
    seconds : float
        Time after which no further round of the search begins, above 0.
    seed : int
        Of the search, 0 or more.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables ``counties, schools, catchments, ages, unserved, mergers, payers``
        (see `tongqu.workflow.schools.draw`) and ``faults`` (`tongqu.workflow.schools.given`).

    Raises
    ------
    DataError
        If a number is out of range, nothing is known of schools or of the places of one, a site to be closed
        is no school, or the catchments given cannot be read.
    ScenarioError
        If the scenario cannot be read, or a standard is outside its limits.

    Examples
    --------
    >>> found = schools("tests/data/tiny")
    >>> found.tables["counties"]["stage"].unique().tolist()
    ['primary', 'junior']
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := wrong_numbers(gap=gap, seconds=seconds, seed=seed):
        raise DataError(problems)
    given = None if catchments is None else given_catchments(catchments)
    progress(Report("schools"))
    base = base_of(region, chosen, close=close, progress=progress)
    drawn = drawn_of(base, gap=gap, seconds=seconds, seed=seed, progress=progress)
    taken, listed = catchment_table(base, drawn), school_table(base, drawn)
    lacking = lacking_table(base, drawn)
    merged, payers = merger_tables(base, drawn, progress=progress)
    tables = {
        "counties": county_table(base, tables=(taken, listed)),
        "schools": listed,
        "catchments": taken,
        "ages": age_table(base, drawn),
        "unserved": lacking,
        "mergers": merged,
        "payers": payers,
        "faults": fault_table(base, lacking=lacking, schools=listed, given=given),
    }
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=chosen.name,
        whole=base.whole,
        year=base.year,
        tables=tables,
        figures=_figures(base, drawn, tables, given=given is not None),
    )


def wrong_numbers(*, gap: float, seconds: float, seed: int) -> list[Problem]:
    """A problem for each number that is out of range; see `schools`."""
    asked = (
        ("gap", gap, 0.0, MOST_GAP),
        ("seconds", seconds, 0.001, MOST_SECONDS),
        ("seed", seed, 0, MOST_SEED),
    )
    return [
        Problem(
            "a number out of range", mend=f"give a number from {low} to {high}", column=name, value=str(value)
        )
        for name, value, low, high in asked
        if not low <= value <= high
    ]


def _figures(base: Base, drawn: Drawn, tables: Mapping[str, pd.DataFrame], *, given: bool) -> dict[str, Any]:
    whole = tables["counties"][tables["counties"]["level"] == "whole"].set_index("stage")
    merged, listed, faults = tables["mergers"], tables["schools"], tables["faults"]
    lawful = merged[merged["best"] & (merged["verdict"] == "lawful")]
    found = drawn.found
    return {
        "stages": [word.key for word in base.words],
        "pupils": whole["pupils"].to_dict(),
        "places": whole["places"].to_dict(),
        "placed": whole["placed"].to_dict(),
        "without": whole["without"].to_dict(),
        "minutes": whole["minutes"].to_dict(),
        "schools": int((~listed["closed"]).sum()),
        "closed": int(listed["closed"].sum()),
        "placed_all": found.placed,
        "most_placed": found.most,
        "placed_gap": found.placed_gap,
        "pupil_minutes": found.pupil_minutes,
        "gap": found.gap,
        "search": found.search,
        "broken_share": _share(tables["catchments"], "broken"),
        "lawful": len(lawful),
        "most_saving_wan": float(lawful["saving"].max()) if len(lawful) else 0.0,
        "faults": faults["fault"].value_counts().sort_index().to_dict(),
        "given": given,
        "modelled": float(listed["modelled"].mean()),
    }


def _share(table: pd.DataFrame, column: str) -> float:
    """Share of the pupils for whom a column is true."""
    total = float(table["pupils"].sum())
    return float(table.loc[table[column], "pupils"].sum()) / total if total > 0 else float("nan")
