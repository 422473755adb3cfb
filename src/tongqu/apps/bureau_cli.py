"""The command of one bureau's view of a joint plan: ``bureau``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import bureau_jobs
from tongqu.apps.options import (
    DebugOption,
    ForceOption,
    JsonOption,
    LangOption,
    QuietOption,
    face_of,
)
from tongqu.apps.spoken import SpokenCommand
from tongqu.apps.studies import Places

__all__ = ["bureau_app"]

bureau_app = typer.Typer()


@bureau_app.command(
    cls=SpokenCommand, epilog="tongqu bureau tongqu-demo/run --sector education --page education.html"
)
def bureau(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    sector: Annotated[str, typer.Option("--sector", metavar="NAME")],
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Set what one bureau would plan alone beside the joint plan, with a reason for each change."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    face.run(lambda: bureau_jobs.bureau(face, run, sector, places=places))
