"""Moves of villages: who may move where, what it costs, takes, frees and brings; nobody is worse off.

    S, the county seat -- 10 min -- A, seat of a town -- 30 min -- B (in danger) -- 30 min -- C (few and far)

S-A 7.5 km, A-B and B-C 22.5 km of county road at 45 km/h. D is large and in danger, beside S; E lies beside
A in the same town. F is a village of a second county, beside C.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

import tongqu
from tongqu.contracts import Assume, Forecast, Offer, OfferError, Scenario, Sector, State, join_offers
from tongqu.data import Region, make_region
from tongqu.engine.registry import load_sectors, ordered
from tongqu.engine.simulate import simulate
from tongqu.methods.relocation import relocate
from tongqu.methods.village_future import Thresholds
from tongqu.sectors import education, relocation

STANDARDS = {
    "relocation.cost_per_person": 6.25,
    "relocation.take_up": 0.8,
    "relocation.most_people": 600.0,
    "relocation.persons_per_household": 2.62,
    "relocation.saving": 0.1,
    "relocation.host_land": 60.0,
    "relocation.homestead": 150.0,
    "relocation.reclaim": 0.6,
}
FIRST, OTHER = "990300", "990400"
CODE = {
    "S": "990300001001",
    "D": "990300001002",
    "A": "990300002001",
    "E": "990300002002",
    "B": "990300003001",
    "C": "990300003002",
    "F": "990400001001",
}
KIND = {"modelled": False, "source": "t:x"}
URBAN = "S"
PEOPLE = {"S": 9000.0, "D": 700.0, "A": 1000.0, "E": 500.0, "B": 300.0, "C": 200.0, "F": 2000.0}
MINUTES_COUNTY = {"S": 0.0, "D": 0.0, "A": 20.0, "E": 20.0, "B": 50.0, "C": 80.0, "F": 0.0}


def units(urban: str, **columns: Mapping[str, str]) -> pd.DataFrame:
    places = [
        (FIRST, "甲县", "county", "", "990300001"),
        (OTHER, "乙县", "county", "", "990400001"),
        ("990300001", "城关", "town", FIRST, CODE["S"]),
        ("990300002", "中镇", "town", FIRST, CODE["A"]),
        ("990300003", "远乡", "town", FIRST, CODE["B"]),
        ("990400001", "他镇", "town", OTHER, CODE["F"]),
        *((code, f"{letter}村", "village", code[:9], "") for letter, code in CODE.items()),
    ]
    table = pd.DataFrame(places, columns=["unit", "name", "level", "parent", "seat"]).replace("", pd.NA)
    letter = table["unit"].map({code: letter for letter, code in CODE.items()})
    residence = letter.map({name: "urban" if name == urban else "rural" for name in CODE})
    table = table.assign(node=letter, residence=residence, lon=119.2, lat=29.2, elevation_m=100.0, **KIND)
    for name, values in columns.items():
        table[name] = letter.map(dict(values)).fillna(table["unit"].map(dict(values)))
    return table


@lru_cache(maxsize=8)
def region(hazard: str = "BD", role: str = "", urban: str = URBAN) -> Region:
    marks: dict[str, dict[str, str]] = {}
    if hazard:
        marks["hazard"] = dict.fromkeys(hazard, "geological")
    if role:
        marks["role"] = {role: "central_village"}
    nodes = pd.DataFrame({"node": list(CODE), "lon": 119.2, "lat": 29.2}).assign(**KIND)
    roads = [
        ("S", "A", 7.5),
        ("A", "B", 22.5),
        ("B", "C", 22.5),
        ("S", "D", 0.1),
        ("A", "E", 0.1),
        ("C", "F", 0.1),
    ]
    links = pd.DataFrame(roads, columns=["from_node", "to_node", "length_km"])
    links = links.assign(
        link=links["from_node"] + links["to_node"], **{"class": "county"}, oneway=False, **KIND
    )
    people = pd.DataFrame(
        [
            {"unit": unit, "year": 2020, "sex": sex, "age": "30-34", "people": 100}
            for unit in (FIRST, OTHER, *CODE.values())
            for sex in ("male", "female")
        ]
    ).assign(**KIND)
    sources = pd.DataFrame(
        [{"source": "t:x", "title": "x", "kind": "observed", "licence": "CC0-1.0", "share_alike": False}]
    )
    return make_region(
        {
            "units": units(urban, **marks),
            "people": people,
            "nodes": nodes,
            "links": links,
            "sources": sources,
        },
        name="moves",
        title_zh="迁",
        title_en="Moves",
        base_year=2020,
        bbox=(119.0, 29.0, 120.0, 30.0),
        crs="EPSG:4549",
    )


def by_code(values: Mapping[str, float]) -> pd.Series:
    return pd.Series({CODE[letter]: float(value) for letter, value in values.items()}).sort_index()


def whole(lacking: str, demand: Mapping[str, float]) -> tuple[pd.Series, pd.Series]:
    served = {letter: 0.0 if letter in lacking else value for letter, value in demand.items()}
    return by_code(demand), by_code(served)


def state(
    year: int, *, factor: float = 1.0, clinic: str = "B", road: str = "C", shrinking: str = ""
) -> State:
    """People times a factor; villages without a clinic, and those without a graded road."""
    people = {letter: value * (factor if letter != URBAN else 1.0) for letter, value in PEOPLE.items()}
    if year > 2026:
        people |= {letter: people[letter] * 0.6 for letter in shrinking}
    rural = {letter: 0.0 if letter == URBAN else value for letter, value in people.items()}
    values = {
        "people.total": by_code(people),
        "people.old": by_code(people) * (0.6 if year > 2026 and shrinking else 0.3),
        "people.rural_young": by_code(rural) * 0.2,
        "minutes.county_seat": by_code(MINUTES_COUNTY),
        "minutes.medical_circle": by_code(dict.fromkeys(CODE, 5.0)),
        "minutes.clinic": by_code({letter: 40.0 if letter in clinic else 5.0 for letter in CODE}),
        "links.minutes": region()["links"].set_index("link")["length_km"] / 45 * 60,
    }
    for service, lacking in (("clinic", clinic), ("graded_road", road)):
        values[f"demand.{service}"], values[f"served.{service}"] = whole(lacking, rural)
    values["demand.primary_place"] = by_code(people) * 0.1
    values["served.primary_place"] = by_code(people) * 0.05
    return State(year, values)


def assume(**changes: float) -> Assume:
    table = region()["standards"].set_index("standard")["value"].astype("float64").to_dict()
    given = {name.replace("__", "."): value for name, value in changes.items()}
    return Assume(pd.Series({**STANDARDS, **table, **STANDARDS, **given}))


def offer(place: Region | None = None, *, states: tuple[State, ...] | None = None, **changes: float) -> Offer:
    place = place or region()
    states = states or (
        state(2026),
        state(2027, factor=0.98),
        state(2028, factor=0.96),
        state(2029, factor=0.95),
    )
    made = relocation.sector.offer(place, Forecast(states, Offer()), assume=assume(**changes))
    return made.checked("relocation", region=place)


def name_of(village: str, host: str) -> str:
    return f"relocation:{CODE[village]}:{CODE[host]}"


def moves(made: Offer) -> set[str]:
    letter = {code: name for name, code in CODE.items()}
    entries = made.entries[made.entries["ledger"] == "moved"]
    return {letter[unit] + letter[key] for unit, key in zip(entries["unit"], entries["key"], strict=True)}


def of(made: Offer, project: str, ledger: str, *, key: str = "") -> pd.DataFrame:
    found = made.entries[(made.entries["project"] == project) & (made.entries["ledger"] == ledger)]
    return found[found["key"] == key] if key else found


def test_it_is_a_sector_that_runs_after_the_schools() -> None:
    assert isinstance(relocation.sector, Sector)
    assert relocation.sector.writes == {"land.cleared"}
    order = [one.name for one in ordered([relocation.sector, education.sector])]
    assert order == ["education", "relocation"]
    written = relocation.sector.step(region(), state(2026), opened=Offer(), assume=assume())
    assert written["land.cleared"].to_dict() == {FIRST: 0.0, OTHER: 0.0}


def test_what_moves_clear_counts_what_is_freed_and_not_what_is_taken() -> None:
    made = offer()
    one = made.of([name_of("B", "S")])
    written = relocation.sector.step(region(), state(2029), opened=one, assume=assume())
    assert written["land.cleared"].to_dict() == pytest.approx({FIRST: 32.4, OTHER: 0.0})


def test_small_villages_in_danger_or_few_and_far_move_to_the_seat_or_the_nearest_town() -> None:
    assert moves(offer()) == {"BS", "BA", "CS", "CA"}, "D has 700 people, F is of another county"
    groups = offer().projects.groupby("group")["project"].count()
    assert groups.to_dict() == {f"relocation:{CODE[letter]}": 2 for letter in "BC"}


def test_without_the_columns_only_the_rules_speak() -> None:
    plain = region(hazard="")
    assert "hazard" not in plain["units"] or plain["units"]["hazard"].isna().all()
    assert moves(offer(plain)) == {"CS", "CA"}


def test_danger_in_a_town_moves_nobody_and_takes_nobody_in() -> None:
    assert moves(offer(region(hazard="BS"))) == {"BA", "CA"}, "S is no host, D is rural beside an urban one"


def test_a_seat_without_an_urban_unit_offers_its_villages() -> None:
    assert moves(offer(region(hazard="B", urban="F"))) == {"BS", "BA", "CS", "CA"}, "S is nearer than D"


def test_an_urban_unit_of_the_seat_goes_before_a_rural_one() -> None:
    assert "BD" not in moves(offer(region(hazard="B")))


def test_a_central_village_is_a_host_where_it_is_nearer() -> None:
    assert moves(offer(region(hazard="B", role="E"))) == {"BS", "BA", "CS", "CA"}, "A is as near, and first"
    assert moves(offer(region(hazard="B", role="E"), states=lacking_at_a())) == {"BS", "BE", "CS", "CE"}


def lacking_at_a() -> tuple[State, ...]:
    return state(2026, clinic="A"), state(2028, clinic="A")


def test_nobody_is_moved_to_a_place_without_a_service_that_the_village_has() -> None:
    assert moves(offer(states=lacking_at_a())) == {"BS", "CS"}, "A has no clinic, B and C have one"
    assert moves(offer(states=(state(2026, road="A"), state(2028, road="A")))) == {"BS", "CS"}
    both = (state(2026, clinic="ABC"), state(2028, clinic="ABC"))
    assert moves(offer(states=both)) == {"BS", "BA", "CS", "CA"}, "who has none loses none"


def test_a_place_that_loses_its_future_is_no_host() -> None:
    assert moves(offer(states=(state(2026), state(2028, shrinking="A")))) == {"BS", "CS"}


def test_money_and_land_by_hand() -> None:
    made = offer()
    name = name_of("B", "S")
    project = made.projects.set_index("project").loc[name]
    assert project["size"] == pytest.approx(240.0)  # 300 x 0.8
    assert (project["size_unit"], project["lead"], bool(project["modelled"])) == ("person", 2, True)
    assert (project["name_zh"], project["name_en"]) == ("B村搬迁至S村", "B村: move to S村")
    assert (project["unit"], project["town"], project["county"], project["node"]) == (
        CODE["S"],
        "990300001",
        FIRST,
        "S",
    )
    capital = of(made, name, "money", key="capital")
    assert capital[["unit", "since", "until"]].to_numpy().tolist() == [[FIRST, 0, 0], [FIRST, 1, 1]]
    assert capital["amount"].tolist() == pytest.approx([750.0, 750.0])  # 240 x 6.25 / 2
    running = of(made, name, "money", key="running")
    assert running[["since", "until"]].to_numpy().tolist() == [[2, -1]]
    assert running["amount"].tolist() == pytest.approx([-240 / 2.62 * 0.1])
    land = of(made, name, "land", key="construction")
    assert land["since"].tolist() == [0, 3]
    # 240 x 60 m² are 21.6 mu; 240 x 150 x 0.6 m² are 32.4 mu.
    assert land["amount"].tolist() == pytest.approx([21.6, -32.4])
    assert project["land_mu"] == pytest.approx(21.6)


def test_what_is_zero_makes_no_entry() -> None:
    made = offer(relocation__saving=0.0, relocation__reclaim=0.0)
    ledger = made.entries[made.entries["project"] == name_of("B", "S")]
    assert set(ledger["key"]) >= {"capital", "construction"}
    assert "running" not in set(ledger["key"])
    assert (ledger.loc[ledger["ledger"] == "land", "amount"] > 0).all()


def test_people_who_move_and_become_urban_by_hand() -> None:
    made = offer()
    moved = of(made, name_of("B", "A"), "moved")
    assert moved[["unit", "key", "since", "until", "amount"]].to_numpy().tolist() == [
        [CODE["B"], CODE["A"], 2, -1, 0.8]
    ]
    stock = of(made, name_of("B", "S"), "stock")
    by = stock.pivot_table(index="since", columns="key", values="amount").cumsum()
    there = 300 * np.array([0.96, 0.95])  # in the second year, when the move can work, and in the third
    assert by.index.tolist() == [2, 3]
    assert by["urban_people"].to_numpy() == pytest.approx(there * 0.8)
    assert by["rural_young"].to_numpy() == pytest.approx(-there * 0.2 * 0.8)
    assert set(stock["unit"]) == {FIRST}
    assert of(made, name_of("B", "A"), "stock").empty, "A is rural: nobody becomes urban"


def test_services_are_credited_where_the_village_lacks_and_the_host_has_them() -> None:
    made = offer()
    served = made.entries[made.entries["ledger"] == "served"]
    found = {
        (project, key): (unit, since, amount)
        for project, key, unit, since, amount in served[
            ["project", "key", "unit", "since", "amount"]
        ].itertuples(index=False)
    }
    assert found == {
        (name_of("B", "S"), "clinic"): (CODE["B"], 2, 0.8),
        (name_of("B", "A"), "clinic"): (CODE["B"], 2, 0.8),
        # In town nobody asks for a graded road and no minutes tell: nobody loses it, nobody is credited.
        (name_of("C", "A"), "graded_road"): (CODE["C"], 2, 0.8),
    }


def test_in_town_the_longest_way_of_those_served_decides() -> None:
    far = state(2026)
    far = far.adding({"minutes.clinic": far["minutes.clinic"].where(lambda m: m.index != CODE["S"], 5.1)})
    assert moves(offer(states=(far, far.in_year(2028)))) == {"BS", "BA", "CA"}, "C has a clinic, S may not"


def test_counted_places_are_never_credited_whoever_makes_room() -> None:
    room = pd.DataFrame(
        [
            {
                "project": "p",
                "ledger": "room",
                "unit": CODE["S"],
                "key": "clinic",
                "since": 1,
                "until": -1,
                "amount": 9.0,
            }
        ]
    )
    states = (state(2026), state(2028))
    made = relocation.sector.offer(region(), Forecast(states, Offer(entries=room)), assume=assume())
    credited = made.entries.loc[made.entries["ledger"] == "served", "key"]
    assert set(credited) == {"graded_road"}


def test_take_up_is_a_share() -> None:
    assert offer(relocation__take_up=0.0).projects.empty
    assert offer(relocation__most_people=0.0).projects.empty
    with pytest.raises(OfferError, match="share that moves"):
        offer(relocation__take_up=1.2)


def test_a_region_can_set_the_lines_of_the_rules() -> None:
    assert moves(offer(region(hazard=""), village__few=150.0)) == set()
    assert moves(offer(region(hazard=""), village__far_county=90.0)) == set()


def test_the_table_of_standards_agrees_with_the_defaults_of_the_rules() -> None:
    table = region()["standards"].set_index("standard")
    for one in fields(Thresholds):
        row = table.loc[f"village.{one.name}"]
        assert row["value"] == one.default
        assert row["low"] < one.default < row["high"]
        assert row["unit_of_measure"] == one.metadata["unit"]


def test_a_missing_standard_is_named() -> None:
    short = assume()
    lacking = Assume(short.values.drop("relocation.reclaim"))
    with pytest.raises(tongqu.base.ScenarioError, match=r"relocation\.reclaim"):
        relocation.sector.offer(region(), Forecast((state(2026),), Offer()), assume=lacking)


def test_one_year_is_a_forecast_too() -> None:
    assert moves(offer(states=(state(2026),))) == {"BS", "BA", "CS", "CA"}


def test_diagnosis_counts_villages_and_people_by_reason() -> None:
    found = relocation.sector.diagnose(region(), state(2026)).figures
    assert list(found.columns) == ["unit", "variable", "value"]
    assert dict(zip(found["variable"], found["value"], strict=True)) == {
        "may move, villages: few_and_far": 1.0,
        "may move, villages: hazard": 2.0,
        "may move, people: few_and_far": 200.0,
        "may move, people: hazard": 1000.0,
    }
    assert set(found["unit"]) == {FIRST}
    none = relocation.sector.diagnose(region(), state(2026, factor=2.0)).figures
    assert set(none["variable"]) == {"may move, villages: hazard", "may move, people: hazard"}


def test_nobody_in_danger_or_far_offers_nothing() -> None:
    states = (state(2026, factor=3.0), state(2028, factor=3.0))
    made = offer(region(hazard=""), states=states)
    assert made.projects.empty
    assert made.entries.empty


# --- the bundled region ------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def quzhou() -> tuple[Region, tuple[State, ...], Offer, Assume]:
    place = tongqu.load("quzhou")
    scenario = Scenario()
    table = Assume.of(place["standards"], scenario).values.to_dict()
    standards = Assume(pd.Series({**STANDARDS, **table}))
    others = [one for one in load_sectors() if one.name != "relocation"]
    states = simulate(place, others, scenario=scenario, assume=standards)
    schools = education.sector.offer(place, Forecast(states, Offer()), assume=standards)
    mine = relocation.sector.offer(place, Forecast(states, schools), assume=standards)
    join_offers([schools, mine]).checked("relocation", region=place)
    return place, states, mine, standards


def test_quzhou_has_candidates_with_one_or_two_hosts_in_their_county() -> None:
    place, states, made, standards = quzhou()
    assert 10 <= made.projects["group"].nunique() <= 200
    assert made.projects.groupby("group")["project"].count().max() <= 2
    moved = made.entries[made.entries["ledger"] == "moved"].set_index("project")
    assert set(moved.index) == set(made.projects["project"])
    assert (place.county_of(moved["unit"]).to_numpy() == place.county_of(moved["key"]).to_numpy()).all()
    assert not set(moved["unit"]) & set(moved["key"]), "no host is a candidate"
    residence = place.level("village")["residence"]
    assert set(residence.loc[moved["unit"]]) == {"rural"}
    people = states[0]["people.total"].loc[moved["unit"]]
    assert people.max() <= standards["relocation.most_people"]
    size = made.projects.set_index("project")["size"].loc[moved.index]
    assert size.to_numpy() == pytest.approx(people.to_numpy() * standards["relocation.take_up"])


def test_in_quzhou_hosts_serve_and_nobody_is_worse_off() -> None:
    place, states, made, _ = quzhou()
    now = states[0]
    residence = place.level("village")["residence"]
    moved = made.entries[made.entries["ledger"] == "moved"]
    for service in (
        "clinic",
        "medical_circle",
        "county_hospital",
        "graded_road",
        "primary_ride",
    ):
        demand, served = now[f"demand.{service}"], now[f"served.{service}"]
        has = (served >= demand * (1 - 1e-9)) & (demand > 0)
        asked = moved[(demand.loc[moved["key"]] > 0).to_numpy()]
        worse = has.loc[asked["unit"]].to_numpy() & ~has.loc[asked["key"]].to_numpy()
        assert not worse.any()
        in_town = moved[(demand.loc[moved["key"]] <= 0).to_numpy()]
        assert set(residence.loc[in_town["key"]]) <= {"urban"}
        if f"minutes.{service}" in now:
            minutes = now[f"minutes.{service}"]
            had = has.loc[in_town["unit"]].to_numpy()
            assert (minutes.loc[in_town["key"]].to_numpy()[had] <= minutes[has].max()).all()
        credit = made.entries[(made.entries["ledger"] == "served") & (made.entries["key"] == service)]
        assert len(credit)
        lacking = [year[f"demand.{service}"] - year[f"served.{service}"] for year in states]
        assert (pd.concat(lacking, axis=1).max(axis=1).loc[credit["unit"]] > 0).all()
    keys = set(made.entries.loc[made.entries["ledger"] == "served", "key"])
    assert not keys & {"primary_place", "junior_place", "junior_ride", "nursery_place", "senior_place"}


@pytest.mark.parametrize("which", ["first", "last"])
def test_in_quzhou_nobody_is_lost_when_all_move(which: str) -> None:
    place, states, made, _ = quzhou()
    chosen = made.projects.groupby("group")["project"].agg(which)
    moved = made.entries[(made.entries["ledger"] == "moved") & made.entries["project"].isin(chosen)]
    villages = place.level("village").index
    columns = ["people.total", "people.old", "people.rural_young"]
    people = np.column_stack([states[0][name].reindex(villages) for name in columns])
    after = relocate(
        people,
        leave=villages.get_indexer(pd.Index(moved["unit"])),
        host=villages.get_indexer(pd.Index(moved["key"])),
        share=moved["amount"],
    )
    assert after.sum(axis=0) == pytest.approx(people.sum(axis=0), rel=1e-12)
    assert after.min() >= 0
    gone = people[:, 0].sum() - np.minimum(after, people)[:, 0].sum()
    assert gone == pytest.approx(made.projects.set_index("project")["size"].loc[chosen].sum())


def test_quzhou_is_offered_the_same_twice() -> None:
    place, states, made, standards = quzhou()
    schools = education.sector.offer(place, Forecast(states, Offer()), assume=standards)
    again = relocation.sector.offer(place, Forecast(states, schools), assume=standards)
    pd.testing.assert_frame_equal(again.projects, made.projects)
    pd.testing.assert_frame_equal(again.entries, made.entries)
