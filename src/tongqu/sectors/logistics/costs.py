"""What a parcel and a tonne cost and what is lost on the way, by town and county, without solving rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import remember
from tongqu.contracts import Assume, State, values_at
from tongqu.data import Region
from tongqu.methods.cold_chain import kept_share
from tongqu.methods.rounds import estimated_rounds
from tongqu.methods.sums import group_sums
from tongqu.sectors.logistics.ground import (
    TONNE,
    Ways,
    demand_of,
    ground_of,
    parcels_of,
    shared_goods,
    ways_of,
)
from tongqu.sectors.logistics.parameters import MINUTES_PER_HOUR, truck_of, van_of

__all__ = [
    "Works",
    "costs_by_town",
    "county_means",
    "joint_share",
    "means_by_county",
    "overflow",
    "town_costs",
]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Works:
    """Towns in which projects work, each a set of town codes."""

    automatic: frozenset[str] = frozenset()
    cold: frozenset[str] = frozenset()
    joint: frozenset[str] = frozenset()

    def mask(self, towns: pd.Index, *, name: str) -> Bools:
        """Whether each town has the project; it must not be written to."""
        return _mask(towns, getattr(self, name))


@remember(128)
def _mask(towns: pd.Index, chosen: frozenset[str]) -> Bools:
    return np.asarray(towns.isin(list(chosen)), dtype=np.bool_)


def town_costs(
    region: Region, state: State, *, served: pd.Series, extra: pd.Series, works: Works, assume: Assume
) -> pd.DataFrame:
    """Parcels and goods of each town and what they cost.

    Parameters
    ----------
    region, state
        The roads and people of a year.
    served : Series of bool
        Whether each village's parcels go to a point within its walk; the others are fetched at the station.
    extra : Series of float
        Parcels a day by which projects have raised the stations' capacity, by town.
    works : Works
        Projects at work.
    assume : Assume

    Returns
    -------
    DataFrame
        By town: ``county, parcels`` (a day), ``stops``, ``rounds_yuan, bus_yuan, handling_yuan, trunk_yuan``
        (a day), ``joint_share`` (of the parcels that ride on buses), ``over`` (parcels of a busy day above
        capacity), ``overflow`` (the same in the mean of all days, see `overflow`), ``tonnes, fresh`` (t),
        ``price`` (yuan/kg), ``first_mile, trunk_tonne, tonne_yuan`` (yuan/t), ``loss`` (share of fresh goods)
        and ``minutes`` (mean from village to station).
    """
    costs = costs_by_town(region, state, served=served, extra=extra, works=works, assume=assume)
    towns = ground_of(region).towns
    return pd.DataFrame({"county": towns["county"], **costs}, index=towns.index)


def costs_by_town(
    region: Region, state: State, *, served: pd.Series, extra: pd.Series, works: Works, assume: Assume
) -> dict[str, Floats]:
    """The columns of `town_costs` but for the county."""
    ground, ways = ground_of(region), ways_of(region, state)
    towns, villages = ground.towns, ground.villages
    people = state["people.rural"]
    if "parcel_demand" in region.tables:
        known = demand_of(region, state, assume=assume)
        parcels = _at({str(name): known[name] for name in known}, villages.index)
    else:
        heads = values_at(people, villages.index)
        parcels = parcels_of(heads, year=state.year, assume=assume)
    shared = shared_goods(region, people, assume=assume)
    goods = _at({name: pd.Series(each, index=people.index) for name, each in shared.items()}, villages.index)
    size, at = len(towns), ground.at
    reached = np.isfinite(ways.village) & np.isfinite(ground.km)
    both = parcels["parcels_in"] + parcels["parcels_out"]
    # The station's own place needs no van.
    drives = (values_at(served, villages.index, otherwise=0.0) > 0) & ground.away
    driven = drives & reached & (both > 0)
    found = _delivery(
        ground.km, ways, at=at, driven=driven, parcels=parcels, region=region, works=works, assume=assume
    )
    total = _sums(at, both, size=size)
    capacity = ground.capacity + values_at(extra, towns.index, otherwise=0.0)
    above = overflow(total, capacity=capacity, peak=assume["logistics.peak"])
    saved = works.mask(towns.index, name="automatic") * assume["logistics.automatic_saving"]
    handling = total * (assume["logistics.sorting"] + assume["logistics.station_handling"] - saved)
    handling = np.maximum(handling, 0.0) + above * assume["logistics.overflow"]
    in_points = _sums(at, both * driven, size=size)
    return {
        "parcels": total,
        **found,
        "handling_yuan": handling + in_points * assume["logistics.point_fee"],
        "trunk_yuan": _trunk(ground.trunk_km, ways, parcels=parcels, at=at, assume=assume),
        "over": np.maximum(total * assume["logistics.peak"] - capacity, 0.0),
        "overflow": above,
        **_goods(region, ways, goods=goods, works=works, assume=assume),
    }


def _at(columns: Mapping[str, pd.Series], villages: pd.Index) -> dict[str, Floats]:
    """Columns of villages, at those named."""
    return {name: values_at(each, villages) for name, each in columns.items()}


def overflow(load: Floats, *, capacity: Floats, peak: float) -> Floats:
    """Parcels a day above capacity in the mean of all days, shape (towns,).

    Days are taken to lie evenly between ``2 - peak`` and ``peak`` times the mean day: only a part of them is
    as busy as the busiest, so that its excess must not be paid every day.

    Parameters
    ----------
    load, capacity : numpy.ndarray of float
        Parcels of a mean day and parcels that a station can handle in a day, shape (towns,).
    peak : float
        Parcels of a busy day over those of a mean day, 1 to 2.

    Examples
    --------
    >>> overflow(np.array([100.0, 100, 100]), capacity=np.array([60.0, 100, 150]), peak=1.2).tolist()
    [40.0, 5.0, 0.0]
    """
    least, most = load * (2 - peak), load * peak
    room = np.clip(capacity, least, most)
    part = np.divide((most - room) ** 2, 2 * (most - least), out=np.zeros_like(load), where=most > least)
    return np.asarray(part + np.maximum(least - capacity, 0.0), dtype=np.float64)


def joint_share(region: Region, *, load_kg: Floats, assume: Assume) -> Floats:
    """Share of each town's parcels that its buses can take, shape (towns,).

    Trips are those of the towns' villages in the table ``village_buses`` (the mean of those with a bus, times
    the share that has one), or the assumed number.
    """
    size = len(ground_of(region).towns)
    known = _buses_of(region)
    trips, near = known or (np.full(size, assume["joint_line.trips"]), np.ones(size))
    room = trips * assume["joint_line.kg"]
    fits = np.divide(room, load_kg, out=np.ones(size), where=load_kg > 0)
    return np.asarray(near * np.minimum(fits, 1.0), dtype=np.float64)


@lru_cache(maxsize=4)
def _buses_of(region: Region) -> tuple[Floats, Floats] | None:
    """Trips a day of each town's villages with a bus, and the share of villages that has one, if known."""
    if "village_buses" not in region.tables:
        return None
    towns, villages, at = ground_of(region).towns, ground_of(region).villages, ground_of(region).at
    buses = region["village_buses"].set_index("unit")["trips"].reindex(villages.index).fillna(0.0)
    values = buses.to_numpy(dtype=np.float64)
    having = _sums(at, values > 0, size=len(towns))
    trips = _sums(at, values, size=len(towns)) / np.maximum(having, 1.0)
    return trips, having / np.maximum(_sums(at, np.ones(len(at)), size=len(towns)), 1.0)


