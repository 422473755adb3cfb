"""Which villages have fibre, and which station covers whom by the link budget."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from tongqu.base import DataError
from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.radio import (
    Relief,
    coverage_probability,
    line_loss,
    no_line_loss,
    relief_of,
    terrain_loss,
)
from tongqu.methods.travel import great_circle_km
from tongqu.sectors.digital.parameters import Radio, radio_of

__all__ = ["Today", "known", "links_between", "relief_in", "stations_of", "today"]

Ints = npt.NDArray[np.int64]
KM_PER_DEGREE: Final = 111.32
"""A degree of latitude, a little long, so that no pair in reach is missed."""


@lru_cache(maxsize=4)
def known(region: Region) -> bool:
    """Whether anything is known of the networks of a region: a station or the fibre of a village."""
    return "village_broadband" in region.tables or bool((region["sites"]["kind"] == "base_station").any())


def stations_of(region: Region) -> pd.DataFrame:
    """Sites with stations: ``unit, node, lon, lat, stations, modelled``; a blank capacity is one station."""
    sites = region["sites"]
    mine = sites[sites["kind"] == "base_station"].set_index("site")
    table = mine[["unit", "node", "lon", "lat", "modelled"]].copy()
    table.insert(4, "stations", mine["capacity"].astype("float64").fillna(1.0))
    return table


def relief_in(region: Region) -> Relief | None:
    """Heights on a grid; None where the region has none or they lie on no grid."""
    if "elevation" not in region.tables:
        return None
    table = region["elevation"]
    try:
        return relief_of(table["lon"], table["lat"], table["elevation_m"])
    except DataError:  # single heights here and there are no relief; the findings say that there is none
        return None


def links_between(
    stations: pd.DataFrame, places: pd.DataFrame, *, radio: Radio, relief: Relief | None
) -> pd.DataFrame:
    """Pairs of station and place near enough to ask about, with losses and the probability of coverage.

    Parameters
    ----------
    stations, places : DataFrame
        Columns ``lon, lat``.
    radio : Radio
        Link budgets.
    relief : Relief or None
        Heights between them; None for flat ground.

    Returns
    -------
    DataFrame
        ``place, station`` (positions), ``km, line_db, no_line_db, terrain_db, probability``, and ``covered``:
        whether the place reaches both target rates with the probability asked for.
    """
    reach = max(radio.radius_m / 1000, radio.spread_km)
    place, station = _near(stations, places, km=reach)
    ends = [frame[["lon", "lat"]].to_numpy(dtype=np.float64) for frame in (stations, places)]
    start, end = ends[0][station], ends[1][place]
    km = great_circle_km(lon1=start[:, 0], lat1=start[:, 1], lon2=end[:, 0], lat2=end[:, 1])
    terrain = np.zeros(km.size)
    if relief is not None:
        terrain = terrain_loss(
            relief,
            start=start,
            end=end,
            km=km,
            start_m=radio.setting.base_m,
            end_m=radio.setting.user_m,
            ghz=radio.setting.ghz,
        )
    metres = np.maximum(km, radio.spread_km) * 1000
    chance = coverage_probability(
        metres, bearable_db=radio.bearable_db, setting=radio.setting, terrain_db=terrain
    )
    return pd.DataFrame(
        {
            "place": place,
            "station": station,
            "km": km,
            "line_db": line_loss(metres, setting=radio.setting, beyond=True),
            "no_line_db": no_line_loss(metres, setting=radio.setting, beyond=True),
            "terrain_db": terrain,
            "probability": chance,
            "covered": chance >= radio.probability,
        }
    )


def _near(stations: pd.DataFrame, places: pd.DataFrame, *, km: float) -> tuple[Ints, Ints]:
    """Positions of places and stations at most so far apart, and a few more."""
    if stations.empty or places.empty:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    wide = np.cos(np.radians(float(places["lat"].mean())))
    spots = [
        np.column_stack([frame["lon"] * KM_PER_DEGREE * wide, frame["lat"] * KM_PER_DEGREE])
        for frame in (places, stations)
    ]
    found = cKDTree(spots[0]).sparse_distance_matrix(cKDTree(spots[1]), km * 1.02, output_type="ndarray")
    order = np.lexsort((found["j"], found["i"]))
    return found["i"][order].astype(np.int64), found["j"][order].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Today:
    """What there is before any project.

    Parameters
    ----------
    fibre : Series of bool
        Whether homes can take fibre, by village; False where nothing is known of it.
    covered : Series of bool
        Whether 5G reaches the target rates, by village.
    stations : Series of float
        Base stations by county.
    """

    fibre: pd.Series
    covered: pd.Series
    stations: pd.Series

    @cached_property
    def served(self) -> pd.Series:
        """Whether a village has fibre or 5G at the target rates."""
        return self.fibre | self.covered


def today(region: Region, *, assume: Assume) -> Today:
    """Fibre, coverage and stations of a region; worked out once for each region and set of standards."""
    return _today(region, radio_of(assume))


@lru_cache(maxsize=8)
def _today(region: Region, radio: Radio) -> Today:
    villages, stations = region.level("village"), stations_of(region)
    fibre = pd.Series(False, index=villages.index)
    if "village_broadband" in region.tables:
        table = region["village_broadband"].set_index("unit")["fibre"]
        fibre = table.astype(bool).reindex(villages.index, fill_value=False)
    found = links_between(stations, villages, radio=radio, relief=relief_in(region))
    covered = pd.Series(False, index=villages.index)
    covered.iloc[found.loc[found["covered"], "place"].unique()] = True
    county = region.county_of(stations["unit"]).to_numpy()
    count = stations["stations"].groupby(county).sum()
    return Today(fibre, covered, count.reindex(region.codes("county"), fill_value=0.0).astype("float64"))
