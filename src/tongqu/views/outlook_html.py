"""The outlook as a page: one HTML file that works offline, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import jinja2
import numpy as np
import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.grid import Grid, raw
from tongqu.views.outlook_charts import PATTERNS, RURAL, URBAN, Fan, fan, flow_bars, pyramid, signed
from tongqu.views.outlook_map import FUTURES, future_map, future_mark
from tongqu.views.outlook_tables import (
    OutlookTables,
    account_grid,
    fan_grid,
    feedback_grid,
    flow_grid,
    nowcast_grid,
    number_at,
    outside_grid,
    place_names,
    pyramid_grid,
    village_grid,
)
from tongqu.views.svg import swatch
from tongqu.views.words import Language, Words

__all__ = ["outlook_html"]

WAN: Final = 10_000
THOUSAND: Final = 1_000
SEXES: Final = ("male", "female")
RESIDENCES: Final = ("urban", "rural")
CURVES: Final = ("urban_share", "people", "aged_6_14", "aged_65_share")


def outlook_html(found: OutlookTables, *, language: Language = "zh") -> str:
    """The page of an outlook: headline figures, curves, pyramids, flows, accounts, map, villages, limits.

    Parameters
    ----------
    found : Outlook
        What `tongqu.project` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host.

    Examples
    --------
    >>> import tongqu
    >>> page = outlook_html(tongqu.project("quzhou", until=2036, futures=0), language="en")
    >>> page.count('class="v"')
    1664
    """
    words = Words(language)
    names = place_names(found, words)
    folder = files("tongqu.views") / "templates"
    return (
        _environment()
        .get_template("outlook.html.j2")
        .render(
            t=words,
            found=found,
            region=names[found.whole],
            style=raw((folder / "report.css").read_text(encoding="utf-8")),
            own=raw((folder / "outlook.css").read_text(encoding="utf-8")),
            patterns=raw(PATTERNS),
            cards=_cards(found, words),
            share=words.share(float(found.tables["villages"]["modelled_people"].mean())),
            positions=words.share(float(found.tables["villages"]["modelled_position"].mean())),
            curves=[_curve(found, words, figure) for figure in CURVES],
            pyramids=_pyramids(found, words, names=names),
            flows=_flows(found, words, names=names),
            accounts=_accounts(found, words),
            map=raw(future_map(found.region, found.tables["villages"], words)),
            futures=_futures(found, words),
            villages=village_grid(found, words, label=words("outlook.villages")),
            nowcast=nowcast_grid(found, words, names=names, label=words("outlook.nowcast")),
            feedback=feedback_grid(found, words, names=names, label=words("outlook.feedback")),
            draws=_draws(found, words),
            explained=words.share(float(found.summary()["explained"])),
        )
    )


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tongqu.views", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _persons(value: float, words: Words) -> str:
    """Persons as far as a projection can be read: 万 in Chinese, thousands in English."""
    return words("outlook.rounded", value=words.number(value / _people_unit(words), 1))


def _people_unit(words: Words) -> int:
    return WAN if words.language == "zh" else THOUSAND


def _cards(found: OutlookTables, words: Words) -> list[dict[str, str]]:
    """Five headline figures with what they are held against."""
    totals = found.tables["totals"].loc[lambda table: table["unit"] == found.whole].set_index("year")
    base, until = found.years["base"], found.years["until"]
    ranges = _ranges(found)

    def shown(figure: str, value: float) -> str:
        return words.share(value) if figure.endswith("share") else _persons(value, words)

    cards = []
    for figure in CURVES:
        note = words("outlook.since", year=base, value=shown(figure, number_at(totals, base, figure)))
        if (figure, until) in ranges.index:
            low, high = (shown(figure, number_at(ranges, (figure, until), name)) for name in ("p10", "p90"))
            note += words("outlook.ends", low=low, high=high)
        name = words("outlook.card", name=words.label("curve", figure), year=until)
        cards.append({"value": shown(figure, number_at(totals, until, figure)), "name": name, "note": note})
    counts = found.tables["villages"]["future"].value_counts()
    move, shrink = (words.count(float(counts.get(name, 0))) for name in ("move", "shrink"))
    reached = found.summary()["target_reached"]
    note = words("outlook.card_villages", move=move, shrink=shrink)
    value = str(reached) if reached else words("outlook.never", year=until)
    return [*cards, {"value": value, "name": words("outlook.card_target"), "note": note}]


def _ranges(found: OutlookTables) -> pd.DataFrame:
    table = found.tables["ranges"]
    return table[table["unit"] == found.whole].set_index(["variable", "year"])


def _curve(found: OutlookTables, words: Words, figure: str) -> dict[str, Any]:
    """A figure of the whole by year: chart, and its twin in a table."""
    share = figure.endswith("share")
    totals = found.tables["totals"]
    mine = totals[totals["unit"] == found.whole]
    ranges = _ranges(found)
    inside = ranges.loc[figure] if figure in ranges.index.get_level_values(0) else None
    factor = 100.0 if share else 1 / _people_unit(words)
    points, target = _points(found, figure), _target(found) if figure == "urban_share" else None
    label = words.label("curve", figure)
    marked = list(found.years.values())
    data = Fan(
        mine["year"].tolist(),
        (mine[figure] * factor).tolist(),
        [] if inside is None else (inside["p10"] * factor).tolist(),
        [] if inside is None else (inside["p90"] * factor).tolist(),
        target,
        [(year, value if share else value * factor) for year, value in points],
    )
    unit = "%" if share else words("outlook.people_unit")
    svg = fan(
        data,
        label=label,
        unit=unit,
        words=lambda value: f"{value:,.1f}".removesuffix(".0"),
        target=words("outlook.target", value=words.plain(target or 0.0)),
        published=words("outlook.published"),
        marked=marked,
    )
    blank = pd.Series(np.nan, index=mine["year"])
    low, high = (blank if inside is None else inside[name].reindex(mine["year"]) for name in ("p10", "p90"))
    table = pd.DataFrame(
        {
            "year": mine["year"].to_numpy(),
            "middle": mine[figure].to_numpy(),
            "p10": low.to_numpy(),
            "p90": high.to_numpy(),
        }
    )
    return {
        "id": figure,
        "title": label,
        "svg": raw(svg),
        "points": bool(points),
        "target": target is not None,
        "fan": inside is not None,
        "grid": fan_grid(table, words, label=label, share=share),
    }


def _points(found: OutlookTables, figure: str) -> list[tuple[int, float]]:
    """Published values of the whole: per cent for the rate of urbanization."""
    name = {"urban_share": "urbanization_rate", "people": "resident_people"}.get(figure)
    table = found.tables["nowcast"]
    mine = table[(table["figure"] == name) & (table["unit"] == found.whole)]
    return [(int(year), float(value)) for year, value in zip(mine["year"], mine["published"], strict=True)]


def _target(found: OutlookTables) -> float | None:
    table = found.tables["targets"]
    return float(table["target"].iloc[0]) if len(table) else None


def _pyramids(found: OutlookTables, words: Words, *, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Three pyramids for every place, on one scale each, and their twin."""
    people = found.tables["people"]
    years = [found.years[name] for name in ("base", "last", "until")]
    years = sorted(set(years) & set(people["year"]))
    people = people[people["year"].isin(years)]
    sexes = (words.label("sex", "male"), words.label("sex", "female"))
    made = []
    for number, (unit, name) in enumerate(names.items()):
        mine = people[people["unit"] == unit]
        groups = list(dict.fromkeys(mine["age"].astype(str)))
        sums = mine.groupby(["year", "residence", "sex", "age"], observed=True, sort=False)["people"].sum()
        index = pd.MultiIndex.from_product([years, RESIDENCES, SEXES, groups])
        cube = sums.reindex(index).to_numpy().reshape(len(years), 2, 2, len(groups))
        most = float(cube.sum(axis=1).max())
        drawn = [
            pyramid(
                cube[k],
                groups=groups,
                most=most,
                title=str(year),
                sexes=sexes,
                words=lambda value: f"{value:,.0f}",
            )
            for k, year in enumerate(years)
        ]
        made.append(
            {
                "number": number,
                "name": name,
                "svg": [raw(svg) for svg in drawn],
                "grid": pyramid_grid(mine, words, years=years, label=f"{words('outlook.pyramids')} {name}"),
            }
        )
    return made


