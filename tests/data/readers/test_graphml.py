"""GraphML as OSMnx saves it: a small sample of its format, a round trip, broken files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import shapely

from tongqu.base import DataError
from tongqu.data import to_local
from tongqu.data.readers import Roads, read_graphml

SAMPLE = """<?xml version='1.0' encoding='utf-8'?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d20" for="edge" attr.name="geometry" attr.type="string"/>
  <key id="d19" for="edge" attr.name="lanes" attr.type="string"/>
  <key id="d18" for="edge" attr.name="bridge" attr.type="string"/>
  <key id="d17" for="edge" attr.name="maxspeed" attr.type="string"/>
  <key id="d13" for="edge" attr.name="length" attr.type="string"/>
  <key id="d12" for="edge" attr.name="reversed" attr.type="string"/>
  <key id="d11" for="edge" attr.name="oneway" attr.type="string"/>
  <key id="d10" for="edge" attr.name="name" attr.type="string"/>
  <key id="d9" for="edge" attr.name="highway" attr.type="string"/>
  <key id="d8" for="edge" attr.name="osmid" attr.type="string"/>
  <key id="d6" for="node" attr.name="street_count" attr.type="string"/>
  <key id="d5" for="node" attr.name="x" attr.type="string"/>
  <key id="d4" for="node" attr.name="y" attr.type="string"/>
  <key id="d3" for="graph" attr.name="simplified" attr.type="string"/>
  <key id="d2" for="graph" attr.name="crs" attr.type="string"/>
  <key id="d1" for="graph" attr.name="created_with" attr.type="string"/>
  <key id="d0" for="graph" attr.name="created_date" attr.type="string"/>
  <graph edgedefault="directed">
    <data key="d0">2025-01-01 00:00:00</data>
    <data key="d1">OSMnx 2.0.0</data>
    <data key="d2">epsg:4326</data>
    <data key="d3">True</data>
    <node id="101"><data key="d4">29.0</data><data key="d5">119.0</data><data key="d6">3</data></node>
    <node id="102"><data key="d4">29.0</data><data key="d5">119.01</data><data key="d6">3</data></node>
    <node id="103"><data key="d4">29.01</data><data key="d5">119.01</data><data key="d6">1</data></node>
    <edge source="101" target="102" id="0">
      <data key="d8">[11, 12]</data><data key="d9">['primary', 'secondary']</data>
      <data key="d10">['甲路', '乙路']</data><data key="d11">False</data><data key="d12">[False, True]</data>
      <data key="d13">1200.5</data><data key="d17">['60', '40']</data><data key="d18">yes</data>
      <data key="d20">LINESTRING (119 29, 119.005 29.003, 119.01 29)</data>
    </edge>
    <edge source="102" target="101" id="0">
      <data key="d8">[12, 11]</data><data key="d9">['primary', 'secondary']</data>
      <data key="d10">['甲路', '乙路']</data><data key="d11">False</data><data key="d12">[True, False]</data>
      <data key="d13">1200.5</data><data key="d17">['60', '40']</data><data key="d18">yes</data>
      <data key="d20">LINESTRING (119.01 29, 119.005 29.003, 119 29)</data>
    </edge>
    <edge source="102" target="103" id="0">
      <data key="d8">13</data><data key="d9">residential</data><data key="d11">True</data>
      <data key="d12">False</data><data key="d13">1108.4</data>
    </edge>
    <edge source="103" target="101" id="0">
      <data key="d8">14</data><data key="d9">tertiary</data><data key="d11">False</data>
      <data key="d12">False</data><data key="d13">1475.9</data>
    </edge>
  </graph>
