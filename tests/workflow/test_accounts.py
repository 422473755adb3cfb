"""Accounts: identities in every year, futures like single runs, published figures, other rules, files."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY
from tongqu.base import DataError, RunError, ScenarioError
from tongqu.contracts import Assume, Scenario
from tongqu.data import make_region
from tongqu.sectors.social_security.cohorts import cohort_table
from tongqu.workflow.accounts.figures import figures_of
from tongqu.workflow.accounts.pensions import ENTRIES
from tongqu.workflow.accounts.run import UNCERTAIN, carried
from tongqu.workflow.accounts.study import TABLES
from tongqu.workflow.draws import drawn

UNTIL = 2036
PAST = ["life.gain", "migration.to_town", "hukou.register"]
"""Parameters that the reading of the past depends on too; futures do not read it again."""


@pytest.fixture(scope="module")
def quzhou():
    return tongqu.load("quzhou")


@pytest.fixture(scope="module")
def found(quzhou):
    return tongqu.accounts(quzhou, until=UNTIL, futures=40)


@pytest.fixture(scope="module")
def assume(quzhou):
    return Assume.of(quzhou["standards"], Scenario())


def by_year(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index(["unit", "year"])


def test_budgets_balance_in_every_year(found):
    table = found.budgets
    opening, flows = by_year(table[table["opening"]]), by_year(table[~table["opening"]])
    np.testing.assert_allclose(flows["own_revenue"], flows["tax_revenue"] + flows["non_tax_revenue"])
    spent = flows[["services", "pensions", "running", "general_interest"]].sum(axis=1)
    np.testing.assert_allclose(flows["expenditure"], spent)
    came = flows["own_revenue"] + flows["transfers"] + flows["general_issue"]
    np.testing.assert_allclose(
        flows["balance"], came - flows["expenditure"] - flows["general_repay"], atol=1e-6
    )
    for unit, rows in table.groupby("unit"):
        mine = rows.set_index("year").sort_index()
        change = mine["carry_over"].diff().iloc[1:]
        later = mine.iloc[1:]
        np.testing.assert_allclose(change, later["balance"] + later["shortfall"], atol=1e-6)
        for kind in ("general", "special"):
            moved = mine[f"{kind}_debt"].diff().iloc[1:]
            np.testing.assert_allclose(moved, later[f"{kind}_issue"] - later[f"{kind}_repay"], atol=1e-6)
        assert (mine["carry_over"] >= 0).all(), unit
    assert len(opening) == 7
    assert found.imbalance_wan < 1e-4  # a yuan


def test_the_whole_is_the_sum_of_its_counties(found):
    for table, sums in (
        (found.budgets[~found.budgets["opening"]], ["own_revenue", "expenditure", "shortfall", "debt"]),
        (found.pension, ["pensioners", "paid_wan", "public_cost_wan", "fund_wan"]),
    ):
        whole = table[table["unit"] == found.whole].set_index("year")[sums]
        parts = table[table["unit"] != found.whole].groupby("year")[sums].sum()
        np.testing.assert_allclose(parts, whole, rtol=1e-9)
    debt = by_year(found.debt)
    money = by_year(found.budgets[~found.budgets["opening"]])
    ratio = money["debt"] / (money["own_revenue"] + money["transfers"])
    np.testing.assert_allclose(debt["ratio"], ratio.reindex(debt.index))


def test_individual_accounts_close(found):
    for _, rows in found.pension.groupby("unit"):
        mine = rows.set_index("year").sort_index()
        into = mine[["contributions_wan", "subsidy_wan", "interest_wan", "moved_wan"]].sum(axis=1)
        out = mine[["account_paid_wan", "heirs_wan"]].sum(axis=1)
        np.testing.assert_allclose(mine["fund_wan"].diff().iloc[1:], (into - out).iloc[1:], atol=1e-4)
    assert found.fund_imbalance_wan < 1e-4
    np.testing.assert_allclose(
        found.pension["pension_yuan_month"] * found.pension["pensioners"] * 12 / 1e4,
        found.pension["paid_wan"],
    )


def test_budgets_hold_what_pensions_cost(found):
    budgets, pension = by_year(found.budgets[~found.budgets["opening"]]), by_year(found.pension)
    np.testing.assert_allclose(
        budgets["pensions"], pension["public_cost_wan"].reindex(budgets.index), rtol=1e-9
    )


def test_people_are_those_of_the_outlook(quzhou, assume):
    from tongqu.sectors.population.path import path, people_by_year

    wanted = path(quzhou, assume, until=2030)
    for number, (year, people, _) in enumerate(people_by_year(quzhou, assume, until=2030)):
        assert year == wanted.years[number]
        assert people.sum() == pytest.approx(wanted.people[number].sum(), rel=1e-12)


def test_futures_are_single_runs_with_other_values(quzhou, assume):
    names = [name for name in UNCERTAIN if name not in PAST]
    draws = drawn(quzhou["standards"], assume, names=names, futures=3, seed=5)
    base = carried(quzhou, assume, until=2030)
    values = {name: draws[name].to_numpy() for name in draws}
    many = figures_of(carried(quzhou, assume, until=2030, futures=values, first_income=base.incomes[0]))
    for row in range(3):
        changed = assume.values.copy()
        changed.update(draws.iloc[row])
        one = carried(quzhou, replace(assume, values=changed), until=2030, first_income=base.incomes[0])
        single = figures_of(one)
        for name, figure in many.items():
            np.testing.assert_allclose(figure[:, row], single[name], rtol=1e-8, err_msg=name)


def test_draws_do_not_reshuffle(quzhou, assume):
    few = drawn(quzhou["standards"], assume, names=["life.gain"], futures=5, seed=2)
    more = drawn(quzhou["standards"], assume, names=UNCERTAIN, futures=9, seed=2)
    np.testing.assert_array_equal(few["life.gain"], more["life.gain"][:5])
    ranges = quzhou["standards"].set_index("standard").loc[list(more.columns), ["low", "high"]].astype(float)
    assert (more.to_numpy() >= ranges["low"].to_numpy() - 1e-12).all()
    assert (more.to_numpy() <= ranges["high"].to_numpy() + 1e-12).all()


def test_ranges_hold_the_assumed_case_and_are_in_order(found):
    table = found.ranges
    assert (table["p10"] <= table["p50"]).all()
    assert (table["p50"] <= table["p90"]).all()
    last = table[(table["unit"] == found.whole) & (table["year"] == UNTIL)].set_index("variable")
    own = by_year(found.budgets[~found.budgets["opening"]]).at[(found.whole, UNTIL), "own_revenue"]
    assert last.at["own_revenue_wan", "p10"] < own < last.at["own_revenue_wan", "p90"]
    assert len(found.draws) == 40
    again = tongqu.accounts(found.region, until=UNTIL, futures=40)
    pd.testing.assert_frame_equal(again.ranges, table)


def test_published_figures(found):
    table = found.published.set_index(["figure", "year"])
    row = table.loc[("own_revenue", 2024)]
    assert float(row["published"]) == 2_085_500
    assert abs(float(row["relative"])) < 1e-6
    assert abs(float(table.loc[("own_revenue", 2023), "relative"])) < 0.08


def test_incomes_and_their_parts(found):
    incomes = by_year(found.incomes)
    np.testing.assert_allclose(incomes["ratio"], incomes["urban_yuan"] / incomes["rural_yuan"])
    assert incomes["target"].iloc[0] == pytest.approx(1.9, abs=0.01)
    first, last = found.years["base"], UNTIL
    for unit, rows in found.income_parts.groupby("unit"):
        sums = rows.groupby("side")[["first_yuan", "last_yuan"]].sum()
        assert sums.at["urban", "first_yuan"] == pytest.approx(incomes.at[(unit, first), "urban_yuan"])
        assert sums.at["rural", "last_yuan"] == pytest.approx(incomes.at[(unit, last), "rural_yuan"])
        change = np.log(incomes.at[(unit, last), "ratio"] / incomes.at[(unit, first), "ratio"])
        assert rows["effect"].sum() == pytest.approx(change, abs=1e-9)
        gap = rows[rows["side"] == "urban"]["gap_last_yuan"].sum()
        assert gap == pytest.approx(sums.at["urban", "last_yuan"] - sums.at["rural", "last_yuan"])


def test_other_rules_do_what_they_must(found):
    table = found.what_if[found.what_if["unit"] == found.whole].set_index(["case", "year"])
    last = {case: table.loc[(case, UNTIL)] for case in table.index.get_level_values("case").unique()}
    base = last["as_is"]
    assert float(base["cost_change_wan"]) == 0
    assert float(last["basic_up"]["pension_yuan_month"]) > float(base["pension_yuan_month"]) + 45
    assert float(last["tiers_up"]["fund_wan"]) > float(base["fund_wan"])
    assert float(last["subsidy_up"]["public_cost_wan"]) > float(base["public_cost_wan"])
    heads = [float(last[case]["pensioners"]) for case in ("as_is", "age_63", "age_65")]
    assert heads[0] >= heads[1] >= heads[2]
    assert float(last["age_65"]["cost_change_wan"]) < 0


def test_cohorts(found):
    table = found.cohorts
    for (_, _), row in table.set_index(["sex", "age"]).iterrows():
        got = row[["account_pension_yuan", "topped_up_yuan", "basic_yuan", "heirs_yuan"]].sum()
        assert row["net_transfer_yuan"] == pytest.approx(got - row["contributions_yuan"])
    paid = table[table["sex"] == "male"].sort_values("age")["contributions_yuan"]
    assert paid.is_monotonic_decreasing


def test_cohorts_are_those_of_the_sector(quzhou, assume, found):
    """Men and women apart lie on both sides of both together; nothing grows after 2050."""
    both = cohort_table(quzhou, assume, year=2025, entry_ages=ENTRIES).set_index("entry_age")
    table = found.cohorts.set_index(["sex", "age"])
    assert table.index.get_level_values("age").unique().tolist() == list(ENTRIES)
    for age in ENTRIES:
        of = [float(table.at[(sex, age), "basic_yuan"]) for sex in ("male", "female")]
        assert of[0] < float(both.at[age, "basic_pension"]) < of[1]
        men = cohort_table(quzhou, assume, year=2025, entry_ages=[age], sex="male").iloc[0]
        assert table.at[("male", age), "net_transfer_yuan"] == pytest.approx(men["net_transfer"])


def test_parameters_of_all_parts_that_cannot_be_come_together(quzhou):
    wrong = {
        "accounts.tax_share": 1.5,
        "income.urban_wage": -1.0,
        "growth.productivity_farm": -1.5,
        "pension.age": 200.0,
        "life.e0_male": 40.0,
        "fertility.change": -1.0,
        "debt.warning": 0.0,
    }
    with pytest.raises(ScenarioError) as caught:
        tongqu.accounts(quzhou, Scenario(assume=wrong), until=UNTIL, futures=0)
    columns = [problem.column for problem in caught.value.problems]
    assert sorted(columns) == sorted(f"assume.{name}" for name in wrong)


@pytest.mark.parametrize("years", [3, 4, 10])
def test_accounts_older_than_the_census(years):
    tables = dict(tongqu.load(TINY).tables)
    accounts = tables["accounts"]
    tables["accounts"] = accounts.assign(year=accounts["year"] - years)
    tiny = tongqu.load(TINY)
    region = make_region(
        tables, name="old", title_zh="旧", title_en="Old", base_year=tiny.base_year, bbox=tiny.bbox
    )
    found = tongqu.accounts(region, until=2030, futures=3)
    assert found.years["base"] == 2020
    assert found.imbalance_wan < 1e-6
    budgets = by_year(found.budgets[~found.budgets["opening"]])
    assert budgets.loc[found.whole].index[0] == 2024 - years
    ranges = found.ranges[found.ranges["unit"] == found.whole].set_index(["variable", "year"])
    first = max(2020, 2024 - years)
    assert ranges.loc["own_revenue_wan"].index[0] == first
    single = figures_of(carried(region, Assume.of(region["standards"], Scenario()), until=2030))
    np.testing.assert_allclose(
        single["own_revenue_wan"][first - 2020 :, 0], budgets.loc[found.whole].loc[first:, "own_revenue"]
    )


def test_newcomers_cost_more_where_more_come(found):
    table = found.newcomers
    assert (table["low_wan"] <= table["value_wan"]).all()
    assert (table["value_wan"] <= table["high_wan"]).all()
    once = table[table["method"] == "once"]
    np.testing.assert_allclose(once["value_wan"], once["newcomers"] * 8.0)


def test_a_scenario_counts(quzhou, found):
    richer = tongqu.accounts(quzhou, Scenario(assume={"pension.basic": 320.0}), until=UNTIL, futures=0)
    assert richer.summary()["public_cost_wan"][str(UNTIL)] > found.summary()["public_cost_wan"][str(UNTIL)]
    with pytest.raises(ScenarioError):
        tongqu.accounts(quzhou, Scenario(assume={"pension.age": 200.0}), until=UNTIL, futures=0)


def test_without_futures_and_published_incomes():
    small = tongqu.accounts(TINY, until=2030, futures=0)
    assert small.ranges.empty
    assert small.income_parts.empty
    assert small.incomes["ratio"].isna().all()
    assert small.imbalance_wan < 1e-6
    assert set(small.tables) == set(TABLES)


def test_wrong_numbers_are_said_together():
    with pytest.raises(DataError) as caught:
        tongqu.accounts(TINY, until=1999, futures=-1, seed=-1)
    assert [problem.column for problem in caught.value.problems] == ["until", "futures", "seed"]


def test_saved_tables_are_the_tables(found, tmp_path):
    folder = found.save(tmp_path / "made")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["kind"] == "accounts"
    assert manifest["seed"] == 1
    again = pd.read_csv(folder / "debt.csv", dtype={"unit": str})
    pd.testing.assert_frame_equal(again, found.debt, rtol=1e-4, atol=1e-5, check_dtype=False)
    with pytest.raises(RunError, match="earlier accounts"):
        found.save(folder)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_speaks_the_language(found, language):
    book = pd.read_excel(io.BytesIO(found.book(language)), sheet_name=None, engine="calamine")
    assert len(book) == len(TABLES)
    for sheet, table in book.items():
        for column in table.columns:
            assert "_" not in column, (sheet, column)
            assert column.isascii() == (language == "en"), (sheet, column)
