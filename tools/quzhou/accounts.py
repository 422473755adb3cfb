"""Accounts of 2024: the published revenue of the city, and a modelled split over the counties."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quzhou import figures, raw
from quzhou.rounding import share_out

YEAR = 2024
GROWTH = 1.03  # of expenditure from 2023 to 2024 (assumed)
MONTHS_SEEN = 11  # of the published expenditure of 2023
DEBT, DEBT_LIMIT = 0.85, 0.95  # over own revenue and transfers; below the 100 % line (assumed)
WAN_PER_YI = 10_000


def _figure(indicator: str, year: str) -> float:
    """A published figure of the city, in 万元."""
    figures_ = raw.table("statistics").set_index(["indicator", "year", "unit"])["value"]
    return float(figures_[indicator, year, raw.CITY]) * WAN_PER_YI


def build() -> pd.DataFrame:
    """The accounts table."""
    census = raw.census(2020).loc[list(raw.COUNTIES)]
    nonfarm = census["各种行业人口总计"] - census["农林牧渔业"]
    urban = census["城镇人口"]
    earning = (nonfarm / nonfarm.sum() + urban / urban.sum()).to_numpy() / 2
    revenue = round(_figure("general_public_budget_revenue", str(YEAR)))
    seen = _figure("general_public_budget_expenditure", "2023M1-11")
    spending = round(seen / MONTHS_SEEN * 12 * GROWTH)
    wide = pd.DataFrame(index=census.index)
    wide["own_revenue"] = share_out(revenue, earning)
    wide["expenditure"] = share_out(spending, census["人口数_合计"].to_numpy(float))
    wide["transfers"] = wide["expenditure"] - wide["own_revenue"]
    wide["debt"] = (DEBT * wide["expenditure"]).round().astype(int)
    wide["debt_limit"] = (DEBT_LIMIT * wide["expenditure"]).round().astype(int)
    wide.loc[raw.CITY] = wide.sum()
    long = raw.long(wide, by="item", value="amount_wan")
    published = (long["unit"] == raw.CITY) & (long["item"] == "own_revenue")
    origins = raw.table("statistics").set_index(["indicator", "year", "unit"])["origin"]
    origin = origins["general_public_budget_revenue", str(YEAR), raw.CITY]
    code = "stat:" + figures.origin_codes()[origin]
    source = np.where(long["item"].isin(["debt", "debt_limit"]), "assumed:debt", "model:accounts")
    source = np.where(
        (long["unit"] == raw.CITY) & long["item"].isin(["expenditure", "transfers"]),
        "assumed:expenditure",
        source,
    )
    long = long.assign(year=YEAR, modelled=~published, source=np.where(published, code, source))
    return long.sort_values(["unit", "year", "item"])
