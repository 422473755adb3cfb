"""Futures of plans on the small region."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import futures_small
from futures_small import DRAWN, FUTURES, SCENARIO
from small import loaded
from tongqu.base import DataError
from tongqu.engine.draws import luck_of, sample_of
from tongqu.engine.prepare import prepare
from tongqu.workflow.futures import UNCERTAIN, futures
from tongqu.workflow.futures.evaluate import evaluated
from tongqu.workflow.futures.sources import check_plans, wrong_numbers
from tongqu.workflow.futures.study import TABLES
from tongqu.workflow.plan import plan
from tongqu.workflow.prepare import sectors_for
from tongqu.workflow.verify import verify


@pytest.fixture(scope="module")
def study():
    return futures_small.study()


@pytest.fixture(scope="module")
def inputs():
    return prepare(loaded(), sectors_for(loaded()), scenario=SCENARIO)


def test_all_tables_are_there_and_the_plans_compared(study):
    assert tuple(study.tables) == TABLES
    assert list(study.tables["plans"]["plan"]) == ["none", "plan", "robust"]
    outcomes = study.tables["outcomes"]
    assert len(outcomes) == 3 * (FUTURES + 1)
    assert outcomes[["log_d", "d", "d_last", "short_wan"]].notna().all().all()


def test_doing_nothing_is_never_better_and_regret_is_what_is_lost(study):
    outcomes = study.tables["outcomes"]
    wide = outcomes[outcomes["future"] > 0].pivot(index="future", columns="plan", values="log_d")
    regret = study.tables["regret"].set_index(["among", "plan"])
    lost = wide.max(axis=1) - wide["plan"]
    assert regret.at[("all", "plan"), "regret_mean"] == pytest.approx(lost.mean())
    assert regret.at[("all", "plan"), "regret_most"] == pytest.approx(lost.max())
    assert (wide["plan"] > wide["none"]).all()
    assert regret.at[("all", "none"), "regret_never"] == 0.0


def test_money_is_short_where_it_is_dearer_and_the_robust_plan_keeps_it_more_often(study):
    plans = study.tables["plans"].set_index("plan")
    assert 0 <= plans.at["plan", "kept"] < 1
    assert plans.at["robust", "kept"] >= plans.at["plan", "kept"]
    money = study.tables["money"]
    assert set(money["plan"]) <= {"plan", "robust"}
    assert (money["share"] > 0).all()
    assert (money["most_wan"] >= money["mean_wan"]).all()


def test_choices_say_what_a_known_future_would_choose(study):
    choices, replans = study.tables["choices"], study.tables["replans"]
    assert len(replans) == 1
    assert replans["projects"].iloc[0] == (choices["share"] == 1).sum()
    assert set(choices["standing"]) <= {"no_regret", "contested", "only_planned"}
    assert (choices.loc[choices["standing"] == "no_regret", "share"] == 1).all()
    has = choices["plans"].str.split(";").map(lambda names: "plan" in names)
    assert has.sum() == study.tables["plans"].set_index("plan").at["plan", "projects"]


def test_the_influence_is_a_fit_over_the_futures(study):
    table = study.tables["influence"]
    assert set(table["parameter"]) <= {*DRAWN, "luck.cost", "luck.effects", "luck.money"}
    none = table[table["plan"] == "none"]
    assert set(none["outcome"]) == {"log_d"}
    assert sorted(none["rank"]) == list(range(1, len(DRAWN) + 1))
    assert (none["explained"] <= 1).all()


def test_luck_stays_when_another_plan_is_looked_at(study, inputs):
    sample = sample_of(inputs.region["standards"], inputs.assume, names=DRAWN, futures=FUTURES, seed=1)
    luck, few = luck_of(sample, inputs), replace(sample, values=sample.values.loc[[2]])
    none = pd.Series(dtype="int64")
    found = evaluated(inputs, few, luck, plans={"empty": none}).outcomes.set_index(["future", "plan"])
    before = study.tables["outcomes"].set_index(["future", "plan"])
    for name in ("none", "empty"):
        assert found.at[(2, name), "log_d"] == pytest.approx(before.at[(2, "none"), "log_d"], abs=1e-12)


def test_what_is_proven_of_the_robust_plan(study):
    proven = study.figures["robust"]
    assert proven["bound"] >= proven["objective"]
    assert proven["gap"] <= 2e-4
    assert len(proven["values"]) == 2
    assert 0 < proven["shared"] < 0.5


def test_a_run_of_a_robust_plan_verifies_and_its_plan_is_looked_at(tmp_path):
    made = plan(loaded(), SCENARIO, out=tmp_path / "run")
    proven, certificate = made.run.manifest["robust"], made.run.certificate
    assert proven["bound"] >= proven["objective"]
    assert certificate["objective"] == pytest.approx(proven["values"][0])
    assert verify(made.run.path).problems == ()
    found = futures(made.run.path, futures=1, replan=0, uncertain=DRAWN, processes=1)
    outcomes = found.tables["outcomes"].set_index(["future", "plan"])
    assert outcomes.at[(0, "plan"), "log_d"] == pytest.approx(certificate["simulated"], abs=1e-9)
    assert found.tables["choices"]["standing"].unique().tolist() == [""]
    assert found.tables["influence"].empty
    with pytest.raises(DataError, match="scenario of its own"):
        futures(made.run.path, SCENARIO, futures=1, replan=0)


def test_where_nothing_is_it_is_said_that_a_run_would_do_as_well():
    with pytest.raises(DataError, match="neither a run nor a region") as caught:
        futures("quzou", futures=1, replan=0)
    assert "quzhou" in caught.value.problems[0].mend


def test_wrong_numbers_are_found_together():
    problems = wrong_numbers(futures=0, replan=99, seed=-1, processes=0)
    assert [problem.column for problem in problems] == ["futures", "replan", "seed", "processes"]
    assert [one.column for one in wrong_numbers(futures=0, replan=3, seed=0)] == ["futures"]
    assert wrong_numbers(futures=1, replan=1, seed=0) == []


def test_a_plan_of_another_place_is_refused(inputs):
    with pytest.raises(DataError) as caught:
        check_plans(inputs, {"other": pd.Series({"x": 2026})})
    assert [problem.rule for problem in caught.value.problems] == ["not on offer"]


@pytest.mark.parametrize("name", ["plan", "robust", "none"])
def test_no_other_plan_takes_the_place_of_the_own_one(name):
    with pytest.raises(DataError, match="the name is taken"):
        futures(loaded(), SCENARIO, plans={name: pd.Series(dtype="int64")}, futures=1, replan=0)


def test_what_is_drawn_exists():
    standards = set(loaded()["standards"]["standard"])
    assert set(UNCERTAIN) <= standards
    assert "rate.interest" not in UNCERTAIN
