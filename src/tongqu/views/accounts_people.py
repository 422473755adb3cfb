"""Sections of the page of accounts on pensions, incomes, and new urban residents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from tongqu.views.accounts_tables import LINES, AccountsTables, by_place, fan_figure, of_place, say_of
from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.outlook_charts import signed
from tongqu.views.outlook_tables import number_at
from tongqu.views.study_charts import Level, trends
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of, legend_of
from tongqu.views.words import Words

__all__ = ["incomes", "newcomers", "pensions"]

FLOWS: Final = (
    "contributors",
    "pensioners",
    "contributions_wan",
    "subsidy_wan",
    "interest_wan",
    "account_paid_wan",
    "heirs_wan",
    "fund_wan",
    "topped_up_wan",
    "paid_wan",
    "public_cost_wan",
)
SOURCES: Final = {
    "wage": "#31688e",
    "business": "url(#p-c)",
    "property": "url(#p-b)",
    "transfer": "url(#p-d)",
}


def _persons(value: float) -> str:
    return "–" if value != value else f"{value:,.0f}"


def pensions(found: AccountsTables, words: Words) -> Section:
    """Cost and worth of the resident pension by year, other rules, and cohorts."""
    table = of_place(found.tables["pension"], found.whole)
    ranged = {
        "pension_public_cost_wan": "public_cost_wan",
        "pensioners": "pensioners",
        "pension_yuan_month": "pension_yuan_month",
        "pension_of_line": "pension_of_line",
    }
    figures = [fan_figure(found, words, name=name, values=table[column]) for name, column in ranged.items()]
    figures += [_adequacy(found, words), _what_if(found, words)]
    title = words("accounts.scheme")
    columns: dict[str, tuple[str, Format | None]] = {"year": (words("column.year"), str)}
    columns |= {
        name: (words.label("pension", name), words.amount if name.endswith("_wan") else _persons)
        for name in FLOWS
    }
    grids = [
        (title, grid_of(table.reset_index(), columns=columns, label=title)),
        (words("accounts.cohorts"), _cohorts(found, words)),
    ]
    notes = [words("accounts.pension_note"), words("accounts.cohorts_note")]
    return Section("pensions", words("accounts.pensions"), [Part(figures=figures, grids=grids)], notes)


def _adequacy(found: AccountsTables, words: Words) -> Figure:
    """The mean pension over the low-income line and over rural income."""
    table = of_place(found.tables["pension"], found.whole)
    title, years = words("accounts.adequacy"), [int(year) for year in table.index]
    series = [
        Series(words.label("ranged", name), colour, (table[name] * 100).tolist())
        for name, colour in (("pension_of_line", LINES[0]), ("pension_of_income", LINES[4]))
        if table[name].notna().any()
    ]
    svg = trends(years, series=series, label=title, unit="%", words=lambda value: f"{value:.1f}", zero=True)
    columns: dict[str, tuple[str, Format | None]] = {"year": (words("column.year"), str)}
    columns |= {
        name: (words.label("ranged", name), words.share) for name in ("pension_of_line", "pension_of_income")
    }
    return Figure(title, svg, grid_of(table.reset_index(), columns=columns, label=title))


def _what_if(found: AccountsTables, words: Words) -> Figure:
    """Public cost under other rules, every fifth year."""
    table = found.tables["what_if"]
    table = table[table["unit"] == found.whole]
    title, say = words("accounts.what_if"), say_of("pension_public_cost_wan", words)
    cases = list(dict.fromkeys(table["case"]))
    wide = table.pivot_table(index="year", columns="case", values="public_cost_wan", sort=False).sort_index()
    series = [
        Series(words.label("case", case), LINES[number % len(LINES)], (wide[case] * say.factor).tolist())
        for number, case in enumerate(cases)
    ]
    years = [int(year) for year in wide.index]
    svg = trends(years, series=series, label=title, unit=say.unit, words=say, zero=True)
    shown = table.assign(word=[words.label("case", str(case)) for case in table["case"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "word": (words("accounts.case"), None),
        "year": (words("column.year"), str),
        "pensioners": (words.label("pension", "pensioners"), _persons),
        "pension_yuan_month": (words.label("ranged", "pension_yuan_month"), _persons),
        "pension_of_line": (words.label("ranged", "pension_of_line"), words.share),
        "public_cost_wan": (words.label("pension", "public_cost_wan"), words.amount),
        "cost_change_wan": (words("accounts.cost_change"), words.amount),
    }
    return Figure(title, svg, grid_of(shown, columns=columns, label=title), note=words("economy.amounts"))


def _cohorts(found: AccountsTables, words: Words) -> Grid:
    table = found.tables["cohorts"]
    shown = table.assign(word=[words.label("sex", str(sex)) for sex in table["sex"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "word": (words("accounts.sex"), None),
        "age": (words("accounts.joining"), str),
    }
    columns |= {
        name: (words.label("cohort", name), _persons)
        for name in (
            "contributions_yuan",
            "subsidies_yuan",
            "account_pension_yuan",
            "topped_up_yuan",
            "basic_yuan",
            "heirs_yuan",
            "net_transfer_yuan",
        )
    }
    columns["internal_rate"] = (words.label("cohort", "internal_rate"), words.share)
    return grid_of(shown, columns=columns, label=words("accounts.cohorts"))


def incomes(found: AccountsTables, words: Words, names: Mapping[str, str]) -> Section:
    """Urban over rural income against its target, both incomes, and the sources of the gap."""
    table, title = found.tables["incomes"], words("accounts.incomes")
    if not table["ratio"].notna().any():
        return Section("incomes", title)
    say, ratio = say_of("income_ratio", words), words.label("ranged", "income_ratio")
    years, values, grid = by_place(table, words, names=names, column="ratio", say=say, label=ratio)
    series = [
        Series(name, LINES[number % len(LINES)], values[unit])
        for number, (unit, name) in enumerate(names.items())
    ]
    target = float(table["target"].iloc[0])
    word = words("economy.target", value=words.number(target, 2))
    levels = [Level(word, target)] if target == target else []
    svg = trends(years, series=series, label=ratio, unit=say.unit, words=say, levels=levels)
    whole = of_place(table, found.whole)
    figures = [
        Figure(words("accounts.ratio_by_place"), svg, grid),
        fan_figure(
            found,
            words,
            name="income_ratio",
            values=whole["ratio"],
            target=(word, target) if target == target else None,
        ),
        fan_figure(found, words, name="income_urban_yuan", values=whole["urban_yuan"]),
        fan_figure(found, words, name="income_rural_yuan", values=whole["rural_yuan"]),
        _gaps(found, words),
    ]
    return Section("incomes", title, [Part(figures=figures)], [words("accounts.incomes_note")])


def _gaps(found: AccountsTables, words: Words) -> Figure:
    """Urban less rural income by source, in the first and the last year."""
    table = found.tables["income_parts"]
    mine = table[(table["unit"] == found.whole) & (table["side"] == "urban")].set_index("earning")
    title, first, last = words("accounts.gaps"), found.years["base"], found.years["until"]
    series = [
        Series(
            words.label("earning", name),
            fill,
            [number_at(mine, name, column) for column in ("gap_first_yuan", "gap_last_yuan")],
        )
        for name, fill in SOURCES.items()
        if name in mine.index
    ]
    svg = signed(
        [first, last],
        series=series,
        net=words("accounts.gap"),
        label=title,
        unit=words("accounts.yuan"),
        words=_persons,
    )
    shown = table[table["unit"] == found.whole]
    shown = shown.assign(
        word=[words.label("residence", str(side)) for side in shown["side"]],
        name=[words.label("earning", str(one)) for one in shown["earning"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "word": (words("accounts.side"), None),
        "name": (words("accounts.earning"), None),
        "first_yuan": (words("accounts.in_year", year=first), _persons),
        "last_yuan": (words("accounts.in_year", year=last), _persons),
        "gap_first_yuan": (words("accounts.gap_in", year=first), _persons),
        "gap_last_yuan": (words("accounts.gap_in", year=last), _persons),
        "effect": (words("accounts.effect"), lambda value: words.number(float(value), 3)),
    }
    legend = legend_of([(fill, words.label("earning", name)) for name, fill in SOURCES.items()])
    legend += legend_of([("#1b242c", words("accounts.gap"))], kind="line")
    return Figure(title, svg, grid_of(shown, columns=columns, label=title), legend)


def newcomers(found: AccountsTables, words: Words, names: Mapping[str, str]) -> Section:
    """New urban residents and the range of what they cost, every fifth year and the next one."""
    table = found.tables["newcomers"]
    mine = table[table["unit"] == found.whole]
    mine = mine[(mine["year"] % 5 == 0) | (mine["year"] == found.years["base"] + 1)]
    shown: pd.DataFrame = mine.assign(word=[words.label("method", str(one)) for one in mine["method"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "word": (words("accounts.method"), None),
        "year": (words("column.year"), str),
        "newcomers": (words("accounts.newcomers_count"), _persons),
        "low_wan": (words("outlook.low"), words.amount),
        "value_wan": (words("outlook.middle"), words.amount),
        "high_wan": (words("outlook.high"), words.amount),
    }
    title = words("accounts.newcomers")
    grid = grid_of(shown, columns=columns, label=title)
    notes = [words("accounts.newcomers_note"), words("economy.amounts")]
    return Section("newcomers", title, [Part(grids=[(names[found.whole], grid)])], notes)
