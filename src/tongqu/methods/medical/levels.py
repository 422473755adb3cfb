"""A network of health care in levels: which place holds which level, who goes where, and on to where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.medical._levels_program import Case, Tier, solve_case

__all__ = ["CareLevel", "CareNetwork", "Links", "design_network", "resources_needed"]

_LARGE: Final = float(np.finfo(np.float64).max)
_EQUAL: Final = 1e-9
"""Share of the total within which bound and total are one."""
_SHOWN: Final = 20
"""Places named one by one in a report; the rest are counted."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Links:
    """Who may go where: only ways inside the time window of the level are listed, each once.

    Parameters
    ----------
    start : array_like of int
        Where people come from, shape (links,): positions of places for the first level, of sites above it.
    site : array_like of int
        Positions of the sites where they are treated, shape (links,).
    per_person : array_like of float or float
        Cost of each person who takes the link, yuan, 0 or more.
    fixed : array_like of float or float
        Cost of the link when it is used, whoever takes it, yuan, 0 or more.
    """

    start: npt.ArrayLike
    site: npt.ArrayLike
    per_person: npt.ArrayLike = 0.0
    fixed: npt.ArrayLike = 0.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CareLevel:
    """One level of care, such as village clinic, township hospital, county hospital.

    Parameters
    ----------
    name : str
        Its name.
    links : Links
        Ways to it from the level below; from the places for the first level.
    opening : array_like of float or float
        Cost of a site that holds the level, yuan, shape (sites,) or one number.
    per_person : array_like of float or float
        Cost of each person treated, yuan, shape (sites,) or one number.
    capacity : array_like of float or float
        Most people that a site treats, shape (sites,) or one number.
    least : array_like of float or float
        Fewest people that a site must treat to hold the level, shape (sites,) or one number.
    referred : float
        Share of those treated one level below who need this level, in (0, 1]; of the people of the places for
        the first level.
    pinned, barred : array_like of bool, optional
        Sites that hold the level in any case (what stands today), and those that cannot, shape (sites,).
    most : int, optional
        Most sites that hold it.
    fewer : bool
        Whether fewer sites must hold it than the level below (at the first level: fewer than places).
    """

    name: str
    links: Links
    opening: npt.ArrayLike = 0.0
    per_person: npt.ArrayLike = 0.0
    capacity: npt.ArrayLike = np.inf
    least: npt.ArrayLike = 0.0
    referred: float = 1.0
    pinned: npt.ArrayLike | None = None
    barred: npt.ArrayLike | None = None
    most: int | None = None
    fewer: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CareNetwork:
    """The chosen network.

    Parameters
    ----------
    names : tuple of str
        Levels, the lowest first.
    opened : numpy.ndarray of bool
        Whether each site holds each level, shape (levels, sites); who holds a level holds all below it.
    site_of : numpy.ndarray of int
        Site of the first level to which each place goes, shape (places,); -1 where it goes to none.
    refers_to : numpy.ndarray of int
        Site of the next level to which each site refers, shape (levels - 1, sites); -1 where it does not hold
        the level. A site that holds the next level too refers to itself.
    load : numpy.ndarray of float
        People treated by level and site, shape (levels, sites).
    opening, treating, ways, missed : float
        Cost of open sites, of people treated, of links, and of people who go to none, yuan.
    total, bound, gap : float
        Their sum, what no network can go below, and (total - bound) / total.
    """

    names: tuple[str, ...]
    opened: Bools
    site_of: Ints
    refers_to: Ints
    load: Floats
    opening: float
    treating: float
    ways: float
    missed: float
    total: float
    bound: float
    gap: float

    def at_level(self, level: int) -> Ints:
        """Site of a level (counted from 0) at which each place's people end up, shape (places,); -1: none."""
        at = self.site_of.copy()
        for row in range(level):
            at = np.where(at >= 0, self.refers_to[row][at], -1)
        return at


