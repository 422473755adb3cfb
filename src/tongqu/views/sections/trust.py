"""What the figures rest on, the certificate, and the sources."""

from __future__ import annotations

import math
from typing import Any

from tongqu.data import table_specs
from tongqu.views.grid import Grid, raw
from tongqu.views.tables import Figures
from tongqu.views.tables.trust import Certificate
from tongqu.views.words import Words

__all__ = ["basis", "certificate", "glossary", "sources"]

MONEY_LIMITS = {"city_pool_wan"}
SHARE_LIMITS = {"capital_share", "new_debt_share"}

TERMS = (
    *("circle", "clinic", "county_hospital", "subcentre", "graded_road", "ride", "place"),
    *("room", "pool", "running", "promise", "d", "u", "r", "goalpost", "obstacle"),
    *("bound", "gap", "modelled", "assumed", "wan", "mu"),
)
"""Terms of the glossary, in order."""


def basis(figures: Figures, words: Words) -> dict[str, Any]:
    """Give what the template of modelled and assumed values shows."""
    issues = figures.trust.issues
    kept = issues[~issues["topic"].isin(["modelled", "left out", "promise", "assumed"])]
    return {
        "modelled": _modelled(figures, words),
        "standards": _standards(figures, words),
        "limits": _limits(figures, words),
        "promise": _promise(figures, words),
        "rounds": _rounds(figures, words),
        "rounds_said": words(
            f"rounds.{figures.trust.feedback['end']}",
            rounds=figures.trust.feedback["rounds"],
            chosen=figures.trust.feedback["round"],
        ),
        "others": [str(row[f"detail_{words.language}"]) for row in kept.to_dict("records")],
    }


