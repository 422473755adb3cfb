"""The modelled road network: a proximity graph over the villages with a backbone of known routes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from quzhou import raw
from quzhou.places import SEAT_TOWN, Places

SPEED_KMH = {
    "expressway": 100.0,
    "national": 70.0,
    "provincial": 60.0,
    "county": 45.0,
    "township": 35.0,
    "village": 25.0,
}
DETOUR_PLAIN, DETOUR_MOUNTAIN = 1.2, 1.7  # road length over straight distance (assumed)
EXPRESSWAY_DETOUR = 1.12
LOWLAND_M, LOWLAND_KM = 160.0, 4.0  # below and within these, the denser (Gabriel) graph is kept
STEEP_DETOUR = 1.66  # beyond it a relation over the ridge has a road only if nothing else connects
OUTSIDE_DEGREES = 0.006  # a local road may run this far outside the (simplified) outline of the city
SPANNER_ROUNDS = 4
SPANNER_KM = 14.0  # roads over a ridge longer than this are not taken to exist
SPANNER = 2.2  # a relation whose way round is this many times as long has a road of its own
TOWN_PAIR_KM = 15.0  # neighbouring towns nearer than this have a direct road
WEAK_SHARE, WEAKEST_SHARE = 0.40, 0.15  # towns whose way to the county seat is in part below county class
WEAKEST_BUILT = 0.5  # share of the weakest towns' own way, from the county seat on, that is of township class
HIGHLAND_M = 260.0  # above it the road between neighbouring towns stays a village road
# Towns on the expressways and national roads, in order; only towns that the routes are known to serve.
EXPRESSWAYS = {
    "G60 沪昆高速": (
        "330825101",
        "330825102",
        "330803002",
        "330802213",
        "330822108",
        "330822001",
        "330822104",
    ),
    "G3 京台高速": (
        "330824116",
        "330824000",
        "330824115",
        "330822001",
        "330881121",
        "330881119",
        "330881112",
    ),
    "龙丽高速": ("330825102", "330825109"),
}
NATIONAL = {
    "G320": (
        "330825101", "330825001", "330825106", "330803001", "330802006",
        "330803112", "330803111", "330881001", "330881121",
    ),
    "G205": (
        "330824109", "330824116", "330824000", "330824115", "330822001",
        "330881001", "330881003", "330881119", "330881207", "330881112",
    ),
}  # fmt: skip
PROVINCIAL = (
    ("330802006", "330822001"),
    ("330802006", "330803115", "330803100"),
    ("330825001", "330825109"),
    ("330825001", "330825110"),
    ("330802006", "330803114", "330825001"),
    ("330824000", "330824108"),
)


def _detour(places: pd.DataFrame, start: np.ndarray, end: np.ndarray, straight: raw.Floats) -> raw.Floats:
    """Road length over straight distance: grows with the rise, with a ridge between, and with height."""
    height = places["elevation_m"].to_numpy()
    middle = places[["lon", "lat"]].to_numpy()[start] / 2 + places[["lon", "lat"]].to_numpy()[end] / 2
    ridge = raw.elevation(middle[:, 0], middle[:, 1]) - np.maximum(height[start], height[end])
    rise = np.abs(height[start] - height[end]) / np.maximum(straight, 1.0)
    mean = (height[start] + height[end]) / 2
    rough = rise / 90 + np.clip(ridge, 0, None) / 60 + np.clip(mean - 100, 0, None) / 500
    return DETOUR_PLAIN + (DETOUR_MOUNTAIN - DETOUR_PLAIN) * np.clip(rough, 0, 1)


def proximity(points: raw.Floats) -> pd.DataFrame:
    """Edges of the Gabriel graph, with `relative` where they are in the relative neighbourhood graph too."""
    triangles = Delaunay(points).simplices
    edges = np.unique(np.sort(triangles[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1), axis=0)
    tree = cKDTree(points)
    middle = points[edges].mean(axis=1)
    length = np.hypot(*(points[edges[:, 0]] - points[edges[:, 1]]).T)
    gabriel = tree.query(middle)[0] >= length / 2 - 1e-9
    edges, middle, length = edges[gabriel], middle[gabriel], length[gabriel]
    relative = np.ones(len(edges), bool)
    for k, near in enumerate(tree.query_ball_point(middle, length * 0.87)):
        others = points[np.setdiff1d(near, edges[k])]
        apart = np.stack([np.hypot(*(others - points[end]).T) for end in edges[k]])
        relative[k] = not (apart.max(axis=0) < length[k] - 1e-9).any()
    return pd.DataFrame({"start": edges[:, 0], "end": edges[:, 1], "relative": relative})


def _graph(edges: pd.DataFrame, cost: raw.Floats, size: int) -> csr_array:
    """Costs as a symmetric sparse matrix."""
    both = np.concatenate([edges[["start", "end"]].to_numpy(), edges[["end", "start"]].to_numpy()])
    return coo_array((np.tile(cost, 2), (both[:, 0], both[:, 1])), shape=(size, size)).tocsr()


def _inside(edges: pd.DataFrame, villages: pd.DataFrame, outlines: pd.DataFrame) -> np.ndarray:
    """Which edges stay within the city, a margin allowed: its neighbours' roads are not modelled."""
    city = shapely.buffer(shapely.union_all(outlines["geometry"].to_list()), OUTSIDE_DEGREES)
    shapely.prepare(city)
    ends = villages[["lon", "lat"]].to_numpy()[edges[["start", "end"]].to_numpy()]
    return shapely.covers(city, shapely.linestrings(ends))


