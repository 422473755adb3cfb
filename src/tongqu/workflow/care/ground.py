"""What a study of care stands on: people of one year, their needs, and who finds a place today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, Progress, ScenarioError, silent
from tongqu.contracts import Assume, Offer, Scenario, State, limit_problems
from tongqu.data import Region
from tongqu.engine.registry import missing_tables
from tongqu.engine.simulate import simulate
from tongqu.methods.care import Placed
from tongqu.methods.roads import road_network
from tongqu.methods.travel import nearest, within
from tongqu.sectors.care.parameters import HALL, LIMITS, Service
from tongqu.sectors.care.people import READS, first_of, needs_of, users_of
from tongqu.sectors.care.supply import known_services, place, place_problems, sites_of
from tongqu.workflow.travel.places import writers_of

__all__ = ["WHOLE", "Ground", "Standing", "ground_of", "whole_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WHOLE: Final = "region"
"""Code of all counties together where the region does not have just one city."""
NEEDED: Final = (*sorted(READS), "links.minutes", "links.walk_minutes")
"""State variables that the study rests on."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A service as it stands; arrays by village.

    Parameters
    ----------
    service : Service
    users, need, first : numpy.ndarray of float
        Persons who could use it, who need it by the norm, and who come first among these.
    minutes : numpy.ndarray of float
        Way to the nearest site; inf where there is none.
    site : numpy.ndarray of int
        Position of that site among `sites`; -1 where there is none.
    placed : Placed
        Who is served and why the others are not; sites of the hall have room for all.
    sites : DataFrame
        See `tongqu.sectors.care.supply.sites_of`.
    limit : float
        Minutes.
    """

    service: Service
    users: Floats
    need: Floats
    first: Floats
    minutes: Floats
    site: Ints
    placed: Placed
    sites: pd.DataFrame
    limit: float


@dataclass(frozen=True, eq=False)
class Ground:
    """What the study stands on.

    Parameters
    ----------
    region : Region
    assume : Assume
    whole : str
        Code of all counties together.
    year : int
        Year of the people.
    villages : DataFrame
        By unit: ``town, county, lon, lat, node, residence``.
    state : State
        Of that year.
    services : mapping of str to Standing
        The services of which the region has a site, by key.
    """

    region: Region
    assume: Assume
    whole: str
    year: int
    villages: pd.DataFrame
    state: State
    services: Mapping[str, Standing]


def whole_of(region: Region) -> str:
    """The only city, else `WHOLE`."""
    city = region.level("city").index
    return str(city[0]) if len(city) == 1 else WHOLE


def ground_of(region: Region, scenario: Scenario, *, progress: Progress = silent) -> Ground:
    """What the study stands on, with the people of the scenario's first year.

    Raises
    ------
    DataError
        With all that is wrong: tables that are lacking, no site of any service, sites without places.
    ScenarioError
        If only standards are wrong: unknown, or outside their limits.
    """
    assume = Assume.of(region["standards"], scenario)
    standards = limit_problems(assume.numbers, LIMITS)
    sectors = writers_of(NEEDED)
    problems = [*missing_tables(region, sectors), *_unknown(region)]
    if problems:
        raise DataError([*problems, *standards])
    if standards:
        raise ScenarioError(standards)
    one = scenario.model_copy(update={"last_year": scenario.first_year})
    state = simulate(region, sectors, scenario=one, assume=assume, progress=progress)[0]
    villages = region.level("village")
    villages = villages.assign(town=villages["parent"], county=region.county_of(villages.index))
    users = users_of(region, state)
    needs = needs_of(region, users, assume=assume)
    return Ground(
        region=region,
        assume=assume,
        whole=whole_of(region),
        year=state.year,
        villages=villages[["town", "county", "lon", "lat", "node", "residence"]],
        state=state,
        services={
            service.key: _standing(region, state, service, users=users, needs=needs, assume=assume)
            for service in known_services(region)
        },
    )


def _unknown(region: Region) -> list[Problem]:
    if "sites" not in region.tables:
        return []
    if known_services(region):
        return place_problems(region)
    mend = "add sites of the kinds day_care, meal_point, child_care or service_hall"
    return [Problem("nothing is known of care in the region", mend=mend, value=region.name)]


def _standing(
    region: Region,
    state: State,
    service: Service,
    *,
    users: Mapping[str, Floats],
    needs: Mapping[str, Floats],
    assume: Assume,
) -> Standing:
    need, first = needs[service.key], first_of(region, needs, service, assume=assume)
    links, limit, sites = state[service.links], assume[service.limit], sites_of(region, service)
    minutes, site = _nearest(region, links, sites)
    if service is HALL:
        near = within(minutes, limit)
        served = np.where(near, need, 0.0)
        filled = np.bincount(site[near], weights=need[near], minlength=len(sites)).astype(np.float64)
        placed = Placed(served, np.where(near, first, 0.0), need - served, need * 0.0, filled)
    else:
        placed = place(region, links, service, limit=limit, need=need, first=first, opened=Offer())
    return Standing(service, users[service.users], need, first, minutes, site, placed, sites, limit)


def _nearest(region: Region, links: pd.Series, sites: pd.DataFrame) -> tuple[Floats, Ints]:
    """Minutes to the nearest site and which it is, by village."""
    homes = region.level("village")["node"]
    at = np.flatnonzero(homes.notna().to_numpy())
    minutes, which = np.full(len(homes), np.inf), np.full(len(homes), -1, dtype=np.int64)
    if at.size:
        network = road_network(region["nodes"], region["links"], minutes=links)
        found = nearest(
            network, targets=network.locate(sites["node"]), origins=network.locate(homes.iloc[at])
        )
        minutes[at], which[at] = found.minutes, found.target
    return minutes, which
