"""Roads from line layers: GeoPackage, shape file, GeoJSON and whatever else GDAL reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely

from tongqu.data.crs import named_to_wgs84
from tongqu.data.files import tidy
from tongqu.data.problems import Place, Problems, suggest
from tongqu.data.readers.checks import GAP_M
from tongqu.data.readers.columns import find_columns, read_attributes
from tongqu.data.readers.noding import SNAP_M, NodeAt, node_lines
from tongqu.data.readers.report import Finding
from tongqu.data.readers.roads import Roads, assemble, origin_of
from tongqu.data.readers.shapes import Lines, lines_of, take
from tongqu.data.rules import Bbox

__all__ = ["read_lines", "systems_like"]

Objects: TypeAlias = npt.NDArray[np.object_]

LAYER_COLUMNS = (
    "class",
    "oneway",
    "name",
    "ref",
    "limit_kmh",
    "speed_kmh",
    "surface",
    "bridge",
    "tunnel",
    "max_weight_t",
    "max_height_m",
)
LINESTRING, LINEAR_RING, MULTI_LINE = 1, 2, 5
"""Types of geometry by shapely's numbers."""

FIRST_PREFIXED, FIRST_ZONE_NUMBER, LAST_ZONE_NUMBER = 4513, 25, 45
"""EPSG code of the CGCS2000 3-degree system of zone 25 with its number before the easting; zones in China."""
ZONE_STEP_M = 1e6
WEB_MERCATOR_M = 20_037_509


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A layer as read: geometries, values by column, and the system that the file names."""

    geometry: Objects
    values: pd.DataFrame
    crs: str


def systems_like(x: npt.ArrayLike, y: npt.ArrayLike) -> str:
    """Coordinate systems in which such coordinates are usual in China, in words.

    Parameters
    ----------
    x, y : array_like of float
        Coordinates, east and north.

    Examples
    --------
    >>> systems_like([118.9], [28.9])
    'EPSG:4326 (WGS84) or EPSG:4490 (CGCS2000); GCJ-02 and BD-09 must be converted first'
    >>> systems_like([40389953.0], [3205216.0])
    'EPSG:4528 (CGCS2000, 3-degree zone 40)'
    """
    east, north = float(np.median(np.asarray(x, np.float64))), float(np.median(np.asarray(y, np.float64)))
    if abs(east) <= 180 and abs(north) <= 90:
        return "EPSG:4326 (WGS84) or EPSG:4490 (CGCS2000); GCJ-02 and BD-09 must be converted first"
    zone = int(east // ZONE_STEP_M)
    if FIRST_ZONE_NUMBER <= zone <= LAST_ZONE_NUMBER:
        return f"EPSG:{FIRST_PREFIXED + zone - FIRST_ZONE_NUMBER} (CGCS2000, 3-degree zone {zone})"
    if 0 < east < ZONE_STEP_M:
        return (
            "EPSG:4534 to EPSG:4554 (CGCS2000, 3-degree, by central meridian; 4549 is 120° E) "
            "or UTM, EPSG:32650"
        )
    if abs(east) <= WEB_MERCATOR_M and abs(north) <= WEB_MERCATOR_M:
        return "EPSG:3857 (web map)"
    return "a projected system in metres"


def pick_layer(path: Path, layer: str | None, *, problems: Problems) -> str | None:
    """The layer asked for, or the only one of lines."""
    listed = pyogrio.list_layers(path)
    names = [str(name) for name, _ in listed]
    if layer is not None:
        if layer not in names:
            mend = suggest(layer, names) + f"the file has {', '.join(names)}"
            problems.add("no such layer", file=path.name, value=layer, mend=mend)
        return layer
    lines = [str(name) for name, kind in listed if kind is not None and "Line" in str(kind)] or names
    if len(lines) > 1:
        mend = f"name one of them as layer: {', '.join(lines)}"
        problems.add("several layers of lines", file=path.name, mend=mend)
    return lines[0] if lines else None


def read_layer(path: Path, *, layer: str | None, encoding: str | None) -> Layer:
    """A layer of a file.

    Raises
    ------
    DataError
        If the file is missing, empty, unreadable, or has several layers and none is named.
    """
    problems = Problems()
    if not path.exists():
        problems.add("missing file", file=path.name, mend="check the path")
    elif path.is_file() and path.stat().st_size == 0:
        problems.add("the file is empty", file=path.name, mend="copy or download it again")
    problems.raise_any()
    raw: Any = None
    try:
        name = pick_layer(path, layer, problems=problems)
        raw = None if len(problems) else pyogrio.raw.read(path, layer=name, encoding=encoding)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        UnicodeDecodeError,
    ) as error:
        mend = "give a GeoPackage, shape file (with its .shx and .dbf) or GeoJSON that a GIS opens"
        problems.add("not a readable layer", file=path.name, value=str(error).splitlines()[0], mend=mend)
    problems.raise_any()
    meta, _, geometry, fields = raw
    values = pd.DataFrame({str(i): field for i, field in enumerate(fields)}, index=range(len(geometry)))
    values.columns = pd.Index(list(meta["fields"]), dtype="object")
    with np.errstate(invalid="ignore"):  # coordinates that are no numbers are reported by `degrees`
        shapes = shapely.from_wkb(geometry, on_invalid="ignore")  # a line of one point is no line
    return Layer(shapes, values, str(meta["crs"] or ""))


def simple_lines(geometry: Objects) -> tuple[Objects, npt.NDArray[np.int64], list[Finding]]:
    """The lines of a layer one by one, the row of each, and what is no line or was taken apart."""
    kind = shapely.get_type_id(geometry)
    wanted = np.isin(kind, (LINESTRING, LINEAR_RING, MULTI_LINE)) & ~shapely.is_empty(geometry)
    parts, row = shapely.get_parts(geometry[wanted], return_index=True)
    row = np.flatnonzero(wanted)[row]
    whole = np.asarray(shapely.length(parts) > 0)
    findings = [
        Finding("not_lines", int((~wanted).sum())),
        Finding("many_parts", int((shapely.get_num_geometries(geometry[wanted]) > 1).sum())),
        Finding("few_points", int((~whole).sum())),
        Finding("heights_unused", int(shapely.has_z(parts).sum())),
    ]
    return shapely.force_2d(parts[whole]), row[whole].astype(np.int64), findings


def degrees(lines: Lines, *, crs: str, file: str, problems: Problems) -> Lines:
    """The lines in degrees WGS84; a system that is not known is a problem."""
    x, y = lines.xy.T
    if not crs:
        mend = f"give `crs`; by its coordinates it may be {systems_like(x, y)}" if len(x) else "give `crs`"
        problems.add("the file does not name its coordinate system", file=file, mend=mend)
        problems.raise_any()
    lon, lat = named_to_wgs84(x, y, crs=crs)
    wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if wrong.any():
        first = int(wrong.argmax())
        value = f"{x[first]:.10g}, {y[first]:.10g} in {crs}"
        mend = f"give the right `crs`; by its coordinates it may be {systems_like(x, y)}"
        problems.add("network in the wrong coordinate system", file=file, value=value, mend=mend)
        problems.raise_any()
    return Lines(np.column_stack([lon, lat]), lines.start)


def layer_attributes(
    values: pd.DataFrame,
    *,
    rows: npt.NDArray[np.int64],
    columns: Mapping[str, str] | None,
    classes: Mapping[str, str] | None,
    unknown_class: str,
    file: str,
    problems: Problems,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Draft columns of links from the values of a layer, and what was found."""
    names = [str(name) for name in values.columns]
    found, unused = find_columns(names, wanted=LAYER_COLUMNS, columns=columns, file=file, problems=problems)
    text = raw_values(values)
    places = {name: Place(file, names[at], rows, text[at]) for name, at in found.items()}
    links, more = read_attributes(
        places,
        size=len(values),
        file=file,
        classes=classes,
        unknown_class=unknown_class,
        problems=problems,
    )
    return links, [unused, *more]


