"""Tables of the outlook's page: twins of the charts, villages, and what the forecast is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.views.grid import Grid
from tongqu.views.study_page import Study
from tongqu.views.words import Words

__all__ = [
    "OutlookTables",
    "account_grid",
    "fan_grid",
    "feedback_grid",
    "flow_grid",
    "listed_villages",
    "nowcast_grid",
    "number_at",
    "outside_grid",
    "place_names",
    "pyramid_grid",
    "village_grid",
]

MOST_VILLAGES: Final = 30
"""Villages listed of those to move, and of those that shrink; all are on the map and in the files."""
PERCENT: Final = ("urbanization_rate",)


class OutlookTables(Study, Protocol):
    """What the page reads of an outlook: see `tongqu.Outlook`."""

    @property
    def years(self) -> Mapping[str, int]:
        """Years ``base, first, last, until``."""

    @property
    def futures(self) -> int:
        """Futures drawn."""

    @property
    def seed(self) -> int:
        """Seed of the draws."""


def number_at(table: pd.DataFrame, row: Any, column: Any) -> float:
    """The number in a cell."""
    value: Any = table.at[row, column]
    return float(value)


def place_names(found: OutlookTables, words: Words) -> dict[str, str]:
    """Names of the whole and of its counties, by code, in order."""
    units = found.region["units"].set_index("unit")
    names = {found.whole: words.name(found.region.title_zh, found.region.title_en)}
    for unit in found.tables["totals"]["unit"].unique()[1:]:
        names[str(unit)] = words.name(units.at[unit, "name"], units.at[unit, "name_en"])
    return names


def fan_grid(table: pd.DataFrame, words: Words, *, label: str, share: bool) -> Grid:
    """A figure by year with its range: ``year, middle, p10, p90``."""

    def shown(value: float) -> str:
        return words.share(value) if share else words.count(value)

    rows = [
        [str(int(row["year"])), *(shown(float(row[name])) for name in ("middle", "p10", "p90"))]
        for row in table.to_dict("records")
    ]
    head = [words("column.year"), words("outlook.projected"), words("outlook.p10"), words("outlook.p90")]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset({1, 2, 3}))


def pyramid_grid(people: pd.DataFrame, words: Words, *, years: Sequence[int], label: str) -> Grid:
    """People of a place by age: for each year urban and rural, men and women."""
    sides = [(residence, sex) for residence in ("urban", "rural") for sex in ("male", "female")]
    wide = people.pivot_table(
        index="age", columns=["year", "residence", "sex"], values="people", aggfunc="sum", sort=False
    )
    head = [words("outlook.age")] + [
        f"{year} {words.label('residence', residence)} {words.label('sex', sex)}"
        for year in years
        for residence, sex in sides
    ]
    rows = [
        [str(age)] + [words.count(number_at(wide, age, (year, *side))) for year in years for side in sides]
        for age in wide.index
    ]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def account_grid(accounts: pd.DataFrame, words: Words, *, label: str) -> Grid:
    """Yearly accounts of a place, town and country together."""
    items = ["start", "births", "deaths", "arrivals", "departures", "immigrants", "emigrants", "end"]
    by = accounts.groupby("year")[items].sum()
    head = [words("column.year"), *(words.label("account", name) for name in items)]
    rows = [[str(year), *(words.count(float(row[name])) for name in items)] for year, row in by.iterrows()]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def flow_grid(flows: pd.DataFrame, words: Words, *, names: Mapping[str, str], label: str) -> Grid:
    """Persons a year from each county (rows) to each county (columns) and outside."""
    counties = list(names)[1:]
    inside = flows[flows["kind"] == "inside"].pivot_table(
        index="origin", columns="destination", values="people", aggfunc="sum"
    )
    leavers = flows[flows["kind"] == "leavers"].set_index("origin")["people"]
    rows = []
    for origin in counties:
        cells = [
            "–" if origin == other else words.count(number_at(inside, origin, other)) for other in counties
        ]
        rows.append([names[origin], *cells, words.count(float(leavers[origin]))])
    totals = [float(inside[other].sum()) for other in counties] if len(inside) else []
    foot = [
        words("outlook.sum"),
        *(words.count(value) for value in totals),
        words.count(float(leavers.sum())),
    ]
    head = [words("outlook.from_to"), *(names[unit] for unit in counties), words("outlook.outside")]
    return Grid(label=label, head=head, rows=rows, foot=foot, numeric=frozenset(range(1, len(head))))


def outside_grid(flows: pd.DataFrame, words: Words, *, names: Mapping[str, str], label: str) -> Grid:
    """Persons a year to and from outside, and between counties, by county."""
    by = dict(iter(flows.groupby("kind")))
    inside = by.get("inside", flows.iloc[:0])
    rows = []
    for unit in list(names)[1:]:
        out, into = (inside[inside[side] == unit]["people"].sum() for side in ("origin", "destination"))
        away = number_at(by["leavers"].set_index("origin"), unit, "people")
        come = [
            number_at(by[kind].set_index("destination"), unit, "people")
            for kind in ("newcomers", "returners")
        ]
        net = into + sum(come) - out - away
        rows.append([names[unit], *(words.count(float(one)) for one in (out, away, into, *come, net))])
    head = [words("column.county")] + [
        words.label("flow", name)
        for name in ("out_inside", "leavers", "in_inside", "newcomers", "returners", "net")
    ]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset(range(1, len(head))))


def listed_villages(villages: pd.DataFrame) -> pd.DataFrame:
    """Villages to move, then those that shrink, each fastest first and at most `MOST_VILLAGES`."""
    ordered = villages.sort_values(["change", "unit"], kind="stable")
    return pd.concat([ordered[ordered["future"] == name].head(MOST_VILLAGES) for name in ("move", "shrink")])


def village_grid(found: OutlookTables, words: Words, *, label: str) -> Grid:
    """Villages to move, and those that shrink fastest, with the reason and the figure behind it."""
    units = found.region["units"].set_index("unit")

    def name(code: object) -> str:
        return words.name(units.at[code, "name"], units.at[code, "name_en"]) if code in units.index else ""

    rows = []
    for row in listed_villages(found.tables["villages"]).to_dict("records"):
        why = words.label("reason", str(row["reason"]))
        if row["measure"]:
            shown = words(
                "outlook.against",
                value=words.plain(round(row["value"], 2)),
                line=words.plain(row["threshold"]),
            )
            why = f"{why} ({words.label('evidence', str(row['measure']))} {shown})"
        rows.append(
            [
                name(row["unit"]),
                name(row["town"]),
                name(row["county"]),
                words.label("future", str(row["future"])) + (words("outlook.close") if row["close"] else ""),
                words.count(float(row["people_base"])),
                words.count(float(row["people_last"])),
                words.share(float(row["change"])),
                words.share(float(row["old_last"])),
                words.share(float(row["young_kept"])),
                why,
            ]
        )
    years = found.years
    head = [
        words("column.village"),
        words("column.town"),
        words("column.county"),
        words("outlook.proposal"),
        words("outlook.people_in", year=years["base"]),
        words("outlook.people_in", year=years["last"]),
        words("outlook.change"),
        words("outlook.old_in", year=years["last"]),
        words("outlook.young_kept"),
        words("outlook.why"),
    ]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset(range(4, 9)), css="villages")


def nowcast_grid(found: OutlookTables, words: Words, *, names: Mapping[str, str], label: str) -> Grid:
    """What was published after the census beside what is projected, and how far off that is."""
    sources = found.region["sources"].set_index("source")["title"]
    rows = []
    for row in found.tables["nowcast"].to_dict("records"):
        percent = row["figure"] in PERCENT
        digits = 1 if percent or row["published"] < 100 else 0
        off = words.number(row["difference"], digits) + (words("outlook.points") if percent else "")
        share = "" if percent else f" ({words.share(row['relative'])})"
        note = words.label("note", row["note"]) if row["note"] else ""
        rows.append(
            [
                names.get(row["unit"], row["unit"]),
                words.label("figure", row["figure"]),
                str(row["year"]),
                words.number(row["projected"], digits),
                words.number(row["published"], digits),
                off + share,
                note,
                str(sources.get(row["source"], row["source"])),
            ]
        )
    head = [
        words("outlook.place"),
        words("column.indicator"),
        words("column.year"),
        words("outlook.projected"),
        words("outlook.published"),
        words("outlook.difference"),
        words("outlook.note"),
        words("outlook.source"),
    ]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset({3, 4, 5}), css="nowcast")


def feedback_grid(found: OutlookTables, words: Words, *, names: Mapping[str, str], label: str) -> Grid:
    """Change of people and of urban people by the elasticity to services, by place."""
    table = found.tables["feedback"].set_index(["unit", "case"])
    cases = list(dict.fromkeys(table.index.get_level_values("case")))
    rows = []
    for unit, name in names.items():
        cells = [
            words.number(number_at(table, (unit, case), figure), 0)
            for figure in ("people_change", "urban_change")
            for case in cases
        ]
        rows.append([name, *cells])
    levels = [words.plain(number_at(table, (found.whole, case), "elasticity")) for case in cases]
    head = [words("column.county")] + [
        f"{words.label('account', figure)}, {words('outlook.elasticity')} {level}"
        for figure in ("people", "urban")
        for level in levels
    ]
    return Grid(label=label, head=head, rows=rows, numeric=frozenset(range(1, len(head))))
