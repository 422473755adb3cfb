"""Land use of towns and counties, 2020: no survey was at hand, so every area is split by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quzhou import people, raw
from quzhou.places import SEAT_TOWN, Places, nearest_km2
from quzhou.rounding import share_out

YEAR = 2020
MU_PER_KM2 = 1500
M2_PER_MU = 10_000 / 15
WHOLE = ("farmland", "orchard", "forest", "other_green", "urban", "rural", "transport", "water", "other")
FITTED = "330881"  # Jiangshan, whose farmland and forest are published
SEAT_M2, TOWN_M2 = 115.0, 207.0  # urban land a person; the second is the mean of 121 towns surveyed
RURAL_M2 = 260.0  # village land a person (assumed; a cap of 300 is common in village plans)
WIDTH_M = {
    "expressway": 35.0, "national": 20.0, "provincial": 15.0, "county": 10.0, "township": 7.5, "village": 5.0,
}  # fmt: skip
"""Land of a road, verges included (assumed)."""
WATER_SHARE = 0.035  # of a county (assumed)
WATER_M, ORCHARD_M, FARM_M = 300.0, 250.0, 200.0  # heights over which each thins out (assumed)
MOST_FARMLAND = 0.6  # share of a town without its built land, water and orchards (assumed)
GREEN_SHARE = 0.6  # of what is neither farmland nor forest: grass and the like; the rest is bare or unused
BASIC_SHARE = 0.8  # of farmland (regulations on basic farmland, Art. 9)
IDLE_SHARE, IDLE_LOSS = 0.03, 0.25  # of rural land: at no loss of people, and more for each share lost


def town_areas(places: Places) -> pd.Series:
    """Whole mu of each town: published areas, else by what is nearest; they sum to the county's outline."""
    towns, near = places.towns, nearest_km2(places)
    area = pd.Series(0, index=towns.index, dtype=np.int64)
    for county, own in towns.groupby("county"):
        whole = round(float(places.outlines.at[county, "area_km2"]), 2)
        given = own["area_km2"]
        blank = given.isna()
        rest = near[own.index].where(blank, 0.0)
        filled = given.fillna(rest / max(rest.sum(), 1e-9) * max(whole - given.sum(), 0.0))
        area[own.index] = share_out(round(whole * MU_PER_KM2), filled.to_numpy())
    return area


def _built(places: Places, links: pd.DataFrame) -> pd.DataFrame:
    """Urban, rural and transport land of each town in mu."""
    towns, villages = places.towns, places.villages
    heads = villages.pivot_table(
        index="town", columns="residence", values="people", aggfunc="sum", fill_value=0
    ).reindex(towns.index, fill_value=0)
    seat = towns["county"].map(SEAT_TOWN) == towns.index
    seat |= towns["kind"].isin(["街道", "办事处"])
    ends = pd.concat([links[[end, "class", "length_km"]].set_axis(["node", "class", "km"], axis=1)
                      for end in ("from_node", "to_node")])  # fmt: skip
    town = villages.set_index("node")["town"].reindex(ends["node"]).to_numpy()
    road = (ends["km"] * 1000 / 2 * ends["class"].astype(str).map(WIDTH_M)).groupby(town).sum()
    m2 = pd.DataFrame(
        {
            "urban": heads["urban"] * np.where(seat, SEAT_M2, TOWN_M2),
            "rural": heads["rural"] * RURAL_M2,
            "transport": road.reindex(towns.index).fillna(0.0),
        }
    )
    return m2 / M2_PER_MU


def _published(indicator: str) -> float:
    """A published area of Jiangshan in mu."""
    rows = raw.table("statistics").set_index(["unit", "indicator"])["value"]
    return float(rows[FITTED, indicator]) * 10_000


