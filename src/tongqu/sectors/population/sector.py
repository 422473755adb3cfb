"""Population: how many people of which age live in each village, year by year.

Counties by residence, register, sex and single age are carried on by the cohort-component method, with rates
read from the region's two censuses; villages are a share-out of them. Programmes bring people or get them
registered, relocation moves them, and what a plan adds to last year's jobs and pay draws them. Better
services may keep them, as far as the scenario says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import Assume, Findings, Forecast, Offer, State, county_totals
from tongqu.data import Region
from tongqu.sectors.population.calibration import Calibration, calibrate
from tongqu.sectors.population.census import AGES, OLD, WORKING, YOUNG, Census, Floats, census_of
from tongqu.sectors.population.parameters import PARAMETERS
from tongqu.sectors.population.programmes import programmes
from tongqu.sectors.population.villages import centre_counties, share_out
from tongqu.sectors.population.years import Pressure, next_year, start_of

__all__ = ["Population", "sector"]

CELLS: Final = "cells.people"
CELLS_YEAR: Final = "cells.year"
SERVICES: Final = "cells.services"


@dataclass(frozen=True)
class Population:
    """People by village; persons."""

    name: str = "population"
    tables: frozenset[str] = frozenset({"units", "people"})
    reads: frozenset[str] = frozenset(
        {"last.jobs.total", "last.jobs.trend", "last.wages.mean", "last.wages.trend"}
    )
    writes: frozenset[str] = frozenset(
        {
            "people.total",
            "people.urban",
            "people.rural",
            "people.old",
            "people.rural_young",
            "people.rural_young_2020",
            "people.working",
            "pupils.primary",
            "pupils.junior",
            "pupils.rural_primary",
            "pupils.rural_junior",
            "stock.urban_people",
            "stock.rural_young",
            "stock.registered",
            CELLS,
            CELLS_YEAR,
            SERVICES,
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """People, urban share, share aged 65 or more and share registered at their place, by county."""
        county = region.county_of(state["people.total"].index)
        total = state["people.total"].groupby(county).sum()
        shares = {
            "people.total": total,
            "urban share, %": state["people.urban"].groupby(county).sum() / total * 100,
            "aged 65 or more, %": state["people.old"].groupby(county).sum() / total * 100,
            "registered at their place, %": state["stock.registered"] / total * 100,
        }
        wide = pd.DataFrame(shares).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """People of each village in the year of ``before``, from last year's where there is one."""
        census = census_of(region)
        services = _services(region, before)
        people, year = _latest(region, before, assume=assume)
        found = calibrate(region, assume.values)
        values = {name: float(assume[name]) for name in PARAMETERS}
        pressure = _pressure(region, before, opened, services=services)
        for one in range(year + 1, before.year + 1):
            people, _ = next_year(
                people, found, values=values, year=one, census_year=census.year, pressure=pressure
            )
        return {
            **_village_values(region, people, opened, years=before.year - region.base_year, assume=assume),
            CELLS: pd.Series(people.ravel()),
            CELLS_YEAR: pd.Series([float(max(before.year, census.year))]),
            SERVICES: _first_services(before, services),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer programmes that bring people to towns or villages, or get newcomers registered."""
        return programmes(region, forecast, assume=assume)


def _shape(census: Census) -> tuple[int, ...]:
    return (2, len(census.counties), 2, 2, AGES)


def _latest(region: Region, before: State, *, assume: Assume) -> tuple[Floats, int]:
    """The people that an earlier year's state holds and that year, or those that only trends lead to."""
    census = census_of(region)
    if CELLS in before and int(before[CELLS_YEAR].iloc[0]) <= before.year:
        return before[CELLS].to_numpy().reshape(_shape(census)), int(before[CELLS_YEAR].iloc[0])
    key = tuple(float(assume[name]) for name in PARAMETERS)
    return _undisturbed(region, key, before.year), before.year


@lru_cache(maxsize=64)
def _undisturbed(region: Region, parameters: tuple[float, ...], year: int) -> Floats:
    """People of a year that only the trend leads to; the census's own in its year and before."""
    census = census_of(region)
    if year <= census.year:
        return start_of(census)
    values = dict(zip(PARAMETERS, parameters, strict=True))
    pressure = Pressure.none(len(census.counties), centre=centre_counties(region))
    found: Calibration = calibrate(region, pd.Series(values))
    people, _ = next_year(
        _undisturbed(region, parameters, year - 1),
        found,
        values=values,
        year=year,
        census_year=census.year,
        pressure=pressure,
    )
    return people


def _services(region: Region, before: State) -> pd.Series:
    """Share of people in need who were served in each county last year; 0 in the first year."""
    counties = region.level("county").index
    shares = []
    for service in before.matching("served"):
        served, demand = before[f"served.{service}"], before[f"demand.{service}"]
        county = region.county_of(demand.index).to_numpy()
        asked = demand.groupby(county).sum().reindex(counties)
        shares.append(served.groupby(county).sum().reindex(counties) / asked.where(asked > 0))
    if not shares:
        return pd.Series(0.0, index=counties)
    return pd.concat(shares, axis=1).mean(axis=1).fillna(0.0)


def _first_services(before: State, services: pd.Series) -> pd.Series:
    """What `_services` gave when it first knew of a service; nothing is served before the first year."""
    known = before.values.get(SERVICES)
    return services if known is None or not known.any() else known


def _pressure(region: Region, before: State, opened: Offer, *, services: pd.Series) -> Pressure:
    counties = region.level("county").index
    entries = opened.entries

    def persons(ledger: str, key: str) -> Floats:
        return county_totals(entries, ledger=ledger, key=key, counties=counties).to_numpy()

    first = _first_services(before, services)
    now = services.reindex(counties).to_numpy()
    known = (first.reindex(counties).to_numpy() > 0) & (now > 0)
    ratio = np.divide(now, first.reindex(counties).to_numpy(), out=np.ones_like(now), where=known)
    return Pressure(
        np.stack([persons("arrive", "urban"), persons("arrive", "rural")], axis=-1),
        persons("register", "people"),
        ratio,
        centre_counties(region),
        jobs=_against_trend(before, "jobs.total", "jobs.trend", counties=counties),
        wages=_against_trend(before, "wages.mean", "wages.trend", counties=counties),
    )


def _against_trend(before: State, name: str, trend: str, *, counties: pd.Index) -> Floats:
    """Last year's value over what the trend alone gave; 1 where nobody has written it or there is none.

    The trend itself is in the rates of the two censuses already: only what departs from it acts.
    """
    if name not in before or trend not in before:
        return np.ones(len(counties))
    value, usual = (before[one].reindex(counties).to_numpy(dtype=np.float64) for one in (name, trend))
    known = (usual > 0) & (value > 0)
    return np.asarray(np.divide(value, usual, out=np.ones(len(counties)), where=known))


def _village_values(
    region: Region, people: Floats, opened: Offer, *, years: int, assume: Assume
) -> dict[str, pd.Series]:
    """What other sectors read, by village and by county."""
    entries = opened.entries
    groups, pupils = share_out(
        region,
        people.sum(axis=0),
        years=max(years, 0),
        centre=assume["lever.centre"],
        remoteness=assume["village.remoteness"],
        moved=entries[entries["ledger"] == "moved"],
    )
    urban = region.level("village")["residence"] == "urban"
    county = region.county_of(groups.index)
    counties = region.level("county").index
    total, young = groups.sum(axis=1), groups[list(YOUNG)].sum(axis=1).where(~urban, 0.0)

    def by_county(values: pd.Series) -> pd.Series:
        return values.groupby(county).sum().reindex(counties, fill_value=0.0)

    return {
        "people.total": total,
        "people.urban": total.where(urban, 0.0),
        "people.rural": total.where(~urban, 0.0),
        "people.old": groups[list(OLD)].sum(axis=1),
        "people.rural_young": young,
        "people.rural_young_2020": _base_young(region),
        "people.working": groups[list(WORKING)].sum(axis=1),
        "pupils.primary": pupils["primary"],
        "pupils.junior": pupils["junior"],
        "pupils.rural_primary": pupils["primary"].where(~urban, 0.0),
        "pupils.rural_junior": pupils["junior"].where(~urban, 0.0),
        "stock.urban_people": by_county(total.where(urban, 0.0)),
        "stock.rural_young": by_county(young),
        "stock.registered": pd.Series(people[0].sum(axis=(1, 2, 3)), index=counties),
    }


@lru_cache(maxsize=4)
def _base_young(region: Region) -> pd.Series:
    """Rural people aged 20-44 of each village in the base year."""
    census = census_of(region)
    groups, _ = share_out(region, census.now, years=0)
    urban = region.level("village")["residence"] == "urban"
    return groups[list(YOUNG)].sum(axis=1).where(~urban, 0.0)


sector = Population()
