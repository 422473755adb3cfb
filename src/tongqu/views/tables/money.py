"""Money by year and county: uses, sources, debt against its limit, and what more is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from tongqu.views.tables.stored import Stored

__all__ = ["SOURCES", "USES", "WAN_PER_YI", "Money", "money_of"]

USES: Final = ("capital", "running", "interest", "repay")
SOURCES: Final = ("room", "grant", "borrow")

WAN_PER_YI: Final = 10_000.0
"""万元 in one 亿元."""

MORE: Final = {"land": 100.0, "staff": 10.0}
"""How much more of a limit its price is shown for: mu, persons."""

WORTH: Final = 1e-3
"""Share of the greatest price below which a place is not shown."""


@dataclass(frozen=True)
class Money:
    """Accounts of the plan; 万元 unless stated.

    Parameters
    ----------
    years : DataFrame
        All counties together by year: ``capital, running, interest, repay, room, grant, borrow, cash, debt``,
        ``debt_limit``, ``saved`` (rise of cash) and ``drawn`` (fall of cash), so that
        ``capital + running + interest + repay + saved = room + grant + borrow + drawn``.
    counties : DataFrame
        By county: sums of ``capital``, ``grant`` and ``borrow`` over the years; ``running``, ``room``,
        ``cash``, ``debt`` and ``debt_limit`` of the last year; ``peak`` (highest debt) and ``peak_year``.
    prices : DataFrame
        By county (rows) and year (columns): what one 亿元 more in that year adds to the goal: a share of D,
        of the people served, or 万元 saved.
    scarce : DataFrame
        The same for land (100 mu more) and staff (10 persons more), indexed by ``limit, key, unit``; only
        places where it is worth something in some year.
    mean_return : float
        Rise of the mean D through the plan for one 亿元 of its capital, as a share of D; NaN without
        capital.
    """

    years: pd.DataFrame
    counties: pd.DataFrame
    prices: pd.DataFrame
    scarce: pd.DataFrame
    mean_return: float


def money_of(stored: Stored) -> Money:
    """Give the accounts by year and county.

    Raises
    ------
    RunError
        If a table of the run cannot be read.
    """
    wide = stored.accounts.pivot_table(index=["unit", "year"], columns="item", values="amount", aggfunc="sum")
    wide = wide.reindex(columns=[*USES, *SOURCES, "cash", "debt"]).fillna(0.0)
    limits = stored.run["offer/limits"]
    debt = limits[(limits["ledger"] == "money") & (limits["key"] == "debt")]
    wide["debt_limit"] = debt.set_index(["unit", "year"])["amount"].reindex(wide.index).fillna(0.0)
    step = wide["cash"] - wide["cash"].groupby(level="unit").shift(1).fillna(0.0)
    wide["saved"], wide["drawn"] = step.clip(lower=0.0), (-step).clip(lower=0.0)
    return Money(
        years=wide.groupby(level="year").sum().reindex(stored.years, fill_value=0.0),
        counties=_counties(wide, stored),
        prices=_prices(stored),
        scarce=_scarce(stored),
        mean_return=_mean_return(stored),
    )


def _counties(wide: pd.DataFrame, stored: Stored) -> pd.DataFrame:
    table = wide.groupby(level="unit")[["capital", "grant", "borrow"]].sum()
    last = wide.xs(stored.last, level="year")
    table = table.join(last[["running", "room", "cash", "debt", "debt_limit"]])
    debt = wide["debt"].unstack("year")
    table["peak"], table["peak_year"] = debt.max(axis=1), debt.idxmax(axis=1)
    return table.reindex(list(stored.counties)).fillna(0.0)


def _prices(stored: Stored) -> pd.DataFrame:
    """Price of money, log D per 万元, as a share of D per 亿元: the same for small changes."""
    table = stored.run["results/prices"]
    mine = table[table["limit"] == "money"]
    wide = mine.pivot_table(index="unit", columns="year", values="price", aggfunc="sum")
    return wide.reindex(index=list(stored.counties), columns=list(stored.years)).fillna(0.0) * WAN_PER_YI


def _scarce(stored: Stored) -> pd.DataFrame:
    """Prices of land and staff, in the goal's unit per ``MORE`` of each."""
    table = stored.run["results/prices"]
    mine = table[table["limit"].isin(list(MORE))]
    found = mine.pivot_table(index=["limit", "key", "unit"], columns="year", values="price", aggfunc="sum")
    found = found.reindex(columns=list(stored.years)).fillna(0.0)
    scale = found.index.get_level_values("limit").map(MORE).to_numpy(dtype=np.float64)
    wide = found.mul(scale, axis=0)
    worth = wide.to_numpy(dtype=np.float64).max(axis=1, initial=0.0)
    kept: pd.DataFrame = wide[worth >= WORTH * worth.max(initial=0.0)]
    return kept


def _mean_return(stored: Stored) -> float:
    measures = stored.run["results/measures"].set_index("measure").loc["coordination"]
    before, after = measures[["baseline", "simulated"]].to_numpy(dtype=np.float64)
    capital = float(stored.decisions["capital_wan"].sum())
    gain = math.expm1(float(after - before))
    return gain / (capital / WAN_PER_YI) if capital > 0 else math.nan