def design_network(
    people: npt.ArrayLike,
    *,
    sites: int,
    levels: Sequence[CareLevel],
    home: npt.ArrayLike | None = None,
    unserved: float | None = None,
    names: npt.ArrayLike | None = None,
    gap: float = 0.0,
    seconds: float = 120.0,
    nodes: int | None = None,
) -> CareNetwork:
    """The network of all levels at least cost.

    Every place goes whole to one site of the first level, and every site refers to one site of the next
    level, along the given links. Levels are nested: a site holds a level only with all levels below it. A
    place with a site of its own uses it, and a site that holds the next level refers to itself (such a link
    is free unless it is listed). One level alone is a capacitated location problem: with a cost for each
    person it is the p-median, with `unserved` maximal covering, with a cost for each site the least set that
    covers all.

    Parameters
    ----------
    people : array_like of float
        People of each place, shape (places,), 0 or more.
    sites : int
        How many sites there are.
    levels : sequence of CareLevel
        The lowest first.
    home : array_like of int, optional
        The site that lies in each place, shape (places,); -1 for none. Left out: none has one.
    unserved : float, optional
        Yuan that a person who goes to no site counts. Left out, everybody must go.
    names : array_like of str, optional
        Names of the places for messages, shape (places,).
    gap, seconds : float
        Relative gap at which the search may stop, and its time limit.
    nodes : int, optional
        Most nodes of the search: a limit that gives the same answer on every machine.

    Returns
    -------
    CareNetwork
        With a bound; its costs are counted anew from the chosen links.

    Raises
    ------
    DataError
        If a value is missing or out of range, or a place that must be served has no site within its windows
        from which all levels can be reached; each such place is named.
    TongquError
        If no network keeps all limits, or none was found in time.

    References
    ----------
    Almeida, J. F. F., Oliveira, F., Conceição, S. V., Goepp, V., de Campos, F. C. C. (2025), Designing a
    minimum-cost health system for countrywide universal coverage, Health Systems. Narula, S. C. (1986),
    Annals of Operations Research 6, 257-272. Şahin, G., Süral, H. (2007), A review of hierarchical facility
    location models, Computers and Operations Research 34, 2310-2331.

    Examples
    --------
    Three places in a row; a clinic costs 10 where there is none, a hospital 50.

    >>> clinic = CareLevel(
    ...     name="clinic",
    ...     links=Links(start=[0, 1, 1, 2], site=[0, 0, 1, 1], per_person=[0, 2, 0, 2]),
    ...     opening=[0, 10],
    ... )
    >>> hospital = CareLevel(
    ...     name="hospital", links=Links(start=[1], site=[0], per_person=1), opening=50, referred=0.1
    ... )
    >>> found = design_network([30, 20, 5], sites=2, levels=[clinic, hospital], home=[0, 1, -1])
    >>> found.opened.astype(int).tolist(), found.site_of.tolist(), found.total, found.gap
    ([[1, 1], [1, 0]], [0, 1, 1], 72.5, 0.0)
    """
    heads = floats(people, column="people", low=0, high=_LARGE)
    one = heads.ndim == 1 and heads.size > 0
    require(one, column="people", rule="there is no place", mend="give the people of one place or more")
    require(sites > 0, column="sites", rule="there is none", mend="give one site or more")
    require(len(levels) > 0, column="levels", rule="there is none", mend="give one level or more")
    lost = None if unserved is None else float(floats(unserved, column="unserved", low=0, high=_LARGE))
    tiers = tuple(
        _tier(level, row=row, below=sites if row else heads.size, sites=sites)
        for row, level in enumerate(levels)
    )
    case = Case.of(heads, home=_home(home, places=heads.size, sites=sites), tiers=tiers, unserved=lost)
    _check_reach(case, names=names)
    chosen = solve_case(case, gap=gap, seconds=seconds, nodes=nodes)
    costs = case.costs(chosen)
    total = float(sum(costs))
    bound = total if total - chosen.bound <= _EQUAL * total else chosen.bound
    return CareNetwork(
        names=tuple(level.name for level in levels),
        opened=chosen.opened,
        site_of=chosen.site_of,
        refers_to=chosen.refers_to,
        load=case.loads(chosen),
        opening=costs[0],
        treating=costs[1],
        ways=costs[2],
        missed=costs[3],
        total=total,
        bound=bound,
        gap=(total - bound) / total if total > 0 else 0.0,
    )


def resources_needed(load: npt.ArrayLike, per_thousand: npt.ArrayLike) -> Floats:
    """Staff, beds and equipment that the people treated ask for.

    Parameters
    ----------
    load : array_like of float
        People treated by level and site, shape (levels, sites).
    per_thousand : array_like of float
        Resource by level and kind for 1000 people treated, shape (levels, kinds), 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Shape (levels, sites, kinds).

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    Examples
    --------
    >>> resources_needed([[4000.0, 0.0]], [[0.5, 2.0]]).tolist()
    [[[2.0, 8.0], [0.0, 0.0]]]
    """
    amount = floats(load, column="load", low=0, high=_LARGE)
    rate = floats(per_thousand, column="per_thousand", low=0, high=_LARGE)
    fits = amount.ndim == rate.ndim == 2 and len(amount) == len(rate)
    require(
        fits, column="per_thousand", rule="shapes do not fit", mend="give one row of rates for each level"
    )
    return np.asarray(amount[:, :, np.newaxis] * rate[:, np.newaxis, :] / 1000.0)


