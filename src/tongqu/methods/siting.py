"""Where plants, parks and cold stores go: near supply, labour and good roads, on minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.chain.pieces import Curve, capacity_returns
from tongqu.methods.settlement.location import Level, Search, locate_levels

__all__ = ["Sites", "haul_returns", "labour_within", "site_plants"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sites:
    """Chosen sites and what goes to them.

    Parameters
    ----------
    sites : numpy.ndarray of int
        Chosen candidates, positions, those with the most supply first, shape (sites,).
    nearest : numpy.ndarray of int
        Chosen candidate that each place of supply goes to, shape (places,); -1 where none is in reach.
    minutes : numpy.ndarray of float
        Real minutes to it, without penalty, shape (places,); inf where none is in reach.
    supply : numpy.ndarray of float
        t a year that go to each site, shape (sites,).
    tonne_minutes : float
        Sum of supply in reach times minutes.
    cost, bound : float
        Tonne-minutes with penalties and with `far` for supply out of reach, and a number that no choice can
        go below.
    gap : float
        (cost - bound) / cost; 0 where the choice is proven best.
    """

    sites: Ints
    nearest: Ints
    minutes: Floats
    supply: Floats
    tonne_minutes: float
    cost: float
    bound: float
    gap: float


def labour_within(minutes: npt.ArrayLike, workers: npt.ArrayLike, *, limit: float) -> Floats:
    """Workers who live within so many minutes of each candidate.

    Parameters
    ----------
    minutes : array_like of float
        From each place to each candidate, shape (places, candidates); inf where there is no way.
    workers : array_like of float
        Of each place, persons, shape (places,).
    limit : float
        Minutes of a way to work.

    Returns
    -------
    numpy.ndarray of float
        Persons, shape (candidates,).

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes do not fit.

    Examples
    --------
    >>> labour_within([[5, 50], [40, 10]], [100, 30], limit=45).tolist()
    [130.0, 30.0]
    """
    time, heads = _table(minutes, workers, column="workers")
    near: Floats = heads @ (time <= limit)
    return near


def site_plants(
    minutes: npt.ArrayLike,
    supply: npt.ArrayLike,
    *,
    count: int,
    labour: npt.ArrayLike | None = None,
    labour_minutes: float = 0.0,
    road_minutes: npt.ArrayLike = 0.0,
    pinned: tuple[int, ...] = (),
    far: float = 240.0,
    search: Search = "auto",
) -> Sites:
    """The best places for plants: least tonne-minutes of supply, with worse labour and roads as minutes.

    A candidate without labour counts as `labour_minutes` farther from all supply than the one with most, and
    those between in proportion; a candidate on a lesser road as `road_minutes` farther. The choice itself is
    the p-median of `tongqu.methods.settlement.locate_levels` on these minutes.

    Parameters
    ----------
    minutes : array_like of float
        From each place of supply to each candidate, shape (places, candidates); inf where there is no way.
    supply : array_like of float
        t a year of each place, shape (places,), not all 0.
    count : int
        Plants.
    labour : array_like of float, optional
        Workers in reach of each candidate, see `labour_within`, shape (candidates,).
    labour_minutes : float
        What no labour at all counts, in minutes.
    road_minutes : array_like of float
        What the road of each candidate counts, in minutes, shape (candidates,) or one for all.
    pinned : tuple of int
        Candidates that hold a plant in any case, positions.
    far : float
        Minutes that supply out of reach counts; longer ways count as that too.
    search : {"auto", "exact", "interchange"}
        As in `locate_levels`.

    Returns
    -------
    Sites

    Raises
    ------
    DataError
        If a value is missing or negative, shapes do not fit, there is no supply, or counts and pinned
        candidates exclude one another.

    References
    ----------
    Weber, A. (1909), Ueber den Standort der Industrien: haulage, then labour. Hakimi, S. L. (1964),
    Operations Research 12, 450-459.

    Examples
    --------
    >>> minutes = [[0, 30], [20, 10], [40, 0]]
    >>> site_plants(minutes, [9, 5, 4], count=1).sites.tolist()
    [0]
    >>> site_plants(minutes, [9, 5, 4], count=1, labour=[0, 900], labour_minutes=20).sites.tolist()
    [1]
    """
    time, tonnes = _table(minutes, supply, column="supply")
    require(tonnes.sum() > 0, column="supply", rule="there is none", mend="give tonnes above 0")
    counted = time + _penalty(labour, labour_minutes, road_minutes, size=time.shape[1])
    found = locate_levels(
        counted, tonnes, levels=[Level("plant", count, pinned=pinned)], far=far, search=search
    )
    nearest = found.nearest[0]
    reached = nearest >= 0
    ride = np.where(reached, time[np.arange(len(time)), np.maximum(nearest, 0)], np.inf)
    chosen = found.sites(0)
    sent = np.zeros(time.shape[1])
    np.add.at(sent, nearest[reached], tonnes[reached])
    taken = sent[chosen]
    order = np.argsort(-taken, kind="stable")
    return Sites(
        sites=chosen[order],
        nearest=nearest,
        minutes=ride,
        supply=taken[order],
        tonne_minutes=float((tonnes * np.where(reached, ride, 0.0)).sum()),
        cost=found.total,
        bound=found.bound,
        gap=found.gap,
    )


def haul_returns(
    minutes: npt.ArrayLike, supply: npt.ArrayLike, *, margin: float, per_tonne_minute: float
) -> Curve:
    """What the capacity of a plant brings: supply in rings of rising minutes, less haulage.

    Parameters
    ----------
    minutes : array_like of float
        To the plant from each place, shape (places,); inf where there is no way.
    supply : array_like of float
        t a year of each place, shape (places,).
    margin : float
        What a tonne brings at the plant, 元.
    per_tonne_minute : float
        Haulage, 元 a tonne and minute, both ways together; 0 or more.

    Returns
    -------
    Curve
        Of capacity in t a year, in 元 a year; supply whose haulage eats the margin is not taken.

    Raises
    ------
    DataError
        If a value is missing or negative, or shapes differ.

    Examples
    --------
    >>> curve = haul_returns([10, 60, 500], [5, 8, 3], margin=100, per_tonne_minute=0.5)
    >>> curve.capacity.tolist(), curve.value.tolist()
    ([0.0, 5.0, 13.0], [0.0, 475.0, 1035.0])
    """
    time = floats(minutes, column="minutes", low=0)
    tonnes = floats(supply, column="supply", low=0, high=_LARGE)
    fits = time.ndim == 1 and time.shape == tonnes.shape
    require(fits, column="supply", rule="shapes differ", mend="give one value for each place")
    rate = floats(per_tonne_minute, column="per_tonne_minute", low=0, high=_LARGE)
    near = np.isfinite(time)
    worth = np.full(time.shape, -1.0)
    worth[near] = margin - rate * time[near]
    return capacity_returns(tonnes, worth)


def _penalty(
    labour: npt.ArrayLike | None, labour_minutes: float, road_minutes: npt.ArrayLike, *, size: int
) -> Floats:
    road = floats(road_minutes, column="road_minutes", low=0, high=_LARGE)
    require(road.shape in ((), (size,)), column="road_minutes", rule="its shape is wrong", mend="one each")
    whole = np.broadcast_to(road, (size,)).astype(np.float64)
    if labour is None:
        return whole
    heads = floats(labour, column="labour", low=0, high=_LARGE)
    require(heads.shape == (size,), column="labour", rule="its shape is wrong", mend="one each")
    most = float(heads.max(initial=0.0))
    lacking = 1 - heads / most if most > 0 else np.zeros(size)
    return whole + floats(labour_minutes, column="labour_minutes", low=0, high=_LARGE) * lacking


def _table(minutes: npt.ArrayLike, amounts: npt.ArrayLike, *, column: str) -> tuple[Floats, Floats]:
    time = floats(minutes, column="minutes", low=0)
    amount = floats(amounts, column=column, low=0, high=_LARGE)
    fits = time.ndim == 2 and time.size > 0 and amount.shape == time.shape[:1]
    require(fits, column=column, rule="shapes do not fit", mend="give one row of minutes for each place")
    return time, amount
