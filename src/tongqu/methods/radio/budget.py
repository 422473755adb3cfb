"""Link budget: how much loss a connection bears at a rate, how likely a place is covered, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from tongqu.methods._arrays import Floats, floats, require
from tongqu.methods.radio.rural_macro import (
    FAR_LINE_M,
    FAR_NO_LINE_M,
    NEAR_M,
    SIGMA_NO_LINE_DB,
    Setting,
    line_loss,
    line_probability,
    line_sigma,
    no_line_loss,
)

__all__ = [
    "DOWN",
    "UP",
    "Budget",
    "Curve",
    "coverage_probability",
    "noise_dbm",
    "radius_m",
    "rate_mbps",
    "shadow_margin",
    "snr_for",
]

NOISE_DBM_HZ: Final = 10 * np.log10(1.380649e-23 * 290) + 30
"""Thermal noise at 290 K (kT), dBm a hertz."""
_HALVINGS: Final = 40
"""Steps of the search for the radius: 10 km over 2^40 is far below a millimetre."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Rate against signal to noise: an attenuated Shannon bound, cut at both ends.

    Parameters
    ----------
    share : float
        Part of Shannon's bound that is reached.
    least_db : float
        Signal to noise below which nothing gets through, dB.
    most : float
        Greatest rate, bit/s/Hz.
    """

    share: float
    least_db: float
    most: float


DOWN: Final = Curve(0.6, -10.0, 4.4)
"""Towards the user (3GPP TR 36.942, annex A.2; quoted without the text at hand)."""
UP: Final = Curve(0.4, -10.0, 2.0)
"""From the user (as `DOWN`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Gains and losses of one direction, everything but the path itself.

    Parameters
    ----------
    power_dbm : float
        Power of the transmitter.
    sending_dbi, receiving_dbi : float
        Antenna gains.
    feeder_db : float
        Losses in cables and connectors, both ends.
    body_db, building_db : float
        Loss by the user's body, and into the building.
    noise_figure_db : float
        Of the receiver.
    interference_db : float
        Margin for noise from other cells.
    mhz : float
        Bandwidth used by the connection, above 0.
    curve : Curve
        Rate against signal to noise.

    Examples
    --------
    >>> down = Budget(power_dbm=49, sending_dbi=15, feeder_db=2, building_db=10, mhz=30)
    >>> round(down.eirp_dbm, 1), round(float(down.bearable_db(10)), 1)
    (62, 145.5)
    """

    power_dbm: float
    sending_dbi: float = 0.0
    receiving_dbi: float = 0.0
    feeder_db: float = 0.0
    body_db: float = 0.0
    building_db: float = 0.0
    noise_figure_db: float = 7.0
    interference_db: float = 2.0
    mhz: float = 20.0
    curve: Curve = DOWN

    @property
    def eirp_dbm(self) -> float:
        """Power that an antenna without direction would need: power, plus its gain, less the feeder."""
        return self.power_dbm + self.sending_dbi - self.feeder_db

    @property
    def noise_dbm(self) -> float:
        """Noise at the receiver: thermal, its own, and the margin for other cells."""
        return float(noise_dbm(self.mhz, figure_db=self.noise_figure_db)) + self.interference_db

    def bearable_db(self, rate: npt.ArrayLike) -> Floats:
        """Greatest path loss at which a rate in Mbit/s holds, before shadow fading; -inf beyond the top rate.

        Returns
        -------
        numpy.ndarray of float
            dB, shape of `rate`.
        """
        needed = snr_for(rate, mhz=self.mhz, curve=self.curve)
        losses = self.body_db + self.building_db
        return np.asarray(self.eirp_dbm + self.receiving_dbi - losses - self.noise_dbm - needed)

    def snr_db(self, loss_db: npt.ArrayLike) -> Floats:
        """Signal to noise behind a path loss, dB, shape of `loss_db`."""
        got = self.eirp_dbm + self.receiving_dbi - self.body_db - self.building_db
        return np.asarray(got - np.asarray(loss_db, dtype=np.float64) - self.noise_dbm)


def noise_dbm(mhz: npt.ArrayLike, *, figure_db: float = 0.0) -> Floats:
    """Noise floor k T B at 290 K with a receiver's noise figure.

    Parameters
    ----------
    mhz : array_like of float
        Bandwidth, any shape, above 0.
    figure_db : float
        Noise figure.

    Returns
    -------
    numpy.ndarray of float
        dBm, shape of `mhz`.

    Examples
    --------
    >>> float(noise_dbm(20, figure_db=7).round(2))
    -93.96
    """
    wide = _bandwidth(mhz)
    return np.asarray(NOISE_DBM_HZ + 10 * np.log10(wide * 1e6) + figure_db)


def rate_mbps(snr_db: npt.ArrayLike, *, mhz: float, curve: Curve = DOWN) -> Floats:
    """Rate of one user who has the whole bandwidth, by the truncated Shannon bound.

    Parameters
    ----------
    snr_db : array_like of float
        Signal to noise and interference, any shape.
    mhz : float
        Bandwidth.
    curve : Curve
        `DOWN` or `UP`, or a measured one.

    Returns
    -------
    numpy.ndarray of float
        Mbit/s, shape of `snr_db`.

    Raises
    ------
    DataError
        If a ratio is missing, or the bandwidth not above 0.

    References
    ----------
    3GPP TR 36.942, annex A.2, link level performance model.

    Examples
    --------
    >>> rate_mbps([-11, 0, 40], mhz=20).round(2)
    array([ 0., 12., 88.])
    """
    ratio, wide = floats(snr_db, column="snr_db"), _bandwidth(mhz)
    bits = np.minimum(curve.share * np.log2(1 + 10 ** (ratio / 10)), curve.most)
    return np.asarray(np.where(ratio < curve.least_db, 0.0, bits) * wide)


def _bandwidth(mhz: npt.ArrayLike) -> Floats:
    return floats(mhz, column="mhz", low=np.nextafter(0, 1))


def snr_for(rate: npt.ArrayLike, *, mhz: float, curve: Curve = DOWN) -> Floats:
    """Least signal to noise at which a rate is reached: the inverse of `rate_mbps`.

    Parameters
    ----------
    rate : array_like of float
        Mbit/s, any shape, above 0.

    Returns
    -------
    numpy.ndarray of float
        dB, shape of `rate`; inf for a rate beyond the top of the curve.

    Raises
    ------
    DataError
        If a rate or the bandwidth is missing or not above 0.

    Examples
    --------
    >>> snr_for([12, 89], mhz=20)
    array([ 0., inf])
    """
    bits = floats(rate, column="rate", low=np.nextafter(0, 1)) / _bandwidth(mhz)
    needed = 10 * np.log10(np.expm1(np.log(2) * np.minimum(bits, curve.most) / curve.share))
    return np.where(bits > curve.most, np.inf, np.maximum(needed, curve.least_db))


def shadow_margin(probability: npt.ArrayLike, *, sigma_db: npt.ArrayLike) -> Floats:
    """Margin that shadow fading needs so that a place is covered with a probability.

    Parameters
    ----------
    probability : array_like of float
        At the place (say the cell's edge), inside (0, 1).
    sigma_db : array_like of float
        Standard deviation of shadow fading, 0 or more; the shapes broadcast.

    Returns
    -------
    numpy.ndarray of float
        dB: sigma times the quantile of the normal distribution.

    Raises
    ------
    DataError
        If a probability is not inside (0, 1), or a deviation is negative.

    Examples
    --------
    >>> float(shadow_margin(0.9, sigma_db=8).round(3))
    10.252
    """
    wanted = floats(probability, column="probability", low=np.nextafter(0, 1), high=np.nextafter(1, 0))
    return np.asarray(ndtri(wanted) * floats(sigma_db, column="sigma_db", low=0))


def coverage_probability(
    metres: npt.ArrayLike,
    *,
    bearable_db: npt.ArrayLike,
    setting: Setting,
    terrain_db: npt.ArrayLike = 0.0,
) -> Floats:
    """Probability that the path loss is bearable: with and without line of sight, each as likely as it is.

    Terrain in the way adds its loss to both states. Beyond 5 km, where the 3GPP model knows no loss without
    line of sight, only the line of sight counts; beyond 10 km nothing does.

    Parameters
    ----------
    metres : array_like of float
        Distance over ground, 0 or more; what is nearer than 10 m counts as 10 m.
    bearable_db : array_like of float
        Greatest loss that the link bears (`Budget.bearable_db`).
    setting : Setting
        Frequency and heights.
    terrain_db : array_like of float
        Loss by terrain (`terrain_loss`), 0 or more; all shapes broadcast.

    Returns
    -------
    numpy.ndarray of float
        In [0, 1], the shape broadcast.

    Raises
    ------
    DataError
        If a value is missing or negative.

    Examples
    --------
    >>> coverage_probability([500, 2000, 6000], bearable_db=128, setting=Setting(ghz=0.7)).round(3)
    array([0.999, 0.565, 0.002])
    """
    ground = np.maximum(floats(metres, column="metres", low=0), NEAR_M)
    spare = _spare(bearable_db, terrain_db)
    line = ndtr(
        (spare - line_loss(ground, setting=setting, beyond=True)) / line_sigma(ground, setting=setting)
    )
    other = ndtr((spare - no_line_loss(ground, setting=setting, beyond=True)) / SIGMA_NO_LINE_DB)
    seen = line_probability(ground)
    line = np.where(ground > FAR_LINE_M, 0.0, line)
    other = np.where(ground > FAR_NO_LINE_M, 0.0, other)
    return np.asarray(seen * line + (1 - seen) * other)


def _spare(bearable_db: npt.ArrayLike, terrain_db: npt.ArrayLike) -> Floats:
    """What terrain leaves of the loss that the link bears; -inf where it bears none."""
    bearable = floats(bearable_db, column="bearable_db")
    return np.asarray(bearable - floats(terrain_db, column="terrain_db", low=0))


def radius_m(
    *, bearable_db: npt.ArrayLike, setting: Setting, probability: float = 0.9, terrain_db: npt.ArrayLike = 0.0
) -> Floats:
    """Distance up to which a place is covered with a probability, by halving intervals.

    Parameters
    ----------
    bearable_db : array_like of float
        Greatest loss that the link bears.
    setting : Setting
        Frequency and heights.
    probability : float
        At the edge, inside (0, 1).
    terrain_db : array_like of float
        Loss by terrain; the shapes broadcast.

    Returns
    -------
    numpy.ndarray of float
        m over ground, 0 where not even 10 m are covered, at most 10 km.

    Raises
    ------
    DataError
        If a value is missing or outside its range.

    Examples
    --------
    >>> radius_m(bearable_db=[110, 128], setting=Setting(ghz=0.7)).round()
    array([ 499., 1199.])
    """
    inside = 0 < probability < 1
    require(inside, column="probability", rule="it is not inside (0, 1)", mend="give 0.9, say")
    spare = _spare(bearable_db, terrain_db)

    def covered(metres: Floats) -> npt.NDArray[np.bool_]:
        found = coverage_probability(metres, bearable_db=spare, setting=setting)
        return np.asarray(found >= probability)

    low, high = np.full(spare.shape, NEAR_M), np.full(spare.shape, FAR_LINE_M)
    none = ~covered(low)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fine = covered(middle)
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.where(none, 0.0, low)
