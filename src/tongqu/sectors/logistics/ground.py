"""Where parcels and farm goods are: villages, their points, the stations of towns and the centres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import ConvexHull, QhullError

from tongqu.base import remember
from tongqu.base.units import EARTH_RADIUS_KM
from tongqu.contracts import Assume, State, values_at
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.sums import group_sums
from tongqu.methods.travel import minutes_matrix, nearest, within

__all__ = [
    "KINDS",
    "Ground",
    "Ways",
    "demand_of",
    "goods_of",
    "ground_of",
    "known",
    "parcels_of",
    "points_near",
    "shared_goods",
    "ways_of",
]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

KINDS: Final = ("logistics_centre", "logistics_station", "parcel_point")
"""Kinds of site that belong to logistics."""
DAYS: Final = 365.0
"""Days of a year; parcels come every day."""
BASE_YEAR: Final = 2021
"""Year of the parcels per person."""
TONNE: Final = 1000.0
"""kg in a tonne."""
LEAST_KM2: Final = 1.0
"""Ground of a town with one or two villages, whose hull has no area (assumed)."""
STORED: Final = "storage"
"""Kind of stage that products have which keep only when cooled."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Places of a region, the same in every year.

    Parameters
    ----------
    villages : DataFrame
        Columns ``town, county, node, position`` (of the town in `towns`), by village; those on a road.
    towns : DataFrame
        Columns ``name, name_en, county, lon, lat, station, centre`` (nodes), ``capacity`` (parcels a day, inf
        where not given), ``area_km2`` and ``modelled`` (whether station or area is), indexed by town.
    points : Series of str
        Nodes of the parcel points, indexed by site.
    km : numpy.ndarray of float
        From each village to the station of its town, shape (villages,); inf where there is no way.
    trunk_km : numpy.ndarray of float
        From each station to the county's centre, shape (towns,).
    """

    villages: pd.DataFrame
    towns: pd.DataFrame
    points: pd.Series
    km: Floats
    trunk_km: Floats

    @cached_property
    def at(self) -> npt.NDArray[np.int64]:
        """Position of the town of each village, shape (villages,)."""
        return self.villages["position"].to_numpy(dtype=np.int64)

    @cached_property
    def away(self) -> Bools:
        """Whether each village is not where the station of its town is, shape (villages,)."""
        return np.asarray(self.villages["node"].to_numpy() != self.towns["station"].to_numpy()[self.at])

    @cached_property
    def capacity(self) -> Floats:
        """Parcels a day that the station of each town can handle, shape (towns,)."""
        return self.towns["capacity"].to_numpy(dtype=np.float64)

    @cached_property
    def area_km2(self) -> Floats:
        """Ground of each town, shape (towns,)."""
        return self.towns["area_km2"].to_numpy(dtype=np.float64)

    @cached_property
    def county(self) -> pd.Index:
        """Code of the county of each town."""
        codes: pd.Index = pd.Index(self.towns["county"])
        return codes


@dataclass(frozen=True, eq=False)
class Ways:
    """Minutes by car of a year: village to station, shape (villages,), and station to centre, (towns,)."""

    village: Floats
    trunk: Floats


@lru_cache(maxsize=4)
def known(region: Region) -> bool:
    """Whether anything is known of the region's parcel points."""
    return bool(region["sites"]["kind"].eq("parcel_point").any())


@lru_cache(maxsize=4)
def ground_of(region: Region) -> Ground:
    """Villages, towns, stations, centres and points of a region.

    A town's station is the site that stands in it; without one, the node of its seat stands in. The same
    holds for a county's centre.
    """
    villages, sites = region.level("village"), region["sites"]
    villages = villages[villages["node"].notna()]
    towns = region.level("town").assign(county=lambda t: region.county_of(t.index).to_numpy())
    towns = towns.assign(
        node=towns["seat"].map(region["units"].set_index("unit")["node"]).fillna(towns["node"])
    )
    town = region.ancestor(villages.index, level="town").to_numpy()
    stations = _sites_by(region, sites, kind="logistics_station", level="town")
    centres = _sites_by(region, sites, kind="logistics_centre", level="county")
    seat = region["units"].set_index("unit")["seat"].reindex(towns["county"])
    of_county = seat.map(towns["node"]).to_numpy()
    hulls = _hull_km2(villages.assign(town=town))
    table = pd.DataFrame(
        {
            "name": towns["name"],
            "name_en": towns["name_en"].fillna(towns["name"]),
            "county": towns["county"],
            "lon": towns["lon"],
            "lat": towns["lat"],
            "station": stations["node"].reindex(towns.index).fillna(towns["node"]),
            "centre": centres["node"]
            .reindex(towns["county"])
            .fillna(pd.Series(of_county, towns["county"]))
            .to_numpy(),
            "capacity": stations["capacity"].reindex(towns.index).fillna(np.inf),
            "area_km2": towns["area_km2"].fillna(hulls).fillna(LEAST_KM2),
        }
    )
    table["centre"] = table["centre"].where(table["centre"].notna(), table["station"])
    table = table[table["station"].notna() & table["county"].notna()]
    position = pd.Series(np.arange(len(table)), index=table.index).reindex(town)
    mine = villages[["node", "lon", "lat"]].assign(
        town=town, county=region.county_of(villages.index).to_numpy(), position=position.to_numpy()
    )
    mine = mine[mine["position"].notna()].astype({"position": "int64"})
    points = sites[sites["kind"] == "parcel_point"].set_index("site")["node"]
    km, trunk = _along(region, mine, table, weight=region["links"].set_index("link")["length_km"])
    return Ground(mine, table, points, km, trunk)


