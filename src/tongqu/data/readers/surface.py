"""Surfaces over a region: slope of elevation, elevation between far points, and means by polygon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from exactextract import exact_extract
from exactextract.feature import JSONFeatureSource
from exactextract.raster import NumPyRasterSource
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from tongqu.data.crs import to_local
from tongqu.data.readers.raster import Grid, Raster

__all__ = ["coarse_elevation", "slope_degrees", "zonal"]

Floats: TypeAlias = npt.NDArray[np.float64]


def slope_degrees(raster: Raster) -> Raster:
    """Slope of elevation by Horn's third-order finite differences.

    A cell whose eight neighbours are not all known keeps no value, and so do the outermost rows and columns.

    Parameters
    ----------
    raster : Raster
        Elevation in m on a grid in m.

    Returns
    -------
    Raster
        Degrees.

    References
    ----------
    Horn, B. K. P. (1981), Hill shading and the reflectance map, Proceedings of the IEEE 69, 14-47.

    Examples
    --------
    >>> plane = np.add.outer(np.zeros(3), [0.0, 10.0, 20.0])
    >>> made = Raster(
    ...     values=plane, grid=Grid(0, 90, 30, 30, 3, 3, 4549), covered=1.0, source_crs="", reprojected=False
    ... )
    >>> slope_degrees(made).values.round(3)[1].tolist()
    [nan, 18.435, nan]
    """
    z, grid = raster.values, raster.grid
    slope = np.full(z.shape, np.nan)
    if min(z.shape) >= 3:
        left = z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2]
        right = z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:]
        above = z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:]
        below = z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:]
        rise = np.hypot((right - left) / (8 * grid.width), (above - below) / (8 * grid.height))
        slope[1:-1, 1:-1] = np.degrees(np.arctan(rise))
        slope[np.isnan(z)] = np.nan
    return replace(raster, values=slope)


def zonal(
    raster: Raster, *, polygons: npt.NDArray[np.object_], classes: Sequence[float] = ()
) -> pd.DataFrame:
    """Values of a raster by polygon, cells at the edge counting by the part that the polygon covers.

    Parameters
    ----------
    raster : Raster
    polygons : array of Polygon or MultiPolygon
        In the raster's system, shape (polygons,).
    classes : sequence of float
        Values whose shares are wanted, for a raster of classes.

    Returns
    -------
    DataFrame
        Columns ``mean, min, max``, ``covered`` (share of the polygon with values), and ``share_<class>`` of
        the part with values; NaN where there is none. Rows as the polygons.

    References
    ----------
    Baston, D., exactextract: coverage fractions computed exactly from the geometry.

    Examples
    --------
    >>> made = Raster(
    ...     values=np.array([[1.0, 3.0]]),
    ...     grid=Grid(0, 1, 1, 1, 1, 2, 4549),
    ...     covered=1.0,
    ...     source_crs="",
    ...     reprojected=False,
    ... )
    >>> zonal(made, polygons=np.array([shapely.box(0.5, 0, 2, 1)]), classes=[3]).round(3).values.tolist()
    [[2.333, 1.0, 3.0, 1.0, 0.667]]
    """
    grid = raster.grid
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in polygons
    ]
    edges = {
        "xmin": grid.west,
        "xmax": grid.west + grid.columns * grid.width,
        "ymin": grid.north - grid.rows * grid.height,
        "ymax": grid.north,
    }

    def run(values: Floats, operations: list[str]) -> list[dict[str, Any]]:
        if not features:
            return []
        source = NumPyRasterSource(values, **edges, nodata=np.nan)
        return [one["properties"] for one in exact_extract(source, JSONFeatureSource(features), operations)]

    main = run(raster.values, ["mean", "min", "max", "count"])
    table = pd.DataFrame(main, columns=["mean", "min", "max", "count"], index=range(len(features)))
    table = table.astype("float64")
    cell = grid.width * grid.height
    whole = shapely.area(polygons) if len(features) else np.zeros(0)
    table["covered"] = np.clip(table.pop("count").to_numpy() * cell / whole, 0.0, 1.0)
    for one in classes:
        marked = np.where(np.isnan(raster.values), np.nan, (raster.values == one).astype(np.float64))
        shares = pd.DataFrame(run(marked, ["mean"]), columns=["mean"], index=table.index)
        table[f"share_{one:g}"] = shares["mean"].astype("float64")
    return table


def coarse_elevation(points: pd.DataFrame, *, grid: Grid) -> Raster:
    """Elevation of a grid from points kilometres apart, such as a region's table of elevation.

    Linear in the triangles between points, the nearest point beyond them; flagged `coarse`: slopes of it
    are those of whole valleys and mountains, far below those of a site.

    Parameters
    ----------
    points : DataFrame
        Columns ``lon, lat`` (degrees WGS84) and ``elevation_m``; three rows or more, not in one line.
    grid : Grid

    Returns
    -------
    Raster

    Examples
    --------
    >>> points = pd.DataFrame(
    ...     {"lon": [118, 119, 118, 119], "lat": [28, 28, 29, 29], "elevation_m": [0, 100, 0, 100]}
    ... )
    >>> made = coarse_elevation(points, grid=Grid(4e5, 3.18e6, 100, 100, 1, 1, 4549))
    >>> made.coarse, bool(90 < made.values[0, 0] < 100)
    (True, True)
    """
    where = np.column_stack(to_local(points["lon"], points["lat"], epsg=grid.epsg))
    height = points["elevation_m"].to_numpy(np.float64)
    centres = grid.centres()
    values = np.asarray(LinearNDInterpolator(where, height)(*centres), np.float64)
    lost = np.isnan(values)
    if lost.any():
        values[lost] = NearestNDInterpolator(where, height)(centres[0][lost], centres[1][lost])
    return Raster(
        values=values, grid=grid, covered=1.0, source_crs="EPSG:4326", reprojected=True, coarse=True
    )
