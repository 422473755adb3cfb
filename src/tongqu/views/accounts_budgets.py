"""Sections of the page of accounts on budgets, debt, and what was published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from tongqu.views.accounts_tables import (
    LINES,
    AccountsTables,
    by_place,
    fan_figure,
    of_place,
    say_of,
)
from tongqu.views.charts import Series
from tongqu.views.outlook_charts import signed
from tongqu.views.study_charts import Level, trends
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of, legend_of
from tongqu.views.words import Words

__all__ = ["budgets", "debt", "published"]

COMES: Final = {
    "tax_revenue": "#31688e",
    "non_tax_revenue": "url(#p-a)",
    "transfers": "url(#p-c)",
    "general_issue": "url(#p-b)",
}
GOES: Final = {
    "services": "#8d9db6",
    "pensions": "url(#p-d)",
    "running": "url(#h-back)",
    "general_interest": "url(#p-loss)",
    "general_repay": "#6b6b6b",
}
"""Flows of the general budget that come in and go out, with their fill."""
FUNDS: Final = (
    "land_income",
    "special_issue",
    "land_use",
    "special_use",
    "special_interest",
    "special_repay",
    "fund_shortfall",
    "fund_carry_over",
)
"""Flows and stock of the government funds."""


def budgets(found: AccountsTables, words: Words, names: Mapping[str, str]) -> Section:
    """The general budget of each place as columns by year, and ranges of the whole."""
    table = found.tables["budgets"]
    table = table[~table["opening"].astype(bool)]
    parts = []
    for unit, name in names.items():
        mine = of_place(table, unit)
        figures = [_columns(mine, words, name=name)]
        if unit == found.whole:
            for ranged, column in (
                ("own_revenue_wan", "own_revenue"),
                ("shortfall_wan", "shortfall"),
                ("self_sufficiency", "self_sufficiency"),
            ):
                figures.append(fan_figure(found, words, name=ranged, values=mine[column]))
        funds = words("accounts.funds")
        columns: dict[str, tuple[str, Format | None]] = {"year": (words("column.year"), str)}
        columns |= {item: (words.label("budget", item), words.amount) for item in FUNDS}
        some = mine[(mine.index % 5 == 0) | (mine.index == mine.index[0])]
        grid = grid_of(some.reset_index(), columns=columns, label=funds)
        parts.append(Part(name, figures, [(funds, grid)]))
    notes = [words("accounts.budgets_note"), words("accounts.shortfall_note")]
    return Section("budgets", words("accounts.budgets"), parts, notes)


def _columns(mine: pd.DataFrame, words: Words, *, name: str) -> Figure:
    """What comes in above 0, what goes out below, the balance as a line."""
    say = say_of("own_revenue_wan", words)
    shown = {item: fill for item, fill in (COMES | GOES).items() if float(mine[item].abs().sum()) > 0}
    series = [
        Series(
            words.label("budget", item),
            fill,
            (mine[item] * (say.factor if item in COMES else -say.factor)).tolist(),
        )
        for item, fill in shown.items()
    ]
    title = words("economy.of_place", title=words("accounts.general_budget"), place=name)
    years = [int(year) for year in mine.index]
    svg = signed(years, series=series, net=words("accounts.balance"), label=title, unit=say.unit, words=say)
    items = [*COMES, "own_revenue", *GOES, "expenditure", "balance", "shortfall", "carry_over"]
    columns: dict[str, tuple[str, Format | None]] = {"year": (words("column.year"), str)}
    columns |= {item: (words.label("budget", item), words.amount) for item in items}
    legend = legend_of([(fill, words.label("budget", item)) for item, fill in shown.items()])
    legend += legend_of([("#1b242c", words("accounts.balance"))], kind="line")
    grid = grid_of(mine.reset_index(), columns=columns, label=title)
    return Figure(title, svg, grid, legend, words("economy.amounts"))


def debt(found: AccountsTables, words: Words, names: Mapping[str, str]) -> Section:
    """Debt over fiscal capacity by place against the line and the warning range, and its range."""
    table = found.tables["debt"]
    title, say = words("accounts.debt_ratio"), say_of("debt_ratio", words)
    years, values, grid = by_place(table, words, names=names, column="ratio", say=say, label=title)
    series = [
        Series(name, LINES[number % len(LINES)], values[unit])
        for number, (unit, name) in enumerate(names.items())
    ]
    line, upper = (float(table[column].iloc[0]) * say.factor for column in ("limit_ratio", "warning_ratio"))
    levels = [Level(words("accounts.line", value=f"{line:g}"), line)]
    if upper > line:
        levels.append(Level(words("accounts.upper", value=f"{upper:g}"), upper, "warn"))
    svg = trends(years, series=series, label=title, unit="%", words=say, levels=levels, zero=True)
    figures = [Figure(title, svg, grid)]
    whole = of_place(table, found.whole)
    limit = (words("accounts.line", value=f"{line:g}"), line / say.factor)
    figures.append(fan_figure(found, words, name="debt_ratio", values=whole["ratio"], target=limit))
    stock = words("accounts.debt_stock")
    columns: dict[str, tuple[str, Format | None]] = {"name": (words("outlook.place"), None)}
    columns |= {
        "year": (words("column.year"), str),
        "debt_wan": (words.label("budget", "debt"), words.amount),
        "limit_wan": (words("accounts.limit"), words.amount),
        "ratio": (title, words.share),
        "word": (words("accounts.band"), None),
    }
    some = table[(table["year"] % 5 == 0) | (table["year"] == found.years["base"] + 1)]
    shown = some.assign(
        name=[names[str(unit)] for unit in some["unit"]],
        word=[words.label("band", str(band)) for band in some["band"]],
    )
    part = Part(figures=figures, grids=[(stock, grid_of(shown, columns=columns, label=stock))])
    return Section("debt", words("accounts.debt"), [part], [words("accounts.debt_note")])


def published(found: AccountsTables, words: Words, names: Mapping[str, str]) -> Section:
    """The accounts beside what was published."""
    table, title = found.tables["published"], words("outlook.nowcast")
    if table.empty:
        return Section("published", title)
    shown = table.assign(
        name=[names.get(str(unit), str(unit)) for unit in table["unit"]],
        word=[words.label("budget", str(figure)) for figure in table["figure"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("outlook.place"), None),
        "word": (words("column.indicator"), None),
        "year": (words("column.year"), str),
        "months": (words("accounts.months"), str),
        "model": (words("outlook.projected"), words.amount),
        "published": (words("outlook.published"), words.amount),
        "relative": (words("outlook.difference"), words.share),
    }
    grid = grid_of(shown, columns=columns, label=title)
    return Section("published", title, [Part(grids=[("", grid)])], [words("accounts.published_note")])
