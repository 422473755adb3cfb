from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.cohort import (
    AGE_GROUPS,
    Ratios,
    cohort_ratios,
    interpolate,
    people_aged,
    project,
    pupils,
    urban_share,
)


def census(low: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, (2, 2, 18), elements=st.integers(low, 999).map(float))


@given(census(1), census(1))
def test_ratios_carry_the_first_census_into_the_second(first: np.ndarray, second: np.ndarray) -> None:
    stages = project(first, cohort_ratios(first, second))
    np.testing.assert_array_equal(stages[0], first)
    np.testing.assert_allclose(stages[1], second, rtol=1e-12)


@given(census(0), census(0), st.integers(0, 4))
def test_nobody_is_ever_negative(first: np.ndarray, second: np.ndarray, steps: int) -> None:
    stages = project(second, cohort_ratios(first, second, limits=(0.2, 2)), steps=steps)
    assert stages.shape == (steps + 1, 2, 2, 18)
    assert (stages >= 0).all()
    assert np.isfinite(stages).all()


@given(census(0))
def test_without_deaths_and_moves_cohorts_keep_their_people(people: np.ndarray) -> None:
    still = Ratios(change=np.ones((2, 2, 16)), children=np.zeros((2, 2, 2)))
    stages = project(people, still, steps=2)
    np.testing.assert_allclose(stages[1].sum(axis=-1), people.sum(axis=-1))
    np.testing.assert_allclose(stages[2][..., 4:17], people[..., :13])
    np.testing.assert_allclose(stages[1][..., 17], people[..., 15:].sum(axis=-1))


def test_limits_cut_only_change() -> None:
    first, second = np.full((2, 18), 10.0), np.full((2, 18), 100.0)
    found = cohort_ratios(first, second, limits=(0.5, 1.5))
    assert found.change.max() == 1.5
    np.testing.assert_allclose(found.children, [[1 / 6, 1 / 6], [1 / 6, 1 / 6]])


def test_units_do_not_mix() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.integers(1, 99, (2, 5, 2, 18)).astype(float)
    together = project(second, cohort_ratios(first, second), steps=3)
    for unit in range(5):
        alone = project(second[unit], cohort_ratios(first[unit], second[unit]), steps=3)
        np.testing.assert_allclose(together[:, unit], alone)


@given(census(0), census(0), st.sampled_from(["geometric", "linear"]))
def test_interpolation_meets_both_ends_and_stays_between(
    start: np.ndarray, end: np.ndarray, method: str
) -> None:
    path = interpolate(start, end, years=10, at=np.arange(11), method=method)  # type: ignore[arg-type]
    np.testing.assert_allclose(path[[0, -1]], [start, end], rtol=1e-12)
    assert (path >= np.minimum(start, end) - 1e-9).all()
    assert (path <= np.maximum(start, end) + 1e-9).all()


def test_interpolation_beyond_the_end_never_goes_below_zero() -> None:
    np.testing.assert_allclose(interpolate([100, 100], [50, 0], years=10, at=[20]), [[25, 0]])


def test_urban_share_of_quzhou() -> None:
    """62.1 % was announced for 2024; a constant difference of growth gives 62.75 %."""
    share = urban_share(936833 / 2122661, 1310498 / 2276184, years=10, at=14)
    assert share == pytest.approx(0.6275, abs=1e-4)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(-20, 40))
def test_urban_share_is_a_constant_difference_of_growth(first: float, second: float, at: float) -> None:
    share = float(urban_share(first, second, years=10, at=at))
    assert 0 < share < 1
    ratio = second / (1 - second) / (first / (1 - first))
    assert share / (1 - share) == pytest.approx(first / (1 - first) * ratio ** (at / 10), rel=1e-9)


@given(arrays(np.float64, (3, 18), elements=st.integers(0, 99).map(float)), st.integers(0, 83))
def test_ages_add_up(groups: np.ndarray, cut: int) -> None:
    whole = people_aged(groups, low=0, high=84)
    np.testing.assert_allclose(whole, groups[:, :17].sum(axis=1))
    parts = people_aged(groups, low=0, high=cut) + people_aged(groups, low=cut + 1, high=84)
    np.testing.assert_allclose(parts, whole)


def test_pupils() -> None:
    found = pupils(np.eye(18) * 10)
    np.testing.assert_allclose(found.primary, [0, 8, 4, *[0] * 15])
    np.testing.assert_allclose(found.junior, [0, 0, 6, *[0] * 15])


def test_malformed() -> None:
    assert len(AGE_GROUPS) == 18
    people = np.ones((2, 18))
    with pytest.raises(DataError, match="sex, age"):
        cohort_ratios(np.ones((18, 2)), people)
    with pytest.raises(DataError, match="shapes differ"):
        cohort_ratios(np.ones((1, 2, 18)), people)
    with pytest.raises(DataError, match="missing or outside"):
        project(-people, cohort_ratios(people, people))
    with pytest.raises(DataError, match="not in order"):
        cohort_ratios(people, people, limits=(2, 1))
    with pytest.raises(DataError, match="missing or outside"):
        urban_share(0, 0.5, years=10, at=5)
    with pytest.raises(DataError, match="high <= 84"):
        people_aged(people, low=60, high=90)
    with pytest.raises(DataError, match="not above 0"):
        interpolate(1, 2, years=0, at=[1])
