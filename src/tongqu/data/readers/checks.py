"""What looks wrong in a road network: components, traps, gaps, repeats and misplaced nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from tongqu.data.crs import to_plane
from tongqu.data.readers.report import PROBLEM_COLUMNS, Finding, NetworkReport, findings_frame, problem_rows
from tongqu.data.readers.shapes import M_PER_KM, Lines
from tongqu.data.rules import Bbox, inside, swapped

__all__ = [
    "GAP_M",
    "NO_LENGTH_KM",
    "Access",
    "Sense",
    "Wires",
    "components_of",
    "duplicates",
    "ends_of",
    "inspect",
    "plane_of",
    "wires_of",
]

Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]

Access = Literal["car", "walk"]
Sense = Literal["weak", "strong"]

GAP_M = 10.0
"""Metres within which a dead end and a road that it does not join are reported."""

SAME_LENGTH_KM = 0.001
"""Links with the same ends repeat one another if their lengths differ by less than this."""

STUB_GAPS = 4.0
"""A dead-end link shorter than so many gaps lies near the road it leaves: that is no gap."""

NO_LENGTH_KM = 1e-6
"""A millimetre: shorter is no length."""


def plane_of(lines: Lines) -> tuple[Lines, tuple[float, float]]:
    """The lines in metres around the middle of the network, and that middle."""
    low, high = lines.xy.min(axis=0), lines.xy.max(axis=0)
    centre = (float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2))
    return Lines(
        np.column_stack(to_plane(lines.xy[:, 0], lines.xy[:, 1], centre=centre)), lines.start
    ), centre


def ends_of(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[Ints, Ints]:
    """Positions of the nodes where each link starts and ends."""
    index = pd.Index(nodes["node"])
    return (
        np.asarray(index.get_indexer(links["from_node"]), np.int64),
        np.asarray(index.get_indexer(links["to_node"]), np.int64),
    )


def graph_of(start: Ints, end: Ints, *, oneway: Bools, size: int) -> csr_array:
    """A graph with an edge for each direction of each link."""
    back = ~oneway
    tail, head = np.concatenate([start, end[back]]), np.concatenate([end, start[back]])
    graph = csr_array((np.ones(len(tail), np.int32), (tail, head)), shape=(size, size))
    graph.sum_duplicates()
    return graph


@dataclass(frozen=True, slots=True, eq=False)
class Wires:
    """A network by positions: how links hang together, once for all checks.

    Parameters
    ----------
    size : int
        Number of nodes.
    start, end : array of int
        Positions of the nodes where each link starts and ends.
    use : mapping of str to array of bool
        Whether cars, and walkers, may use each link.
    oneway : array of bool
        Whether cars may only go from start to end.
    km : array of float
        Length of each link.
    """

    size: int
    start: Ints
    end: Ints
    use: Mapping[Access, Bools]
    oneway: Bools
    km: npt.NDArray[np.float64]


def wires_of(nodes: pd.DataFrame, links: pd.DataFrame) -> Wires:
    """The network of nodes and links by positions."""
    start, end = ends_of(nodes, links)
    use: dict[Access, Bools] = {"car": links["car"].to_numpy(bool), "walk": links["walk"].to_numpy(bool)}
    km = links["length_km"].to_numpy(np.float64)
    return Wires(len(nodes), start, end, use, links["oneway"].to_numpy(bool), km)


def components_of(wires: Wires, *, access: Access, sense: Sense) -> tuple[Ints, int]:
    """Component of each node in the network of one kind of traveller.

    Parameters
    ----------
    wires : Wires
        The network.
    access : {"car", "walk"}
    sense : {"weak", "strong"}
        Strong components heed one-way roads; on foot there are none.

    Returns
    -------
    component : array of int
        Shape (nodes,); -1 for nodes without a link of this access.
    largest : int
        The component with the longest links; -1 if there is none.
    """
    use = wires.use[access]
    start, end = wires.start[use], wires.end[use]
    oneway = wires.oneway[use] & (access == "car")
    graph = graph_of(start, end, oneway=oneway, size=wires.size)
    _, label = connected_components(graph, directed=True, connection=sense)
    used = np.zeros(wires.size, dtype=bool)
    used[start] = True
    used[end] = True
    component = np.where(used, label, -1).astype(np.int64)
    if not used.any():
        return component, -1
    within = component[start] == component[end]
    km = np.bincount(component[start[within]], wires.km[use][within], minlength=1)
    return component, int(km.argmax()) if within.any() else int(component[used][0])


def component_rows(wires: Wires) -> pd.DataFrame:
    """The table of components of a report."""
    rows = []
    pairs: tuple[tuple[Access, Sense], ...] = (("car", "weak"), ("car", "strong"), ("walk", "weak"))
    for access, sense in pairs:
        use = wires.use[access]
        component, largest = components_of(wires, access=access, sense=sense)
        inner = (component[wires.start[use]] == largest) & (component[wires.end[use]] == largest)
        whole, outside = float(wires.km[use].sum()), float(wires.km[use][~inner].sum())
        rows.append(
            {
                "access": access,
                "sense": sense,
                "components": len(np.unique(component[component >= 0])),
                "nodes": int((component >= 0).sum()),
                "largest_nodes": int(((component == largest) & (component >= 0)).sum()),
                "km": whole,
                "km_outside": outside,
                "share_outside": outside / whole if whole else 0.0,
            }
        )
    return pd.DataFrame(rows)


def duplicates(links: pd.DataFrame) -> Bools:
    """Links with the same ends, length, direction and access as an earlier one."""
    low = links[["from_node", "to_node"]].min(axis=1).where(~links["oneway"], links["from_node"])
    high = links[["from_node", "to_node"]].max(axis=1).where(~links["oneway"], links["to_node"])
    key = pd.DataFrame(
        {
            "low": low,
            "high": high,
            "length": (links["length_km"] / SAME_LENGTH_KM).round(),
            "oneway": links["oneway"],
            "car": links["car"],
            "walk": links["walk"],
        }
    )
    return np.asarray(key.duplicated() & (links["length_km"] > NO_LENGTH_KM))


def traps(wires: Wires) -> tuple[Ints, Ints]:
    """Nodes that cars can enter from the largest strong component but not leave to it, and the reverse."""
    component, largest = components_of(wires, access="car", sense="strong")
    core = np.flatnonzero(component == largest) if largest >= 0 else np.zeros(0, np.int64)
    if not len(core):
        return core, core
    use = wires.use["car"]
    graph = graph_of(wires.start[use], wires.end[use], oneway=wires.oneway[use], size=wires.size)

    def beyond(direction: csr_array) -> Ints:
        reached = breadth_first_order(direction, int(core[0]), return_predecessors=False)
        return np.setdiff1d(np.asarray(reached, np.int64), core)

    return beyond(graph), beyond(csr_array(graph.T))


def gaps(
    nodes: pd.DataFrame, links: pd.DataFrame, *, lines: Lines, wires: Wires, dead: Ints, gap_m: float
) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Dead ends near a road that they do not join: the nodes, the nearest such links, the metres."""
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    if not len(dead) or not len(lines):
        return nothing
    plane, centre = plane_of(lines)
    geometry = plane.geometry()
    places = shapely.points(
        np.column_stack(to_plane(nodes["lon"].to_numpy()[dead], nodes["lat"].to_numpy()[dead], centre=centre))
    )
    which, link = shapely.STRtree(geometry).query(places, predicate="dwithin", distance=gap_m)
    start, end = wires.start, wires.end
    own = pd.Series(np.arange(len(links)), index=start)
    own = pd.concat([own, pd.Series(np.arange(len(links)), index=end)])
    mine = own[~own.index.duplicated()].reindex(dead).to_numpy(np.int64)[which]
    other = np.where(start[mine] == dead[which], end[mine], start[mine])
    short = links["length_km"].to_numpy()[mine] * M_PER_KM <= STUB_GAPS * gap_m
    beside = (start[link] == other) | (end[link] == other)
    level = np.ones(len(link), dtype=bool)
    for flag in ("bridge", "tunnel"):
        level &= links[flag].to_numpy()[mine] == links[flag].to_numpy()[link]
    keep = (link != mine) & ~(beside & short) & level
    which, link = which[keep], link[keep]
    metres = shapely.distance(places[which], geometry[link])
    order = np.lexsort((metres, which))
    which, link, metres = which[order], link[order], metres[order]
    first = np.concatenate([[True], which[1:] != which[:-1]]) if len(which) else np.zeros(0, bool)
    return dead[which[first]], link[first], metres[first]


