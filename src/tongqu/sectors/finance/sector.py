"""Finance: what each county earns, receives, spends and owes, and what of it this plan may use.

The accounts of the latest year are carried on: own revenue follows value added where that is known, and grows
at an assumed rate where it is not; expenditure grows apart from pensions, which another sector counts. Room
for the plan is a share of own revenue and transfers; new debt keeps within a share of the room under the
limit.
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
from tongqu.methods.fiscal import debt_ratio, self_sufficiency
from tongqu.methods.public_accounts import Opening, PublicAccounts, elastic
from tongqu.sectors.finance.budget import PARAMETERS, budget, opening_of, own_revenue
from tongqu.sectors.finance.latest import Floats, Latest, latest_of

__all__ = ["Finance", "sector"]

WRITTEN: Final = (
    "own_revenue",
    "tax_revenue",
    "transfers",
    "expenditure",
    "balance",
    "shortfall",
    "carry_over",
    "land_income",
    "fund_expenditure",
    "fund_shortfall",
    "fund_carry_over",
    "interest",
    "general_debt",
    "special_debt",
    "debt",
)
"""Parts of the accounts that are state variables, ``account.*``."""
STOCKS: Final = ("general_debt", "special_debt", "carry_over", "fund_carry_over")
BASE: Final = ("account.base_revenue", "account.base_value_added")
"""Own revenue and value added in the first year, which later years follow; 0: value added is not known."""
YUAN_PER_WAN: Final = 10_000.0
"""Yuan in 1 万元."""
RAISED: Final = "pension.raised"
"""What raises of pensions cost in a year, 万元; their entries say what they would cost if begun at once."""
PENSIONS: Final = "social_security"
"""Sector of the projects that ``pension.raised`` counts."""


@dataclass(frozen=True)
class Finance:
    """County accounts in 万元 a year; debt and money kept in 万元 at the end of the year."""

    name: str = "finance"
    tables: frozenset[str] = frozenset({"units", "accounts"})
    reads: frozenset[str] = frozenset(
        {
            "value_added.total",
            "people.total",
            "pension.public_cost",
            "pension.public_cost_base",
            RAISED,
        }
    )
    writes: frozenset[str] = frozenset(
        {*(f"account.{item}" for item in WRITTEN), "account.debt_limit", "account.room", *BASE}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Fiscal self-sufficiency, debt ratio and own revenue a person by county."""
        own, transfers = state["account.own_revenue"], state["account.transfers"]
        spent = state["account.expenditure"]
        spends = spent > 0
        share = pd.Series(self_sufficiency(own[spends], spent[spends]), index=own.index[spends])
        given = "land_income" in latest_of(region).amounts
        counted = own + state["account.land_income"] if given else own
        ratio = debt_ratio(state["account.debt"], own_revenue=counted, transfers=transfers)
        figures = {
            "fiscal self-sufficiency, %": share.reindex(own.index) * 100,
            "debt ratio, %": pd.Series(ratio, index=own.index) * 100,
        }
        if "people.total" in state:
            people = state["people.total"]
            heads = people.groupby(region.county_of(people.index)).sum().reindex(own.index)
            figures["own revenue a person, yuan"] = own.where(heads > 0) * YUAN_PER_WAN / heads
        wide = pd.DataFrame(figures, index=own.index).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Accounts of the year of ``before``; running cost of opened projects adds to expenditure."""
        latest = latest_of(region)
        values = {name: assume[name] for name in PARAMETERS}
        counties, year = latest.counties, np.array([float(before.year)])
        counted = "pension.public_cost" in before
        own, base = _own(latest, before, opened=opened, values=values)
        accounts = budget(
            latest,
            years=year,
            values=values,
            opening=_opening(latest, before, values=values),
            own=own[:, np.newaxis],
            pensions=_column(before, "pension.public_cost", counties),
            pensions_base=_column(before, "pension.public_cost_base", counties) if counted else 0.0,
            running=_running(opened, counties, before)[:, np.newaxis],
        )
        amounts = {item: getattr(accounts, item)[:, 0] for item in WRITTEN}
        amounts["room"] = (
            (amounts["own_revenue"] + amounts["transfers"])
            * assume["limits.capital_share"]
            * assume["limits.money_factor"]
        )
        amounts["debt_limit"] = latest.amounts["debt_limit"]
        written = {f"account.{item}": pd.Series(amount, index=counties) for item, amount in amounts.items()}
        return {**written, **base}

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer no projects, but the money and debt that the plan may use."""
        states, years = forecast.states, np.asarray(forecast.years, dtype=np.int64)
        rooms, debts = ([state[f"account.{name}"] for state in states] for name in ("room", "debt"))
        under = [
            np.maximum(values_at(state["account.debt_limit"], debt.index) - debt.to_numpy(), 0.0)
            * assume["limits.new_debt_share"]
            * assume["limits.money_factor"]
            for state, debt in zip(states, debts, strict=True)
        ]
        city = region.level("city").index[:1]
        pool = np.full(len(years) * len(city), assume["limits.city_pool_wan"] * assume["limits.money_factor"])
        units = [*(one.index for one in rooms), *(one.index for one in debts), city.repeat(len(years))]
        counts = [sum(len(one) for one in part) for part in (rooms, debts, [pool])]
        when = [np.repeat(years, [len(one) for one in part]) for part in (rooms, debts)]
        when.append(np.tile(years, len(city)))
        limits = pd.DataFrame(
            {
                "ledger": "money",
                "unit": units[0].append(units[1:]),
                "key": np.repeat(["room", "debt", "pool"], counts),
                "year": np.concatenate(when),
                "amount": np.concatenate([*(one.to_numpy() for one in rooms), *under, pool]),
            }
        )
        return Offer(limits=limits)


