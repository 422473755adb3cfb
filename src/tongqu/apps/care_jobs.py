"""The work of ``tongqu care``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import Report
from tongqu.views.care_html import care_html
from tongqu.workflow.study import FieldStudy

__all__ = ["care"]

NEEDS: Final = ("service", "among", "need", "served", "beyond", "no_room", "share", "places_needed", "places")
PLANS: Final = ("service", "aim", "sites", "places", "capital_wan", "running_wan", "gap")


def care(face: Face, region: str, scenario: Path | None, *, places: Places) -> None:
    """Say who lacks care and what closes the gap; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        require_places(face, places, kind="care", numbers=[])
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.care(loaded, scenario, progress=progress)
        page = partial(care_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    needs = found.tables["needs"]
    content = {
        **found.summary(),
        "needs": needs[needs["level"] != "town"].to_dict("records"),
        "plans": found.tables["plans"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """Needs of the whole, what closes the gap, and what is modelled."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(table[list(columns)], found.region, kind="care", language=face.language, title=title)

    said, needs = found.figures, found.tables["needs"]
    name = face.name(found.region.title_zh, found.region.title_en)
    return [
        shown(needs[needs["level"] == "whole"], NEEDS, f"{name} {found.year}"),
        shown(found.tables["plans"], PLANS, face.word("care_plans")),
        face.word("care_modelled", share=f"{said['modelled']:.0%}", floor=f"{said['floor']:.0%}"),
    ]
