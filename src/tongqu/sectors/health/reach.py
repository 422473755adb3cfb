"""Facility tiers and who reaches them; beds and doctors of today and of what was opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.contracts import Offer, county_totals
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.travel import Network, nearest

__all__ = ["LARGE", "SERVICES", "STOCKS", "Service", "network_of", "reached", "stocks"]


@dataclass(frozen=True)
class Service:
    """A facility tier within minutes of people."""

    key: str
    kinds: tuple[str, ...]
    limit: str
    links: str
    people: str


LARGE: Final = ("county_hospital", "city_hospital")
"""Hospitals of county level or better."""
SERVICES: Final = (
    Service(
        "clinic",
        ("clinic", "township_hospital", *LARGE),
        "minutes.clinic_walk",
        "links.walk_minutes",
        "people.rural",
    ),
    Service(
        "medical_circle",
        ("township_hospital", *LARGE),
        "minutes.medical_circle",
        "links.minutes",
        "people.rural",
    ),
    Service(
        "county_hospital",
        LARGE,
        "minutes.county_hospital",
        "links.minutes",
        "people.total",
    ),
)
STOCKS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "beds": ("capacity", ("township_hospital", *LARGE)),
    "doctors": ("staff", ("clinic", "township_hospital", *LARGE)),
}
"""Column of the sites that a stock adds up, and the kinds of site that have it."""


def network_of(region: Region, minutes: pd.Series) -> Network:
    """The roads with these minutes."""
    return road_network(region["nodes"], region["links"], minutes=minutes)


@remember(96)
def reached(region: Region, links: pd.Series, projects: pd.DataFrame, kinds: tuple[str, ...]) -> pd.Series:
    """Minutes from each village to the nearest site of some kinds, of today or opened."""
    network = network_of(region, links)
    sites, homes = _sites(region, projects), region.level("village")["node"]
    targets = sites.loc[sites["kind"].isin(kinds), "node"]
    found = nearest(network, targets=network.locate(targets), origins=network.locate(homes))
    return pd.Series(found.minutes, index=homes.index)


def _sites(region: Region, projects: pd.DataFrame) -> pd.DataFrame:
    """Sites of today and those that opened projects make: kind and node."""
    made = {"clinic": "clinic", "township_branch": "township_hospital", "subcentre": "county_hospital"}
    projects = projects[projects["kind"].isin(list(made))]
    new = pd.DataFrame({"kind": projects["kind"].map(made), "node": projects["node"]})
    return pd.concat([_sites_of_today(region), new.astype("str")], ignore_index=True)


@lru_cache(maxsize=4)
def _sites_of_today(region: Region) -> pd.DataFrame:
    return region["sites"][["kind", "node"]].astype("str")


def stocks(region: Region, opened: Offer) -> dict[str, pd.Series]:
    """Beds and doctors by county: today's sites and the stock entries of opened projects."""
    counties = region.codes("county")
    return {
        f"stock.{key}": base + county_totals(opened.entries, ledger="stock", key=key, counties=counties)
        for key, base in _stocks_of_today(region).items()
    }


@remember(4)
def _stocks_of_today(region: Region) -> dict[str, pd.Series]:
    _requirestocks(region["sites"])
    counties = region.codes("county")
    values = {}
    for key, (column, kinds) in STOCKS.items():
        care = region["sites"][region["sites"]["kind"].isin(kinds)]
        county = region.county_of(care["unit"]).to_numpy()
        values[key] = care[column].groupby(county).sum().reindex(counties, fill_value=0.0)
    return values


def _requirestocks(sites: pd.DataFrame) -> None:
    """Nothing when the beds and doctors of every site are known: a blank is not 0."""
    problems = []
    for key, (column, kinds) in STOCKS.items():
        blank = sites[sites["kind"].isin(kinds) & sites[column].isna()]
        of_all = sites["kind"].value_counts()
        problems += [
            Problem(
                rule=f"no {key} given for {len(names)} of {of_all[kind]} sites of kind '{kind}'",
                mend="give the number, or an estimate of it named in modelled_columns",
                file="sites",
                column=column,
                value=", ".join(names),
            )
            for kind, names in blank.groupby("kind", observed=True)["site"]
        ]
    if problems:
        raise DataError(problems)
