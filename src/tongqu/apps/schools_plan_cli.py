"""The command on schools over years: ``schools-plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tongqu.apps import schools_plan_jobs
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

__all__ = ["schools_plan_app"]

schools_plan_app = typer.Typer()


@schools_plan_app.command(
    "schools-plan", cls=SpokenCommand, epilog="tongqu schools-plan quzhou --county 330824 --excel plan.xlsx"
)
def schools_plan(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    county: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    aim: Annotated[Literal["cost", "minutes"], typer.Option()] = "cost",
    money: Annotated[float | None, typer.Option(metavar="X")] = None,
    gap: Annotated[float, typer.Option(metavar="X")] = 0.005,
    seconds: Annotated[float, typer.Option(metavar="S")] = 180.0,
    processes: Annotated[int, typer.Option(metavar="N", min=1, max=64)] = 2,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Plan schools over years: open, extend, merge, board, share, mend."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=None, force=force)
    asked = schools_plan_jobs.Asked(
        county=county, aim=aim, money=money, gap=gap, seconds=seconds, processes=processes
    )
    face.run(lambda: schools_plan_jobs.schools_plan(face, region, scenario, places=places, asked=asked))
