"""How suitable each cell is for construction: slope, access, what is built near by, farmland, protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from tongqu.data import Region
from tongqu.data.crs import to_local
from tongqu.data.readers.raster import Grid, Raster, sample
from tongqu.data.readers.surface import coarse_elevation, slope_degrees
from tongqu.data.seats import unit_nodes
from tongqu.methods.allocation import (
    SLOPE_LIMITS,
    LandUse,
    Suitability,
    combine,
    construction_factors,
    slope_percent,
)
from tongqu.methods.travel import nearest
from tongqu.workflow.land.cells import Cells
from tongqu.workflow.land.given import Given
from tongqu.workflow.networks import region_network

__all__ = ["USE", "Suited", "cell_table", "suited_cells", "town_table"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Relief = Literal["raster", "points", "none"]

USE: Final[LandUse] = "residential"
"""Use whose limit of slope counts: new urban land is for housing first (CJJ 83-2016)."""
OFF_ROAD_KMH: Final = 20.0
"""Speed from a cell to the nearest road node, as the crow flies (assumed: a village road with its bends)."""
KMH: Final = 60 / 1000
"""Minutes of a metre at 1 km/h."""
GOOD: Final = 0.6
"""Score from which a cell counts as well suited (assumed)."""
M2_PER_HA: Final = 10_000.0
FEWEST_POINTS: Final = 3


@dataclass(frozen=True, eq=False)
class Suited:
    """Suitability of cells for construction; arrays of shape (cells,).

    Parameters
    ----------
    cells : Cells
    slope_percent : numpy.ndarray of float
        NaN where unknown.
    minutes : numpy.ndarray of float
        By car to the nearest county seat, inf where there is no way.
    built_m : numpy.ndarray of float
        To the nearest built cell, inf where none is.
    quality : numpy.ndarray of float
        Of farmland in [0, 1], NaN where none was given.
    protected : numpy.ndarray of bool
    found : Suitability
    factors : tuple of str
        Factors that count, in the order of ``found.limiting``.
    relief : {"raster", "points", "none"}
        Where slope comes from: a raster of the user, points kilometres apart (coarse), nowhere.
    """

    cells: Cells
    slope_percent: Floats
    minutes: Floats
    built_m: Floats
    quality: Floats
    protected: Bools
    found: Suitability
    factors: tuple[str, ...]
    relief: Relief

    @property
    def coarse(self) -> bool:
        """Whether slope is no slope of a site: interpolated between far points, or not known at all."""
        return self.relief != "raster"


def suited_cells(region: Region, cells: Cells, given: Given) -> Suited:
    """Suitability of each cell, from the user's files or, for slope, from the region's table of elevation."""
    slope, relief = _slopes(region, cells, given)
    minutes = _minutes(region, cells)
    built_m = _to_built(cells)
    quality = np.full(len(cells.x), np.nan)
    if given.quality is not None:
        quality = np.nan_to_num(_means(given.quality, cells), nan=0.0)
    protected = _protected(cells, given.protected)
    names, factors, excluded = construction_factors(
        slope_degrees=np.zeros(len(cells.x)) if relief == "none" else slope,
        use=USE,
        access_minutes=minutes,
        built_m=built_m if np.isfinite(built_m).any() else None,
        farmland_quality=quality if given.quality is not None else None,
        protected=protected,
    )
    kept = [at for at, name in enumerate(names) if name != "slope" or relief != "none"]
    found = combine(factors[:, kept], excluded=excluded | cells.built)
    return Suited(
        cells=cells,
        slope_percent=slope_percent(slope),
        minutes=minutes,
        built_m=built_m,
        quality=quality,
        protected=protected,
        found=found,
        factors=tuple(names[at] for at in kept),
        relief=relief,
    )


def _slopes(region: Region, cells: Cells, given: Given) -> tuple[Floats, Relief]:
    """Mean slope of each cell in degrees, and where it comes from."""
    if given.elevation is not None:
        return _means(slope_degrees(given.elevation), cells), "raster"
    points = region["elevation"] if "elevation" in region.tables else pd.DataFrame()
    if len(points) < FEWEST_POINTS or not len(cells.x):
        return np.full(len(cells.x), np.nan), "none"
    side = cells.side_m
    west, north = float(cells.x.min()) - 1.5 * side, float(cells.y.max()) + 1.5 * side
    rows, columns = (int(np.ptp(one)) + 3 for one in (cells.row, cells.column))
    grid = Grid(west, north, side, side, rows, columns, region.epsg)
    slope = slope_degrees(coarse_elevation(points, grid=grid)).values
    row, column = cells.row - cells.row.min() + 1, cells.column - cells.column.min() + 1
    return slope[row, column], "points"


def _means(raster: Raster, cells: Cells) -> Floats:
    """Mean of the raster's values in each cell; of a raster coarser than cells the value at the middle."""
    grid, side = raster.grid, cells.side_m
    left = float(cells.x.min() - (cells.column[cells.x.argmin()] + 0.5) * side) if len(cells.x) else 0.0
    top = float(cells.y.max() + (cells.row[cells.y.argmax()] + 0.5) * side) if len(cells.x) else 0.0
    east = grid.west + (np.arange(grid.columns) + 0.5) * grid.width
    north = grid.north - (np.arange(grid.rows) + 0.5) * grid.height
    column = np.floor((east - left) / side).astype(np.int64)
    row = np.floor((top - north) / side).astype(np.int64)
    known = np.isfinite(raster.values)
    sums = _blocks(np.where(known, raster.values, 0.0), row, column)
    counts = _blocks(known.astype(np.float64), row, column)
    mean = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    at_row, at_column = cells.row - row[0], cells.column - column[0]
    inside = (at_row >= 0) & (at_row < mean.shape[0]) & (at_column >= 0) & (at_column < mean.shape[1])
    found = np.full(len(cells.x), np.nan)
    found[inside] = mean[at_row[inside], at_column[inside]]
    if min(grid.width, grid.height) > side / 2:
        lost = np.isnan(found)
        found[lost] = sample(raster, lon=cells.lon[lost], lat=cells.lat[lost])
    return found


