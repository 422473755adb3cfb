"""Futures of plans as a page: what they bring, whether money suffices, what is chosen whatever comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from tongqu.views.charts import Series
from tongqu.views.futures_charts import Spread, spreads
from tongqu.views.study_charts import bars, trends
from tongqu.views.study_page import (
    Card,
    Figure,
    Format,
    Page,
    Part,
    Section,
    Study,
    grid_of,
    legend_of,
    render,
)
from tongqu.views.words import Language, Words

__all__ = ["FuturesTables", "futures_html"]

MAIN: Final = "plan"
NONE: Final = "none"
STANDING: Final[Mapping[str, str]] = {
    "no_regret": "#2a788e",
    "contested": "#c9a227",
    "only_planned": "#b9b9b2",
}
"""Colour of a project by how it stands over futures."""
SHARES: Final = {"log_d": "#12394f", "gain": "#2a788e", "short_wan": "#a3322b"}
"""Colour of the parts of influence, by outcome."""
LINES: Final = ("#12394f", "#a3322b", "#2a788e", "#7d6300", "#6a3d8f", "#4c6b2f")
STRONGEST: Final = 8
LISTED: Final = 25
"""Projects in a table of the page; files have all."""
GOOD: Final = 0.7
"""Share of the variance below which a fit is called weak."""


class FuturesTables(Study, Protocol):
    """What the page reads: see `tongqu.futures`."""

    @property
    def year(self) -> int:
        """Last year of the plans."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


def futures_html(found: FuturesTables, *, language: Language = "zh") -> str:
    """The page of futures.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.futures` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart has its table.
    """
    words = Words(language)
    said = found.figures
    region = words.name(found.region.title_zh, found.region.title_en)
    sections = [
        _plans(found, words),
        _money(found, words),
        _choices(found, words),
        _influence(found, words),
        _services(found, words),
        _limits(found, words),
    ]
    page = Page(
        title=f"{region} {words('futures.title')}",
        brand=words("futures.brand"),
        heading=words("futures.heading", region=region, count=words.count(said["futures"])),
        band=words("futures.modelled"),
        footer=words("futures.footer"),
        under=[
            f"{words('scenario')} {found.scenario}",
            words("futures.under", drawn=said["drawn"], seed=said["seed"], again=said["replanned"]),
        ],
        cards=_cards(found, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _plan(words: Words, name: str) -> str:
    return words.label("futures_plan", name)


def _parameters(found: Study, words: Words) -> dict[str, str]:
    """Names of the standards."""
    table = found.region["standards"]
    rows = zip(table["standard"], table["name_zh"], table["name_en"], strict=True)
    return {str(code): words.name(zh, en) for code, zh, en in rows}


def _places(found: Study, words: Words) -> dict[str, str]:
    units = found.region["units"]
    rows = zip(units["unit"], units["name"], units["name_en"], strict=True)
    return {str(code): words.name(zh, en) for code, zh, en in rows}


def _cards(found: FuturesTables, words: Words) -> list[Card]:
    said, plan = found.figures, found.figures["plan"]
    standing = said["standing"]
    cards = [
        Card(
            words.number(plan["p50"], 3),
            words("futures.card_d"),
            words(
                "futures.card_d_note",
                low=words.number(plan["p10"], 3),
                high=words.number(plan["p90"], 3),
                none=words.number(said["none"]["mean"], 3),
            ),
        ),
        Card(
            words.share(plan["gain"]),
            words("futures.card_gain"),
            words("futures.card_gain_note", least=words.share(plan["least"])),
        ),
        Card(
            words.share(plan["kept"], digits=0),
            words("futures.card_kept"),
            words("futures.card_kept_note", money=words.money(plan["short_wan"])),
        ),
    ]
    if said["replanned"]:
        cards.append(
            Card(
                words.count(standing["no_regret"]),
                words("futures.card_sure"),
                words("futures.card_sure_note", contested=words.count(standing["contested"])),
            )
        )
    if said["robust"]:
        cards.append(
            Card(
                words.share(_kept(found, "robust"), digits=0),
                words("futures.card_robust"),
                words(
                    "futures.card_robust_note",
                    futures=len(said["robust"]["values"]),
                    gap=words.most(said["robust"]["gap"]),
                ),
            )
        )
    return cards


def _kept(found: FuturesTables, plan: str) -> float:
    return float(found.tables["plans"].set_index("plan")["kept"].to_dict()[plan])


def _number(words: Words, digits: int) -> Format:
    return lambda value: words.number(float(value), digits)


def _share(words: Words, digits: int = 1) -> Format:
    return lambda value: words.share(float(value), digits=digits)


def _plans(found: FuturesTables, words: Words) -> Section:
    """Mean D of every plan over the futures, and what each loses against the best of a future."""
    table, title = found.tables["plans"], words("futures.plans")
    rows = [
        Spread(_plan(words, row["plan"]), row["p10"], row["p50"], row["p90"], row["expected"], row["worst"])
        for row in table.to_dict("records")
    ]
    marks = (words("futures.middle"), words("futures.expected"), words("futures.worst"))
    svg = spreads(rows, label=title, unit="D", words=_number(words, 3), marks=marks)
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("futures.plan"), None),
        "projects": (words("futures.projects"), _number(words, 0)),
        "capital": (words("futures.capital"), words.amount),
        "expected": (words("futures.expected"), _number(words, 4)),
        "mean": (words("futures.mean"), _number(words, 4)),
        "p10": (words("futures.p10"), _number(words, 4)),
        "p50": (words("futures.middle"), _number(words, 4)),
        "p90": (words("futures.p90"), _number(words, 4)),
        "worst": (words("futures.worst"), _number(words, 4)),
        "gain": (words("futures.gain"), _share(words)),
        "least": (words("futures.least"), _share(words)),
        "kept": (words("futures.kept"), _share(words, 0)),
        "short": (words("futures.short"), words.amount),
    }
    shown = table.assign(
        name=[_plan(words, name) for name in table["plan"]],
        capital=table["capital_wan"],
        short=table["short_wan"],
    )
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title))
    regret, head = found.tables["regret"], words("futures.regret")
    shown = regret.assign(
        name=[_plan(words, name) for name in regret["plan"]],
        basis=[words.label("futures_among", name) for name in regret["among"]],
    )
    lost: dict[str, tuple[str, Format | None]] = {
        "basis": (words("futures.against"), None),
        "futures": (words("futures.count"), _number(words, 0)),
        "name": (words("futures.plan"), None),
        "regret_mean": (words("futures.regret_mean"), _number(words, 5)),
        "regret_most": (words("futures.regret_most"), _number(words, 5)),
        "regret_worst": (words("futures.regret_worst"), _number(words, 5)),
        "regret_never": (words("futures.regret_never"), _share(words, 0)),
    }
    part = Part(figures=[figure], grids=[(head, grid_of(shown, columns=lost, label=head))])
    return Section("plans", title, [part], [words("futures.plans_note"), words("futures.regret_note")])


