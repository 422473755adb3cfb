"""A plan beside what happened as a page; and, where it was made again, what became of each decision."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from tongqu.contracts import Run
from tongqu.views.gantt import CHANGES, Bar, gantt
from tongqu.views.study_page import Card, Figure, Format, Page, Part, Section, grid_of, legend_of, render
from tongqu.views.words import Language, Words

__all__ = ["monitor_html"]

MOST: Final = 40
"""Rows of a drawing, and of the journal; the tables of the run have all."""
EACH: Final = 12
"""Rows of a kind that come before more of another."""
ORDER: Final = ("moved", "dropped", "added", "contracted", "kept", "built")
"""What comes first."""
FOUND: Final[Mapping[str, str]] = {"built": "built", "contracted": "contracted", "dropped": "dropped"}


class Beside(Protocol):
    """What the page reads: see `tongqu.monitor`."""

    @property
    def run(self) -> Run:
        """The plan."""

    @property
    def year(self) -> int:
        """The last year that is known."""

    @property
    def projects(self) -> pd.DataFrame:
        """Projects, planned and actual."""

    @property
    def figures(self) -> pd.DataFrame:
        """Figures, planned and actual."""

    @property
    def triggers(self) -> pd.DataFrame:
        """What is outside tolerance."""

    def summary(self) -> Mapping[str, Any]:
        """Headline figures."""


def monitor_html(found: Beside, *, again: Run | None = None, language: Language = "zh") -> str:
    """The page of a monitored plan.

    Parameters
    ----------
    found : Monitoring
        What `tongqu.monitor` gives.
    again : Run, optional
        The plan made again, see `tongqu.replan`: then the page shows what became of each decision.
    language : {"zh", "en"}
        Language of words and names.

    Returns
    -------
    str
        HTML that refers to no other file or host. Every chart has its table.
    """
    words = Words(language)
    region = words.name(found.run.region.title_zh, found.run.region.title_en)
    names = _names(found.run, again, words)
    sections = [_projects(found, words, names)]
    if again is not None:
        sections = [_changes(found, again, words, names), *sections]
    sections += [_figures(found, again, words), _triggers(found, words, names)]
    if again is not None:
        sections.append(_journal(again, words, names))
    sections.append(Section("limits", words("monitor.limits"), points=_limits(words)))
    off = int(found.summary()["figures_not_followed"])
    if off:
        band = (
            words("monitor.band_again", count=off) if again is not None else words("monitor.band", count=off)
        )
    else:
        band = words("monitor.band_none")
    run = found.run.id if again is None else f"{found.run.id} → {again.id}"
    page = Page(
        title=f"{region} {words('monitor.title')}",
        brand=words("monitor.brand"),
        heading=words("monitor.heading", region=region, year=found.year),
        band=band,
        footer=words("monitor.footer", run=run),
        under=[f"{words('scenario')} {found.run.scenario.name}", f"{words('monitor.run')} {run}"],
        cards=_cards(found, again, words),
        sections=[section for section in sections if section.parts or section.points],
    )
    return render(page, words)


def _limits(words: Words) -> list[str]:
    """What monitoring does not see, in sentences."""
    return [
        words("monitor.limit_1"),
        words("monitor.limit_2"),
        words("monitor.limit_3"),
        words("monitor.limit_4"),
        words("monitor.limit_5"),
    ]


def _names(run: Run, again: Run | None, words: Words) -> dict[str, str]:
    """Names of projects."""
    tables = [run["offer/projects"], *([] if again is None else [again["offer/projects"]])]
    return {
        str(code): words.name(zh, en)
        for table in tables
        for code, zh, en in zip(table["project"], table["name_zh"], table["name_en"], strict=True)
    }


def _places(run: Run, words: Words) -> dict[str, str]:
    table = run.region["units"]
    rows = zip(table["unit"], table["name"], table["name_en"], strict=True)
    return {str(code): words.name(zh, en) for code, zh, en in rows}


def _cards(found: Beside, again: Run | None, words: Words) -> list[Card]:
    said = found.summary()
    cards = [
        Card(
            f"{said['begun']} / {said['due']}",
            words("monitor.card_begun"),
            words("monitor.card_begun_note", built=said["built"], late=said["not_begun"]),
        ),
        Card(
            words.money(said["capital_wan"]),
            words("monitor.card_money"),
            words("monitor.card_money_note", planned=words.money(said["planned_wan"])),
        ),
        Card(
            str(said["triggers"]),
            words("monitor.card_triggers"),
            words(
                "monitor.card_triggers_note",
                figures=said["figures_outside"],
                off=said["figures_not_followed"],
            ),
        ),
    ]
    if again is None:
        return cards
    counts = _rows_of(again)["change"].value_counts()
    kept = sum(int(counts.get(name, 0)) for name in ("kept", "built", "contracted"))
    made = again.manifest["replan"]
    return [
        *cards,
        Card(
            str(kept),
            words("monitor.card_kept"),
            words(
                "monitor.card_kept_note",
                **{name: int(counts.get(name, 0)) for name in ("moved", "dropped", "added")},
            ),
        ),
        Card(
            words.number(-float(again.certificate.get("extra", 0.0)), 6),
            words("monitor.card_loss"),
            words("monitor.card_loss_note", price=words.number(float(made["price"]), 6)),
        ),
        Card(
            words.most(math.expm1(float(again.certificate["gap"]))) if _logarithmic(again) else "–",
            words("monitor.card_gap"),
            words("monitor.card_gap_note"),
        ),
    ]


def _logarithmic(run: Run) -> bool:
    return str(run.certificate.get("goal", "coordination")) == "coordination"


def _rows_of(run: Run) -> pd.DataFrame:
    """The journal's rows of this plan that say what became of a project."""
    journal = run["results/journal"]
    last = journal.iloc[len(journal) - int(run.manifest["replan"]["rows"]) :]
    return last[last["change"].isin(CHANGES)]


