"""The study of land: ledgers that add up, norms, cells, files of the user, land placed exactly."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

import tongqu
from small import TINY
from tongqu.base import DataError, silent
from tongqu.contracts import Assume, Scenario
from tongqu.data.crs import to_local
from tongqu.methods.land import CLASSES
from tongqu.sectors.land.base import base_of
from tongqu.sectors.land.change import room_to_take
from tongqu.workflow.files import heading
from tongqu.workflow.land.cells import MOST_CELLS, cells_of
from tongqu.workflow.land.given import read_given
from tongqu.workflow.land.ground import ground_of
from tongqu.workflow.land.ledgers import quota_table
from tongqu.workflow.land.placing import demand_of, place, place_table
from tongqu.workflow.land.study import TABLES, wrong_numbers
from tongqu.workflow.land.suited import LIMIT, suited_cells

DEMAND = {"990101": 120.0, "990102": 40.5}
M2_PER_MU = 10_000 / 15


@pytest.fixture(scope="module")
def region():
    return tongqu.load(TINY)


@pytest.fixture(scope="module")
def found(region):
    return tongqu.land(region, cell_m=1000, demand_ha=DEMAND)


@pytest.fixture(scope="module")
def cells(region):
    return cells_of(region, base_of(region), side_m=1000)


@pytest.fixture(scope="module")
def ground(region):
    scenario = Scenario()
    assume = Assume.of(region["standards"], scenario)
    return ground_of(region, scenario=scenario, assume=assume, progress=silent)


def changed(region, *left_out, **tables):
    kept = {name: region[name] for name in region.tables if name not in left_out}
    return replace(region, tables=kept | tables)


def given(region, **files):
    asked = {"elevation": None, "quality": None, "protected": None, "reproject": False} | files
    return read_given(region, **asked)


def raster(path, region, *, values, crs=None, box=None):
    """A GeoTIFF over the region, 200 cells across."""
    west, south, east, north = region.bbox
    x, y = to_local([west, east, west, east], [south, south, north, north], epsg=region.epsg)
    if box is None:
        box = (min(x) - 2000, max(y) + 2000, (np.ptp(x) + 4000) / 200, (np.ptp(y) + 4000) / 200)
    left, top, width, height = box
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype="float64",
        crs=crs or region.crs,
        transform=Affine(width, 0, left, 0, -height, top),
        nodata=-9999,
    ) as made:
        made.write(values, 1)
    return path


def layer(path, shapes, crs="urn:ogc:def:crs:OGC:1.3:CRS84"):
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(one)} for one in shapes
    ]
    named = {"crs": {"type": "name", "properties": {"name": crs}}}
    path.write_text(json.dumps({"type": "FeatureCollection", **named, "features": features}))
    return path


def test_the_ledger_is_the_table_and_adds_up(region, found):
    ledger = found.tables["ledger"]
    rows = region["land_use"].set_index(["unit", "class"])["area_mu"]
    mine = ledger.set_index(["unit", "class"])
    assert mine.at[("990101", "farmland"), "now_mu"] == rows[("990101", "farmland")] == 11709
    whole = mine.loc["990100", "now_mu"]
    parts = mine.loc["990101", "now_mu"] + mine.loc["990102", "now_mu"]
    pd.testing.assert_series_equal(whole, parts, check_names=False)
    own = ledger[ledger["part_of"] == ""].groupby("unit", sort=False)
    np.testing.assert_allclose(own["share"].sum(), 1.0)
    counties = own[["now_mu", "first_mu", "last_mu"]].sum().loc[["990100", "990101", "990102"]]
    np.testing.assert_allclose(counties["last_mu"], counties["now_mu"], atol=M2_PER_MU**-1)
    np.testing.assert_allclose(counties["first_mu"], counties["now_mu"], atol=M2_PER_MU**-1)


def test_basic_farmland_and_farmland_under_the_floor_never_change(found):
    mine = found.tables["ledger"].set_index(["unit", "class"])["may_change_mu"]
    assert mine[("990101", "farmland")] == pytest.approx(0.02 * 11709)
    assert mine[("990101", "basic_farmland")] == 0
    assert mine[("990101", "urban")] == mine[("990101", "water")] == 0
    assert (found.tables["ledger"]["may_change_mu"] <= found.tables["ledger"]["now_mu"]).all()


def test_norms_of_a_town_by_hand(region, found):
    norms = found.tables["norms"].set_index(["unit", "settlement", "year"])
    row = norms.loc[("990101002", "town", 2020)]
    assert row["built_ha"] == pytest.approx(594 / 15)
    assert row["per_person_m2"] == pytest.approx(594 * M2_PER_MU / 1850)
    assert (row["standing"], row["plan_high_m2"]) == ("above", 140)
    assert row["headroom_ha"] == pytest.approx((140 * 1850 - 594 * M2_PER_MU) / 10_000)
    assert norms.loc[("990101001", "city", 2020), "norm_high_m2"] == 110  # a subdistrict is part of a city
    nobody = norms.loc[("990102002", "town", 2020)]
    assert np.isnan(nobody["per_person_m2"])
    assert nobody["standing"] == ""
    known = found.tables["norms"].dropna(subset="per_person_m2")
    assert (known["plan_low_m2"] <= known["plan_high_m2"]).all()
    assert (known["plan_low_m2"] >= known["norm_low_m2"]).all()
    assert (known["plan_high_m2"] <= known["norm_high_m2"]).all()


def test_quota_and_idle_homesteads_agree(found):
    quota, idle = found.tables["quota"].set_index("unit"), found.tables["idle"]
    assert quota.at["990101", "floor_mu"] == pytest.approx(0.98 * 11709)
    assert quota.at["990100", "quota_left_mu"] == 2 * 10 * 120
    assert (quota["quota_left_mu"] >= 0).all()
    county = idle["unit"].str.slice(0, 6)
    for ours, theirs in (("saved_mu", "saved_mu"), ("cleared_mu", "cleared_mu"), ("cost_wan", "cost_wan")):
        sums = idle[ours].groupby(county.to_numpy()).sum()
        np.testing.assert_allclose(sums, quota.loc[["990101", "990102"], theirs])
    np.testing.assert_allclose(quota["income_wan"], 30 * quota["saved_mu"])
    assert (quota["income_low_wan"] <= quota["income_wan"]).all()
    assert (quota["income_wan"] <= quota["income_high_wan"]).all()
    assert (idle["withdrawn_mu"] + idle["let_mu"] <= idle["idle_mu"] + 1e-9).all()
    assert quota["modelled"].all()  # what could be cleared is summed over modelled towns
    assert not found.tables["ledger"].set_index("unit").loc["990101", "modelled"].any()


def test_the_price_of_a_scenario_counts(ground):
    dear = ground.assume.values.copy()
    dear["land.quota_price"] = 90.0
    quota = quota_table(replace(ground, assume=Assume(dear)))
    assert (quota["price_wan"] == 90).all()
    assert (quota["price_low_wan"] == 20).all()
    np.testing.assert_allclose(quota["income_high_wan"], 90 * quota["saved_mu"])


def test_cells_lie_in_their_county_and_hold_no_more_than_its_open_land(region, cells):
    shapes = region.layers["outline"]
    held = dict(zip(shapes.properties["unit"], shapes.geometry, strict=True))
    for unit, shape in held.items():
        mine = cells.county == unit
        assert mine.sum() > 100
        assert shapely.contains_xy(shape, cells.lon[mine], cells.lat[mine]).all()
        towns = pd.unique(cells.town[mine])
        assert set(region.county_of(towns)) == {unit}
    towns = base_of(region).towns
    open_m2 = room_to_take(towns).sum(axis=1) * M2_PER_MU
    room = pd.Series(cells.room_m2).groupby(cells.town).sum().reindex(towns.index)
    assert (room <= open_m2 + 1).all()
    assert (room >= open_m2 * 0.99).all()
    assert (cells.room_m2[cells.built] == 0).all()
    assert cells.built.sum() == 1  # 1121 mu of Chengguan fill most of one; the others fill less than half


def test_borders_of_cells_by_brute_force(cells):
    some = np.flatnonzero((cells.county == "990101") & ((cells.row + 2 * cells.column) % 5 > 0))
    pairs, length, edge = cells.borders(some)
    share = cells.share()
    place = {(r, c): at for at, (r, c) in enumerate(zip(cells.row, cells.column, strict=True))}
    number = {int(at): k for k, at in enumerate(some)}
    wanted: dict[tuple[int, int], float] = {}
    beyond = np.zeros((len(some), 2))
    for k, at in enumerate(some):
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            other = place.get((cells.row[at] + down, cells.column[at] + right), -1)
            if other not in number:
                beyond[k, int(other >= 0 and cells.built[other])] += share[at] * 1000
            elif down + right > 0:
                wanted[k, number[other]] = min(share[at], share[other]) * 1000
    found = dict(zip(map(tuple, pairs.tolist()), length.tolist(), strict=True))
    assert len(found) == len(pairs)
    assert found == pytest.approx(wanted)
    np.testing.assert_allclose(edge, beyond)


def test_land_is_placed_to_the_square_metre_where_it_may_be(found):
    cells, table = found.tables["cells"], found.tables["allocation"].set_index("unit")
    took = cells[cells["taken_ha"] > 0]
    sums = took.groupby("county")["taken_ha"].sum()
    for unit, area in DEMAND.items():
        assert round(sums[unit] * 10_000) == round(area * 10_000)
        assert table.at[unit, "placed_ha"] == pytest.approx(area, abs=1e-9)
    assert not took[["excluded", "built", "protected"]].any(axis=None)
    assert (took["taken_ha"] <= took["room_ha"] + 1e-9).all()
    assert (table["gap"] >= 0).all()
    assert (table["unmet_ha"] == 0).all()
    # What is placed lies better than what is not.
    rest = cells[(cells["taken_ha"] == 0) & ~cells["built"] & ~cells["excluded"]]
    assert took["score"].mean() > rest["score"].mean() + 0.1
    towns = found.tables["allocated"]
    assert towns["placed_ha"].sum() == pytest.approx(sum(DEMAND.values()))


def test_a_total_is_shared_over_the_counties_and_what_does_not_fit_is_said(region, ground, cells):
    demand = demand_of(ground, 9000)
    assert sum(demand.values()) == 90_000_000
    people = ground.people.sum(axis=1)
    assert demand["990101"] / demand["990102"] == pytest.approx(people["990101"] / people["990102"], rel=1e-6)
    suited = suited_cells(region, cells, given(region))
    placed = place(suited, demand, progress=silent)
    for unit, wanted in demand.items():
        mine = cells.county == unit
        room = cells.room_m2[mine & suited.found.allowed].sum()
        assert placed.taken_m2[mine].sum() == min(wanted, room)
        assert placed.unmet_m2[unit] == max(wanted - room, 0)
    assert sum(placed.unmet_m2.values()) > 0
    counties, _ = place_table(suited, placed)
    both = counties["placed_ha"] + counties["unmet_ha"]
    np.testing.assert_allclose(both, counties["demand_ha"], atol=1e-9)


def test_a_raster_of_elevation_excludes_the_steep_half(region, cells, tmp_path):
    across = np.arange(200.0)
    x, _ = to_local(list(region.bbox[::2]), list(region.bbox[1::2]), epsg=region.epsg)
    step = (np.ptp(x) + 4000) / 200
    high = np.where(across < 100, 50.0, 50.0 + (across - 100) * step * 0.30)
    file = raster(tmp_path / "dem.tif", region, values=np.tile(high, (200, 1)))
    suited = suited_cells(region, cells, given(region, elevation=file))
    assert suited.relief == "raster"
    assert not suited.coarse
    west, east = cells.x < np.median(cells.x) - 3000, cells.x > np.median(cells.x) + 3000
    np.testing.assert_allclose(suited.slope_percent[west], 0, atol=1e-9)
    np.testing.assert_allclose(suited.slope_percent[east], 30, rtol=1e-6)
    assert LIMIT == 25
    assert not suited.found.allowed[east].any()
    assert suited.found.allowed[west & ~cells.built].all()
    # Without one, points 20 km apart cannot see it, and the study says so.
    assert suited_cells(region, cells, given(region)).coarse


def test_means_of_a_fine_raster_are_those_of_its_cells(region, cells, tmp_path):
    """Quality rises by row: the mean of a cell is that of the rows of the raster whose middles lie in it."""
    left = cells.x.min() - 500 - 1000
    top = cells.y.max() + 500 + 1000
    rows = int((top - cells.y.min() + 2000) / 250)
    columns = int((cells.x.max() - left + 2000) / 250)
    values = np.tile(np.linspace(0, 1, rows)[:, None], (1, columns))
    file = raster(tmp_path / "q.tif", region, values=values, box=(left, top, 250, 250))
    suited = suited_cells(region, cells, given(region, quality=file))
    for at in (200, 537, 1100):
        first = round((top - cells.y[at] - 500) / 250)
        assert suited.quality[at] == pytest.approx(values[first : first + 4, 0].mean())
    assert "farmland" in suited.factors


def test_protected_land_is_left_alone(region, cells, tmp_path):
    east = layer(tmp_path / "p.geojson", [shapely.box(119.26, 29.0, 119.6, 29.5)])
    suited = suited_cells(region, cells, given(region, protected=east))
    assert suited.protected[cells.county == "990102"].all()
    assert not suited.protected[cells.county == "990101"].any()
    placed = place(suited, {"990101": 100_000, "990102": 100_000}, progress=silent)
    assert placed.unmet_m2 == {"990101": 0, "990102": 100_000}
    assert placed.taken_m2[cells.county == "990102"].sum() == 0


def test_all_that_is_wrong_with_files_and_numbers_is_one_report(region, tmp_path):
    wgs = (region.bbox[0], region.bbox[3], 0.005, 0.005)
    other = raster(tmp_path / "wgs.tif", region, values=np.ones((60, 100)), crs="EPSG:4326", box=wgs)
    nodata = raster(tmp_path / "none.tif", region, values=np.full((200, 200), -9999.0))
    far = layer(tmp_path / "far.geojson", [shapely.box(10, 10, 11, 11)])
    with pytest.raises(DataError) as told:
        tongqu.land(
            region, elevation=other, quality=nodata, protected=far, cell_m=1, demand_ha={"990109": -1.0}
        )
    rules = [problem.rule for problem in told.value.problems]
    assert rules == [
        "a side of cells out of range",
        "unknown county",
        "hectares out of range",
        "the raster is in another system",
        "the raster has no values in the region",
        "the layer lies outside the region",
    ]
    assert given(region, elevation=other, reproject=True).elevation.reprojected


@pytest.mark.parametrize(
    ("shapes", "rule"),
    [
        ([shapely.LineString([(119.1, 29.2), (119.2, 29.3)])], "the layer has no areas"),
        ([shapely.box(10, 10, 11, 11)], "the layer lies outside the region"),
    ],
)
def test_layers_that_protect_nothing(region, tmp_path, shapes, rule):
    with pytest.raises(DataError, match=rule):
        given(region, protected=layer(tmp_path / "p.geojson", shapes))


def test_quality_has_to_lie_in_0_to_1(region, tmp_path):
    file = raster(tmp_path / "q.tif", region, values=np.full((200, 200), 7.0))
    with pytest.raises(DataError, match="outside 0 to 1"):
        given(region, quality=file)


@pytest.mark.parametrize(
    ("values", "side", "rule"),
    [
        (np.where(np.arange(200) < 100, 50.0, -32768.0), 300, "heights that cannot be"),
        (np.full(200, 9001.0), 300, "heights that cannot be"),
        (np.arange(8.0), 7000, "heights too coarse for slopes"),
    ],
)
def test_heights_that_say_nothing_of_slopes(region, tmp_path, values, side, rule):
    """A nodata value that the file does not name made cliffs, and a coarse raster left every cell out."""
    west, north = (float(one[0]) for one in to_local([region.bbox[0]], [region.bbox[3]], epsg=region.epsg))
    box = (west - 1000, north + 1000, side, side)
    file = raster(tmp_path / "dem.tif", region, values=np.tile(values, (len(values), 1)), box=box)
    with pytest.raises(DataError, match=rule):
        given(region, elevation=file)


def test_too_many_cells(region):
    with pytest.raises(DataError, match="too many cells") as told:
        cells_of(region, base_of(region), side_m=50)
    side = int(told.value.problems[0].mend.split()[4])
    assert len(cells_of(region, base_of(region), side_m=side).x) <= MOST_CELLS * 1.01


@pytest.mark.parametrize(
    ("demand", "wrong"), [(0, 1), (1e-9, 1), (-3.0, 1), (None, 0), (5, 0), ({"990102": 0.0}, 0)]
)
def test_demands_that_cannot_be(region, demand, wrong):
    assert len(wrong_numbers(region, cell_m=500, demand_ha=demand)) == wrong


def test_without_land_use_elevation_and_outlines(region):
    bare = replace(changed(region, "land_use", "elevation"), layers={})
    found = tongqu.land(bare, Scenario(last_year=2026), cell_m=500, demand_ha=10)
    assert found.tables["ledger"].empty
    assert found.tables["norms"].empty
    assert found.figures["relief"] == "none"
    cells = found.tables["cells"]
    assert len(cells)
    assert cells["slope_percent"].isna().all()
    assert found.tables["allocation"]["placed_ha"].sum() == pytest.approx(10)
    # About the villages only: no farther than the radius of their land.
    villages = region.level("village")
    x, y = to_local(cells["lon"], cells["lat"], epsg=region.epsg)
    vx, vy = to_local(villages["lon"], villages["lat"], epsg=region.epsg)
    far = np.hypot(x[:, None] - vx, y[:, None] - vy) / np.sqrt(villages["area_km2"].to_numpy() * 1e6 / np.pi)
    assert (far.min(axis=1) <= 1).all()


def test_saved_tables_are_the_tables(found, tmp_path):
    folder = found.save(tmp_path / "made")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["kind"] == "land"
    assert sorted(manifest["files"]) == sorted(f"{name}.csv" for name in TABLES)
    assert tuple(found.tables) == TABLES
    again = pd.read_csv(folder / "norms.csv", dtype={"unit": str}, keep_default_na=False, na_values=[""])
    assert again["per_person_m2"].round(4).equals(found.tables["norms"]["per_person_m2"].round(4))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_speaks_the_language(found, language):
    book = pd.read_excel(io.BytesIO(found.book(language)), sheet_name=None, engine="calamine")
    assert len(book) == len(TABLES)
    for sheet, table in book.items():
        for column in table.columns:
            assert "_" not in column, (sheet, column)
            assert column.replace("²", "").isascii() == (language == "en"), (sheet, column)
    rules = book["地类转换规则" if language == "zh" else "what may become what"]
    assert rules.map(lambda one: str(one).isascii()).all(axis=None) == (language == "en")
    for name in CLASSES:
        assert heading(f"class.{name}", language, kind="land") != f"class.{name}"
