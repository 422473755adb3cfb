"""Present values: annuities in closed form, the accounts' own identity, rates of return."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.pension import (
    AGES,
    Scheme,
    cohort_value,
    discount_factors,
    internal_rate,
    lifetime,
    present_value,
)

RATES = st.floats(0.001, 0.15)


@given(rate=RATES, years=st.integers(1, 80), amount=st.floats(1, 1e5))
def test_annuities_in_closed_form(rate: float, years: int, amount: float) -> None:
    """At the end a(n) = (1 - v^n) / i, at the start (1 + i) times it, in the middle (1 + i / 2) times it."""
    end = amount * (1 - (1 + rate) ** -years) / rate
    flows = np.full(years, amount)
    assert present_value(flows, rate=rate, timing="end") == pytest.approx(end)
    assert present_value(flows, rate=rate, timing="start") == pytest.approx(end * (1 + rate))
    assert present_value(flows, rate=rate) == pytest.approx(end * (1 + rate / 2))


@given(rate=RATES, death=st.floats(0.0, 0.3))
def test_life_annuity_at_a_constant_death_rate(rate: float, death: float) -> None:
    """Basic pensions of one who is 61 at first, p a year: the geometric series, cut after 400 years."""
    alive = np.full(AGES, 1 - death)
    rules = Scheme(0, 0, 0, 0.0, basic=100.0, pension_age=60.0)
    life = lifetime([rules] * 400, entry_age=61, survive=alive)
    ratio = (1 - death) / (1 + rate)
    closed = 1200 * (1 + rate / 2) / (1 + rate) * (1 - ratio**400) / (1 - ratio)
    assert cohort_value(life, rate=rate).basic_pension == pytest.approx(closed)


@pytest.mark.parametrize("death", [0.0, 0.02])
def test_accounts_pay_back_what_is_paid_in(death: float) -> None:
    """At the accounts' own interest, paid in = paid out + heirs + what is left; nothing is lost or made."""
    rate = 0.025
    rules = Scheme(1000, 100, 0.9, rate, basic=200)
    life = lifetime([rules] * 75, entry_age=30, survive=np.full(AGES, 1 - death))
    value = cohort_value(life, rate=rate)
    left = life.left_over * (1 + rate) ** -75
    paid_in = value.contributions + value.subsidies
    assert paid_in == pytest.approx(value.account_pension + value.heirs + left)
    assert value.net_transfer == pytest.approx(value.subsidies + value.basic_pension + value.topped_up - left)


def test_contributions_of_a_whole_working_life() -> None:
    """Thirty years at 3 % without deaths: the annuity in the middle of the year."""
    rules = Scheme(1000, 0, 1.0, 0.03, basic=0)
    life = lifetime([rules] * 60, entry_age=30, survive=np.ones(AGES))
    closed = 1000 * (1 - 1.03**-30) / 0.03 * 1.015
    assert cohort_value(life, rate=0.03).contributions == pytest.approx(closed)
    saved = 1000 * (1.03**30 - 1) / 0.03 * 1.015
    assert life.account_pension[30] == pytest.approx(saved * 12 / 139)


def test_rate_of_return_is_the_interest_without_subsidies() -> None:
    """Pension only out of the account, until the end of it: the member earns what the account is credited."""
    rules = Scheme(1000, 0, 1.0, 0.04, basic=0)
    life = lifetime([rules] * 42, entry_age=30, survive=np.ones(AGES))
    assert life.topped_up.sum() == 0
    net = life.account_pension - life.contributions
    # What is left stands at the start of the year after.
    found = internal_rate(np.append(net, 0.0), start=np.append(np.zeros(42), life.left_over))
    assert found == pytest.approx(0.04, abs=1e-9)


def test_more_subsidy_and_pension_raise_the_return() -> None:
    alive = np.full(AGES, 0.99)
    found = [
        cohort_value(
            lifetime([Scheme(500, subsidy, 1, 0.02, basic=basic)] * 90, entry_age=20, survive=alive),
            rate=0.03,
        )
        for subsidy, basic in ((0, 0), (50, 0), (50, 100), (50, 300))
    ]
    assert (np.diff([one.internal_rate for one in found]) > 0).all()
    assert (np.diff([one.net_transfer for one in found]) > 0).all()


def test_cohorts_together_are_each_alone() -> None:
    rates = np.array([[0.0], [0.03]])
    alive = np.stack([np.full(AGES, 0.98), np.full(AGES, 0.995)])
    rules = Scheme(800, 80, 0.9, rates, basic=200, extras=((65, 5.0),))
    both = cohort_value(lifetime([rules] * 80, entry_age=25, survive=alive), rate=0.03)
    for i in range(2):
        for j in range(2):
            mine = Scheme(800, 80, 0.9, rates[i, 0], basic=200, extras=((65, 5.0),))
            one = cohort_value(lifetime([mine] * 80, entry_age=25, survive=alive[j]), rate=0.03)
            assert both.net_transfer[i, j] == pytest.approx(one.net_transfer)
            assert both.internal_rate[i, j] == pytest.approx(one.internal_rate)


def test_no_rate_where_nothing_is_paid_in() -> None:
    assert np.isnan(internal_rate([100.0, 100.0]))
    assert np.isnan(internal_rate([0.0, 0.0]))


def test_what_cannot_be() -> None:
    with pytest.raises(DataError, match="timing"):
        discount_factors(2, rate=0.1, timing="noon")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="rate"):
        discount_factors(2, rate=-1.0)
    with pytest.raises(DataError, match="years"):
        discount_factors(-1, rate=0.0)
    with pytest.raises(DataError, match="flows"):
        present_value([1.0, np.nan], rate=0.0)
    with pytest.raises(DataError, match="entry_age"):
        lifetime([Scheme(0, 0, 0, 0, basic=0)], entry_age=100, survive=np.ones(AGES))
    with pytest.raises(DataError, match="schemes"):
        lifetime([], entry_age=50, survive=np.ones(AGES))
