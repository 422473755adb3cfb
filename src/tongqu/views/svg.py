"""Small helpers for drawings: text, marks, axes, symbols and hatches; coordinates in pixels."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

__all__ = [
    "DEFS",
    "SECTORS",
    "STATES",
    "Scale",
    "boxes_meet",
    "drawing",
    "line",
    "rect",
    "swatch",
    "symbol",
    "text",
    "text_box",
    "text_width",
    "ticks",
]

SECTORS: Final = {
    "population": "#6b6b6b",
    "transport": "#0063a6",
    "health": "#c2410c",
    "education": "#00795a",
    "finance": "#6a3d8f",
    "industry": "#7a5200",
    "social_security": "#9d174d",
    "relocation": "#3f5200",
    "land": "#5c1f1f",
    "logistics": "#0b6b75",
    "buses": "#27318b",
    "digital": "#a3169c",
    "care": "#8a4b08",
}
"""One colour for each sector, everywhere: distinct for colour-blind readers, 4.5 to 1 on white."""

STATES: Final = ("#b9b9b2", "#31688e", "#fde725", "#440154")
"""Colours of a village's state (viridis): nobody to serve, served before, newly served, still without."""

SHAPES: Final = {
    "population": "M0-1.2L1.1.8L-1.1.8Z",
    "transport": "M0-1.15L1.15 0L0 1.15L-1.15 0Z",
    "health": "M-.38-1.1H.38V-.38H1.1V.38H.38V1.1H-.38V.38H-1.1V-.38H-.38Z",
    "education": "M-.9-.9H.9V.9H-.9Z",
    "finance": "M-.55-.95H.55L1.1 0L.55.95H-.55L-1.1 0Z",
    "industry": "M-1.1.9V-.2L-.4.2V-.2L.3.2V-.9H1.1V.9Z",
    "social_security": "M0 1.1L-1.1-.1L-.6-.9L0-.4L.6-.9L1.1-.1Z",
    "relocation": "M-1.1-.4H.1V-1L1.1 0L.1 1V.4H-1.1Z",
    "land": "M-.7-1H1.1L.7 1H-1.1Z",
    "logistics": "M-1.1-.5L0-1.1L1.1-.5V.6L0 1.1L-1.1.6Z",
    "buses": "M-1.1-.7H1.1V.4H.7V.9H.3V.4H-.3V.9H-.7V.4H-1.1Z",
    "care": "M0 1L-1.1-.1A.6 .6 0 0 1 0-.6A.6 .6 0 0 1 1.1-.1Z",
    "digital": "M-.9 1L-.2-.4A.6 .6 0 1 1 .2-.4L.9 1Z",
}
"""A shape for each sector about the origin, radius 1; a circle for any other."""

MARKS: Final = (
    '<circle r="1.3" fill="#b9b9b2"/>',
    '<circle r="2" fill="#31688e"/>',
    '<circle r="4" fill="#fde725" stroke="#3b3500" stroke-width="1"/>',
    '<path d="M0-4.4L4 3H-4Z" fill="#440154" stroke="#fff" stroke-width=".4"/>',
)
"""Mark of a village by state; shapes differ as well as colours."""


def _hatch(name: str, back: str, *, front: str, angle: int, gap: float = 6, width: float = 1.6) -> str:
    return (
        f'<pattern id="{name}" width="{gap:g}" height="{gap:g}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({angle})"><rect width="{gap:g}" height="{gap:g}" fill="{back}"/>'
        f'<path d="M0 0V{gap:g}" stroke="{front}" stroke-width="{width:g}"/></pattern>'
    )


def _shape(name: str, body: str) -> str:
    return f'<g id="{name}">{body}</g>'


