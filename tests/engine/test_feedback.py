"""Rounds of planning and simulating: new inputs agree with the simulation, and the rounds end as said."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from small import loaded, short
from tongqu.base import InfeasibleError
from tongqu.contracts import Edit, Feedback, Offer
from tongqu.engine import feedback
from tongqu.engine.check import check_plan, same_starts
from tongqu.engine.feedback import FIGURES, figures_of, judged, settle
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Stop
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.promise import measures_of, promise_of
from tongqu.engine.refresh import MOVING, moving_starts, offered_again, refresh
from tongqu.workflow.prepare import sectors_for

YEARS = (2026, 2027, 2028)


@pytest.fixture(scope="module")
def base() -> Inputs:
    return prepare(loaded(), sectors_for(loaded()), scenario=short())


@pytest.fixture(scope="module")
def plan(base) -> Plan:
    return optimise(base)


@pytest.fixture(scope="module")
def again(base, plan) -> Inputs:
    return refresh(base, plan.starts)


def at(inputs: Inputs, plan: Plan, starts: pd.Series) -> Plan:
    """What other starts promise at these inputs."""
    promise = promise_of(inputs, starts)
    return replace(plan, starts=starts, promised=promise.indices, served=promise.served)


def some_starts(base: Inputs) -> pd.Series:
    """Starts of every kind on offer, with everything that brings and moves people, in different years."""
    projects = base.offer.projects
    moving = base.offer.entries.loc[base.offer.entries["ledger"].isin(MOVING), "project"]
    mine = projects[(projects["group"] == "") | ~projects["group"].duplicated()]
    wanted = mine[mine["project"].isin(moving) | (np.arange(len(mine)) % 3 == 0)]
    early = wanted[wanted["lead"] <= 2]
    later = (early["requires"] != "") | (np.arange(len(early)) % 2 == 1)
    years = np.where(later & (early["lead"] < 2), YEARS[1], YEARS[0])
    return pd.Series(years, index=pd.Index(early["project"], name="project"), name="start", dtype="int64")


def test_at_the_same_plan_the_new_promise_is_the_simulation(base, plan, again):
    assert not check_plan(base, plan).difference["difference"].abs().max() < 1e-6, "nothing to mend"
    made = at(again, plan, plan.starts)
    checked = check_plan(again, made)
    size = checked.difference[["promised", "simulated"]].abs().max(axis=1)
    assert (checked.difference["difference"].abs() <= 1e-9 * size.clip(lower=1.0)).all()
    assert figures_of(again, made, checked)["agrees"].all()
    table = checked.measures.set_index("measure")
    for name in ("coordination", "coverage", "cost"):
        assert table.at[name, "simulated"] == pytest.approx(table.at[name, "promised"], abs=1e-9)


def test_so_it_is_at_any_plan_that_brings_and_moves_people(base, plan):
    starts = some_starts(base)
    moving = moving_starts(base.offer, starts)
    entries = base.offer.entries[base.offer.entries["project"].isin(moving.index)]
    assert set(MOVING) <= set(entries["ledger"])
    inputs = refresh(base, starts)
    checked = check_plan(inputs, at(inputs, plan, starts))
    size = checked.difference[["promised", "simulated"]].abs().max(axis=1)
    assert (checked.difference["difference"].abs() <= 1e-9 * size.clip(lower=1.0)).all()
    before = check_plan(base, at(base, plan, starts)).difference
    assert (before["difference"].abs() > 1.0).any(), "the people who come are missing from the first promise"


def test_new_inputs_follow_from_the_plan_alone_and_keep_weights_and_candidates(base, again):
    assert again.weights is base.weights
    assert again.baseline is base.indicators
    assert again.base_states is base.states
    assert again.offer.projects["project"].tolist() == base.offer.projects["project"].tolist()
    with pytest.raises(ValueError, match="baseline"):
        refresh(again, again.refreshed.starts)


def test_what_the_plan_moves_and_what_the_scenario_edits_is_not_offered_again(base):
    moving = moving_starts(base.offer, some_starts(base))
    edited = base.offer.projects["project"].iloc[0]
    scenario = base.scenario.model_copy(update={"edits": (Edit(project=edited, capital_wan=1.0),)})
    groups = ("people.", "pupils.", "demand.", "served.")
    more = [
        state.adding({name: state[name] * 1.5 for name in state.names if name.startswith(groups)})
        for state in base.states
    ]
    offer = offered_again(replace(base, scenario=scenario), more, moving=moving)

    def of(one: Offer, project: str) -> pd.DataFrame:
        return one.entries[one.entries["project"] == project].reset_index(drop=True)

    for project in (edited, *moving.index):
        pd.testing.assert_frame_equal(of(offer, project), of(base.offer, project))
    mine = {
        project
        for project in offer.projects["project"]
        if not of(offer, project).equals(of(base.offer, project))
    }
    assert mine, "nothing was offered anew"
    pd.testing.assert_frame_equal(offer.limits, base.offer.limits)


def test_rounds_end_when_figures_agree_and_the_plan_stays(base):
    found = settle(base)
    assert (found.end, found.rounds, found.best.number) == ("agrees", 2, 2)
    assert list(found.figures.columns) == ["round", *FIGURES]
    agrees = found.figures.groupby("round")["agrees"].all()
    assert agrees.tolist() == [False, True]
    one, two = (found.starts[found.starts["round"] == number].drop(columns="round") for number in (1, 2))
    pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True))
    certificate = found.best.plan.certificate
    assert certificate.objective == pytest.approx(found.best.checked.objective, abs=1e-9)
    assert certificate.bound >= certificate.objective
    assert certificate.baseline == pytest.approx(measures_of(base, one["start"].iloc[:0])["coordination"])


def test_one_round_is_said_to_be_too_few(base, plan, monkeypatch):
    monkeypatch.setattr(feedback, "optimise", lambda *_, **__: plan)
    once = base.scenario.model_copy(update={"feedback": Feedback(rounds=1)})
    found = settle(replace(base, scenario=once))
    assert (found.end, found.rounds, found.best.agrees) == ("rounds", 1, False)
    wide = base.scenario.model_copy(update={"feedback": Feedback(rounds=1, tolerance=0.2)})
    assert settle(replace(base, scenario=wide)).end == "agrees"


def test_a_stop_keeps_the_plan_and_ends_the_rounds(base, plan, monkeypatch):
    stop = Stop()
    stop.now()
    monkeypatch.setattr(feedback, "optimise", lambda *_, **__: plan)
    found = settle(base, stop=stop)
    assert (found.end, found.rounds) == ("stopped", 1)
    assert same_starts(found.best.plan.starts, plan.starts)


def test_a_later_round_without_a_plan_leaves_the_one_before(base, plan, monkeypatch):
    def none(inputs: Inputs, **_: object) -> Plan:
        if inputs.refreshed is None:
            return plan
        raise InfeasibleError(["the money"], ["资金"])

    monkeypatch.setattr(feedback, "_planned", none)
    found = settle(base)
    assert (found.end, found.rounds, found.best.number) == ("infeasible", 1, 1)


def test_a_plan_that_comes_back_is_a_cycle_and_the_best_simulated_wins(base, plan, monkeypatch):
    """Two plans by turns, whose promises are off; the better one is kept, whichever comes last."""
    other = at(base, plan, plan.starts.iloc[:-6])
    turns = iter([plan, other, plan])
    monkeypatch.setattr(feedback, "_planned", lambda *_, **__: next(turns))
    monkeypatch.setattr(feedback, "refresh", lambda *_, **__: base)
    found = settle(base)
    assert (found.end, found.rounds, found.best.number) == ("cycle", 3, 1)
    assert sorted(found.starts["round"].unique()) == [1, 2, 3]
    shown = [check_plan(base, one).objective for one in (plan, other)]
    assert found.best.checked.objective == max(shown)


def test_a_plan_that_agrees_goes_before_a_better_one_that_does_not():
    made = [
        SimpleNamespace(agrees=agrees, checked=SimpleNamespace(objective=value))
        for agrees, value in ((False, 2.0), (True, 1.0), (True, 1.5), (False, 3.0))
    ]
    assert max(made, key=feedback._rank) is made[2]


def test_a_bound_from_before_is_kept_if_it_is_better(base, plan, monkeypatch):
    loose = replace(plan, certificate=replace(plan.certificate, bound=plan.certificate.objective + 1.0))
    monkeypatch.setattr(feedback, "optimise", lambda *_, **__: loose)
    once = base.scenario.model_copy(update={"feedback": Feedback(rounds=1)})
    ready = replace(base, scenario=once)
    better = plan.certificate.objective + 0.25
    assert settle(ready, bound=better).best.plan.certificate.bound == better
    assert settle(ready, bound=better + 9.0).best.plan.certificate.bound == loose.certificate.bound
    assert settle(ready, bound=better - 9.0).best.plan.certificate.bound == plan.certificate.objective


def test_figures_agree_within_a_share_of_the_larger():
    figures = pd.DataFrame({"promised": [100.0, 100.0, 0.0, -100.0], "simulated": [99.0, 102.0, 0.0, -99.5]})
    assert judged(figures, tolerance=0.01)["agrees"].tolist() == [True, False, True, True]
