"""Maps of care: villages by whether those in need are served, the sites, and new sites that close the gap."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.care_tables import (
    FILLS,
    STATES,
    CareTables,
    Columns,
    count,
    number,
    share,
    state_of,
    yes,
)
from tongqu.views.grid import Grid
from tongqu.views.place_map import Marks, legend, place_map
from tongqu.views.study_page import Figure, Part, Section, grid_of
from tongqu.views.words import Words

__all__ = ["service_maps"]

SITE: Final = "#6b7280"
NEW: Final = "#7a3db8"
MOST_ROWS: Final = 40
"""Villages in the table below a map; the files have all."""


def service_maps(found: CareTables, words: Words, names: dict[str, str]) -> Section:
    """A map for each service; its table has the villages with most people without."""
    parts = [_part(found, words, names, service) for service in found.figures["services"]]
    return Section("map", words("care.map"), parts, [words("care.map_note")])


def _part(found: CareTables, words: Words, names: dict[str, str], service: str) -> Part:
    label = words.label("care_service", service)
    table = found.tables["villages"]
    table = table[(table["service"] == service) & (table["need"] > 0)]
    marks = [_sites(found, words, service), *_villages(found, table, words, names)]
    new = _new(found, words, names, service)
    marks += [new] if new is not None else []
    svg = place_map(
        found.region,
        words,
        key=f"c{service.replace('_', '')}",
        label=words("care.map_alt", service=label),
        marks=marks,
    )
    figure = Figure(words("care.map_title", service=label), svg, _without(table, words, names), legend(marks))
    return Part(label, figures=[figure])


def _sites(found: CareTables, words: Words, service: str) -> Marks:
    sites = found.tables["sites"]
    mine = sites[sites["service"] == service]
    table = found.region["sites"].set_index("site")
    at = table.loc[mine["site"]]
    titles = [words.name(zh, en) for zh, en in zip(at["name"], at["name_en"], strict=True)]
    name = words("care.sites_of", count=words.count(len(mine)))
    return Marks(name, SITE, mine["lon"], mine["lat"], titles, "square", 3.4, mine["modelled"])


def _villages(found: CareTables, table: pd.DataFrame, words: Words, names: dict[str, str]) -> list[Marks]:
    units = found.region["units"].set_index("unit")
    state = state_of(table)
    marks = []
    for kind in STATES:
        mine = table[state == kind]
        if mine.empty:
            continue
        colour, shape, size = FILLS[kind]
        at = units.loc[mine["unit"]]
        lacking = mine["need"] - mine["served"]
        titles = [
            words("care.village_title", village=names[str(unit)], lacking=words.number(float(value), 1))
            for unit, value in zip(mine["unit"], lacking, strict=True)
        ]
        name = words("care.of_state", state=words.label("care_state", kind), villages=words.count(len(mine)))
        guessed = mine["modelled"].to_numpy(np.bool_)
        marks.append(Marks(name, colour, at["lon"], at["lat"], titles, shape, size, guessed))
    return marks


def _new(found: CareTables, words: Words, names: dict[str, str], service: str) -> Marks | None:
    works = found.tables["works"]
    mine = works[(works["service"] == service) & (works["kind"] == "new")]
    if mine.empty:
        return None
    titles = [
        words("care.work_title", village=names[str(row["unit"])], people=words.number(row["added"], 1))
        for row in mine.to_dict("records")
    ]
    name = words("care.new_of", count=words.count(len(mine)))
    return Marks(name, NEW, mine["lon"], mine["lat"], titles, "down", 4.2, mine["modelled"])


def _without(table: pd.DataFrame, words: Words, names: dict[str, str]) -> Grid:
    """The villages with most people without the service."""
    lacking = table.assign(lacking=table["need"] - table["served"])
    mine = lacking.sort_values(["lacking", "unit"], ascending=[False, True]).head(MOST_ROWS)
    shown = mine.assign(
        village=[names[str(one)] for one in mine["unit"]],
        town_name=[names[str(one)] for one in mine["town"]],
        county_name=[names[str(one)] for one in mine["county"]],
        why=[words.label("care_state", str(one)) for one in state_of(mine)],
    )
    columns: Columns = {
        "village": (words("column.village"), None),
        "town_name": (words("column.town"), None),
        "county_name": (words("column.county"), None),
        "need": (words("care.need"), number(words, 1)),
        "first": (words("care.first"), number(words, 1)),
        "lacking": (words("care.lacking"), number(words, 1)),
        "why": (words("care.why"), None),
        "minutes": (words("care.minutes"), count(words)),
        "share": (words("care.share"), share(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return grid_of(shown, columns=columns, label=words("care.map"))
