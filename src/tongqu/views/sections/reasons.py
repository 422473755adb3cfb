"""Why these projects, and who is left out."""

from __future__ import annotations

from typing import Any

from tongqu.views.grid import Grid, raw
from tongqu.views.sections.names import Names
from tongqu.views.tables import Figures
from tongqu.views.tables.cells import by_key
from tongqu.views.words import Words

__all__ = ["reasons"]

DIGITS = 4
"""Digits of the per cent that the use of a limit would bring elsewhere."""


def reasons(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    """Give what the template of the reasons shows."""
    found = figures.reasons
    left = [
        words(
            "reasons.left",
            service=words.label("service", name),
            places=words.count(found.places[name]),
            people=words.count(found.people[name]),
        )
        for name in found.places
    ]
    return {
        "projects": _projects(figures, words),
        "left": words.listing(left) if left else words("reasons.nobody"),
        "places": _left_out(figures, words, names=names) if len(found.left_out) else None,
        "run": figures.stored.run.id,
    }


def _projects(figures: Figures, words: Words) -> Grid:
    known = by_key(figures.projects.rows.set_index("project"))
    goal = figures.trust.certificate.goal
    rows = []
    for code, row in figures.reasons.projects.iterrows():
        one = known[str(code)]
        service = (
            words.label("service", str(row["service"])) if row["service"] else words("reasons.no_service")
        )
        more = words("reasons.more", count=int(row["services"]) - 1) if row["services"] > 1 else ""
        taken = [
            words.amount(float(row[key]), digits=1)
            if goal == "least-cost"
            else words.share(float(row[key]), digits=DIGITS)
            for key in ("money", "land", "staff")
        ]
        rows.append(
            [
                words.name(one["name_zh"], one["name_en"]),
                str(one["start"]),
                words.amount(float(one["capital_wan"]), digits=1),
                service + more,
                words.count(float(row["people"])),
                words.count(float(row["alone"])),
                *taken,
            ]
        )
    keys = ("name", "start", "capital", "serves", "credited", "alone", "at_money", "at_land", "at_staff")
    return Grid(
        label=words("reasons.projects"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({1, 2, 4, 5, 6, 7, 8}),
        heads=1,
    )


def _left_out(figures: Figures, words: Words, *, names: Names) -> Grid:
    rows = [
        [
            names.place(str(row["unit"])),
            names.place(str(row["county"])),
            words.label("service", str(row["service"])),
            words.count(float(row["left"])),
            words.count(float(row["options"])),
            raw(f"<code>--village {row['unit']} --service {row['service']}</code>"),
        ]
        for row in figures.reasons.left_out.to_dict("records")
    ]
    keys = ("village", "county", "service", "left", "options", "ask")
    return Grid(
        label=words("reasons.places"),
        head=[words(f"column.{key}") for key in keys],
        rows=rows,
        numeric=frozenset({3, 4}),
        heads=1,
    )
