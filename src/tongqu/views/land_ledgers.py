"""Sections of the page of land on its ledgers: classes, norms, farmland and quota, homesteads, intensity."""

from __future__ import annotations

from typing import Final

import pandas as pd
from markupsafe import Markup

from tongqu.methods.land import CLASSES
from tongqu.views.charts import Series
from tongqu.views.land_maps import norm_map
from tongqu.views.land_tables import (
    LandTables,
    Names,
    amount,
    area,
    number,
    share,
    table_of,
)
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of, legend_of
from tongqu.views.words import Words

__all__ = ["idle", "intensity", "norms", "quota", "use"]

FILLS: Final = {
    "farmland": "#d9b44a",
    "orchard": "url(#p-c)",
    "forest": "#4c7f4f",
    "other_green": "url(#p-b)",
    "urban": "#7a1f3d",
    "rural": "url(#p-d)",
    "transport": "#8d8d86",
    "water": "#5a9bc8",
    "other": "#dedad0",
}
"""Fill of each class; hatches so that colour is not the only difference."""
BAR: Final = "#31688e"
WON: Final = "url(#p-a)"
"""Hatched: land that could be won, and what rests on modelled land."""
MOST_TOWNS: Final = 20
WAN: Final = 10_000.0
"""Mu in one 万亩."""
MU_PER_THOUSAND_HA: Final = 15_000.0


def _fill(modelled: bool) -> str:
    """Fill of a bar: hatched where it rests on modelled land."""
    return WON if modelled else BAR


def _key(rows: pd.DataFrame, words: Words) -> list[tuple[Markup, str]]:
    """What hatches of bars say; nothing where none are."""
    return legend_of([(WON, words("land.hatched"))]) if rows["modelled"].any() else []


def use(found: LandTables, words: Words, names: Names) -> Section:
    """Classes of the whole and of each county, and counties beside one another."""
    table = found.tables["ledger"]
    parts = []
    for code in (found.whole, *names.counties):
        mine = table[table["unit"] == code]
        if mine.empty:
            continue
        figures = [_class_bars(found, mine, words, names, code=str(code))]
        if code == found.whole:
            figures.insert(0, _mix_bars(found, words, names))
        parts.append(Part(names.units[str(code)], figures))
    return Section("use", words("land.use"), parts, [words("land.use_note"), words("land.units")])


def _area_axis(words: Words) -> tuple[str, float]:
    """Unit of an axis of areas, and mu in it."""
    return words("land.area_axis"), WAN if words.language == "zh" else MU_PER_THOUSAND_HA


def _class_bars(found: LandTables, mine: pd.DataFrame, words: Words, names: Names, *, code: str) -> Figure:
    """Areas of the classes of one place now, with what a plan's absence changes in the table."""
    unit, each = _area_axis(words)
    title = words("land.of_place", place=names.units[code], title=words("land.by_class", year=found.year))
    by = mine.set_index("class")["now_mu"]
    rows = [
        (
            words.label("land_class", name),
            [Series(words.label("land_class", name), FILLS[name], [by[name] / each])],
        )
        for name in CLASSES
    ]
    svg = bars(rows, label=title, unit=unit, words=lambda v: _plain(v, words), name_width=230)
    columns: list[tuple[str, Format | None]] = [("class", None)]
    columns += [
        (name, area(words)) for name in ("now_mu", "first_mu", "last_mu", "change_mu", "may_change_mu")
    ]
    columns.insert(2, ("share", share(words)))
    grid = table_of(mine, columns, words=words, names=names, label=title)
    return Figure(title, svg, grid)


def _plain(value: float, words: Words) -> str:
    """A number of an axis with one decimal where it needs one."""
    return words.plain(round(value, 1))


def _mix_bars(found: LandTables, words: Words, names: Names) -> Figure:
    """Classes of each county one after the other."""
    unit, each = _area_axis(words)
    title = words("land.mix")
    table = found.tables["ledger"]
    wide = table[table["unit"].isin(list(names.counties))].pivot(
        index="unit", columns="class", values="now_mu"
    )
    wide = wide.reindex([code for code in names.counties if code in wide.index])
    rows = [
        (
            names.units[str(code)],
            [Series(words.label("land_class", name), FILLS[name], [row[name] / each]) for name in CLASSES],
        )
        for code, row in wide.iterrows()
    ]
    svg = bars(rows, label=title, unit=unit, words=lambda v: _plain(v, words))
    shown = wide.assign(unit=[names.units[str(code)] for code in wide.index])
    columns: dict[str, tuple[str, Format | None]] = {"unit": (words.label("land_column", "unit"), None)}
    columns |= {name: (words.label("land_class", name), area(words)) for name in CLASSES}
    legend = legend_of([(FILLS[name], words.label("land_class", name)) for name in CLASSES])
    return Figure(title, svg, grid_of(shown, columns=columns, label=title), legend)


