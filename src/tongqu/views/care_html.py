"""Care as a page: needs against places, who is beyond reach, who comes first, and what closes the gap."""

from __future__ import annotations

from typing import Final

import pandas as pd

from tongqu.views.care_maps import service_maps
from tongqu.views.care_tables import (
    FILLS,
    STATES,
    CareTables,
    Columns,
    count,
    named,
    number,
    of_level,
    share,
    yes,
)
from tongqu.views.charts import Series
from tongqu.views.study_charts import bars, trends
from tongqu.views.study_page import Card, Figure, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.words import Language, Words

__all__ = ["care_html"]

TOWNS: Final = 20
"""Towns with most people without in a table; the files have all."""
WORKS: Final = 20
"""Works of a service in a table; the files have all."""
LIMITS: Final = ("limit_norms", "limit_groups", "limit_point", "limit_room", "limit_cost", "limit_plan")
"""Sentences on what the figures do not say."""


def care_html(found: CareTables, *, language: Language = "zh") -> str:
    """The page of care.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.workflow.care.care` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart and map has its table.
    """
    words = Words(language)
    names = named(found, words)
    region = names[found.whole]
    sections = [
        needs(found, words, names),
        service_maps(found, words, names),
        groups(found, words, names),
        floors(found, words, names),
        closing(found, words, names),
        limits(found, words),
    ]
    page = Page(
        title=f"{region} {words('care.title')}",
        brand=words("care.brand"),
        heading=words("care.heading", region=region, year=found.year),
        band=words("care.modelled", share=words.share(float(found.figures["modelled"]), digits=0)),
        footer=words("care.footer"),
        under=[f"{words('scenario')} {found.scenario}", words("care.under")],
        cards=_cards(found, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _cards(found: CareTables, words: Words) -> list[Card]:
    said = found.figures
    cards = [
        Card(
            words.share(said[f"{service}_share"]),
            words("care.card_share", service=words.label("care_service", service)),
            words(
                "care.card_note",
                beyond=words.count(said[f"{service}_beyond"]),
                no_room=words.count(said[f"{service}_no_room"]),
                limit=words.plain(said[f"{service}_limit"]),
            ),
        )
        for service in said["services"]
    ]
    closes = Card(
        words.money(said["all_wan"]),
        words("care.card_closing"),
        words("care.card_closing_note", floor=words.money(said["floor_wan"]), gap=words.most(said["gap"])),
    )
    return [*cards, closes]


def needs(found: CareTables, words: Words, names: dict[str, str]) -> Section:
    """Needs of the counties by how they stand, and the towns with most people without; a part a service."""
    parts = [_needs_part(found, words, names, service) for service in found.figures["services"]]
    return Section("needs", words("care.needs"), parts, [words("care.needs_note")])


def _needs_part(found: CareTables, words: Words, names: dict[str, str], service: str) -> Part:
    label = words.label("care_service", service)
    title = words("care.needs_title", service=label)
    table = found.tables["needs"]
    everybody = table[table["among"] == "all"]
    rows = []
    for row in of_level(everybody, service, "county").to_dict("records"):
        series = [
            Series(words.label("care_state", state), FILLS[state][0], [float(row[state])]) for state in STATES
        ]
        rows.append((names[str(row["unit"])], series))
    svg = bars(rows, label=title, unit=words("care.people"), words=words.count)
    legend = legend_of([(FILLS[state][0], words.label("care_state", state)) for state in STATES])
    columns = _need_columns(words)
    top = of_level(table, service, "whole", "county")
    figure = Figure(title, svg, grid_of(_spoken(top, words, names), columns=columns, label=title), legend)
    towns = of_level(everybody, service, "town")
    towns = towns.assign(lacking=towns["need"] - towns["served"])
    towns = towns[towns["lacking"] > 0].sort_values(["lacking", "unit"], ascending=[False, True])
    head = words("care.towns")
    lines = _spoken(towns.head(TOWNS), words, names)
    grids = [(head, grid_of(lines, columns=columns, label=head))] if len(lines) else []
    return Part(label, figures=[figure], grids=grids)


def _spoken(table: pd.DataFrame, words: Words, names: dict[str, str]) -> pd.DataFrame:
    return table.assign(
        place=[names[str(unit)] for unit in table["unit"]],
        who=[words.label("care_group", str(one)) for one in table["among"]],
    )


def _need_columns(words: Words) -> Columns:
    return {
        "place": (words("outlook.place"), None),
        "who": (words("care.who"), None),
        "need": (words("care.need"), count(words)),
        "served": (words("care.served"), count(words)),
        "no_room": (words("care.no_room"), count(words)),
        "beyond": (words("care.beyond"), count(words)),
        "share": (words("care.share"), share(words)),
        "places_needed": (words("care.places_needed"), count(words)),
        "places": (words("care.places"), count(words)),
        "modelled_share": (words("study.modelled"), share(words)),
    }


def groups(found: CareTables, words: Words, names: dict[str, str]) -> Section:
    """Who comes first, how many they are, and between what that lies."""
    table, title = found.tables["groups"], words("care.groups")
    if table.empty:
        return Section("groups", title)
    shown = _spoken(table, words, names).assign(
        rests=[words.label("care_basis", str(one)) for one in table["basis"]]
    )
    columns: Columns = {
        "place": (words("outlook.place"), None),
        "who": (words("care.who"), None),
        "users": (words("care.users"), count(words)),
        "people": (words("care.people"), count(words)),
        "share": (words("care.share"), share(words)),
        "low": (words("care.low"), share(words)),
        "high": (words("care.high"), share(words)),
        "rests": (words("care.basis"), None),
    }
    grid = grid_of(shown, columns=columns, label=title)
    return Section("groups", title, [Part(grids=[(title, grid)])], [words("care.groups_note")])


def floors(found: CareTables, words: Words, names: dict[str, str]) -> Section:
    """Towns where fewer of those who come first are served than the floor asks."""
    table, title = found.tables["floors"], words("care.floors")
    low = table[~table["met"].astype("bool")] if len(table) else table
    if low.empty:
        return Section("floors", title)
    low = low.sort_values(["lacking", "unit", "service"], ascending=[False, True, True]).head(2 * TOWNS)
    shown = low.assign(
        place=[names[str(unit)] for unit in low["unit"]],
        county_name=[names[str(unit)] for unit in low["county"]],
        what=[words.label("care_service", str(one)) for one in low["service"]],
    )
    columns: Columns = {
        "place": (words("column.town"), None),
        "county_name": (words("column.county"), None),
        "what": (words("care.service"), None),
        "first": (words("care.first"), count(words)),
        "served": (words("care.served"), count(words)),
        "share": (words("care.share"), share(words)),
        "floor": (words("care.floor"), share(words)),
        "lacking": (words("care.to_floor"), number(words, 1)),
        "sites": (words("care.new_sites"), count(words)),
        "share_then": (words("care.share_then"), share(words)),
    }
    grid = grid_of(shown, columns=columns, label=title)
    note = words(
        "care.floors_note",
        floor=words.share(found.figures["floor"], digits=0),
        towns=words.count(found.figures["towns_below"]),
    )
    return Section("floors", title, [Part(grids=[(title, grid)])], [note])


def closing(found: CareTables, words: Words, names: dict[str, str]) -> Section:
    """What closes the gap at least cost: totals with their bounds, then each service's curve and works."""
    plans, title = found.tables["plans"], words("care.closing")
    shown = plans.assign(
        what=[words.label("care_service", str(one)) for one in plans["service"]],
        goal=[words.label("care_aim", str(one)) for one in plans["aim"]],
    )
    columns: Columns = {
        "what": (words("care.service"), None),
        "goal": (words("care.aim"), None),
        "sites": (words("care.new_sites"), count(words)),
        "places": (words("care.new_places"), count(words)),
        "capital_wan": (words("care.capital"), number(words, 1)),
        "running_wan": (words("care.running"), number(words, 1)),
        "bound_wan": (words("care.bound"), number(words, 1)),
        "gap": (words("care.gap"), lambda value: words.most(float(value))),
        "unreached": (words("care.unreached"), count(words)),
    }
    total = Part(words("care.total"), grids=[(title, grid_of(shown, columns=columns, label=title))])
    parts = [_closing_part(found, words, names, service) for service in found.figures["services"]]
    return Section("closing", title, [total, *parts], [words("care.closing_note")])


def _closing_part(found: CareTables, words: Words, names: dict[str, str], service: str) -> Part:
    label = words.label("care_service", service)
    curve = found.tables["choice"]
    curve = curve[curve["service"] == service]
    figures = [_curve(curve, words, words("care.curve", service=label))] if len(curve) > 1 else []
    works = found.tables["works"]
    works = works[works["service"] == service].head(WORKS)
    if works.empty:
        return Part(label, figures=figures)
    shown = works.assign(
        place=[names[str(unit)] for unit in works["unit"]],
        county_name=[names[str(unit)] for unit in works["county"]],
        what=[words.label("care_work", str(one)) for one in works["kind"]],
    )
    columns: Columns = {
        "what": (words("care.work"), None),
        "place": (words("column.village"), None),
        "county_name": (words("column.county"), None),
        "added": (words("care.added"), number(words, 1)),
        "first": (words("care.first"), number(words, 1)),
        "capital_wan": (words("care.capital"), number(words, 1)),
        "running_wan": (words("care.running"), number(words, 1)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    head = words("care.works", service=label)
    return Part(label, figures=figures, grids=[(head, grid_of(shown, columns=columns, label=head))])


def _curve(curve: pd.DataFrame, words: Words, title: str) -> Figure:
    series = [
        Series(words("care.most"), "#b58900", curve["bound"].tolist()),
        Series(words("care.gained"), "#2a788e", curve["gained"].tolist()),
    ]
    svg = trends(
        curve["sites"].tolist(),
        series=series,
        label=title,
        unit=words("care.curve_unit"),
        words=words.count,
        zero=True,
    )
    columns: Columns = {
        "sites": (words("care.new_sites"), count(words)),
        "gained": (words("care.gained"), number(words, 1)),
        "bound": (words("care.most"), number(words, 1)),
        "gap": (words("care.gap"), lambda value: words.most(float(value))),
        "share": (words("care.curve_share"), share(words)),
    }
    return Figure(title, svg, grid_of(curve, columns=columns, label=title), note=words("care.curve_note"))


def limits(found: CareTables, words: Words) -> Section:
    """What the figures rest on and what they leave out."""
    left = [service for service in KNOWN if service not in found.figures["services"]]
    points = [words(f"care.{name}") for name in LIMITS]
    if left:
        missing = words.listing([words.label("care_service", service) for service in left])
        points.insert(0, words("care.limit_unknown", services=missing))
    return Section("limits", words("outlook.limits"), points=points)


KNOWN: Final = ("day_care", "meals", "child_care", "service_hall")
"""Services that the study knows."""
