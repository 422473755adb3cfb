"""Land as a page: what it is used for, norms, farmland and quota, idle homesteads, where new land goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from tongqu.views import land_ledgers as ledgers
from tongqu.views.charts import Series
from tongqu.views.land_maps import placed_map, score_map
from tongqu.views.land_tables import (
    LandTables,
    Names,
    flag,
    mu_words,
    names_of,
    number,
    share,
    table_of,
)
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, render
from tongqu.views.words import Language, Words

__all__ = ["land_html"]

BAR: Final = "#31688e"
MOST_TOWNS: Final = 20


def land_html(found: LandTables, *, language: Language = "zh") -> str:
    """The page of a study of land.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.land` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every figure has its table.

    Examples
    --------
    >>> import tongqu
    >>> page = land_html(tongqu.land("quzhou", cell_m=2000), language="en")
    >>> page.count("<figure>") == page.count('<details class="twin">')
    True
    """
    words = Words(language)
    names, said = names_of(found, words), found.summary()
    ledger = len(found.tables["ledger"]) > 0
    sections = [
        *((ledgers.use(found, words, names), ledgers.norms(found, words, names)) if ledger else ()),
        *((ledgers.quota(found, words, names), ledgers.idle(found, words, names)) if ledger else ()),
        *((ledgers.intensity(found, words, names),) if ledger else ()),
        _suitability(found, words, names),
        _placed(found, words, names),
        *((_rules(found, words),) if ledger else ()),
        _limits(words),
    ]
    band = words(
        "land.modelled", share=words.share(said["modelled"]), towns=words.share(said["modelled_towns"])
    )
    page = Page(
        title=f"{names.whole} {words('land.title')}",
        brand=words("land.brand"),
        heading=words("land.heading", region=names.whole, year=found.year),
        band=band if ledger else words("land.no_use"),
        footer=words("land.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words("land.years", first=said["first_year"], last=said["last_year"]),
            words("land.cells", count=words.count(said["cells"]), side=words.plain(said["cell_m"])),
        ],
        cards=_cards(found, words) if ledger else _placed_cards(found, words),
        sections=sections,
    )
    return render(page, words)


def _cards(found: LandTables, words: Words) -> list[Card]:
    said = found.summary()
    low, high = (words.plain(value) for value in said["norm_m2"])
    per = words("land.per_person_unit")
    return [
        Card(
            mu_words(words, said["over_floor_mu"]),
            words("land.card_floor"),
            words("land.card_floor_note", farmland=mu_words(words, said["farmland_mu"])),
        ),
        Card(
            mu_words(words, said["quota_left_mu"]),
            words("land.card_quota", year=said["last_year"]),
            words("land.card_quota_note", saved=mu_words(words, said["saved_mu"])),
        ),
        Card(
            f"{words.number(said['built_per_person_m2'], 0)} {per}",
            words("land.card_person"),
            words(
                "land.card_person_note",
                low=low,
                high=high,
                year=said["last_year"],
                last=words.number(said["built_per_person_last_m2"], 0),
            ),
        ),
        Card(
            mu_words(words, said["idle_mu"]),
            words("land.card_idle"),
            words("land.card_idle_note", share=words.share(said["idle_share"])),
        ),
        *_placed_cards(found, words),
    ]


def _placed_cards(found: LandTables, words: Words) -> list[Card]:
    said = found.summary()
    unmet = said["unmet_ha"]
    note = words("land.card_gap", gap=words.most(said["gap"])) if said["gap"] == said["gap"] else ""
    if unmet > 0:
        note = words("land.card_unmet", area=words.number(unmet, 1))
    return [
        Card(
            f"{words.number(said['placed_ha'], 0)} {words('land.ha')}",
            words("land.card_placed", year=said["last_year"]),
            note,
        )
    ]


def _suitability(found: LandTables, words: Words, names: Names) -> Section:
    table = found.tables["suitability"].sort_values("suited_ha", ascending=False, kind="stable")
    title = words("land.by_town", count=min(MOST_TOWNS, len(table)))
    rows = [
        (names.units[str(unit)], [Series(title, BAR, [float(value)])])
        for unit, value in zip(table["unit"].head(MOST_TOWNS), table["suited_ha"], strict=False)
    ]
    svg = bars(rows, label=title, unit=words("land.ha"), words=lambda v: words.number(v, 0))
    columns = [
        ("unit", None),
        ("cells", number(words)),
        ("built_cells", number(words)),
        ("excluded_share", share(words)),
        ("protected_share", share(words)),
        ("slope_percent", number(words, 1)),
        ("minutes", number(words)),
        ("score", number(words, 2)),
        ("room_ha", number(words)),
        ("suited_ha", number(words)),
        ("coarse", flag(words)),
    ]
    grid = table_of(table, columns, words=words, names=names, label=title)
    figures = [score_map(found, words, names), *([Figure(title, svg, grid)] if rows else [])]
    limit = words.plain(found.summary()["slope_limit_percent"])
    notes = [
        words("land.suitability_note", limit=limit),
        words.label("land_relief", found.summary()["relief"]),
    ]
    return Section("suitability", words("land.suitability"), [Part(figures=figures)], notes)


def _placed(found: LandTables, words: Words, names: Names) -> Section:
    table = found.tables["allocation"]
    if table.empty:
        return Section("placed", words("land.placed"), notes=[words("land.no_demand")])
    title = words("land.by_county")
    columns = [
        ("unit", None),
        ("demand_ha", number(words, 1)),
        ("placed_ha", number(words, 1)),
        ("unmet_ha", number(words, 1)),
        ("cells", number(words)),
        ("score", number(words, 2)),
        ("minutes", number(words)),
        ("slope_percent", number(words, 1)),
        ("gap_ha", number(words, 2)),
        ("gap", share(words, 2)),
        ("spread_score", number(words, 2)),
        ("spread_same", share(words)),
    ]
    grids = [(title, table_of(table, columns, words=words, names=names, label=title))]
    part = Part(figures=[placed_map(found, words, names)], grids=grids)
    notes = [words("land.placed_section"), words("land.gap_note"), words("land.spread_note")]
    return Section("placed", words("land.placed"), [part], notes)


def _rules(found: LandTables, words: Words) -> Section:
    """Which class may become which, and by what article."""
    table = found.tables["transitions"]
    label = words("land.rules")
    shown = [
        {
            "basis": law_words(str(basis), words),
            "becomes": words.label("land_class", str(becomes)),
            "from": words("land.comma").join(words.label("land_class", str(one)) for one in mine["class"]),
        }
        for (becomes, basis), mine in table.groupby(["becomes", "basis"], sort=False)
    ]
    columns: dict[str, tuple[str, Format | None]] = {
        "from": (words.label("land_column", "class"), None),
        "becomes": (words.label("land_column", "becomes"), None),
        "basis": (words.label("land_column", "basis"), None),
    }
    grid = grid_of(pd.DataFrame(shown), columns=columns, label=label)
    return Section(
        "rules", label, [Part(grids=[(words("land.transitions"), grid)])], [words("land.rules_note")]
    )


LAW: Final = "Land Administration Law 2019, Art. "


def law_words(basis: str, words: Words) -> str:
    """An article of the land law in the language; other sources as they stand."""
    if words.language == "en" or not basis.startswith(LAW):
        return basis
    return words("land.law", articles=basis.removeprefix(LAW).replace(", ", "、").replace("-", "—"))


def _limits(words: Words) -> Section:
    keys: Sequence[str] = ("use", "cells", "built", "slope", "score", "demand", "prices", "plan")
    return Section("limits", words("outlook.limits"), points=[words.label("land_limit", key) for key in keys])
