"""The map of a road network: what is on it is in the tables, off-line, by mouse and keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from roadtown import region_at_roads, streets
from tongqu.data.readers import Lines, Origin, Roads, assemble, replace_roads
from tongqu.views import roads_map as drawer
from tongqu.views.roads_html import MOST_MARKS, first_rows, roads_html
from tongqu.views.roads_map import draw_roads, fine_enough, path_of
from tongqu.views.words import Words

if TYPE_CHECKING:
    from playwright.sync_api import Page

NO_MARKS = pd.DataFrame(columns=["code", "rule", "shape", "colour", "lon", "lat", "said"])


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    return {"zh": roads_html(streets(), language="zh"), "en": roads_html(streets(), language="en")}


def spread(count: int) -> Roads:
    """So many short roads, none of which meets another."""
    x, y = (part.ravel()[:count] for part in np.meshgrid(np.arange(100) * 0.01, np.arange(100) * 0.01))
    lon, lat = 118 + np.column_stack([x, x + 0.003]).ravel(), 28 + np.repeat(y, 2)
    nodes = pd.DataFrame({"node": [f"n{i}" for i in range(2 * count)], "lon": lon, "lat": lat})
    links = pd.DataFrame(
        {
            "origin": [f"l{i}" for i in range(count)],
            "from_node": nodes["node"][::2].to_numpy(object),
            "to_node": nodes["node"][1::2].to_numpy(object),
            "kind": "tertiary",
        }
    )
    lines = Lines(np.column_stack([lon, lat]), 2 * np.arange(count + 1))
    return assemble(nodes, links, lines=lines, origin=Origin("made.csv", "table"))


def points(path: str) -> list[list[tuple[int, int]]]:
    """The points of path data."""
    lines = []
    for part in re.findall(r"M(-?\d+) (-?\d+)l([-\d ]*)", path):
        x, y = int(part[0]), int(part[1])
        steps = list(map(int, part[2].split()))
        line = [(x, y)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            line.append((x, y))
        lines.append(line)
    return lines


places = st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999))


@given(st.lists(st.lists(places, min_size=2, max_size=8, unique=True), min_size=1, max_size=5))
def test_a_path_runs_through_its_points(lines: list[list[tuple[int, int]]]):
    found = points(path_of(np.array([shapely.LineString(line) for line in lines]), tolerance=0.0))
    assert len(found) == len(lines)
    for line, path in zip(lines, found, strict=True):
        assert (path[0], path[-1]) == (line[0], line[-1])
        gone = set(line) - set(path)  # only points on the straight between others
        course = shapely.LineString(path) if len(set(path)) > 1 else shapely.Point(path[0])
        assert all(course.distance(shapely.Point(point)) < 1e-6 for point in gone)


def test_a_line_shorter_than_a_unit_stays_as_a_dot():
    assert points(path_of(np.array([shapely.LineString([(5.1, 5.0), (5.2, 5.1)])]), tolerance=1.0)) == [
        [(5, 5), (5, 5)]
    ]


def test_many_points_make_lines_coarser(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drawer, "MOST_POINTS", 10_010)
    few = [np.array([shapely.LineString([(0, 0), (9, 9)])])]
    assert fine_enough(few) == 1.0
    x = np.arange(1001.0)
    wave = shapely.LineString(np.column_stack([x, 2 * (x % 2)]))
    assert fine_enough([np.array([wave] * 10)]) == 1.0
    assert fine_enough([np.array([wave] * 11)]) == 2.0
    assert path_of(np.zeros(0, dtype=object), tolerance=1.0) == ""


def test_a_very_long_winding_line_is_drawn():
    count = 60_000
    xy = np.column_stack([np.linspace(118, 119, count), 28 + 1e-3 * (np.arange(count) % 2)])
    nodes = pd.DataFrame({"node": ["a", "b"], "lon": xy[[0, -1], 0], "lat": xy[[0, -1], 1]})
    links = pd.DataFrame({"origin": ["1"], "from_node": ["a"], "to_node": ["b"], "kind": ["tertiary"]})
    roads = assemble(nodes, links, lines=Lines(xy, np.array([0, count])), origin=Origin("made", "lines"))
    drawing = draw_roads(roads, marks=NO_MARKS, words=Words("en"))
    assert drawing.svg.count("l") > count / 2_000


def test_layers_hold_every_link_and_what_the_report_says():
    drawing = draw_roads(streets(), marks=NO_MARKS, words=Words("en"))
    classes = {
        name: found for name, found in drawing.layers.items() if "apart" not in name and name != "no_return"
    }
    assert sum(links for links, _ in classes.values()) == len(streets().links)
    assert sum(km for _, km in classes.values()) == pytest.approx(streets().links["length_km"].sum())
    rows = streets().report.components.set_index(["access", "sense"])["km_outside"]
    apart, both = drawing.layers["apart"][1], drawing.layers["no_return"][1]
    assert apart == pytest.approx(rows["car", "weak"])
    assert apart + both == pytest.approx(rows["car", "strong"])
    for name in drawing.layers:
        assert f'id="l-{name}"' in drawing.svg


def test_a_node_far_off_does_not_shrink_the_picture():
    roads = spread(200)
    far = roads.nodes.assign(lon=roads.nodes["lon"].where(roads.nodes.index > 0, 0.0))
    moved = assemble(far, roads.links, lines=roads.lines, origin=roads.origin)
    drawing = draw_roads(moved, marks=NO_MARKS, words=Words("en"))
    assert drawing.off_picture == 1
    page = roads_html(moved, language="en")
    assert "Nodes too far off to be in the picture: 1." in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_asks_nobody_for_anything(pages: dict[str, str], language: str):
    page = pages[language]
    assert not re.search(r"""(?:src|href)=["'](?!#|data:,)""", page)
    assert not re.search(r"https?://|url\((?!#)|@import", page)
    assert ('lang="zh-CN"' in page) == (language == "zh")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_english_is_english(pages: dict[str, str]):
    text = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", pages["en"], flags=re.DOTALL)
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<[^>]*>", "", text))


