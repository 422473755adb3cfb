"""Where the towns of a county stand: supply, labour and minutes between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from tongqu.contracts import Assume, State
from tongqu.data import Region
from tongqu.methods.roads import road_network
from tongqu.methods.siting import labour_within, site_plants
from tongqu.methods.travel import minutes_matrix

__all__ = ["Towns", "road_minutes", "site_of", "towns_of"]

Floats = npt.NDArray[np.float64]

ROAD_MINUTES: Final = {"township": 5.0, "village": 10.0}
"""What a site whose best road is of such a class counts in minutes of haulage (assumed); others count 0."""


@dataclass(frozen=True, eq=False)
class Towns:
    """Towns of a region with a road node.

    Parameters
    ----------
    table : DataFrame
        Columns ``name, name_en, county, node, lon, lat``, indexed by town.
    minutes : numpy.ndarray of float
        By car from town to town, shape (towns, towns); inf where there is no way.
    rural, working : numpy.ndarray of float
        Rural people, among whom the harvest is shared out, and people of working age, shape (towns,).
    road : numpy.ndarray of float
        Minutes that the best road at the node counts, shape (towns,).
    """

    table: pd.DataFrame
    minutes: Floats
    rural: Floats
    working: Floats
    road: Floats

    def of(self, county: str) -> npt.NDArray[np.intp]:
        """Positions of the towns of a county."""
        return np.flatnonzero((self.table["county"] == county).to_numpy())

    def supply(self, county: str) -> Floats:
        """Share of the county's harvest in each of its towns; by rural people, which is modelled."""
        rural = self.rural[self.of(county)]
        whole = rural.sum()
        return np.asarray(rural / whole) if whole > 0 else np.full(len(rural), 1 / max(len(rural), 1))


def towns_of(region: Region, state: State) -> Towns:
    """The towns with the roads and people of a state."""
    towns, villages = region.level("town"), region.level("village")
    seat = towns["seat"].map(villages["node"]).fillna(towns["node"])
    table = towns[["name", "name_en", "lon", "lat"]].assign(
        county=region.county_of(towns.index).to_numpy(), node=seat
    )
    table = table[table["node"].notna() & table["county"].notna()]
    network = road_network(region["nodes"], region["links"], minutes=state["links.minutes"])
    place = network.locate(table["node"])
    town = region.ancestor(villages.index, level="town").to_numpy()
    rural, working = (
        state[name].reindex(villages.index).groupby(town).sum().reindex(table.index).fillna(0.0)
        for name in ("people.rural", "people.working")
    )
    return Towns(
        table=table,
        minutes=np.asarray(minutes_matrix(network, origins=place, targets=place), dtype=np.float64),
        rural=rural.to_numpy(dtype=np.float64),
        working=working.to_numpy(dtype=np.float64),
        road=road_minutes(region, table["node"]),
    )


def site_of(towns: Towns, county: str, *, supply: Floats, assume: Assume) -> int:
    """Position of the town of a county where a plant for this supply goes."""
    mine = towns.of(county)
    minutes = towns.minutes[np.ix_(mine, mine)]
    labour = labour_within(towns.minutes[:, mine], towns.working, limit=assume["industry.labour_limit"])
    found = site_plants(
        minutes,
        supply,
        count=1,
        labour=labour,
        labour_minutes=assume["industry.labour_minutes"],
        road_minutes=towns.road[mine],
    )
    return int(mine[found.sites[0]])


def road_minutes(region: Region, nodes: pd.Series) -> Floats:
    """Minutes of haulage that the best road at each node counts, by `ROAD_MINUTES`."""
    links, rank = region["links"], region["road_classes"].set_index("class")["rank"]
    kind = links["class"].astype("str")
    ends = pd.DataFrame(
        {
            "node": pd.concat([links["from_node"], links["to_node"]]),
            "class": pd.concat([kind, kind]),
        }
    )
    ends["rank"] = ends["class"].map(rank)
    best = ends.sort_values("rank").drop_duplicates("node").set_index("node")["class"]
    return np.asarray(nodes.map(best).map(ROAD_MINUTES).fillna(0.0), dtype=np.float64)
