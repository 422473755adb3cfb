"""The work of ``tongqu bureau``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.table import Table

from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import Report
from tongqu.contracts import open_run
from tongqu.views.bureau_html import bureau_html
from tongqu.views.words import Words
from tongqu.workflow.bureau import BureauView
from tongqu.workflow.bureau import bureau as view_of

__all__ = ["bureau"]

COUNTS: Final = ("change", "why", "projects", "credited", "depends")
SERVICES: Final = ("service", "alone", "joint")


def bureau(face: Face, run: Path, sector: str, *, places: Places) -> None:
    """Plan for one bureau alone, set it beside the joint plan, say and write it."""
    with show_progress(face.language, quiet=face.quiet) as progress:
        progress(Report("load"))
        stored = open_run(run)
        require_places(face, places, kind="bureau", numbers=[])
        found = view_of(stored, sector, progress=progress)
        page = partial(bureau_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "counts": found.tables["counts"].to_dict("records"),
        "services": _named(face, found.tables["services"]),
        "written": [str(path) for path in written],
    }
    face.result(content, [*_tables(face, found), *written_lines(face, written)])


def _named(face: Face, services: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of services with what each is called beside its code."""
    words = Words(face.language)
    names = [words.label("service", str(one)) for one in services["service"]]
    rows = services.assign(service_name=names).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _tables(face: Face, found: BureauView) -> list[Table | str]:
    spoken, said = found.spoken(face.language), found.summary()

    def shown(name: str, columns: tuple[str, ...], title: str) -> Table:
        table = spoken[name][list(columns)]
        return frame(table, found.region, kind="bureau", language=face.language, title=face.word(title))

    counts = {name: str(said[name]) for name in ("projects_alone", "projects_joint", "added", "dropped")}
    return [
        face.word("bureau_projects", **counts),
        shown("counts", COUNTS, "bureau_counts"),
        shown("services", SERVICES, "bureau_services"),
    ]
