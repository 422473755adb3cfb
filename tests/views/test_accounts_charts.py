"""Charts of the accounts where there is one year or one value, and where nothing is known."""

from __future__ import annotations

import re

import pytest

import tongqu
from small import TINY
from tongqu.contracts import Scenario
from tongqu.views.accounts_html import accounts_html
from tongqu.views.svg import Scale

NOBODY = dict.fromkeys(("pension.coverage_young", "pension.coverage", "pension.coverage_old"), 0.0)


def test_a_scale_of_one_value_has_its_middle():
    assert Scale(2024, 2024, 60, 100)(2024) == 80
    assert Scale(0, 0, 100, 0)(0) == 50


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("assume", "until", "futures"),
    [
        ({}, 2024, 0),
        ({}, 2024, 3),
        ({"growth.transfers": 0.035}, 2030, 0),
        (NOBODY, 2024, 3),
        (NOBODY, 2030, 0),
    ],
    ids=["one year", "one year with ranges", "no shortfall", "no members in one year", "no members"],
)
def test_the_page_is_whole(language, assume, until, futures):
    found = tongqu.accounts(TINY, Scenario(assume=assume), until=until, futures=futures)
    page = accounts_html(found, language=language)
    assert page.count("<svg") > 5
    assert not re.search(r">\s*nan\s*<", page)
    assert not re.search(r'="[^"]*\b(nan|inf)\b[^"]*"', page)
