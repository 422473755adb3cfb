"""The cheapest sites that serve at least a share of the people of every area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import coo_array, csr_array, eye_array, hstack
from scipy.sparse.csgraph import connected_components

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods._milp import solve
from tongqu.methods.covering.table import costs_of, covered_by, table_of

__all__ = ["FloorCover", "cover_with_floors"]

SAME = 1e-9
"""Relative difference below which shares and costs are the same."""
_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class FloorCover:
    """Chosen sites and what they bring each area.

    Parameters
    ----------
    sites : numpy.ndarray of int
        Positions of the chosen candidates, in order.
    covered : numpy.ndarray of bool
        Whether a chosen site covers each place, shape (places,).
    share : numpy.ndarray of float
        Share of the weight of each area that is served then, shape (areas,); NaN for an area without weight.
    asked : numpy.ndarray of float
        Share that was asked of each area: the floor, or all that is possible where that is less, (areas,).
    short : numpy.ndarray of int
        Areas in which no choice of sites can meet the floor.
    cost, bound : float
        Cost of the sites, and a cost that no choice can go below.
    gap : float
        (cost - bound) / cost; 0 where the choice is proven best.
    """

    sites: Ints
    covered: Bools
    share: Floats
    asked: Floats
    short: Ints
    cost: float
    bound: float
    gap: float


def cover_with_floors(
    covers: object,
    weights: npt.ArrayLike,
    *,
    area: npt.ArrayLike,
    floor: npt.ArrayLike,
    served: npt.ArrayLike = 0.0,
    costs: npt.ArrayLike | None = None,
    gap: float = 0.0,
    seconds: float = 60.0,
) -> FloorCover:
    """The cheapest sites with which every area has at least a share of its people served.

    With a floor of 1 it is the set covering problem. Areas that no candidate has in common are solved apart.

    Parameters
    ----------
    covers : array_like of bool or scipy sparse array
        Whether a candidate covers a place, shape (places, candidates).
    weights : array_like of float
        People of each place, shape (places,), 0 or more.
    area : array_like of int
        Position of the area of each place, shape (places,); areas are counted by `floor` or from these.
    floor : array_like of float
        Share of each area's people to be served, in [0, 1], shape (areas,) or one for all.
    served : array_like of float
        People of each place who are served already, at most all, shape (places,) or one for all.
    costs : array_like of float, optional
        Cost of each candidate, above 0, shape (candidates,); 1 each when left out.
    gap : float
        Relative gap that is good enough, 0 or more.
    seconds : float
        Time limit of each integer program, above 0.

    Returns
    -------
    FloorCover

    Raises
    ------
    DataError
        If a value is missing or outside its range, or shapes do not fit.

    References
    ----------
    Covering with a floor for each group: Bera, S. K., Gupta, S., Kumar, A., Roy, S. (2014), Approximation
    algorithms for the partition vertex cover problem, Theoretical Computer Science 555, 2-8. Here it is an
    integer program.

    Examples
    --------
    >>> covers = [[1, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 1]]
    >>> found = cover_with_floors(covers, [6, 4, 5, 5], area=[0, 0, 1, 1], floor=0.5)
    >>> found.sites, found.share, found.gap
    (array([2]), array([0.6, 0.5]), 0.0)
    """
    table = table_of(covers)
    weight = floats(weights, column="weights", low=0, high=_LARGE)
    price = costs_of(costs, size=table.shape[1])
    share = floats(floor, column="floor", low=0, high=1)
    fits = weight.shape == table.shape[:1]
    require(fits, column="weights", rule="shapes do not fit", mend="give one row of covers for each weight")
    areas = share.size if share.ndim else int(np.max(area, initial=-1)) + 1
    where = positions(area, column="area", size=areas)
    require(where.shape == weight.shape, column="area", rule="shapes do not fit", mend="give one each")
    done = np.broadcast_to(floats(served, column="served", low=0, high=_LARGE), weight.shape)
    few = bool((done <= weight * (1 + SAME)).all())
    require(few, column="served", rule="more are served than there are", mend="give at most the weight")
    floats(gap, column="gap", low=0)
    floats(seconds, column="seconds", low=np.nextafter(0, 1))
    left = np.maximum(weight - done, 0.0)
    whole, now = _by(where, weight, areas), _by(where, done, areas)
    able = _by(where, left * (np.diff(table.indptr) > 0), areas)
    wanted = np.broadcast_to(share, (areas,)) * whole - now
    short = np.flatnonzero(wanted > able + SAME * np.maximum(whole, 1.0))
    goal = np.minimum(wanted, able)
    sites, bound = _solved(table, left, where, goal, price, gap=gap, seconds=seconds)
    covered = covered_by(table, sites)
    reached = now + _by(where, left * covered, areas)
    cost = float(price[sites].sum())
    bound = cost if cost - bound <= SAME * max(cost, 1.0) else bound

    def part(people: Floats) -> Floats:
        found: Floats = np.divide(people, whole, out=np.full(areas, np.nan), where=whole > 0)
        return found

    return FloorCover(
        sites=sites,
        covered=covered,
        share=part(reached),
        asked=part(now + np.maximum(goal, 0.0)),
        short=short.astype(np.int64),
        cost=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
    )


def _by(area: Ints, values: Floats, size: int) -> Floats:
    """Sum of the values of places by area, shape (areas,)."""
    return np.bincount(area, weights=values, minlength=size).astype(np.float64)


def _solved(
    table: csr_array[Any],
    left: Floats,
    area: Ints,
    goal: Floats,
    cost: Floats,
    *,
    gap: float,
    seconds: float,
) -> tuple[Ints, float]:
    """Sites and a lower bound of their cost, part by part: parts share no area and no candidate."""
    asks = goal > SAME * np.maximum(1.0, np.bincount(area, weights=left, minlength=goal.size))
    rows = np.flatnonzero((left > 0) & asks[area] & (np.diff(table.indptr) > 0))
    if rows.size == 0:
        return np.empty(0, dtype=np.int64), 0.0
    mine = csr_array(table[rows])
    pairs = mine.tocoo()
    size = goal.size + table.shape[1]
    links = coo_array(
        (np.ones(pairs.nnz), (area[rows][pairs.row], goal.size + pairs.col)), shape=(size, size)
    )
    _, part = connected_components(csr_array(links), directed=False)
    chosen, bound = [], 0.0
    for one in np.unique(part[area[rows]]):
        inside = rows[part[area[rows]] == one]
        found, low = _part(table, inside, left, area, goal, cost, gap=gap, seconds=seconds)
        chosen.append(found)
        bound += low
    return np.unique(np.concatenate(chosen)), bound


def _part(
    table: csr_array[Any],
    rows: Ints,
    left: Floats,
    area: Ints,
    goal: Floats,
    cost: Floats,
    *,
    gap: float,
    seconds: float,
) -> tuple[Ints, float]:
    """One part as an integer program: x builds a candidate, y says what share of a place is covered."""
    mine = csr_array(table[rows])
    used = np.unique(mine.indices).astype(np.int64)
    mine = csr_array(mine[:, used])
    areas, number = np.unique(area[rows], return_inverse=True)
    scale = goal[areas]
    people = coo_array(
        (left[rows] / scale[number], (number, np.arange(rows.size))), shape=(areas.size, rows.size)
    )
    if (one := _alone(csr_array(people) @ mine, cost[used])) is not None:
        return used[[one]], float(cost[used[one]])
    blank = csr_array((areas.size, used.size))
    reach: Any = hstack([-mine, csr_array(eye_array(rows.size))], format="csr")
    floors: Any = hstack([blank, csr_array(people)], format="csr")
    found = solve(
        np.concatenate([cost[used], np.zeros(rows.size)]),
        constraints=[LinearConstraint(reach, ub=0.0), LinearConstraint(floors, lb=1.0 - SAME)],
        integrality=np.concatenate([np.ones(used.size), np.zeros(rows.size)]),
        bounds=Bounds(0, 1),
        seconds=seconds,
        gap=gap,
    )
    bound = 0.0 if found.mip_dual_bound is None else float(found.mip_dual_bound)
    if found.x is None:  # every candidate together meets what was asked: it is all that is possible at most
        return used, max(bound, 0.0)
    chosen = used[found.x[: used.size] > 0.5]
    return chosen, float(cost[chosen].sum()) if found.status == 0 and gap == 0 else max(bound, 0.0)


def _alone(shares: Any, cost: Floats) -> int | None:
    """A cheapest candidate that meets all floors of a part by itself: no choice is better."""
    least = np.asarray(csr_array(shares).tocsc().min(axis=0).todense()).ravel()
    able = np.flatnonzero((least >= 1.0 - SAME) & (cost <= cost.min()))
    return int(able[0]) if able.size else None
