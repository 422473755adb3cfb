"""The study of buses: who has one, which lines and zones would reach the others, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Progress, Report, silent
from tongqu.contracts import Scenario
from tongqu.data import Region
from tongqu.workflow.buses.choice import YUAN_PER_WAN, Choice, candidates_of, choices
from tongqu.workflow.buses.service import assume_of, service_of, wrong_trips
from tongqu.workflow.buses.tables import (
    Found,
    choice_table,
    coverage_table,
    line_table,
    stop_table,
    village_table,
    zone_table,
)
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "WHOLE", "buses"]

TABLES: Final = ("coverage", "villages", "lines", "stops", "zones", "choice")
"""Tables of the study, in the order of sheets and files."""
WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""


def buses(
    region: Region | str | FilePath,
    scenario: Scenario | str | FilePath | None = None,
    *,
    budget_wan: float | None = None,
    least_trips: int | None = None,
    progress: Progress = silent,
) -> FieldStudy:
    """Say who has a bus, and which lines and zones on demand would reach the others.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name.
    scenario : Scenario, str or Path, optional
        Assumptions, and the year whose rural people are counted (its first); the default when left out.
    budget_wan : float, optional
        万元 of public money a year for running, after fares and what merged trips save. Most people are
        reached within it; without one every village that can be reached is, at least cost.
    least_trips : int, optional
        Trips a day that make a village one with a bus, 1 to 40; ``bus.least_trips`` when left out.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables `TABLES`: see `tongqu.workflow.buses.tables` for their columns, and `tongqu.bus_feed` for the
        lines as a timetable.

    Raises
    ------
    DataError
        If a number is out of range, or the region has no bus service or lacks tables of people and roads.
    ScenarioError
        If the scenario cannot be read, or a standard of buses cannot be.

    Notes
    -----
    A village has a bus if its stop lies within ``bus.walk_limit`` along the road and enough trips call there,
    or if one comes on demand. Candidates are lines from town seats over roads that a bus can use today
    (`tongqu.methods.bus_lines.generate_lines`), and zones of towns; `tongqu.methods.bus_lines.select_lines`
    chooses. No road is widened and no project is in it.
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    if problems := wrong_trips(least_trips, budget_wan):
        raise DataError(problems)
    assume = assume_of(region, chosen, least_trips=least_trips)
    progress(Report("buses"))
    service = service_of(region, chosen, assume=assume, progress=progress)
    pool = candidates_of(service, assume=assume)
    made = choices(service, pool, budget_wan=budget_wan, progress=progress)
    picked = next(one for one in made if one.chosen)
    city = region.level("city").index
    whole = str(city[0]) if len(city) == 1 else WHOLE
    found = Found(region, whole, service, pool, picked.found, assume)
    villages = village_table(found)
    tables = {
        "coverage": coverage_table(found, villages),
        "villages": villages,
        "lines": line_table(found),
        "stops": stop_table(found),
        "zones": zone_table(found),
        "choice": choice_table(found, made),
    }
    return FieldStudy(
        kind="buses",
        region=region,
        scenario=chosen.name,
        whole=whole,
        year=chosen.first_year,
        tables=tables,
        figures=_figures(found, tables, picked=picked),
    )


def _figures(found: Found, tables: Mapping[str, pd.DataFrame], *, picked: Choice) -> dict[str, Any]:
    """Headline figures; a share of nobody is NaN."""
    whole = tables["coverage"].iloc[0]
    lines, zones = tables["lines"], tables["zones"]
    both = {
        name: float(lines[name].sum() + zones[name].sum())
        for name in ("cost_wan", "fares_wan", "net_wan", "capital_wan")
    }
    count, people = int(whole["villages"]), float(whole["rural_people"])
    new = float(whole["people_line"] + whole["people_zone"])
    mine = tables["villages"][tables["villages"]["state"] != "nobody"]
    links = found.region["links"]["modelled"]
    assume = found.assume
    return {
        "least_trips": int(np.ceil(assume["bus.least_trips"])),
        "walk_limit_m": assume["bus.walk_limit"],
        "layover_min": assume["bus.layover"],
        "villages": count,
        "villages_today": int(whole["villages_today"]),
        "villages_line": int(whole["villages_line"]),
        "villages_zone": int(whole["villages_zone"]),
        "villages_without": int(whole["villages_without"]),
        "villages_share_today": float(whole["villages_today"] / count) if count else np.nan,
        "villages_share_after": 1 - float(whole["villages_without"] / count) if count else np.nan,
        "people": people,
        "people_today": float(whole["people_today"]),
        "people_new": new,
        "people_without": float(whole["people_without"]),
        "people_share_today": float(whole["share_today"]),
        "people_share_after": float(whole["share_after"]),
        "lines": len(lines),
        "line_km": float(lines["length_km"].sum()),
        "line_vehicles": _shared(found, lines),
        "zones": len(zones),
        "zone_vehicles": int(zones["vehicles"].sum()),
        **both,
        "saving_wan": float(lines["saving_wan"].sum()),
        "yuan_per_person": both["cost_wan"] * YUAN_PER_WAN / new if new > 0 else np.nan,
        "gap": float(picked.found.gap),
        "proven": bool(picked.found.proven),
        "modelled_rows": float(mine["modelled"].mean()) if len(mine) else np.nan,
        "modelled_roads": float(links.mean()) if len(links) else np.nan,
    }


def _shared(found: Found, lines: pd.DataFrame) -> int:
    """Buses that the lines of a town need if they use them in turn: hours over those of one, rounded up."""
    hours = lines.groupby("town")["hours"].sum()
    return int(np.ceil(hours / found.assume["bus.bus_hours"] - 1e-9).sum())
