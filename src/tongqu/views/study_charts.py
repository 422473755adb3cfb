"""Charts of the economy and the accounts as SVG: bars, a plane in four parts, lines by year with levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from tongqu.views.charts import Series
from tongqu.views.svg import Scale, drawing, line, rect, text, text_width, ticks

__all__ = ["DASHES", "PARTS", "Level", "Point", "bars", "quadrants", "trends"]

WIDTH: Final = 900.0
LEAST_ROOM: Final = 196.0
END_SIZE: Final = 12.5
"""Pixels of the letters at the end of a line."""
END_STEP: Final = 15.0
"""Pixels from one name at the end of a line to the next."""
END_DROP: Final = 4.0
"""Pixels from the end of a line to the foot of its name; no name stands lower than that under the axis."""
EVERY: Final = 5
"""Years from one label of the axis to the next."""
DASHES: Final = ("", "7 4", "2 3", "9 3 2 3", "4 4", "12 4")
"""Strokes of lines, so that colour is never the only difference."""


def _hatch(name: str, back: str, *, front: str, angle: int) -> str:
    return (
        f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({angle})"><rect width="6" height="6" fill="{back}"/>'
        f'<path d="M0 0V6" stroke="{front}" stroke-width="1.4"/></pattern>'
    )


PARTS: Final = (
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
    + _hatch("p-a", "#8fc3d9", front="#1f5f7d", angle=45)
    + _hatch("p-b", "#f0d27a", front="#7d6300", angle=-45)
    + _hatch("p-c", "#cfd8c4", front="#4c6b2f", angle=90)
    + _hatch("p-d", "#e3c9c0", front="#8a3a22", angle=0)
    + _hatch("p-loss", "#eeeeee", front="#a03c2c", angle=45)
    + "</defs></svg>"
)
"""Hatches that these charts refer to; stands once in the page."""


def bars(
    rows: Sequence[tuple[str, Sequence[Series]]],
    *,
    label: str,
    unit: str,
    words: Callable[[float], str],
    goal: tuple[str, float] | None = None,
    name_width: float = 190,
) -> str:
    """Bars from left to right, parts after one another, with the sum at the end.

    Parameters
    ----------
    rows : sequence of (name, series)
        Parts of a bar, one value of 0 or more each.
    goal : (str, float), optional
        Name and value of a level to be reached.
    name_width : float
        Pixels for the names.
    """
    each, top = 27.0, 30.0
    right, base = WIDTH - 92, top + each * len(rows)
    totals = [sum(float(one.values[0]) for one in parts) for _, parts in rows]
    marks = ticks(0, max([*totals, *([] if goal is None else [goal[1]])], default=0.0) or 1.0)
    scale = Scale(0, marks[-1], name_width, right)
    body = [text(2, 14, words=unit)]
    for mark in marks:
        body.append(line(scale(mark), top - 4, x2=scale(mark), y2=base))
        body.append(text(scale(mark), base + 16, words=words(mark), anchor="middle"))
    for number, ((name, parts), total) in enumerate(zip(rows, totals, strict=True)):
        y, near = top + each * number, 0.0
        body.append(text(name_width - 8, y + each / 2 + 2, words=name, css="place", anchor="end"))
        for one in parts:
            value = float(one.values[0])
            if value > 0:
                title = f"{name} {one.name} {words(value)} {unit}"
                start, end = scale(near), scale(near + value)
                body.append(rect(start, y, width=end - start, height=each - 8, fill=one.fill, title=title))
            near += value
        body.append(text(scale(total) + 6, y + each / 2 + 2, words=words(total), css="value"))
    if goal is not None:
        body.append(line(scale(goal[1]), top - 4, x2=scale(goal[1]), y2=base, css="limit"))
        body.append(text(scale(goal[1]), top - 10, words=goal[0], css="value", anchor="middle"))
    return drawing(body, label=label, width=WIDTH, height=base + 24)


@dataclass(frozen=True)
class Point:
    """A point of the plane.

    Parameters
    ----------
    name : str
        For the reader.
    x, y : float
        Both 0 or more.
    shown : bool
        Whether the name is written beside it; it is always said when it is pointed at.
    mark : str
        Class of the mark.
    """

    name: str
    x: float
    y: float
    shown: bool = False
    mark: str = "dot"


def quadrants(points: Sequence[Point], *, heads: tuple[str, str], corners: Sequence[str], label: str) -> str:
    """The plane of two ratios, cut at 1 into four parts.

    Parameters
    ----------
    points : sequence of Point
    heads : tuple of str
        Names of the axes, across and up.
    corners : sequence of str
        Names of the parts: upper right, upper left, lower left, lower right.
    """
    height, left, base, high, right = 560.0, 62.0, 508.0, 16.0, WIDTH - 16
    xs, ys = [point.x for point in points], [point.y for point in points]
    across, up = _about_one(xs), _about_one(ys)
    x, y = Scale(across[0], across[-1], left, right), Scale(up[0], up[-1], base, high)
    body = [
        text(right - 6, high + 16, words=corners[0], css="corner", anchor="end"),
        text(left + 6, high + 16, words=corners[1], css="corner"),
        text(left + 6, base - 8, words=corners[2], css="corner"),
        text(right - 6, base - 8, words=corners[3], css="corner", anchor="end"),
    ]
    for mark in across:
        body.append(line(x(mark), high, x2=x(mark), y2=base))
        body.append(text(x(mark), base + 19, words=f"{mark:g}", anchor="middle"))
    for mark in up:
        body.append(line(left, y(mark), x2=right, y2=y(mark)))
        body.append(text(left - 8, y(mark) + 4, words=f"{mark:g}", anchor="end"))
    body.append(line(x(1), high, x2=x(1), y2=base, css="zero"))
    body.append(line(left, y(1), x2=right, y2=y(1), css="zero"))
    placed = [
        (corner_x, 60.0, corner_y)
        for corner_x in (left + 60, right - 60)
        for corner_y in (high + 12, base - 12)
    ]
    marks, names = [], []
    for point in points:
        px, py = x(point.x), y(point.y)
        title = f"{point.name}: {heads[0]} {point.x:.2f}, {heads[1]} {point.y:.2f}"
        marks.append(
            f'<circle class="{point.mark}" cx="{px:.1f}" cy="{py:.1f}" r="4.5">'
            f"<title>{escape(title)}</title></circle>"
        )
        at = _beside(px, py, words=point.name, placed=placed, edges=(left, right)) if point.shown else None
        if at is not None:
            names.append(text(at[0], at[1], words=point.name, css="county", anchor=at[2]))
    body += [*marks, *names]
    body.append(text((left + right) / 2, base + 42, words=heads[0], anchor="middle"))
    body.append(
        f'<text class="tick" transform="translate(16 {base / 2:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(heads[1])}</text>"
    )
    return drawing(body, label=label, width=WIDTH, height=height)


def _about_one(values: Sequence[float]) -> list[float]:
    """Marks of an axis that holds all values and 1 inside."""
    return ticks(min([*values, 0.9]), max([*values, 1.1]))


def _beside(
    x: float, y: float, *, words: str, placed: list[tuple[float, float, float]], edges: tuple[float, float]
) -> tuple[float, float, str] | None:
    """A place for a name beside a point where no other stands, which is then taken; none if all are.

    ``placed`` holds the middle, half the width and the height of what stands already.
    """
    half = 3.7 * sum(1 if ord(letter) < 0x2E80 else 1.9 for letter in words)
    for shift in (4, -9, 16, -20, 27):
        for sign in (1, -1):
            middle, at = x + sign * (8 + half), y + shift
            inside = middle - half > edges[0] and middle + half < edges[1]
            free = all(abs(middle - p) > half + w or abs(at - q) > 14 for p, w, q in placed)
            if inside and free:
                placed.append((middle, half, at))
                return x + 8 * sign, at, "" if sign > 0 else "end"
    return None


@dataclass(frozen=True)
class Level:
    """A level that lines are held against.

    Parameters
    ----------
    name : str
    value : float
    css : str
        Class of its line.
    """

    name: str
    value: float
    css: str = "limit"


def trends(
    years: Sequence[int],
    *,
    series: Sequence[Series],
    label: str,
    unit: str,
    words: Callable[[float], str],
    levels: Sequence[Level] = (),
    zero: bool = False,
    height: float = 330,
) -> str:
    """Lines by year, each with its name at its end, and levels that they are held against.

    Parameters
    ----------
    series : sequence of Series
        ``fill`` is the colour of the line; lines differ in their dashes too, in the order of `DASHES`.
    levels : sequence of Level
    zero : bool
        Whether the axis begins at 0.
    """
    left, right, base, high = 66.0, WIDTH - _room(series, words=words), height - 28, 26.0
    every = [float(value) for one in series for value in one.values if value == value]
    every += [level.value for level in levels] + ([0.0] if zero else [])
    marks = ticks(min(every, default=0.0), max(every, default=1.0))
    if len(marks) < 2:
        marks = [marks[0] - 1, marks[0] + 1]
    last = years[-1] if years[-1] > years[0] else years[0] + 1
    scale, place = Scale(marks[0], marks[-1], base, high), Scale(years[0], last, left, right)
    body = [text(2, 12, words=unit)]
    for mark in marks:
        body.append(line(left, scale(mark), x2=right, y2=scale(mark)))
        body.append(text(left - 8, scale(mark) + 4, words=words(mark), anchor="end"))
    body += [
        text(place(year), base + 19, words=year, anchor="middle")
        for year in years
        if year % EVERY == 0 or (year == years[-1] and year % EVERY > 1)
    ]
    for level in levels:
        body.append(line(left, scale(level.value), x2=right, y2=scale(level.value), css=level.css))
        body.append(text(left + 6, scale(level.value) - 6, words=level.name, css="value"))
    ends = []
    for number, one in enumerate(series):
        known = [(place(year), scale(v)) for year, v in zip(years, one.values, strict=True) if v == v]
        if not known:
            continue
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in known)
        dash = DASHES[number % len(DASHES)]
        body.append(
            f'<polyline class="trend" points="{points}" stroke="{one.fill}" '
            f'stroke-dasharray="{dash or "none"}">'
            f"<title>{escape(one.name)}</title></polyline>"
        )
        ends.append((known[-1][1], one, float([v for v in one.values if v == v][-1])))
    body += _end_words(ends, x=right + 8, low=base + END_DROP, words=words)
    return drawing(body, label=label, width=WIDTH, height=height)


def _room(series: Sequence[Series], *, words: Callable[[float], str]) -> float:
    """Pixels right of the lines that the longest name with its last value needs."""
    said = [
        f"{one.name} {words(float(known[-1]))}"
        for one in series
        if (known := [value for value in one.values if value == value])
    ]
    return max([LEAST_ROOM, *(text_width(each, size=END_SIZE) + 16 for each in said)])


def _end_words(
    ends: Sequence[tuple[float, Series, float]], *, x: float, low: float, words: Callable[[float], str]
) -> list[str]:
    """Names and last values at the ends of lines, moved down where they would meet, but not below ``low``."""
    ordered = sorted(ends, key=lambda end: end[0])
    at: list[float] = []
    for y, _, _ in ordered:
        at.append(max(y + END_DROP, at[-1] + END_STEP if at else 0.0))
    for number in reversed(range(len(at))):
        at[number] = min(at[number], low)
        low = at[number] - END_STEP
    return [
        f'<text class="end" x="{x:.1f}" y="{y:.1f}" fill="{one.fill}">'
        f"{escape(one.name)} {escape(words(value))}</text>"
        for y, (_, one, value) in zip(at, ordered, strict=True)
    ]
