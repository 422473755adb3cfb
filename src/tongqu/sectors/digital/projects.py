"""Projects: fibre to the villages of a town, stations for villages without a network, and more stations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from tongqu.base import DataError, Problem
from tongqu.contracts import Assume, Offer, State, cost_entries, join_offers, lasting_entries, project_table
from tongqu.data import Region
from tongqu.data.seats import unit_nodes
from tongqu.methods.backhaul import Roads, fibre_tree, way_km
from tongqu.methods.covering import Covering, covers_of, maximal_covering, set_covering
from tongqu.sectors.digital.coverage import links_between, relief_in, stations_of, today
from tongqu.sectors.digital.parameters import radio_of

__all__ = ["Candidates", "candidates_of", "fibre_nodes", "projects_of", "roads_of", "running_wan"]

MOST_SITES: Final = 120
"""Sites offered to villages without a network: more would slow the joint plan down."""
BATCHES: Final = 3
"""Steps to the target of stations for each county."""
YUAN_PER_WAN: Final = 10_000.0
MOST_NAMED: Final = 20
"""Villages that one report names."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Stations that could serve villages without a network.

    Parameters
    ----------
    villages : Index
        Villages without fibre and 5G, the rows of `covers`; each is also a candidate.
    covers : scipy.sparse.csr_array
        1 where a station at one village serves another, shape (villages, villages).
    fibre_km : numpy.ndarray of float
        Way along roads from each to the nearest fibre, shape (villages,); inf where there is none.
    cost_wan : numpy.ndarray of float
        Full cost of a station with its fibre, 万元, shape (villages,).
    """

    villages: pd.Index
    covers: csr_array
    fibre_km: npt.NDArray[np.float64]
    cost_wan: npt.NDArray[np.float64]

    def best(self, people: npt.ArrayLike, *, count: int) -> Covering:
        """Sites for the most people with so many stations, then the cheapest ones for the same villages."""
        most = maximal_covering(self.covers, people, count=count)
        mine = np.flatnonzero(most.covered)
        least = set_covering(self.covers[mine], costs=self.cost_wan, search="auto", gap=0.005)
        return least if least.sites.size <= count else most


def roads_of(region: Region) -> Roads:
    """Roads that fibre can follow: every link of the region, both ways."""
    index, links = pd.Index(region["nodes"]["node"]), region["links"]
    return Roads(
        start=index.get_indexer(links["from_node"]).astype(np.int64),
        end=index.get_indexer(links["to_node"]).astype(np.int64),
        km=links["length_km"].to_numpy(dtype=np.float64),
        nodes=len(index),
    )


def _located(region: Region, nodes: pd.Series) -> npt.NDArray[np.int64]:
    """Positions of road nodes; of villages without one the first ones are named."""
    found = pd.Index(region["nodes"]["node"]).get_indexer(pd.Index(nodes.astype("str")))
    problems = [
        Problem(
            rule=f"the village {unit} has no road node",
            mend="give the road node where its people enter the network",
            file="units",
            column="node",
            value=str(unit),
        )
        for unit in nodes.index[found < 0][:MOST_NAMED]
    ]
    if problems:
        raise DataError(problems)
    return np.asarray(found, dtype=np.int64)


def fibre_nodes(region: Region, *, assume: Assume) -> npt.NDArray[np.int64]:
    """Positions of nodes that have fibre: villages with fibre and base stations, which are fed by it."""
    villages, state = region.level("village"), today(region, assume=assume)
    nodes = pd.concat([villages.loc[state.fibre, "node"], stations_of(region)["node"]])
    return np.unique(_located(region, nodes))


def candidates_of(region: Region, *, assume: Assume) -> Candidates:
    """Villages without a network, and what a station at each would serve and cost."""
    state = today(region, assume=assume)
    villages = region.level("village")[~state.served]
    found = links_between(villages, villages, radio=radio_of(assume), relief=relief_in(region))
    found = found[found["covered"]]
    size = len(villages)
    covers = covers_of(found["place"], found["station"], places=size, candidates=size)
    away = way_km(roads_of(region), roots=fibre_nodes(region, assume=assume))[
        _located(region, villages["node"])
    ]
    far = np.where(np.isfinite(away), away, 0.0)  # without a road to fibre a radio relay is part of the cost
    cost = assume["base_station.cost"] + assume["fibre.cost"] * far
    return Candidates(villages.index, covers, away, np.asarray(cost))


def running_wan(
    assume: Assume, *, capital_wan: npt.ArrayLike, stations: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Energy of stations and upkeep of their cost, 万元 a year."""
    energy = np.asarray(stations, dtype=np.float64) * assume["base_station.electricity"] / YUAN_PER_WAN
    return np.asarray(energy + assume["base_station.upkeep"] * np.asarray(capital_wan, dtype=np.float64))


def projects_of(region: Region, first: State, *, assume: Assume) -> Offer:
    """All that the sector offers, by the people of the first year."""
    unserved = candidates_of(region, assume=assume)
    people = first["people.rural"].reindex(unserved.villages).to_numpy(dtype=np.float64)
    return join_offers(
        [
            _stations(region, unserved, people=people, assume=assume),
            _fibre(region, unserved, people=first["people.rural"], assume=assume),
            _more(region, first, assume=assume),
        ]
    )


