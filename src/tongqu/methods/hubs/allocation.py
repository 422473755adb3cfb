"""Hub location: flows between places run through hubs, between which transport is cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.hubs._program import Answer, Program

__all__ = ["Allocation", "Hubs", "locate_hubs"]

Allocation: TypeAlias = Literal["multiple", "single"]
"""A place may use several hubs, by destination; or sends and receives everything through one."""

_LARGE = float(np.finfo(np.float64).max)
_OPEN = 0.5
"""Value of an integer variable from which on it is 1."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hubs:
    """Which places are hubs, and how flows use them.

    Parameters
    ----------
    hubs : numpy.ndarray of int
        Positions of the hubs, rising, shape (hubs,).
    share : numpy.ndarray of float
        Share of what each place sends that enters at each hub, shape (places, places); one 1 a row with
        single allocation.
    total, bound : float
        Cost of transport and of hubs, and what no choice can go below.
    gap : float
        (total - bound) / total; 0 where the choice is proven best.
    allocation : {"multiple", "single"}
        The variant.
    """

    hubs: Ints
    share: Floats
    total: float
    bound: float
    gap: float
    allocation: Allocation

    @property
    def hub_of(self) -> Ints:
        """The hub through which most of each place's flow enters, shape (places,)."""
        return np.asarray(self.share.argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    distance: Floats
    flow: Floats
    fixed: Floats
    capacity: Floats
    count: int | None
    collection: float
    transfer: float
    distribution: float
    seconds: float
    gap: float

    @property
    def places(self) -> int:
        return len(self.flow)


def locate_hubs(
    distance: npt.ArrayLike,
    flow: npt.ArrayLike,
    *,
    allocation: Allocation = "single",
    count: int | None = None,
    fixed: npt.ArrayLike = 0.0,
    capacity: npt.ArrayLike = np.inf,
    collection: float = 1.0,
    transfer: float = 1.0,
    distribution: float = 1.0,
    seconds: float = 60.0,
    gap: float = 0.0,
) -> Hubs:
    """Choose hubs so that collection, transfer between hubs and distribution cost least; exact.

    A flow from i to j costs collection times the way from i to its hub k, transfer times the way from k
    to the hub l of j, and distribution times the way from l to j.

    Parameters
    ----------
    distance : array_like of float
        Minutes, km or yuan per unit of flow from each row's place to each column's, shape (places, places),
        0 or more, all finite, of shortest ways: else, with multiple allocation, flows pass a third hub where
        that detour is shorter.
    flow : array_like of float
        Flow from each place to each other, say parcels a day, shape (places, places), 0 or more.
    allocation : {"multiple", "single"}
        Whether a place may use several hubs.
    count : int, optional
        How many hubs there are (p-hub median). Left out, fixed costs decide.
    fixed : array_like of float
        Cost of each hub in the unit of flow times distance, shape (places,) or one number.
    capacity : array_like of float
        What each hub can collect from its places, in the unit of flow, shape (places,) or one number;
        single allocation only. Flow from another hub is not counted, as it is sorted already.
    collection, transfer, distribution : float
        Cost of each leg per unit of flow and distance, 0 or more.
    seconds, gap : float
        Time limit, and relative gap at which the search may stop.

    Returns
    -------
    Hubs
        With a bound; where several choices are best, which one comes back is the solver's.

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, a count is impossible, or capacities are
        given for multiple allocation.
    TongquError
        If no choice keeps the capacities, or none was found in time.

    References
    ----------
    Ernst, A. T., Krishnamoorthy, M. (1998), Exact and heuristic algorithms for the uncapacitated multiple
    allocation p-hub median problem, European Journal of Operational Research 104, 100-112. Ernst, A. T.,
    Krishnamoorthy, M. (1996), Efficient algorithms for the uncapacitated single allocation p-hub median
    problem, Location Science 4, 139-154. Ernst, A. T., Krishnamoorthy, M. (1999), Solution algorithms for
    the capacitated single allocation hub location problem, Annals of Operations Research 86, 141-159.

    Examples
    --------
    >>> line = np.abs(np.subtract.outer([0.0, 1.0, 9.0, 10.0], [0.0, 1.0, 9.0, 10.0]))
    >>> flow = [[0, 5, 1, 1], [5, 0, 9, 1], [1, 9, 0, 5], [1, 1, 5, 0]]
    >>> found = locate_hubs(line, flow, count=2, transfer=0.5)
    >>> found.hubs.tolist(), found.hub_of.tolist(), found.total, found.gap
    ([1, 2], [1, 1, 2, 2], 124.0, 0.0)
    """
    task = _task(
        distance,
        flow,
        allocation=allocation,
        count=count,
        fixed=fixed,
        capacity=capacity,
        legs=(collection, transfer, distribution),
        limits=(seconds, gap),
    )
    answer, share = _multiple(task) if allocation == "multiple" else _single(task)
    opened = answer.values[-task.places :] if allocation == "multiple" else np.diag(share)
    left = answer.total - answer.bound
    return Hubs(
        hubs=np.flatnonzero(opened > _OPEN).astype(np.int64),
        share=share,
        total=answer.total,
        bound=answer.bound,
        gap=max(left / answer.total, 0.0) if answer.total > 0 else 0.0,
        allocation=allocation,
    )


def _task(
    distance: npt.ArrayLike,
    flow: npt.ArrayLike,
    *,
    allocation: Allocation,
    count: int | None,
    fixed: npt.ArrayLike,
    capacity: npt.ArrayLike,
    legs: tuple[float, float, float],
    limits: tuple[float, float],
) -> _Task:
    way, sent = (
        floats(distance, column="distance", low=0, high=_LARGE),
        floats(flow, column="flow", low=0, high=_LARGE),
    )
    square = way.ndim == 2 and way.shape[0] == way.shape[1] > 0 and sent.shape == way.shape
    require(
        square, column="flow", rule="shapes do not fit", mend="give square tables of distance and flow alike"
    )
    known = allocation in ("multiple", "single")
    require(known, column="allocation", rule=f"{allocation} is unknown", mend="multiple or single")
    places = len(way)
    room = floats(np.broadcast_to(capacity, (places,)), column="capacity", low=0)
    require(
        allocation == "single" or bool(np.isinf(room).all()),
        column="capacity",
        rule="capacities need single allocation",
        mend="leave them out, or ask for single allocation",
    )
    require(
        count is None or 1 <= count <= places,
        column="count",
        rule=f"there cannot be {count} hubs",
        mend=f"give 1 to {places}",
    )
    factors = floats(legs, column="collection, transfer, distribution", low=0, high=_LARGE)
    return _Task(
        distance=way,
        flow=sent,
        fixed=floats(np.broadcast_to(fixed, (places,)), column="fixed", low=0, high=_LARGE),
        capacity=room,
        count=count,
        collection=float(factors[0]),
        transfer=float(factors[1]),
        distribution=float(factors[2]),
        seconds=limits[0],
        gap=limits[1],
    )


def _count_hubs(program: Program, task: _Task, columns: Ints) -> None:
    one = np.zeros(task.places, dtype=np.int64)
    low, high = (1, task.places) if task.count is None else (task.count, task.count)
    program.add(1, terms=[(one, columns, 1.0)], low=low, high=high)


def _limit_hubs(program: Program, task: _Task, pair: Ints) -> None:
    """What the places of a hub send is at most its capacity."""
    limited = np.flatnonzero(np.isfinite(task.capacity))
    if not limited.size:
        return
    row = np.broadcast_to(np.arange(len(limited)), (task.places, len(limited)))
    sent = np.broadcast_to(task.flow.sum(axis=1)[:, np.newaxis], row.shape)
    opened = (np.arange(len(limited)), np.diag(pair)[limited], -task.capacity[limited])
    program.add(len(limited), terms=[(row, pair[:, limited], sent), opened], high=0.0)


def _multiple(task: _Task) -> tuple[Answer, Floats]:
    """Flows by origin: from i into hub k, between hubs k and l, from hub l out to j (1998, MApHMP-N)."""
    n = task.places
    cube = np.arange(n**3, dtype=np.int64).reshape(n, n, n)
    into = np.arange(n * n, dtype=np.int64).reshape(n, n)
    between, out = n * n + cube, n * n + n**3 + cube
    hub = n * n + 2 * n**3 + np.arange(n, dtype=np.int64)
    sent = task.flow.sum(axis=1)
    program = Program(n * n + 2 * n**3 + n)
    origin = np.repeat(np.arange(n), n).reshape(n, n)
    program.add(n, terms=[(origin, into, 1.0)], low=sent, high=sent)
    pair = np.arange(n * n).reshape(n, n)
    arrive = np.broadcast_to(pair[:, np.newaxis, :], (n, n, n))  # rows by (origin, destination)
    program.add(n * n, terms=[(arrive, out, 1.0)], low=task.flow.ravel(), high=task.flow.ravel())
    at_start = np.broadcast_to(pair[:, :, np.newaxis], (n, n, n))  # rows by (origin, hub the flow leaves)
    at_end = np.broadcast_to(pair[:, np.newaxis, :], (n, n, n))
    program.add(
        n * n,
        terms=[(pair, into, 1.0), (at_end, between, 1.0), (at_start, between, -1.0), (at_start, out, -1.0)],
        low=0.0,
        high=0.0,
    )
    hubs = np.broadcast_to(hub, (n, n))
    program.add(n * n, terms=[(pair, into, 1.0), (pair, hubs, -sent[:, np.newaxis])], high=0.0)
    # A flow from i to j may leave at hub l only if l is open: the disaggregated, strong form.
    program.add(
        n**3,
        terms=[
            (cube, out, 1.0),
            (cube, np.broadcast_to(hub[np.newaxis, :, np.newaxis], (n, n, n)), -task.flow[:, np.newaxis, :]),
        ],
        high=0.0,
    )
    _count_hubs(program, task, hub)
    cost = np.concatenate(
        [
            (task.collection * task.distance).ravel(),
            np.broadcast_to(task.transfer * task.distance, (n, n, n)).ravel(),
            np.broadcast_to(task.distribution * task.distance, (n, n, n)).ravel(),
            task.fixed,
        ]
    )
    integer = np.concatenate([np.zeros(n * n + 2 * n**3), np.ones(n)])
    answer = program.solve(cost, integer=integer, seconds=task.seconds, gap=task.gap)
    entered = answer.values[: n * n].reshape(n, n)
    share = np.divide(entered, sent[:, np.newaxis], out=np.zeros((n, n)), where=sent[:, np.newaxis] > 0)
    return answer, share


def _single(task: _Task) -> tuple[Answer, Floats]:
    """Assignments x_ik and flows between hubs by origin (1996; with capacities 1999)."""
    n = task.places
    pair = np.arange(n * n, dtype=np.int64).reshape(n, n)
    between = n * n + np.arange(n**3, dtype=np.int64).reshape(n, n, n)
    hub = np.diag(pair)
    sent, received = task.flow.sum(axis=1), task.flow.sum(axis=0)
    program = Program(n * n + n**3)
    origin = np.repeat(np.arange(n), n).reshape(n, n)
    program.add(n, terms=[(origin, pair, 1.0)], low=1.0, high=1.0)
    program.add(n * n, terms=[(pair, pair, 1.0), (pair, np.broadcast_to(hub, (n, n)), -1.0)], high=0.0)
    _count_hubs(program, task, hub)
    # What leaves hub k for other hubs less what comes: the origin's own flow less what k's places receive.
    leaves = np.broadcast_to(pair[:, :, np.newaxis], (n, n, n))
    comes = np.broadcast_to(pair[:, np.newaxis, :], (n, n, n))
    program.add(
        n * n,
        terms=[
            (leaves, between, 1.0),
            (comes, between, -1.0),
            (pair, pair, -sent[:, np.newaxis]),
            (
                np.broadcast_to(pair[:, :, np.newaxis], (n, n, n)),
                np.broadcast_to(pair.T[np.newaxis], (n, n, n)),
                np.broadcast_to(task.flow[:, np.newaxis, :], (n, n, n)),
            ),
        ],
        low=0.0,
        high=0.0,
    )
    # Nothing of an origin's flow leaves a hub that is not its own: sum_l Y_ikl <= O_i x_ik.
    program.add(n * n, terms=[(leaves, between, 1.0), (pair, pair, -sent[:, np.newaxis])], high=0.0)
    _limit_hubs(program, task, pair)
    # Out of place i to its hub k, and back from k to i: the two ways may differ.
    assign = task.collection * task.distance * sent[:, np.newaxis]
    assign += task.distribution * task.distance.T * received[:, np.newaxis]
    assign[np.arange(n), np.arange(n)] += task.fixed
    cost = np.concatenate([assign.ravel(), np.broadcast_to(task.transfer * task.distance, (n, n, n)).ravel()])
    integer = np.concatenate([np.ones(n * n), np.zeros(n**3)])
    answer = program.solve(cost, integer=integer, seconds=task.seconds, gap=task.gap)
    return answer, np.rint(answer.values[: n * n].reshape(n, n))
