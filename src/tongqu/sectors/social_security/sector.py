"""Social security: resident pensions and medical insurance of each county as accounts, year by year.

Rules and shares are assumed, with ranges: no figures of the region's scheme were at hand. See
docs/methods/social-security.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pandas as pd

from tongqu.contracts import Assume, Findings, Forecast, Offer, State, values_at
from tongqu.contracts.cells import PEOPLE, people_cube
from tongqu.data import Region
from tongqu.methods.pension import AGES, Fund, Tiers
from tongqu.sectors.social_security.account import (
    YUAN_PER_WAN,
    Year,
    first_fund,
    first_reserve,
    fund_after,
    year_of,
)
from tongqu.sectors.social_security.parameters import (
    PARAMETERS,
    Floats,
    Values,
    check_parameters,
    each,
    tiers_of,
)
from tongqu.sectors.social_security.programmes import programmes, raised_by

__all__ = ["SocialSecurity", "sector"]

CELLS: Final = "cells.pension"
"""Members, accounts and what is owed on them: the fields of `Fund`, county, age; 元 and persons."""
CELLS_YEAR: Final = "cells.pension_year"
BASE: Final = "pension.public_cost_base"

FIGURES: Final = (
    "medical.benefits",
    "medical.contributions",
    "medical.fund",
    "medical.insured",
    "medical.public_cost",
    "medical.subsidy",
    "pension.account_paid",
    "pension.basic",
    "pension.contributions",
    "pension.contributors",
    "pension.fund",
    "pension.heirs",
    "pension.interest",
    "pension.line",
    "pension.moved",
    "pension.paid",
    "pension.pensioners",
    "pension.public_cost",
    "pension.raised",
    "pension.rural_pensioners",
    "pension.rural_raised",
    "pension.subsidy",
    "pension.topped_up",
    "stock.pension",
)


@dataclass(frozen=True)
class SocialSecurity:
    """By county. Money in 万元 of the base year's prices, the basic pension in 元 a month, persons."""

    name: str = "social_security"
    tables: frozenset[str] = frozenset({"units", "pension_tiers"})
    reads: frozenset[str] = frozenset({PEOPLE})
    writes: frozenset[str] = frozenset({*FIGURES, BASE, CELLS, CELLS_YEAR})

    def diagnose(self, region: Region, state: State) -> Findings:
        """Pension a month, its share of the low-income line, pensioners a contributor, cost to budgets."""
        pensioners = state["pension.pensioners"]
        some = pensioners.where(pensioners > 0)
        contributors = state["pension.contributors"]
        line = state["pension.line"]
        wide = pd.DataFrame(
            {
                "resident pension, 元 a month": state["pension.paid"] / some * YUAN_PER_WAN / 12,
                "pension against the low-income line, %": state["pension.paid"] / line.where(line > 0) * 100,
                "pensioners per contributor": pensioners / contributors.where(contributors > 0),
                "pensions out of budgets, 万元": state["pension.public_cost"],
                "medical insurance out of budgets, 万元": state["medical.public_cost"],
            }
        ).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Accounts of the year of ``before``, from last year's where there are some."""
        counties = region.codes("county")
        if CELLS in before and int(before[CELLS_YEAR].iloc[0]) >= before.year:
            return {name: before[name] for name in self.writes}
        values = {name: float(assume[name]) for name in PARAMETERS}
        check_parameters(values)
        people, tiers = people_cube(before, counties), tiers_of(region)
        fund, reserve = _opening(before, people, values, tiers, counties=counties)
        raised = raised_by(opened, counties)
        year = year_of(people, values, tiers, year=before.year, fund=fund, reserve=reserve, raised=raised)
        figures = {name: pd.Series(value, index=counties) for name, value in year.figures().items()}
        return {
            **figures,
            BASE: before[BASE] if BASE in before else _base_cost(region, year, values, year=before.year),
            CELLS: pd.Series(_packed(year.fund)),
            CELLS_YEAR: pd.Series([float(before.year)]),
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer raises of the basic pension."""
        return programmes(region, forecast, assume=assume)


def _opening(
    before: State, people: Floats, values: Values, tiers: Tiers, *, counties: pd.Index
) -> tuple[Fund, Floats]:
    """The accounts and the medical fund at the end of last year, 元."""
    if CELLS not in before:
        return (
            first_fund(people, values, tiers, year=before.year),
            first_reserve(people, values, year=before.year),
        )
    flat = before[CELLS].to_numpy(dtype=np.float64)
    fund = Fund(*flat.reshape(len(fields(Fund)), len(counties), AGES))
    known = int(before[CELLS_YEAR].iloc[0])
    fund = fund_after(fund, values, tiers, people=people, years=range(known + 1, before.year))
    return fund, values_at(before["medical.fund"], counties) * YUAN_PER_WAN


def _packed(fund: Fund) -> Floats:
    return np.stack([getattr(fund, field.name) for field in fields(Fund)]).ravel()


def _base_cost(region: Region, now: Year, values: Values, *, year: int) -> pd.Series:
    """What budgets paid in the latest year of the accounts, 万元: today's members at that year's rates."""
    counties = region.codes("county")
    accounts = region.tables.get("accounts")
    known = year
    if accounts is not None and accounts["unit"].isin(counties).any():
        known = int(accounts.loc[accounts["unit"].isin(counties), "year"].max())
    past = known - year
    flows = now.flows.totals()
    basic = (flows["basic"] - now.raised) * (1 + each(values, "pension.basic_growth")) ** past
    subsidy = flows["subsidy"] * (1 + each(values, "pension.tier_growth")) ** past
    return pd.Series((basic + subsidy + flows["topped_up"]) / YUAN_PER_WAN, index=counties)


sector = SocialSecurity()
