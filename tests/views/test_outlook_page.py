"""The outlook's page: one file, off-line, both languages, every chart with its twin, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import numpy as np
import pytest

import tongqu
from small import TINY
from tongqu.views.charts import Series
from tongqu.views.outlook_charts import Fan, fan, flow_bars, pyramid, signed
from tongqu.views.outlook_html import outlook_html
from tongqu.views.outlook_tables import listed_villages

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.project(TINY, until=2040, futures=6)


@pytest.fixture(scope="module")
def pages(found):
    return {language: outlook_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_it_is_the_same_again(found, pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    assert page == outlook_html(found, language=language)
    body = re.sub(r"<(style|svg)[^>]*>.*?</\1>", "", unescape(page), flags=re.DOTALL)
    assert ("人口金字塔" if language == "zh" else "Population pyramids") in body
    assert "nan" not in re.sub(r"<[^>]+>", " ", body).split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_name_and_a_twin(pages, language):
    page = pages[language]
    assert page.count("<figure") == page.count("</figure>") == 4 + 1 + 2
    for figure in re.findall(r"<figure.*?</figure>", page, re.DOTALL):
        assert re.search(r'<svg class="chart"[^>]*aria-label="[^"]+"', figure)
        assert "<details" in figure
        assert "<tbody>" in figure
    assert page.count('class="place-pyramid') == 3
    for place in re.findall(r'<div class="place-pyramid.*?</details></div>', page, re.DOTALL):
        assert place.count('<svg class="pyramid"') == 3
        assert place.count("<tr") == 1 + 18


def test_words_and_figures_of_the_page_are_those_of_the_tables(found, pages):
    page = unescape(pages["en"])
    totals = found.totals.set_index(["unit", "year"])
    assert f"{totals.at[(found.whole, 2040), 'urban_share']:.1%}" in page
    assert f"{totals.at[(found.whole, 2040), 'people'] / 1000:,.1f} thousand" in page
    assert page.count('class="v"') == len(found.villages)
    for future, count in found.villages["future"].value_counts().items():
        group = re.search(rf'<g class="f-{future}">(.*?)</g>', page)
        assert group is not None
        assert group[1].count('class="v"') == count
    assert "modelled" in page
    assert "no project is in it" in page


def test_hatching_says_what_is_modelled(found):
    villages = found.villages.assign(modelled=np.arange(len(found.villages)) % 2 == 0)
    page = outlook_html(replace(found, villages=villages), language="en")
    fills = re.findall(r'class="v" d="[^"]*" fill="([^"]*)"', page)
    assert sum(fill.startswith("url(#f-") for fill in fills) == villages["modelled"].sum()


def test_the_list_has_the_villages_to_move_first(found):
    made = found.villages.assign(future=["shrink", "move"] * (len(found.villages) // 2))
    made["change"] = np.linspace(-0.1, -0.9, len(made))
    listed = listed_villages(made)
    assert listed["future"].tolist() == ["move"] * 4 + ["shrink"] * 4
    assert listed["change"].tolist()[:4] == sorted(made.loc[made["future"] == "move", "change"])


def test_published_points_and_the_target_are_drawn():
    quzhou = tongqu.project("quzhou", until=2036, futures=4)
    page = unescape(outlook_html(quzhou, language="en"))
    figure = re.search(r'<figure id="urban_share">.*?</figure>', page, re.DOTALL)
    assert figure is not None
    assert "Published 2024: 62.1" in figure[0]
    assert "target 75%" in figure[0]
    assert 'class="fan" points' in figure[0]
    assert "not by 2036" in page
    assert "not the same people" in page


def test_without_futures_there_is_no_fan():
    page = outlook_html(tongqu.project(TINY, until=2036, futures=0), language="en")
    assert 'class="fan" points' not in page
    assert "No futures were drawn" in page


def test_a_last_year_before_the_scenario_ends():
    early = tongqu.project(TINY, until=2030, futures=2)
    page = outlook_html(early, language="zh")
    assert page.count('<svg class="pyramid"') == 3 * 2


def test_names_are_escaped(found):
    units = found.region["units"].copy()
    units.loc[units["unit"] == "990101", ["name", "name_en"]] = "<b>&"
    region = replace(found.region, tables={**found.region.tables, "units": units})
    page = outlook_html(replace(found, region=region), language="en")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_bars_of_a_pyramid_are_as_long_as_people_are_many():
    people = np.zeros((2, 2, 2))
    people[0, 0], people[1, 0], people[:, 1] = [10, 20], [30, 0], [[5, 5], [5, 5]]
    svg = pyramid(people, groups=["0-4", "5-9"], most=40, title="t", sexes=("m", "f"), words=str)
    bars = [
        (float(x), float(width), fill)
        for x, width, fill in re.findall(
            r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="[\d.]+" fill="([^"]*)"', svg
        )
    ]
    men = bars[:4]
    assert men[1][1] == pytest.approx(3 * men[0][1], abs=0.3)
    assert men[2][1] == pytest.approx(2 * men[0][1], abs=0.3)
    assert men[1][0] + men[1][1] == pytest.approx(men[0][0], abs=0.2)
    women = bars[4:]
    assert women[1][0] == pytest.approx(women[0][0] + women[0][1], abs=0.2)


def test_signed_columns_go_up_and_down_and_sum():
    series = [Series("won", "#111", [10.0, 5.0]), Series("lost", "#222", [-4.0, -8.0])]
    svg = signed([2021, 2022], series=series, net="net", label="l", unit="u", words=lambda v: f"{v:g}")
    heights = [float(h) for h in re.findall(r'height="([\d.]+)" fill="#', svg)]
    assert heights[0] / heights[1] == pytest.approx(10 / 4, rel=0.01)
    tops = [float(y) for y in re.findall(r'<rect x="[\d.]+" y="([\d.]+)"', svg)]
    assert tops[0] < tops[1]
    line = re.search(r'class="net" points="([^"]*)"', svg)
    assert line is not None
    (_, first), (_, second) = (pair.split(",") for pair in line[1].split())
    assert float(first) < float(second)
    assert "2022 lost -8 u" in svg


def test_a_fan_is_drawn_between_its_edges():
    data = Fan([2020, 2021, 2022], [1, 2, 3], [1, 1, 1], [1, 3, 5], 4.0, [(2021, 2.5)])
    svg = fan(
        data, label="l", unit="u", words=lambda v: f"{v:g}", target="goal", published="seen", marked=[2022]
    )
    assert svg.count('class="seen"') == 1
    assert svg.count('class="dot"') == 1
    area = re.search(r'class="fan" points="([^"]*)"', svg)
    middle = re.search(r'class="with" points="([^"]*)"', svg)
    assert area is not None
    assert middle is not None
    heights = [float(pair.split(",")[1]) for pair in area[1].split()]
    over, under = heights[:3], heights[:2:-1]
    inside = [float(pair.split(",")[1]) for pair in middle[1].split()]
    assert all(top <= mid <= low for top, mid, low in zip(over, inside, under, strict=True))


def test_flow_bars_are_in_scale():
    rows = [
        ("a", [Series("x", "#111", [300.0])], [Series("y", "#222", [100.0]), Series("z", "#333", [200.0])])
    ]
    svg = flow_bars(rows, heads=("out", "in"), label="l", words=str)
    found = dict(re.findall(r'width="([\d.]+)" height="[\d.]+" fill="(#\d+)"', svg))
    width = {fill: float(size) for size, fill in found.items()}
    assert width["#111"] == pytest.approx(width["#222"] + width["#333"], abs=0.2)


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_in_a_browser(pages, page: Page, tmp_path, language):
    file = tmp_path / "outlook.html"
    file.write_text(pages[language], encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.off_machine == []  # type: ignore[attr-defined]
    assert said == []
    shown = "one => getComputedStyle(one).display"
    assert [page.locator(f".p-{number}").evaluate(shown) for number in range(3)] == ["block", "none", "none"]
    page.locator("#place-0").focus()
    page.keyboard.press("ArrowDown")
    assert [page.locator(f".p-{number}").evaluate(shown) for number in range(3)] == ["none", "block", "none"]
    page.locator("#hide-keep").focus()
    page.keyboard.press("Space")
    assert page.locator(".f-keep").evaluate(shown) == "none"
    assert page.locator(".f-grow").evaluate(shown) != "none"
    assert page.locator("input").evaluate_all(
        "all => all.every(one => one.closest('label').offsetHeight >= 24)"
    )
    page.set_viewport_size({"width": 380, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
