"""The map of the plan as SVG: outlines, water, rail, roads, villages by service state, projects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from tongqu.data import Layer, LayerRole, Region, to_local
from tongqu.views.svg import SHAPES
from tongqu.views.tables import Figures
from tongqu.views.words import Words

__all__ = ["CLASSES", "WIDTH", "Frame", "frame_of", "layers_of", "plan_map", "scale_bar"]

WIDTH: Final = 1000.0
MARGIN_M: Final = 3_000.0
TOLERANCE_M: Final = 120.0
"""Lines are simplified to this, less than one pixel of the printed map."""

CLASSES: Final = {
    "expressway": (2.6, "#a8842c"),
    "national": (2.0, "#b59a5b"),
    "provincial": (1.6, "#b59a5b"),
    "county": (1.2, "#b3a374"),
    "township": (0.9, "#b9ac86"),
    "village": (0.6, "#c4b997"),
}
"""Width in pixels and colour of a road by class."""

GROUND: Final[tuple[tuple[LayerRole, str], ...]] = (
    ("outline", "outline"),
    ("water", "water"),
    ("rail", "rail"),
)


@dataclass(frozen=True)
class Frame:
    """From degrees to the picture: metres in the region's own zone, then pixels."""

    epsg: int
    left: float
    top: float
    scale: float
    height: float

    def at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Pixels, shape (n, 2)."""
        x, y = to_local(np.asarray(lon, np.float64), np.asarray(lat, np.float64), epsg=self.epsg)
        return np.stack([(x - self.left) * self.scale, (self.top - y) * self.scale], axis=1)

    def path(self, geometry: Iterable[Any]) -> str:
        """Path data of lines and of the rings of polygons."""
        parts = []
        for shape in geometry:
            if shape is None or shape.is_empty or "Point" in shape.geom_type:
                continue
            area = "Polygon" in shape.geom_type
            for piece in shapely.get_parts(shapely.boundary(shape) if area else shape):
                degrees = shapely.get_coordinates(piece)
                pixels = shapely.linestrings(self.at(degrees[:, 0], degrees[:, 1]))
                kept = shapely.get_coordinates(shapely.simplify(pixels, TOLERANCE_M * self.scale))
                parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + ("Z" if area else ""))
        return "".join(parts)


def frame_of(region: Region) -> Frame:
    """The picture that holds all places and outlines of a region."""
    places = region["units"][["lon", "lat"]].dropna().to_numpy(dtype=np.float64)
    outlines = [shapely.get_coordinates(list(layer.geometry)) for layer in layers_of(region, "outline")]
    together = np.concatenate([places, *outlines])
    x, y = to_local(together[:, 0], together[:, 1], epsg=region.epsg)
    left, top = float(x.min()) - MARGIN_M, float(y.max()) + MARGIN_M
    scale = WIDTH / (float(x.max()) + MARGIN_M - left)
    return Frame(region.epsg, left, top, scale, (top - float(y.min()) + MARGIN_M) * scale)


def layers_of(region: Region, role: LayerRole) -> list[Layer]:
    """Layers of a region with a role."""
    return [layer for layer in region.layers.values() if layer.role == role]


def plan_map(figures: Figures, words: Words, *, service: str) -> str:
    """The map in the state of the last year; the page's script recolours and hides by year and service.

    It holds the ground (``#ground``) and the borders (``#borders``), which other maps of the page refer to.
    """
    region = figures.stored.run.region
    frame = frame_of(region)
    body = [
        # Ground and borders have names: smaller maps of the page show them again.
        f'<g id="ground">{"".join(_ground(figures, frame))}</g>',
        *_roads(figures, frame),
        '<defs><path id="borders" d="'
        + "".join(frame.path(layer.geometry) for layer in layers_of(region, "outline"))
        + '"/></defs><use href="#borders" class="border"/>',
        _villages(figures, frame, service=service),
        _projects(figures, frame),
        _names(figures, frame, words=words),
        scale_bar(frame, words),
        '<circle id="ring" r="9" cx="-99" cy="-99"/>',
    ]
    return (
        f'<svg id="plan" viewBox="0 0 {WIDTH:.0f} {frame.height:.0f}" role="img" '
        f'aria-label="{escape(words("map.alt"))}">' + "".join(body) + "</svg>"
    )


def _ground(figures: Figures, frame: Frame) -> list[str]:
    """Land, water and railways; areas of water are filled."""
    parts = []
    for role, css in GROUND:
        for layer in layers_of(figures.stored.run.region, role):
            areas = [shape for shape in layer.geometry if shape is not None and "Polygon" in shape.geom_type]
            lines = [shape for shape in layer.geometry if shape is not None and "Line" in shape.geom_type]
            if areas:
                parts.append(f'<path class="{css} area" d="{frame.path(areas)}"/>')
            if lines:
                parts.append(f'<path class="{css}" d="{frame.path(lines)}"/>')
    return parts


def _roads(figures: Figures, frame: Frame) -> list[str]:
    """Roads by class, dashed where modelled, and over them the links that chosen projects upgrade."""
    region = figures.stored.run.region
    nodes = region["nodes"].set_index("node")
    pixels = dict(zip(nodes.index, frame.at(nodes["lon"], nodes["lat"]), strict=True))
    links = region["links"]
    ends = {
        link: "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*pixels[a], *pixels[b])
        for link, a, b in zip(links["link"], links["from_node"], links["to_node"], strict=True)
    }
    parts = []
    order = [name for name in reversed(CLASSES) if (links["class"] == name).any()]
    for name in order + sorted(set(links["class"]) - set(CLASSES)):
        mine = links[links["class"] == name]
        width, colour = CLASSES.get(str(name), (0.6, "#c9c0aa"))
        for modelled, group in mine.groupby("modelled"):
            dash = f' stroke-dasharray="{max(width * 2.2, 1.6):g} {max(width, 1):g}"' if modelled else ""
            path = "".join(ends[link] for link in group["link"])
            parts.append(f'<path class="road" stroke="{colour}" stroke-width="{width}"{dash} d="{path}"/>')
    return [*parts, _upgrades(figures, ends)]


def _upgrades(figures: Figures, ends: dict[str, str]) -> str:
    entries = figures.stored.run["offer/entries"]
    built = figures.projects.rows.set_index("project")["opens"]
    mine = entries[(entries["ledger"] == "link") & entries["project"].isin(built.index)]
    opens = mine["project"].map(built)
    parts = []
    for year in sorted(set(opens)):
        path = "".join(ends[link] for link in mine.loc[opens == year, "key"] if link in ends)
        parts.append(f'<path class="upgrade" data-y="{year}" data-s="transport" d="{path}"/>')
    return "".join(parts)


def _villages(figures: Figures, frame: Frame, *, service: str) -> str:
    cube = figures.stored.cube
    places = figures.stored.units.loc[list(cube.villages)]
    states = figures.services.states[service][:, -1]
    marks = "".join(
        f'<use href="#v{state}" x="{x:.1f}" y="{y:.1f}"/>'
        for (x, y), state in zip(frame.at(places["lon"], places["lat"]), states, strict=True)
    )
    return f'<g id="villages">{marks}</g>'


def _projects(figures: Figures, frame: Frame) -> str:
    """Symbols by sector, area by capital; the largest lie below and come first for the keyboard."""
    table = figures.projects.rows.sort_values(["capital_wan", "project"], ascending=[False, True])
    table = table[table["lon"].notna() & table["lat"].notna()]
    largest = float(table["capital_wan"].abs().max()) if len(table) else 1.0
    parts = []
    pixels = frame.at(table["lon"], table["lat"])
    for place, (x, y), row in zip(table.index, pixels, table.to_dict("records"), strict=True):
        size = max(1.9, 11.0 * (abs(row["capital_wan"]) / max(largest, 1e-9)) ** 0.5)
        name = f"k-{row['sector']}" if row["sector"] in SHAPES else "k-other"
        parts.append(
            f'<use href="#{name}" transform="translate({x:.1f} {y:.1f})scale({size:.1f})" '
            f'data-p="{place}" data-y="{row["opens"]}" data-s="{escape(str(row["sector"]))}"/>'
        )
    return f'<g id="symbols">{"".join(parts)}</g>'


def _names(figures: Figures, frame: Frame, *, words: Words) -> str:
    """Names of the counties: inside their outline where there is one, else at their seat."""
    counties = figures.stored.run.region.level("county")
    places = dict(zip(counties.index, frame.at(counties["lon"], counties["lat"]), strict=True))
    for layer in layers_of(figures.stored.run.region, "outline"):
        if "unit" not in layer.properties:
            continue
        for unit, shape in zip(layer.properties["unit"], layer.geometry, strict=True):
            if unit in places and shape is not None:
                middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, 0.005))[0]
                places[unit] = frame.at(middle[:1], middle[1:])[0]
    names = dict(zip(counties.index, zip(counties["name"], counties["name_en"], strict=True), strict=True))
    return "".join(
        f'<text class="label" x="{x:.0f}" y="{y:.0f}">{escape(words.name(*names[unit]))}</text>'
        for unit, (x, y) in places.items()
    )


def scale_bar(frame: Frame, words: Words) -> str:
    """A bar of a round number of kilometres, at most a quarter of the picture wide."""
    length_km = next(km for km in (50, 20, 10, 5, 2, 1) if km * 1000 * frame.scale < WIDTH / 4 or km == 1)
    length, y = length_km * 1000 * frame.scale, frame.height - 22
    return (
        f'<g class="scale"><path d="M22 {y - 6:.0f}v6h{length:.0f}v-6"/>'
        f'<text x="{22 + length / 2:.0f}" y="{y - 8:.0f}">{length_km} '
        f"{escape(words.label('unit', 'km'))}</text>"
        f'<path class="north" d="M{WIDTH - 34:.0f} 52l-8 24 8-6 8 6z"/>'
        f'<text x="{WIDTH - 34:.0f}" y="44">N</text></g>'
    )
