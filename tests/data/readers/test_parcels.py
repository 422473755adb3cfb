"""Parcels: classes and towns by code, overlaps with their place, systems, and areas that add up."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from tongqu.base import DataError
from tongqu.base.units import M2_PER_MU
from tongqu.data import to_local
from tongqu.data.readers.parcel_words import land_code_classes, land_codes, words
from tongqu.data.readers.parcels import read_parcels
from tongqu.data.region import Region
from tongqu.data.spec import table_specs

TOWN, OTHER = "990101001", "990101002"
X, Y = (float(one[0]) for one in to_local([119.2], [29.2], epsg=4549))


def square(column: float, row: float = 0, *, side: float = 100.0) -> Any:
    west, south = X + column * 100, Y + row * 100
    return shapely.box(west, south, west + side, south + side)


def write(path: Path, shapes: Sequence[Any], *, crs: str | None = "EPSG:4549", **fields: Any) -> Path:
    # pyogrio warns of a layer without a system, which one test wants.
    with warnings.catch_warnings(action="ignore" if crs is None else "error"):
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(shapes, dtype=object)),
            [np.array(one, dtype=object if isinstance(one[0], str) else None) for one in fields.values()],
            list(fields),
            geometry_type="Polygon",
            crs=crs,
            encoding="UTF-8" if path.suffix == ".shp" else None,
        )
    return path


def read(path: Path, region: Region, **more: Any) -> Any:
    return read_parcels(path, **{"region": region, "year": 2023, "source": "t:places", **more})


def rules(path: Path, region: Region, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(DataError) as caught:
        read(path, region, **more)
    assert all(one.mend for one in caught.value.problems)
    return [(one.rule, one.column) for one in caught.value.problems]


def test_every_code_has_a_class_of_the_table() -> None:
    choices = set(table_specs()["land_use"].columns["class"].choices)
    assert set(land_code_classes().values()) <= choices
    codes = land_codes()
    assert codes.index.is_unique
    first = {code[:2] for code in codes.index}
    assert first == {f"{number:02d}" for number in range(13)}
    # GB/T 21010-2017 has 12 first classes and 73 second ones.
    own = codes[codes["source"] == "GB/T 21010-2017"]
    assert (own.index.str.len() == 2).sum() == 12
    assert (own.index.str.len() == 4).sum() == 73
    named = words()[words()["kind"] == "class"]
    assert set(named["name"]) == choices


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson"])
def test_rows_by_town_and_class(tmp_path: Path, tiny: Region, suffix: str) -> None:
    path = write(
        tmp_path / f"land{suffix}",
        [square(0), square(1), square(2), square(3), square(4)],
        DLBM=["0101", "0103K", "0702", "0602", "0301"],
        ZLDWDM=[f"{TOWN}201", f"{TOWN}201", f"{TOWN}2010000000", OTHER, OTHER],
        crs="EPSG:4549",
    )
    if suffix == ".geojson":
        path.unlink()
        shapes = [shapely.transform(square(i), degrees) for i in range(5)]
        codes = ["0101", "0103K", "0702", "0602", "0301"]
        write(path, shapes, crs="EPSG:4326", DLBM=codes, ZLDWDM=[TOWN, TOWN, TOWN, OTHER, OTHER])
    found = read(path, tiny)
    rows = found.land_use.set_index(["unit", "class"])["area_mu"] * M2_PER_MU
    assert len(rows) == 2 * len(table_specs()["land_use"].columns["class"].choices), "every class of both"
    assert rows[rows > 0].round(1).to_dict() == pytest.approx(
        {
            (TOWN, "farmland"): 20_000,
            (TOWN, "rural"): 10_000,
            (OTHER, "forest"): 10_000,
            (OTHER, "transport"): 10_000,
        },
        rel=1e-5,
    )
    assert not found.land_use["modelled"].any()
    assert list(found.land_use.columns) == list(table_specs()["land_use"].columns)
    assert found.count("overlap") == 0
    county = read(path, tiny, level="county").land_use
    assert set(county["unit"]) == {"990101"}
    assert county["area_mu"].sum() == pytest.approx(found.land_use["area_mu"].sum())


def degrees(xy: np.ndarray) -> np.ndarray:
    from tongqu.data import to_wgs84

    return np.column_stack(to_wgs84(*xy.T, epsg=4549))


def test_chinese_words_flags_and_the_settlement_code(tmp_path: Path, tiny: Region) -> None:
    path = write(
        tmp_path / "地块.gpkg",
        [square(i) for i in range(6)],
        地类名称=["水田", "永久基本农田", "工业用地", "工业用地", "闲置宅基地", "茶园"],
        乡镇代码=[TOWN] * 6,
        城镇村属性码=["", "", "203", "", "", ""],
    )
    found = read(path, tiny)
    rows = (found.land_use.set_index("class")["area_mu"] * M2_PER_MU / 1e4).round(2)
    assert rows[rows > 0].to_dict() == {
        "basic_farmland": 1,
        "farmland": 2,
        "idle_homestead": 1,
        "orchard": 1,
        "rural": 2,
        "urban": 1,
    }
    assert found.findings["finding"].to_list().count("settlement_by_code") == 1


def test_overlaps_have_both_parcels_their_area_and_place(tmp_path: Path, tiny: Region) -> None:
    path = write(
        tmp_path / "land.gpkg",
        [square(0), square(0.8), square(5), square(6)],
        parcel=["a", "b", "c", "d"],
        DLBM=["0101"] * 4,
        town=[TOWN] * 4,
    )
    found = read(path, tiny)
    (row,) = found.findings[found.findings["finding"] == "overlap"].to_dict("records")
    assert {row["parcel"], row["other"]} == {"a", "b"}
    assert row["area_mu"] * M2_PER_MU == pytest.approx(2000, rel=1e-6)
    east, north = to_local([row["lon"]], [row["lat"]], epsg=4549)
    assert (east[0], north[0]) == pytest.approx((X + 90, Y + 50), abs=0.01)
    table = found.table("zh")
    assert "相互重叠的地块" in table["finding"].to_list()
    assert table["mend"].str.len().gt(0).all()


def test_the_order_of_parcels_changes_nothing(tmp_path: Path, tiny: Region) -> None:
    shapes, codes = [square(i * 0.9) for i in range(5)], ["0101", "0201", "0301", "0702", "1101"]
    first = read(write(tmp_path / "a.gpkg", shapes, DLBM=codes, town=[TOWN] * 5), tiny)
    second = read(write(tmp_path / "b.gpkg", shapes[::-1], DLBM=codes[::-1], town=[TOWN] * 5), tiny)
    assert first.land_use["class"].to_list() == second.land_use["class"].to_list()
    np.testing.assert_allclose(first.land_use["area_mu"], second.land_use["area_mu"])
    assert first.count("overlap") == second.count("overlap") == 4


def test_what_does_not_count_is_named_with_its_place(tmp_path: Path, tiny: Region) -> None:
    bow = shapely.Polygon([(X, Y + 900), (X + 200, Y + 1100), (X + 200, Y + 900), (X, Y + 1000)])
    far = shapely.box(X + 2e5, Y, X + 2e5 + 100, Y + 100)
    path = write(
        tmp_path / "land.gpkg",
        [square(0), square(2), square(4), bow, far],
        parcel=["good", "class", "town", "bow", "far"],
        DLBM=["0101", "9999", "0101", "0101", "0101"],
        town=[TOWN, TOWN, "123456789", TOWN, TOWN],
    )
    found = read(path, tiny)
    seen = found.findings.set_index("finding")
    assert seen.loc["unknown_class", ["parcel", "value"]].to_list() == ["class", "9999"]
    assert seen.loc["no_town", ["parcel", "value"]].to_list() == ["town", "123456789"]
    assert seen.loc["invalid", "parcel"] == "bow"
    assert "Self-intersection" in seen.loc["invalid", "value"]
    assert seen.loc["outside", "parcel"] == "far"
    assert found.findings[["lon", "lat"]].notna().all().all()
    assert found.parcels["parcel"].to_list() == ["good", "bow"]
    # The town has 11.5 km²; these parcels are far less.
    assert seen.loc["area_differs", "unit"] == TOWN
    assert seen.loc["area_differs", "value"].endswith(" / 17250 mu")
    spoken = found.table("zh").set_index(found.findings["finding"])
    assert spoken.loc["area_differs", "value"].endswith(" / 17250 亩")


def test_the_place_of_a_broken_outline_is_the_middle_of_what_is_left(tmp_path: Path, tiny: Region) -> None:
    """The two halves of a bow-tie cancel out before it is mended: its middle lay anywhere."""
    bow = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    blank = shapely.Polygon()
    path = write(
        tmp_path / "land.gpkg",
        [bow, blank, square(3)],
        DLBM=["0101"] * 3,
        town=[TOWN] * 3,
        parcel=list("abc"),
    )
    found = read(path, tiny)
    seen = found.findings.set_index("finding")
    x, y = to_local([seen.loc["invalid", "lon"]], [seen.loc["invalid", "lat"]], epsg=4549)
    assert (x[0], y[0]) == pytest.approx((X + 50, Y + 50), abs=0.01)
    assert seen.loc["invalid", "area_mu"] == pytest.approx(5000 / M2_PER_MU, rel=1e-4)
    assert seen.loc["not_polygon", "parcel"] == "b", "nothing is drawn, so it has no place"
    assert np.isnan(seen.loc["not_polygon", "lon"])
    assert found.parcels["parcel"].to_list() == ["a", "c"]


def test_files_that_cannot_be_used(tmp_path: Path, tiny: Region) -> None:
    good = {"DLBM": ["0101"], "town": [TOWN]}
    assert rules(tmp_path / "none.gpkg", tiny) == [("missing file", "")]
    text = tmp_path / "text.gpkg"
    text.write_text("nothing")
    assert rules(text, tiny) == [("not a readable layer", "")]
    blank = write(tmp_path / "blank.shp", [square(0)], crs=None, **good)
    assert rules(blank, tiny) == [("the file does not name its coordinate system", "")]
    assert len(read(blank, tiny, crs="EPSG:4549").parcels) == 1
    wrong = write(tmp_path / "wrong.gpkg", [square(0)], crs="EPSG:4326", **good)
    assert rules(wrong, tiny) == [("parcels in the wrong coordinate system", "")]
    bare = write(tmp_path / "bare.gpkg", [square(0)], colour=["red"])
    assert rules(bare, tiny) == [
        ("no column with classes of land", "class"),
        ("no column with codes of towns", "unit"),
    ]
    lost = write(tmp_path / "lost.gpkg", [square(0)], DLBM=["9999"], town=[TOWN])
    assert rules(lost, tiny) == [("no parcel counts", "")]
    assert len(read(lost, tiny, classes={"9999": "forest"}).parcels) == 1
    points = write(tmp_path / "points.gpkg", [shapely.Polygon()], **good)
    assert rules(points, tiny) == [("the layer has no areas", "")]
    named = write(tmp_path / "named.gpkg", [square(0)], art=["0101"], ort=[TOWN])
    assert len(read(named, tiny, columns={"class": "art", "unit": "ort"}).parcels) == 1
    assert rules(named, tiny, columns={"klass": "art", "unit": "orte"})[:2] == [
        ("no such column of parcels", "klass"),
        ("the file lacks the column", "unit"),
    ]


def test_a_layer_of_several_is_named(tmp_path: Path, tiny: Region) -> None:
    path = tmp_path / "land.gpkg"
    write(path, [square(0)], DLBM=["0101"], town=[TOWN])
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array([square(1)], dtype=object)),
        [np.array(["0301"], dtype=object), np.array([TOWN], dtype=object)],
        ["DLBM", "town"],
        layer="second",
        geometry_type="Polygon",
        crs="EPSG:4549",
        append=False,
    )
    assert rules(path, tiny) == [("several layers of polygons", "")]
    assert read(path, tiny, layer="second").parcels["class"].to_list() == ["forest"]
