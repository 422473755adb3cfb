"""What the page of schools reads, and the colours and names of its stages, schools and faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.views.study_page import Format, Study
from tongqu.views.words import Words

__all__ = [
    "CATCHMENTS",
    "SchoolsTables",
    "called",
    "fault_words",
    "number",
    "places_of",
    "school_names",
    "share",
    "yes",
]

CATCHMENTS: Final = (
    "#1f77b4", "#b3541e", "#2a8c4a", "#b0305c", "#6a51a3", "#8c6d1f", "#17808f", "#5a5a5a",
)  # fmt: skip
"""Colours that tell neighbouring catchments apart."""


class SchoolsTables(Study, Protocol):
    """What the page reads: see `tongqu.workflow.schools`."""

    @property
    def year(self) -> int:
        """Year of the pupils."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


def places_of(found: Study, words: Words) -> dict[str, str]:
    """Names of places by code, in the language of the page."""
    units = found.region["units"]
    rows = zip(units["unit"], units["name"], units["name_en"], strict=True)
    places = {str(code): words.name(zh, en) for code, zh, en in rows}
    places[found.whole] = words.name(found.region.title_zh, found.region.title_en)
    return places


def school_names(found: Study, words: Words) -> dict[str, str]:
    """Names of schools by code of the site."""
    table = found.tables["schools"]
    rows = zip(table["school"], table["school_name"], table["school_name_en"], strict=True)
    return {str(code): words.name(zh, en) for code, zh, en in rows}


def called(
    row: Mapping[Any, Any], words: Words, *, places: Mapping[str, str], names: Mapping[str, str]
) -> str:
    """The place of a row of the faults: a village, a county or a school, as it is known."""
    unit, school = str(row["unit"]), str(row["school"])
    return places.get(unit) or names.get(school) or unit or school or words("schools.nowhere")


def fault_words(row: Mapping[Any, Any], words: Words, *, names: Mapping[str, str]) -> tuple[str, str]:
    """What is wrong in a row of the faults, and how to mend it."""

    def said(key: str, digits: int = 0) -> str:
        value = row[key]
        return words.number(float(value), digits) if value == value else "–"

    filled = {
        "unit": str(row["unit"]),
        "pupils": said("pupils"),
        "amount": said("amount", 1 if row["fault"] in ("no_school", "beyond") else 0),
        "limit": said("limit"),
        "stage": words.label("school_stage", str(row["stage"])),
        "school": names.get(str(row["school"]), str(row["school"])) or "–",
        "row": said("row"),
    }
    fault = str(row["fault"])
    said_of = words.label("school_fault", fault), words.label("school_mend", fault)
    rule, mend = (text.format(**filled) for text in said_of)
    return rule, mend


def number(words: Words, digits: int = 0) -> Format:
    """A number with so many digits; a dash where it is not known."""
    return lambda value: words.number(float(value), digits) if bool(pd.notna(value)) else "–"


def share(words: Words) -> Format:
    """A share as per cent; a dash where it is not known."""
    return lambda value: words.share(float(value)) if bool(pd.notna(value)) else "–"


def yes(words: Words) -> Format:
    """Yes or no."""
    return lambda value: words("study.yes") if value else words("study.no")
