"""Rasters of a user, elevation above all: checked, cut to the region, in its system."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioIOError
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from tongqu.data.crs import to_local
from tongqu.data.problems import Problems
from tongqu.data.rules import Bbox

__all__ = ["Grid", "Raster", "read_raster", "sample"]

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

WGS84: Final = 4326
ENTIRE: Final = 0.999
"""Share of the region from which a raster counts as covering it: the rest is rounding of its edge."""
MAX_CELLS: Final = 50_000_000
"""Cells read at most: 400 MB as float64, a region of 8,800 km² at 13 m."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up grid.

    Parameters
    ----------
    west, north : float
        Outer corner of the first cell, in the unit of the system.
    width, height : float
        Of a cell, above 0.
    rows, columns : int
        How many.
    epsg : int
        Its system.
    """

    west: float
    north: float
    width: float
    height: float
    rows: int
    columns: int
    epsg: int

    def centres(self) -> tuple[Floats, Floats]:
        """East and north of the middle of each cell, shapes (rows, columns)."""
        east = self.west + (np.arange(self.columns) + 0.5) * self.width
        north = self.north - (np.arange(self.rows) + 0.5) * self.height
        first, second = np.meshgrid(east, north)
        return np.asarray(first), np.asarray(second)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Raster:
    """Values on a grid.

    Parameters
    ----------
    values : numpy.ndarray of float
        NaN where there are none, shape (rows, columns).
    grid : Grid
    covered : float
        Share of the region's box (or of the grid asked for) that has values.
    source_crs : str
        System of the file as it names it.
    reprojected : bool
        Whether values were moved from another system.
    coarse : bool
        Whether values are interpolated between points kilometres apart: no ground for slopes of a site.
    """

    values: Floats
    grid: Grid
    covered: float
    source_crs: str
    reprojected: bool
    coarse: bool = False


def read_raster(path: str | Path, *, bbox: Bbox, epsg: int, band: int = 1, reproject: bool = False) -> Raster:
    """The part of a raster that lies over a region, in the region's system.

    Parameters
    ----------
    path : str or Path
        GeoTIFF or another raster that GDAL reads.
    bbox : tuple of float
        West, south, east, north of the region, degrees WGS84.
    epsg : int
        The region's projected system.
    band : int
        Counted from 1.
    reproject : bool
        Whether a raster in another system is reprojected (bilinear); without it that is a problem.

    Returns
    -------
    Raster
        `covered` says what share of the region's box has values; the caller decides what is too little.

    Raises
    ------
    DataError
        If the file is missing or no raster, names no system or another one, is turned, lacks the band,
        does not touch the region, or has no values in it.
    """
    path, problems = Path(path), Problems()
    file = path.name
    if not path.is_file():
        problems.add("missing file", file=file, mend="check the path")
        problems.raise_any()
    try:
        with warnings.catch_warnings():
            # A raster without place is reported below, as a problem.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            opened = rasterio.open(path)
    except (RasterioIOError, CRSError) as error:
        mend = "give a GeoTIFF that a GIS opens"
        problems.add("not a readable raster", file=file, value=str(error).splitlines()[0], mend=mend)
        problems.raise_any()
    with opened:
        _check(opened, file=file, epsg=epsg, band=band, reproject=reproject, problems=problems)
        problems.raise_any()
        found = _read_part(opened, bbox=bbox, epsg=epsg, band=band, file=file, problems=problems)
    problems.raise_any()
    assert found is not None
    return found


def _check(opened: Any, *, file: str, epsg: int, band: int, reproject: bool, problems: Problems) -> None:
    """What can be seen without reading values."""
    if not 1 <= band <= opened.count:
        mend = f"give a band from 1 to {opened.count}"
        problems.add("the raster lacks the band", file=file, value=str(band), mend=mend)
    if opened.crs is None:
        mend = "set its coordinate system in a GIS (Assign Projection) and save it again"
        problems.add("the raster does not name its coordinate system", file=file, mend=mend)
    elif opened.crs != CRS.from_epsg(epsg) and not reproject:
        mend = f"reproject it to EPSG:{epsg}, or ask for reprojection"
        problems.add("the raster is in another system", file=file, value=_name(opened.crs), mend=mend)
    elif not (_north_up(opened) or reproject):
        mend = "warp it north-up, or ask for reprojection"
        problems.add("the raster is turned", file=file, mend=mend)
    if opened.crs is not None and (opened.transform.is_identity or opened.transform.is_degenerate):
        mend = "give a raster with its position (a GeoTIFF, or an image with its world file)"
        problems.add("the raster has no position", file=file, mend=mend)
    if any("complex" in kind for kind in opened.dtypes):
        mend = "give a band of real numbers"
        problems.add("the raster holds complex numbers", file=file, mend=mend)


def _north_up(opened: Any) -> bool:
    """Whether rows run east and columns south."""
    step = opened.transform
    return bool(step.b == 0 and step.d == 0 and step.a > 0 and step.e < 0)


def _name(crs: CRS) -> str:
    """A system's code, or else its text."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())[:60]


