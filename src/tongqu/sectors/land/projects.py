"""Projects of the land itself: village land cleared, idle homesteads let, saved quota sold."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, Offer, cost_entries, join_offers, lasting_entries, project_table
from tongqu.data import Region
from tongqu.methods.land import Consolidation, Reuse, consolidation, homestead_reuse, quota_income
from tongqu.sectors.land.base import Base
from tongqu.sectors.land.change import QUOTA_SALE

__all__ = ["LINKED", "clearing_of", "letting_of", "own_projects"]

Floats = npt.NDArray[np.float64]

LINKED: Final = "linked"
"""Key of saved quota in the land ledger: what clearing village land has saved, and what of it is sold."""
LEAST_MU: Final = 10.0
"""Mu saved, or let, below which a town's land is no project of its own (assumed)."""
MOST_TOWNS: Final = 5
"""Towns of a county that are offered for each kind: those that save, or let, most."""
SALES: Final = 3
"""Sales of quota offered to each county."""
CLEAR_YEARS: Final = 2
"""Years from the first payment until cleared land has passed as reclaimed (assumed)."""
REUSE_YEARS: Final = 1
"""Years from the first payment until homesteads are let (assumed)."""


def clearing_of(land: pd.DataFrame, *, assume: Assume) -> Consolidation:
    """What clearing idle and scattered village land would give; ``land`` in mu by place and class."""
    return consolidation(
        land["rural"],
        idle=land["idle_homestead"],
        idle_share=assume["land.clear_idle"],
        scattered_share=assume["land.clear_scattered"],
        resettle=assume["land.resettle"],
        farmland_share=assume["land.reclaim_farmland"],
        cost=assume["land.clear_cost"],
    )


def letting_of(land: pd.DataFrame, *, assume: Assume) -> Reuse:
    """What letting idle homesteads would give; ``land`` in mu by place and class."""
    return homestead_reuse(
        land["idle_homestead"],
        share=assume["land.reuse_share"],
        cost=assume["land.reuse_cost"],
        income=assume["land.reuse_income"],
        value_added=assume["land.reuse_value"],
    )


def _consolidations(region: Region, base: Base, *, assume: Assume) -> Offer:
    """In each of a county's largest towns: idle and scattered village land cleared and reclaimed."""
    land = base.towns
    if land.empty:
        return Offer()
    found = clearing_of(land, assume=assume)
    worth = _worth(region, land.index, found.quota.saved)
    projects = _at_towns(
        region,
        land.index[worth],
        kind="consolidation",
        names=("村庄用地整治与复垦", "consolidation of village land"),
        size=found.quota.balanced[worth],
        capital=found.cost_wan[worth],
        lead=CLEAR_YEARS,
    )
    farmland = found.farmland[worth]
    yield_wan = farmland * assume["land.farm_yield"]
    parts = [
        cost_entries(projects),
        *(
            _lasting(projects, "land", key, amount)
            for key, amount in (
                ("construction", -found.quota.saved[worth]),
                (LINKED, -found.quota.saved[worth]),
                ("farmland", -farmland),
                ("idle_homestead", -found.idle[worth]),
            )
        ),
        *(_lasting(projects, "stock", key, yield_wan) for key in FARM_STOCKS),
    ]
    return Offer(projects, pd.concat(parts, ignore_index=True))


FARM_STOCKS: Final = ("farm_value_added", "value_added", "rural_income")
"""Stocks that reclaimed farmland adds its yield to, 万元 a year."""


def _reuses(region: Region, base: Base, *, assume: Assume) -> Offer:
    """In each of a county's largest towns: idle homesteads let to guests, old people and small business."""
    land = base.towns
    if land.empty:
        return Offer()
    found = letting_of(land, assume=assume)
    worth = _worth(region, land.index, found.area)
    projects = _at_towns(
        region,
        land.index[worth],
        kind="homestead_reuse",
        names=("闲置宅基地盘活利用", "idle homesteads put to use"),
        size=found.area[worth],
        capital=found.cost_wan[worth],
        lead=REUSE_YEARS,
    )
    parts = [
        cost_entries(projects),
        _lasting(projects, "land", "idle_homestead", -found.area[worth]),
        _lasting(projects, "stock", "value_added", found.value_added_wan[worth]),
        _lasting(projects, "stock", "rural_income", found.income_wan[worth]),
    ]
    return Offer(projects, pd.concat(parts, ignore_index=True))


