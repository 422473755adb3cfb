"""The report and the cleaning of networks, against networkx and by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.data.readers import Lines, Origin, Roads, assemble, check_roads, clean, read_osm

ROAD = tuple[str, str, bool]


def made(
    roads: list[ROAD], places: dict[str, tuple[float, float]] | None = None, **columns: list[object]
) -> Roads:
    """A network of residential streets between named nodes, by default on a circle of about 2 km."""
    names = sorted({name for start, end, _ in roads for name in (start, end)})
    angle = {name: 2 * np.pi * i / len(names) for i, name in enumerate(names)}
    where = places or {name: (119 + 0.02 * np.cos(a), 29 + 0.02 * np.sin(a)) for name, a in angle.items()}
    nodes = pd.DataFrame(
        {"node": names, "lon": [where[n][0] for n in names], "lat": [where[n][1] for n in names]}
    )
    links = pd.DataFrame(
        {
            "origin": [str(i) for i in range(len(roads))],
            "from_node": [start for start, _, _ in roads],
            "to_node": [end for _, end, _ in roads],
            "oneway": [single for _, _, single in roads],
            "kind": "residential",
            **columns,
        }
    )
    xy = np.array([where[name] for start, end, _ in roads for name in (start, end)])
    return assemble(
        nodes, links, lines=Lines(xy, 2 * np.arange(len(roads) + 1)), origin=Origin("made", "table")
    )


def test_components_traps_and_loops_by_hand() -> None:
    roads = made(
        [
            ("a", "b", False),
            ("b", "c", True),
            ("c", "a", True),
            ("b", "trap", True),
            ("source", "a", True),
            ("x", "y", False),
            ("y", "y", False),
        ]
    )
    report = roads.report
    table = report.components.set_index(["access", "sense"])
    assert table.loc[("car", "weak"), "components"] == 2
    assert table.loc[("car", "strong"), "components"] == 4
    assert table.loc[("car", "strong"), "largest_nodes"] == 3
    rows = report.problems.groupby("rule")
    assert rows.get_group("one_way_trap")["node"].to_list() == ["trap"]
    assert rows.get_group("one_way_source")["node"].to_list() == ["source"]
    assert rows.get_group("self_loop")["link"].to_list() == ["6"]
    assert sorted(rows.get_group("off_component")["link"]) == ["5", "6"]
    assert sorted(rows.get_group("dead_end")["node"]) == ["source", "trap", "x"]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.booleans()),
        min_size=1,
        max_size=14,
    )
)
def test_components_against_networkx(drawn: list[ROAD]) -> None:
    if all(start == end for start, end, _ in drawn):
        return
    roads = made(drawn)
    graph = nx.DiGraph()
    for start, end, single in drawn:
        graph.add_edge(start, end)
        if not single:
            graph.add_edge(end, start)
    table = roads.report.components.set_index(["access", "sense"])["components"]
    assert table["car", "weak"] == nx.number_weakly_connected_components(graph)
    assert table["car", "strong"] == nx.number_strongly_connected_components(graph)
    assert table["walk", "weak"] == nx.number_weakly_connected_components(graph)
    kept = clean(roads, keep="strong", drop_duplicates=False)
    cars = kept.links[kept.links["car"]]
    inner = nx.DiGraph(cars[["from_node", "to_node"]].to_numpy().tolist())
    inner.add_edges_from(cars.loc[~cars["oneway"], ["to_node", "from_node"]].to_numpy().tolist())
    assert len(inner) == 0 or nx.is_strongly_connected(inner)
    gone = len(roads.links) - len(kept.links)
    assert gone == kept.report.count("left_component") + kept.report.count("left_zero")
    assert kept.report.km + kept.report.km_of("left_component") == pytest.approx(roads.report.km)


def test_largest_component_is_counted() -> None:
    roads = made([("a", "b", False), ("b", "c", False), ("x", "y", False)])
    kept = clean(roads, keep="weak")
    assert kept.links["link"].to_list() == ["0", "1"]
    assert len(kept.nodes) == 3
    assert kept.report.count("left_component") == 1
    assert kept.report.km_of("left_component") == pytest.approx(roads.links["length_km"].iloc[2])
    assert kept.report.components["share_outside"].tolist() == [0, 0, 0]


def test_a_trap_stays_open_to_walkers() -> None:
    kept = clean(made([("a", "b", False), ("b", "c", True)]), keep="strong")
    assert kept.links["car"].to_list() == [True, False]
    assert kept.links["walk"].to_list() == [True, True]
    assert kept.report.count("car_closed_component") == 1


def test_duplicates() -> None:
    roads = made([("a", "b", False), ("b", "a", False), ("a", "b", True), ("b", "a", True), ("a", "b", True)])
    assert roads.report.problems.query("rule == 'duplicate'")["link"].to_list() == ["1", "4"]
    kept = clean(roads)
    assert kept.links["link"].to_list() == ["0", "2", "3"]
    assert kept.report.count("left_duplicate") == 2
    assert kept.report.km_of("left_duplicate") == pytest.approx(roads.links["length_km"].iloc[[1, 4]].sum())


def test_loops_and_links_of_no_length() -> None:
    places = {"a": (119.0, 29.0), "b": (119.0, 29.0), "c": (119.01, 29.0)}
    roads = made([("a", "b", False), ("a", "a", False), ("b", "c", False)], places)
    assert roads.report.count("zero_length") == 2
    kept = clean(roads)
    assert kept.links["link"].to_list() == ["0", "2"]
    assert kept.report.count("left_zero") == 1


def test_given_loops_can_go() -> None:
    roads = made([("a", "b", False), ("b", "b", False)], length_km=[1.0, 2.0])
    kept = clean(roads, drop_loops=True)
    assert kept.links["link"].to_list() == ["0"]
    assert (kept.report.count("left_loop"), kept.report.km_of("left_loop")) == (1, 2.0)


@pytest.mark.parametrize(("metres", "gaps"), [(5.0, 1), (12.0, 0)])
def test_gaps(metres: float, gaps: int) -> None:
    """A side road that ends short of the main road."""
    places = {
        "a": (119.0, 29.0),
        "b": (119.02, 29.0),
        "c": (119.01, 29.0 + metres / 110_900),
        "d": (119.01, 29.02),
    }
    roads = made([("a", "b", False), ("c", "d", False)], places)
    assert roads.report.count("gap") == gaps
    assert check_roads(roads, gap_m=20).count("gap") == 1
    rows = check_roads(roads, gap_m=20).problems.query("rule == 'gap'")
    assert rows[["node", "link"]].to_numpy().tolist() == [["c", "0"]]
    # The main road is straight in the plane, not in degrees: 1 m over 2 km.
    assert float(rows["value"].iloc[0].removesuffix(" m")) == pytest.approx(metres, abs=1.5)


def test_a_stub_is_no_gap() -> None:
    places = {"a": (119.0, 29.0), "b": (119.01, 29.0), "c": (119.02, 29.0), "d": (119.01, 29.00007)}
    roads = made([("a", "b", False), ("b", "c", False), ("b", "d", False)], places)
    assert roads.report.count("dead_end") == 3
    assert roads.report.count("gap") == 0


def test_outside_swapped_and_in_another_system() -> None:
    places = {"a": (119.0, 29.0), "b": (119.01, 29.0), "c": (29.02, 119.0 - 60), "d": (125.0, 29.0)}
    roads = made([("a", "b", False), ("b", "c", False), ("b", "d", False)], places | {"c": (28.9, 59.0)})
    report = check_roads(roads, box=(118.0, 28.0, 120.0, 30.0))
    assert report.count("outside") == 2
    assert report.count("swapped") == 0
    low = made([("a", "b", False)], {"a": (29.0, 59.0), "b": (59.0, 29.0)})
    assert check_roads(low, box=(58.0, 28.0, 60.0, 30.0)).count("swapped") == 1
    far = check_roads(made([("a", "b", False)]), box=(10.0, 10.0, 11.0, 11.0))
    assert far.count("wrong_system") == 2
    assert "119" in far.problems.query("rule == 'wrong_system'")["value"].iloc[0]


def test_crop() -> None:
    places = {"a": (119.0, 29.0), "b": (119.01, 29.0), "c": (120.5, 29.0)}
    roads = made([("a", "b", False), ("b", "c", False)], places)
    kept = clean(roads, box=(118.0, 28.0, 120.0, 30.0))
    assert kept.links["link"].to_list() == ["0"]
    assert kept.report.count("outside_box") == 1
    assert kept.report.km_of("outside_box") == pytest.approx(roads.links["length_km"].iloc[1])


def test_wrong_system_in_degree_columns() -> None:
    with pytest.raises(DataError) as caught:
        made([("a", "b", False)], {"a": (390_000.0, 3_200_000.0), "b": (119.0, 29.0)})
    (problem,) = caught.value.problems
    assert problem.rule == "network in the wrong coordinate system"
    assert "1 of 2 nodes" in problem.mend


def test_summary_in_both_languages(helsinki: Roads) -> None:
    english, chinese = helsinki.report.summary("en"), helsinki.report.summary("zh")
    assert english.splitlines()[0] == "3183 nodes, 4184 links, 88.8 km"
    assert chinese.splitlines()[0] == "3183 个节点，4184 个路段，88.8 千米"
    assert len(english.splitlines()) == len(chinese.splitlines())
    for line in ("turn restrictions: not modelled: 45", "转向限制：未建模: 45"):
        assert line in english + chinese


def test_tables_in_both_languages(helsinki: Roads) -> None:
    report = helsinki.report
    for language in ("zh", "en"):
        table = report.table(language)
        assert len(table) == len(report.problems)
        assert (table["rule"].str.len() > 3).all()
    counted = report.problems.groupby("rule").size()
    for rule in counted.index:
        assert report.count(str(rule)) == counted[rule]
    placed = report.problems[report.problems["rule"] != "missing_nodes"]
    assert placed[["lon", "lat"]].notna().all(axis=None)


def test_cleaning_twice_changes_nothing(helsinki: Roads) -> None:
    once = clean(helsinki, keep="strong")
    twice = clean(once, keep="strong")
    pd.testing.assert_frame_equal(once.links, twice.links)
    pd.testing.assert_frame_equal(once.nodes, twice.nodes)
    assert once.report.components["share_outside"].tolist() == [0, 0, 0]


def test_no_order_of_ways_matters(village_file: object, village: Roads) -> None:
    again = read_osm(str(village_file))
    pd.testing.assert_frame_equal(again.links, village.links)
