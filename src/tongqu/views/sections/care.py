"""The chapter on care and service halls."""

from __future__ import annotations

import math

import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.sections.chapter_left import left, maps
from tongqu.views.sections.chapter_tables import counties, kinds, services, staff, towns, years
from tongqu.views.sections.chapters import Block, Chapter, Common, arrow
from tongqu.views.tables.cells import by_key, records
from tongqu.views.tables.priority import Priority, priority_of

__all__ = ["care"]

ROUNDING = 1e-6
"""Share by which a floor may be missed: what rounding leaves."""


def care(c: Common) -> Chapter:
    """Give the chapter: needs and reach, those who come first, works, carers, who is left."""
    found = priority_of(c.figures.stored, c.bureau)
    blocks = [
        services(c),
        counties(c),
        towns(c),
        *_elders(c, found),
        *_groups(c, found),
        *_floors(c, found),
        years(c),
        kinds(c),
        staff(c),
        *left(c),
        *maps(c),
    ]
    return c.chapter(blocks, said=[_first_said(c, found)] if len(found.groups) else [])


def _first_said(c: Common, found: Priority) -> str:
    words = c.words
    parts = [
        words(
            "chapter.first_part",
            service=words.label("service", str(service)),
            base=words.share(row["base"]),
            plan=words.share(row["plan"]),
            every=words.share(row["all"]),
        )
        for service, row in by_key(found.groups).items()
    ]
    return words("chapter.first_said", last=c.last, parts=words.listing(parts))


def _elders(c: Common, found: Priority) -> list[Block]:
    """Elders by county, and how many of those who need it have a place."""
    if found.elders.empty:
        return []
    words, stored = c.words, c.figures.stored
    sums = c.bureau.sums(stored.county_of(stored.cube.villages))
    shown = [name for name in ("day_care", "meals", "child_care") if name in c.bureau.reach]
    rows = []
    for unit, row in by_key(found.elders).items():
        cells = [c.names.place(unit), words.count(row["first"]), words.count(row["last"])]
        for name in shown:
            mine = pd.Series(sums.loc[(name, unit)])
            cells += [words.count(float(mine[key])) for key in ("demand", "base", "plan")]
        rows.append(cells)
    foot = [words.count(float(found.elders[key].sum())) for key in ("first", "last")]
    for name in shown:
        whole = pd.DataFrame(sums.loc[name]).sum()
        foot += [words.count(float(whole[key])) for key in ("demand", "base", "plan")]
    head = [words("column.county"), *(words("chapter.elders", year=year) for year in (stored.first, c.last))]
    for name in shown:
        service = words.label("service", name)
        head += [f"{service} · {words(f'chapter.{key}')}" for key in ("need", "had", "have")]
    title = words("chapter.needs", last=c.last)
    numeric = frozenset(range(1, len(head)))
    grid = Grid(label=title, head=head, rows=rows, foot=[words("total"), *foot], numeric=numeric)
    return [Block(title, words("chapter.needs_note"), grid)]


def _groups(c: Common, found: Priority) -> list[Block]:
    """Those who come first: how many, who of them is served, and how they weigh; who they are by standard."""
    if found.groups.empty:
        return []
    words = c.words
    rows = [
        [
            words.label("service", str(service)),
            words.count(row["demand"]),
            words.count(row["first"]),
            words.share(row["first"] / row["demand"]),
            arrow(row["base"], row["plan"], words),
            words.share(row["all"]),
            words("chapter.unweighed") if math.isnan(row["weight"]) else words.plain(row["weight"]),
        ]
        for service, row in by_key(found.groups).items()
    ]
    keys = ("need", "first", "first_share", "first_served", "all_served", "weight")
    title = words("chapter.priority", last=c.last)
    head = [words("column.service"), *(words(f"chapter.{key}") for key in keys)]
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset(range(1, 6)))
    return [Block(title, words("chapter.priority_note"), grid), _who(c, found)]


def _who(c: Common, found: Priority) -> Block:
    words = c.words
    rows = [
        [
            words.name(row["name_zh"], row["name_en"]),
            words.share(row["value"]),
            f"{words.share(row['low'])} – {words.share(row['high'])}",
            words(f"status.{row['status']}"),
        ]
        for row in records(found.standards)
    ]
    head = [words(f"column.{key}") for key in ("name", "value", "range", "goal_status")]
    title = words("chapter.who")
    return Block(title, "", Grid(label=title, head=head, rows=rows, numeric=frozenset({1, 2})), folded=True)


def _floors(c: Common, found: Priority) -> list[Block]:
    """Floors of the scenario for care, and whether the simulation keeps them."""
    words = c.words
    title = words("chapter.floors")
    if found.floors.empty:
        return [Block(title, words("chapter.no_floors"))]
    rows = []
    for row in records(found.floors):
        kept = row["reached"] >= row["share"] - ROUNDING
        rows.append(
            [
                words.label("service", str(row["service"])),
                c.names.place(row["place"]) if row["place"] else words("chapter.every_county"),
                str(row["year"]),
                words.share(row["share"]),
                words.share(row["reached"], digits=2),
                words.label("floor_state", "kept" if kept else "missed"),
            ]
        )
    head = [words("column.service"), words("chapter.place"), words("chapter.since"), words("chapter.asked")]
    head += [words("chapter.reached"), words("chapter.state")]
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset({2, 3, 4}))
    return [Block(title, words("chapter.floors_note"), grid)]
