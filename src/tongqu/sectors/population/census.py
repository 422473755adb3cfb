"""What the censuses of a region say: people by county, residence, sex and single age, and who is registered.

Axes: (county, residence, sex, age); residences urban and rural, sexes male and female, ages 0 to 100+.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.data import Region
from tongqu.methods.people import (
    FUNDAMENTAL,
    Sex,
    china_table,
    migration_by_age,
    rake_shares,
    single_years,
    split_ages,
)

__all__ = [
    "AGES",
    "CELLS",
    "GAP",
    "GROUPS",
    "OLD",
    "SEXES",
    "WORKING",
    "YOUNG",
    "Census",
    "Floats",
    "cells_shape",
    "census_of",
    "grouped",
    "observed",
    "village_cube",
]

Floats = npt.NDArray[np.float64]

CELLS: Final = "cells.people"
"""State variable that holds the people of the counties, in the order of `cells_shape`."""
AGES: Final = 101
"""Single ages, 0 to 100 and more."""
GROUPS: Final = (*(f"{age}-{age + 4}" for age in range(0, 85, 5)), "85+")
"""Five-year groups that villages are kept in."""
YOUNG: Final = ("20-24", "25-29", "30-34", "35-39", "40-44")
"""Groups whose staying tells whether a village hollows out."""
WORKING: Final = tuple(f"{age}-{age + 4}" for age in range(20, 60, 5))
"""Age groups of those who work: 20 to 59 (the retirement ages before their rise from 2025 on, men's)."""
OLD: Final = ("65-69", "70-74", "75-79", "80-84", "85+")
"""Groups of the old."""
GAP: Final = 10
"""Years between two censuses of China; nothing is read from two counts that lie further or nearer."""
SEXES: Final[tuple[Sex, Sex]] = ("male", "female")
CENSUS_AGES: Final = ("0", "1-4", *GROUPS[1:])
STARTS: Final = np.array([0, 1, *range(5, 90, 5)])
OLD_E0: Final = {"male": 75.37, "female": 80.88}
"""Life expectancy of China in 2020 (National Bureau of Statistics); only the shape of 85+ depends on it."""
ELSEWHERE: Final = ("migrants_same_county", "migrants_same_province", "migrants_other_province")
"""Observations of residents whose register is in another town, another county or another province."""
MOST_ELSEWHERE: Final = 0.95
"""Largest share of people of one age and place that are taken to be registered elsewhere."""
RURAL_ODDS: Final = 0.25
"""Newcomers per resident in the country against town: assumed, for the census of a county does not say."""
STOCK_YEARS: Final = 15
"""Years over which today's newcomers came, for their ages (assumed)."""


@dataclass(frozen=True, eq=False)
class Census:
    """The last census of a region and the one ten years before it.

    Parameters
    ----------
    counties : Index
        Codes of the counties, the order of the first axis.
    year : int
        Of the last census.
    now : numpy.ndarray of float
        People, shape (county, residence, sex, age).
    before : numpy.ndarray of float, optional
        The same ten years earlier; None where there is no such census.
    newcomers : numpy.ndarray of float
        Residents registered elsewhere by class (same county, same province, other province) in both censuses,
        shape (2, 3, county); NaN where they are not given.
    registered : numpy.ndarray of float
        People registered in each county at the last census or up to two years from it; NaN where not given.
    """

    counties: pd.Index
    year: int
    now: Floats
    before: Floats | None
    newcomers: Floats
    registered: Floats

    @property
    def elsewhere(self) -> Floats:
        """Those of `now` who are registered elsewhere, the shape of `now`; its ages are modelled."""
        stock = np.nan_to_num(self.newcomers[1]).sum(axis=0)
        recent = np.convolve(migration_by_age(FUNDAMENTAL, ages=np.arange(AGES)), np.ones(STOCK_YEARS))[:AGES]
        odds = np.array([1.0, RURAL_ODDS])[:, np.newaxis, np.newaxis] * recent
        low, high = np.zeros(len(stock)), np.full(len(stock), 1e6)
        for _ in range(80):
            middle = (low + high) / 2
            few = (self.now * _prevalence(odds, middle)).sum(axis=(1, 2, 3)) < stock
            low, high = np.where(few, middle, low), np.where(few, high, middle)
        return np.asarray(self.now * _prevalence(odds, high) * (stock > 0)[:, None, None, None])


def _prevalence(odds: Floats, level: Floats) -> Floats:
    return np.asarray(np.minimum(odds * level[:, None, None, None], MOST_ELSEWHERE))


@lru_cache(maxsize=4)
def census_of(region: Region) -> Census:
    """Read the censuses of a region.

    Raises
    ------
    DataError
        If a county with people has no people in its villages.
    """
    counties = region.codes("county")
    years = sorted({int(year) for year in region["people"]["year"]})
    last = years[-1]
    earlier = last - GAP if last - GAP in years else None
    villages = village_cube(region)
    county = counties.get_indexer(pd.Index(region.county_of(region.codes("village"))))
    urban = (region.level("village")["residence"] == "urban").to_numpy()
    homes = _sums(villages, county, size=len(counties))
    town = _sums(villages * urban[:, None, None], county, size=len(counties))
    counted = _counted(region, year=last)
    counted = np.where(counted.sum(axis=(1, 2), keepdims=True) > 0, counted, homes)
    _require_homes(counties, counted, homes, year=last)
    before = None if earlier is None else _counted(region, year=earlier)
    if before is not None and not (before.sum(axis=(1, 2)) > 0).all():
        before = None
    return Census(
        counties,
        last,
        _by_residence(region, counted, homes=homes, town=town, year=last),
        None if before is None else _by_residence(region, before, homes=homes, town=town, year=last - GAP),
        np.stack([[observed(region, name, year=year) for name in ELSEWHERE] for year in (last - GAP, last)]),
        observed(region, "registered_people", year=last, nearest=2),
    )


def observed(region: Region, variable: str, *, year: int, nearest: int = 0) -> Floats:
    """An observed figure of each county in a year, or in the nearest within some years; NaN where unknown."""
    counties = region.codes("county")
    if "observations" not in region.tables:
        return np.full(len(counties), np.nan)
    table = region["observations"]
    away = (table["year"] - year).abs()
    mine = table[(table["variable"] == variable) & table["unit"].isin(counties) & (away <= nearest)]
    mine = mine.assign(away=away).sort_values("away", kind="stable").drop_duplicates("unit")
    return mine.set_index("unit")["value"].reindex(counties).to_numpy(dtype=np.float64)


@lru_cache(maxsize=4)
def village_cube(region: Region) -> Floats:
    """People of the villages in the base year, shape (village, sex, census age)."""
    villages = region.codes("village")
    return _table(region, villages, year=region.base_year)


def cells_shape(census: Census) -> tuple[int, ...]:
    """Registered here or elsewhere, county, residence, sex, single age."""
    return (2, len(census.counties), 2, 2, AGES)


def grouped(values: Floats) -> Floats:
    """Single ages summed into the 18 five-year groups."""
    return np.asarray(np.add.reduceat(values, np.arange(0, 90, 5), axis=-1))


def _table(region: Region, units: pd.Index, *, year: int) -> Floats:
    people = region["people"]
    mine = people[(people["year"] == year) & people["unit"].isin(units)]
    table = mine.groupby(["unit", "sex", "age"], observed=True)["people"].sum().unstack("age")
    order = pd.MultiIndex.from_product([units, SEXES], names=["unit", "sex"])
    filled = table.reindex(index=order, columns=list(CENSUS_AGES)).fillna(0.0)
    return filled.to_numpy(dtype=np.float64).reshape(len(units), 2, len(CENSUS_AGES))


def _counted(region: Region, *, year: int) -> Floats:
    return _table(region, region.codes("county"), year=year)


def _sums(values: Floats, county: np.ndarray, *, size: int) -> Floats:
    total = np.zeros((size, *values.shape[1:]))
    np.add.at(total, county, values)
    return total


def _by_residence(region: Region, counted: Floats, *, homes: Floats, town: Floats, year: int) -> Floats:
    """Counties by residence and single age: town and country differ by age as their villages do.

    The villages' shares are raked to the urban people counted in the year, where they are given.
    """
    old = np.stack([single_years(china_table(OLD_E0[sex], sex=sex)).Lx[85:] for sex in SEXES])
    single = split_ages(counted, starts=STARTS, open_age=old)
    everybody = homes.sum(axis=(1, 2), keepdims=True)
    overall = np.divide(
        town.sum(axis=(1, 2), keepdims=True), everybody, out=np.zeros_like(everybody), where=everybody > 0
    )
    share = np.where(homes > 0, town / np.where(homes > 0, homes, 1.0), overall)
    share = np.repeat(share, np.diff(np.append(STARTS, AGES)), axis=-1)
    flat, people = (values.reshape(len(single), -1) for values in (share, single))
    urban, rural = (observed(region, f"{side}_people", year=year) for side in ("urban", "rural"))
    both = urban + rural
    known = np.divide(urban, both, out=np.full_like(both, np.nan), where=both > 0)
    total = np.where(np.isfinite(known), known * people.sum(axis=1), (flat * people).sum(axis=1))
    part = rake_shares(flat, people=people, total=total).reshape(single.shape)
    return np.stack([single * part, single * (1 - part)], axis=1)


def _require_homes(counties: pd.Index, counted: Floats, homes: Floats, *, year: int) -> None:
    """Nothing when every county with people has people in its villages."""
    homeless = counties[(counted.sum(axis=(1, 2)) > 0) & (homes.sum(axis=(1, 2)) == 0)]
    if len(homeless):
        raise DataError(
            [
                Problem(
                    rule=f"no village of {unit} has people in {year}",
                    mend="give the people of its villages by sex and age in the base year",
                    file="people",
                    column="unit",
                    value=str(unit),
                )
                for unit in homeless
            ]
        )
