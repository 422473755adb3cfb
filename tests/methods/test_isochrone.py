from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from tongqu.base import DataError
from tongqu.methods.isochrone import Isochrones, isochrones, village_sets
from tongqu.methods.reach import times_from_matrix
from tongqu.methods.travel import Network, build_network, minutes_matrix, nearest, within

Array = npt.NDArray[np.float64]
LIMITS = (4.0, 9.0, 15.0)
WIDTH = 60.0
SAMPLE = 12.0
"""Metres between two points that are looked at along the longest link (2829 m in 240 steps)."""
AREA_SLACK = 1e-6
"""Square metres that rounding may leave."""


class Map(NamedTuple):
    network: Network
    x: Array
    y: Array


@st.composite
def maps(draw: st.DrawFn) -> Map:
    """A few nodes anywhere, links between some, one-way, closed and instant ones among them."""
    size = draw(st.integers(1, 8))
    spot = st.integers(0, 2000).map(float)
    x, y = (np.array(draw(st.lists(spot, min_size=size, max_size=size))) for _ in range(2))
    node = st.integers(0, size - 1)
    time = st.one_of(st.integers(0, 12).map(float), st.just(np.inf))
    links = draw(st.lists(st.tuples(node, node, time, st.booleans()), max_size=12))
    start, end, minutes, oneway = (list(part) for part in zip(*links, strict=True)) if links else ([],) * 4
    network = build_network(
        np.arange(size),
        start=np.array(start, dtype=int),
        end=np.array(end, dtype=int),
        minutes=np.array(minutes, dtype=float),
        oneway=np.array(oneway, dtype=bool),
    )
    return Map(network, x, y)


def to_first(case: Map, **changes: Any) -> tuple[Array, Isochrones]:
    minutes = np.asarray(nearest(case.network, targets=[0]).minutes, dtype=float)
    usual: dict[str, Any] = {"x": case.x, "y": case.y, "limits": LIMITS, "width": WIDTH}
    return minutes, isochrones(case.network, minutes, **{**usual, **changes})


def in_time(case: Map, *, limit: float, minutes: Array, steps: int = 240) -> Any:
    """Roads from which the first node is reached in time, point by point from the definition."""
    roads = [Point(case.x[i], case.y[i]) for i in np.flatnonzero(within(minutes, limit))]
    share = np.linspace(0, 1, steps + 1)
    for start, end, time, oneway in zip(
        case.network.start, case.network.end, case.network.minutes, case.network.oneway, strict=True
    ):
        if np.isinf(time):
            continue
        back = np.full(share.size, np.inf) if oneway else minutes[start] + share * time
        reached = np.minimum(minutes[end] + (1 - share) * time, back) <= limit
        x = case.x[start] + share * (case.x[end] - case.x[start])
        y = case.y[start] + share * (case.y[end] - case.y[start])
        runs = np.split(np.arange(share.size), np.flatnonzero(np.diff(reached)) + 1)
        ends = [run[[0, -1]] for run in runs if reached[run[0]]]
        roads += [LineString(np.column_stack([x[end], y[end]])) for end in ends]
    return shapely.union_all(roads)


@given(maps(), st.sampled_from([0.0, 50_000.0]))
@settings(max_examples=80)
def test_nested_and_every_reached_node_inside(case: Map, hole: float) -> None:
    minutes, found = to_first(case, hole=hole)
    for inner, outer in zip(found.areas, found.areas[1:], strict=False):
        assert inner.difference(outer).area <= AREA_SLACK
    spots = shapely.points(case.x, case.y)
    for limit, area in zip(found.limits, found.areas, strict=True):
        assert area.is_valid
        assert shapely.contains(area, spots)[within(minutes, limit)].all()


@given(maps())
@settings(max_examples=40)
def test_nothing_is_farther_than_the_width_from_a_road_in_time(case: Map) -> None:
    minutes, found = to_first(case)
    for limit, area in zip(found.limits, found.areas, strict=True):
        roads = in_time(case, limit=limit, minutes=minutes)
        assert area.difference(roads.buffer(WIDTH + SAMPLE, quad_segs=32)).area <= AREA_SLACK
        narrow = WIDTH * np.cos(np.pi / 16) - 1e-6  # the arcs of a buffer are chords
        assert roads.buffer(narrow).difference(area).area <= AREA_SLACK


@given(maps())
@settings(max_examples=40)
def test_a_node_out_of_time_is_inside_only_beside_a_road_in_time(case: Map) -> None:
    minutes, found = to_first(case)
    for limit, area in zip(found.limits, found.areas, strict=True):
        spots = shapely.points(case.x, case.y)
        inside = shapely.contains(area, spots) & ~within(minutes, limit)
        roads = in_time(case, limit=limit, minutes=minutes)
        assert (shapely.distance(roads, spots[inside]) <= WIDTH + SAMPLE).all()


LINE = build_network([0, 1], start=[0], end=[1], minutes=[10])


def reach(area: shapely.MultiPolygon) -> tuple[float, float]:
    """Where the road that is reached begins and ends, on a road along the x axis."""
    return round(area.bounds[0] + 50, 3), round(area.bounds[2] - 50, 3)


