"""Ranges over futures as SVG: from the 10th to the 90th percentile, with the middle and other marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tongqu.views.svg import Scale, drawing, line, rect, text, ticks

__all__ = ["Spread", "spreads"]

WIDTH: Final = 900.0
BAND: Final = "#8fb9c9"
MIDDLE: Final = "#12394f"
WORST: Final = "#a3322b"


@dataclass(frozen=True)
class Spread:
    """A figure over futures.

    Parameters
    ----------
    name : str
        What it is of.
    low, middle, high : float
        10th, 50th and 90th percentile.
    expected : float
        In the expected future.
    worst : float, optional
        Mean of the worst tenth.
    """

    name: str
    low: float
    middle: float
    high: float
    expected: float
    worst: float | None = None


def spreads(
    rows: Sequence[Spread],
    *,
    label: str,
    unit: str,
    words: Callable[[float], str],
    marks: tuple[str, str, str],
    name_width: float = 230,
) -> str:
    """Bands from left to right: the middle a stroke, the expected future a circle, the worst tenth a cross.

    Parameters
    ----------
    marks : tuple of str
        Names of the middle, the expected future and the worst tenth.
    name_width : float
        Pixels for the names.
    """
    each, top = 31.0, 30.0
    right, base = WIDTH - 24, top + each * len(rows)
    values = [value for row in rows for value in (row.low, row.high, row.expected)]
    values += [row.worst for row in rows if row.worst is not None]
    axis = ticks(min(values, default=0.0), max(values, default=1.0))
    scale = Scale(axis[0], axis[-1], name_width, right)
    body = [text(2, 14, words=unit)]
    for mark in axis:
        body.append(line(scale(mark), top - 4, x2=scale(mark), y2=base))
        body.append(text(scale(mark), base + 16, words=words(mark), anchor="middle"))
    for number, row in enumerate(rows):
        y = top + each * number + each / 2 - 2
        body.append(text(name_width - 8, y + 5, words=row.name, css="place", anchor="end"))
        title = f"{row.name} {words(row.low)} – {words(row.high)} {unit}"
        start, end = scale(row.low), scale(row.high)
        body.append(rect(start, y - 8, width=max(end - start, 1.0), height=16, fill=BAND, title=title))
        middle = scale(row.middle)
        body.append(
            f'<path d="M{middle:.1f} {y - 10:.1f}v20" stroke="{MIDDLE}" stroke-width="2.5">'
            f"<title>{escape(f'{row.name} {marks[0]} {words(row.middle)}')}</title></path>"
        )
        title = escape(f"{row.name} {marks[1]} {words(row.expected)}")
        body.append(
            f'<circle cx="{scale(row.expected):.1f}" cy="{y:.1f}" r="4.5" fill="#fff" stroke="{MIDDLE}" '
            f'stroke-width="2"><title>{title}</title></circle>'
        )
        if row.worst is not None:
            x = scale(row.worst)
            body.append(
                f'<path d="M{x - 4.5:.1f} {y - 4.5:.1f}l9 9m0-9l-9 9" stroke="{WORST}" stroke-width="2.2">'
                f"<title>{escape(f'{row.name} {marks[2]} {words(row.worst)}')}</title></path>"
            )
    return drawing(body, label=label, width=WIDTH, height=base + 24)