def _blocks(values: Floats, row: npt.NDArray[np.int64], column: npt.NDArray[np.int64]) -> Floats:
    """Sums of a raster by blocks of rows and columns, counted from those of its first cell."""
    down, across = row - row[0], column - column[0]
    sums = np.zeros((int(down[-1]) + 1, int(across[-1]) + 1))
    first_row, first_column = (np.flatnonzero(np.diff(one, prepend=-1)) for one in (down, across))
    part = np.add.reduceat(np.add.reduceat(values, first_row, axis=0), first_column, axis=1)
    sums[np.ix_(down[first_row], across[first_column])] = part
    return sums


def _minutes(region: Region, cells: Cells) -> Floats:
    """Minutes by car to the nearest county seat: to the nearest road node, then by road."""
    nodes = region["nodes"]
    network = region_network(region, mode="car")
    held = unit_nodes(region).reindex(region.level("county").index)
    seats = held[held.isin(nodes["node"])]
    if seats.empty or not len(cells.x):
        return np.full(len(cells.x), np.inf)
    onward = nearest(network, targets=network.locate(seats.to_numpy())).minutes
    spots = np.column_stack(to_local(nodes["lon"], nodes["lat"], epsg=region.epsg))
    reached = np.isfinite(onward)
    far, which = cKDTree(spots[reached]).query(np.column_stack([cells.x, cells.y]))
    return np.asarray(far * KMH / OFF_ROAD_KMH + onward[reached][which])


