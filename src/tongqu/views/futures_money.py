"""Sections of the page of futures on money: whether it suffices, what to do, and where it is missing."""

from __future__ import annotations

from typing import Final

from tongqu.views.charts import Series
from tongqu.views.futures_words import FuturesTables, place_names, plan_name, share
from tongqu.views.study_charts import trends
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of
from tongqu.views.words import Words

__all__ = ["money_section", "verdict_section"]

LINES: Final = ("#12394f", "#a3322b", "#2a788e", "#7d6300", "#6a3d8f", "#4c6b2f")
ENOUGH: Final = 0.8
"""Share of futures with enough money below which the page says what to do (assumed: four in five)."""
TOGETHER: Final = "all"
"""Stands for all counties together."""


def verdict_section(found: FuturesTables, words: Words) -> Section:
    """In how many futures the money suffices, what is missing by county, and what can be done about it."""
    table, title = found.tables["shortfalls"], words("futures.verdict")
    said = found.figures["shortfall"]
    notes = [
        words(
            "futures.verdict_note",
            count=words.count(found.figures["futures"]),
            share=words.share(said["kept"], digits=0),
            middle=words.money(said["p50_wan"]),
            worst=words.money(said["worst_wan"]),
        )
    ]
    if said["kept"] < ENOUGH:
        notes.append(words("futures.verdict_why"))
    places = {**place_names(found, words), TOGETHER: words("futures.together")}
    shown = table.assign(
        name=[plan_name(words, name) for name in table["plan"]],
        place=[places[str(unit)] for unit in table["unit"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("futures.plan"), None),
        "place": (words("column.county"), None),
        "kept": (words("futures.kept"), share(words, 0)),
        "p50_wan": (words("futures.short_middle"), words.amount),
        "worst_wan": (words("futures.short_worst"), words.amount),
    }
    points = [words("futures.do_robust"), words("futures.do_reserve")] if said["kept"] < ENOUGH else []
    part = Part(grids=[(title, grid_of(shown, columns=columns, label=title))])
    return Section("verdict", title, [part], notes, points)


def money_section(found: FuturesTables, words: Words) -> Section:
    """In what share of futures money is missing, by county and year."""
    table, title = found.tables["money"], words("futures.money")
    places = place_names(found, words)
    parts = []
    for plan in dict.fromkeys(table["plan"]):
        mine = table[table["plan"] == plan]
        years = list(range(int(mine["year"].min()), found.year + 1))
        wide = mine.pivot(index="year", columns="unit", values="share").reindex(years).fillna(0.0)
        series = [
            Series(places[str(unit)], LINES[number % len(LINES)], list(wide[unit]))
            for number, unit in enumerate(wide)
        ]
        label = f"{title}: {plan_name(words, plan)}"
        shown = mine.assign(
            place=[places[str(unit)] for unit in mine["unit"]],
            when=[str(year) if year <= found.year else words("futures.for_good") for year in mine["year"]],
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "place": (words("column.county"), None),
            "when": (words("futures.year"), None),
            "share": (words("futures.share_short"), share(words, 0)),
            "mean_wan": (words("futures.mean_short"), words.amount),
            "most_wan": (words("futures.most_short"), words.amount),
        }
        grid = grid_of(shown, columns=columns, label=label)
        if years:
            svg = trends(
                years,
                series=series,
                label=label,
                unit=words("futures.share_short"),
                words=share(words, 0),
                zero=True,
            )
            parts.append(Part(plan_name(words, plan), figures=[Figure(label, svg, grid)]))
        else:
            parts.append(Part(plan_name(words, plan), grids=[(label, grid)]))
    return Section("money", title, parts, [words("futures.money_note")])
