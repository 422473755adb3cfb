"""Places put on the road network: the nearest node, or the nearest point of a link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from tongqu.data.crs import from_plane, to_plane
from tongqu.data.problems import Problems
from tongqu.data.readers.checks import Access, ends_of, plane_of
from tongqu.data.readers.roads import Roads, piece_ids, renew
from tongqu.data.readers.shapes import Lines, cut
from tongqu.data.readers.shapes import insert as insert_points

__all__ = ["SNAP_LIMIT_M", "Access", "Snapped", "snap"]

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Objects: TypeAlias = npt.NDArray[np.object_]

SNAP_LIMIT_M = 1000.0
"""A place farther from any road is reported (an assumption: a quarter of an hour's walk)."""

AT_NODE_M = 1.0
"""A place this near to the end of its link takes the node there instead of a new one."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Where places enter the network.

    Parameters
    ----------
    node : array of str
        Node of each place, shape (places,): the nearest, or the nearer end of its link, or (with
        ``insert``) the node put there.
    link : array of str
        The link that each place is nearest to; empty if nodes were asked for.
    fraction : array of float
        Share of the length of that link from its start; NaN if nodes were asked for.
    lon, lat : array of float
        Where the network is reached, degrees.
    distance_m : array of float
        Straight metres from the place to there.
    beyond : array of bool
        Whether that is farther than the limit.
    limit_m : float
        The limit.
    roads : Roads
        The network: with new nodes if asked for, else as it was.
    """

    node: Objects
    link: Objects
    fraction: Floats
    lon: Floats
    lat: Floats
    distance_m: Floats
    beyond: Bools
    limit_m: float
    roads: Roads = field(repr=False)

    @property
    def far(self) -> int:
        """Number of places beyond the limit."""
        return int(self.beyond.sum())


def check_points(lon: Floats, lat: Floats, *, usable: int, access: str) -> None:
    """Raise if places have no position or no link may be used."""
    problems = Problems()
    wrong = np.flatnonzero(
        ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    )
    if len(wrong):
        value = f"{lon[wrong[0]]}, {lat[wrong[0]]}"
        mend = f"give longitude and latitude in degrees: {len(wrong)} of {len(lon)} places lack them"
        problems.add("a place without a position", column="points_lon, points_lat", value=value, mend=mend)
    if not usable:
        mend = "check the access of the links"
        problems.add(f"no link is open to {access}", column="roads", mend=mend)
    problems.raise_any()


def snap(
    points_lon: npt.ArrayLike,
    points_lat: npt.ArrayLike,
    *,
    roads: Roads,
    access: Access = "car",
    limit_m: float = SNAP_LIMIT_M,
    to: Literal["link", "node"] = "link",
    insert: bool = False,
) -> Snapped:
    """The nearest point of the network to each place, by straight distance.

    Parameters
    ----------
    points_lon, points_lat : array_like of float
        Places in degrees WGS84, shape (places,).
    roads : Roads
        The network.
    access : {"car", "walk"}
        Only links open to these count.
    limit_m : float
        Metres beyond which a place is flagged; it is snapped all the same.
    to : {"link", "node"}
        Whether any point of a link counts, or nodes only.
    insert : bool
        Whether links are cut at the points found, so that each place has a node of its own there (at
        the end of a link the node that is there).

    Returns
    -------
    Snapped

    Raises
    ------
    DataError
        If a place has no position or no link is open to the access.

    Examples
    --------
    >>> import pandas as pd
    >>> from tongqu.data.readers import Origin, assemble, lines_of
    >>> nodes = pd.DataFrame({"node": ["a", "b"], "lon": [119.0, 119.1], "lat": [29.0, 29.0]})
    >>> links = pd.DataFrame({"origin": ["1"], "from_node": ["a"], "to_node": ["b"], "kind": ["tertiary"]})
    >>> line = lines_of(shapely.linestrings([[[119.0, 29.0], [119.1, 29.0]]]))
    >>> roads = assemble(nodes, links, lines=line, origin=Origin("made", "table"))
    >>> found = snap([119.025], [29.001], roads=roads)
    >>> found.link[0], float(found.fraction[0].round(3)), float(found.distance_m[0].round(1))
    ('1', 0.25, 110.1)
    """
    lon, lat = (np.atleast_1d(np.asarray(values, np.float64)) for values in (points_lon, points_lat))
    use = np.flatnonzero(roads.links[access].to_numpy(bool))
    check_points(lon, lat, usable=len(use), access=access)
    if to == "node":
        return snap_to_nodes(lon, lat, roads=roads, use=use, limit_m=limit_m)
    return snap_to_links(lon, lat, roads=roads, use=use, limit_m=limit_m, insert=insert)


def snap_to_nodes(lon: Floats, lat: Floats, *, roads: Roads, use: Ints, limit_m: float) -> Snapped:
    """The nearest of the nodes of some links."""
    _, centre = plane_of(roads.lines)
    start, end = ends_of(roads.nodes, roads.links)
    spot = np.unique(np.concatenate([start[use], end[use]]))
    degrees = roads.nodes[["lon", "lat"]].to_numpy(np.float64)[spot]
    at, places = (np.column_stack(to_plane(*xy, centre=centre)) for xy in (degrees.T, (lon, lat)))
    found, where = cKDTree(at).query(places)
    metres = np.asarray(found, np.float64)
    node = roads.nodes["node"].to_numpy(object)[spot][where]
    none, reach = np.full(len(lon), "", object), degrees[where]
    share, beyond = np.full(len(lon), np.nan), np.asarray(metres > limit_m)
    return Snapped(node, none, share, reach[:, 0], reach[:, 1], metres, beyond, limit_m, roads)


def snap_to_links(
    lon: Floats, lat: Floats, *, roads: Roads, use: Ints, limit_m: float, insert: bool
) -> Snapped:
    """The nearest point of some links."""
    plane, centre = plane_of(roads.lines)
    geometry = plane.geometry()
    point = shapely.points(np.column_stack(to_plane(lon, lat, centre=centre)))
    _, found = shapely.STRtree(geometry[use]).query_nearest(point, all_matches=False)
    link = use[found]
    share = np.asarray(shapely.line_locate_point(geometry[link], point, normalized=True), np.float64)
    share = np.nan_to_num(share)
    foot = shapely.line_interpolate_point(geometry[link], share, normalized=True)
    metres = np.asarray(shapely.distance(point, foot), np.float64)
    reach = np.column_stack(from_plane(*shapely.get_coordinates(foot).T, centre=centre))
    start, end = (ends[link] for ends in ends_of(roads.nodes, roads.links))
    node = roads.nodes["node"].to_numpy(object)[np.where(share <= 0.5, start, end)]
    changed = roads
    if insert:
        length = shapely.length(geometry[link])
        inner = (share * length > AT_NODE_M) & ((1 - share) * length > AT_NODE_M)
        changed, names = with_nodes(roads, link[inner], share=share[inner], spots=reach[inner], plane=plane)
        node[inner] = names
    name = roads.links["link"].to_numpy(object)[link]
    beyond = metres > limit_m
    return Snapped(node, name, share, reach[:, 0], reach[:, 1], metres, beyond, limit_m, changed)


def free_names(number: int, *, taken: set[str]) -> list[str]:
    """Names for new nodes that no node has: s1, s2, ..."""
    names, i = list[str](), 0
    while len(names) < number:
        i += 1
        if f"s{i}" not in taken:
            names.append(f"s{i}")
    return names


def with_nodes(
    roads: Roads, link: Ints, *, share: Floats, spots: Floats, plane: Lines
) -> tuple[Roads, Objects]:
    """The roads with nodes put on links, and the name of the node of each spot; equal spots share one."""
    if not len(link):
        return roads, np.zeros(0, object)
    one = pd.DataFrame({"link": link, "share": share})
    first = ~one.duplicated().to_numpy()
    group = one.groupby(["link", "share"], sort=False).ngroup().to_numpy()
    names = np.array(free_names(int(first.sum()), taken=set(roads.nodes["node"])), dtype=object)
    longer, where = insert_points(roads.lines, link[first], share=share[first], steps=plane.steps_plane())
    longer.xy[where] = spots[first]
    point_name = np.full(len(longer.xy), "", object)
    point_name[where] = names
    marks = point_name != ""
    pieces, parent, points = cut(longer, marks)
    point_name = point_name[points]
    links = roads.links.iloc[parent].reset_index(drop=True)
    starts, ends = point_name[pieces.first], point_name[pieces.last]
    measured = pd.Series(pieces.length_km())
    whole = measured.groupby(parent).transform("sum")
    part = (measured / whole).where(whole > 0, 1.0)
    links = links.assign(
        link=piece_ids(links["link"], mark="-"),
        from_node=np.where(starts != "", starts, links["from_node"]),
        to_node=np.where(ends != "", ends, links["to_node"]),
        length_km=links["length_km"] * part,
        given_minutes=links["given_minutes"] * part,
    )
    height = heights_at(roads, link[first], share=share[first])
    added = pd.DataFrame(
        {"node": names, "lon": spots[first, 0], "lat": spots[first, 1], "elevation_m": height}
    )
    nodes = pd.concat([roads.nodes, added], ignore_index=True)
    changed = renew(nodes, links, lines=pieces, origin=roads.origin, notes=roads.notes, noted=roads.noted)
    return changed, names[group]


def heights_at(roads: Roads, link: Ints, *, share: Floats) -> Floats:
    """Heights of points on links, straight between those of the ends."""
    start, end = ends_of(roads.nodes, roads.links)
    height = roads.nodes["elevation_m"].to_numpy(np.float64)
    return np.asarray(height[start[link]] * (1 - share) + height[end[link]] * share)
