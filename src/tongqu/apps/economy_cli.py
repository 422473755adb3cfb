"""The commands on the economy: ``economy``, ``accounts``, ``import-io``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import economy_jobs
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

__all__ = ["economy_app"]

economy_app = typer.Typer()

ScenarioOption = Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")]
OutOption = Annotated[Path | None, typer.Option(metavar="DIR")]
BookOption = Annotated[Path | None, typer.Option(metavar="FILE")]
PageOption = Annotated[Path | None, typer.Option(metavar="FILE")]


class MoneyUnit(StrEnum):
    """Units of money in a published table."""

    wan = "wan"
    yi = "yi"


UNITS = {MoneyUnit.wan: "万元", MoneyUnit.yi: "亿元"}


@economy_app.command(
    cls=SpokenCommand, epilog="tongqu economy quzhou --page economy.html --excel economy.xlsx"
)
def economy(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    sites: Annotated[int, typer.Option(metavar="N")] = 3,
    out: OutOption = None,
    excel: BookOption = None,
    page: PageOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say who makes what, who earns what along the chains, and where plants would stand."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    face.run(lambda: economy_jobs.economy(face, region, scenario, places=places, sites=sites))


@economy_app.command(
    cls=SpokenCommand, epilog="tongqu accounts quzhou --until 2050 --page accounts.html --excel accounts.xlsx"
)
def accounts(
    region: RegionArgument,
    scenario: ScenarioOption = None,
    until: Annotated[int, typer.Option()] = 2050,
    futures: Annotated[int, typer.Option()] = 200,
    seed: Annotated[int, typer.Option()] = 1,
    out: OutOption = None,
    excel: BookOption = None,
    page: PageOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Carry budgets, debt, pensions and incomes on, with ranges and what they rest on."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    asked = {"until": until, "futures": futures, "seed": seed}
    face.run(lambda: economy_jobs.accounts(face, region, scenario, places=places, asked=asked))


@economy_app.command(
    "import-io",
    cls=SpokenCommand,
    epilog="tongqu import-io table.xlsx --region quzhou --area zhejiang --year 2017 --prefix cn17.",
)
def import_io(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    region: Annotated[str, typer.Option(metavar="REGION")],
    area: Annotated[str, typer.Option(metavar="NAME")],
    year: Annotated[int, typer.Option()],
    unit: Annotated[MoneyUnit, typer.Option()] = MoneyUnit.wan,
    prefix: Annotated[str, typer.Option(metavar="TEXT")] = "",
    sheet: Annotated[str, typer.Option(metavar="NAME")] = "",
    source: Annotated[str, typer.Option(metavar="CODE")] = "own",
    out: Annotated[Path, typer.Option(metavar="FILE")] = Path("input_output.csv"),
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Read an input-output table as bureaus publish it into rows of a region's table."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    asked = {
        "area": area,
        "year": year,
        "unit": UNITS[unit],
        "prefix": prefix,
        "sheet": sheet,
        "source": source,
    }
    face.run(lambda: economy_jobs.import_io(face, file, region=region, out=out, asked=asked, force=force))
