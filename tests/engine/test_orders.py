"""Edits, commitments, the first open year and promises, in offers and in plans."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from engine.hand import COUNTIES, VILLAGES, hand_made, offer_of, plenty, projects_of
from tongqu.base import InfeasibleError, ScenarioError
from tongqu.contracts import FOREVER, Offer, Scenario, ledger_of
from tongqu.engine.coordinate import mean_log
from tongqu.engine.inputs import candidates_of
from tongqu.engine.keeping import keeping_loss, promises_lost
from tongqu.engine.optimise import optimise
from tongqu.engine.orders import apply, required_starts, wanted
from tongqu.engine.promise import promise_of
from tongqu.engine.rules import broken_rules
from tongqu.engine.wishes import possible_candidates

HERE, THERE = COUNTIES
YEARS = (2026, 2027, 2028)


def scenario_of(**content: object) -> Scenario:
    return Scenario.model_validate({"first_year": YEARS[0], "last_year": YEARS[-1], **content})


def three(**changes: object) -> Offer:
    """Three projects in one county: each serves a village, dearer ones serve more."""
    rows = [
        {
            "project": name,
            "county": HERE,
            "capital_wan": cost,
            "running_wan": 1.0,
            "lead": lead,
            "land_mu": 2.0,
        }
        for name, cost, lead in (("a", 100.0, 1), ("b", 200.0, 0), ("c", 120.0, 1))
    ]
    homes = VILLAGES[HERE]
    effects = [
        ("a", "served", homes[0], "walk", 1.0),
        ("b", "served", homes[1], "walk", 1.0),
        ("c", "served", homes[2], "walk", 1.0),
        ("c", "served", homes[3], "walk", 0.5),
    ]
    content = {"limits": plenty(YEARS), **changes}
    return offer_of(projects_of(rows), effects=effects, **content)


def made(offer: Offer, **content: object):
    return hand_made(apply(offer, scenario_of(**content), interest=0.03), **content)


def test_without_orders_the_offer_stays_as_it_is():
    offer = three()
    assert apply(offer, scenario_of()) is offer


def test_edited_costs_stand_in_the_table_and_in_the_entries():
    edit = {"project": "a", "capital_wan": 250.0, "running_wan": -3.0}
    found = apply(three(), scenario_of(edits=[edit])).checked("made")
    money = ledger_of(found.entries, YEARS, starts=pd.Series({"a": 2026}))
    money = money[money["ledger"] == "money"].groupby("key")["amount"].sum()
    assert money["capital"] == 250.0
    assert money["running"] == -6.0
    assert found.projects.set_index("project").loc["a", ["capital_wan", "running_wan"]].tolist() == [250, -3]
    untouched = three().entries.query("project != 'a'").reset_index(drop=True)
    pd.testing.assert_frame_equal(found.entries.query("project != 'a'").reset_index(drop=True), untouched)


def test_a_free_project_that_turns_out_to_cost_gets_entries_and_a_dear_one_loses_them():
    projects = projects_of([{"project": "a", "county": HERE, "lead": 2}])
    offer = offer_of(projects, limits=plenty(YEARS))
    found = apply(offer, scenario_of(edits=[{"project": "a", "capital_wan": 50.0, "running_wan": 4.0}]))
    money = ledger_of(found.entries, YEARS, starts=pd.Series({"a": 2026})).set_index(["year", "key"])[
        "amount"
    ]
    assert money.to_dict() == {(2026, "capital"): 25.0, (2027, "capital"): 25.0, (2028, "running"): 4.0}
    none = apply(three(), scenario_of(edits=[{"project": "a", "capital_wan": 0.0}]))
    assert none.entries.query("project == 'a' and key == 'capital'")["amount"].sum() == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_commitment_older_than_the_plan_costs_and_gives_what_is_still_to_come(seed):
    chance = np.random.default_rng(seed)
    lead, age = int(chance.integers(0, 5)), int(chance.integers(1, 5))
    projects = projects_of(
        [
            {
                "project": "a",
                "county": HERE,
                "capital_wan": 90.0,
                "running_wan": 7.0,
                "lead": lead,
                "land_mu": 3,
            }
        ]
    )
    since = int(chance.integers(0, 6))
    more = [
        ("a", "stock", HERE, "beds", since, since + int(chance.integers(0, 4)), 5.0),
        ("a", "stock", HERE, "beds", since, FOREVER, 2.0),
    ]
    offer = offer_of(projects, more=more, limits=plenty(YEARS))
    wish = {"project": "a", "year": 2026 - age, "status": "contracted"}
    found = apply(offer, scenario_of(last_year=2030, committed=[wish])).checked("made")
    years = range(2026, 2031)
    true = ledger_of(offer.entries, years, starts=pd.Series({"a": 2026 - age}))
    pd.testing.assert_frame_equal(ledger_of(found.entries, years, starts=pd.Series({"a": 2026})), true)
    opens = 2026 + int(found.projects["lead"].iloc[0])
    assert opens == max(2026, 2026 - age + lead)


def test_land_of_older_commitments_is_no_new_land():
    limits = [*plenty(YEARS), *(("land", HERE, "construction", year, 2.0) for year in YEARS)]
    offer = three(limits=limits)
    old = apply(offer, scenario_of(committed=[{"project": "a", "year": 2024, "status": "built"}]))
    land = old.limits.query("ledger == 'land'")["amount"].tolist()
    assert land == [4.0, 4.0, 4.0]
    begun = [{"project": name, "year": 2026, "status": "built"} for name in ("a", "b", "c")]
    over = apply(offer, scenario_of(from_year=2027, committed=begun))
    assert over.limits.query("ledger == 'land'")["amount"].tolist() == [6.0, 6.0, 6.0]


def test_nothing_starts_before_the_plan_decides_but_what_is_committed():
    content = {
        "from_year": 2027,
        "committed": [{"project": "b", "year": 2026, "status": "built", "capital_wan": 260.0}],
    }
    inputs = made(three(), **content)
    plan = optimise(inputs)
    assert plan.starts["b"] == 2026
    assert plan.starts.drop("b").min() == 2027
    assert not broken_rules(inputs, plan)
    accounts = plan.accounts.query("unit == @HERE and year == 2026").set_index("item")["amount"]
    assert accounts["capital"] == 260.0
    again = pd.Series({"a": 2027, "c": 2027}, name="start").rename_axis("project")
    lost = broken_rules(inputs, type(plan)(**{**vars(plan), "starts": again}))
    assert any(problem.value == "b" for problem in lost)


def test_the_past_of_the_city_is_not_granted_again():
    limits = plenty(YEARS, money=10.0, pool=500.0)
    offer = three(limits=limits)
    free = optimise(hand_made(offer))
    assert len(free.starts) == 3
    past = {"from_year": 2028, "booked": [{"county": HERE, "year": 2026, "grant_wan": 40.0}]}
    plan = optimise(made(offer, **past))
    granted = plan.accounts.query("item == 'grant'").groupby("year")["amount"].sum()
    assert granted[2026] == granted[2027] == 0
    assert granted[2028] <= 500.0 + 1e-3
    room = plan.accounts.query("item == 'room' and unit == @HERE").set_index("year")["amount"]
    assert room.to_dict() == {2026: 50.0, 2027: 10.0, 2028: 10.0}


def test_what_was_paid_was_there_and_debt_is_what_was_booked():
    offer = three(limits=plenty(YEARS, money=100.0, debt=1000.0))
    begun = [{"project": "b", "year": 2026, "status": "built"}]
    booked = [{"county": HERE, "year": year, "room_wan": 80.0, "debt_wan": 50.0} for year in (2026, 2027)]
    found = apply(offer, scenario_of(from_year=2028, committed=begun, booked=booked), interest=0.1)
    table = found.limits.query("unit == @HERE").set_index(["key", "year"])["amount"]
    # 2026: 80 + 50 borrowed - 201 paid = 71 short. 2027: 80 - 5 interest - 1 running = 74 kept.
    assert table["room", 2026] == pytest.approx(151.0)
    assert table["room", 2027] == pytest.approx(80.0)
    assert table["debt", 2026] == table["debt", 2027] == 51.0
    assert table["room", 2028] == 100.0


def test_what_lies_behind_needs_no_permission_that_what_lies_ahead_needs():
    rows = [
        {"project": "road", "county": HERE, "lead": 1},
        {"project": "shop", "county": HERE, "lead": 0, "requires": "road"},
        {"project": "x", "county": HERE, "group": "one"},
        {"project": "y", "county": HERE, "group": "one"},
    ]
    offer = offer_of(projects_of(rows), limits=plenty(YEARS))
    begun = [{"project": name, "year": 2026, "status": "built"} for name in ("shop", "x", "y")]
    found = apply(offer, scenario_of(from_year=2027, committed=begun)).projects.set_index("project")
    assert found.at["shop", "requires"] == ""
    assert sorted(found.loc[["x", "y"], "group"]) == ["", "one"]
    ahead = [{"project": "shop", "year": 2027, "status": "contracted"}]
    later = apply(offer, scenario_of(from_year=2027, committed=ahead)).projects.set_index("project")
    assert later.at["shop", "requires"] == "road"


def test_a_commitment_that_opens_after_the_plan_costs_within_it():
    wish = {"project": "a", "year": 2028, "status": "contracted"}
    inputs = made(three(), committed=[wish], last_year=2028)
    plan = optimise(inputs)
    assert plan.starts["a"] == 2028
    assert not broken_rules(inputs, plan)
    paid = plan.accounts.query("unit == @HERE and item == 'capital'").set_index("year")["amount"]
    alone = promise_of(inputs, pd.Series({"a": 2028})).served["added"].sum()
    assert paid[2028] == 100.0
    assert alone == 0


def test_commitments_beyond_the_money_ahead_are_named():
    wish = {"project": "b", "year": 2027, "status": "contracted", "capital_wan": 1e6}
    with pytest.raises(InfeasibleError) as error:
        optimise(made(three(), from_year=2027, committed=[wish]))
    assert any("b" in limit for limit in error.value.conflict)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ({"edits": [{"project": "no"}]}, "not on offer"),
        ({"edits": [{"project": "a"}, {"project": "a"}]}, "edited twice"),
        ({"edits": [{"project": "a", "earliest": 2028, "latest": 2027}]}, "the latest year 2027 is before"),
        ({"committed": [{"project": "no", "year": 2026, "status": "built"}]}, "not on offer"),
        ({"committed": [{"project": "a", "year": 2026, "status": "built"}] * 2}, "committed twice"),
        ({"committed": [{"project": "a", "year": 2029, "status": "contracted"}]}, "it starts after the plan"),
        (
            {"committed": [{"project": "b", "year": 2027, "status": "built"}]},
            "built, but it starts in a year",
        ),
        (
            {"committed": [{"project": "b", "year": 2026, "status": "built"}], "banned": ["b"]},
            "both committed and banned",
        ),
        (
            {
                "committed": [{"project": "b", "year": 2026, "status": "built"}],
                "pinned": [{"project": "b", "year": 2027}],
            },
            "both committed and pinned",
        ),
        (
            {"keeping": {"promises": [{"project": "a", "year": 2026}, {"project": "a", "year": 2027}]}},
            "promised twice",
        ),
        ({"booked": [{"county": "no", "year": 2026}], "from_year": 2027}, "not a county of the region"),
        ({"booked": [{"county": HERE, "year": 2027}], "from_year": 2027}, "not a past year of the plan"),
        ({"booked": [{"county": HERE, "year": 2026}] * 2, "from_year": 2027}, "booked twice"),
    ],
)
def test_orders_that_cannot_be_are_reported(content, rule):
    with pytest.raises(ScenarioError) as error:
        candidates_of(three(), scenario_of(**content), interest=0.03)
    assert [problem for problem in error.value.problems if problem.rule.startswith(rule)]


def test_every_wrong_order_is_in_one_report():
    content = {
        "edits": [{"project": "no"}],
        "committed": [{"project": "nor", "year": 2026, "status": "built"}],
        "booked": [{"county": HERE, "year": 2026}],
    }
    with pytest.raises(ScenarioError) as error:
        apply(three(), scenario_of(**content))
    assert [problem.column.partition("[")[0] for problem in error.value.problems] == [
        "edits",
        "committed",
        "booked",
    ]


def test_a_from_year_outside_the_plan_is_refused():
    with pytest.raises(ValueError, match="from_year 2030 is not a year of the plan"):
        scenario_of(from_year=2030)


def test_promised_and_committed_projects_stay_on_offer():
    content = scenario_of(
        pinned=[{"project": "p", "year": 2026}],
        committed=[{"project": "q", "year": 2020, "status": "built"}],
        keeping={"price": 0.1, "promises": [{"project": "r", "year": 2027}]},
    )
    assert wanted(content) == {"p", "q", "r"}
    assert [(pin.project, pin.year) for pin in required_starts(content)] == [("p", 2026), ("q", 2026)]


def test_a_delay_loses_its_share_of_the_years_that_were_left():
    keeping = {"price": 0.2, "promises": [{"project": "a", "year": 2027}, {"project": "b", "year": 2026}]}
    inputs = made(three(), keeping=keeping)
    starts = pd.Series({"a": 2028, "b": 2026})
    lost = promises_lost(inputs.offer.projects, inputs.scenario, starts=starts).set_index("project")
    assert lost["share"].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert lost["kept"].tolist() == [0.5, 1.0]
    assert lost["loss"].tolist() == pytest.approx([0.2 / 3 / 2, 0.0])
    assert keeping_loss(inputs, pd.Series({"a": 2026}, dtype="int64")) == pytest.approx(0.2 * 2 / 3)
    nothing = pd.Series(dtype="int64")
    assert keeping_loss(inputs, nothing) == pytest.approx(0.2)


@pytest.mark.parametrize("price", [0.0, 0.004, 0.5])
def test_the_best_plan_with_priced_promises_is_that_of_all_starts(price):
    # Money for two of the three projects; the promised one is the least useful.
    offer = three(limits=plenty(YEARS, money=75.0))
    keeping = {"price": price, "promises": [{"project": "b", "year": 2027}, {"project": "a", "year": 2026}]}
    inputs = made(offer, keeping=keeping)
    plan = optimise(inputs)
    best = max(_value(inputs, starts) for starts in _feasible(inputs))
    assert plan.certificate.objective == pytest.approx(best, abs=2e-6)
    assert plan.certificate.bound >= best - 1e-9
    assert _value(inputs, plan.starts) == pytest.approx(best, abs=2e-6)
    if price == 0.5:
        assert plan.starts["b"] <= 2028


def _value(inputs, starts: pd.Series) -> float:
    return mean_log(promise_of(inputs, starts).indices, inputs.weights) - keeping_loss(inputs, starts)


def _feasible(inputs):
    lead = {"a": 1, "b": 0, "c": 1}
    choices = [[None, *(year for year in YEARS if year + lead[name] <= YEARS[-1])] for name in lead]
    entries = inputs.offer.entries
    for years in itertools.product(*choices):
        chosen = {name: year for name, year in zip(lead, years, strict=True) if year is not None}
        starts = pd.Series(chosen, dtype="int64").rename_axis("project")
        used = ledger_of(entries, YEARS, starts=starts)
        paid = used[used["ledger"] == "money"].groupby("year")["amount"].sum().reindex(YEARS, fill_value=0.0)
        if (paid.cumsum().to_numpy() <= 75.0 * np.arange(1, 4) + 1e-9).all():
            yield starts


def test_a_commitment_that_cannot_start_is_named_by_its_number_in_the_scenario():
    committed = [
        {"project": "no", "year": 2026, "status": "built"},
        {"project": "c", "year": 2028, "status": "contracted"},
    ]
    edits = [{"project": "c", "earliest": 2027, "latest": 2027}]
    wish = scenario_of(
        committed=committed, edits=edits, banned=["c"], pinned=[{"project": "a", "year": 2028}]
    )
    left, problems = possible_candidates(three(), wish, interest=0.03)
    assert {one.column: one.rule for one in problems} == {
        "committed[0].project": "not on offer",
        "committed[1]": "both committed and banned",
        "pinned[0]": "cannot start then",
    }
    assert left.projects["project"].tolist() == ["a", "b"]
