"""Convergence, Moran's I and Markov matrices: published values, all orders by trial, peers."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import linregress

from tongqu.base import DataError
from tongqu.methods.convergence import (
    beta_convergence,
    contiguity,
    local_moran,
    markov,
    moran,
    quantile_classes,
    row_standardised,
    sigma_convergence,
    trend,
)

Table = npt.NDArray[np.float64]
DATA = Path(__file__).parent / "published"
seeds = st.integers(0, 10_000)


def neighbours(column: pd.Series[str]) -> csr_array[Any]:
    return contiguity([[int(spot) for spot in text.split()] for text in column])


def states() -> tuple[Table, csr_array[Any]]:
    """Incomes of 48 states in 81 years, and row-standardised neighbours."""
    table = pd.read_csv(DATA / "us_income.csv")
    return table.iloc[:, 2:].to_numpy(dtype=float), row_standardised(neighbours(table["neighbours"]))


def lattice(side: int) -> csr_array[Any]:
    """Rook neighbours on a square."""
    spots = np.arange(side * side).reshape(side, side)
    pairs = [*zip(spots[:, 1:].ravel(), spots[:, :-1].ravel(), strict=True)]
    pairs += [*zip(spots[1:].ravel(), spots[:-1].ravel(), strict=True)]
    found: list[list[int]] = [[] for _ in range(side * side)]
    for one, other in pairs:
        found[one].append(int(other))
        found[other].append(int(one))
    return contiguity(found)


def test_markov_of_quintiles_as_published() -> None:
    """Rey (2001) and the PySAL package giddy: incomes of the states in quintiles of each year."""
    income, _ = states()
    found = markov(quantile_classes(income), count=5)
    assert found.counts.tolist() == [
        [729, 71, 1, 0, 0],
        [72, 567, 80, 3, 0],
        [0, 81, 631, 86, 2],
        [0, 3, 86, 573, 56],
        [0, 0, 1, 57, 741],
    ]
    assert found.probabilities[0] == pytest.approx([0.91011236, 0.0886392, 0.00124844, 0, 0], abs=5e-9)
    steady = [0.20774716, 0.18725774, 0.20740537, 0.18821787, 0.20937187]
    assert found.steady == pytest.approx(steady, abs=5e-9)
    assert found.mobility == pytest.approx((5 - 4.20964033) / 4, abs=1e-8)


def test_markov_of_pooled_relative_incomes_as_published() -> None:
    income, _ = states()
    relative = (income / income.mean(axis=0)).reshape(-1, 1)
    found = markov(quantile_classes(relative).reshape(income.shape), count=5)
    assert found.counts.tolist() == [
        [707, 58, 7, 1, 0],
        [50, 629, 80, 1, 1],
        [4, 79, 610, 73, 2],
        [0, 7, 72, 650, 37],
        [0, 0, 0, 48, 724],
    ]


def test_quadrants_of_all_years_as_published() -> None:
    """giddy's LISA Markov: moves between the quadrants of the Moran scatter plot."""
    income, weights = states()
    years = [local_moran(year, weights, permutations=0).quadrant for year in income.T]
    found = markov(np.transpose(years) - 1, count=4)
    assert found.counts.tolist() == [
        [1087, 44, 4, 34],
        [41, 470, 36, 1],
        [5, 34, 1422, 39],
        [30, 1, 40, 552],
    ]
    assert found.steady == pytest.approx([0.28561505, 0.14190226, 0.40493672, 0.16754598], abs=5e-9)


def test_moran_as_published() -> None:
    """The PySAL package esda: homicides around St Louis; variances on a lattice of nine."""
    table = pd.read_csv(DATA / "st_louis_homicides.csv")
    weights = row_standardised(neighbours(table["neighbours"]))
    found = moran(table["rate"], weights, permutations=999, seed=1)
    assert found.i == pytest.approx(0.24365582621771659, rel=1e-12)
    assert found.expected == pytest.approx(-0.012987012987012988)
    assert found.p_normal / 2 == pytest.approx(0.00013573931385468807, rel=1e-8)
    assert found.p_permuted < 0.01
    nine = moran(np.arange(1, 10), lattice(3), permutations=0)
    assert nine.variance_random == pytest.approx(0.0596875, rel=1e-12)
    assert nine.variance_normal == pytest.approx(0.053125, rel=1e-12)
    assert np.isnan(nine.p_permuted)


