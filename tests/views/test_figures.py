"""Every figure of the report equals the stored tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tongqu.contracts import Run
from tongqu.views.tables import Figures
from tongqu.views.tables.coordination import coordination_of
from tongqu.views.tables.services import BEFORE, NEW, NO_DEMAND, WITHOUT


def ledger_sum(run: Run, key: str, *, year: int | None = None) -> float:
    table = run["results/ledger"]
    mine = table[(table["ledger"] == "money") & (table["key"] == key)]
    return float(mine.loc[mine["year"] == year if year else mine["year"] > 0, "amount"].sum())


def test_the_plan_of_the_fixture_builds_something(figures: Figures):
    assert len(figures.projects.rows) > 0


def test_capital_is_the_same_everywhere(run: Run, figures: Figures):
    stored = ledger_sum(run, "capital")
    assert figures.headline.capital == pytest.approx(stored)
    for table in (figures.projects.years, figures.projects.kinds, figures.projects.rows):
        assert table["capital_wan"].sum() == pytest.approx(stored)
    assert figures.projects.capital.to_numpy().sum() == pytest.approx(stored)
    assert figures.projects.sectors().to_numpy().sum() == pytest.approx(stored)
    assert figures.money.years["capital"].sum() == pytest.approx(stored)
    assert figures.money.counties["capital"].sum() == pytest.approx(stored)


def test_projects_are_counted_once(run: Run, figures: Figures):
    decisions = run["results/decisions"]
    assert figures.headline.projects == len(decisions)
    assert figures.projects.years["count"].sum() == len(decisions)
    assert figures.projects.counts.to_numpy().sum() == len(decisions)
    assert sorted(figures.projects.rows["project"]) == sorted(decisions["project"])
    first = decisions[decisions["start"] == figures.stored.first]
    assert figures.headline.first_projects == len(first)
    assert figures.headline.first_capital == pytest.approx(first["capital_wan"].sum())


def test_running_cost_and_debt_are_those_of_ledger_and_accounts(run: Run, figures: Figures):
    last = figures.stored.last
    assert figures.headline.running == pytest.approx(ledger_sum(run, "running", year=last))
    assert figures.money.years.loc[last, "running"] == pytest.approx(figures.headline.running)
    assert figures.money.counties["running"].sum() == pytest.approx(figures.headline.running)
    accounts = run["results/accounts"]
    debt = accounts[accounts["item"] == "debt"].groupby("year")["amount"].sum()
    assert figures.headline.peak == pytest.approx(debt.max())
    assert figures.headline.last_debt == pytest.approx(debt[last])


def test_uses_equal_sources_in_every_year(figures: Figures):
    table = figures.money.years
    uses = table[["capital", "running", "interest", "repay", "saved"]].sum(axis=1)
    sources = table[["room", "grant", "borrow", "drawn"]].sum(axis=1)
    assert uses.to_numpy() == pytest.approx(sources.to_numpy(), abs=0.01)


def test_debt_is_inside_its_limit(figures: Figures):
    assert (figures.money.years["debt"] <= figures.money.years["debt_limit"] + 1e-6).all()


def test_people_served_are_sums_of_the_outcomes(run: Run, figures: Figures):
    table = run["results/outcomes"]
    last = table[table["year"] == figures.stored.last]
    for service in figures.services.names:
        for case in ("base", "plan"):
            mine = last[(last["case"] == case) & (last["variable"] == f"served.{service}")]
            assert figures.services.totals.loc[service, case] == pytest.approx(mine["value"].sum())
        assert figures.services.counties.loc[service]["plan"].sum() == pytest.approx(
            figures.services.totals.loc[service, "plan"]
        )


def test_a_village_has_one_state_and_lacking_people_agree(figures: Figures):
    services = figures.services
    villages = len(figures.stored.cube.villages)
    for name in services.names:
        assert services.states[name].shape == (villages, len(figures.stored.years))
        assert set(np.unique(services.states[name])) <= {NO_DEMAND, BEFORE, NEW, WITHOUT}
        assert services.villages.loc[name].to_numpy().sum() == villages
        lacking = services.totals.loc[name, "demand"] - services.totals.loc[name, "plan"]
        mine = services.unserved[services.unserved["service"] == name]
        assert mine["people"].sum() <= lacking + 0.5 * villages
        assert mine["people"].is_monotonic_decreasing


def test_mean_d_of_the_years_is_that_of_the_certificate(run: Run, figures: Figures):
    assert figures.headline.d_base == pytest.approx(math.exp(run.certificate["baseline"]))
    assert figures.headline.d_plan == pytest.approx(math.exp(run.certificate["simulated"]))
    weights = figures.stored.weights.groupby(level="year").sum()
    mean = (np.log(figures.coordination.years["plan"]) * weights).sum()
    assert mean == pytest.approx(run.certificate["simulated"], abs=1e-9)


def test_indices_are_as_stored(run: Run, figures: Figures):
    for row in run["results/indices"].to_dict("records"):
        cell = figures.coordination.cell(row["case"], unit=row["unit"], year=row["year"])
        assert cell == {key: row[key] for key in ("U", "R", "C", "T", "D")}
        assert cell["D"] == pytest.approx((cell["U"] * cell["R"]) ** 0.25)


def test_indicators_weigh_one_a_side_and_none_is_lost(run: Run, figures: Figures):
    table = figures.coordination.indicators
    assert table.groupby("side")["weight"].sum().to_numpy() == pytest.approx([1.0, 1.0])
    left = set(figures.coordination.left_out.index)
    assert left == set(run.manifest["left_out"])
    assert left | set(table.index) == set(run.region["indicators"]["indicator"])


def test_value_of_a_served_share_is_that_of_the_services(figures: Figures):
    table, totals = figures.coordination.indicators, figures.services.totals
    for name in {"medical_circle", "clinic", "graded_road"} & set(table.index) & set(totals.index):
        share = totals.loc[name, "plan"] / totals.loc[name, "demand"] * 100
        assert table.loc[name, "value_plan"] == pytest.approx(share)


def test_obstacles_are_the_largest_of_their_side(run: Run, figures: Figures):
    stored = run["results/obstacles"]
    stored = stored[(stored["case"] == "plan") & (stored["year"] == figures.stored.last)]
    for unit, part in figures.coordination.obstacles.groupby("unit"):
        assert part["degree"].max() == pytest.approx(stored.loc[stored["unit"] == unit, "degree"].max())
        assert (part.groupby("side").size() <= 3).all()


def test_the_worst_tenth_is_not_worse_with_the_plan(figures: Figures):
    worst = coordination_of(figures.stored).worst_tenth
    assert 0 <= worst["base"] <= worst["plan"] + 1e-9 <= 1 + 1e-9


def test_modelled_shares_are_those_of_the_issues(run: Run, figures: Figures):
    issues = run["results/issues"]
    said = issues[issues["topic"] == "modelled"].set_index("item")["detail_en"]
    table = figures.trust.modelled
    assert set(said.index) == set(table.index[table["modelled"] > 0])
    for name, text in said.items():
        assert text.endswith(f"({table.loc[name, 'share']:.1%})")


def test_gap_is_bound_less_promise(run: Run, figures: Figures):
    certificate = run.certificate
    assert figures.trust.certificate.gap == pytest.approx(certificate["bound"] - certificate["objective"])
    assert figures.headline.gap_share == pytest.approx(math.expm1(certificate["gap"]))


def test_prices_are_per_hundred_million_yuan(run: Run, figures: Figures):
    row = run["results/prices"].iloc[0]
    assert figures.money.prices.loc[row["unit"], row["year"]] == pytest.approx(row["price"] * 10_000)
