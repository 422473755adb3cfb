"""Nodes for lines that have none: at their ends, where they touch, and where they cross."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from tongqu.data.readers.checks import plane_of
from tongqu.data.readers.report import Finding, problem_rows
from tongqu.data.readers.shapes import Lines, cut, insert

__all__ = ["SNAP_M", "NodeAt", "Noded", "join_ends", "node_lines"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
NodeAt = Literal["ends", "touching", "crossings"]

SNAP_M = 1.0
"""Metres within which line ends are taken for one node."""

POINT, LINE = 0, 1
"""Types of geometry by shapely's numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Noded:
    """Lines with nodes.

    Parameters
    ----------
    lines : Lines
        The pieces.
    parent : array of int
        The line that each piece is part of.
    nodes : DataFrame
        Columns ``node, lon, lat``.
    start, end : array of int
        Row of the nodes where each piece starts and ends.
    findings : tuple of Finding
    rows : DataFrame
        Crossings without a node, for the map.
    """

    lines: Lines
    parent: Ints
    nodes: pd.DataFrame
    start: Ints
    end: Ints
    findings: tuple[Finding, ...]
    rows: pd.DataFrame


def join_ends(lines: Lines, *, snap_m: float) -> tuple[Lines, Ints, int]:
    """Ends of lines that are close moved together.

    Ends within the distance belong together, and so do those that a chain of such ends connects.

    Parameters
    ----------
    lines : Lines
    snap_m : float
        Metres.

    Returns
    -------
    lines : Lines
        Each end at the place of the first end of its group.
    group : array of int
        Group of the first and last point of each line, shape (lines, 2).
    moved : int
        Ends that moved.
    """
    at = np.stack([lines.first, lines.last], axis=1).ravel()
    plane, _ = plane_of(lines)
    pairs = cKDTree(plane.xy[at]).query_pairs(snap_m, output_type="ndarray")
    near = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(at), len(at)))
    _, label = connected_components(near, directed=False)
    _, first = np.unique(label, return_index=True)
    target = lines.xy[at[first]][label]
    moved = int((np.abs(lines.xy[at] - target) > 0).any(axis=1).sum())
    xy = lines.xy.copy()
    xy[at] = target
    return Lines(xy, lines.start), label.astype(np.int64).reshape(-1, 2), moved


