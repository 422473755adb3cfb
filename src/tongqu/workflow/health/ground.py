"""What the study of health stands on: people and roads of the first year, sites by tier, times of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, Progress, silent
from tongqu.contracts import Assume, Scenario, State, check_limits
from tongqu.data import Region
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.methods.network import Network
from tongqu.methods.reach import Times, times_from_pairs
from tongqu.methods.roads import road_network
from tongqu.methods.travel import pairs_within
from tongqu.workflow.travel.places import writers_of

__all__ = ["PERIODS", "TIERS", "WHOLE", "Base", "Tier", "base_of", "levels_of"]

Floats = npt.NDArray[np.float64]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
STATE: Final = ("people.total", "people.rural", "links.minutes", "links.walk_minutes")
"""State variables that the study rests on."""
SITE_COLUMNS: Final = ("site", "name", "kind", "unit", "node", "lon", "lat", "capacity", "staff", "nurses")
"""Columns of the sites that are carried over."""


@dataclass(frozen=True)
class Tier:
    """A tier of care.

    Parameters
    ----------
    key : str
        Its name.
    kind : str
        Kind of its own sites.
    kinds : tuple of str
        Kinds that serve it: its own and those of the tiers above.
    limit : str
        Standard that says within how many minutes.
    walk : bool
        Whether people walk there.
    people : str
        Who counts: a column of the villages.
    """

    key: str
    kind: str
    kinds: tuple[str, ...]
    limit: str
    walk: bool
    people: str


KINDS: Final = ("clinic", "township_hospital", "county_hospital", "city_hospital")
"""Kinds of site with a tier of their own, the lowest first."""
TIERS: Final = (
    Tier("clinic", KINDS[0], KINDS, "minutes.clinic_walk", walk=True, people="rural"),
    Tier("township", KINDS[1], KINDS[1:], "minutes.medical_circle", walk=False, people="rural"),
    Tier("county", KINDS[2], KINDS[2:], "minutes.county_hospital", walk=False, people="people"),
    Tier("city", KINDS[3], KINDS[3:], "minutes.city_hospital", walk=False, people="people"),
)
"""Tiers of care, the lowest first; the limits are those of the joint plan."""

PERIODS: Final = pd.DataFrame(
    {
        "period": ["morning", "day", "evening", "night"],
        "starts": [7.0, 9.0, 17.0, 19.0],
        "hours": [2.0, 8.0, 2.0, 12.0],
        "speed": ["health.peak_speed", "", "health.peak_speed", "health.night_speed"],
    }
)
"""Times of the day: the hour at which each begins, its length, and the standard of its speed over that of the
day. Peaks of two hours are assumed."""

LIMITS: Final = {
    "health.peak_speed": (0.1, 2.0),
    "health.night_speed": (0.1, 2.0),
    "minutes.city_hospital": (0.0, 600.0),
    "clinic.opens": (0.0, 24.0),
    "clinic.closes": (0.0, 24.0),
    "township_hospital.opens": (0.0, 24.0),
    "township_hospital.closes": (0.0, 24.0),
    "ambulance.minutes": (0.0, 240.0),
    "ambulance.leave": (0.0, 60.0),
    "ambulance.speed": (0.1, 3.0),
    "ambulance.calls": (0.0, 1.0),
    "ambulance.elder_calls": (0.0, 100.0),
    "ambulance.night_calls": (0.0, 10.0),
    "ambulance.scene": (0.0, 240.0),
    "ambulance.transport": (0.0, 1.0),
    "ambulance.handover": (0.0, 240.0),
    "ambulance.night_share": (0.1, 1.0),
    "ambulance.moves": (0.0, 100.0),
    "ambulance.move_worth": (0.0, 100.0),
    "mobile.weeks": (1.0, 52.0),
    "mobile.small_weeks": (1.0, 52.0),
    "mobile.small": (0.0, 1e5),
    "mobile.visits": (0.0, 100.0),
    "mobile.set_up": (1.0, 240.0),
    "mobile.patient": (0.0, 120.0),
    "mobile.days": (1.0, 7.0),
    "mobile.starts": (0.0, 24.0),
    "mobile.shift": (1.0, 24.0),
    "mobile.cost_per_km": (0.0, 1e3),
    "mobile.cost_per_day": (0.0, 1e6),
}
"""Values beyond which a standard of the study means nothing."""


@dataclass(frozen=True, eq=False)
class Base:
    """What the study stands on.

    Parameters
    ----------
    region : Region
    assume : Assume
    whole : str
        Code of all counties together.
    state : State
        The scenario's first year without any project.
    villages : DataFrame
        All villages: the units' columns with ``town, county, people, rural`` and ``spot`` (position of the
        road node), by unit.
    sites : DataFrame
        Sites of the tiers: `SITE_COLUMNS` with ``town, county, spot, modelled, modelled_columns`` and numbers
        as they are given, missing where unknown; a row each, positions from 0.
    stations : DataFrame
        Ambulance stations, likewise.
    road, walk : Network
        Roads in minutes by car in daytime, and on foot.
    """

    region: Region
    assume: Assume
    whole: str
    state: State
    villages: pd.DataFrame
    sites: pd.DataFrame
    stations: pd.DataFrame
    road: Network
    walk: Network

    def of_tier(self, tier: Tier) -> pd.DataFrame:
        """Sites that serve a tier; their index are positions in `sites`."""
        return self.sites[self.sites["kind"].isin(tier.kinds)]

    def times(self, tier: Tier, *, slowest: float = 1.0) -> Times:
        """Minutes from villages to the sites of a tier, up to the limit at the slowest speed of the day."""
        network = self.walk if tier.walk else self.road
        goals = self.of_tier(tier)["spot"].to_numpy(np.int64)
        spots = self.villages["spot"].to_numpy(np.int64)
        reach = self.assume[tier.limit] / min(slowest, 1.0)
        pairs = pairs_within(network, origins=spots, targets=goals, limit=reach)
        return times_from_pairs(pairs, origins=spots.size, sites=goals.size)

    @property
    def speeds(self) -> Floats:
        """Speed of each period over that of the day, shape (periods,)."""
        return np.array([self.assume[name] if name else 1.0 for name in PERIODS["speed"]])

    @property
    def hours(self) -> Floats:
        """Length of each period, shape (periods,)."""
        return PERIODS["hours"].to_numpy(dtype=np.float64)


def base_of(region: Region, scenario: Scenario, *, progress: Progress = silent) -> Base:
    """What the study stands on.

    Raises
    ------
    DataError
        If the region lacks tables that people and roads follow from, or has no site of any tier.
    ScenarioError
        If a standard is outside its limits.
    """
    assume = Assume.of(region["standards"], scenario)
    check_limits({str(name): float(value) for name, value in assume.values.items()}, LIMITS)
    sectors = writers_of(STATE)
    if problems := [*missing_tables(region, sectors), *_unknown(region)]:
        raise DataError(problems)
    one = scenario.model_copy(update={"last_year": scenario.first_year})
    state = simulate(region, sectors, scenario=one, assume=assume, progress=progress)[0]
    nodes, links = region["nodes"], region["links"]
    road = road_network(nodes, links, minutes=state["links.minutes"])
    units = region.level("village")
    villages = units.assign(
        town=region.ancestor(units.index, level="town").to_numpy(),
        county=region.county_of(units.index).to_numpy(),
        people=state["people.total"].reindex(units.index, fill_value=0.0),
        rural=state["people.rural"].reindex(units.index, fill_value=0.0),
        spot=road.locate(units["node"]),
    )
    city = region.level("city").index
    return Base(
        region=region,
        assume=assume,
        whole=str(city[0]) if len(city) == 1 else WHOLE,
        state=state,
        villages=villages,
        sites=_sites(region, road, KINDS),
        stations=_sites(region, road, ("ambulance_station",)),
        road=road,
        walk=road_network(nodes, links, minutes=state["links.walk_minutes"]),
    )


def levels_of(base: Base) -> dict[str, pd.Series]:
    """For each county and for the whole, which villages belong to it, the whole first."""
    county = base.villages["county"]
    every = pd.Series(data=True, index=county.index)
    return {base.whole: every, **{str(code): county == code for code in base.region.level("county").index}}


def _unknown(region: Region) -> list[Problem]:
    if region["sites"]["kind"].isin(KINDS).any():
        return []
    mend = "add sites of the kinds clinic, township_hospital and county_hospital"
    return [Problem("nothing is known of the health care of the region", mend=mend, value=region.name)]


def _sites(region: Region, road: Network, kinds: tuple[str, ...]) -> pd.DataFrame:
    """Sites of some kinds with their town, county and node; numbers stay missing where unknown."""
    given = region["sites"]
    mine = given[given["kind"].isin(kinds)].reset_index(drop=True)
    units = region["units"].set_index("unit")
    level = mine["unit"].map(units["level"])
    parent = mine["unit"].map(units["parent"])
    table = mine.reindex(columns=[*SITE_COLUMNS, "modelled", "modelled_columns"])
    for name in ("capacity", "staff", "nurses"):
        table[name] = table[name].astype("float64")
    return table.assign(
        kind=table["kind"].astype("str"),
        town=np.where(level == "village", parent, mine["unit"]),
        county=region.county_of(mine["unit"]).to_numpy(),
        spot=road.locate(mine["node"]),
    )
