from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.index import pillar_weights, score, tangents

ordinary = st.floats(-1e6, 1e6)


@given(st.lists(ordinary, min_size=1), ordinary, st.floats(0.01, 1e6))
def test_scores_lie_in_the_unit_interval_and_rise_towards_the_target(
    values: list[float], worst: float, width: float
) -> None:
    rising = score(np.sort(values), worst=worst, target=worst + width)
    assert ((rising >= 0) & (rising <= 1)).all()
    assert (np.diff(rising) >= 0).all()
    falling = score(np.sort(values), worst=worst + width, target=worst)
    np.testing.assert_allclose(rising + falling, 1, atol=1e-9)


def test_score_at_the_goalposts() -> None:
    assert score([3, 1.9, np.nan], worst=3, target=1.9).tolist()[:2] == [0, 1]
    assert np.isnan(score(np.nan, worst=0, target=1))
    with pytest.raises(DataError, match="equals its worst"):
        score(1, worst=2, target=2)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0.1, 9)), min_size=1))
def test_pillars_weigh_the_same(rows: list[tuple[str, float]]) -> None:
    pillars = np.array([pillar for pillar, _ in rows])
    weights = pillar_weights(list(pillars), inside=[part for _, part in rows])
    assert weights.sum() == pytest.approx(1)
    for pillar in set(pillars):
        assert weights[pillars == pillar].sum() == pytest.approx(1 / len(set(pillars)))


def test_malformed_weights() -> None:
    with pytest.raises(DataError, match="no weight"):
        pillar_weights(["a"], inside=[0])
    with pytest.raises(DataError, match="no indicator"):
        pillar_weights([])
    with pytest.raises(DataError, match="outside"):
        pillar_weights(["a"], inside=[-1])


@given(st.floats(1e-4, 10), st.floats(1.01, 1e4), st.floats(1e-5, 2))
def test_tangents_err_by_no_more_than_they_say(low: float, factor: float, error: float) -> None:
    high = low * factor
    lines = tangents(low, high, error=error)
    values = np.geomspace(low, high, 3001)
    excess = lines.log(values) - np.log(values)
    assert excess.min() >= -1e-12
    assert excess.max() <= lines.error + 1e-12
    assert lines.error <= error
    assert lines.error <= np.log(lines.ratio) ** 2 / 8 + 1e-12
    np.testing.assert_allclose(excess[[0, -1]], lines.error, atol=1e-9)
    np.testing.assert_allclose(lines.log(lines.points), np.log(lines.points), atol=1e-9)


@given(st.floats(1e-4, 0.9), st.floats(1e-5, 0.5))
def test_one_tangent_fewer_would_err_more(low: float, error: float) -> None:
    lines = tangents(low, 1.0, error=error)
    count = lines.points.size - 1
    if count:
        half = -np.log(low) / (2 * count)
        assert half / np.tanh(half) - 1 + np.log(np.sinh(half) / half) > error * (1 - 1e-9)


def test_the_rule_of_thumb() -> None:
    assert tangents(0.05, 1, error=np.log(1.1) ** 2 / 8).ratio == pytest.approx(1.1, abs=0.003)


@pytest.mark.parametrize(("low", "high", "error"), [(0, 1, 0.1), (1, 1, 0.1), (0.1, 1, 0)])
def test_malformed_tangents(low: float, high: float, error: float) -> None:
    with pytest.raises(DataError):
        tangents(low, high, error=error)
