"""The work of the commands on roads: read, look, put into a region, write files, say what was found."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from tongqu.apps.output import Face, TakenError
from tongqu.apps.places import require_free, write_whole
from tongqu.apps.progress import show_progress
from tongqu.apps.roads_tables import import_tables, network_tables
from tongqu.base import DataError, Problem, Progress, Report
from tongqu.data import Region, load_region, region_files, save_region
from tongqu.data.readers.checks import GAP_M
from tongqu.data.readers.clean import Keep
from tongqu.data.readers.noding import SNAP_M, NodeAt
from tongqu.data.readers.snap import SNAP_LIMIT_M
from tongqu.views.roads_html import roads_html
from tongqu.workflow.road_tables import PROBLEM_FILES, problem_file, table_file
from tongqu.workflow.roads import RoadFormat, RoadsRead, read_roads
from tongqu.workflow.roads import import_roads as put_into

__all__ = ["LIMIT_M", "Citing", "Reading", "import_roads", "roads"]

LIMIT_M: Final = SNAP_LIMIT_M

ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "map": (".html", ".htm"),
    "problems": PROBLEM_FILES,
    "places": (".csv", ".xlsx"),
}
"""Kinds of file that each option can write."""

HEADER: Final = "region.toml"
TABLE_ENDINGS: Final = (".csv", ".parquet", ".xlsx")


@dataclass(frozen=True)
class Reading:
    """What the words of a command say about the file: its options as typed; see `tongqu.read_roads`."""

    path: Path
    _: KW_ONLY
    format: RoadFormat | None = None
    crs: str = ""
    class_column: str = ""
    columns: tuple[str, ...] = ()
    class_words: tuple[str, ...] = ()
    unknown_class: str = ""
    layer: str | None = None
    encoding: str | None = None
    nodes: Path | None = None
    node_at: NodeAt = "ends"
    snap_m: float | None = None
    gap_m: float | None = None


@dataclass(frozen=True)
class Citing:
    """What the table of sources will say of the roads."""

    source: str
    _: KW_ONLY
    title: str
    licence: str


def roads(
    face: Face,
    reading: Reading,
    *,
    region: str,
    crop: bool,
    targets: Mapping[str, Path | None],
    force: bool,
) -> None:
    """Read a road file, say what is in it, and write the map and the problems."""
    wanted = require_targets(face, targets, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        held = _load(region, progress) if region else None
        found = _read(reading, region=held, crop=crop, progress=progress)
        pages: dict[str, bytes] = {}
        if "map" in wanted:
            progress(Report("map"))
            page = roads_html(found.roads, region=held, language=face.language)
            pages["map"] = page.encode()
        if "problems" in wanted:
            pages["problems"] = _problems(face, found.report, wanted["problems"])
        write_whole({wanted[name]: content for name, content in pages.items()})
    report = found.report
    content = {
        **found.summary(),
        "classes": report.classes.to_dict("records"),
        "components": report.components.to_dict("records"),
        "findings": report.findings.to_dict("records"),
        "problems": report.problems.to_dict("records"),
        "written": {name: str(path) for name, path in wanted.items()},
    }
    face.result(
        content, [*network_tables(face, report, file=found.roads.origin.file), *_written(face, wanted)]
    )


def import_roads(
    face: Face,
    reading: Reading,
    *,
    region: str,
    out: Path,
    cite: Citing,
    keep: Keep,
    limit_m: float,
    targets: Mapping[str, Path | None],
    force: bool,
) -> None:
    """Put roads in place of a region's own, and write the region as a folder."""
    wanted = require_targets(face, targets, force=force)
    require_outside_region(face, wanted, folder=out)
    earlier = require_region_place(face, out, force=force)
    with show_progress(face.language, quiet=face.quiet) as progress:
        before = _load(region, progress)
        found = _read(reading, region=None, crop=False, progress=progress)
        made = put_into(
            before,
            found,
            source=cite.source,
            title=cite.title,
            licence=cite.licence,
            keep=keep,
            limit_m=limit_m,
            progress=progress,
        )
        pages: dict[str, bytes] = {}
        if "map" in wanted:
            progress(Report("map"))
            page = roads_html(
                made.network(),
                report=made.report,
                region=made.region,
                places=made.places,
                language=face.language,
            )
            pages["map"] = page.encode()
        if "problems" in wanted:
            pages["problems"] = _problems(face, made.report, wanted["problems"])
        if "places" in wanted:
            table = made.tables(face.language)["places"]
            pages["places"] = table_file(table, kind=wanted["places"].suffix.lower())
        progress(Report("save"))
        write_region(made.region, out, earlier=earlier)
        write_whole({wanted[name]: content for name, content in pages.items()})
    content = {
        **made.summary(),
        "folder": str(out),
        "speeds": made.speeds.to_dict("records"),
        "places": made.places.to_dict("records"),
        "findings": made.report.findings.to_dict("records"),
        "problems": made.report.problems.to_dict("records"),
        "written": {name: str(path) for name, path in wanted.items()},
    }
    face.result(
        content,
        [
            *import_tables(face, made),
            *_written(face, {"region": out, **wanted}),
            *_next(face, made.summary(), region=region, out=out),
        ],
    )


