"""Words and number formats of the report, in Chinese and English."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias

__all__ = ["Language", "Words", "catalogue"]

Language: TypeAlias = Literal["zh", "en"]

WAN_PER_YI: Final = 10_000
"""万元 in one 亿元."""

WAN_PER_MILLION: Final = 100
"""万元 in one million yuan."""

MISSING: Final = "–"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All words of the report by key and language."""
    content = (files("tongqu.views") / "text.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(content.splitlines())}


@dataclass(frozen=True)
class Words:
    """Words and number formats in one language.

    Parameters
    ----------
    language : {"zh", "en"}

    Examples
    --------
    >>> Words("en").money(123456.0), Words("zh").money(123456.0), Words("zh").money(345.6)
    ('1,234.6 million yuan', '12.35 亿元', '346 万元')
    """

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with values filled in.

        Raises
        ------
        KeyError
            If the catalogue has no such key.
        """
        content = catalogue()[key][self.language]
        return content.format(**values) if values else content

    def label(self, group: str, name: str) -> str:
        """The words of a name that sectors or tables bring along; the name itself if it has none."""
        row = catalogue().get(f"{group}.{name}")
        return row[self.language] if row else name

    def money(self, wan: float) -> str:
        """An amount given in 万元, for a sentence."""
        if self.language == "en":
            return f"{wan / WAN_PER_MILLION:,.1f} million yuan"
        return f"{wan / WAN_PER_YI:,.2f} 亿元" if abs(wan) >= WAN_PER_YI else f"{wan:,.0f} 万元"

    def amount(self, wan: float, *, digits: int = 0) -> str:
        """An amount given in 万元, for a table: 万元 in Chinese, million yuan (two digits more) otherwise."""
        return (
            self.number(wan, digits)
            if self.language == "zh"
            else self.number(wan / WAN_PER_MILLION, digits + 2)
        )

    def axis(self, wan: float) -> str:
        """An amount given in 万元, for an axis: 亿元 in Chinese, million yuan in English."""
        return f"{wan / (WAN_PER_YI if self.language == 'zh' else WAN_PER_MILLION):,.6g}"

    def count(self, value: float) -> str:
        """A whole number with thousands separators."""
        return self.number(value, 0)

    def number(self, value: float, digits: int) -> str:
        """A number with thousands separators; a dash where it is missing."""
        if math.isnan(value):
            return MISSING
        content = f"{value:,.{digits}f}"
        return content if content.strip("-0.,") else content.lstrip("-")

    def plain(self, value: float) -> str:
        """A number as short as it can be."""
        return MISSING if math.isnan(value) else f"{value:,.10g}"

    def share(self, value: float, *, digits: int = 1) -> str:
        """A share as per cent; a dash where it is missing."""
        return MISSING if math.isnan(value) else f"{self.number(value * 100, digits)}%"

    def most(self, value: float, *, digits: int = 2) -> str:
        """A share as per cent, rounded up: a bound stays a bound."""
        return f"{math.ceil(value * 100 * 10**digits - 1e-9) / 10**digits:.{digits}f}%"

    def name(self, zh: object, en: object) -> str:
        """The name in the language, or the other one where it is blank."""
        first, second = (zh, en) if self.language == "zh" else (en, zh)
        return str(first) if isinstance(first, str) and first else str(second)

    def listing(self, items: list[str]) -> str:
        """Items in a sentence."""
        return ("；" if self.language == "zh" else "; ").join(items)
