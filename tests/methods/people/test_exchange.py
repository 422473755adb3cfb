"""Net migrants of two censuses and the two flows behind them: simulated decades, brute force, properties."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from tongqu.base import DataError
from tongqu.methods.people import (
    CHINA_E0,
    FUNDAMENTAL,
    Exchange,
    Rates,
    RogersCastro,
    Survival,
    china_table,
    exchange,
    fit_exchange,
    migration_by_age,
    net_migrants,
    project,
    single_years,
    spread,
    survival,
)

Table = npt.NDArray[np.float64]
AGES = np.arange(101)
LEAVERS = replace(FUNDAMENTAL, mu2=17.0, alpha2=0.15, lambda2=0.6, a1=0.01, c=0.001)
COMERS = replace(FUNDAMENTAL, mu2=24.0, alpha2=0.08, lambda2=0.5, a1=0.02, c=0.002)
LEAVE = np.array([0.0, 1.0, 2.0, 0.5])
COME = np.array([4000.0, 0.0, 1500.0, 6000.0])
seeds = st.integers(0, 10_000)


def living() -> tuple[Table, Table]:
    """Shares of births, shape (2,), and of people, shape (2, 101), that live through a year."""
    tables = [survival(single_years(china_table(CHINA_E0[sex], sex=sex))) for sex in ("male", "female")]
    return np.stack([each.births for each in tables]), np.stack([each.ages for each in tables])


def schedule(parameters: RogersCastro) -> Table:
    return spread(migration_by_age(parameters, ages=AGES), total=1.0)


def cities() -> Table:
    """People of four places, shape (4, 2, 101)."""
    hump = 3000 * np.exp(-(((AGES - 35) / 30) ** 2)) + 50
    waves = 1 + 0.3 * np.sin(AGES / 7 + np.arange(4)[:, np.newaxis])
    return np.stack([hump * waves, 0.95 * hump * waves], axis=1)


def decade(people: Table, *, leave: Table, come: Table, years: int) -> Table:
    """People after years of births, deaths, leaving and coming."""
    births, ages = living()
    cell = np.index_exp[:, np.newaxis, np.newaxis]
    rates = Rates(
        Survival(births, ages),
        fertility=np.where((AGES >= 20) & (AGES < 35), 0.09, 0.0),
        emigration=leave[(*cell, np.newaxis)] * schedule(LEAVERS),
        immigration=np.where(
            np.array([True, False])[:, np.newaxis, np.newaxis],
            come[(*cell, np.newaxis)] * schedule(COMERS) / 2,
            0.0,
        ),
    )
    start = np.zeros((len(people), 2, *people.shape[1:]))
    start[:, 0] = people  # all live in towns
    return np.asarray(project(start, rates, years=years).people[-1, :, 0])


def simulated(*, years: int = 10, exact: bool = False) -> tuple[Exchange, Table, Table]:
    """What is read from years with known levels, its net migrants, and the mean of its people."""
    before = cities()
    after = decade(before, leave=LEAVE, come=COME, years=years)
    _, ages = living()
    net = net_migrants(before, after, survival=ages, years=years)
    people = (before + after) / 2
    path = before if exact else None
    found = fit_exchange(net, people=people, survival=ages, years=years, before=path)
    return found, net, people


def test_nobody_moves_nobody_is_net() -> None:
    before = cities()
    _, ages = living()
    for years in (5, 10, 25):
        after = decade(before, leave=LEAVE * 0, come=COME * 0, years=years)
        net = net_migrants(before, after, survival=ages, years=years)
        assert net.shape == (4, 2, 18 - years // 5)
        np.testing.assert_allclose(net, 0, atol=1e-8)


def test_net_is_counted_by_age_at_the_second_census() -> None:
    before, after = np.zeros((1, 2, 101)), np.zeros((1, 2, 101))
    after[0, 1, [9, 10, 14, 15, 84, 85, 100]] = [1, 2, 4, 8, 16, 32, 64]  # of 9: born since
    net = net_migrants(before, after, survival=np.ones((2, 101)))
    assert net[0, 1, [0, 1, 14, 15]].tolist() == [6, 8, 16, 96]
    assert net[0, 0].sum() == 0


def test_net_by_walking_each_person() -> None:
    rng = np.random.default_rng(3)
    before, after = rng.uniform(0, 50, (2, 3, 2, 101))
    shares = rng.uniform(0.5, 1, (3, 2, 101))
    found = net_migrants(before, after, survival=shares)
    for place, sex in np.ndindex(3, 2):
        plain = dict.fromkeys(range(10, 90, 5), 0.0)
        for age in range(101):
            at, alive = age, before[place, sex, age]
            for _ in range(10):
                alive *= shares[place, sex, at]
                at = min(at + 1, 100)
            plain[min(at // 5 * 5, 85)] -= alive
            if age >= 10:
                plain[min(age // 5 * 5, 85)] += after[place, sex, age]
        np.testing.assert_allclose(found[place, sex], list(plain.values()))
    one = net_migrants(before, after, survival=shares[0])
    np.testing.assert_allclose(one[0], found[0])
    assert not np.allclose(one[1], found[1])


@pytest.mark.parametrize("years", [5, 10, 15])
def test_known_levels_come_back(years: int) -> None:
    found, net, _ = simulated(years=years, exact=True)
    assert found.explained == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(found.fitted, net, atol=1e-3 * np.abs(net).max())
    np.testing.assert_allclose(found.leave, LEAVE, atol=5e-3)
    np.testing.assert_allclose(found.come, COME, atol=10)
    np.testing.assert_allclose(found.leaving, schedule(LEAVERS), atol=5e-4)
    np.testing.assert_allclose(found.coming, schedule(COMERS), atol=5e-4)
    assert found.leavers.mu2 == pytest.approx(LEAVERS.mu2, abs=0.05)
    assert found.comers.mu2 == pytest.approx(COMERS.mu2, abs=0.05)


def test_people_held_constant_are_some_per_cent_off() -> None:
    found, _, _ = simulated()
    assert found.explained > 0.999
    np.testing.assert_allclose(found.leave, LEAVE, atol=0.3)
    np.testing.assert_allclose(found.come, COME, atol=600)
    assert np.abs(found.leave - LEAVE).max() > 0.05


def test_who_only_come_are_found_without_the_first_census() -> None:
    before, (_, ages) = cities(), living()
    after = decade(before, leave=LEAVE * 0, come=COME, years=10)
    net = net_migrants(before, after, survival=ages)
    for path in (None, before, before * 2):
        found = fit_exchange(net, people=after, survival=ages, before=path)
        np.testing.assert_allclose(found.leave, 0, atol=1e-3)
        np.testing.assert_allclose(found.come, COME, atol=5)


def test_without_survival_the_old_who_come_are_too_few() -> None:
    found, net, people = simulated()
    plain = fit_exchange(net, people=people)
    assert plain.coming[70:].sum() < found.coming[70:].sum()


def test_the_fit_is_what_the_flows_give() -> None:
    """Fitted net migrants by moving people year by year, without deaths."""
    found, _, people = simulated()
    plain = fit_exchange(found.fitted, people=people)
    for place, sex in np.ndindex(4, 2):
        change = np.zeros(101)
        for _ in range(10):
            moved = change - plain.leave[place] * plain.leaving * people[place, sex]
            end = np.append(0.0, moved[:-1])
            end[-1] += moved[-1]
            change = end + plain.come[place] * plain.coming / 2
        groups = [change[low:high].sum() for low, high in pairwise([*range(10, 90, 5), 101])]
        np.testing.assert_allclose(plain.fitted[place, sex], groups, rtol=1e-9, atol=1e-6)


def test_sums_and_parameters() -> None:
    found, net, _ = simulated()
    assert found.leaving.shape == found.coming.shape == (101,)
    assert found.leaving.sum() == pytest.approx(1, abs=1e-12)
    assert found.coming.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(migration_by_age(found.leavers, ages=AGES), found.leaving, atol=1e-12)
    np.testing.assert_allclose(migration_by_age(found.comers, ages=AGES), found.coming, atol=1e-12)
    assert found.fitted.shape == net.shape == (4, 2, 16)
    assert (found.leave >= 0).all()
    assert (found.come >= 0).all()


def test_a_place_without_residual_gets_zeros() -> None:
    _, net, people = simulated()
    net[1] = 0
    found = fit_exchange(net, people=people)
    assert found.leave[1] == found.come[1] == 0
    assert (found.fitted[1] == 0).all()
    assert found.come[0] > 0


def test_an_empty_place_can_only_be_come_to() -> None:
    _, net, people = simulated()
    people[2] = 0
    found = fit_exchange(np.abs(net), people=people)
    assert found.leave[2] == 0
    assert found.come[2] > 0
    found = fit_exchange(-np.abs(net), people=people)
    assert found.leave[2] == found.come[2] == 0


def test_nobody_moves_at_all() -> None:
    found = fit_exchange(np.zeros((2, 2, 16)), people=np.ones((2, 2, 101)))
    assert not found.leave.any()
    assert not found.come.any()
    assert found.explained == 1.0
    np.testing.assert_allclose(found.leaving, schedule(FUNDAMENTAL))


@settings(max_examples=3, deadline=None)
@given(order=st.permutations(range(4)))
def test_relabelling_places_changes_nothing(order: list[int]) -> None:
    found, net, people = simulated()
    other = fit_exchange(net[order], people=people[order], survival=living()[1])
    np.testing.assert_allclose(other.leave, found.leave[order], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(other.come, found.come[order], rtol=1e-3, atol=1)
    assert other.explained == pytest.approx(found.explained, abs=1e-6)


@settings(max_examples=3, deadline=None)
@given(factor=st.sampled_from([0.001, 7.0, 1e6]))
def test_larger_places_of_the_same_kind(factor: float) -> None:
    """People and net migrants times a number: the same rates, that many more who come."""
    found, net, people = simulated()
    other = fit_exchange(net * factor, people=people * factor, survival=living()[1])
    np.testing.assert_allclose(other.leave, found.leave, rtol=1e-2, atol=1e-2)
    np.testing.assert_allclose(other.come, found.come * factor, rtol=1e-2, atol=20 * factor)


@given(seed=seeds)
@settings(max_examples=60)
def test_two_levels_are_the_least_squares_with_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, wanted = rng.normal(size=(2, 5, 6)), rng.normal(size=(5, 6))
    columns[1, 0] = 2 * columns[0, 0]  # side by side
    columns[0, 1] = 0
    found = exchange._two_levels(columns, wanted, most=1e12)
    capped = exchange._two_levels(columns, wanted, most=0.1)
    for place in range(5):
        matrix = columns[:, place].T
        missed = np.linalg.norm(matrix @ found[:, place] - wanted[place])
        assert missed == pytest.approx(nnls(matrix, wanted[place])[1], abs=1e-9)
        assert (found >= 0).all()
        grid = np.linspace(0, 0.1, 41)
        best = min(nnls(matrix[:, 1:], wanted[place] - matrix[:, 0] * level)[1] for level in grid)
        assert np.linalg.norm(matrix @ capped[:, place] - wanted[place]) <= best + 1e-9
    assert (capped >= 0).all()
    assert (capped[0] <= 0.1).all()


@given(seed=seeds)
@settings(max_examples=5, deadline=None)
def test_noise_stays_a_rate(seed: int) -> None:
    """Net migrants that no flow makes: rates within 1, the explained share within [0, 1]."""
    rng = np.random.default_rng(seed)
    found = fit_exchange(rng.normal(0, 3e4, (3, 2, 16)), people=rng.uniform(0, 100, (3, 2, 101)))
    assert 0 <= found.explained <= 1
    assert (found.leave * found.leaving.max() <= 1 + 1e-9).all()
    assert np.isfinite(found.come).all()


def test_wider_bounds_hardly_fit_better(monkeypatch: pytest.MonkeyPatch) -> None:
    found, net, people = simulated()
    monkeypatch.setattr(exchange, "_LOWER", np.array([8.0, 0.01, 0.02, 0.0, 0.0]))
    monkeypatch.setattr(exchange, "_UPPER", np.array([60.0, 1.5, 10.0, 0.4, 0.2]))
    wider = fit_exchange(net, people=people, survival=living()[1])
    assert found.explained == pytest.approx(wider.explained, abs=1e-4)


def test_the_same_four_places_over_and_over() -> None:
    """Copies of places have the schedules and the levels of the places."""
    found, net, people = simulated()
    many = fit_exchange(np.tile(net, (5, 1, 1)), people=np.tile(people, (5, 1, 1)), survival=living()[1])
    np.testing.assert_allclose(many.leave.reshape(5, 4), np.tile(found.leave, (5, 1)), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(many.come.reshape(5, 4), np.tile(found.come, (5, 1)), rtol=1e-3, atol=1)


GOOD: dict[str, Any] = {"people": np.ones((3, 2, 101)), "survival": np.ones((2, 101)), "years": 10}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"people": np.full((3, 2, 101), -1.0)}, "people"),
        ({"people": np.full((3, 2, 101), np.nan)}, "people"),
        ({"people": np.ones((3, 101))}, "people"),
        ({"people": np.ones((3, 2, 86))}, "people"),
        ({"people": np.ones((4, 2, 101))}, "net"),
        ({"survival": np.full((2, 101), 1.01)}, "survival"),
        ({"survival": np.full((2, 101), np.nan)}, "survival"),
        ({"before": np.ones((2, 2, 101))}, "before"),
        ({"before": np.full((3, 2, 101), np.nan)}, "before"),
        ({"survival": np.ones(101)}, "survival"),
        ({"survival": np.ones((2, 2, 101))}, "survival"),
        ({"years": 7}, "years"),
        ({"years": 0}, "years"),
        ({"years": 85}, "years"),
        ({"years": 5}, "net"),
        ({"net": np.full((3, 2, 16), np.inf)}, "net"),
        ({"net": np.full((3, 2, 16), np.nan)}, "net"),
        ({"net": np.zeros((3, 2, 18))}, "net"),
    ],
)
def test_what_the_fit_refuses(change: dict[str, Any], column: str) -> None:
    given_: dict[str, Any] = {"net": np.zeros((3, 2, 16)), **GOOD, **change}
    with pytest.raises(DataError, match=column):
        fit_exchange(given_.pop("net"), **given_)


@pytest.mark.parametrize(
    ("before", "after", "survival_", "column"),
    [
        (np.full((3, 2, 101), np.nan), np.ones((3, 2, 101)), np.ones((2, 101)), "before"),
        (np.ones((3, 2, 101)), -np.ones((3, 2, 101)), np.ones((2, 101)), "after"),
        (np.ones((3, 2, 101)), np.ones((2, 2, 101)), np.ones((2, 101)), "after"),
        (np.ones((3, 2, 18)), np.ones((3, 2, 18)), np.ones((2, 101)), "before"),
        (np.ones((3, 2, 101)), np.ones((3, 2, 101)), np.ones((2, 18)), "survival"),
    ],
)
def test_what_net_migrants_refuses(before: Table, after: Table, survival_: Table, column: str) -> None:
    with pytest.raises(DataError, match=column):
        net_migrants(before, after, survival=survival_)


def test_slopes_are_those_of_single_steps() -> None:
    """All steps fitted together give what the residuals of one step at a time give."""
    rng = np.random.default_rng(5)
    wanted, people = rng.normal(0, 50, (3, 2, 16)), rng.uniform(100, 900, (3, 2, 101))
    shares = np.linspace(1, 0.8, 101) * np.ones((1, 2, 1))
    design = exchange._design(wanted, [people] * 10, shares=shares, weight=np.full(3, 0.1))
    for parameters in (exchange._start(20.0, 25.0), np.tile(exchange._UPPER, 2), np.tile(exchange._LOWER, 2)):
        slopes, step = design.slopes(parameters), exchange._steps(parameters)
        now = design.residuals(parameters)
        for column, size in enumerate(step):
            moved = parameters.copy()
            moved[column] += size
            assert exchange._LOWER[column % 5] <= moved[column] <= exchange._UPPER[column % 5]
            single = (design.residuals(moved) - now) / (moved[column] - parameters[column])
            np.testing.assert_allclose(slopes[:, column], single, rtol=1e-6, atol=1e-6)


def test_a_search_that_starts_near_ends_where_one_from_nowhere_does() -> None:
    _, ages = living()
    before = cities()
    after = decade(before, leave=LEAVE, come=COME, years=10)

    def fitted(alive: Table, near: Exchange | None = None) -> Exchange:
        net = net_migrants(before, after, survival=alive)
        return fit_exchange(net, people=(before + after) / 2, survival=alive, before=before, near=near)

    other = 1 - 1.01 * (1 - ages)
    own, alone = fitted(ages), fitted(other)
    found = fitted(other, own)
    np.testing.assert_allclose(found.leave, alone.leave, atol=1e-3)
    np.testing.assert_allclose(found.come, alone.come, atol=2)
    assert found.explained == pytest.approx(alone.explained, abs=1e-6)
    assert np.abs(alone.come - own.come).max() > 2
    unlike = replace(own, searched=np.empty(0))
    assert fitted(other, unlike).leave.tolist() == alone.leave.tolist()


def test_without_people_of_the_first_census_one_search_from_nearby_is_enough() -> None:
    people = cities()
    net = net_migrants(people, decade(people, leave=LEAVE, come=COME, years=10), survival=np.ones((2, 101)))
    own = fit_exchange(net, people=people)
    found = fit_exchange(net * 1.01, people=people, near=own)
    np.testing.assert_allclose(found.come, fit_exchange(net * 1.01, people=people).come, rtol=1e-3)
