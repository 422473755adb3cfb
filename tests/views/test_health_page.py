"""The page of health: off-line, both languages, twins, figures of the tables, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

import tongqu
from small import loaded
from tongqu.views.health_html import health_html

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.health(loaded(), days=14, iterations=5)


@pytest.fixture(scope="module")
def pages(found):
    return {language: health_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    groups = (
        "health|care_tier|care_site|care_staff|care_section|care_measure|day_time|ambulance_case|reach|remote"
    )
    assert not re.search(rf"\b({groups}|unreached|study)\.[a-z_]+", words)
    assert ("推算数据不是观测" if language == "zh" else "not observations") in words
    assert ("仍算圈外" if language == "zh" else "are still beyond") in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_name_and_a_twin(pages, language):
    page = pages[language]
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 8
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
    assert f"{said['inside_day']['township']:.1%}" in page
    assert f"{said['inside_night']['township']:.1%}" in page
    assert f"{said['unserved_people']:,.0f}" in page
    assert f"{said['ambulance_corrected']['new']:.1%}" in page
    assert f"{said['assumed_ambulances']:.0f} of the ambulances are not in the data" in page
    villages, sites = found.tables["villages"], found.region["sites"]
    hospitals = sites["kind"].isin(["township_hospital", "county_hospital"]).sum()
    visited = found.tables["rounds"]["unit"].nunique()
    drawn = {
        "circle": (villages["rural"] > 0).sum() + hospitals,
        "ambulance": villages["covered"].notna().sum() + len(found.tables["stations"]),
        "mobile": visited + found.tables["rounds"]["site"].nunique(),
    }
    assert page.count('class="mark"') == sum(drawn.values())


def test_what_is_unknown_is_not_said_as_none(found, pages):
    norms = found.tables["norms"]
    nurses = norms[(norms["variable"] == "nurses") & (norms["level"] == "whole")].iloc[0]
    assert nurses["unknown"] == nurses["sites"]
    row = re.search(r"<tr[^>]*>\s*(?:(?!</tr>).)*Nurses(?:(?!</tr>).)*</tr>", pages["en"], re.DOTALL)
    assert row is not None
    assert "–" in row.group()


def test_names_are_escaped(found):
    units = found.region["units"].assign(name_en="<b>&")
    changed = replace(found.region, tables={**found.region.tables, "units": units})
    page = health_html(replace(found, region=changed), language="en")
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
    page.click("#circle summary")
    assert page.is_visible("#circle table")
