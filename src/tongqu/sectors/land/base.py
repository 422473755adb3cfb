"""What the region's land is used for at the start, and which class a project builds on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.data import Level, Region
from tongqu.methods.land import CLASSES, PART_OF
from tongqu.methods.sums import group_sums

__all__ = ["COLUMNS", "Base", "base_of", "built_class", "land_of", "urban_people"]

Floats = npt.NDArray[np.float64]

COLUMNS: Final = (*CLASSES, *PART_OF)
"""Classes that make up the area, then those that are part of another."""


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Land of the counties that have land use, and of their towns, mu; columns `COLUMNS`.

    ``urban`` holds persons in urban units in the region's base year, by county.
    """

    counties: pd.DataFrame
    towns: pd.DataFrame
    urban: Floats


def land_of(region: Region, level: Level) -> pd.DataFrame:
    """Land use of the places of a level in the latest year that each has: mu, columns `COLUMNS`."""
    units = region.level(level).index
    blank = pd.DataFrame(columns=list(COLUMNS), index=units[:0], dtype="float64")
    if "land_use" not in region.tables:
        return blank
    table = region["land_use"]
    mine = table[table["unit"].isin(units)]
    if mine.empty:
        return blank
    latest = mine.groupby("unit")["year"].transform("max")
    wide = (
        mine[mine["year"] == latest]
        .astype({"class": "str"})
        .pivot(index="unit", columns="class", values="area_mu")
    )
    return wide.reindex(columns=list(COLUMNS)).astype("float64").sort_index()


@lru_cache(maxsize=4)
def base_of(region: Region) -> Base:
    """Land use of counties; of one without rows of its own the sum of its towns, if all of them have some."""
    own, towns = land_of(region, "county"), land_of(region, "town")
    home = region.level("town")["parent"]
    rest = home[~home.isin(own.index)]
    known = rest.isin(rest[~rest.index.isin(towns.index)])
    whole = rest[~known]
    summed = towns.loc[whole.index].groupby(whole.to_numpy()).sum()
    counties = pd.concat([part for part in (own, summed) if len(part)]) if len(summed) else own
    counties = counties.sort_index().rename_axis("unit")
    people = region["people"]
    mine = people[people["year"] == region.base_year]
    villages = region.level("village")
    city = villages.index[villages["residence"] == "urban"]
    mine = mine[mine["unit"].isin(city)]
    urban = mine.groupby(region.county_of(mine["unit"]).to_numpy())["people"].sum()
    return Base(counties, towns, urban.reindex(counties.index, fill_value=0.0).to_numpy(dtype=np.float64))


def urban_people(values: pd.Series, *, region: Region, counties: pd.Index) -> Floats:
    """Persons by county of a series over villages."""
    found = group_sums(
        region.county_numbers(values.index), values.to_numpy(), size=len(region.codes("county"))
    )
    return np.asarray(found[region.county_numbers(counties)])


@remember(48)
def built_class(region: Region, projects: pd.DataFrame) -> pd.Series:
    """Class of construction land that each project makes: transport for roads, else by where it stands.

    A village-level unit says itself whether it is urban; of a town or a county its seat does. A county
    without a seat counts as urban, a town without one as rural.
    """
    units = region["units"].set_index("unit")
    residence = units["residence"].astype("object")
    seat = units["seat"].map(residence)
    upper = units["level"].isin(["city", "county"])
    by_seat = seat.where(seat.notna(), np.where(upper, "urban", "rural"))
    where = residence.where(units["level"] == "village", by_seat)
    kind = projects["unit"].map(where).fillna("rural").to_numpy()
    kind = np.where(kind == "urban", "urban", "rural")
    found = np.where(projects["sector"] == "transport", "transport", kind)
    return pd.Series(found, index=projects["project"].to_numpy(), dtype="str")
