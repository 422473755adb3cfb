"""A map of places, lines and cells over the outlines of a region, as SVG, and its legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from tongqu.data import Region
from tongqu.views.grid import raw
from tongqu.views.maps import WIDTH, Frame, frame_of, layers_of, scale_bar
from tongqu.views.outlook_map import county_names, county_spots, ground
from tongqu.views.svg import boxes_meet, swatch, text_box, text_width
from tongqu.views.words import Words

__all__ = ["SHAPES", "STEPS", "Cells", "Marks", "Names", "Ways", "legend", "place_map", "stepped"]

Floats = npt.NDArray[np.float64]

SHAPES: Final = {
    "dot": "M-1 0A1 1 0 1 0 1 0A1 1 0 1 0-1 0Z",
    "square": "M-.9-.9H.9V.9H-.9Z",
    "diamond": "M0-1.2L1.2 0L0 1.2L-1.2 0Z",
    "up": "M0-1.15L1.1.85H-1.1Z",
    "down": "M0 1.15L1.1-.85H-1.1Z",
    "cross": "M-.4-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4Z",
}
"""Shapes of marks about the origin, radius 1."""

STEPS: Final = ("#fde725", "#7ad151", "#22a884", "#2a788e", "#414487", "#440154")
"""Viridis in six steps, from little to much."""

NAME_SIZE: Final = 13.5
"""Letters of a place's name, pixels."""
LABEL_SIZE: Final = 21.0
"""Letters of a county's name, pixels."""

SEAM: Final = 0.3
"""Pixels by which cells overlap the next ones, so that no ground shines through between them."""


@dataclass(frozen=True, eq=False)
class Marks:
    """Places of one kind.

    Parameters
    ----------
    name : str
        Words of the legend.
    colour : str
        Fill, as ``#rrggbb``.
    lon, lat : array_like of float
        Positions in degrees, shape (places,).
    titles : sequence of str
        What each place is called when it is pointed at; empty for none.
    shape : str
        One of `SHAPES`.
    size : float or array_like of float
        Radius in pixels, one or each.
    modelled : bool or array_like of bool
        Whether the place is not observed: its mark is hatched.
    """

    name: str
    colour: str
    lon: npt.ArrayLike
    lat: npt.ArrayLike
    titles: Sequence[str] = ()
    shape: str = "dot"
    size: npt.ArrayLike = 3.0
    modelled: npt.ArrayLike = False


@dataclass(frozen=True, eq=False)
class Ways:
    """Lines of one kind.

    Parameters
    ----------
    name : str
        Words of the legend.
    colour : str
        Stroke, as ``#rrggbb``.
    lines : sequence of numpy.ndarray of float
        Degrees, each of shape (points, 2): longitude, latitude.
    titles : sequence of str
        What each line is called when it is pointed at; empty for none.
    width : float
        Pixels.
    dashed : bool
        Whether the line is not observed.
    """

    name: str
    colour: str
    lines: Sequence[Floats]
    titles: Sequence[str] = ()
    width: float = 1.6
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Cells:
    """Square cells of one kind.

    Parameters
    ----------
    name : str
        Words of the legend.
    colour : str
        Fill, as ``#rrggbb``.
    lon, lat : array_like of float
        Middles in degrees, shape (cells,).
    side_m : float
        Side, metres.
    """

    name: str
    colour: str
    lon: npt.ArrayLike
    lat: npt.ArrayLike
    side_m: float


@dataclass(frozen=True, eq=False)
class Names:
    """Names to be written by their places where they meet no other name.

    Parameters
    ----------
    lon, lat : array_like of float
        Positions in degrees.
    words : sequence of str
        The most important first.
    links : sequence of str
        Anchors of the page that the words lead to, as ``#row-1``; empty for none.
    every : bool
        Whether words are written even where they meet others.
    """

    lon: npt.ArrayLike = field(default_factory=tuple)
    lat: npt.ArrayLike = field(default_factory=tuple)
    words: Sequence[str] = ()
    links: Sequence[str] = ()
    every: bool = False


