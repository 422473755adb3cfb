"""Bus service of today by rule: lines from county seats to town seats, and some on to villages."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from quzhou import roads
from quzhou.places import SEAT_TOWN, Places

PEOPLE_PER_TRIP = 2_500  # people of a town for each trip a day of its line (assumed)
TOWN_TRIPS = (4, 30)  # fewest and most trips a day of a town's line (assumed)
CITY_TRIPS = 40  # trips a day in the towns of county seats, which have city buses (assumed)
WALK_KM = 2.0  # a stop no farther than this by road counts as access in the "bus to every village" programme
VILLAGE_SHARE = (
    0.45  # of the rural villages of a county have trips; the nation's plan is 0.55 by 2027 (assumed)
)
VILLAGE_TRIPS = ((1_000, 2), (2_000, 4), (10**9, 6))  # trips a day of a village line: people below, trips


def _both_ways(edges: pd.DataFrame, cost: str, size: int) -> csr_array:
    """Costs as a symmetric sparse matrix."""
    start, end, value = (np.tile(edges[name], 2) for name in ("start", "end", cost))
    start[len(edges) :], end[len(edges) :] = edges["end"], edges["start"]
    return csr_array((value, (start, end)), shape=(size, size))


def _even(trips: np.ndarray) -> np.ndarray:
    """Whole even numbers of trips."""
    return (2 * np.round(trips / 2)).astype(int)


class _Roads:
    """Ways and walks along the modelled roads; nodes in the order of the villages."""

    def __init__(self, places: Places, links: pd.DataFrame) -> None:
        order = pd.Index(places.villages["node"])
        local = links[links["class"] != "expressway"]
        ends = {
            "start": order.get_indexer(local["from_node"]),
            "end": order.get_indexer(local["to_node"]),
        }
        edges = pd.DataFrame(ends).assign(
            km=local["length_km"].to_numpy(),
            minutes=(60 * local["length_km"] / local["class"].map(roads.SPEED_KMH)).to_numpy(),
        )
        edges[["start", "end"]] = np.sort(edges[["start", "end"]].to_numpy(), axis=1)
        edges = edges.sort_values(["minutes", "km"]).drop_duplicates(["start", "end"])
        self.minutes = _both_ways(edges, "minutes", len(order))
        self.km = _both_ways(edges, "km", len(order))

    def ways(self, hub: int, ends: np.ndarray) -> list[list[int]]:
        """Nodes of the quickest way from a hub to each end."""
        _, before = dijkstra(self.minutes, indices=hub, return_predecessors=True)
        found = []
        for end in ends:
            way = [int(end)]
            while way[-1] != hub:
                way.append(int(before[way[-1]]))
            found.append(way[::-1])
        return found


def _trips_at_stops(places: Places, network: _Roads) -> np.ndarray:
    """Trips a day that call at each village by the lines of towns and the city buses of county seats."""
    towns, villages = places.towns, places.villages
    people = villages.groupby("town")["people"].sum().reindex(towns.index)
    trips = _even(np.clip(people.to_numpy() / PEOPLE_PER_TRIP, *TOWN_TRIPS))
    seat = villages.index.get_indexer(towns["seat"])
    calls = np.zeros(len(villages), dtype=int)
    for county, own in towns.groupby("county"):
        rows = towns.index.get_indexer(own.index)
        hub = seat[towns.index.get_loc(SEAT_TOWN[str(county)])]
        for row, way in zip(rows, network.ways(int(hub), seat[rows]), strict=True):
            calls[way] += trips[row]
    central = villages["town"].isin(list(SEAT_TOWN.values())) & (villages["residence"] == "urban")
    return np.where(central, np.maximum(calls, CITY_TRIPS), calls)


def _village_lines(places: Places, network: _Roads, calls: np.ndarray) -> np.ndarray:
    """The trips with lines from town seats to the largest villages without one, until the share is met."""
    villages = places.villages
    seat = villages.index.get_indexer(places.towns["seat"].loc[villages["town"]])
    people = villages["people"].to_numpy()
    own = np.select([people < limit for limit, _ in VILLAGE_TRIPS], [trips for _, trips in VILLAGE_TRIPS])
    rural = (villages["residence"] == "rural").to_numpy()
    calls = calls.copy()
    for _, mine in villages.groupby("county"):
        rows = villages.index.get_indexer(mine.index)
        rows = rows[rural[rows]]
        for row in rows[np.argsort(-people[rows], kind="stable")]:
            served = _near(network, calls)[0][rows] > 0
            if served.mean() >= VILLAGE_SHARE:
                break
            if not served[np.flatnonzero(rows == row)[0]]:
                calls[network.ways(int(seat[row]), np.array([row]))[0]] += own[row]
    return calls


def _near(network: _Roads, calls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trips a day at the nearest stop of each village, and the kilometres to it; 0 beyond the walk."""
    stops = np.flatnonzero(calls > 0)
    km, _, source = dijkstra(
        network.km, indices=stops, min_only=True, return_predecessors=True, limit=WALK_KM
    )
    near = np.isfinite(km)
    return np.where(near, calls[np.where(near, source, 0)], 0), np.where(near, km, np.nan)


def build(places: Places, links: pd.DataFrame) -> pd.DataFrame:
    """The village_buses table; every row is modelled."""
    network = _Roads(places, links)
    calls = _village_lines(places, network, _trips_at_stops(places, network))
    trips, km = _near(network, calls)
    table = pd.DataFrame(
        {
            "unit": places.villages.index,
            "trips": trips,
            "walk_m": np.where(trips > 0, np.round(km * 100) * 10, np.nan),
            "on_demand": False,
            "modelled": True,
            "source": "model:buses",
        }
    )
    return table.sort_values("unit", ignore_index=True)
