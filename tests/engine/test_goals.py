"""Objectives, bounds and nobody worse: small random offers against every combination of starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.hand import VILLAGES, hand_made, offer_of, plenty, projects_of
from engine.judge import Judge, Starts, draw
from tongqu.base import InfeasibleError, ScenarioError
from tongqu.engine.inputs import Inputs
from tongqu.engine.model import build
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.rules import broken_rules

YEARS = (2026, 2027)
SLACK = 2e-5
"""Tangents, the tolerance of rows, and what a later stage may take from an earlier one."""


def small(seed: int, **wishes: object) -> Inputs:
    wishes = {"nobody_worse": True, "goal": {"levels": 3, "worst_share": 0.3}, **wishes}
    return draw(seed, count=4, years=YEARS, merger=seed % 2 == 0, **wishes)


def allowed(judge: Judge) -> list[Starts]:
    return [starts for starts in judge.all_starts() if not judge.refused(starts)]


def best_of(judge: Judge, worth: Callable[[Starts], tuple[float, ...]]) -> Starts | None:
    """The best of what is allowed by figures in order, to a tolerance each."""
    left = allowed(judge)
    if not left:
        return None
    found = [(worth(starts), starts) for starts in left]
    for position in range(len(found[0][0])):
        most = max(figures[position] for figures, _ in found)
        found = [(figures, starts) for figures, starts in found if figures[position] >= most - SLACK]
    return found[0][1]


def answer(inputs: Inputs) -> Plan | None:
    try:
        return optimise(inputs)
    except InfeasibleError:
        return None


def starts_of(plan: Plan) -> Starts:
    return {str(name): int(year) for name, year in plan.starts.items()}


def check(inputs: Inputs, worth: Callable[[Judge, Starts], tuple[float, ...]]) -> bool:
    """Whether anything is allowed; the plan is as good as the best combination, and what it says is true."""
    judge = Judge(inputs)
    best = best_of(judge, lambda starts: worth(judge, starts))
    plan = answer(inputs)
    assert (plan is None) == (best is None), best
    if plan is None or best is None:
        return False
    starts = starts_of(plan)
    assert judge.refused(starts) == ""
    assert broken_rules(inputs, plan) == []
    for mine, other in zip(worth(judge, starts), worth(judge, best), strict=True):
        assert mine == pytest.approx(other, abs=2 * SLACK, rel=2 * SLACK), (starts, best)
    for row in plan.measures.itertuples():
        assert row.promised == pytest.approx(judge.measure(row.measure, starts), abs=1e-5, rel=1e-6)
        assert row.baseline == pytest.approx(judge.measure(row.measure, {}), abs=1e-6)
    one = plan.certificate
    measure = {"least-cost": "cost"}.get(one.goal, one.goal)
    sense = -1 if measure == "cost" else 1
    assert one.objective == pytest.approx(sense * judge.measure(measure, starts), abs=1e-5, rel=1e-6)
    most = max(sense * judge.measure(measure, other) for other in allowed(judge))
    assert one.bound >= most - 1e-6 * max(1.0, abs(most))
    assert (plan.stages["bound"] >= plan.stages["value"] - 1e-6).all()
    return True


SEEDS = (3, 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_combination_covers_more(seed):
    inputs = small(seed, objective="coverage", goal={"services": {"walk": 2.0}})
    assert check(inputs, lambda judge, starts: (judge.coverage(starts),))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_combination_is_better_for_the_worst_off(seed):
    inputs = small(seed, objective="worst-off")
    assert check(
        inputs,
        lambda judge, starts: (*(-short for short in judge.shortfalls(starts)), judge.objective(starts)),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_combination_that_covers_as_much_costs_less(seed):
    inputs = small(seed)
    judge = Judge(inputs)
    reach = [judge.coverage(starts) for starts in allowed(judge)]
    least = (judge.coverage({}) + max(reach)) / 2
    inputs = small(seed, objective="least-cost", bounds=[{"measure": "coverage", "least": least}])
    assert check(inputs, lambda judge, starts: (-judge.cost(starts),))


@pytest.mark.parametrize(("seed", "measure"), [(23, "coverage"), (29, "worst-off"), (31, "cost")])
def test_no_combination_within_a_bound_does_better(seed, measure):
    judge = Judge(small(seed))
    reach = [judge.measure(measure, starts) for starts in allowed(judge)]
    middle = (max(reach) + min(reach)) / 2
    bound = {"measure": measure, "most" if measure == "cost" else "least": middle}
    inputs = small(seed, bounds=[bound])
    assert check(inputs, lambda judge, starts: (judge.objective(starts),))


@pytest.mark.parametrize(
    ("wishes", "column"),
    [
        ({"objective": "least-cost"}, "objective"),
        ({"goal": {"services": {"swim": 1.0}}}, "goal.services"),
        ({"goal": {"services": {"walk": 0.0, "place": 0.0}}}, "goal.services"),
        ({"bounds": [{"measure": "coverage"}]}, "bounds[0]"),
        ({"bounds": [{"measure": "cost", "least": 1.0}]}, "bounds[0]"),
        ({"bounds": [{"measure": "coverage", "most": 0.5}]}, "bounds[0]"),
        ({"bounds": [{"measure": "coverage", "least": 1.5}]}, "bounds[0]"),
        ({"floors": [{"service": "walk", "share": 0.1, "year": 2027, "town": "nowhere"}]}, "floors[0].town"),
        (
            {
                "floors": [
                    {
                        "service": "walk",
                        "share": 0.1,
                        "year": 2027,
                        "town": "990101001",
                        "county": "990102",
                    }
                ]
            },
            "floors[0].town",
        ),
    ],
)
def test_what_cannot_be_meant_is_found_before_the_solver_starts(wishes, column):
    with pytest.raises(ScenarioError) as caught:
        build(small(3, **wishes))
    assert [problem.column for problem in caught.value.problems] == [column]


def test_a_bound_that_nothing_reaches_is_named():
    inputs = small(3, bounds=[{"measure": "coverage", "least": 1.0}])
    with pytest.raises(InfeasibleError) as caught:
        optimise(inputs)
    assert any("mean share served: at least 1" in words for words in caught.value.conflict)


def test_a_merger_only_if_somebody_may_be_worse_off():
    """A project gives a road to a county's villages and closes 8 beds."""
    projects = projects_of([{"project": "p", "county": "990101", "capital_wan": 10.0}])
    effects = [("p", "served", home, "walk", 1.0) for home in VILLAGES["990101"]]
    offer = offer_of(
        projects, effects=[*effects, ("p", "stock", "990101", "beds", -8.0)], limits=plenty(range(2026, 2029))
    )
    assert optimise(hand_made(offer)).starts.empty
    free = optimise(hand_made(offer, nobody_worse=False))
    assert list(free.starts.index) == ["p"]
    pin = [{"project": "p", "year": 2026}]
    with pytest.raises(InfeasibleError) as caught:
        optimise(hand_made(offer, pinned=pin))
    assert any("no lower than without a plan" in words for words in caught.value.conflict)