def place_map(
    region: Region,
    words: Words,
    *,
    key: str,
    label: str,
    marks: Sequence[Marks] = (),
    ways: Sequence[Ways] = (),
    cells: Sequence[Cells] = (),
    names: Names | None = None,
) -> str:
    """The map, later groups over earlier ones: cells, lines, places.

    Parameters
    ----------
    region : Region
        Its outlines, water and counties are the ground.
    key : str
        Tells the hatches of this map from those of another on the same page; letters and digits.
    label : str
        What the map shows, for those who do not see it.

    Returns
    -------
    str
        One SVG element.

    Examples
    --------
    >>> import tongqu
    >>> from tongqu.views.words import Words
    >>> region = tongqu.load("quzhou")
    >>> seats = region.level("county")
    >>> drawn = Marks("seat", "#0063a6", seats["lon"], seats["lat"], modelled=True)
    >>> svg = place_map(region, Words("en"), key="a", label="Seats", marks=[drawn])
    >>> svg.count('class="mark"'), 'fill="url(#a-0)"' in svg
    (6, True)
    """
    frame = frame_of(region)
    borders = "".join(frame.path(layer.geometry) for layer in layers_of(region, "outline"))
    body = [
        _hatches(marks, key=key),
        *ground(region, frame),
        *(_cells(one, frame) for one in cells),
        f'<path class="border" d="{borders}"/>',
        *(_ways(one, frame) for one in ways),
        *(_marks(one, frame, hatch=f"{key}-{number}") for number, one in enumerate(marks)),
        *(_names(names, frame, region=region, words=words) if names is not None else ()),
        county_names(region, frame, words=words),
        scale_bar(frame, words),
    ]
    size = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    head = f'<svg class="chart map" viewBox="{size}" role="img" aria-label="{escape(label)}">'
    return f"{head}{''.join(body)}</svg>"


def legend(
    marks: Sequence[Marks] = (), ways: Sequence[Ways] = (), cells: Sequence[Cells] = ()
) -> list[tuple[Markup, str]]:
    """Samples of what a map shows with their words; groups without a name are left out."""
    samples = [(raw(swatch(one.colour)), one.name) for one in cells if one.name]
    samples += [
        (raw(swatch(one.colour, kind="dash" if one.dashed else "line")), one.name) for one in ways if one.name
    ]
    return samples + [(_sample(one), one.name) for one in marks if one.name]


def stepped(values: npt.ArrayLike, *, bounds: Sequence[float]) -> npt.NDArray[np.int64]:
    """The step of `STEPS` that each value falls into: 0 below the first bound.

    Examples
    --------
    >>> stepped([1.0, 5.0, 50.0], bounds=[5, 20]).tolist()
    [0, 1, 2]
    """
    return np.searchsorted(np.asarray(bounds, dtype=np.float64), np.asarray(values), side="right")


def _sample(one: Marks) -> Markup:
    return raw(
        '<svg class="k" width="16" height="16" viewBox="-1.5 -1.5 3 3" aria-hidden="true">'
        f'<path d="{SHAPES[one.shape]}" fill="{one.colour}" stroke="#333" stroke-width=".12"/></svg>'
    )


def _hatches(marks: Sequence[Marks], *, key: str) -> str:
    """A hatch for each group that has modelled places."""
    parts = [
        f'<pattern id="{key}-{number}" width="2.6" height="2.6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="2.6" height="2.6" fill="{one.colour}"/>'
        '<path d="M0 0V2.6" stroke="#fff" stroke-width=".7"/></pattern>'
        for number, one in enumerate(marks)
        if np.any(one.modelled)
    ]
    return f"<defs>{''.join(parts)}</defs>"


def _marks(one: Marks, frame: Frame, *, hatch: str) -> str:
    pixels = frame.at(one.lon, one.lat)
    size = np.broadcast_to(np.asarray(one.size, dtype=np.float64), len(pixels))
    modelled = np.broadcast_to(np.asarray(one.modelled, dtype=np.bool_), len(pixels))
    titles = one.titles or [""] * len(pixels)
    shape = SHAPES[one.shape]
    parts = []
    for (x, y), radius, guessed, title in zip(pixels, size, modelled, titles, strict=True):
        # The hatch is drawn in the mark's own measure, so the shape is scaled and not the mark.
        fill = f"url(#{hatch})" if guessed else one.colour
        said = f"<title>{escape(title)}</title>" if title else ""
        parts.append(
            f'<path class="mark" d="{_scaled(shape, radius)}" fill="{fill}" stroke="{one.colour}" '
            f'stroke-width=".5" transform="translate({x:.1f} {y:.1f})">{said}</path>'
        )
    return f"<g>{''.join(parts)}</g>"