@given(seeds)
def test_moran_over_all_orders(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 9, 5).astype(float)
    weights = rng.random((5, 5)) * (rng.random((5, 5)) < 0.6)
    np.fill_diagonal(weights, 0)
    if np.ptp(values) == 0 or weights.sum() == 0:
        return

    def plain(order: Table) -> float:
        apart = order - order.mean()
        return float(5 / weights.sum() * (apart @ weights @ apart) / (apart @ apart))

    every = np.array([plain(np.array(order)) for order in permutations(values)])
    found = moran(values, weights, permutations=0)
    assert found.i == pytest.approx(plain(values), abs=1e-12)
    assert found.expected == pytest.approx(every.mean(), abs=1e-12)
    assert found.variance_random == pytest.approx(every.var(), abs=1e-10)
    order = rng.permutation(5)
    mixed = moran(values[order] * 3 + 2, weights[np.ix_(order, order)], permutations=0)
    assert mixed.i == pytest.approx(found.i, abs=1e-10)
    assert mixed.variance_random == pytest.approx(found.variance_random, abs=1e-10)


def test_permuted_p_comes_near_the_exact_one() -> None:
    values = np.array([1.0, 2, 4, 4, 7, 9, 12])
    line = row_standardised(contiguity([[1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5]]))
    apart = values - values.mean()
    orders = apart[np.array(list(permutations(range(7))))]
    every = (orders * (orders @ line.toarray().T)).sum(axis=1) / (apart @ apart)
    found = moran(values, line, permutations=9999, seed=4)
    assert found.p_permuted == pytest.approx((every >= found.i - 1e-12).mean(), abs=0.002)
    assert found.p_permuted == moran(values, line, permutations=9999, seed=4).p_permuted
    local = local_moran(values, line, permutations=9999, seed=4)
    for place in range(7):
        others = np.delete(apart, place)
        own = line.toarray()[place][line.toarray()[place] > 0]
        draws = np.array(list(permutations(others, own.size))) @ own
        each = apart[place] * draws * 7 / (apart @ apart)
        close = 1e-9
        tail = min((each >= local.i[place] - close).mean(), (each <= local.i[place] + close).mean())
        assert local.p[place] == pytest.approx(tail, abs=0.015)


@given(seeds)
def test_local_moran_brute(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(4, 9))
    values = rng.integers(0, 9, size).astype(float)
    weights = (rng.random((size, size)) < 0.4).astype(float)
    np.fill_diagonal(weights, 0)
    if np.ptp(values) == 0 or weights.sum() == 0:
        return
    table = row_standardised(weights)
    apart = values - values.mean()
    found = local_moran(values, table, permutations=19)
    for place in range(size):
        near = np.flatnonzero(weights[place])
        if near.size == 0:
            assert (found.quadrant[place], found.i[place]) == (0, 0)
            assert np.isnan(found.p[place])
            continue
        lag = apart[near].mean()
        assert found.i[place] == pytest.approx(apart[place] * lag / (apart**2).mean(), abs=1e-12)
        quadrant = {(True, True): 1, (False, True): 2, (False, False): 3, (True, False): 4}
        if abs(lag) > 1e-9 and abs(apart[place]) > 1e-9:
            assert found.quadrant[place] == quadrant[bool(apart[place] > 0), bool(lag > 0)]
    if (weights.sum(axis=1) > 0).all():
        assert found.i.mean() == pytest.approx(moran(values, table, permutations=0).i, abs=1e-12)
    known = np.sort(found.p[~np.isnan(found.p)])
    raised = [min(known[k:] * known.size / np.arange(k + 1, known.size + 1)) for k in range(known.size)]
    np.testing.assert_allclose(np.sort(found.p_adjusted[~np.isnan(found.p)]), np.minimum(raised, 1))


