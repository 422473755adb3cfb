from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.people import (
    FUNDAMENTAL,
    Accounts,
    Rates,
    Survival,
    advance,
    ahead,
    fertility_by_age,
    imbalance,
    migration_by_age,
    model_table,
    project,
    single_years,
    spread,
    survival,
)

AGES = 101


def mortality(e0: tuple[float, float] = (72.4, 77.4)) -> Survival:
    parts = [
        survival(single_years(model_table(e0[0], sex="male"))),
        survival(single_years(model_table(e0[1], sex="female"))),
    ]
    return Survival(np.stack([part.births for part in parts]), np.stack([part.ages for part in parts]))


LIVES = mortality()


def random_rates(seed: int, *, regions: int, routes: bool, outside: bool = True) -> Rates:
    """Rates of every kind, different in every cell."""
    rng = np.random.default_rng(seed)
    cells = (regions, 2, 2, AGES)
    places = regions * 2
    ways = rng.random((places, places))
    pull = rng.random(cells)
    return Rates(
        Survival(rng.uniform(0.9, 1, cells[:-1]), rng.uniform(0.8, 1, cells)),
        fertility=fertility_by_age(rng.uniform(0, 4, (regions, 2)), mean=28, deviation=5),
        boys=rng.uniform(0.45, 0.55, (regions, 2)),
        leaving=rng.uniform(0, 0.3, cells),
        routes=ways / ways.sum(axis=1, keepdims=True) if routes else None,
        pull=None if routes else pull / pull.sum(axis=(0, 1)),
        emigration=rng.uniform(0, 0.1, cells) if outside else None,
        immigration=rng.uniform(0, 5, cells) if outside else None,
        urbanise=rng.uniform(0, 0.1, regions),
    )


def random_people(seed: int, *, regions: int, before: tuple[int, ...] = ()) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (*before, regions, 2, 2, AGES))


