"""The raw figures in `data-raw/quzhou`, and the little geometry that every part of the build shares."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

RAW = Path(__file__).resolve().parents[2] / "data-raw" / "quzhou"
CITY = "330800"
COUNTIES = ("330802", "330803", "330822", "330824", "330825", "330881")
YEARS = (2010, 2020)
SEED = 330800
KM_PER_DEGREE = 111.195  # mean Earth radius 6371.0 km
MID_LATITUDE = 28.9  # of the city, where the plane of `to_km` touches

Floats = NDArray[np.float64]


def table(name: str) -> pd.DataFrame:
    """A raw CSV table, every column as text, blanks as missing."""
    return pd.read_csv(RAW / f"{name}.csv", dtype=str, encoding="utf-8")


def census(year: int) -> pd.DataFrame:
    """The census of one year by unit code: numbers, one column per published heading."""
    return table(f"census_{year}").set_index("unit").drop(columns="name").apply(pd.to_numeric)


def layer(path: str) -> dict[str, Any]:
    """A raw GeoJSON layer."""
    return json.loads((RAW / path).read_text("utf-8"))


def long(frame: pd.DataFrame, *, by: str, value: str) -> pd.DataFrame:
    """A frame of units by columns as rows of unit, column name and value; missing values are dropped."""
    wide = frame.rename_axis(index="unit").reset_index()
    return wide.melt(id_vars="unit", var_name=by, value_name=value).dropna(subset=value)


def random(*key: int) -> np.random.Generator:
    """A random stream of its own for each key, so that one part's draws do not move another's."""
    return np.random.default_rng([SEED, *key])


def to_km(lon: Any, lat: Any) -> Floats:
    """Plane coordinates in km, shape (n, 2); inside the city distances are right to 0.7 %."""
    x = np.asarray(lon, float) * KM_PER_DEGREE * np.cos(np.radians(MID_LATITUDE))
    return np.column_stack([x, np.asarray(lat, float) * KM_PER_DEGREE])


def great_circle_km(lon1: Any, lat1: Any, lon2: Any, lat2: Any) -> Floats:
    """Great-circle distance in km between points given in degrees."""
    a, b, c, d = (np.radians(np.asarray(v, float)) for v in (lat1, lat2, lon1, lon2))
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin((d - c) / 2) ** 2
    return 2 * np.degrees(np.arcsin(np.sqrt(half))) * KM_PER_DEGREE


@lru_cache(maxsize=1)
def _elevation_grid() -> RegularGridInterpolator:
    grid = table("elevation").astype(float).pivot_table(index="lat", columns="lon", values="elevation_m")
    return RegularGridInterpolator((grid.index.to_numpy(), grid.columns.to_numpy()), grid.to_numpy())


def elevation(lon: Any, lat: Any) -> Floats:
    """Height in m, bilinear in the 5 arc-minute grid; beyond the grid, that of its edge."""
    grid = _elevation_grid()
    clipped = [np.clip(np.asarray(v, float), g[0], g[-1]) for v, g in zip((lat, lon), grid.grid, strict=True)]
    return grid(np.column_stack(clipped))
