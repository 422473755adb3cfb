"""The chapter of the education bureau."""

from __future__ import annotations

import math

from tongqu.views.grid import Grid, raw
from tongqu.views.sections.chapter_left import left, maps
from tongqu.views.sections.chapter_tables import counties, kinds, services, staff, towns, years
from tongqu.views.sections.chapters import Block, Chapter, Common
from tongqu.views.tables.cells import by_key, records
from tongqu.views.tables.schools import Schools, schools_of
from tongqu.views.tables.services import standards_of

__all__ = ["education"]


def education(c: Common) -> Chapter:
    """Give the chapter: pupils, places, rides, works, mergers and whom they cost, teachers, who is left."""
    found = schools_of(c.figures.stored, c.bureau)
    blocks = [
        _pupils(c, found),
        services(c),
        counties(c),
        towns(c),
        years(c),
        kinds(c),
        *_mergers(c, found),
        _teachers(c, found),
        staff(c),
        *left(c),
        *maps(c),
    ]
    return c.chapter(blocks, said=[_mergers_said(c, found)] if len(found.mergers) else [])


def _mergers_said(c: Common, found: Schools) -> str:
    """What all mergers save together, and what their pupils pay."""
    words, table = c.words, found.mergers
    said = words(
        "chapter.mergers_said",
        count=words.count(float(len(table))),
        saving=words.money(float(table["saving"].sum())),
        teachers=words.number(float(table["teachers"].sum()), 0),
        land=words.number(float(table["land"].sum()), 0),
    )
    moves = found.moves
    if moves is None:
        return said + words("chapter.moves_unknown")
    if moves.empty:
        return said
    known = moves[moves["minutes_after"].notna()]
    weight = float(known["children"].sum())
    means = [
        float((known["children"] * known[f"minutes_{key}"]).sum()) / weight if weight else math.nan
        for key in ("before", "after")
    ]
    said += words(
        "chapter.payers_said",
        children=words.count(float(moves["children"].sum())),
        villages=words.count(float(moves["unit"].nunique())),
        before=words.number(means[0], 1),
        after=words.number(means[1], 1),
        longer=words.count(float(table["longer"].sum())),
        longest=words.number(float(table["longest"].max()), 1),
    )
    lost = float((moves["children"] - moves["placed"]).sum())
    return said + (words("chapter.unplaced_said", children=words.count(lost)) if lost >= 0.5 else "")


def _pupils(c: Common, found: Schools) -> Block:
    """Pupils by stage in town and country, places, and pupils for 100 places, by year."""
    words = c.words
    rows: list[list[str]] = []
    sums: set[int] = set()
    for stage in found.places.index:
        country, town = (found.pupils.loc[(stage, where)].to_numpy() for where in ("country", "town"))
        places = found.places.loc[stage].to_numpy()
        label = words.label("school_stage", str(stage))
        parts = {"country": country, "town": town, "every": country + town, "seats": places}
        for number, (key, values) in enumerate(parts.items()):
            shown = [words.count(float(value)) for value in values]
            rows.append([label if number == 0 else "", words.label("pupils_row", key), *shown])
        sums.add(len(rows))
        full = [words.share(float(value), digits=0) for value in (country + town) / places]
        rows.append(["", words("pupils_row.full"), *full])
    head = [words("chapter.stage"), words("column.name"), *map(str, c.figures.stored.years)]
    title = words("chapter.pupils")
    grid = Grid(
        label=title,
        head=head,
        rows=rows,
        numeric=frozenset(range(2, len(head))),
        heads=1,
        sums=frozenset(sums),
        css="summary",
    )
    return Block(title, words("chapter.pupils_note"), grid)


def _mergers(c: Common, found: Schools) -> list[Block]:
    """Each merger: what it saves and whom it costs; and the villages that move."""
    if found.mergers.empty:
        return []
    words = c.words
    title = words("chapter.mergers")
    limits = standards_of(c.figures.stored)
    norms = {key: words.plain(limits.get(f"minutes.{key}_ride", math.nan)) for key in ("primary", "junior")}
    grid = _merger_grid(c, found, label=title)
    blocks = [Block(title, words("chapter.mergers_note", **norms), grid)]
    if found.moves is not None and len(found.moves):
        blocks.append(_movers(c, found))
    return blocks