def read_lines(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    classes: Mapping[str, str] | None = None,
    unknown_class: str = "",
    crs: str = "",
    layer: str | None = None,
    encoding: str | None = None,
    node_at: NodeAt = "ends",
    snap_m: float = SNAP_M,
    box: Bbox | None = None,
    gap_m: float = GAP_M,
) -> Roads:
    """Roads of a layer of lines, with nodes where the lines meet.

    Parameters
    ----------
    path : str or Path
        GeoPackage, shape file or GeoJSON.
    columns : mapping of str to str, optional
        The file's column for ``class, oneway, name, ref, limit_kmh, speed_kmh, surface, bridge, tunnel,
        max_weight_t, max_height_m``; those not named are recognised by usual headings in Chinese and
        English.
    classes : mapping of str to str, optional
        Kind of road (a row of `road_speeds`) by the file's own words.
    unknown_class : str
        Kind of road of rows whose class is blank or not known; empty makes them problems.
    crs : str
        Coordinate system, for a file that names none; also in place of one that is wrong.
    layer : str, optional
        Layer of a file that has several.
    encoding : str, optional
        Encoding of a shape file that names none, for example ``"GB18030"``.
    node_at, snap_m
        Where nodes are put; see `node_lines`.
    box, gap_m
        As in `read_osm`.

    Returns
    -------
    Roads
        Nodes are called ``n1``, ``n2``, ...; links by the number of their row, from 1, and of the piece.

    Raises
    ------
    DataError
        If the file cannot be read, names no coordinate system, or has classes or directions not known.
    """
    path = Path(path)
    read = read_layer(path, layer=layer, encoding=encoding)
    problems = Problems()
    geometry, row, notes = simple_lines(read.geometry)
    lines = degrees(lines_of(geometry), crs=crs or read.crs, file=path.name, problems=problems)
    links, more = layer_attributes(
        read.values.iloc[row],
        rows=row + 1,
        columns=columns,
        classes=classes,
        unknown_class=unknown_class,
        file=path.name,
        problems=problems,
    )
    if not len(row):
        problems.add("the file has no roads", file=path.name, mend="check that the layer holds lines")
    problems.raise_any()
    lines = take(lines, np.arange(len(lines)), turned=links["against"].to_numpy(bool))
    raised = (links["bridge"] | links["tunnel"]).to_numpy(bool)
    noded = node_lines(lines, raised=raised, node_at=node_at, snap_m=snap_m)
    node = noded.nodes["node"].to_numpy(object)
    pieces = (
        links.drop(columns="against")
        .iloc[noded.parent]
        .reset_index(drop=True)
        .assign(
            origin=(row[noded.parent] + 1).astype(str).astype(object),
            from_node=node[noded.start],
            to_node=node[noded.end],
        )
    )
    return assemble(
        noded.nodes,
        pieces,
        lines=noded.lines,
        origin=origin_of(path, format="lines"),
        notes=[*notes, *more, *noded.findings],
        noted=[noded.rows],
        box=box,
        gap_m=gap_m,
    )


def raw_values(values: pd.DataFrame) -> list[pd.Series[str]]:
    """Text of each column of a layer, blanks missing."""
    columns = (values.iloc[:, position] for position in range(values.shape[1]))
    arrays = (pa.array(column, from_pandas=True) for column in columns)
    return [pd.Series(tidy(array).to_pandas(), dtype="str") for array in arrays]
