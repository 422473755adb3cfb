"""One sheet for each school to print: its catchment as a map, villages, ages and classes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import cos, radians
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.schools_maps import colours_of
from tongqu.views.schools_tables import SchoolsTables, number, places_of, school_names, share
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.svg import boxes_meet, text, text_box
from tongqu.views.words import Language, Words

__all__ = ["school_sheet", "school_sheets"]

WIDTH: Final = 720.0
HEIGHT: Final = 480.0
MARGIN: Final = 46.0
KM_PER_DEGREE: Final = 111.32
"""Kilometres in a degree of latitude (mean)."""
LEAST_KM: Final = 1.0
"""Side of the smallest map."""
BARS: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Lengths that a scale bar may have, km."""


def school_sheets(found: SchoolsTables, *, language: Language = "zh") -> Iterator[tuple[str, str]]:
    """The sheet of every school that is open: code of the site and HTML.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.workflow.schools.schools` gives.
    language : {"zh", "en"}

    Examples
    --------
    >>> from tongqu.workflow.schools import schools
    >>> [school for school, _ in school_sheets(schools("tests/data/tiny"))]
    ['j01', 'j02', 'p01', 'p02', 'p03']
    """
    table = found.tables["schools"]
    for school in table.loc[~table["closed"], "school"]:
        yield str(school), school_sheet(found, str(school), language=language)


def school_sheet(found: SchoolsTables, school: str, *, language: Language = "zh") -> str:
    """The sheet of a school, as HTML that refers to no other file or host.

    Parameters
    ----------
    found : FieldStudy
    school : str
        Code of the site.
    language : {"zh", "en"}

    Raises
    ------
    KeyError
        If the study has no such school.
    """
    words = Words(language)
    table = found.tables["schools"].set_index("school")
    row: dict[str, Any] = {str(key): value for key, value in table.loc[school].to_dict().items()}
    name, places = school_names(found, words)[school], places_of(found, words)
    taken = found.tables["catchments"]
    mine = taken[taken["school"] == school].sort_values(["pupils", "unit"], ascending=[False, True])
    ages = found.tables["ages"]
    villages = _villages(mine, words, places)
    title = words("schools.sheet_map", school=name)
    svg = _local_map(found, mine, words, row=row, school=school, name=name)
    fill = colours_of(found)[school]
    keys = legend_of([(fill, words("schools.sheet_village")), ("#111111", words("schools.school"))])
    figure = Figure(title, svg, villages, keys, words("schools.sheet_note"))
    grids = [
        (words("schools.sheet_ages"), _ages(ages[ages["school"] == school], words)),
        (words("schools.sheet_villages"), villages),
    ]
    stage = words.label("school_stage", str(row["stage"]))
    page = Page(
        title=name,
        brand=words("schools.brand"),
        heading=words("schools.sheet_heading", school=name, year=found.year),
        band=words("schools.sheet_modelled"),
        footer=words("schools.footer"),
        under=[stage, places.get(str(row["town"]), ""), places.get(str(row["county"]), "")],
        cards=[
            Card(words.count(row["pupils"]), words("schools.pupils")),
            Card(words.count(row["places"]), words("schools.places")),
            Card(words.count(row["classes"]), words("schools.classes")),
            Card(number(words, 1)(row["minutes"]), words("schools.minutes")),
            Card(number(words, 1)(row["longest"]), words("schools.longest")),
        ],
        sections=[Section("sheet", words("schools.sheet"), [Part(figures=[figure], grids=grids)])],
    )
    return render(page, words)


