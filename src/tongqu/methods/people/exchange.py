"""Who leaves and who comes, read from two censuses: net migrants by cohort, and two schedules behind them.

Two censuses show net migrants only. What leaves and what comes is told apart by the shape over age alone: two
Rogers-Castro schedules that all places share, and two levels for each place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.people.schedules import FUNDAMENTAL, RogersCastro, migration_by_age, migration_rates

__all__ = ["Exchange", "fit_exchange", "net_migrants"]

_LARGE: Final = float(np.finfo(np.float64).max)
_AGES: Final = 101
"""Single ages from 0, the last open."""
_GROUP: Final = 5
"""Width of an age group, years."""
_OPEN: Final = 85
"""Youngest age of the open group, years, as in `FIVE_YEAR_STARTS`."""
_FREE: Final = ("mu2", "alpha2", "lambda2", "a1", "c")
_LOWER: Final = np.array([10.0, 0.02, 0.1, 0.0, 0.0])
_UPPER: Final = np.array([35.0, 0.80, 3.0, 0.2, 0.06])
"""Bounds of the free parameters at `a2` of `FUNDAMENTAL`, around those of Rogers and Castro (1981). In groups
of five years an ascent `lambda2` of 3 is a step and one of 0.1 a hill: wider bounds hardly fit better."""
_FIXED: Final = asdict(FUNDAMENTAL)
_BASE: Final = np.array([getattr(FUNDAMENTAL, name) for name in _FREE])
_ROUNDS: Final = 8
"""Searches after the first, each with the people that the one before gives. The error of the levels of a
simulated decade falls by two thirds in each."""
_NEAR_ROUNDS: Final = 4
"""Searches that come as near to where rounds lead, if they start with what nearly fits."""
_PARALLEL: Final = 1e-12
"""Squared sine of the angle between leaving and coming below which only one of them is fitted."""
_LEAVE_AT: Final = (16.0, 20.0)
_COME_AT: Final = (19.0, 24.0)
"""Places of the workers' peak, years, where searches start."""


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """Two schedules that all places share, and how many leave and come.

    Parameters
    ----------
    leaving : numpy.ndarray of float
        Shape (101,), adds up to 1. `leave[p] * leaving` are the rates a year for `Rates.emigration`.
    coming : numpy.ndarray of float
        Shape (101,), adds up to 1, by age at the end of a year. `come[p] * coming / 2` are the men and the
        women a year for `Rates.immigration`: half of those who come are taken to be men.
    leave : numpy.ndarray of float
        Gross migraproduction rate of each place, shape (places,): moves out of a life spent there at its
        rates.
    come : numpy.ndarray of float
        Persons a year who come to each place, shape (places,).
    fitted : numpy.ndarray of float
        Net migrants that these give, shape (places, 2, groups).
    explained : float
        1 - SSE / SST, each place's squares divided by its people, SST against nobody moving: in [0, 1].
    leavers, comers : RogersCastro
        Parameters of `leaving` and `coming`.
    searched : numpy.ndarray of float
        Where the search ended, shape (parameters,): the start for a fit of nearly the same.

    Examples
    --------
    >>> people = np.full((1, 2, 101), 100.0)
    >>> still = fit_exchange(np.zeros((1, 2, 16)), people=people)
    >>> still.leave, still.come, still.explained
    (array([0.]), array([0.]), 1.0)
    """

    leaving: Floats
    coming: Floats
    leave: Floats
    come: Floats
    fitted: Floats
    explained: float
    leavers: RogersCastro
    comers: RogersCastro
    searched: Floats = field(default_factory=lambda: np.empty(0))


