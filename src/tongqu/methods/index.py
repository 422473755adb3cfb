"""Composite indices: indicators scored on fixed goalposts, gathered by pillar, and a log made linear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Tangents", "pillar_weights", "score", "tangents"]


def score(value: npt.ArrayLike, *, worst: npt.ArrayLike, target: npt.ArrayLike) -> Floats:
    """Place of a value between the worst tolerable value (0) and the target (1), clipped to [0, 1].

    Goalposts are fixed, so scores of different years, counties and plans compare; the direction follows
    from them: a target below the worst value means that less is better.

    Parameters
    ----------
    value : array_like of float
        Values in the unit of the indicator, any shape; NaN stays NaN.
    worst, target : array_like of float
        Goalposts in the same unit, shapes that broadcast with `value`.

    Returns
    -------
    numpy.ndarray of float
        The shape broadcast, in [0, 1] or NaN.

    Raises
    ------
    DataError
        If a goalpost is missing, or worst and target are the same.

    References
    ----------
    UNDP (1990), Human Development Report, technical note 1 (goalposts).

    Examples
    --------
    >>> score([50, 62.1, 80], worst=40, target=75).round(3)
    array([0.286, 0.631, 1.   ])
    >>> score([2.67, 1.9], worst=3, target=1.9).round(3)  # income ratio: less is better
    array([0.3, 1. ])
    """
    low = floats(worst, column="worst", low=-np.finfo(float).max, high=np.finfo(float).max)
    high = floats(target, column="target", low=-np.finfo(float).max, high=np.finfo(float).max)
    apart = bool(np.all(low != high))
    require(apart, column="worst, target", rule="a target equals its worst value", mend="set them apart")
    return np.asarray(np.clip((np.asarray(value, dtype=np.float64) - low) / (high - low), 0.0, 1.0))


def pillar_weights(pillars: Sequence[str], *, inside: npt.ArrayLike | None = None) -> Floats:
    """Weight of every indicator: pillars weigh the same, indicators share the weight of their pillar.

    Parameters
    ----------
    pillars : sequence of str
        Pillar of each indicator, shape (indicators,). Leave out indicators without data: their weight
        is then shared within their pillar.
    inside : array_like of float, optional
        Weight of each indicator inside its pillar, shape (indicators,), 0 or more, to any total; NaN
        counts as 1. Equal when left out.

    Returns
    -------
    numpy.ndarray of float
        Shape (indicators,), sum 1.

    Raises
    ------
    DataError
        If there is no indicator, a weight is negative, or a pillar has no weight.

    Examples
    --------
    >>> pillar_weights(["people", "people", "space"])
    array([0.25, 0.25, 0.5 ])
    >>> pillar_weights(["people", "people", "space"], inside=[3, 1, 1])
    array([0.375, 0.125, 0.5  ])
    """
    require(len(pillars) > 0, column="pillars", rule="there is no indicator", mend="give at least one")
    part = np.ones(len(pillars)) if inside is None else np.asarray(inside, dtype=np.float64)
    part = floats(np.where(np.isnan(part), 1.0, part), column="inside", low=0, high=np.finfo(float).max)
    require(part.shape == (len(pillars),), column="inside", rule="lengths differ", mend="one weight each")
    names, pillar = np.unique(np.asarray(pillars), return_inverse=True)
    total = np.bincount(pillar, weights=part)
    require(bool((total > 0).all()), column="inside", rule="a pillar has no weight", mend="raise one above 0")
    return np.asarray(part / total[pillar] / names.size)


@dataclass(frozen=True, slots=True, eq=False)
class Tangents:
    """Tangents of the natural logarithm; their minimum is never below it.

    Parameters
    ----------
    points : numpy.ndarray of float
        Where they touch, shape (n,), each a factor `ratio` above the one before.
    slopes, intercepts : numpy.ndarray of float
        Tangent k is ``intercepts[k] + slopes[k] * u``, shape (n,).
    low, high : float
        The interval that they cover.
    ratio : float
        Factor between neighbouring points.
    error : float
        Greatest excess of the minimum over the log on [low, high], in log units, as it really is.
    """

    points: Floats
    slopes: Floats
    intercepts: Floats
    low: float
    high: float
    ratio: float
    error: float

    def log(self, values: npt.ArrayLike) -> Floats:
        """Minimum of the tangents: in [log u, log u + error] for values u in [low, high], any shape."""
        lines = np.multiply.outer(np.asarray(values, dtype=np.float64), self.slopes) + self.intercepts
        return np.asarray(lines.min(axis=-1))


def tangents(low: float, high: float, *, error: float) -> Tangents:
    r"""The fewest tangents of the log that err by at most `error` on [low, high].

    Write the half spacing as h = (ln r) / 2 for points a and b = r a, and u = sqrt(a b) e^y. The two tangents
    -h + e^(y + h) - 1 and h + e^(y - h) - 1 (plus the log of the middle) meet at e^y = h / sinh h. Between
    the points the excess over the log grows away from either point, so it is greatest there:

        g(h) = h coth h - 1 + ln(sinh h / h).

    Since coth h <= 1/h + h/3 and 1/sinh(h)^2 >= 1/h^2 - 1/3, the slope g'(h) = 2 coth h - 1/h - h / sinh(h)^2
    is at most h, hence **g(h) <= h^2 / 2 = (ln r)^2 / 8**, and g = h^2 / 2 - h^4 / 36 + ... near 0.
    A tangent errs by g(h) at a factor e^(h + d) below its point and e^(h - d) above it, d = ln(sinh h / h).
    So n points cover a factor e^(2 h n) with the first at low e^(h + d): the spacing is made as narrow as n
    allows, and the excess is g(h) at both ends and at every crossing, nowhere more.

    Parameters
    ----------
    low, high : float
        The interval, 0 < low < high.
    error : float
        Greatest excess allowed, in log units; 0.001 means 0.1 %.

    Returns
    -------
    Tangents
        With the error really kept, at most `error`.

    Raises
    ------
    DataError
        If the interval or the error is not positive.

    References
    ----------
    Derived above; outer approximation: Duran, M. A., Grossmann, I. E. (1986), Mathematical Programming
    36, 307-339.

    Examples
    --------
    >>> lines = tangents(0.05, 1.0, error=0.001)
    >>> lines.points.size, round(lines.ratio, 4), round(lines.error, 6)
    (34, 1.0921, 0.00097)
    """
    require(0 < low < high < np.inf, column="low, high", rule="not 0 < low < high", mend="mend the interval")
    require(0 < error < np.inf, column="error", rule="it is not positive", mend="allow an error, say 0.001")
    # g(h) lies between h - 1 and h^2 / 2, so the widest half spacing lies between these two.
    widest = float(brentq(lambda h: _excess(h) - error, np.sqrt(2 * error) * 0.999, 1 + error + 1e-9))
    span = float(np.log(high / low))
    count = int(np.ceil(span / (2 * widest)))
    half = span / (2 * count)
    shift = float(np.log(np.sinh(half) / half))
    points = low * np.exp(half + shift + 2 * half * np.arange(count))
    kept = min(_excess(half), error)
    return Tangents(points, 1 / points, np.log(points) - 1, low, high, float(np.exp(2 * half)), kept)


def _excess(half: float) -> float:
    return float(half / np.tanh(half) - 1 + np.log(np.sinh(half) / half))
