"""Shares of a part in the people of each age, fitted to the part's total."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["rake_shares"]

_STEEPEST: Final = 60.0
"""Largest shift of the log odds that is tried: e^60 is beyond any share that a float tells from 1."""
_HALVINGS: Final = 80
"""Halvings of the range of that shift: 120 / 2^80 is below the last digit of a float."""


def rake_shares(shares: npt.ArrayLike, *, people: npt.ArrayLike, total: npt.ArrayLike) -> Floats:
    """Shares of a part by age that keep the people of each age and meet the part's total.

    Raking a table of two rows keeps its odds ratios, so one shift of the log odds for each place solves it:
    the part grows with the shift, and halving finds it. An age that lies wholly inside or outside the part
    stays so; if then the total cannot be met, it is met as nearly as can be.

    Parameters
    ----------
    shares : array_like of float
        Shares in [0, 1] to begin with, shape (..., ages).
    people : array_like of float
        People of each age, the same shape.
    total : array_like of float
        People of the part, shape (...).

    Returns
    -------
    numpy.ndarray of float
        Shares, the shape of `shares`.

    Raises
    ------
    DataError
        If a value is missing, negative or a share above 1, or the shapes differ.

    References
    ----------
    Deming, W. E., Stephan, F. F. (1940), On a least squares adjustment of a sampled frequency table when the
    expected marginal totals are known, Annals of Mathematical Statistics 11 (4), 427-444.

    Examples
    --------
    >>> rake_shares([0.5, 0.2], people=[100, 100], total=100.0).round(3)
    array([0.667, 0.333])
    """
    large = float(np.finfo(np.float64).max)
    part = floats(shares, column="shares", low=0, high=1)
    whole = floats(people, column="people", low=0, high=large)
    wanted = floats(total, column="total", low=0, high=large)
    fits = part.shape == whole.shape and wanted.shape == part.shape[:-1]
    require(
        fits, column="shares", rule="shapes differ", mend="give a share for each age, a total for each place"
    )
    low, high = np.full(wanted.shape, -_STEEPEST), np.full(wanted.shape, _STEEPEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        few = (whole * _shifted(part, by=middle)).sum(axis=-1) < wanted
        low, high = np.where(few, middle, low), np.where(few, high, middle)
    return _shifted(part, by=(low + high) / 2)


def _shifted(shares: Floats, *, by: Floats) -> Floats:
    """Shares with their log odds shifted."""
    inside = shares * np.exp(by)[..., np.newaxis]
    return np.asarray(inside / (inside + (1 - shares)))
