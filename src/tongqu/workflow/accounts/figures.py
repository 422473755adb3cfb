"""Figures of a run by year and place: sums of the counties, and ratios of sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.methods.public_accounts import PublicAccounts
from tongqu.workflow.accounts.run import SIDES, Run

__all__ = [
    "MONTHS",
    "RANGED",
    "YUAN_PER_WAN",
    "figures_of",
    "in_order",
    "quantiles",
    "whole_accounts",
    "with_whole",
]

Floats = npt.NDArray[np.float64]

QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
YUAN_PER_WAN: Final = 10_000.0
MONTHS: Final = 12.0
RANGED: Final = (
    "value_added_wan",
    "own_revenue_wan",
    "expenditure_wan",
    "shortfall_wan",
    "self_sufficiency",
    "debt_ratio",
    "pension_public_cost_wan",
    "pension_fund_wan",
    "pensioners",
    "pension_yuan_month",
    "pension_of_line",
    "pension_of_income",
    "medical_public_cost_wan",
    "income_urban_yuan",
    "income_rural_yuan",
    "income_ratio",
)
"""Figures with a range; those of budgets begin a year after the latest accounts."""


def with_whole(values: Floats) -> Floats:
    """The sum of the counties, the last axis, put before them."""
    return np.concatenate([values.sum(axis=-1, keepdims=True), values], axis=-1)


def whole_accounts(accounts: PublicAccounts) -> PublicAccounts:
    """Accounts of all counties together put before theirs: sums of flows and stocks."""
    made = {}
    for field in fields(PublicAccounts):
        values = getattr(accounts, field.name)
        axis = -1 if field.name.startswith("opening_") else -2
        made[field.name] = np.concatenate([values.sum(axis=axis, keepdims=True), values], axis=axis)
    return replace(accounts, **made)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def figures_of(run: Run) -> dict[str, Floats]:
    """The figures of `RANGED`, shape (year, [future,] place), the whole first; NaN where nothing is known."""
    pension = {name: with_whole(values) for name, values in run.pension.items()}
    heads = {side: with_whole(run.people[side]) for side in SIDES}
    income = run.incomes.sum(axis=-1)
    earned = {
        side: _over(with_whole(income[..., row] * run.people[side]), heads[side])
        for row, side in enumerate(SIDES)
    }
    earned = {side: np.where(values > 0, values, np.nan) for side, values in earned.items()}
    accounts = whole_accounts(run.finance.accounts)
    lead = len(run.years) - len(run.finance.years)  # below 0 where accounts are older than the census

    def budget(values: Floats) -> Floats:
        """Axes ([future,] place, year) as (year, [future,] place), nothing known before the first year."""
        moved = np.moveaxis(values, -1, 0)[max(-lead, 0) :]
        return np.concatenate([np.full((max(lead, 0), *moved.shape[1:]), np.nan), moved])

    monthly = _over(pension["pension.paid"] * YUAN_PER_WAN / MONTHS, pension["pension.pensioners"])
    land = float(run.finance.land_given)
    found = {
        "value_added_wan": with_whole(run.value_added.sum(axis=-1)),
        "own_revenue_wan": budget(accounts.own_revenue),
        "expenditure_wan": budget(accounts.expenditure),
        "shortfall_wan": budget(accounts.shortfall),
        "self_sufficiency": budget(accounts.self_sufficiency),
        "debt_ratio": budget(accounts.debt_ratio(land_counted=land)),
        "pension_public_cost_wan": pension["pension.public_cost"],
        "pension_fund_wan": pension["pension.fund"],
        "pensioners": pension["pension.pensioners"],
        "pension_yuan_month": monthly,
        "pension_of_line": _over(pension["pension.paid"], pension["pension.line"]),
        "pension_of_income": monthly * MONTHS / earned["rural"],
        "medical_public_cost_wan": pension["medical.public_cost"],
        "income_urban_yuan": earned["urban"],
        "income_rural_yuan": earned["rural"],
        "income_ratio": earned["urban"] / earned["rural"],
    }
    return {name: found[name] for name in RANGED}


def quantiles(
    parts: Sequence[dict[str, Floats]], *, years: Sequence[int], units: Sequence[str]
) -> pd.DataFrame:
    """``unit, year, variable, p10, p50, p90`` over the futures of all parts.

    Quantiles are of each figure, year and unit on its own: no single future need run along one of them.
    """
    columns = ["unit", "year", "variable", *QUANTILES]
    if not parts:
        words = {"unit": "str", "year": "int64", "variable": "str"}
        return pd.DataFrame({name: pd.Series(dtype=words.get(name, "float64")) for name in columns})
    rows = []
    index = pd.MultiIndex.from_product([years, units], names=["year", "unit"])
    for name in RANGED:
        values = np.concatenate([_futured(part[name]) for part in parts], axis=1)
        known = np.isfinite(values).all(axis=1)
        filled = np.where(known[:, np.newaxis], values, 0.0)
        edges = np.quantile(filled, list(QUANTILES.values()), axis=1)
        made = {edge: values.ravel() for edge, values in zip(QUANTILES, edges, strict=True)}
        rows.append(pd.DataFrame(made, index=index)[known.ravel()].assign(variable=name))
    table = pd.concat(rows).reset_index()
    return in_order(table, units)[columns]


def _futured(values: Floats) -> Floats:
    return values if values.ndim > 2 else values[:, np.newaxis]


def in_order(table: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Rows in the order of the units, years and variables as they come."""
    place = {unit: number for number, unit in enumerate(units)}
    return table.sort_values("unit", key=lambda codes: codes.map(place), kind="stable", ignore_index=True)
