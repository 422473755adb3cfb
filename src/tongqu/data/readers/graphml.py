"""Roads from GraphML files as OSMnx saves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tongqu.data.crs import named_to_wgs84
from tongqu.data.problems import Problems
from tongqu.data.readers.checks import GAP_M
from tongqu.data.readers.columns import list_broken
from tongqu.data.readers.gis import systems_like
from tongqu.data.readers.graph_file import Graph, listed, read_graph, tags_of
from tongqu.data.readers.links_table import short
from tongqu.data.readers.report import Finding
from tongqu.data.readers.roads import Roads, assemble, origin_of
from tongqu.data.readers.shapes import M_PER_KM, Lines, lines_of
from tongqu.data.readers.tags import read_tags
from tongqu.data.rules import Bbox

__all__ = ["read_graphml"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Objects: TypeAlias = npt.NDArray[np.object_]

Check: TypeAlias = Callable[..., None]
"""`list_broken` for one file."""

LICENCE = "ODbL-1.0"
SECONDS_PER_MINUTE = 60.0
SAME_LENGTH_M = 0.1
"""The two directions of a road have the same length up to this rounding."""


def text_of(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    """An attribute, empty where absent."""
    none = pd.Series([""] * len(frame), index=frame.index, dtype="str")
    return frame[column] if column in frame.columns else none


def numbers(
    frame: pd.DataFrame, column: str, *, what: Objects, file: str, needed: bool, problems: Problems
) -> Floats:
    """Numbers of an attribute, NaN where absent; text, and what is absent but needed, are problems."""
    if column not in frame.columns:
        if needed:
            problems.add("missing column", file=file, column=column, mend="save the graph as OSMnx does")
        return np.full(len(frame), np.nan)
    text = frame[column]
    value = np.asarray(pd.to_numeric(text.where(text != ""), errors="coerce"), np.float64)
    blank = (text == "").to_numpy()
    wrong = ~np.isfinite(value) & (needed | ~blank)
    label = what + ": " + text.to_numpy(object)
    list_broken(
        "not a number",
        where=wrong,
        what=label,
        file=file,
        column=column,
        mend="enter digits only",
        problems=problems,
    )
    return value


def place_nodes(graph: Graph, *, crs: str, file: str, problems: Problems) -> pd.DataFrame:
    """Nodes with place and height; ids that come twice are problems."""
    frame = graph.nodes
    name = ("node " + frame["id"]).to_numpy(object)
    again = frame["id"].duplicated().to_numpy()
    list_broken(
        "duplicate key",
        where=again,
        what=name,
        file=file,
        column="id",
        mend="keep each node once",
        problems=problems,
    )
    x = numbers(frame, "x", what=name, file=file, needed=True, problems=problems)
    y = numbers(frame, "y", what=name, file=file, needed=True, problems=problems)
    height = numbers(frame, "elevation", what=name, file=file, needed=False, problems=problems)
    if not crs:
        known = np.isfinite(x) & np.isfinite(y)
        maybe = systems_like(x[known], y[known]) if known.any() else "EPSG:4326"
        mend = f"give `crs`; by its coordinates it may be {maybe}"
        problems.add("the file does not name its coordinate system", file=file, column="crs", mend=mend)
    lon, lat = named_to_wgs84(x, y, crs=crs) if crs else (x, y)
    return pd.DataFrame({"node": frame["id"], "lon": lon, "lat": lat, "elevation_m": height, "x": x, "y": y})


def shapes(
    edges: pd.DataFrame, *, start: Ints, end: Ints, nodes: pd.DataFrame, what: Objects, check: Check
) -> tuple[Objects, Bools]:
    """Lines of the edges in the graph's own system, and where they are straight for want of a line."""
    xy = np.nan_to_num(nodes[["x", "y"]].to_numpy(np.float64))  # what is missing is reported elsewhere
    straight = shapely.linestrings(np.stack([xy[start], xy[end]], axis=1))
    text = text_of(edges, "geometry")
    given = (text != "").to_numpy()
    read = shapely.from_wkt(text.astype("object").where(given, None).to_numpy(object), on_invalid="ignore")
    good = np.asarray(shapely.get_type_id(read) == 1)
    mend = "save the line as WKT: LINESTRING (x y, x y, ...)"
    check("not a line", where=given & ~good, what=what, column="geometry", mend=mend)
    return np.where(good, shapely.force_2d(read), straight), ~given


