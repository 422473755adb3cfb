"""Headings of answers about travel, in Chinese and English."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from tongqu.data import Language

__all__ = ["heading", "headings"]


@cache
def headings() -> dict[str, dict[str, str]]:
    """Words of columns, tables and figures by key and language."""
    text = (files("tongqu.workflow.travel") / "headings.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def heading(key: str, language: Language) -> str:
    """The words of a column, a table or a figure; the key itself where it is an id.

    Examples
    --------
    >>> heading("minutes", "zh"), heading("h01", "zh")
    ('分钟', 'h01')
    """
    row = headings().get(key)
    return row[language] if row else key
