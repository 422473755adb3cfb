"""Value added and jobs of places by section, and modelled input-output tables that agree with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.input_output import Regional, Table, regional_table, split_sections, table_of
from tongqu.sectors.industry.base import Base, base_of

__all__ = [
    "SECTIONS",
    "WHOLE",
    "Ground",
    "Reference",
    "effective_workers",
    "ground_of",
    "local_tables",
    "places_with_value",
    "reference_of",
]

Floats = npt.NDArray[np.float64]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
SECTIONS: Final = tuple("ABCDEFGHIJKLMNOPQRST")
"""Sections of GB/T 4754-2017."""
GROUP_OF: Final = np.array([0] + [1] * 4 + [2] * 15)
"""Farming, industry and construction, services: place of each section in `Base.value_added`."""
NEEDED: Final = ("input_output", "industries", "reference_jobs", "jobs")


@dataclass(frozen=True, eq=False)
class Reference:
    """The larger area whose table the places borrow.

    Parameters
    ----------
    area : str
    year, jobs_year : int
        Of the table, and of the jobs.
    table : Table
    sections : tuple of str
        Section of each sector.
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
    workers: Floats
    expansion: float
    people: float

    @property
    def by_section(self) -> Floats:
        """Value added by `SECTIONS`, 万元."""
        mine = pd.Series(self.table.value_of(), index=list(self.sections)).groupby(level=0).sum()
        return np.asarray(mine.reindex(list(SECTIONS), fill_value=0.0), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Ground:
    """What the places make, and with whom; the whole first, then the counties.

    Parameters
    ----------
    units : tuple of str
    base : Base
        See `tongqu.sectors.industry.base`.
    value_added, jobs : numpy.ndarray of float
        万元 and persons by `SECTIONS`, shape (units, sections).
    modelled : numpy.ndarray of bool
        Whether the sum of the section's group is modelled for the place, shape (units, sections); the split
        inside a group always is.
    people : numpy.ndarray of float
        Residents, shape (units,).
    """

    units: tuple[str, ...]
    base: Base
    value_added: Floats
    jobs: Floats
    modelled: npt.NDArray[np.bool_]
    people: Floats


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
    own = _counted(region, region.level("county").index).sum()
    both = both[both["area"].isin(all_of.index[all_of > own])]
    if both.empty:
        return None
    area = str(both.sort_values(["people", "area"])["area"].iloc[0])
    both = both[both["area"] == area]
    jobs_year, year = int(both["year"].max()), int(cells.loc[cells["area"] == area, "year"].max())
    mine = both[both["year"] == jobs_year]
    table = table_of(cells, industries=region["industries"], area=area, year=year)
    listed = region["industries"].drop_duplicates("industry").set_index("industry")
    workers = mine.set_index(mine["section"].astype("str"))["workers"].reindex(list(SECTIONS)).fillna(0)
    return Reference(
        area=area,
        year=year,
        jobs_year=jobs_year,
        table=table,
        sections=tuple(listed.loc[list(table.sectors), "section"].astype("str")),
        workers=workers.to_numpy(dtype=np.float64),
        expansion=float(mine["expansion"].iloc[0]),
        people=float(mine["people"].iloc[0]),
    )


def ground_of(region: Region, *, assume: Assume, reference: Reference | None) -> Ground:
    """Value added and jobs by section: sums of the groups as the industry sector has them, split inside.

    Inside a group value added is spread by workers times the reference's productivity, or by workers alone
    without one.
    """
    base = base_of(region, assume=assume)
    counted = _counted(region, base.counties)
    productivity = np.ones(len(SECTIONS))
    if reference is not None:
        workers = reference.workers
        productivity = np.divide(
            reference.by_section, workers, out=np.zeros(len(SECTIONS)), where=workers > 0
        )
    value = _inside(counted * productivity, base.value_added)
    jobs = _inside(counted, base.jobs)
    people = region["people"]
    mine = people[people["year"] == region.base_year].groupby("unit")["people"].sum()
    heads = mine.reindex(base.counties, fill_value=0).to_numpy(dtype=np.float64)
    city = region.level("city").index
    whole = str(city[0]) if len(city) == 1 else WHOLE
    modelled = base.modelled[:, GROUP_OF]
    return Ground(
        units=(whole, *(str(code) for code in base.counties)),
        base=base,
        value_added=_with_whole(value),
        jobs=_with_whole(jobs),
        modelled=np.concatenate([np.full((1, len(SECTIONS)), not _published(region, base)), modelled]),
        people=_with_whole(heads),
    )


def _published(region: Region, base: Base) -> bool:
    """Whether the sums of the whole are published in the year of the base."""
    if "observations" not in region.tables or len(region.level("city")) != 1:
        return False
    seen = region["observations"]
    mine = seen[(seen["unit"] == region.level("city").index[0]) & (seen["year"] == base.year)]
    return {"gdp_primary", "gdp_secondary", "gdp_tertiary"} <= set(mine["variable"])


def _counted(region: Region, counties: pd.Index) -> Floats:
    """Workers as counted in each county's latest year, shape (counties, sections)."""
    if "jobs" not in region.tables:
        return np.zeros((len(counties), len(SECTIONS)))
    mine = region["jobs"]
    mine = mine[mine["unit"].isin(counties)]
    mine = mine[mine["year"] == mine.groupby("unit")["year"].transform("max")]
    wide = mine.groupby(["unit", mine["industry"].astype("str")])["workers"].sum().unstack()
    filled = wide.reindex(index=counties, columns=list(SECTIONS)).fillna(0)
    return np.asarray(filled, dtype=np.float64)


def _inside(raw: Floats, sums: Floats) -> Floats:
    """Sums of groups spread over their sections in proportion to raw amounts."""
    member = np.eye(sums.shape[1])[GROUP_OF]
    total = (raw @ member)[:, GROUP_OF]
    share = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    return np.asarray(share * sums[:, GROUP_OF])


def _with_whole(values: Floats) -> Floats:
    return np.concatenate([values.sum(axis=0, keepdims=True), values])


def local_tables(ground: Ground, reference: Reference) -> Regional:
    """Modelled tables of all places, whose value added by section is that of the ground.

    A place has as many workers of a section as make its value added at the reference's productivity, once
    the years between the two are taken out: by one factor, value added of the whole over what its jobs would
    make at that productivity. The tables are in the money of the ground; jobs in them are the place's own, in
    persons.
    """
    labour = np.maximum(reference.table.value_of("labour"), 1.0)
    effective, own, parent = (
        split_sections(rows, sections=SECTIONS, sectors=reference.sections, weights=labour)
        for rows in (effective_workers(ground, reference), ground.jobs, reference.workers)
    )
    found = regional_table(
        reference.table,
        jobs=effective,
        parent_jobs=parent,
        people_share=np.clip(ground.people / reference.people, 1e-12, 1.0),
    )
    money, table = _money(ground, reference), found.table
    return replace(
        found,
        jobs=own,
        outflow=found.outflow * money,
        inflow=found.inflow * money,
        table=replace(
            table,
            flows=table.flows * money,
            demand=table.demand * money,
            value_added=table.value_added * money,
            output=table.output * money,
        ),
    )


def effective_workers(ground: Ground, reference: Reference) -> Floats:
    """Workers, counted as the reference's are, who make the places' value added, shape (units, sections)."""
    value = reference.by_section * _money(ground, reference)
    share = np.divide(ground.value_added, value, out=np.zeros_like(ground.value_added), where=value > 0)
    return np.asarray(share * reference.workers)


def _money(ground: Ground, reference: Reference) -> float:
    """Money of the ground over that of the reference: growth and prices in the years between."""
    each = np.divide(
        reference.by_section, reference.workers, out=np.zeros(len(SECTIONS)), where=reference.workers > 0
    )
    usual = float((ground.jobs[0] / reference.expansion * each).sum())
    return float(ground.value_added[0].sum()) / usual if usual > 0 else 1.0


def places_with_value(ground: Ground) -> Ground:
    """The places that make something; nothing can be said of trade in the others."""
    kept = ground.value_added.sum(axis=1) > 0
    return replace(
        ground,
        units=tuple(unit for unit, stays in zip(ground.units, kept, strict=True) if stays),
        value_added=ground.value_added[kept],
        jobs=ground.jobs[kept],
        modelled=ground.modelled[kept],
        people=ground.people[kept],
    )
