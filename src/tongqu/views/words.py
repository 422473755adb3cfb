"""Words and numbers of the report, in Chinese and English."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = ["Language", "Words", "catalogue"]

Language = Literal["zh", "en"]

WAN_PER_YI = 10_000
"""万元 in one 亿元."""
WAN_PER_MILLION = 100
"""万元 in one million yuan."""


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All words of the report by key and language."""
    text = (files("tongqu.views") / "text.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


class Words:
    """Words and number formats in one language.

    Examples
    --------
    >>> Words("en").money(12345.0), Words("zh").money(12345.0)
    ('123.5 million yuan', '1.23 亿元')
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with values filled in; an unknown key is an error."""
        text = catalogue()[key][self.language]
        return text.format(**values) if values else text

    def money(self, wan: float) -> str:
        """An amount given in 万元."""
        if self.language == "en":
            return f"{wan / WAN_PER_MILLION:,.1f} million yuan"
        return f"{wan / WAN_PER_YI:,.2f} 亿元" if abs(wan) >= WAN_PER_YI else f"{wan:,.0f} 万元"

    def count(self, value: float) -> str:
        """A whole number with thousands separators."""
        return f"{value:,.0f}"

    def share(self, value: float, digits: int = 1) -> str:
        """A share as per cent."""
        return f"{value * 100:.{digits}f}%"

    def name(self, zh: object, en: object) -> str:
        """The name in the language, or the other one where it is blank."""
        first, second = (zh, en) if self.language == "zh" else (en, zh)
        return str(first) if isinstance(first, str) and first else str(second)
