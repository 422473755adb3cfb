"""Travel: every figure against Dijkstra's algorithm of scipy on the small region, files, and wrong input."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio.raw
import pytest
import shapely
from hypothesis import given, settings
from hypothesis.strategies import booleans, floats
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

import tongqu
from small import TINY
from tongqu.base import DataError
from tongqu.contracts import Scenario, link_upgrades
from tongqu.data import Region, table_specs
from tongqu.methods.reach import Exponential, Variant
from tongqu.workflow import travel
from tongqu.workflow.networks import region_network
from tongqu.workflow.travel.answer import Answer
from tongqu.workflow.travel.changes import class_minutes
from tongqu.workflow.travel.lines import read_lines
from tongqu.workflow.travel.scores import needed, road_offer
from tongqu.workflow.travel.words import headings

TICK = 0.02
"""Minutes by which whole ticks of 15 ms may add up over the few links of the small region."""

HOSPITALS = ("township_hospital", "county_hospital")
LIMIT = 20.0


@pytest.fixture(scope="module")
def tiny() -> Region:
    return tongqu.load(TINY)


@pytest.fixture(scope="module")
def cut(tiny: Region) -> Region:
    """The small region with one-way links, a link with its own speed, a village that no road reaches."""
    links = tiny["links"].copy()
    links["oneway"] = links["link"].isin(["l06", "l10"])
    links["speed_kmh"] = links["speed_kmh"].astype("float64").mask(links["link"] == "l08", 52.0)
    return replace(tiny, tables={**tiny.tables, "links": links[links["link"] != "l12"]})


def minutes_of(region: Region) -> dict[str, float]:
    """Minutes of every link by car."""
    speed = region["road_classes"].set_index("class")["speed_kmh"].astype("float64")
    links = region["links"].set_index("link")
    kmh = links["speed_kmh"].astype("float64").fillna(links["class"].map(speed).astype("float64"))
    return (links["length_km"] / kmh * 60).to_dict()


def all_minutes(
    region: Region,
    minutes: dict[str, float] | None = None,
    *,
    more: list[tuple[str, str, float]] = [],  # noqa: B006 - read only
) -> pd.DataFrame:
    """Minutes between all nodes, by scipy."""
    nodes, links = region["nodes"]["node"].tolist(), region["links"]
    take = minutes_of(region) if minutes is None else minutes
    oneway = links["oneway"].astype("boolean").fillna(False)
    ways = []
    for link, start, end, single in zip(
        links["link"], links["from_node"], links["to_node"], oneway, strict=True
    ):
        ways.append((start, end, take[link]))
        if not single:
            ways.append((end, start, take[link]))
    ways += [(a, b, t) for a, b, t in more] + [(b, a, t) for a, b, t in more]
    best: dict[tuple[str, str], float] = {}
    for start, end, time in ways:
        best[start, end] = min(time, best.get((start, end), np.inf))
    rows, columns = ([nodes.index(pair[side]) for pair in best] for side in (0, 1))
    graph = csr_array((list(best.values()), (rows, columns)), shape=(len(nodes), len(nodes)))
    return pd.DataFrame(dijkstra(graph), index=nodes, columns=nodes)


def to_sites(region: Region, kinds: tuple[str, ...], between: pd.DataFrame | None = None) -> pd.DataFrame:
    """Minutes from villages to sites."""
    found = all_minutes(region) if between is None else between
    sites = region["sites"][region["sites"]["kind"].isin(kinds)]
    homes = region.level("village")["node"]
    table = found.loc[homes, sites["node"]]
    return table.set_axis(homes.index, axis=0).set_axis(sites["site"], axis=1)


def close(found: object, expected: object) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64), atol=TICK
    )


@pytest.fixture(scope="module")
def people(tiny: Region) -> pd.Series:
    """People of the villages in the first year, by the whole simulation."""
    return tongqu.diagnose(tiny).state["people.total"]


@pytest.mark.parametrize("kinds", [HOSPITALS, ("clinic",)])
def test_the_nearest_few_sites(tiny, kinds, people):
    found = travel.nearest(tiny, kinds, few=2)
    expected = to_sites(tiny, kinds)
    for unit, mine in found.table.groupby("unit"):
        close(mine["minutes"], np.sort(expected.loc[unit])[:2])
        close(mine["minutes"], [expected.at[unit, site] for site in mine["site"]])
        assert mine["rank"].tolist() == [1, 2]
        assert mine["people"].iloc[0] == pytest.approx(people[unit])
    best = expected.min(axis=1)
    heads = people.reindex(best.index)
    assert found.figures["mean_minutes"] == pytest.approx((best * heads).sum() / heads.sum(), abs=TICK)
    close(found.minutes, best)


def test_out_of_reach_is_kept_and_counted(cut, people):
    found = travel.nearest(cut, "county_hospital", few=3, limit=25)
    expected = to_sites(cut, ("county_hospital",)).min(axis=1)
    lost = expected.index[~(expected <= 25)]
    assert len(lost)
    assert found.figures["out_of_reach"] == len(lost)
    assert found.figures["people_out_of_reach"] == pytest.approx(people[lost].sum())
    rows = found.table.set_index("unit").loc[lost]
    assert set(found.table["unit"]) == set(expected.index)
    assert np.isinf(rows["minutes"]).all()
    assert (rows["site"] == "").all()


def test_people_inside_are_those_of_the_diagnosis(tiny):
    state = tongqu.diagnose(tiny).state
    found = travel.nearest(tiny, HOSPITALS, group="people.rural")
    inside = found.table.loc[found.table["minutes"] <= LIMIT + 1 / 128, "people"].sum()
    assert inside == pytest.approx(state["served.medical_circle"].sum())


def test_a_mode_that_may_not_use_a_road(tiny):
    found = travel.nearest(tiny, "county_hospital", mode="bus").table.set_index("unit")["minutes"]
    closed = {
        link
        for link, name in zip(tiny["links"]["link"], tiny["links"]["class"], strict=True)
        if name == "village"
    }
    top = tiny["links"].set_index("link")["length_km"] / 60 * 60
    slow = {
        link: np.inf if link in closed else max(1.3 * time, top[link])
        for link, time in minutes_of(tiny).items()
    }
    close(found, to_sites(tiny, ("county_hospital",), all_minutes(tiny, slow)).min(axis=1))
    assert np.isinf(found).any()


@pytest.mark.parametrize("wide", [False, True])
def test_a_matrix(cut, wide):
    found = travel.matrix(
        cut, "villages", targets=["county_hospital", "990101002", "n11"], limit=40, wide=wide
    )
    ends = {"h01": "n01", "h02": "n05", "990101002": "n03", "n11": "n11"}
    homes = cut.level("village")["node"]
    expected = all_minutes(cut).loc[homes, list(ends.values())].set_axis(list(ends), axis=1)
    expected = expected.where(expected <= 40, np.inf).set_axis(homes.index, axis=0)
    shown = found.table
    if wide:
        assert shown.columns.tolist() == ["origin", "origin_name", *ends]
        close(shown[list(ends)], expected)
    else:
        square = shown.pivot_table(index="origin", columns="target", values="minutes")
        square = square.reindex(index=expected.index, columns=list(ends)).fillna(np.inf)
        close(square, expected)
    assert found.figures["pairs"] == np.isfinite(expected.to_numpy()).sum()
    assert found.figures["origins_out_of_reach"] == np.isinf(expected).all(axis=1).sum() > 0


def test_isochrones(tiny, people):
    found = travel.isochrones(tiny, "county_hospital", limits=(5, 15, 30), width=300)
    best = to_sites(tiny, ("county_hospital",)).min(axis=1)
    homes = tiny.level("village")
    assert found.table["villages"].tolist() == [int((best <= limit).sum()) for limit in (5, 15, 30)]
    for limit, area, heads in zip((5, 15, 30), found.shapes, found.table["people"], strict=True):
        inside = best.index[best <= limit]
        assert heads == pytest.approx(people[inside].sum())
        points = shapely.points(homes.loc[inside, "lon"], homes.loc[inside, "lat"])
        assert shapely.intersects(area, points).all()
    small, middle, large = found.shapes
    assert shapely.difference(small, middle).area < 1e-8
    assert shapely.difference(middle, large).area < 1e-8
    limits = found.tables["villages"].set_index("unit")["limit"]
    assert limits.isna().sum() == (best > 30).sum()
    west, south, east, north = tiny.bbox
    assert shapely.box(west - 0.1, south - 0.1, east + 0.1, north + 0.1).contains(large)


def by_hand_2sfca(times: pd.DataFrame, heads: pd.Series, supply: pd.Series, limit: float) -> pd.Series:
    inside = (times <= limit).astype(float)
    ratio = supply / inside.mul(heads, axis=0).sum()
    return inside.mul(ratio, axis=1).sum(axis=1) * 1000


def test_accessibility(tiny, people):
    found = travel.access(tiny, HOSPITALS, limit=25)
    times = to_sites(tiny, HOSPITALS)
    sites = tiny["sites"].set_index("site").loc[times.columns]
    heads = people.reindex(times.index)
    expected = by_hand_2sfca(times, heads, sites["capacity"].astype("float64"), 25)
    close(found.table.set_index("unit")["per_1000"], expected)
    assert found.table["places"].sum() + found.figures["unused"] == pytest.approx(sites["capacity"].sum())
    county = tiny.county_of(times.index)
    rows = found.tables["counties"].set_index("unit")
    whole = (expected * heads).sum() / heads.sum()
    assert rows.loc["", "mean"] == pytest.approx(whole)
    assert rows.loc["", "line"] == pytest.approx(whole)
    for code in tiny.level("county").index:
        mine = county == code
        level, some = expected[mine], heads[mine]
        assert rows.loc[code, "mean"] == pytest.approx((level * some).sum() / some.sum())
        assert rows.loc[code, "short"] == pytest.approx(some[level < whole].sum() / some.sum())
        gaps = np.abs(np.subtract.outer(level.to_numpy(), level.to_numpy())) * np.outer(some, some)
        mean = (level * some).sum() / some.sum()
        assert rows.loc[code, "gini"] == pytest.approx(gaps.sum() / some.sum() ** 2 / (2 * mean))


@pytest.mark.parametrize("variant", ["E2SFCA", "3SFCA", "availability"])
def test_supply_is_conserved_whatever_the_variant(tiny, variant: Variant):
    for impedance in ("gaussian", "linear", "steps", Exponential(0.05)):
        found = travel.access(
            tiny, HOSPITALS, limit=60, variant=variant, impedance=impedance, capacity="staff"
        )
        total = found.table["places"].sum() + found.figures["unused"]
        assert total == pytest.approx(found.figures["supply"])


def test_whole_villages_go_to_the_nearest_site_with_room(tiny):
    found = travel.catchments(tiny, "primary_school", group="pupils.primary", limit=60, each=0.25)
    times = to_sites(tiny, ("primary_school",))
    heads = tongqu.diagnose(tiny).state["pupils.primary"].reindex(times.index)
    room = (tiny["sites"].set_index("site").loc[times.columns, "capacity"].astype("float64") * 0.25).to_dict()
    expected = {}
    for unit, site in times.stack().sort_values(kind="stable").index:
        fits = unit not in expected and times.at[unit, site] <= 60 and heads[unit] <= room[site]
        if fits and heads[unit] > 0:
            expected[unit] = site
            room[site] -= heads[unit]
    placed = found.table[found.table["site"] != ""].set_index("unit")["site"].to_dict()
    assert placed == expected
    assert found.figures["people_left"] == pytest.approx(heads.drop(list(expected)).sum())
    assert found.figures["people_left"] > 0
    assert found.table["placed"].sum() + found.table["left"].sum() == pytest.approx(heads.sum())
    assert set(found.table.loc[found.table["left"] > 0, "unit"]) == set(heads.index[heads > 0]) - set(
        expected
    )


def test_the_least_minutes_are_those_of_a_linear_program(tiny):
    asked = {"group": "pupils.primary", "limit": 60, "each": 0.25, "whole": False}
    found = travel.catchments(tiny, "primary_school", rule="least_minutes", **asked)
    near = travel.catchments(tiny, "primary_school", **asked)
    times = to_sites(tiny, ("primary_school",)).to_numpy()
    heads = tongqu.diagnose(tiny).state["pupils.primary"].reindex(tiny.level("village").index).to_numpy()
    room = found.tables["sites"]["room"].to_numpy()
    cost = np.where(times <= 60, times - 1e4, 0.0).ravel()
    rows = np.kron(np.eye(len(heads)), np.ones((1, len(room))))
    columns = np.kron(np.ones((1, len(heads))), np.eye(len(room)))
    bound = [(0, None if time <= 60 else 0) for time in times.ravel()]
    best = linprog(cost, A_ub=np.vstack([rows, columns]), b_ub=np.concatenate([heads, room]), bounds=bound)
    assert found.figures["people_placed"] == pytest.approx(best.x.sum())
    spent = found.figures["mean_minutes"] * found.figures["people_placed"]
    assert spent == pytest.approx(times.ravel() @ best.x, rel=1e-3)
    assert found.figures["people_placed"] >= near.figures["people_placed"] - 1e-6
    assert {"price_people", "price_minutes"} <= set(found.tables["sites"])
    assert (found.tables["sites"]["filled"] <= room + 1e-6).all()


@given(limit=floats(1, 90), each=floats(0.02, 2), whole=booleans())
@settings(max_examples=20)
def test_nobody_is_lost_or_crowded(limit, each, whole):
    asked = {"group": "pupils.primary", "limit": limit, "each": each, "whole": whole}
    found = travel.catchments(tongqu_tiny(), "primary_school", **asked)
    sums = found.table.groupby("unit")[["placed", "left"]].sum().sum(axis=1)
    heads = found.table.groupby("unit")["people"].first()
    np.testing.assert_allclose(sums, heads)
    rooms = found.tables["sites"]
    assert (rooms["filled"] <= rooms["room"] + 1e-6).all()
    assert (found.table.loc[found.table["placed"] > 0, "minutes"] <= limit + 1 / 128).all()


@cache
def tongqu_tiny() -> Region:
    return tongqu.load(TINY)


def test_room_without_limit(tiny):
    found = travel.catchments(tiny, "clinic", limit=1000, capacity=None)
    assert found.figures["people_left"] == 0
    close(found.table.set_index("unit")["minutes"], to_sites(tiny, ("clinic",)).min(axis=1))


@pytest.mark.parametrize("name", ["tiny", "cut"])
def test_what_if(name, request, people):
    region = request.getfixturevalue(name)
    found = travel.what_if(
        region,
        HOSPITALS,
        limit=LIMIT,
        faster={"l10": "county", "l11": 9.0, "l06": "national"},
        new_links=[("n04", "n11", 6.0, "township")],
        sites=["990102002002"],
    )
    faster = {**minutes_of(region), "l10": 5.3 / 45 * 60, "l11": 9.0, "l06": 12.6 / 70 * 60}
    later = all_minutes(region, faster, more=[("n04", "n11", 6 / 35 * 60)])
    before = to_sites(region, HOSPITALS).min(axis=1)
    after = np.minimum(
        to_sites(region, HOSPITALS, later).min(axis=1),
        later.loc[region.level("village")["node"], "n08"].to_numpy(),
    )
    close(found.minutes.reindex(after.index), after)
    gains = before.index[after < before - TICK]
    assert set(found.table["unit"]) == set(gains)
    newly = after.index[(after <= LIMIT) & ~(before <= LIMIT)]
    assert set(found.table.loc[found.table["newly"], "unit"]) == set(newly)
    assert len(newly)
    assert found.figures["people_newly_inside"] == pytest.approx(people[newly].sum())
    both = np.isfinite(before[gains])
    saved = ((before - after) * people.reindex(before.index))[gains][both].sum()
    assert found.figures["person_minutes_saved"] == pytest.approx(saved, rel=1e-3)


def test_every_road_project_is_scored(tiny, people):
    found = travel.score_roads(tiny, "county_hospital", limit=25)
    offer, _ = road_offer(tiny)
    faster = {
        name: dict(zip(rows["link"], rows["minutes"], strict=True))
        for name, rows in link_upgrades(offer).groupby("project")
    }
    assert len(faster) > 2

    def inside(*names: str) -> set[str]:
        minutes = minutes_of(tiny)
        for name in names:
            minutes |= {link: min(time, minutes[link]) for link, time in faster[name].items()}
        times = to_sites(tiny, ("county_hospital",), all_minutes(tiny, minutes)).min(axis=1)
        return set(times.index[times <= 25])

    today = inside()
    cost, needs = (offer.projects.set_index("project")[name] for name in ("capital_wan", "requires"))
    alone = {name: inside(name) - today for name in faster}
    table = found.table.set_index("project")
    assert set(table.index) == {name for name, gained in alone.items() if gained}
    for name, row in table.iterrows():
        whole = cost[list(needed(name, needs))].sum()
        assert row["newly"] == pytest.approx(people[list(alone[name])].sum())
        assert row["capital_all_wan"] == pytest.approx(whole)
        assert row["per_wan"] == pytest.approx(row["newly"] / whole)
    pairs = found.tables["pairs"].set_index(["first", "second"])
    expected = {}
    for one, two in combinations(sorted(faster), 2):
        extra = inside(one, two) - today - alone[one] - alone[two]
        if extra:
            expected[one, two] = people[list(extra)].sum()
    assert {tuple(sorted(pair)) for pair in pairs.index} == set(expected)
    for pair, row in pairs.iterrows():
        one, two = pair
        assert row["only_together"] == pytest.approx(expected[tuple(sorted(pair))])
        every = needed(one, needs) | needed(two, needs)
        assert row["capital_all_wan"] == pytest.approx(cost[list(every)].sum())
        assert row["newly"] == pytest.approx(people[list(inside(one, two) - today)].sum())


LINES = pd.DataFrame(
    {
        "line": ["1", "1", "2", "2"],
        "stop": ["990102002001", "990102001001", "far", "990101002001"],
        "lon": [None, None, 118.0, None],
        "lat": [None, None, 28.0, None],
        "run_minutes": [0, 40, 0, 90],
        "first": ["06:30", None, "07:00;12:00", None],
        "last": ["17:30", None, "09:00;15:00", None],
        "headway": ["30", None, "60;90", None],
    }
)


@pytest.mark.parametrize("walk", ["air", "roads"])
def test_by_bus_from_a_table_of_lines(tiny, walk):
    found = travel.bus(tiny, LINES, targets="county_hospital", walk=walk)
    table = found.table.set_index("unit")
    # Half the headway of line 1, then 40 minutes; the hospital of the county is at the stop.
    assert table.loc["990102002001", ["p5", "p50", "p95", "waiting"]].tolist() == [55, 55, 55, 15]
    assert table.loc["990102001001", "p50"] == 0
    assert np.isinf(table.loc["990102002002", "p50"])
    assert found.tables["far_stops"]["stop"].tolist() == ["far"]
    assert found.figures["stops_far"] == 1
    assert found.figures["stops"] == 4
    lost = np.isinf(table["walk_minutes"])
    assert found.figures["villages_without_stop"] == lost.sum()
    assert found.figures["people_without_stop"] == pytest.approx(table.loc[lost, "people"].sum())


def feed(path: Path, *, date: str = "20260512", extra: str = "") -> Path:
    """A morning of one line in GTFS: from Yangling to Hekou at 7:10 and 8:40, 40 minutes."""
    content = {
        "agency.txt": "agency_name,agency_url,agency_timezone\nA,http://a.example,Asia/Shanghai\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,Yangling,29.3,119.41\nb,Hekou,29.19,119.34\n"
        + extra,
        "routes.txt": "route_id,route_short_name,route_type\nr,1,3\n",
        "trips.txt": "route_id,service_id,trip_id\nr,s,t1\nr,s,t2\n",
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t1,07:10:00,07:10:00,a,1\nt1,07:50:00,07:50:00,b,2\n"
        "t2,08:40:00,08:40:00,a,1\nt2,09:20:00,09:20:00,b,2\n",
        "calendar_dates.txt": f"service_id,date,exception_type\ns,{date},1\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return path


def test_by_bus_from_a_timetable(tiny, tmp_path):
    place = feed(tmp_path / "feed.zip", extra="c,Nowhere,,\n")
    found = travel.bus(
        tiny,
        place,
        date="2026-05-12",
        after="07:00",
        before="07:59",
        targets="h02",
        percentiles=(10, 50, 100),
    )
    row = found.table.set_index("unit").loc["990102002001"]
    waits = np.sort([(430 - m if m <= 430 else 520 - m) + 40 for m in range(420, 480)])
    assert row[["p10", "p50", "p100"]].tolist() == [waits[5], waits[29], waits[59]]
    assert row["arrive"] == 1
    assert found.figures["feed_problems"] == len(found.tables["problems"]) == 1
    assert found.summary()["date"] == "2026-05-12"
    usual = travel.bus(tiny, place, targets="h02")
    assert usual.summary()["date"] == "2026-05-12"


def rules(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [problem.rule for problem in error.value.problems]


def test_all_that_is_wrong_is_said_at_once(tiny):
    with pytest.raises(DataError) as error:
        travel.nearest(tiny, ["hospital", "clinic"], mode="bike", few=0, limit=-1, group="people.x")
    assert [problem.column for problem in error.value.problems] == ["kinds", "mode", "group", "limit", "few"]
    assert "did you mean 'city_hospital'" in error.value.problems[0].mend
    with pytest.raises(DataError) as error:
        travel.matrix(tiny, ["vilages", "n99"], targets=[])
    assert rules(error) == ["unknown place", "unknown place", "no places"]
    assert "did you mean 'villages'" in error.value.problems[0].mend
    with pytest.raises(DataError) as error:
        travel.isochrones(tiny, "clinic", limits=(20, 10), width=0)
    assert rules(error) == ["the limits do not rise", "not a number of this size"]
    with pytest.raises(DataError) as error:
        travel.access(tiny, "clinic", limit=float("nan"), variant="4SFCA", impedance="cubic")  # type: ignore[arg-type]
    assert [problem.column for problem in error.value.problems] == [
        "limit",
        "variant",
        "impedance",
        "capacity",
    ]
    with pytest.raises(DataError) as error:
        travel.catchments(tiny, "primary_school", limit=20, rule="best", capacity="beds")  # type: ignore[arg-type]
    assert [problem.column for problem in error.value.problems] == ["rule", "capacity"]
    with pytest.raises(DataError) as error:
        travel.what_if(
            tiny,
            "clinic",
            limit=20,
            faster={"l99": "county", "l01": "nice", "l02": -1.0},
            new_links=[("n01", "n77", -2.0, "way")],
            sites="n88",
        )
    assert len(error.value.problems) == 7
    with pytest.raises(DataError) as error:
        travel.what_if(tiny, "clinic", limit=20, faster={"l01": "village", "l02": 60.0})
    assert [problem.value for problem in error.value.problems] == ["l01", "l02"]
    with pytest.raises(DataError, match="closed to the mode truck"):
        travel.what_if(tiny, "clinic", limit=20, mode="truck", new_links=[("n01", "n05", 9.0, "village")])
    with pytest.raises(DataError, match="nothing is built"):
        travel.what_if(tiny, "clinic", limit=20)
    with pytest.raises(DataError) as error:
        travel.bus(
            tiny, LINES, date="12 May", after="7", before="9 h", targets="x", walk="fly", walk_limit=-1
        )  # type: ignore[arg-type]
    assert len(error.value.problems) == 6
    with pytest.raises(DataError, match="the window has no departure"):
        travel.bus(tiny, LINES, after="09:00", before="08:00")


def test_a_region_without_what_is_asked(tiny):
    sites = tiny["sites"]
    bare = replace(tiny, tables={**tiny.tables, "sites": sites[sites["kind"] != "clinic"]})
    with pytest.raises(DataError, match="the region has no site of this kind"):
        travel.nearest(bare, "clinic")
    units = tiny["units"].copy()
    units.loc[units["unit"] == "990102001002", "node"] = None
    bare = replace(tiny, tables={**tiny.tables, "units": units})
    with pytest.raises(DataError, match="the village 990102001002 has no road node"):
        travel.nearest(bare, "clinic")


def test_buses_that_help_nobody(tiny, tmp_path):
    place = feed(tmp_path / "feed.zip")
    with pytest.raises(DataError, match="outside the feed's calendar"):
        travel.bus(tiny, place, date="2026-05-13")
    away = LINES.assign(stop=["a", "b", "c", "d"], lon=100.0, lat=30.0)
    with pytest.raises(DataError, match="no stop is within a walk of any village"):
        travel.bus(tiny, away)


WRONG_LINES = {
    "missing column": LINES.drop(columns="headway"),
    "unknown column": LINES.assign(colour="red"),
    "a stop without a position": LINES.assign(stop=["x", *LINES["stop"][1:]]),
    "a line with one stop": LINES.iloc[:3],
    "a line without times": LINES.assign(first=None),
    "not a time of day": LINES.assign(first=["half past", *LINES["first"][1:]]),
    "a period ends before it starts": LINES.assign(last=["05:00", *LINES["last"][1:]]),
    "periods do not match": LINES.assign(headway=["30;60", *LINES["headway"][1:]]),
    "not a number": LINES.assign(run_minutes=["0", "forty", "0", "90"]),
    "a required value is missing": LINES.assign(stop=[None, *LINES["stop"][1:]]),
    "the file has no rows": LINES.head(0),
}


@pytest.mark.parametrize("rule", WRONG_LINES)
def test_wrong_tables_of_lines(tiny, rule):
    with pytest.raises(DataError) as error:
        read_lines(WRONG_LINES[rule], region=tiny)
    assert rule in rules(error)


def test_lines_from_files_with_chinese_headings(tiny, tmp_path):
    words = {name: headings()[name]["zh"] for name in LINES}
    chinese = LINES.rename(columns=words)
    chinese.to_csv(tmp_path / "lines.csv", index=False, encoding="gb18030")
    chinese.to_excel(tmp_path / "lines.xlsx", index=False, engine="xlsxwriter")
    expected = read_lines(LINES, region=tiny)
    for name in ("lines.csv", "lines.xlsx"):
        found = read_lines(tmp_path / name, region=tiny)
        pd.testing.assert_frame_equal(found.periods, expected.periods)
        pd.testing.assert_frame_equal(found.stops, expected.stops, check_dtype=False)
    with pytest.raises(DataError, match="cannot be read"):
        read_lines(tmp_path / "none.csv", region=tiny)


@pytest.fixture(scope="module")
def answers(tiny: Region) -> dict[str, Answer]:
    return {
        "nearest": travel.nearest(tiny, "county_hospital", limit=25),
        "matrix": travel.matrix(tiny, "towns", targets="county_hospital"),
        "isochrones": travel.isochrones(tiny, "county_hospital"),
        "access": travel.access(tiny, HOSPITALS, limit=25),
        "catchments": travel.catchments(tiny, HOSPITALS, limit=25, each=100),
        "what_if": travel.what_if(tiny, "county_hospital", limit=20, sites="n07"),
        "score_roads": travel.score_roads(tiny, "county_hospital", limit=25),
        "bus": travel.bus(tiny, LINES, targets="county_hospital"),
    }


def test_every_heading_has_words(answers):
    assert set(answers) == set(travel.__all__) - {"Answer"}
    for name, found in answers.items():
        assert found.question == name
        keys = {*found.asked, *found.figures, *(f"modelled.{key}" for key in found.modelled)}
        keys |= {f"table.{table}" for table in (name, *found.tables)}
        for table in (found.table, *found.tables.values()):
            keys |= set(table.columns)
        assert keys - set(headings()) == set()
    kinds = table_specs()["sites"].columns["kind"].choices
    assert {f"kind.{kind}" for kind in kinds} <= set(headings())
    assert all(row["zh"] and row["en"] for row in headings().values())


def test_every_answer_says_what_is_modelled(tiny, answers):
    villages = tiny.level("village")
    placed = villages["modelled_columns"].fillna("").str.split(";").map(lambda names: "lon" in names)
    for found in answers.values():
        shares = found.summary()["modelled"]
        assert shares["links"] == pytest.approx(tiny["links"]["modelled"].mean())
        assert shares["positions"] == pytest.approx(placed.mean())
        assert shares["people"] == pytest.approx(tiny["people"]["modelled"].mean())
        assert "sites" in shares
    hospitals = tiny["sites"][tiny["sites"]["kind"].isin(HOSPITALS)]
    assert answers["access"].modelled["sites"] == pytest.approx(hospitals["modelled"].mean())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_files(answers, tmp_path, language):
    for name, found in answers.items():
        table = pd.read_csv(found.save(tmp_path / f"{name}.csv", language=language))
        assert len(table) == len(found.table)
        assert table.columns.tolist() == [headings()[column][language] for column in found.table]
        book = pd.read_excel(
            found.save(tmp_path / f"{name}.xlsx", language=language), sheet_name=None, engine="calamine"
        )
        assert len(book) == 2 + len(found.tables)
        facts = list(book.values())[-1].astype(str).agg("".join, axis=1)
        assert (facts.str.contains("推算" if language == "zh" else "modelled")).any()
        if name == "matrix":
            with pytest.raises(DataError, match="no places on the map"):
                found.save(tmp_path / "matrix.geojson")
            continue
        layer = json.loads(found.save(tmp_path / f"{name}.geojson", language=language).read_text("utf-8"))
        assert len(layer["features"]) == len(found.table)
        if len(found.table):
            path = found.save(tmp_path / f"{name}.gpkg", language=language)
            meta, _, shapes, _ = pyogrio.raw.read(path)
            assert meta["crs"] == "EPSG:4326"
            assert len(shapes) == len(found.table)
    with pytest.raises(DataError, match="unknown kind of file"):
        answers["nearest"].save(tmp_path / "nearest.pdf")


def test_out_of_reach_is_blank_in_files(answers, tmp_path):
    found = answers["nearest"]
    table = pd.read_csv(found.save(tmp_path / "nearest.csv", language="en"))
    assert table["Minutes"].isna().sum() == np.isinf(found.table["minutes"]).sum() > 0
    assert table["County"].tolist()[0] == "Jia County"
    assert table["Kind"].dropna().unique().tolist() == ["County hospital"]
    layer = json.loads(found.save(tmp_path / "nearest.geojson", language="en").read_text("utf-8"))
    assert any(feature["properties"]["Minutes"] is None for feature in layer["features"])


def test_areas_on_the_map(answers, tmp_path):
    found = answers["isochrones"]
    layer = json.loads(found.save(tmp_path / "areas.geojson", language="en").read_text("utf-8"))
    for feature, shape in zip(layer["features"], found.shapes, strict=True):
        drawn = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shapely.hausdorff_distance(drawn, shape) < 2e-6
    assert [feature["properties"]["Limit (min)"] for feature in layer["features"]] == [10, 20, 30]


def test_too_many_rows_for_a_worksheet(answers, monkeypatch):
    monkeypatch.setattr("tongqu.workflow.travel.answer.SHEET_ROWS", 3)
    with pytest.raises(DataError, match="too many rows"):
        answers["nearest"].content(".xlsx")


def test_minutes_of_a_class_are_those_of_the_network(tiny):
    links = tiny["links"]
    for mode in ("car", "bus", "truck", "walk"):
        found = class_minutes(tiny, mode=mode, km=links["length_km"], classes=links["class"].tolist())
        close(found, region_network(tiny, mode=mode).minutes)


def test_the_year_is_that_of_the_default_scenario(answers):
    assert answers["nearest"].summary()["year"] == Scenario().first_year


def test_travel_is_loaded_when_it_is_asked_for():
    code = "import sys, tongqu; print('numba' in sys.modules); tongqu.travel; print('numba' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]
    with pytest.raises(AttributeError):
        tongqu.travle  # noqa: B018 - the question is whether it is there
