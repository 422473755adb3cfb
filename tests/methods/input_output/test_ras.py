"""Balancing: hand cases, signs, logs, and failures that say so. Errors between tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.input_output import (
    Table,
    check_table,
    compare_coefficients,
    ras,
    rebalance,
    weighted_error,
)


def test_a_case_by_hand() -> None:
    # Rows 3 and 1, columns 2 and 2 of a table of ones: the product of the sums over the total.
    found = ras(np.ones((2, 2)), rows=[3, 1], columns=[2, 2])
    np.testing.assert_allclose(found.matrix, [[1.5, 1.5], [0.5, 0.5]])
    assert found.iterations == 1
    assert found.largest_change == pytest.approx(0.5)
    assert len(found.log) == 1
    assert len(found.changes) == 4
    assert found.method == "RAS"


@given(
    arrays(np.float64, (3, 4), elements=st.floats(0.1, 9)),
    arrays(np.float64, (3, 4), elements=st.floats(0.1, 9)),
)
def test_sums_are_met_and_cross_ratios_stay(start: np.ndarray, other: np.ndarray) -> None:
    found = ras(start, rows=other.sum(axis=1), columns=other.sum(axis=0))
    np.testing.assert_allclose(found.matrix.sum(axis=1), other.sum(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.matrix.sum(axis=0), other.sum(axis=0), rtol=1e-6)
    m = found.matrix
    before = start[0, 0] * start[2, 3] / (start[0, 3] * start[2, 0])
    assert m[0, 0] * m[2, 3] / (m[0, 3] * m[2, 0]) == pytest.approx(before)


def test_negative_cells_keep_their_sign() -> None:
    # The example of Junius and Oosterhaven 2003 has this shape: three rows, four columns, two negatives.
    start = np.array([[7.0, 3, 5, -3], [2, 9, 8, 1], [-2, 0, 2, 1]])
    rows, columns = np.array([15.0, 26, -1]), np.array([9.0, 16, 17, -2])
    found = ras(start, rows=rows, columns=columns)
    assert found.method == "GRAS"
    np.testing.assert_allclose(found.matrix.sum(axis=1), rows, atol=1e-6)
    np.testing.assert_allclose(found.matrix.sum(axis=0), columns, atol=1e-6)
    assert (np.sign(found.matrix) == np.sign(start)).all()
    # First-order condition of the method: positive cells are multiplied by r s, negative ones divided.
    ratio = np.where(start > 0, found.matrix / np.where(start > 0, start, 1), np.nan)
    r0s3 = start[0, 3] / found.matrix[0, 3]
    assert r0s3 * ratio[1, 0] == pytest.approx(ratio[0, 0] * ratio[1, 3])


def test_sums_that_cannot_be() -> None:
    with pytest.raises(DataError) as caught:
        ras([[1, 0], [1, 0]], rows=[1, 2], columns=[1, 1])
    rules = [problem.rule for problem in caught.value.problems]
    assert rules == ["row sums add up to 3, column sums to 2", "no cell can give the sum 1"]


def test_a_balance_that_is_out_of_reach_is_an_error() -> None:
    # Cell (0, 0) alone serves row 0 and column 0, and they disagree.
    with pytest.raises(DataError, match="not converged after 50 iterations"):
        ras([[1, 0], [1, 1]], rows=[5, 1], columns=[3, 3], most=50)


def test_a_table_is_balanced_only_when_asked_and_the_log_says_how(zhejiang: Table) -> None:
    flows = zhejiang.flows.copy()
    flows[3, 5] += 5000
    broken = replace(zhejiang, flows=flows)
    with pytest.raises(DataError):
        check_table(broken)
    mended, log = rebalance(broken)
    check_table(mended)
    assert log.method == "GRAS"
    assert log.iterations >= 1
    assert log.changes["change"].abs().is_monotonic_decreasing
    assert log.changes.iloc[0][["row", "column"]].tolist()
    np.testing.assert_allclose(mended.value_added, zhejiang.value_added)
    np.testing.assert_allclose(mended.demand.sum(axis=0), zhejiang.demand.sum(axis=0), rtol=1e-6)
    same, quiet = rebalance(zhejiang)
    assert quiet.iterations == 0
    assert quiet.largest_change == 0
    np.testing.assert_allclose(same.flows, zhejiang.flows)


def test_errors_by_hand() -> None:
    found = compare_coefficients([[0.3, 0.1], [0.0, 0.2]], [[0.2, 0.2], [0.0, 0.2]])
    assert found.stpe == pytest.approx(100 * 0.2 / 0.6)
    assert found.mean_absolute == pytest.approx(0.05)
    assert found.theil_u == pytest.approx(np.sqrt(0.02 / 0.12))
    assert found.bias == pytest.approx(0, abs=1e-9)
    assert weighted_error([2.2, 1.0], [2.0, 1.25], weights=[1, 3]) == pytest.approx((10 + 60) / 4)
    perfect = compare_coefficients([1.0, 2.0], [1.0, 2.0])
    assert (perfect.stpe, perfect.theil_u) == (0, 0)
    with pytest.raises(DataError):
        compare_coefficients([0.0], [0.0])
