"""A map of minutes, or of supply within reach, by village: one HTML file that works offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

import jinja2
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tongqu.data import LayerRole, Region
from tongqu.views.grid import Grid, raw
from tongqu.views.maps import WIDTH, Frame, frame_of, layers_of, scale_bar
from tongqu.views.words import Language, Words

__all__ = ["Measure", "travel_html"]

Measure: TypeAlias = Literal["minutes", "per_1000"]
"""What the villages are coloured by."""

MINUTES: Final = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0)
"""Edges of the classes of minutes; a limit belongs to the class that it ends."""

CLASSES: Final = 6
"""Classes of supply, with as many villages each."""

NEAR_TO_FAR: Final = ("#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154")
"""Viridis from good to bad."""

OUT: Final = "url(#h-out)"
"""Fill of villages that reach nothing."""

RADIUS: Final = 3.0
"""Pixels of a village's mark."""

ROLES: Final[tuple[tuple[LayerRole, str], ...]] = (("outline", "outline"), ("water", "water"))

SITE_COLOURS: Final = ("#c2410c", "#0063a6", "#6a3d8f", "#00795a", "#6b4e00")
"""Colours of kinds of site, in the order of the kinds."""

SITE_SHAPES: Final = (
    "M-1.5-5.5H1.5V-1.5H5.5V1.5H1.5V5.5H-1.5V1.5H-5.5V-1.5H-1.5Z",
    "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
    "M-4.5-4.5H4.5V4.5H-4.5Z",
    "M0-5.5L5.5 4.5H-5.5Z",
    "M0 5.5L5.5-4.5H-5.5Z",
)
"""Shapes of kinds of site: they differ as well as the colours."""


