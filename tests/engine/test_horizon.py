"""Edges of the horizon: leads, earliest and latest starts, order, payment, interest, wishes, certificate."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from engine.hand import COUNTIES, VILLAGES, hand_made, offer_of, plenty, projects_of, region
from small import short
from tongqu.base import InfeasibleError, ScenarioError
from tongqu.contracts import Floor, Pin
from tongqu.engine.financing import financing
from tongqu.engine.lp import SolverError
from tongqu.engine.optimise import Plan, optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors

YEARS = (2026, 2027, 2028)
HOME = VILLAGES["990101"][0]


def one(years=YEARS, *, limits=None, effects=None, **project):
    """A single project that serves one village, with money for everything."""
    row = {"project": "p", "county": "990101", "capital_wan": 40.0, "running_wan": 2.0, "lead": 1, **project}
    effects = [("p", "served", HOME, "walk", 1.0)] if effects is None else effects
    return offer_of(projects_of([row]), effects=effects, limits=plenty(years) if limits is None else limits)


def added(plan: Plan, year: int) -> float:
    mine = plan.served[(plan.served["year"] == year) & (plan.served["service"] == "walk")]
    return float(mine["added"].sum())


@pytest.mark.parametrize("lead", [0, 1, 2])
def test_a_project_works_lead_years_after_its_start_and_not_before(lead):
    plan = optimise(hand_made(one(lead=lead)))
    assert plan.starts.to_dict() == {"p": 2026}
    assert [added(plan, year) for year in YEARS] == pytest.approx([100.0 * (k >= lead) for k in range(3)])


@pytest.mark.parametrize("lead", [3, 7])
def test_what_cannot_open_within_the_plan_is_not_built(lead):
    assert optimise(hand_made(one(lead=lead))).starts.empty


def test_a_plan_of_one_year_builds_what_works_at_once():
    years = (2026,)
    assert optimise(hand_made(one(years, lead=0), years=years)).starts.to_dict() == {"p": 2026}
    assert optimise(hand_made(one(years, lead=1), years=years)).starts.empty


@pytest.mark.parametrize(
    ("bounds", "start"),
    [
        ({"earliest": 2027}, 2027),
        ({"earliest": 2020}, 2026),
        ({"earliest": 2028}, None),
        ({"latest": 2026}, 2026),
        ({"latest": 2025}, None),
        ({"latest": 2040}, 2026),
        ({"earliest": 2027, "latest": 2027}, 2027),
        ({"earliest": 2028, "lead": 0}, 2028),
    ],
)
def test_earliest_and_latest_bound_the_first_payment(bounds, start):
    starts = optimise(hand_made(one(**bounds))).starts.to_dict()
    assert starts == ({} if start is None else {"p": start})


def test_what_is_required_opens_no_later_whatever_the_leads():
    rows = [
        {"project": "slow", "county": "990101", "capital_wan": 1.0, "lead": 2},
        {"project": "quick", "county": "990101", "capital_wan": 1.0, "lead": 0, "requires": "slow"},
    ]
    offer = offer_of(
        projects_of(rows), effects=[("quick", "served", HOME, "walk", 1.0)], limits=plenty(YEARS)
    )
    plan = optimise(hand_made(offer))
    assert plan.starts.to_dict() == {"slow": 2026, "quick": 2028}
    assert [added(plan, year) for year in YEARS] == pytest.approx([0, 0, 100])


def test_capital_is_paid_in_equal_parts_until_the_opening_and_running_cost_after():
    accounts = financing(hand_made(one(lead=2)), pd.Series({"p": 2026})).query("unit == '990101'")
    paid = {item: part.set_index("year")["amount"].to_dict() for item, part in accounts.groupby("item")}
    assert paid["capital"] == {2026: 20.0, 2027: 20.0}
    assert paid["running"] == {2028: 2.0}


def test_a_lead_of_nothing_pays_and_works_in_the_same_year():
    accounts = financing(hand_made(one(lead=0)), pd.Series({"p": 2028})).query("unit == '990101'")
    paid = {item: part.set_index("year")["amount"].to_dict() for item, part in accounts.groupby("item")}
    assert (paid["capital"], paid["running"]) == ({2028: 40.0}, {2028: 2.0})


def money(room, *, debt=0.0, pool=0.0, years=YEARS):
    rows = [("money", "990100", "pool", year, pool) for year in years]
    rows += [("money", "990101", "room", year, amount) for year, amount in zip(years, room, strict=True)]
    return rows + [("money", "990101", "debt", year, debt) for year in years]


def test_money_of_later_years_does_not_pay_an_earlier_bill():
    late = one(limits=money([0, 39.9, 100]))
    assert optimise(hand_made(late)).starts.empty
    assert optimise(hand_made(one(limits=money([0, 40, 100])))).starts.to_dict() == {"p": 2027}


def test_unused_room_is_kept_for_later_years():
    assert optimise(hand_made(one(limits=money([20, 20, 2])))).starts.to_dict() == {"p": 2027}
    assert optimise(hand_made(one(limits=money([20, 19.9, 2.1])))).starts.empty


def test_interest_is_paid_a_year_later_on_what_is_owed():
    # 40 borrowed in 2026; 2 running and 4 interest in 2027; what is then left repays the debt.
    tight = one(limits=money([0, 6, 6], debt=40))
    plan = optimise(hand_made(tight, interest=0.1))
    assert plan.starts.to_dict() == {"p": 2026}
    wide = plan.accounts.query("unit == '990101'").pivot_table(index="year", columns="item", values="amount")
    assert wide["interest"].to_list() == pytest.approx([0, 4, 4], abs=0.01)
    assert wide["debt"].to_list() == pytest.approx([40, 40, 40], abs=0.01)
    less = one(limits=money([0, 5.9, 6], debt=40), latest=2026)
    assert optimise(hand_made(less, interest=0.1)).starts.empty


def test_what_goes_on_costing_fits_the_last_years_room():
    # Opens in 2028; 12 a year from then on do not fit a room of 10, though the money saved would pay 2028.
    years_of_saving = money([200, 200, 10])
    assert optimise(hand_made(one(lead=2, running_wan=12.0, limits=years_of_saving))).starts.empty
    assert optimise(hand_made(one(lead=2, running_wan=10.0, limits=years_of_saving))).starts.to_dict() == {
        "p": 2026
    }


def test_a_grant_of_the_city_goes_to_one_county_only_once():
    rows = [
        {"project": f"p{county}", "county": county, "capital_wan": 40.0, "lead": 1, "latest": 2026}
        for county in COUNTIES
    ]
    effects = [(f"p{county}", "served", VILLAGES[county][0], "walk", 1.0) for county in COUNTIES]
    limits = [("money", "990100", "pool", 2026, 79.0)]
    offer = offer_of(projects_of(rows), effects=effects, limits=limits)
    assert len(optimise(hand_made(offer)).starts) == 1
    richer = offer_of(projects_of(rows), effects=effects, limits=[("money", "990100", "pool", 2026, 80.0)])
    plan = optimise(hand_made(richer))
    assert len(plan.starts) == 2
    assert plan.accounts.query("item == 'grant'")["amount"].sum() == pytest.approx(80, abs=0.01)


def test_financing_refuses_what_cannot_be_paid():
    with pytest.raises(SolverError):
        financing(hand_made(one(limits=money([10, 10, 10]))), pd.Series({"p": 2026}))


def test_an_entry_that_ends_stops_costing():
    row = {"project": "p", "county": "990101", "capital_wan": 40.0, "lead": 1}
    offer = offer_of(
        projects_of([row]),
        effects=[("p", "served", HOME, "walk", 1.0)],
        more=[
            ("p", "money", "990101", "running", 1, 1, 30.0),
            ("p", "land", "990101", "construction", 0, 0, 9.0),
        ],
        limits=[*money([40, 30, 0]), *(("land", "990101", "construction", year, 9.0) for year in YEARS)],
    )
    assert optimise(hand_made(offer)).starts.to_dict() == {"p": 2026}


def test_land_and_staff_that_are_freed_can_be_used_again():
    rows = [
        {"project": name, "county": "990101", "capital_wan": 1.0, "lead": 0} for name in ("camp", "school")
    ]
    offer = offer_of(
        projects_of(rows),
        effects=[
            ("school", "served", HOME, "walk", 1.0),
            ("camp", "served", VILLAGES["990101"][1], "walk", 1.0),
        ],
        more=[
            ("camp", "land", "990101", "construction", 0, 0, 5.0),
            ("school", "land", "990101", "construction", 0, -1, 5.0),
        ],
        limits=[*plenty(YEARS), *(("land", "990101", "construction", year, 5.0) for year in YEARS)],
    )
    plan = optimise(hand_made(offer))
    assert plan.starts.to_dict() == {"camp": 2026, "school": 2027}


def test_a_project_that_frees_land_for_another_is_kept():
    """Consolidation serves nobody itself; without it there is no land for the school."""
    rows = [
        {"project": name, "county": "990101", "capital_wan": 1.0, "lead": 0} for name in ("merge", "school")
    ]
    offer = offer_of(
        projects_of(rows),
        effects=[("school", "served", HOME, "walk", 1.0)],
        more=[
            ("merge", "land", "990101", "construction", 0, -1, -5.0),
            ("school", "land", "990101", "construction", 0, -1, 5.0),
        ],
        limits=[*plenty(YEARS), *(("land", "990101", "construction", year, 0.0) for year in YEARS)],
    )
    assert optimise(hand_made(offer)).starts.to_dict() == {"merge": 2026, "school": 2026}


def test_half_a_service_does_not_replace_a_whole_one():
    rows = [
        {"project": "half", "county": "990101", "capital_wan": 1.0, "lead": 0},
        {"project": "whole", "county": "990101", "capital_wan": 2.0, "lead": 0},
    ]
    other = VILLAGES["990101"][1]
    effects = [
        ("half", "served", HOME, "walk", 0.5),
        ("half", "served", other, "walk", 1.0),
        ("whole", "served", HOME, "walk", 1.0),
    ]
    plan = optimise(hand_made(offer_of(projects_of(rows), effects=effects, limits=plenty(YEARS))))
    assert plan.starts.to_dict() == {"half": 2026, "whole": 2026}
    assert added(plan, 2026) == pytest.approx(200)


def test_what_adds_nothing_is_not_built():
    """Two clinics for the same people: one is enough, and the cheaper one it is."""
    rows = [
        {"project": name, "county": "990101", "capital_wan": cost, "lead": 0}
        for name, cost in (("dear", 90.0), ("cheap", 10.0))
    ]
    effects = [(name, "served", HOME, "walk", 1.0) for name in ("dear", "cheap")]
    plan = optimise(hand_made(offer_of(projects_of(rows), effects=effects, limits=plenty(YEARS))))
    assert len(plan.starts) == 1


# --- wishes ------------------------------------------------------------------------------------------


def test_a_pin_starts_its_project_in_that_year():
    assert optimise(hand_made(one(), pinned=(Pin(project="p", year=2027),))).starts.to_dict() == {"p": 2027}


@pytest.mark.parametrize("year", [2028, 2025, 2029])
def test_a_pin_to_a_year_from_which_the_project_cannot_open_is_refused(year):
    with pytest.raises(ScenarioError, match="cannot start then") as caught:
        optimise(hand_made(one(lead=1), pinned=(Pin(project="p", year=year),)))
    assert caught.value.problems[0].column == "pinned[0]"
    assert caught.value.problems[0].mend == "start it in one of the years 2026 to 2027"


def test_every_pin_that_cannot_be_kept_is_named_before_the_program_is_built():
    pins = (Pin(project="nothing", year=2026), Pin(project="clinic:990101002002", year=2028))
    with pytest.raises(ScenarioError) as caught:
        prepare(region(), load_sectors(), scenario=short(pinned=pins))
    assert [problem.column for problem in caught.value.problems] == ["pinned[0]", "pinned[1]"]


def test_two_pins_of_one_project_are_a_problem_of_the_scenario():
    pins = tuple(Pin(project="clinic:990101002002", year=year) for year in (2026, 2027))
    with pytest.raises(ScenarioError) as caught:
        prepare(region(), load_sectors(), scenario=short(pinned=pins))
    assert [(problem.column, problem.value) for problem in caught.value.problems] == [
        ("pinned[1].project", "clinic:990101002002")
    ]


def test_pins_of_one_group_exclude_one_another_and_both_are_named():
    rows = [
        {"project": name, "county": "990101", "capital_wan": 1.0, "lead": 0, "group": "g"} for name in "ab"
    ]
    offer = offer_of(
        projects_of(rows),
        effects=[(name, "served", HOME, "walk", 1.0) for name in "ab"],
        limits=plenty(YEARS),
    )
    pins = (Pin(project="a", year=2026), Pin(project="b", year=2027))
    with pytest.raises(InfeasibleError) as caught:
        optimise(hand_made(offer, pinned=pins))
    assert sorted(caught.value.conflict) == ["the pinned project a", "the pinned project b"]
    assert len(caught.value.conflict_zh) == 2


def test_a_floor_forces_what_it_needs_and_holds_from_its_year_on():
    floor = Floor(service="walk", share=0.625, year=2027, county="990101")
    plan = optimise(hand_made(one(), floors=(floor,)))
    assert added(plan, 2027) == pytest.approx(100)
    with pytest.raises(InfeasibleError) as caught:
        optimise(hand_made(one(), floors=(Floor(service="walk", share=0.63, year=2027, county="990101"),)))
    assert any("floor for walk" in words for words in caught.value.conflict)


def test_floors_for_what_is_no_county_or_no_year_of_the_plan_are_refused_all_at_once():
    floors = [
        Floor(service="clinic", share=1.0, year=2026, county=county) for county in ("nowhere", HOME, "990100")
    ]
    floors.append(Floor(service="clinic", share=1.0, year=2040))
    with pytest.raises(ScenarioError) as caught:
        prepare(region(), load_sectors(), scenario=short(floors=floors))
    assert [problem.column for problem in caught.value.problems] == [
        "floors[0].county",
        "floors[1].county",
        "floors[2].county",
        "floors[3].year",
    ]


# --- what the certificate says -----------------------------------------------------------------------


def test_nothing_on_offer_leaves_the_baseline():
    plan = optimise(hand_made(offer_of(projects_of([]), limits=plenty(YEARS))))
    assert plan.starts.empty
    assert plan.certificate.objective == pytest.approx(plan.certificate.baseline, abs=1e-9)
    assert plan.certificate.bound >= plan.certificate.baseline - 1e-9


@pytest.mark.parametrize("beds", [0.5, 1.9, 2.0, 3.0])
def test_no_bound_lies_below_what_is_there_without_a_plan(beds):
    """A county whose beds are below the worst goalpost scores 0 for them, not less."""
    offer = one(
        capital_wan=1e6,  # nobody can pay it
        effects=[("p", "served", HOME, "walk", 1.0), ("p", "stock", "990101", "beds", 1.0)],
    )
    plan = optimise(hand_made(offer, beds=beds))
    assert plan.starts.empty
    assert plan.certificate.bound >= plan.certificate.baseline - 1e-9
    assert plan.certificate.objective == pytest.approx(plan.certificate.baseline, abs=1e-6)


def test_what_lifts_a_county_from_below_the_worst_goalpost_counts_from_the_goalpost_on():
    """4000 people with 2 beds: 14 more make 4 per 1000, half way from 2 to 6."""
    offer = one(effects=[("p", "stock", "990101", "beds", 14.0)], lead=0)
    inputs = hand_made(offer, beds=0.5)
    plan = optimise(inputs)
    assert plan.starts.to_dict() == {"p": 2026}
    u, r = 0.4 * 0.5 + 0.3 * 0.5 + 0.3 * 0.5, 0.6 * 0.5 + 0.4 * 0.7
    assert plan.promised.loc[("990101", 2026), "U"] == pytest.approx(u, abs=1e-6)
    before = inputs.indicators.indices.loc[("990102", 2026), "U"]
    expected = (math.log(u) + math.log(before) + 2 * math.log(r)) / 8
    assert plan.certificate.objective == pytest.approx(expected, abs=1e-6)
    assert plan.certificate.bound >= expected - 1e-9


@pytest.mark.parametrize("beds", [2.2, 3.0])
def test_a_bound_holds_where_a_project_could_take_a_score_below_nothing(beds):
    """A merger gives a road to a village and closes 8 of a county's beds; a score is 0 at the least."""
    effects = [("p", "served", home, "walk", 1.0) for home in VILLAGES["990101"]]
    offer = one(effects=[*effects, ("p", "stock", "990101", "beds", -8.0)], lead=0)
    plan = optimise(hand_made(offer, beds=beds, nobody_worse=False))
    urban = [0.4 * 0.5 + 0.3 * score + 0.3 * 0.5 for score in ((beds - 2) / 4, max(0.0, (beds - 4) / 4))]
    rural = [0.6 * 0.5 + 0.4 * 0.7, 0.6 * 1.0 + 0.4 * 0.7]
    gain = (math.log(urban[1] * rural[1]) - math.log(urban[0] * rural[0])) / 8
    assert gain > 0
    assert plan.certificate.objective == pytest.approx(plan.certificate.baseline + gain, abs=1e-6)
    assert plan.certificate.bound >= plan.certificate.objective