def _changes(found: Beside, again: Run, words: Words, names: Mapping[str, str]) -> Section:
    """What became of each decision."""
    title = words("monitor.changes")
    rows = _rows_of(again)
    lead = pd.concat([found.run["offer/projects"], again["offer/projects"]]).drop_duplicates(
        "project", keep="first"
    )
    rows = rows.assign(
        lead=rows["project"].map(lead.set_index("project")["lead"]).to_numpy(),
        order=rows["change"].map({name: number for number, name in enumerate(ORDER)}),
        size=rows["after_wan"].fillna(rows["before_wan"]).fillna(0.0),
    ).sort_values(["order", "size"], ascending=[True, False], kind="stable")
    # Some of each kind, the largest first, so that many of one kind do not hide the others.
    first = rows.groupby("order").cumcount() < EACH
    shown = pd.concat([rows[first], rows[~first]]).head(MOST)
    shown = shown.sort_values(["order", "size"], ascending=[True, False], kind="stable")
    bars = [
        Bar(
            names.get(row["project"], row["project"]),
            row["change"],
            words.label("monitor_change", row["change"]),
            (row["before"], row["before"] + row["lead"]),
            (row["after"], row["after"] + row["lead"]),
        )
        for row in shown.to_dict("records")
    ]
    svg = gantt(
        bars,
        years=again.scenario.years,
        from_year=again.scenario.decided_from,
        label=title,
        past=words("monitor.past"),
    )
    grid = grid_of(_said(shown, words, names), columns=_change_columns(words), label=title)
    legend = legend_of([(fill, words.label("monitor_change", name)) for name, fill in CHANGES.items()])
    note = words("monitor.more", count=len(rows) - len(shown)) if len(rows) > len(shown) else ""
    figure = Figure(title, svg, grid, legend, note)
    return Section("changes", title, [Part(figures=[figure])], [words("monitor.changes_note")])


def _said(rows: pd.DataFrame, words: Words, names: Mapping[str, str]) -> pd.DataFrame:
    return rows.assign(
        name=[names.get(name, name) for name in rows["project"]],
        change=[words.label("monitor_change", name) for name in rows["change"]],
        reason=[
            words.label("monitor_reason", reason)
            + (f"（{why}）" if why and words.language == "zh" else f" ({why})" if why else "")
            for reason, why in zip(rows["reason"], rows["why"], strict=True)
        ],
    )


def _change_columns(words: Words) -> dict[str, tuple[str, Format | None]]:
    return {
        "name": (words("monitor.project"), None),
        "change": (words("monitor.became"), None),
        "before": (words("monitor.before"), _year),
        "after": (words("monitor.after"), _year),
        "before_wan": (words("monitor.before_wan"), _amount(words)),
        "after_wan": (words("monitor.after_wan"), _amount(words)),
        "loss": (words("monitor.loss"), lambda value: words.number(float(value), 6)),
        "reason": (words("monitor.why"), None),
    }


def _year(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:.0f}"


def _amount(words: Words) -> Format:
    return lambda value: words.amount(float(value))


