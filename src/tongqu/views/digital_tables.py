"""What the page of digital networks reads, names of its places, and how its numbers are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = ["FILLS", "KINDS", "DigitalTables", "Names", "names_of", "number", "share", "yes"]

KINDS: Final = ("both", "fibre", "g5", "none")
"""What a village has, in the order of parts and marks."""
FILLS: Final[Mapping[str, tuple[str, str, float]]] = {
    "both": ("#2a788e", "dot", 2.3),
    "fibre": ("#8fb9a8", "square", 2.3),
    "g5": ("#c9a227", "up", 3.2),
    "none": ("#a3322b", "cross", 4.4),
}
"""Colour, shape and radius of the mark of each."""


class DigitalTables(Study, Protocol):
    """What the page reads: see `tongqu.digital`."""

    @property
    def year(self) -> int:
        """Year of the people."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


@dataclass(frozen=True)
class Names:
    """Names by code: places, and stations."""

    places: Mapping[str, str]
    stations: Mapping[str, str]


def names_of(found: Study, words: Words) -> Names:
    """The names that the region has, in the language of the page."""
    region = found.region

    def by(table: pd.DataFrame, key: str) -> dict[str, str]:
        rows = zip(table[key], table["name"], table["name_en"], strict=True)
        return {str(code): words.name(zh, en) for code, zh, en in rows}

    sites = region["sites"]
    places = by(region["units"], "unit")
    places[found.whole] = words.name(region.title_zh, region.title_en)
    return Names(places, by(sites[sites["kind"] == "base_station"], "site"))


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits."""
    return lambda value: words.number(float(value), digits)


def share(words: Words) -> Format:
    """A share as per cent."""
    return lambda value: words.share(float(value))


def yes(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes") if value else words("study.no")
