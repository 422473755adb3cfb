"""The command on two measures of a plan: ``frontier``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import frontier_jobs
from tongqu.apps.options import (
    DebugOption,
    ForceOption,
    JsonOption,
    LangOption,
    QuietOption,
    RegionArgument,
    face_of,
)
from tongqu.apps.spoken import SpokenCommand
from tongqu.apps.studies import Places

__all__ = ["frontier_app"]

frontier_app = typer.Typer()


class MeasureName(StrEnum):
    """Measures of a plan."""

    coordination = "coordination"
    coverage = "coverage"
    worst_off = "worst-off"
    cost = "cost"


@frontier_app.command(
    cls=SpokenCommand,
    epilog="tongqu frontier quzhou --first coordination --second cost --points 5 --page frontier.html",
)
def frontier(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    first: Annotated[MeasureName, typer.Option()] = MeasureName.coordination,
    second: Annotated[MeasureName, typer.Option()] = MeasureName.worst_off,
    points: Annotated[int, typer.Option(metavar="N")] = 7,
    gap: Annotated[float | None, typer.Option(metavar="X")] = None,
    seconds: Annotated[float | None, typer.Option(metavar="S")] = None,
    processes: Annotated[int, typer.Option(metavar="N")] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say how much of one measure of a plan another costs, with a proven bound at every point."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    face.run(
        lambda: frontier_jobs.frontier(
            face,
            region,
            scenario,
            places=places,
            first=first.value,
            second=second.value,
            points=points,
            gap=gap,
            seconds=seconds,
            processes=processes,
        )
    )
