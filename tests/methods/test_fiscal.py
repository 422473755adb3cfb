from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.fiscal import annuity, debt_band, debt_ratio, roll, self_sufficiency

flow = arrays(np.float64, (3, 6), elements=st.integers(0, 500).map(float))


@given(flow, flow, flow, flow, st.floats(0, 0.2))
def test_cash_and_debt_balance_every_year(
    room: np.ndarray, spend: np.ndarray, borrow: np.ndarray, repay: np.ndarray, rate: float
) -> None:
    cash, debt = np.array([5.0, 0, 40]), np.array([0.0, 80, 300])
    found = roll(
        opening_cash=cash, opening_debt=debt, room=room, spend=spend, borrow=borrow, repay=repay, rate=rate
    )
    for year in range(6):
        cash = cash + room[:, year] + borrow[:, year] - spend[:, year] - repay[:, year] - rate * debt
        np.testing.assert_allclose(found.interest[:, year], rate * debt)
        debt = debt + borrow[:, year] - repay[:, year]
        np.testing.assert_allclose(found.cash[:, year], cash, atol=1e-6)
        np.testing.assert_allclose(found.debt[:, year], debt, atol=1e-6)


@given(st.floats(1, 1e6), st.one_of(st.just(0.0), st.floats(1e-9, 0.3)), st.integers(1, 40))
def test_an_annuity_repays_the_loan(principal: float, rate: float, years: int) -> None:
    payment = float(annuity(principal, rate=rate, years=years))
    debt = np.append(principal, np.zeros(years))
    for year in range(years):
        debt[year + 1] = debt[year] * (1 + rate) - payment
    assert debt[-1] == pytest.approx(0, abs=1e-6 * principal)


def test_ratios_and_bands() -> None:
    ratio = debt_ratio([0, 50, 60, 61, 1], own_revenue=[0, 20, 20, 20, 0], transfers=[0, 30, 30, 30, 0])
    np.testing.assert_allclose(ratio, [0, 1, 1.2, 1.22, np.inf])
    assert debt_band(ratio).tolist() == ["within", "within", "warning", "over", "over"]
    assert self_sufficiency(20, 50) == 0.4


def test_malformed() -> None:
    with pytest.raises(DataError, match="missing or outside"):
        debt_ratio(-1, own_revenue=1, transfers=1)
    with pytest.raises(DataError, match="missing or outside"):
        self_sufficiency(1, 0)
    with pytest.raises(DataError, match="no year"):
        annuity(1, rate=0.03, years=0)
    with pytest.raises(DataError, match="negative"):
        annuity(1, rate=-0.03, years=1)
    with pytest.raises(DataError, match="missing or outside"):
        roll(opening_cash=0, opening_debt=0, room=[np.nan], spend=0, borrow=0, repay=0, rate=0)
