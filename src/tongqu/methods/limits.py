"""Whether minutes are within a limit: the same line everywhere, whether searched or compared."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Bools, require

__all__ = ["SLACK_MINUTES", "reach_of", "within"]

SLACK_MINUTES: Final = 1 / 128
"""Minutes (half a second) added to every limit, so that rounding links to whole ticks excludes nobody: it
covers 64 links at half a tick each; of more links the roundings cancel."""


def reach_of(limit: float) -> float:
    """The limit with the slack that every comparison with a limit grants, rounded down to a float32.

    The searches compare in float32; so they and `within` draw the line at the same number.

    Parameters
    ----------
    limit : float
        Minutes, 0 or more, or inf.

    Returns
    -------
    float
        Minutes.

    Raises
    ------
    DataError
        If the limit is negative or missing.

    Examples
    --------
    >>> reach_of(20)
    20.0078125
    """
    require(limit >= 0, column="limit", rule=f"{limit:g} is no limit", mend="give minutes, 0 or more, or inf")
    reach = float(limit) + SLACK_MINUTES
    with np.errstate(over="ignore"):
        near = np.float32(reach)
    return float(near if float(near) <= reach else np.nextafter(near, np.float32(0)))


def within(minutes: npt.ArrayLike, limit: float) -> Bools:
    """Whether each travel time is within a limit; every comparison with a limit in Tongqu is this one.

    Parameters
    ----------
    minutes : array_like of float
        Any shape; inf is never within.
    limit : float
        Minutes; inf takes whatever can be reached.

    Returns
    -------
    numpy.ndarray of bool
        Shape of `minutes`.

    Examples
    --------
    >>> within([19.9, 20.0, 20.1], 20)
    array([ True,  True, False])
    """
    time = np.asarray(minutes, dtype=np.float64)
    return np.asarray((time <= reach_of(limit)) & np.isfinite(time))
