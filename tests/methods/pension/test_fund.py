"""Pension accounts: a cohort reckoned by hand, identities, the pension age, and what cannot be."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongqu.base import DataError
from tongqu.methods.pension import (
    AGES,
    DIVISORS,
    Flows,
    Fund,
    MedicalRules,
    Scheme,
    Tiers,
    account_months,
    adequacy,
    age_weights,
    coverage_by_age,
    empty_fund,
    fund_imbalance,
    fund_year,
    medical_year,
    settled_fund,
)

SHEET = Path(__file__).with_name("cohort.csv")
RULES = Scheme(1000.0, 100.0, 1.0, 0.02, basic=200.0, extras=((65, 5.0),), pension_age=60.0)
MONEY = (
    "opening",
    "heirs",
    "contributions",
    "subsidy",
    "interest",
    "account_paid",
    "topped_up",
    "basic",
    "closing",
)
"""Columns of the sheet that are flows, by the same names."""


def aged(values: np.ndarray) -> np.ndarray:
    older = np.zeros_like(values)
    older[..., 1:] = values[..., :-1]
    older[..., -1] += values[..., -1]
    return older


def closed_cohort(age: int, *, persons: float, each: float) -> Fund:
    """Contributors of one age with an account each."""
    members = np.zeros(AGES)
    members[age] = persons
    none = np.zeros(AGES)
    return Fund(members, none, members * each, none, none)


def sheet() -> list[dict[str, float]]:
    with SHEET.open(encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_cohort_equals_the_sheet() -> None:
    """A thousand members of 58 with 10 000 yuan each; one in a hundred dies a year; empty at 73."""
    fund, alive = closed_cohort(58, persons=1000, each=10_000), np.full(AGES, 0.99)
    for row in sheet():
        fund, flows = fund_year(fund, RULES, members=aged(fund.members * alive), survive=alive)
        age = int(row["age"])
        assert fund.members[age] == pytest.approx(row["persons"], abs=0.006)
        for name in MONEY:
            assert getattr(flows, name)[age] == pytest.approx(row[name], abs=0.006), (row["year"], name)
            assert getattr(flows, name).sum() == pytest.approx(row[name], abs=0.006)


def test_sheet_by_plain_loops() -> None:
    """The sheet itself: the same sums one after the other, without arrays."""
    persons, balance, due = 1000.0, 10_000_000.0, 0.0
    for row in sheet():
        opening, heirs = balance, balance * 0.01
        persons, due, rest = persons * 0.99, due * 0.99, balance * 0.99
        contributions = subsidy = paid = basic = 0.0
        if row["age"] < 60:
            contributions, subsidy = persons * 1000, persons * 100
        else:
            due = rest / 139 * 12 if row["age"] == 60 else due
            paid = min(due, rest * 1.02 / 1.01)
            basic = persons * 12 * (200 + (5 if row["age"] >= 65 else 0))
        interest = rest * 0.02 + (contributions + subsidy - paid) * 0.01
        balance = rest + contributions + subsidy + interest - paid
        found = (opening, heirs, contributions, subsidy, interest, paid, due - paid, basic, balance)
        assert found == pytest.approx([row[name] for name in MONEY], abs=0.006)


def test_without_interest_the_account_pays_its_months() -> None:
    """139 months at 60: eleven whole years, seven months of the twelfth, and the fund goes on."""
    fund, ones = closed_cohort(59, persons=1, each=13_900), np.ones(AGES)
    rules = replace(RULES, interest=0.0)
    paid, topped = [], []
    for _ in range(14):
        fund, flows = fund_year(fund, rules, members=aged(fund.members), survive=ones)
        paid.append(flows.account_paid.sum())
        topped.append(flows.topped_up.sum())
    assert paid == pytest.approx([1200.0] * 11 + [700.0, 0.0, 0.0])
    assert topped == pytest.approx([0.0] * 11 + [500.0, 1200.0, 1200.0])


numbers = st.floats(0.0, 5_000.0)
shares = st.floats(0.0, 1.0)


@given(
    seed=st.integers(0, 2**32 - 1),
    interest=st.floats(-0.05, 0.1),
    paying=shares,
    brought=shares,
    ages=st.lists(st.floats(50.0, 70.0), min_size=6, max_size=6),
)
def test_every_cohort_balances(
    seed: int, interest: float, paying: float, brought: float, ages: list[float]
) -> None:
    """Money to a tenth of a fen and persons, for every age and year, whatever joins, leaves or is decided."""
    rng = np.random.default_rng(seed)
    fund = empty_fund((2,))
    for age in ages:
        scheme = Scheme(900, 90, paying, interest, basic=200, pension_age=age, brought=brought)
        members = rng.uniform(0, 3000, (2, AGES)) * (rng.random((2, AGES)) > 0.1)
        before = fund
        fund, flows = fund_year(fund, scheme, members=members, survive=rng.uniform(0, 1, AGES))
        assert fund_imbalance(flows).max() < 1e-3
        assert np.allclose(flows.opening, aged(before.balance))
        assert np.allclose(flows.closing, fund.balance)
        assert np.allclose(fund.members, members)
        for field in fields(Fund):
            assert (getattr(fund, field.name) >= -1e-9).all(), field.name
        for name in ("topped_up", "account_paid", "heirs", "moved_out", "moved_in", "retired", "joined"):
            assert (getattr(flows, name) >= -1e-6).all(), name


def test_nobody_becomes_a_contributor_again() -> None:
    """A pension age that jumps leaves those who draw a pension with it."""
    fund, ones = closed_cohort(59, persons=10, each=100), np.ones(AGES)
    fund, _ = fund_year(fund, RULES, members=aged(fund.members), survive=ones)
    assert fund.pensioners[60] == 10
    later = replace(RULES, pension_age=65.0)
    fund, flows = fund_year(fund, later, members=aged(fund.members), survive=ones)
    assert fund.pensioners[61] == 10
    assert flows.contributions.sum() == 0


def run(ages: list[float], *, years: int = 40) -> list[Flows]:
    """A steady scheme under a pension age for each year; the last one stays."""
    members = np.zeros(AGES)
    members[16:] = 100.0
    alive = np.concatenate([np.full(60, 0.999), np.linspace(0.99, 0.7, AGES - 60)])
    fund = settled_fund(members, schemes=[RULES] * 10)
    flows = []
    for year in range(years):
        rules = replace(RULES, pension_age=ages[min(year, len(ages) - 1)])
        fund, flow = fund_year(fund, rules, members=members, survive=alive)
        flows.append(flow)
    return flows


def test_a_later_pension_age_costs_less_and_collects_more() -> None:
    levels = [60.0, 61.0, 62.5, 65.0]
    runs = [run([60.0 + min(step * 0.25, level - 60.0) for step in range(30)]) for level in levels]
    for year in range(40):
        cost = [float(flows[year].basic.sum()) for flows in runs]
        taken = [float(flows[year].contributions.sum()) for flows in runs]
        assert all(one >= other - 1e-6 for one, other in pairwise(cost))
        assert all(one <= other + 1e-6 for one, other in pairwise(taken))
    last = [float(flows[-1].basic.sum()) for flows in runs]
    assert last == sorted(last, reverse=True)
    assert len(set(last)) == len(last)


def test_a_later_pension_age_raises_the_monthly_pension() -> None:
    """More is saved and it is divided by fewer months."""
    each = []
    for level in (60.0, 61.5, 63.0):
        fund, ones = closed_cohort(55, persons=1, each=10_000), np.ones(AGES)
        rules = replace(RULES, pension_age=level)
        while fund.pensioners.sum() < 1:
            fund, _ = fund_year(fund, rules, members=aged(fund.members), survive=ones)
        each.append(float(fund.due.sum()))
    assert each == sorted(each)
    assert each[0] < each[-1]


def test_a_part_of_a_year_retires_a_part_of_an_age() -> None:
    fund, ones = closed_cohort(59, persons=100, each=1000), np.ones(AGES)
    rules = replace(RULES, pension_age=60.25, interest=0.0)
    fund, flows = fund_year(fund, rules, members=aged(fund.members), survive=ones)
    assert fund.pensioners[60] == pytest.approx(75)
    assert flows.contributions[60] == pytest.approx(25 * 1000)
    assert fund.due[60] == pytest.approx(75_000 * 12 / account_months(60.25))


def test_axes_are_loops() -> None:
    """Futures and counties together are each of them alone."""
    rng = np.random.default_rng(5)
    members = rng.uniform(0, 100, (3, AGES))
    alive = rng.uniform(0.8, 1.0, (4, 1, AGES))
    rates, basics = rng.uniform(0, 0.05, (4, 1)), rng.uniform(100, 300, (4, 3))
    together = empty_fund((4, 3))
    scheme = Scheme(800, 80, 0.9, rates, basic=basics, extras=((70, 10.0),), pension_age=61.5, brought=0.5)
    for _ in range(8):
        together, flows = fund_year(together, scheme, members=members, survive=alive)
    for future in range(4):
        for county in range(3):
            alone = empty_fund()
            mine = replace(scheme, interest=rates[future, 0], basic=basics[future, county])
            for _ in range(8):
                alone, one = fund_year(alone, mine, members=members[county], survive=alive[future, 0])
            for field in fields(Flows):
                value = np.broadcast_to(getattr(flows, field.name), (4, 3, AGES))[future, county]
                assert np.allclose(value, getattr(one, field.name)), field.name


def test_who_joins_brings_what_the_scheme_says() -> None:
    fund, ones = closed_cohort(30, persons=10, each=500), np.ones(AGES)
    after, flows = fund_year(fund, replace(RULES, brought=0.5), members=2 * aged(fund.members), survive=ones)
    assert flows.moved_in[31] == pytest.approx(10 * 250)
    assert flows.joined.sum() == 10
    after, flows = fund_year(after, RULES, members=0.5 * aged(after.members), survive=ones)
    assert flows.moved_out.sum() == pytest.approx(flows.opening.sum() / 2)
    assert flows.left.sum() == pytest.approx(10)


def test_settled_accounts_are_those_of_the_years() -> None:
    """After n years somebody of 40 has n payments; somebody who was 60 then has none."""
    rules = replace(RULES, interest=0.0)
    fund = settled_fund(np.full(AGES, 3.0), schemes=[rules] * 12)
    assert fund.saving[40] == pytest.approx(3 * 12 * 1100)
    assert fund.saving[20] == pytest.approx(3 * 5 * 1100)
    assert fund.balance[75] == 0
    assert fund.pensioners[60:].tolist() == [3.0] * (AGES - 60)
    assert fund.due[60] == pytest.approx(3 * 11 * 1100 * 12 / 139)


def test_months_are_those_of_the_table() -> None:
    assert account_months(list(DIVISORS)).tolist() == list(DIVISORS.values())
    ages = account_months(np.arange(40, 70.5, 0.5))
    assert (np.diff(ages) < 0).all()


@pytest.mark.parametrize(
    ("paid", "given", "share", "rule"),
    [
        ([500, 1000], [80, 100], [0.5, 0.4], "add up to 0.9"),
        ([500, 1000], [800, 100], [0.5, 0.5], "above the contribution"),
        ([500, 1000], [80], [0.5, 0.5], "differ"),
        ([500, -1], [80, 0], [0.5, 0.5], "outside"),
        ([500, 1000], [80, np.nan], [0.5, 0.5], "outside"),
    ],
)
def test_tiers_that_cannot_be(paid: list[float], given: list[float], share: list[float], rule: str) -> None:
    with pytest.raises(DataError, match=rule):
        Tiers(np.array(paid, float), np.array(given, float), np.array(share, float))


@pytest.mark.parametrize("bad", [np.full(AGES, -1.0), np.full(100, 1.0), np.full(AGES, np.nan)])
def test_members_that_cannot_be(bad: np.ndarray) -> None:
    with pytest.raises(DataError, match="members"):
        fund_year(empty_fund(), RULES, members=bad, survive=np.ones(AGES))


def test_survival_above_one_is_refused() -> None:
    with pytest.raises(DataError, match="survive"):
        fund_year(empty_fund(), RULES, members=np.ones(AGES), survive=np.full(AGES, 1.1))


def test_no_year_is_refused() -> None:
    with pytest.raises(DataError, match="no year"):
        settled_fund(np.ones(AGES), schemes=[])


@given(opening=st.floats(0, 1e6), contribution=numbers, benefit=numbers, coverage=shares)
def test_medical_account_balances(
    opening: float, contribution: float, benefit: float, coverage: float
) -> None:
    people = np.linspace(1, 50, AGES)
    rules = MedicalRules(coverage, contribution, 700, benefit, age_weights(0.7, old=2.5, oldest=3.5))
    year = medical_year(people, rules, opening=opening)
    found = year.opening + year.contributions + year.subsidy + year.topped_up - year.benefits - year.closing
    assert abs(found) < 1e-4
    assert year.closing >= 0
    assert year.topped_up == 0 or year.closing == 0
    loop = sum(
        coverage * persons * benefit * (0.7 if age < 15 else 1 if age < 60 else 2.5 if age < 75 else 3.5)
        for age, persons in enumerate(people)
    )
    assert year.benefits == pytest.approx(loop)


def test_adequacy_counts_all_that_is_paid() -> None:
    fund, flows = fund_year(
        closed_cohort(59, persons=10, each=13_900),
        RULES,
        members=np.eye(AGES)[60] * 10,
        survive=np.ones(AGES),
    )
    found = adequacy(flows, pensioners=fund.pensioners, line=[1000.0, 600.0], income=36_000.0)
    assert found.pension == pytest.approx(300)
    assert found.of_line.tolist() == pytest.approx([0.3, 0.5])
    assert found.of_income == pytest.approx(0.1)
    covered = coverage_by_age(fund, eligible=np.eye(AGES)[60] * 16)
    assert covered[60] == pytest.approx(0.625)
    assert np.isnan(covered[61])
