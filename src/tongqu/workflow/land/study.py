"""Land of a region: ledgers, norms, quota, idle homesteads, suitability, and where needed land goes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.contracts import Assume, Scenario
from tongqu.data import Region
from tongqu.workflow.land.cells import cells_of
from tongqu.workflow.land.given import read_given
from tongqu.workflow.land.ground import Ground, ground_of
from tongqu.workflow.land.ledgers import (
    idle_table,
    intensity_table,
    ledger_table,
    norm_table,
    quota_table,
    transition_table,
)
from tongqu.workflow.land.placing import Placed, demand_of, place, place_table, wrong_demand
from tongqu.workflow.land.suited import LIMIT, Suited, cell_table, suited_cells, town_table
from tongqu.workflow.prepare import region_of, scenario_of
from tongqu.workflow.study import FieldStudy

__all__ = ["TABLES", "land", "wrong_numbers"]

CELL_M: Final = 500.0
LEAST_CELL_M: Final = 50.0
MOST_CELL_M: Final = 5000.0

TABLES: Final = (
    "ledger",
    "transitions",
    "norms",
    "quota",
    "idle",
    "intensity",
    "suitability",
    "allocation",
    "allocated",
    "cells",
)
"""Names of the tables, in the order of sheets and files."""


def land(
    region: Region | str | Path,
    scenario: Scenario | str | Path | None = None,
    *,
    elevation: str | Path | None = None,
    protected: str | Path | None = None,
    quality: str | Path | None = None,
    reproject: bool = False,
    cell_m: float = CELL_M,
    demand_ha: float | Mapping[str, float] | None = None,
    progress: Progress = silent,
) -> FieldStudy:
    """Say what land is used for, what may change, and where needed construction land would go.

    No project is in it. Cells lie inside the outlines of the counties, or about the villages where the region
    has none.

    Parameters
    ----------
    region : Region, str or Path
        The region, its folder, or a bundled name. Without land use the ledgers are empty.
    scenario : Scenario, str or Path, optional
        Years, limits and assumptions; the default scenario when left out.
    elevation : str or Path, optional
        Raster of heights in m. Without one slope comes from the region's points of known height, which are
        kilometres apart: the tables then say ``coarse``.
    protected : str or Path, optional
        Layer of areas where nothing may be built (GeoPackage, shape file, GeoJSON).
    quality : str or Path, optional
        Raster of the quality of farmland in [0, 1], 0 where there is none.
    reproject : bool
        Whether rasters in another system than the region's are reprojected; else they are a problem.
    cell_m : float
        Side of a cell, 50 to 5000 m.
    demand_ha : float or mapping of str to float, optional
        Hectares needed, in all or by county; else what towns need for new urban residents by the last year
        without a plan.
    progress : Progress
        Told where the work is.

    Returns
    -------
    FieldStudy
        Tables `TABLES`; areas in mu (``_mu``), hectares (``_ha``) and km².

    Raises
    ------
    DataError
        If a number is out of range, a county is unknown, or a file cannot be used; all in one report.
    ScenarioError
        If the scenario cannot be read or names an unknown standard.

    Examples
    --------
    >>> found = land("quzhou", cell_m=2000)
    >>> found.figures["coarse"], list(found.tables)[:4]
    (True, ['ledger', 'transitions', 'norms', 'quota'])
    >>> placed = found.tables["allocation"]
    >>> bool(((placed["placed_ha"] + placed["unmet_ha"] - placed["demand_ha"]).abs() < 1e-9).all())
    True
    """
    region, chosen = region_of(region, progress=progress), scenario_of(scenario)
    problems = wrong_numbers(region, cell_m=cell_m, demand_ha=demand_ha)
    given = None
    try:
        given = read_given(
            region, elevation=elevation, quality=quality, protected=protected, reproject=reproject
        )
    except DataError as error:
        problems += error.problems
    if problems or given is None:
        raise DataError(problems)
    assume = Assume.of(region["standards"], chosen)
    ground = ground_of(region, scenario=chosen, assume=assume, progress=progress)
    progress(Report("land"))
    suited = suited_cells(region, cells_of(region, ground.base, side_m=cell_m), given)
    placed = place(suited, demand_of(ground, demand_ha), progress=progress)
    counties, towns = place_table(suited, placed)
    tables = {
        "ledger": ledger_table(ground),
        "transitions": transition_table(),
        "norms": norm_table(ground),
        "quota": quota_table(ground),
        "idle": idle_table(ground),
        "intensity": intensity_table(ground),
        "suitability": town_table(suited, region),
        "allocation": counties,
        "allocated": towns,
        "cells": cell_table(suited, taken_m2=placed.taken_m2, spread=placed.spread),
    }
    return FieldStudy(
        kind="land",
        region=region,
        scenario=chosen.name,
        whole=ground.whole,
        year=_year(ground),
        tables=tables,
        figures=_figures(ground, suited, placed, tables),
    )


def wrong_numbers(
    region: Region, *, cell_m: float, demand_ha: float | Mapping[str, float] | None
) -> list[Problem]:
    """Problems of the numbers asked for; see `land`."""
    problems = wrong_demand(region, demand_ha)
    if not LEAST_CELL_M <= cell_m <= MOST_CELL_M:
        mend = f"give metres from {LEAST_CELL_M:g} to {MOST_CELL_M:g}"
        problems.insert(
            0, Problem("a side of cells out of range", mend=mend, column="cell_m", value=f"{cell_m:g}")
        )
    return problems


def _year(ground: Ground) -> int:
    """Latest year of the land use; the base year without any."""
    table = ground.region["land_use"] if "land_use" in ground.region.tables else None
    if table is None or table.empty:
        return ground.region.base_year
    return int(table["year"].max())


def _figures(
    ground: Ground, suited: Suited, placed: Placed, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    """Headline figures: those of the whole."""
    quota, norms = tables["quota"], tables["norms"]
    row = quota[quota["unit"] == ground.whole].iloc[0] if len(quota) else pd.Series(dtype="float64")
    mine = norms[(norms["unit"] == ground.whole) & (norms["settlement"] == "city")]
    each = mine.set_index("year")["per_person_m2"]
    first, last = ground.scenario.first_year, ground.scenario.last_year
    towns = norms[norms["unit"].isin(ground.region.level("town").index)]
    in_towns = towns[towns["settlement"] != "village"]
    ledger, idle = tables["ledger"], tables["idle"]
    parts = ledger[ledger["unit"].isin(ground.counties) & (ledger["part_of"] == "")]
    area = float(parts["now_mu"].sum())
    by_town = ledger[ledger["unit"].isin(ground.base.towns.index) & (ledger["part_of"] == "")]
    allowed = suited.found.allowed
    gaps = [one.gap for one in placed.found.values()]
    return {
        "first_year": first,
        "last_year": last,
        "farmland_mu": _number(row, "farmland_mu"),
        "over_floor_mu": _number(row, "over_floor_mu"),
        "quota_left_mu": _number(row, "quota_left_mu"),
        "grown_mu": _number(row, "grown_mu"),
        "saved_mu": _number(row, "saved_mu"),
        "income_wan": {
            name: _number(row, f"income{end}_wan")
            for name, end in (("low", "_low"), ("value", ""), ("high", "_high"))
        },
        "built_per_person_m2": float(each.get(ground.region.base_year, np.nan)),
        "built_per_person_last_m2": float(each.get(last, np.nan)),
        "norm_m2": [float(mine["norm_low_m2"].iloc[0]), float(mine["norm_high_m2"].iloc[0])]
        if len(mine)
        else [],
        "towns_above_norm": int((in_towns["standing"] == "above").sum()),
        "towns": int(in_towns["per_person_m2"].notna().sum()),
        "idle_mu": _sum(idle, "idle_mu"),
        "idle_share": _over(float(idle["idle_mu"].sum()), float(idle["rural_mu"].sum())),
        "let_income_wan": _sum(idle, "let_income_wan"),
        "cell_m": suited.cells.side_m,
        "cells": len(allowed),
        "excluded": float((~allowed & ~suited.cells.built).mean()) if len(allowed) else float("nan"),
        "slope_limit_percent": LIMIT,
        "relief": suited.relief,
        "coarse": suited.coarse,
        "demand_ha": sum(placed.demand_m2.values()) / 10_000,
        "placed_ha": float(placed.taken_m2.sum()) / 10_000,
        "unmet_ha": sum(placed.unmet_m2.values()) / 10_000,
        "gap": max(gaps) if gaps else float("nan"),
        "modelled": _over(float(parts.loc[parts["modelled"], "now_mu"].sum()), area),
        "modelled_towns": _over(
            float(by_town.loc[by_town["modelled"], "now_mu"].sum()), float(by_town["now_mu"].sum())
        ),
    }


def _number(row: pd.Series[float], name: str) -> float:
    return float(row[name]) if name in row else float("nan")


def _sum(table: pd.DataFrame, column: str) -> float:
    """Sum of a column; NaN where nothing is known."""
    return float(table[column].sum()) if len(table) else float("nan")


def _over(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
