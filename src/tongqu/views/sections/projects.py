"""The list of projects: summary by sector and year, the largest, and every project by year."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from tongqu.views.charts import Series, columns
from tongqu.views.grid import Grid, raw
from tongqu.views.sections.names import Names, unit_of
from tongqu.views.svg import FILLS, SECTORS, swatch, symbol
from tongqu.views.tables import Figures
from tongqu.views.tables.cells import by_key, part, records
from tongqu.views.words import Words

__all__ = ["projects"]

COLUMNS = (
    *("code", "name", "village", "town", "county", "kind", "size"),
    *("start", "opens", "capital", "running", "land", "modelled"),
)
"""Columns of a list of projects (项目库)."""


def projects(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    """Give what the template of the projects shows."""
    found = figures.projects
    years = [
        {
            "year": year,
            "grid": _grid(found.of_year(year), words, names=names, label=str(year), linked=True),
            "title": words(
                "projects.year",
                year=year,
                count=words.count(len(found.of_year(year))),
                capital=words.money(float(found.of_year(year)["capital_wan"].sum())),
            ),
        }
        for year in figures.stored.years
        if len(found.of_year(year))
    ]
    return {
        "summary": _summary(figures, words),
        "chart": _chart(figures, words),
        "legend": [
            (raw(swatch(FILLS.get(sector, SECTORS.get(sector, "#333")))), words.label("sector", sector))
            for sector in found.sectors().index
        ],
        "income": words("projects.income", amount=words.money(found.income())) if found.income() else "",
        "largest": _grid(found.largest, words, names=names, label=words("projects.largest"), linked=False),
        "years": years,
    }


def _grid(rows: pd.DataFrame, words: Words, *, names: Names, label: str, linked: bool) -> Grid:
    numeric = frozenset({6, 7, 8, 9, 10, 11})
    foot = (
        words("projects.sum", count=words.count(len(rows))),
        words.amount(float(rows["capital_wan"].sum())),
        words.amount(float(rows["running_wan"].sum()), digits=1),
        words.number(float(rows["land_mu"].sum()), 1),
        "",
    )
    return Grid(
        label=label,
        head=[words(f"column.{key}") for key in COLUMNS],
        rows=[_row(row, words, names=names) for row in records(rows)],
        foot=foot,
        numeric=numeric,
        ids=[f"p{place}" for place in rows.index] if linked else (),
        heads=1,
        css="library",
    )


def _row(row: dict[str, Any], words: Words, *, names: Names) -> list[str]:
    kind = words.label("kind", str(row["kind"]))
    whole = float(row["size"]).is_integer()
    return [
        raw(f"<code>{_code(str(row['project']))}</code>"),
        words.name(row["name_zh"], row["name_en"]),
        names.place(row["village"]),
        names.place(row["town"]),
        names.place(row["county"]),
        raw(f'<span class="chip">{symbol(str(row["sector"]))}{escape(kind)}</span>'),
        f"{words.number(row['size'], 0 if whole else 2)} "
        + unit_of(str(row["sector"]), str(row["size_unit"]), words),
        str(row["start"]),
        str(row["opens"]),
        words.amount(row["capital_wan"], digits=1),
        words.amount(row["running_wan"], digits=1),
        words.number(row["land_mu"], 1),
        raw(f'<span class="mod">{words("modelled.mark")}</span>') if row["modelled"] else "",
    ]


def _code(project: str) -> str:
    """The code, escaped, with a place to break the line."""
    return str(escape(project)).replace(":", ":<wbr>")


def _summary(figures: Figures, words: Words) -> Grid:
    """Number of projects by kind and year of start, with the capital of each sector below it."""
    found = figures.projects
    kinds, capital = by_key(found.kinds), by_key(found.sectors())
    rows: list[list[str]] = []
    sums: set[int] = set()
    for sector, sum_of in by_key(found.kinds.groupby(level="sector").sum()).items():
        name = words.label("sector", str(sector))
        chip = raw(f'<span class="chip">{symbol(str(sector))}{escape(name)}</span>')
        for kind, counts in by_key(part(found.counts, sector)).items():
            shown = [words.count(number) if number else "" for number in counts.values()]
            rows.append([chip, words.label("kind", str(kind)), *shown, *_ends(kinds[sector, kind], words)])
        sums.add(len(rows))
        shown = [words.amount(value) if value else "" for value in capital[sector].values()]
        rows.append(["", words("projects.capital_of", sector=name), *shown, *_ends(sum_of, words)])
    years = list(map(str, figures.stored.years))
    total = {str(key): float(value) for key, value in found.kinds.sum().items()}
    return Grid(
        label=words("projects.summary"),
        head=[
            *(words(f"column.{key}") for key in ("sector", "kind_only")),
            *years,
            *(words(f"column.{key}") for key in ("count", "capital", "running")),
        ],
        rows=rows,
        foot=[
            words("total.count"),
            *(words.count(number) for number in found.counts.to_numpy().sum(axis=0)),
            *_ends(total, words),
        ],
        numeric=frozenset(range(2, len(years) + 5)),
        heads=1,
        sums=frozenset(sums),
        css="summary",
    )


def _ends(row: dict[str, Any], words: Words) -> list[str]:
    """Number, capital and running cost at the end of a row."""
    return [words.count(row["count"]), words.amount(row["capital_wan"]), words.amount(row["running_wan"])]


def _chart(figures: Figures, words: Words) -> str:
    table = figures.projects.sectors()
    stack = [
        Series(
            words.label("sector", str(sector)),
            FILLS.get(str(sector), SECTORS.get(str(sector), "#333")),
            [float(value) for value in values],
        )
        for sector, values in zip(table.index, table.to_numpy(), strict=True)
    ]
    if not stack:
        return ""
    return columns(
        figures.stored.years,
        stacks=[stack],
        label=words("projects.chart"),
        unit=words("axis.money"),
        words=words.axis,
        height=220,
    )