def net_migrants(
    before: npt.ArrayLike, after: npt.ArrayLike, *, survival: npt.ArrayLike, years: int = 10
) -> Floats:
    """People of a census who are more, or less, than those of an earlier one who live on.

    Parameters
    ----------
    before, after : array_like of float
        People of the two censuses by single age, the last open, shape (places, 2, 101).
    survival : array_like of float
        Shares that live through a year, the `ages` of `Survival`, shape (2, 101) or (places, 2, 101).
    years : int
        Years between the censuses: 5, 10, 15, ..., 80.

    Returns
    -------
    numpy.ndarray of float
        Net migrants who are alive at the second census, shape (places, 2, groups): by age at that census in
        groups of five years from `years` to 85 and older; 16 groups in ten years. Those born between the
        censuses are not in it. What one census missed, and boundaries that moved, are.

    Raises
    ------
    DataError
        If people are missing or negative, a share is outside [0, 1], or shapes do not fit.

    References
    ----------
    United Nations (1970), Methods of Measuring Internal Migration, Manual VI, chapter II (forward survival).

    Examples
    --------
    >>> people = np.full((1, 2, 101), 100.0)
    >>> net_migrants(people, people + 1, survival=np.ones((2, 101)))[0, 0, :3]
    array([5., 5., 5.])
    """
    first, second = _people(before, column="before"), _people(after, column="after")
    require(first.shape == second.shape, column="after", rule="shapes differ", mend="give the same cells")
    shares = _shares(survival, shape=first.shape)
    *_, whole = _lives(shares, years=years)
    survivors = (whole @ first[..., np.newaxis])[..., 0]
    return np.asarray(second @ _groups(years).T - survivors)


