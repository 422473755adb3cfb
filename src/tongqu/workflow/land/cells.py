"""Cells of the land of a region: where they lie, whose they are, and how much of them can be built on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from tongqu.base import DataError, Problem
from tongqu.base.units import M2_PER_MU
from tongqu.data import Region
from tongqu.data.crs import to_local, to_wgs84
from tongqu.methods.land import CLASSES
from tongqu.sectors.land.base import Base
from tongqu.sectors.land.change import room_to_take

__all__ = ["MOST_CELLS", "Cells", "cells_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST_CELLS: Final = 120_000
"""Cells of a study: beyond them it would take minutes."""
DISC_M: Final = 2_000.0
"""Radius of the land of a village whose area is not known, where there are no outlines (assumed)."""
M2_PER_KM2: Final = 1e6
LEAST_BUILT: Final = 0.5
"""Share of a cell that urban land must fill for the cell to count as built (assumed)."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Square cells whose middles lie in the region; arrays of shape (cells,).

    Parameters
    ----------
    side_m : float
    x, y : numpy.ndarray of float
        Middles in the region's local system, m.
    lon, lat : numpy.ndarray of float
        Middles in degrees.
    row, column : numpy.ndarray of int
        Place in the grid, rows from north to south.
    county, town : numpy.ndarray of str
        Codes; the town is that of the nearest village of the county, blank where the county has none.
    built : numpy.ndarray of bool
        Whether the cell counts as built: urban land of each town is laid about its seat.
    room_m2 : numpy.ndarray of int
        Open land that is not basic farmland, spread evenly over the cells of each town that are not built.
    """

    side_m: float
    x: Floats
    y: Floats
    lon: Floats
    lat: Floats
    row: Ints
    column: Ints
    county: npt.NDArray[np.object_]
    town: npt.NDArray[np.object_]
    built: Bools
    room_m2: Ints

    @property
    def area_m2(self) -> float:
        """Area of a cell, m²."""
        return self.side_m**2

    def share(self) -> Floats:
        """Part of each cell that can be built on, 1 where it is built."""
        return np.where(self.built, 1.0, self.room_m2 / self.area_m2)

    def borders(self, which: Ints) -> tuple[Ints, Floats, Floats]:
        """Pairs of some cells that share a side, and the sides of those at the edge.

        A side counts by the part of the cells that can be built on at all, so that a cell with little room
        has a short boundary.

        Parameters
        ----------
        which : numpy.ndarray of int
            Cells, positions.

        Returns
        -------
        pairs : numpy.ndarray of int
            Positions in ``which``, shape (pairs, 2); each pair once.
        length : numpy.ndarray of float
            Metres, shape (pairs,).
        edge : numpy.ndarray of float
            Metres with what lies beyond, not built and built, shape (which, 2).
        """
        row, column = self.row - self.row.min(initial=0) + 1, self.column - self.column.min(initial=0) + 1
        shape = (int(row.max(initial=0)) + 2, int(column.max(initial=0)) + 2)
        place, built = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=bool)
        place[row[which], column[which]] = np.arange(len(which))
        built[row, column] = self.built
        share = self.share()[which]
        inner, beyond = [], np.zeros((len(which), 2))
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            at = row[which] + down, column[which] + right
            other = place[at]
            near = np.flatnonzero(other >= 0)
            if down + right > 0:
                inner.append(np.column_stack([near, other[near]]))
            beyond[np.arange(len(which)), built[at].astype(np.int64)] += other < 0
        joined = np.concatenate(inner)
        length = np.minimum(share[joined[:, 0]], share[joined[:, 1]]) * self.side_m
        return joined, length, beyond * share[:, np.newaxis] * self.side_m


def cells_of(region: Region, base: Base, *, side_m: float) -> Cells:
    """Cells inside the outlines of the counties; without outlines, about the villages.

    Raises
    ------
    DataError
        If there would be more than `MOST_CELLS`.
    """
    villages = region.level("village")
    vx, vy = to_local(villages["lon"].to_numpy(), villages["lat"].to_numpy(), epsg=region.epsg)
    home = region.county_of(villages.index).to_numpy(object)
    shapes = _outlines(region)
    reach = np.sqrt(villages["area_km2"].astype("float64").to_numpy() * M2_PER_KM2 / np.pi)
    reach = np.where(np.isfinite(reach), reach, DISC_M)
    x, y, row, column = _grid(shapes, (vx, vy, reach), side_m=side_m)
    if shapes:
        county = _inside(shapes, x, y)
    else:
        near, which = cKDTree(np.column_stack([vx, vy])).query(np.column_stack([x, y]))
        county = np.where(near <= reach[which], home[which], "")
    kept = county != ""
    x, y, row, column, county = x[kept], y[kept], row[kept], column[kept], county[kept]
    town = _towns(region, villages.index, (vx, vy, home), at=(x, y, county))
    built = _built(region, base, at=(x, y, town), area_m2=side_m**2)
    room = _room(base, county=county, town=town, built=built, area_m2=side_m**2)
    lon, lat = to_wgs84(x, y, epsg=region.epsg)
    return Cells(side_m, x, y, lon, lat, row, column, county, town, built, room)


def _outlines(region: Region) -> dict[str, shapely.Geometry]:
    """Outline of each county in the local system."""
    found: dict[str, shapely.Geometry] = {}
    counties = set(region.level("county").index)
    for layer in region.layers.values():
        if layer.role != "outline" or "unit" not in layer.properties:
            continue
        for unit, shape in zip(layer.properties["unit"].astype(str), layer.geometry, strict=True):
            if unit in counties and shape is not None and not shape.is_empty:
                found[unit] = shapely.transform(shape, lambda at: _local(at, region.epsg))
    return found


def _local(degrees: Floats, epsg: int) -> Floats:
    return np.column_stack(to_local(degrees[:, 0], degrees[:, 1], epsg=epsg))


def _grid(
    shapes: dict[str, shapely.Geometry], discs: tuple[Floats, Floats, Floats], *, side_m: float
) -> tuple[Floats, Floats, Ints, Ints]:
    """Middles of all cells of the box around the outlines, or the discs, and their rows and columns."""
    if shapes:
        west, south, east, north = shapely.total_bounds(np.array(list(shapes.values()), dtype=object))
    else:
        vx, vy, reach = discs
        if not len(vx):
            return np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64)
        west, south = float((vx - reach).min()), float((vy - reach).min())
        east, north = float((vx + reach).max()), float((vy + reach).max())
    left, top = np.floor(west / side_m) * side_m, np.ceil(north / side_m) * side_m
    across, down = int(np.ceil((east - left) / side_m)), int(np.ceil((top - south) / side_m))
    area = sum(float(shape.area) for shape in shapes.values()) if shapes else (east - west) * (north - south)
    if area / side_m**2 > MOST_CELLS or across * down > 20 * MOST_CELLS:
        least = int(np.ceil(np.sqrt(area / MOST_CELLS) / 10) * 10)
        mend = f"give a side of {least} m or more"
        raise DataError([Problem("too many cells", mend=mend, column="cell_m", value=f"{side_m:g}")])
    row, column = np.divmod(np.arange(across * down, dtype=np.int64), across)
    return left + (column + 0.5) * side_m, top - (row + 0.5) * side_m, row, column


def _inside(shapes: dict[str, shapely.Geometry], x: Floats, y: Floats) -> npt.NDArray[np.object_]:
    """County whose outline holds each middle, blank outside all."""
    county = np.full(len(x), "", dtype=object)
    for unit, shape in shapes.items():
        shapely.prepare(shape)
        west, south, east, north = shape.bounds
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north) & (county == ""))
        county[near[shapely.contains_xy(shape, x[near], y[near])]] = unit
    return county


def _towns(
    region: Region,
    villages: pd.Index[str],
    places: tuple[Floats, Floats, npt.NDArray[np.object_]],
    *,
    at: tuple[Floats, Floats, npt.NDArray[np.object_]],
) -> npt.NDArray[np.object_]:
    """Town of the nearest village in the same county."""
    vx, vy, home = places
    x, y, county = at
    above = region.ancestor(villages, level="town").fillna("").to_numpy(object)
    town = np.full(len(x), "", dtype=object)
    for unit in pd.unique(county):
        own, mine = np.flatnonzero(home == unit), np.flatnonzero(county == unit)
        if len(own):
            _, which = cKDTree(np.column_stack([vx[own], vy[own]])).query(np.column_stack([x[mine], y[mine]]))
            town[mine] = above[own[which]]
    return town


def _built(
    region: Region,
    base: Base,
    *,
    at: tuple[Floats, Floats, npt.NDArray[np.object_]],
    area_m2: float,
) -> Bools:
    """The cells of each town that are nearest to its seat, as many as its urban land fills."""
    x, y, town = at
    built = np.zeros(len(x), dtype=bool)
    towns, units = region.level("town"), region["units"].set_index("unit")
    urban = base.towns["urban"] * M2_PER_MU / area_m2
    many = np.floor(urban + LEAST_BUILT).astype(np.int64)
    many = many[many > 0]
    if many.empty:
        return built
    seat = towns["seat"].reindex(many.index)
    spot = units.reindex(seat.where(seat.notna(), many.index))[["lon", "lat"]].to_numpy(dtype=np.float64)
    sx, sy = to_local(spot[:, 0], spot[:, 1], epsg=region.epsg)
    members = pd.Series(np.arange(len(x))).groupby(town).indices
    for (unit, count), a, b in zip(many.items(), sx, sy, strict=True):
        mine = np.asarray(members.get(unit, []), dtype=np.int64)
        far = np.hypot(x[mine] - a, y[mine] - b)
        built[mine[np.argsort(far, kind="stable")[:count]]] = True
    return built


def _room(
    base: Base,
    *,
    county: npt.NDArray[np.object_],
    town: npt.NDArray[np.object_],
    built: Bools,
    area_m2: float,
) -> Ints:
    """m² of each cell that can be built on: open land of its town, else of its county, spread evenly.

    Where no land use is known, all of a cell; never more than the share of open land among all but built.
    """
    room = np.full(len(town), area_m2)
    for places, land in ((county, base.counties), (town, base.towns)):
        if land.empty:
            continue
        open_m2 = room_to_take(land).sum(axis=1) * M2_PER_MU
        whole = land[list(CLASSES)].sum(axis=1).to_numpy() * M2_PER_MU
        share = np.divide(open_m2, whole, out=np.ones(len(land)), where=whole > 0)
        many = pd.Series(~built).groupby(places).sum().reindex(land.index, fill_value=0).to_numpy() * area_m2
        spread = np.divide(open_m2, many, out=share, where=many > 0)
        each = pd.Series(np.minimum(spread, 1.0), index=land.index)
        known = pd.Series(places).map(each).to_numpy(dtype=np.float64)
        room = np.where(np.isfinite(known), known * area_m2, room)
    return np.where(built, 0, np.floor(room)).astype(np.int64)