def travel_html(
    region: Region,
    values: pd.Series[float],
    *,
    measure: Measure,
    title: str,
    sites: pd.DataFrame | None = None,
    kinds: Mapping[str, str] | None = None,
    areas: Sequence[tuple[float, Any]] = (),
    facts: Sequence[tuple[str, str]] = (),
    missing: str = "",
    language: Language = "zh",
) -> str:
    """A map of the villages by minutes or by supply, with sites and isochrones, and a table twin.

    Parameters
    ----------
    region : Region
        Outline, water, roads, and where villages lie.
    values : Series of float
        Minutes (infinite when out of reach) or supply per 1000, by village.
    measure : {"minutes", "per_1000"}
        Which of both.
    title : str
        What the map shows.
    sites : DataFrame, optional
        ``site, site_name, kind, lon, lat``.
    kinds : mapping of str to str, optional
        Words of the kinds of site.
    areas : sequence of (float, geometry)
        Isochrones in degrees, by limit in minutes, each inside the next.
    facts : sequence of (str, str)
        What was asked and the headline figures, in words.
    missing : str
        What an infinite value is called; "out of reach" when left out.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host.

    Examples
    --------
    >>> import tongqu
    >>> found = tongqu.travel.nearest("quzhou")
    >>> page = travel_html(found.region, found.minutes, measure="minutes", title="Nearest", language="en")
    >>> page.count('class="v"')
    1664
    """
    words = Words(language)
    scale, out = _scale(values, measure), missing or words("travel.out")
    folder = files("tongqu.views") / "templates"
    picture = _Picture(region, words, out=out, scale=scale, frame=frame_of(region))
    shown = pd.DataFrame(columns=["site", "site_name", "kind", "lon", "lat"]) if sites is None else sites
    return (
        _environment()
        .get_template("travel.html.j2")
        .render(
            t=words,
            title=title,
            region=words.name(region.title_zh, region.title_en),
            style=raw((folder / "report.css").read_text(encoding="utf-8")),
            svg=raw(picture.drawing(values, sites=shown, areas=areas)),
            legend=_legend(values, scale, words, out=out),
            unit=_unit(words, measure),
            out=out,
            sites=_site_legend(shown, kinds or {}),
            limits=[(words.plain(float(limit)), picture.colour_of(limit)) for limit, _ in areas],
            facts=facts,
            modelled=words.share(picture.modelled(values)),
            links=words.share(float(region["links"]["modelled"].mean()) if len(region["links"]) else 0.0),
            twin=_twin(region, values, words, measure=measure, out=out),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tongqu.views", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


@dataclass(frozen=True, eq=False)
class _Scale:
    """Classes of values: upper edges, and a colour for each class and one beyond."""

    edges: tuple[float, ...]
    colours: tuple[str, ...]

    def class_of(self, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Class of each value; -1 where there is none."""
        found = np.searchsorted(np.asarray(self.edges) + 1e-9, values, side="left")
        return np.where(np.isfinite(values), found, -1).astype(np.int64)


def _scale(values: pd.Series[float], measure: Measure) -> _Scale:
    if measure == "minutes":
        return _Scale(MINUTES, NEAR_TO_FAR)
    known = values[np.isfinite(values)].to_numpy(np.float64)
    shares = np.arange(1, CLASSES) / CLASSES
    edges = np.unique(np.round(np.quantile(known, shares), 2)) if known.size else np.array([0.0])
    step = np.linspace(len(NEAR_TO_FAR) - 1, 0, edges.size + 1).round().astype(int)
    return _Scale(tuple(edges.tolist()), tuple(NEAR_TO_FAR[i] for i in step))


@dataclass(frozen=True, eq=False)
class _Picture:
    """The drawing."""

    region: Region
    words: Words
    out: str
    scale: _Scale
    frame: Frame

    def modelled(self, values: pd.Series[float]) -> float:
        """Share of the villages whose position is modelled."""
        return float(self._is_modelled(values).mean()) if len(values) else 0.0

    def _is_modelled(self, values: pd.Series[float]) -> npt.NDArray[np.bool_]:
        columns = self._units(values)["modelled_columns"].fillna("").astype(str)
        return columns.map(lambda text: "lon" in text.split(";")).to_numpy(bool)

    def _units(self, values: pd.Series[float]) -> pd.DataFrame:
        return self.region["units"].set_index("unit").loc[values.index]

    def drawing(
        self, values: pd.Series[float], *, sites: pd.DataFrame, areas: Sequence[tuple[float, Any]]
    ) -> str:
        """The whole map."""
        borders = "".join(self.frame.path(layer.geometry) for layer in layers_of(self.region, "outline"))
        body = [
            _patterns(self.scale),
            *self._ground(),
            *self._areas(areas),
            self._roads(),
            f'<path class="border" d="{borders}"/>',
            self._villages(values),
            self._sites(sites),
            self._names(),
            scale_bar(self.frame, self.words),
        ]
        size = f"0 0 {WIDTH:.0f} {self.frame.height:.0f}"
        words = self.words
        label = escape(words("travel.alt"))
        return f'<svg id="plan" viewBox="{size}" role="img" aria-label="{label}">' + "".join(body) + "</svg>"

    def _ground(self) -> list[str]:
        parts = []
        for role, css in ROLES:
            for layer in layers_of(self.region, role):
                for kind, more in (("Polygon", " area"), ("Line", "")):
                    mine = [
                        shape for shape in layer.geometry if shape is not None and kind in shape.geom_type
                    ]
                    if mine:
                        parts.append(f'<path class="{css}{more}" d="{self.frame.path(mine)}"/>')
        return parts

    def colour_of(self, limit: float) -> str:
        """Colour of the villages as far away as a limit."""
        number = int(self.scale.class_of(np.array([limit]))[0])
        return self.scale.colours[min(number, len(self.scale.colours) - 1)]

    def _areas(self, areas: Sequence[tuple[float, Any]]) -> list[str]:
        """Isochrones, the widest below."""
        parts = []
        for limit, shape in reversed(list(areas)):
            colour = self.colour_of(limit)
            title = escape(self.words("travel.within", limit=self.words.plain(float(limit))))
            parts.append(
                f'<path class="reach" d="{self.frame.path([shape])}" fill="{colour}" '
                f'fill-opacity=".3" fill-rule="evenodd" stroke="{colour}"><title>{title}</title></path>'
            )
        return [f'<g id="areas">{"".join(parts)}</g>'] if parts else []

    def _roads(self) -> str:
        """Roads as thin lines between their nodes, dashed where modelled."""
        nodes, links = self.region["nodes"].set_index("node"), self.region["links"]
        pixels = pd.DataFrame(self.frame.at(nodes["lon"], nodes["lat"]), index=nodes.index)
        start, end = (pixels.loc[links[side]].to_numpy() for side in ("from_node", "to_node"))
        parts = []
        for modelled in (False, True):
            mine = (links["modelled"] == modelled).to_numpy(bool)
            lines = zip(start[mine], end[mine], strict=True)
            path = "".join(f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" for a, b in lines)
            dash = ' stroke-dasharray="2 1.5"' if modelled else ""
            parts.append(
                f'<path class="road" stroke="#b9ac86" stroke-width=".7"{dash} d="{path}"/>' if path else ""
            )
        return "".join(parts)

    def _villages(self, values: pd.Series[float]) -> str:
        units = self._units(values)
        numbers = self.scale.class_of(values.to_numpy(np.float64))
        pixels = self.frame.at(units["lon"], units["lat"])
        names = [self.words.name(*pair) for pair in zip(units["name"], units["name_en"], strict=True)]
        modelled = self._is_modelled(values)
        marks = []
        for (x, y), name, number, value, guess in zip(pixels, names, numbers, values, modelled, strict=True):
            fill = OUT if number < 0 else f"url(#m{number})" if guess else self.scale.colours[number]
            shown = self.words.number(value, 1) if np.isfinite(value) else self.out
            marks.append(
                f'<circle class="v" data-class="{number}" cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS:g}" '
                f'fill="{fill}">'
                f"<title>{escape(name)}: {escape(shown)}</title></circle>"
            )
        return f'<g id="villages">{"".join(marks)}</g>'

    def _sites(self, sites: pd.DataFrame) -> str:
        english = self.region["sites"].set_index("site")["name_en"]
        styles = _styles(sites)
        marks = []
        pixels = self.frame.at(sites["lon"].astype("float64"), sites["lat"].astype("float64"))
        for (x, y), row in zip(pixels, sites.to_dict("records"), strict=True):
            shape, colour = styles[str(row["kind"])]
            name = self.words.name(row["site_name"], english.get(row["site"], ""))
            marks.append(
                f'<path class="site" d="{shape}" fill="{colour}" transform="translate({x:.1f} {y:.1f})">'
                f"<title>{escape(name)}</title></path>"
            )
        return f'<g id="sites">{"".join(marks)}</g>'

    def _names(self) -> str:
        """Names of the counties: inside their outline where there is one, else at their seat."""
        counties = self.region.level("county")
        spots = dict(zip(counties.index, counties[["lon", "lat"]].to_numpy(np.float64), strict=True))
        for layer in layers_of(self.region, "outline"):
            for unit, shape in zip(layer.properties.get("unit", []), layer.geometry, strict=False):
                if unit in spots and shape is not None:
                    spots[unit] = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, 0.005))[0]
        pixels = self.frame.at(*np.array(list(spots.values())).reshape(-1, 2).T)
        names = [self.words.name(*pair) for pair in zip(counties["name"], counties["name_en"], strict=True)]
        return "".join(
            f'<text class="label" x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>'
            for (x, y), name in zip(pixels, names, strict=True)
        )


def _styles(sites: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Shape and colour of each kind of site."""
    kinds = sorted(sites["kind"].astype("str").unique())
    size = len(SITE_SHAPES)
    return {kind: (SITE_SHAPES[i % size], SITE_COLOURS[i % size]) for i, kind in enumerate(kinds)}


def _patterns(scale: _Scale) -> str:
    """Hatched fills: a class on a modelled position, and out of reach."""
    hatch = (
        '<pattern id="{name}" width="2.4" height="2.4" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="2.4" height="2.4" fill="{back}"/>'
        '<path d="M0 0V2.4" stroke="{front}" stroke-width="{width}"/></pattern>'
    )
    parts = [
        hatch.format(name=f"m{number}", back=colour, front="#fff", width=0.7)
        for number, colour in enumerate(scale.colours)
    ]
    parts.append(hatch.format(name="h-out", back="#fff", front="#1b242c", width=1.4))
    return f"<defs>{''.join(parts)}</defs>"


def _legend(values: pd.Series[float], scale: _Scale, words: Words, *, out: str) -> list[dict[str, Any]]:
    """Classes with their colour, words and number of villages."""
    numbers = scale.class_of(values.to_numpy(np.float64))
    edges = [words.plain(edge) for edge in scale.edges]
    names = [words("travel.upto", edge=edges[0])]
    names += [f"{low}–{high}" for low, high in pairwise(edges)]
    names.append(words("travel.above", edge=edges[-1]))
    rows = [
        {"colour": colour, "name": name, "count": words.count(float((numbers == number).sum()))}
        for number, (colour, name) in enumerate(zip(scale.colours, names, strict=True))
    ]
    lost = float((numbers < 0).sum())
    return [*rows, {"colour": OUT, "name": out, "count": words.count(lost)}]


def _unit(words: Words, measure: Measure) -> str:
    return words("travel.minutes") if measure == "minutes" else words("travel.per_1000")


def _site_legend(sites: pd.DataFrame, kinds: Mapping[str, str]) -> list[tuple[str, str, str, int]]:
    styles = _styles(sites)
    count = sites["kind"].astype("str").value_counts()
    return [(*styles[kind], kinds.get(kind, kind), int(count[kind])) for kind in styles]


def _twin(region: Region, values: pd.Series[float], words: Words, *, measure: Measure, out: str) -> Grid:
    """The map as a table, the worst first."""
    units = region["units"].set_index("unit")
    order = values.sort_values(ascending=measure == "per_1000", kind="stable")
    above = region.ancestor(order.index, level="town"), region.county_of(order.index)
    rows = []
    for unit, value, town, county in zip(order.index, order, *above, strict=True):
        names = [
            words.name(units.at[code, "name"], units.at[code, "name_en"]) if isinstance(code, str) else ""
            for code in (unit, town, county)
        ]
        shown = words.number(value, 1 if measure == "minutes" else 2) if np.isfinite(value) else out
        rows.append([*names, shown])
    keys = ("village", "town", "county")
    return Grid(
        label=words("travel.twin"),
        head=[*(words(f"column.{key}") for key in keys), _unit(words, measure)],
        rows=rows,
        numeric=frozenset({3}),
    )
