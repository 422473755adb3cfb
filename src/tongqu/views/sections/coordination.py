"""Coordination by county: indices, drawings, obstacles, and the indicators behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tongqu.methods.grades import grade
from tongqu.views.charts import panels, plane
from tongqu.views.grid import Grid, raw
from tongqu.views.sections.names import Names
from tongqu.views.tables import Figures
from tongqu.views.words import Words

__all__ = ["coordination"]

KEYS = ("U", "R", "C", "T", "D")
CIVIDIS = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fcf1b0")
"""Classes of a score, from 0 to 1: cividis, its last class paler so that what lacks stands out."""


def coordination(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    """Give what the template of the coordination shows."""
    worst = figures.coordination.worst_tenth
    return {
        "plane": _plane(figures, words, names=names),
        "panels": _panels(figures, words, names=names),
        "indices": _indices(figures, words, names=names),
        "obstacles": _obstacles(figures, words, names=names),
        "indicators": _indicators(figures, words, names=names),
        "scores": _scores(figures, words, names=names),
        "left_out": [
            words("indicators.left", name=names.indicators[str(name)], side=words(f"side.{row['side']}"))
            for name, row in figures.coordination.left_out.iterrows()
        ],
        "worst": words(
            "coordination.worst", base=words.share(worst["base"]), plan=words.share(worst["plan"])
        ),
    }


def _plane(figures: Figures, words: Words, *, names: Names) -> str:
    found, last = figures.coordination, figures.stored.last
    points = []
    for unit in figures.stored.counties:
        base, plan = (found.cell(case, unit=unit, year=last) for case in ("base", "plan"))
        points.append((names.place(unit), base["U"], base["R"], plan["U"], plan["R"]))
    return plane(
        points, urban=words("side.urban"), rural=words("side.rural"), label=words("coordination.plane")
    )


def _panels(figures: Figures, words: Words, *, names: Names) -> str:
    d = figures.coordination.indices["D"]
    values = {}
    for unit in figures.stored.counties:
        base, plan = (d.loc[case].loc[unit].reindex(list(figures.stored.years)) for case in ("base", "plan"))
        values[names.place(unit)] = ([float(v) for v in base], [float(v) for v in plan])
    return panels(figures.stored.years, values=values, label=words("coordination.panels"))


def _grade(d: float, words: Words) -> str:
    return str(np.asarray(grade(np.array([d]), language=words.language)).ravel()[0])


def _indices(figures: Figures, words: Words, *, names: Names) -> Grid:
    found, first, last = figures.coordination, figures.stored.first, figures.stored.last
    rows: list[list[str]] = []
    for unit in figures.stored.counties:
        cases = [
            (str(first), found.cell("base", unit=unit, year=first)),
            (words("coordination.without", year=last), found.cell("base", unit=unit, year=last)),
            (words("coordination.with", year=last), found.cell("plan", unit=unit, year=last)),
        ]
        for place, (label, cell) in enumerate(cases):
            plan = place == 2
            rows.append(
                [
                    names.place(unit) if place == 0 else "",
                    label,
                    *(words.number(cell[key], 3) for key in KEYS),
                    _grade(cell["D"], words),
                    words(f"lag.{found.lags[unit]}") if plan else "",
                ]
            )
    head = [words("column.county"), words("column.case"), *KEYS, words("column.grade"), words("column.lag")]
    return Grid(
        label=words("coordination"),
        head=head,
        rows=rows,
        numeric=frozenset(range(2, 7)),
        heads=1,
        css="triples",
    )


def _obstacles(figures: Figures, words: Words, *, names: Names) -> Grid:
    table = figures.coordination.obstacles
    rows = []
    for unit in figures.stored.counties:
        cells = []
        for side in ("urban", "rural"):
            mine = table[(table["unit"] == unit) & (table["side"] == side)]
            cells.append(
                words.listing(
                    [
                        f"{names.indicators[name]} {words.share(degree, digits=0)}"
                        for name, degree in zip(mine["indicator"], mine["degree"], strict=True)
                    ]
                )
            )
        rows.append([names.place(unit), *cells])
    head = [words("column.county"), words("side.urban"), words("side.rural")]
    return Grid(label=words("coordination.obstacles"), head=head, rows=rows)


def _indicators(figures: Figures, words: Words, *, names: Names) -> Grid:
    rows = []
    for name, row in figures.coordination.indicators.iterrows():
        unit = words.label("measure", str(row["unit_of_measure"]))
        rows.append(
            [
                f"{words.label('side', str(row['side']))} · {words.label('pillar', str(row['pillar']))}",
                names.indicators[str(name)],
                f"{words.plain(row['worst'])} → {words.plain(row['target'])} {unit}",
                words(f"status.{row['status']}"),
                words.number(row["value_base"], 2),
                words.number(row["value_plan"], 2),
                words.number(row["score_base"], 3),
                words.number(row["score_plan"], 3),
                words.number(row["weight"], 3),
                words(f"origin.{row['origin']}"),
                names.place(row["lowest"]),
            ]
        )
    keys = ["side", "indicator", "goalposts", "goal_status", "value_without", "value_with"]
    keys += ["score_without", "score_with", "weight", "origin", "lowest"]
    return Grid(
        label=words("indicators", last=figures.stored.last),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({4, 5, 6, 7, 8}),
        heads=1,
    )


def _scores(figures: Figures, words: Words, *, names: Names) -> Grid:
    """Scores by indicator and county, shaded in classes of cividis with the number in each cell."""
    table = figures.coordination.scores.loc[figures.coordination.indicators.index]
    rows = []
    for name, row in table.iterrows():
        cells = []
        for value in row:
            if np.isnan(value):  # the indicator does not count in this county
                cells.append(words.number(value, 2))
                continue
            place = min(int(float(value) * len(CIVIDIS)), len(CIVIDIS) - 1)
            ink = "#fff" if place < 3 else "#111"
            cells.append(
                raw(f'<span class="heat" style="background:{CIVIDIS[place]};color:{ink}">{value:.2f}</span>')
            )
        rows.append([names.indicators[str(name)], *cells])
    head = [words("column.indicator"), *(names.place(unit) for unit in table.columns)]
    return Grid(
        label=words("indicators.scores"),
        head=head,
        rows=rows,
        numeric=frozenset(range(1, len(head))),
        css="heatmap",
    )
