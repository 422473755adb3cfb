"""What a change costs, against independent solves; what forcing, delaying and more of a limit can do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from engine.hand import COUNTIES, VILLAGES, hand_made, offer_of, plenty, projects_of
from engine.test_enumeration import draw
from tongqu.base import InfeasibleError, ScenarioError
from tongqu.contracts import Pin
from tongqu.engine.changes import Changes
from tongqu.engine.explain import brought, credits_of, promised_scores, reach, takes, unserved
from tongqu.engine.financing import financing
from tongqu.engine.inputs import Inputs, start_bounds
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.outside import new_options, outside_money
from tongqu.engine.prices import prices_of
from tongqu.engine.promise import promise_of
from tongqu.engine.resolve import Answer, Resolver
from tongqu.engine.rules import broken_rules

GAP = 2e-6
"""What two solves may differ by: the solver's gap, twice the tangent error, the error of a relaxation."""
YEARS = (2026, 2027, 2028)


@cache
def solved(seed: int) -> tuple[Inputs, Plan, Resolver]:
    inputs = draw(seed)
    plan = optimise(inputs)
    left = unserved(inputs, plan.starts)
    villages = list(zip(left["unit"], left["service"], strict=True))[:3]
    return inputs, plan, Resolver(inputs, plan, villages=villages)


@cache
def forced(seed: int) -> list[Answer | None]:
    """An answer for each village that is forced in."""
    _, _, resolver = solved(seed)
    return [resolver.with_changes(force=[one]) for one in resolver.villages]


def again(inputs: Inputs, **changes: object) -> float | None:
    """The best objective of another scenario, solved independently."""
    try:
        return optimise(
            replace(inputs, scenario=inputs.scenario.model_copy(update=changes))
        ).certificate.objective
    except (InfeasibleError, ScenarioError):
        return None


def without(inputs: Inputs, project: str) -> float | None:
    projects, gone = inputs.offer.projects, {project}
    while more := set(projects.loc[projects["requires"].isin(gone), "project"]) - gone:
        gone |= more
    return again(
        replace(inputs, offer=inputs.offer.of(projects.loc[~projects["project"].isin(gone), "project"]))
    )


def not_before(inputs: Inputs, project: str, year: int) -> float | None:
    projects = inputs.offer.projects.copy()
    projects.loc[projects["project"] == project, "earliest"] = year
    return again(replace(inputs, offer=replace(inputs.offer, projects=projects)))


def same_loss(resolver: Resolver, plan: Plan, answer: Answer | None, independent: float | None) -> None:
    """The loss is the difference of two independent solves, inside the interval that is proven."""
    assert (answer is None) == (independent is None)
    if answer is None or independent is None:
        return
    loss, difference = resolver.loss(answer), plan.certificate.objective - independent
    assert loss.found == pytest.approx(difference, abs=GAP)
    assert loss.least - GAP <= difference <= loss.most + GAP
    assert answer.bound >= independent - GAP


SEEDS = [1, 3, 7]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_is_the_difference_of_two_independent_solves(seed):
    inputs, plan, resolver = solved(seed)
    name = plan.starts.index[-1]
    same_loss(resolver, plan, resolver.with_changes(ban=[name]), without(inputs, name))


def test_a_delay_costs_what_the_offer_with_a_later_year_costs():
    inputs, plan, resolver = solved(3)
    name = plan.starts.index[0]
    year = int(plan.starts[name]) + 1
    later = resolver.with_changes(delay={name: year})
    same_loss(resolver, plan, later, not_before(inputs, name, year))
    assert name not in later.starts.index or later.starts[name] >= year
    assert resolver.loss(later).found <= resolver.loss(resolver.with_changes(ban=[name])).found + 1e-9


def test_a_pin_costs_what_the_scenario_with_the_pin_costs():
    inputs, plan, resolver = solved(3)
    able = zip(inputs.offer.projects["project"], *start_bounds(inputs.offer.projects, YEARS), strict=True)
    name, year = next(
        (name, first) for name, first, last in able if first <= last and name not in plan.starts
    )
    answer = resolver.with_changes(pin={name: int(year)})
    same_loss(resolver, plan, answer, again(inputs, pinned=(Pin(project=name, year=int(year)),)))
    assert answer is None or answer.starts[name] == year