def _projects(found: Beside, words: Words, names: Mapping[str, str]) -> Section:
    """Projects that are due or reported, those that differ first."""
    table, title = found.projects, words("monitor.projects")
    due = table[
        (table["planned_start"] <= found.year) | table["state"].isin(["contracted", "built", "dropped"])
    ]
    if due.empty:
        return Section("projects", title)
    lead = found.run["offer/projects"].set_index("project")["lead"]
    shown = due.sort_values("within", kind="stable").head(MOST)
    bars = [
        Bar(
            names.get(row["project"], row["project"]),
            FOUND.get(row["state"], "kept") if row["finding"] != "late" else "moved",
            words.label("monitor_finding", row["finding"]),
            (row["planned_start"], row["planned_start"] + lead[row["project"]]),
            (row["start"], row["start"] + lead[row["project"]]),
        )
        for row in shown.to_dict("records")
    ]
    years = found.run.scenario.years
    svg = gantt(
        bars, years=years, from_year=min(found.year + 1, years[-1]), label=title, past=words("monitor.past")
    )
    said = shown.assign(
        name=[names.get(name, name) for name in shown["project"]],
        state=[words.label("monitor_state", state) for state in shown["state"]],
        finding=[words.label("monitor_finding", name) for name in shown["finding"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "name": (words("monitor.project"), None),
        "state": (words("monitor.state"), None),
        "planned_start": (words("monitor.before"), _year),
        "start": (words("monitor.start"), _year),
        "planned_wan": (words("monitor.before_wan"), _amount(words)),
        "capital_wan": (words("monitor.actual_wan"), _amount(words)),
        "over_share": (words("monitor.over"), lambda value: words.share(float(value))),
        "finding": (words("monitor.found"), None),
        "note": (words("monitor.note"), None),
    }
    note = words("monitor.more", count=len(due) - len(shown)) if len(due) > len(shown) else ""
    figure = Figure(title, svg, grid_of(said, columns=columns, label=title), note=note)
    return Section("projects", title, [Part(figures=[figure])], [words("monitor.projects_note")])


def _figures(found: Beside, again: Run | None, words: Words) -> Section:
    """Figures, and what the new plan's baseline takes from them."""
    title = words("monitor.figures")
    table = found.figures if again is None else again["results/actual_figures"]
    if table.empty:
        return Section("figures", title)
    places = _places(found.run, words)
    said = table.assign(
        place=[places.get(str(unit), str(unit)) for unit in table["unit"]],
        follows=[words.label("monitor_follows", name) for name in table["follows"]],
    )

    def plain(value: Any) -> str:
        return words.number(float(value), 1)

    columns: dict[str, tuple[str, Format | None]] = {
        "place": (words("outlook.place"), None),
        "year": (words("monitor.year"), _year),
        "variable": (words("monitor.variable"), None),
        "planned": (words("monitor.planned"), plain),
        "actual": (words("monitor.actual"), plain),
        "difference_share": (words("monitor.difference"), lambda value: words.share(float(value))),
    }
    if again is not None:
        columns["again"] = (words("monitor.again"), plain)
    columns["follows"] = (words("monitor.taken"), None)
    grid = grid_of(said, columns=columns, label=title)
    return Section("figures", title, [Part(grids=[(title, grid)])], [words("monitor.figures_note")])


def _triggers(found: Beside, words: Words, names: Mapping[str, str]) -> Section:
    title, table = words("monitor.triggers"), found.triggers
    if table.empty:
        return Section("triggers", title, points=[words("monitor.nothing")])
    places = _places(found.run, words)
    said = table.assign(
        trigger=[words.label("monitor_trigger", name) for name in table["trigger"]],
        place=[places.get(str(unit), str(unit)) for unit in table["unit"]],
        item=[names.get(str(item), str(item)) for item in table["item"]],
        amount=[
            _how_much(kind, amount, words)
            for kind, amount in zip(table["trigger"], table["amount"], strict=True)
        ],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "trigger": (words("monitor.trigger"), None),
        "place": (words("outlook.place"), None),
        "item": (words("monitor.item"), None),
        "year": (words("monitor.year"), _year),
        "amount": (words("monitor.amount"), None),
    }
    return Section("triggers", title, [Part(grids=[(title, grid_of(said, columns=columns, label=title))])])


def _how_much(kind: str, amount: float, words: Words) -> str:
    """The amount of a trigger in its own unit."""
    if np.isnan(amount):
        return "–"
    if kind in ("dearer", "figure", "figure_not_followed"):
        return words.share(amount)
    return words("monitor.years", count=f"{amount:.0f}") if kind == "late" else words.money(amount)


def _journal(again: Run, words: Words, names: Mapping[str, str]) -> Section:
    """The ledger of decisions: how many rows each plan added, and the latest that changed something."""
    title, journal = words("monitor.journal"), again["results/journal"]
    plans = journal.groupby(["run", "from_year"], sort=False)["change"].value_counts().unstack(fill_value=0)
    table = plans.reset_index()
    kinds = [name for name in (*CHANGES, "pinned", "banned", "edited") if name in table]
    columns: dict[str, tuple[str, Format | None]] = {
        "run": (words("monitor.run"), None),
        "from_year": (words("monitor.from_year"), _year),
        **{name: (words.label("monitor_change", name), words.count) for name in kinds},
    }
    head = words("monitor.plans")
    grids = [(head, grid_of(table, columns=columns, label=head))]
    other = journal[~journal["change"].isin(["kept", "built", "contracted"]) & (journal["run"] == again.id)]
    if len(other):
        latest = words("monitor.latest")
        said = _said(other.head(MOST), words, names)
        rows: dict[str, tuple[str, Format | None]] = {
            "number": (words("monitor.number"), words.count),
            **_change_columns(words),
        }
        grids.append((latest, grid_of(said, columns=rows, label=latest)))
    return Section("journal", title, [Part(grids=grids)], [words("monitor.journal_note")])
