"""What the pages of land read, and how areas are said: 万亩 and 亩 in Chinese, hectares in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pandas as pd

from tongqu.base.units import M2_PER_MU
from tongqu.views.grid import Grid
from tongqu.views.study_page import Format, Study, grid_of
from tongqu.views.words import Words

__all__ = [
    "LandTables",
    "Names",
    "amount",
    "area",
    "flag",
    "mu_words",
    "names_of",
    "number",
    "share",
    "table_of",
]

MU_PER_HA: Final = 10_000 / M2_PER_MU
WAN: Final = 10_000


class LandTables(Study, Protocol):
    """A study of land."""

    @property
    def year(self) -> int:
        """Year of the land use."""


@dataclass(frozen=True)
class Names:
    """Names of places in the language of the page.

    Parameters
    ----------
    whole : str
        All counties together.
    counties : mapping of str to str
        By code, in order.
    units : mapping of str to str
        Counties, towns and the whole by code.
    """

    whole: str
    counties: Mapping[str, str]
    units: Mapping[str, str]


def names_of(found: Study, words: Words) -> Names:
    """Names that the region gives."""
    region = found.region
    units = region["units"]
    called = {
        str(code): words.name(zh, en)
        for code, zh, en in zip(units["unit"], units["name"], units["name_en"], strict=True)
    }
    whole = words.name(region.title_zh, region.title_en)
    counties = {str(code): called[str(code)] for code in region.level("county").index}
    return Names(whole, counties, {**called, found.whole: whole})


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits; a dash where it is missing."""
    return lambda value: words.number(float(value), digits)


def share(words: Words, digits: int = 1) -> Format:
    """A share as per cent; a dash where it is missing."""
    return lambda value: words.share(float(value), digits=digits)


def area(words: Words) -> Format:
    """An area given in mu: mu in Chinese, hectares in English."""
    each = 1.0 if words.language == "zh" else 1 / MU_PER_HA
    return lambda value: words.number(float(value) * each, 0)


def amount(words: Words, digits: int = 0) -> Format:
    """An amount given in 万元: 万元 in Chinese, million yuan in English."""
    return lambda value: words.amount(float(value), digits=digits)


def flag(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes" if bool(value) else "study.no")


def mu_words(words: Words, mu: float) -> str:
    """An area given in mu, for a card: 亩 or 万亩, or hectares."""
    if words.language == "en":
        return f"{words.number(mu / MU_PER_HA, 0)} ha"
    return f"{words.number(mu / WAN, 2)} 万亩" if abs(mu) >= WAN else f"{words.number(mu, 0)} 亩"


def table_of(
    table: pd.DataFrame,
    columns: Sequence[tuple[str, Format | None]],
    *,
    words: Words,
    names: Names,
    label: str,
    css: str = "",
) -> Grid:
    """A table of the page: columns with the words ``land.c_<column>``, codes of places as names."""
    shown = table.assign(unit=[names.units.get(str(one), str(one)) for one in table["unit"]])
    said = {
        "class": lambda one: words.label("land_class", one),
        "settlement": lambda one: words.label("settlement", one),
        "standing": lambda one: words.label("standing", one),
    }
    for column in said.keys() & set(shown.columns):
        shown[column] = [said[column](str(one)) if one else "–" for one in shown[column]]
    heads = {name: (words.label("land_column", name), form) for name, form in columns}
    return grid_of(shown, columns=heads, label=label, css=css)
