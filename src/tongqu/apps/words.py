"""The words of the command line, in Chinese and English."""

from __future__ import annotations

import csv
import locale
import os
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = ["Language", "catalogue", "default_language", "say"]

Language = Literal["zh", "en"]


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All words by key and language.

    Examples
    --------
    >>> catalogue()["gap"]["en"]
    'gap'
    """
    text = (files("tongqu.apps") / "text.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}


def say(key: str, language: Language) -> str:
    """The word of a key; a key that is not in the catalogue is an error."""
    return catalogue()[key][language]


def default_language() -> Language:
    """The language asked for by ``TONGQU_LANG``; English in an English locale; Chinese otherwise."""
    asked = os.environ.get("TONGQU_LANG", "")
    if asked in ("zh", "en"):
        return "zh" if asked == "zh" else "en"
    name = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "en" if name.lower().startswith("en") else "zh"
