"""Public accounts: they balance in every year, nothing is paid silently, and futures are many single runs."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.fiscal import debt_band, newcomer_cost
from tongqu.methods.public_accounts import Flows, Opening, PublicAccounts, elastic, imbalance, settle, to_yuan

NAMES = [field.name for field in fields(PublicAccounts)]
RATES = {"general_rate": 0.03, "special_rate": 0.04}


def drawn(seed: int, *shape: int) -> tuple[Opening, Flows]:
    """Random accounts in which no debt is repaid twice."""
    random = np.random.default_rng(seed)

    def some(high: float, size: tuple[int, ...] = shape) -> np.ndarray:
        return random.uniform(0, high, size) * (random.random(size) > 0.2)

    opening = Opening(
        general_debt=some(900, shape[:-1]) + 50 * shape[-1],
        special_debt=some(900, shape[:-1]) + 50 * shape[-1],
        carry_over=some(40, shape[:-1]),
        fund_carry_over=some(40, shape[:-1]),
    )
    flows = Flows(
        tax_revenue=some(300),
        non_tax_revenue=some(100),
        transfers=some(500),
        services=some(900),
        pensions=some(60),
        running=some(20),
        general_issue=some(50),
        general_repay=some(50),
        land_income=some(200),
        special_issue=some(50),
        special_repay=some(50),
        land_use=some(150) if seed % 2 else None,
        special_use=some(60) if seed % 3 else None,
    )
    return opening, flows


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 12))
def test_every_identity_holds(seed: int, counties: int, years: int) -> None:
    opening, flows = drawn(seed, 2, counties, years)
    found = settle(opening=opening, flows=flows, **RATES)
    assert imbalance(found) < 1e-9 * 1e4
    assert (found.carry_over >= 0).all()
    assert (found.fund_carry_over >= 0).all()
    assert (found.shortfall >= 0).all()
    assert (found.carry_over[found.shortfall > 0] == 0).all(), "the carry-over goes first"
    came = found.own_revenue + found.transfers + found.general_issue
    went = found.expenditure + found.general_repay
    total = found.opening_carry_over + (came + found.shortfall - went).sum(axis=-1)
    assert found.carry_over[..., -1] == pytest.approx(total, abs=1e-8)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_whole_yuan_balance_exactly(seed: int, years: int) -> None:
    opening, flows = drawn(seed, 3, years)
    found = settle(opening=opening, flows=flows, **RATES)
    yuan = to_yuan(found)
    assert imbalance(yuan) == 0.0
    for name in NAMES:
        values = getattr(yuan, name)
        assert (values == np.rint(values)).all(), name
        assert np.abs(values - getattr(found, name) * 1e4).max() <= 8 * years + 1, name


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_figure_is_an_imbalance(name: str) -> None:
    opening, flows = drawn(1, 2, 5)
    found = settle(opening=opening, flows=flows, **RATES)
    assert imbalance(replace(found, **{name: getattr(found, name) + 3.0})) >= 2.9


def test_three_years_by_hand() -> None:
    """All figures worked out on paper."""
    found = settle(
        opening=Opening(general_debt=100, special_debt=200, carry_over=10, fund_carry_over=1),
        flows=Flows(
            tax_revenue=[60, 60, 70],
            non_tax_revenue=[20, 20, 20],
            transfers=[50, 50, 50],
            services=[120, 130, 110],
            pensions=[5, 6, 7],
            running=[0, 2, 2],
            general_issue=[0, 10, 0],
            general_repay=[0, 0, 20],
            land_income=[30, 5, 30],
            special_issue=[0, 20, 0],
            special_repay=[0, 0, 10],
        ),
        **RATES,
    )
    # interest: 3 % of 100, 100, 110; 4 % of 200, 200, 220
    assert found.general_interest == pytest.approx([3, 3, 3.3])
    assert found.special_interest == pytest.approx([8, 8, 8.8])
    assert found.expenditure == pytest.approx([128, 141, 122.3])
    assert found.balance == pytest.approx([2, -1, -2.3])
    assert found.carry_over == pytest.approx([12, 11, 8.7])
    assert found.shortfall == pytest.approx([0, 0, 0])
    assert found.general_debt == pytest.approx([100, 110, 90])
    assert found.special_debt == pytest.approx([200, 220, 210])
    # the fund: 30 - 8 spent; 5 cannot pay interest of 8, carry-over 1 helps, 2 are missing; 30 - 8.8 - 10
    assert found.land_use == pytest.approx([22, 0, 11.2])
    assert found.fund_expenditure == pytest.approx([30, 28, 20])
    assert found.fund_carry_over == pytest.approx([1, 0, 0])
    assert found.fund_shortfall == pytest.approx([0, 2, 0])
    assert found.debt_ratio() == pytest.approx([300 / 160, 330 / 135, 300 / 170])
    assert found.debt_ratio(land_counted=0) == pytest.approx([300 / 130, 330 / 130, 300 / 140])
    assert found.self_sufficiency == pytest.approx([80 / 128, 80 / 141, 90 / 122.3])
    assert found.interest == pytest.approx([11, 11, 12.1])


def test_futures_are_single_runs() -> None:
    opening, flows = drawn(7, 5, 3, 8)
    rate = np.linspace(0.02, 0.05, 5)[:, None, None]
    found = settle(opening=opening, flows=flows, general_rate=rate, special_rate=rate)
    for future in range(5):
        for county in range(3):
            one = settle(
                opening=Opening(
                    **{f.name: getattr(opening, f.name)[future, county] for f in fields(Opening)}
                ),
                flows=Flows(
                    **{
                        f.name: None if (v := getattr(flows, f.name)) is None else v[future, county]
                        for f in fields(Flows)
                    }
                ),
                general_rate=rate[future, 0, 0],
                special_rate=rate[future, 0, 0],
            )
            for name in NAMES:
                np.testing.assert_array_equal(getattr(one, name), getattr(found, name)[future, county], name)


@given(st.integers(0, 1000), st.floats(0, 100))
def test_more_income_never_hurts(seed: int, more: float) -> None:
    opening, flows = drawn(seed, 6)
    poor = settle(opening=opening, flows=flows, **RATES)
    rich = settle(opening=opening, flows=replace(flows, transfers=flows.transfers + more), **RATES)
    assert (rich.carry_over >= poor.carry_over - 1e-9).all()
    assert (rich.shortfall.cumsum() <= poor.shortfall.cumsum() + 1e-9).all()


def test_revenue_follows_value_added() -> None:
    assert elastic(100, ratio=1.1, elasticity=1) == pytest.approx(110)
    assert elastic(100, ratio=1.1, elasticity=0) == pytest.approx(100)
    step = 1e-6
    slope = (elastic(100, ratio=1 + step, elasticity=1.2) - 100) / 100 / step
    assert slope == pytest.approx(1.2, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tax_revenue": -1.0}, "tax_revenue"),
        ({"services": np.nan}, "services"),
        ({"general_repay": 101.0}, "more is repaid than is owed"),
        ({"special_use": -3.0}, "special_use"),
    ],
)
def test_what_cannot_be_is_named(change, words) -> None:
    flows = replace(Flows([1.0, 1.0], 0.0, 0.0, 1.0), **change)
    with pytest.raises(DataError, match=words):
        settle(opening=Opening(100.0, 0.0), flows=flows, **RATES)


def test_too_much_for_whole_yuan() -> None:
    flows = Flows([1e12], 0.0, 0.0, 0.0)
    found = settle(opening=Opening(0.0, 0.0), flows=flows, **RATES)
    with pytest.raises(DataError, match="too large"):
        to_yuan(found)


def test_bands_are_parameters() -> None:
    assert debt_band([0.7, 0.9, 1.1], limit=0.8, warning=1.0).tolist() == ["within", "warning", "over"]
    with pytest.raises(DataError, match="below the limit"):
        debt_band([1.0], limit=1.2, warning=1.0)


def test_newcomers_cost_once_or_every_year() -> None:
    found = newcomer_cost([[10, 0, 5]], once=8, a_year=1.6859)
    assert found.once.tolist() == [[80, 0, 40]]
    assert found.yearly == pytest.approx(np.array([[16.859, 16.859, 25.2885]]))
    with pytest.raises(DataError, match="newcomers"):
        newcomer_cost([-1], once=8, a_year=1)
