"""Schools as a page: catchments, classes by county, mergers with who pays, pupils without, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.schools_maps import MOST_ROWS, catchment_map, fault_map
from tongqu.views.schools_tables import SchoolsTables, number, places_of, school_names, share
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.words import Language, Words

__all__ = ["schools_html"]

PLACED: Final = "#2a788e"
WITHOUT: Final = "#c9a227"
PAYING: Final = 5
"""Mergers whose villages are listed one by one on the page; the files have all."""


def schools_html(found: SchoolsTables, *, language: Language = "zh") -> str:
    """The page of schools.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.workflow.schools.schools` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart and map has its table.

    Examples
    --------
    >>> from tongqu.workflow.schools import schools
    >>> page = schools_html(schools("tests/data/tiny"), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    places = places_of(found, words)
    region, said = places[found.whole], found.figures
    limits = [
        words("schools.limit_age"),
        words("schools.limit_enrol"),
        words("schools.limit_senior"),
        words("schools.limit_places"),
        words("schools.limit_parts"),
        words("schools.limit_ride"),
        words("schools.limit_merger"),
        words("schools.limit_cost"),
    ]
    sections = [
        catchment_map(found, words),
        counties(found, words, places),
        mergers(found, words, places),
        fault_map(found, words),
        Section("limits", words("outlook.limits"), points=limits),
    ]
    page = Page(
        title=f"{region} {words('schools.title')}",
        brand=words("schools.brand"),
        heading=words("schools.heading", region=region, year=found.year),
        band=words("schools.modelled", share=words.share(float(said["modelled"]))),
        footer=words("schools.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words(
                "schools.proof",
                gap=words.most(float(said["gap"])),
                placed=words.most(max(float(said["placed_gap"]), 0.0)),
            ),
        ],
        cards=_cards(said, words),
        sections=sections,
    )
    return render(page, words)


def _cards(said: Mapping[str, Any], words: Words) -> list[Card]:
    pupils, placed = sum(said["pupils"].values()), sum(said["placed"].values())
    without = sum(said["without"].values())
    ways = [
        words("schools.of_stage", stage=words.label("school_stage", one), minutes=words.number(value, 1))
        for one, value in said["minutes"].items()
        if value == value
    ]
    mean = said["pupil_minutes"] / placed if placed > 0 else 0.0
    return [
        Card(
            words.count(pupils),
            words("schools.card_pupils"),
            words("schools.card_pupils_note", schools=words.count(said["schools"])),
        ),
        Card(
            words.count(without),
            words("schools.card_without"),
            words("schools.card_without_note", share=words.share(without / pupils if pupils > 0 else 0.0)),
        ),
        Card(
            words("schools.min", value=words.number(mean, 1)),
            words("schools.card_minutes"),
            words("schools.between").join(ways),
        ),
        Card(
            words.count(said["lawful"]),
            words("schools.card_mergers"),
            words("schools.card_mergers_note", money=words.money(said["most_saving_wan"])),
        ),
        Card(
            words.count(sum(said["faults"].values())),
            words("schools.card_faults"),
            words("schools.card_faults_given") if said["given"] else words("schools.card_faults_note"),
        ),
    ]


def counties(found: SchoolsTables, words: Words, places: Mapping[str, str]) -> Section:
    """Pupils with and without a place by county, a part for each stage."""
    table, title = found.tables["counties"], words("schools.counties")
    parts = []
    for stage in found.figures["stages"]:
        name = words.label("school_stage", str(stage))
        mine = table[table["stage"] == stage]
        counted = mine[mine["level"] == "county"]
        rows = [
            (
                places[str(row["unit"])],
                [
                    Series(words("schools.with_place"), PLACED, [float(row["placed"])]),
                    Series(words("schools.without"), WITHOUT, [float(row["without"])]),
                ],
            )
            for row in counted.to_dict("records")
        ]
        head = words("schools.counties_of", stage=name)
        svg = bars(rows, label=head, unit=words("schools.pupils"), words=number(words))
        keys = legend_of([(PLACED, words("schools.with_place")), (WITHOUT, words("schools.without"))])
        parts.append(Part(name, [Figure(head, svg, _county_grid(mine, words, places, label=head), keys)]))
    return Section("counties", title, parts, [words("schools.counties_note")])


def _county_grid(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(place=[places[str(one)] for one in table["unit"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "schools": (words("schools.count"), number(words)),
        "places": (words("schools.places"), number(words)),
        "pupils": (words("schools.pupils"), number(words)),
        "without": (words("schools.without"), number(words)),
        "minutes": (words("schools.minutes"), number(words, 1)),
        "longest": (words("schools.longest"), number(words, 1)),
        "classes": (words("schools.classes"), number(words)),
        "teachers": (words("schools.teachers"), number(words)),
        "staff": (words("schools.staff"), number(words)),
    }
    return grid_of(shown, columns=columns, label=label)


def mergers(found: SchoolsTables, words: Words, places: Mapping[str, str]) -> Section:
    """The best merger of each school by saving, and village by village who pays for the first ones."""
    table, title = found.tables["mergers"], words("schools.mergers")
    names = school_names(found, words)
    best = table[table["best"] & (table["verdict"] != "too_far")].head(MOST_ROWS)
    if best.empty:
        return Section("mergers", title, points=[words("schools.no_mergers")])
    shown = best.assign(
        one=[names[str(code)] for code in best["closing"]],
        two=[names[str(code)] for code in best["receiver"]],
        county_name=[places[str(code)] for code in best["county"]],
        verdict_name=[words.label("merger_verdict", str(code)) for code in best["verdict"]],
        payer_name=[places[str(code)] for code in best["payer"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "one": (words("schools.closing"), None),
        "two": (words("schools.receiver"), None),
        "county_name": (words("column.county"), None),
        "verdict_name": (words("schools.verdict"), None),
        "saving": (words("schools.saving"), number(words, 1)),
        "one_off": (words("schools.one_off"), number(words, 1)),
        "pupils": (words("schools.pupils"), number(words)),
        "minutes_before": (words("schools.before"), number(words, 1)),
        "minutes_after": (words("schools.after"), number(words, 1)),
        "longest": (words("schools.longest"), number(words, 1)),
        "class_before": (words("schools.class_before"), number(words, 1)),
        "class_after": (words("schools.class_after"), number(words, 1)),
        "teachers_saved": (words("schools.teachers_saved"), number(words)),
        "riders": (words("schools.riders"), number(words)),
        "payer_name": (words("schools.payer"), None),
    }
    grids = [(words("schools.mergers_list"), grid_of(shown, columns=columns, label=title))]
    grids += _payers(found, words, places, best=best.head(PAYING), names=names)
    return Section("mergers", title, [Part(grids=grids)], [words("schools.mergers_note")])


def _payers(
    found: SchoolsTables,
    words: Words,
    places: Mapping[str, str],
    *,
    best: pd.DataFrame,
    names: Mapping[str, str],
) -> list[tuple[str, Grid]]:
    """Village by village who pays for some mergers."""
    table = found.tables["payers"]
    grids = []
    for row in best.to_dict("records"):
        mine = table[(table["closing"] == row["closing"]) & (table["receiver"] == row["receiver"])]
        mine = mine.sort_values(["added", "unit"], ascending=[False, True])
        head = words("schools.payers_of", one=names[str(row["closing"])], two=names[str(row["receiver"])])
        shown = mine.assign(
            place=[places[str(one)] for one in mine["unit"]],
            part=mine["added"] / mine["added"].sum() if mine["added"].sum() > 0 else float("nan"),
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "place": (words("column.village"), None),
            "pupils": (words("schools.pupils"), number(words)),
            "before": (words("schools.before"), number(words, 1)),
            "after": (words("schools.after"), number(words, 1)),
            "added": (words("schools.added"), number(words)),
            "part": (words("schools.part"), share(words)),
        }
        grids.append((head, grid_of(shown, columns=columns, label=head)))
    return grids
