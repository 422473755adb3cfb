"""Roads from OpenStreetMap files (PBF or XML)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import osmium
import osmium.filter
import osmium.geom
import osmium.osm
import pandas as pd
import shapely

from tongqu.data.problems import Problems
from tongqu.data.readers.checks import GAP_M
from tongqu.data.readers.report import Finding, problem_rows
from tongqu.data.readers.roads import Roads, assemble, origin_of
from tongqu.data.readers.shapes import Lines, cut, take
from tongqu.data.readers.tags import CAR_TAGS, TAGS, barrier_blocks, first_of, quantity, read_tags
from tongqu.data.rules import Bbox

__all__ = ["read_osm"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

LICENCE = "ODbL-1.0"
NODE_TAGS = ("barrier", "ford", "ele", *CAR_TAGS)
DELETED = "deleted"
"""Kind of road that stands for a way which the file marks as deleted: no road, and counted as such."""
MAX_CUT_SHARE = 0.5
"""Where more of the ways lack nodes than this, the file is taken to be broken, not cut at its edge."""


@dataclass(frozen=True, slots=True, eq=False)
class RawWays:
    """Ways of a file: tags, and the ids and places of their nodes one way behind the other."""

    way: Ints
    tags: pd.DataFrame
    count: Ints
    ref: Ints
    xy: Floats


def located(way: Any) -> list[tuple[float, float]]:
    """Places of the nodes of a way, NaN where the file lacks the node."""
    places = ((node.location.valid(), node) for node in way.nodes)
    return [(node.lon, node.lat) if valid else (np.nan, np.nan) for valid, node in places]


def read_ways(path: Path) -> RawWays:
    """Ways with a highway or route tag."""
    wkb = osmium.geom.WKBFactory()
    whole = osmium.geom.use_nodes.ALL
    ways, counts, refs = list[int](), list[int](), list[int]()
    rows, shapes = list[list[str]](), list[str]()
    broken: dict[int, list[tuple[float, float]]] = {}
    entities = osmium.osm.NODE | osmium.osm.WAY
    reader: Any = osmium.FileProcessor(str(path), entities).with_locations()
    reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    for way in reader.with_filter(osmium.filter.KeyFilter("highway", "route")):
        tags = dict(way.tags) | ({"highway": DELETED} if way.deleted else {})
        if len(way.nodes) == 0 or ("highway" not in tags and tags["route"] != "ferry"):
            continue
        try:
            shapes.append(wkb.create_linestring(way, use_nodes=whole))
        except (osmium.InvalidLocationError, RuntimeError):  # a node is missing, or there is only one
            broken[len(ways)] = located(way)
        ways.append(way.id)
        rows.append([tags.get(name, "") for name in TAGS])
        nodes = [node.ref for node in way.nodes]
        counts.append(len(nodes))
        refs.extend(nodes)
    count = np.array(counts, dtype=np.int64)
    xy = np.empty((int(count.sum()), 2))
    odd = np.zeros(len(ways), dtype=bool)
    odd[list(broken)] = True
    odd_point = np.repeat(odd, count)
    xy[~odd_point] = shapely.get_coordinates(shapely.from_wkb(np.array(shapes, dtype=object)))
    if broken:
        xy[odd_point] = np.concatenate([np.array(places) for places in broken.values()])
    ref = np.array(refs, np.int64)
    drawn = np.isnan(xy[:, 0]) & (ref < 0)
    if drawn.any():
        xy[drawn] = places_of_drawn(path, ref[drawn])
    tags_frame = pd.DataFrame(rows, columns=list(TAGS), dtype="str")
    return RawWays(np.array(ways, np.int64), tags_frame, count, ref, xy)


def places_of_drawn(path: Path, ref: Ints) -> Floats:
    """Places of nodes with negative ids, NaN where the file lacks them.

    Editors give such ids to what is drawn and not yet uploaded; osmium's index of places knows none of them.
    """
    wanted = set(ref.tolist())
    reader: Any = osmium.FileProcessor(str(path), osmium.osm.NODE)
    known = {node.id: (node.lon, node.lat) for node in reader if node.id in wanted}
    return np.array([known.get(one, (np.nan, np.nan)) for one in ref.tolist()], np.float64)


def read_nodes(path: Path) -> pd.DataFrame:
    """Nodes with a barrier, a ford or a height: id and tags, indexed by id."""
    reader = osmium.FileProcessor(str(path), osmium.osm.NODE)
    rows = []
    for node in reader.with_filter(osmium.filter.KeyFilter("barrier", "ford", "ele")):
        tags = node.tags
        rows.append([node.id, *(tags.get(name, "") for name in NODE_TAGS)])
    frame = pd.DataFrame(rows, columns=["id", *NODE_TAGS])
    return frame.astype({"id": "int64"} | dict.fromkeys(NODE_TAGS, "str")).set_index("id")


def count_restrictions(path: Path) -> int:
    """Number of turn restrictions."""
    reader = osmium.FileProcessor(str(path), osmium.osm.RELATION)
    return sum(1 for _ in reader.with_filter(osmium.filter.TagFilter(("type", "restriction"))))


def complain(error: Exception, *, file: str, problems: Problems) -> None:
    """What the parser says, as a problem."""
    text = str(error)
    if "EOF" in text or "truncated" in text or "no element found" in text or "unclosed" in text:
        rule, mend = "the file is cut short", "copy or download it again"
    else:
        rule, mend = "not a readable OpenStreetMap file", "give an .osm.pbf or .osm file"
    problems.add(rule, file=file, value=text, mend=mend)


def read_file(path: Path) -> tuple[RawWays, pd.DataFrame, int]:
    """Ways, tagged nodes and the number of turn restrictions of a file.

    Raises
    ------
    DataError
        If the file is missing, empty, cut short or no OpenStreetMap file.
    """
    problems, file = Problems(), path.name
    if not path.is_file():
        problems.add("missing file", file=file, mend="check the path")
    elif path.stat().st_size == 0:
        problems.add("the file is empty", file=file, mend="copy or download it again")
    problems.raise_any()
    try:
        return read_ways(path), read_nodes(path), count_restrictions(path)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        complain(error, file=file, problems=problems)
    problems.raise_any()
    raise AssertionError  # there is a problem


def whole_runs(raw: RawWays, kept: Ints) -> tuple[Lines, Ints, Ints, Bools]:
    """The ways that are kept as lines without missing or repeated points.

    Returns
    -------
    lines : Lines
        Runs of points that the file has; a way with a missing node gives several.
    way : array of int
        Row of `kept` that each run is part of.
    ref : array of int
        Node id of each point.
    lacking : array of bool
        Whether each way lacks nodes, shape (kept,).
    """
    every = Lines(raw.xy, np.concatenate([[0], np.cumsum(raw.count)]).astype(np.int64))
    lines = take(every, kept)
    ref = take(Lines(np.column_stack([raw.ref, raw.ref]), every.start), kept).xy[:, 0].astype(np.int64)
    way = lines.line
    missing = np.isnan(lines.xy[:, 0])
    lacking = np.bincount(way, weights=missing, minlength=len(kept)) > 0
    fresh = np.concatenate([[True], way[1:] != way[:-1]])
    again = np.concatenate([[False], (ref[1:] == ref[:-1]) & ~fresh[1:]])
    run = np.cumsum(fresh | missing)
    good = ~missing & ~again
    run, way, ref, xy = run[good], way[good], ref[good], lines.xy[good]
    long = np.bincount(run)[run] > 1
    run, way, ref, xy = run[long], way[long], ref[long], xy[long]
    begin = (
        np.flatnonzero(np.concatenate([[True], run[1:] != run[:-1]])) if len(run) else np.zeros(0, np.int64)
    )
    return Lines(xy, np.concatenate([begin, [len(run)]]).astype(np.int64)), way[begin], ref, lacking


def barrier_links(
    links: pd.DataFrame, *, start: Ints, end: Ints, blocked: Ints
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Car links that meet at a barrier part there; walkers pass by a link of no length.

    Parameters
    ----------
    links : DataFrame
        With ``from_node``, ``to_node`` and ``car``.
    start, end : array of int
        Ids of the nodes at their ends.
    blocked : array of int
        Ids of nodes with a barrier.

    Returns
    -------
    links : DataFrame
        Each car link but the first has a node of its own at a barrier.
    copies : DataFrame
        Columns ``node, ref, copy``: the node, its id as read, and the new node in the same place.
    """
    ref = np.stack([start, end], axis=1).ravel()
    at = np.repeat(links["car"].to_numpy(bool), 2) & np.isin(ref, blocked)
    names = links[["from_node", "to_node"]].to_numpy(object).ravel()
    number = pd.Series(ref[at]).groupby(ref[at]).cumcount().to_numpy()
    place = np.flatnonzero(at)[number > 0]
    copies = pd.DataFrame({"node": names[place], "ref": ref[place], "number": number[number > 0].astype(str)})
    copies["copy"] = copies["node"] + "#" + copies["number"]
    names[place] = copies["copy"].to_numpy(object)
    changed = names.reshape(-1, 2)
    return links.assign(from_node=changed[:, 0], to_node=changed[:, 1]), copies[["node", "ref", "copy"]]


