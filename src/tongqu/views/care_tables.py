"""What the page of care reads, names of its places, and how its numbers are said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = [
    "FILLS",
    "STATES",
    "CareTables",
    "Columns",
    "count",
    "named",
    "number",
    "of_level",
    "share",
    "state_of",
    "yes",
]

Columns = dict[str, tuple[str, Format | None]]
"""Of each column of a table its heading and how its values are said."""

STATES: Final = ("served", "no_room", "beyond")
"""How those in need of a service stand, in the order of parts and marks."""
FILLS: Final[Mapping[str, tuple[str, str, float]]] = {
    "served": ("#2a788e", "dot", 2.3),
    "no_room": ("#c9a227", "up", 3.0),
    "beyond": ("#a3322b", "cross", 4.0),
}
"""Colour, shape and radius of the mark of each."""


class CareTables(Study, Protocol):
    """What the page reads: see `tongqu.workflow.care.care`."""

    @property
    def year(self) -> int:
        """Year of the people."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


def named(found: Study, words: Words) -> dict[str, str]:
    """Names of places by code, in the language of the page."""
    region = found.region
    units = region["units"]
    rows = zip(units["unit"], units["name"], units["name_en"], strict=True)
    places = {str(code): words.name(zh, en) for code, zh, en in rows}
    places[found.whole] = words.name(region.title_zh, region.title_en)
    return places


def state_of(villages: pd.DataFrame) -> pd.Series:
    """How a village stands: beyond the limit, with a site but without room for some, or served."""
    reason = villages["reason"]
    return reason.where(reason != "", "served")


def of_level(table: pd.DataFrame, service: str, *levels: str) -> pd.DataFrame:
    """Rows of a service and of some levels."""
    return table[(table["service"] == service) & table["level"].isin(levels)]


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits."""
    return lambda value: words.number(float(value), digits)


def count(words: Words) -> Format:
    """A whole number; a dash where it is missing."""
    return number(words)


def share(words: Words) -> Format:
    """A share as per cent."""
    return lambda value: words.share(float(value))


def yes(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes") if value else words("study.no")
