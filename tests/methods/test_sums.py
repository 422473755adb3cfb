"""Sums of groups against pandas and exact sums."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from tongqu.base import DataError
from tongqu.methods.sums import group_sums


@pytest.mark.parametrize("seed", range(5))
def test_as_pandas_and_nearer_to_the_truth_than_plain_adding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group, values = rng.integers(0, 5, 900), rng.lognormal(5, 3, 900) * rng.choice([-1, 1], 900)
    found = group_sums(group, values, size=6)
    np.testing.assert_allclose(found[:5], pd.Series(values).groupby(group).sum(), rtol=1e-9)
    assert found[5] == 0
    exact = np.array([float(sum(map(Fraction, values[group == one]))) for one in range(5)])
    plain = np.bincount(group, values)
    assert np.abs(found[:5] - exact).sum() <= np.abs(plain - exact).sum()


def test_missing_values_and_values_of_no_group_count_nothing() -> None:
    assert group_sums(np.array([0, -1, 0]), [1.0, 5.0, np.nan], size=1).tolist() == [1.0]
    assert group_sums(np.empty(0, dtype=np.int64), [], size=2).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("group", "values"), [([0, 1], [1.0]), ([0, 2], [1.0, 1.0])])
def test_what_cannot_be_summed_is_refused(group: list[int], values: list[float]) -> None:
    with pytest.raises(DataError):
        group_sums(np.array(group), values, size=2)
