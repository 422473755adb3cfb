"""What the page of an economy reads, names that the region gives, and how numbers are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from tongqu.views.economy_charts import EARNERS
from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = ["EconomyTables", "Names", "amount", "names_of", "number", "only", "share", "yes"]


class EconomyTables(Study, Protocol):
    """What the page reads of an economy: see `tongqu.Economy`."""

    @property
    def year(self) -> int:
        """Year of the value added."""

    @property
    def reference(self) -> str:
        """Area and year of the table that is borrowed."""


@dataclass(frozen=True)
class Names:
    """Names by code: places, industries, products, and stages by product."""

    places: Mapping[str, str]
    industries: Mapping[str, str]
    products: Mapping[str, str]
    stages: Mapping[str, Mapping[str, str]]


def names_of(found: EconomyTables, words: Words) -> Names:
    """The names that the region has, in the language of the page."""
    region = found.region
    units = region["units"].set_index("unit")
    places = {found.whole: words.name(region.title_zh, region.title_en)}
    for unit in found.tables["structure"]["unit"].unique()[1:]:
        places[str(unit)] = words.name(units.at[unit, "name"], units.at[unit, "name_en"])
    column = f"name_{words.language}"

    def by(table: str, key: str) -> dict[str, str]:
        if table not in region.tables:
            return {}
        rows = region[table].drop_duplicates(key)
        return {str(code): str(name) for code, name in zip(rows[key], rows[column], strict=True)}

    products = by("chain_products", "product")
    ends = {name: words.label("end", name) for name in ("sale", *EARNERS)}
    stages = {}
    for product in products if "chain_stages" in region.tables else ():
        rows = region["chain_stages"]
        mine = rows[rows["product"] == product]
        own = {str(code): str(name) for code, name in zip(mine["stage"], mine[column], strict=True)}
        stages[product] = ends | own
    return Names(places, by("industries", "industry"), products, stages)


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits."""
    return lambda value: words.number(float(value), digits)


def share(words: Words) -> Format:
    """A share as per cent."""
    return lambda value: words.share(float(value))


def amount(words: Words) -> Format:
    """An amount given in 万元."""
    return lambda value: words.amount(float(value))


def yes(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes") if value else words("study.no")


def only(table: pd.DataFrame, **values: str) -> pd.DataFrame:
    """Rows in which columns have these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table
