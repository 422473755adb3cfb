"""What the study of land starts from: land by class, states without a plan, and people by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress
from tongqu.contracts import Assume, Scenario, State
from tongqu.data import Level, Region
from tongqu.engine.simulate import simulate
from tongqu.sectors.land.base import COLUMNS, Base, base_of
from tongqu.workflow.prepare import sectors_for

__all__ = ["WHOLE", "Ground", "ground_of", "land_in", "with_whole"]

Floats = npt.NDArray[np.float64]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Land and people of a region.

    Parameters
    ----------
    region : Region
    scenario : Scenario
    assume : Assume
        Standards in force.
    base : Base
        Land of counties and towns, mu by class, in the latest year that each has.
    first, last : State
        First and last year of the scenario without a plan.
    whole : str
        Code of all counties together.
    modelled : Series of bool
        Whether the land of each place (county or town) is modelled, by unit.
    people : DataFrame
        Persons of counties and towns in the base year, by unit: columns ``urban, rural``.
    """

    region: Region
    scenario: Scenario
    assume: Assume
    base: Base
    first: State
    last: State
    whole: str
    modelled: pd.Series[bool]
    people: pd.DataFrame

    @property
    def counties(self) -> pd.Index[str]:
        """Counties that have land use."""
        return self.base.counties.index

    def of_county(self, values: pd.Series[float]) -> Floats:
        """Sums by county of values of villages, in the order of `counties`."""
        sums = values.groupby(self.region.county_of(values.index).to_numpy()).sum()
        return np.asarray(sums.reindex(self.counties, fill_value=0.0), dtype=np.float64)


def ground_of(region: Region, *, scenario: Scenario, assume: Assume, progress: Progress) -> Ground:
    """Simulate the first and the last year without a plan, and put land and people of places together.

    Raises
    ------
    DataError
        If the region lacks a table that a sector needs.
    """
    years = sorted({scenario.first_year, scenario.last_year})
    states = simulate(
        region, sectors_for(region), scenario=scenario, assume=assume, years=years, progress=progress
    )
    city = region.level("city").index
    return Ground(
        region=region,
        scenario=scenario,
        assume=assume,
        base=base_of(region),
        first=states[0],
        last=states[-1],
        whole=str(city[0]) if len(city) == 1 else WHOLE,
        modelled=_modelled(region),
        people=_people(region),
    )


def _modelled(region: Region) -> pd.Series[bool]:
    """Whether anything in the land use of each place is modelled; of a county without rows its towns'."""
    if "land_use" not in region.tables:
        return pd.Series(dtype=bool)
    table = region["land_use"]
    own = table["modelled"].astype(bool).groupby(table["unit"].to_numpy()).any()
    towns = own[own.index.isin(region.level("town").index)]
    above = towns.groupby(region.county_of(towns.index).to_numpy()).any()
    return pd.concat([own, above[~above.index.isin(own.index)]]).astype(bool)


def _people(region: Region) -> pd.DataFrame:
    """Persons of counties and towns in the base year by residence."""
    people = region["people"]
    heads = people[people["year"] == region.base_year].groupby("unit")["people"].sum().astype("float64")
    villages = region.level("village")
    heads = heads.reindex(villages.index, fill_value=0.0)
    city = (villages["residence"] == "urban").to_numpy()
    wide = pd.DataFrame({"urban": heads.where(city, 0.0), "rural": heads.where(~city, 0.0)})
    levels: tuple[Level, ...] = ("county", "town")
    return pd.concat(
        [wide.groupby(region.ancestor(wide.index, level=level).to_numpy()).sum() for level in levels]
    )


def with_whole(table: pd.DataFrame, whole: str) -> pd.DataFrame:
    """A table of counties, indexed by unit, with their sum before them; nothing where there is none."""
    if table.empty:
        return table.rename_axis("unit")
    total = table.sum(axis=0, min_count=1).to_frame(whole).T
    return pd.concat([total, table]).rename_axis("unit")


def land_in(state: State, counties: pd.Index[str]) -> pd.DataFrame:
    """Mu by class of `COLUMNS` in a state."""
    return pd.DataFrame({name: state[f"land.{name}"].reindex(counties) for name in COLUMNS}, index=counties)
