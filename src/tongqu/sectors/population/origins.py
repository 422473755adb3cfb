"""Where the newcomers of a county come from: a table of maximum entropy between counties and the outside."""

from __future__ import annotations

from typing import Final

import numpy as np

from tongqu.base import DataError
from tongqu.data import Region
from tongqu.methods.interaction import Deterrence, doubly_flows
from tongqu.methods.travel import great_circle_km
from tongqu.sectors.population.census import Census, Floats

__all__ = ["stock_by_origin", "yearly_flows"]

MOST_INSIDE: Final = 0.9
"""Largest share of those who are away that may be in the region; some are always outside."""


def stock_by_origin(region: Region, census: Census, *, inside: float, deterrence: float) -> Floats:
    """Residents of each county (columns) by the county of the region where they are registered (rows).

    Maximum entropy: rows and outside are those who are away from where they are registered, columns and
    outside those who live where they are not, distance as the crow flies between the counties deters.

    Parameters
    ----------
    inside : float
        Share of the residents registered in another county of the province who come from this region.
    deterrence : float
        Beta of `exp(-beta km)`.

    Returns
    -------
    numpy.ndarray of float
        Persons, shape (county, county); zeros where the register is not known.

    References
    ----------
    Wilson, A. G. (1971), A family of spatial interaction models, Environment and Planning 3, 1-32.
    """
    count = len(census.counties)
    province, other = np.nan_to_num(census.newcomers[1][1]), np.nan_to_num(census.newcomers[1][2])
    away = census.registered - (census.now.sum(axis=(1, 2, 3)) - province - other)
    if count < 2 or not np.isfinite(away).all() or not (away > 0).all() or province.sum() == 0:
        return np.zeros((count, count))
    known = min(inside * province.sum(), MOST_INSIDE * away.sum())
    arrive = np.append(province + other, away.sum() - known)
    leave = np.append(away, (province + other).sum() - known)
    km = np.full((count + 1, count + 1), 1.0)
    lon, lat = region.level("county")[["lon", "lat"]].to_numpy(dtype=np.float64).T
    km[:count, :count] = great_circle_km(lon1=lon[:, None], lat1=lat[:, None], lon2=lon, lat2=lat)
    np.fill_diagonal(km, np.inf)
    try:
        found = doubly_flows(km, Deterrence(beta=deterrence), leave=leave, arrive=arrive).flows
    except DataError:  # no table has these margins: nobody is known to move inside the region
        return np.zeros((count, count))
    return np.asarray(found[:count, :count])


def yearly_flows(
    stock: Floats, census: Census, *, inside: float, newcomers: Floats, leavers: Floats
) -> Floats:
    """Persons a year from county to county: newcomers of the region, by where those already there come from.

    No county sends more than leave it.

    Parameters
    ----------
    stock : numpy.ndarray of float
        As `stock_by_origin`.
    newcomers, leavers : numpy.ndarray of float
        Persons a year who come and are registered elsewhere, and who leave; shape (county,).
    """
    here = np.nan_to_num(census.newcomers[1][1:]).sum(axis=0)
    near = np.nan_to_num(census.newcomers[1][1]) * inside
    share = np.divide(near, here, out=np.zeros_like(here), where=here > 0)
    columns = stock.sum(axis=0)
    flows = stock * np.divide(newcomers * share, columns, out=np.zeros_like(here), where=columns > 0)
    rows = flows.sum(axis=1)
    most = np.divide(leavers, rows, out=np.ones_like(rows), where=rows > 0)
    return np.asarray(flows * np.minimum(most, 1.0)[:, np.newaxis])
