"""Population: how many people of which age live in each village, year by year, if trends go on.

Counties follow Hamilton and Perry (1962): change ratios of cohorts between the last two censuses. The urban
share follows the constant urban-rural growth difference of the United Nations (World Urbanization
Prospects, methodology): its logit moves along a straight line. Each county's people by age are split into
town and country by raking (Deming and Stephan 1940), so that its cohorts and its urban share both hold;
villages keep their share of the urban or rural people of each age group. Moves between villages, and plans
that attract people, are not modelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Assume, Findings, Forecast, Offer, State
from tongqu.data import Region
from tongqu.methods.cohort import (
    AGE_GROUPS,
    STEP_YEARS,
    cohort_ratios,
    interpolate,
    people_aged,
    project,
    urban_share,
)

__all__ = ["Population", "sector"]

YOUNG: Final = ("20-24", "25-29", "30-34", "35-39", "40-44")
OLD: Final = ("65-69", "70-74", "75-79", "80-84", "85+")
PRIMARY: Final = (6, 11)
JUNIOR: Final = (12, 14)
"""Official ages of primary and junior school, both ends counted (Compulsory Education Law, 6-3-3 system)."""
STEEPEST: Final = 60.0
"""Largest shift of the log odds that raking tries: e^60 is beyond any share that a float tells from 1."""
HALVINGS: Final = 80
"""Halvings of the range of that shift: 120 / 2^80 is below the last digit of a float."""


@dataclass(frozen=True)
class Population:
    """People by village; persons."""

    name: str = "population"
    tables: frozenset[str] = frozenset({"units", "people"})
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset(
        {
            "people.total",
            "people.urban",
            "people.rural",
            "people.old",
            "people.rural_young",
            "people.rural_young_2020",
            "pupils.primary",
            "pupils.junior",
            "pupils.rural_primary",
            "pupils.rural_junior",
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """People, urban share and share aged 65 or more by county."""
        county = region.county_of(state["people.total"].index)
        total = state["people.total"].groupby(county).sum()
        shares = {
            "people.total": total,
            "urban share, %": state["people.urban"].groupby(county).sum() / total * 100,
            "aged 65 or more, %": state["people.old"].groupby(county).sum() / total * 100,
        }
        return Findings(_tidy(shares))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """People of each village in the year of ``before``."""
        villages = region.level("village")
        base = _village_people(region)
        grown = _grow(region, base, year=before.year)
        urban = (villages["residence"] == "urban").reindex(base.index)
        total = grown.sum(axis=1)
        rural_young = grown[list(YOUNG)].sum(axis=1).where(~urban, 0.0)
        primary, junior = (
            pd.Series(people_aged(grown.to_numpy(), low=low, high=high), index=grown.index)
            for low, high in (PRIMARY, JUNIOR)
        )
        return {
            "people.total": total,
            "people.urban": total.where(urban, 0.0),
            "people.rural": total.where(~urban, 0.0),
            "people.old": grown[list(OLD)].sum(axis=1),
            "people.rural_young": rural_young,
            "people.rural_young_2020": base[list(YOUNG)].sum(axis=1).where(~urban, 0.0),
            "pupils.primary": primary,
            "pupils.junior": junior,
            "pupils.rural_primary": primary.where(~urban, 0.0),
            "pupils.rural_junior": junior.where(~urban, 0.0),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer nothing: people are not built."""
        return Offer()


