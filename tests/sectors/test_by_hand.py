"""A county of one road, where every minute, place and 万元 can be worked out with a pencil.

    D (20 min) -- S, the seat -- 12 min -- A -- 12 min -- B -- 14.4 min -- C

    S-A  township road   7 km     A-B  single lane  5 km
    S-D  county road    15 km     B-C  single lane  6 km

Each village has 50 people of 0-4, 5-9, 10-14 (60 primary, 30 junior pupils), 15-19 and 30-34: 250 in all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from one_road import (
    CODE,
    COUNTY,
    KIND,
    LON,
    OUTER,
    SEAT,
    SPLIT,
    TICK,
    by_letter,
    county,
    entries,
    links,
    offer_of,
    planned,
    units,
)
from small import short
from tongqu.base import ScenarioError
from tongqu.contracts import Assume, Offer, State
from tongqu.data import Region
from tongqu.engine.prepare import prepare
from tongqu.engine.registry import load_sectors
from tongqu.engine.simulate import collect_offers, simulate
from tongqu.methods.people import china_table, single_years
from tongqu.sectors import population, transport
from tongqu.sectors.population.path import path


@pytest.fixture(scope="module")
def inputs():
    return prepare(county(), load_sectors(), scenario=short(last_year=2028))


@pytest.fixture(scope="module")
def state(inputs):
    return inputs.states[0]


@pytest.fixture(scope="module")
def offer(inputs) -> Offer:
    return offer_of(inputs)


# --- transport ---------------------------------------------------------------------------------------


def test_minutes_to_the_seat(state):
    assert by_letter(state["minutes.county_seat"]) == pytest.approx(
        {"S": 0, "A": 12, "B": 24, "C": 38.4, "D": 20}, abs=TICK
    )


def test_villages_on_the_two_lane_network(state):
    served = by_letter(state["served.graded_road"])
    assert {letter for letter, count in served.items() if count} == {"A", "D"}, (
        "S is urban, B and C single lane"
    )


def test_a_town_road_is_the_way_to_the_seat_brought_to_class_three(offer):
    road = offer.projects.set_index("project").loc[f"town_road:{OUTER}"]
    assert (road["capital_wan"], road["running_wan"], road["land_mu"]) == pytest.approx(
        (7 * 450, 7 * 2.5, 7 * 9)
    )
    assert (road["lead"], road["county"], road["size"]) == (1, COUNTY, 7.0)
    link = entries(offer, f"town_road:{OUTER}", "link")
    assert (list(link["key"]), list(link["amount"])) == (["sa"], pytest.approx([7 / 45 * 60]))
    assert f"town_road:{SEAT}" not in set(offer.projects["project"])


def test_village_roads_form_a_chain(offer):
    roads = offer.projects[offer.projects["kind"] == "village_road"].set_index("project")
    near, far = f"village_road:{CODE['B']}", f"village_road:{CODE['C']}"
    assert roads["requires"].to_dict() == {near: "", far: near}
    assert roads["capital_wan"].to_dict() == pytest.approx({near: 5 * 130, far: 6 * 130})
    assert list(entries(offer, far, "link")["key"]) == ["bc"]
    assert list(entries(offer, far, "served").query("key == 'graded_road'")["unit"]) == [CODE["C"]]


def roads_of(region: Region) -> Offer:
    """What transport offers, checked; every step of every link is paid for once."""
    found = transport.sector.offer(region, None, assume=None).checked("transport")
    links = region["links"].set_index("link")
    work = found.entries[found.entries["ledger"] == "link"].merge(found.projects[["project", "kind"]])
    assert not work.duplicated(["kind", "key"]).any()
    price = work["kind"].map({"village_road": 130, "town_road": 450}).astype("float64")
    km = work["key"].map(links["length_km"]).astype("float64")
    assert found.projects["capital_wan"].sum() == pytest.approx((km * price).sum())
    widened, raised = (set(work.loc[work["kind"] == kind, "key"]) for kind in ("village_road", "town_road"))
    single = set(links.index[links["class"] == "village"])
    assert widened <= single
    assert raised & single <= widened
    return found


def test_the_single_lane_part_of_a_towns_way_is_widened_first():
    """Two lanes to A serve A at their price; class III goes on from there, and C beyond B as ever."""
    region = county(links=links().assign(**{"class": ["village", "county", "village", "village"]}))
    offer = roads_of(region)
    roads = offer.projects.set_index("project")
    wide, narrow = f"town_road:{OUTER}", f"village_road:{OUTER}"
    near, far = f"village_road:{CODE['B']}", f"village_road:{CODE['C']}"
    assert roads["requires"].to_dict() == {wide: narrow, narrow: "", near: narrow, far: near}
    assert roads["capital_wan"].to_dict() == pytest.approx(
        {wide: 7 * 450, narrow: 7 * 130, near: 5 * 130, far: 6 * 130}
    )
    assert list(entries(offer, narrow, "link")["amount"]) == pytest.approx([7 / 35 * 60])
    assert list(entries(offer, wide, "link")["amount"]) == pytest.approx([7 / 45 * 60])


def test_a_village_on_a_road_that_was_widened_is_on_a_graded_road():
    region = county(links=links().assign(**{"class": ["village", "county", "village", "village"]}))
    assume, sectors = Assume.of(region["standards"], short()), load_sectors(["population", "transport"])
    offer = transport.sector.offer(region, None, assume=assume)
    starts = pd.Series({f"village_road:{OUTER}": 2026, f"town_road:{OUTER}": 2027})
    before = simulate(region, sectors, scenario=short(), assume=assume)
    states = simulate(region, sectors, scenario=short(), assume=assume, offer=offer, starts=starts)
    need = before[1]["demand.graded_road"]
    assert before[1]["served.graded_road"][CODE["A"]] == 0
    assert states[1]["served.graded_road"][CODE["A"]] == need[CODE["A"]] > 0
    assert states[1]["served.graded_road"][CODE["B"]] == 0
    assert [state["links.minutes"]["sa"] for state in states] == pytest.approx([16.8, 12, 7 / 45 * 60])


def two_towns(*classes: str) -> Region:
    """B is a town of its own beyond A."""
    table = units()
    third = f"{COUNTY}003"
    table.loc[table["unit"] == CODE["B"], "parent"] = third
    town = table[table["unit"] == OUTER].assign(unit=third, name="远乡", seat=CODE["B"], lon=LON["B"])
    return county(
        units=pd.concat([table, town], ignore_index=True), links=links().assign(**{"class": list(classes)})
    )


@pytest.mark.parametrize(
    ("classes", "requires", "capital"),
    [
        (
            ("township", "county", "township", "village"),
            {"town_road:2": "", "town_road:3": "town_road:2", "village_road:C": ""},
            {"town_road:2": 7 * 450, "town_road:3": 5 * 450, "village_road:C": 6 * 130},
        ),
        (
            ("township", "county", "village", "village"),
            {
                "town_road:2": "",
                "town_road:3": "village_road:3",
                "village_road:3": "",
                "village_road:C": "village_road:3",
            },
            {
                "town_road:2": 7 * 450,
                "town_road:3": 5 * 450,
                "village_road:3": 5 * 130,
                "village_road:C": 6 * 130,
            },
        ),
        (
            ("village", "county", "village", "village"),
            {
                "town_road:2": "village_road:2",
                "town_road:3": "village_road:3",
                "village_road:2": "",
                "village_road:3": "village_road:2",
                "village_road:C": "village_road:3",
            },
            {
                "town_road:2": 7 * 450,
                "town_road:3": 5 * 450,
                "village_road:2": 7 * 130,
                "village_road:3": 5 * 130,
                "village_road:C": 6 * 130,
            },
        ),
        (
            ("county", "county", "county", "village"),
            {"village_road:C": ""},
            {"village_road:C": 6 * 130},
        ),
    ],
    ids=["two lanes", "single lane beyond", "single lane throughout", "class III already"],
)
def test_two_towns_on_one_road_share_it(classes, requires, capital):
    ends = {OUTER: "2", f"{COUNTY}003": "3", CODE["C"]: "C"}
    roads = roads_of(two_towns(*classes)).projects
    name = roads["kind"] + ":" + roads["unit"].map(ends)
    needs = roads["requires"].map(dict(zip(roads["project"], name, strict=True))).fillna("")
    assert dict(zip(name, needs, strict=True)) == requires
    assert dict(zip(name, roads["capital_wan"], strict=True)) == pytest.approx(capital)


TWO_TOWNS = two_towns("county", "county", "county", "county")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(["county", "township", "village"]), min_size=4, max_size=4))
def test_whatever_the_roads_are_each_step_is_paid_once_and_each_village_served_once(classes):
    table = TWO_TOWNS["links"].sort_values("link").assign(**{"class": classes})
    offer = roads_of(replace(TWO_TOWNS, tables={**TWO_TOWNS.tables, "links": table}))
    wide = table[table["class"] != "village"]
    graded = {*wide["from_node"], *wide["to_node"]}
    credit = offer.entries.query("ledger == 'served'")["unit"]
    assert not credit.duplicated().any()
    if graded:
        assert set(credit) == {code for letter, code in CODE.items() if letter not in graded}


# --- health ------------------------------------------------------------------------------------------


def test_minutes_to_care_and_who_is_within(state):
    assert by_letter(state["minutes.medical_circle"]) == pytest.approx(
        {"S": 0, "A": 0, "B": 12, "C": 26.4, "D": 20}, abs=TICK
    )
    assert by_letter(state["served.medical_circle"]) == pytest.approx(
        {"S": 0, "A": 250, "B": 250, "C": 0, "D": 250}
    )
    assert by_letter(state["served.county_hospital"]) == pytest.approx(
        {"S": 250, "A": 250, "B": 0, "C": 0, "D": 250}
    )
    assert by_letter(state["minutes.clinic"]) == pytest.approx({"S": 0, "A": 0, "B": 60, "C": 132, "D": 0})


def test_the_limit_itself_is_within(state):
    assert state["minutes.medical_circle"][CODE["D"]] == pytest.approx(20)
    assert state["served.medical_circle"][CODE["D"]] > 0


def test_beds_and_doctors(state):
    assert (state["stock.beds"][COUNTY], state["stock.doctors"][COUNTY]) == (48.0, 25.0)


def test_a_road_brings_a_village_inside_the_circle_and_a_pair_inside_the_hospitals(offer):
    """C to A over widened roads: 11 km at 35 km/h, 18.9 minutes; to a sub-centre at A that needs both."""
    road = f"village_road:{CODE['C']}"
    found = entries(offer, road, "served")
    assert {(row.key, row.unit) for row in found.itertuples()} >= {("medical_circle", CODE["C"])}
    pairs = offer.pairs[offer.pairs["key"] == "county_hospital"]
    assert (road, "subcentre:t1", CODE["C"]) in set(
        zip(pairs["first"], pairs["second"], pairs["unit"], strict=True)
    )
    alone = entries(offer, "subcentre:t1", "served").query("key == 'county_hospital'")
    assert set(alone["unit"]) == {CODE["B"]}, "12 minutes to A; C is 26.4 minutes away"
    town = entries(offer, f"town_road:{OUTER}", "served").query("key == 'county_hospital'")
    assert town.empty, "12 + 9.33 minutes from B to S are still more than 20"


def test_what_care_costs(offer):
    projects = offer.projects.set_index("project")
    centre, block, clinic = (
        projects.loc[name] for name in ("subcentre:t1", "hospital_block:h1:1", f"clinic:{CODE['B']}")
    )
    assert (centre["capital_wan"], centre["running_wan"]) == (3500, 50 * 8)
    assert (block["capital_wan"], block["land_mu"]) == (6000, pytest.approx(100 * 115 / (10_000 / 15)))
    assert (clinic["capital_wan"], clinic["running_wan"], clinic["land_mu"]) == (40, 8, pytest.approx(0.225))
    assert projects["requires"]["hospital_block:h1:3"] == "hospital_block:h1:2"
    assert entries(offer, "subcentre:t1", "staff")["amount"].tolist() == [pytest.approx(50 * 0.35)]


# --- education ---------------------------------------------------------------------------------------


def test_rides_by_bus(state):
    assert by_letter(state["minutes.primary_ride"]) == pytest.approx(
        {"S": 0, "A": 18, "B": 36, "C": 57.6, "D": 30}, abs=TICK
    )
    assert by_letter(state["served.primary_ride"]) == pytest.approx(
        {"S": 0, "A": 60, "B": 0, "C": 0, "D": 60}, rel=SPLIT
    )
    assert by_letter(state["served.junior_ride"]) == pytest.approx(
        {"S": 0, "A": 30, "B": 30, "C": 0, "D": 30}, rel=SPLIT
    )


def test_places_go_to_the_nearer_pupils(state):
    """150 places: 60 of S, 60 of A (18 minutes), 30 of the 60 of D (30 minutes); B and C ride too long."""
    assert by_letter(state["demand.primary_place"]) == pytest.approx(dict.fromkeys(CODE, 60.0), rel=SPLIT)
    served = by_letter(state["served.primary_place"])
    assert served == pytest.approx({"S": 60, "A": 60, "B": 0, "C": 0, "D": 30}, rel=0.1)
    assert sum(served.values()) == pytest.approx(150), "every place is taken"
    assert by_letter(state["served.junior_place"]) == pytest.approx(
        {"S": 30, "A": 30, "B": 30, "C": 0, "D": 30}, rel=SPLIT
    )


def test_schools_on_offer(offer):
    projects = offer.projects[offer.projects["sector"] == "education"].set_index("project")
    primary = {f"primary_school:{CODE[letter]}" for letter in "BC"} | {
        f"primary_classes:p1:{n}" for n in (6, 12)
    }
    assert {name for name in projects.index if name.startswith("primary")} == primary
    assert {name for name in projects.index if name.startswith("junior_school")} == {
        f"junior_school:{CODE['C']}"
    }
    new = projects.loc[f"primary_school:{CODE['B']}"]
    assert (new["size"], new["capital_wan"]) == (120, pytest.approx(120 * 7.9 * 0.4))
    assert new["land_mu"] == pytest.approx(120 * 28 / (10_000 / 15))
    more = projects.loc["primary_classes:p1:6"]
    assert (more["size"], more["group"]) == (6 * 45, "primary_classes:p1")
    credit = entries(offer, "primary_classes:p1:6", "served")
    assert set(credit["unit"]) == {CODE["D"]}, "the only village in reach that lacks places"
    assert entries(offer, "primary_classes:p1:6", "staff")["amount"].tolist() == [pytest.approx(270 / 17)]


def test_an_opened_school_serves_what_was_promised(inputs):
    states = planned(inputs, inputs.offer, **{f"primary_school__{CODE['B']}": 2026})
    assert by_letter(states[1]["served.primary_place"])["B"] == 0, "still being built"
    assert by_letter(states[2]["served.primary_place"]) == pytest.approx(
        {"S": 60, "A": 60, "B": 60, "C": 60, "D": 30}, rel=0.1
    )


# --- finance -----------------------------------------------------------------------------------------


def test_accounts_grow_and_bound_the_plan(inputs, state):
    own, transfers = 1000 * 1.04**2, 500 * 1.02**2
    assert state["account.own_revenue"][COUNTY] == pytest.approx(own)
    pensions, before = (state[f"pension.public_cost{when}"][COUNTY] for when in ("", "_base"))
    assert state["account.expenditure"][COUNTY] == pytest.approx((1400 - before) * 1.03**2 + pensions)
    limits = inputs.offer.limits.set_index(["key", "unit", "year"])["amount"]
    assert limits["room", COUNTY, 2026] == pytest.approx((own + transfers) * 0.01)
    assert limits["debt", COUNTY, 2027] == pytest.approx((700 - 300) * 0.25)


def test_running_costs_of_opened_projects_are_spent(inputs):
    states = planned(inputs, inputs.offer, **{f"clinic__{CODE['B']}": 2026})
    more = [
        after["account.expenditure"][COUNTY] - before["account.expenditure"][COUNTY]
        for before, after in zip(inputs.states, states, strict=True)
    ]
    assert more == pytest.approx([0, 8, 8])


# --- population --------------------------------------------------------------------------------------

AGES = ("0", "1-4", *(f"{age}-{age + 4}" for age in range(5, 85, 5)), "85+")
STARTS = (0, 1, *range(5, 90, 5))


def two_censuses(first: float = 100.0, second: float = 100.0) -> pd.DataFrame:
    """A stationary population: years lived by ``first`` born a year in 2010, ``second`` in 2020."""
    rows = []
    for sex, e0 in (("male", 74.0), ("female", 80.0)):
        lived = single_years(china_table(e0, sex=sex)).Lx
        each = np.add.reduceat(lived, STARTS)
        for unit in (COUNTY, *CODE.values()):
            for year, born in ((2010, first), (2020, second)):
                if year == 2020 or unit == COUNTY:
                    people = np.round(born * each) * (5 if unit == COUNTY else 1)
                    rows += [
                        {"unit": unit, "year": year, "sex": sex, "age": age, "people": value}
                        for age, value in zip(AGES, people, strict=True)
                    ]
    return pd.DataFrame(rows).assign(**KIND)


def number(people: pd.DataFrame, *, year: int = 2020) -> float:
    """People of the county in a year."""
    return float(people.loc[(people["unit"] == COUNTY) & (people["year"] == year), "people"].sum())


def counted(first: float, second: float) -> pd.DataFrame:
    rows = [
        {"unit": COUNTY, "year": year, "variable": f"{side}_people", "value": 1000 * part}
        for year, share in ((2010, first), (2020, second))
        for side, part in (("urban", share), ("rural", 1 - share))
    ]
    rows.append({"unit": COUNTY, "year": 2020, "variable": "mean_schooling_years", "value": 9.0})
    return pd.DataFrame(rows).assign(**KIND)


def step(region: Region, year: int, **changes: float) -> dict[str, pd.Series]:
    scenario = short(assume={name.replace("__", "."): value for name, value in changes.items()})
    assume = Assume.of(region["standards"], scenario)
    return dict(population.sector.step(region, State(year), opened=Offer(), assume=assume))


def test_people_of_the_census_year_are_the_census():
    table = two_censuses(100.0, 90.0)
    values, each = step(county(year=2020, people=table), 2020), number(table) / 5
    assert values["people.total"].to_numpy() == pytest.approx(np.full(5, each))
    old = table[table["age"].isin(["65-69", "70-74", "75-79", "80-84", "85+"]) & (table["year"] == 2020)]
    assert values["people.old"].sum() == pytest.approx(old.loc[old["unit"] == COUNTY, "people"].sum())
    assert values["people.urban"].sum() == pytest.approx(each)
    assert values["stock.urban_people"].to_dict() == {COUNTY: pytest.approx(each)}


def test_one_census_closes_the_county():
    """Nobody comes or leaves: a year's change is births less deaths, and nobody changes place."""
    region = county(year=2020, people=two_censuses().query("year == 2020"))
    now, then = (step(region, year)["people.total"].sum() for year in (2020, 2021))
    found = path(region, Assume.of(region["standards"], short()), until=2021)
    account = found.accounts
    assert then - now == pytest.approx((account.births - account.deaths).sum())
    assert all((getattr(account, name) == 0).all() for name in ("arrivals", "immigrants", "emigrants"))
    assert account.deaths.sum() > 0 < account.births.sum()


