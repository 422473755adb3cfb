"""The commands of a living plan: ``monitor`` and ``replan``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import replan_jobs
from tongqu.apps.options import DebugOption, ForceOption, JsonOption, LangOption, QuietOption, face_of
from tongqu.apps.spoken import SpokenCommand
from tongqu.apps.studies import Places

__all__ = ["replan_app"]

replan_app = typer.Typer()

RunArgument = Annotated[Path, typer.Argument(metavar="RUN")]
FileOption = Annotated[Path | None, typer.Option(metavar="FILE")]


@replan_app.command(cls=SpokenCommand, epilog="tongqu monitor runs/base actuals.xlsx --page monitor.html")
def monitor(
    run: RunArgument,
    actuals: Annotated[Path | None, typer.Argument(metavar="[ACTUALS]")] = None,
    year: Annotated[int | None, typer.Option()] = None,
    template: FileOption = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: FileOption = None,
    page: FileOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Set a stored plan beside what really happened; or write the file to fill in."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    face.run(lambda: replan_jobs.monitor(face, run, actuals, year=year, template=template, places=places))


@replan_app.command(
    cls=SpokenCommand, epilog="tongqu replan runs/base actuals.xlsx --from-year 2028 --out runs/again"
)
def replan(
    run: RunArgument,
    actuals: Annotated[Path, typer.Argument(metavar="ACTUALS")],
    from_year: Annotated[int | None, typer.Option("--from-year")] = None,
    price: Annotated[float | None, typer.Option()] = None,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR")] = Path("tongqu-replan"),
    page: FileOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Make a stored plan again from a year on, keeping what is built and contracted."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(
        lambda: replan_jobs.replan(
            face,
            run,
            actuals,
            asked={"from_year": from_year, "price": price},
            scenario=scenario,
            out=out,
            page=page,
            force=force,
        )
    )
