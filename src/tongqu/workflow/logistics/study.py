"""The study of logistics: points, rounds, costs, the cold chain, and villages left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.sectors.logistics.ground import known
from tongqu.workflow.files import Kind
from tongqu.workflow.logistics.costs import cold_table, cost_table, lacking_table
from tongqu.workflow.logistics.ground import Base, base_of
from tongqu.workflow.logistics.places import node_table, opening_tables
from tongqu.workflow.logistics.rounds import driven_of
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "logistics", "wrong_numbers"]

KIND: Final[Kind] = "logistics"
MOST_VANS: Final = 100
MOST_ITERATIONS: Final = 100_000
MOST_SEED: Final = 2**31 - 1
TABLES: Final = (
    "nodes",
    "opening",
    "chosen",
    "rounds",
    "streets",
    "totals",
    "costs",
    "cold",
    "unserved",
)
"""Names of the tables, in the order of sheets and files."""


def logistics(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    vans: int | None = None,
    iterations: int = 200,
    seed: int = 1,
    progress: Progress = silent,
) -> FieldStudy:
    """Say where parcels and farm goods go, on which rounds, at what cost, and whom no van reaches.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name, with parcel points or stations.
    scenario : Scenario, str or Path, optional
        Assumptions and the year of people and parcels, its first; the default scenario when left out.
    vans : int, optional
        Vans of each station, 1 to 100; as many as needed when left out.
    iterations : int
        Of the search for the rounds of each station, 1 to 100 000.
    seed : int
        Of the search, 0 or more.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables ``nodes, opening, chosen`` (see `tongqu.workflow.logistics.places`), ``rounds, streets,
        totals`` (`tongqu.workflow.logistics.rounds.Driven`) and ``costs, cold, unserved``
        (`tongqu.workflow.logistics.costs`).

    Raises
    ------
    DataError
        If a number is out of range, or nothing is known of the logistics of the region.
    ScenarioError
        If the scenario cannot be read, or a standard is outside its limits.

    Examples
    --------
    >>> found = logistics("tests/data/tiny", iterations=20)
    >>> found.tables["costs"]["case"].unique().tolist()
    ['separate', 'joint', 'lockers', 'drones']
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    problems = wrong_numbers(vans=vans, iterations=iterations, seed=seed)
    if problems := [*problems, *_unknown(region)]:
        raise DataError(problems)
    progress(Report("logistics"))
    base = base_of(region, chosen, progress=progress)
    opening, sites = opening_tables(base, progress=progress)
    driven = driven_of(base, vans=vans, iterations=iterations, seed=seed, progress=progress)
    tables = {
        "nodes": node_table(base),
        "opening": opening,
        "chosen": sites,
        "rounds": driven.rounds,
        "streets": driven.streets,
        "totals": driven.totals,
        "costs": cost_table(base, driven),
        "cold": cold_table(base),
        "unserved": lacking_table(base, driven),
    }
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=chosen.name,
        whole=base.whole,
        year=base.state.year,
        tables=tables,
        figures=_figures(base, tables),
    )


def wrong_numbers(*, vans: int | None, iterations: int, seed: int) -> list[Problem]:
    """A problem for each number that is out of range; see `logistics`."""
    asked = (
        ("vans", vans, 1, MOST_VANS),
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
        if value is not None and not low <= value <= high
    ]


def _unknown(region: Region) -> list[Problem]:
    if known(region):
        return []
    mend = "add sites of the kind parcel_point"
    return [Problem("nothing is known of the parcel points of the region", mend=mend, value=region.name)]


def _figures(base: Base, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    costs = tables["costs"]
    whole = costs[costs["level"] == "whole"].set_index("case")
    vans = {name: float(whole[name].to_dict()["separate"]) for name in ("vehicles", "km")}
    nodes, cold, villages = tables["nodes"], tables["cold"], base.villages
    rural = float(villages["people"].sum())
    legs = cold[cold["level"] == "whole"].groupby("case")[["lost_t", "worth_wan", "cooling_wan"]].sum()
    worth = {str(case): float(value) for case, value in legs["worth_wan"].items()}
    fresh = cold[cold["level"] == "whole"]["tonnes"].max()
    opening = tables["opening"]
    near = float(villages.loc[villages["near"], "people"].sum())
    parcels = float(villages["parcels"].sum())
    guessed = float(villages.loc[villages["modelled_parcels"], "parcels"].sum())
    return {
        "rural_people": rural,
        "near_share": near / rural if rural > 0 else float("nan"),
        "parcels": parcels,
        "points": int((nodes["kind"] == "point").sum()),
        "needed": int((nodes["kind"] == "needed").sum()),
        "over_stations": int(nodes.loc[nodes["kind"] == "station", "over"].sum()),
        "stations": int((nodes["kind"] == "station").sum()),
        "vans": int(vans["vehicles"]),
        "km": vans["km"],
        "yuan_per_parcel": whole["yuan_per_parcel"].to_dict(),
        "yuan_per_tonne": whole["yuan_per_tonne"].to_dict(),
        "saving": whole["saving"].to_dict(),
        "towns_where_it_pays": whole["towns"].astype("int64").to_dict(),
        "towns": int(tables["totals"]["town"].nunique()),
        "points_new": int(opening["points_new"].sum()),
        "opening_gap": float(opening["gap"].max()) if len(opening) else float("nan"),
        "fresh_t": float(fresh),
        "lost_t": legs["lost_t"].to_dict(),
        "saved_wan": worth["ambient"] - worth["cooled"],
        "cooling_wan": float(legs["cooling_wan"].sum()),
        "unserved": len(tables["unserved"]),
        "unserved_people": float(tables["unserved"]["people"].sum()),
        "modelled": guessed / parcels if parcels > 0 else float("nan"),
        "modelled_nodes": float(nodes["modelled"].mean()) if len(nodes) else float("nan"),
    }
