"""The command that asks a plan why: ``why``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import why_jobs
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
from tongqu.apps.why_jobs import Questions

__all__ = ["why_app"]

why_app = typer.Typer()


@why_app.command(cls=SpokenCommand, epilog="tongqu why tongqu-demo/run --most 5 --page why.html")
def why(
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    project: Annotated[list[str] | None, typer.Option("--project", metavar="CODE")] = None,
    village: Annotated[list[str] | None, typer.Option("--village", metavar="CODE")] = None,
    service: Annotated[str, typer.Option("--service", metavar="NAME")] = "",
    limit: Annotated[list[str] | None, typer.Option("--limit", metavar="NAME,YEAR,MORE")] = None,
    limits: Annotated[bool, typer.Option("--limits")] = False,
    most: Annotated[int, typer.Option(metavar="N")] = 10,
    futures: Annotated[Path | None, typer.Option("--futures", metavar="DIR")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say why a plan builds what it builds, and what it would cost to have it otherwise."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    questions = Questions(
        projects=tuple(project or ()),
        villages=tuple(village or ()),
        service=service,
        limits=tuple(limit or ()),
        only_limits=limits,
        most=most,
        futures=futures,
    )
    face.run(lambda: why_jobs.why(face, run, questions, places=places))