def fit_exchange(
    net: npt.ArrayLike,
    *,
    people: npt.ArrayLike,
    years: int = 10,
    survival: npt.ArrayLike | None = None,
    before: npt.ArrayLike | None = None,
    near: Exchange | None = None,
) -> Exchange:
    """Schedules and levels of leaving and coming that give net migrants by cohort.

    In a year `leave[p] leaving[a] people[p, s, a]` leave and `come[p] coming[a] / 2` come, men and women
    each; both are carried on to the second census. For any two schedules the levels are a non-negative least
    squares problem of two unknowns a place; the schedules are sought outside it by bounded least squares from
    a few starts (variable projection). A place's residuals are divided by the root of its people.

    Parameters
    ----------
    net : array_like of float
        Net migrants as `net_migrants` gives them, shape (places, 2, groups).
    people : array_like of float
        People by single age over the time, such as the mean of the two censuses, shape (places, 2, 101).
    years : int
        Years between the censuses: 5, 10, 15, ..., 80.
    survival : array_like of float, optional
        As for `net_migrants`: movers die like those who stay, and leavers are a share of the survivors, as
        in `Rates`. Without it nobody of them dies, and movers of high age are put too low.
    before : array_like of float, optional
        People of the first census, shape of `people`. With it those who leave in a year are a share of the
        people of that year, as the exchange itself makes them from here, in a few rounds. Without it they are
        a share of `people` in all years, and levels come out some per cent off where cohorts change much.
    near : Exchange, optional
        What fits nearly the same net migrants, such as those under a slightly other mortality. Rounds start
        with the people that it makes, and searches where its own ended: fewer rounds come as near to where
        rounds lead as all of them from a few starts, in a tenth of the time. Levels differ by some 1e-4 of
        the largest.

    Returns
    -------
    Exchange
        Zeros, and the fundamental schedule, where nobody moves at all.

    Raises
    ------
    DataError
        If a value is missing, people are negative, a share is outside [0, 1], or shapes do not fit.

    References
    ----------
    Rogers, A., Castro, L. J. (1981), Model Migration Schedules, IIASA RR-81-30. Golub, G. H., Pereyra, V.
    (1973), The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
    separate, SIAM Journal on Numerical Analysis 10 (2), 413-432.

    Examples
    --------
    >>> people = np.full((1, 2, 101), 1000.0)
    >>> age = np.arange(10, 90, 5)
    >>> net = np.where((age >= 20) & (age < 35), 400.0, 0.0) * np.ones((1, 2, 1))
    >>> found = fit_exchange(net, people=people)
    >>> bool(found.come[0] > 100), found.leaving.sum().round(9), found.coming.sum().round(9)
    (True, np.float64(1.0), np.float64(1.0))
    """
    cells = _people(people, column="people")
    shares = np.ones((1, *cells.shape[1:])) if survival is None else _shares(survival, shape=cells.shape)
    wanted = floats(net, column="net", low=-_LARGE, high=_LARGE)
    shape = (*cells.shape[:2], len(_groups(years)))
    require(
        wanted.shape == shape,
        column="net",
        rule=f"its shape is {wanted.shape}, not {shape}",
        mend="give what net_migrants gives for these people and years",
    )
    first = None if before is None else _people(before, column="before")
    fits = first is None or first.shape == cells.shape
    require(fits, column="before", rule="it has not the shape of people", mend="give the same places")
    weight = 1 / np.sqrt(np.maximum(cells.sum(axis=(1, 2)), 1.0))
    design = _design(wanted, [cells] * years, shares=shares, weight=weight)
    if not wanted.any():
        return _exchange(design, np.tile(_BASE, 2))
    if near is not None and near.searched.size:
        found, end, rounds = near, near.searched, _NEAR_ROUNDS
    else:
        end = _search(design, starts=[_start(*places) for places in product(_LEAVE_AT, _COME_AT)])
        found, rounds = _exchange(design, end), _ROUNDS
    if first is None:
        end = end if found is not near else _search(design, starts=[end])
        return _exchange(design, end)
    for _ in range(rounds):
        paths = _paths(first, shares, found=found, years=years)
        design = _design(wanted, paths, shares=shares, weight=weight)
        end = _search(design, starts=[end])
        found = _exchange(design, end)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """What does not change in the search; a place's net migrants are linear in the two schedules.

    `out` (places, 2, groups, ages) times the leaving schedule is what one unit of leaving takes away, `into`
    (places or 1, 2, groups, ages) times the coming schedule what one person a year adds.
    """

    wanted: Floats
    weight: Floats
    out: Floats
    into: Floats

    def columns(self, schedules: tuple[Floats, Floats]) -> Floats:
        """Net migrants for one unit of either level, shape (2, places, 2, groups)."""
        leaving, coming = schedules
        return np.stack([-(self.out @ leaving), np.broadcast_to(self.into @ coming, self.wanted.shape)])

    def fit(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Levels, shape (2, places), and net migrants, shape (places, 2, groups)."""
        schedules = _schedules(parameters)
        columns = self.columns(schedules)
        flat = columns.reshape(*columns.shape[:2], -1)
        most = 1 / schedules[0].max()
        levels = _two_levels(flat, self.wanted.reshape(flat.shape[1:]), most=float(most))
        return levels, np.asarray((levels[..., np.newaxis, np.newaxis] * columns).sum(axis=0))

    def residuals(self, parameters: Floats) -> Floats:
        """Shape (places * 2 * groups,), weighted."""
        _, fitted = self.fit(parameters)
        return np.asarray(((fitted - self.wanted) * self.weight[:, np.newaxis, np.newaxis]).ravel())

    def slopes(self, parameters: Floats) -> Floats:
        """Change of the residuals with each parameter, by one step each: shape (residuals, parameters).

        A step changes one of the two schedules, so the other's net migrants stay, and all steps are fitted
        together.
        """
        step = _steps(parameters)
        moved = parameters + np.diag(step)
        half = parameters.size // 2
        now = self.columns(_schedules(parameters)).reshape(2, len(self.wanted), -1)
        columns = np.repeat(now[:, np.newaxis], parameters.size, axis=1)
        leaving, coming = _many(moved[:half, :half]), _many(moved[half:, half:])
        for row in range(half):
            columns[0, row] = -(self.out @ leaving[row]).reshape(now.shape[1:])
            into = np.broadcast_to(self.into @ coming[row], self.wanted.shape)
            columns[1, half + row] = into.reshape(now.shape[1:])
        same = np.broadcast_to(_schedules(parameters)[0].max(), (parameters.size - half,))
        most = 1 / np.concatenate([leaving.max(axis=-1), same])
        levels = _two_levels(columns, self.wanted.reshape(now.shape[1:]), most=most[:, np.newaxis])
        fitted = (levels[..., np.newaxis] * columns).sum(axis=0)
        missed = (fitted - self.wanted.reshape(now.shape[1:])) * self.weight[:, np.newaxis]
        change = missed.reshape(parameters.size, -1) - self.residuals(parameters)
        return np.asarray((change / (np.diag(moved) - parameters)[:, np.newaxis]).T)


def _design(wanted: Floats, people: list[Floats], *, shares: Floats, weight: Floats) -> _Design:
    """Of the people at the start of each year; movers live on by `shares`."""
    out, into = np.zeros((*wanted.shape, _AGES)), np.zeros((*shares.shape[:2], wanted.shape[-1], _AGES))
    for left, alive in enumerate(_lives(shares, years=len(people))):
        if left > 0:
            out += alive * people[-left][:, :, np.newaxis, :]
        if left < len(people):
            into += alive / 2
    return _Design(wanted, weight, out, into)


def _within(parameters: Floats) -> Floats:
    """The parameters, kept to their bounds."""
    return np.clip(parameters, np.tile(_LOWER, 2), np.tile(_UPPER, 2))


def _start(leave_at: float, come_at: float) -> Floats:
    """The fundamental schedule twice, its peak moved."""
    start = np.tile(_BASE, 2)
    start[[0, len(_FREE)]] = leave_at, come_at
    return start


def _search(design: _Design, *, starts: list[Floats]) -> Floats:
    """Parameters of both schedules, shape (10,), of the start that ends best."""
    from scipy.optimize import least_squares

    low, high = np.tile(_LOWER, 2), np.tile(_UPPER, 2)
    found = [
        least_squares(design.residuals, start, jac=design.slopes, bounds=(low, high), x_scale=high - low)
        for start in starts
    ]
    return np.asarray(min(found, key=lambda each: each.cost).x)


def _steps(parameters: Floats) -> Floats:
    """Steps of finite differences: the root of what doubles tell apart, turned where a bound is near."""
    low, high = np.tile(_LOWER, 2), np.tile(_UPPER, 2)
    step = np.sqrt(np.finfo(np.float64).eps) * np.where(parameters >= 0, 1.0, -1.0)
    step = step * np.maximum(1.0, np.abs(parameters))
    outside = (parameters + step < low) | (parameters + step > high)
    return np.asarray(np.where(outside, -step, step))


def _schedule(parameters: Floats) -> RogersCastro:
    """Of the free parameters, shape (5,); the rest as in the fundamental schedule."""
    return replace(FUNDAMENTAL, **dict(zip(_FREE, parameters.tolist(), strict=True)))


def _schedules(parameters: Floats) -> tuple[Floats, Floats]:
    """Leaving and coming by single age, each adding up to 1."""
    half = parameters.size // 2
    return _shared_out(parameters[:half].tobytes()), _shared_out(parameters[half:].tobytes())


@lru_cache(maxsize=16)
def _shared_out(parameters: bytes) -> Floats:
    """A schedule that adds up to 1: a search changes one of the two at a time, and asks for both."""
    return np.asarray(_many(np.frombuffer(parameters)[np.newaxis])[0])


def _many(parameters: Floats) -> Floats:
    """Schedules by single age that add up to 1 each, shape (schedules, ages)."""
    free = dict(zip(_FREE, parameters.T[..., np.newaxis], strict=True))
    rates = migration_rates({**_FIXED, **free}, ages=np.arange(_AGES, dtype=np.float64))
    return np.asarray(rates / rates.sum(axis=-1, keepdims=True))


def _rates(schedule: RogersCastro) -> Floats:
    return migration_by_age(schedule, ages=np.arange(_AGES))


def _two_levels(columns: Floats, wanted: Floats, *, most: float | Floats) -> Floats:
    """Levels of each place by least squares, at least 0, the first at most `most`; shape (2, ..., places).

    The problem is convex in two unknowns, so where the free optimum breaks a bound the optimum is on it.

    Parameters
    ----------
    columns : numpy.ndarray of float
        Shape (2, ..., places, cells).
    wanted : numpy.ndarray of float
        Shape (places, cells).
    most : float or numpy.ndarray of float
        One number, or a shape that broadcasts to (..., places).
    """
    one, two = columns
    aa, bb, ab = (one * one).sum(axis=-1), (two * two).sum(axis=-1), (one * two).sum(axis=-1)
    ay, by = (one * wanted).sum(axis=-1), (two * wanted).sum(axis=-1)

    def ratio(value: Floats, size: Floats) -> Floats:
        return np.asarray(np.where(size > 0, np.maximum(value, 0.0) / np.where(size > 0, size, 1.0), 0.0))

    determinant = aa * bb - ab * ab
    apart = determinant > _PARALLEL * aa * bb
    safe = np.where(apart, determinant, 1.0)
    first, second = (bb * ay - ab * by) / safe, (aa * by - ab * ay) / safe
    inside = apart & (first >= 0) & (second >= 0)
    only_one, only_two = ratio(ay, aa), ratio(by, bb)
    better = only_one * ay >= only_two * by
    first = np.where(inside, first, np.where(better, only_one, 0.0))
    second = np.where(inside, second, np.where(better, 0.0, only_two))
    full = first > most
    return np.stack([np.where(full, most, first), np.where(full, ratio(by - ab * most, bb), second)])


def _exchange(design: _Design, parameters: Floats) -> Exchange:
    levels, fitted = design.fit(parameters)
    weight = design.weight[:, np.newaxis, np.newaxis]
    whole = float(((design.wanted * weight) ** 2).sum())
    missed = float((((design.wanted - fitted) * weight) ** 2).sum())
    leavers, comers = (_scaled(_schedule(part)) for part in np.split(parameters, 2))
    leaving, coming = _schedules(parameters)
    return Exchange(
        leaving=leaving,
        coming=coming,
        leave=levels[0],
        come=levels[1],
        fitted=fitted,
        explained=1.0 - missed / whole if whole > 0 else 1.0,
        leavers=leavers,
        comers=comers,
        searched=parameters,
    )


def _scaled(schedule: RogersCastro) -> RogersCastro:
    """The schedule whose single years add up to 1."""
    total = float(_rates(schedule).sum())
    return replace(schedule, a1=schedule.a1 / total, a2=schedule.a2 / total, c=schedule.c / total)


def _lives(shares: Floats, *, years: int) -> Iterator[Floats]:
    """Who of one person of each age is alive in each group at the second census, shape (.., 2, groups, 101).

    First of the ages at that census, then of those a year before it, and so on to the first census.
    """
    older = np.minimum(np.arange(_AGES) + 1, _AGES - 1)
    groups = _groups(years)
    alive = np.broadcast_to(groups, (*shares.shape[:2], *groups.shape))
    yield alive
    for _ in range(years):
        alive = shares[:, :, np.newaxis, :] * alive[..., older]
        yield alive


def _paths(before: Floats, shares: Floats, *, found: Exchange, years: int) -> list[Floats]:
    """People at the start of each year, without those born since, if they leave and come as found."""
    paths = [before]
    staying = shares * (1 - found.leave[:, np.newaxis, np.newaxis] * found.leaving)
    coming = found.come[:, np.newaxis, np.newaxis] * found.coming / 2
    for _ in range(years - 1):
        stayed = paths[-1] * staying
        end = np.zeros_like(stayed)
        end[..., 1:] = stayed[..., :-1]
        end[..., -1] += stayed[..., -1]
        paths.append(end + coming)
    return paths


def _groups(years: int) -> Floats:
    """1 where an age is of a group, shape (groups, 101)."""
    whole = years % _GROUP == 0 and 0 < years < _OPEN
    require(whole, column="years", rule=f"{years} is not 5, 10, 15, ..., 80", mend="take such years")
    starts = np.arange(years, _OPEN + 1, _GROUP)
    ages = np.arange(_AGES)
    last = np.append(starts[1:], _AGES)
    return ((ages >= starts[:, np.newaxis]) & (ages < last[:, np.newaxis])).astype(np.float64)


def _people(values: npt.ArrayLike, *, column: str) -> Floats:
    array = floats(values, column=column, low=0, high=_LARGE)
    require(
        array.ndim == 3 and array.shape[1:] == (2, _AGES),
        column=column,
        rule=f"its shape is {array.shape}, not (places, 2, {_AGES})",
        mend="give places, 2 sexes (male, female), single ages 0 to 100 and older",
    )
    return array


def _shares(values: npt.ArrayLike, *, shape: tuple[int, ...]) -> Floats:
    """Survival with a place axis, which is 1 long where all places have the same."""
    array = floats(values, column="survival", low=0, high=1)
    require(
        array.shape in (shape, shape[1:]),
        column="survival",
        rule=f"its shape is {array.shape}, neither {shape[1:]} nor {shape}",
        mend="give shares by sex and single age, for all places or for each",
    )
    return array.reshape(-1, *shape[1:])
