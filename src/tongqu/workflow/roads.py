"""Roads: read a network of any kind, say what is in it, and put it in place of a region's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import pandas as pd

from tongqu.base import DataError, Problem, Progress, Report, silent
from tongqu.data import Language, Region, save_region
from tongqu.data.readers import (
    NetworkReport,
    Roads,
    clean,
    read_graphml,
    read_lines,
    read_links,
    read_osm,
    replace_roads,
)
from tongqu.data.readers.any_file import LINE_ENDINGS, OSM_ENDINGS, TABLE_ENDINGS
from tongqu.data.readers.checks import GAP_M
from tongqu.data.readers.clean import Keep
from tongqu.data.readers.noding import SNAP_M, NodeAt
from tongqu.data.readers.snap import SNAP_LIMIT_M
from tongqu.workflow.prepare import region_of
from tongqu.workflow.road_tables import counts_of, headed, outside_of, report_tables, save_tables

__all__ = [
    "ImportedRoads",
    "RoadFormat",
    "RoadsRead",
    "import_roads",
    "read_roads",
]

RoadFormat: TypeAlias = Literal["osm", "graphml", "lines", "links"]
FORMATS: Final[tuple[RoadFormat, ...]] = get_args(RoadFormat)

ENDINGS: Final[Mapping[RoadFormat, tuple[str, ...]]] = {
    "osm": OSM_ENDINGS,
    "graphml": (".graphml",),
    "lines": (*LINE_ENDINGS, ".zip"),
    "links": TABLE_ENDINGS,
}
"""Which reader takes a file, by the end of its name."""

LINK_NAMES: Final = ("links", "路段")
NODE_NAMES: Final = ("nodes", "节点")

SHAPED: Final = ("columns", "classes", "unknown_class", "crs", "snap_m")
OPTIONS: Final[Mapping[RoadFormat, tuple[str, ...]]] = {
    "osm": (),
    "graphml": ("crs",),
    "lines": (*SHAPED, "layer", "encoding", "node_at"),
    "links": (*SHAPED, "nodes"),
}
"""Options that only some kinds of file have."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadsRead:
    """Roads as read from a file, and what was found in them.

    Parameters
    ----------
    roads : Roads
        Nodes, links, lines and report; see `tongqu.data.readers.Roads`.
    format : {"osm", "graphml", "lines", "links"}
        The reader that was used.
    region : str
        Name of the region whose box the roads were held against; empty if none.
    """

    roads: Roads
    format: RoadFormat
    region: str = ""

    @property
    def report(self) -> NetworkReport:
        """What is in the network, what was left out, and what looks wrong."""
        return self.roads.report

    def summary(self) -> dict[str, Any]:
        """The headline figures: counts, km, and shares of length outside the largest component."""
        report, origin = self.report, self.roads.origin
        return {
            "file": origin.file,
            "format": self.format,
            "sha256": origin.sha256,
            "licence": origin.licence,
            "region": self.region,
            "nodes": report.nodes,
            "links": report.links,
            "km": report.km,
            "car_km": float(report.classes["car_km"].sum()),
            "outside": outside_of(report),
            "left_out": counts_of(report, kind="left_out"),
            "to_look_at": counts_of(report, kind="problem"),
        }

    def tables(self, language: Language = "en") -> dict[str, pd.DataFrame]:
        """``classes``, ``components``, ``findings`` and ``problems`` with words in the language."""
        return report_tables(self.report, language=language)

    def save(self, folder: str | Path, *, language: Language = "en") -> Path:
        """The tables as CSV files, and the problems as GeoJSON for a GIS, in a new folder.

        Raises
        ------
        DataError
            If there is something in the folder already.
        """
        return save_tables(self.tables(language), folder=Path(folder), report=self.report, language=language)


