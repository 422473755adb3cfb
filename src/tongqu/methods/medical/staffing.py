"""Staff of a county's medical community: what each site needs, what the pool holds, who is posted where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from tongqu.base import TongquError
from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.reach import Times

__all__ = ["Driver", "Pool", "Posting", "pool_of", "post_staff", "staff_needed"]

_LARGE: Final = float(np.finfo(np.float64).max)
_ROUND: Final = 1e-9
"""Persons below which a need above a whole number is taken as that number."""


@dataclass(frozen=True, slots=True, eq=False)
class Driver:
    """What staff is needed for.

    Parameters
    ----------
    amount : array_like of float
        Beds, visits a year or people served of each site, shape (sites,), 0 or more; NaN where unknown.
    per_person : float
        Of it to one doctor or nurse, above 0.
    """

    amount: npt.ArrayLike
    per_person: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pool:
    """Staff of each community, as one ledger.

    Parameters
    ----------
    sites, unknown : numpy.ndarray of int
        Sites of each community, and those whose staff or need is not known, shape (communities,).
    have, need : numpy.ndarray of float
        Persons at the sites that are known, and persons those need one by one, shape (communities,).
    need_pooled : numpy.ndarray of float
        Persons they need when sites share people: the sum of what each needs before it is rounded up, rounded
        up once.
    short, spare : numpy.ndarray of float
        Persons that sites lack of their need, and that other sites have above theirs.
    lacking : numpy.ndarray of float
        Persons that no posting inside the community can find: need above all it has, 0 or more.
    """

    sites: Ints
    unknown: Ints
    have: Floats
    need: Floats
    need_pooled: Floats
    short: Floats
    spare: Floats
    lacking: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Posting:
    """Who is posted where.

    Parameters
    ----------
    start, end : numpy.ndarray of int
        Site that gives and site that takes, shape (ways,).
    persons, minutes : numpy.ndarray of float
        Persons posted on each way, whole numbers, and minutes of it.
    unfilled : numpy.ndarray of float
        Persons that each site still lacks, shape (sites,); NaN where its staff or need is not known.
    person_minutes : float
        Sum of persons times minutes: the least for so many persons posted.
    """

    start: Ints
    end: Ints
    persons: Floats
    minutes: Floats
    unfilled: Floats
    person_minutes: float


def staff_needed(drivers: Sequence[Driver], *, least: npt.ArrayLike = 0.0) -> Floats:
    """Persons that each site needs: the greatest of its norms, not rounded.

    Parameters
    ----------
    drivers : sequence of Driver
        Norms, of which the greatest counts: by bed, by visit, by people served.
    least : array_like of float
        Fewest persons of a site, shape (sites,) or one number, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Persons, shape (sites,). NaN where some amount is not known: the need may be higher than what is known
        says.

    Raises
    ------
    DataError
        If there is no norm, a value is negative, or shapes do not fit.

    Examples
    --------
    >>> beds, visits = Driver([20, 0, float("nan")], 2.5), Driver([30000, 3000, 100], 6000)
    >>> staff_needed([beds, visits], least=1)
    array([ 8.,  1., nan])
    """
    require(len(drivers) > 0, column="drivers", rule="there is none", mend="give one norm or more")
    parts = []
    for driver in drivers:
        amount = np.asarray(driver.amount, dtype=np.float64)
        floats(np.where(np.isnan(amount), 0.0, amount), column="amount", low=0, high=_LARGE)
        each = float(floats(driver.per_person, column="per_person", low=0, high=_LARGE))
        require(each > 0, column="per_person", rule="it is 0", mend="give a number above 0")
        parts.append(amount / each)
    floor = floats(least, column="least", low=0, high=_LARGE)
    fits = all(part.ndim == 1 and part.shape == parts[0].shape for part in parts)
    fits = fits and floor.shape in ((), parts[0].shape)
    require(fits, column="amount", rule="shapes do not fit", mend="give one value for each site")
    return np.asarray(np.maximum(np.max(np.stack(parts), axis=0), floor))


def pool_of(have: npt.ArrayLike, need: npt.ArrayLike, *, community: npt.ArrayLike, communities: int) -> Pool:
    """The ledger of each community's staff.

    Parameters
    ----------
    have : array_like of float
        Persons at each site, shape (sites,), 0 or more; NaN where not known.
    need : array_like of float
        Persons that it needs, as `staff_needed` says, NaN where not known.
    community : array_like of int
        Community of each site, shape (sites,); -1 for a site of none.
    communities : int
        How many there are.

    Returns
    -------
    Pool
        Sites whose staff or need is not known count in `unknown` alone.

    Raises
    ------
    DataError
        If a value is negative, or shapes do not fit.

    Examples
    --------
    Two sites of one community need a third of a nurse each: one by one that is two nurses, together one.

    >>> found = pool_of([1, 0, 3], [0.3, 0.3, 2.0], community=[0, 0, 1], communities=2)
    >>> found.need.tolist(), found.need_pooled.tolist(), found.short.tolist(), found.lacking.tolist()
    ([2.0, 2.0], [1.0, 2.0], [1.0, 0.0], [1.0, 0.0])
    """
    here, asked, group = _sites(have, need, community=community, communities=communities)
    member = group >= 0
    known = member & ~np.isnan(here) & ~np.isnan(asked)
    whole = _up(asked)

    def total(values: Floats) -> Floats:
        return np.bincount(group[known], values[known], minlength=communities).astype(np.float64)

    has, needs = total(here), total(whole)
    return Pool(
        sites=np.bincount(group[member], minlength=communities).astype(np.int64),
        unknown=np.bincount(group[member & ~known], minlength=communities).astype(np.int64),
        have=has,
        need=needs,
        need_pooled=_up(total(asked)),
        short=total(np.maximum(whole - here, 0.0)),
        spare=total(np.maximum(here - whole, 0.0)),
        lacking=np.maximum(needs - has, 0.0),
    )


def post_staff(
    have: npt.ArrayLike,
    need: npt.ArrayLike,
    *,
    times: Times,
    community: npt.ArrayLike,
    limit: float = np.inf,
) -> Posting:
    """Post people from sites above their norm to sites below it: as many as can be, over the least minutes.

    Parameters
    ----------
    have, need : array_like of float
        Persons at each site and persons that it needs, shape (sites,), 0 or more; NaN where not known: such a
        site neither gives nor takes. Needs are rounded up, what a site can give is rounded down.
    times : Times
        Minutes from site to site: origins and sites are the same sites.
    community : array_like of int
        Community of each site, shape (sites,): postings stay inside it; -1 for a site of none.
    limit : float
        Most minutes of a posting.

    Returns
    -------
    Posting
        A proven best one (a transport problem, whose linear program has whole answers). Among equally good
        ones the solver's is taken.

    Raises
    ------
    DataError
        If a value is negative, or shapes do not fit.

    References
    ----------
    Hitchcock, F. L. (1941), The distribution of a product from several sources to numerous localities,
    Journal of Mathematics and Physics 20, 224-230.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> found = post_staff(
    ...     [5, 1, 0],
    ...     [2, 2, 3],
    ...     times=times_from_matrix([[0, 10, 30], [10, 0, 25], [30, 25, 0]]),
    ...     community=[0] * 3,
    ... )
    >>> list(zip(found.start.tolist(), found.end.tolist(), found.persons.tolist())), found.unfilled.tolist()
    ([(0, 1, 1.0), (0, 2, 2.0)], [0.0, 0.0, 1.0])
    """
    size = times.sites
    here, asked, group = _sites(have, need, community=community, communities=size + 1)
    square = times.origins == size and here.shape == (size,)
    require(
        square, column="times", rule="shapes do not fit", mend="give minutes from every site to every site"
    )
    longest = float(floats(limit, column="limit", low=0))
    gap = np.where(group >= 0, here - _up(asked), 0.0)
    give = np.floor(np.maximum(np.nan_to_num(gap, nan=0.0), 0.0) + _ROUND)
    take = _up(np.maximum(np.nan_to_num(-gap, nan=0.0), 0.0))
    kept = (give[times.origin] > 0) & (take[times.site] > 0) & (times.minutes <= longest)
    kept &= group[times.origin] == group[times.site]
    start, end, minutes = times.origin[kept], times.site[kept], times.minutes[kept]
    persons = _transport(start, end, minutes, give=give, take=take)
    used = persons > 0
    start, end, minutes, persons = start[used], end[used], minutes[used], persons[used]
    filled = np.bincount(end, persons, minlength=size)
    return Posting(
        start=start.astype(np.int64),
        end=end.astype(np.int64),
        persons=persons,
        minutes=minutes,
        unfilled=np.where(np.isnan(here) | np.isnan(asked), np.nan, take - filled),
        person_minutes=float(persons @ minutes),
    )


def _up(values: Floats) -> Floats:
    """Rounded up to whole persons, noise of the last digits aside."""
    return np.asarray(np.ceil(values - _ROUND) + 0.0)


def _sites(
    have: npt.ArrayLike, need: npt.ArrayLike, *, community: npt.ArrayLike, communities: int
) -> tuple[Floats, Floats, Ints]:
    here, asked = (np.asarray(values, dtype=np.float64) for values in (have, need))
    group = np.asarray(community)
    fits = here.ndim == 1 and here.shape == asked.shape == group.shape
    fits = fits and (group.size == 0 or bool(np.issubdtype(group.dtype, np.integer)))
    require(fits, column="community", rule="shapes do not fit", mend="give one value for each site")
    for values, name in ((here, "have"), (asked, "need")):
        floats(np.where(np.isnan(values), 0.0, values), column=name, low=0, high=_LARGE)
    inside = bool(((group >= -1) & (group < communities)).all())
    require(
        inside,
        column="community",
        rule=f"a position is outside -1..{communities - 1}",
        mend="look the positions up again",
    )
    return here, asked, group.astype(np.int64)


def _transport(start: Ints, end: Ints, minutes: Floats, *, give: Floats, take: Floats) -> Floats:
    """Persons on each way: first the most that can be posted, then the least person-minutes."""
    if start.size == 0:
        return np.zeros(0)
    ways, one = np.arange(start.size), np.ones(start.size)
    gives, takes = (
        coo_array((one, (side, ways)), shape=(give.size, ways.size)).tocsr() for side in (start, end)
    )
    rows, tops = vstack([gives, takes], format="csr"), np.concatenate([give, take])
    most = round(float(-_least(-one, rows, tops).fun))
    best = _least(minutes, rows, tops, total=most)
    return np.asarray(np.round(best.x), dtype=np.float64)


def _least(cost: Floats, rows: Any, tops: Floats, *, total: float | None = None) -> Any:
    # The types of scipy's linprog know neither sparse rows nor ends as an array.
    solve: Any = linprog
    every = None if total is None else np.ones((1, cost.size))
    found = solve(
        cost,
        A_ub=rows,
        b_ub=tops,
        A_eq=every,
        b_eq=None if total is None else [total],
        bounds=(0, None),
        method="highs-ds",
    )
    if found.x is None:
        raise TongquError("staffing: the solver found no answer")
    return found
