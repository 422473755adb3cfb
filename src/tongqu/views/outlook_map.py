"""The map of villages by what is proposed for them: grow, keep, shrink or move."""

from __future__ import annotations

from html import escape
from typing import Final

import numpy as np
import pandas as pd
import shapely

from tongqu.data import LayerRole, Region
from tongqu.views.maps import WIDTH, Frame, frame_of, layers_of, scale_bar
from tongqu.views.words import Words

__all__ = ["FUTURES", "county_names", "county_spots", "future_map", "future_mark", "ground"]

FUTURES: Final = {
    "keep": ("#8d9db6", "M-2.1 0A2.1 2.1 0 1 0 2.1 0A2.1 2.1 0 1 0-2.1 0Z"),
    "grow": ("#1f9e89", "M-2.9-2.9H2.9V2.9H-2.9Z"),
    "shrink": ("#e8c200", "M-3.7-3H3.7L0 3.9Z"),
    "move": ("#440154", "M-1.7-5.2H1.7V-1.7H5.2V1.7H1.7V5.2H-1.7V1.7H-5.2V-1.7H-1.7Z"),
}
"""Colour and shape of each proposal, the last drawn over the others."""
ROLES: Final[tuple[tuple[LayerRole, str], ...]] = (("outline", "outline"), ("water", "water"))


def future_mark(name: str) -> str:
    """The mark of a proposal as a small drawing for a legend."""
    colour, shape = FUTURES[name]
    return (
        '<svg class="k" width="16" height="16" viewBox="-6 -6 12 12" aria-hidden="true">'
        f'<path d="{shape}" fill="{colour}" stroke="#333" stroke-width=".5"/></svg>'
    )


def future_map(region: Region, villages: pd.DataFrame, words: Words) -> str:
    """The map; marks of villages with modelled figures are hatched.

    Parameters
    ----------
    villages : DataFrame
        ``unit, future, modelled, people_last``, a row for each village.
    """
    frame = frame_of(region)
    borders = "".join(frame.path(layer.geometry) for layer in layers_of(region, "outline"))
    body = [
        _patterns(),
        *ground(region, frame),
        f'<path class="border" d="{borders}"/>',
        *_villages(region, villages, frame=frame, words=words),
        county_names(region, frame, words=words),
        scale_bar(frame, words),
    ]
    label = escape(words("outlook.map_alt"))
    size = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    return f'<svg id="plan" viewBox="{size}" role="img" aria-label="{label}">' + "".join(body) + "</svg>"


def _patterns() -> str:
    parts = [
        f'<pattern id="f-{name}" width="2.4" height="2.4" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="2.4" height="2.4" fill="{colour}"/>'
        '<path d="M0 0V2.4" stroke="#fff" stroke-width=".55"/></pattern>'
        for name, (colour, _) in FUTURES.items()
    ]
    return f"<defs>{''.join(parts)}</defs>"


def ground(region: Region, frame: Frame) -> list[str]:
    """Outlines and water."""
    parts = []
    for role, css in ROLES:
        for layer in layers_of(region, role):
            for kind, more in (("Polygon", " area"), ("Line", "")):
                mine = [shape for shape in layer.geometry if shape is not None and kind in shape.geom_type]
                if mine:
                    parts.append(f'<path class="{css}{more}" d="{frame.path(mine)}"/>')
    return parts


def _villages(region: Region, villages: pd.DataFrame, *, frame: Frame, words: Words) -> list[str]:
    """A group of marks for each proposal, named by people in the last year of the scenario."""
    units = region["units"].set_index("unit").loc[villages["unit"]]
    pixels = frame.at(units["lon"], units["lat"])
    names = [words.name(*pair) for pair in zip(units["name"], units["name_en"], strict=True)]
    parts = []
    for future, (colour, shape) in FUTURES.items():
        marks = []
        for number in np.flatnonzero(villages["future"].to_numpy() == future):
            row, (x, y) = villages.iloc[number], pixels[number]
            fill = f"url(#f-{future})" if row["modelled"] else colour
            title = f"{names[number]}: {words.label('future', future)}, {words.count(row['people_last'])}"
            marks.append(
                f'<path class="v" d="{shape}" fill="{fill}" transform="translate({x:.1f} {y:.1f})">'
                f"<title>{escape(title)}</title></path>"
            )
        parts.append(f'<g class="f-{future}">{"".join(marks)}</g>')
    return parts


def county_names(region: Region, frame: Frame, *, words: Words) -> str:
    """Names of the counties: inside their outline where there is one, else at their seat."""
    return "".join(
        f'<text class="label" x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>'
        for x, y, name in county_spots(region, frame, words=words)
    )


def county_spots(region: Region, frame: Frame, *, words: Words) -> list[tuple[float, float, str]]:
    """Middle of the foot of each county's name, and the name."""
    counties = region.level("county")
    spots = dict(zip(counties.index, counties[["lon", "lat"]].to_numpy(np.float64), strict=True))
    for layer in layers_of(region, "outline"):
        for unit, shape in zip(layer.properties.get("unit", []), layer.geometry, strict=False):
            if unit in spots and shape is not None:
                spots[unit] = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, 0.005))[0]
    pixels = frame.at(*np.array(list(spots.values())).reshape(-1, 2).T)
    names = [words.name(*pair) for pair in zip(counties["name"], counties["name_en"], strict=True)]
    return [(float(x), float(y), name) for (x, y), name in zip(pixels, names, strict=True)]
