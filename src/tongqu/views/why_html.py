"""Why, as a page: what projects bring and take, what is lost without them, who would pay for a village."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, render
from tongqu.views.svg import SECTORS
from tongqu.views.why_sentences import Speaker
from tongqu.views.why_tables import WhyTables, why_names
from tongqu.views.words import Language, Words

__all__ = ["why_html"]

METHOD: Final = ("method_1", "method_2", "method_3", "method_4", "method_5", "method_6")
"""Sentences on how it is worked out."""
MOST_ROWS: Final = 30
"""Rows of a table of the page; the files have all."""
PLAIN: Final = "#5a6570"
NAMES: Final = 330.0
"""Pixels for the names of indicators."""


def why_html(found: WhyTables, *, language: Language = "zh") -> str:
    """The page of answers about a plan.

    Parameters
    ----------
    found : Why
        What `tongqu.why` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every sentence has a number and the run that it is of.

    Examples
    --------
    >>> import tongqu
    >>> page = why_html(tongqu.why("tongqu-demo/run", most=3), language="en")  # doctest: +SKIP
    """
    words = Words(language)
    names, said = why_names(found, words), found.summary()
    speaker = Speaker(found, words, names)
    tables = found.tables
    sections = [
        *([_projects(found, words, speaker)] if len(tables["projects"]) else []),
        *([_villages(found, words, speaker)] if len(tables["villages"]) else []),
        _limits(found, words, speaker),
        Section("method", words("why.method"), points=[words(f"why.{one}") for one in METHOD]),
    ]
    page = Page(
        title=f"{names.whole} {words('why.title')}",
        brand=words("why.brand"),
        heading=words("why.heading", region=names.whole),
        band=_band(speaker, words, said),
        footer=words("why.footer", run=said["run"]),
        under=[
            f"{words('scenario')} {said['scenario']}",
            words("why.run", run=said["run"]),
            words("land.years", first=said["first_year"], last=said["last_year"]),
        ],
        cards=_cards(found, words),
        sections=sections,
    )
    return render(page, words)


def _band(speaker: Speaker, words: Words, said: Any) -> str:
    gain = (said["bettered"] - said["objective"]) * said["parts"]
    return words(
        "why.band", run=said["run"], gap=speaker.loss(said["gap"] * said["parts"]), gain=speaker.loss(gain)
    )


def _cards(found: WhyTables, words: Words) -> list[Card]:
    said, tables = found.summary(), found.tables
    projects, villages = tables["projects"], tables["villages"]
    cards = []
    if said["goal"] == "coordination":
        note = words("why.card_d_note", bound=words.number(math.exp(said["bound"]), 4))
        cards.append(Card(words.number(math.exp(said["objective"]), 4), words("why.card_d"), note))
    cards.append(
        Card(
            words.count(said["questions"]),
            words("why.card_questions"),
            words("why.card_questions_note", projects=len(projects), villages=len(villages)),
        )
    )
    if len(projects):
        missed = int((projects["without_found"] > 0).sum())
        cards.append(
            Card(f"{missed} / {len(projects)}", words("why.card_missed"), words("why.card_missed_note"))
        )
    outside = villages["enough_wan"].dropna() if len(villages) else pd.Series(dtype="float64")
    if len(outside):
        cards.append(
            Card(
                words.money(float(outside.sum())),
                words("why.card_outside"),
                words("why.card_outside_note", villages=len(outside)),
            )
        )
    return cards


def _projects(found: WhyTables, words: Words, speaker: Speaker) -> Section:
    table = found.tables["projects"]
    parts = [_project(found, words, speaker, row) for _, row in table.iterrows()]
    return Section("projects", words("why.projects"), parts, [words("why.projects_note")])


def _project(found: WhyTables, words: Words, speaker: Speaker, row: pd.Series) -> Part:
    code = str(row["project"])
    name = speaker.names.projects.get(code, code)
    grids = [(words("why.reasons"), _sentences(found, words, speaker.project(row)))]
    places = found.tables["places"]
    mine = places[places["project"] == code]
    if len(mine):
        grids.append((words("why.places", count=len(mine)), _places(words, speaker, mine)))
    grids += [
        (words("why.changed_without"), grid) for grid in _changed(found, words, speaker, code, "without")
    ]
    return Part(name, figures=_gains(found, words, speaker, row), grids=grids)


def _gains(found: WhyTables, words: Words, speaker: Speaker, row: pd.Series) -> list[Figure]:
    gains = found.tables["gains"]
    mine = gains[gains["project"] == row["project"]].groupby("indicator")["gain"].sum()
    mine = mine[mine.abs() >= 0.005].sort_values(ascending=False)
    if mine.empty:
        return []
    title, unit = words("why.gains"), words("why.parts_unit")
    fill = SECTORS.get(str(row["sector"]), PLAIN)
    called = {str(name): speaker.names.indicators.get(str(name), str(name)) for name in mine.index}
    shown = [
        (called[str(name)], [Series(title, fill, [float(value)])])
        for name, value in mine.items()
        if value > 0
    ]
    table = pd.DataFrame({"indicator": [called[str(name)] for name in mine.index], "gain": mine.to_numpy()})
    columns: dict[str, tuple[str, Format | None]] = {
        "indicator": (words("why.indicator"), None),
        "gain": (unit, _number(words, 2)),
    }
    grid = grid_of(table, columns=columns, label=title)
    svg = bars(shown, label=title, unit=unit, words=lambda v: words.number(v, 1), name_width=NAMES)
    return [Figure(title, svg, grid, note=words("why.gains_note"))]


def _places(words: Words, speaker: Speaker, mine: pd.DataFrame) -> Grid:
    order = mine.sort_values("people", ascending=False, kind="stable").head(MOST_ROWS)
    shown = pd.DataFrame(
        {
            "unit": [speaker.names.units.get(str(one), str(one)) for one in order["unit"]],
            "service": [words.label("service", str(one)) for one in order["service"]],
            "people": order["people"].to_numpy(),
            "share": order["share"].to_numpy(),
            "others": order["others"].to_numpy(),
        }
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("why.place"), None),
        "service": (words("why.service"), None),
        "people": (words("why.people_count"), _number(words, 0)),
        "share": (words("why.share"), _share(words)),
        "others": (words("why.others"), _share(words)),
    }
    return grid_of(shown, columns=columns, label=words("why.place"))


def _changed(found: WhyTables, words: Words, speaker: Speaker, question: str, case: str) -> list[Grid]:
    table = found.tables["changes"]
    mine = table[(table["question"] == question) & (table["case"] == case)].head(MOST_ROWS)
    if mine.empty:
        return []
    shown = pd.DataFrame(
        {
            "project": [speaker.names.projects.get(str(one), str(one)) for one in mine["project"]],
            "change": [words.label("why_change", str(one)) for one in mine["change"]],
            "before": ["–" if pd.isna(one) else str(one) for one in mine["before"]],
            "after": ["–" if pd.isna(one) else str(one) for one in mine["after"]],
            "capital": mine["capital_wan"].to_numpy(),
        }
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "project": (words("why.project"), None),
        "change": (words("why.change"), None),
        "before": (words("why.before"), None),
        "after": (words("why.after"), None),
        "capital": (words("why.capital"), lambda value: words.amount(float(value))),
    }
    return [grid_of(shown, columns=columns, label=words("why.change"))]


def _villages(found: WhyTables, words: Words, speaker: Speaker) -> Section:
    label, numbers = words("why.numbers"), _single_numbers(found, words, speaker)
    parts = [Part(grids=[(label, numbers)])] if numbers is not None else []
    for _, row in found.tables["villages"].iterrows():
        place = speaker.names.units.get(str(row["unit"]), str(row["unit"]))
        county = speaker.names.units.get(str(row["county"]), str(row["county"]))
        name = words("why.village", place=place, county=county)
        grids = [(words("why.reasons"), _sentences(found, words, speaker.village(row)))]
        question = f"{row['unit']} {row['service']}"
        grids += [
            (words("why.changed_served"), grid)
            for grid in _changed(found, words, speaker, question, "served")
        ]
        parts.append(Part(name, grids=grids))
    return Section("villages", words("why.villages"), parts, [words("why.villages_note")])


def _single_numbers(found: WhyTables, words: Words, speaker: Speaker) -> Grid | None:
    """Of each village that costs others something: the people, the cost or the money that would change it."""
    table = found.tables["villages"]
    table = table[table["loss_found"] > 0]
    if table.empty:
        return None
    table = table.assign(unit=[speaker.names.units.get(str(one), str(one)) for one in table["unit"]])
    table["service"] = [words.label("service", str(one)) for one in table["service"]]

    def number(digits: int, *, money: bool) -> Format:
        def said(value: object) -> str:
            amount = float(value)  # type: ignore[arg-type]
            if math.isnan(amount):
                return words("why.numbers_none")
            return words.amount(amount, digits=digits) if money else words.number(amount, digits)

        return said

    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("why.place"), None),
        "service": (words("why.service"), None),
        "loss_found": (words("why.loss"), _number(words, 2)),
        "more_enough": (words("why.numbers_people"), number(0, money=False)),
        "fall_enough_wan": (words("why.numbers_fall"), number(1, money=True)),
        "enough_wan": (words("why.numbers_outside"), number(1, money=True)),
    }
    return grid_of(table[list(columns)], columns=columns, label=words("why.numbers"))


def _limits(found: WhyTables, words: Words, speaker: Speaker) -> Section:
    """Prices by limit and year, those that are worth something."""
    table = found.tables["limits"]
    table = table[table.groupby(["limit", "unit", "key"])["price"].transform("max") > 0]
    years = sorted(int(year) for year in table["year"].unique())
    rows = []
    for (_limit, _unit, _key), mine in table.groupby(["limit", "unit", "key"], sort=False):
        price = mine.set_index("year")["price"]
        first = mine.iloc[0]
        called = f"{speaker.limit(first)}（{speaker.unit(str(first['limit']))}）"
        if words.language == "en":
            called = f"{speaker.limit(first)} ({speaker.unit(str(first['limit']))})"
        rows.append({"limit": called, **{str(year): float(price.get(year, math.nan)) for year in years}})
    columns: dict[str, tuple[str, Format | None]] = {"limit": (words("why.limit"), None)}
    columns |= {str(year): (str(year), _number(words, 4)) for year in years}
    label = words("why.prices")
    shown = pd.DataFrame(rows, columns=["limit", *map(str, years)])
    grids = [(label, grid_of(shown, columns=columns, label=label))] if rows else []
    if len(found.tables["asked_limits"]):
        grids.append((words("why.asked"), _asked(found, words)))
    notes = [words("why.limits_note", unit=words("why.parts_unit"), run=found.run.id)]
    return Section("limits", words("why.limits"), [Part(grids=grids)], notes)


def _asked(found: WhyTables, words: Words) -> Grid:
    columns: dict[str, tuple[str, Format | None]] = {
        "family": (words("why.limit"), None),
        "year": (words("why.year"), lambda value: str(int(value))),
        "more": (words("why.more_of"), _number(words, 1)),
        "price_more": (words("why.price_more"), _number(words, 4)),
        "price_less": (words("why.price_less"), _number(words, 4)),
        "found": (words("why.found"), _number(words, 2)),
    }
    return grid_of(found.tables["asked_limits"], columns=columns, label=words("why.asked"))


def _sentences(found: WhyTables, words: Words, sentences: list[str]) -> Grid:
    """Sentences, each with the run that it is of."""
    table = pd.DataFrame({"sentence": sentences, "run": found.run.id})
    columns: dict[str, tuple[str, Format | None]] = {
        "sentence": (words("why.sentence"), None),
        "run": (words("why.run_head"), None),
    }
    return grid_of(table, columns=columns, label=words("why.reasons"))


def _number(words: Words, digits: int) -> Format:
    return lambda value: words.number(float(value), digits)


def _share(words: Words) -> Format:
    return lambda value: words.share(float(value), digits=0)
