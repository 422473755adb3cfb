"""The program against every combination of starts: random offers, judged in plain Python (`engine.judge`)."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pandas as pd
import pytest

from engine.hand import COUNTIES
from engine.judge import RATE, YEARS, Judge, Starts, draw
from tongqu.base import InfeasibleError
from tongqu.engine.financing import financing
from tongqu.engine.inputs import Inputs
from tongqu.engine.optimise import Plan, optimise

SEEDS = range(12)


@cache
def judged(seed: int) -> tuple[Inputs, Judge, float | None, Starts, Counter[str]]:
    """The best allowed combination, and why better ones were refused."""
    inputs = draw(seed)
    judge = Judge(inputs)
    ranked = sorted(
        ((judge.objective(starts), starts) for starts in judge.all_starts() if judge._time(starts)),
        key=lambda pair: -pair[0],
    )
    why: Counter[str] = Counter()
    for value, starts in ranked:
        reason = judge.refused(starts)
        if not reason:
            return inputs, judge, value, starts, why
        why[reason] += 1
    return inputs, judge, None, {}, why


def answer(inputs: Inputs) -> Plan | None:
    try:
        return optimise(inputs)
    except InfeasibleError:
        return None


@pytest.mark.parametrize("seed", SEEDS)
def test_no_combination_does_better(seed):
    inputs, judge, best, chosen, _ = judged(seed)
    plan = answer(inputs)
    assert (plan is None) == (best is None), (best, chosen)
    if plan is None or best is None:
        return
    starts = {str(name): int(year) for name, year in plan.starts.items()}
    slack = inputs.scenario.solver.tangent_error / 2 + 1e-8
    assert judge.refused(starts) == ""
    assert judge.objective(starts) == pytest.approx(best, abs=slack), (starts, chosen)
    assert plan.certificate.objective == pytest.approx(judge.objective(starts), abs=1e-6)
    assert plan.certificate.bound >= best - 1e-8
    assert plan.certificate.gap <= slack + 1e-7
    promised = plan.served.set_index(["service", "unit", "year"])["added"]
    for (service, county, year), added in promised.items():
        assert added == pytest.approx(judge.added(service, county, starts, year), abs=0.01)


@pytest.mark.parametrize("seed", [0, 3, 8, 11])
def test_below_the_worst_goalpost_the_promise_is_true_and_the_bound_holds(seed):
    inputs = draw(seed, beds=1.2)
    judge, plan = Judge(inputs), optimise(inputs)
    allowed = [starts for starts in judge.all_starts() if judge._time(starts) and not judge.refused(starts)]
    best = max(judge.objective(starts) for starts in allowed)
    starts = {str(name): int(year) for name, year in plan.starts.items()}
    assert judge.refused(starts) == ""
    assert plan.certificate.objective == pytest.approx(judge.objective(starts), abs=1e-6)
    assert plan.certificate.objective <= best + 1e-8 <= plan.certificate.bound + 2e-8
    assert plan.certificate.tangent_error > inputs.scenario.solver.tangent_error / 2, "no chord is needed"
    assert plan.certificate.gap <= plan.certificate.tangent_error + inputs.scenario.solver.gap + 1e-8


def test_every_limit_decides_somewhere():
    reasons: Counter[str] = Counter()
    for seed in SEEDS:
        reasons.update(judged(seed)[4])
    assert set(reasons) == {"order", "group", "pin", "floor", "land", "staff", "money"}
    assert any(judged(seed)[2] is None for seed in SEEDS), "no case is infeasible"
    assert sum(len(judged(seed)[3]) >= 2 for seed in SEEDS) >= 5, "too few cases build anything"


@pytest.mark.parametrize("seed", SEEDS)
def test_accounts_pay_the_plan_to_the_yuan(seed):
    inputs, judge, best, chosen, _ = judged(seed)
    if best is None:
        pytest.skip("nothing is allowed")
    accounts = financing(inputs, pd.Series(chosen, dtype="int64"))
    keys = ["unit", "year"]
    wide = accounts.pivot_table(index=keys, columns="item", values="amount", aggfunc="sum", fill_value=0.0)
    for county in COUNTIES:
        cash = debt = 0.0
        for year in YEARS:
            row = wide.loc[(county, year)]
            cost = judge.sum(chosen, "money", county, year)
            assert row.get("capital", 0.0) + row.get("running", 0.0) == pytest.approx(cost, abs=1e-6)
            assert row["interest"] == pytest.approx(RATE * debt, abs=0.01)
            cash += row["room"] + row["grant"] + row["borrow"] - row["repay"] - row["interest"] - cost
            debt += row["borrow"] - row["repay"]
            assert (row["cash"], row["debt"]) == (
                pytest.approx(cash, abs=0.01),
                pytest.approx(debt, abs=0.01),
            )
            assert row[["cash", "debt", "borrow", "repay", "grant"]].min() >= 0
            assert row["debt"] <= judge.limit["money", county, "debt", year] + 1.01
    given = wide["grant"].groupby(level="year").sum()
    assert all(given[year] <= judge.limit["money", "990100", "pool", year] + 0.01 for year in YEARS)
