"""Health as a page: the circle by tier and time, care and staff, ambulances, mobile clinics, telemedicine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.health_care import care, staff
from tongqu.views.health_maps import ambulance_map, circle_map, mobile_map
from tongqu.views.health_tables import (
    AMBULANCE_CASES,
    PERIODS,
    HealthTables,
    number,
    placed,
    places_of,
    share,
    yes,
)
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, legend_of, render
from tongqu.views.words import Language, Words

__all__ = ["health_html"]

SCREEN: Final[Mapping[str, str]] = {"reached": "#2a788e", "unknown": "url(#p-b)", "none": "url(#p-loss)"}
"""Teleconsultation and its fills."""
CHANCE: Final = "#2a788e"
FIRST: Final = 15
"""Measures of each tier in the table; the files have all."""


def health_html(found: HealthTables, *, language: Language = "zh") -> str:
    """The page of health.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.health` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart and map has its table.

    Examples
    --------
    >>> from tongqu.workflow.health import health
    >>> page = health_html(health("tests/data/tiny", days=14, iterations=5), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    places = places_of(found, words)
    region, said = places[found.whole], found.figures
    sections = [
        circle(found, words, places),
        care(found, words, places),
        staff(found, words, places),
        ambulances(found, words, places),
        mobile_map(found, words, places),
        remote(found, words, places),
        measures(found, words, places),
        limits(found, words),
    ]
    page = Page(
        title=f"{region} {words('health.title')}",
        brand=words("health.brand"),
        heading=words("health.heading", region=region, year=found.year),
        band=words(
            "health.modelled",
            sites=words.share(float(said["modelled_sites"])),
            places=words.share(float(said["modelled"])),
        ),
        footer=words("health.footer"),
        under=[f"{words('scenario')} {found.scenario}"],
        cards=_cards(said, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _cards(said: Mapping[str, Any], words: Words) -> list[Card]:
    day, night = said["inside_day"], said["inside_night"]
    cards = [
        Card(
            words.share(day.get("township", float("nan"))),
            words("health.card_circle"),
            words(
                "health.card_circle_note",
                evening=words.share(said["inside_evening"].get("township", float("nan"))),
                night=words.share(night.get("township", float("nan"))),
            ),
        ),
        Card(
            words.share(day.get("county", float("nan"))),
            words("health.card_county"),
            words("health.card_county_note"),
        ),
        Card(
            words.count(said["unserved_people"]),
            words("health.card_unserved"),
            words("health.card_unserved_note", villages=words.count(said["unserved"])),
        ),
    ]
    corrected = said["ambulance_corrected"]
    if corrected:
        first, last = (
            next(case for case in order if case in corrected)
            for order in (AMBULANCE_CASES, AMBULANCE_CASES[::-1])
        )
        cards.append(
            Card(
                words.share(corrected[first]),
                words("health.card_ambulance"),
                words(
                    "health.card_ambulance_note",
                    share=words.share(corrected[last]),
                    vehicles=words.count(said["ambulances"]),
                ),
            )
        )
    cards.append(
        Card(
            words.count(said["mobile_villages"]),
            words("health.card_mobile"),
            words(
                "health.card_mobile_note",
                vans=words.count(said["mobile_shared_vans"]),
                money=words.money(said["mobile_cost_wan"]),
            ),
        )
    )
    return cards


def circle(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Share of people inside each tier's circle by time of day; the map of villages."""
    table, title = found.tables["circle"], words("health.circle")
    whole = table[(table["level"] == "whole") & table["case"].isin(list(PERIODS))]
    rows = [
        (
            words(
                "health.of_time",
                tier=words.label("care_tier", str(row["kind"])),
                time=words.label("day_time", str(row["case"])),
            ),
            [
                Series(
                    words.label("day_time", str(row["case"])),
                    PERIODS[str(row["case"])],
                    [float(row["share"]) * 100],
                )
            ],
        )
        for row in whole.to_dict("records")
    ]
    name = words("health.circle_chart")
    svg = bars(rows, label=name, unit=words("health.share_unit"), words=number(words, 1), name_width=210)
    legend = legend_of([(fill, words.label("day_time", key)) for key, fill in PERIODS.items()])
    chart = Figure(name, svg, _circle(table[table["level"] == "whole"], words, places, label=name), legend)
    head = words("health.circle_counties")
    counties = table[(table["level"] == "county") & table["case"].isin(["day", "night"])]
    grids = [(head, _circle(counties, words, places, label=head))]
    figures = [chart, circle_map(found, words, places)]
    return Section("circle", title, [Part(figures=figures, grids=grids)], [words("health.circle_note")])


def _circle(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(
        tier=[words.label("care_tier", str(one)) for one in table["kind"]],
        time=[words.label("day_time", str(one)) for one in table["case"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "tier": (words("health.tier"), None),
        "time": (words("health.time"), None),
        "limit": (words("health.limit"), number(words)),
        "people": (words("health.people"), number(words)),
        "inside": (words("health.inside"), number(words)),
        "beyond": (words("health.beyond"), number(words)),
        "share": (words("health.share"), share(words)),
    }
    return placed(shown, columns, places=places, label=label)


def ambulances(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Share of calls answered in time by case, the map of the plan, and counties one by one."""
    table, title = found.tables["ambulances"], words("health.ambulances")
    if table.empty:
        return Section("ambulances", title)
    whole = table[table["level"] == "whole"]
    rows = [
        (
            words.label("ambulance_case", str(row["case"])),
            [Series(words("health.corrected"), CHANCE, [float(row["corrected"]) * 100])],
        )
        for row in whole.to_dict("records")
    ]
    name = words("health.ambulance_chart")
    figures = []
    if rows:
        svg = bars(rows, label=name, unit=words("health.share_unit"), words=number(words, 1), name_width=290)
        figures.append(Figure(name, svg, _ambulances(whole, words, places, label=name)))
    drawn = ambulance_map(found, words, places)
    if drawn is not None:
        figures.append(drawn)
    head = words("health.ambulance_counties")
    counties = table[table["level"] == "county"]
    grids = [(head, _ambulances(counties, words, places, label=head))]
    fleet = found.tables["fleet"]
    if len(fleet):
        name = words("health.fleet")
        grids.append((name, _fleet(fleet, words, places, label=name)))
    notes = [words("health.ambulance_note")]
    if float(found.figures["assumed_ambulances"]) > 0:
        notes.append(
            words("health.ambulance_assumed", count=words.count(found.figures["assumed_ambulances"]))
        )
    return Section("ambulances", title, [Part(figures=figures, grids=grids)], notes)


def _ambulances(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(plan=[words.label("ambulance_case", str(one)) for one in table["case"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "plan": (words("health.case"), None),
        "calls": (words("health.calls"), number(words, 1)),
        "vehicles": (words("health.vehicles"), number(words)),
        "vehicles_night": (words("health.vehicles_night"), number(words)),
        "norm": (words("health.vehicles_norm"), number(words, 1)),
        "stations": (words("health.stations"), number(words)),
        "expected": (words("health.expected"), share(words)),
        "corrected": (words("health.corrected"), share(words)),
        "simulated": (words("health.simulated"), share(words)),
        "error": (words("health.error"), share(words)),
        "minutes": (words("health.arrival"), number(words, 1)),
        "busy": (words("health.busy"), share(words)),
        "moves": (words("health.moves"), number(words)),
        "gap": (words("health.gap"), lambda value: words.most(float(value))),
    }
    return placed(shown, columns, places=places, label=label)


def _fleet(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "vehicles": (words("health.vehicles"), number(words)),
        "more": (words("health.more"), lambda value: f"{int(value):+d}" if value else "0"),
        "expected": (words("health.expected"), share(words)),
        "gained": (words("health.gained"), number(words, 2)),
        "gap": (words("health.gap"), lambda value: words.most(float(value))),
    }
    return placed(table, columns, places=places, label=label)


def remote(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Rural people with a teleconsultation within reach, by county."""
    table, title = found.tables["remote"], words("health.remote")
    counties = table[(table["level"] == "county") & (table["people"] > 0)]
    if counties.empty:
        return Section("remote", title)
    rows = [
        (
            places[str(row["unit"])],
            [Series(words.label("remote", key), fill, [float(row[key])]) for key, fill in SCREEN.items()],
        )
        for row in counties.to_dict("records")
    ]
    svg = bars(rows, label=title, unit=words("health.persons"), words=words.count)
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "people": (words("health.rural"), number(words)),
        **{key: (words.label("remote", key), number(words)) for key in SCREEN},
        "beyond": (words("health.beyond"), number(words)),
        "beyond_reached": (words("health.beyond_reached"), number(words)),
    }
    legend = legend_of([(fill, words.label("remote", key)) for key, fill in SCREEN.items()])
    figure = Figure(title, svg, placed(table, columns, places=places, label=title), legend)
    return Section("remote", title, [Part(figures=[figure])], [words("health.remote_note")])


def measures(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Roads and facilities that bring most people inside, and pairs that do so only together."""
    title = words("health.measures")
    alone, pairs = found.tables["measures"], found.tables["pairs"]
    if alone.empty and pairs.empty:
        return Section("measures", title)
    first = alone.groupby(["kind", "measure"], sort=False).head(FIRST)
    shown = first.assign(
        tier=[words.label("care_tier", str(one)) for one in first["kind"]],
        what=[words.label("care_measure", str(one)) for one in first["measure"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "tier": (words("health.tier"), None),
        "what": (words("health.measure"), None),
        "unit": (words("outlook.place"), None),
        "county": (words("column.county"), None),
        "villages": (words("health.villages"), number(words)),
        "people": (words("health.brought"), number(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    head = words("health.alone")
    grids = [(head, placed(shown, columns, places=places, label=head))]
    best = pairs[pairs["interaction"] > 0].groupby("kind", sort=False).head(FIRST)
    if len(best):
        shown = best.assign(tier=[words.label("care_tier", str(one)) for one in best["kind"]])
        columns = {
            "tier": (words("health.tier"), None),
            "origin": (words("health.road"), None),
            "destination": (words("health.facility"), None),
            "county": (words("column.county"), None),
            "road_people": (words("health.road_people"), number(words)),
            "facility_people": (words("health.facility_people"), number(words)),
            "people": (words("health.together"), number(words)),
            "interaction": (words("health.interaction"), number(words)),
        }
        head = words("health.pairs")
        grids.append((head, placed(shown, columns, places=places, label=head)))
    return Section("measures", title, [Part(grids=grids)], [words("health.measures_note")])


def limits(found: HealthTables, words: Words) -> Section:
    """What the figures do not say."""
    said = found.figures
    return Section(
        "limits",
        words("outlook.limits"),
        points=[
            *([words("health.limit_sites")] if said["modelled_sites"] > 0 else []),
            words("health.limit_times"),
            words("health.limit_quality"),
            words("health.limit_rates"),
            words("health.limit_staff"),
            words("health.limit_ambulances"),
            words("health.limit_mobile"),
            words("health.limit_remote"),
            words("health.limit_plan"),
        ],
    )