def require_targets(face: Face, targets: Mapping[str, Path | None], *, force: bool) -> dict[str, Path]:
    """The files to write; one of an unknown kind, or one that is there already, is refused.

    Raises
    ------
    DataError
        If a name does not end as it should, or two are the same.
    TakenError
        If a file is there already and may not be replaced.
    """
    wanted = {name: path for name, path in targets.items() if path is not None}
    problems = []
    for name, path in wanted.items():
        if path.suffix.lower() not in ENDINGS[name]:
            mend = f"give a file that ends in one of {', '.join(ENDINGS[name])}"
            problems.append(Problem("unknown kind of file", mend=mend, file=f"--{name}", value=str(path)))
    if len({path.resolve() for path in wanted.values()}) < len(wanted):
        value = ", ".join(map(str, wanted.values()))
        problems.append(Problem("two results for one file", mend="give another name", value=value))
    if problems:
        raise DataError(problems)
    for path in wanted.values():
        require_free(face, path, force=force)
    return wanted


def require_outside_region(face: Face, wanted: Mapping[str, Path], *, folder: Path) -> None:
    """Refuse to write maps and lists into the region: its files are tables and layers only."""
    for path in wanted.values():
        if path.resolve().is_relative_to(folder.resolve()):
            raise TakenError(face.word("inside_region", path=path))


def require_region_place(face: Face, path: Path, *, force: bool) -> Region | None:
    """Refuse a place for a region that holds anything, unless it is a region that may be replaced.

    Returns
    -------
    Region or None
        The region that is there.

    Raises
    ------
    TakenError
        If there is something else, or a region that may not be replaced.
    """
    if path.is_file():
        raise TakenError(face.word("exists_file", path=path))
    if not path.is_dir() or not any(path.iterdir()):
        return None
    if not (path / HEADER).is_file():
        names = ", ".join(sorted(inner.name for inner in path.iterdir())[:3])
        raise TakenError(face.word("other_things", path=path, names=names))
    if not force:
        raise TakenError(face.word("region_exists", path=path))
    try:
        return load_region(path)
    except DataError:
        raise TakenError(face.word("region_broken", path=path)) from None


def write_region(region: Region, folder: Path, *, earlier: Region | None) -> None:
    """The region as a folder; of an earlier one only its own tables and layers are replaced."""
    if earlier is None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        save_region(region, folder)
        return
    files = region_files(region)
    old = {Path(name).with_suffix(end) for name in earlier_tables(earlier) for end in TABLE_ENDINGS}
    write_whole({folder / name: content for name, content in files.items()})
    for name in old - {Path(name) for name in files}:
        (folder / name).unlink(missing_ok=True)


def earlier_tables(region: Region) -> list[str]:
    """Files of the region's own tables."""
    return [name for name in region_files(region) if name.endswith(".csv")]


def _load(region: str, progress: Progress) -> Region:
    progress(Report("load"))
    return load_region(region, progress=progress)


def _read(reading: Reading, *, region: Region | None, crop: bool, progress: Progress) -> RoadsRead:
    columns = _pairs(reading.columns, option="--column")
    if reading.class_column:
        columns = {"class": reading.class_column} | columns
    return read_roads(
        reading.path,
        format=reading.format,
        region=region,
        crop=crop,
        crs=reading.crs,
        columns=columns,
        classes=_pairs(reading.class_words, option="--class-word"),
        unknown_class=reading.unknown_class,
        layer=reading.layer,
        encoding=reading.encoding,
        nodes=reading.nodes,
        node_at=reading.node_at,
        snap_m=SNAP_M if reading.snap_m is None else reading.snap_m,
        gap_m=GAP_M if reading.gap_m is None else reading.gap_m,
        progress=progress,
    )


def _pairs(words: tuple[str, ...], *, option: str) -> dict[str, str]:
    """Words with an equals sign between two parts, taken apart."""
    pairs, problems = {}, []
    for word in words:
        name, sign, value = (part.strip() for part in word.partition("="))
        if name and sign and value:
            pairs[name] = value
        else:
            problems.append(Problem("no pair of words", mend="write NAME=VALUE", file=option, value=word))
    if problems:
        raise DataError(problems)
    return pairs


def _problems(face: Face, report: Any, path: Path) -> bytes:
    return problem_file(report, kind=path.suffix.lower(), language=face.language)


def _written(face: Face, paths: Mapping[str, Path]) -> list[Table | str]:
    return [f"{face.word('written')}{path}" for path in paths.values()]


def _next(face: Face, summary: Mapping[str, Any], *, region: str, out: Path) -> list[Table | str]:
    """What to do next, and what the licence asks."""
    lines: list[Table | str] = []
    if summary["share_alike"]:
        lines.append(face.word("share_alike", licence=summary["licence"]))
    place = shlex.quote(str(out))
    lines.append(f"{face.word('check_it')}tongqu check {place}")
    if Path(region).resolve() != out.resolve():
        lines.append(f"{face.word('diff_it')}tongqu diff {shlex.quote(region)} {place}")
    return lines
