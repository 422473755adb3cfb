"""Buses as a page: who has a bus, which lines and zones would reach the others, what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from tongqu.views.buses_map import bus_map
from tongqu.views.buses_tables import (
    AFTER,
    REASONS,
    STATES,
    BusTables,
    Names,
    amount,
    names_of,
    number,
    share,
)
from tongqu.views.charts import Series
from tongqu.views.cost_curve import Spent, cost_curve
from tongqu.views.grid import Grid
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.svg import SECTORS
from tongqu.views.words import Language, Words

__all__ = ["buses_html"]

REASON_FILLS: Final = {"no_bus": "#440154", "too_far": "url(#p-d)", "too_few": "url(#p-b)"}
"""Fill of each reason."""
MOST_WITHOUT: Final = 30
"""Villages without a bus that are listed: those with most people."""
YUAN_PER_WAN: Final = 10_000.0


def buses_html(found: BusTables, *, language: Language = "zh") -> str:
    """The page of a study of buses.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.buses` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart has its table.
    """
    words = Words(language)
    names = names_of(found, words)
    sections = [
        Section("map", words("buses.map"), [Part(figures=[bus_map(found, words, names)])]),
        coverage(found, words, names),
        lines(found, words, names),
        curve(found, words),
        merged(found, words, names),
        without(found, words, names),
        limits(words),
    ]
    said = found.summary()
    page = Page(
        title=f"{names.whole} {words('buses.title')}",
        brand=words("buses.brand"),
        heading=words("buses.heading", region=names.whole, year=said["year"]),
        band=words(
            "buses.modelled",
            rows=words.share(float(said["modelled_rows"])),
            roads=words.share(float(said["modelled_roads"])),
        ),
        footer=words("buses.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words(
                "buses.rule", walk=words.count(said["walk_limit_m"]), trips=words.count(said["least_trips"])
            ),
        ],
        cards=_cards(said, words),
        sections=[one for one in sections if one.parts or one.points],
    )
    return render(page, words)


def _cards(said: Mapping[str, float], words: Words) -> list[Card]:
    def of(part: str, whole: str) -> str:
        return words("buses.of", part=words.count(said[part]), whole=words.count(said[whole]))

    return [
        Card(
            words.share(said["villages_share_today"]),
            words("buses.card_villages"),
            of("villages_today", "villages"),
        ),
        Card(
            words.share(said["people_share_today"]), words("buses.card_people"), of("people_today", "people")
        ),
        Card(
            words.share(said["people_share_after"]),
            words("buses.card_after"),
            words("buses.card_after_note", more=words.count(said["people_new"])),
        ),
        Card(
            words.count(said["lines"]),
            words("buses.card_lines"),
            words(
                "buses.card_lines_note",
                km=words.count(said["line_km"]),
                vehicles=words.count(said["line_vehicles"]),
                zones=words.count(said["zones"]),
                small=words.count(said["zone_vehicles"]),
            ),
        ),
        Card(
            words.money(said["net_wan"]),
            words("buses.card_cost"),
            words(
                "buses.card_cost_note",
                cost=words.money(said["cost_wan"]),
                each=words.number(said["yuan_per_person"], 0),
            ),
        ),
    ]


def _places(found: BusTables, names: Names) -> pd.DataFrame:
    """Coverage of the whole and the counties, named, those without rural villages left out."""
    table = found.tables["coverage"]
    mine = table[table["unit"].isin([found.whole, *names.counties]) & (table["villages"] > 0)]
    return mine.assign(place=[names.units[str(one)] for one in mine["unit"]])


def coverage(found: BusTables, words: Words, names: Names) -> Section:
    """Bars by county: people with a bus today, by new lines, on demand, and without."""
    table = _places(found, names)
    if table.empty:
        return Section("coverage", words("buses.coverage"))
    title = words("buses.coverage_title")
    rows = [
        (
            str(row["place"]),
            [
                Series(
                    words.label("bus_state", one),
                    AFTER[one],
                    [100 * row[f"people_{one}"] / row["rural_people"]],
                )
                for one in STATES
            ],
        )
        for row in table[table["rural_people"] > 0].to_dict("records")
    ]
    svg = bars(rows, label=title, unit=words("buses.percent"), words=lambda value: words.number(value, 0))
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("column.county"), None),
        "villages": (words("buses.villages"), number(words)),
        "rural_people": (words("buses.people"), number(words)),
        "villages_today": (words("buses.villages_today"), number(words)),
        **{f"people_{one}": (words.label("bus_people", one), number(words)) for one in STATES},
        "share_today": (words("buses.share_today"), share(words)),
        "share_after": (words("buses.share_after"), share(words)),
        "walk_m": (words("buses.walk"), number(words)),
    }
    legend = legend_of([(AFTER[one], words.label("bus_state", one)) for one in STATES])
    figures = [Figure(title, svg, grid_of(table, columns=columns, label=title), legend)]
    figures += _reasons(found, words, names)
    return Section(
        "coverage", words("buses.coverage"), [Part(figures=figures)], [words("buses.coverage_note")]
    )


def _reasons(found: BusTables, words: Words, names: Names) -> list[Figure]:
    """Villages without a bus today by county and reason."""
    table = found.tables["villages"]
    table = table[table["reason"] != ""]
    if table.empty:
        return []
    title = words("buses.reasons")
    wide = pd.crosstab(table["county"], table["reason"]).reindex(columns=list(REASONS), fill_value=0)
    wide = wide.reindex([one for one in names.counties if one in wide.index])
    wide = wide.assign(place=[names.units[str(one)] for one in wide.index])
    rows = [
        (
            str(row["place"]),
            [Series(words.label("bus_reason", one), REASON_FILLS[one], [row[one]]) for one in REASONS],
        )
        for row in wide.to_dict("records")
    ]
    svg = bars(rows, label=title, unit=words("buses.villages_unit"), words=words.plain)
    columns: dict[str, tuple[str, Format | None]] = {"place": (words("column.county"), None)}
    columns |= {one: (words.label("bus_reason", one), number(words)) for one in REASONS}
    legend = legend_of([(REASON_FILLS[one], words.label("bus_reason", one)) for one in REASONS])
    return [Figure(title, svg, grid_of(wide, columns=columns, label=title), legend)]


def lines(found: BusTables, words: Words, names: Names) -> Section:
    """The lines and zones that are chosen, county by county."""
    tables, parts = found.tables, []
    for county, name in names.counties.items():
        mine = [tables[one][tables[one]["county"] == county] for one in ("lines", "zones")]
        grids = []
        if len(mine[0]):
            grids.append((words("buses.lines_of", place=name), _line_grid(found, mine[0], words, names)))
        if len(mine[1]):
            grids.append((words("buses.zones_of", place=name), _zone_grid(mine[1], words, names)))
        if grids:
            parts.append(Part(name, grids=grids))
    notes = [words("buses.lines_note"), words("buses.amounts")]
    return Section("lines", words("buses.lines"), parts, notes if parts else ())


def _line_grid(found: BusTables, table: pd.DataFrame, words: Words, names: Names) -> Grid:
    stops = found.tables["stops"]
    called = {str(name): [str(one) for one in calls["unit"]] for name, calls in stops.groupby("line")}
    shown = table.assign(
        way=[names.way(called[str(one)]) for one in table["line"]],
        kind=[words.label("bus_kind", str(one)) for one in table["kind"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "line": (words("buses.line_no"), None),
        "way": (words("buses.way"), None),
        "kind": (words("buses.kind"), None),
        "stops": (words("buses.stops"), number(words)),
        "length_km": (words("buses.km"), number(words, 1)),
        "minutes": (words("buses.minutes"), number(words)),
        "trips": (words("buses.trips"), number(words)),
        "headway_min": (words("buses.headway"), number(words)),
        "vehicles": (words("buses.vehicles"), number(words)),
        "hours": (words("buses.hours"), number(words, 1)),
        "people": (words("buses.people_new"), number(words)),
        "cost_wan": (words("buses.cost"), amount(words)),
        "yuan_per_person": (words("buses.each"), number(words)),
    }
    return grid_of(shown, columns=columns, label=words("buses.lines"), css="buslines")


def _zone_grid(table: pd.DataFrame, words: Words, names: Names) -> Grid:
    shown = table.assign(place=[names.units[str(one)] for one in table["town"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("column.town"), None),
        "villages": (words("buses.villages"), number(words)),
        "people": (words("buses.people_new"), number(words)),
        "requests": (words("buses.requests"), number(words, 1)),
        "vehicles": (words("buses.vehicles"), number(words)),
        "hours": (words("buses.hours"), number(words, 1)),
        "cost_wan": (words("buses.cost"), amount(words)),
        "yuan_per_person": (words("buses.each"), number(words)),
    }
    return grid_of(shown, columns=columns, label=words("buses.zones"))


def curve(found: BusTables, words: Words) -> Section:
    """What each sum of money a year reaches."""
    table = found.tables["choice"]
    if table.empty:
        return Section("curve", words("buses.curve"))
    title = words("buses.curve_title")
    factor = 1.0 if words.language == "zh" else 1 / 100
    points = [
        Spent(
            cost=float(row["net_wan"]) * factor,
            won=float(row["people_new"]),
            bound=float(row["bound"]),
            name=words(
                "buses.point",
                cost=words.money(float(row["net_wan"])),
                people=words.count(float(row["people_new"])),
                lines=words.count(float(row["lines"])),
                zones=words.count(float(row["zones"])),
            ),
            shown=words("buses.taken") if row["chosen"] else "",
            taken=bool(row["chosen"]),
        )
        for row in table.to_dict("records")
    ]
    svg = cost_curve(
        points,
        heads=(words("buses.curve_cost"), words("buses.curve_people")),
        label=title,
        words=(lambda value: f"{value:,.6g}", lambda value: words.number(value, 0)),
        colour=SECTORS["buses"],
    )
    shown = table.assign(chosen=[words("study.yes") if one else words("study.no") for one in table["chosen"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "net_wan": (words("buses.net"), amount(words)),
        "people_new": (words("buses.people_new"), number(words)),
        "share": (words("buses.share_after"), share(words)),
        "lines": (words("buses.card_lines"), number(words)),
        "zones": (words("buses.card_zones"), number(words)),
        "vehicles": (words("buses.vehicles"), number(words)),
        "bound": (words("buses.bound"), number(words)),
        "gap": (words("buses.gap"), lambda value: words.most(float(value))),
        "chosen": (words("buses.chosen"), None),
    }
    legend = legend_of([(SECTORS["buses"], words("buses.solved"))], kind="line")
    note = words("buses.curve_note")
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title), legend, note)
    return Section("curve", words("buses.curve"), [Part(figures=[figure])])


def merged(found: BusTables, words: Words, names: Names) -> Section:
    """What is saved where trips of lines take pupils and people who go to market, by county."""
    table = found.tables["lines"]
    table = table[table["saving_wan"] > 0] if len(table) else table
    if table.empty:
        return Section("merged", words("buses.merged"))
    sums = table.groupby("county", sort=False)[["pupils", "market", "saving_wan", "cost_wan"]].sum()
    sums = sums.reindex([one for one in names.counties if one in sums.index])
    sums = sums.assign(
        lines=table.groupby("county").size().reindex(sums.index),
        place=[names.units[str(one)] for one in sums.index],
    )
    title = words("buses.merged_title")
    rows = [
        (str(row["place"]), [Series(words("buses.saving"), "#31688e", [float(row["saving_wan"])])])
        for row in sums.to_dict("records")
    ]
    svg = bars(
        rows,
        label=title,
        unit=words("buses.wan_a_year"),
        words=lambda value: amount(words)(value),
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("column.county"), None),
        "lines": (words("buses.card_lines"), number(words)),
        "pupils": (words("buses.pupils"), number(words)),
        "market": (words("buses.market"), number(words)),
        "saving_wan": (words("buses.saving"), amount(words)),
    }
    figure = Figure(title, svg, grid_of(sums, columns=columns, label=title), note=words("buses.merged_note"))
    return Section("merged", words("buses.merged"), [Part(figures=[figure])])


def without(found: BusTables, words: Words, names: Names) -> Section:
    """The largest villages that no choice of this study reaches."""
    table = found.tables["villages"]
    table = table[table["state"] == "without"]
    if table.empty:
        return Section("without", words("buses.without"))
    mine = table.sort_values(["rural_people", "unit"], ascending=[False, True], kind="stable")
    mine = mine.head(MOST_WITHOUT)
    shown = mine.assign(
        name=[names.units[str(one)] for one in mine["unit"]],
        town=[names.units.get(str(one), "") for one in mine["town"]],
        county=[names.units.get(str(one), "") for one in mine["county"]],
        reason=[words.label("bus_reason", str(one)) for one in mine["reason"]],
        note=[words.label("bus_note", str(one)) for one in mine["note"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("column.village"), None),
        "town": (words("column.town"), None),
        "county": (words("column.county"), None),
        "rural_people": (words("buses.people"), number(words)),
        "trips": (words("buses.trips_today"), number(words)),
        "walk_m": (words("buses.walk"), number(words)),
        "reason": (words("buses.reason"), None),
        "note": (words("buses.note"), None),
    }
    title = words("buses.without_title", count=words.count(len(table)))
    grid = grid_of(shown, columns=columns, label=title)
    return Section("without", words("buses.without"), [Part(grids=[(title, grid)])])


def limits(words: Words) -> Section:
    """What the figures do not say."""
    points = [
        words("buses.limit_today"),
        words("buses.limit_roads"),
        words("buses.limit_riders"),
        words("buses.limit_buses"),
        words("buses.limit_gtfs"),
        words("buses.limit_choice"),
        words("buses.limit_plan"),
    ]
    return Section("limits", words("outlook.limits"), points=points)
