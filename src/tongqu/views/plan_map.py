"""The map of the plan as SVG: outlines, water, rail, modelled roads, villages by service state, projects."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from tongqu.data import to_local
from tongqu.views.figures import Figures
from tongqu.views.words import Words

__all__ = ["SECTOR_COLOURS", "plan_map"]

SECTOR_COLOURS: Final = {
    "health": "#c4473a",
    "education": "#1f7a5c",
    "transport": "#2b5f9e",
    "finance": "#8a5a99",
}
"""One colour for each sector, everywhere; shapes tell them apart as well."""

WIDTH: Final = 1000.0
ROAD_STYLE: Final = {
    "expressway": (2.4, "#b08d57"),
    "national": (1.8, "#b08d57"),
    "provincial": (1.5, "#b08d57"),
    "county": (1.1, "#c3b59a"),
    "township": (0.7, "#d3c9b6"),
    "village": (0.35, "#ded7c9"),
}
TOLERANCE_M: Final = 120.0


class _Frame:
    """From degrees to the picture: metres in the region's own zone, then pixels."""

    def __init__(self, figures: Figures) -> None:
        self.epsg = figures.run.region.epsg
        units = figures.units
        x, y = to_local(units["lon"].to_numpy(), units["lat"].to_numpy(), epsg=self.epsg)
        shapes = [figures.run.region.layers[name].geometry for name in _layers(figures, "outline")]
        for geometry in shapes:
            points = shapely.get_coordinates(geometry)
            a, b = to_local(points[:, 0], points[:, 1], epsg=self.epsg)
            x, y = np.concatenate([x, a]), np.concatenate([y, b])
        self.left, self.top = float(x.min()) - 3000, float(y.max()) + 3000
        self.scale = WIDTH / (float(x.max()) + 3000 - self.left)
        self.height = (self.top - float(y.min()) + 3000) * self.scale

    def at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Pixels, shape (n, 2)."""
        x, y = to_local(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64), epsg=self.epsg)
        return np.stack(
            [(np.asarray(x) - self.left) * self.scale, (self.top - np.asarray(y)) * self.scale], axis=1
        )

    def path(self, geometry: Iterable[Any]) -> str:
        """Path data of lines and of the rings of polygons."""
        parts = []
        for shape in geometry:
            if shape is None:
                continue
            lines = shapely.get_parts(shapely.boundary(shape) if "Polygon" in shape.geom_type else shape)
            for line in lines:
                points = shapely.get_coordinates(line)
                pixels = self.at(points[:, 0], points[:, 1])
                kept = shapely.get_coordinates(
                    shapely.simplify(shapely.linestrings(pixels), TOLERANCE_M * self.scale)
                )
                parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept))
        return "".join(parts)


def _layers(figures: Figures, role: str) -> list[str]:
    return [name for name, layer in figures.run.region.layers.items() if layer.role == role]


def plan_map(figures: Figures, words: Words, *, service: str) -> str:
    """The map as SVG text; scripts recolour villages by service and hide projects by year."""
    frame = _Frame(figures)
    body = [
        *_ground(figures, frame),
        _roads(figures, frame),
        _villages(figures, frame, service=service),
        _projects(figures, frame, words),
        _labels(figures, frame, words),
        _scale_bar(frame, words),
    ]
    return (
        f'<svg id="plan-map" viewBox="0 0 {WIDTH:.0f} {frame.height:.0f}" role="img" '
        f'aria-label="{escape(words("map_alt"))}">' + "".join(body) + "</svg>"
    )


def _ground(figures: Figures, frame: _Frame) -> list[str]:
    layers = figures.run.region.layers
    styles = {
        "outline": 'fill="#fbfaf6" stroke="#6b6457" stroke-width="1.3"',
        "water": 'fill="none" stroke="#9dc3dd" stroke-width="1.2"',
        "rail": 'fill="none" stroke="#555" stroke-width="1.6" stroke-dasharray="7 4"',
    }
    return [
        f'<path d="{frame.path(layers[name].geometry)}" {style}/>'
        for role, style in styles.items()
        for name in _layers(figures, role)
    ]


def _roads(figures: Figures, frame: _Frame) -> str:
    region = figures.run.region
    nodes = region["nodes"].set_index("node")
    pixels = dict(zip(nodes.index, frame.at(nodes["lon"], nodes["lat"]), strict=True))
    parts = []
    for name, links in region["links"].groupby("class", sort=True):
        width, colour = ROAD_STYLE.get(str(name), (0.5, "#d3c9b6"))
        path = "".join(
            "M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*pixels[a], *pixels[b])
            for a, b in zip(links["from_node"], links["to_node"], strict=True)
        )
        dash = ' stroke-dasharray="4 2"' if bool(links["modelled"].all()) and width > 1 else ""
        parts.append(
            f'<path class="road" d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>'
        )
    return "".join(parts)


def _villages(figures: Figures, frame: _Frame, *, service: str) -> str:
    villages = figures.run.region.level("village")
    states = {name: figures.states(name).reindex(villages.index).to_numpy() for name in figures.service_names}
    pixels = frame.at(villages["lon"], villages["lat"])
    drawn = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" class="v s{state}">'
        f"<title>{escape(str(name))}</title></circle>"
        for (x, y), name, state in zip(pixels, villages["name"], states[service], strict=True)
    )
    packed = {name: "".join(str(int(state)) for state in values) for name, values in states.items()}
    return f"<g id=\"villages\" data-states='{json.dumps(packed, sort_keys=True)}'>{drawn}</g>"


def _projects(figures: Figures, frame: _Frame, words: Words) -> str:
    table = figures.decisions.sort_values(["capital_wan", "project"], ascending=[False, True])
    pixels = frame.at(table["lon"], table["lat"])
    largest = float(table["capital_wan"].max()) if len(table) else 1.0
    parts = []
    for (x, y), row in zip(pixels, table.to_dict("records"), strict=True):
        radius = 2.0 + 7.0 * (row["capital_wan"] / largest) ** 0.5
        name = words.name(row["name_zh"], row["name_en"])
        label = words("project_label", name=name, year=row["opens"], money=words.money(row["capital_wan"]))
        parts.append(
            f'<path class="p" data-year="{row["opens"]}" d="{_symbol(row["sector"], x, y, radius)}" '
            f'fill="{SECTOR_COLOURS.get(row["sector"], "#555")}"><title>{escape(label)}</title></path>'
        )
    return f'<g id="projects">{"".join(parts)}</g>'


def _symbol(sector: str, x: float, y: float, r: float) -> str:
    """A circle for health, a square for education, a diamond for the rest."""
    if sector == "health":
        return (
            f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0z"
        )
    if sector == "education":
        return f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z"
    return f"M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z"


def _labels(figures: Figures, frame: _Frame, words: Words) -> str:
    counties = figures.run.region.level("county")
    names = [words.name(zh, en) for zh, en in zip(counties["name"], counties["name_en"], strict=True)]
    pixels = frame.at(counties["lon"], counties["lat"])
    return "".join(
        f'<text class="label" x="{x:.0f}" y="{y - 12:.0f}">{escape(str(name))}</text>'
        for (x, y), name in zip(pixels, names, strict=True)
    )


def _scale_bar(frame: _Frame, words: Words) -> str:
    length = 20_000 * frame.scale
    y = frame.height - 24
    return (
        f'<g class="scale"><path d="M24 {y - 5:.0f}v5h{length:.0f}v-5" fill="none" stroke="#333"/>'
        f'<text x="{24 + length / 2:.0f}" y="{y - 8:.0f}" text-anchor="middle">20 {words("km")}</text></g>'
    )
