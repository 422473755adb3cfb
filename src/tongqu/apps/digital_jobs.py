"""The work of ``tongqu digital``."""

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
from tongqu.base import Problem, Report
from tongqu.views.digital_html import digital_html
from tongqu.workflow.digital.study import wrong_numbers
from tongqu.workflow.study import FieldStudy

__all__ = ["digital"]

COVERAGE: Final = ("unit", "people", "fibre_people", "g5_people", "without", "share", "villages_without")
SITES: Final = ("rank", "unit", "added", "backhaul_km", "cost_wan", "yearly_wan", "per_wan")
FIRST: Final = 10
"""Sites on the screen."""


def digital(
    face: Face,
    region: str,
    scenario: Path | None,
    *,
    places: Places,
    sites: int | None,
    elevation: Path | None,
) -> None:
    """Say who has a network and where stations would stand; write the tables and the page."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        problems = wrong_numbers(sites=sites)
        if elevation is not None and not elevation.is_file():
            problems.append(
                Problem("no such file", mend="check the path", file="--elevation", value=str(elevation))
            )
        require_places(face, places, kind="digital", numbers=problems)
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.digital(loaded, scenario, sites=sites, elevation=elevation, progress=progress)
        page = partial(digital_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    coverage = found.tables["coverage"]
    content = {
        **found.summary(),
        "coverage": coverage[coverage["level"] != "town"].to_dict("records"),
        "new_sites": found.tables["sites"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_shown(face, found), *written_lines(face, written)])


def _shown(face: Face, found: FieldStudy) -> list[Table | str]:
    """Coverage by county, the first sites, and what is modelled."""

    def shown(table: pd.DataFrame, columns: tuple[str, ...], title: str) -> Table:
        return frame(table[list(columns)], found.region, kind="digital", language=face.language, title=title)

    said, coverage, sites = found.figures, found.tables["coverage"], found.tables["sites"]
    name = face.name(found.region.title_zh, found.region.title_en)
    parts: list[Table | str] = [
        shown(coverage[coverage["level"] != "town"], COVERAGE, f"{name} {found.year}")
    ]
    if len(sites):
        title = face.word("digital_sites", count=len(sites), first=min(FIRST, len(sites)))
        parts.append(shown(sites.head(FIRST), SITES, title))
    parts.append(
        face.word("digital_modelled", share=f"{said['modelled']:.0%}", radius=f"{said['radius_m']:,.0f}")
    )
    return parts
