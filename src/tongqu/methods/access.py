"""Who reaches what: people beyond a limit, sites with room, room shared out, what an upgraded road brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.changes import Change, changed_arcs, min_plus
from tongqu.methods.queue import queue_of
from tongqu.methods.travel import Nearest, Network, minutes_matrix, nearest_few, within
from tongqu.methods.what_if import score_changes, standing

__all__ = ["Assignment", "Gains", "assign_to_room", "beyond", "gains", "nearest_with_room"]

_Arcs: TypeAlias = tuple[Ints, Ints, Floats]
"""Node positions where the upgraded links start and end, once for each direction, and their new minutes."""


def beyond(minutes: npt.ArrayLike, people: npt.ArrayLike, *, limit: float) -> float:
    """Share of people who are beyond a limit.

    Parameters
    ----------
    minutes : array_like of float
        Travel time of each place in minutes, shape (places,); inf when out of reach.
    people : array_like of float
        People of each place, shape (places,).
    limit : float
        Minutes.

    Returns
    -------
    float
        In [0, 1]; NaN where nobody lives.

    Raises
    ------
    DataError
        If a time is missing or negative, or people are missing, negative or infinite.

    Examples
    --------
    >>> beyond([10, 25, np.inf], [600, 300, 100], limit=20)
    0.4
    """
    time = floats(minutes, column="minutes", low=0)
    heads = floats(people, column="people", low=0, high=np.finfo(np.float64).max)
    total = heads.sum()
    return float(heads[~within(time, limit)].sum() / total) if total > 0 else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Who goes where.

    Parameters
    ----------
    placed : numpy.ndarray of float
        People placed by each pair of origin and site, shape (pairs,), in the order of the pairs given.
    unplaced : numpy.ndarray of float
        People of each origin who found no room, shape (origins,).
    filled : numpy.ndarray of float
        Room used at each site, shape (sites,).
    """

    placed: Floats
    unplaced: Floats
    filled: Floats


def assign_to_room(
    origin: npt.ArrayLike,
    site: npt.ArrayLike,
    *,
    minutes: npt.ArrayLike,
    demand: npt.ArrayLike,
    room: npt.ArrayLike,
) -> Assignment:
    """People placed at the nearest site with room, those who live nearer first.

    The result is that of walking the pairs from the shortest to the longest ride (ties by origin, then
    site), placing whoever is left where room is left. It is stable: nobody is turned away from a site for
    the sake of somebody who lives farther from it.

    Parameters
    ----------
    origin, site : array_like of int
        Positions of the origins and sites that are within the norm of each other, shape (pairs,),
        each pair once.
    minutes : array_like of float
        Ride of each pair in minutes, shape (pairs,).
    demand : array_like of float
        People of each origin, shape (origins,).
    room : array_like of float
        Room of each site, in people, shape (sites,); inf where there is no limit.

    Returns
    -------
    Assignment
        Placed by pair, unplaced by origin, filled by site.

    Raises
    ------
    DataError
        If a position is outside, lengths differ, or a value is missing or negative.

    References
    ----------
    Gale, D., Shapley, L. S. (1962), College admissions and the stability of marriage, American
    Mathematical Monthly 69, 9-15.

    Examples
    --------
    >>> found = assign_to_room([0, 0, 1], [0, 1, 0], minutes=[5, 9, 3], demand=[30, 20], room=[40, 5])
    >>> found.placed, found.unplaced
    (array([20.,  5., 20.]), array([5., 0.]))
    """
    people = floats(demand, column="demand", low=0, high=np.finfo(np.float64).max)
    space = floats(room, column="room", low=0)
    queue = queue_of(origin, site, minutes=minutes, origins=people.size, sites=space.size)
    served, left = queue.placed(people, room=space)
    placed = np.empty(served.size)
    placed[queue.given] = served
    return Assignment(placed, left.unplaced, left.filled)


