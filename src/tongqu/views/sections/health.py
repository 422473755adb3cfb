"""The chapter of the health bureau."""

from __future__ import annotations

from tongqu.views.grid import Grid
from tongqu.views.sections.chapter_left import left, maps
from tongqu.views.sections.chapter_tables import counties, kinds, services, staff, towns, years
from tongqu.views.sections.chapters import Block, Chapter, Common, arrow
from tongqu.views.tables.cells import by_key, part, records
from tongqu.views.tables.medical import Medical, medical_of
from tongqu.views.tables.reach import share_of
from tongqu.views.tables.services import AMBULANCE

__all__ = ["health"]


def health(c: Common) -> Chapter:
    """Give the chapter: tiers of care, beds and staff against norms, ambulances, roads, who is left."""
    found = medical_of(c.figures.stored, c.bureau)
    blocks = [
        services(c),
        counties(c),
        towns(c),
        *_norms(c, found),
        *_ambulances(c, found),
        years(c),
        kinds(c),
        *_pairs(c, found),
        staff(c),
        *left(c),
        *maps(c),
    ]
    return c.chapter(blocks, said=[_together_said(c, found)] if len(found.together) else [])


def _together_said(c: Common, found: Medical) -> str:
    words = c.words
    parts = [
        words(
            "chapter.left_part",
            service=words.label("service", str(service)),
            people=words.count(row["people"]),
            villages=words.count(row["villages"]),
        )
        for service, row in by_key(found.together).items()
    ]
    return words("chapter.together_said", parts=words.listing(parts))


def _norms(c: Common, found: Medical) -> list[Block]:
    """Beds, doctors and nurses for 1000 people by county against the norm."""
    if found.norms.empty:
        return []
    words, stored = c.words, c.figures.stored
    rows: list[list[str]] = []
    sums: set[int] = set()
    for what in found.norms.index.unique("what"):
        for unit, row in by_key(part(found.norms, str(what))).items():
            if not unit:
                sums.add(len(rows))
            rows.append(
                [
                    "" if unit != stored.counties[0] else words.label("care_staff", str(what)),
                    c.names.place(unit) if unit else words("total"),
                    *(words.number(row[key], 2) for key in ("first", "base", "plan", "norm")),
                    words.count(row["lacking"]),
                    words.count(row["unknown"]) if row["unknown"] else "",
                ]
            )
    head = [
        words("column.item"),
        words("column.county"),
        str(stored.first),
        words("coordination.without", year=stored.last),
        words("coordination.with", year=stored.last),
        words("chapter.norm"),
        words("chapter.lacking"),
        words("chapter.unknown"),
    ]
    title = words("chapter.norms")
    grid = Grid(
        label=title,
        head=head,
        rows=rows,
        numeric=frozenset(range(2, 8)),
        heads=1,
        sums=frozenset(sums),
        css="summary",
    )
    return [Block(title, words("chapter.norms_note"), grid)]


def _ambulances(c: Common, found: Medical) -> list[Block]:
    """Stations, vehicles and expected coverage by county."""
    if found.ambulances.empty or AMBULANCE not in c.bureau.reach:
        return []
    words, stored = c.words, c.figures.stored
    county = stored.county_of(stored.cube.villages)
    sums = part(c.bureau.sums(county), AMBULANCE)
    rows, columns = [], ("stations", "vehicles", "new_stations", "new_vehicles")
    whole = {key: float(found.ambulances[key].sum()) for key in columns}
    of_all = {str(key): float(value) for key, value in sums.sum().items()}
    lines = [(c.names.place(unit), row, sums.loc[unit]) for unit, row in by_key(found.ambulances).items()]
    for name, row, served in [*lines, (words("total"), whole, of_all)]:
        vehicles = row["vehicles"] + row["new_vehicles"]
        share = [float(share_of(served[case], served["demand"])) for case in ("base", "plan")]
        rows.append(
            [
                name,
                *(words.count(row[key]) for key in columns),
                words.count(float(share_of(served["demand"], vehicles))),
                arrow(share[0], share[1], words),
                words.count(served["plan"] - served["base"]),
            ]
        )
    keys = (*columns, "people_each", "expected", "added")
    title = words("chapter.ambulances")
    grid = Grid(
        label=title,
        head=[words("column.county"), *(words.label("ambulance", key) for key in keys)],
        rows=rows[:-1],
        foot=rows[-1],
        numeric=frozenset(range(1, 8)),
    )
    return [Block(title, words("chapter.ambulances_note"), grid)]


def _pairs(c: Common, found: Medical) -> list[Block]:
    """Facilities that reach people only with an upgraded road."""
    if found.pairs.empty:
        return []
    words = c.words
    rows_of = c.figures.projects.rows.drop_duplicates("project").set_index("project")
    names = {
        str(code): words.name(zh, en)
        for code, zh, en in zip(rows_of.index, rows_of["name_zh"], rows_of["name_en"], strict=True)
    }
    rows = [
        [
            names.get(str(row["second"]), str(row["second"])),
            names.get(str(row["first"]), str(row["first"])),
            words.label("service", str(row["service"])),
            words.count(row["villages"]),
            words.count(row["people"]),
        ]
        for row in records(found.pairs)
    ]
    head = [words("chapter.facility"), words("chapter.road"), words("column.service")]
    head += [words("chapter.villages"), words("chapter.people")]
    title = words("chapter.pairs", count=len(rows))
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset({3, 4}))
    return [Block(title, words("chapter.pairs_note"), grid, folded=True)]
