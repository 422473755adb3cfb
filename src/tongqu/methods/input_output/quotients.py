"""Location quotients: how much of what its sectors need a place can make itself."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["DELTA", "Quotient", "cilq", "size_factor", "slq", "trade_coefficients"]

Quotient: TypeAlias = Literal["SLQ", "CILQ", "FLQ", "AFLQ"]
"""Simple, cross-industry, Flegg's, and Flegg's augmented location quotient."""

DELTA: Final = 0.3
"""Flegg's exponent. Published estimates lie between 0.2 and 0.4 (Flegg and Tohmo 2013: 0.25 +- 0.05 for
Finnish regions; Bonfiglio and Chelli 2008: 0.3 to 0.4); it must be judged for each country."""
_LARGE: Final = float(np.finfo(np.float64).max)


def _amounts(place: npt.ArrayLike, parent: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Jobs (or output) of the place and of its parent; the place may not have a sector that it lacks."""
    mine = floats(place, column="place", low=0, high=_LARGE)
    whole = floats(parent, column="parent", low=0, high=_LARGE)
    fits = mine.shape[-1:] == whole.shape[-1:]
    require(fits, column="place", rule="other sectors than the parent", mend="give one value for each sector")
    absent = bool(((mine > 0) & (whole <= 0)).any())
    mend = "put the sector together with another one"
    require(not absent, column="parent", rule="it lacks a sector that the place has", mend=mend)
    peopled = bool((mine.sum(axis=-1) > 0).all() and (whole.sum(axis=-1) > 0).all())
    require(peopled, column="place", rule="all values are 0", mend="give the jobs of each sector")
    return mine, whole


def slq(place: npt.ArrayLike, parent: npt.ArrayLike) -> Floats:
    """Simple location quotient: a sector's share in the place over its share in the parent.

    Parameters
    ----------
    place, parent : array_like of float
        Jobs or output by sector, shapes (..., n); units cancel out.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n), 0 or more; 0 where the parent has nothing either.

    Raises
    ------
    DataError
        If a value is negative or missing, all are 0, or the place has a sector that its parent lacks.

    Examples
    --------
    >>> slq([30, 10], [100, 100])
    array([1.5, 0.5])
    """
    mine, whole = _amounts(place, parent)
    share = mine / mine.sum(axis=-1, keepdims=True)
    usual = whole / whole.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(usual > 0, share / np.where(usual > 0, usual, 1.0), 0.0))


def cilq(place: npt.ArrayLike, parent: npt.ArrayLike) -> Floats:
    """Cross-industry quotient SLQ_i / SLQ_j of seller i and buyer j, SLQ_i on the diagonal.

    Parameters
    ----------
    place, parent : array_like of float
        As `slq`.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n, n); where the buyer is absent 1 (it buys nothing), or 0 if the seller is absent too.

    Raises
    ------
    DataError
        As `slq`.

    Examples
    --------
    >>> cilq([30, 10], [100, 100])
    array([[1.5       , 3.        ],
           [0.33333333, 0.5       ]])
    """
    quotient = slq(place, parent)
    seller, buyer = quotient[..., :, np.newaxis], quotient[..., np.newaxis, :]
    ratio = np.where(buyer > 0, seller / np.where(buyer > 0, buyer, 1.0), np.sign(seller))
    own = np.eye(quotient.shape[-1], dtype=bool)
    return np.asarray(np.where(own, np.broadcast_to(seller, ratio.shape), ratio))


def size_factor(place: npt.ArrayLike, parent: npt.ArrayLike, *, delta: float = DELTA) -> Floats:
    """Flegg's factor for the size of the place: log2(1 + its share of all jobs) to the power delta.

    Parameters
    ----------
    place, parent : array_like of float
        As `slq`.
    delta : float
        In [0, 1); 0 leaves size out.

    Returns
    -------
    numpy.ndarray of float
        Shape (...), in (0, 1] for a part of the parent.

    Raises
    ------
    DataError
        As `slq`; if delta is outside; if the place is larger than its parent.

    Examples
    --------
    >>> size_factor([30, 10], [100, 100], delta=0.3).round(4)
    np.float64(0.6699)
    """
    require(0 <= delta < 1, column="delta", rule="outside [0, 1)", mend="give about 0.3")
    mine, whole = _amounts(place, parent)
    share = mine.sum(axis=-1) / whole.sum(axis=-1)
    part = bool((share <= 1 + 1e-9).all())
    require(part, column="place", rule="larger than its parent", mend="give both for the same year and unit")
    return np.asarray(np.log2(1 + np.minimum(share, 1.0)) ** delta)


def trade_coefficients(
    place: npt.ArrayLike, parent: npt.ArrayLike, *, quotient: Quotient = "FLQ", delta: float = DELTA
) -> Floats:
    """Share of the parent's coefficient that the place meets itself: r_ij = t_ij a_ij.

    Parameters
    ----------
    place, parent : array_like of float
        As `slq`.
    quotient : {"SLQ", "CILQ", "FLQ", "AFLQ"}
        Which quotient. FLQ is CILQ times `size_factor` (SLQ on the diagonal). AFLQ is FLQ, once capped,
        times log2(1 + SLQ_j) for buyers with SLQ_j above 1.
    delta : float
        Flegg's exponent, used by FLQ and AFLQ.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., n, n), in [0, 1]; AFLQ may exceed 1, where a specialised buyer draws more.

    Raises
    ------
    DataError
        As `slq` and `size_factor`; if the quotient is unknown.

    References
    ----------
    Flegg, A. T., Webber, C. D. (1997). On the appropriate use of location quotients in generating regional
    input-output tables: Reply. Regional Studies 31(8). The same (2000), Regional Studies 34(6): AFLQ.

    Examples
    --------
    >>> trade_coefficients([30, 10], [100, 100], quotient="FLQ").round(3)
    array([[1.   , 1.   ],
           [0.223, 0.335]])
    """
    known = quotient in get_args(Quotient)
    require(known, column="quotient", rule="unknown", mend=f"give one of {', '.join(get_args(Quotient))}")
    simple = slq(place, parent)
    if quotient == "SLQ":
        seller = np.minimum(simple, 1.0)[..., :, np.newaxis]
        return np.asarray(np.broadcast_to(seller, (*simple.shape, simple.shape[-1]))).copy()
    cross = cilq(place, parent)
    if quotient == "CILQ":
        return np.asarray(np.minimum(cross, 1.0))
    factor = size_factor(place, parent, delta=delta)[..., np.newaxis, np.newaxis]
    flegg = np.minimum(cross * factor, 1.0)
    if quotient == "FLQ":
        return np.asarray(flegg)
    return np.asarray(flegg * np.log2(1 + np.maximum(simple, 1.0))[..., np.newaxis, :])
