"""Value added and jobs of places by section, and modelled input-output tables that agree with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.input_output import Regional, regional_table, split_sections
from tongqu.sectors.industry.base import Base, base_of
from tongqu.sectors.industry.reference import GROUP_OF, SECTIONS, Reference, counted_jobs

__all__ = [
    "WHOLE",
    "Ground",
    "effective_workers",
    "ground_of",
    "local_tables",
    "places_with_value",
]

Floats = npt.NDArray[np.float64]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""


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


def ground_of(region: Region, *, assume: Assume, reference: Reference | None) -> Ground:
    """Value added and jobs by section: sums of the groups as the industry sector has them, split inside.

    Inside a group value added is spread by workers times the reference's productivity, or by workers alone
    without one.
    """
    base = base_of(region, assume=assume)
    counted = counted_jobs(region)
    productivity = np.ones(len(SECTIONS)) if reference is None else reference.productivity
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
    usual = float((ground.jobs[0] * reference.productivity).sum())
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
