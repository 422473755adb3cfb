"""Path loss of the rural macro cell of 3GPP TR 38.901, shadow fading and probability of line of sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = [
    "FAR_LINE_M",
    "FAR_NO_LINE_M",
    "NEAR_M",
    "SIGMA_NO_LINE_DB",
    "Setting",
    "line_loss",
    "line_probability",
    "line_sigma",
    "no_line_loss",
]

LIGHT_M_S: Final = 3.0e8
"""Speed of light as TR 38.901 rounds it in the breakpoint distance, m/s."""
NEAR_M: Final = 10.0
"""Least distance over ground of the model, m."""
FAR_LINE_M: Final = 10_000.0
"""Greatest distance over ground with line of sight, m."""
FAR_NO_LINE_M: Final = 5_000.0
"""Greatest distance over ground without line of sight, m."""
SIGMA_NO_LINE_DB: Final = 8.0
"""Standard deviation of shadow fading without line of sight, dB."""
_SIGMA_LINE_DB: Final = (4.0, 6.0)
"""With line of sight, before and beyond the breakpoint, dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the loss depends on besides distance; defaults are those of TR 38.901.

    Parameters
    ----------
    ghz : float
        Centre frequency, 0.5 to 30 GHz.
    base_m, user_m : float
        Height of the antennas of station and user above ground, 10 to 150 m and 1 to 10 m.
    building_m, street_m : float
        Mean height of buildings and mean width of streets, 5 to 50 m each.

    Raises
    ------
    DataError
        If a value lies outside the range of the model.

    Examples
    --------
    >>> round(Setting(ghz=0.7).breakpoint_m, 3)
    769.69
    """

    ghz: float
    base_m: float = 35.0
    user_m: float = 1.5
    building_m: float = 5.0
    street_m: float = 20.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("ghz", 0.5, 30.0),
            ("base_m", 10.0, 150.0),
            ("user_m", 1.0, 10.0),
            ("building_m", 5.0, 50.0),
            ("street_m", 5.0, 50.0),
        ):
            floats(getattr(self, name), column=name, low=low, high=high)

    @property
    def breakpoint_m(self) -> float:
        """Distance over ground from which the loss grows with its fourth power, m."""
        return 2 * np.pi * self.base_m * self.user_m * self.ghz * 1e9 / LIGHT_M_S


def _slant(metres: Floats, setting: Setting) -> Floats:
    """Distance between the antennas from the distance over ground, m."""
    return np.hypot(metres, setting.base_m - setting.user_m)


def _distances(metres: npt.ArrayLike, *, far: float, beyond: bool) -> Floats:
    """The distances, none nearer than the model goes; farther ones are named, or NaN where asked for."""
    values = floats(metres, column="metres", low=NEAR_M)
    inside = values <= far
    require(
        beyond or bool(inside.all()),
        column="metres",
        rule=f"{int((~inside).sum())} of {values.size} distances are beyond {far:g} m, the model's range",
        mend="leave such pairs out, or ask for NaN there with beyond=True",
    )
    return np.where(inside, values, np.nan)


def _near(slant: Floats, setting: Setting) -> Floats:
    height = setting.building_m
    grown = height**1.72
    return np.asarray(
        20 * np.log10(40 * np.pi * slant * setting.ghz / 3)
        + min(0.03 * grown, 10) * np.log10(slant)
        - min(0.044 * grown, 14.77)
        + 0.002 * np.log10(height) * slant
    )


def line_loss(metres: npt.ArrayLike, *, setting: Setting, beyond: bool = False) -> Floats:
    """Path loss with line of sight.

    Parameters
    ----------
    metres : array_like of float
        Distance over ground, any shape, 10 m to 10 km.
    setting : Setting
        Frequency and heights.
    beyond : bool
        Give NaN for distances beyond the range instead of an error.

    Returns
    -------
    numpy.ndarray of float
        dB, shape of `metres`.

    Raises
    ------
    DataError
        If a distance is missing, below 10 m, or (unless `beyond`) above 10 km.

    References
    ----------
    3GPP TR 38.901 V17 (2022), table 7.4.1-1, RMa LOS.

    Examples
    --------
    >>> line_loss([100, 5000], setting=Setting(ghz=0.7)).round(6)
    array([ 70.219015, 121.331055])
    """
    return _line(_distances(metres, far=FAR_LINE_M, beyond=beyond), setting)


def _line(ground: Floats, setting: Setting) -> Floats:
    slant = _slant(ground, setting)
    turn = setting.breakpoint_m
    # The report puts the breakpoint, a distance over ground, where a distance between antennas belongs.
    far = _near(np.asarray(turn), setting) + 40 * np.log10(slant / turn)
    return np.where(ground > turn, far, _near(slant, setting))


def no_line_loss(metres: npt.ArrayLike, *, setting: Setting, beyond: bool = False) -> Floats:
    """Path loss without line of sight; never below that with it.

    Parameters
    ----------
    metres : array_like of float
        Distance over ground, any shape, 10 m to 5 km.
    setting : Setting
        Frequency and heights.
    beyond : bool
        Give NaN for distances beyond the range instead of an error.

    Returns
    -------
    numpy.ndarray of float
        dB, shape of `metres`.

    Raises
    ------
    DataError
        If a distance is missing, below 10 m, or (unless `beyond`) above 5 km.

    References
    ----------
    3GPP TR 38.901 V17 (2022), table 7.4.1-1, RMa NLOS.

    Examples
    --------
    >>> no_line_loss([100, 5000], setting=Setting(ghz=0.7)).round(6)
    array([ 78.694397, 143.439453])
    """
    ground = _distances(metres, far=FAR_NO_LINE_M, beyond=beyond)
    base, height = setting.base_m, setting.building_m
    loss = (
        161.04
        - 7.1 * np.log10(setting.street_m)
        + 7.5 * np.log10(height)
        - (24.37 - 3.7 * (height / base) ** 2) * np.log10(base)
        + (43.42 - 3.1 * np.log10(base)) * (np.log10(_slant(ground, setting)) - 3)
        + 20 * np.log10(setting.ghz)
        - (3.2 * np.log10(11.75 * setting.user_m) ** 2 - 4.97)
    )
    return np.asarray(np.maximum(_line(ground, setting), loss))


def line_sigma(metres: npt.ArrayLike, *, setting: Setting) -> Floats:
    """Standard deviation of shadow fading with line of sight: 4 dB up to the breakpoint, 6 dB beyond.

    Parameters
    ----------
    metres : array_like of float
        Distance over ground, any shape, 10 m or more.

    Returns
    -------
    numpy.ndarray of float
        dB, shape of `metres`. Without line of sight it is `SIGMA_NO_LINE_DB` everywhere.

    Raises
    ------
    DataError
        If a distance is missing or below 10 m.

    References
    ----------
    3GPP TR 38.901 V17 (2022), table 7.4.1-1.

    Examples
    --------
    >>> line_sigma([700, 800], setting=Setting(ghz=0.7))
    array([4., 6.])
    """
    ground = floats(metres, column="metres", low=NEAR_M)
    near, far = _SIGMA_LINE_DB
    return np.where(ground > setting.breakpoint_m, far, near)


def line_probability(metres: npt.ArrayLike) -> Floats:
    """Probability of line of sight outdoors: 1 up to 10 m, then exp(-(d - 10 m) / 1000 m).

    Parameters
    ----------
    metres : array_like of float
        Distance over ground, any shape, 0 or more.

    Returns
    -------
    numpy.ndarray of float
        Shape of `metres`.

    Raises
    ------
    DataError
        If a distance is missing or negative.

    References
    ----------
    3GPP TR 38.901 V17 (2022), table 7.4.2-1, RMa.

    Examples
    --------
    >>> line_probability([5, 1010, 5010]).round(4)
    array([1.    , 0.3679, 0.0067])
    """
    ground = floats(metres, column="metres", low=0)
    return np.asarray(np.exp(-np.maximum(ground - NEAR_M, 0) / 1000))
