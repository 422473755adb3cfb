"""People of each village from those of its county, by residence and age: a share-out that adds up exactly.

A village holds its share of its county's urban or rural people of an age in the base year. The shares drift:
remote villages lose more of those who leave the country, and towns that a lever strengthens gain more of
those who arrive. What relocation moves is moved afterwards, so it changes places and not numbers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.data import Region
from tongqu.methods.cohort import people_aged
from tongqu.methods.relocation import relocate
from tongqu.methods.travel import great_circle_km
from tongqu.sectors.population.census import GROUPS, Floats, grouped, village_cube

__all__ = ["PUPILS", "centre_counties", "empty_cells", "share_out", "shared"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

PUPILS: Final = {"primary": (6, 12), "junior": (12, 15), "nursery": (3, 6), "senior": (15, 18)}
"""First age and the one after the last of a stage of school (Compulsory Education Law, 6-3-3)."""
STAGES: Final = tuple(PUPILS.values())
"""The ages of all stages."""
RURAL_TURNOVER: Final = 0.02
"""Share of rural people who leave the country in a year: the mean of the bundled region's rates, rounded."""
TOWN_TURNOVER: Final = 0.02
"""Share of urban people who arrived in the last year, likewise."""


def share_out(
    region: Region,
    people: Floats,
    *,
    years: int,
    centre: float = 1.0,
    remoteness: float = 0.0,
    moved: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """People of each village by five-year group, and pupils by school.

    Parameters
    ----------
    people : numpy.ndarray of float
        People of the counties, shape (county, residence, sex, age).
    years : int
        Years since the base year: how long shares have drifted.
    centre : float
        How much more than others the towns of county seats draw those who arrive.
    remoteness : float
        Elasticity of leaving a village to its distance from the county seat; 0 for none.
    moved : DataFrame, optional
        Entries of the ledger `moved`: `unit`, `key`, `amount`.

    Returns
    -------
    tuple of DataFrame
        Persons by village (rows) and `GROUPS`; and by `PUPILS`. Both add up to the people given.
    """
    groups, pupils = shared(region, people, years=years, centre=centre, remoteness=remoteness, moved=moved)
    index = region.codes("village")
    return (
        pd.DataFrame(groups, index=index, columns=list(GROUPS)),
        pd.DataFrame(pupils, index=index, columns=list(PUPILS)),
    )


def shared(
    region: Region,
    people: Floats,
    *,
    years: int,
    centre: float = 1.0,
    remoteness: float = 0.0,
    moved: pd.DataFrame | None = None,
    bands: tuple[tuple[int, int], ...] = STAGES,
) -> tuple[Floats, Floats]:
    """As `share_out`, as arrays of shape (village, group) and (village, band).

    ``bands`` are first ages and those after the last: the stages of school, unless others are asked for.
    """
    cell, empty = _cells(region)
    by_group, by_band = _shares(region, years, centre, remoteness, bands)
    both = people.sum(axis=2)
    for county, lacking, other in empty:
        both[county, other] += both[county, lacking]
        both[county, lacking] = 0.0
    flat = both.reshape(-1, both.shape[-1])
    banded = np.stack([flat[:, first:end].sum(axis=-1) for first, end in bands], axis=-1)
    groups, pupils = grouped(flat)[cell] * by_group, banded[cell] * by_band
    if moved is not None and len(moved):
        leave, host = _moves(region, moved)
        together = relocate(
            np.hstack([groups, pupils]), leave=leave, host=host, share=moved["amount"].to_numpy()
        )
        groups, pupils = together[:, : groups.shape[1]], together[:, groups.shape[1] :]
    return groups, pupils


@remember(32)
def _moves(region: Region, moved: pd.DataFrame) -> tuple[Ints, Ints]:
    """Positions of the villages that people leave, and of those where they go."""
    units = region.codes("village")
    leave, host = (units.get_indexer(pd.Index(moved[name])) for name in ("unit", "key"))
    return leave.astype(np.int64), host.astype(np.int64)


@remember(32)
def _shares(
    region: Region, years: int, centre: float, remoteness: float, bands: tuple[tuple[int, int], ...]
) -> tuple[Floats, Floats]:
    """Share of each village in its cell by five-year group and by band, some years after the base year."""
    cell, _ = _cells(region)
    weights = _weights(region) * _drift(region, years=years, centre=centre, remoteness=remoteness)[:, None]
    ages = np.stack([people_aged(weights, low=first, high=end - 1) for first, end in bands], axis=-1)
    cells = 2 * len(region.codes("county"))
    return _share_of(weights, cell, size=cells), _share_of(ages, cell, size=cells)


def _share_of(weights: Floats, cell: Ints, *, size: int) -> Floats:
    """Share of each place in its cell, column by column; without weights, by those of all columns."""
    sums = np.zeros((size, weights.shape[1]))
    np.add.at(sums, cell, weights)
    everybody = np.zeros(size)
    np.add.at(everybody, cell, weights.sum(axis=1))
    own = sums[cell] > 0
    by_all = weights.sum(axis=1) / np.where(everybody > 0, everybody, 1.0)[cell]
    return np.asarray(np.where(own, weights / np.where(own, sums[cell], 1.0), by_all[:, None]))


@lru_cache(maxsize=4)
def _weights(region: Region) -> Floats:
    """People of the villages in the base year by five-year group."""
    cube = village_cube(region).sum(axis=1)
    return np.concatenate([cube[:, :2].sum(axis=1, keepdims=True), cube[:, 2:]], axis=1)


@lru_cache(maxsize=4)
def _cells(region: Region) -> tuple[Ints, list[tuple[int, int, int]]]:
    """Cell (county and residence) of each village, and the cells without a village.

    The second names county, residence without people in any village, and the other residence.
    """
    villages = region.level("village")
    counties = region.codes("county")
    county = counties.get_indexer(pd.Index(region.county_of(villages.index)))
    cell = 2 * county + (villages["residence"] != "urban").to_numpy()
    people = np.zeros(2 * len(counties))
    np.add.at(people, cell, _weights(region).sum(axis=1))
    here = people.reshape(-1, 2) > 0
    lost = [(int(row), int(column), 1 - int(column)) for row, column in np.argwhere(~here) if here[row].any()]
    return cell.astype(np.int64), lost


def empty_cells(region: Region) -> list[tuple[int, int, int]]:
    """Counties without people in villages of a residence: county, that residence, the other one."""
    return _cells(region)[1]


def _drift(region: Region, *, years: int, centre: float, remoteness: float) -> Floats:
    """Factor on each village's weight after some years; 1 in the base year."""
    urban, seat, distance = _places(region)
    factor = np.ones(len(urban))
    if centre != 1.0:
        factor[urban & seat] = max(1 + (centre - 1) * TOWN_TURNOVER * years, 0.0)
    if remoteness > 0:
        far = distance**remoteness - 1
        factor[~urban] = np.exp(-RURAL_TURNOVER * years * far)[~urban]
    return factor


@lru_cache(maxsize=4)
def _places(region: Region) -> tuple[Bools, Bools, Floats]:
    """Whether each village is urban, and in the seat's town; its distance from the seat over the mean.

    The mean is that of the rural people of the base year.
    """
    villages = region.level("village")
    units = region["units"].set_index("unit")
    county = region.county_of(villages.index)
    seats = units["seat"].reindex(county).to_numpy()
    seat = (villages["parent"].to_numpy() == seats) | (villages.index.to_numpy() == seats)
    at = units[["lon", "lat"]].astype("float64")
    there = at.reindex(pd.Index(seats)).to_numpy()
    there = np.where(np.isfinite(there), there, at.reindex(county).to_numpy())
    here = at.loc[villages.index].to_numpy()
    distance = 1.0 + great_circle_km(lon1=here[:, 0], lat1=here[:, 1], lon2=there[:, 0], lat2=there[:, 1])
    urban = (villages["residence"] == "urban").to_numpy()
    people = pd.Series(_weights(region).sum(axis=1) * ~urban, index=villages.index)
    weighted = (people * distance).groupby(county.to_numpy()).sum() / people.groupby(county.to_numpy()).sum()
    mean = weighted.reindex(county).to_numpy()
    return urban, seat, np.where(np.isfinite(mean), distance / mean, 1.0)


@lru_cache(maxsize=4)
def centre_counties(region: Region) -> Bools:
    """Which counties hold the seat of the city; none where the region has no city or it has no seat."""
    counties = region.codes("county")
    seats = region.level("city")["seat"].dropna()
    seats = seats[seats.isin(region["units"]["unit"])]
    return np.asarray(counties.isin(pd.Index(region.county_of(seats))))