def piece_links(ways: pd.DataFrame, lines: Lines, *, way: Ints, ref: Ints, ids: Ints) -> pd.DataFrame:
    """Draft links of the pieces; the minutes of a way are shared by length."""
    links = ways.iloc[way].reset_index(drop=True)
    links["origin"] = np.char.add("w", ids[way].astype(str)).astype(object)
    links["from_node"] = np.char.add("n", ref[lines.first].astype(str)).astype(object)
    links["to_node"] = np.char.add("n", ref[lines.last].astype(str)).astype(object)
    km = pd.Series(lines.length_km())
    links["given_minutes"] = links["minutes"] * km / km.groupby(way).transform("sum")
    return links


def turn_round(links: pd.DataFrame, lines: Lines) -> tuple[pd.DataFrame, Lines]:
    """Links that are one-way against their line, turned to run along it."""
    against = links["against"].to_numpy(bool)
    turned = links.copy()
    for one, other in (("from_node", "to_node"), ("limit_kmh_forward", "limit_kmh_backward")):
        turned[one] = links[other].where(against, links[one])
        turned[other] = links[one].where(against, links[other])
    return turned, take(lines, np.arange(len(lines)), turned=against)


def add_barriers(
    links: pd.DataFrame, lines: Lines, *, nodes: pd.DataFrame, ref: Ints, blocked: Ints
) -> tuple[pd.DataFrame, Lines, pd.DataFrame, pd.DataFrame]:
    """Links, lines and nodes with the barriers in them, and the barriers' rows for the map."""
    links, copies = barrier_links(links, start=ref[lines.first], end=ref[lines.last], blocked=blocked)
    place = nodes.set_index("node").loc[copies["node"]]
    point = np.repeat(place[["lon", "lat"]].to_numpy(np.float64), 2, axis=0)
    start = np.concatenate([lines.start, lines.start[-1] + 2 * np.arange(1, len(copies) + 1)]).astype(
        np.int64
    )
    walks = pd.DataFrame(
        {"from_node": copies["node"], "to_node": copies["copy"], "origin": "b" + copies["copy"]}
    ).assign(highway="barrier", kind="barrier", car=False, walk=True, freight=False, against=False)
    copied = place.reset_index(drop=True).assign(node=copies["copy"].to_numpy())
    first = ~copies["node"].duplicated().to_numpy()
    rows = (
        problem_rows("barriers", node=copies["node"].to_numpy(object)[first])
        if len(copies)
        else pd.DataFrame()
    )
    if len(rows):
        rows[["lon", "lat"]] = place[["lon", "lat"]].to_numpy()[first]
    blank = dict.fromkeys(("oneway", "bridge", "tunnel", "ferry", "ford"), False) | dict.fromkeys(
        ("surface", "name", "ref"), ""
    )
    joined = pd.concat([links, walks.assign(**blank)], ignore_index=True) if len(walks) else links
    return (
        joined,
        Lines(np.concatenate([lines.xy, point]), start),
        pd.concat([nodes, copied], ignore_index=True),
        rows,
    )


