"""One plan for several futures against every combination of starts, and how programs are joined."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from engine.hand import COUNTY, hand_made
from engine.judge import RATE, YEARS, Judge, draw
from tongqu.base import InfeasibleError
from tongqu.contracts import Robust
from tongqu.engine.inputs import Inputs
from tongqu.engine.lp import Terms
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.promise import measures_of
from tongqu.engine.purse import Purse
from tongqu.engine.recording import Recording, join
from tongqu.engine.robust import RobustPlan, plan_of, robust_plan, robust_value
from tongqu.engine.rules import broken_rules

SEEDS = (0, 3)


@cache
def futures_of(seed: int) -> tuple[Inputs, ...]:
    """Three futures of a random case: needs, costs and money differ, candidates do not."""
    base, rng = draw(seed), np.random.default_rng([seed, 9])
    made = []
    for _ in range(3):
        entries, limits = base.offer.entries.copy(), base.offer.limits.copy()
        entries.loc[entries["ledger"] == "money", "amount"] *= rng.uniform(0.8, 1.4)
        entries.loc[entries["ledger"] == "stock", "amount"] *= rng.uniform(0.6, 1.1)
        limits.loc[limits["ledger"] == "money", "amount"] *= rng.uniform(0.8, 1.3)
        needs = {
            (service, home, year): float(rng.uniform(10, 150))
            for service in ("walk", "place")
            for home in COUNTY
            for year in YEARS
        }
        made.append(
            hand_made(
                replace(base.offer, entries=entries, limits=limits),
                solver={"gap": 1e-9, "tangent_error": 1e-5},
                needs=needs,
                interest=RATE,
                weights=base.weights,
                robust=Robust(futures=3, tail=0.4, tail_weight=0.6),
                pinned=base.scenario.pinned,
            )
        )
    return tuple(made)


@cache
def robust_of(seed: int) -> RobustPlan:
    return robust_plan(futures_of(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_starts_are_worth_more_over_the_futures(seed):
    futures = futures_of(seed)
    judges = [Judge(one) for one in futures]
    allowed = [
        starts
        for starts in judges[0].all_starts()
        if judges[0]._time(starts) and not any(judge.refused(starts) for judge in judges)
    ]
    values = {
        tuple(sorted(starts.items())): [judge.objective(starts) for judge in judges] for starts in allowed
    }
    best = max(robust_value(each, tail_weight=0.6, tail=0.4) for each in values.values())
    plan = robust_of(seed)
    chosen = tuple(sorted((str(name), int(year)) for name, year in plan.starts.items()))
    assert chosen in values, "a limit of some future is broken"
    assert plan.objective == pytest.approx(best, abs=1e-5)
    assert plan.bound >= best - 1e-8
    assert plan.gap <= 1e-5 + 1e-7
    assert plan.values.to_numpy() == pytest.approx(values[chosen], abs=1e-6)


@cache
def single_of(seed: int) -> Plan:
    return optimise(futures_of(seed)[0])


def test_some_case_decides_otherwise_than_its_mean_future():
    different = 0
    for seed in SEEDS:
        different += dict(robust_of(seed).starts) != dict(single_of(seed).starts)
    assert different >= 1


def test_equal_futures_give_the_plan_of_one_and_share_what_they_can():
    one = futures_of(3)[0]
    single, robust = single_of(3), robust_plan([one, one, one])
    assert robust.objective == pytest.approx(single.certificate.objective, abs=1e-6)
    assert robust.values.nunique() == 1
    assert robust.shared > 0.4


def test_what_only_bounds_from_above_alike_is_shared_and_the_rest_is_not():
    first, second = (recorded(level) for level in (0.5, 0.8))
    joined = join([first, second])
    started, met = first.numbers("started"), first.numbers("met")
    assert (joined.numbers[1][started] == joined.numbers[0][started]).all()
    assert (joined.numbers[1][met] == joined.numbers[0][met]).all()
    raised = first.numbers("raised")
    assert not set(joined.numbers[1][raised]) & set(joined.numbers[0][raised])
    assert joined.program.families == ("limit", "covered", "score", "2: score")
    assert joined.names["2: score"] == (1, "score")
    assert joined.shared == pytest.approx(2 / 6)


def test_another_bound_is_not_shared():
    other = recorded(0.5, credit=0.7)
    joined = join([recorded(0.5), other])
    assert not set(joined.numbers[1][other.numbers("met")]) & set(joined.numbers[0][other.numbers("met")])
    assert "2: covered" in joined.program.families


def test_what_is_minded_when_more_is_not_shared():
    other = recorded(0.5, worth=-1.0)
    joined = join([recorded(0.5), other])
    assert not set(joined.numbers[1][other.numbers("met")]) & set(joined.numbers[0][other.numbers("met")])


def test_other_decisions_are_refused():
    other = Recording()
    other.variables("started", 3, binary=True)
    with pytest.raises(ValueError, match="other decisions"):
        join([recorded(0.5), other])


def recorded(level: float, *, credit: float = 1.0, worth: float = 0.0) -> Recording:
    """Two decisions, what they cover, and a score of it that starts at a level."""
    program = Recording()
    started = program.variables("started", 2, binary=True)
    program.rows("limit", Terms.of([0, 0], started, 1.0), sense="<=", rhs=[1.0])
    met = program.variables("met", 1, upper=1.0)
    covered = [Terms.of([0], met, 1.0), Terms.of([0, 0], started, -credit)]
    program.rows("covered", Terms.join(covered), sense="<=", rhs=[0.0])
    raised = program.variables("raised", 1, upper=1.0)
    program.rows(
        "score", Terms.join([Terms.of([0], raised, 1.0), Terms.of([0], met, -0.3)]), sense="<=", rhs=[level]
    )
    program.maximise(np.concatenate([raised, met]), [1.0, worth])
    return program


def test_a_plan_that_is_good_in_one_future_is_worth_no_more_over_all():
    futures = futures_of(3)
    starts = single_of(3).starts
    values = [measures_of(one, starts)["coordination"] for one in futures]
    if all(Purse.of(one, starts).missing(one).empty for one in futures):
        assert robust_value(values, tail_weight=0.6, tail=0.4) <= robust_of(3).bound + 1e-8


def test_a_conflict_names_the_future():
    one = futures_of(6)[0]
    assert one.scenario.pinned
    poor = one.offer.limits.assign(amount=0.0)
    broke = replace(one, offer=replace(one.offer, limits=poor))
    with pytest.raises(InfeasibleError) as caught:
        robust_plan([one, broke])
    assert any("(future 2)" in words for words in caught.value.conflict)
    assert any("第 2 种未来" in words for words in caught.value.conflict_zh)
    assert not any("(future 1)" in words for words in caught.value.conflict)


@pytest.mark.parametrize("seed", [0, 3])
def test_the_plan_read_back_keeps_the_rules_of_the_expected_future(seed):
    one = futures_of(seed)[0]
    plan = plan_of(one, robust_of(seed).starts)
    assert [problem.rule for problem in broken_rules(one, plan)] == []
    assert plan.certificate.objective == pytest.approx(robust_of(seed).values[1])
    assert plan.certificate.bound >= single_of(seed).certificate.objective - 1e-8
    assert plan.certificate.gap >= single_of(seed).certificate.objective - plan.certificate.objective - 1e-8