@dataclass(frozen=True, slots=True, eq=False)
class ImportedRoads:
    """A region with imported roads.

    Parameters
    ----------
    region : Region
        With the roads, validated.
    source : str
        What nodes and links cite in the table of sources.
    places : DataFrame
        Where each place enters the network; see `tongqu.data.readers.Replaced`.
    speeds : DataFrame
        Mean speed of the links of each class as read, and that by which the region computes.
    report : NetworkReport
        Of the roads in the region; places beyond the limit are among its problems.
    """

    region: Region
    source: str
    places: pd.DataFrame
    speeds: pd.DataFrame
    report: NetworkReport
    _roads: Roads = field(repr=False)
    _keep: Keep = field(repr=False)

    def network(self) -> Roads:
        """The roads that are in the region, with their lines, for a map."""
        return clean(self._roads, box=self.region.bbox, keep=self._keep)

    def summary(self) -> dict[str, Any]:
        """The headline figures: roads, distances from places to them, and what was left out."""
        links, metres = self.region["links"], self.places["distance_m"].astype("float64")
        source = self.region["sources"].set_index("source").loc[self.source]
        return {
            "region": self.region.name,
            "sha256": self.region.sha256,
            "file": self._roads.origin.file,
            "source": self.source,
            "licence": str(source["licence"]),
            "share_alike": bool(source["share_alike"]),
            "nodes": len(self.region["nodes"]),
            "links": len(links),
            "km": float(links["length_km"].sum()),
            "modelled_links": int(links["modelled"].sum()),
            "places_put": len(self.places),
            "places_beyond": int(self.places["beyond"].astype(bool).sum()),
            "median_m": float(metres.median()),
            "farthest_m": float(metres.max()),
            "left_out": counts_of(self.report, kind="left_out"),
            "to_look_at": counts_of(self.report, kind="problem"),
        }

    def tables(self, language: Language = "en") -> dict[str, pd.DataFrame]:
        """``classes, components, findings, problems, places, speeds`` with words in the language."""
        names = {"places": self.places, "speeds": self.speeds}
        return report_tables(self.report, language=language) | {
            name: headed(frame, language=language) for name, frame in names.items()
        }

    def save(self, folder: str | Path) -> Path:
        """The region as a folder that git can compare; see `tongqu.data.save_region`."""
        return save_region(self.region, folder)

    def save_report(self, folder: str | Path, *, language: Language = "en") -> Path:
        """The tables as CSV files, and the problems as GeoJSON, in a new folder."""
        return save_tables(self.tables(language), folder=Path(folder), report=self.report, language=language)


