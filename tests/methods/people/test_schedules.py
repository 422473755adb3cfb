from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.people import (
    FUNDAMENTAL,
    fertility_by_age,
    fertility_for_births,
    implied_fertility,
    mean_age,
    migration_by_age,
    net_to_gross,
    spread,
)


def test_fundamental_schedule() -> None:
    rates = migration_by_age(FUNDAMENTAL, ages=[0, 10, 20, 25, 40])
    np.testing.assert_allclose(rates, [0.023, 0.010358, 0.027779, 0.036427, 0.011484], atol=5e-7)


def test_the_fundamental_schedule_adds_up_to_about_one() -> None:
    assert migration_by_age(FUNDAMENTAL, ages=np.arange(101)).sum() == pytest.approx(1.0, abs=0.2)


def test_eleven_nine_and_thirteen_parameters_add_their_parts() -> None:
    ages = np.arange(101.0)
    seven = migration_by_age(FUNDAMENTAL, ages=ages)
    peak = {"a3": 0.01, "alpha3": 0.3, "mu3": 65.0, "lambda3": 0.5}
    rise = {"a4": 0.0001, "lambda4": 0.04}
    eleven = migration_by_age(replace(FUNDAMENTAL, **peak), ages=ages)
    nine = migration_by_age(replace(FUNDAMENTAL, **rise), ages=ages)
    thirteen = migration_by_age(replace(FUNDAMENTAL, **peak, **rise), ages=ages)
    np.testing.assert_allclose(thirteen - seven, (eleven - seven) + (nine - seven), atol=1e-15)
    assert 60 < ages[np.argmax(eleven - seven)] < 70
    np.testing.assert_allclose(np.diff(np.log(nine - seven)), 0.04, rtol=1e-9)


@given(st.just(0.0) | st.floats(0.01, 6), st.floats(24, 33), st.floats(3, 7))
def test_fertility_has_its_level_and_mean(total: float, mean: float, deviation: float) -> None:
    rates = fertility_by_age(total, mean=mean, deviation=deviation)
    assert rates.sum() == pytest.approx(total, rel=1e-9, abs=1e-12)
    assert (rates >= 0).all()
    assert not rates[:15].any()
    assert not rates[50:].any()
    if total > 0:
        assert float(mean_age(rates)) == pytest.approx(mean, abs=1e-6)
        spread_of_age = np.sqrt((rates / total) @ (np.arange(101) + 0.5 - mean) ** 2)
        assert spread_of_age == pytest.approx(deviation, rel=0.12)


def test_fertility_broadcasts() -> None:
    rates = fertility_by_age(np.array([1.0, 2.0]), mean=28, deviation=np.array([[4.0], [5.0], [6.0]]))
    assert rates.shape == (3, 2, 101)
    np.testing.assert_allclose(rates[1, 1], fertility_by_age(2, mean=28, deviation=5), rtol=1e-9)


def test_spread_gives_the_total() -> None:
    rates = spread(migration_by_age(FUNDAMENTAL, ages=np.arange(101)), total=np.array([0.5, 2.0]))
    np.testing.assert_allclose(rates.sum(axis=-1), [0.5, 2.0])


def test_fertility_for_births_gives_them_back() -> None:
    rng = np.random.default_rng(8)
    women, births = rng.uniform(0, 100, (4, 101)), rng.uniform(0, 50, 4)
    shape = fertility_by_age(1, mean=28, deviation=5)
    found = fertility_for_births(births, women=women, schedule=shape)
    np.testing.assert_allclose((found * women).sum(axis=-1), births)


def test_implied_fertility_of_a_stationary_population() -> None:
    """100 births a year, 100 women of each age, nobody dies: every woman has one child."""
    assert float(implied_fertility(500.0, women=np.full(7, 500.0))) == pytest.approx(1.0, abs=0.02)


def test_net_to_gross_gives_the_net_back() -> None:
    people, net = np.array([100.0, 50.0, 0.0]), np.array([-20.0, 5.0, 3.0])
    share, numbers = net_to_gross(net, people=people)
    np.testing.assert_allclose(numbers - people * share, net)


def test_malformed() -> None:
    with pytest.raises(DataError, match="births without women of childbearing age in rows 1"):
        fertility_for_births([1.0, 2.0], women=[[1.0, 1.0], [5.0, 0.0]], schedule=[0.0, 0.1])
    with pytest.raises(DataError, match="without women"):
        implied_fertility(5.0, women=np.zeros(7))
    with pytest.raises(DataError, match="more people leave"):
        net_to_gross([-5.0], people=[4.0])
    with pytest.raises(DataError, match="0 at all ages"):
        spread(np.zeros(5), total=1)
    with pytest.raises(DataError, match="missing or outside"):
        migration_by_age(replace(FUNDAMENTAL, c=-1.0), ages=[50])
    with pytest.raises(DataError, match="missing or outside"):
        fertility_by_age(-1, mean=28, deviation=5)
    with pytest.raises(DataError, match="end before"):
        fertility_by_age(1, mean=28, deviation=5, ages=40)