@pytest.mark.parametrize("seed", SEEDS)
def test_forcing_a_village_in_never_helps_serves_it_and_keeps_the_rules(seed):
    inputs, plan, resolver = solved(seed)
    options = credits_of(inputs, inputs.offer.projects["project"])
    for (unit, service), answer in zip(resolver.villages, forced(seed), strict=True):
        if answer is None:
            continue
        loss = resolver.loss(answer)
        assert -1e-12 <= loss.found <= loss.most + 1e-12
        mine = options[(options["unit"] == unit) & (options["service"] == service)]
        lead = inputs.offer.projects.set_index("project")["lead"]
        opens = answer.starts + lead.reindex(answer.starts.index)
        there = set(opens.index[opens <= YEARS[-1]])
        chosen = mine[mine["first"].isin(there) & mine["second"].isin(there)]
        assert chosen["amount"].sum() >= mine["amount"].max() - 1e-5
        accounts = financing(inputs, answer.starts)
        kept = replace(plan, starts=answer.starts, served=answer.served, accounts=accounts)
        assert not broken_rules(inputs, kept)


def test_some_villages_can_be_forced_in_and_some_cannot():
    answers = [answer for seed in SEEDS for answer in forced(seed)]
    assert any(one is None for one in answers)
    assert any(one is not None for one in answers)


@pytest.mark.parametrize("seed", [1, 7])
def test_a_price_lies_between_a_little_more_and_a_little_less_of_its_limit(seed):
    _, _, resolver = solved(seed)
    prices = prices_of(resolver.model, resolver.relaxation)
    money = prices[prices["limit"].isin(["money", "debt", "pool"])]
    priced = money.sort_values("price", ascending=False).head(2)
    assert (priced["price"] > 0).any(), "nothing binds: the case decides nothing"
    base, step = resolver.relaxation.objective, 0.01
    for row in priced.itertuples():
        family = "pool" if row.limit == "pool" else f"{row.limit} {row.unit}"
        more = resolver.relaxed_with(Changes(limit=((family, row.year, step),)))
        less = resolver.relaxed_with(Changes(limit=((family, row.year, -step),)))
        gained = (more.objective - base) / step
        lost = np.inf if less is None else (base - less.objective) / step
        assert gained - 1e-9 <= row.price <= lost + 1e-9


def test_more_of_a_limit_never_hurts():
    _, _, resolver = solved(1)
    for family in ("pool", f"money {COUNTIES[0]}", f"staff nurses {COUNTIES[1]}"):
        if family in resolver.model.limits:
            answer = resolver.with_changes(limit=[(family, 2026, 50.0)])
            assert resolver.loss(answer).found <= 1e-9
            assert resolver.loss(answer).relaxed <= 1e-9


def two_villages(**scenario: object) -> Inputs:
    """Money for one of two projects: a large village is served, a small one is left out."""
    rows = [
        {"project": "large", "county": COUNTIES[0], "capital_wan": 100.0},
        {"project": "small", "county": COUNTIES[0], "capital_wan": 80.0},
    ]
    big, little = VILLAGES[COUNTIES[0]][:2]
    effects = [("large", "served", big, "walk", 1.0), ("small", "served", little, "walk", 1.0)]
    needs = {("walk", little, year): 40.0 for year in YEARS}
    limits = [row for row in plenty(YEARS, money=0.0) if not (row[1] == COUNTIES[0] and row[2] == "room")]
    limits += [("money", COUNTIES[0], "room", year, 120.0 if year == 2026 else 0.0) for year in YEARS]
    return hand_made(offer_of(projects_of(rows), effects=effects, limits=limits), needs=needs, **scenario)


def test_what_is_needed_from_outside_is_what_is_short():
    inputs = two_villages()
    plan = optimise(inputs)
    assert list(plan.starts.index) == ["large"]
    village = (VILLAGES[COUNTIES[0]][1], "walk")
    resolver = Resolver(inputs, plan, villages=[village])
    answer = resolver.with_changes(force=[village])
    assert list(answer.starts.index) == ["small"]
    assert list(new_options(resolver, answer).index) == ["small"]
    found = outside_money(resolver, answer)
    # 120 are there, 180 are needed for both: 60 of the 80 that the small one costs have to come from outside.
    assert found.short_wan < 60.0 <= found.enough_wan
    assert found.enough_wan - found.short_wan <= 0.1 * found.enough_wan
    assert found.cost_wan == 80.0