def test_islands_are_counted() -> None:
    weights = [[0, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0] * 5]
    assert moran([1, 2, 5, 6, 9], weights, permutations=0).islands == 1
    dense = np.array(weights, dtype=float)
    sparse = moran([1, 2, 5, 6, 9], csr_array(dense), permutations=9)
    assert sparse == moran([1, 2, 5, 6, 9], dense, permutations=9)


@given(seeds)
def test_quantile_classes_and_moves_brute(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 12, (8, 4)).astype(float)
    classes = quantile_classes(values, count=3)
    for year in range(4):
        ends = [np.quantile(values[:, year], share) for share in (1 / 3, 2 / 3)]
        np.testing.assert_array_equal(
            classes[:, year], [sum(v > end for end in ends) for v in values[:, year]]
        )
    found = markov(classes, count=3)
    counts = np.zeros((3, 3), dtype=int)
    for place in range(8):
        for year in range(3):
            counts[classes[place, year], classes[place, year + 1]] += 1
    np.testing.assert_array_equal(found.counts, counts)
    if not np.isnan(found.steady).any():
        np.testing.assert_allclose(found.steady @ found.probabilities, found.steady, atol=1e-12)
        assert found.steady.sum() == pytest.approx(1)


def test_a_steady_state_that_is_not_unique_is_not_given() -> None:
    assert np.isnan(markov([[0, 0], [1, 1]], count=2).steady).all()
    assert np.isnan(markov([[0, 1], [0, 0]], count=2).steady).all()
    assert markov([[0, 1], [1, 1]], count=2).steady.tolist() == [0, 1]


@given(seeds)
def test_beta_and_trend_equal_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.uniform(1, 100, 12)
    last = first * rng.uniform(0.5, 4, 12)
    found = beta_convergence(first, last, years=10)
    peer = linregress(np.log(first), np.log(last / first) / 10)
    assert found.beta == pytest.approx(peer.slope, abs=1e-12)
    assert found.values[0] == pytest.approx(peer.intercept, abs=1e-12)
    assert found.errors == pytest.approx([peer.intercept_stderr, peer.stderr], rel=1e-6)
    assert found.p[1] == pytest.approx(peer.pvalue, rel=1e-5, abs=1e-12)
    assert found.r2 == pytest.approx(peer.rvalue**2, abs=1e-10)
    if found.beta > -0.1:
        assert np.exp(-found.speed * 10) == pytest.approx(1 + 10 * found.beta)
    scaled = beta_convergence(first * 7, last * 7, years=10)
    assert scaled.beta == pytest.approx(found.beta, abs=1e-10)
    years = np.arange(2010, 2022)
    line, same = trend(last, years), linregress(years, last)
    assert (line.slope, line.error) == pytest.approx((same.slope, same.stderr), rel=1e-6)


def test_speed_is_that_of_the_law() -> None:
    """Places that follow ln y(t) = ln y* + exp(-lambda t) (ln y0 - ln y*)."""
    start, goal, years = np.array([2.0, 5, 11, 40]), 60.0, 15
    end = goal * (start / goal) ** np.exp(-0.02 * years)
    found = beta_convergence(start, end, years=years)
    assert (found.speed, found.half_life) == pytest.approx((0.02, np.log(2) / 0.02))
    assert found.errors == pytest.approx([0, 0], abs=1e-10)
    away = beta_convergence(end, start, years=years)
    assert away.half_life == np.inf


