"""``tongqu check --problems``: every broken rule in a file, with its place and mend."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from small import TINY
from tongqu.base import DataError, Problem
from tongqu.data import load_region, locate_problems, table_specs
from tongqu.views.problems_html import problems_html

MALFORMED = TINY.parents[1] / "data" / "malformed"
NUMBER = r'<a href="#problem-(\d+)"><text class="county"[^>]*>([^<]*)</text></a>'
"""A number on the map and the row it leads to."""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A region with a village without road, hours that cannot be, and classes off the area."""
    folder = tmp_path / "broken"
    shutil.copytree(TINY, folder)
    for case in ("land_classes_off_the_area", "parcels_without_road"):
        shutil.copytree(MALFORMED / case, folder, dirs_exist_ok=True)
    change(folder / "parcel_demand.csv", lambda text: text.replace("180,8,17", "180,17,8"))
    return folder


def change(path: Path, how: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = how(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def workbook(folder: Path, path: Path, *, without: tuple[str, ...] = ()) -> Path:
    """The tables of a region's folder as a workbook."""
    bbox = (119.0, 29.1, 119.5, 29.4)
    about = {"name": "tiny", "title_zh": "天桥市", "title_en": "Tianqiao", "base_year": 2020}
    about |= dict(zip(("lon_min", "lat_min", "lon_max", "lat_max"), bbox, strict=True))
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame(about.items(), columns=["key", "value"]).to_excel(book, sheet_name="region", index=False)
        for name in table_specs():
            file = folder / ("odbl/links.csv" if name == "links" else f"{name}.csv")
            if file.is_file() and name not in without:
                pd.read_csv(file, dtype=str).to_excel(book, sheet_name=name, index=False)
    return path


def test_each_problem_is_on_the_map_with_number_and_mend(call, broken, here):
    before = call("check", broken)
    found = call("check", broken, "--problems", "p.html")
    assert (found.exit_code, before.exit_code) == (2, 2)
    assert found.stdout == before.stdout
    assert found.stderr.replace("Written: p.html\n", "") == before.stderr
    page = (here / "p.html").read_text(encoding="utf-8")
    rows = {int(number): row for number, row in re.findall(r'<tr id="problem-(\d+)">(.*?)</tr>', page)}
    assert len(rows) == 3
    said = {
        "a village with parcels but no road node": ("Shangwu", "give its node in units.csv"),
        "a village that closes before it opens": ("Liutang", "enter opens_h &lt; closes_h"),
        "classes do not sum to the area": ("Yangling Township", "they are 59750 mu together"),
    }
    numbers = {int(label): int(target) for target, label in re.findall(NUMBER, page)}
    assert numbers == {1: 1, 2: 2, 3: 3}
    for rule, (place, mend) in said.items():
        (number,) = [number for number, row in rows.items() if rule in row]
        assert place in rows[number]
        assert mend in rows[number]
        assert f"<title>{place}\n{number}: {rule}</title>" in page
    assert not re.search(r'(?:src|href|action)="(?!#|data:)', page)
    assert "url(http" not in page
    assert "<script" not in page


def test_both_languages(call, broken, here):
    assert call("check", broken, "--problems", "p.html", "--lang", "zh").exit_code == 2
    page = (here / "p.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "天桥市：待改的数据问题" in page
    assert "上坞村" in page
    assert "土地利用" in page
    assert "classes do not" not in page
    assert call("check", broken, "--problems", "p.csv", "--lang", "zh").exit_code == 2
    table = pd.read_csv(here / "p.csv")
    assert table.columns.to_list()[:4] == ["编号", "数据表", "文件", "行"]
    assert call("check", broken, "--problems", "q.csv", "--lang", "en").exit_code == 2
    english = pd.read_csv(here / "q.csv")
    assert english["Problem"].isin(table["问题"]).sum() == 0


def test_tables_hold_what_json_holds(call, broken, here):
    found = call("check", broken, "--json", "--problems", "p.xlsx")
    told = json.loads(found.stdout)["problems"]
    table = pd.read_excel(here / "p.xlsx", engine="calamine", dtype={"Value": str})
    assert table["Problem"].to_list() == [one["rule"] for one in told]
    assert table["Mend"].to_list() == [one["mend"] for one in told]
    assert table["Row"].to_list() == [one["row"] for one in told]
    assert table["Number"].to_list() == [1, 2, 3]
    places = dict(zip(table["Place"], zip(table["Longitude"], table["Latitude"], strict=True), strict=True))
    assert places == {
        "Liutang": (119.13, 29.22),
        "Shangwu": (119.2, 29.32),
        "Yangling Township": (119.41, 29.3),
    }


def test_a_workbook_is_read_in_the_same_way(call, broken, here, tmp_path):
    book = workbook(broken, tmp_path / "book.xlsx")
    assert call("check", book, "--problems", "p.html").exit_code == 2
    page = (here / "p.html").read_text(encoding="utf-8")
    assert {label for _, label in re.findall(NUMBER, page)} >= {"1", "2", "3"}
    assert "book.xlsx, sheet parcel_demand" in page
    found = call("check", book, "--problems", book, "--force")
    assert found.exit_code != 0
    assert book.read_bytes().startswith(b"PK")
    assert "Tianqiao" in pd.read_excel(book, sheet_name="region", engine="calamine").to_string()


def test_a_region_without_units_keeps_its_problems_in_the_list(call, broken, here, tmp_path):
    (broken / "units.csv").unlink()
    found = call("check", broken, "--problems", "p.html", "--json")
    count = len(json.loads(found.stdout)["problems"])
    page = (here / "p.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<tr id="problem-\d+">', page)) == count > 0
    # Only sites and nodes still have a position of their own, or a road node.
    located = locate_problems(broken, [Problem("r", "m", file="parcel_demand.csv", row=2)])
    assert located.table["lon"].isna().all()
    assert located.sketch is not None  # the outlines are still there
    book = workbook(broken, tmp_path / "book.xlsx", without=("units", "nodes", "sites"))
    assert call("check", book, "--problems", "q.html").exit_code == 2
    page = (here / "q.html").read_text(encoding="utf-8")
    assert "there is no map" in page
    assert "<svg class=" not in page


def test_places_that_cannot_be_are_none(tmp_path):
    folder = tmp_path / "far"
    shutil.copytree(TINY, folder)
    change(folder / "units.csv", lambda text: text.replace("119.13,29.22", "29.22,119.13"))
    (folder / "layers" / "outline.geojson").write_text("{", encoding="utf-8")
    change(folder / "region.toml", lambda text: text.replace("119.5,", "118.5,"))
    with pytest.raises(DataError) as caught:
        load_region(folder)
    found = locate_problems(folder, caught.value.problems)
    assert len(found.table) == len(caught.value.problems)
    assert not found.table["lon"].lt(100).any()
    assert found.sketch is not None
    assert "outline" not in found.sketch.layers
    assert found.sketch["units"]["lon"].min() > 100
    page = problems_html(found.table, sketch=found.sketch, titles=found.titles, language="en")
    assert f'id="problem-{len(found.table)}"' in page


@pytest.mark.parametrize(
    ("file", "row", "unit", "lon"),
    [
        ("units.csv", 6, "990101001002", 119.13),
        ("nodes.csv", 2, "", 119.1),
        ("odbl/links.csv", 2, "", 119.1),
        ("units.csv", 1, "", None),
        ("region.toml", None, "", None),
        ("sources.csv", 2, "", None),
        ("nothing.csv", 2, "", None),
    ],
)
def test_a_row_is_placed_by_itself_or_by_what_it_names(file, row, unit, lon):
    found = locate_problems(TINY, [Problem("rule", "mend", file=file, row=row)]).table.iloc[0]
    assert found["unit"] == unit
    assert pd.isna(found["lon"]) if lon is None else found["lon"] == pytest.approx(lon, abs=0.05)


def test_a_rule_that_names_a_unit_places_the_problem():
    wrong = Problem("990101002 has no water in 2020", "add it", file="land_use.csv", column="class")
    found = locate_problems(TINY, [wrong]).table.iloc[0]
    assert (found["name_en"], found["lon"], found["lat"]) == ("Xinqiao Town", 119.18, 29.27)


def test_many_problems_of_one_place_share_a_mark():
    wrong = [Problem("r", "m", file="units.csv", row=2)] * 3
    found = locate_problems(TINY, wrong)
    page = problems_html(found.table, sketch=found.sketch, titles=found.titles, language="en")
    assert re.findall(NUMBER, page) == [("1", "1–3")]


def test_words_of_the_data_are_escaped(broken, call, here):
    change(broken / "units.csv", lambda text: text.replace("Shangwu", "<b>&amp;"))
    assert call("check", broken, "--problems", "p.html").exit_code == 2
    page = (here / "p.html").read_text(encoding="utf-8")
    assert "<b>&amp;" not in page
    assert "&lt;b&gt;&amp;amp;" in page


def test_nothing_is_written_for_a_valid_region(call, here):
    found = call("check", TINY, "--problems", "p.html")
    assert found.exit_code == 0
    assert "No rule is broken: p.html was not written" in found.stdout
    assert list(here.iterdir()) == []


def test_a_file_that_is_there_is_kept(call, broken, here):
    (here / "p.csv").write_text("mine", encoding="utf-8")
    found = call("check", broken, "--problems", "p.csv")
    assert found.exit_code == 4
    assert "--force" in found.stderr
    assert (here / "p.csv").read_text(encoding="utf-8") == "mine"
    assert call("check", broken, "--problems", "p.csv", "--force").exit_code == 2
    assert "mine" not in (here / "p.csv").read_text(encoding="utf-8-sig")
    assert [path.name for path in here.iterdir()] == ["p.csv"]


def test_other_kinds_and_places_are_refused(call, broken, here):
    assert "ends in .html" in call("check", broken, "--problems", "p.txt").stderr
    assert call("check", broken, "--problems", broken / "p.csv").exit_code == 4
    assert call("check", "atlantis", "--problems", "p.html").exit_code == 2
    assert list(here.iterdir()) == []
    assert not (broken / "p.csv").exists()


def test_a_workbook_that_cannot_be_opened(call, here, tmp_path):
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"no workbook")
    assert call("check", book, "--problems", "p.html").exit_code == 2
    assert "not a readable Excel workbook" in (here / "p.html").read_text(encoding="utf-8")


@pytest.mark.browser
def test_a_number_leads_to_its_row_and_no_request_leaves(call, broken, here, page):
    assert call("check", broken, "--problems", "p.html").exit_code == 2
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto((here / "p.html").as_uri())
    page.locator('a[href="#problem-2"]').click()
    assert page.url.endswith("#problem-2")
    assert page.off_machine == said == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
