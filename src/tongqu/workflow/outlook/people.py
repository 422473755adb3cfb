"""People by county, year, register, residence, sex and age; totals and yearly accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import numpy as np
import pandas as pd

from tongqu.data import Region
from tongqu.methods.people import Accounts
from tongqu.sectors.population.census import Floats
from tongqu.sectors.population.path import Path

__all__ = [
    "RESIDENCES",
    "WHOLE",
    "account_table",
    "in_order",
    "measures",
    "people_table",
    "totals_table",
    "units_of",
]

REGISTERS: Final = ("here", "elsewhere")
RESIDENCES: Final = ("urban", "rural")
SEXES: Final = ("male", "female")
WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
GROUP_YEARS: Final = 5
CHILDREN: Final = slice(0, 3)
WORKING: Final = slice(3, 13)
OLD: Final = slice(13, 18)
SCHOOL: Final = (0.0, 0.8, 1.0)
"""Share of the first three age groups that is 6-14 years old, each group spread evenly."""


def units_of(region: Region, path: Path) -> list[str]:
    """The whole (the code of the only city, else `WHOLE`), then the counties in the order of the path."""
    cities = region.level("city").index
    return [str(cities[0]) if len(cities) == 1 else WHOLE, *(str(code) for code in path.counties)]


def _with_whole(values: Floats, *, axis: int) -> Floats:
    """The sum over counties put before them along their axis."""
    return np.concatenate([values.sum(axis=axis, keepdims=True), values], axis=axis)


def people_table(path: Path, units: Sequence[str]) -> pd.DataFrame:
    """``unit, year, register, residence, sex, age, people``: the whole and every county."""
    cube = _with_whole(path.people, axis=2)
    names = {
        "year": path.years,
        "register": REGISTERS,
        "unit": units,
        "residence": RESIDENCES,
        "sex": SEXES,
        "age": path.groups,
    }
    index = pd.MultiIndex.from_product(list(names.values()), names=list(names))
    table = pd.DataFrame({"people": cube.ravel()}, index=index).reset_index()
    columns = ["unit", "year", "register", "residence", "sex", "age", "people"]
    return in_order(table.sort_values("year", kind="stable"), units)[columns]


def measures(people: Floats) -> dict[str, Floats]:
    """Totals of people of shape (..., register, county, residence, sex, age group), the whole put first.

    Returns
    -------
    dict of str to numpy.ndarray
        Persons of shape (..., 1 + counties), and shares of them in [0, 1].
    """
    cube = _with_whole(people, axis=-4)
    by_age = cube.sum(axis=(-5, -3, -2))
    urban = cube[..., 0, :, :].sum(axis=(-4, -2, -1))
    total = by_age.sum(axis=-1)
    here = cube[..., 0, :, :, :, :].sum(axis=(-3, -2, -1))
    old, children = by_age[..., OLD].sum(axis=-1), by_age[..., CHILDREN].sum(axis=-1)
    working = by_age[..., WORKING].sum(axis=-1)
    return {
        "people": total,
        "urban": urban,
        "rural": total - urban,
        "urban_share": _ratio(urban, total),
        "aged_0_14": children,
        "aged_6_14": by_age[..., : len(SCHOOL)] @ np.array(SCHOOL),
        "aged_15_64": working,
        "aged_65": old,
        "aged_65_share": _ratio(old, total),
        "dependency_young": _ratio(children, working),
        "dependency_old": _ratio(old, working),
        "median_age": _median(by_age),
        "registered_share": _ratio(here, total),
    }


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0))


def _median(by_age: Floats) -> Floats:
    """Median age, each five-year group spread evenly; NaN where nobody lives."""
    sums = np.cumsum(by_age, axis=-1)
    half = sums[..., -1:] / 2
    group = np.minimum((sums < half).sum(axis=-1), by_age.shape[-1] - 1)[..., np.newaxis]
    inside = np.take_along_axis(by_age, group, axis=-1)
    below = np.take_along_axis(sums, group, axis=-1) - inside
    age = GROUP_YEARS * (group + _ratio(half - below, inside))
    return np.asarray(age[..., 0])


def totals_table(path: Path, units: Sequence[str]) -> pd.DataFrame:
    """Totals by unit and year; columns of `measures`, ratios to people aged 15-64 for dependency."""
    found = measures(path.people)
    index = pd.MultiIndex.from_product([path.years, units], names=["year", "unit"])
    wide = pd.DataFrame({name: values.ravel() for name, values in found.items()}, index=index)
    columns = ["unit", "year", *found]
    return wide.reset_index()[columns].pipe(in_order, units)


def in_order(table: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Rows in the order of the units, years as they come."""
    place = table["unit"].map({unit: number for number, unit in enumerate(units)})
    order = np.argsort(place.to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def account_table(path: Path, units: Sequence[str]) -> pd.DataFrame:
    """``unit, year, residence``, the items of `Accounts` and ``newly_registered``; persons, sexes together.

    ``registered`` is 0, for registration moves people between registers and not between places;
    ``newly_registered`` are those who got registered where they live, no item of the balance.
    """
    items = {field.name: getattr(path.accounts, field.name).sum(axis=(1, 4)) for field in fields(Accounts)}
    items["newly_registered"] = path.accounts.registered[:, 0].sum(axis=-1)
    sums = {name: _with_whole(values, axis=1) for name, values in items.items()}
    index = pd.MultiIndex.from_product(
        [path.years[1:], units, RESIDENCES], names=["year", "unit", "residence"]
    )
    wide = pd.DataFrame({name: values.ravel() for name, values in sums.items()}, index=index).reset_index()
    return wide[["unit", "year", "residence", *sums]].pipe(in_order, units)