def _sites_by(region: Region, sites: pd.DataFrame, *, kind: str, level: str) -> pd.DataFrame:
    """The largest site of a kind in each place of a level."""
    mine = sites[sites["kind"] == kind].sort_values(["capacity", "site"], ascending=[False, True])
    place = region.ancestor(mine["unit"], level="town" if level == "town" else "county").to_numpy()
    return mine.assign(place=place).dropna(subset="place").drop_duplicates("place").set_index("place")


def _hull_km2(villages: pd.DataFrame) -> pd.Series:
    """Area of the convex hull of each town's villages."""
    turn = np.pi / 180 * EARTH_RADIUS_KM
    areas = {}
    for town, mine in villages.groupby("town", sort=True):
        scale = np.cos(np.radians(mine["lat"].mean()))
        flat = np.column_stack([mine["lon"].to_numpy() * turn * scale, mine["lat"].to_numpy() * turn])
        try:
            areas[town] = max(float(ConvexHull(flat).volume), LEAST_KM2) if len(flat) > 2 else LEAST_KM2
        except QhullError:  # all in one line
            areas[town] = LEAST_KM2
    return pd.Series(areas, dtype="float64")


def _along(
    region: Region, villages: pd.DataFrame, towns: pd.DataFrame, *, weight: pd.Series
) -> tuple[Floats, Floats]:
    """Way from each village to its station and from each station to its centre, in the unit of the weight."""
    network = road_network(region["nodes"], region["links"], minutes=weight)
    stations = network.locate(towns["station"])
    centres, which = np.unique(network.locate(towns["centre"]), return_inverse=True)
    table = minutes_matrix(network, origins=network.locate(villages["node"]), targets=stations)
    own = table[np.arange(len(villages)), villages["position"].to_numpy()]
    trunk = minutes_matrix(network, origins=stations, targets=centres)
    return np.asarray(own, np.float64), np.asarray(trunk[np.arange(len(towns)), which], np.float64)


def ways_of(region: Region, state: State) -> Ways:
    """Minutes on the roads of a state."""
    return _ways(region, state["links.minutes"])


@remember(48)
def _ways(region: Region, minutes: pd.Series) -> Ways:
    """The same by minutes of the links: roads stay as they are in most years."""
    ground = ground_of(region)
    return Ways(*_along(region, ground.villages, ground.towns, weight=minutes))


def points_near(region: Region, state: State, *, nodes: pd.Series, assume: Assume) -> pd.Series:
    """Whether each village is within the walk of one of some points; it must not be written to."""
    return _points_near(region, state["links.walk_minutes"], nodes, assume["logistics.walk_limit"])


@remember(32)
def _points_near(region: Region, walk: pd.Series, nodes: pd.Series, limit: float) -> pd.Series:
    homes = region.level("village")["node"]
    on_road = homes.dropna()
    if nodes.empty or on_road.empty:
        return pd.Series(data=False, index=homes.index)
    network = road_network(region["nodes"], region["links"], minutes=walk)
    found = nearest(network, targets=network.locate(nodes), origins=network.locate(on_road))
    near = pd.Series(within(found.minutes, limit), index=on_road.index)
    return near.reindex(homes.index, fill_value=False)


