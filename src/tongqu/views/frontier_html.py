"""The frontier between two measures as a page: points with their bounds, and their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, Protocol

import pandas as pd

from tongqu.data import Region
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.svg import Scale, drawing, line, text, ticks
from tongqu.views.words import Language, Words

__all__ = ["frontier_html"]

WIDTH: Final = 900.0
HEIGHT: Final = 460.0
PLAN, BOUND = "#1f5f7d", "#a03c2c"
MARGIN: Final = 0.08
"""Share of the range of a measure that the axes go beyond it."""


class Frontier(Protocol):
    """What the page reads of a frontier."""

    @property
    def region(self) -> Region:
        """Where."""

    @property
    def scenario(self) -> str:
        """Name of the scenario."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tables ``points``, ``measures``, ``decisions``."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """Headline figures."""


def frontier_html(found: Frontier, *, language: Language = "zh") -> str:
    """The page of a frontier.

    Parameters
    ----------
    found : FieldStudy
        What `tongqu.frontier` gives.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. The chart has its table.
    """
    words = Words(language)
    said, region = found.figures, found.region
    name = region.title_zh if language == "zh" else region.title_en
    first, second = (str(said[key]) for key in ("first", "second"))
    names = {one: words(f"frontier.{one}") for one in (first, second)}
    points = found.tables["points"]
    page = Page(
        title=f"{name} {words('frontier.title')}",
        brand=words("frontier.brand"),
        heading=words("frontier.heading", region=name, first=names[first], second=names[second]),
        band=words("frontier.band"),
        footer=words("frontier.footer"),
        under=[f"{words('scenario')} {found.scenario}"],
        cards=_cards(points, words, measures=(first, second), names=names),
        sections=[
            Section(
                "points",
                words("frontier.points"),
                parts=[Part(figures=[_figure(points, words, measures=(first, second), names=names)])],
                notes=[words("frontier.points_note")],
            ),
            Section(
                "measures",
                words("frontier.measures"),
                parts=[Part(grids=[(words("frontier.measures"), _measures(found, words))])],
                notes=[words("frontier.measures_note")],
            ),
            Section(
                "limits",
                words("outlook.limits"),
                points=[
                    words("frontier.limit_promise"),
                    words("frontier.limit_gap"),
                    words("frontier.limit_levels"),
                ],
            ),
        ],
    )
    return render(page, words)


def _format(measure: str, words: Words) -> Format:
    if measure == "cost":
        return lambda value: words.money(float(value))
    if measure == "coordination":
        return lambda value: f"{float(value):.5f}"
    return lambda value: words.share(float(value), digits=2)


def _cards(
    points: pd.DataFrame, words: Words, *, measures: tuple[str, str], names: Mapping[str, str]
) -> list[Card]:
    first, last = points.iloc[0], points.iloc[-1]
    cards = [Card(str(len(points)), words("frontier.card_points"))]
    for key, measure in zip(("first", "second"), measures, strict=True):
        say = _format(measure, words)
        note = words("frontier.card_note", other=say(last[key] if key == "first" else first[key]))
        cards.append(Card(say(first[key] if key == "first" else last[key]), names[measure], note))
    gap = _format(measures[0], words)(points["gap"].max())
    return [*cards, Card(gap, words("frontier.card_gap"), words("frontier.card_gap_note"))]


def _figure(
    points: pd.DataFrame, words: Words, *, measures: tuple[str, str], names: Mapping[str, str]
) -> Figure:
    say = [_format(measure, words) for measure in measures]
    first, second = (names[measure] for measure in measures)
    columns: dict[str, tuple[str, Format | None]] = {
        "point": (words("frontier.point"), lambda value: f"{int(value)}"),
        "first": (first, say[0]),
        "second": (second, say[1]),
        "bound": (words("frontier.bound"), say[0]),
        "gap": (words("frontier.gap"), say[0]),
        "projects": (words("frontier.projects"), lambda value: words.count(int(value))),
        "capital_wan": (words("frontier.capital"), lambda value: words.money(float(value))),
    }
    title = words("frontier.chart", first=first, second=second)
    return Figure(
        title,
        _chart(points, say=say, heads=(second, first), label=title),
        grid_of(points, columns=columns, label=title),
        legend_of([(PLAN, words("frontier.plan"))])
        + legend_of([(BOUND, words("frontier.bound"))], kind="line"),
    )


def _chart(points: pd.DataFrame, *, say: Sequence[Format], heads: tuple[str, str], label: str) -> str:
    """The second measure across, the first up; the bound of each point is a dash above or below it."""
    left, base, high, right = 110.0, HEIGHT - 62, 18.0, WIDTH - 64
    across = _marks(points["second"])
    up = _marks(pd.concat([points["first"], points["bound"]]))
    x, y = Scale(across[0], across[-1], left, right), Scale(up[0], up[-1], base, high)
    body = []
    for mark in across:
        body.append(line(x(mark), high, x2=x(mark), y2=base))
        body.append(text(x(mark), base + 19, words=say[1](mark), anchor="middle"))
    for mark in up:
        body.append(line(left, y(mark), x2=right, y2=y(mark)))
        body.append(text(left - 8, y(mark) + 4, words=say[0](mark), anchor="end"))
    places = [(x(float(row["second"])), y(float(row["first"]))) for _, row in points.iterrows()]
    path = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in places)
    body.append(f'<path d="{path}" fill="none" stroke="{PLAN}" stroke-width="1.6"/>')
    for (px, py), (_, row) in zip(places, points.iterrows(), strict=True):
        at = y(float(row["bound"]))
        body.append(
            f'<path d="M{px:.1f} {py:.1f}V{at:.1f}M{px - 9:.1f} {at:.1f}h18" stroke="{BOUND}" fill="none"/>'
        )
        title = f"{int(row['point'])}: {heads[1]} {say[0](row['first'])}, {heads[0]} {say[1](row['second'])}"
        body.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="5" fill="{PLAN}"><title>{escape(title)}</title></circle>'
        )
        body.append(text(px + 9, py - 8, words=int(row["point"])))
    body.append(text((left + right) / 2, base + 44, words=heads[0], anchor="middle"))
    body.append(
        f'<text class="tick" transform="translate(16 {base / 2:g}) rotate(-90)" text-anchor="middle">'
        f"{escape(heads[1])}</text>"
    )
    return drawing(body, label=label, width=WIDTH, height=HEIGHT)


def _marks(values: pd.Series) -> list[float]:
    """Marks of an axis that holds all values."""
    low, high = float(values.min()), float(values.max())
    room = MARGIN * (high - low) or 0.01 * max(1.0, abs(high))
    least = low - room
    return ticks(0.0 if least < 0 <= low else least, high + room)


def _measures(found: Frontier, words: Words) -> Any:
    table = found.tables["measures"]
    wide = table.pivot(index="point", columns="measure", values="value").reset_index()
    wide["point"] = [words("frontier.no_plan") if one == 0 else str(one) for one in wide["point"]]
    columns: dict[str, tuple[str, Format | None]] = {"point": (words("frontier.point"), None)}
    for measure in ("coordination", "coverage", "worst-off", "cost"):
        columns[measure] = (words(f"frontier.{measure}"), _format(measure, words))
    return grid_of(wide, columns=columns, label=words("frontier.measures"))
