"""The page of buses: off-line, both languages, charts with twins, figures of the tables, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

import tongqu
from small import TINY
from tongqu.views.buses_html import buses_html
from tongqu.views.cost_curve import Spent, cost_curve

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.buses(TINY, budget_wan=25)


@pytest.fixture(scope="module")
def pages(found):
    return {language: buses_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<(style|svg)[^>]*>.*?</\1>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(buses|bus_state|bus_note|bus_kind|bus_reason|study)\.[a-z_]+", words)
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", words)
    assert "推算" in words or "modelled" in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_name_and_a_twin(pages, language):
    page = pages[language]
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) >= 4
    for figure in figures:
        assert re.search(r'<svg class="chart[^"]*"[^>]*aria-label="[^"]+"', figure)
        assert figure.count("<details") == 1
        assert re.search(r"<tbody>\s*<tr", figure)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids
    for name in re.findall(r"url\(#([\w-]+)\)", page.partition("</style>")[2]):
        assert f'id="{name}"' in page


def test_figures_are_those_of_the_tables(found, pages):
    said, page = found.summary(), unescape(pages["en"])
    assert f"{said['people_share_after']:.1%}" in page
    assert f"{said['net_wan'] / 100:,.1f} million yuan" in page
    line = found.tables["lines"].iloc[0]
    assert f"{line['line']}" in page
    assert f"{line['cost_wan'] * 10:,.1f}" in page
    assert page.count('class="spent"') == len(found.tables["choice"])
    villages = found.tables["villages"]
    assert page.count('class="mark"') == (villages["state"] != "nobody").sum()
    assert "Left out for money" in page
    assert "shown on this page" in page


def test_modelled_villages_are_hatched_and_observed_ones_not(found):
    villages = found.tables["villages"]
    seen = replace(found, tables={**found.tables, "villages": villages.assign(modelled=False)})
    hatched = r'class="mark"[^>]*fill="url'
    assert re.search(hatched, buses_html(found))
    assert not re.search(hatched, buses_html(seen))


def test_names_are_escaped(found):
    units = found.region["units"].assign(name_en="<b>&")
    region = replace(
        found.region, tables={**{name: found.region[name] for name in found.region.tables}, "units": units}
    )
    page = buses_html(replace(found, region=region), language="en")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_the_curve_is_in_scale_and_its_bounds_lie_above():
    points = [
        Spent(0, 0, 0, "none"),
        Spent(10, 50, 60, "half", shown="here", taken=True),
        Spent(20, 80, 80, "all"),
    ]
    svg = cost_curve(points, heads=("c", "p"), label="l", words=(str, str), colour="#111111")
    path = re.search(r'class="trend" points="([^"]+)"', svg)
    assert path
    places = [tuple(map(float, one.split(","))) for one in path[1].split()]
    assert places[1][0] - places[0][0] == pytest.approx(places[2][0] - places[1][0], abs=0.2)
    assert (places[0][1] - places[1][1]) * 80 == pytest.approx((places[0][1] - places[2][1]) * 50, rel=1e-2)
    tops = [float(top) for top in re.findall(r'class="bound" d="M[\d.]+ [\d.]+V([\d.]+)', svg)]
    assert tops[1] < places[1][1] - 5
    assert tops[2] == pytest.approx(places[2][1], abs=0.1)
    assert svg.count(">here<") == 1


@pytest.mark.browser
def test_in_a_browser(pages, page: Page, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(pages["zh"], encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.off_machine == []  # type: ignore[attr-defined]
    assert said == []
    page.set_viewport_size({"width": 380, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


@pytest.mark.parametrize("costs", [[-4.0, -1.0], [-5.0, 3.0], [0.0, 0.0], [-0.001, 9.0], []])
def test_a_curve_of_choices_that_bring_money(costs):
    points = [Spent(cost, 1.0, 2.0, "p") for cost in costs]
    svg = cost_curve(points, heads=("c", "p"), label="l", words=(str, str), colour="#111111")
    across = [float(one) for one in re.findall(r'class="spent" d="M(-?[\d.]+)', svg)]
    assert len(across) == len(costs)
    assert all(60 <= one <= 900 for one in across)
