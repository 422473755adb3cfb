"""The commands on travel: ``tongqu travel nearest``, ``matrix``, ``isochrones``, ``access`` and others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import travel_jobs
from tongqu.apps.options import (
    DebugOption,
    ForceOption,
    JsonOption,
    LangOption,
    MapOption,
    QuietOption,
    RegionArgument,
    face_of,
)
from tongqu.apps.spoken import SpokenCommand, SpokenGroup
from tongqu.apps.travel_jobs import Places

__all__ = ["travel_app"]

travel_app = typer.Typer(
    name="travel",
    cls=SpokenGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    epilog="tongqu travel nearest quzhou --kind township_hospital --few 3 --mode walk --out nearest.xlsx",
)


KindsOption = Annotated[list[str] | None, typer.Option("--kind", metavar="KIND")]
ModeOption = Annotated[str, typer.Option(metavar="MODE")]
GroupOption = Annotated[str, typer.Option("--people", metavar="NAME")]
AnyLimitOption = Annotated[float | None, typer.Option("--limit")]
LimitOption = Annotated[float, typer.Option("--limit")]
TargetsOption = Annotated[list[str] | None, typer.Option("--to", metavar="PLACE")]
FileOption = Annotated[Path | None, typer.Option("--out", metavar="FILE")]


@travel_app.callback()
def travel() -> None:
    """Say who reaches what, in how many minutes, and what would change it."""


@travel_app.command(
    cls=SpokenCommand,
    epilog="tongqu travel nearest quzhou --kind township_hospital --few 3 --mode walk --out nearest.xlsx",
)
def nearest(
    region: RegionArgument,
    kinds: KindsOption = None,
    mode: ModeOption = "car",
    few: Annotated[int, typer.Option()] = 1,
    limit: AnyLimitOption = None,
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Find the nearest sites of every village."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    face.run(
        lambda: travel_jobs.nearest(face, places, kinds=kinds, mode=mode, few=few, limit=limit, group=people)
    )


@travel_app.command(
    cls=SpokenCommand,
    epilog="tongqu travel matrix quzhou --from towns --to county_hospital --wide --out times.xlsx",
)
def matrix(
    region: RegionArgument,
    origins: Annotated[list[str] | None, typer.Option("--from", metavar="PLACE")] = None,
    targets: TargetsOption = None,
    mode: ModeOption = "car",
    limit: AnyLimitOption = None,
    wide: Annotated[bool, typer.Option("--wide")] = False,
    into: FileOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Give minutes from every origin to every target."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=None, force=force)
    face.run(
        lambda: travel_jobs.matrix(
            face, places, origins=origins, targets=targets, mode=mode, limit=limit, wide=wide
        )
    )


@travel_app.command(
    cls=SpokenCommand,
    epilog="tongqu travel isochrones quzhou --kind county_hospital --limit 10 --limit 20 --out areas.geojson",
)
def isochrones(
    region: RegionArgument,
    kinds: KindsOption = None,
    limits: Annotated[list[float] | None, typer.Option("--limit")] = None,
    mode: ModeOption = "car",
    width: Annotated[float | None, typer.Option()] = None,
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Draw the areas within minutes of the nearest site."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    face.run(
        lambda: travel_jobs.isochrones(
            face, places, kinds=kinds, limits=limits, mode=mode, width=width, group=people
        )
    )


@travel_app.command(
    cls=SpokenCommand,
    epilog="tongqu travel access quzhou --kind county_hospital --limit 30 --variant E2SFCA --out access.xlsx",
)
def access(
    region: RegionArgument,
    limit: LimitOption,
    kinds: KindsOption = None,
    variant: Annotated[str, typer.Option(metavar="NAME")] = "2SFCA",
    impedance: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    capacity: Annotated[str, typer.Option(metavar="COLUMN")] = "capacity",
    line: Annotated[float | None, typer.Option()] = None,
    mode: ModeOption = "car",
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Give supply per 1000 people within reach, and how fairly it falls."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    asked = {
        "limit": limit,
        "variant": variant,
        "impedance": impedance,
        "capacity": capacity,
        "line": line,
        "mode": mode,
        "group": people,
    }
    face.run(lambda: travel_jobs.access(face, places, kinds=kinds, asked=asked))


@travel_app.command(
    cls=SpokenCommand,
    epilog="tongqu travel catchments quzhou --kind primary_school --people pupils.primary --limit 30",
)
def catchments(
    region: RegionArgument,
    limit: LimitOption,
    kinds: KindsOption = None,
    split: Annotated[bool, typer.Option("--split")] = False,
    rule: Annotated[str, typer.Option(metavar="RULE")] = "nearest",
    capacity: Annotated[str, typer.Option(metavar="COLUMN")] = "capacity",
    each: Annotated[float, typer.Option()] = 1.0,
    mode: ModeOption = "car",
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say which site the people of every village use, sites having room."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    asked = {
        "limit": limit,
        "whole": not split,
        "rule": rule,
        "capacity": None if capacity == "none" else capacity,
        "each": each,
        "mode": mode,
        "group": people,
    }
    face.run(lambda: travel_jobs.catchments(face, places, kinds=kinds, asked=asked))


@travel_app.command(
    "what-if",
    cls=SpokenCommand,
    epilog="tongqu travel what-if quzhou --kind county_hospital --limit 20 --site 330824109 --out gains.xlsx",
)
def what_if(
    region: RegionArgument,
    limit: LimitOption,
    kinds: KindsOption = None,
    faster: Annotated[list[str] | None, typer.Option(metavar="LINK=CLASS")] = None,
    new: Annotated[list[str] | None, typer.Option(metavar="FROM,TO,KM,CLASS")] = None,
    site: Annotated[list[str] | None, typer.Option(metavar="PLACE")] = None,
    mode: ModeOption = "car",
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Say who comes inside a limit once roads or sites are built."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    asked = {"limit": limit, "mode": mode, "group": people}
    face.run(
        lambda: travel_jobs.what_if(
            face, places, kinds=kinds, faster=faster or [], new=new or [], sites=site or [], asked=asked
        )
    )


@travel_app.command(
    cls=SpokenCommand, epilog="tongqu travel score quzhou --kind county_hospital --limit 20 --out roads.xlsx"
)
def score(
    region: RegionArgument,
    limit: LimitOption,
    kinds: KindsOption = None,
    alone: Annotated[bool, typer.Option("--alone")] = False,
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Score every road project on offer by the people whom it brings inside a limit."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    face.run(lambda: travel_jobs.score(face, places, kinds=kinds, limit=limit, pairs=not alone, group=people))


@travel_app.command(
    cls=SpokenCommand,
    epilog="tongqu travel bus quzhou --feed lines.csv --to county_hospital --after 07:00 --before 09:00",
)
def bus(
    region: RegionArgument,
    feed: Annotated[Path, typer.Option(metavar="FILE")],
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD")] = None,
    after: Annotated[str, typer.Option(metavar="HH:MM")] = "07:00",
    before: Annotated[str, typer.Option(metavar="HH:MM")] = "09:00",
    targets: TargetsOption = None,
    walk: Annotated[str, typer.Option(metavar="WAY")] = "air",
    walk_limit: Annotated[float | None, typer.Option()] = None,
    transfers: Annotated[int | None, typer.Option()] = None,
    people: GroupOption = "people.total",
    into: FileOption = None,
    page: MapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Give minutes by bus and on foot from a timetable or a table of lines."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    places = Places(region, file=into, page=page, force=force)
    asked = {
        "date": date,
        "after": after,
        "before": before,
        "walk": walk,
        "walk_limit": walk_limit,
        "transfers": transfers,
        "group": people,
    }
    face.run(lambda: travel_jobs.bus(face, places, feed=feed, targets=targets, asked=asked))