def test_a_floor_of_a_town_is_met_in_the_town():
    """Two clinics; the county's floor is met by the cheap one, the town's only by the other."""
    first, second = VILLAGES["990101"][0], VILLAGES["990101"][2]
    rows = [
        {"project": "cheap", "county": "990101", "capital_wan": 10.0},
        {"project": "dear", "county": "990101", "capital_wan": 50.0},
    ]
    effects = [("cheap", "served", first, "walk", 1.0), ("dear", "served", second, "walk", 1.0)]
    offer = offer_of(projects_of(rows), effects=effects, limits=plenty(range(2026, 2029)))
    floor = {"service": "walk", "share": 0.6, "year": 2027}
    for place, chosen in (({"county": "990101"}, "cheap"), ({"town": second[:9]}, "dear")):
        inputs = hand_made(offer, objective="least-cost", floors=[{**floor, **place}])
        plan = optimise(inputs)
        assert list(plan.starts.index) == [chosen]
        assert plan.starts[chosen] == 2027, "later is cheaper"
        assert broken_rules(inputs, plan) == []
        nothing = replace(plan, starts=plan.starts.iloc[:0], served=plan.served.iloc[:0])
        assert any(problem.column == "floors[0]" for problem in broken_rules(inputs, nothing))


def test_a_plan_that_breaks_a_bound_is_told():
    inputs = small(3, bounds=[{"measure": "coverage", "least": 0.99}])
    plan = optimise(small(3))
    assert any(problem.value == "bound 0 coverage" for problem in broken_rules(inputs, plan))


def test_a_start_from_an_earlier_plan_gives_the_same():
    inputs = small(3, objective="coverage")
    cold = optimise(inputs)
    warm = optimise(inputs, start=cold.starts)
    assert warm.certificate.objective == pytest.approx(cold.certificate.objective, abs=1e-7)
