"""What the page of why reads, and how losses, projects and limits are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.contracts import Run
from tongqu.data import Region
from tongqu.views.words import Words

__all__ = ["WhyNames", "WhyTables", "loss_words", "why_names"]


PARTS: Final = {
    "coordination": "parts_coordination",
    "coverage": "parts_coverage",
    "worst-off": "parts_worst_off",
}
"""How a figure of each goal is said."""


class WhyTables(Protocol):
    """Answers about a plan."""

    @property
    def run(self) -> Run:
        """The run whose plan it is."""

    @property
    def region(self) -> Region:
        """Where."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables by name."""

    def summary(self) -> Mapping[str, Any]:
        """Headline figures."""


@dataclass(frozen=True)
class WhyNames:
    """Names in the language of the page, by code.

    Parameters
    ----------
    whole : str
        The region.
    units, projects, indicators : mapping of str to str
    """

    whole: str
    units: Mapping[str, str]
    projects: Mapping[str, str]
    indicators: Mapping[str, str]


def why_names(found: WhyTables, words: Words) -> WhyNames:
    """Names that the region and the run give."""
    region = found.region

    def named(table: pd.DataFrame, code: str, zh: str, en: str) -> dict[str, str]:
        return {
            str(one): words.name(first, second)
            for one, first, second in zip(table[code], table[zh], table[en], strict=True)
        }

    return WhyNames(
        words.name(region.title_zh, region.title_en),
        named(region["units"], "unit", "name", "name_en"),
        named(found.run["offer/projects"], "project", "name_zh", "name_en"),
        named(region["indicators"], "indicator", "name_zh", "name_en"),
    )


def loss_words(found: WhyTables, words: Words, value: float) -> str:
    """A loss with its unit: millionths of D or of a share, or money."""
    goal = str(found.summary()["goal"])
    if goal == "least-cost":
        return words.money(value)
    return words(f"why.{PARTS[goal]}", value=words.number(value, 2))
