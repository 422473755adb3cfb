"""Maps of logistics: rounds along roads, and places that lack a point, a road or room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.logistics_tables import VANS, LogisticsTables, number, share, yes
from tongqu.views.place_map import Marks, Ways, legend, place_map
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of
from tongqu.views.words import Words

__all__ = ["problems_map", "rounds_map"]

CENTRE: Final = ("#111111", "square", 6.0)
STATION: Final = ("#d6006c", "diamond", 4.6)
POINT: Final = ("#7d8a94", "dot", 1.7)
NEEDED: Final = ("#a3322b", "cross", 5.4)
FULL: Final = ("#c9a227", "up", 5.6)
NEW: Final = ("#2a8c4a", "dot", 2.7)
MOST_ROWS: Final = 60
"""Rows of a table below a map; the files have all."""


def rounds_map(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Section:
    """The rounds of separate vans along roads, with centres, stations and points; the table by vehicle."""
    title = words("logistics.rounds")
    ways = _ways(found, words)
    nodes = found.tables["nodes"]
    marks = [
        _marks(nodes, "point", words("logistics.point"), POINT, places, words),
        _marks(nodes, "station", words("logistics.station"), STATION, places, words),
        _marks(nodes, "centre", words("logistics.centre"), CENTRE, places, words),
    ]
    svg = place_map(
        found.region, words, key="rounds", label=words("logistics.rounds_alt"), marks=marks, ways=ways
    )
    grid = _rounds(found, words, places, label=title)
    note = words("logistics.rounds_note", count=len(grid.rows))
    return Section("rounds", title, [Part(figures=[Figure(title, svg, grid, legend(marks, ways), note)])])


def _marks(
    nodes: pd.DataFrame,
    kind: str,
    name: str,
    drawn: tuple[str, str, float],
    places: Mapping[str, str],
    words: Words,
) -> Marks:
    mine = nodes[nodes["kind"] == kind]
    colour, shape, size = drawn
    titles = [
        words("logistics.mark", place=places[str(row["unit"])], kind=name, load=words.count(row["load"]))
        for row in mine.to_dict("records")
    ]
    return Marks(name, colour, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"])


def _ways(found: LogisticsTables, words: Words) -> list[Ways]:
    """A group of lines for each colour; the next van of a town takes the next colour."""
    streets = found.tables["streets"]
    if streets.empty:
        return []
    nodes = found.region["nodes"].set_index("node")[["lon", "lat"]]
    towns = {town: at for at, town in enumerate(sorted(streets["town"].unique()))}
    colour = (streets["town"].map(towns) * 3 + streets["vehicle"] - 1) % len(VANS)
    ways: list[Ways] = []
    for modelled in (False, True):
        for at, fill in enumerate(VANS):
            mine = streets[(colour == at) & (streets["modelled"].astype("bool") == modelled)]
            if mine.empty:
                continue
            ends = [nodes.loc[mine[name]].to_numpy(np.float64) for name in ("from_node", "to_node")]
            lines = list(np.stack(ends, axis=1))
            first = not any(way.name and way.dashed == modelled for way in ways)
            way = words("logistics.way_modelled") if modelled else words("logistics.way")
            name = way if first else ""
            ways.append(Ways(name, fill, lines, (), 1.5, modelled))
    return ways


def _rounds(found: LogisticsTables, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    """A row for each vehicle: its villages in order, way, time and parcels."""
    table = found.tables["rounds"]
    table = table[table["case"] == "separate"]
    rows = []
    for (town, vehicle), mine in table.groupby(["town", "vehicle"], sort=False):
        rows.append(
            {
                "town": places[str(town)],
                "vehicle": int(str(vehicle)),
                "trips": int(mine["trip"].max()),
                "stops": len(mine),
                "starts": _clock(float(mine["arrival_h"].min())),
                "ends": _clock(float(mine["arrival_h"].max())),
                "parcels": float(mine["parcels_in"].sum() + mine["parcels_out"].sum()),
                "order": words.listing([places[str(unit)] for unit in mine["unit"]]),
            }
        )
    shown = pd.DataFrame(
        rows[:MOST_ROWS],
        columns=["town", "vehicle", "trips", "stops", "starts", "ends", "parcels", "order"],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "town": (words("column.town"), None),
        "vehicle": (words("logistics.vehicle"), number(words)),
        "trips": (words("logistics.trips"), number(words)),
        "stops": (words("logistics.stops"), number(words)),
        "starts": (words("logistics.first"), str),
        "ends": (words("logistics.last"), str),
        "parcels": (words("logistics.parcels"), number(words)),
        "order": (words("logistics.order"), None),
    }
    return grid_of(shown, columns=columns, label=label)


def _clock(hours: float) -> str:
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def problems_map(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Section:
    """Villages that no point or van serves with the reason, stations without room, points to open."""
    title = words("logistics.problems")
    nodes = found.tables["nodes"]
    full = nodes[nodes["over"].astype("bool")]
    # A new point often stands where one lacks: the smaller mark lies on top.
    marks = [
        _marks(full, "station", words("logistics.full"), FULL, places, words),
        *_lacking(found, words, places),
        _opened(found, words, places),
    ]
    svg = place_map(found.region, words, key="lacking", label=words("logistics.problems_alt"), marks=marks)
    grid = _unserved(found, words, places, label=title)
    note = words("logistics.problems_note", count=len(grid.rows))
    grids = [(words("logistics.stations"), _stations(found, words, places))] if len(full) else []
    grids.append((words("logistics.opening"), _opening(found, words, places)))
    figure = Figure(title, svg, grid, legend(marks), note)
    return Section(
        "problems", title, [Part(figures=[figure], grids=grids)], [words("logistics.opening_note")]
    )


def _lacking(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> list[Marks]:
    """Villages left out, a group for each reason."""
    lacking, (colour, shape, size) = found.tables["unserved"], NEEDED
    marks = []
    for reason in lacking["reason"].drop_duplicates():
        mine = lacking[lacking["reason"] == reason]
        titles = [
            f"{places[str(row['unit'])]}: {words.label('lacking', str(reason))}, {words.count(row['people'])}"
            for row in mine.to_dict("records")
        ]
        fill = colour if reason == "no_point" else "#440154"
        name = words(
            "logistics.of_reason",
            reason=words.label("lacking", str(reason)),
            villages=words.count(len(mine)),
        )
        marks.append(Marks(name, fill, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"]))
    return marks


def _opened(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Marks:
    """Points that the model would open."""
    chosen = found.tables["chosen"]
    new = chosen[(chosen["kind"] == "point") & ~chosen["existing"].astype("bool")]
    fill, mark, radius = NEW
    titles = [places[str(unit)] for unit in new["unit"]]
    return Marks(
        words("logistics.new_point"), fill, new["lon"], new["lat"], titles, mark, radius, new["modelled"]
    )


def _unserved(found: LogisticsTables, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    """Villages left out, those with most people."""
    lacking = found.tables["unserved"]
    shown = lacking.head(MOST_ROWS)
    shown = shown.assign(
        village=[places[str(one)] for one in shown["unit"]],
        town_name=[places[str(one)] for one in shown["town"]],
        county_name=[places[str(one)] for one in shown["county"]],
        why=[words.label("lacking", str(one)) for one in shown["reason"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "village": (words("column.village"), None),
        "town_name": (words("column.town"), None),
        "county_name": (words("column.county"), None),
        "people": (words("logistics.people"), number(words)),
        "parcels": (words("logistics.parcels"), number(words)),
        "why": (words("logistics.why"), None),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return grid_of(shown, columns=columns, label=label)


def _stations(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Grid:
    """Stations with the highest load."""
    nodes = found.tables["nodes"]
    mine = nodes[(nodes["kind"] == "station") & nodes["over"].astype("bool")]
    mine = mine.sort_values("load_share", ascending=False).head(20)
    shown = mine.assign(
        town_name=[places[str(one)] for one in mine["town"]],
        county_name=[places[str(one)] for one in mine["county"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "town_name": (words("column.town"), None),
        "county_name": (words("column.county"), None),
        "load": (words("logistics.parcels"), number(words)),
        "capacity": (words("logistics.capacity"), number(words)),
        "load_share": (words("logistics.load_share"), share(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return grid_of(shown, columns=columns, label=words("logistics.stations"))


def _opening(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Grid:
    table = found.tables["opening"]
    shown = table.assign(place=[places[str(one)] for one in table["unit"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "points": (words("logistics.points"), number(words)),
        "points_new": (words("logistics.points_new"), number(words)),
        "stations": (words("logistics.stations_open"), number(words)),
        "extended": (words("logistics.extended"), number(words)),
        "alone": (words("logistics.alone"), number(words)),
        "total_yuan": (words("logistics.total"), number(words)),
        "bound_yuan": (words("logistics.bound"), number(words)),
        "gap": (words("logistics.gap"), lambda value: words.most(float(value))),
    }
    return grid_of(shown, columns=columns, label=words("logistics.opening"))
