"""Two levels of freight sites: which township stations and village points to open, who is served where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.base import DataError, Problem
from tongqu.methods._arrays import Floats, Ints, floats, positions, require
from tongqu.methods.hubs._two_levels import Choice, Limits, Model, Sites, sums

__all__ = ["Candidates", "Opened", "Pairs", "open_sites"]

Search: TypeAlias = Literal["auto", "exact", "alternating"]
"""One integer program, or points and stations in turn with the bound of the relaxation; auto by size."""

EXACT_WAYS: Final = 6_000
"""Ways from a village over a point to a station up to which auto solves one program: seconds."""
_LARGE = float(np.finfo(np.float64).max)
_SHOWN = 20
"""Places named one by one in a report; the rest are counted."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Candidates:
    """Sites that may open.

    Parameters
    ----------
    fixed : array_like of float
        Cost of a day with the site open, yuan/day, shape (sites,).
    capacity : array_like of float or float
        Parcels a day, shape (sites,) or one number.
    per_parcel : array_like of float or float
        Cost of handling a parcel, yuan, shape (sites,) or one number.
    pinned : array_like of bool, optional
        Sites that are open in any case, such as those of today, shape (sites,).
    """

    fixed: npt.ArrayLike
    capacity: npt.ArrayLike = np.inf
    per_parcel: npt.ArrayLike = 0.0
    pinned: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Who may be served from where: only near pairs are listed.

    Parameters
    ----------
    start, end : array_like of int
        Positions of the served place and of the site, shape (pairs,).
    cost : array_like of float
        Of a village and its point: yuan a parcel (the walk's value). Of a point and its station: yuan a day
        for the van's stop.
    """

    start: npt.ArrayLike
    end: npt.ArrayLike
    cost: npt.ArrayLike


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Opened:
    """The chosen network.

    Parameters
    ----------
    stations, points : numpy.ndarray of int
        Positions of those open, rising.
    point_of : numpy.ndarray of int
        Point of each village, shape (villages,); -1 where it is not served.
    station_of : numpy.ndarray of int
        Station of each point, shape (points,); -1 where it is not open.
    station_load, point_load : numpy.ndarray of float
        Parcels a day, shape (stations,) and (points,).
    total, bound, gap : float
        Yuan a day, what no choice can go below, and (total - bound) / total.
    search : {"exact", "alternating"}
        How it was found.
    """

    stations: Ints
    points: Ints
    point_of: Ints
    station_of: Ints
    station_load: Floats
    point_load: Floats
    total: float
    bound: float
    gap: float
    search: Search


def open_sites(
    demand: npt.ArrayLike,
    *,
    points: Candidates,
    stations: Candidates,
    walks: Pairs,
    drives: Pairs,
    unserved: float | None = None,
    names: npt.ArrayLike | None = None,
    search: Search = "auto",
    seconds: float = 60.0,
    gap: float = 0.001,
    nodes: int | None = None,
) -> Opened:
    """Open stations and points so that every village is served at least cost.

    A village goes to one point near enough on foot, an open point to one open station near enough by van;
    capacities of both hold. The program has a row for every near pair (nobody at a closed point, no point
    at a closed station), the strong form whose linear relaxation is close to the best choice.

    Parameters
    ----------
    demand : array_like of float
        Parcels a day of each village, shape (villages,), 0 or more.
    points, stations : Candidates
        Sites that may open.
    walks, drives : Pairs
        Which villages can use which point, which points which station.
    unserved : float, optional
        Yuan that a parcel of an unserved village counts, 0 or more. Left out, every village must be served.
    names : array_like of str, optional
        Names of the villages for messages, shape (villages,).
    search : {"auto", "exact", "alternating"}
        How to search.
    seconds, gap : float
        Time limit of the search (a quarter for each alternating step; the relaxation is not counted), and
        relative gap at which the exact one may stop.
    nodes : int, optional
        Most nodes of each program's search. A time limit that is reached makes the answer depend on the
        machine; this one does not.

    Returns
    -------
    Opened
        With a bound; where several choices are best, which one comes back is the solver's.

    Raises
    ------
    DataError
        If a value is missing or negative, a pair's position does not exist, or a village that must be served
        has no point and station near enough; every such village is named with its position.
    TongquError
        If no choice keeps the capacities, or none was found in time.

    References
    ----------
    Balinski, M. L. (1965), Integer programming: methods, uses, computation, Management Science 12, 253-313
    (the strong form). Two levels: Tcha, D., Lee, B. (1984), A branch-and-bound algorithm for the multi-level
    uncapacitated facility location problem, European Journal of Operational Research 18, 35-43.

    Examples
    --------
    >>> found = open_sites(
    ...     [10, 4, 6],
    ...     points=Candidates(fixed=[5, 5, 5], capacity=12),
    ...     stations=Candidates(fixed=[40, 30]),
    ...     walks=Pairs([0, 1, 1, 2], [0, 0, 1, 2], [0, 0.2, 0, 0]),
    ...     drives=Pairs([0, 1, 2, 2], [0, 0, 0, 1], [3, 3, 9, 2]),
    ... )
    >>> found.stations.tolist(), found.points.tolist(), found.point_of.tolist(), round(found.total, 1)
    ([0], [0, 1, 2], [0, 1, 2], 70.0)
    """
    parcels = floats(np.ravel(demand), column="demand", low=0, high=_LARGE)
    upper, lower = _sites(stations, column="stations"), _sites(points, column="points")
    walk = _pairs(walks, column="walks", sizes=(len(parcels), len(lower.fixed)))
    drive = _pairs(drives, column="drives", sizes=(len(lower.fixed), len(upper.fixed)))
    if unserved is not None:
        floats([unserved], column="unserved", low=0, high=_LARGE)
    require(
        len(parcels) > 0, column="demand", rule="there is no village", mend="give the parcels of one or more"
    )
    if unserved is None:
        _require_reach(parcels, walk[:2], drive[0], names=names)
    model = Model(parcels, lower, upper, walk, drive, unserved)
    exact = search == "exact" or (search == "auto" and len(model.ways[0]) <= EXACT_WAYS)
    limits = Limits(seconds, gap, nodes)
    if exact:
        return _exactly(model, limits)
    relaxed = model.program().relax(model.cost(), lower=model.lower_bounds(), upper=1.0)
    found = model.alternate(relaxed.values, limits)
    if found is None:
        return _exactly(model, limits)
    return _opened(model, found, bound=relaxed.bound, search="alternating")


def _exactly(model: Model, limits: Limits) -> Opened:
    answer = model.program().solve(
        model.cost(),
        integer=model.integer(),
        lower=model.lower_bounds(),
        seconds=limits.seconds,
        gap=limits.gap,
        nodes=limits.nodes,
    )
    return _opened(model, model.choice(answer.values), bound=answer.bound, search="exact")


def _opened(model: Model, found: Choice, *, bound: float, search: Search) -> Opened:
    size, reached, used = len(model.points.fixed), found.point_of >= 0, found.station_of >= 0
    load = sums(found.point_of[reached], model.demand[reached], size=size)
    bound = min(bound, found.total)
    return Opened(
        stations=np.flatnonzero(found.opened).astype(np.int64),
        points=np.flatnonzero(used).astype(np.int64),
        point_of=found.point_of,
        station_of=found.station_of,
        station_load=sums(found.station_of[used], load[used], size=len(model.stations.fixed)),
        point_load=load,
        total=found.total,
        bound=bound,
        gap=(found.total - bound) / found.total if found.total > 0 else 0.0,
        search=search,
    )


def _sites(given: Candidates, *, column: str) -> Sites:
    fixed = floats(np.ravel(given.fixed), column=f"{column}.fixed", low=0, high=_LARGE)
    shape = fixed.shape
    held = np.zeros(shape, dtype=np.bool_) if given.pinned is None else np.asarray(given.pinned, np.bool_)
    require(
        held.shape == shape, column=f"{column}.pinned", rule="its shape is wrong", mend=f"give {shape} values"
    )
    return Sites(
        fixed,
        floats(np.broadcast_to(given.capacity, shape), column=f"{column}.capacity", low=0),
        floats(np.broadcast_to(given.per_parcel, shape), column=f"{column}.per_parcel", low=0, high=_LARGE),
        held,
    )


def _pairs(given: Pairs, *, column: str, sizes: tuple[int, int]) -> tuple[Ints, Ints, Floats]:
    start = positions(given.start, column=f"{column}.start", size=sizes[0])
    end = positions(given.end, column=f"{column}.end", size=sizes[1])
    cost = floats(np.broadcast_to(given.cost, start.shape), column=f"{column}.cost", low=0, high=_LARGE)
    fit = start.shape == end.shape
    require(fit, column=column, rule="start and end differ in length", mend="give one of each for every pair")
    return start, end, cost


def _require_reach(
    demand: Floats, walk: tuple[Ints, Ints], driven: Ints, *, names: npt.ArrayLike | None
) -> None:
    """A DataError that names every village with parcels but no usable point."""
    usable = np.isin(walk[1], driven)
    served = np.zeros(len(demand), dtype=np.bool_)
    served[walk[0][usable]] = True
    lost = np.flatnonzero(~served & (demand > 0))
    labels = np.arange(len(demand)).astype(str) if names is None else np.asarray(names, dtype=str)
    problems = [
        Problem(
            rule="a village with parcels that no point and station can serve",
            mend="add a road or a candidate point near it, widen the limits, or let it be unserved",
            column="walks",
            value=f"{labels[spot]} (position {spot})",
        )
        for spot in lost[:_SHOWN]
    ]
    if len(lost) > _SHOWN:
        more = f"{len(lost) - _SHOWN} more villages break this rule: mend them in the same way"
        problems.append(Problem(rule=problems[0].rule, mend=more, column="walks"))
    if problems:
        raise DataError(problems)
