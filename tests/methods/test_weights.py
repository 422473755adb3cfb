from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.weights import ahp, mix, weigh

CASES = json.loads((Path(__file__).parent / "data" / "mcda_cases.json").read_text())
METHODS = ("equal", "entropy", "entropy-range", "critic")


def test_entropy_as_published_and_its_common_variant() -> None:
    case = CASES["entropy_raw_colnorm_Xu2004"]
    np.testing.assert_allclose(weigh(case["X"], method="entropy"), case["w"], atol=5e-5)
    ranged = weigh(case["X"], method="entropy-range")
    np.testing.assert_allclose(ranged, case["w_minmax_variant_computed"], atol=5e-5)


def test_critic_as_published_and_with_the_cost_as_a_cost() -> None:
    case = CASES["critic_Tus2019"]
    published = weigh(case["X"], method="critic")
    np.testing.assert_allclose(published, case["w_all_benefit_published"], atol=5e-4)
    cost = weigh(case["X"], method="critic", more_is_better=[False, *[True] * 5])
    np.testing.assert_allclose(cost, case["w_first_cost_computed"], atol=5e-5)


def drinks() -> tuple[list[str], np.ndarray]:
    """Comparisons of drinks in Saaty (2008), International Journal of Services Sciences 1 (1), 83-98."""
    names = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"]
    above = {
        "coffee": {"wine": 9, "tea": 5, "beer": 2, "soda": 1, "milk": 1},
        "water": {"coffee": 2, "wine": 9, "tea": 9, "beer": 3, "soda": 2, "milk": 3},
        "tea": {"wine": 3},
        "beer": {"wine": 9, "tea": 3, "milk": 1},
        "soda": {"wine": 9, "tea": 4, "beer": 2, "milk": 2},
        "milk": {"wine": 9, "tea": 3},
    }
    matrix = np.ones((7, 7))
    for row, line in above.items():
        for column, times in line.items():
            matrix[names.index(row), names.index(column)] = times
            matrix[names.index(column), names.index(row)] = 1 / times
    return names, matrix


def test_ahp_as_published() -> None:
    case = CASES["ahp_Saaty2008_drinks"]
    names, matrix = drinks()
    found = ahp(matrix)
    np.testing.assert_allclose(found.weights, [case["w"][name] for name in names], atol=5e-5)
    assert found.consistency_ratio == pytest.approx(case["CR_saaty"], abs=0.001)


@given(arrays(np.float64, (5, 4), elements=st.integers(0, 50).map(float)), st.sampled_from(METHODS))
def test_weights_are_weights_and_follow_their_columns(table: np.ndarray, method: str) -> None:
    weights = weigh(table, method=method)  # type: ignore[arg-type]
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weigh(table[:, ::-1], method=method), weights[::-1], atol=1e-9)  # type: ignore[arg-type]
    np.testing.assert_allclose(weigh(table[::-1], method=method), weights, atol=1e-9)  # type: ignore[arg-type]


def test_a_column_that_never_varies_has_no_weight() -> None:
    table = [[1, 7, 3], [2, 7, 1], [4, 7, 2]]
    for method in ("entropy", "entropy-range", "critic"):
        assert weigh(table, method=method)[1] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(weigh([[7, 7], [7, 7]], method="critic"), [0.5, 0.5])


@given(st.lists(st.floats(0.1, 9), min_size=2, max_size=6))
def test_consistent_comparisons_give_back_their_weights(raw: list[float]) -> None:
    weights = np.array(raw) / sum(raw)
    found = ahp(weights[:, np.newaxis] / weights)
    np.testing.assert_allclose(found.weights, weights, rtol=1e-6)
    assert found.consistency_ratio == pytest.approx(0, abs=1e-6)


def test_mix_lies_between_and_ignores_repetition() -> None:
    first, second = [0.6, 0.4], [0.2, 0.8]
    mixed = mix([first, second])
    assert 0.2 < mixed[0] < 0.6
    assert mixed.sum() == pytest.approx(1)
    np.testing.assert_allclose(mix([first, first]), first)


def test_malformed() -> None:
    with pytest.raises(DataError, match="missing or outside"):
        weigh([[1, -1], [2, 3]], method="entropy")
    with pytest.raises(DataError, match="two units"):
        weigh([[1, 2]], method="critic")
    with pytest.raises(DataError, match="not reciprocal"):
        ahp([[1, 2], [2, 1]])
    with pytest.raises(DataError, match="not square"):
        ahp([[1, 2]])
    with pytest.raises(DataError, match="sum to 1"):
        mix([[0.5, 0.6]])
    with pytest.raises(DataError, match="lengths differ"):
        weigh([[1, 2], [2, 3]], method="critic", more_is_better=[True])