def test_a_link_in_part_from_either_end() -> None:
    place = {"x": [0, 1000], "y": [0, 0], "width": 50}
    one = isochrones(LINE, [0, 10], limits=[2, 7, 10], **place)
    assert [reach(area) for area in one.areas] == [(0, 200), (0, 700), (0, 1000)]
    both = isochrones(LINE, [1, 3], limits=[3, 6, 7], **place)
    assert [len(area.geoms) for area in both.areas] == [2, 2, 1]
    assert both.areas[1].contains(Point(549, 0))  # 500 m from the left, 300 m from the right
    assert not both.areas[1].contains(Point(600, 0))
    assert both.areas[1].contains(Point(651, 0))


def test_one_way_roads_count_in_their_direction() -> None:
    road = build_network([0, 1, 2], start=[0, 1], end=[1, 2], minutes=[10, 10], oneway=[True, True])
    place: dict[str, Any] = {"x": [0, 1000, 2000], "y": [0, 0, 0], "width": 50, "limits": [5]}
    to = isochrones(road, [10, 0, np.inf], **place, direction="to")
    away = isochrones(road, [np.inf, 0, 10], **place, direction="from")
    assert reach(to.areas[0]) == (500, 1000)
    assert reach(away.areas[0]) == (1000, 1500)


def test_a_winding_road_is_followed() -> None:
    bend = LineString([(0, 0), (0, 300), (700, 300)])
    found = isochrones(LINE, [0, 10], x=[0, 700], y=[0, 300], limits=[2, 5], width=10, shapes=[bend])
    assert found.areas[0].bounds == pytest.approx((-10, -10, 10, 210))
    assert found.areas[1].bounds == pytest.approx((-10, -10, 210, 310))
    straight = isochrones(LINE, [0, 10], x=[0, 700], y=[0, 300], limits=[5], width=10)
    course = [LineString([(0, 0), (350, 150), (700, 300)])]
    same = isochrones(LINE, [0, 10], x=[0, 700], y=[0, 300], limits=[5], width=10, shapes=course)
    assert same.areas[0].symmetric_difference(straight.areas[0]).area < 1


def test_small_holes_are_filled() -> None:
    ring = build_network([0, 1, 2, 3], start=[0, 1, 2, 3], end=[1, 2, 3, 0], minutes=[1, 1, 1, 1])
    place: dict[str, Any] = {"x": [0, 500, 500, 0], "y": [0, 0, 500, 500], "width": 50, "limits": [4]}
    minutes = nearest(ring, targets=[0]).minutes
    kept = isochrones(ring, minutes, **place, hole=150_000).areas[0]
    filled = isochrones(ring, minutes, **place, hole=170_000).areas[0]
    assert len(kept.geoms[0].interiors) == 1
    assert Polygon(kept.geoms[0].interiors[0]).area == pytest.approx(400 * 400)
    assert len(filled.geoms[0].interiors) == 0
    assert filled.area - kept.area == pytest.approx(400 * 400)


def test_places_that_nothing_reaches() -> None:
    found = isochrones(LINE, [np.inf, np.inf], x=[0, 9], y=[0, 0], limits=[5], width=10)
    assert found.areas[0].is_empty
    assert found.limits == (5.0,)


@given(maps())
@settings(max_examples=40)
def test_village_sets_by_loop(case: Map) -> None:
    size = case.x.size
    matrix = np.asarray(
        minutes_matrix(case.network, origins=np.arange(size), targets=np.arange(size)), dtype=float
    )
    people = np.arange(size) + 1.0
    found = village_sets(times_from_matrix(matrix), people, limits=LIMITS)
    for column, limit in enumerate(LIMITS):
        near = within(matrix, limit)
        for site in range(size):
            assert found.people[site, column] == people[near[:, site]].sum()
            np.testing.assert_array_equal(found.villages(site, limit=limit), np.flatnonzero(near[:, site]))
        assert found.of_any[column] == people[near.any(axis=1)].sum()


PLACE: dict[str, Any] = {"x": [0, 1], "y": [0, 0], "limits": [5], "width": 10}
SETS = village_sets(times_from_matrix([[1.0]]), [1], limits=[5])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: isochrones(LINE, [0, 10], **{**PLACE, "width": 0}), "do not fit"),
        (lambda: isochrones(LINE, [0, 10], **{**PLACE, "limits": [5, 5]}), "do not rise"),
        (lambda: isochrones(LINE, [0, 10], **{**PLACE, "x": [0, np.nan]}), "missing or outside"),
        (lambda: isochrones(LINE, [0], **PLACE), "shapes differ"),
        (lambda: isochrones(LINE, [0, 10], **PLACE, direction="up"), "unknown"),  # type: ignore[arg-type]
        (lambda: isochrones(LINE, [0, 10], **PLACE, shapes=[]), "no courses"),
        (lambda: village_sets(times_from_matrix([[1.0]]), [1], limits=[]), "do not rise"),
        (lambda: SETS.villages(0, limit=7), "was not asked for"),
    ],
)
def test_errors(wrong: Callable[[], object], text: str) -> None:
    with pytest.raises(DataError, match=text):
        wrong()
