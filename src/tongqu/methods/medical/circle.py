"""The medical circle by tier and time of day, what roads and facilities add, and telemedicine beside it.

People are inside a tier's circle when a site of that tier that is open is within its limit. Being reached by
a screen is counted on its own and never makes anyone be inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods._arrays import Bools, Floats, Ints, floats, positions, require
from tongqu.methods.network import Network
from tongqu.methods.reach import Times
from tongqu.methods.travel import within
from tongqu.methods.what_if import Change, score_changes, standing

__all__ = ["Circle", "CircleTier", "Gains", "Remote", "circle_by_time", "circle_gains", "remote_reach"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CircleTier:
    """One tier of the circle.

    Parameters
    ----------
    name : str
        Its name, once among the tiers.
    times : Times
        Minutes from places to the sites of this tier, at the speed that a factor of 1 stands for.
    limit : float
        Minutes within which a site counts.
    speed : array_like of float
        Speed over that of `times`, one number or shape (periods,), above 0: 1 for walking at any hour.
    open : array_like of bool
        Whether each site is open, True for all or shape (sites, periods).
    """

    name: str
    times: Times
    limit: float
    speed: npt.ArrayLike = 1.0
    open: npt.ArrayLike = True


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Circle:
    """Who is inside which tier when.

    Parameters
    ----------
    names : tuple of str
        Tiers.
    minutes : numpy.ndarray of float
        Minutes to the nearest open site, shape (tiers, periods, places); inf where none was within reach.
    nearest : numpy.ndarray of int
        That site, position in its tier, -1 where none, shape (tiers, periods, places).
    inside : numpy.ndarray of bool
        Whether it is within the limit, shape (tiers, periods, places).
    people : numpy.ndarray of float
        People inside, shape (tiers, periods).
    share : numpy.ndarray of float
        The same over all people, shape (tiers, periods).
    of_day : numpy.ndarray of float
        Mean share over the hours of the day, shape (tiers,).
    always, never : numpy.ndarray of float
        People inside in every period, and in none, shape (tiers,).
    """

    names: tuple[str, ...]
    minutes: Floats
    nearest: Ints
    inside: Bools
    people: Floats
    share: Floats
    of_day: Floats
    always: Floats
    never: Floats


def circle_by_time(tiers: Sequence[CircleTier], people: npt.ArrayLike, *, hours: npt.ArrayLike) -> Circle:
    """People inside the circle of each tier in each period of the day.

    Parameters
    ----------
    tiers : sequence of CircleTier
        The tiers. A site of a higher tier that also serves as a lower one belongs into the times of both.
    people : array_like of float
        People of each place, shape (places,).
    hours : array_like of float
        Length of each period, above 0, shape (periods,).

    Returns
    -------
    Circle

    Raises
    ------
    DataError
        If there is no tier, a name comes twice, a value is missing or out of range, or shapes do not fit.

    Examples
    --------
    A clinic that is closed at night, and a hospital that is quicker to reach then:

    >>> from tongqu.methods.reach import times_from_matrix
    >>> clinic = CircleTier(
    ...     name="clinic", times=times_from_matrix([[10], [40]]), limit=30, open=[[True, False]]
    ... )
    >>> hospital = CircleTier(
    ...     name="hospital", times=times_from_matrix([[18], [22]]), limit=20, speed=[1, 1.2]
    ... )
    >>> found = circle_by_time([clinic, hospital], [300, 100], hours=[16, 8])
    >>> found.people
    array([[300.,   0.],
           [300., 400.]])
    >>> found.never, found.of_day.round(3)
    (array([100.,   0.]), array([0.5  , 0.833]))
    """
    require(len(tiers) > 0, column="tiers", rule="there is none", mend="give one tier or more")
    names = tuple(tier.name for tier in tiers)
    once = len(set(names)) == len(names)
    require(once, column="tiers", rule="a name comes twice", mend="give each tier its own name")
    count = floats(people, column="people", low=0, high=_LARGE)
    length = floats(hours, column="hours", low=1e-9, high=_LARGE)
    alike = all(tier.times.origins == count.size for tier in tiers)
    require(
        alike,
        column="people",
        rule="the tiers have travel times of other places",
        mend="give the times of the same places, in the same order, for every tier",
    )
    found = [_nearest_open(tier, periods=length.size) for tier in tiers]
    minutes, nearest = np.stack([one for one, _ in found]), np.stack([two for _, two in found])
    inside = np.stack([within(one, tier.limit) for one, tier in zip(minutes, tiers, strict=True)])
    whole = float(count.sum())
    share = (inside @ count) / whole if whole > 0 else np.full(inside.shape[:2], np.nan)
    return Circle(
        names=names,
        minutes=minutes,
        nearest=nearest,
        inside=inside,
        people=inside @ count,
        share=share,
        of_day=share @ length / length.sum(),
        always=inside.all(axis=1) @ count,
        never=(~inside).all(axis=1) @ count,
    )


def _nearest_open(tier: CircleTier, *, periods: int) -> tuple[Floats, Ints]:
    """Minutes to the nearest open site and its position, shapes (periods, places)."""
    times = tier.times
    floats([tier.limit], column="limit", low=0)
    speed = floats(tier.speed, column="speed", low=1e-6, high=_LARGE)
    opened = np.asarray(tier.open, dtype=np.bool_)
    fits = speed.shape in {(), (periods,)} and opened.shape in {(), (times.sites, periods)}
    require(
        fits,
        column=tier.name,
        rule="shapes do not fit",
        mend="give one speed a period, and one row a site and one column a period of what is open",
    )
    factor = np.broadcast_to(speed, (periods,))
    is_open = np.broadcast_to(opened, (times.sites, periods))
    minutes = np.full((periods, times.origins), np.inf)
    site = np.full((periods, times.origins), -1, dtype=np.int64)
    for at in range(periods):
        kept = np.flatnonzero(is_open[times.site, at])
        order = kept[np.lexsort((times.site[kept], times.minutes[kept], times.origin[kept]))]
        place, first = np.unique(times.origin[order], return_index=True)
        minutes[at, place] = times.minutes[order[first]] / factor[at]
        site[at, place] = times.site[order[first]]
    return minutes, site


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """People that roads and facilities bring inside, alone and together.

    Parameters
    ----------
    alone : pandas.DataFrame
        ``change`` (position among roads, then facilities), ``places``, ``people`` that it brings inside.
    pairs : pandas.DataFrame
        ``road, facility`` (positions in their own lists), ``road_people, facility_people`` alone, ``people``
        both together, and ``interaction``: together less the sum of both alone. Above 0 the pair brings
        people inside whom neither brings; below 0 they serve the same. Pairs with 0 are left out.
    """

    alone: pd.DataFrame
    pairs: pd.DataFrame


def circle_gains(
    network: Network,
    *,
    sites: npt.ArrayLike,
    origins: npt.ArrayLike,
    people: npt.ArrayLike,
    roads: Sequence[Change],
    facilities: npt.ArrayLike,
    limit: float,
) -> Gains:
    """What each road and each facility adds to the circle, and how pairs of them act together.

    Parameters
    ----------
    network : Network
        Roads in minutes, at the speed of the time of day that is asked for.
    sites : array_like of int
        Node positions of the sites of today, shape (sites,).
    origins : array_like of int
        Node positions of places, shape (places,).
    people : array_like of float
        People of each place, shape (places,).
    roads : sequence of Change
        Roads that may be built, with links only.
    facilities : array_like of int
        Node positions of the facilities that may open, shape (facilities,).
    limit : float
        Minutes of the circle.

    Returns
    -------
    Gains

    Raises
    ------
    DataError
        If a position is outside, a value is missing or negative, or a link would become slower.

    Examples
    --------
    A road and a clinic that only together bring the 80 people of the first place within 15 minutes:

    >>> from tongqu.methods.network import build_network
    >>> road = build_network([1, 2, 3], start=[1, 2], end=[2, 3], minutes=[20, 15])
    >>> faster = Change(links=np.array([0]), minutes=np.array([12.0]))
    >>> found = circle_gains(
    ...     road, sites=[2], origins=[0, 1], people=[80, 50], roads=[faster], facilities=[1], limit=15
    ... )
    >>> found.pairs[["people", "interaction"]].to_numpy().tolist()
    [[80.0, 80.0]]
    """
    homes = positions(origins, column="origins", size=len(network.nodes))
    spots = positions(facilities, column="facilities", size=len(network.nodes))
    count = floats(people, column="people", low=0, high=_LARGE)
    same = count.shape == homes.shape
    require(same, column="people", rule="shapes do not fit", mend="give one number for each place")
    changes = [*roads, *(Change(sites=np.array([spot])) for spot in spots)]
    found = score_changes(standing(network, targets=sites, limit=limit), changes, origins=homes)
    single = found.singles.assign(people=count[found.singles["origin"].to_numpy()])
    alone = single.groupby("change").agg(places=("origin", "size"), people=("people", "sum"))
    alone = alone.reindex(range(len(changes)), fill_value=0).rename_axis("change").reset_index()
    alone["people"] = alone["people"].astype("float64")
    return Gains(
        alone, _pairs(found.pairs, single, alone["people"].to_numpy(), count=count, roads=len(roads))
    )


def _pairs(
    extra: pd.DataFrame, single: pd.DataFrame, alone: Floats, *, count: Floats, roads: int
) -> pd.DataFrame:
    """Pairs of a road and a facility whose gains do not simply add up."""
    mixed = extra[(extra["first"] < roads) & (extra["second"] >= roads)]
    more = mixed.assign(people=count[mixed["origin"].to_numpy()]).groupby(["first", "second"])["people"].sum()
    mine, theirs = single[single["change"] < roads], single[single["change"] >= roads]
    both = mine.merge(theirs[["origin", "change"]], on="origin", suffixes=("", "_facility"))
    twice = both.groupby(["change", "change_facility"])["people"].sum().rename_axis(["first", "second"])
    off = more.sub(twice, fill_value=0.0)
    off = off[off != 0]
    road = off.index.get_level_values(0).to_numpy(dtype=np.int64)
    facility = off.index.get_level_values(1).to_numpy(dtype=np.int64)
    made = pd.DataFrame(
        {
            "road": road,
            "facility": facility - roads,
            "road_people": alone[road],
            "facility_people": alone[facility],
            "people": alone[road] + alone[facility] + off.to_numpy(dtype=np.float64),
            "interaction": off.to_numpy(dtype=np.float64),
        }
    )
    return made.sort_values("interaction", ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True, slots=True, eq=False)
class Remote:
    """Places whose patients can see a doctor on a screen near home.

    Parameters
    ----------
    within : numpy.ndarray of bool
        A site with network is within the limit, shape (places,).
    unknown : numpy.ndarray of bool
        None is known to have network, but one of unknown network is within the limit, shape (places,).
    site : numpy.ndarray of int
        The nearest site with network within the limit, -1 where none, shape (places,).
    people, unknown_people : float
        People of those places.
    beyond_people : float
        People within who are beyond the circle: still beyond, with a doctor on a screen.
    """

    within: Bools
    unknown: Bools
    site: Ints
    people: float
    unknown_people: float
    beyond_people: float


def remote_reach(
    times: Times,
    people: npt.ArrayLike,
    *,
    limit: float,
    connected: npt.ArrayLike,
    inside: npt.ArrayLike,
) -> Remote:
    """People with a teleconsultation within reach: a clinic with network within a walk.

    Parameters
    ----------
    times : Times
        Minutes from places to clinics.
    people : array_like of float
        People of each place, shape (places,).
    limit : float
        Minutes within which a clinic counts.
    connected : array_like of float
        1 where a clinic has network, 0 where not, nan where that is unknown, shape (sites,).
    inside : array_like of bool
        Whether each place is inside the circle that the consultation stands in for, shape (places,).

    Returns
    -------
    Remote

    Raises
    ------
    DataError
        If a value is outside its range, or shapes do not fit.

    Examples
    --------
    >>> from tongqu.methods.reach import times_from_matrix
    >>> walk = times_from_matrix([[5, 60], [20, 70], [60, 10]])
    >>> found = remote_reach(
    ...     walk, [30, 40, 50], limit=30, connected=[1, float("nan")], inside=[True, False, False]
    ... )
    >>> found.people, found.unknown_people, found.beyond_people
    (70.0, 50.0, 40.0)
    """
    count = times.at_origins(people, column="people")
    net = np.asarray(connected, dtype=np.float64)
    known = np.nan_to_num(net, nan=0.0)
    good = net.shape == (times.sites,) and bool(np.isin(known, (0.0, 1.0)).all())
    require(good, column="connected", rule="it is not 0, 1 or missing", mend="give one value for each site")
    in_circle = np.asarray(inside, dtype=np.bool_)
    fits = in_circle.shape == count.shape
    require(fits, column="inside", rule="shapes do not fit", mend="give one value for each place")
    near = times.upto(limit)
    sure = near.by_origin(known[near.site]) > 0
    maybe = (near.by_origin(np.isnan(net)[near.site].astype(np.float64)) > 0) & ~sure
    kept = known[near.site] > 0
    order = np.lexsort((near.site[kept], near.minutes[kept], near.origin[kept]))
    place, first = np.unique(near.origin[kept][order], return_index=True)
    site = np.full(times.origins, -1, dtype=np.int64)
    site[place] = near.site[kept][order[first]]
    return Remote(
        within=sure,
        unknown=maybe,
        site=site,
        people=float(count[sure].sum()),
        unknown_people=float(count[maybe].sum()),
        beyond_people=float(count[sure & ~in_circle].sum()),
    )