def test_an_emptying_county_goes_on_emptying_and_a_filling_one_filling():
    few, many = (
        path(
            (region := county(year=2020, people=two_censuses(first, second))),
            Assume.of(region["standards"], short()),
            until=2025,
        )
        for first, second in ((100.0, 70.0), (100.0, 130.0))
    )
    net = [(found.accounts.immigrants - found.accounts.emigrants).sum() for found in (few, many)]
    assert net[0] < 0 < net[1]


def test_the_decade_of_the_censuses_ends_with_the_towns_that_were_counted():
    """Carried over the decade with what was read from it, the urban share is the census's."""
    region = county(year=2020, people=two_censuses(100.0, 105.0), observations=counted(0.15, 0.3))
    assume = Assume.of(region["standards"], short())
    later = path(region, assume, until=2030).people
    shares = [values[:, :, 0].sum() / values.sum() for values in (later[0], later[-1])]
    assert shares[0] == pytest.approx(0.3)
    assert shares[1] > 0.36, "it goes on"
    still = path(
        region,
        Assume.of(
            region["standards"], short(assume={"migration.townward": 0.0, "migration.reclassify": 0.0})
        ),
        until=2030,
    ).people
    assert still[-1][:, :, 0].sum() / still[-1].sum() < shares[1]


def test_a_county_of_towns_only_keeps_all_its_people():
    region = county(
        year=2020,
        people=two_censuses(),
        observations=counted(0.7, 0.8),
        units=units().assign(residence=lambda t: t["residence"].replace("rural", "urban")),
    )
    values = step(region, 2026)
    assert values["people.total"].sum() == pytest.approx(values["cells.people"].sum())
    assert values["people.urban"].sum() == pytest.approx(values["people.total"].sum())


