"""People of the counties over many years, in one future or many, without any plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.people import Accounts
from tongqu.sectors.population.calibration import Calibration, calibrate
from tongqu.sectors.population.census import GROUPS, Census, Floats, census_of, grouped
from tongqu.sectors.population.parameters import PARAMETERS, check_parameters
from tongqu.sectors.population.villages import centre_counties
from tongqu.sectors.population.years import Pressure, next_year, start_of

__all__ = ["Path", "path", "people_by_year", "uncertain"]

UNCERTAIN: Final = (
    "life.gain",
    "fertility.change",
    "migration.to_town",
    "migration.coming",
    "migration.leaving",
    "migration.townward",
    "migration.reclassify",
    "hukou.register",
)
"""Parameters that futures draw: those on which the numbers of a forecast rest, and which nobody knows."""


@dataclass(frozen=True, eq=False)
class Path:
    """People of the counties year by year.

    Parameters
    ----------
    counties : Index
        Codes, the order of the county axis.
    years : tuple of int
        From the year of the last census on.
    people : numpy.ndarray of float
        Shape (year, [future,] register, county, residence, sex, age group): registered at the place or
        elsewhere, urban and rural, male and female, the 18 groups of `groups`.
    single : numpy.ndarray of float
        People of the last year by single age, shape ([future,] register, county, residence, sex, age).
    accounts : Accounts
        Of each year but the first, shapes (year - 1, [future,] register, county, residence, sex).
    calibration : Calibration
        The rates.
    census : Census
        What they were read from.
    """

    counties: pd.Index
    years: tuple[int, ...]
    people: Floats
    single: Floats
    accounts: Accounts
    calibration: Calibration
    census: Census
    groups: tuple[str, ...] = GROUPS


def path(
    region: Region,
    assume: Assume,
    *,
    until: int,
    futures: Mapping[str, Floats] | None = None,
    progress: Progress = silent,
) -> Path:
    """Carry the last census on to a year.

    Parameters
    ----------
    until : int
        Last year, not before the census.
    futures : mapping of str to array of float, optional
        Values of parameters, one for each future, all of one length; the others stay as assumed.
    """
    census = census_of(region)
    years = tuple(range(census.year, max(until, census.year) + 1))
    carried = people_by_year(region, assume, until=until, futures=futures)
    _, people, _ = next(carried)
    kept = np.empty((len(years), *people.shape[:-1], len(GROUPS)))
    kept[0] = grouped(people)
    accounts = {field.name: np.zeros((len(years) - 1, *people.shape[:-1])) for field in fields(Accounts)}
    for number, (_, now, account) in enumerate(carried):
        people = now
        kept[number + 1] = grouped(people)
        for name, table in accounts.items():
            table[number] = getattr(account, name)
        progress(Report("project", done=(number + 1) / (len(years) - 1)))
    found = calibrate(region, assume.values)
    return Path(census.counties, years, kept, people, Accounts(**accounts), found, census)


def people_by_year(
    region: Region, assume: Assume, *, until: int, futures: Mapping[str, Floats] | None = None
) -> Iterator[tuple[int, Floats, Accounts | None]]:
    """Year, people at its end by single age and the year's account, from the census on, which has none.

    Parameters
    ----------
    until, futures
        As `path`; futures may name parameters of other sectors, which are passed over.

    Yields
    ------
    tuple of int, numpy.ndarray and Accounts
        People have the shape ([future,] register, county, residence, sex, age).
    """
    census, found = census_of(region), calibrate(region, assume.values)
    values: dict[str, float | Floats] = {name: float(assume[name]) for name in PARAMETERS}
    people = start_of(census)
    if futures:
        check_parameters(futures)
        count = len(next(iter(futures.values())))
        mine = {name: value for name, value in futures.items() if name in values}
        values = {name: np.broadcast_to(value, (count,)) for name, value in (values | mine).items()}
        people = np.broadcast_to(people, (count, *people.shape)).copy()
    pressure = Pressure.none(len(census.counties), centre=centre_counties(region))
    yield census.year, people, None
    for year in range(census.year + 1, until + 1):
        people, account = next_year(
            people, found, values=values, year=year, census_year=census.year, pressure=pressure
        )
        yield year, people, account


def uncertain(standards: pd.DataFrame, *, names: Sequence[str] = UNCERTAIN) -> pd.DataFrame:
    """Parameters that futures draw, with their ranges: the rows of the standards, by name; ranges only."""
    table = standards.set_index("standard").reindex(list(names))
    return table[table["low"].notna() & table["high"].notna()]
