"""The page of care: off-line, both languages, every chart with its table, figures of the tables."""

from __future__ import annotations

import re
from html import unescape

import pytest

import tongqu
from care_small import SITES, cared, halls_only
from tongqu.views.care_html import care_html

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def found():
    return tongqu.care(cared())


@pytest.fixture(scope="module")
def pages(found):
    return {language: care_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\b(care|care_[a-z]+|study|service|kind)\.[a-z_]+", words)
    assert ("推算" if language == "zh" else "modelled") in words
    assert ("假定" if language == "zh" else "assumed") in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_a_name_and_a_twin(pages, language):
    page = pages[language]
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == 12  # bars, map and curve of four services
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
    for service in said["services"]:
        assert f"{said[f'{service}_share']:.1%}" in page
        assert f"{said[f'{service}_beyond']:,.0f} people beyond" in page
    villages, works = found.tables["villages"], found.tables["works"]
    new = int((works["kind"] == "new").sum())
    assert page.count('class="mark"') == int((villages["need"] > 0).sum()) + len(SITES) + new


def test_a_service_that_is_not_known_is_named_under_the_limits():
    page = unescape(care_html(tongqu.care(halls_only()), language="en"))
    assert "no site of these services" in page
    assert "Day care of elders; Meals for elders; Child care under three" in page
    assert 'id="floors"' not in page
