"""Lines that would bring a bus to every village that lacks one, at least cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from tongqu.contracts import Assume, Offer, link_upgrades
from tongqu.methods.bus_lines import (
    LineCosts,
    Lines,
    covered_by,
    generate_lines,
    join_lines,
    line_costs,
    select_lines,
    stops_in_walk,
    undominated,
)
from tongqu.methods.travel import Network, Pairs
from tongqu.sectors.buses.ground import Bools, Floats, Ground, Ints
from tongqu.sectors.buses.parameters import line_costs_of

__all__ = ["BusPlan", "LineCandidates", "near_lines", "plan_buses", "walks_of"]

GAP: Final = 0.005
"""Share by which the lines may cost more than the cheapest."""
SECONDS: Final = 60.0
"""Longest search for them; it takes about two."""


@dataclass(frozen=True, slots=True, eq=False)
class BusPlan:
    """Lines by town; a line's group is the position of its town in the ground's towns.

    Parameters
    ----------
    lines : Lines
        The lines, over node positions of the network.
    covers : scipy.sparse.csr_array of bool
        Villages that each line serves, shape (lines, villages).
    trips : int
        Trips a day of each.
    costs : LineCosts
        Arrays of shape (lines, 1).
    requires : numpy.ndarray of str
        Road project that each needs, blank for none, shape (lines,).
    gap : float
        How far their cost may be from the least, as a share.
    """

    lines: Lines
    covers: csr_array[Any]
    trips: int
    costs: LineCosts
    requires: npt.NDArray[Any]
    gap: float

    @property
    def number(self) -> Ints:
        """Number of each line in its town, from 1, shape (lines,)."""
        count = pd.Series(self.lines.group).groupby(self.lines.group).cumcount()
        return np.asarray(count.to_numpy() + 1, dtype=np.int64)


def plan_buses(
    ground: Ground,
    wanted: pd.Series,
    *,
    trips: int,
    people: pd.Series,
    assume: Assume,
    counted: pd.Series | None = None,
    roads: Offer | None = None,
    links: pd.Series | None = None,
) -> BusPlan:
    """The cheapest lines from town seats that serve every wanted village that a bus can come near.

    Villages near roads that a bus can use are served first. Lines to those beyond take the roads that a
    project widens, and require it.

    Parameters
    ----------
    ground : Ground
        Roads and seats.
    wanted : Series of bool
        Villages to be served, in the order of the ground's villages.
    trips : int
        Trips a day of each line.
    people : Series of float
        People of each village; they steer detours.
    assume : Assume
        Standards.
    counted : Series of bool, optional
        Villages that ``covers`` tells of; those wanted when left out.
    roads : Offer, optional
        Projects with faster links, those of transport.
    links : Series of str, optional
        Ids of the links in the network's order; needed with ``roads``.

    Returns
    -------
    BusPlan
        By town, those with most people for their cost first.
    """
    goal = wanted.to_numpy(dtype=np.bool_)
    mass = people.to_numpy(dtype=np.float64)
    walks = walks_of(ground, assume=assume)
    parts = [near_lines(ground, goal, people=mass, walks=walks, assume=assume)]
    reached = np.asarray(parts[0].covers.sum(axis=0)) > 0
    if roads is not None and links is not None:
        rest = goal & ~reached
        parts.append(_beyond(ground, rest, mass, walks=walks, roads=roads, links=links, assume=assume))
    chosen = [_cheapest(part, trips=trips, assume=assume) for part in parts]
    lines = join_lines([part.lines for part, _ in chosen])
    told = goal if counted is None else counted.to_numpy(dtype=np.bool_)
    covers = _wanted(covered_by(lines, walks, villages=goal.size), told)
    costs = line_costs(lines, trips=[trips], costs=line_costs_of(assume))
    worth = np.asarray(covers.astype(np.float64) @ mass) / np.maximum(costs.yuan[:, 0], 1e-9)
    order = np.lexsort((-worth, lines.group))
    return BusPlan(
        lines.take(order),
        csr_array(covers[order]),
        trips,
        line_costs(lines.take(order), trips=[trips], costs=line_costs_of(assume)),
        np.concatenate([part.requires for part, _ in chosen])[order],
        max(gap for _, gap in chosen),
    )


@dataclass(frozen=True, slots=True, eq=False)
class LineCandidates:
    """Lines that may be chosen.

    Parameters
    ----------
    lines : Lines
        Over node positions of the network; a line's group is the position of its town.
    covers : scipy.sparse.csr_array of bool
        Wanted villages that each line serves, shape (lines, villages).
    requires : numpy.ndarray of str
        Road project that each needs, blank for none, shape (lines,).
    """

    lines: Lines
    covers: csr_array[Any]
    requires: npt.NDArray[Any]

    def take(self, rows: Ints) -> LineCandidates:
        """Some of them, by position."""
        return LineCandidates(self.lines.take(rows), csr_array(self.covers[rows]), self.requires[rows])


def walks_of(ground: Ground, *, assume: Assume) -> Pairs:
    """Pairs of village (origin) and road node (target) within a walk to a stop."""
    return stops_in_walk(
        ground.network, km=ground.km, villages=ground.spot, limit_km=assume["bus.walk_limit"] / 1000
    )


def near_lines(
    ground: Ground, goal: Bools, *, people: Floats, walks: Pairs, assume: Assume
) -> LineCandidates:
    """Lines from where those of a town begin, over roads that a bus can use, to stops near its villages.

    Parameters
    ----------
    ground : Ground
        Roads and seats.
    goal : numpy.ndarray of bool
        Villages to be served, shape (villages,).
    people : numpy.ndarray of float
        People of each village; they steer detours.
    walks : Pairs
        Of `walks_of`.
    assume : Assume
        Standards.
    """
    mine = np.flatnonzero(goal[walks.origin] & (ground.town[walks.origin] >= 0))
    # Lines run to the stops within a walk of the villages, each with the people who would walk there.
    ends = pd.DataFrame(
        {
            "node": walks.target[mine],
            "town": ground.town[walks.origin[mine]],
            "people": people[walks.origin[mine]],
        }
    )
    ends = ends.groupby(["town", "node"])["people"].sum().reset_index()
    lines = _generated(ground, ends, roads=ground.roads(), assume=assume)
    covers = _wanted(covered_by(lines, walks, villages=goal.size), goal)
    kept = undominated(lines, covers)
    return LineCandidates(lines, covers, np.full(len(lines), "", dtype=object)).take(kept)


def _generated(ground: Ground, ends: pd.DataFrame, *, roads: Network, assume: Assume) -> Lines:
    return generate_lines(
        roads,
        km=np.where(np.isfinite(ground.km), ground.km, 0.0),
        hubs=ground.hubs,
        ends=ends["node"].to_numpy(dtype=np.int64),
        group=ends["town"].to_numpy(dtype=np.int64),
        weight=ends["people"].to_numpy(),
        detour=assume["bus.detour"],
        limit_minutes=assume["bus.line_minutes"],
    )


def _wanted(covers: csr_array[Any], goal: Bools) -> csr_array[Any]:
    """The cover of villages that are wanted only."""
    kept = csr_array(covers.astype(np.int64).multiply(goal[np.newaxis, :].astype(np.int64)))
    kept.eliminate_zeros()
    return csr_array(kept.astype(np.bool_))


def _beyond(
    ground: Ground,
    goal: Bools,
    people: Floats,
    *,
    walks: Pairs,
    roads: Offer,
    links: pd.Series,
    assume: Assume,
) -> LineCandidates:
    """Candidates to villages whose road is a project: one line for each project, which it requires."""
    empty = LineCandidates(
        join_lines([]), csr_array((0, goal.size), dtype=np.bool_), np.empty(0, dtype=object)
    )
    upgrades = link_upgrades(roads)
    projects = roads.projects.set_index("project")
    place = pd.Series(
        ground.villages.index.get_indexer(pd.Index(projects["unit"])), index=projects.index, dtype="int64"
    )
    able = place[(place >= 0) & projects.index.isin(upgrades["project"])]
    able = able[goal[able.to_numpy()]]
    able = able[ground.town[able.to_numpy()] >= 0]
    if able.empty:
        return empty
    position = pd.Series(np.arange(len(links)), index=links.to_numpy())
    rows = {str(name): position.loc[part].to_numpy() for name, part in upgrades.groupby("project")["link"]}
    made, needs = [], []
    for name, village in able.items():
        ends = pd.DataFrame(
            {
                "node": [ground.spot[village]],
                "town": [ground.town[village]],
                "people": [people[village]],
            }
        )
        found = _direct(ground, ends, roads=ground.roads(rows[str(name)]), assume=assume)
        made.append(found)
        needs += [str(name)] * len(found)
    lines = join_lines(made)
    covers = _wanted(covered_by(lines, walks, villages=goal.size), goal)
    return LineCandidates(lines, covers, np.array(needs, dtype=object))


def _direct(ground: Ground, ends: pd.DataFrame, *, roads: Network, assume: Assume) -> Lines:
    """The line of one town to one end."""
    at = int(ends["town"].iloc[0])
    lines = generate_lines(
        roads,
        km=np.where(np.isfinite(ground.km), ground.km, 0.0),
        hubs=[ground.hubs[at]],
        ends=ends["node"].to_numpy(dtype=np.int64),
        group=[0],
        limit_minutes=assume["bus.line_minutes"],
        loops=False,
    )
    return Lines(lines.ptr, lines.node, lines.minutes, lines.km, lines.kind, np.full(len(lines), at))


def _cheapest(part: LineCandidates, *, trips: int, assume: Assume) -> tuple[LineCandidates, float]:
    """The lines that serve at least cost all that the candidates can."""
    if len(part.lines) == 0:
        return part, 0.0
    costs = line_costs(part.lines, trips=[trips], costs=line_costs_of(assume))
    chosen = select_lines(costs.yuan, part.covers, steps=(trips,), need=trips, gap=GAP, seconds=SECONDS)
    return part.take(np.flatnonzero(chosen.trips > 0)), chosen.gap