def norms(found: LandTables, words: Words, names: Names) -> Section:
    """Land a person of counties and towns against the norm, and towns whose villages exceed theirs."""
    table = found.tables["norms"]
    said = found.summary()
    counties = table[table["unit"].isin([found.whole, *names.counties])]
    first = counties[counties["year"] == counties["year"].min()]
    title = words("land.per_person", year=int(first["year"].iloc[0]))
    rows = [
        (names.units[str(unit)], [Series(title, _fill(modelled), [float(each)])])
        for unit, each, modelled in zip(first["unit"], first["per_person_m2"], first["modelled"], strict=True)
        if each == each
    ]
    high = float(said["norm_m2"][1])
    goal = (words("land.norm_goal", value=words.plain(high)), high)
    unit = words("land.per_person_unit")
    svg = bars(rows, label=title, unit=unit, words=lambda v: words.number(v, 0), goal=goal)
    columns = [
        ("unit", None),
        ("year", str),
        ("people", number(words)),
        ("built_ha", number(words)),
        ("per_person_m2", number(words)),
        ("plan_low_m2", number(words)),
        ("plan_high_m2", number(words)),
        ("headroom_ha", number(words)),
        ("standing", None),
    ]
    grid = table_of(counties, columns, words=words, names=names, label=title)
    figures = [Figure(title, svg, grid, _key(first, words)), norm_map(found, words, names)]
    villages = table[table["settlement"] == "village"].sort_values(
        "per_person_m2", ascending=False, kind="stable"
    )
    columns = [
        ("unit", None),
        ("people", number(words)),
        ("built_ha", number(words, 1)),
        ("per_person_m2", number(words)),
        ("norm_high_m2", number(words)),
        ("headroom_ha", number(words, 1)),
        ("standing", None),
    ]
    label = words("land.villages")
    over = villages[villages["standing"] == "above"]
    grids = [(label, table_of(over, columns, words=words, names=names, label=label))] if len(over) else []
    return Section(
        "norms", words("land.norms"), [Part(figures=figures, grids=grids)], [words("land.norms_note")]
    )


def quota(found: LandTables, words: Words, names: Names) -> Section:
    """Farmland over its floor, construction quota, and what linking could save and bring."""
    table = found.tables["quota"]
    figures = [
        _county_bars(table, "saved_mu", words("land.saved"), words=words, names=names, whole=found.whole),
    ]
    columns: list[tuple[str, Format | None]] = [("unit", None)]
    columns += [
        (name, area(words))
        for name in ("farmland_mu", "basic_mu", "floor_mu", "over_floor_mu", "room_mu", "last_farmland_mu")
    ]
    title = words("land.farmland")
    grids = [(title, table_of(table, columns, words=words, names=names, label=title))]
    columns = [("unit", None)]
    columns += [
        (name, area(words))
        for name in ("grown_mu", "quota_year_mu", "quota_left_mu", "cleared_mu", "resettled_mu", "saved_mu")
    ]
    columns += [
        ("cost_wan", amount(words)),
        ("income_low_wan", amount(words)),
        ("income_wan", amount(words)),
        ("income_high_wan", amount(words)),
    ]
    title = words("land.linked")
    grids.append((title, table_of(table, columns, words=words, names=names, label=title)))
    row = table.iloc[0]
    notes = [
        words("land.quota_note"),
        words("land.units"),
        words(
            "land.price_note",
            low=amount(words)(row["price_low_wan"]),
            value=amount(words)(row["price_wan"]),
            high=amount(words)(row["price_high_wan"]),
            cost=amount(words, 1)(row["cost_per_saved_wan"]),
        ),
    ]
    return Section("quota", words("land.quota"), [Part(figures=figures, grids=grids)], notes)


