"""Draws, regret and influence against plain computations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tongqu.methods.influence import standardised_regression
from tongqu.methods.regret import regret_table, tail_mean
from tongqu.methods.sampling import latin, normal, spread, triangular


def test_the_tail_is_the_largest_level_less_what_falls_short():
    """The definition by an optimisation: max over t of t - mean of max(0, t - v) / tail."""
    rng = np.random.default_rng(1)
    for count in (1, 2, 5, 13):
        values = rng.normal(size=count)
        for tail in (1 / count, 0.4, 0.73, 1.0):
            if tail * count < 1:
                continue
            most = max(t - np.maximum(t - values, 0).mean() / tail for t in values)
            assert tail_mean(values, tail=tail) == pytest.approx(most)


def test_a_tail_of_less_than_one_future_is_the_worst():
    assert tail_mean([3.0, 1.0, 2.0], tail=0.01) == 1.0
    assert tail_mean([3.0, 1.0, 2.0], tail=1.0) == 2.0


def test_regret_is_never_negative_and_zero_for_the_best():
    values = pd.DataFrame(np.random.default_rng(2).normal(size=(20, 3)), columns=["a", "b", "c"])
    table = regret_table(values)
    assert (table["expected"] >= 0).all()
    assert table["never"].sum() == pytest.approx(1.0)
    better = regret_table(values, best=values.max(axis=1) + 1)
    assert (better["expected"] - table["expected"]).tolist() == pytest.approx([1, 1, 1])
    assert (better["never"] == 0).all()
    unknown = regret_table(values, best=pd.Series({0: np.nan}))
    assert unknown["expected"].tolist() == pytest.approx(table["expected"].tolist())


def test_triangular_quantiles_have_the_mean_of_the_distribution():
    share = (np.arange(100_000) + 0.5) / 100_000
    drawn = triangular(share, low=1.0, mode=2.0, high=6.0)
    assert drawn.mean() == pytest.approx(3.0, abs=1e-4)
    assert (np.diff(drawn) > 0).all()
    assert triangular([0.2, 0.9], low=2.0, mode=2.0, high=2.0).tolist() == [2.0, 2.0]


def test_luck_is_spread_evenly_and_independent():
    drawn = normal(["a", "b"], futures=500, seed=3)
    assert drawn.mean(axis=0) == pytest.approx([0, 0], abs=0.01)
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.15
    assert spread(drawn, deviation=0.2).mean() == pytest.approx(1.0, abs=0.005)
    assert latin([], futures=5, seed=1).shape == (5, 0)


def test_coefficients_are_shares_of_the_variance_of_a_linear_outcome():
    x = latin(["a", "b", "c"], futures=400, seed=4)
    found = standardised_regression(x, 2 * x[:, 0] - x[:, 1])
    assert found.explained == pytest.approx(1.0)
    assert (found.coefficients**2).tolist() == pytest.approx([0.8, 0.2, 0.0], abs=0.05)
    assert found.coefficients[1] < 0


def test_noise_is_not_explained_and_what_cannot_be_known_is_said():
    x = latin(["a", "b"], futures=200, seed=5)
    noise = np.random.default_rng(6).normal(size=200)
    assert abs(standardised_regression(x, noise).explained) < 0.1
    assert np.isnan(standardised_regression(x[:6], noise[:6]).coefficients).all()
    still = standardised_regression(x, np.ones(200))
    assert still.coefficients.tolist() == [0.0, 0.0]
    assert np.isnan(still.explained)
    fixed = standardised_regression(np.column_stack([x, np.ones(200)]), x[:, 0])
    assert fixed.coefficients[2] == 0.0
