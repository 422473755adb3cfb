"""Small charts as SVG text: bars by year, and the plane of town and country."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np

__all__ = ["plane", "stacked_bars"]

WIDTH: Final = 860
HEIGHT: Final = 300


def _svg(body: Sequence[str], *, label: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        + "".join(body)
        + "</svg>"
    )


def _step(largest: float) -> float:
    """A round distance between grid lines for about five of them."""
    raw = max(largest, 1e-9) / 5
    power = 10 ** np.floor(np.log10(raw))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw))


def stacked_bars(
    years: Sequence[int],
    *,
    series: Sequence[tuple[str, str, Sequence[float]]],
    lines: Sequence[tuple[str, str, Sequence[float]]],
    label: str,
) -> str:
    """Stacked bars with lines over them.

    Parameters
    ----------
    series : sequence of (name, colour, values)
        Parts of each bar, from the bottom up.
    lines : sequence of (name, colour, values)
        Lines over the bars.
    """
    totals = np.sum([values for _, _, values in series], axis=0)
    largest = max(float(np.max(totals)), *(float(np.max(values)) for _, _, values in lines), 1.0)
    step = _step(largest)
    top = step * np.ceil(largest / step)
    left, right, base, high = 78, WIDTH - 10, HEIGHT - 52, 14
    slot = (right - left) / len(years)

    def y(value: float) -> float:
        return float(base - (base - high) * value / top)

    body = [
        f'<line class="grid" x1="{left}" x2="{right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        f'<text class="tick" x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:,.0f}</text>'
        for tick in np.arange(0, top + step / 2, step)
    ]
    below = np.zeros(len(years))
    for name, colour, values in series:
        for position, value in enumerate(values):
            x, low = left + slot * position + slot * 0.2, below[position]
            body.append(
                f'<rect x="{x:.1f}" y="{y(low + value):.1f}" width="{slot * 0.6:.1f}" '
                f'height="{max(0.0, y(low) - y(low + value)):.1f}" fill="{colour}">'
                f"<title>{escape(name)} {years[position]}: {value:,.0f}</title></rect>"
            )
        below = below + np.asarray(values)
    for position, year in enumerate(years):
        body.append(
            f'<text class="tick" x="{left + slot * (position + 0.5):.1f}" y="{base + 18}" '
            f'text-anchor="middle">{year}</text>'
        )
    for name, colour, values in lines:
        points = " ".join(
            f"{left + slot * (position + 0.5):.1f},{y(value):.1f}" for position, value in enumerate(values)
        )
        body.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5">'
            f"<title>{escape(name)}</title></polyline>"
        )
    body += _legend(
        [(name, colour, False) for name, colour, _ in series]
        + [(name, colour, True) for name, colour, _ in lines],
        x=left,
        y=HEIGHT - 12,
    )
    return _svg(body, label=label)


def _legend(items: Sequence[tuple[str, str, bool]], *, x: float, y: float) -> list[str]:
    body = []
    for name, colour, line in items:
        mark = (
            f'<line x1="{x}" x2="{x + 16}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2.5"/>'
            if line
            else f'<rect x="{x + 2}" y="{y - 10}" width="12" height="12" fill="{colour}"/>'
        )
        body.append(f'{mark}<text class="tick" x="{x + 20}" y="{y}">{escape(name)}</text>')
        x += 34 + sum(13 if ord(letter) > 255 else 6.6 for letter in name)
    return body


def plane(
    points: Sequence[tuple[str, float, float, float, float]], *, urban: str, rural: str, label: str
) -> str:
    """The plane of U and R with lines of equal D, and an arrow for each county.

    Parameters
    ----------
    points : sequence of (name, U before, R before, U after, R after)
    """
    size, left, base = 420, 60, 380
    values = np.array([point[1:] for point in points], dtype=np.float64)
    low = float(np.floor(values.min() * 10) / 10)
    high = max(float(np.ceil(values.max() * 10) / 10), low + 0.1)

    def at(u: float, r: float) -> tuple[float, float]:
        return left + (u - low) / (high - low) * (size - left - 10), base - (r - low) / (high - low) * (
            base - 20
        )

    body = [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#24425c"/></marker></defs>'
    ]
    for tick in np.arange(low, high + 1e-9, 0.1):
        (x, _), (_, y) = at(tick, low), at(low, tick)
        body.append(
            f'<text class="tick" x="{x:.1f}" y="{base + 18}" text-anchor="middle">{tick:.1f}</text>'
            f'<text class="tick" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.1f}</text>'
        )
    for d in np.arange(0.5, 1.0, 0.05):
        u = np.linspace(low, high, 60)
        r = d**4 / u
        inside = (r >= low) & (r <= high)
        if inside.sum() < 2:
            continue
        path = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in (at(a, b) for a, b in zip(u[inside], r[inside], strict=True))
        )
        x, y = at(float(u[inside][0]), float(r[inside][0]))
        body.append(
            f'<polyline class="iso" points="{path}"/><text class="isot" x="{x + 3:.1f}" y="{y + 11:.1f}">'
            f"D {d:.2f}</text>"
        )
    (x0, y0), (x1, y1) = at(low, low), at(high, high)
    body.append(f'<line class="diagonal" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>')
    for name, *place in points:
        (xa, ya), (xb, yb) = at(place[0], place[1]), at(place[2], place[3])
        body.append(
            f'<line x1="{xa:.1f}" y1="{ya:.1f}" x2="{xb:.1f}" y2="{yb:.1f}" stroke="#24425c" '
            f'stroke-width="2" marker-end="url(#tip)"/><circle cx="{xa:.1f}" cy="{ya:.1f}" r="3.5" '
            f'fill="#fff" stroke="#24425c"/><text class="county" x="{xb + 7:.1f}" y="{yb - 4:.1f}">'
            f"{escape(name)}</text>"
        )
    body.append(
        f'<text class="tick" x="{(left + size) / 2}" y="{base + 36}" text-anchor="middle">{escape(urban)} U'
        f'</text><text class="tick" transform="translate(16 {base / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(rural)} R</text>"
    )
    return _svg(body, label=label, width=size + 60, height=base + 44)
