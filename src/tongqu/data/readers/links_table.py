"""Roads from a plain table of links: CSV, Parquet or Excel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data.crs import geodesic_m, named_to_wgs84
from tongqu.data.files import RawTable, read_table, read_workbook
from tongqu.data.problems import Place, Problems, suggest
from tongqu.data.readers.checks import GAP_M
from tongqu.data.readers.columns import find_columns, numbers_of, read_attributes
from tongqu.data.readers.noding import SNAP_M, join_ends
from tongqu.data.readers.report import Finding
from tongqu.data.readers.roads import Roads, assemble, origin_of
from tongqu.data.readers.shapes import M_PER_KM, Lines, take
from tongqu.data.rules import Bbox

__all__ = ["read_links", "short"]

Floats: TypeAlias = npt.NDArray[np.float64]

ENDS = ("from_lon", "from_lat", "to_lon", "to_lat")
LINK_COLUMNS = (
    "link",
    "from_node",
    "to_node",
    *ENDS,
    "length_km",
    "length_m",
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
NODE_COLUMNS = ("node", "lon", "lat", "elevation_m")
LINK_SHEETS, NODE_SHEETS = ("links", "路段"), ("nodes", "节点")
WORKBOOKS = (".xlsx", ".xlsm", ".xls")

SUGGESTED_FROM = 1000
"""Nodes among which one with a similar name is looked for."""

SHORTEST_SHARE = 0.98
"""A given length below this share of the straight distance is reported: no road is shorter than straight."""


def sheet_of(sheets: Mapping[str, RawTable], titles: tuple[str, ...]) -> RawTable | None:
    """The sheet with one of the titles."""
    return next((raw for title, raw in sheets.items() if title.strip().casefold() in titles), None)


def read_files(
    path: Path, *, nodes: Path | None, problems: Problems
) -> tuple[RawTable | None, RawTable | None]:
    """The tables of links and of nodes; None where there is none or it cannot be read."""
    missing = [file for file in (path, nodes) if file is not None and not file.is_file()]
    for file in missing:
        problems.add("missing file", file=file.name, mend="check the path")
    if missing:
        return None, None
    if path.suffix.lower() in WORKBOOKS:
        sheets = read_workbook(path, problems=problems)
        links = sheet_of(sheets, LINK_SHEETS) or next(iter(sheets.values()), None)
        node_table = sheet_of(sheets, NODE_SHEETS)
    else:
        links, node_table = read_table(path, file=path.name, problems=problems), None
    if nodes is not None:
        node_table = read_table(nodes, file=nodes.name, problems=problems)
    return links, node_table


def places_of(
    raw: RawTable, *, wanted: tuple[str, ...], columns: Mapping[str, str] | None, problems: Problems
) -> tuple[dict[str, Place], Finding]:
    """The columns of a table by name, and the finding of those not used."""
    found, unused = find_columns(
        raw.headings, wanted=wanted, columns=columns, file=raw.file, problems=problems
    )
    return {name: Place(raw.file, name, raw.rows, raw.frame[str(at)]) for name, at in found.items()}, unused


def lacking(places: Mapping[str, Place], needed: tuple[str, ...], *, file: str, problems: Problems) -> bool:
    """Whether columns are missing; they are reported."""
    missing = [name for name in needed if name not in places]
    for name in missing:
        problems.add(
            "missing column",
            file=file,
            row=1,
            column=name,
            mend=f"add a column headed '{name}', or name it in `columns`",
        )
    return bool(missing)


def required(at: Place, *, problems: Problems) -> pd.Series[str]:
    """Text of a column; blanks are problems."""
    problems.add_rows("missing value", at=at, where=at.text.isna().to_numpy(), mend="fill it in")
    return at.text.fillna("").reset_index(drop=True)


def all_numbers(at: Place, *, problems: Problems) -> Floats:
    """Numbers of a column; blanks are problems."""
    required(at, problems=problems)
    return numbers_of(at, problems=problems)


def in_degrees(x: Floats, y: Floats, *, crs: str) -> tuple[Floats, Floats]:
    """The points in degrees WGS84; without a system they are taken to be so."""
    return named_to_wgs84(x, y, crs=crs) if crs else (x, y)


def node_rows(
    raw: RawTable, *, columns: Mapping[str, str] | None, crs: str, problems: Problems
) -> tuple[pd.DataFrame, Finding]:
    """The table of nodes; ids that come twice are problems."""
    chosen = {name: heading for name, heading in (columns or {}).items() if name in NODE_COLUMNS}
    places, unused = places_of(raw, wanted=NODE_COLUMNS, columns=chosen, problems=problems)
    if lacking(places, NODE_COLUMNS[:3], file=raw.file, problems=problems):
        return pd.DataFrame({"node": [], "lon": [], "lat": []}), unused
    name = required(places["node"], problems=problems)
    again = (name.duplicated() & (name != "")).to_numpy()
    problems.add_rows("duplicate key", at=places["node"], where=again, mend="keep each node once")
    lon, lat = (all_numbers(places[column], problems=problems) for column in ("lon", "lat"))
    lon, lat = in_degrees(lon, lat, crs=crs)
    nodes = pd.DataFrame({"node": name, "lon": lon, "lat": lat})
    if "elevation_m" in places:
        nodes["elevation_m"] = numbers_of(places["elevation_m"], problems=problems)
    return nodes, unused


def ends_by_name(
    places: Mapping[str, Place], *, nodes: pd.DataFrame, problems: Problems
) -> tuple[pd.DataFrame, Lines]:
    """Ends of links that name their nodes; names that are no nodes are problems."""
    index = pd.Index(nodes["node"])
    known = index.drop_duplicates()
    ends, at, some = {}, [], nodes["node"].head(SUGGESTED_FROM).to_list()
    for column in ("from_node", "to_node"):
        ends[column] = required(places[column], problems=problems)
        position = known.get_indexer(ends[column])
        lost = (position < 0) & (ends[column] != "").to_numpy()
        problems.add_rows(
            "not in nodes",
            at=places[column],
            where=lost,
            mend=lambda _, value: suggest(value, some) + "correct it, or add the node",
        )
        at.append(position)
    xy = nodes[["lon", "lat"]][~nodes["node"].duplicated()].to_numpy(np.float64)
    flat = np.stack(at, axis=1).ravel()
    place = np.where((flat >= 0)[:, None], xy[flat], np.nan) if len(xy) else np.full((len(flat), 2), np.nan)
    return pd.DataFrame(ends), Lines(place, 2 * np.arange(len(flat) // 2 + 1))


def ends_by_place(
    places: Mapping[str, Place], *, crs: str, snap_m: float, problems: Problems
) -> tuple[pd.DataFrame, Lines, pd.DataFrame, list[Finding]]:
    """Ends of links that give coordinates: names, lines and nodes."""
    numbers = {name: all_numbers(places[name], problems=problems) for name in ENDS}
    problems.raise_any()
    first = in_degrees(numbers["from_lon"], numbers["from_lat"], crs=crs)
    last = in_degrees(numbers["to_lon"], numbers["to_lat"], crs=crs)
    xy = np.stack([*first, *last], axis=1).reshape(-1, 2)
    lines = Lines(xy, 2 * np.arange(len(xy) // 2 + 1))
    if not ((np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)).all():
        nodes = pd.DataFrame({"node": [f"n{i}" for i in range(len(xy))], "lon": xy[:, 0], "lat": xy[:, 1]})
        name = nodes["node"].to_numpy(object).reshape(-1, 2)
        return pd.DataFrame({"from_node": name[:, 0], "to_node": name[:, 1]}), lines, nodes, []
    lines, group, moved = join_ends(lines, snap_m=snap_m)
    label, where = np.unique(group.ravel(), return_index=True)
    nodes = pd.DataFrame(lines.xy[where], columns=["lon", "lat"]).assign(node=[f"n{i + 1}" for i in label])
    ends = pd.DataFrame(
        {name: [f"n{i + 1}" for i in group[:, side]] for side, name in enumerate(("from_node", "to_node"))}
    )
    return ends, lines, nodes, [Finding("snapped_ends", moved)]


def lengths_of(places: Mapping[str, Place], *, size: int, problems: Problems) -> Floats:
    """Given lengths in km, NaN where there is none."""
    km = np.full(size, np.nan)
    if "length_m" in places:
        km = numbers_of(places["length_m"], problems=problems, positive=True) / M_PER_KM
    if "length_km" in places:
        given = numbers_of(places["length_km"], problems=problems, positive=True)
        km = np.where(np.isfinite(given), given, km)
    return km


def link_names(places: Mapping[str, Place], *, raw: RawTable, problems: Problems) -> pd.Series[str]:
    """Ids of the links: the table's own, each once, or the numbers of their rows."""
    if "link" not in places:
        return pd.Series(raw.rows.astype(str), dtype="str")
    text = required(places["link"], problems=problems)
    again = (text.duplicated() & (text != "")).to_numpy()
    mend = "give each link an id of its own, or leave the column out"
    problems.add_rows("duplicate key", at=places["link"], where=again, mend=mend)
    return text


