"""Which sites cover the most people for so many sites or so much money, and which cover all at least cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse import csc_array, csr_array, issparse

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods._milp import solve

__all__ = ["Covering", "Search", "covers_of", "maximal_covering", "set_covering"]

Search: TypeAlias = Literal["auto", "exact", "quick"]
"""Integer program; greedy and prices with a bound; auto: quick, then exact where the gap is too wide."""

_STEPS: Final = 200
"""Steps of the search for prices; the bound moves little after some hundred."""
_PATIENCE: Final = 10
"""Steps without a better bound after which the step is halved."""
_SAME: Final = 1e-9
"""Share of the value within which two values are one."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Covering:
    """Chosen sites and whom they cover.

    Parameters
    ----------
    sites : numpy.ndarray of int
        Candidates chosen besides the existing ones, in rising order, shape (sites,).
    covered : numpy.ndarray of bool
        Places covered by chosen or existing sites, shape (places,).
    value : float
        Weight covered, that by existing sites included (of `set_covering`: the cost).
    bound : float
        No choice has a greater value (of `set_covering`: a lower cost).
    gap : float
        Difference of bound and value over the value; 0 where the choice is proven best.
    cost : float
        Of the chosen sites, in the unit of the costs; their number where no costs were given.
    search : {"exact", "quick"}
        What found it.
    """

    sites: Ints
    covered: Bools
    value: float
    bound: float
    gap: float
    cost: float
    search: Literal["exact", "quick"]


def covers_of(
    place: npt.ArrayLike, candidate: npt.ArrayLike, *, places: int, candidates: int
) -> csr_array[Any]:
    """Table of who covers whom from pairs.

    Parameters
    ----------
    place, candidate : array_like of int
        Positions of the pairs, shape (pairs,).
    places, candidates : int
        How many there are.

    Returns
    -------
    scipy.sparse.csr_array
        1 where the candidate covers the place, shape (places, candidates).

    Raises
    ------
    DataError
        If a position is outside.

    Examples
    --------
    >>> covers_of([0, 1, 1], [0, 0, 1], places=2, candidates=2).toarray()
    array([[1., 0.],
           [1., 1.]])
    """
    row = positions(place, column="place", size=places)
    column = positions(candidate, column="candidate", size=candidates)
    require(
        row.size == column.size, column="candidate", rule="shapes do not fit", mend="give as many of both"
    )
    table = csr_array((np.ones(row.size), (row, column)), shape=(places, candidates))
    table.data[:] = 1.0  # a pair that comes twice covers once
    return table


