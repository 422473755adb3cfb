"""How many people more and how much less cost would have a village served, against independent solves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.hand import COUNTIES, VILLAGES
from engine.test_resolve import GAP, forced, solved, two_villages
from tongqu.engine.explain import unserved
from tongqu.engine.optimise import optimise
from tongqu.engine.outside import new_options, outside_money
from tongqu.engine.resolve import Resolver
from tongqu.engine.thresholds import _bracket, cheaper, cost_threshold, more_people, people_threshold

LITTLE = (VILLAGES[COUNTIES[0]][1], "walk")


@pytest.fixture(scope="module")
def two():
    """100 people are served for 100; 40 are left out, whom 80 would serve; 120 are there."""
    inputs = two_villages()
    resolver = Resolver(inputs, optimise(inputs), villages=[LITTLE])
    return resolver, resolver.with_changes(force=[LITTLE])


def test_people_more_make_the_village_as_large_as_the_one_it_displaces(two):
    found = people_threshold(*two)
    assert found.short < 60.0 <= found.enough
    assert found.enough - found.short <= 0.1 * found.enough


def test_the_cost_has_to_fall_to_what_is_left_over(two):
    resolver, answer = two
    found = cost_threshold(resolver, answer, outside_money(resolver, answer))
    assert found.short < 60.0 <= found.enough + 1e-9
    assert found.enough - found.short <= 0.1 * found.enough


def independently(inputs, village) -> tuple[bool, float]:
    """Whether the best plan of inputs serves a village, and what it is worth."""
    plan = optimise(inputs)
    left = unserved(inputs, plan.starts)
    unit, service = village
    none = left[(left["unit"] == unit) & (left["service"] == service)]
    return none.empty, plan.certificate.objective


def test_either_side_is_as_a_solve_of_its_own_says():
    seed, number = 3, 0
    inputs, _, resolver = solved(seed)
    answer, village = forced(seed)[number], resolver.villages[number]
    projects = new_options(resolver, answer).index
    people = people_threshold(resolver, answer)
    cost = cost_threshold(resolver, answer, None)
    assert np.isfinite(cost.enough)
    for found, made in (
        (people, lambda more: more_people(inputs, village, more)),
        (cost, lambda fall: cheaper(inputs, projects, share=fall / _cost(inputs, projects, answer))),
    ):
        served, _ = independently(made(found.short), village)
        assert not served
        if np.isfinite(found.enough):
            other = made(found.enough)
            served, best = independently(other, village)
            assert served or _forced(other, village) >= best - GAP


def _cost(inputs, projects, answer) -> float:
    """What projects cost within the plan, year by year."""
    entries, last = inputs.offer.entries, inputs.years[-1]
    mine = entries[
        (entries["ledger"] == "money") & entries["project"].isin(projects) & (entries["amount"] > 0)
    ]
    years = 0.0
    for row in mine.itertuples():
        until = last if row.until == -1 else min(last, int(answer.starts[row.project]) + row.until)
        years += row.amount * max(until - int(answer.starts[row.project]) - row.since + 1, 0)
    return years


def _forced(inputs, village) -> float:
    plan = optimise(inputs)
    resolver = Resolver(inputs, plan, villages=[village])
    return resolver.with_changes(force=[village]).objective


def test_more_people_are_more_demand_and_a_smaller_share_served():
    inputs, _, _ = solved(1)
    unit, service = VILLAGES[COUNTIES[1]][2], "walk"
    made = more_people(inputs, (unit, service), 50.0)
    more = made.unmet(service).loc[unit] - inputs.unmet(service).loc[unit]
    assert more.to_numpy() == pytest.approx(50.0)
    asked = pd.Series(
        {one.year: one[f"demand.{service}"][list(VILLAGES[COUNTIES[1]])].sum() for one in inputs.states}
    )
    before, after = (one.indicators.values["walk"].xs(COUNTIES[1]) for one in (inputs, made))
    assert after.to_numpy() == pytest.approx((before * asked / (asked + 50.0)).to_numpy())
    assert (
        made.indicators.values["walk"]
        .xs(COUNTIES[0])
        .equals(inputs.indicators.values["walk"].xs(COUNTIES[0]))
    )
    assert inputs.states[0][f"demand.{service}"][unit] + 50.0 == made.states[0][f"demand.{service}"][unit]


def test_where_a_village_costs_nobody_anything_no_number_has_to_move():
    resolver, answer = solved(3)[2], forced(3)[1]
    assert resolver.loss(answer).found == pytest.approx(0.0, abs=1e-9)
    assert people_threshold(resolver, answer) is None
    assert cost_threshold(resolver, answer, None) is None


@pytest.mark.parametrize("root", [0.3, 1.0, 7.0, 49.0])
@pytest.mark.parametrize("bend", [0.7, 1.0, 1.5])
def test_what_is_enough_and_what_is_not_close_in_on_where_nothing_is_lost(root, bend):
    found = _bracket(2.0, lambda x: max(2.0 * (1 - (x / root) ** bend), 0.0), first=1.0, most=50.0)
    assert found.short < root <= found.enough
    assert found.tries <= 6
    assert found.enough <= 2.5 * root


def test_where_no_plan_is_left_before_it_is_enough_what_was_not_enough_is_said():
    found = _bracket(2.0, lambda x: np.nan if x > 4.0 else 2.0 - 0.1 * x, first=1.0, most=50.0)
    assert np.isnan(found.enough)
    assert 2.0 < found.short <= 4.0
    never = _bracket(2.0, lambda x: 1.0, first=1.0, most=8.0)
    assert (np.isnan(never.enough), never.short) == (True, 8.0)
    assert _bracket(2.0, lambda x: np.nan, first=1.0, most=8.0).short == 0.0
