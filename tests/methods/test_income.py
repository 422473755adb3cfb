"""Income by source: indices by hand, decompositions that add up exactly, a spread that keeps the mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.income import SOURCES, carry, change_effects, gap_parts, ratio_effects, spread

amounts = arrays(np.float64, (3, len(SOURCES)), elements=st.floats(0.5, 1e5))


def test_carry_by_hand() -> None:
    # Wages 60 x 1.5, business 20 x 0.5, property 10 x (90 + 10) / 80, transfers 10 x 2.
    found = carry([60.0, 20.0, 10.0, 10.0], wage=1.5, business=0.5, transfer=2.0)
    assert found.tolist() == [90.0, 10.0, 12.5, 20.0]


def test_carry_over_futures() -> None:
    found = carry(np.ones((3, 4)), wage=np.arange(5.0)[:, None], business=np.ones(3), transfer=1.0)
    assert found.shape == (5, 3, 4)
    assert found[2, 0].tolist() == [2.0, 1.0, 1.5, 1.0]


def test_property_stays_where_nobody_works() -> None:
    assert carry([0.0, 0.0, 5.0, 1.0], wage=3.0, business=3.0, transfer=1.0).tolist() == [0.0, 0.0, 5.0, 1.0]


@given(amounts, amounts)
def test_effects_add_up_to_the_change(before: np.ndarray, after: np.ndarray) -> None:
    total = np.log(after.sum(axis=-1) / before.sum(axis=-1))
    np.testing.assert_allclose(change_effects(before, after).sum(axis=-1), total, atol=1e-9)


@given(amounts, amounts, amounts, amounts)
def test_ratio_effects_add_up(ub: np.ndarray, ua: np.ndarray, rb: np.ndarray, ra: np.ndarray) -> None:
    up, down = ratio_effects(urban_before=ub, urban_after=ua, rural_before=rb, rural_after=ra)
    ratio = (ua.sum(axis=-1) / ra.sum(axis=-1)) / (ub.sum(axis=-1) / rb.sum(axis=-1))
    np.testing.assert_allclose(up.sum(axis=-1) + down.sum(axis=-1), np.log(ratio), atol=1e-9)


@given(amounts, amounts)
def test_gap_parts_are_the_gap(urban: np.ndarray, rural: np.ndarray) -> None:
    np.testing.assert_allclose(
        gap_parts(urban, rural).sum(axis=-1), urban.sum(axis=-1) - rural.sum(axis=-1), atol=1e-6
    )


@given(
    st.floats(1, 1e5),
    arrays(np.float64, 4, elements=st.floats(1, 1e6)),
    arrays(np.float64, 4, elements=st.floats(0.1, 100)),
    st.floats(0, 2),
)
def test_spread_keeps_the_mean(mean: float, people: np.ndarray, level: np.ndarray, power: float) -> None:
    found = spread(mean, people=people, level=level, elasticity=power)
    assert found @ people / people.sum() == pytest.approx(mean)
    # Where twice as much is made per head, income is 2^power times as high.
    assert found[0] / found[1] == pytest.approx((level[0] / level[1]) ** power)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: carry([-1.0, 0, 0, 0], wage=1, business=1, transfer=1),
        lambda: carry([1.0, 0, 0, 0], wage=np.nan, business=1, transfer=1),
        lambda: change_effects([1.0, 0.0], [1.0, 1.0]),
        lambda: change_effects([0.0], [0.0]),
        lambda: spread(1.0, people=[0.0], level=[1.0], elasticity=1.0),
        lambda: spread(1.0, people=[1.0], level=[0.0], elasticity=1.0),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(DataError):
        wrong()  # type: ignore[operator]
