"""The work of ``tongqu logistics``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import Report
from tongqu.views.logistics_html import logistics_html
from tongqu.workflow.logistics.study import wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["logistics"]

CASES: Final = ("case", "parcels", "yuan_per_parcel", "saving", "yuan_per_tonne", "vehicles", "km", "towns")
OPENING: Final = ("unit", "points", "points_new", "extended", "alone", "total_yuan", "bound_yuan", "gap")


def logistics(
    face: Face, region: str, scenario: Path | None, *, places: Places, asked: Mapping[str, Any]
) -> None:
    """Say what a parcel costs and whom no van serves; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        require_places(face, places, kind="logistics", numbers=wrong_numbers(**asked))
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.logistics(loaded, scenario, **asked, progress=progress)
        page = partial(logistics_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    costs = found.tables["costs"]
    content = {
        **found.summary(),
        "costs": costs[costs["level"] != "town"].to_dict("records"),
        "opening": found.tables["opening"].to_dict("records"),
        "unserved_villages": found.tables["unserved"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """Cost by case of the whole, the opening model by county, and what is modelled."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(
            table[list(columns)], found.region, kind="logistics", language=face.language, title=title
        )

    said, costs = found.figures, found.tables["costs"]
    name = face.name(found.region.title_zh, found.region.title_en)
    whole = costs[costs["level"] == "whole"]
    # Cases differ in thousandths of a yuan, which the tables of the screen would round away.
    whole = whole.assign(yuan_per_parcel=[f"{yuan:.3f}" for yuan in whole["yuan_per_parcel"]])
    return [
        shown(whole, CASES, f"{name} {found.year}"),
        shown(found.tables["opening"], OPENING, face.word("logistics_opening")),
        face.word(
            "logistics_unserved",
            villages=f"{said['unserved']:,}",
            people=f"{said['unserved_people']:,.0f}",
        ),
        face.word("logistics_modelled", share=f"{said['modelled']:.0%}"),
    ]
