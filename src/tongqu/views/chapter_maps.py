"""Small maps of a service without and with the plan, side by side; one path for all villages of a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from tongqu.views.grid import raw
from tongqu.views.maps import WIDTH, Frame, frame_of, layers_of
from tongqu.views.outlook_map import county_spots
from tongqu.views.svg import STATES
from tongqu.views.tables import Figures
from tongqu.views.tables.reach import NEW, NOBODY, NONE, PARTLY, WHOLLY
from tongqu.views.tables.stored import Case
from tongqu.views.words import Words

__all__ = ["SHAPES", "Ground", "ground_of", "project_sample", "service_map", "state_sample"]

HATCHED_FROM: Final = 0.5
"""A county is hatched where the positions of this share of its villages are modelled."""
PART: Final = "#35b779"
"""Colour of villages that are served in part (viridis)."""

VILLAGES: Final[Mapping[int, tuple[str, str]]] = {
    NOBODY: (STATES[0], ""),
    WHOLLY: (STATES[1], ""),
    PARTLY: (PART, "m0-4.4l4.4 4.4-4.4 4.4-4.4-4.4z"),
    NEW: (STATES[2], ""),
    NONE: (STATES[3], "m0-4.6l4.4 7.4h-8.8z"),
}
"""Colour and shape of a village by state; dots where the shape is blank. Later ones lie above."""
DOTS: Final = {NOBODY: 2.4, WHOLLY: 4.6, NEW: 7.2}
"""Diameters of dots, pixels of the picture."""
RIM: Final = 2.2
"""By how much the dark rim of the newly served is wider than the dot."""

SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "opens": ("#c2410c", "m-6-6h12v12h-12z"),
    "grows": ("#7a5200", "m-2-7h4v5h5v4h-5v5h-4v-5h-5v-4h5z"),
    "closes": ("#9d174d", "m-7-5l2-2 5 5 5-5 2 2-5 5 5 5-2 2-5-5-5 5-2-2 5-5z"),
    "boards": ("#27318b", "m0-8l8 8-8 8-8-8z"),
    "drives": ("#0063a6", "m-7 5l7-12 7 12z"),
}
"""Colour and shape of what a project does."""


@dataclass(frozen=True)
class Ground:
    """What every small map of a page has.

    Parameters
    ----------
    frame : Frame
    villages : numpy.ndarray of float
        Pixels of the villages, shape (villages, 2).
    labels : str
        Names of the counties.
    hatched : str
        The hatch over counties with modelled positions.
    modelled : bool
        Whether any county is hatched.
    """

    frame: Frame
    villages: npt.NDArray[np.float64]
    labels: str
    hatched: str
    modelled: bool


def ground_of(figures: Figures, words: Words) -> Ground:
    """Give what every small map of the page has."""
    region = figures.stored.run.region
    frame = frame_of(region)
    places = figures.stored.units.loc[list(figures.stored.cube.villages)]
    labels = "".join(
        f'<text class="label" x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>'
        for x, y, name in county_spots(region, frame, words=words)
    )
    hatched = _hatched(figures, frame)
    return Ground(frame, frame.at(places["lon"], places["lat"]), labels, hatched, bool(hatched))


def _hatched(figures: Figures, frame: Frame) -> str:
    """The hatch: all counties at once where it can be, else those that have an outline of their own."""
    stored = figures.stored
    columns = stored.units.loc[list(stored.cube.villages)].get("modelled_columns")
    if columns is None:
        return ""
    guessed = columns.fillna("").astype(str).map(lambda text: "lon" in text.split(";")).to_numpy()
    shares = pd.Series(guessed.astype(np.float64)).groupby(stored.county_of(stored.cube.villages)).mean()
    mine = {str(unit) for unit in shares.index[shares >= HATCHED_FROM]}
    if not mine:
        return ""
    outlines = layers_of(stored.run.region, "outline")
    if not outlines:
        return f'<rect class="guessed" width="{WIDTH:.0f}" height="{frame.height:.0f}"/>'
    if mine >= set(stored.counties):
        return '<use href="#borders" class="guessed"/>'
    parts = []
    for layer in outlines:
        if "unit" in layer.properties:
            pairs = zip(layer.properties["unit"], layer.geometry, strict=True)
            parts += [frame.path([shape]) for unit, shape in pairs if unit in mine]
    return f'<path class="guessed" d="{"".join(parts)}"/>'


def service_map(
    ground: Ground,
    states: npt.NDArray[np.int8],
    *,
    case: Case,
    label: str,
    projects: Mapping[str, pd.DataFrame] | None = None,
) -> Markup:
    """The villages by state, and over them the projects by what they do.

    Parameters
    ----------
    states : numpy.ndarray of int
        State of each village, shape (villages,).
    label : str
        What the map shows, for those who do not see it.
    projects : mapping of str to DataFrame, optional
        By a name of `SHAPES`: ``lon, lat``.
    """
    marks = [_villages(ground.villages[states == state], state) for state in VILLAGES]
    things = [_things(ground, name, rows) for name, rows in (projects or {}).items()]
    body = "".join([ground.hatched, *marks, *things])
    size = f"0 0 {WIDTH:.0f} {ground.frame.height:.0f}"
    return raw(
        f'<svg class="small-map {case}" viewBox="{size}" role="img" aria-label="{escape(label)}">'
        f'<use href="#ground"/>{body}<use href="#borders" class="border"/>{ground.labels}</svg>'
    )


def _villages(at: npt.NDArray[np.float64], state: int) -> str:
    if not len(at):
        return ""
    colour, shape = VILLAGES[state]
    points = np.rint(at).astype(np.int64).tolist()
    if shape:
        path = "".join(f"M{x} {y}{shape}" for x, y in points)
        return f'<path fill="{colour}" stroke="#fff" stroke-width=".6" d="{path}"/>'
    path = "".join(f"M{x} {y}h0" for x, y in points)
    dot = f'<path class="dots" stroke="{colour}" stroke-width="{DOTS[state]:g}" d="{path}"/>'
    if state != NEW:
        return dot
    return f'<path class="dots" stroke="#3b3500" stroke-width="{DOTS[state] + RIM:g}" d="{path}"/>{dot}'


def _things(ground: Ground, name: str, rows: pd.DataFrame) -> str:
    mine = rows[rows["lon"].notna() & rows["lat"].notna()]
    if mine.empty:
        return ""
    colour, shape = SHAPES[name]
    points = np.rint(ground.frame.at(mine["lon"], mine["lat"])).astype(np.int64).tolist()
    path = "".join(f"M{x} {y}{shape}" for x, y in points)
    return f'<path fill="{colour}" stroke="#fff" stroke-width="1.2" d="{path}"/>'


def state_sample(state: int) -> Markup:
    """The mark of a state, for a legend."""
    colour, shape = VILLAGES[state]
    inside = f'<path fill="{colour}" d="M8 8{shape}"/>'
    if not shape:
        rim = (
            f'<circle cx="8" cy="8" r="{(DOTS[state] + RIM) / 2:g}" fill="#3b3500"/>' if state == NEW else ""
        )
        inside = f'{rim}<circle cx="8" cy="8" r="{DOTS[state] / 2:g}" fill="{colour}"/>'
    return _sample(inside)


def project_sample(name: str) -> Markup:
    """The mark of what a project does, for a legend."""
    colour, shape = SHAPES[name]
    return _sample(f'<path fill="{colour}" d="M8 8{shape}"/>')


def _sample(inside: str) -> Markup:
    return raw(f'<svg class="k" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">{inside}</svg>')
