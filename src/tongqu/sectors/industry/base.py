"""Value added and jobs of each county by farming, industry and services, before anything is planned.

Value added of counties is published for few. It is modelled as workers by section times the productivity
of the larger area that has an input-output table, and then fitted to what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.input_output import leontief, regional_table, split_sections
from tongqu.sectors.industry.parameters import check_parameters
from tongqu.sectors.industry.reference import (
    GROUP_OF,
    MANUFACTURING,
    SECTIONS,
    Reference,
    counted_jobs,
    reference_of,
)

__all__ = ["GROUPS", "Base", "base_of"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

GROUPS: Final = ("farm", "secondary", "tertiary")
"""Farming (section A), industry and construction (B to E), services (F to T)."""
ROUNDING: Final = 0.005
"""Share of a city's value added by which its counties may miss it: published figures are rounded."""
PUBLISHED: Final = ("gdp_primary", "gdp_secondary", "gdp_tertiary")
"""Observations of value added in 万元, in the order of `GROUPS`."""
ASSUMED: Final = (
    "industry.jobs_expansion",
    "industry.farm_productivity",
    "industry.secondary_productivity",
    "industry.tertiary_productivity",
    "industry.farm_value_share",
    "industry.food_output",
    "industry.indirect",
)
"""Standards that stand in for tables which a region lacks."""


@dataclass(frozen=True, eq=False)
class Base:
    """What the counties made in a year, and with whom.

    Parameters
    ----------
    counties : Index
        County codes.
    year : int
        Year of the money.
    value_added : numpy.ndarray of float
        万元, shape (counties, 3), in the order of `GROUPS`.
    jobs : numpy.ndarray of float
        Persons, shape (counties, 3).
    modelled : numpy.ndarray of bool
        Whether the value added is modelled and not published, shape (counties, 3).
    farm_value_share : float
        Value added over output of farming.
    processing_share : numpy.ndarray of float
        Output of processing over value added of industry and construction, shape (counties,).
    indirect : numpy.ndarray of float
        Value added that a yuan of value added in processing sets off in other trades of the county than
        farming, type I, shape (counties,).
    """

    counties: pd.Index
    year: int
    value_added: Floats
    jobs: Floats
    modelled: Bools
    farm_value_share: float
    processing_share: Floats
    indirect: Floats


def base_of(region: Region, *, assume: Assume) -> Base:
    """Base of a region; all 0 where it has no jobs.

    Raises
    ------
    DataError
        If published value added of counties does not fit that of their city, or a county has people and
        neither jobs nor published value added while others have.
    """
    check_parameters(assume.numbers)
    return _base(region, tuple(assume[name] for name in ASSUMED))


@lru_cache(maxsize=8)
def _base(region: Region, assumed: tuple[float, ...]) -> Base:
    expansion, *productivity, farm_share, food, indirect = assumed
    counties = region.codes("county")
    reference = reference_of(region)
    counted = counted_jobs(region)
    if reference is not None:
        expansion = reference.expansion
    jobs = counted * expansion
    each = np.array(productivity)[GROUP_OF] if reference is None else reference.productivity
    raw = jobs * each
    usual = region.base_year if reference is None else reference.year
    value, modelled, year = _fitted(region, _grouped(raw), counties=counties, usual=usual)
    _require_jobs(region, counted, modelled=modelled, counties=counties)
    secondary = _grouped(raw)[:, 1]
    manufacturing = np.divide(raw[:, MANUFACTURING], secondary, out=np.zeros(len(raw)), where=secondary > 0)
    effect = np.full(len(counties), indirect)
    if reference is not None:
        farm_share, food = reference.farm_value_share, reference.food_output
        effect = _indirect(region, reference, counted=counted, value_added=value.sum(axis=1))
    return Base(
        counties=counties,
        year=year,
        value_added=value,
        jobs=_grouped(jobs),
        modelled=modelled,
        farm_value_share=farm_share,
        processing_share=food * manufacturing,
        indirect=effect,
    )


def _grouped(table: Floats) -> Floats:
    """Sums over the sections of each group, shape (counties, 3)."""
    member = np.array([[float(at == group) for group in range(len(GROUPS))] for at in GROUP_OF])
    sums: Floats = np.asarray(table @ member, dtype=np.float64)
    return sums


def _require_jobs(region: Region, counted: Floats, *, modelled: Bools, counties: pd.Index) -> None:
    """A county of people without jobs would be taken to make nothing, and the others more than they do."""
    lacking = (counted.sum(axis=1) <= 0) & modelled.any(axis=1) & (_people(region) > 0)
    if not counted.any() or not lacking.any():
        return
    rule, mend = (
        "a county has people but no jobs",
        "add its jobs, or gdp_primary and the like to observations",
    )
    raise DataError(
        [
            Problem(rule=rule, mend=mend, file="jobs", column="unit", value=str(county))
            for county in counties[lacking]
        ]
    )


