"""Properties of the joint plan on the small region."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from small import TINY, short, with_money
from tongqu.base import InfeasibleError, ScenarioError
from tongqu.contracts import Floor, Limits, Pin
from tongqu.data import load_region
from tongqu.engine.check import check_plan
from tongqu.engine.inputs import service_sums
from tongqu.engine.model import build
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors

NUMBER = re.compile(r"[+-]?\d+\.\d+(?:e[+-]?\d+)?")
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def region():
    return load_region(TINY)


def plan_of(region, scenario):
    inputs = prepare(region, load_sectors(), scenario=scenario)
    return inputs, optimise(inputs)


@pytest.fixture(scope="module")
def solved(region):
    return plan_of(region, with_money(2.0))


def test_a_larger_budget_never_lowers_the_objective(region):
    values = [plan_of(region, with_money(factor))[1].certificate.objective for factor in (0.2, 1.0, 6.0)]
    assert np.all(np.diff(values) >= -1e-7), values
    assert values[-1] > values[0] + 1e-4, "money decides nothing here"


TIGHT = {
    "land_mu_per_year": 4.0,
    "doctors_per_year": 1.0,
    "teachers_per_year": 3.0,
    "city_pool_wan": 0.0,
    "new_debt_share": 0.0,
}


@pytest.fixture(scope="module")
def within(region):
    """Objective of the best plan inside some limits."""
    return lambda limits: (
        plan_of(region, short(limits=Limits(money_factor=3, **limits)))[1].certificate.objective
    )


@pytest.fixture(scope="module")
def tight(within):
    return within(TIGHT)


@pytest.mark.parametrize("limit", TIGHT)
def test_relaxing_any_limit_never_lowers_the_objective(within, tight, limit):
    assert within({**TIGHT, limit: TIGHT[limit] * 2 + 0.5}) >= tight - 1e-7


def test_served_never_exceeds_people(region, solved):
    inputs, plan = solved
    states = check_plan(inputs, plan).states
    for sums in (service_sums(region, inputs.states), service_sums(region, states)):
        assert (sums["served"] <= sums["demand"] + 1e-6).all()
        assert (sums["served"] >= 0).all()
    promised = plan.served.set_index(["unit", "year", "service"])["added"]
    keys = ["unit", "year", "service"]
    room = service_sums(region, inputs.states).set_index(keys)
    assert (promised <= (room["demand"] - room["served"]).reindex(promised.index) + 1e-6).all()
    for state in states:
        people = state["people.total"]
        assert np.allclose(people, state["people.urban"] + state["people.rural"])
        assert (people >= 0).all()


def test_simulation_differs_from_the_promise_only_where_documented(region, solved):
    inputs, plan = solved
    difference = check_plan(inputs, plan).difference
    off = difference[difference["difference"].abs() > 1e-6]
    people = inputs.offer.projects.set_index("project")["sector"].reindex(plan.starts.index)
    assert (people == "population").any(), "people whom a programme brings are served too"
    assert (off.loc[off["variable"].isin(["U", "R", "D"]), "difference"].abs() < 0.01).all()
    served = off[~off["variable"].isin(["U", "R", "D", "served.primary_place", "served.junior_place"])]
    assert (served["difference"] / served["promised"]).between(-1e-3, 0.15).all()


def test_without_programmes_only_places_and_indices_differ(region):
    """Credits are exact for one project and for pairs; running cost lowers fiscal self-sufficiency."""
    inputs = prepare(region, load_sectors(), scenario=short())
    programmes = inputs.offer.projects.query("sector == 'population'")["project"]
    still = prepare(region, load_sectors(), scenario=short(banned=list(programmes)))
    difference = check_plan(still, optimise(still)).difference
    off = difference[difference["difference"].abs() > 1e-6]
    assert set(off["variable"]) <= {"served.primary_place", "served.junior_place", "U", "D"}
    assert (off.loc[off["variable"].isin(["U", "D"]), "difference"].abs() < 0.01).all()


def test_accounts_pay_for_the_plan(region, solved):
    _, plan = solved
    wide = plan.accounts.pivot_table(index=["unit", "year"], columns="item", values="amount", fill_value=0.0)
    before = wide.groupby(level="unit")[["cash", "debt"]].shift(fill_value=0.0)
    cash = (
        before["cash"]
        + wide["room"]
        + wide["grant"]
        + wide["borrow"]
        - wide["repay"]
        - wide["interest"]
        - wide["capital"]
        - wide["running"]
    )
    assert np.allclose(cash, wide["cash"], atol=0.1)
    assert np.allclose(before["debt"] + wide["borrow"] - wide["repay"], wide["debt"], atol=0.1)
    assert (wide >= -1e-6).all().all()


def test_two_floors_that_money_cannot_meet_are_named(region):
    floors = (
        Floor(service="graded_road", share=1.0, year=2027, county="990101"),
        Floor(service="clinic", share=0.1, year=2027),
    )
    with pytest.raises(InfeasibleError) as caught:
        plan_of(region, short(floors=floors, limits=Limits(money_factor=0.01)))
    text = "\n".join(caught.value.conflict)
    assert "floor for graded_road" in text
    assert "money" in text or "debt" in text
    assert "clinic" not in text, "that floor is met anyway"
    assert len(caught.value.conflict_zh) == len(caught.value.conflict)


def test_floors_hold_and_pins_start_when_told(region):
    pin = Pin(project="clinic:990101002002", year=2027)
    floor = Floor(service="clinic", share=0.9, year=2028)
    inputs, plan = plan_of(region, short(floors=(floor,), pinned=(pin,)))
    assert plan.starts["clinic:990101002002"] == 2027
    sums = service_sums(region, check_plan(inputs, plan).states)
    last = sums[(sums["service"] == "clinic") & (sums["year"] == 2028)]
    assert (last["served"] >= 0.9 * last["demand"] - 1e-6).all()


def test_banned_projects_and_what_requires_them_are_gone(region):
    inputs = prepare(region, load_sectors(), scenario=short(banned=("hospital_block:h01:1",)))
    names = set(inputs.offer.projects["project"])
    assert not {"hospital_block:h01:1", "hospital_block:h01:2", "hospital_block:h01:3"} & names
    assert "hospital_block:h02:1" in names


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"floors": ({"service": "swimming", "share": 0.5, "year": 2027},)}, "floors[0].service"),
        ({"pinned": ({"project": "clinic:nowhere", "year": 2027},)}, "pinned[0]"),
        ({"assume": {"minutes.nothing": 3}}, "assume"),
    ],
)
def test_a_scenario_that_names_what_is_not_there(region, changes, column):
    with pytest.raises(ScenarioError) as caught:
        plan_of(region, short(**changes))
    assert caught.value.problems[0].column == column
    assert caught.value.exit_code == 2


def assert_alike(text: str, golden: str) -> None:
    """The same words; numbers may differ in digits that depend on the machine's arithmetic."""
    parts, wanted = (NUMBER.split(one) for one in (text, golden))
    assert parts == wanted
    numbers, right = (np.array(NUMBER.findall(one), dtype=float) for one in (text, golden))
    np.testing.assert_allclose(numbers, right, rtol=1e-7, atol=1e-12)


def test_the_program_reads_as_it_did(region, tmp_path):
    """Each family of rows in LP text. TONGQU_GOLDEN=write renews the files."""
    inputs = prepare(region, load_sectors(), scenario=short(last_year=2027))
    few = ["clinic:990101002002", "primary_school:990101002002", "township_branch:990102002002"]
    model = build(replace(inputs, offer=inputs.offer.of(few)))
    model.program.text(tmp_path / "plan.lp")
    text = (tmp_path / "plan.lp").read_text(encoding="utf-8")
    golden = GOLDEN / "plan.lp"
    if os.environ.get("TONGQU_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert_alike(text, golden.read_text(encoding="utf-8"))
