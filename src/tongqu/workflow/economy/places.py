"""Where plants for each product would stand: towns near supply and labour, on minutes by truck."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.siting import labour_within, site_plants
from tongqu.sectors.industry.chains import supply_of
from tongqu.sectors.industry.places import road_minutes
from tongqu.workflow.economy.ground import Ground
from tongqu.workflow.travel.times import matrix

__all__ = ["COLUMNS", "site_table"]

Floats = npt.NDArray[np.float64]

COLUMNS: Final = (
    "product",
    "rank",
    "unit",
    "county",
    "lon",
    "lat",
    "supply_t",
    "minutes",
    "reached",
    "gap",
    "modelled",
)


def site_table(region: Region, ground: Ground, *, assume: Assume, count: int) -> pd.DataFrame:
    """``product, rank, unit`` (town), ``county, lon, lat, supply_t, minutes, reached, gap, modelled``.

    Supply of a county and its workers are spread over its towns by their rural villages, which is an
    assumption: no table of towns exists. ``minutes`` is the mean of what goes to the site, by tonnes;
    ``reached`` the share of all supply within reach; ``gap`` how far from the best the choice can be. Towns
    that no truck can reach from another town with supply are not proposed; lesser roads count minutes, as in
    the industry sector.

    Parameters
    ----------
    count : int
        Plants for each product, at most one a town.
    """
    towns = region.level("town")
    supply = supply_of(region)
    if supply.empty or towns.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    found = matrix(region, "towns", targets="towns", mode="truck", wide=True).table
    minutes = found.drop(columns=["origin", "origin_name"]).to_numpy(dtype=np.float64)
    towns = towns.loc[found["origin"]]
    county, share = _shares(region, towns)
    workers = pd.Series(ground.jobs[1:].sum(axis=1), index=list(ground.units[1:]))
    own = workers.reindex(county).fillna(0.0).to_numpy(dtype=np.float64) * share
    labour = labour_within(minutes, own, limit=assume["industry.labour_limit"])
    seats = towns["seat"].map(region.level("village")["node"]).fillna(towns["node"])
    road = road_minutes(region, seats)
    parts = []
    for product, mine in supply.groupby("product", sort=True):
        tonnes = mine.set_index("unit")["output_t"].reindex(county).fillna(0.0).to_numpy(np.float64) * share
        if tonnes.sum() <= 0:
            continue
        usable = _candidates(minutes, tonnes)
        chosen = site_plants(
            minutes[:, usable],
            tonnes,
            count=min(count, len(usable)),
            labour=labour[usable],
            labour_minutes=assume["industry.labour_minutes"],
            road_minutes=road[usable],
        )
        mean = [_mean(chosen.minutes, tonnes, at=chosen.nearest == site) for site in chosen.sites]
        at = towns.iloc[usable[chosen.sites]]
        part = pd.DataFrame(
            {
                "product": str(product),
                "rank": np.arange(1, len(at) + 1),
                "unit": at.index.astype("str"),
                "county": county[usable[chosen.sites]],
                "lon": at["lon"].to_numpy(dtype=np.float64),
                "lat": at["lat"].to_numpy(dtype=np.float64),
                "supply_t": chosen.supply,
                "minutes": mean,
                "reached": chosen.supply.sum() / tonnes.sum(),
                "gap": chosen.gap,
                "modelled": True,
            }
        )
        parts.append(part)
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _candidates(minutes: Floats, tonnes: Floats) -> npt.NDArray[np.intp]:
    """Towns that a truck can reach from another town with supply; all where there is no such town."""
    way = np.isfinite(minutes) & (tonnes > 0)[:, np.newaxis]
    np.fill_diagonal(way, val=False)
    usable = np.flatnonzero(way.any(axis=0))
    return usable if len(usable) else np.arange(len(tonnes))


def _mean(minutes: Floats, tonnes: Floats, *, at: npt.NDArray[np.bool_]) -> float:
    weight = tonnes[at].sum()
    return float((minutes[at] * tonnes[at]).sum() / weight) if weight > 0 else float("nan")


def _shares(region: Region, towns: pd.DataFrame) -> tuple[npt.NDArray[np.object_], Floats]:
    """County of each town, and the town's share of the county's rural villages; equal shares without any."""
    villages = region.level("village")
    rural = villages[villages["residence"] == "rural"]
    many = rural.groupby("parent").size().reindex(towns.index, fill_value=0).astype("float64")
    county = region.county_of(towns.index).to_numpy(dtype=object)
    total = many.groupby(county).transform("sum")
    even = 1.0 / many.groupby(county).transform("size")
    share = (many / total.where(total > 0)).fillna(even)
    return county, share.to_numpy(dtype=np.float64)
