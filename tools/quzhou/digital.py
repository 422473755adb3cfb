"""5G base stations and fibre by village: no list of either was at hand, so both are placed by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quzhou import raw
from quzhou.places import Places, stem

URBAN_PER_10K = 28.0  # stations for 10 000 people of urban units (assumed; the national target is 26 for all)
SEAT_LEAST = 2  # stations at the seat of a town: all towns have 5G (national target for 2025)
VILLAGE_PEOPLE = 1_200  # a rural place has one station for each so many people (assumed)
STATION_SHARE = 0.35  # of rural villages, the larger and nearer ones, have a station of their own (assumed)
FIBRE_SHARE = 0.85  # of rural villages have fibre to their homes (assumed)
STATION_STREAM, FIBRE_STREAM = 31, 32


def _standing(villages: pd.DataFrame, stream: int) -> pd.Series:
    """How likely a village has something: more people and less remote, with some luck."""
    luck = raw.random(stream).normal(0, 0.3, len(villages))
    return np.log(villages["people"]) - 0.8 * villages["remoteness"] + luck


def _first(score: pd.Series, within: pd.Series, share: float) -> pd.Series:
    """The share of the places of a county that stand highest."""
    return score.groupby(within).rank(pct=True, ascending=False) <= share


def stations(places: Places) -> pd.DataFrame:
    """Rows of the sites table: places with 5G, their stations counted in `capacity`."""
    villages = places.villages
    urban = villages["residence"] == "urban"
    seat = villages.index.isin(places.towns["seat"])
    rural = villages[~urban & ~seat]
    near = _first(_standing(rural, STATION_STREAM), rural["county"], STATION_SHARE)
    people = villages["people"]
    count = np.where(
        urban, (people * URBAN_PER_10K / 10_000).round(), (people / VILLAGE_PEOPLE).round()
    ).clip(1)
    count = np.where(seat, np.maximum(count, SEAT_LEAST), count)
    has = urban | seat | near.reindex(villages.index, fill_value=False)
    own = villages[has]
    name = stem(own["name"]).str.replace("村$", "", regex=True) + " 5G 基站"
    return own[["node", "lon", "lat", "county"]].rename_axis("unit").reset_index().assign(
        site=("bs" + own.index).to_numpy(), name=name.to_numpy(), kind="base_station",
        capacity=count[has.to_numpy()], modelled=True, source="model:digital",
    )  # fmt: skip


def broadband(places: Places) -> pd.DataFrame:
    """The village_broadband table."""
    villages = places.villages
    urban = (villages["residence"] == "urban") | villages.index.isin(places.towns["seat"])
    rural = villages[~urban]
    near = _first(_standing(rural, FIBRE_STREAM), rural["county"], FIBRE_SHARE)
    fibre = (urban | near.reindex(villages.index, fill_value=False)).to_numpy(dtype=bool)
    return pd.DataFrame(
        {"unit": villages.index, "fibre": fibre, "modelled": True, "source": "model:digital"}
    ).sort_values("unit")