def _to_built(cells: Cells) -> Floats:
    """Metres from the middle of each cell to that of the nearest built one."""
    if not cells.built.any():
        return np.full(len(cells.x), np.inf)
    spots = np.column_stack([cells.x, cells.y])
    return np.asarray(cKDTree(spots[cells.built]).query(spots)[0])


def _protected(cells: Cells, areas: npt.NDArray[np.object_] | None) -> Bools:
    """Cells whose middle lies in a protected area."""
    found = np.zeros(len(cells.x), dtype=bool)
    if areas is None or not len(found):
        return found
    points = shapely.points(cells.x, cells.y)
    inside, _ = shapely.STRtree(areas).query(points, predicate="intersects")
    found[inside] = True
    return found


def cell_table(suited: Suited, *, taken_m2: npt.NDArray[np.int64], spread: Bools) -> pd.DataFrame:
    """A row for each cell: where it lies, the factors, the score, the room, and the land put into it.

    ``spread`` says which cells the cellular automaton builds on instead.
    """
    cells = suited.cells
    limiting = np.array(suited.factors, dtype=object)[suited.found.limiting]
    return pd.DataFrame(
        {
            "cell": [f"r{row}c{column}" for row, column in zip(cells.row, cells.column, strict=True)],
            "unit": cells.town,
            "county": cells.county,
            "lon": cells.lon,
            "lat": cells.lat,
            "slope_percent": suited.slope_percent,
            "minutes": suited.minutes,
            "built_m": suited.built_m,
            "quality": suited.quality,
            "protected": suited.protected,
            "built": cells.built,
            "excluded": ~suited.found.allowed & ~cells.built,
            "score": suited.found.score,
            "factor": limiting,
            "room_ha": cells.room_m2 / M2_PER_HA,
            "taken_ha": taken_m2 / M2_PER_HA,
            "spread": spread,
            "coarse": suited.coarse,
        }
    )


def town_table(suited: Suited, region: Region) -> pd.DataFrame:
    """Suitability by town: cells, share excluded and protected, mean figures of the rest, suited land."""
    cells, allowed = suited.cells, suited.found.allowed
    open_ = allowed.astype(np.float64)
    share = np.where(allowed, suited.found.score, 0.0)
    frame = pd.DataFrame(
        {
            "unit": cells.town,
            "cells": 1,
            "built": cells.built,
            "excluded": ~allowed & ~cells.built,
            "protected": suited.protected,
            "slope": np.nan_to_num(suited.slope_percent) * open_,
            "minutes": np.where(np.isfinite(suited.minutes), suited.minutes, 0.0) * open_,
            "score": share,
            "open": open_,
            "suited_ha": np.where(allowed & (share >= GOOD), cells.room_m2 / M2_PER_HA, 0.0),
            "room_ha": np.where(allowed, cells.room_m2 / M2_PER_HA, 0.0),
        }
    )
    sums = frame[frame["unit"] != ""].groupby("unit").sum()
    sums = sums.reindex([unit for unit in region.level("town").index if unit in sums.index])
    known = sums["open"].where(sums["open"] > 0)
    return pd.DataFrame(
        {
            "unit": sums.index.to_numpy(object),
            "cells": sums["cells"].to_numpy(dtype=np.int64),
            "built_cells": sums["built"].to_numpy(dtype=np.int64),
            "excluded_share": (sums["excluded"] / sums["cells"]).to_numpy(),
            "protected_share": (sums["protected"] / sums["cells"]).to_numpy(),
            "slope_percent": np.nan if suited.relief == "none" else (sums["slope"] / known).to_numpy(),
            "minutes": (sums["minutes"] / known).to_numpy(),
            "score": (sums["score"] / known).to_numpy(),
            "room_ha": sums["room_ha"].to_numpy(),
            "suited_ha": sums["suited_ha"].to_numpy(),
            "coarse": suited.coarse,
        }
    )


LIMIT: Final = SLOPE_LIMITS[USE]
"""Slope in % from which a cell is excluded."""