def test_the_same_input_gives_the_same_page(pages: dict[str, str]):
    assert roads_html(streets(), language="zh") == pages["zh"]


def test_counts_of_the_page_are_those_of_the_report(pages: dict[str, str]):
    counts = streets().report.problems["rule"].value_counts()
    for rule, count in counts.items():
        block = re.search(rf'<details id="rule-{rule}".*?</details>', pages["en"], flags=re.DOTALL)
        assert block is not None
        rows = re.findall(r'<tr id="p-', block[0])
        assert len(rows) == min(count, MOST_MARKS)
        assert f"· {count:,}" in block[0]
        assert (f"{len(rows)} of {count:,} are in this table" in block[0]) == (count > MOST_MARKS)


def test_many_problems_are_capped_and_that_is_said():
    page = roads_html(spread(3000), language="en", most=25)
    marks = re.findall(r'<a id="m-([A-Z]+)\d+"', page)
    assert {letter: marks.count(letter) for letter in set(marks)} == {"A": 25, "B": 25}
    assert "25 of 2,999 are in this table" in page
    assert "25 of 6,000 are in this table" in page
    assert "At most 25 places of a problem have markers" in page


def test_the_weightiest_come_first():
    rows = pd.DataFrame(
        {
            "link": ["a", "b", "c"],
            "node": "",
            "lon": [1.0, 1.0, np.nan],
            "lat": 1.0,
            "value": ["", "", ""],
        }
    )
    km = pd.Series({"a": 1.0, "b": 2.0, "c": 9.0})
    assert first_rows(rows, rule="off_component", km=km, most=9)["link"].to_list() == ["b", "a", "c"]
    metres = rows.assign(value=["9.5 m", "3.1 m", "1.0 m"])
    assert first_rows(metres, rule="gap", km=km, most=2)["link"].to_list() == ["b", "a"]
    assert first_rows(metres, rule="far_places", km=km, most=2)["link"].to_list() == ["a", "b"]


def test_nothing_wrong_is_said():
    roads = spread(1)
    calm = roads.report.problems.iloc[:0]
    report = type(roads.report)(
        *(
            getattr(roads.report, name)
            for name in ("nodes", "links", "km", "classes", "findings", "components")
        ),
        calm,
    )
    assert "Nothing needs a look." in roads_html(roads, report=report, language="en")


@pytest.fixture(scope="session")
def replaced() -> str:
    """The page of a region whose roads were replaced, with places."""
    made = replace_roads(region_at_roads(), streets(), source="osm:roads", limit_m=40, keep="all")
    return roads_html(streets(), report=made.report, region=made.region, places=made.places, language="zh")


def test_places_are_on_the_map_and_in_a_table(replaced: str):
    assert "试点市路网核查" in replaced
    spots = re.search(r'class="spot" d="([^"]+)"/></g>', replaced)
    assert spots is not None
    assert spots[1].count("M") == 38
    assert "最远的 38 个，共 38 个" in replaced
    assert (
        replaced.count("超过限值</td>") == len(re.findall(r'<tr id="p-A', replaced))
        or "far_places" in replaced
    )


