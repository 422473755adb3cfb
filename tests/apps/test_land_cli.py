"""The commands ``land`` and ``import-land``: what they write and say, nothing half written."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pyogrio.raw
import pytest
import shapely
import shapely.affinity

import tongqu
from small import TINY
from tongqu.apps.problems import words_of
from tongqu.apps.words import say
from tongqu.data.crs import to_local
from tongqu.data.readers.parcel_words import finding_texts
from tongqu.workflow.land.study import TABLES

LAND = ["land", TINY, "--cell-m", "2000"]
SURVEY = ["--region", TINY, "--year", "2023"]
SHARES = (("0101", 0.4), ("0301", 0.3), ("0701", 0.1), ("0702", 0.1), ("1006", 0.05), ("1101", 0.05))
"""Code of GB/T 21010-2017 and share of a town's area."""


def survey(path, change=None):
    """Six strips in a square of each town's area."""
    region, rows = tongqu.load(TINY), []
    for code, town in region.level("town").iterrows():
        x, y = to_local([town["lon"]], [town["lat"]], epsg=region.epsg)
        side, at = np.sqrt(town["area_km2"] * 1e6), 0.0
        for kind, share in SHARES:
            left = x[0] + (at - 0.5) * side
            strip = shapely.box(left, y[0] - side / 2, left + share * side, y[0] + side / 2)
            within = {"0701": "201", "0702": "203"}.get(kind, "")
            rows.append((f"{code}-{kind}", kind, str(code), within, strip))
            at += share
    table = pd.DataFrame(rows, columns=["BSM", "DLBM", "ZLDWDM", "CZCSXM", "geometry"])
    if change is not None:
        change(table)
    names = ["BSM", "DLBM", "ZLDWDM", "CZCSXM"]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(table["geometry"].to_numpy(object)),
        field_data=[table[name].to_numpy(object) for name in names],
        fields=names,
        geometry_type="Polygon",
        crs="EPSG:4549",
    )
    return path


def spoil(table):
    table.loc[0, "geometry"] = shapely.affinity.translate(table.loc[0, "geometry"], 50, 0)
    table.loc[7, "DLBM"] = "9999"
    table.loc[9, "ZLDWDM"] = "123"


def test_it_writes_what_it_is_asked_for(call, here):
    asked = ["--demand-ha", "60", "--out", "made", "--excel", "o.xlsx", "--page", "o.html"]
    found = call(*LAND, *asked, "--lang", "en")
    assert found.exit_code == 0, found.output
    assert "farmland" in found.stdout
    assert say("land_relief_points", "en") in found.stdout
    assert all(f"Written: {name}" in found.stdout for name in ("made", "o.xlsx", "o.html"))
    assert sorted(path.name for path in here.iterdir()) == ["made", "o.html", "o.xlsx"]
    assert len(list((here / "made").iterdir())) == len(TABLES) + 1
    assert (here / "o.html").read_text("utf-8").startswith("<!doctype html>")
    before = (here / "made" / "manifest.json").read_bytes()
    assert call(*LAND, "--out", "made").exit_code == 4
    assert call(*LAND, "--page", "o.html").exit_code == 4
    assert (here / "made" / "manifest.json").read_bytes() == before


def test_it_says_what_python_says(call):
    content = json.loads(call(*LAND, "--demand-ha", "990101=30", "--demand-ha", "990102=5", "--json").stdout)
    found = tongqu.land(TINY, cell_m=2000, demand_ha={"990101": 30, "990102": 5})
    assert content["quota"] == json.loads(
        found.tables["quota"].to_json(orient="records", double_precision=15)
    )
    assert [row["placed_ha"] for row in content["allocation"]] == [30, 5]
    assert content["placed_ha"] == 35
    assert content["written"] == []


