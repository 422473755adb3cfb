"""Charts of the outlook as SVG: fans of a figure by year, pyramids, signed columns, bars of migration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.views.charts import Series
from tongqu.views.svg import Scale, drawing, line, rect, text, ticks

__all__ = ["PATTERNS", "RURAL", "URBAN", "Fan", "fan", "flow_bars", "pyramid", "signed"]

WIDTH: Final = 900.0
URBAN: Final = "#31688e"
RURAL: Final = "url(#h-rural)"
EVERY: Final = 5
"""Years from one label of the axis to the next."""

PATTERNS: Final = (
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
    '<pattern id="h-rural" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="5" height="5" fill="#e6d34e"/>'
    '<path d="M0 0V5" stroke="#7d6f1a" stroke-width="1.3"/></pattern>'
    '<pattern id="h-out" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(-45)"><rect width="5" height="5" fill="#c9c4b6"/>'
    '<path d="M0 0V5" stroke="#5f5a4c" stroke-width="1.3"/></pattern>'
    '<pattern id="h-back" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect width="5" height="5" fill="#8fd0a8"/>'
    '<path d="M0 2.5H5" stroke="#1d6b43" stroke-width="1.1"/></pattern>'
    "</defs></svg>"
)
"""Hatches that the charts refer to; stands once in the page."""


@dataclass(frozen=True)
class Fan:
    """A figure by year, with its range, a line to hold it against, and published points.

    Parameters
    ----------
    years : sequence of int
    middle : sequence of float
        Of the assumed parameters.
    low, high : sequence of float
        Range, one each year; empty for none.
    target : float, optional
        A level to be reached.
    points : sequence of (int, float)
        Published values.
    """

    years: Sequence[int]
    middle: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    target: float | None = None
    points: Sequence[tuple[int, float]] = ()


def fan(
    data: Fan,
    *,
    label: str,
    unit: str,
    words: Callable[[float], str],
    target: str = "",
    published: str = "",
    marked: Sequence[int] = (),
    height: float = 330,
) -> str:
    """A line by year inside the range of the futures.

    Parameters
    ----------
    label, unit : str
        What the chart shows, and the unit on its axis.
    words : callable
        Words of a value.
    target, published : str
        Names of the level to be reached and of the published points.
    marked : sequence of int
        Years whose values are written at the line.
    """
    left, right, base, high = 66.0, WIDTH - 84, height - 28, 26.0
    every = [*data.middle, *data.low, *data.high, *(value for _, value in data.points)]
    every += [] if data.target is None else [data.target]
    every = [value for value in every if value == value]
    marks = ticks(min(every, default=0.0), max(every, default=1.0))
    scale, place = Scale(marks[0], marks[-1], base, high), Scale(data.years[0], data.years[-1], left, right)
    body = [text(2, 12, words=unit)]
    for mark in marks:
        body.append(line(left, scale(mark), x2=right, y2=scale(mark)))
        body.append(text(left - 8, scale(mark) + 4, words=words(mark), anchor="end"))
    body += [
        text(place(year), base + 19, words=year, anchor="middle")
        for year in data.years
        if year % EVERY == 0 or year == data.years[-1]
    ]
    if data.low:
        over = [f"{place(year):.1f},{scale(v):.1f}" for year, v in zip(data.years, data.high, strict=True)]
        under = [f"{place(year):.1f},{scale(v):.1f}" for year, v in zip(data.years, data.low, strict=True)]
        body.append(f'<polygon class="fan" points="{" ".join([*over, *reversed(under)])}"/>')
        for value in (data.low[-1], data.high[-1]):
            body.append(text(right + 8, scale(value) + 4, words=words(value), css="faint"))
    if data.target is not None:
        body.append(line(left, scale(data.target), x2=right, y2=scale(data.target), css="limit"))
        body.append(text(left + 6, scale(data.target) - 7, words=target, css="value"))
    path = " ".join(
        f"{place(year):.1f},{scale(v):.1f}" for year, v in zip(data.years, data.middle, strict=True) if v == v
    )
    body.append(f'<polyline class="with" points="{path}"/>')
    values = {year: v for year, v in zip(data.years, data.middle, strict=True) if v == v}
    for year in marked:
        if year in values:
            x, y = place(year), scale(values[year])
            body.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
            body.append(_value(x, y, ends=(right, data), year=year, words=words(values[year])))
    for year, value in data.points:
        title = escape(f"{published} {year}: {words(value)}")
        body.append(
            f'<path class="seen" d="M0-6L6 0L0 6L-6 0Z" transform="translate({place(year):.1f} '
            f'{scale(value):.1f})"><title>{title}</title></path>'
        )
    return drawing(body, label=label, width=WIDTH, height=height)


def _value(x: float, y: float, *, ends: tuple[float, Fan], year: int, words: str) -> str:
    """A value at the line: beside it in the last year, under it where it rises at first, else over it."""
    right, data = ends
    if year == data.years[-1]:
        return text(right + 8, y + 4, words=words, css="value")
    if year == data.years[0]:
        up = len(data.middle) > 1 and data.middle[1] > data.middle[0]
        return text(x + 7, y + (19 if up else -10), words=words, css="value")
    return text(x, y - 10, words=words, css="value", anchor="middle")


def pyramid(
    people: npt.NDArray[np.float64],
    *,
    groups: Sequence[str],
    most: float,
    title: str,
    sexes: tuple[str, str],
    words: Callable[[float], str],
) -> str:
    """A pyramid: men to the left, women to the right; urban people inside, rural outside.

    Parameters
    ----------
    people : numpy.ndarray of float
        Persons, shape (residence, sex, age group): urban and rural, male and female.
    most : float
        Persons of the longest bar of all pyramids that this one is compared with.
    """
    width, height, top, base, middle, gap = 300.0, 330.0, 38.0, 304.0, 150.0, 17.0
    row = (base - top) / len(groups)
    mark = ticks(0, max(most, 1.0), count=4)[-1]
    reach = (width / 2 - gap - 4) / mark
    body = [text(middle, 14, words=title, css="county", anchor="middle")]
    for sex, (name, side) in enumerate(zip(sexes, (-1, 1), strict=True)):
        start = middle + side * gap
        body.append(text(start + side * 66, 31, words=name, anchor="middle"))
        for part in (mark / 2, mark):
            x = start + side * part * reach
            body.append(line(x, top, x2=x, y2=base))
            body.append(
                text(x - side * 2, base + 15, words=words(part), anchor="end" if side > 0 else "start")
            )
        for number in range(len(groups)):
            y = base - row * (number + 1)
            near = 0.0
            for residence, fill in enumerate((URBAN, RURAL)):
                length = float(people[residence, sex, number]) * reach
                x = start + near if side > 0 else start - near - length
                body.append(
                    f'<rect x="{x:.1f}" y="{y + 0.7:.1f}" width="{length:.1f}" '
                    f'height="{row - 1.4:.1f}" fill="{fill}"/>'
                )
                near += length
    body += [
        text(middle, base - row * (number + 0.5) + 3.5, words=group, css="age", anchor="middle")
        for number, group in enumerate(groups)
    ]
    return drawing(body, label=title, width=width, height=height, css="pyramid")


def signed(
    years: Sequence[int],
    *,
    series: Sequence[Series],
    net: str,
    label: str,
    unit: str,
    words: Callable[[float], str],
    height: float = 300,
) -> str:
    """Columns of gains above and losses below 0, and the sum of both as a line.

    Parameters
    ----------
    series : sequence of Series
        Positive where people are won, negative where they are lost.
    net : str
        Name of the sum.
    """
    left, right, base, high = 66.0, WIDTH - 6, height - 26, 26.0
    values = np.array([one.values for one in series], dtype=np.float64)
    marks = ticks(float(values.clip(max=0).sum(axis=0).min()), float(values.clip(min=0).sum(axis=0).max()))
    scale, slot = Scale(marks[0], marks[-1], base, high), (right - left) / len(years)
    body = [text(2, 12, words=unit)]
    for mark in marks:
        body.append(line(left, scale(mark), x2=right, y2=scale(mark)))
        body.append(text(left - 8, scale(mark) + 4, words=words(mark), anchor="end"))
    for k, year in enumerate(years):
        x, ends = left + slot * (k + 0.14), [0.0, 0.0]
        if year % EVERY == 0 or len(years) <= EVERY:
            body.append(text(left + slot * (k + 0.5), base + 19, words=year, anchor="middle"))
        for one in series:
            value = float(one.values[k])
            side = int(value < 0)
            first, second = scale(ends[side]), scale(ends[side] + value)
            if abs(first - second) > 0.05:
                top, tall = min(first, second), abs(first - second)
                title = f"{year} {one.name} {words(value)} {unit}"
                body.append(rect(x, top, width=slot * 0.72, height=tall, fill=one.fill, title=title))
            ends[side] += value
    body.append(line(left, scale(0), x2=right, y2=scale(0), css="zero"))
    sums = values.sum(axis=0)
    path = " ".join(f"{left + slot * (k + 0.5):.1f},{scale(v):.1f}" for k, v in enumerate(sums))
    body.append(f'<polyline class="net" points="{path}"><title>{escape(net)}</title></polyline>')
    return drawing(body, label=label, width=WIDTH, height=height)


def flow_bars(
    rows: Sequence[tuple[str, Sequence[Series], Sequence[Series]]],
    *,
    heads: tuple[str, str],
    label: str,
    words: Callable[[float], str],
) -> str:
    """Bars for each place: those who leave to the left, those who come to the right.

    Parameters
    ----------
    rows : sequence of (name, leaving, coming)
        Stacks from the middle outwards, one value each.
    heads : tuple of str
        Words over both sides.
    """
    name_width, each, top = 150.0, 34.0, 34.0
    reach = (WIDTH - name_width - 20) / 2
    totals = [sum(float(one.values[0]) for one in side) for _, *sides in rows for side in sides]
    mark = ticks(0, max([*totals, 1.0]), count=3)[-1]
    centre, height = name_width + 10 + reach, top + each * len(rows) + 24
    body = [
        text(centre - 12, 14, words=f"← {heads[0]}", css="value", anchor="end"),
        text(centre + 12, 14, words=f"{heads[1]} →", css="value"),
    ]
    for part in np.linspace(-1, 1, 5):
        x = centre + part * reach
        body.append(line(x, top - 8, x2=x, y2=height - 24, css="zero" if part == 0 else "grid"))
        where = "middle" if abs(part) < 1 else "end" if part > 0 else "start"
        body.append(text(x, height - 8, words=words(abs(part) * mark), anchor=where))
    for number, (name, *sides) in enumerate(rows):
        y = top + each * number
        body.append(text(name_width, y + each / 2 + 2, words=name, css="place", anchor="end"))
        for sign, stack in zip((-1, 1), sides, strict=True):
            near = 0.0
            for one in stack:
                length = float(one.values[0]) / mark * reach
                x = centre + near if sign > 0 else centre - near - length
                title = f"{name} {one.name} {words(float(one.values[0]))}"
                if length > 0.05:
                    body.append(rect(x, y, width=length, height=each - 9, fill=one.fill, title=title))
                near += length
    return drawing(body, label=label, width=WIDTH, height=height)