def test_a_county_of_villages_only_keeps_all_its_people():
    region = county(
        year=2020,
        people=two_censuses(),
        observations=counted(0.1, 0.2),
        units=units().assign(residence=lambda t: t["residence"].replace("urban", "rural")),
    )
    values = step(region, 2033)
    assert values["people.rural"].sum() == pytest.approx(values["cells.people"].sum())
    assert values["people.urban"].sum() == 0


def test_an_age_that_no_village_has_goes_by_all_ages():
    """Nobody of 85 or more in the villages of 2020, but somebody in the county: rural villages have alike."""
    table = two_censuses()
    table = table[~((table["age"] == "85+") & (table["unit"] != COUNTY))]
    values = step(county(year=2020, people=table), 2020)
    assert values["people.total"].sum() == pytest.approx(number(table))
    villages = values["people.old"][[CODE[x] for x in "ABCD"]]
    assert villages.to_numpy() == pytest.approx(np.full(4, villages.mean()))
    old = table[table["age"].isin(["65-69", "70-74", "75-79", "80-84", "85+"]) & (table["year"] == 2020)]
    assert values["people.old"].sum() == pytest.approx(old.loc[old["unit"] == COUNTY, "people"].sum())


def test_remote_villages_lose_more():
    region = county(year=2020, people=two_censuses(), observations=counted(0.15, 0.3))
    far, flat = (step(region, 2035, village__remoteness=value)["people.rural"] for value in (1.0, 0.0))
    assert far.sum() == pytest.approx(flat.sum())
    assert far[CODE["C"]] < flat[CODE["C"]] < far[CODE["A"]]


