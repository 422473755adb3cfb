"""Digital networks as a page: who has fibre or 5G, why not, where stations would stand, and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tongqu.views.charts import Series
from tongqu.views.digital_maps import network_map, siting
from tongqu.views.digital_tables import FILLS, KINDS, DigitalTables, Names, names_of, number, share
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.words import Language, Words

__all__ = ["digital_html"]

ENOUGH: Final = "#2a788e"
SHORT: Final = "#7fb2c4"


def digital_html(found: DigitalTables, *, language: Language = "zh") -> str:
    """The page of digital networks.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.digital` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart and map has its table.

    Examples
    --------
    >>> from tongqu.workflow.digital import digital
    >>> page = digital_html(digital("tests/data/tiny", sites=1), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    names = names_of(found, words)
    said = found.figures
    region = names.places[found.whole]
    sections = [
        coverage(found, words, names),
        network_map(found, words, names),
        siting(found, words, names),
        density(found, words, names),
        budget(found, words),
        limits(found, words),
    ]
    page = Page(
        title=f"{region} {words('digital.title')}",
        brand=words("digital.brand"),
        heading=words("digital.heading", region=region, year=found.year),
        band=words("digital.modelled", share=words.share(float(said["modelled"]))),
        footer=words("digital.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words(
                "digital.rates",
                down=words.plain(said["rate_down"]),
                up=words.plain(said["rate_up"]),
                probability=words.share(said["probability"], digits=0),
            ),
        ],
        cards=_cards(found, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _cards(found: DigitalTables, words: Words) -> list[Card]:
    said = found.figures
    return [
        Card(
            words.share(said["share"]),
            words("digital.card_share"),
            words(
                "digital.card_share_note",
                fibre=words.share(said["fibre_share"]),
                g5=words.share(said["g5_share"]),
            ),
        ),
        Card(
            words.count(said["without"]),
            words("digital.card_without"),
            words("digital.card_without_note", villages=words.count(said["villages_without"])),
        ),
        Card(
            words.number(said["stations_per_10000"], 1),
            words("digital.card_density"),
            words("digital.card_target", target=words.plain(said["target"])),
        ),
        Card(
            words("digital.metres", value=words.count(said["radius_m"])),
            words("digital.card_radius"),
            words("digital.card_radius_note"),
        ),
        Card(
            words.count(said["sites_people"]),
            words("digital.card_sites", count=said["sites"]),
            words(
                "digital.card_sites_note",
                share=words.share(said["sites_share"]),
                money=words.money(said["sites_cost_wan"]),
                km=words.count(said["backhaul_km"]),
            ),
        ),
    ]


def coverage(found: DigitalTables, words: Words, names: Names) -> Section:
    """Rural people of the counties by what they have; towns with the least first."""
    table, title = found.tables["coverage"], words("digital.coverage")
    counties = table[table["level"] == "county"]
    rows = []
    for row in counties.to_dict("records"):
        parts = {
            "both": row["both_people"],
            "fibre": row["fibre_people"] - row["both_people"],
            "g5": row["g5_people"] - row["both_people"],
            "none": row["without"],
        }
        series = [Series(words.label("network", kind), FILLS[kind][0], [parts[kind]]) for kind in KINDS]
        rows.append((names.places[str(row["unit"])], series))
    svg = bars(rows, label=title, unit=words("digital.people"), words=words.count)
    legend = legend_of([(FILLS[kind][0], words.label("network", kind)) for kind in KINDS])
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "people": (words("digital.people"), number(words)),
        "fibre_people": (words("digital.with_fibre"), number(words)),
        "g5_people": (words("digital.with_5g"), number(words)),
        "served": (words("digital.served"), number(words)),
        "without": (words("digital.without"), number(words)),
        "share": (words("digital.share"), share(words)),
        "villages_without": (words("digital.villages_without"), number(words)),
        "modelled_share": (words("study.modelled"), share(words)),
    }
    top = table[table["level"] != "town"]
    top = top.assign(place=[names.places[str(unit)] for unit in top["unit"]])
    figure = Figure(title, svg, grid_of(top, columns=columns, label=title), legend)
    towns = table[(table["level"] == "town") & (table["without"] > 0)].sort_values("without", ascending=False)
    towns = towns.assign(
        place=[names.places[str(unit)] for unit in towns["unit"]],
        county=[names.places[str(one)] for one in found.region.county_of(towns["unit"])],
    ).head(20)
    head = words("digital.towns")
    columns = {"place": columns["place"], "county": (words("column.county"), None), **columns}
    grids = [(head, grid_of(towns, columns=columns, label=head))] if len(towns) else []
    return Section("coverage", title, [Part(figures=[figure], grids=grids)], [words("digital.coverage_note")])


def density(found: DigitalTables, words: Words, names: Names) -> Section:
    """Stations for 10 000 people against the target."""
    table, title = found.tables["stations"], words("digital.density")
    counties = table[(table["level"] == "county") & (table["residents"] > 0)]
    target = float(found.figures["target"])
    rows = []
    for row in counties.to_dict("records"):
        fill = ENOUGH if row["per_10000"] >= target else SHORT
        rows.append((names.places[str(row["unit"])], [Series(title, fill, [float(row["per_10000"])])]))
    svg = bars(
        rows,
        label=title,
        unit=words("digital.per_10000"),
        words=number(words, 1),
        goal=(words("digital.target", value=words.plain(target)), target),
    )
    shown = table.assign(place=[names.places[str(unit)] for unit in table["unit"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "stations": (words("digital.stations"), number(words)),
        "residents": (words("digital.residents"), number(words)),
        "per_10000": (words("digital.per_10000"), number(words, 1)),
        "lacking": (words("digital.lacking"), number(words)),
        "energy_mwh": (words("digital.energy"), number(words)),
        "modelled_share": (words("study.modelled"), share(words)),
    }
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title))
    return Section("density", title, [Part(figures=[figure])], [words("digital.density_note")])


def budget(found: DigitalTables, words: Words) -> Section:
    """The link budget, line by line, both ways."""
    table, title = found.tables["budget"], words("digital.budget")

    def said(row: Mapping[Any, Any], column: str) -> str:
        return words.number(float(str(row[column])), 0 if row["figure"] == "radius" else 1)

    rows = table.to_dict("records")
    shown = table.assign(
        line=[words.label("budget_line", str(row["figure"])) for row in rows],
        down=[said(row, "down") for row in rows],
        up=[said(row, "up") for row in rows],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "line": (words("digital.line"), None),
        "down": (words("digital.down"), str),
        "up": (words("digital.up"), str),
        "unit_of_measure": (words("column.unit"), None),
    }
    grid = grid_of(shown, columns=columns, label=title)
    return Section("budget", title, [Part(grids=[(title, grid)])], [words("digital.budget_note")])


def limits(found: DigitalTables, words: Words) -> Section:
    """What the figures rest on and what they leave out."""
    said = found.figures
    step = words.number(float(said["terrain_step_km"]), 1)
    terrain = {
        "none": words("digital.terrain_none"),
        "coarse": words("digital.terrain_coarse", step=step),
        "fine": words("digital.terrain_fine", step=step),
    }
    points = [
        terrain[said["terrain"]],
        words("digital.limit_model"),
        words("digital.limit_point"),
        words("digital.limit_sites"),
        words("digital.limit_cost"),
        words("digital.limit_plan"),
    ]
    if not said["fibre_known"]:
        points.insert(0, words("digital.limit_fibre"))
    return Section("limits", words("outlook.limits"), points=points)
