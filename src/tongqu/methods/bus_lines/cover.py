"""Whom lines serve: villages within a walk of their stops, and lines that others make needless."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tongqu.methods._arrays import Ints
from tongqu.methods.bus_lines.lines import Lines
from tongqu.methods.network import Network
from tongqu.methods.travel import Pairs, pairs_within

__all__ = ["covered_by", "stops_in_walk", "undominated"]


def stops_in_walk(network: Network, *, km: npt.ArrayLike, villages: npt.ArrayLike, limit_km: float) -> Pairs:
    """Nodes within a walk of each village, along the roads.

    Parameters
    ----------
    network : Network
        The roads; directions of traffic count, minutes do not.
    km : array_like of float
        Length of each link, shape (links,); inf where nobody walks, as on an expressway.
    villages : array_like of int
        Node positions, shape (villages,).
    limit_km : float
        Longest walk; as every limit it is granted a slack, here 8 m.

    Returns
    -------
    Pairs
        ``origin`` counts villages, ``target`` is a node position, ``minutes`` holds kilometres.

    Examples
    --------
    >>> from tongqu.methods.bus_lines import generate_lines
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(list("abc"), start=[*"ab"], end=[*"bc"], minutes=[2, 2])
    >>> stops_in_walk(road, km=[1, 3], villages=[0, 2], limit_km=2).target
    array([0, 1, 2])
    """
    length = np.asarray(km, dtype=np.float64)
    return pairs_within(
        network.with_minutes(np.arange(network.minutes.size), length),
        origins=villages,
        targets=np.arange(len(network.nodes)),
        limit=limit_km,
    )


def covered_by(lines: Lines, walks: Pairs, *, villages: int) -> csr_array[Any]:
    """Villages within a walk of the stops of each line.

    Parameters
    ----------
    lines : Lines
        The lines.
    walks : Pairs
        From `stops_in_walk`.
    villages : int
        How many villages there are.

    Returns
    -------
    scipy.sparse.csr_array of bool
        Shape (lines, villages).

    Examples
    --------
    >>> from tongqu.methods.bus_lines import generate_lines
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(list("hab"), start=[*"ha"], end=[*"ab"], minutes=[10, 5])
    >>> made = generate_lines(road, km=[6, 1], hubs=[0], ends=[1, 2], group=[0, 0])
    >>> walks = stops_in_walk(road, km=[6, 1], villages=[1, 2], limit_km=1)
    >>> covered_by(made, walks, villages=2).toarray()
    array([[ True,  True],
           [ True,  True]])
    """
    size = int(max(lines.node.max(initial=-1), walks.target.max(initial=-1))) + 1
    calls = _flags(lines.line, lines.node, shape=(len(lines), size))
    near = _flags(walks.target, walks.origin, shape=(size, villages))
    made: csr_array[Any] = csr_array(calls @ near).astype(np.bool_)
    made.sort_indices()
    return made


def _flags(rows: Ints, columns: Ints, *, shape: tuple[int, int]) -> csr_array[Any]:
    made: csr_array[Any] = csr_array((np.ones(rows.size, dtype=np.int32), (rows, columns)), shape=shape)
    return made


def undominated(lines: Lines, covers: csr_array[Any]) -> Ints:
    """Lines that no other of their group and hub beats: that covers all it covers and takes no longer.

    Of lines that are alike the first stays. A loop competes by half its round, the minutes of its cycle.

    Parameters
    ----------
    lines : Lines
        The lines.
    covers : scipy.sparse.csr_array of bool
        From `covered_by`, shape (lines, villages); a line that covers nobody is dropped.

    Returns
    -------
    numpy.ndarray of int
        Positions of the lines that stay, sorted.

    Examples
    --------
    >>> from tongqu.methods.bus_lines import generate_lines
    >>> from tongqu.methods.travel import build_network
    >>> road = build_network(list("hab"), start=[*"ha"], end=[*"ab"], minutes=[10, 5])
    >>> made = generate_lines(road, km=[6, 1], hubs=[0], ends=[1, 2], group=[0, 0])
    >>> walks = stops_in_walk(road, km=[6, 1], villages=[1, 2], limit_km=1)
    >>> undominated(made, covered_by(made, walks, villages=2))
    array([0])
    """
    minutes = np.where(lines.loop, lines.run_minutes / 2, lines.run_minutes)
    kept: list[int] = []
    for key in dict.fromkeys(zip(lines.group.tolist(), lines.first.tolist(), strict=True)):
        mine = np.flatnonzero((lines.group == key[0]) & (lines.first == key[1]))
        mine = mine[np.diff(covers.indptr)[mine] > 0]
        mine = mine[np.lexsort((mine, minutes[mine]))]
        part = covers[mine].astype(np.int64)
        common = np.asarray((part @ part.T).todense())
        # Shorter lines come first: whoever holds all that a later one covers beats it.
        beats = np.triu(common == np.diag(common)[np.newaxis, :], 1)
        kept += mine[~beats.any(axis=0)].tolist()
    return np.array(sorted(kept), dtype=np.int64)
