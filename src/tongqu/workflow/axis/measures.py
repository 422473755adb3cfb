"""What the axis is judged on: towns and villages with their people, services, growth and minutes by car."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem
from tongqu.contracts import State
from tongqu.data import Region
from tongqu.data.seats import unit_nodes
from tongqu.methods.network import Network
from tongqu.methods.settlement import functional_index
from tongqu.methods.travel import minutes_matrix, pairs_within
from tongqu.workflow.networks import region_network

__all__ = [
    "NETWORK_SITES",
    "REACH_MINUTES",
    "SUBDISTRICTS",
    "Grounds",
    "grounds_of",
    "is_subdistrict",
    "seats_of",
]

NETWORK_SITES: Final = (
    "base_station",
    "logistics_centre",
    "logistics_station",
    "parcel_point",
    "ambulance_station",
    "meal_point",
)
"""Kinds of site that a network puts wherever people live: they say nothing on what people come for."""

REACH_MINUTES: Final = 30.0
"""Minutes by car within which people count as within reach of a place; assumed, a market day's ride."""

SUBDISTRICTS: Final = ("街道", "办事处")
"""Kinds of town-level unit that are parts of a city or of a county seat, not towns of their own."""


@dataclass(frozen=True, eq=False)
class Grounds:
    """Towns and villages with what is measured of them, and the roads between them.

    Parameters
    ----------
    region : Region
        Where.
    year : int
        Year that people and services stand for.
    places : DataFrame
        Indexed by unit, towns first: ``name, level`` (town or village), ``county, town`` (codes), ``kind,
        official`` (role in the plan in force, blank where none is given), ``seat`` (whether the county's),
        ``candidate`` (whether a lower role may go to it), ``people, rural`` (persons), ``people_30``
        (persons within `REACH_MINUTES`), ``services`` (functional index), ``jobs`` (workers, NaN where not
        counted), ``growth`` (% a year), ``minutes_seat``.
    network : Network
        Roads for a car.
    spots : Series of int
        Position of each place's node, by unit.
    """

    region: Region
    year: int
    places: pd.DataFrame
    network: Network
    spots: pd.Series[int]

    def of_level(self, level: str) -> pd.DataFrame:
        """The places of one level."""
        return self.places[self.places["level"] == level]

    def minutes(self, origins: pd.Index[str], targets: pd.Index[str]) -> npt.NDArray[np.float64]:
        """Minutes by car between places, shape (origins, targets); inf where there is no way."""
        spots = (self.spots.loc[list(units)].to_numpy(np.int64) for units in (origins, targets))
        return minutes_matrix(self.network, origins=next(spots), targets=next(spots))


def is_subdistrict(kind: pd.Series[str]) -> pd.Series[bool]:
    """Whether units of these kinds are subdistricts."""
    return kind.str.contains("|".join(SUBDISTRICTS))


def seats_of(region: Region) -> pd.Series[str]:
    """Town where each county's seat of government is, by county.

    Raises
    ------
    DataError
        If a county has no seat, or none in a town of its own.
    """
    counties = region.level("county")
    towns = counties["seat"].dropna()
    towns = region.ancestor(towns, level="town").set_axis(towns.index).reindex(counties.index)
    own = region.county_of(towns.dropna()).to_numpy() == towns.dropna().index.to_numpy()
    fine = towns.dropna().index[own]
    problems = [
        Problem(
            rule="a county without a seat in a town of its own",
            mend="name the town where its government is in the column seat",
            file="units",
            column="seat",
            value=str(county),
        )
        for county in counties.index.difference(fine)
    ]
    if problems:
        raise DataError(problems)
    return towns.astype("str")


def grounds_of(region: Region, states: Sequence[State], *, year: int) -> Grounds:
    """Measure every town and village in a year of the states; growth is from the first to the last of them.

    Raises
    ------
    DataError
        If a county has no seat, or a place no road node.
    """
    seats = seats_of(region)
    places = _listed(region, seats)
    network = region_network(region, mode="car")
    spots = pd.Series(network.locate(_nodes(region, places.index).to_numpy()), index=places.index)
    now = next(state for state in states if state.year == year)
    return Grounds(
        region,
        year,
        places.assign(
            people=_people(region, now, group="people.total", places=places),
            rural=_people(region, now, group="people.rural", places=places),
            people_30=_within_reach(network, spots, places=places, people=now["people.total"]),
            services=_services(region, places),
            jobs=_jobs(region, places),
            growth=_growth(region, states, places=places),
            minutes_seat=_seat_minutes(network, spots, towns=places["county"].map(seats)),
        ),
        network,
        spots,
    )


