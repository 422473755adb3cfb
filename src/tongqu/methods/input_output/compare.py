"""How far an estimated table is from a published one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Errors", "compare_coefficients", "weighted_error"]

_LARGE = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors over all cells of an estimate.

    Parameters
    ----------
    stpe : float
        Standardised total percentage error: sum of absolute errors over the sum of true values, in %.
    mean_absolute : float
        Mean absolute error, in the unit of the cells.
    theil_u : float
        Root of the sum of squared errors over the sum of squared true values; 0 is perfect.
    bias : float
        Sum of errors over the sum of true values, in %; above 0 the estimate is too high.
    """

    stpe: float
    mean_absolute: float
    theil_u: float
    bias: float


def _pair(estimate: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Floats, Floats]:
    guess = floats(estimate, column="estimate", low=-_LARGE, high=_LARGE)
    true = floats(truth, column="truth", low=-_LARGE, high=_LARGE)
    require(
        guess.shape == true.shape,
        column="estimate",
        rule="not the shape of the truth",
        mend="give the same sectors",
    )
    require(bool(np.abs(true).sum() > 0), column="truth", rule="all values are 0", mend="give a table")
    return guess, true


def compare_coefficients(estimate: npt.ArrayLike, truth: npt.ArrayLike) -> Errors:
    """Errors of estimated coefficients (or multipliers).

    Parameters
    ----------
    estimate, truth : array_like of float
        One shape.

    Returns
    -------
    Errors
        Over all cells.

    Raises
    ------
    DataError
        If shapes differ, a value is missing, or the truth is 0 throughout.

    References
    ----------
    Theil, H. (1966). Applied Economic Forecasting: U. Miller and Blair 2009, ch. 8: STPE.

    Examples
    --------
    >>> found = compare_coefficients([[0.2, 0.1]], [[0.1, 0.1]])
    >>> round(found.stpe, 1), round(found.mean_absolute, 3), round(found.theil_u, 3), round(found.bias, 1)
    (50.0, 0.05, 0.707, 50.0)
    """
    guess, true = _pair(estimate, truth)
    error = guess - true
    return Errors(
        stpe=float(100 * np.abs(error).sum() / np.abs(true).sum()),
        mean_absolute=float(np.abs(error).mean()),
        theil_u=float(np.sqrt((error**2).sum() / (true**2).sum())),
        bias=float(100 * error.sum() / np.abs(true).sum()),
    )


def weighted_error(estimate: npt.ArrayLike, truth: npt.ArrayLike, *, weights: npt.ArrayLike) -> float:
    """Weighted absolute percentage error (WAPE): the mean of absolute percentage errors by weight.

    Parameters
    ----------
    estimate, truth : array_like of float
        Values that are not 0 in truth, such as multipliers, one shape.
    weights : array_like of float
        0 or more, such as output; the same shape.

    Returns
    -------
    float
        In %.

    Raises
    ------
    DataError
        If shapes differ, a value is missing, or a true value with weight is 0.

    Examples
    --------
    >>> round(weighted_error([1.1, 2.0], [1.0, 2.5], weights=[3, 1]), 2)
    12.5
    """
    guess, true = _pair(estimate, truth)
    weight = floats(weights, column="weights", low=0, high=_LARGE)
    sound = weight.shape == true.shape and bool(weight.sum() > 0) and not ((true == 0) & (weight > 0)).any()
    mend = "give one weight for each value, 0 where the true value is 0"
    require(sound, column="weights", rule="they do not fit the truth", mend=mend)
    percent = 100 * np.abs(guess - true) / np.where(true == 0, 1.0, np.abs(true))
    return float((percent * weight).sum() / weight.sum())
