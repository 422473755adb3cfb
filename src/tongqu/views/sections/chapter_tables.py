"""Tables that the chapters of all bureaus have: services by place, works by year and kind, staff."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy.typing as npt
import pandas as pd

from tongqu.views.charts import span
from tongqu.views.grid import Grid, raw
from tongqu.views.sections.chapters import Block, Common, arrow, left_of
from tongqu.views.sections.names import unit_of
from tongqu.views.svg import symbol
from tongqu.views.tables.bureaus import BUREAUS
from tongqu.views.tables.cells import by_key, records
from tongqu.views.tables.reach import share_of

__all__ = ["counties", "kinds", "services", "staff", "towns", "years"]


def services(c: Common) -> Block:
    """Each service: today, and in the last year without and with the plan."""
    words = c.words
    rows = []
    for name, one in c.bureau.reach.items():
        demand, base, plan = (float(part.sum()) for part in (one.demand, one.base, one.plan))
        people, villages = left_of(one)
        rows.append(
            [
                words.label("service", name),
                words.number(one.limit, 0),
                words.count(demand),
                words.share(float(share_of(one.first.sum(), one.first_demand.sum()))),
                words.share(base / demand),
                words.share(plan / demand),
                raw(span(base / demand, plan / demand, width=200)),
                words.count(plan - base),
                words.count(people),
                words.count(villages),
            ]
        )
    first = c.figures.stored.first
    head = [
        words("column.service"),
        words("chapter.limit"),
        words("column.demand"),
        str(first),
        words("coordination.without", year=c.last),
        words("coordination.with", year=c.last),
        words("column.span"),
        words("column.added"),
        words("column.people"),
        words("chapter.left_villages"),
    ]
    title = words("chapter.services")
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset({1, 2, 3, 4, 5, 7, 8, 9}))
    return Block(title, words.label("chapter_note", c.bureau.sector), grid)


def counties(c: Common) -> Block:
    """Shares by county and service, without and with the plan."""
    words, stored = c.words, c.figures.stored
    county = stored.county_of(stored.cube.villages)
    sums = c.bureau.sums(county)
    title = words("chapter.counties", last=c.last)
    rows = [
        [c.names.place(unit), *_arrows(c, sums, unit)]
        for unit in stored.counties
        if unit in sums.index.get_level_values("unit")
    ]
    whole = sums.groupby(level="service").sum()
    foot = [words("total"), *(_arrow(c, whole, name) for name in c.bureau.reach)]
    head = [words("column.county"), *_heads(c)]
    grid = Grid(label=title, head=head, rows=rows, foot=foot, numeric=frozenset(range(1, len(head))))
    return Block(title, words("chapter.counties_note"), grid)


def towns(c: Common) -> Block:
    """The same by town."""
    words, stored = c.words, c.figures.stored
    town = stored.units["parent"].reindex(list(stored.cube.villages)).to_numpy(dtype=object)
    sums = c.bureau.sums(town)
    units = list(dict.fromkeys(town))
    county = stored.county_of(units)
    title = words("chapter.towns", count=len(units), last=c.last)
    rows = [
        [c.names.place(of), c.names.place(unit), *_arrows(c, sums, unit)]
        for unit, of in zip(units, county, strict=True)
    ]
    head = [words("column.county"), words("column.town"), *_heads(c)]
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset(range(2, len(head))), heads=1)
    return Block(title, "", grid, folded=True)


def _heads(c: Common) -> list[str]:
    return [c.words.label("service", name) for name in c.bureau.reach]


def _arrows(c: Common, sums: pd.DataFrame, unit: object) -> list[str]:
    mine = pd.DataFrame(sums.xs(unit, level="unit"))
    return [_arrow(c, mine, name) for name in c.bureau.reach]


def _arrow(c: Common, sums: pd.DataFrame, name: str) -> str:
    row = sums.loc[name]
    before, after = (float(share_of(row[case], row["demand"])) for case in ("base", "plan"))
    return arrow(before, after, c.words)


def years(c: Common) -> Block:
    """What opens, whom it serves, what it costs and whom it employs, year by year."""
    words, bureau = c.words, c.bureau
    rows: list[list[str]] = []
    shown: Callable[[float], str] = words.count

    def add(group: str, name: str, values: npt.NDArray[Any], total: str) -> None:
        cells = [shown(value) if value else "" for value in values]
        rows.append([group, name, *cells, total])

    for kind, counts in zip(bureau.opens.index, bureau.opens.to_numpy(), strict=True):
        total = words.count(float(counts.sum()))
        add(words("chapter.row_opens"), words.label("kind", str(kind)), counts, total)
    for name, people in zip(bureau.added.index, bureau.added.to_numpy(), strict=True):
        add(words("chapter.row_added"), words.label("service", str(name)), people, "")
    shown = words.amount
    sums = bureau.money.sum()
    for key in ("capital", "running", "saved"):
        values = bureau.money[key].to_numpy()
        if key != "saved" or values.any():
            total = words.amount(float(sums[key])) if key == "capital" else ""
            add(words("chapter.row_money"), words(f"chapter.{key}"), values, total)
    shown = words.count
    who = words.label("limit_key", BUREAUS[bureau.sector].staff)
    lines = {"used": words("chapter.used", who=who), "limit": words("chapter.limit_staff", who=who)}
    for key, said in lines.items():
        add(words("chapter.row_staff"), said, bureau.staff[key].fillna(0.0).to_numpy(), "")
    years = [str(year) for year in c.figures.stored.years]
    head = [words("column.item"), words("column.name"), *years, words("total")]
    title = words("chapter.years")
    grid = Grid(
        label=title,
        head=head,
        rows=_blank_repeats(rows),
        numeric=frozenset(range(2, len(head))),
        heads=1,
        css="summary",
    )
    return Block(title, words("chapter.years_note"), grid)


def kinds(c: Common) -> Block:
    """Each kind of project: number, size, money, land, staff, whom it credits."""
    words, bureau = c.words, c.bureau
    credited = bureau.credited
    rows = []
    for kind, row in by_key(bureau.kinds).items():
        chip = f'<span class="chip">{symbol(bureau.sector)}{escape(words.label("kind", str(kind)))}</span>'
        first = [
            raw(chip),
            words.count(row["count"]),
            f"{words.count(row['size'])} {unit_of(bureau.sector, str(row['size_unit']), words)}",
            words.amount(row["capital"]),
            words.amount(row["running"]),
            words.number(row["land"], 1),
            words.number(row["staff"], 1),
        ]
        mine = records(credited[credited["kind"] == kind]) or [{}]
        for number, one in enumerate(mine):
            served = [words.label("service", str(one["service"])) if one else "–"]
            served += [words.count(one[key]) if one else "" for key in ("people", "alone")]
            rows.append([*(first if number == 0 else [""] * len(first)), *served])
    keys = ["kind_only", "count", "size", "capital", "running", "land", "staff", "service"]
    keys += ["credited", "alone"]
    title = words("chapter.kinds")
    grid = Grid(
        label=title,
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({1, 2, 3, 4, 5, 6, 8, 9}),
        css="summary",
    )
    return Block(title, words("chapter.kinds_note", last=c.last), grid)


def staff(c: Common) -> Block:
    """Staff by county: used, limit, and what one person more is worth."""
    words, table = c.words, c.bureau.staff_counties
    who = words.label("limit_key", BUREAUS[c.bureau.sector].staff)
    rows = [
        [
            c.names.place(unit),
            words.number(row["used"], 1),
            words.count(row["limit"]),
            words.share(row["share"], digits=0),
            c.worth(float(row["price"])) if row["price"] > 0 else "0",
        ]
        for unit, row in by_key(table).items()
    ]
    head = [
        words("column.county"),
        words("chapter.staff_used", last=c.last),
        words("chapter.staff_limit", last=c.last),
        words("chapter.staff_share"),
        words("chapter.staff_worth"),
    ]
    sums = [words.number(float(table["used"].sum()), 1), words.count(float(table["limit"].sum())), "", ""]
    title = words("chapter.staff", who=who)
    grid = Grid(
        label=title, head=head, rows=rows, foot=[words("total"), *sums], numeric=frozenset({1, 2, 3, 4})
    )
    return Block(title, words("chapter.staff_note", who=who), grid)


def _blank_repeats(rows: list[list[str]]) -> list[list[str]]:
    """The rows, the first cell blank where it repeats the one above."""
    above = ["", *(row[0] for row in rows[:-1])]
    return [["" if row[0] == last else row[0], *row[1:]] for row, last in zip(rows, above, strict=True)]
