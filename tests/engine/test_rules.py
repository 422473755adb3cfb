"""Rules that a plan must keep are counted again from the entries, whoever made the plan."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from engine.hand import COUNTIES, VILLAGES, hand_made, offer_of, plenty, projects_of
from tongqu.contracts import Floor, Pin
from tongqu.engine.financing import financing
from tongqu.engine.optimise import optimise
from tongqu.engine.promise import missed_floors, promise_of
from tongqu.engine.rules import broken_rules

YEARS = (2026, 2027, 2028)
HOME = VILLAGES["990101"][0]


def offer():
    rows = [
        {"project": "road", "county": "990101", "capital_wan": 20.0, "lead": 1},
        {"project": "clinic", "county": "990101", "capital_wan": 30.0, "running_wan": 4.0, "lead": 1},
        {"project": "ward", "county": "990101", "capital_wan": 5.0, "requires": "clinic", "land_mu": 3.0},
        {"project": "small", "county": "990101", "capital_wan": 5.0, "group": "school", "latest": 2027},
        {"project": "large", "county": "990101", "capital_wan": 9.0, "group": "school"},
    ]
    effects = [
        (row["project"], "served", home, "walk", 0.4) for row, home in zip(rows, [HOME] * 5, strict=True)
    ]
    effects.append(("ward", "staff", "990101", "nurses", 2.0))
    limits = [
        *plenty(YEARS, money=15.0, pool=20.0, debt=20.0),
        *(("land", "990101", "construction", year, 3.0) for year in YEARS),
        *(("staff", "990101", "nurses", year, 2.0) for year in YEARS),
    ]
    return offer_of(projects_of(rows), effects=effects, limits=limits)


STARTS = {"road": 2026, "clinic": 2026, "ward": 2027, "large": 2027}


@pytest.fixture(scope="module")
def inputs():
    return hand_made(offer())


@pytest.fixture(scope="module")
def made(inputs):
    return optimise(inputs)


def with_starts(inputs, made, starts, *, pay=True):
    series = pd.Series(starts, dtype="int64")
    accounts = financing(inputs, series) if pay else made.accounts
    return replace(made, starts=series, served=promise_of(inputs, series).served, accounts=accounts)


def test_a_sound_plan_breaks_nothing(inputs, made):
    assert broken_rules(inputs, made) == []
    assert broken_rules(inputs, with_starts(inputs, made, STARTS)) == []


@pytest.mark.parametrize(
    ("changes", "name", "rule"),
    [
        ({"ward": 2026}, "ward", "what it requires does not open in time"),
        ({"small": 2027}, "school", "two projects of one group"),
        ({"road": 2028}, "road", "starts or opens outside the plan"),
        ({"road": 2025}, "road", "starts or opens outside the plan"),
        ({"large": None, "small": 2028}, "small", "starts or opens outside the plan"),
        ({"harbour": 2026}, "harbour", "not on offer"),
        ({"road": 2027}, "road", "does not start when the scenario says"),
    ],
)
def test_wrong_choices_are_named(inputs, made, changes, name, rule):
    wanted = inputs.scenario.model_copy(update={"pinned": (Pin(project="road", year=2026),)})
    starts = {key: year for key, year in (STARTS | changes).items() if year is not None}
    plan = with_starts(inputs, made, starts, pay=False)
    found = {
        (problem.value, problem.rule) for problem in broken_rules(replace(inputs, scenario=wanted), plan)
    }
    assert (name, rule) in found


def test_a_banned_project_is_named(inputs, made):
    scenario = inputs.scenario.model_copy(update={"banned": ("large",)})
    left = [name for name in inputs.offer.projects["project"] if name != "large"]
    allowed = replace(inputs, scenario=scenario, offer=inputs.offer.of(left))
    found = broken_rules(allowed, with_starts(inputs, made, STARTS))
    assert ("large", "is banned by the scenario") in {(problem.value, problem.rule) for problem in found}


@pytest.mark.parametrize(
    ("ledger", "key", "file"),
    [
        ("land", "construction", "results/ledger"),
        ("staff", "nurses", "results/ledger"),
        ("money", "debt", "results/accounts"),
        ("money", "pool", "results/accounts"),
        ("money", "room", "results/decisions"),
    ],
)
def test_every_limit_is_counted_again(inputs, made, ledger, key, file):
    """The same plan under a limit of nothing."""
    plan = with_starts(inputs, made, STARTS)
    paid = plan.accounts.set_index("item")["amount"]
    assert paid["debt"].max() > 2 < paid["grant"].max(), "the plan needs neither debt nor grants"
    limits = inputs.offer.limits
    mine = (limits["ledger"] == ledger) & (limits["key"] == key)
    none = limits.assign(amount=limits["amount"].where(~mine, 0.0))
    found = broken_rules(replace(inputs, offer=replace(inputs.offer, limits=none)), plan)
    assert file in {problem.file for problem in found}


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[rows["unit"] != COUNTIES[1]],
        lambda rows: rows.assign(item=rows["item"].replace("grant", "gift")),
        lambda rows: rows.assign(year=rows["year"] + 1),
        lambda rows: rows.assign(amount=rows["amount"].where(rows["item"] != "interest", 9.0)),
    ],
    ids=["a county is missing", "unknown items", "other years", "interest on nothing"],
)
def test_accounts_of_something_else(inputs, made, change):
    plan = with_starts(inputs, made, STARTS)
    found = broken_rules(inputs, replace(plan, accounts=change(plan.accounts)))
    assert {problem.file for problem in found} >= {"results/accounts"}


def test_a_floor_is_counted_from_what_the_starts_deliver(inputs, made):
    floors = (
        Floor(service="walk", share=0.545, year=2027, county="990101"),
        Floor(service="walk", share=0.5, year=2026),
        Floor(service="walk", share=0.56, year=2028, county="990102"),
    )
    wanted = replace(inputs, scenario=inputs.scenario.model_copy(update={"floors": floors}))
    plan = with_starts(inputs, made, {"road": 2026})  # 40 of 100 people in need, of a demand of 800
    # By hand: 0.545 of 800 are 436 and 400 are served, 40 more from 2027 on; 0.56 of 800 are 448.
    assert missed_floors(wanted, plan.served) == [(2, "990102", 2028, pytest.approx(48.0))]
    assert [problem.column for problem in broken_rules(wanted, plan)] == ["floors[2]"]
    late = with_starts(inputs, made, {"road": 2027})
    assert missed_floors(wanted, late.served)[0] == (0, "990101", 2027, pytest.approx(36.0))