def _tidy(columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    wide = pd.DataFrame(dict(columns)).rename_axis("unit")
    return wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value")


def _grouped(people: pd.DataFrame) -> pd.DataFrame:
    """Sum the infants into 0-4, giving the 18 five-year groups as columns."""
    group = people["age"].astype("str").replace({"0": "0-4", "1-4": "0-4"})
    table = people.assign(age=group).pivot_table(
        index=["unit", "sex"], columns="age", values="people", aggfunc="sum", fill_value=0, observed=True
    )
    return table.reindex(columns=list(AGE_GROUPS), fill_value=0).astype("float64")


@lru_cache(maxsize=4)
def _village_people(region: Region) -> pd.DataFrame:
    """People by village (rows) and five-year age group (columns) in the base year."""
    people = region["people"]
    villages = region.level("village").index
    mine = people[(people["year"] == region.base_year) & people["unit"].isin(villages)]
    both = _grouped(mine).groupby(level="unit").sum()
    return both.reindex(villages, fill_value=0.0)


def _grow(region: Region, base: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """People by village and age: the cohorts and urban people of each county, by the base year's shares.

    An age that no village of a county has in the base year goes by the villages' people of all ages.
    """
    county = region.county_of(base.index)
    counties = region.level("county").index
    urban = (region.level("village")["residence"] == "urban").reindex(base.index)
    everyone = pd.DataFrame({age: base.sum(axis=1) for age in base})
    seed = base.where(base.groupby(county).transform("sum") > 0, everyone)
    both = seed.groupby(county).sum().reindex(counties, fill_value=0.0)
    town = seed[urban].groupby(county[urban]).sum().reindex(counties, fill_value=0.0)
    people = _cohorts(region, base, year=year)
    _require_homes(people, both, year=region.base_year)
    share = _urban_share(region, year=year).reindex(counties).fillna(0.0).to_numpy()
    whole, part = both.to_numpy(), town.to_numpy()
    odds = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    in_town = people.to_numpy() * _raked(odds, people=people.to_numpy(), share=share)
    place, is_urban = counties.get_indexer(pd.Index(county)), urban.to_numpy()[:, None]
    wanted = np.where(is_urban, in_town[place], (people.to_numpy() - in_town)[place])
    present = np.where(is_urban, part[place], (whole - part)[place])
    factor = np.divide(wanted, present, out=np.zeros_like(wanted), where=present > 0)
    return pd.DataFrame(seed * factor)


def _cohorts(region: Region, base: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """People of each county by age; of a county that no census counts, the villages' people as they are."""
    projected = _county_people(region, year=year)
    counted = projected.sum(axis=1) > 0
    villages = base.groupby(region.county_of(base.index)).sum().reindex(projected.index, fill_value=0.0)
    return projected.where(counted, villages, axis=0)


def _require_homes(people: pd.DataFrame, villages: pd.DataFrame, *, year: int) -> None:
    """Nothing when every county with people has people in its villages."""
    homeless = people.index[(people.sum(axis=1) > 0) & (villages.sum(axis=1) == 0)]
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


def _raked(shares: np.ndarray, *, people: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Urban share of each county and age that keeps its people by age and its urban total.

    Raking a table of two rows keeps its odds ratios, so one shift of the log odds for each county solves it:
    the urban people grow with the shift, and halving finds it. Where all people of an age live in towns, or
    all in the country, that stays so; if then the total cannot be met, it is met as nearly as can be.

    ``shares`` and ``people`` have the shape (counties, ages), ``share`` (counties,).
    """
    wanted = share * people.sum(axis=1)
    low, high = np.full(len(share), -STEEPEST), np.full(len(share), STEEPEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        few = (people * _shifted(shares, by=middle)).sum(axis=1) < wanted
        low, high = np.where(few, middle, low), np.where(few, high, middle)
    return _shifted(shares, by=(low + high) / 2)


def _shifted(shares: np.ndarray, *, by: np.ndarray) -> np.ndarray:
    """Shares with their log odds shifted, a row each."""
    urban = shares * np.exp(by)[:, None]
    return np.asarray(urban / (urban + (1 - shares)))


def _census_years(region: Region) -> tuple[int, int]:
    years = sorted(set(region["people"]["year"]))
    return int(years[-2]) if len(years) > 1 else int(years[-1]), int(years[-1])


def _county_people(region: Region, *, year: int) -> pd.DataFrame:
    """People by county (rows) and five-year age group, projected or between censuses."""
    first, last = _census_years(region)
    cubes = _censuses(region)
    if last - first != STEP_YEARS:
        values = cubes[last]
    else:
        values = _at(cubes[first], cubes[last], last=last, year=year)
    return pd.DataFrame(values.sum(axis=1), index=region.level("county").index, columns=list(AGE_GROUPS))


@lru_cache(maxsize=4)
def _censuses(region: Region) -> Mapping[int, np.ndarray]:
    """People of the last two censuses, shape (counties, sexes, age groups)."""
    first, last = _census_years(region)
    counties = region.level("county").index
    people = region["people"]
    mine = people[people["unit"].isin(counties)]
    tables = {y: _grouped(mine[mine["year"] == y]) for y in (first, last)}
    order = pd.MultiIndex.from_product([counties, ["male", "female"]], names=["unit", "sex"])
    return {
        y: table.reindex(order, fill_value=0.0).to_numpy().reshape(len(counties), 2, len(AGE_GROUPS))
        for y, table in tables.items()
    }


def _at(first: np.ndarray, second: np.ndarray, *, last: int, year: int) -> np.ndarray:
    """People in ``year``: whole decades by cohort ratios, geometric between them."""
    steps, rest = divmod(year - last, STEP_YEARS)
    decades = project(second, cohort_ratios(first, second), steps=steps + 1)
    return np.asarray(interpolate(decades[steps], decades[steps + 1], years=STEP_YEARS, at=[rest])[0])


def _urban_share(region: Region, *, year: int) -> pd.Series:
    """Urban share of each county: the trend of two censuses, or today's share where they are unknown."""
    now = _urban_now(region)
    first, last = _census_years(region)
    shares = [_counted_share(region, year=census).reindex(now.index) for census in (first, last)]
    known = ((shares[0] > 0) & (shares[0] < 1) & (shares[1] > 0) & (shares[1] < 1)) & (last > first)
    trend = now.copy()
    if known.any():
        both = [share[known].to_numpy() for share in shares]
        trend[known] = urban_share(both[0], both[1], years=last - first, at=year - first)
    return trend


def _counted_share(region: Region, *, year: int) -> pd.Series:
    """Urban people over all people of each county as counted in a year; missing where they are not given."""
    if "observations" not in region.tables:
        return pd.Series(dtype="float64")
    seen = region["observations"]
    seen = seen[seen["year"] == year].set_index("unit")
    urban, rural = (seen.loc[seen["variable"] == f"{side}_people", "value"] for side in ("urban", "rural"))
    return urban / (urban + rural)


def _urban_now(region: Region) -> pd.Series:
    """Urban share in the base year, from the villages themselves."""
    total = _village_people(region).sum(axis=1)
    county = region.county_of(total.index)
    urban = (region.level("village")["residence"] == "urban").reindex(total.index)
    return total.where(urban, 0.0).groupby(county).sum() / total.groupby(county).sum()


sector = Population()
