"""The command line: demo, check, diagnose, project, axis, plan, report, verify, template, export, diff.

Help texts are in ``text.csv`` under ``help.<command>`` and ``help.<parameter>``.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

import tongqu
from tongqu.apps import jobs, outlook_jobs
from tongqu.apps.bureau_cli import bureau_app
from tongqu.apps.buses_cli import buses_app
from tongqu.apps.care_cli import care_app
from tongqu.apps.digital_cli import digital_app
from tongqu.apps.economy_cli import economy_app
from tongqu.apps.frontier_cli import frontier_app
from tongqu.apps.futures_cli import futures_app
from tongqu.apps.health_cli import health_app
from tongqu.apps.land_cli import land_app
from tongqu.apps.logistics_cli import logistics_app
from tongqu.apps.options import (
    DebugOption,
    ForceOption,
    JsonOption,
    LangOption,
    QuietOption,
    RegionArgument,
    face_of,
)
from tongqu.apps.replan_cli import replan_app
from tongqu.apps.roads_cli import roads_app
from tongqu.apps.schools_cli import schools_app
from tongqu.apps.schools_plan_cli import schools_plan_app
from tongqu.apps.spoken import SpokenCommand, SpokenGroup
from tongqu.apps.travel_cli import travel_app
from tongqu.apps.why_cli import why_app

__all__ = ["app", "main"]

app = typer.Typer(cls=SpokenGroup, no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
app.add_typer(bureau_app)
app.add_typer(economy_app)
app.add_typer(frontier_app)
app.add_typer(futures_app)
app.add_typer(health_app)
app.add_typer(land_app)
app.add_typer(buses_app)
app.add_typer(care_app)
app.add_typer(digital_app)
app.add_typer(logistics_app)
app.add_typer(replan_app)
app.add_typer(roads_app)
app.add_typer(schools_app)
app.add_typer(schools_plan_app)
app.add_typer(travel_app)
app.add_typer(why_app)


RunArgument = Annotated[Path, typer.Argument(metavar="RUN")]
ScenarioOption = Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tongqu {tongqu.__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Plan town and country as one system."""


@app.command(cls=SpokenCommand, epilog="tongqu demo --out my-demo")
def demo(
    out: Annotated[Path, typer.Option(metavar="DIR")] = Path("tongqu-demo"),
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Plan the bundled region Quzhou; write ``run``, ``report.html`` (zh) and ``report.en.html`` (en)."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.demo(face, out))


@app.command(cls=SpokenCommand, epilog="tongqu check my-region.xlsx --problems problems.html")
def check(
    region: RegionArgument,
    problems: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Check a region: every broken rule in one report, and which sectors can run."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.check(face, region, problems=problems, force=force))


@app.command(cls=SpokenCommand, epilog="tongqu diagnose quzhou --beyond medical_circle --out beyond.xlsx")
def diagnose(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    beyond: Annotated[str, typer.Option(metavar="SERVICE")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say how things stand: services, schools, roads, money, and how town and country fit."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.diagnose(face, region, scenario, beyond=beyond, out=out, force=force))


@app.command(
    cls=SpokenCommand, epilog="tongqu project quzhou --until 2050 --page outlook.html --excel outlook.xlsx"
)
def project(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    until: Annotated[int, typer.Option()] = 2050,
    futures: Annotated[int, typer.Option()] = 200,
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
    """Project people, towns and villages, with ranges and what they rest on."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = outlook_jobs.OutlookPlaces(folder=out, book=excel, page=page, force=force)
    asked = {"until": until, "futures": futures, "seed": seed}
    face.run(lambda: outlook_jobs.project(face, region, scenario, places=places, asked=asked))


@app.command(cls=SpokenCommand, epilog="tongqu axis quzhou --towns 2 --out axis.xlsx")
def axis(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    towns: Annotated[int, typer.Option(metavar="N")] = 2,
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Propose county seats, central towns and central villages, and compare them."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: outlook_jobs.axis(face, region, scenario, towns=towns, out=out, force=force))


@app.command(cls=SpokenCommand, epilog="tongqu plan my-region.xlsx --scenario tight.toml --out runs/tight")
def plan(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    out: Annotated[Path, typer.Option(metavar="DIR")] = Path("tongqu-run"),
    objective: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    sectors: Annotated[list[str] | None, typer.Option("--sectors", metavar="NAMES")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN")] = None,
    gap: Annotated[float | None, typer.Option()] = None,
    seconds: Annotated[float | None, typer.Option()] = None,
    threads: Annotated[int | None, typer.Option()] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Work out which projects to build, where and in which year, and store the run."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    solver = {"gap": gap, "seconds": seconds, "threads": threads, "seed": seed}
    face.run(
        lambda: jobs.plan(
            face,
            region,
            scenario,
            out=out,
            objective=objective,
            sectors=sectors,
            resume=resume,
            solver=solver,
        )
    )


@app.command(cls=SpokenCommand, epilog="tongqu report runs/tight --lang en --out tight.html")
def report(
    run: RunArgument,
    out: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the report of a stored run: one HTML file that works offline."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.report(face, run, out=out, force=force))


@app.command(cls=SpokenCommand, epilog="tongqu verify tongqu-demo/run")
def verify(
    run: RunArgument,
    prove: Annotated[bool, typer.Option("--prove")] = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Re-check every figure of a run against its own inputs; bound and prices with ``--prove``."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.verify(face, run, prove=prove))


@app.command(cls=SpokenCommand, epilog="tongqu template my-region.xlsx --lang zh")
def template(
    out: Annotated[Path, typer.Argument(metavar="OUT")],
    region: Annotated[str, typer.Option(metavar="REGION")] = "",
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the Excel template of a region, blank or filled."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.template(face, out, region=region, force=force))


@app.command(cls=SpokenCommand, epilog="tongqu export quzhou my-quzhou")
def export(
    region: RegionArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT")],
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Save a region as a folder of CSV files that git can compare."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.export(face, region, out))


@app.command(cls=SpokenCommand, epilog="tongqu diff quzhou my-quzhou --json")
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE")],
    after: Annotated[str, typer.Argument(metavar="AFTER")],
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Compare two regions value by value."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    face.run(lambda: jobs.diff(face, before, after))


def main() -> None:
    """Run the command line; where the terminal cannot show a character, its code stands for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()
