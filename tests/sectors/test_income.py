"""Incomes of the bundled region: published ones are met, projects add their entries, jobs draw people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pytest

import tongqu
from tongqu.contracts import Assume, Findings, Forecast, Offer, Scenario, State
from tongqu.data import Region
from tongqu.engine.registry import ordered
from tongqu.engine.simulate import simulate
from tongqu.sectors.income import Income
from tongqu.sectors.income.start import published_incomes, source_shares
from tongqu.sectors.population import Population

COUNTIES = ["330802", "330803", "330822", "330824", "330825", "330881"]


@pytest.fixture(scope="module")
def quzhou() -> Region:
    return tongqu.load("quzhou")


@dataclass(frozen=True)
class Work:
    """Stands for what writes jobs, pay and value added; the first county has more than its trend."""

    more: float = 1.0
    farm: float = 1.0
    name: str = "work"
    tables: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset({"people.working"})
    writes: frozenset[str] = frozenset(
        {
            *("jobs.total", "jobs.trend", "wages.mean", "wages.trend"),
            *("value_added.total", "value_added.farm", "pension.paid"),
        }
    )

    def diagnose(self, region: Region, state: State) -> Findings:
        raise NotImplementedError

    def step(
        self, region: Region, before: State, *, opened: Offer, assume: Assume
    ) -> Mapping[str, pd.Series]:
        working = before["people.working"]
        jobs = working.groupby(region.county_of(working.index).to_numpy()).sum()
        more = pd.Series(1.0, index=jobs.index)
        more.iloc[0] = self.more
        years = before.year - 2026
        return {
            "jobs.trend": jobs,
            "jobs.total": jobs * more,
            "wages.trend": jobs * 0 + 60_000 * 1.04**years,
            "wages.mean": jobs * 0 + 60_000 * 1.04**years,
            "value_added.total": jobs * 12.0 * more**5,
            "value_added.farm": jobs * self.farm**years,
            "pension.paid": jobs * 0.1,
        }

    def offer(self, region: Region, forecast: Forecast, *, assume: Assume) -> Offer:
        return Offer()


def run(region: Region, *sectors: object, offer: Offer | None = None, **changes: float) -> tuple[State, ...]:
    scenario = Scenario(first_year=2026, last_year=2030, assume=changes)
    assume = Assume.of(region["standards"], scenario)
    starts = pd.Series({"p": 2026}) if offer else pd.Series(dtype="int64")
    return simulate(
        region, ordered(list(sectors)), scenario=scenario, assume=assume, offer=offer, starts=starts
    )


def extra(**amounts: float) -> Offer:
    """A project of the first county that works at once and adds to stocks."""
    from tongqu.contracts import lasting_entries, project_table

    project = project_table({"project": ["p"], "county": COUNTIES[0]}, sector="x", kind="x")
    parts = [
        lasting_entries(project, ledger="stock", unit=project["county"], key=key, amount=value)
        for key, value in amounts.items()
    ]
    return Offer(project, pd.concat(parts))


def test_the_published_year_is_met(quzhou: Region) -> None:
    """Grown by nothing, the mean over people is what the bureau published for the city."""
    still = {"growth.income_urban": 0.0, "growth.income_rural": 0.0}
    state = run(quzhou, Population(), Income(), Work(), **still)[0]
    county = quzhou.county_of(state["people.rural"].index).to_numpy()
    for side, published in (("urban", 57_465), ("rural", 31_468)):
        people = state[f"people.{side}"].groupby(county).sum()
        assert (state[f"income.{side}"] * people).sum() / people.sum() == pytest.approx(published)
        seen, year = published_incomes(quzhou, side)
        assert year == 2022
        assert seen.tolist() == [published]


def test_a_county_that_makes_more_earns_more(quzhou: Region) -> None:
    state = run(quzhou, Population(), Income(), Work(more=1.2))[0]
    assert state["income.rural"].iloc[0] > state["income.rural"].iloc[1:].max()


def test_sources_add_up_and_grow_with_their_drivers(quzhou: Region) -> None:
    states = run(quzhou, Population(), Income(), Work(farm=1.1))
    for state in states:
        parts = sum(state[f"income.rural_{one}"] for one in ("wage", "business", "property", "transfer"))
        pd.testing.assert_series_equal(parts, state["income.rural"], check_names=False)
    wage = states[-1]["income.rural_wage"] / states[0]["income.rural_wage"]
    assert wage.to_numpy() == pytest.approx(1.04**4)
    heads = [
        state["people.rural"].groupby(quzhou.county_of(state["people.rural"].index).to_numpy()).sum()
        for state in (states[0], states[-1])
    ]
    farm = (states[-1]["value_added.farm"] / heads[1]) / (states[0]["value_added.farm"] / heads[0])
    business = states[-1]["income.rural_business"] / states[0]["income.rural_business"]
    pd.testing.assert_series_equal(business, farm, check_names=False)


def test_projects_add_exactly_their_entries(quzhou: Region) -> None:
    """What a plan promises for rural income is what is counted; town people get the rest of the pay."""
    offer = extra(rural_income=500.0, value_added=3000.0)
    without = run(quzhou, Population(), Income(), Work())
    having = run(quzhou, Population(), Income(), Work(), offer=offer)
    gained = having[-1]["stock.rural_income"] - without[-1]["stock.rural_income"]
    assert gained.tolist() == pytest.approx([500.0, 0, 0, 0, 0, 0], abs=1e-6)
    urban = having[-1]["people.urban"].groupby(quzhou.county_of(having[-1]["people.urban"].index)).sum()
    more = (having[-1]["income.urban"] - without[-1]["income.urban"]).iloc[0] * urban.iloc[0] / 10_000
    assert more == pytest.approx(3000.0 * 0.5 - 500.0)


def test_jobs_beyond_the_trend_draw_people_in_the_year_after(quzhou: Region) -> None:
    usual, more = (run(quzhou, Population(), Work(more=one)) for one in (1.0, 1.3))
    county = quzhou.county_of(usual[0]["people.total"].index).to_numpy()
    gains = [
        (b["people.total"] - a["people.total"]).groupby(county).sum().iloc[0]
        for a, b in zip(usual, more, strict=True)
    ]
    assert gains[0] == 0.0
    assert (pd.Series(gains).diff().iloc[1:] > 0).all()
    none = run(quzhou, Population(), Work(more=1.3), **{"elasticity.jobs": 0.0})
    pd.testing.assert_series_equal(none[-1]["people.total"], usual[-1]["people.total"])


def test_population_comes_before_what_it_answers_to() -> None:
    """A read of last year's value does not order the sectors, so there is no circle to break."""
    assert [sector.name for sector in ordered([Work(), Income(), Population()])] == [
        *("population", "work", "income")
    ]


