"""Sentences of the page of why: each has a number and names the run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from tongqu.views.why_tables import WhyNames, WhyTables, loss_words
from tongqu.views.words import Words

__all__ = ["Speaker"]

FEW: Final = 3
"""Names given in a sentence; tables have all."""

FINE_WAN: Final = 1_000.0
"""万元 below which an amount is said to a tenth."""
WAN_PER_MILLION: Final = 100.0
"""万元 in a million yuan."""

STOCKS: Final = (
    *("land_construction", "land_farmland", "land_linked", "land_open", "land_village"),
    *("staff_doctors", "staff_teachers"),
)
"""Limits and keys that have words of their own."""

IMPOSSIBLE: Final = {"without": "without_impossible", "later": "later_impossible"}
NOTHING: Final = {"without": "without_nothing", "later": "later_nothing"}
"""Sentences of a case in which no plan keeps the limits, and in which nothing is lost."""


class Speaker:
    """Says the answers about one plan in one language."""

    def __init__(self, found: WhyTables, words: Words, names: WhyNames) -> None:
        self.found, self.words, self.names = found, words, names
        self.last = int(found.summary()["last_year"])

    def loss(self, value: float) -> str:
        """A loss with its unit."""
        return loss_words(self.found, self.words, value)

    def project(self, row: pd.Series) -> list[str]:
        """What a project is, brings and takes, and what is lost without it or a year later."""
        words = self.words
        said = [
            words(
                "why.what",
                code=row["project"],
                start=row["start"],
                opens=row["opens"],
                capital=words.money(float(row["capital_wan"])),
                running=words.money(float(row["running_wan"])),
            ),
            *self._people(str(row["project"])),
            self._brings(row),
            self._takes(row),
            *self._without(row),
        ]
        if row["futures"] == row["futures"]:
            said.append(words("why.futures", share=words.share(float(row["futures"]))))
        return said

    def village(self, row: pd.Series) -> list[str]:
        """What a village lacks, and what serving it would cost whom."""
        words, service = self.words, self.words.label("service", str(row["service"]))
        said = [
            words(
                "why.lacks",
                year=self.last,
                people=words.count(float(row["left"])),
                service=service,
                options=row["options"],
            )
        ]
        if row["state"] == "impossible":
            return [*said, words("why.impossible", year=self.last)]
        if row["state"] == "unknown":
            return [*said, words("why.unknown", year=self.last)]
        if row["state"] == "served" or row["loss_found"] <= 0:
            return [*said, words("why.as_good", most=self.loss(float(row["loss_most"])))]
        built = [self.names.projects.get(one, one) for one in str(row["projects"]).split("; ") if one]
        loss = {name: self.loss(float(row[f"loss_{name}"])) for name in ("found", "least", "most", "relaxed")}
        said.append(words("why.forced", count=len(built), names=self._few(built), **loss))
        question = f"{row['unit']} {row['service']}"
        said += [*self._dropped(question, "served"), *self._losers(question, "served")]
        if row["cost_wan"] == row["cost_wan"]:
            said.append(self._outside(row))
        return [*said, *self._thresholds(row)]

    def _people(self, project: str) -> list[str]:
        words = self.words
        served = self.found.tables["served"]
        mine = served[(served["project"] == project) & (served["people"] >= 1)]
        return [
            words(
                "why.people",
                year=self.last,
                places=row["places"],
                people=words.count(float(row["people"])),
                only=words.count(float(row["only"])),
                service=words.label("service", str(row["service"])),
            )
            for _, row in mine.iterrows()
        ]

    def _brings(self, row: pd.Series) -> str:
        words = self.words
        gains = self.found.tables["gains"]
        mine = gains[gains["project"] == row["project"]].groupby("indicator")["gain"].sum()
        most = mine.sort_values(ascending=False).head(FEW)
        listed = [
            f"{self.names.indicators.get(str(name), str(name))} {words.number(float(value), 2)}"
            for name, value in most.items()
            if value > 0
        ]
        value = words("why.parts_coordination", value=words.number(float(row["brings"]), 2))
        if not listed:
            return words("why.brings_nothing", value=value)
        return words("why.brings", value=value, parts=self._join(listed))

    def _takes(self, row: pd.Series) -> str:
        words = self.words
        takes = self.found.tables["takes"]
        mine = takes[takes["project"] == row["project"]]
        value = self.loss(float(row["takes"]))
        binding = mine[mine["value"] > 0]
        if binding.empty:
            return words("why.takes_nothing", count=len(mine), value=value)
        top = binding.loc[binding["value"].idxmax()]
        return words(
            "why.takes",
            value=value,
            limit=self.limit(top),
            year=top["year"],
            amount=self._amount(str(top["limit"]), float(top["amount"])),
            most=self.loss(float(top["value"])),
        )

    def _amount(self, limit: str, value: float) -> str:
        if limit == "money":
            return self.words.money(value)
        return f"{self.words.number(value, 1)} {self.unit(limit)}"

    def limit(self, row: pd.Series) -> str:
        """A limit with its place."""
        words = self.words
        both = f"{row['limit']}_{row['key']}"
        kind = both if both in STOCKS else str(row["limit"])
        place = self.names.units.get(str(row["unit"]), str(row["unit"]))
        return words("why.limit_of", limit=words.label("why_limit", kind), place=place)

    def unit(self, limit: str) -> str:
        """Unit of measure of a limit."""
        return self.words.label("why_measure", limit)

    def _without(self, row: pd.Series) -> list[str]:
        words = self.words
        said = []
        for case in ("without", "later"):
            values = {name: float(row[f"{case}_{name}"]) for name in ("found", "least", "most", "relaxed")}
            if values["found"] != values["found"]:
                said.append(words(f"why.{IMPOSSIBLE[case]}"))
                continue
            key = case if values["found"] > 0 else NOTHING[case]
            said.append(words(f"why.{key}", **{name: self.loss(value) for name, value in values.items()}))
            if values["found"] > 0 and case == "without":
                said += [*self._added(str(row["project"])), *self._losers(str(row["project"]), case)]
        return said

    def _added(self, project: str) -> list[str]:
        """What would be built in its place."""
        words = self.words
        names = self._changed(project, "without", "added")
        if not names:
            return []
        return [words("why.instead", count=len(names), names=self._few(names))]

    def _dropped(self, question: str, case: str) -> list[str]:
        words = self.words
        names = self._changed(question, case, "dropped")
        later = self._changed(question, case, "later")
        said = [words("why.dropped", count=len(names), names=self._few(names))] if names else []
        return said + ([words("why.later_ones", count=len(later), names=self._few(later))] if later else [])

    def _changed(self, question: str, case: str, change: str) -> list[str]:
        table = self.found.tables["changes"]
        mine = table[(table["question"] == question) & (table["case"] == case) & (table["change"] == change)]
        mine = mine[mine["project"] != question]
        return [self.names.projects.get(str(one), str(one)) for one in mine["project"]]

    def _losers(self, question: str, case: str) -> list[str]:
        """Who is served less, and who more, in the last year."""
        words = self.words
        table = self.found.tables["people"]
        mine = table[(table["question"] == question) & (table["case"] == case)]
        said = []
        for key, part in (("why.fewer", mine[mine["change"] < 0]), ("why.more", mine[mine["change"] > 0])):
            order = part.reindex(part["change"].abs().sort_values(ascending=False).index).head(FEW)
            listed = [
                words(
                    "why.people_of",
                    place=self.names.units.get(str(row["unit"]), str(row["unit"])),
                    people=words.count(abs(float(row["change"]))),
                    service=words.label("service", str(row["service"])),
                )
                for _, row in order.iterrows()
            ]
            if listed:
                said.append(words(key, year=self.last, count=len(part), people=self._join(listed)))
        return said

    def _outside(self, row: pd.Series) -> str:
        words = self.words
        cost = float(row["cost_wan"])
        if row["enough_wan"] != row["enough_wan"]:
            return words("why.outside_never", cost=self._money(cost))
        enough, short = float(row["enough_wan"]), float(row["short_wan"])
        return words(
            "why.outside",
            enough=self._money(enough),
            share=words.share(enough / cost, digits=0),
            cost=self._money(cost),
            short=self._money(short),
        )

    def _thresholds(self, row: pd.Series) -> list[str]:
        """How many people more, and how much less cost, would have it chosen."""
        words, said = self.words, []
        names = ("more_enough", "more_short", "fall_enough_wan", "fall_short_wan")
        more, few, fall, little = (float(row.get(name, float("nan"))) for name in names)
        if few > 0 or more == more:  # NaN where it was not asked
            counts = {"enough": words.count(more), "short": words.count(few)}
            chosen = more == more
            said.append(words("why.people_more", **counts) if chosen else words("why.people_never", **counts))
        if fall == fall:
            share = words.share(fall / float(row["cost_wan"]), digits=0) if row["cost_wan"] > 0 else "–"
            said.append(
                words("why.cost_fall", enough=self._money(fall), share=share, short=self._money(little))
            )
        elif little > 0:
            said.append(words("why.cost_never", cost=self._money(little)))
        return said

    def _money(self, wan: float) -> str:
        """An amount of money, fine enough to tell what is enough from what is not."""
        if self.words.language == "en":
            return f"{wan / WAN_PER_MILLION:,.2f} million yuan"
        return f"{wan:,.1f} 万元" if abs(wan) < FINE_WAN else self.words.money(wan)

    def _few(self, names: list[str]) -> str:
        words = self.words
        more = len(names) - FEW
        few = self._join(names[:FEW])
        return words("why.and_more", names=few, count=more) if more > 0 else few

    def _join(self, parts: Iterable[str]) -> str:
        words = self.words
        return words("why.comma").join(parts)
