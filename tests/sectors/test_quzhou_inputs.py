"""Baseline and offers of the bundled region over ten years, without the solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import tongqu
from tongqu.contracts import Assume, Offer, Scenario, State, cost_entries
from tongqu.data import Region
from tongqu.engine.inputs import service_sums
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.engine.wishes import candidates_of
from tongqu.methods.people import imbalance
from tongqu.sectors import population
from tongqu.sectors.population.path import path


@dataclass(frozen=True)
class Made:
    """What the sectors say of a region: the years without a plan, and all that they offer."""

    region: Region
    states: tuple[State, ...]
    offer: Offer

    @property
    def years(self) -> list[int]:
        return [state.year for state in self.states]

    @property
    def counties(self) -> pd.Index:
        return self.region.level("county").index

    def unmet(self, service: str) -> pd.Series:
        """Most people without the service in any year, by village."""
        years = [state[f"demand.{service}"] - state[f"served.{service}"] for state in self.states]
        return pd.concat(years, axis=1).max(axis=1)


@pytest.fixture(scope="module")
def inputs() -> Made:
    region, scenario, sectors = tongqu.load("quzhou"), Scenario(), load_sectors()
    assume = Assume.of(region["standards"], scenario)
    states = simulate(region, sectors, scenario=scenario, assume=assume)
    return Made(region, states, collect_offers(region, sectors, states=states, assume=assume))


def test_hundreds_of_candidates_of_every_kind(inputs):
    projects = inputs.offer.projects
    assert len(projects) >= 800
    kinds = projects["kind"].value_counts()
    assert set(kinds.index) == {
        "town_road",
        "village_road",
        "clinic",
        "township_branch",
        "subcentre",
        "hospital_block",
        "primary_school",
        "primary_classes",
        "junior_school",
        "junior_classes",
        "nursery_school",
        "senior_classes",
        "junior_boarding",
        "school_bus",
        "primary_merge",
        "junior_merge",
        "ambulance_station",
        "day_care_centre",
        "child_care_centre",
        "meal_points",
        "hall_points",
        "mobile_hall",
        "ambulance_vehicle",
        "jobs",
        "homes",
        "young_to_villages",
        "registration",
        "relocation",
        "orchard_renewal",
        "cold_store",
        "processing_plant",
        "industry_park",
        "digital_farming",
        "brand_programme",
        "pension_raise",
        "bus_line",
        "bus_trips",
        "on_demand",
        "parcel_points",
        "logistics_station",
        "cold_station",
        "joint_line",
        "fibre",
        "base_station",
        "base_stations",
        "consolidation",
        "homestead_reuse",
        "quota_sale",
    }
    assert kinds.drop("junior_merge").min() >= len(inputs.counties)


def test_candidates_cost_take_land_and_open_within_the_plan(inputs):
    projects = inputs.offer.projects
    programmes = ["jobs", "homes", "young_to_villages", "registration", "pension_raise", "brand_programme"]
    sold = projects["kind"] == "quota_sale"
    assert (projects["capital_wan"] > 0).eq(~projects["kind"].isin(programmes) & ~sold).all()
    assert (projects.loc[sold, "capital_wan"] < 0).all(), "a sale brings money in"
    saving = ["relocation", "bus_line", "joint_line", "on_demand", "primary_merge", "junior_merge"]
    may_save = projects["kind"].isin(saving)
    assert (projects.loc[~may_save, "running_wan"] >= 0).all()
    assert (projects.loc[projects["kind"] == "relocation", "running_wan"] < 0).all()
    assert projects["lead"].between(0, inputs.years[-1] - inputs.years[0]).all()
    assert projects["county"].isin(inputs.counties).all()
    assert np.isfinite(projects.select_dtypes("number").to_numpy()).all()
    assert projects[["name_zh", "name_en", "unit", "node"]].ne("").all().all()
    per_km = projects[projects["kind"] == "village_road"].eval("capital_wan / size")
    assert np.allclose(per_km, 130), "one step, from a single lane to two"


def test_entries_are_finite_and_what_the_projects_say(inputs):
    offer = inputs.offer
    assert np.isfinite(offer.entries["amount"]).all()
    lead = offer.entries["project"].map(offer.projects.set_index("project")["lead"])
    sector = offer.entries["project"].map(offer.projects.set_index("project")["sector"])
    lasting = offer.entries["ledger"].isin(["served", "room", "stock", "staff", "link"])
    grows = sector.isin(["population", "industry", "social_security"])
    lasting &= offer.entries["key"] != "built_m2"
    lasting &= ~grows & ~((sector == "relocation") & (offer.entries["ledger"] == "stock"))
    assert (offer.entries.loc[lasting, "since"] == lead[lasting]).all()
    served = offer.entries[offer.entries["ledger"] == "served"]
    assert served["amount"].between(0, 1, inclusive="right").all()
    assert served["unit"].isin(inputs.region.level("village").index).all()
    stock = (offer.entries["ledger"] == "stock") & sector.isin(["industry", "social_security"])
    stock &= offer.entries["key"] != "built_m2"
    assert (offer.entries.loc[stock, "since"] >= lead[stock]).all()
    other = ["relocation", "social_security"]
    money = offer.entries["ledger"].eq("money") | offer.entries["key"].eq("construction")
    freed = (
        sector.isin(["land", "education"])
        & offer.entries["key"].eq("construction")
        & (offer.entries["amount"] < 0)
    )
    money = offer.entries[money & ~freed & ~sector.isin(other)]
    keys = ["project", "ledger", "unit", "key", "since", "until"]
    built = offer.projects[~offer.projects["sector"].isin(other)]
    again = cost_entries(built).set_index(keys)["amount"].sort_index()
    pd.testing.assert_series_equal(money.set_index(keys)["amount"].sort_index(), again)


def test_pairs_are_not_credited_alone(inputs):
    served = inputs.offer.entries[inputs.offer.entries["ledger"] == "served"]
    alone = set(zip(served["project"], served["unit"], served["key"], strict=True))
    for side in ("first", "second"):
        pairs = inputs.offer.pairs
        assert alone.isdisjoint(zip(pairs[side], pairs["unit"], pairs["key"], strict=True))


def test_every_school_and_care_candidate_serves_somebody(inputs):
    """By credit to people who lack the service, alone or in a pair, by beds, or as the way to one.

    Roads are offered before it is known whom they help to care and school; the plan leaves out idle ones.
    """
    offer = inputs.offer
    served = offer.entries[offer.entries["ledger"] == "served"]
    unmet = {str(key): inputs.unmet(str(key)) for key in served["key"].unique()}

    def lacking(rows: pd.DataFrame) -> pd.DataFrame:
        people = [unmet[key].get(unit, 0.0) for key, unit in zip(rows["key"], rows["unit"], strict=True)]
        return rows[np.asarray(people) > 0]

    pairs = lacking(offer.pairs)
    useful = {*lacking(served)["project"], *pairs["first"], *pairs["second"]}
    useful |= set(offer.entries.loc[offer.entries["ledger"] == "stock", "project"])
    useful |= set(offer.projects.loc[offer.projects["running_wan"] < 0, "project"])
    needs = offer.projects.set_index("project")["requires"]
    while more := {needs[project] for project in useful} - useful - {""}:
        useful |= more
    mine = offer.projects[offer.projects["sector"].isin(["health", "education"])]
    assert len(mine) > 500
    idle = mine.loc[~mine["project"].isin(useful), "project"]
    assert len(idle) == 0, f"{len(idle)} candidates serve nobody, the first is {idle.iloc[0]}"


def test_served_never_exceeds_demand_nor_demand_the_people(inputs):
    for state in inputs.states:
        for service in state.matching("served"):
            demand, served = state[f"demand.{service}"], state[f"served.{service}"]
            assert ((served >= 0) & (served <= demand + 1e-9)).all(), service
            assert (demand <= state["people.total"] + 1e-9).all(), service
    sums = service_sums(inputs.region, inputs.states)
    assert len(sums) == len(inputs.states) * len(inputs.counties) * 21


def test_people_are_the_census_and_then_the_counties_cohorts(inputs):
    """Towns and villages add up to the county's cohorts by residence and age in every year, exactly."""
    region, assume = inputs.region, Assume.of(inputs.region["standards"], Scenario())
    found = path(region, assume, until=inputs.years[-1])
    people = region["people"]
    census = people[(people["year"] == 2020) & people["unit"].isin(inputs.counties)]
    total = census.groupby("unit")["people"].sum().astype(float)
    assert found.people[0].sum(axis=(0, 2, 3, 4)) == pytest.approx(total[found.counties].to_numpy())
    assert imbalance(found.accounts) < 1e-6
    villages = region.level("village").index
    county = region.county_of(villages)
    for state in inputs.states:
        cells = found.people[found.years.index(state.year)].sum(axis=0)
        for residence, name in enumerate(("people.urban", "people.rural")):
            now = state[name].groupby(county).sum().reindex(found.counties)
            assert now.to_numpy() == pytest.approx(cells[:, residence].sum(axis=(1, 2)), rel=1e-12)
        old = state["people.old"].groupby(county).sum().reindex(found.counties)
        assert old.to_numpy() == pytest.approx(cells[..., 13:].sum(axis=(1, 2, 3)), rel=1e-12)
        assert np.allclose(state["people.urban"] + state["people.rural"], state["people.total"])
        assert (state["people.total"] >= 0).all()


