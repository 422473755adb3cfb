from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.inequality import gini, quantile, worst_tenth_mean

DATA = Path(__file__).parent / "data"
places = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 9)), min_size=1, max_size=12)


def test_gini_as_published() -> None:
    income = pd.read_csv(DATA / "mexico_income.csv")["pcgdp1940"]
    assert gini(income) == pytest.approx(0.35372371173, abs=1e-11)


@given(places)
def test_gini_equals_the_mean_distance_of_people(rows: list[tuple[int, int]]) -> None:
    level, people = np.array(rows, dtype=float).T
    each = np.repeat(level, people.astype(int))
    if each.sum():
        plain = np.abs(each[:, np.newaxis] - each).mean() / (2 * each.mean())
        assert gini(level, people) == pytest.approx(plain, abs=1e-12)
        assert gini(level * 3, people * 7) == pytest.approx(plain, abs=1e-12)
    else:
        assert np.isnan(gini(level, people))


@given(places, st.floats(0, 1))
def test_quantile_is_the_least_value_that_covers(rows: list[tuple[int, int]], q: float) -> None:
    level, people = np.array(rows, dtype=float).T
    found = float(quantile(level, people, q=q))
    assert people[level <= found].sum() >= q * people.sum() - 1e-9
    assert people[level < found].sum() < q * people.sum() + 1e-9


@given(places, st.floats(0.05, 1))
def test_worst_share_equals_people_one_by_one(rows: list[tuple[int, int]], share: float) -> None:
    level, people = np.array(rows, dtype=float).T
    parts = 1000
    each = np.sort(np.repeat(level, people.astype(int) * parts))
    count = round(share * each.size)
    high = worst_tenth_mean(level, people, worst="high", share=count / each.size)
    low = worst_tenth_mean(level, people, worst="low", share=count / each.size)
    assert high == pytest.approx(each[-count:].mean(), abs=1e-6)
    assert low == pytest.approx(each[:count].mean(), abs=1e-6)


def test_edges() -> None:
    assert worst_tenth_mean([10, np.inf], [99, 1], worst="high") == np.inf
    assert worst_tenth_mean([10, np.inf], [99, 1], worst="low") == 10
    assert quantile([5, 1], [0, 2], q=1) == 1
    with pytest.raises(DataError, match="nobody"):
        gini([1], [0])
    with pytest.raises(DataError, match="lengths differ"):
        gini([1, 2], [1])
    with pytest.raises(DataError, match="outside"):
        gini([1, np.inf])
