"""Map projections: the only module that reprojects."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tongqu.base.errors import DataError, Problem

if TYPE_CHECKING:
    from pyproj import Transformer

__all__ = ["local_crs", "to_local", "to_wgs84"]

WGS84: Final = 4326
FIRST_ZONE, LAST_ZONE = 4534, 4554
"""EPSG codes of the CGCS2000 3-degree Gauss-Kruger systems without zone prefix, 75° E to 135° E."""
FIRST_MERIDIAN, ZONE_WIDTH = 75, 3

Coordinates = tuple[NDArray[np.float64], NDArray[np.float64]]


def local_crs(lon: float) -> int:
    """EPSG code of the CGCS2000 3-degree Gauss-Kruger system whose central meridian is nearest.

    Parameters
    ----------
    lon : float
        Longitude of the middle of the region, degrees east.

    Raises
    ------
    DataError
        If the longitude lies outside the zones, that is outside China.

    References
    ----------
    EPSG Dataset, codes 4534 (75° E) to 4554 (135° E).

    Examples
    --------
    >>> local_crs(118.87)  # Quzhou: 120° E
    4549
    >>> local_crs(87.6)  # Ürümqi: 87° E
    4538
    """
    code = FIRST_ZONE + round((lon - FIRST_MERIDIAN) / ZONE_WIDTH)
    if not FIRST_ZONE <= code <= LAST_ZONE:
        mend = "name a projected system in metres as crs in region.toml"
        raise DataError([Problem(rule="outside the CGCS2000 zones", mend=mend, column="lon", value=str(lon))])
    return code


@lru_cache(maxsize=32)
def transformer(source: int, target: int) -> Transformer:
    """A transformer between two EPSG codes, longitude or east first."""
    # Imported here: opening the PROJ database takes longer than most commands.
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except ProjError as error:
        mend = "give the EPSG code of a projected system"
        problem = Problem(rule="unknown EPSG code", mend=mend, value=f"{source} or {target}")
        raise DataError([problem]) from error


def to_local(lon: ArrayLike, lat: ArrayLike, *, epsg: int) -> Coordinates:
    """Projected coordinates of points given in degrees WGS84.

    Parameters
    ----------
    lon, lat : array of float
        Degrees.
    epsg : int
        EPSG code of the projected system, for example from `local_crs`.

    Returns
    -------
    east, north : arrays of float
        In the unit of the system, metres for those of `local_crs`.

    Raises
    ------
    DataError
        If there is no such system.

    Examples
    --------
    A point on the central meridian has east 500 000 m:

    >>> east, north = to_local([118.8711, 120.0], [28.9587, 30.0], epsg=4549)
    >>> east.round(1).tolist(), north.round(1).tolist()
    ([389953.7, 500000.0], [3205216.8, 3320113.4])
    """
    return transform(lon, lat, source=WGS84, target=epsg)


def to_wgs84(east: ArrayLike, north: ArrayLike, *, epsg: int) -> Coordinates:
    """Degrees WGS84 of points given in a projected system; the inverse of `to_local`.

    Parameters
    ----------
    east, north : array of float
        In the unit of the system.
    epsg : int
        EPSG code of the projected system.

    Returns
    -------
    lon, lat : arrays of float
        Degrees.

    Examples
    --------
    >>> lon, lat = to_wgs84([500000.0], [3320113.4], epsg=4549)
    >>> lon.round(6).tolist(), lat.round(6).tolist()
    ([120.0], [30.0])
    """
    return transform(east, north, source=epsg, target=WGS84)


def transform(x: ArrayLike, y: ArrayLike, *, source: int, target: int) -> Coordinates:
    """Coordinates in another system."""
    change = transformer(source, target)
    first, second = change.transform(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return np.asarray(first, np.float64), np.asarray(second, np.float64)