def _stations(
    region: Region, unserved: Candidates, *, people: npt.NDArray[np.float64], assume: Assume
) -> Offer:
    """Stations chosen by maximal covering of the people without a network."""
    if not people.any():
        return Offer()
    sites = unserved.best(people, count=MOST_SITES).sites
    units = region.level("village").loc[unserved.villages[sites]]
    public, full = assume["base_station.public"], unserved.cost_wan[sites]
    running = running_wan(assume, capital_wan=full, stations=np.ones(sites.size))
    projects = project_table(
        {
            "project": ("base_station:" + units.index).to_numpy(),
            "name_zh": (units["name"] + "新建 5G 基站").to_numpy(),
            "name_en": (units["name_en"].fillna(units["name"]) + ": new 5G station").to_numpy(),
            "unit": units.index.to_numpy(),
            "town": units["parent"].to_numpy(),
            "county": region.county_of(units.index).to_numpy(),
            "node": units["node"].to_numpy(),
            "lon": units["lon"].to_numpy(),
            "lat": units["lat"].to_numpy(),
            "size": 1.0,
            "size_unit": "station",
            "capital_wan": full * public,
            "running_wan": running * public,
            "lead": 1,
            "land_mu": assume["base_station.land"],
            "modelled": True,
        },
        sector="digital",
        kind="base_station",
    )
    pairs = unserved.covers[:, sites].tocoo()
    order = np.lexsort((pairs.row, pairs.col))
    mine = projects.iloc[pairs.col[order]]
    credit = lasting_entries(
        mine, ledger="served", key="network", amount=1.0, unit=unserved.villages[pairs.row[order]]
    )
    return Offer(projects, pd.concat([cost_entries(projects), credit, _stock(projects)], ignore_index=True))


def _stock(projects: pd.DataFrame) -> pd.DataFrame:
    return lasting_entries(
        projects, ledger="stock", unit=projects["county"], key="base_stations", amount=projects["size"]
    )


def _fibre(region: Region, unserved: Candidates, *, people: pd.Series, assume: Assume) -> Offer:
    """One package a town: fibre along roads to its villages without a network, and into their homes."""
    units = region.level("village").loc[unserved.villages].assign(people=people.reindex(unserved.villages))
    units = units[np.isfinite(unserved.fibre_km) & (units["people"] > 0).to_numpy()]
    if units.empty:
        return Offer()
    roads, roots = roads_of(region), fibre_nodes(region, assume=assume)
    at = pd.Series(_located(region, units["node"]), index=units.index)
    km = {
        town: fibre_tree(roads, roots=roots, sites=rows.to_numpy()).km
        for town, rows in at.groupby(units["parent"])
    }
    towns = region.level("town").loc[list(km)]
    homes = units.groupby("parent")["people"].sum()[towns.index] / assume["relocation.persons_per_household"]
    full = np.array(list(km.values())) * assume["fibre.cost"] + homes.to_numpy() * assume["fibre.home"]
    public = assume["fibre.public"]
    projects = project_table(
        {
            "project": ("fibre:" + towns.index).to_numpy(),
            "name_zh": (towns["name"] + "光纤到村入户").to_numpy(),
            "name_en": (towns["name_en"].fillna(towns["name"]) + ": fibre to villages").to_numpy(),
            "unit": towns.index.to_numpy(),
            "town": towns.index.to_numpy(),
            "county": towns["parent"].to_numpy(),
            "node": towns["node"].fillna("").to_numpy(),
            "lon": towns["lon"].to_numpy(),
            "lat": towns["lat"].to_numpy(),
            "size": np.array(list(km.values())),
            "size_unit": "km",
            "capital_wan": full * public,
            "running_wan": full * assume["fibre.upkeep"] * public,
            "lead": 1,
            "modelled": True,
        },
        sector="digital",
        kind="fibre",
    )
    row = towns.index.get_indexer(pd.Index(units["parent"]))
    credit = lasting_entries(projects.iloc[row], ledger="served", key="network", amount=1.0, unit=units.index)
    return Offer(projects, pd.concat([cost_entries(projects), credit], ignore_index=True))


def _more(region: Region, first: State, *, assume: Assume) -> Offer:
    """Equipment on masts that stand, in steps to the target for the county's people."""
    counties = region.level("county")
    people = first["people.total"]
    total = people.groupby(region.county_of(people.index).to_numpy()).sum().reindex(counties.index)
    lacking = total * assume["base_station.target"] / YUAN_PER_WAN - today(region, assume=assume).stations
    each = np.ceil((lacking / BATCHES).clip(lower=0.0))
    counties = counties[(each > 0).to_numpy()]
    many = counties.loc[counties.index.repeat(BATCHES)]
    number = np.tile(np.arange(1, BATCHES + 1), len(counties)).astype(str).astype(object)
    node = unit_nodes(region).loc[many.index].fillna("").to_numpy()
    code = many.index.to_numpy().astype(object)
    before = np.where(number == "1", "", "base_stations:" + code + ":" + np.roll(number, 1))
    size = each.loc[many.index].to_numpy()
    full, public = size * assume["base_station.equipment"], assume["base_station.urban_public"]
    projects = project_table(
        {
            "project": "base_stations:" + code + ":" + number,
            "name_zh": (many["name"].astype("str") + "5G 基站加密（第" + number + "批）").to_numpy(),
            "name_en": (
                many["name_en"].fillna(many["name"]).astype("str") + ": more 5G stations, stage " + number
            ).to_numpy(),
            "unit": code,
            "county": code,
            "node": node,
            "lon": many["lon"].to_numpy(),
            "lat": many["lat"].to_numpy(),
            "size": size,
            "size_unit": "station",
            "capital_wan": full * public,
            "running_wan": running_wan(assume, capital_wan=full, stations=size) * public,
            "lead": 1,
            "requires": before,
            "modelled": True,
        },
        sector="digital",
        kind="base_stations",
    )
    return Offer(projects, pd.concat([cost_entries(projects), _stock(projects)], ignore_index=True))
