"""People of many places year by year: survive, move, give birth, leave and come, become urban.

State: people with axes (..., region, residence, sex, age). Residences are urban and rural, sexes male and
female, ages single years, the last one open. Axes before the region are free: futures, variants. Nothing here
loops over regions, ages or futures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice, repeat
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.people.check import rate_problems
from tongqu.methods.people.rates import Rates

__all__ = ["RESIDENCES", "Accounts", "Projection", "advance", "ahead", "imbalance", "project"]

RESIDENCES: Final = ("urban", "rural")
"""Order of the residences."""

_LARGE: Final = float(np.finfo(np.float64).max)
_URBAN, _RURAL, _FEMALE, _ELSEWHERE = 0, 1, 1, 1


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """Where people came from and went; shapes (..., region, residence, sex), years first in a projection.

    `start + births - deaths + arrivals - departures + immigrants - emigrants + reclassified + registered`
    is `end`.

    Parameters
    ----------
    start, end : numpy.ndarray of float
        People at the start and the end of the year.
    births, deaths : numpy.ndarray of float
        Born, and died (those born in the year too), by the place at the start.
    arrivals, departures : numpy.ndarray of float
        From and to other places of the model; over all places they are equal.
    immigrants, emigrants : numpy.ndarray of float
        From and to outside.
    reclassified, registered : numpy.ndarray of float
        Net change by country that became town, and by registration at the place.
    """

    start: Floats
    births: Floats
    deaths: Floats
    arrivals: Floats
    departures: Floats
    immigrants: Floats
    emigrants: Floats
    reclassified: Floats
    registered: Floats
    end: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A projection.

    Parameters
    ----------
    people : numpy.ndarray of float
        Shape (years + 1, ..., region, residence, sex, age or age group); the first is the start.
    accounts : Accounts
        Shapes (years, ..., region, residence, sex).
    """

    people: Floats
    accounts: Accounts


def project(
    people: npt.ArrayLike,
    rates: Rates | Iterable[Rates],
    *,
    years: int,
    groups: npt.ArrayLike | None = None,
) -> Projection:
    """People and accounts of the years that follow.

    Parameters
    ----------
    people : array_like of float
        People at the start, shape (..., region, 2, 2, age).
    rates : Rates or iterable of Rates
        One for all years, or one for each year in turn.
    years : int
        Number of years, 0 or more.
    groups : array_like of int, optional
        Youngest ages of the groups in which the result keeps people; all single ages otherwise. It saves
        memory, not accuracy.

    Returns
    -------
    Projection

    Raises
    ------
    DataError
        If people are missing or negative, a sex or residence is missing, a rate cannot be or does not fit, or
        there are fewer rates than years.

    References
    ----------
    Preston, S. H., Heuveline, P., Guillot, M. (2001), Demography, Blackwell, chapter 6. Rogers, A. (1995),
    Multiregional Demography, Wiley, chapter 5.

    Examples
    --------
    >>> from tongqu.methods.people import Rates, Survival
    >>> rates = Rates(Survival(np.array(1.0), np.full(3, 0.9)), fertility=[0, 0.2, 0])
    >>> found = project(np.full((1, 2, 2, 3), 100.0), rates, years=1)
    >>> found.people[1, 0, 0].round(3)
    array([[  9.732,  90.   , 180.   ],
           [  9.268,  90.   , 180.   ]])
    >>> float(found.accounts.deaths.sum().round(6)), imbalance(found.accounts) < 1e-9
    (120.0, True)
    """
    require(years >= 0, column="years", rule="it is negative", mend="give 0 or more")
    start = _people(people)
    each = repeat(rates) if isinstance(rates, Rates) else rates
    cuts = None if groups is None else _cuts(groups, ages=start.shape[-1])
    shape = start.shape if cuts is None else (*start.shape[:-1], cuts.size)
    kept = np.empty((years + 1, *shape))
    kept[0] = _grouped(start, cuts)
    table = {field.name: np.zeros((years, *start.shape[:-1])) for field in fields(Accounts)}
    done = 0
    for done, (state, account) in enumerate(_years(start, islice(each, years)), start=1):
        kept[done] = _grouped(state, cuts)
        for name, values in table.items():
            values[done - 1] = getattr(account, name)
    require(done == years, column="rates", rule=f"{done} for {years} years", mend="give one for each year")
    return Projection(kept, Accounts(**table))