def _tier(level: CareLevel, *, row: int, below: int, sites: int) -> Tier:
    """The level as checked arrays."""
    ways, name = level.links, level.name
    start = positions(ways.start, column=f"{name}: start", size=below)
    site = positions(ways.site, column=f"{name}: site", size=sites)
    fits = start.shape == site.shape
    require(fits, column=f"{name}: links", rule="shapes do not fit", mend="give one site for each start")
    once = len(np.unique(start * sites + site)) == start.size
    require(once, column=f"{name}: links", rule="a link comes twice", mend="give each link once")
    share = float(floats(level.referred, column=f"{name}: referred", low=0, high=1))
    require(share > 0, column=f"{name}: referred", rule="it is 0", mend="give a share above 0")
    most = level.most is None or level.most >= 1
    require(most, column=f"{name}: most", rule="it is below 1", mend="give 1 or more")
    pinned = _flags(level.pinned, column=f"{name}: pinned", size=sites)
    barred = _flags(level.barred, column=f"{name}: barred", size=sites)
    apart = not (pinned & barred).any()
    require(apart, column=f"{name}: pinned", rule="a pinned site is barred", mend="give one or the other")
    return Tier(
        row=row,
        start=start,
        site=site,
        per_person=_each(ways.per_person, column=f"{name}: per_person", size=start.size),
        fixed=_each(ways.fixed, column=f"{name}: fixed", size=start.size),
        opening=_each(level.opening, column=f"{name}: opening", size=sites),
        treating=_each(level.per_person, column=f"{name}: per_person", size=sites),
        capacity=_each(level.capacity, column=f"{name}: capacity", size=sites, high=np.inf),
        least=_each(level.least, column=f"{name}: least", size=sites),
        referred=share,
        pinned=pinned,
        barred=barred,
        most=sites if level.most is None else level.most,
        fewer=level.fewer,
    )


def _each(values: npt.ArrayLike, *, column: str, size: int, high: float = _LARGE) -> Floats:
    given = floats(values, column=column, low=0, high=high)
    fits = given.shape in ((), (size,))
    require(fits, column=column, rule="its shape is wrong", mend=f"give one number, or {size} values")
    return np.broadcast_to(given, (size,)).copy()


def _flags(values: npt.ArrayLike | None, *, column: str, size: int) -> Bools:
    given = np.zeros(size, dtype=np.bool_) if values is None else np.asarray(values, dtype=np.bool_)
    require(given.shape == (size,), column=column, rule="its shape is wrong", mend=f"give {size} values")
    return given


def _home(values: npt.ArrayLike | None, *, places: int, sites: int) -> Ints:
    given = np.full(places, -1, dtype=np.int64) if values is None else np.asarray(values)
    fits = given.shape == (places,) and np.issubdtype(given.dtype, np.integer)
    require(fits, column="home", rule="its shape is wrong", mend=f"give {places} values")
    at = positions(given[given >= 0], column="home", size=sites)
    once = len(np.unique(at)) == len(at)
    require(once, column="home", rule="a site lies in two places", mend="give each site one place at most")
    return given.astype(np.int64)


def _check_reach(case: Case, *, names: npt.ArrayLike | None) -> None:
    """A DataError that names pinned sites and places from which no way leads through all levels."""
    problems = [
        Problem(
            rule="a pinned site cannot refer to all levels above",
            mend="widen the windows of the levels above, or do not pin it",
            column="pinned",
            value=f"{row}: {site}",
        )
        for row, site in np.argwhere(case.pinned & ~case.usable).tolist()
    ]
    if case.unserved is None:
        lost = np.flatnonzero(~case.reached)
        labels = lost if names is None else np.asarray(names)[lost]
        problems += [
            Problem(
                rule="no site of the first level is in reach from which all levels are",
                mend="widen the windows, allow a site nearby, or say what an unserved person counts",
                column="people",
                value=str(label),
            )
            for label in labels[:_SHOWN].tolist()
        ]
        if len(lost) > _SHOWN:
            problems.append(
                Problem(
                    rule=f"{len(lost) - _SHOWN} more places have no site in reach",
                    mend="widen the windows, allow a site nearby, or say what an unserved person counts",
                    column="people",
                )
            )
    if problems:
        raise DataError(problems)
