"""Conflicts: the limits named exclude one another, and what each has to give way is enough and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.hand import COUNTIES, VILLAGES, hand_made, offer_of, plenty, projects_of
from tongqu.base import InfeasibleError
from tongqu.contracts import Bound, Floor, Pin
from tongqu.engine.conflict import infeasible
from tongqu.engine.inputs import Inputs
from tongqu.engine.levers import relaxed_inputs
from tongqu.engine.limit_words import limit_words
from tongqu.engine.lp import ProgramInfeasibleError
from tongqu.engine.model import build
from tongqu.engine.optimise import optimise

HOME, OTHER = VILLAGES[COUNTIES[0]][0], VILLAGES[COUNTIES[0]][1]
YEARS = (2026, 2027, 2028)


def two(*, money: float, land: float = 100.0, lead: int = 0, debt: float = 0.0):
    """Two projects in one county that serve a village each: 60 and 40 万元, 10 mu each."""
    rows = [
        {"project": "a", "county": COUNTIES[0], "capital_wan": 60.0, "lead": lead},
        {"project": "b", "county": COUNTIES[0], "capital_wan": 40.0, "lead": lead},
    ]
    projects = projects_of(rows)
    effects = [
        ("a", "served", HOME, "walk", 1.0),
        ("b", "served", OTHER, "walk", 1.0),
        *[(name, "land", COUNTIES[0], "construction", 10.0) for name in "ab"],
    ]
    limits = plenty(YEARS, money=money, debt=debt)
    limits += [("land", COUNTIES[0], "construction", year, land) for year in YEARS]
    return offer_of(projects, effects=effects, limits=limits)


def error_of(inputs: Inputs) -> InfeasibleError:
    return infeasible(build(inputs), words=limit_words)


def feasible(inputs: Inputs) -> bool:
    try:
        build(inputs).program.solve(gap=1e9)
    except ProgramInfeasibleError:
        return False
    return True


def assert_each_is_enough_and_least(inputs: Inputs, error: InfeasibleError) -> None:
    assert not feasible(inputs)
    for one in error.relaxations:
        assert feasible(relaxed_inputs(inputs, one)), one
    first = next((one for one in error.relaxations if one.kind != "pin"), None)
    if first is not None:
        less = replace(first, amount=first.amount * 0.98)
        assert not feasible(relaxed_inputs(inputs, less)), first
    if error.together:
        relaxed = inputs
        for one in error.together:
            relaxed = relaxed_inputs(relaxed, one)
        assert feasible(relaxed)


def floor(share: float, *, year: int = 2026) -> Floor:
    return Floor(service="walk", share=share, year=year, county=COUNTIES[0])


def test_a_floor_that_money_cannot_meet_in_one_year():
    # 400 persons served of 800; two projects bring 200 more, so a share of 0.75 needs both: 100 万元 in 2026.
    inputs = hand_made(two(money=70.0), floors=(floor(0.75),))
    error = error_of(inputs)
    assert len(error.conflict) == 4  # debt and the city's money would help as well
    assert any("money" in words and "(2026)" in words for words in error.conflict)
    assert any("floor for walk" in words for words in error.conflict)
    assert_each_is_enough_and_least(inputs, error)
    kinds = {one.kind: one for one in error.relaxations}
    assert kinds["money"].amount == pytest.approx(30.0, rel=1e-3)
    assert kinds["money"].year == 2026
    # With 70 万元 only one of the two is built, which serves 100: 500 of 800.
    assert kinds["floor"].amount == pytest.approx(0.125, rel=1e-3)
    assert (
        error.relaxations[0].kind == "floor"
    )  # a sixth of the floor is less than three sevenths of the money
    assert kinds["floor"].relative < kinds["money"].relative
    assert "30.01 万元" in kinds["money"].said or "30 万元" in kinds["money"].said
    assert "增加" in kinds["money"].said_zh
    assert "any one of these is enough" in str(error)


def test_land_in_its_own_unit():
    inputs = hand_made(two(money=1e4, land=12.0), floors=(floor(0.75),))
    error = error_of(inputs)
    assert_each_is_enough_and_least(inputs, error)
    land = next(one for one in error.relaxations if one.kind == "land")
    assert (land.unit_of_measure, land.key) == ("mu", "construction")
    assert land.amount == pytest.approx(8.0, rel=1e-3)


def test_pins_of_one_group_one_of_them_given_up():
    rows = [
        {"project": name, "county": COUNTIES[0], "capital_wan": 1.0, "lead": 0, "group": "g"} for name in "ab"
    ]
    effects = [(name, "served", HOME, "walk", 1.0) for name in "ab"]
    offer = offer_of(projects_of(rows), effects=effects, limits=plenty(YEARS))
    inputs = hand_made(offer, pinned=(Pin(project="a", year=2026), Pin(project="b", year=2027)))
    error = error_of(inputs)
    assert sorted(error.conflict) == ["the pinned project a", "the pinned project b"]
    assert_each_is_enough_and_least(inputs, error)
    assert {(one.key, one.year) for one in error.relaxations} == {("a", None), ("b", None)}


def test_a_pinned_project_starts_in_the_first_later_year_that_can_pay_for_it():
    inputs = hand_made(two(money=45.0), pinned=(Pin(project="a", year=2026),))
    error = error_of(inputs)
    assert_each_is_enough_and_least(inputs, error)
    kinds = {one.kind: one for one in error.relaxations}
    assert (kinds["pin"].year, kinds["pin"].amount) == (2027, 1.0)  # 45 万元 are saved, and 45 come
    assert kinds["money"].amount == pytest.approx(15.0, rel=1e-3)
    assert "2027" in kinds["pin"].said
    assert "2027" in kinds["pin"].said_zh


def test_whole_numbers_only_money_for_one_and_a_half():
    """A relaxation that pays for halves is feasible; whole projects are not."""
    inputs = hand_made(two(money=70.0), floors=(floor(0.65),))
    # Half of each meets the floor: 0.65 of 800 are 520, 120 more than the 400 served; one serves 100 only.
    error = error_of(inputs)
    assert any("floor" in words for words in error.conflict)
    assert any("money" in words for words in error.conflict)
    assert_each_is_enough_and_least(inputs, error)
    money = next(one for one in error.relaxations if one.kind == "money" and one.year == 2026)
    assert money.amount == pytest.approx(30.0, rel=1e-3)


def test_two_conflicts_that_no_single_limit_mends():
    pins = (Pin(project="a", year=2026), Pin(project="b", year=2026))
    inputs = hand_made(two(money=10.0), pinned=pins)
    error = error_of(inputs)
    assert_each_is_enough_and_least(inputs, error)
    assert error.relaxations or error.together


def test_a_bound_on_cost_and_a_floor():
    bound = Bound(measure="cost", most=50.0)
    inputs = hand_made(two(money=1e4), floors=(floor(0.75),), bounds=(bound,))
    error = error_of(inputs)
    assert any("cost" in words for words in error.conflict)
    for one in error.relaxations:
        assert feasible(relaxed_inputs(inputs, one)), one


@pytest.mark.parametrize("seed", [0, 3])
def test_random_conflicts(seed):
    """Whatever conflicts: each relaxation given is enough, and a little less is not."""
    rng = np.random.default_rng(seed)
    offer = two(
        money=float(rng.integers(5, 60)), land=float(rng.integers(5, 30)), debt=float(rng.integers(0, 30))
    )
    pins = (Pin(project="a", year=2026),) if rng.random() < 0.5 else ()
    share = float(rng.choice([0.6, 0.7, 0.75, 0.8]))
    inputs = hand_made(offer, floors=(floor(share, year=int(rng.choice([2026, 2027]))),), pinned=pins)
    error = error_of(inputs)
    assert error.conflict
    assert len(error.conflict) == len(error.conflict_zh)
    assert [one.relative for one in error.relaxations] == sorted(one.relative for one in error.relaxations)
    assert_each_is_enough_and_least(inputs, error)


def test_the_optimiser_says_it():
    inputs = hand_made(two(money=70.0), floors=(floor(0.75),))
    with pytest.raises(InfeasibleError) as caught:
        optimise(inputs)
    assert caught.value.relaxations
