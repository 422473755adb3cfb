"""What is found in parcels, each with its place for a map."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tongqu.base.units import M2_PER_MU
from tongqu.data.crs import to_wgs84
from tongqu.data.land_rules import AREA_SHARE
from tongqu.data.region import Region

__all__ = ["FINDING_COLUMNS", "Notes"]

Objects: TypeAlias = npt.NDArray[np.object_]
Text: TypeAlias = "pd.Series[str]"
UnitLevel = Literal["town", "county"]

FINDING_COLUMNS: Final = ("finding", "parcel", "other", "unit", "lon", "lat", "area_mu", "value")
OVERLAP_M2: Final = 1.0
"""Overlaps from this area on are reported: survey outlines are given to 0.1 m or so."""


class Notes:
    """Findings as they come up.

    Parameters
    ----------
    geometry : numpy.ndarray of geometry
        Outlines in the region's system, made valid, shape (parcels,).
    given : numpy.ndarray of geometry
        As they were: one of which nothing is left lies where it was drawn.
    parcel : Series of str
        Names.
    epsg : int
        The region's system.
    """

    def __init__(self, geometry: Objects, given: Objects, parcel: Text, *, epsg: int) -> None:
        self.parcel, self.epsg = parcel.to_numpy(object), epsg
        self.area = np.nan_to_num(shapely.area(geometry)) / M2_PER_MU
        self.lon, self.lat = self.middle(np.where(shapely.is_empty(geometry), given, geometry))
        self.frames: list[pd.DataFrame] = []

    def middle(self, geometry: Objects) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Degrees of the middle of each; NaN where there is none."""
        lon, lat = np.full(len(geometry), np.nan), np.full(len(geometry), np.nan)
        known = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
        point = shapely.centroid(geometry[known])
        lon[known], lat[known] = to_wgs84(shapely.get_x(point), shapely.get_y(point), epsg=self.epsg)
        return lon, lat

    def add(self, finding: str, where: npt.NDArray[np.bool_], *, value: Objects | None = None) -> None:
        """Parcels of the file in which something was found."""
        if where.any():
            part = {
                "finding": finding,
                "parcel": self.parcel[where],
                "lon": self.lon[where],
                "lat": self.lat[where],
                "area_mu": self.area[where],
                "value": "" if value is None else value[where],
            }
            self.frames.append(pd.DataFrame(part))

    def add_overlaps(self, shapes: Objects, frame: pd.DataFrame) -> None:
        """Pairs of counted parcels that overlap, with the area and middle of the overlap."""
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        once = first < second
        first, second = first[once], second[once]
        both = shapely.intersection(shapes[first], shapes[second])
        area = shapely.area(both)
        real = area >= OVERLAP_M2
        if not real.any():
            return
        lon, lat = self.middle(both[real])
        names, units = frame["parcel"].to_numpy(object), frame["unit"].to_numpy(object)
        part = {
            "finding": "overlap",
            "parcel": names[first[real]],
            "other": names[second[real]],
            "unit": units[first[real]],
            "lon": lon,
            "lat": lat,
            "area_mu": area[real] / M2_PER_MU,
            "value": [f"{size:.0f} m²" for size in area[real]],
        }
        self.frames.append(pd.DataFrame(part))

    def add_areas(self, frame: pd.DataFrame, *, region: Region, level: UnitLevel) -> None:
        """Units with an area that their parcels do not add up to."""
        units = region.level(level)
        known = units["area_km2"] * 1e6 / M2_PER_MU
        sums = frame.groupby("unit")["area_mu"].sum()
        both = known.reindex(sums.index)
        differ = (sums - both).abs() > AREA_SHARE * both  # an area that is not known is NaN: no finding
        if differ.any():
            names = sums.index[differ]
            part = {
                "finding": "area_differs",
                "unit": names,
                "lon": units["lon"].reindex(names).to_numpy(),
                "lat": units["lat"].reindex(names).to_numpy(),
                "area_mu": (sums - both)[differ].to_numpy(),
                "value": [f"{sums[name]:.0f} / {both[name]:.0f} mu" for name in names],
            }
            self.frames.append(pd.DataFrame(part))

    def frame(self) -> pd.DataFrame:
        """All findings, blanks as empty text."""
        text = [name for name in FINDING_COLUMNS if name not in ("lon", "lat", "area_mu")]
        types = dict.fromkeys(text, "str") | dict.fromkeys(("lon", "lat", "area_mu"), "float64")
        if not self.frames:
            return pd.DataFrame(columns=list(FINDING_COLUMNS)).astype(types)
        whole = pd.concat(self.frames, ignore_index=True).reindex(columns=list(FINDING_COLUMNS))
        return whole.astype(types).fillna(dict.fromkeys(text, ""))