def _flows(found: OutlookTables, words: Words, *, names: Mapping[str, str]) -> dict[str, Any]:
    """Who leaves and who comes a year, by county: bars, the matrix, and the twin of the bars."""
    flows = found.tables["flows"]
    by = dict(iter(flows.groupby("kind")))
    inside = by.get("inside", flows.iloc[:0])
    styles = {
        "out_inside": "#8d9db6",
        "leavers": "url(#h-out)",
        "in_inside": "#8d9db6",
        "newcomers": URBAN,
        "returners": "url(#h-back)",
    }
    rows = []
    for unit in list(names)[1:]:
        values = {
            "out_inside": inside[inside["origin"] == unit]["people"].sum(),
            "leavers": number_at(by["leavers"].set_index("origin"), unit, "people"),
            "in_inside": inside[inside["destination"] == unit]["people"].sum(),
            **{
                kind: number_at(by[kind].set_index("destination"), unit, "people")
                for kind in ("newcomers", "returners")
            },
        }
        made = {
            name: Series(words.label("flow", name), styles[name], [float(value)])
            for name, value in values.items()
        }
        out = [made[name] for name in ("out_inside", "leavers")]
        into = [made[name] for name in ("in_inside", "newcomers", "returners")]
        rows.append((names[unit], out, into))
    label = words("outlook.flows")
    heads = (words("outlook.leave"), words("outlook.come"))
    legend = ["in_inside", "leavers", "newcomers", "returners"]
    return {
        "svg": raw(flow_bars(rows, heads=heads, label=label, words=lambda value: f"{value:,.0f}")),
        "legend": [(raw(swatch(styles[name])), words.label("flow", name)) for name in legend],
        "matrix": flow_grid(flows, words, names=names, label=label),
        "grid": outside_grid(flows, words, names=names, label=label),
    }


