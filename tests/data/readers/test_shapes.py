"""Lines in flat arrays: measuring, cutting, adding points, and the plane they are measured in."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from tongqu.data.crs import from_plane, geodesic_m, to_plane
from tongqu.data.readers import Lines, lines_of
from tongqu.data.readers.shapes import cut, insert, take

points = st.tuples(st.floats(118.0, 119.0), st.floats(28.0, 29.0))
close_points = st.tuples(st.floats(118.0, 118.1), st.floats(28.0, 28.1))
some_lines = st.lists(st.lists(close_points, min_size=2, max_size=6), min_size=1, max_size=6)


def flat(lines: list[list[tuple[float, float]]]) -> Lines:
    return lines_of(np.array([shapely.LineString(line) for line in lines], dtype=object))


@settings(max_examples=40, deadline=None)
@given(some_lines)
def test_lengths_are_those_of_geod(drawn: list[list[tuple[float, float]]]) -> None:
    geod = Geod(ellps="WGS84")
    expected = [geod.line_length(*zip(*line, strict=True)) / 1000 for line in drawn]
    np.testing.assert_allclose(flat(drawn).length_km(), expected, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(some_lines, st.randoms(use_true_random=False))
def test_cut_keeps_length_and_order(
    drawn: list[list[tuple[float, float]]], random: np.random.Generator
) -> None:
    lines = flat(drawn)
    at = np.array([random.random() < 0.5 for _ in lines.xy])
    pieces, parent, where = cut(lines, at)
    np.testing.assert_array_equal(pieces.xy, lines.xy[where])
    assert (np.diff(parent) >= 0).all()
    assert (np.diff(pieces.start) >= 2).all()
    again = np.bincount(parent, pieces.length_km(), minlength=len(lines))
    np.testing.assert_allclose(again, lines.length_km(), atol=1e-9)
    inner = at.copy()
    inner[lines.first] = inner[lines.last] = False
    assert len(pieces) == len(lines) + inner.sum()


@settings(max_examples=60, deadline=None)
@given(some_lines, st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), max_size=8))
def test_insert_keeps_the_course(
    drawn: list[list[tuple[float, float]]], added: list[tuple[int, float]]
) -> None:
    lines = flat(drawn)
    line = np.array([i % len(lines) for i, _ in added], dtype=np.int64)
    share = np.array([s for _, s in added])
    longer, where = insert(lines, line, share=share)
    np.testing.assert_allclose(longer.length_km(), lines.length_km(), rtol=1e-6, atol=1e-9)
    assert (longer.line[where] == line).all()
    steps = longer.steps_m()
    along = np.cumsum(steps) - steps
    along -= np.repeat(along[longer.first], np.diff(longer.start))
    # Within a segment a share is one of degrees: off by up to a metre on 15 km.
    np.testing.assert_allclose(along[where], share * 1000 * lines.length_km()[line], atol=1.5)


def test_turned_lines() -> None:
    lines = flat([[(0, 0), (1, 0), (1, 1)], [(5, 5), (6, 6)]])
    turned = take(lines, np.array([1, 0]), turned=np.array([False, True]))
    assert turned.xy.tolist() == [[5, 5], [6, 6], [1, 1], [1, 0], [0, 0]]


def test_no_lines() -> None:
    empty = Lines(np.zeros((0, 2)), np.zeros(1, np.int64))
    assert len(empty) == 0
    assert empty.length_km().tolist() == []
    assert geodesic_m(lon1=[], lat1=[], lon2=[], lat2=[]).tolist() == []


@settings(max_examples=40, deadline=None)
@given(points, points)
def test_the_plane_measures_near_its_middle(one: tuple[float, float], other: tuple[float, float]) -> None:
    """Two points within 80 km of the middle: the plane is true to 1e-4."""
    x, y = to_plane([one[0], other[0]], [one[1], other[1]], centre=(118.5, 28.5))
    plane = float(np.hypot(x[1] - x[0], y[1] - y[0]))
    ground = float(geodesic_m(lon1=one[0], lat1=one[1], lon2=other[0], lat2=other[1]))
    assert abs(plane - ground) <= 1e-4 * ground + 1e-3
    lon, lat = from_plane(x, y, centre=(118.5, 28.5))
    np.testing.assert_allclose([lon[0], lat[0]], one, atol=1e-9)