def _defs() -> str:
    shapes = [
        _shape(
            f"k-{sector}",
            f'<path d="{path}" fill="{SECTORS[sector]}" stroke="#fff" stroke-width=".7" '
            'vector-effect="non-scaling-stroke"/>',
        )
        for sector, path in SHAPES.items()
    ]
    other = '<circle r="1" fill="#333" stroke="#fff" stroke-width=".7" vector-effect="non-scaling-stroke"/>'
    shapes.append(_shape("k-other", other))
    shapes += [_shape(f"v{state}", mark) for state, mark in enumerate(MARKS)]
    hatches = [
        _hatch("h-modelled", "#fff", front="#8a8371", angle=45, width=1.2),
        _hatch("h-guessed", "none", front="#d9ceb0", angle=45, gap=9, width=2),
        _hatch("h-transport", SECTORS["transport"], front="#fff", angle=45, width=1.2),
        _hatch("h-education", SECTORS["education"], front="#fff", angle=-45, gap=7, width=1.2),
        _hatch("h-running", "#7a97ad", front="#fff", angle=45, width=1.2),
        _hatch("h-repay", "#fff", front="#575d6d", angle=-45, width=1.4),
        _hatch("h-cash", "#fff", front="#b0a98f", angle=0, gap=4, width=1),
        _hatch("h-borrow", "#fde9a9", front="#7d6300", angle=-45, width=1.4),
        _hatch("h-grant", "#cfc48f", front="#7d6300", angle=90, gap=5, width=0.9),
    ]
    tip = (
        '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#12394f"/></marker>'
    )
    return (
        '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
        + "".join([*shapes, *hatches, tip])
        + "</defs></svg>"
    )


DEFS: Final = _defs()
"""Symbols and hatches that every drawing of the page refers to; stands once in the page."""

FILLS: Final = {"transport": "url(#h-transport)", "education": "url(#h-education)"}


@dataclass(frozen=True)
class Scale:
    """From values to pixels.

    Examples
    --------
    >>> Scale(0, 10, 100, 0)(2.5)
    75.0
    >>> Scale(7, 7, 100, 0)(7)
    50.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of a value; the middle where there is one value only."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Round values that cover a range, about ``count`` of them.

    Examples
    --------
    >>> ticks(0, 87)
    [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    raw = max(high - low, 1e-9) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def drawing(body: Sequence[str], *, label: str, width: float, height: float, css: str = "chart") -> str:
    """A drawing with a name for those who do not see it."""
    return (
        f'<svg class="{css}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}">'
        + "".join(body)
        + "</svg>"
    )


def text(x: float, y: float, *, words: object, css: str = "tick", anchor: str = "") -> str:
    """Words at a place; ``anchor``: "" (start), "middle" or "end"."""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}"{where}>{escape(str(words))}</text>'


def text_width(words: str, *, size: float) -> float:
    """About how wide words are in bold letters of a size: Chinese ones are square, others half as wide."""
    return sum(size * (1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.58) for letter in words)


def line(x1: float, y1: float, *, x2: float, y2: float, css: str = "grid") -> str:
    """A straight line."""
    return f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text_box(x: float, y: float, *, words: str, size: float) -> tuple[float, float, float, float]:
    """Left, top, right and foot of words that begin at a place."""
    return x, y - size, x + text_width(words, size=size), y + size / 4


def boxes_meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Whether two boxes, each of left, top, right and foot, share any area.

    Examples
    --------
    >>> boxes_meet((0, 0, 2, 2), (1, 1, 3, 3)), boxes_meet((0, 0, 2, 2), (2, 0, 4, 2))
    (True, False)
    """
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def rect(x: float, y: float, *, width: float, height: float, fill: str, title: str = "") -> str:
    """A filled rectangle, with words that show when it is pointed at."""
    inside = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
        f'stroke="#fff" stroke-width=".6">{inside}</rect>'
    )


def symbol(sector: str, *, size: float = 14) -> str:
    """The symbol of a sector as a small drawing for a line of text."""
    name = f"k-{sector}" if sector in SHAPES else "k-other"
    return (
        f'<svg class="k" width="{size:g}" height="{size:g}" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true">'
        f'<use href="#{name}"/></svg>'
    )


def swatch(fill: str, *, kind: str = "box") -> str:
    """A sample for a legend: ``kind`` box, line or dashed line."""
    inside = {
        "box": f'<rect width="22" height="12" fill="{fill}" stroke="#555" stroke-width=".5"/>',
        "line": f'<path d="M0 6H22" stroke="{fill}" stroke-width="2.5"/>',
        "dash": f'<path d="M0 6H22" stroke="{fill}" stroke-width="2" stroke-dasharray="5 3"/>',
    }[kind]
    return f'<svg class="k" width="22" height="12" viewBox="0 0 22 12" aria-hidden="true">{inside}</svg>'