def test_it_speaks_chinese(call):
    shown = call(*LAND, "--lang", "zh").stdout
    assert "永久基本农田" in shown
    assert say("land_relief_points", "zh") in shown
    assert "不是公顷数" in call(*LAND, "--demand-ha", "x", "--lang", "zh").stderr


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(call, here):
    words = ["--cell-m", "1", "--demand-ha", "990101=1", "--demand-ha", "990101=2", "--demand-ha", "=3"]
    words += ["--elevation", "no.tif"]
    found = call("land", TINY, *words, "--page", "o.pdf", "--excel", "o.txt", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    wanted = ["--demand-ha", "--demand-ha", "cell_m", "no.tif", "--excel", "--page"]
    assert [one["column"] or one["file"] for one in problems] == wanted
    found = call("land", TINY, "--demand-ha", "5", "--demand-ha", "990101=2", "--json")
    assert json.loads(found.stdout)["problems"][0]["rule"] == "hectares for all and by county"
    found = call(*LAND, "--elevation", "no.tif", "--protected", "no.gpkg", "--page", "o.html", "--json")
    assert [one["file"] for one in json.loads(found.stdout)["problems"]] == ["no.tif", "no.gpkg"]
    assert list(here.iterdir()) == []


def test_a_clean_survey_becomes_rows_that_a_region_takes(call, here):
    survey(here / "survey.gpkg")
    found = call("import-land", "survey.gpkg", *SURVEY, "--source", "t:yearbook", "--problems", "p.html")
    assert found.exit_code == 0, found.output
    rows = pd.read_csv(here / "land_use.csv", dtype={"unit": str})
    region = tongqu.load(TINY)
    area = region.level("town")["area_km2"] * 1500
    wide = rows.pivot(index="unit", columns="class", values="area_mu")
    np.testing.assert_allclose(wide["farmland"], 0.4 * area, rtol=1e-4)
    np.testing.assert_allclose(wide["urban"], 0.1 * area, rtol=1e-4)
    assert len(wide.columns) == 11
    assert not wide.isna().any(axis=None)
    assert "Nothing was found" in (here / "p.html").read_text("utf-8")
    # The region takes the rows as they are, with its counties summed from their towns.
    shutil.copytree(TINY, here / "own")
    shutil.copy(here / "land_use.csv", here / "own" / "land_use.csv")
    own = tongqu.load(here / "own")
    assert len(own["land_use"]) == 44
    assert call("import-land", "survey.gpkg", *SURVEY).exit_code == 4


@pytest.mark.parametrize("ending", [".html", ".csv", ".xlsx", ".geojson"])
def test_a_survey_with_problems_is_listed_and_not_written(call, here, ending):
    survey(here / "survey.gpkg", spoil)
    found = call("import-land", "survey.gpkg", *SURVEY, "--problems", f"p{ending}", "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    texts = finding_texts()["en"]
    rules = {one["rule"] for one in problems}
    assert rules == set(texts[["overlap", "unknown_class", "no_town", "area_differs"]])
    assert sorted(path.name for path in here.iterdir()) == [f"p{ending}", "survey.gpkg"]
    if ending == ".geojson":
        features = json.loads((here / "p.geojson").read_text("utf-8"))["features"]
        assert len(features) == len(problems)
        assert all(119 < one["geometry"]["coordinates"][0] < 119.5 for one in features)
    elif ending == ".csv":
        assert len(pd.read_csv(here / "p.csv")) == len(problems)
    elif ending == ".html":
        assert (here / "p.html").read_text("utf-8").count('class="mark"') == len(problems)


def test_every_finding_has_chinese_words(call, here):
    for row in finding_texts().to_dict("records"):
        assert words_of(row["en"], "zh") == row["zh"]
        assert words_of(row["mend_en"], "zh") == row["mend_zh"]
    survey(here / "survey.gpkg", spoil)
    shown = call("import-land", "survey.gpkg", *SURVEY, "--lang", "zh").stderr
    assert "地类不明的地块" in shown


def test_words_that_cannot_be(call, here):
    words = ["--year", "1800", "--source", " ", "--out", "x.txt", "--problems", "p.pdf", "--column", "class"]
    found = call("import-land", "none.gpkg", "--region", TINY, *words, "--class-word", "=x", "--json")
    assert found.exit_code == 2
    told = [one["column"] or one["file"] for one in json.loads(found.stdout)["problems"]]
    wanted = ["--out", "--problems", "none.gpkg", "year", "source", "--column", "--class-word"]
    assert told == wanted
    assert list(here.iterdir()) == []


def test_own_words_and_columns(call, here):
    def rename(table):
        table["DLBM"] = table["DLBM"].replace({"0301": "my wood"})

    survey(here / "survey.gpkg", rename)
    asked = ["--class-word", "my wood=forest", "--column", "class=DLBM", "--level", "county", "--json"]
    found = call("import-land", "survey.gpkg", *SURVEY, *asked)
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["places"] == 2
    rows = pd.read_csv(here / "land_use.csv", dtype={"unit": str})
    assert set(rows["unit"]) == {"990101", "990102"}
    assert rows.query("`class` == 'forest'")["area_mu"].sum() == pytest.approx(0.3 * 85.9 * 1500, rel=1e-3)