def _villages(mine: pd.DataFrame, words: Words, places: dict[str, str]) -> Grid:
    shown = mine.assign(
        place=[places[str(one)] for one in mine["unit"]],
        town_name=[places[str(one)] for one in mine["town"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("column.village"), None),
        "town_name": (words("column.town"), None),
        "pupils": (words("schools.pupils"), number(words)),
        "share": (words("schools.share"), share(words)),
        "minutes": (words("schools.ride"), number(words, 1)),
    }
    return grid_of(shown, columns=columns, label=words("schools.sheet_villages"))


def _ages(mine: pd.DataFrame, words: Words) -> Grid:
    columns: dict[str, tuple[str, Format | None]] = {
        "age": (words("schools.age"), number(words)),
        "pupils": (words("schools.pupils"), number(words)),
        "places": (words("schools.places"), number(words)),
        "classes": (words("schools.classes"), number(words)),
    }
    return grid_of(mine, columns=columns, label=words("schools.sheet_ages"))


def _local_map(
    found: SchoolsTables,
    mine: pd.DataFrame,
    words: Words,
    *,
    row: dict[str, Any],
    school: str,
    name: str,
) -> str:
    """Villages of the catchment about the school, north up, with names and a scale."""
    units = found.region["units"].set_index("unit").loc[mine["unit"]]
    lon = np.append(units["lon"].to_numpy(np.float64), float(row["lon"]))
    lat = np.append(units["lat"].to_numpy(np.float64), float(row["lat"]))
    spots, scale = _spots(lon, lat)
    fill, door = colours_of(found)[school], spots[-1]
    places = places_of(found, words)
    body = [
        f'<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" fill="#f7f5ef"/>',
        *(
            f'<path d="M{x:.1f} {y:.1f}L{door[0]:.1f} {door[1]:.1f}" stroke="{fill}" stroke-width="1.2"'
            ' stroke-dasharray="4 3" fill="none"/>'
            for x, y in spots[:-1]
        ),
    ]
    pupils = mine["pupils"].to_numpy(np.float64)
    radius = 3 + 7 * np.sqrt(pupils / max(float(pupils.max(initial=0.0)), 1.0))
    taken = [text_box(door[0] + 9, door[1] - 9, words=name, size=14)]
    names = []
    for (x, y), unit, many, size in zip(spots[:-1], mine["unit"], pupils, radius, strict=True):
        said = f"{places[str(unit)]}: {words.count(many)}"
        body.append(
            f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{fill}"'
            f' fill-opacity=".75"><title>{escape(said)}</title></circle>'
        )
        box = text_box(x + size + 2, y + 4, words=places[str(unit)], size=11)
        if box[2] <= WIDTH and not any(boxes_meet(box, other) for other in taken):
            taken.append(box)
            names.append(text(x + size + 2, y + 4, words=places[str(unit)], css="tick"))
    body += names
    body.append(f'<path d="M{door[0] - 6:.1f} {door[1] - 6:.1f}h12v12h-12z" fill="#111111"/>')
    body.append(text(door[0] + 9, door[1] - 9, words=name, css="value"))
    body += _bar(scale, words)
    label = escape(words("schools.sheet_map", school=name))
    head = f'<svg class="chart" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="{label}">'
    return f"{head}{''.join(body)}</svg>"


def _spots(
    lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], float]:
    """Pixels of positions, and pixels in a kilometre."""
    x = (lon - lon.mean()) * KM_PER_DEGREE * cos(radians(float(lat.mean())))
    y = (lat - lat.mean()) * KM_PER_DEGREE
    wide, high = (max(float(np.ptp(one)), LEAST_KM) for one in (x, y))
    scale = min((WIDTH - 3 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    left = (WIDTH - MARGIN - float(np.ptp(x)) * scale) / 2
    top = (HEIGHT - float(np.ptp(y)) * scale) / 2
    return np.stack([left + (x - x.min()) * scale, top + (y.max() - y) * scale], axis=1), scale


def _bar(scale: float, words: Words) -> list[str]:
    """A scale bar of a round length."""
    km = max((one for one in BARS if one * scale <= WIDTH / 4), default=BARS[0])
    y = HEIGHT - 16
    return [
        f'<path d="M20 {y:.0f}h{km * scale:.1f}" stroke="#444" stroke-width="2.5"/>',
        text(24 + km * scale, y + 4, words=words("schools.km", value=words.number(km, 1 if km < 1 else 0))),
    ]