def read_roads(
    path: str | Path,
    *,
    format: RoadFormat | None = None,  # noqa: A002 - the word that people look for
    region: Region | str | Path | None = None,
    crop: bool = False,
    crs: str = "",
    columns: Mapping[str, str] | None = None,
    classes: Mapping[str, str] | None = None,
    unknown_class: str = "",
    layer: str | None = None,
    encoding: str | None = None,
    nodes: str | Path | None = None,
    node_at: NodeAt = "ends",
    snap_m: float = SNAP_M,
    gap_m: float = GAP_M,
    progress: Progress = silent,
) -> RoadsRead:
    r"""Roads from a file, by the reader that its name asks for.

    Parameters
    ----------
    path : str or Path
        OpenStreetMap (``.osm.pbf``, ``.osm``, also compressed), OSMnx (``.graphml``), lines (``.gpkg``,
        ``.shp``, ``.geojson``, ``.json``, a ``.zip`` with a shape file), a table of links (``.csv``,
        ``.xlsx``, ``.parquet``), or a folder with tables ``links`` and ``nodes``.
    format : {"osm", "graphml", "lines", "links"}, optional
        The reader, where the name does not say.
    region : Region, str or Path, optional
        A region in whose box the roads should lie; nodes elsewhere are reported.
    crop : bool
        Whether links that leave that box are left out (and counted) before anything is looked at.
    crs, columns, classes, unknown_class, layer, encoding, nodes, node_at, snap_m
        Of the readers of lines and tables; see `tongqu.data.readers.read_lines` and `read_links`.
    gap_m : float
        Metres within which a dead end and a road that it does not join are reported.
    progress : callable
        Told the stages ``load`` (the region) and ``roads``.

    Returns
    -------
    RoadsRead

    Raises
    ------
    DataError
        With every problem of the file; or if the kind of file is not known, or an option is not for it.

    Examples
    --------
    >>> import tempfile
    >>> text = "from_lon,from_lat,to_lon,to_lat,class\n118.9,28.9,118.9,29.0,县道\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder, "roads.csv")
    ...     _ = table.write_text(text, encoding="utf-8")
    ...     found = read_roads(table)
    >>> found.format, found.report.links, round(found.summary()["km"], 1)
    ('links', 1, 11.1)
    """
    path = Path(path)
    kind, path, nodes = file_of(path, asked=format, nodes=nodes)
    given = {
        "crs": crs or None,
        "columns": columns or None,
        "classes": classes or None,
        "unknown_class": unknown_class or None,
        "layer": layer,
        "encoding": encoding,
        "nodes": nodes,
        "node_at": node_at if node_at != "ends" else None,
        "snap_m": snap_m if snap_m != SNAP_M else None,
    }
    check_options(kind, given=given, region=region, crop=crop)
    held = region_of(region, progress=progress) if region is not None else None
    progress(Report("roads"))
    box = held.bbox if held is not None and not crop else None
    if kind == "osm":
        roads = read_osm(path, box=box, gap_m=gap_m)
    elif kind == "graphml":
        roads = read_graphml(path, crs=crs, box=box, gap_m=gap_m)
    elif kind == "lines":
        roads = read_lines(
            path,
            columns=columns,
            classes=classes,
            unknown_class=unknown_class,
            crs=crs,
            layer=layer,
            encoding=encoding,
            node_at=node_at,
            snap_m=snap_m,
            box=box,
            gap_m=gap_m,
        )
    else:
        roads = read_links(
            path,
            nodes=nodes,
            columns=columns,
            classes=classes,
            unknown_class=unknown_class,
            crs=crs,
            snap_m=snap_m,
            box=box,
            gap_m=gap_m,
        )
    if held is not None and crop:
        roads = cropped(roads, held, gap_m=gap_m)
    return RoadsRead(roads, kind, held.name if held is not None else "")


def import_roads(
    region: Region | str | Path,
    roads: str | Path | Roads | RoadsRead,
    *,
    source: str = "",
    title: str = "",
    licence: str = "",
    keep: Keep = "strong",
    limit_m: float = SNAP_LIMIT_M,
    progress: Progress = silent,
) -> ImportedRoads:
    """A region with these roads in place of its own, every place at its nearest node.

    Parameters
    ----------
    region : Region, str or Path
    roads : str, Path, Roads or RoadsRead
        A file that needs no options, or roads already read by `read_roads`.
    source : str
        Identifier in the table of sources; ``"osm:roads"`` for OpenStreetMap, else ``"own:roads"``.
        A row with the hash of another file is renewed if only the old roads cite it.
    title, licence : str
        For the row of sources; OpenStreetMap brings its licence.
    keep : {"strong", "weak", "all"}
        Which components of the roads; ``"strong"`` keeps what cars can reach and come back from.
    limit_m : float
        Metres from a place to its node beyond which it is listed.
    progress : callable
        Told the stages ``load``, ``roads`` and ``replace``.

    Returns
    -------
    ImportedRoads

    Raises
    ------
    DataError
        With every problem of the file or of the region with these roads; nothing is written.
    """
    check_import(keep=keep, limit_m=limit_m)
    found = region_of(region, progress=progress)
    if isinstance(roads, str | Path):
        roads = read_roads(roads, progress=progress)
    network = roads.roads if isinstance(roads, RoadsRead) else roads
    source = source or ("osm:roads" if network.origin.share_alike else "own:roads")
    progress(Report("replace"))
    made = replace_roads(
        without_stale(found, source=source, sha256=network.origin.sha256),
        network,
        source=source,
        title=title,
        licence=licence,
        keep=keep,
        limit_m=limit_m,
    )
    return ImportedRoads(made.region, source, made.places, made.speeds, made.report, network, keep)


