"""The commands on roads: ``roads`` looks at a file, ``import`` puts it into a region."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tongqu.apps import roads_jobs
from tongqu.apps.options import (
    DebugOption,
    ForceOption,
    JsonOption,
    LangOption,
    MapOption,
    QuietOption,
    face_of,
)
from tongqu.apps.roads_jobs import Reading
from tongqu.apps.spoken import SpokenCommand

__all__ = ["roads_app"]

roads_app = typer.Typer()


class Kind(StrEnum):
    """Kinds of road file."""

    osm = "osm"
    graphml = "graphml"
    lines = "lines"
    links = "links"


class NodesAt(StrEnum):
    """Where lines are cut."""

    ends = "ends"
    touching = "touching"
    crossings = "crossings"


class Keeping(StrEnum):
    """Which pieces of a network are kept."""

    strong = "strong"
    weak = "weak"
    all = "all"


FileArgument = Annotated[Path, typer.Argument(metavar="FILE")]
FormatOption = Annotated[Kind | None, typer.Option("--format")]
CrsOption = Annotated[str, typer.Option(metavar="EPSG:CODE")]
ClassColumnOption = Annotated[str, typer.Option(metavar="HEADING")]
ColumnOption = Annotated[list[str] | None, typer.Option(metavar="NAME=HEADING")]
ClassWordOption = Annotated[list[str] | None, typer.Option(metavar="WORD=KIND")]
UnknownOption = Annotated[str, typer.Option(metavar="KIND")]
LayerOption = Annotated[str | None, typer.Option(metavar="NAME")]
EncodingOption = Annotated[str | None, typer.Option(metavar="NAME")]
NodesOption = Annotated[Path | None, typer.Option(metavar="FILE")]
NodeAtOption = Annotated[NodesAt, typer.Option()]
SnapOption = Annotated[float | None, typer.Option()]
GapOption = Annotated[float | None, typer.Option()]
ProblemsOption = Annotated[Path | None, typer.Option(metavar="FILE")]


@roads_app.command(
    "roads",
    cls=SpokenCommand,
    epilog="tongqu roads town.osm.pbf --map roads.html --problems problems.geojson",
)
def roads(
    file: FileArgument,
    region: Annotated[str, typer.Option(metavar="REGION")] = "",
    crop: Annotated[bool, typer.Option("--crop")] = False,
    map_: MapOption = None,
    problems: ProblemsOption = None,
    format_: FormatOption = None,
    crs: CrsOption = "",
    class_column: ClassColumnOption = "",
    column: ColumnOption = None,
    class_word: ClassWordOption = None,
    unknown_class: UnknownOption = "",
    layer: LayerOption = None,
    encoding: EncodingOption = None,
    nodes: NodesOption = None,
    node_at: NodeAtOption = NodesAt.ends,
    snap_m: SnapOption = None,
    gap_m: GapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Look at a road file: km and links by class, pieces, what was left out, what looks wrong."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    reading = Reading(
        file,
        format=None if format_ is None else format_.value,
        crs=crs,
        class_column=class_column,
        columns=tuple(column or ()),
        class_words=tuple(class_word or ()),
        unknown_class=unknown_class,
        layer=layer,
        encoding=encoding,
        nodes=nodes,
        node_at=node_at.value,
        snap_m=snap_m,
        gap_m=gap_m,
    )
    targets = {"map": map_, "problems": problems}
    face.run(lambda: roads_jobs.roads(face, reading, region=region, crop=crop, targets=targets, force=force))


@roads_app.command(
    "import", cls=SpokenCommand, epilog="tongqu import osm town.osm.pbf --region quzhou --out my-region"
)
def import_(
    kind: Annotated[Kind, typer.Argument(metavar="KIND")],
    file: FileArgument,
    region: Annotated[str, typer.Option(metavar="REGION")],
    out: Annotated[Path, typer.Option(metavar="DIR")],
    keep: Annotated[Keeping, typer.Option()] = Keeping.strong,
    limit_m: Annotated[float, typer.Option()] = roads_jobs.LIMIT_M,
    source: Annotated[str, typer.Option(metavar="ID")] = "",
    title: Annotated[str, typer.Option(metavar="TEXT")] = "",
    licence: Annotated[str, typer.Option(metavar="TEXT")] = "",
    map_: MapOption = None,
    problems: ProblemsOption = None,
    places: Annotated[Path | None, typer.Option(metavar="FILE")] = None,
    crs: CrsOption = "",
    class_column: ClassColumnOption = "",
    column: ColumnOption = None,
    class_word: ClassWordOption = None,
    unknown_class: UnknownOption = "",
    layer: LayerOption = None,
    encoding: EncodingOption = None,
    nodes: NodesOption = None,
    node_at: NodeAtOption = NodesAt.ends,
    snap_m: SnapOption = None,
    force: ForceOption = False,
    lang: LangOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Put the roads of a file in place of a region's own; write the region as a folder."""
    face = face_of(lang, as_json=as_json, quiet=quiet, debug=debug)
    reading = Reading(
        file,
        format=kind.value,
        crs=crs,
        class_column=class_column,
        columns=tuple(column or ()),
        class_words=tuple(class_word or ()),
        unknown_class=unknown_class,
        layer=layer,
        encoding=encoding,
        nodes=nodes,
        node_at=node_at.value,
        snap_m=snap_m,
    )
    cite = roads_jobs.Citing(source, title=title, licence=licence)
    targets = {"map": map_, "problems": problems, "places": places}
    face.run(
        lambda: roads_jobs.import_roads(
            face,
            reading,
            region=region,
            out=out,
            cite=cite,
            keep=keep.value,
            limit_m=limit_m,
            targets=targets,
            force=force,
        )
    )
