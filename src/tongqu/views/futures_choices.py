"""Section of the page of futures: which projects hold whatever comes, and what matters most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tongqu.views.charts import Series
from tongqu.views.futures_words import MAIN, FuturesTables, number, place_names, share
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Figure, Format, Part, Section, grid_of, legend_of
from tongqu.views.words import Words

__all__ = ["choices_section", "influence_section"]

STANDING: Final[Mapping[str, str]] = {
    "no_regret": "#2a788e",
    "contested": "#c9a227",
    "only_planned": "#b9b9b2",
}
"""Colour of a project by how it stands over futures."""
SHARES: Final = {"log_d": "#12394f", "gain": "#2a788e", "short_wan": "#a3322b"}
"""Colour of the parts of influence, by outcome."""
STRONGEST: Final = 8
LISTED: Final = 25
"""Projects in a table of the page; files have all."""
GOOD: Final = 0.7
"""Share of the variance below which a fit is called weak."""


def choices_section(found: FuturesTables, words: Words) -> Section:
    """Projects that every known future would choose, and those on which futures differ."""
    table, title = found.tables["choices"], words("futures.choices")
    if not found.figures["replanned"] or table.empty:
        return Section("choices", title)
    places = place_names(found, words)
    counted = table.groupby(["sector", "standing"], observed=True).size().unstack(fill_value=0)
    counted = counted.loc[counted.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    rows = [
        (
            words.label("sector", str(sector)),
            [
                Series(words.label("futures_standing", name), fill, [float(row.get(name, 0))])
                for name, fill in STANDING.items()
            ],
        )
        for sector, row in counted.iterrows()
    ]
    svg = bars(rows, label=title, unit=words("futures.projects"), words=words.count)
    count: dict[str, tuple[str, Format | None]] = {
        "sector_name": (words("futures.sector"), None),
        **{
            name: (words.label("futures_standing", name), number(words, 0))
            for name in STANDING
            if name in counted
        },
    }
    shown = counted.reset_index().assign(
        sector_name=[words.label("sector", str(name)) for name in counted.index]
    )
    legend = legend_of([(fill, words.label("futures_standing", name)) for name, fill in STANDING.items()])
    figure = Figure(title, svg, grid_of(shown, columns=count, label=title), legend)
    named = table.assign(
        name=[words.name(zh, en) for zh, en in zip(table["name_zh"], table["name_en"], strict=True)],
        place=[places.get(str(unit), str(unit)) for unit in table["county"]],
        in_plan=[MAIN in str(names).split(";") for names in table["plans"]],
    )
    grids = []
    for standing in STANDING:
        mine = named[named["standing"] == standing].sort_values("capital_wan", ascending=False).head(LISTED)
        if len(mine):
            head = words.label("futures_standing", standing)
            grids.append((head, grid_of(mine, columns=_choice_columns(words), label=head)))
    notes = [words("futures.choices_note", count=found.figures["replanned"], listed=LISTED)]
    return Section("choices", title, [Part(figures=[figure], grids=grids)], notes)


def _choice_columns(words: Words) -> dict[str, tuple[str, Format | None]]:
    return {
        "name": (words("futures.project"), None),
        "place": (words("column.county"), None),
        "capital_wan": (words("futures.capital"), words.amount),
        "share": (words("futures.chosen"), share(words, 0)),
        "first": (words("futures.first"), _number_year(words)),
        "last": (words("futures.last"), _number_year(words)),
        "in_plan": (words("futures.in_plan"), lambda yes: words("study.yes" if yes else "study.no")),
    }


def _number_year(words: Words) -> Format:
    return lambda year: words.number(float(year), 0).replace(",", "")


def influence_section(found: FuturesTables, words: Words) -> Section:
    """Which parameters move D, the gain and the money that is missing."""
    table, title = found.tables["influence"], words("futures.influence")
    parts = []
    mine = table[table["plan"] == MAIN]
    for outcome, fill in SHARES.items():
        rows = mine[(mine["outcome"] == outcome) & (mine["rank"] <= STRONGEST)]
        if rows.empty:
            continue
        said = words.label("futures_outcome", outcome)
        explained = float(rows["explained"].iloc[0])
        shown = rows.assign(
            name=[words.name(zh, en) for zh, en in zip(rows["name_zh"], rows["name_en"], strict=True)]
        )
        drawn = [
            (str(row["name"]), [Series(said, fill, [float(row["share"])])])
            for row in shown.to_dict("records")
        ]
        label = f"{title}: {said}"
        svg = bars(
            drawn,
            label=label,
            unit=words("futures.share_variance"),
            words=share(words, 0),
            name_width=330,
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "rank": (words("futures.rank"), number(words, 0)),
            "name": (words("futures.parameter"), None),
            "coefficient": (words("futures.coefficient"), number(words, 3)),
            "share": (words("futures.share_variance"), share(words)),
        }
        weak = words("futures.weak") if explained < GOOD else ""
        note = words("futures.explained", share=words.share(explained, digits=0)) + weak
        parts.append(
            Part(said, figures=[Figure(label, svg, grid_of(shown, columns=columns, label=label), note=note)])
        )
    return Section("influence", title, parts, [words("futures.influence_note")])
