"""The first page: sentences, cards, decisions asked."""

from __future__ import annotations

import math
from typing import Any

from tongqu.views.sections.names import Names
from tongqu.views.tables import Figures
from tongqu.views.tables.cells import by_key
from tongqu.views.words import Words

__all__ = ["leader"]

NAMED_SERVICES = 4
"""Services named in the sentence on services."""

TIGHT = 0.8
"""A county is named as tight when its running cost takes this share of its yearly money."""


def leader(figures: Figures, words: Words, *, names: Names) -> dict[str, Any]:
    """Give what the template of the first page shows."""
    sentences = [
        _plan(figures, words),
        _services(figures, words),
        _coordination(figures, words, names=names),
        _money(figures, words, names=names),
    ]
    return {
        "sentences": sentences,
        "proven": words(
            f"proven.{figures.trust.certificate.goal}", gap=words.most(figures.headline.gap_share)
        ),
        "cards": _cards(figures, words),
        "asks": _asks(figures, words),
        "band": _band(figures, words),
    }


def _plan(figures: Figures, words: Words) -> str:
    head, kinds = figures.headline, figures.projects.kinds
    counts = kinds["count"].groupby(level="sector").sum()
    parts = [
        words("leader.sector_count", sector=words.label("sector", str(sector)), count=words.count(count))
        for sector, count in counts.sort_values(ascending=False).items()
    ]
    comma = "、" if words.language == "zh" else ", "
    return words(
        "leader.plan",
        first=figures.stored.first,
        last=figures.stored.last,
        candidates=words.count(head.candidates),
        count=words.count(head.projects),
        sectors=comma.join(parts),
        capital=words.money(head.capital),
        first_count=words.count(head.first_projects),
        first_capital=words.money(head.first_capital),
    )


def _services(figures: Figures, words: Words) -> str:
    totals, names = by_key(figures.services.totals), figures.services.names[:NAMED_SERVICES]
    chosen = [name for name in names if totals[name]["plan"] > totals[name]["base"]]
    parts = []
    for name in chosen or names:
        demand, base, plan = (float(totals[name][key]) for key in ("demand", "base", "plan"))
        parts.append(
            words(
                "leader.service",
                service=words.label("service", name),
                base=words.share(base / demand if demand > 0 else math.nan),
                plan=words.share(plan / demand if demand > 0 else math.nan),
                people=words.count(plan - base),
            )
        )
    return words("leader.services", last=figures.stored.last, parts=words.listing(parts))


def _coordination(figures: Figures, words: Words, *, names: Names) -> str:
    head, decline = figures.headline, figures.coordination.decline
    reason = words("leader.reason", indicator=names.indicators[decline]) if decline else ""
    sentence = words(
        "leader.coordination",
        first=figures.stored.first,
        last=figures.stored.last,
        d_first=words.number(head.d_first, 3),
        d_base=words.number(head.d_last_base, 3),
        d_plan=words.number(head.d_last_plan, 3),
        reason=reason,
    )
    return sentence + words(
        "leader.worst", base=words.share(head.worst_base), plan=words.share(head.worst_plan)
    )


def _money(figures: Figures, words: Words, *, names: Names) -> str:
    head = figures.headline
    debt = words("leader.no_debt")
    if head.peak > 0:
        debt = words(
            "leader.debt",
            peak=words.money(head.peak),
            year=head.peak_year,
            limit=words.money(head.peak_limit),
            last=figures.stored.last,
            rest=words.money(head.last_debt),
        )
    return (
        debt
        + words(
            "leader.running",
            last=figures.stored.last,
            running=words.money(head.running),
            share=words.share(head.running_share, digits=0),
        )
        + _tightest(figures, words, names=names)
    )


def _tightest(figures: Figures, words: Words, *, names: Names) -> str:
    """The county whose running cost takes most of its money, if it takes most of it."""
    table = figures.money.counties
    running = (table["running"] / table["room"].where(table["room"] > 0)).fillna(0.0)
    debt = (table["debt"] / table["debt_limit"].where(table["debt_limit"] > 0)).fillna(0.0)
    unit = str(running.idxmax())
    if len(table) < 2 or running[unit] < TIGHT:
        return ""
    return words(
        "leader.tight",
        county=names.place(unit),
        running=words.share(float(running[unit]), digits=0),
        debt=words.share(float(debt[unit]), digits=0),
    )


def _cards(figures: Figures, words: Words) -> list[tuple[str, str, str]]:
    """Ten cards: figure, name, and what it is to be compared with."""
    head = figures.headline
    return [
        (
            words.count(head.projects),
            words("card.projects"),
            words("card.candidates", count=words.count(head.candidates)),
        ),
        (
            words.money(head.capital),
            words("card.capital"),
            words("card.years", count=len(figures.stored.years)),
        ),
        (
            words.money(head.running),
            words("card.running", last=figures.stored.last),
            words("card.of_room", share=words.share(head.running_share, digits=0)),
        ),
        (
            words.money(head.peak),
            words("card.debt"),
            words("card.limit", limit=words.money(head.peak_limit)),
        ),
        *_service_cards(figures, words),
        (
            f"{words.number(head.d_base, 3)} → {words.number(head.d_plan, 3)}",
            words("card.d"),
            words("card.d_note", share=words.share(head.d_plan / head.d_base - 1)),
        ),
        (
            f"≤ {words.most(head.gap_share)}",
            words("card.gap"),
            words(f"gap_note.{figures.trust.certificate.goal}"),
        ),
    ]


def _service_cards(figures: Figures, words: Words) -> list[tuple[str, str, str]]:
    """Four cards of people newly served; pupils of both schools go together."""
    totals, names = figures.services.totals, figures.services.names
    groups = [(name,) for name in names if not name.endswith(("_ride", "_place"))]
    wanted = [("medical_circle",), ("clinic",), ("graded_road",), ("primary_ride", "junior_ride")]
    chosen = [group for group in wanted if set(group) <= set(names)]
    chosen += [group for group in groups if group not in chosen]
    cards = []
    for group in chosen[:4]:
        mine = totals.loc[list(group)].sum()
        some = mine["demand"] > 0
        base, plan = (float(mine[key] / mine["demand"]) if some else math.nan for key in ("base", "plan"))
        name = (
            words("card.pupils")
            if len(group) > 1
            else words("card.newly", name=words.label("service", group[0]))
        )
        cards.append(
            (
                words("card.people", count=words.count(figures.services.added(*group))),
                name,
                f"{words.share(base)} → {words.share(plan)}",
            )
        )
    return cards


def _asks(figures: Figures, words: Words) -> list[str]:
    head = figures.headline
    return [
        words(
            "ask.start",
            year=figures.stored.first,
            count=words.count(head.first_projects),
            capital=words.money(head.first_capital),
        ),
        words("ask.debt", grants=words.money(head.grants), peak=words.money(head.peak)),
        words("ask.running", last=figures.stored.last, running=words.money(head.running)),
        words("ask.survey"),
    ]


def _band(figures: Figures, words: Words) -> str:
    """Which data are modelled, with shares."""
    share = figures.trust.modelled["share"]
    parts = [("positions", figures.trust.positions)]
    parts += [
        (name, float(share[name])) for name in ("people", "links", "sites", "accounts") if name in share
    ]
    said = [
        words("band.part", name=words(f"band.{name}"), share=words.share(value))
        for name, value in parts
        if value > 0
    ]
    comma = "、" if words.language == "zh" else ", "
    return words("band.modelled", parts=comma.join(said)) if said else words("band.none")
