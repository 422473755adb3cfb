"""Catchments by assignment: which site each origin's people use, by a rule or at the least travel.

Sites have room. People who find none inside the limit stay unplaced, and are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import breadth_first_order, dijkstra

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods._jit import kernel
from tongqu.methods._milp import solve
from tongqu.methods.access import assign_to_room
from tongqu.methods.reach.times import Times

__all__ = ["Catchments", "Prices", "Rule", "assign_least_minutes", "assign_nearest"]

Rule: TypeAlias = Literal["nearest with room", "least minutes"]
"""How people are assigned; every result names it."""

# The stubs of scipy know no sparse rows.
_linear = cast("Callable[..., OptimizeResult]", linprog)

_SLACK: Final = 1e-6
"""Share of one person within which a number of people counts as none, all or equal (HiGHS: 1e-7)."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What one more place at each site is worth, all else as it is.

    Exact right-hand derivatives of the optimum, not just any solver's duals: where several prices are
    optimal, these are the ones that hold for more room.

    Parameters
    ----------
    placed : numpy.ndarray of float
        People placed more, 0 or 1, shape (sites,).
    minutes : numpy.ndarray of float
        Person-minutes saved while equally many are placed, 0 or more, shape (sites,).
    """

    placed: Floats
    minutes: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Catchments:
    """Who uses which site.

    Parameters
    ----------
    rule : Rule
        How people were assigned.
    whole : bool
        Whether an origin's people all use one site, or none.
    placed : numpy.ndarray of float
        People of each pair, shape (pairs,), in the order of the travel times.
    unplaced : numpy.ndarray of float
        People of each origin who are left, shape (origins,).
    filled : numpy.ndarray of float
        People at each site, shape (sites,).
    fill : numpy.ndarray of float
        Filled over room, shape (sites,); 0 where room is without limit, NaN where there is none.
    minutes : float
        Person-minutes of all who are placed, one way.
    prices : Prices or None
        What one more place is worth; None where the rule has no prices.
    """

    rule: Rule
    whole: bool
    placed: Floats
    unplaced: Floats
    filled: Floats
    fill: Floats
    minutes: float
    prices: Prices | None = None


def assign_nearest(
    times: Times, people: npt.ArrayLike, *, room: npt.ArrayLike, whole: bool = False
) -> Catchments:
    """People at the nearest site with room, pairs taken from the shortest to the longest ride.

    Parameters
    ----------
    times : Times
        Travel times; `Times.upto` keeps those within a limit.
    people : array_like of float
        People of each origin, shape (origins,), 0 or more.
    room : array_like of float
        Room of each site in people, shape (sites,), 0 or more; inf where there is no limit.
    whole : bool
        Whether an origin must fit as a whole; a site with too little room for it is passed over.

    Returns
    -------
    Catchments
        Ties by origin, then site.

    Raises
    ------
    DataError
        If a value is missing or negative, or a shape is wrong.

    References
    ----------
    As `tongqu.methods.access.assign_to_room`, which places the divisible ones.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> times = times_from_matrix([[5, 9], [3, 20]])
    >>> assign_nearest(times, [30, 20], room=[40, 15]).placed
    array([20., 10., 20.,  0.])
    >>> assign_nearest(times, [30, 20], room=[40, 15], whole=True).unplaced
    array([30.,  0.])
    """
    heads, space = _sizes(times, people, room=room)
    if whole:
        order = np.lexsort((times.site, times.origin, times.minutes))
        placed = _walk(times.origin[order], times.site[order], heads=heads, space=space)[np.argsort(order)]
    else:
        placed = assign_to_room(
            times.origin, times.site, minutes=times.minutes, demand=heads, room=space
        ).placed
    return _catchments(times, placed, heads=heads, space=space, rule="nearest with room", whole=whole)


@kernel
def _walk(origin: Ints, site: Ints, heads: Floats, space: Floats) -> Floats:
    placed = np.zeros(origin.size)
    room = space.copy()
    waiting = heads > 0
    for pair in range(origin.size):
        home, there = origin[pair], site[pair]
        if waiting[home] and heads[home] <= room[there]:
            placed[pair] = heads[home]
            room[there] -= heads[home]
            waiting[home] = False
    return placed


def assign_least_minutes(
    times: Times, people: npt.ArrayLike, *, room: npt.ArrayLike, whole: bool = False
) -> Catchments:
    """As many people placed as fit, and of all ways to do so the one with the fewest person-minutes.

    Divisible origins make a transportation problem, solved as a linear program. Whole origins make an
    assignment with unequal sizes, solved exactly as an integer program: for hundreds of origins, not more.

    Parameters
    ----------
    times : Times
        Travel times; `Times.upto` keeps those within a limit.
    people : array_like of float
        People of each origin, shape (origins,), 0 or more.
    room : array_like of float
        Room of each site in people, shape (sites,), 0 or more; inf where there is no limit.
    whole : bool
        Whether all people of an origin must use one site, or stay unplaced.

    Returns
    -------
    Catchments
        With prices when the origins are divisible.

    Raises
    ------
    DataError
        If a value is missing or negative, a shape is wrong, or the solver gives up.

    References
    ----------
    Hitchcock, F. L. (1941), The distribution of a product from several sources to numerous localities,
    Journal of Mathematics and Physics 20, 224-230.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> found = assign_least_minutes(times_from_matrix([[5, 9], [3, 20]]), [30, 20], room=[40, 15])
    >>> found.placed, found.minutes, found.prices.minutes
    (array([20., 10., 20.,  0.]), 250.0, array([4., 0.]))
    """
    heads, space = _sizes(times, people, room=room)
    if whole:
        placed = _whole(times, heads=heads, space=space)
        return _catchments(times, placed, heads=heads, space=space, rule="least minutes", whole=True)
    placed, prices = _divided(times, heads=heads, space=space)
    found = _catchments(times, placed, heads=heads, space=space, rule="least minutes", whole=False)
    return replace(found, prices=prices)


def _sizes(times: Times, people: npt.ArrayLike, *, room: npt.ArrayLike) -> tuple[Floats, Floats]:
    heads = times.at_origins(people, column="people")
    space = floats(room, column="room", low=0)
    fits = space.shape == (times.sites,)
    require(fits, column="room", rule="its shape is wrong", mend="give one number for each site")
    return heads, space


def _catchments(
    times: Times, placed: Floats, *, heads: Floats, space: Floats, rule: Rule, whole: bool
) -> Catchments:
    filled = times.by_site(placed)
    fill = np.divide(filled, space, out=np.full(times.sites, np.nan), where=space > 0)
    left = heads - times.by_origin(placed)
    return Catchments(
        rule=rule,
        whole=whole,
        placed=placed,
        unplaced=np.where(left > _SLACK, left, 0.0),
        filled=filled,
        fill=np.asarray(fill),
        minutes=float(placed @ times.minutes),
    )


def _rows(times: Times, space: Floats) -> tuple[csr_array[Any], csr_array[Any]]:
    """Which pairs are of each origin, and of each site whose room ends."""
    pair = np.arange(times.minutes.size)
    one = np.ones(pair.size)
    by_origin = csr_array((one, (times.origin, pair)), shape=(times.origins, pair.size))
    by_site = csr_array((one, (times.site, pair)), shape=(times.sites, pair.size))
    return by_origin, csr_array(by_site[np.isfinite(space)])


def _divided(times: Times, *, heads: Floats, space: Floats) -> tuple[Floats, Prices]:
    """People of each pair, by two linear programs: most people first, then fewest minutes."""
    size = times.minutes.size
    if size == 0:
        return np.zeros(0), Prices(np.zeros(times.sites), np.zeros(times.sites))
    one = np.ones(size)
    rows = csr_array(vstack(_rows(times, space), format="csr"))
    right = np.concatenate([heads, space[np.isfinite(space)]])
    most = -_solved(_linear(-one, A_ub=rows, b_ub=right)).fun
    rows = csr_array(vstack([rows, csr_array(-one[np.newaxis, :])], format="csr"))
    found = _solved(_linear(times.minutes, A_ub=rows, b_ub=np.append(right, -most), method="highs-ds"))
    whole = np.round(found.x)
    placed = np.maximum(np.where(np.abs(found.x - whole) < _SLACK, whole, found.x), 0.0)
    return placed, _prices(times, placed, heads=heads, space=space, duals=found.ineqlin.marginals)


def _whole(times: Times, *, heads: Floats, space: Floats) -> Floats:
    """People of each pair, by two integer programs over pairs taken or not."""
    if times.minutes.size == 0:
        return np.zeros(0)
    load = heads[times.origin]
    by_origin, by_site = _rows(times, space)
    limits = [LinearConstraint(by_origin, ub=1.0)]
    if by_site.shape[0]:
        limits.append(LinearConstraint(csr_array(by_site * load), ub=space[np.isfinite(space)]))
    box = Bounds(0, (load > 0).astype(np.float64))
    kind = np.ones(load.size, dtype=np.int64)
    first = solve(-load, constraints=limits, integrality=kind, bounds=box)
    most = -_solved(first).fun
    limits.append(LinearConstraint(csr_array(load[np.newaxis, :]), lb=most - _SLACK))
    last = solve(load * times.minutes, constraints=limits, integrality=kind, bounds=box)
    return np.asarray(np.round(_solved(last).x) * load)


def _solved(found: OptimizeResult) -> OptimizeResult:
    if found.status != 0:
        raise DataError([Problem(rule=f"the solver gave up: {found.message}", mend="give fewer pairs")])
    return found


def _prices(times: Times, placed: Floats, *, heads: Floats, space: Floats, duals: Floats) -> Prices:
    """Prices from the residual graph: where people could move when a place becomes free.

    A solver's dual of a site is one optimal price of many. The one for more room is found by a shortest
    path over the moves, the duals making all moves cost 0 or more.
    """
    origins, sites = times.origins, times.sites
    nowhere, free = origins + sites, origins + sites + 1
    used = placed > _SLACK
    left = heads - times.by_origin(placed)
    dual = np.zeros(sites)
    dual[np.isfinite(space)] = duals[origins:-1]
    potential = np.concatenate([duals[-1] - duals[:origins], dual, [duals[-1], 0.0]])
    site = times.site + origins
    some = np.unique(times.origin[used])
    waiting = np.flatnonzero(left > _SLACK)
    taken = np.unique(site[used])
    tail = np.concatenate([times.origin, site[used], some, np.full(waiting.size, nowhere)])
    head = np.concatenate([site, times.origin[used], np.full(some.size, nowhere), waiting])
    cost = np.concatenate([times.minutes, -times.minutes[used], np.zeros(some.size + waiting.size)])
    tail = np.concatenate([tail, np.full(taken.size, free)])
    head = np.concatenate([head, taken])
    cost = np.concatenate([cost, np.zeros(taken.size)])
    reduced = np.maximum(cost + potential[tail] - potential[head], 0.0)
    graph = csr_array((reduced, (tail, head)), shape=(free + 1, free + 1))
    away = np.asarray(dijkstra(graph, indices=np.array([free])))[0, origins:nowhere]
    saved = np.maximum(-dual - away, 0.0)
    reached = np.zeros(free + 1, dtype=np.bool_)
    reached[breadth_first_order(graph, nowhere, return_predecessors=False)] = True
    more = reached[origins:nowhere] & np.isfinite(space)
    return Prices(more.astype(np.float64), np.where(saved > _SLACK, saved, 0.0))