@given(st.integers(0, 10_000), st.integers(1, 4), st.booleans(), st.integers(0, 4))
@settings(max_examples=25, deadline=None)
def test_accounts_balance_and_nobody_is_negative(seed: int, regions: int, routes: bool, years: int) -> None:
    people = random_people(seed, regions=regions)
    found = project(people, random_rates(seed, regions=regions, routes=routes), years=years)
    accounts = found.accounts
    assert imbalance(accounts) < 1e-9
    assert (found.people >= 0).all()
    np.testing.assert_allclose(accounts.end, found.people[1:].sum(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(accounts.start, found.people[:-1].sum(axis=-1), rtol=1e-12)
    for each in fields(Accounts):
        if each.name not in {"reclassified", "registered"}:
            assert (getattr(accounts, each.name) >= 0).all()


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=15, deadline=None)
def test_moving_inside_loses_nobody(seed: int, routes: bool) -> None:
    rates = replace(
        random_rates(seed, regions=3, routes=routes, outside=False),
        survival=Survival(np.array(1.0), np.ones(AGES)),
        fertility=0.0,
    )
    people = random_people(seed, regions=3)
    found = project(people, rates, years=3)
    np.testing.assert_allclose(found.people.sum(axis=(1, 2, 3, 4)), people.sum(), rtol=1e-12)
    accounts = found.accounts
    totals = [x.sum(axis=(1, 2)) for x in (accounts.arrivals, accounts.departures)]
    np.testing.assert_allclose(totals[0], totals[1], rtol=1e-12)
    np.testing.assert_allclose(accounts.reclassified.sum(axis=(2,)), 0, atol=1e-9)
    sexes = [x.sum(axis=(0, 1, 3)) for x in (people, found.people[-1])]
    np.testing.assert_allclose(sexes[0], sexes[1], rtol=1e-12)


def test_a_population_that_replaces_itself_stands_still() -> None:
    """The people of the life table, with as many births as the radix, do not change."""
    tables = [single_years(model_table(72.4, sex="male")), single_years(model_table(77.4, sex="female"))]
    boys = 105 / 205
    people = np.stack([tables[0].Lx * boys, tables[1].Lx * (1 - boys)]) * 1000
    shape = fertility_by_age(1.0, mean=28, deviation=5)
    fertility = shape * 1000 / (shape * people[1]).sum()
    state = np.broadcast_to(people / 2, (3, 2, 2, AGES))
    found = project(state, Rates(LIVES, fertility, boys=boys), years=50)
    np.testing.assert_allclose(found.people[-1], state, rtol=1e-10)
    np.testing.assert_allclose(found.accounts.births, found.accounts.deaths, rtol=1e-9)


def test_long_run_growth_is_the_leslie_root() -> None:
    """One place, women only: the growth of a year is the largest eigenvalue of the Leslie matrix."""
    fertility = fertility_by_age(2.6, mean=28, deviation=5)
    rates = Rates(LIVES, fertility, boys=0.48)
    people = np.zeros((1, 2, 2, AGES))
    people[0, 0] = 100
    found = project(people, rates, years=1500).people[:, 0, 0, 1].sum(axis=-1)
    live, born = LIVES.ages[1], float(LIVES.births[1])
    leslie = np.zeros((AGES, AGES))
    leslie[np.arange(1, AGES), np.arange(AGES - 1)] = live[:-1]
    leslie[-1, -1] = live[-1]
    end = leslie.copy()
    leslie[0] = 0.52 * born * (fertility + fertility @ end) / 2
    root = np.abs(np.linalg.eigvals(leslie)).max()
    assert found[-1] / found[-2] == pytest.approx(root, rel=1e-8)


def slow_year(people: np.ndarray, rates: Rates) -> np.ndarray:
    """The same year, person by cell, in plain loops."""
    regions = people.shape[0]
    places = [(r, u) for r in range(regions) for u in range(2)]
    shape = people.shape
    live = np.broadcast_to(rates.survival.ages, shape)
    leave = np.broadcast_to(np.asarray(rates.leaving), shape)
    out = np.broadcast_to(np.asarray(rates.emigration), shape)
    routes, pull = rates.routes, rates.pull
    after = np.zeros(shape)
    for sex in range(2):
        for age in range(shape[-1]):
            for k, (r, u) in enumerate(places):
                alive = people[r, u, sex, age] * live[r, u, sex, age]
                movers = alive * leave[r, u, sex, age]
                older = min(age + 1, shape[-1] - 1)
                after[r, u, sex, older] += (alive - movers) * (1 - out[r, u, sex, age])
                for m, (r2, u2) in enumerate(places):
                    share = np.asarray(pull)[r2, u2, sex, age] if routes is None else np.asarray(routes)[k, m]
                    after[r2, u2, sex, older] += movers * share
    fertility = np.asarray(rates.fertility)
    boys = np.asarray(rates.boys)
    for r, u in places:
        women = (people[r, u, 1] + after[r, u, 1]) / 2
        births = sum(women[age] * fertility[r, u, age] for age in range(shape[-1]))
        for sex, part in enumerate((boys[r, u], 1 - boys[r, u])):
            after[r, u, sex, 0] = births * part * rates.survival.births[r, u, sex]
    after += np.broadcast_to(np.asarray(rates.immigration), shape)
    for r in range(regions):
        moved = after[r, 1] * np.asarray(rates.urbanise)[r]
        after[r, 1] -= moved
        after[r, 0] += moved
    return after


@pytest.mark.parametrize("routes", [True, False])
def test_against_plain_loops(routes: bool) -> None:
    people, rates = random_people(2, regions=3), random_rates(3, regions=3, routes=routes)
    np.testing.assert_allclose(advance(people, rates)[0], slow_year(people, rates), rtol=1e-11, atol=1e-11)


@given(st.integers(0, 10_000), st.floats(0.1, 10))
@settings(max_examples=10, deadline=None)
def test_linear_in_people(seed: int, factor: float) -> None:
    rates = replace(random_rates(seed, regions=2, routes=True), immigration=None)
    one, two = random_people(seed, regions=2), random_people(seed + 1, regions=2)
    apart = project(one, rates, years=3).people * factor + project(two, rates, years=3).people
    np.testing.assert_allclose(project(one * factor + two, rates, years=3).people, apart, rtol=1e-10)


def test_regions_may_be_named_otherwise() -> None:
    rates, people = random_rates(7, regions=4, routes=True), random_people(7, regions=4)
    order = np.array([2, 0, 3, 1])
    places = (order[:, None] * 2 + [0, 1]).reshape(-1)
    renamed = replace(
        rates,
        survival=Survival(rates.survival.births[order], rates.survival.ages[order]),
        fertility=np.asarray(rates.fertility)[order],
        boys=np.asarray(rates.boys)[order],
        leaving=np.asarray(rates.leaving)[order],
        routes=np.asarray(rates.routes)[np.ix_(places, places)],
        emigration=np.asarray(rates.emigration)[order],
        immigration=np.asarray(rates.immigration)[order],
        urbanise=np.asarray(rates.urbanise)[order],
    )
    np.testing.assert_allclose(
        project(people[order], renamed, years=4).people,
        project(people, rates, years=4).people[:, order],
        rtol=1e-10,
    )


@pytest.mark.parametrize("routes", [True, False])
def test_futures_do_not_mix(routes: bool) -> None:
    people = random_people(1, regions=2, before=(3,))
    each = [random_rates(seed, regions=2, routes=routes) for seed in (1, 2, 3)]

    def stack(name: str) -> np.ndarray | None:
        values = [getattr(rates, name) for rates in each]
        return None if values[0] is None else np.stack(values)

    together = Rates(
        Survival(
            np.stack([rates.survival.births for rates in each]),
            np.stack([rates.survival.ages for rates in each]),
        ),
        **{
            field.name: stack(field.name)
            for field in fields(Rates)
            if field.name not in {"survival", "register"}
        },
    )
    found = project(people, together, years=3)
    assert imbalance(found.accounts) < 1e-9
    for future, rates in enumerate(each):
        alone = project(people[future], rates, years=3)
        np.testing.assert_allclose(found.people[:, future], alone.people, rtol=1e-10)


def test_rates_year_by_year_and_groups() -> None:
    people = random_people(4, regions=2)
    rates = [random_rates(seed, regions=2, routes=False) for seed in range(3)]
    state = people
    for each in rates:
        state, _ = advance(state, each)
    found = project(people, iter(rates), years=3, groups=np.array([0, 5, 85]))
    assert found.people.shape == (4, 2, 2, 2, 3)
    np.testing.assert_allclose(found.people[-1], np.add.reduceat(state, [0, 5, 85], axis=-1), rtol=1e-12)
    with pytest.raises(DataError, match="3 for 4 years"):
        project(people, iter(rates), years=4)


@pytest.mark.parametrize("routes", [True, False])
def test_register_keeps_people_and_sends_movers_elsewhere(routes: bool) -> None:
    people = random_people(6, regions=3, before=(2,))
    rates = replace(random_rates(6, regions=3, routes=routes), register=np.full((3, 2), 0.1))
    found = project(people, rates, years=4)
    accounts = found.accounts
    assert imbalance(accounts) < 1e-9
    assert not accounts.arrivals[:, 0].any()
    np.testing.assert_allclose(accounts.arrivals.sum(), accounts.departures.sum(), rtol=1e-12)
    np.testing.assert_allclose(accounts.registered.sum(axis=1), 0, atol=1e-9)
    assert (accounts.registered[:, 0] > 0).all()
    # Where a register makes no difference, both together are the population without it.
    plain = project(people.sum(axis=0), replace(rates, register=None, immigration=None), years=4)
    both = project(people, replace(rates, immigration=None), years=4)
    np.testing.assert_allclose(both.people.sum(axis=1), plain.people, rtol=1e-10)


@pytest.mark.parametrize("register", [True, False])
@pytest.mark.parametrize("outside", [True, False])
def test_the_end_without_accounts_is_that_of_the_accounts(register: bool, outside: bool) -> None:
    people = random_people(7, regions=3, before=(2,) if register else ())
    rates = random_rates(7, regions=3, routes=outside, outside=outside)
    if register:
        rates = replace(rates, register=np.full((3, 2), 0.1))
    assert ahead(people, rates, years=3).tolist() == project(people, rates, years=3).people[-1].tolist()
    with pytest.raises(DataError, match="below 1"):
        ahead(people, rates, years=0)


def test_migration_of_a_gross_rate_moves_that_many() -> None:
    """People who live on and move by a gross migraproduction rate of 2 move twice in 100 years."""
    leaving = spread(migration_by_age(FUNDAMENTAL, ages=np.arange(AGES)), total=2.0)
    rates = Rates(
        Survival(np.array(1.0), np.ones(AGES)),
        fertility=0.0,
        leaving=leaving,
        pull=np.full((1, 2, 1, 1), 0.5),
    )
    people = np.zeros((1, 2, 2, AGES))
    people[..., 0] = 1.0
    moves = project(people, rates, years=AGES).accounts.departures.sum()
    assert moves == pytest.approx(4 * 2.0, rel=1e-9)


def test_malformed() -> None:
    people = np.ones((1, 2, 2, AGES))
    good = Rates(LIVES, fertility=0.1)
    with pytest.raises(DataError, match="a residence or a sex is missing"):
        project(people[:, :, :1], good, years=1)
    with pytest.raises(DataError, match="missing or outside"):
        project(-people, good, years=1)
    with pytest.raises(DataError, match="is negative"):
        project(people, good, years=-1)
    with pytest.raises(DataError, match="do not rise from 0"):
        project(people, good, years=1, groups=[5, 10])
    half = np.full((1, 2, 1, 1), 0.5)
    cases: list[tuple[dict[str, object], str]] = [
        ({"fertility": -0.1}, r"fertility = '-0.1'.*outside \[0, 1\]"),
        ({"fertility": np.nan}, "missing or outside"),
        ({"boys": 1.2}, "boys = '1.2'"),
        ({"survival": Survival(np.array(1.1), np.ones(AGES))}, "survival.births = '1.1'"),
        ({"survival": Survival(np.array(1.0), np.ones(50))}, "does not broadcast"),
        ({"leaving": 0.1}, "0 destinations for leavers"),
        ({"pull": half}, "1 destinations for nobody"),
        ({"leaving": 0.1, "pull": half, "routes": np.eye(2)}, "2 destinations for leavers"),
        ({"leaving": 0.1, "pull": half / 2}, "does not add up to 1 over region"),
        ({"leaving": 0.1, "routes": np.eye(2) / 2}, "a row does not add up to 1"),
        ({"leaving": 0.1, "routes": np.eye(3)}, "does not broadcast"),
        ({"leaving": 1.5, "pull": half}, "leaving = '1.5'"),
        ({"emigration": 2}, "emigration = '2'"),
        ({"immigration": -1}, "immigration = '-1'"),
        ({"urbanise": 1.5}, "urbanise = '1.5'"),
        ({"register": 0.1}, "no axis of two registers"),
    ]
    for change, message in cases:
        with pytest.raises(DataError, match=message):
            advance(people, replace(good, **change))  # type: ignore[arg-type]


def test_all_problems_are_told_at_once() -> None:
    wrong = Rates(Survival(np.array(2.0), np.full(AGES, -1.0)), fertility=-1, boys=3, urbanise=9)
    with pytest.raises(DataError) as caught:
        advance(np.ones((1, 2, 2, AGES)), wrong)
    assert {problem.column for problem in caught.value.problems} == {
        "survival.ages",
        "survival.births",
        "fertility",
        "boys",
        "urbanise",
    }
