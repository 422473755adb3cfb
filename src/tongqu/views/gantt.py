"""Projects by year as SVG: when each was to start and to open, and when it does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tongqu.views.svg import Scale, drawing, line, rect, text, text_width

__all__ = ["CHANGES", "Bar", "gantt"]

WIDTH: Final = 900.0
NAMES: Final = 270.0
"""Pixels for the names."""
WORDS: Final = 92.0
"""Pixels for the word behind each row."""
ROW: Final = 24.0
NAME_SIZE: Final = 12.5

CHANGES: Final[Mapping[str, str]] = {
    "built": "#2a788e",
    "contracted": "url(#p-a)",
    "kept": "#8fb9a8",
    "moved": "url(#p-b)",
    "added": "url(#p-c)",
    "dropped": "url(#p-loss)",
}
"""Fill of a row by what became of it; the word stands behind it too."""


@dataclass(frozen=True)
class Bar:
    """A row.

    Parameters
    ----------
    name, change, word : str
        The project, what became of it (a key of `CHANGES`) and how that is said.
    before, after : tuple of float
        Years of the start and of the opening, as planned and as they are; NaN where there are none.
    """

    name: str
    change: str
    word: str
    before: tuple[float, float]
    after: tuple[float, float]


def gantt(bars: Sequence[Bar], *, years: Sequence[int], from_year: int, label: str, past: str) -> str:
    """Rows of projects: what was planned as an outline, what is as a bar from the start to the opening.

    Parameters
    ----------
    years : sequence of int
        Years of the plan.
    from_year : int
        First year that is open; those before are shaded, with the word ``past``.
    """
    top, foot = 34.0, 34.0 + ROW * len(bars)
    right = WIDTH - WORDS
    x = Scale(years[0], years[-1] + 1, NAMES, right)
    body = []
    if from_year > years[0]:
        body.append(
            rect(
                x(years[0]), top - 6, width=x(from_year) - x(years[0]), height=foot - top + 6, fill="#f0ede4"
            )
        )
        body.append(text(x(years[0]) + 4, 12, words=past))
    for year in years:
        body.append(line(x(year), top - 6, x2=x(year), y2=foot))
        body.append(text(x(year + 0.5), 26, words=year, anchor="middle"))
    body.append(line(x(from_year), top - 10, x2=x(from_year), y2=foot, css="limit"))
    for number, bar in enumerate(bars):
        y = top + ROW * number
        body.append(text(NAMES - 8, y + 14, words=_fitting(bar.name), css="place", anchor="end"))
        body.append(_outline(bar, x, y, last=years[-1] + 1))
        if not math.isnan(bar.after[0]):
            start, end = _span(bar.after, x, last=years[-1] + 1)
            title = f"{bar.name}: {bar.word}, {_years(bar.after)}"
            body.append(
                rect(start, y + 4, width=end - start, height=ROW - 10, fill=CHANGES[bar.change], title=title)
            )
        body.append(text(right + 6, y + 14, words=bar.word, css="value"))
    return drawing(body, label=label, width=WIDTH, height=foot + 8)


def _outline(bar: Bar, x: Scale, y: float, *, last: int) -> str:
    """What was planned: dashed, filled with a hatch where nothing came of it."""
    if math.isnan(bar.before[0]):
        return ""
    start, end = _span(bar.before, x, last=last)
    fill = CHANGES["dropped"] if math.isnan(bar.after[0]) else "none"
    return (
        f'<rect x="{start:.1f}" y="{y + 2:.1f}" width="{end - start:.1f}" height="{ROW - 6:.1f}" '
        f'fill="{fill}" stroke="#55606b" stroke-width="1" stroke-dasharray="3 2"><title>{escape(bar.name)}: '
        f"{_years(bar.before)}</title></rect>"
    )


def _span(years: tuple[float, float], x: Scale, *, last: int) -> tuple[float, float]:
    """Pixels from the start to the opening, a year at least."""
    return x(years[0]), x(min(max(years[1], years[0] + 1), last))


def _years(years: tuple[float, float]) -> str:
    return f"{years[0]:.0f}–{years[1]:.0f}"


def _fitting(name: str) -> str:
    """As much of a name as has room."""
    if text_width(name, size=NAME_SIZE) <= NAMES - 14:
        return name
    kept = name
    while kept and text_width(kept + "…", size=NAME_SIZE) > NAMES - 14:
        kept = kept[:-1]
    return kept.rstrip() + "…"
