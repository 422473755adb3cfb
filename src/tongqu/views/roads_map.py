"""The map of a road network as SVG: links by class, pieces that hang apart, numbered problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tongqu.data import Region
from tongqu.data.crs import to_plane
from tongqu.data.readers import Lines, Roads, lines_of
from tongqu.data.readers.checks import components_of, wires_of
from tongqu.data.readers.shapes import cut, take
from tongqu.views.words import Words

__all__ = ["APART", "SHAPES", "STYLES", "Drawing", "draw_roads", "sample"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

WIDTH: Final = 20_000.0
"""Units across the picture: a road is drawn to a twentieth of a pixel of a map 1,000 pixels wide."""
PIXEL: Final = WIDTH / 1_000
MARGIN: Final = 0.04
"""Share of the extent left free on each side."""
FLATTEST: Final = 0.55
TALLEST: Final = 0.95
"""Least and most height by width of the picture."""
MOST_POINTS: Final = 250_000
"""Points of all lines together; a network with more is drawn less finely."""
MOST_RUN: Final = 1_000
"""Points of one line: simplifying goes point by point into itself, and a long line overflows the stack."""
COARSEST: Final = 16.0
"""Units to which lines are simplified at most: four fifths of a pixel."""
FAR_OFF: Final = 4.0
"""Nodes farther from the middle than so many times the middle 98 % do not widen the picture."""
MIDDLE: Final = (0.01, 0.99)

STYLES: Final[dict[str, tuple[float, str, str]]] = {
    "expressway": (4.6, "#7a1f5c", ""),
    "national": (3.6, "#b3401f", ""),
    "provincial": (2.8, "#8a6d10", ""),
    "county": (2.1, "#1d6b4f", ""),
    "township": (1.7, "#1f5f8b", "9 2"),
    "village": (1.1, "#4a545d", ""),
    "ferry": (2.2, "#0063a6", "1 5"),
    "foot": (0.9, "#7d7466", "3 2.5"),
    "other": (1.4, "#333333", "8 2 2 2"),
}
"""Width in pixels, colour and dashes of links by class; ``foot`` is closed to cars."""

APART: Final[dict[str, tuple[float, str, str]]] = {
    "apart": (10.0, "#c2410c", "2 3"),
    "no_return": (8.0, "#6a3d8f", "6 4"),
    "walk_apart": (7.0, "#9a7b00", "1.5 6"),
}
"""Ticks across links outside the largest component: for cars, for cars there and back, on foot."""

SHAPES: Final = {
    "link": "M-11-8H11V8H-11Z",
    "node": "M-7-8H7A8 8 0 0 1 7 8H-7A8 8 0 0 1-7-8Z",
    "place": "M-14 0L-8-9H8L14 0L8 9H-8Z",
}
"""Outline of a marker about its number: on a link, at a node, at a place away from the roads."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map and what has to be said about it.

    Parameters
    ----------
    svg : str
        The map.
    layers : dict of str to tuple
        Number of links and km of each layer of lines that is on it.
    tolerance_m : float
        Metres to which lines were simplified.
    off_picture : int
        Nodes so far off that the picture leaves them out.
    """

    svg: str
    layers: dict[str, tuple[int, float]]
    tolerance_m: float
    off_picture: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """From degrees to the picture: metres about the middle, then units of the picture, down positive."""

    centre: tuple[float, float]
    left: float
    top: float
    scale: float
    height: float

    def at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
        """Units, shape (n, 2); not finite where a place has none."""
        x, y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        known = np.isfinite(x) & np.isfinite(y)
        found = np.full((len(x), 2), np.nan)
        east, north = to_plane(x[known], y[known], centre=self.centre)
        found[known] = np.column_stack([(east - self.left) * self.scale, (self.top - north) * self.scale])
        return found

    def inside(self, spots: Floats) -> Bools:
        """Which places lie in the picture, shape (n,)."""
        x, y = spots.T
        return np.asarray((x >= 0) & (x <= WIDTH) & (y >= 0) & (y <= self.height), np.bool_)


def sheet_for(nodes: pd.DataFrame) -> tuple[Sheet, int]:
    """A picture that holds the nodes, but for a few that are far off; and how many those are."""
    degrees = nodes[["lon", "lat"]].to_numpy(np.float64)
    low, high = np.quantile(degrees, MIDDLE, axis=0)
    room = FAR_OFF * np.maximum(high - low, 1e-4)
    near = ((degrees >= low - room) & (degrees <= high + room)).all(axis=1)
    centre = degrees[near].min(axis=0) / 2 + degrees[near].max(axis=0) / 2
    middle = (float(centre[0]), float(centre[1]))
    x, y = to_plane(*degrees[near].T, centre=middle)
    wide, tall = max(float(np.ptp(x)), 1.0), max(float(np.ptp(y)), 1.0)
    wide, tall = max(wide, tall / TALLEST), max(tall, wide * FLATTEST)
    wide, tall = (side * (1 + 2 * MARGIN) for side in (wide, tall))
    left, top = float(x.min() + x.max()) / 2 - wide / 2, float(y.min() + y.max()) / 2 + tall / 2
    return Sheet(middle, left, top, WIDTH / wide, WIDTH * tall / wide), int((~near).sum())


def layers_of(roads: Roads) -> tuple[dict[str, Bools], dict[str, Bools]]:
    """Which links each layer holds: by class, and by how they hang apart."""
    links = roads.links
    car, ferry = links["car"].to_numpy(bool), links["ferry"].to_numpy(bool)
    known = links["class"].where(links["class"].isin(list(STYLES)), "other")
    style = known.mask(~car, "foot").mask(ferry, "ferry").to_numpy(object)
    classes = {name: np.asarray(style == name) for name in STYLES}
    wires = wires_of(roads.nodes, links)

    def outer(access: Any, sense: Any) -> Bools:
        component, largest = components_of(wires, access=access, sense=sense)
        inner = (component[wires.start] == largest) & (component[wires.end] == largest)
        return np.asarray(wires.use[access] & ~inner, np.bool_)

    apart = outer("car", "weak")
    pieces = {
        "apart": apart,
        "no_return": outer("car", "strong") & ~apart,
        "walk_apart": outer("walk", "weak") & ~car,
    }
    return classes, pieces


def merged(lines: Lines, sheet: Sheet) -> npt.NDArray[np.object_]:
    """Lines in units of the picture, those that follow one another joined."""
    if not len(lines):
        return np.zeros(0, dtype=object)
    spots = Lines(sheet.at(*lines.xy.T), lines.start)
    together = shapely.line_merge(shapely.multilinestrings(spots.geometry()))
    long = lines_of(np.asarray(shapely.get_parts(together), dtype=object))
    place = np.arange(len(long.xy)) - np.repeat(long.first, np.diff(long.start))
    pieces, _, _ = cut(long, (place > 0) & (place % MOST_RUN == 0))
    return pieces.geometry()


def path_of(shapes: npt.NDArray[np.object_], *, tolerance: float) -> str:
    """Path data of lines, in whole units from point to point."""
    if not len(shapes):
        return ""
    simple = shapely.simplify(shapes, tolerance, preserve_topology=False)
    points, line = shapely.get_coordinates(simple, return_index=True)
    whole = np.rint(points).astype(np.int64)
    begins = np.concatenate([[True], line[1:] != line[:-1]])
    step = np.diff(whole, axis=0, prepend=whole[:1])
    kept = begins | (step != 0).any(axis=1)
    kept[np.flatnonzero(begins[1:])] = True  # the end of a line: a short one stays as a dot
    kept[-1] = True
    whole, step, begins = whole[kept], step[kept], begins[kept]
    parts = []
    for (x, y), (dx, dy), first in zip(whole.tolist(), step.tolist(), begins.tolist(), strict=True):
        parts.append(f"M{x} {y}l" if first else f"{dx} {dy} ")
    return "".join(parts)


def fine_enough(shapes: Iterable[npt.NDArray[np.object_]]) -> float:
    """The smallest tolerance, in units, by which the lines have few enough points."""
    parts = [shape for shape in shapes if len(shape)]
    tolerance = 1.0
    while tolerance < COARSEST:
        simple = (shapely.simplify(part, tolerance, preserve_topology=False) for part in parts)
        if sum(int(shapely.get_num_coordinates(part).sum()) for part in simple) <= MOST_POINTS:
            break
        tolerance *= 2
    return tolerance


def stroke(style: tuple[float, str, str]) -> str:
    """Attributes of a line."""
    width, colour, dash = style
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{colour}" stroke-width="{width:g}"{dashes}'


def sample(name: str) -> str:
    """A sample of a layer of lines for the legend."""
    under = f'<path {stroke(APART[name])} d="M1 8H39"/>' if name in APART else ""
    line = stroke((1.6, "#4a545d", "")) if name in APART else stroke(STYLES[name])
    return (
        '<svg class="k" width="40" height="16" viewBox="0 0 40 16" aria-hidden="true">'
        f'{under}<path {line} d="M1 8H39"/></svg>'
    )


def draw_roads(
    roads: Roads,
    *,
    marks: pd.DataFrame,
    words: Words,
    region: Region | None = None,
    places: pd.DataFrame | None = None,
) -> Drawing:
    """The map.

    Parameters
    ----------
    roads : Roads
    marks : DataFrame
        Columns ``code`` (A1, A2, ...), ``rule, shape`` (link, node, place), ``colour, lon, lat, said``:
        what gets a marker.
    words : Words
    region : Region, optional
        Whose outline and water lie below.
    places : DataFrame, optional
        Columns ``lon, lat, node, beyond``: places and where they enter the network.
    """
    sheet, off = sheet_for(roads.nodes)
    classes, pieces = layers_of(roads)
    km = roads.links["length_km"].to_numpy(np.float64)
    shapes = {
        name: merged(take(roads.lines, np.flatnonzero(which)), sheet)
        for name, which in (pieces | classes).items()
    }
    tolerance = fine_enough(shapes.values())
    body = [*ground(region, sheet)]
    for name, style in (APART | dict(reversed(STYLES.items()))).items():
        if len(shapes[name]):
            path = path_of(shapes[name], tolerance=tolerance)
            body.append(f'<g id="l-{name}"><path class="way" {stroke(style)} d="{path}"/></g>')
    if places is not None:
        body.append(dots(places, roads=roads, sheet=sheet))
    body += [*markers(marks, sheet), scale_bar(sheet, words)]
    svg = (
        f'<svg id="net" viewBox="0 0 {WIDTH:.0f} {sheet.height:.0f}" role="group" '
        f'aria-label="{escape(words("roads.alt"))}">' + "".join(body) + "</svg>"
    )
    sums = {name: (int(which.sum()), float(km[which].sum())) for name, which in (classes | pieces).items()}
    layers = {name: found for name, found in sums.items() if found[0]}
    return Drawing(svg, layers, tolerance / sheet.scale, off)


def ground(region: Region | None, sheet: Sheet) -> list[str]:
    """Outline and water of a region."""
    parts = []
    for role in ("outline", "water"):
        for layer in region.layers.values() if region is not None else ():
            if layer.role != role:
                continue
            for area, css in ((True, f"{role} area"), (False, role)):
                known = [shape for shape in layer.geometry if shape is not None and not shape.is_empty]
                mine = [shape for shape in known if ("Polygon" in shape.geom_type) == area]
                mine = [shape for shape in mine if "Point" not in shape.geom_type]
                rings = shapely.get_parts(shapely.boundary(mine) if area else np.array(mine, dtype=object))
                path = "".join(ring_path(shapely.get_coordinates(ring), sheet, closed=area) for ring in rings)
                parts += [f'<path class="{css}" d="{path}"/>'] if path else []
    return parts


def ring_path(degrees: Floats, sheet: Sheet, *, closed: bool) -> str:
    """Path data of one line or ring."""
    spots = shapely.linestrings(sheet.at(*degrees.T))
    kept = np.rint(shapely.get_coordinates(shapely.simplify(spots, PIXEL / 2))).astype(np.int64)
    return "M" + "L".join(f"{x} {y}" for x, y in kept.tolist()) + ("Z" if closed else "")


def dots(places: pd.DataFrame, *, roads: Roads, sheet: Sheet) -> str:
    """Places as dots, and a line from each one beyond the limit to its node."""
    spots = sheet.at(places["lon"], places["lat"])
    node = roads.nodes.set_index("node")[["lon", "lat"]].reindex(places["node"])
    ends = sheet.at(node["lon"], node["lat"])
    known = np.isfinite(spots).all(axis=1)
    far = places["beyond"].to_numpy(bool) & known & np.isfinite(ends).all(axis=1)
    path = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in spots[known].tolist())
    pairs = zip(spots[far].tolist(), ends[far].tolist(), strict=True)
    ties = "".join(f"M{x:.0f} {y:.0f}L{u:.0f} {v:.0f}" for (x, y), (u, v) in pairs)
    return f'<g id="l-places"><path class="tie" d="{ties}"/><path class="spot" d="{path}"/></g>'


def markers(marks: pd.DataFrame, sheet: Sheet) -> list[str]:
    """Numbered markers by rule, each a link to its row; the first of a rule lies on top."""
    spots = sheet.at(marks["lon"], marks["lat"])
    shown = sheet.inside(spots)
    rows = marks.assign(x=spots[:, 0], y=spots[:, 1])[shown]
    parts = []
    for rule, group in rows.groupby("rule", sort=False):
        inner = "".join(
            f'<a id="m-{row["code"]}" class="mark" href="#p-{row["code"]}" tabindex="-1" '
            f'aria-label="{escape(row["said"])}" transform="translate({row["x"]:.0f} {row["y"]:.0f})">'
            f'<g class="fit"><path d="{SHAPES[row["shape"]]}" fill="{row["colour"]}"/>'
            f"<text>{row['code']}</text><title>{escape(row['said'])}</title></g></a>"
            for row in group.iloc[::-1].to_dict("records")
        )
        parts.append(f'<g id="r-{rule}" class="rule">{inner}</g>')
    return parts


def scale_bar(sheet: Sheet, words: Words) -> str:
    """A bar of round length, and north."""
    steps = [factor * power for power in (1000, 100, 10, 1) for factor in (100, 50, 20, 10, 5, 2, 1)]
    metres = next((step for step in steps if step * sheet.scale < WIDTH / 4), 1)
    length, y = metres * sheet.scale, sheet.height - 22 * PIXEL
    number, unit = (metres / 1000, words("roads.km")) if metres >= 1000 else (metres, words("roads.m"))
    names = f'data-km="{escape(words("roads.km"))}" data-m="{escape(words("roads.m"))}"'
    left, tick = 22 * PIXEL, 6 * PIXEL
    return (
        f'<g class="bar" data-scale="{sheet.scale:.9g}" {names}>'
        f'<path d="M{left:.0f} {y - tick:.0f}v{tick:.0f}h{length:.0f}v{-tick:.0f}"/>'
        f'<text x="{left + length / 2:.0f}" y="{y - 9 * PIXEL:.0f}">{number:g} {escape(unit)}</text></g>'
    )
