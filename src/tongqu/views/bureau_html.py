"""One bureau's view of the joint plan, as a page: its projects, people and money alone and together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.contracts import Run
from tongqu.data import Region
from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.svg import SECTORS
from tongqu.views.words import Language, Words

__all__ = ["bureau_html"]

MOST_ROWS: Final = 40
"""Rows of a table of the page; the files have all."""
ALONE: Final = "#9aa5ad"
PLAIN: Final = "#5a6570"
METHOD: Final = ("method_1", "method_2", "method_3", "method_4")


class BureauTables(Protocol):
    """One bureau's plan alone, beside the joint plan."""

    @property
    def run(self) -> Run:
        """The run of the joint plan."""

    @property
    def region(self) -> Region:
        """Where."""

    @property
    def sector(self) -> str:
        """The bureau's sector."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables by name."""

    def summary(self) -> Mapping[str, Any]:
        """Headline figures."""


def bureau_html(found: BureauTables, *, language: Language = "zh") -> str:
    """The page of one bureau's view.

    Parameters
    ----------
    found : BureauView
        What `tongqu.bureau` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host.

    Examples
    --------
    >>> import tongqu
    >>> page = bureau_html(tongqu.bureau("tongqu-demo/run", "health"))  # doctest: +SKIP
    """
    words, said = Words(language), found.summary()
    units = found.region["units"].set_index("unit")
    names = {
        str(code): words.name(zh, en)
        for code, zh, en in zip(units.index, units["name"], units["name_en"], strict=True)
    }
    cities = found.region.level("city").index
    whole = names[str(cities[0])] if len(cities) == 1 else found.region.name
    sector = words.label("sector", found.sector)
    page = Page(
        title=f"{whole} {sector} {words('bureau.title')}",
        brand=words("bureau.brand"),
        heading=words("bureau.heading", region=whole, sector=sector),
        band=_band(words, said),
        footer=words("bureau.footer", run=said["run"]),
        under=[
            f"{words('scenario')} {said['scenario']}",
            words("why.run", run=said["run"]),
            words("land.years", first=said["first_year"], last=said["last_year"]),
        ],
        cards=_cards(words, said),
        sections=[
            _changes(found, words, names),
            _people(found, words),
            _money(found, words, names),
            Section("method", words("bureau.method"), points=[words(f"bureau.{one}") for one in METHOD]),
        ],
    )
    return render(page, words)


def _band(words: Words, said: Mapping[str, Any]) -> str:
    return words(
        "bureau.band",
        alone=words.number(math.exp(said["log_d_alone"]), 4),
        joint=words.number(math.exp(said["log_d_joint"]), 4),
        gap=words.share(said["gap_alone"], digits=2),
    )


def _cards(words: Words, said: Mapping[str, Any]) -> list[Card]:
    return [
        Card(
            f"{words.count(said['projects_alone'])} → {words.count(said['projects_joint'])}",
            words("bureau.card_projects"),
            words("bureau.card_projects_note", added=said["added"], dropped=said["dropped"]),
        ),
        Card(
            f"{words.count(round(said['served_alone']))} → {words.count(round(said['served_joint']))}",
            words("bureau.card_served"),
            words("bureau.card_served_note"),
        ),
        Card(
            f"{words.money(said['paid_alone_wan'])} → {words.money(said['paid_joint_wan'])}",
            words("bureau.card_paid"),
            words("bureau.card_paid_note", share=words.money(said["share_wan"])),
        ),
    ]


def _changes(found: BureauTables, words: Words, names: Mapping[str, str]) -> Section:
    """How many projects of each change and reason, and the projects themselves."""
    counts = found.tables["counts"]
    shown = pd.DataFrame(
        {
            "change": [words.label("bureau_change", str(one)) for one in counts["change"]],
            "why": [words.label("bureau_why", str(one)) if one else "–" for one in counts["why"]],
            "projects": counts["projects"].to_numpy(),
            "credited": counts["credited"].to_numpy(),
            "depends": counts["depends"].to_numpy(),
        }
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "change": (words("bureau.change"), None),
        "why": (words("bureau.why"), None),
        "projects": (words("bureau.projects"), lambda value: words.count(int(value))),
        "credited": (words("bureau.credited"), lambda value: words.count(round(float(value)))),
        "depends": (words("bureau.depends"), lambda value: words.count(round(float(value)))),
    }
    label = words("bureau.counts")
    grids = [(label, grid_of(shown, columns=columns, label=label))]
    table = found.tables["projects"]
    for change in ("dropped", "added", "earlier", "later"):
        mine = table[table["change"] == change]
        if len(mine):
            title = words("bureau.listed", change=words.label("bureau_change", change), count=len(mine))
            grids.append((title, _projects(found, words, names, mine)))
    return Section("changes", words("bureau.changes"), [Part(grids=grids)], [words("bureau.changes_note")])