def file_of(
    path: Path, *, asked: RoadFormat | None, nodes: str | Path | None
) -> tuple[RoadFormat, Path, str | Path | None]:
    """The reader, the file, and its table of nodes, if that is another file."""
    if asked is not None and asked not in FORMATS:
        mend = f"use one of {', '.join(FORMATS)}"
        raise DataError([Problem(rule="unknown choice", mend=mend, column="format", value=str(asked))])
    if path.is_dir() and asked in (None, "links"):
        links, found = (table_in(path, names=names) for names in (LINK_NAMES, NODE_NAMES))
        if links is None:
            mend = "put a table links (路段) there, and nodes (节点), or name a file"
            raise DataError([Problem(rule="the folder has no table of links", mend=mend, file=path.name)])
        return "links", links, nodes if nodes is not None else found
    by_name = [kind for kind, endings in ENDINGS.items() if path.name.lower().endswith(endings)]
    if asked is None and not by_name:
        known = ", ".join(end for endings in ENDINGS.values() for end in endings)
        mend = f"give a file that ends in one of {known}"
        raise DataError([Problem(rule="not a kind of road file", mend=mend, file=path.name)])
    return asked or by_name[0], path, nodes


def table_in(folder: Path, *, names: tuple[str, ...]) -> Path | None:
    """The table of a folder with one of the names."""
    files = sorted(folder.iterdir())
    return next(
        (one for one in files if one.stem.lower() in names and one.suffix.lower() in TABLE_ENDINGS), None
    )


def check_options(kind: RoadFormat, *, given: Mapping[str, object], region: object, crop: bool) -> None:
    """Raise if an option is not for this kind of file: it would do nothing."""
    problems = []
    for name, value in given.items():
        if value is not None and name not in OPTIONS[kind]:
            known = ", ".join(OPTIONS[kind]) or "none"
            mend = f"leave it out; options of {kind}: {known}"
            problems.append(
                Problem(rule="no option for this kind of road file", mend=mend, column=name, value=str(value))
            )
    if crop and region is None:
        problems.append(Problem(rule="nothing to crop to", mend="name a region as well", column="crop"))
    if problems:
        raise DataError(problems)


def check_import(*, keep: str, limit_m: float) -> None:
    """Raise if an option of the import is out of range."""
    problems = []
    if keep not in get_args(Keep):
        mend = f"use one of {', '.join(get_args(Keep))}"
        problems.append(Problem(rule="unknown choice", mend=mend, column="keep", value=keep))
    if not limit_m > 0:
        mend = "give metres above 0"
        problems.append(Problem(rule="not above 0", mend=mend, column="limit_m", value=str(limit_m)))
    if problems:
        raise DataError(problems)


def cropped(roads: Roads, region: Region, *, gap_m: float) -> Roads:
    """The links in the region's box; at least one must be there."""
    west, south, east, north = region.bbox
    within = roads.nodes["lon"].between(west, east) & roads.nodes["lat"].between(south, north)
    if not within.any():
        mend = (
            "check the file and its coordinate system; "
            f"the box is {west} to {east} east, {south} to {north} north"
        )
        raise DataError([Problem(rule="no road lies in the region's box", mend=mend, file=roads.origin.file)])
    return clean(roads, box=region.bbox, drop_duplicates=False, gap_m=gap_m)


def without_stale(region: Region, *, source: str, sha256: str) -> Region:
    """The region without the row of this source if that stands for another file.

    Raises
    ------
    DataError
        If anything but the roads cites that row.
    """
    sources = region["sources"]
    stale = (sources["source"] == source) & sources["sha256"].notna() & (sources["sha256"] != sha256)
    if not stale.any():
        return region
    citing = [
        name
        for name, table in region.tables.items()
        if name not in ("nodes", "links", "sources")
        and "source" in table
        and (table["source"] == source).any()
    ]
    citing += [f"layers.{name}" for name, layer in region.layers.items() if layer.source == source]
    if citing:
        mend = f"give another `source`: this one is cited by {', '.join(citing)}"
        rule = "the source stands for another file"
        raise DataError([Problem(rule=rule, mend=mend, file="sources", column="source", value=source)])
    return dataclasses.replace(region, tables={**region.tables, "sources": sources[~stale]})
