"""Maps and sections on places: villages by network, new stations with their fibre, the covering curve."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.digital_tables import FILLS, KINDS, DigitalTables, Names, number, share, yes
from tongqu.views.grid import Grid
from tongqu.views.place_map import Marks, Ways, legend, place_map
from tongqu.views.place_map import Names as MapNames
from tongqu.views.study_charts import trends
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of
from tongqu.views.words import Words

__all__ = ["network_map", "siting"]

STATION: Final = "#a9b0b6"
NEW: Final = "#d6006c"
FIBRE: Final = "#7a3db8"
MOST_ROWS: Final = 60
"""Villages in the table below the map; the files have all."""
NAMED: Final = 12
"""New stations whose villages are named on the map."""


def network_map(found: DigitalTables, words: Words, names: Names) -> Section:
    """Villages by what they have, with the stations that stand; the table has those without."""
    table = found.tables["villages"]
    table = table[table["people"] > 0]
    units = found.region["units"].set_index("unit")
    marks = [_stations(found, words)]
    for kind in KINDS:
        colour, shape, size = FILLS[kind]
        mine = table[table["kind"] == kind]
        if mine.empty:
            continue
        at = units.loc[mine["unit"]]
        titles = [
            f"{names.places[str(row['unit'])]}: {words.label('network', kind)}, {words.count(row['people'])}"
            for row in mine.to_dict("records")
        ]
        name = words("digital.of_kind", kind=words.label("network", kind), villages=words.count(len(mine)))
        marks.append(
            Marks(
                name, colour, at["lon"], at["lat"], titles, shape, size, mine["modelled"].to_numpy(np.bool_)
            )
        )
    title = words("digital.map")
    svg = place_map(found.region, words, key="net", label=words("digital.map_alt"), marks=marks)
    grid = _without(table, words, names)
    note = words("digital.map_note", count=words.count(min(MOST_ROWS, int((table["kind"] == "none").sum()))))
    figure = Figure(title, svg, grid, legend(marks), note)
    return Section("map", title, [Part(figures=[figure])])


def _stations(found: DigitalTables, words: Words) -> Marks:
    sites = found.region["sites"]
    mine = sites[sites["kind"] == "base_station"]
    titles = [words.name(zh, en) for zh, en in zip(mine["name"], mine["name_en"], strict=True)]
    name = words("digital.existing", count=words.count(len(mine)))
    return Marks(name, STATION, mine["lon"], mine["lat"], titles, "diamond", 4.2, mine["modelled"])


def _without(table: pd.DataFrame, words: Words, names: Names) -> Grid:
    """The villages without a network, most people first."""
    mine = table[table["kind"] == "none"].sort_values("people", ascending=False).head(MOST_ROWS)
    shown = mine.assign(
        village=[names.places[str(one)] for one in mine["unit"]],
        town_name=[names.places[str(one)] for one in mine["town"]],
        county_name=[names.places[str(one)] for one in mine["county"]],
        station_name=[names.stations.get(str(one), "–") for one in mine["station"]],
        why=[words.label("no_5g", str(one)) for one in mine["reason"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "village": (words("column.village"), None),
        "town_name": (words("column.town"), None),
        "county_name": (words("column.county"), None),
        "people": (words("digital.people"), number(words)),
        "why": (words("digital.why"), None),
        "station_name": (words("digital.station"), None),
        "km": (words("digital.km"), number(words, 1)),
        "loss_db": (words("digital.loss"), number(words, 1)),
        "terrain_db": (words("digital.terrain"), number(words, 1)),
        "margin_db": (words("digital.margin"), number(words, 1)),
        "probability": (words("digital.probability"), share(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return grid_of(shown, columns=columns, label=words("digital.map"))


def siting(found: DigitalTables, words: Words, names: Names) -> Section:
    """New stations on the map with the fibre along roads, and the curve that they are chosen on."""
    table, title = found.tables["sites"], words("digital.sites")
    figures = []
    if len(table):
        figures.append(_sites_map(found, table, words, names))
    if len(found.tables["choice"]) > 1:
        figures.append(_curve(found, words))
    if not figures:
        return Section("sites", title)
    return Section("sites", title, [Part(figures=figures)], [words("digital.sites_note")])


def _sites_map(found: DigitalTables, table: pd.DataFrame, words: Words, names: Names) -> Figure:
    villages = found.tables["villages"]
    units = found.region["units"].set_index("unit")
    none = villages[(villages["kind"] == "none") & (villages["people"] > 0)]
    at = units.loc[none["unit"]]
    titles = [
        words(
            "digital.site_title",
            rank=row["rank"],
            village=names.places[str(row["unit"])],
            people=words.count(row["added"]),
        )
        for row in table.to_dict("records")
    ]
    colour, shape, size = FILLS["none"]
    marks = [
        _stations(found, words),
        Marks(
            words.label("network", "none"), colour, at["lon"], at["lat"], (), shape, size, none["modelled"]
        ),
        Marks(words("digital.new"), NEW, table["lon"], table["lat"], titles, "down", 6.0, table["modelled"]),
    ]
    first = table.head(NAMED)
    named = MapNames(first["lon"], first["lat"], [names.places[str(one)] for one in first["unit"]])
    ways = _ways(found, words)
    svg = place_map(
        found.region, words, key="new", label=words("digital.sites_alt"), marks=marks, ways=ways, names=named
    )
    shown = table.assign(
        village=[names.places[str(one)] for one in table["unit"]],
        county_name=[names.places[str(one)] for one in table["county"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "rank": (words("digital.rank"), number(words)),
        "village": (words("column.village"), None),
        "county_name": (words("column.county"), None),
        "added": (words("digital.added"), number(words)),
        "villages": (words("digital.villages"), number(words)),
        "backhaul_km": (words("digital.backhaul_km"), number(words, 2)),
        "cost_wan": (words("digital.cost"), number(words, 1)),
        "yearly_wan": (words("digital.yearly"), number(words, 2)),
        "energy_mwh": (words("digital.energy"), number(words, 1)),
        "per_wan": (words("digital.per_wan"), number(words, 1)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    title = words("digital.sites_map", count=len(table))
    grid = grid_of(shown, columns=columns, label=title)
    return Figure(title, svg, grid, legend(marks, ways), words("digital.sites_map_note"))


def _ways(found: DigitalTables, words: Words) -> list[Ways]:
    """The roads that the fibre follows; those not observed are dashed."""
    table = found.tables["backhaul"]
    nodes = found.region["nodes"].set_index("node")[["lon", "lat"]]
    ways = []
    for modelled, name in (
        (False, words("digital.backhaul")),
        (True, words("digital.backhaul_modelled")),
    ):
        mine = table[table["modelled"].astype("bool") == modelled]
        if mine.empty:
            continue
        ends = [nodes.loc[mine[column]].to_numpy(np.float64) for column in ("from_node", "to_node")]
        lines = list(np.stack(ends, axis=1))
        titles = [f"{row['link']}: {row['length_km']:.2f} km" for row in mine.to_dict("records")]
        ways.append(Ways(name, FIBRE, lines, titles, 2.2, modelled))
    return ways


def _curve(found: DigitalTables, words: Words) -> Figure:
    """People served by so many stations, and the most that could be."""
    table, title = found.tables["choice"], words("digital.curve")
    series = [
        Series(words("digital.bound"), "#b58900", table["bound"].tolist()),
        Series(words("digital.gained"), "#2a788e", table["gained"].tolist()),
    ]
    svg = trends(
        table["sites"].tolist(),
        series=series,
        label=title,
        unit=words("digital.curve_unit"),
        words=words.count,
        zero=True,
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "sites": (words("digital.count"), number(words)),
        "gained": (words("digital.gained"), number(words)),
        "bound": (words("digital.bound"), number(words)),
        "gap": (words("digital.gap"), lambda value: words.most(float(value))),
        "gained_share": (words("digital.gained_share"), share(words)),
        "chosen": (words("digital.chosen"), yes(words)),
    }
    grid = grid_of(table, columns=columns, label=title)
    return Figure(title, svg, grid, note=words("digital.curve_note"))
