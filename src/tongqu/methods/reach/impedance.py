"""How travel time weighs: impedance functions, from 1 at the door down to 0.

Each is a frozen dataclass of its parameters that turns minutes into weights, so a result that keeps its
impedance says how it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.travel import within

__all__ = [
    "BoundedGaussian",
    "Exponential",
    "Gaussian",
    "Impedance",
    "Linear",
    "Logistic",
    "Power",
    "Steps",
    "Within",
]


@runtime_checkable
class Impedance(Protocol):
    """Turns minutes into weights in [0, 1]: 0 or more, never rising with time."""

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`."""
        ...


def _minutes(minutes: npt.ArrayLike) -> Floats:
    return floats(minutes, column="minutes", low=0)


def _positive(value: float, *, column: str) -> None:
    holds = bool(np.isfinite(value)) and value > 0
    require(holds, column=column, rule=f"{value:g} is not above 0", mend="give a finite number above 0")


@dataclass(frozen=True, slots=True)
class Within:
    """1 up to a limit, 0 beyond: the zone of cumulative opportunities and of 2SFCA.

    Parameters
    ----------
    limit : float
        Minutes, 0 or more; the limit itself is within.

    Examples
    --------
    >>> Within(30)([29, 30, 31])
    array([1., 1., 0.])
    """

    limit: float

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if the limit is negative."""
        return within(_minutes(minutes), self.limit).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Steps:
    """Zones with a weight each, 0 beyond the last.

    Parameters
    ----------
    limits : tuple of float
        Outer limit of each zone in minutes, rising; a limit belongs to the zone that it ends.
    weights : tuple of float
        Weight of each zone, in [0, 1], never rising.

    References
    ----------
    Luo, W., Qi, Y. (2009), An enhanced two-step floating catchment area (E2SFCA) method, Health & Place 15,
    1100-1107: zones of 10, 20 and 30 minutes with the weights 1, 0.68, 0.22 (slow) or 1, 0.42, 0.09 (fast).

    Examples
    --------
    >>> Steps((10, 20, 30), (1, 0.68, 0.22))([0, 10, 15, 30, 31])
    array([1.  , 1.  , 0.68, 0.22, 0.  ])
    """

    limits: tuple[float, ...]
    weights: tuple[float, ...]

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if limits or weights do not fit."""
        ends = floats(self.limits, column="limits", low=0)
        level = floats(self.weights, column="weights", low=0, high=1)
        same = ends.shape == level.shape and ends.ndim == 1 and ends.size > 0
        require(same, column="weights", rule="lengths differ", mend="give one weight for each limit")
        rising = bool((np.diff(ends) > 0).all())
        require(rising, column="limits", rule="they do not rise", mend="sort them, each once")
        falling = bool((np.diff(level) <= 0).all())
        require(falling, column="weights", rule="one is above its inner zone's", mend="let weights fall")
        time = _minutes(minutes)
        return np.asarray(np.append(level, 0.0)[sum(~within(time, float(end)) for end in ends)])


@dataclass(frozen=True, slots=True)
class Exponential:
    """exp(-beta t).

    Parameters
    ----------
    beta : float
        Fall per minute, above 0; weight halves every ln 2 / beta minutes.

    Examples
    --------
    >>> Exponential(0.1)([0, 10]).round(4)
    array([1.    , 0.3679])
    """

    beta: float

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if beta is not above 0."""
        _positive(self.beta, column="beta")
        return np.asarray(np.exp(-self.beta * _minutes(minutes)))


@dataclass(frozen=True, slots=True)
class Power:
    """(t / floor)^-alpha beyond the floor, 1 up to it: Hansen's form, kept finite at the door.

    Parameters
    ----------
    alpha : float
        Exponent, above 0.
    floor : float
        Minutes up to which the weight is 1, above 0.

    Examples
    --------
    >>> Power(2)([0, 1, 10])
    array([1.  , 1.  , 0.01])
    """

    alpha: float
    floor: float = 1.0

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if a parameter is not above 0."""
        _positive(self.alpha, column="alpha")
        _positive(self.floor, column="floor")
        return np.asarray((np.maximum(_minutes(minutes), self.floor) / self.floor) ** -self.alpha)


@dataclass(frozen=True, slots=True)
class Gaussian:
    """exp(-t^2 / (2 sigma^2)), without end.

    Parameters
    ----------
    sigma : float
        Minutes at which the weight is exp(-1/2), above 0.

    Examples
    --------
    >>> Gaussian(20)([0, 20]).round(4)
    array([1.    , 0.6065])
    """

    sigma: float

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if sigma is not above 0."""
        _positive(self.sigma, column="sigma")
        return np.asarray(np.exp(-0.5 * (_minutes(minutes) / self.sigma) ** 2))


@dataclass(frozen=True, slots=True)
class BoundedGaussian:
    """Gaussian curve brought down to 0 at a limit: the form usual in Chinese studies (高斯两步移动搜索法).

    (exp(-(t/limit)^2 / 2) - exp(-1/2)) / (1 - exp(-1/2)) up to the limit.

    Parameters
    ----------
    limit : float
        Minutes at which the weight reaches 0, above 0.

    References
    ----------
    Dai, D. (2010), Black residential segregation, disparities in spatial access to health care facilities,
    and late-stage breast cancer diagnosis in metropolitan Detroit, Health & Place 16, 1038-1052.

    Examples
    --------
    >>> BoundedGaussian(30)([0, 15, 30]).round(4)
    array([1.    , 0.7014, 0.    ])
    """

    limit: float

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if the limit is not above 0."""
        _positive(self.limit, column="limit")
        edge = np.exp(-0.5)
        curve = (np.exp(-0.5 * (_minutes(minutes) / self.limit) ** 2) - edge) / (1 - edge)
        return np.asarray(np.maximum(curve, 0.0))


@dataclass(frozen=True, slots=True)
class Linear:
    """1 - t / limit, 0 beyond.

    Parameters
    ----------
    limit : float
        Minutes at which the weight reaches 0, above 0.

    Examples
    --------
    >>> Linear(40)([0, 10, 50])
    array([1.  , 0.75, 0.  ])
    """

    limit: float

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if the limit is not above 0."""
        _positive(self.limit, column="limit")
        return np.asarray(np.maximum(1 - _minutes(minutes) / self.limit, 0.0))


@dataclass(frozen=True, slots=True)
class Logistic:
    """Falling S-curve: upper tail of the logistic distribution, scaled to 1 at the door.

    Parameters
    ----------
    middle : float
        Minutes at which the curve bends (mean of the distribution), above 0.
    spread : float
        Standard deviation of the distribution in minutes, above 0; near 0 it is `Within(middle)`.

    References
    ----------
    Pereira, R. H. M., Herszenhut, D. (2022), accessibility: transport accessibility measures (R package),
    function decay_logistic.

    Examples
    --------
    >>> Logistic(30, 5)([0, 30, 60]).round(4)
    array([1. , 0.5, 0. ])
    """

    middle: float
    spread: float

    def __call__(self, minutes: npt.ArrayLike) -> Floats:
        """Weights, of the shape of `minutes`; a DataError if a parameter is not above 0."""
        _positive(self.middle, column="middle")
        _positive(self.spread, column="spread")
        slope = np.pi / (self.spread * np.sqrt(3.0))
        tail = np.logaddexp(0.0, (_minutes(minutes) - self.middle) * slope)
        return np.asarray(np.exp(np.logaddexp(0.0, -self.middle * slope) - tail))
