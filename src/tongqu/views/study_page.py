"""A page of figures with their tables: one HTML file that works offline, in Chinese or English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol

import jinja2
import pandas as pd
from markupsafe import Markup

from tongqu.data import Region
from tongqu.views.grid import Grid, raw
from tongqu.views.outlook_charts import PATTERNS
from tongqu.views.study_charts import PARTS
from tongqu.views.svg import swatch
from tongqu.views.words import Words

__all__ = ["Card", "Figure", "Format", "Page", "Part", "Section", "Study", "grid_of", "legend_of", "render"]


class Study(Protocol):
    """What a page reads of any study: where, under what, and the tables."""

    @property
    def region(self) -> Region:
        """Where."""

    @property
    def scenario(self) -> str:
        """Name of the scenario."""

    @property
    def whole(self) -> str:
        """Code of all counties together."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables by name."""

    def summary(self) -> Mapping[str, Any]:
        """Headline figures."""


Format = Callable[[Any], str]
"""From a value of a table to its words."""


@dataclass(frozen=True)
class Card:
    """A headline figure.

    Parameters
    ----------
    value, name, note : str
    """

    value: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A chart and the table that says the same.

    Parameters
    ----------
    title, svg : str
    grid : Grid
    legend : sequence of (markup, str)
        Samples and their words.
    note : str
    """

    title: str
    svg: str
    grid: Grid
    legend: Sequence[tuple[Markup, str]] = ()
    note: str = ""

    @property
    def drawing(self) -> Markup:
        """The chart as it is written."""
        return raw(self.svg)


@dataclass(frozen=True)
class Part:
    """What is shown of one place or product: figures, then tables with titles.

    Parameters
    ----------
    name : str
    figures : sequence of Figure
    grids : sequence of (str, Grid)
    """

    name: str = ""
    figures: Sequence[Figure] = ()
    grids: Sequence[tuple[str, Grid]] = ()


@dataclass(frozen=True)
class Section:
    """A section; of several parts the reader picks one.

    Parameters
    ----------
    key, title : str
        Anchor and heading.
    parts : sequence of Part
    notes : sequence of str
    points : sequence of str
        A list at the end.
    """

    key: str
    title: str
    parts: Sequence[Part] = ()
    notes: Sequence[str] = ()
    points: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Page:
    """A page.

    Parameters
    ----------
    title, brand, heading, band, footer : str
        ``band`` says what is modelled.
    under : sequence of str
        Facts below the heading.
    cards : sequence of Card
    sections : sequence of Section
    """

    title: str
    brand: str
    heading: str
    band: str
    footer: str
    under: Sequence[str]
    cards: Sequence[Card]
    sections: Sequence[Section]


STYLE: Final = ("report.css", "outlook.css", "study.css")


def render(page: Page, words: Words) -> str:
    """The page as HTML that refers to no other file or host."""
    folder = files("tongqu.views") / "templates"
    style = "".join((folder / name).read_text(encoding="utf-8") for name in STYLE)
    return (
        _environment()
        .get_template("study.html.j2")
        .render(t=words, page=page, style=raw(style), patterns=raw(PATTERNS + PARTS))
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tongqu.views", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def grid_of(
    table: pd.DataFrame,
    *,
    columns: Mapping[str, tuple[str, Format | None]],
    label: str,
    css: str = "",
    ids: Sequence[str] = (),
) -> Grid:
    """A table of the page.

    Parameters
    ----------
    columns : mapping of str to (str, callable or None)
        Of each column of the table its heading and how values are said; None where they are words.
    ids : sequence of str
        Anchor of each row, or none.
    """
    numeric = frozenset(at for at, (_, form) in enumerate(columns.values()) if form is not None)
    cells = [
        [_word(value) if form is None else form(value) for value in table[name]]
        for name, (_, form) in columns.items()
    ]
    rows = [list(row) for row in zip(*cells, strict=True)]
    heads = [head for head, _ in columns.values()]
    return Grid(label=label, head=heads, rows=rows, numeric=numeric, css=css, ids=ids)


def _word(value: Any) -> str:
    return "–" if value is None or (isinstance(value, float) and value != value) else str(value)


def legend_of(items: Sequence[tuple[str, str]], *, kind: str = "box") -> list[tuple[Markup, str]]:
    """Samples of fills with their words."""
    return [(raw(swatch(fill, kind=kind)), words) for fill, words in items]