def test_a_stronger_centre_draws_more():
    """The seat's town against other towns, where there is one: D is urban too."""
    table = units()
    table.loc[table["unit"] == CODE["B"], "residence"] = "urban"
    region = county(year=2020, people=two_censuses(), units=table, observations=counted(0.3, 0.4))
    strong, even, weak = (step(region, 2035, lever__centre=value)["people.urban"] for value in (1.5, 1, 0.8))
    assert strong.sum() == pytest.approx(even.sum()) == pytest.approx(weak.sum())
    assert strong[CODE["S"]] > even[CODE["S"]] > weak[CODE["S"]]


def test_steps_of_several_years_are_the_years_one_by_one():
    region = county(year=2020, people=two_censuses(100.0, 105.0), observations=counted(0.15, 0.3))
    assume, sectors = Assume.of(region["standards"], short()), load_sectors(["population"])
    ask = {"scenario": short(), "assume": assume}
    at_once = simulate(region, sectors, years=[2020, 2030], **ask)[-1]
    each = simulate(region, sectors, years=list(range(2020, 2031)), **ask)[-1]
    for name in ("people.total", "people.old", "stock.registered"):
        assert at_once[name].to_numpy() == pytest.approx(each[name].to_numpy(), rel=1e-12)
    assert step(region, 2030)["people.total"].to_numpy() == pytest.approx(each["people.total"].to_numpy())


