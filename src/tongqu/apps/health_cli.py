"""The command on health care: ``health``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import health_jobs
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

__all__ = ["health_app"]

health_app = typer.Typer()


@health_app.command(cls=SpokenCommand, epilog="tongqu health quzhou --page health.html --excel health.xlsx")
def health(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    new: Annotated[int, typer.Option(metavar="N")] = 1,
    days: Annotated[int, typer.Option(metavar="N")] = 120,
    iterations: Annotated[int, typer.Option(metavar="N")] = 100,
    seed: Annotated[int, typer.Option()] = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say who reaches which care when, what it lacks, and where ambulances and mobile clinics would go."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    asked = {"new": new, "days": days, "iterations": iterations, "seed": seed}
    face.run(lambda: health_jobs.health(face, region, scenario, places=places, asked=asked))
