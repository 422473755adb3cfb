"""Who pays for a merger, and the way to the city, on the county of one road; nothing is simulated.

D (20 min) -- S, the seat -- 12 min -- A -- 12 min -- B -- 14.4 min -- C
"""

from __future__ import annotations

import pandas as pd
import pytest

from one_road import CODE, KIND, LON, OUTER, county, sites
from small import short
from tongqu.contracts import Assume, State, project_table
from tongqu.workflow.bureau_tables import REACH_COLUMNS, SCHOOL_MOVE_COLUMNS, reach_of, school_moves

MINUTES = pd.Series({"sa": 12.0, "sd": 20.0, "ab": 12.0, "bc": 14.4})
PUPILS = 60.0
BUS, DIRECT = 1.5, 1.2
"""Minutes of a school bus, and of a direct one, for a minute by car (standards)."""


def region_with(*rows: tuple[str, str, str, float]):
    """The county with more sites: id, kind, village, places."""
    more = pd.DataFrame(rows, columns=["site", "kind", "node", "capacity"])
    more = more.assign(
        name=more["site"], unit=more["node"].map(CODE), lon=more["node"].map(LON), lat=29.2, **KIND
    )
    return county(sites=pd.concat([sites(), more], ignore_index=True))


def state(region, year: int = 2027) -> State:
    pupils = pd.Series(PUPILS, index=region.codes("village"))
    links = MINUTES.reindex(region["links"]["link"])
    return State(
        year, {"links.minutes": links, "demand.primary_place": pupils, "demand.junior_place": pupils}
    )


def chosen(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    """Projects: code, kind, site or town, year of opening."""
    code, kind, place, opens = (list(column) for column in zip(*rows, strict=True))
    table = project_table({"project": code, "town": place, "site": place}, sector="education", kind="")
    return table.assign(kind=kind, opens=opens)


def moves(region, *rows: tuple[str, str, str, int], year: int = 2027) -> pd.DataFrame:
    assume = Assume.of(region["standards"], short())
    return school_moves(region, [state(region, year)], chosen(*rows), assume=assume)


MERGER = ("primary_merge:p3", "primary_merge", "p3", 2027)


def test_the_children_of_the_school_that_closes_ride_to_the_next():
    region = region_with(("p2", "primary_school", "B", 400.0), ("p3", "primary_school", "C", 90.0))
    row = moves(region, MERGER)
    assert list(row.columns) == list(SCHOOL_MOVE_COLUMNS)
    assert row[["project", "unit", "year"]].to_numpy().tolist() == [["primary_merge:p3", CODE["C"], 2027]]
    assert row[["children", "placed", "minutes_before"]].to_numpy().tolist() == [[PUPILS, PUPILS, 0.0]]
    assert row["minutes_after"].iloc[0] == pytest.approx(14.4 * BUS, abs=0.01)


def test_a_direct_bus_shortens_the_new_way():
    region = region_with(("p2", "primary_school", "B", 400.0), ("p3", "primary_school", "C", 90.0))
    row = moves(region, MERGER, (f"school_bus:{OUTER}", "school_bus", OUTER, 2026))
    assert row["minutes_after"].iloc[0] == pytest.approx(14.4 * DIRECT, abs=0.01)


def test_children_without_a_place_afterwards_are_said():
    """B has 100 places, 60 of them taken: 40 of C's 60 find one."""
    region = region_with(("p2", "primary_school", "B", 100.0), ("p3", "primary_school", "C", 90.0))
    row = moves(region, MERGER).iloc[0]
    assert row["children"] == pytest.approx(PUPILS)
    assert row["placed"] == pytest.approx(40.0)


def test_nobody_moves_before_and_after_the_year_of_a_merger():
    region = region_with(("p2", "primary_school", "B", 400.0), ("p3", "primary_school", "C", 90.0))
    for year in (2026, 2028):
        found = moves(region, MERGER, year=year)
        assert found.empty
        assert list(found.columns) == list(SCHOOL_MOVE_COLUMNS)


def test_an_earlier_merger_has_brought_its_children_along():
    """C's school closed before; when that in B closes too, all of C's and B's 120 children ride to A."""
    region = region_with(
        ("p2", "primary_school", "B", 400.0),
        ("p3", "primary_school", "C", 90.0),
        ("p4", "primary_school", "A", 400.0),
    )
    early = (MERGER[0], MERGER[1], MERGER[2], 2026)
    found = moves(region, early, ("primary_merge:p2", "primary_merge", "p2", 2027)).set_index("unit")
    assert found.loc[CODE["B"], ["children", "placed"]].tolist() == [PUPILS, PUPILS]
    assert found.loc[CODE["B"], "minutes_after"] == pytest.approx(12 * BUS, abs=0.01)
    assert found.loc[CODE["C"], "minutes_before"] == pytest.approx(14.4 * BUS, abs=0.01)
    assert found.loc[CODE["C"], "placed"] == 0, "26.4 minutes by car from A are beyond the norm of 20"


def test_minutes_to_a_hospital_of_the_city():
    region = region_with(("h9", "city_hospital", "S", 300.0))
    both = {"base": [state(region, 2026)], "plan": [state(region, 2026), state(region, 2028)]}
    found = reach_of(region, both, chosen(MERGER), health=True)
    assert list(found.columns) == list(REACH_COLUMNS)
    assert found.groupby(["case", "year"]).size().to_dict() == {
        ("base", 2026): 5,
        ("plan", 2026): 5,
        ("plan", 2028): 5,
    }
    first = found[found["case"] == "base"].set_index("unit")["minutes"]
    assert first[CODE["C"]] == pytest.approx(38.4, abs=0.01)
    assert first[CODE["S"]] == 0


def test_no_city_hospital_or_no_sector_of_health_no_minutes():
    region = region_with(("h9", "city_hospital", "S", 300.0))
    cases = {"base": [state(region)], "plan": [state(region)]}
    assert reach_of(region, cases, chosen(MERGER), health=False).empty
    assert reach_of(county(), cases, chosen(MERGER), health=True).empty
