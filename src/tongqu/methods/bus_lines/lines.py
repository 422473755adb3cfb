"""Candidate bus lines: along shortest ways from a seat to its villages, with detours and as loops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import dijkstra

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.network import Network

__all__ = ["KINDS", "Lines", "generate_lines", "join_lines"]

KINDS: Final = ("direct", "detour", "loop")
"""What a line is: the shortest way to its end; that with ways round by villages; a round through two ends."""

_DETOURS: Final = 3
"""Villages that a line goes round by, at most."""
_PARTNERS: Final = 2
"""Loops through an end: with so many others, those of the shortest rounds."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Bus lines, the nodes that each calls at in order; `generate_lines` makes them.

    A bus stops at every node that it passes. A line that is no loop runs there and back.

    Parameters
    ----------
    ptr : numpy.ndarray of int
        The calls of line ``i`` are ``ptr[i]`` to ``ptr[i + 1]``, shape (lines + 1,).
    node : numpy.ndarray of int
        Node position of each call, shape (calls,).
    minutes, km : numpy.ndarray of float
        Since the first call of the line, shape (calls,).
    kind : numpy.ndarray of int
        Position in `KINDS`, shape (lines,).
    group : numpy.ndarray of int
        Which group the line was made for, shape (lines,).
    """

    ptr: Ints
    node: Ints
    minutes: Floats
    km: Floats
    kind: Ints
    group: Ints

    def __len__(self) -> int:
        return self.ptr.size - 1

    @cached_property
    def line(self) -> Ints:
        """Line of each call, shape (calls,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    @property
    def loop(self) -> Bools:
        """Whether a line comes back to its first node, shape (lines,)."""
        return np.asarray(self.kind == KINDS.index("loop"))

    @property
    def run_minutes(self) -> Floats:
        """Minutes from the first call to the last, shape (lines,); of a loop the whole round."""
        return self.minutes[self.ptr[1:] - 1]

    @property
    def length_km(self) -> Floats:
        """Kilometres from the first call to the last, shape (lines,)."""
        return self.km[self.ptr[1:] - 1]

    @property
    def first(self) -> Ints:
        """Node position of the first call, shape (lines,)."""
        return self.node[self.ptr[:-1]]

    @property
    def last(self) -> Ints:
        """Node position of the last call, shape (lines,)."""
        return self.node[self.ptr[1:] - 1]

    @property
    def far(self) -> Ints:
        """Node position farthest along each line, shape (lines,): the last, or where a loop turns back."""
        left = self.run_minutes[self.line] - self.minutes
        along = np.where(self.loop[self.line], np.minimum(self.minutes, left), self.minutes)
        order = np.lexsort((along, self.line))
        return self.node[order[self.ptr[1:] - 1]]

    def take(self, rows: npt.ArrayLike) -> Lines:
        """The lines at some positions, in their order."""
        kept = positions(rows, column="rows", size=len(self))
        size = np.diff(self.ptr)[kept]
        ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        calls = np.repeat(self.ptr[kept] - ptr[:-1], size) + np.arange(ptr[-1])
        return Lines(
            ptr, self.node[calls], self.minutes[calls], self.km[calls], self.kind[kept], self.group[kept]
        )


def join_lines(parts: Iterable[Lines]) -> Lines:
    """Lines of several lists after one another, groups as they are.

    Examples
    --------
    >>> len(join_lines([]))
    0
    """
    many = list(parts)
    if not many:
        none, whole = np.empty(0), np.empty(0, dtype=np.int64)
        return Lines(np.zeros(1, dtype=np.int64), whole, none, none, whole, whole)
    sizes = np.concatenate([np.diff(part.ptr) for part in many])
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    node, minutes, km, kind, group = (
        np.concatenate([getattr(part, name) for part in many])
        for name in ("node", "minutes", "km", "kind", "group")
    )
    return Lines(ptr, node, minutes, km, kind, group)


def generate_lines(
    network: Network,
    *,
    km: npt.ArrayLike,
    hubs: npt.ArrayLike,
    ends: npt.ArrayLike,
    group: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
    detour: float = 0.3,
    limit_minutes: float = 90.0,
    loops: bool = True,
) -> Lines:
    """Candidate lines of every group: from its hub to its ends.

    - **Direct**: the shortest way from the hub to each end.
    - **Detour**: the way to an end that lies on no other end's way, led round by up to three other ends, at
      each step the one with the most weight for a minute more, while it takes at most ``1 + detour`` times
      the shortest way.
    - **Loop**: a round through two such ends, where it takes at most ``1 + detour`` times the way to the
      farther of them and back, and does not pass the hub in between; of each end the two shortest.

    Parameters
    ----------
    network : Network
        Roads with the minutes that a bus takes; a link that no bus can use is closed by inf.
    km : array_like of float
        Length of each link, shape (links,).
    hubs : array_like of int
        Node position where the lines of each group begin, shape (groups,).
    ends : array_like of int
        Node positions to be served, shape (ends,); one that cannot be reached has no line.
    group : array_like of int
        Group of each end, shape (ends,).
    weight : array_like of float
        People at each end, shape (ends,) or one for all, 0 or more.
    detour : float
        Share of minutes that a detour may add, 0 or more.
    limit_minutes : float
        Longest line, one way; a loop may be twice that.
    loops : bool
        Whether to make loops.

    Returns
    -------
    Lines
        By group; no two of a group and a kind call at the same nodes in the same order.

    Raises
    ------
    DataError
        If a position is no node or no group, lengths differ, or a number is out of its range.

    References
    ----------
    Ceder and Wilson, Bus network design, Transportation Research Part B 20 (1986): lines within a detour
    limit of the shortest way.

    Examples
    --------
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(list("hab"), start=[*"hab"], end=[*"abh"], minutes=[10, 5, 9])
    >>> made = generate_lines(road, km=[6, 3, 5], hubs=[0], ends=[1, 2], group=[0, 0])
    >>> [(KINDS[kind], made.node[made.line == i].tolist()) for i, kind in enumerate(made.kind)]
    [('direct', [0, 1]), ('direct', [0, 2]), ('loop', [0, 1, 2, 0])]
    >>> made.run_minutes, made.length_km
    (array([10.,  9., 24.]), array([ 6.,  5., 14.]))
    """
    size = len(network.nodes)
    start = positions(hubs, column="hubs", size=size)
    goal = positions(ends, column="ends", size=size)
    owner = positions(group, column="group", size=start.size)
    require(owner.shape == goal.shape, column="group", rule="lengths differ", mend="give each end one group")
    mass = np.broadcast_to(floats(weight, column="weight", low=0), goal.shape)
    share = float(floats(detour, column="detour", low=0, high=10))
    limit = float(floats(limit_minutes, column="limit_minutes", low=0))
    edges = _Edges.of(network, floats(km, column="km", low=0))
    parts = []
    for number, hub in enumerate(start):
        mine = owner == number
        ways = _Ways.of(network, int(hub), goal[mine], mass[mine], limit=limit)
        found = _lines_of(ways, detour=share, loops=loops, limit=limit)
        parts.append(_measured(found, edges, group=number))
    return join_lines(parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Minutes and kilometres of the fastest link between neighbours."""

    keys: Ints
    minutes: Floats
    km: Floats
    size: int

    @classmethod
    def of(cls, network: Network, km: Floats) -> _Edges:
        same = km.shape == network.minutes.shape
        require(same, column="km", rule="lengths differ", mend="give one length for each link")
        size, count = len(network.nodes), network.first_arc.size
        edge_of_arc = np.repeat(np.arange(count), np.diff(np.r_[network.first_arc, network.arc_link.size]))
        order = np.lexsort((network.minutes[network.arc_link], edge_of_arc))
        best = network.arc_link[order[network.first_arc]] if count else np.empty(0, dtype=np.int64)
        rows = np.repeat(np.arange(size, dtype=np.int64), np.diff(network.indptr))
        return cls(rows * size + network.indices, network.minutes[best], km[best], size)

    def along(self, path: Ints) -> tuple[Floats, Floats]:
        """Minutes and kilometres since the first node of a path."""
        at = np.searchsorted(self.keys, path[:-1] * self.size + path[1:])
        return np.r_[0.0, np.cumsum(self.minutes[at])], np.r_[0.0, np.cumsum(self.km[at])]


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Shortest ways among a hub (the first place) and its ends."""

    place: Ints
    weight: Floats
    minutes: Floats
    before: npt.NDArray[np.int32]

    @classmethod
    def of(cls, network: Network, hub: int, ends: Ints, weight: Floats, *, limit: float) -> _Ways:
        place, first = np.unique(ends[ends != hub], return_index=True)
        total = np.bincount(np.searchsorted(place, ends[ends != hub]), weight[ends != hub], place.size)
        order = np.argsort(first)
        place, total = place[order], total[order]
        every = np.r_[hub, place]
        # Ends lie at most a line's length from the hub, so at most two from one another.
        minutes, before = dijkstra(
            network.graph, indices=every, return_predecessors=True, limit=2 * limit + 1.0
        )
        between = minutes[:, every]
        kept = np.r_[True, (between[0, 1:] <= limit) & (between[1:, 0] <= 2 * limit)]
        return cls(every[kept], np.r_[0.0, total][kept], between[np.ix_(kept, kept)], before[kept])

    def path(self, start: int, end: int) -> list[int]:
        """Nodes of the shortest way between two places, the first left out."""
        row, goal, here = self.before[start], int(self.place[start]), int(self.place[end])
        nodes: list[int] = []
        while here != goal:
            nodes.append(here)
            here = int(row[here])
        return nodes[::-1]

    def through(self, places: Sequence[int]) -> tuple[int, ...]:
        """Nodes of the way through places in order."""
        nodes = [int(self.place[places[0]])]
        for start, end in pairwise(places):
            nodes += self.path(start, end)
        return tuple(nodes)


def _lines_of(ways: _Ways, *, detour: float, loops: bool, limit: float) -> list[tuple[int, tuple[int, ...]]]:
    """Kind and nodes of the lines of a group, each once."""
    count = ways.place.size
    direct = [ways.through([0, end]) for end in range(1, count)]
    where = {int(node): end for end, node in enumerate(ways.place)}
    passed = {where[node] for way in direct for node in way[1:-1] if node in where}
    tips = [end for end in range(1, count) if end not in passed]
    found: dict[tuple[int, tuple[int, ...]], None] = dict.fromkeys((0, way) for way in direct)
    for tip in tips:
        for places in _detours(ways, tip, direct[tip - 1], detour=detour, limit=limit):
            found[1, ways.through(places)] = None
    for pair in _rounds(ways, tips, detour=detour) if loops else ():
        way = ways.through([0, *pair, 0])
        if int(ways.place[0]) not in way[1:-1]:
            found[2, way] = None
    return list(found)


def _detours(
    ways: _Ways, tip: int, direct: tuple[int, ...], *, detour: float, limit: float
) -> list[list[int]]:
    """Places in order of each line to a tip with one more detour."""
    most = min((1 + detour) * ways.minutes[0, tip], limit)
    order, spent = [0, tip], float(ways.minutes[0, tip])
    passed = np.isin(ways.place, direct)
    made: list[list[int]] = []
    while len(made) < _DETOURS and not passed.all():
        here, there = np.array(order[:-1]), np.array(order[1:])
        added = ways.minutes[here].T
        added = added + ways.minutes[:, there] - ways.minutes[here, there]
        gap = np.argmin(added, axis=1)
        extra = added[np.arange(len(added)), gap]
        worth = np.where(
            passed | (spent + extra > most), -1.0, (ways.weight + 1e-9) / np.maximum(extra, 1e-9)
        )
        best = int(np.argmax(worth))
        if worth[best] < 0:
            break
        order.insert(int(gap[best]) + 1, best)
        spent += float(extra[best])
        passed |= np.isin(ways.place, ways.through(order))
        made.append(list(order))
    return made


def _rounds(ways: _Ways, tips: list[int], *, detour: float) -> list[tuple[int, int]]:
    """Pairs of tips that a round passes, of each tip those of the shortest rounds."""
    if len(tips) < 2:
        return []
    ends = np.array(tips)
    away, back = ways.minutes[0, ends], ways.minutes[ends, 0]
    whole = away[:, None] + ways.minutes[np.ix_(ends, ends)] + back[None, :]
    most = (1 + detour) * np.maximum(away + back, (away + back)[:, None])
    whole = np.where((whole <= most) & ~np.eye(len(ends), dtype=bool), whole, np.inf)
    near = np.argsort(whole, axis=1, kind="stable")[:, :_PARTNERS]
    pairs = [
        (int(ends[min(one, other)]), int(ends[max(one, other)]))
        for one, row in enumerate(near)
        for other in row
        if np.isfinite(whole[one, other])
    ]
    return list(dict.fromkeys(pairs))


def _measured(found: list[tuple[int, tuple[int, ...]]], edges: _Edges, *, group: int) -> Lines:
    if not found:
        return join_lines([])
    kinds, paths = zip(*found, strict=True)
    ptr = np.concatenate([[0], np.cumsum([len(path) for path in paths])]).astype(np.int64)
    node = np.concatenate([np.array(path, dtype=np.int64) for path in paths])
    along = [edges.along(np.array(path, dtype=np.int64)) for path in paths]
    minutes, km = (np.concatenate([part[i] for part in along]) for i in (0, 1))
    return Lines(ptr, node, minutes, km, np.array(kinds, dtype=np.int64), np.full(len(paths), group))