def misplaced(nodes: pd.DataFrame, *, box: Bbox) -> tuple[list[Finding], list[pd.DataFrame]]:
    """Nodes outside the box, with exchanged coordinates, or all in another system."""
    lon, lat = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
    within, turned = inside(lon, lat, bbox=box), swapped(lon, lat, bbox=box)
    if len(nodes) and not within.any() and not turned.any():
        where = f"{lon.min():.4f}..{lon.max():.4f}, {lat.min():.4f}..{lat.max():.4f}"
        middle = {"lon": np.array([lon.mean()]), "lat": lat.mean(), "value": where}
        return [Finding("wrong_system", len(nodes), detail=where)], [problem_rows("wrong_system", **middle)]
    found, rows = [], []
    for rule, where_ in (("swapped", turned), ("outside", ~within & ~turned)):
        at = np.flatnonzero(where_)
        found.append(Finding(rule, len(at)))
        rows.append(problem_rows(rule, node=nodes["node"].to_numpy()[at], lon=lon[at], lat=lat[at]))
    return found, rows


class Rows:
    """Collects findings about nodes and links together with their rows for the map."""

    def __init__(self, nodes: pd.DataFrame, links: pd.DataFrame, *, lines: Lines) -> None:
        self.nodes, self.links, self.wires = nodes, links, wires_of(nodes, links)
        middle = (lines.first + lines.last) // 2
        self.middle = lines.xy[middle] if len(lines) else np.zeros((0, 2))
        self.found: list[Finding] = []
        self.rows: list[pd.DataFrame] = []

    def add_links(self, rule: str, at: Ints, *, value: object = "") -> None:
        """Links that break a rule, by position."""
        km = float(self.links["length_km"].to_numpy()[at].sum())
        self.found.append(Finding(rule, len(at), km))
        if not len(at):
            return
        name, (lon, lat) = self.links["link"].to_numpy()[at], self.middle[at].T
        self.rows.append(problem_rows(rule, link=name, lon=lon, lat=lat, value=value))

    def add_nodes(self, rule: str, at: Ints, *, link: object = "", value: object = "") -> None:
        """Nodes that break a rule, by position."""
        self.found.append(Finding(rule, len(at)))
        if not len(at):
            return
        name, lon, lat = (self.nodes[column].to_numpy()[at] for column in ("node", "lon", "lat"))
        self.rows.append(problem_rows(rule, node=name, lon=lon, lat=lat, link=link, value=value))