def test_a_region_that_publishes_no_income_has_none() -> None:
    tiny = tongqu.load("tests/data/tiny")
    assume = Assume.of(tiny["standards"], Scenario())
    assert source_shares(lambda name: assume[name]).sum(axis=1).tolist() == pytest.approx([1.0, 1.0])
    states = simulate(
        tiny, ordered([Population(), Income()]), scenario=Scenario(last_year=2027), assume=assume
    )
    assert (states[-1]["income.rural"] == 0).all()
    assert (states[-1]["stock.rural_income"] == 0).all()


def test_a_pension_raise_takes_nothing_from_the_town(quzhou: Region) -> None:
    """Country income of a project that adds no value is no pay, so town people keep theirs."""
    from tongqu.contracts import join_offers

    both = extra(rural_income=500.0, value_added=3000.0)
    gift = extra(rural_income=4000.0)
    gift = Offer(gift.projects.assign(project="q"), gift.entries.assign(project="q"))
    scenario = Scenario(first_year=2026, last_year=2027)
    assume = Assume.of(quzhou["standards"], scenario)
    order = ordered([Population(), Income(), Work()])
    first, second = (
        simulate(
            quzhou,
            order,
            scenario=scenario,
            assume=assume,
            offer=offer,
            starts=pd.Series(dict.fromkeys(offer.projects["project"], 2026)),
        )[-1]
        for offer in (both, join_offers([both, gift]))
    )
    pd.testing.assert_series_equal(first["income.urban"], second["income.urban"])
    gained = second["stock.rural_income"] - first["stock.rural_income"]
    assert gained.iloc[0] == pytest.approx(4000.0)
