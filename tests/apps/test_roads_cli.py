"""The commands on roads: what they say, what they write, and what they leave alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely

from roadtown import HELSINKI, VILLAGE, region_at_roads
from tongqu.apps import roads_jobs
from tongqu.data import load_region, save_region
from tongqu.views.roads_html import roads_html
from tongqu.workflow.roads import import_roads, read_roads


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> Path:
    """A folder with the region at the roads, made once."""
    return save_region(region_at_roads(VILLAGE), tmp_path_factory.mktemp("roads") / "town")


@pytest.fixture
def town(kept, tmp_path) -> Path:
    return Path(shutil.copytree(kept, tmp_path / "town"))


def write_line(path: Path) -> Path:
    line = shapely.to_wkb(shapely.linestrings([[497_200.0, 6_710_000.0], [497_700.0, 6_710_000.0]]))
    values = {"JSDJ": ["四级"], "LXMC": ["甲路"]}
    pyogrio.raw.write(
        path,
        pd.array([line], dtype=object).to_numpy(),
        field_data=[pd.array(column, dtype=object).to_numpy() for column in values.values()],
        fields=list(values),
        crs="EPSG:3067",
        geometry_type="LineString",
        encoding="UTF-8",
    )
    return path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_roads_says_what_is_in_the_file(call, language):
    found = call("roads", HELSINKI, "--lang", language)
    assert found.exit_code == 0, found.output
    words = {
        "zh": (
            "省道",
            "4,184 个路段",
            "汽车，计单行",
            "13.61%",
            "未纳入",
            "转向限制",
            "能进不能出",
            "核对单行方向",
        ),
        "en": (
            "Provincial road",
            "4,184 links",
            "13.61%",
            "Left out",
            "turn restrictions",
            "no way out",
            "check",
        ),
    }
    for word in words[language]:
        assert word in found.stdout, word
    assert {"zh": "读取道路文件", "en": "Read the roads"}[language] in found.stderr
    assert call("roads", HELSINKI, "--quiet").stderr == ""


def test_roads_as_json_is_what_python_gives(call):
    found = json.loads(call("roads", HELSINKI, "--json", "--quiet").stdout)
    read = read_roads(HELSINKI)
    for name, value in read.summary().items():
        assert found[name] == (pytest.approx(value) if name in ("km", "car_km", "outside") else value), name
    assert len(found["problems"]) == len(read.report.problems)
    assert sum(row["links"] for row in found["classes"]) == found["links"]
    counted = {row["finding"]: row["count"] for row in found["findings"]}
    assert counted["dead_end"] == sum(row["rule"] == "dead_end" for row in found["problems"])


def test_roads_writes_the_map_and_the_problems(call, here):
    read = read_roads(VILLAGE)
    for language in ("zh", "en"):
        words = ("--map", f"{language}.html", "--problems", f"{language}.csv", "--lang", language)
        assert call("roads", VILLAGE, *words).exit_code == 0
        page = Path(f"{language}.html").read_text(encoding="utf-8")
        assert page == roads_html(read.roads, language=language)
    assert list(pd.read_csv("zh.csv"))[:2] == ["规则", "问题"]
    assert call("roads", VILLAGE, "--problems", "p.geojson").exit_code == 0
    info = pyogrio.read_info("p.geojson")
    assert (len(info["fields"]), info["features"]) == (6, len(pd.read_csv("en.csv")))
    before = files(here)
    taken = call("roads", VILLAGE, "--map", "zh.html", "--json")
    assert (taken.exit_code, json.loads(taken.stdout)["error"]) == (4, "TakenError")
    assert files(here) == before
    assert call("roads", VILLAGE, "--map", "zh.html", "--problems", "p.xlsx", "--force").exit_code == 0


def test_roads_held_against_a_region(call, town):
    found = json.loads(call("roads", VILLAGE, "--region", town, "--crop", "--json").stdout)
    assert found["region"] == "town"
    assert found["links"] > 600
    elsewhere = json.loads(call("roads", HELSINKI, "--region", town, "--json").stdout)
    assert elsewhere["to_look_at"]["wrong_system"] == elsewhere["nodes"]


def cut(path: Path) -> Path:
    path.write_bytes(HELSINKI.read_bytes()[:200_000])
    return path


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("missing.osm.pbf", None, ()),
        ("cut.osm.pbf", cut, ()),
        ("empty.osm.pbf", lambda path: path.write_bytes(b""), ()),
        ("roads.dwg", lambda path: path.write_bytes(b"x"), ()),
        ("roads.osm.pbf", lambda path: shutil.copy(HELSINKI, path), ("--crs", "EPSG:4549")),
        ("roads.osm.pbf", lambda path: shutil.copy(HELSINKI, path), ("--crop",)),
        ("roads.osm.pbf", lambda path: shutil.copy(HELSINKI, path), ("--problems", "list.txt")),
        ("roads.osm.pbf", lambda path: shutil.copy(HELSINKI, path), ("--column", "name")),
        ("roads.osm.pbf", lambda path: shutil.copy(HELSINKI, path), ("--region", "atlantis")),
        ("roads.osm.pbf", lambda path: shutil.copy(HELSINKI, path), ("--format", "dwg")),
    ],
)
def test_what_cannot_be_used_is_refused(call, tmp_path, here, name, make, words):
    if make is not None:
        make(tmp_path / name)
    found = call("roads", tmp_path / name, "--map", "m.html", *words, "--json")
    assert found.exit_code == 2, found.output
    error = json.loads(found.stdout)
    assert error["exit_code"] == 2
    assert error["error"] == "UsageError" or all(one["mend"] for one in error["problems"])
    assert list(here.iterdir()) == []


def test_all_problems_of_a_table_at_once(call, here, tmp_path):
    table = tmp_path / "roads.csv"
    rows = [
        "from_lon,from_lat,to_lon,to_lat,class,length_km",
        "24.94,60.17,24.95,60.17,奇,-1",
        "24.94,60.17,24.95,60.18,,0",
        "24.94,60.17,24.95,60.19,县道,",
    ]
    table.write_text("\n".join(rows), encoding="utf-8")
    found = call("roads", table, "--json")
    assert found.exit_code == 2
    problems = json.loads(found.stdout)["problems"]
    assert {(one["row"], one["column"]) for one in problems} >= {
        (2, "class"),
        (2, "length_km"),
        (3, "length_km"),
    }
    fixed = call("roads", table, "--unknown-class", "unclassified", "--json")
    assert {one["column"] for one in json.loads(fixed.stdout)["problems"]} == {"length_km"}


def test_import_puts_real_roads_into_a_region(call, tmp_path, here):
    town = save_region(region_at_roads(HELSINKI), tmp_path / "town")
    words = ("--map", "m.html", "--places", "places.csv", "--problems", "p.csv", "--limit-m", "40")
    found = call("import", "osm", HELSINKI, "--region", town, "--out", "mine", *words)
    assert found.exit_code == 0, found.output
    assert "tongqu check mine" in found.stdout
    assert "tongqu diff" in found.stdout
    assert "ODbL-1.0" in found.stdout
    made = import_roads(town, HELSINKI, limit_m=40)
    region = load_region("mine")
    assert region.sha256 == made.region.sha256
    assert not region["links"]["modelled"].any()
    assert len(pd.read_csv("places.csv")) == len(made.places)
    page = Path("m.html").read_text(encoding="utf-8")
    assert page == roads_html(
        made.network(), report=made.report, region=made.region, places=made.places, language="en"
    )
    for place in made.places.loc[made.places["beyond"], "id"]:
        assert place in found.stdout
    checked = call("check", "mine", "--json")
    assert checked.exit_code == 0
    rows = {row["table"]: row for row in json.loads(checked.stdout)["tables"]}
    assert rows["links"]["modelled"] == "0.0%"
    assert "试点市" in call("check", "mine", "--lang", "zh").stdout
    assert sorted(path.name for path in here.iterdir()) == ["m.html", "mine", "p.csv", "places.csv"]


def test_roads_of_another_place_leave_nothing(call, here):
    found = call("import", "osm", VILLAGE, "--region", "quzhou", "--out", "mine", "--map", "m.html", "--json")
    assert found.exit_code == 2
    assert [one["rule"] for one in json.loads(found.stdout)["problems"]] == [
        "no road lies in the region's box"
    ]
    assert (
        "区域范围内没有道路"
        in call("import", "osm", VILLAGE, "--region", "quzhou", "--out", "m", "--lang", "zh").stderr
    )
    assert list(here.iterdir()) == []


def test_import_leaves_alone_what_is_there(call, town, here):
    Path("notes.txt").write_text("mine", encoding="utf-8")
    Path("page.html").write_text("mine", encoding="utf-8")
    Path("other").mkdir()
    Path("other/notes.txt").write_text("mine", encoding="utf-8")
    shutil.copytree(town, "region")
    shutil.copytree(town, "broken")
    Path("broken/units.csv").write_text("unit\n", encoding="utf-8")
    before = files(here)
    for code, words in (
        (4, ("--out", "notes.txt")),
        (4, ("--out", "other", "--force")),
        (4, ("--out", "region")),
        (4, ("--out", "broken", "--force")),
        (4, ("--out", "new", "--map", "new/m.html")),
        (4, ("--out", "new", "--map", "page.html")),
        (2, ("--out", "new", "--map", "other", "--force")),
        (2, ("--out", "new", "--places", "notes.txt")),
        (2, ("--out", "new", "--places", "same.csv", "--problems", "same.csv")),
    ):
        found = call("import", "osm", VILLAGE, "--region", town, *words, "--json")
        assert found.exit_code == code, words
        assert json.loads(found.stdout)["error"] == {2: "DataError", 4: "TakenError"}[code]
    assert files(here) == before


def test_force_replaces_tables_and_keeps_the_rest(call, town):
    fresh = json.loads(call("import", "osm", VILLAGE, "--region", town, "--out", "fresh", "--json").stdout)
    region = load_region("fresh")
    assert (fresh["sha256"], fresh["folder"]) == (region.sha256, "fresh")
    assert (
        len(fresh["places"])
        == fresh["places_put"]
        == region["units"]["node"].notna().sum() + len(region["sites"])
    )
    assert {row["class"] for row in fresh["speeds"]} == set(region["links"]["class"])
    shutil.copytree(town, "mine")
    Path("mine/notes.md").write_text("mine", encoding="utf-8")
    Path("mine/.git").mkdir()
    Path("mine/.git/HEAD").write_text("ref", encoding="utf-8")
    assert Path("mine/nodes.csv").is_file()
    again = call("import", "osm", VILLAGE, "--region", "mine", "--out", "mine", "--force")
    assert again.exit_code == 0, again.output
    assert not Path("mine/nodes.csv").exists()
    assert Path("mine/odbl/nodes.csv").is_file()
    assert Path("mine/notes.md").read_text(encoding="utf-8") == "mine"
    assert Path("mine/.git/HEAD").is_file()
    assert load_region("mine").sha256 == region.sha256
    assert call("check", "mine").exit_code == 0


def test_a_write_that_fails_leaves_the_region_as_it_was(call, town, here, monkeypatch):
    shutil.copytree(town, "mine")
    before = files(here)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(roads_jobs, "save_region", full)
    assert call("import", "osm", VILLAGE, "--region", town, "--out", "new", "--map", "m.html").exit_code == 1
    monkeypatch.setattr(Path, "write_bytes", full)
    found = call("import", "osm", VILLAGE, "--region", "mine", "--out", "mine", "--force")
    assert found.exit_code == 1
    assert files(here) == before


def test_options_of_lines(call, town):
    path = write_line(Path("lines.gpkg"))
    words = ("--class-column", "JSDJ", "--class-word", "四级=tertiary", "--column", "name=LXMC")
    found = call("roads", path, *words, "--snap-m", "2", "--gap-m", "5", "--node-at", "touching", "--json")
    assert found.exit_code == 0, found.output
    assert [row["class"] for row in json.loads(found.stdout)["classes"]] == ["township"]
    refused = call("import", "lines", path, *words, "--region", town, "--out", "mine")
    assert refused.exit_code == 2
    assert "licence" in refused.stderr
    cite = ("--source", "survey:roads", "--title", "Survey", "--licence", "internal", "--keep", "all")
    made = call("import", "lines", path, *words, "--region", town, "--out", "mine", *cite)
    assert made.exit_code == 0, made.output
    region = load_region("mine")
    assert region["links"]["name"].to_list() == ["甲路"]
    assert region["sources"].set_index("source").loc["survey:roads", "title"] == "Survey"
    assert "share alike" not in made.stdout


def test_the_words_of_an_import(call):
    for words, said in (
        (("import", "dwg", "x", "--region", "quzhou", "--out", "y"), "KIND"),
        (("import", "osm", "x", "--out", "y"), "--region"),
        (("import", "osm", "x", "--region", "quzhou"), "--out"),
        (("import", "osm", "x", "--region", "quzhou", "--out", "y", "--keep", "most"), "--keep"),
    ):
        found = call(*words)
        assert found.exit_code == 2
        assert said in found.stderr
