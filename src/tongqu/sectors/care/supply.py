"""Sites of care, who has one in reach, and who finds room there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.base import DataError, Problem, remember
from tongqu.contracts import EntryNames, Offer, amounts_of
from tongqu.data import Region
from tongqu.methods.care import Placed, queue_first
from tongqu.methods.queue import Queue, queue_of
from tongqu.methods.roads import road_network
from tongqu.methods.travel import Network, Pairs, nearest, pairs_within
from tongqu.sectors.care.parameters import ROOMS, SERVICES, Service

__all__ = [
    "known",
    "known_services",
    "minutes_to",
    "near_sites",
    "place",
    "place_problems",
    "require_places",
    "share_credited",
    "sites_of",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MADE: Final = {"day_care_centre": "day_care", "child_care_centre": "child_care"}
"""Kinds of project that are one site, and the service that it gives."""


@lru_cache(maxsize=16)
def sites_of(region: Region, service: Service) -> pd.DataFrame:
    """Sites of a service: ``unit, node, capacity, modelled``, by site."""
    sites = region["sites"]
    mine = sites[sites["kind"] == service.kind].set_index("site")
    return mine[["name", "name_en", "unit", "node", "lon", "lat", "capacity", "modelled", "modelled_columns"]]


def known(region: Region, service: Service) -> bool:
    """Whether the region has a site of the service at all: without any, nothing is known of it."""
    return not sites_of(region, service).empty


@remember(4)
def require_places(region: Region) -> None:
    """Nothing when the places of every site of day care, meals and child care are known.

    Raises
    ------
    DataError
        See `place_problems`.
    """
    if problems := place_problems(region):
        raise DataError(problems)


def place_problems(region: Region) -> list[Problem]:
    """The sites of each kind of which places are counted and not given: a blank is not 0."""
    problems = []
    for service in ROOMS:
        sites = sites_of(region, service)
        blank = sites.index[sites["capacity"].isna()]
        if len(blank):
            problems.append(
                Problem(
                    rule=f"no capacity given for {len(blank)} of {len(sites)} sites of kind '{service.kind}'",
                    mend="give the number, or an estimate of it named in modelled_columns",
                    file="sites",
                    column="capacity",
                    value=", ".join(blank.astype("str")),
                )
            )
    return problems


def minutes_to(region: Region, links: pd.Series, service: Service, opened: Offer) -> pd.Series:
    """Minutes from each village to the nearest site of a service, of today or opened; not to be written to.

    A village to which a programme brings the service has it within the limit; its own point is not drawn.
    """
    return _minutes(region, links, service, _nodes_made(opened.projects, service))


@remember(192)
def _nodes_made(projects: pd.DataFrame, service: Service) -> tuple[str, ...]:
    """Nodes of the opened projects that are one site of a service."""
    made = [kind for kind, key in MADE.items() if key == service.key]
    return tuple(projects.loc[projects["kind"].isin(made), "node"].astype("str").tolist())


@remember(48)
def _minutes(region: Region, links: pd.Series, service: Service, nodes: tuple[str, ...]) -> pd.Series:
    homes = region.level("village")["node"]
    targets = [*sites_of(region, service)["node"].astype("str"), *nodes]
    on_road = homes.dropna()
    if not targets or on_road.empty:
        return pd.Series(np.inf, index=homes.index)
    network = _network(region, links)
    found = nearest(network, targets=network.locate(targets), origins=network.locate(on_road))
    return pd.Series(found.minutes, index=on_road.index).reindex(homes.index, fill_value=np.inf)


def _network(region: Region, links: pd.Series) -> Network:
    return road_network(region["nodes"], region["links"], minutes=links)


@remember(96)
def near_sites(region: Region, links: pd.Series, service: Service, limit: float) -> Pairs:
    """Villages and sites of today within the limit of each other, the shortest way first; positions."""
    homes = region.level("village")["node"]
    at = np.flatnonzero(homes.notna().to_numpy())
    network = _network(region, links)
    targets = network.locate(sites_of(region, service)["node"])
    found = pairs_within(network, origins=network.locate(homes.iloc[at]), targets=targets, limit=limit)
    order = np.lexsort((found.target, found.origin, found.minutes))
    return Pairs(at[found.origin][order], found.target[order], found.minutes[order])


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Which rows of rooms and of credits are those of opened projects of care, and their positions."""

    rooms: Ints
    room_of: Ints
    projects: int
    origin: Ints
    project: Ints