def _own(
    latest: Latest, before: State, *, opened: Offer, values: Mapping[str, float]
) -> tuple[Floats, dict[str, pd.Series]]:
    """Own revenue of the year, and what it follows."""
    counties = latest.counties
    grown = own_revenue(latest, years=np.array([float(before.year)]), values=values)[:, 0]
    added = _column(before, "value_added.total", counties)[:, 0]
    # Revenue up to the latest account is that account's, whatever was built by then; later years follow it.
    counted = before.year <= latest.years["own_revenue"]
    if BASE[0] in before and not counted:
        base = {name: _in_order(before[name], counties) for name in BASE}
    else:
        # What projects add in the first year already is not part of the trend that later years follow.
        built = county_totals(opened.entries, ledger="stock", key="value_added", counties=counties)
        trend = added if counted else np.maximum(added - built, 0.0)
        base = {name: pd.Series(one, index=counties) for name, one in zip(BASE, (grown, trend), strict=True)}
    pairs = np.column_stack([base[BASE[1]].to_numpy(dtype=np.float64), added])
    known = (pairs > 0).all(axis=1)
    ratio = np.where(known, pairs[:, 1] / np.where(known, pairs[:, 0], 1.0), 1.0)
    followed = elastic(base[BASE[0]], ratio=ratio, elasticity=values["elasticity.revenue"])
    return np.where(known, followed, grown), base


def _in_order(values: pd.Series, counties: pd.Index) -> pd.Series:
    return values if values.index is counties or values.index.equals(counties) else values.reindex(counties)


def _opening(latest: Latest, before: State, *, values: Mapping[str, float]) -> Opening:
    """Stocks at the start of the year: those of last year, or of the accounts rolled on to it."""
    if "account.general_debt" in before:
        return Opening(**{name: before[f"account.{name}"].to_numpy(dtype=np.float64) for name in STOCKS})
    start = opening_of(latest, values=values)
    # Items may be newer than the debt: what happened to it since its own year is still rolled on.
    years = np.arange(latest.years["debt"] + 1, before.year, dtype=np.float64)
    if not len(years):
        return start
    own = own_revenue(latest, years=years, values=values)
    rolled = budget(latest, years=years, values=values, opening=start, own=own)
    return Opening(**{name: _last(rolled, name) for name in STOCKS})


def _last(accounts: PublicAccounts, stock: str) -> Floats:
    return np.asarray(getattr(accounts, stock)[..., -1])


def _column(state: State, name: str, counties: pd.Index) -> Floats:
    """A variable by county, shape (county, 1); 0 where nobody has written it."""
    if name not in state:
        return np.zeros((len(counties), 1))
    found = values_at(state[name], counties)
    return np.asarray(np.where(np.isnan(found), 0.0, found)[:, np.newaxis])


def _running(opened: Offer, counties: pd.Index, state: State) -> Floats:
    """Running costs of the working projects by county; raises of pensions at what they cost in the year."""
    entries = opened.entries
    where = _no_raises(entries["project"], opened.projects) if RAISED in state else None
    running = county_totals(entries, ledger="money", key="running", counties=counties, where=where)
    return np.asarray(running + _column(state, RAISED, counties)[:, 0])


@remember(48)
def _no_raises(project: pd.Series, projects: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Entries that are not of raises of pensions."""
    raises = projects.loc[projects["sector"] == PENSIONS, "project"]
    return ~project.isin(raises).to_numpy(dtype=np.bool_)


sector = Finance()
