"""Where needed construction land goes: by county, the most suitable cells in compact shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Problem, Progress, Report
from tongqu.base.units import M2_PER_MU
from tongqu.data import Region
from tongqu.data.problems import suggest
from tongqu.methods.allocation import Allocation, UnmetDemandError, allocate, spread
from tongqu.workflow.land.ground import Ground, land_in
from tongqu.workflow.land.suited import Suited

__all__ = ["BOUNDARY_M", "Placed", "demand_of", "place", "place_table", "wrong_demand"]

Ints = npt.NDArray[np.int64]

M2_PER_HA: Final = 10_000.0
BOUNDARY_M: Final = 40.0
"""m² of fully suitable land that a metre of boundary counts: compactness of new land (assumed)."""
SEED: Final = 1
"""Of the cellular automaton's roulette."""
LEAST_HA, MOST_HA = 1 / M2_PER_HA, 1e6
"""Hectares that can be asked for: a square metre, and more than any county has."""


@dataclass(frozen=True, eq=False)
class Placed:
    """Land put into cells.

    Parameters
    ----------
    demand_m2, unmet_m2 : dict of str to int
        By county; what does not fit is left out and said.
    taken_m2 : numpy.ndarray of int
        m² by cell.
    spread : numpy.ndarray of bool
        Cells that the cellular automaton builds on instead.
    found : dict of str to Allocation
        By county with a demand that fits at least in part.
    """

    demand_m2: Mapping[str, int]
    unmet_m2: Mapping[str, int]
    taken_m2: Ints
    spread: npt.NDArray[np.bool_]
    found: Mapping[str, Allocation]


def demand_of(ground: Ground, demand_ha: float | Mapping[str, float] | None) -> dict[str, int]:
    """Whole m² of new construction land needed by county.

    As given by county; a single number is shared over the counties as the growth without a plan, or as
    people where nothing grows; without one it is that growth: what towns need for new urban residents by
    the last year.
    """
    counties = ground.region.level("county").index
    if isinstance(demand_ha, Mapping):
        return {str(unit): round(float(ha) * M2_PER_HA) for unit, ha in demand_ha.items()}
    last = land_in(ground.last, ground.counties)["urban"]
    grown = ((last - ground.base.counties["urban"]) * M2_PER_MU).reindex(counties).fillna(0.0).clip(lower=0.0)
    if demand_ha is None:
        return {str(unit): int(area) for unit, area in grown.round().items() if area >= 1}
    weight = grown if grown.sum() > 0 else ground.people.sum(axis=1).reindex(counties).fillna(0.0)
    weight = weight if weight.sum() > 0 else weight + 1.0
    total = round(float(demand_ha) * M2_PER_HA)
    parts = np.floor(total * weight / weight.sum()).astype(np.int64)
    parts.iloc[int(np.argmax(weight.to_numpy()))] += total - int(parts.sum())
    return {str(unit): int(area) for unit, area in parts.items() if area > 0}


def wrong_demand(region: Region, demand_ha: float | Mapping[str, float] | None) -> list[Problem]:
    """Problems of a demand: unknown counties and numbers out of range."""
    if demand_ha is None:
        return []
    counties = [str(unit) for unit in region.level("county").index]
    given = demand_ha if isinstance(demand_ha, Mapping) else {"": demand_ha}
    problems = []
    for unit, value in given.items():
        if unit and unit not in counties:
            mend = suggest(unit, counties) + f"give one of {', '.join(counties)}"
            problems.append(Problem("unknown county", mend=mend, column="demand_ha", value=unit))
        wanted = float(value)
        if not (LEAST_HA <= wanted <= MOST_HA or (unit and wanted == 0)):
            mend = f"give hectares above 0, at most {MOST_HA:g}"
            problems.append(
                Problem("hectares out of range", mend=mend, column="demand_ha", value=f"{float(value):g}")
            )
    return problems


def place(suited: Suited, demand: Mapping[str, int], *, progress: Progress) -> Placed:
    """Put the demand of each county into its cells; what does not fit is left out."""
    cells = suited.cells
    taken, other = np.zeros(len(cells.x), dtype=np.int64), np.zeros(len(cells.x), dtype=bool)
    unmet, found = {}, {}
    for number, (unit, wanted) in enumerate(demand.items()):
        progress(Report("allocate", done=number / len(demand)))
        mine = np.flatnonzero(cells.county == unit)
        room = int(np.where(suited.found.allowed[mine], cells.room_m2[mine], 0).sum())
        unmet[unit] = max(wanted - room, 0)
        if wanted == unmet[unit]:
            continue
        made, short = _fitted(suited, mine, wanted - unmet[unit])
        unmet[unit] += short
        if made is None:
            continue
        found[unit] = made
        taken[mine] = made.area_m2[:, 0]
        other[mine] = _grown(suited, mine, int((made.area_m2 > 0).sum()))
    return Placed(dict(demand), unmet, taken, other, found)


