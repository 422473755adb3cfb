"""People, value added, pensions, budgets and incomes of the counties carried on, in one future or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import Progress, Report, silent
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.income import SOURCES
from tongqu.sectors.finance import path as finance
from tongqu.sectors.finance.latest import latest_of
from tongqu.sectors.income.start import SIDES, carry_sides, first_incomes, source_shares
from tongqu.sectors.industry.base import GROUPS, Base, base_of
from tongqu.sectors.population import path as population
from tongqu.sectors.population.census import census_of
from tongqu.sectors.social_security import path as security
from tongqu.sectors.social_security.parameters import PARAMETERS as PENSION_PARAMETERS

__all__ = ["GROWTH", "SIDES", "UNCERTAIN", "Run", "carried", "first_year"]

Floats = npt.NDArray[np.float64]
Values = Mapping[str, "float | Floats"]

GROWTH: Final = tuple(f"growth.productivity_{group}" for group in GROUPS)
UNCERTAIN: Final = tuple(
    dict.fromkeys(
        [
            *population.UNCERTAIN,
            *finance.UNCERTAIN,
            *security.UNCERTAIN,
            *GROWTH,
            "income.pension_in_transfers",
        ]
    )
)
"""Parameters that futures draw: those of all parts, together."""
WORKING: Final = slice(20, 60)
"""Ages of the people whom jobs follow."""


@dataclass(frozen=True, eq=False)
class Run:
    """Everything by year and county; arrays have the axes (year, [future,] county) unless said.

    Parameters
    ----------
    counties : Index
    years : tuple of int
        From the latest accounts, or the census where it is later, on.
    people : mapping of str to numpy.ndarray
        ``total, urban, rural, working``, persons.
    value_added : numpy.ndarray of float
        万元 of the base's prices, shape (year, [future,] county, group): `GROUPS`.
    pension : mapping of str to numpy.ndarray
        See `tongqu.sectors.social_security.path.Path`.
    finance : tongqu.sectors.finance.path.Path
        From the year after the latest accounts on; axes ([future,] county, year).
    incomes : numpy.ndarray of float
        元 a head, shape (year, [future,] county, side, source).
    cells : tuple of numpy.ndarray
        People by age of each year where they were kept, shape (register, county, residence, sex, age).
    """

    counties: pd.Index
    years: tuple[int, ...]
    people: Mapping[str, Floats]
    value_added: Floats
    pension: Mapping[str, Floats]
    finance: finance.Path
    incomes: Floats
    cells: tuple[Floats, ...]


def first_year(region: Region) -> int:
    """Year of the latest accounts, or of the census where it is later."""
    return max(latest_of(region).year, census_of(region).year)


def carried(
    region: Region,
    assume: Assume,
    *,
    until: int,
    futures: Mapping[str, Floats] | None = None,
    first_income: Floats | None = None,
    progress: Progress = silent,
) -> Run:
    """Carry everything on to a year, without a plan.

    Parameters
    ----------
    futures : mapping of str to array of float, optional
        Values of parameters, one for each future, all of one length; the others stay as assumed.
    first_income : numpy.ndarray of float, optional
        Income of the first year by (county, side, source) as an earlier run has it; else from what is
        published.
    """
    start, base = first_year(region), base_of(region, assume=assume)
    kept: dict[int, dict[str, Floats]] = {}
    cells: list[Floats] = []

    def stream() -> Iterator[Floats]:
        carried_on = population.people_by_year(region, assume, until=until, futures=futures)
        for year, people, _ in carried_on:
            kept[year] = _sums(people)
            if year >= start:
                if futures is None:
                    cells.append(people)
                yield people

    years = tuple(range(start, until + 1))
    pension = security.path(
        region,
        assume,
        people=stream(),
        years=years,
        futures=_only(futures, PENSION_PARAMETERS),
        progress=progress,
    ).figures
    people = {name: np.stack([kept[year][name] for year in years]) for name in kept[start]}
    values: Values = {name: float(assume[name]) for name in GROWTH} | dict(futures or {})
    value = _value_added(base, years, values=values, working=people["working"], then=_then(kept, base.year))
    run = finance.path(
        region,
        assume,
        until=until,
        value_added=_last(value.sum(axis=-1)) if value.any() else None,
        pensions=_last(pension["pension.public_cost"]),
        urban_people=_last(people["urban"]),
        futures=_only(futures, finance.UNCERTAIN),
    )
    if first_income is None:
        first_income = _first_income(region, assume, year=start, people=people, value=value)
    incomes = _incomes(
        assume,
        futures or {},
        first=first_income,
        people=people,
        value=value,
        paid=pension["pension.paid"],
    )
    progress(Report("futures" if futures else "accounts"))
    return Run(base.counties, years, people, value, pension, run, incomes, tuple(cells))


def _only(futures: Mapping[str, Floats] | None, names: tuple[str, ...]) -> dict[str, Floats] | None:
    if futures is None:
        return None
    return {name: value for name, value in futures.items() if name in names}


def _sums(people: Floats) -> dict[str, Floats]:
    """Totals of people of shape (..., register, county, residence, sex, age) by county."""
    by = people.sum(axis=(-5, -2))
    total = by.sum(axis=(-2, -1))
    urban = by[..., 0, :].sum(axis=-1)
    working = by[..., WORKING].sum(axis=(-2, -1))
    return {"total": total, "urban": urban, "rural": total - urban, "working": working}


def _then(kept: Mapping[int, Mapping[str, Floats]], year: int) -> Floats:
    """People of working age in the year of the base, or in the nearest year."""
    near = min(kept, key=lambda one: abs(one - year))
    return kept[near]["working"]


def _value_added(
    base: Base, years: tuple[int, ...], *, values: Values, working: Floats, then: Floats
) -> Floats:
    """Value added by group: the base grows with productivity and follows people of working age."""
    growth = np.stack([1 + np.asarray(values[name]) for name in GROWTH], axis=-1)
    powers = np.array(years, dtype=np.float64) - base.year
    shape = (len(powers), *(1,) * growth.ndim)
    grown = (
        growth[np.newaxis] ** powers.reshape(shape) if growth.ndim > 1 else growth ** powers[:, np.newaxis]
    )
    grown = grown[..., np.newaxis, :]
    follows = np.divide(working, then, out=np.ones_like(working), where=then > 0)
    return np.asarray(base.value_added * grown * follows[..., np.newaxis])


def _last(values: Floats) -> Floats:
    """Axes (year, [future,] county) as ([future,] county, year)."""
    return np.moveaxis(values, 0, -1)


def _first_income(
    region: Region, assume: Assume, *, year: int, people: Mapping[str, Floats], value: Floats
) -> Floats:
    """Income of the first year by (county, side, source)."""
    heads = people["total"][0]
    made = value[0].sum(axis=-1)
    totals = first_incomes(
        region,
        year=year,
        people={side: people[side][0] for side in SIDES},
        level=np.divide(made, heads, out=np.zeros_like(made), where=heads > 0),
        growth={side: float(assume[f"growth.income_{side}"]) for side in SIDES},
        elasticity=float(assume["elasticity.income_county"]),
    )
    shares = source_shares(lambda name: float(assume[name]))
    return np.moveaxis(totals[:, :, np.newaxis] * shares[:, np.newaxis, :], 0, 1)


def _incomes(
    assume: Assume,
    futures: Mapping[str, Floats],
    *,
    first: Floats,
    people: Mapping[str, Floats],
    value: Floats,
    paid: Floats,
) -> Floats:
    """Income by source of every year, as the income sector carries it without projects.

    Wages follow value added per job, business income of the country farming per head, transfers budgets
    and pensions per head.
    """

    def each(name: str) -> Floats:
        return np.asarray(futures.get(name, float(assume[name])), dtype=np.float64)[..., np.newaxis]

    count = np.arange(len(value), dtype=np.float64).reshape(-1, *(1,) * (value.ndim - 2))
    follows = _index(people["working"], np.ones_like(count))
    rural = np.maximum(people["rural"], 1.0)
    usual = {side: (1 + each(f"growth.income_{side}")) ** count for side in SIDES}
    budget = (1 + each("growth.transfers")) ** count
    pay = np.divide(value.sum(axis=-1), follows, out=np.zeros_like(follows), where=follows > 0)
    both = carry_sides(
        (first[:, 0], first[:, 1]),
        pay=(_index(pay, usual["urban"]), _index(pay, usual["rural"])),
        farm=_index(value[..., 0] / rural, usual["rural"]),
        budget=budget,
        pension=_index(paid / rural, budget),
        share=each("income.pension_in_transfers"),
    )
    shape = (*people["total"].shape, len(SOURCES))
    return np.stack([np.broadcast_to(part, shape) for part in both], axis=-2)


def _index(values: Floats, unknown: Floats) -> Floats:
    """Values over those of the first year; what is assumed where there were none."""
    start = values[:1]
    known = np.broadcast_to(start > 0, values.shape)
    return np.divide(values, start, out=np.broadcast_to(unknown, values.shape).copy(), where=known)
