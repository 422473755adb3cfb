"""The study of digital networks: coverage, villages, the link budget, sites and their fibre."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.sectors.digital.coverage import known
from tongqu.workflow.digital.ground import Ground, ground_of
from tongqu.workflow.digital.heights import with_heights
from tongqu.workflow.digital.siting import MOST_SITES, Siting, siting_of
from tongqu.workflow.digital.tables import budget_lines, coverage_table, station_table, village_table
from tongqu.workflow.files import Kind
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "digital", "wrong_numbers"]

KIND: Final[Kind] = "digital"
TABLES: Final = ("coverage", "villages", "stations", "budget", "sites", "backhaul", "choice")
"""Names of the tables, in the order of sheets and files."""


def digital(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    sites: int | None = None,
    elevation: str | Path | None = None,
    progress: Progress = silent,
) -> FieldStudy:
    """Say which villages have fibre or 5G at the target rates, why not, and where stations would stand.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name, with base stations or the fibre of villages.
    scenario : Scenario, str or Path, optional
        Assumptions and the year of the people, its first; the default scenario when left out.
    sites : int, optional
        New stations to place at most, 0 to 500; as few as reach half of the rural people without a network
        when left out.
    elevation : str or Path, optional
        A raster of heights in m that covers all villages and stations, in place of the region's own table.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables ``coverage, villages, stations, budget`` (see `tongqu.workflow.digital.tables`) and ``sites,
        backhaul, choice`` (see `tongqu.workflow.digital.siting.Siting`).

    Raises
    ------
    DataError
        If a number is out of range, nothing is known of the networks of the region, or the raster cannot be
        read or does not cover it.
    ScenarioError
        If the scenario cannot be read, or a standard is outside its limits.

    Examples
    --------
    >>> found = digital("tests/data/tiny", sites=1)
    >>> found.tables["coverage"]["level"].value_counts().to_dict()
    {'town': 4, 'county': 2, 'whole': 1}
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := [*wrong_numbers(sites=sites), *_unknown(region)]:
        raise DataError(problems)
    progress(Report("digital"))
    region = region if elevation is None else with_heights(region, elevation)
    ground = ground_of(region, chosen, progress=progress)
    villages = village_table(ground)
    siting = siting_of(ground, count=sites)
    tables = {
        "coverage": coverage_table(ground, villages),
        "villages": villages,
        "stations": station_table(ground),
        "budget": budget_lines(ground),
        "sites": siting.sites,
        "backhaul": siting.backhaul,
        "choice": siting.choice,
    }
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=chosen.name,
        whole=ground.whole,
        year=ground.year,
        tables=tables,
        figures=_figures(ground, tables, siting),
    )


def wrong_numbers(*, sites: int | None) -> list[Problem]:
    """A problem if the number of sites is out of range; see `digital`."""
    if sites is None or 0 <= sites <= MOST_SITES:
        return []
    mend = f"give a number from 0 to {MOST_SITES}"
    return [Problem("a number of sites out of range", mend=mend, column="sites", value=str(sites))]


def _unknown(region: Region) -> list[Problem]:
    if known(region):
        return []
    mend = "add sites of the kind base_station, or the table village_broadband"
    return [Problem("nothing is known of the networks of the region", mend=mend, value=region.name)]


def _figures(ground: Ground, tables: dict[str, pd.DataFrame], siting: Siting) -> dict[str, Any]:
    whole = tables["coverage"].iloc[0]
    stations = tables["stations"].iloc[0]
    sites, relief, tree = tables["sites"], ground.relief, siting.tree
    return {
        "rural_people": float(whole["people"]),
        "served": float(whole["served"]),
        "share": float(whole["share"]),
        "fibre_share": float(whole["fibre_people"] / whole["people"])
        if whole["people"] > 0
        else float("nan"),
        "g5_share": float(whole["g5_people"] / whole["people"]) if whole["people"] > 0 else float("nan"),
        "without": float(whole["without"]),
        "villages_without": int(whole["villages_without"]),
        "fibre_known": "village_broadband" in ground.region.tables,
        "radius_m": ground.radio.radius_m,
        "bearable_db": ground.radio.bearable_db,
        "rate_down": ground.radio.rate_down,
        "rate_up": ground.radio.rate_up,
        "probability": ground.radio.probability,
        "terrain": "none" if relief is None else ("coarse" if relief.coarse else "fine"),
        "terrain_step_km": float("nan") if relief is None else relief.step_km,
        "stations": float(stations["stations"]),
        "stations_per_10000": float(stations["per_10000"]),
        "target": float(stations["target"]),
        "energy_mwh": float(stations["energy_mwh"]),
        "sites": len(sites),
        "sites_people": float(sites["added"].sum()),
        "sites_share": float(whole["served"] + sites["added"].sum()) / float(whole["people"])
        if whole["people"] > 0
        else float("nan"),
        "sites_cost_wan": float(sites["cost_wan"].sum()),
        "sites_yearly_wan": float(sites["yearly_wan"].sum()),
        "sites_energy_mwh": float(sites["energy_mwh"].sum()),
        "sites_gap": float(tables["choice"].loc[tables["choice"]["chosen"], "gap"].max())
        if len(sites)
        else 0.0,
        "backhaul_km": 0.0 if tree is None else tree.km,
        "backhaul_gap": 0.0 if tree is None else tree.gap,
        "modelled": float(whole["modelled_share"]),
    }