def nearest_with_room(
    network: Network,
    *,
    targets: npt.ArrayLike,
    room: npt.ArrayLike,
    need: npt.ArrayLike,
    few: int = 1,
    origins: npt.ArrayLike | None = None,
    limit: float = np.inf,
) -> Nearest:
    """The nearest few targets that have room for all of an origin's people, nearest first.

    Every origin is asked on its own: nobody takes the room away from another. To share room out, see
    `assign_to_room` and `tongqu.methods.catchment`.

    Parameters
    ----------
    network : Network
        The roads.
    targets : array_like of int
        Node positions of the targets, shape (targets,).
    room : array_like of float
        Room left at each target, shape (targets,), 0 or more; inf is without limit.
    need : array_like of float
        What each origin needs, shape (origins,) or one for all, 0 or more.
    few : int
        How many targets to find, 1 or more.
    origins : array_like of int, optional
        Node positions of the origins, shape (origins,); every node when left out.
    limit : float
        Minutes beyond which a target counts as out of reach.

    Returns
    -------
    Nearest
        Shape (origins, few); inf and -1 where fewer targets with room are within reach.

    Raises
    ------
    DataError
        If a position is outside the network, lengths differ, or a number is negative or missing.

    Examples
    --------
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> nearest_with_room(road, targets=[0, 2], room=[10, 50], need=[30, 5], origins=[0, 1]).target
    array([[1],
           [0]])
    """
    size = len(network.nodes)
    goals = positions(targets, column="targets", size=size)
    homes = np.arange(size) if origins is None else positions(origins, column="origins", size=size)
    space = floats(room, column="room", low=0)
    require(space.shape == goals.shape, column="room", rule="lengths differ", mend="give one for each target")
    wanted = np.broadcast_to(floats(need, column="need", low=0), homes.shape)
    require(few >= 1, column="few", rule=f"{few} targets cannot be found", mend="ask for 1 or more")
    minutes, which = np.full((homes.size, few), np.inf), np.full((homes.size, few), -1)
    open_rows, look = np.arange(homes.size), few
    while open_rows.size and goals.size:
        look = min(2 * look, goals.size)
        found = nearest_few(network, targets=goals, few=look, origins=homes[open_rows], limit=limit)
        fits = (found.target >= 0) & (space[found.target] >= wanted[open_rows, np.newaxis])
        first = np.argsort(~fits, axis=1, kind="stable")[:, :few]
        kept = np.take_along_axis(fits, first, axis=1)
        width = first.shape[1]
        minutes[open_rows, :width] = np.where(kept, np.take_along_axis(found.minutes, first, axis=1), np.inf)
        which[open_rows, :width] = np.where(kept, np.take_along_axis(found.target, first, axis=1), -1)
        more = (kept.sum(axis=1) < few) & (found.target[:, -1] >= 0) & (look < goals.size)
        open_rows = open_rows[more]
    return Nearest(minutes, which)


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """Origins that come inside the limit, by what brings them there; positions count from 0.

    Parameters
    ----------
    singles : pandas.DataFrame
        Columns candidate, origin, minutes: the candidate site alone, on the roads of today.
    upgrades : pandas.DataFrame
        Columns upgrade, origin, minutes: the upgrade alone, to a site of today.
    both : pandas.DataFrame
        Columns upgrade, candidate, origin, minutes: the upgrade and the candidate together,
        where neither does it alone.
    two : pandas.DataFrame
        Columns first, second, origin, minutes: two upgrades together, to a site of today, where neither
        does it alone.
    """

    singles: pd.DataFrame
    upgrades: pd.DataFrame
    both: pd.DataFrame
    two: pd.DataFrame

    def pairs(
        self, *, upgrades: npt.ArrayLike, candidates: npt.ArrayLike, origins: npt.ArrayLike
    ) -> pd.DataFrame:
        """What works only in pairs, by name.

        Parameters
        ----------
        upgrades, candidates, origins : array_like of str
            Names in the order in which `gains` took them.

        Returns
        -------
        pandas.DataFrame
            Columns first, second (an upgrade, and a candidate or another upgrade) and unit (the origin).
        """
        road, site, home = (np.asarray(names, dtype=object) for names in (upgrades, candidates, origins))
        return pd.DataFrame(
            {
                "first": np.concatenate([road[self.both["upgrade"]], road[self.two["first"]]]),
                "second": np.concatenate([site[self.both["candidate"]], road[self.two["second"]]]),
                "unit": np.concatenate([home[self.both["origin"]], home[self.two["origin"]]]),
            }
        )


