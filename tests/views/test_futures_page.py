"""The page of futures: off-line, both languages, twins, figures of the tables, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import futures_small
from tongqu.views.charts import Series
from tongqu.views.futures_charts import Spread, spreads
from tongqu.views.futures_html import futures_html
from tongqu.views.study_charts import trends

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return futures_small.study()


@pytest.fixture(scope="module")
def pages(found):
    return {language: futures_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(futures|futures_\w+|luck|study)\.[a-z_]+", words)
    assert ("不是观测值" if language == "zh" else "none observed") in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_name_and_a_twin(pages, language):
    page = pages[language]
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 6
    for figure in figures:
        assert re.search(r'<svg class="chart[^"]*"[^>]*aria-label="[^"]+"', figure)
        assert figure.count("<details") == 1
        assert re.search(r"<tbody>\s*<tr", figure)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_figures_are_those_of_the_tables(found, pages):
    page, plans = unescape(pages["en"]), found.tables["plans"].set_index("plan")
    assert f"{plans.at['plan', 'p50']:.3f}" in page
    assert f"{plans.at['plan', 'gain']:.1%}" in page
    assert f"{plans.at['robust', 'kept']:.0%}" in page
    assert "The robust plan" in page
    assert "Those who come against the decade of the censuses" in page


def test_without_planning_again_nothing_is_said_of_choices(found):
    tables = {**found.tables, "choices": found.tables["choices"].head(0)}
    figures = {**found.figures, "replanned": 0, "robust": None, "infeasible": [3]}
    page = futures_html(replace(found, tables=tables, figures=figures), language="en")
    assert 'id="choices"' not in page
    assert "In 1 futures that were planned again no plan keeps all limits" in page


def test_a_band_of_no_width_is_still_drawn():
    row = Spread("one & all", 0.5, 0.5, 0.5, 0.5)
    drawn = spreads([row], label="l", unit="D", words=str, marks=("m", "e", "w"))
    assert "one &amp; all" in drawn
    assert 'width="1.0"' in drawn or 'width="1"' in drawn


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
    page.click("#plans summary")
    assert page.is_visible("#plans table")


def test_names_at_the_ends_of_lines_stand_apart_and_above_the_years():
    series = [Series(f"county {number}", "#12394f", [0.9, 0.0]) for number in range(6)]
    drawn = trends([2026, 2030], series=series, label="l", unit="u", words="{:.0%}".format, zero=True)
    ends = sorted(float(y) for y in re.findall(r'class="end" x="[\d.]+" y="([\d.]+)"', drawn))
    axis = max(float(y) for y in re.findall(r'class="grid" x1="[\d.]+" y1="([\d.]+)"', drawn))
    assert len(ends) == 6
    assert min(after - before for before, after in pairwise(ends)) >= 12
    assert ends[-1] < axis + 10


def test_the_page_says_whether_the_money_suffices_and_what_can_be_done(found, pages):
    said = found.figures["shortfall"]
    assert said["kept"] < 0.8
    page = re.sub(r"\s+", " ", unescape(pages["en"]))
    assert f"In {said['kept']:.0%} of 10 futures the plan can be paid" in page
    assert "Make a robust plan" in page
    assert "Keep a reserve" in page
    enough = {**found.figures, "shortfall": {**said, "kept": 0.9}}
    calm = futures_html(replace(found, figures=enough), language="zh")
    assert "资金在 90% 里够用" in calm
    assert "留预备费" not in calm
