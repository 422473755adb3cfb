"""What the chapters of all bureaus have in common: pieces of a chapter, and what it comes to in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup

from tongqu.views.chapter_maps import Ground
from tongqu.views.grid import Grid
from tongqu.views.sections.money import worth as worth_of
from tongqu.views.sections.names import Names
from tongqu.views.tables import Figures
from tongqu.views.tables.bureaus import BUREAUS, Bureau
from tongqu.views.tables.reach import Reach, share_of
from tongqu.views.tables.services import SERVED
from tongqu.views.words import Words

__all__ = ["Block", "Chapter", "Common", "arrow", "left_of", "without"]

WORTH_DIGITS: Final = 5
"""Digits of the per cent that one person more is worth."""


@dataclass(frozen=True)
class Block:
    """A piece of a chapter: a heading, a note, a table, or pairs of maps.

    Parameters
    ----------
    title, note : str
    grid : Grid, optional
    folded : bool
        Whether the table is shown on demand only.
    maps : sequence of (str, str, markup, str, markup)
        Pairs of maps: heading, then caption and drawing without and with the plan.
    legend : sequence of (markup, str)
        Samples of the maps and their words.
    hatch : str
        What the hatch means; "" where nothing is hatched.
    """

    title: str
    note: str = ""
    grid: Grid | None = None
    folded: bool = False
    maps: Sequence[tuple[str, str, Markup, str, Markup]] = ()
    legend: Sequence[tuple[Markup, str]] = ()
    hatch: str = ""


@dataclass(frozen=True)
class Chapter:
    """A bureau's chapter.

    Parameters
    ----------
    key, title : str
        Anchor and heading.
    band : str
        How much of it rests on modelled data.
    sentences : sequence of str
        What it comes to.
    blocks : sequence of Block
    more : str
        What to ask next.
    """

    key: str
    title: str
    band: str
    sentences: Sequence[str]
    blocks: Sequence[Block]
    more: str


def arrow(before: float, after: float, words: Words) -> str:
    """Two shares, without and with the plan, for a cell."""
    if math.isnan(after):
        return words.share(math.nan)
    return f"{words.number(before * 100, 1)} → {words.share(after)}"


@dataclass(frozen=True)
class Common:
    """Blocks and sentences that every chapter has.

    Parameters
    ----------
    figures : Figures
    words : Words
    names : Names
    bureau : Bureau
    ground : Ground
    """

    figures: Figures
    words: Words
    names: Names
    bureau: Bureau
    ground: Ground

    @property
    def last(self) -> int:
        """Last year of the plan."""
        return self.figures.stored.last

    def chapter(self, blocks: Sequence[Block], *, said: Sequence[str] = ()) -> Chapter:
        """The bureau's chapter: sentences that every chapter has, and between them its own."""
        words, found, sector = self.words, self.bureau.modelled, self.bureau.sector
        band = words(
            "chapter.band",
            sites=words.share(found["sites"]),
            positions=words.share(self.figures.trust.positions),
            projects=words.share(found["projects"]),
            standards=words.count(found["standards"]),
            assumed=words.count(found["assumed"]),
        )
        return Chapter(
            key=sector,
            title=words(f"chapter.{sector}"),
            band=band,
            sentences=[
                self._projects_said(),
                self._served_said(),
                *said,
                self._staff_said(),
                self._left_said(),
            ],
            blocks=blocks,
            more=words.label("chapter_more", sector),
        )

    def _projects_said(self) -> str:
        """How many projects of which kinds, and their money."""
        words, kinds = self.words, self.bureau.kinds
        comma = "、" if words.language == "zh" else ", "
        order = kinds.sort_values("count", ascending=False, kind="stable")
        parts = [
            words(
                "leader.sector_count", sector=words.label("kind", str(kind)), count=words.count(float(number))
            )
            for kind, number in zip(order.index, order["count"], strict=True)
        ]
        if not parts:
            return words("chapter.no_projects", first=self.figures.stored.first, last=self.last)
        said = words(
            "chapter.projects_said",
            first=self.figures.stored.first,
            last=self.last,
            count=words.count(float(kinds["count"].sum())),
            capital=words.money(float(kinds["capital"].sum())),
            kinds=comma.join(parts),
        )
        running = float(self.bureau.money["running"].iloc[-1])
        if running < 0:
            return said + words("chapter.running_saved", last=self.last, running=words.money(-running))
        return said + words("chapter.running_said", last=self.last, running=words.money(running))

    def _served_said(self) -> str:
        """Shares without and with the plan by service."""
        words = self.words
        parts = []
        for name in self.bureau.plain:
            one = self.bureau.reach[name]
            demand, base, plan = (float(part.sum()) for part in (one.demand, one.base, one.plan))
            parts.append(
                words(
                    "leader.service",
                    service=words.label("service", name),
                    base=words.share(base / demand),
                    plan=words.share(plan / demand),
                    people=words.count(plan - base),
                )
            )
        return words("leader.services", last=self.last, parts=words.listing(parts))

    def _left_said(self) -> str:
        """Who is still without at the end."""
        words = self.words
        parts = []
        for name in self.bureau.plain:
            people, villages = left_of(self.bureau.reach[name])
            if people >= 0.5:
                parts.append(
                    words(
                        "chapter.left_part",
                        service=words.label("service", name),
                        people=words.count(people),
                        villages=words.count(villages),
                    )
                )
        if not parts:
            return words("chapter.nobody_left", last=self.last)
        return words("chapter.left_said", last=self.last, parts=words.listing(parts))

    def _staff_said(self) -> str:
        """What the projects need of staff, and whether the limit binds."""
        words, table = self.words, self.bureau.staff_counties
        who = words.label("limit_key", BUREAUS[self.bureau.sector].staff)
        used, limit = float(table["used"].sum()), float(table["limit"].sum())
        values = {"last": self.last, "who": who, "used": words.count(abs(used)), "limit": words.count(limit)}
        said = words("chapter.staff_frees", **values) if used < 0 else words("chapter.staff_needs", **values)
        if table["price"].max() <= 0:
            return said + words("chapter.staff_free", who=who)
        unit = str(table["price"].idxmax())
        gain = self.worth(float(table["price"].max()))
        return said + words("chapter.staff_binds", who=who, county=self.names.place(unit), gain=gain)

    def worth(self, price: float) -> str:
        """What one person more of a limit adds to the goal."""
        goal = self.figures.trust.certificate.goal
        return worth_of(price, self.words, goal=goal, digits=WORTH_DIGITS)


def without(one: Reach) -> np.ndarray:
    """Villages in which somebody is without; of a service of chances those in which everybody is."""
    share = share_of(one.plan, one.demand)
    return np.asarray(share < SERVED) if one.parts[1] == SERVED else np.asarray(share <= one.parts[0])


def left_of(one: Reach) -> tuple[float, float]:
    """People and villages still without with the plan."""
    return float(np.maximum(one.demand - one.plan, 0.0).sum()), float(without(one).sum())