def test_the_base_year_of_the_villages_is_their_table(inputs):
    region = inputs.region
    values = population.sector.step(
        region, State(2020), opened=Offer(), assume=Assume.of(region["standards"], Scenario())
    )
    people = region["people"]
    villages = region.level("village").index
    mine = people[(people["year"] == 2020) & people["unit"].isin(villages)].groupby("unit")["people"].sum()
    assert values["people.total"].to_numpy() == pytest.approx(mine[villages].to_numpy(), rel=2e-3)


def test_no_step_of_a_link_is_paid_for_twice(inputs):
    """Together the roads cost what it costs to bring each link up once to the best that any of them makes."""
    roads = inputs.offer.entries[inputs.offer.entries["ledger"] == "link"]
    roads = roads.merge(inputs.offer.projects[["project", "kind"]], on="project")
    assert not roads.duplicated(["kind", "key"]).any()
    links = inputs.region["links"].set_index("link")
    km, single = (roads["key"].map(links[column]) for column in ("length_km", "class"))
    cost = km.where(roads["kind"] == "town_road", 0.0).sum() * 450
    cost += km[(single == "village") & ~roads["key"].duplicated()].sum() * 130
    mine = inputs.offer.projects[inputs.offer.projects["sector"] == "transport"]
    assert mine["capital_wan"].sum() == pytest.approx(cost)


