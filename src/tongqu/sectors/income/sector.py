"""Income: what people of town and country have in each county, from which source, and how far apart they are.

The first year's income is the published one, carried on; afterwards wages follow pay in the county, business
income of the country follows farming, transfers follow budgets and pensions. What projects add for country
people are entries of their own, so that a plan promises what the simulation counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import Assume, Findings, Forecast, Offer, State, county_totals, values_at
from tongqu.data import Region
from tongqu.methods.income import SOURCES
from tongqu.methods.sums import group_sums
from tongqu.sectors.income.start import SIDES, carry_sides, first_incomes, source_shares

__all__ = ["Income", "sector"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CELLS: Final = "cells.income"
"""First year's income by side and source, then wages, farming and pensions of that year, and the year."""
DRIVERS: Final = 3
PENSIONS: Final = "social_security"
"""Sector whose raises are in ``pension.rural_raised``."""
WAN: Final = 10_000.0
"""Yuan in 万元."""
PARTS: Final = tuple(f"income.{side}_{source}" for side in SIDES for source in SOURCES)


@dataclass(frozen=True)
class Income:
    """Income per head in yuan a year, by county."""

    name: str = "income"
    tables: frozenset[str] = frozenset({"units", "people"})
    reads: frozenset[str] = frozenset(
        {
            "people.rural",
            "people.urban",
            "pension.paid",
            "pension.raised",
            "pension.rural_raised",
            "value_added.farm",
            "value_added.total",
            "wages.trend",
        }
    )
    writes: frozenset[str] = frozenset(
        {
            *PARTS,
            "income.urban",
            "income.rural",
            "income.ratio",
            "income.rural_at_urban",
            "stock.rural_income",
            CELLS,
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Income of town and country and their ratio, by county."""
        wide = pd.DataFrame(
            {
                "urban income, yuan": state["income.urban"],
                "rural income, yuan": state["income.rural"],
                "urban to rural income": state["income.ratio"],
            }
        ).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Income of the year of ``before``; projects add what their entries say."""
        counties = region.codes("county")
        people = {side: _by_county(region, before, f"people.{side}") for side in SIDES}
        country, town = _plan(before, opened, counties=counties, assume=assume)
        drivers = _drivers(before, people, opened=opened, counties=counties)
        first, start, since = _start(region, before, people=people, drivers=drivers, assume=assume)
        by_source = _by_source(first, start, drivers, years=before.year - since, assume=assume)
        heads = np.stack([people[side] for side in SIDES])
        plan = np.stack([town, country]) * WAN
        more = np.divide(plan, heads, out=np.zeros_like(plan), where=heads > 0)
        whole = by_source.sum(axis=-1)
        total = whole + np.where(whole > 0, more, 0.0)
        return _written(by_source, total, heads, cells=(first, start, since), counties=counties)

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer nothing: others' projects change incomes."""
        return Offer()


def _by_county(region: Region, state: State, name: str) -> Floats:
    counties = region.codes("county")
    values = state[name]
    return group_sums(region.county_numbers(values.index), values.to_numpy(), size=len(counties))


def _added(entries: pd.DataFrame, key: str, *, counties: pd.Index, where: Bools | None = None) -> Floats:
    """What entries add to a stock by county."""
    return county_totals(entries, ledger="stock", key=key, counties=counties, where=where)


def _known(state: State, name: str, *, counties: pd.Index) -> Floats:
    """A county variable, 0 where no sector writes it."""
    if name not in state:
        return np.zeros(len(counties))
    return values_at(state[name], counties)


def _drivers(state: State, people: dict[str, Floats], *, opened: Offer, counties: pd.Index) -> Floats:
    """Pay of a job, and farming and pensions per country person, without what projects add; (3, county)."""
    heads = np.maximum(people["rural"], 1.0)
    farm = _known(state, "value_added.farm", counties=counties) - _added(
        opened.entries, "farm_value_added", counties=counties
    )
    pension = _known(state, "pension.paid", counties=counties) - _known(
        state, "pension.raised", counties=counties
    )
    wages = _known(state, "wages.trend", counties=counties)
    return np.stack([wages, np.maximum(farm, 0.0) / heads, np.maximum(pension, 0.0) / heads])


def _by_source(first: Floats, start: Floats, drivers: Floats, *, years: int, assume: Assume) -> Floats:
    """Income per head by side, county and source some years on, without what projects add.

    What drives a source and is not known grows as income as a whole is assumed to.
    """
    usual = {side: (1 + assume[f"growth.income_{side}"]) ** years for side in SIDES}
    budget = (1 + assume["growth.transfers"]) ** years

    def index(driver: int, unknown: float) -> Floats:
        known = start[driver] > 0
        grown = np.divide(drivers[driver], start[driver], out=np.full(known.shape, unknown), where=known)
        return np.asarray(grown)

    return np.stack(
        carry_sides(
            (first[0], first[1]),
            pay=(index(0, usual["urban"]), index(0, usual["rural"])),
            farm=index(1, usual["rural"]),
            budget=budget,
            pension=index(2, budget),
            share=assume["income.pension_in_transfers"],
        )
    )


def _start(
    region: Region, before: State, *, people: dict[str, Floats], drivers: Floats, assume: Assume
) -> tuple[Floats, Floats, int]:
    """First year's income by side, county and source; what drove it; and that year."""
    count = len(region.codes("county"))
    if CELLS in before:
        kept = before[CELLS].to_numpy(dtype=np.float64)
        if int(kept[-1]) < before.year:
            size = len(SIDES) * count * len(SOURCES)
            first = kept[:size].reshape(len(SIDES), count, len(SOURCES))
            return first, kept[size:-1].reshape(DRIVERS, count), int(kept[-1])
    heads = people["urban"] + people["rural"]
    produced = _known(before, "value_added.total", counties=region.codes("county"))
    totals = first_incomes(
        region,
        year=before.year,
        people=people,
        level=np.divide(produced, heads, out=np.zeros(count), where=heads > 0),
        growth={side: assume[f"growth.income_{side}"] for side in SIDES},
        elasticity=assume["elasticity.income_county"],
    )
    shares = source_shares(lambda name: assume[name])
    return totals[:, :, np.newaxis] * shares[:, np.newaxis, :], drivers, before.year


def _plan(state: State, opened: Offer, *, counties: pd.Index, assume: Assume) -> tuple[Floats, Floats]:
    """What projects add to the income of country and of town people, 万元 by county.

    Raises of pensions count at what they pay in the year. Town people earn the pay in the value that projects
    add, less what country people get of it; what others give to the country takes nothing from the town.
    """
    entries = opened.entries
    makes, others = _makers(entries["project"], entries["key"], opened.projects)
    earned = _added(entries, "rural_income", counties=counties, where=makes)
    given = _added(entries, "rural_income", counties=counties, where=others)
    pay = assume["income.labour_share"] * _added(entries, "value_added", counties=counties)
    raised = _known(state, "pension.rural_raised", counties=counties)
    return np.asarray(earned + given + raised), np.asarray(np.maximum(pay - earned, 0.0))


@remember(48)
def _makers(project: pd.Series, key: pd.Series, projects: pd.DataFrame) -> tuple[Bools, Bools]:
    """Entries of projects that make something, and of others but raises of pensions."""
    makes = project.isin(project[key == "value_added"]).to_numpy(dtype=np.bool_)
    raises = project.isin(projects.loc[projects["sector"] == PENSIONS, "project"]).to_numpy(dtype=np.bool_)
    return makes, ~makes & ~raises


def _written(
    by_source: Floats, total: Floats, heads: Floats, *, cells: tuple[Floats, Floats, int], counties: pd.Index
) -> dict[str, pd.Series]:
    first, start, since = cells
    urban, rural = total
    both = (urban > 0) & (rural > 0)
    values = {
        "income.urban": urban,
        "income.rural": rural,
        "income.ratio": np.divide(urban, rural, out=np.zeros_like(urban), where=both),
        "income.rural_at_urban": heads[1] * urban / WAN * both,
        "stock.rural_income": heads[1] * rural / WAN * both,
        **dict(zip(PARTS, np.moveaxis(by_source, -1, 1).reshape(len(PARTS), -1), strict=True)),
    }
    kept = np.concatenate([first.ravel(), start.ravel(), [float(since)]])
    return {name: pd.Series(value, index=counties) for name, value in values.items()} | {
        CELLS: pd.Series(kept)
    }


sector = Income()
