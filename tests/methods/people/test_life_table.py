from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tongqu.base import DataError
from tongqu.methods.people import (
    WEST_E10,
    WEST_WIDTHS,
    LifeTable,
    Sex,
    abridged_widths,
    from_survivors,
    level_for_deaths,
    level_for_e0,
    life_table,
    model_table,
    relational,
    single_years,
    survival,
    west,
)

SEXES: tuple[Sex, Sex] = ("male", "female")
WIDTHS = abridged_widths(85)
RATES = arrays(np.float64, (2, WIDTHS.size), elements=st.floats(1e-5, 0.35))


@given(RATES, st.sampled_from(SEXES))
def test_identities_of_the_life_table(rates: np.ndarray, sex: Sex) -> None:
    found = life_table(rates, widths=WIDTHS, sex=sex)
    assert ((found.qx >= 0) & (found.qx <= 1)).all()
    assert (np.diff(found.lx, axis=-1) <= 0).all()
    np.testing.assert_allclose(found.Tx[..., 0], found.Lx.sum(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(found.ex[..., -1], 1 / rates[..., -1], rtol=1e-9)
    dead = found.lx[..., :-1] - found.lx[..., 1:]
    some = dead > 1e-12
    np.testing.assert_allclose((dead / found.Lx[..., :-1])[some], rates[..., :-1][some], rtol=1e-6)


def test_constant_rate_has_a_closed_form() -> None:
    """By single years with half a year lived by the dead, every age expects the same."""
    rate = 0.02
    found = life_table(np.full(101, rate), widths=[*[1.0] * 100, np.inf], sex="female")
    share = 1 - rate / (1 + rate / 2)
    np.testing.assert_allclose(found.lx[1:], found.lx[1] * share ** np.arange(100), rtol=1e-10)
    np.testing.assert_allclose(found.ex[1:], 50.0, rtol=1e-10)


def test_one_future_is_as_many() -> None:
    rng = np.random.default_rng(5)
    rates = rng.uniform(1e-4, 0.4, (3, 4, WIDTHS.size))
    together = life_table(rates, widths=WIDTHS, sex="male")
    alone = life_table(rates[1, 2], widths=WIDTHS, sex="male")
    np.testing.assert_array_equal(together.ex[1, 2], alone.ex)


def test_expectations_fit_together_as_published() -> None:
    """UN (1982), Model Life Tables for Developing Countries: e0 35.000, e1 42.901, e5 47.190.

    The survivors that these imply, with the years lived by children who die of 0.33 and 1.35, are a table.
    """
    e0, e1, e5 = 35.000, 42.901, 47.190
    l1 = (e0 - 0.33) / (e1 + 1 - 0.33)
    l5 = l1 * (e1 - 1.35) / (e5 + 4 - 1.35)
    table = from_survivors(
        [1, l1, l5],
        years=[l1 + 0.33 * (1 - l1), 4 * l5 + 1.35 * (l1 - l5), e5 * l5],
        widths=[1, 4, np.inf],
    )
    np.testing.assert_allclose(table.ex, [e0, e1, e5], rtol=1e-12)
    assert table.qx[0] == pytest.approx(0.2045, abs=1e-3)


@pytest.mark.parametrize(
    ("e10", "e0"),
    [(21.40549, 20), (35.01032, 30), (62.99381, 70), (65.498, 72.5), (68.71056, 75), (72.92253, 77.5)],
)
def test_levels_of_the_west_family(e10: float, e0: float) -> None:
    """Level n of the women has by construction a life expectancy of 17.5 + 2.5 n."""
    assert float(west(e10, sex="female").ex[0]) == pytest.approx(e0, abs=0.003)


def test_survivors_of_west_as_published_elsewhere() -> None:
    """IUSSP, Population Analysis for Policies and Programmes, 103 s01: West, 30 years, in a later edition."""
    published = [0.61196, 0.58141, 0.55864, 0.53002, 0.49614, 0.46072, 0.42361, 0.38624]
    published += [0.34968, 0.31396, 0.27280, 0.22764, 0.17384, 0.12025, 0.06931, 0.03073]
    found = model_table(30.0, sex="female").lx[2:18]
    np.testing.assert_allclose(found, published, rtol=8e-3)


@given(st.lists(st.floats(25, 95), min_size=1, max_size=5), st.sampled_from(SEXES))
@settings(max_examples=20, deadline=None)
def test_model_tables_meet_the_expectation_and_rise_with_it(e0: list[float], sex: Sex) -> None:
    found = model_table(e0, sex=sex)
    np.testing.assert_allclose(found.ex[:, 0], e0, atol=1e-9)
    order = np.argsort(e0)
    assert (np.diff(found.lx[order], axis=0) >= -1e-12).all()


@pytest.mark.parametrize("sex", SEXES)
def test_no_step_where_the_family_ends(sex: Sex) -> None:
    top = float(west(WEST_E10[sex][1], sex=sex).ex[0])
    below, above = model_table([top - 1e-6, top + 1e-6], sex=sex).mx
    np.testing.assert_allclose(below, above, rtol=1e-4)


@given(st.floats(-1.5, 1.5), st.floats(0.7, 1.3))
def test_relational_logits_are_a_line(alpha: float, beta: float) -> None:
    base = west(60.0, sex="male")
    moved = relational(base, alpha=alpha, beta=beta)

    def logit(lx: np.ndarray) -> np.ndarray:
        return np.log((1 - lx) / lx) / 2

    np.testing.assert_allclose(logit(moved.lx[1:]), alpha + beta * logit(base.lx[1:]), rtol=1e-7, atol=1e-9)


def test_level_by_expectation_and_by_deaths_agree() -> None:
    base = west(60.0, sex="male")
    shifted = relational(base, alpha=0.3)
    people = np.linspace(3000, 100, 22)
    deaths = (shifted.mx * people).sum()
    assert float(level_for_deaths(base, people=people, deaths=deaths)) == pytest.approx(0.3, abs=1e-9)
    assert float(level_for_e0(base, e0=shifted.ex[0])) == pytest.approx(0.3, abs=1e-9)


@pytest.mark.parametrize("sex", SEXES)
def test_single_years_keep_the_groups(sex: Sex) -> None:
    table = model_table([50.0, 72.0, 85.0], sex=sex)
    ages = single_years(table)
    starts = np.concatenate([[0], np.cumsum(WEST_WIDTHS[:-1])]).astype(int)
    np.testing.assert_allclose(ages.lx[:, starts], table.lx, rtol=1e-12)
    assert (np.diff(ages.lx, axis=-1) <= 0).all()
    np.testing.assert_allclose(ages.ex[:, starts], table.ex, rtol=1e-9)
    assert (np.diff(ages.Lx[:, :-1], axis=-1) <= 0).all()


def test_a_stationary_population_survives_into_itself() -> None:
    ages = single_years(model_table(72.38, sex="male"))
    share = survival(ages)
    people = ages.Lx
    older = people * share.ages
    after = np.concatenate([[share.births], older[:-1]])
    after[-1] += older[-1]
    np.testing.assert_allclose(after, people, rtol=1e-12)


def table_of(widths: list[float]) -> LifeTable:
    return life_table(np.full(len(widths), 0.1), widths=widths, sex="male")


def test_malformed() -> None:
    wide = [5.0, 5.0, np.inf]
    with pytest.raises(DataError, match="missing or outside"):
        life_table([-0.1, 0.1, 0.1], widths=wide, sex="male")
    with pytest.raises(DataError, match="open age has the value 0"):
        life_table([0.1, 0.1, 0.0], widths=wide, sex="male")
    with pytest.raises(DataError, match="do not fit"):
        life_table([0.1, 0.1], widths=wide, sex="male")
    with pytest.raises(DataError, match="is unknown"):
        life_table([0.1, 0.1, 0.1], widths=wide, sex="both")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="several widths"):
        survival(table_of([1.0, 4.0, np.inf]))
    with pytest.raises(DataError, match="not one year"):
        single_years(table_of(wide))
    with pytest.raises(DataError, match="no age of the table begins at 50"):
        single_years(table_of([1.0, 4.0, np.inf]), last=50)
    with pytest.raises(DataError, match="rise or do not start"):
        from_survivors([1, 0.5, 0.6], years=[5, 3, 9], widths=wide)
    with pytest.raises(DataError, match="outside the family"):
        model_table([10.0], sex="female")
    with pytest.raises(DataError, match="missing or outside"):
        west(90.0, sex="female")
    with pytest.raises(DataError, match="nobody dies in its first age"):
        relational(life_table([0, 0.1, 0.1], widths=wide, sex="male"), alpha=0)
    with pytest.raises(DataError, match="beta"):
        relational(west(60.0, sex="male"), alpha=0, beta=-1)
    with pytest.raises(DataError, match="multiple of 5"):
        abridged_widths(83)
    with pytest.raises(DataError, match="do not fit the ages"):
        level_for_deaths(west(60.0, sex="male"), people=[1.0], deaths=1.0)