def _listed(region: Region, seats: pd.Series[str]) -> pd.DataFrame:
    """Towns and villages: who they are, and who may be given a role."""
    units = region["units"].set_index("unit")
    towns, villages = (units.index[units["level"] == level] for level in ("town", "village"))
    index = towns.append(villages)
    at = units.loc[index]
    kind, is_town = at["kind"].fillna("").astype("str"), (at["level"] == "town").to_numpy()
    seat = index.isin(seats)
    of_own = ~is_subdistrict(kind).to_numpy()
    rural = at["residence"].fillna("rural").eq("rural").to_numpy()
    return pd.DataFrame(
        {
            "name": at["name"].astype("str"),
            "level": at["level"].astype("str"),
            "county": region.county_of(index).to_numpy(),
            "town": region.ancestor(index, level="town").to_numpy(),
            "kind": kind,
            "official": at["role"].astype("str").fillna("").to_numpy() if "role" in at else "",
            "seat": seat,
            "candidate": np.where(is_town, of_own & ~seat, rural),
        },
        index=index,
    )


def _nodes(region: Region, index: pd.Index[str]) -> pd.Series[str]:
    nodes = unit_nodes(region).fillna("").loc[index]
    problems = [
        Problem(
            rule="a place without a road node",
            mend="give it or its seat a road node",
            file="units",
            column="node",
            value=str(unit),
        )
        for unit in nodes.index[nodes == ""]
    ]
    if problems:
        raise DataError(problems)
    return nodes


def _summed(region: Region, values: pd.Series[float], *, places: pd.DataFrame) -> pd.Series[float]:
    """Values of villages for every place: a town has the sum of its villages."""
    town = region.ancestor(values.index, level="town")
    towns = values.groupby(town.to_numpy()).sum()
    own = pd.concat([towns, values])
    return own.reindex(places.index, fill_value=0.0).astype("float64")


def _people(region: Region, state: State, *, group: str, places: pd.DataFrame) -> pd.Series[float]:
    return _summed(region, state[group], places=places)


def _within_reach(
    network: Network, spots: pd.Series[int], *, places: pd.DataFrame, people: pd.Series[float]
) -> npt.NDArray[np.float64]:
    """People who reach each place within the limit."""
    homes = places.index[places["level"] == "village"]
    at, count = spots.loc[homes].to_numpy(np.int64), people.loc[homes].to_numpy(np.float64)
    found = pairs_within(network, origins=at, targets=spots.to_numpy(np.int64), limit=REACH_MINUTES)
    return np.bincount(found.target, weights=count[found.origin], minlength=len(places)).astype(np.float64)


def _services(region: Region, places: pd.DataFrame) -> pd.Series[float]:
    """Functional index over the kinds of site, among towns and among villages."""
    found = pd.Series(0.0, index=places.index)
    if "sites" not in region.tables:
        return found
    sites = region["sites"]
    sites = sites[~sites["kind"].isin(NETWORK_SITES)]
    for level in ("town", "village"):
        unit = region.ancestor(sites["unit"], level=level)
        held = pd.crosstab(unit.to_numpy(), sites["kind"].to_numpy())
        index = places.index[places["level"] == level]
        if held.size and index.size:
            counts = held.reindex(index, fill_value=0).to_numpy(np.float64)
            found.loc[index] = functional_index(counts)
    return found


def _jobs(region: Region, places: pd.DataFrame) -> pd.Series[float]:
    """Workers counted at each place in the last year that has any; NaN where none are."""
    empty = pd.Series(np.nan, index=places.index)
    if "jobs" not in region.tables:
        return empty
    jobs = region["jobs"]
    jobs = jobs[jobs["unit"].isin(places.index)]
    last = jobs[jobs["year"] == jobs["year"].max()]
    found: pd.Series[float] = last.groupby("unit")["workers"].sum().reindex(places.index).astype("float64")
    return found


def _growth(region: Region, states: Sequence[State], *, places: pd.DataFrame) -> pd.Series[float]:
    """Change of people, % a year; a place with nobody at the start has no rate and counts 0."""
    first, last = (
        _people(region, state, group="people.total", places=places) for state in (states[0], states[-1])
    )
    years = max(states[-1].year - states[0].year, 1)
    ratio = (last / first.where(first > 0)).fillna(1.0).to_numpy(np.float64)
    return pd.Series((ratio ** (1 / years) - 1) * 100, index=places.index)


def _seat_minutes(
    network: Network, spots: pd.Series[int], *, towns: pd.Series[str]
) -> npt.NDArray[np.float64]:
    """Minutes from each place to the seat of its county."""
    seats = pd.Index(towns.unique())
    matrix = minutes_matrix(
        network, origins=spots.to_numpy(np.int64), targets=spots.loc[seats].to_numpy(np.int64)
    )
    return np.asarray(matrix[np.arange(len(spots)), seats.get_indexer(pd.Index(towns))])