def node_table(lines: Lines, *, ref: Ints, tagged: pd.DataFrame) -> pd.DataFrame:
    """The nodes at the ends of lines with place and height."""
    at = np.concatenate([lines.first, lines.last])
    found, where = np.unique(ref[at], return_index=True)
    lon, lat = lines.xy[at[where]].T
    heights = tagged["ele"].map(lambda text: quantity(text, units={"": 1.0, "m": 1.0}) if text else np.nan)
    height = heights.astype("float64").reindex(found).to_numpy()
    name = np.char.add("n", found.astype(str)).astype(object)
    return pd.DataFrame({"node": name, "lon": lon, "lat": lat, "elevation_m": height})


def edge_findings(
    ids: Ints, lacking: Bools, *, places: pd.DataFrame, file: str
) -> tuple[Finding, pd.DataFrame]:
    """Ways that lack nodes, as a finding and as rows; too many are a broken file."""
    share = float(lacking.mean()) if len(lacking) else 0.0
    if share > MAX_CUT_SHARE:
        problems = Problems()
        example = f"way {ids[np.flatnonzero(lacking)[0]]}"
        mend = "export the ways together with their nodes, nodes first"
        rule = f"{int(lacking.sum())} of {len(lacking)} roads refer to nodes that the file lacks"
        problems.add(rule, file=file, column="nd ref", value=example, mend=mend)
        problems.raise_any()
    name = np.char.add("w", ids[lacking].astype(str)).astype(object)
    lon, lat = places.reindex(np.flatnonzero(lacking)).to_numpy(np.float64).T
    return Finding("missing_nodes", int(lacking.sum())), problem_rows(
        "missing_nodes", link=name, lon=lon, lat=lat
    )