</graphml>
"""


def read(tmp_path: Path, text: str = SAMPLE, **more: Any) -> Roads:
    path = tmp_path / "town.graphml"
    path.write_text(text, "utf-8")
    return read_graphml(path, **more)


def problems(tmp_path: Path, text: str, **more: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, **more)
    assert all(one.mend and one.file == "town.graphml" for one in caught.value.problems)
    return [(one.rule, one.column, one.value) for one in caught.value.problems]


def test_sample(tmp_path: Path) -> None:
    roads = read(tmp_path)
    links = roads.links.set_index("link")
    assert links.index.to_list() == ["1", "3", "4"]
    first = links.loc["1"]
    assert (first["from_node"], first["to_node"], bool(first["oneway"])) == ("101", "102", False)
    assert (first["highway"], first["class"], first["name"]) == ("primary", "provincial", "甲路; 乙路")
    assert (first["length_km"], first["limit_kmh_forward"], bool(first["bridge"])) == (1.2005, 40.0, True)
    assert links["oneway"].to_list() == [False, True, True]
    assert roads.lines.xy[:3].tolist() == [[119.0, 29.0], [119.005, 29.003], [119.01, 29.0]]
    counts = {name: roads.report.count(name) for name in ("joined_edges", "half_edges", "straight")}
    assert counts == {"joined_edges": 1, "half_edges": 1, "straight": 2}
    assert roads.origin.licence == "ODbL-1.0"


def test_projected_graph(tmp_path: Path) -> None:
    """The same graph in a projected system, nodes and line."""
    lon, lat = [119.0, 119.01, 119.01], [29.0, 29.0, 29.01]
    east, north = to_local(lon, lat, epsg=4549)
    text = SAMPLE.replace("epsg:4326", "EPSG:4549")
    for place, x, y in zip(zip(lon, lat, strict=True), east.tolist(), north.tolist(), strict=True):
        old = f'<data key="d4">{place[1]}</data><data key="d5">{place[0]}</data>'
        text = text.replace(old, f'<data key="d4">{y!r}</data><data key="d5">{x!r}</data>')
    (x, xx, xxx), (y, yy, yyy) = (
        part.tolist() for part in to_local([119, 119.005, 119.01], [29, 29.003, 29], epsg=4549)
    )
    text = text.replace("(119 29, 119.005 29.003, 119.01 29)", f"({x} {y}, {xx} {yy}, {xxx} {yyy})")
    text = text.replace("(119.01 29, 119.005 29.003, 119 29)", f"({xxx} {yyy}, {xx} {yy}, {x} {y})")
    roads, plain = read(tmp_path, text), read(tmp_path)
    np.testing.assert_allclose(roads.nodes[["lon", "lat"]], plain.nodes[["lon", "lat"]], atol=1e-8)
    np.testing.assert_allclose(roads.lines.xy, plain.lines.xy, atol=1e-8)


def test_speeds_given(tmp_path: Path) -> None:
    text = SAMPLE.replace('attr.name="lanes"', 'attr.name="speed_kph"').replace(
        '<data key="d13">1108.4</data>', '<data key="d13">1108.4</data><data key="d19">42.0</data>'
    )
    row = read(tmp_path, text).links.set_index("link").loc["3"]
    assert (row["speed_from"], row["speed_kmh_forward"]) == ("given", 42.0)


def test_no_lengths_are_measured(tmp_path: Path) -> None:
    text = SAMPLE.replace('attr.name="length"', 'attr.name="long"')
    roads = read(tmp_path, text)
    assert roads.report.count("lengths_measured") == 3
    np.testing.assert_allclose(roads.links["length_km"], roads.lines.length_km())


def test_too_short_lengths_are_reported(tmp_path: Path) -> None:
    assert read(tmp_path).report.count("short_length") == 0
    assert read(tmp_path, SAMPLE.replace("1475.9", "975.9")).report.count("short_length") == 1


def test_helsinki_there_and_back(helsinki: Roads, tmp_path: Path) -> None:
    """The Helsinki network in OSMnx's form, written by networkx, gives the same links again."""
    links = helsinki.links[helsinki.links["car"]]
    graph = nx.MultiDiGraph(crs="epsg:4326", created_with="test")
    for node, lon, lat, _ in helsinki.nodes.to_numpy():
        graph.add_node(node, x=str(lon), y=str(lat))
    shapes = helsinki.geometry[links.index]
    for row, shape in zip(links.to_dict("records"), shapes, strict=True):
        data = {"osmid": row["origin"], "highway": row["highway"], "oneway": str(row["oneway"])}
        data |= {"length": repr(row["length_km"] * 1000), "name": row["name"], "motor_vehicle": "yes"}
        line = shapely.to_wkt(shape, rounding_precision=-1)
        graph.add_edge(row["from_node"], row["to_node"], **data, geometry=line)
        if not row["oneway"]:
            back = shapely.to_wkt(shapely.reverse(shape), rounding_precision=-1)
            graph.add_edge(row["to_node"], row["from_node"], **data, geometry=back)
    path = tmp_path / "helsinki.graphml"
    nx.write_graphml(graph, path)
    again = read_graphml(path)

    def ends(roads: Roads) -> list[tuple[str, str, bool, float]]:
        some = roads.links[roads.links["car"]]
        rows = some[["from_node", "to_node", "oneway", "length_km"]].to_numpy().tolist()
        return sorted((*(pair if one else sorted(pair)), one, round(km, 6)) for *pair, one, km in rows)

    assert ends(again) == ends(helsinki)
    assert again.report.count("half_edges") == 0