@remember(192)
def _layout(region: Region, projects: pd.DataFrame, rooms: EntryNames, served: EntryNames) -> _Layout:
    """Positions in the entries, which stay the same while only amounts differ."""
    mine = projects.loc[projects["sector"] == "care", "project"]
    kept = np.flatnonzero(rooms.project.isin(mine).to_numpy())
    room_of, names = pd.factorize(rooms.project.iloc[kept], sort=False)
    at = pd.Index(names).get_indexer(pd.Index(served.project))
    credited = at >= 0
    origin = region.codes("village").get_indexer(pd.Index(served.unit))
    return _Layout(
        kept.astype(np.int64),
        room_of.astype(np.int64),
        len(names),
        origin[credited].astype(np.int64),
        at[credited].astype(np.int64),
    )


def place(
    region: Region,
    links: pd.Series,
    service: Service,
    *,
    limit: float,
    need: Floats,
    first: Floats,
    opened: Offer,
) -> Placed:
    """Who finds a place: at the sites of today by the shortest way, then at what projects opened.

    What projects bring is told by their own entries: who may come, and how many. Sites come in the order of
    `sites_of`, opened projects after them.
    """
    rooms, size = amounts_of(opened.entries, ledger="room", key=service.key)
    served, _ = amounts_of(opened.entries, ledger="served", key=service.key)
    added = _layout(region, opened.projects, rooms, served)
    amount = size[added.rooms]
    made = np.bincount(added.room_of, weights=amount, minlength=added.projects)
    room = np.concatenate([_capacity(region, service), made])
    return queue_first(_queue(region, links, service, limit, added), need=need, first=first, room=room)


@remember(16)
def _capacity(region: Region, service: Service) -> Floats:
    return sites_of(region, service)["capacity"].to_numpy(dtype=np.float64)


@remember(96)
def _queue(region: Region, links: pd.Series, service: Service, limit: float, added: _Layout) -> Queue:
    """Villages before the sites of today and before the projects that are opened for them."""
    pairs, stands = near_sites(region, links, service, limit), len(sites_of(region, service))
    return queue_of(
        np.concatenate([pairs.origin, added.origin]),
        np.concatenate([pairs.target, added.project + stands]),
        minutes=np.concatenate([pairs.minutes, np.full(added.origin.size, limit)]),
        origins=len(region.codes("village")),
        sites=stands + added.projects,
    )


def share_credited(region: Region, opened: Offer, key: str) -> Floats:
    """Share of a service that opened projects of care bring to each village, at most 1, shape (villages,)."""
    served, amount = amounts_of(opened.entries, ledger="served", key=key)
    rows, at = _credited(region, opened.projects, served)
    found = np.bincount(at, weights=amount[rows], minlength=len(region.codes("village")))
    return np.minimum(found, 1.0)


@remember(192)
def _credited(region: Region, projects: pd.DataFrame, served: EntryNames) -> tuple[Ints, Ints]:
    """Rows of credits of opened projects of care, and the villages that they are for."""
    mine = projects.loc[projects["sector"] == "care", "project"]
    at = region.codes("village").get_indexer(pd.Index(served.unit))
    rows = np.flatnonzero((at >= 0) & served.project.isin(mine).to_numpy())
    return rows.astype(np.int64), at[rows].astype(np.int64)


def known_services(region: Region) -> tuple[Service, ...]:
    """The services of which the region has a site."""
    return tuple(service for service in SERVICES if known(region, service))
