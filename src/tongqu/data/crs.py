"""Map projections: the only module that reprojects."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tongqu.base.errors import DataError, Problem

if TYPE_CHECKING:
    from pyproj import Transformer

__all__ = ["from_plane", "geodesic_m", "local_crs", "named_to_wgs84", "to_local", "to_plane", "to_wgs84"]

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
def transformer(source: int | str, target: int | str) -> Transformer:
    """A transformer between two systems (EPSG codes or texts), longitude or east first."""
    # Imported here: opening the PROJ database takes longer than most commands.
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(source, target, always_xy=True)
    except ProjError as error:
        mend = "give the EPSG code of a projected system"
        problem = Problem(rule="unknown EPSG code", mend=mend, value=f"{source} or {target}")
        raise DataError([problem]) from error


@lru_cache(maxsize=1)
def ellipsoid() -> Any:
    """The WGS84 ellipsoid for distances along the ground."""
    from pyproj import Geod

    return Geod(ellps="WGS84")


def geodesic_m(*, lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Shortest distances on the WGS84 ellipsoid.

    Parameters
    ----------
    lon1, lat1, lon2, lat2 : array of float
        Degrees, all of one shape.

    Returns
    -------
    array of float
        Metres, the same shape.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, Journal of Geodesy 87, 43-55.

    Examples
    --------
    A degree of longitude on the equator:

    >>> geodesic_m(lon1=[118.0], lat1=[0.0], lon2=[119.0], lat2=[0.0]).round(1).tolist()
    [111319.5]
    """
    ends = [np.asarray(angle, np.float64) for angle in (lon1, lat1, lon2, lat2)]
    if ends[0].size == 0:
        return np.zeros(ends[0].shape)
    return np.asarray(ellipsoid().inv(*ends)[2], np.float64)


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


def named_to_wgs84(x: ArrayLike, y: ArrayLike, *, crs: str) -> Coordinates:
    """Degrees WGS84 of points in a system that a file names.

    Parameters
    ----------
    x, y : array of float
        East or longitude, and north or latitude, in the unit of the system.
    crs : str
        An authority's code (``"EPSG:4549"``) or well-known text.

    Returns
    -------
    lon, lat : arrays of float
        Degrees; inf where a point has no place in WGS84.

    Raises
    ------
    DataError
        If there is no such system.

    Examples
    --------
    >>> lon, lat = named_to_wgs84([500000.0], [3320113.4], crs="EPSG:4549")
    >>> lon.round(6).tolist(), lat.round(6).tolist()
    ([120.0], [30.0])
    """
    return transform(x, y, source=crs, target=WGS84)


def plane_text(centre: tuple[float, float]) -> str:
    """The azimuthal equidistant system around a point (lon, lat)."""
    lon, lat = centre
    return f"+proj=aeqd +lon_0={lon:.6f} +lat_0={lat:.6f} +datum=WGS84 +units=m +type=crs"


def to_plane(lon: ArrayLike, lat: ArrayLike, *, centre: tuple[float, float]) -> Coordinates:
    """Metres in a plane around a point: azimuthal equidistant, for measuring near and far at any place.

    Scale is true along rays from the centre; across them it is off by about d² / 6R², that is 0.02 % at
    200 km.

    Parameters
    ----------
    lon, lat : array of float
        Degrees WGS84.
    centre : tuple of float
        Longitude and latitude of the middle.

    Returns
    -------
    x, y : arrays of float
        Metres east and north of the centre.

    References
    ----------
    Snyder, J. P. (1987), Map projections: a working manual, USGS Professional Paper 1395, section 25.

    Examples
    --------
    >>> x, y = to_plane([118.87, 118.88], [28.95, 28.95], centre=(118.87, 28.95))
    >>> x.round(1).tolist()
    [0.0, 974.9]
    """
    return transform(lon, lat, source=WGS84, target=plane_text(centre))


def from_plane(x: ArrayLike, y: ArrayLike, *, centre: tuple[float, float]) -> Coordinates:
    """Degrees WGS84 of points in the plane around a point; the inverse of `to_plane`.

    Parameters
    ----------
    x, y : array of float
        Metres east and north of the centre.
    centre : tuple of float
        Longitude and latitude of the middle.

    Returns
    -------
    lon, lat : arrays of float
        Degrees.

    Examples
    --------
    >>> lon, lat = from_plane([0.0], [1000.0], centre=(118.87, 28.95))
    >>> lon.round(6).tolist(), lat.round(5).tolist()
    ([118.87], [28.95902])
    """
    return transform(x, y, source=plane_text(centre), target=WGS84)


def transform(x: ArrayLike, y: ArrayLike, *, source: int | str, target: int | str) -> Coordinates:
    """Coordinates in another system."""
    change = transformer(source, target)
    first, second = change.transform(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return np.asarray(first, np.float64), np.asarray(second, np.float64)
