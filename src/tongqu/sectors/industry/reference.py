"""The larger area whose input-output table and jobs the counties of a region borrow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.data import Region
from tongqu.methods.input_output import Table, table_of

__all__ = ["GROUP_OF", "MANUFACTURING", "SECTIONS", "Reference", "counted_jobs", "reference_of"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SECTIONS: Final = tuple("ABCDEFGHIJKLMNOPQRST")
"""Sections of GB/T 4754-2017."""
GROUP_OF: Final = np.array([0] + [1] * 4 + [2] * 15)
"""Farming (section A), industry and construction (B to E), services (F to T), by section."""
MANUFACTURING: Final = SECTIONS.index("C")
PROCESSING: Final = ("food_tobacco", "wood_furniture")
"""Sectors of input-output tables that process what farming and forestry give, by comparable name."""
NEEDED: Final = ("input_output", "industries", "reference_jobs")


@dataclass(frozen=True, eq=False)
class Reference:
    """The larger area.

    Parameters
    ----------
    area : str
    year, jobs_year : int
        Of the table, and of the jobs.
    table : Table
    sections : tuple of str
        Section of each sector.
    processing : numpy.ndarray of bool
        Sectors that process what farming gives.
    workers : numpy.ndarray of float
        As counted, by `SECTIONS`.
    expansion, people : float
        People that a counted worker stands for, and all people.
    """

    area: str
    year: int
    jobs_year: int
    table: Table
    sections: tuple[str, ...]
    processing: Bools
    workers: Floats
    expansion: float
    people: float

    @cached_property
    def by_section(self) -> Floats:
        """Value added by `SECTIONS`, 万元."""
        member = np.array([[float(letter == own) for own in self.sections] for letter in SECTIONS])
        return np.asarray(member @ self.table.value_added.sum(axis=0), dtype=np.float64)

    @cached_property
    def productivity(self) -> Floats:
        """Value added per worker by `SECTIONS`, 万元 a person; 0 without workers."""
        workers = self.workers * self.expansion
        return np.divide(self.by_section, workers, out=np.zeros(len(SECTIONS)), where=workers > 0)

    @property
    def farm_value_share(self) -> float:
        """Value added over output of farming."""
        farm = np.array([section == "A" for section in self.sections])
        return float(self.table.value_added.sum(axis=0)[farm].sum() / self.table.output[farm].sum())

    @property
    def food_output(self) -> float:
        """Output of processing over value added of manufacturing; 0 without any."""
        made = self.by_section[MANUFACTURING]
        return float(self.table.output[self.processing].sum() / made) if made > 0 else 0.0


def reference_of(region: Region) -> Reference | None:
    """The area with the fewest people that has a table and jobs, its latest table; None without one.

    Areas that are no larger than the region, by workers in their latest year, are none to borrow from: the
    region's own, for instance.
    """
    if any(name not in region.tables for name in NEEDED):
        return None
    cells, jobs = region["input_output"], region["reference_jobs"]
    both = jobs[jobs["area"].isin(cells["area"])]
    latest = both[both["year"] == both.groupby("area")["year"].transform("max")]
    all_of = latest.groupby("area")["workers"].sum()
    own = counted_jobs(region).sum()
    latest = latest[latest["area"].isin(all_of.index[all_of > own])]
    if latest.empty:
        return None
    area = str(latest.sort_values(["people", "area"])["area"].iloc[0])
    mine = latest[latest["area"] == area]
    year = int(cells.loc[cells["area"] == area, "year"].max())
    table = table_of(cells, industries=region["industries"], area=area, year=year)
    words = region["industries"].drop_duplicates("industry").set_index("industry").loc[list(table.sectors)]
    workers = mine.set_index(mine["section"].astype("str"))["workers"].reindex(list(SECTIONS)).fillna(0)
    return Reference(
        area=area,
        year=year,
        jobs_year=int(mine["year"].iloc[0]),
        table=table,
        sections=tuple(words["section"].astype("str")),
        processing=words["common"].isin(PROCESSING).to_numpy(dtype=np.bool_),
        workers=workers.to_numpy(dtype=np.float64),
        expansion=float(mine["expansion"].iloc[0]),
        people=float(mine["people"].iloc[0]),
    )


def counted_jobs(region: Region) -> Floats:
    """Workers as counted in each county's latest year, shape (counties, sections); 0 where nothing is."""
    counties = region.codes("county")
    if "jobs" not in region.tables:
        return np.zeros((len(counties), len(SECTIONS)))
    mine = region["jobs"]
    mine = mine[mine["unit"].isin(counties)]
    mine = mine[mine["year"] == mine.groupby("unit")["year"].transform("max")]
    wide: pd.DataFrame = mine.groupby(["unit", mine["industry"].astype("str")])["workers"].sum().unstack()
    return wide.reindex(index=counties, columns=list(SECTIONS)).fillna(0).to_numpy(dtype=np.float64)
