"""Logistics as a page: what a parcel costs in which way, rounds, places that lack something, cold chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.logistics_maps import problems_map, rounds_map
from tongqu.views.logistics_tables import CASES, LEGS, PARTS, LogisticsTables, number, places_of, share
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.words import Language, Words

__all__ = ["logistics_html"]


def logistics_html(found: LogisticsTables, *, language: Language = "zh") -> str:
    """The page of logistics.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.logistics` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart and map has its table.

    Examples
    --------
    >>> from tongqu.workflow.logistics import logistics
    >>> page = logistics_html(logistics("tests/data/tiny", iterations=20), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    places = places_of(found, words)
    region, said = places[found.whole], found.figures
    sections = [
        costs(found, words, places),
        rounds_map(found, words, places),
        problems_map(found, words, places),
        cold(found, words, places),
        Section(
            "limits",
            words("outlook.limits"),
            points=[
                *([words("logistics.limit_demand")] if said["modelled"] > 0 else []),
                *([words("logistics.limit_sites")] if said["modelled_nodes"] > 0 else []),
                words("logistics.limit_rounds"),
                words("logistics.limit_cases"),
                words("logistics.limit_opening"),
                words("logistics.limit_cost"),
                words("logistics.limit_cold"),
                words("logistics.limit_plan"),
            ],
        ),
    ]
    page = Page(
        title=f"{region} {words('logistics.title')}",
        brand=words("logistics.brand"),
        heading=words("logistics.heading", region=region, year=found.year),
        band=words(
            "logistics.modelled",
            parcels=words.share(float(said["modelled"])),
            nodes=words.share(float(said["modelled_nodes"])),
        ),
        footer=words("logistics.footer"),
        under=[f"{words('scenario')} {found.scenario}"],
        cards=_cards(said, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _cards(said: Mapping[str, Any], words: Words) -> list[Card]:
    each, lost = said["yuan_per_parcel"], said["lost_t"]
    return [
        Card(
            words.count(said["parcels"]),
            words("logistics.card_parcels"),
            words("logistics.card_parcels_note", people=words.count(said["rural_people"])),
        ),
        Card(
            words.share(said["near_share"]),
            words("logistics.card_near"),
            words("logistics.card_near_note", needed=words.count(said["needed"])),
        ),
        Card(
            words("logistics.yuan", value=words.number(each["separate"], 3)),
            words("logistics.card_cost"),
            words(
                "logistics.card_cost_note",
                saving=words.share(float(said["saving"]["joint"]), digits=2),
                towns=said["towns_where_it_pays"]["joint"],
            ),
        ),
        Card(
            words.count(said["vans"]),
            words("logistics.card_vans"),
            words("logistics.card_vans_note", km=words.count(said["km"])),
        ),
        Card(
            words("logistics.tonnes", value=words.count(lost["ambient"] - lost["cooled"])),
            words("logistics.card_cold"),
            words("logistics.card_cold_note", money=words.money(said["saved_wan"])),
        ),
    ]


def costs(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Section:
    """Cost of a parcel by case for the whole, and by county with separate vans and with joint service."""
    table, title = found.tables["costs"], words("logistics.costs")
    whole = table[table["level"] == "whole"]
    rows = [
        (words.label("delivery", str(row["case"])), _parts(row, words)) for row in whole.to_dict("records")
    ]
    by_case = Figure(
        words("logistics.by_case"),
        bars(
            rows, label=words("logistics.by_case"), unit=words("logistics.per_parcel"), words=number(words, 3)
        ),
        _grid(whole, words, places, label=words("logistics.by_case")),
        _legend(whole, words),
        words("logistics.by_case_note"),
    )
    counties = table[(table["level"] == "county") & table["case"].isin(CASES[:2]) & (table["parcels"] > 0)]
    counties = counties.sort_values(["unit", "case"], ascending=[True, False])
    rows = [
        (
            words(
                "logistics.of_county",
                place=places[str(row["unit"])],
                case=words.label("delivery_short", str(row["case"])),
            ),
            _parts(row, words),
        )
        for row in counties.to_dict("records")
    ]
    name = words("logistics.by_county")
    by_county = Figure(
        name,
        bars(rows, label=name, unit=words("logistics.per_parcel"), words=number(words, 3), name_width=230),
        _grid(counties, words, places, label=name),
        _legend(counties, words),
    )
    return Section("costs", title, [Part(figures=[by_case, by_county])], [words("logistics.costs_note")])


def _legend(table: pd.DataFrame, words: Words) -> list[tuple[Markup, str]]:
    """The parts of cost that a chart has."""
    used = [part for part in PARTS if (table[part] > 0).any()]
    return legend_of([(PARTS[part], words.label("cost_part", part)) for part in used])


def _parts(row: Mapping[Any, Any], words: Words) -> list[Series]:
    """Parts of the cost of a parcel."""
    parcels = float(row["parcels"])
    return [
        Series(words.label("cost_part", part), fill, [float(row[part]) / parcels if parcels > 0 else 0.0])
        for part, fill in PARTS.items()
    ]


def _grid(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(
        place=[places[str(one)] for one in table["unit"]],
        way=[words.label("delivery", str(one)) for one in table["case"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "way": (words("logistics.case"), None),
        "parcels": (words("logistics.parcels"), number(words)),
        "yuan_per_parcel": (words("logistics.per_parcel"), number(words, 3)),
        "saving": (words("logistics.saving"), share(words)),
        "yuan_per_tonne": (words("logistics.per_tonne"), number(words, 1)),
        "vehicles": (words("logistics.vehicles"), number(words)),
        "km": (words("logistics.km"), number(words)),
        "by_bus": (words("logistics.by_bus"), number(words)),
        "towns": (words("logistics.towns"), number(words)),
    }
    return grid_of(shown, columns=columns, label=label)


def cold(found: LogisticsTables, words: Words, places: Mapping[str, str]) -> Section:
    """Loss of fresh goods by leg, as today and with the stations cooled."""
    table, title = found.tables["cold"], words("logistics.cold")
    table = table[table["tonnes"] > 0]
    if table.empty:
        return Section("cold", title)
    rows = []
    for case in ("ambient", "cooled"):
        mine = table[(table["level"] == "whole") & (table["case"] == case)].set_index("kind")
        lost = mine["lost_share"].to_dict()
        series = [
            Series(words.label("leg", leg), fill, [float(lost[leg]) * 100]) for leg, fill in LEGS.items()
        ]
        rows.append((words.label("cold_case", case), series))
    svg = bars(rows, label=title, unit=words("logistics.lost_unit"), words=number(words, 2))
    shown = table[table["level"] == "whole"]
    legs = grid_of(
        shown.assign(
            way=[words.label("cold_case", str(one)) for one in shown["case"]],
            leg=[words.label("leg", str(one)) for one in shown["kind"]],
        ),
        columns={
            "way": (words("logistics.case"), None),
            "leg": (words("logistics.leg"), None),
            "hours": (words("logistics.hours"), number(words, 2)),
            "lost_t": (words("logistics.lost"), number(words)),
            "lost_share": (words("logistics.lost_share"), share(words)),
            "worth_wan": (words("logistics.worth"), number(words, 1)),
            "cooling_wan": (words("logistics.cooling"), number(words, 1)),
        },
        label=title,
    )
    legend = legend_of([(fill, words.label("leg", leg)) for leg, fill in LEGS.items()])
    head = words("logistics.cold_counties")
    grids = [(head, _by_county(table, words, places, label=head))]
    figure = Figure(title, svg, legs, legend)
    return Section("cold", title, [Part(figures=[figure], grids=grids)], [words("logistics.cold_note")])


def _by_county(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    """Fresh goods of each county, what is lost in both cases, and what cooling brings and costs."""
    sums = table.groupby(["unit", "case"], sort=False)[["lost_t", "worth_wan", "cooling_wan"]].sum()
    first, second = sums.xs("ambient", level="case"), sums.xs("cooled", level="case")
    fresh = table.groupby("unit", sort=False)["tonnes"].max().reindex(first.index)
    shown = pd.DataFrame(
        {
            "place": [places[str(one)] for one in first.index],
            "tonnes": fresh.to_numpy(),
            "ambient": (first["lost_t"] / fresh).to_numpy(),
            "cooled": (second["lost_t"] / fresh).to_numpy(),
            "saved_t": (first["lost_t"] - second["lost_t"]).to_numpy(),
            "saved_wan": (first["worth_wan"] - second["worth_wan"]).to_numpy(),
            "cooling_wan": second["cooling_wan"].to_numpy(),
        }
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "tonnes": (words("logistics.fresh"), number(words)),
        "ambient": (words("cold_case.ambient"), share(words)),
        "cooled": (words("cold_case.cooled"), share(words)),
        "saved_t": (words("logistics.saved_t"), number(words)),
        "saved_wan": (words("logistics.saved_wan"), number(words)),
        "cooling_wan": (words("logistics.cooling"), number(words)),
    }
    return grid_of(shown, columns=columns, label=label)
