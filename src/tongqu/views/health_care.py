"""Care and staff on the page of health: how full the tiers are, norms, the pools of counties, postings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from tongqu.views.charts import Series
from tongqu.views.grid import Grid
from tongqu.views.health_tables import MOST_ROWS, TIERS, HealthTables, number, placed, share, yes
from tongqu.views.study_charts import bars
from tongqu.views.study_page import Figure, Format, Part, Section, legend_of
from tongqu.views.words import Words

__all__ = ["care", "staff"]

HAVE: Final = "#2a788e"
LACKING: Final = "url(#p-loss)"
FULLEST: Final = 20
"""Hospitals in the table of the fullest."""


def care(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Use of beds by tier and county, the fullest hospitals, and beds, doctors and nurses against norms."""
    title = words("health.care")
    table = found.tables["tiers"]
    counties = table[(table["level"] == "county") & table["bed_use"].notna()]
    counties = counties.sort_values(["unit"], kind="stable")
    rows = [
        (
            words(
                "health.of_tier",
                place=places[str(row["unit"])],
                tier=words.label("care_tier", str(row["kind"])),
            ),
            [Series(words("health.bed_use"), TIERS[str(row["kind"])], [float(row["bed_use"]) * 100])],
        )
        for row in counties.to_dict("records")
    ]
    name = words("health.use_chart")
    svg = bars(
        rows,
        label=name,
        unit=words("health.use_unit"),
        words=number(words),
        goal=(words("health.full"), 100.0),
        name_width=230,
    )
    used = [(TIERS[key], words.label("care_tier", key)) for key in TIERS if (counties["kind"] == key).any()]
    figure = Figure(name, svg, _tiers(table, words, places, label=name), legend_of(used))
    head = words("health.fullest")
    norms = words("health.norms")
    grids = [
        (norms, _norms(found.tables["norms"], words, places, label=norms)),
        (head, _fullest(found, words, places, label=head)),
        (words("health.flows"), _flows(found, words, label=words("health.flows"))),
    ]
    return Section("care", title, [Part(figures=[figure], grids=grids)], [words("health.care_note")])


