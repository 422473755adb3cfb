"""A curve of what money buys: points solved for, what no choice can pass, and the point that was taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tongqu.views.svg import Scale, drawing, line, text, text_width, ticks

__all__ = ["Spent", "cost_curve"]

WIDTH: Final = 900.0
HEIGHT: Final = 380.0
SIZE: Final = 12.5
"""Pixels of the letters beside a point."""
SLIGHT: Final = 0.005
"""Share of the axis by which a cost may lie below 0 and the axis still begin there."""


@dataclass(frozen=True)
class Spent:
    """A choice that was solved for.

    Parameters
    ----------
    cost : float
        What it costs.
    won : float
        What it wins.
    bound : float
        What no choice at this cost can pass, at least `won`.
    name : str
        Words for the point when it is pointed at.
    shown : str
        Words that are written beside it; blank for none.
    taken : bool
        Whether it is the choice that the rest of the page shows.
    """

    cost: float
    won: float
    bound: float
    name: str
    shown: str = ""
    taken: bool = False


def cost_curve(
    points: Sequence[Spent],
    *,
    heads: tuple[str, str],
    label: str,
    words: tuple[Callable[[float], str], Callable[[float], str]],
    colour: str,
) -> str:
    """The curve, with steps from point to point: between two of them nothing was solved.

    Parameters
    ----------
    points : sequence of Spent
        In any order.
    heads : tuple of str
        Names of the axes, across and up.
    label : str
        What the chart shows, for those who do not see it.
    words : tuple of callable
        Words of a value on each axis.
    colour : str
        Of line and points.

    Examples
    --------
    >>> made = cost_curve(
    ...     [Spent(1, 2, 2.5, "a"), Spent(3, 4, 4, "b", taken=True)],
    ...     heads=("cost", "won"),
    ...     label="l",
    ...     words=(str, str),
    ...     colour="#111111",
    ... )
    >>> made.count('class="spent"'), made.count('class="bound"')
    (2, 2)
    """
    left, right, base, high = 74.0, WIDTH - 24, HEIGHT - 52, 26.0
    known = sorted(points, key=lambda one: one.cost)
    across = _axis([one.cost for one in known])
    up = ticks(0.0, max((one.bound for one in known), default=1.0) or 1.0)
    x, y = Scale(across[0], across[-1], left, right), Scale(up[0], up[-1], base, high)
    body = [text(2, 14, words=heads[1])]
    for mark in across:
        body.append(line(x(mark), high, x2=x(mark), y2=base))
        body.append(text(x(mark), base + 19, words=words[0](mark), anchor="middle"))
    for mark in up:
        body.append(line(left, y(mark), x2=right, y2=y(mark)))
        body.append(text(left - 8, y(mark) + 4, words=words[1](mark), anchor="end"))
    body.append(text((left + right) / 2, base + 42, words=heads[0], anchor="middle"))
    path = " ".join(f"{x(one.cost):.1f},{y(one.won):.1f}" for one in known)
    body.append(f'<polyline class="trend" points="{path}" stroke="{colour}"/>')
    for one in known:
        px, py = x(one.cost), y(one.won)
        body.append(
            f'<path class="bound" d="M{px:.1f} {py:.1f}V{y(one.bound):.1f}m-5 0h10" stroke="#5b5444" '
            'stroke-width="1.4" fill="none"/>'
        )
        shape = f"M{px:.1f} {py - 7:.1f}l7 7l-7 7l-7-7z" if one.taken else _circle(px, py)
        fill = "#fff" if one.taken else colour
        body.append(
            f'<path class="spent" d="{shape}" fill="{fill}" stroke="{colour}" stroke-width="2.4">'
            f"<title>{escape(one.name)}</title></path>"
        )
        if one.shown:
            wide = text_width(one.shown, size=SIZE)
            at = min(px + 10, right - wide)
            body.append(text(at, min(py + 22, base - 6), words=one.shown, css="value"))
    return drawing(body, label=label, width=WIDTH, height=HEIGHT)


def _axis(costs: Sequence[float]) -> list[float]:
    """Marks of the costs: from 0, or from below where choices bring more money than they cost."""
    least, high = min([0.0, *costs]), max([0.0, *costs])
    low = least if least < -SLIGHT * high else 0.0
    return ticks(low, high if high > low else low + 1.0)


def _circle(x: float, y: float, *, radius: float = 4.2) -> str:
    half = f"a{radius} {radius} 0 1 0"
    return f"M{x - radius:.1f} {y:.1f}{half} {2 * radius} 0{half} {-2 * radius} 0z"
