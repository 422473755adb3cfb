"""Services without and with the plan by county, the villages still without, the table twin of the map."""

from __future__ import annotations

import math
from typing import Any

from tongqu.views.charts import span
from tongqu.views.grid import Grid, raw
from tongqu.views.sections.names import Names
from tongqu.views.tables import Figures
from tongqu.views.tables.cells import by_key, part, records
from tongqu.views.tables.services import BEFORE, NEW, NO_DEMAND, WITHOUT
from tongqu.views.words import Words

__all__ = ["services", "twin"]


def services(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    """Give what the template of the services shows."""
    found = figures.services
    parts = []
    totals = by_key(found.totals)
    for name in found.names:
        total = totals[name]
        limit = found.limits.get(name)
        parts.append(
            {
                "key": name,
                "title": words.label("service", name),
                "rule": words("services.rule", minutes=words.plain(limit)) if limit else "",
                "grid": _grid(figures, words, service=name, names=names),
                "unserved": _unserved(figures, words, service=name, names=names),
                "rest": words(
                    "services.rest",
                    people=words.count(total["demand"] - total["plan"]),
                    share=words.share(1 - total["plan"] / total["demand"]) if total["demand"] > 0 else "–",
                    villages=words.count(float(part(found.villages, name)[WITHOUT].sum())),
                ),
            }
        )
    return {"parts": parts}


def _share(served: float, demand: float) -> float:
    return served / demand if demand > 0 else math.nan


def _cells(row: dict[Any, float], words: Words) -> list[str]:
    base, plan = (_share(row[case], row["demand"]) for case in ("base", "plan"))
    return [
        raw("" if math.isnan(plan) else span(base, plan)),
        words.share(base),
        words.share(plan),
        words.count(row["plan"] - row["base"]),
        words.count(row["demand"]),
    ]


def _grid(figures: Figures, words: Words, *, service: str, names: Names) -> Grid:
    table = part(figures.services.counties, service)
    total = by_key(figures.services.totals)[service]
    keys = ["county", "span", "without", "with", "added", "demand"]
    return Grid(
        label=words.label("service", service),
        head=[words(f"column.{key}") for key in keys],
        rows=[[names.place(unit), *_cells(row, words)] for unit, row in by_key(table).items()],
        foot=[words("total"), *_cells(total, words)],
        numeric=frozenset({2, 3, 4, 5}),
    )


def _unserved(figures: Figures, words: Words, *, service: str, names: Names) -> Grid:
    table = figures.services.unserved
    mine = table[table["service"] == service]
    timed = bool(mine["minutes"].notna().any())
    county = figures.stored.county_of(mine["unit"])
    head = [words(f"column.{key}") for key in ("village", "town", "county", "people")]
    rows = [
        [names.place(row["unit"]), names.above(row["unit"]), names.place(of), words.count(row["people"])]
        + ([words.number(row["minutes"], 0)] if timed else [])
        for row, of in zip(records(mine), county, strict=True)
    ]
    return Grid(
        label=words("services.unserved", service=words.label("service", service)),
        head=head + ([words("column.minutes")] if timed else []),
        rows=rows,
        numeric=frozenset({3, 4}),
    )


def twin(figures: Figures, words: Words, *, names: Names) -> Grid:
    """Give the number of villages in each state by service and county: what the map shows, as a table."""
    found = figures.services
    rows: list[list[str]] = []
    sums: set[int] = set()
    for name in found.names:
        sums.add(len(rows))
        table = part(found.villages, name)[[BEFORE, NEW, WITHOUT, NO_DEMAND]]
        counts = [table.to_numpy().sum(axis=0).tolist(), *table.to_numpy().tolist()]
        labels = [words("total"), *(names.place(unit) for unit in table.index)]
        for place, (label, row) in enumerate(zip(labels, counts, strict=True)):
            first = "" if place else words.label("service", name)
            rows.append([first, label, *(words.count(number) for number in row)])
    states = ("before", "new", "without", "none")
    return Grid(
        label=words("map.twin"),
        head=[
            words("column.service"),
            words("column.county"),
            *(words(f"state.{state}") for state in states),
        ],
        rows=rows,
        numeric=frozenset({2, 3, 4, 5}),
        heads=1,
        sums=frozenset(sums),
        css="summary",
    )
