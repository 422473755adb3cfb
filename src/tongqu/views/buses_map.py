"""The map of buses: roads, lines that are chosen, villages by how a bus reaches them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region
from tongqu.views.buses_tables import AFTER, STATES, BusTables, Names, number
from tongqu.views.maps import CLASSES
from tongqu.views.place_map import Marks, Ways, legend, place_map
from tongqu.views.study_page import Figure, Format, grid_of
from tongqu.views.svg import SECTORS
from tongqu.views.words import Words

__all__ = ["bus_map"]

SHAPE: Final = {"today": "dot", "line": "square", "zone": "diamond", "without": "up"}
SIZE: Final = {"today": 2.4, "line": 3.4, "zone": 4.0, "without": 3.8}
DRAWN: Final = ("national", "provincial", "county", "township", "village")
"""Classes of road that are drawn: those that a bus of this kind may use."""


def bus_map(found: BusTables, words: Words, names: Names) -> Figure:
    """Villages over lines over roads, and how many villages of each county are in which state."""
    title = words("buses.map_title")
    ways = [*_roads(found.region, words), *_lines(found, words, names)]
    marks = _villages(found, words, names)
    svg = place_map(found.region, words, key="bus", label=words("buses.map_alt"), marks=marks, ways=ways)
    table = found.tables["villages"]
    table = table[table["state"] != "nobody"]
    wide = pd.crosstab(table["county"], table["state"]).reindex(columns=list(STATES), fill_value=0)
    wide = wide.reindex(list(names.counties), fill_value=0)
    wide.loc[found.whole] = wide.sum()
    wide = wide.assign(place=[names.units[str(one)] for one in wide.index])
    columns: dict[str, tuple[str, Format | None]] = {"place": (words("column.county"), None)}
    columns |= {one: (words.label("bus_state", one), number(words)) for one in STATES}
    note = words("buses.map_note")
    return Figure(title, svg, grid_of(wide, columns=columns, label=title), legend(marks, ways), note)


def _roads(region: Region, words: Words) -> list[Ways]:
    """One group a class; where all are modelled they are dashed."""
    links, nodes = region["links"], region["nodes"].set_index("node")[["lon", "lat"]]
    groups: list[Ways] = []
    for name in DRAWN:
        mine = links[links["class"] == name]
        if mine.empty:
            continue
        ends = [nodes.loc[mine[side]].to_numpy(np.float64) for side in ("from_node", "to_node")]
        lines = list(np.stack(ends, axis=1))
        width, colour = CLASSES[name]
        dashed = bool(mine["modelled"].all())
        called = words("buses.roads_modelled") if dashed else words("buses.roads")
        named = "" if groups else called
        groups.append(Ways(named, colour, lines, width=0.6 * width, dashed=dashed))
    return groups


def _lines(found: BusTables, words: Words, names: Names) -> list[Ways]:
    """The ways of the lines that are chosen."""
    stops, trips = found.tables["stops"], found.tables["lines"].set_index("line")["trips"].to_dict()
    drawn, titles = [], []
    for name, calls in stops.groupby("line", sort=True):
        drawn.append(calls[["lon", "lat"]].to_numpy(np.float64))
        ends = names.way([str(calls["unit"].iloc[0]), str(calls["unit"].iloc[-1])])
        titles.append(words("buses.line_title", line=name, ends=ends, trips=words.count(trips[name])))
    if not drawn:
        return []
    return [Ways(words("buses.line"), SECTORS["buses"], drawn, titles, width=2.0)]


def _villages(found: BusTables, words: Words, names: Names) -> list[Marks]:
    """A group of marks for each state."""
    table = found.tables["villages"]
    units = found.region["units"].set_index("unit")
    groups = []
    for state in STATES:
        mine = table[table["state"] == state]
        place: npt.NDArray[np.float64] = units.loc[mine["unit"], ["lon", "lat"]].to_numpy(np.float64)
        said = words.label("bus_state", state)
        titles = [
            words("buses.village_title", name=names.units[unit], state=said, people=words.count(people))
            for unit, people in zip(mine["unit"].astype(str), mine["rural_people"], strict=True)
        ]
        groups.append(
            Marks(
                said,
                AFTER[state],
                place[:, 0],
                place[:, 1],
                titles,
                shape=SHAPE[state],
                size=SIZE[state],
                modelled=mine["modelled"].to_numpy(bool),
            )
        )
    return groups
