"""Tiers of a service, each with its own sites, reach and demand, and how far all of them together go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.reach.floating import Floating, Variant, floating
from tongqu.methods.reach.impedance import Impedance
from tongqu.methods.reach.times import Times

__all__ = ["Tier", "Tiered", "tiered"]


@dataclass(frozen=True, slots=True, eq=False)
class Tier:
    """One tier: village clinic, township hospital, county hospital.

    Parameters
    ----------
    name : str
        Name, once among the tiers.
    supply : numpy.ndarray of float
        What each site offers in this tier, shape (sites,); 0 where a site is not of this tier, and a site
        may be of several.
    demand : numpy.ndarray of float
        What a person of each group asks of this tier, in the unit of `supply`, shape (groups,): say
        visits a year by age group.
    impedance : Impedance
        Weight of a travel time in this tier.
    limit : float
        Minutes beyond which a site of this tier is not in the catchment.
    enough : float
        Supply for each unit of demand that counts as enough, above 0.
    weight : float
        Weight of this tier in the combined share, 0 or more.
    """

    name: str
    supply: Floats
    demand: Floats
    impedance: Impedance
    limit: float = np.inf
    enough: float = 1.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Tiered:
    """How far each tier and all tiers together go.

    Parameters
    ----------
    names : tuple of str
        Names of the tiers.
    tiers : tuple of Floating
        Supply per unit of demand by tier; its `places` count supply.
    met : numpy.ndarray of float
        Supply over what counts as enough, at most 1, shape (tiers, origins).
    combined : numpy.ndarray of float
        Weighted mean of `met` over the tiers, shape (origins,), in [0, 1].
    weakest : numpy.ndarray of int
        Position of the tier that is met least, the first of equals, shape (origins,).
    """

    names: tuple[str, ...]
    tiers: tuple[Floating, ...]
    met: Floats
    combined: Floats
    weakest: npt.NDArray[np.int64]


def tiered(times: Times, people: npt.ArrayLike, *, tiers: Sequence[Tier], variant: Variant) -> Tiered:
    """Floating catchments tier by tier, and their combined share.

    Only sites with supply in a tier attract its demand.

    Parameters
    ----------
    times : Times
        Travel times to the sites of all tiers.
    people : array_like of float
        People of each origin and group, shape (origins, groups), or (origins,) for one group.
    tiers : sequence of Tier
        The tiers.
    variant : Variant
        The formula, as in `floating`.

    Returns
    -------
    Tiered
        By tier, and combined.

    Raises
    ------
    DataError
        If there is no tier, a name comes twice, all weights are 0, a shape is wrong, or a value is missing
        or negative.

    References
    ----------
    Tao Z., Cheng Y. (2016), Research progress of the two-step floating catchment area method and extensions,
    Progress in Geography 35 (5), 589-599: catchments of a size of their own by kind of site.

    Examples
    --------
    >>> from tongqu.methods.reach import Within, times_from_matrix
    >>> clinic = Tier("clinic", np.array([90.0, 0.0]), np.array([1.0, 3.0]), Within(15))
    >>> hospital = Tier("hospital", np.array([0.0, 20.0]), np.array([0.1, 0.3]), Within(60))
    >>> found = tiered(
    ...     times_from_matrix([[5, 50], [20, 10]]),
    ...     [[30, 20], [40, 10]],
    ...     tiers=[clinic, hospital],
    ...     variant="2SFCA",
    ... )
    >>> found.met, found.combined
    (array([[1., 0.],
           [1., 1.]]), array([1. , 0.5]))
    """
    _check(tiers)
    groups = floats(people, column="people", low=0, high=np.finfo(np.float64).max)
    groups = groups[:, np.newaxis] if groups.ndim == 1 else groups
    found = tuple(_one(times, groups, tier=tier, variant=variant) for tier in tiers)
    enough = np.array([tier.enough for tier in tiers])[:, np.newaxis]
    met = np.minimum(np.stack([tier.per_person for tier in found]) / enough, 1.0)
    weight = np.array([tier.weight for tier in tiers])
    combined = np.asarray(weight @ met / weight.sum())
    return Tiered(tuple(tier.name for tier in tiers), found, met, combined, met.argmin(axis=0))


def _check(tiers: Sequence[Tier]) -> None:
    require(len(tiers) > 0, column="tiers", rule="there is none", mend="give one tier or more")
    names = [tier.name for tier in tiers]
    once = len(set(names)) == len(names)
    require(once, column="tiers", rule="a name comes twice", mend="give each tier its own name")
    weight = floats([tier.weight for tier in tiers], column="weight", low=0, high=np.finfo(np.float64).max)
    require(bool(weight.sum() > 0), column="weight", rule="all are 0", mend="give one weight above 0")
    enough = floats([tier.enough for tier in tiers], column="enough", low=0, high=np.finfo(np.float64).max)
    require(bool((enough > 0).all()), column="enough", rule="one is 0", mend="give numbers above 0")


def _one(times: Times, groups: Floats, *, tier: Tier, variant: Variant) -> Floating:
    rate = floats(tier.demand, column="demand", low=0, high=np.finfo(np.float64).max)
    fits = groups.ndim == 2 and rate.shape == (groups.shape[1],)
    require(
        fits,
        column="demand",
        rule=f"tier {tier.name}: shapes {rate.shape} and {groups.shape} do not fit",
        mend="give one rate for each group of people",
    )
    amount = times.at_sites(tier.supply, column="supply")
    of_tier = amount[times.site] > 0
    own = Times(
        times.origin[of_tier], times.site[of_tier], times.minutes[of_tier], times.origins, times.sites
    )
    return floating(
        own,
        groups @ rate,
        supply=amount,
        variant=variant,
        impedance=tier.impedance,
        limit=tier.limit,
    )
