"""Line layers: formats, systems, headings, classes, and the nodes that lines get."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.data import to_local
from tongqu.data.readers import Lines, lines_of, read_lines
from tongqu.data.readers.noding import node_lines

CROSS = [[(119.0, 29.0), (119.02, 29.0)], [(119.01, 28.99), (119.01, 29.01)]]
"""Two roads that cross in their middles."""


def write(
    path: Path, shapes: Sequence[Any], *, crs: str | None = "EPSG:4326", **fields: Sequence[Any]
) -> Path:
    """A layer of lines with fields."""
    lines = [shapely.LineString(shape) if isinstance(shape, list) else shape for shape in shapes]
    # pyogrio warns of a layer without a system, which some tests want.
    context = warnings.catch_warnings(action="ignore" if crs is None else "error")
    kinds = {line.geom_type for line in lines}
    with context:
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(lines, dtype=object)),
            [
                np.array(values, dtype=object if isinstance(values[0], str) else None)
                for values in fields.values()
            ],
            list(fields),
            geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown",
            crs=crs,
            encoding="UTF-8" if path.suffix == ".shp" else None,
        )
    return path


def problems(path: Path, **more: Any) -> list[tuple[str, int | None, str, str]]:
    with pytest.raises(DataError) as caught:
        read_lines(path, **more)
    assert all(one.mend for one in caught.value.problems)
    return [(one.rule, one.row, one.column, one.value) for one in caught.value.problems]


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = write(
        tmp_path / f"roads{suffix}",
        [[(119.0, 29.0), (119.02, 29.0)], [(119.02, 29.0), (119.02, 29.01)]],
        fclass=["primary", "residential"],
        maxspeed=[60, 0],
        oneway=["F", "B"],
        name=["衢江大道", ""],
        bridge=["T", "F"],
        layer=[0, 0],
    )
    roads = read_lines(path)
    links = roads.links
    assert links["link"].to_list() == ["1", "2"]
    assert links["class"].to_list() == ["provincial", "village"]
    assert links["oneway"].to_list() == [True, False]
    assert links["limit_kmh_forward"].fillna(0).to_list() == [60, 0]
    assert links["name"].to_list() == ["衢江大道", ""]
    assert links["bridge"].to_list() == [True, False]
    assert links["to_node"].iloc[0] == links["from_node"].iloc[1]
    assert len(roads.nodes) == 3
    assert roads.report.findings.set_index("finding").loc["columns_unused", "detail"] == "layer 1"


def test_projected_layer_with_chinese_headings(tmp_path: Path) -> None:
    east, north = to_local([119.0, 119.02, 119.02], [29.0, 29.0, 29.01], epsg=4549)
    xy = list(zip(east.tolist(), north.tolist(), strict=True))
    path = write(
        tmp_path / "路网.gpkg",
        [xy[:2], xy[1:]],
        crs="EPSG:4549",
        路名=["", "乙路"],
        道路等级=["国道", "村道"],
        路面类型=["沥青", "砾石"],
        单行=["是", "否"],
    )
    roads = read_lines(path)
    assert roads.links["kind"].to_list() == ["trunk", "unclassified"]
    assert roads.links["surface"].to_list() == ["asphalt", "gravel"]
    assert roads.links["oneway"].to_list() == [True, False]
    np.testing.assert_allclose(roads.lines.xy[0], [119.0, 29.0], atol=1e-7)


def test_a_system_is_never_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.shp", CROSS, crs=None, highway=["primary", "primary"])
    with pytest.raises(DataError) as caught:
        read_lines(path)
    (problem,) = caught.value.problems
    assert problem.rule == "the file does not name its coordinate system"
    assert "EPSG:4326" in problem.mend
    assert len(read_lines(path, crs="EPSG:4326").links) == 2


def test_the_candidates_for_a_system(tmp_path: Path) -> None:
    east, north = to_local([119.0, 119.02], [29.0, 29.0], epsg=4549)
    for shift, named in ((0, "4549"), (40_000_000, "EPSG:4528")):
        xy = list(zip((east + shift).tolist(), north.tolist(), strict=True))
        path = write(tmp_path / f"roads{shift}.shp", [xy], crs=None, highway=["primary"])
        with pytest.raises(DataError, match=named):
            read_lines(path)


def test_projected_coordinates_in_degrees(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.gpkg", [[(390_000, 3_205_000), (391_000, 3_205_000)]], highway=["primary"])
    ((rule, _, _, value),) = problems(path)
    assert rule == "network in the wrong coordinate system"
    assert value == "390000, 3205000 in EPSG:4326"


def test_columns_by_name(tmp_path: Path) -> None:
    path = write(
        tmp_path / "roads.gpkg", CROSS, grade=["A", "b"], dlmc=["x", "y"], highway=["primary", "primary"]
    )
    roads = read_lines(path, columns={"class": "grade"}, classes={"A": "trunk", "B": "tertiary"})
    assert roads.links["kind"].to_list() == ["trunk", "tertiary"]
    assert roads.links["name"].to_list() == ["x", "y"]


def test_every_problem_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "roads.gpkg",
        CROSS,
        highway=["primary", "boulevard"],
        oneway=["yes", "maybe"],
        speed_kmh=["fast", "40"],
    )
    assert problems(path, columns={"name": "nom", "colour": "highway"}, classes={"x": "highroad"}) == [
        ("the file lacks the column", None, "name", "nom"),
        ("no such column of roads", None, "colour", ""),
        ("no such kind of road", None, "classes", "highroad"),
        ("class of road not known", 2, "highway", "boulevard"),
        ("not a direction", 2, "oneway", "maybe"),
        ("not a number", 1, "speed_kmh", "fast"),
    ]


def test_unknown_classes_when_a_kind_is_given_for_them(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.gpkg", CROSS, highway=["primary", "boulevard"])
    roads = read_lines(path, unknown_class="residential")
    assert roads.links["kind"].to_list() == ["primary", "residential"]
    assert roads.report.count("unknown_class") == 1


def test_no_column_with_the_class(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.gpkg", CROSS, foo=["a", "b"])
    assert problems(path) == [("no column with the class of road", None, "class", "")]
    assert read_lines(path, unknown_class="tertiary").links["class"].to_list() == ["township", "township"]


def test_several_layers(tmp_path: Path) -> None:
    path = tmp_path / "roads.gpkg"
    for name in ("one", "two"):
        line = shapely.to_wkb(np.array([shapely.LineString(CROSS[0])], dtype=object))
        kind = [np.array(["primary"], dtype=object)]
        more = {"geometry_type": "LineString", "crs": "EPSG:4326", "append": path.exists()}
        pyogrio.raw.write(path, line, kind, ["highway"], layer=name, **more)
    assert problems(path) == [("several layers of lines", None, "", "")]
    assert problems(path, layer="three") == [("no such layer", None, "", "three")]
    assert len(read_lines(path, layer="two").links) == 1


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("roads.gpkg", b"", "the file is empty"),
        ("roads.gpkg", b"SQLite format 3\0 broken", "not a readable layer"),
        ("roads.geojson", b'{"type": "FeatureCollection", "features": [', "not a readable layer"),
        ("roads.shp", b"text", "not a readable layer"),
        ("none.gpkg", None, "missing file"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes | None, rule: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert [one[0] for one in problems(tmp_path / name)] == [rule]


def test_what_is_no_line_is_counted(tmp_path: Path) -> None:
    shapes = [
        shapely.LineString(CROSS[0]),
        shapely.Point(119, 29),
        shapely.MultiLineString([CROSS[1], [(119.03, 29), (119.04, 29)]]),
        shapely.LineString([(119.0, 29.0, 50.0), (119.0, 29.02, 90.0)]),
    ]
    path = write(tmp_path / "roads.geojson", shapes, highway=["primary"] * 4)
    roads = read_lines(path)
    assert roads.links["link"].to_list() == ["1", "3.1", "3.2", "4"]
    found = {name: roads.report.count(name) for name in ("not_lines", "many_parts", "heights_unused")}
    assert found == {"not_lines": 1, "many_parts": 1, "heights_unused": 1}


def test_only_points(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.geojson", [shapely.Point(119, 29)], highway=["primary"])
    assert problems(path) == [("the file has no roads", None, "", "")]


def test_crossings_are_counted_or_noded(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.gpkg", CROSS, highway=["primary", "primary"])
    roads = read_lines(path)
    assert (len(roads.links), roads.report.count("crossing")) == (2, 1)
    row = roads.report.problems.set_index("rule").loc["crossing"]
    assert (row["lon"], row["lat"]) == (pytest.approx(119.01, abs=1e-6), pytest.approx(29.0, abs=1e-6))
    noded = read_lines(path, node_at="crossings")
    assert (len(noded.links), len(noded.nodes), noded.report.count("crossing")) == (4, 5, 0)
    assert noded.report.count("split_crossings") == 1
    assert noded.report.km == pytest.approx(roads.report.km)


def test_bridges_do_not_meet_what_is_below(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.gpkg", CROSS, highway=["primary", "primary"], bridge=["yes", "no"])
    roads = read_lines(path, node_at="crossings")
    assert (len(roads.links), roads.report.count("crossing")) == (2, 0)


@pytest.mark.parametrize(
    ("main", "side", "joined"), [("no", "yes", True), ("yes", "no", False), ("yes", "yes", True)]
)
def test_a_bridge_meets_the_ground_at_its_ends(tmp_path: Path, main: str, side: str, joined: bool) -> None:
    shapes = [[(119.0, 29.0), (119.02, 29.0)], [(119.01, 29.0000045), (119.01, 29.01)]]
    path = write(tmp_path / "roads.gpkg", shapes, highway=["primary", "primary"], bridge=[main, side])
    assert len(read_lines(path, node_at="touching").links) == (3 if joined else 2)


def test_letters_that_may_mean_two_things(tmp_path: Path) -> None:
    path = write(tmp_path / "roads.gpkg", CROSS, highway=["primary", "primary"], oneway=["T", "F"])
    assert [one[:2] for one in problems(path)] == [("not a direction", 1), ("not a direction", 2)]


@pytest.mark.parametrize(("node_at", "joined"), [("ends", False), ("touching", True), ("crossings", True)])
def test_an_end_on_another_line(tmp_path: Path, node_at: Any, joined: bool) -> None:
    """The side road ends half a metre short of the main road."""
    shapes = [[(119.0, 29.0), (119.02, 29.0)], [(119.01, 29.0000045), (119.01, 29.01)]]
    path = write(tmp_path / "roads.gpkg", shapes, highway=["primary", "primary"])
    roads = read_lines(path, node_at=node_at)
    graph = nx.Graph(roads.links[["from_node", "to_node"]].to_numpy().tolist())
    assert nx.is_connected(graph) is joined
    assert len(roads.links) == (3 if joined else 2)
    assert roads.report.count("gap") == (0 if joined else 1)


def test_ends_that_are_close_become_one_node() -> None:
    lines = lines_of(
        shapely.linestrings([[[119.0, 29.0], [119.01, 29.0]], [[119.0100005, 29.0], [119.02, 29.0]]])
    )
    noded = node_lines(lines, raised=np.zeros(2, bool), snap_m=0.1)
    assert (len(noded.nodes), noded.findings[0].count) == (3, 1)
    far = node_lines(lines, raised=np.zeros(2, bool), snap_m=0.01)
    assert (len(far.nodes), far.findings[0].count) == (4, 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 5)] * 4), min_size=1, max_size=7))
def test_noding_against_shapely(drawn: list[tuple[int, int, int, int]]) -> None:
    """Straight roads on a grid of 6 by 6: the same network as shapely's union of all lines."""
    segments = {tuple(sorted([(a, b), (c, d)])) for a, b, c, d in drawn if (a, b) != (c, d)}
    if not segments:
        return
    step = 0.001
    shapes = [shapely.LineString([(118.5 + x * step, 28.5 + y * step) for x, y in line]) for line in segments]
    lines = lines_of(np.array(shapes, dtype=object))
    noded = node_lines(lines, raised=np.zeros(len(lines), bool), node_at="crossings", snap_m=0.5)
    np.testing.assert_allclose(
        np.bincount(noded.parent, noded.lines.length_km(), minlength=len(lines)), lines.length_km(), atol=2e-3
    )
    # Whole numbers, so that shapely finds an end that lies on another line.
    pieces = shapely.get_parts(shapely.unary_union([shapely.LineString(line) for line in segments]))

    def place(point: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(round(first + step * part, 5) for first, part in zip((118.5, 28.5), point, strict=True))

    pairs = [(place(piece.coords[0]), place(piece.coords[-1])) for piece in pieces]
    ends = {point for pair in pairs for point in pair}
    mine = {tuple(np.round(point, 5)) for point in noded.nodes[["lon", "lat"]].to_numpy()}
    assert near(ends, mine)
    assert near(mine, ends)
    graph = nx.Graph(zip(noded.start.tolist(), noded.end.tolist(), strict=True))
    assert nx.number_connected_components(graph) == nx.number_connected_components(nx.Graph(pairs))


def near(some: set[tuple[float, ...]], others: set[tuple[float, ...]]) -> bool:
    """Whether each point has one of the others within about two metres."""
    target = np.array(sorted(others))
    return all(np.abs(target - np.array(point)).max(axis=1).min() < 2e-5 for point in some)


def test_no_line_is_lost_at_a_point_that_both_end_in() -> None:
    noded = node_lines(
        Lines(
            np.array([[119.0, 29.0], [119.01, 29.0], [119.01, 29.0], [119.01, 29.01]]), np.array([0, 2, 4])
        ),
        raised=np.zeros(2, bool),
        node_at="crossings",
    )
    assert (len(noded.lines), len(noded.nodes)) == (2, 3)


def geojson(path: Path, text: str) -> Path:
    """A layer of one feature, its geometry as written."""
    feature = '{"type": "Feature", "properties": {"class": "primary"}, "geometry": ' + text + "}"
    path.write_text('{"type": "FeatureCollection", "features": [' + feature + "]}", "utf-8")
    return path


@pytest.mark.parametrize("place", ["1192, 29", "119, 290"])
def test_a_point_off_the_globe(tmp_path: Path, place: str) -> None:
    text = '{"type": "LineString", "coordinates": [[119, 29], [' + place + "], [119.1, 29]]}"
    (problem,) = problems(geojson(tmp_path / "a.geojson", text), node_at="crossings")
    assert problem[0] == "network in the wrong coordinate system"
    assert problem[3].startswith(place)


def test_a_line_of_one_point_is_counted(tmp_path: Path) -> None:
    text = '{"type": "LineString", "coordinates": [[119, 29]]}'
    path = geojson(tmp_path / "a.geojson", text)
    whole = '{"type": "Feature", "properties": {"class": "primary"}, "geometry": '
    whole += '{"type": "LineString", "coordinates": [[119, 29], [119.1, 29]]}}'
    path.write_text(path.read_text("utf-8").replace("]}}]", "]}}, " + whole + "]"), "utf-8")
    roads = read_lines(path)
    assert len(roads.links) == 1
    assert roads.report.count("not_lines") == 1


def test_every_class_unknown(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", CROSS, class_=["p", "q"])
    found = problems(path, columns={"class": "class_"})
    assert [one[0] for one in found] == ["class of road not known"] * 2