def _level(wanted: float, most: raw.Floats, weight: raw.Floats) -> float:
    """The factor of a weight at which the shares of it, none above the most, sum to what is wanted."""
    low, high = 0.0, 100.0
    for _ in range(80):
        middle = (low + high) / 2
        enough = (np.minimum(middle * weight, MOST_FARMLAND) * most).sum() >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def _classes(places: Places, links: pd.DataFrame, supply: pd.DataFrame) -> pd.DataFrame:
    """Each class of each town in mu, not rounded; rows sum to the towns' areas."""
    towns, area = places.towns, town_areas(places)
    wide = _built(places, links)
    height = towns["elevation_m"].to_numpy()
    county = towns["county"].to_numpy()

    def spread(total: pd.Series, weight: raw.Floats) -> raw.Floats:
        mine = pd.Series(weight, index=towns.index)
        return (
            mine / mine.groupby(county).transform("sum") * pd.Series(county).map(total).to_numpy()
        ).to_numpy()

    whole = area.groupby(county).sum()
    wide["water"] = spread(whole * WATER_SHARE, area.to_numpy() * np.exp(-height / WATER_M))
    grown = supply.groupby("unit")["area_mu"].sum()
    wide["orchard"] = spread(grown, wide["rural"].to_numpy() * np.exp(-height / ORCHARD_M) + area * 1e-3)
    room = (area - wide.sum(axis=1)).to_numpy()
    # Built land, water and orchards of a small town may exceed it: they shrink alike.
    tight = np.where(room < 0, area / np.maximum(wide.sum(axis=1), 1e-9), 1.0)
    wide = wide.mul(tight, axis=0)
    room = np.maximum(room, 0.0)
    low = 1 / (1 + (height / FARM_M) ** 2)
    mine = county == FITTED
    share = np.minimum(_level(_published("cultivated_land"), room[mine], low[mine]) * low, MOST_FARMLAND)
    wide["farmland"] = share * room
    rest = room - wide["farmland"].to_numpy()
    forest = min(_published("forest_land") / rest[mine].sum(), 1.0)
    wide["forest"] = rest * forest
    wide["other_green"] = rest * (1 - forest) * GREEN_SHARE
    wide["other"] = rest * (1 - forest) * (1 - GREEN_SHARE)
    return wide[list(WHOLE)]


def _idle_share(places: Places, ages: pd.DataFrame) -> pd.Series:
    """Share of each town's rural land whose homesteads stand idle."""
    now, before = (people.totals(year)["rural"] for year in (YEAR, 2010))
    loss = (1 - now / before).clip(lower=0.0)
    towns = places.towns
    old = ages.loc[:, ages.columns.get_level_values("age").isin(["65-69", "70-74", "75-79", "80-84", "85+"])]
    sums = (
        pd.DataFrame({"old": old.sum(axis=1), "all": ages.sum(axis=1)}).groupby(places.villages["town"]).sum()
    )
    share = (sums["old"] / sums["all"]).reindex(towns.index)
    tilt = share / share.groupby(towns["county"]).transform("mean")
    base = IDLE_SHARE + IDLE_LOSS * towns["county"].map(loss)
    return (base * tilt).clip(upper=1.0)


def build(places: Places, ages: pd.DataFrame, *, links: pd.DataFrame, supply: pd.DataFrame) -> pd.DataFrame:
    """The land_use table: towns in whole mu, and the counties as their sums."""
    wide, area = _classes(places, links, supply), town_areas(places)
    rows = [share_out(int(area[town]), wide.loc[town].to_numpy()) for town in wide.index]
    whole = pd.DataFrame(np.array(rows), index=wide.index, columns=wide.columns)
    whole["basic_farmland"] = np.floor(whole["farmland"] * BASIC_SHARE).astype(np.int64)
    whole["idle_homestead"] = np.floor(whole["rural"] * _idle_share(places, ages)).astype(np.int64)
    county = whole.groupby(places.towns["county"]).sum()
    long = raw.long(pd.concat([whole, county]), by="class", value="area_mu")
    table = long.assign(year=YEAR, modelled=True, source="model:land")
    return table.sort_values(["unit", "year", "class"])
