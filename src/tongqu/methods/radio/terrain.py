"""Terrain between two antennas: profiles from heights of a grid, and the loss by diffraction over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.methods._arrays import Floats, floats, require

__all__ = ["Relief", "bullington_loss", "knife_edge_loss", "profiles", "relief_of", "terrain_loss"]

EARTH_KM: Final = 6371.0
"""Mean radius of the Earth, km."""
BENDING: Final = 4 / 3
"""Effective over real radius of the Earth in a normal atmosphere (ITU-R P.526)."""
COARSE_KM: Final = 0.25
"""Steps of a grid above which single hills slip through between its points (assumed)."""
LIGHT_M_GHZ: Final = 0.299792458
"""Speed of light, m GHz."""
_LOWEST_V: Final = -0.78
"""Diffraction parameter below which a knife edge costs nothing (ITU-R P.526)."""


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Heights on a grid of equal steps in longitude and latitude.

    Parameters
    ----------
    lon, lat : numpy.ndarray of float
        Degrees, rising, shapes (columns,) and (rows,).
    height_m : numpy.ndarray of float
        Height above sea level, shape (rows, columns).
    step_km : float
        The larger step of the grid over ground.
    """

    lon: Floats
    lat: Floats
    height_m: Floats
    step_km: float

    @property
    def coarse(self) -> bool:
        """Whether the grid is too coarse to see single hills: its losses are then a hint, no finding."""
        return self.step_km > COARSE_KM

    def at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
        """Height between four points of the grid (bilinear); beyond it, that of its edge.

        Returns
        -------
        numpy.ndarray of float
            m, the shape broadcast.
        """
        column, along = _between(np.asarray(lon, dtype=np.float64), self.lon)
        row, up = _between(np.asarray(lat, dtype=np.float64), self.lat)
        left = self.height_m[row, column] * (1 - up) + self.height_m[row + 1, column] * up
        right = self.height_m[row, column + 1] * (1 - up) + self.height_m[row + 1, column + 1] * up
        return np.asarray(left * (1 - along) + right * along)


