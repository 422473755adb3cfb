"""The command on care and service halls: ``care``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import care_jobs
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

__all__ = ["care_app"]

care_app = typer.Typer()


@care_app.command(cls=SpokenCommand, epilog="tongqu care quzhou --page care.html --excel care.xlsx")
def care(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say who lacks day care, meals, child care or a service hall, and what closes the gap at least cost."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    face.run(lambda: care_jobs.care(face, region, scenario, places=places))
