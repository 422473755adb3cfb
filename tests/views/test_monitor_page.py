"""The page of a monitored plan and of one made again: off-line, both languages, twins, the journal."""

from __future__ import annotations

import re
from html import unescape

import pytest

from monitored import again, begun
from tongqu.views.gantt import Bar, gantt
from tongqu.views.monitor_html import monitor_html
from tongqu.workflow.monitor import Actuals, monitor

LANGUAGES = ["zh", "en"]


@pytest.fixture(scope="module")
def made():
    return again()


@pytest.fixture(scope="module")
def pages(made):
    return {
        (language, new is not None): monitor_html(made.monitoring, again=new, language=language)
        for language in LANGUAGES
        for new in (None, made.run)
    }


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_no_word_is_missing(pages, language, new):
    page = pages[language, new]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL))
    assert "nan" not in words.split()
    assert not re.search(r"\bmonitor\.[a-z_]+", words.replace("tongqu why", ""))
    assert ("无法计入" if language == "zh" else "nothing follows") in words
    assert page.count("<figure>") == page.count('<details class="twin">') == (2 if new else 1)
    for name in re.findall(r"url\(#([\w-]+)\)", page.partition("</style>")[2]):
        assert f'id="{name}"' in page


def test_every_decision_and_every_plan_of_the_journal_is_on_the_page(made, pages):
    page = pages["en", True]
    names = made.earlier["offer/projects"].set_index("project")["name_en"]
    for project in made.changes.loc[~made.changes["change"].isin(["built", "kept"]), "project"]:
        assert unescape(page).count(names[project]) >= 1
    assert page.count(made.run.id) >= 2
    assert made.earlier.id in page
    assert "given up by the user" in page


def test_the_drawing_has_an_outline_for_the_plan_and_a_bar_for_what_is():
    nothing = (float("nan"), float("nan"))
    rows = [
        Bar("a", "moved", "moved", (2026, 2027), (2027, 2028)),
        Bar("b", "dropped", "dropped", (2026, 2028), nothing),
        Bar("c", "added", "added", nothing, (2028, 2031)),
    ]
    drawn = gantt(rows, years=(2026, 2027, 2028), from_year=2027, label="g", past="past")
    assert drawn.count("stroke-dasharray") == 2
    assert drawn.count("<title>") == 4
    right = [float(x) + float(w) for x, w in re.findall(r'<rect x="([\d.]+)"[^>]*? width="([\d.]+)"', drawn)]
    assert max(right) <= 900
    long = gantt(
        [Bar("长" * 90, "kept", "k", nothing, (2026, 2027))],
        years=(2026,),
        from_year=2026,
        label="g",
        past="",
    )
    assert "…" in long


def test_a_plan_that_went_as_planned_says_so(made):
    told = Actuals(begun(made.earlier, until=2026))
    page = monitor_html(monitor(made.earlier, told, year=2026), language="en")
    assert "Everything is within tolerance" in page