def _table(covers: object) -> csr_array[Any]:
    given: Any = covers if issparse(covers) else np.atleast_2d(np.asarray(covers, dtype=bool))
    table: csr_array[Any] = csr_array(given).astype(np.float64)
    table.sum_duplicates()
    table.data[:] = table.data != 0
    table.eliminate_zeros()
    return table


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What is left to choose: weights of groups of like places, and candidates that nothing dominates."""

    covers: csr_array[Any]
    """1 where a candidate covers a group, shape (groups, candidates)."""
    weight: Floats
    cost: Floats
    kept: Ints
    """Position of each candidate among all."""
    count: int
    budget: float


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
    table = _table(covers)
    weight = floats(weights, column="weights", low=0, high=np.finfo(np.float64).max)
    _require_search(table, weight, search=search, gap=gap, seconds=seconds)
    price = _costs(costs, size=table.shape[1])
    given = count is not None or budget is not None
    require(given, column="count", rule="neither count nor budget is given", mend="give one of them")
    stands = positions(existing, column="existing", size=table.shape[1])
    before = _covered(table, stands)
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
        search == "exact" or (search == "auto" and bound - value > max(gap, _SAME) * (base + value))
    ):
        better, best = _exact(task, apart=gap * (base + value), value=value, seconds=seconds)
        bound, how = min(bound, best), "exact"
        chosen = better if better is not None and _value(task, better) > value else chosen
    sites = np.sort(task.kept[chosen])
    return _result(table, weight, sites, stands=stands, cost=price, bound=base + bound, how=how)


def _result(
    table: csr_array[Any], weight: Floats, sites: Ints, *, stands: Ints, cost: Floats, bound: float, how: Any
) -> Covering:
    covered = _covered(table, np.concatenate([sites, stands]))
    value = float(weight[covered].sum())
    bound = value if bound - value <= _SAME * max(abs(value), 1.0) else bound
    return Covering(
        sites=sites,
        covered=covered,
        value=value,
        bound=bound,
        gap=(bound - value) / value if value > 0 else float(bound > 0),
        cost=float(cost[sites].sum()),
        search=how,
    )


def _require_search(
    table: csr_array[Any], weight: Floats, *, search: Search, gap: float, seconds: float
) -> None:
    fits = weight.shape == table.shape[:1]
    require(fits, column="weights", rule="shapes do not fit", mend="give one row of covers for each weight")
    known = search in ("auto", "exact", "quick")
    require(known, column="search", rule=f"{search} is unknown", mend="auto, exact or quick")
    floats(gap, column="gap", low=0)
    floats(seconds, column="seconds", low=np.nextafter(0, 1))


def _costs(costs: npt.ArrayLike | None, *, size: int) -> Floats:
    if costs is None:
        return np.ones(size)
    price = floats(costs, column="costs", low=np.nextafter(0, 1), high=np.finfo(np.float64).max)
    require(
        price.shape == (size,), column="costs", rule="shapes do not fit", mend="give one cost a candidate"
    )
    return price


def _covered(table: csr_array[Any], sites: Ints) -> Bools:
    if sites.size == 0:
        return np.zeros(table.shape[0], dtype=np.bool_)
    return np.asarray(table[:, np.unique(sites)].sum(axis=1) > 0).ravel()


def _task(table: csr_array[Any], weight: Floats, cost: Floats, *, count: int, budget: float) -> _Task:
    """Without places that count nothing, like places taken together, without dominated candidates."""
    open_ = np.flatnonzero((weight > 0) & (np.diff(table.indptr) > 0))
    rows, grown = _grouped(table[open_], weight[open_])
    kept = np.flatnonzero((np.diff(csc_array(rows).indptr) > 0) & (cost <= budget))
    kept = kept[_undominated(rows[:, kept], cost[kept])]
    rows, grown = _grouped(csr_array(rows[:, kept]), grown)
    return _Task(rows, grown, cost[kept], kept.astype(np.int64), min(count, kept.size), budget)


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


def _undominated(rows: csr_array[Any], cost: Floats) -> Ints:
    """Candidates of which no other covers at least the same at no greater cost; of equals the first stays."""
    size = rows.shape[1]
    if size == 0:
        return np.empty(0, dtype=np.int64)
    covered = np.diff(csc_array(rows).indptr)
    shared = csr_array(rows.T @ rows).tocoo()
    inner, outer = shared.row, shared.col
    inside = (shared.data >= covered[inner]) & (cost[outer] <= cost[inner])
    equal = (covered[inner] == covered[outer]) & (cost[inner] == cost[outer])
    beaten = inside & np.where(equal, outer < inner, inner != outer)
    return np.setdiff1d(np.arange(size), inner[beaten])


def _value(task: _Task, chosen: Ints) -> float:
    return float(task.weight[_covered(task.covers, chosen)].sum())


def _quick(task: _Task) -> tuple[Ints, float]:
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
    for _ in range(_STEPS):
        worth = columns.T @ price
        taken, top = _knapsack(task, worth)
        limit = float(np.maximum(task.weight - price, 0).sum()) + top
        waited = 0 if limit < bound * (1 - 1e-6) else waited + 1
        bound = min(bound, limit)
        whole_ones = np.flatnonzero(taken >= 1)
        tried = _greedy(task, columns, start=whole_ones)
        if (found := _value(task, tried)) > value:
            best, value = tried, found
        if bound - value <= _SAME * max(value, 1.0):
            break
        if waited >= _PATIENCE:
            pace, waited = pace / 2, 0
        slope = task.covers @ taken - (price < task.weight)
        norm = float(slope @ slope)
        if norm == 0 or pace < 1e-4:
            break
        step = pace * (limit - value) / norm
        price = np.clip(price - step * slope, 0, task.weight)
    return best, bound


def _knapsack(task: _Task, worth: Floats) -> tuple[Floats, float]:
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


def _greedy(task: _Task, columns: csc_array[Any], *, start: Ints) -> Ints:
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


def _exact(task: _Task, *, apart: float, value: float, seconds: float) -> tuple[Ints | None, float]:
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
        gap=min(apart / max(counted, _SAME), 1.0),
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
    table = _table(covers)
    _require_search(table, np.ones(table.shape[0]), search=search, gap=gap, seconds=seconds)
    price = _costs(costs, size=table.shape[1])
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
        search == "exact" or (search == "auto" and cost - bound > max(gap, _SAME) * cost)
    ):
        better, best = _exact_set(task, gap=gap, seconds=seconds)
        bound, how = max(bound, best), "exact"
        if better is not None and float(task.cost[better].sum()) < cost:
            chosen = better
    sites = np.sort(task.kept[chosen])
    cost = float(price[sites].sum())
    bound = cost if cost - bound <= _SAME * max(cost, 1.0) else bound
    return Covering(
        sites=sites,
        covered=np.ones(table.shape[0], dtype=np.bool_),
        value=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost > 0 else 0.0,
        cost=cost,
        search=how,
    )


def _essential(table: csr_array[Any], cost: Floats, *, stands: Ints) -> _Task:
    """The rows and columns that matter: rows that another row implies and dominated candidates are gone."""
    rows = csr_array(table[np.flatnonzero(~_covered(table, stands))])
    kept = np.arange(table.shape[1])
    while True:
        before = rows.shape
        rows = csr_array(rows[_undominated_rows(rows)])
        fine = np.flatnonzero(np.diff(csc_array(rows).indptr) > 0)
        fine = fine[_undominated(csr_array(rows[:, fine]), cost[kept][fine])]
        rows, kept = csr_array(rows[:, fine]), kept[fine]
        if rows.shape == before:
            break
    return _Task(rows, np.ones(rows.shape[0]), cost[kept], kept.astype(np.int64), kept.size, np.inf)


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


def _quick_set(task: _Task) -> tuple[Ints, float]:
    """Greedy by cost for each newly covered place, and a lower bound by prices."""
    if task.covers.shape[0] == 0:
        return np.empty(0, dtype=np.int64), 0.0
    columns = csc_array(task.covers)
    best = _greedy_set(task, columns, worth=task.cost)
    value, bound = float(task.cost[best].sum()), 0.0
    cheapest = np.minimum.reduceat(task.cost[task.covers.indices], task.covers.indptr[:-1])
    price, pace, waited = cheapest / 2, 1.0, 0
    for _ in range(_STEPS):
        reduced = task.cost - columns.T @ price
        taken = reduced < 0
        limit = float(price.sum() + reduced[taken].sum())
        waited = 0 if limit > bound + 1e-9 else waited + 1
        bound = max(bound, limit)
        tried = _greedy_set(task, columns, worth=np.maximum(reduced, task.cost * 1e-3))
        if (found := float(task.cost[tried].sum())) < value:
            best, value = tried, found
        if value - bound <= _SAME * value:
            break
        if waited >= _PATIENCE:
            pace, waited = pace / 2, 0
        slope = 1 - task.covers @ taken
        norm = float(slope @ slope)
        if norm == 0 or pace < 1e-4:
            break
        price = np.maximum(price + pace * (value - limit) / norm * slope, 0)
    return best, bound


def _greedy_set(task: _Task, columns: csc_array[Any], *, worth: Floats) -> Ints:
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


def _exact_set(task: _Task, *, gap: float, seconds: float) -> tuple[Ints | None, float]:
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