def programme(
    kind: str, region: Region, year: int, *, parts: int
) -> tuple[Offer, tuple[State, ...], tuple[State, ...]]:
    """The first parts of one kind, and the states without them and with them from a year on."""
    assume, sectors = Assume.of(region["standards"], short(last_year=2032)), load_sectors(["population"])
    ask = {"scenario": short(last_year=2032), "assume": assume}
    before = simulate(region, sectors, **ask)
    names = [f"{kind}:{COUNTY}:{part}" for part in range(1, parts + 1)]
    offer = collect_offers(region, sectors, states=before, assume=assume).of(names)
    starts = pd.Series(year, index=names)
    return offer, before, simulate(region, sectors, offer=offer, starts=starts, **ask)


BIG = {"first": 500.0, "second": 520.0}


@pytest.mark.parametrize(
    ("kind", "stock", "parts"),
    [
        ("jobs", "urban_people", 4),
        ("homes", "urban_people", 1),
        ("young_to_villages", "rural_young", 4),
        ("registration", "registered", 3),
    ],
)
def test_a_programme_brings_what_it_promises_nearly(kind, stock, parts):
    classes = ("same_county", "same_province", "other_province")
    stock_rows = [
        {"unit": COUNTY, "year": year, "variable": f"migrants_{name}", "value": count}
        for year, count in ((2010, 10_000.0), (2020, 15_000.0))
        for name in classes
    ]
    seen = pd.concat([counted(0.15, 0.3), pd.DataFrame(stock_rows).assign(**KIND)])
    words = pd.DataFrame(
        [
            {"variable": name, "name_zh": name, "name_en": name, "unit_of_measure": "person", "meaning": ""}
            for name in seen["variable"].unique()
        ]
    )
    region = county(year=2020, people=two_censuses(**BIG), observations=seen, variables=words)
    offer, before, after = programme(kind, region, 2026, parts=parts)
    projects, entries_ = offer.projects, offer.entries
    paid = entries_[entries_["key"] == "running"]
    assert paid["amount"].tolist() == pytest.approx(projects["running_wan"].tolist())
    assert projects["requires"].tolist() == ["", *projects["project"].iloc[:-1]]
    assert projects["size"].tolist() == [projects["size"].iloc[0]] * parts, "the parts are equal"
    mine = entries_[(entries_["ledger"] == "stock") & (entries_["key"] == stock)]
    promised = mine.loc[mine["since"] <= 5, "amount"].sum()
    gained = float((after[5][f"stock.{stock}"] - before[5][f"stock.{stock}"]).sum())
    assert promised > 0
    assert gained == pytest.approx(promised, rel=0.02), "the promise is the model's own answer"
    assert after[0][f"stock.{stock}"].equals(before[0][f"stock.{stock}"])


