"""Which uncertain parameter moves an outcome most: standardised regression over a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Influence", "standardised_regression"]

Floats = npt.NDArray[np.float64]

SPARE: Final = 5
"""Futures that are needed beyond one for each parameter; with fewer the fit says nothing."""
CONSTANT: Final = 1e-12
"""Relative deviation below which a column does not vary."""


@dataclass(frozen=True)
class Influence:
    """How a linear fit explains an outcome.

    Parameters
    ----------
    coefficients : numpy.ndarray of float
        Change of the outcome, in its standard deviations, when a parameter rises by one of its own; shape
        (parameters,). NaN where there are too few futures, 0 where a parameter does not vary.
    explained : float
        Share of the variance that the fit explains (R squared), adjusted for the number of parameters; NaN
        where there are too few futures or the outcome does not vary.
    """

    coefficients: Floats
    explained: float


def standardised_regression(parameters: npt.ArrayLike, outcome: npt.ArrayLike) -> Influence:
    """Fit an outcome by the parameters of its futures, all in standard deviations.

    The squares of the coefficients are shares of the variance where parameters are independent and the fit is
    good: with an R squared well below 1 the ranking is not to be trusted.

    Parameters
    ----------
    parameters : array_like of float
        Shape (futures, parameters).
    outcome : array_like of float
        Shape (futures,).

    References
    ----------
    Saltelli, A., Ratto, M., Andres, T. et al. (2008), Global sensitivity analysis: the primer, Wiley,
    section 1.2.

    Examples
    --------
    >>> x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, 0], [0, 0], [0, 0], [0, 0]], dtype=float)
    >>> found = standardised_regression(x, 3 * x[:, 0] + 4 * x[:, 1])
    >>> found.coefficients.round(3).tolist(), round(found.explained, 3)
    ([0.6, 0.8], 1.0)
    """
    x, y = np.asarray(parameters, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    count, number = x.shape
    if count < number + SPARE:
        return Influence(np.full(number, np.nan), np.nan)
    scale, centre = x.std(axis=0), np.abs(x).mean(axis=0)
    varies = scale > CONSTANT * np.maximum(centre, CONSTANT)
    deviation = float(y.std())
    if deviation <= CONSTANT * max(float(np.abs(y).mean()), CONSTANT):
        return Influence(np.zeros(number), np.nan)
    z = (x[:, varies] - x[:, varies].mean(axis=0)) / scale[varies]
    target = (y - y.mean()) / deviation
    fitted, *_ = np.linalg.lstsq(z, target, rcond=None)
    left = float(((target - z @ fitted) ** 2).mean())
    coefficients = np.zeros(number)
    coefficients[varies] = fitted
    adjusted = 1 - left * (count - 1) / max(count - 1 - int(varies.sum()), 1)
    return Influence(coefficients, adjusted)