def _accounts(found: OutlookTables, words: Words) -> dict[str, Any]:
    """Yearly accounts of the whole, and what lets its towns grow."""
    table = found.tables["accounts"]
    mine = table[table["unit"] == found.whole]
    both = mine.groupby("year").sum(numeric_only=True)
    town = mine[mine["residence"] == "urban"].set_index("year")
    years = both.index.tolist()
    whole = {
        "births": (both["births"], "#35b779"),
        "immigrants": (both["immigrants"], URBAN),
        "deaths": (-both["deaths"], "url(#h-out)"),
        "emigrants": (-both["emigrants"], RURAL),
    }
    towns = {
        "from_country": (town["arrivals"] - town["departures"], RURAL),
        "from_outside": (town["immigrants"] - town["emigrants"], URBAN),
        "reclassified": (town["reclassified"], "url(#h-back)"),
        "natural": (town["births"] - town["deaths"], "url(#h-out)"),
    }
    charts = []
    for key, parts in (("whole", whole), ("towns", towns)):
        series = [
            Series(words.label("account", name), fill, values.tolist())
            for name, (values, fill) in parts.items()
        ]
        title = words.label("accounts", key)
        svg = signed(
            years,
            series=series,
            net=words("outlook.net"),
            label=title,
            unit=words("outlook.persons"),
            words=lambda value: f"{value:,.0f}",
        )
        legend = [(raw(swatch(one.fill)), one.name) for one in series]
        charts.append(
            {
                "title": title,
                "svg": raw(svg),
                "legend": legend,
                "grid": _parts_grid(years, series, words, label=title),
            }
        )
    return {"charts": charts, "grid": account_grid(mine, words, label=words("outlook.accounts"))}


def _parts_grid(years: list[int], series: list[Series], words: Words, *, label: str) -> Grid:
    """The twin of a chart of signed columns."""
    values = np.array([one.values for one in series])
    rows = [
        [str(year), *(words.count(float(value)) for value in (*values[:, k], values[:, k].sum()))]
        for k, year in enumerate(years)
    ]
    head = [words("column.year"), *(one.name for one in series), words("outlook.net")]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def _futures(found: OutlookTables, words: Words) -> list[dict[str, Any]]:
    """Proposals with their mark, number of villages and people."""
    villages = found.tables["villages"]
    by = villages.groupby("future")["people_last"].agg(["size", "sum"]).reindex(list(FUTURES), fill_value=0)
    return [
        {
            "name": name,
            "mark": raw(future_mark(name)),
            "words": words.label("future", name),
            "count": words.count(number_at(by, name, "size")),
            "people": words.count(number_at(by, name, "sum")),
        }
        for name in FUTURES
    ]


def _draws(found: OutlookTables, words: Words) -> Grid:
    """The parameters that the futures draw, with their range."""
    standards = found.region["standards"].set_index("standard")
    named = [name for name in found.tables["draws"].columns if name in standards.index]
    rows = [
        [
            words.name(standards.at[name, "name_zh"], standards.at[name, "name_en"]),
            *(words.plain(number_at(standards, name, column)) for column in ("low", "value", "high")),
            words.label("status", str(standards.at[name, "status"])),
        ]
        for name in named
    ]
    head = [
        words("outlook.parameter"),
        words("outlook.low"),
        words("outlook.middle"),
        words("outlook.high"),
        words("outlook.rests"),
    ]
    return Grid(label=words("outlook.draws"), head=head, rows=rows, numeric=frozenset({1, 2, 3}))