def touching(
    lines: Lines, group: Ints, *, raised: Bools, snap_m: float
) -> tuple[Ints, Floats, Floats, Lines]:
    """Where ends lie on the course of another line: the line, the share of it, and the place of the end."""
    plane, _ = plane_of(lines)
    geometry = plane.geometry()
    at = np.stack([lines.first, lines.last], axis=1).ravel()
    end, line = shapely.STRtree(geometry).query(
        shapely.points(plane.xy[at]), predicate="dwithin", distance=snap_m
    )
    label = group.ravel()[end]
    # A bridge comes down at its ends; what ends below a bridge does not meet it.
    keep = (group[line, 0] != label) & (group[line, 1] != label) & (raised[end // 2] | ~raised[line])
    pair = pd.DataFrame({"label": label[keep], "line": line[keep], "end": end[keep]}).drop_duplicates(
        ["label", "line"]
    )
    end, line = pair["end"].to_numpy(np.int64), pair["line"].to_numpy(np.int64)
    share = shapely.line_locate_point(geometry[line], shapely.points(plane.xy[at[end]]), normalized=True)
    return line, np.asarray(share, np.float64), lines.xy[at[end]], plane


def crossings(lines: Lines, *, raised: Bools, snap_m: float) -> tuple[Ints, Ints, Floats, Floats]:
    """Where two lines on the ground meet other than at a common end.

    Returns
    -------
    one, other : array of int
        The lines, shape (n,).
    place : array of float
        Longitude and latitude, shape (n, 2).
    shares : array of float
        Share of the length of each of them, shape (n, 2); -1 where that line needs no point because the
        place is at its end.
    """
    plane, _ = plane_of(lines)
    geometry = plane.geometry()
    one, other = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    keep = (one < other) & ~raised[one] & ~raised[other]
    one, other = one[keep], other[keep]
    parts, index = shapely.get_parts(shapely.intersection(geometry[one], geometry[other]), return_index=True)
    kind = shapely.get_type_id(parts)
    points = [parts[kind == POINT], *(shapely.get_point(parts[kind == LINE], end) for end in (0, -1))]
    where = [index[kind == POINT], index[kind == LINE], index[kind == LINE]]
    point, pair = np.concatenate(points), np.concatenate(where).astype(np.int64)
    one, other = one[pair], other[pair]
    shares, place = np.empty((len(pair), 2)), np.full((len(pair), 2), np.nan)
    for side, line in enumerate((one, other)):
        along = shapely.line_locate_point(geometry[line], point)
        whole = shapely.length(geometry[line])
        at_end = (along <= snap_m) | (along >= whole - snap_m)
        shares[:, side] = np.where(at_end, -1.0, along / np.where(whole > 0, whole, 1.0))
        end = lines.xy[np.where(along <= snap_m, lines.first[line], lines.last[line])]
        place = np.where((at_end & np.isnan(place[:, 0]))[:, None], end, place)
    open_ = np.isnan(place[:, 0])
    longer, where_new = insert(lines, one[open_], share=shares[open_, 0], steps=plane.steps_plane())
    place[open_] = longer.xy[where_new]
    real = (shares >= 0).any(axis=1)
    found = pd.DataFrame({"one": one, "other": other, "x": place[:, 0], "y": place[:, 1]})
    real &= ~found.duplicated().to_numpy()
    return one[real], other[real], place[real], shares[real]


def split_at(lines: Lines, line: Ints, *, share: Floats, place: Floats) -> tuple[Lines, Ints]:
    """The lines cut at points added to them, which take the given places."""
    plane, _ = plane_of(lines)
    longer, where = insert(lines, line, share=share, steps=plane.steps_plane())
    longer.xy[where] = place
    marks = np.zeros(len(longer.xy), dtype=bool)
    marks[where] = True
    pieces, parent, _ = cut(longer, marks)
    # A piece between two points in one place has no length and no use.
    spread = (
        np.maximum.reduceat(
            np.abs(pieces.xy - pieces.xy[np.repeat(pieces.first, np.diff(pieces.start))]).max(axis=1),
            pieces.first,
        )
        > 0
    )
    count = np.diff(pieces.start)[spread]
    keep = np.repeat(spread, np.diff(pieces.start))
    start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Lines(pieces.xy[keep], start), parent[spread]


def node_lines(lines: Lines, *, raised: Bools, node_at: NodeAt = "ends", snap_m: float = SNAP_M) -> Noded:
    """Lines with nodes where they meet.

    Parameters
    ----------
    lines : Lines
        In degrees WGS84.
    raised : array of bool
        Lines on a bridge or in a tunnel, shape (lines,): they cross others without meeting them.
    node_at : {"ends", "touching", "crossings"}
        Nodes at common ends only; also where an end touches the course of another line; also where
        lines cross.
    snap_m : float
        Metres within which ends, and an end and a line, are taken to meet.

    Returns
    -------
    Noded
        With the ends that moved, the nodes that were put, and the crossings left without a node.
    """
    parent = np.arange(len(lines))
    lines, group, moved = join_ends(lines, snap_m=snap_m)
    put = 0
    if node_at != "ends":
        line, share, place, _ = touching(lines, group, raised=raised, snap_m=snap_m)
        put += len(line)
        lines, piece = split_at(lines, line, share=share, place=place)
        parent = parent[piece]
    one, other, place, shares = crossings(lines, raised=raised[parent], snap_m=snap_m)
    left = Finding("crossing", len(one))
    rows = problem_rows("crossing", lon=place[:, 0], lat=place[:, 1], value=np.repeat("", len(one)))
    if node_at == "crossings":
        put += len(one)
        line, share = np.concatenate([one, other]), np.concatenate([shares[:, 0], shares[:, 1]])
        use = share >= 0
        lines, piece = split_at(lines, line[use], share=share[use], place=np.tile(place, (2, 1))[use])
        parent, left, rows = parent[piece], Finding("crossing", 0), rows.iloc[:0]
    ends = np.concatenate([lines.xy[lines.first], lines.xy[lines.last]])
    places, node = np.unique(ends, axis=0, return_inverse=True)
    node = node.reshape(-1)
    nodes = pd.DataFrame(
        {"node": [f"n{i}" for i in range(1, len(places) + 1)], "lon": places[:, 0], "lat": places[:, 1]}
    )
    findings = (Finding("snapped_ends", moved), Finding("split_crossings", put), left)
    return Noded(lines, parent, nodes, node[: len(lines)], node[len(lines) :], findings, rows)
