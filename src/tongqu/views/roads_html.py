"""What is in a road network, on a map and in tables: one HTML file that works offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

import jinja2
import numpy as np
import pandas as pd

from tongqu.data import Region
from tongqu.data.readers import NetworkReport, Roads, road_speeds
from tongqu.data.readers.report import BARRIER
from tongqu.data.readers.tables import finding_words
from tongqu.views.grid import Grid, raw
from tongqu.views.roads_map import APART, SHAPES, STYLES, Drawing, draw_roads, sample
from tongqu.views.words import Language, Words

__all__ = ["MOST_MARKS", "roads_html"]

MOST_MARKS: Final = 40
"""Markers and rows of one rule; more of them hide one another."""
MOST_PLACES: Final = 200
"""Rows of the table of places, the farthest first."""

FEW_KM: Final = 10.0

QUIET: Final = ("dead_end", "missing_nodes", "barriers")
"""Rules whose markers are hidden at first: most of them are as they should be."""
NEAREST_FIRST: Final = ("gap",)
AWAY: Final = ("far_places",)
"""Rules about places that are not part of the network."""

COLOURS: Final = (
    "#9c2f1f",
    "#12394f",
    "#5b2a86",
    "#6b4e00",
    "#00634a",
    "#8a1c5b",
    "#2b4bb5",
    "#4a4a4a",
    "#7a3b00",
    "#20616b",
)
"""Colours of markers; all carry white figures at 4.5 to 1 or better. The letter tells rules apart."""
PIECES: Final = {
    ("car", "weak"): "car_weak",
    ("car", "strong"): "car_strong",
    ("walk", "weak"): "walk_weak",
}
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule with its rows that are shown.

    Parameters
    ----------
    name, letter, colour, shape : str
        ``shape`` is link, node or place.
    count, km : int, float
        How often and how long.
    rows : DataFrame
        Rows that are shown: ``code, link, node, lon, lat, value, said``.
    """

    name: str
    letter: str
    colour: str
    shape: str
    count: int
    km: float
    rows: pd.DataFrame


def roads_html(
    roads: Roads,
    *,
    report: NetworkReport | None = None,
    region: Region | None = None,
    places: pd.DataFrame | None = None,
    language: Language = "zh",
    most: int = MOST_MARKS,
) -> str:
    """A road network on a map, with what looks wrong numbered there and in tables.

    Parameters
    ----------
    roads : Roads
        The network.
    report : NetworkReport, optional
        In place of the network's own, for example with places that are far from any road.
    region : Region, optional
        Its name is in the heading, its outline and water lie below the roads.
    places : DataFrame, optional
        Columns ``table, id, name, lon, lat, node, distance_m, beyond``: places and where they enter the
        network, as `tongqu.data.readers.replace_roads` gives them.
    language : {"zh", "en"}
    most : int
        Markers and rows of one rule. The rest is counted, and said to be elsewhere.

    Returns
    -------
    str
        HTML that refers to no other file or host; the same text for the same input.

    Examples
    --------
    >>> from tongqu.data.readers import read_osm
    >>> page = roads_html(read_osm("town.osm.pbf"), language="en")  # doctest: +SKIP
    """
    words, report = Words(language), roads.report if report is None else report
    rules = rules_of(report, roads, words=words, most=most)
    drawing = draw_roads(roads, marks=marks_of(rules), words=words, region=region, places=places)
    folder = files("tongqu.views") / "templates"
    content = {
        "title": title_of(roads, region, words=words),
        "origin": roads.origin,
        "cards": cards(report, words=words),
        "drawing": drawing,
        "svg": raw(drawing.svg),
        "legend": legend(drawing, words=words),
        "rules": [about(rule, words=words) for rule in rules],
        "most": most,
        "cut": any(rule.count > len(rule.rows) for rule in rules),
        "places": places is not None,
        "overview": overview(rules, words=words),
        "findings": {kind: findings(report, kind=kind, words=words) for kind in ("left_out", "read")},
        "twins": twins(report, drawing, words=words, places=places),
    }
    return (
        environment()
        .get_template("roads.html.j2")
        .render(
            t=words,
            style=raw("".join((folder / name).read_text("utf-8") for name in ("report.css", "roads.css"))),
            script=raw((folder / "roads.js").read_text("utf-8")),
            **content,
        )
    )


