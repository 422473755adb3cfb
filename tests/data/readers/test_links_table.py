"""Plain tables of links: by named nodes and by coordinates, CSV and Excel, one broken file per rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tongqu.base import DataError
from tongqu.data import to_local
from tongqu.data.readers import read_links

NODES = "node,lon,lat,elevation_m\na,119.0,29.0,100\nb,119.01,29.0,150\nc,119.01,29.01,\n"
LINKS = "link,from,to,class,length_km,oneway,speed_kmh\n1,a,b,县道,1.1,no,\n2,b,c,village,,yes,18\n"
PLACES = """起点经度,起点纬度,终点经度,终点纬度,道路等级,路名
119.0,29.0,119.01,29.0,县道,甲路
119.01,29.0,119.01,29.01,村道,
"""


def files(tmp_path: Path, links: str = LINKS, nodes: str | None = NODES) -> dict[str, Path]:
    (tmp_path / "links.csv").write_text(links, "utf-8")
    if nodes is None:
        return {"path": tmp_path / "links.csv"}
    (tmp_path / "nodes.csv").write_text(nodes, "utf-8")
    return {"path": tmp_path / "links.csv", "nodes": tmp_path / "nodes.csv"}


def problems(paths: dict[str, Path], **more: Any) -> list[tuple[str, int | None, str, str, str]]:
    with pytest.raises(DataError) as caught:
        read_links(paths["path"], nodes=paths.get("nodes"), **more)
    assert all(one.mend for one in caught.value.problems)
    return [(one.file, one.row, one.column, one.value, one.rule) for one in caught.value.problems]


def test_named_nodes(tmp_path: Path) -> None:
    paths = files(tmp_path)
    roads = read_links(paths["path"], nodes=paths["nodes"])
    links = roads.links
    assert links["class"].to_list() == ["county", "village"]
    assert links["length_km"].to_list() == [1.1, pytest.approx(1.1084, abs=1e-3)]
    assert roads.report.count("lengths_measured") == 1
    assert roads.report.count("straight") == 2
    assert links["speed_from"].to_list() == ["class", "given"]
    assert links["speed_kmh_forward"].iloc[1] == 18
    assert roads.nodes["elevation_m"].to_list()[:2] == [100, 150]
    up, down = links.loc[0, ["speed_kmh_forward", "speed_kmh_backward"]]
    assert (up, down) == (pytest.approx(45 * 0.95), pytest.approx(45 * 0.95))  # 4.5 % up, and down


def test_coordinates(tmp_path: Path) -> None:
    roads = read_links(files(tmp_path, PLACES, None)["path"])
    assert len(roads.nodes) == 3
    assert roads.links["kind"].to_list() == ["secondary", "unclassified"]
    assert roads.links["name"].to_list() == ["甲路", ""]
    assert roads.links["link"].to_list() == ["2", "3"]  # rows of the file


def test_projected_coordinates(tmp_path: Path) -> None:
    east, north = to_local([119.0, 119.01], [29.0, 29.0], epsg=4549)
    row = f"{east[0]},{north[0]},{east[1]},{north[1]},trunk"
    paths = files(tmp_path, f"from_lon,from_lat,to_lon,to_lat,class\n{row}\n", None)
    assert read_links(paths["path"], crs="EPSG:4549").nodes["lon"].max() == pytest.approx(119.01)
    ((_, _, _, value, rule),) = problems(paths)
    assert rule == "network in the wrong coordinate system"
    assert value.startswith("4025")


def test_against_the_line(tmp_path: Path) -> None:
    paths = files(tmp_path, "from,to,class,oneway\na,b,trunk,-1\n")
    roads = read_links(paths["path"], nodes=paths["nodes"])
    row = roads.links.iloc[0]
    assert (row["from_node"], row["to_node"], bool(row["oneway"])) == ("b", "a", True)
    assert roads.lines.xy[0].tolist() == [119.01, 29.0]


def test_workbook(tmp_path: Path) -> None:
    path = tmp_path / "roads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for title, text in (("节点", NODES), ("路段", LINKS)):
            sheet = book.add_worksheet(title)
            for i, line in enumerate(text.splitlines()):
                sheet.write_row(i, 0, line.split(","))
    assert read_links(path).links["class"].to_list() == ["county", "village"]


def test_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_bytes(PLACES.encode("gb18030"))
    assert read_links(path).links["name"].to_list() == ["甲路", ""]


def test_shorter_than_straight(tmp_path: Path) -> None:
    paths = files(tmp_path, LINKS.replace("1.1,no", "0.5,no"))
    assert read_links(paths["path"], nodes=paths["nodes"]).report.count("short_length") == 1


def test_every_problem_at_once(tmp_path: Path) -> None:
    links = "from,to,class,length_km,oneway,speed_kmh\na,x,县道,-1,no,\nb,,motorweg,0,perhaps,quick\n"
    nodes = "node,lon,lat\na,119.0,29.0\nb,east,29.0\na,119.0,29.0\n"
    paths = files(tmp_path, links, nodes)
    assert sorted(problems(paths)) == sorted(
        [
            ("nodes.csv", 4, "node", "a", "duplicate key"),
            ("nodes.csv", 3, "lon", "east", "not a number"),
            ("links.csv", 3, "to_node", "", "missing value"),
            ("links.csv", 2, "to_node", "x", "not in nodes"),
            ("links.csv", 3, "class", "motorweg", "class of road not known"),
            ("links.csv", 3, "oneway", "perhaps", "not a direction"),
            ("links.csv", 3, "speed_kmh", "quick", "not a number"),
            ("links.csv", 2, "length_km", "-1", "not above 0"),
            ("links.csv", 3, "length_km", "0", "not above 0"),
        ]
    )


def test_links_are_named_once(tmp_path: Path) -> None:
    rows = "link,from,to,class\n1,a,b,trunk\n1,b,c,trunk\n,a,c,trunk\n"
    assert problems(files(tmp_path, rows)) == [
        ("links.csv", 4, "link", "", "missing value"),
        ("links.csv", 3, "link", "1", "duplicate key"),
    ]


def test_missing_columns(tmp_path: Path) -> None:
    paths = files(tmp_path, "class\ntrunk\n", "node,lon\na,119\n")
    assert problems(paths) == [
        ("nodes.csv", 1, "lat", "", "missing column"),
        ("links.csv", 1, "from_node", "", "missing column"),
        ("links.csv", 1, "to_node", "", "missing column"),
    ]
    assert [one[2] for one in problems(files(tmp_path, "class\ntrunk\n", None))] == [
        "from_lon",
        "from_lat",
        "to_lon",
        "to_lat",
    ]


def test_coordinates_that_are_no_numbers(tmp_path: Path) -> None:
    paths = files(tmp_path, "from_lon,from_lat,to_lon,to_lat,class\n119.0,north,119.1,,trunk\n", None)
    assert problems(paths) == [
        ("links.csv", 2, "from_lat", "north", "not a number"),
        ("links.csv", 2, "to_lat", "", "missing value"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "the file is empty"),
        ("from,to,class\n", "the file has no roads"),
        ("a\0b", "neither UTF-8 nor GB18030"),
    ],
)
def test_broken_files(tmp_path: Path, text: str, rule: str) -> None:
    assert rule in [one[-1] for one in problems(files(tmp_path, text))]


def test_missing_file(tmp_path: Path) -> None:
    paths = {"path": tmp_path / "no.csv", "nodes": tmp_path / "non.csv"}
    assert [(one[0], one[-1]) for one in problems(paths)] == [
        ("no.csv", "missing file"),
        ("non.csv", "missing file"),
    ]
