"""What the page of health reads, and the colours and names of its tiers, times, cases and villages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.study_page import Format, Study, grid_of
from tongqu.views.words import Words

__all__ = [
    "AMBULANCE_CASES",
    "MOST_ROWS",
    "PERIODS",
    "REACHED",
    "TIERS",
    "HealthTables",
    "minutes",
    "number",
    "placed",
    "places_of",
    "share",
    "yes",
]

TIERS: Final[Mapping[str, str]] = {
    "clinic": "#7ad151",
    "township": "#22a884",
    "county": "#2a788e",
    "city": "#414487",
}
"""Tiers and their fills."""
PERIODS: Final[Mapping[str, str]] = {
    "morning": "#c9a227",
    "day": "#2a788e",
    "evening": "#b3541e",
    "night": "#414487",
}
"""Times of the day and their fills."""
AMBULANCE_CASES: Final = ("today", "stations", "moves", "new")
"""Cases of the ambulances in the order of the page."""
REACHED: Final[Mapping[str, tuple[str, str, float]]] = {
    "inside": ("#b9d7c5", "dot", 1.9),
    "at_times": ("#c9a227", "dot", 3.0),
    "beyond": ("#a3322b", "cross", 4.4),
}
"""Villages inside the township circle by day and at night, at one of them, or never: fill, shape, size."""
MOST_ROWS: Final = 60
"""Rows of a table on the page; the files have all."""


class HealthTables(Study, Protocol):
    """What the page reads: see `tongqu.health`."""

    @property
    def year(self) -> int:
        """Year of the people."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


def places_of(found: Study, words: Words) -> dict[str, str]:
    """Names of places by code, in the language of the page."""
    units = found.region["units"]
    rows = zip(units["unit"], units["name"], units["name_en"], strict=True)
    places = {str(code): words.name(zh, en) for code, zh, en in rows}
    places[found.whole] = words.name(found.region.title_zh, found.region.title_en)
    return places


def placed(
    table: pd.DataFrame,
    columns: Mapping[str, tuple[str, Format | None]],
    *,
    places: Mapping[str, str],
    label: str,
) -> Grid:
    """A table of the page whose codes of places are said by name."""
    codes = [name for name in columns if name in {"unit", "town", "county", "origin", "destination"}]
    named = {name: [places.get(str(one), str(one)) for one in table[name]] for name in codes}
    return grid_of(table.assign(**named), columns=columns, label=label)


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits."""
    return lambda value: words.number(float(value), digits)


def minutes(words: Words) -> Format:
    """Minutes; a word where no road leads."""
    return lambda value: words("health.no_way") if value == float("inf") else words.number(float(value), 1)


def share(words: Words) -> Format:
    """A share as per cent."""
    return lambda value: words.share(float(value))


def yes(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes") if value else words("study.no")