def test_controls_take_out_different_goals() -> None:
    rng = np.random.default_rng(6)
    school = rng.uniform(6, 12, 60)
    start = rng.uniform(5, 50, 60)
    goal = 10 * np.exp(0.3 * school)
    end = goal * (start / goal) ** np.exp(-0.03 * 10) * np.exp(rng.normal(0, 0.001, 60))
    found = beta_convergence(start, end, years=10, controls={"school": school})
    assert found.names == ("constant", "beta", "school")
    assert found.speed == pytest.approx(0.03, rel=0.01)
    with pytest.raises(DataError, match="told apart"):
        beta_convergence(start, end, years=10, controls={"a": np.log(start)})


@given(seeds)
def test_sigma_brute(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, people = rng.uniform(1, 9, (4, 6)), rng.integers(1, 5, 6)
    found = sigma_convergence(values, [2000, 2005, 2010, 2020], people=people)
    for year in range(4):
        each = np.repeat(values[year], people)
        assert found.cv[year] == pytest.approx(each.std() / each.mean())
        assert found.log_sd[year] == pytest.approx(np.log(each).std())
    assert found.cv_trend.slope == pytest.approx(linregress([2000, 2005, 2010, 2020], found.cv).slope)
    scaled = sigma_convergence(values * 5, [2000, 2005, 2010, 2020], people=people)
    np.testing.assert_allclose(scaled.cv, found.cv)
    np.testing.assert_allclose(scaled.log_sd, found.log_sd, atol=1e-12)


def test_states_of_the_usa_converged() -> None:
    income, weights = states()
    years = np.arange(1929, 2010)
    assert sigma_convergence(income.T, years).log_trend.slope < 0
    found = beta_convergence(income[:, 0], income[:, -1], years=80)
    assert found.beta < 0
    assert found.p[1] < 1e-6
    assert moran(income[:, 0], weights, permutations=99).p_permuted == 0.01


LINE = [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: contiguity([[0]]), "its own"),
        (lambda: contiguity([[1, 1], []]), "comes twice"),
        (lambda: contiguity([[2], []]), "outside 0..1"),
        (lambda: row_standardised([[0, 1]]), "not square"),
        (lambda: row_standardised([[1, 1], [1, 0]]), "own neighbour"),
        (lambda: row_standardised([[0, -1], [1, 0]]), "outside"),
        (lambda: moran([1, 2, 3], LINE), "lengths differ"),
        (lambda: moran([1, 1, 1, 1], LINE), "all are equal"),
        (lambda: moran([1, np.nan, 1, 2], LINE), "values: 1 of 4"),
        (lambda: moran([1, 2], [[0, 1], [1, 0]]), "fewer than 4"),
        (lambda: moran([1, 2, 3, 4], np.zeros((4, 4))), "nobody"),
        (lambda: moran([1, 2, 3, 4], LINE, permutations=-1), "negative"),
        (lambda: quantile_classes([1, 2]), "no table"),
        (lambda: quantile_classes([[1], [2]], count=1), "fewer than 2 classes"),
        (lambda: markov([[0], [1]], count=2), "fewer than 2 years"),
        (lambda: markov([[0, 2]], count=2), "outside 0..1"),
        (lambda: trend([1, 2], [2000, 2000]), "all are the same"),
        (lambda: trend([1, 2], [2000]), "lengths differ"),
        (lambda: beta_convergence([1, 0], [1, 2], years=3), "first: 1 of 2"),
        (lambda: beta_convergence([1, 3], [1, 2], years=0), "not above 0"),
        (lambda: beta_convergence([1, 3], [1], years=2), "lengths differ"),
        (lambda: beta_convergence([1, 3], [1, 2], years=2, controls={"c": [1]}), "c: lengths differ"),
        (lambda: beta_convergence([3, 3], [1, 2], years=2), "told apart"),
        (lambda: sigma_convergence([1, 2], [1]), "no table"),
        (lambda: sigma_convergence([[1, 2], [1, 3]], [1, 2], people=[0, 0]), "nobody"),
        (lambda: sigma_convergence([[1, 2], [1, 3]], [1, 2], people=[1]), "shapes differ"),
    ],
)
def test_malformed(call: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        call()
