"""What the page of logistics reads, and the colours and names of its cases, parts and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = ["CASES", "LEGS", "PARTS", "VANS", "LogisticsTables", "number", "places_of", "share", "yes"]

CASES: Final = ("separate", "joint", "lockers", "drones")
"""Cases in the order of the page."""
PARTS: Final[Mapping[str, str]] = {
    "rounds_yuan": "#2a788e",
    "bus_yuan": "#c9a227",
    "locker_yuan": "#7a3db8",
    "handling_yuan": "#9db7c4",
    "trunk_yuan": "#5b6b78",
}
"""Parts of the cost of a parcel and their fills."""
LEGS: Final[Mapping[str, str]] = {
    "field": "#8fb9a8",
    "first_mile": "#2a788e",
    "station": "#c9a227",
    "trunk": "#5b6b78",
}
"""Legs of farm goods and their fills."""
VANS: Final = ("#1f77b4", "#b3541e", "#2a8c4a", "#b0305c", "#6a51a3", "#8c6d1f", "#17808f", "#5a5a5a")
"""Colours that tell rounds apart; neighbours of a town follow one another."""


class LogisticsTables(Study, Protocol):
    """What the page reads: see `tongqu.logistics`."""

    @property
    def year(self) -> int:
        """Year of people and parcels."""

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


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits."""
    return lambda value: words.number(float(value), digits)


def share(words: Words) -> Format:
    """A share as per cent."""
    return lambda value: words.share(float(value))


def yes(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes") if value else words("study.no")