def _quota_sales(region: Region, base: Base, clearing: Offer, *, assume: Assume) -> Offer:
    """Blocks of saved quota that a county can sell, one after the other, as far as it can save so much."""
    linked = clearing.entries[clearing.entries["key"] == LINKED]
    saved = -linked.groupby("unit")["amount"].sum()
    block = assume["land.sale_block"]
    able = saved.reindex(base.counties.index, fill_value=0.0) // block
    count = able.clip(upper=SALES).astype("int64")
    counties = region.level("county").loc[count.index.repeat(count)]
    if counties.empty:
        return Offer()
    number = pd.Series(1, index=counties.index).groupby(level=0).cumsum().to_numpy()
    code, words = counties.index.to_numpy().astype(str), number.astype(str)
    price = assume["land.quota_price"]
    income = quota_income(np.full(len(counties), block), price=price, low=0.0, high=price).value
    key = _joined(QUOTA_SALE, code, words)
    before = _joined(QUOTA_SALE, code, (number - 1).astype(str))
    node = region["units"].set_index("unit")["node"].reindex(counties["seat"]).fillna("").to_numpy()
    projects = project_table(
        {
            "project": key,
            "name_zh": [
                f"{name}增减挂钩节余指标调剂（第{n}宗）"
                for name, n in zip(counties["name"], number, strict=True)
            ],
            "name_en": [
                f"{name}: sale of saved quota {n}"
                for name, n in zip(counties["name_en"].fillna(counties["name"]), number, strict=True)
            ],
            "unit": code,
            "county": code,
            "node": node,
            "lon": counties["lon"].to_numpy(),
            "lat": counties["lat"].to_numpy(),
            "size": block,
            "size_unit": "mu",
            "capital_wan": -income,
            "lead": 1,
            "land_mu": block,
            "requires": np.where(number == 1, "", before),
            "modelled": True,
        },
        sector="land",
        kind=QUOTA_SALE,
    )
    taken = _lasting(projects, "land", LINKED, np.full(len(projects), block)).assign(since=0)
    return Offer(projects, pd.concat([cost_entries(projects), taken], ignore_index=True))


def own_projects(region: Region, base: Base, *, assume: Assume) -> Offer:
    """Every project that land offers itself."""
    clearing = _consolidations(region, base, assume=assume)
    return join_offers(
        [clearing, _reuses(region, base, assume=assume), _quota_sales(region, base, clearing, assume=assume)]
    )


def _worth(region: Region, towns: pd.Index, area: Floats) -> npt.NDArray[np.bool_]:
    """Whether each town is among the largest of its county and large enough."""
    county = region.county_of(towns).to_numpy()
    rank = pd.Series(area).groupby(county).rank(ascending=False, method="first").to_numpy()
    return np.asarray((area >= LEAST_MU) & (rank <= MOST_TOWNS))


def _joined(kind: str, code: npt.NDArray[np.str_], number: npt.NDArray[np.str_]) -> npt.NDArray[np.object_]:
    return np.array([f"{kind}:{one}:{n}" for one, n in zip(code, number, strict=True)], dtype=object)


def _at_towns(
    region: Region,
    towns: pd.Index,
    *,
    kind: str,
    names: tuple[str, str],
    size: Floats,
    capital: Floats,
    lead: int,
) -> pd.DataFrame:
    """One project of a kind in each town, measured in mu."""
    table = region.level("town").loc[towns]
    node = table["node"].fillna("").to_numpy()
    return project_table(
        {
            "project": np.array([f"{kind}:{town}" for town in towns], dtype=object),
            "name_zh": (table["name"] + names[0]).to_numpy(),
            "name_en": (table["name_en"].fillna(table["name"]) + ": " + names[1]).to_numpy(),
            "unit": towns.to_numpy(),
            "town": towns.to_numpy(),
            "county": table["parent"].to_numpy(),
            "node": node,
            "lon": table["lon"].to_numpy(),
            "lat": table["lat"].to_numpy(),
            "size": size,
            "size_unit": "mu",
            "capital_wan": capital,
            "lead": lead,
            "modelled": True,
        },
        sector="land",
        kind=kind,
    )


def _lasting(projects: pd.DataFrame, ledger: str, key: str, amount: Floats) -> pd.DataFrame:
    entries = lasting_entries(projects, ledger=ledger, unit=projects["county"], key=key, amount=amount)
    return entries.loc[entries["amount"] != 0]
