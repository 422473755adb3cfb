"""Names of places, services and indicators in the language of the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.views.tables import Figures
from tongqu.views.words import Words

__all__ = ["Names", "names_of", "unit_of"]

OWN_UNITS: Final = {("care", "place"): "care_place"}
"""Names of units by sector and unit, where a sector says it in words of its own."""


@dataclass(frozen=True)
class Names:
    """Names by code.

    Parameters
    ----------
    places : mapping of str to str
        Name of each place; Chinese where a source has no English one.
    parents : mapping of str to str
        Code of the place above it.
    indicators : mapping of str to str
        Name of each indicator.
    """

    places: dict[str, str]
    parents: dict[str, str]
    indicators: dict[str, str]

    def place(self, unit: object) -> str:
        """Name of a place; blank for a blank code."""
        return self.places.get(str(unit), "")

    def above(self, unit: object) -> str:
        """Name of the place above."""
        return self.place(self.parents.get(str(unit), ""))


def _pairs(table: pd.DataFrame, zh: str, *, en: str) -> Iterable[tuple[object, object]]:
    return zip(table[zh], table[en], strict=True)


def names_of(figures: Figures, words: Words) -> Names:
    """Give the names in the language of the report."""
    units = figures.stored.units
    indicators = figures.stored.run.region["indicators"]
    named = zip(indicators["indicator"], _pairs(indicators, "name_zh", en="name_en"), strict=True)
    return Names(
        places={
            str(unit): words.name(*pair)
            for unit, pair in zip(units.index, _pairs(units, "name", en="name_en"), strict=True)
        },
        parents={str(unit): str(above) for unit, above in units["parent"].dropna().items()},
        indicators={str(code): words.name(*pair) for code, pair in named},
    )


def unit_of(sector: str, unit: str, words: Words) -> str:
    """The unit of a project's size: the sector's own word where it has one (a place is not always at school).

    Examples
    --------
    >>> unit_of("care", "place", Words("zh")), unit_of("education", "place", Words("zh"))
    ('个位', '学位')
    """
    return words.label("unit", OWN_UNITS.get((sector, unit), unit))