def _delivery(
    km: Floats,
    ways: Ways,
    *,
    at: npt.NDArray[np.int64],
    driven: Bools,
    parcels: dict[str, Floats],
    region: Region,
    works: Works,
    assume: Assume,
) -> dict[str, Floats]:
    """Stops and yuan a day from the stations to their points, by van and on joint lines."""
    towns, van = ground_of(region).towns, van_of(assume)
    size = len(towns)

    def sums(values: Floats) -> Floats:
        return _sums(at[driven], values[driven], size=size)

    stops = sums(np.ones(len(at)))
    fills = np.maximum(sums(parcels["parcels_in"]), sums(parcels["parcels_out"]))
    weight = fills * assume["logistics.parcel_kg"]
    every = sums(parcels["parcels_in"] + parcels["parcels_out"])
    buses = works.mask(towns.index, name="joint") * joint_share(region, load_kg=weight, assume=assume)
    some = np.maximum(stops, 1.0)

    def vans(share: Floats) -> Floats:
        """Yuan a day of the vans when buses take a share of stops and parcels."""
        found = estimated_rounds(
            stops * (1 - share),
            load=np.maximum(fills / van.parcels, weight / van.kg) * (1 - share) / assume["logistics.fill"],
            minutes=sums(np.where(driven, ways.village, 0.0)) / some,
            km=sums(np.where(driven, km, 0.0)) / some,
            area_km2=ground_of(region).area_km2 * (1 - share),
            vehicle=van,
            service=assume["logistics.stop_minutes"],
            haul=assume["logistics.haul"],
            local=assume["logistics.local"],
        )
        return found.yuan

    alone, joint = vans(np.zeros(size)), vans(buses)
    fee = every * buses * assume["joint_line.fee"]
    # Parcels ride only where that is the cheaper way; farm goods may do so all the same.
    rides = joint + fee < alone
    return {
        "stops": stops,
        "rounds_yuan": np.where(rides, joint, alone),
        "bus_yuan": np.where(rides, fee, 0.0),
        "joint_share": np.where(rides, buses, 0.0),
    }