def _modelled(figures: Figures, words: Words) -> Grid:
    specs, table = table_specs(), figures.trust.modelled
    rows = [
        [
            words.name(specs[str(name)].title_zh, specs[str(name)].title_en) if name in specs else str(name),
            words.count(row["rows"]),
            words.count(row["modelled"]),
            words.share(row["share"]),
            raw(f'<span class="meter"><i style="width:{row["share"] * 100:.1f}%"></i></span>'),
        ]
        for name, row in table.iterrows()
    ]
    keys = ("table", "rows", "modelled_rows", "share", "meter")
    return Grid(
        label=words("basis.modelled"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({1, 2, 3}),
    )


def _standards(figures: Figures, words: Words) -> Grid:
    rows = []
    for row in figures.trust.standards.sort_values(["status", "standard"]).to_dict("records"):
        low, high = (float(row[key]) for key in ("low", "high"))
        known = not (math.isnan(low) or math.isnan(high))
        rows.append(
            [
                words.name(row["name_zh"], row["name_en"]),
                words.plain(float(row["value"])),
                f"{words.plain(low)}–{words.plain(high)}" if known else words.plain(math.nan),
                words.label("measure", str(row["unit_of_measure"])),
                words(f"status.{row['status']}") + (words("basis.changed") if row["changed"] else ""),
            ]
        )
    keys = ("name", "value", "range", "unit", "goal_status")
    return Grid(
        label=words("basis.standards"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({1, 2}),
    )


def _limits(figures: Figures, words: Words) -> Grid:
    rows = []
    for name, value in figures.trust.limits.items():
        shown = words.plain(value)
        if name in MONEY_LIMITS:
            shown = words.money(value)
        elif name in SHARE_LIMITS:
            shown = words.share(value, digits=0)
        rows.append([words.label("limit", name), shown])
    return Grid(
        label=words("basis.limits"),
        head=[words("column.limit"), words("column.value")],
        rows=rows,
        numeric=frozenset({1}),
    )


def _promise(figures: Figures, words: Words) -> Grid:
    rows = []
    for name, row in figures.trust.promise.iterrows():
        index = str(name) in {"U", "R", "D"}
        label = words(f"index.{name}") if index else words.label("service", str(name).removeprefix("served."))
        unit = words("promise.mean") if index else words("promise.sum")
        numbers = [words.number(row[key], 4 if index else 0) for key in ("promised", "simulated")]
        rows.append(
            [
                label,
                unit,
                *numbers,
                "0" if abs(row["difference"]) < 5e-6 else f"{row['difference'] * 100:+.3f}%",
            ]
        )
    keys = ("variable", "measure", "promised", "simulated", "difference")
    return Grid(
        label=words("promise"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({2, 3, 4}),
    )


def _rounds(figures: Figures, words: Words) -> Grid:
    """D as promised and as simulated in every round, and the headline figure that differs most."""
    rows = []
    for number, row in figures.trust.rounds.iterrows():
        rows.append(
            [
                str(number),
                words.number(float(row["promised"]), 5),
                words.number(float(row["simulated"]), 5),
                f"{words.count(row['agree'])} / {words.count(row['figures'])}",
                words.share(float(row["largest"]), digits=2),
                _figure(figures, words, name=str(row["figure"]), unit=str(row["unit"])),
            ]
        )
    keys = ("round", "promised", "simulated", "agree", "difference", "figure")
    return Grid(
        label=words("rounds"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({0, 1, 2, 3, 4}),
    )


def _figure(figures: Figures, words: Words, *, name: str, unit: str) -> str:
    """A headline figure in words."""
    units = figures.stored.units
    place = words.name(units.at[unit, "name"], units.at[unit, "name_en"]) if unit in units.index else ""
    group, _, key = name.partition(".")
    if group == "served":
        said = words.label("service", key)
    elif group == "money":
        said = words.label("figure", key)
    else:
        said = words(f"index.{name}")
    return f"{said} {place}".strip()


def certificate(figures: Figures, words: Words) -> dict[str, Any]:
    """Give what the template of the certificate shows."""
    found = figures.trust.certificate
    stages = figures.trust.stages
    return {
        "values": _values(found, words),
        "gaps": _gaps(found, words),
        "measures": _measures(figures, words),
        "stages": _stages(figures, words) if len(stages) > 1 else None,
        "facts": _facts(figures, words),
        "statement": words(
            f"statement.{found.goal}",
            gap=words.most(found.gap_share, digits=3),
            plan=_said(found.goal, found.objective, words),
            simulated_gap=words.most(found.gap_simulated_share, digits=3),
            simulated=_said(found.goal, found.simulated, words),
        ),
    }


def _said(goal: str, value: float, words: Words) -> str:
    """A value of a goal as people read it: D itself, per cent, or money."""
    if goal == "coordination":
        return f"{math.exp(value):.4f}"
    return words.money(-value) if goal == "least-cost" else words.share(value, digits=2)


def _values(found: Certificate, words: Words) -> Grid:
    values = {key: float(getattr(found, key)) for key in ("baseline", "objective", "simulated", "bound")}
    if found.goal == "coordination":
        head = [words("column.item"), words("column.log_d"), words("column.as_d")]
        rows = [
            [words(f"certificate.{key}"), f"{value:.6f}", f"{math.exp(value):.6f}"]
            for key, value in values.items()
        ]
    else:
        head = [words("column.item"), words("column.value")]
        rows = [
            [words(f"certificate.{key}"), _said(found.goal, value, words)] for key, value in values.items()
        ]
    return Grid(label=words("certificate"), head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def _gaps(found: Certificate, words: Words) -> Grid:
    """Distances in the goal's unit, and as a share."""
    gaps = {"gap": found.gap, "gap_simulated": max(0.0, found.bound - found.simulated)}
    if found.goal == "coordination":
        gaps |= {"gap_asked": found.gap_asked, "tangent": found.tangent_error}
        head = [words("column.item"), words("column.log_d"), words("column.as_share")]
        rows = [
            [words(f"certificate.{key}"), f"{value:.6f}", words.share(math.expm1(value), digits=4)]
            for key, value in gaps.items()
        ]
    else:
        head = [words("column.item"), words("column.as_share")]
        shares = {"gap": found.gap_share, "gap_simulated": found.gap_simulated_share}
        rows = [[words(f"certificate.{key}"), words.share(value, digits=3)] for key, value in shares.items()]
    return Grid(label=words("certificate.gap"), head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def _measures(figures: Figures, words: Words) -> Grid:
    """Every measure without a plan, as promised and as simulated."""
    rows = []
    for name, row in figures.trust.measures.iterrows():
        values = [float(row[key]) for key in ("baseline", "promised", "simulated")]
        if name == "cost":
            shown = [words.money(value) for value in values]
        elif name == "coordination":
            shown = [f"{math.exp(value):.4f}" for value in values]
        else:
            shown = [words.share(value, digits=2) for value in values]
        rows.append([words(f"goal.{name}"), *shown])
    keys = ("measure", "without", "promised", "simulated")
    return Grid(
        label=words("measures"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({1, 2, 3}),
    )


def _stages(figures: Figures, words: Words) -> Grid:
    """What was proven of each aim, in the order in which they were sought."""
    rows = [
        [
            str(row["stage"]),
            str(row["name"]),
            f"{row['value']:.6g}",
            f"{row['bound']:.6g}",
            str(row["unit_of_measure"]),
        ]
        for row in figures.trust.stages.to_dict("records")
    ]
    keys = ("stage", "aim", "value", "bound", "unit")
    return Grid(
        label=words("stages"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({0, 2, 3}),
    )


def _facts(figures: Figures, words: Words) -> list[tuple[str, str]]:
    """How the plan was found, and what identifies it."""
    found, run = figures.trust.certificate, figures.stored.run
    size = {key: words.count(getattr(found, key)) for key in ("rows", "variables", "candidates")}
    settings = {"threads": found.threads, "seed": found.seed, "seconds": words.plain(found.seconds)}
    return [
        (words("certificate.status"), words.label("end", found.status)),
        (words("certificate.size"), words("certificate.size_of", **size)),
        (words("certificate.solver"), found.solver),
        (words("certificate.settings"), words("certificate.settings_of", **settings)),
        (words("certificate.engine"), f"Tongqu {run.manifest['engine']}"),
        (words("run"), run.id),
        (words("certificate.region"), str(run.manifest["region"]["sha256"])),
    ]


def sources(figures: Figures, words: Words) -> Grid:
    """Give the table of sources and licences."""
    rows = [
        [
            raw(f"<code>{raw('').escape(row['source'])}</code>"),
            str(row["title"]),
            words.label("nature", str(row["kind"])),
            str(row["licence"]),
            words("sources.share_alike") if row["share_alike"] else "",
        ]
        for row in figures.trust.sources.to_dict("records")
    ]
    keys = ("source", "title", "nature", "licence", "share_alike")
    return Grid(label=words("sources"), head=[words(f"column.{key}") for key in keys], rows=rows)


def glossary(words: Words) -> list[tuple[str, str, str]]:
    """Give the terms in both languages, with what they mean."""
    other = Words("en" if words.language == "zh" else "zh")
    return [(words(f"term.{key}"), other(f"term.{key}"), words(f"meaning.{key}")) for key in TERMS]