def _read_part(
    opened: Any, *, bbox: Bbox, epsg: int, band: int, file: str, problems: Problems
) -> Raster | None:
    """Values over the box in the region's system."""
    target = CRS.from_epsg(epsg)
    moved = opened.crs != target or not _north_up(opened)
    source = opened
    if moved:
        blank, how = _blank(opened, band), Resampling.bilinear
        source = WarpedVRT(opened, crs=target, resampling=how, nodata=blank, dtype="float64")
    box = transform_bounds(CRS.from_epsg(WGS84), target, *bbox)
    left, top, right, bottom = _window(source.transform, box)
    inner = (max(left, 0), max(top, 0), min(right, source.width), min(bottom, source.height))
    columns, rows = inner[2] - inner[0], inner[3] - inner[1]
    if columns <= 0 or rows <= 0:
        mend = "give a raster of this region, or check its coordinate system"
        problems.add("the raster lies outside the region", file=file, value=_name(opened.crs), mend=mend)
        return None
    if columns * rows > MAX_CELLS:
        mend = f"resample it to at most {MAX_CELLS} cells in the region"
        problems.add("the raster is too fine to read", file=file, value=f"{rows} x {columns}", mend=mend)
        return None
    part = source.read(band, window=Window(inner[0], inner[1], columns, rows), masked=True)
    # Heights are often stored as whole numbers with a scale, such as decimetres.
    scaled = part.astype(np.float64) * opened.scales[band - 1] + opened.offsets[band - 1]
    values = np.ma.filled(scaled, np.nan)
    values[~np.isfinite(values)] = np.nan
    if moved:
        source.close()
    if np.isnan(values).all():
        mend = "give a raster with values in this region, or check its nodata value"
        problems.add("the raster has no values in the region", file=file, mend=mend)
        return None
    step = source.transform
    grid = Grid(step.c + inner[0] * step.a, step.f + inner[1] * step.e, step.a, -step.e, rows, columns, epsg)
    whole = (right - left) * (bottom - top)
    covered = float(np.isfinite(values).sum() / whole)
    return Raster(
        values=values,
        grid=grid,
        covered=1.0 if covered > ENTIRE else covered,
        source_crs=_name(opened.crs),
        reprojected=moved,
    )


def _window(step: Affine, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Columns and rows that a box touches: left, top, right, bottom, the last two not in it."""
    west, south, east, north = box
    # A millionth of a cell more is rounding of the box, no cell.
    across, down = (
        (np.array([west, east]) - step.c) / step.a + [1e-6, -1e-6],
        (np.array([north, south]) - step.f) / step.e + [1e-6, -1e-6],
    )
    left, top = int(np.floor(across[0])), int(np.floor(down[0]))
    return left, top, int(np.ceil(across[1])), int(np.ceil(down[1]))


def _blank(opened: Any, band: int) -> float:
    """The value that means none, one that the data cannot hold where the file names none."""
    given = opened.nodatavals[band - 1]
    return float(np.nan if given is None else given)


def sample(raster: Raster, *, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Values at places: that of the cell in which each lies, NaN where there is none.

    Parameters
    ----------
    raster : Raster
    lon, lat : array_like of float
        Degrees WGS84, shape (places,).

    Returns
    -------
    numpy.ndarray of float
        Shape (places,).
    """
    grid = raster.grid
    east, north = to_local(lon, lat, epsg=grid.epsg)
    with np.errstate(invalid="ignore"):  # inf for places that the system does not know
        column = np.floor((east - grid.west) / grid.width)
        row = np.floor((grid.north - north) / grid.height)
    inside = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    values = np.full(east.shape, np.nan)
    values[inside] = raster.values[row[inside].astype(np.int64), column[inside].astype(np.int64)]
    return values
