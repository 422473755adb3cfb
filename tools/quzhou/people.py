"""People by sex and age: the census of the counties, and its modelled share-out over towns and villages."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from quzhou import raw
from quzhou.places import Places
from quzhou.rounding import fit, round_table, share_out

AGES = ("0", "1-4", *(f"{a}-{a + 4}" for a in range(5, 85, 5)), "85+")
SEXES = ("female", "male")
SIZE_RATIO = 4.0  # an urban unit holds about four times the people of a village
COMMUNITY_WEIGHT = 2.2  # a community against a village that counts as urban
SIZE_SPREAD = 0.42  # standard deviation of the log of a village's weight
NOISE = 0.08  # standard deviation of the log of a village's age profile against its model
# How much rarer or commoner an age group is in a mid-remote village than in a town, in log points (assumed).
RURAL_TILT = (
    -0.35, -0.35, -0.30, -0.25, -0.40, -0.35, -0.40, -0.50, -0.50, -0.40, -0.15,
    0.10, 0.25, 0.35, 0.45, 0.55, 0.65, 0.70, 0.65,
)  # fmt: skip


def _age(heading: str) -> tuple[str, str] | None:
    """Sex and age group named by a census heading, if it is one of the age table."""
    clean = heading.replace("到", "-").replace(")", "）")
    found = re.fullmatch(r"(?:(男|女)_)?(\d+(?:-\d+)?)岁(?:及?以上)?(?:（(男|女)）)?", clean)
    if not found or not (found[1] or found[3]):
        return None
    age = "85+" if found[2] == "85" else found[2]
    return {"男": "male", "女": "female"}[found[1] or found[3]], age


def counties(year: int) -> pd.DataFrame:
    """People of the counties in one census by (sex, age): rows are counties."""
    census = raw.census(year)
    keys = {heading: key for heading in census.columns if (key := _age(heading))}
    frame = census[list(keys)]
    frame.columns = pd.MultiIndex.from_tuples([keys[h] for h in frame.columns], names=["sex", "age"])
    order = pd.MultiIndex.from_product([SEXES, AGES], names=["sex", "age"])
    return frame[order].loc[list(raw.COUNTIES)].astype(np.int64)


def totals(year: int) -> pd.DataFrame:
    """Published totals of the counties and the city: people, urban, rural."""
    heading = {2010: "合计", 2020: "人口数_合计"}[year]
    census = raw.census(year)
    return (
        census[[heading, "城镇人口", "乡村人口"]].set_axis(["people", "urban", "rural"], axis=1).astype(int)
    )


def remoteness(villages: pd.DataFrame) -> pd.Series:
    """How far out and high up a village lies within its county, from 0 to 1 (a rank)."""
    score = villages["seat_km"] / 20 + villages["town_km"] / 6 + villages["elevation_m"] / 250
    return score.groupby(villages["county"]).rank(pct=True)


def residence(places: Places, total: pd.DataFrame) -> pd.Series:
    """Urban or rural for each village: communities, then seats of towns, then the nearest to a centre."""
    villages, towns = places.villages, places.towns
    kind = towns["kind"].reindex(villages["town"]).to_numpy()
    stretch = pd.Series(kind).map({"街道": 1.0, "办事处": 1.0, "镇": 1.5}).fillna(4.0).to_numpy()
    reach = np.minimum(
        villages["seat_km"] * 0.6, villages["town_km"] * stretch + np.where(stretch < 4, 0.5, 6)
    )
    is_seat = villages.index.isin(towns["seat"])
    reach = reach - np.where(villages["community"], 100, 0) - np.where(is_seat & (stretch < 4), 50, 0)
    order = reach.groupby(villages["county"]).rank(method="first")
    size = villages.groupby("county").size()
    own = total.loc[size.index]
    urban = (size * own["urban"] / (own["urban"] + SIZE_RATIO * own["rural"])).round()
    return pd.Series(np.where(order <= villages["county"].map(urban), "urban", "rural"), index=villages.index)


def town_factor(places: Places) -> pd.Series:
    """How large a town's villages are against its county's, where its people or houses are known."""
    towns = places.towns
    count = places.villages.groupby("town").size()
    known = towns["population"].fillna(towns["rural_houses"]) / count
    mean = known.groupby(towns["county"]).transform("mean")
    many = known.groupby(towns["county"]).transform("count") >= 3
    return (known / mean).where(many).clip(0.5, 1.8).fillna(1.0)


def village_totals(places: Places, total: pd.DataFrame) -> pd.Series:
    """Whole numbers of people of the villages that sum to the census's urban and rural people."""
    villages = places.villages
    weight = np.exp(raw.random(2).normal(0, SIZE_SPREAD, len(villages)).clip(-1, 1.1))
    rural = (villages["residence"] == "rural").to_numpy()
    weight *= np.where(rural, np.exp(-0.7 * (villages["remoteness"] - 0.5)), 1.0)
    weight *= np.where(rural, town_factor(places).reindex(villages["town"]), 1.0)
    weight *= np.where(~rural & villages["community"], COMMUNITY_WEIGHT, 1.0)
    weight *= np.where(rural, 1.0, np.exp(-villages["seat_km"] / 40))
    people = pd.Series(0, index=villages.index)
    for (county, kind), group in villages.groupby(["county", "residence"]):
        own = weight[villages.index.get_indexer(group.index)]
        people[group.index] = share_out(int(total.loc[county, kind]), own)
    return people


def village_ages(places: Places, cells: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers of people by (sex, age) for each village, with the villages' and the census's sums."""
    parts = []
    tilt = np.tile(RURAL_TILT, len(SEXES))
    for county, group in places.villages.groupby("county"):
        rural = np.where(group["residence"] == "rural", 0.7 + 0.7 * group["remoteness"], 0.1)
        noise = raw.random(3, int(county)).normal(0, NOISE, (len(group), len(tilt)))
        column = cells.loc[county].to_numpy(float)
        seed = column * np.exp(np.outer(rural, tilt) + noise)
        table = round_table(fit(seed, group["people"].to_numpy(float), column))
        parts.append(pd.DataFrame(table, index=group.index, columns=cells.columns))
    return pd.concat(parts)


def _long(frame: pd.DataFrame, *, year: int, modelled: bool, source: str) -> pd.DataFrame:
    """Rows of the people table from a frame of units by (sex, age)."""
    flat = frame.set_axis(frame.columns.map("|".join), axis=1)
    rows = raw.long(flat, by="cell", value="people")
    rows[["sex", "age"]] = rows["cell"].str.split("|", expand=True)
    return rows.assign(year=year, modelled=modelled, source=source)


def build(places: Places, ages: pd.DataFrame) -> pd.DataFrame:
    """The people table: census for city and counties, modelled for towns and villages (2020)."""
    parts = []
    for year in raw.YEARS:
        own = counties(year)
        own.loc[raw.CITY] = own.sum()
        parts.append(_long(own, year=year, modelled=False, source=f"census:{year}"))
    towns = ages.groupby(places.villages["town"]).sum()
    parts.append(_long(pd.concat([towns, ages]), year=2020, modelled=True, source="model:people"))
    people = pd.concat(parts)
    people["age"] = pd.Categorical(people["age"], categories=AGES, ordered=True)
    return people.sort_values(["unit", "year", "sex", "age"])
