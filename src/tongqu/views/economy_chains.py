"""Sections of the page of an economy on value chains: who earns what, depth, sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.economy_charts import (
    EARNERS,
    goods_chart,
    goods_flows,
    money_chart,
    money_flows,
    site_mark,
    sites_map,
)
from tongqu.views.economy_tables import EconomyTables, Names, amount, number, only, share
from tongqu.views.grid import Grid, raw
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of, legend_of
from tongqu.views.words import Words

__all__ = ["chains", "depth", "sites"]

MOST_CHANGES: Final = 10
"""Changes of a chain that are listed: those that add most."""


def chains(found: EconomyTables, words: Words, names: Names) -> Section:
    """Sankey diagrams of money and goods, what changes are worth, and stages, by product."""
    tables, parts = found.tables, []
    notes = [words("economy.chains_note"), words("economy.amounts")]
    for product in tables["chain_summary"]["product"].unique():
        flows, called = only(tables["flows"], product=product), names.stages[product]
        stages = only(tables["chains"], product=product, unit=found.whole)
        figures = []
        for key, made, chart in (
            ("money", money_flows, money_chart),
            ("goods", goods_flows, goods_chart),
        ):
            title = words(
                "economy.of_product", title=words.label("flows", key), product=names.products[product]
            )
            rows = made(flows, stages)
            if rows.empty:
                notes.append(words("economy.no_flows", title=title))
                continue
            say = words.money if key == "money" else lambda value: f"{words.number(value, 0)} t"
            svg = chart(rows, called, label=title, words=say)
            form = amount(words) if key == "money" else number(words)
            columns: dict[str, tuple[str, Format | None]] = {
                "from": (words("economy.from"), None),
                "to": (words("economy.to"), None),
                "amount": (words.label("flow_unit", key), form),
            }
            spoken = rows.assign(
                **{end: [called.get(one, one) for one in rows[end]] for end in ("from", "to")}
            )
            figures.append(
                Figure(title, svg, grid_of(spoken, columns=columns, label=title), _ends(words, key))
            )
        figures.append(_changes(found, words, names, product=product))
        grids = [(words("economy.stages"), _stages(stages, words, called))]
        parts.append(Part(names.products[product], figures, grids))
    return Section("chains", words("economy.chains"), parts, notes)


def _ends(words: Words, key: str) -> list[tuple[Any, str]]:
    shown = ["farmer", "processor", "trader", "bought"] if key == "money" else ["loss"]
    return legend_of([(EARNERS[name], words.label("end", name)) for name in shown])


def _stages(stages: pd.DataFrame, words: Words, called: Mapping[str, str]) -> Grid:
    table = stages.assign(
        name=stages["stage"].map(lambda one: called.get(one, one)),
        earner=stages["earner"].map(lambda one: words.label("end", one)),
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("economy.stage"), None),
        "earner": (words("economy.earner"), None),
        "received_t": (words("economy.received"), number(words)),
        "lost_t": (words("economy.lost"), number(words)),
        "output_t": (words("economy.output_t"), number(words)),
        "value_wan": (words("economy.output_value"), amount(words)),
        "added_wan": (words("economy.value_added"), amount(words)),
        "jobs": (words("economy.jobs"), number(words)),
    }
    return grid_of(table, columns=columns, label=words("economy.stages"))


def _changes(found: EconomyTables, words: Words, names: Names, *, product: str) -> Figure:
    """What a hundredth of a change adds: bars of the largest, and their table."""
    table = only(found.tables["next_yuan"], product=product)
    table = table.sort_values("added_wan", ascending=False, kind="stable").head(MOST_CHANGES)
    called = names.stages[product]

    def name(change: str, of: str) -> str:
        where = " → ".join(called.get(one, one) for one in of.split(">") if one)
        return words.label("change", change) + (f" · {where}" if where else "")

    table = table.assign(
        name=[name(str(a), str(b)) for a, b in zip(table["change"], table["investment"], strict=True)]
    )
    title = words("economy.of_product", title=words("economy.changes"), product=names.products[product])
    rows = [
        (
            str(row["name"]),
            [Series(words("economy.value_added"), "#31688e", [max(float(row["added_wan"]), 0.0)])],
        )
        for row in table.to_dict("records")
    ]
    svg = bars(
        rows,
        label=title,
        unit=words.label("measure", "万元"),
        words=lambda value: words.number(value, 0),
        name_width=400,
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("economy.change"), None),
        "added_wan": (words("economy.value_added"), amount(words)),
        "farm_wan": (words("economy.farm_part"), amount(words)),
        "share": (words("economy.share_added"), share(words)),
    }
    return Figure(
        title, svg, grid_of(table, columns=columns, label=title), note=words("economy.changes_note")
    )


def depth(found: EconomyTables, words: Words, names: Names) -> Section:
    """Chain by chain: processing against its target, value added per mu and per worker."""
    table = found.tables["chain_summary"]
    if table.empty:
        return Section("depth", words("economy.depth"))
    mine = only(table, unit=found.whole)
    target = float(mine["target"].iloc[0])
    shown = {"processing_ratio": 2, "per_mu_yuan": 0, "per_worker_yuan": 0, "length": 1}
    figures = []
    for name, digits in shown.items():
        rows = [
            (
                names.products[str(row["product"])],
                [Series(words.label("depth", name), "#31688e", [float(row[name])])],
            )
            for row in mine[mine[name].notna()].to_dict("records")
        ]
        if not rows:
            continue
        title = words.label("depth", name)
        goal = (
            (words("economy.target", value=words.plain(target)), target)
            if name == "processing_ratio"
            else None
        )
        svg = bars(
            rows, label=title, unit=words.label("depth_unit", name), words=number(words, digits), goal=goal
        )
        figures.append(Figure(title, svg, _by_place(table, words, names, column=name, digits=digits)))
    return Section("depth", words("economy.depth"), [Part(figures=figures)], [words("economy.depth_note")])


def _by_place(table: pd.DataFrame, words: Words, names: Names, *, column: str, digits: int) -> Grid:
    wide = table.pivot_table(index="product", columns="unit", values=column, aggfunc="first", sort=False)
    wide = wide.astype("float64").assign(product=[names.products[str(one)] for one in wide.index])
    columns: dict[str, tuple[str, Format | None]] = {"product": (words("economy.product"), None)}
    columns |= {unit: (place, number(words, digits)) for unit, place in names.places.items() if unit in wide}
    return grid_of(wide, columns=columns, label=words.label("depth", column))


def sites(found: EconomyTables, words: Words, names: Names) -> Section:
    """The map of sites and their table."""
    table = found.tables["sites"]
    title = words("economy.sites")
    if table.empty:
        return Section("sites", title)
    units = found.region["units"].set_index("unit")
    shown = table.assign(
        name=[names.products[str(one)] for one in table["product"]],
        town=[words.name(units.at[one, "name"], units.at[one, "name_en"]) for one in table["unit"]],
        county=[names.places.get(str(one), str(one)) for one in table["county"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("economy.product"), None),
        "rank": (words("economy.rank"), number(words)),
        "town": (words("column.town"), None),
        "county": (words("column.county"), None),
        "supply_t": (words("economy.supply"), number(words)),
        "minutes": (words("economy.minutes"), number(words, 0)),
        "reached": (words("economy.reached"), share(words)),
        "gap": (words("economy.gap"), share(words)),
    }
    svg = sites_map(found.region, table, words, products=names.products, label=words("economy.map_alt"))
    legend = [(raw(site_mark(number)), name) for number, name in enumerate(names.products.values())]
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title), legend)
    return Section("sites", title, [Part(figures=[figure])], [words("economy.sites_note")])
