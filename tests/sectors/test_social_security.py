"""Pensions and medical insurance of counties: accounts, projects, paths of many futures, malformed tiers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import tongqu
from small import TINY, short
from tongqu.base import DataError, ScenarioError
from tongqu.contracts import Assume, Forecast, Offer, Scenario, State, StateError, ledger_of, open_projects
from tongqu.contracts.cells import AGES, by_age, people_cube
from tongqu.data import Region, load_region, make_region
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import simulate
from tongqu.sectors.population import sector as population
from tongqu.sectors.social_security import sector
from tongqu.sectors.social_security.account import first_fund
from tongqu.sectors.social_security.cohorts import cohort_table
from tongqu.sectors.social_security.members import coverage, eligible, surviving
from tongqu.sectors.social_security.parameters import (
    LIMITS,
    PARAMETERS,
    check_parameters,
    pension_age,
    tiers_of,
)
from tongqu.sectors.social_security.path import UNCERTAIN, path

REGION = load_region(TINY)
COUNTIES = REGION.level("county").index


def assume_of(**changes: float) -> Assume:
    given = {name.replace("__", "."): value for name, value in changes.items()}
    return Assume.of(REGION["standards"], short(assume=given))


@cache
def states(*, last_year: int = 2030, **changes: float) -> tuple[State, ...]:
    return simulate(
        REGION, [population, sector], scenario=short(last_year=last_year), assume=assume_of(**changes)
    )


def people(count: int = 2, *, each: float = 50.0) -> np.ndarray:
    return np.full((2, count, 2, 2, AGES), each)


def state_of(cells: np.ndarray, year: int = 2026) -> State:
    return State(year, {"cells.people": pd.Series(cells.ravel())})


def values_of(**changes: float) -> dict[str, float]:
    assume = assume_of(**changes)
    return {name: float(assume[name]) for name in PARAMETERS}


def variant(tiers: pd.DataFrame | None = None, **changes: pd.DataFrame | None) -> Region:
    own = {name: REGION[name] for name in REGION.tables if name not in (*REGION.provided, "imputations")}
    own |= {} if tiers is None else {"pension_tiers": tiers}
    tables = {name: table for name, table in (own | changes).items() if table is not None}
    return make_region(
        tables,
        name="t",
        title_zh="t",
        title_en="t",
        base_year=REGION.base_year,
        bbox=REGION.bbox,
        crs=REGION.crs,
    )


def tiers(**columns: list[float]) -> pd.DataFrame:
    base = {"contribution_yuan": [500, 1000], "subsidy_yuan": [80, 120], "share": [0.5, 0.5]}
    return pd.DataFrame({"tier": ["a", "b"], **base, **columns, "modelled": True, "source": "std:assumed"})


def test_writes_what_it_declares_in_every_year() -> None:
    for state in states():
        for name in sector.writes:
            assert np.isfinite(state[name]).all(), name
        assert state["stock.pension"].equals(state["pension.paid"])
        for name in sector.writes - {"cells.pension", "cells.pension_year"}:
            assert state[name].index.equals(COUNTIES), name


def test_accounts_balance_from_year_to_year() -> None:
    """Opening and flows are the closing, to the yuan, for pensions and medical insurance."""
    before, now = states()[1], states()[2]
    inflow = sum(now[f"pension.{name}"] for name in ("contributions", "subsidy", "interest", "moved"))
    outflow = now["pension.account_paid"] + now["pension.heirs"]
    difference = before["pension.fund"] + inflow - outflow - now["pension.fund"]
    assert (difference.abs() < 1e-4).all()
    both = before["medical.fund"] + now["medical.contributions"] + now["medical.public_cost"]
    assert ((both - now["medical.benefits"] - now["medical.fund"]).abs() < 1e-4).all()


def test_cost_is_what_budgets_pay() -> None:
    for state in states():
        basic = state["pension.basic"] * state["pension.pensioners"] * 12 / 10_000
        cost = basic + state["pension.subsidy"] + state["pension.topped_up"]
        assert np.allclose(cost, state["pension.public_cost"])
        paid = basic + state["pension.topped_up"] + state["pension.account_paid"]
        assert np.allclose(paid, state["pension.paid"])


def test_base_cost_stays_and_is_of_the_accounts() -> None:
    first, last = states()[0], states()[-1]
    assert first["pension.public_cost_base"].equals(last["pension.public_cost_base"])
    assert (first["pension.public_cost_base"] < first["pension.public_cost"]).all()
    alone = simulate(
        variant(accounts=None), [population, sector], scenario=short(last_year=2026), assume=assume_of()
    )
    assert np.allclose(alone[0]["pension.public_cost_base"], alone[0]["pension.public_cost"])


def test_members_are_the_eligible_whom_the_scheme_covers() -> None:
    cells, values = people(), values_of()
    found = sector.step(REGION, state_of(cells), opened=Offer(), assume=assume_of())
    entitled = eligible(cells, values, year=2026).sum(axis=-2)
    share = coverage(values)
    assert share[0, 15] == 0
    assert (np.diff(share[0, 16:]) >= 0).all()
    members = (entitled * share).sum(axis=-1)
    assert np.allclose(found["pension.contributors"] + found["pension.pensioners"], members)
    assert np.allclose(found["pension.pensioners"], (entitled * share)[:, 60:].sum(axis=-1))
    country = eligible(cells, values, year=2026)[:, 1] * share
    assert np.allclose(found["pension.rural_pensioners"], country[:, 60:].sum(axis=-1))


def test_a_generation_takes_its_insurance_into_old_age() -> None:
    values, cells = values_of(), people()
    now, later = (eligible(cells, values, year=year)[0, 1] for year in (2026, 2046))
    assert np.allclose(later[60:80], now[40:60])
    assert now[10] == cells[:, 0, 1, :, 10].sum()  # a child is in no employees' scheme


def test_survival_is_the_populations_without_its_shift() -> None:
    """Between the sexes, and equal to one where only that sex lives."""
    cells, values = people(), values_of()
    women = cells.copy()
    women[:, :, :, 0] = 0
    men = cells.copy()
    men[:, :, :, 1] = 0
    both, only, others = (surviving(one, values, year=2030) for one in (cells, women, men))
    assert np.allclose(both, (only + others) / 2)
    assert (only[:, 50:90] > others[:, 50:90]).all()


def test_first_members_live_into_this_years() -> None:
    cells, values = people(), values_of()
    alive = surviving(cells, values, year=2026)
    fund = first_fund(cells, values, tiers_of(REGION), year=2026)
    now = eligible(cells, values, year=2026).sum(axis=-2) * coverage(values)
    assert np.allclose((fund.members * alive)[:, :-1], now[:, 1:])
    assert (fund.saving[:, 30] > 0).all()


def test_the_same_year_again_changes_nothing() -> None:
    state = states()[1]
    again = sector.step(REGION, state, opened=Offer(), assume=assume_of())
    assert all(again[name] is state[name] for name in sector.writes)


def test_a_gap_of_years_is_stepped_through() -> None:
    first = states()[0]
    later = states()[-1]
    jump = first.in_year(later.year).adding({"cells.people": later["cells.people"]})
    found = sector.step(REGION, jump, opened=Offer(), assume=assume_of())
    assert np.allclose(found["pension.pensioners"], later["pension.pensioners"])
    assert np.allclose(found["pension.fund"], later["pension.fund"], rtol=0.1)


def test_nobody_at_all() -> None:
    """A region whose counties are empty has empty accounts and offers nothing."""
    found = sector.step(REGION, state_of(people(each=0.0)), opened=Offer(), assume=assume_of())
    state = State(2026, found)
    assert all(np.isfinite(series).all() for series in found.values())
    assert (found["pension.fund"] == 0).all()
    offer = sector.offer(REGION, Forecast([state, state], Offer()), assume=assume_of())
    assert offer.checked("social_security", region=REGION).projects.empty
    figures = sector.diagnose(REGION, state).figures
    assert figures.loc[figures["variable"].str.startswith("resident"), "value"].isna().all()


def test_pension_age_rises_by_steps_to_its_target() -> None:
    values = values_of(
        pension__age_target=61.0, pension__age_from=2030, pension__age_step=0.25, pension__age=60.0
    )
    found = [float(pension_age(values, year=year)[0]) for year in (2029, 2030, 2032, 2033, 2050)]
    assert found == [60.0, 60.25, 60.75, 61.0, 61.0]
    assert float(pension_age(values | {"pension.age_target": 58.0}, year=2050)[0]) == 60.0


@pytest.mark.parametrize(
    ("change", "variable", "sign"),
    [
        ({"pension__tier_factor": 1.5}, "pension.fund", 1),
        ({"pension__subsidy_factor": 1.5}, "pension.public_cost", 1),
        ({"pension__basic": 250.0}, "pension.public_cost", 1),
        ({"pension__age_target": 62.0, "pension__age_from": 2027.0}, "pension.public_cost", -1),
        ({"pension__age_target": 62.0, "pension__age_from": 2027.0}, "pension.contributions", 1),
        ({"pension__interest": 0.03}, "pension.fund", 1),
        ({"medical__benefit": 1200.0}, "medical.public_cost", 1),
    ],
)
def test_levers_act_in_their_direction(change: dict[str, float], variable: str, sign: int) -> None:
    usual, changed = states()[-1][variable].sum(), states(**change)[-1][variable].sum()
    assert sign * (changed - usual) > 0


def test_projects_promise_what_the_simulation_gives() -> None:
    """All raises from the first year on: money, pensions and rural income of entries equal the simulation."""
    scenario, assume, usual = short(last_year=2032), assume_of(), states(last_year=2032)
    offer = sector.offer(REGION, Forecast(usual, Offer()), assume=assume)
    offer = offer.checked("social_security", region=REGION)
    assert len(offer.projects) == 3 * len(COUNTIES)
    starts = pd.Series(2026, index=offer.projects["project"])
    acted = simulate(
        REGION, [population, sector], scenario=scenario, assume=assume, offer=offer, starts=starts
    )
    ledger = ledger_of(offer.entries, scenario.years, starts=starts)
    for plain, other in zip(usual, acted, strict=True):
        mine = ledger[ledger["year"] == plain.year].set_index(["ledger", "key", "unit"])["amount"]
        for county in COUNTIES:
            gained = (other["pension.paid"] - plain["pension.paid"])[county]
            assert mine.get(("stock", "pension", county), 0.0) == pytest.approx(gained, abs=1e-6)
            assert mine.get(("money", "running", county), 0.0) == pytest.approx(gained, abs=1e-6)
            rural = plain["pension.rural_pensioners"] * 60 * 12 / 10_000 * (plain.year > 2026)
            assert mine.get(("stock", "rural_income", county), 0.0) == pytest.approx(rural[county])
        # Budgets pay programmes through the ledger, never twice.
        assert np.allclose(other["pension.public_cost"], plain["pension.public_cost"])
        assert np.allclose(other["pension.fund"], plain["pension.fund"])
    assert (acted[-1]["pension.basic"] - usual[-1]["pension.basic"]).to_numpy() == pytest.approx(60)


def test_each_step_requires_the_one_before() -> None:
    offer = sector.offer(REGION, Forecast(states(), Offer()), assume=assume_of())
    needs = offer.projects.set_index("project")["requires"]
    assert needs[f"pension_raise:{COUNTIES[0]}:1"] == ""
    assert needs[f"pension_raise:{COUNTIES[0]}:3"] == f"pension_raise:{COUNTIES[0]}:2"
    one = offer.of(
        open_projects(offer.projects, 2027, starts=pd.Series({offer.projects["project"][0]: 2026}))["project"]
    )
    assert len(one.projects) == 1


def test_a_horizon_of_one_year() -> None:
    offer = sector.offer(REGION, Forecast(states()[:1], Offer()), assume=assume_of())
    assert set(offer.checked("s", region=REGION).entries["ledger"]) == {"money", "stock"}


def test_futures_are_loops() -> None:
    rng = np.random.default_rng(3)
    futures = {
        "pension.interest": rng.uniform(0, 0.04, 53),
        "life.gain": rng.uniform(0, 0.3, 53),
        "pension.coverage": rng.uniform(0.75, 0.98, 53),
        "medical.benefit_growth": rng.uniform(0.0, 0.06, 53),
    }
    years = range(2026, 2034)
    cells = [rng.uniform(0, 60, (2, 2, 2, 2, AGES)) for _ in years]
    found = path(REGION, assume_of(), people=iter(cells), years=years, futures=futures)
    assert found.figures["pension.fund"].shape == (8, 53, 2)
    for future in (0, 49, 50, 52):
        mine = {name.replace(".", "__", 1): float(value[future]) for name, value in futures.items()}
        alone = path(REGION, assume_of(**mine), people=cells, years=years)
        for name, figures in alone.figures.items():
            assert np.allclose(found.figures[name][:, future], figures), name


def test_futures_of_people() -> None:
    cells = np.stack([people(each=10.0), people(each=20.0)])
    found = path(
        REGION,
        assume_of(),
        people=[cells] * 3,
        years=range(2026, 2029),
        futures={"pension.paying": np.array([0.8, 0.8])},
    )
    assert np.allclose(found.figures["pension.fund"][:, 1], 2 * found.figures["pension.fund"][:, 0])


def test_path_is_the_simulation() -> None:
    cells = [people_cube(state, COUNTIES) for state in states()]
    found = path(REGION, assume_of(), people=cells, years=[state.year for state in states()])
    for number, state in enumerate(states()):
        for name, figures in found.figures.items():
            assert np.allclose(figures[number], state[name]), name


def test_paths_that_cannot_be() -> None:
    cells = [people()] * 3
    with pytest.raises(DataError, match="gaps"):
        path(REGION, assume_of(), people=cells, years=[2026, 2028, 2029])
    with pytest.raises(DataError, match="2 of 3 years"):
        path(REGION, assume_of(), people=cells[:2], years=[2026, 2027, 2028])
    with pytest.raises(DataError, match="shape"):
        path(REGION, assume_of(), people=[people(3)], years=[2026])
    with pytest.raises(ScenarioError, match="cannot be"):
        path(
            REGION,
            assume_of(),
            people=cells,
            years=[2026, 2027, 2028],
            futures={"pension.paying": np.ones(2) * 2},
        )


def test_parameters_are_standards_with_a_range() -> None:
    table = REGION["standards"].set_index("standard")
    assert set(PARAMETERS) <= set(table.index)
    for name in PARAMETERS:
        low, value, high = (float(table[end].loc[name]) for end in ("low", "value", "high"))
        assert LIMITS[name][0] <= low <= value <= high <= LIMITS[name][1], name
    assert set(UNCERTAIN) <= set(PARAMETERS)
    own = table[table.index.str.startswith(("pension.", "medical."))]
    assert (own["status"] == "assumed").all()


def test_all_parameters_that_cannot_be_are_named() -> None:
    with pytest.raises(ScenarioError) as caught:
        check_parameters({"pension.paying": 1.2, "medical.coverage": np.array([0.5, np.nan])})
    assert {problem.column for problem in caught.value.problems} == {
        "assume.pension.paying",
        "assume.medical.coverage",
    }


def test_cohorts_get_more_than_they_pay() -> None:
    """Present values add up; a later joiner pays less in; a higher discount lowers the net transfer."""
    table = cohort_table(REGION, assume_of(), year=2026).set_index("entry_age")
    got = table[["account_pension", "topped_up", "basic_pension", "heirs"]].sum(axis=1)
    assert np.allclose(got - table["contributions"], table["net_transfer"])
    assert table["contributions"].is_monotonic_decreasing
    assert (table["net_transfer"] > 0).all()
    assert (table["internal_rate"] > assume_of()["pension.discount"]).all()
    dear = cohort_table(REGION, assume_of(pension__discount=0.05), year=2026).set_index("entry_age")
    assert (dear["net_transfer"] < table["net_transfer"]).all()
    assert np.allclose(dear["internal_rate"], table["internal_rate"])


def test_own_tiers_take_the_place_of_the_packages() -> None:
    found = tiers_of(variant(tiers()))
    assert float(found.mean_contribution) == 750
    assert tiers_of(REGION).share.sum() == pytest.approx(1)
    assert REGION["pension_tiers"]["modelled"].all()


@pytest.mark.parametrize(
    ("wrong", "row", "column", "rule"),
    [
        (tiers(share=[0.5, 0.4]), 3, "share", "add up to 0.9"),
        (tiers(subsidy_yuan=[80, 1200]), 3, "subsidy_yuan", "above its contribution"),
        (tiers(share=[1.5, -0.5]), 2, "share", "above the maximum"),
        (tiers(contribution_yuan=[-500, 1000]), 2, "contribution_yuan", "below the minimum"),
        (tiers().assign(tier="a"), 3, "tier", "duplicate key"),
        (tiers().assign(modelled=False, source="nowhere"), 2, "source", "not in sources"),
    ],
)
def test_malformed_tiers(wrong: pd.DataFrame, row: int, column: str, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        variant(wrong)
    hits = [p for p in caught.value.problems if (p.row, p.column) == (row, column) and rule in p.rule]
    assert hits
    assert hits[0].mend
    assert "pension_tiers" in hits[0].file


def test_cells_of_other_counties_are_refused() -> None:
    state = state_of(people())
    assert by_age(state, COUNTIES).shape == (2, 2, AGES)
    with pytest.raises(StateError, match="not those of 1 counties"):
        people_cube(state, COUNTIES[:1])


def test_a_raise_begun_later_costs_what_it_pays() -> None:
    """Budgets and incomes follow the pensioners of the year, whenever a raise began."""
    quzhou = tongqu.load("quzhou")
    scenario = Scenario(first_year=2026, last_year=2030)
    inputs = prepare(
        quzhou, load_sectors(["population", "social_security", "finance", "income"]), scenario=scenario
    )
    mine = inputs.offer.of([f"pension_raise:330881:{step}" for step in (1, 2, 3)])
    starts = pd.Series(2028, index=mine.projects["project"])
    states = simulate(
        quzhou, inputs.sectors, scenario=scenario, assume=inputs.assume, offer=mine, starts=starts
    )
    gained = {
        name: states[-1][name]["330881"] - inputs.states[-1][name]["330881"]
        for name in ("pension.paid", "account.expenditure", "pension.rural_raised", "stock.rural_income")
    }
    assert gained["pension.paid"] > 1000
    assert gained["account.expenditure"] == pytest.approx(gained["pension.paid"])
    assert gained["stock.rural_income"] == pytest.approx(gained["pension.rural_raised"])