@cache
def environment() -> jinja2.Environment:
    """Where the templates are."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tongqu.views", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def title_of(roads: Roads, region: Region | None, *, words: Words) -> str:
    """The heading."""
    if region is None:
        return words("roads.heading", file=roads.origin.file)
    return words(
        "roads.heading_in", region=words.name(region.title_zh, region.title_en), file=roads.origin.file
    )


def cards(report: NetworkReport, *, words: Words) -> list[tuple[str, str, str]]:
    """The main figures: value, name, note."""
    rows = {(row["access"], row["sense"]): row for row in report.components.to_dict("records")}
    car, both = rows["car", "weak"], rows["car", "strong"]
    problems = report.findings[report.findings["kind"] == "problem"]
    km = float(report.classes["car_km"].sum())
    pieces = words("roads.pieces", count=words.count(car["components"]))
    return [
        (words.number(report.km, 1), words("roads.card_km"), words("roads.of_cars", km=words.number(km, 1))),
        (
            words.count(report.links),
            words("roads.card_links"),
            words("roads.of_nodes", count=words.count(report.nodes)),
        ),
        (words.share(car["share_outside"], digits=2), words("roads.card_apart"), pieces),
        (
            words.share(both["share_outside"], digits=2),
            words("roads.card_no_return"),
            words("roads.no_return_note"),
        ),
        (
            words.count(float(problems["count"].sum())),
            words("roads.card_problems"),
            words("roads.kinds", count=len(problems)),
        ),
    ]


def length(km: float, words: Words) -> str:
    """A length in km: two digits where it is short, a dash for none."""
    return words.number(km, 1 if km >= FEW_KM else 2) if km else "–"


def first_rows(rows: pd.DataFrame, *, rule: str, km: pd.Series[float], most: int) -> pd.DataFrame:
    """The rows of a rule that are shown: those with a place, the weightiest first."""
    metres = pd.to_numeric(rows["value"].str.extract(r"^([\d.]+) m$")[0], errors="coerce")
    weight = metres if metres.notna().any() else rows["link"].map(km)
    order = weight if rule in NEAREST_FIRST else -weight
    lost = ~np.isfinite(rows["lon"].to_numpy(np.float64))
    ranked = rows.assign(_lost=lost, _order=order.fillna(np.inf).to_numpy())
    return ranked.sort_values(["_lost", "_order"], kind="stable").head(most).reset_index(drop=True)


def rules_of(report: NetworkReport, roads: Roads, *, words: Words, most: int) -> list[Rule]:
    """Every rule that has rows, problems first, with a letter, and the rows that are shown."""
    km = roads.links.set_index("link")["length_km"]
    named = finding_words()[words.language]
    counted = report.findings.set_index("finding")
    order = {"problem": 0, "left_out": 1, "read": 2}
    present = list(dict.fromkeys(report.problems["rule"]))
    present.sort(key=lambda name: (order.get(str(counted["kind"].get(name, "read")), 2), name in QUIET))
    rules = []
    for at, name in enumerate(present):
        mine = report.problems[report.problems["rule"] == name]
        rows = first_rows(mine, rule=name, km=km, most=most)
        letter = LETTERS[at % len(LETTERS)] * (1 + at // len(LETTERS))
        rows = rows.assign(code=[f"{letter}{number + 1}" for number in range(len(rows))])
        parts = (
            rows["code"]
            + " "
            + str(named[name])
            + ": "
            + rows["link"]
            + " "
            + rows["node"]
            + " "
            + rows["value"]
        )
        rows = rows.assign(said=parts.str.split().str.join(" "))
        linked = bool((mine["node"] == "").all())
        shape = "place" if name in AWAY else "link" if linked else "node"
        length = float(counted["km"].get(name, 0.0))
        rules.append(Rule(name, letter, COLOURS[at % len(COLOURS)], shape, len(mine), length, rows))
    return rules


def marks_of(rules: list[Rule]) -> pd.DataFrame:
    """All markers."""
    parts = [rule.rows.assign(rule=rule.name, shape=rule.shape, colour=rule.colour) for rule in rules]
    columns = ["code", "rule", "shape", "colour", "lon", "lat", "said"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def badge(rule: Rule, code: str) -> str:
    """A marker as a small drawing for a line of text."""
    return (
        '<svg class="k" width="30" height="20" viewBox="-15 -10 30 20" aria-hidden="true">'
        f'<path d="{SHAPES[rule.shape]}" fill="{rule.colour}"/><text class="code">{escape(code)}</text></svg>'
    )


def about(rule: Rule, *, words: Words) -> dict[str, Any]:
    """What the page says of a rule, and its rows."""
    text = finding_words().loc[rule.name]
    placed = np.isfinite(rule.rows["lon"].to_numpy(np.float64))
    cells = [
        [
            raw(f'<a href="#m-{row["code"]}">{row["code"]}</a>') if known else row["code"],
            row["link"] or "–",
            row["node"] or "–",
            f"{row['lon']:.6f}" if known else "–",
            f"{row['lat']:.6f}" if known else "–",
            row["value"] or "–",
        ]
        for row, known in zip(rule.rows.to_dict("records"), placed.tolist(), strict=True)
    ]
    head = [words.label("roadcol", name) for name in ("code", "link", "node", "lon", "lat", "value")]
    name = str(text[words.language])
    return {
        "name": rule.name,
        "letter": rule.letter,
        "badge": raw(badge(rule, rule.letter)),
        "title": name,
        "count": words.count(rule.count),
        "km": length(rule.km, words) if rule.km else "",
        "mend": str(text[f"mend_{words.language}"]),
        "quiet": rule.name in QUIET,
        "shown": len(rule.rows),
        "more": rule.count > len(rule.rows),
        "lost": int((~placed).sum()),
        "grid": Grid(
            name, head, cells, numeric=frozenset({3, 4}), ids=[f"p-{code}" for code in rule.rows["code"]]
        ),
    }


def overview(rules: list[Rule], *, words: Words) -> Grid:
    """Every rule with its count, km and how to mend it."""
    text = finding_words()
    rows = [
        [
            raw(f'<a href="#rule-{rule.name}">{rule.letter}</a>'),
            str(text.at[rule.name, words.language]),
            words.count(rule.count),
            length(rule.km, words),
            str(len(rule.rows)),
            str(text.at[rule.name, f"mend_{words.language}"]) or "–",
        ]
        for rule in rules
    ]
    head = [words.label("roadcol", name) for name in ("letter", "rule", "count", "km", "shown", "mend")]
    return Grid(words("roads.problems"), head, rows, numeric=frozenset({2, 3, 4}), heads=1)


def legend(drawing: Drawing, *, words: Words) -> dict[str, list[dict[str, Any]]]:
    """Samples of the layers that are on the map."""

    def entries(names: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "key": name,
                "sample": raw(sample(name)),
                "name": words.label("roadlayer", name),
                "km": length(drawing.layers[name][1], words),
            }
            for name in names
            if name in drawing.layers
        ]

    return {"classes": entries(STYLES), "apart": entries(APART)}


def findings(report: NetworkReport, *, kind: str, words: Words) -> Grid:
    """What was left out, or noted, with counts."""
    text, some = finding_words()[words.language], report.findings[report.findings["kind"] == kind]
    rows = [
        [
            str(text[row["finding"]]),
            words.count(row["count"]),
            length(row["km"], words),
            row["detail"] or "–",
        ]
        for row in some.to_dict("records")
    ]
    head = [words.label("roadcol", name) for name in ("what", "count", "km", "detail")]
    return Grid(words.label("roadfinding", kind), head, rows, numeric=frozenset({1, 2}))


def twins(
    report: NetworkReport, drawing: Drawing, *, words: Words, places: pd.DataFrame | None
) -> list[tuple[str, Grid]]:
    """Every layer of the map as a table: its title, and the table."""
    km, share = words.label("roadcol", "km"), words.label("roadcol", "share")
    layers = Grid(
        words("roads.twin_layers"),
        [words.label("roadcol", "layer"), words.label("roadcol", "links"), km, share],
        [
            [
                words.label("roadlayer", name),
                words.count(links),
                length(long, words),
                words.share(long / report.km if report.km else float("nan")),
            ]
            for name, (links, long) in drawing.layers.items()
        ],
        numeric=frozenset({1, 2, 3}),
    )
    found = [
        (words("roads.twin_layers"), layers),
        (words("roads.twin_kinds"), kinds_grid(report, words=words)),
        (words("roads.twin_components"), components_grid(report, words=words)),
    ]
    if places is not None:
        title = words(
            "roads.twin_places", shown=min(len(places), MOST_PLACES), count=words.count(len(places))
        )
        found.append((title, places_grid(places, words=words, title=title)))
    return found


def kinds_grid(report: NetworkReport, *, words: Words) -> Grid:
    """Links and km by kind of road."""
    names = road_speeds()[f"name_{words.language}"].to_dict() | {"barrier": BARRIER[words.language]}
    rows = [
        [
            str(names.get(row["kind"], row["kind"])),
            words.label("roadlayer", row["class"]) if row["class"] else "–",
            words.count(row["links"]),
            *(length(row[name], words) for name in ("km", "car_km", "oneway_km")),
        ]
        for row in report.classes.to_dict("records")
    ]
    head = [words.label("roadcol", name) for name in ("kind", "class", "links", "km", "car_km", "oneway_km")]
    return Grid(words("roads.twin_kinds"), head, rows, numeric=frozenset({2, 3, 4, 5}))


def components_grid(report: NetworkReport, *, words: Words) -> Grid:
    """How the network hangs together."""
    rows = [
        [
            words.label("roadpieces", PIECES[row["access"], row["sense"]]),
            words.count(row["components"]),
            words.count(row["largest_nodes"]),
            length(row["km_outside"], words),
            words.share(row["share_outside"], digits=2),
        ]
        for row in report.components.to_dict("records")
    ]
    head = [words.label("roadcol", name) for name in ("who", "pieces", "largest", "km_outside", "share")]
    return Grid(words("roads.twin_components"), head, rows, numeric=frozenset({1, 2, 3, 4}))


def places_grid(places: pd.DataFrame, *, words: Words, title: str) -> Grid:
    """Where places enter the network, the farthest first."""
    far = places.sort_values("distance_m", ascending=False, kind="stable").head(MOST_PLACES)
    rows = [
        [
            str(row["name"]),
            words.label("roadtable", row["table"]),
            str(row["id"]),
            str(row["node"]),
            words.count(row["distance_m"]),
            words("roads.beyond") if row["beyond"] else words("roads.within"),
        ]
        for row in far.to_dict("records")
    ]
    head = [words.label("roadcol", name) for name in ("place", "table", "id", "node", "metres", "limit")]
    return Grid(title, head, rows, numeric=frozenset({4}))