def test_people_who_move_are_the_same_people_elsewhere():
    region = county(year=2020, people=two_censuses(), observations=counted(0.15, 0.3))
    assume = Assume.of(region["standards"], short())
    moved = pd.DataFrame(
        {
            "project": "move",
            "ledger": "moved",
            "unit": [CODE["C"]],
            "key": [CODE["S"]],
            "since": 0,
            "until": -1,
            "amount": [0.8],
        }
    )
    still, gone = (
        population.sector.step(region, State(2026), opened=offer, assume=assume)
        for offer in (Offer(), Offer(entries=moved))
    )
    assert gone["people.total"].sum() == pytest.approx(still["people.total"].sum(), rel=1e-14)
    assert gone["pupils.primary"].sum() == pytest.approx(still["pupils.primary"].sum(), rel=1e-14)
    assert gone["people.total"][CODE["C"]] == pytest.approx(0.2 * still["people.total"][CODE["C"]])
    assert gone["people.urban"][CODE["S"]] == pytest.approx(
        still["people.urban"][CODE["S"]] + 0.8 * still["people.rural"][CODE["C"]]
    )


def test_services_keep_people_where_the_scenario_says_so():
    region = county(year=2020, people=two_censuses(500, 480), observations=counted(0.15, 0.3))
    scenario = short(assume={"feedback.services": 0.3})
    people = step(region, 2026, feedback__services=0.3)
    better, worse = (
        State(
            2027,
            {
                **people,
                "cells.services": pd.Series({COUNTY: 0.5}),
                "served.x": pd.Series({CODE["A"]: share}),
                "demand.x": pd.Series({CODE["A"]: 1.0}),
            },
        )
        for share in (0.9, 0.5)
    )
    assume = Assume.of(region["standards"], scenario)
    kept, usual = (
        population.sector.step(region, state, opened=Offer(), assume=assume)["people.total"].sum()
        for state in (better, worse)
    )
    assert kept > usual
    plain = Assume.of(region["standards"], short())
    same = [
        population.sector.step(region, state, opened=Offer(), assume=plain)["people.total"].sum()
        for state in (better, worse)
    ]
    assert same[0] == same[1], "without the feedback services change nothing"


