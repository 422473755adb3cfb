"""OpenStreetMap files: what tags mean, where ways are cut, a peer on the same files, broken files."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.base.units import EARTH_RADIUS_KM
from tongqu.data.readers import Roads, read_osm, tobler_kmh
from tongqu.data.readers.tags import PASSABLE_BARRIERS

Write = Any

LINE = {i: (119.0 + i / 100, 29.0) for i in range(8)}
"""Nodes in a row, about 974 m apart."""


def link(roads: Roads, origin: str) -> pd.Series:
    rows = roads.links[roads.links["origin"] == origin]
    assert len(rows) == 1
    return rows.iloc[0]


def one(write: Write, tags: dict[str, str], **more: Any) -> pd.Series:
    """The link of a single way."""
    return link(read_osm(write(LINE, {1: ([0, 1], tags)}, **more)), "w1")


def every(write: Write, cases: Sequence[tuple[Any, ...]]) -> list[pd.Series]:
    """The link of each case, whose tags come first: a way of its own from an even to an odd node."""
    nodes = {i: (119.0 + (i % 2) / 100, 29.0 + i / 1000) for i in range(2 * len(cases))}
    ways = {i + 1: ([2 * i, 2 * i + 1], case[0]) for i, case in enumerate(cases)}
    roads = read_osm(write(nodes, ways))
    return [link(roads, f"w{i + 1}") for i in range(len(cases))]


def test_ways_are_cut_where_they_meet(write_osm: Write) -> None:
    nodes = LINE | {10: (119.02, 29.01)}
    ways = {1: ([0, 1, 2, 3, 4], {"highway": "primary"}), 2: ([10, 2], {"highway": "tertiary"})}
    roads = read_osm(write_osm(nodes, ways))
    ends = set(zip(roads.links["from_node"], roads.links["to_node"], strict=True))
    assert ends == {("n0", "n2"), ("n2", "n4"), ("n10", "n2")}
    assert set(roads.nodes["node"]) == {"n0", "n2", "n4", "n10"}
    assert roads.links["class"].to_list() == ["provincial", "provincial", "township"]


def test_a_way_that_meets_itself_is_cut(write_osm: Write) -> None:
    nodes = {1: (119.0, 29.0), 2: (119.01, 29.0), 3: (119.02, 29.01), 4: (119.02, 28.99)}
    roads = read_osm(write_osm(nodes, {1: ([1, 2, 3, 4, 2], {"highway": "service"})}))
    assert list(zip(roads.links["from_node"], roads.links["to_node"], strict=True)) == [
        ("n1", "n2"),
        ("n2", "n2"),
    ]
    assert roads.report.count("self_loop") == 1


def test_a_point_twice_in_a_row_is_one_point(write_osm: Write) -> None:
    roads = read_osm(write_osm(LINE, {1: ([0, 1, 1, 2], {"highway": "service"})}))
    assert len(roads.links) == 1
    assert len(roads.lines.xy) == 3


def test_lengths_along_the_ellipsoid(write_osm: Write) -> None:
    from pyproj import Geod

    row = one(write_osm, {"highway": "primary"})
    assert row["length_km"] == pytest.approx(
        Geod(ellps="WGS84").inv(119.0, 29.0, 119.01, 29.0)[2] / 1000, abs=1e-9
    )


DIRECTIONS = [
    ({"highway": "primary"}, False, 0),
    ({"highway": "primary", "oneway": "yes"}, True, 0),
    ({"highway": "primary", "oneway": "-1"}, True, 1),
    ({"highway": "motorway"}, True, 0),
    ({"highway": "motorway", "oneway": "no"}, False, 0),
    ({"highway": "motorway_link"}, True, 0),
    ({"highway": "primary", "junction": "roundabout"}, True, 0),
    ({"highway": "primary", "oneway": "reversible"}, False, 0),
]


def test_direction(write_osm: Write) -> None:
    for row, (tags, oneway, first) in zip(every(write_osm, DIRECTIONS), DIRECTIONS, strict=True):
        assert bool(row["oneway"]) is oneway, tags
        assert int(row["from_node"][1:]) % 2 == first, tags
        assert np.isnan(row["minutes_backward"]) == oneway, tags


def test_against_the_line_turns_line_and_limits(write_osm: Write) -> None:
    tags = {"highway": "primary", "oneway": "-1", "maxspeed:forward": "30", "maxspeed:backward": "60"}
    roads = read_osm(write_osm(LINE, {1: ([0, 1, 2], tags)}))
    assert roads.lines.xy[:, 0].tolist() == [119.02, 119.01, 119.0]
    assert roads.links.loc[0, "limit_kmh_forward"] == 60


ACCESS = [
    ({"highway": "primary"}, True, True, True),
    ({"highway": "motorway"}, True, False, True),
    ({"highway": "trunk", "motorroad": "yes"}, True, False, True),
    ({"highway": "primary", "access": "private", "foot": "yes"}, False, True, False),
    ({"highway": "primary", "access": "no", "motor_vehicle": "yes"}, True, False, True),
    ({"highway": "primary", "motor_vehicle": "no"}, False, True, False),
    ({"highway": "primary", "vehicle": "no", "motorcar": "yes"}, True, True, False),
    ({"highway": "primary", "hgv": "no"}, True, True, False),
    ({"highway": "residential", "access": "destination"}, True, True, True),
    ({"highway": "primary", "foot": "use_sidepath"}, True, False, True),
    ({"highway": "footway"}, False, True, False),
    ({"highway": "footway", "access": "yes"}, False, True, False),
    ({"highway": "pedestrian", "motor_vehicle": "destination"}, True, True, False),
    ({"highway": "track"}, False, True, False),
    ({"highway": "track", "tracktype": "grade2"}, True, True, False),
    ({"highway": "track", "tracktype": "grade5"}, False, True, False),
    ({"highway": "track", "tracktype": "grade5", "motor_vehicle": "yes"}, True, True, False),
    ({"highway": "service", "service": "emergency_access"}, False, True, False),
    ({"highway": "living_street"}, True, True, False),
    (
        {"highway": "track", "tracktype": "grade1", "motor_vehicle": "agricultural;forestry"},
        False,
        True,
        False,
    ),
    ({"highway": "service", "access": "no;private", "foot": "yes"}, False, True, False),
    ({"highway": "footway", "motor_vehicle": "agricultural; delivery"}, True, True, False),
]


def test_access(write_osm: Write) -> None:
    for row, (tags, *expected) in zip(every(write_osm, ACCESS), ACCESS, strict=True):
        assert [bool(row[mode]) for mode in ("car", "walk", "freight")] == expected, tags


SPEEDS = [
    ({"highway": "primary"}, 60, "class"),
    ({"highway": "primary", "maxspeed": "50"}, 40, "limit"),
    ({"highway": "primary", "maxspeed": "50 km/h"}, 40, "limit"),
    ({"highway": "primary", "maxspeed": "30 mph"}, 30 * 1.609344 * 0.8, "limit"),
    ({"highway": "primary", "maxspeed": "CN:urban"}, 60, "class"),
    ({"highway": "primary", "maxspeed": "none"}, 60, "class"),
    ({"highway": "primary", "maxspeed": "60", "maxspeed:forward": "40"}, 32, "limit"),
    ({"highway": "primary", "surface": "gravel"}, 45, "class"),
    ({"highway": "tertiary", "surface": "gravel"}, 35 * 0.75, "class"),
    ({"highway": "primary", "maxspeed": "80", "surface": "dirt"}, 30, "limit"),
    ({"highway": "service", "service": "driveway"}, 10, "class"),
]


def test_speed(write_osm: Write) -> None:
    for row, (tags, kmh, source) in zip(every(write_osm, SPEEDS), SPEEDS, strict=True):
        assert row["speed_kmh_forward"] == pytest.approx(kmh), tags
        assert row["speed_from"] == source, tags
        assert row["minutes_forward"] == pytest.approx(row["length_km"] / kmh * 60), tags


def test_limits_that_are_no_number_are_counted(write_osm: Write) -> None:
    tags = {"highway": "primary", "maxspeed": "CN:urban"}
    roads = read_osm(
        write_osm(LINE, {1: ([0, 1], tags), 2: ([1, 2], tags), 3: ([2, 3], tags | {"maxspeed": "walk"})})
    )
    row = roads.report.findings.set_index("finding").loc["limits_unread"]
    assert (row["count"], row["detail"]) == (3, "CN:urban 2, walk 1")


def test_ferries(write_osm: Write) -> None:
    ways = {
        1: ([0, 1, 2], {"route": "ferry", "duration": "0:20"}),
        2: ([2, 3], {"route": "ferry"}),
        3: ([1, 7], {"highway": "footway"}),
    }
    roads = read_osm(write_osm(LINE, ways))
    timed = roads.links[roads.links["origin"] == "w1"]
    assert len(timed) == 2  # the footway cuts it
    assert timed["minutes_forward"].sum() == pytest.approx(20)
    assert timed["walk_minutes_backward"].sum() == pytest.approx(20)
    assert roads.report.count("ferries") == 3
    assert roads.report.count("ferries_assumed") == 1
    assert link(roads, "w2")["speed_kmh_forward"] == 5


def test_tags_of_structures_and_limits(write_osm: Write) -> None:
    tags = {
        "highway": "primary",
        "bridge": "viaduct",
        "tunnel": "no",
        "maxweight": "3500 kg",
        "maxheight": "10'6&quot;",
    }
    row = one(write_osm, tags | {"name": "长虹大桥", "ref": "S220", "surface": "asphalt"})
    assert (bool(row["bridge"]), bool(row["tunnel"])) == (True, False)
    assert row["max_weight_t"] == pytest.approx(3.5)
    assert row["max_height_m"] == pytest.approx(3.2004)
    assert (row["name"], row["ref"], row["surface"]) == ("长虹大桥", "S220", "asphalt")


def test_a_ford_on_a_node_flags_its_link(write_osm: Write) -> None:
    ways = {1: ([0, 1, 2], {"highway": "track"}), 2: ([2, 3], {"highway": "track"})}
    roads = read_osm(write_osm(LINE, ways, {1: {"ford": "yes"}}))
    assert link(roads, "w1")["ford"]
    assert not link(roads, "w2")["ford"]


@pytest.mark.parametrize(
    ("tags", "cuts"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "block"}, True),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "gate", "access": "private", "motor_vehicle": "yes"}, False),
        ({"barrier": "lift_gate"}, False),
        ({"barrier": "bollard", "access": "permissive"}, False),
    ],
)
def test_barriers_stop_cars_not_walkers(write_osm: Write, tags: dict[str, str], cuts: bool) -> None:
    roads = read_osm(write_osm(LINE, {1: ([0, 1, 2], {"highway": "residential"})}, {1: tags}))
    graph = {mode: nx.Graph() for mode in ("car", "walk")}
    for mode, net in graph.items():
        net.add_nodes_from(roads.nodes["node"])
        net.add_edges_from(roads.links.loc[roads.links[mode], ["from_node", "to_node"]].to_numpy().tolist())
    assert nx.has_path(graph["walk"], "n0", "n2")
    assert nx.has_path(graph["car"], "n0", "n2") is not cuts
    assert roads.report.count("barriers") == cuts
    km = roads.lines.length_km().sum()
    assert roads.links["walk_minutes_forward"].sum() == pytest.approx(60 * km / float(tobler_kmh(0.0)))


def test_a_barrier_on_a_crossing_parts_all_cars(write_osm: Write) -> None:
    nodes = LINE | {10: (119.01, 29.01)}
    ways = {1: ([0, 1, 2], {"highway": "residential"}), 2: ([1, 10], {"highway": "residential"})}
    roads = read_osm(write_osm(nodes, ways, {1: {"barrier": "bollard"}}))
    cars = nx.Graph(roads.links.loc[roads.links["car"], ["from_node", "to_node"]].to_numpy().tolist())
    assert nx.number_connected_components(cars) == 3
    assert (roads.links["highway"] == "barrier").sum() == 2


def test_what_is_left_out_is_counted(write_osm: Write) -> None:
    ways = {
        1: ([0, 1], {"highway": "primary"}),
        2: ([1, 2], {"highway": "construction", "construction": "primary"}),
        3: ([1, 2], {"highway": "proposed"}),
        4: ([1, 2, 3, 1], {"highway": "pedestrian", "area": "yes"}),
        5: ([1, 2], {"highway": "raceway"}),
        6: ([1, 2], {"highway": "primary", "access": "no"}),
        7: ([4], {"highway": "primary"}),
        8: ([1, 2], {"waterway": "river"}),
        9: ([1, 2], {"route": "bus"}),
    }
    relations = [{"type": "restriction", "restriction": "no_left_turn"}, {"type": "route"}]
    roads = read_osm(write_osm(LINE, ways, None, relations))
    assert len(roads.links) == 1
    report = roads.report
    expected = {"construction": 2, "area": 1, "unknown_highway": 1, "no_access": 1, "few_points": 1}
    assert {name: report.count(name) for name in expected} == expected
    assert report.count("turn_restrictions") == 1


def test_ways_are_cut_at_missing_nodes(write_osm: Write) -> None:
    ways = {1: ([0, 1, 99, 2, 3], {"highway": "primary"}), 2: ([3, 4], {"highway": "primary"})}
    roads = read_osm(write_osm(LINE, ways))
    assert set(zip(roads.links["from_node"], roads.links["to_node"], strict=True)) == {
        ("n0", "n1"),
        ("n2", "n3"),
        ("n3", "n4"),
    }
    assert roads.report.count("missing_nodes") == 1
    row = roads.report.problems.set_index("rule").loc["missing_nodes"]
    assert (row["link"], row["lon"]) == ("w1", 119.0)


def test_pieces_by_a_slow_way(village: Roads, village_file: Path) -> None:
    """The same cuts by plain loops over the file."""
    places = {
        node.id: (node.lon, node.lat) for node in osmium.FileProcessor(str(village_file), osmium.osm.NODE)
    }
    kept = {int(name[1:]) for name in village.links["origin"] if name.startswith("w")}
    ways = {}
    for way in osmium.FileProcessor(str(village_file), osmium.osm.WAY):
        if way.id in kept:
            ways[way.id] = [node.ref for node in way.nodes]
    runs = []
    for way, refs in ways.items():
        run: list[int] = []
        for ref in [*refs, None]:
            if ref in places:
                run.append(ref)
            else:
                runs += [(way, run)] if len(run) > 1 else []
                run = []
    uses = Counter(ref for _, run in runs for ref in run)
    expected = Counter()
    for way, run in runs:
        last = 0
        for i in range(1, len(run)):
            if uses[run[i]] > 1 or i == len(run) - 1:
                expected[(way, frozenset((run[last], run[i])))] += 1
                last = i
    found = Counter(
        (int(origin[1:]), frozenset((int(start[1:].split("#")[0]), int(end[1:].split("#")[0]))))
        for origin, start, end in village.links[["origin", "from_node", "to_node"]].to_numpy()
        if origin.startswith("w")
    )
    assert found == expected


@pytest.mark.parametrize("name", ["helsinki", "village"])
def test_against_pyrosm(name: str, request: pytest.FixtureRequest) -> None:
    """The same roads, junctions and lengths as pyrosm's network for driving.

    Differences that are meant: pyrosm leaves out service roads, tracks, and footpaths that a tag opens to
    cars; it splits ways at every node where an edge ends, Tongqu at those where roads of any kind meet (so
    also at footways) and at barriers; it measures on a sphere, which at 60° N is short by about 0.27 %.
    """
    import pyrosm

    path, roads = request.getfixturevalue(f"{name}_file"), request.getfixturevalue(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyrosm and what it uses
        theirs = pyrosm.OSM(str(path)).get_network(network_type="driving")
        nodes, edges = pyrosm.OSM(str(path)).get_network(network_type="driving", nodes=True)
    kinds = set(theirs["highway"])
    ours = roads.links[roads.links["car"] & roads.links["highway"].isin(kinds)]
    assert {int(way[1:]) for way in ours["origin"]} == set(theirs["id"]) - dropped(roads, set(theirs["id"]))

    km = ours.groupby("highway")["length_km"].sum()
    other = theirs.groupby("highway")["length"].sum() / 1000
    rounding_km = 0.0005 * theirs.groupby("highway").size()  # pyrosm gives whole metres
    assert (km > other - rounding_km).all()
    assert (km < other * 1.004 + rounding_km).all()
    position = ours.index.to_numpy()
    sphere = sphere_km(roads)[position].sum()
    assert sphere == pytest.approx(other.sum(), rel=1e-3)

    # Junctions of three or more roads are the same nodes, whatever else ways are cut at.
    def junctions(pairs: np.ndarray) -> set[int]:
        graph = nx.MultiGraph(pairs.tolist())
        return {node for node, degree in graph.degree() if degree > 2}

    mine = ours[["from_node", "to_node"]].map(lambda text: int(text[1:].split("#")[0])).to_numpy()
    assert junctions(mine) == junctions(edges[["u", "v"]].to_numpy())
    assert set(mine.ravel()) <= set(nodes["id"])


def dropped(roads: Roads, ways: set[int]) -> set[int]:
    """Ways of which the file has a single node, so that there is no line to keep."""
    return ways - {int(way[1:]) for way in roads.links["origin"] if way.startswith("w")}


def sphere_km(roads: Roads) -> np.ndarray:
    """Lengths by the haversine formula, as pyrosm has them."""
    lon, lat = np.radians(roads.lines.xy).T
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[:-1]) * np.cos(lat[1:]) * np.sin(np.diff(lon) / 2) ** 2
    step = np.append(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)), 0.0)
    step[roads.lines.last] = 0.0
    return np.add.reduceat(step, roads.lines.first)


def test_xml_and_pbf_give_the_same(village: Roads, village_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "same.osm"
    with osmium.SimpleWriter(str(path)) as writer:
        for item in osmium.FileProcessor(str(village_file)):
            writer.add(item)
    again = read_osm(path)
    pd.testing.assert_frame_equal(again.links, village.links)
    pd.testing.assert_frame_equal(again.nodes, village.nodes)
    assert again.origin.licence == "ODbL-1.0"
    assert again.origin.share_alike


def test_helsinki(helsinki: Roads) -> None:
    """Figures of the file, found when the reader was written and explained by it."""
    report = helsinki.report
    assert (report.nodes, report.links) == (len(helsinki.nodes), len(helsinki.links)) == (3183, 4184)
    assert report.km == pytest.approx(88.8, abs=0.05)
    assert report.count("turn_restrictions") == 45
    assert report.count("missing_nodes") == 163
    assert {"trail", "platform"} <= set(
        report.findings.set_index("finding").loc["unknown_highway", "detail"].replace(",", "").split()
    )
    assert not {"steps", "footway"} & set(helsinki.links.loc[helsinki.links["car"], "kind"])
    whole = helsinki.links.groupby("origin")["length_km"].sum()
    assert (whole[whole.index.str.startswith("w")] > 0).all()


def test_the_barriers_that_pass_are_osrms() -> None:
    assert {"gate", "lift_gate", "toll_booth", "border_control"} <= PASSABLE_BARRIERS
    assert not {"bollard", "block", "fence"} & PASSABLE_BARRIERS


def problem_of(path: Path) -> tuple[str, str, str]:
    with pytest.raises(DataError) as caught:
        read_osm(path)
    (problem,) = caught.value.problems
    assert problem.mend
    return problem.file, problem.rule, problem.value


def test_missing_file(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "no.osm.pbf") == ("no.osm.pbf", "missing file", "")


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.osm.pbf"
    path.write_bytes(b"")
    assert problem_of(path) == ("empty.osm.pbf", "the file is empty", "")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_cut_short(village_file: Path, tmp_path: Path, share: float) -> None:
    path = tmp_path / "short.osm.pbf"
    content = village_file.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert problem_of(path)[:2] == ("short.osm.pbf", "the file is cut short")


def test_cut_short_xml(write_osm: Write) -> None:
    path = write_osm(LINE, {1: ([0, 1], {"highway": "primary"})})
    path.write_text(path.read_text("utf-8")[:-30], "utf-8")
    assert problem_of(path)[1] == "the file is cut short"


@pytest.mark.parametrize(
    ("name", "content"), [("a.osm.pbf", b"not a pbf" * 50), ("a.osm", b"hello"), ("a.txt", b"x")]
)
def test_no_osm_file(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert problem_of(path)[1] == "not a readable OpenStreetMap file"


def test_no_roads(write_osm: Write) -> None:
    path = write_osm(LINE, {1: ([0, 1], {"waterway": "river"})})
    assert problem_of(path)[1] == "the file has no roads"


def test_ways_without_their_nodes(write_osm: Write) -> None:
    path = write_osm({}, {1: ([0, 1], {"highway": "primary"}), 2: ([1, 2], {"highway": "primary"})})
    assert problem_of(path)[1:] == ("2 of 2 roads refer to nodes that the file lacks", "way 1")


def test_roads_that_were_drawn_and_not_yet_uploaded(write_osm: Write) -> None:
    nodes = {1: (119.0, 29.0), -2: (119.01, 29.0), -3: (119.02, 29.01)}
    ways = {-4: ([1, -2, -3], {"highway": "tertiary"}), 5: ([1, 99, -3], {"highway": "tertiary"})}
    ways[6] = ([-98, 1, -3], {"highway": "tertiary"})
    roads = read_osm(write_osm(nodes | {7: (119.0, 29.01)}, ways | {8: ([7, 1], {"highway": "primary"})}))
    ends = roads.links.set_index("origin")[["from_node", "to_node"]].agg("-".join, axis=1).to_dict()
    assert ends == {"w-4": "n1-n-3", "w6": "n1-n-3", "w8": "n7-n1"}
    assert roads.lines.xy[:3].tolist() == [[119.0, 29.0], [119.01, 29.0], [119.02, 29.01]]
    assert roads.report.count("missing_nodes") == 2


def test_a_ferry_that_takes_no_time_is_assumed(write_osm: Write) -> None:
    roads = read_osm(write_osm(LINE, {1: ([0, 1], {"route": "ferry", "duration": "0:00"})}))
    assert roads.links.loc[0, "speed_from"] == "class"
    assert roads.report.count("ferries_assumed") == 1


@pytest.mark.parametrize(
    ("good", "bad"), [("ref='1'", "ref='#'"), ("id='1' lon", "id='x' lon"), ("lon='119.01'", "lon='east'")]
)
def test_ids_and_places_that_are_none(write_osm: Write, good: str, bad: str) -> None:
    path = write_osm(LINE, {1: ([0, 1], {"highway": "primary"})})
    path.write_text(path.read_text("utf-8").replace(good, bad, 1), "utf-8")
    assert problem_of(path)[1] == "not a readable OpenStreetMap file"


def test_deleted_ways_are_counted(write_osm: Write) -> None:
    path = write_osm(LINE, {1: ([0, 1], {"highway": "primary"}), 2: ([1, 2], {"highway": "primary"})})
    path.write_text(path.read_text("utf-8").replace("<way id='2'", "<way id='2' visible='false'"), "utf-8")
    roads = read_osm(path)
    assert roads.links["origin"].to_list() == ["w1"]
    findings = roads.report.findings.set_index("finding")
    assert findings.loc["unknown_highway", ["count", "detail"]].to_list() == [1, "deleted 1"]