@pytest.mark.parametrize("threads", [1, 2])
def test_any_number_of_threads_gives_the_same_value(threads):
    inputs = hand_made(one(), solver={"gap": 1e-9, "tangent_error": 1e-3, "threads": threads})
    assert optimise(inputs).certificate.objective == pytest.approx(
        optimise(hand_made(one())).certificate.objective, abs=1e-6
    )


def test_prices_say_what_one_more_yuan_is_worth():
    """Half the cost is there in 2027: in the relaxation, each further 万元 buys a fortieth of the project."""
    inputs = hand_made(one(lead=1, running_wan=0.0, latest=2027, limits=money([0, 20, 0])))
    plan = optimise(inputs)
    prices = plan.prices.set_index(["limit", "unit", "year"])["price"]["money"]
    served, demand = 100.0 / 40.0, 800.0
    rural = 0.6 * 0.5 + 0.4 * 0.7 + 0.6 * 0.5 * 100.0 / demand
    gain = 0.6 * served / demand / rural / 4 / 6  # R in 2028, one of six cells that weigh the same
    assert prices["990101", 2027] == pytest.approx(gain, rel=0.05)
    assert prices["990101", 2026] == pytest.approx(2 * gain, rel=0.05), "what opens in 2027 serves two years"
    assert prices["990101", 2028] == pytest.approx(0, abs=1e-8)
    assert np.allclose(prices["990102"], 0, atol=1e-8)
