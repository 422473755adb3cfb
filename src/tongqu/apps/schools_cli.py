"""The command on schools: ``schools``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import schools_jobs
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

__all__ = ["schools_app"]

schools_app = typer.Typer()


@schools_app.command(
    cls=SpokenCommand, epilog="tongqu schools quzhou --page schools.html --sheets sheets --excel schools.xlsx"
)
def schools(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    catchments: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    close: Annotated[list[str] | None, typer.Option(metavar="SITE")] = None,
    gap: Annotated[float, typer.Option(metavar="X")] = 0.001,
    seconds: Annotated[float, typer.Option(metavar="S")] = 60.0,
    seed: Annotated[int, typer.Option()] = 1,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    sheets: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Draw the catchments of schools; say what mergers save and whom they cost."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    numbers = {"gap": gap, "seconds": seconds, "seed": seed}
    asked = schools_jobs.Asked(catchments, tuple(close or ()), sheets, numbers)
    face.run(lambda: schools_jobs.schools(face, region, scenario, places=places, asked=asked))
