"""The commands on land: ``land`` and ``import-land``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import land_jobs
from tongqu.apps.land_jobs import Files, Survey
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

__all__ = ["land_app"]

land_app = typer.Typer()

FileOption = Annotated[Path | None, typer.Option(metavar="FILE")]


class Level(StrEnum):
    """Levels of places that parcels are added up for."""

    town = "town"
    county = "county"


@land_app.command(
    cls=SpokenCommand, epilog="tongqu land quzhou --elevation dem.tif --page land.html --excel land.xlsx"
)
def land(
    region: RegionArgument,
    scenario: Annotated[Path | None, typer.Option("--scenario", "-s", metavar="FILE")] = None,
    elevation: FileOption = None,
    protected: FileOption = None,
    quality: FileOption = None,
    reproject: Annotated[bool, typer.Option("--reproject")] = False,
    cell_m: Annotated[float, typer.Option(metavar="METRES")] = 500.0,
    demand_ha: Annotated[list[str] | None, typer.Option(metavar="[COUNTY=]HA")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR")] = None,
    excel: FileOption = None,
    page: FileOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say what land is used for, what may change, and where needed construction land would go."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(folder=out, book=excel, page=page, force=force)
    files = Files(elevation=elevation, protected=protected, quality=quality, reproject=reproject)
    face.run(
        lambda: land_jobs.land(
            face,
            region,
            scenario,
            places=places,
            files=files,
            cell_m=cell_m,
            demand_ha=tuple(demand_ha or ()),
        )
    )


@land_app.command(
    "import-land",
    cls=SpokenCommand,
    epilog="tongqu import-land survey.gpkg --region quzhou --year 2023 --problems problems.html",
)
def import_land(
    parcels: Annotated[Path, typer.Argument(metavar="PARCELS")],
    region: Annotated[str, typer.Option(metavar="REGION")],
    year: Annotated[int, typer.Option()],
    source: Annotated[str, typer.Option(metavar="CODE")] = "own",
    level: Annotated[Level, typer.Option()] = Level.town,
    out: Annotated[Path, typer.Option(metavar="FILE")] = Path("land_use.csv"),
    problems: FileOption = None,
    crs: Annotated[str, typer.Option(metavar="EPSG:CODE")] = "",
    layer: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    encoding: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    column: Annotated[list[str] | None, typer.Option(metavar="NAME=HEADING")] = None,
    class_word: Annotated[list[str] | None, typer.Option(metavar="WORD=CLASS")] = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Add the parcels of a land survey up to rows of land use; every problem with its place."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    survey = Survey(
        parcels,
        year=year,
        source=source,
        level=level.value,
        crs=crs,
        layer=layer,
        encoding=encoding,
        columns=tuple(column or ()),
        class_words=tuple(class_word or ()),
    )
    face.run(
        lambda: land_jobs.import_land(face, survey, region=region, out=out, problems=problems, force=force)
    )
