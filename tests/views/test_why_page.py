"""The page of why: off-line, both languages, a number and the run in every sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from tongqu.views.why_html import why_html
from why_small import ROAD, VILLAGE, asked_at

LANGUAGES = ["zh", "en"]
OTHER = "consolidation:990101002"


@pytest.fixture(scope="module")
def found(tiny_run):
    """What was asked, with villages in every state and every kind of answer about projects."""
    made = asked_at(tiny_run.path)
    first = made.tables["villages"].iloc[0].to_dict()
    loss = {f"loss_{name}": 5.0 for name in ("found", "least", "most", "relaxed")}
    money = {"cost_wan": 900.0, "enough_wan": 300.0, "short_wan": 280.0}
    money |= {"more_enough": 1234.0, "more_short": 1150.0, "fall_enough_wan": 320.0, "fall_short_wan": 300.0}
    villages = [
        {**first, "state": "impossible"},
        {**first, "state": "served", **loss, "loss_found": 0.0, "unit": "990101001001"},
        {**first, "state": "displaces", **loss, **money, "projects": ROAD, "unit": "990101001002"},
        {
            **first,
            "state": "displaces",
            **loss,
            "cost_wan": 900.0,
            "enough_wan": float("nan"),
            "more_enough": float("nan"),
            "more_short": 5000.0,
            "fall_enough_wan": float("nan"),
            "fall_short_wan": 900.0,
            "projects": ROAD,
            "unit": "990102001001",
        },
    ]
    question = f"990101001002 {first['service']}"
    changes = pd.DataFrame(
        [
            (question, "served", OTHER, "dropped", 2026, pd.NA, 90.0),
            (question, "served", ROAD, "later", 2026, 2027, 90.0),
            (ROAD, "without", OTHER, "added", pd.NA, 2026, 90.0),
        ],
        columns=list(made.tables["changes"].columns),
    ).astype(made.tables["changes"].dtypes.to_dict())
    people = pd.DataFrame(
        [(question, "served", "clinic", "990101", -40.0), (question, "served", "bus", "990102", 30.0)],
        columns=list(made.tables["people"].columns),
    )
    projects = made.tables["projects"]
    other = projects.iloc[[0]].assign(project=OTHER, without_found=float("nan"), later_found=0.0, futures=0.9)
    tables = {
        **made.tables,
        "projects": pd.concat([projects, other], ignore_index=True),
        "villages": pd.DataFrame(villages),
        "changes": pd.concat([made.tables["changes"], changes], ignore_index=True),
        "people": pd.concat([made.tables["people"], people], ignore_index=True),
    }
    return replace(made, tables=tables)


@pytest.fixture(scope="module")
def pages(found):
    return {language: why_html(found, language=language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fetched_and_nothing_is_missing(pages, language):
    page = pages[language]
    assert not re.search(r"https?://|<script|@import|<link rel=\"stylesheet", page)
    body = re.sub(r"<style[^>]*>.*?</style>", "", unescape(page), flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert "nan" not in words.split()
    assert not re.search(r"\bwhy(_\w+)?\.[a-z_]+", words)
    assert page.count("<figure>") == page.count('<details class="twin">') >= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_a_number_and_the_run(found, pages, language):
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", pages[language], re.DOTALL)
    said = [row for row in rows if f">{found.run.id}<" in row]
    assert len(said) >= 15
    for row in said:
        sentence = re.sub(r"<[^>]+>", "", row).replace(found.run.id, "")
        assert re.search(r"\d", sentence), sentence


def test_it_says_who_gives_up_what_and_what_from_outside_would_do(pages):
    page = unescape(pages["en"])
    assert "Projects dropped for it: 1 (" in page
    assert "40 for “Clinic within a walk”" in page
    assert (
        "with 3.00 million yuan (33%) from outside they are chosen, with 2.80 million yuan they are not"
        in page
    )
    assert "not even if all of it came from outside" in page
    assert "1,234 people more who lack it have it chosen, 1,150 more do not" in page
    assert "not even 5,000 people more who lack it have it chosen" in page
    assert "chosen if their cost falls by 3.20 million yuan (36%), and not if it falls by 3.00" in page
    assert "not chosen even if their cost falls by 9.00 million yuan, to nothing" in page
    assert "The single number that would change it" in page
    assert "0 plans could bring it by 2028" in page
    assert "chosen in 90.0% of the futures" in page
    assert "0 plans keep all limits" in page


def test_figures_are_those_of_the_tables(found, pages):
    row, page = found.tables["projects"].iloc[0], unescape(pages["zh"])
    assert f"{row['without_found']:,.2f}" in page
    assert f"{row['brings']:,.2f}" in page
    assert f"{VILLAGE}" not in page.split("<main")[0]
