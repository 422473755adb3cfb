"""The page of schools and the sheets: off-line, both languages, twins, figures of the tables."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from small import loaded
from tongqu.views.schools_html import schools_html
from tongqu.views.schools_sheets import school_sheet, school_sheets
from tongqu.views.schools_tables import fault_words
from tongqu.views.words import Words
from tongqu.workflow.schools import schools
from tongqu.workflow.schools.given import FAULTS

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ["zh", "en"]
GIVEN = pd.DataFrame({"unit": ["990101001001", "x"], "stage": ["primary", "junior"], "school": ["p01", "zz"]})


@pytest.fixture(scope="module")
def found():
    return schools(loaded(), catchments=GIVEN)


@pytest.fixture(scope="module")
def pages(found):
    pages = {language: schools_html(found, language=language) for language in LANGUAGES}
    sheets = {f"{language} sheet": school_sheet(found, "p01", language=language) for language in LANGUAGES}
    return pages | sheets


@pytest.mark.parametrize("name", [*LANGUAGES, "zh sheet", "en sheet"])
def test_nothing_is_fetched_and_nothing_is_missing(pages, name):
    page = pages[name]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(schools|school_stage|merger_verdict|study)\.[a-z_]+", words)
    assert ("推算" if name.startswith("zh") else "modelled") in words
    if name.startswith("en"):
        assert not re.search(r"[\u4e00-\u9fff]", words.replace("通衢", ""))


@pytest.mark.parametrize("name", [*LANGUAGES, "en sheet"])
def test_every_chart_has_a_name_and_a_twin(pages, name):
    figures = re.findall(r"<figure>.*?</figure>", pages[name], re.DOTALL)
    assert len(figures) == (1 if "sheet" in name else 5)
    for figure in figures:
        assert re.search(r'<svg class="chart[^"]*"[^>]*aria-label="[^"]+"', figure)
        assert figure.count("<details") == 1
        assert re.search(r"<tbody>\s*<tr", figure)
    ids = re.findall(r' id="([^"]+)"', pages[name])
    assert len(ids) == len(set(ids))
    for one in re.findall(r"url\(#([\w-]+)\)", pages[name].partition("</style>")[2]):
        assert f'id="{one}"' in pages[name]


def test_figures_are_those_of_the_tables(found, pages):
    page, said = unescape(pages["en"]), found.figures
    assert f"{sum(said['pupils'].values()):,.0f}" in page
    assert f"{sum(said['without'].values()):,.0f}" in page
    lines = re.findall(r'<g class="ways".*?</g>', page, re.DOTALL)
    assert sum(group.count("<path") for group in lines) == len(found.tables["catchments"])
    sheet = pages["en sheet"]
    mine = found.tables["catchments"]
    assert sheet.count('class="mark"') == (mine["school"] == "p01").sum()


def test_a_sheet_for_every_open_school(found):
    table = found.tables["schools"]
    assert [code for code, _ in school_sheets(found)] == table.loc[~table["closed"], "school"].tolist()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_says_what_and_how(fault, language):
    row = {
        "fault": fault,
        "unit": "330802",
        "stage": "primary",
        "school": "p01",
        "pupils": 12.0,
        "amount": 31.5,
        "limit": 30.0,
        "row": 4.0,
    }
    rule, mend = fault_words(row, Words(language), names={"p01": "X"})
    assert rule
    assert mend
    assert "{" not in rule + mend


@pytest.mark.browser
def test_in_a_browser(pages, page: Page, tmp_path):
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("zh", "zh sheet"):
        file = tmp_path / f"{name}.html"
        file.write_text(pages[name], encoding="utf-8")
        page.goto(file.as_uri())
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide)
    assert page.off_machine == []  # type: ignore[attr-defined]
    assert said == []