def test_every_village_off_the_two_lane_network_is_credited_by_one_road(inputs):
    credit = inputs.offer.entries.query("ledger == 'served' and key == 'graded_road'")
    credit = credit[~credit["project"].str.startswith("relocation:")]  # or its people move away
    lacking = inputs.unmet("graded_road")
    assert not credit.duplicated("unit").any()
    assert set(lacking.index[lacking > 0]) <= set(credit["unit"])


def test_a_towns_single_lane_villages_are_credited_by_its_widening(inputs):
    """Whoever stands on a link that a road widens is credited by it, or by what it requires."""
    offer, region = inputs.offer, inputs.region
    links = region["links"].set_index("link")
    wide = offer.entries[offer.entries["ledger"] == "link"][["project", "key"]]
    ends = pd.concat([wide.assign(node=wide["key"].map(links[side])) for side in ("from_node", "to_node")])
    homes = region.level("village")["node"].rename_axis("unit").reset_index()
    touched = ends.merge(homes, on="node")[["project", "unit"]].drop_duplicates()
    lacking = inputs.unmet("graded_road")
    touched = touched[touched["unit"].isin(lacking.index[lacking > 0])]
    credit = offer.entries.query("ledger == 'served' and key == 'graded_road'")[["project", "unit"]]
    needs = offer.projects.set_index("project")["requires"]
    whole = set(credit.itertuples(index=False, name=None))
    missing = [
        (project, unit)
        for project, unit in touched.itertuples(index=False, name=None)
        if (project, unit) not in whole and (needs[project], unit) not in whole
    ]
    assert missing == []


def test_limits_are_there_for_every_county_and_year(inputs):
    limits = inputs.offer.limits
    for key in ("room", "debt", "construction", "doctors", "teachers"):
        mine = limits[limits["key"] == key]
        assert len(mine) == len(inputs.counties) * len(inputs.years), key
        assert (mine["amount"] > 0).all(), key
    assert len(limits[limits["key"] == "pool"]) == len(inputs.years)


def test_a_banned_road_takes_what_lies_beyond_it_along(inputs):
    projects = inputs.offer.projects
    chained = projects[projects["requires"].isin(projects["project"])]
    first = chained["requires"].iloc[0]
    left = candidates_of(Offer(projects), Scenario(banned=(first,)), interest=0.0).projects
    gone = set(projects["project"]) - set(left["project"])
    assert first in gone
    assert set(projects.loc[projects["requires"].isin(gone), "project"]) <= gone
