"""The study of care: needs against places by town and group, who is beyond reach, what closes the gap."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.workflow.care.closing import closing_of
from tongqu.workflow.care.ground import Ground, ground_of
from tongqu.workflow.care.tables import group_table, need_table, site_table, village_table
from tongqu.workflow.files import Kind
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "care"]

KIND: Final[Kind] = "care"
TABLES: Final = ("needs", "groups", "floors", "plans", "works", "choice", "sites", "villages")
"""Names of the tables, in the order of sheets and files."""
SAID: Final = ("need", "served", "share", "beyond", "no_room", "places_needed", "places")
"""Figures of needs that are told of each service."""


def care(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    progress: Progress = silent,
) -> FieldStudy:
    """Say who lacks day care, meals, child care or a service hall, and what closes the gap at least cost.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name, with sites of some of the kinds ``day_care, meal_point,
        child_care, service_hall``; a service without any site is left out.
    scenario : Scenario, str or Path, optional
        Norms, limits and costs (standards), and the year of the people, its first; the default scenario when
        left out.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables ``needs, groups, sites, villages`` (see `tongqu.workflow.care.tables`) and ``floors, plans,
        works, choice`` (see `tongqu.workflow.care.closing.Closing`).

    Raises
    ------
    DataError
        With all that is wrong: no site of any service, sites without places, tables that are lacking.
    ScenarioError
        If the scenario cannot be read, or a standard is outside its limits.

    Examples
    --------
    >>> found = care("tests/data/tiny")
    Traceback (most recent call last):
    tongqu.base.errors.DataError: ... nothing is known of care in the region...
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    progress(Report("care"))
    ground = ground_of(region, chosen, progress=progress)
    villages = village_table(ground)
    closing = closing_of(ground)
    tables = {
        "needs": need_table(ground, villages),
        "groups": group_table(ground),
        "floors": closing.floors,
        "plans": closing.plans,
        "works": closing.works,
        "choice": closing.choice,
        "sites": site_table(ground),
        "villages": villages,
    }
    return FieldStudy(
        kind=KIND,
        region=region,
        scenario=chosen.name,
        whole=ground.whole,
        year=ground.year,
        tables=tables,
        figures=_figures(ground, tables),
    )


def _figures(ground: Ground, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    needs, plans = tables["needs"], tables["plans"]
    whole = needs[needs["level"] == "whole"]
    everybody, ahead = (whole[whole["among"] == who].set_index("service") for who in ("all", "first"))
    villages, floors = tables["villages"], tables["floors"]
    said: dict[str, Any] = {"services": list(ground.services), "floor": ground.assume["care.floor"]}
    for service, one in ground.services.items():
        said |= {f"{service}_{name}": _number(everybody, service, name) for name in SAID}
        said[f"{service}_limit"] = one.limit
        if service in ahead.index:
            said[f"{service}_first_share"] = _number(ahead, service, "share")
    mine = villages[(villages["beyond"] > 0)]
    aims = plans.groupby("aim")["capital_wan"].sum()
    return {
        **said,
        "villages_beyond": int(mine["unit"].nunique()),
        "towns_below": int(floors.loc[~floors["met"].astype("bool"), "unit"].nunique()) if len(floors) else 0,
        "all_wan": float(aims.get("all", 0.0)),
        "floor_wan": float(aims.get("floor", 0.0)),
        "gap": float(plans["gap"].max()),
        "modelled": float(everybody["modelled_share"].mean()),
    }


def _number(table: pd.DataFrame, service: str, name: str) -> float:
    return float(table[name].loc[service])
