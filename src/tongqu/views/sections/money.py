"""Money by year and county."""

from __future__ import annotations

from typing import Any

from tongqu.views.charts import Series, columns, lines
from tongqu.views.grid import Grid, raw
from tongqu.views.sections.names import Names
from tongqu.views.svg import swatch
from tongqu.views.tables import Figures
from tongqu.views.words import Words

__all__ = ["money", "worth"]

USES = {
    "capital": "#12394f",
    "running": "url(#h-running)",
    "interest": "#a32a1e",
    "repay": "url(#h-repay)",
    "saved": "url(#h-cash)",
}
SOURCES = {"room": "#a59c74", "grant": "url(#h-grant)", "borrow": "url(#h-borrow)", "drawn": "url(#h-cash)"}
"""Fill of each item: two families, dark for uses and pale for sources, with hatches."""

PRICE_DIGITS = 3
"""Digits of the per cent of D for one 亿元 more."""


def money(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    """Give what the template of the money shows."""
    return {
        "uses": [(raw(swatch(fill)), words(f"money.{key}")) for key, fill in USES.items()],
        "sources": [(raw(swatch(fill)), words(f"money.{key}")) for key, fill in SOURCES.items()],
        "chart": _chart(figures, words),
        "debt": _debt(figures, words),
        "years": _years(figures, words),
        "counties": _counties(figures, words, names=names),
        "prices": _prices(figures, words, names=names),
        "scarce": _scarce(figures, words, names=names),
        "prices_note": _prices_note(figures, words),
    }


def _prices_note(figures: Figures, words: Words) -> str:
    if figures.trust.certificate.goal == "coordination":
        return words("money.prices_note", mean=words.share(figures.money.mean_return, digits=PRICE_DIGITS))
    return words("money.prices_other", goal=words(f"aim.{figures.trust.certificate.goal}"))


def worth(value: float, words: Words, *, goal: str, digits: int = PRICE_DIGITS) -> str:
    """What more of a limit adds to the goal: per cent, or money saved."""
    if goal == "least-cost":
        return words.amount(value, digits=1) if value >= 0.05 else "≈ 0"
    return words.share(value, digits=digits) if value >= 0.5 * 10.0 ** -(digits + 2) else "≈ 0"


def _series(figures: Figures, words: Words, *, fills: dict[str, str]) -> list[Series]:
    table = figures.money.years
    return [
        Series(words(f"money.{key}"), fill, [float(value) for value in table[key]])
        for key, fill in fills.items()
    ]


def _chart(figures: Figures, words: Words) -> str:
    return columns(
        figures.stored.years,
        stacks=[_series(figures, words, fills=USES), _series(figures, words, fills=SOURCES)],
        label=words("money.chart"),
        unit=words("axis.money"),
        words=words.axis,
        height=320,
    )


def _debt(figures: Figures, words: Words) -> str:
    debt, limit = (
        Series(words(f"money.{key}"), "", [float(value) for value in figures.money.years[key]])
        for key in ("debt", "debt_limit")
    )
    return lines(
        figures.stored.years,
        solid=debt,
        dashed=limit,
        label=words("money.debt_chart"),
        unit=words("axis.money"),
        words=words.axis,
    )


def _years(figures: Figures, words: Words) -> Grid:
    keys = ["room", "grant", "borrow", "drawn", *USES, "cash", "debt", "debt_limit"]
    table = figures.money.years
    sums = [
        "" if key in {"cash", "debt", "debt_limit"} else words.amount(float(table[key].sum())) for key in keys
    ]
    return Grid(
        label=words("money"),
        head=[words("column.year"), *(words(f"money.{key}") for key in keys)],
        rows=[
            [str(year), *(words.amount(float(row[key])) for key in keys)]
            for year, row in zip(table.index, table.to_dict("records"), strict=True)
        ],
        foot=[words("total"), *sums],
        numeric=frozenset(range(1, len(keys) + 1)),
    )


def _counties(figures: Figures, words: Words, *, names: Names) -> Grid:
    table = figures.money.counties
    last = figures.stored.last
    rows = []
    for unit, row in zip(table.index, table.to_dict("records"), strict=True):
        share = row["running"] / row["room"] if row["room"] else float("nan")
        used = row["debt"] / row["debt_limit"] if row["debt_limit"] else float("nan")
        rows.append(
            [
                names.place(unit),
                *(words.amount(row[key]) for key in ("capital", "grant", "borrow", "running", "room")),
                words.share(share, digits=0),
                words.amount(row["debt"]),
                words.amount(row["debt_limit"]),
                words.share(used, digits=0),
                f"{words.amount(row['peak'])} ({int(row['peak_year'])})"
                if row["peak"] > 0
                else words.amount(0),
                words.amount(row["cash"]),
            ]
        )
    keys = ["capital", "grant", "borrow", "running_last", "room_last", "running_share", "debt_last"]
    keys += ["debt_limit", "debt_share", "peak", "cash_last"]
    sums = {key: float(table[key].sum()) for key in table.columns}
    foot = [words.amount(sums[key]) for key in ("capital", "grant", "borrow", "running", "room")]
    foot += [words.share(sums["running"] / sums["room"], digits=0) if sums["room"] else ""]
    foot += [words.amount(sums["debt"]), words.amount(sums["debt_limit"])]
    foot += [words.share(sums["debt"] / sums["debt_limit"], digits=0) if sums["debt_limit"] else "", ""]
    return Grid(
        label=words("money.counties"),
        head=[words("column.county"), *(words(f"money.{key}", last=last) for key in keys)],
        rows=rows,
        foot=[words("total"), *foot, words.amount(sums["cash"])],
        numeric=frozenset(range(1, 12)),
    )


def _prices(figures: Figures, words: Words, *, names: Names) -> Grid:
    table = figures.money.prices
    goal = figures.trust.certificate.goal
    rows = [
        [
            names.place(unit),
            *(worth(float(value), words, goal=goal) for value in row),
        ]
        for unit, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return Grid(
        label=words("money.prices"),
        head=[words("column.county"), *map(str, table.columns)],
        rows=rows,
        numeric=frozenset(range(1, len(table.columns) + 1)),
    )


def _scarce(figures: Figures, words: Words, *, names: Names) -> Grid | None:
    """What more land and staff would bring, by place and year; None where neither is short."""
    table = figures.money.scarce
    if table.empty:
        return None
    rows = [
        [
            words(f"scarce.{limit}", what=words.label("limit_key", str(key))),
            names.place(str(unit)),
            *(
                worth(float(value), words, goal=figures.trust.certificate.goal, digits=PRICE_DIGITS + 1)
                for value in row
            ),
        ]
        for (limit, key, unit), row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return Grid(
        label=words("money.scarce"),
        head=[words("column.limit"), words("column.county"), *map(str, table.columns)],
        rows=rows,
        numeric=frozenset(range(2, len(table.columns) + 2)),
        heads=1,
    )
