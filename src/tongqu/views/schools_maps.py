"""Maps of schools: each village's pupils and their school, pupils without one, and what is wrong where."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.place_map import Marks, Ways, legend, place_map
from tongqu.views.schools_tables import (
    CATCHMENTS,
    SchoolsTables,
    called,
    fault_words,
    number,
    places_of,
    school_names,
    share,
    yes,
)
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of
from tongqu.views.words import Words

__all__ = ["catchment_map", "colours_of", "fault_map"]

SCHOOL: Final = ("#111111", "square", 3.4)
WITHOUT: Final = ("#a3322b", "cross", 4.6)
FAULT: Final = ("#c2410c", "cross", 5.0)
MOST_ROWS: Final = 60
"""Rows of a table below a map; the files have all."""


def colours_of(found: SchoolsTables) -> dict[str, str]:
    """A colour for each school; schools that follow one another from west to east differ."""
    table = found.tables["schools"].sort_values(["stage", "lon", "school"], kind="stable")
    return {str(code): CATCHMENTS[at % len(CATCHMENTS)] for at, code in enumerate(table["school"])}


def catchment_map(found: SchoolsTables, words: Words) -> Section:
    """The catchments of each stage: a line from each village to its school, and schools as a table."""
    title = words("schools.catchments")
    parts = []
    for stage in found.figures["stages"]:
        name = words.label("school_stage", str(stage))
        ways = _ways(found, words, stage=str(stage))
        marks = [*_schools(found, words, stage=str(stage)), *_without(found, words, stage=str(stage))]
        svg = place_map(
            found.region,
            words,
            key=f"c{stage}",
            label=words("schools.map_alt", stage=name),
            marks=marks,
            ways=ways,
        )
        head = words("schools.map_of", stage=name)
        grid = _schools_grid(found, words, stage=str(stage), label=head)
        note = words("schools.map_note", count=len(grid.rows))
        parts.append(Part(name, [Figure(head, svg, grid, legend(marks, ways), note)]))
    return Section("catchments", title, parts, [words("schools.catchments_note")])


def _ways(found: SchoolsTables, words: Words, *, stage: str) -> list[Ways]:
    """Lines from villages to schools, a group for each colour."""
    table = found.tables["catchments"]
    mine = table[table["stage"] == stage]
    homes = found.region["units"].set_index("unit")[["lon", "lat"]]
    doors = found.tables["schools"].set_index("school")[["lon", "lat"]]
    fills = mine["school"].map(colours_of(found))
    ways: list[Ways] = []
    for fill in CATCHMENTS:
        group = mine[fills == fill]
        if group.empty:
            continue
        ends = [
            homes.loc[group["unit"]].to_numpy(np.float64),
            doors.loc[group["school"]].to_numpy(np.float64),
        ]
        name = "" if ways else words("schools.way")
        ways.append(Ways(name, fill, list(np.stack(ends, axis=1)), (), 1.1, dashed=True))
    return ways


def _schools(found: SchoolsTables, words: Words, *, stage: str) -> list[Marks]:
    table = found.tables["schools"]
    mine = table[(table["stage"] == stage) & ~table["closed"]]
    names = school_names(found, words)
    titles = [
        words(
            "schools.mark",
            school=names[str(row["school"])],
            pupils=words.count(row["pupils"]),
            places=words.count(row["places"]),
        )
        for row in mine.to_dict("records")
    ]
    fill, shape, size = SCHOOL
    return [
        Marks(words("schools.school"), fill, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"])
    ]


def _without(found: SchoolsTables, words: Words, *, stage: str) -> list[Marks]:
    table = found.tables["unserved"]
    mine = table[table["stage"] == stage]
    if mine.empty:
        return []
    places = places_of(found, words)
    titles = [
        words("schools.mark_without", place=places[str(row["unit"])], pupils=words.count(row["pupils"]))
        for row in mine.to_dict("records")
    ]
    fill, shape, size = WITHOUT
    return [
        Marks(words("schools.without"), fill, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"])
    ]


def _schools_grid(found: SchoolsTables, words: Words, *, stage: str, label: str) -> Grid:
    """Schools of a stage, the fullest first."""
    table = found.tables["schools"]
    mine = (
        table[table["stage"] == stage]
        .sort_values(["full", "school"], ascending=[False, True])
        .head(MOST_ROWS)
    )
    names, places = school_names(found, words), places_of(found, words)
    shown = mine.assign(
        title=[names[str(one)] for one in mine["school"]],
        county_name=[places[str(one)] for one in mine["county"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "title": (words("schools.school"), None),
        "county_name": (words("column.county"), None),
        "places": (words("schools.places"), number(words)),
        "pupils": (words("schools.pupils"), number(words)),
        "full": (words("schools.full"), share(words)),
        "villages": (words("schools.villages"), number(words)),
        "classes": (words("schools.classes"), number(words)),
        "class_size": (words("schools.class_size"), number(words, 1)),
        "minutes": (words("schools.minutes"), number(words, 1)),
        "longest": (words("schools.longest"), number(words, 1)),
        "teachers": (words("schools.teachers"), number(words)),
        "staff": (words("schools.staff"), number(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return grid_of(shown, columns=columns, label=label)


def fault_map(found: SchoolsTables, words: Words) -> Section:
    """What is wrong, on the map and as a list with what to do; nothing where nothing is wrong."""
    table, title = found.tables["faults"], words("schools.faults")
    if table.empty:
        return Section("faults", title, points=[words("schools.no_faults")])
    places, names = places_of(found, words), school_names(found, words)
    rows = table.to_dict("records")
    said = [fault_words(row, words, names=names) for row in rows]
    shown = table.assign(
        place=[called(row, words, places=places, names=names) for row in rows],
        rule=[rule for rule, _ in said],
        mend=[mend for _, mend in said],
        stage_name=[words.label("school_stage", str(one)) for one in table["stage"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "stage_name": (words("schools.stage"), None),
        "rule": (words("problems.rule"), None),
        "mend": (words("problems.mend"), None),
    }
    placed = shown[shown["lon"].notna()]
    spots = [(place, _spot(rows)) for place, rows in placed.groupby(["lon", "lat"], sort=False)]
    at = pd.DataFrame([place for place, _ in spots], columns=["lon", "lat"], dtype="float64")
    fill, shape, size = FAULT
    titles = [said for _, said in spots]
    marks = [Marks(words("schools.fault_mark"), fill, at["lon"], at["lat"], titles, shape, size)]
    grid = grid_of(shown.head(MOST_ROWS), columns=columns, label=title)
    svg = place_map(found.region, words, key="faults", label=words("schools.faults_alt"), marks=marks)
    note = words("schools.faults_note", count=len(grid.rows), all=words.count(len(table)))
    return Section("faults", title, [Part(figures=[Figure(title, svg, grid, legend(marks), note)])])


def _spot(rows: pd.DataFrame) -> str:
    """What is said of a place: its name and what is wrong there."""
    return "\n".join([str(rows["place"].iloc[0]), *dict.fromkeys(rows["rule"])])
