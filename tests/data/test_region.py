"""The region: reading, asking, saving, comparing, and the workbook."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError, Report
from tongqu.data import (
    Language,
    Region,
    diff_regions,
    load_region,
    local_crs,
    make_region,
    save_region,
    table_specs,
    to_local,
    to_wgs84,
    write_template,
)

TINY = Path(__file__).parent / "tiny"
CITY, COUNTY, TOWN, VILLAGE = "990100", "990102", "990102002", "990102002002"


def files_of(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def copy_of_tiny(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "copy"))


def test_types(tiny: Region) -> None:
    for name, spec in table_specs().items():
        frame = tiny[name]
        assert list(frame) == list(spec.columns)
        for column in spec.columns.values():
            whole = "int64" if column.required or column.default else "float64"
            types = {"number": "float64", "integer": whole, "boolean": "bool"}
            assert frame[column.name].dtype == types.get(column.type, "str")
        assert not frame.duplicated(list(spec.key)).any()


def test_rows_come_in_key_order(tiny: Region) -> None:
    assert tiny["units"]["unit"].is_monotonic_increasing
    ages = tiny["people"]["age"].head(19).to_list()
    assert ages == list(table_specs()["people"].columns["age"].choices)


def test_villages_add_up_to_counties(tiny: Region) -> None:
    people = tiny["people"][tiny["people"]["year"] == tiny.base_year]
    level = people["unit"].map(tiny["units"].set_index("unit")["level"])
    villages = people[level == "village"]
    summed = villages.groupby(tiny.county_of(villages["unit"]).to_numpy())["people"].sum()
    counties = people[level == "county"].groupby("unit")["people"].sum()
    assert summed.to_dict() == counties.to_dict()


def test_a_blank_stays_missing_unless_the_spec_has_a_default(tiny: Region) -> None:
    assert tiny["sites"]["capacity"].isna().any()
    assert (tiny["sites"]["capacity"].dropna() > 0).all()
    assert not tiny["links"]["oneway"].any()


def test_what_is_done_to_a_frame_does_not_reach_the_region(tiny: Region) -> None:
    before = tiny["units"]["name"].to_list()
    frame = tiny["units"]
    frame["name"] = "changed"
    frame.loc[0, "lon"] = 0.0
    del frame["level"]
    villages = tiny.level("village")
    villages.loc[VILLAGE, "lat"] = 0.0
    assert tiny["units"]["name"].to_list() == before
    assert tiny.tables["units"][["lon", "lat"]].min().min() > 0
    assert "level" in tiny["units"]
    with pytest.raises(TypeError):
        tiny.tables["units"] = frame  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        tiny.name = "other"  # type: ignore[misc]


def test_levels_and_ancestors(tiny: Region) -> None:
    assert [len(tiny.level(level)) for level in ("city", "county", "town", "village")] == [1, 2, 4, 8]
    asked = [VILLAGE, TOWN, COUNTY, CITY, VILLAGE]
    county = tiny.county_of(asked)
    assert county.index.to_list() == asked
    assert county.fillna("").to_list() == [COUNTY, COUNTY, COUNTY, "", COUNTY]
    assert tiny.ancestor([VILLAGE, COUNTY], level="town").fillna("").to_list() == [TOWN, ""]
    assert tiny.county_of([]).empty
    with pytest.raises(DataError, match="not in units"):
        tiny.county_of(["123"])


def test_kinds_of_sources(tiny: Region) -> None:
    assert tiny.source_kind("t:model") == "modelled"
    assert tiny.source_kind("std:assumed") == "assumed"
    with pytest.raises(DataError, match="not in sources"):
        tiny.source_kind("nobody")


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    (folder / "jobs.csv").unlink()
    region = load_region(folder)
    assert "jobs" not in region.tables
    with pytest.raises(DataError, match=r"add jobs\.csv"):
        region["jobs"]


def test_layers(tiny: Region) -> None:
    water = tiny.layers["water"]
    assert (water.role, water.source) == ("water", "t:places")
    assert water.properties["name"].to_list() == ["天河", "无名"]
    line, nothing = water.geometry
    assert line.geom_type == "LineString"
    assert nothing is None
    assert sum(shape.area for shape in tiny.layers["outline"].geometry) == pytest.approx(0.5 * 0.3)


def test_progress_is_told() -> None:
    told: list[Report] = []
    load_region(TINY, progress=told.append)
    assert [report.stage for report in told] == ["read"] * len(table_specs()) + ["validate"]


def test_the_tiny_region_is_saved_as_it_is(tiny: Region, tmp_path: Path) -> None:
    saved = save_region(tiny, tmp_path / "saved")
    assert files_of(saved) == files_of(TINY)
    assert load_region(saved).sha256 == tiny.sha256


def test_saving_needs_an_empty_folder(tiny: Region, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    save_region(tiny, tmp_path / "mine")
    with pytest.raises(DataError, match="not empty"):
        save_region(tiny, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_failed_save_leaves_nothing(tiny: Region, tmp_path: Path) -> None:
    lost = dataclasses.replace(tiny.layers["water"], path=tmp_path / "lost.geojson")
    with pytest.raises(DataError, match="cannot be read"):
        save_region(dataclasses.replace(tiny, layers={"water": lost}), tmp_path / "saved")
    assert not list(tmp_path.iterdir())


def test_files_may_be_written_in_many_ways(tiny: Region, tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    people = pd.read_csv(folder / "people.csv", dtype=str).sample(frac=1, random_state=0)
    people["people"] += ".0"
    people["modelled"] = people["modelled"].map({"true": "是", "false": "NO"})
    headings = {name: column.heading_zh for name, column in table_specs()["people"].columns.items()}
    people[people.columns[::-1]].rename(columns=headings).to_csv(
        folder / "people.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n"
    )
    tiny["accounts"].to_parquet(folder / "accounts.parquet")
    (folder / "accounts.csv").unlink()
    units = pd.read_csv(folder / "units.csv", dtype=str)
    headings = {name: column.heading_en.upper() for name, column in table_specs()["units"].columns.items()}
    units.rename(columns=headings).to_csv(folder / "units.csv", index=False, encoding="gb18030")
    region = load_region(folder)
    assert region.sha256 == tiny.sha256
    assert diff_regions(tiny, region).empty


def test_own_table_goes_before_that_of_the_package(tiny: Region, tmp_path: Path) -> None:
    folder = copy_of_tiny(tmp_path)
    (folder / "road_classes.csv").write_bytes(
        pd.DataFrame(tiny["road_classes"]).assign(speed_kmh=30.0).to_csv(index=False).encode()
    )
    region = load_region(folder)
    assert set(region["road_classes"]["speed_kmh"]) == {30.0}
    assert "road_classes" not in region.provided
    saved = save_region(region, tmp_path / "saved")
    assert (saved / "road_classes.csv").exists()
    assert load_region(saved).sha256 == region.sha256


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_filled_workbook_is_the_region(tiny: Region, language: Language, tmp_path: Path) -> None:
    path = write_template(tmp_path / "region.xlsx", language=language, region=tiny)
    region = load_region(path)
    expected = dataclasses.replace(tiny, layers={}, files={})
    assert diff_regions(region, expected).empty
    assert region.sha256 == expected.sha256


def test_a_blank_workbook_says_what_to_fill(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_region(write_template(tmp_path / "blank.xlsx"))
    problems = {(problem.file, problem.column, problem.rule) for problem in caught.value.problems}
    assert problems == {
        *(("blank.xlsx, sheet region", key, "missing value") for key in ("name", "title_zh", "title_en")),
        *(("blank.xlsx, sheet region", key, "missing value") for key in ("base_year", "bbox")),
        *(
            (f"blank.xlsx, sheet {spec.title_zh}", "", "the table has no rows")
            for spec in table_specs().values()
            if spec.required
        ),
    }


def test_diff(tiny: Region) -> None:
    frames = {name: tiny[name] for name in tiny.tables if name not in tiny.provided}
    accounts, sites = frames["accounts"], frames["sites"]
    frames["accounts"] = accounts.assign(amount_wan=accounts["amount_wan"].where(accounts.index != 0, 1.5))
    frames["sites"] = pd.concat(
        [sites[sites["site"] != "c01"], sites[sites["site"] == "c02"].assign(site="c99")]
    )
    del frames["elevation"]
    other = make_region(
        frames,
        name="tiny",
        title_zh=tiny.title_zh,
        title_en=tiny.title_en,
        base_year=2020,
        bbox=(119.0, 29.1, 119.5, 29.5),
        layers=[tiny.layers["outline"]],
    )
    changes = diff_regions(tiny, other)
    assert changes["table"].value_counts().to_dict() == {
        "elevation": 9,
        "layers": 1,
        "region": 1,
        "accounts": 1,
        "sites": 2,
    }
    row = changes[changes["table"] == "accounts"].iloc[0]
    assert row["key"] == "990100;2021;own_revenue"
    assert (row["column"], row["before"], row["after"]) == ("amount_wan", "7300", "1.5")
    gone, new = changes[changes["table"] == "sites"].to_dict("records")
    assert (gone["key"], gone["column"], pd.isna(gone["after"])) == ("c01", "*", True)
    assert new["after"].startswith("c99,柳塘村卫生室,Liutang Clinic,clinic,")
    box = changes[changes["table"] == "region"].iloc[0]
    assert (box["key"], box["column"]) == ("bbox", "value")


def test_every_part_of_a_region_is_in_its_hash(tiny: Region) -> None:
    others = [
        dataclasses.replace(tiny, base_year=2010),
        dataclasses.replace(tiny, layers={}),
        dataclasses.replace(tiny, tables={**tiny.tables, "jobs": tiny["jobs"].head(3)}),
    ]
    assert len({region.sha256 for region in [tiny, *others]}) == 4


def test_local_systems() -> None:
    assert [local_crs(lon) for lon in (75.0, 118.87, 119.99, 135.0)] == [4534, 4549, 4549, 4554]
    with pytest.raises(DataError, match="outside the CGCS2000 zones"):
        local_crs(10.0)
    with pytest.raises(DataError, match="unknown EPSG code"):
        to_local([1.0], [2.0], epsg=999_999)


def test_there_and_back(tiny: Region) -> None:
    nodes = tiny["nodes"]
    lon, lat = to_wgs84(*to_local(nodes["lon"], nodes["lat"], epsg=tiny.epsg), epsg=tiny.epsg)
    np.testing.assert_allclose(lon, nodes["lon"], atol=1e-9)
    np.testing.assert_allclose(lat, nodes["lat"], atol=1e-9)