def _money(found: FuturesTables, words: Words) -> Section:
    """In what share of futures money is missing, by county and year."""
    table, title = found.tables["money"], words("futures.money")
    places = _places(found, words)
    parts = []
    for plan in dict.fromkeys(table["plan"]):
        mine = table[table["plan"] == plan]
        years = list(range(int(mine["year"].min()), found.year + 1))
        wide = mine.pivot(index="year", columns="unit", values="share").reindex(years).fillna(0.0)
        series = [
            Series(places[str(unit)], LINES[number % len(LINES)], list(wide[unit]))
            for number, unit in enumerate(wide)
        ]
        label = f"{title}: {_plan(words, plan)}"
        shown = mine.assign(
            place=[places[str(unit)] for unit in mine["unit"]],
            when=[str(year) if year <= found.year else words("futures.for_good") for year in mine["year"]],
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "place": (words("column.county"), None),
            "when": (words("futures.year"), None),
            "share": (words("futures.share_short"), _share(words, 0)),
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
                words=_share(words, 0),
                zero=True,
            )
            parts.append(Part(_plan(words, plan), figures=[Figure(label, svg, grid)]))
        else:
            parts.append(Part(_plan(words, plan), grids=[(label, grid)]))
    return Section("money", title, parts, [words("futures.money_note")])


def _choices(found: FuturesTables, words: Words) -> Section:
    """Projects that every known future would choose, and those on which futures differ."""
    table, title = found.tables["choices"], words("futures.choices")
    if not found.figures["replanned"] or table.empty:
        return Section("choices", title)
    places = _places(found, words)
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
            name: (words.label("futures_standing", name), _number(words, 0))
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
        "share": (words("futures.chosen"), _share(words, 0)),
        "first": (words("futures.first"), _number_year(words)),
        "last": (words("futures.last"), _number_year(words)),
        "in_plan": (words("futures.in_plan"), lambda yes: words("study.yes" if yes else "study.no")),
    }


def _number_year(words: Words) -> Format:
    return lambda year: words.number(float(year), 0).replace(",", "")


def _influence(found: FuturesTables, words: Words) -> Section:
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
            words=_share(words, 0),
            name_width=330,
        )
        columns: dict[str, tuple[str, Format | None]] = {
            "rank": (words("futures.rank"), _number(words, 0)),
            "name": (words("futures.parameter"), None),
            "coefficient": (words("futures.coefficient"), _number(words, 3)),
            "share": (words("futures.share_variance"), _share(words)),
        }
        weak = words("futures.weak") if explained < GOOD else ""
        note = words("futures.explained", share=words.share(explained, digits=0)) + weak
        parts.append(
            Part(said, figures=[Figure(label, svg, grid_of(shown, columns=columns, label=label), note=note)])
        )
    return Section("influence", title, parts, [words("futures.influence_note")])


def _services(found: FuturesTables, words: Words) -> Section:
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
    svg = spreads(rows, label=title, unit=words("futures.served"), words=_share(words, 0), marks=marks)
    shown = table.assign(
        name=[_plan(words, name) for name in table["plan"]],
        what=[words.label("service", name) for name in table["service"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "what": (words("futures.service"), None),
        "name": (words("futures.plan"), None),
        "expected": (words("futures.expected"), _share(words)),
        "p10": (words("futures.p10"), _share(words)),
        "p50": (words("futures.middle"), _share(words)),
        "p90": (words("futures.p90"), _share(words)),
    }
    figure = Figure(title, svg, grid_of(shown, columns=columns, label=title))
    return Section("services", title, [Part(figures=[figure])])


def _limits(found: FuturesTables, words: Words) -> Section:
    """What the futures rest on."""
    names = _parameters(found, words)
    drawn = [names.get(str(name), str(name)) for name in found.tables["draws"] if name != "future"]
    points = [
        words("futures.limit_drawn", names=words.listing(drawn)),
        words("futures.limit_luck"),
        words("futures.limit_offer"),
        words("futures.limit_money"),
        words("futures.limit_known"),
    ]
    if found.figures["infeasible"]:
        count = len(found.figures["infeasible"])
        points.append(words("futures.limit_infeasible", count=count))
    if found.figures["robust"]:
        robust = found.figures["robust"]
        points.append(
            words("futures.limit_robust", futures=len(robust["values"]), gap=words.most(robust["gap"]))
        )
    return Section("limits", words("outlook.limits"), points=points)