def short(lines: Lines, length_km: Floats) -> Finding:
    """Links that are shorter than the straight line between their ends."""
    (lon1, lat1), (lon2, lat2) = lines.xy[lines.first].T, lines.xy[lines.last].T
    straight = geodesic_m(lon1=lon1, lat1=lat1, lon2=lon2, lat2=lat2) / M_PER_KM
    below = length_km < SHORTEST_SHARE * straight
    return Finding("short_length", int(below.sum()), float(length_km[below].sum()))


def read_links(
    path: str | Path,
    *,
    nodes: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    classes: Mapping[str, str] | None = None,
    unknown_class: str = "",
    crs: str = "",
    snap_m: float = SNAP_M,
    box: Bbox | None = None,
    gap_m: float = GAP_M,
) -> Roads:
    """Roads of a table of links whose ends are named nodes or coordinates.

    Parameters
    ----------
    path : str or Path
        CSV (UTF-8 or GB18030), Parquet, or an Excel workbook; of a workbook the sheet ``links`` (路段),
        else the first.
    nodes : str or Path, optional
        Table of nodes with ``node, lon, lat`` and perhaps ``elevation_m``; of a workbook the sheet
        ``nodes`` (节点). Without one, links give ``from_lon, from_lat, to_lon, to_lat``.
    columns : mapping of str to str, optional
        The file's heading by column; those not named are recognised by usual headings.
    classes, unknown_class
        As in `read_lines`.
    crs : str
        Coordinate system of the coordinates; empty for degrees WGS84.
    snap_m : float
        Metres within which ends given by coordinates are one node.
    box, gap_m
        As in `read_osm`.

    Returns
    -------
    Roads
        With straight lines. A length that is not given is measured along the straight line and counted.

    Raises
    ------
    DataError
        With every problem: file, row, column, value, rule and mend.
    """
    path, problems = Path(path), Problems()
    raw, node_table = read_files(path, nodes=Path(nodes) if nodes is not None else None, problems=problems)
    problems.raise_any()
    assert raw is not None  # else there is a problem
    own = {name: heading for name, heading in (columns or {}).items() if name not in NODE_COLUMNS}
    places, unused = places_of(raw, wanted=LINK_COLUMNS, columns=own, problems=problems)
    if not len(raw.rows):
        problems.add("the file has no roads", file=raw.file, mend="add a row for each link")
    size, notes = len(raw.rows), [unused]
    if node_table is not None:
        node_frame, unused_nodes = node_rows(node_table, columns=columns, crs=crs, problems=problems)
        notes.append(unused_nodes)
        absent = lacking(places, ("from_node", "to_node"), file=raw.file, problems=problems)
        if not absent:
            ends, lines = ends_by_name(places, nodes=node_frame, problems=problems)
    elif not (absent := lacking(places, ENDS, file=raw.file, problems=problems)):
        ends, lines, node_frame, found = ends_by_place(places, crs=crs, snap_m=snap_m, problems=problems)
        notes += found
    links, more = read_attributes(
        places, size=size, file=raw.file, classes=classes, unknown_class=unknown_class, problems=problems
    )
    links["length_km"] = lengths_of(places, size=size, problems=problems)
    names = link_names(places, raw=raw, problems=problems)
    problems.raise_any()
    links = links.assign(from_node=ends["from_node"], to_node=ends["to_node"], origin=names.to_numpy(object))
    lines, links = along(lines, links)
    notes += [*more, Finding("straight", size), short(lines, links["length_km"].to_numpy())]
    origin = origin_of(path, format="table")
    return assemble(node_frame, links, lines=lines, origin=origin, notes=notes, box=box, gap_m=gap_m)


def along(lines: Lines, links: pd.DataFrame) -> tuple[Lines, pd.DataFrame]:
    """One-way links against their line turned to run along it."""
    against = links["against"].to_numpy(bool)
    start, end = links["from_node"], links["to_node"]
    turned = links.assign(from_node=end.where(against, start), to_node=start.where(against, end))
    return take(lines, np.arange(len(lines)), turned=against), turned.drop(columns="against")
