"""The work of ``tongqu frontier``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import tongqu
from tongqu.apps.output import Face
from tongqu.apps.progress import show_progress
from tongqu.apps.studies import Places, frame, require_places, write_study, written_lines
from tongqu.base import Report
from tongqu.contracts.scenario import Measure
from tongqu.views.frontier_html import frontier_html
from tongqu.workflow.files import heading
from tongqu.workflow.frontier.study import wrong_request

__all__ = ["frontier"]


def frontier(
    face: Face,
    region: str,
    scenario: Path | None,
    *,
    places: Places,
    first: Measure,
    second: Measure,
    points: int,
    gap: float | None,
    seconds: float | None,
    processes: int,
) -> None:
    """Find the points, show them, and write the tables and the page."""
    numbers = wrong_request(
        first=first, second=second, points=points, gap=gap, seconds=seconds, processes=processes
    )
    with show_progress(face.language, quiet=face.quiet) as progress:
        require_places(face, places, kind="frontier", numbers=numbers)
        progress(Report("load"))
        loaded = tongqu.load(region, progress=progress)
        found = tongqu.frontier(
            loaded,
            scenario,
            first=first,
            second=second,
            points=points,
            gap=gap,
            seconds=seconds,
            processes=processes,
            progress=progress,
        )
        page = partial(frontier_html, found, language=face.language)
        written = write_study(face, found, places, page=page, progress=progress)
    content = {
        **found.summary(),
        "table": found.tables["points"].to_dict("records"),
        "written": [str(path) for path in written],
    }
    names = [heading(f"measure.{name}", face.language, kind="frontier") for name in (first, second)]
    title = face.word("frontier_title", first=names[0], second=names[1])
    table = frame(
        found.tables["points"].drop(columns="asked"),
        found.region,
        kind="frontier",
        language=face.language,
        title=title,
    )
    face.result(content, [table, face.word("frontier_promised"), *written_lines(face, written)])