def base_edges(places: Places) -> pd.DataFrame:
    """Edges of the local network with their length in km: connected, dense in the plain, sparse over ridges.

    In the mountains a relation without a road gets one where the way round is far too long, shortest first.
    """
    villages = places.villages
    edges = proximity(raw.to_km(villages["lon"], villages["lat"]))
    edges = edges[_inside(edges, villages, places.outlines)].reset_index(drop=True)
    start, end = edges["start"].to_numpy(), edges["end"].to_numpy()
    lon, lat, height = (villages[c].to_numpy() for c in ("lon", "lat", "elevation_m"))
    straight = raw.great_circle_km(lon[start], lat[start], lon[end], lat[end])
    detour = _detour(villages, start, end, straight)
    edges = edges.assign(length_km=straight * detour, height=(height[start] + height[end]) / 2)
    tree = minimum_spanning_tree(_graph(edges, edges["length_km"].to_numpy(), len(villages))).tocoo()
    kept = {tuple(sorted(pair)) for pair in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    in_tree = np.array([pair in kept for pair in zip(start.tolist(), end.tolist(), strict=True)])
    plain = (edges["height"] < LOWLAND_M) & (edges["length_km"] < LOWLAND_KM)
    keep = (in_tree | (edges["relative"] & (detour < STEEP_DETOUR)) | plain).to_numpy()
    for _ in range(SPANNER_ROUNDS):
        keep = keep | _too_far_round(edges, keep, len(villages))
    return edges[keep].reset_index(drop=True)


def _too_far_round(edges: pd.DataFrame, keep: np.ndarray, size: int) -> np.ndarray:
    """Which edges to add to those kept: at each end, the one with the longest way round for its length."""
    length = edges["length_km"].to_numpy()
    network = dijkstra(_graph(edges[keep], length[keep], size))
    round_ = network[edges["start"], edges["end"]] / length
    row = np.arange(len(edges))
    wanted = edges.assign(round=round_, row=row)[~keep & (round_ > SPANNER) & (length < SPANNER_KM)]
    wanted = wanted.sort_values(["round", "row"], ascending=[False, True])
    return np.isin(row, wanted[~wanted["start"].duplicated() & ~wanted["end"].duplicated()]["row"])


class Network:
    """Edges with a class each, and the search for paths that prefers roads already classed."""

    def __init__(self, edges: pd.DataFrame, size: int) -> None:
        """Start with every edge a village road."""
        self.edges = edges.assign(**{"class": "village", "name": None})
        self.size = size
        self.index = {
            pair: k for k, pair in enumerate(zip(edges["start"].tolist(), edges["end"].tolist(), strict=True))
        }

    def path(self, start: int, end: int) -> list[int]:
        """Row numbers of the edges on the quickest way, from its end to its start."""
        hours = self.edges["length_km"] / self.edges["class"].map(SPEED_KMH) ** 0.7
        before = dijkstra(
            _graph(self.edges, hours.to_numpy(), self.size), indices=start, return_predecessors=True
        )[1]
        rows = []
        while end != start:
            rows.append(self.index[min(end, before[end]), max(end, before[end])])
            end = int(before[end])
        return rows

    def unclassed(self, rows: list[int]) -> list[int]:
        """Those of the rows that are still village roads."""
        return [k for k in rows if self.edges.loc[k, "class"] == "village"]

    def upgrade(self, rows: list[int], road: str, name: str | None = None) -> None:
        """Class the village roads among the rows; roads classed already keep theirs."""
        open_ = self.unclassed(rows)
        self.edges.loc[open_, "class"] = road
        if name:
            self.edges.loc[open_, "name"] = name


def weak_towns(towns: pd.DataFrame) -> pd.Series:
    """Towns by the strength of their way to the county seat: 2 good, 1 weak, 0 weakest (high and far)."""
    seat = towns.loc[towns["county"].map(SEAT_TOWN)]
    far = raw.great_circle_km(towns["lon"], towns["lat"], seat["lon"], seat["lat"])
    score = far / 20 + towns["elevation_m"] / 200 + raw.random(4).uniform(0, 0.6, len(towns))
    score = score.mask(towns["kind"] == "街道", 0)
    rank = score.rank(pct=True)
    return pd.Series(
        np.select([rank > 1 - WEAKEST_SHARE, rank > 1 - WEAK_SHARE], [0, 1], 2), index=towns.index
    )


def classify(places: Places, network: Network) -> None:
    """Class the network from the top down: national, provincial, county, township; the rest stays village."""
    towns = places.towns
    at = dict(zip(towns.index, places.villages.index.get_indexer(towns["seat"]), strict=True))
    for name, route in NATIONAL.items():
        for a, b in pairwise(route):
            network.upgrade(network.path(at[a], at[b]), "national", name)
    for route in PROVINCIAL:
        for a, b in pairwise(route):
            network.upgrade(network.path(at[a], at[b]), "provincial")
    strength = weak_towns(towns)
    for level, road, share in ((2, "county", 1.0), (1, "township", 1.0), (0, "township", WEAKEST_BUILT)):
        for town in towns.index[strength == level]:
            open_ = network.unclassed(network.path(at[town], at[SEAT_TOWN[towns.loc[town, "county"]]]))
            network.upgrade(open_[: round(share * len(open_))], road)
    triangles = Delaunay(raw.to_km(towns["lon"], towns["lat"])).simplices
    pairs = np.unique(np.sort(triangles[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1), axis=0)
    for a, b in towns.index.to_numpy()[pairs]:
        ends = towns.loc[[a, b]]
        if raw.great_circle_km(*ends.iloc[0][["lon", "lat"]], *ends.iloc[1][["lon", "lat"]]) > TOWN_PAIR_KM:
            continue
        if strength[[a, b]].min() == 0 or ends["elevation_m"].max() > HIGHLAND_M:
            continue
        network.upgrade(network.path(at[a], at[b]), "township")


def expressways(places: Places) -> pd.DataFrame:
    """Links of the expressways between the towns where they have an entrance."""
    towns = places.towns
    legs = [(name, a, b) for name, route in EXPRESSWAYS.items() for a, b in pairwise(route)]
    frame = pd.DataFrame(legs, columns=["name", "a", "b"])
    one, two = towns.loc[frame["a"]], towns.loc[frame["b"]]
    straight = raw.great_circle_km(one["lon"], one["lat"], two["lon"], two["lat"])
    return pd.DataFrame(
        {
            "from_node": one["node"].to_numpy(),
            "to_node": two["node"].to_numpy(),
            "class": "expressway",
            "length_km": straight * EXPRESSWAY_DETOUR,
            "name": frame["name"],
        }
    )


def build(places: Places) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The nodes and links tables; every row is modelled."""
    villages = places.villages
    network = Network(base_edges(places), len(villages))
    classify(places, network)
    edges = network.edges
    node = villages["node"].to_numpy()
    local = edges.assign(from_node=node[edges["start"]], to_node=node[edges["end"]])
    links = pd.concat([expressways(places), local.sort_values(["from_node", "to_node"])], ignore_index=True)
    links["link"] = [f"r{k:05d}" for k in range(1, len(links) + 1)]
    links = links.assign(length_km=links["length_km"].round(2).clip(lower=0.05), oneway=False)
    nodes = villages[["node", "lon", "lat", "elevation_m"]].reset_index(drop=True)
    return (
        nodes.assign(modelled=True, source="model:roads").sort_values("node"),
        links.assign(modelled=True, source="model:roads").sort_values("link"),
    )


def minutes_to(nodes: pd.DataFrame, links: pd.DataFrame, targets: list[str]) -> pd.Series:
    """Driving minutes from each node to the nearest target, at the speeds of the classes."""
    order = pd.Index(nodes["node"])
    minutes = 60 * links["length_km"] / links["class"].map(SPEED_KMH)
    pairs = pd.DataFrame(
        {
            "start": order.get_indexer(links["from_node"]),
            "end": order.get_indexer(links["to_node"]),
            "minutes": minutes,
        }
    )
    # Two links may join one pair of nodes (an expressway beside a road): the quicker counts.
    pairs[["start", "end"]] = np.sort(pairs[["start", "end"]].to_numpy(), axis=1)
    pairs = pairs.groupby(["start", "end"], as_index=False)["minutes"].min()
    graph = _graph(pairs, pairs["minutes"].to_numpy(), len(order))
    if connected_components(graph)[0] != 1:
        raise ValueError("the road network is not connected")
    return pd.Series(dijkstra(graph, indices=order.get_indexer(targets), min_only=True), index=order)