def _county_bars(
    table: pd.DataFrame, column: str, title: str, *, words: Words, names: Names, whole: str
) -> Figure:
    """An area of each county as bars."""
    form = area(words)
    each = 1.0 if words.language == "zh" else 15.0
    mine = table[table["unit"] != whole]
    rows = [
        (names.units[str(unit)], [Series(title, WON, [float(value) / each])])
        for unit, value in zip(mine["unit"], mine[column], strict=True)
    ]
    svg = bars(rows, label=title, unit=words("land.area_unit"), words=lambda v: words.number(v, 0))
    grid = table_of(mine, [("unit", None), (column, form)], words=words, names=names, label=title)
    return Figure(title, svg, grid)


def idle(found: LandTables, words: Words, names: Names) -> Section:
    """Idle homesteads of the towns with most: withdrawn, let, or left."""
    table = found.tables["idle"].sort_values("idle_mu", ascending=False, kind="stable")
    if table.empty:
        return Section("idle", words("land.idle"), notes=[words("land.no_towns")])
    said = found.summary()
    each = 1.0 if words.language == "zh" else 15.0
    title = words("land.idle_towns", count=min(MOST_TOWNS, len(table)))
    rows = [
        (
            names.units[str(row["unit"])],
            [
                Series(
                    words.label("land_column", "withdrawn_mu"), FILLS["rural"], [row["withdrawn_mu"] / each]
                ),
                Series(words.label("land_column", "let_mu"), WON, [row["let_mu"] / each]),
                Series(
                    words("land.idle_rest"),
                    "#b9b9b2",
                    [max(row["idle_mu"] - row["withdrawn_mu"] - row["let_mu"], 0.0) / each],
                ),
            ],
        )
        for row in table.head(MOST_TOWNS).to_dict("records")
    ]
    svg = bars(rows, label=title, unit=words("land.area_unit"), words=lambda v: words.number(v, 0))
    columns: list[tuple[str, Format | None]] = [("unit", None)]
    columns += [(name, area(words)) for name in ("rural_mu", "idle_mu")]
    columns += [("idle_share", share(words))]
    columns += [(name, area(words)) for name in ("withdrawn_mu", "cleared_mu", "saved_mu", "farmland_won_mu")]
    columns += [(name, amount(words)) for name in ("cost_wan", "sale_wan")]
    columns += [("let_mu", area(words))]
    columns += [(name, amount(words)) for name in ("let_cost_wan", "let_income_wan", "let_added_wan")]
    legend = legend_of(
        [
            (FILLS["rural"], words.label("land_column", "withdrawn_mu")),
            (WON, words.label("land_column", "let_mu")),
            ("#b9b9b2", words("land.idle_rest")),
        ]
    )
    shown = table[table["idle_mu"] > 0]
    grid = table_of(shown, columns, words=words, names=names, label=title)
    note = words("land.idle_note", income=words.money(said["let_income_wan"]))
    part = Part(figures=[Figure(title, svg, grid, legend)])
    return Section("idle", words("land.idle"), [part], [note, words("land.units")])


def intensity(found: LandTables, words: Words, names: Names) -> Section:
    """People and value added on construction land in the last year."""
    table = found.tables["intensity"]
    year = int(table["year"].max())
    kinds = (
        ("people_per_km2", words("land.people_km2", year=year), words("land.people_km2_unit"), number(words)),
        (
            "value_per_km2_wan",
            words("land.value_km2", year=year),
            words("land.value_km2_unit"),
            amount(words),
        ),
    )
    figures = []
    for column, title, unit, form in kinds:
        known = table[(table["year"] == year) & table[column].notna()]
        if known.empty:
            continue
        each = 1.0 if column == "people_per_km2" or words.language == "zh" else 100.0
        rows = [
            (names.units[str(place)], [Series(title, _fill(modelled), [float(value) / each])])
            for place, value, modelled in zip(known["unit"], known[column], known["modelled"], strict=True)
        ]
        svg = bars(rows, label=title, unit=unit, words=lambda v: words.number(v, 0))
        columns = [
            ("unit", None),
            ("year", str),
            ("people", number(words)),
            ("built_km2", number(words, 1)),
            (column, form),
            ("land_per_person_m2", number(words)),
        ]
        grid = table_of(table, columns, words=words, names=names, label=title)
        figures.append(Figure(title, svg, grid, _key(known, words)))
    notes = [words("land.intensity_note")]
    return Section("intensity", words("land.intensity"), [Part(figures=figures)], notes)