def _projects(found: BureauTables, words: Words, names: Mapping[str, str], mine: pd.DataFrame) -> Grid:
    offered = found.run["offer/projects"]
    called = {
        str(code): words.name(zh, en)
        for code, zh, en in zip(offered["project"], offered["name_zh"], offered["name_en"], strict=True)
    }
    first = mine.head(MOST_ROWS)
    shown = pd.DataFrame(
        {
            "name": [words.name(zh, en) for zh, en in zip(first["name_zh"], first["name_en"], strict=True)],
            "county": [names.get(str(one), str(one)) for one in first["county"]],
            "alone": ["–" if pd.isna(one) else str(int(one)) for one in first["alone"]],
            "joint": ["–" if pd.isna(one) else str(int(one)) for one in first["joint"]],
            "why": [
                _reason(words, str(why), called.get(str(by), str(by)))
                for why, by in zip(first["why"], first["by"], strict=True)
            ],
            "credited": first["credited"].to_numpy(),
            "depends": first["depends"].to_numpy(),
            "gain": first["gain"].to_numpy(),
            "value": first["value"].to_numpy(),
        }
    )

    def number(value: Any) -> str:
        return "–" if pd.isna(value) else words.number(float(value), 1)

    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("bureau.project"), None),
        "county": (words("bureau.county"), None),
        "alone": (words("bureau.alone"), None),
        "joint": (words("bureau.joint"), None),
        "why": (words("bureau.why"), None),
        "credited": (words("bureau.credited"), lambda value: words.count(round(float(value)))),
        "depends": (words("bureau.depends"), lambda value: words.count(round(float(value)))),
        "gain": (words("bureau.gain"), number),
        "value": (words("bureau.value"), number),
    }
    return grid_of(shown, columns=columns, label=words("bureau.project"))


def _reason(words: Words, why: str, by: str) -> str:
    said = words.label("bureau_why", why) if why else "–"
    return f"{said}：{by}" if by and words.language == "zh" else f"{said}: {by}" if by else said


def _people(found: BureauTables, words: Words) -> Section:
    table = found.tables["services"]
    fill = SECTORS.get(found.sector, PLAIN)
    alone, joint = words("bureau.alone"), words("bureau.joint")
    rows = [
        (words.label("service", str(service)), [Series(name, color, [float(value)])])
        for service, first, second in zip(table["service"], table["alone"], table["joint"], strict=True)
        for name, color, value in ((alone, ALONE, first), (joint, fill, second))
    ]
    shown = table.assign(service=[words.label("service", str(one)) for one in table["service"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "service": (words("bureau.service"), None),
        "alone": (alone, lambda value: words.count(round(float(value)))),
        "joint": (joint, lambda value: words.count(round(float(value)))),
    }
    title = words("bureau.people")
    grid = grid_of(shown, columns=columns, label=title)
    if not rows:
        return Section("people", title, [Part(grids=[(title, grid)])])
    svg = bars(
        rows,
        label=title,
        unit=words("bureau.people_unit"),
        words=lambda v: words.count(round(v)),
        name_width=200.0,
    )
    legend = legend_of([(ALONE, alone), (fill, joint)])
    figure = Figure(title, svg, grid, legend=legend)
    return Section("people", title, [Part(figures=[figure])], [words("bureau.people_note")])


def _money(found: BureauTables, words: Words, names: Mapping[str, str]) -> Section:
    table = found.tables["money"].groupby("unit")[["share", "alone", "joint"]].sum().reset_index()
    table["unit"] = [names.get(str(one), str(one)) for one in table["unit"]]
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("bureau.county"), None),
        "share": (words("bureau.share"), lambda value: words.amount(float(value), digits=0)),
        "alone": (words("bureau.alone"), lambda value: words.amount(float(value), digits=0)),
        "joint": (words("bureau.joint"), lambda value: words.amount(float(value), digits=0)),
    }
    title = words("bureau.money")
    part = Part(grids=[(title, grid_of(table, columns=columns, label=title))])
    return Section("money", title, [part], [words("bureau.money_note")])
