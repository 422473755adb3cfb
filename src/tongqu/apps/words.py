"""The words of the command line, in Chinese and English."""

from __future__ import annotations

import csv
import locale
import os
from functools import cache
from importlib.resources import files
from typing import Literal

__all__ = ["Language", "catalogue", "default_language", "label", "say"]

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


def say(key: str, language: Language, **values: object) -> str:
    """The words of a key with values filled in; a key that is not in the catalogue is an error.

    Examples
    --------
    >>> say("seconds", "en", value=3)
    '3 s'
    """
    return catalogue()[key][language].format(**values)


def label(key: str, language: Language, *, fallback: str = "") -> str:
    """The words of a key that a plug-in may have made up, or the fallback."""
    return catalogue()[key][language] if key in catalogue() else fallback


def default_language() -> Language:
    """The language that ``TONGQU_LANG`` asks for; else Chinese if the locale is Chinese or says nothing."""
    asked = os.environ.get("TONGQU_LANG", "").strip().lower()
    if asked in ("zh", "en"):
        return "zh" if asked == "zh" else "en"
    said = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if not said and os.name == "nt":
        said = locale.getlocale()[0] or ""
    name = said.partition(".")[0].lower()
    return "zh" if name in ("", "c", "posix") or name.startswith(("zh", "chinese")) else "en"
