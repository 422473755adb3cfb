"""What faster roads, new roads and new sites change, found without solving the rest again.

A `Standing` is the minutes from every node to its nearest site. A `Change` makes links faster, adds links
or opens sites: it only shortens, so only labels that improve are touched, and the result equals a full run
to the bit. `score_changes` tries many changes, alone and in pairs; `matrix_after` brings a whole matrix of
minutes up to date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Floats, Floats32, Ints, Ints32, floats, positions, require
from tongqu.methods.changes import Change, changed_arcs, min_plus
from tongqu.methods.contraction import share
from tongqu.methods.kernels.change import Changes, apply, pair_gains, single_gains, start
from tongqu.methods.network import Network
from tongqu.methods.travel import nearest, reach_of

__all__ = ["Change", "Scores", "Standing", "after", "matrix_after", "score_changes", "standing"]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Minutes from every node to its nearest site, on roads as they are.

    Parameters
    ----------
    network : Network
        The roads.
    targets : numpy.ndarray of int
        Node positions of the sites, shape (targets,).
    limit : float
        Minutes beyond which a site counts as out of reach.
    minutes : numpy.ndarray of float
        Minutes to the nearest site, shape (nodes,); inf when none is within the limit.
    target : numpy.ndarray of int
        Its number in the list, shape (nodes,); -1 when none is.
    """

    network: Network
    targets: Ints
    limit: float
    minutes: Floats
    target: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Origins that changes bring inside the limit.

    Parameters
    ----------
    singles : pandas.DataFrame
        Columns change, origin, minutes: the change alone.
    pairs : pandas.DataFrame
        Columns first, second, origin, minutes: both changes together, where neither does it alone.
    """

    singles: pd.DataFrame
    pairs: pd.DataFrame


def standing(network: Network, *, targets: npt.ArrayLike, limit: float = np.inf) -> Standing:
    """Minutes from every node to its nearest site.

    Parameters
    ----------
    network : Network
        The roads.
    targets : array_like of int
        Node positions of the sites, shape (targets,).
    limit : float
        Minutes beyond which a site counts as out of reach.

    Returns
    -------
    Standing
        What `after` and `score_changes` start from.

    Raises
    ------
    DataError
        If a position is outside the network, or the limit is negative.

    Examples
    --------
    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> today = standing(road, targets=[2])
    >>> after(today, Change(sites=np.array([0]))).minutes
    array([0., 4., 0.])
    """
    found = nearest(network, targets=targets, limit=limit)
    goals = positions(targets, column="targets", size=len(network.nodes))
    return Standing(network, goals, limit, found.minutes, found.target)


def after(base: Standing, change: Change) -> Standing:
    """Minutes to the nearest site once a change is made; only what improves is computed.

    Parameters
    ----------
    base : Standing
        Where things stand.
    change : Change
        What is built.

    Returns
    -------
    Standing
        Equal to a full run on the changed roads and sites. Its `network` is still that of the base: further
        changes belong into one `Change` with this one.

    Raises
    ------
    DataError
        If a position is outside, a time is negative or a link would become slower.
    """
    network = base.network
    packed = _pack(network, [change], first_number=base.targets.size)
    best, which = _labels(base)
    state = start(best, which, packed)
    arcs = network.arcs_back
    apply(arcs.indptr, arcs.heads, arcs.minutes, packed, 0, np.float32(reach_of(base.limit)), state, 0, 0)
    minutes, target = state.best[network.place].astype(np.float64), state.which[network.place]
    number = np.where(np.isfinite(minutes), target, -1).astype(np.int64)
    goals = np.concatenate([base.targets, positions(change.sites, column="sites", size=len(network.nodes))])
    return Standing(network, goals, base.limit, minutes, number)


def score_changes(
    base: Standing, changes: Sequence[Change], *, origins: npt.ArrayLike, pairs: bool = True
) -> Scores:
    """Which origins each change, and each pair of changes, brings inside the limit.

    Parameters
    ----------
    base : Standing
        Where things stand; its limit is the standard.
    changes : sequence of Change
        Candidates: roads, sites, or both at once.
    origins : array_like of int
        Node positions of where people live, shape (origins,). Origins inside today gain nothing.
    pairs : bool
        Whether to try every pair; work grows with the square of the number of changes.

    Returns
    -------
    Scores
        Sorted by change (or first and second) and origin. People are the caller's to sum.

    Raises
    ------
    DataError
        If a position is outside, a time is negative or a link would become slower.

    Examples
    --------
    A road and a site that only together bring the first node within 15 minutes:

    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[20, 15])
    >>> faster = Change(links=np.array([0]), minutes=np.array([12.0]))
    >>> clinic = Change(sites=np.array([1]))
    >>> today = standing(road, targets=[2], limit=15)
    >>> score_changes(today, [faster, clinic], origins=[0, 1]).pairs
       first  second  origin  minutes
    0      0       1       0     12.0
    """
    network = base.network
    homes = positions(origins, column="origins", size=len(network.nodes))
    packed = _pack(network, changes, first_number=base.targets.size)
    best, which = _labels(base)
    wanted = np.zeros(best.size, dtype=np.bool_)
    wanted[network.place[homes]] = True
    arcs, limit = network.arcs_back, np.float32(reach_of(base.limit))
    graph = (arcs.indptr, arcs.heads, arcs.minutes, packed)
    found: dict[int, tuple[Ints, Ints32, Floats32]] = {}

    def alone(begin: int, end: int) -> None:
        state = start(best, which, packed)
        found[begin] = single_gains(*graph, begin, end, limit, state, wanted)

    share(alone, len(changes))
    parts = [found[begin] for begin in sorted(found)]
    sizes = np.concatenate([np.empty(0, dtype=np.int64), *(np.diff(rows) for rows, _, _ in parts)])
    node = np.concatenate([np.empty(0, dtype=np.int32), *(nodes for _, nodes, _ in parts)])
    minutes = np.concatenate([np.empty(0, dtype=np.float32), *(times for _, _, times in parts)])
    singles = _by_origin(network, homes, node, minutes, change=np.repeat(np.arange(sizes.size), sizes))
    if not pairs:
        none = np.empty(0, dtype=np.int64)
        return Scores(singles, _by_origin(network, homes, none, np.empty(0), first=none, second=none))
    rows = np.concatenate([[0], np.cumsum(sizes)])
    both: dict[int, tuple[Ints32, Ints32, Ints32, Floats32]] = {}
    dealt = np.argsort(np.arange(len(changes)) % numba.get_num_threads(), kind="stable")

    def together(begin: int, end: int) -> None:
        state = start(best, which, packed)
        both[begin] = pair_gains(*graph, dealt[begin:end], limit, state, wanted, rows, node)

    share(together, len(changes))
    first, second, spot, time = (np.concatenate(column) for column in zip(*both.values(), strict=True))
    return Scores(singles, _by_origin(network, homes, spot, time, first=first, second=second))


def matrix_after(
    network: Network,
    change: Change,
    *,
    origins: npt.ArrayLike,
    targets: npt.ArrayLike,
    minutes: npt.ArrayLike,
    limit: float = np.inf,
) -> Floats:
    """A matrix of minutes brought up to date with faster and added links.

    A way that gains runs over old roads to a changed link, over changed links and old roads, and on from
    the last; all the old parts start or end at an end of a changed link.

    Parameters
    ----------
    network : Network
        The roads before.
    change : Change
        What is built; opening sites adds columns, which is the caller's to do.
    origins, targets : array_like of int
        Node positions of rows and columns, shapes (origins,) and (targets,).
    minutes : array_like of float
        The matrix before, with the same limit, shape (origins, targets).
    limit : float
        Minutes beyond which a target counts as out of reach.

    Returns
    -------
    numpy.ndarray of float
        Shape (origins, targets); equal to a full run on the changed roads.

    Raises
    ------
    DataError
        If a position is outside, shapes differ, a time is negative or a link would become slower.

    Examples
    --------
    >>> from tongqu.methods.network import build_network
    >>> from tongqu.methods.travel import minutes_matrix
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> today = minutes_matrix(road, origins=[0], targets=[1, 2])
    >>> short_cut = Change(start=np.array([0]), end=np.array([2]), new_minutes=np.array([5.0]))
    >>> matrix_after(road, short_cut, origins=[0], targets=[1, 2], minutes=today)
    array([[4., 5.]])
    """
    size, reach = len(network.nodes), reach_of(limit)
    rows = positions(origins, column="origins", size=size)
    columns = positions(targets, column="targets", size=size)
    before = floats(minutes, column="minutes", low=0)
    fits = before.shape == (rows.size, columns.size)
    require(fits, column="minutes", rule="shapes differ", mend="give one row an origin, one column a target")
    tail, head, time = changed_arcs(network, change)
    if time.size == 0:
        return before.copy()
    ends, place = np.unique(np.concatenate([tail, head]), return_inverse=True)
    tail, head = place[: tail.size], place[tail.size :]
    onward = network.contraction.minutes(ends, np.concatenate([columns, ends]), limit=reach)
    between = onward[:, columns.size :].astype(np.float64)
    np.minimum.at(between, (tail, head), time)
    for middle in range(ends.size):
        np.minimum(between, between[:, middle, np.newaxis] + between[middle], out=between)
    tails, heads = np.unique(tail), np.unique(head)
    first = network.contraction.minutes(rows, ends[tails], limit=reach)
    last = min_plus(between[np.ix_(tails, heads)], onward[heads, : columns.size])
    changed = np.minimum(before, min_plus(first, last))
    changed[changed > reach] = np.inf
    return changed


def _pack(network: Network, changes: Sequence[Change], *, first_number: int) -> Changes:
    arcs = [changed_arcs(network, change) for change in changes]
    sites = [positions(change.sites, column="sites", size=len(network.nodes)) for change in changes]
    site_rows = np.cumsum([0, *(spot.size for spot in sites)])
    spots = np.concatenate([np.empty(0, dtype=np.int64), *sites])
    return Changes(
        np.cumsum([0, *(time.size for _, _, time in arcs)]),
        network.place[np.concatenate([np.empty(0, dtype=np.int64), *(head for _, head, _ in arcs)])],
        network.place[np.concatenate([np.empty(0, dtype=np.int64), *(tail for tail, _, _ in arcs)])],
        np.concatenate([np.empty(0), *(time for _, _, time in arcs)]).astype(np.float32),
        site_rows,
        network.place[spots],
        np.arange(first_number, first_number + spots.size, dtype=np.int32),
    )


def _labels(base: Standing) -> tuple[Floats32, Ints32]:
    order = base.network.order
    none = np.iinfo(np.int32).max
    return base.minutes[order].astype(np.float32), np.where(base.target < 0, none, base.target)[order].astype(
        np.int32
    )


def _by_origin(
    network: Network, homes: Ints, place: Ints | Ints32, minutes: Floats | Floats32, **keys: Ints | Ints32
) -> pd.DataFrame:
    """Rows of places turned into rows of origins, several of which may live at one node."""
    order = np.argsort(network.place[homes], kind="stable")
    lived = network.place[homes][order]
    begin, end = np.searchsorted(lived, place), np.searchsorted(lived, place, side="right")
    row = np.repeat(np.arange(place.size), end - begin)
    first = np.cumsum(end - begin) - (end - begin)
    spot = np.arange(row.size) - first[row] + begin[row]
    columns = {name: np.asarray(key, dtype=np.int64)[row] for name, key in keys.items()}
    frame = pd.DataFrame({**columns, "origin": order[spot], "minutes": minutes[row].astype(np.float64)})
    return frame.sort_values([*columns, "origin"], ignore_index=True)
