"""Pages of land and of parcels: off-line, both languages, every figure with its twin, in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely

import tongqu
from small import TINY
from tongqu.data.readers.parcels import Parcels
from tongqu.views.land_html import land_html, law_words
from tongqu.views.parcels_html import parcels_html
from tongqu.views.place_map import SEAM, Cells, place_map
from tongqu.views.words import Words

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.land(TINY, cell_m=1000, demand_ha=160.5)


@pytest.fixture(scope="module")
def pages(found):
    return {language: land_html(found, language=language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def parcels(found):
    names = ["overlap", "overlap", "unknown_class", "outside", "area_differs", "not_polygon"]
    findings = pd.DataFrame(
        {
            "finding": names,
            "parcel": ["<u>1", "2", "3", "4", "", "6"],
            "other": ["2", "3", "", "", "", ""],
            "unit": ["990101001", "990101001", "", "", "990101002", ""],
            "lon": [119.1, 119.12, 119.3, 130.0, 119.18, np.nan],
            "lat": [29.2, 29.21, 29.25, 29.2, 29.27, np.nan],
            "area_mu": [30.0, 15.0, 2.0, 3.0, -9.0, 0.0],
            "value": ["20000 m²", "10000 m²", "9999", "", "10 / 19", ""],
        }
    )
    rows = pd.DataFrame(
        {"unit": ["990101001"] * 2, "class": ["farmland", "urban"], "area_mu": [900.0, 600.0]}
    )
    table = pd.DataFrame(
        {"unit": ["990101001"] * 2, "class": ["farmland", "urban"], "area_mu": [900.0, 600.0]}
    )
    shapes = np.array([shapely.box(0, 0, 1, 1)] * 2, dtype=object)
    return Parcels(parcels=table, geometry=shapes, findings=findings, land_use=rows)


def body_of(page: str) -> str:
    body = re.sub(r"<(style|svg)[^>]*>.*?</\1>", "", unescape(page), flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", body)


def check(page: str, language: str) -> None:
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    words = body_of(page)
    assert "nan" not in words.split()
    assert not re.search(r"\b(land|land_class|parcels|study|standing|settlement)\.[a-z_]+", words)
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"通衢", "", words))
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    for figure in figures:
        assert re.search(r'<svg class="chart[^"]*"[^>]*aria-label="[^"]+"', figure)
        assert figure.count("<details") == 1
        assert re.search(r"<tbody>\s*<tr", figure)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for name in re.findall(r"url\(#([\w-]+)\)", page.partition("</style>")[2]):
        assert f'id="{name}"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_land(pages, language):
    page = pages[language]
    check(page, language)
    assert page.count("<figure>") > 10
    assert "推算" in page or "modelled" in page


def test_figures_are_those_of_the_tables(found, pages):
    page, said = unescape(pages["en"]), found.summary()
    assert f"{said['over_floor_mu'] / 15:,.0f} ha" in page
    assert f"{said['built_per_person_m2']:.0f} m² a person" in page
    assert f"{said['idle_mu'] / 15:,.0f} ha" in page
    assert "100.0% of the towns'" in page
    assert "kilometres apart" in page
    assert f"{said['over_floor_mu']:,.0f} 亩" in unescape(pages["zh"])
    # 21,693 mu of farmland: 2.2 万亩, 1.4 thousand hectares.
    assert "耕地 2.2 万亩" in unescape(pages["zh"])
    assert "Farmland 1.4 thousand ha" in page
    towns = found.tables["norms"].query("settlement != 'village'")
    above = towns[towns["unit"].str.len() == 9]["standing"].eq("above").sum()
    assert f"Above the norm ({above})" in page


def test_without_land_use_there_is_still_a_page(found):
    empty = {
        name: table if name in ("suitability", "allocation", "allocated", "cells") else table.iloc[:0]
        for name, table in found.tables.items()
    }
    for language in LANGUAGES:
        page = land_html(replace(found, tables=empty), language=language)
        check(page, language)
        assert 'id="suitability"' in page
        assert 'id="quota"' not in page
    none = {**found.tables, "allocation": found.tables["allocation"].iloc[:0]}
    assert "Nothing is needed" in land_html(replace(found, tables=none), language="en")


def test_what_does_not_fit_is_on_the_card(found):
    short = replace(found, figures={**found.figures, "unmet_ha": 12.5})
    assert "12.5 ha do not fit" in land_html(short, language="en")


def test_articles_in_both_languages():
    text = "Land Administration Law 2019, Art. 39-43"
    assert law_words(text, Words("en")) == text
    assert law_words(text, Words("zh")) == "《中华人民共和国土地管理法》（2019 年修正）第 39—43 条"
    assert law_words("GB 1", Words("zh")) == "GB 1"


def test_cells_of_a_row_are_one_rectangle(found):
    """Seven cells in two rows with a gap: three rectangles as wide as their cells."""
    table = found.tables["cells"]
    row = table["cell"].str.extract(r"r(\d+)c(\d+)").astype(int)
    r, c = int(row[0].median()), int(row[1].median())
    wanted = {(r, c), (r, c + 1), (r, c + 2), (r, c + 4), (r + 1, c), (r + 1, c + 1), (r + 1, c + 2)}
    mine = table[[pair in wanted for pair in zip(row[0], row[1], strict=True)]]
    assert len(mine) == 7
    cells = Cells("x", "#123456", mine["lon"], mine["lat"], 1000)
    svg = place_map(found.region, Words("en"), key="k", label="l", cells=[cells])
    path = re.search(r'fill="#123456" d="([^"]+)"', svg)[1]  # type: ignore[index]
    wide = sorted(float(one) - SEAM for one in re.findall(r"h([\d.]+)v", path))
    assert len(wide) == 3
    assert wide[1] == pytest.approx(3 * wide[0], rel=0.02)
    assert wide[2] == pytest.approx(3 * wide[0], rel=0.02)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_parcels(found, parcels, language):
    page = parcels_html(parcels, region=found.region, file="<i>.gpkg", language=language)
    check(page, language)
    assert "<u>1" not in page
    assert "&lt;i&gt;.gpkg" in page
    assert page.count('class="mark"') == 4  # one lies outside the region, one nowhere
    assert ("2 more are not on the map" if language == "en" else "另有 2 处不在图内") in page
    assert ("45.0 亩" if language == "zh" else "3.00 ha") in page
    clean = replace(parcels, findings=parcels.findings.iloc[:0])
    page = parcels_html(clean, region=found.region, file="x", language=language)
    check(page, language)
    assert ("没有发现问题" if language == "zh" else "Nothing was found") in page


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
    shown = "one => getComputedStyle(one).display"
    assert [page.locator(f".use-{n}").evaluate(shown) for n in range(3)] == ["block", "none", "none"]
    page.set_viewport_size({"width": 380, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
