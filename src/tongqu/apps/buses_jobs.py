"""The work of ``tongqu buses``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.places import write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import (
    Places,
    Target,
    frame,
    free_files,
    require_places,
    write_study,
    written_lines,
    wrong_places,
)
from tongqu.base import Report
from tongqu.views.buses_html import buses_html
from tongqu.workflow.buses import bus_feed
from tongqu.workflow.buses.service import wrong_trips
from tongqu.workflow.study import FieldStudy

__all__ = ["buses"]

FEED: Final = (".zip",)
COVERAGE: Final = (
    "unit",
    "villages",
    "villages_today",
    "rural_people",
    "share_today",
    "people_line",
    "people_zone",
    "share_after",
)
LINES: Final = (
    "line",
    "origin",
    "destination",
    "stops",
    "minutes",
    "trips",
    "people",
    "cost_wan",
    "yuan_per_person",
)
CHOICE: Final = ("net_wan", "people_new", "share", "lines", "zones", "gap", "chosen")


def buses(
    face: Face,
    region: str,
    scenario: Path | None,
    *,
    places: Places,
    asked: Mapping[str, Any],
    gtfs: Path | None,
) -> None:
    """Work the study out; write the tables, the page and the feed."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        feed: list[Target] = [("--gtfs", gtfs, FEED)]
        wrong = [*wrong_trips(asked["least_trips"], asked["budget_wan"]), *wrong_places(feed)]
        require_places(face, places, kind="buses", numbers=wrong)
        free_files(face, feed, force=places.force)
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.buses(loaded, scenario, **asked, progress=progress)
        made = None if gtfs is None else bus_feed(found, language=face.language)
        page = partial(buses_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
        if gtfs is not None and made is not None:
            write_whole({gtfs: made})
            written.append(gtfs)
    content = {
        **found.summary(),
        "coverage": _records(found.tables["coverage"][found.tables["coverage"]["level"] != "town"]),
        "lines_table": _records(found.tables["lines"]),
        "zones_table": _records(found.tables["zones"]),
        "choice": _records(found.tables["choice"]),
        "written": [str(path) for path in written],
    }
    said = written_lines(face, written)
    face.result(content, [*_tables(face, found), *said])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; what is missing is None."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _tables(face: Face, found: FieldStudy) -> list[Table | str]:
    """Coverage of the whole and the counties, the first lines, and what money reaches."""
    coverage, lines = found.tables["coverage"], found.tables["lines"]

    def shown(table: pd.DataFrame, title: str) -> Table:
        return frame(table, found.region, kind="buses", language=face.language, title=title)

    name = face.name(found.region.title_zh, found.region.title_en)
    parts: list[Table | str] = [
        shown(coverage.loc[coverage["level"] != "town", list(COVERAGE)], f"{name} {found.year}")
    ]
    if len(lines):
        most = lines.sort_values(["people", "line"], ascending=[False, True], kind="stable")
        parts.append(shown(_no_codes(most, found, face), face.word("bus_lines_title")))
    parts.append(shown(found.tables["choice"][list(CHOICE)], face.word("bus_choice_title")))
    figures = found.summary()
    share = "–" if pd.isna(figures["modelled_rows"]) else f"{figures['modelled_rows']:.0%}"
    return [*parts, face.word("buses_modelled", share=share)]


def _no_codes(lines: pd.DataFrame, found: FieldStudy, face: Face) -> pd.DataFrame:
    """The lines with the names of their ends in place of codes."""
    units = found.region["units"].set_index("unit")
    names = units["name_en"].fillna(units["name"]) if face.language == "en" else units["name"]
    ends = {side: lines[side].map(names).fillna("") for side in ("origin", "destination")}
    shown = lines.assign(origin_name=ends["origin"], destination_name=ends["destination"])
    return shown[[f"{one}_name" if one in ends else one for one in LINES]]