def pair_up(edges: Edges) -> tuple[Bools, Bools]:
    """Which edges are kept, and which of those are two-way.

    OSMnx keeps a two-way street as two edges. An edge that is not one-way is kept once if its way back is
    there, and is one-way otherwise.
    """
    start, end = edges.start, edges.end
    single = (text_of(edges.frame, "oneway") == "True").to_numpy()
    osmid = text_of(edges.frame, "osmid")
    ways = osmid.map({text: ",".join(sorted(listed(text))) for text in osmid.unique()})
    forth = start < end
    loop = start == end
    frame = pd.DataFrame(
        {
            "low": np.minimum(start, end),
            "high": np.maximum(start, end),
            "ways": ways.to_numpy(object),
            "length": np.round(edges.length_m / SAME_LENGTH_M),
            "single": single,
        }
    )
    rank = frame.assign(forth=forth).groupby([*frame.columns, "forth"], dropna=False).cumcount()
    rank = rank.where(~loop, rank // 2)
    second = loop & (frame.groupby(list(frame.columns), dropna=False).cumcount() % 2 == 1).to_numpy()
    whole = frame.assign(rank=rank)
    size = whole.groupby(list(whole.columns), dropna=False)["low"].transform("size").to_numpy()
    paired = ~single & (size > 1)
    drop = paired & np.where(loop, second, ~forth)
    return ~drop, paired


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The edges of a graph, checked: ends by position, numbers, and lines in the graph's own system."""

    frame: pd.DataFrame
    start: Ints
    end: Ints
    length_m: Floats
    kmh: Floats
    minutes: Floats
    geometry: Objects
    straight: Bools


def check_ends(edges: pd.DataFrame, *, nodes: pd.DataFrame, what: Objects, check: Check) -> tuple[Ints, Ints]:
    """Positions of the nodes of each edge; those that are missing are problems."""
    index = pd.Index(nodes["node"]).drop_duplicates()
    start, end = (np.asarray(index.get_indexer(edges[name]), np.int64) for name in ("source", "target"))
    lost = (start < 0) | (end < 0)
    mend = "add the node, or remove the edge"
    check("an edge to a missing node", where=lost, what=what, column="source, target", mend=mend)
    return start, end


def check_edges(graph: Graph, *, nodes: pd.DataFrame, file: str, problems: Problems) -> Edges:
    """The edges; what is wrong with them goes to the problems."""
    edges, check = graph.edges, partial(list_broken, file=file, problems=problems)
    what = ("edge " + edges["source"] + " -> " + edges["target"]).to_numpy(object)
    start, end = check_ends(edges, nodes=nodes, what=what, check=check)

    def number(column: str) -> Floats:
        return numbers(edges, column, what=what, file=file, needed=False, problems=problems)

    length = number("length")
    label = what + ": " + text_of(edges, "length").to_numpy(object)
    mend = "enter metres above 0, or remove the attribute to have it measured"
    check("not above 0", where=length <= 0, what=label, column="length", mend=mend)
    kph, seconds = number("speed_kph"), number("travel_time")
    if "highway" not in edges.columns:
        mend = "save the graph with its highway tags"
        problems.add("no column with the class of road", file=file, column="highway", mend=mend)
    geometry, straight = shapes(edges, start=start, end=end, nodes=nodes, what=what, check=check)
    return Edges(
        edges,
        start,
        end,
        length,
        np.where(kph > 0, kph, np.nan),
        np.where(seconds > 0, seconds / SECONDS_PER_MINUTE, np.nan),
        geometry,
        straight,
    )


def links_of(edges: Edges) -> tuple[pd.DataFrame, Ints, list[Finding]]:
    """Draft links, the edge that each comes from, and what was found."""
    links, notes = read_tags(tags_of(edges.frame))
    keep, paired = pair_up(edges)
    row = links.index.to_numpy(np.int64)
    row = row[keep[row]]
    links = links.loc[row].drop(columns=["against", "minutes"])
    links = links.assign(
        origin=(row + 1).astype(str).astype(object),
        from_node=edges.frame["source"].to_numpy(object)[row],
        to_node=edges.frame["target"].to_numpy(object)[row],
        oneway=~paired[row],
        length_km=edges.length_m[row] / M_PER_KM,
        given_kmh=edges.kmh[row],
        given_minutes=edges.minutes[row],
    )
    two_way = (text_of(edges.frame, "oneway") != "True").to_numpy()
    notes += [
        Finding("joined_edges", int((~keep).sum())),
        Finding("half_edges", int((two_way & ~paired)[row].sum())),
        Finding("straight", int(edges.straight[row].sum())),
    ]
    return links.reset_index(drop=True), row, notes


def read_graphml(path: str | Path, *, crs: str = "", box: Bbox | None = None, gap_m: float = GAP_M) -> Roads:
    """Roads of a graph that OSMnx saved.

    Pairs of edges that are the two directions of a street become one link. Where an attribute has
    several values (OSMnx joins ways), the first kind of road and the lowest limit count.

    Parameters
    ----------
    path : str or Path
        A ``.graphml`` file.
    crs : str
        Coordinate system, for a graph that names none.
    box, gap_m
        As in `read_osm`.

    Returns
    -------
    Roads
        Nodes keep their ids; links are called by the number of their edge, from 1. ``speed_kph`` and
        ``travel_time`` (seconds) are taken as given where present.

    Raises
    ------
    DataError
        With every problem: which node or edge, attribute, value, rule and mend.

    References
    ----------
    Boeing, G. (2025), Modeling and analyzing urban networks and amenities with OSMnx, Geographical
    Analysis 57, 567-577.
    """
    path, problems = Path(path), Problems()
    graph = read_graph(path)
    crs = crs or graph.attributes.get("crs", "")
    nodes = place_nodes(graph, crs=crs, file=path.name, problems=problems)
    edges = check_edges(graph, nodes=nodes, file=path.name, problems=problems)
    problems.raise_any()
    links, row, notes = links_of(edges)
    flat = lines_of(edges.geometry[row])
    lon, lat = named_to_wgs84(flat.xy[:, 0], flat.xy[:, 1], crs=crs)
    lines = Lines(np.column_stack([lon, lat]), flat.start)
    notes.append(short(lines, links["length_km"].to_numpy()))
    origin = origin_of(path, format="GraphML", licence=LICENCE)
    return assemble(nodes, links, lines=lines, origin=origin, notes=notes, box=box, gap_m=gap_m)
