"""Heights of a user's raster in place of the region's, on a grid that hills can be seen on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import distance_transform_edt

from tongqu.base import DataError, Problem
from tongqu.data import Region
from tongqu.data.readers.raster import Raster, read_raster, sample

__all__ = ["with_heights"]

Floats = npt.NDArray[np.float64]

STEP_DEGREES: Final = 0.0018
"""Least step of the grid: 200 m of latitude, fine enough for single hills."""
MOST_POINTS: Final = 1_500_000
"""Points of the grid at most; beyond, its step grows."""


def with_heights(region: Region, path: str | Path) -> Region:
    """The region with the heights of a raster as its table of elevation.

    Parameters
    ----------
    path : str or Path
        A raster of heights in m that covers all villages and stations, in any system that it names.

    Raises
    ------
    DataError
        As `tongqu.data.readers.raster.read_raster`, or if a village or a station has no height.
    """
    raster = read_raster(path, bbox=region.bbox, epsg=region.epsg, reproject=True)
    places = _places(region)
    blank = int(np.isnan(sample(raster, lon=places["lon"], lat=places["lat"])).sum())
    if blank:
        mend = "give a raster that covers all villages and stations"
        rule = f"the raster has no height at {blank} of {len(places)} places"
        raise DataError([Problem(rule, mend=mend, file=Path(path).name)])
    lon, lat, height = _grid(region, raster)
    table = pd.DataFrame({"lon": lon, "lat": lat, "elevation_m": height, "source": "own"})
    return replace(region, tables={**region.tables, "elevation": table})


def _places(region: Region) -> pd.DataFrame:
    sites = region["sites"]
    stations = sites[sites["kind"] == "base_station"]
    return pd.concat([region.level("village")[["lon", "lat"]], stations[["lon", "lat"]]], ignore_index=True)


def _grid(region: Region, raster: Raster) -> tuple[Floats, Floats, Floats]:
    """Heights at the crossings of a grid of degrees over the region; a blank takes the nearest one."""
    west, south, east, north = region.bbox
    step = max(STEP_DEGREES, float(np.sqrt((east - west) * (north - south) / MOST_POINTS)))
    across = np.arange(west, east + step, step)
    up = np.arange(south, north + step, step)
    lon, lat = (one.ravel() for one in np.meshgrid(across, up))
    height = sample(raster, lon=lon, lat=lat).reshape(up.size, across.size)
    blank = np.isnan(height)
    if blank.any():
        nearest = distance_transform_edt(blank, return_distances=False, return_indices=True)
        height = height[tuple(nearest)]
    return lon, lat, height.ravel()
