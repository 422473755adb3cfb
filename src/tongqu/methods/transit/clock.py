"""Times of day as seconds after midnight of the service day; 25:10:00 is ten past one the next morning."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["NEVER", "clock", "seconds_of", "whole_seconds"]

NEVER: Final = 2**30 - 1
"""Seconds that stand for "not at all": twice this still fits into 32 bits."""

_CLOCK: Final = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_ROUNDING: Final = 1e-6
"""Seconds by which a product of minutes may exceed a whole second before it counts as the next one."""


def seconds_of(text: str) -> int:
    """Seconds after midnight of a time written ``HH:MM`` or ``HH:MM:SS``, hours beyond 24 allowed.

    Parameters
    ----------
    text : str
        The time.

    Returns
    -------
    int
        Seconds after midnight of the service day.

    Raises
    ------
    DataError
        If it is not written so.

    Examples
    --------
    >>> seconds_of("07:30"), seconds_of("25:10:00")
    (27000, 90600)
    """
    found = _CLOCK.fullmatch(text.strip())
    mend = "write HH:MM or HH:MM:SS, such as 07:30"
    require(found is not None, column="time", rule=f"{text!r} is no time of day", mend=mend)
    assert found is not None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds


def clock(seconds: int) -> str:
    """A time of day as ``HH:MM:SS``; the inverse of `seconds_of`.

    Parameters
    ----------
    seconds : int
        Seconds after midnight of the service day; negative on the evening before.

    Returns
    -------
    str
        The time.

    Examples
    --------
    >>> clock(90600), clock(-60)
    ('25:10:00', '-00:01:00')
    """
    sign, rest = ("-" if seconds < 0 else ""), abs(int(seconds))
    return f"{sign}{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


def whole_seconds(minutes: npt.ArrayLike, *, column: str) -> npt.NDArray[np.int32]:
    """Minutes as whole seconds, rounded up so that nobody arrives too early; inf is `NEVER`.

    Parameters
    ----------
    minutes : array_like of float
        Any shape, 0 or more.
    column : str
        Name of the argument, for the message.

    Returns
    -------
    numpy.ndarray of int32
        Shape of `minutes`.

    Raises
    ------
    DataError
        If a value is missing or negative.

    Examples
    --------
    >>> whole_seconds([0.5, 0.51], column="minutes")
    array([30, 31], dtype=int32)
    """
    exact: Floats = floats(minutes, column=column, low=0) * 60
    return np.minimum(np.ceil(exact - _ROUNDING), NEVER).clip(min=0).astype(np.int32)
