"""Who asks for care at which level, where they first go, who is referred on, and how full the sites are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require

__all__ = ["Referred", "care_demand", "refer", "utilisation"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Referred:
    """Where people are treated.

    Parameters
    ----------
    first : numpy.ndarray of float
        Cases that come to each site from its places, by group, shape (sites, groups).
    referred : numpy.ndarray of float
        Cases that other sites refer to it, shape (sites, groups).
    passed : numpy.ndarray of float
        Cases of each place that go to a higher level than they ask for, as none of theirs is in reach, shape
        (levels, places): counted at the level they ask for.
    unmet : numpy.ndarray of float
        Cases of each place with no site of their level or a higher one in reach, shape (levels, places).
    stranded : numpy.ndarray of float
        Cases that a site would refer on and that have nowhere to go, shape (sites,). It treats them itself.
    start, end : numpy.ndarray of int
        Sites between which people are referred, shape (ways,).
    cases : numpy.ndarray of float
        Cases of each way, shape (ways,).
    """

    first: Floats
    referred: Floats
    passed: Floats
    unmet: Floats
    stranded: Floats
    start: Ints
    end: Ints
    cases: Floats

    @property
    def load(self) -> Floats:
        """All cases that come to each site, shape (sites,)."""
        return np.asarray((self.first + self.referred).sum(axis=1))


def care_demand(people: npt.ArrayLike, rates: npt.ArrayLike) -> Floats:
    """Cases a year by level, place and group of age and sex.

    Parameters
    ----------
    people : array_like of float
        People of each place and group, shape (places, groups), 0 or more.
    rates : array_like of float
        Cases a year that a person of each group first takes to each level, shape (levels, groups), 0 or more:
        visits, or admissions.

    Returns
    -------
    numpy.ndarray of float
        Shape (levels, places, groups).

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    Examples
    --------
    Two villages with young and old people; the old see a doctor four times as often.

    >>> care_demand([[100, 50], [20, 80]], [[2, 8], [0.1, 0.5]]).sum(axis=2).tolist()
    [[600.0, 680.0], [35.0, 42.0]]
    """
    heads = floats(people, column="people", low=0, high=_LARGE)
    rate = floats(rates, column="rates", low=0, high=_LARGE)
    fits = heads.ndim == rate.ndim == 2 and heads.shape[1] == rate.shape[1]
    require(fits, column="rates", rule="shapes do not fit", mend="give one rate for each group of people")
    return np.asarray(rate[:, np.newaxis, :] * heads[np.newaxis])


def refer(
    demand: npt.ArrayLike,
    *,
    site_of: npt.ArrayLike,
    level_of: npt.ArrayLike,
    refers_to: npt.ArrayLike,
    up: npt.ArrayLike,
) -> Referred:
    """Send every case to its first site, and shares of them on from site to site.

    A case goes to its place's site of the level it asks for; where none is in reach, to that of the next
    level up. Of all cases at a site, those referred to it included, a share goes on to the site it refers
    to.

    Parameters
    ----------
    demand : array_like of float
        Cases by level (the lowest first), place and group, shape (levels, places, groups), 0 or more.
    site_of : array_like of int
        Site of each level for each place, shape (levels, places); -1 where none is in reach.
    level_of : array_like of int
        Level of each site, shape (sites,).
    refers_to : array_like of int
        Site of a higher level to which each site refers, shape (sites,); -1 for none.
    up : array_like of float
        Share of the cases at a site of each level that are referred on, by group, shape (levels,) or
        (levels, groups), in [0, 1]. That of the highest level must be 0.

    Returns
    -------
    Referred
        A case that is referred counts at both sites.

    Raises
    ------
    DataError
        If a value is missing or out of range, shapes do not fit, a site is named for a level that is not its
        own, or a site refers to one that is not of a higher level.

    Examples
    --------
    A clinic and a hospital; a tenth of those at the clinic are referred. The second village has no clinic.

    >>> found = refer(
    ...     [[[600.0], [100.0]], [[35.0], [10.0]]],
    ...     site_of=[[0, -1], [1, 1]],
    ...     level_of=[0, 1],
    ...     refers_to=[1, -1],
    ...     up=[0.1, 0.0],
    ... )
    >>> found.load.tolist(), found.passed.tolist(), found.cases.tolist()
    ([600.0, 205.0], [[0.0, 100.0], [0.0, 0.0]], [60.0])
    """
    cases = floats(demand, column="demand", low=0, high=_LARGE)
    deep = cases.ndim == 3
    require(deep, column="demand", rule="shapes do not fit", mend="give cases by level, place and group")
    levels, places, groups = cases.shape
    level = _spots(level_of, column="level_of", shape=np.shape(level_of), low=0, high=levels)
    nearest = _spots(site_of, column="site_of", shape=(levels, places), low=-1, high=level.size)
    onward = _spots(refers_to, column="refers_to", shape=level.shape, low=-1, high=level.size)
    share = _shares(up, levels=levels, groups=groups)
    _check_levels(nearest, level=level, onward=onward)
    at = _at_or_above(nearest)
    first = np.zeros((level.size, groups))
    reached = at >= 0
    np.add.at(first, at[reached], cases[reached])
    by_place = cases.sum(axis=2)
    passed = np.where(reached & (nearest < 0), by_place, 0.0)
    came, stranded, ways = _onward(first, level=level, onward=onward, share=share)
    return Referred(
        first=first,
        referred=came - first,
        passed=passed,
        unmet=np.where(reached, 0.0, by_place),
        stranded=stranded,
        start=ways.astype(np.int64),
        end=onward[ways],
        cases=(came[ways] * share[level[ways]]).sum(axis=1),
    )


def utilisation(load: npt.ArrayLike, units: npt.ArrayLike, *, per_unit: npt.ArrayLike) -> Floats:
    """What comes to a site over what it can take: bed days over beds, visits over doctors.

    Parameters
    ----------
    load : array_like of float
        Cases, visits or bed days a year, shape (sites,), 0 or more; NaN where unknown.
    units : array_like of float
        Beds or doctors, shape (sites,), 0 or more; NaN where unknown.
    per_unit : array_like of float
        What one of them can take a year, shape (sites,) or one number: days times the occupancy aimed at, or
        visits a day times working days.

    Returns
    -------
    numpy.ndarray of float
        Shape (sites,): NaN where something is unknown, inf where a load meets no bed or doctor at all, 0
        where there is neither.

    Raises
    ------
    DataError
        If a value is negative, or shapes do not fit.

    Examples
    --------
    >>> utilisation([14600, 100, 50], [50, float("nan"), 0], per_unit=365 * 0.8)
    array([ 1., nan, inf])
    """
    come, have, each = (
        _known(values, column=name)
        for values, name in ((load, "load"), (units, "units"), (per_unit, "per_unit"))
    )
    fits = come.ndim == 1 and come.shape == have.shape and each.shape in ((), come.shape)
    require(fits, column="units", rule="shapes do not fit", mend="give one value for each site")
    room = have * each
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = come / room
    return np.asarray(np.where((come == 0) & (room == 0), 0.0, ratio))


def _known(values: npt.ArrayLike, *, column: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    floats(np.where(np.isnan(array), 0.0, array), column=column, low=0, high=_LARGE)
    return array


def _spots(values: npt.ArrayLike, *, column: str, shape: tuple[int, ...], low: int, high: int) -> Ints:
    array = np.asarray(values)
    whole = array.shape == shape and (array.size == 0 or np.issubdtype(array.dtype, np.integer))
    require(whole, column=column, rule="shapes do not fit", mend=f"give integers of the shape {shape}")
    inside = bool(((array >= low) & (array < high)).all())
    require(
        inside,
        column=column,
        rule=f"a position is outside {low}..{high - 1}",
        mend="look the positions up again",
    )
    return array.astype(np.int64)


def _shares(up: npt.ArrayLike, *, levels: int, groups: int) -> Floats:
    share = floats(up, column="up", low=0, high=1)
    fits = share.shape in ((levels,), (levels, groups))
    require(
        fits, column="up", rule="shapes do not fit", mend="give one share for each level, or level and group"
    )
    share = share[:, np.newaxis] if share.ndim == 1 else share
    top = not share[-1].any()
    require(top, column="up", rule="the highest level refers on", mend="give it the share 0")
    return np.broadcast_to(share, (levels, groups))


def _check_levels(nearest: Ints, *, level: Ints, onward: Ints) -> None:
    own = all(bool((level[row[row >= 0]] == number).all()) for number, row in enumerate(nearest))
    require(own, column="site_of", rule="a site is not of the level it is named for", mend="name one that is")
    sends = onward >= 0
    higher = bool((level[onward[sends]] > level[sends]).all())
    require(
        higher,
        column="refers_to",
        rule="a site refers to one that is not of a higher level",
        mend="refer upward",
    )


def _at_or_above(nearest: Ints) -> Ints:
    """The site of each level, or of the next level up that has one, shape (levels, places)."""
    found = nearest.copy()
    for row in range(len(found) - 2, -1, -1):
        found[row] = np.where(found[row] >= 0, found[row], found[row + 1])
    return found


def _onward(first: Floats, *, level: Ints, onward: Ints, share: Floats) -> tuple[Floats, Floats, Ints]:
    """All cases at each site by group, those that have nowhere to go on, and the sites that refer some."""
    came = first.copy()
    stranded = np.zeros(len(came))
    ways: list[Ints] = []
    for number in range(len(share)):
        here = np.flatnonzero(level == number)
        going = came[here] * share[number]
        sends = onward[here] >= 0
        np.add.at(came, onward[here[sends]], going[sends])
        stranded[here[~sends]] = going[~sends].sum(axis=1)
        ways.append(here[sends & (going.sum(axis=1) > 0)])
    return came, stranded, np.concatenate(ways)
