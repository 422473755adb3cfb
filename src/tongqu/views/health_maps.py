"""Maps of health: the circle, ambulances, mobile clinics; and the table that each is a picture of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.health_tables import (
    AMBULANCE_CASES,
    MOST_ROWS,
    REACHED,
    TIERS,
    HealthTables,
    minutes,
    number,
    placed,
    share,
    yes,
)
from tongqu.views.place_map import STEPS, Marks, legend, place_map, stepped
from tongqu.views.study_page import Figure, Format, Part, Section
from tongqu.views.words import Words

__all__ = ["ambulance_map", "circle_map", "mobile_map"]

SITES: Final[Mapping[str, tuple[str, str, float]]] = {
    "township_hospital": (TIERS["township"], "diamond", 4.2),
    "county_hospital": (TIERS["county"], "square", 5.6),
    "city_hospital": (TIERS["city"], "square", 7.0),
}
"""Hospitals on the map: fill, shape and size by kind."""
BOUNDS: Final = (0.5, 0.8, 0.9, 0.95, 0.99)
"""Chances of an ambulance in time between the six steps of the colours."""
STANDING: Final = ("#d6006c", "down")
NEW: Final = ("#2a8c4a", "up")
EMPTY: Final = ("#9aa4ab", "down")
VISITED: Final = ("#7a3db8", "dot", 3.0)
BASE: Final = ("#111111", "diamond", 4.4)


def circle_map(found: HealthTables, words: Words, places: Mapping[str, str]) -> Figure:
    """Villages by the township circle, with hospitals; the table has those left out."""
    villages = found.tables["villages"]
    rural = villages[villages["rural"] > 0]
    title = words("health.circle_map")
    marks = []
    if "inside_township" in rural:
        day, night = (rural[name].to_numpy(np.bool_) for name in ("inside_township", "inside_night"))
        groups = {"inside": day & night, "at_times": day ^ night, "beyond": ~day & ~night}
        for key, chosen in groups.items():
            mine = rural[chosen]
            fill, shape, size = REACHED[key]
            titles = [
                words(
                    "health.village_mark",
                    place=places[str(row["unit"])],
                    minutes=minutes(words)(row["minutes_township"]),
                    people=words.count(row["rural"]),
                )
                for row in mine.to_dict("records")
            ]
            name = words("health.of_reach", reach=words.label("reach", key), villages=words.count(len(mine)))
            marks.append(Marks(name, fill, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"]))
    marks += hospitals(found, words)
    svg = place_map(found.region, words, key="circle", label=words("health.circle_alt"), marks=marks)
    grid = _unserved(found, words, places, label=title)
    note = words("health.circle_map_note", count=words.count(len(grid.rows)))
    return Figure(title, svg, grid, legend(marks), note)


def hospitals(found: HealthTables, words: Words) -> list[Marks]:
    """Hospitals by kind."""
    sites = found.region["sites"]
    marks = []
    for kind, (fill, shape, size) in SITES.items():
        mine = sites[sites["kind"] == kind]
        if mine.empty:
            continue
        titles = [words.name(zh, en) for zh, en in zip(mine["name"], mine["name_en"], strict=True)]
        name = words("health.of_sites", kind=words.label("care_site", kind), count=words.count(len(mine)))
        marks.append(Marks(name, fill, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"]))
    return marks


def _unserved(found: HealthTables, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    table = found.tables["unserved"].head(MOST_ROWS)
    shown = table.assign(
        why=[words.label("unreached", str(one)) for one in table["case"]],
        screen=[words.label("remote", str(one)) for one in table["state"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("column.village"), None),
        "town": (words("column.town"), None),
        "county": (words("column.county"), None),
        "rural": (words("health.rural"), number(words)),
        "minutes_clinic": (words("health.minutes_clinic"), minutes(words)),
        "minutes_township": (words("health.minutes_township"), minutes(words)),
        "why": (words("health.why"), None),
        "screen": (words("health.screen"), None),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return placed(shown, columns, places=places, label=label)


def best_case(found: HealthTables) -> str:
    """The case with the most stations to choose from that the study has."""
    cases = set(found.tables["stations"]["case"])
    return next((case for case in reversed(AMBULANCE_CASES) if case in cases), "")


def ambulance_map(found: HealthTables, words: Words, places: Mapping[str, str]) -> Figure | None:
    """Villages by the chance of an ambulance in time as things stand, and where vehicles would stand."""
    stations, villages = found.tables["stations"], found.tables["villages"]
    if stations.empty:
        return None
    title = words("health.ambulance_map")
    marks = _by_chance(villages, words, places)
    mine = stations[stations["case"] == best_case(found)]
    stands, used = mine["existing"].astype("bool"), mine["day"] > 0
    groups = (
        (words("health.station_empty"), EMPTY, stands & ~used),
        (words("health.station_standing"), STANDING, stands & used),
        (words("health.station_new"), NEW, ~stands),
    )
    for name, (fill, shape), picked in groups:
        chosen = mine[picked]
        if chosen.empty:
            continue
        titles = [_station_title(row, words, places) for row in chosen.to_dict("records")]
        size = 3.4 + np.sqrt(chosen["day"].to_numpy(np.float64))
        marks.append(Marks(name, fill, chosen["lon"], chosen["lat"], titles, shape, size, chosen["modelled"]))
    svg = place_map(found.region, words, key="ambulance", label=words("health.ambulance_alt"), marks=marks)
    grid = _stations(mine, words, places, label=title)
    note = words("health.ambulance_map_note", case=words.label("ambulance_case", best_case(found)))
    return Figure(title, svg, grid, legend(marks), note)


def _by_chance(villages: pd.DataFrame, words: Words, places: Mapping[str, str]) -> list[Marks]:
    known = villages[villages["covered"].notna()]
    step = stepped(known["covered"], bounds=BOUNDS)
    edges = ["0%", *(f"{one:.0%}" for one in BOUNDS), "100%"]
    marks = []
    for at, fill in enumerate(STEPS):
        mine = known[step == at]
        if mine.empty:
            continue
        titles = [
            words("health.chance_mark", place=places[str(row["unit"])], chance=words.share(row["covered"]))
            for row in mine.to_dict("records")
        ]
        name = words("health.chance_step", low=edges[at], high=edges[at + 1])
        marks.append(Marks(name, fill, mine["lon"], mine["lat"], titles, "dot", 2.4, mine["modelled"]))
    return marks


def _station_title(row: Mapping[Any, Any], words: Words, places: Mapping[str, str]) -> str:
    return words(
        "health.station_mark",
        place=places.get(str(row["unit"]), str(row["unit"])),
        day=words.count(row["day"]),
        night=words.count(row["night"]),
    )


def _stations(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("health.station"), None),
        "county": (words("column.county"), None),
        **{
            period: (words.label("day_time", period), number(words))
            for period in ("morning", "day", "evening", "night")
        },
        "busy": (words("health.busy"), share(words)),
        "existing": (words("health.existing"), yes(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return placed(table, columns, places=places, label=label)


def mobile_map(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Villages that mobile clinics visit and the hospitals that send them; the table by county."""
    title = words("health.mobile")
    rounds, sums = found.tables["rounds"], found.tables["mobile"]
    if sums.empty:
        return Section("mobile", title)
    villages = found.tables["villages"].set_index("unit")
    visited = rounds.drop_duplicates("unit")
    at = villages.loc[visited["unit"]]
    titles = [
        words(
            "health.visit_mark",
            place=places[str(row["unit"])],
            weeks=words.count(row["every"]),
            minutes=words.count(row["visit_minutes"]),
        )
        for row in visited.to_dict("records")
    ]
    fill, shape, size = VISITED
    marks = [
        Marks(words("health.visited"), fill, at["lon"], at["lat"], titles, shape, size, at["modelled"]),
        _bases(found, words),
    ]
    svg = place_map(found.region, words, key="mobile", label=words("health.mobile_alt"), marks=marks)
    figure = Figure(title, svg, _sums(sums, words, places, label=title), legend(marks))
    several = rounds.groupby(["site", "round"]).ngroups if len(rounds) else 0
    head = words("health.rounds", count=words.count(min(several, MOST_ROWS)))
    grids = [(head, _rounds(found, words, places, label=head))] if len(rounds) else []
    return Section("mobile", title, [Part(figures=[figure], grids=grids)], [words("health.mobile_note")])


