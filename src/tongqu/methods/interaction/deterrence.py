"""How cost deters people from going."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.interaction._futures import require_futures

__all__ = ["Deterrence"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Deterrence:
    """How cost deters: c^-alpha exp(-beta c), Tanner's function.

    With alpha 0 it is the exponential, with beta 0 the power function.

    Parameters
    ----------
    beta : array_like of float
        Fall per unit of cost (minute, yuan); one number, or one for each future.
    alpha : array_like of float
        Exponent; one number, or one for each future.

    References
    ----------
    Wilson, A. G. (1971), A family of spatial interaction models, and associated developments, Environment
    and Planning 3, 1-32. Tanner, J. C. (1961), Factors affecting the amount of travel, Road Research
    Technical Paper 51, HMSO.

    Examples
    --------
    >>> Deterrence(beta=0.1)([0, 10, np.inf]).round(4)
    array([1.    , 0.3679, 0.    ])
    >>> Deterrence(alpha=2)([1, 10])
    array([1.  , 0.01])
    """

    beta: npt.ArrayLike = 0.0
    alpha: npt.ArrayLike = 0.0

    def __call__(self, cost: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `cost` (with futures before it); inf costs weigh 0."""
        return np.asarray(np.exp(self.log(cost)))

    def log(self, cost: npt.ArrayLike) -> Floats:
        """Logarithms of the weights; -inf where a cost is inf.

        Raises
        ------
        DataError
            If a cost is missing or negative, or 0 under a power, or a parameter is not finite.
        """
        dear = floats(cost, column="cost", low=0)
        beta = floats(self.beta, column="beta", low=-_LARGE, high=_LARGE)
        alpha = floats(self.alpha, column="alpha", low=-_LARGE, high=_LARGE)
        powered = bool((alpha != 0).any())
        require(
            not powered or bool((dear > 0).all()),
            column="cost",
            rule="it is 0 under a power function",
            mend="give costs above 0, say half a minute for the place itself",
        )
        require_futures(dear.shape[:-2], beta.shape, alpha.shape, column="beta")
        near = np.where(np.isfinite(dear), dear, 1.0)
        fall = _for_pairs(beta, dear.ndim) * near
        if powered:
            fall = fall + _for_pairs(alpha, dear.ndim) * np.log(near)
        return np.asarray(np.where(np.isfinite(dear), -fall, -np.inf))


def _for_pairs(values: Floats, dimensions: int) -> Floats:
    """One value for each future, set before the dimensions of origins and destinations."""
    return values.reshape(values.shape + (1,) * min(dimensions, 2)) if values.ndim else values
