"""Sections of the page of an economy on trades: structure, multipliers, linkages."""

from __future__ import annotations

from typing import Final

import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.economy_charts import PARTS, largest, linkage_chart, multiplier_chart
from tongqu.views.economy_tables import EconomyTables, Names, amount, number, only, share, yes
from tongqu.views.grid import Grid
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of, legend_of
from tongqu.views.words import Words

__all__ = ["linkages", "multipliers", "structure"]

GROUPS: Final = {"farm": "A", "secondary": "BCDE", "tertiary": "FGHIJKLMNOPQRST"}
FILLS: Final = {"farm": "url(#p-c)", "secondary": "url(#p-a)", "tertiary": "url(#p-b)"}


def structure(found: EconomyTables, words: Words, names: Names) -> Section:
    """Value added by county and by section."""
    table = found.tables["structure"]
    rows = []
    for unit, place in names.places.items():
        mine = only(table, unit=unit).set_index("section")["value_added_wan"]
        if unit != found.whole:
            parts = [
                Series(
                    words.label("group", group),
                    FILLS[group],
                    [float(mine[list(letters)].sum()) / _axis(words)],
                )
                for group, letters in GROUPS.items()
            ]
            rows.append((place, parts))
    title = words("economy.structure")
    svg = bars(
        rows,
        label=title,
        unit=words("economy.money_axis"),
        words=lambda value: f"{value:,.1f}".removesuffix(".0"),
    )
    wide = table.assign(group=table["section"].map({one: name for name, of in GROUPS.items() for one in of}))
    sums = wide.pivot_table(
        index="unit", columns="group", values="value_added_wan", aggfunc="sum", sort=False
    )
    flags = table.groupby("unit", sort=False)["modelled"].all()
    twin = sums.assign(place=[names.places[str(unit)] for unit in sums.index], modelled=flags)
    columns: dict[str, tuple[str, Format | None]] = {"place": (words("outlook.place"), None)}
    columns |= {group: (words.label("group", group), amount(words)) for group in GROUPS}
    grid = grid_of(twin, columns=columns | {"modelled": (words("study.modelled"), yes(words))}, label=title)
    legend = legend_of([(FILLS[group], words.label("group", group)) for group in GROUPS])
    figure = Figure(title, svg, grid, legend, words("economy.amounts"))
    return Section(
        "structure",
        title,
        [Part(figures=[figure], grids=[(words("economy.sections"), _sections(found, words))])],
        [words("economy.structure_note")],
    )


def _axis(words: Words) -> float:
    return 10_000.0 if words.language == "zh" else 100.0


def _sections(found: EconomyTables, words: Words) -> Grid:
    mine = only(found.tables["structure"], unit=found.whole)
    slq = only(found.tables["quotients"], unit=found.whole).set_index("section")["slq"]
    mine = mine[mine["jobs"] > 0].assign(
        name=[words.label("section", str(section)) for section in mine.loc[mine["jobs"] > 0, "section"]],
        slq=lambda table: table["section"].map(slq).astype("float64"),
    )
    columns = {
        "name": (words("economy.section"), None),
        "value_added_wan": (words("economy.value_added"), amount(words)),
        "share": (words("economy.share"), share(words)),
        "jobs": (words("economy.jobs"), number(words)),
        "per_worker_yuan": (words("economy.per_worker"), number(words)),
        "slq": (words("economy.slq"), number(words, 2)),
    }
    return grid_of(mine, columns=columns, label=words("economy.sections"))


def multipliers(found: EconomyTables, words: Words, names: Names) -> Section:
    """Multipliers of the largest industries, by place."""
    table = found.tables["multipliers"]
    output = found.tables["linkages"][["unit", "industry", "output_wan"]]
    parts = []
    for unit, place in _with_rows(table, names):
        mine = only(table, unit=unit).merge(
            only(output, unit=unit)[["industry", "output_wan"]], on="industry"
        )
        title = words("economy.of_place", title=words("economy.multipliers"), place=place)
        svg = multiplier_chart(mine, names.industries, words, label=title)
        shown = mine.sort_values("output_wan", ascending=False, kind="stable")
        shown = shown.assign(name=shown["industry"].map(lambda one: names.industries.get(str(one), str(one))))
        columns: dict[str, tuple[str, Format | None]] = {"name": (words("economy.industry"), None)}
        columns |= {
            name: (words.label("multiplier", name), number(words, 1 if name.startswith("jobs") else 2))
            for name in ("output", "output_2", "income", "income_2", "jobs", "jobs_2")
        }
        legend = legend_of([(fill, words.label("induced", name)) for name, fill in PARTS.items()])
        parts.append(Part(place, [Figure(title, svg, grid_of(shown, columns=columns, label=title), legend)]))
    return Section("multipliers", words("economy.multipliers"), parts, [words("economy.multipliers_note")])


def _with_rows(table: pd.DataFrame, names: Names) -> list[tuple[str, str]]:
    """Places that the table has, with their names: those that make nothing have no trade."""
    there = set(table["unit"])
    return [(unit, place) for unit, place in names.places.items() if unit in there]


def linkages(found: EconomyTables, words: Words, names: Names) -> Section:
    """Linkages and what is lost without an industry, by place."""
    table, lost = found.tables["linkages"], found.tables["extraction"]
    parts = []
    for unit, place in _with_rows(table, names):
        mine = only(table, unit=unit)
        loss = only(lost, unit=unit, variant="full").set_index("industry")["share"]
        title = words("economy.of_place", title=words("economy.linkages"), place=place)
        svg = linkage_chart(mine, names.industries, words, label=title)
        shown = mine.sort_values("output_wan", ascending=False, kind="stable").assign(
            name=lambda table: table["industry"].map(lambda one: names.industries.get(str(one), str(one))),
            part=lambda table: table["quadrant"].map(lambda one: words.label("quadrant", one)),
            loss=loss.reindex(
                mine.sort_values("output_wan", ascending=False, kind="stable")["industry"]
            ).to_numpy(),
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "name": (words("economy.industry"), None),
            "part": (words("economy.quadrant"), None),
            "backward_index": (words("economy.backward"), number(words, 2)),
            "forward_index": (words("economy.forward"), number(words, 2)),
            "loss": (words("economy.extraction"), share(words)),
            "output_wan": (words("economy.output_value"), amount(words)),
        }
        parts.append(Part(place, [Figure(title, svg, grid_of(shown, columns=columns, label=title))]))
    note = words("economy.linkages_note", count=len(largest(table)) if len(table) else 0)
    return Section("linkages", words("economy.linkages"), parts, [note])
