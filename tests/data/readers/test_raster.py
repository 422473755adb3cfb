"""Rasters: what stops them, what is reported of them, slope and means by polygon in closed form."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine

from tongqu.base import DataError
from tongqu.data import to_local, to_wgs84
from tongqu.data.readers.raster import Grid, Raster, read_raster, sample
from tongqu.data.readers.surface import coarse_elevation, slope_degrees, zonal

EPSG = 4549
WEST, NORTH = 400_000.0, 3_220_000.0
SIDE = 100.0


def box_of(rows: int, columns: int) -> tuple[float, float, float, float]:
    """The largest box in degrees within so many cells."""
    east, south = WEST + columns * SIDE, NORTH - rows * SIDE
    lon, lat = to_wgs84([WEST, east, WEST, east], [NORTH, NORTH, south, south], epsg=EPSG)
    return max(lon[0], lon[2]), max(lat[2], lat[3]), min(lon[1], lon[3]), min(lat[0], lat[1])


BOX = box_of(8, 10)


def from_origin(west: float, north: float, width: float, height: float) -> Affine:
    """As rasterio's, which warns of its own product of transforms."""
    return Affine(width, 0, west, 0, -height, north)


def write(path: Path, values: np.ndarray, *, transform: Affine | None = None, **profile: Any) -> Path:
    made = {"crs": CRS.from_epsg(EPSG), "nodata": -9999.0, "dtype": "float32", **profile}
    step = from_origin(WEST, NORTH, SIDE, SIDE) if transform is None else transform
    bands = values[np.newaxis] if values.ndim == 2 else values
    count, height, width = bands.shape
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        rasterio.open(
            path, "w", driver="GTiff", height=height, width=width, count=count, transform=step, **made
        ) as file,
    ):
        file.write(bands.astype(made["dtype"]))
    return path


def ramp(rows: int = 8, columns: int = 10) -> np.ndarray:
    return np.add.outer(np.arange(rows) * 10.0, np.arange(columns))


def made(values: np.ndarray, *, side: float = SIDE) -> Raster:
    grid = Grid(WEST, NORTH, side, side, *values.shape, EPSG)
    return Raster(values=values, grid=grid, covered=1.0, source_crs="", reprojected=False)


def rules(path: Path, **more: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_raster(path, **{"bbox": BOX, "epsg": EPSG, **more})
    assert all(one.mend and one.file == path.name for one in caught.value.problems)
    return [one.rule for one in caught.value.problems]


def test_values_in_place(tmp_path: Path) -> None:
    values = ramp()
    values[2, 3] = -9999
    found = read_raster(write(tmp_path / "dem.tif", values), bbox=BOX, epsg=EPSG)
    assert not found.reprojected
    assert found.source_crs == "EPSG:4549"
    assert 0.97 < found.covered < 1
    lon, lat = to_wgs84([WEST + 250, WEST + 350], [NORTH - 450, NORTH - 250], epsg=EPSG)
    np.testing.assert_array_equal(sample(found, lon=lon, lat=lat), [42, np.nan])
    assert np.isnan(sample(found, lon=[0.0], lat=[0.0])).all()


def test_only_the_region_is_read(tmp_path: Path) -> None:
    step = from_origin(WEST - 20 * SIDE, NORTH + 20 * SIDE, SIDE, SIDE)
    path = write(tmp_path / "large.tif", ramp(60, 60), transform=step)
    found = read_raster(path, bbox=BOX, epsg=EPSG)
    assert found.covered == 1
    assert found.values.size < 120
    lon, lat = to_wgs84([WEST + 50], [NORTH - 50], epsg=EPSG)
    assert sample(found, lon=lon, lat=lat).tolist() == [220]


def test_what_is_no_raster(tmp_path: Path) -> None:
    assert rules(tmp_path / "none.tif") == ["missing file"]
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    assert rules(text) == ["not a readable raster"]
    (tmp_path / "empty.tif").write_bytes(b"")
    assert rules(tmp_path / "empty.tif") == ["not a readable raster"]


def test_systems_and_bands_are_collected(tmp_path: Path) -> None:
    path = write(tmp_path / "blank.tif", ramp(), crs=None)
    assert rules(path, band=3) == [
        "the raster lacks the band",
        "the raster does not name its coordinate system",
    ]
    plain = write(tmp_path / "plain.tif", ramp(), transform=Affine.identity())
    assert "the raster has no position" in rules(plain)
    turned = write(tmp_path / "turned.tif", ramp(), transform=Affine(SIDE, 0, WEST, 0, SIDE, NORTH - 800))
    assert rules(turned) == ["the raster is turned"]
    found = read_raster(turned, bbox=BOX, epsg=EPSG, reproject=True)
    lon, lat = to_wgs84([WEST + 450], [NORTH - 450], epsg=EPSG)
    assert sample(found, lon=lon, lat=lat)[0] == pytest.approx(34, abs=1)


def test_another_system_is_named_and_reprojected_only_when_asked(tmp_path: Path) -> None:
    west, south, east, north = BOX
    lon = np.linspace(west - 0.01, east + 0.01, 41)
    step = from_origin(west - 0.01, north + 0.01, 0.001, 0.001)
    columns, rows = round((east - west + 0.02) / 0.001), round((north - south + 0.02) / 0.001)
    values = np.tile(west - 0.01 + (np.arange(columns) + 0.5) * 0.001, (rows, 1))
    path = write(tmp_path / "degrees.tif", values, transform=step, crs=CRS.from_epsg(4326), dtype="float64")
    with pytest.raises(DataError) as caught:
        read_raster(path, bbox=BOX, epsg=EPSG)
    (problem,) = caught.value.problems
    assert (problem.rule, problem.value) == ("the raster is in another system", "EPSG:4326")
    assert "EPSG:4549" in problem.mend
    found = read_raster(path, bbox=BOX, epsg=EPSG, reproject=True)
    assert found.reprojected
    assert found.covered == 1
    # The values are longitudes, so where they lie can be read off them, within a cell.
    some = np.linspace(lon[16], lon[24], 5)
    np.testing.assert_allclose(sample(found, lon=some, lat=np.full(5, (south + north) / 2)), some, atol=0.001)


def test_scaled_heights_are_read_in_their_unit(tmp_path: Path) -> None:
    path = write(tmp_path / "dm.tif", ramp() * 10, dtype="int16", nodata=-32768)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (5.0,)
    found = read_raster(path, bbox=BOX, epsg=EPSG)
    plain = read_raster(write(tmp_path / "m.tif", ramp()), bbox=BOX, epsg=EPSG)
    np.testing.assert_allclose(found.values, plain.values + 5)


def test_no_position_and_no_numbers(tmp_path: Path) -> None:
    flat = write(tmp_path / "flat.tif", ramp(), transform=Affine(0, 0, WEST, 0, 0, NORTH))
    assert rules(flat, reproject=True) == ["the raster has no position"]
    waves = write(tmp_path / "waves.tif", ramp(), dtype="complex64", nodata=None)
    assert rules(waves) == ["the raster holds complex numbers"]


def test_nodata_everywhere_and_elsewhere(tmp_path: Path) -> None:
    assert rules(write(tmp_path / "blank.tif", np.full((8, 10), -9999.0))) == [
        "the raster has no values in the region"
    ]
    far = from_origin(WEST + 1e5, NORTH, SIDE, SIDE)
    assert rules(write(tmp_path / "far.tif", ramp(), transform=far)) == ["the raster lies outside the region"]


def test_the_share_that_is_covered(tmp_path: Path) -> None:
    values = ramp()
    values[:, 5:] = -9999
    found = read_raster(write(tmp_path / "half.tif", values), bbox=BOX, epsg=EPSG)
    assert found.covered == pytest.approx(0.5, abs=0.02)
    half = write(tmp_path / "small.tif", ramp(8, 5))
    assert read_raster(half, bbox=BOX, epsg=EPSG).covered == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("east", "south"), [(0.3, 0.0), (0.0, 0.4), (0.3, 0.4)])
