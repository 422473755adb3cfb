"""Charts as SVG: columns and lines by year, small multiples, spans, the plane of town and country."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from tongqu.views.svg import Scale, drawing, line, rect, text, ticks

__all__ = ["Series", "columns", "lines", "panels", "plane", "span"]

WIDTH: Final = 900.0


@dataclass(frozen=True)
class Series:
    """Values by year.

    Parameters
    ----------
    name : str
        Name for the reader.
    fill : str
        Colour or pattern.
    values : sequence of float
        One a year, in the order of years.
    """

    name: str
    fill: str
    values: Sequence[float]


def _axis(
    scale: Scale, marks: Sequence[float], *, left: float, right: float, words: Callable[[float], str]
) -> str:
    return "".join(
        line(left, scale(mark), x2=right, y2=scale(mark))
        + text(left - 8, scale(mark) + 4, words=words(mark), anchor="end")
        for mark in marks
    )


def columns(
    years: Sequence[int],
    *,
    stacks: Sequence[Sequence[Series]],
    label: str,
    unit: str,
    words: Callable[[float], str],
    height: float = 300,
) -> str:
    """Stacked columns, one stack beside the other in each year.

    Parameters
    ----------
    years : sequence of int
    stacks : sequence of sequence of Series
        Stacks from left to right, each from the bottom up.
    label : str
        What the chart shows, for those who do not see it.
    unit : str
        Unit on the axis.
    words : callable
        Words of a value.
    """
    left, right, base, high = 62.0, WIDTH - 6, height - 26, 26.0
    totals = [np.sum([series.values for series in stack], axis=0) for stack in stacks if stack]
    marks = ticks(0, max(float(np.max(total)) for total in totals) or 1.0)
    scale, slot = Scale(0, marks[-1], base, high), (right - left) / len(years)
    each = slot * 0.74 / len(stacks)
    body = [
        text(2, 12, words=unit),
        _axis(scale, marks, left=left, right=right, words=words),
    ]
    for k, year in enumerate(years):
        body.append(text(left + slot * (k + 0.5), base + 19, words=year, anchor="middle"))
        for place, stack in enumerate(stacks):
            x, below = left + slot * (k + 0.13) + each * place, 0.0
            for series in stack:
                value = float(series.values[k])
                top = scale(below + value)
                title = f"{year} {series.name} {words(value)} {unit}"
                if scale(below) - top > 0.05:
                    body.append(
                        rect(x, top, width=each - 2, height=scale(below) - top, fill=series.fill, title=title)
                    )
                below += value
    return drawing(body, label=label, width=WIDTH, height=height)


def lines(
    years: Sequence[int],
    *,
    solid: Series,
    dashed: Series,
    label: str,
    unit: str,
    words: Callable[[float], str],
    height: float = 200,
) -> str:
    """One quantity by year against its limit; the names stand at the lines."""
    left, right, base, high = 62.0, WIDTH - 6, height - 26, 26.0
    marks = ticks(0, max([*solid.values, *dashed.values, 1.0]), count=4)
    scale, slot = Scale(0, marks[-1], base, high), (right - left) / len(years)
    body = [
        text(2, 12, words=unit),
        _axis(scale, marks, left=left, right=right, words=words),
    ]
    xs = [left + slot * (k + 0.5) for k in range(len(years))]
    body += [text(x, base + 19, words=year, anchor="middle") for x, year in zip(xs, years, strict=True)]
    for series, css in ((dashed, "limit"), (solid, "debt")):
        path = " ".join(f"{x:.1f},{scale(v):.1f}" for x, v in zip(xs, series.values, strict=True))
        body.append(f'<polyline class="{css}" points="{path}"/>')
    for x, value in zip(xs, solid.values, strict=True):
        body.append(f'<circle class="dot" cx="{x:.1f}" cy="{scale(value):.1f}" r="3.5"/>')
        body.append(text(x, scale(value) - 9, words=words(round(value, -2)), css="value", anchor="middle"))
    body.append(text(xs[0], scale(dashed.values[0]) - 7, words=dashed.name, css="value"))
    return drawing(body, label=label, width=WIDTH, height=height)


def span(before: float, after: float, *, width: float = 340) -> str:
    """Two shares on a line from 0 to 1: a ring without, a disc with the plan."""
    scale = Scale(0, 1, 8, width - 8)
    a, b = scale(min(max(before, 0), 1)), scale(min(max(after, 0), 1))
    body = [line(scale(mark), 2, x2=scale(mark), y2=18) for mark in (0, 0.25, 0.5, 0.75, 1)]
    body.append(line(a, 10, x2=b, y2=10, css="gain"))
    body.append(f'<circle class="ring" cx="{a:.1f}" cy="10" r="4.5"/>')
    body.append(f'<circle class="dot" cx="{b:.1f}" cy="10" r="4.5"/>')
    return (
        f'<svg class="span" viewBox="0 0 {width:g} 20" width="{width:g}" height="20" aria-hidden="true">'
        + "".join(body)
        + "</svg>"
    )


def panels(
    years: Sequence[int], *, values: Mapping[str, tuple[Sequence[float], Sequence[float]]], label: str
) -> str:
    """Small multiples: without (dashed) and with the plan (solid) by year, on the same scale.

    Parameters
    ----------
    years : sequence of int
    values : mapping of str to pair of sequences
        By panel: values without and with the plan.
    label : str
    """
    across, wide, tall = 3, 300.0, 170.0
    every = [value for pair in values.values() for part in pair for value in part]
    marks = ticks(min(every), max(every), count=4)
    body = []
    for k, (name, (base, plan)) in enumerate(values.items()):
        x0, y0 = (k % across) * wide, (k // across) * tall
        scale = Scale(marks[0], marks[-1], y0 + tall - 34, y0 + 30)
        place = Scale(0, max(len(years) - 1, 1), x0 + 42, x0 + wide - 52)
        body.append(text(x0 + 42, y0 + 18, words=name, css="county"))
        body.append(_axis(scale, marks, left=x0 + 42, right=x0 + wide - 52, words=lambda v: f"{v:.2f}"))
        for values_of, css in ((base, "without"), (plan, "with")):
            path = " ".join(f"{place(i):.1f},{scale(v):.1f}" for i, v in enumerate(values_of))
            body.append(f'<polyline class="{css}" points="{path}"/>')
        body += _ends(
            place(len(years) - 1) + 5, (scale(base[-1]), scale(plan[-1])), ends=(base[-1], plan[-1])
        )
        body.append(text(place(0), y0 + tall - 16, words=years[0]))
        body.append(text(place(len(years) - 1), y0 + tall - 16, words=years[-1], anchor="end"))
    rows = -(-len(values) // across)
    return drawing(body, label=label, width=across * wide, height=rows * tall)


def _ends(x: float, heights: tuple[float, float], *, ends: tuple[float, float]) -> list[str]:
    """Values at the ends of two lines, moved apart where they would meet."""
    first, second = heights
    push = max(0.0, 12 - abs(first - second)) / 2
    sign = 1 if first >= second else -1
    return [
        text(x, first + 4 + push * sign, words=f"{ends[0]:.3f}", css="faint"),
        text(x, second + 4 - push * sign, words=f"{ends[1]:.3f}", css="value"),
    ]


def plane(
    points: Sequence[tuple[str, float, float, float, float]], *, urban: str, rural: str, label: str
) -> str:
    """The plane of U and R with lines of equal D, and an arrow for each county.

    Parameters
    ----------
    points : sequence of (name, U without, R without, U with, R with)
    urban, rural, label : str
        Names of the axes and of the chart.
    """
    width, height, left, base = 620.0, 500.0, 62.0, 452.0
    numbers = np.array([point[1:] for point in points], dtype=np.float64)
    low = float(np.floor(numbers.min() * 20 - 0.4) / 20)
    high = min(1.0, float(np.ceil(numbers.max() * 20 + 0.4) / 20))
    x, y = Scale(low, high, left, width - 16), Scale(low, high, base, 16)
    body = []
    for mark in ticks(low, high):
        if low - 1e-9 <= mark <= high + 1e-9:
            body.append(text(x(mark), base + 19, words=f"{mark:.2f}", anchor="middle"))
            body.append(text(left - 8, y(mark) + 4, words=f"{mark:.2f}", anchor="end"))
    body += _equal_d(low, high, x=x, y=y)
    body.append(line(x(low), y(low), x2=x(high), y2=y(high), css="diagonal"))
    body.append(f'<path class="frame" d="M{left} 16V{base}H{width - 16}"/>')
    placed: list[tuple[float, float]] = []
    for name, ua, ra, ub, rb in points:
        body.append(
            f'<line class="arrow" x1="{x(ua):.1f}" y1="{y(ra):.1f}" x2="{x(ub):.1f}" y2="{y(rb):.1f}"/>'
        )
        body.append(f'<circle class="ring" cx="{x(ua):.1f}" cy="{y(ra):.1f}" r="4"/>')
        at = _free(x(ub), y(rb), placed=placed)
        placed.append(at)
        body.append(text(at[0], at[1], words=name, css="county", anchor="" if at[0] > x(ub) else "end"))
    body.append(text((left + width) / 2, base + 40, words=f"{urban} U", anchor="middle"))
    body.append(
        f'<text class="tick" transform="translate(16 {base / 2:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(rural)} R</text>"
    )
    return drawing(body, label=label, width=width, height=height)


def _equal_d(low: float, high: float, *, x: Scale, y: Scale) -> list[str]:
    """Curves on which D = (U R)^(1/4) is the same, every 0.025, with their values."""
    body = []
    for step in range(1, 40):
        d = step / 40
        u = np.linspace(low, high, 60)
        r = d**4 / u
        inside = (r >= low) & (r <= high)
        if inside.sum() < 6:
            continue
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(u[inside], r[inside], strict=True))
        end = int(np.flatnonzero(inside)[-1])
        edge = high - u[end] < 1e-9
        body.append(f'<polyline class="iso" points="{path}"/>')
        body.append(
            text(x(u[end]) - 4, y(r[end]) - (5 if edge else 8), words=f"D {d:g}", css="isot", anchor="end")
        )
    return body


def _free(x: float, y: float, *, placed: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """A place for a name near a point where no other name stands."""
    options = [
        (x + 9, y - 5),
        (x + 9, y + 15),
        (x - 9, y - 9),
        (x - 9, y + 17),
        (x + 9, y + 30),
        (x + 9, y - 22),
    ]
    return next(
        (at for at in options if all(abs(at[0] - p) > 62 or abs(at[1] - q) > 15 for p, q in placed)),
        options[0],
    )