def _merger_grid(c: Common, found: Schools, *, label: str) -> Grid:
    words, known = c.words, found.moves is not None
    rows = []
    for row in records(found.mergers):
        cells = [
            words.name(row["name_zh"], row["name_en"]),
            c.names.place(row["county"]),
            str(row["opens"]),
            words.amount(row["saving"], digits=1),
            words.number(row["teachers"], 1),
            words.number(row["land"], 1),
            words.count(row["size"]),
        ]
        if known:
            moved = not math.isnan(row["children"])
            cells += [
                words.count(row["children"]) if moved else "0",
                words.count(row["longer"]) if moved else "0",
                f"{words.number(row['before'], 1)} → {words.number(row['after'], 1)}" if moved else "–",
                words.number(row["longest"], 1),
                c.names.place(row["pays"]) if moved else "",
            ]
        rows.append(cells)
    keys = ["merger", "county", "opens", "saves", "frees", "land", "planned"]
    keys += ["movers", "longer", "ride", "longest", "pays"] if known else []
    head = [
        words(f"column.{key}") if key in ("county", "opens", "land") else words.label("merger", key)
        for key in keys
    ]
    table = found.mergers
    foot = [words("total"), words.amount(float(table["saving"].sum()), digits=1)]
    foot += [words.number(float(table[key].sum()), 1) for key in ("teachers", "land")]
    foot += [words.count(float(table["size"].sum()))]
    if known:
        foot += [words.count(float(table[key].sum())) for key in ("children", "longer")]
        foot += ["", words.number(float(table["longest"].max()), 1), ""]
    return Grid(label=label, head=head, rows=rows, foot=foot, numeric=frozenset(range(2, 11)), css="library")


def _movers(c: Common, found: Schools) -> Block:
    """Village by village: children, and their ride now and then, the longest way more first."""
    words, table = c.words, found.moves
    assert table is not None
    names = {
        str(code): words.name(row["name_zh"], row["name_en"]) for code, row in by_key(found.mergers).items()
    }
    more = table["minutes_after"] - table["minutes_before"]
    order = table.assign(more=more).sort_values("more", ascending=False, kind="stable", na_position="first")
    rows = []
    for row in records(order):
        lost = row["children"] - row["placed"]
        rows.append(
            [
                c.names.place(row["unit"]),
                c.names.above(row["unit"]),
                names.get(str(row["project"]), str(row["project"])),
                str(row["year"]),
                words.number(row["children"], 0),
                words.number(row["minutes_before"], 1),
                words.number(row["minutes_after"], 1),
                "–" if math.isnan(row["more"]) else f"{row['more']:+.1f}",
                words.count(lost) if lost >= 0.5 else "",
            ]
        )
    head = [words("column.village"), words("column.town"), words.label("merger", "merger")]
    head += [words("column.opens"), words.label("merger", "movers")]
    head += [words.label("merger", key) for key in ("before", "after", "more", "unplaced")]
    title = words("chapter.movers", count=len(rows))
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset(range(3, 9)), css="library")
    return Block(title, "", grid, folded=True)


def _teachers(c: Common, found: Schools) -> Block:
    """Teachers by stage: today, needed by the norm now and then, and what the plan needs or frees."""
    words, stored = c.words, c.figures.stored
    rows = []
    for stage, row in by_key(found.teachers).items():
        spare = row["have"] - row["last"]
        rows.append(
            [
                words.label("school_stage", str(stage)),
                words.count(row["have"]),
                words.plain(row["norm"]),
                words.count(row["first"]),
                words.count(row["last"]),
                "–" if math.isnan(spare) else raw(f"<b>{spare:+,.0f}</b>"),
                f"{row['plan']:+,.1f}",
            ]
        )
    head = [
        words("chapter.stage"),
        words("chapter.teachers_have"),
        words("chapter.teachers_norm"),
        words("chapter.teachers_need", year=stored.first),
        words("chapter.teachers_need", year=stored.last),
        words("chapter.teachers_spare", year=stored.last),
        words("chapter.teachers_plan"),
    ]
    title = words("chapter.teachers")
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset(range(1, 7)))
    return Block(title, words("chapter.teachers_note"), grid)
