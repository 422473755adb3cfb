"""What both questions of covering share: who covers whom, what was found, what is left to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, issparse

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require

__all__ = [
    "PATIENCE",
    "SAME",
    "STEPS",
    "Covering",
    "Search",
    "Task",
    "costs_of",
    "covered_by",
    "covers_of",
    "require_search",
    "table_of",
    "undominated",
]

Search: TypeAlias = Literal["auto", "exact", "quick"]
"""Integer program; greedy and prices with a bound; auto: quick, then exact where the gap is too wide."""

STEPS: Final = 200
"""Steps of the search for prices; the bound moves little after some hundred."""
PATIENCE: Final = 10
"""Steps without a better bound after which the step is halved."""
SAME: Final = 1e-9
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


def table_of(covers: object) -> csr_array[Any]:
    """Who covers whom as 1 and nothing, shape (places, candidates), from an array or a sparse one."""
    given: Any = covers if issparse(covers) else np.atleast_2d(np.asarray(covers, dtype=bool))
    table: csr_array[Any] = csr_array(given).astype(np.float64)
    table.sum_duplicates()
    table.data[:] = table.data != 0
    table.eliminate_zeros()
    return table


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is left to choose: weights of groups of like places, and candidates that nothing dominates."""

    covers: csr_array[Any]
    """1 where a candidate covers a group, shape (groups, candidates)."""
    weight: Floats
    cost: Floats
    kept: Ints
    """Position of each candidate among all."""
    count: int
    budget: float


def require_search(
    table: csr_array[Any], weight: Floats, *, search: Search, gap: float, seconds: float
) -> None:
    """Nothing if the search is known, its limits can be and there is a weight for each place."""
    fits = weight.shape == table.shape[:1]
    require(fits, column="weights", rule="shapes do not fit", mend="give one row of covers for each weight")
    known = search in ("auto", "exact", "quick")
    require(known, column="search", rule=f"{search} is unknown", mend="auto, exact or quick")
    floats(gap, column="gap", low=0)
    floats(seconds, column="seconds", low=np.nextafter(0, 1))


def costs_of(costs: npt.ArrayLike | None, *, size: int) -> Floats:
    """Cost of each candidate, above 0; 1 each where none are given."""
    if costs is None:
        return np.ones(size)
    price = floats(costs, column="costs", low=np.nextafter(0, 1), high=np.finfo(np.float64).max)
    require(
        price.shape == (size,), column="costs", rule="shapes do not fit", mend="give one cost a candidate"
    )
    return price


def covered_by(table: csr_array[Any], sites: Ints) -> Bools:
    """Whether some of the sites cover a place, shape (places,)."""
    if sites.size == 0:
        return np.zeros(table.shape[0], dtype=np.bool_)
    return np.asarray(table[:, np.unique(sites)].sum(axis=1) > 0).ravel()


def undominated(rows: csr_array[Any], cost: Floats) -> Ints:
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
