"""The page of digital networks: off-line, both languages, twins, figures of the tables, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

import tongqu
from small import loaded
from tongqu.views.digital_html import digital_html

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.digital(loaded(), sites=1)


@pytest.fixture(scope="module")
def pages(found):
    return {language: digital_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(digital|network|budget_line|no_5g|study)\.[a-z_]+", words)
    assert ("推算" if language == "zh" else "modelled") in words
    assert ("看不出单座山" if language == "zh" else "too coarse to see single hills") in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_name_and_a_twin(pages, language):
    page = pages[language]
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 5
    for figure in figures:
        assert re.search(r'<svg class="chart[^"]*"[^>]*aria-label="[^"]+"', figure)
        assert figure.count("<details") == 1
        assert re.search(r"<tbody>\s*<tr", figure)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for name in re.findall(r"url\(#([\w-]+)\)", page.partition("</style>")[2]):
        assert f'id="{name}"' in page


def test_figures_are_those_of_the_tables(found, pages):
    page, said = unescape(pages["en"]), found.figures
    assert f"{said['share']:.1%}" in page
    assert f"{said['without']:,.0f}" in page
    assert f"{said['radius_m']:,.0f} m" in page
    assert f"target {said['target']:g}" in page
    villages = found.tables["villages"]
    drawn = int((villages["people"] > 0).sum())
    stations = int((found.region["sites"]["kind"] == "base_station").sum())
    left = int(((villages["kind"] == "none") & (villages["people"] > 0)).sum())
    assert page.count('class="mark"') == drawn + 2 * stations + left + len(found.tables["sites"])
    ways = re.findall(r'<g class="ways"[^>]*>', page)
    assert len(ways) == 1  # all roads of the fibre are modelled
    assert "stroke-dasharray" in ways[0]


def test_where_nobody_is_left_out_no_site_is_drawn(found, pages):
    assert 'id="sites"' in pages["zh"]
    tiny = found.region
    table = tiny["village_broadband"].assign(fibre=True)
    full = replace(tiny, tables={**tiny.tables, "village_broadband": table})
    page = digital_html(tongqu.digital(full), language="en")
    assert 'id="sites"' not in page
    assert "100.0%" in page


def test_names_are_escaped(found):
    units = found.region["units"].assign(name_en="<b>&")
    changed = replace(found.region, tables={**found.region.tables, "units": units})
    page = digital_html(replace(found, region=changed), language="en")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


@pytest.mark.browser
def test_in_a_browser(pages, page: Page, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(pages["zh"], encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(file.as_uri())
    assert page.off_machine == []  # type: ignore[attr-defined]
    assert said == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    page.click("#map summary")
    assert page.is_visible("#map table")