@pytest.fixture(params=["zh", "en"])
def opened(request: pytest.FixtureRequest, page: Page, pages: dict[str, str], tmp_path: Path) -> Page:
    """The page, opened; `page.said` lists what the console said."""
    file = tmp_path / "roads.html"
    file.write_text(pages[request.param], encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.said = said  # type: ignore[attr-defined]
    page.set_default_timeout(5_000)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(file.as_uri())
    return page


@pytest.mark.browser
def test_no_request_leaves_and_markers_match_rows(opened: Page):
    opened.wait_for_load_state("networkidle")
    marks = opened.locator("#net .mark").evaluate_all("all => all.map(one => one.id.slice(2)).sort()")
    links = opened.locator('tr a[href^="#m-"]').evaluate_all("all => all.map(one => one.textContent).sort()")
    rows = opened.locator('tr[id^="p-"]').evaluate_all("all => all.map(one => one.id.slice(2)).sort()")
    assert marks == links
    assert set(marks) <= set(rows)
    assert len(marks) > 100
    assert opened.off_machine == []
    assert opened.said == []


@pytest.mark.browser
def test_from_the_row_to_the_marker_and_back_by_keyboard(opened: Page):
    code = opened.locator('tr a[href^="#m-C"]').nth(3).text_content()
    whole = opened.locator("#net").get_attribute("viewBox")
    opened.locator(f'tr a[href="#m-{code}"]').press("Enter")
    opened.wait_for_function(f"document.activeElement.id === 'm-{code}'")
    mark = opened.locator(f"#m-{code}")
    assert mark.is_visible()
    assert opened.locator("#net").get_attribute("viewBox") != whole
    box, frame = mark.bounding_box(), opened.locator("#net").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["x"] <= box["x"] <= frame["x"] + frame["width"]
    mark.press("Enter")
    opened.wait_for_function(f"location.hash === '#p-{code}'")
    assert opened.locator(f"#p-{code}").evaluate("one => one.matches(':target')")


@pytest.mark.browser
def test_a_row_of_a_hidden_rule_shows_its_marker(opened: Page):
    assert not opened.locator("#r-dead_end").is_visible()
    opened.locator("#rule-dead_end summary").click()
    link = opened.locator('#rule-dead_end tr a[href^="#m-"]').first
    code = link.text_content()
    link.press("Enter")
    opened.wait_for_function(f"document.activeElement.id === 'm-{code}'")
    assert opened.locator("#c-dead_end").is_checked()
    assert opened.locator(f"#m-{code}").is_visible()


@pytest.mark.browser
def test_a_link_to_a_marker_opens_the_map_there(opened: Page):
    opened.goto(opened.url + "#m-C5")
    opened.reload()
    opened.wait_for_function("document.activeElement.id === 'm-C5'")
    box = opened.locator("#m-C5 path").bounding_box()
    assert box is not None
    assert 60 < box["y"] < 860


@pytest.mark.browser
def test_layers_can_be_hidden(opened: Page):
    for name in ("l-county", "l-foot", "r-gap"):
        assert opened.locator(f"#{name}").is_visible()
        opened.locator(f'[data-layer="{name}"]').uncheck()
        assert not opened.locator(f"#{name}").is_visible()


@pytest.mark.browser
def test_the_map_zooms_and_markers_keep_their_size(opened: Page):
    def width() -> float:
        return float((opened.locator("#net").get_attribute("viewBox") or "").split()[2])

    def size() -> float:
        box = opened.locator("#m-A1 path").bounding_box()
        return box["width"] if box else 0.0

    before, wide, bar = size(), width(), opened.locator("#net .bar text").text_content()
    opened.locator("#mapbox").focus()
    for key in ("+", "ArrowLeft", "+"):
        opened.keyboard.press(key)
    assert width() < wide / 2
    assert opened.locator("#net .bar text").text_content() != bar
    assert size() == pytest.approx(before, rel=0.02)
    opened.keyboard.press("0")
    assert width() == pytest.approx(wide)
    opened.locator('[data-zoom="in"]').click()
    assert width() < wide
    opened.locator('[data-zoom="all"]').click()
    assert width() == pytest.approx(wide)


@pytest.mark.browser
def test_the_page_is_not_wider_than_the_window(opened: Page):
    for width in (1280, 800, 390):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
    shown = opened.locator("#m-A1 path").bounding_box()
    assert shown is not None
    assert shown["width"] > 12  # markers are as large on a small screen
