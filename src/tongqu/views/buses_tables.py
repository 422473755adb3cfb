"""What the page of buses reads, names that the region gives, and how numbers are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = ["AFTER", "REASONS", "STATES", "BusTables", "Names", "amount", "names_of", "number", "share"]

STATES: Final = ("today", "line", "zone", "without")
"""States of a village with rural people: a bus today, by a new line, on demand, still none."""

AFTER: Final = {"today": "#31688e", "line": "#d1700a", "zone": "#1f9470", "without": "#440154"}
"""Colour of each state, at least 3 to 1 on white; shapes differ as well."""

REASONS: Final = ("no_bus", "too_far", "too_few")
"""Why a village has no bus today, the plainest first."""


class BusTables(Study, Protocol):
    """What the page reads of a study of buses: see `tongqu.buses`."""

    @property
    def year(self) -> int:
        """Year that the people are of."""


@dataclass(frozen=True)
class Names:
    """Names of places by code: the whole, counties in order, towns and villages."""

    whole: str
    counties: Mapping[str, str]
    units: Mapping[str, str]

    def way(self, stops: Sequence[str], *, most: int = 5) -> str:
        """Names along a line, those in the middle of a long one left out."""
        called = [self.units.get(one, one) for one in stops]
        if len(called) > most:
            half = most // 2
            called = [*called[: most - half], "…", *called[-half:]]
        return " – ".join(called)


def names_of(found: BusTables, words: Words) -> Names:
    """The names that a region has, in the language of the page."""
    region = found.region
    units = region["units"].set_index("unit")
    called = {
        str(code): words.name(zh, en)
        for code, zh, en in zip(units.index, units["name"], units["name_en"], strict=True)
    }
    whole = words.name(region.title_zh, region.title_en)
    counties = {str(code): called[str(code)] for code in region.level("county").index}
    return Names(whole, counties, {**called, found.whole: whole})


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits; a dash where it is missing."""
    return lambda value: words.number(float(value), digits)


def share(words: Words) -> Format:
    """A share as per cent; a dash where it is missing."""
    return lambda value: words.share(float(value))


def amount(words: Words) -> Format:
    """An amount given in 万元: 万元 in Chinese, thousand yuan otherwise, for sums are small."""
    return lambda value: words.number(float(value) * (1 if words.language == "zh" else 10), 1)