def demand_of(region: Region, state: State, *, assume: Assume) -> pd.DataFrame:
    """Parcels a day, in and out, of the rural people of each village.

    Parcels per person grow from `BASE_YEAR`; a village that the table ``parcel_demand`` gives has what it
    says in the region's base year, grown with parcels per person and with its people.

    Returns
    -------
    DataFrame
        Columns ``parcels_in, parcels_out``, indexed by village.
    """
    people, growth = state["people.rural"], 1 + assume["logistics.growth"]
    table = pd.DataFrame(parcels_of(people.to_numpy(), year=state.year, assume=assume), index=people.index)
    if "parcel_demand" not in region.tables:
        return table
    given = region["parcel_demand"].set_index("unit")[["parcels_in", "parcels_out"]]
    given = given[given.index.isin(table.index)]
    first = _base_people(region).reindex(given.index)
    more = people.reindex(given.index) / first.where(first > 0) * growth ** (state.year - region.base_year)
    table.update(given.mul(more, axis=0))
    return table


def parcels_of(people: Floats, *, year: int, assume: Assume) -> dict[str, Floats]:
    """The columns of `demand_of` where parcels of no village are known, shape (villages,)."""
    growth = 1 + assume["logistics.growth"]
    each = assume["logistics.parcels_per_person"] / DAYS * growth ** (year - BASE_YEAR)
    out = assume["logistics.parcels_out"]
    return {"parcels_in": people * each * (1 - out), "parcels_out": people * each * out}


@lru_cache(maxsize=4)
def _base_people(region: Region) -> pd.Series:
    people = region["people"]
    mine = people[people["year"] == region.base_year]
    return mine.groupby("unit")["people"].sum()


def goods_of(region: Region, state: State, *, assume: Assume) -> pd.DataFrame:
    """Farm goods that leave each village in a year, how much of them is fresh, and what they are worth.

    A county's harvest is shared out by rural people; ``goods_out_t`` of a village replaces its share. Fresh
    are the products whose chain has a store. Without value chains all goods are fresh and have the price
    assumed.

    Returns
    -------
    DataFrame
        Columns ``tonnes, fresh, price`` (t, t, yuan/kg), indexed by village.
    """
    people = state["people.rural"]
    return pd.DataFrame(shared_goods(region, people, assume=assume), index=people.index)


def shared_goods(region: Region, people: pd.Series, *, assume: Assume) -> dict[str, Floats]:
    """The columns of `goods_of`, shape (villages,), from the rural people of each village."""
    county = region.county_numbers(people.index)
    heads = people.to_numpy()
    harvest, part, known = _village_goods(region, people.index)
    whole = group_sums(county, heads, size=len(region.codes("county")))[county]
    share = np.divide(heads, whole, out=np.zeros_like(heads), where=whole > 0)
    tonnes = share * harvest * assume["logistics.goods_share"]
    if "parcel_demand" in region.tables:
        given = region["parcel_demand"].set_index("unit")["goods_out_t"].dropna()
        own = values_at(given, people.index)
        tonnes = np.where(np.isnan(own), tonnes, own)
    price = np.where(np.isnan(known), assume["logistics.price"], known)
    return {"tonnes": tonnes, "fresh": tonnes * part, "price": price}


@remember(8)
def _village_goods(region: Region, villages: pd.Index) -> tuple[Floats, Floats, Floats]:
    """Harvest, share that is fresh and price of the county of each village; the price may be missing."""
    of_county = _county_goods(region).reindex(region.county_of(villages).to_numpy())
    harvest, part, price = (of_county[name].to_numpy(np.float64) for name in ("tonnes", "fresh", "price"))
    return np.nan_to_num(harvest), np.where(np.isnan(part), 1.0, part), price


@lru_cache(maxsize=4)
def _county_goods(region: Region) -> pd.DataFrame:
    """Harvest in its latest year (t), share that is fresh and price of that (yuan/kg), by county."""
    names = ["tonnes", "fresh", "price"]
    if any(name not in region.tables for name in ("chain_supply", "chain_stages")):
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in names})
    supply = region["chain_supply"].sort_values(["unit", "product", "year"])
    supply = supply.drop_duplicates(["unit", "product"], keep="last")
    stages = region["chain_stages"]
    stored = stages.loc[stages["kind"] == STORED, "product"]
    grown = stages[stages["kind"] == "growing"].drop_duplicates("product").set_index("product")["price"]
    tonnes = supply["output_t"]
    fresh = tonnes.where(supply["product"].isin(stored), 0.0)
    worth = fresh * supply["product"].map(grown).fillna(0.0) / TONNE
    sums = pd.DataFrame({"tonnes": tonnes, "cold": fresh, "worth": worth}).groupby(supply["unit"]).sum()
    share = (sums["cold"] / sums["tonnes"].where(sums["tonnes"] > 0)).fillna(0.0)
    price = sums["worth"] / sums["cold"].where(sums["cold"] > 0)
    return pd.DataFrame({"tonnes": sums["tonnes"], "fresh": share, "price": price})