def _fitted(suited: Suited, mine: Ints, wanted: int) -> tuple[Allocation | None, int]:
    """The allocation of what fits, and m² that do not."""
    cells, allowed = suited.cells, suited.found.allowed[mine]
    pairs, sides, edge = cells.borders(mine)
    score = np.where(allowed, suited.found.score[mine], np.nan)
    try:
        made = allocate(
            score[:, np.newaxis],
            room_m2=np.where(allowed, cells.room_m2[mine], 0),
            demand_m2=[wanted],
            pairs=pairs,
            boundary_m=sides,
            boundary_weight=BOUNDARY_M,
            built=cells.built[mine],
            edge_m=edge,
        )
    except UnmetDemandError as error:
        short = int(np.ceil(error.shortage.unmet_m2.sum()))
        if not 0 < short < wanted:
            return None, wanted
        again, more = _fitted(suited, mine, wanted - short)
        return again, short + more
    return made, 0


def _grown(suited: Suited, mine: Ints, many: int) -> npt.NDArray[np.bool_]:
    """Cells of a county that the cellular automaton builds on, as many as the allocation takes."""
    cells = suited.cells
    row, column = cells.row[mine] - cells.row[mine].min(), cells.column[mine] - cells.column[mine].min()
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    start = np.full(shape, -1, dtype=np.int64)
    start[row, column] = cells.built[mine]
    if not (start == 1).any():
        return np.zeros(len(mine), dtype=bool)
    chance = np.zeros((*shape, 2))
    chance[row, column, 1] = np.where(suited.found.allowed[mine], suited.found.score[mine], 0.0)
    chance[row, column, 0] = 1.0 - chance[row, column, 1]
    fixed = np.zeros(shape, dtype=bool)
    fixed[row, column] = ~suited.found.allowed[mine]
    built = int((start == 1).sum())
    found = spread(
        start,
        probability=chance,
        demand=[len(mine) - built - many, built + many],
        restricted=fixed,
        seed=SEED,
    )
    return np.asarray((found.classes[row, column] == 1) & ~cells.built[mine], dtype=np.bool_)


def place_table(suited: Suited, placed: Placed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """By county (with the bound) and by town (where the land goes).

    ``gap_ha`` is how much fully suitable land a better allocation could gain at most, boundary counted;
    ``gap`` the same over the suitability of what is placed. ``spread_*`` compares with the cells that the
    cellular automaton takes instead: their mean score, and the share of all cells of either that both take.
    """
    cells = suited.cells
    rows = []
    for unit, wanted in placed.demand_m2.items():
        mine = cells.county == unit
        took = placed.taken_m2[mine]
        made = placed.found.get(unit)
        here, there = took > 0, placed.spread[mine]
        both, either = int((here & there).sum()), int((here | there).sum())
        score = suited.found.score[mine]
        rows.append(
            {
                "unit": unit,
                "demand_ha": wanted / M2_PER_HA,
                "placed_ha": float(took.sum()) / M2_PER_HA,
                "unmet_ha": placed.unmet_m2[unit] / M2_PER_HA,
                "cells": int(here.sum()),
                "score": float(score @ took / took.sum()) if took.sum() else np.nan,
                "minutes": _mean(suited.minutes[mine], took),
                "slope_percent": _mean(suited.slope_percent[mine], took),
                "boundary_km": np.nan if made is None else made.boundary_m / 1000,
                "suited_ha": np.nan if made is None else made.suited_m2 / M2_PER_HA,
                "gap_ha": np.nan if made is None else (made.bound - made.value) / M2_PER_HA,
                "gap": np.nan if made is None else made.gap,
                "spread_score": float(score[there].mean()) if there.any() else np.nan,
                "spread_same": both / either if there.any() else np.nan,
            }
        )
    counties = pd.DataFrame(rows, columns=list(COUNTY))
    town = pd.DataFrame(
        {
            "unit": cells.town,
            "placed_ha": placed.taken_m2 / M2_PER_HA,
            "cells": placed.taken_m2 > 0,
            "scored": suited.found.score * placed.taken_m2 / M2_PER_HA,
            "spread_cells": placed.spread,
        }
    )
    sums = town[town["unit"] != ""].groupby("unit").sum()
    sums = sums[(sums["cells"] > 0) | (sums["spread_cells"] > 0)]
    sums["score"] = sums["scored"] / sums["placed_ha"].where(sums["placed_ha"] > 0)
    sums = sums.drop(columns="scored").sort_values("placed_ha", ascending=False, kind="stable")
    sums = sums.astype({"cells": "int64", "spread_cells": "int64"})
    return counties, sums[["placed_ha", "cells", "score", "spread_cells"]].reset_index()


def _mean(values: npt.NDArray[np.float64], weight: Ints) -> float:
    known = np.isfinite(values) & (weight > 0)
    return float(values[known] @ weight[known] / weight[known].sum()) if known.any() else float("nan")


COUNTY: Final = (
    "unit",
    "demand_ha",
    "placed_ha",
    "unmet_ha",
    "cells",
    "score",
    "minutes",
    "slope_percent",
    "boundary_km",
    "suited_ha",
    "gap_ha",
    "gap",
    "spread_score",
    "spread_same",
)
"""Columns of the table of counties."""