def _trunk(
    km: Floats, ways: Ways, *, parcels: dict[str, Floats], at: npt.NDArray[np.int64], assume: Assume
) -> Floats:
    """Yuan a day of the trucks between centre and stations: out and back as loads need, once at least."""
    truck, size = truck_of(assume), len(ways.trunk)
    fills = np.max([_sums(at, each, size=size) for each in parcels.values()], axis=0)
    share = np.maximum(fills / truck.parcels, fills * assume["logistics.parcel_kg"] / truck.kg)
    trips = np.where(fills > 0, np.maximum(np.ceil(share - 1e-9), 1.0), 0.0)
    each = 2 * (_finite(km) * truck.per_km + _finite(ways.trunk) * truck.per_minute) + truck.per_day
    return np.asarray(trips * each, dtype=np.float64)


def _goods(
    region: Region, ways: Ways, *, goods: dict[str, Floats], works: Works, assume: Assume
) -> dict[str, Floats]:
    """Farm goods of each town, yuan a tonne from field to centre, and the share of fresh goods lost."""
    ground = ground_of(region)
    towns, at = ground.towns, ground.at
    size, van, truck = len(towns), van_of(assume), truck_of(assume)
    tonnes, fresh = (_sums(at, goods[name], size=size) for name in ("tonnes", "fresh"))

    villages = np.maximum(_sums(at, np.ones(len(at)), size=size), 1.0)

    def mean(values: Floats) -> Floats:
        by_goods = _sums(at, _finite(values) * goods["tonnes"], size=size)
        plain = _sums(at, _finite(values), size=size) / villages
        return np.divide(by_goods, tonnes, out=plain, where=tonnes > 0)

    price = _sums(at, goods["price"], size=size) / villages
    km, minutes = mean(ground.km), mean(ways.village)
    loading = assume["logistics.loading"]
    first = 2 * (km * van.per_km + minutes * van.per_minute) / van.kg * TONNE + loading
    first = first * (1 - works.mask(towns.index, name="joint") * assume["joint_line.tonne_saving"])
    trunk_way = _finite(ground.trunk_km) * truck.per_km + _finite(ways.trunk) * truck.per_minute
    trunk = (2 * trunk_way + truck.per_day) / truck.kg * TONNE + loading
    cold = works.mask(towns.index, name="cold")
    rates = {"ambient": assume["logistics.loss_ambient"], "cooled": assume["logistics.loss_cooled"]}
    dwell = assume["logistics.dwell"] * MINUTES_PER_HOUR
    open_air = assume["logistics.field_dwell"] * MINUTES_PER_HOUR + minutes + _finite(ways.trunk)
    kept = kept_share(open_air, cold=0.0, **rates) * kept_share(np.full(size, dwell), cold=cold, **rates)
    cooling = cold * fresh * assume["logistics.dwell"] * assume["logistics.cooling"]
    return {
        "tonnes": tonnes,
        "fresh": fresh,
        "price": price,
        "first_mile": first,
        "trunk_tonne": trunk,
        "tonne_yuan": first + trunk + np.divide(cooling, tonnes, out=np.zeros(size), where=tonnes > 0),
        "loss": 1 - kept,
        "minutes": minutes,
    }


def _sums(at: npt.NDArray[np.int64], values: npt.ArrayLike, *, size: int) -> Floats:
    """Sum of the values of each town, shape (size,)."""
    return np.asarray(np.bincount(at, np.asarray(values, dtype=np.float64), minlength=size), dtype=np.float64)


def _finite(values: Floats) -> Floats:
    """Places that no road reaches count nothing; they are unserved, and said so elsewhere."""
    return np.where(np.isfinite(values), values, 0.0)


def county_means(table: pd.DataFrame, *, counties: pd.Index) -> pd.DataFrame:
    """Yuan a parcel and a tonne and the share of fresh goods lost, by county; missing where nothing moves.

    Returns
    -------
    DataFrame
        Columns ``cost_per_parcel, cost_per_tonne, loss``, indexed by county.
    """
    numbers = np.asarray(counties.get_indexer(pd.Index(table["county"])), dtype=np.int64)
    costs = {str(name): table[name].to_numpy() for name in table if name != "county"}
    return pd.DataFrame(means_by_county(costs, county=numbers, size=len(counties)), index=counties)


def means_by_county(
    costs: Mapping[str, Floats], *, county: npt.NDArray[np.int64], size: int
) -> dict[str, Floats]:
    """The columns of `county_means`, from those of `town_costs` and the number of each town's county."""

    def sums(values: Floats) -> Floats:
        return group_sums(county, values, size=size)

    def over(above: Floats, below: Floats) -> Floats:
        return np.asarray(np.divide(above, below, out=np.full(size, np.nan), where=below > 0))

    yuan = costs["rounds_yuan"] + costs["bus_yuan"] + costs["handling_yuan"] + costs["trunk_yuan"]
    tonnes, fresh = costs["tonnes"], costs["fresh"]
    return {
        "cost_per_parcel": over(sums(yuan), sums(costs["parcels"])),
        "cost_per_tonne": over(sums(tonnes * costs["tonne_yuan"]), sums(tonnes)),
        "loss": over(sums(fresh * costs["loss"]), sums(fresh)),
    }
