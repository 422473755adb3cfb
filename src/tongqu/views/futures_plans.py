"""Sections of the page of futures: what plans bring, what they lose, whom they serve."""

from __future__ import annotations

from tongqu.views.futures_charts import Spread, spreads
from tongqu.views.futures_words import MAIN, FuturesTables, number, plan_name, share
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of
from tongqu.views.words import Words

__all__ = ["plans_section", "services_section"]


def plans_section(found: FuturesTables, words: Words) -> Section:
    """Mean D of every plan over the futures, and what each loses against the best of a future."""
    table, title = found.tables["plans"], words("futures.plans")
    rows = [
        Spread(
            plan_name(words, row["plan"]), row["p10"], row["p50"], row["p90"], row["expected"], row["worst"]
        )
        for row in table.to_dict("records")
    ]
    marks = (words("futures.middle"), words("futures.expected"), words("futures.worst"))
    svg = spreads(rows, label=title, unit="D", words=number(words, 3), marks=marks)
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("futures.plan"), None),
        "projects": (words("futures.projects"), number(words, 0)),
        "capital": (words("futures.capital"), words.amount),
        "expected": (words("futures.expected"), number(words, 4)),
        "mean": (words("futures.mean"), number(words, 4)),
        "p10": (words("futures.p10"), number(words, 4)),
        "p50": (words("futures.middle"), number(words, 4)),
        "p90": (words("futures.p90"), number(words, 4)),
        "worst": (words("futures.worst"), number(words, 4)),
        "gain": (words("futures.gain"), share(words)),
        "least": (words("futures.least"), share(words)),
        "kept": (words("futures.kept"), share(words, 0)),
        "short": (words("futures.short"), words.amount),
    }
    shown = table.assign(
        name=[plan_name(words, name) for name in table["plan"]],
        capital=table["capital_wan"],
        short=table["short_wan"],
    )
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title))
    regret, head = found.tables["regret"], words("futures.regret")
    shown = regret.assign(
        name=[plan_name(words, name) for name in regret["plan"]],
        basis=[words.label("futures_among", name) for name in regret["among"]],
    )
    lost: dict[str, tuple[str, Format | None]] = {
        "basis": (words("futures.against"), None),
        "futures": (words("futures.count"), number(words, 0)),
        "name": (words("futures.plan"), None),
        "regret_mean": (words("futures.regret_mean"), number(words, 5)),
        "regret_most": (words("futures.regret_most"), number(words, 5)),
        "regret_worst": (words("futures.regret_worst"), number(words, 5)),
        "regret_never": (words("futures.regret_never"), share(words, 0)),
    }
    part = Part(figures=[figure], grids=[(head, grid_of(shown, columns=lost, label=head))])
    return Section("plans", title, [part], [words("futures.plans_note"), words("futures.regret_note")])


def services_section(found: FuturesTables, words: Words) -> Section:
    """Share of the demand that is served in the last year, with the plan."""
    table, title = found.tables["services"], words("futures.services", year=found.year)
    mine = table[table["plan"] == MAIN]
    rows = [
        Spread(
            words.label("service", row["service"]),
            float(row["p10"]),
            float(row["p50"]),
            float(row["p90"]),
            float(row["expected"]),
        )
        for row in mine.to_dict("records")
    ]
    marks = (words("futures.middle"), words("futures.expected"), words("futures.worst"))
    svg = spreads(rows, label=title, unit=words("futures.served"), words=share(words, 0), marks=marks)
    shown = table.assign(
        name=[plan_name(words, name) for name in table["plan"]],
        what=[words.label("service", name) for name in table["service"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "what": (words("futures.service"), None),
        "name": (words("futures.plan"), None),
        "expected": (words("futures.expected"), share(words)),
        "p10": (words("futures.p10"), share(words)),
        "p50": (words("futures.middle"), share(words)),
        "p90": (words("futures.p90"), share(words)),
    }
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title))
    return Section("services", title, [Part(figures=[figure])])
