"""The cheapest sites that cover every place."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csc_array, csr_array

from tongqu.methods._arrays import Floats, Ints, positions, require
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

__all__ = ["set_covering"]


def set_covering(
    covers: object,
    *,
    costs: npt.ArrayLike | None = None,
    existing: npt.ArrayLike = (),
    search: Search = "auto",
    gap: float = 0.0,
    seconds: float = 60.0,
) -> Covering:
    """The cheapest sites that cover every place.

    Parameters
    ----------
    covers : array_like of bool or scipy sparse array
        Whether a candidate covers a place, shape (places, candidates).
    costs : array_like of float, optional
        Cost of each candidate, shape (candidates,), above 0; 1 each when left out.
    existing : array_like of int
        Candidates that stand already and cost nothing.
    search : {"auto", "exact", "quick"}
        As in `maximal_covering`.
    gap : float
        Relative gap that is good enough, 0 or more.
    seconds : float
        Time limit of the integer program, above 0.

    Returns
    -------
    Covering
        `value` and `cost` are the cost, `bound` what no choice can go below.

    Raises
    ------
    DataError
        If a place has no candidate, a value is missing or outside its range, or shapes do not fit.

    References
    ----------
    Toregas, C., Swain, R., ReVelle, C., Bergman, L. (1971), The location of emergency service facilities,
    Operations Research 19, 1363-1373. Greedy: Chvátal, V. (1979), Mathematics of Operations Research 4,
    233-235.

    Examples
    --------
    >>> found = set_covering([[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]])
    >>> found.sites, found.value, found.gap
    (array([0, 2]), 2.0, 0.0)
    """
    table = table_of(covers)
    require_search(table, np.ones(table.shape[0]), search=search, gap=gap, seconds=seconds)
    price = costs_of(costs, size=table.shape[1])
    stands = positions(existing, column="existing", size=table.shape[1])
    bare = np.flatnonzero(np.diff(table.indptr) == 0)
    require(
        bare.size == 0,
        column="covers",
        rule=f"no candidate covers {bare.size} of {table.shape[0]} places",
        mend=f"leave out the places at {', '.join(map(str, bare[:5]))} (counted from 0), or add candidates",
    )
    task = _essential(table, price, stands=stands)
    chosen, bound = _quick_set(task)
    how: Literal["exact", "quick"] = "quick"
    cost = float(task.cost[chosen].sum())
    if task.kept.size > 0 and (
        search == "exact" or (search == "auto" and cost - bound > max(gap, SAME) * cost)
    ):
        better, best = _exact_set(task, gap=gap, seconds=seconds)
        bound, how = max(bound, best), "exact"
        if better is not None and float(task.cost[better].sum()) < cost:
            chosen = better
    sites = np.sort(task.kept[chosen])
    cost = float(price[sites].sum())
    bound = cost if cost - bound <= SAME * max(cost, 1.0) else bound
    return Covering(
        sites=sites,
        covered=np.ones(table.shape[0], dtype=np.bool_),
        value=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
        cost=cost,
        search=how,
    )


def _essential(table: csr_array[Any], cost: Floats, *, stands: Ints) -> Task:
    """The rows and columns that matter: rows that another row implies and dominated candidates are gone."""
    rows = csr_array(table[np.flatnonzero(~covered_by(table, stands))])
    kept = np.arange(table.shape[1])
    while True:
        before = rows.shape
        rows = csr_array(rows[_undominated_rows(rows)])
        fine = np.flatnonzero(np.diff(csc_array(rows).indptr) > 0)
        fine = fine[undominated(csr_array(rows[:, fine]), cost[kept][fine])]
        rows, kept = csr_array(rows[:, fine]), kept[fine]
        if rows.shape == before:
            break
    return Task(rows, np.ones(rows.shape[0]), cost[kept], kept.astype(np.int64), kept.size, np.inf)


def _undominated_rows(rows: csr_array[Any]) -> Ints:
    """Places that must be asked for: whoever covers another such place does not cover them anyway."""
    turned = csr_array(rows.T)
    size = np.diff(rows.indptr)
    shared = csr_array(rows @ turned).tocoo()
    other, mine = shared.row, shared.col  # all candidates of `other` cover `mine` too: `mine` is implied
    inside = shared.data >= size[other]
    equal = size[other] == size[mine]
    implied = inside & np.where(equal, other < mine, other != mine)
    return np.setdiff1d(np.arange(rows.shape[0]), mine[implied])


def _quick_set(task: Task) -> tuple[Ints, float]:
    """Greedy by cost for each newly covered place, and a lower bound by prices."""
    if task.covers.shape[0] == 0:
        return np.empty(0, dtype=np.int64), 0.0
    columns = csc_array(task.covers)
    best = _greedy_set(task, columns, worth=task.cost)
    value, bound = float(task.cost[best].sum()), 0.0
    cheapest = np.minimum.reduceat(task.cost[task.covers.indices], task.covers.indptr[:-1])
    price, pace, waited = cheapest / 2, 1.0, 0
    for _ in range(STEPS):
        reduced = task.cost - columns.T @ price
        taken = reduced < 0
        limit = float(price.sum() + reduced[taken].sum())
        waited = 0 if limit > bound + 1e-9 else waited + 1
        bound = max(bound, limit)
        tried = _greedy_set(task, columns, worth=np.maximum(reduced, task.cost * 1e-3))
        if (found := float(task.cost[tried].sum())) < value:
            best, value = tried, found
        if value - bound <= SAME * value:
            break
        if waited >= PATIENCE:
            pace, waited = pace / 2, 0
        slope = 1 - task.covers @ taken
        norm = float(slope @ slope)
        if norm == 0 or pace < 1e-4:
            break
        price = np.maximum(price + pace * (value - limit) / norm * slope, 0)
    return best, bound


def _greedy_set(task: Task, columns: csc_array[Any], *, worth: Floats) -> Ints:
    open_ = np.ones(task.covers.shape[0])
    chosen: list[int] = []
    while open_.any():
        gain = columns.T @ open_
        one = int((gain / worth).argmax())
        chosen.append(one)
        open_[columns.indices[columns.indptr[one] : columns.indptr[one + 1]]] = 0.0
    times = task.covers @ np.bincount(chosen, minlength=task.kept.size).astype(np.float64)
    for one in sorted(chosen, key=lambda each: -task.cost[each]):  # what others cover as well is not needed
        mine = columns.indices[columns.indptr[one] : columns.indptr[one + 1]]
        if (times[mine] > 1).all():
            times[mine] -= 1
            chosen.remove(one)
    return np.array(sorted(chosen), dtype=np.int64)


def _exact_set(task: Task, *, gap: float, seconds: float) -> tuple[Ints | None, float]:
    found = solve(
        task.cost,
        constraints=[LinearConstraint(task.covers, lb=1.0)],
        integrality=np.ones(task.kept.size),
        bounds=Bounds(0, 1),
        seconds=seconds,
        gap=gap,
    )
    bound = 0.0 if found.mip_dual_bound is None else float(found.mip_dual_bound)
    if found.x is None:
        return None, bound
    chosen = np.flatnonzero(found.x > 0.5).astype(np.int64)
    return chosen, (float(task.cost[chosen].sum()) if found.status == 0 and gap == 0 else bound)
