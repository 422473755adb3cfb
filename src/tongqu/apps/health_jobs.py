"""The work of ``tongqu health``."""

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
from tongqu.views.health_html import health_html
from tongqu.workflow.health.study import wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["health"]

CIRCLE: Final = ("kind", "case", "limit", "people", "inside", "share")
TIMES: Final = ("day", "evening", "night", "whole_day")
"""Times of the day on the screen; the files have all."""
NORMS: Final = ("variable", "have", "per_1000", "norm", "lacking", "unknown")
AMBULANCES: Final = ("case", "calls", "vehicles", "stations", "expected", "corrected", "simulated", "minutes")


def health(
    face: Face, region: str, scenario: Path | None, *, places: Places, asked: Mapping[str, Any]
) -> None:
    """Say how care, ambulances and mobile clinics stand; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        require_places(face, places, kind="health", numbers=wrong_numbers(**asked))
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.health(loaded, scenario, **asked, progress=progress)
        page = partial(health_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "circle": found.tables["circle"].to_dict("records"),
        "ambulances": found.tables["ambulances"].to_dict("records"),
        "norms": found.tables["norms"].to_dict("records"),
        "mobile": found.tables["mobile"].to_dict("records"),
        "unserved_villages": found.tables["unserved"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """The circle, norms and ambulances of the whole, and what is modelled."""

    def shown(name: str, columns: tuple[str, ...], title: str) -> Table:
        table = found.tables[name]
        whole: pd.DataFrame = table[table["level"] == "whole"][list(columns)]
        return frame(whole, found.region, kind="health", language=face.language, title=title)

    said = found.figures
    name = face.name(found.region.title_zh, found.region.title_en)
    circle = found.tables["circle"]
    times = circle[(circle["level"] == "whole") & circle["case"].isin(TIMES)][list(CIRCLE)]
    parts: list[Table | str] = [
        frame(times, found.region, kind="health", language=face.language, title=f"{name} {found.year}"),
        shown("norms", NORMS, face.word("health_norms")),
    ]
    if len(found.tables["ambulances"]):
        parts.append(shown("ambulances", AMBULANCES, face.word("health_ambulances")))
    return [
        *parts,
        face.word(
            "health_unserved",
            villages=f"{said['unserved']:,}",
            people=f"{said['unserved_people']:,.0f}",
            vans=f"{said['mobile_shared_vans']:,.0f}",
        ),
        face.word("health_modelled", share=f"{said['modelled_sites']:.0%}"),
    ]