def _scaled(shape: str, radius: float) -> str:
    """The shape at a radius: every number of its path but the flags of arcs is multiplied."""
    if shape.startswith("M-1 0A"):
        r = f"{radius:.2f}"
        return f"M-{r} 0A{r} {r} 0 1 0 {r} 0A{r} {r} 0 1 0-{r} 0Z"
    parts, number = [], ""
    for letter in shape + " ":
        if letter in "-." and number and (letter == "-" or "." in number):
            parts.append(f"{float(number) * radius:.2f} ")
            number = letter
        elif letter.isdigit() or letter in "-.":
            number += letter
        else:
            if number:
                parts.append(f"{float(number) * radius:.2f}")
                number = ""
            parts.append(letter)
    return "".join(parts).strip()


def _ways(one: Ways, frame: Frame) -> str:
    dash = ' stroke-dasharray="5 3"' if one.dashed else ""
    titles = one.titles or [""] * len(one.lines)
    parts = []
    for line, title in zip(one.lines, titles, strict=True):
        pixels = frame.at(line[:, 0], line[:, 1])
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in pixels)
        said = f"<title>{escape(title)}</title>" if title else ""
        parts.append(f'<path d="{path}">{said}</path>')
    head = f'<g class="ways" fill="none" stroke="{one.colour}" stroke-width="{one.width:g}"{dash} '
    return f'{head}stroke-linecap="round" stroke-linejoin="round">{"".join(parts)}</g>'


def _cells(one: Cells, frame: Frame) -> str:
    """Cells as rectangles, those that follow one another in a row as one."""
    side = one.side_m * frame.scale
    pixels = frame.at(one.lon, one.lat)
    row = np.rint((pixels[:, 1] - pixels[:, 1].min(initial=np.inf)) / side).astype(np.int64)
    order = np.lexsort((pixels[:, 0], row))
    pixels, row = pixels[order], row[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (np.diff(row) != 0) | (np.diff(pixels[:, 0]) > 1.5 * side)
    starts = np.flatnonzero(first)
    wide = np.diff(np.append(starts, len(row))) * side + SEAM
    path = "".join(
        f"M{x - side / 2:.1f} {y - side / 2:.1f}h{across:.1f}v{side + SEAM:.2f}h-{across:.1f}z"
        for (x, y), across in zip(pixels[starts], wide, strict=True)
    )
    return f'<path class="cells" fill="{one.colour}" d="{path}"/>'


def _names(names: Names, frame: Frame, *, region: Region, words: Words) -> list[str]:
    """Names beside their places, those left out that would meet a name already written or leave the map."""
    taken = [
        text_box(x - text_width(name, size=LABEL_SIZE) / 2, y, words=name, size=LABEL_SIZE)
        for x, y, name in county_spots(region, frame, words=words)
    ]
    parts = []
    links = names.links or [""] * len(names.words)
    for (x, y), name, link in zip(frame.at(names.lon, names.lat), names.words, links, strict=True):
        wide = text_width(name, size=NAME_SIZE)
        spots = ((x + 7, y + 4), (x - 7 - wide, y + 4), (x - wide / 2, y - 8), (x - wide / 2, y + 17))
        inside = []
        for left, foot in spots:
            box = text_box(left, foot, words=name, size=NAME_SIZE)
            if box[0] > 2 and box[2] < WIDTH - 2 and box[1] > 2 and box[3] < frame.height - 2:
                inside.append((left, foot, box))
        free = [one for one in inside if not any(boxes_meet(one[2], other) for other in taken)]
        if not free and not (names.every and inside):
            continue
        left, foot, box = (free or inside)[0]
        taken.append(box)
        text = f'<text class="county" x="{left:.0f}" y="{foot:.0f}">{escape(name)}</text>'
        parts.append(f'<a href="{escape(link)}">{text}</a>' if link else text)
    return parts
