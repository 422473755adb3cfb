"""The command ``buses``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import buses_jobs
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

__all__ = ["buses_app"]

buses_app = typer.Typer()


@buses_app.command(
    cls=SpokenCommand, epilog="tongqu buses quzhou --gtfs lines.zip --page buses.html --excel buses.xlsx"
)
def buses(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    budget: Annotated[float | None, typer.Option(metavar="WAN")] = None,
    least_trips: Annotated[int | None, typer.Option(metavar="N")] = None,
    gtfs: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say who has a bus, and which lines and zones on demand would reach the others."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    asked = {"budget_wan": budget, "least_trips": least_trips}
    face.run(lambda: buses_jobs.buses(face, region, scenario, places=places, asked=asked, gtfs=gtfs))
