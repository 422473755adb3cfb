"""Files of the user that the study of land reads: elevation, quality of farmland, protected areas."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from tongqu.base import DataError, Problem
from tongqu.data import Region
from tongqu.data.crs import named_to_wgs84, to_local
from tongqu.data.problems import Problems
from tongqu.data.readers.gis import read_layer, systems_like
from tongqu.data.readers.raster import Raster, read_raster

__all__ = ["Given", "read_given"]

POLYGON, MULTI_POLYGON = 3, 6
"""Types of geometry by shapely's numbers."""
LEAST_COVERED: Final = 0.02
"""Share of the region's box that a raster must cover to be of use at all (assumed)."""
HEIGHTS: Final = (-500.0, 9000.0)
"""Lowest and highest ground of the earth, m, rounded outwards: the Dead Sea's shore and Everest."""
COARSEST_M: Final = 1000.0
"""Side of a cell of heights beyond which its slopes say nothing of a site (assumed)."""


@dataclass(frozen=True, eq=False)
class Given:
    """What the user gave; None for what was not given.

    Parameters
    ----------
    elevation : Raster, optional
        m.
    quality : Raster, optional
        Quality of farmland in [0, 1], 0 where there is none.
    protected : numpy.ndarray of Polygon, optional
        Areas where nothing may be built, in the region's local system.
    """

    elevation: Raster | None = None
    quality: Raster | None = None
    protected: npt.NDArray[np.object_] | None = None


def read_given(
    region: Region,
    *,
    elevation: str | Path | None,
    quality: str | Path | None,
    protected: str | Path | None,
    reproject: bool,
) -> Given:
    """Read the files, and report what is wrong in all of them at once.

    Raises
    ------
    DataError
        If a file cannot be read, is in another system (and not ``reproject``), or has nothing in the region.
    """
    problems: list[Problem] = []
    found: dict[str, Raster | None] = {}
    for name, path in (("elevation", elevation), ("quality", quality)):
        found[name] = None
        if path is None:
            continue
        try:
            found[name] = _raster(region, Path(path), reproject=reproject, heights=name == "elevation")
        except DataError as error:
            problems += error.problems
    areas = None
    if protected is not None:
        try:
            areas = _areas(region, Path(protected))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return Given(found["elevation"], found["quality"], areas)


def _raster(region: Region, path: Path, *, reproject: bool, heights: bool) -> Raster:
    """A raster of heights, or else of quality, with values that can be."""
    raster = read_raster(path, bbox=region.bbox, epsg=region.epsg, reproject=reproject)
    problems, file = Problems(), path.name
    if raster.covered < LEAST_COVERED:
        mend = "give a raster of the whole region; cells without values are left out"
        rule = "the raster has hardly any values in the region"
        problems.add(rule, file=file, value=f"{raster.covered:.2%}", mend=mend)
    least, most = float(np.nanmin(raster.values)), float(np.nanmax(raster.values))
    value = f"{least:g} to {most:g}"
    if heights and not HEIGHTS[0] <= least <= most <= HEIGHTS[1]:
        mend = "give metres, and set the value that means no height as nodata"
        problems.add("heights that cannot be", file=file, value=value, mend=mend)
    side = max(raster.grid.width, raster.grid.height)
    if heights and side > COARSEST_M:
        mend = f"give cells of {COARSEST_M:g} m or less, better of 30 m"
        problems.add("heights too coarse for slopes", file=file, value=f"{side:.0f} m", mend=mend)
    if not heights and (least < 0 or most > 1):
        mend = "scale it so that 0 is no farmland and 1 the best"
        problems.add("quality of farmland outside 0 to 1", file=file, value=value, mend=mend)
    problems.raise_any()
    return raster


def _areas(region: Region, path: Path) -> npt.NDArray[np.object_]:
    """Polygons of a layer in the region's local system."""
    read = read_layer(path, layer=None, encoding=None)
    shapes = read.geometry[~shapely.is_missing(read.geometry) & ~shapely.is_empty(read.geometry)]
    areas = shapes[np.isin(shapely.get_type_id(shapes), (POLYGON, MULTI_POLYGON))]
    problems = Problems()
    if not len(areas):
        problems.add("the layer has no areas", file=path.name, mend="give a layer of polygons")
        problems.raise_any()
    x, y = shapely.get_coordinates(areas).T
    if not read.crs:
        mend = f"save it with its system; by its coordinates it may be {systems_like(x, y)}"
        problems.add("the file does not name its coordinate system", file=path.name, mend=mend)
        problems.raise_any()
    lon, lat = named_to_wgs84(x, y, crs=read.crs)
    degrees = shapely.set_coordinates(shapely.force_2d(areas).copy(), np.column_stack([lon, lat]))
    if not np.isfinite(lon).all() or not shapely.intersects(_boxes(degrees), shapely.box(*region.bbox)).any():
        mend = f"give areas of this region, or its right system: it may be {systems_like(x, y)}"
        problems.add("the layer lies outside the region", file=path.name, value=read.crs[:40], mend=mend)
        problems.raise_any()
    local = np.column_stack(to_local(lon, lat, epsg=region.epsg))
    moved = shapely.set_coordinates(shapely.force_2d(areas).copy(), local)
    return np.asarray(shapely.make_valid(moved), dtype=object)


def _boxes(areas: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """The box around each area; valid even where the area is not."""
    return np.asarray(shapely.box(*shapely.bounds(areas).T), dtype=object)