def gains(
    network: Network,
    *,
    upgrades: Sequence[Change],
    origins: npt.ArrayLike,
    sites: npt.ArrayLike,
    candidates: npt.ArrayLike,
    limit: float,
) -> Gains:
    """What each road upgrade, each new site, and each pair of them brings inside the limit.

    Exact for two at a time: two upgrades, or one upgrade and one candidate. An upgrade only shortens
    links, so a path that gains runs over old roads to the first upgraded link, on between upgraded links, and
    over old roads from the last; for upgrades with candidates all the old parts come from one bounded search
    from the origins and the ends of upgraded links.

    Parameters
    ----------
    network : Network
        The roads of today.
    upgrades : sequence of Change
        The road projects: links made faster or added; sites that they open do not count.
    origins, sites, candidates : array_like of int
        Node positions of where people live, of the sites of today and of possible new sites,
        shapes (origins,), (sites,) and (candidates,). Origins within the limit today gain nothing.
    limit : float
        Minutes.

    Returns
    -------
    Gains
        Four tables, each sorted by its first columns.

    Raises
    ------
    DataError
        If a position is outside, or an upgrade makes a link slower.

    Examples
    --------
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[20, 15])
    >>> faster = Change(links=np.array([0]), minutes=np.array([12.0]))
    >>> found = gains(road, upgrades=[faster], origins=[0], sites=[2], candidates=[1], limit=15)
    >>> found.both
       upgrade  candidate  origin  minutes
    0        0          0       0     12.0
    """
    size = len(network.nodes)
    homes = positions(origins, column="origins", size=size)
    spots = positions(candidates, column="candidates", size=size)
    today = standing(network, targets=sites, limit=limit)
    scores = score_changes(today, upgrades, origins=homes)
    alone = scores.singles.rename(columns={"change": "upgrade"})
    gained = np.zeros((len(upgrades), homes.size), dtype=np.bool_)
    gained[alone["upgrade"], alone["origin"]] = True
    lacking = np.flatnonzero(~within(today.minutes[homes], limit))
    arcs = [changed_arcs(network, upgrade) for upgrade in upgrades]
    old = _OldRoads.search(network, homes[lacking], spots=spots, arcs=arcs, limit=limit)
    direct = old.minutes(homes[lacking], spots)
    spot, home = np.nonzero(within(direct, limit).T)
    singles = _rows(candidate=spot, origin=lacking[home], minutes=direct[home, spot])
    found = [_rows(upgrade=0, candidate=spot[:0], origin=home[:0], minutes=np.empty(0))]
    for number, (_, head, _) in enumerate(arcs):
        reached = old.after(arcs[number], homes[lacking])
        rest = np.flatnonzero(within(reached, limit).any(axis=1) & ~gained[number, lacking])
        to_new = min_plus(reached[rest], old.minutes(head, spots))
        spot, home = np.nonzero((within(to_new, limit) & ~within(direct[rest], limit)).T)
        if spot.size:
            origin, minutes = lacking[rest[home]], to_new[home, spot]
            found.append(_rows(upgrade=number, candidate=spot, origin=origin, minutes=minutes))
    return Gains(singles, alone, pd.concat(found, ignore_index=True), scores.pairs)


@dataclass(frozen=True, slots=True, eq=False)
class _OldRoads:
    """Minutes on the roads of today between the nodes that matter."""

    rows: Ints
    columns: Ints
    matrix: Floats

    @classmethod
    def search(
        cls, network: Network, homes: Ints, *, spots: Ints, arcs: Sequence[_Arcs], limit: float
    ) -> _OldRoads:
        rows = np.unique(np.concatenate([homes, *(head for _, head, _ in arcs)]))
        columns = np.unique(np.concatenate([spots, *(tail for tail, _, _ in arcs)]))
        return cls(rows, columns, minutes_matrix(network, origins=rows, targets=columns, limit=limit))

    def minutes(self, start: Ints, end: Ints) -> Floats:
        """Minutes from each start to each end, shape (start, end)."""
        row, column = np.searchsorted(self.rows, start), np.searchsorted(self.columns, end)
        return np.asarray(self.matrix[np.ix_(row, column)])

    def after(self, arcs: _Arcs, homes: Ints) -> Floats:
        """Minutes from each home to the end of each arc, the arc passed last, shape (homes, arcs)."""
        tail, head, time = arcs
        first = self.minutes(homes, tail) + time
        onward = self.minutes(head, tail) + time
        for middle in range(time.size):
            np.minimum(onward, onward[:, middle, np.newaxis] + onward[middle], out=onward)
        return np.minimum(first, min_plus(first, onward))


def _rows(*, minutes: Floats, **keys: int | Ints) -> pd.DataFrame:
    size = minutes.size
    columns = {name: np.broadcast_to(key, size).astype(np.int64) for name, key in keys.items()}
    return pd.DataFrame({**columns, "minutes": minutes})