def cut_ways(
    ways: pd.DataFrame, lines: Lines, *, way: Ints, ref: Ints, ids: Ints, tagged: pd.DataFrame
) -> tuple[Lines, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The runs of ways cut where they meet and at barriers: lines, draft links, nodes, rows of barriers."""
    _, back, uses = np.unique(ref, return_inverse=True, return_counts=True)
    access = first_of(tagged, CAR_TAGS)
    blocked = tagged.index.to_numpy()[barrier_blocks(tagged["barrier"], access=access)]
    forded = tagged.index.to_numpy()[~tagged["ford"].isin(["", "no"])]
    pieces, run, points = cut(lines, (uses[back] > 1) | np.isin(ref, blocked))
    ref = ref[points]
    links = piece_links(ways, pieces, way=way[run], ref=ref, ids=ids)
    if len(links):
        links["ford"] |= np.logical_or.reduceat(np.isin(ref, forded), pieces.first)
    nodes = node_table(pieces, ref=ref, tagged=tagged)
    links, pieces, nodes, rows = add_barriers(links, pieces, nodes=nodes, ref=ref, blocked=blocked)
    links, pieces = turn_round(links, pieces)
    return pieces, links.drop(columns=["against", "minutes"]), nodes, rows


def read_osm(path: str | Path, *, box: Bbox | None = None, gap_m: float = GAP_M) -> Roads:
    """Roads of an OpenStreetMap file: ways cut where they meet, with access, direction and speed.

    Ways are cut at shared nodes, at their ends and at barriers. Turn restrictions are counted, not
    modelled. Ways under construction, areas, and kinds that are no roads are left out and counted.

    Parameters
    ----------
    path : str or Path
        An ``.osm.pbf`` or ``.osm`` file (also compressed), nodes before ways as usual.
    box : tuple of float, optional
        Where the network should lie: west, south, east, north in degrees.
    gap_m : float
        Metres within which a dead end and a road that it does not join are reported.

    Returns
    -------
    Roads
        Nodes are called ``n<id>``, links ``w<id>`` or, where a way is cut, ``w<id>.<piece>``.

    Raises
    ------
    DataError
        If the file is missing, empty, cut short, no OpenStreetMap file, or has no roads.

    References
    ----------
    OpenStreetMap wiki, Key:highway, Key:access, Key:oneway, Key:barrier.
    """
    path = Path(path)
    raw, tagged, restrictions = read_file(path)
    ways, notes = read_tags(raw.tags)
    notes.append(Finding("turn_restrictions", restrictions))
    kept = ways.index.to_numpy(np.int64)
    ids = raw.way[kept]
    lines, way, ref, lacking = whole_runs(raw, kept)
    places = pd.DataFrame(lines.xy[lines.first], index=way, columns=["lon", "lat"])
    places = places[~places.index.duplicated()]
    finding, noted = edge_findings(ids, lacking, places=places, file=path.name)
    notes.append(finding)
    notes.append(Finding("few_points", len(kept) - len(np.unique(way))))

    pieces, links, nodes, rows = cut_ways(ways, lines, way=way, ref=ref, ids=ids, tagged=tagged)
    notes.append(Finding("barriers", len(rows)))
    return assemble(
        nodes,
        links,
        lines=pieces,
        origin=origin_of(path, format="OpenStreetMap", licence=LICENCE),
        notes=notes,
        noted=[noted, rows],
        box=box,
        gap_m=gap_m,
    )