def test_years_before_the_census_hold_its_people():
    """Whoever simulates from an earlier year on carries the census on from its own year."""
    region = county(year=2020, people=two_censuses(100.0, 105.0), observations=counted(0.15, 0.3))
    assume, sectors = Assume.of(region["standards"], short()), load_sectors(["population"])
    early = simulate(region, sectors, scenario=short(), assume=assume, years=list(range(2017, 2027)))
    right = step(region, 2026)["people.total"]
    assert early[-1]["people.total"].to_numpy() == pytest.approx(right.to_numpy(), rel=1e-12)
    assert early[0]["people.total"].equals(early[3]["people.total"])


def test_no_programme_brings_people_to_towns_that_are_not_there():
    region = county(
        year=2020,
        people=two_censuses(**BIG),
        observations=counted(0.1, 0.2),
        units=units().assign(residence=lambda t: t["residence"].replace("urban", "rural")),
    )
    assume, sectors = Assume.of(region["standards"], short()), load_sectors(["population"])
    states = simulate(region, sectors, scenario=short(), assume=assume)
    kinds = set(collect_offers(region, sectors, states=states, assume=assume).projects["kind"])
    assert kinds == {"young_to_villages"}


def test_parameters_that_cannot_be_are_named_together():
    region = county(year=2020, people=two_censuses())
    wrong = {"lever__jobs": 0.0, "births__sex_ratio": -5.0, "migration__to_town": 1.7, "life__gain": 5.0}
    with pytest.raises(ScenarioError) as caught:
        step(region, 2026, **wrong)
    named = {problem.column for problem in caught.value.problems}
    assert named == {f"assume.{name.replace('__', '.')}" for name in wrong}