def look_at_links(rows: Rows) -> None:
    """Lengths, loops, repeats, and what lies outside the largest component."""
    links, wires = rows.links, rows.wires
    zero = (links["length_km"].to_numpy() <= NO_LENGTH_KM) & (links["kind"].to_numpy() != "barrier")
    rows.add_links("zero_length", np.flatnonzero(zero))
    rows.add_links("self_loop", np.flatnonzero(wires.start == wires.end))
    rows.add_links("duplicate", np.flatnonzero(duplicates(links)))
    component, largest = components_of(wires, access="car", sense="weak")
    lost = wires.use["car"] & (component[wires.start] != largest)
    rows.add_links("off_component", np.flatnonzero(lost), value=component[wires.start][lost].astype(str))


def look_at_nodes(rows: Rows, lines: Lines, *, gap_m: float) -> None:
    """Dead ends, gaps and one-way traps."""
    links, wires = rows.links, rows.wires
    degree = np.bincount(np.concatenate([wires.start, wires.end]), minlength=wires.size)
    dead = np.flatnonzero(degree == 1)
    rows.add_nodes("dead_end", dead)
    where, near, metres = gaps(rows.nodes, links, lines=lines, wires=wires, dead=dead, gap_m=gap_m)
    metre_text = np.char.add(np.char.mod("%.1f", metres), " m").astype(object)
    rows.add_nodes("gap", where, link=links["link"].to_numpy()[near], value=metre_text)
    trap, source = traps(wires)
    rows.add_nodes("one_way_trap", trap)
    rows.add_nodes("one_way_source", source)


def class_rows(links: pd.DataFrame) -> pd.DataFrame:
    """Links and kilometres by class and kind."""
    km = links["length_km"]
    frame = links[["class", "kind"]].assign(
        links=1, km=km, car_km=km.where(links["car"], 0.0), oneway_km=km.where(links["oneway"], 0.0)
    )
    return (
        frame.groupby(["class", "kind"], as_index=False)
        .sum()
        .sort_values("km", ascending=False, ignore_index=True)
    )


def link_findings(links: pd.DataFrame) -> list[Finding]:
    """Where speeds come from, ferries, fords and limits."""
    km, source = links["length_km"].to_numpy(), links["speed_from"].to_numpy()
    limited = links["max_weight_t"].notna() | links["max_height_m"].notna()
    ferry = links["ferry"].to_numpy(bool)
    masks = {
        "speed_given": source == "given",
        "speed_limit": source == "limit",
        "speed_class": source == "class",
        "ferries": ferry,
        "ferries_assumed": ferry & (source != "given"),
        "fords": links["ford"].to_numpy(bool),
        "restricted": limited.to_numpy(),
    }
    return [Finding(name, int(mask.sum()), float(km[mask].sum())) for name, mask in masks.items()]


def inspect(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    *,
    lines: Lines,
    notes: Iterable[Finding] = (),
    noted: Iterable[pd.DataFrame] = (),
    box: Bbox | None = None,
    gap_m: float = GAP_M,
) -> NetworkReport:
    """The report of a network.

    Parameters
    ----------
    nodes, links : DataFrame
        As in `Roads`.
    lines : Lines
        Shapes of the links.
    notes, noted : iterables of Finding and of DataFrame
        What was found before: findings, and rows of problems.
    box : tuple of float, optional
        Where nodes should lie: west, south, east, north in degrees.
    gap_m : float
        Metres within which a dead end and a road that it does not join are reported.
    """
    rows = Rows(nodes, links, lines=lines)
    look_at_links(rows)
    look_at_nodes(rows, lines, gap_m=gap_m)
    off, off_rows = misplaced(nodes, box=box) if box is not None else ([], [])
    frames = [frame for frame in [*noted, *off_rows, *rows.rows] if len(frame)]
    empty = problem_rows("", link=np.zeros(0, object))
    return NetworkReport(
        nodes=len(nodes),
        links=len(links),
        km=float(links["length_km"].sum()),
        classes=class_rows(links),
        findings=findings_frame([*notes, *link_findings(links), *off, *rows.found]),
        components=component_rows(rows.wires),
        problems=pd.concat(frames or [empty], ignore_index=True)[list(PROBLEM_COLUMNS)],
    )
