"""The command on futures of plans: ``futures``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import futures_jobs
from tongqu.apps.futures_jobs import Draws
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

__all__ = ["futures_app"]

futures_app = typer.Typer()


@futures_app.command(
    cls=SpokenCommand,
    epilog="tongqu futures tongqu-demo/run --futures 200 --replan 8 --page futures.html",
)
def futures(
    source: Annotated[str, typer.Argument(metavar="RUN")],
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    plan: Annotated[list[str] | None, typer.Option("--plan", metavar="NAME=RUN")] = None,
    futures: Annotated[int, typer.Option(metavar="N")] = 200,
    replan: Annotated[int, typer.Option(metavar="N")] = 8,
    seed: Annotated[int, typer.Option(metavar="N")] = 1,
    uncertain: Annotated[list[str] | None, typer.Option("--uncertain", metavar="NAME")] = None,
    processes: Annotated[int, typer.Option(metavar="N")] = 2,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say what plans are worth when costs, money and people turn out otherwise than assumed."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    draws = Draws(
        futures=futures, replan=replan, seed=seed, uncertain=tuple(uncertain or ()), processes=processes
    )
    face.run(
        lambda: futures_jobs.futures(face, source, scenario, plans=plan or (), draws=draws, places=places)
    )
