from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.people import FIVE_YEAR_STARTS, split_ages

STARTS = np.array(FIVE_YEAR_STARTS)
OLD = np.linspace(1, 0.05, 16)
METHODS = st.sampled_from(["hyman", "pchip"])


@given(arrays(np.float64, (3, 18), elements=st.integers(0, 10_000).map(float)), METHODS)
def test_groups_are_kept_and_nobody_is_negative(
    groups: np.ndarray, method: Literal["hyman", "pchip"]
) -> None:
    single = split_ages(groups, starts=STARTS, open_age=OLD, method=method)
    assert single.shape == (3, 101)
    assert (single >= 0).all()
    back = np.add.reduceat(single, STARTS, axis=-1)
    np.testing.assert_allclose(back, groups, rtol=1e-12, atol=1e-9)


def test_a_smooth_population_comes_back() -> None:
    """The sum of a parabola is a cubic, which the spline reproduces."""
    ages = np.arange(101.0)
    true = 5000 - 20 * ages - 0.3 * ages**2
    groups = np.add.reduceat(true, STARTS)
    single = split_ages(groups, starts=STARTS, open_age=true[85:])
    np.testing.assert_allclose(single, true, rtol=1e-9)


def test_hyman_is_smoother_than_pchip_and_even() -> None:
    ages = np.arange(101.0)
    true = 1000 * np.exp(-(((ages - 35) / 20) ** 2)) + 50
    groups = np.add.reduceat(true, STARTS)
    gaps = {
        method: np.abs(split_ages(groups, starts=STARTS, open_age=true[85:], method=method) - true).sum()
        for method in ("hyman", "pchip")
    }
    even = np.abs(np.repeat(groups[:-1] / 5, 5) - true[:85]).sum()
    assert gaps["hyman"] < gaps["pchip"] < even


@given(arrays(np.float64, 18, elements=st.integers(1, 10_000).map(float)), st.floats(0.1, 50))
def test_scaling_people_scales_ages(groups: np.ndarray, factor: float) -> None:
    one = split_ages(groups, starts=STARTS, open_age=OLD)
    np.testing.assert_allclose(
        split_ages(groups * factor, starts=STARTS, open_age=OLD), one * factor, rtol=1e-8, atol=1e-6
    )


def test_open_age_follows_its_weights_by_sex() -> None:
    weights = np.stack([OLD, OLD[::-1]])
    single = split_ages(np.full((4, 2, 18), 10.0), starts=STARTS, open_age=weights)
    np.testing.assert_allclose(single[2, :, 85:], 10 * weights / weights.sum(axis=1, keepdims=True))


def test_malformed() -> None:
    groups = np.full(18, 10.0)
    with pytest.raises(DataError, match="missing or outside"):
        split_ages(-groups, starts=STARTS, open_age=OLD)
    with pytest.raises(DataError, match="do not fit the groups"):
        split_ages(groups, starts=STARTS[:-1], open_age=OLD)
    with pytest.raises(DataError, match="do not fit the groups"):
        split_ages(groups, starts=STARTS + 1, open_age=OLD)
    with pytest.raises(DataError, match="all weights are 0"):
        split_ages(groups, starts=STARTS, open_age=[0, 0])
    with pytest.raises(DataError, match="unknown"):
        split_ages(groups, starts=STARTS, open_age=OLD, method="line")  # type: ignore[arg-type]