def advance(people: npt.ArrayLike, rates: Rates) -> tuple[Floats, Accounts]:
    """People one year on, and the year's accounts.

    In this order: some of each age die; of those who live some move to another place, and of those who
    stayed some leave for outside; all grow a year older; women give birth by the mean of their number at the
    start and the end; people come from outside; rural people become urban; some register. Children neither
    move nor leave in the year of their birth.

    Parameters
    ----------
    people : array_like of float
        Shape (..., region, 2, 2, age).
    rates : Rates
        Of the year.

    Returns
    -------
    tuple of (numpy.ndarray, Accounts)
        People, the shape of `people`; accounts of shape (..., region, residence, sex).

    Raises
    ------
    DataError
        As `project`.

    Examples
    --------
    >>> from tongqu.methods.people import Rates, Survival
    >>> still = Rates(Survival(np.array(1.0), np.ones(3)), fertility=0.0)
    >>> end, account = advance(np.full((1, 2, 2, 3), 100.0), still)
    >>> end[0, 0, 0], float(account.deaths.sum())
    (array([  0., 100., 200.]), 0.0)
    """
    start = _people(people)
    rate_problems(rates, shape=start.shape)
    return _year(start, rates)


def ahead(people: npt.ArrayLike, rates: Rates, *, years: int = 1) -> Floats:
    """People some years on under the same rates, as `project` has them at the end, without accounts.

    Parameters
    ----------
    people : array_like of float
        Shape (..., region, 2, 2, age).
    rates : Rates
        Of every year.
    years : int
        1 or more.

    Returns
    -------
    numpy.ndarray of float
        The shape of `people`.

    Raises
    ------
    DataError
        As `project`.

    Examples
    --------
    >>> from tongqu.methods.people import Rates, Survival
    >>> still = Rates(Survival(np.array(1.0), np.ones(3)), fertility=0.0)
    >>> ahead(np.full((1, 2, 2, 3), 100.0), still, years=2)[0, 0, 0]
    array([  0.,   0., 300.])
    """
    state = _people(people)
    require(years >= 1, column="years", rule="it is below 1", mend="give 1 or more")
    rate_problems(rates, shape=state.shape)
    for _ in range(years):
        state = _ahead(state, rates)
    return state


def imbalance(accounts: Accounts) -> float:
    """The largest difference between the people at the end and what the accounts give.

    Parameters
    ----------
    accounts : Accounts
        Of any shape.

    Returns
    -------
    float
        People; next to 0.

    Examples
    --------
    >>> zero = np.zeros(1)
    >>> imbalance(Accounts(zero, zero + 2, zero, zero, zero, zero, zero, zero, zero, zero + 1))
    1.0
    """
    a = accounts
    given = a.start + a.births - a.deaths + a.arrivals - a.departures + a.immigrants - a.emigrants
    gap = given + a.reclassified + a.registered - a.end
    return float(np.abs(gap).max(initial=0.0))


def _years(start: Floats, rates: Iterable[Rates]) -> Iterator[tuple[Floats, Accounts]]:
    state, checked = start, None
    for each in rates:
        if each is not checked:
            rate_problems(each, shape=start.shape)
            checked = each
        state, account = _year(state, each)
        yield state, account


def _year(start: Floats, rates: Rates) -> tuple[Floats, Accounts]:
    whole, alive = start.sum(axis=-1), start * rates.survival.ages
    deaths, none = whole - alive.sum(axis=-1), np.zeros_like(whole)
    gone, leavers, arrivals = _move(alive, rates)
    end, born = _older(start, alive, rates=rates)
    deaths += born - born * rates.survival.births
    coming = none
    if rates.immigration is not None:
        numbers = np.broadcast_to(_array(rates.immigration), end.shape)
        end += numbers
        coming = numbers.sum(axis=-1)
    account = Accounts(
        start=whole,
        births=born,
        deaths=deaths,
        arrivals=none if arrivals is None else arrivals.sum(axis=-1),
        departures=none if leavers is None else leavers.sum(axis=-1),
        immigrants=coming,
        emigrants=none if gone is None else gone.sum(axis=-1),
        reclassified=_net(_shift(end, rates.urbanise, axis=-3, source=_RURAL), end, axis=-3, source=_RURAL),
        registered=_net(
            _shift(end, rates.register, axis=-5, source=_ELSEWHERE), end, axis=-5, source=_ELSEWHERE
        ),
        end=end.sum(axis=-1),
    )
    return end, account


def _ahead(start: Floats, rates: Rates) -> Floats:
    """People a year on as `_year` has them, without its account."""
    alive = start * rates.survival.ages
    _move(alive, rates)
    end, _ = _older(start, alive, rates=rates)
    if rates.immigration is not None:
        end += _array(rates.immigration)
    _shift(end, rates.urbanise, axis=-3, source=_RURAL)
    _shift(end, rates.register, axis=-5, source=_ELSEWHERE)
    return end


