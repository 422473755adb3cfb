"""Who is still without at the end, and maps of each service without and with the plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from tongqu.views.chapter_maps import SHAPES, project_sample, service_map, state_sample
from tongqu.views.grid import Grid
from tongqu.views.sections.chapters import Block, Common, without
from tongqu.views.tables.reach import NEW, NOBODY, NONE, PARTLY, WHOLLY

__all__ = ["left", "maps"]

ACTS: Final[Mapping[str, str]] = {
    "school": "opens",
    "classes": "grows",
    "merge": "closes",
    "boarding": "boards",
    "bus": "drives",
    "clinic": "opens",
    "branch": "opens",
    "station": "opens",
    "vehicle": "grows",
    "subcentre": "grows",
    "block": "grows",
    "centre": "opens",
    "points": "opens",
    "hall": "drives",
}
"""What a project does, by the last part of its kind."""
ALIKE: Final = ("senior_place",)
"""Services that all villages of a county have alike: a map of them says nothing."""


def left(c: Common) -> list[Block]:
    """Who is still without at the end: by county, and the villages with most people."""
    return [_left_counties(c), _left_villages(c)]


def _left_counties(c: Common) -> Block:
    words, stored = c.words, c.figures.stored
    county = stored.county_of(stored.cube.villages)
    table = {}
    for name in c.bureau.plain:
        one = c.bureau.reach[name]
        people = pd.Series(one.demand - one.plan).clip(lower=0.0).groupby(county).sum()
        villages = pd.Series(without(one)).groupby(county).sum()
        table[name] = (people, villages)
    rows = [
        [
            c.names.place(unit),
            *(
                f"{words.count(float(people.get(unit, 0.0)))} / {words.count(float(villages.get(unit, 0)))}"
                for people, villages in table.values()
            ),
        ]
        for unit in stored.counties
    ]
    foot = [
        f"{words.count(float(people.sum()))} / {words.count(float(villages.sum()))}"
        for people, villages in table.values()
    ]
    head = [words("column.county"), *(words.label("service", name) for name in table)]
    title = words("chapter.left", last=c.last)
    grid = Grid(
        label=title,
        head=head,
        rows=rows,
        foot=[words("total"), *foot],
        numeric=frozenset(range(1, len(head))),
    )
    return Block(title, words("chapter.left_note"), grid)


def _left_villages(c: Common) -> Block:
    words, stored = c.words, c.figures.stored
    table = c.bureau.left(stored.cube.villages)
    at = pd.Index(stored.cube.villages).get_indexer(table.index)
    county = stored.county_of(table.index)
    rows = []
    for unit, of, place, people in zip(table.index, county, at, table.to_numpy(), strict=True):
        cells = []
        for name, number in zip(table.columns, people, strict=True):
            minutes = float(c.bureau.reach[str(name)].minutes[place])
            known = not math.isnan(minutes)
            said = words("chapter.at_minutes", minutes=words.number(minutes, 0)) if known else ""
            cells.append(f"{words.count(number)} {said}".strip() if number else "")
        rows.append([c.names.place(unit), c.names.above(unit), c.names.place(of), *cells])
    head = [words(f"column.{key}") for key in ("village", "town", "county")]
    head += [words.label("service", str(name)) for name in table.columns]
    title = words("chapter.left_most", count=len(table))
    grid = Grid(label=title, head=head, rows=rows, numeric=frozenset(range(3, len(head))))
    return Block(title, "", grid, folded=True)


def maps(c: Common) -> list[Block]:
    """Maps of each service without and with the plan, and the table that says the same."""
    words = c.words
    shown = [name for name in c.bureau.plain if name not in ALIKE]
    pairs, acts = [], set()
    for name in shown:
        one, service = c.bureau.reach[name], words.label("service", name)
        things = _things(c, name)
        acts |= set(things)
        captions = [words(f"coordination.{key}", year=c.last) for key in ("without", "with")]
        pairs.append(
            (
                service,
                captions[0],
                service_map(c.ground, one.state("base"), case="base", label=f"{service} {captions[0]}"),
                captions[1],
                service_map(
                    c.ground,
                    one.state("plan"),
                    case="plan",
                    label=f"{service} {captions[1]}",
                    projects=things,
                ),
            )
        )
    states = {WHOLLY: "before", NEW: "new", PARTLY: "partly", NONE: "nothing", NOBODY: "none"}
    legend = [(state_sample(state), words(f"state.{name}")) for state, name in states.items()]
    legend += [(project_sample(act), words.label("act", act)) for act in SHAPES if act in acts]
    hatch = words("chapter.hatch") if c.ground.modelled else ""
    note = words("chapter.maps_note", last=c.last)
    if "ambulance" in shown:
        note += words("chapter.maps_ambulance")
    return [
        Block(words("chapter.maps"), note, maps=pairs, legend=legend, hatch=hatch),
        _twin(c, shown),
    ]


def _things(c: Common, name: str) -> dict[str, pd.DataFrame]:
    """Projects that a map of a service shows, by what they do: those that credit it, and mergers."""
    credited = c.bureau.credited
    kinds = set(credited.loc[credited["service"] == name, "kind"])
    kinds.add(f"{name.partition('_')[0]}_merge")
    rows = c.bureau.rows
    rows = rows[rows["kind"].isin(kinds) & (rows["opens"] <= c.last)]
    act = rows["kind"].map(lambda kind: ACTS.get(str(kind).rpartition("_")[2], "opens"))
    return {str(one): mine for one, mine in rows.groupby(act)}


def _twin(c: Common, shown: Sequence[str]) -> Block:
    words, stored = c.words, c.figures.stored
    county = pd.Series(stored.county_of(stored.cube.villages))
    columns = {"base": (WHOLLY, PARTLY, NONE), "plan": (WHOLLY, NEW, PARTLY, NONE, NOBODY)}
    rows: list[list[str]] = []
    sums: set[int] = set()
    for name in shown:
        parts = []
        for case, states in columns.items():
            found = c.bureau.reach[name].state("base" if case == "base" else "plan")
            parts.append(pd.crosstab(county, found).reindex(columns=list(states), fill_value=0))
        table = pd.concat(parts, axis=1).reindex(list(stored.counties)).fillna(0).to_numpy()
        sums.add(len(rows))
        every = [words("total"), *(c.names.place(unit) for unit in stored.counties)]
        for place, (label, counts) in enumerate(zip(every, [table.sum(axis=0), *table], strict=True)):
            first = "" if place else words.label("service", name)
            rows.append([first, label, *(words.count(float(number)) for number in counts)])
    short = {WHOLLY: "whole", NEW: "newly", PARTLY: "part", NONE: "nobody", NOBODY: "unasked"}
    head = [words("column.service"), words("column.county")]
    for case, states in columns.items():
        of = words("column.without" if case == "base" else "column.with")
        head += [f"{of} · {words.label('chapter_state', short[state])}" for state in states]
    title = words("chapter.twin")
    grid = Grid(
        label=title,
        head=head,
        rows=rows,
        numeric=frozenset(range(2, len(head))),
        heads=1,
        sums=frozenset(sums),
        css="summary",
    )
    return Block(title, "", grid, folded=True)
