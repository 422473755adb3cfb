"""Regions unlike the bundled one: without a city, a hospital, a road; what is missing is named."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from small import TINY, short
from tongqu.base import DataError
from tongqu.contracts import Assume, Offer, State
from tongqu.data import Region, load_region, make_region
from tongqu.engine.inputs import Inputs, service_sums
from tongqu.engine.optimise import optimise
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import simulate
from tongqu.sectors import finance, transport

SOURCE = load_region(TINY)
FAR, TOWN, COUNTY = "990102002002", "990102002", "990102"


def variant(**changes: pd.DataFrame | None) -> Region:
    own = {name: SOURCE[name] for name in SOURCE.tables if name not in (*SOURCE.provided, "imputations")}
    tables = {name: table for name, table in {**own, **changes}.items() if table is not None}
    return make_region(
        tables,
        name="t",
        title_zh="t",
        title_en="t",
        base_year=SOURCE.base_year,
        bbox=SOURCE.bbox,
        crs=SOURCE.crs,
    )


def inputs_of(region: Region) -> Inputs:
    return prepare(region, load_sectors(), scenario=short(last_year=2028, solver={"gap": 1e-3}))


@cache
def inputs_named(name: str) -> Inputs:
    return inputs_of(SOUND[name]())


def without(table: str, **values: object) -> pd.DataFrame:
    frame = SOURCE[table]
    keep = np.ones(len(frame), dtype=bool)
    for column, value in values.items():
        keep &= (frame[column] == value).to_numpy()
    return frame[~keep]


def blanked(table: str, column: str, *, unit: str) -> pd.DataFrame:
    frame = SOURCE[table]
    return frame.assign(**{column: frame[column].mask(frame["unit"] == unit)})


def no_city() -> Region:
    units = without("units", level="city")
    units = units.assign(parent=units["parent"].where(units["level"] != "county"))
    return variant(units=units, accounts=without("accounts", unit="990100"))


def one_county() -> Region:
    kept = {
        name: SOURCE[name][
            SOURCE[name]["unit"].str.startswith(("990101",)) | (SOURCE[name]["unit"] == "990100")
        ]
        for name in (
            "units",
            "people",
            "observations",
            "jobs",
            "accounts",
            "sites",
            "land_use",
            "parcel_demand",
            "village_buses",
            "village_broadband",
        )
    }
    return variant(**kept)


def no_networks() -> Region:
    """None of the tables that a region may leave out, and no site of a network."""
    gone = ("land_use", "parcel_demand", "village_buses", "village_broadband")
    networks = ["base_station", "logistics_centre", "logistics_station", "parcel_point"]
    sites = SOURCE["sites"]
    return variant(sites=sites[~sites["kind"].isin(networks)], **dict.fromkeys(gone))


def unknown(column: str, *names: str) -> pd.DataFrame:
    """The sites with the figure of some not known."""
    sites = SOURCE["sites"]
    return sites.assign(**{column: sites[column].mask(sites["site"].isin(names))})


def schools() -> list[str]:
    sites = SOURCE["sites"]
    return sorted(sites.loc[sites["kind"].isin(["primary_school", "junior_school"]), "site"])


def no_people_in_villages() -> pd.DataFrame:
    people = SOURCE["people"]
    return people[(people["unit"].str.len() < 12) | ~people["unit"].str.startswith(COUNTY)]


SOUND = {
    "no city": no_city,
    "one county": one_county,
    "no county hospital": lambda: variant(sites=without("sites", kind="county_hospital")),
    "no township hospital": lambda: variant(sites=without("sites", kind="township_hospital")),
    "a village that no road reaches": lambda: variant(links=without("links", link="l12")),
    "a town without a node of its own": lambda: variant(units=blanked("units", "node", unit=TOWN)),
    "no tables of land and networks": no_networks,
    "a single census": lambda: variant(people=without("people", year=2010)),
    "a village neither urban nor rural": lambda: variant(units=blanked("units", "residence", unit=FAR)),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_region_gets_offers_and_a_baseline(name):
    made = inputs_named(name)
    sums = service_sums(made.region, made.states)
    assert (sums["served"] <= sums["demand"] + 1e-9).all()
    assert (sums[["served", "demand"]] >= 0).all().all()
    assert np.isfinite(made.offer.entries["amount"]).all()
    assert np.isfinite(made.indicators.indices.to_numpy()).all()
    assert len(made.offer.projects) > 5


@pytest.mark.parametrize("name", ["no city", "one county"])
def test_a_plan_can_be_made_there(name):
    made = inputs_named(name)
    plan = optimise(made)
    assert plan.certificate.objective >= plan.certificate.baseline - 1e-9
    assert len(plan.starts) > 0


def test_a_poor_region_is_not_planned_below_its_baseline():
    """No site at all: beds and doctors lie below their worst goalposts, and score 0 there."""
    made = inputs_of(variant(sites=SOURCE["sites"].iloc[:0]))
    plan = optimise(made)
    assert plan.certificate.bound >= plan.certificate.baseline - 1e-9
    assert plan.certificate.objective >= plan.certificate.baseline - 1e-3


def test_a_region_of_towns_only_is_diagnosed_without_shares_of_nobody():
    """A share of nobody is not known: no figure, and no warning."""
    units = SOURCE["units"]
    region = variant(units=units.assign(residence=units["residence"].replace("rural", "urban")))
    scenario = short()
    assume = Assume.of(region["standards"], scenario)
    sectors = load_sectors()
    state = simulate(region, sectors, scenario=scenario, assume=assume, years=[2026])[0]
    assert state["people.rural"].sum() == 0
    found = pd.concat([sector.diagnose(region, state).figures for sector in sectors])
    value = found.set_index("variable")["value"]
    assert value["clinic: within reach, %"].isna().all()
    assert value["rural people on a graded road, %"].isna().all()
    assert value["county_hospital: within reach, %"].between(0, 100).all()
    assert value["urban share, %"].to_list() == [100.0, 100.0]


def test_a_county_that_spends_nothing_has_no_self_sufficiency():
    accounts = SOURCE["accounts"]
    spent = accounts["item"].isin(["expenditure", "debt"]) & (accounts["unit"] == COUNTY)
    region = variant(accounts=accounts.assign(amount_wan=accounts["amount_wan"].mask(spent, 0.0)))
    values = finance.sector.step(
        region, State(2026), opened=Offer(), assume=Assume.of(region["standards"], short())
    )
    figures = finance.sector.diagnose(region, State(2026, values)).figures
    share = figures[figures["variable"] == "fiscal self-sufficiency, %"].set_index("unit")["value"]
    assert share.index[share.isna()].tolist() == [COUNTY]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: variant(units=blanked("units", "node", unit=FAR)), (f"the village {FAR} has no road node",)),
        (
            lambda: variant(
                units=blanked("units", "node", unit=COUNTY).assign(
                    seat=lambda units: units["seat"].mask(units["unit"] == COUNTY)
                )
            ),
            (f"the county {COUNTY} has no road node", "name as its seat a town that has one"),
        ),
        (
            lambda: variant(
                units=blanked("units", "node", unit=TOWN).assign(
                    seat=lambda units: units["seat"].mask(units["unit"] == TOWN)
                )
            ),
            (f"the town {TOWN} has no road node", "name as its seat a village that has one"),
        ),
        (lambda: variant(people=no_people_in_villages()), (f"no village of {COUNTY} has people in 2020",)),
        (
            lambda: variant(sites=unknown("capacity", "h01", "t01")),
            ("no beds given for 1 of 2 sites of kind 'county_hospital'", "h01"),
        ),
        (
            lambda: variant(sites=unknown("staff", *SOURCE["sites"]["site"])),
            (
                "no doctors given for 5 of 5 sites of kind 'clinic'",
                "no doctors given for 3 of 3 sites of kind 'township_hospital'",
            ),
        ),
        (
            lambda: variant(sites=unknown("capacity", *schools())),
            ("no places given for 2 of 2 sites of kind 'junior_school'", *schools()),
        ),
        (lambda: variant(accounts=without("accounts", unit=COUNTY, year=2023)), (COUNTY, "2023")),
        (lambda: variant(accounts=without("accounts", item="debt_limit")), ("debt_limit",)),
        (lambda: variant(accounts=None), ("accounts",)),
    ],
    ids=[
        "a village without a node",
        "a county seat unknown",
        "a town without a node or seat",
        "a county without people in its villages",
        "beds unknown",
        "doctors unknown",
        "school places unknown",
        "accounts of an earlier year",
        "no debt limit",
        "no accounts",
    ],
)
def test_what_is_missing_is_named(make, names):
    with pytest.raises(DataError) as caught:
        inputs_of(make())
    assert all(name in str(caught.value) for name in names), caught.value


def test_the_staff_of_schools_and_the_beds_of_clinics_may_be_unknown():
    sites = SOURCE["sites"]
    schools_too = unknown("staff", *schools())
    clinics = schools_too.assign(capacity=sites["capacity"].mask(sites["kind"] == "clinic"))
    region = variant(sites=clinics)
    assume = Assume.of(region["standards"], short())
    state = simulate(region, load_sectors(), scenario=short(), assume=assume, years=[2026])[0]
    assert state["stock.beds"].to_dict() == {"990101": 60 + 10 + 8, COUNTY: 25 + 8}
    assert (state["served.primary_place"] > 0).any()


def classes_with(**values: object) -> pd.DataFrame:
    """The road classes with other values for single-lane roads."""
    classes = SOURCE["road_classes"]
    mine = classes["class"] == "village"
    return classes.assign(**{column: classes[column].mask(mine, value) for column, value in values.items()})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"upgrade_to": None}, ("'village' cannot be brought up to 'county'", "fill in upgrade_to")),
        ({"cost_wan_per_km": np.nan, "land_mu_per_km": np.nan}, ("fill in cost_wan_per_km, land_mu_per_km",)),
        ({"upgrade_to": "village"}, ("let upgrade_to name a class with a lower rank number",)),
    ],
    ids=["nowhere", "without a price", "in a circle"],
)
def test_a_road_class_that_leads_nowhere_is_named(values, words):
    with pytest.raises(DataError) as caught:
        transport.sector.offer(variant(road_classes=classes_with(**values)), None, assume=None)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("name", ["county", "township"])
def test_own_road_classes_lack_one_that_roads_are_brought_up_to(name):
    renamed = SOURCE["road_classes"].replace({"class": {name: "own"}, "upgrade_to": {name: "own"}})
    links = SOURCE["links"].replace({"class": {name: "own"}})
    with pytest.raises(DataError, match=f"no road class '{name}', which the roads of .* are brought up to"):
        transport.sector.offer(variant(road_classes=renamed, links=links), None, assume=None)


def test_own_road_classes_with_other_steps_are_used():
    """A gravel road below the single lane goes up three steps; a motorway without a way up is left alone."""
    classes = SOURCE["road_classes"]
    gravel = classes[classes["class"] == "village"].assign(
        **{"class": "gravel", "rank": 9, "upgrade_to": "village", "cost_wan_per_km": 50.0}
    )
    links = SOURCE["links"]
    links = links.assign(**{"class": links["class"].mask(links["link"] == "l07", "gravel")})
    region = variant(road_classes=pd.concat([classes, gravel], ignore_index=True), links=links)
    projects = transport.sector.offer(region, None, assume=None).projects.set_index("project")
    assert projects["capital_wan"]["village_road:990101002002"] == pytest.approx(8.8 * (50 + 130))


def test_a_region_whose_roads_are_all_wide_offers_none():
    links = SOURCE["links"]
    offer = transport.sector.offer(variant(links=links.assign(**{"class": "county"})), None, assume=None)
    assert offer.checked("transport").projects.empty