def test_slope_of_a_plane(east: float, south: float) -> None:
    values = np.add.outer(np.arange(6) * SIDE * south, np.arange(7) * SIDE * east)
    slope = slope_degrees(made(values)).values
    np.testing.assert_allclose(slope[1:-1, 1:-1], np.degrees(np.arctan(np.hypot(east, south))))
    assert np.isnan(slope[0]).all()


def test_slope_keeps_holes() -> None:
    values = ramp(7, 7)
    values[3, 3] = np.nan
    slope = slope_degrees(made(values)).values
    assert np.isnan(slope[2:5, 2:5]).all()
    assert np.isfinite(slope[1, 1:-1]).all()
    assert np.isnan(slope_degrees(made(np.zeros((2, 2)))).values).all()


def test_zones_count_parts_of_cells() -> None:
    values = np.array([[1.0, 2.0], [np.nan, 2.0]])
    raster = made(values)
    half = shapely.box(WEST, NORTH - 100, WEST + 150, NORTH)  # one cell and half of the next
    whole = shapely.box(WEST, NORTH - 200, WEST + 200, NORTH)
    hole = shapely.box(WEST, NORTH - 200, WEST + 100, NORTH - 100)
    table = zonal(raster, polygons=np.array([half, whole, hole]), classes=[2, 7])
    assert table["mean"].to_list()[:2] == pytest.approx([4 / 3, 5 / 3])
    assert table["covered"].to_list() == pytest.approx([1, 0.75, 0])
    assert table["share_2"].to_list()[:2] == pytest.approx([1 / 3, 2 / 3])
    assert table["share_7"].to_list()[:2] == [0, 0]
    assert table.loc[2, ["mean", "min", "max"]].isna().all()
    assert zonal(raster, polygons=np.array([], dtype=object)).empty


def test_zones_against_the_mean_of_whole_cells() -> None:
    values = np.random.default_rng(1).random((5, 6))
    shape = shapely.box(WEST + 100, NORTH - 400, WEST + 500, NORTH - 100)
    row = zonal(made(values), polygons=np.array([shape])).iloc[0]
    inner = values[1:4, 1:5]
    assert row[["mean", "min", "max"]].to_list() == pytest.approx([inner.mean(), inner.min(), inner.max()])


def test_coarse_elevation_is_flagged_and_exact_on_a_plane() -> None:
    lon, lat = (one.ravel() for one in np.meshgrid(np.linspace(119, 119.5, 4), np.linspace(29, 29.4, 4)))
    east, north = to_local(lon, lat, epsg=EPSG)
    points = pd.DataFrame({"lon": lon, "lat": lat, "elevation_m": east * 1e-3 + north * 2e-3})
    grid = Grid(float(east.mean()), float(north.mean()), 500, 500, 4, 5, EPSG)
    found = coarse_elevation(points, grid=grid)
    first, second = grid.centres()
    assert found.coarse
    np.testing.assert_allclose(found.values, first * 1e-3 + second * 2e-3, rtol=1e-9)
    far = coarse_elevation(points, grid=Grid(0, 0, 1, 1, 1, 1, EPSG))
    assert np.isfinite(far.values).all()
