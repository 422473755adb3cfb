"""Places on the network: brute force over all links, and links cut where places are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.data.crs import geodesic_m, to_plane
from tongqu.data.readers import Lines, Origin, Roads, assemble, snap


@pytest.fixture(scope="module")
def places(helsinki: Roads) -> tuple[np.ndarray, np.ndarray]:
    """200 random places in and around Helsinki's network."""
    random = np.random.default_rng(20)
    low, high = helsinki.lines.xy.min(axis=0) - 0.002, helsinki.lines.xy.max(axis=0) + 0.002
    return random.uniform(low[0], high[0], 200), random.uniform(low[1], high[1], 200)


def street(**columns: object) -> Roads:
    """One straight street of about 974 m, two-way, along a parallel."""
    nodes = pd.DataFrame(
        {"node": ["a", "b"], "lon": [119.0, 119.01], "lat": [29.0, 29.0], "elevation_m": [10.0, 50.0]}
    )
    links = pd.DataFrame({"origin": ["1"], "from_node": ["a"], "to_node": ["b"], "kind": ["tertiary"]})
    lines = Lines(nodes[["lon", "lat"]].to_numpy(), np.array([0, 2]))
    return assemble(nodes, links.assign(**columns), lines=lines, origin=Origin("made", "table"))


@pytest.mark.parametrize("access", ["car", "walk"])
def test_links_by_brute_force(helsinki: Roads, places: tuple[np.ndarray, np.ndarray], access: str) -> None:
    found = snap(*places, roads=helsinki, access=access, limit_m=100)  # type: ignore[arg-type]
    use = np.flatnonzero(helsinki.links[access])
    low, high = helsinki.lines.xy.min(axis=0), helsinki.lines.xy.max(axis=0)
    centre = tuple((low + high) / 2)
    flat = np.column_stack(to_plane(*helsinki.lines.xy.T, centre=centre))
    lines = shapely.linestrings(flat, indices=helsinki.lines.line)[use]
    points = shapely.points(np.column_stack(to_plane(*places, centre=centre)))
    every = shapely.distance(points[:, None], lines[None, :])
    np.testing.assert_allclose(found.distance_m, every.min(axis=1), atol=1e-6)
    np.testing.assert_array_equal(found.beyond, every.min(axis=1) > 100)
    assert found.far == found.beyond.sum()
    ground = geodesic_m(lon1=places[0], lat1=places[1], lon2=found.lon, lat2=found.lat)
    np.testing.assert_allclose(found.distance_m, ground, rtol=1e-4, atol=1e-3)
    assert helsinki.links.set_index("link").loc[found.link, access].all()


def test_nodes_by_brute_force(helsinki: Roads, places: tuple[np.ndarray, np.ndarray]) -> None:
    found = snap(*places, roads=helsinki, to="node")
    cars = helsinki.links[helsinki.links["car"]]
    nodes = helsinki.nodes[helsinki.nodes["node"].isin([*cars["from_node"], *cars["to_node"]])]
    shape = (len(places[0]), len(nodes))
    ends = {
        "lon1": np.broadcast_to(places[0][:, None], shape),
        "lat1": np.broadcast_to(places[1][:, None], shape),
        "lon2": np.broadcast_to(nodes["lon"].to_numpy(), shape),
        "lat2": np.broadcast_to(nodes["lat"].to_numpy(), shape),
    }
    every = geodesic_m(**{name: values.ravel() for name, values in ends.items()}).reshape(shape)
    np.testing.assert_allclose(found.distance_m, every.min(axis=1), rtol=1e-4)
    assert (found.link == "").all()
    assert set(found.node) <= set(nodes["node"])