def test_questions_that_cannot_be_meant_are_refused_together():
    inputs = two_villages()
    resolver = Resolver(inputs, optimise(inputs))
    with pytest.raises(ScenarioError) as error:
        resolver.with_changes(
            ban=["none"],
            pin={"small": 2040},
            force=[("v", "walk")],
            limit=[("money x", 2026, 1.0), ("pool", 1999, 1.0)],
        )
    assert [one.rule for one in error.value.problems] == [
        "not on offer",
        "cannot start then",
        "a unit that was not named",
        "not a limit of the plan",
        "a year outside the plan",
    ]


@pytest.mark.parametrize("seed", [1, 3])
def test_gains_of_indicators_add_up_to_what_a_project_brings(seed):
    inputs, plan, _ = solved(seed)
    name = plan.starts.index[0]
    less = promise_of(inputs, plan.starts.drop(name))
    full = promised_scores(inputs, plan.starts, plan.served)
    scores = promised_scores(inputs, plan.starts.drop(name), less.served)
    weights, table = inputs.indicators.weights, inputs.indicators.table
    for side, symbol in (("urban", "U"), ("rural", "R")):
        mine = table.index[table["side"] == side]
        assert np.allclose((full[mine] * weights[mine]).sum(axis=1), plan.promised[symbol], atol=1e-9)
    parts = brought(inputs, full=full, less=scores, indices=(plan.promised, less.indices))
    logs = [np.log(frame["U"]) + np.log(frame["R"]) for frame in (plan.promised, less.indices)]
    whole = float(((logs[0] - logs[1]) / 4 * inputs.weights).sum())
    assert parts["gain"].sum() == pytest.approx(whole, abs=1e-12)


def test_people_are_counted_once_and_pairs_are_of_both():
    rows = [{"project": name, "county": COUNTIES[0]} for name in ("a", "b", "c")]
    home, other = VILLAGES[COUNTIES[0]][:2]
    projects = projects_of(rows)
    effects = [("a", "served", home, "walk", 0.6), ("b", "served", home, "walk", 0.6)]
    offer = offer_of(projects, effects=effects, pairs=[("b", "c", other, "walk", 1.0)], limits=plenty(YEARS))
    inputs = hand_made(offer, unmet=100.0)
    starts = pd.Series({"a": 2026, "b": 2026, "c": 2027})
    found = reach(inputs, starts).set_index(["project", "unit"])
    assert found.loc[("a", home), ["people", "share", "others"]].tolist() == [100.0, 0.6, 0.6]
    assert found.loc[("c", other), ["people", "share", "others"]].tolist() == [100.0, 1.0, 0.0]
    assert ("b", other) in found.index
    left = unserved(inputs, starts.drop("c")).set_index("unit")
    assert left.loc[other, "left"] == 100.0
    assert home not in left.index


def test_what_is_taken_is_valued_at_the_price_of_its_year():
    projects = projects_of(
        [{"project": "a", "county": COUNTIES[0], "capital_wan": 100.0, "running_wan": 7.0, "lead": 1}]
    )
    offer = offer_of(projects, limits=plenty(YEARS))
    prices = pd.DataFrame(
        {"limit": "money", "unit": COUNTIES[0], "key": "room", "year": list(YEARS), "price": [3.0, 2.0, 1.0]}
    )
    found = takes(hand_made(offer), pd.Series({"a": 2026}), prices=prices)
    assert found["amount"].tolist() == [100.0, 7.0, 7.0]
    assert found["value"].tolist() == [300.0, 14.0, 7.0]


def test_no_project_brings_less_than_its_loss_in_the_plan_as_it_is():
    """To plan again can only make up for a project: its loss is at most what the plan lacks without it."""
    for seed in SEEDS:
        inputs, plan, resolver = solved(seed)
        name = plan.starts.index[-1]
        if (inputs.offer.projects["requires"] == name).any():
            continue
        answer = resolver.with_changes(ban=[name])
        if answer is None:
            continue
        less = promise_of(inputs, plan.starts.drop(name))
        logs = np.log(less.indices["U"]) + np.log(less.indices["R"])
        lacking = plan.certificate.objective - float((logs / 4 * inputs.weights).sum())
        assert resolver.loss(answer).found <= lacking + GAP
