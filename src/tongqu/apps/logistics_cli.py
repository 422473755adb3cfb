"""The command on logistics: ``logistics``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import logistics_jobs
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

__all__ = ["logistics_app"]

logistics_app = typer.Typer()


@logistics_app.command(
    cls=SpokenCommand, epilog="tongqu logistics quzhou --page logistics.html --excel logistics.xlsx"
)
def logistics(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    vans: Annotated[int | None, typer.Option(metavar="N")] = None,
    iterations: Annotated[int, typer.Option(metavar="N")] = 200,
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
    """Say where parcels and farm goods go, on which rounds, and at what cost."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    asked = {"vans": vans, "iterations": iterations, "seed": seed}
    face.run(lambda: logistics_jobs.logistics(face, region, scenario, places=places, asked=asked))
