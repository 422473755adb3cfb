"""Names and formats that the sections of the page of futures share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = ["MAIN", "FuturesTables", "number", "parameter_names", "place_names", "plan_name", "share"]

MAIN: Final = "plan"
"""Code of the plan that the page is about first."""


class FuturesTables(Study, Protocol):
    """What the page reads: see `tongqu.futures`."""

    @property
    def year(self) -> int:
        """Last year of the plans."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


def plan_name(words: Words, name: str) -> str:
    """Name of a plan."""
    return words.label("futures_plan", name)


def parameter_names(found: Study, words: Words) -> dict[str, str]:
    """Names of the standards."""
    table = found.region["standards"]
    rows = zip(table["standard"], table["name_zh"], table["name_en"], strict=True)
    return {str(code): words.name(zh, en) for code, zh, en in rows}


def place_names(found: Study, words: Words) -> dict[str, str]:
    """Names of places by code."""
    units = found.region["units"]
    rows = zip(units["unit"], units["name"], units["name_en"], strict=True)
    return {str(code): words.name(zh, en) for code, zh, en in rows}


def number(words: Words, digits: int) -> Format:
    """Words of numbers with some digits."""
    return lambda value: words.number(float(value), digits)


def share(words: Words, digits: int = 1) -> Format:
    """Words of shares as per cent."""
    return lambda value: words.share(float(value), digits=digits)