def _move(alive: Floats, rates: Rates) -> tuple[Floats | None, Floats | None, Floats | None]:
    """Who left for outside, who left each place and who came to it, by age; `alive` is changed."""
    leavers = None if rates.leaving is None else alive * _array(rates.leaving)
    if leavers is not None:
        alive -= leavers
    gone = None if rates.emigration is None else alive * _array(rates.emigration)
    if gone is not None:
        alive -= gone
    arrivals = None if leavers is None else _arrivals(leavers, rates)
    if arrivals is not None:
        alive += arrivals
    return gone, leavers, arrivals


def _older(start: Floats, alive: Floats, *, rates: Rates) -> tuple[Floats, Floats]:
    """Those who live on a year older, with the children born in the year; and births by sex."""
    end = np.empty_like(alive)
    end[..., 0] = 0.0
    end[..., 1:] = alive[..., :-1]
    end[..., -1] += alive[..., -1]
    born = _born(start, end, rates=rates)
    end[..., 0] = born * rates.survival.births
    return end, born


def _arrivals(leavers: Floats, rates: Rates) -> Floats:
    """People who come to each place, by age."""
    movers = leavers.sum(axis=-5, keepdims=True) if rates.register is not None else leavers
    if rates.routes is not None:
        places = movers.reshape(*movers.shape[:-4], -1, movers.shape[-2] * movers.shape[-1])
        routes = np.swapaxes(_array(rates.routes), -1, -2)
        came = np.matmul(routes, places).reshape(movers.shape)
    else:
        came = movers.sum(axis=(-4, -3), keepdims=True) * _array(rates.pull)
    if rates.register is None:
        return np.asarray(came)
    arrivals = np.zeros_like(leavers)
    arrivals[..., _ELSEWHERE, :, :, :, :] = came[..., 0, :, :, :, :]
    return arrivals


def _born(start: Floats, end: Floats, *, rates: Rates) -> Floats:
    """Births by sex of the child, shape (..., region, residence, sex)."""
    women = (start[..., _FEMALE, :] + end[..., _FEMALE, :]) / 2
    births = (women * _array(rates.fertility)).sum(axis=-1)
    boys = births * _array(rates.boys)
    return np.stack([boys, births - boys], axis=-1)


def _shift(people: Floats, share: npt.ArrayLike | None, *, axis: int, source: int) -> Floats | None:
    """Those who go over when a share of one half of an axis does, by age; `people` is changed.

    The share has the axes before the moved one and those up to the residence after it.
    """
    if share is None:
        return None
    halves = np.moveaxis(people, axis, 0)
    part = _array(share)
    moved = halves[source] * part[(..., *[np.newaxis] * 2)]
    halves[source] -= moved
    halves[1 - source] += moved
    return np.asarray(moved)


def _net(moved: Floats | None, people: Floats, *, axis: int, source: int) -> Floats:
    """Net change of each cell of people by those who went over, all ages."""
    change = np.zeros(people.shape[:-1])
    if moved is not None:
        totals = np.moveaxis(change, axis + 1, 0)
        totals[source] = -moved.sum(axis=-1)
        totals[1 - source] = -totals[source]
    return change


def _array(values: npt.ArrayLike | None) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _people(values: npt.ArrayLike) -> Floats:
    array = floats(values, column="people", low=0, high=_LARGE)
    fits = array.ndim >= 4 and array.shape[-3:-1] == (len(RESIDENCES), 2) and array.shape[-1] >= 2
    require(
        fits,
        column="people",
        rule=f"its shape is {array.shape}: a residence or a sex is missing",
        mend="end it with region, 2 residences (urban, rural), 2 sexes (male, female), ages",
    )
    return array


def _cuts(groups: npt.ArrayLike, *, ages: int) -> npt.NDArray[np.int64]:
    cuts = np.asarray(groups)
    rising = cuts.ndim == 1 and cuts.size > 0 and np.issubdtype(cuts.dtype, np.integer) and cuts[0] == 0
    rising = rising and bool((np.diff(cuts) > 0).all()) and cuts[-1] < ages
    require(rising, column="groups", rule="they do not rise from 0 within the ages", mend="mend them")
    return cuts.astype(np.int64)


def _grouped(people: Floats, cuts: npt.NDArray[np.int64] | None) -> Floats:
    return people if cuts is None else np.asarray(np.add.reduceat(people, cuts, axis=-1))
