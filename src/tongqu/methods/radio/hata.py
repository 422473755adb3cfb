"""Path loss after Okumura and Hata: an empirical second opinion on the 3GPP model."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Area", "hata_loss"]

Area: TypeAlias = Literal["urban", "suburban", "open"]

RANGES: Final = {"km": (1.0, 20.0), "mhz": (150.0, 1500.0), "base_m": (30.0, 200.0), "user_m": (1.0, 10.0)}
"""Ranges in which Hata fitted Okumura's curves."""


def hata_loss(
    km: npt.ArrayLike, *, mhz: float, base_m: float = 30.0, user_m: float = 1.5, area: Area = "urban"
) -> Floats:
    """Median path loss by Hata's formulas, small or medium city for the user's antenna.

    Parameters
    ----------
    km : array_like of float
        Distance, any shape, 1 to 20 km.
    mhz : float
        Frequency, 150 to 1500 MHz.
    base_m, user_m : float
        Height of the antennas of station and user, 30 to 200 m and 1 to 10 m.
    area : {"urban", "suburban", "open"}
        Kind of surroundings.

    Returns
    -------
    numpy.ndarray of float
        dB, shape of `km`.

    Raises
    ------
    DataError
        If a value is missing or outside the range, or the area is unknown.

    References
    ----------
    Hata, M. (1980), Empirical formula for propagation loss in land mobile radio services, IEEE Transactions
    on Vehicular Technology 29, 317-325.

    Examples
    --------
    >>> hata_loss([1, 10], mhz=900).round(3)
    array([126.403, 161.628])
    >>> float(hata_loss(1, mhz=900, area="open").round(3))
    97.897
    """
    given = {"km": km, "mhz": mhz, "base_m": base_m, "user_m": user_m}
    checked = {
        name: floats(value, column=name, low=RANGES[name][0], high=RANGES[name][1])
        for name, value in given.items()
    }
    known = area in ("urban", "suburban", "open")
    require(known, column="area", rule=f"{area} is unknown", mend="urban, suburban or open")
    f, base, user = (np.log10(mhz), np.log10(base_m), user_m)
    hand = (1.1 * f - 0.7) * user - (1.56 * f - 0.8)
    loss = 69.55 + 26.16 * f - 13.82 * base - hand + (44.9 - 6.55 * base) * np.log10(checked["km"])
    if area == "suburban":
        loss = loss - 2 * np.log10(mhz / 28) ** 2 - 5.4
    elif area == "open":
        loss = loss - 4.78 * f**2 + 18.33 * f - 40.94
    return np.asarray(loss)