def test_inserted_nodes(helsinki: Roads, places: tuple[np.ndarray, np.ndarray]) -> None:
    found = snap(*places, roads=helsinki, insert=True)
    changed = found.roads
    assert changed.links["length_km"].sum() == pytest.approx(helsinki.links["length_km"].sum())
    assert changed.links["link"].is_unique
    assert changed.nodes["node"].is_unique
    at = changed.nodes.set_index("node").loc[found.node]
    off = geodesic_m(lon1=at["lon"], lat1=at["lat"], lon2=found.lon, lat2=found.lat)
    assert off.max() < 1.01  # a place within a metre of a junction takes the junction
    again = snap(*places, roads=changed, to="node")
    np.testing.assert_allclose(again.distance_m, found.distance_m, atol=1.02)
    for access in ("car", "walk"):
        km = [net.links.loc[net.links[access], "length_km"].sum() for net in (helsinki, changed)]
        assert km[0] == pytest.approx(km[1])
    minutes = [net.links["minutes_forward"].sum() for net in (helsinki, changed)]
    assert minutes[0] == pytest.approx(minutes[1], rel=1e-3)  # heights of a few nodes make slopes
    assert snap(*places, roads=helsinki).roads is helsinki


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.floats(-0.2, 1.2), st.floats(-300, 300)), min_size=1, max_size=5))
def test_on_one_street(drawn: list[tuple[float, float]]) -> None:
    lon = np.array([119 + 0.01 * share for share, _ in drawn])
    lat = np.array([29 + off / 110_850 for _, off in drawn])
    roads = street()
    found = snap(lon, lat, roads=roads, limit_m=150, insert=True)
    share = np.clip([share for share, _ in drawn], 0, 1)
    np.testing.assert_allclose(found.fraction, share, atol=1e-3)
    assert found.roads.links["length_km"].sum() == pytest.approx(roads.links["length_km"].sum())
    chain = found.roads.links
    assert chain["to_node"].to_list()[:-1] == chain["from_node"].to_list()[1:]
    ends = found.fraction * roads.links["length_km"].iloc[0] * 1000
    near_start, near_end = ends <= 1, ends >= roads.links["length_km"].iloc[0] * 1000 - 1
    assert (found.node[near_start] == "a").all()
    assert (found.node[near_end & ~near_start] == "b").all()
    assert not set(found.node[~near_start & ~near_end]) & {"a", "b"}


def test_two_places_at_one_spot_share_a_node() -> None:
    found = snap([119.005, 119.005], [29.001, 29.001], roads=street(), insert=True)
    assert found.node.tolist() == ["s1", "s1"]
    assert len(found.roads.links) == 2
    assert found.roads.links["link"].to_list() == ["1-1", "1-2"]
    assert found.roads.nodes.set_index("node").loc["s1", "elevation_m"] == pytest.approx(30)


def test_given_lengths_and_minutes_are_shared() -> None:
    roads = street(length_km=[2.0], given_minutes=[8.0])
    found = snap([119.0025], [29.0], roads=roads, insert=True)
    assert found.roads.links["length_km"].to_list() == pytest.approx([0.5, 1.5], abs=1e-3)
    assert found.roads.links["minutes_forward"].to_list() == pytest.approx([2.0, 6.0], abs=1e-2)


def test_places_without_a_position() -> None:
    with pytest.raises(DataError, match="a place without a position") as caught:
        snap([119.0, np.nan, 500.0], [29.0, 29.0, 29.0], roads=street())
    assert "2 of 3 places" in caught.value.problems[0].mend


def test_no_road_for_cars() -> None:
    with pytest.raises(DataError, match="no link is open to car"):
        snap([119.0], [29.0], roads=street(car=[False]))


def test_pieces_have_ids_of_their_own() -> None:
    nodes = pd.DataFrame({"node": ["a", "b", "c"], "lon": [119.0, 119.01, 119.02], "lat": [29.0] * 3})
    links = pd.DataFrame({"from_node": ["a", "b"], "to_node": ["b", "c"], "kind": "tertiary"})
    lines = Lines(nodes[["lon", "lat"]].to_numpy()[[0, 1, 1, 2]], np.array([0, 2, 4]))
    origin = Origin("made", "table")
    roads = assemble(nodes, links.assign(origin=["x", "x-1"]), lines=lines, origin=origin)
    names = snap([119.005], [29.0], roads=roads, insert=True).roads.links["link"]
    assert names.to_list() == ["x--1", "x--2", "x-1"]
