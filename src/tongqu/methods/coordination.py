"""Coupling and coordination of town and country: how even, how high, which side lags, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = [
    "Coordination",
    "Lag",
    "Variant",
    "comprehensive",
    "coordination",
    "coupling",
    "coupling_of",
    "lag",
    "obstacles",
]

Variant: TypeAlias = Literal["standard", "modified"]
"""How coupling is measured; every result names it."""

Lag: TypeAlias = Literal["urban", "rural", "none"]
"""Which side lags."""


def coupling(u: npt.ArrayLike, r: npt.ArrayLike, *, variant: Variant = "standard") -> Floats:
    """How evenly town and country have developed.

    Standard: C = 2 sqrt(u r) / (u + r). Modified: C = sqrt((1 - |u - r|) min(u, r) / max(u, r)), which
    spreads over [0, 1] where the standard form crowds near 1. Both are 1 where u = r, and 0 where one is 0.

    Parameters
    ----------
    u, r : array_like of float
        Urban and rural index, in [0, 1], shapes that broadcast; NaN stays NaN.
    variant : {"standard", "modified"}
        The formula.

    Returns
    -------
    numpy.ndarray of float
        In [0, 1]; 1 where both are 0.

    Raises
    ------
    DataError
        If an index is outside [0, 1].

    References
    ----------
    Standard: Liao Chongbin (1999), Tropical Geography 19 (2), 171-177, in the form with the square root.
    Modified: Wang Shujia et al. (2021), Journal of Natural Resources 36 (3), 793-810.

    Examples
    --------
    >>> coupling([0.5, 0.3], [0.4, 0.8]).round(6)
    array([0.993808, 0.890724])
    >>> coupling([0.5, 0.3], [0.4, 0.8], variant="modified").round(6)
    array([0.848528, 0.433013])
    """
    pair = np.broadcast_arrays(np.asarray(u, dtype=np.float64), np.asarray(r, dtype=np.float64))
    return coupling_of(np.stack(pair, axis=-1), variant=variant)


def coupling_of(systems: npt.ArrayLike, *, variant: Variant = "standard") -> Floats:
    """How evenly two or more subsystems have developed.

    Standard: geometric mean over arithmetic mean. Modified: the root of (1 - mean |Ui - Uj|) times the
    geometric mean of U / max U taken over the n - 1 others, that is, with the exponent 1 / (n - 1).

    Parameters
    ----------
    systems : array_like of float
        Indices of the subsystems, in [0, 1], shape (..., n), n of 2 or more; NaN stays NaN.
    variant : {"standard", "modified"}
        The formula.

    Returns
    -------
    numpy.ndarray of float
        In [0, 1], shape (...); 1 where all are 0.

    Raises
    ------
    DataError
        If an index is outside [0, 1], or there are fewer than two.

    References
    ----------
    As `coupling`.

    Examples
    --------
    >>> coupling_of([0.0162, 0.2720, 0.2655]).round(6)
    np.float64(0.570904)
    >>> coupling_of([0.0162, 0.2720, 0.2655], variant="modified").round(6)
    np.float64(0.447208)
    """
    values = _indices(systems)
    size = values.shape[-1]
    require(
        size > 1, column="systems", rule="there is only one", mend="give two or more in the last dimension"
    )
    top = values.max(axis=-1, keepdims=True)
    share = np.where(top > 0, values / np.where(top > 0, top, 1.0), np.where(np.isnan(top), np.nan, 1.0))
    if variant == "standard":
        return np.asarray(np.minimum(np.prod(share, axis=-1) ** (1 / size) / share.mean(axis=-1), 1.0))
    require(
        variant == "modified", column="variant", rule=f"{variant} is unknown", mend="standard or modified"
    )
    first, second = np.triu_indices(size, k=1)
    apart = np.abs(values[..., first] - values[..., second]).mean(axis=-1)
    return np.asarray(np.sqrt((1 - apart) * np.prod(share, axis=-1) ** (1 / (size - 1))))


def comprehensive(u: npt.ArrayLike, r: npt.ArrayLike, *, weights: tuple[float, float] = (0.5, 0.5)) -> Floats:
    """How far town and country have come together: T = a u + b r.

    Parameters
    ----------
    u, r : array_like of float
        Urban and rural index, in [0, 1], shapes that broadcast; NaN stays NaN.
    weights : tuple of float
        a and b, 0 or more, sum 1.

    Returns
    -------
    numpy.ndarray of float
        In [0, 1].

    Raises
    ------
    DataError
        If an index is outside [0, 1], or the weights do not sum to 1.

    Examples
    --------
    >>> comprehensive(0.5, 0.4)
    array(0.45)
    """
    part = floats(weights, column="weights", low=0, high=1)
    whole = part.shape == (2,) and bool(abs(part.sum() - 1) < 1e-9)
    require(whole, column="weights", rule="they do not sum to 1", mend="give two weights that sum to 1")
    return np.asarray(part[0] * _indices(u) + part[1] * _indices(r))


@dataclass(frozen=True, slots=True, eq=False)
class Coordination:
    """Coordination of town and country, with what it was made from and how.

    Parameters
    ----------
    u, r : numpy.ndarray of float
        Urban and rural index.
    c, t, d : numpy.ndarray of float
        Coupling, comprehensive index and coordination, of the same shape.
    variant : {"standard", "modified"}
        The formula of the coupling.
    weights : tuple of float
        Weights of town and country in t.
    """

    u: Floats
    r: Floats
    c: Floats
    t: Floats
    d: Floats
    variant: Variant
    weights: tuple[float, float]


def coordination(
    u: npt.ArrayLike,
    r: npt.ArrayLike,
    *,
    weights: tuple[float, float] = (0.5, 0.5),
    variant: Variant = "standard",
) -> Coordination:
    """Coordination D = sqrt(C T); with the standard coupling and equal weights D = (u r)^(1/4).

    Parameters
    ----------
    u, r : array_like of float
        Urban and rural index, in [0, 1], shapes that broadcast; NaN stays NaN.
    weights : tuple of float
        Weights of town and country in T, sum 1.
    variant : {"standard", "modified"}
        The formula of the coupling.

    Returns
    -------
    Coordination
        With D in [0, 1]; 0 where one side is 0.

    Raises
    ------
    DataError
        As `coupling` and `comprehensive`.

    References
    ----------
    As `coupling`.

    Examples
    --------
    >>> coordination(0.5, 0.4).d.round(6), ((0.5 * 0.4) ** 0.25).__round__(6)
    (np.float64(0.66874), 0.66874)
    """
    town, country = np.broadcast_arrays(np.asarray(u, dtype=np.float64), np.asarray(r, dtype=np.float64))
    c = coupling(town, country, variant=variant)
    t = comprehensive(town, country, weights=weights)
    return Coordination(town.copy(), country.copy(), c, t, np.asarray(np.sqrt(c * t)), variant, weights)


def lag(u: npt.ArrayLike, r: npt.ArrayLike, *, threshold: float = 0.1) -> npt.NDArray[np.str_]:
    """Which side lags: the one that is behind the other by more than a threshold.

    Parameters
    ----------
    u, r : array_like of float
        Urban and rural index, in [0, 1], shapes that broadcast.
    threshold : float
        Distance that still counts as abreast.

    Returns
    -------
    numpy.ndarray of str
        "urban", "rural" or "none"; "" where an index is NaN.

    Raises
    ------
    DataError
        If an index is outside [0, 1].

    References
    ----------
    Xu Weixiang et al. (2020), Journal of Natural Resources 35 (9), 2044, table 2.

    Examples
    --------
    >>> lag([0.6, 0.5, 0.3], [0.4, 0.45, 0.7])
    array(['rural', 'none', 'urban'], dtype='<U5')
    """
    ahead = _indices(u) - _indices(r)
    unknown = np.isnan(ahead)
    return np.asarray(
        np.select([unknown, ahead > threshold, ahead < -threshold], ["", "rural", "urban"], "none")
    )


def obstacles(scores: npt.ArrayLike, *, weights: npt.ArrayLike) -> Floats:
    """Obstacle degrees: the share of each indicator in what is missing to the target.

    Parameters
    ----------
    scores : array_like of float
        Scores of the indicators in [0, 1], shape (..., indicators); a NaN takes no part and stays NaN.
    weights : array_like of float
        Weight of every indicator, 0 or more, shape (indicators,).

    Returns
    -------
    numpy.ndarray of float
        Shape of `scores`; sums to 1 over the indicators, or 0 where nothing is missing.

    Raises
    ------
    DataError
        If a score is outside [0, 1], or a weight is missing or negative.

    References
    ----------
    The obstacle degree model of the evaluation literature: O_j = w_j (1 - x_j) / sum over k of w_k (1 - x_k).

    Examples
    --------
    >>> obstacles([0.5, 1.0, 0.25], weights=[0.5, 0.3, 0.2])
    array([0.625, 0.   , 0.375])
    """
    part = floats(weights, column="weights", low=0, high=np.finfo(np.float64).max)
    short = part * (1 - _indices(scores))
    total = np.nansum(short, axis=-1, keepdims=True)
    return np.asarray(short / np.where(total > 0, total, 1.0))


def _indices(values: npt.ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    inside = bool(np.all(np.isnan(array) | ((array >= 0) & (array <= 1))))
    require(inside, column="index", rule="a value is outside [0, 1]", mend="score it on its goalposts first")
    return array
