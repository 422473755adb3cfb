"""Problems in Chinese: the rules and mends of the layers below are written in English."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from tongqu.apps.words import Language
from tongqu.base import Problem
from tongqu.data import table_specs

__all__ = ["patterns", "problem_words", "words_of"]


@cache
def patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with places ``{a}`` in English, as patterns, and in Chinese; the first that fits counts.

    Sentences without places come first: they fit nothing else.
    """
    text = (files("tongqu.apps") / "problems.csv").read_text(encoding="utf-8")
    rows = sorted(csv.DictReader(text.splitlines()), key=lambda row: "{" in row["en"])
    return tuple((_pattern(row["en"]), row["zh"]) for row in rows)


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    named = [f"(?P<{part}>.*?)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)]
    return re.compile("".join(named), re.DOTALL)


@cache
def _meanings() -> Mapping[str, str]:
    """What tables and columns hold: the Chinese words for the English ones."""
    specs = table_specs().values()
    columns = {one.meaning_en: one.meaning_zh for spec in specs for one in spec.columns.values()}
    return columns | {spec.meaning_en: spec.meaning_zh for spec in specs}


def words_of(sentence: str, language: Language) -> str:
    """A sentence in the language; one that the list does not have stays English.

    Examples
    --------
    >>> words_of("below the minimum 0", "zh")
    '小于最小值 0'
    """
    if language == "en":
        return sentence
    for pattern, chinese in patterns():
        if found := pattern.fullmatch(sentence):
            return chinese.format(**{name: _place(part) for name, part in found.groupdict().items()})
    return sentence


def _place(part: str) -> str:
    """What stands in a place of a sentence: a meaning, another sentence, or a value as it is."""
    return _meanings().get(part) or (words_of(part, "zh") if " " in part else part)


def problem_words(problem: Problem, language: Language) -> tuple[str, str]:
    """Rule and mend of a problem in the language."""
    return words_of(problem.rule, language), words_of(problem.mend, language)
