"""The map of travel: one file, off-line, both languages, every village and its twin in a table."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import tongqu
from tongqu.views.travel_html import MINUTES, travel_html
from tongqu.workflow import travel

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tongqu.data import Region
    from tongqu.views.words import Language

TINY = Path(__file__).parents[1] / "data" / "tiny"


@pytest.fixture(scope="module")
def region() -> Region:
    return tongqu.load(TINY)


def page_of(region: Region, language: Language = "en") -> str:
    found = travel.isochrones(region, "county_hospital", limits=(10, 20))
    minutes = found.minutes.copy()
    minutes.iloc[-1] = np.inf
    return travel_html(
        region,
        minutes,
        measure="minutes",
        title="Isochrones",
        sites=found.sites,
        kinds={"county_hospital": "County <hospital>"},
        areas=list(zip((10.0, 20.0), found.shapes, strict=True)),
        facts=found.facts(language),
        language=language,
    )


def test_every_village_has_its_class(region):
    page = page_of(region)
    minutes = travel.isochrones(region, "county_hospital", limits=(10, 20)).minutes.to_numpy()
    classes = [int(text) for text in re.findall(r'class="v" data-class="(-?\d+)"', page)]
    assert classes == [*(sum(edge < time for edge in MINUTES) for time in minutes[:-1]), -1]
    counted = [int(text) for text in re.findall(r'<b class="tally">(\d+)</b>', page)]
    assert counted[: len(MINUTES) + 2] == [classes.count(number) for number in [*range(len(MINUTES) + 1), -1]]
    assert page.count('class="site"') == 2
    assert page.count('class="reach"') == 2
    assert "County &lt;hospital&gt;" in page


def test_the_table_says_the_same(region):
    rows = re.findall(
        r'<tr><th scope="row">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td><td class="n">([^<]*)</td></tr>',
        page_of(region),
    )
    titles = re.findall(r'<circle class="v"[^>]*><title>([^<]*)</title>', page_of(region))
    assert sorted(f"{name}: {value}" for name, _, _, value in rows) == sorted(titles)
    assert rows[0][3] == "out of reach"
    shown = [float(value) for *_, value in rows[1:]]
    assert shown == sorted(shown, reverse=True)


def test_modelled_positions_are_hatched(region):
    units = region["units"].copy()
    villages = units["level"] == "village"
    units.loc[villages, "modelled_columns"] = np.where(np.arange(villages.sum()) % 2, "lon;lat", None)
    guessed = replace(region, tables={**region.tables, "units": units})
    page = page_of(guessed)
    fills = re.findall(r'class="v" data-class="-?\d+" [^>]*fill="([^"]*)"', page)
    hatched = [fill.startswith("url(#m") for fill in fills]
    assert hatched[:-1] == [bool(number % 2) for number in range(len(fills) - 1)]
    assert fills[-1] == "url(#h-out)"
    assert f"{sum(number % 2 for number in range(len(fills))) / len(fills):.1%} of village positions" in page


def test_supply_is_coloured_the_other_way(region):
    values = pd.Series([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], index=region.level("village").index)
    page = travel_html(region, values, measure="per_1000", title="Access", language="zh")
    first, last = (re.findall(r'class="v" data-class="(\d+)"[^>]*fill="([^"]*)"', page)[i] for i in (0, -1))
    assert int(first[0]) < int(last[0])
    assert first[1] == "#440154"
    assert last[1] == "#fde725"
    assert "每千人供给" in page
    constant = travel_html(region, values * 0, measure="per_1000", title="Access", language="zh")
    assert constant.count('class="v"') == len(values)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_fetched(region, language):
    page = page_of(region, language)
    assert not re.search(r"https?://|<script|@import", page)
    assert page == page_of(region, language)
    body = re.sub(r"<(style|svg)[^>]*>.*?</\1>", "", unescape(page), flags=re.DOTALL)
    if language == "zh":
        assert "到不了" in body


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", "en"])
def test_in_a_browser(region, page: Page, tmp_path, language):
    file = tmp_path / "map.html"
    file.write_text(page_of(region, language), encoding="utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert page.off_machine == []  # type: ignore[attr-defined]
    assert said == []
    assert page.locator("circle.v").count() == 8
    fill = page.locator("path.reach").first.evaluate("one => getComputedStyle(one).fill")
    assert fill.startswith("rgb(")
    for layer in ("areas", "sites", "villages"):
        assert page.locator(f"#{layer}").evaluate("one => getComputedStyle(one).display") != "none"
        page.locator(f"#hide-{layer}").focus()
        page.keyboard.press("Space")
        assert page.locator(f"#{layer}").evaluate("one => getComputedStyle(one).display") == "none"
    page.locator("summary").press("Enter")
    assert page.locator(".twin tbody tr").count() == 8
    page.set_viewport_size({"width": 380, "height": 700})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 380