def _tiers(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(tier=[words.label("care_tier", str(one)) for one in table["kind"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "tier": (words("health.tier"), None),
        "visits": (words("health.first_visits"), number(words)),
        "passed": (words("health.passed"), number(words)),
        "treated": (words("health.treated"), number(words)),
        "beds": (words("health.beds"), number(words)),
        "bed_use": (words("health.bed_use"), share(words)),
        "doctors": (words("health.doctors"), number(words)),
        "doctor_use": (words("health.doctor_use"), share(words)),
        "unknown_doctors": (words("health.unknown"), number(words)),
    }
    return placed(shown, columns, places=places, label=label)


def _norms(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(what=[words.label("care_staff", str(one)) for one in table["variable"]])
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "what": (words("health.what"), None),
        "have": (words("health.have"), number(words)),
        "per_1000": (words("health.per_1000"), number(words, 2)),
        "norm": (words("health.norm"), number(words, 2)),
        "lacking": (words("health.lacking"), number(words)),
        "unknown": (words("health.unknown"), number(words)),
        "modelled": (words("health.modelled_share"), share(words)),
    }
    return placed(shown, columns, places=places, label=label)


def _fullest(found: HealthTables, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    table = found.tables["sites"]
    mine = table[table["bed_use"].notna()].sort_values("bed_use", ascending=False).head(FULLEST)
    shown = mine.assign(hospital=_named(found, mine["site"], words))
    columns: dict[str, tuple[str, Format | None]] = {
        "hospital": (words("health.hospital"), None),
        "county": (words("column.county"), None),
        "beds": (words("health.beds"), number(words)),
        "bed_use": (words("health.bed_use"), share(words)),
        "doctors": (words("health.doctors"), number(words)),
        "doctor_use": (words("health.doctor_use"), share(words)),
        "modelled": (words("study.modelled"), yes(words)),
    }
    return placed(shown, columns, places=places, label=label)


def _flows(found: HealthTables, words: Words, *, label: str) -> Grid:
    table = found.tables["flows"].head(FULLEST)
    shown = table.assign(
        start=_named(found, table["from_site"], words), end=_named(found, table["to_site"], words)
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "start": (words("health.from"), None),
        "end": (words("health.to"), None),
        "visits": (words("health.referred"), number(words)),
        "admissions": (words("health.moved"), number(words)),
    }
    return placed(shown, columns, places={}, label=label)


def _named(found: HealthTables, codes: pd.Series, words: Words) -> list[str]:
    """Names of sites in the language of the page."""
    sites = found.region["sites"].set_index("site")
    rows = sites.reindex(codes.astype("str").to_numpy())
    return [words.name(zh, en) for zh, en in zip(rows["name"], rows["name_en"], strict=True)]


def staff(found: HealthTables, words: Words, places: Mapping[str, str]) -> Section:
    """Doctors and nurses of each county's medical community: what it has, what it lacks after posting."""
    title = words("health.staff")
    table = found.tables["pools"]
    known = table[table["unknown"] < table["sites"]]
    rows = [
        (
            words(
                "health.of_pool",
                place=places[str(row["unit"])],
                section=words.label("care_section", str(row["section"])),
                who=words.label("care_staff", str(row["variable"])),
            ),
            [
                Series(words("health.have"), HAVE, [float(row["have"])]),
                Series(words("health.unfilled"), LACKING, [float(row["unfilled"])]),
            ],
        )
        for row in known.sort_values(["unit", "variable", "section"], kind="stable").to_dict("records")
    ]
    if not rows:
        return Section("staff", title)
    svg = bars(rows, label=title, unit=words("health.persons"), words=words.count, name_width=290)
    legend = legend_of([(HAVE, words("health.have")), (LACKING, words("health.unfilled"))])
    figure = Figure(title, svg, _pools(table, words, places, label=title), legend)
    posted = found.tables["postings"]
    head = words("health.postings", count=words.count(min(len(posted), MOST_ROWS)))
    grids = [(head, _postings(found, words, places, label=head))] if len(posted) else []
    return Section("staff", title, [Part(figures=[figure], grids=grids)], [words("health.staff_note")])


def _pools(table: pd.DataFrame, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    shown = table.assign(
        section_name=[words.label("care_section", str(one)) for one in table["section"]],
        who=[words.label("care_staff", str(one)) for one in table["variable"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "unit": (words("outlook.place"), None),
        "section_name": (words("health.section"), None),
        "who": (words("health.what"), None),
        "have": (words("health.have"), number(words)),
        "need": (words("health.need"), number(words)),
        "need_pooled": (words("health.need_pooled"), number(words)),
        "short": (words("health.short"), number(words)),
        "spare": (words("health.spare"), number(words)),
        "posted_in": (words("health.posted"), number(words)),
        "unfilled": (words("health.unfilled"), number(words)),
        "unknown": (words("health.unknown"), number(words)),
    }
    return placed(shown, columns, places=places, label=label)


def _postings(found: HealthTables, words: Words, places: Mapping[str, str], *, label: str) -> Grid:
    table = found.tables["postings"].head(MOST_ROWS)
    shown = table.assign(
        start=_named(found, table["from_site"], words),
        end=_named(found, table["to_site"], words),
        who=[words.label("care_staff", str(one)) for one in table["variable"]],
    )
    columns: dict[str, tuple[str, Format | None]] = {
        "county": (words("column.county"), None),
        "who": (words("health.what"), None),
        "start": (words("health.from"), None),
        "end": (words("health.to"), None),
        "persons": (words("health.persons"), number(words)),
        "minutes": (words("health.minutes"), number(words, 1)),
    }
    return placed(shown, columns, places=places, label=label)