def _bases(found: HealthTables, words: Words) -> Marks:
    sites = found.region["sites"]
    mine = sites[sites["site"].isin(found.tables["rounds"]["site"])]
    titles = [words.name(zh, en) for zh, en in zip(mine["name"], mine["name_en"], strict=True)]
    fill, shape, size = BASE
    return Marks(words("health.base"), fill, mine["lon"], mine["lat"], titles, shape, size, mine["modelled"])


def _sums(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "villages": (words("health.villages"), number(words)),
        "people": (words("health.rural"), number(words)),
        "bases": (words("health.bases"), number(words)),
        "vans": (words("health.vans"), number(words)),
        "shared_vans": (words("health.shared_vans"), number(words)),
        "visits": (words("health.visits"), number(words)),
        "km": (words("health.km"), number(words)),
        "cost_wan": (words("health.cost"), number(words, 1)),
        "bound_wan": (words("health.bound"), number(words, 1)),
        "yuan_per_visit": (words("health.per_visit"), number(words)),
        "left_out": (words("health.left_out"), number(words)),
    }
    return placed(table, columns, places=places, label=label)


def _rounds(found: HealthTables, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    """A row for each round: its villages in order."""
    sites = found.region["sites"].set_index("site")
    rows = []
    for (site, number_of), mine in found.tables["rounds"].groupby(["site", "round"], sort=False):
        at = sites.loc[str(site)]
        rows.append(
            {
                "base": words.name(at["name"], at["name_en"]),
                "round": int(str(number_of)),
                "every": int(mine["every"].iloc[0]),
                "day": int(mine["day"].iloc[0]),
                "villages": " → ".join(places[str(one)] for one in mine["unit"]),
            }
        )
    columns: dict[str, tuple[str, Format | None]] = {
        "base": (words("health.base"), None),
        "round": (words("health.round"), number(words)),
        "every": (words("health.every"), number(words)),
        "day": (words("health.weekday"), number(words)),
        "villages": (words("health.order"), None),
    }
    return placed(pd.DataFrame(rows[:MOST_ROWS]), columns, places=places, label=label)
