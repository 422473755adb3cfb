"""Logistics sites: county centres, township stations and village points; no list was at hand, so by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quzhou import raw
from quzhou.places import SEAT_TOWN, Places, stem

POINT_SHARE = (
    0.85  # of rural villages have a parcel point (assumed; more than 80 % nationally at end of 2021)
)
PARCELS_PER_PERSON = 74.2 / 365  # a day, in and out: 37 bn rural parcels over 498.35 m rural people (2021)
ROOM = (0.9, 1.6)  # range of a station's capacity over the parcels of its town's rural people (assumed)
CENTRE_ROOM = 1.5  # of a county centre over those of the county (assumed)
STEP, LEAST = 50, 200  # parcels a day: capacities are rounded to the one and not below the other (assumed)
POINT_STREAM, ROOM_STREAM = 41, 42


def _rural(places: Places) -> pd.DataFrame:
    villages = places.villages
    return villages[villages["residence"] == "rural"]


def _capacity(parcels: pd.Series, room: object) -> np.ndarray:
    return np.maximum(LEAST, np.ceil(parcels.to_numpy() * room / STEP) * STEP)


def _rows(places: Places, units: pd.Index) -> pd.DataFrame:
    columns = ["node", "lon", "lat", "county"]
    return places.villages.loc[units, columns].rename_axis("unit").reset_index()


def centres(places: Places) -> pd.DataFrame:
    """One centre at the seat of each county's seat town."""
    parcels = _rural(places).groupby("county")["people"].sum() * PARCELS_PER_PERSON
    counties = pd.Series(SEAT_TOWN)
    rows = _rows(places, pd.Index(places.towns.loc[counties.to_numpy(), "seat"]))
    name = raw.table("register_counties").set_index("code")["name"].loc[counties.index] + "寄递物流共配中心"
    return rows.assign(
        site=("lc" + counties.index).to_numpy(), name=name.to_numpy(), kind="logistics_centre",
        capacity=_capacity(parcels.loc[counties.index], CENTRE_ROOM),
    )  # fmt: skip


def stations(places: Places) -> pd.DataFrame:
    """One station at the seat of each town."""
    towns = places.towns
    parcels = _rural(places).groupby("town")["people"].sum().reindex(towns.index, fill_value=0.0)
    room = raw.random(ROOM_STREAM).uniform(*ROOM, len(towns))
    return _rows(places, pd.Index(towns["seat"])).assign(
        site=("ls" + towns.index).to_numpy(),
        name=(towns["name"] + "寄递物流服务站").to_numpy(),
        kind="logistics_station",
        capacity=_capacity(parcels * PARCELS_PER_PERSON, room),
    )


def points(places: Places) -> pd.DataFrame:
    """A point in every urban unit and in the larger and less remote villages."""
    villages = places.villages
    rural = _rural(places)
    luck = raw.random(POINT_STREAM).normal(0, 0.3, len(rural))
    score = np.log(rural["people"]) - 0.8 * rural["remoteness"] + luck
    has = score.groupby(rural["county"]).rank(pct=True, ascending=False) <= POINT_SHARE
    own = villages.index[has.reindex(villages.index, fill_value=True)]
    name = stem(villages.loc[own, "name"]).str.replace("村$", "", regex=True) + "寄递物流综合服务点"
    return _rows(places, own).assign(
        site=("lp" + own).to_numpy(), name=name.to_numpy(), kind="parcel_point", capacity=np.nan
    )


def build(places: Places) -> pd.DataFrame:
    """Rows of the sites table."""
    rows = pd.concat([centres(places), stations(places), points(places)], ignore_index=True)
    return rows.assign(modelled=True, source="model:logistics")
