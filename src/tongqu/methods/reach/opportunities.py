"""How much is within reach, whoever else wants it: cumulative opportunities, potential, nearest sites."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, Ints, floats, require
from tongqu.methods.reach.impedance import Impedance
from tongqu.methods.reach.times import Times
from tongqu.methods.travel import within

__all__ = ["cumulative", "cumulative_interval", "gravity", "minutes_to_enough", "nearest_mean"]

_ROUNDING = 1e-12
"""Share by which a sum or ratio of decimals may fall short of what it stands for."""


def cumulative(times: Times, supply: npt.ArrayLike, *, limit: float) -> Floats:
    """Supply within a limit of each origin: cumulative opportunities.

    Parameters
    ----------
    times : Times
        Travel times; `Times.swapped` with the people for `supply` gives who can come to each site.
    supply : array_like of float
        What each site offers (jobs, beds, places), shape (sites,), 0 or more.
    limit : float
        Minutes; the limit itself is within.

    Returns
    -------
    numpy.ndarray of float
        Shape (origins,), in the unit of `supply`.

    Raises
    ------
    DataError
        If a supply is missing, negative or infinite, its shape is wrong, or the limit is negative.

    References
    ----------
    Wachs, M., Kumagai, T. G. (1973), Physical accessibility as a social indicator, Socio-Economic Planning
    Sciences 7 (5), 437-456.

    Examples
    --------
    >>> from tongqu.methods.reach.times import times_from_matrix
    >>> cumulative(times_from_matrix([[5, 20], [31, 30]]), [100, 40], limit=30)
    array([140.,  40.])
    """
    amount = times.at_sites(supply, column="supply")
    near = times.upto(limit)
    return near.by_origin(amount[near.site])


def cumulative_interval(
    times: Times, supply: npt.ArrayLike, *, low: float, high: float, step: float = 1.0
) -> Floats:
    """Mean of cumulative opportunities over the limits low, low + step, ... up to high.

    It softens the choice of one limit: a site a minute beyond it still counts in part.

    Parameters
    ----------
    times : Times
        Travel times.
    supply : array_like of float
        What each site offers, shape (sites,), 0 or more.
    low, high : float
        First and last limit in minutes, 0 <= low <= high.
    step : float
        Minutes between two limits, above 0.

    Returns
    -------
    numpy.ndarray of float
        Shape (origins,), in the unit of `supply`.

    Raises
    ------
    DataError
        If a supply is missing, negative or infinite, its shape is wrong, or the limits are no interval.

    References
    ----------
    Tomasiello, D. B., Herszenhut, D., Oliveira, J. L. A., Braga, C. K. V., Pereira, R. H. M. (2023), A time
    interval metric for cumulative opportunity accessibility, Applied Geography 157, 103007.

    Examples
    --------
    >>> from tongqu.methods.reach.times import times_from_matrix
    >>> cumulative_interval(times_from_matrix([[29, 31]]), [100, 40], low=29, high=32)
    array([120.])
    """
    fits = bool(0 <= low <= high < np.inf and 0 < step < np.inf)
    require(
        fits, column="low, high, step", rule="they are no interval", mend="give 0 <= low <= high, step > 0"
    )
    amount = times.at_sites(supply, column="supply")
    count = int((high - low) / step * (1 + _ROUNDING)) + 1
    kept = sum(within(times.minutes, low + step * number).astype(np.float64) for number in range(count))
    return times.by_origin(amount[times.site] * kept / count)


def gravity(times: Times, supply: npt.ArrayLike, *, impedance: Impedance) -> Floats:
    """Supply weighed by travel time: A_i = sum_j S_j f(t_ij), Hansen's potential.

    Parameters
    ----------
    times : Times
        Travel times.
    supply : array_like of float
        What each site offers, shape (sites,), 0 or more.
    impedance : Impedance
        Weight of a travel time.

    Returns
    -------
    numpy.ndarray of float
        Shape (origins,), in the unit of `supply` at the door.

    Raises
    ------
    DataError
        If a supply is missing, negative or infinite, its shape is wrong, or a parameter does not fit.

    References
    ----------
    Hansen, W. G. (1959), How accessibility shapes land use, Journal of the American Institute of Planners
    25 (2), 73-76.

    Examples
    --------
    >>> from tongqu.methods.reach import Linear, times_from_matrix
    >>> gravity(times_from_matrix([[10, 30]]), [100, 40], impedance=Linear(40))
    array([85.])
    """
    amount = times.at_sites(supply, column="supply")
    return times.by_origin(amount[times.site] * impedance(times.minutes))


def nearest_mean(times: Times, *, k: int) -> Floats:
    """Mean minutes to the k nearest sites.

    Parameters
    ----------
    times : Times
        Travel times.
    k : int
        Number of sites, 1 or more.

    Returns
    -------
    numpy.ndarray of float
        Minutes, shape (origins,); inf where fewer than k sites are in reach.

    Raises
    ------
    DataError
        If k is below 1.

    Examples
    --------
    >>> from tongqu.methods.reach.times import times_from_matrix
    >>> nearest_mean(times_from_matrix([[5, 20, 9], [31, float("inf"), float("inf")]]), k=2)
    array([ 7., inf])
    """
    require(k >= 1, column="k", rule=f"{k} is no number of sites", mend="give 1 or more")
    near, first = _nearest_first(times)
    rank = np.arange(near.origin.size) - first[near.origin]
    chosen = np.where(rank < k, near.minutes, 0.0)
    enough = np.bincount(near.origin, minlength=near.origins) >= k
    return np.where(enough, near.by_origin(chosen) / k, np.inf)


def minutes_to_enough(times: Times, supply: npt.ArrayLike, *, enough: npt.ArrayLike) -> Floats:
    """Minutes within which an origin finds enough supply.

    With `enough` the number of people of each origin it is the balancing time.

    Parameters
    ----------
    times : Times
        Travel times.
    supply : array_like of float
        What each site offers, shape (sites,), 0 or more.
    enough : array_like of float
        Supply wanted, in its unit, one for all or one for each origin, shape (origins,); 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Minutes, shape (origins,); 0 where nothing is wanted, inf where not enough is in reach.

    Raises
    ------
    DataError
        If a supply or amount is missing, negative or infinite, or a shape is wrong.

    References
    ----------
    Barboza, M. H. C., Carneiro, M. S., Falavigna, C., Luz, G., Orrico, R. (2021), Balancing time: using a
    new accessibility measure in Rio de Janeiro, Journal of Transport Geography 90, 102924.

    Examples
    --------
    >>> from tongqu.methods.reach.times import times_from_matrix
    >>> minutes_to_enough(times_from_matrix([[5, 20, 9]]), [10, 40, 30], enough=40)
    array([9.])
    """
    amount = times.at_sites(supply, column="supply")
    wanted = floats(enough, column="enough", low=0, high=np.finfo(np.float64).max)
    fits = wanted.shape in ((), (times.origins,))
    require(fits, column="enough", rule="its shape is wrong", mend="give one for all or one for each origin")
    short = np.array(np.broadcast_to(wanted, times.origins))
    minutes = np.where(short > 0, np.inf, 0.0)
    near, first = _nearest_first(times)
    count = np.bincount(near.origin, minlength=times.origins)
    open_ = np.flatnonzero((short > 0) & (count > 0))
    met = short * _ROUNDING
    rank = 0
    while open_.size:  # one round for each rank of nearness, all origins at once
        pair = first[open_] + rank
        short[open_] -= amount[near.site[pair]]
        done = short[open_] <= met[open_]
        minutes[open_[done]] = near.minutes[pair[done]]
        rank += 1
        open_ = open_[~done & (count[open_] > rank)]
    return minutes


def _nearest_first(times: Times) -> tuple[Times, Ints]:
    """Pairs sorted by origin and minutes, and where each origin begins."""
    order = np.lexsort((times.site, times.minutes, times.origin))
    near = Times(times.origin[order], times.site[order], times.minutes[order], times.origins, times.sites)
    return near, np.searchsorted(near.origin, np.arange(times.origins))