def _fitted(region: Region, raw: Floats, *, counties: pd.Index, usual: int) -> tuple[Floats, Bools, int]:
    """Raw value added fitted to what is published in one year, which of it is modelled, and the year.

    Without anything published it is of the ``usual`` year. Where a city publishes nothing, its counties
    change from that year's money as the fitted ones do in sum.
    """
    modelled = np.ones(raw.shape, dtype=np.bool_)
    cities = region.codes("city")
    known = _published(region, [*cities, *counties])
    if known is None or not raw.any():
        return raw, modelled, usual
    year, table = known
    own = table.reindex(counties).to_numpy(dtype=np.float64)
    given = np.isfinite(own).all(axis=1)
    value = np.where(given[:, np.newaxis], own, raw)
    modelled[given] = False
    problems: list[Problem] = []
    parent = region.level("county")["parent"].to_numpy()
    for city in cities[cities.isin(table.index)]:
        mine = parent == city
        rest = table.loc[city].to_numpy(dtype=np.float64) - own[mine & given].sum(axis=0)
        total = raw[mine & ~given].sum(axis=0)
        slack = ROUNDING * table.loc[city].to_numpy(dtype=np.float64)
        problems += _unfit(str(city), rest, total, slack=slack, year=year, whole=bool(given[mine].all()))
        factor = np.divide(rest, total, out=np.zeros(len(GROUPS)), where=total > 0)
        value[mine & ~given] = raw[mine & ~given] * np.maximum(factor, 0.0)
    if problems:
        raise DataError(problems)
    fitted = given | np.isin(parent, table.index)
    if raw[fitted].any():
        value[~fitted] = raw[~fitted] * (value[fitted].sum() / raw[fitted].sum())
    return value, modelled, year


def _unfit(city: str, rest: Floats, total: Floats, *, slack: Floats, year: int, whole: bool) -> list[Problem]:
    """What is wrong with the published value added of a city and its counties, by group.

    Rounding excuses a sum below nothing where all counties are published: else the others would get none.
    """
    found = []
    for name, left, raw, most in zip(PUBLISHED, rest, total, slack, strict=True):
        if left < (-most if whole else 0.0):
            rule = f"published value added of counties exceeds the city's in {year}"
            mend = "correct gdp_primary, gdp_secondary or gdp_tertiary of the counties or the city"
        elif left > most and whole:
            rule = f"published value added of the counties falls short of the city's in {year}"
            mend = "correct gdp_primary, gdp_secondary or gdp_tertiary of the counties or the city"
        elif left > most and raw <= 0:
            rule = f"nobody in the counties works in what the rest of the city's value added of {year} is of"
            mend = "add jobs of that group to the counties, or correct the city's value added"
        else:
            continue
        found.append(Problem(rule=rule, mend=mend, file="observations", column=name, value=city))
    return found


def _published(region: Region, units: Sequence[str]) -> tuple[int, pd.DataFrame] | None:
    """The latest year in which the first of the units that ever has all groups has them, and all values."""
    if "observations" not in region.tables:
        return None
    seen = region["observations"]
    mine = seen[seen["variable"].isin(PUBLISHED) & seen["unit"].isin(units)]
    wide = mine.pivot_table(index=["unit", "year"], columns="variable", values="value").reindex(
        columns=list(PUBLISHED)
    )
    whole = wide.dropna().reset_index()
    for unit in units:
        years = whole.loc[whole["unit"] == unit, "year"]
        if len(years):
            year = int(years.max())
            return year, whole[whole["year"] == year].set_index("unit")[list(PUBLISHED)]
    return None


def _indirect(region: Region, reference: Reference, *, counted: Floats, value_added: Floats) -> Floats:
    """Value added set off elsewhere in each county per yuan of value added in processing.

    Farming is left out of the chain of suppliers: what a plant takes is grown already. A county without jobs
    has no known trades: 0.
    """
    table = reference.table
    labour = table.value_added[[role == "labour" for role in table.value_roles]].sum(axis=0)
    people = _people(region)
    some = (people > 0) & (value_added > 0) & (counted.sum(axis=1) > 0)
    effect = np.zeros(len(people))
    if not some.any() or not reference.processing.any():
        return effect
    split = [
        split_sections(rows, sections=SECTIONS, sectors=reference.sections, weights=np.maximum(labour, 1.0))
        for rows in (counted[some], reference.workers)
    ]
    found = regional_table(
        table,
        jobs=split[0],
        parent_jobs=split[1],
        people_share=np.minimum(people[some] / reference.people, 1.0),
        value_added=value_added[some],
    )
    own = found.coefficients.copy()
    own[:, [letter == "A" for letter in reference.sections]] = 0.0
    per_output = table.value_added.sum(axis=0) / np.where(table.output > 0, table.output, 1.0)
    total = np.einsum("i,cij->cj", per_output, leontief(own))[:, reference.processing]
    weight = table.output[reference.processing]
    direct = per_output[reference.processing]
    effect[some] = ((total - direct) @ weight) / (direct @ weight)
    return effect


def _people(region: Region) -> Floats:
    """Resident people of the counties in the base year."""
    people = region["people"]
    mine = people[people["year"] == region.base_year]
    counties = region.codes("county")
    return mine.groupby("unit")["people"].sum().reindex(counties).fillna(0).to_numpy(dtype=np.float64)
