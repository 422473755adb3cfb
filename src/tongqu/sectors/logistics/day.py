"""A day's rounds of a town's station as the methods take them: stops, ways and windows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.rounds import Stops, Ways
from tongqu.methods.travel import Network, minutes_matrix
from tongqu.sectors.logistics.ground import DAYS, TONNE, demand_of, goods_of, ground_of
from tongqu.sectors.logistics.parameters import MINUTES_PER_HOUR

__all__ = ["Day", "day_of", "networks_of"]


@dataclass(frozen=True, eq=False)
class Day:
    """What a station has to bring and fetch on a mean day.

    Parameters
    ----------
    villages : Index
        Codes of the stops, in their order.
    stops : Stops
    ways : Ways
        The station first, then the stops.
    """

    villages: pd.Index
    stops: Stops
    ways: Ways


@lru_cache(maxsize=4)
def _lengths(region: Region) -> Network:
    lengths = region["links"].set_index("link")["length_km"]
    return road_network(region["nodes"], region["links"], minutes=lengths)


def networks_of(region: Region, state: State) -> tuple[Network, Network]:
    """The roads of a state, in minutes and in km."""
    return (
        road_network(region["nodes"], region["links"], minutes=state["links.minutes"]),
        _lengths(region),
    )


def day_of(
    region: Region,
    state: State,
    *,
    town: str,
    served: pd.Series,
    networks: tuple[Network, Network],
    assume: Assume,
    goods: float = 0.0,
) -> Day:
    """Stops of one town: its villages with parcels whose people go to a point of their own or nearby.

    Parameters
    ----------
    region, state
        Places, roads and people.
    town : str
        Code.
    served : Series of bool
        Whether a village is served by a point, as in ``served.parcel_point > 0``.
    networks : tuple of Network
        Of `networks_of`.
    assume : Assume
    goods : float
        Share of the farm goods that vans take back, spread over all days.

    Returns
    -------
    Day
        km are those of the shortest way, minutes of the quickest.
    """
    ground = ground_of(region)
    mine = ground.villages[ground.villages["town"] == town]
    parcels = demand_of(region, state, assume=assume).reindex(mine.index)
    station = ground.towns.loc[town, "station"]
    wanted = served.reindex(mine.index, fill_value=False).to_numpy(dtype=bool)
    wanted = wanted & (parcels.sum(axis=1) > 0).to_numpy() & (mine["node"] != station).to_numpy()
    mine, parcels = mine[wanted], parcels[wanted]
    weight = goods_of(region, state, assume=assume)["tonnes"].reindex(mine.index) * TONNE / DAYS * goods
    opens, closes = (_hours(region, mine.index, name=name, assume=assume) for name in ("opens", "closes"))
    names = region.level("village")["name"].reindex(mine.index)
    stops = Stops(
        names=tuple(f"{name} ({code})" for code, name in names.items()),
        parcels_in=parcels["parcels_in"].to_numpy(),
        parcels_out=parcels["parcels_out"].to_numpy(),
        goods_kg=weight.to_numpy(),
        parcel_kg=assume["logistics.parcel_kg"],
        opens=opens,
        closes=closes,
        service=assume["logistics.stop_minutes"],
    )
    nodes = np.concatenate([[station], mine["node"].to_numpy()])
    at = networks[0].locate(nodes)
    minutes, km = (minutes_matrix(network, origins=at, targets=at) for network in networks)
    return Day(mine.index, stops, Ways(minutes, km))


def _hours(region: Region, villages: pd.Index, *, name: str, assume: Assume) -> np.ndarray:
    """Minutes of the day at which each village opens or closes."""
    hours = pd.Series(assume[f"logistics.{name}"], index=villages)
    if "parcel_demand" in region.tables:
        hours.update(region["parcel_demand"].set_index("unit")[f"{name}_h"].dropna())
    return hours.to_numpy(dtype=np.float64) * MINUTES_PER_HOUR
