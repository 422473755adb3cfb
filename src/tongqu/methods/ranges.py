"""What lies within minutes of each place: the nodes themselves, sums over them, and whole trees."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Floats32, Ints, floats, positions, require
from tongqu.methods.contraction import share
from tongqu.methods.kernels.search import reach_sets
from tongqu.methods.kernels.search import reach_sums as sums_kernel
from tongqu.methods.network import Network
from tongqu.methods.travel import reach_of

__all__ = ["Ranges", "minutes_from", "node_ranges", "range_sums"]


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """Nodes within a limit of each origin.

    Parameters
    ----------
    rows : numpy.ndarray of int
        Where each origin's nodes begin, shape (origins + 1,).
    node : numpy.ndarray of int32
        Node positions, shape (nodes reached,), those of an origin in no stated order.
    minutes : numpy.ndarray of float32
        Minutes to each, shape (nodes reached,).
    """

    rows: Ints
    node: npt.NDArray[np.int32]
    minutes: Floats32

    def of(self, origin: int) -> tuple[npt.NDArray[np.int32], Floats32]:
        """Nodes and minutes of one origin, by its place in the list."""
        part = slice(self.rows[origin], self.rows[origin + 1])
        return self.node[part], self.minutes[part]


def node_ranges(network: Network, *, origins: npt.ArrayLike, limit: float, inward: bool = False) -> Ranges:
    """All nodes within a limit of each origin.

    Parameters
    ----------
    network : Network
        The roads.
    origins : array_like of int
        Node positions, shape (origins,).
    limit : float
        Minutes.
    inward : bool
        Whether minutes are from the nodes to the origin instead of from the origin to the nodes.

    Returns
    -------
    Ranges
        Origins in the order given.

    Raises
    ------
    DataError
        If a position is outside the network, or the limit is negative.

    Examples
    --------
    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> node, minutes = node_ranges(road, origins=[1], limit=5).of(0)
    >>> sorted(zip(node.tolist(), minutes.tolist()))
    [(0, 4.0), (1, 0.0)]
    """
    homes, reach = positions(origins, column="origins", size=len(network.nodes)), reach_of(limit)
    arcs = network.arcs_back if inward else network.arcs
    near_first = np.argsort(network.place[homes], kind="stable")
    sources = network.place[homes[near_first]]
    found: dict[int, tuple[Ints, npt.NDArray[np.int32], Floats32]] = {}

    def work(begin: int, end: int) -> None:
        part = sources[begin:end]
        found[begin] = reach_sets(
            arcs.indptr, arcs.heads, arcs.minutes, part, np.float32(reach), network.order
        )

    share(work, sources.size)
    size = np.zeros(homes.size, dtype=np.int64)
    for begin, (rows, _, _) in found.items():
        size[near_first[begin : begin + rows.size - 1]] = np.diff(rows)
    ends = np.concatenate([[0], np.cumsum(size)])
    node, minutes = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1], dtype=np.float32)

    for begin, (rows, nodes, times) in found.items():
        to = ends[near_first[begin : begin + rows.size - 1]].tolist()
        for (start, stop), at in zip(pairwise(rows.tolist()), to, strict=True):
            node[at : at + stop - start] = nodes[start:stop]
            minutes[at : at + stop - start] = times[start:stop]
    return Ranges(ends, node, minutes)


def range_sums(
    network: Network, *, origins: npt.ArrayLike, limit: float, weights: npt.ArrayLike, inward: bool = False
) -> Floats:
    """Sum of what lies at the nodes within a limit of each origin, without holding the nodes.

    Parameters
    ----------
    network : Network
        The roads.
    origins : array_like of int
        Node positions, shape (origins,).
    limit : float
        Minutes.
    weights : array_like of float
        What lies at each node (people, jobs), shape (nodes,) or (nodes, columns).
    inward : bool
        Whether minutes are from the nodes to the origin.

    Returns
    -------
    numpy.ndarray of float
        Shape (origins,) or (origins, columns).

    Raises
    ------
    DataError
        If a position is outside the network, a weight is missing, or lengths differ.

    Examples
    --------
    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> range_sums(road, origins=[0, 1], limit=5, weights=[10, 20, 40])
    array([30., 30.])
    """
    homes, reach = positions(origins, column="origins", size=len(network.nodes)), reach_of(limit)
    amount = floats(weights, column="weights")
    fits = amount.ndim in {1, 2} and len(amount) == len(network.nodes)
    require(fits, column="weights", rule="lengths differ", mend="give one row for each node")
    table = amount[:, np.newaxis] if amount.ndim == 1 else amount
    columns = np.array(table[network.order], order="C")
    arcs = network.arcs_back if inward else network.arcs
    out = np.zeros((homes.size, columns.shape[1]))
    sources = network.place[homes]

    def work(begin: int, end: int) -> None:
        part = sources[begin:end]
        sums_kernel(arcs.indptr, arcs.heads, arcs.minutes, part, np.float32(reach), columns, out[begin:end])

    share(work, homes.size)
    return out[:, 0] if amount.ndim == 1 else out


def minutes_from(network: Network, *, origin: int, limit: float = np.inf, inward: bool = False) -> Floats32:
    """Minutes from one node to every node.

    Parameters
    ----------
    network : Network
        The roads.
    origin : int
        Position of the node.
    limit : float
        Minutes beyond which a node counts as out of reach.
    inward : bool
        Whether minutes are from every node to the one.

    Returns
    -------
    numpy.ndarray of float32
        Shape (nodes,); inf when out of reach.

    Raises
    ------
    DataError
        If the position is outside the network, or the limit is negative.

    Examples
    --------
    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[4, 9])
    >>> minutes_from(road, origin=0)
    array([ 0.,  4., 13.], dtype=float32)
    """
    node, minutes = node_ranges(network, origins=[origin], limit=limit, inward=inward).of(0)
    out = np.full(len(network.nodes), np.inf, dtype=np.float32)
    out[node] = minutes
    return out