def test_every_problem_at_once(tmp_path: Path) -> None:
    text = SAMPLE.replace('target="103"', 'target="999"').replace("1475.9", "-5").replace("1200.5", "long", 1)
    text = text.replace('<data key="d5">119.0</data>', '<data key="d5">west</data>')
    text = text.replace("LINESTRING (119.01 29, 119.005 29.003, 119 29)", "LINESTRING 119")
    assert problems(tmp_path, text) == [
        ("not a number", "x", "node 101: west"),
        ("an edge to a missing node", "source, target", "edge 102 -> 999"),
        ("not a number", "length", "edge 101 -> 102: long"),
        ("not above 0", "length", "edge 103 -> 101: -5"),
        ("not a line", "geometry", "edge 102 -> 101"),
    ]


def test_zero_length(tmp_path: Path) -> None:
    assert problems(tmp_path, SAMPLE.replace("1475.9", "0")) == [
        ("not above 0", "length", "edge 103 -> 101: 0")
    ]


def test_duplicate_node(tmp_path: Path) -> None:
    assert problems(tmp_path, SAMPLE.replace('node id="103"', 'node id="102"'))[0] == (
        "duplicate key",
        "id",
        "node 102",
    )


def test_no_system(tmp_path: Path) -> None:
    text = SAMPLE.replace('<data key="d2">epsg:4326</data>', "")
    assert problems(tmp_path, text) == [("the file does not name its coordinate system", "crs", "")]
    assert len(read(tmp_path, text, crs="EPSG:4326").links) == 3


def test_no_class(tmp_path: Path) -> None:
    text = SAMPLE.replace('attr.name="highway"', 'attr.name="hw"')
    assert problems(tmp_path, text) == [("no column with the class of road", "highway", "")]


def test_wrong_system(tmp_path: Path) -> None:
    text = SAMPLE.replace('<data key="d5">119.0</data>', '<data key="d5">500000</data>')
    ((rule, column, _),) = problems(tmp_path, text)
    assert (rule, column) == ("network in the wrong coordinate system", "lon, lat")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "the file is empty"),
        ("hello", "not a readable GraphML file"),
        (SAMPLE[:1500], "the file is cut short"),
        ("<graphml><graph/></graphml>", "the file has no roads"),
        (SAMPLE.replace("utf-8", "utf-88", 1), "not a readable GraphML file"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, rule: str) -> None:
    assert [one[0] for one in problems(tmp_path, text)] == [rule]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing file"):
        read_graphml(tmp_path / "none.graphml")
