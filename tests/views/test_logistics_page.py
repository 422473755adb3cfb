"""The page of logistics: off-line, both languages, twins, figures of the tables, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

import tongqu
from small import loaded
from tongqu.views.logistics_html import logistics_html

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.logistics(loaded(), iterations=5)


@pytest.fixture(scope="module")
def pages(found):
    return {language: logistics_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(logistics|delivery|cost_part|lacking|leg|cold_case|study)\.[a-z_]+", words)
    assert ("推算" if language == "zh" else "modelled") in words
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", words.replace("通衢", ""))


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
    assert f"{said['parcels']:,.0f}" in page
    assert f"{said['yuan_per_parcel']['separate']:.3f} yuan" in page
    assert f"{said['near_share']:.1%}" in page
    nodes, chosen = found.tables["nodes"], found.tables["chosen"]
    stands = int((nodes["kind"] != "needed").sum())
    new = int(((chosen["kind"] == "point") & ~chosen["existing"].astype(bool)).sum())
    marks = stands + len(found.tables["unserved"]) + int(nodes["over"].sum()) + new
    assert page.count('class="mark"') == marks
    lines = re.findall(r'<g class="ways".*?</g>', page, re.DOTALL)
    assert sum(group.count("<path") for group in lines) == len(found.tables["streets"])


def test_names_are_escaped(found):
    units = found.region["units"].assign(name_en="<b>&")
    changed = replace(found.region, tables={**found.region.tables, "units": units})
    page = logistics_html(replace(found, region=changed), language="en")
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
    page.click("#rounds summary")
    assert page.is_visible("#rounds table")
