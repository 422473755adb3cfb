"""The sites that cover most for so many sites, so much money, or both."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csc_array, csr_array

from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods._milp import solve
from tongqu.methods.covering.table import (
    PATIENCE,
    SAME,
    STEPS,
    Covering,
    Search,
    Task,
    costs_of,
    covered_by,
    require_search,
    table_of,
    undominated,
)

__all__ = ["maximal_covering"]


def maximal_covering(
    covers: object,
    weights: npt.ArrayLike,
    *,
    count: int | None = None,
    costs: npt.ArrayLike | None = None,
    budget: float | None = None,
    existing: npt.ArrayLike = (),
    search: Search = "auto",
    gap: float = 0.0,
    seconds: float = 60.0,
) -> Covering:
    """The sites that cover the greatest weight with at most so many sites, or at most so much money.

    Parameters
    ----------
    covers : array_like of bool or scipy sparse array
        Whether a candidate covers a place, shape (places, candidates).
    weights : array_like of float
        People of each place, shape (places,), 0 or more.
    count : int, optional
        Sites to choose at most, 0 or more.
    costs : array_like of float, optional
        Cost of each candidate, shape (candidates,), above 0; 1 each when left out.
    budget : float, optional
        Sum of costs at most. Count, budget or both must be given.
    existing : array_like of int
        Candidates that stand already; they cost nothing and do not count.
    search : {"auto", "exact", "quick"}
        How to search; ``auto`` goes on to the integer program where the quick search leaves more than `gap`.
    gap : float
        Relative gap that is good enough, 0 or more.
    seconds : float
        Time limit of the integer program, above 0; what it has by then comes back with its gap.

    Returns
    -------
    Covering

    Raises
    ------
    DataError
        If a value is missing or outside its range, shapes do not fit, or neither count nor budget is given.

    References
    ----------
    Church, R., ReVelle, C. (1974), The maximal covering location problem, Papers of the Regional Science
    Association 32, 101-118. Prices: Galvão, R. D., ReVelle, C. (1996), A Lagrangean heuristic for the
    maximal covering location problem, European Journal of Operational Research 88, 114-123.

    Examples
    --------
    >>> covers = [[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]]
    >>> found = maximal_covering(covers, [5, 2, 4, 3], count=1)
    >>> found.sites, found.value, found.gap
    (array([1]), 9.0, 0.0)
    """
    table = table_of(covers)
    weight = floats(weights, column="weights", low=0, high=np.finfo(np.float64).max)
    require_search(table, weight, search=search, gap=gap, seconds=seconds)
    price = costs_of(costs, size=table.shape[1])
    given = count is not None or budget is not None
    require(given, column="count", rule="neither count nor budget is given", mend="give one of them")
    stands = positions(existing, column="existing", size=table.shape[1])
    before = covered_by(table, stands)
    task = _task(
        table,
        np.where(before, 0.0, weight),
        price,
        count=table.shape[1] if count is None else int(floats(count, column="count", low=0)),
        budget=np.inf if budget is None else float(floats(budget, column="budget", low=0)),
    )
    base = float(weight[before].sum())
    chosen, bound = _quick(task)
    how: Literal["exact", "quick"] = "quick"
    value = _value(task, chosen)
    open_ = task.kept.size > 0 and task.count > 0
    if open_ and (
        search == "exact" or (search == "auto" and bound - value > max(gap, SAME) * (base + value))
    ):
        better, best = _exact(task, apart=gap * (base + value), value=value, seconds=seconds)
        bound, how = min(bound, best), "exact"
        chosen = better if better is not None and _value(task, better) > value else chosen
    sites = np.sort(task.kept[chosen])
    return _result(table, weight, sites, stands=stands, cost=price, bound=base + bound, how=how)


def _result(
    table: csr_array[Any], weight: Floats, sites: Ints, *, stands: Ints, cost: Floats, bound: float, how: Any
) -> Covering:
    covered = covered_by(table, np.concatenate([sites, stands]))
    value = float(weight[covered].sum())
    bound = value if bound - value <= SAME * max(abs(value), 1.0) else bound
    return Covering(
        sites=sites,
        covered=covered,
        value=value,
        bound=bound,
        gap=(bound - value) / value if value > 0 else float(bound > 0),
        cost=float(cost[sites].sum()),
        search=how,
    )


def _task(table: csr_array[Any], weight: Floats, cost: Floats, *, count: int, budget: float) -> Task:
    """Without places that count nothing, like places taken together, without dominated candidates."""
    open_ = np.flatnonzero((weight > 0) & (np.diff(table.indptr) > 0))
    rows, grown = _grouped(table[open_], weight[open_])
    kept = np.flatnonzero((np.diff(csc_array(rows).indptr) > 0) & (cost <= budget))
    kept = kept[undominated(rows[:, kept], cost[kept])]
    rows, grown = _grouped(csr_array(rows[:, kept]), grown)
    return Task(rows, grown, cost[kept], kept.astype(np.int64), min(count, kept.size), budget)


def _grouped(rows: csr_array[Any], weight: Floats) -> tuple[csr_array[Any], Floats]:
    """Places that the same candidates cover, as one; those that none covers are dropped."""
    rows.sort_indices()
    keys = [rows.indices[a:b].tobytes() for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)]
    found: dict[bytes, int] = {}
    group = np.array([found.setdefault(key, len(found)) for key in keys], dtype=np.int64)
    first = np.full(len(found), -1, dtype=np.int64)
    first[group[::-1]] = np.arange(group.size)[::-1]
    summed = np.bincount(group, weights=weight, minlength=len(found))
    full = np.diff(rows.indptr)[first] > 0
    return csr_array(rows[first[full]]), np.asarray(summed[full], dtype=np.float64)


def _value(task: Task, chosen: Ints) -> float:
    return float(task.weight[covered_by(task.covers, chosen)].sum())


def _quick(task: Task) -> tuple[Ints, float]:
    """The best of greedy choices along the prices, and the upper bound that the prices prove.

    A group is worth at most its price to the candidates that cover it; what is above the price it brings
    without any. Groups covered twice lower their price, those not covered raise it.
    """
    whole = float(task.weight.sum())
    if task.kept.size == 0 or task.count == 0:
        return np.empty(0, dtype=np.int64), 0.0
    if task.count >= task.kept.size and float(task.cost.sum()) <= task.budget:
        return np.arange(task.kept.size), whole
    columns = csc_array(task.covers)
    best = _greedy(task, columns, start=np.empty(0, dtype=np.int64))
    value, bound = _value(task, best), whole
    share = np.maximum(np.diff(task.covers.indptr), 1)
    price, pace, waited = task.weight / share, 1.0, 0
    for _ in range(STEPS):
        worth = columns.T @ price
        taken, top = _knapsack(task, worth)
        limit = float(np.maximum(task.weight - price, 0).sum()) + top
        waited = 0 if limit < bound * (1 - 1e-6) else waited + 1
        bound = min(bound, limit)
        whole_ones = np.flatnonzero(taken >= 1)
        tried = _greedy(task, columns, start=whole_ones)
        if (found := _value(task, tried)) > value:
            best, value = tried, found
        if bound - value <= SAME * max(value, 1.0):
            break
        if waited >= PATIENCE:
            pace, waited = pace / 2, 0
        slope = task.covers @ taken - (price < task.weight)
        norm = float(slope @ slope)
        if norm == 0 or pace < 1e-4:
            break
        step = pace * (limit - value) / norm
        price = np.clip(price - step * slope, 0, task.weight)
    return best, bound


def _knapsack(task: Task, worth: Floats) -> tuple[Floats, float]:
    """Shares of candidates with the greatest worth, at most `count`, within the budget; an upper bound."""
    taken = np.zeros(worth.size)
    if np.isinf(task.budget):
        best = np.argpartition(-worth, task.count - 1)[: task.count]
        taken[best] = 1.0
        return taken, float(worth[best].sum())
    order = np.argsort(-worth / task.cost, kind="stable")
    left = task.budget - (np.cumsum(task.cost[order]) - task.cost[order])
    taken[order] = np.clip(left / task.cost[order], 0, 1)
    top = float(taken @ worth)
    if task.count < worth.size:  # both limits: each alone bounds, so the lesser does
        most = np.partition(-worth, task.count - 1)[: task.count]
        top = min(top, float(-most.sum()))
    return taken, top


def _greedy(task: Task, columns: csc_array[Any], *, start: Ints) -> Ints:
    """The best addition for its cost, again and again, from a start that is cut to the limits."""
    order = start[np.argsort(-(columns.T @ task.weight)[start] / task.cost[start], kind="stable")]
    fits = (np.cumsum(task.cost[order]) <= task.budget) & (np.arange(order.size) < task.count)
    chosen = [int(one) for one in order[fits]]
    money = task.budget - float(task.cost[chosen].sum())
    left = task.weight.copy()
    for one in chosen:
        left[columns.indices[columns.indptr[one] : columns.indptr[one + 1]]] = 0.0
    while len(chosen) < task.count:
        gain = columns.T @ left
        gain = np.where(task.cost <= money, gain, 0.0)
        gain[chosen] = 0.0
        by = gain if np.isinf(task.budget) else gain / task.cost
        one = int(by.argmax())
        if gain[one] <= 0:
            break
        chosen.append(one)
        money -= float(task.cost[one])
        left[columns.indices[columns.indptr[one] : columns.indptr[one + 1]]] = 0.0
    return np.array(sorted(chosen), dtype=np.int64)


def _exact(task: Task, *, apart: float, value: float, seconds: float) -> tuple[Ints | None, float]:
    """The integer program: what is missed is least, up to `apart`. None where time ran out before a choice.

    HiGHS stops on the gap over what it counts, here the weight missed less that of single candidates.
    """
    sites = task.kept.size
    alone = np.diff(task.covers.indptr) == 1  # only one candidate covers it: its weight is that candidate's
    own = np.bincount(task.covers[alone].indices, weights=task.weight[alone], minlength=sites)
    many = csr_array(task.covers[~alone])
    missed = task.weight[~alone]
    rows = [LinearConstraint(_beside(many, np.ones(missed.size)), lb=1.0)] if missed.size else []
    if task.count < sites:
        rows.append(LinearConstraint(_row(np.ones(sites), missed.size), ub=task.count))
    if np.isfinite(task.budget):
        rows.append(LinearConstraint(_row(task.cost, missed.size), ub=task.budget))
    counted = abs(float(missed.sum()) - value)
    found = solve(
        np.concatenate([-own, missed]),
        constraints=rows,
        integrality=np.concatenate([np.ones(sites), np.zeros(missed.size)]),
        bounds=Bounds(0, 1),
        seconds=seconds,
        gap=min(apart / max(counted, SAME), 1.0),
    )
    constant = float(missed.sum())
    bound = float(task.weight.sum()) if found.mip_dual_bound is None else constant - found.mip_dual_bound
    if found.x is None:
        return None, bound
    chosen = np.flatnonzero(found.x[:sites] > 0.5).astype(np.int64)
    return chosen, (_value(task, chosen) if found.status == 0 and apart == 0 else bound)


def _beside(table: csr_array[Any], slack: Floats) -> csr_array[Any]:
    """The table with one column of its own for each row."""
    rows, columns = table.shape
    place = np.arange(rows)
    whole = table.tocoo()
    return csr_array(
        (
            np.concatenate([whole.data, slack]),
            (np.concatenate([whole.row, place]), np.concatenate([whole.col, columns + place])),
        ),
        shape=(rows, columns + rows),
    )


def _row(values: Floats, zeros: int) -> Floats:
    return np.concatenate([values, np.zeros(zeros)])[np.newaxis]
