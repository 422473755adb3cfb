"""Finance: what each county earns, receives and spends, and what of it this plan may use.

The accounts of the latest year grow at assumed rates. Room for the plan is a share of own revenue and
transfers; new debt keeps within a share of the room under the debt limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import Assume, Findings, Forecast, Offer, State, yearly_limits
from tongqu.data import Region
from tongqu.methods.fiscal import debt_ratio, self_sufficiency

__all__ = ["Finance", "sector"]

ITEMS: Final = ("own_revenue", "transfers", "expenditure")


@dataclass(frozen=True)
class Finance:
    """County accounts in 万元 a year; debt in 万元."""

    name: str = "finance"
    tables: frozenset[str] = frozenset({"units", "accounts"})
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset(
        {*(f"account.{item}" for item in ITEMS), "account.debt", "account.debt_limit", "account.room"}
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        """Fiscal self-sufficiency and debt ratio by county."""
        own, transfers = state["account.own_revenue"], state["account.transfers"]
        spent = state["account.expenditure"]
        spends = spent > 0
        share = pd.Series(self_sufficiency(own[spends], spent[spends]), index=own.index[spends])
        wide = pd.DataFrame(
            {
                "fiscal self-sufficiency, %": share.reindex(own.index) * 100,
                "debt ratio, %": debt_ratio(state["account.debt"], own_revenue=own, transfers=transfers)
                * 100,
            },
            index=own.index,
        ).rename_axis("unit")
        return Findings(wide.reset_index().melt(id_vars="unit", var_name="variable", value_name="value"))

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        """Accounts of the year of ``before``; running cost of opened projects adds to expenditure."""
        values = {}
        for item in ITEMS:
            amount, year = _latest(region, item)
            values[f"account.{item}"] = amount * (1 + assume[f"growth.{item}"]) ** (before.year - year)
        values["account.room"] = (
            (values["account.own_revenue"] + values["account.transfers"])
            * assume["limits.capital_share"]
            * assume["limits.money_factor"]
        )
        running = opened.entries[(opened.entries["ledger"] == "money") & (opened.entries["key"] == "running")]
        added = running.groupby("unit")["amount"].sum().reindex(region.level("county").index, fill_value=0.0)
        values["account.expenditure"] = values["account.expenditure"] + added
        return values | {f"account.{item}": _latest(region, item)[0] for item in ("debt", "debt_limit")}

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        """Offer no projects, but the money, debt and land that the plan may use."""
        parts = [
            pd.DataFrame(
                {
                    "ledger": "money",
                    "unit": state["account.room"].index,
                    "key": "room",
                    "year": state.year,
                    "amount": state["account.room"].to_numpy(),
                }
            )
            for state in forecast.states
        ]
        debt = [
            pd.DataFrame(
                {
                    "ledger": "money",
                    "unit": state["account.debt"].index,
                    "key": "debt",
                    "year": state.year,
                    "amount": (
                        (state["account.debt_limit"] - state["account.debt"]).clip(lower=0)
                        * assume["limits.new_debt_share"]
                        * assume["limits.money_factor"]
                    ).to_numpy(),
                }
            )
            for state in forecast.states
        ]
        city = region.level("city").index[:1]
        pool = pd.DataFrame(
            {
                "ledger": "money",
                "unit": city.repeat(len(forecast.years)),
                "key": "pool",
                "year": list(forecast.years) * len(city),
                "amount": assume["limits.city_pool_wan"] * assume["limits.money_factor"],
            }
        )
        land = yearly_limits(
            region.level("county").index,
            forecast.years,
            ledger="land",
            key="construction",
            a_year=assume["limits.land_mu_per_year"],
        )
        return Offer(limits=pd.concat([*parts, *debt, pool, land], ignore_index=True))


def _latest(region: Region, item: str) -> tuple[pd.Series, int]:
    """Amount by county in the latest year of an account, and that year."""
    accounts = region["accounts"]
    counties = region.level("county").index
    mine = accounts[(accounts["item"] == item) & accounts["unit"].isin(counties)]
    year = int(mine["year"].max()) if len(mine) else 0
    amount = mine[mine["year"] == year].set_index("unit")["amount_wan"].astype("float64").reindex(counties)
    lacking = [
        Problem(
            rule=f"{unit} has no {item} in {year}" if year else f"no county has {item}",
            mend="give the item for every county in the same latest year",
            file="accounts",
            column="item",
            value=item,
        )
        for unit in amount.index[amount.isna()]
    ]
    if lacking:
        raise DataError(lacking if year else lacking[:1])
    return amount, year


sector = Finance()
