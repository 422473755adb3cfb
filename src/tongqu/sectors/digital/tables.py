"""Tables for a look at the networks by themselves: who is covered, and which sites a budget would buy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume
from tongqu.data import Region
from tongqu.methods.backhaul import Chosen, cover_with_backhaul
from tongqu.sectors.digital.coverage import links_between, relief_in, stations_of, today
from tongqu.sectors.digital.parameters import radio_of
from tongqu.sectors.digital.projects import Candidates, candidates_of, fibre_nodes, roads_of, running_wan

__all__ = ["chosen_sites", "coverage_table", "site_table"]

KWH_A_YEAR = 8760.0
"""Energy of a kilowatt drawn all year."""


def coverage_table(region: Region, *, assume: Assume) -> pd.DataFrame:
    """Network of every village today.

    Returns
    -------
    DataFrame
        Indexed by village: ``fibre, covered, served`` (bool); of the station that covers it best ``station``
        (blank where none is near), ``km, terrain_db, probability`` (NaN there).
    """
    villages, stations = region.level("village"), stations_of(region)
    now = today(region, assume=assume)
    found = links_between(stations, villages, radio=radio_of(assume), relief=relief_in(region))
    best = found.sort_values(["probability", "km"], ascending=[False, True], kind="stable")
    best = best.drop_duplicates("place").set_index("place").reindex(np.arange(len(villages)))
    spot = best["station"].fillna(-1).to_numpy(dtype=np.int64)
    named = np.append(stations.index.to_numpy(dtype=object), "")
    table = pd.DataFrame(
        {"fibre": now.fibre, "covered": now.covered, "served": now.served, "station": named[spot]},
        index=villages.index,
    )
    numbers = best[["km", "terrain_db", "probability"]].set_axis(villages.index)
    return table.join(numbers)


def chosen_sites(
    region: Region, people: pd.Series, *, assume: Assume, budget_wan: float, count: int | None = None
) -> tuple[Candidates, Chosen]:
    """Sites that serve the most people without a network within a budget, fibre along roads included.

    Parameters
    ----------
    people : Series of float
        Rural people by village.
    budget_wan : float
        Full cost of stations and fibre at most, 万元.
    count : int, optional
        Stations at most.

    Returns
    -------
    Candidates
        Villages without a network.
    Chosen
        Sites are positions among them.
    """
    unserved = candidates_of(region, assume=assume)
    index = pd.Index(region["nodes"]["node"])
    nodes = index.get_indexer(region.level("village").loc[unserved.villages, "node"])
    size = len(unserved.villages)
    found = cover_with_backhaul(
        unserved.covers,
        people.reindex(unserved.villages).to_numpy(dtype=np.float64),
        costs=np.full(size, assume["base_station.cost"]),
        budget=budget_wan,
        count=count,
        roads=roads_of(region),
        roots=fibre_nodes(region, assume=assume),
        nodes=nodes,
        per_km=assume["fibre.cost"],
    )
    return unserved, found


def site_table(
    region: Region, unserved: Candidates, found: Chosen, *, people: pd.Series, assume: Assume
) -> pd.DataFrame:
    """The sites chosen, what each serves, costs and draws.

    Returns
    -------
    DataFrame
        Indexed by village where the station stands: ``county, town, lon, lat``; ``people`` (rural people
        that it serves, each counted at one site: the first in the order of those that serve most);
        ``fibre_km`` (its share of the tree), ``alone_km`` (if it were alone), ``capital_wan`` and
        ``running_wan`` (full, not only public money), ``energy_mwh`` a year.
    """
    sites = found.covering.sites
    villages = region.level("village").loc[unserved.villages[sites]]
    share = np.nan_to_num(found.tree.share_km)
    capital = assume["base_station.cost"] + assume["fibre.cost"] * share
    weights = people.reindex(unserved.villages).to_numpy(dtype=np.float64)
    return pd.DataFrame(
        {
            "county": region.county_of(villages.index).to_numpy(),
            "town": villages["parent"].to_numpy(),
            "lon": villages["lon"].to_numpy(),
            "lat": villages["lat"].to_numpy(),
            "people": _served(unserved, sites, weights),
            "fibre_km": share,
            "alone_km": found.tree.alone_km,
            "capital_wan": capital,
            "running_wan": running_wan(assume, capital_wan=capital, stations=np.ones(sites.size)),
            "energy_mwh": assume["base_station.power"] * KWH_A_YEAR / 1000,
        },
        index=villages.index,
    )


def _served(
    unserved: Candidates, sites: npt.NDArray[np.int64], people: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """People at each site, those in reach of several at the one that serves most."""
    table = unserved.covers[:, sites].toarray() > 0
    order = np.argsort(-(people @ table), kind="stable")
    first = order[table[:, order].argmax(axis=1)]
    mine = table.any(axis=1)
    summed = np.bincount(first[mine], weights=people[mine], minlength=sites.size)
    return np.asarray(summed, dtype=np.float64)
