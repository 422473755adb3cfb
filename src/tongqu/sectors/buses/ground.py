"""What buses run on: today's service of the villages, the roads that a bus can use, seats of towns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.data.seats import unit_nodes
from tongqu.methods.roads import road_network
from tongqu.methods.travel import Network

__all__ = ["Ground", "Today", "ground_of", "today_of"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_STOPS: Final = "expressway"
"""Class of roads where buses neither stop nor people walk."""


IN_VILLAGE_M: Final = 500.0
"""Metres of walk up to which a stop counts as the village's own (assumed; a usual reach of a bus stop)."""


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """Bus service as it is, by village in the order of codes.

    Parameters
    ----------
    trips : Series of float
        Trips a day each way; 0 without a bus.
    walk : Series of float
        Metres to the stop; inf without a bus.
    on_demand : Series of bool
        Whether a bus comes on demand.
    """

    trips: pd.Series
    walk: pd.Series
    on_demand: pd.Series

    def served(self, assume: Assume) -> pd.Series:
        """Whether a village has a bus: trips enough within a walk, or a bus on demand."""
        return _served(self, assume["bus.walk_limit"], assume["bus.least_trips"]).copy(deep=False)

    def stops(self) -> pd.Series:
        """Whether buses stop in the village itself."""
        return (self.trips > 0) & (self.walk <= IN_VILLAGE_M)


@lru_cache(maxsize=8)
def _served(today: Today, walk_limit: float, least_trips: float) -> pd.Series:
    return ((today.walk <= walk_limit) & (today.trips >= least_trips)) | today.on_demand


@lru_cache(maxsize=4)
def today_of(region: Region) -> Today | None:
    """Service as the region's table gives it; None where it has none. A village without a row has no bus."""
    if "village_buses" not in region.tables:
        return None
    villages = region.codes("village")
    table = region["village_buses"].set_index("unit").reindex(villages)
    return Today(
        table["trips"].astype("float64").fillna(0.0),
        table["walk_m"].astype("float64").fillna(np.inf),
        table["on_demand"].astype("boolean").fillna(False).astype(bool),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Roads for buses, and where lines begin.

    Parameters
    ----------
    villages : DataFrame
        Units of villages with ``name, parent, node``, by code.
    spot : numpy.ndarray of int
        Node position of each village.
    towns : DataFrame
        Units of towns whose seat has a road node, by code.
    seats, hubs : numpy.ndarray of int
        Node position of each town's seat, and of where its lines begin: the seat if buses come there today,
        else the seat of its county.
    origin : numpy.ndarray of str
        Code of the town or county at whose seat the lines of each town begin.
    town : numpy.ndarray of int
        Position of each village's town in ``towns``; -1 where that has no node.
    minutes, km : numpy.ndarray of float
        Of each link by bus, shape (links,); kilometres are inf where nobody walks.
    usable : numpy.ndarray of bool
        Links that a bus can use: two lanes, or a bus stops at both ends today.
    network : Network
        All roads with a car's minutes.
    """

    villages: pd.DataFrame
    spot: Ints
    towns: pd.DataFrame
    seats: Ints
    hubs: Ints
    origin: npt.NDArray[Any]
    town: Ints
    minutes: Floats
    km: Floats
    usable: Bools
    network: Network

    def roads(self, more: npt.ArrayLike = ()) -> Network:
        """The roads that a bus can use, with some links more."""
        opened = self.usable.copy()
        opened[np.asarray(more, dtype=np.int64)] = True
        chosen = np.arange(self.minutes.size)
        return self.network.with_minutes(chosen, np.where(opened, self.minutes, np.inf))


def ground_of(region: Region, today: Today, *, minutes: pd.Series, assume: Assume) -> Ground:
    """Roads and seats of a region for buses.

    Parameters
    ----------
    today : Today
        Service as it is.
    minutes : Series of float
        Minutes of each link by car.
    """
    links, villages = region["links"], region.level("village")
    network = road_network(region["nodes"], links, minutes=minutes)
    node = unit_nodes(region)
    towns = region.level("town")
    towns = towns.assign(node=node.loc[towns.index])
    towns = towns[towns["node"].notna()]
    county = region.county_of(towns.index)
    called = towns["node"].isin(villages.loc[today.trips > 0, "node"]).to_numpy()
    origin = towns.index.to_series().where(called | county.map(node).isna().to_numpy(), county)
    stopped = pd.Index(villages.loc[today.stops(), "node"])
    graded = links["class"].map(region["road_classes"].set_index("class")["graded"].astype(bool))
    known = links["from_node"].isin(stopped) & links["to_node"].isin(stopped)
    fast = (links["class"] == NO_STOPS).to_numpy()
    return Ground(
        villages=villages,
        spot=network.locate(villages["node"]),
        towns=towns,
        seats=network.locate(towns["node"]),
        hubs=network.locate(node.loc[origin]),
        origin=origin.to_numpy(dtype=object),
        town=towns.index.get_indexer(pd.Index(villages["parent"])).astype(np.int64),
        minutes=network.minutes * assume["bus.factor"],
        km=np.where(fast, np.inf, links["length_km"].to_numpy(dtype=np.float64)),
        usable=(graded.astype(bool) | known).to_numpy(dtype=np.bool_) & ~fast,
        network=network,
    )