def _between(values: Floats, ticks: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """The tick before each value, and how far it is on the way to the next."""
    spot = np.clip(np.searchsorted(ticks, values, side="right") - 1, 0, ticks.size - 2)
    share = (values - ticks[spot]) / (ticks[spot + 1] - ticks[spot])
    return spot.astype(np.int64), np.clip(share, 0.0, 1.0)


def relief_of(lon: npt.ArrayLike, lat: npt.ArrayLike, height_m: npt.ArrayLike) -> Relief:
    """Grid of the points of a table of heights.

    Parameters
    ----------
    lon, lat, height_m : array_like of float
        Degrees and m, shape (points,): every crossing of the grid's lines once, in any order.

    Returns
    -------
    Relief

    Raises
    ------
    DataError
        If a value is missing, there are fewer than two lines either way, or crossings lack a height.

    Examples
    --------
    >>> found = relief_of([0, 0, 0.1, 0.1], [0, 0.1, 0, 0.1], [0, 10, 20, 30])
    >>> float(found.at(0.05, 0.05)), found.coarse
    (15.0, True)
    """
    east, north = floats(lon, column="lon"), floats(lat, column="lat")
    height = floats(height_m, column="height_m")
    columns, column = np.unique(east, return_inverse=True)
    rows, row = np.unique(north, return_inverse=True)
    full = np.full((rows.size, columns.size), np.nan)
    full[row, column] = height
    whole = rows.size >= 2 and columns.size >= 2 and not np.isnan(full).any() and height.size == full.size
    require(
        whole,
        column="height_m",
        rule=f"{height.size} heights do not fill a grid of {rows.size} by {columns.size} lines",
        mend="give one height for every crossing of at least two lines either way",
    )
    degree = np.pi / 180 * EARTH_KM
    wide = float(np.diff(columns).max() * degree * np.cos(np.radians(rows.mean())))
    return Relief(columns, rows, full, max(wide, float(np.diff(rows).max() * degree)))


def profiles(
    relief: Relief, *, start: npt.ArrayLike, end: npt.ArrayLike, points: int = 32
) -> tuple[Floats, Floats]:
    """Heights along straight ways between many pairs of places.

    Parameters
    ----------
    relief : Relief
        Heights.
    start, end : array_like of float
        Longitude and latitude of both ends, degrees, shape (pairs, 2).
    points : int
        Points of a way with its ends, 3 or more.

    Returns
    -------
    share : numpy.ndarray of float
        How far each point is on the way, shape (points,), 0 to 1.
    height_m : numpy.ndarray of float
        Shape (pairs, points).

    Raises
    ------
    DataError
        If a position is missing, or shapes do not fit.

    Examples
    --------
    >>> relief = relief_of([0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 100, 100])
    >>> profiles(relief, start=[[0, 0]], end=[[1, 1]], points=3)
    (array([0. , 0.5, 1. ]), array([[  0.,  50., 100.]]))
    """
    one, other = floats(start, column="start"), floats(end, column="end")
    fits = one.ndim == 2 and one.shape == other.shape and one.shape[1] == 2 and points >= 3
    require(fits, column="end", rule="shapes do not fit", mend="give (pairs, 2) twice, and 3 points or more")
    share = np.linspace(0.0, 1.0, points)
    way = one[:, np.newaxis] + (other - one)[:, np.newaxis] * share[:, np.newaxis]
    return share, relief.at(way[..., 0], way[..., 1])


def knife_edge_loss(v: npt.ArrayLike) -> Floats:
    """Loss over one sharp edge by its diffraction parameter.

    Parameters
    ----------
    v : array_like of float
        How far the edge rises above the direct line, in Fresnel terms; any shape. 0 touches the line.

    Returns
    -------
    numpy.ndarray of float
        J(v) in dB, shape of `v`; 0 for v of -0.78 and less.

    References
    ----------
    ITU-R P.526-15 (2019), equation 31.

    Examples
    --------
    >>> knife_edge_loss([-1, 0, 1, 2.4]).round(2)
    array([ 0.  ,  6.03, 13.93, 20.54])
    """
    value = floats(v, column="v")
    above = np.maximum(value, _LOWEST_V) - 0.1
    loss = 6.9 + 20 * np.log10(np.sqrt(above**2 + 1) + above)
    return np.where(value > _LOWEST_V, loss, 0.0)


def bullington_loss(
    km: npt.ArrayLike, share: npt.ArrayLike, height_m: npt.ArrayLike, *, ends_m: npt.ArrayLike, ghz: float
) -> Floats:
    """Loss by diffraction over terrain: Bullington's equivalent edge with the correction of P.526.

    The two lines from the antennas that just clear the terrain meet over one edge. Where nothing blocks
    the direct line, the worst point near it counts. The curved Earth lifts the ground in between.

    Parameters
    ----------
    km : array_like of float
        Length of each way, shape (pairs,), above 0.
    share : array_like of float
        How far each point is on the way, shape (points,), from 0 to 1.
    height_m : array_like of float
        Ground above sea level, shape (pairs, points).
    ends_m : array_like of float
        Antennas above sea level at both ends, shape (pairs, 2).
    ghz : float
        Frequency.

    Returns
    -------
    numpy.ndarray of float
        dB, shape (pairs,).

    Raises
    ------
    DataError
        If a value is missing, or shapes do not fit.

    References
    ----------
    ITU-R P.526-15 (2019), section 4.5.1. Bullington, K. (1947), Radio propagation at frequencies above 30
    megacycles, Proceedings of the IRE 35, 1122-1136.

    Examples
    --------
    >>> flat, hill = [0, 0, 0], [0, 90, 0]
    >>> bullington_loss([4, 4], [0, 0.5, 1], [flat, hill], ends_m=[[30, 10]] * 2, ghz=0.7).round(1)
    array([ 0. , 36.4])
    """
    length = floats(km, column="km", low=np.nextafter(0, 1))
    inner = floats(share, column="share", low=0, high=1)[1:-1]
    ground, ends = floats(height_m, column="height_m")[:, 1:-1], floats(ends_m, column="ends_m")
    fits = ground.shape == (length.size, inner.size) and ends.shape == (length.size, 2) and inner.size > 0
    require(fits, column="height_m", rule="shapes do not fit", mend="give one row of heights for each way")
    whole = length[:, np.newaxis]
    along = whole * inner
    rest = whole - along
    lifted = ground + 500 / (EARTH_KM * BENDING) * along * rest
    first, last = ends[:, :1], ends[:, 1:]
    wave = LIGHT_M_GHZ / ghz
    up = ((lifted - first) / along).max(axis=1)
    direct = (ends[:, 1] - ends[:, 0]) / length
    line = (first * rest + last * along) / whole
    near = ((lifted - line) * np.sqrt(0.002 * whole / (wave * along * rest))).max(axis=1)
    down = ((lifted - last) / rest).max(axis=1)
    blocked = up >= direct
    steep = np.where(blocked, up + down, 1.0)
    spot = np.where(blocked, (ends[:, 1] - ends[:, 0] + down * length) / steep, length / 2)
    spot = np.clip(spot, length * inner[0] / 2, length * (1 - (1 - inner[-1]) / 2))
    clear = (ends[:, 0] * (length - spot) + ends[:, 1] * spot) / length
    edge = (ends[:, 0] + up * spot - clear) * np.sqrt(0.002 * length / (wave * spot * (length - spot)))
    loss = knife_edge_loss(np.where(blocked, edge, near))
    return np.asarray(loss + (1 - np.exp(-loss / 6)) * (10 + 0.02 * length))


def terrain_loss(
    relief: Relief,
    *,
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    km: npt.ArrayLike,
    start_m: float,
    end_m: float,
    ghz: float,
    points: int = 32,
) -> Floats:
    """Loss that terrain adds between many pairs of antennas above the ground of a grid of heights.

    It is Bullington's loss over the profile less that over even ground between the same two places, which
    the path loss models have in them; never below 0.

    Parameters
    ----------
    relief : Relief
        Heights; where `Relief.coarse` the result is only a hint.
    start, end : array_like of float
        Longitude and latitude, shape (pairs, 2).
    km : array_like of float
        Distance over ground, shape (pairs,), 0 or more; ways shorter than 10 m have no loss.
    start_m, end_m : float
        Antennas above ground.
    ghz : float
        Frequency.
    points : int
        Points of a way, 3 or more.

    Returns
    -------
    numpy.ndarray of float
        dB, shape (pairs,).

    Raises
    ------
    DataError
        As `profiles` and `bullington_loss`.

    Examples
    --------
    >>> lines = [0, 0.01, 0.02]
    >>> relief = relief_of([0, 0, 0, 0.01, 0.01, 0.01, 0.02, 0.02, 0.02], lines * 3, [0] * 4 + [90] + [0] * 4)
    >>> way = {"start": [[0, 0.01]], "end": [[0.02, 0.01]], "km": [2.22]}
    >>> terrain_loss(relief, **way, start_m=35, end_m=1.5, ghz=0.7).round().tolist()
    [37.0]
    """
    length = floats(km, column="km", low=0)
    if length.size == 0:
        return np.zeros(0)
    share, height = profiles(relief, start=start, end=end, points=points)
    ends = height[:, [0, -1]] + np.array([start_m, end_m])
    tiny = length < 0.01
    even = height[:, :1] * (1 - share) + height[:, -1:] * share
    way = np.where(tiny, 0.01, length)
    full, least = (bullington_loss(way, share, ground, ends_m=ends, ghz=ghz) for ground in (height, even))
    return np.where(tiny, 0.0, np.maximum(full - least, 0.0))
