"""Floating catchments: supply per person where catchments overlap and people compete for places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, require
from tongqu.methods.reach.impedance import Impedance, Within
from tongqu.methods.reach.times import Times

__all__ = ["CONSERVING", "Floating", "Variant", "floating"]

Variant: TypeAlias = Literal["2SFCA", "E2SFCA", "M2SFCA", "3SFCA", "balanced", "availability"]
"""How demand and supply meet; every result names it."""

CONSERVING: Final[frozenset[Variant]] = frozenset({"2SFCA", "E2SFCA", "3SFCA", "availability"})
"""Variants in which the people's shares add up to all the supply that anyone reaches."""

_LEAST_DEMAND: Final = 1e-200
"""Weighted people below which a site counts as reached by nobody; keeps supply per person finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Floating:
    """Supply per person by a floating catchment, and how it was made.

    Parameters
    ----------
    variant : Variant
        The formula.
    impedance : Impedance
        The impedance with its parameters.
    limit : float
        Minutes beyond which pairs did not count; inf when the impedance alone decides.
    alpha : float
        Exponent of the people, 1 but for availability.
    per_person : numpy.ndarray of float
        Supply per person at each origin, shape (origins,), also where nobody lives; 0 where nothing is in
        reach; NaN where nobody lives and alpha is below 1.
    places : numpy.ndarray of float
        Supply that falls to the people of each origin, shape (origins,).
    demand : numpy.ndarray of float
        People that each site is counted on by, weighted as the variant says, shape (sites,).
    unused : float
        Supply at sites that nobody reaches.
    beyond : float
        People of origins that reach no supply.
    """

    variant: Variant
    impedance: Impedance
    limit: float
    alpha: float
    per_person: Floats
    places: Floats
    demand: Floats
    unused: float
    beyond: float


def floating(
    times: Times,
    people: npt.ArrayLike,
    *,
    supply: npt.ArrayLike,
    variant: Variant,
    impedance: Impedance,
    limit: float = np.inf,
    alpha: float = 1.0,
) -> Floating:
    """Supply per person by a floating catchment.

    Step one gives each site its demand D_j = sum_i u_ij P_i, step two each origin A_i = sum_j v_ij S_j / D_j.
    With f the impedance, g_ij = f_ij / sum_j f_ij and h_ij = f_ij / sum_i f_ij:

    - 2SFCA: u = v = f, where f is 1 within the limit and 0 beyond;
    - E2SFCA: u = v = f;
    - M2SFCA: u = f, v = f^2, so that supply far from everybody is worth less;
    - 3SFCA: u = v = g f, so that a site with rivals nearby is asked for less;
    - balanced: u = g, v = h, so that everybody is counted once and every ratio is handed out once;
    - availability: origin i is given the part f_ij P_i^alpha / sum_k f_kj P_k^alpha of each supply.

    Parameters
    ----------
    times : Times
        Travel times. All sites listed attract people, also those without supply: leave them out before.
    people : array_like of float
        People (demand) of each origin, shape (origins,), 0 or more.
    supply : array_like of float
        What each site offers (doctors, beds, places), shape (sites,), 0 or more.
    variant : {"2SFCA", "E2SFCA", "M2SFCA", "3SFCA", "balanced", "availability"}
        The formula.
    impedance : Impedance
        Weight of a travel time; `Within` for 2SFCA.
    limit : float
        Minutes beyond which a site is not in the catchment whatever the impedance.
    alpha : float
        For availability: exponent of the people, above 0; below 1 small places get more a head.

    Returns
    -------
    Floating
        Supply per person, what falls to each origin, and who and what is left out.

    Raises
    ------
    DataError
        If a value is missing, negative or infinite, a shape is wrong, or the impedance or alpha does not
        fit the variant.

    References
    ----------
    2SFCA: Luo, W., Wang, F. (2003), Environment and Planning B 30, 865-884. E2SFCA: Luo, W., Qi, Y. (2009),
    Health & Place 15, 1100-1107. M2SFCA: Delamater, P. L. (2013), Health & Place 24, 30-43. 3SFCA: Wan, N.,
    Zou, B., Sternberg, T. (2012), International Journal of Geographical Information Science 26, 1073-1089.
    Balanced: Paez, A., Higgins, C. D., Vivona, S. F. (2019), PLOS ONE 14 (6), e0218773. Availability:
    Soukhov, A., Paez, A., Higgins, C. D., Mohamed, M. (2023), PLOS ONE 18 (1), e0278468.

    Examples
    --------
    >>> from tongqu.methods.reach import Within, times_from_matrix
    >>> found = floating(
    ...     times_from_matrix([[5, 50], [20, 10]]),
    ...     [600, 400],
    ...     supply=[10, 4],
    ...     variant="2SFCA",
    ...     impedance=Within(30),
    ... )
    >>> found.per_person, found.places
    (array([0.01, 0.02]), array([6., 8.]))
    """
    _check(variant, impedance=impedance, alpha=alpha)
    heads = times.at_origins(people, column="people")
    amount = times.at_sites(supply, column="supply")
    near = times.upto(limit)
    f = impedance(near.minutes)
    ask, give = _weights(near, f, variant=variant)
    weighted = heads**alpha
    demand = near.by_site(ask * weighted[near.origin])
    reached = demand > _LEAST_DEMAND
    ratio = np.divide(amount, demand, out=np.zeros(times.sites), where=reached)
    per_person = near.by_origin(give * ratio[near.site])
    if alpha != 1:
        per_person = _per_head(per_person * weighted, heads=heads, alpha=alpha)
    has = near.by_origin(np.minimum(f, amount[near.site])) > 0
    return Floating(
        variant=variant,
        impedance=impedance,
        limit=limit,
        alpha=alpha,
        per_person=per_person,
        places=np.where(heads > 0, heads * np.nan_to_num(per_person), 0.0),
        demand=demand,
        unused=float(amount[~reached].sum()),
        beyond=float(heads[~has].sum()),
    )


def _check(variant: Variant, *, impedance: Impedance, alpha: float) -> None:
    known = variant in get_args(Variant)
    names = ", ".join(get_args(Variant))
    require(known, column="variant", rule=f"{variant} is unknown", mend=f"give one of {names}")
    fits = variant != "2SFCA" or isinstance(impedance, Within)
    require(
        fits,
        column="impedance",
        rule="2SFCA knows only within and beyond",
        mend="give Within, or choose the variant E2SFCA",
    )
    require(
        bool(0 < alpha < np.inf) and (alpha == 1 or variant == "availability"),
        column="alpha",
        rule=f"{alpha:g} does not fit the variant {variant}",
        mend="give 1, or for availability a finite number above 0",
    )


def _weights(near: Times, f: Floats, *, variant: Variant) -> tuple[Floats, Floats]:
    """Weight of each pair in the demand of its site, and in what its origin is given."""
    if variant in ("2SFCA", "E2SFCA", "availability"):
        return f, f
    if variant == "M2SFCA":
        return f, f * f
    among_sites = _share(f, near.by_origin(f)[near.origin])
    if variant == "3SFCA":
        both = among_sites * f
        return both, both
    return among_sites, _share(f, near.by_site(f)[near.site])


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.zeros(part.size), where=whole > 0))


def _per_head(places: Floats, *, heads: Floats, alpha: float) -> Floats:
    empty = 0.0 if alpha > 1 else np.nan
    return np.asarray(np.divide(places, heads, out=np.full(heads.size, empty), where=heads > 0))
