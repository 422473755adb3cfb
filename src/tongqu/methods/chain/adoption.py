"""How a practice or a product spreads: the share of those who will take it up that has done so by a year."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["adoption", "adoption_steps"]

_NINE: Final = float(np.log(9.0))
"""Logits from a half to nine tenths."""


def adoption(years: npt.ArrayLike, *, half: float, to_nine_tenths: float | None = None) -> Floats:
    """Share of the ceiling reached so many years after the start: a logistic curve that starts at 0.

    Parameters
    ----------
    years : array_like of float
        Years since the start, any shape; before the start nothing is reached.
    half : float
        Year since the start at which the underlying curve has its half, above 0.
    to_nine_tenths : float, optional
        Years from the half to nine tenths, above 0; as many as `half` when left out.

    Returns
    -------
    numpy.ndarray of float
        In [0, 1), shape of `years`: (L(t) - L(0)) / (1 - L(0)) with the logistic L; the few who would have
        adopted before the start are taken out.

    Raises
    ------
    DataError
        If a value is missing or not above 0.

    References
    ----------
    Griliches, Z. (1957), Hybrid Corn: An Exploration in the Economics of Technological Change, Econometrica
    25 (4), 501-522. Rogers, E. M. (2003), Diffusion of Innovations, 5th edition.

    Examples
    --------
    >>> adoption([0, 3, 6, 30], half=3).round(3).tolist()
    [0.0, 0.444, 0.889, 1.0]
    """
    time = floats(years, column="years")
    slow = half if to_nine_tenths is None else to_nine_tenths
    above = half > 0 and slow > 0
    require(above, column="half", rule="it is not above 0", mend="give years above 0")
    speed = _NINE / slow
    start = 1 / (1 + np.exp(speed * half))
    # Written with a positive exponent's inverse only, so that far years do not overflow.
    curve = 1 / (1 + np.exp(-speed * (np.maximum(time, 0.0) - half)))
    return np.asarray((curve - start) / (1 - start))


def adoption_steps(count: int, *, half: float, to_nine_tenths: float | None = None) -> Floats:
    """Share of the ceiling that each year adds, from the first year of work on; their sum is 1.

    Parameters
    ----------
    count : int
        Years in which something is added, 1 or more; what the curve leaves after them is added by the last.
    half, to_nine_tenths : float
        As in `adoption`.

    Returns
    -------
    numpy.ndarray of float
        Shape (count,).

    Raises
    ------
    DataError
        If a value is missing or not above 0.

    Examples
    --------
    >>> adoption_steps(3, half=1).round(3).tolist()
    [0.444, 0.444, 0.111]
    """
    require(count > 0, column="count", rule="there is no year", mend="give 1 or more")
    reached = adoption(np.arange(count + 1), half=half, to_nine_tenths=to_nine_tenths)
    reached[-1] = 1.0
    return np.diff(reached)
