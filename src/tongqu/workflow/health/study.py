"""The study of health: circle, care and staff, ambulances, mobile clinics, telemedicine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.workflow.files import Kind
from tongqu.workflow.health.demand import Demand, demand_of, demand_table, flow_table, tier_table, use_table
from tongqu.workflow.health.emergency import CASES, Emergency, emergency_of
from tongqu.workflow.health.ground import Base, base_of
from tongqu.workflow.health.outreach import outreach_of, remote_of, remote_table
from tongqu.workflow.health.staff import (
    Staff,
    norm_table,
    pool_table,
    posting_table,
    staff_of,
    staff_table,
)
from tongqu.workflow.health.tiers import circle_of, circle_table, gain_tables
from tongqu.workflow.health.villages import unserved_table, village_table
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "health", "tables_of", "wrong_numbers"]

KIND: Final[Kind] = "health"
MOST_NEW: Final = 20
MOST_DAYS: Final = 3650
MOST_ITERATIONS: Final = 100_000
MOST_SEED: Final = 2**30
TABLES: Final = (
    "circle",
    "villages",
    "unserved",
    "demand",
    "tiers",
    "sites",
    "flows",
    "norms",
    "pools",
    "staff",
    "postings",
    "ambulances",
    "fleet",
    "stations",
    "mobile",
    "rounds",
    "remote",
    "measures",
    "pairs",
)
"""Names of the tables, in the order of sheets and files."""


def health(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    new: int = 1,
    days: int = 120,
    iterations: int = 100,
    seed: int = 1,
    progress: Progress = silent,
) -> FieldStudy:
    """Say who reaches which care at what time of day, what it lacks, and what ambulances and rounds would do.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name, with sites of health care.
    scenario : Scenario, str or Path, optional
        Assumptions and the year of the people, its first; the default scenario when left out.
    new : int
        New ambulance stations of a county at most, 0 to 20.
    days : int
        Days of calls that are simulated, 14 to 3650.
    iterations : int
        Of the search for the rounds of mobile clinics of each base, 1 to 100 000.
    seed : int
        Of simulation and search, 0 or more.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables by name, see `TABLES` and the modules of `tongqu.workflow.health`.

    Raises
    ------
    DataError
        If a number is out of range, or nothing is known of the health care of the region.
    ScenarioError
        If the scenario cannot be read, or a standard is outside its limits.

    Examples
    --------
    >>> found = health("tests/data/tiny", days=14, iterations=5)
    >>> found.tables["circle"]["kind"].unique().tolist()
    ['clinic', 'township', 'county']
    """
    if problems := wrong_numbers(new=new, days=days, iterations=iterations, seed=seed):
        raise DataError(problems)
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    progress(Report("health"))
    base = base_of(region, chosen, progress=progress)
    tables, emergency = tables_of(
        base, new=new, days=days, iterations=iterations, seed=seed, progress=progress
    )
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=chosen.name,
        whole=base.whole,
        year=base.state.year,
        tables=tables,
        figures=_figures(base, tables, emergency=emergency),
    )


def tables_of(
    base: Base, *, new: int, days: int, iterations: int, seed: int, progress: Progress = silent
) -> tuple[dict[str, pd.DataFrame], Emergency]:
    """The tables of the study, and what is known of the ambulances; see `health`."""
    circles = circle_of(base)
    demand = demand_of(base)
    staff = staff_of(base, demand)
    progress(Report("health_measures"))
    measures, pairs = gain_tables(base, circles)
    emergency = emergency_of(base, new=new, days=days, seed=seed, progress=progress)
    mobile = outreach_of(base, circles, iterations=iterations, seed=seed, progress=progress)
    remote = remote_of(base, circles)
    villages = village_table(base, circles, remote=remote, emergency=emergency, mobile=mobile)
    tables = {
        "circle": circle_table(base, circles),
        "villages": villages,
        "unserved": unserved_table(villages),
        **_care(base, demand, staff),
        "ambulances": emergency.table,
        "fleet": emergency.fleet,
        "stations": emergency.stations,
        "mobile": mobile.table,
        "rounds": mobile.rounds,
        "remote": remote_table(base, circles, remote),
        "measures": measures,
        "pairs": pairs,
    }
    return tables, emergency


WORDED: Final = {"tier": "kind", "who": "variable", "what": "variable", "group": "section"}
"""Columns of codes by the name under which the workbook has words for them."""


def _care(base: Base, demand: Demand, staff: tuple[Staff, ...]) -> dict[str, pd.DataFrame]:
    """Demand, use, norms and staff, their columns of codes under names that have words."""
    tables = {
        "demand": demand_table(base, demand),
        "tiers": tier_table(base, demand),
        "sites": use_table(base, demand),
        "flows": flow_table(demand).drop(columns=["from_kind", "to_kind"]),
        "norms": norm_table(base),
        "pools": pool_table(base, staff),
        "staff": staff_table(base, staff),
        "postings": posting_table(base, staff).drop(columns="to_kind"),
    }
    return {name: table.rename(columns=WORDED) for name, table in tables.items()}


def wrong_numbers(*, new: int, days: int, iterations: int, seed: int) -> list[Problem]:
    """A problem for each number that is out of range; see `health`."""
    asked = (
        ("new", new, 0, MOST_NEW),
        ("days", days, 14, MOST_DAYS),
        ("iterations", iterations, 1, MOST_ITERATIONS),
        ("seed", seed, 0, MOST_SEED),
    )
    return [
        Problem(
            "a number out of range",
            mend=f"give a number from {low} to {high}",
            column=name,
            value=str(value),
        )
        for name, value, low, high in asked
        if not low <= value <= high
    ]


def _figures(base: Base, tables: Mapping[str, pd.DataFrame], *, emergency: Emergency) -> dict[str, Any]:
    circle = tables["circle"]
    whole = circle[circle["level"] == "whole"]
    shares = {
        case: whole[whole["case"] == case].set_index("kind")["share"].to_dict()
        for case in ("day", "evening", "night", "whole_day")
    }
    villages, unserved = tables["villages"], tables["unserved"]
    found: dict[str, Any] = {
        "people": float(villages["people"].sum()),
        "rural_people": float(villages["rural"].sum()),
        **{f"inside_{case}": values for case, values in shares.items()},
        "unserved": len(unserved),
        "unserved_people": float(unserved["rural"].sum()),
    }
    table = emergency.table
    cases = [
        case
        for case in CASES
        if len(table) and ((table["unit"] == base.whole) & (table["case"] == case)).any()
    ]
    rows = table[table["unit"] == base.whole].set_index("case") if len(table) else table
    found |= {
        "calls_a_day": float(rows["calls"].iloc[0]) if cases else 0.0,
        "ambulances": int(rows["vehicles"].iloc[0]) if cases else 0,
        "assumed_ambulances": emergency.assumed_vehicles,
        **{
            f"ambulance_{name}": {case: float(rows[name].to_dict()[case]) for case in cases}
            for name in ("expected", "corrected", "simulated", "minutes")
        },
    }
    mobile = tables["mobile"]
    sums = mobile[mobile["level"] == "whole"] if len(mobile) else mobile
    found |= {
        f"mobile_{name}": float(sums[name].iloc[0]) if len(sums) else 0.0
        for name in ("villages", "people", "visits", "shared_vans", "cost_wan")
    }
    remote = tables["remote"]
    total = remote[remote["level"] == "whole"] if len(remote) else remote
    found |= {
        f"remote_{name}": float(total[name].iloc[0]) if len(total) else 0.0
        for name in ("reached", "beyond_reached", "unknown")
    }
    people = villages["people"].sum()
    guessed = villages.loc[villages["modelled"], "people"].sum()
    return {
        **found,
        "modelled": float(guessed / people) if people > 0 else float("nan"),
        "modelled_sites": float(base.sites["modelled"].astype("bool").mean()),
    }
