"""Pages of the economy and the accounts: off-line, both languages, every chart with its twin, the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import tongqu
from small import TINY
from tongqu.views.accounts_html import accounts_html
from tongqu.views.charts import Series
from tongqu.views.economy_charts import _seats
from tongqu.views.economy_html import economy_html
from tongqu.views.maps import frame_of
from tongqu.views.outlook_map import county_spots
from tongqu.views.study_charts import Level, Point, bars, quadrants, trends
from tongqu.views.svg import boxes_meet, text_box, text_width
from tongqu.views.words import Words

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]
KINDS = ["economy", "accounts"]


@pytest.fixture(scope="module")
def found():
    quzhou = tongqu.load("quzhou")
    return {"economy": tongqu.economy(quzhou), "accounts": tongqu.accounts(quzhou, until=2040, futures=8)}


@pytest.fixture(scope="module")
def pages(found):
    made = {"economy": economy_html, "accounts": accounts_html}
    return {
        (kind, language): made[kind](found[kind], language=language)
        for kind in KINDS
        for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_and_nothing_is_missing(pages, kind, language):
    page = pages[kind, language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<(style|svg)[^>]*>.*?</\1>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(economy|accounts|study|budget|ranged|pension)\.[a-z_]+", words)
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"通衢", "", words))
    assert "推算" in words or "modelled" in words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_has_a_name_and_a_twin(pages, kind, language):
    page = pages[kind, language]
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) > 10
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


def test_figures_of_the_economy_are_those_of_the_tables(found, pages):
    economy, page = found["economy"], unescape(pages["economy", "en"])
    said = economy.summary()
    assert f"{said['value_added_wan'] / 100:,.1f} million yuan" in page
    assert f"{said['chains']['citrus']['processing_ratio']:.2f}" in page
    assert f"{said['modelled_value_added']:.1%}" in page
    assert page.count('class="site"') == len(economy.sites)
    assert page.count("chart sankey") == 2 * economy.chain_summary["product"].nunique()
    assert "target 2.5" in page


def test_figures_of_the_accounts_are_those_of_the_tables(found, pages):
    accounts, page = found["accounts"], unescape(pages["accounts", "en"])
    said = accounts.summary()
    assert f"{said['self_sufficiency']['2040']:.1%}" in page
    assert f"{said['incomes_ratio']['2040']:.2f}" in page
    assert "97.1% of the rows" in page
    assert "line 100%" in page
    assert page.count('class="fan" points') == 3 + 1 + 4 + 3
    assert "no project is in it" in page


def test_without_futures_there_is_no_fan():
    page = accounts_html(tongqu.accounts(TINY, until=2030, futures=0), language="en")
    assert 'class="fan" points' not in page
    assert "No futures were drawn" in page
    assert 'id="incomes"' not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_small_region_and_one_without_tables(language):
    region = tongqu.load(TINY)
    page = economy_html(tongqu.economy(region), language=language)
    assert 'id="multipliers"' in page
    kept = {name: region[name] for name in region.tables if name not in ("input_output", "chain_stages")}
    page = economy_html(tongqu.economy(replace(region, tables=kept)), language=language)
    assert 'id="multipliers"' not in page
    assert 'id="chains"' not in page


def test_names_are_escaped(found):
    region = found["economy"].region
    products = region["chain_products"].assign(name_en="<b>&")
    changed = replace(
        region, tables={**{name: region[name] for name in region.tables}, "chain_products": products}
    )
    page = economy_html(replace(found["economy"], region=changed), language="en")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


def test_bars_are_in_scale_and_reach_their_goal():
    rows = [
        ("a", [Series("x", "#111", [3.0]), Series("y", "#222", [1.0])]),
        ("b", [Series("x", "#111", [2.0])]),
    ]
    svg = bars(rows, label="l", unit="u", words=lambda v: f"{v:g}", goal=("goal", 4.0))
    found = [float(size) for size in re.findall(r'width="([\d.]+)" height="[\d.]+" fill="#', svg)]
    assert found[0] == pytest.approx(3 * found[1], abs=0.3)
    assert found[2] == pytest.approx(2 * found[1], abs=0.3)
    end = float(re.search(r'x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="[\d.]+" fill="#222"', svg)[1])  # type: ignore[index]
    line = float(re.search(r'class="limit" x1="([\d.]+)"', svg)[1])  # type: ignore[index]
    assert line == pytest.approx(end + found[1], abs=0.3)
    assert "a y 1 u" in svg


def test_points_lie_in_their_part_of_the_plane():
    points = [Point("key", 1.2, 1.3, shown=True), Point("weak", 0.8, 0.7, shown=True), Point("one", 1.0, 1.0)]
    svg = quadrants(points, heads=("x", "y"), corners=["k", "f", "w", "b"], label="l")
    places = {
        name: (float(x), float(y))
        for x, y, name in re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="4.5"><title>(\w+):', svg)
    }
    assert places["weak"][0] < places["one"][0] < places["key"][0]
    assert places["key"][1] < places["one"][1] < places["weak"][1]
    zero = re.findall(r'class="zero" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)"', svg)
    assert any(float(x1) == pytest.approx(places["one"][0]) == float(x2) for x1, _, x2 in zero)
    assert svg.count('class="county"') == 2


def test_names_at_the_ends_of_lines_do_not_collide():
    series = [Series(f"s{k}", "#111", [1.0, 2.0 + k / 100]) for k in range(5)]
    svg = trends([2024, 2025], series=series, label="l", unit="u", words=str, levels=[Level("goal", 3.0)])
    ys = sorted(float(y) for y in re.findall(r'class="end" x="[\d.]+" y="([\d.]+)"', svg))
    assert len(ys) == 5
    assert min(b - a for a, b in pairwise(ys)) >= 14.9
    assert svg.count('class="limit"') == 1
    assert len(set(re.findall(r'stroke-dasharray="([^"]+)"', svg))) == 5
    gap = Series("gap", "#222", [float("nan"), 1.0])
    assert "nan" not in trends([2024, 2025], series=[gap], label="l", unit="u", words=str)


@pytest.mark.browser
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_browser(pages, page: Page, tmp_path, kind):
    file = tmp_path / "page.html"
    file.write_text(pages[kind, "zh"], encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.off_machine == []  # type: ignore[attr-defined]
    assert said == []
    picked = "chains" if kind == "economy" else "budgets"
    shown = "one => getComputedStyle(one).display"
    assert [page.locator(f".{picked}-{n}").evaluate(shown) for n in range(3)] == ["block", "none", "none"]
    page.locator(f"#{picked}-0").focus()
    page.keyboard.press("ArrowDown")
    assert [page.locator(f".{picked}-{n}").evaluate(shown) for n in range(3)] == ["none", "block", "none"]
    assert page.locator("input").evaluate_all(
        "all => all.every(one => one.closest('label').offsetHeight >= 24)"
    )
    page.set_viewport_size({"width": 380, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chain_without_prices_and_a_region_without_jobs(language):
    region = tongqu.load(TINY)
    tables = {name: region[name] for name in region.tables}
    free = region["chain_stages"].assign(price=0.0)
    page = economy_html(
        tongqu.economy(replace(region, tables=tables | {"chain_stages": free})), language=language
    )
    assert ("因此不画图" if language == "zh" else "there is no diagram") in page
    kept = {name: table for name, table in tables.items() if name != "jobs"}
    page = economy_html(tongqu.economy(replace(region, tables=kept)), language=language)
    assert "nan" not in re.sub(r"<[^>]+>", " ", page).lower().split()


def test_a_place_that_makes_nothing_has_no_trade(found):
    economy = found["economy"]
    gone = economy.structure["unit"].unique()[1]
    lacking = {
        name: getattr(economy, name)[getattr(economy, name)["unit"] != gone]
        for name in ("multipliers", "linkages", "extraction", "io")
    }
    page = economy_html(replace(economy, **lacking), language="en")
    assert 'id="multipliers"' in page


def test_names_at_the_ends_of_lines_fit_into_the_drawing():
    name = "a rule whose name is a good deal longer than others"
    svg = trends([2024, 2025], series=[Series(name, "#111", [1.0, 2.0])], label="l", unit="u", words=str)
    x = float(re.findall(r'class="end" x="([\d.]+)"', svg)[0])
    assert x + text_width(f"{name} 2.0", size=12.5) <= 900
    assert max(float(one) for one in re.findall(r'x2="([\d.]+)"', svg)) < x


def test_names_of_towns_meet_no_name_of_a_county(found):
    found = found["economy"]
    frame = frame_of(found.region)
    words = Words("zh")
    taken = county_spots(found.region, frame, words=words)
    sites = found.sites
    drawn = _seats(sites, frame.at(sites["lon"], sites["lat"]), taken=taken, region=found.region, words=words)
    assert len(drawn) == sites["unit"].nunique()
    boxes = [text_box(x - text_width(name, size=21) / 2, y, words=name, size=21) for x, y, name in taken]
    for one in drawn:
        x, y, name = re.fullmatch(r'<text class="county" x="(.+)" y="(.+)">(.+)</text>', one).groups()
        box = text_box(float(x), float(y), words=name, size=13.5)
        assert not any(boxes_meet(box, other) for other in boxes), name
        boxes.append(box)
