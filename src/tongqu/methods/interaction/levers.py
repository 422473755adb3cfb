"""What makes a place pull: levers that multiply its attractiveness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.interaction._futures import require_futures

__all__ = ["Lever", "pulls"]

_LARGE: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Lever:
    """One thing that changes how much a place pulls (jobs, wages, services, housing, the hukou rule).

    Parameters
    ----------
    name : str
        Its name.
    ratio : array_like of float
        Its level over its level in the base, shape (..., destinations), above 0; 1 where nothing changes.
    elasticity : array_like of float
        Per cent that the pull rises when the level rises by one per cent; one number, or one for each future.
    """

    name: str
    ratio: npt.ArrayLike
    elasticity: npt.ArrayLike


def pulls(base: npt.ArrayLike, levers: Sequence[Lever]) -> Floats:
    """How much each destination pulls: the base times each lever's ratio to its elasticity.

    Parameters
    ----------
    base : array_like of float
        Pull without change, shape (..., destinations), 0 or more.
    levers : sequence of Lever
        What changes; each name once. Ranges of elasticities are the caller's: draw one for each future.

    Returns
    -------
    numpy.ndarray of float
        Shape (..., destinations).

    Raises
    ------
    DataError
        If a value is missing, a ratio is not above 0, a name comes twice, or shapes do not fit.

    References
    ----------
    The multiplicative form of Nakanishi, M., Cooper, L. G. (1974), Parameter estimation for a multiplicative
    competitive interaction model, Journal of Marketing Research 11, 303-311.

    Examples
    --------
    >>> pulls([100, 50], [Lever("jobs", [1, 4], 0.5), Lever("hukou", [1, 1.2], [0, 1])]).round(6)
    array([[100., 100.],
           [100., 120.]])
    """
    found = floats(base, column="base", low=0, high=_LARGE)
    names = [lever.name for lever in levers]
    twice = len(set(names)) < len(names)
    require(not twice, column="levers", rule="a name comes twice", mend="give each lever once")
    for lever in levers:
        ratio = floats(lever.ratio, column=lever.name, low=np.finfo(np.float64).tiny, high=_LARGE)
        power = floats(lever.elasticity, column=f"{lever.name} elasticity", low=-_LARGE, high=_LARGE)
        fits = ratio.ndim == 0 or ratio.shape[-1] == found.shape[-1]
        require(
            fits, column=lever.name, rule="its shape is wrong", mend="give one ratio for each destination"
        )
        futures = (found.shape[:-1], ratio.shape[:-1], power.shape)
        require_futures(*futures, column=lever.name)
        found = found * ratio ** (power[..., np.newaxis] if power.ndim else power)
    return found
