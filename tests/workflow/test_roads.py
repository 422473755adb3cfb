"""Roads read from files of every kind, and put into a region."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import tongqu
from roadtown import HELSINKI, VILLAGE, region_at_roads, streets
from small import TINY
from tongqu.base import DataError, Report
from tongqu.data import Region, load_region
from tongqu.data.crs import geodesic_m
from tongqu.data.readers import read_osm
from tongqu.data.readers.clean import Keep
from tongqu.views.roads_html import roads_html
from tongqu.workflow.road_tables import HEADINGS, problem_file, table_file
from tongqu.workflow.roads import ImportedRoads, RoadsRead, import_roads, read_roads

CORNERS = [(118.90, 28.90), (118.91, 28.90), (118.91, 28.91), (118.92, 28.91)]


@pytest.fixture(scope="module")
def helsinki() -> RoadsRead:
    return RoadsRead(streets(), "osm")


@pytest.fixture(scope="module")
def town() -> Region:
    return region_at_roads()


@pytest.fixture(scope="module")
def imported(town: Region, helsinki: RoadsRead) -> ImportedRoads:
    return import_roads(town, helsinki, limit_m=40)


def rules(caught: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [problem.rule for problem in caught.value.problems]


def write_lines(path: Path, *, heading: str = "highway") -> Path:
    """Three lines end to end."""
    ends = pairwise(CORNERS)
    lines = np.array([shapely.to_wkb(shapely.linestrings(pair)) for pair in ends], dtype=object)
    kind = np.array(["tertiary"] * 3, dtype=object)
    pyogrio.raw.write(
        path,
        lines,
        field_data=[kind],
        fields=[heading],
        crs="EPSG:4326",
        geometry_type="LineString",
        encoding="UTF-8",
    )
    return path


def write_zip(path: Path) -> Path:
    folder = path.with_suffix("")
    folder.mkdir()
    write_lines(folder / "roads.shp")
    with zipfile.ZipFile(path, "w") as book:
        for part in folder.iterdir():
            book.write(part, part.name)
    return path


def write_osm(path: Path) -> Path:
    nodes = "".join(f"<node id='{i}' lon='{x}' lat='{y}'/>" for i, (x, y) in enumerate(CORNERS, 1))
    ways = "".join(
        f"<way id='{i}'><nd ref='{i}'/><nd ref='{i + 1}'/><tag k='highway' v='tertiary'/></way>"
        for i in (1, 2, 3)
    )
    path.write_text(f"<osm version='0.6'>{nodes}{ways}</osm>", encoding="utf-8")
    return path


def write_graph(path: Path) -> Path:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for i, (x, y) in enumerate(CORNERS):
        graph.add_node(i, x=str(x), y=str(y))
    for a, b in ((0, 1), (1, 2), (2, 3)):
        for u, v in ((a, b), (b, a)):
            graph.add_edge(u, v, highway="tertiary", oneway="False", length="1000.0", osmid=str(a))
    nx.write_graphml(graph, path)
    return path


def write_table(path: Path) -> Path:
    rows = [(*a, *b, "tertiary") for a, b in pairwise(CORNERS)]
    frame = pd.DataFrame(rows, columns=["from_lon", "from_lat", "to_lon", "to_lat", "class"])
    if path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


def write_folder(path: Path) -> Path:
    path.mkdir()
    nodes = pd.DataFrame(CORNERS, columns=["lon", "lat"]).assign(node=["a", "b", "c", "d"])
    nodes.to_csv(path / "节点.csv", index=False)
    links = pd.DataFrame({"from_node": ["a", "b", "c"], "to_node": ["b", "c", "d"], "class": "tertiary"})
    links.to_csv(path / "路段.csv", index=False)
    return path


@pytest.mark.parametrize(
    ("name", "write", "format_"),
    [
        ("roads.osm", write_osm, "osm"),
        ("roads.graphml", write_graph, "graphml"),
        ("roads.gpkg", write_lines, "lines"),
        ("roads.shp", write_lines, "lines"),
        ("ROADS.GeoJSON", write_lines, "lines"),
        ("roads.zip", write_zip, "lines"),
        ("roads.csv", write_table, "links"),
        ("roads.xlsx", write_table, "links"),
        ("tables", write_folder, "links"),
    ],
)
def test_every_kind_of_file(tmp_path: Path, name: str, write: Any, format_: str):
    found = read_roads(write(tmp_path / name))
    assert found.format == format_
    assert (found.report.nodes, found.report.links) == (4, 3)
    assert found.summary()["km"] == pytest.approx(3.06, abs=0.1)
    assert set(found.roads.links["class"]) == {"township"}


def test_a_format_goes_before_the_name(tmp_path: Path):
    path = write_table(tmp_path / "roads.csv").rename(tmp_path / "roads.csv.json")
    with pytest.raises(DataError, match="not a readable layer"):
        read_roads(path)
    path = write_osm(tmp_path / "export.xml")
    with pytest.raises(DataError, match="not a kind of road file"):
        read_roads(path)
    with pytest.raises(DataError):
        read_roads(path, format="links")


def test_the_same_as_the_reader(helsinki: RoadsRead):
    pd.testing.assert_frame_equal(read_roads(VILLAGE).roads.links, read_osm(VILLAGE).links)
    one = helsinki.summary()
    assert (one["format"], one["licence"], one["region"]) == ("osm", "ODbL-1.0", "")
    assert one["links"] == len(helsinki.roads.links)
    assert one["km"] == pytest.approx(helsinki.roads.links["length_km"].sum())
    assert one["car_km"] == pytest.approx(helsinki.roads.links.query("car")["length_km"].sum())
    assert one["outside"]["car_strong"] > one["outside"]["car_weak"] > 0
    assert one["to_look_at"]["dead_end"] == helsinki.report.count("dead_end")


def test_options_that_would_do_nothing_are_refused_together():
    with pytest.raises(DataError) as caught:
        read_roads(HELSINKI, crs="EPSG:4549", layer="roads", node_at="crossings", crop=True)
    assert rules(caught) == ["no option for this kind of road file"] * 3 + ["nothing to crop to"]
    assert {problem.column for problem in caught.value.problems} == {"crs", "layer", "node_at", "crop"}


def test_options_reach_the_readers(tmp_path: Path):
    path = write_lines(tmp_path / "roads.shp", heading="JSDJ")
    for bare in tmp_path.glob("*.prj"):
        bare.unlink()
    with pytest.raises(DataError) as caught:
        read_roads(path)
    assert "the file does not name its coordinate system" in rules(caught)
    found = read_roads(
        path,
        crs="EPSG:4490",
        columns={"class": "JSDJ"},
        classes={"tertiary": "secondary"},
        node_at="touching",
    )
    assert set(found.roads.links["class"]) == {"county"}


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("roads.dwg", b"x", "not a kind of road file"),
        ("roads.osm.pbf", None, "missing file"),
        ("roads.osm.pbf", b"", "the file is empty"),
        ("roads.osm.pbf", b"no pbf at all", "not a readable OpenStreetMap file"),
        ("roads.gpkg", b"no layer", "not a readable layer"),
        ("roads.zip", b"no zip", "not a readable layer"),
        ("roads.graphml", b"<graphml>", "the file is cut short"),
        ("roads.xlsx", b"no book", "not a readable"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: bytes | None, rule: str):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_roads(tmp_path / name)
    assert rules(caught)[0].startswith(rule)
    assert caught.value.problems[0].file == name
    assert caught.value.problems[0].mend


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_cut_short(tmp_path: Path, share: float):
    whole = HELSINKI.read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError) as caught:
        read_roads(path)
    assert rules(caught)[0] in ("the file is cut short", "not a readable OpenStreetMap file")


def test_a_folder_without_links(tmp_path: Path):
    (tmp_path / "nodes.csv").write_text("node,lon,lat\n", encoding="utf-8")
    with pytest.raises(DataError, match="the folder has no table of links"):
        read_roads(tmp_path)


def test_an_unknown_format():
    with pytest.raises(DataError, match="unknown choice"):
        read_roads(HELSINKI, format="dwg")  # type: ignore[arg-type]


def test_held_against_a_region(town: Region):
    elsewhere = read_roads(VILLAGE, region=town)
    assert elsewhere.region == "town"
    assert elsewhere.report.count("wrong_system") == elsewhere.report.nodes
    with pytest.raises(DataError, match="no road lies in the region's box"):
        read_roads(VILLAGE, region=town, crop=True)
    small = dataclasses.replace(town, bbox=(24.94, 60.165, 24.95, 60.17))
    whole, part = read_roads(HELSINKI, region=small), read_roads(HELSINKI, region=small, crop=True)
    assert part.report.count("outside") == 0
    assert part.report.links + part.report.count("outside_box") == whole.report.links
    inside = whole.roads.nodes.set_index("node")
    inside = inside["lon"].between(24.94, 24.95) & inside["lat"].between(60.165, 60.17)
    ends = whole.roads.links[["from_node", "to_node"]].apply(lambda column: column.map(inside))
    assert part.report.links == int(ends.all(axis=1).sum())
    assert whole.report.count("outside") == int((~inside).sum())


def test_stages_are_told(town: Region):
    told: list[Report] = []
    read_roads(VILLAGE, region=TINY, progress=told.append)
    import_roads(region_at_roads(VILLAGE), VILLAGE, progress=told.append)
    assert [one.stage for one in told if one.stage not in ("read", "validate")] == [
        *("load", "roads"),
        *("roads", "replace"),
    ]


def test_tables_and_files(helsinki: RoadsRead, tmp_path: Path):
    folder = helsinki.save(tmp_path / "out", language="zh")
    names = {"classes.csv", "components.csv", "findings.csv", "problems.csv", "problems.geojson"}
    assert {path.name for path in folder.iterdir()} == names
    table = pd.read_csv(folder / "problems.csv", dtype={"节点": str, "路段": str})
    assert list(table) == [HEADINGS[name] for name in helsinki.tables("en")["problems"]]
    assert len(table) == len(helsinki.report.problems)
    assert (table["规则"] == helsinki.report.problems["rule"].to_numpy()).all()
    features = json.loads((folder / "problems.geojson").read_text("utf-8"))["features"]
    assert len(features) == len(table)
    lost = [one for one in features if one["geometry"] is None]
    assert len(lost) == table["经度"].isna().sum() > 0
    geometry, _ = pyogrio.raw.read(folder / "problems.geojson")[2], None
    assert shapely.get_x(shapely.from_wkb(geometry)[0]) == pytest.approx(table["经度"].iloc[0], abs=1e-6)
    with pytest.raises(DataError, match="the folder is not empty"):
        helsinki.save(folder)
    for frame in helsinki.tables("zh").values():
        assert not [name for name in frame if name.isascii()]


def test_problems_as_a_workbook(helsinki: RoadsRead, tmp_path: Path):
    path = tmp_path / "p.xlsx"
    path.write_bytes(problem_file(helsinki.report, kind=".xlsx"))
    book = pd.read_excel(path, engine="calamine")
    assert len(book) == len(helsinki.report.problems)
    assert table_file(book, kind=".csv").startswith(b"\xef\xbb\xbfrule,problem,")


def test_a_workbook_has_an_end():
    with pytest.raises(DataError, match="too many rows for a workbook"):
        table_file(pd.DataFrame(index=range(1_048_576)), kind=".xlsx")


def test_real_roads_in_place_of_modelled_ones(imported: ImportedRoads, town: Region):
    assert town["links"]["modelled"].any()
    links, nodes = imported.region["links"], imported.region["nodes"]
    assert not links["modelled"].any()
    assert set(links["source"]) == set(nodes["source"]) == {"osm:roads"}
    assert links["link"].str.startswith("w").all()
    one = imported.summary()
    assert (one["links"], one["nodes"]) == (len(links), len(nodes))
    assert one["km"] == pytest.approx(links["length_km"].sum())
    assert (one["share_alike"], one["licence"], one["modelled_links"]) == (True, "ODbL-1.0", 0)
    network = imported.network()
    assert int(network.links["car"].sum()) == len(links)
    assert network.report.links == imported.report.links


def test_every_place_has_its_nearest_node(imported: ImportedRoads):
    nodes = imported.region["nodes"]
    for row in imported.places.to_dict("records"):
        here = {"lon1": np.full(len(nodes), row["lon"]), "lat1": np.full(len(nodes), row["lat"])}
        metres = geodesic_m(**here, lon2=nodes["lon"], lat2=nodes["lat"])
        assert row["distance_m"] == pytest.approx(metres.min(), rel=1e-4)
        assert row["beyond"] == (row["distance_m"] > 40)
    one = imported.summary()
    assert one["places_beyond"] == imported.places["beyond"].sum() > 0
    assert one["farthest_m"] == imported.places["distance_m"].max()
    assert imported.report.count("far_places") == one["places_beyond"]


def test_the_region_passes_the_checks(imported: ImportedRoads, tmp_path: Path):
    folder = imported.save(tmp_path / "mine")
    assert load_region(folder).sha256 == imported.region.sha256
    assert all(not lacks for lacks in tongqu.check(folder)["sectors"].values())
    minutes = tongqu.diagnose(folder).state["minutes.county_seat"]
    assert np.isfinite(minutes).all()
    report = imported.save_report(tmp_path / "report", language="en")
    places = pd.read_csv(report / "places.csv")
    assert len(places) == len(imported.places)


def test_roads_of_another_place_change_nothing(tmp_path: Path):
    with pytest.raises(DataError, match="no road lies in the region's box"):
        import_roads(TINY, VILLAGE)


def test_options_of_the_import_are_checked_together(town: Region, helsinki: RoadsRead):
    with pytest.raises(DataError) as caught:
        import_roads(town, helsinki, keep="most", limit_m=0)  # type: ignore[arg-type]
    assert rules(caught) == ["unknown choice", "not above 0"]


def test_keeping_more_pieces_keeps_more_roads(town: Region, helsinki: RoadsRead, imported: ImportedRoads):
    keeps: tuple[Keep, ...] = ("weak", "all")
    weak, whole = (len(import_roads(town, helsinki, keep=keep).region["links"]) for keep in keeps)
    assert len(imported.region["links"]) < weak < whole
    assert whole == int(helsinki.roads.links["car"].sum())  # the only link that comes twice is a footway


def other_file(helsinki: RoadsRead) -> RoadsRead:
    origin = dataclasses.replace(helsinki.roads.origin, file="newer.osm.pbf", sha256="1" * 64)
    return dataclasses.replace(helsinki, roads=dataclasses.replace(helsinki.roads, origin=origin))


def test_a_newer_file_renews_its_source(imported: ImportedRoads, helsinki: RoadsRead):
    again = import_roads(imported.region, helsinki)
    pd.testing.assert_frame_equal(again.region["sources"], imported.region["sources"])
    newer = import_roads(imported.region, other_file(helsinki)).region["sources"].set_index("source")
    assert newer.loc["osm:roads", "sha256"] == "1" * 64
    assert newer.loc["osm:roads", "title"] == "OpenStreetMap: newer.osm.pbf"
    assert len(newer) == len(imported.region["sources"])


def test_a_source_that_others_cite_is_not_renewed(imported: ImportedRoads, helsinki: RoadsRead):
    region = imported.region
    sites = region["sites"]
    sites = sites.assign(source=sites["source"].where(sites["modelled"], "osm:roads"))
    shared = dataclasses.replace(region, tables={**region.tables, "sites": sites})
    with pytest.raises(DataError, match="the source stands for another file") as caught:
        import_roads(shared, other_file(helsinki))
    assert "sites" in caught.value.problems[0].mend
    assert import_roads(shared, other_file(helsinki), source="osm:2027").source == "osm:2027"


def test_roads_without_a_licence(tmp_path: Path, town: Region):
    ends = pd.DataFrame(
        [(24.94, 60.17, 24.95, 60.17, "tertiary")],
        columns=["from_lon", "from_lat", "to_lon", "to_lat", "class"],
    )
    ends.to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(DataError, match="the roads have no licence"):
        import_roads(town, tmp_path / "own.csv")
    made = import_roads(town, str(tmp_path / "own.csv"), licence="internal", title="Survey")
    assert made.source == "own:roads"
    assert made.summary()["share_alike"] is False


def test_the_names_of_the_package():
    assert tongqu.read_roads is read_roads
    assert tongqu.import_roads is import_roads
    assert tongqu.roads_html is roads_html
